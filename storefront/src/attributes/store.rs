//! Definitions in the database.

use super::takeover::{holders, in_use, indexed, rewrite, take_over, tell};
use super::{Choice, Definition, Kind};
use crate::catalog::slug;
use crate::ids::{AttributeId, CategoryId, ProductId};
use crate::schema::{attribute_categories as places, attribute_choices as choices, attributes as rows, product_attributes as values};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each};
use std::collections::{HashMap, HashSet};

/// Up to how many times a free attribute is counted.
pub const COUNTED: i64 = 1000;
/// Values that are looked at for those that do not fit.
const LOOKED_AT: i64 = 10_000;
/// The most choices of one attribute.
const CHOICES: usize = 200;

type Row = (AttributeId, String, String, Kind, String, (bool, bool, bool), i64);

/// Every definition, in their order.
pub(super) fn list(conn: &mut Conn) -> Result<Vec<Definition>> {
    // Every page of a product or a list asks.
    let all = || {
        let columns = (rows::id, rows::code, rows::name, rows::kind, rows::unit, (rows::several, rows::facet, rows::shown), rows::version);
        rows::table.order((rows::position, rows::id)).select(columns)
    };
    let found: Vec<Row> = on_each!(conn, c => all().load(c))?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let named: Vec<(AttributeId, String, String)> = on_each!(conn, c => choices::table
        .order((choices::attribute_id, choices::position))
        .select((choices::attribute_id, choices::name, choices::swatch))
        .load(c))?;
    let placed: Vec<(AttributeId, CategoryId)> =
        on_each!(conn, c => places::table.order((places::attribute_id, places::category_id)).load(c))?;
    let definition = |(id, code, name, kind, unit, (several, facet, shown), version): Row| Definition {
        id: Some(id),
        code,
        name,
        kind,
        unit,
        several,
        facet,
        shown,
        choices: named
            .iter()
            .filter(|(of, ..)| *of == id)
            .map(|(_, name, swatch)| Choice { name: name.clone(), swatch: swatch.clone(), was: name.clone() })
            .collect(),
        categories: placed.iter().filter(|(of, _)| *of == id).map(|(_, category)| *category).collect(),
        version,
    };
    Ok(found.into_iter().map(definition).collect())
}

/// The definition with this id. `NotFound` when there is none.
pub fn get(conn: &mut Conn, id: AttributeId) -> Result<Definition> {
    list(conn)?.into_iter().find(|one| one.id == Some(id)).ok_or(Error::NotFound)
}

/// Names of attributes that products have and nobody defined, by name, with how often each stands, counted up to [`COUNTED`]. At most
/// `limit` of them: each is one step along the index, however many products there are.
pub fn free_names(conn: &mut Conn, limit: usize) -> Result<Vec<(String, i64)>> {
    let defined: HashSet<String> = rows::table.select(rows::name).load::<String>(conn)?.into_iter().collect();
    let (mut free, mut last) = (Vec::new(), String::new());
    while free.len() < limit {
        let next: Option<String> = values::table.filter(values::name.gt(&last)).select(diesel::dsl::min(values::name)).first(conn)?;
        let Some(name) = next else { break };
        if !defined.contains(&name) {
            let found: Vec<ProductId> = values::table
                .filter(values::name.eq(&name))
                .order(values::product_id)
                .limit(COUNTED)
                .select(values::product_id)
                .load(conn)?;
            free.push((name.clone(), i64::try_from(found.len()).unwrap_or(COUNTED)));
        }
        last = name;
    }
    Ok(free)
}

/// Values that products have under the name of a definition, and that it cannot read, the most frequent first: of the first [`LOOKED_AT`]
/// values, which is enough to say that there are some.
pub fn misfits(conn: &mut Conn, of: &Definition) -> Result<Vec<(String, i64)>> {
    let found: Vec<String> =
        values::table.filter(values::name.eq(&of.name)).order(values::product_id).limit(LOOKED_AT).select(values::value).load(conn)?;
    let mut counts: HashMap<String, i64> = HashMap::new();
    for value in found.into_iter().filter(|value| of.read(value).is_err()) {
        *counts.entry(value).or_default() += 1;
    }
    let mut odd: Vec<(String, i64)> = counts.into_iter().collect();
    odd.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(odd)
}

/// Stores a definition, a new one at the end, and writes the values that products have under its name the way its type has. `Invalid`
/// names fields (`name`, `code`, `unit`, `choices`, `choices.3`), `Conflict` says that it was changed since the version it carries.
pub fn save(conn: &mut Conn, wanted: &Definition, now: Time) -> Result<AttributeId> {
    let wanted = checked(conn, wanted)?;
    let before = wanted.id.map(|id| get(conn, id)).transpose()?;
    let row = (
        rows::code.eq(&wanted.code),
        rows::name.eq(&wanted.name),
        rows::kind.eq(wanted.kind),
        rows::unit.eq(&wanted.unit),
        rows::several.eq(wanted.several),
        rows::facet.eq(wanted.facet),
        rows::shown.eq(wanted.shown),
    );
    let id = match wanted.id {
        Some(id) => {
            let own = rows::table.find(id).filter(rows::version.eq(wanted.version));
            if diesel::update(own).set((row, rows::version.eq(rows::version + 1i64))).execute(conn).map_err(taken)? == 0 {
                return Err(Error::conflict("attribute-stale"));
            }
            id
        }
        None => {
            let last: Option<i64> = rows::table.select(diesel::dsl::max(rows::position)).first(conn)?;
            let place = rows::position.eq(last.map_or(0, |last| last + 1));
            diesel::insert_into(rows::table)
                .values((row, rows::version.eq(1i64), place))
                .returning(rows::id)
                .get_result(conn)
                .map_err(taken)?
        }
    };
    diesel::delete(choices::table.filter(choices::attribute_id.eq(id))).execute(conn)?;
    for (choice, at) in wanted.choices.iter().zip(0i64..) {
        let row =
            (choices::attribute_id.eq(id), choices::position.eq(at), choices::name.eq(&choice.name), choices::swatch.eq(&choice.swatch));
        diesel::insert_into(choices::table).values(row).execute(conn)?;
    }
    diesel::delete(places::table.filter(places::attribute_id.eq(id))).execute(conn)?;
    for category in &wanted.categories {
        diesel::insert_into(places::table).values((places::attribute_id.eq(id), places::category_id.eq(*category))).execute(conn)?;
    }
    take_over(conn, &wanted, before.as_ref().map(|before| before.name.as_str()))?;
    let same = before.is_some_and(|before| {
        let words = |one: &Definition| (one.name.clone(), one.kind, one.unit.clone(), one.choices.clone());
        words(&before) == words(&wanted)
    });
    if !same {
        let products = indexed(conn, &wanted.name)?;
        tell(conn, &products, now)?;
    }
    Ok(id)
}

/// Two who give the same name at the same moment both find it free; the database lets one of them have it.
fn taken(error: diesel::result::Error) -> Error {
    use diesel::result::{DatabaseErrorKind, Error::DatabaseError};
    match error {
        DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Error::field("name", "attribute-name-taken"),
        error => error.into(),
    }
}

/// The definition as it will be stored.
fn checked(conn: &mut Conn, wanted: &Definition) -> Result<Definition> {
    let mut wanted = wanted.clone();
    let mut fields = Fields::default();
    wanted.name = wanted.name.trim().to_string();
    wanted.unit = wanted.unit.trim().to_string();
    wanted.code = slug(if wanted.code.trim().is_empty() { &wanted.name } else { &wanted.code });
    if wanted.name.is_empty() || wanted.name.chars().count() > 200 || wanted.name.chars().any(char::is_control) {
        fields.add("name", "attribute-name-invalid");
    }
    if wanted.code.is_empty() {
        wanted.code = "attribute".into();
    }
    if wanted.unit.chars().count() > 20 || wanted.unit.chars().any(|c| c.is_control() || c.is_ascii_digit()) {
        fields.add("unit", "attribute-unit-invalid");
    }
    if wanted.kind != Kind::Number {
        wanted.unit.clear();
    }
    if wanted.kind != Kind::Choice {
        wanted.several = false;
        wanted.choices.clear();
    } else if wanted.choices.is_empty() || wanted.choices.len() > CHOICES {
        fields.add("choices", "attribute-choices-number");
    }
    let mut names = HashSet::new();
    for (at, choice) in wanted.choices.iter_mut().enumerate() {
        choice.name = choice.name.trim().to_string();
        choice.swatch = choice.swatch.trim().to_lowercase();
        if choice.name.is_empty() || choice.name.chars().count() > 200 || choice.name.chars().any(char::is_control) {
            fields.add(&format!("choices.{at}"), "attribute-name-invalid");
        } else if !names.insert(choice.name.to_lowercase()) {
            fields.add(&format!("choices.{at}"), "attribute-choice-twice");
        }
        let hex = choice.swatch.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if !choice.swatch.is_empty() && !hex {
            fields.add(&format!("choices.{at}.swatch"), "attribute-swatch-invalid");
        }
    }
    wanted.categories.sort_unstable();
    wanted.categories.dedup();
    let others: Vec<(AttributeId, String, String)> = rows::table
        .filter(rows::name.eq(&wanted.name).or(rows::code.eq(&wanted.code)))
        .select((rows::id, rows::name, rows::code))
        .load(conn)?;
    for (_, name, code) in others.iter().filter(|(id, ..)| Some(*id) != wanted.id) {
        if *name == wanted.name {
            fields.add("name", "attribute-name-taken");
        } else if *code == wanted.code {
            fields.add("code", "attribute-code-taken");
        }
    }
    fields.check()?;
    Ok(wanted)
}

/// Whether [`save`] would take the definition: `Invalid` names the fields that are wrong.
pub fn check(conn: &mut Conn, wanted: &Definition) -> Result<()> {
    checked(conn, wanted).map(|_| ())
}

/// The values that products have under a name, with how often each stands, the most frequent first.
pub fn values_of(conn: &mut Conn, name: &str) -> Result<Vec<(String, i64)>> {
    let mut found = in_use(conn, name)?;
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(found)
}

/// How many products have an attribute of this name.
pub fn products_with(conn: &mut Conn, name: &str) -> Result<usize> {
    Ok(holders(conn, name)?.len())
}

/// Moves a definition before or after its neighbour. At the end of the row nothing happens.
pub fn shift(conn: &mut Conn, id: AttributeId, up: bool) -> Result<()> {
    let mut row: Vec<AttributeId> = list(conn)?.into_iter().filter_map(|one| one.id).collect();
    let at = row.iter().position(|other| *other == id).ok_or(Error::NotFound)?;
    let to = if up { at.saturating_sub(1) } else { (at + 1).min(row.len() - 1) };
    row.swap(at, to);
    for (id, position) in row.into_iter().zip(0i64..) {
        diesel::update(rows::table.find(id)).set(rows::position.eq(position)).execute(conn)?;
    }
    Ok(())
}

/// Takes a definition away. The values become free texts, numbers with their unit, or go with it when `values_too`.
pub fn remove(conn: &mut Conn, id: AttributeId, values_too: bool, now: Time) -> Result<()> {
    let known = get(conn, id)?;
    let products = indexed(conn, &known.name)?;
    if values_too {
        diesel::delete(values::table.filter(values::name.eq(&known.name))).execute(conn)?;
    } else if known.kind == Kind::Number && !known.unit.is_empty() {
        for (value, _) in in_use(conn, &known.name)? {
            if known.read(&value).is_ok() {
                rewrite(conn, &known.name, &value, &format!("{value} {}", known.unit))?;
            }
        }
    }
    diesel::delete(choices::table.filter(choices::attribute_id.eq(id))).execute(conn)?;
    diesel::delete(places::table.filter(places::attribute_id.eq(id))).execute(conn)?;
    diesel::delete(rows::table.find(id)).execute(conn)?;
    tell(conn, &products, now)
}

/// Has definitions that ask in a category ask in the one above it from now on, or everywhere when there is none. The category goes.
pub(crate) fn forget_category(conn: &mut Conn, id: CategoryId, parent: Option<CategoryId>) -> Result<()> {
    let asking: Vec<AttributeId> = places::table.filter(places::category_id.eq(id)).select(places::attribute_id).load(conn)?;
    diesel::delete(places::table.filter(places::category_id.eq(id))).execute(conn)?;
    for attribute in asking {
        if let Some(parent) = parent {
            let row = (places::attribute_id.eq(attribute), places::category_id.eq(parent));
            on_each!(conn, c => diesel::insert_into(places::table).values(row).on_conflict_do_nothing().execute(c))?;
        }
    }
    Ok(())
}
