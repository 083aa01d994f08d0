//! Folding of text: two spellings that a shopper holds for the same become the same letters.

use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Traditional characters, each followed by its simplified form.
static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let mut pairs = include_str!("traditional.txt").chars().filter(|c| !c.is_whitespace());
    let mut table = HashMap::new();
    while let (Some(traditional), Some(simplified)) = (pairs.next(), pairs.next()) {
        table.insert(traditional, simplified);
    }
    table
});

/// Lower case, without accents, full-width letters as plain ones, traditional Chinese as simplified.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
        return folded;
    }
    for c in text.chars().map(without_mark_sign).nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'a'..='z' => folded.push(c),
            'ß' | 'ẞ' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
            'þ' | 'Þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            '’' | '‘' | 'ʼ' | '＇' => folded.push('\''),
            '‐'..='―' | '−' => folded.push('-'),
            c if is_han(c) => folded.push(*SIMPLIFIED.get(&c).unwrap_or(&c)),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// A sign of law is no letter: compatibility folding would make "tm" of it and glue it to the word.
fn without_mark_sign(c: char) -> char {
    if matches!(c, '™' | '℠' | '®' | '©') { ' ' } else { c }
}

/// Chinese characters, in every block that shops write with.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '〇' | '々')
}

/// Letters and digits alone, folded: how SKUs are compared, so that hyphens and spaces do not matter.
pub fn bare(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// English plural to singular, and nothing else: a stronger stemmer joins words that shops sell apart.
pub fn singular(word: &str) -> String {
    let length = word.len();
    if length < 4 || !word.bytes().all(|b| b.is_ascii_lowercase()) || !word.ends_with('s') {
        return word.to_string();
    }
    let without = |count: usize| word[..length - count].to_string();
    if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") || word == "series" {
        word.to_string()
    } else if word.ends_with("ies") && length > 4 && !word.ends_with("eies") && !word.ends_with("aies") {
        without(3) + "y"
    } else if ["sses", "xes", "ches", "shes", "zzes"].iter().any(|ending| word.ends_with(ending)) {
        without(2)
    } else {
        without(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet() {
        assert_eq!(fold("Crème BRÛLÉE"), "creme brulee");
        assert_eq!(fold("Straße Łódź"), "strasse lodz");
        assert_eq!(fold("ＡＢＣ１２"), "abc12");
        assert_eq!(fold("綠茶壺"), "绿茶壶");
        assert_eq!(fold("Intel® Core™2"), "intel  core 2");
        assert_eq!(bare("AB-12/ c"), "ab12c");
    }

    #[test]
    fn plurals_become_singular() {
        for (plural, one) in
            [("batteries", "battery"), ("headphones", "headphone"), ("boxes", "box"), ("watches", "watch"), ("glasses", "glass")]
        {
            assert_eq!(singular(plural), one);
        }
        for same in ["bus", "glass", "ps4", "gps", "tea", "tennis", "茶s"] {
            assert_eq!(singular(same), same);
        }
    }
}
