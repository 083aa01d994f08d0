//! How an index in a folder follows the catalogue: each process that serves reads the changes since the last one its folder has. Of several
//! that share a folder the one that holds the folder's lock writes, and the others look at what it wrote.

use super::{index, reindex};
use crate::ids::ProductId;
use crate::schema::search_changes as changes;
use crate::search::{Keeps, Mark, SearchEngine};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::Event;
use kernel::{Conn, Db, Error, Result, on_each};
use std::collections::BTreeSet;

/// Changes read at once.
const BATCH: i64 = 500;
/// On PostgreSQL a change may become visible after one that is later. None stays out longer than a statement may take, twice over.
const LATE_SECONDS: i64 = 120;
/// Changes before the last one that a folder is told of again after it was built, for those that were on their way meanwhile.
const AGAIN: i64 = 1000;
/// Days that changes are kept for folders whose process does not run.
const KEPT_DAYS: i64 = 3;
/// What stands for all products.
const EVERYTHING: i64 = 0;

/// Keeps that products changed.
pub(super) fn note(conn: &mut Conn, products: &[i64], now: Time) -> Result<()> {
    for some in products.chunks(200) {
        let rows: Vec<_> = some.iter().map(|product| (changes::product_id.eq(*product), changes::changed_at.eq(now))).collect();
        on_each!(conn, c => diesel::insert_into(changes::table).values(rows).execute(c))?;
    }
    Ok(())
}

/// Asks whoever writes an index folder to build it anew; [`was_rebuilt`] knows the answer.
pub fn ask_to_rebuild(conn: &mut Conn, now: Time) -> Result<i64> {
    let row = (changes::product_id.eq(EVERYTHING), changes::changed_at.eq(now));
    Ok(on_each!(conn, c => diesel::insert_into(changes::table).values(row).returning(changes::id).get_result(c))?)
}

/// Whether the folder of `engine` was built anew since that was asked for.
pub fn was_rebuilt(engine: &dyn SearchEngine, asked: i64) -> Result<bool> {
    Ok(engine.mark()?.is_some_and(|mark| mark.rebuilt >= asked))
}

/// The last change there is.
pub(super) fn last(conn: &mut Conn) -> Result<i64> {
    Ok(on_each!(conn, c => changes::table.select(diesel::dsl::max(changes::id)).first::<Option<i64>>(c))?.unwrap_or(0))
}

/// The mark of an index that is built from now on.
pub(super) fn mark_before(db: &Db) -> Result<Mark> {
    let last = db.read_now(last)?;
    // On SQLite changes are seen in their order.
    let again = db.read_now(|conn| Ok(if matches!(conn, Conn::Postgres(_)) { AGAIN } else { 0 }))?;
    Ok(Mark { change: (last - again).max(0), rebuilt: last })
}

/// Follows changes with one index. Remembers those that it made beyond the mark of the folder.
#[derive(Default)]
pub struct Follower {
    made: BTreeSet<i64>,
}

impl Follower {
    /// Brings the index up to date, and answers how many changes that took. Nothing for an engine that is told by jobs, and for a folder
    /// that another process writes.
    pub fn follow(&mut self, db: &Db, engine: &dyn SearchEngine, now: Time) -> Result<usize> {
        if engine.keeps() == Keeps::Shared {
            return Ok(0);
        }
        engine.refresh()?;
        if !writes(engine)? {
            self.made.clear();
            return Ok(0);
        }
        let mut made = 0;
        loop {
            let Some(mark) = self.start(db, engine)? else { return Ok(made) };
            let waiting = self.waiting(db, mark)?;
            if waiting.is_empty() {
                return Ok(made);
            }
            made += waiting.len();
            self.make(db, engine, mark, &waiting)?;
            self.settle(engine, mark.change, &waiting, now)?;
        }
    }

    /// The mark of the folder. One that has none, or whose next changes are forgotten already, is built anew.
    fn start(&mut self, db: &Db, engine: &dyn SearchEngine) -> Result<Option<Mark>> {
        if let Some(mark) = engine.mark()? {
            let first =
                db.read_now(|conn| Ok(on_each!(conn, c => changes::table.select(diesel::dsl::min(changes::id)).first::<Option<i64>>(c))?))?;
            if first.is_none_or(|first| first <= mark.change + 1) {
                return Ok(Some(mark));
            }
        }
        self.made.clear();
        reindex(db, engine, &mut |_| ())?;
        engine.mark()
    }

    /// The next changes that were not made yet, oldest first.
    fn waiting(&self, db: &Db, mark: Mark) -> Result<Vec<(i64, i64, Time)>> {
        let mut after = mark.change;
        loop {
            let next = changes::table.filter(changes::id.gt(after)).order(changes::id).limit(BATCH);
            let rows: Vec<(i64, i64, Time)> = db.read_now(move |conn| {
                Ok(on_each!(conn, c => next.select((changes::id, changes::product_id, changes::changed_at)).load(c))?)
            })?;
            let Some(last) = rows.last().map(|row| row.0) else { return Ok(Vec::new()) };
            let fresh: Vec<_> = rows.into_iter().filter(|row| !self.made.contains(&row.0)).collect();
            if !fresh.is_empty() {
                return Ok(fresh);
            }
            after = last;
        }
    }

    fn make(&self, db: &Db, engine: &dyn SearchEngine, mark: Mark, waiting: &[(i64, i64, Time)]) -> Result<()> {
        if waiting.iter().any(|(id, product, _)| *product == EVERYTHING && *id > mark.rebuilt) {
            return reindex(db, engine, &mut |_| ()).map(drop);
        }
        let ids: BTreeSet<i64> = waiting.iter().map(|row| row.1).filter(|product| *product != EVERYTHING).collect();
        let ids: Vec<ProductId> = ids.into_iter().map(ProductId).collect();
        if ids.is_empty() { Ok(()) } else { index(db, engine, &ids) }
    }

    /// Moves the mark over changes that follow each other without a gap, and over gaps that nothing can fill any more.
    fn settle(&mut self, engine: &dyn SearchEngine, from: i64, made: &[(i64, i64, Time)], now: Time) -> Result<()> {
        self.made.extend(made.iter().map(|row| row.0));
        let mut change = from;
        if let Some((id, ..)) = made.iter().rev().find(|(.., at)| *at < now - TimeDelta::seconds(LATE_SECONDS)) {
            change = change.max(*id);
        }
        while self.made.contains(&(change + 1)) {
            change += 1;
        }
        self.made = self.made.split_off(&(change + 1));
        let Some(mark) = engine.mark()? else { return Ok(()) };
        if change > mark.change { engine.set_mark(Mark { change, ..mark }) } else { Ok(()) }
    }
}

/// Whether this process is the one that writes the folder.
pub fn writes(engine: &dyn SearchEngine) -> Result<bool> {
    match engine.replace(&[]) {
        Ok(()) => Ok(true),
        Err(Error::Unavailable(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Forgets changes that every folder had time to follow; the last one stays, so that a folder sees how far it is behind.
pub fn prune(conn: &mut Conn, now: Time, limit: i64) -> Result<usize> {
    let last = last(conn)?;
    let old = changes::table.filter(changes::id.lt(last)).filter(changes::changed_at.lt(now - TimeDelta::days(KEPT_DAYS)));
    let ids: Vec<i64> = on_each!(conn, c => old.order(changes::id).limit(limit).select(changes::id).load(c))?;
    Ok(on_each!(conn, c => diesel::delete(changes::table.filter(changes::id.eq_any(ids))).execute(c))?)
}

/// The products of an event.
pub(super) fn products(event: &Event) -> &[i64] {
    match event {
        Event::ProductChanged { product } => std::slice::from_ref(product),
        Event::ProductsChanged { products } => products,
        _ => &[],
    }
}
