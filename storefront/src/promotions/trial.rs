//! The test bench: what a cart that nobody filled would get, and why it would not get the rest.

use super::codes::normalise;
use super::live::all;
use super::{Rejected, shopper};
use crate::carts::{self, LineQuote, Reckoning, Situation};
use crate::ids::{CartLineId, VariantId};
use crate::tax::Place;
use crate::{catalog, shop};
use crm::customers;
use crm::email::Email;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Promotions that the bench tries.
const TRIED: i64 = 500;

/// A cart to try. Nothing of it is stored.
#[derive(Clone, Debug, Default)]
pub struct Trying {
    /// (variant, units)
    pub goods: Vec<(VariantId, i64)>,
    /// Where it goes; the shop's country when empty.
    pub country: String,
    /// Whose it is, if anybody's.
    pub email: String,
    pub signed_in: bool,
    pub codes: Vec<String>,
    pub language: String,
    pub at: Time,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Trial {
    pub reckoning: Reckoning,
    /// Codes that open nothing, as rejected promotions without a name.
    pub stray: Vec<(String, super::Reason)>,
}

impl Trial {
    pub fn rejected(&self) -> &[Rejected] {
        &self.reckoning.decision.rejected
    }
}

/// Tries a cart with the promotions and prices of now at another moment. What is not on sale is left out.
pub fn trial(conn: &mut Conn, trying: &Trying) -> Result<Trial> {
    let shop = shop::get(conn)?;
    let ids: Vec<VariantId> = trying.goods.iter().map(|(variant, _)| *variant).collect();
    let known = catalog::variants_for_sale(conn, &ids, shop.currency, &trying.language)?;
    let mut lines = Vec::new();
    for (variant, quantity) in &trying.goods {
        if let Some(variant) = known.iter().find(|known| known.id == *variant && known.for_sale) {
            let unit_price = variant.unit_price;
            let variant = variant.clone();
            lines.push(LineQuote {
                id: CartLineId(0),
                quantity: *quantity,
                unit_price,
                seen_price: unit_price,
                variant,
                price_trace: None,
                rule: None,
                gift: None,
            });
        }
    }
    let codes: Vec<String> = trying.codes.iter().map(|code| normalise(code)).collect();
    let mut loaded = all(conn, &codes, &trying.language, TRIED)?;
    let customer = match Email::parse(&trying.email, "email") {
        Ok(email) if trying.signed_in => customers::find_by_email(conn, &email)?.map(|customer| customer.id),
        _ => None,
    };
    let mut shopper = shopper(conn, &mut loaded, customer, &trying.email, trying.at)?;
    shopper.signed_in = trying.signed_in;
    let situation = Situation {
        currency: shop.currency,
        place: Place::country(if trying.country.is_empty() { &shop.country } else { &trying.country }),
        vat_id: String::new(),
        rate: None,
        shopper,
        language: trying.language.clone(),
        at: trying.at,
        delivery: None,
    };
    let stray = std::mem::take(&mut loaded.stray);
    Ok(Trial { reckoning: carts::reckon(conn, &shop, lines, &situation, &loaded.offers)?, stray })
}
