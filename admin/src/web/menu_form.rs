//! An entry of a menu as a form, and back. What it leads to is one choice: something of the shop by its id, or a kind whose address is
//! typed.

use super::languages;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::catalog::{self, Categories};
use storefront::ids::CategoryId;
use storefront::menus::{Ends, Entry, Target};
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;
use storefront::{collections, content};

const BASE: &[&str] = &["version", "parent", "target", "address"];

/// The names of the form.
pub fn names() -> Vec<String> {
    BASE.iter().map(ToString::to_string).chain(languages::each(&["label"])).collect()
}

pub fn filled(entry: &Entry, ends: &Ends) -> Form {
    let (target, address) = match &entry.target {
        Target::Category(id) => (format!("category:{id}"), String::new()),
        Target::Collection(id) => (format!("collection:{id}"), String::new()),
        Target::Page(slug) => (format!("page:{slug}"), String::new()),
        Target::Product(_) => {
            let path = ends.of(&entry.target).map(|(_, path)| path).unwrap_or_default();
            ("product".into(), path.rsplit('/').next().unwrap_or_default().to_string())
        }
        Target::Inside(address) => ("inside".into(), address.clone()),
        Target::Outside(address) => ("outside".into(), address.clone()),
        Target::Heading => ("heading".into(), String::new()),
    };
    let form = Form::new(&names()).fill("target", target).fill("address", address);
    entry.label.iter().fold(form, |form, (language, text)| form.fill(&format!("label_{language}"), text))
}

/// What an entry can lead to: the categories in the order of their tree, collections that are on show, pages, and what is typed.
pub fn choices(conn: &mut Conn, language: &'static str, words: &Words) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let choice = |kind: &str, id: &str, name: &str| -> Result<Value> {
        let label = words.with(&format!("admin-menu-kind-{kind}"), &[("name", name)])?;
        Ok(json!({ "value": format!("{kind}:{id}"), "label": label }))
    };
    let tree = catalog::categories(conn, language)?;
    let mut order = Vec::new();
    walk(&tree, None, &mut order);
    for id in order {
        let names: Vec<&str> = tree.path(id).iter().map(|one| one.name.as_str()).collect();
        all.push(choice("category", &id.to_string(), &names.join(" › "))?);
    }
    for one in collections::list(conn)?.iter().filter(|one| one.active) {
        all.push(choice("collection", &one.id.to_string(), &one.name)?);
    }
    for (slug, title) in content::list(conn, language)? {
        all.push(choice("page", &slug, &title)?);
    }
    let typed = ["product", "inside", "outside", "heading"];
    all.extend(typed.map(|kind| json!({ "value": kind, "label": format!("admin-menu-to-{kind}") })));
    Ok(all)
}

fn walk(tree: &Categories, parent: Option<CategoryId>, order: &mut Vec<CategoryId>) {
    for category in tree.children(parent) {
        order.push(category.id);
        walk(tree, Some(category.id), order);
    }
}

/// What was typed, without what is below. `Invalid` when it leads to nothing that there is.
pub fn read(conn: &mut Conn, typed: &Posted) -> Result<Entry> {
    let unknown = || Error::field("target", "admin-menu-target-unknown");
    let address = typed.get("address").trim();
    let target = match typed.get("target").split_once(':').unwrap_or((typed.get("target"), "")) {
        ("category", id) => {
            let id = id.parse().map_err(|_| unknown())?;
            catalog::categories(conn, OWN_LANGUAGE)?.get(id).ok_or_else(unknown)?;
            Target::Category(id)
        }
        ("collection", id) => {
            let id = id.parse().map_err(|_| unknown())?;
            let known = collections::list(conn)?.iter().any(|one| one.id == id && one.active);
            if known { Target::Collection(id) } else { return Err(unknown()) }
        }
        ("page", slug) if !content::of_slug(conn, slug)?.is_empty() => Target::Page(slug.to_string()),
        ("product", _) => {
            let found = catalog::by_slugs(conn, &[address.to_string()])?;
            Target::Product(*found.first().ok_or_else(|| Error::field("address", "admin-menu-product-unknown"))?)
        }
        ("inside", _) => Target::Inside(address.to_string()),
        ("outside", _) => Target::Outside(address.to_string()),
        ("heading", _) => Target::Heading,
        _ => return Err(unknown()),
    };
    let label = |language: &Language| (language.code().to_string(), typed.get(&languages::field("label", *language)).trim().to_string());
    let label = Language::all().iter().map(label).filter(|(_, text)| !text.is_empty()).collect();
    Ok(Entry { label, target, children: Vec::new() })
}
