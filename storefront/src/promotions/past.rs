//! What shelves showed to everybody in the past: the terms of promotions without a code, and when they were in force.
//!
//! With the log of list prices it answers what Directive 98/6/EC, article 6a, asks: the lowest price of the 30 days before the price that is
//! shown as a reduction began. What a promotion showed counts as a price, and a promotion is a reduction like a former price is.

use super::audience::for_some;
use super::engine::Candidate;
use super::rules::Rules;
use super::shelf::{Priced, Shelf, concerns_one};
use super::{Promotion, State};
use crate::catalog::{self, Nature, PriceAt};
use crate::ids::{PromotionId, VariantId};
use crate::schema::{promotion_terms as terms, promotions};
use crate::shop::{OWN_LANGUAGE, Shop};
use chrono::{NaiveTime, TimeDelta};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::{Conn, Result};
use std::collections::{BTreeSet, HashMap};

/// The days before a reduction of which the lowest price counts.
const DAYS: TimeDelta = TimeDelta::days(30);
/// The days in which hours and weekdays of a promotion are looked at.
const DAILY: i64 = 90;

/// A row: terms with the time they held.
#[derive(Queryable, Selectable)]
#[diesel(table_name = terms)]
struct Kept {
    id: i64,
    stacking: i64,
    exclusive: bool,
    starts_at: Option<Time>,
    ends_at: Option<Time>,
    rules: Json<Rules>,
    valid_from: Time,
    valid_until: Option<Time>,
}

/// Terms of a promotion and when they held.
struct Past {
    offer: Candidate,
    from: Time,
    until: Option<Time>,
}

impl Past {
    fn holds(&self, at: Time) -> bool {
        at >= self.from && self.until.is_none_or(|until| at < until)
    }
}

/// Writes down the terms of a promotion that were just changed, when shelves may show it.
pub(super) fn keep(conn: &mut Conn, id: PromotionId, now: Time) -> Result<()> {
    let promotion = super::get(conn, id)?;
    let live = promotion.state == State::Active && !promotion.needs_code && !crate::offers::is_one(conn, id)?;
    let open: Option<Kept> = terms::table
        .filter(terms::promotion_id.eq(id))
        .filter(terms::valid_until.is_null())
        .select(Kept::as_select())
        .first(conn)
        .optional()?;
    if let Some(kept) = open {
        let same = kept.stacking == promotion.stacking
            && kept.exclusive == promotion.exclusive
            && (kept.starts_at, kept.ends_at) == (promotion.starts_at, promotion.ends_at)
            && kept.rules.0 == promotion.rules.0;
        if live && same {
            return Ok(());
        }
        // What nobody was shown is nothing to remember.
        if now <= kept.valid_from || kept.starts_at.is_some_and(|start| start >= now) {
            diesel::delete(terms::table.find(kept.id)).execute(conn)?;
        } else {
            diesel::update(terms::table.find(kept.id)).set(terms::valid_until.eq(now)).execute(conn)?;
        }
    }
    if live {
        let row = (
            terms::promotion_id.eq(id),
            terms::stacking.eq(promotion.stacking),
            terms::exclusive.eq(promotion.exclusive),
            terms::starts_at.eq(promotion.starts_at),
            terms::ends_at.eq(promotion.ends_at),
            terms::rules.eq(kernel::json::text(&promotion.rules.0)?),
            terms::valid_from.eq(now),
        );
        diesel::insert_into(terms::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// The terms that reduced single products for everybody, as offers without limits of use: how far those were used up in the past is not
/// known, and a price that was shown to some counts.
fn load(conn: &mut Conn) -> Result<Vec<Past>> {
    let rows: Vec<(Promotion, Kept)> = terms::table
        .inner_join(promotions::table.on(promotions::id.eq(terms::promotion_id)))
        .order(terms::id)
        .select((Promotion::as_select(), Kept::as_select()))
        .load(conn)?;
    let mut all = Vec::with_capacity(rows.len());
    for (promotion, kept) in rows {
        let offer = Candidate {
            active: true,
            needs_code: false,
            stacking: kept.stacking,
            exclusive: kept.exclusive,
            starts_at: kept.starts_at,
            ends_at: kept.ends_at,
            max_uses: None,
            max_uses_per_customer: None,
            rules: kept.rules.0,
            ..promotion.candidate(None, OWN_LANGUAGE)?
        };
        if concerns_one(&offer) && !for_some(&offer) {
            all.push(Past { offer, from: kept.valid_from, until: kept.valid_until });
        }
    }
    Ok(all)
}

/// What everybody was shown from one moment to the next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shown {
    price: i64,
    /// Beside a former price, or by a promotion.
    reduced: bool,
}

/// For each of these variants that is shown reduced to everybody, the lowest price that was shown in the 30 days before this reduction
/// began, in minor units; a variant that had no price before is left out. None when no promotion ever touched a shelf: the log of prices
/// then says all there is.
pub fn lowest(conn: &mut Conn, shop: &Shop, all: &[Priced], now: Time) -> Result<Option<HashMap<VariantId, i64>>> {
    let past = load(conn)?;
    if past.is_empty() {
        return Ok(None);
    }
    let ids: Vec<VariantId> = all.iter().filter_map(|one| one.variant).collect();
    let mut log: HashMap<VariantId, Vec<(Time, PriceAt, PriceAt)>> = HashMap::new();
    for (variant, at, before, after) in catalog::price_timeline(conn, &ids, shop.currency)? {
        log.entry(variant).or_default().push((at, before, after));
    }
    let mut products: Vec<_> = all.iter().map(|one| one.product).collect();
    products.dedup();
    let natures = catalog::natures(conn, &products)?;
    let gift_cards = catalog::gift_cards(conn)?;
    let mut pieces: HashMap<VariantId, Vec<(Time, Option<Shown>)>> = HashMap::new();
    for at in moments(&past, shop, log.values().flatten().map(|(at, ..)| *at), now) {
        let offers: Vec<Candidate> = past.iter().filter(|one| one.holds(at)).map(|one| one.offer.clone()).collect();
        let shelf = Shelf::at(offers, shop, gift_cards.clone(), at);
        for (one, variant) in all.iter().filter_map(|one| Some((one, one.variant?))) {
            let list = listed(log.get(&variant).map_or(&[], Vec::as_slice), one, at);
            let shown = list.map(|(price, reduced)| {
                let nature: Nature = natures.get(&one.product).cloned().unwrap_or_default();
                let promoted = shelf.price(&Priced { price, reduced, ..*one }, nature, None);
                Shown { price: promoted.unwrap_or(price), reduced: reduced || promoted.is_some() }
            });
            pieces.entry(variant).or_default().push((at, shown));
        }
    }
    Ok(Some(pieces.into_iter().filter_map(|(variant, pieces)| Some((variant, before_reduction(&pieces)?))).collect()))
}

/// The list price at a moment, and whether it stood beside a former one.
fn listed(log: &[(Time, PriceAt, PriceAt)], now: &Priced, at: Time) -> Option<(i64, bool)> {
    let known = match log.iter().rev().find(|(changed, ..)| *changed <= at) {
        Some((.., after)) => *after,
        None => match log.first() {
            Some((_, before, _)) => *before,
            // Its price is older than the log.
            None => return Some((now.price, now.reduced)),
        },
    };
    known.amount.map(|amount| (amount, known.compare_at.is_some_and(|before| before > amount)))
}

/// The least of the 30 days before the last price began to be shown as a reduction.
fn before_reduction(pieces: &[(Time, Option<Shown>)]) -> Option<i64> {
    let current = pieces.last()?.1.filter(|shown| shown.reduced)?;
    let begun = pieces.iter().rposition(|(_, shown)| *shown != Some(current))? + 1;
    let earliest = pieces.get(begun)?.0 - DAYS;
    // The first piece that counts is the one that was shown when the 30 days began.
    let first = pieces.partition_point(|(from, _)| *from <= earliest).saturating_sub(1);
    pieces.get(first..begun)?.iter().filter_map(|(_, shown)| shown.map(|shown| shown.price)).min()
}

/// The moments at which a price may have changed, in order, with one before all of them.
fn moments(past: &[Past], shop: &Shop, changes: impl Iterator<Item = Time>, now: Time) -> BTreeSet<Time> {
    let mut all: BTreeSet<Time> = changes.collect();
    for one in past {
        let from = one.offer.starts_at.map_or(one.from, |start| start.max(one.from));
        let ends = [one.offer.ends_at, one.until];
        all.extend(ends.into_iter().flatten().chain([from]));
        let conditions = &one.offer.rules.conditions;
        if conditions.weekdays.is_empty() && conditions.hours.is_none() {
            continue;
        }
        let until = ends.into_iter().flatten().min().unwrap_or(now).min(now);
        let clock = conditions.hours.map_or(vec![0], |hours| vec![0, hours.from, hours.until]);
        let days = (0..=DAILY).map(|days| shop.local(now).date() - TimeDelta::days(days));
        let edges = days.flat_map(|day| clock.iter().map(move |minute| day.and_time(NaiveTime::MIN) + TimeDelta::minutes(*minute)));
        all.extend(edges.map(|local| shop.moment(local)).filter(|at| *at >= from && *at < until));
    }
    all.retain(|at| *at <= now);
    let before = all.first().map(|first| *first - TimeDelta::seconds(1));
    all.extend(before);
    all
}

#[cfg(test)]
#[path = "past_tests.rs"]
mod tests;
