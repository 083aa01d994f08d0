//! The merchant's rules: what is never recommended, and what stands first beside a product. They hold from the moment they are made.

use crate::schema::{recommendation_exclusions as exclusions, recommendation_pins as pins};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use std::collections::HashSet;

/// Products pinned beside one.
pub const MOST_PINS: i64 = 8;
/// Products that are never recommended: all of them are read with each list.
pub const MOST_EXCLUSIONS: i64 = 1000;

/// Recommends a product never more. `Conflict` when there are too many already.
pub fn exclude(conn: &mut Conn, product: i64, now: Time) -> Result<()> {
    let many: i64 = exclusions::table.count().get_result(conn)?;
    if many >= MOST_EXCLUSIONS {
        return Err(Error::conflict("recommendations-full"));
    }
    let row = (exclusions::product_id.eq(product), exclusions::created_at.eq(now));
    on_each!(conn, c => diesel::insert_into(exclusions::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Lets a product be recommended again.
pub fn allow(conn: &mut Conn, product: i64) -> Result<()> {
    diesel::delete(exclusions::table.find(product)).execute(conn)?;
    Ok(())
}

/// Puts `other` first beside `product`, after what was pinned there before. `Conflict` for the product itself, and when there are too many
/// already.
pub fn pin(conn: &mut Conn, product: i64, other: i64, now: Time) -> Result<()> {
    if product == other {
        return Err(Error::conflict("recommendations-itself"));
    }
    let many: i64 = pins::table.filter(pins::product_id.eq(product)).count().get_result(conn)?;
    if many >= MOST_PINS {
        return Err(Error::conflict("recommendations-full"));
    }
    let row = (pins::product_id.eq(product), pins::other_id.eq(other), pins::created_at.eq(now));
    on_each!(conn, c => diesel::insert_into(pins::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

pub fn unpin(conn: &mut Conn, product: i64, other: i64) -> Result<()> {
    diesel::delete(pins::table.find((product, other))).execute(conn)?;
    Ok(())
}

/// What is never recommended.
pub fn excluded(conn: &mut Conn) -> Result<HashSet<i64>> {
    let all: Vec<i64> = on_each!(conn, c => exclusions::table.select(exclusions::product_id).load(c))?;
    Ok(all.into_iter().collect())
}

/// [`excluded`], the last first.
pub fn exclusions(conn: &mut Conn) -> Result<Vec<i64>> {
    Ok(exclusions::table.order((exclusions::created_at.desc(), exclusions::product_id)).select(exclusions::product_id).load(conn)?)
}

/// What stands first beside a product.
pub fn pinned(conn: &mut Conn, product: i64) -> Result<Vec<i64>> {
    let of = pins::table.filter(pins::product_id.eq(product)).order((pins::created_at, pins::other_id)).select(pins::other_id);
    Ok(on_each!(conn, c => of.load(c))?)
}

/// (product, what is pinned beside it) by products after `after`, those of a product in their order.
pub fn pins(conn: &mut Conn, after: Option<(i64, i64)>, limit: i64) -> Result<Vec<(i64, i64)>> {
    let (product, other) = after.unwrap_or((0, 0));
    let later = pins::product_id.gt(product).or(pins::product_id.eq(product).and(pins::other_id.gt(other)));
    Ok(pins::table
        .filter(later)
        .order((pins::product_id, pins::other_id))
        .limit(limit)
        .select((pins::product_id, pins::other_id))
        .load(conn)?)
}

/// Forgets the rules about a product that is taken away.
pub fn forget_product(conn: &mut Conn, product: i64) -> Result<()> {
    allow(conn, product)?;
    diesel::delete(pins::table.filter(pins::product_id.eq(product).or(pins::other_id.eq(product)))).execute(conn)?;
    Ok(())
}
