//! Uses of promotions and their codes against the ledger.

use super::Finding;
use super::money::summed;
use crate::ids::PromotionId;
use crate::schema::{offers, promotion_balances as balances, promotion_codes as codes, promotion_movements as movements, promotions};
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::BTreeMap;

pub fn uses(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let moved: Vec<(PromotionId, i64)> = movements::table.select((movements::promotion_id, movements::uses)).load(conn)?;
    let each: Vec<(PromotionId, i64)> = balances::table.select((balances::promotion_id, balances::uses)).load(conn)?;
    let (moved, each) = (summed(moved), summed(each));
    let rows: Vec<(PromotionId, String, i64)> =
        promotions::table.select((promotions::id, promotions::name, promotions::uses)).load(conn)?;
    for (id, name, uses) in rows {
        finding.checked += 1;
        finding.expect_equal(|| format!("promotion {id} {name}, uses"), uses, moved.get(&id).copied().unwrap_or(0));
        finding.expect_equal(|| format!("promotion {id} {name}, uses by customers"), uses, each.get(&id).copied().unwrap_or(0));
    }
    Ok(())
}

pub fn codes(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let moved: Vec<(Option<i64>, i64)> =
        movements::table.filter(movements::code_id.is_not_null()).select((movements::code_id, movements::uses)).load(conn)?;
    let moved: BTreeMap<Option<i64>, i64> = summed(moved);
    // Of a hundred thousand codes few are used: only those, and those the ledger speaks of, can be wrong.
    let used: Vec<(i64, i64)> = codes::table.filter(codes::uses.gt(0)).select((codes::id, codes::uses)).load(conn)?;
    let used: BTreeMap<Option<i64>, i64> = used.into_iter().map(|(id, uses)| (Some(id), uses)).collect();
    for id in used.keys().chain(moved.keys().filter(|id| !used.contains_key(*id))) {
        finding.checked += 1;
        let of = |sums: &BTreeMap<Option<i64>, i64>| sums.get(id).copied().unwrap_or(0);
        finding.expect_equal(|| format!("promotion code {}, uses", id.unwrap_or(0)), of(&used), of(&moved));
    }
    Ok(())
}

/// What offers took off orders against their budgets' ledger.
pub fn budgets(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let spent: Vec<(PromotionId, i64, Option<i64>)> =
        offers::table.select((offers::promotion_id, offers::spent, offers::budget)).load(conn)?;
    let moved: Vec<(PromotionId, i64, i64)> = movements::table
        .inner_join(offers::table.on(offers::promotion_id.eq(movements::promotion_id)))
        .select((movements::promotion_id, movements::uses, movements::amount))
        .load(conn)?;
    let moved = summed(moved.into_iter().map(|(id, uses, amount)| (id, uses * amount)).collect::<Vec<_>>());
    for (id, spent, budget) in spent {
        finding.checked += 1;
        finding.expect_equal(|| format!("offer {id}, spent"), spent, moved.get(&id).copied().unwrap_or(0));
        finding.expect_equal(|| format!("offer {id}, spent within its budget"), spent, budget.map_or(spent, |budget| spent.min(budget)));
    }
    Ok(())
}
