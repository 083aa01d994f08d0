//! The timeline of a customer: everything that happened with them, by key and by kind; and which browsers were theirs.

use super::customer::{address, moved};
use super::customers::called;
use super::desk::{Desk, ROWS};
use actix_web::{HttpResponse, web};
use crm::CustomerId;
use crm::activities::{self, Kind, Place};
use crm::customers;
use crm::trails::{self, Edge, EdgeId};
use kernel::{Conn, Result};
use serde_json::{Value, json};
use storefront::timeline::told;
use storefront::web::posted::Posted;

/// Browsers shown.
const BROWSERS: i64 = 20;

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = CustomerId(*id);
    if let Some(there) = moved(&desk, id, "/timeline").await? {
        return Ok(there);
    }
    let (kind, before) = (Kind::parse(&desk.query("kind")), Place::parse(&desk.query("after")));
    let (customer, entries, rows) = desk
        .read(move |conn| {
            let customer = customers::known(conn, id)?;
            let entries = activities::timeline(conn, id, kind, before, ROWS)?;
            let rows = told(conn, &entries)?;
            Ok((customer, entries, rows))
        })
        .await?;
    let last = entries.last().map(|entry| entry.place().text());
    let view = json!({ "id": id, "name": called(&customer), "rows": rows, "kind": kind, "kinds": Kind::ALL,
        "next": desk.next(entries.len(), last) });
    desk.page("admin/timeline.html", "admin-timeline", view)
}

/// The browsers that are or were theirs, with the evidence.
pub fn browsers(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let row = |edge: Edge| json!({ "id": edge.id, "evidence": edge.evidence, "proof": edge.proof, "at": edge.joined_at, "undone_at": edge.undone_at });
    Ok(trails::edges(conn, id, BROWSERS)?.into_iter().map(row).collect())
}

/// Parts a browser and the customer again.
pub async fn part(desk: Desk, path: web::Path<(i64, i64)>, _posted: Posted) -> Result<HttpResponse> {
    let (id, edge) = path.into_inner();
    let (id, edge) = (CustomerId(id), EdgeId(edge));
    let parted = desk
        .write(move |conn, act| {
            let edge = trails::undo(conn, id, edge, act.now)?;
            let was = json!({ "trail": edge.trail_id, "evidence": edge.evidence, "proof": edge.proof });
            act.log(conn, "customer.part", &format!("customer:{id}"), &was, &Value::Null)
        })
        .await;
    match parted {
        Ok(()) => Ok(desk.done(&address(id), "admin-identity-parted")),
        Err(error) => desk.explained(&address(id), error),
    }
}
