//! Tax on an amount: exact shares in whole numbers, each tax rounded once, half up.

use kernel::money::{allocate, scale};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole in the unit of rates: 190,000 is 19 %, 99,750 is 9.975 %.
pub const PPM: i64 = 1_000_000;
/// Why a gift card is not taxed when it is sold: it is a voucher for anything at any rate.
pub const VOUCHER: &str = "Multi-purpose voucher: taxed when it is used, Article 30b Council Directive 2006/112/EC";
/// A whole in the unit of effective rates, fine enough for a tax on a tax.
const ONE: i64 = 1_000_000_000_000;

/// Where something is taxed. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub region: String,
    pub postal_code: String,
}

impl Place {
    /// A country of which no more is known.
    pub fn country(code: &str) -> Place {
        Place { country: code.to_string(), ..Place::default() }
    }
}

/// One of the taxes that add up to the rate of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levy {
    pub name: String,
    /// Millionths.
    pub rate_ppm: i64,
    /// It is taken on the price and the taxes before it, not on the price alone.
    pub compound: bool,
    /// Zone and class that made it the one.
    pub reason: String,
}

/// A tax with its amount, as orders and documents keep it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct TaxPart {
    /// As it stands on the invoice.
    pub name: String,
    /// Millionths: 99750 is 9.975 %.
    pub rate_ppm: i64,
    /// Taken on the price and the taxes before it.
    pub compound: bool,
    /// Minor units.
    pub tax: i64,
}

/// How a class is taxed at a place, and why. Without any levy nothing is taxed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// In the order in which they are taken.
    pub levies: Vec<Levy>,
    pub reason: String,
}

/// An amount taxed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taxed {
    /// The tax of each levy.
    pub taxes: Vec<i64>,
    pub tax: i64,
    /// What is paid.
    pub gross: i64,
}

/// When tax is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// For each line of an order.
    #[default]
    Line,
    /// For all of an order that is taxed alike; lines get their share of it.
    Order,
}

impl Rounding {
    pub const WORDS: [&str; 2] = ["line", "order"];

    pub fn as_str(self) -> &'static str {
        match self {
            Rounding::Line => Rounding::WORDS[0],
            Rounding::Order => Rounding::WORDS[1],
        }
    }

    /// The rounding of a word; by line for any other text.
    pub fn parse(word: &str) -> Rounding {
        if word == Rounding::WORDS[1] { Rounding::Order } else { Rounding::Line }
    }
}

/// The rates of one place, by tax class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    by_class: BTreeMap<String, Rate>,
    none: Rate,
}

impl Rates {
    /// Rates by class; `none` for a place that has none.
    pub fn of_classes(by_class: BTreeMap<String, Rate>, none: Rate) -> Rates {
        Rates { by_class, none }
    }

    /// The rate of a class; an unknown class takes the standard rate, for taxing too little is the shop's loss.
    pub fn of(&self, class: &str) -> Rate {
        self.by_class.get(class).or_else(|| self.by_class.get("standard")).unwrap_or(&self.none).clone()
    }

    pub fn exempt() -> Rate {
        Rate { levies: Vec::new(), reason: "not taxable".into() }
    }

    /// A gift card that is sold: nothing is taxed before it pays for something.
    pub fn voucher() -> Rate {
        Rate { levies: Vec::new(), reason: VOUCHER.into() }
    }
}

impl Rate {
    /// How a line was taxed: by its parts or, of lines that have none, by its basis points as one tax.
    pub fn frozen(parts: &[TaxPart], basis_points: i64, reason: &str) -> Rate {
        let levy = |name: &str, rate_ppm, compound| Levy { name: name.into(), rate_ppm, compound, reason: reason.into() };
        let levies = match parts {
            [] if basis_points == 0 => Vec::new(),
            [] => vec![levy("", basis_points.saturating_mul(100), false)],
            parts => parts.iter().map(|part| levy(&part.name, part.rate_ppm, part.compound)).collect(),
        };
        Rate { levies, reason: reason.into() }
    }

    /// The share of the price before tax that each levy takes, in units of [`ONE`].
    fn effective(&self) -> Vec<i64> {
        effective(self.levies.iter().map(|levy| (levy.rate_ppm, levy.compound)))
    }

    /// The whole rate in basis points, rounded.
    pub fn basis_points(&self) -> i64 {
        scale(self.effective().iter().sum(), 10_000, ONE)
    }

    /// The tax of `amount`, which holds the tax when `included`. No amount holds more tax than itself.
    pub fn tax(&self, amount: i64, included: bool) -> Taxed {
        let shares = self.effective();
        let whole = if included { ONE + shares.iter().sum::<i64>() } else { ONE };
        let mut left = if included { amount } else { i64::MAX };
        let taxes: Vec<i64> = shares
            .iter()
            .map(|share| {
                let tax = scale(amount, *share, whole).min(left);
                left -= tax;
                tax
            })
            .collect();
        let tax = taxes.iter().sum();
        Taxed { taxes, tax, gross: if included { amount } else { amount + tax } }
    }

    /// The tax of all `amounts` together, dealt out to them: for each amount the tax of each levy.
    pub fn spread(&self, amounts: &[i64], included: bool) -> Vec<Vec<i64>> {
        let taxed = self.tax(amounts.iter().sum(), included);
        let mut of_each: Vec<Vec<i64>> = vec![Vec::with_capacity(self.levies.len()); amounts.len()];
        // What is left of each amount bears the next tax, so that none holds more tax than itself.
        let mut bearing = amounts.to_vec();
        for tax in taxed.taxes {
            for (at, part) in allocate(tax, &bearing).into_iter().enumerate() {
                of_each[at].push(part);
                bearing[at] -= if included { part } else { 0 };
            }
        }
        of_each
    }

    /// The levies with what each of them takes.
    pub fn parts(&self, taxes: &[i64]) -> Vec<TaxPart> {
        let part =
            |(levy, tax): (&Levy, &i64)| TaxPart { name: levy.name.clone(), rate_ppm: levy.rate_ppm, compound: levy.compound, tax: *tax };
        self.levies.iter().zip(taxes).map(part).collect()
    }
}

fn effective(rates: impl Iterator<Item = (i64, bool)>) -> Vec<i64> {
    let mut sum = 0;
    rates
        .map(|(rate_ppm, compound)| {
            let base = if compound { ONE + sum } else { ONE };
            let share = scale(base, rate_ppm, PPM);
            sum += share;
            share
        })
        .collect()
}

/// The rate of taxes that add up, in millionths, rounded.
pub fn combined(parts: &[TaxPart]) -> i64 {
    scale(effective(parts.iter().map(|part| (part.rate_ppm, part.compound))).iter().sum(), PPM, ONE)
}

/// The same taxes where they come to `tax` in all: of a part of a line, or of an amount that was changed.
pub fn split(parts: &[TaxPart], tax: i64) -> Vec<TaxPart> {
    let known = parts.iter().map(|part| part.tax).collect::<Vec<_>>();
    // Rates tell the proportion where the amounts do not.
    let weights = if known.iter().any(|tax| *tax > 0) { known } else { parts.iter().map(|part| part.rate_ppm).collect() };
    parts.iter().zip(allocate(tax, &weights)).map(|(part, tax)| TaxPart { tax, ..part.clone() }).collect()
}

/// Adds taxes to those of the same name and rate.
pub fn join(sums: &mut Vec<TaxPart>, parts: &[TaxPart]) {
    for part in parts {
        let same = |sum: &&mut TaxPart| sum.name == part.name && sum.rate_ppm == part.rate_ppm && sum.compound == part.compound;
        match sums.iter_mut().find(same) {
            Some(sum) => sum.tax += part.tax,
            None => sums.push(part.clone()),
        }
    }
}

/// The tax in (`included`) or on top of `amount` at a rate in basis points.
pub fn amount(amount: i64, basis_points: i64, included: bool) -> i64 {
    if included { scale(amount, basis_points, 10_000 + basis_points) } else { scale(amount, basis_points, 10_000) }
}

#[cfg(test)]
#[path = "tax_tests.rs"]
mod tests;
