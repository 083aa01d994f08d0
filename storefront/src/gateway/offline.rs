//! Ways to pay that no machine confirms: staff see the money and say so. The shop's own rows are the record.

use super::webhook::{Notice, NoticeError};
use super::{Answer, Gateway, GatewayError, OpenPayment, Opened, Record, RefundStanding, RefundState, State};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use kernel::money::Money;

/// The shopper transfers the money with the order number as purpose; staff record its arrival with `capture`.
#[derive(Clone, Copy, Debug, Default)]
pub struct BankTransfer;

/// The carrier collects the money at the door; staff record it with `capture`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CashOnDelivery;

/// A company owes the order: staff record the money with `capture` when the company has paid.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnAccount;

/// What they have in common: a name, and a prefix of references that keeps them apart.
trait ByHand: Send + Sync {
    const NAME: &'static str;
    const PREFIX: &'static str;
}

impl ByHand for BankTransfer {
    const NAME: &'static str = "bank_transfer";
    const PREFIX: &'static str = "bank";
}

impl ByHand for CashOnDelivery {
    const NAME: &'static str = "cash_on_delivery";
    const PREFIX: &'static str = "cash";
}

impl ByHand for OnAccount {
    const NAME: &'static str = crate::company_accounts::ACCOUNT;
    const PREFIX: &'static str = "account";
}

impl<Way: ByHand> Gateway for Way {
    fn name(&self) -> &'static str {
        Way::NAME
    }

    fn record(&self) -> Record {
        Record::Shop
    }

    fn open<'a>(&'a self, payment: OpenPayment<'a>) -> Answer<'a, Opened> {
        let opened =
            positive(payment.amount).map(|()| Opened { reference: format!("{}:{}", Way::PREFIX, payment.payment_key), redirect: None });
        now(opened)
    }

    fn state<'a>(&'a self, _reference: &'a str) -> Answer<'a, State> {
        now(Err(nobody_to_ask()))
    }

    /// Staff saw the money. The caller's row is the record; asking twice is the caller's guarded update to prevent.
    fn capture<'a>(&'a self, _reference: &'a str, amount: Money, _key: &'a str) -> Answer<'a, Money> {
        now(positive(amount).map(|()| amount))
    }

    fn void<'a>(&'a self, _reference: &'a str, _key: &'a str) -> Answer<'a, ()> {
        now(Ok(()))
    }

    /// Staff paid the money out by hand. The reference is made of the key, so that the same wish is the same refund.
    fn refund<'a>(&'a self, _reference: &'a str, amount: Money, key: &'a str) -> Answer<'a, RefundState> {
        let reference = format!("{}-refund:{key}", Way::PREFIX);
        now(positive(amount).map(|()| RefundState { reference, amount, standing: RefundStanding::Succeeded }))
    }

    fn refund_state<'a>(&'a self, _refund: &'a str) -> Answer<'a, RefundState> {
        now(Err(nobody_to_ask()))
    }

    fn find_refund<'a>(&'a self, _reference: &'a str, _key: &'a str) -> Answer<'a, Option<RefundState>> {
        now(Err(nobody_to_ask()))
    }

    fn signature_header(&self) -> Option<&'static str> {
        None
    }

    fn read_notice(&self, _signature: &str, _body: &[u8], _now: i64) -> Result<Notice, NoticeError> {
        Err(NoticeError::Unexpected)
    }
}

fn now<'a, T: Send + 'a>(answer: Result<T, GatewayError>) -> BoxFuture<'a, Result<T, GatewayError>> {
    ready(answer).boxed()
}

fn positive(amount: Money) -> Result<(), GatewayError> {
    if amount.minor > 0 { Ok(()) } else { Err(GatewayError::Refused("an amount must be above zero".to_string())) }
}

fn nobody_to_ask() -> GatewayError {
    GatewayError::Refused("the shop's own record says what was paid".to_string())
}
