//! Taking money that is held, and booking money that came by other ways.

use super::{CAPTURE_JOB, Failed, Payment, PaymentState, WishState, by_hand, cases, get, holding, rebalance};
use crate::gateway::Capture;
use crate::ids::{CaptureId, OrderId, PaymentId};
use crate::orders::{self, OrderStatus};
use crate::schema::{captures, payments};
use crate::shop;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, jobs};

/// A capture that a job has to tell the provider.
#[derive(Clone, Debug)]
pub struct Pending {
    pub capture: CaptureId,
    pub key: String,
    pub amount: i64,
    pub payment: Payment,
}

/// What can still be captured of a payment: the held amount, once, and no more than its order asks for by now. The provider releases
/// what a capture leaves.
pub fn capturable(conn: &mut Conn, payment: &Payment) -> Result<i64> {
    let wished: i64 = captures::table
        .filter(captures::payment_id.eq(payment.id))
        .filter(captures::state.ne(WishState::Failed))
        .count()
        .get_result(conn)?;
    if payment.state != PaymentState::Authorised || wished > 0 {
        return Ok(0);
    }
    let order = orders::get(conn, payment.order_id)?;
    let wanted = (order.total - holding(conn, order.id, Some(payment.id))?.captured).max(0);
    Ok(payment.authorised.min(wanted))
}

/// Asks for `amount` of a held payment; a job tells the provider. `Conflict` when a capture was asked for before.
pub fn request_capture(conn: &mut Conn, id: PaymentId, amount: i64, actor: &str, now: Time) -> Result<()> {
    let order = get(conn, id)?.order_id;
    orders::lock(conn, order, now)?;
    let payment = get(conn, id)?;
    let open = capturable(conn, &payment)?;
    if open == 0 {
        return Err(Error::conflict("capture-nothing-left"));
    }
    if !(1..=open).contains(&amount) {
        return Err(Error::field("amount", "capture-amount"));
    }
    let capture: CaptureId = diesel::insert_into(captures::table)
        .values((
            captures::key.eq(format!("cap_{}", kernel::token::random())),
            captures::payment_id.eq(id),
            captures::amount.eq(amount),
            captures::state.eq(WishState::Requested),
            captures::actor.eq(actor),
            captures::created_at.eq(now),
        ))
        .returning(captures::id)
        .get_result(conn)?;
    orders::note(conn, order, "capture_requested", &amount.to_string(), actor, now)?;
    jobs::enqueue(conn, CAPTURE_JOB, &capture.to_string(), Some(&format!("capture:{capture}")), now, now)
}

/// The capture a job is about; `None` when it is settled or failed already.
pub fn pending_capture(conn: &mut Conn, id: CaptureId) -> Result<Option<Pending>> {
    let row: Option<(String, PaymentId, i64)> = captures::table
        .find(id)
        .filter(captures::state.eq(WishState::Requested))
        .select((captures::key, captures::payment_id, captures::amount))
        .first(conn)
        .optional()?;
    let Some((key, payment, amount)) = row else { return Ok(None) };
    Ok(Some(Pending { capture: id, key, amount, payment: get(conn, payment)? }))
}

/// The provider refused for good: the amount may be asked for again, and staff are told by a case. Goods of a cancelled order are not
/// to be paid: of that nobody is told.
pub fn capture_failed(conn: &mut Conn, id: CaptureId, error: &str, now: Time) -> Result<()> {
    let failed = diesel::update(captures::table.find(id))
        .filter(captures::state.eq(WishState::Requested))
        .set((captures::state.eq(WishState::Failed), captures::error.eq(error)))
        .execute(conn)?;
    if failed == 1 {
        let (payment, amount): (PaymentId, i64) = captures::table.find(id).select((captures::payment_id, captures::amount)).first(conn)?;
        let payment = get(conn, payment)?;
        orders::note(conn, payment.order_id, "capture_failed", error, "system", now)?;
        if orders::get(conn, payment.order_id)?.status != OrderStatus::Cancelled {
            cases::failed(conn, &payment, Failed::Capture(id), amount, error, now)?;
        }
    }
    Ok(())
}

/// How the payment of an order is opened: taken at once when the shop says so, or when all of the order is gift cards, whose codes go
/// out with the money; else held until somebody takes it.
pub fn opening(conn: &mut Conn, order: OrderId) -> Result<Capture> {
    let at_once = shop::get(conn)?.capture_at_once || orders::lines(conn, order)?.iter().all(|line| line.gift_card);
    Ok(if at_once { Capture::Automatic } else { Capture::Manual })
}

/// Books money that came without a provider: a bank transfer, cash from the carrier.
pub fn record_receipt(conn: &mut Conn, id: PaymentId, actor: &str, now: Time) -> Result<()> {
    let order = get(conn, id)?.order_id;
    orders::lock(conn, order, now)?;
    let payment = get(conn, id)?;
    if !by_hand(&payment.provider) {
        return Err(Error::conflict("payment-not-by-hand"));
    }
    let booked = diesel::update(payments::table.find(id))
        .filter(payments::state.eq(PaymentState::Open))
        .set((
            payments::state.eq(PaymentState::Captured),
            payments::authorised.eq(payments::amount),
            payments::captured.eq(payments::amount),
            payments::updated_at.eq(now),
        ))
        .execute(conn)?;
    if booked == 0 {
        return Err(Error::conflict("payment-booked"));
    }
    add_settled(conn, id, payment.amount, &format!("receipt:{id}"), actor, now)?;
    orders::note(conn, order, "payment_received", &payment.amount.to_string(), actor, now)?;
    let event = Event::PaymentSettled { order: order.0, payment: id.0 };
    events::record(conn, "payments", &format!("captured:{id}"), &event, now)?;
    orders::refresh(conn, order, now)?;
    rebalance(conn, order, None, now)
}

/// Whether a provider is about to take money of this order.
pub(crate) fn capturing(conn: &mut Conn, order: OrderId) -> Result<bool> {
    let wishes: i64 = captures::table
        .inner_join(payments::table.on(payments::id.eq(captures::payment_id)))
        .filter(payments::order_id.eq(order))
        .filter(captures::state.eq(WishState::Requested))
        .count()
        .get_result(conn)?;
    Ok(wishes > 0)
}

/// Settles the captures that were asked for, up to what the provider says it newly took, and books what it took unasked.
pub(super) fn book(conn: &mut Conn, payment: &Payment, newly: i64, now: Time) -> Result<()> {
    let wishes: Vec<(CaptureId, i64)> = captures::table
        .filter(captures::payment_id.eq(payment.id))
        .filter(captures::state.eq(WishState::Requested))
        .order(captures::id)
        .select((captures::id, captures::amount))
        .load(conn)?;
    cases::captured(conn, payment.id, now)?;
    let mut left = newly;
    for (wish, amount) in wishes {
        // A provider may take less than it was asked for; the row then says what it took.
        let took = amount.min(left);
        if took > 0 {
            diesel::update(captures::table.find(wish))
                .set((captures::state.eq(WishState::Settled), captures::amount.eq(took)))
                .execute(conn)?;
            left -= took;
        }
    }
    if left > 0 {
        add_settled(conn, payment.id, left, &format!("provider:{}:{}", payment.id, payment.captured + newly), "provider", now)?;
    }
    Ok(())
}

pub(super) fn add_settled(conn: &mut Conn, payment: PaymentId, amount: i64, key: &str, actor: &str, now: Time) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    diesel::insert_into(captures::table)
        .values((
            captures::key.eq(key),
            captures::payment_id.eq(payment),
            captures::amount.eq(amount),
            captures::state.eq(WishState::Settled),
            captures::actor.eq(actor),
            captures::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}
