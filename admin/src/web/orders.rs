//! The list of orders.

use super::desk::{Desk, ROWS};
use actix_web::HttpResponse;
use chrono::NaiveDate;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Error, Result};
use serde::Serialize;
use serde_json::json;
use storefront::ids::OrderId;
use storefront::orders::{self, Filter, FulfilmentStatus, OrderRow, OrderStatus, PaymentStatus};
use storefront::sales::Period;
use storefront::shop;

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

/// Ways to pay that the list can be narrowed to.
const METHODS: &[&str] = &["stripe", "bank_transfer", "cash_on_delivery", "stored_value"];
/// Up to how many new orders are counted.
const COUNTED: i64 = 100;

/// A day as a browser sends it.
fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let q = desk.query("q");
    let (status, payment, fulfilment) = (desk.query("status"), desk.query("payment"), desk.query("fulfilment"));
    let (method, country) = (desk.query("method"), desk.query("country").trim().to_uppercase());
    let (from, to) = (desk.query("from"), desk.query("to"));
    let named = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty());
    let mut filter = Filter {
        search: named(&q),
        status: OrderStatus::parse(&status),
        payment_status: PaymentStatus::parse(&payment),
        fulfilment_status: FulfilmentStatus::parse(&fulfilment),
        payment_method: named(&method),
        country: named(&country),
        before: desk.after().map(OrderId),
        ..Filter::default()
    };
    let (first, last) = (day(&from), day(&to));
    let (found, newest) = desk
        .read(move |conn| {
            let shop = shop::get(conn)?;
            filter.from = first.map(|day| Period::days(&shop, day, 1).from);
            filter.until = last.map(|day| Period::days(&shop, day, 1).until);
            Ok((orders::list(conn, &filter, ROWS)?, orders::newest(conn)?))
        })
        .await?;
    let more = [&method, &country, &from, &to].iter().any(|text| !text.is_empty());
    let here = if desk.visit.query.is_empty() { desk.visit.path.clone() } else { format!("{}?{}", desk.visit.path, desk.visit.query) };
    let view = json!({
        "q": q, "status": status, "payment": payment, "fulfilment": fulfilment, "method": method, "country": country, "from": from, "to": to,
        "statuses": OrderStatus::ALL, "payments": PaymentStatus::ALL, "fulfilments": FulfilmentStatus::ALL, "methods": METHODS, "more": more,
        "orders": rows(&found)?, "newest": newest, "here": here, "first": desk.after().is_none(),
        "next": desk.next(found.len(), found.last().map(|order| order.id.0)),
    });
    desk.page("admin/orders.html", "admin-orders", view)
}

/// How many orders came since the list was made. Asked every few seconds by open lists.
pub async fn news(desk: Desk) -> Result<HttpResponse> {
    let seen = OrderId(desk.query("seen").parse().unwrap_or(i64::MAX));
    let count = desk.read(move |conn| orders::newer(conn, seen, COUNTED)).await?;
    let words = desk.words()?;
    let many = i64::try_from(count).is_ok_and(|count| count >= COUNTED);
    let count = if many { format!("{count}+") } else { count.to_string() };
    desk.news(if count == "0" { None } else { Some(words.with("admin-orders-news", &[("count", &count)])?) })
}
