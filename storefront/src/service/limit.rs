//! What one of the staff may give a customer without anybody's approval: so much within some days, counted together wherever it is given.

use super::act::Allowance;
use super::policy::policy;
use crate::schema::given_alone as rows;
use chrono::TimeDelta;
use crm::{CustomerId, identities};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};

/// Days over which what was given is counted together.
const COUNTED: i64 = 30;

/// Counts what one of the staff gives a customer in place of a proposal. `false`, and nothing is counted, when it is beyond what they may
/// give alone.
pub(super) fn count(conn: &mut Conn, customer: CustomerId, money: Money, actor: &str, allowance: Allowance, now: Time) -> Result<bool> {
    if allowance == Allowance::Whole || money.minor <= 0 {
        return Ok(true);
    }
    // Two who give at the same time are counted one after the other. The orders of somebody who was erased can still be given back.
    let customer = identities::hold_alone(conn, customer)?.unwrap_or(customer);
    let given = lately(conn, customer, money.currency, now)?;
    if !policy(conn)?.within(given.saturating_add(money.minor), money.currency) {
        return Ok(false);
    }
    let row = (
        rows::customer_id.eq(customer),
        rows::amount.eq(money.minor),
        rows::currency.eq(money.currency.code()),
        rows::actor.eq(actor),
        rows::given_at.eq(now),
    );
    diesel::insert_into(rows::table).values(row).execute(conn)?;
    Ok(true)
}

/// What a customer, under whichever number, was given without approval, in minor units.
fn lately(conn: &mut Conn, customer: CustomerId, currency: Currency, now: Time) -> Result<i64> {
    let ids = identities::all(conn, customer)?;
    let given = rows::table.filter(rows::customer_id.eq_any(ids)).filter(rows::given_at.ge(now - TimeDelta::days(COUNTED)));
    Ok(given.filter(rows::currency.eq(currency.code())).select(rows::amount).load::<i64>(conn)?.into_iter().sum())
}

/// Counts what one of the staff gives a customer where nothing can be proposed, as on the page of an order. `Conflict` beyond what they may
/// give alone.
pub fn give(conn: &mut Conn, customer: CustomerId, money: Money, actor: &str, allowance: Allowance, now: Time) -> Result<()> {
    if count(conn, customer, money, actor, allowance, now)? { Ok(()) } else { Err(Error::conflict("service-beyond-limit")) }
}
