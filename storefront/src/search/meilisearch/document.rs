//! A product as Meilisearch stores it, and the settings of its index.

use super::exact::Offer;
use crate::attributes::decimal;
use crate::search::schema::{INNER, OUTER, clean, product_labels, variant_labels};
use crate::search::text::{bare, fold};
use crate::search::{MAX_FACET_VALUES, SearchDocument, SearchVariant};
use kernel::money::Currency;
use meilisearch_sdk::settings::{FacetingSettings, MinWordSizeForTypos, PaginationSetting, Settings, TypoToleranceSettings};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Labels of one variant that are combined; a shop with more options than that filters by the first.
const MOST_LABELS: usize = 6;
/// Stands for any currency.
const ANY: &str = "any";

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
    /// Ids and names of the categories, to be shown.
    named: Vec<(i64, String)>,
    /// `key, separator, value` of the product.
    labels: Vec<String>,
    /// Every combination of the labels of each variant, by the currencies it has a price in: `blue`, `xl`, `blue and xl`, so that a filter
    /// names one variant.
    variants: BTreeMap<&'static str, Vec<String>>,
    /// The variants, to be looked at one by one.
    offers: Vec<Offer>,
    /// The values of attributes and options that are numbers, in millionths, by [`number_field`]. They stay far below where a double stops counting
    /// in ones.
    numbers: BTreeMap<String, Vec<i64>>,
    /// Lowest and highest price of a variant by the code of the currency, and of any.
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
            for code in [currency.code(), ANY] {
                price_low.entry(code).and_modify(|low: &mut i64| *low = (*low).min(*price)).or_insert(*price);
                price_high.entry(code).and_modify(|high: &mut i64| *high = (*high).max(*price)).or_insert(*price);
            }
        }
        let options = product.variants.iter().flat_map(|variant| &variant.options).map(|(_, value)| value);
        let bare_skus = product.skus.iter().map(|sku| bare(sku));
        let folded = |texts: &[String]| texts.iter().map(|text| fold(text)).collect();
        Document {
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
            named: product.categories.clone(),
            labels: unique(
                product_labels(product).iter().map(|label| label.splitn(3, INNER).take(2).collect::<Vec<_>>().join(&INNER.to_string())),
            ),
            variants: by_currency(product),
            offers: product.variants.iter().map(|variant| offer(product, variant)).collect(),
            numbers: numbers(product),
            price_low,
            price_high,
            available: u8::from(product.variants.iter().any(|variant| variant.available)),
            popularity: product.popularity,
            published_at: product.published_at,
        }
    }
}

/// A field that is kept by currency, for one or for any: `variants`, `price_low`, `price_high`.
pub fn priced_field(name: &str, currency: Option<Currency>) -> String {
    format!("{name}.{}", currency.map_or(ANY, |currency| currency.code()))
}

fn by_currency(product: &SearchDocument) -> BTreeMap<&'static str, Vec<String>> {
    let mut all: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for variant in &product.variants {
        let combinations = combinations(&variant_labels(product, variant));
        for code in variant.prices.iter().map(|(currency, _)| currency.code()).chain([ANY]) {
            all.entry(code).or_default().extend_from_slice(&combinations);
        }
    }
    all.into_iter().map(|(code, labels)| (code, unique(labels.into_iter()))).collect()
}

fn offer(product: &SearchDocument, variant: &SearchVariant) -> Offer {
    let prices = variant.prices.iter().map(|(currency, price)| (currency.code().to_string(), *price)).collect();
    Offer { labels: variant_labels(product, variant), prices }
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
        .with_displayed_attributes(["id", "slug", "name", "named", "labels", "offers"])
        .with_ranking_rules(["sort", "words", "typo", "available:desc", "proximity", "attribute", "exactness", "popularity:desc"])
        .with_faceting(FacetingSettings { max_values_per_facet: MAX_FACET_VALUES * 20, sort_facet_values_by: None })
        .with_pagination(PaginationSetting { max_total_hits: 100_000 })
        .with_typo_tolerance(TypoToleranceSettings {
            enabled: Some(true),
            disable_on_attributes: Some(vec!["skus".to_string()]),
            disable_on_words: None,
            min_word_size_for_typos: Some(MinWordSizeForTypos { one_typo: Some(4), two_typos: Some(9) }),
            disable_on_numbers: Some(true),
        })
}
