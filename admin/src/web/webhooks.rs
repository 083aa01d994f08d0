//! Programs that are told of what happens: their addresses, their secrets, and what was sent to them.

use super::desk::{Desk, ROWS};
use super::forms::Reader;
use super::stale::{self, Label, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::money::Currency;
use serde_json::{Value, json};
use storefront::ids::{WebhookEndpointId, WebhookMessageId};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::webhooks::{self, Endpoint, Message, MessageState, Topic, Wish};

const BASE: &[&str] = &["url", "active"];

fn address(id: WebhookEndpointId) -> String {
    format!("/admin/webhooks/{id}")
}

/// What can be chosen; a test is only ever sent by hand.
fn topics() -> impl Iterator<Item = Topic> {
    Topic::ALL.iter().copied().filter(|topic| *topic != Topic::Test)
}

/// A topic's checkbox, named without the dot that an element's id had better not have.
fn field(topic: Topic) -> String {
    format!("topic-{}", topic.as_str().replace('.', "-"))
}

fn names() -> Vec<String> {
    BASE.iter().map(ToString::to_string).chain(topics().map(field)).collect()
}

fn blank() -> Form {
    Form::new(&names().iter().map(String::as_str).collect::<Vec<_>>())
}

fn filled(endpoint: &Endpoint) -> Form {
    let tick = |on: bool| if on { "on" } else { "" };
    let form = blank().fill("url", &endpoint.url).fill("active", tick(endpoint.active));
    let heard = |topic: &Topic| !endpoint.kinds.is_empty() && endpoint.hears(*topic);
    topics().filter(heard).fold(form, |form, topic| form.fill(&field(topic), "on"))
}

fn refused(desk: &Desk, posted: &Posted, stored: &Form, error: kernel::Error) -> Result<(StatusCode, Form)> {
    let (names, words) = (names(), desk.words()?);
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let label = |name: &str| {
        let text = match name {
            "url" => words.get("admin-webhook-url"),
            "active" => words.get("admin-webhook-active"),
            name => topics().find(|topic| field(*topic) == name)?.as_str().to_string(),
        };
        Some(Label { text, ..Label::default() })
    };
    let of = Refused { form: blank().typed(posted.pairs()), order: &order, stored, label: &label };
    stale::refused(posted, error, of, &words)
}

fn wish(posted: &Posted) -> Wish {
    let reader = Reader::new(posted, Currency::EUR);
    Wish {
        url: posted.get("url").to_string(),
        topics: topics().filter(|topic| reader.ticked(&field(*topic))).collect(),
        active: reader.ticked("active"),
    }
}

/// An endpoint as the audit log keeps it: without its secrets.
fn logged(endpoint: &Endpoint) -> Value {
    json!({ "url": endpoint.url, "kinds": endpoint.kinds, "active": endpoint.active })
}

fn choices() -> Vec<Value> {
    topics().map(|topic| json!({ "field": field(topic), "label": topic.as_str() })).collect()
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    show_list(&desk, StatusCode::OK, blank().fill("active", "on")).await
}

async fn show_list(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let found = desk.read(webhooks::list).await?;
    let rows: Vec<Value> =
        found.iter().map(|one| json!({ "id": one.id, "url": one.url, "active": one.active, "failures": one.failures })).collect();
    desk.page_as(status, "admin/webhooks.html", "admin-webhooks", json!({ "endpoints": rows, "topics": choices(), "form": form }))
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let asked = wish(&posted);
    let made = desk
        .write(move |conn, act| {
            let id = webhooks::create(conn, &asked, act.now)?;
            let after = logged(&webhooks::get(conn, id)?);
            act.log(conn, "webhook.create", &format!("webhook:{id}"), &Value::Null, &after)?;
            Ok(id)
        })
        .await;
    match made {
        Ok(id) => Ok(desk.done(&address(id), "admin-webhook-made")),
        Err(error) => {
            let (status, form) = refused(&desk, &posted, &blank(), error)?;
            show_list(&desk, status, form).await
        }
    }
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    show(&desk, WebhookEndpointId(*id), StatusCode::OK, None).await
}

async fn show(desk: &Desk, id: WebhookEndpointId, status: StatusCode, form: Option<Form>) -> Result<HttpResponse> {
    let (before, state) = (desk.after(), MessageState::parse(&desk.query("state")));
    let (endpoint, found) =
        desk.read(move |conn| Ok((webhooks::get(conn, id)?, webhooks::messages(conn, id, state, before, ROWS)?))).await?;
    let rows: Vec<Value> = found.iter().map(row).collect();
    let until = endpoint.old_until.filter(|until| *until > desk.door.now());
    let view = json!({ "id": id, "url": endpoint.url, "active": endpoint.active, "failures": endpoint.failures, "secret": endpoint.secret,
        "old_until": until, "topics": choices(), "form": form.unwrap_or_else(|| filled(&endpoint).sealed()), "messages": rows,
        "state": desk.query("state"), "states": MessageState::ALL, "next": desk.next(found.len(), found.last().map(|message| message.id.0)) });
    desk.page_as(status, "admin/webhook.html", "admin-webhook", view)
}

fn row(message: &Message) -> Value {
    json!({ "id": message.id, "key": message.key, "kind": message.kind, "state": message.state, "attempts": message.attempts,
        "next_at": message.next_at, "at": message.created_at })
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, asked, typed) = (WebhookEndpointId(*id), wish(&posted), posted.clone());
    let saved = desk
        .write(move |conn, act| {
            let before = webhooks::get(conn, id)?;
            stale::check(&filled(&before), &typed)?;
            let before = logged(&before);
            webhooks::update(conn, id, &asked, act.now)?;
            let after = logged(&webhooks::get(conn, id)?);
            act.log(conn, "webhook.save", &format!("webhook:{id}"), &before, &after)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let stored = desk.read(move |conn| webhooks::get(conn, id)).await?;
            let (status, form) = refused(&desk, &posted, &filled(&stored), error)?;
            show(&desk, id, status, Some(form)).await
        }
    }
}

pub async fn rotate(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = WebhookEndpointId(*id);
    desk.write(move |conn, act| {
        webhooks::rotate(conn, id, act.now)?;
        act.log(conn, "webhook.rotate", &format!("webhook:{id}"), &Value::Null, &json!({ "rotated_at": act.now }))
    })
    .await?;
    Ok(desk.done(&address(id), "admin-webhook-rotated"))
}

pub async fn test(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = WebhookEndpointId(*id);
    let sent = desk.write(move |conn, act| {
        let message = webhooks::test(conn, id, act.now)?;
        act.log(conn, "webhook.test", &format!("webhook:{id}"), &Value::Null, &json!({ "message": message }))
    });
    match sent.await {
        Ok(()) => Ok(desk.done(&address(id), "admin-webhook-test-sent")),
        Err(error) => desk.explained(&address(id), error),
    }
}

pub async fn remove(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = WebhookEndpointId(*id);
    desk.write(move |conn, act| {
        let before = logged(&webhooks::get(conn, id)?);
        webhooks::remove(conn, id)?;
        act.log(conn, "webhook.remove", &format!("webhook:{id}"), &before, &Value::Null)
    })
    .await?;
    Ok(desk.done("/admin/webhooks", "admin-webhook-removed"))
}

pub async fn message(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (endpoint, id) = (WebhookEndpointId(path.0), WebhookMessageId(path.1));
    let (message, attempts) = desk.read(move |conn| of(conn, endpoint, id)).await?;
    let payload: Value = serde_json::from_str(&message.payload)?;
    let pretty = serde_json::to_string_pretty(&payload)?;
    let mut view = row(&message);
    view["endpoint"] = json!(endpoint);
    view["payload"] = json!(pretty);
    view["tries"] = json!(attempts);
    desk.page("admin/webhook_message.html", "admin-webhook-message", view)
}

/// A message of this endpoint; one of another is not found.
fn of(conn: &mut kernel::Conn, endpoint: WebhookEndpointId, id: WebhookMessageId) -> Result<(Message, Vec<webhooks::Attempt>)> {
    let found = webhooks::message(conn, id)?;
    if found.0.endpoint_id == endpoint { Ok(found) } else { Err(kernel::Error::NotFound) }
}

pub async fn replay(desk: Desk, path: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    let (endpoint, id) = (WebhookEndpointId(path.0), WebhookMessageId(path.1));
    let back = format!("{}/messages/{id}", address(endpoint));
    let done = desk.write(move |conn, act| {
        let (before, _) = of(conn, endpoint, id)?;
        webhooks::replay(conn, id, act.now)?;
        act.log(
            conn,
            "webhook.replay",
            &format!("webhook:{endpoint}"),
            &json!({ "message": before.key, "state": before.state }),
            &json!({ "message": before.key, "state": MessageState::Waiting }),
        )
    });
    match done.await {
        Ok(()) => Ok(desk.done(&back, "admin-webhook-replayed")),
        Err(error) => desk.explained(&back, error),
    }
}
