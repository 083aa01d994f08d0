//! Goods that come back: the list, and one return through all its steps.

use super::desk::{Desk, ROWS, refusal};
use super::upload;
use crate::staff;
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::ids::{LocationId, OrderLineId, ReturnId};
use storefront::orders::{self, Order, OrderLine};
use storefront::returns::{self, Inspected, MAX_LABEL, Return, ReturnLine, Status};
use storefront::web::orders::instead_name;
use storefront::web::orders::label_file;
use storefront::web::posted::Posted;
use storefront::web::upload::Upload;
use storefront::web::views::form::Form;
use storefront::{exchanges, logins, stock};

const ANSWER: &[&str] = &["message", "goods"];

pub fn address(id: ReturnId) -> String {
    format!("/admin/returns/{id}")
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let status = desk.query("status");
    let (wanted, before) = (Status::parse(&status), desk.after().map(ReturnId));
    let (rows, last) = desk
        .read(move |conn| {
            let found = returns::list(conn, wanted, before, ROWS)?;
            let mut rows = Vec::with_capacity(found.len());
            for back in &found {
                let order = orders::get(conn, back.order_id)?;
                let sold = orders::lines(conn, order.id)?;
                let measure = |id| sold.iter().find(|line| line.id == id).map(OrderLine::measure).unwrap_or_default();
                let parts = returns::lines_of(conn, back.id)?;
                let units: i64 = parts.iter().map(|part| measure(part.order_line_id).pieces(part.quantity)).sum();
                rows.push(
                    json!({ "id": back.id, "number": back.number, "status": back.status, "at": back.requested_at, "email": order.email,
                    "units": units }),
                );
            }
            Ok((rows, found.last().map(|back| back.id.0)))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    let view = json!({ "returns": rows, "next": next, "status": status, "statuses": Status::ALL });
    desk.page("admin/returns.html", "admin-returns", view)
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    page(&desk, ReturnId(*id), StatusCode::OK, None, &Fields::default()).await
}

/// The page; a refused form keeps what was typed.
pub(super) async fn page(desk: &Desk, id: ReturnId, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (typed, refused) = (posted.cloned(), wrong.clone());
    let (number, mut view) = desk
        .read(move |conn| {
            let back = returns::get(conn, id)?;
            let order = orders::get(conn, back.order_id)?;
            let lines = orders::lines(conn, order.id)?;
            let view = load(conn, &back, &order, &lines, typed.as_ref(), &refused)?;
            Ok((back.number, view))
        })
        .await?;
    let form = match posted {
        Some(posted) => Form::new(ANSWER).typed(posted.pairs()).refuse(ANSWER, wrong),
        None => Form::new(ANSWER),
    };
    view["form"] = json!(form);
    desk.page_as(status, "admin/return.html", &number, view)
}

fn load(conn: &mut Conn, back: &Return, order: &Order, sold: &[OrderLine], posted: Option<&Posted>, wrong: &Fields) -> Result<Value> {
    let places: Vec<Value> = stock::locations(conn)?
        .iter()
        .filter(|place| place.active)
        .map(|place| json!({ "id": place.id.to_string(), "name": place.name }))
        .collect();
    let place_names: Vec<(LocationId, String)> = stock::locations(conn)?.into_iter().map(|place| (place.id, place.name)).collect();
    let mut instead = HashMap::new();
    for part in returns::lines_of(conn, back.id)? {
        if let Some(name) = instead_name(conn, &part, back)? {
            instead.insert(part.id, name);
        }
    }
    let line = |part: &ReturnLine| {
        let line = sold.iter().find(|line| line.id == part.order_line_id)?;
        let (accepted, shelf) = (format!("accepted-{}", line.id), format!("shelf-{}", line.id));
        let first = places.first().and_then(|place| place["id"].as_str()).unwrap_or_default().to_string();
        let value = |name: &str, or: String| posted.map_or(or, |posted| posted.get(name).to_string());
        Some(
            json!({ "title": line.title, "options": line.options, "sku": line.sku, "quantity": line.measure().text(part.quantity), "reason": part.reason, "places": line.measure().precision,
            "accepted": part.accepted, "accepted_text": line.measure().text(part.accepted), "refunded": part.refunded, "stocked": line.stocked && line.variant_id.is_some(),
            "place": part.location_id.and_then(|id| place_names.iter().find(|(known, _)| *known == id)).map(|(_, name)| name),
            "name": accepted, "value": value(&accepted, line.measure().number(part.quantity)), "error": wrong.0.get(&accepted),
            "shelf": shelf, "shelf_value": value(&shelf, first), "instead": instead.get(&part.id) }),
        )
    };
    let lines: Vec<Value> = returns::lines_of(conn, back.id)?.iter().filter_map(line).collect();
    let names = staff::names(conn)?;
    let history: Vec<_> = orders::history(conn, order.id)?
        .into_iter()
        .filter(|entry| entry.kind.starts_with("return_") && entry.detail == back.number)
        .rev()
        .collect();
    let history = super::order_history::entries(&history, order.currency()?, &names);
    Ok(
        json!({ "id": back.id, "number": back.number, "order": order.number, "email": order.email, "status": back.status, "comment": back.comment,
        "message": back.message, "outcome": back.outcome, "requested_at": back.requested_at, "label": returns::has_label(conn, back.id)?,
        "lines": lines, "places": places, "currency": order.currency, "history": history, "registered": logins::proven(conn, order.customer_id)?,
        "wants_exchange": back.exchange, "exchanged": exchanges::number_of(conn, back)?,
        "awaited": returns::awaited(conn, back, sold)? }),
    )
}

/// A step that a button or a short form takes; a step that does not fit any more is told on the page.
async fn step(
    desk: &Desk,
    id: ReturnId,
    action: &'static str,
    posted: &Posted,
    mut f: impl FnMut(&mut Conn, &super::desk::Act) -> Result<Value> + Send + 'static,
) -> Result<HttpResponse> {
    let done = desk
        .write(move |conn, act| {
            let before = returns::get(conn, id)?;
            let more = f(conn, act)?;
            let after = returns::get(conn, id)?;
            let after = json!({ "status": after.status, "detail": more });
            act.log(conn, action, &format!("return:{id}"), &json!({ "status": before.status }), &after)
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(Error::Conflict(text)) => desk.explained(&address(id), Error::Conflict(text)),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(desk, id, status, Some(posted), &wrong).await
        }
    }
}

pub async fn approve(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, text) = (ReturnId(*id), posted.get("message").to_string());
    let run = move |conn: &mut Conn, act: &super::desk::Act| {
        returns::approve(conn, id, &text, &act.actor, act.now)?;
        Ok(json!({ "message": text }))
    };
    step(&desk, id, "return.approve", &posted, run).await
}

pub async fn decline(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, text) = (ReturnId(*id), posted.get("message").to_string());
    let run = move |conn: &mut Conn, act: &super::desk::Act| {
        returns::decline(conn, id, &text, &act.actor, act.now)?;
        Ok(json!({ "message": text }))
    };
    step(&desk, id, "return.decline", &posted, run).await
}

pub async fn withdraw(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = ReturnId(*id);
    let run = move |conn: &mut Conn, act: &super::desk::Act| returns::withdraw(conn, id, &act.actor, act.now).map(|()| Value::Null);
    step(&desk, id, "return.withdraw", &posted, run).await
}

pub async fn receive(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = ReturnId(*id);
    let run = move |conn: &mut Conn, act: &super::desk::Act| returns::receive(conn, id, &act.actor, act.now).map(|()| Value::Null);
    step(&desk, id, "return.receive", &posted, run).await
}

pub async fn close(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = ReturnId(*id);
    let run = move |conn: &mut Conn, act: &super::desk::Act| returns::close(conn, id, &act.actor, act.now).map(|()| Value::Null);
    step(&desk, id, "return.close", &posted, run).await
}

/// Puts on a shelf what came after its return was settled.
pub async fn arrived(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, location) = (ReturnId(*id), LocationId(posted.id("location")?));
    let run = move |conn: &mut Conn, act: &super::desk::Act| {
        returns::arrived(conn, id, location, &act.actor, act.now)?;
        Ok(json!({ "location": location }))
    };
    step(&desk, id, "return.arrived", &posted, run).await
}

/// What the inspection form says of each line.
fn inspected(posted: &Posted) -> Result<Vec<Inspected>> {
    let mut wrong = Fields::default();
    let mut found = Vec::new();
    for (name, _) in posted.pairs() {
        let Some(id) = name.strip_prefix("accepted-") else { continue };
        let line = OrderLineId(id.parse().map_err(|_| Error::NotFound)?);
        match posted.steps(name) {
            Some(accepted) => {
                let location = posted.get(&format!("shelf-{line}")).parse().ok().map(LocationId);
                found.push(Inspected { line, accepted, location });
            }
            None => wrong.add(name, posted.no_steps(name)),
        }
    }
    wrong.check()?;
    Ok(found)
}

/// The inspection with the units that were scanned; nothing is accepted yet.
async fn fill(desk: &Desk, id: ReturnId, posted: &Posted) -> Result<HttpResponse> {
    let text = posted.get("goods").to_string();
    let found = desk
        .read(move |conn| {
            let back = returns::get(conn, id)?;
            let sold = orders::lines(conn, back.order_id)?;
            let variant = |part: &ReturnLine| sold.iter().find(|line| line.id == part.order_line_id).and_then(|line| line.variant_id);
            let lines: Vec<_> =
                returns::lines_of(conn, id)?.iter().map(|part| (part.order_line_id, variant(part), part.quantity)).collect();
            stock::scanned(conn, &text, &lines)
        })
        .await;
    match found {
        Ok(units) => {
            let filled = super::order_ship::filled(posted, "accepted", &units);
            page(desk, id, StatusCode::OK, Some(&filled), &Fields::default()).await
        }
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(desk, id, status, Some(posted), &wrong).await
        }
    }
}

pub async fn inspect(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = ReturnId(*id);
    if !posted.get("scan").is_empty() {
        return fill(&desk, id, &posted).await;
    }
    let found = match inspected(&posted) {
        Ok(found) => found,
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            return page(&desk, id, status, Some(&posted), &wrong).await;
        }
    };
    let run = move |conn: &mut Conn, act: &super::desk::Act| {
        returns::inspect(conn, id, &found, &act.actor, act.now)?;
        let lines: Vec<Value> =
            found.iter().map(|one| json!({ "line": one.line, "accepted": one.accepted, "location": one.location })).collect();
        Ok(json!(lines))
    };
    step(&desk, id, "return.inspect", &posted, run).await
}

pub async fn label(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = ReturnId(*id);
    let (back, label) = desk.read(move |conn| Ok((returns::get(conn, id)?, returns::label(conn, id)?.ok_or(Error::NotFound)?))).await?;
    Ok(label_file(&back, label))
}

/// Takes the file that the buyer prints and sticks on the parcel.
pub async fn add_label(desk: Desk, id: web::Path<i64>, parts: Multipart) -> Result<HttpResponse> {
    let id = ReturnId(*id);
    match keep(&desk, id, parts).await {
        Ok(()) => Ok(desk.done(&address(id), "admin-return-label-kept")),
        Err(Error::Invalid(wrong)) => {
            let text = wrong.0.into_values().next().unwrap_or_default();
            desk.explained(&address(id), Error::Conflict(text))
        }
        Err(error) => desk.explained(&address(id), error),
    }
}

async fn keep(desk: &Desk, id: ReturnId, parts: Multipart) -> Result<()> {
    let Upload { bytes, .. } = upload::file(desk, parts, "label", MAX_LABEL, "return-label-large").await?;
    let label = web::block(move || returns::checked_label(bytes)).await.map_err(Error::unexpected)??;
    desk.write(move |conn, act| {
        returns::attach_label(conn, id, &label, &act.actor, act.now)?;
        let after = json!({ "type": label.content_type, "bytes": label.bytes.len() });
        act.log(conn, "return.label", &format!("return:{id}"), &Value::Null, &after)
    })
    .await
}

/// The returns of an order, for its page.
pub fn of_order(conn: &mut Conn, order: &Order) -> Result<Vec<Value>> {
    let view = |back: &Return| json!({ "id": back.id, "number": back.number, "status": back.status, "at": back.requested_at });
    Ok(returns::of_order(conn, order.id)?.iter().map(view).collect())
}
