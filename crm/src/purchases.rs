//! What a customer bought, one row an order, written in the transaction that places, refunds or cancels it. The customer's score follows in
//! the same transaction.

use crate::CustomerId;
use crate::schema::purchases;
use crate::scores;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Result, on_each};

/// An order as the memory keeps it.
#[derive(Clone, Debug)]
pub struct Purchase {
    pub order: i64,
    pub customer: CustomerId,
    pub at: Time,
    pub revenue: Money,
    pub units: i64,
}

/// Remembers an order that was placed.
pub fn learn(conn: &mut Conn, purchase: &Purchase, now: Time) -> Result<()> {
    let currency = purchase.revenue.currency.code();
    let row = (
        purchases::order_id.eq(purchase.order),
        purchases::customer_id.eq(purchase.customer),
        purchases::purchased_at.eq(purchase.at),
        purchases::currency.eq(currency),
        purchases::revenue.eq(purchase.revenue.minor),
        purchases::units.eq(purchase.units),
    );
    on_each!(conn, c => diesel::insert_into(purchases::table).values(row).execute(c))?;
    scores::follow(conn, purchase.customer, currency, now)
}

/// Whose order it is and its currency; `None` when it was forgotten.
fn owner(conn: &mut Conn, order: i64) -> Result<Option<(CustomerId, String)>> {
    Ok(purchases::table.find(order).select((purchases::customer_id, purchases::currency)).first(conn).optional()?)
}

/// Corrects an order that staff changed: what it brings by now, and its units. An order that was forgotten stays forgotten.
pub fn change(conn: &mut Conn, order: i64, revenue: i64, units: i64, now: Time) -> Result<()> {
    let Some((customer, currency)) = owner(conn, order)? else { return Ok(()) };
    diesel::update(purchases::table.find(order)).set((purchases::revenue.eq(revenue), purchases::units.eq(units))).execute(conn)?;
    scores::follow(conn, customer, &currency, now)
}

/// Takes money given back off what the order brought. An order that was forgotten stays forgotten.
pub fn refund(conn: &mut Conn, order: i64, amount: i64, now: Time) -> Result<()> {
    let Some((customer, currency)) = owner(conn, order)? else { return Ok(()) };
    diesel::update(purchases::table.find(order)).set(purchases::refunded.eq(purchases::refunded + amount)).execute(conn)?;
    scores::follow(conn, customer, &currency, now)
}

/// Forgets an order that was cancelled: the customer did not buy.
pub fn forget(conn: &mut Conn, order: i64, now: Time) -> Result<()> {
    let Some((customer, currency)) = owner(conn, order)? else { return Ok(()) };
    diesel::delete(purchases::table.find(order)).execute(conn)?;
    scores::follow(conn, customer, &currency, now)
}

/// (revenue, refunded) of an order, for the proof of the books.
pub fn of_order(conn: &mut Conn, order: i64) -> Result<Option<(i64, i64)>> {
    Ok(purchases::table.find(order).select((purchases::revenue, purchases::refunded)).first(conn).optional()?)
}

/// How many orders a customer has that were not cancelled.
pub fn count(conn: &mut Conn, customer: CustomerId) -> Result<i64> {
    Ok(on_each!(conn, c => purchases::table.filter(purchases::customer_id.eq(customer)).count().get_result(c))?)
}

/// What a customer bought so far: orders, revenue net of refunds by currency.
pub fn totals(conn: &mut Conn, customer: CustomerId) -> Result<Vec<(String, i64, i64)>> {
    let rows: Vec<(String, i64, i64)> = purchases::table
        .filter(purchases::customer_id.eq(customer))
        .select((purchases::currency, purchases::revenue, purchases::refunded))
        .load(conn)?;
    let mut totals: std::collections::BTreeMap<String, (i64, i64)> = Default::default();
    for (currency, revenue, refunded) in rows {
        let entry = totals.entry(currency).or_default();
        *entry = (entry.0 + 1, entry.1 + revenue - refunded);
    }
    Ok(totals.into_iter().map(|(currency, (orders, net))| (currency, orders, net)).collect())
}
