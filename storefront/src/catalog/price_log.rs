//! What prices were. Every change of a price adds a row in the transaction that makes it; from the rows follows the lowest price
//! before a reduction, which Directive 98/6/EC, article 6a, has a shop name beside the former price.

use crate::ids::VariantId;
use crate::schema::price_changes as log;
use chrono::TimeDelta;
use diesel::dsl::max;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result, on_each};
use serde::Serialize;
use std::collections::HashMap;

/// The days before a reduction of which the lowest price counts.
const DAYS: TimeDelta = TimeDelta::days(30);

/// A price with the former price beside it, in minor units.
pub(super) type Price = (Option<i64>, Option<i64>);

/// A change that is about to be written.
pub(super) struct Change {
    pub variant: VariantId,
    pub before: Price,
    pub after: Price,
}

/// A recorded change of a variant's price. Amounts are minor units; none where there was no price.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = log)]
pub struct PriceChange {
    pub id: i64,
    pub variant_id: VariantId,
    pub old_amount: Option<i64>,
    pub new_amount: Option<i64>,
    pub old_compare_at: Option<i64>,
    pub new_compare_at: Option<i64>,
    /// Who or what changed it, such as `staff:3` or `import:12`.
    pub actor: String,
    pub created_at: Time,
}

/// Whether a former price stands beside a lower one.
fn reduced((amount, compare_at): Price) -> bool {
    amount.zip(compare_at).is_some_and(|(amount, before)| before > amount)
}

/// Writes the changes down; what did not change is left out.
pub(super) fn record(conn: &mut Conn, changes: &[Change], currency: &str, actor: &str, now: Time) -> Result<()> {
    let rows: Vec<_> = changes
        .iter()
        .filter(|change| change.before != change.after)
        .map(|change| {
            // A reduction is announced when the former price appears, and again with each new price below it.
            let announced = reduced(change.after) && (!reduced(change.before) || change.before.0 != change.after.0);
            (
                log::variant_id.eq(change.variant),
                log::currency.eq(currency),
                log::old_amount.eq(change.before.0),
                log::new_amount.eq(change.after.0),
                log::old_compare_at.eq(change.before.1),
                log::new_compare_at.eq(change.after.1),
                log::reduced.eq(announced),
                log::actor.eq(actor),
                log::created_at.eq(now),
            )
        })
        .collect();
    if !rows.is_empty() {
        on_each!(conn, c => diesel::insert_into(log::table).values(rows).execute(c))?;
    }
    Ok(())
}

/// The changes of these variants, the newest first.
pub fn price_changes(conn: &mut Conn, ids: &[VariantId], currency: Currency, limit: i64) -> Result<Vec<PriceChange>> {
    Ok(log::table
        .filter(log::variant_id.eq_any(ids))
        .filter(log::currency.eq(currency.code()))
        .order(log::id.desc())
        .limit(limit)
        .select(PriceChange::as_select())
        .load(conn)?)
}

/// A price at a moment, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceAt {
    /// None where there was no price.
    pub amount: Option<i64>,
    pub compare_at: Option<i64>,
}

/// A change: of what, when, from and to.
type Changed = (VariantId, Time, PriceAt, PriceAt);

/// Every change of these variants' prices, the oldest first.
pub(crate) fn price_timeline(conn: &mut Conn, ids: &[VariantId], currency: Currency) -> Result<Vec<Changed>> {
    let rows: Vec<(VariantId, Time, Price, Price)> = log::table
        .filter(log::variant_id.eq_any(ids))
        .filter(log::currency.eq(currency.code()))
        .order(log::id)
        .select((log::variant_id, log::created_at, (log::old_amount, log::old_compare_at), (log::new_amount, log::new_compare_at)))
        .load(conn)?;
    let at = |(amount, compare_at): Price| PriceAt { amount, compare_at };
    Ok(rows.into_iter().map(|(variant, when, before, after)| (variant, when, at(before), at(after))).collect())
}

/// For each of these reduced variants, the lowest price in the 30 days before its reduction was announced, in minor units. A variant
/// that had no price before is left out.
pub(super) fn lowest_before(conn: &mut Conn, ids: &[VariantId], currency: Currency) -> Result<HashMap<VariantId, i64>> {
    let own = || log::table.filter(log::variant_id.eq_any(ids)).filter(log::currency.eq(currency.code()));
    let last: Vec<Option<i64>> =
        own().filter(log::reduced.eq(true)).group_by(log::variant_id).select(max(log::id)).load::<Option<i64>>(conn)?;
    let last: Vec<i64> = last.into_iter().flatten().collect();
    let announced: Vec<(VariantId, i64, Time)> =
        log::table.filter(log::id.eq_any(last)).select((log::variant_id, log::id, log::created_at)).load(conn)?;
    let Some(earliest) = announced.iter().map(|(.., at)| *at).min() else { return Ok(HashMap::new()) };
    let rows: Vec<(VariantId, i64, Option<i64>, Time)> = own()
        .filter(log::created_at.gt(earliest - DAYS))
        .select((log::variant_id, log::id, log::old_amount, log::created_at))
        .load(conn)?;
    let announced: HashMap<VariantId, (i64, Time)> = announced.into_iter().map(|(variant, id, at)| (variant, (id, at))).collect();
    let mut lowest: HashMap<VariantId, i64> = HashMap::new();
    for (variant, id, old, at) in rows {
        let Some((last, announced_at)) = announced.get(&variant) else { continue };
        // A price was in force until the row that ended it: those rows lie in the 30 days, the last of them is the announcement.
        if let Some(old) = old.filter(|_| id <= *last && at > *announced_at - DAYS) {
            lowest.entry(variant).and_modify(|least| *least = old.min(*least)).or_insert(old);
        }
    }
    Ok(lowest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Product, Saving, Status, Variant, page, products, save_product};
    use kernel::Error;
    use kernel::clock::Clock;

    /// What the page names after these changes: days ago, price, former price.
    fn named(changes: &[(i64, i64, Option<i64>)]) -> Option<i64> {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        let changes = changes.to_vec();
        db.write_now(move |conn| {
            let mut id = None;
            for (days, price, compare_at) in &changes {
                let saving = Saving { currency: Currency::EUR, actor: "test", base: None, now: now - TimeDelta::days(*days) };
                let mut product = match id {
                    None => Product {
                        title: "Mug".into(),
                        status: Status::Active,
                        variants: vec![Variant { sku: Some("M".into()), ..Variant::default() }],
                        ..Product::default()
                    },
                    Some(id) => products(conn, &[id], Currency::EUR)?.pop().ok_or(Error::NotFound)?,
                };
                product.variants[0].price = Some(*price);
                product.variants[0].compare_at = *compare_at;
                id = Some(save_product(conn, &product, &saving)?.id);
            }
            let variant = page(conn, &crate::shop::Shop::default(), "mug", "en")?.variants[0].id;
            let logged = price_changes(conn, &[variant], Currency::EUR, 100)?;
            assert_eq!(logged.len(), changes.len());
            assert_eq!((logged[0].new_amount, logged[0].actor.as_str()), (changes.last().map(|last| last.1), "test"));
            Ok(page(conn, &crate::shop::Shop::default(), "mug", "en")?.variants[0].lowest)
        })
        .unwrap()
    }

    #[test]
    fn the_lowest_price_is_that_of_the_thirty_days_before_the_reduction() {
        // Plain: it cost 100 and costs 80.
        assert_eq!(named(&[(100, 10000, None), (5, 8000, Some(10000))]), Some(10000));
        // It was cheaper within the 30 days before.
        assert_eq!(named(&[(100, 10000, None), (20, 7000, None), (15, 10000, None), (5, 8000, Some(10000))]), Some(7000));
        // A cheaper price that ended 31 days before counts no more; one that ended 29 days before does.
        assert_eq!(named(&[(100, 7000, None), (36, 10000, None), (5, 8000, Some(10000))]), Some(10000));
        assert_eq!(named(&[(100, 7000, None), (34, 10000, None), (5, 8000, Some(10000))]), Some(7000));
        // A second reduction is measured by what the first one asked.
        assert_eq!(named(&[(100, 10000, None), (20, 8000, Some(10000)), (5, 6000, Some(10000))]), Some(8000));
        // Another former price beside the same price announces nothing new.
        assert_eq!(named(&[(100, 10000, None), (40, 8000, Some(10000)), (5, 8000, Some(12000))]), Some(10000));
        // Not reduced, or never sold for anything else.
        assert_eq!(named(&[(100, 10000, None), (5, 8000, None)]), None);
        assert_eq!(named(&[(100, 8000, Some(10000))]), None);
    }
}
