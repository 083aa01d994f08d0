//! What a list says of single variants.

use super::PriceListId;
use super::edit;
use super::resolve::{Break, QuantityRule};
use crate::ids::VariantId;
use crate::schema::{price_list_prices as prices, price_list_terms as terms, variants};
use crate::units::{self, Measure};
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;
use std::collections::BTreeMap;

/// Price breaks of one variant in one list.
pub const MAX_BREAKS: usize = 50;
/// The largest quantity from which a price may begin, and the highest price, in minor units.
const MAX_FROM: i64 = 1_000_000;
const MAX_PRICE: i64 = 1_000_000_000_000;

/// What a list says of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub variant: VariantId,
    /// Rising by quantity.
    pub breaks: Vec<Break>,
    pub rule: Option<QuantityRule>,
}

/// The variants of which a list says something, by id.
pub fn entries(conn: &mut Conn, list: PriceListId, after: Option<VariantId>, limit: i64) -> Result<Vec<Entry>> {
    let after = after.unwrap_or(VariantId(0));
    let priced: Vec<VariantId> = on_each!(conn, c => prices::table
        .filter(prices::list_id.eq(list))
        .filter(prices::variant_id.gt(after))
        .order(prices::variant_id)
        .select(prices::variant_id)
        .distinct()
        .limit(limit)
        .load(c))?;
    let ruled: Vec<VariantId> = on_each!(conn, c => terms::table
        .filter(terms::list_id.eq(list))
        .filter(terms::variant_id.gt(after))
        .order(terms::variant_id)
        .select(terms::variant_id)
        .limit(limit)
        .load(c))?;
    let mut ids: Vec<VariantId> = priced.into_iter().chain(ruled).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(usize::try_from(limit).unwrap_or(0));
    of(conn, list, &ids)
}

/// What a list says of one variant: nothing when it has no row of it.
pub fn entry(conn: &mut Conn, list: PriceListId, variant: VariantId) -> Result<Entry> {
    Ok(of(conn, list, &[variant])?.pop().unwrap_or(Entry { variant, breaks: Vec::new(), rule: None }))
}

/// What a list says of these variants, by id; of each of them there is an entry.
pub(super) fn of(conn: &mut Conn, list: PriceListId, ids: &[VariantId]) -> Result<Vec<Entry>> {
    let mut found: BTreeMap<VariantId, Entry> =
        ids.iter().map(|id| (*id, Entry { variant: *id, breaks: Vec::new(), rule: None })).collect();
    let steps: Vec<(VariantId, i64, i64)> = on_each!(conn, c => prices::table
        .filter(prices::list_id.eq(list))
        .filter(prices::variant_id.eq_any(ids))
        .order((prices::variant_id, prices::min_quantity))
        .select((prices::variant_id, prices::min_quantity, prices::unit_price))
        .load(c))?;
    for (variant, from, unit_price) in steps {
        if let Some(entry) = found.get_mut(&variant) {
            entry.breaks.push(Break { from, unit_price });
        }
    }
    let rules: Vec<(VariantId, i64, i64)> = on_each!(conn, c => terms::table
        .filter(terms::list_id.eq(list))
        .filter(terms::variant_id.eq_any(ids))
        .select((terms::variant_id, terms::minimum, terms::increment))
        .load(c))?;
    for (variant, minimum, increment) in rules {
        if let Some(entry) = found.get_mut(&variant) {
            entry.rule = Some(QuantityRule { minimum, increment });
        }
    }
    Ok(found.into_values().collect())
}

/// What is wrong with what a list is to say of a variant.
pub(super) fn check(breaks: &[Break], rule: Option<QuantityRule>, measure: Measure) -> Result<()> {
    let mut fields = Fields::default();
    if breaks.len() > MAX_BREAKS {
        fields.add("breaks", "price-list-breaks-many");
    }
    if breaks.iter().any(|one| !(1..=MAX_FROM * measure.per()).contains(&one.from)) {
        fields.add("breaks", "price-list-quantity");
    }
    if breaks.iter().any(|one| !(0..=MAX_PRICE).contains(&one.unit_price)) {
        fields.add("breaks", "price-list-price");
    }
    let mut quantities: Vec<i64> = breaks.iter().map(|one| one.from).collect();
    quantities.sort_unstable();
    if quantities.windows(2).any(|pair| pair[0] == pair[1]) {
        fields.add("breaks", "price-list-quantity-twice");
    }
    if let Some(QuantityRule { minimum, increment }) = rule {
        let most = measure.most();
        if !(1..=most).contains(&minimum) || !(1..=most).contains(&increment) {
            fields.add("minimum", "price-list-quantity");
        } else if minimum % increment != 0 {
            fields.add("minimum", "price-list-minimum-steps");
        }
    }
    fields.check()
}

/// Has a list say exactly this of a variant. Writes the rows that change, and no others.
pub fn put(conn: &mut Conn, list: PriceListId, wanted: &Entry) -> Result<()> {
    check(&wanted.breaks, wanted.rule, units::measure(conn, wanted.variant)?)?;
    // A variant that is gone has no price.
    let known: Option<VariantId> = variants::table.find(wanted.variant).select(variants::id).first(conn).optional()?;
    let variant = known.ok_or(Error::NotFound)?;
    edit::get(conn, list)?;
    let had = entry(conn, list, variant)?;
    for gone in had.breaks.iter().filter(|one| wanted.breaks.iter().all(|other| other.from != one.from)) {
        diesel::delete(prices::table.find((list, variant, gone.from))).execute(conn)?;
    }
    for one in wanted.breaks.iter().filter(|one| !had.breaks.contains(one)) {
        set_price(conn, list, variant, *one)?;
    }
    match wanted.rule {
        rule if rule == had.rule => Ok(()),
        None => {
            diesel::delete(terms::table.find((list, variant))).execute(conn)?;
            Ok(())
        }
        Some(rule) => set_rule(conn, list, variant, rule),
    }
}

/// Writes one price, in the place of the one from the same quantity on.
pub(super) fn set_price(conn: &mut Conn, list: PriceListId, variant: VariantId, one: Break) -> Result<()> {
    let row = (
        prices::list_id.eq(list),
        prices::variant_id.eq(variant),
        prices::min_quantity.eq(one.from),
        prices::unit_price.eq(one.unit_price),
    );
    let change = prices::unit_price.eq(one.unit_price);
    on_each!(conn, c => diesel::insert_into(prices::table)
        .values(row).on_conflict((prices::list_id, prices::variant_id, prices::min_quantity)).do_update().set(change).execute(c))?;
    Ok(())
}

/// Writes a quantity rule.
pub(super) fn set_rule(conn: &mut Conn, list: PriceListId, variant: VariantId, rule: QuantityRule) -> Result<()> {
    let row =
        (terms::list_id.eq(list), terms::variant_id.eq(variant), terms::minimum.eq(rule.minimum), terms::increment.eq(rule.increment));
    let change = (terms::minimum.eq(rule.minimum), terms::increment.eq(rule.increment));
    on_each!(conn, c => diesel::insert_into(terms::table)
        .values(row).on_conflict((terms::list_id, terms::variant_id)).do_update().set(change).execute(c))?;
    Ok(())
}

/// Takes variants out of all lists: they are about to go for good.
pub(crate) fn forget_variants(conn: &mut Conn, ids: &[VariantId]) -> Result<()> {
    diesel::delete(prices::table.filter(prices::variant_id.eq_any(ids))).execute(conn)?;
    diesel::delete(terms::table.filter(terms::variant_id.eq_any(ids))).execute(conn)?;
    Ok(())
}
