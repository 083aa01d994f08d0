//! The lists as pages ask for them, with the merchant's rules in force.

use super::{Companion, Kind, Measure, Pick, rules};
use crate::CustomerId;
use crate::consents::{self, Consent};
use crate::schema::{customer_picks, popular_products, product_companions, purchase_lines, recommendation_runs};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::{Conn, Result, on_each};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// The channel and topic of the statement about recommendations.
pub const CHANNEL: &str = "site";
pub const TOPIC: &str = "recommendations";
/// Days in which what was bought is not shown again.
const LATELY_DAYS: i64 = 7;
/// Lines of the newest orders that are looked at for it.
const LATELY_LINES: i64 = 100;

kernel::id!(RecommendationRunId);

/// One run over all purchases.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = recommendation_runs)]
pub struct Run {
    pub id: RecommendationRunId,
    pub run_at: Time,
    pub buyers: i64,
    /// Products that the models looked at.
    pub products: i64,
    pub milliseconds: i64,
    pub measure: Json<Measure>,
}

/// The last run; none before the first night.
pub fn last_run(conn: &mut Conn) -> Result<Option<Run>> {
    let last = recommendation_runs::table.order(recommendation_runs::id.desc());
    Ok(on_each!(conn, c => last.select(Run::as_select()).first(c)).optional()?)
}

/// Whether a customer wants what is shown to them to follow from what they did: they do until they say otherwise. Who does not sees what
/// many bought.
pub fn wanted(conn: &mut Conn, customer: CustomerId) -> Result<bool> {
    Ok(consents::current(conn, customer, CHANNEL, TOPIC)? != Some(Consent::Withdrawn))
}

/// What many bought lately, the first first.
pub fn popular(conn: &mut Conn) -> Result<Vec<i64>> {
    let ranked = popular_products::table.order(popular_products::rank).select(popular_products::product_id);
    let all: Vec<i64> = on_each!(conn, c => ranked.load(c))?;
    allowed(conn, all)
}

/// What goes with a product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// What the merchant put there.
    pub pinned: Vec<i64>,
    /// What else is bought together with it, the best first.
    pub learned: Vec<i64>,
}

/// What is bought together with a product.
pub fn together(conn: &mut Conn, product: i64) -> Result<Beside> {
    let pinned = rules::pinned(conn, product)?;
    let learned = companions(conn, &[product], Kind::Together)?;
    let learned = learned.into_iter().map(|companion| companion.product).filter(|other| !pinned.contains(other)).collect();
    Ok(Beside { pinned: allowed(conn, pinned)?, learned: allowed(conn, learned)? })
}

/// What completes a cart with these products, none of which is in it, the best first.
pub fn complete(conn: &mut Conn, products: &[i64]) -> Result<Vec<i64>> {
    let mut scores: HashMap<i64, i64> = HashMap::new();
    for companion in companions(conn, products, Kind::Complete)? {
        *scores.entry(companion.product).or_default() += companion.score;
    }
    products.iter().for_each(|product| {
        scores.remove(product);
    });
    let mut all: Vec<(i64, i64)> = scores.into_iter().collect();
    all.sort_unstable_by_key(|(product, score)| (Reverse(*score), *product));
    allowed(conn, all.into_iter().map(|(product, _)| product).collect())
}

fn companions(conn: &mut Conn, products: &[i64], kind: Kind) -> Result<Vec<Companion>> {
    let of = product_companions::product_id.eq_any(products.to_vec()).and(product_companions::kind.eq(kind));
    let lists: Vec<Json<Vec<Companion>>> =
        on_each!(conn, c => product_companions::table.filter(of).select(product_companions::companions).load(c))?;
    Ok(lists.into_iter().flat_map(|list| list.0).collect())
}

/// What is a customer's own.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// [`wanted`].
    pub wanted: bool,
    /// What they may want, the best first; nothing for who does not want that.
    pub picks: Vec<Pick>,
    /// What they bought just now.
    pub lately: HashSet<i64>,
}

/// What is known of a customer that recommendations depend on.
pub fn own(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<Own> {
    if !wanted(conn, customer)? {
        return Ok(Own::default());
    }
    let found: Option<Json<Vec<Pick>>> =
        on_each!(conn, c => customer_picks::table.find(customer).select(customer_picks::picks).first(c)).optional()?;
    let newest = purchase_lines::table
        .filter(purchase_lines::customer_id.eq(customer.0))
        .order(purchase_lines::order_id.desc())
        .limit(LATELY_LINES)
        .select((purchase_lines::product_id, purchase_lines::purchased_at));
    let newest: Vec<(i64, Time)> = on_each!(conn, c => newest.load(c))?;
    let since = now - TimeDelta::days(LATELY_DAYS);
    let excluded = rules::excluded(conn)?;
    let picks = found.map(|list| list.0).unwrap_or_default();
    Ok(Own {
        wanted: true,
        picks: picks.into_iter().filter(|pick| !excluded.contains(&pick.product)).collect(),
        lately: newest.into_iter().filter(|(_, at)| *at >= since).map(|(product, _)| product).collect(),
    })
}

/// [`own`] of many customers, by a statement for each kind of fact and not by one for each customer.
pub fn own_of(conn: &mut Conn, customers: &[CustomerId], now: Time) -> Result<HashMap<CustomerId, Own>> {
    let said = consents::current_of(conn, customers, CHANNEL, TOPIC)?;
    let mut all: HashMap<CustomerId, Own> =
        customers.iter().map(|id| (*id, Own { wanted: said.get(id) != Some(&Consent::Withdrawn), ..Own::default() })).collect();
    let wanting: Vec<CustomerId> = customers.iter().copied().filter(|id| all.get(id).is_some_and(|own| own.wanted)).collect();
    if wanting.is_empty() {
        return Ok(all);
    }
    let excluded = rules::excluded(conn)?;
    let numbers: Vec<i64> = wanting.iter().map(|id| id.0).collect();
    let lists = customer_picks::table.filter(customer_picks::customer_id.eq_any(wanting));
    let lists: Vec<(CustomerId, Json<Vec<Pick>>)> =
        on_each!(conn, c => lists.select((customer_picks::customer_id, customer_picks::picks)).load(c))?;
    for (id, list) in lists {
        if let Some(own) = all.get_mut(&id) {
            own.picks = list.0.into_iter().filter(|pick| !excluded.contains(&pick.product)).collect();
        }
    }
    let since = now - TimeDelta::days(LATELY_DAYS);
    let lines = purchase_lines::table.filter(purchase_lines::customer_id.eq_any(numbers)).filter(purchase_lines::purchased_at.ge(since));
    let lines: Vec<(i64, i64)> = on_each!(conn, c => lines.select((purchase_lines::customer_id, purchase_lines::product_id)).load(c))?;
    for (id, product) in lines {
        if let Some(own) = all.get_mut(&CustomerId(id)) {
            own.lately.insert(product);
        }
    }
    Ok(all)
}

/// Without what the merchant never wants recommended.
fn allowed(conn: &mut Conn, products: Vec<i64>) -> Result<Vec<i64>> {
    if products.is_empty() {
        return Ok(products);
    }
    let excluded = rules::excluded(conn)?;
    Ok(products.into_iter().filter(|product| !excluded.contains(product)).collect())
}
