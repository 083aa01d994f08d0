//! Money that came when its order did not want it any more, and its way back.

use super::desk::{Desk, ROWS};
use actix_web::HttpResponse;
use kernel::Result;
use kernel::money::Money;
use serde_json::{Value, json};
use storefront::ids::OrderId;
use storefront::{orders, payments};

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let before = desk.after();
    let (rows, last) = desk
        .read(move |conn| {
            let cases = payments::list_cases(conn, before, ROWS)?;
            let ids: Vec<OrderId> = cases.iter().map(|case| case.order_id).collect();
            let numbers = orders::numbers(conn, &ids)?;
            let mut rows: Vec<Value> = Vec::with_capacity(cases.len());
            for case in &cases {
                let currency = payments::get(conn, case.payment_id)?.currency()?;
                rows.push(
                    json!({ "number": numbers.get(&case.order_id), "reason": case.reason, "amount": Money::new(case.amount, currency),
                    "state": case.state, "at": case.created_at }),
                );
            }
            Ok((rows, cases.last().map(|case| case.id.0)))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    desk.page("admin/cases.html", "admin-cases", json!({ "cases": rows, "next": next }))
}
