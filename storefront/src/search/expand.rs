//! The words of the dictionary that a typed word may stand for: longer ones that begin with it, and those one or two typing
//! errors away. A fuzzy query of the engine would give each the same score; here each has a weight of its own.

// Weights are ratios that order hits and touch no money.
#![allow(clippy::float_arithmetic)]

use super::schema::Fields;
use super::tokens::Word;
use std::collections::HashMap;
use tantivy::query::FuzzyTermQuery;
use tantivy::{Searcher, Term};

/// More would cost time and add only noise.
const MOST: usize = 32;
/// Dictionary entries looked at for one prefix; two letters of a large shop stay below it.
const MOST_VISITED: usize = 20_000;
/// Completions whose titles are counted.
const MOST_LIKELY: usize = 200;

/// A word of the index in the place of a typed one.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    pub term: String,
    /// As it stands in a text.
    pub surface: String,
    /// Products with it.
    pub frequency: u64,
    /// 1 for the typed word itself.
    pub weight: f32,
}

/// How many products have the term.
pub fn frequency(searcher: &Searcher, fields: &Fields, term: &str) -> tantivy::Result<u64> {
    searcher.doc_freq(&Term::from_field_text(fields.text, term))
}

/// Words that begin with `typed`, the frequent ones first. None for a single letter: everything begins with it.
pub fn completions(searcher: &Searcher, fields: &Fields, typed: &Word, weight: f32) -> tantivy::Result<Vec<Expansion>> {
    let start = &typed.surface;
    if start.chars().count() < 2 && !typed.han {
        return Ok(Vec::new());
    }
    let mut end = start.clone().into_bytes();
    end.push(0xff);
    let mut found = HashMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(fields.words)?;
        let mut stream = index.terms().range().ge(start.as_bytes()).lt(&end).into_stream()?;
        let mut visited = 0;
        while stream.advance() && visited < MOST_VISITED {
            visited += 1;
            note(&mut found, stream.key(), u64::from(stream.value().doc_freq), typed.han);
        }
    }
    found.remove(&typed.term());
    // What products are called tells better what is being typed than what is written about them.
    let mut likely: Vec<(String, (String, u64))> = found.into_iter().collect();
    likely.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| a.0.cmp(&b.0)));
    likely.truncate(MOST_LIKELY);
    let mut titles = HashMap::new();
    for (term, _) in &likely {
        titles.insert(term.clone(), searcher.doc_freq(&Term::from_field_text(fields.title, term))?);
    }
    let most = titles.values().copied().max().unwrap_or(1);
    Ok(best(likely, |term, _, _| weight * popular(titles.get(term).copied().unwrap_or(0), most)))
}

/// Words one error away from four letters on, two from nine; the first letter is taken as right. A word with a digit is a
/// model, a size or an amount, where the neighbour is another thing.
pub fn corrections(searcher: &Searcher, fields: &Fields, typed: &Word) -> tantivy::Result<Vec<Expansion>> {
    let letters = typed.surface.chars().count();
    let Some(first) = typed.surface.chars().next() else { return Ok(Vec::new()) };
    if typed.han || letters < 4 || typed.surface.chars().any(char::is_numeric) {
        return Ok(Vec::new());
    }
    let errors = if letters >= 9 { 2 } else { 1 };
    let query = FuzzyTermQuery::new(Term::from_field_text(fields.words, &typed.surface), errors, true);
    let start = first.to_string();
    let mut end = start.clone().into_bytes();
    end.push(0xff);
    let mut found = HashMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(fields.words)?;
        let mut stream = index.terms().search(query.automaton()?).ge(start.as_bytes()).lt(&end).into_stream()?;
        while stream.advance() {
            note(&mut found, stream.key(), u64::from(stream.value().doc_freq), false);
        }
    }
    found.remove(&typed.term());
    let most = found.values().map(|(_, frequency)| *frequency).max().unwrap_or(1);
    Ok(best(found, |_, surface, frequency| {
        let near = if distance(&typed.surface, surface) <= 1 { 0.8 } else { 0.4 };
        near * popular(frequency, most)
    }))
}

/// Adds a dictionary entry under its term; the most frequent spelling stands for it.
fn note(found: &mut HashMap<String, (String, u64)>, key: &[u8], frequency: u64, han: bool) {
    let Ok(surface) = std::str::from_utf8(key) else { return };
    let term = Word { surface: surface.to_string(), parts: Vec::new(), han }.term();
    let entry = found.entry(term).or_insert_with(|| (surface.to_string(), 0));
    if frequency > entry.1 {
        entry.0 = surface.to_string();
    }
    entry.1 += frequency;
}

/// Between 0.8 and 1: a frequent word is the likelier meaning, but the best match decides.
fn popular(frequency: u64, most: u64) -> f32 {
    let logarithm = |count: u64| (1.0 + count as f32).ln();
    0.8 + 0.2 * (logarithm(frequency) / logarithm(most.max(1))).sqrt()
}

fn best(found: impl IntoIterator<Item = (String, (String, u64))>, weight: impl Fn(&str, &str, u64) -> f32) -> Vec<Expansion> {
    let mut all: Vec<Expansion> = found
        .into_iter()
        .map(|(term, (surface, frequency))| Expansion { weight: weight(&term, &surface, frequency), term, surface, frequency })
        .collect();
    all.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.term.cmp(&b.term)));
    all.truncate(MOST);
    all
}

/// Errors between two words: insertion, deletion, replacement, two neighbours swapped.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn errors_are_counted() {
        for (a, b, errors) in
            [("battery", "battery", 0), ("batteyr", "battery", 1), ("talet", "tablet", 1), ("cde", "edc", 2), ("", "ab", 2)]
        {
            assert_eq!(distance(a, b), errors, "{a} {b}");
        }
    }
}
