//! The ways to fulfil chosen options and attributes, as conditions of a filter.

use crate::search::filter::attribute;
use crate::search::schema::{INNER, OUTER};
use std::collections::BTreeSet;

/// One way to fulfil the chosen options and attributes.
#[derive(Clone, Default)]
pub struct Way {
    /// Conditions on labels of the product.
    product: Vec<String>,
    /// Any of these choices of labels on one variant.
    variants: Vec<Vec<String>>,
}

impl Way {
    /// With one of these values of the product, or of a variant.
    pub fn with(&self, key: &str, values: &BTreeSet<String>, of_product: bool) -> Way {
        let mut way = self.clone();
        if of_product {
            let key = attribute(key);
            way.product.push(format!("labels IN [{}]", list(values.iter().map(|value| format!("{key}{INNER}{value}")))));
            return way;
        }
        if way.variants.is_empty() {
            way.variants.push(Vec::new());
        }
        let longer = |known: &Vec<String>, value: &String| known.iter().cloned().chain([format!("{key}{INNER}{value}")]).collect();
        way.variants = way.variants.iter().flat_map(|known| values.iter().map(move |value| longer(known, value))).collect();
        way
    }

    /// The conditions of a filter; the labels of variants are in `field`.
    pub fn conditions(&self, field: &str) -> Vec<String> {
        let variants = self.variants.iter().map(|labels| labels.join(&OUTER.to_string()));
        let variants = (!self.variants.is_empty()).then(|| format!("{field} IN [{}]", list(variants)));
        self.product.iter().cloned().chain(variants).collect()
    }
}

/// Values of a filter, quoted.
pub fn list(values: impl Iterator<Item = String>) -> String {
    values.map(|value| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))).collect::<Vec<_>>().join(", ")
}
