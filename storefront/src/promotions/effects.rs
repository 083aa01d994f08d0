//! What an effect would take off a cart whose lines cost `left` by now.

use super::engine::{Facts, Item};
use super::reason::Reason;
use super::rules::{Cut, Effect, Goods, Measure, Tier};
use crate::ids::VariantId;
use crate::pricing::line_amount;
use kernel::money::{allocate, scale};

/// What a promotion gives to a cart. Never more than a line costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gain {
    /// (line, amount), amounts above zero.
    pub lines: Vec<(usize, i64)>,
    pub free_shipping: bool,
    pub gift: Option<(VariantId, i64)>,
}

/// Figures an effect. `given` are the gifts of promotions before it.
pub(super) fn gain(effect: &Effect, cart: &[Item], left: &[i64], facts: &Facts, given: &[(VariantId, i64)]) -> Result<Gain, Reason> {
    match effect {
        Effect::Reduce { cut, on } => of_lines(reduce(*cut, &held(on, cart), cart, left)),
        Effect::Tiered { by, tiers, on } => {
            let lines = held(on, cart);
            let cut = reached(*by, tiers, &lines, cart).ok_or(Reason::NothingToReduce)?;
            of_lines(reduce(cut, &lines, cart, left))
        }
        Effect::BuyGet { buy, of, get, on, percent, times } => {
            of_lines(buy_get(&Sets { buy: *buy, of, get: *get, on, percent: *percent, times: *times }, cart, left))
        }
        Effect::FreeShipping => Ok(Gain { free_shipping: true, ..Gain::default() }),
        Effect::Gift { variant, quantity } => gift(*variant, *quantity, facts, given),
    }
}

fn of_lines(mut lines: Vec<(usize, i64)>) -> Result<Gain, Reason> {
    lines.retain(|(_, amount)| *amount > 0);
    if lines.is_empty() { Err(Reason::NothingToReduce) } else { Ok(Gain { lines, ..Gain::default() }) }
}

fn held(goods: &Goods, cart: &[Item]) -> Vec<usize> {
    cart.iter().enumerate().filter(|(_, item)| goods.holds(item)).map(|(at, _)| at).collect()
}

fn reduce(cut: Cut, lines: &[usize], cart: &[Item], left: &[i64]) -> Vec<(usize, i64)> {
    let shared = |total: i64| -> Vec<(usize, i64)> {
        let weights: Vec<i64> = lines.iter().map(|at| left[*at]).collect();
        let parts = allocate(total, &weights);
        // Without any cost there is nothing to take, and `allocate` would still put all of it somewhere.
        lines.iter().copied().zip(parts).map(|(at, part)| (at, part.min(left[at]))).collect()
    };
    let sum = || lines.iter().map(|at| left[*at]).sum::<i64>();
    match cut {
        Cut::Percentage(points) => shared(scale(sum(), points.clamp(0, 10_000), 10_000)),
        Cut::Amount(amount) => shared(amount.clamp(0, sum().max(0))),
        Cut::AmountEach(amount) => lines.iter().map(|at| (*at, of_units(amount, &cart[*at]).min(left[*at]))).collect(),
        Cut::Price(price) => lines.iter().map(|at| (*at, (left[*at] - of_units(price, &cart[*at])).max(0))).collect(),
    }
}

/// What an amount for each unit comes to.
fn of_units(each: i64, item: &Item) -> i64 {
    line_amount(each.max(0), item.quantity, item.per)
}

/// The cut of the highest tier that the goods reach at list prices.
fn reached(by: Measure, tiers: &[Tier], lines: &[usize], cart: &[Item]) -> Option<Cut> {
    let measure: i64 = lines
        .iter()
        .map(|at| match by {
            Measure::Quantity => cart[*at].units(),
            Measure::Amount => cart[*at].subtotal(),
        })
        .sum();
    tiers.iter().filter(|tier| tier.from <= measure).max_by_key(|tier| tier.from).map(|tier| tier.cut)
}

struct Sets<'a> {
    buy: i64,
    of: &'a Goods,
    get: i64,
    on: &'a Goods,
    percent: i64,
    times: i64,
}

/// Units of one line that cost the same by now.
struct Run {
    line: usize,
    value: i64,
    units: i64,
    bought: bool,
}

/// The cheapest units are reduced. A unit that makes up a set is not reduced itself, and each counts once. What is measured has no units that
/// could be told apart, and makes up no set.
fn buy_get(sets: &Sets, cart: &[Item], left: &[i64]) -> Vec<(usize, i64)> {
    let is_bought: Vec<bool> = cart.iter().map(|item| item.per <= 1 && sets.of.holds(item)).collect();
    let is_got: Vec<bool> = cart.iter().map(|item| item.per <= 1 && sets.on.holds(item)).collect();
    let units = |chosen: &dyn Fn(usize) -> bool| (0..cart.len()).filter(|at| chosen(*at)).map(|at| cart[at].quantity).sum::<i64>();
    let bought = units(&|at| is_bought[at]);
    let both = units(&|at| is_bought[at] && is_got[at]);
    let got_only = units(&|at| is_got[at] && !is_bought[at]);
    let (buy, get) = (sets.buy.max(1), sets.get.max(1));
    // Units that can be reduced when `count` sets are made up of the rest: more sets give more, until they eat up each other.
    let spare = |count: i64| got_only + both.min(bought - count * buy);
    let reduced = |count: i64| (count * get).min(spare(count));
    let most = if sets.times > 0 { (bought / buy).min(sets.times) } else { bought / buy };
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        if middle * get <= spare(middle) { low = middle } else { high = middle - 1 }
    }
    let count = if low < most && reduced(low + 1) > reduced(low) { low + 1 } else { low };
    let mut wanted = reduced(count).max(0);
    let mut from_bought = bought - count * buy;
    let mut taken = vec![0i64; cart.len()];
    for run in runs(cart, left, &is_got, &is_bought) {
        let mut units = run.units.min(wanted);
        if run.bought {
            units = units.min(from_bought);
            from_bought -= units;
        }
        wanted -= units;
        taken[run.line] += run.value * units;
    }
    let percent = sets.percent.clamp(0, 10_000);
    taken.into_iter().enumerate().map(|(at, value)| (at, scale(value, percent, 10_000))).collect()
}

/// The units of the goods, the cheapest first. A line that does not divide evenly has units that differ by one minor unit.
fn runs(cart: &[Item], left: &[i64], is_got: &[bool], is_bought: &[bool]) -> Vec<Run> {
    let mut runs = Vec::new();
    for (line, item) in cart.iter().enumerate().filter(|(line, item)| is_got[*line] && item.quantity > 0) {
        let (value, dearer) = (left[line] / item.quantity, left[line] % item.quantity);
        runs.push(Run { line, value, units: item.quantity - dearer, bought: is_bought[line] });
        if dearer > 0 {
            runs.push(Run { line, value: value + 1, units: dearer, bought: is_bought[line] });
        }
    }
    runs.sort_by_key(|run| (run.value, run.line));
    runs
}

fn gift(variant: VariantId, quantity: i64, facts: &Facts, given: &[(VariantId, i64)]) -> Result<Gain, Reason> {
    let stock = facts.gifts.get(&variant).filter(|stock| stock.for_sale).ok_or(Reason::GiftGone)?;
    let before: i64 = given.iter().filter(|(other, _)| *other == variant).map(|(_, quantity)| quantity).sum();
    if stock.free.is_some_and(|free| free < before + quantity) {
        return Err(Reason::GiftGone);
    }
    if stock.requires_shipping && !facts.ships {
        return Err(Reason::GiftUndeliverable);
    }
    Ok(Gain { gift: Some((variant, quantity)), ..Gain::default() })
}
