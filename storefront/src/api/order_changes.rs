//! Orders for a program that follows them: in the order of their changes, and by the number it gave them itself.

use super::acting::Acting;
use super::call::{Body, Call, found};
use super::catalogue::known;
use super::order_view::{self, OrderView};
use crate::api_keys::Scope;
use crate::erp::refs::{self, Kind};
use crate::erp::{SYSTEM, feed};
use crate::orders;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, put, web};
use kernel::{Conn, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The largest cursor that is asked for.
const FAR: i64 = 1_000_000_000_000_000;

/// Orders that changed, in the order of their last changes.
#[derive(Serialize, ToSchema)]
pub struct OrderChanges {
    changes: Vec<OrderChange>,
    /// The `after` of the next question. Keep it when these orders are stored.
    next: i64,
}

impl OrderChanges {
    /// Where the next question begins.
    pub fn next(&self) -> i64 {
        self.next
    }
}

/// An order as it is now.
#[derive(Serialize, ToSchema)]
struct OrderChange {
    cursor: i64,
    /// What the system calls it; null as long as it did not say.
    external_id: Option<String>,
    order: OrderView,
}

/// The orders that changed behind a cursor.
pub fn page(conn: &mut Conn, system: &str, after: i64, limit: i64) -> Result<OrderChanges> {
    let rows = feed::after(conn, after, limit)?;
    let ids: Vec<i64> = rows.iter().map(|(_, order)| order.0).collect();
    let mut named = refs::of(conn, Kind::Order, system, &ids)?;
    let next = rows.last().map_or(after, |(seq, _)| *seq);
    let mut changes = Vec::with_capacity(rows.len());
    for (cursor, order) in rows {
        changes.push(OrderChange { cursor, external_id: named.remove(&order.0), order: order_view::show(conn, order)? });
    }
    Ok(OrderChanges { changes, next })
}

/// Orders that changed
///
/// New and changed orders in the order of their changes, each once as it is now: one that changes again moves to the end. Ask with the `next` of the
/// answer before; asked again with the same `after`, whatever changed since comes again and nothing is left out. An order is there some seconds
/// after its change.
#[utoipa::path(
    tag = "erp",
    security(("key" = ["orders:read"])),
    params(
        ("after" = Option<i64>, Query, description = "The `next` of the answer before; from the beginning without.", minimum = 0, maximum = 1000000000000000_i64),
        ("limit" = Option<i64>, Query, description = "Orders of an answer; 20 without.", minimum = 1, maximum = 100),
        ("system" = Option<String>, Query, description = "Whose `external_id` is told; `erp` without.", pattern = "^[a-z0-9_-]{1,40}$"),
    ),
    responses((status = 200, description = "The orders.", body = OrderChanges)),
)]
#[get("/order-changes")]
pub async fn list_order_changes(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::OrdersRead).await?;
    let mut query = call.query();
    let (limit, after) = (query.limit(), query.number("after", 0, FAR).unwrap_or(0));
    let system = query.text("system").unwrap_or_else(|| SYSTEM.to_string());
    query.end()?;
    refs::check_system(&system)?;
    found(&call.door.read(move |conn, _| page(conn, &system, after, limit)).await?)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOrderReference {
    #[schema(min_length = 1, max_length = 100)]
    external_id: String,
    /// Whose number it is; `erp` without.
    #[schema(pattern = "^[a-z0-9_-]{1,40}$")]
    system: Option<String>,
}

/// What a system calls an order.
#[derive(Serialize, ToSchema)]
struct OrderReference {
    number: String,
    system: String,
    external_id: String,
}

/// Say what an order is called elsewhere
///
/// A system has one number for an order and one order for a number: anything else is refused with 409. The same again is the same answer.
#[utoipa::path(
    tag = "erp",
    security(("key" = ["orders:write"])),
    params(("number" = String, Path, description = "The order's number, such as `R1001`.")),
    request_body = NewOrderReference,
    responses((status = 200, description = "What it is called.", body = OrderReference)),
)]
#[put("/orders/{number}/external-id")]
pub async fn set_order_reference(request: HttpRequest, number: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::OrdersWrite, body).await?;
    let (number, new) = (known(number)?, call.body::<NewOrderReference>()?);
    let system = new.system.clone().unwrap_or_else(|| SYSTEM.to_string());
    refs::check_system(&system)?;
    refs::check(&new.external_id)?;
    let acting = Acting::of(&call);
    call.once(StatusCode::OK, move |conn, now| {
        let order = orders::get_by_number(conn, &number)?;
        if refs::set(conn, Kind::Order, &system, &new.external_id, order.id.0, now)? {
            let after = json!({ "system": system, "external_id": new.external_id });
            acting.log(conn, "order.reference", &order.number, &Value::Null, &after, now)?;
        }
        Ok(OrderReference { number: order.number, system: system.clone(), external_id: new.external_id.clone() })
    })
    .await
}
