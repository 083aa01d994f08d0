//! How the search engine follows the catalogue.
//!
//! `Event::ProductChanged` stands for whatever a shelf or search result shows: texts, prices, pictures, and a variant that became
//! sold out or available again (`stock` records that when free stock crosses zero). Its listener adds a job, which reads the product
//! as it is then and tells the engine; so the order of the jobs does not matter, and one of them may run twice.

use crate::catalog;
use crate::ids::ProductId;
use crate::search::SearchEngine;
use crate::search_index::documents;
use chrono::{DateTime, TimeDelta};
use kernel::clock::Time;
use kernel::events::Event;
use kernel::{Conn, Db, Result, jobs};

/// The kind of the job that brings a product's entry up to date. Its payload is the product's id.
pub const INDEX_JOB: &str = "search.index";
/// Products read at once for a rebuild.
const BATCH: i64 = 500;

/// Listens to the catalogue: adds the job for a changed product. Changes of one product within a second share a job, which is due
/// when that second is over: it sees them all.
pub fn changed(conn: &mut Conn, event: &Event, now: Time) -> Result<()> {
    let Event::ProductChanged { product } = event else { return Ok(()) };
    let second = now.and_utc().timestamp() + 1;
    let due = DateTime::from_timestamp(second, 0).map_or(now + TimeDelta::seconds(1), |due| due.naive_utc());
    jobs::enqueue(conn, INDEX_JOB, &product.to_string(), Some(&format!("{INDEX_JOB}:{product}:{second}")), due, now)
}

/// Brings the engine's entry of a product up to date. Fails with `Unavailable` when the engine does not answer.
pub fn index_job(db: &Db, engine: &dyn SearchEngine, product: ProductId) -> Result<()> {
    let found = db.read_now(move |conn| documents(conn, &[product]))?;
    if found.is_empty() {
        engine.remove(&[product.0])?;
    } else {
        engine.replace(&found)?;
    }
    engine.commit()
}

/// Builds the index anew while searches go on, and answers how many products it holds. `progress` hears how many are read.
pub fn reindex(db: &Db, engine: &dyn SearchEngine, progress: &mut dyn FnMut(u64)) -> Result<usize> {
    let (mut after, mut read) = (None, 0u64);
    let mut batches = std::iter::from_fn(|| {
        let from = after;
        let batch = db.read_now(move |conn| {
            let ids = catalog::listing(conn, None, from, BATCH)?;
            Ok((documents(conn, &ids)?, ids))
        });
        match batch {
            Ok((found, ids)) => {
                after = Some(*ids.last()?);
                read += u64::try_from(ids.len()).unwrap_or(0);
                progress(read);
                Some(Ok(found))
            }
            Err(error) => Some(Err(error)),
        }
    });
    engine.rebuild(&mut batches)
}

/// Builds the index when it holds nothing and there are products: a first start, or a data folder that was lost. Cheap otherwise.
pub fn build_if_empty(db: &Db, engine: &dyn SearchEngine) -> Result<()> {
    if !engine.is_empty()? || db.read_now(|conn| catalog::listing(conn, None, None, 1))?.is_empty() {
        return Ok(());
    }
    let built = reindex(db, engine, &mut |_| ())?;
    tracing::info!(products = built, "the search index is built");
    Ok(())
}
