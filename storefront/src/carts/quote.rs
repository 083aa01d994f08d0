//! The price of a cart now: the same function serves the cart page, each step of the checkout, the API and the placing commit.

use super::Cart;
use crate::catalog::{self, VariantForSale};
use crate::coupons::{self, Refusal};
use crate::ids::{CartId, CartLineId, VariantId};
use crate::pricing::{self, Basket, CouponVerdict, Line, Priced};
use crate::shipping::{self, ShippingRate};
use crate::{shop, tax_rates};
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
    /// Not on sale any more.
    Gone {
        line: CartLineId,
    },
    CouponRefused(Refusal),
    CouponBelowMinimum {
        missing: i64,
    },
    /// No rate delivers this cart to its country.
    NoDelivery,
}

impl Notice {
    /// Whether the order cannot be placed while this stands.
    pub fn blocks(&self) -> bool {
        matches!(self, Notice::Short { .. } | Notice::Gone { .. } | Notice::NoDelivery)
    }
}

#[derive(Clone, Debug)]
pub struct Quote {
    pub cart: Cart,
    pub currency: Currency,
    /// Where the tax and delivery are figured for.
    pub country: String,
    pub lines: Vec<LineQuote>,
    pub priced: Priced,
    pub rates: Vec<ShippingRate>,
    /// The rate chosen or, on the cart page, the first that serves.
    pub rate: Option<ShippingRate>,
    pub coupon: Option<coupons::Coupon>,
    pub requires_shipping: bool,
    pub grams: i64,
    pub notices: Vec<Notice>,
    pub prices_include_tax: bool,
}

impl Quote {
    pub fn blocked(&self) -> bool {
        self.lines.is_empty() || self.notices.iter().any(Notice::blocks)
    }

    pub fn units(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }
}

/// Prices a cart with today's catalogue, coupon, delivery and tax. Lines that are not on sale any more are left out of the
/// price and told as notices.
pub fn quote(conn: &mut Conn, id: CartId, now: Time) -> Result<Quote> {
    let cart = super::get(conn, id)?;
    let shop = shop::get(conn)?;
    let currency = cart.currency()?;
    let mut notices = Vec::new();
    let lines = load_lines(conn, &cart, currency, &mut notices)?;

    let country = if cart.country.is_empty() { shop.country.clone() } else { cart.country.clone() };
    let requires_shipping = lines.iter().any(|line| line.variant.requires_shipping);
    let grams = lines.iter().map(|line| line.variant.weight_grams.saturating_mul(line.quantity)).sum();
    let rates = if requires_shipping { shipping::available(conn, &country, grams, currency)? } else { Vec::new() };
    let rate = rates.iter().find(|rate| Some(rate.id) == cart.shipping_rate_id).or(rates.first()).cloned();
    if requires_shipping && rates.is_empty() {
        notices.push(Notice::NoDelivery);
    }

    let customer = match (cart.customer_id, crm::email::Email::parse(&cart.email, "email")) {
        (Some(customer), _) => Some(customer),
        (None, Ok(email)) => crm::customers::find_by_email(conn, &email)?.map(|customer| customer.id),
        (None, Err(_)) => None,
    };
    let coupon = match cart.coupon_code.as_str() {
        "" => None,
        code => match coupons::check(conn, code, currency, customer, now)? {
            Ok(coupon) => Some(coupon),
            Err(refusal) => {
                notices.push(Notice::CouponRefused(refusal));
                None
            }
        },
    };

    let to_price: Vec<Line> = lines
        .iter()
        .map(|line| Line {
            unit_price: line.unit_price,
            quantity: line.quantity,
            tax_class: line.variant.tax_class.clone(),
            taxable: line.variant.taxable,
        })
        .collect();
    let terms = coupon.as_ref().map(coupons::Coupon::terms);
    let basket = Basket {
        lines: &to_price,
        coupon: terms.as_ref(),
        delivery: rate.as_ref().map(ShippingRate::delivery),
        prices_include_tax: shop.prices_include_tax,
    };
    let priced = pricing::price(&basket, &tax_rates::of_country(conn, &country)?);
    if let Some(CouponVerdict::BelowMinimum { missing }) = priced.coupon {
        notices.push(Notice::CouponBelowMinimum { missing });
    }
    Ok(Quote {
        cart,
        currency,
        country,
        lines,
        priced,
        rates,
        rate,
        coupon,
        requires_shipping,
        grams,
        notices,
        prices_include_tax: shop.prices_include_tax,
    })
}

fn load_lines(conn: &mut Conn, cart: &Cart, currency: Currency, notices: &mut Vec<Notice>) -> Result<Vec<LineQuote>> {
    let rows = super::lines(conn, cart.id)?;
    let ids: Vec<VariantId> = rows.iter().map(|row| row.1).collect();
    let on_sale = catalog::variants_for_sale(conn, &ids, currency, &cart.language)?;
    let mut lines = Vec::with_capacity(rows.len());
    for (id, variant, quantity, seen_price) in rows {
        let Some(variant) = on_sale.iter().find(|known| known.id == variant && known.for_sale) else {
            notices.push(Notice::Gone { line: id });
            continue;
        };
        if variant.unit_price != seen_price {
            notices.push(Notice::PriceChanged { line: id, before: seen_price, now: variant.unit_price });
        }
        if variant.tracked && !variant.oversell && variant.available < quantity {
            notices.push(Notice::Short { line: id, left: variant.available.max(0) });
        }
        lines.push(LineQuote { id, quantity, unit_price: variant.unit_price, seen_price, variant: variant.clone() });
    }
    Ok(lines)
}
