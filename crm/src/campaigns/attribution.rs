//! Which orders are said to have followed from mails: shares that sum to the order, to the cent, whatever comes back of it.
//!
//! An order is shared among mails whose recipient did something with them, themselves and not a machine, in the days before they ordered
//! ([`Rules`]). The shares are written when the order is confirmed ([`attribute`]), and [`follow`] keeps them the order's in the transaction
//! that changes what is remembered of it. What was followed by an order is no proof that it would not have come anyway: that says the control
//! group ([`super::results`]).

use super::{CampaignId, DeliveryId, Hit, VariantId};
use crate::schema::{deliveries, delivery_hits as hits, order_shares as shares, purchases as bought};
use crate::{CustomerId, customers, identities, purchases};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::allocate;
use kernel::{Conn, Error, Result, on_each, settings, words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

words!(
    /// Who gets an order that several mails came before.
    Model {
        /// The mail that the person followed last.
        Last = "last",
        /// All of them, in equal parts.
        Linear = "linear",
    }
);

/// What makes an order one that followed from a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    pub model: Model,
    /// How long before the order.
    pub days: i64,
    /// Whether a mail counts that was only opened, where no link of any was followed.
    pub opens: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { model: Model::Last, days: 5, opens: false }
    }
}

const SETTING: &str = "attribution";
const DAYS: RangeInclusive<i64> = 1..=90;

/// The rules as they are now.
pub fn rules(conn: &mut Conn) -> Result<Rules> {
    Ok(settings::find(conn, SETTING)?.unwrap_or_default())
}

/// Stores other rules. Whoever calls it has the shares of all orders made anew.
pub fn set_rules(conn: &mut Conn, rules: &Rules, now: Time) -> Result<()> {
    if !DAYS.contains(&rules.days) {
        return Err(Error::field("days", "campaign-attribution-days"));
    }
    settings::set(conn, SETTING, rules, now)
}

/// Whether any mail of a campaign was ever due to anybody. Without one no order has shares.
pub fn any(conn: &mut Conn) -> Result<bool> {
    let found: Option<DeliveryId> = on_each!(conn, c => deliveries::table.select(deliveries::id).first(c)).optional()?;
    Ok(found.is_some())
}

/// The last that somebody did with a mail before they ordered.
#[derive(Clone, Copy)]
struct Touch {
    delivery: DeliveryId,
    campaign: CampaignId,
    variant: Option<VariantId>,
    hit: Hit,
    at: Time,
}

/// The mails that a person, known by any of their numbers, did one of these with, the last touched last.
fn touches(conn: &mut Conn, customer: CustomerId, kinds: &[Hit], from: Time, until: Time) -> Result<Vec<Touch>> {
    type Row = (DeliveryId, CampaignId, Option<VariantId>, Hit, Time);
    let people = identities::all(conn, customer)?;
    let rows: Vec<Row> = deliveries::table
        .inner_join(hits::table.on(hits::delivery_id.eq(deliveries::id)))
        .filter(deliveries::customer_id.eq_any(people))
        .filter(hits::kind.eq_any(kinds.to_vec()))
        .filter(hits::machine.eq(""))
        .filter(hits::happened_at.ge(from))
        .filter(hits::happened_at.le(until))
        .select((deliveries::id, deliveries::campaign_id, deliveries::variant_id, hits::kind, hits::happened_at))
        .load(conn)?;
    let mut last: BTreeMap<DeliveryId, Touch> = BTreeMap::new();
    for (delivery, campaign, variant, hit, at) in rows {
        let touch = Touch { delivery, campaign, variant, hit, at };
        let kept = last.entry(delivery).or_insert(touch);
        if kept.at < at {
            *kept = touch;
        }
    }
    let mut touches: Vec<Touch> = last.into_values().collect();
    touches.sort_by_key(|touch| (touch.at, touch.delivery));
    Ok(touches)
}

/// An order's money in equal parts, each what it brought and what was given back of it.
fn split(revenue: i64, refunded: i64, among: usize) -> Vec<(i64, i64)> {
    let equal = vec![1; among];
    allocate(revenue, &equal).into_iter().zip(allocate(refunded, &equal)).collect()
}

/// Shares an order that was confirmed among the mails it followed from, whatever was said of it before.
pub fn attribute(conn: &mut Conn, order: i64) -> Result<()> {
    // Held, so that what is given back meanwhile comes before this or finds the shares.
    if let Conn::Postgres(c) = conn {
        bought::table.find(order).select(bought::order_id).for_no_key_update().first::<i64>(c).optional()?;
    }
    type Row = (CustomerId, Time, String, i64, i64);
    let columns = (bought::customer_id, bought::purchased_at, bought::currency, bought::revenue, bought::refunded);
    let found: Option<Row> = on_each!(conn, c => bought::table.find(order).select(columns).first(c)).optional()?;
    let Some((customer, at, currency, revenue, refunded)) = found else { return forget(conn, order) };
    // What somebody who was erased did with mails is gone: what was said of their orders before stays.
    if customers::erased(conn, customer)? {
        return follow(conn, order);
    }
    forget(conn, order)?;
    let rules = rules(conn)?;
    let from = at - TimeDelta::days(rules.days);
    let mut touches = self::touches(conn, customer, &[Hit::Click], from, at)?;
    if touches.is_empty() && rules.opens {
        touches = self::touches(conn, customer, &[Hit::Open, Hit::View], from, at)?;
    }
    if rules.model == Model::Last {
        touches = touches.last().copied().into_iter().collect();
    }
    let parts = split(revenue, refunded, touches.len());
    for (touch, (revenue, refunded)) in touches.into_iter().zip(parts) {
        let row = (
            shares::order_id.eq(order),
            shares::delivery_id.eq(touch.delivery),
            shares::campaign_id.eq(touch.campaign),
            shares::variant_id.eq(touch.variant.unwrap_or(VariantId(0))),
            shares::evidence.eq(touch.hit),
            shares::touched_at.eq(touch.at),
            shares::currency.eq(&currency),
            shares::revenue.eq(revenue),
            shares::refunded.eq(refunded),
        );
        on_each!(conn, c => diesel::insert_into(shares::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Keeps the shares of an order what it brings: called where what is remembered of it changes.
pub(crate) fn follow(conn: &mut Conn, order: i64) -> Result<()> {
    let rows: Vec<DeliveryId> = on_each!(conn, c => shares::table
        .filter(shares::order_id.eq(order))
        .order((shares::touched_at, shares::delivery_id))
        .select(shares::delivery_id)
        .load(c))?;
    if rows.is_empty() {
        return Ok(());
    }
    let Some((revenue, refunded)) = purchases::of_order(conn, order)? else { return forget(conn, order) };
    let parts = split(revenue, refunded, rows.len());
    for (delivery, (revenue, refunded)) in rows.into_iter().zip(parts) {
        let change = (shares::revenue.eq(revenue), shares::refunded.eq(refunded));
        diesel::update(shares::table.find((order, delivery))).set(change).execute(conn)?;
    }
    Ok(())
}

fn forget(conn: &mut Conn, order: i64) -> Result<()> {
    diesel::delete(shares::table.filter(shares::order_id.eq(order))).execute(conn)?;
    Ok(())
}

/// What a mail has of an order.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = shares)]
pub struct Share {
    #[diesel(column_name = order_id)]
    pub order: i64,
    #[diesel(column_name = delivery_id)]
    pub delivery: DeliveryId,
    #[diesel(column_name = campaign_id)]
    pub campaign: CampaignId,
    /// Number 0 of a mail without one.
    #[diesel(column_name = variant_id)]
    pub variant: VariantId,
    pub evidence: Hit,
    pub touched_at: Time,
    pub currency: String,
    pub revenue: i64,
    pub refunded: i64,
}

/// The shares of an order, the first touched first.
pub fn of_order(conn: &mut Conn, order: i64) -> Result<Vec<Share>> {
    Ok(on_each!(conn, c => shares::table
        .filter(shares::order_id.eq(order))
        .order((shares::touched_at, shares::delivery_id))
        .select(Share::as_select())
        .load(c))?)
}

/// What was brought and given back, by the shares of an order and by what is remembered of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub order: i64,
    pub shares: (i64, i64),
    /// `None` of an order that nobody remembers.
    pub books: Option<(i64, i64)>,
}

/// The proofs of orders with shares, by order after `after`.
pub fn proofs(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Proof>> {
    let orders: Vec<i64> = on_each!(conn, c => shares::table
        .filter(shares::order_id.gt(after))
        .select(shares::order_id)
        .distinct()
        .order(shares::order_id)
        .limit(limit)
        .load(c))?;
    let mut proofs = Vec::with_capacity(orders.len());
    for order in orders {
        let own = of_order(conn, order)?;
        let sums = own.iter().fold((0, 0), |(revenue, refunded), share| (revenue + share.revenue, refunded + share.refunded));
        proofs.push(Proof { order, shares: sums, books: purchases::of_order(conn, order)? });
    }
    Ok(proofs)
}

#[cfg(test)]
pub(crate) mod tests;
