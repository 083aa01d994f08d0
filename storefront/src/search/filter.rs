//! The chosen facet values and prices, as masks: one bit a facet, set where a product or a variant fails it.
//!
//! A product is a hit when one of its variants fails nothing. A variant that fails one facet alone counts for that facet's
//! other values: that is what keeps a facet with a chosen value selectable, in the same pass.

use super::SearchQuery;
use super::schema::clean;
use super::segment::{Labels, Segment};
use crate::attributes::decimal;
use kernel::error::{Error, Result};
use std::ops::Range;

/// The bit of the price.
pub const PRICE: u64 = 1 << 63;
const MOST_FACETS: usize = 60;

/// What is chosen, in any segment.
pub struct Filter {
    /// The place is the bit.
    chosen: Vec<Chosen>,
    price: (Option<i64>, Option<i64>),
    variant_bits: u64,
}

/// What is chosen of one facet.
struct Chosen {
    /// As [`merged`] has it.
    key: String,
    /// As it was asked for, when values were.
    asked: Option<String>,
    /// Any of them, or all when there are none.
    values: Vec<String>,
    /// Lowest and highest number, in millionths.
    range: Option<(Option<i64>, Option<i64>)>,
}

/// Whether a number lies between two others, both inclusive.
pub fn within(number: i64, (low, high): (Option<i64>, Option<i64>)) -> bool {
    low.is_none_or(|low| number >= low) && high.is_none_or(|high| number <= high)
}

/// The ranges that narrow anything, by their facets as [`merged`] has them.
pub fn ranges(query: &SearchQuery) -> impl Iterator<Item = (String, (Option<i64>, Option<i64>))> {
    let narrowing = query.ranges.iter().filter(|(key, range)| **range != (None, None) && name(key).is_some());
    narrowing.map(|(key, range)| (merged(&clean(key)), *range))
}

/// The name of a facet of options and attributes.
pub fn name(key: &str) -> Option<&str> {
    key.strip_prefix("option:").or_else(|| key.strip_prefix("attribute:"))
}

/// The one key under which an option and an attribute of the same name are one facet.
pub fn merged(key: &str) -> String {
    name(key).map_or_else(|| key.to_string(), |name| format!("option:{name}"))
}

/// The key of the attribute in a merged facet.
pub fn attribute(key: &str) -> String {
    name(key).map_or_else(|| key.to_string(), |name| format!("attribute:{name}"))
}

/// Whether a label of this key stands with variants and tells those of one product apart.
pub fn of_variants(key: &str) -> bool {
    key == "availability" || key.starts_with("option:")
}

impl Filter {
    /// Fails with `Invalid` when more facets are chosen than any page offers.
    pub fn new(query: &SearchQuery) -> Result<Filter> {
        let values = query.facets.iter().filter(|(_, values)| !values.is_empty());
        let mut chosen: Vec<Chosen> = Vec::new();
        for (asked, values) in values {
            let (asked, values) = (clean(asked), values.iter().map(|value| clean(value)));
            let key = merged(&asked);
            match chosen.iter_mut().find(|chosen| chosen.key == key) {
                Some(chosen) => {
                    chosen.values.extend(values);
                    chosen.asked = Some(asked);
                }
                None => chosen.push(Chosen { key, asked: Some(asked), values: values.collect(), range: None }),
            }
        }
        for (key, range) in ranges(query) {
            match chosen.iter_mut().find(|chosen| chosen.key == key) {
                Some(chosen) => chosen.range = Some(range),
                None => chosen.push(Chosen { key, asked: None, values: Vec::new(), range: Some(range) }),
            }
        }
        if chosen.len() > MOST_FACETS {
            return Err(Error::field("facets", "too many filters"));
        }
        let variant_bits =
            chosen.iter().enumerate().filter(|(_, chosen)| of_variants(&chosen.key)).fold(0, |bits, (bit, _)| bits | 1 << bit);
        Ok(Filter { chosen, price: query.price, variant_bits })
    }

    /// The key a merged facet was asked for with.
    pub fn asked(&self, key: &str) -> Option<&str> {
        self.chosen.iter().find(|chosen| chosen.key == key)?.asked.as_deref()
    }

    /// Whether the value is chosen; the key is a merged one.
    pub fn is_selected(&self, key: &str, value: &str) -> bool {
        self.chosen.iter().any(|chosen| chosen.key == key && chosen.values.iter().any(|chosen| chosen == value))
    }

    /// The chosen labels, by merged keys: a facet lists them even when nothing matches.
    pub fn selected(&self) -> impl Iterator<Item = (&str, &str)> {
        self.chosen.iter().flat_map(|chosen| chosen.values.iter().map(|value| (chosen.key.as_str(), value.as_str())))
    }

    fn price_bit(&self, price: i64) -> u64 {
        let inside = self.price.0.is_none_or(|low| price >= low) && self.price.1.is_none_or(|high| price <= high);
        if inside { 0 } else { PRICE }
    }

    /// The filter in the numbers of one segment.
    pub fn bind(&self, segment: &Segment) -> Bound {
        let (mut wanted, mut product_bits) = (Vec::new(), 0);
        let mut failing = vec![self.variant_bits; segment.combinations.len()];
        let (mut product_keys, mut option_keys) = (Vec::new(), Vec::new());
        for (place, chosen) in self.chosen.iter().enumerate() {
            let (key, bit) = (chosen.key.as_str(), 1 << place);
            if of_variants(key) {
                let places = places(&segment.options, key, chosen);
                option_keys.push((segment.options.of(key), bit));
                for (mask, options) in failing.iter_mut().zip(&segment.combinations) {
                    if options.iter().any(|option| places.contains(&u64::from(*option))) {
                        *mask &= !bit;
                    }
                }
            } else {
                product_bits |= bit;
            }
            if key != "availability" {
                let key = attribute(key);
                product_keys.push((segment.labels.of(&key), bit));
                wanted.extend(places(&segment.labels, &key, chosen).into_iter().map(|place| (place, bit)));
            }
        }
        wanted.sort_unstable();
        let without_variant = self.variant_bits | if self.price == (None, None) { 0 } else { PRICE };
        Bound { wanted, product_bits, failing, product_keys, option_keys, without_variant }
    }

    /// What a variant with this combination of options and this price fails, of a product that fails or fulfils this.
    pub fn variant_mask(&self, bound: &Bound, product: Product, combination: usize, price: i64) -> u64 {
        let variant = bound.failing.get(combination).copied().unwrap_or(self.variant_bits);
        product.failed | variant & !product.fulfilled | self.price_bit(price)
    }

    /// Whether variants have to be looked at to tell whether a product is a hit.
    pub fn speaks_of_variants(&self) -> bool {
        self.variant_bits != 0 || self.price != (None, None)
    }
}

fn places(labels: &Labels, key: &str, chosen: &Chosen) -> Vec<u64> {
    let named: Vec<usize> = match chosen.values.as_slice() {
        [] => labels.of(key).collect(),
        values => values.iter().flat_map(|value| labels.find(key, value)).collect(),
    };
    let inside = |place: &usize| {
        let number = || labels.0.get(*place).and_then(|label| decimal::written(&label.value));
        chosen.range.is_none_or(|range| number().is_some_and(|number| within(number, range)))
    };
    named.into_iter().filter(inside).map(|place| place as u64).collect()
}

/// What a product says of the facets whatever its variants are.
#[derive(Clone, Copy)]
pub struct Product {
    /// Facets that only a product has, and this one has not.
    pub failed: u64,
    /// Facets that hold for every variant, since the product has the value as an attribute.
    fulfilled: u64,
}

/// A filter in the numbers of one segment.
pub struct Bound {
    /// Places of chosen product labels, in order, and the bit each satisfies.
    wanted: Vec<(u64, u64)>,
    product_bits: u64,
    /// Per combination of options, what it fails.
    failing: Vec<u64>,
    product_keys: Vec<(Range<usize>, u64)>,
    option_keys: Vec<(Range<usize>, u64)>,
    /// What a product without variants fails unless it fulfils it.
    without_variant: u64,
}

impl Bound {
    /// What the product fails and fulfils whatever its variants are.
    pub fn product(&self, segment: &Segment, document: u32) -> Product {
        let mut fulfilled = 0;
        if !self.wanted.is_empty() {
            for label in segment.product_labels.values_for_doc(document) {
                let start = self.wanted.partition_point(|(place, _)| *place < label);
                for (_, bit) in self.wanted[start..].iter().take_while(|(place, _)| *place == label) {
                    fulfilled |= bit;
                }
            }
        }
        Product { failed: self.product_bits & !fulfilled, fulfilled }
    }

    /// What the product fails when it has no variant.
    pub fn without_variant(&self, product: Product) -> u64 {
        product.failed | self.without_variant & !product.fulfilled
    }

    /// The bit of the facet of a product label, 0 when nothing is chosen in it.
    pub fn label_bit(&self, place: usize) -> u64 {
        bit_of(&self.product_keys, place)
    }

    /// The bit of the facet of an option, 0 when nothing is chosen in it.
    pub fn option_bit(&self, place: usize) -> u64 {
        bit_of(&self.option_keys, place)
    }
}

fn bit_of(keys: &[(Range<usize>, u64)], place: usize) -> u64 {
    keys.iter().find(|(range, _)| range.contains(&place)).map_or(0, |(_, bit)| *bit)
}
