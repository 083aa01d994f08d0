//! Working through a batch.

use super::change::Wanted;
use super::{BATCH_JOB, Batch, Kind, Outcome, Row, State, get, import, number, rows_of, undo};
use crate::catalog::{self, Product, Saving};
use crate::collections;
use crate::ids::{BatchId, ProductId};
use crate::schema::{batch_rows as rows, batches, products};
use diesel::prelude::*;
use kernel::clock::{Clock, Time};
use kernel::db::savepoint;
use kernel::events::{self, Event};
use kernel::money::Currency;
use kernel::{Conn, Db, Error, Result, token};
use std::collections::HashMap;

/// Rows of one transaction: short, so that shoppers do not wait behind it.
const AT_ONCE: i64 = 200;

/// What became of one row.
pub(super) struct Done {
    pub position: i64,
    pub outcome: Outcome,
    pub note: String,
}

/// What became of some rows, and the products that others are to be told of.
pub(super) struct Wrote {
    pub done: Vec<Done>,
    pub told: Vec<i64>,
}

/// Works through a batch until nothing waits. A batch that is through is left alone, so it may run again.
pub fn run(db: &Db, clock: &Clock, id: BatchId) -> Result<()> {
    loop {
        let now = clock.now();
        if !db.write_now(move |conn| step(conn, id, now))? {
            return Ok(());
        }
    }
}

/// Does the next rows; false when there were none.
fn step(conn: &mut Conn, id: BatchId, now: Time) -> Result<bool> {
    // Held to the end of the transaction, so that two workers do not do the same rows.
    diesel::update(batches::table.find(id)).set(batches::finished.eq(batches::finished)).execute(conn)?;
    let batch = get(conn, id)?;
    let (open, end, word): (&[Outcome], _, _) = match batch.state {
        State::Running => (&[Outcome::Waiting], State::Done, batch.kind.as_str()),
        State::Undoing => (&[Outcome::Created, Outcome::Changed], State::Undone, "undo"),
        State::Draft | State::Done | State::Undone => return Ok(false),
    };
    let waiting = rows_of(conn, id, open, None, AT_ONCE)?;
    if waiting.is_empty() {
        if batch.state == State::Undoing {
            undo::empty_categories(conn, id)?;
        }
        let end = (batches::state.eq(end), batches::finished_at.eq(now));
        diesel::update(batches::table.find(id)).set(end).execute(conn)?;
        return Ok(false);
    }
    let currency = Currency::parse(&batch.currency).ok_or_else(|| Error::unexpected("a batch of an unknown currency"))?;
    let actor = format!("{word}:{id}");
    let saving = Saving { currency, actor: &actor, base: None, now };
    let wrote = match (batch.state, batch.kind) {
        (State::Undoing, _) => undo::undo(conn, &waiting, &saving)?,
        (_, Kind::Edit) => edit(conn, &waiting, &saving)?,
        (_, Kind::Import) => import::apply(conn, &waiting, &saving)?,
    };
    if !wrote.told.is_empty() {
        let changed: Vec<ProductId> = wrote.told.iter().copied().map(ProductId).collect();
        collections::follow(conn, &changed)?;
        let event = Event::ProductsChanged { products: wrote.told };
        events::record(conn, BATCH_JOB, &format!("{id}:{}", token::random()), &event, now)?;
    }
    note(conn, &batch, &wrote.done)?;
    Ok(true)
}

/// Applies the edits of these rows.
fn edit(conn: &mut Conn, waiting: &[Row], saving: &Saving) -> Result<Wrote> {
    let ids: Vec<ProductId> = waiting.iter().filter_map(|row| row.product_id).collect();
    // Locked before they are read, so that nobody saves in between.
    diesel::update(products::table.filter(products::id.eq_any(&ids))).set(products::updated_at.eq(products::updated_at)).execute(conn)?;
    let changed_at = catalog::updated_of(conn, &ids)?;
    let mut stored: HashMap<ProductId, Product> =
        catalog::products(conn, &ids, saving.currency)?.into_iter().filter_map(|product| Some((product.id?, product))).collect();
    let (mut done, mut told) = (Vec::with_capacity(waiting.len()), Vec::new());
    for row in waiting {
        let found = row.product_id.and_then(|id| Some((id, stored.remove(&id)?)));
        let result = match found {
            Some((id, before)) if changed_at.get(&id).copied() == row.seen => {
                let saved = one(conn, &before, row, saving)?;
                if saved.0 == Outcome::Changed {
                    told.push(id.0);
                }
                saved
            }
            Some(_) => (Outcome::Skipped, "batch-stale".into()),
            None => (Outcome::Skipped, "batch-gone".into()),
        };
        done.push(Done { position: row.position, outcome: result.0, note: result.1 });
    }
    Ok(Wrote { done, told })
}

/// Stores one product as it is wanted. Only the database's own errors end the batch.
fn one(conn: &mut Conn, before: &Product, row: &Row, saving: &Saving) -> Result<(Outcome, String)> {
    let wanted: Wanted = serde_json::from_str(&row.wanted)?;
    let mut after = before.clone();
    wanted.apply(&mut after);
    let saved = catalog::checked(&after).and_then(|after| savepoint(conn, |conn| catalog::save_untold(conn, Some(before), after, saving)));
    match saved {
        Ok(saved) if saved.changed => Ok((Outcome::Changed, String::new())),
        Ok(_) => Ok((Outcome::Unchanged, String::new())),
        Err(Error::Invalid(fields)) => Ok((Outcome::Refused, fields.0.into_values().collect::<Vec<_>>().join("\n"))),
        Err(Error::Conflict(reason)) => Ok((Outcome::Refused, reason)),
        Err(error) => Err(error),
    }
}

/// Writes down what became of rows, and counts them.
fn note(conn: &mut Conn, batch: &Batch, done: &[Done]) -> Result<()> {
    let id = batch.id;
    let mut together: HashMap<(Outcome, &str), Vec<i64>> = HashMap::new();
    for one in done {
        together.entry((one.outcome, one.note.as_str())).or_default().push(one.position);
    }
    let mut counts: HashMap<Outcome, i64> = HashMap::new();
    for ((outcome, text), positions) in together {
        *counts.entry(outcome).or_default() += number(positions.len())?;
        let own = rows::table.filter(rows::batch_id.eq(id)).filter(rows::position.eq_any(positions));
        diesel::update(own).set((rows::state.eq(outcome), rows::note.eq(text))).execute(conn)?;
    }
    let count = |outcome: Outcome| counts.get(&outcome).copied().unwrap_or(0);
    let finished = batches::finished.eq(batches::finished + number(done.len())?);
    if batch.state == State::Undoing {
        // What the import did stays told.
        diesel::update(batches::table.find(id)).set(finished).execute(conn)?;
        return Ok(());
    }
    diesel::update(batches::table.find(id))
        .set((
            finished,
            batches::created.eq(batches::created + count(Outcome::Created)),
            batches::changed.eq(batches::changed + count(Outcome::Changed)),
            batches::unchanged.eq(batches::unchanged + count(Outcome::Unchanged)),
            batches::skipped.eq(batches::skipped + count(Outcome::Skipped) + count(Outcome::Refused)),
        ))
        .execute(conn)?;
    Ok(())
}
