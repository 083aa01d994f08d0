//! A chat on the shop's pages. It is a ticket whose lines are its messages, written by the commands of tickets; beside it stands who reads it
//! there ([`Chat`]), which decides what is sent by mail. It goes on by mail when nobody is there, or answers in time.
//!
//! Whoever has no account only typed the mail address. Their browser sees what is said in the chat until somebody writes from the mailbox
//! ([`left`]): from then on the conversation is between the mailbox and the shop.

mod there;

pub use there::{PRESENT, anybody, here};

use super::messages::{self, Author, Message, MessageId, NewMessage};
use super::open::{self, New};
use super::{Ticket, TicketId, get};
use crate::CustomerId;
use crate::schema::{chats as rows, ticket_messages, tickets};
use chrono::TimeDelta;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::clock::Time;
use kernel::{Conn, Db, Error, Result, on_each};

/// The kind of the job that sees to chats that nobody answered.
pub const JOB: &str = "tickets.chat";
/// What the shop says then, and what the log keeps of it.
const BY_MAIL: &str = "chat-goes-on-by-mail";
const WENT: &str = "chat_mail";
/// A page that was open so lately reads what is written.
const READS: TimeDelta = TimeDelta::minutes(1);
/// Chats looked at together.
const TOGETHER: i64 = 100;
/// How often news are read again that changed while they were read.
const AGAIN: usize = 5;

/// Who reads a chat on the shop's pages, as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Chat {
    pub ticket_id: TicketId,
    /// A digest of the secret of the browser that it was begun in; empty when whoever began it was signed in.
    visitor: String,
    seen_at: Time,
    /// The last message that a page showed.
    shown: MessageId,
    mail_at: Option<Time>,
    /// The message that said that it goes on by mail.
    mailed: Option<MessageId>,
    /// The first message that was written from the mailbox.
    left_at: Option<MessageId>,
}

/// What becomes of a message to the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mailing {
    /// It is mailed.
    Now,
    /// A page is open, or was within the minute: the message is mailed unless a page says until then that it showed it.
    Later(TimeDelta),
    /// A page showed it.
    Never,
    /// It says that the chat goes on by mail, which is what the mail says too.
    Notice,
}

impl Chat {
    /// Whether it goes on by mail, as far as was said.
    pub fn by_mail(&self) -> bool {
        self.mailed.is_some()
    }

    /// What becomes of a message of the shop. Nothing is lost: only a page's own word that it showed a message spares the mail.
    pub fn mailing(&self, message: MessageId, now: Time) -> Mailing {
        if self.mailed == Some(message) {
            Mailing::Notice
        } else if self.shown >= message {
            Mailing::Never
        } else if self.seen_at > now - READS {
            Mailing::Later(READS)
        } else {
            Mailing::Now
        }
    }

    /// The first message that its window does not show any more.
    fn until(&self) -> Option<MessageId> {
        self.left_at.filter(|_| !self.visitor.is_empty())
    }

    /// A digest of the secret of the browser that it was begun in; none when whoever began it was signed in.
    pub fn browser(&self) -> Option<&str> {
        Some(self.visitor.as_str()).filter(|visitor| !visitor.is_empty())
    }

    /// Whether it can be written in where it was begun.
    pub fn goes_on(&self, ticket: &Ticket) -> bool {
        self.until().is_none() && ticket.merged_into.is_none()
    }
}

/// Who asks for a chat.
#[derive(Clone, Debug)]
pub enum Holder {
    Customer(CustomerId),
    /// A digest of the secret of a browser in which nobody is signed in.
    Browser(String),
}

/// Begins a chat. It goes on by mail after `wait` without an answer, and at once without `wait`: nobody is there then.
pub fn begin(conn: &mut Conn, new: &New, holder: &Holder, wait: Option<TimeDelta>, now: Time) -> Result<Ticket> {
    let opened = open::open(conn, new, now)?;
    if !opened.new {
        return Ok(opened.ticket);
    }
    let visitor = match holder {
        Holder::Customer(_) => "",
        Holder::Browser(digest) => digest,
    };
    let row = (
        rows::ticket_id.eq(opened.ticket.id),
        rows::visitor.eq(visitor),
        rows::seen_at.eq(now),
        rows::mail_at.eq(wait.map(|wait| now + wait)),
    );
    diesel::insert_into(rows::table).values(row).execute(conn)?;
    if wait.is_none() {
        to_mail(conn, opened.ticket.id, now)?;
    }
    get(conn, opened.ticket.id)
}

/// Adds a line of whoever began a chat. `Conflict` for one that goes on elsewhere.
pub fn write(conn: &mut Conn, id: TicketId, new: &NewMessage, wait: Option<TimeDelta>, now: Time) -> Result<MessageId> {
    let before = of(conn, id)?.ok_or(Error::NotFound)?;
    if !before.goes_on(&get(conn, id)?) {
        return Err(Error::conflict("chat-is-left"));
    }
    new.check()?;
    let (ticket, message) = messages::append(conn, id, new, now)?;
    let asked = ticket.asked_at.unwrap_or(now);
    let mail_at = wait.filter(|_| !before.by_mail()).map(|wait| asked + wait);
    diesel::update(rows::table.find(id)).set((rows::seen_at.eq(now), rows::mail_at.eq(mail_at))).execute(conn)?;
    if wait.is_none() && !before.by_mail() {
        to_mail(conn, id, now)?;
    }
    Ok(message)
}

/// Says in a chat that it goes on by mail, and mails how.
fn to_mail(conn: &mut Conn, id: TicketId, now: Time) -> Result<()> {
    let message = messages::told_by_system(conn, id, BY_MAIL, WENT, Author::System.as_str(), now)?;
    diesel::update(rows::table.find(id)).set((rows::mailed.eq(message), rows::mail_at.eq(None::<Time>))).execute(conn)?;
    messages::tell(conn, id, message, now)
}

/// A customer wrote `message` elsewhere: what follows is not for the browser.
pub(super) fn left(conn: &mut Conn, id: TicketId, message: MessageId) -> Result<()> {
    diesel::update(rows::table.find(id).filter(rows::left_at.is_null())).set(rows::left_at.eq(message)).execute(conn)?;
    Ok(())
}

/// Who reads a ticket on the shop's pages; `None` of one that was not begun there.
pub fn of(conn: &mut Conn, id: TicketId) -> Result<Option<Chat>> {
    Ok(on_each!(conn, c => rows::table.find(id).select(Chat::as_select()).first(c).optional())?)
}

/// The chat that somebody began last.
pub fn latest(conn: &mut Conn, holder: &Holder) -> Result<Option<(Ticket, Chat)>> {
    let query = tickets::table.inner_join(rows::table.on(rows::ticket_id.eq(tickets::id))).order(tickets::id.desc()).into_boxed();
    let query = match holder {
        Holder::Customer(customer) => query.filter(tickets::customer_id.eq(*customer)).filter(rows::visitor.eq("")),
        Holder::Browser(digest) => query.filter(rows::visitor.eq(digest.clone())),
    };
    let id: Option<TicketId> = query.select(tickets::id).first(conn).optional()?;
    let Some(id) = id else { return Ok(None) };
    let ticket = get(conn, id)?;
    Ok(of(conn, id)?.map(|chat| (ticket, chat)))
}

/// The chat with this number of whoever began it. `NotFound` for everybody else.
pub fn held(conn: &mut Conn, holder: &Holder, number: &str) -> Result<(Ticket, Chat)> {
    let ticket = super::by_number(conn, number)?;
    let chat = of(conn, ticket.id)?.ok_or(Error::NotFound)?;
    let theirs = match holder {
        Holder::Customer(customer) => ticket.customer_id == Some(*customer) && chat.visitor.is_empty(),
        Holder::Browser(digest) => !digest.is_empty() && chat.visitor == *digest,
    };
    if theirs { Ok((ticket, chat)) } else { Err(Error::NotFound) }
}

/// Keeps that a page was open with a chat now, and that it showed everything up to `shown`.
pub fn seen(conn: &mut Conn, id: TicketId, shown: MessageId, now: Time) -> Result<()> {
    diesel::update(rows::table.find(id)).set(rows::seen_at.eq(now)).execute(conn)?;
    diesel::update(rows::table.find(id).filter(rows::shown.lt(shown))).set(rows::shown.eq(shown)).execute(conn)?;
    Ok(())
}

/// Keeps that pages are open with these chats now.
pub fn kept_open(conn: &mut Conn, ids: &[TicketId], now: Time) -> Result<()> {
    diesel::update(rows::table.filter(rows::ticket_id.eq_any(ids.to_vec()))).set(rows::seen_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Whose eyes read the lines of a chat.
#[derive(Clone, Copy, Debug)]
pub enum Window {
    Staff,
    /// Whoever began it.
    Holder,
}

/// What a ticket has after a message.
#[derive(Clone, Debug)]
pub struct News {
    /// The version of the ticket that has these messages, and none after them unless there are `limit`.
    pub version: i64,
    pub lines: Vec<Message>,
}

/// The messages of a ticket after `after`, at most `limit`, oldest first. Within a ticket numbers grow in the order of commits, since each
/// command holds the ticket.
pub fn news(conn: &mut Conn, id: TicketId, window: Window, after: MessageId, limit: i64) -> Result<News> {
    let mut version = get(conn, id)?.version;
    for _ in 0..AGAIN {
        let lines = lines(conn, id, window, after, limit)?;
        let now = get(conn, id)?.version;
        if now == version {
            return Ok(News { version, lines });
        }
        version = now;
    }
    Err(Error::Unavailable("the ticket does not stand still".into()))
}

fn lines(conn: &mut Conn, id: TicketId, window: Window, after: MessageId, limit: i64) -> Result<Vec<Message>> {
    use ticket_messages as all;
    let mut query = all::table.filter(all::ticket_id.eq(id)).filter(all::id.gt(after)).into_boxed();
    if let Window::Holder = window {
        // What a machine wrote came from the mailbox.
        query = query.filter(all::internal.eq(false)).filter(all::author.ne(Author::Automatic));
        // Read beside the lines, at the same version of the ticket: what was known before would show the first line of the mailbox.
        if let Some(until) = of(conn, id)?.and_then(|chat| chat.until()) {
            query = query.filter(all::id.lt(until));
        }
    }
    Ok(query.order(all::id).limit(limit).select(Message::as_select()).load(conn)?)
}

/// The version of each of these tickets.
pub fn versions(conn: &mut Conn, ids: &[TicketId]) -> Result<Vec<(TicketId, i64)>> {
    Ok(tickets::table.filter(tickets::id.eq_any(ids.to_vec())).select((tickets::id, tickets::version)).load(conn)?)
}

/// Chats in which somebody waits for an answer, the longest first.
pub fn waiting(conn: &mut Conn, limit: i64) -> Result<Vec<Ticket>> {
    // Spelt out, so that both databases see that the index holds exactly these.
    let open = tickets::table.filter(sql::<Bool>("channel = 'chat' AND status = 'open'"));
    Ok(on_each!(conn, c => open.order((tickets::asked_at, tickets::id)).limit(limit).select(Ticket::as_select()).load(c))?)
}

/// Whether anybody waited too long in a chat. Asked often; it looks at one end of an index.
pub fn any(conn: &mut Conn, now: Time) -> Result<bool> {
    Ok(!passed(conn, now, 1)?.is_empty())
}

fn passed(conn: &mut Conn, now: Time, limit: i64) -> Result<Vec<TicketId>> {
    let due = rows::table.filter(rows::mail_at.le(now)).order(rows::mail_at).limit(limit);
    Ok(on_each!(conn, c => due.select(rows::ticket_id).load(c))?)
}

/// Has every chat go on by mail that nobody answered in time, each in a transaction of its own.
pub fn mail_all(db: &Db, now: Time) -> Result<()> {
    loop {
        let found = db.read_now(|conn| passed(conn, now, TOGETHER))?;
        if found.is_empty() {
            return Ok(());
        }
        for id in found {
            db.write_now(move |conn| mail(conn, id, now))?;
        }
    }
}

/// The ticket is held to the end of the transaction first; whoever comes second finds nothing.
fn mail(conn: &mut Conn, id: TicketId, now: Time) -> Result<()> {
    diesel::update(tickets::table.find(id)).set(tickets::due_at.eq(tickets::due_at)).execute(conn)?;
    let Some(chat) = of(conn, id)? else { return Ok(()) };
    if chat.mail_at.is_none_or(|at| at > now) {
        return Ok(());
    }
    let ticket = get(conn, id)?;
    if ticket.asked_at.is_some() && ticket.merged_into.is_none() {
        return to_mail(conn, id, now);
    }
    diesel::update(rows::table.find(id)).set(rows::mail_at.eq(None::<Time>)).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests;
