//! What a buyer can have at once, with its money. Figured by the functions that will do it.

use super::policy::policy;
use crate::ids::OrderLineId;
use crate::orders::{self, Order};
use crate::payments;
use crate::refunds::{self, Request, RequestLine};
use crate::returns;
use chrono::TimeDelta;
use crm::tickets::{self, Author, Kind};
use kernel::clock::Time;
use kernel::{Conn, Error, Result, words};

words!(
    /// What the shop does without staff.
    Remedy {
        Cancel = "cancel",
        /// Money for units that arrived, which stay where they are.
        Refund = "refund",
    }
);

/// A remedy as it is shown before the buyer confirms it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub remedy: Remedy,
    /// What goes back, in minor units of the order's currency.
    pub amount: i64,
    /// The order's [`orders::version`] that it was figured at.
    pub seen: i64,
}

/// What the shop does at once about a request; `None` when staff decide.
pub fn answer(conn: &mut Conn, order: &Order, kind: Kind, units: &[(OrderLineId, i64)], now: Time) -> Result<Option<Offer>> {
    let seen = orders::version(conn, order.id)?;
    match kind {
        Kind::Cancel if orders::cancellable(order, &orders::lines(conn, order.id)?) => {
            let amount = payments::of_order(conn, order.id)?.iter().map(|payment| payment.left()).sum();
            Ok(Some(Offer { remedy: Remedy::Cancel, amount, seen }))
        }
        Kind::ArrivedBroken | Kind::Refund => {
            let rule = policy(conn)?;
            let (currency, rule) = (rule.currency, rule.rule(kind));
            if rule.at_once == 0 || units.is_empty() || order.currency()? != currency {
                return Ok(None);
            }
            let since = now - TimeDelta::days(365);
            let done = (Author::System.as_str(), Remedy::Refund.as_str());
            let had = tickets::acted_since(conn, order.customer_id, done, since, rule.per_year)?;
            if had >= rule.per_year {
                return Ok(None);
            }
            let worth = worth(conn, order, units, now)?;
            Ok(worth.filter(|amount| *amount <= rule.at_once).map(|amount| Offer { remedy: Remedy::Refund, amount, seen }))
        }
        _ => Ok(None),
    }
}

/// What the units would give back, in minor units. `None` when they cannot come back: never sent, too long ago, or given back before.
pub fn worth(conn: &mut Conn, order: &Order, units: &[(OrderLineId, i64)], now: Time) -> Result<Option<i64>> {
    let possible = returns::returnable(conn, order, now)?;
    let fits = |(line, units): &(OrderLineId, i64)| possible.iter().any(|one| one.line.id == *line && (1..=one.units).contains(units));
    if units.is_empty() || !units.iter().all(fits) {
        return Ok(None);
    }
    match refunds::preview(conn, order, &wanted(units, "")) {
        Ok(preview) => Ok(Some(preview.amount)),
        // Nothing that was paid is left.
        Err(Error::Invalid(_) | Error::Conflict(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The refund of units that were sent and stay with the buyer.
pub(super) fn wanted(units: &[(OrderLineId, i64)], reason: &str) -> Request {
    let lines = units.iter().map(|(line, quantity)| RequestLine { line: *line, quantity: *quantity, restock: false }).collect();
    Request { lines, reason: reason.to_string(), sent_back: true, ..Request::default() }
}
