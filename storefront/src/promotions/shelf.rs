//! The price that a product is shown at: what the engine makes of a cart with one unit of it.

use super::audience::Audience;
use super::engine::{Candidate, Facts, Item, Shopper, decide};
use super::grant::Decided;
use super::live;
use super::rules::{Conditions, Cut, Effect, Goods};
use crate::catalog::{self, Nature};
use crate::ids::{ProductId, VariantId};
use crate::shop::Shop;
use crate::tax::Rates;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The promotions that reduce single products for one audience, at one moment.
pub struct Shelf {
    offers: Vec<Candidate>,
    facts: Facts,
    /// Products that are gift cards, which no promotion reduces.
    gift_cards: HashSet<ProductId>,
    /// The tax in prices, when an offer has a margin floor.
    rates: Option<Rates>,
    included: bool,
}

/// A product or one variant of it, with its list price.
#[derive(Clone, Copy, Debug)]
pub struct Priced {
    pub product: ProductId,
    /// The variant, when the price is that of one.
    pub variant: Option<VariantId>,
    pub price: i64,
    pub reduced: bool,
}

/// Only what the time and the customer decide, and a price that each unit has by itself.
pub(super) fn concerns_one(offer: &Candidate) -> bool {
    let rest = Conditions { weekdays: Vec::new(), hours: None, ..for_anybody(&offer.rules.conditions) };
    let per_unit = matches!(&offer.rules.effect, Effect::Reduce { cut: Cut::Percentage(_) | Cut::AmountEach(_) | Cut::Price(_), .. });
    rest == Conditions::default() && per_unit && !offer.needs_code
}

/// The conditions without those that ask who it is.
fn for_anybody(conditions: &Conditions) -> Conditions {
    Conditions { signed_in: false, first_order: false, customers: Vec::new(), segment: None, ..conditions.clone() }
}

impl Shelf {
    /// The promotions that hold for `audience`. `None` when no such promotion is live, which costs one query.
    pub fn load(conn: &mut Conn, shop: &Shop, audience: &Audience, now: Time) -> Result<Option<Shelf>> {
        let mut offers = super::live(conn, &[], crate::shop::OWN_LANGUAGE, now)?.offers;
        offers.retain_mut(|offer| concerns_one(offer) && audience.gets(offer));
        for offer in &mut offers {
            // The audience has answered them.
            offer.rules.conditions = for_anybody(&offer.rules.conditions);
        }
        if offers.is_empty() {
            return Ok(None);
        }
        let rates = live::home_rates(conn, shop, &offers)?;
        Ok(Some(Shelf { rates, included: shop.prices_include_tax, ..Shelf::at(offers, shop, catalog::gift_cards(conn)?, now) }))
    }

    /// A shelf with one offer as it would be given, on any goods of its terms.
    pub(crate) fn of(conn: &mut Conn, shop: &Shop, offer: &Candidate, now: Time) -> Result<Shelf> {
        let mut offer = offer.clone();
        offer.decide(Decided::Given(None));
        let rates = live::home_rates(conn, shop, std::slice::from_ref(&offer))?;
        Ok(Shelf { rates, included: shop.prices_include_tax, ..Shelf::at(vec![offer], shop, catalog::gift_cards(conn)?, now) })
    }

    /// A shelf with these promotions, for everybody.
    pub(super) fn at(offers: Vec<Candidate>, shop: &Shop, gift_cards: HashSet<ProductId>, at: Time) -> Shelf {
        let facts = Facts {
            at,
            local: shop.local(at),
            currency: shop.currency,
            country: shop.country.clone(),
            shopper: Shopper::default(),
            delivery: None,
            ships: true,
            gifts: BTreeMap::new(),
        };
        Shelf { offers, facts, gift_cards, rates: None, included: false }
    }

    /// The prices of one unit each, none for what is not reduced.
    pub fn prices(&self, conn: &mut Conn, all: &[Priced]) -> Result<Vec<Option<i64>>> {
        let asked = self.offers.iter().any(|offer| offer.rules.goods().into_iter().any(Goods::by_nature));
        let mut ids: Vec<ProductId> = all.iter().map(|one| one.product).filter(|_| asked).collect();
        ids.sort_unstable();
        ids.dedup();
        let natures: HashMap<ProductId, Nature> = catalog::natures(conn, &ids)?;
        let costs = self.costs(conn, all)?;
        let nature = |one: &Priced| natures.get(&one.product).cloned().unwrap_or_default();
        Ok(all.iter().map(|one| self.price(one, nature(one), costs.of(one))).collect())
    }

    /// What the variants of these products cost the shop, when an offer asks.
    fn costs(&self, conn: &mut Conn, all: &[Priced]) -> Result<Costs> {
        let Some(rates) = &self.rates else { return Ok(Costs::default()) };
        let products: Vec<ProductId> = all.iter().map(|one| one.product).collect();
        let found = catalog::costs(conn, &products, self.facts.currency)?;
        Ok(Costs(found.iter().map(|(product, variant, cost)| (*product, *variant, live::compared(cost, rates, self.included))).collect()))
    }

    /// The price of one unit, none when it is not reduced.
    pub(super) fn price(&self, one: &Priced, nature: Nature, cost: Option<i64>) -> Option<i64> {
        let item = Item {
            // No variant has the id zero.
            variant: one.variant.unwrap_or(VariantId(0)),
            product: one.product,
            categories: nature.categories,
            brand: nature.brand,
            tags: nature.tags,
            reduced: one.reduced,
            gift_card: self.gift_cards.contains(&one.product),
            unit_price: one.price,
            quantity: 1,
            per: 1,
            cost,
        };
        let off: i64 = decide(&[item], &self.offers, &self.facts).discounts.iter().sum();
        (off > 0).then_some(one.price - off)
    }
}

/// What variants cost the shop.
#[derive(Default)]
struct Costs(Vec<(ProductId, VariantId, Option<i64>)>);

impl Costs {
    /// The cost of the variant; of a product that of its dearest, and none while that of any is not known.
    fn of(&self, one: &Priced) -> Option<i64> {
        let meant = |(product, variant, _): &&(ProductId, VariantId, Option<i64>)| {
            *product == one.product && one.variant.is_none_or(|wanted| wanted == *variant)
        };
        let costs: Option<Vec<i64>> = self.0.iter().filter(meant).map(|(.., cost)| *cost).collect();
        costs.and_then(|costs| costs.into_iter().max())
    }
}
