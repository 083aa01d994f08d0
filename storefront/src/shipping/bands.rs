//! A table of prices: from which value, weight or number of goods on which price counts.

use kernel::error::Fields;
use kernel::money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// The most rows of a table.
const ROWS: usize = 50;

/// A row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// Minor units, grams or units, as the table's kind says.
    pub from: i64,
    /// Minor units.
    pub price: i64,
}

/// The price for goods of this measure: that of the last row they reach.
pub(super) fn price(bands: &[Band], measure: i64) -> i64 {
    bands.iter().rev().find(|band| measure >= band.from).or(bands.first()).map_or(0, |band| band.price)
}

/// Sorts the rows; a table has some, begins at nothing, and names each beginning once.
pub(super) fn check(bands: &mut [Band], fields: &mut Fields) {
    bands.sort_by_key(|band| band.from);
    let twice = bands.windows(2).any(|pair| pair[0].from == pair[1].from);
    let negative = bands.iter().any(|band| band.from < 0 || band.price < 0);
    match bands.first() {
        Some(first) if first.from == 0 && !twice && !negative && bands.len() <= ROWS => {}
        _ => fields.add("bands", "admin-shipping-bands-wrong"),
    }
}

/// Reads a table as it is typed: a row a line, the beginning and the price with a blank, a tab or a semicolon between.
/// `values` tells that beginnings are amounts too. `None` for what does not read.
pub fn read_bands(typed: &str, values: bool, currency: Currency) -> Option<Vec<Band>> {
    let amount = |text: &str| Money::parse(text, currency).ok().map(|money| money.minor);
    let row = |line: &str| {
        let mut cells = line.split([' ', '\t', ';']).filter(|cell| !cell.is_empty());
        let (from, price, more) = (cells.next()?, cells.next()?, cells.next());
        let from = if values { amount(from) } else { from.parse().ok() };
        Some(Band { from: from?, price: amount(price).filter(|_| more.is_none())? })
    };
    typed.lines().map(str::trim).filter(|line| !line.is_empty()).map(row).collect()
}

/// A table as [`read_bands`] reads it.
pub fn write_bands(bands: &[Band], values: bool, currency: Currency) -> String {
    let amount = |minor: i64| Money::new(minor, currency).decimal();
    let row = |band: &Band| format!("{} {}", if values { amount(band.from) } else { band.from.to_string() }, amount(band.price));
    bands.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_read_as_they_are_written() {
        let bands = [Band { from: 0, price: 490 }, Band { from: 5000, price: 250 }, Band { from: 10_000, price: 0 }];
        for values in [true, false] {
            let text = write_bands(&bands, values, Currency::EUR);
            assert_eq!(read_bands(&text, values, Currency::EUR).as_deref(), Some(bands.as_slice()), "{text}");
        }
        assert_eq!(read_bands("0\t4.90\r\n\n2000 ; 6.90", false, Currency::EUR).map(|rows| rows.len()), Some(2));
        for wrong in ["0", "0 x", "0 1 2", "a 1", "0.5 1"] {
            assert_eq!(read_bands(wrong, false, Currency::EUR), None, "{wrong}");
        }
        assert_eq!((price(&bands, 4999), price(&bands, 5000), price(&bands, 99_999), price(&[], 1)), (490, 250, 0, 0));
    }

    #[test]
    fn a_table_begins_at_nothing_and_names_each_beginning_once() {
        let wrong = |rows: &[(i64, i64)]| {
            let mut bands: Vec<Band> = rows.iter().map(|(from, price)| Band { from: *from, price: *price }).collect();
            let mut fields = Fields::default();
            check(&mut bands, &mut fields);
            !fields.0.is_empty()
        };
        assert!(!wrong(&[(1000, 1), (0, 5)]));
        assert!(wrong(&[]) && wrong(&[(1, 5)]) && wrong(&[(0, 5), (0, 6)]) && wrong(&[(0, -5)]) && wrong(&[(0, 1), (-1, 2)]));
    }
}
