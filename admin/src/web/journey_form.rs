//! The form of a step of a journey.

use super::desk::Desk;
use super::forms::{self, Reader};
use super::journeys::{address, names_of};
use super::stale::{self, Label, Labels, Refused};
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{NaiveTime, Timelike};
use crm::activities::Kind;
use crm::campaigns::CampaignId;
use crm::journeys::{self, Awaited, Errand, JourneyId, Node, NodeId, Rhythm, Wait, What, Wish};
use crm::segments;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{offers, stores};

const STEP: &[&str] =
    &["amount", "unit", "kind", "time", "percent", "days", "promotion", "tag", "title", "assignee", "hook", "next", "other"];
const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("store", "admin-store", ""),
    ("topic", "admin-campaign-topic", ""),
    ("trigger", "admin-journey-trigger", "admin-journey-trigger-"),
    ("kind", "admin-journey-event", ""),
    ("segment", "admin-journey-segment", ""),
    ("again", "admin-journey-again", "admin-journey-again-"),
    ("again_days", "admin-journey-again-days", ""),
    ("per_day", "admin-journey-per-day", ""),
    ("at", "admin-journey-time", ""),
    ("fall", "admin-journey-fall", ""),
    ("amount", "admin-journey-amount", ""),
    ("unit", "admin-journey-unit", "admin-journey-unit-"),
    ("time", "admin-journey-time", ""),
    ("percent", "admin-journey-percent", ""),
    ("days", "admin-journey-for-days", ""),
    ("promotion", "admin-journey-promotion", ""),
    ("tag", "admin-journey-tag", ""),
    ("title", "admin-task-title", ""),
    ("assignee", "admin-task-who", ""),
    ("hook", "admin-journey-hook", ""),
    ("next", "admin-journey-next", ""),
    ("other", "admin-journey-other", ""),
];
/// The kinds of steps, in the order in which they are offered.
pub const WORDS: &[&str] = &["mail", "wait", "await", "clock", "rhythm", "branch", "split", "offer", "tag", "untag", "task", "hook"];
const UNITS: [(&str, i64); 3] = [("minutes", 1), ("hours", 60), ("days", 24 * 60)];

/// The minute of the day that a field says.
pub fn minute(reader: &mut Reader<'_>, posted: &Posted, name: &str) -> i64 {
    let typed = posted.get(name).trim();
    let time = NaiveTime::parse_from_str(typed, "%H:%M").or_else(|_| NaiveTime::parse_from_str(typed, "%H:%M:%S"));
    if time.is_err() {
        reader.wrong.add(name, "admin-time-invalid");
    }
    time.map_or(0, |time| i64::from(time.num_seconds_from_midnight() / 60))
}

fn filled(node: &Node) -> Result<Form> {
    let number = |id: Option<NodeId>| id.map(|id| id.to_string()).unwrap_or_default();
    let form = Form::new(STEP).fill("next", number(node.next)).fill("other", number(node.other));
    let long = |form: Form, minutes: i64| {
        let (unit, size) = UNITS.iter().rev().find(|(_, size)| minutes % size == 0).copied().unwrap_or(UNITS[0]);
        form.fill("amount", (minutes / size).to_string()).fill("unit", unit)
    };
    Ok(match &node.what {
        What::Wait(Wait::Minutes(minutes)) => long(form, *minutes),
        What::Wait(Wait::Event(awaited)) => long(form, awaited.minutes).fill("kind", awaited.kind.as_str()),
        What::Wait(Wait::Clock(minute)) => form.fill("time", super::journey_draw::clock(*minute)),
        What::Wait(Wait::Rhythm(rhythm)) => form.fill("percent", rhythm.percent.to_string()).fill("days", rhythm.days.to_string()),
        What::Split(share) => form.fill("percent", forms::percent(*share)),
        What::Mail(_) | What::Branch(_) => form,
        What::Offer(promotion) => form.fill("promotion", promotion.to_string()),
        What::Tag(tag) | What::Untag(tag) => form.fill("tag", tag.as_str()),
        What::Task(errand) => {
            form.fill("title", errand.title.as_str()).fill("days", errand.days.to_string()).fill("assignee", forms::number(errand.assignee))
        }
        What::Hook(name) => form.fill("hook", name.as_str()),
    })
}

/// A step of a kind as it was typed. The campaign of a mail is not typed, and the rule of a branch has a page of its own.
fn read_step(posted: &Posted, word: &str) -> Result<What> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let minutes = |reader: &mut Reader<'_>| {
        let size = UNITS.iter().find(|(unit, _)| *unit == posted.get("unit")).map_or(1, |(_, size)| *size);
        reader.number("amount").saturating_mul(size)
    };
    let what = match word {
        "wait" => What::Wait(Wait::Minutes(minutes(&mut reader))),
        "await" => What::Wait(Wait::Event(Awaited { kind: reader.text("kind"), minutes: minutes(&mut reader) })),
        "clock" => What::Wait(Wait::Clock(minute(&mut reader, posted, "time"))),
        "rhythm" => What::Wait(Wait::Rhythm(Rhythm { percent: reader.number("percent"), days: reader.number("days") })),
        "split" => What::Split(reader.percent("percent")),
        "offer" => What::Offer(reader.number("promotion")),
        "tag" => What::Tag(reader.text("tag").trim().to_string()),
        "untag" => What::Untag(reader.text("tag").trim().to_string()),
        "task" => {
            What::Task(Errand { title: reader.text("title"), days: reader.number("days"), assignee: reader.optional_number("assignee") })
        }
        "hook" => What::Hook(reader.text("hook").trim().to_string()),
        "mail" => What::Mail(CampaignId(0)),
        _ => return Err(Error::NotFound),
    };
    reader.check()?;
    Ok(what)
}

/// What there is to choose from.
pub fn choices(conn: &mut Conn) -> Result<Value> {
    let entry = |id: i64, name: &str| json!({ "value": id.to_string(), "label": name });
    let stores: Vec<Value> = stores::list(conn)?.iter().map(|one| entry(one.id.0, &one.name)).collect();
    let segments: Vec<Value> = segments::list(conn)?.iter().map(|one| entry(one.id.0, &one.name)).collect();
    let people: Vec<Value> = staff::list(conn)?.iter().map(|one| entry(one.id.0, &one.name)).collect();
    let offers: Vec<Value> = offers::list(conn, None, 200)?.iter().map(|(one, _)| entry(one.id.0, &one.name)).collect();
    let kind = |one: &Kind| json!({ "value": one.as_str(), "label": format!("admin-activity-{}", one.as_str()) });
    let words = |prefix: &str, all: &[&str]| -> Vec<Value> {
        all.iter().map(|one| json!({ "value": one, "label": format!("admin-journey-{prefix}-{one}") })).collect()
    };
    Ok(json!({ "stores": stores, "segments": segments, "people": people, "offers": offers,
        "kinds": Kind::ALL.iter().map(kind).collect::<Vec<_>>(), "triggers": words("trigger", &super::journey_settings::TRIGGERS), "agains": words("again", &super::journey_settings::AGAIN),
        "units": words("unit", &UNITS.map(|(unit, _)| unit)) }))
}

pub fn refused(desk: &Desk, posted: &Posted, error: Error, order: &'static [&'static str], stored: &Form) -> Result<(StatusCode, Form)> {
    let words = desk.words()?;
    let label = |name: &str| -> Option<Label> { stale::label(LABELS, name, &words) };
    let form = Form::new(order).typed(posted.pairs());
    stale::refused(posted, error, Refused { form, order, stored, label: &label }, &words)
}

/// Where a new step comes: behind a step, on one of its ways.
fn place(desk: &Desk) -> (Option<NodeId>, bool) {
    (desk.query("after").parse().ok(), desk.query("other") == "true")
}

/// The kinds of steps there are, or the form of a new one.
pub async fn new(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, word) = (JourneyId(*id), desk.query("what"));
    desk.read(move |conn| journeys::get(conn, id)).await?;
    if word == "branch" {
        let (after, other) = place(&desk);
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        return Ok(desk.door.go(&desk.visit, &format!("{}/rules/new?other={other}{after}", address(id))));
    }
    let form = Form::new(STEP).fill("unit", "days").fill("percent", if word == "rhythm" { "90" } else { "50" });
    show_step(&desk, StatusCode::OK, (id, None), &word, form).await
}

async fn show_step(
    desk: &Desk,
    status: StatusCode,
    (id, step): (JourneyId, Option<NodeId>),
    word: &str,
    form: Form,
) -> Result<HttpResponse> {
    let words = desk.words()?;
    let mut view = desk
        .read(move |conn| {
            let (mut view, journey) = (choices(conn)?, journeys::get(conn, id)?);
            let names = names_of(conn, &journey.draft.0, &words)?;
            let mut steps = Vec::new();
            for node in journey.draft.0.nodes.iter().filter(|node| Some(node.id) != step) {
                let says = super::journey_draw::says(&words, &names, &node.what)?;
                steps.push(json!({ "value": node.id.to_string(), "label": format!("{} {says}", node.id) }));
            }
            let forks = step.and_then(|step| journey.draft.0.node(step)).is_some_and(|node| node.what.forks());
            let branch = step.and_then(|step| journey.draft.0.node(step)).and_then(|node| match &node.what {
                What::Branch(rule) => Some(super::journey_draw::rule(&words, &names, rule)),
                _ => None,
            });
            (view["steps"], view["name"], view["forks"]) = (json!(steps), json!(journey.name), json!(forks));
            view["branch"] = json!(branch);
            Ok(view)
        })
        .await?;
    let (after, other) = place(desk);
    let known = WORDS.contains(&word).then_some(word);
    (view["id"], view["step"], view["form"], view["what"]) = (json!(id), json!(step), json!(form), json!(known));
    (view["after"], view["other"], view["whats"]) = (json!(after), json!(other.to_string()), json!(WORDS));
    let title = if step.is_some() { "admin-journey-step" } else { "admin-journey-step-new" };
    desk.page_as(status, "admin/journey_step.html", title, view)
}

pub async fn create(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, word, (after, other), typed) = (JourneyId(*id), desk.query("what"), place(&desk), posted.clone());
    let kind = word.clone();
    let saved = desk
        .write(move |conn, act| {
            let what = read_step(&typed, &kind)?;
            let before = journeys::get(conn, id)?;
            let mut graph = before.draft.0.clone();
            if after.is_some_and(|after| graph.node(after).is_none()) {
                return Err(Error::conflict("journey-stale"));
            }
            let step = graph.insert(after, other, what);
            if kind == "mail" {
                let wish = Wish { name: before.name.clone(), store_id: before.store_id, topic: before.topic.clone() };
                let mail = journeys::add_mail(conn, &wish, step, act.now)?;
                graph.nodes.iter_mut().filter(|node| node.id == step).for_each(|node| node.what = What::Mail(mail));
            }
            journeys::put_graph(conn, id, before.version, &graph, act.now)?;
            act.log(conn, "journey.step", &format!("journey:{id}"), &Value::Null, &graph.node(step))
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(Error::NotFound) => Err(Error::NotFound),
        Err(error) => {
            let (status, form) = refused(&desk, &posted, error, STEP, &Form::new(STEP))?;
            show_step(&desk, status, (id, None), &word, form).await
        }
    }
}

pub async fn step(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, step) = (JourneyId(path.0), NodeId(path.1));
    let node = desk.read(move |conn| found(conn, id, step)).await?;
    show_step(&desk, StatusCode::OK, (id, Some(step)), node.what.word(), filled(&node)?.sealed()).await
}

fn found(conn: &mut Conn, id: JourneyId, step: NodeId) -> Result<Node> {
    journeys::get(conn, id)?.draft.0.node(step).cloned().ok_or(Error::NotFound)
}

pub async fn save(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (id, step, typed) = (JourneyId(path.0), NodeId(path.1), posted.clone());
    let saved = desk
        .write(move |conn, act| {
            let journey = journeys::get(conn, id)?;
            let before = journey.draft.0.node(step).cloned().ok_or(Error::NotFound)?;
            stale::check(&filled(&before)?, &typed)?;
            let mut after = before.clone();
            if !matches!(before.what, What::Mail(_) | What::Branch(_)) {
                after.what = read_step(&typed, before.what.word())?;
            }
            after.next = typed.get("next").parse().ok();
            after.other = typed.get("other").parse().ok().filter(|_| after.what.forks());
            let mut graph = journey.draft.0.clone();
            graph.nodes.iter_mut().filter(|node| node.id == step).for_each(|node| *node = after.clone());
            journeys::put_graph(conn, id, journey.version, &graph, act.now)?;
            act.log(conn, "journey.step", &format!("journey:{id}"), &before, &after)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(Error::NotFound) => Err(Error::NotFound),
        Err(error) => {
            let node = desk.read(move |conn| found(conn, id, step)).await?;
            let (status, form) = refused(&desk, &posted, error, STEP, &filled(&node)?)?;
            show_step(&desk, status, (id, Some(step)), node.what.word(), form).await
        }
    }
}

pub async fn remove(desk: Desk, path: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    let (id, step) = (JourneyId(path.0), NodeId(path.1));
    let gone = desk
        .write(move |conn, act| {
            let journey = journeys::get(conn, id)?;
            let mut graph = journey.draft.0.clone();
            graph.remove(step);
            journeys::put_graph(conn, id, journey.version, &graph, act.now)?;
            act.log(conn, "journey.step", &format!("journey:{id}"), &journey.draft.0.node(step), &Value::Null)
        })
        .await;
    match gone {
        Ok(()) => Ok(desk.done(&address(id), "admin-deleted")),
        Err(error) => desk.explained(&address(id), error),
    }
}

/// Has a mail that goes out already written anew, for the next version.
pub async fn renew(desk: Desk, path: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    let (id, step) = (JourneyId(path.0), NodeId(path.1));
    let made = desk
        .write(move |conn, act| {
            let before = journeys::get(conn, id)?;
            let made = journeys::renew_mail(conn, id, before.version, step, act.now)?;
            act.log(conn, "journey.step", &format!("journey:{id}"), &before.draft.0.node(step), &json!({ "id": step, "mail": made }))?;
            Ok(made)
        })
        .await;
    match made {
        Ok(made) => Ok(desk.done(&format!("/admin/campaigns/{made}/texts"), "admin-saved")),
        Err(error) => desk.explained(&address(id), error),
    }
}
