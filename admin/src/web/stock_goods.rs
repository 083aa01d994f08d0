//! Goods that arrived, were counted or move: many lines at once, typed, pasted or scanned.

use super::desk::{Desk, refusal};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use kernel::{Error, Result, token};
use serde_json::{Value, json};
use storefront::ids::LocationId;
use storefront::stock;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["work", "location", "to", "goods", "reason", "key"];
/// What can be done with goods.
const WORKS: &[&str] = &["receive", "count", "transfer"];

pub async fn blank(desk: Desk) -> Result<HttpResponse> {
    let asked = desk.query("work");
    let work = if WORKS.contains(&asked.as_str()) { asked.as_str() } else { WORKS[0] };
    page(&desk, StatusCode::OK, Form::new(NAMES).fill("work", work).fill("key", token::random())).await
}

async fn page(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let places = desk.read(stock::locations).await?;
    let places: Vec<Value> =
        places.iter().filter(|place| place.active).map(|place| json!({ "id": place.id.to_string(), "name": place.name })).collect();
    desk.page_as(status, "admin/stock_goods.html", "admin-stock-goods", json!({ "works": WORKS, "places": places, "form": form }))
}

pub async fn run(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    match book(&desk, &posted).await {
        Ok(work) => Ok(desk.done("/admin/stock", &format!("admin-stock-{work}-done"))),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

/// Books what the form says and answers what was done.
async fn book(desk: &Desk, posted: &Posted) -> Result<&'static str> {
    let work = WORKS.iter().find(|work| **work == posted.get("work")).ok_or_else(|| Error::field("work", "admin-stock-work-required"))?;
    let place = |name: &str| posted.get(name).parse().map(LocationId).map_err(|_| Error::field(name, "admin-stock-place-required"));
    let from = place("location")?;
    let to = if *work == "transfer" { Some(place("to")?) } else { None };
    let (reason, text) = (posted.get("reason").trim().to_string(), posted.get("goods").to_string());
    if reason.chars().count() > 200 {
        return Err(Error::field("reason", "admin-too-long"));
    }
    if !(16..=64).contains(&posted.get("key").len()) {
        return Err(Error::NotFound);
    }
    let key = format!("goods:{}", posted.get("key"));
    desk.write(move |conn, act| {
        let goods = stock::read_goods(conn, &text)?;
        match (*work, to) {
            ("count", _) => stock::count(conn, from, &goods, &reason, &key, &act.actor, act.now)?,
            ("transfer", Some(to)) => stock::transfer(conn, from, to, &goods, &reason, &key, &act.actor, act.now)?,
            _ => stock::receive(conn, from, &goods, &reason, &key, &act.actor, act.now)?,
        }
        let units: Vec<(i64, i64)> = goods.iter().map(|(variant, units)| (variant.0, *units)).collect();
        let after = json!({ "to": to, "reason": reason, "goods": units });
        act.log(conn, &format!("stock.{work}"), &format!("location:{from}"), &json!(null), &after)
    })
    .await?;
    Ok(work)
}
