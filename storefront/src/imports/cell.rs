//! Cells as values. Each function takes an empty cell for "the file does not say" and refuses what it does not understand.

use super::report::{Reason, RowError};
use super::table::{Column, Row};
use crate::units::{Measure, Unit};
use chrono::{DateTime, NaiveDateTime, Utc};
use crm::birthdays::Birthday;
use kernel::money::{Currency, Money};

/// No count of stock or orders passes this; it keeps sums far from the end of `i64`.
const COUNT_LIMIT: i64 = 1_000_000_000;
/// A tonne of tonnes, in grams; what is heavier is a slip of the unit.
const WEIGHT_LIMIT: i64 = 1_000_000_000;

/// Decimal sign of a file's amounts. WooCommerce writes the shop's own; Shopify always a point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimals {
    Point,
    /// A single comma is the decimal sign too.
    Local,
}

impl Decimals {
    fn plain(self, text: &str) -> String {
        let lone_comma = text.matches(',').count() == 1 && !text.contains('.');
        if self == Decimals::Local && lone_comma { text.replace(',', ".") } else { text.to_string() }
    }
}

/// An amount that may be negative, in minor units.
pub(super) fn amount(row: Row<'_>, column: Column, currency: Currency, decimals: Decimals) -> Result<Option<i64>, RowError> {
    let text = row.get(column);
    if text.is_empty() {
        return Ok(None);
    }
    let money = Money::parse(&decimals.plain(text), currency).map_err(|_| row.error(column, Reason::of("amount", &[("value", text)])))?;
    Ok(Some(money.minor))
}

/// An amount of at least zero, in minor units.
pub(super) fn price(row: Row<'_>, column: Column, currency: Currency, decimals: Decimals) -> Result<Option<i64>, RowError> {
    match amount(row, column, currency, decimals)? {
        Some(minor) if minor < 0 => Err(row.error(column, Reason::of("negative", &[]))),
        minor => Ok(minor),
    }
}

/// A whole number of things, which may be negative where a shop has oversold.
pub(super) fn count(row: Row<'_>, column: Column) -> Result<Option<i64>, RowError> {
    let text = row.get(column);
    if text.is_empty() {
        return Ok(None);
    }
    // Spreadsheets write "12.0" for 12.
    let whole = text.split_once('.').filter(|(_, part)| part.bytes().all(|b| b == b'0')).map_or(text, |(whole, _)| whole);
    match whole.parse::<i64>() {
        Ok(count) if count.abs() <= COUNT_LIMIT => Ok(Some(count)),
        Ok(_) => Err(row.error(column, Reason::of("large", &[]))),
        Err(_) => Err(row.error(column, Reason::of("whole", &[]))),
    }
}

/// A quantity of what is measured, in its steps; of everything else a [`count`].
pub(super) fn measured(row: Row<'_>, column: Column, measure: Measure) -> Result<Option<i64>, RowError> {
    let text = row.get(column);
    if measure.per() == 1 || text.is_empty() {
        return count(row, column);
    }
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let steps = measure.read(digits).filter(|steps| *steps <= COUNT_LIMIT);
    steps.map(|steps| Some(sign * steps)).ok_or_else(|| row.error(column, Reason::of("measure", &[])))
}

/// A code of UN/ECE Recommendation 20 that goods can be sold in.
pub(super) fn unit(row: Row<'_>, column: Column) -> Result<Option<Unit>, RowError> {
    match row.get(column) {
        "" => Ok(None),
        code => Unit::parse(&code.to_uppercase()).map(Some).ok_or_else(|| row.error(column, Reason::of("unit", &[]))),
    }
}

/// The decimals of a unit.
pub(super) fn precision(row: Row<'_>, column: Column) -> Result<Option<i64>, RowError> {
    match count(row, column)? {
        Some(places) if !(0..=Measure::FINEST).contains(&places) => Err(row.error(column, Reason::of("precision", &[]))),
        places => Ok(places),
    }
}

/// Yes or no, in the words the exporters use.
pub(super) fn flag(row: Row<'_>, column: Column) -> Result<Option<bool>, RowError> {
    match row.get(column).to_lowercase().as_str() {
        "" => Ok(None),
        "true" | "yes" | "1" => Ok(Some(true)),
        "false" | "no" | "0" => Ok(Some(false)),
        _ => Err(row.error(column, Reason::of("flag", &[]))),
    }
}

/// A unit of weight, as millionths of a milligram, which makes pound and ounce whole numbers too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WeightUnit(i128);

impl WeightUnit {
    pub const GRAM: WeightUnit = WeightUnit(1_000_000_000);

    /// The unit by the names shops use for it.
    pub fn parse(name: &str) -> Option<WeightUnit> {
        match name.trim().to_lowercase().as_str() {
            "g" => Some(WeightUnit::GRAM),
            "kg" => Some(WeightUnit(1_000_000_000_000)),
            "lbs" | "lb" => Some(WeightUnit(453_592_370_000)),
            "oz" => Some(WeightUnit(28_349_523_125)),
            _ => None,
        }
    }

    /// Whole grams of a decimal number of this unit, rounded half up; nothing when the text is no such number.
    pub fn grams(self, text: &str) -> Option<i64> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && part.is_empty()) || !digits(whole) || !digits(part) || whole.len() > 12 {
            return None;
        }
        // Six decimals are a thousandth of a gram even in kilograms; what follows cannot move the result by a gram.
        let scaled: i128 = format!("{whole}{:0<6}", part.get(..6).unwrap_or(part)).parse().ok()?;
        let one = WeightUnit::GRAM.0 * 1_000_000;
        i64::try_from((scaled * self.0 + one / 2) / one).ok().filter(|grams| *grams <= WEIGHT_LIMIT)
    }
}

/// A weight in whole grams.
pub(super) fn weight(row: Row<'_>, column: Column, unit: WeightUnit, decimals: Decimals) -> Result<Option<i64>, RowError> {
    let text = row.get(column);
    if text.is_empty() {
        return Ok(None);
    }
    let grams = unit.grams(&decimals.plain(text));
    grams.map(Some).ok_or_else(|| row.error(column, Reason::of("weight", &[])))
}

/// An instant such as `2024-03-01 10:15:00 +0800`. Without an offset it is refused: a guess would move orders between days.
pub(super) fn instant(row: Row<'_>, column: Column) -> Result<Option<DateTime<Utc>>, RowError> {
    let text = row.get(column);
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(universal) = text.strip_suffix(" UTC")
        && let Ok(at) = NaiveDateTime::parse_from_str(universal, "%Y-%m-%d %H:%M:%S")
    {
        return Ok(Some(at.and_utc()));
    }
    let at = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z").or_else(|_| DateTime::parse_from_rfc3339(text));
    at.map(|at| Some(at.to_utc())).map_err(|_| row.error(column, Reason::of("time", &[])))
}

/// An address a mail could go to; whether it does is for the mail server to say.
pub(super) fn email(row: Row<'_>, column: Column) -> Result<Option<String>, RowError> {
    let text = row.get(column);
    if text.is_empty() {
        return Ok(None);
    }
    let plausible = text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && host.contains('.') && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    let clean = text.len() <= 254 && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c));
    if plausible && clean { Ok(Some(text.to_string())) } else { Err(row.error(column, Reason::of("mail", &[]))) }
}

/// A birthday as month and day, such as `05-31`; a year before them is not kept.
pub(super) fn birthday(row: Row<'_>, column: Column) -> Result<Option<String>, RowError> {
    let text = row.get(column);
    if text.is_empty() {
        return Ok(None);
    }
    let year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let day = text.split_once('-').filter(|(before, _)| year(before)).map_or(text, |(_, day)| day);
    match Birthday::parse(day) {
        Some(day) => Ok(Some(day.text())),
        None => Err(row.error(column, Reason::of("birthday", &[]))),
    }
}

/// Names separated by commas, trimmed, without empty ones and without repetition.
pub(super) fn list(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_string());
        }
    }
    names
}

/// Puts an error aside and goes on with "the file does not say", so that one pass finds every mistake of a row.
pub(super) fn keep<T>(result: Result<Option<T>, RowError>, errors: &mut Vec<RowError>) -> Option<T> {
    result.unwrap_or_else(|error| {
        errors.push(error);
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_convert_exactly_and_round_once() {
        let grams = |unit: &str, text: &str| WeightUnit::parse(unit).and_then(|unit| unit.grams(text));
        assert_eq!(grams("kg", "0.5"), Some(500));
        assert_eq!(grams("kg", "1.2345"), Some(1235));
        assert_eq!(grams("lbs", "1"), Some(454));
        assert_eq!(grams("lb", "2.2046226218"), Some(1000));
        assert_eq!(grams("oz", "3.5"), Some(99));
        assert_eq!(grams("g", ".5"), Some(1));
        assert_eq!(grams("g", "500.0"), Some(500));
        for wrong in ["", ".", "-1", "1kg", "1e3", "1.2.3", "9999999999999", "٣"] {
            assert_eq!(grams("kg", wrong), None, "{wrong}");
        }
        assert_eq!(WeightUnit::parse("stone"), None);
    }

    #[test]
    fn a_lone_comma_is_a_decimal_sign_only_where_shops_write_it_so() {
        assert_eq!(Decimals::Local.plain("12,50"), "12.50");
        assert_eq!(Decimals::Local.plain("1,234.50"), "1,234.50");
        assert_eq!(Decimals::Point.plain("1,234"), "1,234");
    }

    #[test]
    fn lists_lose_blanks_and_repetitions() {
        assert_eq!(list(" green, tea ,,green"), ["green", "tea"]);
    }
}
