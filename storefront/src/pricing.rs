//! What a cart costs: one pure function in one written order, used by the cart page, the checkout and the order alike.
//!
//! list price → coupon prorated over the lines → shipping → tax. Every reduction names its source, and every line carries a
//! trace of what was chosen and why.

use crate::tax::{Rates, Taxed};
use kernel::money::{allocate, scale};
use serde::{Deserialize, Serialize};

/// A line to price. Amounts are minor units of the cart's one currency.
#[derive(Clone, Debug)]
pub struct Line {
    pub unit_price: i64,
    pub quantity: i64,
    pub tax_class: String,
    pub taxable: bool,
}

/// A coupon whose conditions of time and limits the caller has checked.
#[derive(Clone, Debug)]
pub struct Coupon {
    pub code: String,
    pub benefit: Benefit,
    /// The subtotal from which it works.
    pub minimum: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Benefit {
    /// Basis points off the goods.
    Percentage(i64),
    /// An amount off the goods, never more than they cost.
    Amount(i64),
    FreeShipping,
}

/// The price of delivery, before any coupon.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub price: i64,
    /// The discounted subtotal from which it is free.
    pub free_over: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Basket<'a> {
    pub lines: &'a [Line],
    pub coupon: Option<&'a Coupon>,
    pub delivery: Option<Delivery>,
    pub prices_include_tax: bool,
}

/// One line priced. `total` is what the shopper pays for it, tax included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
    pub rate_bp: i64,
    pub tax_reason: String,
    pub trace: Vec<Step>,
}

/// One decision about a price, kept with the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub rule: String,
    pub outcome: String,
    pub amount: i64,
}

/// A reduction with its source, as pages, mails and reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reduction {
    pub source: String,
    pub amount: i64,
}

/// Why a coupon on the cart does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponVerdict {
    Applied,
    /// The goods cost less than the coupon asks for.
    BelowMinimum {
        missing: i64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    pub lines: Vec<PricedLine>,
    /// Goods before reductions.
    pub subtotal: i64,
    /// Reductions of goods.
    pub discount: i64,
    /// Delivery after reductions, without the tax on top when prices exclude tax.
    pub shipping: i64,
    pub shipping_tax: i64,
    /// All tax, of goods and delivery.
    pub tax: i64,
    pub total: i64,
    pub reductions: Vec<Reduction>,
    pub coupon: Option<CouponVerdict>,
}

/// Prices `basket` with the tax `rates` of its destination.
pub fn price(basket: &Basket, rates: &Rates) -> Priced {
    let subtotals: Vec<i64> = basket.lines.iter().map(|line| line.unit_price.saturating_mul(line.quantity)).collect();
    let subtotal: i64 = subtotals.iter().sum();
    let verdict = basket.coupon.map(|coupon| verdict(coupon, subtotal));
    let active = basket.coupon.filter(|_| verdict == Some(CouponVerdict::Applied));
    let discount = active.map_or(0, |coupon| goods_discount(coupon.benefit, subtotal));
    let discounts = allocate(discount, &subtotals);

    let lines: Vec<PricedLine> = basket
        .lines
        .iter()
        .zip(subtotals.iter().zip(&discounts))
        .map(|(line, (subtotal, discount))| price_line(line, *subtotal, *discount, basket, active, rates))
        .collect();

    let (shipping, waived) = delivery(basket, active, subtotal - discount);
    let shipping_tax = shipping_tax(basket, &lines, shipping);
    let goods: i64 = lines.iter().map(|line| line.total).sum();
    let goods_tax: i64 = lines.iter().map(|line| line.tax).sum();
    let on_top = if basket.prices_include_tax { 0 } else { shipping_tax };

    let mut reductions = Vec::new();
    if let Some(coupon) = active {
        let amount = discount + if coupon.benefit == Benefit::FreeShipping { waived } else { 0 };
        reductions.push(Reduction { source: format!("coupon:{}", coupon.code), amount });
    }
    Priced {
        subtotal,
        discount,
        shipping,
        shipping_tax,
        tax: goods_tax + shipping_tax,
        total: goods + shipping + on_top,
        lines,
        reductions,
        coupon: verdict,
    }
}

fn verdict(coupon: &Coupon, subtotal: i64) -> CouponVerdict {
    if subtotal < coupon.minimum { CouponVerdict::BelowMinimum { missing: coupon.minimum - subtotal } } else { CouponVerdict::Applied }
}

fn goods_discount(benefit: Benefit, subtotal: i64) -> i64 {
    match benefit {
        Benefit::Percentage(points) => scale(subtotal, points.clamp(0, 10_000), 10_000),
        Benefit::Amount(amount) => amount.clamp(0, subtotal.max(0)),
        Benefit::FreeShipping => 0,
    }
}

fn price_line(line: &Line, subtotal: i64, discount: i64, basket: &Basket, active: Option<&Coupon>, rates: &Rates) -> PricedLine {
    let rate = if line.taxable { rates.of(&line.tax_class) } else { Rates::exempt() };
    let Taxed { tax, gross } = rate.tax(subtotal - discount, basket.prices_include_tax);
    let mut trace = vec![Step { rule: "list price".into(), outcome: format!("{} x {}", line.unit_price, line.quantity), amount: subtotal }];
    match (basket.coupon, active) {
        (Some(_), Some(coupon)) => {
            trace.push(Step { rule: format!("coupon {}", coupon.code), outcome: "applied".into(), amount: -discount });
        }
        (Some(coupon), None) => {
            trace.push(Step { rule: format!("coupon {}", coupon.code), outcome: format!("rejected: below {}", coupon.minimum), amount: 0 });
        }
        (None, _) => {}
    }
    trace.push(Step { rule: "tax".into(), outcome: rate.reason.clone(), amount: tax });
    PricedLine { subtotal, discount, tax, total: gross, rate_bp: rate.basis_points, tax_reason: rate.reason.clone(), trace }
}

/// (what delivery costs, what a coupon took off it).
fn delivery(basket: &Basket, active: Option<&Coupon>, discounted: i64) -> (i64, i64) {
    let Some(delivery) = basket.delivery else { return (0, 0) };
    if delivery.free_over.is_some_and(|over| discounted >= over) {
        return (0, 0);
    }
    if active.is_some_and(|coupon| coupon.benefit == Benefit::FreeShipping) { (0, delivery.price) } else { (delivery.price, 0) }
}

/// Delivery shares the tax rates of what it delivers, in proportion to the goods' totals (Article 78 of Directive 2006/112/EC
/// makes transport part of the taxable amount of the goods).
fn shipping_tax(basket: &Basket, lines: &[PricedLine], shipping: i64) -> i64 {
    let shares = allocate(shipping, &lines.iter().map(|line| line.total).collect::<Vec<_>>());
    let mut by_rate: std::collections::BTreeMap<i64, i64> = Default::default();
    for (line, share) in lines.iter().zip(shares) {
        *by_rate.entry(line.rate_bp).or_default() += share;
    }
    by_rate.into_iter().map(|(rate_bp, share)| crate::tax::amount(share, rate_bp, basket.prices_include_tax)).sum()
}

#[cfg(test)]
#[path = "pricing_tests.rs"]
mod tests;
