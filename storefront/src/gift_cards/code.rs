//! The code of a gift card: drawn once, typed by people.

/// Letters and digits that nobody takes for another, read aloud or in print.
const ALPHABET: &[u8; 24] = b"ACDEFGHJKMNPQRTVWXY34679";
/// 24^16 codes, 73 bits: nobody finds one by trying.
const LENGTH: usize = 16;

/// A code as it is compared: letters and digits only, in capitals.
pub fn normalise(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).take(64).collect()
}

/// A fresh code, as [`normalise`] leaves it.
pub(super) fn draw() -> String {
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        // 240 is ten times 24: bytes above would make some letters likelier than others.
        for byte in rand::random::<[u8; 24]>().into_iter().filter(|byte| *byte < 240).take(LENGTH - code.len()) {
            code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        }
    }
    code
}

/// A code as it is shown: in groups of four.
pub(super) fn spaced(code: &str) -> String {
    code.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let code = draw();
        assert_eq!(code.len(), LENGTH);
        let shown = spaced(&code);
        assert_eq!((shown.len(), shown.matches('-').count()), (19, 3));
        assert_eq!(normalise(&format!("  {} ", shown.to_lowercase().replace('-', " "))), code);
        assert_eq!(normalise("a\u{0}ß-4"), "A4");
        assert_ne!(draw(), code);
    }
}
