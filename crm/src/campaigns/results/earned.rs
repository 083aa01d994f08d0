//! What a campaign is credited with, by variant and product, and what was done with its links.

use super::cut;
use crate::CustomerId;
use crate::campaigns::attribution::Share;
use crate::campaigns::{CampaignId, VariantId};
use crate::rules::Fragment;
use crate::schema::{order_shares as shares, purchase_lines as lines, purchases};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use kernel::{Conn, Result, on_each};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Shares read together.
const TOGETHER: i64 = 1000;
/// Products and links that are kept.
const MOST: usize = 100;

/// What orders are credited with in a currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earned {
    /// `None` of the campaign as a whole.
    pub variant: Option<VariantId>,
    pub currency: String,
    /// Orders that it has a share of.
    pub orders: i64,
    /// Those of them of which something was given back.
    pub returned: i64,
    pub revenue: i64,
    pub refunded: i64,
}

/// A product in the orders that a campaign has a share of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub product: i64,
    pub currency: String,
    pub orders: i64,
    pub units: i64,
    /// What was paid for it in them, whole, before anything came back.
    pub amount: i64,
}

/// A link of a campaign's mails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, QueryableByName)]
pub struct Link {
    #[diesel(sql_type = Text)]
    pub target: String,
    /// Mails whose recipients followed it.
    #[diesel(sql_type = BigInt)]
    pub people: i64,
    /// How often they did.
    #[diesel(sql_type = BigInt)]
    pub clicks: i64,
    /// Mails of which a machine followed it.
    #[diesel(sql_type = BigInt)]
    pub machines: i64,
}

/// What a campaign is credited with: as a whole and by variant, and the products that brought most.
pub(super) fn earned(conn: &mut Conn, campaign: CampaignId) -> Result<(Vec<Earned>, Vec<Product>)> {
    let mut sums: BTreeMap<(Option<VariantId>, String), Earned> = BTreeMap::new();
    let mut products: BTreeMap<(i64, String), Product> = BTreeMap::new();
    let mut after = 0;
    loop {
        let mut page: Vec<Share> = on_each!(conn, c => shares::table
            .filter(shares::campaign_id.eq(campaign))
            .filter(shares::order_id.gt(after))
            .order((shares::order_id, shares::delivery_id))
            .limit(TOGETHER)
            .select(Share::as_select())
            .load(c))?;
        cut(&mut page, TOGETHER, |share| share.order);
        let Some(last) = page.last() else { break };
        after = last.order;
        // An order that two mails of one variant have shares of is one.
        let mut seen: BTreeSet<(i64, Option<VariantId>)> = BTreeSet::new();
        for share in &page {
            for variant in [None, Some(share.variant)] {
                let sum = sums.entry((variant, share.currency.clone())).or_default();
                sum.revenue += share.revenue;
                sum.refunded += share.refunded;
                if seen.insert((share.order, variant)) {
                    sum.orders += 1;
                    sum.returned += i64::from(share.refunded > 0);
                }
            }
        }
        let currencies: BTreeMap<i64, &str> = page.iter().map(|share| (share.order, share.currency.as_str())).collect();
        for (order, product, units, amount) in bought(conn, currencies.keys().copied().collect())? {
            let currency = currencies.get(&order).copied().unwrap_or_default();
            let sum = products.entry((product, currency.to_string())).or_default();
            sum.orders += 1;
            sum.units += units;
            sum.amount += amount;
        }
    }
    let earned = sums.into_iter().map(|((variant, currency), sum)| Earned { variant, currency, ..sum }).collect();
    let mut products: Vec<Product> = products.into_iter().map(|((product, currency), sum)| Product { product, currency, ..sum }).collect();
    products.sort_by_key(|one| (-one.amount, one.product));
    products.truncate(MOST);
    Ok((earned, products))
}

/// Each product of each of these orders once: order, product, units and what was paid.
fn bought(conn: &mut Conn, orders: Vec<i64>) -> Result<Vec<(i64, i64, i64, i64)>> {
    let owners: Vec<CustomerId> =
        purchases::table.filter(purchases::order_id.eq_any(orders.clone())).select(purchases::customer_id).load(conn)?;
    let rows: Vec<(i64, i64, i64, i64)> = lines::table
        .filter(lines::customer_id.eq_any(owners))
        .filter(lines::order_id.eq_any(orders))
        .select((lines::order_id, lines::product_id, lines::quantity, lines::amount))
        .load(conn)?;
    let mut sums: BTreeMap<(i64, i64), (i64, i64)> = BTreeMap::new();
    for (order, product, units, amount) in rows {
        let sum = sums.entry((order, product)).or_default();
        *sum = (sum.0 + units, sum.1 + amount);
    }
    Ok(sums.into_iter().map(|((order, product), (units, amount))| (order, product, units, amount)).collect())
}

/// The links that were followed most.
pub(super) fn links(conn: &mut Conn, campaign: CampaignId) -> Result<Vec<Link>> {
    let mut sql = Fragment::of(
        "SELECT h.target AS target, COUNT(DISTINCT CASE WHEN h.machine = '' THEN h.delivery_id END) AS people, \
         COUNT(CASE WHEN h.machine = '' THEN 1 END) AS clicks, \
         COUNT(DISTINCT CASE WHEN h.machine <> '' THEN h.delivery_id END) AS machines \
         FROM (SELECT target, machine, delivery_id FROM delivery_hits WHERE kind = 'click' AND machine = '' AND campaign_id = ",
    );
    sql.int(campaign.0);
    sql.push(" UNION ALL SELECT target, machine, delivery_id FROM delivery_hits WHERE kind = 'click' AND machine <> '' AND campaign_id = ");
    sql.int(campaign.0).push(") h GROUP BY h.target ORDER BY people DESC, machines DESC, target LIMIT ").int(MOST as i64);
    sql.load(conn)
}
