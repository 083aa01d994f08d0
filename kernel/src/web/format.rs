//! Amounts, dates and rates as people read them in each language.

use super::i18n::{Language, Manner, Piece};
use crate::money::Money;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

/// The space that keeps an amount and its currency on one line.
const NO_BREAK: char = '\u{a0}';

/// An amount with its currency: `€1,234.50`, `CHF 12.00`, `−€5.00`.
pub fn money(amount: Money) -> String {
    let sign = if amount.minor < 0 { "\u{2212}" } else { "" };
    let digits = amount.decimal();
    let digits = digits.trim_start_matches('-');
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut text = group(whole);
    if let Some(part) = part {
        text.push('.');
        text.push_str(part);
    }
    let symbol = amount.currency.symbol();
    // A symbol of letters only (CHF, kr) is a word and stands apart.
    let gap = if symbol.chars().all(char::is_alphabetic) { String::from(NO_BREAK) } else { String::new() };
    format!("{sign}{symbol}{gap}{text}")
}

/// Groups of three digits with commas, which all languages use.
fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A whole number with groups: `12,345`.
pub fn number(value: i64) -> String {
    let sign = if value < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}", group(&value.unsigned_abs().to_string()))
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// `22 November 2026` or `2026年11月22日`, or as a learnt language says; `2026-11-22` when it does not.
pub fn date(day: NaiveDate, language: Language) -> String {
    match language.manner() {
        Manner::English => format!("{} {} {}", day.day(), MONTHS[day.month0() as usize % 12], day.year()),
        Manner::Chinese => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Manner::Iso => day.format("%Y-%m-%d").to_string(),
        Manner::Own { pieces, months } => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Day => day.day().to_string(),
                Piece::Month => months.get(day.month0() as usize).cloned().unwrap_or_else(|| day.month().to_string()),
                Piece::Year => day.year().to_string(),
            })
            .collect(),
    }
}

/// The month of a day: `November 2026` or `2026年11月`, and `2026-11` in learnt languages.
pub fn month(day: NaiveDate, language: Language) -> String {
    match language.manner() {
        Manner::English => format!("{} {}", MONTHS[day.month0() as usize % 12], day.year()),
        Manner::Chinese => format!("{}年{}月", day.year(), day.month()),
        Manner::Iso | Manner::Own { .. } => day.format("%Y-%m").to_string(),
    }
}

/// The date with hour and minute, said to be UTC: `22 November 2026, 14:05 UTC`.
pub fn datetime(at: NaiveDateTime, language: Language) -> String {
    local(at, "UTC", language)
}

/// The date with hour and minute as clocks of `zone` show them, and its name: `22 November 2026, 15:05 Europe/Berlin`.
pub fn local(at: NaiveDateTime, zone: &str, language: Language) -> String {
    let day = date(at.date(), language);
    let comma = match language.manner() {
        Manner::English | Manner::Own { .. } => ",",
        Manner::Chinese | Manner::Iso => "",
    };
    format!("{day}{comma} {:02}:{:02}{NO_BREAK}{zone}", at.hour(), at.minute())
}

/// A rate in basis points (1/100 of a per cent): 1900 is `19%`, 825 is `8.25%`.
pub fn percent(basis_points: i64) -> String {
    let sign = if basis_points < 0 { "\u{2212}" } else { "" };
    let (whole, part) = (basis_points.unsigned_abs() / 100, basis_points.unsigned_abs() % 100);
    let part = format!("{part:02}");
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{part}%", group(&whole.to_string()))
}

/// A rate in millionths: 190,000 is `19%`, 99,750 is `9.975%`.
pub fn rate(millionths: i64) -> String {
    let (whole, part) = (millionths.unsigned_abs() / 10_000, millionths.unsigned_abs() % 10_000);
    let sign = if millionths < 0 { "\u{2212}" } else { "" };
    let part = format!("{part:04}");
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{part}%", group(&whole.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn amounts_read_as_people_write_them() {
        let chf = Currency::parse("CHF").expect("in the table");
        for (minor, currency, text) in [
            (1250, Currency::EUR, "€12.50"),
            (123_456_789, Currency::EUR, "€1,234,567.89"),
            (-500, Currency::EUR, "−€5.00"),
            (1200, chf, "CHF\u{a0}12.00"),
            (1200, Currency::JPY, "JP¥1,200"),
            (5, Currency::KWD, "KWD\u{a0}0.005"),
            (i64::MIN, Currency::JPY, "−JP¥9,223,372,036,854,775,808"),
        ] {
            assert_eq!(money(Money::new(minor, currency)), text);
        }
    }

    #[test]
    fn dates_and_rates_follow_the_language() {
        let at = NaiveDate::from_ymd_opt(2026, 11, 2).and_then(|day| day.and_hms_opt(4, 7, 59)).expect("a date");
        assert_eq!(date(at.date(), Language::ENGLISH), "2 November 2026");
        assert_eq!(month(at.date(), Language::ENGLISH), "November 2026");
        assert_eq!(month(at.date(), Language::CHINESE), "2026年11月");
        assert_eq!(datetime(at, Language::ENGLISH), "2 November 2026, 04:07\u{a0}UTC");
        assert_eq!(datetime(at, Language::CHINESE), "2026年11月2日 04:07\u{a0}UTC");
        for (rate, text) in [(1900, "19%"), (825, "8.25%"), (550, "5.5%"), (0, "0%"), (-5, "−0.05%"), (100_000, "1,000%")] {
            assert_eq!(percent(rate), text);
        }
        for (millionths, text) in [(190_000, "19%"), (99_750, "9.975%"), (0, "0%"), (1, "0.0001%"), (-5000, "−0.5%")] {
            assert_eq!(rate(millionths), text);
        }
        assert_eq!(number(-1_234_567), "−1,234,567");
    }
}
