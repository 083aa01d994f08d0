//! Alarms: what was due passed, and nobody had done it. Each due time has one, kept in the ticket's log; what the policy says is done with it.

use super::clock::{self, Clock, Course};
use super::log::{self, Happened, What};
use super::{Author, Ticket, TicketId, get};
use crate::levels::{self, Policy, PolicyId};
use crate::schema::{ticket_clocks as rows, tickets};
use crate::{customers, tasks};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Db, Error, Result, on_each};

/// The kind of the job that sees to alarms.
pub const JOB: &str = "tickets.alarm";
/// Tickets looked at together.
const TOGETHER: i64 = 100;

/// Whether anything was due by now that there was no alarm of. Asked often; it looks at one end of an index.
pub fn any(conn: &mut Conn, now: Time) -> Result<bool> {
    Ok(!passed(conn, now, 1)?.is_empty())
}

fn passed(conn: &mut Conn, now: Time, limit: i64) -> Result<Vec<TicketId>> {
    Ok(on_each!(conn, c => rows::table
        .filter(rows::alarm_at.le(now))
        .order(rows::alarm_at)
        .limit(limit)
        .select(rows::ticket_id)
        .load(c))?)
}

/// Raises every alarm that is due, each in a transaction of its own.
pub fn raise_all(db: &Db, now: Time) -> Result<()> {
    loop {
        let found = db.read_now(|conn| passed(conn, now, TOGETHER))?;
        if found.is_empty() {
            return Ok(());
        }
        for id in found {
            db.write_now(move |conn| raise(conn, id, now))?;
        }
    }
}

/// Raises the alarms of a ticket that are due. The ticket is held to the end of the transaction first; whoever comes second finds nothing.
fn raise(conn: &mut Conn, id: TicketId, now: Time) -> Result<()> {
    diesel::update(tickets::table.find(id)).set(tickets::due_at.eq(tickets::due_at)).execute(conn)?;
    let clocks = clock::stored(conn, id)?;
    if clocks.alarm.is_none_or(|at| at > now) {
        return Ok(());
    }
    let ticket = get(conn, id)?;
    let course = Course::of(&log::of(conn, id)?);
    let mut rang = false;
    for (clock, at) in clocks.all() {
        if at <= now && !course.rang((clock, at)) {
            keep(conn, id, clock, at, now)?;
            rang = true;
        }
    }
    if let (true, Some(policy)) = (rang, clocks.policy) {
        escalate(conn, &ticket, policy, now)?;
    }
    clock::set(conn, id, now)
}

fn keep(conn: &mut Conn, id: TicketId, clock: Clock, at: Time, now: Time) -> Result<()> {
    let was = log::moment(at);
    let happened = Happened { detail: clock.as_str(), before: &was, ..Happened::by(What::Overdue, Author::System.as_str()) };
    log::keep(conn, id, happened, now)?;
    let event = Event::TicketOverdue { ticket: id.0, clock: clock.as_str().to_string() };
    events::record(conn, "tickets", &format!("overdue:{id}:{}:{was}", clock.as_str()), &event, now).map(drop)
}

/// Does what the policy says of an alarm. Only what changes how the ticket is filed moves its version: an answer that somebody is writing
/// is not refused because it is late.
fn escalate(conn: &mut Conn, ticket: &Ticket, policy: PolicyId, now: Time) -> Result<()> {
    let policy = match levels::policy(conn, policy) {
        Ok(policy) => policy,
        Err(Error::NotFound) => return Ok(()),
        Err(error) => return Err(error),
    };
    let urgent = if policy.more_urgent { (ticket.priority - 1).max(1) } else { ticket.priority };
    let assignee = policy.hand_to.or(ticket.assignee);
    if urgent != ticket.priority {
        filed(conn, ticket.id, What::Prioritised, &ticket.priority.to_string(), &urgent.to_string(), now)?;
    }
    if assignee != ticket.assignee {
        let text = |staff: Option<i64>| staff.map(|staff| staff.to_string()).unwrap_or_default();
        filed(conn, ticket.id, What::Assigned, &text(ticket.assignee), &text(assignee), now)?;
    }
    if (urgent, assignee) != (ticket.priority, ticket.assignee) {
        let moved = (tickets::version.eq(tickets::version + 1i64), tickets::changed_at.eq(now));
        diesel::update(tickets::table.find(ticket.id))
            .set((tickets::priority.eq(urgent), tickets::assignee.eq(assignee), moved))
            .execute(conn)?;
    }
    task(conn, ticket, &policy, now)
}

fn filed(conn: &mut Conn, id: TicketId, what: What, before: &str, after: &str, now: Time) -> Result<()> {
    log::keep(conn, id, Happened { detail: after, before, ..Happened::by(what, Author::System.as_str()) }, now)
}

/// A task is about a customer; a ticket of nobody makes none.
fn task(conn: &mut Conn, ticket: &Ticket, policy: &Policy, now: Time) -> Result<()> {
    let (Some(staff), Some(customer)) = (policy.task_for, ticket.customer_id) else { return Ok(()) };
    if customers::erased(conn, customer)? {
        return Ok(());
    }
    let title: String = format!("{} {}", ticket.number, ticket.subject).chars().take(tasks::TITLE).collect();
    let wish = tasks::Wish { title, note: String::new(), due_on: now.date(), assignee: Some(staff) };
    tasks::create(conn, customer, &wish, Author::System.as_str(), now).map(drop)
}
