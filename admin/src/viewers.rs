//! Who has a ticket open. An open page says so every few seconds; whoever was silent for a while is gone.

use crate::StaffId;
use crate::schema::{staff, ticket_viewers as rows};
use chrono::TimeDelta;
use crm::tickets::TicketId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};

/// After so long without a word a page counts as closed.
const SILENT: TimeDelta = TimeDelta::seconds(30);

/// Keeps that somebody has a ticket open, and forgets who had it open before.
pub fn here(conn: &mut Conn, ticket: TicketId, who: StaffId, now: Time) -> Result<()> {
    diesel::delete(rows::table.filter(rows::seen_at.lt(now - SILENT))).execute(conn)?;
    let row = (rows::ticket_id.eq(ticket), rows::staff_id.eq(who), rows::seen_at.eq(now));
    on_each!(conn, c => diesel::insert_into(rows::table)
        .values(row).on_conflict((rows::ticket_id, rows::staff_id)).do_update().set(rows::seen_at.eq(now)).execute(c))?;
    Ok(())
}

/// The names of everybody else who has a ticket open.
pub fn others(conn: &mut Conn, ticket: TicketId, than: StaffId, now: Time) -> Result<Vec<String>> {
    Ok(rows::table
        .inner_join(staff::table.on(staff::id.eq(rows::staff_id)))
        .filter(rows::ticket_id.eq(ticket))
        .filter(rows::staff_id.ne(than))
        .filter(rows::seen_at.ge(now - SILENT))
        .order(staff::name)
        .select(staff::name)
        .load(conn)?)
}
