//! Undoing an import: what it created goes, or is archived when it cannot; what it changed gets its old values back, field by field,
//! except where somebody changed them since.

use super::run::{Done, Wrote};
use super::{BATCH_JOB, Kind, Outcome, Row, State, get, rows_of};
use crate::catalog::{self, CategoryText, Picture, Product, Saving, Status, Variant};
use crate::ids::{BatchId, CategoryId, ProductId};
use crate::schema::{batch_categories as added, batch_rows as rows, batches, products};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::db::savepoint;
use kernel::jobs::{self, Class};
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use std::collections::{HashMap, HashSet};

/// Rows looked at together for the preview.
const TOGETHER: i64 = 500;

/// What undoing does to one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undoing {
    /// It goes for good: nobody put it into a cart, ordered it, waited for it, moved it or changed it.
    Remove,
    Archive,
    /// Its old values come back; the fields that somebody changed since stay.
    Restore {
        kept: Vec<String>,
    },
    /// It is gone already.
    Gone,
}

/// Begins to undo an import. `Conflict` when it is no import, or not done, or undone already.
pub fn start_undo(conn: &mut Conn, id: BatchId, now: Time) -> Result<()> {
    let own = batches::table.find(id).filter(batches::state.eq(State::Done)).filter(batches::kind.eq(Kind::Import));
    let begun = (batches::state.eq(State::Undoing), batches::finished.eq(0), batches::started_at.eq(now));
    if diesel::update(own).set(begun).execute(conn)? == 0 {
        get(conn, id)?;
        return Err(Error::conflict("batch-not-undone"));
    }
    jobs::enqueue_as(conn, Class::Bulk, BATCH_JOB, &id.to_string(), Some(&format!("{BATCH_JOB}:{id}")), now, now)
}

/// What undoing would do now to each product, in the order of the file. `Conflict` when there is nothing to undo.
pub fn undo_plan(conn: &mut Conn, id: BatchId) -> Result<Vec<(String, Option<ProductId>, Undoing)>> {
    let batch = get(conn, id)?;
    if batch.kind != Kind::Import || batch.state != State::Done {
        return Err(Error::conflict("batch-not-undone"));
    }
    let currency = Currency::parse(&batch.currency).ok_or_else(|| Error::unexpected("a batch of an unknown currency"))?;
    let (mut told, mut after) = (Vec::new(), None);
    loop {
        let found = rows_of(conn, id, &[Outcome::Created, Outcome::Changed], after, TOGETHER)?;
        let Some(last) = found.last() else { return Ok(told) };
        after = Some(last.position);
        for (row, step) in found.iter().zip(steps(conn, &found, currency)?) {
            told.push((row.label.clone(), row.product_id, step.what));
        }
    }
}

/// What is to happen to a row: the product as it is and as it will be.
struct Step {
    what: Undoing,
    current: Option<Product>,
    after: Option<Product>,
}

fn steps(conn: &mut Conn, found: &[Row], currency: Currency) -> Result<Vec<Step>> {
    let ids: Vec<ProductId> = found.iter().filter_map(|row| row.product_id).collect();
    let mut stored: HashMap<ProductId, Product> =
        catalog::products(conn, &ids, currency)?.into_iter().filter_map(|product| Some((product.id?, product))).collect();
    let used = catalog::used(conn, &ids)?;
    let first = found.iter().map(|row| row.position).min().unwrap_or(0);
    let batch = found.first().map_or(BatchId(0), |row| row.batch_id);
    let last = found.iter().map(|row| row.position).max().unwrap_or(0);
    let states: HashMap<i64, (String, String)> = rows::table
        .filter(rows::batch_id.eq(batch))
        .filter(rows::position.between(first, last))
        .select((rows::position, rows::before, rows::after))
        .load::<(i64, String, String)>(conn)?
        .into_iter()
        .map(|(position, before, after)| (position, (before, after)))
        .collect();
    let mut steps = Vec::with_capacity(found.len());
    for row in found {
        let current = row.product_id.and_then(|id| stored.remove(&id));
        let (before, after) = states.get(&row.position).map(|(before, after)| (before.as_str(), after.as_str())).unwrap_or_default();
        steps.push(step(row, current, before, after, &used)?);
    }
    Ok(steps)
}

fn step(row: &Row, current: Option<Product>, before: &str, after: &str, used: &HashSet<ProductId>) -> Result<Step> {
    let Some(current) = current else { return Ok(Step { what: Undoing::Gone, current: None, after: None }) };
    let written: Product = serde_json::from_str(after)?;
    if row.state == Outcome::Created {
        let touched = current.id.is_some_and(|id| used.contains(&id)) || !same(&current, &written);
        let archived = Product { status: Status::Archived, import_hash: String::new(), ..current.clone() };
        let (what, after) = if touched { (Undoing::Archive, Some(archived)) } else { (Undoing::Remove, None) };
        return Ok(Step { what, current: Some(current), after });
    }
    let before: Product = serde_json::from_str(before)?;
    let (after, kept) = restored(&current, &before, &written);
    Ok(Step { what: Undoing::Restore { kept }, current: Some(current), after: Some(after) })
}

/// Whether nobody changed a product. A picture that was fetched since is the same picture.
fn same(current: &Product, written: &Product) -> bool {
    let plain = |product: &Product| {
        let mut plain = product.clone();
        plain.pictures.iter_mut().for_each(|picture| picture.hash = None);
        plain
    };
    plain(current) == plain(written)
}

/// Puts an old value back where the import's stands; answers whether the field is settled.
fn back<T: PartialEq + Clone>(current: &mut T, before: &T, written: &T) -> bool {
    if before == written || current == before {
        return true;
    }
    let untouched = current == written;
    if untouched {
        current.clone_from(before);
    }
    untouched
}

/// The product with its old values, and the names of the fields that somebody changed since.
fn restored(current: &Product, before: &Product, written: &Product) -> (Product, Vec<String>) {
    let mut product = current.clone();
    let mut kept = Vec::new();
    // The names are those that a preview tells.
    macro_rules! fields {
        ($($field:ident $name:literal),+ $(,)?) => {$(
            if !back(&mut product.$field, &before.$field, &written.$field) {
                kept.push($name.to_string());
            }
        )+};
    }
    fields!(
        gift_card "gift card", slug "slug", status "status", window "shown from", title "title", description_html "description", brand "brand",
        product_type "type", tags "tags", options "options", seo_title "seo title", seo_description "seo description",
        texts "translations", categories "categories", attributes "attributes",
    );
    if !pictures(&mut product.pictures, &before.pictures, &written.pictures) {
        kept.push("pictures".into());
    }
    for variant in &mut product.variants {
        let in_file = written.variants.iter().find(|one| one.id == variant.id);
        match (before.variants.iter().find(|one| one.id == variant.id), in_file) {
            (Some(old), Some(new)) => {
                let name = variant.sku.clone().unwrap_or_else(|| variant.options.join(" / "));
                kept.extend(restore(variant, old, new).into_iter().map(|field| format!("variant {name}: {field}")));
            }
            // It came with the file.
            (None, Some(_)) => variant.active = false,
            (_, None) => {}
        }
    }
    // In the old order, and what came since behind it.
    product.variants.sort_by_key(|variant| before.variants.iter().position(|old| old.id == variant.id).unwrap_or(usize::MAX));
    // The same file is looked at again when it comes again.
    product.import_hash.clone_from(&before.import_hash);
    (product, kept)
}

fn pictures(current: &mut Vec<Picture>, before: &[Picture], written: &[Picture]) -> bool {
    let plain = |pictures: &[Picture]| pictures.iter().map(|one| (one.source.clone(), one.alt.clone())).collect::<Vec<_>>();
    if plain(before) == plain(written) || plain(current) == plain(before) {
        return true;
    }
    let untouched = plain(current) == plain(written);
    if untouched {
        *current = before.to_vec();
    }
    untouched
}

fn restore(variant: &mut Variant, old: &Variant, new: &Variant) -> Vec<&'static str> {
    let mut kept = Vec::new();
    macro_rules! fields {
        ($($field:ident $name:literal),+ $(,)?) => {$(
            if !back(&mut variant.$field, &old.$field, &new.$field) {
                kept.push($name);
            }
        )+};
    }
    fields!(
        sku "sku", barcode "barcode", options "options", price "price", compare_at "compare-at price", cost "cost",
        tracked "stock counted", oversell "back-orders", weight_grams "weight", measure "unit", requires_shipping "needs delivery",
        taxable "taxable", tax_class "tax class", picture "picture", active "sold",
    );
    // What was sold or received since stays sold or received.
    let counted = new.on_hand - old.on_hand;
    if counted != 0 && variant.tracked {
        variant.count = Some((variant.on_hand - counted).max(0));
    }
    kept
}

/// Undoes these rows.
pub(super) fn undo(conn: &mut Conn, waiting: &[Row], saving: &Saving) -> Result<Wrote> {
    let ids: Vec<ProductId> = waiting.iter().filter_map(|row| row.product_id).collect();
    diesel::update(products::table.filter(products::id.eq_any(&ids))).set(products::updated_at.eq(products::updated_at)).execute(conn)?;
    let steps = steps(conn, waiting, saving.currency)?;
    let (mut done, mut told) = (Vec::with_capacity(waiting.len()), Vec::new());
    for (row, step) in waiting.iter().zip(steps) {
        let result = savepoint(conn, |conn| one(conn, step, saving));
        let (outcome, note) = match result {
            Ok(ended) => ended,
            Err(Error::Invalid(fields)) => (Outcome::Refused, fields.0.into_values().collect::<Vec<_>>().join("\n")),
            Err(Error::Conflict(reason)) => (Outcome::Refused, reason),
            Err(error) => return Err(error),
        };
        told.extend(row.product_id.map(|id| id.0));
        done.push(Done { position: row.position, outcome, note });
    }
    Ok(Wrote { done, told })
}

/// Takes the categories away that an import added, the deepest first: those that hold nothing, that nothing speaks of and that nobody
/// wrote anything for. The others stay.
pub(super) fn empty_categories(conn: &mut Conn, id: BatchId) -> Result<()> {
    let added: Vec<CategoryId> =
        added::table.filter(added::batch_id.eq(id)).order(added::category_id.desc()).select(added::category_id).load(conn)?;
    for category in added {
        let whole = catalog::category(conn, category)?;
        let bare = CategoryText { name: whole.text.name.clone(), ..CategoryText::default() };
        if whole.version > 1 || whole.text != bare || !whole.texts.is_empty() || whole.picture_hash.is_some() {
            continue;
        }
        match savepoint(conn, |conn| catalog::remove_category(conn, category)) {
            Ok(()) | Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn one(conn: &mut Conn, step: Step, saving: &Saving) -> Result<(Outcome, String)> {
    match (step.what, step.current, step.after) {
        (Undoing::Remove, Some(product), _) => {
            let id = product.id.ok_or_else(|| Error::unexpected("a stored product without an id"))?;
            diesel::update(rows::table.filter(rows::product_id.eq(id))).set(rows::product_id.eq(None::<ProductId>)).execute(conn)?;
            catalog::remove(conn, id)?;
            Ok((Outcome::Undone, String::new()))
        }
        (what, Some(current), Some(after)) => {
            catalog::save_untold(conn, Some(&current), catalog::checked(&after)?, saving)?;
            Ok(match what {
                Undoing::Archive => (Outcome::Kept, "undo-archived".into()),
                Undoing::Restore { kept } if !kept.is_empty() => (Outcome::Kept, kept.join("\n")),
                _ => (Outcome::Undone, String::new()),
            })
        }
        _ => Ok((Outcome::Undone, String::new())),
    }
}
