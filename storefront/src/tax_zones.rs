//! Which of the merchant's tax rates meet at a place. Pure: it knows the rows and the place, and no database.
//!
//! A rate names a country and may name regions and postal codes of it. Of the rates of one class and level the one of the most
//! specific zone counts: postal codes before regions before the whole country. Rates of different levels add up in their order.

use crate::tax::{Levy, Place, Rate, Rates};
use crate::tax_rates::TaxRate;
use std::collections::BTreeMap;

/// How specific a match is: (letters of the postal code, whether the region was named). More is more specific.
type Match = (usize, bool);

/// The rates that hold at `place`, of the `rows` of its country or of any.
pub fn rates_at(place: &Place, rows: &[TaxRate]) -> Rates {
    // By class and level: the best row so far. Equal matches stay with the older row.
    let mut best: BTreeMap<(&str, i64), (Match, &TaxRate)> = BTreeMap::new();
    for row in rows {
        let Some(found) = matches(row, place) else { continue };
        let known = best.get(&(row.tax_class.as_str(), row.level)).map(|(known, row)| (*known, row.id));
        if known.is_none_or(|(known, id)| found > known || (found == known && row.id < id)) {
            best.insert((&row.tax_class, row.level), (found, row));
        }
    }
    let mut by_class: BTreeMap<String, Rate> = BTreeMap::new();
    for ((class, _), (_, row)) in best {
        let reason = format!("{} {class}: {}", zone(row), row.name);
        let rate = by_class.entry(class.to_string()).or_default();
        if !rate.reason.is_empty() {
            rate.reason.push_str("; ");
        }
        rate.reason.push_str(&reason);
        rate.levies.push(Levy { name: row.name.clone(), rate_ppm: row.rate_ppm, compound: row.compound, reason });
    }
    let none = Rate { levies: Vec::new(), reason: format!("{}: no tax rate is set for this destination", place.country) };
    Rates::of_classes(by_class, none)
}

/// A zone in one line: `US`, `CA QC`, `US NY 10001..10299`.
pub fn zone(row: &TaxRate) -> String {
    [row.country.as_str(), row.region.as_str(), row.postal_codes.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn matches(row: &TaxRate, place: &Place) -> Option<Match> {
    if row.country != place.country {
        return None;
    }
    let region = row.region.is_empty() || row.region.split(',').any(|name| same(name, &place.region));
    let postal = match row.postal_codes.as_str() {
        "" => 0,
        codes => {
            let code = plain(&place.postal_code);
            codes.split_whitespace().filter_map(|pattern| fits(pattern, &code)).max()?
        }
    };
    region.then_some((postal, !row.region.is_empty()))
}

fn same(name: &str, region: &str) -> bool {
    !region.trim().is_empty() && name.trim().to_lowercase() == region.trim().to_lowercase()
}

/// A postal code as it is compared: letters and digits, in capitals.
fn plain(code: &str) -> String {
    code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// How many letters of `code` a pattern names: all of `10115`, the beginning with `10*`, or as many as the ends of `10001..10299` have.
/// A code that goes on behind a range, such as 10001-1234, lies in it too.
fn fits(pattern: &str, code: &str) -> Option<usize> {
    if let Some((from, to)) = pattern.split_once("..") {
        let (from, to) = (plain(from), plain(to));
        let head: String = code.chars().take(from.chars().count()).collect();
        return (head.len() == from.len() && from <= head && head <= to).then_some(from.len());
    }
    if let Some(start) = pattern.strip_suffix('*') {
        let start = plain(start);
        return code.starts_with(&start).then_some(start.len());
    }
    // One code is more specific than the range it lies in.
    (plain(pattern) == code).then_some(code.len() + 1)
}

/// Postal codes as they are stored, with blanks between. `None` for what names no codes.
pub fn postal_codes(typed: &str) -> Option<String> {
    let mut stored = Vec::new();
    for pattern in typed.to_uppercase().split([',', ';', '\n', '\t', '\r']).map(str::trim).filter(|pattern| !pattern.is_empty()) {
        let sound = |part: &str| !plain(part).is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
        let kept: String = pattern.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '*')).collect();
        let good = match (pattern.split_once(".."), pattern.strip_suffix('*')) {
            (Some((from, to)), _) => sound(from) && sound(to) && plain(from).len() == plain(to).len() && plain(from) <= plain(to),
            (None, Some(start)) => sound(start),
            (None, None) => sound(pattern),
        };
        if !good {
            return None;
        }
        stored.push(kept);
    }
    Some(stored.join(" "))
}

/// Names of regions as they are stored, with commas between.
pub fn regions(typed: &str) -> String {
    typed.split([',', ';', '\n']).map(str::trim).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "tax_zones_tests.rs"]
mod tests;
