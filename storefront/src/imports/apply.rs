//! Brings drafts into the catalogue: first shown as a plan, then written, the whole file or what is good of it.

mod merge;
#[cfg(test)]
mod tests;

use super::draft::ProductDraft;
use super::report::{Reason, RowError};
use crate::attributes::{Definitions, Unfit};
use crate::catalog::{self, Categories, Category, FieldChange, Product, Saved, Saving};
use crate::collections;
use crate::ids::{CategoryId, ProductId};
use crate::schema::products;
use crate::shop::OWN_LANGUAGE;
use diesel::prelude::*;
use kernel::db::{filling, savepoint};
use kernel::events::{self, Event};
use kernel::money::Currency;
use kernel::{Conn, Error, Result, token};
use std::collections::HashMap;

/// Drafts looked at together: a few queries for all of them.
const TOGETHER: usize = 200;

/// Whether one bad product keeps the whole file out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    AllOrNothing,
    KeepGood,
}

/// What applying drafts would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Handles of products that are new.
    pub created: Vec<String>,
    pub changed: Vec<Change>,
    /// Products about which the file says nothing new.
    pub unchanged: u64,
    pub errors: Vec<RowError>,
}

/// What would change of one product.
#[derive(Clone, Debug)]
pub struct Change {
    pub handle: String,
    pub line: u64,
    pub fields: Vec<FieldChange>,
}

/// What applying drafts did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub errors: Vec<RowError>,
    /// Parts of good rows that this shop has no place for.
    pub notes: Vec<RowError>,
    /// False when errors kept everything out.
    pub applied: bool,
}

/// A draft beside what is stored.
enum Step {
    Unchanged,
    /// Only the words of the file differ, not what they mean: the hash alone is new.
    Remember(ProductId, String),
    Save(Box<(Option<Product>, Product)>),
    /// An attribute is no value of its definition.
    Unfit(RowError),
}

/// Gives the category of a path; in a plan it must not write.
type Resolve<'a> = &'a mut dyn FnMut(&mut Conn, &mut Categories, &[String]) -> Result<Option<CategoryId>>;

/// What applying one draft would do.
#[derive(Clone, Debug)]
pub enum Planned {
    Create,
    Change(Vec<FieldChange>),
    Unchanged,
    Refuse(Vec<RowError>),
}

/// What applying one draft did.
#[derive(Clone, Debug)]
pub enum Applied {
    Created(ProductId),
    /// With the product as it was before.
    Changed(ProductId, Box<Product>),
    Unchanged,
    Refused(Vec<RowError>),
}

/// What [`apply`] would do now, without doing it. Prices are those in `currency`.
pub fn plan(conn: &mut Conn, drafts: &[ProductDraft], currency: Currency) -> Result<Plan> {
    let mut plan = Plan::default();
    plan_each(conn, drafts, currency, &mut |draft, planned| match planned {
        Planned::Create => plan.created.push(draft.handle.clone()),
        Planned::Change(fields) => plan.changed.push(Change { handle: draft.handle.clone(), line: draft.line, fields }),
        Planned::Unchanged => plan.unchanged += 1,
        Planned::Refuse(errors) => plan.errors.extend(errors),
    })?;
    Ok(plan)
}

/// [`plan`], draft by draft in their order.
pub fn plan_each(conn: &mut Conn, drafts: &[ProductDraft], currency: Currency, each: &mut dyn FnMut(&ProductDraft, Planned)) -> Result<()> {
    let mut tree = catalog::categories(conn, OWN_LANGUAGE)?;
    let mut resolve = |_: &mut Conn, tree: &mut Categories, path: &[String]| Ok(imagine(tree, path));
    for drafts in drafts.chunks(TOGETHER) {
        let mut known = Known::load(conn, drafts, currency)?;
        for draft in drafts {
            let step = known.step(conn, draft, &mut tree, &mut resolve).and_then(|step| {
                if let Step::Save(states) = &step {
                    catalog::check_skus(conn, states.0.as_ref(), &states.1)?;
                }
                Ok(step)
            });
            let planned = match step {
                Ok(Step::Unchanged | Step::Remember(..)) => Planned::Unchanged,
                Ok(Step::Save(states)) => match *states {
                    (None, _) => Planned::Create,
                    (Some(before), after) => Planned::Change(catalog::diff(&before, &after, &tree, currency)),
                },
                Ok(Step::Unfit(error)) => Planned::Refuse(vec![error]),
                Err(error) => Planned::Refuse(row_errors(draft, error)?),
            };
            each(draft, planned);
        }
    }
    Ok(())
}

/// Writes the drafts. The caller holds the transaction; with [`Mode::AllOrNothing`] an error undoes everything and is in the
/// report. What the file does not say stays as it is, and a product whose draft was applied before is left alone, so that the
/// same file twice changes nothing. `progress` hears how many drafts are done.
pub fn apply(conn: &mut Conn, drafts: &[ProductDraft], saving: &Saving, mode: Mode, progress: &mut dyn FnMut(u64)) -> Result<Report> {
    whole(conn, mode, |conn, report| write(conn, drafts, saving, report, progress))
}

/// Runs an import in a savepoint and answers its report; with [`Mode::AllOrNothing`] any error in it undoes everything.
pub(super) fn whole(conn: &mut Conn, mode: Mode, run: impl FnOnce(&mut Conn, &mut Report) -> Result<()>) -> Result<Report> {
    let mut report = Report::default();
    let written = savepoint(conn, |conn| {
        filling(conn)?;
        run(conn, &mut report)?;
        if mode == Mode::AllOrNothing && !report.errors.is_empty() {
            return Err(Error::conflict("the file has errors"));
        }
        Ok(())
    });
    match written {
        Ok(()) => report.applied = true,
        Err(Error::Conflict(_)) if !report.errors.is_empty() => {
            report = Report { errors: report.errors, ..Report::default() };
        }
        Err(error) => return Err(error),
    }
    Ok(report)
}

/// Runs an import, undoes it, and answers what it would have done.
pub fn rehearse(conn: &mut Conn, run: impl FnOnce(&mut Conn) -> Result<Report>) -> Result<Report> {
    let mut report = None;
    let undone = savepoint(conn, |conn| {
        report = Some(run(conn)?);
        Err::<(), _>(Error::conflict("a rehearsal"))
    });
    match (undone, report) {
        (Err(Error::Conflict(_)), Some(report)) => Ok(report),
        (Err(error), _) => Err(error),
        (Ok(()), _) => Err(Error::unexpected("a rehearsal was not undone")),
    }
}

fn write(conn: &mut Conn, drafts: &[ProductDraft], saving: &Saving, report: &mut Report, progress: &mut dyn FnMut(u64)) -> Result<()> {
    let mut done = 0;
    for drafts in drafts.chunks(TOGETHER) {
        let mut told = Vec::new();
        apply_each(conn, drafts, saving, catalog::save_untold, &mut |_, applied| match applied {
            Applied::Created(id) => {
                report.created += 1;
                told.push(id);
            }
            Applied::Changed(id, _) => {
                report.changed += 1;
                told.push(id);
            }
            Applied::Unchanged => report.unchanged += 1,
            Applied::Refused(errors) => report.errors.extend(errors),
        })?;
        // Of many at once: whoever listens works through a file in a few steps.
        if !told.is_empty() {
            collections::follow(conn, &told)?;
            let event = Event::ProductsChanged { products: told.iter().map(|id| id.0).collect() };
            events::record(conn, "imports", &token::random(), &event, saving.now)?;
        }
        done += drafts.len() as u64;
        progress(done);
    }
    Ok(())
}

/// How a product is stored over what was.
pub(crate) type Save = fn(&mut Conn, Option<&Product>, Product, &Saving) -> Result<Saved>;

/// Writes drafts, each in a savepoint of its own, and tells in their order what became of them. Answers the categories it added.
pub(crate) fn apply_each(
    conn: &mut Conn,
    drafts: &[ProductDraft],
    saving: &Saving,
    save: Save,
    each: &mut dyn FnMut(&ProductDraft, Applied),
) -> Result<Vec<CategoryId>> {
    let mut tree = catalog::categories(conn, OWN_LANGUAGE)?;
    let known_before = tree.0.len();
    let mut resolve = |conn: &mut Conn, tree: &mut Categories, path: &[String]| catalog::ensure_path(conn, tree, path);
    for drafts in drafts.chunks(TOGETHER) {
        let mut known = Known::load(conn, drafts, saving.currency)?;
        for draft in drafts {
            // Categories added for a product that then fails are harmless, and stay: the tree in memory must match the stored one.
            let result = known.step(conn, draft, &mut tree, &mut resolve).and_then(|step| match step {
                Step::Unchanged => Ok(Applied::Unchanged),
                Step::Unfit(error) => Ok(Applied::Refused(vec![error])),
                Step::Remember(id, hash) => {
                    diesel::update(products::table.find(id)).set(products::import_hash.eq(hash)).execute(conn)?;
                    Ok(Applied::Unchanged)
                }
                Step::Save(states) => {
                    let (before, after) = *states;
                    let saved = savepoint(conn, |conn| save(conn, before.as_ref(), after, saving))?;
                    Ok(match before {
                        None => Applied::Created(saved.id),
                        Some(before) => Applied::Changed(saved.id, Box::new(before)),
                    })
                }
            });
            let applied = match result {
                Ok(applied) => applied,
                Err(error) => Applied::Refused(row_errors(draft, error)?),
            };
            each(draft, applied);
        }
    }
    Ok(tree.0.split_off(known_before).into_iter().map(|category| category.id).collect())
}

/// What is stored of the products that some drafts speak of.
struct Known {
    /// Id and hash by slug.
    heads: HashMap<String, (ProductId, String)>,
    bodies: HashMap<ProductId, Product>,
    hashes: Vec<String>,
    definitions: Definitions,
    at: usize,
}

impl Known {
    fn load(conn: &mut Conn, drafts: &[ProductDraft], currency: Currency) -> Result<Known> {
        let slugs: Vec<String> = drafts.iter().map(|draft| catalog::slug(&draft.handle)).collect();
        let rows: Vec<(String, ProductId, String)> = products::table
            .filter(products::slug.eq_any(&slugs))
            .select((products::slug, products::id, products::import_hash))
            .load(conn)?;
        let heads: HashMap<String, (ProductId, String)> = rows.into_iter().map(|(slug, id, hash)| (slug, (id, hash))).collect();
        let hashes: Vec<String> = drafts.iter().map(merge::hash).collect::<Result<_>>()?;
        let wanted: Vec<ProductId> = slugs
            .iter()
            .zip(&hashes)
            .filter_map(|(slug, hash)| heads.get(slug).filter(|(_, known)| known != hash).map(|(id, _)| *id))
            .collect();
        let bodies = catalog::products(conn, &wanted, currency)?.into_iter().filter_map(|product| Some((product.id?, product))).collect();
        Ok(Known { heads, bodies, hashes, definitions: Definitions::load(conn)?, at: 0 })
    }

    /// Takes the next draft, in the order of loading.
    fn step(&mut self, conn: &mut Conn, draft: &ProductDraft, tree: &mut Categories, resolve: Resolve) -> Result<Step> {
        let hash = std::mem::take(self.hashes.get_mut(self.at).ok_or_else(|| Error::unexpected("a draft too many"))?);
        self.at += 1;
        let slug = catalog::slug(&draft.handle);
        let head = self.heads.get(&slug);
        if head.is_some_and(|(_, known)| *known == hash) {
            return Ok(Step::Unchanged);
        }
        let before = head.and_then(|(id, _)| self.bodies.remove(id));
        let mut categories = Vec::new();
        for path in &draft.categories {
            categories.extend(resolve(conn, tree, path)?);
        }
        let attributes = match self.attributes(before.as_ref(), draft) {
            Ok(attributes) => attributes,
            Err(unfit) => {
                let value: String = unfit.value.chars().take(100).collect();
                let reason = Reason::of(unfit.why.row_word(), &[("name", &unfit.name), ("value", &value)]);
                return Ok(Step::Unfit(RowError::new(draft.line, "attributes", &draft.handle, reason)));
            }
        };
        let merged = merge::merge(before.clone(), draft, attributes, slug, categories);
        let mut after = catalog::checked(&merged)?;
        match (before, after.id) {
            (Some(before), Some(id)) if before == after => Ok(Step::Remember(id, hash)),
            (before, _) => {
                after.import_hash = hash;
                Ok(Step::Save(Box::new((before, after))))
            }
        }
    }
}

impl Known {
    /// The attributes of a draft as their definitions write them, or the first that does not fit.
    fn attributes(&self, before: Option<&Product>, draft: &ProductDraft) -> std::result::Result<Vec<(String, String)>, Unfit> {
        let stored = before.map(|before| before.attributes.as_slice()).unwrap_or_default();
        let (fitted, unfit) = self.definitions.fit(&draft.attributes, stored);
        unfit.into_iter().next().map_or(Ok(fitted), Err)
    }
}

/// The category a path would get, with invented ids below zero for what is not there yet.
fn imagine(tree: &mut Categories, path: &[String]) -> Option<CategoryId> {
    let mut parent = None;
    for name in path {
        let known = tree.children(parent).into_iter().find(|category| category.name == *name).map(|category| category.id);
        let id = known.unwrap_or_else(|| {
            let id = CategoryId(-i64::try_from(tree.0.len()).unwrap_or(i64::MAX) - 1);
            tree.0.push(Category {
                id,
                parent_id: parent,
                slug: String::new(),
                name: name.clone(),
                description: String::new(),
                picture_hash: None,
                position: 0,
            });
            id
        });
        parent = Some(id);
    }
    parent
}

/// An error of one product as errors of its rows; one of the database stays an error of the whole import.
fn row_errors(draft: &ProductDraft, error: Error) -> Result<Vec<RowError>> {
    match error {
        Error::Invalid(fields) => Ok(fields.0.iter().map(|(field, reason)| row_error(draft, field, reason)).collect()),
        Error::Conflict(reason) => Ok(vec![RowError::new(draft.line, "", &draft.handle, reason)]),
        error => Err(error),
    }
}

/// Variants of the draft come first in the merged product, so `variants.2.sku` is of the draft's third one.
fn row_error(draft: &ProductDraft, field: &str, reason: &str) -> RowError {
    let mut parts = field.split('.');
    if parts.next() == Some("variants")
        && let Some(variant) = parts.next().and_then(|at| at.parse::<usize>().ok()).and_then(|at| draft.variants.get(at))
    {
        let column = parts.next().unwrap_or_default();
        let value = if column == "sku" { variant.sku.clone().unwrap_or_default() } else { variant.options.join(" / ") };
        return RowError::new(variant.line, column, &value, reason);
    }
    RowError::new(draft.line, field, &draft.handle, reason)
}
