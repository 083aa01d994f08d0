//! A query in the words of Meilisearch, and its answer as a page.

mod looked;

use super::document::{number_field, priced_field};
use super::exact::{Candidate, Choices};
use super::place::Place;
use super::ways::{Way, list};
use crate::search::filter::{attribute, merged, name, of_variants, ranges};
use crate::search::page::facet;
use crate::search::schema::{INNER, OUTER, clean};
use crate::search::text::fold;
use crate::search::{Facet, MAX_LIMIT, SearchPage, SearchQuery, Sort, Within};
use futures_util::future::try_join_all;
use kernel::error::{Error, Result};
use meilisearch_sdk::errors::Error as Failure;
use meilisearch_sdk::indexes::Index;
use meilisearch_sdk::search::{MatchingStrategies, SearchResults, Selectors};
use serde::de::{DeserializeOwned, IgnoredAny};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Combinations of chosen options and attributes that one filter may name.
const MOST_COMBINATIONS: usize = 1000;
/// Of longer texts no word is left out: each is a search of its own.
const MOST_WORDS_LEFT_OUT: usize = 6;
/// Products that are looked at together where the server filters.
const AT_ONCE: usize = 2_000;
/// How often products are read on that fulfil no choice: a page may then hold fewer hits and still not be the last one.
const MOST_READS: usize = 5;
/// As much of a text as the embedded engine reads.
const LONGEST_TEXT: usize = 400;

pub type Chosen = BTreeMap<String, BTreeSet<String>>;
type Counts = HashMap<String, HashMap<String, usize>>;

/// A hit of a search whose counts alone are wanted.
type Hit = IgnoredAny;

/// One page to ask for.
#[derive(Clone)]
pub struct Ask {
    text: String,
    choices: Arc<Choices>,
    /// By merged keys.
    chosen: Chosen,
    /// The key that each was asked for with.
    asked: BTreeMap<String, String>,
    ranges: BTreeMap<String, (Option<i64>, Option<i64>)>,
    category: Option<i64>,
    within: Within,
    /// The field of the labels of variants.
    variants: String,
    price: (Option<i64>, Option<i64>),
    sort: Sort,
    after: Place,
    limit: usize,
    with_facets: bool,
    fetched: usize,
}

/// The beginning of a text, without the characters that JSON carries and no shopper types.
pub fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_string()
}

impl Ask {
    /// A page for which up to `fetched` products are looked at here. Fails with `Invalid` on a foreign cursor or on more choices than one
    /// filter can name.
    pub fn new(query: &SearchQuery, fetched: usize) -> Result<Ask> {
        let (mut chosen, mut asked) = (Chosen::new(), BTreeMap::new());
        for (key, values) in query.facets.iter().filter(|(_, values)| !values.is_empty()) {
            let key = clean(key);
            chosen.entry(merged(&key)).or_default().extend(values.iter().map(|value| clean(value)));
            asked.insert(merged(&key), key);
        }
        // Of each facet the product has one of the values, or a variant has.
        let ways = |(key, values): (&String, &BTreeSet<String>)| values.len() + usize::from(name(key).is_some());
        let combinations =
            chosen.iter().filter(|(key, _)| of_variants(key)).try_fold(1usize, |product, one| product.checked_mul(ways(one)));
        if combinations.is_none_or(|count| count > MOST_COMBINATIONS) {
            return Err(Error::field("facets", "too many filters"));
        }
        let ranges: BTreeMap<_, _> = ranges(query).collect();
        let after = query.after.as_deref().map_or_else(|| Ok(Place::default()), |text| Place::read(query.sort, text))?;
        Ok(Ask {
            text: shortened(&query.text),
            choices: Arc::new(Choices::new(query, &chosen, &ranges)),
            chosen,
            asked,
            ranges,
            category: query.category,
            within: query.within,
            variants: priced_field("variants", query.within.currency),
            price: query.price,
            sort: query.sort,
            after,
            limit: query.limit.min(MAX_LIMIT),
            with_facets: query.with_facets,
            fetched,
        })
    }

    /// The page. Where all words together find nothing, that of most products with one of them left out, as a word that nobody knows
    /// must not hide what the others find.
    pub async fn page(&self, index: &Index) -> std::result::Result<SearchPage, Failure> {
        if !self.text.is_empty() && !self.text.chars().any(char::is_alphanumeric) {
            return Ok(SearchPage::default());
        }
        let page = self.whole(index).await?;
        let words: Vec<&str> = self.text.split_whitespace().collect();
        if page.total > 0 || words.len() < 2 || words.len() > MOST_WORDS_LEFT_OUT {
            return Ok(page);
        }
        let without = |left_out: usize| {
            let rest = words.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, word)| *word);
            Ask { text: rest.collect::<Vec<_>>().join(" "), ..self.clone() }
        };
        let shorter: Vec<Ask> = (0..words.len()).map(without).collect();
        let pages = try_join_all(shorter.iter().map(|ask| ask.whole(index))).await?;
        Ok(pages.into_iter().fold(page, |best, page| if page.total > best.total { page } else { best }))
    }

    async fn whole(&self, index: &Index) -> std::result::Result<SearchPage, Failure> {
        if self.choices.speak_of_variants()
            && let Some(page) = self.looked_at(index).await?
        {
            return Ok(page);
        }
        self.counted_there(index).await
    }

    /// Asks for the hits, and once more for each facet with a chosen value, as if nothing were chosen in it.
    async fn counted_there(&self, index: &Index) -> std::result::Result<SearchPage, Failure> {
        let facets: &[&str] = if self.with_facets { &["labels", &self.variants] } else { &[] };
        let (counts, mut page) = self.hits(index, facets).await?;
        if self.with_facets {
            let mut counts = self.counted(index, None, counts).await?;
            let keys: BTreeSet<&String> = self.chosen.keys().chain(self.ranges.keys()).collect();
            let others = keys.into_iter().map(|key| async move {
                let first: SearchResults<Hit> =
                    self.results(index, self.filter(Some(key), true, &Split::new()), &["labels", &self.variants], (0, 0), &["id"]).await?;
                self.counted(index, Some(key), first.facet_distribution.unwrap_or_default()).await
            });
            counts.extend(try_join_all(others).await?.into_iter().flatten());
            let (low, high) = price_fields(&self.within);
            let unpriced: SearchResults<Hit> =
                self.results(index, self.filter(None, false, &Split::new()), &[&low, &high], (0, 0), &["id"]).await?;
            page.price_range = price_range(&unpriced, &low, &high);
            let (counts, options) = self.added(&counts);
            page.facets = self.facets(counts, &options);
        }
        Ok(page)
    }

    /// The hits, and what the server counts of the list. It filters by product, by the price too: what no single variant fulfils is
    /// passed over here.
    async fn hits(&self, index: &Index, facets: &[&str]) -> std::result::Result<(Counts, SearchPage), Failure> {
        let shown: &[&str] = if self.choices.speak_of_variants() { &["id", "labels", "offers"] } else { &["id"] };
        let filter = self.filter(None, true, &Split::new());
        let (mut offset, mut asked) = (self.after.from(), self.after.reach(self.limit + 1));
        let mut found: SearchResults<Candidate> = self.results(index, filter.clone(), facets, (offset, asked), shown).await?;
        let total = found.estimated_total_hits.unwrap_or(found.hits.len());
        let counts = found.facet_distribution.take().unwrap_or_default();
        let mut page = SearchPage { total, ..SearchPage::default() };
        let mut read: Vec<Candidate> = found.hits.into_iter().map(|hit| hit.result).collect();
        let mut skipped = self.after.within(&read.iter().map(|product| product.id).collect::<Vec<_>>());
        // Where the page ends that is full so far.
        let mut end = offset + skipped;
        for _ in 0..MOST_READS {
            for (at, product) in read.iter().enumerate().skip(skipped).filter(|(_, product)| self.choices.met_by(product)) {
                if page.hits.len() == self.limit {
                    page.next = (self.limit > 0).then(|| Place::behind(end, &page.hits).write(self.sort));
                    return Ok((counts, page));
                }
                page.hits.push(product.id);
                end = offset + at + 1;
            }
            if read.len() < asked {
                return Ok((counts, page));
            }
            (offset, asked, skipped) = (offset + read.len(), self.fetched.clamp(1, AT_ONCE), 0);
            end = offset;
            let more: SearchResults<Candidate> = self.results(index, filter.clone(), &[], (offset, asked), shown).await?;
            read = more.hits.into_iter().map(|hit| hit.result).collect();
        }
        page.next = Some(Place::behind(end, &[]).write(self.sort));
        Ok((counts, page))
    }

    /// What the labels of a list count. A product that has a chosen value as an attribute counts by labels without it, one whose variant
    /// has it by labels with it: where there are both, they are asked for apart.
    async fn counted<'k>(&self, index: &Index, without: Option<&'k str>, first: Counts) -> std::result::Result<Vec<Counted<'k>>, Failure> {
        let (mut counted, mut open) = (Vec::new(), vec![(Split::new(), first)]);
        while let Some((mut split, counts)) = open.pop() {
            let undecided = self.chosen.iter().filter(|(key, _)| name(key).is_some() && Some(key.as_str()) != without);
            let mut mixed = None;
            for (key, values) in undecided {
                if split.contains_key(key) {
                    continue;
                }
                let of_products = has(&counts, "labels", &attribute(key), values);
                if of_products && has(&counts, &self.variants, key, values) {
                    mixed = Some(key);
                    break;
                }
                split.insert(key.clone(), of_products);
            }
            let Some(key) = mixed else {
                counted.push(Counted { without, split, counts });
                continue;
            };
            for side in [true, false] {
                let split: Split = split.iter().map(|(key, side)| (key.clone(), *side)).chain([(key.clone(), side)]).collect();
                let found: SearchResults<Hit> =
                    self.results(index, self.filter(without, true, &split), &["labels", &self.variants], (0, 0), &["id"]).await?;
                open.push((split, found.facet_distribution.unwrap_or_default()));
            }
        }
        Ok(counted)
    }

    async fn results<T: DeserializeOwned + Send + Sync + 'static>(
        &self,
        index: &Index,
        filter: String,
        facets: &[&str],
        (offset, limit): (usize, usize),
        shown: &[&str],
    ) -> std::result::Result<SearchResults<T>, Failure> {
        let (low, high) = price_fields(&self.within);
        let (low, high) = (format!("{low}:asc"), format!("{high}:desc"));
        let sort: &[&str] = match self.sort {
            Sort::Relevance if self.text.is_empty() => &["available:desc", "popularity:desc"],
            Sort::Relevance => &[],
            Sort::PriceAscending => &[&low],
            Sort::PriceDescending => &[&high],
            Sort::Newest => &["published_at:desc"],
        };
        let mut search = index.search();
        let text = fold(&self.text);
        search.with_query(&text).with_offset(offset).with_limit(limit).with_sort(sort);
        search.with_matching_strategy(MatchingStrategies::ALL).with_attributes_to_retrieve(Selectors::Some(shown));
        if !filter.is_empty() {
            search.with_filter(&filter);
        }
        if !facets.is_empty() {
            search.with_facets(Selectors::Some(facets));
        }
        search.execute::<T>().await
    }

    /// Every choice but that of one facet. Where the split does not say who has a chosen value, product or variant, both will do.
    fn filter(&self, without: Option<&str>, priced: bool, split: &Split) -> String {
        let mut all = Vec::new();
        all.extend(groups(self.category, &self.within));
        let chosen = || self.chosen.iter().filter(|(key, _)| Some(key.as_str()) != without);
        for (key, values) in chosen().filter(|(key, _)| !of_variants(key)) {
            all.push(format!("labels IN [{}]", list(values.iter().map(|value| format!("{key}{INNER}{value}")))));
        }
        for (key, range) in self.ranges.iter().filter(|(key, _)| Some(key.as_str()) != without) {
            let field = format!("numbers.{}", number_field(&attribute(key)));
            all.push(match range {
                (Some(low), Some(high)) => format!("{field} {low} TO {high}"),
                (low, high) => format!("{field} {} {}", if low.is_some() { ">=" } else { "<=" }, low.or(*high).unwrap_or(0)),
            });
        }
        let mut ways = vec![Way::default()];
        for (key, values) in chosen().filter(|(key, _)| of_variants(key)) {
            let sides = match split.get(key) {
                _ if name(key).is_none() => &[false][..],
                Some(true) => &[true],
                Some(false) => &[false],
                None => &[true, false],
            };
            ways = ways.iter().flat_map(|way| sides.iter().map(move |of_product| way.with(key, values, *of_product))).collect();
        }
        match ways.as_slice() {
            [one] => all.extend(one.conditions(&self.variants)),
            several => {
                let either = several.iter().map(|way| way.conditions(&self.variants).join(" AND ")).collect::<Vec<_>>();
                all.push(format!("(({}))", either.join(") OR (")));
            }
        }
        if priced {
            let (low, high) = price_fields(&self.within);
            all.extend(self.price.0.map(|least| format!("{high} >= {least}")));
            all.extend(self.price.1.map(|most| format!("{low} <= {most}")));
        }
        all.join(" AND ")
    }

    /// The facets of what labels count, by merged keys and the keys of options among them.
    fn facets(&self, mut counts: BTreeMap<String, BTreeMap<String, usize>>, options: &BTreeSet<String>) -> Vec<Facet> {
        for (key, values) in &self.chosen {
            let known = counts.entry(key.clone()).or_default();
            values.iter().for_each(|value| {
                known.entry(value.clone()).or_insert(0);
            });
        }
        let called = |key: &String| match self.asked.get(key) {
            Some(asked) => asked.clone(),
            None if options.contains(key) => key.clone(),
            None => attribute(key),
        };
        let selected = |key: &str, value: &str| self.chosen.get(key).is_some_and(|values| values.contains(value));
        let mut facets: Vec<Facet> =
            counts.into_iter().map(|(key, values)| facet(called(&key), values, &|value| selected(&key, value))).collect();
        facets.sort_by(|a, b| a.key.cmp(&b.key));
        facets
    }

    /// What the labels of several lists count together.
    fn added(&self, counted: &[Counted<'_>]) -> (BTreeMap<String, BTreeMap<String, usize>>, BTreeSet<String>) {
        let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        let mut options = BTreeSet::new();
        for part in counted {
            let all = ["labels", self.variants.as_str()].into_iter().filter_map(|column| part.counts.get(column)).flatten();
            for (text, count) in all {
                if let Some((key, value)) = self.speaks_of(text, part) {
                    *counts.entry(merged(key)).or_default().entry(value.to_string()).or_insert(0) += count;
                    options.extend(key.starts_with("option:").then(|| key.to_string()));
                }
            }
        }
        (counts, options)
    }

    /// The label that a stored text counts for: that of the facet left out, or without one that of a facet in which nothing is
    /// chosen. The other labels beside it have to be the ones chosen of variants, all of them.
    fn speaks_of<'t>(&self, text: &'t str, part: &Counted<'_>) -> Option<(&'t str, &'t str)> {
        let labels: Vec<(&str, &str)> = text.split(OUTER).filter_map(|label| label.split_once(INNER)).collect();
        let narrowed = |key: &str| self.chosen.contains_key(key) || self.ranges.contains_key(key);
        let counted = |key: &str| part.without.map_or_else(|| !narrowed(key), |only| only == key);
        let &(of, value) = labels.iter().find(|(key, _)| counted(&merged(key)))?;
        let demanded = |key: &&String| of_variants(key) && part.split.get(*key) != Some(&true) && **key != merged(of);
        let chosen = if of_variants(of) { self.chosen.keys().filter(demanded).count() } else { 0 };
        let others = || labels.iter().filter(|(key, _)| *key != of);
        let fits = others().all(|(key, value)| self.chosen.get(*key).is_some_and(|values| values.contains(*value)));
        (fits && others().count() == chosen).then_some((of, value))
    }
}

/// Whether products (or else variants) have the chosen values, by merged key.
type Split = BTreeMap<String, bool>;

/// What the labels of a list count, whose products are all on one side of the split.
struct Counted<'k> {
    /// The facet that is counted as if nothing were chosen in it.
    without: Option<&'k str>,
    split: Split,
    counts: Counts,
}

/// Whether one of the values is among the labels of a column.
fn has(counts: &Counts, column: &str, key: &str, values: &BTreeSet<String>) -> bool {
    let wanted: BTreeSet<String> = values.iter().map(|value| format!("{key}{INNER}{value}")).collect();
    counts.get(column).is_some_and(|texts| texts.keys().flat_map(|text| text.split(OUTER)).any(|label| wanted.contains(label)))
}

/// The attributes that hold the lowest and the highest price in the currency asked for.
fn price_fields(within: &Within) -> (String, String) {
    (priced_field("price_low", within.currency), priced_field("price_high", within.currency))
}

/// What a product has to be in, and have a price in.
pub fn groups(category: Option<i64>, within: &Within) -> Vec<String> {
    let groups = category.into_iter().chain(within.part).chain(within.contract).map(|id| format!("categories = {id}"));
    groups.chain(within.currency.map(|_| format!("{} EXISTS", price_fields(within).0))).collect()
}

fn price_range(results: &SearchResults<Hit>, low: &str, high: &str) -> Option<(i64, i64)> {
    let stats = results.facet_stats.as_ref()?;
    // Minor units stay far below where a double stops counting in ones.
    Some((stats.get(low)?.min as i64, stats.get(high)?.max as i64))
}
