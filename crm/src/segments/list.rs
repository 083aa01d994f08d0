//! Members, sizes and comings and goings of a segment.

use super::read::Asker;
use super::{SegmentId, State, Why, store};
use crate::CustomerId;
use crate::rules::{Among, Dialect, Fragment, Others, Rule, compile};
use crate::schema::{segment_history, segment_sizes, segment_states, segments};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};

/// Rows past their time that are asked one by one; with more of them the rule is asked about everybody.
const FEW: i64 = 1000;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// How many customers a rule takes, and the newest of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub count: i64,
    pub sample: Vec<CustomerId>,
}

/// Asks a rule that nobody stored yet about all customers. It must have been checked.
pub fn preview(conn: &mut Conn, rule: &Rule, others: &Others, sample: i64, now: Time) -> Result<Preview> {
    let compiled = compile(Dialect::of(conn), rule, others, Among::Everybody, now);
    let mut count = Fragment::of("SELECT COUNT(*) AS number FROM (");
    count.add(compiled.query()).push(") f WHERE f.member");
    let count = count.load::<Number>(conn)?.first().map_or(0, |row| row.number);
    let mut newest = Fragment::of("SELECT f.id AS number FROM (");
    newest.add(compiled.query()).push(") f WHERE f.member ORDER BY f.id DESC LIMIT ").int(sample);
    let sample = newest.load::<Number>(conn)?.into_iter().map(|row| CustomerId(row.number)).collect();
    Ok(Preview { count, sample })
}

/// The members that a rule takes, by id after `after`.
fn taken(conn: &mut Conn, rule: &Rule, others: &Others, after: CustomerId, limit: i64, now: Time) -> Result<Vec<CustomerId>> {
    let compiled = compile(Dialect::of(conn), rule, others, Among::Everybody, now);
    let mut sql = Fragment::of("SELECT f.id AS number FROM (");
    sql.add(compiled.query()).push(") f WHERE f.member AND f.id > ").int(after.0).push(" ORDER BY f.id LIMIT ").int(limit);
    Ok(sql.load::<Number>(conn)?.into_iter().map(|row| CustomerId(row.number)).collect())
}

/// Members by id after `after`, at most `limit`, as they are now. `NotFound` without such a segment.
pub fn members(conn: &mut Conn, id: SegmentId, after: CustomerId, limit: i64, now: Time) -> Result<Vec<CustomerId>> {
    let segment = store::get(conn, id)?;
    let others = store::others(conn)?;
    if segment.state == State::Due {
        return taken(conn, &*segment.rule()?, &others, after, limit, now);
    }
    let asker = Asker::new(others, &[id]);
    let (mut found, mut after) = (Vec::new(), after);
    let enough = usize::try_from(limit).unwrap_or(0);
    while found.len() < enough {
        let member = segment_states::member.eq(true).or(segment_states::changes_at.le(now).assume_not_null());
        let rows: Vec<(CustomerId, Option<Time>)> = on_each!(conn, c => segment_states::table
            .filter(segment_states::segment_id.eq(id))
            .filter(segment_states::customer_id.gt(after))
            .filter(member)
            .order(segment_states::customer_id)
            .limit(limit)
            .select((segment_states::customer_id, segment_states::changes_at))
            .load(c))?;
        let Some((last, _)) = rows.last() else { break };
        after = *last;
        for (customer, changes_at) in rows {
            if segment.state.sound(changes_at, now) || !asker.ask(conn, customer, now)?.is_empty() {
                found.push(customer);
            }
        }
    }
    found.truncate(enough);
    Ok(found)
}

/// Those of a segment whose row is past its time and who are members now; `None` when there are too many to ask.
fn late(conn: &mut Conn, id: SegmentId, now: Time) -> Result<Option<Vec<CustomerId>>> {
    let rows: Vec<CustomerId> = segment_states::table
        .filter(segment_states::segment_id.eq(id))
        .filter(segment_states::changes_at.le(now))
        .order(segment_states::customer_id)
        .limit(FEW + 1)
        .select(segment_states::customer_id)
        .load(conn)?;
    if rows.len() as i64 > FEW {
        return Ok(None);
    }
    let asker = Asker::new(store::others(conn)?, &[id]);
    let mut members = Vec::new();
    for customer in rows {
        if !asker.ask(conn, customer, now)?.is_empty() {
            members.push(customer);
        }
    }
    Ok(Some(members))
}

/// What a list of customers needs to know of a segment to show its members: their rows, and those who are members without one that says so.
pub(crate) struct Listed {
    pub segment: SegmentId,
    pub now: Time,
    pub late: Vec<CustomerId>,
}

/// How a list looks members up. Of a segment that is due, and where too many rows are past their time, it shows those of the last build.
pub(crate) fn listed(conn: &mut Conn, id: SegmentId, now: Time) -> Result<Listed> {
    let segment = store::get(conn, id)?;
    let late = if segment.state == State::Built { late(conn, id, now)? } else { None };
    Ok(match late {
        Some(late) => Listed { segment: id, now, late },
        None => Listed { segment: id, now: Time::default(), late: Vec::new() },
    })
}

/// How many members a segment has now.
pub fn size(conn: &mut Conn, id: SegmentId, now: Time) -> Result<i64> {
    let segment = store::get(conn, id)?;
    let late = if segment.state == State::Built { late(conn, id, now)? } else { None };
    let Some(late) = late else {
        let others = store::others(conn)?;
        return Ok(preview(conn, &*segment.rule()?, &others, 0, now)?.count);
    };
    let sound = segment_states::changes_at.is_null().or(segment_states::changes_at.gt(now).assume_not_null());
    let stored: i64 = segment_states::table
        .filter(segment_states::segment_id.eq(id))
        .filter(segment_states::member.eq(true))
        .filter(sound)
        .count()
        .get_result(conn)?;
    Ok(stored + late.len() as i64)
}

/// Counts the rows of members and keeps the number with the segment and for the day.
pub(super) fn count_again(conn: &mut Conn, id: SegmentId, now: Time) -> Result<()> {
    let members = segment_states::table.filter(segment_states::segment_id.eq(id)).filter(segment_states::member.eq(true));
    let size: i64 = members.count().get_result(conn)?;
    diesel::update(segments::table.find(id)).set((segments::size.eq(size), segments::sized_at.eq(now))).execute(conn)?;
    let row =
        (segment_sizes::segment_id.eq(id), segment_sizes::day.eq(now.date().format("%Y-%m-%d").to_string()), segment_sizes::size.eq(size));
    on_each!(conn, c => diesel::insert_into(segment_sizes::table)
        .values(row)
        .on_conflict((segment_sizes::segment_id, segment_sizes::day))
        .do_update()
        .set(segment_sizes::size.eq(size))
        .execute(c))?;
    Ok(())
}

/// Members at the last count of a day, as `2026-01-31`.
pub type Size = (String, i64);

/// The sizes of the latest days that were counted, the first day first.
pub fn sizes(conn: &mut Conn, id: SegmentId, days: i64) -> Result<Vec<Size>> {
    let mut rows: Vec<Size> = segment_sizes::table
        .filter(segment_sizes::segment_id.eq(id))
        .order(segment_sizes::day.desc())
        .limit(days)
        .select((segment_sizes::day, segment_sizes::size))
        .load(conn)?;
    rows.reverse();
    Ok(rows)
}

/// Somebody who entered or left.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = segment_history)]
pub struct Moved {
    pub id: i64,
    pub customer_id: CustomerId,
    pub entered: bool,
    pub happened_at: Time,
    pub why: Why,
}

/// Who entered and left, the latest first, before the entry `before` when given. Those of a segment's first build are not in it.
pub fn history(conn: &mut Conn, id: SegmentId, before: Option<i64>, limit: i64) -> Result<Vec<Moved>> {
    Ok(segment_history::table
        .filter(segment_history::segment_id.eq(id))
        .filter(segment_history::id.lt(before.unwrap_or(i64::MAX)))
        .order(segment_history::id.desc())
        .limit(limit)
        .select(Moved::as_select())
        .load(conn)?)
}
