//! What goods cost in a situation: delivery, promotions, tax. The cart and the test bench of the back office share it.

use super::LineQuote;
use super::pickup::{self, Pickup};
use crate::catalog::Assortment;
use crate::ids::{CartLineId, ShippingRateId};
use crate::pricing::{self, Basket, Delivery, DeliveryPrice, Line, Priced};
use crate::promotions::{self, Candidate, Decision, Facts, Shopper};
use crate::shipping::{self, ShippingRate};
use crate::shop::Shop;
use crate::tax::{Place, Rates};
use crate::{tax_rates, tax_relief};
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result};

/// Who buys, when, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Situation {
    pub currency: Currency,
    /// Where it is sent.
    pub place: Place,
    /// The buyer's VAT id; empty without one.
    pub vat_id: String,
    /// The delivery that was chosen.
    pub rate: Option<ShippingRateId>,
    pub shopper: Shopper,
    pub language: String,
    pub at: Time,
    /// What the delivery costs by an agreement, in the place of what the shop asks.
    pub delivery: Option<i64>,
}

/// Goods with everything that follows from them.
#[derive(Clone, Debug)]
pub struct Reckoning {
    /// Where it is taxed: where it is sent or picked up.
    pub country: String,
    /// The goods, and behind them the gifts.
    pub lines: Vec<LineQuote>,
    pub priced: Priced,
    pub decision: Decision,
    pub rates: Vec<ShippingRate>,
    /// What each of `rates` costs for these goods.
    pub rate_prices: Vec<i64>,
    /// The rate chosen or else the first that serves.
    pub rate: Option<ShippingRate>,
    /// Where the buyer picks the goods up, when `rate` says so.
    pub pickup: Option<Pickup>,
    pub requires_shipping: bool,
    pub grams: i64,
    /// Whether the amounts of `priced` hold the tax.
    pub prices_include_tax: bool,
    /// The buyer owes the tax in place of the shop.
    pub reverse_charge: bool,
}

/// Prices `lines`. Gifts are added behind them; their weight does not count for the delivery, which is chosen before them.
pub(crate) fn reckon(
    conn: &mut Conn,
    shop: &Shop,
    mut lines: Vec<LineQuote>,
    situation: &Situation,
    offers: &[Candidate],
) -> Result<Reckoning> {
    let Situation { currency, place, shopper, language, at, .. } = situation;
    let requires_shipping = lines.iter().any(|line| line.variant.requires_shipping);
    let grams = lines.iter().map(|line| line.variant.measure.amount(line.variant.weight_grams, line.quantity)).sum();
    let mut rates = if requires_shipping { shipping::available(conn, &place.country, grams, *currency)? } else { Vec::new() };
    if situation.delivery.is_some() {
        // A price that was agreed on is that of the shop's first way to deliver.
        rates.truncate(1);
    }
    let rate = rates.iter().find(|rate| Some(rate.id) == situation.rate).or(rates.first()).cloned();
    // A gift card is sent by mail and no part of what is delivered.
    let units = lines.iter().filter(|line| !line.variant.gift_card).map(LineQuote::pieces).sum();
    let agreed = situation.delivery.map(|price| Delivery { price: DeliveryPrice::Fixed(price), free_over: None });
    let delivery_by = |rate: &ShippingRate| agreed.clone().unwrap_or_else(|| rate.delivery(grams, units));
    let delivery = rate.as_ref().map(delivery_by);
    let pickup = rate.as_ref().and_then(ShippingRate::pickup).map(|location| pickup::at(conn, location, shop)).transpose()?;
    // Goods that are picked up are taxed where they are handed over.
    let place = pickup.as_ref().map_or(place, |pickup| &pickup.place);

    let items = promotions::items(conn, shop, &lines, offers)?;
    let sold = Assortment { currency: *currency, ..shop.assortment() };
    let gifts = promotions::gifts(conn, &lines, offers, &sold, language)?;
    let facts = Facts {
        at: *at,
        local: shop.local(*at),
        currency: *currency,
        country: place.country.clone(),
        shopper: shopper.clone(),
        delivery: delivery.clone(),
        ships: requires_shipping,
        gifts: gifts.iter().map(|(id, (stock, _))| (*id, *stock)).collect(),
    };
    let decision = promotions::decide(&items, offers, &facts);
    for (applied, variant, quantity) in decision.gifts() {
        // The engine gives only what it was told of.
        if let Some((_, variant)) = gifts.get(&variant) {
            let gift = Some(applied.label());
            let (id, variant) = (CartLineId(0), variant.clone());
            lines.push(LineQuote { id, quantity, unit_price: 0, seen_price: 0, variant, price_trace: None, rule: None, gift });
        }
    }
    let to_price: Vec<Line> = lines
        .iter()
        .map(|line| Line {
            unit_price: line.unit_price,
            quantity: line.quantity,
            per: line.variant.measure.per(),
            tax_class: line.variant.tax_class.clone(),
            taxable: line.variant.taxable,
            gift_card: line.variant.gift_card,
        })
        .collect();
    let goods: Vec<bool> = lines.iter().map(|line| line.variant.requires_shipping).collect();
    let taxed: Vec<bool> = lines.iter().filter(|line| !line.variant.gift_card).map(|line| line.variant.requires_shipping).collect();
    let reverse_charge = !taxed.is_empty() && tax_relief::applies(shop, &situation.vat_id, place, &taxed, pickup.is_some());
    let included = shop.prices_include_tax;
    let basket = Basket { lines: &to_price, decision: &decision, delivery, prices_include_tax: included, rounding: shop.tax_rounding };
    let home = if reverse_charge { tax_rates::at(conn, &Place::country(&shop.country))? } else { Default::default() };
    let rate_prices = rates.iter().map(|rate| rate_price(&basket, &delivery_by(rate), reverse_charge.then_some(&home))).collect();
    let (priced, decision) = if reverse_charge {
        let net = tax_relief::net(&basket, &home, &goods);
        let basket = Basket { lines: &net.lines, decision: &net.decision, delivery: net.delivery, prices_include_tax: false, ..basket };
        (pricing::price(&basket, &tax_relief::rates()), net.decision)
    } else {
        (pricing::price(&basket, &tax_rates::at(conn, place)?), decision.clone())
    };
    let mut priced = priced;
    for (line, priced) in lines.iter().zip(&mut priced.lines) {
        if let Some(trace) = &line.price_trace {
            priced.trace.splice(0..0, trace.steps());
        }
    }
    Ok(Reckoning {
        country: place.country.clone(),
        lines,
        priced,
        decision,
        rates,
        rate_prices,
        rate,
        pickup,
        requires_shipping,
        grams,
        prices_include_tax: included && !reverse_charge,
        reverse_charge,
    })
}

/// What a rate costs for goods of this weight and number, before a promotion pays it; without the tax in it for who owes none.
fn rate_price(basket: &Basket, delivery: &Delivery, home: Option<&Rates>) -> i64 {
    let subtotal: i64 = basket.lines.iter().map(Line::goods).sum();
    let price = delivery.price_for(subtotal - basket.decision.discounts.iter().sum::<i64>());
    let home = home.filter(|_| basket.prices_include_tax);
    price - home.map_or(0, |home| pricing::tax_of_delivery(basket, home, price))
}
