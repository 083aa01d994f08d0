//! Search with facets.

use super::amount::Amount;
use super::call::{Call, found};
use super::catalogue::{ProductCard, card_view, shop_for, trade};
use super::input::Query;
use crate::api_keys::Scope;
use crate::attributes::{Definitions, decimal};
use crate::ids::ProductId;
use crate::search::{SearchPage, SearchQuery, Sort, Within};
use crate::{catalog, price_lists, search_index};
use actix_web::{HttpRequest, HttpResponse, get};
use kernel::money::Currency;
use kernel::{Error, Result};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The most characters of a search text and of the filters together.
const MAX_TEXT: usize = 500;
/// The most values chosen in all facets.
const MAX_FILTERS: usize = 50;
/// The most ranges of numbers.
const MAX_RANGES: usize = 12;

/// A page of what was found.
#[derive(Serialize, ToSchema)]
struct SearchResult {
    products: Vec<ProductCard>,
    /// How many products match.
    total: usize,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
    /// What was searched for instead, when nothing matched the words as typed.
    corrected: Option<String>,
    facets: Vec<FacetView>,
    /// The lowest and highest price of what matches without the price filter; null without facets.
    price_range: Option<PriceRange>,
}

#[derive(Serialize, ToSchema)]
struct FacetView {
    /// `brand`, `category`, `availability`, `option:<name>` or `attribute:<name>`. An option and an attribute of one name are one facet.
    key: String,
    values: Vec<FacetValueView>,
}

#[derive(Serialize, ToSchema)]
struct FacetValueView {
    value: String,
    /// How many products have it.
    count: usize,
    selected: bool,
}

#[derive(Serialize, ToSchema)]
struct PriceRange {
    lowest: Amount,
    highest: Amount,
}

/// Search with facets
///
/// Values of one facet widen, facets narrow. Options, availability and price speak of one and the same variant.
#[utoipa::path(
    tag = "catalogue",
    security(("key" = ["catalogue:read"])),
    params(
        ("q" = Option<String>, Query, description = "As typed. Without it, everything that passes the filters.", max_length = 500),
        ("filter" = Option<Vec<String>>, Query, description = "A chosen value as `<facet>=<value>`, such as `brand=Acme` or `option:Color=Blue`. May be given several times.", max_items = 50),
        ("range" = Option<Vec<String>>, Query, description = "Numbers of an attribute as `<name>=<lowest>..<highest>`, such as `Capacity=300..500` or `Capacity=300..`, both inclusive. May be given several times.", max_items = 12),
        ("price_min" = Option<i64>, Query, description = "The lowest price in minor units of the store's currency.", minimum = 0, maximum = 1000000000000_i64),
        ("price_max" = Option<i64>, Query, description = "The highest price in minor units.", minimum = 0, maximum = 1000000000000_i64),
        ("sort" = Option<String>, Query, description = "`relevance` (without it), `price_ascending`, `price_descending` or `newest`.", pattern = "^(relevance|price_ascending|price_descending|newest)$"),
        ("facets" = Option<bool>, Query, description = "`false` leaves the facets out."),
        ("company" = Option<i64>, Query, description = "The id of a company: prices are those of its price lists, products those of its contract. Filters and sorting go by the shop's.", minimum = 1),
        ("after" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<i64>, Query, description = "Products of a page; 20 without.", minimum = 1, maximum = 100),
        ("language" = Option<String>, Query, description = "Of the texts, by its code such as `en`; the shop's own without.", pattern = "^(en|zh)$"),
    ),
    responses((status = 200, description = "A page of what was found.", body = SearchResult)),
)]
#[get("/search")]
pub async fn search(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CatalogueRead).await?;
    let mut query = call.query();
    let language = query.language();
    let (asked, company) = (asked(&mut query), query.company());
    query.end()?;
    let (engine, site) = (call.door.search.clone(), call.site.clone());
    let store = site.id;
    let settled = call.door.read(move |conn, _| {
        let trade = trade(conn, company)?;
        let (shop, mut asked) = (shop_for(conn, store, &trade)?, asked);
        search_index::settle(&mut asked.facets, &Definitions::load(conn)?);
        Ok((shop, trade, asked))
    });
    let (shop, trade, asked) = settled.await?;
    let asked = SearchQuery { within: Within::of(&shop.assortment()), ..asked };
    // The engine may wait for another server, so it gets a thread before a connection of the pool is taken.
    let page = tokio::task::spawn_blocking(move || engine.search(&asked));
    let page = page.await.map_err(|error| Error::unexpected(format!("a search panicked: {error}")))??;
    let view = call.door.read(move |conn, now| {
        let currency = shop.currency;
        let ids: Vec<ProductId> = page.hits.iter().map(|id| ProductId(*id)).collect();
        let mut cards = catalog::cards(conn, &shop, &ids, language)?;
        price_lists::on_cards(conn, &mut cards, &shop, &trade, now)?;
        let products = cards.into_iter().map(|card| card_view(card, &shop, &site.base_url)).collect();
        Ok(result(page, products, currency))
    });
    found(&view.await?)
}

fn asked(query: &mut Query) -> SearchQuery {
    let text = query.text("q").unwrap_or_default();
    if text.chars().count() > MAX_TEXT {
        query.refuse("q", "Give at most 500 characters.");
    }
    let filters = query.texts("filter");
    if filters.len() > MAX_FILTERS || filters.iter().any(|filter| filter.chars().count() > MAX_TEXT) {
        query.refuse("filter", "Give at most 50 filters of at most 500 characters.");
    }
    let mut facets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for filter in filters {
        match filter.split_once('=') {
            Some((key, value)) if is_facet(key) && !value.is_empty() => {
                facets.entry(key.into()).or_default().insert(value.into());
            }
            _ => query.refuse("filter", "Write a filter as <facet>=<value>, such as brand=Acme or option:Color=Blue."),
        }
    }
    let mut ranges = BTreeMap::new();
    let given = query.texts("range");
    if given.len() > MAX_RANGES || given.iter().any(|range| range.chars().count() > MAX_TEXT) {
        query.refuse("range", "Give at most 12 ranges of at most 500 characters.");
    }
    for range in given {
        match read_range(&range) {
            Some((name, ends)) => {
                ranges.insert(format!("attribute:{name}"), ends);
            }
            None => query.refuse("range", "Write a range as <attribute>=<lowest>..<highest>, such as Capacity=300..500."),
        }
    }
    let price = (query.minor("price_min"), query.minor("price_max"));
    let sort = query.word("sort", sort, "relevance, price_ascending, price_descending, newest").unwrap_or_default();
    let with_facets = query.word("facets", |word| word.parse().ok(), "true, false").unwrap_or(true);
    let limit = usize::try_from(query.limit()).unwrap_or(1);
    SearchQuery { text, facets, ranges, price, sort, after: query.text("after"), limit, with_facets, ..SearchQuery::default() }
}

/// The lowest and highest number, in millionths.
type Range = (Option<i64>, Option<i64>);

/// The name of an attribute with its range.
fn read_range(text: &str) -> Option<(&str, Range)> {
    let (name, ends) = text.rsplit_once('=')?;
    let (low, high) = ends.split_once("..")?;
    let end = |text: &str| if text.is_empty() { Some(None) } else { decimal::read(text).map(Some) };
    (!name.is_empty()).then_some((name, (end(low)?, end(high)?)))
}

fn is_facet(key: &str) -> bool {
    ["brand", "category", "availability"].contains(&key) || key.starts_with("option:") || key.starts_with("attribute:")
}

fn sort(word: &str) -> Option<Sort> {
    match word {
        "relevance" => Some(Sort::Relevance),
        "price_ascending" => Some(Sort::PriceAscending),
        "price_descending" => Some(Sort::PriceDescending),
        "newest" => Some(Sort::Newest),
        _ => None,
    }
}

fn result(page: SearchPage, products: Vec<ProductCard>, currency: Currency) -> SearchResult {
    let facet = |facet: crate::search::Facet| FacetView {
        key: facet.key,
        values: facet
            .values
            .into_iter()
            .map(|value| FacetValueView { value: value.value, count: value.count, selected: value.selected })
            .collect(),
    };
    let range = |(lowest, highest)| PriceRange { lowest: Amount::new(lowest, currency), highest: Amount::new(highest, currency) };
    SearchResult {
        products,
        total: page.total,
        next: page.next,
        corrected: page.corrected,
        facets: page.facets.into_iter().map(facet).collect(),
        price_range: page.price_range.map(range),
    }
}
