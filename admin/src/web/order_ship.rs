//! Sending an order off, whole or in parts.

use super::desk::{Desk, refusal};
use super::order::address;
use super::order_history;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Error, Result, token};
use serde_json::{Value, json};
use storefront::ids::{LocationId, OrderLineId};
use storefront::orders::{self, OrderLine};
use storefront::payments;
use storefront::pickups;
use storefront::shipments::{self, Parcel};
use storefront::stock;
use storefront::units::{Measure, Unit};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["from", "carrier", "tracking_number", "tracking_url", "key", "despite_balance", "goods"];

pub async fn form(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    let blank = Form::new(NAMES).fill("key", token::random());
    show(&desk, &number, StatusCode::OK, blank, None, &Fields::default()).await
}

/// The form; `posted` keeps the typed quantities, else everything that is open is suggested.
async fn show(desk: &Desk, number: &str, status: StatusCode, form: Form, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (asked, refused) = (number.to_string(), posted.cloned());
    let (lines, places, frame, pickup, balance) = desk
        .read(move |conn| {
            let order = orders::get_by_number(conn, &asked)?;
            let balance = if payments::holds_back(conn, &order)? { payments::balance(conn, &order)? } else { 0 };
            let balance = Money::new(balance, order.currency()?);
            let frame = order_history::frame(conn, &order, refused.as_ref())?;
            Ok((orders::lines(conn, order.id)?, stock::locations(conn)?, frame, order.pickup_location_id, balance))
        })
        .await?;
    // Goods that are picked up lie where the buyer comes for them.
    let form = match pickup {
        Some(location) if posted.is_none() => form.fill("from", location.to_string()),
        _ => form,
    };
    let pickup = pickup.is_some();
    let places: Vec<Value> =
        places.iter().filter(|place| place.active).map(|place| json!({ "id": place.id.to_string(), "name": place.name })).collect();
    let view = |line: &OrderLine| {
        let name = format!("quantity-{}", line.id);
        let typed = posted.map_or_else(|| line.measure().number(line.sendable()), |posted| posted.get(&name).to_string());
        json!({ "title": line.title, "options": line.options, "sku": line.sku, "quantity": line.measure().text(line.quantity), "sent": line.measure().text(line.shipped), "open": line.measure().text(line.sendable()),
            "places": line.measure().precision,
            "name": name, "value": typed, "error": wrong.0.get(&name) })
    };
    let open: Vec<Value> = lines.iter().filter(|line| line.sendable() > 0).map(view).collect();
    let view = json!({ "number": number, "lines": open, "places": places, "form": form, "wrong": wrong.0, "order": frame, "pickup": pickup,
        "balance": balance, "has_balance": balance.minor > 0 });
    desk.page_as(status, "admin/order_ship.html", if pickup { "admin-hand-over" } else { "admin-ship" }, view)
}

/// The units typed for each line, from fields such as `quantity-17`.
pub fn quantities(posted: &Posted) -> Result<Vec<(OrderLineId, i64)>> {
    let mut wrong = Fields::default();
    let mut units = Vec::new();
    for (name, value) in posted.pairs() {
        let Some(id) = name.strip_prefix("quantity-") else { continue };
        let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
        match value.trim() {
            "" => {}
            _ => match posted.steps(name) {
                Some(quantity) => units.push((OrderLineId(id), quantity)),
                None => wrong.add(name, posted.no_steps(name)),
            },
        }
    }
    wrong.check()?;
    Ok(units)
}

pub async fn ship(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    if !posted.get("scan").is_empty() {
        return fill(&desk, &number, &posted).await;
    }
    match send(&desk, &number, &posted).await {
        Ok(()) => Ok(desk.done(&address(&number), "admin-shipped")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong);
            show(&desk, &number, status, form, Some(&posted), &wrong).await
        }
    }
}

/// The form with the units that were scanned; nothing is sent off.
async fn fill(desk: &Desk, number: &str, posted: &Posted) -> Result<HttpResponse> {
    let (asked, text) = (number.to_string(), posted.get("goods").to_string());
    let found = desk
        .read(move |conn| {
            let order = orders::get_by_number(conn, &asked)?;
            let lines: Vec<_> = orders::lines(conn, order.id)?.iter().map(|line| (line.id, line.variant_id, line.sendable())).collect();
            stock::scanned(conn, &text, &lines)
        })
        .await;
    let form = Form::new(NAMES).typed(posted.pairs());
    match found {
        Ok(units) => show(desk, number, StatusCode::OK, form, Some(&filled(posted, "quantity", &units)), &Fields::default()).await,
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(desk, number, status, form.refuse(NAMES, &wrong), Some(posted), &wrong).await
        }
    }
}

/// A form with the units that were scanned in its fields, such as `quantity-17`.
pub(super) fn filled(posted: &Posted, field: &str, units: &[(OrderLineId, i64)]) -> Posted {
    let typed = posted.pairs().map(|(name, value)| (name.to_string(), value.to_string()));
    typed
        .chain(units.iter().map(|(line, units)| (format!("{field}-{line}"), scanned_in(posted, &format!("{field}-{line}"), *units))))
        .collect()
}

/// Steps as a field of the form has them.
fn scanned_in(posted: &Posted, name: &str, steps: i64) -> String {
    let places = posted.get(&format!("places-{name}")).parse().unwrap_or(0);
    Measure::new(Unit::Piece, places).number(steps)
}

/// Tells the buyer that the goods wait at the place of their choice.
pub async fn ready(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (asked, seen) = (number.to_string(), order_history::seen(&posted));
    let told = desk
        .write(move |conn, act| {
            let order = orders::get_by_number(conn, &asked)?;
            pickups::ready(conn, order.id, seen, &act.actor, act.now)?;
            act.log(conn, "order.ready", &format!("order:{asked}"), &Value::Null, &json!({ "mail": order.email }))
        })
        .await;
    match told {
        Ok(()) => Ok(desk.done(&address(&number), "admin-pickup-told")),
        Err(error) => desk.explained(&address(&number), error),
    }
}

async fn send(desk: &Desk, number: &str, posted: &Posted) -> Result<()> {
    let lines = quantities(posted)?;
    let text = |name: &str| posted.get(name).to_string();
    if !(16..=64).contains(&posted.get("key").len()) {
        return Err(Error::NotFound);
    }
    let parcel = Parcel {
        key: format!("desk:{}", text("key")),
        lines,
        carrier: text("carrier"),
        tracking_number: text("tracking_number"),
        tracking_url: text("tracking_url"),
        from: posted.get("from").parse().ok().map(LocationId),
        despite_balance: posted.ticked("despite_balance"),
    };
    let (asked, seen) = (number.to_string(), order_history::seen(posted));
    desk.write(move |conn, act| {
        let order = orders::get_by_number(conn, &asked)?;
        // A form sent twice ships once, and its sender sees that it is done.
        if !shipments::known(conn, &parcel.key)? {
            orders::lock_seen(conn, order.id, seen, act.now)?;
        }
        let sent = shipments::ship(conn, order.id, &parcel, &act.actor, act.now)?;
        let after = json!({ "shipment": sent, "lines": parcel.lines, "carrier": parcel.carrier, "tracking": parcel.tracking_number,
            "despite_balance": parcel.despite_balance });
        act.log(conn, "order.ship", &format!("order:{asked}"), &json!({ "fulfilment": order.fulfilment_status }), &after)
    })
    .await
}
