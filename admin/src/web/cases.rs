//! What somebody has to see to about money: money that came when its order did not want it any more, and what a provider refused.

use super::desk::{Desk, ROWS, refusal};
use super::order_history::case_reason;
use crate::staff;
use actix_web::{HttpResponse, web};
use kernel::money::Money;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::ids::{OrderId, PaymentCaseId};
use storefront::web::posted::Posted;
use storefront::{orders, payments};

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let before = desk.after();
    let (rows, last) = desk
        .read(move |conn| {
            let cases = payments::list_cases(conn, before, ROWS)?;
            let ids: Vec<OrderId> = cases.iter().map(|case| case.order_id).collect();
            let numbers = orders::numbers(conn, &ids)?;
            let names = staff::names(conn)?;
            let mut rows: Vec<Value> = Vec::with_capacity(cases.len());
            for case in &cases {
                let currency = payments::get(conn, case.payment_id)?.currency()?;
                let seen_by = names.get(&case.seen_by).unwrap_or(&case.seen_by);
                rows.push(
                    json!({ "id": case.id, "number": numbers.get(&case.order_id), "kind": case.kind, "reason": case_reason(&case.reason),
                    "amount": Money::new(case.amount, currency), "state": case.state, "at": case.created_at, "note": case.note,
                    "seen_by": seen_by }),
                );
            }
            Ok((rows, cases.last().map(|case| case.id.0)))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    desk.page("admin/cases.html", "admin-cases", json!({ "cases": rows, "next": next, "max_note": payments::MAX_NOTE }))
}

/// Somebody has seen to a case.
pub async fn see_to(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, note) = (PaymentCaseId(id.into_inner()), posted.get("note").trim().to_string());
    let done = desk
        .write(move |conn, act| {
            let case = payments::see_to(conn, id, &note, &act.actor, act.now)?;
            let number = orders::get(conn, case.order_id)?.number;
            let after = json!({ "case": id, "kind": case.kind, "amount": case.amount, "state": case.state, "note": case.note });
            act.log(conn, "payment.case", &format!("order:{number}"), &json!({ "case": id, "state": "open" }), &after)
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done("/admin/cases", "admin-case-seen-to")),
        Err(error @ Error::Conflict(_)) => desk.explained("/admin/cases", error),
        Err(error) => {
            // A browser keeps notes short by itself.
            let (_, wrong) = refusal(error)?;
            desk.explained("/admin/cases", Error::conflict(wrong.0.into_values().next().unwrap_or_default()))
        }
    }
}
