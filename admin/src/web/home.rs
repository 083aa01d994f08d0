//! The first page: what waits for somebody.

use super::desk::Desk;
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::{jobs, mail};
use serde_json::json;
use storefront::{orders, payments};

/// Up to how many orders are counted; beyond, the page says that there are more.
const COUNTED: i64 = 1000;

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("").get(home)).service(web::resource("/").get(home));
}

async fn home(desk: Desk) -> Result<HttpResponse> {
    let now = desk.door.now();
    let view = desk
        .read(move |conn| {
            let recent = orders::list(conn, &orders::Filter::default(), 10)?;
            Ok(json!({
                "waiting": orders::waiting(conn, COUNTED)?,
                "counted": COUNTED,
                "cases": payments::open_cases(conn)?,
                "dead_jobs": jobs::depth(conn, now)?.dead,
                "failed_mails": mail::failed(conn)?,
                "orders": super::orders::rows(&recent)?,
            }))
        })
        .await?;
    desk.page("admin/home.html", "admin-home", view)
}
