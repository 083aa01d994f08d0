//! What is written in a ticket: by the customer, by staff to the customer or among themselves, by machines, by the shop itself.

use super::files::{self, NewFile};
use super::log::{self, Happened, What};
use super::steps::{self, claim, step};
use super::{BODY, Channel, Outcome, Status, Ticket, TicketId, chat, joins, terms};
use crate::activities::{self, Activity};
use crate::identities;
use crate::schema::ticket_messages as rows;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, on_each, words};

kernel::id!(MessageId);

words!(
    Author {
        Customer = "customer",
        Staff = "staff",
        /// A machine that answers for the customer, or says that a mail did not arrive.
        Automatic = "automatic",
        /// The shop itself; the text is the key of one ([`kernel::error::said`]).
        System = "system",
    }
);

/// One of the staff who works at tickets.
#[derive(Clone, Copy, Debug)]
pub struct Agent<'a> {
    /// Their number.
    pub id: i64,
    /// What the logs call them.
    pub actor: &'a str,
}

/// Whose eyes a thread is for. Notes are for staff alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eyes {
    Staff,
    /// The customer, signed in: all that was merged as well.
    Customer,
    /// Whoever has the link of a ticket: what stands in this one. Whose the link is nobody knows, and merging two tickets must not show it
    /// more than it showed before.
    Link,
}

/// A message as stored.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Message {
    pub id: MessageId,
    pub ticket_id: TicketId,
    pub author: Author,
    pub staff: Option<i64>,
    pub internal: bool,
    pub body: String,
    pub html: Option<String>,
    /// The Message-ID of the mail that it came or went by, without angle brackets.
    pub message_id: Option<String>,
    pub in_reply_to: Option<String>,
    /// The stored mail that it was read from.
    pub mail_id: Option<i64>,
    pub created_at: Time,
}

/// A message as it comes in.
#[derive(Clone, Debug, Default)]
pub struct NewMessage {
    /// Written by a machine (RFC 3834). It changes nobody's turn.
    pub automatic: bool,
    pub body: String,
    /// Harmless HTML of the mail, if there is any.
    pub html: Option<String>,
    pub message_id: Option<String>,
    pub in_reply_to: Option<String>,
    pub mail_id: Option<i64>,
    pub files: Vec<NewFile>,
}

impl NewMessage {
    /// A text and nothing else.
    pub fn text(body: impl Into<String>) -> NewMessage {
        NewMessage { body: body.into(), ..NewMessage::default() }
    }

    /// `Invalid` (field `body`) for one that says nothing or too much. Files, and mails, may come without a word.
    pub(super) fn check(&self) -> Result<()> {
        match self.body.trim().chars().count() {
            0 if self.files.is_empty() && self.mail_id.is_none() => Err(Error::field("body", "ticket-body-missing")),
            0..=BODY => Ok(()),
            _ => Err(Error::field("body", "ticket-too-long")),
        }
    }
}

/// An answer of staff.
#[derive(Clone, Debug)]
pub struct Answer {
    pub message: NewMessage,
    /// The outcome, when the answer ends the ticket.
    pub solve: Option<Outcome>,
}

/// Answers a ticket that is as it was at version `seen`. `Conflict` ([`super::STALE`]) when it went on since: nothing is sent then.
pub fn reply(conn: &mut Conn, id: TicketId, answer: &Answer, agent: Agent, seen: i64, now: Time) -> Result<MessageId> {
    answer.message.check()?;
    let ticket = claim(conn, id, Some(seen), now)?;
    if ticket.email.is_empty() {
        return Err(Error::conflict("ticket-nobody-to-write-to"));
    }
    let message = add(conn, id, By::Answer(agent), &answer.message, now)?;
    let answered = Happened { message: Some(message), ..Happened::by(What::Answered, agent.actor) };
    let ticket = step(conn, ticket, answered, None, now)?;
    happened(conn, &ticket, activities::Kind::TicketAnswered, &message.to_string(), now)?;
    tell(conn, id, message, now)?;
    if let Some(outcome) = answer.solve {
        steps::end(conn, ticket, outcome, agent.actor, Some(message), now)?;
    }
    Ok(message)
}

/// Adds what a customer wrote to a ticket, or to the one that it was merged into, and opens it again when it was solved. An automatic
/// message is kept and changes nothing else. A mail that is known by its Message-ID is added once.
pub fn append_from_customer(conn: &mut Conn, id: TicketId, new: &NewMessage, now: Time) -> Result<MessageId> {
    new.check()?;
    if let Some(key) = &new.message_id
        && let Some((_, known)) = by_message_id(conn, key)?
    {
        return Ok(known);
    }
    let (ticket, message) = append(conn, id, new, now)?;
    // Not in the window of the chat: from the mailbox, or by the link that was sent there.
    if ticket.channel == Channel::Chat && !new.automatic {
        chat::left(conn, ticket.id, message)?;
    }
    Ok(message)
}

/// Adds what a customer wrote, wherever they did. Answers the ticket that it stands in.
pub(super) fn append(conn: &mut Conn, id: TicketId, new: &NewMessage, now: Time) -> Result<(Ticket, MessageId)> {
    let id = joins::standing(conn, id)?;
    let mut ticket = claim(conn, id, None, now)?;
    hold_customer(conn, &ticket)?;
    if new.automatic {
        let message = add(conn, id, By::Automatic, new, now)?;
        let happened = Happened { message: Some(message), ..Happened::by(What::Automatic, Author::Automatic.as_str()) };
        let ticket = step(conn, ticket, happened, None, now)?;
        return Ok((ticket, message));
    }
    let actor = Author::Customer.as_str();
    if ticket.status == Status::Solved {
        ticket = step(conn, ticket, Happened::by(What::Reopened, actor), None, now)?;
    }
    let message = add(conn, id, By::Customer, new, now)?;
    let ticket = step(conn, ticket, Happened { message: Some(message), ..Happened::by(What::Wrote, actor) }, None, now)?;
    Ok((ticket, message))
}

/// Holds the customer of a ticket. `NotFound` for one who was erased: nothing is added about them.
pub(super) fn hold_customer(conn: &mut Conn, ticket: &Ticket) -> Result<()> {
    match ticket.customer_id {
        Some(customer) => identities::hold(conn, customer)?.map(drop).ok_or(Error::NotFound),
        None => Ok(()),
    }
}

/// Writes a note among staff. It never leaves.
pub fn note(conn: &mut Conn, id: TicketId, new: &NewMessage, agent: Agent, now: Time) -> Result<MessageId> {
    new.check()?;
    let ticket = claim(conn, id, None, now)?;
    let message = add(conn, id, By::Note(agent), new, now)?;
    step(conn, ticket, Happened { message: Some(message), ..Happened::by(What::Noted, agent.actor) }, None, now)?;
    Ok(message)
}

/// Says what the shop did, to the customer too: `said` is the key of a text, with its arguments. `what` was done is kept in the log.
pub fn told_by_system(conn: &mut Conn, id: TicketId, said: &str, what: &str, actor: &str, now: Time) -> Result<MessageId> {
    let ticket = claim(conn, id, None, now)?;
    let message = add(conn, id, By::System, &NewMessage::text(said), now)?;
    step(conn, ticket, Happened { message: Some(message), detail: what, ..Happened::by(What::Acted, actor) }, None, now)?;
    Ok(message)
}

/// Keeps in the log alone that something was done about a ticket, wherever it goes on.
pub fn acted(conn: &mut Conn, id: TicketId, what: &str, actor: &str, now: Time) -> Result<()> {
    let id = joins::standing(conn, id)?;
    let ticket = claim(conn, id, None, now)?;
    step(conn, ticket, Happened { detail: what, ..Happened::by(What::Acted, actor) }, None, now).map(drop)
}

/// Has what the shop said mailed to the customer, as an answer is.
pub fn tell(conn: &mut Conn, id: TicketId, message: MessageId, now: Time) -> Result<()> {
    let event = Event::TicketReplied { ticket: id.0, message: message.0 };
    events::record(conn, "tickets", &format!("replied:{message}"), &event, now).map(drop)
}

/// Who writes a message, and for whom.
#[derive(Clone, Copy, Debug)]
pub(super) enum By<'a> {
    Customer,
    Automatic,
    System,
    /// To the customer.
    Answer(Agent<'a>),
    /// Among staff.
    Note(Agent<'a>),
}

impl By<'_> {
    pub(super) fn author(self) -> Author {
        match self {
            By::Customer => Author::Customer,
            By::Automatic => Author::Automatic,
            By::System => Author::System,
            By::Answer(_) | By::Note(_) => Author::Staff,
        }
    }

    fn agent(self) -> Option<i64> {
        match self {
            By::Answer(agent) | By::Note(agent) => Some(agent.id),
            By::Customer | By::Automatic | By::System => None,
        }
    }
}

/// The row of a message, its words and its files.
pub(super) fn add(conn: &mut Conn, ticket: TicketId, by: By, new: &NewMessage, now: Time) -> Result<MessageId> {
    let body = new.body.trim().replace('\0', "");
    let row = (
        rows::ticket_id.eq(ticket),
        rows::author.eq(by.author()),
        rows::staff.eq(by.agent()),
        rows::internal.eq(matches!(by, By::Note(_))),
        rows::body.eq(&body),
        rows::html.eq(new.html.as_ref().map(|html| html.replace('\0', ""))),
        rows::message_id.eq(new.message_id.as_deref()),
        rows::in_reply_to.eq(new.in_reply_to.as_deref()),
        rows::mail_id.eq(new.mail_id),
        rows::created_at.eq(now),
    );
    let id: MessageId = on_each!(conn, c => diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(c))?;
    terms::wrote(conn, ticket, by.author(), &body)?;
    files::add(conn, id, &new.files)?;
    Ok(id)
}

/// Keeps in the customer's timeline that a ticket was opened, answered or solved.
pub(super) fn happened(conn: &mut Conn, ticket: &Ticket, kind: activities::Kind, which: &str, now: Time) -> Result<()> {
    let Some(customer) = ticket.customer_id else { return Ok(()) };
    let activity = Activity {
        customer: Some(customer),
        trail: None,
        kind,
        at: now,
        source: "tickets",
        dedupe_key: &format!("{}:{}:{which}", ticket.id, kind.as_str()),
        subject: Some(ticket.id.0),
        amount: None,
        detail: &ticket.number,
    };
    activities::record(conn, &activity).map(drop)
}

/// A message. `NotFound` without one.
pub fn message(conn: &mut Conn, id: MessageId) -> Result<Message> {
    Ok(rows::table.find(id).select(Message::as_select()).first(conn)?)
}

/// The last `limit` messages of a ticket and of those merged into it, before `before` when given; oldest first.
pub fn thread(conn: &mut Conn, id: TicketId, eyes: Eyes, before: Option<MessageId>, limit: i64) -> Result<Vec<Message>> {
    let ids = joins::seen_by(conn, id, eyes)?;
    let mut query = rows::table.filter(rows::ticket_id.eq_any(ids)).into_boxed();
    if eyes != Eyes::Staff {
        query = query.filter(rows::internal.eq(false));
    }
    if let Some(before) = before {
        query = query.filter(rows::id.lt(before));
    }
    let mut found: Vec<Message> = query.order(rows::id.desc()).limit(limit).select(Message::as_select()).load(conn)?;
    found.reverse();
    Ok(found)
}

/// The message that came or went by the mail with this Message-ID, and its ticket.
pub fn by_message_id(conn: &mut Conn, message_id: &str) -> Result<Option<(TicketId, MessageId)>> {
    let one = rows::table.filter(rows::message_id.eq(message_id));
    Ok(one.select((rows::ticket_id, rows::id)).first(conn).optional()?)
}

/// Keeps the Message-ID that an answer goes by, so that what replies to it is found.
pub fn mailed(conn: &mut Conn, id: MessageId, message_id: &str) -> Result<()> {
    diesel::update(rows::table.find(id)).set(rows::message_id.eq(message_id)).execute(conn)?;
    Ok(())
}

/// The Message-IDs of the mails of a ticket that the customer knows, oldest first: at most `limit`, the first of them and the last ones.
pub fn references(conn: &mut Conn, id: TicketId, limit: usize) -> Result<Vec<String>> {
    let ids = joins::all(conn, id)?;
    let own = rows::table.filter(rows::ticket_id.eq_any(ids)).filter(rows::internal.eq(false)).filter(rows::message_id.is_not_null());
    let found: Vec<Option<String>> = own.order(rows::id).select(rows::message_id).load(conn)?;
    let mut found: Vec<String> = found.into_iter().flatten().collect();
    if found.len() > limit {
        found.drain(1..=found.len() - limit);
    }
    Ok(found)
}

/// Who wrote the first message of a ticket.
pub fn begun_by(conn: &mut Conn, id: TicketId) -> Result<Option<String>> {
    log::begun_by(conn, id)
}
