//! VAT identification numbers, checked by their form and check digits and without asking anybody. That a number is well-formed does
//! not prove that it is in use.
//!
//! Forms: European Commission, VIES, "structure of the VAT identification number". Check digits: the rules of the issuing offices.

mod digits;

/// The states of the European Union, ISO 3166-1 alpha-2.
const MEMBERS: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL",
    "PT", "RO", "SE", "SI", "SK",
];

/// The prefix of Northern Ireland, whose numbers hold for goods but not for services.
pub const NORTHERN_IRELAND: &str = "XI";

/// Whether a country is a state of the European Union.
pub fn is_member(country: &str) -> bool {
    MEMBERS.contains(&country)
}

/// Whether goods that go there leave a member state for another: the Union, and Northern Ireland, whose postal codes begin with BT.
pub fn is_union_destination(country: &str, postal_code: &str) -> bool {
    is_member(country) || (country == "GB" && postal_code.trim_start().to_uppercase().starts_with("BT"))
}

/// The country of a well-formed number of the Union, or `XI`. `None` for any other text.
pub fn member(number: &str) -> Option<&str> {
    let (prefix, rest) = number.split_at_checked(2)?;
    if !digits::valid(prefix, rest) {
        return None;
    }
    Some(if prefix == "EL" { "GR" } else { prefix })
}

/// A number as it is stored, `DE136695976`: capitals without blanks, and with the prefix of `country` (ISO 3166-1 alpha-2) when it was
/// typed without. Numbers of the Union are checked; of others only that they look like one. `None` for what is no number.
pub fn parse(typed: &str, country: &str) -> Option<String> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '/')).collect::<String>().to_uppercase();
    if plain.len() > 20 || !plain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '*')) {
        return None;
    }
    // Greece is GR everywhere but in its VAT numbers.
    let plain = plain.strip_prefix("GR").map(|rest| format!("EL{rest}")).unwrap_or(plain);
    if member(&plain).is_some() {
        return Some(plain);
    }
    if is_member(country) {
        let prefixed = format!("{}{plain}", if country == "GR" { "EL" } else { country });
        return member(&prefixed).is_some().then_some(prefixed);
    }
    let named = plain.get(..2).is_some_and(|prefix| is_member(prefix) || prefix == "EL" || prefix == NORTHERN_IRELAND);
    (!named && plain.len() >= 4).then_some(plain)
}

#[cfg(test)]
#[path = "vat_id/tests.rs"]
mod tests;
