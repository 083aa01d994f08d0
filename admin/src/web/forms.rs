//! From what was typed to values, with what is wrong gathered field by field.

use chrono::{NaiveDate, NaiveDateTime};
use kernel::Result;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use storefront::web::posted::Posted;

/// Reads the fields of a form. A value that does not read is noted, and stands as zero until [`Reader::check`] refuses the form.
pub struct Reader<'a> {
    posted: &'a Posted,
    currency: Currency,
    pub wrong: Fields,
}

impl<'a> Reader<'a> {
    pub fn new(posted: &'a Posted, currency: Currency) -> Reader<'a> {
        Reader { posted, currency, wrong: Fields::default() }
    }

    pub fn text(&self, name: &str) -> String {
        self.posted.get(name).to_string()
    }

    pub fn ticked(&self, name: &str) -> bool {
        self.posted.ticked(name)
    }

    /// An amount in minor units, typed as a decimal such as `12.50`. Empty is none.
    pub fn optional_amount(&mut self, name: &str) -> Option<i64> {
        let text = self.posted.get(name).trim();
        if text.is_empty() {
            return None;
        }
        match Money::parse(text, self.currency) {
            Ok(money) => Some(money.minor),
            Err(_) => {
                self.wrong.add(name, "admin-amount-invalid");
                None
            }
        }
    }

    /// An amount that must be there.
    pub fn amount(&mut self, name: &str) -> i64 {
        let required = self.posted.get(name).trim().is_empty();
        if required {
            self.wrong.add(name, "admin-amount-invalid");
        }
        self.optional_amount(name).unwrap_or(0)
    }

    /// A percentage in basis points, typed as `19` or `8.25`: two decimals, as an amount of euros has.
    pub fn percent(&mut self, name: &str) -> i64 {
        match Money::parse(self.posted.get(name).trim().trim_end_matches('%'), Currency::EUR) {
            Ok(money) => money.minor,
            Err(_) => {
                self.wrong.add(name, "admin-percent-invalid");
                0
            }
        }
    }

    /// A percentage in millionths, typed as `19` or `9.975`: up to four decimals.
    pub fn rate(&mut self, name: &str) -> i64 {
        let text = self.posted.get(name).trim().trim_end_matches('%').trim_end();
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
        let read = (!whole.is_empty() && whole.len() <= 6 && part.len() <= 4 && plain(whole) && plain(part))
            .then(|| format!("{whole}{part:0<4}").parse().ok())
            .flatten();
        if read.is_none() {
            self.wrong.add(name, "admin-rate-invalid");
        }
        read.unwrap_or(0)
    }

    /// A whole number. Empty is none.
    pub fn optional_number(&mut self, name: &str) -> Option<i64> {
        let text = self.posted.get(name).trim();
        if text.is_empty() {
            return None;
        }
        match text.parse() {
            Ok(number) => Some(number),
            Err(_) => {
                self.wrong.add(name, "admin-number-invalid");
                None
            }
        }
    }

    /// A whole number; empty is zero.
    pub fn number(&mut self, name: &str) -> i64 {
        self.optional_number(name).unwrap_or(0)
    }

    /// A moment in UTC as browsers send it, with or without seconds. Empty is none.
    pub fn moment(&mut self, name: &str) -> Option<Time> {
        let text = self.posted.get(name).trim();
        if text.is_empty() {
            return None;
        }
        let read =
            NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"));
        if read.is_err() {
            self.wrong.add(name, "admin-time-invalid");
        }
        read.ok()
    }

    /// A day as browsers send it, that must be there.
    pub fn day(&mut self, name: &str) -> NaiveDate {
        NaiveDate::parse_from_str(self.posted.get(name).trim(), "%Y-%m-%d").unwrap_or_else(|_| {
            self.wrong.add(name, "admin-day-invalid");
            NaiveDate::default()
        })
    }

    /// Refuses the form when something did not read.
    pub fn check(&self) -> Result<()> {
        self.wrong.clone().check()
    }
}

/// A moment as a form shows it.
pub fn moment(at: Option<Time>) -> String {
    at.map(|at| at.format("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default()
}

/// An amount as a form shows it; empty for none.
pub fn amount(minor: Option<i64>, currency: Currency) -> String {
    minor.map(|minor| Money::new(minor, currency).decimal()).unwrap_or_default()
}

/// Basis points as a form shows a percentage: `19`, `8.25`.
pub fn percent(basis_points: i64) -> String {
    let text = Money::new(basis_points, Currency::EUR).decimal();
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Millionths as a form shows a percentage: `19`, `9.975`.
pub fn rate(millionths: i64) -> String {
    kernel::web::format::rate(millionths).trim_end_matches('%').to_string()
}

/// A number as a form shows it; empty for none.
pub fn number(value: Option<i64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// `on` for a ticked checkbox.
pub fn tick(on: bool) -> &'static str {
    if on { "on" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_four_decimals() {
        for (millionths, text) in [(190_000, "19"), (99_750, "9.975"), (3_750, "0.375"), (0, "0"), (1, "0.0001")] {
            assert_eq!(rate(millionths), text);
        }
    }

    #[test]
    fn percentages_read_as_they_are_typed() {
        assert_eq!(percent(1900), "19");
        assert_eq!(percent(825), "8.25");
        assert_eq!(percent(0), "0");
        assert_eq!(percent(1000), "10");
    }
}
