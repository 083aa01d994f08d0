//! What a definition makes of the values that products have under its name.

use super::{Definition, Misfit};
use crate::ids::ProductId;
use crate::schema::{product_attributes as values, products};
use diesel::dsl::count_star;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Result, token};
use serde::Serialize;
use std::collections::BTreeSet;

/// Products told of in one event.
const TOGETHER: usize = 500;

/// A value that products have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InUse {
    pub value: String,
    /// How often it stands.
    pub count: i64,
    /// What it is stored as from then on; the value itself when it stays as it is.
    pub becomes: String,
    /// Why it is no value of the type: it stays as it is written.
    pub misfit: Option<Misfit>,
}

/// Every value of a name, before a definition takes it over or changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Takeover {
    /// How often a value stands that fits as it is.
    pub fit: i64,
    /// The most frequent first.
    pub changed: Vec<InUse>,
    /// The most frequent first.
    pub unfit: Vec<InUse>,
}

impl Takeover {
    /// Whether somebody should look before it is done.
    pub fn is_silent(&self) -> bool {
        self.changed.is_empty() && self.unfit.is_empty()
    }
}

/// What would become of the values that products have under the definition's name, and under the name it had until now.
pub fn takeover(conn: &mut Conn, wanted: &Definition, before: Option<&Definition>) -> Result<Takeover> {
    let mut names: BTreeSet<&str> = BTreeSet::from([wanted.name.as_str()]);
    names.extend(before.map(|before| before.name.as_str()));
    let mut found = Takeover::default();
    for name in names {
        for (value, count) in in_use(conn, name)? {
            // What did not fit before is no news.
            let old = before.is_some_and(|before| before.name == name && before.canonical(&value).is_err());
            let renamed = wanted.choices.iter().find(|choice| !choice.was.is_empty() && choice.was == value && before.is_some());
            match renamed.map_or_else(|| wanted.canonical(&value), |choice| Ok(choice.name.clone())) {
                Ok(becomes) if becomes == value => found.fit += count,
                Ok(becomes) => found.changed.push(InUse { value, count, becomes, misfit: None }),
                Err(_) if old => {}
                Err(why) => found.unfit.push(InUse { becomes: value.clone(), value, count, misfit: Some(why) }),
            }
        }
    }
    for list in [&mut found.changed, &mut found.unfit] {
        list.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    }
    Ok(found)
}

/// The values that products have under a name, with how often each stands.
pub(super) fn in_use(conn: &mut Conn, name: &str) -> Result<Vec<(String, i64)>> {
    Ok(values::table.filter(values::name.eq(name)).group_by(values::value).select((values::value, count_star())).load(conn)?)
}

/// Writes every value of the definition's name the way the definition has, after the changes of names.
pub(super) fn take_over(conn: &mut Conn, wanted: &Definition, old_name: Option<&str>) -> Result<()> {
    if let Some(old) = old_name.filter(|old| *old != wanted.name) {
        diesel::update(values::table.filter(values::name.eq(old))).set(values::name.eq(&wanted.name)).execute(conn)?;
    }
    // Two names may change places, so each goes over one that nobody has.
    let renamed: Vec<(usize, &str, &str)> = wanted
        .choices
        .iter()
        .enumerate()
        .filter(|(_, choice)| !choice.was.is_empty() && choice.was != choice.name)
        .map(|(at, choice)| (at, choice.was.as_str(), choice.name.as_str()))
        .collect();
    for (at, was, _) in &renamed {
        rewrite(conn, &wanted.name, was, &between(*at))?;
    }
    for (at, _, name) in &renamed {
        rewrite(conn, &wanted.name, &between(*at), name)?;
    }
    for (value, _) in in_use(conn, &wanted.name)? {
        if let Ok(becomes) = wanted.canonical(&value)
            && becomes != value
        {
            rewrite(conn, &wanted.name, &value, &becomes)?;
        }
    }
    Ok(())
}

/// Stands for a choice while names change: no text that a form or file can hold.
fn between(at: usize) -> String {
    format!("\u{1}{at}")
}

pub(super) fn rewrite(conn: &mut Conn, name: &str, from: &str, to: &str) -> Result<()> {
    let rows = values::table.filter(values::name.eq(name)).filter(values::value.eq(from));
    diesel::update(rows).set(values::value.eq(to)).execute(conn)?;
    Ok(())
}

/// The products that the index has values of under this name: as an attribute, or as an option.
pub(super) fn indexed(conn: &mut Conn, name: &str) -> Result<Vec<ProductId>> {
    let mut all = holders(conn, name)?;
    // The names are a JSON list: what the pattern finds too much of is read.
    let pattern: String = serde_json::to_string(name)?.chars().map(|c| if matches!(c, '%' | '\\') { '_' } else { c }).collect();
    let likely: Vec<(ProductId, String)> = products::table
        .filter(products::option_names.like(format!("%{pattern}%")))
        .select((products::id, products::option_names))
        .load(conn)?;
    for (id, names) in likely {
        if serde_json::from_str::<Vec<String>>(&names)?.iter().any(|option| option == name) {
            all.push(id);
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// The products that have an attribute of this name.
pub(super) fn holders(conn: &mut Conn, name: &str) -> Result<Vec<ProductId>> {
    Ok(values::table.filter(values::name.eq(name)).select(values::product_id).distinct().order(values::product_id).load(conn)?)
}

/// Tells of products whose values, or the words for them, changed.
pub(super) fn tell(conn: &mut Conn, products: &[ProductId], now: Time) -> Result<()> {
    for some in products.chunks(TOGETHER) {
        let event = Event::ProductsChanged { products: some.iter().map(|id| id.0).collect() };
        events::record(conn, "attributes", &token::random(), &event, now)?;
    }
    Ok(())
}
