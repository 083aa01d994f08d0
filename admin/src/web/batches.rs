//! Changes of many products: the preview, how far one is, and what became of each product.

use super::desk::{Desk, ROWS};
use crate::staff;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, web};
use kernel::money::{Currency, Money};
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::batches::{self, Batch, Kind, Outcome, Row, State, Wanted};
use storefront::catalog::FieldChange;
use storefront::ids::BatchId;
use storefront::imports::RowError;
use storefront::web::posted::Posted;
use storefront::web::words::Words;

/// Products of a page of the preview.
const SHOWN: i64 = 100;
/// Seconds after which an open page of a running batch asks again.
const AGAIN: &str = "2";

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let before = desk.after().map(BatchId);
    let (found, people) = desk.read(move |conn| Ok((batches::list(conn, before, ROWS)?, staff::list(conn)?))).await?;
    let who = |batch: &Batch| people.iter().find(|person| person.actor() == batch.staff).map(|person| person.name.clone());
    let rows: Vec<Value> = found.iter().map(|batch| json!({ "batch": batch, "who": who(batch) })).collect();
    let next = desk.next(rows.len(), found.last().map(|batch| batch.id.0));
    desk.page("admin/batches.html", "admin-batches", json!({ "rows": rows, "next": next }))
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, after) = (BatchId(*id), desk.after());
    let all = desk.query("all") == "on";
    let (batch, rows, fields, people) = desk
        .read(move |conn| {
            let batch = batches::get(conn, id)?;
            // Once it happened, what did not work comes first; everything else is one step away.
            let told: &[Outcome] = match batch.state {
                State::Done if !all => &[Outcome::Skipped, Outcome::Refused],
                State::Undone if !all => &[Outcome::Kept, Outcome::Refused],
                _ => &[],
            };
            let rows = batches::rows_of(conn, id, told, after, SHOWN)?;
            let positions: Vec<i64> = rows.iter().map(|row| row.position).collect();
            let fields = if batch.kind == Kind::Import { batches::fields_of(conn, id, &positions)? } else { HashMap::new() };
            Ok((batch, rows, fields, staff::list(conn)?))
        })
        .await?;
    let currency = Currency::parse(&batch.currency).ok_or_else(|| Error::unexpected("a batch of an unknown currency"))?;
    let words = desk.words()?;
    let shown: Vec<Value> = rows.iter().map(|row| row_view(row, batch.kind, &fields, &words, currency)).collect::<Result<_>>()?;
    let next = rows.last().filter(|_| rows.len() >= usize::try_from(SHOWN).unwrap_or(0)).map(|row| {
        let all = if all { "all=on&" } else { "" };
        format!("/admin/products/batches/{id}?{all}after={}", row.position)
    });
    let running = matches!(batch.state, State::Running | State::Undoing);
    let below: usize = desk.query("below").parse().unwrap_or(0);
    let who = people.iter().find(|person| person.actor() == batch.staff).map(|person| person.name.as_str());
    let view = json!({ "batch": batch, "rows": shown, "next": next, "running": running, "who": who, "all": all, "first": after.is_none(),
        "below": below });
    let mut page = desk.page("admin/batch.html", &batch.name, view)?;
    if running {
        page.headers_mut().insert(HeaderName::from_static("refresh"), HeaderValue::from_static(AGAIN));
    }
    Ok(page)
}

fn row_view(row: &Row, kind: Kind, fields: &HashMap<i64, Vec<FieldChange>>, words: &Words, currency: Currency) -> Result<Value> {
    let changes = match kind {
        Kind::Edit => changes(&serde_json::from_str(&row.wanted)?, words, currency),
        Kind::Import => {
            fields.get(&row.position).map(|fields| fields.iter().map(|one| field_view(one, words)).collect()).unwrap_or_default()
        }
    };
    let kept: Vec<String> = match row.state {
        Outcome::Kept if row.note != "undo-archived" => row.note.lines().map(|field| field_name(field, words)).collect(),
        _ => Vec::new(),
    };
    let note = batches::mistakes(row).map_or_else(|| row.note.clone(), |mistakes| told(&mistakes, words));
    Ok(
        json!({ "kept": kept.join(", "), "label": row.label, "product": row.product_id, "line": row.line, "state": row.state, "note": note, "changes": changes }),
    )
}

/// Mistakes as lines: line of the file, column, reason, value.
fn told(mistakes: &[RowError], words: &Words) -> String {
    let one = |mistake: &RowError| {
        let column = if mistake.column.is_empty() { String::new() } else { format!(", {}", mistake.column) };
        let reason = words.reason(&mistake.reason);
        let value =
            if mistake.value.is_empty() || reason.contains(&mistake.value) { String::new() } else { format!(" ({})", mistake.value) };
        format!("{}{column}: {reason}{value}", mistake.line)
    };
    mistakes.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A changed field as it is shown.
fn field_view(of: &FieldChange, words: &Words) -> Value {
    json!({ "field": field_name(&of.field, words), "before": of.before, "after": of.after })
}

/// A field in words. Those of a variant begin with its name.
pub fn field_name(field: &str, words: &Words) -> String {
    let (name, field) = field.rsplit_once(": ").unwrap_or(("", field));
    let key = format!("admin-field-{}", field.split(" (").next().unwrap_or(field).replace(' ', "-"));
    let known = words.get(&key);
    let language = field.rsplit_once(" (").and_then(|(_, code)| Language::parse(code.trim_end_matches(')')));
    let field = match (known == key, language) {
        (true, _) => field.to_string(),
        (false, Some(language)) => format!("{known} ({})", language.name()),
        (false, None) => known,
    };
    match name.strip_prefix("variant ") {
        Some(variant) => format!("{variant} · {field}"),
        None => field,
    }
}

/// The changes of a product, field by field.
fn changes(wanted: &Wanted, words: &Words, currency: Currency) -> Vec<Value> {
    let mut told = Vec::new();
    let mut tell = |field: String, before: String, after: String| told.push(json!({ "field": field, "before": before, "after": after }));
    let money = |minor: Option<i64>| minor.map(|minor| words.money(Money::new(minor, currency))).unwrap_or_default();
    if let Some(pair) = &wanted.title {
        tell(words.get("admin-title"), pair.before.clone(), pair.after.clone());
    }
    if let Some(pair) = &wanted.status {
        let status = |status: storefront::catalog::Status| words.get(&format!("admin-product-{}", status.as_str()));
        tell(words.get("admin-col-status"), status(pair.before), status(pair.after));
    }
    if let Some(pair) = &wanted.brand {
        tell(words.get("admin-brand"), pair.before.clone(), pair.after.clone());
    }
    if let Some(pair) = &wanted.tags {
        tell(words.get("admin-tags"), pair.before.join(", "), pair.after.join(", "));
    }
    for variant in &wanted.variants {
        let field = |key: &str| if variant.label.is_empty() { words.get(key) } else { format!("{} · {}", variant.label, words.get(key)) };
        if let Some(pair) = &variant.sku {
            tell(field("admin-sku"), pair.before.clone().unwrap_or_default(), pair.after.clone().unwrap_or_default());
        }
        if let Some(pair) = &variant.price {
            tell(field("admin-col-price"), money(pair.before), money(pair.after));
        }
        if let Some(pair) = &variant.compare_at {
            tell(field("admin-compare-at"), money(pair.before), money(pair.after));
        }
    }
    told
}

pub async fn confirm(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = BatchId(*id);
    let to = format!("/admin/products/batches/{id}");
    let begun = desk
        .write(move |conn, act| {
            let batch = batches::get(conn, id)?;
            batches::start(conn, id, act.now)?;
            let after = json!({ "what": batch.name, "products": batch.total, "variants": batch.variants });
            act.log(conn, &format!("batch.{}", batch.kind.as_str()), &format!("batch:{id}"), &Value::Null, &after)
        })
        .await;
    match begun {
        Ok(()) => Ok(desk.door.go(&desk.visit, &to)),
        Err(error) => desk.explained(&to, error),
    }
}

pub async fn discard(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = BatchId(*id);
    let gone = desk
        .write(move |conn, act| {
            let batch = batches::get(conn, id)?;
            batches::discard(conn, id)?;
            act.log(conn, "batch.discard", &format!("batch:{id}"), &json!({ "what": batch.name }), &Value::Null)
        })
        .await;
    match gone {
        Ok(()) | Err(Error::NotFound) => Ok(desk.done("/admin/products", "admin-batch-discarded")),
        Err(error) => desk.explained(&format!("/admin/products/batches/{id}"), error),
    }
}
