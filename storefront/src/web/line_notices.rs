//! What is told beside a line of a cart.

use super::words::Words;
use crate::price_lists::QuantityRule;
use crate::units::Measure;
use kernel::Result;
use kernel::money::{Currency, Money};

/// That less is left than is asked for.
pub(super) fn short(measure: Measure, left: i64, words: &Words) -> Result<String> {
    if left == 0 { Ok(words.get("cart-line-sold-out")) } else { words.with("cart-line-short", &[("left", &measure.text(left))]) }
}

/// That a price list sells it in other quantities.
pub(super) fn wrong_quantity(measure: Measure, rule: QuantityRule, fitting: i64, words: &Words) -> Result<String> {
    let (minimum, increment, fitting) = (measure.text(rule.minimum), measure.text(rule.increment), measure.text(fitting));
    words.with("cart-line-quantity", &[("minimum", &minimum), ("increment", &increment), ("fitting", &fitting)])
}

/// That it costs another price than was shown.
pub(super) fn price_changed(currency: Currency, before: i64, now: i64, words: &Words) -> Result<String> {
    let (before, now) = (words.money(Money::new(before, currency)), words.money(Money::new(now, currency)));
    words.with("cart-line-price", &[("before", &before), ("now", &now)])
}
