//! The form of a campaign: whom it is for, when it goes out and what is tried. What it says is written on pages of its own.

use super::campaigns::address;
use super::desk::Desk;
use super::forms::{self, Reader};
use super::stale::{self, Label, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::NaiveTime;
use crm::campaigns::{self, Audience, CampaignId, Measure, Plan, Trial, Wish};
use crm::segments::{self, Segment, SegmentId};
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{shop, stores};

const BASE: &[&str] = &[
    "name",
    "store",
    "topic",
    "control",
    "at",
    "local",
    "window_from",
    "window_until",
    "per_hour",
    "cap",
    "cap_days",
    "share",
    "measure",
    "hours",
];
const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("store", "admin-store", ""),
    ("topic", "admin-campaign-topic", ""),
    ("control", "admin-campaign-control", ""),
    ("at", "admin-campaign-at", ""),
    ("local", "admin-campaign-local", ""),
    ("window_from", "admin-campaign-window-from", ""),
    ("window_until", "admin-campaign-window-until", ""),
    ("per_hour", "admin-campaign-per-hour", ""),
    ("cap", "admin-campaign-cap", ""),
    ("cap_days", "admin-campaign-cap-days", ""),
    ("share", "admin-campaign-share", ""),
    ("measure", "admin-campaign-measure", "admin-campaign-measure-"),
    ("hours", "admin-campaign-hours", ""),
];
/// What a segment is to a campaign.
const INCLUDED: &str = "include";
const EXCLUDED: &str = "exclude";

fn field_of(segment: SegmentId) -> String {
    format!("segment_{segment}")
}

fn names(all: &[Segment]) -> Vec<String> {
    BASE.iter().map(ToString::to_string).chain(all.iter().map(|one| field_of(one.id))).collect()
}

fn clock(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

fn filled(wish: &Wish, all: &[Segment]) -> Form {
    let mut form = Form::new(&names(all))
        .fill("name", wish.name.as_str())
        .fill("store", wish.store_id.to_string())
        .fill("topic", wish.topic.as_str())
        .fill("control", forms::percent(wish.control_bp))
        .fill("at", forms::moment(wish.plan.at))
        .fill("local", forms::tick(wish.plan.local))
        .fill("window_from", wish.plan.window.map(|(from, _)| clock(from)).unwrap_or_default())
        .fill("window_until", wish.plan.window.map(|(_, until)| clock(until)).unwrap_or_default())
        .fill("per_hour", forms::number(wish.plan.per_hour))
        .fill("cap", forms::number(wish.plan.cap.map(|(mails, _)| mails)))
        .fill("cap_days", forms::number(wish.plan.cap.map(|(_, days)| days)))
        .fill("share", forms::percent(wish.trial.share_bp))
        .fill("measure", wish.trial.measure.as_str())
        .fill("hours", wish.trial.hours.to_string());
    for id in &wish.audience.include {
        form = form.fill(&field_of(*id), INCLUDED);
    }
    for id in &wish.audience.exclude {
        form = form.fill(&field_of(*id), EXCLUDED);
    }
    form
}

/// A time of day, `09:00`. Empty is none.
fn time(reader: &mut Reader<'_>, posted: &Posted, name: &str) -> Option<NaiveTime> {
    let text = posted.get(name).trim();
    if text.is_empty() {
        return None;
    }
    let read = NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"));
    if read.is_err() {
        reader.wrong.add(name, "admin-time-invalid");
    }
    read.ok()
}

fn read(posted: &Posted) -> Result<Wish> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let (from, until) = (time(&mut reader, posted, "window_from"), time(&mut reader, posted, "window_until"));
    if from.is_some() != until.is_some() {
        reader.wrong.add("window_from", "campaign-window-half");
    }
    let (mails, days) = (reader.optional_number("cap"), reader.optional_number("cap_days"));
    if mails.is_some() != days.is_some() {
        reader.wrong.add("cap", "campaign-cap-half");
    }
    let mut audience = Audience::default();
    for (name, value) in posted.pairs() {
        let Some(id) = name.strip_prefix("segment_").and_then(|id| id.parse().ok()).map(SegmentId) else { continue };
        match value {
            INCLUDED => audience.include.push(id),
            EXCLUDED => audience.exclude.push(id),
            _ => {}
        }
    }
    let measure = Measure::parse(posted.get("measure"));
    if measure.is_none() {
        reader.wrong.add("measure", "field-required");
    }
    let wish = Wish {
        name: reader.text("name"),
        store_id: reader.number("store"),
        topic: reader.text("topic"),
        audience,
        control_bp: reader.percent("control"),
        plan: Plan {
            at: reader.moment("at"),
            local: reader.ticked("local"),
            window: from.zip(until),
            per_hour: reader.optional_number("per_hour"),
            cap: mails.zip(days),
        },
        trial: Trial { share_bp: reader.percent("share"), measure: measure.unwrap_or(Measure::Clicks), hours: reader.number("hours") },
    };
    reader.check()?;
    Ok(wish)
}

/// `Invalid` for a store that is none.
fn in_store(conn: &mut Conn, wish: &Wish) -> Result<()> {
    if stores::list(conn)?.iter().any(|store| store.id.0 == wish.store_id) {
        return Ok(());
    }
    Err(Error::field("store", "campaign-store-gone"))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let form = desk.read(|conn| Ok(filled(&Wish::default(), &segments::list(conn)?))).await?;
    show(&desk, StatusCode::OK, None, form).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = CampaignId(*id);
    let form = desk.read(move |conn| Ok(filled(&campaigns::get(conn, id)?.wish(), &segments::list(conn)?).sealed())).await?;
    show(&desk, StatusCode::OK, Some(id), form).await
}

async fn show(desk: &Desk, status: StatusCode, id: Option<CampaignId>, form: Form) -> Result<HttpResponse> {
    let mut view = desk
        .read(move |conn| {
            let entry = |id: i64, name: &str| json!({ "value": id.to_string(), "label": name });
            let stores: Vec<Value> = stores::list(conn)?.iter().map(|store| entry(store.id.0, &store.name)).collect();
            let segment = |one: &Segment| json!({ "field": field_of(one.id), "name": one.name });
            let all: Vec<Value> = segments::list(conn)?.iter().map(segment).collect();
            let zone = shop::get(conn)?.time_zone;
            Ok(json!({ "stores": stores, "segments": all, "zone": zone }))
        })
        .await?;
    let measure = |one: &Measure| json!({ "value": one.as_str(), "label": format!("admin-campaign-measure-{}", one.as_str()) });
    let part = |word: &str| json!({ "value": word, "label": format!("admin-campaign-{word}") });
    view["measures"] = json!(Measure::ALL.iter().map(measure).collect::<Vec<_>>());
    view["parts"] = json!([part(INCLUDED), part(EXCLUDED)]);
    (view["id"], view["form"]) = (json!(id), json!(form));
    let title = if id.is_some() { "admin-campaign-edit" } else { "admin-campaign-new" };
    desk.page_as(status, "admin/campaign_form.html", title, view)
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(CampaignId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<CampaignId>, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let saved = match read(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                in_store(conn, &wish)?;
                let before = id.map(|id| campaigns::get(conn, id)).transpose()?;
                let id = match &before {
                    Some(before) => {
                        stale::check(&filled(&before.wish(), &segments::list(conn)?), &typed)?;
                        campaigns::update(conn, before.id, before.version, &wish, act.now)?;
                        before.id
                    }
                    None => campaigns::create(conn, &wish, act.now)?,
                };
                let after = campaigns::get(conn, id)?.wish();
                act.log(conn, "campaign.save", &format!("campaign:{id}"), &before.map(|before| before.wish()), &after)?;
                Ok(id)
            })
            .await
        }
    };
    match saved {
        Ok(id) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => refused(&desk, id, &posted, error).await,
    }
}

async fn refused(desk: &Desk, id: Option<CampaignId>, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let words = desk.words()?;
    let (all, stored) = desk
        .read(move |conn| {
            let stored = id.map(|id| campaigns::get(conn, id)).transpose()?.map_or_else(Wish::default, |one| one.wish());
            Ok((segments::list(conn)?, stored))
        })
        .await?;
    let stored = filled(&stored, &all);
    let names = names(&all);
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let label = |name: &str| -> Option<Label> {
        let segment = all.iter().find(|one| field_of(one.id) == name);
        match segment {
            Some(one) => Some(Label { text: one.name.clone(), values: "admin-campaign-", ..Label::default() }),
            None => stale::label(LABELS, name, &words),
        }
    };
    let form = Form::new(&order).typed(posted.pairs());
    let (status, form) = stale::refused(posted, error, Refused { form, order: &order, stored: &stored, label: &label }, &words)?;
    show(desk, status, id, form).await
}
