//! What companies pay on account is open until it is booked, all of it or a part.

use super::{Payment, PaymentState, WishState, at_once, create, get, record_receipt};
use crate::ids::PaymentId;
use crate::schema::{captures, order_lines, payments};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result};

/// [`record_receipt`] of a part: what is left is asked for by a payment of its own.
pub(crate) fn record_part(conn: &mut Conn, id: PaymentId, amount: i64, actor: &str, now: Time) -> Result<()> {
    let payment = get(conn, id)?;
    if amount < payment.amount {
        shrink(conn, &payment, amount, now)?;
        let rest = Money::new(payment.amount - amount, payment.currency()?);
        create(conn, payment.order_id, &payment.provider, rest, now)?;
    }
    record_receipt(conn, id, actor, now)
}

/// Takes `amount` of an open payment as settled, by a payment of its own with that `reference`, without telling anybody of money.
pub(crate) fn split_settled(conn: &mut Conn, payment: &Payment, amount: i64, reference: &str, now: Time) -> Result<PaymentId> {
    let currency = payment.currency()?;
    if amount < payment.amount {
        shrink(conn, payment, payment.amount - amount, now)?;
    } else {
        close(conn, payment, now)?;
    }
    at_once::create_captured(conn, payment.order_id, &payment.provider, reference, Money::new(amount, currency), now)
}

/// Undoes a booked payment, and asks for its money by another one. `Conflict` when some of it went back, or gift cards were issued for it.
/// The caller writes the ledger, and derives the order's statuses anew.
pub(crate) fn reopen(conn: &mut Conn, payment: &Payment, now: Time) -> Result<()> {
    let issued: Option<i64> = order_lines::table
        .filter(order_lines::order_id.eq(payment.order_id))
        .filter(order_lines::issued.gt(0))
        .select(order_lines::issued)
        .first(conn)
        .optional()?;
    if issued.is_some() {
        return Err(Error::conflict("account-reverse-cards"));
    }
    let undone = diesel::update(payments::table.find(payment.id))
        .filter(payments::state.eq(PaymentState::Captured))
        .filter(payments::refunded.eq(0).and(payments::taken.eq(0)))
        .set((
            payments::state.eq(PaymentState::Voided),
            payments::authorised.eq(0i64),
            payments::captured.eq(0i64),
            payments::updated_at.eq(now),
        ))
        .execute(conn)?;
    if undone == 0 {
        return Err(Error::conflict("account-reverse-refunded"));
    }
    diesel::update(captures::table.filter(captures::payment_id.eq(payment.id)))
        .set((captures::state.eq(WishState::Failed), captures::error.eq("reversed")))
        .execute(conn)?;
    create(conn, payment.order_id, &payment.provider, Money::new(payment.captured, payment.currency()?), now).map(drop)
}

fn shrink(conn: &mut Conn, payment: &Payment, amount: i64, now: Time) -> Result<()> {
    let changed = diesel::update(payments::table.find(payment.id))
        .filter(payments::state.eq(PaymentState::Open))
        .set((payments::amount.eq(amount), payments::updated_at.eq(now)))
        .execute(conn)?;
    if changed == 0 { Err(Error::conflict("payment-booked")) } else { Ok(()) }
}

/// Closes an open payment at once.
pub(super) fn close(conn: &mut Conn, payment: &Payment, now: Time) -> Result<()> {
    let changed = diesel::update(payments::table.find(payment.id))
        .filter(payments::state.eq(PaymentState::Open))
        .set((payments::state.eq(PaymentState::Voided), payments::updated_at.eq(now)))
        .execute(conn)?;
    if changed == 0 { Err(Error::conflict("payment-booked")) } else { Ok(()) }
}
