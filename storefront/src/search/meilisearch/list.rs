//! What is asked of the server: which products a text finds, or a group holds, and what it keeps of products.

use crate::search::text::fold;
use crate::search::{SearchDocument, Within};
use meilisearch_sdk::documents::DocumentsQuery;
use meilisearch_sdk::errors::Error as Failure;
use meilisearch_sdk::indexes::Index;
use meilisearch_sdk::search::{MatchingStrategies, Selectors};
use serde::Deserialize;
use std::collections::HashSet;

/// As much of a text as the embedded engine reads.
const LONGEST_TEXT: usize = 400;

/// A product that the server lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Listed {
    pub id: i64,
    /// Changes with the facts that the server keeps of it.
    pub stamp: u64,
}

/// The facts of a product.
#[derive(Debug)]
pub struct Known {
    pub stamp: u64,
    pub product: SearchDocument,
}

/// A product whose facts are asked for.
#[derive(Debug, Clone, Deserialize)]
struct Kept {
    stamp: u64,
    facts: String,
}

/// The beginning of a text as it is looked for: folded, without the characters that JSON carries and no shopper types, and without what
/// the server takes for an operator: quotation marks, and a minus before a word.
pub fn folded(text: &str) -> String {
    let plain = |c: char| if c.is_control() || c == '"' { ' ' } else { c };
    let text: String = fold(&text.chars().take(LONGEST_TEXT).collect::<String>()).chars().map(plain).collect();
    text.split_whitespace().map(|word| word.trim_start_matches('-')).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What a product has to be in, and have a price in. Where that is nothing, what every product has.
pub fn filter(category: Option<i64>, within: &Within) -> String {
    let groups = category.into_iter().chain(within.part).chain(within.contract).map(|id| format!("categories = {id}"));
    let all: Vec<String> = groups.chain(within.currency.map(|currency| format!("currencies = {}", currency.code()))).collect();
    if all.is_empty() { "available EXISTS".to_string() } else { all.join(" AND ") }
}

/// At most `most` products from the place `from` on: those that the text finds, the best match first, or without a text all that pass
/// the filter.
pub async fn part(index: &Index, text: &str, filter: &str, from: usize, most: usize) -> Result<Vec<Listed>, Failure> {
    if text.is_empty() {
        let mut asked = DocumentsQuery::new(index);
        asked.with_filter(filter).with_offset(from).with_limit(most).with_fields(["id", "stamp"]);
        return Ok(asked.execute::<Listed>().await?.results);
    }
    let mut asked = index.search();
    asked.with_query(text).with_filter(filter).with_offset(from).with_limit(most).with_matching_strategy(MatchingStrategies::ALL);
    asked.with_attributes_to_retrieve(Selectors::Some(&["id", "stamp"]));
    Ok(asked.execute::<Listed>().await?.hits.into_iter().map(|hit| hit.result).collect())
}

/// What the server keeps of these products; one that is gone is left out.
pub async fn known(index: &Index, ids: &[i64]) -> Result<Vec<Known>, Failure> {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    let mut asked = DocumentsQuery::new(index);
    asked.with_ids(ids.iter().map(String::as_str)).with_limit(ids.len()).with_fields(["stamp", "facts"]);
    let kept = asked.execute::<Kept>().await?.results;
    let read = |kept: Kept| {
        let product = serde_json::from_str(&kept.facts).map_err(Failure::ParseError);
        product.map(|product| Known { stamp: kept.stamp, product })
    };
    kept.into_iter().map(read).collect()
}

/// Joins the parts of one list. The index may change between two of them: a product that moved is not listed twice.
#[derive(Default)]
pub struct Joined {
    pub all: Vec<Listed>,
    ids: HashSet<i64>,
}

impl Joined {
    pub fn add(&mut self, part: Vec<Listed>) {
        self.all.extend(part.into_iter().filter(|one| self.ids.insert(one.id)));
    }
}
