//! What the catalogue keeps beside its products: who is on show, who stands in which collection, and what prices were.

use super::{Finding, PAGE};
use crate::catalog::Status;
use crate::collections;
use crate::ids::{ProductId, VariantId};
use crate::reviews::{self, State};
use crate::schema::{
    collection_products as members, collections as rows, price_changes as log, prices, products, review_totals, reviews as written,
};
use diesel::dsl::max;
use diesel::prelude::*;
use kernel::json::Json;
use kernel::{Conn, Result};
use std::collections::{BTreeSet, HashMap};

/// What the published reviews of each product come to.
pub fn reviewed(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = ProductId(0);
    loop {
        let page = review_totals::table.filter(review_totals::product_id.gt(after)).order(review_totals::product_id).limit(PAGE);
        let page: Vec<ProductId> = page.select(review_totals::product_id).load(conn)?;
        let Some(last) = page.last() else { break };
        after = *last;
        for id in page {
            finding.checked += 1;
            let own = written::table.filter(written::product_id.eq(id)).filter(written::state.eq(State::Published));
            let stars: Vec<i64> = own.select(written::stars).load(conn)?;
            let made = reviews::Total { reviews: i64::try_from(stars.len()).unwrap_or(0), stars: stars.iter().sum() };
            let stored = reviews::total(conn, id)?;
            finding.expect_equal(|| format!("product {id}: its reviews"), stored, made);
        }
    }
    let known = review_totals::table.select(review_totals::product_id);
    let without = written::table.filter(written::state.eq(State::Published)).filter(written::product_id.ne_all(known));
    let lost: i64 = without.count().get_result(conn)?;
    finding.expect_equal(|| "published reviews without a total".to_string(), lost, 0);
    Ok(())
}

/// Only of products without a window: at its edges the job may be a moment behind.
pub fn on_show(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = ProductId(0);
    loop {
        let page: Vec<(ProductId, String, Status, bool, bool)> = products::table
            .filter(products::id.gt(after))
            .order(products::id)
            .limit(PAGE)
            .select((
                products::id,
                products::slug,
                products::status,
                products::listed,
                products::publish_from.is_null().and(products::publish_until.is_null()),
            ))
            .load(conn)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.0;
        for (id, slug, status, listed, always) in page {
            finding.checked += 1;
            if always || status != Status::Active {
                finding.expect_equal(|| format!("product {id} {slug}, on show"), listed, status == Status::Active);
            }
        }
    }
}

pub fn members_of_rules(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    type Collection = (crate::ids::CollectionId, String, Option<Json<collections::Rule>>);
    let all: Vec<Collection> = rows::table.filter(rows::rule.is_not_null()).select((rows::id, rows::slug, rows::rule)).load(conn)?;
    for (id, slug, rule) in all {
        let Some(Json(rule)) = rule else { continue };
        let stored: BTreeSet<ProductId> =
            members::table.filter(members::collection_id.eq(id)).select(members::product_id).load::<ProductId>(conn)?.into_iter().collect();
        let taken: BTreeSet<ProductId> = collections::matches(conn, &rule, None, None, i64::MAX)?.into_iter().collect();
        finding.checked += taken.len() as u64 + 1;
        for product in stored.symmetric_difference(&taken).take(20) {
            let what = || format!("collection {slug}, product {product} in it");
            finding.expect_equal(what, stored.contains(product), taken.contains(product));
        }
    }
    Ok(())
}

/// The last change of each price says what the price is. A price from before there was a log has no row.
pub fn price_log(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    type Price = (VariantId, String, i64, Option<i64>);
    let mut after = VariantId(0);
    loop {
        let page: Vec<Price> = prices::table
            .filter(prices::variant_id.gt(after))
            .order((prices::variant_id, prices::currency))
            .limit(PAGE)
            .select((prices::variant_id, prices::currency, prices::amount, prices::compare_at))
            .load(conn)?;
        let Some(last) = page.last().map(|last| last.0) else { return Ok(()) };
        let last_rows: Vec<Option<i64>> = log::table
            .filter(log::variant_id.gt(after))
            .filter(log::variant_id.le(last))
            .group_by((log::variant_id, log::currency))
            .select(max(log::id))
            .load(conn)?;
        let last_rows: Vec<i64> = last_rows.into_iter().flatten().collect();
        type Said = (VariantId, String, Option<i64>, Option<i64>);
        let said: Vec<Said> = log::table
            .filter(log::id.eq_any(last_rows))
            .select((log::variant_id, log::currency, log::new_amount, log::new_compare_at))
            .load(conn)?;
        let said: HashMap<(VariantId, String), (Option<i64>, Option<i64>)> =
            said.into_iter().map(|(variant, currency, amount, compare_at)| ((variant, currency), (amount, compare_at))).collect();
        for (variant, currency, amount, compare_at) in page {
            finding.checked += 1;
            if let Some(said) = said.get(&(variant, currency.clone())) {
                finding.expect_equal(|| format!("variant {variant}, price in {currency} and its log"), (Some(amount), compare_at), *said);
            }
        }
        after = last;
    }
}
