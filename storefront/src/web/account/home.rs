//! The customer's overview and orders.

use super::{credit, draw_in, or_sign_in, theirs};
use crate::address_book;
use crate::ids::OrderId;
use crate::logins;
use crate::orders::{self, Filter};
use crate::web::door::Door;
use crate::web::orders::render;
use crate::web::views::account::{OrderRow, OrdersView, OverviewView};
use crate::web::visit::Visit;
use crate::web::{frame, shown};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::{CustomerId, customers};
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde::Deserialize;

const RECENT: i64 = 3;
const PAGE: i64 = 20;

pub async fn overview(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, id, now| {
        let customer = customers::get(conn, id)?;
        let address = address_book::of_customer(conn, id)?.into_iter().find(|entry| entry.is_default);
        let view = OverviewView {
            name: if customer.name.is_empty() { customer.email.clone() } else { customer.name },
            email: customer.email,
            verified: logins::proven(conn, id)?,
            orders: rows(conn, id, None, RECENT)?.0,
            credit: credit::balances(conn, id)?,
            address: address.map(|entry| shown::address_lines(&entry.address, seen.language)),
        };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(&door, &visit, StatusCode::OK, "overview", "account-overview", page, view)
}

/// The last orders of a customer, where they are about to ask about one.
pub(in crate::web) fn last(conn: &mut Conn, customer: CustomerId) -> Result<Vec<OrderRow>> {
    Ok(rows(conn, customer, None, RECENT)?.0)
}

/// A page of orders, newest first, and the id the next page begins below, if there is one.
fn rows(conn: &mut Conn, customer: CustomerId, before: Option<OrderId>, limit: i64) -> Result<(Vec<OrderRow>, Option<OrderId>)> {
    let filter = Filter { customer: Some(customer), before, ..Filter::default() };
    let mut found = orders::list(conn, &filter, limit + 1)?;
    let more = i64::try_from(found.len()).is_ok_and(|count| count > limit);
    found.truncate(usize::try_from(limit).unwrap_or(0));
    let next = found.last().filter(|_| more).map(|row| row.id);
    Ok((told(conn, found, "/account/orders")?, next))
}

/// Orders as their list shows them; `folder` is where their pages are.
pub(super) fn told(conn: &mut Conn, found: Vec<orders::OrderRow>, folder: &str) -> Result<Vec<OrderRow>> {
    let mut rows = Vec::with_capacity(found.len());
    for row in found {
        let currency = Currency::parse(&row.currency).ok_or_else(|| Error::unexpected(format!("order {} has no currency", row.number)))?;
        let items: i64 = orders::lines(conn, row.id)?.iter().map(|line| line.measure().pieces(line.quantity)).sum();
        rows.push(OrderRow {
            to: format!("{folder}/{}", row.number),
            number: row.number,
            placed_at: row.placed_at,
            total: Money::new(row.total, currency),
            items: shown::count(items),
            status: row.status.as_str().to_string(),
            payment_status: row.payment_status.as_str().to_string(),
            fulfilment_status: row.fulfilment_status.as_str().to_string(),
        });
    }
    Ok(rows)
}

/// The key of a page: the id of the last order before it. Anything else is the first page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    before: String,
}

pub async fn orders(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    let (seen, before) = (visit.clone(), query.before.parse().ok());
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, id, now| {
        let (orders, next) = rows(conn, id, before, PAGE)?;
        let next = next.map(|id| format!("/account/orders?before={id}"));
        let view = OrdersView { orders, next, first: before.map(|_| "/account/orders".to_string()) };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(&door, &visit, StatusCode::OK, "orders", "account-orders", page, view)
}

pub async fn order(door: web::Data<Door>, visit: Visit, number: web::Path<String>) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    render(&door, visit, number.into_inner(), String::new(), true).await
}
