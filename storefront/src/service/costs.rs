//! What service cost: money and credit that were given from tickets, and goods that were sent once more. A cancelled order is a sale that was
//! not made and no cost of service; a coupon costs what it takes off the orders that it is used for. What banks took of disputed payments and charged
//! for it counts from when it was told.

use super::resend::SOURCE;
use crate::disputes::Movement;
use crate::sales::SOLD;
use crate::schema::{disputed_funds as funds, orders, service_costs as rows};
use crm::tickets::TicketId;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each};
use std::collections::BTreeMap;

/// Keeps what a deed from a ticket cost, in the commit of the deed.
pub(super) fn keep(conn: &mut Conn, ticket: TicketId, deed: &str, money: Money, now: Time) -> Result<()> {
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
    Ok(())
}

/// What banks did, as the report calls it.
fn by_bank(kind: Movement) -> &'static str {
    match kind {
        Movement::Withdrawn => "bank_withdrawn",
        Movement::Reinstated => "bank_reinstated",
        Movement::Fee => "bank_fee",
    }
}

/// What one kind of deed cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub deed: String,
    pub times: i64,
    pub amount: Money,
}

/// What service cost in one currency over some time, beside the orders that were placed in it then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    pub given: Vec<Given>,
    pub sum: Money,
    /// Orders that stand, without those that send goods again.
    pub orders: i64,
}

impl Cost {
    /// What an order cost in service on average, rounded half up; none without orders.
    pub fn per_order(&self) -> Option<Money> {
        (self.orders > 0).then(|| Money::new((self.sum.minor + self.orders / 2) / self.orders, self.sum.currency))
    }
}

/// What service cost from a moment on until before another, by currency.
pub fn costs(conn: &mut Conn, from: Time, until: Time) -> Result<Vec<Cost>> {
    let mut given: Vec<(String, String, i64, i64)> = rows::table
        .filter(rows::given_at.ge(from))
        .filter(rows::given_at.lt(until))
        .group_by((rows::currency, rows::deed))
        .select((rows::currency, rows::deed, count_star(), sql::<BigInt>("CAST(SUM(amount) AS BIGINT)")))
        .order((rows::currency, rows::deed))
        .load(conn)?;
    let moved: Vec<(String, Movement, i64, i64)> = funds::table
        .filter(funds::booked_at.ge(from))
        .filter(funds::booked_at.lt(until))
        .group_by((funds::currency, funds::kind))
        .select((funds::currency, funds::kind, count_star(), sql::<BigInt>("CAST(SUM(amount) AS BIGINT)")))
        .load(conn)?;
    given.extend(moved.into_iter().map(|(currency, kind, times, amount)| (currency, by_bank(kind).to_string(), times, amount)));
    given.sort();
    let placed: Vec<(String, i64)> = orders::table
        .filter(orders::placed_at.ge(from).and(orders::placed_at.lt(until)))
        .filter(orders::status.eq_any(SOLD))
        .filter(orders::source.ne(SOURCE))
        .group_by(orders::currency)
        .select((orders::currency, count_star()))
        .load(conn)?;
    let placed: BTreeMap<String, i64> = placed.into_iter().collect();
    let mut all: Vec<Cost> = Vec::new();
    for (code, deed, times, amount) in given {
        let currency = Currency::parse(&code).ok_or_else(|| Error::unexpected(format!("a cost of service in {code}")))?;
        let amount = Money::new(amount, currency);
        let given = Given { deed, times, amount };
        match all.last_mut().filter(|last| last.sum.currency == currency) {
            Some(last) => {
                last.sum = Money::new(last.sum.minor + amount.minor, currency);
                last.given.push(given);
            }
            None => all.push(Cost { given: vec![given], sum: amount, orders: placed.get(&code).copied().unwrap_or(0) }),
        }
    }
    Ok(all)
}
