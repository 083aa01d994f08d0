//! What is recommended with a product, with a cart, and to a customer.
//!
//! Measured on the UCI Online Retail data (see `benches/recommendations.rs`), the factor of the trend gains more than the choice of model;
//! what goes with a product is best told by how often both were in one order, what completes a cart by EASE on orders, and what a
//! customer buys next by what they bought before, mixed with EASE on customers.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use super::ease::{Ease, Pairs};
use super::goods::Goods;
use super::source::{Bought, Purchases};
use super::{Companion, Kind, Pick, Reason};
use kernel::Result;
use kernel::clock::Time;
use std::collections::BTreeMap;

const LAMBDA: f32 = 200.0;
/// Days after which a purchase says half as much.
const HALF_LIFE: f32 = 120.0;
/// How much the trend counts among what was bought before.
const TREND_OF_OLD: f32 = 0.1;
/// How much EASE counts beside what was bought before.
const SHARE_OF_NEW: f32 = 0.4;
/// Orders that have to hold both before two products go together: one may be anybody's chance.
const TOGETHER: f32 = 2.0;
/// A score is stored in millionths.
const SCALE: f32 = 1_000_000.0;
const SECONDS_OF_DAY: f32 = 86_400.0;

/// The fitted models of one moment.
pub struct Model {
    pub goods: Goods,
    as_of: Time,
    customers: Ease,
    /// Only where lists of companions are wanted.
    orders: Option<Orders>,
}

/// What orders tell.
struct Orders {
    /// For each product the others that were in enough orders with it, and in how many.
    together: Vec<Vec<(usize, f32)>>,
    ease: Ease,
}

/// What a customer has of a product.
#[derive(Clone, Copy)]
struct Had {
    place: usize,
    orders: u32,
    /// How much it says: 1 when bought now in one order, and less than twice as much in two.
    strength: f32,
}

/// What speaks for each product, for one customer.
pub struct Scores {
    /// The blend: what was bought before, and what goes with it.
    pub all: Vec<f32>,
    /// What goes with what was bought.
    pub fresh: Vec<f32>,
    had: Vec<Had>,
}

impl Scores {
    /// Whether the customer has bought the product at a place.
    pub fn has(&self, place: usize) -> bool {
        self.find(place).is_some()
    }

    fn find(&self, place: usize) -> Option<&Had> {
        self.had.binary_search_by_key(&place, |had| had.place).ok().map(|at| &self.had[at])
    }
}

impl Model {
    /// Learns from purchases, as of a moment after all of them. `companions` says whether lists beside products are wanted as well.
    pub fn fit(purchases: &(impl Purchases + ?Sized), as_of: Time, companions: bool) -> Result<Model> {
        let goods = Goods::count(purchases, as_of)?;
        let mut of_customers = Pairs::none(goods.len());
        purchases.each(&mut |bought| {
            of_customers.add(&places(&goods, bought));
            Ok(())
        })?;
        let customers = Ease::fit(of_customers, LAMBDA)?;
        let mut orders = None;
        if companions {
            let mut of_orders = Pairs::none(goods.len());
            purchases.each(&mut |bought| {
                let orders = bought.chunk_by(|one, next| one.order == next.order);
                orders.for_each(|order| of_orders.add(&places(&goods, order)));
                Ok(())
            })?;
            orders = Some(Orders { together: together(&of_orders, &goods), ease: Ease::fit(of_orders, LAMBDA)? });
        }
        Ok(Model { goods, as_of, customers, orders })
    }

    /// What speaks for each product for whoever bought this.
    pub fn scores(&self, bought: &[Bought]) -> Scores {
        let had = self.had(bought);
        let strengths: Vec<(usize, f32)> = had.iter().map(|had| (had.place, had.strength)).collect();
        let mut fresh = Vec::new();
        self.customers.scores(&strengths, &mut fresh);
        fresh.iter_mut().zip(&self.goods.trend).for_each(|(score, trend)| *score *= trend);
        to_one(&mut fresh);
        let mut all = vec![0.0; fresh.len()];
        had.iter().for_each(|had| all[had.place] = had.orders as f32 * self.goods.trend[had.place].powf(TREND_OF_OLD));
        to_one(&mut all);
        all.iter_mut().zip(&fresh).for_each(|(score, fresh)| *score += SHARE_OF_NEW * fresh);
        Scores { all, fresh, had }
    }

    fn had(&self, bought: &[Bought]) -> Vec<Had> {
        let mut of: BTreeMap<usize, Had> = BTreeMap::new();
        for order in bought.chunk_by(|one, next| one.order == next.order) {
            let age = order.iter().map(|one| (self.as_of - one.at).num_seconds()).min().unwrap_or(0).max(0);
            let left = (-(age as f32 / SECONDS_OF_DAY) / HALF_LIFE).exp2();
            for place in places(&self.goods, order) {
                let had = of.entry(place).or_insert(Had { place, orders: 0, strength: 0.0 });
                *had = Had { place, orders: had.orders + 1, strength: had.strength + left };
            }
        }
        of.into_values().map(|had| Had { strength: had.strength.sqrt(), ..had }).collect()
    }

    /// What to recommend to whoever bought this: up to `again` products they had and `new` ones, the best first.
    pub fn picks(&self, bought: &[Bought], again: usize, new: usize) -> Vec<Pick> {
        let scores = self.scores(bought);
        let of = |has: bool, scored: &[f32], most: usize| {
            let places = (0..self.goods.len()).filter(|place| scores.has(*place) == has && scored[*place] > 0.0);
            best(places.map(|place| (place, scored[place])), &self.goods, most)
        };
        let mut found = of(true, &scores.all, again);
        found.extend(of(false, &scores.fresh, new).into_iter().map(|(place, _)| (place, scores.all[place])));
        found.sort_by(|one, other| other.1.total_cmp(&one.1));
        found.into_iter().map(|(place, _)| self.pick(place, &scores)).collect()
    }

    /// The product at a place with its reason for a customer: of what they have, what speaks most for it.
    fn pick(&self, place: usize, scores: &Scores) -> Pick {
        let reason = match scores.find(place) {
            Some(had) if had.orders > 1 => Reason::Again,
            Some(_) => Reason::Before,
            None => {
                let said = |had: &Had| had.strength * self.customers.weight(had.place, place);
                let most = scores.had.iter().max_by(|one, other| said(one).total_cmp(&said(other)));
                most.map_or(Reason::Before, |had| Reason::Because(self.goods.products[had.place]))
            }
        };
        Pick { product: self.goods.products[place], reason }
    }

    /// What goes with the product at a place, the best first; nothing where the model was fitted without companions.
    pub fn companions(&self, place: usize, kind: Kind, most: usize) -> Vec<Companion> {
        let Some(Orders { together, ease }) = &self.orders else { return Vec::new() };
        let best = match kind {
            Kind::Together => {
                best(together[place].iter().map(|(other, count)| (*other, count * self.goods.trend[*other])), &self.goods, most)
            }
            Kind::Complete => {
                let others = (0..self.goods.len()).filter(|other| *other != place);
                let scored = others.map(|other| (other, ease.weight(place, other) * self.goods.trend[other]));
                best(scored.filter(|(_, score)| *score > 0.0), &self.goods, most)
            }
        };
        best.into_iter().map(|(other, score)| Companion { product: self.goods.products[other], score: (score * SCALE) as i64 }).collect()
    }
}

/// The places of the products, rising, each once.
fn places(goods: &Goods, bought: &[Bought]) -> Vec<usize> {
    let mut places: Vec<usize> = bought.iter().filter_map(|one| goods.place(one.product)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// For each product the others that were in enough orders with it, and in how many.
fn together(pairs: &Pairs, goods: &Goods) -> Vec<Vec<(usize, f32)>> {
    let of = |place: usize| {
        let others = (0..goods.len()).filter(|other| *other != place).map(|other| (other, pairs.of(place, other)));
        others.filter(|(_, count)| *count >= TOGETHER).collect()
    };
    (0..goods.len()).map(of).collect()
}

/// The best of scored places. Equal ones follow each other by their products, so that a run gives the same each time.
fn best(scored: impl Iterator<Item = (usize, f32)>, goods: &Goods, most: usize) -> Vec<(usize, f32)> {
    let mut all: Vec<(usize, f32)> = scored.collect();
    let order = |one: &(usize, f32), other: &(usize, f32)| {
        other.1.total_cmp(&one.1).then_with(|| goods.products[one.0].cmp(&goods.products[other.0]))
    };
    if all.len() > most && most > 0 {
        all.select_nth_unstable_by(most - 1, order);
        all.truncate(most);
    }
    all.sort_unstable_by(order);
    all.truncate(most);
    all
}

/// Divides by the largest, so that different scores can be mixed.
fn to_one(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(0.0, f32::max);
    if most > 0.0 {
        scores.iter_mut().for_each(|score| *score /= most);
    }
}
