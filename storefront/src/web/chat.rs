//! The chat: a page with a form that works without a script, and a stream of what is new for whoever has one.

use super::door::Door;
use super::frame;
use super::helped::{self, On};
use super::posted::Posted;
use super::streams::{self, Place, Side, Then, Told};
use super::views::chat::{ChatLine, ChatView, Talk};
use super::views::form::{self, Form};
use super::views::page::{Page, Tone};
use super::visit::Visit;
use super::words::Words;
use crate::chat::{self, Wish};
use crate::stores;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use crm::tickets::chat::{self as chats, Holder, News, Window};
use crm::tickets::{Author, Message, MessageId, Status, Ticket, TicketId};
use kernel::clock::Time;
use kernel::web::format;
use kernel::{Conn, Error, Result, token};
use serde_json::json;

const HERE: &str = "/chat";
/// Lines of a page, and of one reading of a stream.
const LINES: i64 = 500;
const READ: i64 = 50;
/// After so long without a word the page begins another chat.
const OVER: TimeDelta = TimeDelta::days(1);

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route(HERE, web::get().to(show))
        .route(HERE, web::post().to(begin))
        .route("/chat/{number}/lines", web::post().to(write))
        .route("/chat/{number}/seen", web::post().to(seen))
        .route("/chat/{number}/stream", web::get().to(stream));
}

/// Who a visitor is to chats: the customer who is signed in, or their browser.
fn holder(conn: &mut Conn, visit: &Visit, now: Time) -> Result<Holder> {
    Ok(match visit.customer(conn, now)? {
        Some(customer) => Holder::Customer(customer),
        None => Holder::Browser(token::hash(&visit.visitor)),
    })
}

/// A line as the page and the stream show it.
fn line(message: &Message, words: &Words) -> ChatLine {
    ChatLine {
        id: message.id.0,
        author: message.author.as_str(),
        by: words.get(&format!("request-by-{}", message.author.as_str())),
        at: message.created_at,
        time: format::datetime(message.created_at, words.language),
        text: if message.author == Author::System { words.get(&message.body) } else { message.body.clone() },
    }
}

/// A number of the query.
fn asked(visit: &Visit, name: &str) -> Option<i64> {
    form_urlencoded::parse(visit.query.as_bytes()).find(|(key, _)| key == name)?.1.parse().ok()
}

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let form = Form::new(form::CHAT).fill("request", token::random());
    render(&door, &visit, StatusCode::OK, form).await
}

async fn render(door: &Door, visit: &Visit, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    // A page without a script has no other way to say that it showed a line than to be asked for.
    let (mut page, view) = door
        .write(move |conn, now| {
            let shop = stores::shop(conn, seen.site.id)?;
            if !shop.chat {
                return Err(Error::NotFound);
            }
            let holder = holder(conn, &seen, now)?;
            let talk = if asked(&seen, "new").is_some() { None } else { talk(conn, &holder, &seen, &words, now)? };
            let view = ChatView {
                form: form.clone(),
                live: chat::live(conn, &shop, now)?,
                guest: matches!(holder, Holder::Browser(_)),
                minutes: shop.chat_minutes,
                talk,
            };
            Ok((frame::load(conn, &seen, now)?, view))
        })
        .await?;
    page.title = Words::of(&door.templates, visit.language)?.get("chat-title");
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, HERE, visit.language);
    door.render_as(status, visit, "storefront/chat.html", &Page { page, view })
}

/// The chat that goes on, if there is one, and keeps that it is being read.
fn talk(conn: &mut Conn, holder: &Holder, visit: &Visit, words: &Words, now: Time) -> Result<Option<Talk>> {
    let Some((ticket, chat)) = chats::latest(conn, holder)? else { return Ok(None) };
    if ticket.changed_at < now - OVER {
        return Ok(None);
    }
    let after = MessageId(asked(visit, "after").unwrap_or(0));
    let News { version, lines } = chats::news(conn, ticket.id, Window::Holder, after, LINES)?;
    let last = lines.last().map_or(after, |last| last.id);
    if chat.goes_on(&ticket) {
        chats::seen(conn, ticket.id, last, now)?;
    }
    let full = i64::try_from(lines.len()).is_ok_and(|shown| shown == LINES);
    let consents = helped::asked(conn, visit, On::Chat(ticket.id), now)?;
    Ok(Some(Talk {
        consents,
        lines: lines.iter().map(|message| line(message, words)).collect(),
        place: Place { after: last.0, version }.text(),
        last: last.0,
        more: full.then(|| format!("{HERE}?after={last}")),
        goes_on: chat.goes_on(&ticket),
        by_mail: chat.by_mail(),
        solved: ticket.status == Status::Solved,
        request: matches!(holder, Holder::Customer(_)).then(|| format!("/requests/{}", ticket.number)),
        number: ticket.number,
    }))
}

pub async fn begin(door: web::Data<Door>, visit: Visit, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("chat:{}", visit.client))?;
    if !(16..=64).contains(&posted.get("request").len()) {
        return Err(Error::NotFound);
    }
    let (who, typed) = (visit.clone(), posted.clone());
    let begun = door.write(move |conn, now| {
        let shop = stores::shop(conn, who.site.id)?;
        let wish = Wish {
            holder: holder(conn, &who, now)?,
            name: typed.get("name").to_string(),
            email: typed.get("email").to_string(),
            body: typed.get("body").to_string(),
            store: who.site.id,
            language: who.language.code().to_string(),
            key: typed.get("request").to_string(),
        };
        chat::begin(conn, &shop, &wish, now)
    });
    match begun.await {
        Ok(_) => Ok(door.go(&visit, HERE)),
        Err(error) => refused(&door, &visit, &posted, error).await,
    }
}

/// The page again with what was typed, when a line cannot be taken as it is.
async fn refused(door: &Door, visit: &Visit, posted: &Posted, error: Error) -> Result<HttpResponse> {
    match error {
        Error::Invalid(wrong) => {
            let form = Form::new(form::CHAT).fill("request", token::random()).typed(posted.pairs()).refuse(form::CHAT, &wrong);
            render(door, visit, StatusCode::UNPROCESSABLE_ENTITY, form).await
        }
        Error::Conflict(text) => {
            visit.say(&door.signer, Tone::Error, &text);
            Ok(door.go(visit, HERE))
        }
        error => Err(error),
    }
}

/// Adds a line. A script that sends it stays on the page, and is told by the status alone.
pub async fn write(
    request: HttpRequest,
    door: web::Data<Door>,
    visit: Visit,
    number: web::Path<String>,
    posted: Posted,
) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("chat:{}:{number}", visit.client))?;
    let (who, number, body) = (visit.clone(), number.into_inner(), posted.get("body").to_string());
    let written = door.write(move |conn, now| {
        let holder = holder(conn, &who, now)?;
        let (ticket, _) = chats::held(conn, &holder, &number)?;
        let shop = stores::shop(conn, who.site.id)?;
        chat::write(conn, &shop, ticket.id, &body, now).map(drop)
    });
    let script = request.headers().get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    match written.await {
        Ok(()) if script => Ok(HttpResponse::NoContent().finish()),
        Ok(()) => Ok(door.go(&visit, "/chat#say")),
        Err(error) if script => Err(error),
        Err(error) => refused(&door, &visit, &posted, error).await,
    }
}

/// An open page says up to which line it shows the chat: no mail is sent about those.
pub async fn seen(door: web::Data<Door>, visit: Visit, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    door.limits.search.check(&format!("chat-seen:{}:{number}", visit.client))?;
    let (who, number, shown) = (visit.clone(), number.into_inner(), posted.id("shown")?);
    door.write(move |conn, now| {
        let holder = holder(conn, &who, now)?;
        let (ticket, _) = chats::held(conn, &holder, &number)?;
        chats::seen(conn, ticket.id, MessageId(shown), now)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What is new in a chat, as it comes.
pub async fn stream(request: HttpRequest, door: web::Data<Door>, visit: Visit, number: web::Path<String>) -> Result<HttpResponse> {
    door.limits.search.check(&format!("chat-stream:{}", visit.client))?;
    let (who, number) = (visit.clone(), number.into_inner());
    let ticket = door
        .read(move |conn, now| {
            let holder = holder(conn, &who, now)?;
            Ok(chats::held(conn, &holder, &number)?.0)
        })
        .await?;
    let open = door.streams.open(ticket.id, Side::Shopper, &visit.client)?;
    let words = Words::of(&door.templates, visit.language)?;
    let read = move |place: Place| {
        let (door, words, id) = (door.clone(), words.clone(), ticket.id);
        async move { door.read(move |conn, _| told(conn, id, place, &words)).await }
    };
    Ok(streams::answer(open, Place::asked(&request), read))
}

fn told(conn: &mut Conn, id: TicketId, place: Place, words: &Words) -> Result<Told> {
    let News { version, lines } = chats::news(conn, id, Window::Holder, MessageId(place.after), READ)?;
    // Afterwards: whether it goes on is never older than its lines.
    let chat = chats::of(conn, id)?.ok_or(Error::NotFound)?;
    let ticket: Ticket = crm::tickets::get(conn, id)?;
    let mut told = Told { place: Place { version, ..place }, text: String::new(), then: Then::Wait };
    for message in &lines {
        told.place.after = message.id.0;
        told.text += &streams::event("line", told.place, &json!(line(message, words)));
    }
    if i64::try_from(lines.len()).is_ok_and(|read| read == READ) {
        told.then = Then::More;
    } else if !chat.goes_on(&ticket) {
        told.text += &streams::event("left", told.place, &json!({}));
        told.then = Then::End;
    }
    Ok(told)
}
