//! Chat on the shop's pages, as the merchant wants it: whether somebody is there now, and after how long a chat goes on by mail.

use crate::ids::StoreId;
use crate::service;
use crate::shop::Shop;
use chrono::TimeDelta;
use crm::email::Email;
use crm::levels::{self, CalendarId};
use crm::tickets::chat::{self, Holder};
use crm::tickets::{Asker, Channel, Kind, MessageId, New, NewMessage, Ticket, TicketId};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// Longest line, in characters, and longest name.
pub const LINE: usize = 4000;
const NAME: usize = 200;
/// Characters of the first line that the ticket is called by.
const SUBJECT: usize = 60;

/// A chat as somebody begins it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub holder: Holder,
    pub name: String,
    /// Where it goes on by mail, of whoever is not signed in.
    pub email: String,
    pub body: String,
    pub store: StoreId,
    pub language: String,
    /// What makes the same form begin one chat.
    pub key: String,
}

/// Whether somebody of the staff is there to answer at once.
pub fn live(conn: &mut Conn, shop: &Shop, now: Time) -> Result<bool> {
    let within = match shop.chat_calendar.map(|id| levels::calendar(conn, CalendarId(id))) {
        None => true,
        Some(Ok(calendar)) => calendar.hours.hold(now),
        // A calendar that was removed limits nothing.
        Some(Err(Error::NotFound)) => true,
        Some(Err(error)) => return Err(error),
    };
    Ok(shop.chat && within && chat::anybody(conn, now)?)
}

/// How long a chat waits before it goes on by mail; `None` while nobody is there.
fn wait(conn: &mut Conn, shop: &Shop, now: Time) -> Result<Option<TimeDelta>> {
    Ok(live(conn, shop, now)?.then(|| TimeDelta::minutes(shop.chat_minutes)))
}

/// `Invalid` (field `body`) for a line that says nothing or too much.
fn line(body: &str) -> Result<NewMessage> {
    match body.trim().chars().count() {
        0 => Err(Error::field("body", "ticket-body-missing")),
        1..=LINE => Ok(NewMessage::text(body)),
        _ => Err(Error::field("body", "ticket-too-long")),
    }
}

/// Begins a chat, filed as a question is. `NotFound` in a shop without chat, `Invalid` for what is missing or too long.
pub fn begin(conn: &mut Conn, shop: &Shop, wish: &Wish, now: Time) -> Result<Ticket> {
    if !shop.chat {
        return Err(Error::NotFound);
    }
    let mut asker = Asker { name: wish.name.trim().to_string(), ..Asker::default() };
    if asker.name.chars().count() > NAME {
        return Err(Error::field("name", "ticket-too-long"));
    }
    let who = match &wish.holder {
        Holder::Customer(customer) => {
            asker.customer = Some(*customer);
            customer.to_string()
        }
        Holder::Browser(digest) => {
            asker.email = Some(Email::parse(&wish.email, "email")?);
            digest.clone()
        }
    };
    let rule = service::policy(conn)?.rule(Kind::Question);
    let new = New {
        kind: Kind::Question,
        channel: Channel::Chat,
        subject: wish.body.trim().chars().take(SUBJECT).collect(),
        asker,
        order: None,
        lines: Vec::new(),
        store: wish.store.0,
        language: wish.language.clone(),
        call: None,
        queue: rule.queue,
        priority: rule.priority,
        message: line(&wish.body)?,
        logged_by: None,
        // The form's token is whatever the browser sends: it finds a chat again for the same person alone.
        request_key: Some(format!("chat:{who}:{}", wish.key)),
    };
    let wait = wait(conn, shop, now)?;
    chat::begin(conn, &new, &wish.holder, wait, now)
}

/// Adds a line of whoever began a chat.
pub fn write(conn: &mut Conn, shop: &Shop, id: TicketId, body: &str, now: Time) -> Result<MessageId> {
    let new = line(body)?;
    let wait = wait(conn, shop, now)?;
    chat::write(conn, id, &new, wait, now)
}
