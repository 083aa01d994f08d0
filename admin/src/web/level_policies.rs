//! One policy: which tickets it means, by when they are answered and settled, and what an alarm does.

use super::desk::Desk;
use super::forms::{self, Reader};
use super::levels::HERE;
use super::stale::{self, Label, Labels, Refused};
use super::tickets as inbox;
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::levels::{self, CalendarId, Policy, PolicyId, Wish};
use crm::segments::{self, SegmentId};
use crm::tickets::{Kind, PRIORITIES};
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &[
    "name",
    "position",
    "queue",
    "kind",
    "priority",
    "segment",
    "calendar",
    "first",
    "next",
    "resolve",
    "more_urgent",
    "hand_to",
    "task_for",
];
const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("position", "admin-position", ""),
    ("queue", "admin-ticket-queue", ""),
    ("kind", "admin-ticket-kind", ""),
    ("priority", "admin-ticket-priority", ""),
    ("segment", "admin-level-segment", ""),
    ("calendar", "admin-calendar", ""),
    ("first", "admin-level-first", ""),
    ("next", "admin-level-next", ""),
    ("resolve", "admin-level-resolve", ""),
    ("more_urgent", "admin-level-more-urgent", ""),
    ("hand_to", "admin-level-hand-to", ""),
    ("task_for", "admin-level-task-for", ""),
];

fn filled(policy: &Policy) -> Form {
    let word = |kind: Option<Kind>| kind.map(Kind::as_str).unwrap_or_default();
    Form::new(NAMES)
        .fill("name", policy.name.as_str())
        .fill("position", policy.position.to_string())
        .fill("queue", policy.queue.as_str())
        .fill("kind", word(policy.kind))
        .fill("priority", forms::number(policy.priority))
        .fill("segment", forms::number(policy.segment_id.map(|id| id.0)))
        .fill("calendar", policy.calendar_id.to_string())
        .fill("first", forms::number(policy.first_minutes))
        .fill("next", forms::number(policy.next_minutes))
        .fill("resolve", forms::number(policy.resolve_minutes))
        .fill("more_urgent", forms::tick(policy.more_urgent))
        .fill("hand_to", forms::number(policy.hand_to))
        .fill("task_for", forms::number(policy.task_for))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let form = Form::new(NAMES).fill("position", "0");
    show(&desk, StatusCode::OK, None, form).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = PolicyId(*id);
    let policy = desk.read(move |conn| levels::policy(conn, id)).await?;
    show(&desk, StatusCode::OK, Some(id), filled(&policy).sealed()).await
}

async fn show(desk: &Desk, status: StatusCode, id: Option<PolicyId>, form: Form) -> Result<HttpResponse> {
    let words = desk.words()?;
    let mut view = desk.read(choices).await?;
    let kind = |kind: &Kind| json!({ "value": kind.as_str(), "label": words.get(&format!("request-kind-{}", kind.as_str())) });
    let priority = |level: &i64| json!({ "value": level.to_string(), "label": words.get(&format!("admin-ticket-priority-{level}")) });
    view["kinds"] = json!(Kind::ALL.iter().map(kind).collect::<Vec<_>>());
    view["priorities"] = json!(PRIORITIES.iter().map(priority).collect::<Vec<_>>());
    (view["id"], view["form"]) = (json!(id), json!(form));
    let title = if id.is_some() { "admin-level" } else { "admin-level-new" };
    desk.page_as(status, "admin/level.html", title, view)
}

/// What there is to choose from.
fn choices(conn: &mut Conn) -> Result<Value> {
    let entry = |id: i64, name: &str| json!({ "value": id.to_string(), "label": name });
    let people: Vec<Value> = staff::list(conn)?.iter().filter(|one| one.active).map(|one| entry(one.id.0, &one.name)).collect();
    let segments: Vec<Value> = segments::list(conn)?.iter().map(|one| entry(one.id.0, &one.name)).collect();
    let calendars: Vec<Value> = levels::calendars(conn)?.iter().map(|one| entry(one.id.0, &one.name)).collect();
    Ok(json!({ "staff": people, "segments": segments, "calendars": calendars, "queues": inbox::queues(conn)? }))
}

fn read(posted: &Posted) -> Result<Wish> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let wish = Wish {
        position: reader.number("position"),
        name: reader.text("name"),
        queue: reader.text("queue").trim().to_string(),
        kind: Kind::parse(posted.get("kind")),
        priority: reader.optional_number("priority"),
        segment: reader.optional_number("segment").map(SegmentId),
        calendar: CalendarId(reader.number("calendar")),
        first: reader.optional_number("first"),
        next: reader.optional_number("next"),
        resolve: reader.optional_number("resolve"),
        more_urgent: reader.ticked("more_urgent"),
        hand_to: reader.optional_number("hand_to"),
        task_for: reader.optional_number("task_for"),
    };
    reader.check()?;
    Ok(wish)
}

/// `Invalid` when an alarm goes to somebody who does not work here.
fn at_work(conn: &mut Conn, wish: &Wish) -> Result<()> {
    let people = staff::list(conn)?;
    for (field, id) in [("hand_to", wish.hand_to), ("task_for", wish.task_for)] {
        if id.is_some_and(|id| !people.iter().any(|one| one.id.0 == id && one.active)) {
            return Err(Error::field(field, "level-person-gone"));
        }
    }
    Ok(())
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(PolicyId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<PolicyId>, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let saved = match read(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let before = id.map(|id| levels::policy(conn, id)).transpose()?;
                if let Some(before) = &before {
                    stale::check(&filled(before), &typed)?;
                }
                at_work(conn, &wish)?;
                let id = levels::save_policy(conn, id, &wish, act.now)?;
                let after = levels::policy(conn, id)?;
                act.log(conn, "level.policy", "levels", &before, &after)
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => {
            let words = desk.words()?;
            let stored = match id {
                Some(id) => desk.read(move |conn| Ok(filled(&levels::policy(conn, id)?))).await?,
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
    let id = PolicyId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = levels::policy(conn, id)?;
            levels::remove_policy(conn, id, act.now)?;
            act.log(conn, "level.policy", "levels", &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(HERE, "admin-deleted")),
        Err(error) => desk.explained(HERE, error),
    }
}
