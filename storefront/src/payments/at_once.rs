//! Payments that are made by the shop's own ledgers: captured in the transaction that creates them.

use super::{PaymentState, capture};
use crate::ids::{OrderId, PaymentId};
use crate::schema::payments;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Result};

/// Books a payment that needs nobody's answer. Whether it pays all of the order, and is to be told, knows the caller. `reference` says what paid, once for each order.
pub(crate) fn create_captured(
    conn: &mut Conn,
    order: OrderId,
    provider: &str,
    reference: &str,
    amount: Money,
    now: Time,
) -> Result<PaymentId> {
    let id: PaymentId = diesel::insert_into(payments::table)
        .values((
            payments::key.eq(format!("pay_{}", kernel::token::random())),
            payments::order_id.eq(order),
            payments::provider.eq(provider),
            payments::provider_reference.eq(reference),
            payments::state.eq(PaymentState::Captured),
            payments::currency.eq(amount.currency.code()),
            payments::amount.eq(amount.minor),
            payments::authorised.eq(amount.minor),
            payments::captured.eq(amount.minor),
            payments::created_at.eq(now),
            payments::updated_at.eq(now),
        ))
        .returning(payments::id)
        .get_result(conn)?;
    capture::add_settled(conn, id, amount.minor, &format!("stored:{id}"), "customer", now)?;
    Ok(id)
}
