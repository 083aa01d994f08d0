//! Where the entries of menus lead, and how they are called there.

use super::{Entry, Target};
use crate::catalog::{self, Categories};
use crate::ids::{CollectionId, ProductId};
use crate::shop::{OWN_LANGUAGE, Shop};
use crate::{collections, content};
use kernel::{Conn, Error, Result};
use std::collections::HashMap;

/// Everything in the shop that an entry can lead to, in one language. Collections and products only as far as entries name them.
pub struct Ends {
    language: &'static str,
    categories: Categories,
    pages: Vec<(String, String)>,
    /// Name and path.
    collections: HashMap<CollectionId, (String, String)>,
    products: HashMap<ProductId, (String, String)>,
}

/// An entry as shoppers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pub label: String,
    /// A path of the shop without its language, or an address elsewhere; `None` for a heading.
    pub to: Option<String>,
    pub outside: bool,
    pub children: Vec<Live>,
}

impl Ends {
    /// The ends of `menus` in `language`, which is one of the shop's, as far as they are sold in the store as which it is seen. `tree` is
    /// what that store shows of the categories.
    pub fn load(conn: &mut Conn, shop: &Shop, tree: Categories, language: &'static str, menus: &[&[Entry]]) -> Result<Ends> {
        let (mut products, mut wanted) = (Vec::new(), Vec::new());
        for entry in menus.iter().flat_map(|menu| menu.iter()).flat_map(|entry| std::iter::once(entry).chain(&entry.children)) {
            match entry.target {
                Target::Product(id) => products.push(id),
                Target::Collection(id) => wanted.push(id),
                _ => {}
            }
        }
        let mut found = HashMap::new();
        let listed = if wanted.is_empty() { Vec::new() } else { collections::list(conn)? };
        for one in listed.into_iter().filter(|one| one.active && wanted.contains(&one.id)) {
            match collections::page(conn, &one.slug, language) {
                Ok(page) if !collections::is_sold(conn, &shop.assortment(), &page)? => {}
                Ok(page) => drop(found.insert(one.id, (page.name, format!("/collections/{}", page.slug)))),
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let cards = catalog::cards(conn, shop, &products, language)?;
        Ok(Ends {
            language,
            categories: tree,
            pages: content::list(conn, language)?,
            collections: found,
            products: cards.into_iter().map(|card| (card.id, (card.title, format!("/products/{}", card.slug)))).collect(),
        })
    }

    /// What a target is called and its path or address. `None` for a heading, and for what is gone or not on show.
    pub fn of(&self, target: &Target) -> Option<(String, String)> {
        match target {
            Target::Category(id) => self.categories.get(*id).map(|one| (one.name.clone(), format!("/categories/{}", one.slug))),
            Target::Collection(id) => self.collections.get(id).cloned(),
            Target::Product(id) => self.products.get(id).cloned(),
            Target::Page(slug) => {
                self.pages.iter().find(|(known, _)| known == slug).map(|(slug, title)| (title.clone(), format!("/pages/{slug}")))
            }
            Target::Inside(address) | Target::Outside(address) => Some((String::new(), address.clone())),
            Target::Heading => None,
        }
    }

    /// What an entry is called: by its own label, or as its target is.
    pub fn label(&self, entry: &Entry) -> String {
        let written = |language: &str| entry.label.get(language).filter(|text| !text.is_empty()).cloned();
        let name = || self.of(&entry.target).map(|(name, _)| name).filter(|name| !name.is_empty());
        written(self.language).or_else(name).or_else(|| written(OWN_LANGUAGE)).unwrap_or_default()
    }

    /// The entries that lead somewhere, or have some below them that do.
    pub fn live(&self, entries: &[Entry]) -> Vec<Live> {
        let live = |entry: &Entry| {
            let (to, children) = (self.of(&entry.target).map(|(_, to)| to), self.live(&entry.children));
            let label = self.label(entry);
            let shown = !label.is_empty() && (to.is_some() || !children.is_empty());
            shown.then_some(Live { label, to, outside: matches!(entry.target, Target::Outside(_)), children })
        };
        entries.iter().filter_map(live).collect()
    }
}
