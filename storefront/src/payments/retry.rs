//! Trying to pay again.

use super::{Payment, PaymentState, balance, create, get, holding, of_order};
use crate::ids::OrderId;
use crate::orders::{self, OrderStatus};
use crate::schema::{orders as order_rows, payments};
use crate::shop;
use crate::stored_value::is_stored;
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result};

/// How long an opening whose answer was lost may be repeated. Later the provider would find its deadline too near.
const REPEAT: TimeDelta = TimeDelta::minutes(2);

/// The payment by which a pending order, or the balance of a changed one, can be paid now: the open one, or a new one when the last
/// failed, ran out or never reached the provider; a pending order then gets a new deadline. `Conflict` when the order does not wait for
/// a payment.
pub fn retry(conn: &mut Conn, order: OrderId, now: Time) -> Result<Payment> {
    let order = orders::lock(conn, order, now)?;
    let all = of_order(conn, order.id)?;
    let all: Vec<Payment> = all.into_iter().filter(|payment| !is_stored(&payment.provider)).collect();
    let paid = all.iter().any(|payment| matches!(payment.state, PaymentState::Authorised | PaymentState::Captured));
    let first = order.status == OrderStatus::Pending && !paid;
    let waits = first || balance(conn, &order)? > 0;
    let last = all.last().filter(|_| waits).ok_or_else(|| Error::conflict("order-not-payable"))?;
    if last.state == PaymentState::Open {
        if last.provider_reference.is_some() || now - last.created_at < REPEAT {
            return Ok(last.clone());
        }
        // Nobody was ever sent to its page, so nobody can pay it.
        diesel::update(payments::table.find(last.id))
            .set((payments::state.eq(PaymentState::Expired), payments::updated_at.eq(now)))
            .execute(conn)?;
    }
    let amount = Money::new(holding(conn, order.id, None)?.missing(order.total), order.currency()?);
    let id = create(conn, order.id, &last.provider, amount, now)?;
    if first {
        // What staff granted is not cut short.
        let window = now + shop::get(conn)?.payment_window();
        let due = order.payment_due_at.map_or(window, |due| due.max(window));
        diesel::update(order_rows::table.find(order.id)).set(order_rows::payment_due_at.eq(due)).execute(conn)?;
    }
    orders::refresh(conn, order.id, now)?;
    get(conn, id)
}
