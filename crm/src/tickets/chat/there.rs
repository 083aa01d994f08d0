//! Who of the staff is there for chats: whoever had the inbox or a ticket open a moment ago, or said so.

use crate::schema::{chat_agents as rows, service_agents};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};

/// After so long without a word nobody is there.
pub const PRESENT: TimeDelta = TimeDelta::minutes(3);

/// Keeps that one of the staff is there now.
pub fn here(conn: &mut Conn, staff: i64, now: Time) -> Result<()> {
    let row = (rows::staff_id.eq(staff), rows::seen_at.eq(now));
    on_each!(conn, c => diesel::insert_into(rows::table)
        .values(row).on_conflict(rows::staff_id).do_update().set(rows::seen_at.eq(now)).execute(c))?;
    Ok(())
}

/// Whether anybody is there. Whoever is given tickets and is away is not.
pub fn anybody(conn: &mut Conn, now: Time) -> Result<bool> {
    let away = service_agents::table.filter(service_agents::away.eq(true)).select(service_agents::staff_id);
    let away: Vec<i64> = away.load(conn)?;
    let present = rows::table.filter(rows::seen_at.gt(now - PRESENT)).filter(rows::staff_id.ne_all(away));
    let found: Option<i64> = present.select(rows::staff_id).first(conn).optional()?;
    Ok(found.is_some())
}
