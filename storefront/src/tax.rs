//! Tax on an amount. Rounded once, half up, at the line.

use kernel::money::scale;
use std::collections::BTreeMap;

/// The tax rates of one destination, by tax class.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    by_class: BTreeMap<String, Rate>,
    none: Rate,
}

/// A rate and the reason why it is the one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    pub basis_points: i64,
    pub reason: String,
}

/// An amount taxed: `gross` is what is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taxed {
    pub tax: i64,
    pub gross: i64,
}

impl Rates {
    /// Rates of `country`: (class, name, basis points). Without any, the country is outside the shop's tax area.
    pub fn new(country: &str, rows: impl IntoIterator<Item = (String, String, i64)>) -> Rates {
        let by_class = rows
            .into_iter()
            .map(|(class, name, basis_points)| {
                let reason = format!("{country} {class}: {name}");
                (class, Rate { basis_points, reason })
            })
            .collect();
        Rates { by_class, none: Rate { basis_points: 0, reason: format!("{country}: no tax rate is set for this destination") } }
    }

    /// The rate of a class; an unknown class takes the standard rate, for taxing too little is the shop's loss.
    pub fn of(&self, class: &str) -> Rate {
        self.by_class.get(class).or_else(|| self.by_class.get("standard")).unwrap_or(&self.none).clone()
    }

    pub fn exempt() -> Rate {
        Rate { basis_points: 0, reason: "not taxable".into() }
    }
}

impl Rate {
    /// The tax of `amount`, which holds the tax when `included`.
    pub fn tax(&self, amount: i64, included: bool) -> Taxed {
        let tax = self::amount(amount, self.basis_points, included);
        Taxed { tax, gross: if included { amount } else { amount + tax } }
    }
}

/// The tax in (`included`) or on top of `amount` at a rate in basis points.
pub fn amount(amount: i64, basis_points: i64, included: bool) -> i64 {
    if included { scale(amount, basis_points, 10_000 + basis_points) } else { scale(amount, basis_points, 10_000) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_examples() {
        // 19 % inside 119.00 is 19.00; 7 % inside 1.00 is 0.0654 -> 0.07; 8.875 % on 9.99 is 0.8866 -> 0.89.
        assert_eq!(amount(11_900, 1900, true), 1900);
        assert_eq!(amount(100, 700, true), 7);
        assert_eq!(amount(999, 888, false), 89);
        // Half goes up: 25 % inside 0.10 is 0.02; 5 % on 0.10 is 0.005 -> 0.01.
        assert_eq!(amount(10, 500, false), 1);
    }

    proptest! {
        #[test]
        fn net_and_tax_make_the_gross(amount in 0i64..1_000_000_000, rate in 0i64..10_000) {
            let rate = Rate { basis_points: rate, reason: String::new() };
            let inside = rate.tax(amount, true);
            prop_assert_eq!(inside.gross, amount);
            prop_assert!(inside.tax >= 0 && inside.tax <= amount);
            let on_top = rate.tax(amount - inside.tax, false);
            // Going down to net and up again lands within one unit of the gross.
            prop_assert!((on_top.gross - amount).abs() <= 1);
        }
    }
}
