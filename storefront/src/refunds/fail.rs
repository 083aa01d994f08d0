//! Refunds that did not arrive: refused at once, or taken back by a bank days after the provider had said that they went through.

use super::{Refund, get, lines_of, mark_refunded, of_payment};
use crate::documents;
use crate::ids::{PaymentId, RefundId};
use crate::margins;
use crate::orders::{self, OrderStatus};
use crate::payments::{self, Failed, Payment, WishState};
use crate::schema::{payments as payment_rows, refunds};
use crate::stored_value;
use chrono::TimeDelta;
use crm::purchases;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::jobs::{self, Class};
use kernel::{Conn, Result};

/// The job that asks a provider whether the refunds of a payment still stand; its payload is the payment's id.
pub const CHECK_JOB: &str = "refund.check";
/// How long after it went through a refund is asked about. Banks send money back for about a month.
const WATCHED: TimeDelta = TimeDelta::days(30);
/// Who made a refund that was made at the provider's own desk.
pub(super) const OUTSIDE: &str = "provider";

/// The provider refused for good: the promise is taken back, so that the refund can be made another way. Goods that came back
/// stay back, and units that were cancelled stay cancelled. Does nothing to a refund that is not on its way.
pub fn failed(conn: &mut Conn, id: RefundId, error: &str, now: Time) -> Result<()> {
    fail(conn, id, WishState::Requested, error, now)
}

/// A refund that had gone through came back to the shop, as from a closed account: it is taken back like one that was refused, its
/// credit note is made up for by another invoice, and a case tells staff. Does nothing to a refund that is not settled.
pub fn came_back(conn: &mut Conn, id: RefundId, error: &str, now: Time) -> Result<()> {
    let settled = get(conn, id)?.state == WishState::Settled;
    fail(conn, id, WishState::Settled, error, now)?;
    let refund = get(conn, id)?;
    if settled && refund.state == WishState::Failed {
        let event = Event::RefundCameBack { order: refund.order_id.0, refund: id.0 };
        events::record(conn, "refunds", &format!("came_back:{id}"), &event, now)?;
    }
    Ok(())
}

fn fail(conn: &mut Conn, id: RefundId, from: WishState, error: &str, now: Time) -> Result<()> {
    let refund = get(conn, id)?;
    let order = orders::lock(conn, refund.order_id, now)?;
    // What the shop's own ledgers gave cannot come back by itself.
    let own = stored_value::at_once(&payments::get(conn, refund.payment_id)?, refund.to_credit);
    if own && from == WishState::Settled {
        return Ok(());
    }
    let failed = diesel::update(refunds::table.find(id))
        .filter(refunds::state.eq(from))
        .set((refunds::state.eq(WishState::Failed), refunds::error.eq(error)))
        .execute(conn)?;
    if failed == 0 {
        return Ok(());
    }
    diesel::update(payment_rows::table.find(refund.payment_id))
        .set((payment_rows::refunded.eq(payment_rows::refunded - refund.amount), payment_rows::updated_at.eq(now)))
        .execute(conn)?;
    for line in lines_of(conn, id)? {
        mark_refunded(conn, line.order_line_id, -line.quantity)?;
    }
    // Money no order wanted was never part of what the customer bought.
    if !refund.surplus && !payments::has_case(conn, refund.payment_id)? {
        purchases::refund(conn, refund.order_id.0, -refund.amount, now)?;
        margins::follow(conn, refund.order_id, now)?;
    }
    let payment = payments::get(conn, refund.payment_id)?;
    payments::alarm(conn, &payment, Failed::Refund(id), refund.amount, error, now)?;
    orders::note(conn, refund.order_id, "refund_failed", error, OUTSIDE, now)?;
    orders::refresh(conn, refund.order_id, now)?;
    // The invoice of a cancelled order stays credited: nothing of it was sold.
    if order.status != OrderStatus::Cancelled {
        documents::uncredit_refund(conn, &refund, now)?;
    }
    // The money is there again, and may pay what the order asks for.
    if refund.surplus { payments::rebalance(conn, refund.order_id, None, now) } else { Ok(()) }
}

/// The refunds of a payment that the provider knows and that did not fail: what there is to ask about.
pub fn at_provider(conn: &mut Conn, payment: PaymentId) -> Result<Vec<Refund>> {
    let known = |refund: &Refund| refund.provider_reference.is_some() && refund.state != WishState::Failed && !refund.to_credit;
    Ok(of_payment(conn, payment)?.into_iter().filter(known).collect())
}

/// The payment of a refund that a provider names.
pub fn payment_of(conn: &mut Conn, provider: &str, reference: &str) -> Result<Option<PaymentId>> {
    Ok(refunds::table
        .inner_join(payment_rows::table.on(payment_rows::id.eq(refunds::payment_id)))
        .filter(refunds::provider_reference.eq(reference))
        .filter(payment_rows::provider.eq(provider))
        .select(refunds::payment_id)
        .first(conn)
        .optional()?)
}

/// What of a payment's refunds the provider must know of, in minor units: those that went through (`.0`), and with those that are on
/// their way (`.1`). Store credit never comes to a provider's eyes.
pub(crate) fn through_provider(conn: &mut Conn, payment: PaymentId) -> Result<(i64, i64)> {
    let mut sums = (0, 0);
    for refund in of_payment(conn, payment)?.iter().filter(|refund| !refund.to_credit) {
        match refund.state {
            WishState::Settled => sums = (sums.0 + refund.amount, sums.1 + refund.amount),
            WishState::Requested => sums.1 += refund.amount,
            WishState::Failed => {}
        }
    }
    Ok(sums)
}

/// Takes back refunds that were made at the provider's own desk, the latest first, as far as they come to more than the provider gave back
/// beside the shop's own refunds (`known`). What was taken back too much is booked again by [`payments::settle`].
pub fn outside_lost(conn: &mut Conn, payment: PaymentId, known: i64, now: Time) -> Result<()> {
    let outside = |refund: &Refund| refund.state == WishState::Settled && refund.actor == OUTSIDE && !refund.to_credit;
    let booked: Vec<Refund> = of_payment(conn, payment)?.into_iter().filter(outside).collect();
    let mut lost = booked.iter().map(|refund| refund.amount).sum::<i64>() - known;
    for refund in booked.iter().rev() {
        if lost <= 0 {
            break;
        }
        came_back(conn, refund.id, "the payment provider does not know this refund any more", now)?;
        lost -= refund.amount;
    }
    Ok(())
}

/// Asks for a look at the refunds of a payment soon.
pub fn schedule_check(conn: &mut Conn, payment: PaymentId, now: Time) -> Result<()> {
    jobs::enqueue(conn, CHECK_JOB, &payment.to_string(), Some(&format!("refunds:{payment}")), now, now)
}

/// Plans the next look at refunds that went through: after a day, two, four and so on, for [`WATCHED`]. Plans nothing for payments whose
/// refunds no provider can take back.
pub fn watch(conn: &mut Conn, payment: &Payment, now: Time) -> Result<()> {
    let settled = at_provider(conn, payment.id)?.into_iter().filter(|refund| refund.state == WishState::Settled);
    let Some(latest) = settled.filter_map(|refund| refund.settled_at).max() else { return Ok(()) };
    let age = now - latest;
    if age >= WATCHED {
        return Ok(());
    }
    let at = now + age.max(TimeDelta::days(1));
    // Several refunds of a payment share a look on the same day.
    let key = format!("refunds:{}:{}", payment.id, at.date());
    jobs::enqueue_as(conn, Class::Outside, CHECK_JOB, &payment.id.to_string(), Some(&key), at, now)
}
