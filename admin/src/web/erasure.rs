//! Erasing a customer, with what goes, what stays and what is in the way shown before anybody confirms.

use super::customer::{address, moved};
use super::customers::called;
use super::desk::Desk;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::{CustomerId, customers};
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::erasure;
use storefront::web::posted::Posted;

pub async fn form(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    if let Some(there) = moved(&desk, CustomerId(*id), "/erase").await? {
        return Ok(there);
    }
    show(&desk, CustomerId(*id), StatusCode::OK).await
}

async fn show(desk: &Desk, id: CustomerId, status: StatusCode) -> Result<HttpResponse> {
    let view = desk
        .read(move |conn| {
            let customer = customers::known(conn, id)?;
            Ok(json!({ "id": id, "name": called(&customer), "of": erasure::preview(conn, id)? }))
        })
        .await?;
    desk.page_as(status, "admin/customer_erase.html", "admin-erase", view)
}

/// The audit log keeps that it was done and by whom, and not whom it was done to.
pub async fn erase(desk: Desk, id: web::Path<i64>, _posted: Posted) -> Result<HttpResponse> {
    let id = CustomerId(*id);
    let done = desk
        .write(move |conn, act| {
            erasure::erase(conn, id, act.now)?;
            act.log(conn, "customer.erase", &format!("customer:{id}"), &Value::Null, &Value::Null)
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(id), "admin-erase-done")),
        // Something began since the page was made: it is shown now.
        Err(Error::Conflict(_)) => show(&desk, id, StatusCode::CONFLICT).await,
        Err(error) => Err(error),
    }
}
