//! Stock: levels, movements, and the orders that wait for goods.

use super::{Finding, PAGE, each_order};
use crate::ids::{LocationId, VariantId};
use crate::orders::{self, OrderStatus};
use crate::schema::{location_levels, stock_levels, stock_movements};
use crate::stock::Level;
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::BTreeMap;

pub fn movements(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut sums: BTreeMap<VariantId, (i64, i64, i64)> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page: Vec<(i64, VariantId, i64, i64, i64)> = stock_movements::table
            .filter(stock_movements::id.gt(after))
            .order(stock_movements::id)
            .limit(PAGE)
            .select((
                stock_movements::id,
                stock_movements::variant_id,
                stock_movements::on_hand,
                stock_movements::allocated,
                stock_movements::held,
            ))
            .load(conn)?;
        let Some(last) = page.last() else { break };
        after = last.0;
        for (_, variant, on_hand, allocated, held) in page {
            let sum = sums.entry(variant).or_default();
            *sum = (sum.0 + on_hand, sum.1 + allocated, sum.2 + held);
        }
    }
    for level in levels(conn)? {
        finding.checked += 1;
        let stored = (level.on_hand, level.allocated, level.held);
        let moved = sums.get(&level.variant_id).copied().unwrap_or_default();
        finding.expect_equal(|| format!("variant {} (on hand, allocated, held)", level.variant_id), stored, moved);
        if level.tracked && !level.oversell && level.free() < 0 {
            finding.problems.push(format!("variant {} is sold {} units below its stock", level.variant_id, -level.free()));
        }
    }
    Ok(())
}

/// What lies at each location: the sum of the movements there, and over all locations the level.
pub fn places(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut moved: BTreeMap<(VariantId, LocationId), i64> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page: Vec<(i64, VariantId, Option<LocationId>, i64)> = stock_movements::table
            .filter(stock_movements::id.gt(after))
            .order(stock_movements::id)
            .limit(PAGE)
            .select((stock_movements::id, stock_movements::variant_id, stock_movements::location_id, stock_movements::on_hand))
            .load(conn)?;
        let Some(last) = page.last() else { break };
        after = last.0;
        for (id, variant, location, on_hand) in page {
            match location {
                Some(location) => *moved.entry((variant, location)).or_default() += on_hand,
                None if on_hand != 0 => finding.problems.push(format!("movement {id} moves goods nowhere")),
                None => {}
            }
        }
    }
    let mut lying: BTreeMap<VariantId, i64> = BTreeMap::new();
    let stored: Vec<(VariantId, LocationId, i64)> =
        location_levels::table.select((location_levels::variant_id, location_levels::location_id, location_levels::on_hand)).load(conn)?;
    for (variant, location, on_hand) in stored {
        finding.checked += 1;
        *lying.entry(variant).or_default() += on_hand;
        let sum = moved.remove(&(variant, location)).unwrap_or(0);
        finding.expect_equal(|| format!("variant {variant} at location {location}"), on_hand, sum);
    }
    for ((variant, location), sum) in moved.into_iter().filter(|(_, sum)| *sum != 0) {
        finding.problems.push(format!("movements leave {sum} units of variant {variant} at location {location}, where nothing is stored"));
    }
    for level in levels(conn)?.iter().filter(|level| level.tracked) {
        let sum = lying.get(&level.variant_id).copied().unwrap_or(0);
        finding.expect_equal(|| format!("variant {} over all locations", level.variant_id), level.on_hand, sum);
    }
    Ok(())
}

pub fn promises(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut held: BTreeMap<VariantId, i64> = BTreeMap::new();
    let mut allocated: BTreeMap<VariantId, i64> = BTreeMap::new();
    each_order(conn, |conn, order| {
        let target = match order.status {
            OrderStatus::Pending => &mut held,
            OrderStatus::Confirmed | OrderStatus::Completed => &mut allocated,
            OrderStatus::Cancelled => return Ok(()),
        };
        for (variant, units) in orders::open_demand(&orders::lines(conn, order.id)?) {
            *target.entry(variant).or_default() += units;
        }
        Ok(())
    })?;
    for level in levels(conn)?.iter().filter(|level| level.tracked) {
        finding.checked += 1;
        let open = (allocated.get(&level.variant_id).copied().unwrap_or(0), held.get(&level.variant_id).copied().unwrap_or(0));
        finding.expect_equal(
            || format!("variant {} (allocated, held) by open orders", level.variant_id),
            (level.allocated, level.held),
            open,
        );
    }
    Ok(())
}

fn levels(conn: &mut Conn) -> Result<Vec<Level>> {
    Ok(stock_levels::table.order(stock_levels::variant_id).select(Level::as_select()).load(conn)?)
}
