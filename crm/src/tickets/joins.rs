//! Two tickets about the same, and one ticket about two things. A merged ticket keeps its messages and its number, which stands for the one
//! that it was merged into; so undoing it needs no ledger.

use super::clock;
use super::log::{self, Happened, What};
use super::messages::{Agent, Eyes};
use super::open::{self, line, next};
use super::steps::{claim, step, write};
use super::{MessageId, SUBJECT, Ticket, TicketId, get, terms};
use crate::schema::{ticket_messages, tickets};
use crate::segments;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// Merges of merges that are followed; more of them are a circle.
const DEEPEST: usize = 100;

/// The ticket that a ticket goes on in: itself, or what it was merged into.
pub fn standing(conn: &mut Conn, id: TicketId) -> Result<TicketId> {
    Ok(upwards(conn, id)?.last().copied().unwrap_or(id))
}

/// A ticket, what it was merged into, what that was merged into, and so on.
pub(super) fn upwards(conn: &mut Conn, id: TicketId) -> Result<Vec<TicketId>> {
    let (mut found, mut at) = (vec![id], id);
    while found.len() <= DEEPEST {
        match tickets::table.find(at).select(tickets::merged_into).first::<Option<TicketId>>(conn)? {
            Some(into) => at = into,
            None => return Ok(found),
        }
        found.push(at);
    }
    Err(Error::unexpected(format!("ticket {id} was merged in a circle")))
}

/// A ticket and all that were merged into it, itself first.
pub(super) fn all(conn: &mut Conn, id: TicketId) -> Result<Vec<TicketId>> {
    let (mut found, mut at) = (vec![id], 0);
    while let Some(into) = found.get(at).copied() {
        let more: Vec<TicketId> = tickets::table.filter(tickets::merged_into.eq(into)).order(tickets::id).select(tickets::id).load(conn)?;
        found.extend(more.into_iter().filter(|one| *one != id));
        at += 1;
    }
    Ok(found)
}

/// The tickets whose messages and files somebody sees as those of this one.
pub(super) fn seen_by(conn: &mut Conn, id: TicketId, eyes: Eyes) -> Result<Vec<TicketId>> {
    if eyes == Eyes::Link { Ok(vec![id]) } else { all(conn, id) }
}

/// The tickets that were merged into one directly.
pub fn merged(conn: &mut Conn, id: TicketId) -> Result<Vec<Ticket>> {
    let own = tickets::table.filter(tickets::merged_into.eq(id)).order(tickets::id);
    Ok(own.select(Ticket::as_select()).load(conn)?)
}

/// Merges `id` into `into`, as they were at these versions. `Conflict` for tickets of two people, who would then read each other's mail.
pub fn merge(conn: &mut Conn, id: TicketId, into: TicketId, agent: Agent, seen: [i64; 2], now: Time) -> Result<()> {
    if id == into {
        return Err(Error::conflict("ticket-merge-itself"));
    }
    // In the order of their numbers, so that two merges never wait for each other.
    let mut both = [(id, seen[0]), (into, seen[1])];
    both.sort();
    for (one, seen) in both {
        claim(conn, one, Some(seen), now)?;
    }
    let (from, to) = (get(conn, id)?, get(conn, into)?);
    let same = match (from.customer_id, to.customer_id) {
        (Some(one), Some(other)) => one == other,
        _ => !from.email.is_empty() && from.email.to_lowercase() == to.email.to_lowercase(),
    };
    if !same {
        return Err(Error::conflict("ticket-merge-two-people"));
    }
    step(conn, from.clone(), Happened { detail: &to.number, ..Happened::by(What::Merged, agent.actor) }, None, now)?;
    diesel::update(tickets::table.find(id)).set(tickets::merged_into.eq(into)).execute(conn)?;
    terms::joined(conn, id, into)?;
    // Somebody who waits for an answer to the one waits for an answer to both, and has since then.
    let since = from.asked_at.map(log::moment).unwrap_or_default();
    let joined = Happened { detail: &from.number, before: &since, ..Happened::by(What::Joined, agent.actor) };
    step(conn, to, joined, None, now)?;
    segments::follow_tickets(conn, from.customer_id, now)
}

/// Undoes a merge: the ticket is again what it was. What was written since stays where it was written. `Conflict` when it is not merged.
pub fn unmerge(conn: &mut Conn, id: TicketId, agent: Agent, now: Time) -> Result<()> {
    let ticket = get(conn, id)?;
    let Some(into) = ticket.merged_into else { return Err(Error::conflict("ticket-not-merged")) };
    let into = claim(conn, into, None, now)?;
    log::keep(conn, id, Happened { detail: &into.number, ..Happened::by(What::Unmerged, agent.actor) }, now)?;
    let state = log::fold(&log::of(conn, id)?).ok_or(Error::NotFound)?;
    let parted = diesel::update(tickets::table.find(id).filter(tickets::merged_into.eq(into.id)))
        .set((tickets::merged_into.eq(None::<TicketId>), tickets::version.eq(tickets::version + 1i64), tickets::changed_at.eq(now)))
        .execute(conn)?;
    if parted == 0 {
        return Err(Error::conflict("ticket-not-merged"));
    }
    write(conn, id, &state)?;
    clock::set(conn, id, now)?;
    terms::anew(conn, into.id)?;
    step(conn, into, Happened { detail: &ticket.number, ..Happened::by(What::Parted, agent.actor) }, None, now)?;
    segments::follow_tickets(conn, ticket.customer_id, now)
}

/// Moves messages of a ticket to a new one about something else. `Conflict` when the ticket went on since `seen`, `Invalid` (field
/// `messages`) without any, with one of another ticket, or when none would be left.
pub fn split(conn: &mut Conn, id: TicketId, moved: &[MessageId], subject: &str, agent: Agent, seen: i64, now: Time) -> Result<Ticket> {
    let subject = line(subject);
    if subject.is_empty() || subject.chars().count() > SUBJECT {
        return Err(Error::field("subject", if subject.is_empty() { "field-required" } else { "ticket-too-long" }));
    }
    let ticket = claim(conn, id, Some(seen), now)?;
    let own: Vec<MessageId> = ticket_messages::table
        .filter(ticket_messages::ticket_id.eq(id))
        .order(ticket_messages::id)
        .select(ticket_messages::id)
        .load(conn)?;
    if moved.is_empty() || moved.iter().any(|one| !own.contains(one)) || own.iter().all(|one| moved.contains(one)) {
        return Err(Error::field("messages", "ticket-split-some"));
    }
    let made = again(conn, &ticket, &subject, now)?;
    let rows = ticket_messages::table.filter(ticket_messages::id.eq_any(moved.to_vec()));
    diesel::update(rows).set(ticket_messages::ticket_id.eq(made)).execute(conn)?;
    terms::anew(conn, made)?;
    terms::anew(conn, id)?;
    log::keep(conn, made, Happened { detail: ticket.kind.as_str(), ..Happened::by(What::Opened, agent.actor) }, now)?;
    log::keep(conn, made, Happened { detail: &ticket.number, ..Happened::by(What::Split, agent.actor) }, now)?;
    clock::set(conn, made, now)?;
    let made = get(conn, made)?;
    step(conn, ticket, Happened { detail: &made.number, ..Happened::by(What::Split, agent.actor) }, None, now)?;
    open::announce(conn, &made, now)?;
    Ok(made)
}

/// A ticket of the same person about the same order.
fn again(conn: &mut Conn, of: &Ticket, subject: &str, now: Time) -> Result<TicketId> {
    let state = log::State::opened(now);
    let row = (
        tickets::number.eq(next(conn)?),
        tickets::kind.eq(of.kind),
        tickets::channel.eq(of.channel),
        tickets::subject.eq(subject),
        tickets::customer_id.eq(of.customer_id),
        tickets::email.eq(&of.email),
        tickets::email_key.eq(of.email.to_lowercase()),
        tickets::phone.eq(&of.phone),
        tickets::order_id.eq(of.order_id),
        tickets::store_id.eq(of.store_id),
        tickets::language.eq(&of.language),
        tickets::status.eq(state.status),
        tickets::asked_at.eq(state.asked_at),
        tickets::queue.eq(&of.queue),
        tickets::assignee.eq(of.assignee),
        tickets::opened_at.eq(now),
        tickets::changed_at.eq(now),
    );
    Ok(diesel::insert_into(tickets::table).values(row).returning(tickets::id).get_result(conn)?)
}
