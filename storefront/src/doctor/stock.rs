//! Stock: levels, movements, and the orders that wait for goods.

use super::{Finding, PAGE, each_order};
use crate::ids::VariantId;
use crate::orders::{self, OrderStatus};
use crate::schema::{stock_levels, stock_movements};
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
