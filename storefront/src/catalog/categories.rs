//! The category tree. Small enough to be read whole: a page asks once and walks it in memory.

use super::slug::{slug, unique};
use crate::ids::CategoryId;
use crate::schema::{categories as rows, category_texts as texts};
use crate::{collections, redirects};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use std::collections::HashSet;

/// A category in the language asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    pub id: CategoryId,
    pub parent_id: Option<CategoryId>,
    pub slug: String,
    pub name: String,
    pub description: String,
    pub picture_hash: Option<String>,
    pub position: i64,
}

/// Every category, siblings in their order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Categories(pub Vec<Category>);

/// A category as the merchant writes it, in the shop's own language. Without a slug it gets one from its name.
#[derive(Clone, Debug, Default)]
pub struct CategoryChange {
    pub id: Option<CategoryId>,
    pub parent_id: Option<CategoryId>,
    pub slug: String,
    pub name: String,
    pub description: String,
    pub picture_hash: Option<String>,
    pub position: i64,
}

impl Categories {
    pub fn get(&self, id: CategoryId) -> Option<&Category> {
        self.0.iter().find(|category| category.id == id)
    }

    pub fn by_slug(&self, slug: &str) -> Option<&Category> {
        self.0.iter().find(|category| category.slug == slug)
    }

    /// The categories directly below `parent`, or the roots.
    pub fn children(&self, parent: Option<CategoryId>) -> Vec<&Category> {
        self.0.iter().filter(|category| category.parent_id == parent).collect()
    }

    /// From the root down to the category itself: the breadcrumb.
    pub fn path(&self, id: CategoryId) -> Vec<&Category> {
        let mut path = Vec::new();
        let mut next = Some(id);
        // As many steps as there are categories at most, should the stored tree hold a circle.
        while let Some(category) = next.and_then(|id| self.get(id)).filter(|_| path.len() < self.0.len()) {
            path.push(category);
            next = category.parent_id;
        }
        path.reverse();
        path
    }

    /// All of them, each before what lies below it: as lists show the tree.
    pub fn in_order(&self) -> Vec<&Category> {
        let places = |category: &Category| self.path(category.id).iter().map(|one| (one.position, one.id)).collect::<Vec<_>>();
        let mut all: Vec<&Category> = self.0.iter().collect();
        all.sort_by_cached_key(|category| places(category));
        all
    }

    /// The category and all below it.
    pub fn subtree(&self, id: CategoryId) -> Vec<CategoryId> {
        let mut found = vec![id];
        let mut at = 0;
        while let Some(parent) = found.get(at).copied() {
            let below: Vec<CategoryId> = self.children(Some(parent)).iter().map(|category| category.id).collect();
            found.extend(below.into_iter().filter(|id| !found.contains(id)).collect::<Vec<_>>());
            at += 1;
        }
        found
    }
}

type Row = ((CategoryId, Option<CategoryId>, String, String, String, Option<String>, i64), Option<(String, String)>);

/// The tree with its texts in `language`, or in the shop's own where a text is missing.
pub fn categories(conn: &mut Conn, language: &str) -> Result<Categories> {
    let found: Vec<Row> = rows::table
        .left_join(texts::table.on(texts::category_id.eq(rows::id).and(texts::language.eq(language.to_string()))))
        .order((rows::position, rows::id))
        .select((
            (rows::id, rows::parent_id, rows::slug, rows::name, rows::description, rows::picture_hash, rows::position),
            (texts::name, texts::description).nullable(),
        ))
        .load(conn)?;
    let category = |((id, parent_id, slug, name, description, picture_hash, position), text): Row| {
        let (translated, about) = text.unwrap_or_default();
        let name = if translated.is_empty() { name } else { translated };
        let description = if about.is_empty() { description } else { about };
        Category { id, parent_id, slug, name, description, picture_hash, position }
    };
    Ok(Categories(found.into_iter().map(category).collect()))
}

/// Adds a category, or changes the one with the id. `Invalid` names the field; a category cannot move below itself.
pub fn save_category(conn: &mut Conn, change: &CategoryChange, now: Time) -> Result<CategoryId> {
    let tree = categories(conn, crate::shop::OWN_LANGUAGE)?;
    let name = change.name.trim();
    let wanted = slug(if change.slug.trim().is_empty() { name } else { &change.slug });
    let mut fields = Fields::default();
    if name.is_empty() || name.chars().count() > 200 || name.contains('\0') {
        fields.add("name", "category-name");
    }
    if wanted.is_empty() || tree.by_slug(&wanted).is_some_and(|other| Some(other.id) != change.id) {
        fields.add("slug", "category-slug");
    }
    let below_itself = change.id.zip(change.parent_id).is_some_and(|(id, parent)| tree.subtree(id).contains(&parent));
    if below_itself || change.parent_id.is_some_and(|id| tree.get(id).is_none()) {
        fields.add("parent", "category-parent");
    }
    fields.check()?;
    let row = (
        rows::parent_id.eq(change.parent_id),
        rows::slug.eq(&wanted),
        rows::name.eq(name),
        rows::description.eq(&change.description),
        rows::picture_hash.eq(&change.picture_hash),
        rows::position.eq(change.position),
    );
    let id = match change.id {
        None => diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?,
        Some(id) => match diesel::update(rows::table.find(id)).set(row).execute(conn)? {
            0 => return Err(Error::NotFound),
            _ => id,
        },
    };
    let before = tree.get(id).map(|category| category.slug.as_str());
    if before != Some(wanted.as_str()) {
        redirects::moved(conn, redirects::Page::Category(id), before, &wanted)?;
    }
    if tree.get(id).is_some_and(|before| before.parent_id != change.parent_id) {
        collections::refresh(conn, now)?;
    }
    Ok(id)
}

/// Stores name and description in a further language, in place of those before.
pub fn set_category_text(conn: &mut Conn, id: CategoryId, language: &str, name: &str, description: &str) -> Result<()> {
    let row = (texts::category_id.eq(id), texts::language.eq(language), texts::name.eq(name), texts::description.eq(description));
    let change = (texts::name.eq(name), texts::description.eq(description));
    kernel::on_each!(conn, c => diesel::insert_into(texts::table)
        .values(row).on_conflict((texts::category_id, texts::language)).do_update().set(change).execute(c))?;
    Ok(())
}

/// The category at the end of a path of names from the root, in the shop's own language; what is missing is added to `tree` and
/// to the database. `None` for an empty path.
pub fn ensure_path(conn: &mut Conn, tree: &mut Categories, path: &[String]) -> Result<Option<CategoryId>> {
    let mut parent: Option<CategoryId> = None;
    for name in path {
        let known = tree.children(parent).into_iter().find(|category| category.name == *name).map(|category| category.id);
        parent = match known {
            Some(id) => Some(id),
            None => Some(add(conn, tree, parent, name)?),
        };
    }
    Ok(parent)
}

fn add(conn: &mut Conn, tree: &mut Categories, parent: Option<CategoryId>, name: &str) -> Result<CategoryId> {
    let taken: HashSet<String> = tree.0.iter().map(|category| category.slug.clone()).collect();
    let mut wanted = slug(name);
    if wanted.is_empty() {
        wanted = "category".into();
    }
    // Of two categories of one name, the address tells by the parent which one it is.
    if let Some(above) = parent.and_then(|id| tree.get(id)).filter(|_| taken.contains(&wanted)) {
        wanted = slug(&format!("{} {name}", above.name));
    }
    let slug = unique(&wanted, &taken);
    let position = i64::try_from(tree.children(parent).len()).unwrap_or(i64::MAX);
    let row = (rows::parent_id.eq(parent), rows::slug.eq(&slug), rows::name.eq(name), rows::position.eq(position));
    let id: CategoryId = diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?;
    let name = name.to_string();
    tree.0.push(Category { id, parent_id: parent, slug, name, description: String::new(), picture_hash: None, position });
    Ok(id)
}
