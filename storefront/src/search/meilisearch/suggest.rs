//! What the search box offers while somebody types, from the first products that Meilisearch finds.

use super::list::{filter, folded};
use crate::search::schema::INNER;
use crate::search::suggest::{MOST_BRANDS, MOST_CATEGORIES, begins, typed};
use crate::search::{Suggestion, Within};
use meilisearch_sdk::errors::Error as Failure;
use meilisearch_sdk::indexes::Index;
use meilisearch_sdk::search::{MatchingStrategies, Selectors};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Products that are looked at for the names of their categories and brands.
const LOOKED_AT: usize = 20;

#[derive(Debug, Clone, Deserialize)]
struct Product {
    id: i64,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    named: Vec<(i64, String)>,
    #[serde(default)]
    labels: Vec<String>,
}

/// Categories and brands whose names begin as typed, the shortest first, then products.
pub async fn suggestions(index: &Index, text: &str, within: &Within, limit: usize) -> Result<Vec<Suggestion>, Failure> {
    let (text, words, filter) = (folded(text), typed(text), filter(None, within));
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut search = index.search();
    search.with_query(&text).with_limit(limit.max(LOOKED_AT)).with_matching_strategy(MatchingStrategies::ALL);
    search.with_attributes_to_retrieve(Selectors::Some(&["id", "slug", "name", "named", "labels"]));
    search.with_filter(&filter);
    let products: Vec<Product> = search.execute::<Product>().await?.hits.into_iter().map(|hit| hit.result).collect();
    let length = |names: &str| names.lines().filter(|line| begins(line, &words)).map(|line| line.chars().count()).min();
    let named = products.iter().flat_map(|product| &product.named);
    let categories: BTreeSet<(usize, &(i64, String))> = named.filter_map(|category| Some((length(&category.1)?, category))).collect();
    let labels = products.iter().flat_map(|product| &product.labels).filter_map(|label| split(label));
    let brands = labels.filter(|(key, _)| *key == "brand");
    let brands: BTreeSet<(usize, &str)> = brands.filter_map(|(_, name)| Some((length(name)?, name))).collect();
    let categories = categories.into_iter().map(|(_, (id, names))| Suggestion::Category { id: *id, names: names.clone() });
    let brands = brands.into_iter().map(|(_, name)| Suggestion::Brand { name: name.to_string() });
    let found = products.iter().map(|one| Suggestion::Product { id: one.id, slug: one.slug.clone(), title: one.name.clone() });
    Ok(categories.take(MOST_CATEGORIES).chain(brands.take(MOST_BRANDS)).chain(found).take(limit).collect())
}

/// The key and the value of a label.
fn split(label: &str) -> Option<(&str, &str)> {
    let mut parts = label.splitn(3, INNER);
    Some((parts.next()?, parts.next()?))
}
