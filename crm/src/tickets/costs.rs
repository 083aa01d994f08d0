//! What service cost: money and credit that were given from tickets, and goods that were sent once more, each kept in the commit of the deed
//! that gave it. Whose cost it is follows from the ticket, so that it goes where the ticket goes.

use super::{TicketId, get};
use crate::schema::{service_costs as rows, tickets};
use crate::{CustomerId, scores, segments};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each};
use std::collections::HashMap;

/// The deed that no purchase knows of: what is refunded, and goods that are sent again, are in the margins of orders already.
const CREDIT: &str = "credit";

/// Keeps what a deed from a ticket cost, with what follows of it for the customer.
pub fn keep(conn: &mut Conn, ticket: TicketId, deed: &str, money: Money, now: Time) -> Result<()> {
    if money.minor <= 0 {
        return Ok(());
    }
    let row = (
        rows::ticket_id.eq(ticket),
        rows::deed.eq(deed),
        rows::amount.eq(money.minor),
        rows::currency.eq(money.currency.code()),
        rows::given_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(rows::table).values(row).execute(c))?;
    let Some(customer) = get(conn, ticket)?.customer_id else { return Ok(()) };
    scores::follow(conn, customer, money.currency.code(), now)?;
    segments::follow_costs(conn, customer, now)
}

/// What one kind of deed cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub deed: String,
    pub times: i64,
    pub amount: Money,
}

/// What was given from a moment on until before another, by currency and kind of deed.
pub fn given(conn: &mut Conn, from: Time, until: Time) -> Result<Vec<Given>> {
    let found: Vec<(String, String, i64, i64)> = rows::table
        .filter(rows::given_at.ge(from))
        .filter(rows::given_at.lt(until))
        .group_by((rows::currency, rows::deed))
        .select((rows::currency, rows::deed, count_star(), sql::<BigInt>("CAST(SUM(amount) AS BIGINT)")))
        .order((rows::currency, rows::deed))
        .load(conn)?;
    let one = |(code, deed, times, amount): (String, String, i64, i64)| {
        let currency = Currency::parse(&code).ok_or_else(|| Error::unexpected(format!("a cost of service in {code}")))?;
        Ok(Given { deed, times, amount: Money::new(amount, currency) })
    };
    found.into_iter().map(one).collect()
}

/// What service cost for one customer in one currency, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    pub cost: i64,
    /// What of it is credit, which no margin of an order holds.
    pub credited: i64,
}

impl Service {
    fn with(self, deed: &str, amount: i64) -> Service {
        Service { cost: self.cost + amount, credited: self.credited + if deed == CREDIT { amount } else { 0 } }
    }
}

/// What service cost for a customer in a currency.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, currency: &str) -> Result<Service> {
    let found: Vec<(String, i64)> = on_each!(conn, c => rows::table
        .inner_join(tickets::table.on(tickets::id.eq(rows::ticket_id)))
        .filter(tickets::customer_id.eq(customer))
        .filter(rows::currency.eq(currency))
        .select((rows::deed, rows::amount))
        .load(c))?;
    Ok(found.iter().fold(Service::default(), |sum, (deed, amount)| sum.with(deed, *amount)))
}

/// [`of_customer`] of several; nothing was given to who is not there.
pub(crate) fn of_these(conn: &mut Conn, customers: &[CustomerId], currency: &str) -> Result<HashMap<CustomerId, Service>> {
    let found: Vec<(Option<CustomerId>, String, i64)> = rows::table
        .inner_join(tickets::table.on(tickets::id.eq(rows::ticket_id)))
        .filter(tickets::customer_id.eq_any(customers.to_vec()))
        .filter(rows::currency.eq(currency))
        .select((tickets::customer_id, rows::deed, rows::amount))
        .load(conn)?;
    let mut sums: HashMap<CustomerId, Service> = HashMap::new();
    for (customer, deed, amount) in found {
        if let Some(customer) = customer {
            let sum = sums.entry(customer).or_default();
            *sum = sum.with(&deed, amount);
        }
    }
    Ok(sums)
}
