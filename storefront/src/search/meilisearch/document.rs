//! A product as Meilisearch stores it, and the settings of its index.

use crate::attributes::decimal;
use crate::search::schema::{INNER, OUTER, clean, product_labels, variant_labels};
use crate::search::text::bare;
use crate::search::{MAX_FACET_VALUES, SearchDocument};
use meilisearch_sdk::settings::{FacetingSettings, MinWordSizeForTypos, PaginationSetting, Settings, TypoToleranceSettings};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Labels of one variant that are combined; a shop with more options than that filters by the first.
const MOST_LABELS: usize = 6;

#[derive(Debug, Serialize)]
pub struct Document {
    id: i64,
    slug: String,
    name: String,
    titles: Vec<String>,
    brand: Option<String>,
    kinds: Vec<String>,
    skus: Vec<String>,
    tags: Vec<String>,
    values: Vec<String>,
    descriptions: Vec<String>,
    categories: Vec<i64>,
    /// `key, separator, value` of the product.
    labels: Vec<String>,
    /// Every combination of the labels of each variant: `blue`, `xl`, `blue and xl`, so that a filter names one variant.
    variants: Vec<String>,
    /// The values of attributes and options that are numbers, in millionths, by [`number_field`]. They stay far below where a double stops counting
    /// in ones.
    numbers: BTreeMap<String, Vec<i64>>,
    /// Lowest and highest price of a variant by the code of the currency.
    price_low: BTreeMap<&'static str, i64>,
    price_high: BTreeMap<&'static str, i64>,
    available: u8,
    popularity: i64,
    published_at: i64,
}

impl Document {
    pub fn of(product: &SearchDocument) -> Document {
        let (mut price_low, mut price_high) = (BTreeMap::new(), BTreeMap::new());
        for (currency, price) in product.variants.iter().flat_map(|variant| &variant.prices) {
            price_low.entry(currency.code()).and_modify(|low: &mut i64| *low = (*low).min(*price)).or_insert(*price);
            price_high.entry(currency.code()).and_modify(|high: &mut i64| *high = (*high).max(*price)).or_insert(*price);
        }
        let options = product.variants.iter().flat_map(|variant| &variant.options).map(|(_, value)| value.clone());
        let bare_skus = product.skus.iter().map(|sku| bare(sku));
        Document {
            id: product.product_id,
            slug: product.slug.clone(),
            name: product.titles.first().cloned().unwrap_or_default(),
            titles: product.titles.clone(),
            brand: product.brand.clone(),
            kinds: product.categories.iter().map(|(_, names)| names.clone()).chain(product.product_type.clone()).collect(),
            skus: unique(product.skus.iter().cloned().chain(bare_skus)),
            tags: product.tags.clone(),
            values: unique(product.attributes.iter().map(|(_, value)| value.clone()).chain(options)),
            descriptions: product.descriptions.clone(),
            categories: product.categories.iter().map(|(id, _)| *id).chain(product.collections.iter().copied()).collect(),
            labels: unique(
                product_labels(product).iter().map(|label| label.splitn(3, INNER).take(2).collect::<Vec<_>>().join(&INNER.to_string())),
            ),
            variants: unique(product.variants.iter().flat_map(|variant| combinations(&variant_labels(product, variant)))),
            numbers: numbers(product),
            price_low,
            price_high,
            available: u8::from(product.variants.iter().any(|variant| variant.available)),
            popularity: product.popularity,
            published_at: product.published_at,
        }
    }
}

/// How the numbers of a facet are called: its key may hold characters that the name of a field must not.
pub fn number_field(key: &str) -> String {
    format!("n{}", hex::encode(&Sha256::digest(clean(key).as_bytes())[..8]))
}

fn numbers(product: &SearchDocument) -> BTreeMap<String, Vec<i64>> {
    let mut numbers: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (name, value) in product.attributes.iter().chain(product.variants.iter().flat_map(|variant| &variant.options)) {
        if let Some(number) = decimal::written(value) {
            let known = numbers.entry(number_field(&format!("attribute:{name}"))).or_default();
            if !known.contains(&number) {
                known.push(number);
            }
        }
    }
    numbers
}

fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = texts.collect();
    all.sort();
    all.dedup();
    all
}

/// Every non-empty choice of labels of different facets, each in order. `availability` sorts first and is never the one left out.
fn combinations(labels: &[String]) -> Vec<String> {
    let labels = &labels[..labels.len().min(MOST_LABELS)];
    let chosen = |mask: usize| labels.iter().enumerate().filter(move |(at, _)| mask & (1 << at) != 0).map(|(_, label)| label.as_str());
    let key = |label: &str| label.split(INNER).next().unwrap_or_default().to_string();
    let different = |mask: usize| chosen(mask).map(key).collect::<BTreeSet<_>>().len() == chosen(mask).count();
    let masks = (1..1 << labels.len()).filter(|mask| different(*mask));
    masks.map(|mask| chosen(mask).collect::<Vec<_>>().join(&OUTER.to_string())).collect()
}

/// What may be searched, filtered and sorted; of prices that is each currency by itself. Sorting goes before matching: a price order is a price order.
pub fn settings() -> Settings {
    Settings::new()
        .with_searchable_attributes(["titles", "kinds", "brand", "skus", "tags", "values", "descriptions"])
        .with_filterable_attributes(["labels", "variants", "categories", "numbers", "price_low", "price_high"])
        .with_sortable_attributes(["price_low", "price_high", "published_at", "popularity", "available"])
        .with_displayed_attributes(["id", "slug", "name"])
        .with_ranking_rules(["sort", "words", "typo", "available:desc", "proximity", "attribute", "exactness", "popularity:desc"])
        .with_faceting(FacetingSettings { max_values_per_facet: MAX_FACET_VALUES * 20, sort_facet_values_by: None })
        .with_pagination(PaginationSetting { max_total_hits: 10_000 })
        .with_typo_tolerance(TypoToleranceSettings {
            enabled: Some(true),
            disable_on_attributes: Some(vec!["skus".to_string()]),
            disable_on_words: None,
            min_word_size_for_typos: Some(MinWordSizeForTypos { one_typo: Some(4), two_typos: Some(9) }),
            disable_on_numbers: Some(true),
        })
}
