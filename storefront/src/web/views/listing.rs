//! Lists of products with facets: `storefront/category.html` and `storefront/search.html`.

use super::shared::{Card, Choice, Link, Tile};
use serde::Serialize;

/// A category page.
#[derive(Debug, Clone, Serialize)]
pub struct CategoryView {
    /// From the home page to the parent; the category itself is the heading.
    pub crumbs: Vec<Link>,
    pub title: String,
    pub text: Option<String>,
    pub children: Vec<Tile>,
    pub listing: Listing,
}

/// A search page.
#[derive(Debug, Clone, Serialize)]
pub struct SearchView {
    /// What was asked; empty when nothing was.
    pub query: String,
    /// What was searched for when the words were corrected.
    pub corrected: Option<String>,
    /// Searches that lead somewhere, for the empty page.
    pub suggestions: Vec<Link>,
    /// The search does not work now: the page says so and shows no list.
    pub unavailable: bool,
    pub listing: Listing,
}

/// Products with everything that narrows and orders them. It is one GET form to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct Listing {
    /// Where the form goes: `/categories/teapots`, `/search`.
    pub action: String,
    /// Parameters to carry that are no facet, such as the query.
    pub hidden: Vec<Hidden>,
    /// Products found in all.
    pub count: u64,
    /// `count` is a lower bound: "more than".
    pub at_least: bool,
    pub facets: Vec<Facet>,
    pub price: Option<PriceFacet>,
    /// Chosen values, each with the address of the list without it.
    pub chips: Vec<Link>,
    /// The address of the list without any choice.
    pub clear: Option<String>,
    pub sort: Vec<Choice>,
    pub cards: Vec<Card>,
    /// The next page, by key.
    pub next: Option<String>,
    /// The first page, when this is not it.
    pub first: Option<String>,
}

/// A parameter that is carried unseen.
#[derive(Debug, Clone, Serialize)]
pub struct Hidden {
    pub name: String,
    pub value: String,
}

/// A property products can be narrowed by; several values may be chosen.
#[derive(Debug, Clone, Serialize)]
pub struct Facet {
    /// The parameter's name.
    pub name: String,
    pub label: String,
    pub values: Vec<FacetValue>,
    /// Of numbers: what is typed instead of choosing values.
    pub range: Option<RangeFacet>,
    /// Shown unfolded: when something in it is chosen, or it matters most.
    pub open: bool,
}

/// A value of a facet with the number of products that choosing it would show.
#[derive(Debug, Clone, Serialize)]
pub struct FacetValue {
    pub value: String,
    pub label: String,
    pub count: u64,
    pub selected: bool,
    /// A colour as `#rrggbb`, or empty.
    pub swatch: String,
}

/// Narrowing by numbers, as typed.
#[derive(Debug, Clone, Serialize)]
pub struct RangeFacet {
    /// The names of the parameters.
    pub min_name: String,
    pub max_name: String,
    pub min: String,
    pub max: String,
    /// The lowest and highest number in the list, as placeholders.
    pub floor: String,
    pub ceiling: String,
    pub unit: String,
    /// The key of the text that says what is wrong with what was typed.
    pub error: Option<String>,
}

/// Narrowing by price, in whole or decimal amounts of the page's currency as typed (`price_min`, `price_max`).
#[derive(Debug, Clone, Serialize)]
pub struct PriceFacet {
    pub min: String,
    pub max: String,
    /// The lowest and highest price in the list, as placeholders.
    pub floor: String,
    pub ceiling: String,
    /// What is wrong with what was typed: a sentence or text key.
    pub error: Option<String>,
    pub open: bool,
}
