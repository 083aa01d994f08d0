//! Gathering one page: which matches pass the filter, where they stand, what the facets count. One pass, no list of matches.

use super::cursor::{self, Place};
use super::filter::{Bound, Filter, PRICE, Product, attribute, merged};
use super::schema::currency_number;
use super::segment::{Labels, Segment};
use super::{Facet, FacetValue, MAX_FACET_VALUES, MAX_LIMIT, SearchPage, SearchQuery, Sort};
use kernel::error::Result;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// Collects the hits of a query over segments and tiers.
pub struct Gathering<'a> {
    query: &'a SearchQuery,
    filter: Filter,
    /// The currency of the query, as the columns hold it.
    currency: Option<u64>,
    after: Option<Place>,
    limit: usize,
    /// The worst of the page on top; one more than the page holds, to know whether there is another.
    best: BinaryHeap<Place>,
    total: usize,
    counts: BTreeMap<String, BTreeMap<String, usize>>,
    price_range: Option<(i64, i64)>,
}

/// What one segment has of a list.
pub struct Part {
    best: Vec<Place>,
    total: usize,
    counts: BTreeMap<String, BTreeMap<String, usize>>,
    price_range: Option<(i64, i64)>,
}

/// The numbers of one segment while it is gathered.
pub struct Counting {
    bound: Bound,
    /// The currency that prices have to be looked at for: some of the segment are in another.
    currency: Option<u64>,
    labels: Vec<u32>,
    options: Vec<u32>,
    /// The document that counted an option last, plus one: a product with three blue variants counts once.
    counted: Vec<u32>,
}

/// What the variants of one product say.
#[derive(Default)]
struct Variants {
    matches: bool,
    available: bool,
    low: Option<i64>,
    high: Option<i64>,
    /// Facets that alone stand between a variant and a match.
    near: u64,
}

impl Variants {
    /// Adds what a variant fails.
    fn note(&mut self, mask: u64) {
        self.matches |= mask == 0;
        self.near |= if mask.is_power_of_two() { mask } else { 0 };
    }
}

impl<'a> Gathering<'a> {
    /// Fails with `Invalid` on a cursor of another list and on too many filters.
    pub fn new(query: &'a SearchQuery) -> Result<Gathering<'a>> {
        let after = query.after.as_deref().map(|text| cursor::read(query.sort, text)).transpose()?;
        let limit = query.limit.min(MAX_LIMIT);
        Ok(Gathering {
            query,
            filter: Filter::new(query)?,
            currency: query.within.currency.map(currency_number),
            after,
            limit,
            best: BinaryHeap::with_capacity(limit + 2),
            total: 0,
            counts: BTreeMap::new(),
            price_range: None,
        })
    }

    pub fn begin(&self, segment: &Segment) -> Counting {
        let count = |labels: &Labels| if self.query.with_facets { vec![0; labels.0.len()] } else { Vec::new() };
        Counting {
            bound: self.filter.bind(segment),
            currency: self.currency.filter(|currency| segment.is_mixed(*currency)),
            labels: count(&segment.labels),
            options: count(&segment.options),
            counted: count(&segment.options),
        }
    }

    /// Considers a product that matches the text. `relevance` is larger for a better match.
    pub fn offer(&mut self, segment: &Segment, counting: &mut Counting, document: u32, tier: u8, relevance: i64) {
        let product = counting.bound.product(segment, document);
        let by_price = matches!(self.query.sort, Sort::PriceAscending | Sort::PriceDescending);
        if product.failed != 0 && !(self.query.with_facets && product.failed.is_power_of_two()) {
            return;
        }
        let by_variant = self.query.with_facets || by_price || self.filter.speaks_of_variants() || counting.currency.is_some();
        let found = if by_variant {
            self.variants(segment, counting, document, product)
        } else {
            // Every price of the segment is in the currency asked for: what has one is sold in it.
            let matches = self.currency.is_none() || segment.prices.first(document).is_some();
            Variants { matches, available: segment.available.first(document) == Some(1), ..Variants::default() }
        };
        if self.query.with_facets && (found.matches || found.near != 0) {
            for label in segment.product_labels.values_for_doc(document) {
                let place = label as usize;
                if found.matches || counting.bound.label_bit(place) & found.near != 0 {
                    counting.labels[place] += 1;
                }
            }
        }
        if found.matches {
            self.total += 1;
            self.keep(segment, document, tier, relevance, &found);
        }
    }

    fn variants(&mut self, segment: &Segment, counting: &mut Counting, document: u32, product: Product) -> Variants {
        let mut found = Variants::default();
        let mut any = false;
        let rows = segment.variants.values_for_doc(document).zip(segment.prices.values_for_doc(document));
        match counting.currency {
            None => {
                for (combination, price) in rows {
                    any = true;
                    self.variant(segment, counting, (document, product), (combination as usize, price), &mut found);
                }
            }
            Some(currency) => {
                for ((combination, price), _) in rows.zip(segment.currencies.values_for_doc(document)).filter(|(_, own)| *own == currency) {
                    self.variant(segment, counting, (document, product), (combination as usize, price), &mut found);
                }
            }
        }
        // What has no price in the currency asked for is not sold to whoever asks.
        if !any && self.currency.is_none() {
            found.note(counting.bound.without_variant(product));
        }
        found
    }

    /// Considers one variant: its combination of options, and its price.
    fn variant(
        &mut self,
        segment: &Segment,
        counting: &mut Counting,
        (document, product): (u32, Product),
        (combination, price): (usize, i64),
        found: &mut Variants,
    ) {
        let mask = self.filter.variant_mask(&counting.bound, product, combination, price);
        found.note(mask);
        if self.query.with_facets && (mask == 0 || mask.is_power_of_two()) {
            count_options(segment, counting, document, combination, mask);
            if mask & !PRICE == 0 {
                let (low, high) = self.price_range.unwrap_or((price, price));
                self.price_range = Some((low.min(price), high.max(price)));
            }
        }
        if mask == 0 {
            found.low = Some(found.low.map_or(price, |low| low.min(price)));
            found.high = Some(found.high.map_or(price, |high| high.max(price)));
            found.available |= segment.in_stock.get(combination) == Some(&true);
        }
    }

    fn keep(&mut self, segment: &Segment, document: u32, tier: u8, relevance: i64, found: &Variants) {
        let popularity = || segment.popularity.first(document).unwrap_or(0);
        let (out, value) = match self.query.sort {
            // Without a text everything matches alike, and what sells goes first.
            Sort::Relevance if relevance == 0 => (!found.available, popularity().saturating_neg()),
            Sort::Relevance => (!found.available, relevance.saturating_neg()),
            Sort::PriceAscending => (false, found.low.unwrap_or(i64::MAX)),
            Sort::PriceDescending => (false, found.high.map_or(i64::MAX, i64::saturating_neg)),
            Sort::Newest => (false, segment.published.first(document).unwrap_or(0).saturating_neg()),
        };
        self.place(Place { tier, out, value, id: segment.ids.first(document).unwrap_or(0) });
    }

    /// The last hit of the page before, where it stood then.
    pub fn after(&self) -> Option<Place> {
        self.after
    }

    /// Goes on behind this place. Before any product is offered.
    pub fn go_on_behind(&mut self, place: Place) {
        self.after = Some(place);
    }

    /// Where a hit stands, when only one product was offered.
    pub fn only(&self) -> Option<Place> {
        self.best.peek().copied()
    }

    fn place(&mut self, place: Place) {
        if self.after.is_some_and(|after| place <= after) {
            return;
        }
        if self.best.len() <= self.limit {
            self.best.push(place);
        } else if let Some(mut worst) = self.best.peek_mut()
            && place < *worst
        {
            *worst = place;
        }
    }

    /// Adds what one segment counted.
    pub fn end(&mut self, segment: &Segment, counting: Counting) {
        for (labels, counts) in [(&segment.labels, counting.labels), (&segment.options, counting.options)] {
            for (label, count) in labels.0.iter().zip(counts).filter(|(_, count)| *count > 0) {
                self.count(&label.key, &label.value, count as usize);
            }
        }
    }

    fn count(&mut self, key: &str, value: &str, count: usize) {
        let values = match self.counts.get_mut(key) {
            Some(values) => values,
            None => self.counts.entry(key.to_string()).or_default(),
        };
        match values.get_mut(value) {
            Some(sum) => *sum += count,
            None => {
                values.insert(value.to_string(), count);
            }
        }
    }

    /// What was gathered, to be added to the whole.
    pub fn part(self) -> Part {
        Part { best: self.best.into_vec(), total: self.total, counts: self.counts, price_range: self.price_range }
    }

    /// Adds what another segment has of the same list.
    pub fn add(&mut self, part: &Part) {
        self.total += part.total;
        part.best.iter().for_each(|place| self.place(*place));
        for (key, values) in &part.counts {
            values.iter().for_each(|(value, count)| self.count(key, value, *count));
        }
        if let Some((low, high)) = part.price_range {
            let (least, most) = self.price_range.unwrap_or((low, high));
            self.price_range = Some((least.min(low), most.max(high)));
        }
    }

    /// The page.
    pub fn finish(mut self) -> SearchPage {
        let more = self.best.len() > self.limit;
        if more {
            self.best.pop();
        }
        let places = self.best.into_sorted_vec();
        let next = places.last().filter(|_| more).map(|last| cursor::write(self.query.sort, *last));
        let facets = if self.query.with_facets { facets(self.counts, &self.filter) } else { Vec::new() };
        SearchPage {
            hits: places.iter().map(|place| place.id).collect(),
            total: self.total,
            facets,
            price_range: self.price_range,
            next,
            corrected: None,
        }
    }
}

fn count_options(segment: &Segment, counting: &mut Counting, document: u32, combination: usize, mask: u64) {
    let Some(options) = segment.combinations.get(combination) else { return };
    for option in options.iter().map(|option| *option as usize) {
        if (mask == 0 || counting.bound.option_bit(option) == mask) && counting.counted[option] != document + 1 {
            counting.counted[option] = document + 1;
            counting.options[option] += 1;
        }
    }
}

/// One facet for all labels of a name. No product has two labels of one name and value, so that counts add up.
fn facets(counts: BTreeMap<String, BTreeMap<String, usize>>, filter: &Filter) -> Vec<Facet> {
    let options: BTreeSet<String> = counts.keys().filter(|key| key.starts_with("option:")).cloned().collect();
    let mut all: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (key, values) in counts {
        let known = all.entry(merged(&key)).or_default();
        values.into_iter().for_each(|(value, count)| *known.entry(value).or_insert(0) += count);
    }
    for (key, value) in filter.selected() {
        all.entry(key.to_string()).or_default().entry(value.to_string()).or_insert(0);
    }
    let called = |key: &String| match filter.asked(key) {
        Some(asked) => asked.to_string(),
        None if options.contains(key) => key.clone(),
        None => attribute(key),
    };
    let selected = |key: &str, value: &str| filter.is_selected(key, value);
    let mut facets: Vec<Facet> = all.into_iter().map(|(key, values)| facet(called(&key), values, &|value| selected(&key, value))).collect();
    facets.sort_by(|a, b| a.key.cmp(&b.key));
    facets
}

/// A facet from what its values count: the most frequent, and all that are chosen.
fn facet(key: String, values: BTreeMap<String, usize>, selected: &dyn Fn(&str) -> bool) -> Facet {
    let mut values: Vec<FacetValue> =
        values.into_iter().map(|(value, count)| FacetValue { selected: selected(&value), value, count }).collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    let mut listed = 0;
    values.retain(|value| {
        listed += 1;
        listed <= MAX_FACET_VALUES || value.selected
    });
    Facet { key, values }
}
