//! Statuses, derived by one function from payments and lines, then stored and indexed.

use super::{Order, OrderLine};
use crate::company_accounts::{self, ACCOUNT};
use crate::documents;
use crate::gift_cards;
use crate::ids::OrderId;
use crate::payments::{self, Sums};
use crate::schema::orders;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, prepared, words};

words!(
    /// The order itself. Payment and delivery have statuses of their own.
    OrderStatus { Pending = "pending", Confirmed = "confirmed", Completed = "completed", Cancelled = "cancelled" }
);
words!(
    PaymentStatus {
        Pending = "pending",
        Authorised = "authorised",
        PartiallyPaid = "partially_paid",
        Paid = "paid",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
        Voided = "voided",
    }
);
words!(
    FulfilmentStatus { Unfulfilled = "unfulfilled", Partial = "partial", Fulfilled = "fulfilled", Cancelled = "cancelled" }
);

/// The payment status that `sums` mean for an order of `total`.
pub fn payment_status(total: i64, sums: &Sums, cancelled: bool) -> PaymentStatus {
    // All of it was credited before it was paid.
    if sums.set_off > 0 && sums.captured == 0 && sums.set_off >= total {
        return PaymentStatus::Refunded;
    }
    let total = total - sums.set_off;
    if sums.captured > 0 {
        return match (sums.refunded, sums.captured) {
            (refunded, captured) if refunded >= captured => PaymentStatus::Refunded,
            (refunded, _) if refunded > 0 => PaymentStatus::PartiallyRefunded,
            (_, captured) if captured >= total => PaymentStatus::Paid,
            // A gift card paid its part, and the rest is held.
            (_, captured) if sums.authorised > 0 && captured + sums.authorised >= total => PaymentStatus::Authorised,
            _ => PaymentStatus::PartiallyPaid,
        };
    }
    match (cancelled, sums.authorised > 0) {
        (true, _) => PaymentStatus::Voided,
        // A changed order may come to more than is held for it.
        (false, true) if sums.authorised < total => PaymentStatus::PartiallyPaid,
        (false, true) => PaymentStatus::Authorised,
        (false, false) if total == 0 => PaymentStatus::Paid,
        (false, false) => PaymentStatus::Pending,
    }
}

/// The delivery status of an order's lines. Lines that need no delivery count as delivered once shipped or marked so, gift cards when
/// they are issued.
pub fn fulfilment_status(lines: &[OrderLine]) -> FulfilmentStatus {
    let open: i64 = lines.iter().map(OrderLine::open).sum();
    let shipped: i64 = lines.iter().map(OrderLine::delivered).sum();
    match (open, shipped) {
        (0, 0) => FulfilmentStatus::Cancelled,
        (0, _) => FulfilmentStatus::Fulfilled,
        (_, 0) => FulfilmentStatus::Unfulfilled,
        _ => FulfilmentStatus::Partial,
    }
}

/// What the three statuses of an order must be.
pub fn derive(order: &Order, lines: &[OrderLine], sums: &Sums) -> (OrderStatus, PaymentStatus, FulfilmentStatus) {
    let cancelled = order.status == OrderStatus::Cancelled;
    let payment = payment_status(order.total, sums, cancelled);
    let fulfilment = fulfilment_status(lines);
    let delivered = matches!(fulfilment, FulfilmentStatus::Fulfilled | FulfilmentStatus::Cancelled);
    let settled = matches!(payment, PaymentStatus::Paid | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded);
    let status = match order.status {
        OrderStatus::Confirmed | OrderStatus::Completed if delivered && settled => OrderStatus::Completed,
        OrderStatus::Completed => OrderStatus::Confirmed,
        other => other,
    };
    (status, payment, fulfilment)
}

/// Stores the derived statuses. Every command about an order ends with it.
pub fn refresh(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    let before = super::get(conn, order)?;
    let lines = super::lines(conn, order)?;
    let sums = payments::sums(conn, order)?;
    let (status, payment, fulfilment) = derive(&before, &lines, &sums);
    let update = diesel::update(orders::table.find(order)).set((
        orders::status.eq(status),
        orders::payment_status.eq(payment),
        orders::fulfilment_status.eq(fulfilment),
        orders::updated_at.eq(now),
    ));
    prepared!(conn, update => execute)?;
    if before.payment_method == ACCOUNT {
        company_accounts::follow(conn, order, false, now)?;
    }
    let newly_paid = payment == PaymentStatus::Paid && before.payment_status != PaymentStatus::Paid;
    if gift_cards::wait(&super::Order { status, ..before }, &lines, &sums) {
        gift_cards::schedule(conn, order, now)?;
    }
    if newly_paid { documents::on_payment(conn, order, now) } else { Ok(()) }
}
