//! The menus at the head and the foot of every page.
//!
//! A menu that nobody edited follows the shop: the main categories, and the pages of text. From the first edit on it is a list of entries
//! with one level of entries below them. What an entry leads to is known by its id, so that a new address or name is followed; an entry
//! whose target is gone is left out until somebody changes it.

mod ends;

pub use ends::{Ends, Live};

use crate::content;
use crate::content::layout::Said;
use crate::ids::{CategoryId, CollectionId, ProductId, StoreId};
use crate::schema::menus;
use crate::shop::OWN_LANGUAGE;
use crate::stores::{self, MAIN};
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result, on_each};
use serde::{Deserialize, Serialize};
use url::Url;

/// The most entries of a menu, and below one of its entries.
pub const MOST: usize = 20;
/// Longest label and address, in characters.
const LABEL: usize = 60;
const ADDRESS: usize = 500;

kernel::words!(
    /// Where a menu stands.
    Place {
        Header = "header",
        Footer = "footer",
    }
);

/// What an entry leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "to")]
pub enum Target {
    Category(CategoryId),
    Collection(CollectionId),
    Product(ProductId),
    /// The slug of a page of text.
    Page(String),
    /// A path of the shop without its language, such as `/search?q=tea`.
    Inside(String),
    /// An https address elsewhere.
    Outside(String),
    /// Nothing: the entry is the heading of those below it.
    #[default]
    Heading,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// In a language that is missing it is called as its target is, or as in the shop's own language.
    pub label: Said,
    pub target: Target,
    /// Entries below; they have none below themselves.
    pub children: Vec<Entry>,
}

/// A menu as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// `None` for a menu that follows the shop.
    pub entries: Option<Vec<Entry>>,
    /// Whether the store has it of its own.
    pub own: bool,
    /// Counts the changes; 0 before the first.
    pub version: i64,
}

/// The menu of a store at a place. One that has none of its own there shows that of the main store.
pub fn get(conn: &mut Conn, store: StoreId, place: Place) -> Result<Menu> {
    let key = (store, place.as_str());
    let row: Option<(String, i64)> = menus::table.find(key).select((menus::content, menus::version)).first(conn).optional()?;
    let (content, version) = row.unwrap_or_default();
    if !content.is_empty() {
        return Ok(Menu { entries: Some(serde_json::from_str(&content)?), own: true, version });
    }
    let entries = if store == MAIN { None } else { get(conn, MAIN, place)?.entries };
    Ok(Menu { entries, own: false, version })
}

/// What stands before these in a shop that has articles.
pub const ARTICLES: (&str, &str) = ("help-title", "/help");
/// What stands behind the pages in the footer of a shop that has no menu of its own: the key of the text, and the address.
pub const HELP: [(&str, &str); 3] =
    [("account-orders", "/account/orders"), ("contact-title", "/contact"), ("gift-cards-link", "/gift-cards")];

/// The entries of a menu that follows the shop, to be edited. `say` answers the text of a key in a language of the shop.
pub fn standard(conn: &mut Conn, store: StoreId, place: Place, say: &dyn Fn(&str, &str) -> Result<String>) -> Result<Vec<Entry>> {
    let tree = stores::shop(conn, store)?.assortment().categories(conn, OWN_LANGUAGE)?;
    let categories: Vec<Entry> =
        tree.children(None).iter().map(|one| Entry { target: Target::Category(one.id), ..Entry::default() }).collect();
    if place == Place::Header {
        return Ok(categories);
    }
    let called = |key: &str| -> Result<Said> {
        let own = say(OWN_LANGUAGE, key)?;
        let mut said = Said::new();
        for language in Language::further() {
            let text = say(language.code(), key)?;
            if text != own {
                said.insert(language.code().to_string(), text);
            }
        }
        said.insert(OWN_LANGUAGE.to_string(), own);
        Ok(said)
    };
    let pages = content::list(conn, OWN_LANGUAGE)?;
    let mut help: Vec<Entry> = pages.into_iter().map(|(slug, _)| Entry { target: Target::Page(slug), ..Entry::default() }).collect();
    let answers = crate::articles::any(conn)?.then_some(ARTICLES);
    for (key, to) in answers.into_iter().chain(HELP) {
        help.push(Entry { label: called(key)?, target: Target::Inside(to.into()), children: Vec::new() });
    }
    let column = |key: &str, children| -> Result<Entry> { Ok(Entry { label: called(key)?, target: Target::Heading, children }) };
    let mut columns = vec![column("footer-shop", categories)?, column("footer-help", help)?];
    columns.retain(|column| !column.children.is_empty());
    Ok(columns)
}

/// Stores a menu of a store; without entries it follows the shop, or the main store, again. `Conflict` when it was changed since the version `seen`, or is too long;
/// `Invalid` when an entry cannot be.
pub fn save(conn: &mut Conn, store: StoreId, place: Place, entries: Option<&[Entry]>, seen: i64) -> Result<()> {
    for entry in entries.unwrap_or_default() {
        check(entry)?;
        for child in &entry.children {
            check(child)?;
            if !child.children.is_empty() {
                return Err(Error::conflict("admin-menu-too-deep"));
            }
        }
    }
    let long = |entries: &[Entry]| entries.len() > MOST;
    if entries.is_some_and(|all| long(all) || all.iter().any(|entry| long(&entry.children))) {
        return Err(Error::conflict("admin-menu-too-long"));
    }
    let content = entries.map(|entries| kernel::json::text(&entries)).transpose()?.unwrap_or_default();
    let changed = if seen == 0 {
        let row = (menus::store_id.eq(store), menus::place.eq(place.as_str()), menus::content.eq(content), menus::version.eq(1));
        on_each!(conn, c => diesel::insert_into(menus::table).values(row).on_conflict_do_nothing().execute(c))?
    } else {
        let own = menus::table.find((store, place.as_str())).filter(menus::version.eq(seen));
        diesel::update(own).set((menus::content.eq(content), menus::version.eq(menus::version + 1i64))).execute(conn)?
    };
    if changed == 1 { Ok(()) } else { Err(Error::conflict("admin-menu-changed")) }
}

/// `Invalid` with the fields as the form of the back office calls them.
fn check(entry: &Entry) -> Result<()> {
    let mut wrong = Fields::default();
    for (language, label) in &entry.label {
        if label.chars().count() > LABEL {
            wrong.add(&format!("label_{language}"), "field-too-long");
        }
    }
    let own_name = matches!(entry.target, Target::Category(_) | Target::Collection(_) | Target::Product(_) | Target::Page(_));
    if !own_name && entry.label.get(OWN_LANGUAGE).is_none_or(String::is_empty) {
        wrong.add(&format!("label_{}", OWN_LANGUAGE), "admin-menu-label-needed");
    }
    match &entry.target {
        Target::Inside(path) if !is_path(path) => wrong.add("address", "admin-menu-inside-odd"),
        Target::Outside(address) if !is_https(address) => wrong.add("address", "admin-menu-outside-odd"),
        _ => {}
    }
    wrong.check()
}

/// Whether a browser takes this for a path of the shop, whatever it does to slashes.
fn is_path(path: &str) -> bool {
    let plain = path.chars().count() <= ADDRESS && !path.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\');
    plain && path.starts_with('/') && !path.starts_with("//")
}

fn is_https(address: &str) -> bool {
    let read = Url::parse(address).ok().filter(|_| address.chars().count() <= ADDRESS);
    read.is_some_and(|url| url.scheme() == "https" && url.host_str().is_some() && url.username().is_empty() && url.password().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_paths_of_the_shop_or_https_elsewhere() {
        for good in ["/", "/search?q=tea", "/account/orders", "/zh-is-not-asked"] {
            assert!(is_path(good), "{good}");
        }
        for odd in ["", "search", "//evil.test", "/\\evil.test", "/a b", "/a\nb", "https://x.test", "javascript:alert(1)"] {
            assert!(!is_path(odd), "{odd}");
        }
        assert!(is_https("https://blog.example.com/2026?x=1"));
        for odd in ["http://x.test", "javascript:alert(1)", "https://", "https://me:secret@x.test", "data:text/html,x", "/path", ""] {
            assert!(!is_https(odd), "{odd}");
        }
    }

    #[test]
    fn a_menu_follows_the_shop_until_it_is_edited_and_of_two_edits_one_wins() {
        let db = kernel::testing::db();
        db.write_now(|conn| {
            assert_eq!(get(conn, MAIN, Place::Header)?, Menu { entries: None, own: false, version: 0 });
            let label = Said::from([("en".to_string(), "News".to_string())]);
            let news = Entry { label, target: Target::Outside("https://news.example.com/".into()), children: Vec::new() };
            save(conn, MAIN, Place::Header, Some(std::slice::from_ref(&news)), 0)?;
            assert!(matches!(save(conn, MAIN, Place::Header, Some(&[]), 0), Err(Error::Conflict(_))));
            assert_eq!(get(conn, MAIN, Place::Header)?, Menu { entries: Some(vec![news.clone()]), own: true, version: 1 });
            assert_eq!(get(conn, MAIN, Place::Footer)?.version, 0);
            let deep = Entry { children: vec![Entry { children: vec![news.clone()], ..news.clone() }], ..news.clone() };
            assert!(matches!(save(conn, MAIN, Place::Header, Some(&[deep]), 1), Err(Error::Conflict(_))));
            assert!(matches!(save(conn, MAIN, Place::Header, Some(&vec![news.clone(); MOST + 1]), 1), Err(Error::Conflict(_))));
            assert!(matches!(save(conn, MAIN, Place::Header, Some(&[Entry::default()]), 1), Err(Error::Invalid(_))));
            save(conn, MAIN, Place::Header, None, 1)?;
            assert_eq!(get(conn, MAIN, Place::Header)?, Menu { entries: None, own: false, version: 2 });
            Ok(())
        })
        .unwrap();
    }
}
