//! Reading orders.

use super::{Adjustment, FulfilmentStatus, HistoryEntry, Order, OrderLine, OrderStatus, PaymentStatus};
use crate::ids::{CartId, OrderId, OrderLineId, ProductId, VariantId};
use crate::schema::{adjustments, order_history, order_lines, orders, variants};
use crate::units::{Measure, Unit};
use crm::{CustomerId, purchases};
use diesel::prelude::*;
use kernel::{Conn, Error, Result, on_each};
use std::collections::HashMap;

pub fn get(conn: &mut Conn, id: OrderId) -> Result<Order> {
    Ok(on_each!(conn, c => orders::table.find(id).select(Order::as_select()).first(c))?)
}

pub fn get_by_number(conn: &mut Conn, number: &str) -> Result<Order> {
    Ok(on_each!(conn, c => orders::table.filter(orders::number.eq(number)).select(Order::as_select()).first(c))?)
}

pub fn find_by_cart(conn: &mut Conn, cart: CartId) -> Result<Option<OrderId>> {
    Ok(on_each!(conn, c => orders::table.filter(orders::cart_id.eq(cart)).select(orders::id).first(c)).optional()?)
}

/// An order of this customer; somebody else's is not found.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, number: &str) -> Result<Order> {
    let order = get_by_number(conn, number)?;
    if order.customer_id == customer { Ok(order) } else { Err(Error::NotFound) }
}

pub fn lines(conn: &mut Conn, order: OrderId) -> Result<Vec<OrderLine>> {
    Ok(
        on_each!(conn, c => order_lines::table.filter(order_lines::order_id.eq(order)).order(order_lines::position).select(OrderLine::as_select()).load(c))?,
    )
}

/// What an order is made of as the memory of purchases has it: its goods by variant, without those the catalogue does not know.
pub fn bought(conn: &mut Conn, order: OrderId) -> Result<Vec<purchases::Line>> {
    let columns = (variants::id, variants::product_id, (order_lines::quantity, order_lines::unit_precision), order_lines::total);
    let rows: Vec<(VariantId, ProductId, (i64, i64), i64)> = order_lines::table
        .inner_join(variants::table.on(order_lines::variant_id.eq(variants::id.nullable())))
        .filter(order_lines::order_id.eq(order))
        .select(columns)
        .load(conn)?;
    let line = |(variant, product, (quantity, precision), amount): (VariantId, ProductId, (i64, i64), i64)| purchases::Line {
        variant: variant.0,
        product: product.0,
        quantity: Measure::new(Unit::Piece, precision).pieces(quantity),
        amount,
    };
    Ok(purchases::summed(&rows.into_iter().map(line).collect::<Vec<_>>()))
}

/// The order of a line; none without a line.
pub fn of_line(conn: &mut Conn, line: Option<OrderLineId>) -> Result<Option<Order>> {
    let Some(line) = line else { return Ok(None) };
    let order: OrderId = order_lines::table.find(line).select(order_lines::order_id).first(conn)?;
    get(conn, order).map(Some)
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

/// The id of an order's latest entry: it moves with every change, and tells a form that the order is not as it was.
pub fn version(conn: &mut Conn, order: OrderId) -> Result<i64> {
    let last: Option<i64> = on_each!(conn, c => order_history::table
        .filter(order_history::order_id.eq(order))
        .order(order_history::id.desc())
        .select(order_history::id)
        .first(c))
    .optional()?;
    Ok(last.unwrap_or(0))
}

/// What happened to an order after the entry `seen`, oldest first.
pub fn changes(conn: &mut Conn, order: OrderId, seen: i64) -> Result<Vec<HistoryEntry>> {
    Ok(order_history::table
        .filter(order_history::order_id.eq(order))
        .filter(order_history::id.gt(seen))
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
        .filter(orders::payment_status.eq_any([PaymentStatus::Pending, PaymentStatus::PartiallyPaid]))
        .filter(orders::status.ne(OrderStatus::Cancelled))
        .limit(limit)
        .select(orders::id)
        .load(conn)?;
    Ok(Waiting { to_ship: to_ship.len(), unpaid: unpaid.len() })
}
