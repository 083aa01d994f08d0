//! Words by which rows are found. They are made the same here when something is stored and when somebody looks for it, so that both engines
//! compare bytes; what is typed is the beginning of a word.

use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters of a word that are kept and compared.
const LONGEST: usize = 64;
/// Characters that stand for a word where words have no space between them.
const RUN: usize = 3;

/// A word as it is stored and asked for: lower case, without accents and punctuation, `ß` as `ss`. A prefix stays a prefix.
pub fn normalised(word: &str) -> String {
    folded(word).filter(|letter| stays(*letter)).take(LONGEST).collect()
}

/// Lower case, without accents.
fn folded(text: &str) -> impl Iterator<Item = char> {
    let plain = text.chars().flat_map(char::to_lowercase).nfkd().filter(|letter| !is_combining_mark(*letter));
    plain.flat_map(|letter| match letter {
        'ß' => ['s', 's'].into_iter().take(2),
        'ø' => ['o', 'o'].into_iter().take(1),
        'ł' => ['l', 'l'].into_iter().take(1),
        other => [other, other].into_iter().take(1),
    })
}

/// Letters, digits and what a mail address has beside them.
fn stays(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '@' | '.' | '_' | '+')
}

/// The first text after all that begin with `prefix`; `None` when there is none.
pub fn after_prefix(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

/// The first `most` words of a text that people wrote: what stands between punctuation, mail addresses as a whole as well. Of Chinese and
/// Japanese each character begins a word of three.
pub fn of_text(text: &str, most: usize) -> BTreeSet<String> {
    let folded: String = folded(text).collect();
    let mut words = BTreeSet::new();
    for typed in folded.split_whitespace() {
        words.extend(address(typed));
        for run in runs(typed) {
            let letters: Vec<char> = run.chars().collect();
            let begins = if is_spaceless(letters[0]) { 0..letters.len() } else { 0..1 };
            for at in begins {
                let long = if is_spaceless(letters[0]) { RUN } else { LONGEST };
                words.insert(letters[at..].iter().take(long).collect());
                if words.len() >= most {
                    return words;
                }
            }
        }
    }
    words
}

/// What somebody looks for in texts: each of these begins a word of [`of_text`]. At most `most` of them.
pub fn asked_of_text(typed: &str, most: usize) -> Vec<String> {
    let folded: String = folded(typed).collect();
    let mut asked: Vec<String> = Vec::new();
    let mut add = |word: String| {
        if !asked.contains(&word) {
            asked.push(word);
        }
    };
    for typed in folded.split_whitespace() {
        if let Some(address) = address(typed) {
            add(address);
            continue;
        }
        for run in runs(typed) {
            let letters: Vec<char> = run.chars().collect();
            if !is_spaceless(letters[0]) || letters.len() <= RUN {
                add(letters.iter().take(LONGEST).collect());
                continue;
            }
            letters.chunks_exact(RUN).for_each(|word| add(word.iter().collect()));
            add(letters[letters.len() - RUN..].iter().collect());
        }
    }
    asked.truncate(most);
    asked
}

/// What looks like a mail address, or the beginning of one.
fn address(typed: &str) -> Option<String> {
    let plain: String = typed.chars().filter(|letter| stays(*letter)).collect();
    let plain = plain.trim_matches('.');
    plain.find('@').filter(|at| *at > 0).map(|_| plain.chars().take(LONGEST).collect())
}

/// Letters and digits that stand together, parted where a script without spaces ends or begins.
fn runs(typed: &str) -> impl Iterator<Item = &str> {
    typed.split(|letter: char| !letter.is_alphanumeric()).filter(|run| !run.is_empty()).flat_map(|run| {
        let edges = run.char_indices().zip(run.chars().skip(1));
        let edges = edges.filter(|((_, one), next)| is_spaceless(*one) != is_spaceless(*next)).map(|((at, one), _)| at + one.len_utf8());
        let ends: Vec<usize> = edges.chain([run.len()]).collect();
        let begins: Vec<usize> = [0].into_iter().chain(ends.iter().copied()).collect();
        begins.into_iter().zip(ends).map(|(begin, end)| &run[begin..end])
    })
}

/// Whether words of a letter's script stand without a space between them.
fn is_spaceless(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_found_as_people_type_them() {
        for (typed, stored) in
            [("#R1001", "r1001"), ("Müller", "muller"), ("Straße", "strasse"), ("SKU-12/b", "sku12b"), ("O’Brien", "obrien"), ("--", "")]
        {
            assert_eq!(normalised(typed), stored);
        }
    }

    #[test]
    fn a_text_is_cut_into_words() {
        let words = of_text("The mug/pot (Größe 2) of Ann@Example.com. 茶壶破了ok", 99);
        let expected =
            ["2", "ann", "ann@example.com", "com", "example", "grosse", "mug", "of", "ok", "pot", "the", "了", "壶破了", "破了", "茶壶破"];
        assert_eq!(words.iter().map(String::as_str).collect::<Vec<_>>(), expected);
        assert_eq!(asked_of_text("Mug/POT ann@ex @example 茶壶 \0 ?!", 9), ["mug", "pot", "ann@ex", "example", "茶壶"]);
        assert_eq!(asked_of_text("我的茶壶破了吗", 9), ["我的茶", "壶破了", "破了吗"]);
        assert_eq!(of_text(&"a b c d ".repeat(9), 3).len(), 3);
        assert!(asked_of_text(" … @ . ", 9).is_empty() && of_text("@ \0 --", 9).is_empty());
    }

    proptest! {
        #[test]
        fn what_begins_with_a_prefix_lies_between_it_and_the_next(prefix in "\\PC{1,6}", rest in "\\PC{0,6}") {
            let word = format!("{prefix}{rest}");
            prop_assert!(word.as_str() >= prefix.as_str());
            prop_assert!(after_prefix(&prefix).is_none_or(|end| word < end));
        }

        #[test]
        fn a_typed_prefix_stays_a_prefix(word in "[a-zA-Z0-9äöüßé@.-]{1,20}", at in 0usize..20) {
            let cut: String = word.chars().take(at).collect();
            prop_assert!(normalised(&word).starts_with(&normalised(&cut)));
        }

        #[test]
        fn what_stands_in_a_text_is_found_by_it(before in "\\PC{0,20}", word in "[a-zé0-9]{1,8}|[一-龥]{1,9}", after in "\\PC{0,20}", at in 1usize..9) {
            let words = of_text(&format!("{before} {word} {after}"), 999);
            let typed: String = word.chars().take(at).collect();
            for asked in asked_of_text(&typed, 99) {
                prop_assert!(words.iter().any(|word| word.starts_with(&asked)), "{asked} {words:?}");
            }
        }
    }
}
