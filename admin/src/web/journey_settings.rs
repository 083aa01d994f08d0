//! The form of what a journey is entered by, and how often.

use super::desk::Desk;
use super::forms::{self, Reader};
use super::journey_form::{choices, minute, refused};
use super::journeys::address;
use super::stale;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::journeys::{self, Again, Graph, Journey, JourneyId, Trigger, Wish};
use crm::rules::SegmentId;
use kernel::money::Currency;
use kernel::{Error, Result};
use serde_json::json;
use storefront::stores;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const SETTINGS: &[&str] = &["name", "store", "topic", "trigger", "kind", "segment", "again", "again_days", "at", "fall", "per_day"];
pub const TRIGGERS: [&str; 6] = ["event", "entered", "left", "birthday", "back", "drop"];
pub const AGAIN: [&str; 3] = ["never", "after", "always"];

fn settings(journey: &Journey) -> Result<Form> {
    let graph = &journey.draft.0;
    let form = Form::new(SETTINGS);
    let form = match &graph.trigger {
        Trigger::Event(kind) => form.fill("trigger", TRIGGERS[0]).fill("kind", kind),
        Trigger::Entered(id) => form.fill("trigger", TRIGGERS[1]).fill("segment", id.to_string()),
        Trigger::Left(id) => form.fill("trigger", TRIGGERS[2]).fill("segment", id.to_string()),
        Trigger::Birthday(minute) => form.fill("trigger", TRIGGERS[3]).fill("at", super::journey_draw::clock(*minute)),
        Trigger::Back => form.fill("trigger", TRIGGERS[4]),
        Trigger::PriceDrop(percent) => form.fill("trigger", TRIGGERS[5]).fill("fall", percent.to_string()),
    };
    let (again, days) = match graph.again {
        Again::Never => (AGAIN[0], None),
        Again::After(days) => (AGAIN[1], Some(days)),
        Again::Always => (AGAIN[2], None),
    };
    Ok(form
        .fill("name", journey.name.as_str())
        .fill("store", journey.store_id.to_string())
        .fill("topic", journey.topic.as_str())
        .fill("again", again)
        .fill("again_days", forms::number(days))
        .fill("per_day", forms::number(graph.per_day)))
}

/// The settings that were typed, over a draft whose steps stay.
fn read_settings(posted: &Posted, mut graph: Graph) -> Result<(Wish, Graph)> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let wish = Wish { name: reader.text("name"), store_id: reader.number("store"), topic: reader.text("topic") };
    let segment = SegmentId(reader.optional_number("segment").unwrap_or(0));
    graph.trigger = match posted.get("trigger") {
        "entered" => Trigger::Entered(segment),
        "left" => Trigger::Left(segment),
        "birthday" => Trigger::Birthday(minute(&mut reader, posted, "at")),
        "back" => Trigger::Back,
        "drop" => Trigger::PriceDrop(reader.number("fall")),
        _ => Trigger::Event(reader.text("kind")),
    };
    graph.again = match posted.get("again") {
        "after" => Again::After(reader.number("again_days")),
        "always" => Again::Always,
        _ => Again::Never,
    };
    graph.per_day = reader.optional_number("per_day");
    reader.check()?;
    Ok((wish, graph))
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = JourneyId(*id);
    let form = desk.read(move |conn| Ok(settings(&journeys::get(conn, id)?)?.sealed())).await?;
    show_settings(&desk, StatusCode::OK, id, form).await
}

async fn show_settings(desk: &Desk, status: StatusCode, id: JourneyId, form: Form) -> Result<HttpResponse> {
    let mut view = desk.read(choices).await?;
    (view["id"], view["form"]) = (json!(id), json!(form));
    desk.page_as(status, "admin/journey_edit.html", "admin-journey-edit", view)
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, typed) = (JourneyId(*id), posted.clone());
    let saved = desk
        .write(move |conn, act| {
            let before = journeys::get(conn, id)?;
            stale::check(&settings(&before)?, &typed)?;
            let (wish, graph) = read_settings(&typed, before.draft.0.clone())?;
            if !stores::list(conn)?.iter().any(|store| store.id.0 == wish.store_id) {
                return Err(Error::field("store", "campaign-store-gone"));
            }
            journeys::update(conn, id, before.version, &wish, act.now)?;
            journeys::put_graph(conn, id, before.version + 1, &graph, act.now)?;
            let after = journeys::get(conn, id)?;
            act.log(conn, "journey.save", &format!("journey:{id}"), &before, &after)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let stored = desk.read(move |conn| settings(&journeys::get(conn, id)?)).await?;
            let (status, form) = refused(&desk, &posted, error, SETTINGS, &stored)?;
            show_settings(&desk, status, id, form).await
        }
    }
}
