//! A return that is settled in the commit that makes it, as an exchange from a ticket does: the goods may come later, or not at all.

use super::steps::shelve;
use super::{Reason, Return, ReturnLine, Status, lines_of, lock, of_order, with_buyer};
use crate::ids::{LocationId, OrderLineId, ReturnId, VariantId};
use crate::margins;
use crate::orders::{self, Order, OrderLine};
use crate::schema::{return_lines, returns};
use crate::stock;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use std::collections::BTreeMap;

/// Units that are taken back without a parcel being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub line: OrderLineId,
    pub quantity: i64,
    pub reason: Reason,
    /// What goes out in their place.
    pub instead: Option<VariantId>,
}

/// Makes an inspected return of units of a locked order, all accepted, for the caller to settle in the same commit. `location` is where they
/// lie, when they are there. `key` is unique to what it is made of. `Invalid` names the line of which the buyer has fewer.
pub(crate) fn at_once(
    conn: &mut Conn,
    order: &Order,
    key: &str,
    taken: &[Taken],
    location: Option<LocationId>,
    actor: &str,
    now: Time,
) -> Result<ReturnId> {
    let there = with_buyer(conn, order)?;
    for (at, one) in taken.iter().enumerate() {
        let most = there.iter().find(|known| known.line.id == one.line).map_or(0, |known| known.units);
        if !(1..=most).contains(&one.quantity) || taken[..at].iter().any(|before| before.line == one.line) {
            return Err(Error::field(&format!("quantity-{}", one.line), "return-too-many"));
        }
    }
    let count = of_order(conn, order.id)?.len() + 1;
    let id: ReturnId = diesel::insert_into(returns::table)
        .values((
            returns::number.eq(format!("{}-{count}", order.number)),
            returns::order_id.eq(order.id),
            returns::request_key.eq(key),
            returns::status.eq(Status::Inspected),
            returns::comment.eq(""),
            returns::requested_at.eq(now),
            returns::approved_at.eq(now),
            returns::received_at.eq(location.map(|_| now)),
            returns::inspected_at.eq(now),
            returns::exchange.eq(true),
        ))
        .returning(returns::id)
        .get_result(conn)?;
    for one in taken {
        diesel::insert_into(return_lines::table)
            .values((
                return_lines::return_id.eq(id),
                return_lines::order_line_id.eq(one.line),
                return_lines::quantity.eq(one.quantity),
                return_lines::reason.eq(one.reason),
                return_lines::accepted.eq(one.quantity),
                return_lines::instead_id.eq(one.instead),
            ))
            .execute(conn)?;
    }
    let back = super::get(conn, id)?;
    orders::note(conn, order.id, "return_inspected", &back.number, actor, now)?;
    match location {
        Some(location) => put(conn, order, &back, location, actor, now).map(|()| id),
        None => Ok(id),
    }
}

/// Units of a return that was settled before its goods came, where goods are counted.
pub fn awaited(conn: &mut Conn, back: &Return, sold: &[OrderLine]) -> Result<i64> {
    if back.status != Status::Closed || back.received_at.is_some() {
        return Ok(0);
    }
    let lines = lines_of(conn, back.id)?;
    Ok(missing(&lines, sold).map(|(part, _)| part.accepted).sum())
}

fn missing<'a>(lines: &'a [ReturnLine], sold: &'a [OrderLine]) -> impl Iterator<Item = (&'a ReturnLine, VariantId)> {
    lines.iter().filter(|part| part.accepted > 0 && part.location_id.is_none()).filter_map(move |part| {
        let line = sold.iter().find(|line| line.id == part.order_line_id)?;
        Some((part, line.variant_id.filter(|_| line.stocked)?))
    })
}

/// Puts on a shelf what came after its return was settled. `Conflict` when nothing of it is missing.
pub fn arrived(conn: &mut Conn, id: ReturnId, location: LocationId, actor: &str, now: Time) -> Result<()> {
    let (order, back) = lock(conn, id, &[Status::Closed], now)?;
    let sold = orders::lines(conn, order.id)?;
    if awaited(conn, &back, &sold)? == 0 {
        return Err(Error::conflict(super::STALE));
    }
    put(conn, &order, &back, location, actor, now)?;
    diesel::update(returns::table.find(id)).set(returns::received_at.eq(now)).execute(conn)?;
    orders::note(conn, order.id, "return_shelved", &back.number, actor, now)
}

fn put(conn: &mut Conn, order: &Order, back: &Return, location: LocationId, actor: &str, now: Time) -> Result<()> {
    let location = stock::location(conn, location)?.id;
    let (lines, sold) = (lines_of(conn, back.id)?, orders::lines(conn, order.id)?);
    let mut shelved: BTreeMap<(VariantId, LocationId), i64> = BTreeMap::new();
    for (part, variant) in missing(&lines, &sold) {
        diesel::update(return_lines::table.find(part.id)).set(return_lines::location_id.eq(location)).execute(conn)?;
        *shelved.entry((variant, location)).or_default() += part.accepted;
    }
    shelve(conn, back, shelved, actor, now)?;
    // What lies on a shelf again cost nothing.
    margins::follow(conn, back.order_id, now)
}
