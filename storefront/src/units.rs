//! Units in which goods are sold, and how quantities of them are read and written.
//!
//! A quantity is a whole number of the smallest step that can be ordered, everywhere: in stock, carts, orders, returns and refunds. A piece is one
//! step; goods that are sold by the metre with two decimals are counted in hundredths of a metre. Only what reads typed quantities, what shows
//! them, and [`crate::pricing::line_amount`] know how many steps make up a unit, which is what a price is for.

use crate::carts::MAX_QUANTITY;
use crate::ids::VariantId;
use crate::pricing::line_amount;
use crate::schema::variants;
use diesel::prelude::*;
use kernel::web::format;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

kernel::words!(
    /// What a price is for, by its common code of UN/ECE Recommendation 20.
    Unit {
        Piece = "C62",
        Box = "BX",
        Metre = "MTR",
        Kilogram = "KGM",
        Gram = "GRM",
        Litre = "LTR",
    }
);

/// The space that keeps a number and its unit on one line.
const NO_BREAK: char = '\u{a0}';
/// The most steps that a unit has.
pub const MOST_STEPS: i64 = 1000;
/// The most digits that are read of a quantity.
const DIGITS: usize = 12;

impl Unit {
    /// The symbol of the SI; nothing for what is counted.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Piece | Unit::Box => "",
            Unit::Metre => "m",
            Unit::Kilogram => "kg",
            Unit::Gram => "g",
            Unit::Litre => "l",
        }
    }

    /// X12 data element 355.
    pub fn x12(self) -> &'static str {
        match self {
            Unit::Piece => "EA",
            Unit::Box => "BX",
            Unit::Metre => "MR",
            Unit::Kilogram => "KG",
            Unit::Gram => "GR",
            Unit::Litre => "LT",
        }
    }

    /// The key of the text that follows a price, such as "per m"; nothing for a piece.
    pub fn per_key(self) -> Option<String> {
        (self != Unit::Piece).then(|| format!("unit-per-{}", self.as_str().to_lowercase()))
    }
}

/// A unit and the decimals of it that can be ordered, 0 to 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measure {
    pub unit: Unit,
    pub precision: i64,
}

impl Default for Measure {
    fn default() -> Measure {
        Measure::PIECE
    }
}

impl Measure {
    pub const PIECE: Measure = Measure { unit: Unit::Piece, precision: 0 };
    /// The most decimals.
    pub const FINEST: i64 = 3;

    pub fn new(unit: Unit, precision: i64) -> Measure {
        Measure { unit, precision: precision.clamp(0, Measure::FINEST) }
    }

    /// How many steps a unit has.
    pub fn per(self) -> i64 {
        match self.precision {
            i64::MIN..=0 => 1,
            1 => 10,
            2 => 100,
            _ => 1000,
        }
    }

    /// What so many steps come to at a price, a cost or a weight of a unit, rounded once.
    pub fn amount(self, each: i64, quantity: i64) -> i64 {
        line_amount(each, quantity, self.per())
    }

    /// The most steps that a line of a cart can have.
    pub fn most(self) -> i64 {
        MAX_QUANTITY * self.per()
    }

    /// Whole units, of what is counted and of what is measured.
    pub fn whole(self, quantity: i64) -> i64 {
        quantity / self.per()
    }

    /// How many things it is to whoever packs or counts: a length that is cut off is one.
    pub fn pieces(self, quantity: i64) -> i64 {
        if self.per() == 1 { quantity } else { quantity.min(1) }
    }

    /// The digits alone, as forms and files have them: `2.50`.
    pub fn number(self, quantity: i64) -> String {
        let per = self.per().unsigned_abs();
        if per == 1 {
            return quantity.to_string();
        }
        let (sign, all) = (if quantity < 0 { "-" } else { "" }, quantity.unsigned_abs());
        let width = usize::try_from(self.precision.clamp(0, Measure::FINEST)).unwrap_or(0);
        format!("{sign}{}.{:0width$}", all / per, all % per)
    }

    /// As people read it: `3`, `2.50 m`.
    pub fn text(self, quantity: i64) -> String {
        self.with_symbol(self.number(quantity))
    }

    /// As it stands on paper, with groups of digits.
    pub fn printed(self, quantity: i64) -> String {
        if self.per() == 1 { self.with_symbol(format::number(quantity)) } else { self.text(quantity) }
    }

    fn with_symbol(self, number: String) -> String {
        match self.unit.symbol() {
            "" => number,
            symbol => format!("{number}{NO_BREAK}{symbol}"),
        }
    }

    /// The steps that a text says. `None` for what is no such quantity: more decimals than can be ordered, an exponent, digits of other
    /// scripts. A comma before one or two digits is a decimal sign; before three it might group them, and is not guessed at.
    pub fn read(self, text: &str) -> Option<i64> {
        let text = text.trim();
        if self.per() == 1 {
            return text.parse().ok();
        }
        let (whole, part) = match text.split_once(['.', ',']) {
            Some((_, part)) if text.contains(',') && part.len() > 2 => return None,
            Some((_, "")) => return None,
            Some((whole, part)) => (whole, part),
            None => (text, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > DIGITS || part.len() > DIGITS || !digits(whole) || !digits(part) {
            return None;
        }
        let width = usize::try_from(self.precision.clamp(0, Measure::FINEST)).unwrap_or(0);
        let part = if part.len() > width { part.trim_end_matches('0') } else { part };
        if part.len() > width {
            return None;
        }
        let fine: i64 = format!("{part:0<width$}").parse().ok()?;
        whole.parse::<i64>().ok()?.checked_mul(self.per())?.checked_add(fine)
    }
}

/// What a form typed: the steps that a text says in so many decimals. The form carries the decimals beside the field, as its page knew them; they
/// never change while anything stands in that measure.
pub fn typed(text: &str, places: &str) -> Option<i64> {
    Measure::new(Unit::Piece, places.parse().unwrap_or(0)).read(text)
}

/// Whether a typed quantity is none: `0`, `0.00`.
pub fn nought(text: &str) -> bool {
    text.contains('0') && text.chars().all(|letter| matches!(letter, '0' | '.' | ','))
}

/// In what variants are measured. Those that do not exist are left out.
pub fn measures(conn: &mut Conn, of: &[VariantId]) -> Result<HashMap<VariantId, Measure>> {
    let mut found = HashMap::with_capacity(of.len());
    for ids in of.chunks(1000) {
        let rows: Vec<(VariantId, Unit, i64)> =
            variants::table.filter(variants::id.eq_any(ids)).select((variants::id, variants::unit, variants::unit_precision)).load(conn)?;
        found.extend(rows.into_iter().map(|(id, unit, precision)| (id, Measure::new(unit, precision))));
    }
    Ok(found)
}

/// In what a variant is measured; pieces when there is none.
pub fn measure(conn: &mut Conn, of: VariantId) -> Result<Measure> {
    Ok(measures(conn, &[of])?.remove(&of).unwrap_or_default())
}

/// The steps that a text says of a variant. `Invalid` on `quantity` for what is no quantity of it.
pub fn read(conn: &mut Conn, of: VariantId, text: &str) -> Result<i64> {
    let measure = measure(conn, of)?;
    let key = if measure.per() == 1 { "quantity-invalid" } else { "quantity-measure-invalid" };
    measure.read(text).ok_or_else(|| Error::field("quantity", key))
}

/// Refuses a number of units that no line of a cart holds. The variant is asked only beyond what a line of pieces holds.
pub(crate) fn check_most(conn: &mut Conn, of: VariantId, quantity: i64) -> Result<()> {
    if quantity > MAX_QUANTITY && quantity > measure(conn, of)?.most() {
        return Err(Error::field("quantity", "quantity-invalid"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::first_units;
    use proptest::prelude::*;

    #[test]
    fn quantities_are_read_and_written_in_their_unit() {
        let metre = Measure::new(Unit::Metre, 2);
        for (text, steps) in [("2.50", Some(250)), (" 2,5 ", Some(250)), ("2", Some(200)), ("0.01", Some(1)), ("1.2000", Some(120))] {
            assert_eq!(metre.read(text), steps, "{text}");
        }
        for text in ["", ".", "2.", ".5", "1.234", "1,234", "1e9", "-1", "+1", "１２", "2.5.0", "1 000", "99999999999999999999", "NaN"] {
            assert_eq!(metre.read(text), None, "{text}");
        }
        assert_eq!(Measure::new(Unit::Kilogram, 3).read("1.234"), Some(1234));
        assert_eq!(Measure::new(Unit::Kilogram, 3).read("1,234"), None, "a thousand or a little more than one");
        assert_eq!(Measure::PIECE.read("12"), Some(12));
        assert_eq!(Measure::PIECE.read("1.5"), None);
        assert_eq!((metre.text(250), metre.number(5), Measure::PIECE.text(3)), ("2.50\u{a0}m".into(), "0.05".into(), "3".to_string()));
        assert_eq!(Measure::new(Unit::Box, 0).text(2), "2");
        assert_eq!((metre.whole(250), metre.pieces(250), Measure::PIECE.pieces(4)), (2, 1, 4));
        for unit in Unit::ALL {
            assert_eq!(Unit::parse(unit.as_str()), Some(*unit));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(steps in 0i64..1_000_000_000, precision in 0i64..=3) {
            let measure = Measure::new(Unit::Metre, precision);
            prop_assert_eq!(measure.read(&measure.number(steps)), Some(steps));
        }

        #[test]
        fn pieces_cost_what_they_did_and_parts_never_more_than_the_line(
            price in 0i64..1_000_000, quantity in 1i64..2000, precision in 0i64..=3, cuts in proptest::collection::vec(1i64..400, 1..6),
        ) {
            prop_assert_eq!(Measure::PIECE.amount(price, quantity), price * quantity);
            let measure = Measure::new(Unit::Metre, precision);
            let line = measure.amount(price, quantity);
            // Rounded half up, once.
            let doubled = 2 * (i128::from(price) * i128::from(quantity)) - 2 * i128::from(line) * i128::from(measure.per());
            prop_assert!(doubled.abs() <= i128::from(measure.per()));
            prop_assert_eq!(measure.amount(price, quantity * measure.per()), price * quantity);
            // Refunds take units of a line one after another: all of them together are the line, any of them no more, and none takes back.
            let (mut at, mut back) = (0, 0);
            for cut in cuts {
                at = (at + cut).min(quantity);
                let then = first_units(line, at, quantity, measure.per());
                prop_assert!(then >= back && then <= line);
                back = then;
            }
            prop_assert_eq!(first_units(line, quantity, quantity, measure.per()), line);
            // A part of what is measured is worth its share, however small the price.
            if precision > 0 {
                let half = first_units(line, quantity / 2, quantity, measure.per());
                prop_assert!((i128::from(half) * i128::from(quantity) - i128::from(line) * i128::from(quantity / 2)).abs() * 2 <= i128::from(quantity));
            }
        }
    }
}
