//! The price that a product is shown at: what the engine makes of a cart with one unit of it.

use super::engine::{Facts, Item, Offer, Shopper, decide};
use super::rules::{Conditions, Cut, Effect, Goods};
use crate::catalog::{self, Nature};
use crate::ids::{ProductId, VariantId};
use crate::shop::Shop;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::{BTreeMap, HashMap};

/// The promotions that reduce single products for everybody, at one moment.
pub struct Shelf {
    offers: Vec<Offer>,
    facts: Facts,
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

/// Only what the time decides, and a price that each unit has by itself.
fn concerns_one(offer: &Offer) -> bool {
    let conditions = &offer.rules.conditions;
    let timeless = Conditions { weekdays: Vec::new(), hours: None, ..conditions.clone() };
    let per_unit = matches!(&offer.rules.effect, Effect::Reduce { cut: Cut::Percentage(_) | Cut::AmountEach(_) | Cut::Price(_), .. });
    timeless == Conditions::default() && per_unit && !offer.needs_code
}

impl Shelf {
    /// `None` when no such promotion is live, which costs one query.
    pub fn load(conn: &mut Conn, shop: &Shop, now: Time) -> Result<Option<Shelf>> {
        let mut offers = super::live(conn, &[], crate::shop::LANGUAGES[0], now)?.offers;
        offers.retain(concerns_one);
        if offers.is_empty() {
            return Ok(None);
        }
        let facts = Facts {
            at: now,
            local: shop.local(now),
            currency: shop.currency,
            country: shop.country.clone(),
            shopper: Shopper::default(),
            delivery: None,
            ships: true,
            gifts: BTreeMap::new(),
        };
        Ok(Some(Shelf { offers, facts }))
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

    fn price(&self, one: &Priced, nature: Nature) -> Option<i64> {
        let item = Item {
            // No variant has the id zero.
            variant: one.variant.unwrap_or(VariantId(0)),
            product: one.product,
            categories: nature.categories,
            brand: nature.brand,
            tags: nature.tags,
            reduced: one.reduced,
            unit_price: one.price,
            quantity: 1,
        };
        let off: i64 = decide(&[item], &self.offers, &self.facts).discounts.iter().sum();
        (off > 0).then_some(one.price - off)
    }
}
