//! One rule of where new tickets go.

use super::desk::Desk;
use super::forms::{self, Reader};
use super::routing::HERE;
use super::stale::{self, Label, Labels, Refused};
use super::tickets as inbox;
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::routing::{self, Route, RouteId, Way, Wish};
use crm::segments::{self, SegmentId};
use crm::tickets::{Channel, Kind};
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::stores;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] =
    &["name", "position", "kind", "channel", "store", "language", "words", "segment", "queue", "way", "person", "skills", "speaks"];
const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("position", "admin-position", ""),
    ("kind", "admin-ticket-kind", ""),
    ("channel", "admin-ticket-channel", ""),
    ("store", "admin-routing-store", ""),
    ("language", "admin-routing-language", ""),
    ("words", "admin-routing-words", ""),
    ("segment", "admin-level-segment", ""),
    ("queue", "admin-ticket-queue", ""),
    ("way", "admin-routing-way", "admin-routing-way-"),
    ("person", "admin-routing-person", ""),
    ("skills", "admin-routing-skills", ""),
    ("speaks", "admin-routing-speaks", ""),
];

fn filled(rule: &Route) -> Form {
    Form::new(NAMES)
        .fill("name", rule.name.as_str())
        .fill("position", rule.position.to_string())
        .fill("kind", rule.kind.map(Kind::as_str).unwrap_or_default())
        .fill("channel", rule.channel.map(Channel::as_str).unwrap_or_default())
        .fill("store", forms::number(rule.store_id))
        .fill("language", rule.language.as_str())
        .fill("words", rule.words.as_str())
        .fill("segment", forms::number(rule.segment_id.map(|id| id.0)))
        .fill("queue", rule.queue.as_str())
        .fill("way", rule.way.as_str())
        .fill("person", forms::number(rule.person))
        .fill("skills", rule.skills.as_str())
        .fill("speaks", forms::tick(rule.speaks))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    show(&desk, StatusCode::OK, None, Form::new(NAMES).fill("position", "0").fill("way", Way::Nobody.as_str())).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = RouteId(*id);
    let rule = desk.read(move |conn| routing::route(conn, id)).await?;
    show(&desk, StatusCode::OK, Some(id), filled(&rule).sealed()).await
}

async fn show(desk: &Desk, status: StatusCode, id: Option<RouteId>, form: Form) -> Result<HttpResponse> {
    let words = desk.words()?;
    let mut view = desk.read(choices).await?;
    let named = |prefix: &str, word: &str| json!({ "value": word, "label": words.get(&format!("{prefix}{word}")) });
    view["kinds"] = json!(Kind::ALL.iter().map(|one| named("request-kind-", one.as_str())).collect::<Vec<_>>());
    view["channels"] = json!(Channel::ALL.iter().map(|one| named("admin-ticket-channel-", one.as_str())).collect::<Vec<_>>());
    view["languages"] = json!(Language::all().iter().map(|one| json!({ "value": one.code(), "label": one.name() })).collect::<Vec<_>>());
    (view["ways"], view["id"], view["form"]) = (json!(Way::ALL), json!(id), json!(form));
    let title = if id.is_some() { "admin-routing-rule" } else { "admin-routing-new" };
    desk.page_as(status, "admin/routing_rule.html", title, view)
}

/// What there is to choose from. Given tickets are those who take them.
fn choices(conn: &mut Conn) -> Result<Value> {
    let entry = |id: i64, name: &str| json!({ "value": id.to_string(), "label": name });
    let takers = routing::takers(conn)?;
    let takes = |one: &&staff::Staff| takers.iter().any(|taker| taker.staff_id == one.id.0);
    let people: Vec<Value> = staff::list(conn)?.iter().filter(takes).map(|one| entry(one.id.0, &one.name)).collect();
    let segments: Vec<Value> = segments::list(conn)?.iter().map(|one| entry(one.id.0, &one.name)).collect();
    let stores: Vec<Value> = stores::list(conn)?.iter().map(|one| entry(one.id.0, &one.name)).collect();
    Ok(json!({ "people": people, "segments": segments, "stores": stores, "queues": inbox::queues(conn)? }))
}

fn read(posted: &Posted) -> Result<Wish> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let wish = Wish {
        position: reader.number("position"),
        name: reader.text("name"),
        kind: Kind::parse(posted.get("kind")),
        channel: Channel::parse(posted.get("channel")),
        store: reader.optional_number("store"),
        language: Language::parse(posted.get("language")).map(|language| language.code().to_string()).unwrap_or_default(),
        words: reader.text("words"),
        segment: reader.optional_number("segment").map(SegmentId),
        queue: reader.text("queue").trim().to_string(),
        way: Way::parse(posted.get("way")).unwrap_or(Way::Nobody),
        person: reader.optional_number("person"),
        skills: reader.text("skills"),
        speaks: reader.ticked("speaks"),
    };
    reader.check()?;
    Ok(wish)
}

/// `Invalid` for a store that there is not, and for somebody who is given no tickets.
fn known(conn: &mut Conn, wish: &Wish) -> Result<()> {
    let mut wrong = Fields::default();
    if wish.way == Way::Person && !routing::takers(conn)?.iter().any(|one| Some(one.staff_id) == wish.person) {
        wrong.add("person", "routing-person-none");
    }
    if let Some(store) = wish.store
        && !stores::list(conn)?.iter().any(|one| one.id.0 == store)
    {
        wrong.add("store", "routing-store-gone");
    }
    wrong.check()
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(RouteId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<RouteId>, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let saved = match read(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let before = id.map(|id| routing::route(conn, id)).transpose()?;
                if let Some(before) = &before {
                    stale::check(&filled(before), &typed)?;
                }
                known(conn, &wish)?;
                let id = routing::save(conn, id, &wish)?;
                let after = routing::route(conn, id)?;
                act.log(conn, "routing.rule", "routing", &before, &after)
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => {
            let words = desk.words()?;
            let stored = match id {
                Some(id) => desk.read(move |conn| Ok(filled(&routing::route(conn, id)?))).await?,
                None => Form::new(NAMES),
            };
            let label = |name: &str| -> Option<Label> { stale::label(LABELS, name, &words) };
            let form = Form::new(NAMES).typed(posted.pairs());
            let (status, form) = stale::refused(&posted, error, Refused { form, order: NAMES, stored: &stored, label: &label }, &words)?;
            show(&desk, status, id, form).await
        }
    }
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = RouteId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = routing::route(conn, id)?;
            routing::remove(conn, id)?;
            act.log(conn, "routing.rule", "routing", &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(HERE, "admin-deleted")),
        Err(error) => desk.explained(HERE, error),
    }
}
