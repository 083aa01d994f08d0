//! What a cart costs: one pure function in one written order, used by the cart page, the checkout and the order alike.
//!
//! list price → promotions → shipping → tax. Which promotions and how much of them [`crate::promotions::decide`] has said. Every
//! reduction names its source, and every line carries a trace of what was chosen, what was not, and why.

use crate::promotions::{Applied, Decision};
use crate::tax::{Levy, Rate, Rates, Rounding, TaxPart};
use kernel::money::{allocate, scale};
use serde::{Deserialize, Serialize};

/// Rejected promotions that a line's trace names; it is kept with every order.
const REJECTED: usize = 12;

/// A line to price. Amounts are minor units of the cart's one currency. Gifts come after what lies in the cart, and cost nothing.
#[derive(Clone, Debug)]
pub struct Line {
    pub unit_price: i64,
    pub quantity: i64,
    /// The quantity that the unit price is for.
    pub per: i64,
    pub tax_class: String,
    pub taxable: bool,
    /// A gift card is money and no goods: no tax falls due before it is used, no promotion reduces it, and it counts neither for free
    /// delivery nor for the tax of the delivery.
    pub gift_card: bool,
}

impl Line {
    /// What it adds to the goods that thresholds ask about, before reductions.
    pub fn goods(&self) -> i64 {
        if self.gift_card { 0 } else { self.subtotal() }
    }

    /// What it costs before reductions.
    pub fn subtotal(&self) -> i64 {
        line_amount(self.unit_price, self.quantity, self.per)
    }
}

/// What a quantity comes to when `per` of it cost `unit_price`: the one place where a price meets a quantity. Rounded half up, once.
pub fn line_amount(unit_price: i64, quantity: i64, per: i64) -> i64 {
    if per <= 1 { unit_price.saturating_mul(quantity) } else { scale(unit_price, quantity, per) }
}

/// The price of delivery, before any promotion.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub price: DeliveryPrice,
    /// The discounted subtotal from which it is free.
    pub free_over: Option<i64>,
}

/// How delivery follows from the discounted subtotal of the goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryPrice {
    Fixed(i64),
    /// (subtotal from which it counts, price), rising. Below the first one the first one counts.
    Bands(Vec<(i64, i64)>),
    /// A share of the subtotal in basis points, and no less than this price.
    Share {
        basis_points: i64,
        least: i64,
    },
}

impl DeliveryPrice {
    pub fn of(&self, goods: i64) -> i64 {
        match self {
            DeliveryPrice::Fixed(price) => *price,
            DeliveryPrice::Bands(bands) => {
                let reached = bands.iter().rev().find(|(from, _)| goods >= *from).or(bands.first());
                reached.map_or(0, |(_, price)| *price)
            }
            DeliveryPrice::Share { basis_points, least } => scale(goods, *basis_points, 10_000).max(*least),
        }
    }
}

impl Delivery {
    /// What it costs for goods of this price when nobody else pays it.
    pub fn price_for(&self, goods: i64) -> i64 {
        self.costs(goods, false).0
    }

    /// (what it costs for goods of this price, what a promotion that pays it takes off).
    pub fn costs(&self, goods: i64, paid: bool) -> (i64, i64) {
        match self.free_over {
            Some(over) if goods >= over => (0, 0),
            _ if paid => (0, self.price.of(goods)),
            _ => (self.price.of(goods), 0),
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
    pub rounding: Rounding,
}

/// One line priced. `total` is what the shopper pays for it, tax included; `unit_price` is that of the line, before tax for whom is
/// relieved of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    pub unit_price: i64,
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
    /// All taxes of the line together, in basis points.
    pub rate_bp: i64,
    /// What `tax` is made of.
    pub taxes: Vec<TaxPart>,
    pub tax_reason: String,
    pub trace: Vec<Step>,
}

/// The part of the delivery that is taxed like some of the goods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryTax {
    /// All taxes together, in basis points.
    pub rate_bp: i64,
    /// Of the price of the delivery; it holds the tax when prices do.
    pub amount: i64,
    pub tax: i64,
    pub taxes: Vec<TaxPart>,
    pub reason: String,
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
    /// What `shipping` and `shipping_tax` are made of.
    pub shipping_taxes: Vec<DeliveryTax>,
    /// All tax, of goods and delivery.
    pub tax: i64,
    pub total: i64,
    /// One for each promotion the cart gets; a gift takes nothing off.
    pub reductions: Vec<Reduction>,
}

/// Prices `basket` with the tax `rates` of its destination.
pub fn price(basket: &Basket, rates: &Rates) -> Priced {
    let subtotals: Vec<i64> = basket.lines.iter().map(Line::subtotal).collect();
    let subtotal: i64 = subtotals.iter().sum();
    let discount: i64 = basket.decision.discounts.iter().sum();
    let goods = basket.lines.iter().map(Line::goods).sum::<i64>() - discount;
    let (shipping, _) = basket.delivery.as_ref().map_or((0, 0), |delivery| delivery.costs(goods, basket.decision.free_shipping()));

    let taxable: Vec<(Rate, i64)> = subtotals.iter().enumerate().map(|(at, subtotal)| taxable(basket, at, *subtotal, rates)).collect();
    let (taxes, shipping_taxes) = taxes(basket, &taxable, shipping);
    let of_lines = subtotals.iter().zip(taxable).zip(taxes).enumerate();
    let lines: Vec<PricedLine> =
        of_lines.map(|(at, ((subtotal, (rate, amount)), taxes))| price_line(basket, at, *subtotal, &rate, amount, &taxes)).collect();

    let shipping_tax: i64 = shipping_taxes.iter().map(|part| part.tax).sum();
    let goods: i64 = lines.iter().map(|line| line.total).sum();
    let goods_tax: i64 = lines.iter().map(|line| line.tax).sum();
    let on_top = if basket.prices_include_tax { 0 } else { shipping_tax };

    let reduction = |applied: &Applied| Reduction { source: applied.source(), label: applied.label(), amount: applied.amount() };
    Priced {
        subtotal,
        discount,
        shipping,
        shipping_tax,
        shipping_taxes,
        tax: goods_tax + shipping_tax,
        total: goods + shipping + on_top,
        lines,
        reductions: basket.decision.applied.iter().map(reduction).collect(),
    }
}

/// How a line is taxed, and on how much.
fn taxable(basket: &Basket, at: usize, subtotal: i64, rates: &Rates) -> (Rate, i64) {
    let line = &basket.lines[at];
    let discount = basket.decision.discounts.get(at).copied().unwrap_or(0);
    let rate = match line {
        Line { gift_card: true, .. } => Rates::voucher(),
        Line { taxable: true, .. } => rates.of(&line.tax_class),
        _ => Rates::exempt(),
    };
    (rate, subtotal - discount)
}

/// The taxes of each line, and of the parts of the delivery.
///
/// Delivery shares the tax rates of what it delivers, in proportion to the goods' totals (Article 78 of Directive 2006/112/EC makes
/// transport part of the taxable amount of the goods). When tax is rounded by order, lines and delivery that are taxed alike are
/// taxed as one sum, and each gets its share of that by the largest remainder.
fn taxes(basket: &Basket, taxable: &[(Rate, i64)], shipping: i64) -> (Vec<Vec<i64>>, Vec<DeliveryTax>) {
    let included = basket.prices_include_tax;
    let by_line: Vec<_> = taxable.iter().map(|(rate, amount)| rate.tax(*amount, included)).collect();
    let delivered = |at: &usize| !basket.lines[*at].gift_card;
    let weight = |(at, gross): (usize, i64)| if delivered(&at) { gross } else { 0 };
    let shares = allocate(shipping, &by_line.iter().map(|taxed| taxed.gross).enumerate().map(weight).collect::<Vec<_>>());
    let mut of_lines: Vec<Vec<i64>> = by_line.into_iter().map(|taxed| taxed.taxes).collect();
    let mut of_delivery = Vec::new();
    for (rate, lines) in alike(taxable.iter().map(|(rate, _)| rate).enumerate().filter(|(at, _)| delivered(at))) {
        let share: i64 = lines.iter().map(|at| shares[*at]).sum();
        let taxes = match basket.rounding {
            Rounding::Line => rate.tax(share, included).taxes,
            Rounding::Order => {
                let mut amounts: Vec<i64> = lines.iter().map(|at| taxable[*at].1).collect();
                amounts.push(share);
                let mut spread = rate.spread(&amounts, included);
                let of_share = spread.pop().unwrap_or_default();
                lines.iter().zip(spread).for_each(|(at, taxes)| of_lines[*at] = taxes);
                of_share
            }
        };
        of_delivery.push(part_of_delivery(rate, share, &taxes));
    }
    if shipping == 0 {
        of_delivery.clear();
    }
    (of_lines, of_delivery)
}

/// Lines that are taxed alike, cheapest rate first; the class that says so may be another.
fn alike<'a>(rates: impl Iterator<Item = (usize, &'a Rate)>) -> Vec<(&'a Rate, Vec<usize>)> {
    let mut alike: Vec<(&Rate, Vec<usize>)> = Vec::new();
    for (at, rate) in rates {
        match alike.iter_mut().find(|(known, _)| same_tax(known, rate)) {
            Some((_, lines)) => lines.push(at),
            None => alike.push((rate, vec![at])),
        }
    }
    alike.sort_by_key(|(rate, _)| rate.basis_points());
    alike
}

fn part_of_delivery(rate: &Rate, amount: i64, taxes: &[i64]) -> DeliveryTax {
    let (tax, parts) = (taxes.iter().sum(), rate.parts(taxes));
    DeliveryTax { rate_bp: rate.basis_points(), amount, tax, taxes: parts, reason: rate.reason.clone() }
}

/// The taxes of a delivery of `goods`, each with how it is taxed and its total: as [`price`] figures them, rounded for each part.
pub(crate) fn delivery_taxes(goods: &[(Rate, i64)], shipping: i64, tax_included: bool) -> Vec<DeliveryTax> {
    if shipping == 0 {
        return Vec::new();
    }
    let shares = allocate(shipping, &goods.iter().map(|(_, total)| *total).collect::<Vec<_>>());
    let part = |(rate, lines): (&Rate, Vec<usize>)| {
        let share = lines.iter().map(|at| shares[*at]).sum();
        part_of_delivery(rate, share, &rate.tax(share, tax_included).taxes)
    };
    alike(goods.iter().map(|(rate, _)| rate).enumerate()).into_iter().map(part).collect()
}

/// The tax in or on a delivery of this price, of the goods of a basket.
pub fn tax_of_delivery(basket: &Basket, rates: &Rates, price: i64) -> i64 {
    let subtotals = basket.lines.iter().map(Line::subtotal);
    let taxable: Vec<(Rate, i64)> = subtotals.enumerate().map(|(at, subtotal)| taxable(basket, at, subtotal, rates)).collect();
    taxes(basket, &taxable, price).1.iter().map(|part| part.tax).sum()
}

fn same_tax(one: &Rate, other: &Rate) -> bool {
    let same = |(a, b): (&Levy, &Levy)| a.name == b.name && a.rate_ppm == b.rate_ppm && a.compound == b.compound;
    one.levies.len() == other.levies.len() && one.levies.iter().zip(&other.levies).all(same)
}

fn price_line(basket: &Basket, at: usize, subtotal: i64, rate: &Rate, amount: i64, taxes: &[i64]) -> PricedLine {
    let line = &basket.lines[at];
    let tax: i64 = taxes.iter().sum();
    let mut trace = vec![Step { rule: "list price".into(), outcome: figured(line.unit_price, line.quantity, line.per), amount: subtotal }];
    trace.extend(promotion_steps(basket.decision, at));
    let step = |outcome: &str, amount| Step { rule: "tax".into(), outcome: outcome.into(), amount };
    match rate.levies.as_slice() {
        [] | [_] => trace.push(step(&rate.reason, tax)),
        levies => trace.extend(levies.iter().zip(taxes).map(|(levy, tax)| step(&levy.reason, *tax))),
    }
    PricedLine {
        unit_price: line.unit_price,
        subtotal,
        discount: subtotal - amount,
        tax,
        total: if basket.prices_include_tax { amount } else { amount + tax },
        rate_bp: rate.basis_points(),
        taxes: rate.parts(taxes),
        tax_reason: rate.reason.clone(),
        trace,
    }
}

/// What the first `units` of a line's `of` come to, whose amount is `stored`; all of them come to all of it. Pieces get whole minor units by the
/// largest remainder. The steps of what is measured, of which `per` make up a unit, are too many for that: their share is rounded once.
pub(crate) fn first_units(stored: i64, units: i64, of: i64, per: i64) -> i64 {
    if per > 1 {
        return scale(stored, units.clamp(0, of), of);
    }
    let take = usize::try_from(units).unwrap_or(0);
    allocate(stored, &vec![1; usize::try_from(of).unwrap_or(0)]).iter().take(take).sum()
}

/// How a line came to its amount, as its trace says it.
pub(crate) fn figured(unit_price: i64, quantity: i64, per: i64) -> String {
    if per <= 1 { format!("{unit_price} x {quantity}") } else { format!("{unit_price} x {quantity} / {per}") }
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

#[cfg(test)]
#[path = "pricing_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "pricing_examples.rs"]
mod examples;
