//! What a return comes to: money, store credit, or nothing.

use super::{Outcome, Return, Status, get, lines_of, lock, stepped};
use crate::ids::{RefundId, ReturnId};
use crate::orders;
use crate::refunds::{self, Preview, Request, RequestLine};
use crate::schema::{return_lines, returns};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// The refund that the accepted units of a return ask for. Their goods were dealt with at the inspection.
fn wish(conn: &mut Conn, back: &Return, shipping: i64, to_credit: bool) -> Result<Request> {
    let accepted = lines_of(conn, back.id)?.into_iter().filter(|line| line.accepted > 0);
    let lines = accepted.map(|line| RequestLine { line: line.order_line_id, quantity: line.accepted, restock: false }).collect();
    let reason = format!("return {}", back.number);
    Ok(Request { lines, shipping, reason, to_credit, sent_back: true, ..Request::default() })
}

/// The amounts of the refund of a return, before anybody confirms it. `Invalid` when there is nothing to refund.
pub fn preview(conn: &mut Conn, id: ReturnId, shipping: i64, to_credit: bool) -> Result<Preview> {
    let back = get(conn, id)?;
    let order = orders::get(conn, back.order_id)?;
    let wish = wish(conn, &back, shipping, to_credit)?;
    refunds::preview(conn, &order, &wish)
}

/// Settles a return with a refund of its accepted units, and of some of the delivery. `expected` is the amount that was confirmed.
pub fn refund(conn: &mut Conn, id: ReturnId, shipping: i64, to_credit: bool, expected: i64, actor: &str, now: Time) -> Result<RefundId> {
    let (_, back) = lock(conn, id, &[Status::Inspected], now)?;
    let wish = wish(conn, &back, shipping, to_credit)?;
    let outcome = if to_credit { Outcome::StoreCredit } else { Outcome::Refund };
    settled(conn, &back, &wish, outcome, expected, actor, now)
}

/// The refund of a return of which `exchanged` stays with the shop.
pub(crate) fn exchanging(conn: &mut Conn, id: ReturnId, shipping: i64, exchanged: i64) -> Result<Preview> {
    let back = get(conn, id)?;
    let order = orders::get(conn, back.order_id)?;
    let wish = Request { exchanged, ..wish(conn, &back, shipping, false)? };
    refunds::preview(conn, &order, &wish)
}

/// Settles a return whose value pays other goods: `exchanged` of the refund stays as credit that the caller spends in the same commit.
pub(crate) fn exchange(
    conn: &mut Conn,
    back: &Return,
    shipping: i64,
    exchanged: i64,
    expected: i64,
    actor: &str,
    now: Time,
) -> Result<RefundId> {
    let wish = Request { exchanged, ..wish(conn, back, shipping, false)? };
    settled(conn, back, &wish, Outcome::Refund, expected, actor, now)
}

fn settled(conn: &mut Conn, back: &Return, wish: &Request, outcome: Outcome, expected: i64, actor: &str, now: Time) -> Result<RefundId> {
    let id = back.id;
    let refund = refunds::request(conn, back.order_id, wish, expected, actor, now)?;
    diesel::update(return_lines::table.filter(return_lines::return_id.eq(id)))
        .set(return_lines::refunded.eq(return_lines::accepted))
        .execute(conn)?;
    end(conn, id, outcome, Some(refund), actor, now)?;
    Ok(refund)
}

/// Settles a return without money.
pub fn close(conn: &mut Conn, id: ReturnId, actor: &str, now: Time) -> Result<()> {
    lock(conn, id, &[Status::Inspected], now)?;
    end(conn, id, Outcome::Nothing, None, actor, now)
}

fn end(conn: &mut Conn, id: ReturnId, outcome: Outcome, refund: Option<RefundId>, actor: &str, now: Time) -> Result<()> {
    diesel::update(returns::table.find(id))
        .set((returns::outcome.eq(outcome), returns::refund_id.eq(refund), returns::closed_at.eq(now)))
        .execute(conn)?;
    stepped(conn, id, "return_closed", actor, now)
}
