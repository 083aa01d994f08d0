//! Taking payment, whoever takes it. One trait: Stripe, bank transfer, cash on delivery and the accounts of companies.
//!
//! Nothing here touches the database and nothing here is called inside a transaction: reserve and commit, call the
//! gateway, then re-check and place. What a webhook or the shopper's return says is only a hint of what to look up;
//! [`Gateway::state`] says what happened.

pub mod offline;
pub mod stripe;
pub mod webhook;

mod failure;
pub(crate) mod units;

use crate::company_accounts::ACCOUNT;
use crate::shop::Shop;
use futures_util::future::BoxFuture;
use kernel::money::{Currency, Money};
use std::collections::BTreeMap;
use std::sync::Arc;
use webhook::{Notice, NoticeError};

/// What a gateway answers, now or later.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, GatewayError>>;

/// Whether the provider takes the money at once, or holds it until [`Gateway::capture`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    Automatic,
    Manual,
}

/// A payment to open. A repeated call with the same `payment_key` must carry the same values in every field: the provider
/// refuses a key whose request changed.
#[derive(Clone, Debug)]
pub struct OpenPayment<'a> {
    /// Our payment's public id, which is also the idempotency key. At most 200 characters.
    pub payment_key: &'a str,
    pub order_number: &'a str,
    pub amount: Money,
    /// Filled in on the payment page for the shopper; empty asks there.
    pub email: &'a str,
    /// The shopper's language as a BCP 47 tag such as `zh-CN`.
    pub language: &'a str,
    /// Where the shopper lands after paying. `{CHECKOUT_SESSION_ID}` in it is replaced by the reference.
    pub return_url: String,
    pub cancel_url: String,
    pub capture: Capture,
    /// One line the shopper sees on the payment page. Not empty.
    pub description: String,
    /// Unix seconds after which the shopper can no longer pay. Stripe takes 30 minutes to 24 hours from now; none means 24 hours.
    pub expires_at: Option<i64>,
}

/// An opened payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The provider's reference, unique within the provider. For Stripe the checkout session's id.
    pub reference: String,
    /// Where to send the shopper to pay; none when nothing is to be done in the browser.
    pub redirect: Option<String>,
}

/// Why a card was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline {
    /// The provider's code, such as `insufficient_funds`.
    pub code: String,
    /// The provider's sentence, in English, fit to be shown to the shopper.
    pub message: String,
}

/// Where a payment stands at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The shopper has not finished and still can, even after a declined card (see [`State::last_decline`]).
    Open,
    /// The shopper has finished; the bank has not answered yet. Ask again later.
    Processing,
    /// The money is held and waits for capture or void.
    Authorised,
    /// The money is taken, at least in part; what was not captured is released.
    Captured,
    /// The bank refused for good; this payment cannot be paid any more.
    Declined(Decline),
    /// The time to pay ran out, or the payment was voided before the shopper paid.
    Expired,
    /// The held money was released.
    Cancelled,
}

/// What the provider says about a payment now. Sums are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The reference that was asked for.
    pub reference: String,
    /// The provider's id of the money movement (for Stripe the payment intent), once there is one.
    pub payment_reference: Option<String>,
    /// Our payment's public id as the provider kept it. It must be the id of the payment that is settled.
    pub payment_key: Option<String>,
    pub standing: Standing,
    pub currency: Currency,
    /// The amount that the shopper was asked for.
    pub asked: i64,
    pub authorised: i64,
    pub captured: i64,
    /// Refunds that succeeded or are on their way.
    pub refunded: i64,
    pub last_decline: Option<Decline>,
}

/// How far a refund is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStanding {
    Pending,
    Succeeded,
    /// The money stays with, or came back to, the shop. Carries the provider's reason.
    Failed(String),
}

/// A refund at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundState {
    pub reference: String,
    pub amount: Money,
    pub standing: RefundStanding,
}

/// Why a gateway did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The bank said no. Nothing was charged.
    #[error("declined: {0}")]
    Declined(String),
    /// The provider said no, or the request makes no sense. Nothing happened, and asking again changes nothing.
    #[error("refused: {0}")]
    Refused(String),
    /// Nobody knows whether it happened: time-out, server error, unreadable answer. Ask [`Gateway::state`] or
    /// [`Gateway::find_refund`] before anything else.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// The provider was not reached or was too busy to begin. Nothing happened; ask again later.
    #[error("not reached: {0}")]
    Unreachable(String),
}

impl GatewayError {
    /// The same failure of a step that only reads: whatever went wrong, nothing happened.
    pub(crate) fn of_reading(self) -> GatewayError {
        match self {
            GatewayError::Unknown(text) => GatewayError::Unreachable(text),
            other => other,
        }
    }
}

impl From<GatewayError> for kernel::error::Error {
    fn from(error: GatewayError) -> Self {
        use kernel::error::Error;
        match error {
            GatewayError::Declined(_) => Error::conflict("payment-declined"),
            GatewayError::Refused(text) => Error::Unexpected(format!("the payment provider refused: {text}")),
            GatewayError::Unknown(text) | GatewayError::Unreachable(text) => {
                Error::Unavailable(format!("the payment provider does not answer: {text}"))
            }
        }
    }
}

/// Who keeps the record of what was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// The provider: ask [`Gateway::state`] and believe it.
    Provider,
    /// The shop's own rows, written by staff: there is nobody to ask.
    Shop,
}

/// Somebody who takes money for the shop. `reference` is what [`Opened`] returned or, for Stripe, the payment reference.
/// `key` names one wish for ever: a call repeated with the same key and values happens once.
pub trait Gateway: Send + Sync {
    /// The name stored with every payment: `stripe`, `bank_transfer`, `cash_on_delivery` or `account`.
    fn name(&self) -> &'static str;

    /// Who keeps the record.
    fn record(&self) -> Record;

    /// Opens a payment. After [`GatewayError::Unknown`] the call may be repeated with the same key and values; a payment whose
    /// redirect nobody saw cannot be paid, so a fresh payment is safe too.
    fn open<'a>(&'a self, payment: OpenPayment<'a>) -> Answer<'a, Opened>;

    /// Asks how a payment stands. Fails with `Refused` where the shop keeps the record.
    fn state<'a>(&'a self, reference: &'a str) -> Answer<'a, State>;

    /// Takes `amount` of an authorised payment and releases the rest; returns the sum taken. A payment is captured once.
    fn capture<'a>(&'a self, reference: &'a str, amount: Money, key: &'a str) -> Answer<'a, Money>;

    /// Releases an authorised payment, or closes one that is not paid yet. Does nothing to one that is already closed. Fails with
    /// `Refused` when money was taken: refund it.
    fn void<'a>(&'a self, reference: &'a str, key: &'a str) -> Answer<'a, ()>;

    /// Gives `amount` of a captured payment back.
    fn refund<'a>(&'a self, reference: &'a str, amount: Money, key: &'a str) -> Answer<'a, RefundState>;

    /// Asks how a refund stands, by its own reference.
    fn refund_state<'a>(&'a self, refund: &'a str) -> Answer<'a, RefundState>;

    /// Looks for the refund that was asked for with `key`, when its answer was lost. None means that it did not happen.
    fn find_refund<'a>(&'a self, reference: &'a str, key: &'a str) -> Answer<'a, Option<RefundState>>;

    /// Sends the bank what speaks for the shop in a dispute, for good: texts by the provider's names for them. Fails with `Refused` where no bank
    /// takes money back.
    fn answer_dispute<'a>(&'a self, _dispute: &'a str, _texts: &'a BTreeMap<String, String>, _key: &'a str) -> Answer<'a, ()> {
        Box::pin(async { Err(GatewayError::Refused("nobody disputes such payments".to_string())) })
    }

    /// Asks whether the bank has the shop's answer to a dispute.
    fn dispute_answered<'a>(&'a self, _dispute: &'a str) -> Answer<'a, bool> {
        Box::pin(async { Err(GatewayError::Refused("nobody disputes such payments".to_string())) })
    }

    /// The request header that carries a webhook's signature, if this gateway sends webhooks.
    fn signature_header(&self) -> Option<&'static str>;

    /// Checks a webhook's signature and reads what it is about. `now` is in Unix seconds. Decide nothing by the answer: look up
    /// the payment it names and ask [`Gateway::state`].
    fn read_notice(&self, signature: &str, body: &[u8], now: i64) -> Result<Notice, NoticeError>;
}

/// The gateways that this shop has switched on.
#[derive(Clone)]
pub struct Gateways(Vec<Arc<dyn Gateway>>);

impl Gateways {
    /// In the order in which the shopper sees them.
    pub fn new(gateways: Vec<Arc<dyn Gateway>>) -> Gateways {
        Gateways(gateways)
    }

    /// The gateway of that name, if it is switched on.
    pub fn find(&self, name: &str) -> Option<&Arc<dyn Gateway>> {
        self.0.iter().find(|gateway| gateway.name() == name)
    }

    pub fn all(&self) -> &[Arc<dyn Gateway>] {
        &self.0
    }

    /// Those a shopper may choose: what the merchant switched off still settles its old orders, and takes no new ones.
    pub fn offered(&self, shop: &Shop) -> Vec<&Arc<dyn Gateway>> {
        let wanted = |gateway: &&Arc<dyn Gateway>| match gateway.name() {
            "bank_transfer" => shop.bank_transfer,
            "cash_on_delivery" => shop.cash_on_delivery,
            // Not to everybody: whoever orders for a company with an account is offered it besides.
            ACCOUNT => false,
            _ => true,
        };
        self.0.iter().filter(wanted).collect()
    }
}

/// Waits for an answer on a thread that may block, such as a job's. Fails with `Unreachable` when the machine cannot wait; must not
/// be called on an async thread.
pub fn wait<T>(answer: Answer<'_, T>) -> Result<T, GatewayError> {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(answer),
        Err(error) => Err(GatewayError::Unreachable(format!("no runtime to wait on: {error}"))),
    }
}
