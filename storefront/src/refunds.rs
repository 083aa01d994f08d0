//! Giving money back: figured from the amounts stored with the lines, never recomputed; never more than was taken.

mod fail;
mod given;
mod preview;
mod split;

pub(crate) use fail::through_provider;
pub use fail::{CHECK_JOB, at_provider, came_back, failed, outside_lost, payment_of, schedule_check, watch};
pub use given::left_of_lines;
pub(crate) use given::{Given, given, named, reduced};
pub use preview::{
    AMOUNT_OF_GIFT_CARD, AMOUNT_OR_UNITS, AMOUNT_TOO_MUCH, LineAmount, LinePreview, Preview, Request, RequestLine, TAKEN, preview,
};
pub use split::Share;

use crate::company_accounts::{self, ACCOUNT};
use crate::documents;
use crate::gift_cards;
use crate::ids::{OrderId, OrderLineId, PaymentId, RefundId, VariantId};
use crate::imports;
use crate::margins;
use crate::orders::{self, Order, OrderLine};
use crate::payments::{self, Payment, WishState};
use crate::promotions;
use crate::schema::{order_lines, payments as payment_rows, refund_lines, refunds};
use crate::stock::{self, Demand};
use crate::stored_value;
use crm::purchases;
use diesel::prelude::*;
use fail::OUTSIDE;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, jobs, token};
use split::Parts;
use std::collections::BTreeSet;

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
    /// Refunds of one wish that took from several payments share it; else empty.
    pub wish: String,
    /// Given as store credit in place of the way it was paid.
    pub to_credit: bool,
    /// Money that a changed order does not come to any more. It names no line.
    pub surplus: bool,
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
    /// An amount of the line and no units of it.
    pub reduction: bool,
}

pub fn get(conn: &mut Conn, id: RefundId) -> Result<Refund> {
    Ok(refunds::table.find(id).select(Refund::as_select()).first(conn)?)
}

pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Refund>> {
    Ok(refunds::table.filter(refunds::order_id.eq(order)).order(refunds::id).select(Refund::as_select()).load(conn)?)
}

/// The refunds of a payment, oldest first.
fn of_payment(conn: &mut Conn, payment: PaymentId) -> Result<Vec<Refund>> {
    Ok(refunds::table.filter(refunds::payment_id.eq(payment)).order(refunds::id).select(Refund::as_select()).load(conn)?)
}

pub fn lines_of(conn: &mut Conn, refund: RefundId) -> Result<Vec<RefundLine>> {
    Ok(refund_lines::table.filter(refund_lines::refund_id.eq(refund)).order(refund_lines::id).select(RefundLine::as_select()).load(conn)?)
}

/// Whether a refund is about an amount and names neither a line nor the delivery, as one made at the provider's own desk.
pub(crate) fn nameless(conn: &mut Conn, refund: &Refund) -> Result<bool> {
    Ok(refund.shipping == 0 && lines_of(conn, refund.id)?.is_empty())
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
/// tells the provider, while gift cards and store credit are back at once. `expected` is the amount the person confirmed; a
/// different one is a `Conflict`, and nothing changes. Answers the first of the refunds that make it up, one for each payment.
pub fn request(conn: &mut Conn, order: OrderId, request: &Request, expected: i64, actor: &str, now: Time) -> Result<RefundId> {
    let order = orders::lock(conn, order, now)?;
    let preview = preview(conn, &order, request)?;
    if preview.amount != expected {
        return Err(Error::conflict("refund-changed"));
    }
    if order.payment_method == ACCOUNT {
        // As placing locks them: goods, account, and the numbers of documents last.
        let goods: BTreeSet<VariantId> = preview.lines.iter().filter_map(|line| line.stocked_variant).collect();
        for variant in goods {
            stock::lock(conn, variant)?;
        }
        company_accounts::hold(conn, order.id, now)?;
    }
    let payments = payments::of_order(conn, order.id)?;
    let mut parts = Parts::new(&preview.lines, preview.shipping);
    let wish = common(preview.shares.len());
    let mut first = None;
    for share in &preview.shares {
        let payment = payments.iter().find(|payment| payment.id == share.payment).ok_or(Error::NotFound)?;
        // What a company did not pay yet is taken off its account.
        let payment = &company_accounts::offset(conn, payment, share.amount, actor, now)?;
        let (lines, shipping) = parts.take(share.amount);
        let reason = &request.reason;
        let new = Wish { payment, amount: share.amount, shipping, reason, common: &wish, to_credit: share.to_credit, surplus: false };
        let id = insert(conn, &new, actor, now)?;
        apply_lines(conn, &order, id, &lines, actor, now)?;
        finish(conn, &order, payment, id, actor, now)?;
        first = first.or(Some(id));
    }
    first.ok_or_else(|| Error::conflict("refund-nothing-left"))
}

/// The word that the refunds of one wish share; none for a single one.
fn common(refunds: usize) -> String {
    if refunds > 1 { token::random() } else { String::new() }
}

/// Refunds whatever is left of an order's payments when the whole order is cancelled before shipping. The caller frees the goods.
pub(crate) fn request_rest(conn: &mut Conn, order: &Order, lines: &[OrderLine], reason: &str, actor: &str, now: Time) -> Result<()> {
    let payments = payments::of_order(conn, order.id)?;
    let left = split::left(&payments);
    let given = given(conn, order.id)?;
    let of_line = |line: &OrderLine| preview::part(line, line.quantity - line.refunded, given.get(&line.id).copied().unwrap_or_default());
    let lines: Vec<LinePreview> = lines.iter().filter(|line| line.quantity > line.refunded).map(of_line).collect();
    let shipping = (order.shipping_gross() - shipping_refunded(conn, order.id)?).max(0);
    let mut parts = Parts::new(&lines, shipping);
    let wish = common(left.len());
    for (payment, amount) in left {
        let (lines, shipping) = parts.take(amount);
        let id = insert(conn, &Wish { payment, amount, shipping, reason, common: &wish, to_credit: false, surplus: false }, actor, now)?;
        for part in &lines {
            insert_line(conn, id, part.line, part, false)?;
            mark_refunded(conn, part.line, part.quantity)?;
        }
        finish(conn, order, payment, id, actor, now)?;
    }
    Ok(())
}

/// What giving back `amount` beyond an order's total takes from which payment. The shares sum to less only when less is left.
pub(crate) fn surplus_shares(conn: &mut Conn, order: OrderId, amount: i64) -> Result<Vec<Share>> {
    let mut wanted = Vec::new();
    for payment in payments::of_order(conn, order)? {
        if !payments::has_case(conn, payment.id)? {
            wanted.push(payment);
        }
    }
    Ok(split::shares(&wanted, amount, false))
}

/// Gives back what was taken beyond what a changed order comes to. It touches no line: the lines say what is left of the order.
pub(crate) fn request_surplus(conn: &mut Conn, order: &Order, amount: i64, reason: &str, actor: &str, now: Time) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let shares = surplus_shares(conn, order.id, amount)?;
    let common = common(shares.len());
    for share in &shares {
        let payment = payments::get(conn, share.payment)?;
        let wish = Wish { payment: &payment, amount: share.amount, shipping: 0, reason, common: &common, to_credit: false, surplus: true };
        let id = insert(conn, &wish, actor, now)?;
        finish(conn, order, &payment, id, actor, now)?;
    }
    Ok(())
}

/// What was given back of each payment because a changed order came to less, and did not fail.
pub(crate) fn surplus(conn: &mut Conn, order: OrderId) -> Result<Vec<(PaymentId, i64)>> {
    Ok(refunds::table
        .filter(refunds::order_id.eq(order))
        .filter(refunds::surplus)
        .filter(refunds::state.ne(WishState::Failed))
        .select((refunds::payment_id, refunds::amount))
        .load(conn)?)
}

/// Sends money back that no order wants. It touches no line.
pub(crate) fn request_unwanted(conn: &mut Conn, payment: &Payment, reason: &str, now: Time) -> Result<()> {
    let amount = payment.left();
    let id = insert(conn, &Wish { common: "", to_credit: false, surplus: false, payment, amount, shipping: 0, reason }, "system", now)?;
    jobs::enqueue(conn, SUBMIT_JOB, &id.to_string(), Some(&format!("refund:{id}")), now, now)
}

/// Books a refund that was made at the provider without the shop. It names no line.
pub(crate) fn record_outside(conn: &mut Conn, payment: &Payment, amount: i64, now: Time) -> Result<()> {
    let id = insert(
        conn,
        &Wish { common: "", to_credit: false, surplus: false, payment, amount, shipping: 0, reason: "made at the payment provider" },
        OUTSIDE,
        now,
    )?;
    if !payments::has_case(conn, payment.id)? {
        purchases::refund(conn, payment.order_id.0, amount, now)?;
        margins::follow(conn, payment.order_id, now)?;
    }
    settle(conn, id, now)
}

struct Wish<'a> {
    payment: &'a Payment,
    amount: i64,
    shipping: i64,
    reason: &'a str,
    common: &'a str,
    to_credit: bool,
    surplus: bool,
}

/// The guarded promise: refunds asked for and done never pass what was captured, however many ask at once.
fn insert(conn: &mut Conn, wish: &Wish, actor: &str, now: Time) -> Result<RefundId> {
    if wish.payment.provider == imports::IMPORT {
        return Err(Error::conflict("refund-paid-elsewhere"));
    }
    // What a bank took is not there to be given back once more. What was given back at the provider's own desk is so.
    let payment = payments::get(conn, wish.payment.id)?;
    if actor != OUTSIDE && payment.taken > 0 && payment.left() < wish.amount {
        return Err(Error::conflict(TAKEN));
    }
    let promised = diesel::update(payment_rows::table.find(wish.payment.id))
        .filter((payment_rows::refunded + wish.amount).le(payment_rows::captured))
        .filter(payment_rows::taken.eq(payment.taken))
        .set((payment_rows::refunded.eq(payment_rows::refunded + wish.amount), payment_rows::updated_at.eq(now)))
        .execute(conn)?;
    if promised == 0 {
        return Err(Error::conflict("refund-more-than-left"));
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
            refunds::wish.eq(wish.common),
            refunds::to_credit.eq(wish.to_credit),
            refunds::surplus.eq(wish.surplus),
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
            refund_lines::reduction.eq(part.reduction),
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
        if part.withdrawn > 0 {
            gift_cards::withdraw(conn, part.line, part.withdrawn, Some(refund), actor, now)?;
        }
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

fn finish(conn: &mut Conn, order: &Order, payment: &Payment, refund: RefundId, actor: &str, now: Time) -> Result<()> {
    let stored = get(conn, refund)?;
    // A surplus is no part of what was bought: the memory holds what the changed order comes to.
    if !stored.surplus {
        purchases::refund(conn, order.id.0, stored.amount, now)?;
        margins::follow(conn, order.id, now)?;
    }
    promotions::release_refunded(conn, order.id, now)?;
    orders::note(conn, order.id, "refund_requested", &stored.amount.to_string(), actor, now)?;
    let event = Event::RefundRequested { order: order.id.0, refund: refund.0 };
    events::record(conn, "refunds", &format!("requested:{refund}"), &event, now)?;
    if stored_value::at_once(payment, stored.to_credit) {
        stored_value::give_back(conn, payment, &stored, order.customer_id, actor, now)?;
        return settle(conn, refund, now);
    }
    jobs::enqueue(conn, SUBMIT_JOB, &refund.to_string(), Some(&format!("refund:{refund}")), now, now)?;
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
    let payment = payments::get(conn, refund.payment_id)?;
    payments::resolve_cases(conn, &payment, now)?;
    documents::credit_refund(conn, &refund, now)?;
    watch(conn, &payment, now)?;
    let teller = if stored_value::at_once(&payment, refund.to_credit) { "system" } else { OUTSIDE };
    orders::note(conn, refund.order_id, "refunded", &refund.amount.to_string(), teller, now)?;
    let event = Event::RefundSettled { order: refund.order_id.0, refund: id.0 };
    events::record(conn, "refunds", &format!("settled:{id}"), &event, now)?;
    orders::refresh(conn, refund.order_id, now)
}

/// What the memory should hold as given back of an order, in minor units.
pub fn remembered(conn: &mut Conn, order: OrderId) -> Result<i64> {
    let mut back = 0;
    let counted = |refund: &&Refund| refund.state != WishState::Failed && !refund.surplus;
    for refund in of_order(conn, order)?.iter().filter(counted) {
        let wanted = !payments::has_case(conn, refund.payment_id)?;
        back += if wanted { refund.amount } else { 0 };
    }
    Ok(back)
}
