//! Collections: products gathered by hand, or by a rule. The members of each are rows, and the rows of a rule follow the products in
//! the transaction that changes them: lists, facets and the sitemap then ask an index instead of the rule, and nobody sees a
//! product where it does not belong any more.

mod follow;
mod rule;
#[cfg(test)]
mod tests;

pub(crate) use follow::speak_of;
pub use follow::{follow, refresh};
pub use rule::{Condition, Rule, matches};

use crate::catalog::{Assortment, slug};
use crate::ids::{CollectionId, ProductId};
use crate::schema::{collection_products as members, collection_texts as texts, collections as rows, products};
use crate::{price_lists, redirects, stores};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::json::{Json, text as json};
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// The most products of a collection made by hand: a form names all of them.
pub const MOST_BY_HAND: usize = 5000;

/// How a collection is filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Filling {
    /// In this order.
    ByHand(Vec<ProductId>),
    ByRule(Rule),
}

/// A collection as the merchant keeps it, in the shop's own language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collection {
    /// None before it is stored.
    pub id: Option<CollectionId>,
    /// Empty before it is stored: the name then gives it.
    pub slug: String,
    pub name: String,
    pub description: String,
    /// Name and description in further languages.
    pub texts: Vec<(String, String, String)>,
    /// Whether shoppers see it.
    pub active: bool,
    pub filling: Filling,
}

impl Default for Collection {
    fn default() -> Collection {
        Collection {
            id: None,
            slug: String::new(),
            name: String::new(),
            description: String::new(),
            texts: Vec::new(),
            active: true,
            filling: Filling::ByRule(Rule::default()),
        }
    }
}

/// A collection in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CollectionRow {
    pub id: CollectionId,
    pub slug: String,
    pub name: String,
    pub active: bool,
    pub by_hand: bool,
}

/// A collection as a shopper sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionPage {
    pub id: CollectionId,
    pub slug: String,
    pub name: String,
    pub description: String,
    pub by_hand: bool,
}

type Stored = (CollectionId, String, String, String, bool, Option<Json<Rule>>);

/// The collection with this id. `NotFound` when there is none.
pub fn get(conn: &mut Conn, id: CollectionId) -> Result<Collection> {
    let (id, slug, name, description, active, rule): Stored =
        rows::table.find(id).select((rows::id, rows::slug, rows::name, rows::description, rows::active, rows::rule)).first(conn)?;
    let filling = match rule {
        Some(Json(rule)) => Filling::ByRule(rule),
        None => Filling::ByHand(listed_by_hand(conn, id)?),
    };
    let texts = texts::table
        .filter(texts::collection_id.eq(id))
        .order(texts::language)
        .select((texts::language, texts::name, texts::description))
        .load(conn)?;
    Ok(Collection { id: Some(id), slug, name, description, texts, active, filling })
}

fn listed_by_hand(conn: &mut Conn, id: CollectionId) -> Result<Vec<ProductId>> {
    Ok(members::table.filter(members::collection_id.eq(id)).order(members::position).select(members::product_id).load(conn)?)
}

/// When a collection was last changed: what a form keeps to tell later whether it is stale.
pub fn updated_at(conn: &mut Conn, id: CollectionId) -> Result<Time> {
    Ok(rows::table.find(id).select(rows::updated_at).first(conn)?)
}

/// Locks a collection to the end of the transaction. `Conflict` when it was changed since `seen`.
pub fn begin_edit(conn: &mut Conn, id: CollectionId, seen: Time) -> Result<()> {
    let own = rows::table.find(id).filter(rows::updated_at.eq(seen));
    if diesel::update(own).set(rows::updated_at.eq(seen)).execute(conn)? == 1 {
        return Ok(());
    }
    updated_at(conn, id)?;
    Err(Error::conflict("collection-stale"))
}

/// Every collection, by name.
pub fn list(conn: &mut Conn) -> Result<Vec<CollectionRow>> {
    let found: Vec<(CollectionId, String, String, bool, Option<String>)> =
        rows::table.order((rows::name, rows::id)).select((rows::id, rows::slug, rows::name, rows::active, rows::rule)).load(conn)?;
    let row = |(id, slug, name, active, rule): (CollectionId, String, String, bool, Option<String>)| CollectionRow {
        id,
        slug,
        name,
        active,
        by_hand: rule.is_none(),
    };
    Ok(found.into_iter().map(row).collect())
}

/// A collection that shoppers see, in `language` or else in the shop's own. `NotFound` for any other.
pub fn page(conn: &mut Conn, slug: &str, language: &str) -> Result<CollectionPage> {
    type Found = (CollectionId, String, String, String, Option<String>, Option<(String, String)>);
    let (id, slug, name, description, rule, text): Found = rows::table
        .left_join(texts::table.on(texts::collection_id.eq(rows::id).and(texts::language.eq(language.to_string()))))
        .filter(rows::slug.eq(slug))
        .filter(rows::active.eq(true))
        .select((rows::id, rows::slug, rows::name, rows::description, rows::rule, (texts::name, texts::description).nullable()))
        .first(conn)?;
    let (own_name, own_text) = text.unwrap_or_default();
    let or = |translated: String, own: String| if translated.is_empty() { own } else { translated };
    Ok(CollectionPage { id, slug, name: or(own_name, name), description: or(own_text, description), by_hand: rule.is_none() })
}

/// The products of a collection that a store sells after a key, with the key of each: by their place when it is made by hand, else by id.
pub fn listing(conn: &mut Conn, sold: &Assortment, of: &CollectionPage, after: Option<i64>, limit: i64) -> Result<Vec<(i64, ProductId)>> {
    let own = members::table
        .inner_join(products::table.on(products::id.eq(members::product_id)))
        .filter(members::collection_id.eq(of.id))
        .filter(products::listed.eq(true))
        .filter(sold.condition())
        .limit(limit);
    let after = after.unwrap_or(-1);
    if of.by_hand {
        let found = own.filter(members::position.gt(after)).order(members::position);
        return Ok(found.select((members::position, members::product_id)).load(conn)?);
    }
    let ids: Vec<ProductId> =
        own.filter(members::product_id.gt(ProductId(after))).order(members::product_id).select(members::product_id).load(conn)?;
    Ok(ids.into_iter().map(|id| (id.0, id)).collect())
}

/// Whether a store sells anything of a collection. Asked only of stores that sell a part of the catalogue: elsewhere an empty collection
/// is shown as one.
pub fn is_sold(conn: &mut Conn, sold: &Assortment, of: &CollectionPage) -> Result<bool> {
    Ok(sold.part.or(sold.contract).is_none() || !listing(conn, sold, of, None, 1)?.is_empty())
}

/// The members after a key, with the key of each, whether on show or not: by their place when it is made by hand, else by id.
pub fn members_after(conn: &mut Conn, of: &Collection, after: Option<i64>, limit: i64) -> Result<Vec<(i64, ProductId)>> {
    let Some(id) = of.id else { return Ok(Vec::new()) };
    let (own, after) = (members::table.filter(members::collection_id.eq(id)).limit(limit), after.unwrap_or(-1));
    if matches!(of.filling, Filling::ByHand(_)) {
        let found = own.filter(members::position.gt(after)).order(members::position);
        return Ok(found.select((members::position, members::product_id)).load(conn)?);
    }
    let ids: Vec<ProductId> =
        own.filter(members::product_id.gt(ProductId(after))).order(members::product_id).select(members::product_id).load(conn)?;
    Ok(ids.into_iter().map(|id| (id.0, id)).collect())
}

/// How many members there are, counted up to `most`, and the first `shown` of them.
pub fn preview(conn: &mut Conn, id: CollectionId, shown: i64, most: i64) -> Result<(usize, Vec<ProductId>)> {
    let own =
        members::table.filter(members::collection_id.eq(id)).order((members::position, members::product_id)).select(members::product_id);
    let count: Vec<ProductId> = own.limit(most).load(conn)?;
    let first = count.iter().copied().take(usize::try_from(shown).unwrap_or(0)).collect();
    Ok((count.len(), first))
}

/// The collections of each of these products.
pub(crate) fn of_products(conn: &mut Conn, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<CollectionId>>> {
    let mut found: HashMap<ProductId, Vec<CollectionId>> = HashMap::new();
    for ids in ids.chunks(1000) {
        let rows: Vec<(ProductId, CollectionId)> = members::table
            .filter(members::product_id.eq_any(ids))
            .order((members::product_id, members::collection_id))
            .select((members::product_id, members::collection_id))
            .load(conn)?;
        for (product, collection) in rows {
            found.entry(product).or_default().push(collection);
        }
    }
    Ok(found)
}

/// Those of `ids` that stand in the collection.
pub(crate) fn among(conn: &mut Conn, id: CollectionId, ids: &[ProductId]) -> Result<HashSet<ProductId>> {
    let mut found = HashSet::with_capacity(ids.len());
    for ids in ids.chunks(1000) {
        let own = members::table.filter(members::collection_id.eq(id)).filter(members::product_id.eq_any(ids));
        found.extend(own.select(members::product_id).load::<ProductId>(conn)?);
    }
    Ok(found)
}

/// Takes a product that goes for good out of every collection.
pub(crate) fn forget_product(conn: &mut Conn, id: ProductId) -> Result<()> {
    diesel::delete(members::table.filter(members::product_id.eq(id))).execute(conn)?;
    Ok(())
}

/// Adds a collection, or changes the one with its id, and brings its members up to date. `Invalid` names the field.
pub fn save(conn: &mut Conn, collection: &Collection, now: Time) -> Result<CollectionId> {
    let (name, wanted) = checked(conn, collection)?;
    let rule = match &collection.filling {
        Filling::ByRule(rule) => Some(json(rule)?),
        Filling::ByHand(_) => None,
    };
    let row = (
        rows::slug.eq(&wanted),
        rows::name.eq(&name),
        rows::description.eq(collection.description.trim()),
        rows::active.eq(collection.active),
        rows::rule.eq(rule),
        rows::updated_at.eq(now),
    );
    let before: Option<String> = match collection.id {
        Some(id) => Some(rows::table.find(id).select(rows::slug).first(conn)?),
        None => None,
    };
    let id = match collection.id {
        None => diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?,
        Some(id) => {
            diesel::update(rows::table.find(id)).set(row).execute(conn)?;
            id
        }
    };
    if before.as_ref() != Some(&wanted) {
        redirects::moved(conn, redirects::Page::Collection(id), before.as_deref(), &wanted)?;
    }
    diesel::delete(texts::table.filter(texts::collection_id.eq(id))).execute(conn)?;
    for (language, name, description) in collection.texts.iter().filter(|(_, name, about)| !name.is_empty() || !about.is_empty()) {
        let text = (
            texts::collection_id.eq(id),
            texts::language.eq(language),
            texts::name.eq(name.trim()),
            texts::description.eq(description.trim()),
        );
        diesel::insert_into(texts::table).values(text).execute(conn)?;
    }
    follow::refill(conn, id, &collection.filling, now)?;
    Ok(id)
}

/// The name and slug as they will be stored.
fn checked(conn: &mut Conn, collection: &Collection) -> Result<(String, String)> {
    let name = collection.name.trim().to_string();
    let wanted = slug(if collection.slug.trim().is_empty() { &name } else { &collection.slug });
    let mut fields = Fields::default();
    let long = |text: &str, most: usize| text.contains('\0') || text.chars().count() > most;
    if name.is_empty() || long(&name, 200) {
        fields.add("name", "collection-name");
    }
    let holder: Option<CollectionId> = rows::table.filter(rows::slug.eq(&wanted)).select(rows::id).first(conn).optional()?;
    if wanted.is_empty() || holder.is_some_and(|holder| Some(holder) != collection.id) {
        fields.add("slug", "collection-slug");
    }
    if long(&collection.description, 5000) || collection.texts.iter().any(|(_, name, about)| long(name, 200) || long(about, 5000)) {
        fields.add("text", "collection-text");
    }
    match &collection.filling {
        Filling::ByRule(rule) => rule.check(&mut fields),
        Filling::ByHand(products) if products.len() > MOST_BY_HAND => fields.add("products", "collection-too-many"),
        Filling::ByHand(_) => {}
    }
    fields.check()?;
    Ok((name, wanted))
}

/// Takes a collection away, its redirects with it. `NotFound` when it is gone, `Conflict` while a store sells it.
pub fn remove(conn: &mut Conn, id: CollectionId, now: Time) -> Result<()> {
    if stores::sells(conn, id)? {
        return Err(Error::conflict("collection-of-a-store"));
    }
    if price_lists::uses(conn, id)? {
        return Err(Error::conflict("collection-of-a-contract"));
    }
    follow::refill(conn, id, &Filling::ByHand(Vec::new()), now)?;
    redirects::forget_collection(conn, id)?;
    diesel::delete(texts::table.filter(texts::collection_id.eq(id))).execute(conn)?;
    match diesel::delete(rows::table.find(id)).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Writes members in one statement for many.
fn add(conn: &mut Conn, id: CollectionId, products: &[(i64, ProductId)]) -> Result<()> {
    for products in products.chunks(1000) {
        let added: Vec<_> = products
            .iter()
            .map(|(position, product)| (members::collection_id.eq(id), members::product_id.eq(*product), members::position.eq(*position)))
            .collect();
        on_each!(conn, c => diesel::insert_into(members::table).values(added).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}
