//! Opening a ticket, whatever the channel.

use super::clock;
use super::log::{self, Happened, State, What};
use super::messages::{self, Agent, Author, By, NewMessage};
use super::{Channel, Kind, PRIORITIES, SUBJECT, Ticket, TicketId, get, terms};
use crate::activities;
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::schema::{ticket_lines, ticket_series as series, tickets};
use crate::{CustomerId, identities, routing, segments};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, on_each};

/// The name of the row that counts tickets, and the number of the first one.
const SERIES: &str = "tickets";
const FIRST: i64 = 1001;

/// Who asks. Whoever has a mail address and is no customer yet becomes one.
#[derive(Clone, Debug, Default)]
pub struct Asker {
    pub customer: Option<CustomerId>,
    /// Where answers go; the address of the customer without one.
    pub email: Option<Email>,
    pub name: String,
    pub phone: String,
}

/// Units of an order's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLine {
    pub order_line_id: i64,
    pub quantity: i64,
}

/// A ticket as somebody wants it.
#[derive(Clone, Debug)]
pub struct New<'a> {
    pub kind: Kind,
    pub channel: Channel,
    pub subject: String,
    pub asker: Asker,
    /// The order it is about. The caller has made sure that it is the asker's.
    pub order: Option<i64>,
    pub lines: Vec<NewLine>,
    pub store: i64,
    pub language: String,
    /// When they would like to be called.
    pub call: Option<(Time, Time)>,
    /// Where it is filed; empty: nowhere yet.
    pub queue: String,
    /// One of [`super::PRIORITIES`]; most are [`super::ORDINARY`].
    pub priority: i64,
    pub message: NewMessage,
    /// Staff who wrote down what they were told; the message is a note of theirs then.
    pub logged_by: Option<Agent<'a>>,
    /// What makes the same form, or mail, open one ticket.
    pub request_key: Option<String>,
}

/// What opening a ticket came to.
#[derive(Clone, Debug)]
pub struct Opened {
    pub ticket: Ticket,
    /// `false` when it was opened before by the same `request_key`: nothing was written.
    pub new: bool,
}

/// Opens a ticket with its first message. `Invalid` (fields `subject`, `body`, `call`) for what is missing or too long, `NotFound` for a
/// customer who was erased.
pub fn open(conn: &mut Conn, new: &New, now: Time) -> Result<Opened> {
    check(new)?;
    if let Some(known) = known(conn, new.request_key.as_deref())? {
        return Ok(Opened { ticket: known, new: false });
    }
    let (customer, email) = asker(conn, new, now)?;
    let Some(id) = insert(conn, new, customer, &email, now)? else {
        let known = known(conn, new.request_key.as_deref())?.ok_or(Error::NotFound)?;
        return Ok(Opened { ticket: known, new: false });
    };
    for line in &new.lines {
        let row =
            (ticket_lines::ticket_id.eq(id), ticket_lines::order_line_id.eq(line.order_line_id), ticket_lines::quantity.eq(line.quantity));
        on_each!(conn, c => diesel::insert_into(ticket_lines::table).values(row).execute(c))?;
    }
    let by = match (new.logged_by, new.message.automatic) {
        (Some(agent), _) => By::Note(agent),
        (None, true) => By::Automatic,
        (None, false) => By::Customer,
    };
    let message = messages::add(conn, id, by, &new.message, now)?;
    let actor = new.logged_by.map_or(by.author().as_str(), |agent| agent.actor);
    let happened = Happened { message: Some(message), detail: new.kind.as_str(), ..Happened::by(What::Opened, actor) };
    log::keep(conn, id, happened, now)?;
    route(conn, id, &new.message.body, now)?;
    clock::set(conn, id, now)?;
    let ticket = get(conn, id)?;
    announce(conn, &ticket, now)?;
    Ok(Opened { ticket, new: true })
}

/// Files a new ticket as the rules say, and keeps by which.
fn route(conn: &mut Conn, id: TicketId, body: &str, now: Time) -> Result<()> {
    let ticket = get(conn, id)?;
    let Some(routed) = routing::find(conn, &ticket, body, now)? else { return Ok(()) };
    let mut kept = |what: What, before: &str, after: &str| {
        log::keep(conn, id, Happened { detail: after, before, ..Happened::by(what, Author::System.as_str()) }, now)
    };
    kept(What::Routed, "", &routed.rule)?;
    let queue = routed.queue.unwrap_or_else(|| ticket.queue.clone());
    if queue != ticket.queue {
        kept(What::Queued, &ticket.queue, &queue)?;
    }
    if let Some(staff) = routed.assignee {
        kept(What::Assigned, "", &staff.to_string())?;
    }
    diesel::update(tickets::table.find(id)).set((tickets::queue.eq(queue), tickets::assignee.eq(routed.assignee))).execute(conn)?;
    Ok(())
}

/// Tells the timeline of the customer and whoever listens.
pub(super) fn announce(conn: &mut Conn, ticket: &Ticket, now: Time) -> Result<()> {
    messages::happened(conn, ticket, activities::Kind::TicketOpened, &ticket.number, now)?;
    segments::follow_tickets(conn, ticket.customer_id, now)?;
    events::record(conn, "tickets", &format!("opened:{}", ticket.id), &Event::TicketOpened { ticket: ticket.id.0 }, now).map(drop)
}

fn check(new: &New) -> Result<()> {
    let mut wrong = Fields::default();
    match new.subject.trim().chars().count() {
        0 => wrong.add("subject", "field-required"),
        1..=SUBJECT => {}
        _ => wrong.add("subject", "ticket-too-long"),
    }
    if new.call.is_some_and(|(from, until)| from >= until) {
        wrong.add("call", "ticket-call-window");
    }
    if !PRIORITIES.contains(&new.priority) {
        wrong.add("priority", "ticket-priority");
    }
    if new.lines.iter().any(|line| line.quantity < 1) {
        wrong.add("lines", "ticket-lines");
    }
    wrong.check()?;
    new.message.check()
}

fn known(conn: &mut Conn, key: Option<&str>) -> Result<Option<Ticket>> {
    let Some(key) = key else { return Ok(None) };
    Ok(on_each!(conn, c => tickets::table.filter(tickets::request_key.eq(key)).select(Ticket::as_select()).first(c)).optional()?)
}

/// Who it is, held to the end of the transaction, and where answers go.
fn asker(conn: &mut Conn, new: &New, now: Time) -> Result<(Option<CustomerId>, String)> {
    let Asker { customer, email, name, phone } = &new.asker;
    let id = match (customer, email) {
        (Some(id), _) => Some(*id),
        (None, Some(email)) => {
            let person = NewCustomer { email: email.clone(), name: name.clone(), phone: phone.clone(), language: new.language.clone() };
            Some(customers::ensure(conn, &person, now)?)
        }
        (None, None) => None,
    };
    let Some(id) = id else { return Ok((None, String::new())) };
    let standing = identities::hold(conn, id)?.ok_or(Error::NotFound)?;
    let email = match email {
        Some(email) => email.as_str().to_string(),
        None => customers::get(conn, standing)?.email,
    };
    Ok((Some(standing), email))
}

/// The row; `None` when another transaction opened one by the same key meanwhile.
fn insert(conn: &mut Conn, new: &New, customer: Option<CustomerId>, email: &str, now: Time) -> Result<Option<TicketId>> {
    let State { status, asked_at, .. } = State::opened(now);
    let (call_from, call_until) = new.call.unzip();
    let (number, subject) = (next(conn)?, line(&new.subject));
    let row = (
        tickets::number.eq(&number),
        tickets::kind.eq(new.kind),
        tickets::channel.eq(new.channel),
        tickets::subject.eq(&subject),
        tickets::customer_id.eq(customer),
        tickets::email.eq(email),
        tickets::email_key.eq(email.to_lowercase()),
        tickets::phone.eq(new.asker.phone.trim()),
        tickets::call_from.eq(call_from),
        tickets::call_until.eq(call_until),
        tickets::order_id.eq(new.order),
        tickets::store_id.eq(new.store),
        tickets::language.eq(&new.language),
        tickets::status.eq(status),
        tickets::asked_at.eq(asked_at),
        tickets::request_key.eq(new.request_key.as_deref()),
        tickets::queue.eq(line(&new.queue)),
        tickets::priority.eq(new.priority),
        tickets::opened_at.eq(now),
        tickets::changed_at.eq(now),
    );
    let insert = diesel::insert_into(tickets::table).values(row);
    let added: Option<TicketId> = on_each!(conn, c => insert.on_conflict_do_nothing().returning(tickets::id).get_result(c).optional())?;
    if let Some(id) = added {
        terms::opened(conn, id, (&number, &subject, email))?;
    }
    Ok(added)
}

/// A text as one line without letters that no page shows.
pub(super) fn line(text: &str) -> String {
    text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The next number. The row is locked to the end of the transaction.
pub(super) fn next(conn: &mut Conn) -> Result<String> {
    Ok(format!("T{}", next_of(conn, SERIES)?))
}

/// The next number of a series.
pub(crate) fn next_of(conn: &mut Conn, name: &str) -> Result<i64> {
    let first = (series::name.eq(name), series::last.eq(FIRST));
    let grown = series::last.eq(series::last + 1i64);
    let next = diesel::insert_into(series::table).values(first);
    Ok(on_each!(conn, c => next.on_conflict(series::name).do_update().set(grown).returning(series::last).get_result(c))?)
}

/// How many tickets were opened before this one, since then, with answers going to the same address; counted up to `most`. It keeps
/// receipts bounded.
pub fn opened_before(conn: &mut Conn, ticket: &Ticket, since: Time, most: i64) -> Result<i64> {
    let own = tickets::table.filter(tickets::email_key.eq(ticket.email.to_lowercase())).filter(tickets::opened_at.ge(since));
    let found: Vec<TicketId> = own.filter(tickets::id.lt(ticket.id)).limit(most).select(tickets::id).load(conn)?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}

/// How many tickets were opened with answers going to this address since then, counted up to `most`.
pub fn opened_since(conn: &mut Conn, email: &str, since: Time, most: i64) -> Result<i64> {
    let own = tickets::table.filter(tickets::email_key.eq(email.to_lowercase())).filter(tickets::opened_at.ge(since));
    let found: Vec<TicketId> = own.limit(most).select(tickets::id).load(conn)?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}
