//! The list of orders.

use super::desk::{Desk, ROWS};
use actix_web::HttpResponse;
use chrono::NaiveDate;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Error, Result};
use serde::Serialize;
use serde_json::{Value, json};
use storefront::ids::{OrderId, StoreId};
use storefront::orders::{self, Filter, FulfilmentStatus, OrderRow, OrderStatus, PaymentStatus};
use storefront::sales::Period;
use storefront::shop;
use storefront::stores::{self, Store};

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
    /// Where it was placed, in a shop of several stores.
    store: Option<String>,
}

/// Orders as the list shows them, with the names of their stores where there are several.
pub fn rows(found: &[OrderRow], stores: &[Store]) -> Result<Vec<Row>> {
    let name = |id: StoreId| stores.iter().find(|store| store.id == id).filter(|_| stores.len() > 1).map(|store| store.name.clone());
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
                store: name(order.store_id),
            })
        })
        .collect()
}

/// The stores to choose from; none of one.
pub fn choices(stores: &[Store]) -> Vec<Value> {
    let several = stores.iter().filter(|_| stores.len() > 1);
    several.map(|store| json!({ "value": store.id.to_string(), "label": store.name })).collect()
}

/// Ways to pay that the list can be narrowed to.
const METHODS: &[&str] = &["stripe", "bank_transfer", "cash_on_delivery", "account", "stored_value"];
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
    let (from, to, store) = (desk.query("from"), desk.query("to"), desk.query("store"));
    let named = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty());
    let mut filter = Filter {
        search: named(&q),
        status: OrderStatus::parse(&status),
        payment_status: PaymentStatus::parse(&payment),
        fulfilment_status: FulfilmentStatus::parse(&fulfilment),
        payment_method: named(&method),
        country: named(&country),
        store: store.parse().ok().map(StoreId),
        before: desk.after().map(OrderId),
        ..Filter::default()
    };
    let (first, last) = (day(&from), day(&to));
    let (found, newest, stores) = desk
        .read(move |conn| {
            let shop = shop::get(conn)?;
            filter.from = first.map(|day| Period::days(&shop, day, 1).from);
            filter.until = last.map(|day| Period::days(&shop, day, 1).until);
            Ok((orders::list(conn, &filter, ROWS)?, orders::newest(conn)?, stores::list(conn)?))
        })
        .await?;
    let more = [&method, &country, &from, &to, &store].iter().any(|text| !text.is_empty());
    let here = if desk.visit.query.is_empty() { desk.visit.path.clone() } else { format!("{}?{}", desk.visit.path, desk.visit.query) };
    let view = json!({
        "q": q, "status": status, "payment": payment, "fulfilment": fulfilment, "method": method, "country": country, "from": from, "to": to,
        "statuses": OrderStatus::ALL, "payments": PaymentStatus::ALL, "fulfilments": FulfilmentStatus::ALL, "methods": METHODS, "more": more,
        "store": store, "stores": choices(&stores), "orders": rows(&found, &stores)?, "newest": newest, "here": here, "first": desk.after().is_none(),
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
