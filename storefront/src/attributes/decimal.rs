//! Decimal numbers without floats: whole millionths, written in one way.

/// Millionths in one.
const ONE: i64 = 1_000_000;
/// The most digits before the point.
const WHOLE: usize = 12;

/// Reads a number as people type it: `1,250.5`, `−3`. A comma stands between groups of three digits only, since `1,5` means
/// one thing here and another there. At most twelve digits before the point and six after it.
pub fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let grouped = whole.contains(',');
    let plain: String = whole.split(',').collect();
    let groups_of_three = !grouped || (whole.split(',').skip(1).all(|group| group.len() == 3) && (1..=3).contains(&whole.find(',')?));
    let all_digits = plain.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit());
    if plain.is_empty() && part.is_empty() || !all_digits || !groups_of_three || plain.len() > WHOLE || part.len() > 6 {
        return None;
    }
    let whole: i64 = if plain.is_empty() { 0 } else { plain.parse().ok()? };
    let part: i64 = format!("{part:0<6}").parse().ok()?;
    let value = whole * ONE + part;
    Some(if negative { -value } else { value })
}

/// The one way a number is written: `350`, `-0.5`.
pub fn write(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let (whole, part) = (millionths.unsigned_abs() / 1_000_000, millionths.unsigned_abs() % 1_000_000);
    let part = format!("{part:06}");
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}.{part}"),
    }
}

/// A number written as [`write`] does, and no other text.
pub fn written(text: &str) -> Option<i64> {
    read(text).filter(|value| write(*value) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_they_are_typed_and_are_written_in_one_way() {
        for (typed, millionths, text) in [
            ("350", 350_000_000, "350"),
            (" 007.50 ", 7_500_000, "7.5"),
            ("-.5", -500_000, "-0.5"),
            ("\u{2212}0", 0, "0"),
            ("1,250,000.000001", 1_250_000_000_001, "1250000.000001"),
            ("+3.", 3_000_000, "3"),
        ] {
            assert_eq!(read(typed), Some(millionths), "{typed}");
            assert_eq!(write(millionths), text);
            assert_eq!(written(text), Some(millionths));
        }
        for typed in ["", "1,5", "1,2345", ",500", "1 2", "abc", "1.2.3", "0.0000001", "1234567890123", "1e3", "٣", "-"] {
            assert_eq!(read(typed), None, "{typed}");
        }
        assert_eq!(written("7.50"), None);
    }
}
