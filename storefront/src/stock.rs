//! Stock changes only by inserting a movement; the level follows by a guarded update in the same transaction.
//!
//! `on_hand` is what lies in the house, `held` what unpaid orders set aside, `allocated` what confirmed orders wait for.
//! Free is on hand − allocated − held. Callers pass variants in one order (by id), so that two of them cannot deadlock.

use crate::ids::{OrderId, VariantId};
use crate::schema::{stock_levels, stock_movements, variants};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::db::Prepared;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, on_each};
use std::collections::BTreeMap;

/// A level as stored, with the policy that guards it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = stock_levels)]
pub struct Level {
    pub variant_id: VariantId,
    /// Untracked goods (services, downloads) are always there and never move.
    pub tracked: bool,
    /// Back-orders: selling may go below zero.
    pub oversell: bool,
    pub on_hand: i64,
    pub allocated: i64,
    pub held: i64,
}

impl Level {
    pub fn free(&self) -> i64 {
        self.on_hand - self.allocated - self.held
    }
}

#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = stock_movements)]
pub struct Movement {
    pub id: i64,
    pub variant_id: VariantId,
    pub kind: String,
    pub on_hand: i64,
    pub allocated: i64,
    pub held: i64,
    pub order_id: Option<OrderId>,
    pub reason: String,
    pub actor: String,
    pub created_at: Time,
}

/// Why goods could not be set aside.
#[derive(Debug, thiserror::Error)]
pub enum StockError {
    #[error("only {left} left of variant {variant}")]
    SoldOut { variant: VariantId, left: i64 },
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<diesel::result::Error> for StockError {
    fn from(error: diesel::result::Error) -> StockError {
        StockError::Other(error.into())
    }
}

/// What moves, by how much, and why. `key` makes the movement happen once.
struct Change<'a> {
    kind: &'a str,
    on_hand: i64,
    allocated: i64,
    held: i64,
    key: String,
    order: Option<OrderId>,
    reason: &'a str,
    actor: &'a str,
}

/// Demand summed per variant, in the order of ids in which rows are touched.
pub type Demand = BTreeMap<VariantId, i64>;

/// Adds the level of a variant, or changes its policy. `Conflict` when back-orders are switched off while some are open.
pub fn ensure(conn: &mut Conn, variant: VariantId, tracked: bool, oversell: bool) -> Result<()> {
    let row = (stock_levels::variant_id.eq(variant), stock_levels::tracked.eq(tracked), stock_levels::oversell.eq(oversell));
    on_each!(conn, c => diesel::insert_into(stock_levels::table).values(row).on_conflict_do_nothing().execute(c))?;
    let free = stock_levels::on_hand - stock_levels::allocated - stock_levels::held;
    let short: i64 = stock_levels::table.find(variant).filter(free.lt(0)).count().get_result(conn)?;
    if short > 0 && tracked && !oversell {
        return Err(Error::conflict("Back-orders are open for this variant: receive the goods first, then stop selling on back-order."));
    }
    diesel::update(stock_levels::table.find(variant))
        .set((stock_levels::tracked.eq(tracked), stock_levels::oversell.eq(oversell)))
        .execute(conn)?;
    Ok(())
}

/// The first level of a variant that was just added.
pub struct Opening {
    pub variant: VariantId,
    pub tracked: bool,
    pub oversell: bool,
    /// What lies in the house, not negative. Untracked goods have no number.
    pub on_hand: i64,
}

/// Adds the levels of new variants, each with the movement behind what is there, in two statements for all. Nothing tells that
/// they are available: who adds a variant tells that the product changed.
pub fn open(conn: &mut Conn, openings: &[Opening], actor: &str, now: Time) -> Result<()> {
    let there = |opening: &Opening| if opening.tracked { opening.on_hand } else { 0 };
    let levels: Vec<_> = openings
        .iter()
        .map(|opening| {
            (
                stock_levels::variant_id.eq(opening.variant),
                stock_levels::tracked.eq(opening.tracked),
                stock_levels::oversell.eq(opening.oversell),
                stock_levels::on_hand.eq(there(opening)),
            )
        })
        .collect();
    on_each!(conn, c => diesel::insert_into(stock_levels::table).values(levels).execute(c))?;
    let movements: Vec<_> = openings
        .iter()
        .filter(|opening| there(opening) > 0)
        .map(|opening| {
            (
                stock_movements::variant_id.eq(opening.variant),
                stock_movements::kind.eq("adjust"),
                stock_movements::on_hand.eq(opening.on_hand),
                stock_movements::allocated.eq(0),
                stock_movements::held.eq(0),
                stock_movements::dedupe_key.eq(format!("open:{}", opening.variant)),
                stock_movements::reason.eq("catalogue"),
                stock_movements::actor.eq(actor),
                stock_movements::created_at.eq(now),
            )
        })
        .collect();
    if !movements.is_empty() {
        on_each!(conn, c => diesel::insert_into(stock_movements::table).values(movements).execute(c))?;
    }
    Ok(())
}

/// Sets what lies in the house after a count, an import or an adjustment. `Conflict` when fewer would be left than are promised.
pub fn set_on_hand(conn: &mut Conn, variant: VariantId, on_hand: i64, reason: &str, key: &str, actor: &str, now: Time) -> Result<()> {
    if on_hand < 0 {
        return Err(Error::field("on_hand", "must not be negative"));
    }
    let level = level(conn, variant)?;
    let delta = on_hand - level.on_hand;
    if delta == 0 {
        return Ok(());
    }
    let change = Change { kind: "adjust", on_hand: delta, allocated: 0, held: 0, key: key.to_string(), order: None, reason, actor };
    if !moved(conn, variant, &change, now)? {
        return Err(Error::conflict(format!(
            "{} units are promised to orders: the stock cannot go down to {on_hand}. Cancel orders or allow back-orders first.",
            level.allocated + level.held
        )));
    }
    Ok(())
}

/// Sets goods aside for an unpaid order. Fails with `SoldOut` when fewer are free.
pub fn hold(conn: &mut Conn, order: OrderId, demand: &Demand, actor: &str, now: Time) -> Result<(), StockError> {
    take(conn, order, demand, |quantity| ("hold", 0, 0, quantity), actor, now)
}

/// Promises goods to an order that needs no payment first. Fails with `SoldOut` when fewer are free.
pub fn allocate(conn: &mut Conn, order: OrderId, demand: &Demand, actor: &str, now: Time) -> Result<(), StockError> {
    take(conn, order, demand, |quantity| ("allocate", 0, quantity, 0), actor, now)
}

/// Turns what an order held into a promise, once it is paid.
pub fn promise(conn: &mut Conn, order: OrderId, demand: &Demand, actor: &str, now: Time) -> Result<()> {
    give(conn, order, demand, "promise", |quantity| (0, quantity, -quantity), "", actor, now)
}

/// Frees what an unpaid order held.
pub fn release(conn: &mut Conn, order: OrderId, demand: &Demand, actor: &str, now: Time) -> Result<()> {
    give(conn, order, demand, "release", |quantity| (0, 0, -quantity), "", actor, now)
}

/// Frees what was promised to (part of) an order. `event` tells repeated part-cancellations of an order apart.
pub fn deallocate(conn: &mut Conn, order: OrderId, demand: &Demand, event: &str, actor: &str, now: Time) -> Result<()> {
    give(conn, order, demand, event, |quantity| (0, -quantity, 0), "cancelled", actor, now)
}

/// Takes goods out of the house with a shipment. `Conflict` when the house has fewer than the order (a back-order).
pub fn ship(conn: &mut Conn, order: OrderId, demand: &Demand, shipment: &str, actor: &str, now: Time) -> Result<()> {
    give(conn, order, demand, shipment, |quantity| (-quantity, -quantity, 0), "shipped", actor, now)
}

/// Puts returned goods back.
pub fn take_back(conn: &mut Conn, order: OrderId, demand: &Demand, refund: &str, actor: &str, now: Time) -> Result<()> {
    give(conn, order, demand, refund, |quantity| (quantity, 0, 0), "returned", actor, now)
}

fn take(
    conn: &mut Conn,
    order: OrderId,
    demand: &Demand,
    shape: impl Fn(i64) -> (&'static str, i64, i64, i64),
    actor: &str,
    now: Time,
) -> Result<(), StockError> {
    for (&variant, &quantity) in demand {
        let (kind, on_hand, allocated, held) = shape(quantity);
        let key = format!("{kind}:{order}:{variant}");
        let change = Change { kind, on_hand, allocated, held, key, order: Some(order), reason: "", actor };
        if !moved(conn, variant, &change, now)? {
            let left = level(conn, variant)?.free().max(0);
            return Err(StockError::SoldOut { variant, left });
        }
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)] // the six callers above are its only users and read as sentences
fn give(
    conn: &mut Conn,
    order: OrderId,
    demand: &Demand,
    event: &str,
    shape: impl Fn(i64) -> (i64, i64, i64),
    reason: &str,
    actor: &str,
    now: Time,
) -> Result<()> {
    let kind = event.split(':').next().unwrap_or(event);
    for (&variant, &quantity) in demand {
        let (on_hand, allocated, held) = shape(quantity);
        let key = format!("{event}:{order}:{variant}");
        let change = Change { kind, on_hand, allocated, held, key, order: Some(order), reason, actor };
        if !moved(conn, variant, &change, now)? {
            let level = level(conn, variant)?;
            return Err(Error::conflict(format!(
                "The stock does not allow this: {} on hand, {quantity} needed. Receive the goods first.",
                level.on_hand
            )));
        }
    }
    Ok(())
}

/// The guarded update and its movement. `false` when the guard refused; nothing changed then.
fn moved(conn: &mut Conn, variant: VariantId, change: &Change, now: Time) -> Result<bool> {
    use stock_levels::{allocated, held, on_hand, oversell, tracked};
    let free_after = on_hand - allocated - held + (change.on_hand - change.allocated - change.held);
    // Giving goods free is always right; only what lowers the free stock asks whether enough is left.
    let lowers = change.on_hand - change.allocated - change.held < 0;
    let update = diesel::update(stock_levels::table.find(variant))
        .filter(tracked)
        .filter(oversell.or(free_after.ge(0)).or((!lowers).into_sql::<diesel::sql_types::Bool>()))
        .filter((on_hand + change.on_hand).ge(0))
        .filter((allocated + change.allocated).ge(0))
        .filter((held + change.held).ge(0))
        .set((on_hand.eq(on_hand + change.on_hand), allocated.eq(allocated + change.allocated), held.eq(held + change.held)))
        .returning((on_hand, allocated, held));
    let updated: Option<(i64, i64, i64)> = on_each!(conn, c => Prepared(update).get_result(c)).optional()?;
    let Some((in_house, promised, aside)) = updated else {
        let level = find(conn, variant)?;
        // Without a tracked level there is nothing to run out of, and nothing to move.
        return Ok(level.is_none_or(|level| !level.tracked));
    };
    diesel::insert_into(stock_movements::table)
        .values((
            stock_movements::variant_id.eq(variant),
            stock_movements::kind.eq(change.kind),
            stock_movements::on_hand.eq(change.on_hand),
            stock_movements::allocated.eq(change.allocated),
            stock_movements::held.eq(change.held),
            stock_movements::dedupe_key.eq(&change.key),
            stock_movements::order_id.eq(change.order),
            stock_movements::reason.eq(change.reason),
            stock_movements::actor.eq(change.actor),
            stock_movements::created_at.eq(now),
        ))
        .execute(conn)?;
    let free = in_house - promised - aside;
    let before = free - (change.on_hand - change.allocated - change.held);
    if (before > 0) != (free > 0) {
        turned(conn, variant, &change.key, now)?;
    }
    Ok(true)
}

/// Tells that a variant became sold out or available again: lists and searches show it.
fn turned(conn: &mut Conn, variant: VariantId, key: &str, now: Time) -> Result<()> {
    let product: Option<i64> = variants::table.find(variant).select(variants::product_id).first(conn).optional()?;
    let Some(product) = product else { return Ok(()) };
    events::record(conn, "stock", &format!("{variant}:{key}"), &Event::ProductChanged { product }, now)?;
    Ok(())
}

pub fn find(conn: &mut Conn, variant: VariantId) -> Result<Option<Level>> {
    Ok(stock_levels::table.find(variant).select(Level::as_select()).first(conn).optional()?)
}

/// The level of a variant; `NotFound` when it never had one.
pub fn level(conn: &mut Conn, variant: VariantId) -> Result<Level> {
    find(conn, variant)?.ok_or(Error::NotFound)
}

/// The levels of some variants.
pub fn levels(conn: &mut Conn, variants: &[VariantId]) -> Result<Vec<Level>> {
    Ok(stock_levels::table.filter(stock_levels::variant_id.eq_any(variants.to_vec())).select(Level::as_select()).load(conn)?)
}

/// The movements behind a level, newest first.
pub fn movements(conn: &mut Conn, variant: VariantId, before: Option<i64>, limit: i64) -> Result<Vec<Movement>> {
    let mut query = stock_movements::table.filter(stock_movements::variant_id.eq(variant)).into_boxed();
    if let Some(before) = before {
        query = query.filter(stock_movements::id.lt(before));
    }
    Ok(query.order(stock_movements::id.desc()).limit(limit).select(Movement::as_select()).load(conn)?)
}
