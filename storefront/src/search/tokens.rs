//! Cutting text into words: letters and digits by their edges, Chinese by a dictionary.

use super::text::{fold, is_han, singular};
use jieba_rs::Jieba;
use std::sync::LazyLock;

/// The dictionary takes a while and some tens of megabytes: it is loaded at the first Chinese word.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Longer "words" are noise (keys, base64) and would only fill the dictionary.
const LONGEST: usize = 48;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Folded, not stemmed. A compound such as "wi-fi" is written in one: "wifi".
    pub surface: String,
    /// The pieces of a compound, otherwise empty.
    pub parts: Vec<String>,
    pub han: bool,
}

impl Word {
    fn plain(surface: String) -> Word {
        Word { surface, parts: Vec::new(), han: false }
    }

    /// The form that is indexed.
    pub fn term(&self) -> String {
        if self.han { self.surface.clone() } else { singular(&self.surface) }
    }
}

/// How Chinese is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Long words and the short ones inside them: for texts that are to be found.
    Index,
    /// Each character once: for what somebody typed.
    Query,
}

/// The words of `text` in order.
pub fn words(text: &str, cut: Cut) -> Vec<Word> {
    let folded = fold(text);
    let mut found = Vec::new();
    let mut rest = folded.as_str();
    while let Some(start) = rest.find(char::is_alphanumeric) {
        rest = &rest[start..];
        let han = rest.starts_with(is_han);
        let end = if han { rest.find(|c| !is_han(c)).unwrap_or(rest.len()) } else { end_of_word(rest) };
        let (run, after) = rest.split_at(end);
        if han {
            chinese(run, cut, &mut found)
        } else {
            latin(run, &mut found)
        }
        rest = after;
    }
    found
}

/// The Chinese characters of `text` in order, one run a list: the last resort where the dictionary cuts otherwise.
pub fn characters(text: &str) -> Vec<Vec<char>> {
    let folded = fold(text);
    folded.split(|c| !is_han(c)).filter(|run| !run.is_empty()).map(|run| run.chars().collect()).collect()
}

fn chinese(run: &str, cut: Cut, found: &mut Vec<Word>) {
    let pieces = match cut {
        Cut::Index => JIEBA.cut_for_search(run, true),
        Cut::Query => JIEBA.cut(run, true),
    };
    found.extend(pieces.iter().map(|piece| Word { surface: piece.word.to_string(), parts: Vec::new(), han: true }));
}

/// Letters and digits, held together by a single hyphen, point, underscore or apostrophe between them.
fn end_of_word(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if is_han(c) {
            return at;
        }
        if c.is_alphanumeric() {
            continue;
        }
        let joins = matches!(c, '-' | '.' | '_' | '\'') && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric() && !is_han(*next));
        if !joins {
            return at;
        }
    }
    text.len()
}

fn latin(run: &str, found: &mut Vec<Word>) {
    let run = run.replace('\'', "");
    let decimal = run.contains('.') && run.chars().all(|c| c.is_ascii_digit() || c == '.');
    if decimal {
        found.push(Word::plain(run));
        return;
    }
    let parts: Vec<&str> = run.split(['-', '.', '_']).collect();
    let surface: String = parts.concat();
    if surface.chars().count() > LONGEST {
        found.extend(parts.iter().filter(|part| part.chars().count() <= LONGEST).map(|part| Word::plain((*part).to_string())));
    } else if parts.len() > 1 {
        found.push(Word { surface, parts: parts.iter().map(|part| (*part).to_string()).collect(), han: false });
    } else if let Some(unit) = quantity(&surface) {
        let parts = vec![surface[..unit].to_string(), surface[unit..].to_string()];
        found.push(Word { surface, parts, han: false });
    } else if !surface.is_empty() {
        found.push(Word::plain(surface));
    }
}

/// Where the unit of "16gb" begins: numbers are written with and without the space.
fn quantity(word: &str) -> Option<usize> {
    let unit = word.find(|c: char| !c.is_ascii_digit())?;
    let letters = &word[unit..];
    (unit > 0 && letters.len() >= 2 && letters.len() <= 4 && letters.bytes().all(|b| b.is_ascii_lowercase())).then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surfaces(text: &str, cut: Cut) -> Vec<String> {
        words(text, cut).into_iter().map(|word| word.surface).collect()
    }

    #[test]
    fn compounds_keep_their_parts() {
        let found = words("Wi-Fi men's 4.5 16GB", Cut::Index);
        assert_eq!(found[0], Word { surface: "wifi".into(), parts: vec!["wi".into(), "fi".into()], han: false });
        assert_eq!(found[1].surface, "mens");
        assert_eq!(found[1].term(), "men");
        assert_eq!(found[2].surface, "4.5");
        assert_eq!(found[3].parts, ["16", "gb"]);
    }

    #[test]
    fn chinese_is_cut_by_words() {
        assert_eq!(surfaces("龍井綠茶teapot", Cut::Query), ["龙井", "绿茶", "teapot"]);
        assert!(surfaces("中华人民共和国", Cut::Index).contains(&"共和国".to_string()));
        assert_eq!(characters("绿茶 tea 壶"), [vec!['绿', '茶'], vec!['壶']]);
    }

    #[test]
    fn hostile_text_is_cut_sanely() {
        assert_eq!(surfaces("\0 -- \"AND\" (tea:* OR) ^~", Cut::Query), ["and", "tea", "or"]);
        assert!(surfaces("!!! … 🍵 —", Cut::Query).is_empty());
        assert!(surfaces(&"x".repeat(10_000), Cut::Query).is_empty());
    }
}
