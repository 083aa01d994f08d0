//! Which documents a text finds, and in which order, by Meilisearch's documented rules: the last word may be the beginning of one, a
//! word of four letters may have one typing error and one of nine two, an error in the first letter counts twice, and numbers may have none.

use super::filter::{texts, values};
use serde_json::Value;
use std::cmp::Ordering;

/// Words as its tokenizer cuts them; Chinese characters stand alone.
pub fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.to_lowercase().chars() {
        let han = ('\u{4e00}'..='\u{9fff}').contains(&c);
        if han || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().unwrap().push(c);
        }
        if han {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// How well a document matches: less is better.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub struct Match {
    typos: usize,
    available: i64,
    attribute: usize,
}

/// `None` when one of the words is nowhere in the document.
pub fn matched(document: &Value, settings: &Value, wanted: &[String]) -> Option<Match> {
    let attributes: Vec<&str> = settings["searchableAttributes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let exact: Vec<&str> = settings["typoTolerance"]["disableOnAttributes"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut best =
        Match { typos: 0, available: -values(document, "available").iter().filter_map(|value| value.as_i64()).sum::<i64>(), attribute: 0 };
    for (at, word) in wanted.iter().enumerate() {
        let last = at + 1 == wanted.len();
        let found = attributes.iter().enumerate().flat_map(|(place, attribute)| {
            let allowed = if exact.contains(attribute) { 0 } else { allowed(word, settings) };
            let known = texts(document, attribute).into_iter().flat_map(|text| words(&text));
            known.filter_map(move |known| typos(word, &known, allowed, last).map(|typos| (typos, place))).collect::<Vec<_>>()
        });
        let (typos, place) = found.min()?;
        best.typos += typos;
        best.attribute += place;
    }
    Some(best)
}

fn allowed(word: &str, settings: &Value) -> usize {
    let sizes = &settings["typoTolerance"]["minWordSizeForTypos"];
    let length = word.chars().count() as u64;
    if settings["typoTolerance"]["disableOnNumbers"] == true && word.chars().all(|c| c.is_ascii_digit()) {
        return 0;
    }
    if length >= sizes["twoTypos"].as_u64().unwrap_or(9) { 2 } else { usize::from(length >= sizes["oneTypo"].as_u64().unwrap_or(5)) }
}

/// Typing errors between a word and a known one, of which it may be the beginning; `None` when there are too many.
fn typos(word: &str, known: &str, allowed: usize, prefix: bool) -> Option<usize> {
    let (word, known): (Vec<char>, Vec<char>) = (word.chars().collect(), known.chars().collect());
    let lengths =
        if prefix { word.len().saturating_sub(allowed)..=(word.len() + allowed).min(known.len()) } else { known.len()..=known.len() };
    let first = usize::from(word.first() != known.first());
    let distances = lengths.filter(|length| *length <= known.len()).map(|length| distance(&word, &known[..length]));
    distances.min().map(|distance| if distance == 0 { 0 } else { distance + first }).filter(|distance| *distance <= allowed)
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.iter().enumerate() {
            let cost = before + usize::from(left != right);
            before = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

/// The order of two documents by the match, and the more popular first.
pub fn order(a: (&Value, &Match), b: (&Value, &Match)) -> Ordering {
    let popularity = |document: &Value| document["popularity"].as_i64();
    a.1.partial_cmp(b.1).unwrap_or(Ordering::Equal).then_with(|| popularity(b.0).cmp(&popularity(a.0)))
}
