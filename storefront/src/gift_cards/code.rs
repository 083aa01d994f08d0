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

/// A text in which of every code only the last four characters are left.
pub fn masked(text: &str) -> String {
    let width = LENGTH + LENGTH / 4 - 1;
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let is_code = |part: &[u8]| part.iter().enumerate().all(|(at, byte)| if at % 5 == 4 { *byte == b'-' } else { letter(*byte) });
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.as_bytes().get(..width).filter(|part| is_code(part)) {
            Some(_) => {
                shown.push_str("····-····-····-");
                shown.push_str(&rest[width - 4..width]);
                rest = &rest[width..];
            }
            None => {
                shown.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    shown
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
        assert_eq!(masked(&format!("礼品卡 <p>{shown}</p>")), format!("礼品卡 <p>····-····-····-{}</p>", &code[12..]));
        assert_eq!(masked("ABCD-EFGH and nothing else, R1001-1"), "ABCD-EFGH and nothing else, R1001-1");
    }
}
