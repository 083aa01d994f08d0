//! Price lists as files: out, and in again after the difference was shown.

use super::desk::Desk;
use super::price_lists::{at, subject};
use super::upload;
use actix_multipart::Multipart;
use actix_web::{HttpResponse, web};
use kernel::money::Money;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::imports::export_prices::export_prices;
use storefront::price_lists::{self, COLUMNS, Import, PriceListId};
use storefront::web::download;
use storefront::web::posted::Posted;
use storefront::web::upload::Upload;

/// The largest file, in MiB.
const LARGEST: usize = 16;
/// Files of a list that are shown.
const SHOWN: i64 = 20;

pub async fn export(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = PriceListId(*id);
    desk.read(move |conn| price_lists::get(conn, id)).await?;
    let db = desk.door.db.clone();
    Ok(download::csv(&format!("prices-{id}.csv"), move |out| export_prices(&db, id, out).map(drop)))
}

pub async fn form(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = PriceListId(*id);
    let (list, all) = desk.read(move |conn| Ok((price_lists::get(conn, id)?, price_lists::imports(conn, id, SHOWN)?))).await?;
    let row = |one: &Import| {
        json!({ "id": one.id, "name": one.name, "state": one.state, "lines": one.line_count, "written": one.written,
            "created_at": one.created_at })
    };
    let rows: Vec<Value> = all.iter().map(row).collect();
    let view =
        json!({ "id": id, "name": list.name, "currency": list.currency, "largest": LARGEST, "columns": COLUMNS.join(", "), "rows": rows });
    desk.page("admin/price_import.html", "admin-price-import", view)
}

pub async fn upload(desk: Desk, id: web::Path<i64>, parts: Multipart) -> Result<HttpResponse> {
    let id = PriceListId(*id);
    let back = format!("{}/import", at(id));
    match read(&desk, id, parts).await {
        Ok(import) => Ok(desk.door.go(&desk.visit, &format!("{}/imports/{import}", at(id)))),
        Err(Error::Invalid(fields)) => desk.explained(&back, Error::Conflict(fields.0.into_values().next().unwrap_or_default())),
        Err(error) => desk.explained(&back, error),
    }
}

/// Compares the file with what is stored, and keeps it until somebody has it written.
async fn read(desk: &Desk, list: PriceListId, parts: Multipart) -> Result<i64> {
    let Upload { name, bytes, .. } = upload::file(desk, parts, "file", LARGEST << 20, "import-too-large").await?;
    let of = desk.read(move |conn| price_lists::compared(conn, list, &bytes)).await?;
    desk.write(move |conn, act| price_lists::draft(conn, list, &name, &of, &act.actor, act.now)).await
}

/// The import of a list. `NotFound` when it is of another one.
fn of(conn: &mut kernel::Conn, list: PriceListId, id: i64) -> Result<Import> {
    let import = price_lists::import(conn, id)?;
    if import.list_id == list { Ok(import) } else { Err(Error::NotFound) }
}

pub async fn show(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (list, id) = path.into_inner();
    let list = PriceListId(list);
    let (of_list, import) = desk.read(move |conn| Ok((price_lists::get(conn, list)?, of(conn, list, id)?))).await?;
    let currency = of_list.currency()?;
    let told = &import.told.0;
    let money = |minor: i64| Money::new(minor, currency);
    let changes: Vec<Value> = told
        .changes
        .iter()
        .map(|(sku, from, before, then)| {
            let from = told.measures.get(sku).copied().unwrap_or_default().text(*from);
            json!({ "sku": sku, "from": from, "before": before.map(money), "then": money(*then) })
        })
        .collect();
    let mistakes: Vec<Value> = told.mistakes.iter().map(|(line, text)| json!({ "line": line, "text": text })).collect();
    let view = json!({ "list": list, "name": of_list.name, "id": id, "file": import.name, "state": import.state, "lines": import.line_count,
        "written": import.written, "new": told.new, "changed": told.changed, "same": told.same, "wrong": told.wrong, "changes": changes,
        "mistakes": mistakes, "at": import.created_at });
    desk.page("admin/price_import_show.html", "admin-price-import", view)
}

pub async fn start(desk: Desk, path: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    let (list, id) = path.into_inner();
    let list = PriceListId(list);
    let to = format!("{}/imports/{id}", at(list));
    let begun = desk
        .write(move |conn, act| {
            let import = of(conn, list, id)?;
            price_lists::start(conn, id, act.now)?;
            let told = &import.told.0;
            let after = json!({ "file": import.name, "lines": import.line_count, "new": told.new, "changed": told.changed });
            act.log(conn, "price_list.import", &subject(list), &Value::Null, &after)
        })
        .await;
    match begun {
        Ok(()) => Ok(desk.done(&to, "admin-price-import-begun")),
        Err(error) => desk.explained(&to, error),
    }
}
