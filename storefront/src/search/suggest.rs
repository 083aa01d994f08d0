//! What the search box offers while somebody types, from the embedded index.

use super::schema::Fields;
use super::segment::{Label, Segment};
use super::tokens::{Cut, words};
use super::{SearchPage, SearchQuery, Suggestion};
use crate::search::embedded::failed;
use kernel::error::Result;
use std::collections::BTreeSet;
use std::sync::Arc;
use tantivy::schema::{Field, Value};
use tantivy::{DocAddress, DocSet, Searcher, TERMINATED, TantivyDocument, Term};

pub const MOST_CATEGORIES: usize = 3;
pub const MOST_BRANDS: usize = 2;

/// `search` asks within what is searched. Categories and brands whose names hold words that begin like the typed ones, then the products a search finds.
pub fn suggest(
    searcher: &Searcher,
    segments: &[Arc<Segment>],
    fields: &Fields,
    text: &str,
    limit: usize,
    search: &dyn Fn(SearchQuery) -> Result<SearchPage>,
) -> Result<Vec<Suggestion>> {
    let typed = typed(text);
    if typed.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let mut offered = Vec::new();
    for (key, most) in [("category", MOST_CATEGORIES), ("brand", MOST_BRANDS)] {
        let mut taken = 0;
        for label in named(segments, key, &typed) {
            if taken < most && offered.len() < limit && lives(&label, search)? {
                taken += 1;
                offered.push(match label.value.parse() {
                    Ok(id) if key == "category" => Suggestion::Category { id, names: label.names },
                    _ => Suggestion::Brand { name: label.value },
                });
            }
        }
    }
    let left = limit - offered.len();
    let page = search(SearchQuery { text: text.to_string(), limit: left, ..SearchQuery::default() })?;
    for id in page.hits.into_iter().take(left) {
        offered.extend(product(searcher, fields, id)?);
    }
    Ok(offered)
}

/// The labels that begin as typed, the shortest first: there the typed word is most of the name.
fn named(segments: &[Arc<Segment>], key: &str, typed: &[String]) -> Vec<Label> {
    let mut found = BTreeSet::new();
    for segment in segments {
        for label in &segment.labels.0[segment.labels.of(key)] {
            let name = if key == "category" { &label.names } else { &label.value };
            let lines = name.lines().filter(|line| begins(line, typed)).map(|line| line.chars().count()).min();
            if let Some(length) = lines {
                found.insert((length, label.clone()));
            }
        }
    }
    let mut seen = BTreeSet::new();
    found.into_iter().map(|(_, label)| label).filter(|label| seen.insert(label.value.clone())).collect()
}

/// The words that were typed.
pub fn typed(text: &str) -> Vec<String> {
    words(text, Cut::Query).into_iter().take(12).map(|word| word.surface).collect()
}

/// Whether each typed word begins a word of the name.
pub fn begins(name: &str, typed: &[String]) -> bool {
    let name = words(name, Cut::Index);
    typed.iter().all(|typed| name.iter().any(|word| word.surface.starts_with(typed.as_str())))
}

/// A label outlives its last product until the segment is merged.
fn lives(label: &Label, search: &dyn Fn(SearchQuery) -> Result<SearchPage>) -> Result<bool> {
    let facets = [(label.key.clone(), [label.value.clone()].into())].into();
    Ok(search(SearchQuery { facets, ..SearchQuery::default() })?.total > 0)
}

fn product(searcher: &Searcher, fields: &Fields, id: i64) -> Result<Option<Suggestion>> {
    let term = Term::from_field_i64(fields.id, id);
    for (at, reader) in (0..).zip(searcher.segment_readers()) {
        let index = reader.inverted_index(fields.id).map_err(failed)?;
        let postings = index.read_postings(&term, tantivy::schema::IndexRecordOption::Basic).map_err(|error| failed(error.into()))?;
        let Some(mut postings) = postings else { continue };
        let mut document = postings.doc();
        while document != TERMINATED {
            if !reader.is_deleted(document) {
                let stored: TantivyDocument = searcher.doc(DocAddress::new(at, document)).map_err(failed)?;
                return Ok(Some(Suggestion::Product { id, slug: text(&stored, fields.slug), title: text(&stored, fields.name) }));
            }
            document = postings.advance();
        }
    }
    Ok(None)
}

fn text(document: &TantivyDocument, field: Field) -> String {
    document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default().to_string()
}
