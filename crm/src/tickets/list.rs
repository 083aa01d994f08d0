//! The inbox. Pages go by key: open tickets by what is due, then by urgency and by how long somebody waits; all others by what changed last.

use super::clock::never;
use super::log::What;
use super::{Channel, Kind, Outcome, Status, Ticket, TicketId, terms};
use crate::CustomerId;
use crate::schema::{ticket_events, ticket_terms, tickets};
use chrono::DateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Whose tickets are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Nobodys,
    /// Of this one of the staff.
    Of(i64),
}

/// What is asked of the inbox.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// All of them without one.
    pub status: Option<Status>,
    pub whose: Option<Whose>,
    /// Those without a queue when it is empty.
    pub queue: Option<String>,
    pub kind: Option<Kind>,
    pub channel: Option<Channel>,
    pub tag: Option<String>,
    /// Beginnings of words of number, subject, mail address and messages, all of them.
    pub words: Vec<String>,
    pub outcome: Option<Outcome>,
    pub rating: Option<i64>,
    /// Only what was opened again after it was solved.
    pub reopened: bool,
    /// From when on and until before when they were opened, or `did` was done.
    pub days: Option<(Time, Time)>,
    /// What was done about their orders from them, as the log calls it.
    pub did: Option<String>,
    /// The last ticket of the page before.
    pub after: Option<Place>,
}

/// Tickets looked up by one statement.
const CHUNK: usize = 500;

/// Where a page ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub due: Time,
    pub priority: i64,
    pub at: Time,
    pub id: TicketId,
}

impl Place {
    /// Where a page that `status` was asked for ends with this ticket.
    pub fn of(ticket: &Ticket, status: Option<Status>) -> Place {
        let at = if status == Some(Status::Open) { ticket.asked_at.unwrap_or(ticket.changed_at) } else { ticket.changed_at };
        Place { due: ticket.due_at, priority: ticket.priority, at, id: ticket.id }
    }

    /// As an address carries it.
    pub fn text(&self) -> String {
        let micros = |at: Time| at.and_utc().timestamp_micros();
        format!("{}-{}-{}-{}", micros(self.due), self.priority, micros(self.at), self.id)
    }

    /// What [`Place::text`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Place> {
        let mut parts = text.split('-');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let (due, priority, at, id) = (number()?, number()?, number()?, number()?);
        let moment = |micros| Some(chrono::DateTime::from_timestamp_micros(micros)?.naive_utc());
        Some(Place { due: moment(due)?, priority, at: moment(at)?, id: TicketId(id) })
    }
}

/// Tickets as a condition picks them.
type Picked = tickets::BoxedQuery<'static, <Conn as diesel::Connection>::Backend>;
/// A ticket with what pages go by: due, urgency, since when somebody waits, and when it changed.
type Key = (TicketId, Time, i64, Option<Time>, Time);

/// A page of the inbox. What was merged into another ticket is not in it.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Ticket>> {
    let typed = filter.words.join(" ");
    let words = terms::asked(&typed);
    if words.is_empty() {
        // Punctuation only is no word of any ticket.
        return if typed.trim().is_empty() { walk(conn, filter, &[], limit) } else { Ok(Vec::new()) };
    }
    let mut rare: Option<BTreeSet<TicketId>> = None;
    let mut common = Vec::new();
    for word in words {
        match terms::holders(conn, &word)? {
            Some(ids) => rare = Some(rare.map_or_else(|| ids.clone(), |known| known.intersection(&ids).copied().collect())),
            None => common.push(word),
        }
    }
    if rare.is_none() {
        rare = terms::meeting(conn, &common)?;
    }
    match rare {
        Some(ids) => pick(conn, filter, &ids, &common, limit),
        None => walk(conn, filter, &common, limit),
    }
}

/// Walks the inbox by the index of its order. `common` words are had by so many tickets that a page is full soon.
fn walk(conn: &mut Conn, filter: &Filter, common: &[String], limit: i64) -> Result<Vec<Ticket>> {
    let query = having(asked(filter), common).limit(limit).select(Ticket::as_select());
    Ok(match filter.status {
        Some(Status::Open) => query.order((tickets::due_at, tickets::priority, tickets::asked_at, tickets::id)).load(conn)?,
        _ => query.order((tickets::changed_at.desc(), tickets::id.desc())).load(conn)?,
    })
}

/// Looks at the few tickets that have the rare words and sorts them here, whatever a planner would make of it.
fn pick(conn: &mut Conn, filter: &Filter, ids: &BTreeSet<TicketId>, common: &[String], limit: i64) -> Result<Vec<Ticket>> {
    let ids: Vec<TicketId> = ids.iter().copied().collect();
    let mut keys: Vec<Key> = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = having(asked(filter), common).filter(tickets::id.eq_any(chunk.to_vec()));
        let columns = (tickets::id, tickets::due_at, tickets::priority, tickets::asked_at, tickets::changed_at);
        keys.extend(query.select(columns).load::<Key>(conn)?);
    }
    match filter.status {
        Some(Status::Open) => keys.sort_by_key(|(id, due, priority, asked, _)| (*due, *priority, *asked, *id)),
        _ => keys.sort_by_key(|(id, .., changed)| Reverse((*changed, *id))),
    }
    let page: Vec<TicketId> = keys.iter().take(usize::try_from(limit).unwrap_or(0)).map(|key| key.0).collect();
    let mut found: Vec<Ticket> = tickets::table.filter(tickets::id.eq_any(page.clone())).select(Ticket::as_select()).load(conn)?;
    found.sort_by_key(|ticket| page.iter().position(|id| *id == ticket.id));
    Ok(found)
}

/// Those that have all of these words. Each is asked of one ticket after the other: they are many, and a planner may think that they are few.
fn having(query: Picked, words: &[String]) -> Picked {
    words.iter().fold(query, |query, word| {
        let had = ticket_terms::table
            .filter(ticket_terms::ticket_id.eq(tickets::id))
            .filter(ticket_terms::term.ge(word.clone()))
            .filter(ticket_terms::term.lt(terms::end(word)))
            .select(ticket_terms::ticket_id)
            .single_value();
        query.filter(had.is_not_null())
    })
}

/// Those that everything but the words admits.
fn asked(filter: &Filter) -> Picked {
    let mut query = tickets::table.filter(tickets::merged_into.is_null()).into_boxed();
    match filter.whose {
        Some(Whose::Nobodys) => query = query.filter(tickets::assignee.is_null()),
        Some(Whose::Of(staff)) => query = query.filter(tickets::assignee.eq(staff)),
        None => {}
    }
    if let Some(queue) = &filter.queue {
        query = query.filter(tickets::queue.eq(queue.clone()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(tickets::kind.eq(kind));
    }
    if let Some(channel) = filter.channel {
        query = query.filter(tickets::channel.eq(channel));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(tickets::outcome.eq(outcome));
    }
    if let Some(rating) = filter.rating {
        query = query.filter(tickets::rating.eq(rating));
    }
    if filter.reopened {
        let again = ticket_events::table.filter(ticket_events::ticket_id.eq(tickets::id)).filter(ticket_events::kind.eq(What::Reopened));
        query = query.filter(exists(again));
    }
    let (from, until) = filter.days.unwrap_or((DateTime::UNIX_EPOCH.naive_utc(), never()));
    if let Some(did) = &filter.did {
        let acted = ticket_events::table
            .filter(ticket_events::ticket_id.eq(tickets::id))
            .filter(ticket_events::kind.eq(What::Acted))
            .filter(ticket_events::detail.eq(did.clone()))
            .filter(ticket_events::happened_at.ge(from))
            .filter(ticket_events::happened_at.lt(until));
        query = query.filter(exists(acted));
    } else if filter.days.is_some() {
        query = query.filter(tickets::opened_at.ge(from)).filter(tickets::opened_at.lt(until));
    }
    if filter.days.is_some() {
        // Nothing changes before it happens: the list by what changed last ends there.
        query = query.filter(tickets::changed_at.ge(from));
    }
    if let Some(tag) = filter.tag.as_deref().filter(|tag| !tag.is_empty()) {
        let own = like(&tag.to_lowercase());
        let tagged = tickets::tags
            .eq(tag.to_lowercase())
            .or(tickets::tags.like(format!("{own}, %")).escape('\\'))
            .or(tickets::tags.like(format!("%, {own}")).escape('\\'))
            .or(tickets::tags.like(format!("%, {own}, %")).escape('\\'));
        query = query.filter(tagged);
    }
    if let Some(status) = filter.status {
        query = query.filter(tickets::status.eq(status));
    }
    match (filter.status, filter.after) {
        (Some(Status::Open), Some(Place { due, priority, at, id })) => {
            let later = tickets::asked_at.gt(at).or(tickets::asked_at.eq(at).and(tickets::id.gt(id).nullable()));
            let after = tickets::priority.gt(priority).nullable().or(tickets::priority.eq(priority).nullable().and(later));
            // The first condition is the one that an index begins at.
            query.filter(tickets::due_at.ge(due)).filter(tickets::due_at.gt(due).nullable().or(after))
        }
        (_, Some(Place { at, id, .. })) => query.filter(tickets::changed_at.lt(at).or(tickets::changed_at.eq(at).and(tickets::id.lt(id)))),
        (_, None) => query,
    }
}

/// A text that is looked for as it is.
fn like(text: &str) -> String {
    text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}

/// The tickets of a customer, the newest first, before `before` when given; those that were merged into others are left out.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, before: Option<TicketId>, limit: i64) -> Result<Vec<Ticket>> {
    let before = before.unwrap_or(TicketId(i64::MAX));
    Ok(on_each!(conn, c => tickets::table
        .filter(tickets::customer_id.eq(customer))
        .filter(tickets::merged_into.is_null())
        .filter(tickets::id.lt(before))
        .order(tickets::id.desc())
        .limit(limit)
        .select(Ticket::as_select())
        .load(c))?)
}

/// What is not solved of these customers, the newest first.
pub fn open_of(conn: &mut Conn, customers: &[CustomerId], limit: i64) -> Result<Vec<Ticket>> {
    let theirs = tickets::table.filter(tickets::customer_id.eq_any(customers.to_vec())).filter(tickets::merged_into.is_null());
    let open = theirs.filter(tickets::status.ne(Status::Solved)).order(tickets::id.desc()).limit(limit);
    Ok(on_each!(conn, c => open.select(Ticket::as_select()).load(c))?)
}

/// All tickets of a customer, those that were merged into others too.
pub fn ids_of_customer(conn: &mut Conn, customer: CustomerId) -> Result<Vec<TicketId>> {
    Ok(tickets::table.filter(tickets::customer_id.eq(customer)).order(tickets::id).select(tickets::id).load(conn)?)
}

/// The numbers of [`ids_of_customer`].
pub fn numbers_of_customer(conn: &mut Conn, customer: CustomerId) -> Result<Vec<String>> {
    Ok(tickets::table.filter(tickets::customer_id.eq(customer)).order(tickets::id).select(tickets::number).load(conn)?)
}

/// The tickets about an order, the newest first.
pub fn of_order(conn: &mut Conn, order: i64, limit: i64) -> Result<Vec<Ticket>> {
    Ok(on_each!(conn, c => tickets::table
        .filter(tickets::order_id.eq(order))
        .filter(tickets::merged_into.is_null())
        .order(tickets::id.desc())
        .limit(limit)
        .select(Ticket::as_select())
        .load(c))?)
}

#[cfg(test)]
mod tests;
