//! Giving money back: figured from the amounts stored with the lines, never recomputed; never more than was taken.

mod preview;

pub use preview::{LinePreview, Preview, Request, RequestLine, preview};

use crate::documents;
use crate::ids::{OrderId, OrderLineId, PaymentId, RefundId};
use crate::imports;
use crate::orders::{self, Order, OrderLine, OrderStatus};
use crate::payments::{self, Payment, WishState};
use crate::schema::{order_lines, payments as payment_rows, refund_lines, refunds};
use crate::stock::{self, Demand};
use crm::purchases;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, jobs};

/// The job that tells the provider; its payload is the refund's id.
pub const SUBMIT_JOB: &str = "refund.submit";

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = refunds)]
pub struct Refund {
    pub id: RefundId,
    pub key: String,
    pub order_id: OrderId,
    pub payment_id: PaymentId,
    pub amount: i64,
    pub shipping: i64,
    pub state: WishState,
    pub provider_reference: Option<String>,
    pub reason: String,
    pub error: String,
    pub actor: String,
    pub created_at: Time,
    pub settled_at: Option<Time>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = refund_lines)]
pub struct RefundLine {
    pub refund_id: RefundId,
    pub order_line_id: OrderLineId,
    pub quantity: i64,
    pub amount: i64,
    pub tax: i64,
    pub restocked: bool,
}

pub fn get(conn: &mut Conn, id: RefundId) -> Result<Refund> {
    Ok(refunds::table.find(id).select(Refund::as_select()).first(conn)?)
}

pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Refund>> {
    Ok(refunds::table.filter(refunds::order_id.eq(order)).order(refunds::id).select(Refund::as_select()).load(conn)?)
}

pub fn lines_of(conn: &mut Conn, refund: RefundId) -> Result<Vec<RefundLine>> {
    Ok(refund_lines::table.filter(refund_lines::refund_id.eq(refund)).order(refund_lines::id).select(RefundLine::as_select()).load(conn)?)
}

/// What went back of an order, without refunds that are still on their way or failed.
pub fn settled(conn: &mut Conn, order: OrderId) -> Result<i64> {
    Ok(of_order(conn, order)?.iter().filter(|refund| refund.state == WishState::Settled).map(|refund| refund.amount).sum())
}

/// Delivery costs that were given back or are on their way.
pub(crate) fn shipping_refunded(conn: &mut Conn, order: OrderId) -> Result<i64> {
    Ok(of_order(conn, order)?.iter().filter(|refund| refund.state != WishState::Failed).map(|refund| refund.shipping).sum())
}

/// Asks for a refund in one commit: money promised back, units marked, goods restocked, the customer's memory corrected; a job
/// tells the provider. `expected` is the amount the person confirmed; a different one is a `Conflict`, and nothing changes.
pub fn request(conn: &mut Conn, order: OrderId, request: &Request, expected: i64, actor: &str, now: Time) -> Result<RefundId> {
    let order = orders::lock(conn, order, now)?;
    let preview = preview(conn, &order, request)?;
    if preview.amount != expected {
        return Err(Error::conflict("The order changed since you looked. Check the new amount and confirm again."));
    }
    let payment = payments::of_order(conn, order.id)?
        .into_iter()
        .find(|payment| payment.captured - payment.refunded >= preview.amount)
        .ok_or_else(|| Error::conflict("No single payment of this order has that much left to refund. Refund a smaller amount."))?;
    let wish = Wish { payment: &payment, amount: preview.amount, shipping: preview.shipping, reason: &request.reason };
    let id = insert(conn, &wish, actor, now)?;
    apply_lines(conn, &order, id, &preview.lines, actor, now)?;
    finish(conn, &order, id, preview.amount, actor, now)?;
    Ok(id)
}

/// Refunds whatever is left of a payment when its whole order is cancelled before shipping. The caller frees the goods.
pub(crate) fn request_rest(
    conn: &mut Conn,
    order: &Order,
    lines: &[OrderLine],
    payment: &Payment,
    reason: &str,
    actor: &str,
    now: Time,
) -> Result<()> {
    let amount = payment.captured - payment.refunded;
    let shipping = (order.shipping_gross() - shipping_refunded(conn, order.id)?).clamp(0, amount);
    let id = insert(conn, &Wish { payment, amount, shipping, reason }, actor, now)?;
    for line in lines {
        let quantity = line.quantity - line.refunded;
        if quantity > 0 {
            let part = preview::part(line, quantity);
            insert_line(conn, id, line.id, &part, false)?;
            mark_refunded(conn, line.id, quantity)?;
        }
    }
    finish(conn, order, id, amount, actor, now)
}

/// Sends money back that no order wants. It touches no line.
pub(crate) fn request_unwanted(conn: &mut Conn, payment: &Payment, reason: &str, now: Time) -> Result<()> {
    let amount = payment.captured - payment.refunded;
    let id = insert(conn, &Wish { payment, amount, shipping: 0, reason }, "system", now)?;
    jobs::enqueue(conn, SUBMIT_JOB, &id.to_string(), Some(&format!("refund:{id}")), now, now)
}

/// Books a refund that was made at the provider without the shop. It names no line.
pub(crate) fn record_outside(conn: &mut Conn, payment: &Payment, amount: i64, now: Time) -> Result<()> {
    let id = insert(conn, &Wish { payment, amount, shipping: 0, reason: "made at the payment provider" }, "provider", now)?;
    if !payments::has_case(conn, payment.id)? {
        purchases::refund(conn, payment.order_id.0, amount)?;
    }
    settle(conn, id, now)
}

struct Wish<'a> {
    payment: &'a Payment,
    amount: i64,
    shipping: i64,
    reason: &'a str,
}

/// The guarded promise: refunds asked for and done never pass what was captured, however many ask at once.
fn insert(conn: &mut Conn, wish: &Wish, actor: &str, now: Time) -> Result<RefundId> {
    if wish.payment.provider == imports::IMPORT {
        return Err(Error::conflict("This order was paid in another shop, before it was imported. Give the money back there."));
    }
    let promised = diesel::update(payment_rows::table.find(wish.payment.id))
        .filter((payment_rows::refunded + wish.amount).le(payment_rows::captured))
        .set((payment_rows::refunded.eq(payment_rows::refunded + wish.amount), payment_rows::updated_at.eq(now)))
        .execute(conn)?;
    if promised == 0 {
        return Err(Error::conflict("That is more than this payment has left. Reload the order to see how it stands."));
    }
    Ok(diesel::insert_into(refunds::table)
        .values((
            refunds::key.eq(format!("ref_{}", kernel::token::random())),
            refunds::order_id.eq(wish.payment.order_id),
            refunds::payment_id.eq(wish.payment.id),
            refunds::amount.eq(wish.amount),
            refunds::shipping.eq(wish.shipping),
            refunds::state.eq(WishState::Requested),
            refunds::reason.eq(wish.reason),
            refunds::actor.eq(actor),
            refunds::created_at.eq(now),
        ))
        .returning(refunds::id)
        .get_result(conn)?)
}

fn insert_line(conn: &mut Conn, refund: RefundId, line: OrderLineId, part: &LinePreview, restocked: bool) -> Result<()> {
    diesel::insert_into(refund_lines::table)
        .values((
            refund_lines::refund_id.eq(refund),
            refund_lines::order_line_id.eq(line),
            refund_lines::quantity.eq(part.quantity),
            refund_lines::amount.eq(part.amount),
            refund_lines::tax.eq(part.tax),
            refund_lines::restocked.eq(restocked),
        ))
        .execute(conn)?;
    Ok(())
}

fn mark_refunded(conn: &mut Conn, line: OrderLineId, quantity: i64) -> Result<()> {
    diesel::update(order_lines::table.find(line)).set(order_lines::refunded.eq(order_lines::refunded + quantity)).execute(conn)?;
    Ok(())
}

/// Units that were not shipped yet will not be; shipped ones go back on the shelf when the request says so.
fn apply_lines(conn: &mut Conn, order: &Order, refund: RefundId, parts: &[LinePreview], actor: &str, now: Time) -> Result<()> {
    let mut unshipped = Demand::new();
    let mut returned = Demand::new();
    for part in parts {
        let restocked = part.restock && part.returned > 0;
        insert_line(conn, refund, part.line, part, restocked)?;
        mark_refunded(conn, part.line, part.quantity)?;
        diesel::update(order_lines::table.find(part.line))
            .set(order_lines::cancelled.eq(order_lines::cancelled + part.cancelled))
            .execute(conn)?;
        let Some(variant) = part.stocked_variant else { continue };
        if part.cancelled > 0 {
            *unshipped.entry(variant).or_default() += part.cancelled;
        }
        if restocked {
            *returned.entry(variant).or_default() += part.returned;
        }
    }
    stock::deallocate(conn, order.id, &unshipped, &format!("refund-cancel:{refund}"), actor, now)?;
    stock::take_back(conn, order.id, &returned, &format!("return:{refund}"), actor, now)
}

fn finish(conn: &mut Conn, order: &Order, refund: RefundId, amount: i64, actor: &str, now: Time) -> Result<()> {
    purchases::refund(conn, order.id.0, amount)?;
    orders::note(conn, order.id, "refund_requested", &amount.to_string(), actor, now)?;
    jobs::enqueue(conn, SUBMIT_JOB, &refund.to_string(), Some(&format!("refund:{refund}")), now, now)?;
    let event = Event::RefundRequested { order: order.id.0, refund: refund.0 };
    events::record(conn, "refunds", &format!("requested:{refund}"), &event, now)?;
    orders::refresh(conn, order.id, now)
}

/// Keeps the provider's reference of a refund that is on its way.
pub fn submitted(conn: &mut Conn, id: RefundId, reference: &str) -> Result<()> {
    diesel::update(refunds::table.find(id)).set(refunds::provider_reference.eq(reference)).execute(conn)?;
    Ok(())
}

/// The provider gave the money back. Settling twice changes nothing.
pub fn settle(conn: &mut Conn, id: RefundId, now: Time) -> Result<()> {
    let settled = diesel::update(refunds::table.find(id))
        .filter(refunds::state.eq(WishState::Requested))
        .set((refunds::state.eq(WishState::Settled), refunds::settled_at.eq(now)))
        .execute(conn)?;
    if settled == 0 {
        return Ok(());
    }
    let refund = get(conn, id)?;
    payments::resolve_case(conn, refund.payment_id, now)?;
    documents::credit_refund(conn, &refund, now)?;
    orders::note(conn, refund.order_id, "refunded", &refund.amount.to_string(), "provider", now)?;
    let event = Event::RefundSettled { order: refund.order_id.0, refund: id.0 };
    events::record(conn, "refunds", &format!("settled:{id}"), &event, now)?;
    orders::refresh(conn, refund.order_id, now)
}

/// The provider refused for good: the promise is taken back, so that the refund can be made another way. Goods that came back
/// stay back, and units that were cancelled stay cancelled.
pub fn failed(conn: &mut Conn, id: RefundId, error: &str, now: Time) -> Result<()> {
    let failed = diesel::update(refunds::table.find(id))
        .filter(refunds::state.eq(WishState::Requested))
        .set((refunds::state.eq(WishState::Failed), refunds::error.eq(error)))
        .execute(conn)?;
    if failed == 0 {
        return Ok(());
    }
    let refund = get(conn, id)?;
    diesel::update(payment_rows::table.find(refund.payment_id))
        .set(payment_rows::refunded.eq(payment_rows::refunded - refund.amount))
        .execute(conn)?;
    for line in lines_of(conn, id)? {
        mark_refunded(conn, line.order_line_id, -line.quantity)?;
    }
    // Money no order wanted was never part of what the customer bought.
    if !payments::has_case(conn, refund.payment_id)? {
        purchases::refund(conn, refund.order_id.0, -refund.amount)?;
    }
    // Of an order that goes on, staff see it on its page and refund in another way; a cancelled one nobody looks at again.
    if orders::get(conn, refund.order_id)?.status == OrderStatus::Cancelled {
        let payment = payments::get(conn, refund.payment_id)?;
        payments::stuck(conn, &payment, refund.amount, &format!("a refund failed: {error}"), now)?;
    }
    orders::note(conn, refund.order_id, "refund_failed", error, "provider", now)?;
    orders::refresh(conn, refund.order_id, now)
}
