//! Product search: what the shop asks of an engine, and the two engines that answer.
//!
//! An index holds one document per product. It knows no database and no HTTP server: the caller turns catalogue rows into
//! [`SearchDocument`]s, and shows prices and stock from the database, never from the index.

mod changes;
mod cursor;
pub mod embedded;
mod expand;
mod filter;
mod kept;
pub mod meilisearch;
mod page;
mod plan;
mod schema;
mod segment;
mod suggest;
pub mod text;
mod tokens;

use crate::catalog::Assortment;
use crate::collections::MOST_BY_HAND;
use crate::ids::CollectionId;
pub use filter::name as facet_name;
use kernel::error::Result;
use kernel::money::Currency;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an index knows of one product. Keys and values of options and attributes are the labels of the shop's own language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchDocument {
    pub product_id: i64,
    pub slug: String,
    /// The title in every language, the shop's own first.
    pub titles: Vec<String>,
    /// Plain text in every language.
    pub descriptions: Vec<String>,
    pub brand: Option<String>,
    /// Id and names (all languages, one a line) of every category of the product and of every ancestor.
    pub categories: Vec<(i64, String)>,
    /// The collections it stands in, as groups: their ids below zero.
    pub collections: Vec<i64>,
    pub product_type: Option<String>,
    pub skus: Vec<String>,
    pub tags: Vec<String>,
    pub attributes: Vec<(String, String)>,
    /// A product without a variant cannot be bought: it is found by text, and by no price.
    pub variants: Vec<SearchVariant>,
    /// Unix seconds.
    pub published_at: i64,
    /// Any measure where more is more popular, such as units sold lately.
    pub popularity: i64,
}

impl SearchDocument {
    /// Whether one of the variants has an option of this name.
    fn has_option(&self, name: &str) -> bool {
        self.variants.iter().flat_map(|variant| &variant.options).any(|(option, _)| option.trim() == name.trim())
    }
}

/// One thing that can be put in a cart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchVariant {
    /// Name and value: `("Color", "Blue")`.
    pub options: Vec<(String, String)>,
    /// Minor units by currency. What has no price in a currency is not found by those who pay in it.
    pub prices: Vec<(Currency, i64)>,
    pub available: bool,
}

/// The order of the hits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Best match first and what is out of stock last; without a text, the most popular first.
    #[default]
    Relevance,
    /// By the cheapest variant that matches the chosen options, availability and price.
    PriceAscending,
    /// By the dearest variant that matches.
    PriceDescending,
    Newest,
}

/// What of the catalogue is searched: what a store sells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Within {
    /// Only what has a price in it; prices of the query are in it. Without one, everything is found, and prices are of any currency.
    pub currency: Option<Currency>,
    /// Only products of this group: a collection, with its id below zero.
    pub part: Option<i64>,
    /// Of these again only products of this one: what a company may buy by its contract.
    pub contract: Option<i64>,
}

impl Within {
    /// What a store sells.
    pub fn of(sold: &Assortment) -> Within {
        Within { currency: Some(sold.currency), part: sold.part.map(CollectionId::group), contract: sold.contract.map(CollectionId::group) }
    }
}

/// Who brings an index up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// One index for all processes, told by jobs.
    Shared,
    /// An index in a folder, which follows the changes by itself.
    Own,
}

/// How far an index in a folder is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// The last change up to which all of them are in the index.
    pub change: i64,
    /// The last change when it was built as a whole.
    pub rebuilt: i64,
}

/// What a shopper asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SearchQuery {
    /// As typed. Blank lists everything that passes the filters; a text without a letter or digit finds nothing.
    pub text: String,
    /// Only products of this category or below it; a collection stands here with its id below zero.
    pub category: Option<i64>,
    pub within: Within,
    /// Chosen values by facet: `brand`, `category` (ids), `availability` (`in`, `out`), `option:<name>`, `attribute:<name>`. The last two
    /// are one facet when their names are the same: a variant has the value as its option, or its product has it as an attribute.
    /// Values of one facet widen, facets narrow. Options, availability and price speak of one and the same variant.
    pub facets: BTreeMap<String, BTreeSet<String>>,
    /// Lowest and highest number by facet `attribute:<name>` (or `option:<name>`, which is the same), in millionths, both inclusive: only
    /// products with a value that is a number between them. Beside chosen values of the same facet, both have to hold.
    pub ranges: BTreeMap<String, (Option<i64>, Option<i64>)>,
    /// Lowest and highest price in minor units, both inclusive.
    pub price: (Option<i64>, Option<i64>),
    pub sort: Sort,
    /// `SearchPage::next` of the page before.
    pub after: Option<String>,
    /// At most this many hits; at most [`MAX_LIMIT`].
    pub limit: usize,
    pub with_facets: bool,
}

impl SearchQuery {
    /// The same question without a word about prices: whoever may not see them learns nothing by narrowing and ordering either.
    pub fn without_prices(self) -> SearchQuery {
        let sort = match self.sort {
            Sort::PriceAscending | Sort::PriceDescending => Sort::default(),
            sort => sort,
        };
        SearchQuery { price: (None, None), sort, ..self }
    }
}

/// The most hits of one page: a collection made by hand as a whole.
pub const MAX_LIMIT: usize = MOST_BY_HAND;
/// The most values listed of one facet; chosen ones are always listed.
pub const MAX_FACET_VALUES: usize = 100;

/// One page of hits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPage {
    /// Product ids in order.
    pub hits: Vec<i64>,
    /// How many products match.
    pub total: usize,
    /// By key. Empty unless asked for. Options and attributes of one name are one facet: under the key it was asked for with, else that of
    /// the option where what was found has such an option. A facet with a chosen value counts as if nothing were chosen in it, so that another
    /// value can be chosen.
    pub facets: Vec<Facet>,
    /// Lowest and highest price of what matches when the price filter is left out. Only with facets.
    pub price_range: Option<(i64, i64)>,
    /// The key of the next page, none on the last one.
    pub next: Option<String>,
    /// What was searched for instead, when nothing matched the words as typed.
    pub corrected: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    pub key: String,
    /// Most frequent first, then by value.
    pub values: Vec<FacetValue>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    pub value: String,
    /// Products, not variants.
    pub count: usize,
    pub selected: bool,
}

/// What the search box offers while somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// The names are those of the document, one a line.
    Category {
        id: i64,
        names: String,
    },
    Brand {
        name: String,
    },
    /// The title in the shop's own language.
    Product {
        id: i64,
        slug: String,
        title: String,
    },
}

/// The source of a rebuild: batches of documents until it is over.
pub type Documents<'a> = dyn Iterator<Item = Result<Vec<SearchDocument>>> + 'a;

/// An index of products. Every call may block: call it from a blocking thread.
pub trait SearchEngine: Send + Sync {
    /// Adds the products or replaces what is known of them. Seen by searches after [`SearchEngine::commit`].
    fn replace(&self, documents: &[SearchDocument]) -> Result<()>;

    /// Forgets the products; unknown ids are fine. Seen after [`SearchEngine::commit`].
    fn remove(&self, ids: &[i64]) -> Result<()>;

    /// Makes everything before it durable and visible to this process.
    fn commit(&self) -> Result<()>;

    /// Forgets everything at once.
    fn clear(&self) -> Result<()>;

    /// Builds the index anew from `documents` while searches go on in the old one, then swaps; returns the number of products.
    /// What is replaced or removed meanwhile is not lost. On an error the old index stays.
    fn rebuild(&self, documents: &mut Documents<'_>) -> Result<usize>;

    /// Who brings the index up to date.
    fn keeps(&self) -> Keeps {
        Keeps::Shared
    }

    /// The mark of an index that keeps itself, `None` before there is one.
    fn mark(&self) -> Result<Option<Mark>> {
        Ok(None)
    }

    /// Keeps the mark beside the index. What was committed before is there when the mark is.
    fn set_mark(&self, _mark: Mark) -> Result<()> {
        Ok(())
    }

    /// Looks for what another process committed. Cheap when nothing changed.
    fn refresh(&self) -> Result<()>;

    /// Fails with `Invalid` on a cursor of another sort or a foreign one, with `Unavailable` when the engine does not answer.
    fn search(&self, query: &SearchQuery) -> Result<SearchPage>;

    /// Categories and brands first, then products; at most `limit` in all.
    fn suggest(&self, text: &str, within: &Within, limit: usize) -> Result<Vec<Suggestion>>;

    /// How many products the index holds.
    fn len(&self) -> Result<usize>;

    /// Whether the index holds nothing: the sign that it has to be built.
    fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// `Ok` when a search would be answered now.
    fn healthy(&self) -> Result<()>;
}

#[cfg(test)]
mod alike;
#[cfg(test)]
mod tests;
