//! Reading orders.

use super::{Adjustment, FulfilmentStatus, HistoryEntry, Order, OrderLine, OrderStatus, PaymentStatus};
use crate::ids::{CartId, OrderId};
use crate::schema::{adjustments, order_history, order_lines, orders};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use std::collections::HashMap;

pub fn get(conn: &mut Conn, id: OrderId) -> Result<Order> {
    Ok(orders::table.find(id).select(Order::as_select()).first(conn)?)
}

pub fn get_by_number(conn: &mut Conn, number: &str) -> Result<Order> {
    Ok(orders::table.filter(orders::number.eq(number)).select(Order::as_select()).first(conn)?)
}

pub fn find_by_cart(conn: &mut Conn, cart: CartId) -> Result<Option<OrderId>> {
    Ok(orders::table.filter(orders::cart_id.eq(cart)).select(orders::id).first(conn).optional()?)
}

/// An order of this customer; somebody else's is not found.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, number: &str) -> Result<Order> {
    let order = get_by_number(conn, number)?;
    if order.customer_id == customer { Ok(order) } else { Err(Error::NotFound) }
}

pub fn lines(conn: &mut Conn, order: OrderId) -> Result<Vec<OrderLine>> {
    Ok(order_lines::table.filter(order_lines::order_id.eq(order)).order(order_lines::position).select(OrderLine::as_select()).load(conn)?)
}

pub fn adjustments(conn: &mut Conn, order: OrderId) -> Result<Vec<Adjustment>> {
    Ok(adjustments::table.filter(adjustments::order_id.eq(order)).order(adjustments::id).select(Adjustment::as_select()).load(conn)?)
}

pub fn history(conn: &mut Conn, order: OrderId) -> Result<Vec<HistoryEntry>> {
    Ok(order_history::table
        .filter(order_history::order_id.eq(order))
        .order(order_history::id)
        .select(HistoryEntry::as_select())
        .load(conn)?)
}

/// Which numbers these orders have.
pub fn numbers(conn: &mut Conn, ids: &[OrderId]) -> Result<HashMap<OrderId, String>> {
    let rows: Vec<(OrderId, String)> = orders::table.filter(orders::id.eq_any(ids)).select((orders::id, orders::number)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Orders after the id `after`, by id: for exports.
pub fn after(conn: &mut Conn, after: OrderId, limit: i64) -> Result<Vec<Order>> {
    Ok(orders::table.filter(orders::id.gt(after)).order(orders::id).limit(limit).select(Order::as_select()).load(conn)?)
}

/// How many orders there are.
pub fn count(conn: &mut Conn) -> Result<i64> {
    Ok(orders::table.count().get_result(conn)?)
}

/// What waits for somebody: orders to send and orders nobody has paid yet. Neither is counted further than `limit`.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Waiting {
    pub to_ship: usize,
    pub unpaid: usize,
}

/// Counts what waits, up to `limit` of each.
pub fn waiting(conn: &mut Conn, limit: i64) -> Result<Waiting> {
    let to_ship: Vec<OrderId> = orders::table
        .filter(orders::status.eq(OrderStatus::Confirmed))
        .filter(orders::fulfilment_status.eq_any([FulfilmentStatus::Unfulfilled, FulfilmentStatus::Partial]))
        .limit(limit)
        .select(orders::id)
        .load(conn)?;
    let unpaid: Vec<OrderId> = orders::table
        .filter(orders::payment_status.eq(PaymentStatus::Pending))
        .filter(orders::status.ne(OrderStatus::Cancelled))
        .limit(limit)
        .select(orders::id)
        .load(conn)?;
    Ok(Waiting { to_ship: to_ship.len(), unpaid: unpaid.len() })
}

/// An order as a list shows it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = orders)]
pub struct OrderRow {
    pub id: OrderId,
    pub number: String,
    pub customer_id: CustomerId,
    pub email: String,
    pub currency: String,
    pub status: OrderStatus,
    pub payment_status: PaymentStatus,
    pub fulfilment_status: FulfilmentStatus,
    pub total: i64,
    pub placed_at: Time,
}

/// Which orders a list shows. Pages follow by key: `before` is the last id of the page before.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub customer: Option<CustomerId>,
    pub status: Option<OrderStatus>,
    pub payment_status: Option<PaymentStatus>,
    pub fulfilment_status: Option<FulfilmentStatus>,
    /// An order number or a mail address, whole.
    pub text: Option<String>,
    pub before: Option<OrderId>,
}

/// Orders, newest first. Every filter has an index that ends in the id, so a page costs the same at any depth.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<OrderRow>> {
    let mut query = orders::table.into_boxed();
    if let Some(customer) = filter.customer {
        query = query.filter(orders::customer_id.eq(customer));
    }
    if let Some(status) = filter.status {
        query = query.filter(orders::status.eq(status));
    }
    if let Some(status) = filter.payment_status {
        query = query.filter(orders::payment_status.eq(status));
    }
    if let Some(status) = filter.fulfilment_status {
        query = query.filter(orders::fulfilment_status.eq(status));
    }
    if let Some(text) = filter.text.as_deref().map(|text| text.trim().replace('\0', "")).filter(|text| !text.is_empty()) {
        query = match text.contains('@') {
            true => query.filter(orders::email.eq(text)),
            false => query.filter(orders::number.eq(text.trim_start_matches('#').to_uppercase())),
        };
    }
    if let Some(before) = filter.before {
        query = query.filter(orders::id.lt(before));
    }
    Ok(query.order(orders::id.desc()).limit(limit).select(OrderRow::as_select()).load(conn)?)
}
