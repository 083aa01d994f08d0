//! What a shopper chose, as it stands in the address.

use crate::search::{Sort, facet_name};
use std::collections::{BTreeMap, BTreeSet};
use url::form_urlencoded;

/// More facets or values in one address than any page offers are left out.
const MOST_FACETS: usize = 40;
const MOST_VALUES: usize = 60;
const MOST_RANGES: usize = 12;
const LONGEST: usize = 200;

/// The words, facets, prices and order of a list, and which page of it. Facets have the engine's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    pub text: String,
    pub facets: BTreeMap<String, BTreeSet<String>>,
    /// Lowest and highest number of a facet, as typed.
    pub ranges: BTreeMap<String, (String, String)>,
    /// As typed.
    pub price_min: String,
    pub price_max: String,
    pub sort: Sort,
    pub after: Option<String>,
}

/// The parameter of a facet: `option:Colour` is `o.Colour`, which needs no escaping in an address.
pub fn param(key: &str) -> String {
    match key.split_once(':') {
        Some(("option", name)) => format!("o.{name}"),
        Some(("attribute", name)) => format!("a.{name}"),
        _ => key.to_string(),
    }
}

/// The parameters of the lowest and highest number of a facet: `min.Capacity` and `max.Capacity`.
pub fn range_params(key: &str) -> (String, String) {
    let name = facet_name(key).unwrap_or(key);
    (format!("min.{name}"), format!("max.{name}"))
}

/// The facet of a parameter; `None` for any other parameter.
fn key(param: &str) -> Option<String> {
    match param.split_once('.') {
        Some(("o", name)) if !name.is_empty() => Some(format!("option:{name}")),
        Some(("a", name)) if !name.is_empty() => Some(format!("attribute:{name}")),
        _ => matches!(param, "brand" | "category" | "availability").then(|| param.to_string()),
    }
}

/// The value of `sort` in an address; empty for the order a list has by itself.
pub fn sort_word(sort: Sort) -> &'static str {
    match sort {
        Sort::Relevance => "",
        Sort::Newest => "newest",
        Sort::PriceAscending => "price",
        Sort::PriceDescending => "price-down",
    }
}

fn sort_of(word: &str) -> Sort {
    [Sort::Newest, Sort::PriceAscending, Sort::PriceDescending].into_iter().find(|sort| sort_word(*sort) == word).unwrap_or_default()
}

impl Choices {
    /// Reads a query string. Unknown parameters are passed over; a parameter sent twice keeps the last value, a facet all of them.
    pub fn read(query: &str) -> Choices {
        let mut choices = Choices::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value: String = value.chars().filter(|c| *c != '\0').take(LONGEST).collect();
            match name.as_ref() {
                "q" => choices.text = value.trim().to_string(),
                "price_min" => choices.price_min = value,
                "price_max" => choices.price_max = value,
                "sort" => choices.sort = sort_of(&value),
                "after" => choices.after = (!value.is_empty()).then_some(value),
                _ => match name.split_once('.') {
                    Some((end @ ("min" | "max"), of)) if !of.is_empty() => choices.limit(end, of, value),
                    _ => choices.choose(&name, value),
                },
            }
        }
        choices
    }

    fn limit(&mut self, end: &str, of: &str, value: String) {
        let (key, value) = (format!("attribute:{of}"), value.trim().to_string());
        let full = self.ranges.len() >= MOST_RANGES && !self.ranges.contains_key(&key);
        if value.is_empty() || key.len() > LONGEST || key.contains('\0') || full {
            return;
        }
        let range = self.ranges.entry(key).or_default();
        if end == "min" {
            range.0 = value;
        } else {
            range.1 = value;
        }
    }

    fn choose(&mut self, param: &str, value: String) {
        let Some(key) = key(param).filter(|key| key.len() <= LONGEST && !key.contains('\0')) else { return };
        if value.is_empty() || (self.facets.len() >= MOST_FACETS && !self.facets.contains_key(&key)) {
            return;
        }
        let values = self.facets.entry(key).or_default();
        if values.len() < MOST_VALUES {
            values.insert(value);
        }
    }

    /// The address of the list at `action`. Reading it gives the same choices.
    pub fn address(&self, action: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let after = self.after.as_deref().unwrap_or("");
        let plain = [
            ("q", self.text.as_str()),
            ("price_min", &self.price_min),
            ("price_max", &self.price_max),
            ("sort", sort_word(self.sort)),
            ("after", after),
        ];
        let (words, rest) = plain.split_at(1);
        query.extend_pairs(words.iter().filter(|(_, value)| !value.is_empty()));
        for (key, values) in &self.facets {
            for value in values {
                query.append_pair(&param(key), value);
            }
        }
        for (key, (low, high)) in &self.ranges {
            let (min, max) = range_params(key);
            query.extend_pairs([(min, low), (max, high)].iter().filter(|(_, value)| !value.is_empty()));
        }
        query.extend_pairs(rest.iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { action.to_string() } else { format!("{action}?{query}") }
    }

    /// The ends chosen of a facet of options and attributes.
    pub fn range(&self, key: &str) -> Option<&(String, String)> {
        self.ranges.get(&format!("attribute:{}", facet_name(key)?))
    }

    /// Whether anything narrows the list.
    pub fn narrowed(&self) -> bool {
        !self.facets.is_empty() || !self.ranges.is_empty() || !self.price_min.is_empty() || !self.price_max.is_empty()
    }

    /// The first page without one value.
    pub fn without(&self, key: &str, value: &str) -> Choices {
        let mut fewer = self.first();
        if let Some(values) = fewer.facets.get_mut(key) {
            values.remove(value);
        }
        fewer.facets.retain(|_, values| !values.is_empty());
        fewer
    }

    /// The first page with any number of a facet.
    pub fn without_range(&self, key: &str) -> Choices {
        let mut fewer = self.first();
        fewer.ranges.remove(key);
        fewer
    }

    /// The first page at any price.
    pub fn without_price(&self) -> Choices {
        Choices { price_min: String::new(), price_max: String::new(), ..self.first() }
    }

    /// The first page of everything: the words and the order stay.
    pub fn cleared(&self) -> Choices {
        Choices { facets: BTreeMap::new(), ranges: BTreeMap::new(), ..self.without_price() }
    }

    /// The page after `key`.
    pub fn after(&self, key: &str) -> Choices {
        Choices { after: Some(key.to_string()), ..self.clone() }
    }

    /// The first page.
    pub fn first(&self) -> Choices {
        Choices { after: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(address: &str) -> &str {
        address.split_once('?').map_or("", |(_, query)| query)
    }

    #[test]
    fn an_address_reads_as_it_was_written() {
        let typed = "q=t%26a%20pot&o.Colour=Blue&o.Colour=Red+%2F+White&a.Care=Dishwasher%20safe&brand=%E7%93%B7&category=7\
            &availability=in&min.Volume=50&max.Volume=1%2C000&min.=3&price_min=10&price_max=2%2C000&sort=price-down&after=d.0.0.-5.7";
        let choices = Choices::read(typed);
        assert_eq!(choices.text, "t&a pot");
        assert_eq!(choices.facets["option:Colour"], BTreeSet::from(["Blue".to_string(), "Red / White".to_string()]));
        assert_eq!(choices.facets["attribute:Care"], BTreeSet::from(["Dishwasher safe".to_string()]));
        assert_eq!(choices.ranges, BTreeMap::from([("attribute:Volume".to_string(), ("50".to_string(), "1,000".to_string()))]));
        assert!(choices.narrowed() && choices.without_range("attribute:Volume").ranges.is_empty());
        assert_eq!((choices.sort, choices.after.as_deref()), (Sort::PriceDescending, Some("d.0.0.-5.7")));
        assert_eq!(Choices::read(query(&choices.address("/search"))), choices);
        for sort in [Sort::Relevance, Sort::Newest, Sort::PriceAscending, Sort::PriceDescending] {
            assert_eq!(sort_of(sort_word(sort)), sort);
        }
        assert_eq!(Choices::default().address("/search"), "/search");
    }

    #[test]
    fn a_chip_takes_one_value_away_and_goes_to_the_first_page() {
        let choices = Choices::read("brand=A&brand=B&sort=newest&after=n.0.0.1.1");
        assert_eq!(choices.without("brand", "A").address("/c"), "/c?brand=B&sort=newest");
        assert_eq!(choices.without("brand", "A").without("brand", "B").address("/c"), "/c?sort=newest");
        assert_eq!(choices.cleared().address("/c"), "/c?sort=newest");
    }

    #[test]
    fn strange_addresses_are_bounded() {
        let many: String = (0..500).map(|n| format!("o.x{n}=1&brand=b{n}&")).collect();
        let choices = Choices::read(&format!("{many}o.=x&.=y&utm_source=z&q=%00a%00&o.%00=1&sort=bogus"));
        assert!(choices.facets.len() <= MOST_FACETS && choices.facets["brand"].len() == MOST_VALUES);
        assert_eq!((choices.text.as_str(), choices.sort), ("a", Sort::Relevance));
        assert!(choices.facets.keys().all(|key| !key.contains('\0') && key != "option:"));
    }
}
