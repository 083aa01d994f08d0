//! How WooCommerce puts lists and long texts into one cell, and a handle for products whose file has none.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The values of a cell joined by commas, in which `\,` is a comma of a value.
pub(super) fn explode(cell: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut rest = cell.chars().peekable();
    while let Some(letter) = rest.next() {
        match (letter, values.last_mut()) {
            (',', _) => values.push(String::new()),
            ('\\', Some(value)) if rest.peek() == Some(&',') => value.extend(rest.next()),
            (letter, Some(value)) => value.push(letter),
            (_, None) => {}
        }
    }
    values.into_iter().map(|value| value.trim().to_string()).filter(|value| !value.is_empty()).collect()
}

/// Paths of categories: `Tea > Green, Gifts`.
pub(super) fn categories(cell: &str) -> Vec<Vec<String>> {
    let path = |text: &String| -> Vec<String> { text.split('>').map(super::plain_text).filter(|name| !name.is_empty()).collect() };
    let mut paths: Vec<Vec<String>> = Vec::new();
    for path in explode(cell).iter().map(path).filter(|path| !path.is_empty()) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// A description with its line ends, which the exporter writes as `\n` and a real `\n` as `\\n`.
pub(super) fn lines(cell: &str) -> String {
    cell.split("\\\\n").map(|part| part.replace("\\n", "\n")).collect::<Vec<_>>().join("\\n")
}

/// Small Latin letters and digits with hyphens between; empty when the name has none of them.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        // An apostrophe joins: "Grandma's" is one word.
        } else if !matches!(letter, '\'' | '\u{2019}') && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_of_a_value_stay_in_it() {
        assert_eq!(explode(r"Salt\, Pepper & Co, Tea , ,"), ["Salt, Pepper & Co", "Tea"]);
        assert_eq!(explode(r"back\slash"), [r"back\slash"]);
        assert_eq!(explode(""), Vec::<String>::new());
    }

    #[test]
    fn categories_are_paths() {
        assert_eq!(
            categories(r"Tea > Green, Tea > Green, Sweets\, Snacks &amp; Co > Nuts,>"),
            [vec!["Tea".to_string(), "Green".into()], vec!["Sweets, Snacks & Co".into(), "Nuts".into()]]
        );
    }

    #[test]
    fn line_ends_come_back() {
        assert_eq!(lines(r"one\ntwo\\nthree"), "one\ntwo\\nthree");
    }

    #[test]
    fn handles_are_plain() {
        assert_eq!(slug("  Grandma's Tée & Cup (0.5 l)"), "grandmas-tee-cup-0-5-l");
        assert_eq!(slug("龙井茶"), "");
    }
}
