//! Chats at the desk: who is there for them, which wait, and what is new in one while its page is open.

use super::desk::Desk;
use super::ticket::address;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use crm::tickets::chat::{self, News, Window};
use crm::tickets::{self, Author, Channel, Message, MessageId, Ticket, TicketId};
use kernel::clock::Time;
use kernel::web::format;
use kernel::{Conn, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use storefront::shop;
use storefront::web::posted::Posted;
use storefront::web::streams::{self, Place, Side, Then, Told};
use storefront::web::words::Words;

/// Chats that the inbox names, and messages of one reading of a stream.
const WAITING: i64 = 20;
const READ: i64 = 50;

/// Where the page of a chat is told what is new after what it shows; `None` for other tickets and for pages of what was before.
pub fn stream_of(ticket: &Ticket, found: &[Message], before: Option<MessageId>) -> Option<String> {
    let chats = ticket.channel == Channel::Chat && ticket.merged_into.is_none() && before.is_none();
    let own = found.iter().filter(|message| message.ticket_id == ticket.id);
    let after = own.map(|message| message.id.0).max().unwrap_or(0);
    chats.then(|| format!("{}/stream?after={}", address(&ticket.number), Place { after, version: ticket.version }.text()))
}

/// Chats that wait, for the inbox; `Null` in a shop without chat in which none does.
pub fn waiting(conn: &mut Conn, now: Time) -> Result<Value> {
    let all = chat::waiting(conn, WAITING)?;
    if all.is_empty() && !shop::get(conn)?.chat {
        return Ok(Value::Null);
    }
    let minutes = |ticket: &Ticket| ticket.asked_at.map_or(0, |asked| (now - asked).num_minutes().max(0));
    let rows: Vec<Value> = all.iter().map(|one| json!({ "number": one.number, "subject": one.subject, "minutes": minutes(one) })).collect();
    Ok(json!({ "rows": rows, "seen": numbers(&all) }))
}

/// What an open inbox knows of the chats that wait.
fn numbers(all: &[Ticket]) -> String {
    all.iter().map(|one| one.number.as_str()).collect::<Vec<_>>().join(", ")
}

/// Somebody is there for chats: their inbox is open, or they say so by the button. An open inbox is told which chats wait.
pub async fn here(desk: Desk, request: HttpRequest, posted: Posted) -> Result<HttpResponse> {
    let (me, seen, words) = (desk.staff().id.0, posted.get("seen").to_string(), desk.words()?);
    let text = desk
        .write(move |conn, act| {
            chat::here(conn, me, act.now)?;
            let waits = numbers(&chat::waiting(conn, WAITING)?);
            let new = !waits.is_empty() && waits != seen;
            Ok(if new { Some(words.with("admin-chats-wait", &[("numbers", &waits)])?) } else { None })
        })
        .await?;
    let script = request.headers().get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    if script { desk.news(text) } else { Ok(desk.done("/admin/tickets", "admin-chat-you-are-there")) }
}

/// What is new in a chat, as it comes. A ticket that is none leads to its page.
pub async fn stream(desk: Desk, request: HttpRequest, number: web::Path<String>) -> Result<HttpResponse> {
    let number = number.into_inner();
    let (ticket, names) = desk
        .read(move |conn| {
            let people = crate::staff::list(conn)?;
            let names: HashMap<i64, String> = people.into_iter().map(|one| (one.id.0, one.name)).collect();
            Ok((tickets::by_number(conn, &number)?, names))
        })
        .await?;
    if ticket.channel != Channel::Chat {
        return Ok(desk.door.go(&desk.visit, &address(&ticket.number)));
    }
    let open = desk.door.streams.open(ticket.id, Side::Staff, &format!("staff:{}", desk.staff().id))?;
    let (door, words, names) = (desk.door.clone(), desk.words()?, Arc::new(names));
    let read = move |place: Place| {
        let (door, words, names, id) = (door.clone(), words.clone(), names.clone(), ticket.id);
        async move { door.read(move |conn, _| told(conn, id, place, &names, &words)).await }
    };
    Ok(streams::answer(open, Place::asked(&request), read))
}

/// New messages as events. Each says which version of the ticket it led to, as long as messages alone explain the versions since: the forms of
/// the page are about that one then. When something else happened to the ticket, they stay stale.
fn told(conn: &mut Conn, id: TicketId, place: Place, names: &HashMap<i64, String>, words: &Words) -> Result<Told> {
    let News { version, lines } = chat::news(conn, id, Window::Staff, MessageId(place.after), READ)?;
    let count = i64::try_from(lines.len()).unwrap_or(READ);
    let alone = version - place.version == count;
    let mut told = Told { place, text: String::new(), then: if count == READ { Then::More } else { Then::Wait } };
    for (at, message) in (1..).zip(&lines) {
        told.place = Place { after: message.id.0, version: if alone { place.version + at } else { version } };
        let text = if message.author == Author::System { words.get(&message.body) } else { message.body.clone() };
        let by = message.staff.and_then(|staff| names.get(&staff).cloned());
        let by = by.unwrap_or_else(|| words.get(&format!("admin-ticket-by-{}", message.author.as_str())));
        let line = json!({ "id": message.id, "author": message.author, "internal": message.internal, "by": by, "at": message.created_at,
            "time": format::datetime(message.created_at, words.language), "text": text, "seen": alone.then_some(told.place.version) });
        told.text += &streams::event("line", told.place, &line);
    }
    told.place.version = version;
    if !alone && version != place.version {
        told.text += &streams::event("moved", told.place, &json!({}));
    }
    Ok(told)
}
