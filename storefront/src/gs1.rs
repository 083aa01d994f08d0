//! What a scanner reads from a GS1 barcode (GS1-128, GS1 DataMatrix, GS1 QR): element strings of the GS1 General Specifications, 3 and 7.8. Of
//! them the number of the article and the count of units are used; batch (10), dates (17), serial number (21) and the rest are read over.

/// What ends an element of variable length: FNC1, which scanners send as this (7.8.6).
const FNC1: char = '\u{1d}';
/// What some scanners put in front: the symbology (ISO/IEC 15424) of GS1-128, DataBar, DataMatrix, QR and DotCode.
const SYMBOLOGIES: [&str; 5] = ["]C1", "]e0", "]d2", "]Q3", "]J1"];

/// An article in a scanned code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Fourteen digits, with the right check digit.
    pub gtin: String,
    /// How many, where the code says so (30, 37).
    pub units: Option<i64>,
}

/// Reads element strings, as a scanner sends them or with their identifiers in brackets as people read them. `None` for any other text.
pub fn read(text: &str) -> Option<Scan> {
    let text = text.trim();
    let text = SYMBOLOGIES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    let elements = if text.starts_with('(') { bracketed(text)? } else { plain(text.trim_start_matches(FNC1))? };
    let value = |wanted: [&str; 2]| elements.iter().find(|(identifier, _)| wanted.contains(&identifier.as_str())).map(|(_, value)| value);
    let gtin = value(["01", "02"]).filter(|gtin| gtin.len() == 14 && sound(gtin))?.clone();
    let units = value(["37", "30"]).and_then(|units| units.parse().ok());
    Some(Scan { gtin, units })
}

/// Whether the last digit is the check digit of those before it (7.9).
pub(crate) fn sound(digits: &str) -> bool {
    let weighed = |(place, byte): (usize, u8)| u32::from(byte - b'0') * if place % 2 == 0 { 1 } else { 3 };
    let numbers = digits.bytes().all(|byte| byte.is_ascii_digit());
    numbers && digits.bytes().rev().enumerate().map(weighed).sum::<u32>().is_multiple_of(10)
}

/// `(01)09506000134352(10)AB-12`. A bracket within a value stays a part of it unless it looks like an identifier.
fn bracketed(text: &str) -> Option<Vec<(String, String)>> {
    let mut found: Vec<(String, String)> = Vec::new();
    for part in text.split('(').skip(1) {
        match part.split_once(')').filter(|(identifier, _)| is_identifier(identifier)) {
            Some((identifier, value)) => found.push((identifier.to_string(), value.trim().to_string())),
            None => {
                let (_, value) = found.last_mut()?;
                value.push('(');
                value.push_str(part);
            }
        }
    }
    Some(found)
}

fn is_identifier(text: &str) -> bool {
    (2..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Elements one after the other: those whose length their first two digits tell, and others up to the next FNC1.
fn plain(text: &str) -> Option<Vec<(String, String)>> {
    if !text.is_ascii() {
        return None;
    }
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = rest.get(..2).filter(|start| is_identifier(start))?;
        let end = match length(start) {
            Some(length) if length <= rest.len() => length,
            Some(_) => return None,
            None => rest.find(FNC1).unwrap_or(rest.len()),
        };
        let (element, after) = rest.split_at(end);
        found.push((start.to_string(), element.get(2..)?.to_string()));
        rest = after.trim_start_matches(FNC1);
    }
    Some(found)
}

/// Characters of an element whose identifier begins so, the identifier among them (7.8.5, predefined lengths).
fn length(start: &str) -> Option<usize> {
    match start {
        "00" => Some(20),
        "01" | "02" | "03" | "41" => Some(16),
        "04" => Some(18),
        "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" => Some(8),
        "20" => Some(4),
        "31" | "32" | "33" | "34" | "35" | "36" => Some(10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_read_as_scanners_send_them_and_as_people_read_them() {
        let article = |units| Some(Scan { gtin: "09506000134352".into(), units });
        for text in [
            "(01)09506000134352",
            "(01) 09506000134352 (17)261231(10)AB(12)C(21)77",
            "0109506000134352",
            "]C1010950600013435217261231",
            "]d20109506000134352172612311\u{30}AB-12\u{1d}2177",
            "\u{1d}10AB\u{1d}0109506000134352",
            "3103001250\u{1d}0109506000134352",
        ] {
            assert_eq!(read(text), article(None), "{text:?}");
        }
        assert_eq!(read("(02)09506000134352(37)24"), article(Some(24)));
        assert_eq!(read("01095060001343523012\u{1d}10X"), article(Some(12)));
        for text in ["", "MUG", "4006381333931", "(01)09506000134353", "(01)9506000134352", "010950600013435", "(10)AB", "(", "(01", "01ä"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[\\]C1d2()0-9A\u{1d}ä ]{0,60}") {
            if let Some(scan) = read(&text) {
                prop_assert!(scan.gtin.len() == 14 && sound(&scan.gtin));
            }
        }
    }
}
