//! Sending goods again from a ticket: which units, then what they come to, then the order.

use super::desk::{Desk, refusal};
use super::order_ship::quantities;
use super::ticket::{address, seen};
use super::ticket_money::{allowance, carry, said, source};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tickets;
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Conn, Result};
use serde_json::{Value, json};
use storefront::ids::{OrderLineId, VariantId};
use storefront::orders::{self, OrderLine};
use storefront::service::{self, Deed, Wish};
use storefront::stock;
use storefront::web::posted::Posted;
use storefront::web::shown;
use storefront::web::words::Words;

pub async fn form(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    match source(&desk, &number, None).await {
        Ok(_) => show(&desk, &number, StatusCode::OK, None, &Fields::default()).await,
        Err(error) => desk.explained(&address(&number), error),
    }
}

/// The form, and behind it what was chosen when there is something.
async fn show(desk: &Desk, number: &str, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (asked, words, posted) = (number.to_string(), desk.words()?, posted.cloned());
    let chosen = posted.is_some() && wrong.0.is_empty();
    let wrong = wrong.0.clone();
    let view = desk.read(move |conn| {
        let ticket = tickets::by_number(conn, &asked)?;
        let order = orders::get(conn, storefront::ids::OrderId(ticket.order_id.unwrap_or_default()))?;
        let (lines, currency) = (orders::lines(conn, order.id)?, order.currency()?);
        let wanted = tickets::lines(conn, ticket.id)?;
        let asked_of = |line: &OrderLine| wanted.iter().find(|one| one.order_line_id == line.id.0).map_or(0, |one| one.quantity);
        let mut rows: Vec<Value> = Vec::new();
        for (line, variant) in service::resendable(&lines) {
            let name = format!("quantity-{}", line.id);
            let typed = posted.as_ref().map_or_else(|| line.measure().number(asked_of(line).min(line.shipped)), |posted| posted.get(&name).to_string());
            rows.push(json!({ "title": line.title, "options": line.options, "sku": line.sku, "left": line.measure().text(line.shipped), "places": line.measure().precision,
                "free": free(conn, variant)?.map(|free| line.measure().text(free)),
                "name": name, "value": typed, "error": wrong.get(&name) }));
        }
        let worth = match &posted {
            Some(posted) if chosen => Some(service::goods(&lines, &units(posted)?)?.1),
            _ => None,
        };
        Ok(json!({ "number": ticket.number, "seen": ticket.version, "order_seen": orders::version(conn, order.id)?, "rows": rows, "wrong": wrong,
            "worth": worth.map(|worth| Money::new(worth, currency)), "expected": worth, "address": place(&order, &words)? }))
    });
    desk.page_as(status, "admin/ticket_resend.html", "admin-ticket-resend", view.await?)
}

/// Units that could be sent; none of goods that nobody counts.
fn free(conn: &mut Conn, variant: VariantId) -> Result<Option<i64>> {
    let level = stock::level(conn, variant)?;
    Ok(level.tracked.then(|| level.free()))
}

fn place(order: &orders::Order, words: &Words) -> Result<Vec<String>> {
    let address = if order.pickup_location_id.is_some() { order.billing_address()? } else { order.shipping_address()? };
    Ok(shown::billing_lines(&address, words))
}

fn units(posted: &Posted) -> Result<Vec<(OrderLineId, i64)>> {
    Ok(quantities(posted)?.into_iter().filter(|(_, quantity)| *quantity != 0).collect())
}

/// Both steps post here: without `expected` what it comes to is shown, with it the goods are sent.
pub async fn resend(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let done = async {
        if posted.get("expected").is_empty() || posted.get("change") == "on" {
            return Ok(None);
        }
        let (allowance, form, asked) = (allowance(&desk), posted.clone(), number.clone());
        let carried = desk.write(move |conn, act| {
            let deed = Deed::Resend { units: units(&form)?, expected: form.id("expected")? };
            let ticket = tickets::by_number(conn, &asked)?.id;
            let wish = Wish { ticket, seen: seen(&form)?, order_seen: Some(form.id("order_seen")?), deed, solve: form.ticked("solve") };
            carry(conn, act, &wish, allowance)
        });
        Ok(Some(carried.await?))
    };
    let shown = match done.await {
        Ok(Some(carried)) => return Ok(desk.done(&address(&number), said(carried, "admin-ticket-resent"))),
        Ok(None) => show(&desk, &number, StatusCode::OK, Some(&posted), &Fields::default()).await,
        Err(error) => Err(error),
    };
    match shown {
        Ok(page) => Ok(page),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, &number, status, Some(&posted), &wrong).await
        }
    }
}
