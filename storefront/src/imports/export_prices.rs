//! A price list as a CSV file, with the columns that bring it in again.

use super::export::write_row;
use super::export_catalogue::unwritable;
use crate::catalog;
use crate::ids::VariantId;
use crate::price_lists::{self, COLUMNS, PriceListId};
use crate::units;
use kernel::money::Money;
use kernel::{Db, Result};
use std::io::Write;

/// Variants read at once.
const PAGE: i64 = 500;

/// Writes every price and quantity rule of a list; answers how many rows. Goods without a SKU are left out: nothing would find them again.
/// Fails when `out` or the database does, or without such a list.
pub fn export_prices(db: &Db, list: PriceListId, out: impl Write) -> Result<u64> {
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &COLUMNS.map(str::to_string)).map_err(unwritable)?;
    let currency = db.read_now(move |conn| price_lists::get(conn, list)?.currency())?;
    let (mut after, mut done) = (VariantId(0), 0);
    loop {
        let (page, skus, measures) = db.read_now(move |conn| {
            let page = price_lists::entries(conn, list, Some(after), PAGE)?;
            let ids: Vec<VariantId> = page.iter().map(|entry| entry.variant).collect();
            let skus = catalog::skus_by_variant(conn, &ids)?;
            Ok((page, skus, units::measures(conn, &ids)?))
        })?;
        let Some(last) = page.last() else { break };
        after = last.variant;
        for entry in &page {
            let Some(sku) = skus.get(&entry.variant) else { continue };
            let measure = measures.get(&entry.variant).copied().unwrap_or_default();
            let number = |steps: i64| measure.number(steps);
            let rule = entry.rule.map_or([String::new(), String::new()], |rule| [number(rule.minimum), number(rule.increment)]);
            let [minimum, increment] = rule;
            let mut rows: Vec<[String; 2]> =
                entry.breaks.iter().map(|one| [number(one.from), Money::new(one.unit_price, currency).decimal()]).collect();
            if rows.is_empty() {
                rows.push([String::new(), String::new()]);
            }
            for (at, [from, price]) in rows.into_iter().enumerate() {
                let (minimum, increment) = if at == 0 { (minimum.clone(), increment.clone()) } else { (String::new(), String::new()) };
                write_row(&mut writer, &[sku.clone(), from, price, minimum, increment, measure.unit.as_str().to_string()])
                    .map_err(unwritable)?;
                done += 1;
            }
        }
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}
