//! Stock changes only by inserting a movement; the level follows by a guarded update in the same transaction.
//!
//! `on_hand` is what lies in the house, over all its locations, `held` what unpaid orders set aside, `allocated` what confirmed orders wait for.
//! Free is on hand − allocated − held. Callers pass variants in one order (by id), so that two of them cannot deadlock.

mod keeping;
mod places;
#[cfg(test)]
mod tests;

pub use keeping::{
    Opening, Rules, count, ensure, ever_came, forget, moved_since_opening, open, read_goods, receive, scanned, set_on_hand, set_rules,
    transfer,
};
pub use places::{
    Location, add_location, at, close_location, describe_location, location, locations, lock, of_variant, prefer_location, rename_location,
    reopen_location,
};

use crate::collections;
use crate::ids::{LocationId, OrderId, ProductId, VariantId};
use crate::schema::{stock_levels, stock_movements, variants};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::said;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, on_each, prepared};
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
    /// From this many free units downwards the variant is on the list of what runs low.
    pub low_at: Option<i64>,
    /// The day on which more is expected, at midnight: what shoppers are told of a back-order, or of goods that are not out yet.
    pub expected_on: Option<Time>,
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
    /// Where goods came to or left, when they moved in the house.
    pub location_id: Option<LocationId>,
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
    /// Where, for what changes `on_hand`.
    location: Option<LocationId>,
}

/// Demand summed per variant, in the order of ids in which rows are touched.
pub type Demand = BTreeMap<VariantId, i64>;

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
    give(conn, order, demand, &Place { event: "promise", reason: "", location: None }, |quantity| (0, quantity, -quantity), actor, now)
}

/// Frees what an unpaid order held.
pub fn release(conn: &mut Conn, order: OrderId, demand: &Demand, actor: &str, now: Time) -> Result<()> {
    give(conn, order, demand, &Place { event: "release", reason: "", location: None }, |quantity| (0, 0, -quantity), actor, now)
}

/// Frees what was promised to (part of) an order. `event` tells repeated part-cancellations of an order apart.
pub fn deallocate(conn: &mut Conn, order: OrderId, demand: &Demand, event: &str, actor: &str, now: Time) -> Result<()> {
    give(conn, order, demand, &Place { event, reason: "cancelled", location: None }, |quantity| (0, -quantity, 0), actor, now)
}

/// Promises more goods to a confirmed order, or frees what it does not want any more, by variant: above zero is more. `event` tells
/// the changes of an order apart. Fails with `SoldOut` when fewer are free.
pub fn change(conn: &mut Conn, order: OrderId, units: &Demand, event: &str, actor: &str, now: Time) -> Result<(), StockError> {
    for (&variant, &quantity) in units.iter().filter(|(_, quantity)| **quantity != 0) {
        let (kind, reason) = if quantity > 0 { ("allocate", "") } else { ("cancel", "cancelled") };
        let key = format!("{event}:{order}:{variant}");
        let change = Change { kind, on_hand: 0, allocated: quantity, held: 0, key, order: Some(order), reason, actor, location: None };
        if !moved(conn, variant, &change, now)? {
            let left = level(conn, variant)?.free().max(0);
            return Err(StockError::SoldOut { variant, left });
        }
    }
    Ok(())
}

/// Takes goods out of the house with a shipment, from one location or from wherever they lie. `Conflict` when there are fewer than
/// the order needs (a back-order).
pub fn ship(
    conn: &mut Conn,
    order: OrderId,
    demand: &Demand,
    shipment: &str,
    from: Option<LocationId>,
    actor: &str,
    now: Time,
) -> Result<()> {
    for (&variant, &quantity) in demand {
        let Some(tracked) = places::lock(conn, variant)? else { continue };
        if !tracked {
            continue;
        }
        let Some(pieces) = places::pick(conn, variant, quantity, from)? else {
            return Err(too_few(conn, variant, quantity)?);
        };
        for (location, units) in pieces {
            let key = format!("{shipment}:{order}:{variant}:{location}");
            let place = Some(location);
            let change = Change {
                kind: "ship",
                on_hand: -units,
                allocated: -units,
                held: 0,
                key,
                order: Some(order),
                reason: "shipped",
                actor,
                location: place,
            };
            if !moved(conn, variant, &change, now)? {
                return Err(too_few(conn, variant, quantity)?);
            }
        }
    }
    Ok(())
}

fn too_few(conn: &mut Conn, variant: VariantId, needed: i64) -> Result<Error> {
    let level = level(conn, variant)?;
    Ok(Error::conflict(said("stock-too-few", &[("there", &level.on_hand), ("needed", &needed)])))
}

/// Why goods lie here again that an order had.
pub(crate) const RETURNED: &str = "returned";

/// Puts returned goods back, into the first location.
pub fn take_back(conn: &mut Conn, order: OrderId, demand: &Demand, refund: &str, actor: &str, now: Time) -> Result<()> {
    let place = Place { event: refund, reason: RETURNED, location: Some(places::main(conn)?) };
    give(conn, order, demand, &place, |quantity| (quantity, 0, 0), actor, now)
}

/// Puts returned goods back at a location. `event` tells repetitions about one order apart. `Conflict` when the location is closed.
pub fn take_back_at(
    conn: &mut Conn,
    order: OrderId,
    demand: &Demand,
    event: &str,
    location: LocationId,
    actor: &str,
    now: Time,
) -> Result<()> {
    let place = Place { event, reason: RETURNED, location: Some(location) };
    give(conn, order, demand, &place, |quantity| (quantity, 0, 0), actor, now)
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
        let change = Change { kind, on_hand, allocated, held, key, order: Some(order), reason: "", actor, location: None };
        if !moved(conn, variant, &change, now)? {
            let left = level(conn, variant)?.free().max(0);
            return Err(StockError::SoldOut { variant, left });
        }
    }
    Ok(())
}

/// What frees or brings goods: `event` tells repetitions about one order apart, its first word is the kind of movement.
struct Place<'a> {
    event: &'a str,
    reason: &'a str,
    location: Option<LocationId>,
}

fn give(
    conn: &mut Conn,
    order: OrderId,
    demand: &Demand,
    place: &Place,
    shape: impl Fn(i64) -> (i64, i64, i64),
    actor: &str,
    now: Time,
) -> Result<()> {
    let Place { event, reason, location } = *place;
    let kind = event.split(':').next().unwrap_or(event);
    for (&variant, &quantity) in demand {
        let (on_hand, allocated, held) = shape(quantity);
        let key = format!("{event}:{order}:{variant}");
        let change = Change { kind, on_hand, allocated, held, key, order: Some(order), reason, actor, location };
        if !moved(conn, variant, &change, now)? {
            return Err(too_few(conn, variant, quantity)?);
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
    let updated: Option<(i64, i64, i64)> = prepared!(conn, update => get_result).optional()?;
    let Some((in_house, promised, aside)) = updated else {
        let level = find(conn, variant)?;
        // Without a tracked level there is nothing to run out of, and nothing to move.
        return Ok(level.is_none_or(|level| !level.tracked));
    };
    if let Some(location) = change.location
        && !places::shift(conn, location, variant, change.on_hand)?
    {
        return Err(Error::conflict("stock-fewer-there"));
    }
    let row = (
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
        stock_movements::location_id.eq(change.location),
    );
    on_each!(conn, c => diesel::insert_into(stock_movements::table).values(row).execute(c))?;
    let free = in_house - promised - aside;
    let before = free - (change.on_hand - change.allocated - change.held);
    let turns = (before > 0) != (free > 0);
    if turns {
        turned(conn, variant, &change.key, now)?;
    }
    // What orders move is told with them.
    if turns || change.order.is_none() {
        events::record(conn, "stock_moved", &format!("{variant}:{}", change.key), &Event::StockMoved { variant: variant.0 }, now)?;
    }
    Ok(true)
}

/// Tells that a variant became sold out or available again: lists and searches show it.
fn turned(conn: &mut Conn, variant: VariantId, key: &str, now: Time) -> Result<()> {
    let product: Option<i64> = on_each!(conn, c => variants::table.find(variant).select(variants::product_id).first(c)).optional()?;
    let Some(product) = product else { return Ok(()) };
    collections::follow(conn, &[ProductId(product)])?;
    events::record(conn, "stock", &format!("{variant}:{key}"), &Event::ProductChanged { product }, now)?;
    Ok(())
}

pub fn find(conn: &mut Conn, variant: VariantId) -> Result<Option<Level>> {
    Ok(on_each!(conn, c => stock_levels::table.find(variant).select(Level::as_select()).first(c)).optional()?)
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
