//! The first page: what waits for somebody.

use super::desk::Desk;
use crate::permissions::Permission;
use actix_web::HttpResponse;
use kernel::Result;
use kernel::{jobs, mail};
use serde_json::json;
use storefront::{orders, payments};

/// Up to how many orders are counted; beyond, the page says that there are more.
const COUNTED: i64 = 1000;

/// Only what the person may see is asked for.
pub async fn home(desk: Desk) -> Result<HttpResponse> {
    let (now, may) = (desk.door.now(), desk.grants().clone());
    let view = desk
        .read(move |conn| {
            let mut view = json!({ "counted": COUNTED });
            if may.may(Permission::OrdersView) {
                view["waiting"] = json!(orders::waiting(conn, COUNTED)?);
                view["orders"] = json!(super::orders::rows(&orders::list(conn, &orders::Filter::default(), 10)?)?);
            }
            if may.may(Permission::CasesView) {
                view["cases"] = json!(payments::open_cases(conn)?);
            }
            if may.may(Permission::JobsView) {
                view["dead_jobs"] = json!(jobs::depth(conn, now)?.dead);
            }
            if may.may(Permission::MailsView) {
                view["failed_mails"] = json!(mail::failed(conn)?);
            }
            Ok(view)
        })
        .await?;
    desk.page("admin/home.html", "admin-home", view)
}
