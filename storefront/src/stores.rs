//! Several stores over one catalogue, one stock and the same customers: each with a domain, a currency, languages, a look and, if the
//! merchant wants, a part of the catalogue. The first is the main store: it is what the shop's settings say, and is served at every
//! host that no other store has.

mod edit;
mod sight;
mod sites;

pub use edit::{Wish, create, domain, speak, update};
pub(crate) use sight::prices_for;
pub use sight::{PricesFor, show_prices};
pub use sites::{Site, Sites, host_of};

use crate::ids::{CollectionId, StoreId};
use crate::price_lists::{self, Trade};
use crate::schema::stores as rows;
use crate::shop::{self, Shop};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;
use std::collections::BTreeMap;

/// The store that the shop is without any other.
pub const MAIN: StoreId = StoreId(1);

/// A store as the merchant keeps it. Name, currency and announcement of the main store are the shop's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Store {
    pub id: StoreId,
    pub name: String,
    /// The host in ASCII and small letters; empty for the main store.
    pub domain: String,
    pub currency: Currency,
    /// At least one; the first has no prefix in addresses. The main store that was never told speaks every language there is.
    pub languages: Vec<Language>,
    pub part: Option<CollectionId>,
    /// Assumed before a shopper names theirs; empty for that of the shop.
    pub country: String,
    pub announcement: BTreeMap<String, String>,
    pub open: bool,
    /// Who sees its prices.
    pub prices_for: PricesFor,
    /// Counts the changes, so that a stale form is noticed.
    pub version: i64,
}

type Row = (StoreId, String, String, String, String, Option<CollectionId>, String, Json<BTreeMap<String, String>>, bool, i64, PricesFor);

macro_rules! columns {
    () => {
        (
            rows::id,
            rows::name,
            rows::domain,
            rows::currency,
            rows::languages,
            rows::collection_id,
            rows::country,
            rows::announcement,
            rows::open,
            rows::version,
            rows::prices_for,
        )
    };
}

fn read(row: Row, shop: &Shop) -> Result<Store> {
    let (id, name, domain, currency, languages, part, country, Json(announcement), open, version, prices_for) = row;
    let languages: Vec<Language> = languages.split_whitespace().filter_map(Language::parse).collect();
    let languages = if languages.is_empty() { Language::all().to_vec() } else { languages };
    if id == MAIN {
        let (name, announcement) = (shop.name.clone(), shop.announcement.clone());
        let currency = shop.currency;
        return Ok(Store { id, name, domain, currency, languages, part, country, announcement, open, prices_for, version });
    }
    let currency = Currency::parse(&currency).ok_or_else(|| Error::unexpected(format!("store {id} has currency {currency}")))?;
    Ok(Store { id, name, domain, currency, languages, part, country, announcement, open, prices_for, version })
}

/// Every store, the main one first.
pub fn list(conn: &mut Conn) -> Result<Vec<Store>> {
    let shop = shop::get(conn)?;
    let found: Vec<Row> = on_each!(conn, c => rows::table.order(rows::id).select(columns!()).load(c))?;
    found.into_iter().map(|row| read(row, &shop)).collect()
}

/// The store with this id. `NotFound` when there is none.
pub fn get(conn: &mut Conn, id: StoreId) -> Result<Store> {
    let shop = shop::get(conn)?;
    let row: Row = on_each!(conn, c => rows::table.find(id).select(columns!()).first(c))?;
    read(row, &shop)
}

/// The shop as a store shows it: the shop's settings with the store's name, currency, announcement, home page and part of the
/// catalogue. Asks nothing more than the settings for the main store, and who sees its prices: this shop is nobody's, so they are hidden
/// unless everybody does.
pub fn shop(conn: &mut Conn, id: StoreId) -> Result<Shop> {
    let shop = shop::get(conn)?;
    if id == MAIN {
        let prices_for = prices_for(conn, id)?;
        return Ok(Shop { prices_for, prices_hidden: prices_for != PricesFor::Everybody, ..shop });
    }
    let (row, home): (Row, String) = on_each!(conn, c => rows::table.find(id).select((columns!(), rows::home)).first(c))?;
    let store = read(row, &shop)?;
    let home = if home.is_empty() { shop.home.clone() } else { serde_json::from_str(&home)? };
    Ok(Shop {
        name: store.name,
        currency: store.currency,
        announcement: store.announcement,
        home,
        store: id,
        part: store.part,
        buyers_country: store.country,
        open: store.open,
        prices_for: store.prices_for,
        prices_hidden: store.prices_for != PricesFor::Everybody,
        ..shop
    })
}

/// [`shop`] for somebody: whether they see the prices, and for whoever buys for a company what its contract lets it see. Asks nothing more
/// for others.
pub fn shop_for(conn: &mut Conn, id: StoreId, trade: &Trade) -> Result<Shop> {
    let shop = shop(conn, id)?;
    let contract = price_lists::contract(conn, trade)?;
    let prices_hidden = !shop.prices_for.includes(trade);
    Ok(Shop { contract, prices_hidden, ..shop })
}

/// The part of the catalogue that a store sells. Asks nothing for the main store.
pub fn part(conn: &mut Conn, id: StoreId) -> Result<Option<CollectionId>> {
    if id == MAIN {
        return Ok(None);
    }
    Ok(on_each!(conn, c => rows::table.find(id).select(rows::collection_id).first(c))?)
}

/// The currencies that anything is sold in: the shop's own first, then those of the other stores by code.
pub fn currencies(conn: &mut Conn) -> Result<Vec<Currency>> {
    let all = list(conn)?;
    let mut others: Vec<Currency> = all.iter().map(|store| store.currency).collect();
    others.sort_unstable();
    others.dedup();
    let own = all.first().map(|main| main.currency);
    others.retain(|currency| Some(*currency) != own);
    Ok(own.into_iter().chain(others).collect())
}

/// The stores that have home pages of their own besides the main one, with what is stored.
pub(crate) fn own_homes(conn: &mut Conn) -> Result<Vec<(StoreId, String)>> {
    Ok(rows::table.filter(rows::home.ne("")).order(rows::id).select((rows::id, rows::home)).load(conn)?)
}

/// Gives a store a home page of its own, or with `None` that of the main store again.
pub(crate) fn set_home(conn: &mut Conn, id: StoreId, home: Option<&serde_json::Value>, now: Time) -> Result<()> {
    let text = home.map(kernel::json::text).transpose()?.unwrap_or_default();
    match diesel::update(rows::table.find(id)).set((rows::home.eq(text), rows::updated_at.eq(now))).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Whether a store sells the members of this collection.
pub(crate) fn sells(conn: &mut Conn, collection: CollectionId) -> Result<bool> {
    let found: Option<StoreId> = rows::table.filter(rows::collection_id.eq(collection)).select(rows::id).first(conn).optional()?;
    Ok(found.is_some())
}
