//! A policy or a calendar changed: every ticket that is not solved gets the due times that it has now, a few hundred in a transaction.

use super::Levels;
use crate::CustomerId;
use crate::rules::{Dialect, Fragment};
use crate::schema::tickets;
use crate::segments;
use crate::tickets::clock::{self, Clocks, Course, with_hours};
use crate::tickets::{Status, Ticket, TicketId, log};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Db, Result, jobs};
use std::collections::BTreeSet;

/// The kind of the job.
pub const JOB: &str = "levels.recalculate";
/// Tickets of one transaction.
const TOGETHER: usize = 500;
/// What was on its way with the old policies is found by looking again.
const AGAIN: TimeDelta = TimeDelta::minutes(1);

/// Has all open tickets looked at, now and once more a little later.
pub(super) fn ask(conn: &mut Conn, now: Time) -> Result<()> {
    jobs::enqueue(conn, JOB, "", None, now, now)?;
    jobs::enqueue(conn, JOB, "", Some("again"), now + AGAIN, now)
}

/// Sets the due times of all tickets that are not solved.
pub fn recalculate(db: &Db, now: Time) -> Result<()> {
    let mut ids: Vec<TicketId> = db.read_now(|conn| {
        let asked = tickets::table.filter(tickets::status.eq_any([Status::Open, Status::Waiting]));
        Ok(asked.select(tickets::id).load(conn)?)
    })?;
    ids.sort();
    for some in ids.chunks(TOGETHER) {
        let some = some.to_vec();
        db.write_now(move |conn| these(conn, &some, now))?;
    }
    Ok(())
}

/// A ticket that goes on meanwhile is left alone: its command found the policies by itself.
fn these(conn: &mut Conn, ids: &[TicketId], now: Time) -> Result<()> {
    let levels = Levels::load(conn)?;
    let found: Vec<Ticket> =
        tickets::table.filter(tickets::id.eq_any(ids.to_vec())).order(tickets::id).select(Ticket::as_select()).load(conn)?;
    let logs = log::of_these(conn, ids)?;
    let customers: BTreeSet<CustomerId> = found.iter().filter_map(|ticket| ticket.customer_id).collect();
    let customers: Vec<CustomerId> = customers.into_iter().collect();
    let members = segments::among_these(conn, &customers, &levels.segments(), now)?;
    let stored = clock::stored_of(conn, ids)?;
    let mut changed = Vec::new();
    for ticket in &found {
        let met = levels.of(ticket, &mut |customer, segment| Ok(members.contains(&(customer, segment))))?;
        let entries = logs.get(&ticket.id).map(Vec::as_slice).unwrap_or_default();
        let clocks = Clocks::of(&Course::of(entries), with_hours(&levels, met));
        if stored.get(&ticket.id).map_or(clocks != Clocks::default(), |stored| *stored != clocks) {
            changed.push((ticket.id, ticket.version, clocks));
        }
    }
    write(conn, &changed)
}

/// Two statements for many rows, each only at the version that was read. The first holds the tickets.
fn write(conn: &mut Conn, changed: &[(TicketId, i64, Clocks)]) -> Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let values = values(Dialect::of(conn), changed);
    let mut due = values.clone();
    due.push(" UPDATE tickets SET due_at = wanted.due FROM wanted WHERE tickets.id = wanted.id AND tickets.version = wanted.version");
    due.execute(conn)?;
    let mut clocks = values;
    clocks.push(
        " INSERT INTO ticket_clocks (ticket_id, policy_id, first_due_at, next_due_at, resolve_due_at, alarm_at) \
         SELECT wanted.id, wanted.policy, wanted.first, wanted.next, wanted.resolve, wanted.alarm \
         FROM wanted JOIN tickets ON tickets.id = wanted.id WHERE tickets.version = wanted.version \
         ON CONFLICT (ticket_id) DO UPDATE SET policy_id = excluded.policy_id, first_due_at = excluded.first_due_at, \
         next_due_at = excluded.next_due_at, resolve_due_at = excluded.resolve_due_at, alarm_at = excluded.alarm_at",
    );
    clocks.execute(conn).map(drop)
}

/// What is to be, as rows to select from.
fn values(dialect: Dialect, changed: &[(TicketId, i64, Clocks)]) -> Fragment {
    let mut sql = Fragment::of("WITH wanted (id, version, policy, first, next, resolve, due, alarm) AS (VALUES ");
    for (n, (id, version, clocks)) in changed.iter().enumerate() {
        sql.push(if n > 0 { ", (" } else { "(" }).int(id.0).push(", ").int(*version).push(", ");
        match clocks.policy {
            Some(policy) => sql.int(policy.0),
            None => sql.push("CAST(NULL AS BIGINT)"),
        };
        for at in [clocks.first, clocks.next, clocks.resolve, Some(clocks.due()), clocks.alarm] {
            sql.push(", ");
            match (at, dialect) {
                (Some(at), _) => sql.time(at),
                (None, Dialect::Sqlite) => sql.push("NULL"),
                (None, Dialect::Postgres) => sql.push("CAST(NULL AS TIMESTAMP)"),
            };
        }
        sql.push(")");
    }
    sql.push(")");
    sql
}
