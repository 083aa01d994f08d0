//! What staff and imports do with goods: first levels, rules, receiving, counting, moving from place to place.

use super::{Change, Demand, level, moved, places};
use crate::catalog;
use crate::gs1;
use crate::ids::{LocationId, OrderLineId, VariantId};
use crate::schema::{location_levels, stock_levels, stock_movements, variants};
use crate::units;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::said;
use kernel::{Conn, Error, Result, on_each};
use std::collections::HashSet;

/// Adds the level of a variant, or changes its policy. `Conflict` when back-orders are switched off while some are open.
pub fn ensure(conn: &mut Conn, variant: VariantId, tracked: bool, oversell: bool) -> Result<()> {
    let row = (stock_levels::variant_id.eq(variant), stock_levels::tracked.eq(tracked), stock_levels::oversell.eq(oversell));
    on_each!(conn, c => diesel::insert_into(stock_levels::table).values(row).on_conflict_do_nothing().execute(c))?;
    let free = stock_levels::on_hand - stock_levels::allocated - stock_levels::held;
    let short: i64 = stock_levels::table.find(variant).filter(free.lt(0)).count().get_result(conn)?;
    if short > 0 && tracked && !oversell {
        return Err(Error::conflict("stock-back-orders-open"));
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

/// Adds the levels of new variants, each with the movement behind what is there, in three statements for all. Nothing tells that
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
    let filled: Vec<&Opening> = openings.iter().filter(|opening| there(opening) > 0).collect();
    if filled.is_empty() {
        return Ok(());
    }
    let location = places::main(conn)?;
    places::keep_open(conn, location)?;
    let lying: Vec<_> = filled
        .iter()
        .map(|opening| {
            (
                location_levels::location_id.eq(location),
                location_levels::variant_id.eq(opening.variant),
                location_levels::on_hand.eq(opening.on_hand),
            )
        })
        .collect();
    on_each!(conn, c => diesel::insert_into(location_levels::table).values(lying).execute(c))?;
    let movements: Vec<_> = filled
        .iter()
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
                stock_movements::location_id.eq(location),
            )
        })
        .collect();
    on_each!(conn, c => diesel::insert_into(stock_movements::table).values(movements).execute(c))?;
    Ok(())
}

/// Which of these variants moved since they were added.
pub fn moved_since_opening(conn: &mut Conn, ids: &[VariantId]) -> Result<HashSet<VariantId>> {
    let moved: Vec<VariantId> = stock_movements::table
        .filter(stock_movements::variant_id.eq_any(ids))
        .filter(stock_movements::dedupe_key.not_like("open:%"))
        .select(stock_movements::variant_id)
        .distinct()
        .load(conn)?;
    Ok(moved.into_iter().collect())
}

/// Takes away everything that is known of variants which go for good and never moved.
pub fn forget(conn: &mut Conn, ids: &[VariantId]) -> Result<()> {
    diesel::delete(location_levels::table.filter(location_levels::variant_id.eq_any(ids))).execute(conn)?;
    diesel::delete(stock_movements::table.filter(stock_movements::variant_id.eq_any(ids))).execute(conn)?;
    diesel::delete(stock_levels::table.filter(stock_levels::variant_id.eq_any(ids))).execute(conn)?;
    Ok(())
}

/// Sets what lies in the house, after an import or through the catalogue. More is put into the first location, less is taken from
/// wherever it lies. `Conflict` when fewer would be left than are promised.
pub fn set_on_hand(conn: &mut Conn, variant: VariantId, on_hand: i64, reason: &str, key: &str, actor: &str, now: Time) -> Result<()> {
    if on_hand < 0 {
        return Err(Error::field("on_hand", "must not be negative"));
    }
    let Some(true) = places::lock(conn, variant)? else { return level(conn, variant).map(drop) };
    let had = level(conn, variant)?.on_hand;
    let pieces = if on_hand >= had {
        vec![(places::main(conn)?, on_hand - had)]
    } else {
        let less = places::pick(conn, variant, had - on_hand, None)?;
        less.ok_or_else(|| Error::unexpected(format!("the locations of variant {variant} hold less than its level")))?
            .into_iter()
            .map(|(location, units)| (location, -units))
            .collect()
    };
    for (location, units) in pieces.into_iter().filter(|(_, units)| *units != 0) {
        adjust(conn, location, variant, units, &Why { kind: "adjust", reason, key, actor }, now)?;
    }
    Ok(())
}

/// What staff did with goods, and the key that makes it happen once.
#[derive(Clone, Copy)]
struct Why<'a> {
    kind: &'a str,
    reason: &'a str,
    key: &'a str,
    actor: &'a str,
}

/// Changes what lies at one location. `Conflict` when fewer would be left there than none, or fewer in all than are promised.
fn adjust(conn: &mut Conn, location: LocationId, variant: VariantId, units: i64, why: &Why, now: Time) -> Result<()> {
    let key = format!("{}:{variant}:{location}", why.key);
    let change = Change {
        kind: why.kind,
        on_hand: units,
        allocated: 0,
        held: 0,
        key,
        order: None,
        reason: why.reason,
        actor: why.actor,
        location: Some(location),
    };
    if moved(conn, variant, &change, now)? {
        return Ok(());
    }
    let level = level(conn, variant)?;
    let measure = units::measure(conn, variant)?;
    let (promised, wanted) = (measure.text(level.allocated + level.held), measure.text(level.on_hand + units));
    Err(Error::conflict(said("stock-promised", &[("promised", &promised), ("wanted", &wanted)])))
}

/// Books goods that arrived at a location. The same `key` books once.
pub fn receive(conn: &mut Conn, location: LocationId, goods: &Demand, reason: &str, key: &str, actor: &str, now: Time) -> Result<()> {
    let why = Why { kind: "receive", reason, key, actor };
    each(conn, location, goods, &why, |conn, variant, units| adjust(conn, location, variant, units, &why, now))
}

/// Sets what lies at a location to what was counted there. The same `key` counts once.
pub fn count(conn: &mut Conn, location: LocationId, goods: &Demand, reason: &str, key: &str, actor: &str, now: Time) -> Result<()> {
    let why = Why { kind: "count", reason, key, actor };
    each(conn, location, goods, &why, |conn, variant, units| {
        let delta = units - places::at(conn, location, variant)?;
        if delta == 0 { Ok(()) } else { adjust(conn, location, variant, delta, &why, now) }
    })
}

/// Moves goods from one location to another. What is free to sell stays the same. The same `key` moves once.
#[allow(clippy::too_many_arguments)] // both ends of a move, and what every change of stock names
pub fn transfer(
    conn: &mut Conn,
    from: LocationId,
    to: LocationId,
    goods: &Demand,
    reason: &str,
    key: &str,
    actor: &str,
    now: Time,
) -> Result<()> {
    if from == to {
        return Err(Error::field("to", "admin-stock-same-place"));
    }
    places::open(conn, to)?;
    let why = Why { kind: "transfer", reason, key, actor };
    each(conn, from, goods, &why, |conn, variant, units| {
        if !places::shift(conn, from, variant, -units)? {
            let measure = units::measure(conn, variant)?;
            let (there, units) = (measure.text(places::at(conn, from, variant)?), measure.text(units));
            return Err(Error::conflict(said("stock-only-there", &[("there", &there), ("variant", &variant), ("units", &units)])));
        }
        places::shift(conn, to, variant, units)?;
        for (location, units) in [(from, -units), (to, units)] {
            diesel::insert_into(stock_movements::table)
                .values((
                    stock_movements::variant_id.eq(variant),
                    stock_movements::kind.eq(why.kind),
                    stock_movements::on_hand.eq(units),
                    stock_movements::allocated.eq(0),
                    stock_movements::held.eq(0),
                    stock_movements::dedupe_key.eq(format!("{}:{variant}:{location}", why.key)),
                    stock_movements::reason.eq(why.reason),
                    stock_movements::actor.eq(why.actor),
                    stock_movements::created_at.eq(now),
                    stock_movements::location_id.eq(location),
                ))
                .execute(conn)?;
        }
        Ok(())
    })
}

/// Runs `f` for each of `goods` with its level locked, unless movements of this key are there already.
fn each(
    conn: &mut Conn,
    location: LocationId,
    goods: &Demand,
    why: &Why,
    mut f: impl FnMut(&mut Conn, VariantId, i64) -> Result<()>,
) -> Result<()> {
    places::open(conn, location)?;
    for (&variant, &units) in goods {
        if !places::lock(conn, variant)?.ok_or(Error::NotFound)? {
            return Err(Error::conflict(said("stock-not-counted", &[("variant", &variant)])));
        }
        let key = format!("{}:{variant}:{location}", why.key);
        let done: i64 = stock_movements::table.filter(stock_movements::dedupe_key.eq(key)).count().get_result(conn)?;
        if done == 0 {
            f(conn, variant, units)?;
        }
    }
    Ok(())
}

/// The most lines of goods typed at once.
const LINES: usize = 2000;

/// Reads goods typed or scanned: a SKU or barcode on each line, and the units after it (one, when there is no number). Repeated
/// lines add up. `Invalid` on `goods` names the first line that does not read.
pub fn read_goods(conn: &mut Conn, text: &str) -> Result<Demand> {
    let mut goods = Demand::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        if at >= LINES {
            return Err(Error::field("goods", said("stock-lines-most", &[("line", &(at + 1))])));
        }
        let (variant, units) = read_line(conn, at + 1, line.trim())?;
        let sum = goods.entry(variant).or_insert(0);
        *sum = (*sum + units).min(MOST);
    }
    if goods.is_empty() { Err(Error::field("goods", "admin-stock-goods-required")) } else { Ok(goods) }
}

/// The most units of anything.
const MOST: i64 = 1_000_000_000;

/// What a line names, and how many. `number` is that of the line, for what is wrong with it.
fn read_line(conn: &mut Conn, number: usize, line: &str) -> Result<(VariantId, i64)> {
    let wrong = |key: &str, text: &str| Error::field("goods", said(key, &[("line", &number), ("text", &text)]));
    let by_code = |conn: &mut Conn, code: &str| by_code(conn, code)?.map_err(|Ambiguous| wrong("stock-line-barcode", code));
    // The whole line may be a code that has blanks or ends in a number.
    if let Some(variant) = by_code(conn, line)? {
        // The code of a box may say how many are in it.
        let per = units::measure(conn, variant)?.per();
        let units = gs1::read(line).and_then(|scan| scan.units).filter(|units| (0..=MOST).contains(units)).unwrap_or(1);
        return Ok((variant, units.saturating_mul(per).min(MOST)));
    }
    let cut = line.rfind(|c: char| c.is_whitespace() || c == ';' || c == ',').unwrap_or(0);
    let (code, units) = (line[..cut].trim_end_matches(|c: char| c.is_whitespace() || c == ';' || c == ','), line[cut..].trim());
    let units = units.trim_start_matches([';', ',']).trim();
    if code.is_empty() {
        return Err(wrong("stock-line-unknown", line));
    }
    let variant = by_code(conn, code)?.ok_or_else(|| wrong("stock-line-unknown", code))?;
    match units::measure(conn, variant)?.read(units) {
        Some(units) if (0..=MOST).contains(&units) => Ok((variant, units)),
        _ => Err(wrong("stock-line-units", units)),
    }
}

/// Several variants have this barcode.
struct Ambiguous;

fn by_code(conn: &mut Conn, code: &str) -> Result<Result<Option<VariantId>, Ambiguous>> {
    let sku: Option<VariantId> = variants::table.filter(variants::sku.eq(code)).select(variants::id).first(conn).optional()?;
    if sku.is_some() {
        return Ok(Ok(sku));
    }
    let mut codes = catalog::numbers(code);
    codes.push(code.to_string());
    let barcode = variants::table.filter(variants::barcode.eq_any(codes)).filter(variants::active);
    let found: Vec<VariantId> = barcode.order(variants::id).limit(2).select(variants::id).load(conn)?;
    match found[..] {
        [one] => Ok(Ok(Some(one))),
        [] => Ok(Ok(None)),
        _ => Ok(Err(Ambiguous)),
    }
}

/// Units of lines that were scanned, typed as [`read_goods`] reads them. `lines` are what may come, each with its variant and the most units; a line
/// that was not scanned has none. `Invalid` on `goods` for what is no part of them, and for too much of something.
pub fn scanned(conn: &mut Conn, text: &str, lines: &[(OrderLineId, Option<VariantId>, i64)]) -> Result<Vec<(OrderLineId, i64)>> {
    let goods = read_goods(conn, text)?;
    let mut units: Vec<(OrderLineId, i64)> = lines.iter().map(|(line, ..)| (*line, 0)).collect();
    for (variant, wanted) in goods {
        let mut left = wanted;
        for ((_, own, most), (_, units)) in lines.iter().zip(units.iter_mut()) {
            if *own == Some(variant) {
                *units = left.min(*most).max(0);
                left -= *units;
            }
        }
        if left > 0 {
            let sku: Option<String> = variants::table.find(variant).select(variants::sku).first(conn)?;
            let measure = units::measure(conn, variant)?;
            let (name, most) = (sku.unwrap_or_else(|| variant.to_string()), measure.text(wanted - left));
            return Err(Error::field("goods", said("scan-too-many", &[("text", &name), ("most", &most)])));
        }
    }
    Ok(units)
}

/// How a variant is watched and sold when there is little of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Rules {
    pub oversell: bool,
    pub low_at: Option<i64>,
    pub expected_on: Option<Time>,
}

/// Sets the rules of a counted variant. `Conflict` when back-orders are switched off while some are open.
pub fn set_rules(conn: &mut Conn, variant: VariantId, rules: Rules, now: Time) -> Result<()> {
    if rules.low_at.is_some_and(|units| !(0..=MOST).contains(&units)) {
        return Err(Error::field("low_at", "admin-number-invalid"));
    }
    let tracked = level(conn, variant)?.tracked;
    ensure(conn, variant, tracked, rules.oversell)?;
    diesel::update(stock_levels::table.find(variant))
        .set((stock_levels::low_at.eq(rules.low_at), stock_levels::expected_on.eq(rules.expected_on)))
        .execute(conn)?;
    super::turned(conn, variant, &format!("rules:{}", kernel::token::random()), now)
}

/// Which of these variants lay in the house at some time, as the movements say.
pub fn ever_came(conn: &mut Conn, variants: &[VariantId]) -> Result<HashSet<VariantId>> {
    let came = stock_movements::table.filter(stock_movements::variant_id.eq_any(variants)).filter(stock_movements::on_hand.gt(0));
    let found: Vec<VariantId> = came.select(stock_movements::variant_id).distinct().load(conn)?;
    Ok(found.into_iter().collect())
}
