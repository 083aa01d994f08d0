//! A file of products as a batch: what it would do is shown, then done, and can be undone.

use super::run::{Done, Wrote};
use super::{CHUNK, Kind, Outcome, Row, number, open};
use crate::catalog::{self, FieldChange, Product, Saving};
use crate::ids::{BatchId, ProductId};
use crate::imports::apply::{Applied, Planned, apply_each, plan_each};
use crate::imports::{Parsed, ProductDraft, RowError};
use crate::schema::{batch_categories as categories, batch_rows as rows};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::text as json;
use kernel::money::Currency;
use kernel::{Conn, Error, Result, on_each};
use std::collections::HashMap;

/// The most products of a file: more are imported in parts, or on the command line.
pub const MOST_PRODUCTS: usize = 50_000;
/// Mistakes told of one product.
const MOST_MISTAKES: usize = 5;

/// What the file would do to one product, or a row that cannot be read.
#[derive(Clone, Debug)]
pub struct Line {
    label: String,
    line: u64,
    wanted: String,
    /// JSON of the fields that change.
    fields: String,
    state: Outcome,
    note: String,
}

/// What a file would do now: its products in their order, then the rows that cannot be read. `Invalid` when nothing of it can be
/// read or it has too many products.
pub fn compare(conn: &mut Conn, parsed: &Parsed<ProductDraft>, currency: Currency) -> Result<Vec<Line>> {
    if parsed.items.is_empty() && parsed.errors.is_empty() {
        return Err(Error::field("file", "import-empty"));
    }
    if parsed.items.len() > MOST_PRODUCTS {
        return Err(Error::field("file", "import-too-many"));
    }
    let mut lines: Vec<Line> = Vec::with_capacity(parsed.items.len() + parsed.errors.len());
    let mut failed = None;
    plan_each(conn, &parsed.items, currency, &mut |draft, planned| match line(draft, planned) {
        Ok(line) => lines.push(line),
        Err(error) => failed = Some(error),
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    for error in &parsed.errors {
        lines.push(Line {
            label: error.column.clone(),
            line: error.line,
            wanted: String::new(),
            fields: String::new(),
            state: Outcome::Refused,
            note: kept(std::slice::from_ref(error))?,
        });
    }
    Ok(lines)
}

fn line(draft: &ProductDraft, planned: Planned) -> Result<Line> {
    let (state, note, fields) = match planned {
        Planned::Create => (Outcome::Waiting, "import-new".to_string(), Vec::new()),
        Planned::Change(fields) => (Outcome::Waiting, String::new(), fields),
        Planned::Unchanged => (Outcome::Unchanged, String::new(), Vec::new()),
        Planned::Refuse(errors) => (Outcome::Refused, kept(&errors)?, Vec::new()),
    };
    // What changes nothing is not asked again.
    let wanted = if state == Outcome::Waiting { json(draft)? } else { String::new() };
    Ok(Line { label: draft.handle.clone(), line: draft.line, wanted, fields: json(&fields)?, state, note })
}

/// Mistakes as a note of their row, which [`mistakes`] reads.
fn kept(errors: &[RowError]) -> Result<String> {
    json(&errors.iter().take(MOST_MISTAKES).collect::<Vec<_>>())
}

/// What was wrong with a row of a file. None where its note is a text: a key, or what an earlier version told in English.
pub fn mistakes(row: &Row) -> Option<Vec<RowError>> {
    row.note.starts_with("[{").then(|| serde_json::from_str(&row.note).ok()).flatten()
}

/// Writes an import down to be looked at.
pub fn draft_import(conn: &mut Conn, name: &str, staff: &str, currency: &str, lines: &[Line], now: Time) -> Result<BatchId> {
    let waiting = lines.iter().filter(|line| line.state == Outcome::Waiting).count();
    let count = |state: Outcome| lines.iter().filter(|line| line.state == state).count();
    let id = open(conn, Kind::Import, name, staff, currency, (waiting, 0), now)?;
    super::count_drafted(conn, id, count(Outcome::Unchanged), count(Outcome::Refused))?;
    for (part, lines) in lines.chunks(CHUNK).enumerate() {
        let mut written = Vec::with_capacity(lines.len());
        for (at, line) in lines.iter().enumerate() {
            written.push((
                rows::batch_id.eq(id),
                rows::position.eq(number(part * CHUNK + at)?),
                rows::label.eq(&line.label),
                rows::line.eq(i64::try_from(line.line).map_err(Error::unexpected)?),
                rows::wanted.eq(&line.wanted),
                rows::after.eq(&line.fields),
                rows::state.eq(line.state),
                rows::note.eq(&line.note),
            ));
        }
        on_each!(conn, c => diesel::insert_into(rows::table).values(written).execute(c))?;
    }
    Ok(id)
}

/// The fields that a row of a preview would change.
pub fn fields_of(conn: &mut Conn, id: BatchId, positions: &[i64]) -> Result<HashMap<i64, Vec<FieldChange>>> {
    let found: Vec<(i64, String)> = rows::table
        .filter(rows::batch_id.eq(id))
        .filter(rows::position.eq_any(positions))
        .select((rows::position, rows::after))
        .load(conn)?;
    found
        .into_iter()
        .filter(|(_, fields)| fields.starts_with('['))
        .map(|(position, fields)| Ok((position, serde_json::from_str(&fields)?)))
        .collect()
}

/// Applies the drafts of these rows, and keeps each product as it was before and is after.
pub(super) fn apply(conn: &mut Conn, waiting: &[Row], saving: &Saving) -> Result<Wrote> {
    let drafts: Vec<ProductDraft> = waiting.iter().map(|row| Ok(serde_json::from_str(&row.wanted)?)).collect::<Result<_>>()?;
    let mut applied: Vec<Applied> = Vec::with_capacity(drafts.len());
    let added = apply_each(conn, &drafts, saving, catalog::save_untold, &mut |_, one| applied.push(one))?;
    if let Some(batch) = waiting.first().map(|row| row.batch_id) {
        let added: Vec<_> = added.into_iter().map(|id| (categories::batch_id.eq(batch), categories::category_id.eq(id))).collect();
        for some in added.chunks(CHUNK) {
            let some = some.to_vec();
            on_each!(conn, c => diesel::insert_into(categories::table).values(some).execute(c))?;
        }
    }
    let touched: Vec<ProductId> = applied
        .iter()
        .filter_map(|one| match one {
            Applied::Created(id) | Applied::Changed(id, _) => Some(*id),
            Applied::Unchanged | Applied::Refused(_) => None,
        })
        .collect();
    let stored: HashMap<ProductId, Product> =
        catalog::products(conn, &touched, saving.currency)?.into_iter().filter_map(|product| Some((product.id?, product))).collect();
    let mut done = Vec::with_capacity(waiting.len());
    for (row, one) in waiting.iter().zip(applied) {
        let after = |id: &ProductId| stored.get(id).map(json).transpose().map(Option::unwrap_or_default);
        let (outcome, text, product, before, after) = match one {
            Applied::Created(id) => (Outcome::Created, String::new(), Some(id), String::new(), after(&id)?),
            Applied::Changed(id, before) => (Outcome::Changed, String::new(), Some(id), json(&before)?, after(&id)?),
            Applied::Unchanged => (Outcome::Unchanged, String::new(), None, String::new(), String::new()),
            Applied::Refused(errors) => (Outcome::Refused, kept(&errors)?, None, String::new(), String::new()),
        };
        let own = rows::table.find((row.batch_id, row.position));
        let kept = (rows::product_id.eq(product), rows::before.eq(before), rows::after.eq(after), rows::wanted.eq(""));
        diesel::update(own).set(kept).execute(conn)?;
        done.push(Done { position: row.position, outcome, note: text });
    }
    Ok(Wrote { done, told: touched.into_iter().map(|id| id.0).collect() })
}
