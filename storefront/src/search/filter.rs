//! The chosen facet values and prices, as masks: one bit a facet, set where a product or a variant fails it.
//!
//! A product is a hit when one of its variants fails nothing. A variant that fails one facet alone counts for that facet's
//! other values: that is what keeps a facet with a chosen value selectable, in the same pass.

use super::SearchQuery;
use super::schema::clean;
use super::segment::{Labels, Segment};
use kernel::error::{Error, Result};
use std::ops::Range;

/// The bit of the price.
pub const PRICE: u64 = 1 << 63;
const MOST_FACETS: usize = 60;

/// What is chosen, in any segment.
pub struct Filter {
    /// Key and values; the place is the bit.
    chosen: Vec<(String, Vec<String>)>,
    price: (Option<i64>, Option<i64>),
    variant_bits: u64,
}

/// Whether a facet tells variants of one product apart.
pub fn of_variants(key: &str) -> bool {
    key == "availability" || key.starts_with("option:")
}

impl Filter {
    /// Fails with `Invalid` when more facets are chosen than any page offers.
    pub fn new(query: &SearchQuery) -> Result<Filter> {
        let chosen: Vec<(String, Vec<String>)> = query
            .facets
            .iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(key, values)| (clean(key), values.iter().map(|value| clean(value)).collect()))
            .collect();
        if chosen.len() > MOST_FACETS {
            return Err(Error::field("facets", "too many filters"));
        }
        let variant_bits = chosen.iter().enumerate().filter(|(_, (key, _))| of_variants(key)).fold(0, |bits, (bit, _)| bits | 1 << bit);
        Ok(Filter { chosen, price: query.price, variant_bits })
    }

    pub fn is_selected(&self, key: &str, value: &str) -> bool {
        self.chosen.iter().any(|(chosen, values)| chosen == key && values.iter().any(|chosen| chosen == value))
    }

    /// The chosen labels: a facet lists them even when nothing matches.
    pub fn selected(&self) -> impl Iterator<Item = (&str, &str)> {
        self.chosen.iter().flat_map(|(key, values)| values.iter().map(move |value| (key.as_str(), value.as_str())))
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
        for (place, (key, values)) in self.chosen.iter().enumerate() {
            let bit = 1 << place;
            if of_variants(key) {
                let places = places(&segment.options, key, values);
                option_keys.push((segment.options.of(key), bit));
                for (mask, options) in failing.iter_mut().zip(&segment.combinations) {
                    if options.iter().any(|option| places.contains(&u64::from(*option))) {
                        *mask &= !bit;
                    }
                }
            } else {
                product_bits |= bit;
                product_keys.push((segment.labels.of(key), bit));
                wanted.extend(places(&segment.labels, key, values).into_iter().map(|place| (place, bit)));
            }
        }
        let without_variant = self.variant_bits | if self.price == (None, None) { 0 } else { PRICE };
        Bound { wanted, product_bits, failing, product_keys, option_keys, without_variant }
    }

    /// What a variant with this combination of options and this price fails.
    pub fn variant_mask(&self, bound: &Bound, combination: usize, price: i64) -> u64 {
        bound.failing.get(combination).copied().unwrap_or(self.variant_bits) | self.price_bit(price)
    }

    /// Whether variants have to be looked at to tell whether a product is a hit.
    pub fn speaks_of_variants(&self) -> bool {
        self.variant_bits != 0 || self.price != (None, None)
    }
}

fn places(labels: &Labels, key: &str, values: &[String]) -> Vec<u64> {
    values.iter().flat_map(|value| labels.find(key, value)).map(|place| place as u64).collect()
}

/// A filter in the numbers of one segment.
pub struct Bound {
    /// Places of chosen product labels, and the bit each satisfies.
    wanted: Vec<(u64, u64)>,
    product_bits: u64,
    /// Per combination of options, what it fails.
    failing: Vec<u64>,
    product_keys: Vec<(Range<usize>, u64)>,
    option_keys: Vec<(Range<usize>, u64)>,
    /// What a product without variants fails.
    pub without_variant: u64,
}

impl Bound {
    /// What the product fails whatever its variants are.
    pub fn product_mask(&self, segment: &Segment, document: u32) -> u64 {
        if self.product_bits == 0 {
            return 0;
        }
        let mut failed = self.product_bits;
        for label in segment.product_labels.values_for_doc(document) {
            for (_, bit) in self.wanted.iter().filter(|(place, _)| *place == label) {
                failed &= !bit;
            }
        }
        failed
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
