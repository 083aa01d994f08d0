//! What a cart costs: one pure function in one written order, used by the cart page, the checkout and the order alike.
//!
//! list price → promotions → shipping → tax. Which promotions and how much of them [`crate::promotions::decide`] has said. Every
//! reduction names its source, and every line carries a trace of what was chosen, what was not, and why.

use crate::promotions::{Applied, Decision};
use crate::tax::{Rates, Taxed};
use kernel::money::allocate;
use serde::{Deserialize, Serialize};

/// Rejected promotions that a line's trace names; it is kept with every order.
const REJECTED: usize = 12;

/// A line to price. Amounts are minor units of the cart's one currency. Gifts come after what lies in the cart, and cost nothing.
#[derive(Clone, Debug)]
pub struct Line {
    pub unit_price: i64,
    pub quantity: i64,
    pub tax_class: String,
    pub taxable: bool,
}

/// The price of delivery, before any promotion.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub price: i64,
    /// The discounted subtotal from which it is free.
    pub free_over: Option<i64>,
}

impl Delivery {
    /// (what it costs for goods of this price, what a promotion that pays it takes off).
    pub fn costs(self, goods: i64, paid: bool) -> (i64, i64) {
        match self.free_over {
            Some(over) if goods >= over => (0, 0),
            _ if paid => (0, self.price),
            _ => (self.price, 0),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Basket<'a> {
    pub lines: &'a [Line],
    /// What the promotions give; it speaks of the first lines, those that lie in the cart.
    pub decision: &'a Decision,
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

/// A reduction with its source and name, as pages, mails and reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reduction {
    pub source: String,
    pub label: String,
    pub amount: i64,
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
    /// One for each promotion the cart gets; a gift takes nothing off.
    pub reductions: Vec<Reduction>,
}

/// Prices `basket` with the tax `rates` of its destination.
pub fn price(basket: &Basket, rates: &Rates) -> Priced {
    let subtotals: Vec<i64> = basket.lines.iter().map(|line| line.unit_price.saturating_mul(line.quantity)).collect();
    let subtotal: i64 = subtotals.iter().sum();
    let discount: i64 = basket.decision.discounts.iter().sum();

    let lines: Vec<PricedLine> = subtotals.iter().enumerate().map(|(at, subtotal)| price_line(basket, at, *subtotal, rates)).collect();

    let (shipping, _) = basket.delivery.map_or((0, 0), |delivery| delivery.costs(subtotal - discount, basket.decision.free_shipping()));
    let shipping_tax = shipping_tax(basket, &lines, shipping);
    let goods: i64 = lines.iter().map(|line| line.total).sum();
    let goods_tax: i64 = lines.iter().map(|line| line.tax).sum();
    let on_top = if basket.prices_include_tax { 0 } else { shipping_tax };

    let reduction = |applied: &Applied| Reduction { source: applied.source(), label: applied.label(), amount: applied.amount() };
    Priced {
        subtotal,
        discount,
        shipping,
        shipping_tax,
        tax: goods_tax + shipping_tax,
        total: goods + shipping + on_top,
        lines,
        reductions: basket.decision.applied.iter().map(reduction).collect(),
    }
}

fn price_line(basket: &Basket, at: usize, subtotal: i64, rates: &Rates) -> PricedLine {
    let line = &basket.lines[at];
    let discount = basket.decision.discounts.get(at).copied().unwrap_or(0);
    let rate = if line.taxable { rates.of(&line.tax_class) } else { Rates::exempt() };
    let Taxed { tax, gross } = rate.tax(subtotal - discount, basket.prices_include_tax);
    let mut trace = vec![Step { rule: "list price".into(), outcome: format!("{} x {}", line.unit_price, line.quantity), amount: subtotal }];
    trace.extend(promotion_steps(basket.decision, at));
    trace.push(Step { rule: "tax".into(), outcome: rate.reason.clone(), amount: tax });
    PricedLine { subtotal, discount, tax, total: gross, rate_bp: rate.basis_points, tax_reason: rate.reason.clone(), trace }
}

/// What the promotions did to a line, and why others did nothing.
fn promotion_steps(decision: &Decision, at: usize) -> Vec<Step> {
    if let Some(gift) = at.checked_sub(decision.discounts.len()) {
        let given = decision.gifts().nth(gift);
        return given.map(|(applied, ..)| Step { rule: applied.rule(), outcome: "gift".into(), amount: 0 }).into_iter().collect();
    }
    let amount = |applied: &Applied| applied.lines.iter().find(|(line, _)| *line == at).map(|(_, amount)| *amount);
    let applied = decision.applied.iter().filter_map(|applied| {
        let amount = -amount(applied)?;
        Some(Step { rule: applied.rule(), outcome: "applied".into(), amount })
    });
    let concerned = || decision.rejected.iter().filter(|rejected| rejected.lines.contains(&at));
    let mut steps: Vec<Step> = applied.collect();
    steps.extend(concerned().take(REJECTED).map(|rejected| Step {
        rule: format!("promotion {}: {}", rejected.id, rejected.name),
        outcome: format!("rejected: {}", rejected.reason),
        amount: 0,
    }));
    let more = concerned().count().saturating_sub(REJECTED);
    if more > 0 {
        steps.push(Step { rule: "promotions".into(), outcome: format!("rejected: {more} more"), amount: 0 });
    }
    steps
}

fn shipping_tax(basket: &Basket, lines: &[PricedLine], shipping: i64) -> i64 {
    let goods: Vec<(i64, i64)> = lines.iter().map(|line| (line.total, line.rate_bp)).collect();
    delivery_tax(&goods, shipping, basket.prices_include_tax)
}

/// The tax of the delivery of `goods`, each with its total and its tax rate in basis points. Delivery shares the tax rates of what it
/// delivers, in proportion to the goods' totals (Article 78 of Directive 2006/112/EC makes transport part of the taxable amount of the
/// goods).
pub(crate) fn delivery_tax(goods: &[(i64, i64)], shipping: i64, tax_included: bool) -> i64 {
    let shares = allocate(shipping, &goods.iter().map(|(total, _)| *total).collect::<Vec<_>>());
    let mut by_rate: std::collections::BTreeMap<i64, i64> = Default::default();
    for ((_, rate_bp), share) in goods.iter().zip(shares) {
        *by_rate.entry(*rate_bp).or_default() += share;
    }
    by_rate.into_iter().map(|(rate_bp, share)| crate::tax::amount(share, rate_bp, tax_included)).sum()
}

#[cfg(test)]
#[path = "pricing_tests.rs"]
mod tests;
