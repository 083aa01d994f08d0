//! What goods cost in a situation: delivery, promotions, tax. The cart and the test bench of the back office share it.

use super::LineQuote;
use crate::ids::{CartLineId, ShippingRateId};
use crate::pricing::{self, Basket, Line, Priced};
use crate::promotions::{self, Decision, Facts, Offer, Shopper};
use crate::shipping::{self, ShippingRate};
use crate::shop::Shop;
use crate::tax_rates;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result};

/// Who buys, when, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Situation {
    pub currency: Currency,
    pub country: String,
    /// The delivery that was chosen.
    pub rate: Option<ShippingRateId>,
    pub shopper: Shopper,
    pub language: String,
    pub at: Time,
}

/// Goods with everything that follows from them.
#[derive(Clone, Debug)]
pub struct Reckoning {
    pub country: String,
    /// The goods, and behind them the gifts.
    pub lines: Vec<LineQuote>,
    pub priced: Priced,
    pub decision: Decision,
    pub rates: Vec<ShippingRate>,
    /// The rate chosen or else the first that serves.
    pub rate: Option<ShippingRate>,
    pub requires_shipping: bool,
    pub grams: i64,
}

/// Prices `lines`. Gifts are added behind them; their weight does not count for the delivery, which is chosen before them.
pub(crate) fn reckon(
    conn: &mut Conn,
    shop: &Shop,
    mut lines: Vec<LineQuote>,
    situation: &Situation,
    offers: &[Offer],
) -> Result<Reckoning> {
    let Situation { currency, country, shopper, language, at, .. } = situation;
    let requires_shipping = lines.iter().any(|line| line.variant.requires_shipping);
    let grams = lines.iter().map(|line| line.variant.weight_grams.saturating_mul(line.quantity)).sum();
    let rates = if requires_shipping { shipping::available(conn, country, grams, *currency)? } else { Vec::new() };
    let rate = rates.iter().find(|rate| Some(rate.id) == situation.rate).or(rates.first()).cloned();
    let delivery = rate.as_ref().map(ShippingRate::delivery);

    let items = promotions::items(conn, &lines, offers)?;
    let gifts = promotions::gifts(conn, &lines, offers, *currency, language)?;
    let facts = Facts {
        at: *at,
        local: shop.local(*at),
        currency: *currency,
        country: country.clone(),
        shopper: shopper.clone(),
        delivery,
        ships: requires_shipping,
        gifts: gifts.iter().map(|(id, (stock, _))| (*id, *stock)).collect(),
    };
    let decision = promotions::decide(&items, offers, &facts);
    for (applied, variant, quantity) in decision.gifts() {
        // The engine gives only what it was told of.
        if let Some((_, variant)) = gifts.get(&variant) {
            let gift = Some(applied.label());
            lines.push(LineQuote { id: CartLineId(0), quantity, unit_price: 0, seen_price: 0, variant: variant.clone(), gift });
        }
    }
    let to_price: Vec<Line> = lines
        .iter()
        .map(|line| Line {
            unit_price: line.unit_price,
            quantity: line.quantity,
            tax_class: line.variant.tax_class.clone(),
            taxable: line.variant.taxable,
        })
        .collect();
    let basket = Basket { lines: &to_price, decision: &decision, delivery, prices_include_tax: shop.prices_include_tax };
    let priced = pricing::price(&basket, &tax_rates::of_country(conn, country)?);
    Ok(Reckoning { country: country.clone(), lines, priced, decision, rates, rate, requires_shipping, grams })
}
