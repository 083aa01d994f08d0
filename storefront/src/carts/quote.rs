//! The price of a cart now: the same function serves the cart page, each step of the checkout, the API and the placing commit.

use super::reckon::{Situation, reckon};
use super::{Cart, Pickup, Reckoning, promised};
use crate::catalog::{self, Assortment, VariantForSale};
use crate::ids::{CartId, CartLineId, PromotionId, VariantId};
use crate::price_lists::{self, QuantityRule, Trace, Trade};
use crate::pricing::Priced;
use crate::promotions::{self, Decision, Reason, codes};
use crate::shipping::ShippingRate;
use crate::shop::Shop;
use crate::stored_value::{self, Plan};
use crate::{buying, quotes, stores};
use crm::companies::{Buyer, May};
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result};

/// A cart line with what it costs and whether it can be had.
#[derive(Clone, Debug)]
pub struct LineQuote {
    pub id: CartLineId,
    pub quantity: i64,
    pub unit_price: i64,
    /// The price the shopper last saw.
    pub seen_price: i64,
    pub variant: VariantForSale,
    /// How the unit price came about, when price lists are for the buyer.
    pub price_trace: Option<Trace>,
    /// In which quantities the buyer can have it; `None` for any.
    pub rule: Option<QuantityRule>,
    /// Added at no price by the promotion of this name. It has no row of the cart, and no id.
    pub gift: Option<String>,
}

impl LineQuote {
    /// How many things it is to whoever packs or counts.
    pub fn pieces(&self) -> i64 {
        self.variant.measure.pieces(self.quantity)
    }

    /// Leaves out all that tells what it costs.
    fn conceal(&mut self) {
        (self.unit_price, self.seen_price, self.price_trace) = (0, 0, None);
        (self.variant.unit_price, self.variant.compare_at) = (0, None);
    }
}

/// What a shopper must be told before they go on. Changes are told, never silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    PriceChanged {
        line: CartLineId,
        before: i64,
        now: i64,
    },
    /// Fewer are left than the cart asks for.
    Short {
        line: CartLineId,
        left: i64,
    },
    /// A price list sells it in other quantities; `fitting` is the next of them.
    Quantity {
        line: CartLineId,
        rule: QuantityRule,
        fitting: i64,
    },
    /// Not on sale any more.
    Gone {
        line: CartLineId,
    },
    /// A code that opens nothing for this shopper.
    CouponRefused {
        code: String,
        reason: Reason,
    },
    /// A code that may work once the cart is another.
    CouponIdle {
        code: String,
        reason: Reason,
    },
    /// The shopper was shown this promotion, and the cart does not get it any more.
    PromotionLost {
        name: String,
    },
    /// A gift card on the cart pays nothing any more, for the reason of this text key.
    GiftCardUnusable {
        last_four: String,
        reason: &'static str,
    },
    /// No rate delivers this cart to its country.
    NoDelivery,
    /// The shopper may not order any more for the company that they chose.
    BuyingEnded,
    /// The quote that the cart was made of is over, or offers something else by now.
    QuoteEnded,
    /// Whoever has the cart may not see prices: its lines tell none.
    PricesHidden,
}

impl Notice {
    /// Whether the order cannot be placed while this stands.
    pub fn blocks(&self) -> bool {
        matches!(
            self,
            Notice::Short { .. }
                | Notice::Quantity { .. }
                | Notice::Gone { .. }
                | Notice::NoDelivery
                | Notice::BuyingEnded
                | Notice::QuoteEnded
                | Notice::PricesHidden
        )
    }
}

/// A cart with what it costs.
#[derive(Clone, Debug)]
pub struct Quote {
    pub cart: Cart,
    /// When it was figured.
    pub at: Time,
    pub currency: Currency,
    /// Where the tax and delivery are figured for.
    pub country: String,
    /// What lies in the cart, and behind it the gifts.
    pub lines: Vec<LineQuote>,
    pub priced: Priced,
    pub decision: Decision,
    pub rates: Vec<ShippingRate>,
    /// What each of `rates` costs for this cart.
    pub rate_prices: Vec<i64>,
    /// The rate chosen or, on the cart page, the first that serves.
    pub rate: Option<ShippingRate>,
    /// Where the buyer picks the goods up, when `rate` says so.
    pub pickup: Option<Pickup>,
    pub requires_shipping: bool,
    pub grams: i64,
    pub notices: Vec<Notice>,
    /// Whether the amounts of `priced` hold the tax.
    pub prices_include_tax: bool,
    /// The buyer owes the tax in place of the shop.
    pub reverse_charge: bool,
    /// The shop's settings that it was priced by.
    pub(crate) shop: Shop,
    /// What gift cards and store credit pay.
    pub stored: Plan,
    /// Who buys it for a company.
    pub buyer: Option<Buyer>,
}

impl Quote {
    pub fn blocked(&self) -> bool {
        self.lines.is_empty() || self.notices.iter().any(Notice::blocks)
    }

    /// The promotions the cart gets, as [`Cart::seen_promotions`] keeps them.
    pub(super) fn promotions(&self) -> String {
        let mut ids: Vec<PromotionId> = self.decision.applied.iter().map(|applied| applied.id).collect();
        ids.sort_unstable();
        ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// Whether the promotions are others than the shopper was last shown.
    pub fn newly_seen(&self) -> bool {
        self.promotions() != self.cart.seen_promotions
    }

    /// Whether its amounts are nobody's to see.
    pub fn hides_prices(&self) -> bool {
        self.notices.contains(&Notice::PricesHidden)
    }

    /// Why a code on the cart does nothing; `None` when it works.
    pub fn refusal(&self, code: &str) -> Option<&Reason> {
        let wanted = promotions::normalise(code);
        self.notices.iter().find_map(|notice| match notice {
            Notice::CouponRefused { code, reason } | Notice::CouponIdle { code, reason } if *code == wanted => Some(reason),
            _ => None,
        })
    }

    /// What is left to pay when gift cards and store credit have paid.
    pub fn due(&self) -> i64 {
        self.priced.total - self.stored.sum()
    }

    /// What of it is gift cards, which gift cards do not pay for. Minor units.
    pub fn sold_cards(&self) -> i64 {
        self.lines.iter().zip(&self.priced.lines).filter(|(line, _)| line.variant.gift_card).map(|(_, priced)| priced.total).sum()
    }

    pub fn units(&self) -> i64 {
        self.lines.iter().map(LineQuote::pieces).sum()
    }
}

/// Prices a cart with today's catalogue, promotions, delivery and tax. Lines that are not on sale any more are left out of the
/// price and told as notices.
pub fn quote(conn: &mut Conn, id: CartId, now: Time) -> Result<Quote> {
    let cart = super::get(conn, id)?;
    quote_of(conn, cart, true, now)
}

/// [`quote`] with its names in the language of somebody else who reads it.
pub fn quote_in(conn: &mut Conn, id: CartId, language: &str, now: Time) -> Result<Quote> {
    let mut cart = super::get(conn, id)?;
    cart.language = language.to_string();
    quote_of(conn, cart, true, now)
}

/// [`quote`] for staff, who see what a cart comes to whoever has it.
pub fn quote_for_staff(conn: &mut Conn, id: CartId, now: Time) -> Result<Quote> {
    let cart = super::get(conn, id)?;
    quote_of(conn, cart, false, now)
}

/// `conceals` what whoever has the cart may not see.
fn quote_of(conn: &mut Conn, cart: Cart, conceals: bool, now: Time) -> Result<Quote> {
    let buyer = buying::of_cart(conn, &cart)?;
    let trade = Trade::of_person(cart.customer_id, buyer.as_ref());
    let shop = stores::shop_for(conn, cart.store_id, &trade)?;
    let currency = cart.currency()?;
    let mut notices = Vec::new();
    if cart.member_id.is_some() && !buyer.as_ref().is_some_and(|buyer| buyer.may(May::Order)) {
        notices.push(Notice::BuyingEnded);
    }
    let agreed = cart.quote_version_id.map(|version| quotes::agreed(conn, version, now)).transpose()?;
    let mut lines = match &agreed {
        Some(agreed) => {
            if !agreed.stands {
                notices.push(Notice::QuoteEnded);
            }
            // Staff may offer what no contract names.
            let sold = Assortment { currency, contract: None, ..shop.assortment() };
            let rows = super::lines(conn, cart.id)?;
            promised::lines(conn, &rows, agreed, (&sold, &cart.language), now, &mut notices)?
        }
        None => {
            let sold = Assortment { currency, ..shop.assortment() };
            load_lines(conn, &cart, &trade, &sold, now, &mut notices)?
        }
    };

    if conceals && shop.prices_hidden && super::unpriced(conn, &cart)? {
        notices.retain(|notice| !matches!(notice, Notice::PriceChanged { .. }));
        notices.push(Notice::PricesHidden);
        lines.iter_mut().for_each(LineQuote::conceal);
    }

    let mut loaded = promotions::live(conn, &codes::split(&cart.coupon_code), &cart.language, now)?;
    if agreed.is_some() {
        // What was agreed on is the price.
        loaded.offers.clear();
        loaded.stray.clear();
    }
    let shopper = promotions::shopper(conn, &mut loaded, cart.customer_id, &cart.email, now)?;
    let country = if cart.country.is_empty() { shop.assumed_country() } else { &cart.country };
    let situation = Situation {
        currency,
        place: cart.place(country)?,
        vat_id: cart.billing_address()?.map(|address| address.vat_id).unwrap_or_default(),
        rate: cart.shipping_rate_id,
        shopper,
        language: cart.language.clone(),
        at: now,
        delivery: agreed.as_ref().and_then(|agreed| agreed.shipping),
    };
    let Reckoning {
        country,
        lines,
        mut priced,
        decision,
        rates,
        rate_prices,
        rate,
        pickup,
        requires_shipping,
        grams,
        prices_include_tax,
        reverse_charge,
    } = reckon(conn, &shop, lines, &situation, &loaded.offers)?;
    if let Some(agreed) = &agreed {
        promised::trace(agreed, &mut priced);
    }
    if requires_shipping && rates.is_empty() {
        notices.push(Notice::NoDelivery);
    }
    code_notices(loaded.stray, &decision, &mut notices);
    lost_notices(conn, &cart, &decision, &mut notices)?;
    let sold_cards = lines.iter().zip(&priced.lines).filter(|(line, _)| line.variant.gift_card).map(|(_, priced)| priced.total).sum();
    let stored = stored_value::plan(conn, &cart, currency, (priced.total, sold_cards), now)?;
    for (card, reason) in &stored.unusable {
        notices.push(Notice::GiftCardUnusable { last_four: card.last_four.clone(), reason });
    }
    Ok(Quote {
        at: now,
        cart,
        currency,
        country,
        lines,
        priced,
        decision,
        rates,
        rate_prices,
        rate,
        pickup,
        requires_shipping,
        grams,
        notices,
        prices_include_tax,
        reverse_charge,
        shop,
        stored,
        buyer,
    })
}

/// Every code of the cart that does nothing is told, with its reason.
fn code_notices(stray: Vec<(String, Reason)>, decision: &Decision, notices: &mut Vec<Notice>) {
    let rejected = decision.rejected.iter().filter_map(|rejected| Some((rejected.code.clone()?, rejected.reason.clone())));
    for (code, reason) in stray.into_iter().chain(rejected) {
        notices.push(if reason.is_final() { Notice::CouponRefused { code, reason } } else { Notice::CouponIdle { code, reason } });
    }
}

fn lost_notices(conn: &mut Conn, cart: &Cart, decision: &Decision, notices: &mut Vec<Notice>) -> Result<()> {
    let seen = cart.seen_promotions.split_whitespace().filter_map(|id| id.parse().ok());
    let lost: Vec<PromotionId> = seen.filter(|id| decision.applied.iter().all(|applied| applied.id != *id)).collect();
    if !lost.is_empty() {
        let names = promotions::names(conn, &lost, &cart.language)?;
        notices.extend(names.into_iter().map(|(_, name)| Notice::PromotionLost { name }));
    }
    Ok(())
}

fn load_lines(
    conn: &mut Conn,
    cart: &Cart,
    trade: &Trade,
    sold: &Assortment,
    now: Time,
    notices: &mut Vec<Notice>,
) -> Result<Vec<LineQuote>> {
    let rows = super::lines(conn, cart.id)?;
    let ids: Vec<VariantId> = rows.iter().map(|row| row.1).collect();
    let on_sale = catalog::for_sale(conn, sold, &ids, &cart.language)?;
    let book = price_lists::book(conn, trade.company, &trade.group, cart.store_id, sold.currency, &ids, now)?;
    let mut lines = Vec::with_capacity(rows.len());
    for (id, variant, quantity, seen_price) in rows {
        let Some(variant) = on_sale.iter().find(|known| known.id == variant && known.sold_at(now)) else {
            notices.push(Notice::Gone { line: id });
            continue;
        };
        let chosen = book.price(variant.id, quantity, variant.unit_price);
        let mut variant = variant.clone();
        if chosen.trace.chosen.is_some() {
            // What the shop asked before says nothing of what this buyer pays.
            variant.compare_at = None;
        }
        if chosen.unit_price != seen_price {
            notices.push(Notice::PriceChanged { line: id, before: seen_price, now: chosen.unit_price });
        }
        let rule = book.quantity(variant.id);
        if let Some(rule) = rule.filter(|rule| !rule.allows(quantity)) {
            notices.push(Notice::Quantity { line: id, rule, fitting: rule.fitting(quantity) });
        }
        if variant.tracked && !variant.oversell && variant.available < quantity {
            notices.push(Notice::Short { line: id, left: variant.available.max(0) });
        }
        let price_trace = (!book.is_empty()).then_some(chosen.trace);
        lines.push(LineQuote { id, quantity, unit_price: chosen.unit_price, seen_price, variant, price_trace, rule, gift: None });
    }
    Ok(lines)
}
