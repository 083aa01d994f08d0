//! Lists whose choices speak of variants: an option, availability, a price. Meilisearch knows products only, so what the text, the
//! category and the store leave is fetched with its variants, unless it is too much, and looked at here: a hit has one variant that
//! fulfils every choice, and a facet counts products with a variant that fulfils the choices of all the others.

use super::ask::Chosen;
use crate::attributes::decimal;
use crate::search::filter::{merged, name, of_variants, within};
use crate::search::schema::INNER;
use crate::search::{SearchQuery, Sort};
use kernel::money::Currency;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The most products that are fetched, each about half a kilobyte.
pub const MOST: usize = 20_000;

/// A variant as it is kept beside its product, for reading and not for searching.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Offer {
    /// As `schema::variant_labels` has them.
    pub labels: Vec<String>,
    /// Minor units by the code of the currency.
    pub prices: BTreeMap<String, i64>,
}

/// A product that the text, the category and the store leave.
#[derive(Debug, Clone, Deserialize)]
pub struct Candidate {
    pub id: i64,
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub offers: Vec<Offer>,
}

/// What a list holds, and what its facets count by merged keys.
#[derive(Default)]
pub struct List {
    pub hits: Vec<i64>,
    pub counts: BTreeMap<String, BTreeMap<String, usize>>,
    pub options: BTreeSet<String>,
    pub price_range: Option<(i64, i64)>,
}

/// One facet that narrows, by the place of its bit.
struct Narrowing {
    key: String,
    values: BTreeSet<String>,
    range: Option<(Option<i64>, Option<i64>)>,
}

impl Narrowing {
    fn takes(&self, key: &str, value: &str) -> bool {
        let inside = |range| decimal::written(value).is_some_and(|number| within(number, range));
        merged(key) == self.key && (self.values.is_empty() || self.values.contains(value)) && self.range.is_none_or(inside)
    }
}

/// The choices of a query. What a product or a variant fails of them is a mask of bits, the price's the highest.
pub struct Choices {
    all: Vec<Narrowing>,
    price: (Option<i64>, Option<i64>),
    currency: Option<Currency>,
    sort: Sort,
}

const PRICE: u64 = 1 << 63;

impl Choices {
    /// Of a query whose facets are chosen by merged keys; no more than an engine lets through, which is far below a mask's bits.
    pub fn new(query: &SearchQuery, chosen: &Chosen, ranges: &BTreeMap<String, (Option<i64>, Option<i64>)>) -> Choices {
        let keys: BTreeSet<&String> = chosen.keys().chain(ranges.keys()).collect();
        let narrowing = |key: &&String| Narrowing {
            key: (*key).clone(),
            values: chosen.get(*key).cloned().unwrap_or_default(),
            range: ranges.get(*key).copied(),
        };
        Choices { all: keys.iter().map(narrowing).collect(), price: query.price, currency: query.within.currency, sort: query.sort }
    }

    /// Whether the choices have to hold for one and the same variant.
    pub fn speak_of_variants(&self) -> bool {
        self.price != (None, None) || self.all.iter().any(|one| of_variants(&one.key))
    }

    fn bits(&self, holds: impl Fn(&Narrowing) -> bool) -> u64 {
        self.all.iter().enumerate().filter(|(_, one)| holds(one)).fold(0, |bits, (place, _)| bits | 1 << place)
    }

    fn bit(&self, key: &str) -> u64 {
        self.bits(|one| one.key == merged(key))
    }

    /// Whether a product has a variant that fulfils every choice.
    pub fn met_by(&self, product: &Candidate) -> bool {
        !self.speak_of_variants() || self.look_at(product, &mut List::default()).is_some()
    }

    /// The list in the order of the candidates, or by price.
    pub fn list(&self, candidates: &[Candidate]) -> List {
        let mut list = List::default();
        let mut by_price = Vec::new();
        for candidate in candidates {
            if let Some((low, high)) = self.look_at(candidate, &mut list) {
                by_price.push((candidate.id, low, high));
            }
        }
        match self.sort {
            Sort::PriceAscending => by_price.sort_by_key(|(id, low, _)| (*low, *id)),
            Sort::PriceDescending => by_price.sort_by_key(|(id, _, high)| (Reverse(*high), *id)),
            Sort::Relevance | Sort::Newest => {}
        }
        list.hits = by_price.into_iter().map(|(id, ..)| id).collect();
        list
    }

    /// Counts what a product has, and tells the lowest and highest price of its variants that match, if there are any.
    fn look_at(&self, product: &Candidate, list: &mut List) -> Option<(i64, i64)> {
        let labels: Vec<(&str, &str)> = product.labels.iter().filter_map(|label| split(label)).collect();
        let fulfilled = self.bits(|one| labels.iter().any(|(key, value)| one.takes(key, value)));
        let of_product = self.bits(|one| !of_variants(&one.key)) & !fulfilled;
        let (mut matching, mut near) = (None::<(i64, i64)>, 0);
        let mut counted: BTreeSet<(&str, &str)> = BTreeSet::new();
        for offer in &product.offers {
            let own: Vec<(&str, &str)> = offer.labels.iter().filter_map(|label| split(label)).collect();
            for price in offer
                .prices
                .iter()
                .filter(|(code, _)| self.currency.is_none_or(|currency| currency.code() == *code))
                .map(|(_, price)| *price)
            {
                let open = self.bits(|one| of_variants(&one.key) && !own.iter().any(|(key, value)| one.takes(key, value)));
                let failed = of_product | open & !fulfilled | if within(price, self.price) { 0 } else { PRICE };
                if failed == 0 {
                    matching = Some(matching.map_or((price, price), |(low, high)| (low.min(price), high.max(price))));
                }
                if failed & !PRICE == 0 {
                    list.price_range = Some(list.price_range.map_or((price, price), |(low, high)| (low.min(price), high.max(price))));
                }
                if failed.count_ones() <= 1 {
                    near |= failed;
                    counted.extend(own.iter().filter(|(key, _)| failed == 0 || self.bit(key) == failed));
                }
            }
        }
        if product.offers.is_empty() && self.currency.is_none() {
            let open = self.bits(|one| of_variants(&one.key)) & !fulfilled;
            let failed = of_product | open | if self.price == (None, None) { 0 } else { PRICE };
            if failed == 0 {
                matching = Some((i64::MAX, i64::MIN));
            }
            near |= if failed.is_power_of_two() { failed } else { 0 };
        }
        counted.extend(labels.iter().filter(|(key, _)| matching.is_some() || self.bit(key) & near != 0));
        for (key, value) in counted {
            *list.counts.entry(merged(key)).or_default().entry(value.to_string()).or_insert(0) += 1;
            list.options.extend(key.starts_with("option:").then(|| key.to_string()));
        }
        matching
    }
}

/// The key and the value of a label.
pub fn split(label: &str) -> Option<(&str, &str)> {
    let mut parts = label.splitn(3, INNER);
    Some((parts.next()?, parts.next()?)).filter(|(key, _)| !key.is_empty() && name(key) != Some(""))
}
