//! What service cost, beside the orders of the same time. A cancelled order is a sale that was not made and no cost of service; a coupon costs
//! what it takes off the orders that it is used for. What banks took of disputed payments and charged for it counts from when it was told.

use super::resend::SOURCE;
use crate::disputes::Movement;
use crate::sales::SOLD;
use crate::schema::{disputed_funds as funds, orders};
pub use crm::tickets::costs::Given;
use crm::tickets::costs::given;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use std::collections::BTreeMap;

/// What banks did, as the report calls it.
fn by_bank(kind: Movement) -> &'static str {
    match kind {
        Movement::Withdrawn => "bank_withdrawn",
        Movement::Reinstated => "bank_reinstated",
        Movement::Fee => "bank_fee",
    }
}

/// What banks took, gave back and charged from a moment on until before another.
fn taken(conn: &mut Conn, from: Time, until: Time) -> Result<Vec<Given>> {
    let moved: Vec<(String, Movement, i64, i64)> = funds::table
        .filter(funds::booked_at.ge(from))
        .filter(funds::booked_at.lt(until))
        .group_by((funds::currency, funds::kind))
        .select((funds::currency, funds::kind, count_star(), sql::<BigInt>("CAST(SUM(amount) AS BIGINT)")))
        .load(conn)?;
    let one = |(code, kind, times, amount): (String, Movement, i64, i64)| {
        let currency = Currency::parse(&code).ok_or_else(|| Error::unexpected(format!("a disputed payment in {code}")))?;
        Ok(Given { deed: by_bank(kind).to_string(), times, amount: Money::new(amount, currency) })
    };
    moved.into_iter().map(one).collect()
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
    let mut given = given(conn, from, until)?;
    given.extend(taken(conn, from, until)?);
    given.sort_by(|one, other| (one.amount.currency.code(), &one.deed).cmp(&(other.amount.currency.code(), &other.deed)));
    let placed: Vec<(String, i64)> = orders::table
        .filter(orders::placed_at.ge(from).and(orders::placed_at.lt(until)))
        .filter(orders::status.eq_any(SOLD))
        .filter(orders::source.ne(SOURCE))
        .group_by(orders::currency)
        .select((orders::currency, count_star()))
        .load(conn)?;
    let placed: BTreeMap<String, i64> = placed.into_iter().collect();
    let mut all: Vec<Cost> = Vec::new();
    for given in given {
        let (currency, amount) = (given.amount.currency, given.amount.minor);
        match all.last_mut().filter(|last| last.sum.currency == currency) {
            Some(last) => {
                last.sum = Money::new(last.sum.minor + amount, currency);
                last.given.push(given);
            }
            None => {
                let (sum, orders) = (given.amount, placed.get(currency.code()).copied().unwrap_or(0));
                all.push(Cost { given: vec![given], sum, orders });
            }
        }
    }
    Ok(all)
}
