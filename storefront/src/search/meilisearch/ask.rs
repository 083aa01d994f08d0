//! A query in the words of Meilisearch, and its answer as a page.

use crate::search::filter::of_variants;
use crate::search::schema::{INNER, OUTER, clean};
use crate::search::{Facet, FacetValue, MAX_FACET_VALUES, MAX_LIMIT, SearchPage, SearchQuery, Sort, Suggestion, Within};
use futures_util::future::try_join_all;
use kernel::error::{Error, Result};
use meilisearch_sdk::errors::Error as Failure;
use meilisearch_sdk::indexes::Index;
use meilisearch_sdk::search::{SearchResults, Selectors};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Combinations of chosen options that one filter may name.
const MOST_COMBINATIONS: usize = 500;
/// As much of a text as the embedded engine reads.
const LONGEST_TEXT: usize = 400;

type Chosen = BTreeMap<String, BTreeSet<String>>;
type Counts = HashMap<String, HashMap<String, usize>>;

#[derive(Debug, Clone, Deserialize)]
struct Hit {
    id: i64,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    name: String,
}

/// One page to ask for.
pub struct Ask {
    text: String,
    chosen: Chosen,
    category: Option<i64>,
    within: Within,
    price: (Option<i64>, Option<i64>),
    sort: Sort,
    offset: usize,
    limit: usize,
    with_facets: bool,
}

/// The beginning of a text, without the characters that JSON carries and no shopper types.
pub fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_string()
}

impl Ask {
    /// Fails with `Invalid` on a foreign cursor or on more choices than one filter can name.
    pub fn new(query: &SearchQuery) -> Result<Ask> {
        let chosen: Chosen = query
            .facets
            .iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(key, values)| (clean(key), values.iter().map(|value| clean(value)).collect()))
            .collect();
        let combinations =
            chosen.iter().filter(|(key, _)| of_variants(key)).try_fold(1usize, |product, (_, values)| product.checked_mul(values.len()));
        if combinations.is_none_or(|count| count > MOST_COMBINATIONS) {
            return Err(Error::field("facets", "too many filters"));
        }
        let offset = query.after.as_deref().map_or(Ok(0), |text| read_offset(query.sort, text))?;
        Ok(Ask {
            text: shortened(&query.text),
            chosen,
            category: query.category,
            within: query.within,
            price: query.price,
            sort: query.sort,
            offset,
            limit: query.limit.min(MAX_LIMIT),
            with_facets: query.with_facets,
        })
    }

    /// Asks for the hits, and once more for each facet with a chosen value, as if nothing were chosen in it.
    pub async fn page(&self, index: &Index) -> std::result::Result<SearchPage, Failure> {
        if !self.text.is_empty() && !self.text.chars().any(char::is_alphanumeric) {
            return Ok(SearchPage::default());
        }
        let facets: &[&str] = if self.with_facets { &["labels", "variants"] } else { &[] };
        let main = self.results(index, None, true, facets, self.limit + 1).await?;
        let mut page = SearchPage { total: main.estimated_total_hits.unwrap_or(main.hits.len()), ..SearchPage::default() };
        page.hits = main.hits.iter().take(self.limit).map(|hit| hit.result.id).collect();
        page.next = (main.hits.len() > self.limit && self.limit > 0).then(|| write_offset(self.sort, self.offset + self.limit));
        if self.with_facets {
            let asked = self.chosen.keys().map(|key| async move {
                let column: &[&str] = if of_variants(key) { &["variants"] } else { &["labels"] };
                Ok::<_, Failure>((key, self.results(index, Some(key), true, column, 0).await?))
            });
            let others: Vec<(&String, SearchResults<Hit>)> = try_join_all(asked).await?;
            if let Some((low, high)) = price_fields(&self.within) {
                let unpriced = self.results(index, None, false, &[&low, &high], 0).await?;
                page.price_range = price_range(&unpriced, &low, &high);
            }
            page.facets = self.facets(main.facet_distribution.unwrap_or_default(), others);
        }
        Ok(page)
    }

    async fn results(
        &self,
        index: &Index,
        without: Option<&str>,
        priced: bool,
        facets: &[&str],
        limit: usize,
    ) -> std::result::Result<SearchResults<Hit>, Failure> {
        let filter = self.filter(without, priced);
        let prices = price_fields(&self.within).map(|(low, high)| (format!("{low}:asc"), format!("{high}:desc")));
        let sort: Vec<&str> = match (self.sort, &prices) {
            (Sort::Relevance, _) if self.text.is_empty() => vec!["available:desc", "popularity:desc"],
            (Sort::PriceAscending, Some((low, _))) => vec![low],
            (Sort::PriceDescending, Some((_, high))) => vec![high],
            (Sort::Newest, _) => vec!["published_at:desc"],
            _ => Vec::new(),
        };
        let mut search = index.search();
        search.with_query(&self.text).with_offset(self.offset).with_limit(limit).with_sort(&sort);
        search.with_attributes_to_retrieve(Selectors::Some(&["id"]));
        if !filter.is_empty() {
            search.with_filter(&filter);
        }
        if !facets.is_empty() {
            search.with_facets(Selectors::Some(facets));
        }
        search.execute::<Hit>().await
    }

    /// Every choice but that of one facet.
    fn filter(&self, without: Option<&str>, priced: bool) -> String {
        let mut all = Vec::new();
        all.extend(groups(self.category, &self.within));
        let chosen = || self.chosen.iter().filter(|(key, _)| Some(key.as_str()) != without);
        for (key, values) in chosen().filter(|(key, _)| !of_variants(key)) {
            all.push(format!("labels IN [{}]", list(values.iter().map(|value| format!("{key}{INNER}{value}")))));
        }
        let mut combinations = vec![Vec::new()];
        for (key, values) in chosen().filter(|(key, _)| of_variants(key)) {
            let longer = |known: &Vec<String>, value: &String| known.iter().cloned().chain([format!("{key}{INNER}{value}")]).collect();
            combinations = combinations.iter().flat_map(|known| values.iter().map(move |value| longer(known, value))).collect();
        }
        if combinations.iter().any(|combination| !combination.is_empty()) {
            all.push(format!("variants IN [{}]", list(combinations.iter().map(|labels| labels.join(&OUTER.to_string())))));
        }
        if let Some((low, high)) = price_fields(&self.within).filter(|_| priced) {
            all.extend(self.price.0.map(|least| format!("{high} >= {least}")));
            all.extend(self.price.1.map(|most| format!("{low} <= {most}")));
        }
        all.join(" AND ")
    }

    fn facets(&self, main: Counts, others: Vec<(&String, SearchResults<Hit>)>) -> Vec<Facet> {
        let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        let mut add = |distribution: &Counts, only: Option<&str>| {
            let all = distribution.get("labels").into_iter().flatten().chain(distribution.get("variants").into_iter().flatten());
            for (text, count) in all {
                if let Some((key, value)) = self.speaks_of(text, only) {
                    *counts.entry(key.to_string()).or_default().entry(value.to_string()).or_insert(0) += count;
                }
            }
        };
        add(&main, None);
        for (key, results) in others {
            add(&results.facet_distribution.unwrap_or_default(), Some(key));
        }
        for (key, values) in &self.chosen {
            let known = counts.entry(key.clone()).or_default();
            values.iter().for_each(|value| {
                known.entry(value.clone()).or_insert(0);
            });
        }
        counts.into_iter().map(|(key, values)| self.facet(key, values)).collect()
    }

    /// The label that a stored text counts for: that of the facet `only`, or without one that of a facet in which nothing is
    /// chosen. The other labels beside it have to be the chosen ones, all of them.
    fn speaks_of<'t>(&self, text: &'t str, only: Option<&str>) -> Option<(&'t str, &'t str)> {
        let labels: Vec<(&str, &str)> = text.split(OUTER).filter_map(|label| label.split_once(INNER)).collect();
        let counted = |key: &str| only.map_or_else(|| !self.chosen.contains_key(key), |only| only == key);
        let &(of, value) = labels.iter().find(|(key, _)| counted(key))?;
        let chosen = self.chosen.keys().filter(|key| of_variants(key) && of_variants(of) && *key != of).count();
        let others = || labels.iter().filter(|(key, _)| *key != of);
        let fits = others().all(|(key, value)| self.chosen.get(*key).is_some_and(|values| values.contains(*value)));
        (fits && others().count() == chosen).then_some((of, value))
    }

    fn facet(&self, key: String, values: BTreeMap<String, usize>) -> Facet {
        let chosen = self.chosen.get(&key);
        let mut values: Vec<FacetValue> = values
            .into_iter()
            .map(|(value, count)| FacetValue { selected: chosen.is_some_and(|values| values.contains(&value)), value, count })
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        let mut listed = 0;
        values.retain(|value| {
            listed += 1;
            listed <= MAX_FACET_VALUES || value.selected
        });
        Facet { key, values }
    }
}

/// The attributes that hold the lowest and the highest price in the currency asked for.
fn price_fields(within: &Within) -> Option<(String, String)> {
    within.currency.map(|currency| (format!("price_low.{currency}"), format!("price_high.{currency}")))
}

/// What a product has to be in, and have a price in.
fn groups(category: Option<i64>, within: &Within) -> Vec<String> {
    let groups = category.into_iter().chain(within.part).map(|id| format!("categories = {id}"));
    groups.chain(price_fields(within).map(|(low, _)| format!("{low} EXISTS"))).collect()
}

/// Products that begin as typed.
pub async fn suggestions(index: &Index, text: &str, within: &Within, limit: usize) -> std::result::Result<Vec<Suggestion>, Failure> {
    let mut search = index.search();
    search.with_query(text).with_limit(limit).with_attributes_to_retrieve(Selectors::Some(&["id", "slug", "name"]));
    let filter = groups(None, within).join(" AND ");
    if !filter.is_empty() {
        search.with_filter(&filter);
    }
    let found = search.execute::<Hit>().await?;
    Ok(found.hits.into_iter().map(|hit| Suggestion::Product { id: hit.result.id, slug: hit.result.slug, title: hit.result.name }).collect())
}

fn list(values: impl Iterator<Item = String>) -> String {
    values.map(|value| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))).collect::<Vec<_>>().join(", ")
}

fn price_range(results: &SearchResults<Hit>, low: &str, high: &str) -> Option<(i64, i64)> {
    let stats = results.facet_stats.as_ref()?;
    // Minor units stay far below where a double stops counting in ones.
    Some((stats.get(low)?.min as i64, stats.get(high)?.max as i64))
}

fn write_offset(sort: Sort, offset: usize) -> String {
    format!("m.{sort:?}.{offset}")
}

fn read_offset(sort: Sort, text: &str) -> Result<usize> {
    let number = text.strip_prefix(&format!("m.{sort:?}.")).and_then(|number| number.parse().ok());
    number.ok_or_else(|| Error::field("after", "this is not a page of this list"))
}
