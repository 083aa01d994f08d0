//! What sales staff get for the companies they look after: of each order, what was paid for it less what was paid back, by the share that
//! they had on the day the order was placed. The order counts in the month it was placed in, and for whoever looked after the company then.

use crate::ids::OrderId;
use crate::sales::Period;
use crate::schema::{order_trade, orders, payments};
use crate::shop::{self, Shop};
use chrono::{Datelike, Months, NaiveDate, NaiveTime};
use crm::CompanyId;
use crm::sales::{owners, rate_at, rates};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::{BTreeMap, HashMap};

/// Orders read at once.
const PAGE: i64 = 500;

/// What one order brings somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub number: String,
    pub placed_on: NaiveDate,
    pub company: CompanyId,
    pub staff: i64,
    pub currency: String,
    /// Captured, less what was paid back or taken by a bank.
    pub paid: i64,
    pub rate_bp: i64,
    pub commission: i64,
}

/// What the orders of a month bring somebody in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub orders: i64,
    pub paid: i64,
    pub commission: i64,
}

/// The month that a day is in, by the shop's clocks.
pub fn month(shop: &Shop, day: NaiveDate) -> Period {
    let first = day.with_day(1).unwrap_or(day);
    let start = |day: NaiveDate| shop.moment(day.and_time(NaiveTime::MIN));
    Period { from: start(first), until: start(first.checked_add_months(Months::new(1)).unwrap_or(first)) }
}

/// Half a minor unit is rounded up.
fn share(paid: i64, rate_bp: i64) -> i64 {
    let whole = i128::from(paid) * i128::from(rate_bp);
    i64::try_from((whole + 5000) / 10_000).unwrap_or(i64::MAX)
}

/// Where a page of orders ends.
pub type Place = (Time, OrderId);

/// The orders of a period that bring somebody something, behind `after`, and where the next page begins if there may be one.
pub fn lines(conn: &mut Conn, period: Period, after: Option<Place>, limit: i64) -> Result<(Vec<Line>, Option<Place>)> {
    type Row = (OrderId, String, Time, String, CompanyId);
    let (from, last) = after.unwrap_or((period.from, OrderId(0)));
    let found: Vec<Row> = order_trade::table
        .inner_join(orders::table.on(orders::id.eq(order_trade::order_id)))
        .filter(orders::placed_at.ge(from))
        .filter(orders::placed_at.lt(period.until))
        .filter(orders::placed_at.gt(from).or(orders::id.gt(last)))
        .order((orders::placed_at, orders::id))
        .limit(limit)
        .select((orders::id, orders::number, orders::placed_at, orders::currency, order_trade::company_id))
        .load(conn)?;
    let next = found.last().map(|row| (row.2, row.0)).filter(|_| i64::try_from(found.len()).is_ok_and(|rows| rows >= limit));
    let ids: Vec<OrderId> = found.iter().map(|row| row.0).collect();
    let mut paid: HashMap<OrderId, i64> = HashMap::new();
    let money: Vec<(OrderId, i64, i64, i64)> = payments::table
        .filter(payments::order_id.eq_any(ids))
        .select((payments::order_id, payments::captured, payments::refunded, payments::taken))
        .load(conn)?;
    for (order, captured, refunded, taken) in money {
        *paid.entry(order).or_default() += captured - refunded - taken.max(0);
    }
    let mut of: Vec<CompanyId> = found.iter().map(|row| row.4).collect();
    of.sort_unstable();
    of.dedup();
    let (theirs, shares, shop) = (owners(conn, &of)?, rates(conn)?, shop::get(conn)?);
    let mut lines = Vec::new();
    for (order, number, at, currency, company) in found {
        let Some(owner) = theirs.iter().find(|one| one.company_id == company && one.at(at)) else { continue };
        let (placed_on, paid) = (shop.local(at).date(), paid.get(&order).copied().unwrap_or(0).max(0));
        let rate_bp = rate_at(&shares, owner.staff_id, placed_on);
        let commission = share(paid, rate_bp);
        lines.push(Line { number, placed_on, company, staff: owner.staff_id, currency, paid, rate_bp, commission });
    }
    Ok((lines, next))
}

/// What a period brings each of the staff, by currency.
pub fn sums(conn: &mut Conn, period: Period) -> Result<BTreeMap<(i64, String), Sum>> {
    let mut sums: BTreeMap<(i64, String), Sum> = BTreeMap::new();
    let mut after = None;
    loop {
        let (page, next) = lines(conn, period, after, PAGE)?;
        for line in page {
            let sum = sums.entry((line.staff, line.currency)).or_default();
            sum.orders += 1;
            sum.paid += line.paid;
            sum.commission += line.commission;
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(sums),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_once_for_each_order() {
        for (paid, rate, commission) in [(0, 500, 0), (10_000, 250, 250), (99, 500, 5), (89, 500, 4), (i64::MAX, 10_000, i64::MAX)] {
            assert_eq!(share(paid, rate), commission, "{paid} {rate}");
        }
    }
}
