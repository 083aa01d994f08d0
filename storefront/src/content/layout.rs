//! The home page as the merchant lays it out: stored with the shop's settings or with the store that has its own, by slugs of categories and products and hashes of pictures,
//! texts by language.

use crate::catalog;
use crate::ids::StoreId;
use crate::shop::{self, OWN_LANGUAGE, Shop};
use crate::stores::{self, MAIN};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text by language. A missing one falls back to the shop's own language.
pub type Said = BTreeMap<String, String>;

/// Shelves a home page can have, and the products of one.
pub const SHELVES: usize = 6;
const PRODUCTS: usize = 24;
const TILES: usize = 12;
/// Longest text, in characters.
const LONGEST: usize = 300;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// What the page begins with.
    pub hero: Option<Part>,
    /// What stands between the shelves and the foot.
    pub banner: Option<Part>,
    /// Slugs of categories; empty for the main ones.
    pub tiles: Vec<String>,
    /// Empty for the newest products.
    pub shelves: Vec<Row>,
}

/// A picture with words and a way on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// The hash of a stored picture.
    pub picture: Option<String>,
    pub title: Said,
    pub text: Said,
    /// The words of the button.
    pub cta: Said,
    /// The slug of a category.
    pub link: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    pub title: Said,
    /// Slugs of products, in their order.
    pub products: Vec<String>,
}

/// What was stored; the layout of a new shop when it does not read.
pub fn of(shop: &Shop) -> Layout {
    if shop.home.is_null() {
        return Layout::default();
    }
    serde_json::from_value(shop.home.clone()).unwrap_or_else(|error| {
        tracing::warn!(%error, "the stored home page does not read");
        Layout::default()
    })
}

/// Stores the layout of a store. `Invalid` names every field that leads nowhere, as the form of the back office calls them.
pub fn save(conn: &mut Conn, store: StoreId, layout: &Layout, now: Time) -> Result<()> {
    let mut wrong = Fields::default();
    let tree = catalog::categories(conn, OWN_LANGUAGE)?;
    for (name, part) in [("hero", &layout.hero), ("banner", &layout.banner)] {
        let Some(part) = part else { continue };
        if tree.by_slug(&part.link).is_none() {
            wrong.add(&format!("{name}_link"), "admin-home-page-category-unknown");
        }
        if part.title.get(OWN_LANGUAGE).is_none_or(String::is_empty) {
            wrong.add(&format!("{name}_title_{}", OWN_LANGUAGE), "field-required");
        }
        for (what, said) in [("title", &part.title), ("text", &part.text), ("cta", &part.cta)] {
            too_long(&mut wrong, &format!("{name}_{what}"), said);
        }
    }
    if layout.tiles.len() > TILES || layout.tiles.iter().any(|slug| tree.by_slug(slug).is_none()) {
        wrong.add("tiles", "admin-home-page-category-unknown");
    }
    for (at, row) in layout.shelves.iter().enumerate().take(SHELVES) {
        let known = catalog::by_slugs(conn, &row.products)?.len();
        if row.products.is_empty() || row.products.len() > PRODUCTS || known != row.products.len() {
            wrong.add(&format!("shelf_{at}_products"), "admin-home-page-product-unknown");
        }
        too_long(&mut wrong, &format!("shelf_{at}_title"), &row.title);
    }
    wrong.check()?;
    if layout.shelves.len() > SHELVES {
        return Err(Error::conflict("admin-home-page-too-many"));
    }
    put(conn, store, layout, now)
}

fn put(conn: &mut Conn, store: StoreId, layout: &Layout, now: Time) -> Result<()> {
    let home = serde_json::to_value(layout)?;
    if store != MAIN {
        return stores::set_home(conn, store, Some(&home), now);
    }
    let shop = Shop { home, ..shop::get(conn)? };
    shop::set(conn, &shop, now)
}

/// Gives a store the home page of the main store again.
pub fn reset(conn: &mut Conn, store: StoreId, now: Time) -> Result<()> {
    stores::set_home(conn, store, None, now)
}

/// The layouts that there are: that of the main store, and those of stores that have their own.
fn all(conn: &mut Conn) -> Result<Vec<(StoreId, Layout)>> {
    let shop = shop::get(conn)?;
    let mut all = vec![(MAIN, of(&shop))];
    for (store, home) in stores::own_homes(conn)? {
        all.push((store, of(&Shop { home: serde_json::from_str(&home)?, ..shop.clone() })));
    }
    Ok(all)
}

impl Layout {
    /// Whether it shows the category with this slug, or leads to it.
    fn names(&self, slug: &str) -> bool {
        let led = [&self.hero, &self.banner].into_iter().flatten().any(|part| part.link == slug);
        led || self.tiles.iter().any(|tile| tile == slug)
    }
}

/// Whether a home page shows the category with this slug, or leads to it.
pub(crate) fn speaks_of(conn: &mut Conn, slug: &str) -> Result<bool> {
    Ok(all(conn)?.iter().any(|(_, layout)| layout.names(slug)))
}

/// Lets the home pages follow a category whose slug changed.
pub(crate) fn category_moved(conn: &mut Conn, before: &str, after: &str, now: Time) -> Result<()> {
    for (store, mut layout) in all(conn)?.into_iter().filter(|(_, layout)| layout.names(before)) {
        let links = [&mut layout.hero, &mut layout.banner].into_iter().flatten().map(|part| &mut part.link);
        links.chain(&mut layout.tiles).filter(|slug| *slug == before).for_each(|slug| *slug = after.to_string());
        put(conn, store, &layout, now)?;
    }
    Ok(())
}

fn too_long(wrong: &mut Fields, name: &str, said: &Said) {
    for (language, text) in said {
        if text.chars().count() > LONGEST {
            wrong.add(&format!("{name}_{language}"), "field-too-long");
        }
    }
}
