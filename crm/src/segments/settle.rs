//! What the passing of time changes, written each minute.

use super::follow::{Lives, bring};
use super::{SegmentId, State, Why, list};
use crate::CustomerId;
use crate::schema::{segment_history, segment_states, segments};
use chrono::TimeDelta;
use diesel::dsl::max;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Db, Result};

/// The job that does it.
pub const SETTLE_JOB: &str = "segments.settle";
/// Rows read at a time, and customers of one transaction: orders wait for it on SQLite.
const READ: i64 = 1000;
const WRITTEN: usize = 50;
/// A segment of so many members is counted again only so often.
const LARGE: i64 = 20_000;
const SELDOM: TimeDelta = TimeDelta::minutes(10);
/// How long histories are kept.
const KEPT: TimeDelta = TimeDelta::days(400);

/// Asks everybody anew whose row is past its time, and counts the segments that somebody entered or left.
pub fn settle(db: &Db, now: Time) -> Result<()> {
    let ids: Vec<SegmentId> = db.read_now(|conn| Ok(segments::table.order(segments::id).select(segments::id).load(conn)?))?;
    for id in &ids {
        let id = *id;
        loop {
            let due = db.read_now(move |conn| due(conn, id, now))?;
            if due.is_empty() {
                break;
            }
            for some in due.chunks(WRITTEN) {
                let some = some.to_vec();
                db.write_now(move |conn| {
                    let Some(lives) = Lives::load(conn)? else { return Ok(()) };
                    some.iter().try_for_each(|customer| bring(conn, &lives, *customer, Why::Time, now))
                })?;
            }
        }
    }
    for id in ids {
        if db.read_now(move |conn| uncounted(conn, id, now))? {
            db.write_now(move |conn| list::count_again(conn, id, now))?;
        }
    }
    Ok(())
}

/// The customers of a segment who are past their time, in the order of their ids.
fn due(conn: &mut Conn, id: SegmentId, now: Time) -> Result<Vec<CustomerId>> {
    let mut found: Vec<CustomerId> = segment_states::table
        .filter(segment_states::segment_id.eq(id))
        .filter(segment_states::changes_at.le(now))
        .limit(READ)
        .select(segment_states::customer_id)
        .load(conn)?;
    found.sort_unstable();
    Ok(found)
}

/// Whether somebody moved since the last count of a segment whose rows may be believed.
fn uncounted(conn: &mut Conn, id: SegmentId, now: Time) -> Result<bool> {
    let columns = (segments::state, segments::size, segments::sized_at);
    let Some((state, size, sized_at)): Option<(State, i64, Option<Time>)> =
        segments::table.find(id).select(columns).first(conn).optional()?
    else {
        return Ok(false);
    };
    if state == State::Due || (size > LARGE && sized_at.is_some_and(|at| at > now - SELDOM)) {
        return Ok(false);
    }
    let own = segment_history::table.filter(segment_history::segment_id.eq(id));
    let last: Option<i64> = own.select(max(segment_history::id)).first(conn)?;
    let Some(last) = last else { return Ok(false) };
    let moved: Time = segment_history::table.find(last).select(segment_history::happened_at).first(conn)?;
    Ok(sized_at.is_none_or(|at| moved >= at))
}

/// Forgets comings and goings of long ago, at most `limit` at once. Answers how many.
pub fn prune(conn: &mut Conn, now: Time, limit: i64) -> Result<usize> {
    let old: Vec<i64> = segment_history::table
        .filter(segment_history::happened_at.lt(now - KEPT))
        .order(segment_history::id)
        .limit(limit)
        .select(segment_history::id)
        .load(conn)?;
    Ok(diesel::delete(segment_history::table.filter(segment_history::id.eq_any(old))).execute(conn)?)
}
