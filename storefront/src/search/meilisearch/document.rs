//! A product as Meilisearch stores it, and the settings of its index.

use crate::search::SearchDocument;
use crate::search::schema::{INNER, product_labels};
use crate::search::text::{bare, fold};
use kernel::error::{Error, Result};
use meilisearch_sdk::settings::{MinWordSizeForTypos, PaginationSetting, Settings, TypoToleranceSettings};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The server numbers its documents with 32 bits: no list is longer than this.
const MOST_HITS: usize = u32::MAX as usize;

#[derive(Debug, Serialize)]
pub struct Document {
    id: i64,
    slug: String,
    name: String,
    /// What is searched is folded, as the text of a query is: both engines hold the same spellings for one.
    titles: Vec<String>,
    brand: Option<String>,
    kinds: Vec<String>,
    skus: Vec<String>,
    tags: Vec<String>,
    values: Vec<String>,
    descriptions: Vec<String>,
    categories: Vec<i64>,
    /// In which a variant has a price.
    currencies: Vec<&'static str>,
    /// Ids and names of the categories, to be shown.
    named: Vec<(i64, String)>,
    /// `key, separator, value` of the product, to suggest brands.
    labels: Vec<String>,
    /// What filters, facets and orders look at, see [`facts`]. The server keeps it and does not read it.
    facts: String,
    /// Tells these facts from those before.
    stamp: u64,
    available: u8,
    popularity: i64,
}

impl Document {
    /// Fails never in practice: what is known of a product is texts and numbers.
    pub fn of(product: &SearchDocument) -> Result<Document> {
        let prices = product.variants.iter().flat_map(|variant| &variant.prices);
        let mut currencies: Vec<&'static str> = prices.map(|(currency, _)| currency.code()).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let options = product.variants.iter().flat_map(|variant| &variant.options).map(|(_, value)| value);
        let bare_skus = product.skus.iter().map(|sku| bare(sku));
        let folded = |texts: &[String]| texts.iter().map(|text| fold(text)).collect();
        let facts = serde_json::to_string(&facts(product)).map_err(Error::unexpected)?;
        Ok(Document {
            id: product.product_id,
            slug: product.slug.clone(),
            name: product.titles.first().cloned().unwrap_or_default(),
            titles: folded(&product.titles),
            brand: product.brand.as_deref().map(fold),
            kinds: product.categories.iter().map(|(_, names)| names).chain(&product.product_type).map(|name| fold(name)).collect(),
            skus: unique(product.skus.iter().cloned().chain(bare_skus)),
            tags: folded(&product.tags),
            values: unique(product.attributes.iter().map(|(_, value)| value).chain(options).map(|value| fold(value))),
            descriptions: folded(&product.descriptions),
            categories: product.categories.iter().map(|(id, _)| *id).chain(product.collections.iter().copied()).collect(),
            currencies,
            named: product.categories.clone(),
            labels: unique(
                product_labels(product).iter().map(|label| label.splitn(3, INNER).take(2).collect::<Vec<_>>().join(&INNER.to_string())),
            ),
            stamp: stamp(&facts),
            facts,
            available: u8::from(product.variants.iter().any(|variant| variant.available)),
            popularity: product.popularity,
        })
    }
}

/// What of a product is no text to be found by: the columns of the embedded index are made of it.
fn facts(product: &SearchDocument) -> SearchDocument {
    SearchDocument {
        product_id: product.product_id,
        brand: product.brand.clone(),
        categories: product.categories.iter().map(|(id, _)| (*id, String::new())).collect(),
        attributes: product.attributes.clone(),
        variants: product.variants.clone(),
        published_at: product.published_at,
        popularity: product.popularity,
        ..SearchDocument::default()
    }
}

/// Forty-eight bits of a hash, which a number of JSON holds everywhere.
fn stamp(facts: &str) -> u64 {
    Sha256::digest(facts.as_bytes()).iter().take(6).fold(0, |stamp, byte| stamp << 8 | u64::from(*byte))
}

fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = texts.collect();
    all.sort();
    all.dedup();
    all
}

/// What may be searched and filtered. Filters by facets and prices, and every order but that of the match, are the business of [`super::table`].
pub fn settings() -> Settings {
    Settings::new()
        .with_searchable_attributes(["titles", "kinds", "brand", "skus", "tags", "values", "descriptions"])
        .with_filterable_attributes(["categories", "currencies", "available"])
        .with_displayed_attributes(["id", "slug", "name", "named", "labels", "facts", "stamp"])
        .with_ranking_rules(["words", "typo", "available:desc", "proximity", "attribute", "exactness", "popularity:desc"])
        .with_pagination(PaginationSetting { max_total_hits: MOST_HITS })
        .with_typo_tolerance(TypoToleranceSettings {
            enabled: Some(true),
            disable_on_attributes: Some(vec!["skus".to_string()]),
            disable_on_words: None,
            min_word_size_for_typos: Some(MinWordSizeForTypos { one_typo: Some(4), two_typos: Some(9) }),
            disable_on_numbers: Some(true),
        })
}
