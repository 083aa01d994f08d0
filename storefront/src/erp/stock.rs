//! What lies where, by SKU and location.

use super::{Act, Became, Done, tried};
use crate::catalog::{self, Coded};
use crate::ids::{LocationId, VariantId};
use crate::stock::{self, Demand, Location};
use kernel::error::said;
use kernel::{Conn, Result};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most units of a row.
const UNITS: i64 = 1_000_000_000;

#[derive(Clone, Debug)]
pub struct StockRow {
    /// A SKU, or the number of a barcode.
    pub sku: String,
    /// A location by its name or number; empty for the first.
    pub location: String,
    /// Units that lie there.
    pub on_hand: i64,
}

/// Sets what lies at locations, as a count does.
pub fn stock(conn: &mut Conn, rows: &[StockRow], act: &Act) -> Result<Vec<Done>> {
    let codes: Vec<String> = rows.iter().map(|row| row.sku.trim().to_string()).collect();
    let (coded, places) = (catalog::coded(conn, &codes)?, stock::locations(conn)?);
    let mut done: Vec<Done> = vec![Ok(Became::Unchanged); rows.len()];
    let (mut wanted, mut met) = (Vec::with_capacity(rows.len()), BTreeSet::new());
    for (at, row) in rows.iter().enumerate() {
        match named(&coded, &places, row) {
            Ok(level) if met.insert(level) => wanted.push((level, at)),
            Ok(_) => done[at] = Err("erp-row-twice".to_string()),
            Err(why) => done[at] = Err(why),
        }
    }
    // In the order in which everybody locks levels.
    wanted.sort_unstable();
    let mut moved: BTreeMap<LocationId, Vec<(i64, i64, i64)>> = BTreeMap::new();
    for ((variant, location), at) in wanted {
        let units = rows[at].on_hand;
        let had = stock::at(conn, location, variant)?;
        if had == units {
            continue;
        }
        done[at] = tried(conn, |conn| {
            let goods = Demand::from([(variant, units)]);
            stock::count(conn, location, &goods, act.system, act.once, act.actor, act.now)?;
            Ok(Became::Changed)
        })?;
        if done[at].is_ok() {
            moved.entry(location).or_default().push((variant.0, had, units));
        }
    }
    for (location, goods) in moved {
        let before: Vec<(i64, i64)> = goods.iter().map(|(variant, had, _)| (*variant, *had)).collect();
        let after: Vec<(i64, i64)> = goods.iter().map(|(variant, _, units)| (*variant, *units)).collect();
        let after = json!({ "reason": act.system, "goods": after });
        act.note(conn, "stock.count", &format!("location:{location}"), &json!({ "goods": before }), &after)?;
    }
    Ok(done)
}

/// The level that a row is about.
fn named(coded: &HashMap<String, Coded>, places: &[Location], row: &StockRow) -> Result<(VariantId, LocationId), String> {
    let sku = row.sku.trim();
    let variant = variant(coded, sku)?;
    let place = row.location.trim();
    let found = match place {
        "" => places.first(),
        _ => places.iter().find(|one| one.name == place).or_else(|| places.iter().find(|one| one.id.to_string() == place)),
    };
    let Some(location) = found else { return Err(said("erp-no-location", &[("location", &place)])) };
    if !(0..=UNITS).contains(&row.on_hand) {
        return Err(said("erp-number", &[("least", &0), ("most", &UNITS)]));
    }
    Ok((variant, location.id))
}

/// The variant that a row names.
pub(super) fn variant(coded: &HashMap<String, Coded>, sku: &str) -> Result<VariantId, String> {
    match coded.get(sku) {
        Some(Coded::Variant(id)) => Ok(*id),
        Some(Coded::Several) => Err(said("erp-sku-several", &[("sku", &sku)])),
        None => Err(said("erp-no-sku", &[("sku", &sku)])),
    }
}
