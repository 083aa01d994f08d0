//! Changes of many products at once. What is wanted of each product is written down as a row before anybody confirms it, so that the
//! preview shows exactly what will happen; a job then works through the rows in short transactions, in which each row learns what
//! became of it. A job that dies goes on where it was.

mod change;
mod import;
mod plan;
mod rules;
mod run;
#[cfg(test)]
mod tests;
mod undo;

pub use change::{Pair, VariantWanted, Wanted};
pub use import::{Line, compare, draft_import, fields_of, mistakes};
pub use plan::{Planned, count, plan};
pub use rules::{CompareRule, PriceRule, Rounding, Rules};
pub use run::run;
pub use undo::{Undoing, start_undo, undo_plan};

use crate::ids::{BatchId, ProductId};
use crate::schema::{batch_rows as rows, batches};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::json::text as json;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;

/// The kind of the job that works through a batch. Its payload is the batch's id.
pub const BATCH_JOB: &str = "catalog.batch";
/// The most variants that one edit may change.
pub const MOST_VARIANTS: usize = 10_000;
/// Rows in one statement: far below the parameters that SQLite takes.
const CHUNK: usize = 500;

kernel::words!(
    /// What a batch does.
    Kind { Edit = "edit", Import = "import" }
);

kernel::words!(
    /// How far a batch is.
    State {
        /// Shown, and not confirmed.
        Draft = "draft",
        Running = "running",
        Done = "done",
        Undoing = "undoing",
        Undone = "undone",
    }
);

kernel::words!(
    /// What became of a row.
    Outcome {
        Waiting = "waiting",
        Created = "created",
        Changed = "changed",
        Unchanged = "unchanged",
        /// Somebody else changed the product since, or it is gone.
        Skipped = "skipped",
        /// It cannot be stored like that; the note says why.
        Refused = "refused",
        Undone = "undone",
        /// Undoing left it, or a part of it, as it is; the note says why.
        Kept = "kept",
    }
);

/// A change of many products.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = batches)]
pub struct Batch {
    pub id: BatchId,
    pub kind: Kind,
    /// What it is, in words: the rules, or the name of a file.
    pub name: String,
    pub state: State,
    /// Who made it, such as `staff:3`.
    pub staff: String,
    /// ISO 4217 code of the amounts in it.
    pub currency: String,
    /// Rows, which are products.
    pub total: i64,
    /// Variants that are to change; 0 for an import.
    pub variants: i64,
    /// Rows that are through, of this run or of its undoing.
    pub finished: i64,
    pub created: i64,
    pub changed: i64,
    pub unchanged: i64,
    pub skipped: i64,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
}

/// A product in a batch.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Row {
    pub batch_id: BatchId,
    pub position: i64,
    pub product_id: Option<ProductId>,
    /// The title or handle, as it was.
    pub label: String,
    /// Where it stands in the file; 0 for an edit.
    pub line: i64,
    /// When the product was last changed before the preview.
    pub seen: Option<Time>,
    /// JSON: a [`Wanted`], or the draft of a file.
    pub wanted: String,
    pub state: Outcome,
    pub note: String,
}

/// What an edit wants of a product.
#[derive(Clone, Debug)]
pub struct Edit {
    pub product: ProductId,
    pub title: String,
    pub seen: Time,
    pub wanted: Wanted,
}

/// Writes an edit down to be looked at. `Invalid` when it changes nothing, or more than [`MOST_VARIANTS`].
pub fn draft_edit(conn: &mut Conn, name: &str, staff: &str, currency: &str, edits: &[Edit], now: Time) -> Result<BatchId> {
    let variants: usize = edits.iter().map(|edit| edit.wanted.variants.len()).sum();
    if edits.is_empty() {
        return Err(Error::field("form", "batch-nothing"));
    }
    if variants > MOST_VARIANTS || edits.len() > MOST_VARIANTS {
        return Err(Error::field("form", "batch-too-many"));
    }
    let id = open(conn, Kind::Edit, name, staff, currency, (edits.len(), variants), now)?;
    for (part, edits) in edits.chunks(CHUNK).enumerate() {
        let mut lines = Vec::with_capacity(edits.len());
        for (at, edit) in edits.iter().enumerate() {
            lines.push((
                rows::batch_id.eq(id),
                rows::position.eq(number(part * CHUNK + at)?),
                rows::product_id.eq(edit.product),
                rows::label.eq(&edit.title),
                rows::seen.eq(edit.seen),
                rows::wanted.eq(json(&edit.wanted)?),
                rows::state.eq(Outcome::Waiting),
            ));
        }
        on_each!(conn, c => diesel::insert_into(rows::table).values(lines).execute(c))?;
    }
    Ok(id)
}

/// Adds a batch of so many rows and variants, without its rows.
fn open(conn: &mut Conn, kind: Kind, name: &str, staff: &str, currency: &str, of: (usize, usize), now: Time) -> Result<BatchId> {
    let row = (
        batches::kind.eq(kind),
        batches::name.eq(name.chars().take(200).collect::<String>()),
        batches::state.eq(State::Draft),
        batches::staff.eq(staff),
        batches::currency.eq(currency),
        batches::total.eq(number(of.0)?),
        batches::variants.eq(number(of.1)?),
        batches::created_at.eq(now),
    );
    Ok(diesel::insert_into(batches::table).values(row).returning(batches::id).get_result(conn)?)
}

/// Counts what of a file is known before it is confirmed.
fn count_drafted(conn: &mut Conn, id: BatchId, unchanged: usize, refused: usize) -> Result<()> {
    let counted = (batches::unchanged.eq(number(unchanged)?), batches::skipped.eq(number(refused)?));
    diesel::update(batches::table.find(id)).set(counted).execute(conn)?;
    Ok(())
}

fn number(of: usize) -> Result<i64> {
    i64::try_from(of).map_err(Error::unexpected)
}

/// Lets a draft happen. `Conflict` when somebody did already.
pub fn start(conn: &mut Conn, id: BatchId, now: Time) -> Result<()> {
    let draft = batches::table.find(id).filter(batches::state.eq(State::Draft));
    let started = diesel::update(draft).set((batches::state.eq(State::Running), batches::started_at.eq(now))).execute(conn)?;
    if started == 0 {
        get(conn, id)?;
        return Err(Error::conflict("batch-begun"));
    }
    jobs::enqueue_as(conn, Class::Bulk, BATCH_JOB, &id.to_string(), Some(&format!("{BATCH_JOB}:{id}")), now, now)
}

/// Forgets a draft. `Conflict` when it was confirmed.
pub fn discard(conn: &mut Conn, id: BatchId) -> Result<()> {
    if get(conn, id)?.state != State::Draft {
        return Err(Error::conflict("batch-begun"));
    }
    diesel::delete(rows::table.filter(rows::batch_id.eq(id))).execute(conn)?;
    diesel::delete(batches::table.find(id)).execute(conn)?;
    Ok(())
}

/// Forgets drafts from before `until` that nobody confirmed.
pub fn prune(conn: &mut Conn, until: Time) -> Result<()> {
    let old: Vec<BatchId> =
        batches::table.filter(batches::state.eq(State::Draft)).filter(batches::created_at.lt(until)).select(batches::id).load(conn)?;
    old.into_iter().try_for_each(|id| discard(conn, id))
}

/// One batch. `NotFound` when there is none.
pub fn get(conn: &mut Conn, id: BatchId) -> Result<Batch> {
    Ok(batches::table.find(id).select(Batch::as_select()).first(conn)?)
}

/// Batches that were confirmed, the newest first, before the id `before`.
pub fn list(conn: &mut Conn, before: Option<BatchId>, limit: i64) -> Result<Vec<Batch>> {
    Ok(batches::table
        .filter(batches::id.lt(before.unwrap_or(BatchId(i64::MAX))))
        .filter(batches::state.ne(State::Draft))
        .order(batches::id.desc())
        .limit(limit)
        .select(Batch::as_select())
        .load(conn)?)
}

/// Rows of a batch after the position `after`; only those of some outcomes when any is named.
pub fn rows_of(conn: &mut Conn, id: BatchId, outcomes: &[Outcome], after: Option<i64>, limit: i64) -> Result<Vec<Row>> {
    let mut query = rows::table.filter(rows::batch_id.eq(id)).filter(rows::position.gt(after.unwrap_or(-1))).into_boxed();
    if !outcomes.is_empty() {
        query = query.filter(rows::state.eq_any(outcomes.to_vec()));
    }
    Ok(query.order(rows::position).limit(limit).select(Row::as_select()).load(conn)?)
}
