//! Lower prices of what people wish for. A price falls when the lowest list price of a product is below everything that it was in the 30 days before:
//! what Directive 98/6/EC, article 6a, lets a shop announce as a reduction. It follows from the log of prices alone, so that each fall is one moment
//! and nobody is told of it twice. What a mail then shows is the price of the product's page.

use crate::catalog;
use crate::ids::{ProductId, VariantId};
use crate::schema::{variants, wish_list_items as items};
use crate::shop::{self, OWN_LANGUAGE};
use crate::waiting;
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use crm::CustomerId;
use crm::journeys::{self, Trigger};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::Event;
use kernel::jobs::{self, Class};
use kernel::{Conn, Error, Result};
use std::collections::BTreeMap;

/// The job that tells some of those who wish for a product.
pub const JOB: &str = "wishes.dropped";
/// The days before a fall whose lowest price it is measured by.
const DAYS: TimeDelta = TimeDelta::days(30);
/// A fall is news for so long.
const NEWS: TimeDelta = TimeDelta::days(2);
/// People told in one transaction.
const TOGETHER: i64 = 100;

/// Prices of a variant: when they changed, from and to.
type Changed = (VariantId, Time, Option<i64>, Option<i64>);

/// When a price fell, and by how many percent.
type Fall = (Time, i64);

/// When the lowest price of a product fell, and by how many percent of the lowest of the days before. `now` are the prices of what is for sale.
fn falls(changes: &[Changed], now: &BTreeMap<VariantId, i64>) -> Vec<Fall> {
    let mut prices: BTreeMap<VariantId, Option<i64>> = now.iter().map(|(id, price)| (*id, Some(*price))).collect();
    // What each was before its first change is where the log begins.
    for (variant, _, before, _) in changes.iter().rev() {
        prices.insert(*variant, *before);
    }
    prices.retain(|variant, _| now.contains_key(variant));
    let lowest = |prices: &BTreeMap<VariantId, Option<i64>>| prices.values().filter_map(|price| *price).min();
    let mut pieces: Vec<(Time, Option<i64>)> = vec![(NaiveDateTime::MIN, lowest(&prices))];
    let mut found = Vec::new();
    for together in changes.chunk_by(|one, other| one.1 == other.1) {
        let Some((_, at, ..)) = together.first() else { continue };
        for (variant, _, _, after) in together.iter().filter(|(variant, ..)| now.contains_key(variant)) {
            prices.insert(*variant, *after);
        }
        let after = lowest(&prices);
        // The first piece that counts is the one that was in force when the days began.
        let first = pieces.partition_point(|(from, _)| *from <= *at - DAYS).saturating_sub(1);
        let before = pieces.iter().skip(first).filter_map(|(_, price)| *price).min();
        if let (Some(before), Some(after)) = (before, after)
            && after < before
        {
            found.push((*at, (before - after) * 100 / before));
        }
        pieces.push((*at, after));
    }
    found
}

/// The falls of a product's lowest price in the shop's currency, the oldest first, and when a price of it changed last.
fn of_product(conn: &mut Conn, product: ProductId) -> Result<(Vec<Fall>, Option<Time>)> {
    let currency = shop::get(conn)?.currency;
    let ids: Vec<VariantId> = variants::table.filter(variants::product_id.eq(product)).select(variants::id).load(conn)?;
    let sold = catalog::variants_for_sale(conn, &ids, currency, OWN_LANGUAGE)?;
    let now: BTreeMap<VariantId, i64> = sold.iter().filter(|one| one.for_sale).map(|one| (one.id, one.unit_price)).collect();
    let log = catalog::price_timeline(conn, &ids, currency)?;
    let changes: Vec<Changed> = log.into_iter().map(|(variant, at, before, after)| (variant, at, before.amount, after.amount)).collect();
    let last = changes.last().map(|(_, at, ..)| *at);
    Ok((falls(&changes, &now), last))
}

/// Plans to tell those who wish for a product of a fall that is news and still stands.
pub fn on_event(conn: &mut Conn, event: &Event, now: Time) -> Result<()> {
    let products = match event {
        Event::ProductChanged { product } => std::slice::from_ref(product),
        Event::ProductsChanged { products } => products.as_slice(),
        _ => return Ok(()),
    };
    for product in products.iter().copied() {
        let wished: i64 = items::table.filter(items::product_id.eq(ProductId(product))).count().get_result(conn)?;
        if wished == 0 {
            continue;
        }
        let (falls, last) = of_product(conn, ProductId(product))?;
        if let Some((at, percent)) = falls.last().filter(|(at, percent)| Some(*at) == last && *percent > 0 && *at > now - NEWS) {
            plan(conn, product, (*at, *percent), 0, now)?;
        }
    }
    Ok(())
}

/// Puts the job into the queue that goes on behind an item of a list.
fn plan(conn: &mut Conn, product: i64, (at, percent): (Time, i64), after: i64, now: Time) -> Result<()> {
    let payload = format!("{product}:{}:{percent}:{after}", at.and_utc().timestamp_micros());
    jobs::enqueue_as(conn, Class::Bulk, JOB, &payload, Some(&payload), now, now)
}

/// Tells some of those who wished for a product before its price fell; the next ones are told by another job.
pub fn tell(conn: &mut Conn, payload: &str, now: Time) -> Result<()> {
    let odd = || Error::unexpected(format!("the job {JOB} has the payload {payload}"));
    let numbers = payload.split(':').map(str::parse::<i64>).collect::<std::result::Result<Vec<i64>, _>>().map_err(|_| odd())?;
    let [product, micros, percent, after] = numbers.as_slice() else { return Err(odd()) };
    let (product, percent) = (*product, *percent);
    let fell_at = DateTime::from_timestamp_micros(*micros).ok_or_else(odd)?.naive_utc();
    let wishes = items::table.filter(items::product_id.eq(ProductId(product))).filter(items::id.gt(crate::ids::WishListItemId(*after)));
    let rows: Vec<(crate::ids::WishListItemId, CustomerId, Time)> =
        wishes.order(items::id).limit(TOGETHER).select((items::id, items::customer_id, items::added_at)).load(conn)?;
    for (_, customer, added_at) in &rows {
        if *added_at < fell_at {
            journeys::dropped(conn, *customer, product, percent, fell_at, now)?;
        }
    }
    match rows.last() {
        Some((last, ..)) if rows.len() as i64 >= TOGETHER => plan(conn, product, (fell_at, percent), last.0, now),
        _ => Ok(()),
    }
}

/// When a journey would have told customers within a span, of what is back or of lower prices: for rehearsals.
pub fn past(conn: &mut Conn, trigger: &Trigger, span: (Time, Time)) -> Result<BTreeMap<CustomerId, Vec<Time>>> {
    let least = match trigger {
        Trigger::Back => return waiting::told_within(conn, span),
        Trigger::PriceDrop(least) => *least,
        Trigger::Event(_) | Trigger::Entered(_) | Trigger::Left(_) | Trigger::Birthday(_) => return Ok(BTreeMap::new()),
    };
    let mut found: BTreeMap<CustomerId, Vec<Time>> = BTreeMap::new();
    let wished: Vec<ProductId> = items::table.select(items::product_id).distinct().load(conn)?;
    for product in wished {
        let (falls, _) = of_product(conn, product)?;
        let falls: Vec<Time> =
            falls.into_iter().filter(|(at, percent)| *percent >= least && (span.0..=span.1).contains(at)).map(|(at, _)| at).collect();
        if falls.is_empty() {
            continue;
        }
        let people = items::table.filter(items::product_id.eq(product)).order(items::id);
        for (customer, added_at) in people.select((items::customer_id, items::added_at)).load::<(CustomerId, Time)>(conn)? {
            found.entry(customer).or_default().extend(falls.iter().copied().filter(|at| added_at < *at));
        }
    }
    found.retain(|_, times| !times.is_empty());
    found.values_mut().for_each(|times| times.sort_unstable());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn at(day: i64) -> Time {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_hms_opt(9, 0, 0).unwrap() + TimeDelta::days(day)
    }

    fn change(variant: i64, day: i64, before: Option<i64>, after: Option<i64>) -> Changed {
        (VariantId(variant), at(day), before, after)
    }

    #[test]
    fn a_price_falls_below_what_it_was_in_the_thirty_days_before() {
        let now = BTreeMap::from([(VariantId(1), 800), (VariantId(2), 900)]);
        // The dearer variant fell, and the lowest price did not.
        assert!(falls(&[change(2, 1, Some(1000), Some(900))], &now).is_empty());
        assert_eq!(falls(&[change(1, 1, Some(1000), Some(800))], &now), [(at(1), 11)], "below the other one's 900");
        let only = BTreeMap::from([(VariantId(1), 800)]);
        assert_eq!(falls(&[change(1, 1, Some(1000), Some(800)), change(2, 1, Some(5), Some(1))], &only), [(at(1), 20)], "2 is not sold");
        // Raised and cut again: 1000, 1500, 1000.
        let raised = [change(1, 1, Some(1000), Some(1500)), change(1, 9, Some(1500), Some(1000))];
        assert!(falls(&raised, &only).is_empty());
        let long_ago = [change(1, 1, Some(1000), Some(1500)), change(1, 40, Some(1500), Some(1000))];
        assert_eq!(falls(&long_ago, &only), [(at(40), 33)]);
        // Step by step, each by itself.
        let steps = [change(1, 1, Some(1000), Some(900)), change(1, 2, Some(900), Some(810))];
        assert_eq!(falls(&steps, &only), [(at(1), 10), (at(2), 10)]);
        // A first price is no fall.
        assert!(falls(&[change(1, 1, None, Some(800))], &only).is_empty());
    }
}
