//! What a company bought, for whoever sells to it: turnover by year, and which goods it was. An order counts as sales count it ([`crate::sales`]).

use crate::catalog;
use crate::ids::{CategoryId, ProductId};
use crate::sales::{Period, SOLD};
use crate::schema::{order_lines, order_trade, orders, product_categories, variants};
use crate::shop::{OWN_LANGUAGE, Shop};
use chrono::{Datelike, NaiveDate, NaiveTime};
use crm::CompanyId;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::{BTreeMap, HashMap};

/// Products that are looked at, those that brought most.
const PRODUCTS: i64 = 1000;

/// What a company ordered in a year, in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turnover {
    pub year: i32,
    pub currency: String,
    pub orders: i64,
    pub total: i64,
}

fn year(shop: &Shop, year: i32) -> Option<Period> {
    let start = |year: i32| Some(shop.moment(NaiveDate::from_ymd_opt(year, 1, 1)?.and_time(NaiveTime::MIN)));
    Some(Period { from: start(year)?, until: start(year + 1)? })
}

/// The turnover of a company in the last `years` years by the shop's clocks, this one first.
pub fn turnover(conn: &mut Conn, shop: &Shop, company: CompanyId, years: i32, now: Time) -> Result<Vec<Turnover>> {
    let this = shop.local(now).year();
    let mut found = Vec::new();
    for one in (0..years).map(|ago| this - ago) {
        let Some(period) = year(shop, one) else { continue };
        let sums: Vec<(String, i64, i64)> = order_trade::table
            .inner_join(orders::table.on(orders::id.eq(order_trade::order_id)))
            .filter(order_trade::company_id.eq(company))
            .filter(orders::placed_at.ge(period.from).and(orders::placed_at.lt(period.until)))
            .filter(orders::status.eq_any(SOLD))
            .group_by(orders::currency)
            .select((orders::currency, count_star(), sql::<BigInt>("CAST(coalesce(sum(orders.total), 0) AS BIGINT)")))
            .order(orders::currency)
            .load(conn)?;
        found.extend(sums.into_iter().map(|(currency, orders, total)| Turnover { year: one, currency, orders, total }));
    }
    Ok(found)
}

/// What goods of each main category brought from a company in a period, in the shop's currency, the most first. A product counts in the
/// first of its categories; what has none stands under an empty name.
pub fn categories(conn: &mut Conn, shop: &Shop, company: CompanyId, period: Period) -> Result<Vec<(String, i64)>> {
    let rows: Vec<(ProductId, i64)> = order_lines::table
        .inner_join(orders::table.on(orders::id.eq(order_lines::order_id)))
        .inner_join(order_trade::table.on(order_trade::order_id.eq(order_lines::order_id)))
        .inner_join(variants::table.on(order_lines::variant_id.eq(variants::id.nullable())))
        .filter(order_trade::company_id.eq(company))
        .filter(orders::placed_at.ge(period.from).and(orders::placed_at.lt(period.until)))
        .filter(orders::status.eq_any(SOLD))
        .filter(orders::currency.eq(shop.currency.code()))
        .group_by(variants::product_id)
        .select((variants::product_id, sql::<BigInt>("CAST(sum(order_lines.total) AS BIGINT)")))
        .order((sql::<BigInt>("2 DESC"), variants::product_id))
        .limit(PRODUCTS)
        .load(conn)?;
    let ids: Vec<ProductId> = rows.iter().map(|row| row.0).collect();
    let places: Vec<(ProductId, CategoryId)> = product_categories::table
        .filter(product_categories::product_id.eq_any(ids))
        .order((product_categories::product_id, product_categories::category_id))
        .select((product_categories::product_id, product_categories::category_id))
        .load(conn)?;
    let mut first: HashMap<ProductId, CategoryId> = HashMap::new();
    for (product, category) in places {
        first.entry(product).or_insert(category);
    }
    let tree = catalog::categories(conn, OWN_LANGUAGE)?;
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (product, total) in rows {
        let path = first.get(&product).map(|category| tree.path(*category)).unwrap_or_default();
        let name = path.first().map(|category| category.name.clone()).unwrap_or_default();
        *sums.entry(name).or_default() += total;
    }
    let mut sums: Vec<(String, i64)> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(sums)
}
