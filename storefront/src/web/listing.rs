//! Lists of products with what narrows and orders them: from the address to the engine, and from its answer to the page.

mod choices;
mod facets;

pub use choices::Choices;

use super::door::Door;
use super::shelves::{self, Showing};
use super::views::listing::{Hidden, Listing, PriceFacet};
use super::views::shared::{Choice, Link};
use super::words::Words;
use crate::attributes::{Definitions, decimal};
use crate::catalog::{self, Categories};
use crate::ids::{CategoryId, ProductId};
use crate::labels::Labels;
use crate::promotions::Audience;
use crate::search::{SearchPage, SearchQuery, Sort, Within};
use crate::search_index;
use crate::shop::Shop;
use actix_web::web;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result};

/// Products of a page.
pub(super) const PAGE: usize = 24;

/// What the engine is asked, with the price filter as amounts and what is wrong with it.
pub struct Asked {
    pub query: SearchQuery,
    pub price_error: Option<String>,
}

/// What was chosen, as the index has it.
pub fn settled(conn: &mut Conn, query: &str) -> Result<Choices> {
    let mut choices = Choices::read(query);
    if choices.facets.keys().any(|key| key.contains(':')) {
        search_index::settle(&mut choices.facets, &Definitions::load(conn)?);
    }
    Ok(choices)
}

/// The question of these choices within a category.
pub fn asked(choices: &Choices, category: Option<CategoryId>, shop: &Shop) -> Asked {
    let mut price_error = None;
    let mut amount = |typed: &str| match typed.trim() {
        "" => None,
        typed => match Money::parse(typed, shop.currency) {
            Ok(amount) if amount.minor >= 0 => Some(amount.minor),
            _ => {
                price_error = Some("listing-price-unreadable".to_string());
                None
            }
        },
    };
    let price = (amount(&choices.price_min), amount(&choices.price_max));
    // What does not read narrows nothing; the facet says so.
    let ranges = choices.ranges.iter().map(|(key, (low, high))| (key.clone(), (decimal::read(low), decimal::read(high)))).collect();
    let query = SearchQuery {
        ranges,
        text: choices.text.clone(),
        category: category.map(|id| id.0),
        within: Within::of(&shop.assortment()),
        facets: choices.facets.clone(),
        price,
        sort: choices.sort,
        after: choices.after.clone(),
        limit: PAGE,
        with_facets: true,
    };
    match shop.prices_hidden {
        true => Asked { query: query.without_prices(), price_error: None },
        false => Asked { query, price_error },
    }
}

/// Asks the engine where waiting is allowed. `None` when it does not answer now: the shop goes on without it.
pub async fn ask(door: &Door, query: SearchQuery) -> Result<Option<SearchPage>> {
    let engine = door.search.clone();
    let found = web::block(move || engine.search(&query)).await.map_err(Error::unexpected)?;
    match found {
        Ok(page) => Ok(Some(page)),
        Err(Error::Unavailable(cause) | Error::Unexpected(cause)) => {
            tracing::warn!(cause, "the search engine does not answer");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What is needed to show a list.
pub struct Around<'a> {
    pub action: String,
    pub choices: &'a Choices,
    pub words: &'a Words,
    /// The shop as the store that is visited shows it.
    pub shop: &'a Shop,
    /// Whom the prices are for.
    pub audience: &'a Audience,
    /// When it is shown: prices of promotions depend on it.
    pub now: Time,
    /// The tree in the page's language.
    pub tree: &'a Categories,
    /// Whether the category is a choice of its own, as it is when searching.
    pub with_categories: bool,
}

impl Around<'_> {
    fn showing(&self) -> Showing<'_> {
        Showing { language: self.words.language, shop: self.shop, audience: self.audience, now: self.now }
    }
}

/// The list the engine found. Prices and stock are the database's.
pub fn found(conn: &mut Conn, around: &Around, page: &SearchPage, price_error: Option<String>) -> Result<Listing> {
    let labels = Labels::load(conn, around.words.language.code())?;
    let ids: Vec<ProductId> = page.hits.iter().copied().map(ProductId).collect();
    let cards = shelves::cards(conn, &ids, &around.showing())?;
    let choices = around.choices;
    let definitions = Definitions::load(conn)?;
    let named = facets::Naming { words: around.words, labels: &labels, tree: around.tree, definitions: &definitions };
    let chips = chips(around, &named);
    Ok(Listing {
        action: around.action.clone(),
        hidden: hidden(choices),
        count: u64::try_from(page.total).unwrap_or(u64::MAX),
        at_least: false,
        facets: facets::views(page, choices, &named, around.with_categories),
        price: price(around, page, price_error),
        clear: (!chips.is_empty()).then(|| choices.cleared().address(&around.action)),
        chips,
        sort: sort(around),
        cards,
        next: page.next.as_ref().map(|key| choices.after(key).address(&around.action)),
        first: choices.after.is_some().then(|| choices.first().address(&around.action)),
    })
}

/// The products of a category without the engine: by their age, with nothing to narrow them by.
pub fn plain(conn: &mut Conn, around: &Around, category: Option<CategoryId>) -> Result<Listing> {
    plain_from(conn, around, |conn, after, limit| {
        let ids = catalog::sold(conn, &around.shop.assortment(), category, after.map(ProductId), limit)?;
        Ok(ids.into_iter().map(|id| (id.0, id)).collect())
    })
}

/// A page of products without the engine. `list` answers products after a key, with the key of each.
pub fn plain_from(
    conn: &mut Conn,
    around: &Around,
    list: impl FnOnce(&mut Conn, Option<i64>, i64) -> Result<Vec<(i64, ProductId)>>,
) -> Result<Listing> {
    let after = around.choices.after.as_deref().and_then(|key| key.strip_prefix(PLAIN)).and_then(|id| id.parse().ok());
    let most = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let mut found = list(conn, after, most + 1)?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let ids: Vec<ProductId> = found.iter().map(|(_, id)| *id).collect();
    let cards = shelves::cards(conn, &ids, &around.showing())?;
    let next = found.last().filter(|_| more).map(|(last, _)| around.choices.after(&format!("{PLAIN}{last}")).address(&around.action));
    Ok(Listing {
        action: around.action.clone(),
        hidden: hidden(around.choices),
        count: u64::try_from(cards.len()).unwrap_or(u64::MAX),
        at_least: more,
        facets: Vec::new(),
        price: None,
        chips: Vec::new(),
        clear: None,
        sort: sort(around),
        cards,
        next,
        first: after.is_some().then(|| around.choices.first().address(&around.action)),
    })
}

/// Begins the key of a page made without the engine.
const PLAIN: &str = "id.";

/// Whether the key of the page asked for was made without the engine, which could not read it.
pub fn is_plain(choices: &Choices) -> bool {
    choices.after.as_deref().is_some_and(|key| key.starts_with(PLAIN))
}

fn hidden(choices: &Choices) -> Vec<Hidden> {
    if choices.text.is_empty() { Vec::new() } else { vec![Hidden { name: "q".into(), value: choices.text.clone() }] }
}

fn chips(around: &Around, named: &facets::Naming) -> Vec<Link> {
    let choices = around.choices;
    let mut chips = Vec::new();
    for (key, values) in &choices.facets {
        for value in values {
            let to = choices.without(key, value).address(&around.action);
            chips.push(Link { label: named.chip(key, value), to });
        }
    }
    for (key, (low, high)) in &choices.ranges {
        chips.push(Link { label: named.range_chip(key, low, high), to: choices.without_range(key).address(&around.action) });
    }
    let (min, max) = (choices.price_min.trim(), choices.price_max.trim());
    if !around.shop.prices_hidden && (!min.is_empty() || !max.is_empty()) {
        let amount = |typed: &str| {
            Money::parse(typed, around.shop.currency).map(|amount| around.words.money(amount)).unwrap_or_else(|_| typed.to_string())
        };
        let label = facets::between(min, max, &amount);
        chips.push(Link { label, to: choices.without_price().address(&around.action) });
    }
    chips
}

fn price(around: &Around, page: &SearchPage, error: Option<String>) -> Option<PriceFacet> {
    if around.shop.prices_hidden {
        return None;
    }
    let choices = around.choices;
    let typed = !choices.price_min.is_empty() || !choices.price_max.is_empty();
    let (floor, ceiling) = page.price_range.or(typed.then_some((0, 0)))?;
    if floor == ceiling && !typed {
        return None;
    }
    let decimal = |minor: i64| Money::new(minor, around.shop.currency).decimal();
    Some(PriceFacet {
        min: choices.price_min.clone(),
        max: choices.price_max.clone(),
        floor: decimal(floor),
        ceiling: decimal(ceiling),
        open: typed || error.is_some(),
        error,
    })
}

fn sort(around: &Around) -> Vec<Choice> {
    let first = if around.choices.text.is_empty() { "sort-featured" } else { "sort-relevance" };
    let kinds = [
        (Sort::Relevance, first),
        (Sort::Newest, "sort-newest"),
        (Sort::PriceAscending, "sort-price-up"),
        (Sort::PriceDescending, "sort-price-down"),
    ];
    let choice = |(sort, key): (Sort, &str)| Choice {
        value: choices::sort_word(sort).to_string(),
        label: around.words.get(key),
        selected: sort == around.choices.sort,
    };
    let by_price = |sort: Sort| matches!(sort, Sort::PriceAscending | Sort::PriceDescending);
    kinds.into_iter().filter(|(sort, _)| !(around.shop.prices_hidden && by_price(*sort))).map(choice).collect()
}
