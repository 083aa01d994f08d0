//! Categories as staff edit them: whole, in every language, with their place in the tree.
//!
//! What the search index and the rules of collections know of products follows from their categories, names and ancestors: a rename
//! or a move tells of every product below, in batches that a job works through.

use super::categories::{Categories, CategoryChange, categories, save_category};
use super::list::listing;
use crate::ids::{CategoryId, ProductId};
use crate::schema::{categories as rows, category_texts as texts, product_categories};
use crate::shop::OWN_LANGUAGE;
use crate::{attributes, collections, content, promotions, redirects};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::events::{self, Event};
use kernel::jobs::{self, Class};
use kernel::{Conn, Error, Result, token};
use serde::Serialize;
use std::collections::BTreeMap;

/// The kind of the job that tells of the products below a category. Its payload is the category's id and, after a colon, the id of
/// the last product told of.
pub const CATEGORY_JOB: &str = "catalog.category";
/// Products in one event.
const TOGETHER: i64 = 500;

/// The words of a category in one language. An empty text is that of the shop's own language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CategoryText {
    pub name: String,
    pub description: String,
    /// For search engines; empty for the name and the description.
    pub seo_title: String,
    pub seo_description: String,
}

/// A category with everything that staff write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WholeCategory {
    /// None before it is stored.
    pub id: Option<CategoryId>,
    pub parent_id: Option<CategoryId>,
    /// Empty before it is stored: the name then gives it.
    pub slug: String,
    /// In the shop's own language.
    pub text: CategoryText,
    /// In further languages, by their codes.
    pub texts: BTreeMap<String, CategoryText>,
    pub picture_hash: Option<String>,
    /// Counts the changes: what a form keeps to tell later whether it is stale.
    pub version: i64,
}

/// The category with this id. `NotFound` when there is none.
pub fn category(conn: &mut Conn, id: CategoryId) -> Result<WholeCategory> {
    type Found = (Option<CategoryId>, String, String, String, String, String, Option<String>, i64);
    let (parent_id, slug, name, description, seo_title, seo_description, picture_hash, version): Found = rows::table
        .find(id)
        .select((
            rows::parent_id,
            rows::slug,
            rows::name,
            rows::description,
            rows::seo_title,
            rows::seo_description,
            rows::picture_hash,
            rows::version,
        ))
        .first(conn)?;
    let found: Vec<(String, String, String, String, String)> = texts::table
        .filter(texts::category_id.eq(id))
        .select((texts::language, texts::name, texts::description, texts::seo_title, texts::seo_description))
        .load(conn)?;
    let text = |(language, name, description, seo_title, seo_description)| {
        (language, CategoryText { name, description, seo_title, seo_description })
    };
    Ok(WholeCategory {
        id: Some(id),
        parent_id,
        slug,
        text: CategoryText { name, description, seo_title, seo_description },
        texts: found.into_iter().map(text).collect(),
        picture_hash,
        version,
    })
}

/// What search engines are told of a category in `language`, as (title, description): empty texts where nothing was written.
pub fn category_seo(conn: &mut Conn, id: CategoryId, language: &str) -> Result<(String, String)> {
    let (own, about): (String, String) = rows::table.find(id).select((rows::seo_title, rows::seo_description)).first(conn)?;
    let found = texts::table.find((id, language)).select((texts::seo_title, texts::seo_description));
    let (title, text): (String, String) = found.first(conn).optional()?.unwrap_or_default();
    Ok((if title.is_empty() { own } else { title }, if text.is_empty() { about } else { text }))
}

/// Stores a category: a new one, or the one with the id, which stands at the end of its siblings when it came to others. `Invalid` names
/// the fields that are wrong; `Conflict` when it was changed since the version it carries.
pub fn put_category(conn: &mut Conn, wanted: &WholeCategory, now: Time) -> Result<CategoryId> {
    check(wanted)?;
    lock(conn)?;
    if let Some(id) = wanted.id {
        let own = rows::table.find(id).filter(rows::version.eq(wanted.version));
        if diesel::update(own).set(rows::version.eq(rows::version + 1i64)).execute(conn)? == 0 {
            category(conn, id)?;
            return Err(Error::conflict("category-stale"));
        }
    }
    let tree = categories(conn, OWN_LANGUAGE)?;
    let before = wanted.id.map(|id| category(conn, id)).transpose()?;
    let stays = before.as_ref().is_some_and(|before| before.parent_id == wanted.parent_id);
    let place = wanted.id.filter(|_| stays).and_then(|id| tree.get(id)).map(|known| known.position);
    let text = &wanted.text;
    let change = CategoryChange {
        id: wanted.id,
        parent_id: wanted.parent_id,
        slug: wanted.slug.clone(),
        name: text.name.clone(),
        description: text.description.trim().to_string(),
        picture_hash: wanted.picture_hash.clone(),
        position: place.unwrap_or_else(|| end(&tree, wanted.parent_id)),
    };
    let id = save_category(conn, &change, now)?;
    let seo = (rows::seo_title.eq(text.seo_title.trim()), rows::seo_description.eq(text.seo_description.trim()));
    diesel::update(rows::table.find(id)).set(seo).execute(conn)?;
    diesel::delete(texts::table.filter(texts::category_id.eq(id))).execute(conn)?;
    for (language, text) in wanted.texts.iter().filter(|(_, text)| **text != CategoryText::default()) {
        let row = (
            texts::category_id.eq(id),
            texts::language.eq(language),
            texts::name.eq(text.name.trim()),
            texts::description.eq(text.description.trim()),
            texts::seo_title.eq(text.seo_title.trim()),
            texts::seo_description.eq(text.seo_description.trim()),
        );
        diesel::insert_into(texts::table).values(row).execute(conn)?;
    }
    if let Some(before) = before {
        let after = category(conn, id)?;
        if before.slug != after.slug {
            content::layout::category_moved(conn, &before.slug, &after.slug, now)?;
        }
        if names(&before) != names(&after) || !stays {
            follow(conn, id, None, now)?;
        }
    }
    Ok(id)
}

/// Shows a category with this picture, or without any. `NotFound` when there is no such category.
pub fn set_category_picture(conn: &mut Conn, id: CategoryId, hash: Option<&str>) -> Result<()> {
    match diesel::update(rows::table.find(id)).set(rows::picture_hash.eq(hash)).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

fn names(of: &WholeCategory) -> Vec<&str> {
    std::iter::once(&of.text).chain(of.texts.values()).map(|text| text.name.as_str()).collect()
}

fn check(wanted: &WholeCategory) -> Result<()> {
    let mut fields = Fields::default();
    let own = std::iter::once((None, &wanted.text));
    for (language, text) in own.chain(wanted.texts.iter().map(|(language, text)| (Some(language), text))) {
        let limits = [("name", &text.name, 200), ("text", &text.description, 5000), ("seo_title", &text.seo_title, 500)];
        for (name, text, most) in limits.into_iter().chain([("seo_description", &text.seo_description, 5000)]) {
            if text.contains('\0') || text.chars().count() > most {
                let name = language.map_or(name.to_string(), |language| format!("{name}_{language}"));
                fields.add(&name, "field-too-long");
            }
        }
    }
    fields.check()
}

/// Lets nobody else change the tree to the end of the transaction: two moves at once could close a circle that neither sees. SQLite
/// has one writer.
fn lock(conn: &mut Conn) -> Result<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("LOCK TABLE categories IN SHARE ROW EXCLUSIVE MODE").execute(conn)?;
    }
    Ok(())
}

/// The position after the last of the categories below `parent`.
fn end(tree: &Categories, parent: Option<CategoryId>) -> i64 {
    tree.children(parent).iter().map(|sibling| sibling.position + 1).max().unwrap_or(0)
}

/// Moves a category before or after its neighbour among its siblings. At the end of the row nothing happens.
pub fn shift_category(conn: &mut Conn, id: CategoryId, up: bool) -> Result<()> {
    lock(conn)?;
    let tree = categories(conn, OWN_LANGUAGE)?;
    let parent = tree.get(id).ok_or(Error::NotFound)?.parent_id;
    let mut row: Vec<CategoryId> = tree.children(parent).iter().map(|sibling| sibling.id).collect();
    let at = row.iter().position(|sibling| *sibling == id).ok_or(Error::NotFound)?;
    let to = if up { at.saturating_sub(1) } else { (at + 1).min(row.len() - 1) };
    row.swap(at, to);
    for (position, sibling) in (0i64..).zip(row) {
        diesel::update(rows::table.find(sibling)).set(rows::position.eq(position)).execute(conn)?;
    }
    Ok(())
}

/// Takes a category away that holds nothing and that nothing speaks of. `Conflict` says what does.
pub fn remove_category(conn: &mut Conn, id: CategoryId) -> Result<()> {
    lock(conn)?;
    let tree = categories(conn, OWN_LANGUAGE)?;
    let known = tree.get(id).ok_or(Error::NotFound)?;
    if !tree.children(Some(id)).is_empty() {
        return Err(Error::conflict("category-has-categories"));
    }
    let held = product_categories::table.filter(product_categories::category_id.eq(id)).select(product_categories::product_id);
    if held.first::<ProductId>(conn).optional()?.is_some() {
        return Err(Error::conflict("category-has-products"));
    }
    if collections::speak_of(conn, id)? {
        return Err(Error::conflict("category-in-collection"));
    }
    if promotions::speak_of(conn, id)? {
        return Err(Error::conflict("category-in-promotion"));
    }
    if content::layout::speaks_of(conn, &known.slug)? {
        return Err(Error::conflict("category-on-home-page"));
    }
    attributes::forget_category(conn, id, known.parent_id)?;
    redirects::forget_category(conn, id)?;
    diesel::delete(texts::table.filter(texts::category_id.eq(id))).execute(conn)?;
    match diesel::delete(rows::table.find(id)).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Has the products below a category told of, from the one after `after` on.
fn follow(conn: &mut Conn, id: CategoryId, after: Option<ProductId>, now: Time) -> Result<()> {
    let payload = format!("{id}:{}", after.unwrap_or(ProductId(0)));
    jobs::enqueue_as(conn, Class::Bulk, CATEGORY_JOB, &payload, None, now, now)
}

/// Tells of the next products below a category that was renamed or moved, and has the rest told of. One that is gone is fine.
pub fn tell_below(conn: &mut Conn, payload: &str, now: Time) -> Result<()> {
    let read = payload.split_once(':').and_then(|(id, after)| Some((id.parse().ok()?, after.parse().ok()?)));
    let (id, after): (CategoryId, ProductId) = read.ok_or_else(|| Error::unexpected("a job of no category"))?;
    let below = listing(conn, Some(id), Some(after), TOGETHER)?;
    let Some(last) = below.last().copied() else { return Ok(()) };
    let full = i64::try_from(below.len()).is_ok_and(|count| count >= TOGETHER);
    let event = Event::ProductsChanged { products: below.into_iter().map(|product| product.0).collect() };
    events::record(conn, "categories", &token::random(), &event, now)?;
    if full { follow(conn, id, Some(last), now) } else { Ok(()) }
}
