//! Text without the people in it.

use std::collections::HashSet;

/// Stands where something was taken out, for whoever reads the draft to see.
pub const GAP: &str = "[…]";
/// Letters of a name that is looked for by itself.
const LETTERS: usize = 3;
/// Digits in a row, whatever stands between them, that may be a telephone number, an account or a card.
const DIGITS: usize = 7;

/// What of somebody is known: what is taken out as it stands, and the single words of it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    whole: Vec<String>,
    words: HashSet<String>,
}

impl Known {
    /// A name: its words are found alone too.
    pub fn name(&mut self, name: &str) {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= LETTERS);
        self.words.extend(words.map(str::to_lowercase));
        self.whole(name);
    }

    /// Something that is found as it stands, such as a line of an address.
    pub fn whole(&mut self, text: &str) {
        let text = text.trim();
        // Two letters stand in too many words, but are a name in Chinese.
        if text.chars().count() >= LETTERS || text.chars().count() > 1 && !text.is_ascii() {
            self.whole.push(text.to_string());
        }
    }
}

/// A text without what is `known`, without mail addresses, secrets of links, numbers of orders and tickets, and long numbers. What was taken
/// out leaves a [`GAP`]. Quoted lines are left out whole.
pub fn faceless(text: &str, known: &Known) -> String {
    let mut text: String = text.lines().filter(|line| !line.trim_start().starts_with('>')).map(|line| format!("{line}\n")).collect();
    for whole in &known.whole {
        text = text.replace(whole.as_str(), GAP);
    }
    let mut cleaned = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        cleaned.push_str(&without_address(word, known));
        cleaned.push_str(&piece[word.len()..]);
    }
    without_numbers(&cleaned).trim().to_string()
}

/// A word between blanks: gone when it is a mail address, without what follows the path when it is a link.
fn without_address(word: &str, known: &Known) -> String {
    if word.split_once('@').is_some_and(|(before, after)| !before.is_empty() && after.contains(|c: char| c.is_alphanumeric())) {
        return GAP.to_string();
    }
    if word.contains("://") {
        let path = word.split(['?', '#']).next().unwrap_or(word);
        return if path.len() < word.len() { format!("{path}{GAP}") } else { path.to_string() };
    }
    let mut cleaned = String::with_capacity(word.len());
    let mut rest = word;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (own, after) = rest.split_at(end);
        let out = known.words.contains(&own.to_lowercase()) || numbered(own);
        cleaned.push_str(if out { GAP } else { own });
        let next = after.find(char::is_alphanumeric).unwrap_or(after.len());
        cleaned.push_str(&after[..next]);
        rest = &after[next..];
    }
    cleaned
}

/// Whether a word is the number of an order or a ticket, such as R1001.
fn numbered(word: &str) -> bool {
    let digits = word.strip_prefix(['R', 'r', 'T', 't']);
    digits.is_some_and(|digits| digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn without_numbers(text: &str) -> String {
    let (mut cleaned, mut run, mut digits) = (String::with_capacity(text.len()), String::new(), 0);
    for letter in text.chars().chain(['\0']) {
        let within = letter.is_numeric() || (digits > 0 || letter == '+' || letter == '(') && " +-/().".contains(letter);
        if within {
            digits += usize::from(letter.is_numeric());
            run.push(letter);
            continue;
        }
        if digits >= DIGITS {
            // What stands between the number and the next word stays.
            let end = run.trim_end_matches(|c: char| !c.is_numeric()).len();
            cleaned.push_str(GAP);
            cleaned.push_str(&run[end..]);
        } else {
            cleaned.push_str(&run);
        }
        (run, digits) = (String::new(), 0);
        if letter != '\0' {
            cleaned.push(letter);
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_person_is_left() {
        let mut known = Known::default();
        known.name("Ann-Marie Weber");
        known.name("李小龙");
        known.whole("Lindenstraße 12");
        let told = "Dear WEBER, ann@example.com wrote of R1001-2: call +49 (341) 123 45-67.\n> my secret\nIt goes to Lindenstraße 12, 2 mugs at 12,00.";
        assert_eq!(faceless(told, &known), "Dear […], […] wrote of […]-2: call […].\nIt goes to […], 2 mugs at 12,00.");
        let link = "See https://shop.example/requests/T1001?key=secret&x=1 or <ann.weber@example.com>, marie!";
        let said = faceless(link, &known);
        assert!(!said.contains("secret") && !said.contains("weber") && !said.contains("marie"), "{said}");
        assert_eq!(faceless("李小龙您好，电话13800138000。", &known), "[…]您好，电话[…]。");
        assert_eq!(faceless("Marierotten annual return of 100 mugs in 2026", &known), "Marierotten annual return of 100 mugs in 2026");
        for odd in ["", ">", "@", "a@", "((((((", "+", "1234567", "\u{0}\u{1f}", "://", "R"] {
            let _ = faceless(odd, &known);
        }
    }
}
