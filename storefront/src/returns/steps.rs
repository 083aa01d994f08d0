//! What staff, and the buyer, do with a return until it is settled.

use super::{Return, Status, lines_of, lock, stepped};
use crate::ids::{LocationId, OrderLineId, ReturnId, VariantId};
use crate::margins;
use crate::orders;
use crate::schema::{return_lines, returns};
use crate::stock::{self, Demand};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use std::collections::BTreeMap;

/// Longest message to the buyer, in characters.
const MESSAGE: usize = 2000;

/// What staff found of a line. Accepted units may go back on the shelf at a location.
#[derive(Clone, Debug)]
pub struct Inspected {
    pub line: OrderLineId,
    pub accepted: i64,
    pub location: Option<LocationId>,
}

fn message(text: &str, required: bool) -> Result<&str> {
    let text = text.trim();
    if required && text.is_empty() {
        return Err(Error::field("message", "admin-required"));
    }
    if text.chars().count() > MESSAGE { Err(Error::field("message", "admin-too-long")) } else { Ok(text) }
}

/// Lets the buyer send the goods. The message is mailed to them.
pub fn approve(conn: &mut Conn, id: ReturnId, text: &str, actor: &str, now: Time) -> Result<()> {
    let text = message(text, false)?;
    lock(conn, id, &[Status::Requested], now)?;
    diesel::update(returns::table.find(id)).set((returns::approved_at.eq(now), returns::message.eq(text))).execute(conn)?;
    stepped(conn, id, "return_approved", actor, now)
}

/// Refuses a request. The message says why, and is mailed.
pub fn decline(conn: &mut Conn, id: ReturnId, text: &str, actor: &str, now: Time) -> Result<()> {
    let text = message(text, true)?;
    lock(conn, id, &[Status::Requested], now)?;
    diesel::update(returns::table.find(id)).set((returns::declined_at.eq(now), returns::message.eq(text))).execute(conn)?;
    stepped(conn, id, "return_declined", actor, now)
}

/// The buyer keeps the goods, or they never came. `Conflict` once they arrived.
pub fn withdraw(conn: &mut Conn, id: ReturnId, actor: &str, now: Time) -> Result<()> {
    let (_, back) = lock(conn, id, &[Status::Requested, Status::Approved, Status::Withdrawn], now)?;
    if back.status == Status::Withdrawn {
        return Ok(());
    }
    diesel::update(returns::table.find(id)).set(returns::withdrawn_at.eq(now)).execute(conn)?;
    stepped(conn, id, "return_withdrawn", actor, now)
}

/// The parcel arrived.
pub fn receive(conn: &mut Conn, id: ReturnId, actor: &str, now: Time) -> Result<()> {
    lock(conn, id, &[Status::Approved], now)?;
    diesel::update(returns::table.find(id)).set(returns::received_at.eq(now)).execute(conn)?;
    stepped(conn, id, "return_received", actor, now)
}

/// Says of each line how many units are accepted, and puts them back on the shelf where a location is named. Lines that are not
/// named are refused whole.
pub fn inspect(conn: &mut Conn, id: ReturnId, found: &[Inspected], actor: &str, now: Time) -> Result<()> {
    let (order, back) = lock(conn, id, &[Status::Received], now)?;
    let lines = lines_of(conn, id)?;
    let sold = orders::lines(conn, order.id)?;
    let mut wrong = Fields::default();
    let mut shelved: BTreeMap<(VariantId, LocationId), i64> = BTreeMap::new();
    for (at, one) in found.iter().enumerate() {
        let line = lines.iter().find(|line| line.order_line_id == one.line).ok_or(Error::NotFound)?;
        let twice = found[..at].iter().any(|before| before.line == one.line);
        if twice || !(0..=line.quantity).contains(&one.accepted) {
            wrong.add(&format!("accepted-{}", one.line), "return-accepted-invalid");
            continue;
        }
        let stocked = sold.iter().find(|line| line.id == one.line).and_then(|line| line.variant_id.filter(|_| line.stocked));
        let place = one.location.filter(|_| one.accepted > 0 && stocked.is_some());
        if let (Some(location), Some(variant)) = (place, stocked) {
            *shelved.entry((variant, location)).or_default() += one.accepted;
        }
        diesel::update(return_lines::table.find(line.id))
            .set((return_lines::accepted.eq(one.accepted), return_lines::location_id.eq(place)))
            .execute(conn)?;
    }
    wrong.check()?;
    shelve(conn, &back, shelved, actor, now)?;
    // What lies on a shelf again cost nothing.
    margins::follow(conn, back.order_id, now)?;
    diesel::update(returns::table.find(id)).set(returns::inspected_at.eq(now)).execute(conn)?;
    stepped(conn, id, "return_inspected", actor, now)
}

pub(super) fn shelve(
    conn: &mut Conn,
    back: &Return,
    shelved: BTreeMap<(VariantId, LocationId), i64>,
    actor: &str,
    now: Time,
) -> Result<()> {
    for ((variant, location), units) in shelved {
        let event = format!("return:desk:{}:{location}", back.id);
        stock::take_back_at(conn, back.order_id, &Demand::from([(variant, units)]), &event, location, actor, now)?;
    }
    Ok(())
}
