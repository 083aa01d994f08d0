//! Goods that come back before they were paid: nothing is paid out, and the company owes less. The part of the open payment that the refund
//! is about counts as settled by the refund itself, so that credit note, stock and the customer's memory follow as those of any refund.

use super::follow::settle;
use super::{ACCOUNT, Entry, EntryKind};
use crate::ids::OrderId;
use crate::orders::{Order, OrderStatus};
use crate::payments::{self, Payment, PaymentState};
use crate::shop;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// What stands before the reference of a payment that was settled by a refund.
const SET_OFF: &str = "set-off:";

/// Whether nobody paid a payment: it was settled by the refund of it.
pub fn is_set_off(payment: &Payment) -> bool {
    payment.provider == ACCOUNT && payment.provider_reference.as_deref().is_some_and(|reference| reference.starts_with(SET_OFF))
}

/// What was settled so of an order's payments: it was neither received nor paid back.
pub(crate) fn settled_so(all: &[Payment]) -> i64 {
    all.iter().filter(|payment| is_set_off(payment)).map(|payment| payment.captured).sum()
}

/// The payments of an order as a refund sees them: what is open on account can be credited.
pub(crate) fn refundable(order: &Order, all: Vec<Payment>) -> Vec<Payment> {
    let stands = order.payment_method == ACCOUNT && matches!(order.status, OrderStatus::Confirmed | OrderStatus::Completed);
    let seen = |payment: Payment| {
        if stands && payment.provider == ACCOUNT && payment.state == PaymentState::Open {
            Payment { captured: payment.amount, ..payment }
        } else {
            payment
        }
    };
    all.into_iter().map(seen).collect()
}

/// Settles `amount` of a payment that is open on account because it is credited at once; answers the payment to give back. A payment of
/// another kind, or one that was paid, is answered as it is.
pub(crate) fn offset(conn: &mut Conn, payment: &Payment, amount: i64, actor: &str, now: Time) -> Result<Payment> {
    if payment.provider != ACCOUNT {
        return Ok(payment.clone());
    }
    let stored = payments::get(conn, payment.id)?;
    if stored.state != PaymentState::Open {
        return Ok(stored);
    }
    let order: OrderId = stored.order_id;
    let receivable = super::follow::find(conn, order)?.ok_or(Error::NotFound)?;
    let reference = format!("{SET_OFF}{}", kernel::token::random());
    let settled = payments::split_settled(conn, &stored, amount, &reference, now)?;
    let entry = Entry {
        company: receivable.company_id,
        order,
        payment: Some(settled),
        kind: EntryKind::Credit,
        amount: -amount,
        reference: "",
        note: "",
        day: shop::get(conn)?.local(now).date(),
    };
    settle(conn, &receivable, &entry, &format!("credit:{settled}"), actor, now)?;
    payments::get(conn, settled)
}
