//! Lists of orders, newest first: filters, search, pages by key. No list counts, and none sorts more than it shows.

use super::{FulfilmentStatus, OrderStatus, PaymentStatus, terms};
use crate::ids::{OrderId, StoreId};
use crate::schema::{order_terms, orders};
use crm::CustomerId;
use diesel::dsl::exists;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::terms::after_prefix;
use kernel::{Conn, Result};
use std::collections::{BTreeSet, HashMap};

/// Up to how many orders a word is rare: then these are looked at one by one. Of more, the newest are walked through.
const RARE: usize = 5000;
/// Orders fetched by one statement.
const CHUNK: usize = 500;

/// An order as a list shows it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = orders)]
pub struct OrderRow {
    pub id: OrderId,
    pub number: String,
    pub customer_id: CustomerId,
    pub email: String,
    pub currency: String,
    pub status: OrderStatus,
    pub payment_status: PaymentStatus,
    pub fulfilment_status: FulfilmentStatus,
    pub payment_method: String,
    /// Where it goes, ISO 3166-1 alpha-2; empty when an import did not say.
    pub country: String,
    pub total: i64,
    pub placed_at: Time,
    pub store_id: StoreId,
}

/// Which orders a list shows. Pages follow by key: `before` is the last id of the page before.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub customer: Option<CustomerId>,
    pub status: Option<OrderStatus>,
    pub payment_status: Option<PaymentStatus>,
    pub fulfilment_status: Option<FulfilmentStatus>,
    pub country: Option<String>,
    pub payment_method: Option<String>,
    /// Where it was placed.
    pub store: Option<StoreId>,
    /// A mail address, whole and as it was typed.
    pub email: Option<String>,
    /// Words; an order is found when each of them begins its number, a name, its mail address or a SKU.
    pub search: Option<String>,
    /// Placed at this moment or later.
    pub from: Option<Time>,
    /// Placed before this moment.
    pub until: Option<Time>,
    pub before: Option<OrderId>,
}

/// Where a page begins: below an order's moment and id.
type Cursor = Option<(Time, OrderId)>;

/// Orders, newest first. Every filter has an index in this order, so a page costs the same at any depth.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<OrderRow>> {
    let cursor: Cursor = match filter.before {
        Some(id) => match orders::table.find(id).select(orders::placed_at).first(conn).optional()? {
            Some(at) => Some((at, id)),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let typed = filter.search.as_deref().unwrap_or("");
    let words = terms::asked(typed);
    if words.is_empty() {
        // Punctuation only is no word of any order.
        return if typed.trim().is_empty() { walk(conn, filter, cursor, &[], limit) } else { Ok(Vec::new()) };
    }
    let mut rare: Option<BTreeSet<OrderId>> = None;
    let mut common = Vec::new();
    for word in words {
        match holders(conn, &word)? {
            Some(ids) => rare = Some(rare.map_or_else(|| ids.clone(), |known| known.intersection(&ids).copied().collect())),
            None => common.push(word),
        }
    }
    match rare {
        Some(ids) => pick(conn, filter, cursor, &ids, &common, limit),
        None => walk(conn, filter, cursor, &common, limit),
    }
}

/// The orders that hold a word with this beginning; `None` when they are many.
fn holders(conn: &mut Conn, prefix: &str) -> Result<Option<BTreeSet<OrderId>>> {
    let mut query = order_terms::table.filter(order_terms::term.ge(prefix.to_string())).into_boxed();
    if let Some(end) = after_prefix(prefix) {
        query = query.filter(order_terms::term.lt(end));
    }
    let most = i64::try_from(RARE + 1).unwrap_or(i64::MAX);
    let found: Vec<OrderId> = query.limit(most).select(order_terms::order_id).load(conn)?;
    Ok((found.len() <= RARE).then(|| found.into_iter().collect()))
}

/// Walks the newest orders by the index of a filter. `common` words are held by so many that a page is full soon.
fn walk(conn: &mut Conn, filter: &Filter, cursor: Cursor, common: &[String], limit: i64) -> Result<Vec<OrderRow>> {
    let mut query = orders::table.into_boxed();
    if let Some(customer) = filter.customer {
        query = query.filter(orders::customer_id.eq(customer));
    }
    if let Some(status) = filter.status {
        query = query.filter(orders::status.eq(status));
    }
    if let Some(status) = filter.payment_status {
        query = query.filter(orders::payment_status.eq(status));
    }
    if let Some(status) = filter.fulfilment_status {
        query = query.filter(orders::fulfilment_status.eq(status));
    }
    if let Some(country) = filter.country.clone() {
        query = query.filter(orders::country.eq(country));
    }
    if let Some(method) = filter.payment_method.clone() {
        query = query.filter(orders::payment_method.eq(method));
    }
    if let Some(store) = filter.store {
        query = query.filter(orders::store_id.eq(store));
    }
    if let Some(email) = filter.email.clone() {
        query = query.filter(orders::email.eq(email));
    }
    if let Some(from) = filter.from {
        query = query.filter(orders::placed_at.ge(from));
    }
    if let Some(until) = filter.until {
        query = query.filter(orders::placed_at.lt(until));
    }
    if let Some((at, id)) = cursor {
        query = query.filter(orders::placed_at.le(at)).filter(orders::placed_at.lt(at).or(orders::id.lt(id)));
    }
    for word in common {
        let end = after_prefix(word).unwrap_or_else(|| char::MAX.to_string());
        let held = order_terms::table
            .filter(order_terms::order_id.eq(orders::id))
            .filter(order_terms::term.ge(word.clone()))
            .filter(order_terms::term.lt(end));
        query = query.filter(exists(held));
    }
    Ok(query.order((orders::placed_at.desc(), orders::id.desc())).limit(limit).select(OrderRow::as_select()).load(conn)?)
}

/// Fetches the few orders that hold the rare words and sorts out the rest here, whatever a planner would make of it.
fn pick(conn: &mut Conn, filter: &Filter, cursor: Cursor, ids: &BTreeSet<OrderId>, common: &[String], limit: i64) -> Result<Vec<OrderRow>> {
    let ids: Vec<OrderId> = ids.iter().copied().collect();
    let mut rows: Vec<OrderRow> = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let found: Vec<OrderRow> = orders::table.filter(orders::id.eq_any(chunk)).select(OrderRow::as_select()).load(conn)?;
        let held = if common.is_empty() { HashMap::new() } else { words_of(conn, chunk)? };
        let has = |row: &OrderRow, word: &String| held.get(&row.id).is_some_and(|terms| terms.iter().any(|term| term.starts_with(word)));
        rows.extend(found.into_iter().filter(|row| filter.admits(row, cursor) && common.iter().all(|word| has(row, word))));
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.placed_at, row.id)));
    rows.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(rows)
}

fn words_of(conn: &mut Conn, ids: &[OrderId]) -> Result<HashMap<OrderId, Vec<String>>> {
    let rows: Vec<(OrderId, String)> =
        order_terms::table.filter(order_terms::order_id.eq_any(ids)).select((order_terms::order_id, order_terms::term)).load(conn)?;
    let mut words: HashMap<OrderId, Vec<String>> = HashMap::new();
    for (id, term) in rows {
        words.entry(id).or_default().push(term);
    }
    Ok(words)
}

impl Filter {
    /// Whether everything but the search admits a row.
    fn admits(&self, row: &OrderRow, cursor: Cursor) -> bool {
        self.customer.is_none_or(|customer| customer == row.customer_id)
            && self.status.is_none_or(|status| status == row.status)
            && self.payment_status.is_none_or(|status| status == row.payment_status)
            && self.fulfilment_status.is_none_or(|status| status == row.fulfilment_status)
            && self.country.as_ref().is_none_or(|country| *country == row.country)
            && self.payment_method.as_ref().is_none_or(|method| *method == row.payment_method)
            && self.store.is_none_or(|store| store == row.store_id)
            && self.email.as_ref().is_none_or(|email| *email == row.email)
            && self.from.is_none_or(|from| row.placed_at >= from)
            && self.until.is_none_or(|until| row.placed_at < until)
            && cursor.is_none_or(|cursor| (row.placed_at, row.id) < cursor)
    }
}

/// The id of the order that came last; zero in an empty shop.
pub fn newest(conn: &mut Conn) -> Result<OrderId> {
    Ok(orders::table.order(orders::id.desc()).select(orders::id).first(conn).optional()?.unwrap_or(OrderId(0)))
}

/// How many orders came after `seen`, counted up to `limit`.
pub fn newer(conn: &mut Conn, seen: OrderId, limit: i64) -> Result<usize> {
    let ids: Vec<OrderId> = orders::table.filter(orders::id.gt(seen)).order(orders::id).limit(limit).select(orders::id).load(conn)?;
    Ok(ids.len())
}
