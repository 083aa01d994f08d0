//! What lies in the house: the list, and one variant with what was moved, counted and expected.

use super::desk::{Desk, ROWS, refusal};
use super::forms::{self, Reader};
use super::stale::{self, Labels, Refused};
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{NaiveDate, NaiveTime};
use kernel::money::Currency;
use kernel::{Error, Result, token};
use serde_json::{Value, json};
use storefront::catalog;
use storefront::ids::{LocationId, VariantId};
use storefront::stock::{self, Demand, Level, Movement, Rules};
use storefront::units::{self, Measure};
use storefront::waiting;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const COUNT: &[&str] = &["location", "on_hand", "reason", "key"];
const RULES: &[&str] = &["low_at", "oversell", "expected_on"];
const RULE_LABELS: &Labels =
    &[("low_at", "admin-stock-low-at", ""), ("oversell", "admin-stock-oversell", ""), ("expected_on", "admin-stock-expected", "")];
/// Movements on a variant's page.
const MOVEMENTS: i64 = 50;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (text, low) = (desk.query("q"), desk.query("low") == "1");
    let (asked, after) = (text.clone(), desk.after().map(VariantId));
    let rows = desk.read(move |conn| catalog::stock_list(conn, &asked, low, after, ROWS)).await?;
    let next = desk.next(rows.len(), rows.last().map(|row| row.variant.0));
    desk.page("admin/stock.html", "admin-stock", json!({ "q": text, "low": low, "rows": rows, "next": next }))
}

/// What people wait for, by how many wait.
pub async fn waiting_list(desk: Desk) -> Result<HttpResponse> {
    let rows = desk
        .read(|conn| {
            let mut rows = Vec::new();
            for (variant, people, since) in waiting::by_variant(conn, ROWS)? {
                rows.push(json!({ "row": catalog::stock_row(conn, variant)?, "people": people, "since": since }));
            }
            Ok(rows)
        })
        .await?;
    desk.page("admin/stock_waiting.html", "admin-stock-waiting", json!({ "rows": rows }))
}

pub async fn show(desk: Desk, variant: web::Path<i64>) -> Result<HttpResponse> {
    page(&desk, VariantId(*variant), StatusCode::OK, None, None).await
}

async fn page(desk: &Desk, variant: VariantId, status: StatusCode, counted: Option<Form>, ruled: Option<Form>) -> Result<HttpResponse> {
    let before = desk.after();
    let (row, places, movements, names, people) = desk
        .read(move |conn| {
            Ok((
                catalog::stock_row(conn, variant)?,
                stock::of_variant(conn, variant)?,
                stock::movements(conn, variant, before, MOVEMENTS)?,
                staff::names(conn)?,
                waiting::people(conn, variant)?,
            ))
        })
        .await?;
    let level = row.level;
    let counted = counted.unwrap_or_else(|| Form::new(COUNT).fill("key", token::random()));
    let ruled = ruled.unwrap_or_else(|| rules_of(&level, row.measure).sealed());
    let places: Vec<Value> = places
        .iter()
        .map(|(place, units)| json!({ "id": place.id, "name": place.name, "units": units, "text": row.measure.text(*units) }))
        .collect();
    let shown: Vec<Value> = movements.iter().map(|one| movement(one, row.measure)).collect();
    let next = desk.next(movements.len(), movements.last().map(|one| one.id));
    let title = row.title.clone();
    desk.page_as(
        status,
        "admin/stock_variant.html",
        &title,
        json!({ "row": row, "places": places, "movements": shown, "names": names, "form": counted, "rules": ruled, "people": people,
            "next": next }),
    )
}

/// A movement with its numbers as people read them.
fn movement(of: &Movement, measure: Measure) -> Value {
    json!({ "id": of.id, "kind": of.kind, "created_at": of.created_at, "location_id": of.location_id, "reason": of.reason, "actor": of.actor,
        "on_hand": measure.printed(of.on_hand), "allocated": measure.printed(of.allocated), "held": measure.printed(of.held) })
}

/// The form of the rules that a variant has.
fn rules_of(level: &Level, measure: Measure) -> Form {
    Form::new(RULES)
        .fill("low_at", level.low_at.map(|steps| measure.number(steps)).unwrap_or_default())
        .fill("oversell", forms::tick(level.oversell))
        .fill("expected_on", level.expected_on.map(|day| day.date().to_string()).unwrap_or_default())
}

pub async fn count(desk: Desk, variant: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let variant = VariantId(*variant);
    match set(&desk, variant, &posted).await {
        Ok(()) => Ok(desk.done(&format!("/admin/stock/{variant}"), "admin-stock-set")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, variant, status, Some(Form::new(COUNT).typed(posted.pairs()).refuse(COUNT, &wrong)), None).await
        }
    }
}

async fn set(desk: &Desk, variant: VariantId, posted: &Posted) -> Result<()> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let location = LocationId(reader.number("location"));
    let seen = reader.number(&format!("seen-{location}"));
    let reason = posted.get("reason").trim().to_string();
    let measure = desk.read(move |conn| units::measure(conn, variant)).await?;
    let on_hand = measure.read(posted.get("on_hand")).filter(|steps| (0..=1_000_000_000).contains(steps));
    let Some(on_hand) = on_hand else {
        return Err(Error::field("on_hand", "admin-number-invalid"));
    };
    if reason.is_empty() || reason.chars().count() > 200 {
        return Err(Error::field("reason", if reason.is_empty() { "admin-reason-required" } else { "admin-too-long" }));
    }
    let key = format!("desk:{variant}:{}", posted.get("key"));
    desk.write(move |conn, act| {
        let before = stock::at(conn, location, variant)?;
        if before == on_hand {
            return Ok(());
        }
        if before != seen {
            return Err(Error::conflict("admin-stock-moved"));
        }
        stock::count(conn, location, &Demand::from([(variant, on_hand)]), &reason, &key, &act.actor, act.now)?;
        let after = json!({ "location": location, "on_hand": on_hand, "reason": reason });
        act.log(conn, "stock.adjust", &format!("variant:{variant}"), &json!({ "location": location, "on_hand": before }), &after)
    })
    .await
}

pub async fn rules(desk: Desk, variant: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let variant = VariantId(*variant);
    match set_rules(&desk, variant, &posted).await {
        Ok(()) => Ok(desk.done(&format!("/admin/stock/{variant}"), "admin-saved")),
        Err(error) => {
            let words = desk.words()?;
            let (level, measure) = desk.read(move |conn| Ok((stock::level(conn, variant)?, units::measure(conn, variant)?))).await?;
            let stored = rules_of(&level, measure);
            let label = |name: &str| stale::label(RULE_LABELS, name, &words);
            let form = Form::new(RULES).typed(posted.pairs());
            let (status, form) = stale::refused(&posted, error, Refused { form, order: RULES, stored: &stored, label: &label }, &words)?;
            page(&desk, variant, status, None, Some(form)).await
        }
    }
}

async fn set_rules(desk: &Desk, variant: VariantId, posted: &Posted) -> Result<()> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let measure = desk.read(move |conn| units::measure(conn, variant)).await?;
    let low_at = match posted.get("low_at").trim() {
        "" => None,
        text => {
            let steps = measure.read(text);
            if steps.is_none() {
                reader.wrong.add("low_at", "admin-number-invalid");
            }
            steps
        }
    };
    let expected_on = match posted.get("expected_on").trim() {
        "" => None,
        typed => match typed.parse::<NaiveDate>() {
            Ok(day) => Some(day.and_time(NaiveTime::MIN)),
            Err(_) => {
                reader.wrong.add("expected_on", "admin-date-invalid");
                None
            }
        },
    };
    let oversell = reader.ticked("oversell");
    reader.check()?;
    let typed = posted.clone();
    desk.write(move |conn, act| {
        let before = stock::level(conn, variant)?;
        stale::check(&rules_of(&before, measure), &typed)?;
        let before = Rules { oversell: before.oversell, low_at: before.low_at, expected_on: before.expected_on };
        let after = Rules { oversell, low_at, expected_on };
        if before == after {
            return Ok(());
        }
        stock::set_rules(conn, variant, after, act.now)?;
        act.log(conn, "stock.rules", &format!("variant:{variant}"), &before, &after)
    })
    .await
}
