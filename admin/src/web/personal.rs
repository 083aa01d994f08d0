//! Everything about a customer, as somebody who asks for it gets it: to read and print, and as a file.

use super::customer::moved;
use super::customers::called;
use super::desk::Desk;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use crm::{CustomerId, customers};
use kernel::Result;
use serde_json::{Value, json};
use storefront::personal;
use storefront::web::posted::Posted;

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, now) = (CustomerId(*id), desk.door.now());
    if let Some(there) = moved(&desk, id, "/export").await? {
        return Ok(there);
    }
    let view = desk
        .read(move |conn| {
            let customer = customers::known(conn, id)?;
            Ok(json!({ "id": id, "name": called(&customer), "all": personal::gather(conn, id, now)? }))
        })
        .await?;
    desk.page("admin/customer_export.html", "admin-export-person", view)
}

/// The file. That it left the shop is recorded, and by whom.
pub async fn download(desk: Desk, id: web::Path<i64>, _posted: Posted) -> Result<HttpResponse> {
    let id = CustomerId(*id);
    let all = desk
        .write(move |conn, act| {
            act.log(conn, "customer.export", &format!("customer:{id}"), &Value::Null, &Value::Null)?;
            personal::gather(conn, id, act.now)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"customer-{id}.json\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(all))
}
