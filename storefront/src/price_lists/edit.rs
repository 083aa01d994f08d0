//! The lists themselves, and whom each is for.

use super::PriceListId;
use super::book::addressee;
use super::resolve::{For, List, ListState};
use crate::ids::StoreId;
use crate::schema::{price_list_buyers as buyers, price_lists as rows};
use crate::stores;
use crm::CompanyId;
use crm::companies;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;

/// Longest name of a list, and of a group of companies, in characters.
const NAME: usize = 120;
const GROUP: usize = 60;
/// Companies and groups of one list.
const MOST_BUYERS: i64 = 10_000;

/// A list as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct PriceList {
    pub id: PriceListId,
    pub name: String,
    pub currency: String,
    /// None for every store.
    pub store_id: Option<StoreId>,
    /// Of lists that a buyer has for the same reason the higher one wins.
    pub priority: i64,
    pub state: ListState,
    pub starts_at: Option<Time>,
    /// From then on it has no prices any more.
    pub ends_at: Option<Time>,
    /// What goods without a price of the list cost less than in the shop, in basis points.
    pub adjust_bp: Option<i64>,
    /// Counts the changes, so that a stale form is noticed.
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

impl PriceList {
    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("price list {} has currency {}", self.id, self.currency)))
    }

    /// What of it decides about prices.
    pub(super) fn deciding(self, buyers: Vec<For>) -> Result<List> {
        let currency = self.currency()?;
        Ok(List {
            id: self.id,
            name: self.name,
            currency,
            store: self.store_id,
            priority: self.priority,
            state: self.state,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            adjust_bp: self.adjust_bp,
            buyers,
        })
    }
}

/// What a list is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub name: String,
    /// It stays what it was when the list was made: its prices are amounts of it.
    pub currency: Currency,
    pub store: Option<StoreId>,
    pub priority: i64,
    pub state: ListState,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
    pub adjust_bp: Option<i64>,
}

impl Wish {
    /// Trimmed. `Invalid` names what cannot be.
    fn checked(mut self, conn: &mut Conn) -> Result<Wish> {
        let mut fields = Fields::default();
        self.name = self.name.trim().to_string();
        if self.name.is_empty() || self.name.chars().count() > NAME {
            fields.add("name", "price-list-name");
        }
        if !(-1_000_000..=1_000_000).contains(&self.priority) {
            fields.add("priority", "admin-number-invalid");
        }
        if self.starts_at.zip(self.ends_at).is_some_and(|(start, end)| end <= start) {
            fields.add("ends_at", "price-list-ends-first");
        }
        if self.adjust_bp.is_some_and(|off| !(1..=9999).contains(&off)) {
            fields.add("adjust", "price-list-adjust");
        }
        if let Some(store) = self.store {
            let store = stores::get(conn, store)?;
            if store.currency != self.currency {
                fields.add("store", "price-list-store-currency");
            }
        }
        fields.check()?;
        Ok(self)
    }
}

/// Lists, newest first, those whose name holds `text`.
pub fn list(conn: &mut Conn, text: &str, before: Option<PriceListId>, limit: i64) -> Result<Vec<PriceList>> {
    let mut query = rows::table.filter(rows::id.lt(before.unwrap_or(PriceListId(i64::MAX)))).into_boxed();
    let text = text.trim();
    if !text.is_empty() {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(rows::name.like(format!("%{escaped}%")).escape('\\'));
    }
    Ok(query.order(rows::id.desc()).limit(limit).select(PriceList::as_select()).load(conn)?)
}

/// The list with this id. `NotFound` when there is none.
pub fn get(conn: &mut Conn, id: PriceListId) -> Result<PriceList> {
    Ok(rows::table.find(id).select(PriceList::as_select()).first(conn)?)
}

pub fn create(conn: &mut Conn, wish: Wish, now: Time) -> Result<PriceListId> {
    let wish = wish.checked(conn)?;
    Ok(diesel::insert_into(rows::table)
        .values((
            rows::name.eq(wish.name),
            rows::currency.eq(wish.currency.code()),
            rows::store_id.eq(wish.store),
            rows::priority.eq(wish.priority),
            rows::state.eq(wish.state),
            rows::starts_at.eq(wish.starts_at),
            rows::ends_at.eq(wish.ends_at),
            rows::adjust_bp.eq(wish.adjust_bp),
            rows::created_at.eq(now),
            rows::updated_at.eq(now),
        ))
        .returning(rows::id)
        .get_result(conn)?)
}

/// Changes a list but for its currency. `Conflict` when it was changed since version `seen`.
pub fn update(conn: &mut Conn, id: PriceListId, seen: i64, wish: Wish, now: Time) -> Result<()> {
    let currency = get(conn, id)?.currency()?;
    let wish = Wish { currency, ..wish }.checked(conn)?;
    let own = rows::table.filter(rows::id.eq(id)).filter(rows::version.eq(seen));
    let changed = diesel::update(own)
        .set((
            rows::name.eq(wish.name),
            rows::store_id.eq(wish.store),
            rows::priority.eq(wish.priority),
            rows::state.eq(wish.state),
            rows::starts_at.eq(wish.starts_at),
            rows::ends_at.eq(wish.ends_at),
            rows::adjust_bp.eq(wish.adjust_bp),
            rows::version.eq(rows::version + 1i64),
            rows::updated_at.eq(now),
        ))
        .execute(conn)?;
    if changed == 0 { Err(Error::conflict("price-list-stale")) } else { Ok(()) }
}

/// Somebody a list is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuyerRow {
    pub id: i64,
    pub buyer: For,
    /// The company's name; empty of others.
    pub name: String,
}

/// Whom a list is for, in the order in which they were added.
pub fn buyers_of(conn: &mut Conn, id: PriceListId, after: Option<i64>, limit: i64) -> Result<Vec<BuyerRow>> {
    let found: Vec<(i64, Option<CompanyId>, String)> = on_each!(conn, c => buyers::table
        .filter(buyers::list_id.eq(id))
        .filter(buyers::id.gt(after.unwrap_or(0)))
        .order(buyers::id)
        .limit(limit)
        .select((buyers::id, buyers::company_id, buyers::price_group))
        .load(c))?;
    let mut all = Vec::with_capacity(found.len());
    for (id, company, group) in found {
        let name = match company {
            Some(company) => companies::get(conn, company)?.name,
            None => String::new(),
        };
        all.push(BuyerRow { id, buyer: addressee(company, group), name });
    }
    Ok(all)
}

/// Makes a list hold for somebody. Adding them twice is adding them once. `Invalid` for a company that does not exist.
pub fn add_buyer(conn: &mut Conn, id: PriceListId, buyer: &For, now: Time) -> Result<()> {
    // Holds the list, so that two who add at once do not both count.
    touch(conn, id, now)?;
    let (company, group) = match buyer {
        For::Company(company) => match companies::get(conn, *company) {
            Ok(_) => (Some(*company), ""),
            Err(Error::NotFound) => return Err(Error::field("company", "price-list-company")),
            Err(error) => return Err(error),
        },
        For::Group(group) => (None, group.trim()),
        For::Everybody => (None, ""),
    };
    if matches!(buyer, For::Group(_)) && (group.is_empty() || group.chars().count() > GROUP) {
        return Err(Error::field("group", "price-list-group"));
    }
    let own = buyers::table.filter(buyers::list_id.eq(id));
    let known: Vec<(Option<CompanyId>, String)> = own.select((buyers::company_id, buyers::price_group)).load(conn)?;
    if known.iter().any(|(had, named)| *had == company && named == group) {
        return Ok(());
    }
    if i64::try_from(known.len()).unwrap_or(i64::MAX) >= MOST_BUYERS {
        return Err(Error::field("company", "price-list-buyers-full"));
    }
    let row = (buyers::list_id.eq(id), buyers::company_id.eq(company), buyers::price_group.eq(group));
    diesel::insert_into(buyers::table).values(row).execute(conn)?;
    Ok(())
}

/// Makes a list not hold for somebody any more. Who is gone already stays gone.
pub fn remove_buyer(conn: &mut Conn, id: PriceListId, buyer: i64, now: Time) -> Result<()> {
    touch(conn, id, now)?;
    diesel::delete(buyers::table.filter(buyers::id.eq(buyer)).filter(buyers::list_id.eq(id))).execute(conn)?;
    Ok(())
}

/// Locks a list to the end of the transaction. `NotFound` when there is none.
fn touch(conn: &mut Conn, id: PriceListId, now: Time) -> Result<()> {
    match diesel::update(rows::table.find(id)).set(rows::updated_at.eq(now)).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
