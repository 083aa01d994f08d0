//! The list of orders.

use super::desk::{Desk, ROWS};
use actix_web::HttpResponse;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Error, Result};
use serde::Serialize;
use serde_json::json;
use storefront::ids::OrderId;
use storefront::orders::{self, Filter, FulfilmentStatus, OrderRow, OrderStatus, PaymentStatus};

/// An order in the list.
#[derive(Serialize)]
pub struct Row {
    number: String,
    email: String,
    placed_at: Time,
    status: OrderStatus,
    payment_status: PaymentStatus,
    fulfilment_status: FulfilmentStatus,
    total: Money,
}

/// Orders as the list shows them.
pub fn rows(found: &[OrderRow]) -> Result<Vec<Row>> {
    found
        .iter()
        .map(|order| {
            let currency = Currency::parse(&order.currency)
                .ok_or_else(|| Error::unexpected(format!("order {} has currency {}", order.number, order.currency)))?;
            Ok(Row {
                number: order.number.clone(),
                email: order.email.clone(),
                placed_at: order.placed_at,
                status: order.status,
                payment_status: order.payment_status,
                fulfilment_status: order.fulfilment_status,
                total: Money::new(order.total, currency),
            })
        })
        .collect()
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let asked = [desk.query("q"), desk.query("status"), desk.query("payment"), desk.query("fulfilment")];
    let filter = Filter {
        customer: None,
        text: Some(asked[0].clone()),
        status: OrderStatus::parse(&asked[1]),
        payment_status: PaymentStatus::parse(&asked[2]),
        fulfilment_status: FulfilmentStatus::parse(&asked[3]),
        before: desk.after().map(OrderId),
    };
    let found = desk.read(move |conn| orders::list(conn, &filter, ROWS)).await?;
    let view = json!({
        "q": asked[0], "status": asked[1], "payment": asked[2], "fulfilment": asked[3],
        "statuses": OrderStatus::ALL, "payments": PaymentStatus::ALL, "fulfilments": FulfilmentStatus::ALL,
        "orders": rows(&found)?,
        "next": desk.next(found.len(), found.last().map(|order| order.id.0)),
    });
    desk.page("admin/orders.html", "admin-orders", view)
}
