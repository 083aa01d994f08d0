//! Service levels: the calendars that time is counted by, and the list of the policies.

use super::desk::Desk;
use super::stale::{self, Label, Refused};
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::levels::{self, Calendar, CalendarId, Hours, Policy};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

pub const HERE: &str = "/admin/levels";
const NAMES: &[&str] = &["name", "zone", "day-0", "day-1", "day-2", "day-3", "day-4", "day-5", "day-6", "holidays"];
/// What a new calendar begins with, from Monday on.
const OFFICE: [&str; 7] = ["09:00-17:00", "09:00-17:00", "09:00-17:00", "09:00-17:00", "09:00-17:00", "", ""];

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let view = desk
        .read(|conn| {
            let calendars = levels::calendars(conn)?;
            let people = staff::list(conn)?;
            let person = |id: Option<i64>| people.iter().find(|one| Some(one.id.0) == id).map(|one| one.name.clone());
            let mut policies = Vec::new();
            for policy in levels::policies(conn)? {
                policies.push(policy_row(conn, &policy, &calendars, &person)?);
            }
            let calendar = |one: &Calendar| json!({ "id": one.id, "name": one.name, "zone": one.hours.zone() });
            Ok(json!({ "policies": policies, "calendars": calendars.iter().map(calendar).collect::<Vec<_>>() }))
        })
        .await?;
    desk.page("admin/levels.html", "admin-levels", view)
}

fn policy_row(conn: &mut Conn, policy: &Policy, calendars: &[Calendar], person: &dyn Fn(Option<i64>) -> Option<String>) -> Result<Value> {
    let segment = match policy.segment_id {
        Some(id) => Some(crm::segments::get(conn, id)?.name),
        None => None,
    };
    let calendar = calendars.iter().find(|one| one.id == policy.calendar_id).map(|one| &one.name);
    Ok(
        json!({ "id": policy.id, "name": policy.name, "queue": policy.queue, "kind": policy.kind, "priority": policy.priority, "segment": segment,
        "calendar": calendar, "first": policy.first_minutes, "next": policy.next_minutes, "resolve": policy.resolve_minutes,
        "more_urgent": policy.more_urgent, "hand_to": person(policy.hand_to), "task_for": person(policy.task_for) }),
    )
}

fn filled(calendar: &Calendar) -> Form {
    let form = Form::new(NAMES).fill("name", calendar.name.as_str()).fill("zone", calendar.hours.zone());
    let form = form.fill("holidays", levels::write_holidays(calendar.hours.holidays()));
    let days = calendar.hours.week().iter().enumerate();
    days.fold(form, |form, (day, spans)| form.fill(&format!("day-{day}"), levels::write_spans(spans)))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let zone = desk.read(|conn| Ok(storefront::shop::get(conn)?.time_zone)).await?;
    let days = OFFICE.iter().enumerate();
    let form = days.fold(Form::new(NAMES).fill("zone", zone), |form, (day, hours)| form.fill(&format!("day-{day}"), *hours));
    show(&desk, StatusCode::OK, None, form)
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = CalendarId(*id);
    let calendar = desk.read(move |conn| levels::calendar(conn, id)).await?;
    show(&desk, StatusCode::OK, Some(id), filled(&calendar).sealed())
}

fn show(desk: &Desk, status: StatusCode, id: Option<CalendarId>, form: Form) -> Result<HttpResponse> {
    let title = if id.is_some() { "admin-calendar" } else { "admin-calendar-new" };
    desk.page_as(status, "admin/calendar.html", title, json!({ "id": id, "form": form, "days": (0..7).collect::<Vec<i64>>() }))
}

fn read(posted: &Posted) -> Result<Hours> {
    let mut wrong = Fields::default();
    let mut days = Vec::new();
    for day in 0..7 {
        let field = format!("day-{day}");
        days.push(levels::read_spans(posted.get(&field)).unwrap_or_else(|| {
            wrong.add(&field, "level-hours-wrong");
            Vec::new()
        }));
    }
    let holidays = levels::read_holidays(posted.get("holidays"));
    if holidays.is_none() {
        wrong.add("holidays", "level-holidays-wrong");
    }
    wrong.check()?;
    let week = days.try_into().map_err(|_| Error::unexpected("a week has seven days"))?;
    Hours::new(posted.get("zone"), week, holidays.unwrap_or_default())
}

/// What the audit log keeps of a calendar.
fn kept(calendar: &Calendar) -> Value {
    let days: Vec<String> = calendar.hours.week().iter().map(|spans| levels::write_spans(spans)).collect();
    json!({ "name": calendar.name, "zone": calendar.hours.zone(), "week": days, "holidays": levels::write_holidays(calendar.hours.holidays()) })
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(CalendarId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<CalendarId>, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let saved = match read(&posted) {
        Err(error) => Err(error),
        Ok(hours) => {
            desk.write(move |conn, act| {
                let before = id.map(|id| levels::calendar(conn, id)).transpose()?;
                if let Some(before) = &before {
                    stale::check(&filled(before), &typed)?;
                }
                let id = match id {
                    Some(id) => levels::update_calendar(conn, id, typed.get("name"), &hours, act.now).map(|()| id)?,
                    None => levels::create_calendar(conn, typed.get("name"), &hours)?,
                };
                let after = levels::calendar(conn, id)?;
                act.log(conn, "level.calendar", "levels", &before.as_ref().map(kept), &kept(&after))
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => {
            let words = desk.words()?;
            let stored = match id {
                Some(id) => desk.read(move |conn| Ok(filled(&levels::calendar(conn, id)?))).await?,
                None => Form::new(NAMES),
            };
            let label = |name: &str| label(name, &words);
            let form = Form::new(NAMES).typed(posted.pairs());
            let (status, form) = stale::refused(&posted, error, Refused { form, order: NAMES, stored: &stored, label: &label }, &words)?;
            show(&desk, status, id, form)
        }
    }
}

fn label(name: &str, words: &Words) -> Option<Label> {
    let key = match name {
        "name" => "admin-col-name".to_string(),
        "zone" => "admin-calendar-zone".to_string(),
        "holidays" => "admin-calendar-holidays".to_string(),
        day => format!("admin-calendar-{day}"),
    };
    Some(Label { text: words.get(&key), ..Label::default() })
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = CalendarId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = levels::calendar(conn, id)?;
            levels::remove_calendar(conn, id)?;
            act.log(conn, "level.calendar", "levels", &kept(&before), &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(HERE, "admin-deleted")),
        Err(error) => desk.explained(HERE, error),
    }
}
