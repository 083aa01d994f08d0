//! The inbox. Pages go by key: open tickets by what is due, then by urgency and by how long somebody waits; all others by what changed last.

use super::clock::never;
use super::log::What;
use super::{Channel, Kind, Outcome, Status, Ticket, TicketId};
use crate::CustomerId;
use crate::schema::{ticket_events, tickets};
use chrono::DateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Text;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};

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
    /// Words of subject, number and mail address, all of them.
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

diesel::define_sql_function!(fn lower(text: Text) -> Text);

/// Words that are looked for at most.
const WORDS: usize = 5;

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

/// A page of the inbox. What was merged into another ticket is not in it.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Ticket>> {
    let mut query = tickets::table.filter(tickets::merged_into.is_null()).limit(limit).select(Ticket::as_select()).into_boxed();
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
    for word in filter.words.iter().take(WORDS) {
        let (typed, small) = (format!("%{}%", like(word)), format!("%{}%", like(&word.to_lowercase())));
        // SQLite makes only ASCII letters small: the word as it was typed is looked for as well.
        let subject = lower(tickets::subject).like(small.clone()).escape('\\').or(tickets::subject.like(typed).escape('\\'));
        let elsewhere = tickets::email_key.like(small.clone()).escape('\\').or(lower(tickets::number).like(small).escape('\\'));
        query = query.filter(subject.or(elsewhere));
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
    if filter.status == Some(Status::Open) {
        query = query.filter(tickets::status.eq(Status::Open));
        if let Some(Place { due, priority, at, id }) = filter.after {
            let later = tickets::asked_at.gt(at).or(tickets::asked_at.eq(at).and(tickets::id.gt(id).nullable()));
            let after = tickets::priority.gt(priority).nullable().or(tickets::priority.eq(priority).nullable().and(later));
            // The first condition is the one that an index begins at.
            query = query.filter(tickets::due_at.ge(due)).filter(tickets::due_at.gt(due).nullable().or(after));
        }
        return Ok(query.order((tickets::due_at, tickets::priority, tickets::asked_at, tickets::id)).load(conn)?);
    }
    if let Some(status) = filter.status {
        query = query.filter(tickets::status.eq(status));
    }
    if let Some(Place { at, id, .. }) = filter.after {
        query = query.filter(tickets::changed_at.lt(at).or(tickets::changed_at.eq(at).and(tickets::id.lt(id))));
    }
    Ok(query.order((tickets::changed_at.desc(), tickets::id.desc())).load(conn)?)
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
