//! The commands that move a ticket. Each begins with [`claim`], which moves the version, and ends in [`step`], which writes the log and
//! what follows from it.

use super::clock;
use super::log::{self, Happened, State, What};
use super::messages::{self, Agent, Author, MessageId};
use super::open::line;
use super::{Kind, Outcome, PRIORITIES, QUEUE, RATING_NOTE, STALE, Status, Ticket, TicketId, get, joins};
use crate::schema::tickets;
use crate::{activities, customers, segments};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result};

/// Locks a ticket to the end of the transaction and moves its version. `Conflict` when it is not at version `seen` any more, or goes on in
/// another ticket.
pub fn claim(conn: &mut Conn, id: TicketId, seen: Option<i64>, now: Time) -> Result<Ticket> {
    let standing = tickets::table.find(id).filter(tickets::merged_into.is_null());
    let moved = (tickets::version.eq(tickets::version + 1i64), tickets::changed_at.eq(now));
    let claimed = match seen {
        Some(seen) => diesel::update(standing.filter(tickets::version.eq(seen))).set(moved).execute(conn)?,
        None => diesel::update(standing).set(moved).execute(conn)?,
    };
    let found = get(conn, id)?;
    match claimed {
        1 => Ok(found),
        _ if found.merged_into.is_some() => Err(Error::conflict("ticket-merged")),
        _ => Err(Error::conflict(STALE)),
    }
}

/// Keeps what happened and writes what follows from it. The ticket is claimed.
pub(super) fn step(conn: &mut Conn, ticket: Ticket, happened: Happened, outcome: Option<Outcome>, now: Time) -> Result<Ticket> {
    log::keep(conn, ticket.id, happened, now)?;
    let was = State::of(&ticket);
    let is = was.clone().after(happened.what, outcome, log::since(happened.before), now);
    if is == was {
        return Ok(ticket);
    }
    write(conn, ticket.id, &is)?;
    segments::follow_tickets(conn, ticket.customer_id, now)?;
    clock::set(conn, ticket.id, now)?;
    get(conn, ticket.id)
}

pub(super) fn write(conn: &mut Conn, id: TicketId, state: &State) -> Result<()> {
    diesel::update(tickets::table.find(id))
        .set((
            tickets::status.eq(state.status),
            tickets::outcome.eq(state.outcome),
            tickets::asked_at.eq(state.asked_at),
            tickets::first_answered_at.eq(state.first_answered_at),
            tickets::solved_at.eq(state.solved_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// Gives a ticket to one of the staff, or to nobody.
pub fn assign(conn: &mut Conn, id: TicketId, to: Option<i64>, agent: Agent, seen: i64, now: Time) -> Result<()> {
    let ticket = claim(conn, id, Some(seen), now)?;
    if ticket.assignee == to {
        return Ok(());
    }
    diesel::update(tickets::table.find(id)).set(tickets::assignee.eq(to)).execute(conn)?;
    let text = |staff: Option<i64>| staff.map(|staff| staff.to_string()).unwrap_or_default();
    let (before, after) = (text(ticket.assignee), text(to));
    step(conn, ticket, Happened { detail: &after, before: &before, ..Happened::by(What::Assigned, agent.actor) }, None, now).map(drop)
}

/// How a ticket is filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: Kind,
    pub queue: String,
    /// One of [`PRIORITIES`].
    pub priority: i64,
    /// With commas between them.
    pub tags: String,
}

/// Files a ticket anew, and keeps each of what changed. `Invalid` for a priority that is none.
pub fn change(conn: &mut Conn, id: TicketId, to: &Change, agent: Agent, seen: i64, now: Time) -> Result<()> {
    if !PRIORITIES.contains(&to.priority) {
        return Err(Error::field("priority", "ticket-priority"));
    }
    let (queue, tags) = (line(&to.queue), customers::tags(&to.tags.to_lowercase()).join(", "));
    if queue.chars().count() > QUEUE {
        return Err(Error::field("queue", "ticket-too-long"));
    }
    let was = claim(conn, id, Some(seen), now)?;
    diesel::update(tickets::table.find(id))
        .set((tickets::kind.eq(to.kind), tickets::queue.eq(&queue), tickets::priority.eq(to.priority), tickets::tags.eq(&tags)))
        .execute(conn)?;
    let changed = [
        (What::Sorted, was.kind.as_str().to_string(), to.kind.as_str().to_string()),
        (What::Queued, was.queue, queue),
        (What::Prioritised, was.priority.to_string(), to.priority.to_string()),
        (What::Tagged, was.tags, tags),
    ];
    for (what, before, after) in changed.iter().filter(|(_, before, after)| before != after) {
        log::keep(conn, id, Happened { detail: after, before, ..Happened::by(*what, agent.actor) }, now)?;
    }
    if was.kind != to.kind {
        segments::follow_tickets(conn, was.customer_id, now)?;
    }
    clock::set(conn, id, now)
}

/// Ends a ticket. `Conflict` when it went on since `seen` or is solved.
pub fn solve(conn: &mut Conn, id: TicketId, outcome: Outcome, actor: &str, seen: Option<i64>, now: Time) -> Result<()> {
    let ticket = claim(conn, id, seen, now)?;
    end(conn, ticket, outcome, actor, None, now)
}

/// Ends a claimed ticket; `last` is the answer that it ends with.
pub(super) fn end(conn: &mut Conn, ticket: Ticket, outcome: Outcome, actor: &str, last: Option<MessageId>, now: Time) -> Result<()> {
    if ticket.status == Status::Solved || !outcome.chosen() {
        return Err(Error::conflict("ticket-solved-already"));
    }
    let happened = Happened { message: last, detail: outcome.as_str(), ..Happened::by(What::Solved, actor) };
    let ticket = step(conn, ticket, happened, Some(outcome), now)?;
    messages::happened(conn, &ticket, activities::Kind::TicketSolved, &ticket.version.to_string(), now)?;
    let event = Event::TicketSolved { ticket: ticket.id.0, outcome: outcome.as_str().to_string(), message: last.map(|message| message.0) };
    events::record(conn, "tickets", &format!("solved:{}:{}", ticket.id, ticket.version), &event, now).map(drop)
}

/// Opens a solved ticket again. `Conflict` when it is not solved any more.
pub fn reopen(conn: &mut Conn, id: TicketId, actor: &str, seen: Option<i64>, now: Time) -> Result<()> {
    let ticket = claim(conn, id, seen, now)?;
    if ticket.status != Status::Solved {
        return Err(Error::conflict("ticket-not-solved"));
    }
    step(conn, ticket, Happened::by(What::Reopened, actor), None, now).map(drop)
}

/// Keeps how content the customer was: 1 to 5, 5 being the best. They may think better of it. `Conflict` while the ticket is not solved.
pub fn rate(conn: &mut Conn, id: TicketId, rating: i64, note: &str, now: Time) -> Result<()> {
    let note = note.trim().replace('\0', "");
    if !(1..=5).contains(&rating) {
        return Err(Error::field("rating", "ticket-rating"));
    }
    if note.chars().count() > RATING_NOTE {
        return Err(Error::field("note", "ticket-too-long"));
    }
    let id = joins::standing(conn, id)?;
    let ticket = claim(conn, id, None, now)?;
    messages::hold_customer(conn, &ticket)?;
    if ticket.status != Status::Solved {
        return Err(Error::conflict("ticket-not-solved"));
    }
    diesel::update(tickets::table.find(id)).set((tickets::rating.eq(rating), tickets::rating_note.eq(&note))).execute(conn)?;
    segments::follow_tickets(conn, ticket.customer_id, now)?;
    let before = ticket.rating.map(|rating| rating.to_string()).unwrap_or_default();
    let happened = Happened { detail: &rating.to_string(), before: &before, ..Happened::by(What::Rated, Author::Customer.as_str()) };
    log::keep(conn, id, happened, now)
}
