//! Reading orders.

use super::amount::Amount;
use super::call::{Call, found};
use super::catalogue::known;
use super::order_view::{self, OrderView, moment};
use crate::api_keys::Scope;
use crate::ids::{OrderId, StoreId};
use crate::orders::{self, Filter, FulfilmentStatus, OrderRow, OrderStatus, PaymentStatus};
use actix_web::{HttpRequest, HttpResponse, get, web};
use kernel::{Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of orders.
#[derive(Serialize, ToSchema)]
struct OrderList {
    orders: Vec<OrderSummary>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

/// An order in a list.
#[derive(Serialize, ToSchema)]
struct OrderSummary {
    number: String,
    status: &'static str,
    payment_status: &'static str,
    fulfilment_status: &'static str,
    email: String,
    total: Amount,
    /// The id of the store it was placed in; 1 is the main store.
    store: i64,
    /// UTC (RFC 3339).
    placed_at: String,
}

/// Orders, newest first
#[utoipa::path(
    tag = "orders",
    security(("key" = ["orders:read"])),
    params(
        ("status" = Option<String>, Query, description = "`pending`, `confirmed`, `completed` or `cancelled`.", pattern = "^(pending|confirmed|completed|cancelled)$"),
        ("payment_status" = Option<String>, Query, description = "As orders tell it.", pattern = "^(pending|authorised|partially_paid|paid|partially_refunded|refunded|voided)$"),
        ("fulfilment_status" = Option<String>, Query, description = "As orders tell it.", pattern = "^(unfulfilled|partial|fulfilled|cancelled)$"),
        ("email" = Option<String>, Query, description = "The buyer's mail address, whole.", max_length = 254),
        ("store" = Option<i64>, Query, description = "The `store` of orders: only those placed there.", minimum = 1, maximum = 1000000000000_i64),
        ("after" = Option<String>, Query, description = "The `next` of the page before.", pattern = "^[1-9][0-9]{0,17}$"),
        ("limit" = Option<i64>, Query, description = "Orders of a page; 20 without.", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "A page of orders.", body = OrderList)),
)]
#[get("/orders")]
pub async fn list_orders(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::OrdersRead).await?;
    let mut query = call.query();
    let limit = query.limit();
    let filter = Filter {
        status: query.word("status", OrderStatus::parse, "pending, confirmed, completed, cancelled"),
        payment_status: query.word("payment_status", PaymentStatus::parse, "the payment statuses of orders"),
        fulfilment_status: query.word("fulfilment_status", FulfilmentStatus::parse, "the fulfilment statuses of orders"),
        email: query.text("email"),
        store: query.store().map(StoreId),
        before: query.after().map(OrderId),
        ..Filter::default()
    };
    if filter.email.as_ref().is_some_and(|email| !email.contains('@') || email.len() > 254) {
        query.refuse("email", "Give a whole mail address.");
    }
    query.end()?;
    let mut rows = call.door.read(move |conn, _| orders::list(conn, &filter, limit + 1)).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > page;
    rows.truncate(page);
    let next = rows.last().filter(|_| more).map(|last| last.id.to_string());
    found(&OrderList { orders: rows.into_iter().map(summary).collect::<Result<_>>()?, next })
}

/// An order
#[utoipa::path(
    tag = "orders",
    security(("key" = ["orders:read"])),
    params(("number" = String, Path, description = "The order's number, such as `R1001`.")),
    responses((status = 200, description = "The order.", body = OrderView)),
)]
#[get("/orders/{number}")]
pub async fn show_order(request: HttpRequest, number: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::OrdersRead).await?;
    call.query().end()?;
    let number = known(number)?;
    let order = call.door.read(move |conn, _| {
        let id = orders::get_by_number(conn, &number)?.id;
        order_view::show(conn, id)
    });
    found(&order.await?)
}

fn summary(row: OrderRow) -> Result<OrderSummary> {
    let currency = kernel::money::Currency::parse(&row.currency)
        .ok_or_else(|| Error::unexpected(format!("order {} has currency {}", row.number, row.currency)))?;
    Ok(OrderSummary {
        number: row.number,
        status: row.status.as_str(),
        payment_status: row.payment_status.as_str(),
        fulfilment_status: row.fulfilment_status.as_str(),
        email: row.email,
        total: Amount::new(row.total, currency),
        store: row.store_id.0,
        placed_at: moment(row.placed_at),
    })
}
