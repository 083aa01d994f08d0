//! What a customer bought, one row an order, written in the transaction that places, refunds or cancels it.

use crate::CustomerId;
use crate::schema::purchases;
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
pub fn learn(conn: &mut Conn, purchase: &Purchase) -> Result<()> {
    let row = (
        purchases::order_id.eq(purchase.order),
        purchases::customer_id.eq(purchase.customer),
        purchases::purchased_at.eq(purchase.at),
        purchases::currency.eq(purchase.revenue.currency.code()),
        purchases::revenue.eq(purchase.revenue.minor),
        purchases::units.eq(purchase.units),
    );
    on_each!(conn, c => diesel::insert_into(purchases::table).values(row).execute(c))?;
    Ok(())
}

/// Corrects an order that staff changed: what it brings by now, and its units. An order that was forgotten stays forgotten.
pub fn change(conn: &mut Conn, order: i64, revenue: i64, units: i64) -> Result<()> {
    diesel::update(purchases::table.find(order)).set((purchases::revenue.eq(revenue), purchases::units.eq(units))).execute(conn)?;
    Ok(())
}

/// Takes money given back off what the order brought. An order that was forgotten stays forgotten.
pub fn refund(conn: &mut Conn, order: i64, amount: i64) -> Result<()> {
    diesel::update(purchases::table.find(order)).set(purchases::refunded.eq(purchases::refunded + amount)).execute(conn)?;
    Ok(())
}

/// Forgets an order that was cancelled: the customer did not buy.
pub fn forget(conn: &mut Conn, order: i64) -> Result<()> {
    diesel::delete(purchases::table.find(order)).execute(conn)?;
    Ok(())
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
