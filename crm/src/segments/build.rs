//! A build: one rule over all customers at once.
//!
//! The query of the rule is compared with the rows there are; what differs is gathered in a table of the connection and written by it. Where
//! there are no rows yet, the query is written at once. On SQLite this goes by short ranges of customers, since every writer waits for it; on
//! PostgreSQL by a few long ones at the same time. What [`super::follow`] writes meanwhile carries the number of the build, and the build leaves
//! it alone.

use super::{SegmentId, State, Why, store};
use crate::CustomerId;
use crate::journeys;
use crate::rules::{Among, Dialect, Fragment, Goods, Others, Rule, compile};
use crate::schema::{customers, segment_states, segments};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use kernel::clock::{Clock, Time};
use kernel::db::Target;
use kernel::jobs::{self, Class};
use kernel::{Conn, Db, Error, Result, on_each};
use std::time::{Duration, Instant};

/// The job that builds the segment whose id is its payload.
pub const BUILD_JOB: &str = "segments.build";
/// Customers of one transaction on SQLite: short, since orders wait for it.
const RANGE: i64 = 10_000;
/// Ranges on PostgreSQL: as many as are worked on at the same time.
const LONG_RANGES: i64 = 2;
/// A build that began so long ago and did not end was given up by its process.
const ABANDONED: TimeDelta = TimeDelta::minutes(30);
/// How long a build waits for transactions that began before it, and how often one is begun anew because the rule changed meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);
const ANEW: usize = 5;

/// Leaves segments to be built: their rows are not believed until then.
pub(super) fn doubt(conn: &mut Conn, ids: &[SegmentId], now: Time) -> Result<()> {
    for id in ids {
        let change = (segments::state.eq(State::Due), segments::doubts.eq(segments::doubts + 1));
        diesel::update(segments::table.find(id)).set(change).execute(conn)?;
        build_soon(conn, *id, now)?;
    }
    Ok(())
}

fn build_soon(conn: &mut Conn, id: SegmentId, now: Time) -> Result<()> {
    let doubts: i64 = segments::table.find(id).select(segments::doubts).first(conn)?;
    // The number keeps a wish that comes while a build runs from being taken for the one that is served.
    jobs::enqueue_as(conn, Class::Bulk, BUILD_JOB, &id.to_string(), Some(&format!("segment:{id}:{doubts}")), now, now)
}

/// Has every segment built: nightly, and after the rows were found wrong.
pub fn doubt_all(conn: &mut Conn, now: Time) -> Result<()> {
    let ids: Vec<SegmentId> = segments::table.order(segments::id).select(segments::id).load(conn)?;
    doubt(conn, &ids, now)
}

/// Builds every segment now. One that somebody else is building is left to them.
pub fn build_all(db: &Db, clock: &Clock) -> Result<()> {
    let now = clock.now();
    db.write_now(move |conn| doubt_all(conn, now))?;
    let ids: Vec<SegmentId> = db.read_now(|conn| Ok(segments::table.order(segments::id).select(segments::id).load(conn)?))?;
    for id in ids {
        match build(db, id, clock) {
            Ok(()) | Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Has one segment built anew. `NotFound` without such a segment.
pub fn rebuild(conn: &mut Conn, id: SegmentId, now: Time) -> Result<()> {
    doubt(conn, &[id], now)
}

/// Leaves the segments that ask about scores to be built after scores of everybody moved.
pub fn scores_moved(conn: &mut Conn, now: Time) -> Result<()> {
    doubt_such(conn, now, &|rule| {
        matches!(rule, Rule::Score(_) | Rule::Stage(_) | Rule::Group(_) | Rule::FirstOrder(_) | Rule::LastOrder(_))
    })
}

/// The same for those that ask about categories or brands, after a product moved.
pub fn goods_moved(conn: &mut Conn, now: Time) -> Result<()> {
    doubt_such(conn, now, &|rule| matches!(rule, Rule::Bought(bought) if matches!(bought.what, Goods::Category(_) | Goods::Brand(_))))
}

fn doubt_such(conn: &mut Conn, now: Time, such: &dyn Fn(&Rule) -> bool) -> Result<()> {
    let others = store::others(conn)?;
    let mut ids: Vec<SegmentId> = others.iter().filter(|(_, rule)| rule.any(such)).map(|(id, _)| *id).collect();
    let users: Vec<SegmentId> = ids.iter().flat_map(|id| store::users(*id, &others)).collect();
    ids.extend(users);
    ids.sort_unstable();
    ids.dedup();
    doubt(conn, &ids, now)
}

/// What a build works on.
#[derive(Clone)]
struct Work {
    id: SegmentId,
    rules: Others,
    /// Its number, and how much was in doubt when it began.
    build: i64,
    doubts: i64,
    /// Nobody had a row yet: everybody enters, and the history need not tell.
    first: bool,
    now: Time,
}

/// Works the membership of all customers out, when that is due. A segment that is gone is built.
pub fn build(db: &Db, id: SegmentId, clock: &Clock) -> Result<()> {
    for _ in 0..ANEW {
        let started = Instant::now();
        let now = clock.now();
        let Some(work) = db.write_now(move |conn| begin(conn, id, now))? else { return Ok(()) };
        wait_for_earlier(db)?;
        apply_all(db, &work)?;
        let millis = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let ended = clock.now();
        if db.write_now(move |conn| end(conn, &work, millis, ended))? {
            return Ok(());
        }
    }
    Err(Error::conflict("the rule changes faster than it is built"))
}

/// Takes the next number. From the commit on, whoever writes a row of the segment gives it that number.
fn begin(conn: &mut Conn, id: SegmentId, now: Time) -> Result<Option<Work>> {
    let columns = (segments::state, segments::build, segments::doubts, segments::running, segments::begun_at);
    type Row = (State, i64, i64, bool, Option<Time>);
    let found: Option<Row> = segments::table.find(id).select(columns).first(conn).optional()?;
    let Some((State::Due, build, doubts, running, begun)) = found else { return Ok(None) };
    if running && begun.is_some_and(|begun| begun > now - ABANDONED) {
        return Err(Error::conflict("another build of this segment is running"));
    }
    let change = (segments::build.eq(build + 1), segments::running.eq(true), segments::begun_at.eq(now));
    if diesel::update(segments::table.find(id)).filter(segments::build.eq(build)).set(change).execute(conn)? == 0 {
        return Err(Error::conflict("another build of this segment is running"));
    }
    let first: Option<SegmentId> =
        segment_states::table.filter(segment_states::segment_id.eq(id)).select(segment_states::segment_id).first(conn).optional()?;
    Ok(Some(Work { id, rules: store::others(conn)?, build: build + 1, doubts, first: first.is_none(), now }))
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// On PostgreSQL, waits until every transaction ended that may have looked at the segment before the build began: what it wrote is then
/// seen by the build. On SQLite there is only one at a time.
fn wait_for_earlier(db: &Db) -> Result<()> {
    let ask = |what: &'static str| {
        db.read_now(move |conn| match conn {
            Conn::Sqlite(_) => Ok(0),
            Conn::Postgres(c) => {
                let query = format!("SELECT {what}(pg_current_snapshot())::text::bigint AS number");
                Ok(diesel::sql_query(query).get_result::<Number>(c)?.number)
            }
        })
    };
    let (next, started) = (ask("pg_snapshot_xmax")?, Instant::now());
    while ask("pg_snapshot_xmin")? < next && started.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Works through all customers there are. Whoever comes meanwhile is written as they come.
fn apply_all(db: &Db, work: &Work) -> Result<()> {
    let last: Option<i64> =
        db.read_now(|conn| Ok(on_each!(conn, c => customers::table.select(diesel::dsl::max(customers::id)).first(c))?))?;
    let last = last.unwrap_or(0);
    let length = if matches!(db.target(), Target::File(_)) { RANGE } else { last / LONG_RANGES + 1 };
    let ranges = (0..last.div_euclid(length) + 1).map(|n| (n * length, (n + 1) * length));
    db.side_by_side(ranges, |range| {
        let work = work.clone();
        db.write_now(move |conn| apply(conn, &work, range))
    })
}

/// Numbers of customers above the first and up to the last.
type Range = (i64, i64);

/// What PostgreSQL sorts and sums customers in; with its default of 4 MB a million of them go through files.
const ROOM: &str = "SET LOCAL work_mem = '128MB'";
/// Where the differences of a range stand until they are written.
const FOUND: &str =
    "CREATE TEMP TABLE segment_found (customer_id BIGINT NOT NULL, member BOOLEAN NOT NULL, changes_at TIMESTAMP, was BOOLEAN NOT NULL)";

fn apply(conn: &mut Conn, work: &Work, range: Range) -> Result<()> {
    let current: i64 = segments::table.find(work.id).select(segments::build).first(conn).optional()?.unwrap_or(0);
    if current != work.build {
        return Err(Error::conflict("another build of this segment took over"));
    }
    let Some(rule) = work.rules.get(&work.id) else { return Ok(()) };
    if let Conn::Postgres(c) = conn {
        c.batch_execute(ROOM)?;
    }
    let compiled = compile(Dialect::of(conn), rule, &work.rules, Among::Range(range.0, range.1), work.now);
    if work.first {
        let mut all = Fragment::of("(");
        all.add(compiled.query()).push(") f WHERE f.member OR f.changes_at IS NOT NULL");
        written(work, "f.id", &all).execute(conn)?;
        return Ok(());
    }
    on_each!(conn, c => c.batch_execute(FOUND))?;
    differences(compiled.query(), work).execute(conn)?;
    written(work, "customer_id", &Fragment::of("segment_found WHERE TRUE")).execute(conn)?;
    told(work).execute(conn)?;
    if journeys::listens(conn, work.id)? {
        for row in moved(work).load::<Moved>(conn)? {
            journeys::moved(conn, work.id, CustomerId(row.number), row.member, work.now)?;
        }
    }
    on_each!(conn, c => c.batch_execute("DROP TABLE segment_found"))?;
    Ok(())
}

/// Gathers the customers whose row is not what the rule says.
fn differences(rule: &Fragment, work: &Work) -> Fragment {
    let mut sql = Fragment::of(
        "INSERT INTO segment_found (customer_id, member, changes_at, was) \
         SELECT f.id, f.member, f.changes_at, COALESCE(s.member, FALSE) FROM (",
    );
    sql.add(rule).push(") f LEFT JOIN segment_states s ON s.customer_id = f.id AND s.segment_id = ").int(work.id.0);
    sql.push(" WHERE (f.member OR f.changes_at IS NOT NULL OR s.customer_id IS NOT NULL) AND (s.customer_id IS NULL OR (s.build < ");
    sql.int(work.build).push(" AND (s.member <> f.member OR s.changes_at IS DISTINCT FROM f.changes_at)))");
    sql
}

/// Writes the rows of `from`, except where somebody knew better meanwhile.
fn written(work: &Work, customer: &str, from: &Fragment) -> Fragment {
    let mut sql = Fragment::of("INSERT INTO segment_states (segment_id, customer_id, member, since, changes_at, build) SELECT ");
    sql.int(work.id.0).push(&format!(", {customer}, member, ")).time(work.now).push(", changes_at, ").int(work.build);
    sql.push(" FROM ").add(from).push(&format!(
        " ORDER BY {customer} ON CONFLICT (segment_id, customer_id) DO UPDATE SET \
         since = CASE WHEN segment_states.member = excluded.member THEN segment_states.since ELSE excluded.since END, \
         member = excluded.member, changes_at = excluded.changes_at, build = excluded.build \
         WHERE segment_states.build < excluded.build"
    ));
    sql
}

/// Tells the history who entered and who left by this build.
fn told(work: &Work) -> Fragment {
    let mut sql = Fragment::of(
        "INSERT INTO segment_history (segment_id, customer_id, entered, happened_at, why) SELECT s.segment_id, s.customer_id, s.member, ",
    );
    sql.time(work.now).push(", ").text(Why::Build.as_str());
    sql.push(" FROM segment_found f JOIN segment_states s ON s.customer_id = f.customer_id AND s.segment_id = ").int(work.id.0);
    sql.push(" WHERE f.was <> f.member AND s.member = f.member AND s.build = ").int(work.build).push(" AND s.since = ").time(work.now);
    sql
}

#[derive(QueryableByName)]
struct Moved {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Bool)]
    member: bool,
}

/// Who entered and who left by this build, in order.
fn moved(work: &Work) -> Fragment {
    let mut sql = Fragment::of(
        "SELECT s.customer_id AS number, s.member AS member FROM segment_found f JOIN segment_states s ON s.customer_id = f.customer_id AND s.segment_id = ",
    );
    sql.int(work.id.0).push(" WHERE f.was <> f.member AND s.member = f.member AND s.build = ").int(work.build);
    sql.push(" AND s.since = ").time(work.now).push(" ORDER BY s.customer_id");
    sql
}

/// Ends a build. Rows that say nothing go. Answers whether its rows may be believed: not when something came into doubt meanwhile.
fn end(conn: &mut Conn, work: &Work, millis: i64, now: Time) -> Result<bool> {
    let empty = segment_states::segment_id
        .eq(work.id)
        .and(segment_states::member.eq(false))
        .and(segment_states::changes_at.is_null())
        .and(segment_states::build.lt(work.build));
    diesel::delete(segment_states::table.filter(empty)).execute(conn)?;
    let own = segments::table.find(work.id).filter(segments::build.eq(work.build));
    let change = (segments::running.eq(false), segments::build_millis.eq(millis));
    if diesel::update(own).set(change).execute(conn)? == 0 {
        return Ok(true);
    }
    let sound = diesel::update(own.filter(segments::doubts.eq(work.doubts))).set(segments::state.eq(State::Built)).execute(conn)? == 1;
    if sound {
        super::list::count_again(conn, work.id, now)?;
    }
    Ok(sound)
}
