//! What makes a promotion a one-to-one offer to the engine: it is had by whom it was given to, within its budget and its margin.

use super::effects::Gain;
use super::engine::{Candidate, Item};
use super::reason::Reason;
use super::rules::{Cut, Effect, Goods};
use crate::ids::ProductId;

/// What was decided for whoever fills the cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    NotYet,
    /// Given, for one product when it is the customer's own best.
    Given(Option<ProductId>),
    /// They are in the control group, or their time is over.
    Withheld,
}

/// The terms of an offer that the engine asks about. Amounts are minor units of the promotion's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub decided: Decided,
    /// What is left of the budget.
    pub left: Option<i64>,
    /// Basis points of a price before tax that must be left over its cost.
    pub margin_floor: Option<i64>,
}

impl Candidate {
    /// Takes over what was decided: an offer of the customer's own best product speaks of that product alone.
    pub(crate) fn decide(&mut self, decided: Decided) {
        let Some(grant) = &mut self.grant else { return };
        grant.decided = decided;
        if let (Decided::Given(Some(product)), Effect::Reduce { on, .. }) = (decided, &mut self.rules.effect) {
            *on = Goods { products: vec![product], full_price_only: on.full_price_only, ..Goods::default() };
        }
    }

    /// The product that alone was offered.
    pub(super) fn product(&self) -> Option<ProductId> {
        match self.grant.map(|grant| grant.decided) {
            Some(Decided::Given(product)) => product,
            _ => None,
        }
    }
}

/// Whether the offer is theirs. Ordinary promotions are everybody's.
pub(super) fn refusal(candidate: &Candidate) -> Option<Reason> {
    let given = candidate.grant.is_none_or(|grant| matches!(grant.decided, Decided::Given(_)));
    (!given).then_some(Reason::NotGiven)
}

/// What is left of a gain under the margin floor: goods that would fall below it are left out where each unit is reduced by itself, and
/// else nothing is given.
pub(super) fn above_floor(candidate: &Candidate, gain: Gain, cart: &[Item], left: &[i64]) -> Result<Gain, Reason> {
    let Some(floor) = candidate.grant.and_then(|grant| grant.margin_floor) else { return Ok(gain) };
    let keeps = |(line, amount): &(usize, i64)| keeps(&cart[*line], left[*line] - amount, floor);
    let by_unit = matches!(candidate.rules.effect, Effect::Reduce { cut: Cut::Percentage(_) | Cut::AmountEach(_) | Cut::Price(_), .. });
    let (kept, fallen): (Vec<_>, Vec<_>) = gain.lines.into_iter().partition(keeps);
    if !fallen.is_empty() && (!by_unit || kept.is_empty()) {
        return Err(Reason::BelowMargin);
    }
    Ok(Gain { lines: kept, ..gain })
}

/// Whether a line that costs `price` in all leaves `floor` basis points of it over its cost. What costs nobody knows how much does not.
fn keeps(item: &Item, price: i64, floor: i64) -> bool {
    let Some(cost) = item.cost else { return false };
    i128::from(price) * i128::from(10_000 - floor) * i128::from(item.per.max(1)) >= i128::from(cost) * i128::from(item.quantity) * 10_000
}

/// Refuses what the budget does not hold any more.
pub(super) fn within_budget(candidate: &Candidate, worth: i64) -> Result<(), Reason> {
    let spent = candidate.grant.and_then(|grant| grant.left).is_some_and(|left| worth > left);
    if spent { Err(Reason::BudgetSpent) } else { Ok(()) }
}
