//! The attributes of a product against all the definitions.

use super::store;
use super::{Definition, Kind, Misfit, Value};
use crate::catalog::Categories;
use crate::ids::CategoryId;
use kernel::{Conn, Result};
use std::collections::HashMap;

/// Every definition, in their order.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    pub all: Vec<Definition>,
    by_name: HashMap<String, usize>,
}

/// A value that its definition cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    pub name: String,
    pub value: String,
    pub why: Misfit,
}

/// Names with values.
type Pairs = Vec<(String, String)>;

impl Definitions {
    /// Every definition: three queries.
    pub fn load(conn: &mut Conn) -> Result<Definitions> {
        Ok(Definitions::of(store::list(conn)?))
    }

    pub(super) fn of(all: Vec<Definition>) -> Definitions {
        let by_name = all.iter().enumerate().map(|(at, one)| (one.name.clone(), at)).collect();
        Definitions { all, by_name }
    }

    /// The definition of the attribute with this name; none for a free one.
    pub fn named(&self, name: &str) -> Option<&Definition> {
        self.by_name.get(name).and_then(|at| self.all.get(*at))
    }

    /// A stored value as its definition reads it; none for a free attribute and for what it cannot read.
    pub fn value(&self, name: &str, text: &str) -> Option<Value> {
        self.named(name)?.read(text).ok()
    }

    /// The definitions whose fields the form of a product in these categories has.
    pub fn asked_of<'a>(&'a self, categories: &[CategoryId], tree: &Categories) -> Vec<&'a Definition> {
        let above: Vec<CategoryId> = categories.iter().flat_map(|id| tree.path(*id)).map(|category| category.id).collect();
        let asked = |one: &&Definition| one.categories.is_empty() || one.categories.iter().any(|id| above.contains(id));
        self.all.iter().filter(asked).collect()
    }

    /// The attributes as they are stored, in the order given. What does not fit is told, unless the product has it already: what was
    /// written before there was a definition may stay.
    pub fn fit(&self, wanted: &[(String, String)], stored: &[(String, String)]) -> (Pairs, Vec<Unfit>) {
        let (mut fitted, mut unfit) = (Pairs::with_capacity(wanted.len()), Vec::new());
        let old: Vec<(&str, &str)> = stored.iter().map(|(name, value)| (name.trim(), value.as_str())).collect();
        for (name, value) in wanted {
            let Some(definition) = self.named(name.trim()) else {
                fitted.push((name.clone(), value.clone()));
                continue;
            };
            if value.trim().is_empty() {
                continue;
            }
            let mut told = |why| unfit.push(Unfit { name: definition.name.clone(), value: value.clone(), why });
            let known = old.contains(&(definition.name.as_str(), value.trim()));
            let text = definition.canonical(value).unwrap_or_else(|why| {
                if !known {
                    told(why);
                }
                value.trim().to_string()
            });
            let pair = (definition.name.clone(), text);
            let one_only = definition.kind != Kind::Text && !definition.several;
            if fitted.contains(&pair) {
                continue;
            }
            if one_only && !known && fitted.iter().any(|(other, _)| *other == pair.0) {
                told(Misfit::Several);
            }
            fitted.push(pair);
        }
        (fitted, unfit)
    }
}
