//! A request as whoever asked sees it: what was said, what came of it, and the forms to go on.

use super::{allowed, key, path_for};
use crate::ids::OrderId;
use crate::orders;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::helped::{self, On};
use crate::web::posted::Posted;
use crate::web::views::form::{self, Form};
use crate::web::views::page::{Page, Tone};
use crate::web::views::requests::{FileView, MessageView, RequestView};
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tickets::{self, Author, Eyes, Message, MessageId, NewMessage, Status, Ticket};
use kernel::{Conn, Error, Result};

/// Messages on a page.
const PAGE: i64 = 50;

pub async fn show(door: web::Data<Door>, visit: Visit, number: web::Path<String>) -> Result<HttpResponse> {
    let key = key(&visit);
    render(&door, &visit, StatusCode::OK, number.into_inner(), key, Form::new(form::REQUEST)).await
}

/// The message that the page shown goes before.
fn before(visit: &Visit) -> Option<MessageId> {
    let found = form_urlencoded::parse(visit.query.as_bytes()).find(|(name, _)| name == "before")?;
    found.1.parse().ok().map(MessageId)
}

/// The rating that a link of a mail chose. It is not given before the form is sent.
fn chosen(visit: &Visit) -> Option<i64> {
    let found = form_urlencoded::parse(visit.query.as_bytes()).find(|(name, _)| name == "rating")?;
    found.1.parse().ok().filter(|rating| (1..=5).contains(rating))
}

pub(super) async fn render(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    number: String,
    key: String,
    form: Form,
) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    let (seen, signer, before, chosen) = (visit.clone(), door.signer.clone(), before(visit), chosen(visit));
    let path = format!("/requests/{number}");
    let (mut page, view) = door
        .read(move |conn, now| {
            let (ticket, eyes) = allowed(conn, &seen, &signer, &number, &key, now)?;
            let messages = tickets::thread(conn, ticket.id, eyes, before, PAGE)?;
            let signed = (eyes == Eyes::Link).then_some(key);
            let consents = helped::asked(conn, &seen, On::Request(ticket.id, signed.as_deref()), now)?;
            let view = RequestView {
                consents,
                in_account: signed.is_none(),
                order: order(conn, &ticket, signed.is_some())?,
                earlier: earlier(&messages, &number, signed.as_deref()),
                messages: told(conn, &messages, &number, signed.as_deref(), &words)?,
                number: ticket.number,
                subject: ticket.subject,
                kind: ticket.kind.as_str().to_string(),
                status: ticket.status.as_str().to_string(),
                outcome: ticket.outcome.map(|outcome| outcome.as_str().to_string()),
                opened_at: ticket.opened_at,
                rating: chosen.or(ticket.rating),
                solved: ticket.status == Status::Solved,
                rateable: ticket.status == Status::Solved && ticket.merged_into.is_none(),
                key: signed,
                form,
            };
            Ok((frame::load(conn, &seen, now)?, view))
        })
        .await?;
    page.title = Words::of(&door.templates, visit.language)?.with("request-title", &[("number", &view.number)])?;
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, &path, visit.language);
    door.render_as(status, visit, "storefront/request.html", &Page { page, view })
}

/// Number and page of the order, for who has the link or is the owner of both.
fn order(conn: &mut Conn, ticket: &Ticket, signed: bool) -> Result<Option<(String, String)>> {
    let Some(id) = ticket.order_id else { return Ok(None) };
    let number = orders::get(conn, OrderId(id))?.number;
    // A link to a request was mailed to where the answers go, which staff may have changed: it opens no order.
    let to = if signed { String::new() } else { format!("/account/orders/{number}") };
    Ok(Some((number, to)))
}

/// The address of what was written before.
fn earlier(messages: &[Message], number: &str, key: Option<&str>) -> Option<String> {
    let first = messages.first().filter(|_| i64::try_from(messages.len()).is_ok_and(|rows| rows == PAGE))?;
    let keyed = key.map(|key| format!("key={key}&")).unwrap_or_default();
    Some(format!("/requests/{number}?{keyed}before={}", first.id))
}

/// Messages as the page shows them. What the shop itself says is the key of a text.
fn told(conn: &mut Conn, messages: &[Message], number: &str, key: Option<&str>, words: &Words) -> Result<Vec<MessageView>> {
    let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
    let files = tickets::files_of(conn, &ids)?;
    let keyed = key.map(|key| format!("?key={key}")).unwrap_or_default();
    let view = |message: &Message| MessageView {
        author: message.author.as_str().to_string(),
        at: message.created_at,
        text: if message.author == Author::System { words.get(&message.body) } else { message.body.clone() },
        files: files
            .iter()
            .filter(|file| file.message_id == message.id)
            .map(|file| FileView { name: file.name.clone(), to: format!("/requests/{number}/files/{}{keyed}", file.id) })
            .collect(),
    };
    Ok(messages.iter().map(view).collect())
}

/// Goes on with a request; a solved one is opened again by it.
pub async fn write(door: web::Data<Door>, visit: Visit, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("request:{}", visit.client))?;
    let (number, key) = (number.into_inner(), posted.get("key").to_string());
    let page = path_for(&door.signer, &number, &key);
    let (seen, signer, asked, said) = (visit.clone(), door.signer.clone(), (number.clone(), key.clone()), posted.get("body").to_string());
    let written = door.write(move |conn, now| {
        let (ticket, _) = allowed(conn, &seen, &signer, &asked.0, &asked.1, now)?;
        tickets::append_from_customer(conn, ticket.id, &NewMessage::text(said.as_str()), now).map(drop)
    });
    match written.await {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "request-was-answered");
            Ok(door.go(&visit, &page))
        }
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(form::REQUEST).typed(posted.pairs()).refuse(form::REQUEST, &wrong);
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, number, key, form).await
        }
        Err(error) => Err(error),
    }
}

/// Keeps how content they were.
pub async fn rate(door: web::Data<Door>, visit: Visit, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("request:{}", visit.client))?;
    let (number, key) = (number.into_inner(), posted.get("key").to_string());
    let page = path_for(&door.signer, &number, &key);
    let (rating, note) = (posted.get("rating").parse().unwrap_or(0), posted.get("note").to_string());
    let (seen, signer, asked) = (visit.clone(), door.signer.clone(), (number.clone(), key.clone()));
    let rated = door.write(move |conn, now| {
        let (ticket, _) = allowed(conn, &seen, &signer, &asked.0, &asked.1, now)?;
        tickets::rate(conn, ticket.id, rating, &note, now)
    });
    match rated.await {
        Ok(()) => visit.say(&door.signer, Tone::Success, "request-was-rated"),
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(form::REQUEST).typed(posted.pairs()).refuse(form::REQUEST, &wrong);
            return render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, number, key, form).await;
        }
        Err(Error::Conflict(text)) => visit.say(&door.signer, Tone::Error, &text),
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, &page))
}
