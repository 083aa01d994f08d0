//! Releasing money that is held for an order, with the amount shown before anybody confirms it.

use super::desk::Desk;
use super::order::address;
use super::order_history;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::money::Money;
use kernel::{Error, Result};
use serde_json::json;
use storefront::ids::PaymentId;
use storefront::orders;
use storefront::payments;
use storefront::web::posted::Posted;

pub async fn form(desk: Desk, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    show(&desk, &number, id, None).await
}

/// The question; `stale` is the form that was refused because the order changed meanwhile. A payment of another order is not found.
async fn show(desk: &Desk, number: &str, id: i64, stale: Option<&Posted>) -> Result<HttpResponse> {
    let (asked, posted) = (number.to_string(), stale.cloned());
    let view = desk.read(move |conn| {
        let order = orders::get_by_number(conn, &asked)?;
        let payment = payments::get(conn, PaymentId(id))?;
        if payment.order_id != order.id {
            return Err(Error::NotFound);
        }
        let frame = order_history::frame(conn, &order, posted.as_ref())?;
        Ok(json!({ "number": asked, "payment": id, "amount": Money::new(payment.authorised, order.currency()?), "order": frame }))
    });
    let status = if stale.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    desk.page_as(status, "admin/order_release.html", "admin-release", view.await?)
}

pub async fn release(desk: Desk, path: web::Path<(String, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let (asked, seen) = (number.clone(), order_history::seen(&posted));
    let done = desk
        .write(move |conn, act| {
            let order = orders::get_by_number(conn, &asked)?;
            let payment = payments::get(conn, PaymentId(id))?;
            if payment.order_id != order.id {
                return Err(Error::NotFound);
            }
            orders::lock_seen(conn, order.id, seen, act.now)?;
            payments::request_release(conn, payment.id, &act.actor, act.now)?;
            let before = json!({ "payment": id, "authorised": payment.authorised });
            act.log(conn, "payment.release", &format!("order:{asked}"), &before, &json!({ "payment": id, "authorised": 0 }))
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(&number), "admin-release-asked")),
        Err(Error::Conflict(text)) if text == orders::CHANGED => show(&desk, &number, id, Some(&posted)).await,
        Err(error) => desk.explained(&address(&number), error),
    }
}
