//! "Change all that were found": rules that speak of any number of variants. Pure: the same product always comes out the same.

use crate::catalog::{Product, Status, Variant};
use crate::ids::VariantId;
use kernel::money::Currency;
use serde::Serialize;

kernel::words!(
    /// To what a changed price is rounded.
    Rounding {
        /// To the smallest unit there is.
        Minor = "minor",
        /// To a whole unit of the currency.
        Whole = "whole",
        /// To the nearest price one smallest unit below a whole one, such as 11.99.
        JustBelow = "just_below",
    }
);

/// What happens to prices. Amounts are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PriceRule {
    Set(i64),
    /// Adds, or takes off when negative.
    Add(i64),
    /// Basis points more, or less when negative.
    Percent {
        points: i64,
        rounding: Rounding,
    },
}

/// What happens to the former price beside the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CompareRule {
    Set(i64),
    Clear,
    /// The price from before this change; a former price that is higher stays.
    Former,
}

/// What shall happen to all that were found. Empty, nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rules {
    pub price: Option<PriceRule>,
    pub compare_at: Option<CompareRule>,
    pub status: Option<Status>,
    pub brand: Option<String>,
    pub add_tags: Vec<String>,
    pub remove_tags: Vec<String>,
}

impl Rules {
    pub fn is_empty(&self) -> bool {
        *self == Rules::default()
    }

    /// The product as the rules want it; prices only of the variants that are `meant`. The second answer counts the prices that were
    /// left alone because they would have fallen below zero.
    pub fn apply(&self, product: &Product, meant: impl Fn(VariantId) -> bool, currency: Currency) -> (Product, usize) {
        let mut after = product.clone();
        let mut below_zero = 0;
        after.status = self.status.unwrap_or(after.status);
        if let Some(brand) = &self.brand {
            after.brand.clone_from(brand);
        }
        after.tags.retain(|tag| !self.remove_tags.contains(tag));
        for tag in &self.add_tags {
            if !after.tags.contains(tag) {
                after.tags.push(tag.clone());
            }
        }
        for variant in after.variants.iter_mut().filter(|variant| variant.active && variant.id.is_some_and(&meant)) {
            if !self.reprice(variant, currency) {
                below_zero += 1;
            }
        }
        (after, below_zero)
    }

    /// False when the price would fall below zero: nothing happens to the variant then.
    fn reprice(&self, variant: &mut Variant, currency: Currency) -> bool {
        let before = variant.price;
        let after = match (self.price, before) {
            (None, _) => before,
            (Some(PriceRule::Set(amount)), _) => Some(amount),
            // What has no price is not sold; a rule that speaks of a price finds none.
            (Some(_), None) => None,
            (Some(PriceRule::Add(amount)), Some(price)) => price.checked_add(amount),
            (Some(PriceRule::Percent { points, rounding }), Some(price)) => {
                percent(price, points).map(|price| round(price, rounding, currency))
            }
        };
        if after.is_some_and(|price| price < 0) || (before.is_some() && after.is_none()) {
            return false;
        }
        variant.price = after;
        match self.compare_at {
            None => {}
            Some(CompareRule::Set(amount)) => variant.compare_at = after.map(|_| amount),
            Some(CompareRule::Clear) => variant.compare_at = None,
            Some(CompareRule::Former) => {
                variant.compare_at = before.map(|price| variant.compare_at.map_or(price, |known| known.max(price)))
            }
        }
        true
    }
}

/// A price so many basis points higher, halves rounded away from zero. `None` when no number holds it.
fn percent(price: i64, points: i64) -> Option<i64> {
    let scaled = i128::from(price) * (10_000 + i128::from(points));
    let half = if scaled < 0 { -5_000 } else { 5_000 };
    i64::try_from((scaled + half) / 10_000).ok()
}

fn round(price: i64, rounding: Rounding, currency: Currency) -> i64 {
    // A currency without decimals has prices such as 1999, and hundreds are its whole units.
    let unit = match currency.exponent() {
        0 => 100,
        decimals => 10i64.pow(decimals),
    };
    let whole = |price: i64| (price + unit / 2).div_euclid(unit) * unit;
    match rounding {
        Rounding::Minor => price,
        Rounding::Whole => whole(price),
        Rounding::JustBelow if price <= 0 => price,
        Rounding::JustBelow => (whole(price + 1) - 1).max(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(price: i64, compare_at: Option<i64>) -> Variant {
        Variant { id: Some(VariantId(1)), price: Some(price), compare_at, ..Variant::default() }
    }

    fn repriced(rules: &Rules, price: i64, compare_at: Option<i64>) -> (Option<i64>, Option<i64>, usize) {
        let product = Product { variants: vec![variant(price, compare_at)], ..Product::default() };
        let (after, below) = rules.apply(&product, |_| true, Currency::EUR);
        (after.variants[0].price, after.variants[0].compare_at, below)
    }

    #[test]
    fn percentages_round_as_asked() {
        let rule = |points, rounding| Rules { price: Some(PriceRule::Percent { points, rounding }), ..Rules::default() };
        for (price, points, rounding, after) in [
            (1000, 1000, Rounding::Minor, 1100),
            (999, -1000, Rounding::Minor, 899),
            (995, -1000, Rounding::Minor, 896),
            (1000, -3333, Rounding::Minor, 667),
            (1234, 0, Rounding::Whole, 1200),
            (1250, 0, Rounding::Whole, 1300),
            (1234, 0, Rounding::JustBelow, 1199),
            (1260, 0, Rounding::JustBelow, 1299),
            (1199, 0, Rounding::JustBelow, 1199),
            (30, 0, Rounding::JustBelow, 0),
        ] {
            assert_eq!(repriced(&rule(points, rounding), price, None).0, Some(after), "{price} {points} {rounding:?}");
        }
    }

    #[test]
    fn a_price_does_not_fall_below_zero() {
        let rules = Rules { price: Some(PriceRule::Add(-500)), ..Rules::default() };
        assert_eq!(repriced(&rules, 499, None), (Some(499), None, 1));
        assert_eq!(repriced(&rules, 500, None), (Some(0), None, 0));
    }

    #[test]
    fn the_former_price_is_the_one_from_before() {
        let rules = Rules { price: Some(PriceRule::Set(800)), compare_at: Some(CompareRule::Former), ..Rules::default() };
        assert_eq!(repriced(&rules, 1000, None), (Some(800), Some(1000), 0));
        assert_eq!(repriced(&rules, 1000, Some(1200)), (Some(800), Some(1200), 0));
        let clear = Rules { compare_at: Some(CompareRule::Clear), ..Rules::default() };
        assert_eq!(repriced(&clear, 1000, Some(1200)), (Some(1000), None, 0));
    }

    #[test]
    fn tags_come_and_go() {
        let rules = Rules { add_tags: vec!["new".into()], remove_tags: vec!["old".into()], ..Rules::default() };
        let product = Product { tags: vec!["old".into(), "green".into()], ..Product::default() };
        let (after, _) = rules.apply(&product, |_| true, Currency::EUR);
        assert_eq!(after.tags, ["green", "new"]);
        assert_eq!(rules.apply(&after, |_| true, Currency::EUR).0, after);
    }
}
