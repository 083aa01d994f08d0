//! Values of attributes as people read them in each language.

use crate::attributes::{NO, Value, YES, decimal};
use crate::labels::Labels;
use crate::web::words::Words;
use kernel::web::format;

/// The space that keeps a number and its unit on one line.
const NO_BREAK: char = '\u{a0}';

/// A number of millionths with its unit: `1,250.5 ml`.
pub fn number(millionths: i64, unit: &str) -> String {
    let plain = decimal::write(millionths);
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("\u{2212}", digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let whole = whole.parse().map_or_else(|_| whole.to_string(), format::number);
    let part = part.map(|part| format!(".{part}")).unwrap_or_default();
    let gap = if unit.is_empty() { String::new() } else { NO_BREAK.to_string() };
    format!("{sign}{whole}{part}{gap}{unit}")
}

/// A value in the words of a page; `unit` is already in its language.
pub fn written(value: &Value, unit: &str, labels: &Labels, words: &Words) -> String {
    match value {
        Value::Text(text) => labels.of(text).to_string(),
        Value::Choice { name, .. } => labels.of(name).to_string(),
        Value::Number(millionths) => number(*millionths, unit),
        Value::YesNo(yes) => words.get(match yes {
            true => "attribute-yes",
            false => "attribute-no",
        }),
        Value::Date(day) => format::date(*day, words.language),
    }
}

/// How yes and no are stored, with the keys of their texts.
pub const YES_NO: [(&str, &str); 2] = [(YES, "attribute-yes"), (NO, "attribute-no")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups_and_stay_with_their_unit() {
        assert_eq!(number(1_250_500_000, "ml"), "1,250.5\u{a0}ml");
        assert_eq!(number(-500_000, ""), "\u{2212}0.5");
    }
}
