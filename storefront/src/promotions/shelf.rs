//! The price that a product is shown at: what the engine makes of a cart with one unit of it.

use super::audience::Audience;
use super::engine::{Facts, Item, Offer, Shopper, decide};
use super::rules::{Conditions, Cut, Effect, Goods};
use crate::catalog::{self, Nature};
use crate::ids::{ProductId, VariantId};
use crate::shop::Shop;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The promotions that reduce single products for one audience, at one moment.
pub struct Shelf {
    offers: Vec<Offer>,
    facts: Facts,
    /// Products that are gift cards, which no promotion reduces.
    gift_cards: HashSet<ProductId>,
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
pub(super) fn concerns_one(offer: &Offer) -> bool {
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
        let mut offers = super::live(conn, &[], crate::shop::LANGUAGES[0], now)?.offers;
        offers.retain(|offer| concerns_one(offer) && audience.gets(offer));
        for offer in &mut offers {
            // The audience has answered them.
            offer.rules.conditions = for_anybody(&offer.rules.conditions);
        }
        if offers.is_empty() {
            return Ok(None);
        }
        Ok(Some(Shelf::at(offers, shop, catalog::gift_cards(conn)?, now)))
    }

    /// A shelf with these promotions, for everybody.
    pub(super) fn at(offers: Vec<Offer>, shop: &Shop, gift_cards: HashSet<ProductId>, at: Time) -> Shelf {
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
        Shelf { offers, facts, gift_cards }
    }

    /// The prices of one unit each, none for what is not reduced.
    pub fn prices(&self, conn: &mut Conn, all: &[Priced]) -> Result<Vec<Option<i64>>> {
        let asked = self.offers.iter().any(|offer| offer.rules.goods().into_iter().any(Goods::by_nature));
        let mut ids: Vec<ProductId> = all.iter().map(|one| one.product).filter(|_| asked).collect();
        ids.sort_unstable();
        ids.dedup();
        let natures: HashMap<ProductId, Nature> = catalog::natures(conn, &ids)?;
        Ok(all.iter().map(|one| self.price(one, natures.get(&one.product).cloned().unwrap_or_default())).collect())
    }

    /// The price of one unit, none when it is not reduced.
    pub(super) fn price(&self, one: &Priced, nature: Nature) -> Option<i64> {
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
        };
        let off: i64 = decide(&[item], &self.offers, &self.facts).discounts.iter().sum();
        (off > 0).then_some(one.price - off)
    }
}
