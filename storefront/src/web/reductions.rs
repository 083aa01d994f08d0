//! Promotions in the shopper's words: what they are called, and why one does nothing.

use super::words::Words;
use crate::orders::Adjustment;
use crate::promotions::Reason;
use kernel::Result;
use kernel::money::{Currency, Money};

/// The ending of the source of what a promotion takes off the delivery.
pub(super) const SHIPPING: &str = ":shipping";

/// How a reduction is called: a promotion by its name, a code that is its own name as a coupon.
pub(super) fn name(source: &str, label: &str, words: &Words) -> String {
    let label = label.strip_prefix("coupon:").unwrap_or(label);
    match source.strip_prefix("coupon:") {
        Some(code) if code == label => words.with("coupon-used", &[("code", code)]).unwrap_or_else(|_| label.to_string()),
        _ if label.is_empty() => words.get("totals-discount"),
        _ => label.to_string(),
    }
}

/// The reductions frozen in an order, each promotion once.
pub(super) fn frozen_reductions(adjustments: &[Adjustment], words: &Words) -> Vec<(String, i64)> {
    let mut sums: Vec<(String, i64)> = Vec::new();
    for row in adjustments.iter().filter(|row| row.amount != 0) {
        let label = name(row.source.strip_suffix(SHIPPING).unwrap_or(&row.source), &row.label, words);
        match sums.iter_mut().find(|(known, _)| *known == label) {
            Some((_, sum)) => *sum -= row.amount,
            None => sums.push((label, -row.amount)),
        }
    }
    sums
}

/// Why a promotion or a code does nothing, as a sentence.
pub fn told_reason(reason: &Reason, currency: Currency, words: &Words) -> Result<String> {
    let money = |minor: i64| words.money(Money::new(minor, currency));
    let key = format!("coupon-{}", reason.word());
    match reason {
        Reason::BelowAmount { missing } => words.with(&key, &[("missing", &money(*missing))]),
        Reason::BelowQuantity { missing } => words.with(&key, &[("missing", &missing.to_string())]),
        Reason::MissingGoods { quantity: 0, amount } => words.with("coupon-missing-goods-amount", &[("missing", &money(*amount))]),
        Reason::MissingGoods { quantity, .. } => words.with(&key, &[("missing", &quantity.to_string())]),
        Reason::Beaten { by } | Reason::StandsAlone { by } => words.with(&key, &[("name", by)]),
        _ => Ok(words.get(&key)),
    }
}
