//! Something happened with somebody: they may enter, and what they wait for may have come. In the transaction in which it happened; steps
//! are taken by a job.

use super::graph::{Again, Graph, Trigger, parsed};
use super::{Ending, EnrolmentId, JourneyId, NodeId, Stage, State, VersionId, active};
use crate::CustomerId;
use crate::rules::SegmentId;
use crate::schema::{enrolments, journey_versions as versions, journeys};
use chrono::TimeDelta;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each, prepared};
use std::sync::Arc;

/// A journey that people may be in, with what is entered now.
pub(super) struct Live {
    pub journey: JourneyId,
    version: VersionId,
    pub state: State,
    pub store: i64,
    pub topic: String,
    /// Of the shop's clocks.
    pub zone: String,
    pub graph: Arc<Graph>,
}

/// All of them: one query, which finds nothing in a shop without journeys.
pub(super) fn lives(conn: &mut Conn) -> Result<Vec<Live>> {
    type Row = (JourneyId, VersionId, State, i64, String, String, String);
    let rows: Vec<Row> = on_each!(conn, c => journeys::table
        .inner_join(versions::table.on(journeys::version_id.eq(versions::id.nullable())))
        .filter(sql::<Bool>("journeys.state IN ('live', 'paused')"))
        .order(journeys::id)
        .select((journeys::id, versions::id, journeys::state, journeys::store_id, journeys::topic, journeys::zone, versions::graph))
        .load(c))?;
    let live = |(journey, version, state, store, topic, zone, text): Row| -> Result<Live> {
        Ok(Live { journey, version, state, store, topic, zone, graph: parsed(&text)? })
    };
    rows.into_iter().map(live).collect()
}

/// An entry of this kind was written into the timeline of somebody.
pub fn told(conn: &mut Conn, customer: CustomerId, kind: &str, subject: Option<i64>, at: Time) -> Result<()> {
    let lives = lives(conn)?;
    if lives.is_empty() {
        return Ok(());
    }
    let entry = format!("{kind}:{}:{}", subject.unwrap_or(0), at.and_utc().timestamp_micros());
    let by = |trigger: &Trigger| matches!(trigger, Trigger::Event(known) if known == kind);
    enter_all(conn, &lives, customer, &by, &entry, at)?;
    wake(conn, customer, kind, at)
}

/// Somebody entered a segment, or left it.
pub(crate) fn moved(conn: &mut Conn, segment: SegmentId, customer: CustomerId, entered: bool, at: Time) -> Result<()> {
    let lives = lives(conn)?;
    if lives.is_empty() {
        return Ok(());
    }
    let word = if entered { "entered" } else { "left" };
    let entry = format!("{word}:{segment}:{}", at.and_utc().timestamp_micros());
    let by = |trigger: &Trigger| match trigger {
        Trigger::Entered(id) => entered && *id == segment,
        Trigger::Left(id) => !entered && *id == segment,
        Trigger::Event(_) | Trigger::Birthday(_) | Trigger::Back | Trigger::PriceDrop(_) => false,
    };
    enter_all(conn, &lives, customer, &by, &entry, at)
}

/// Whether a journey that is live is entered by a segment.
pub(crate) fn listens(conn: &mut Conn, segment: SegmentId) -> Result<bool> {
    let by = |live: &Live| matches!(&live.graph.trigger, Trigger::Entered(id) | Trigger::Left(id) if *id == segment);
    Ok(lives(conn)?.iter().any(by))
}

fn enter_all(conn: &mut Conn, lives: &[Live], customer: CustomerId, by: &dyn Fn(&Trigger) -> bool, entry: &str, at: Time) -> Result<()> {
    for live in lives.iter().filter(|live| live.state == State::Live && by(&live.graph.trigger)) {
        if may_enter(conn, live, customer, at)? {
            enter(conn, live, customer, (entry, None), at)?;
        }
    }
    Ok(())
}

/// Whether the journey takes somebody who may have been in it before.
pub(super) fn may_enter(conn: &mut Conn, live: &Live, customer: CustomerId, at: Time) -> Result<bool> {
    if live.graph.again == Again::Always {
        return Ok(true);
    }
    // Whom a full day or the rule of who enters kept out was not in it.
    let last: Option<Time> = on_each!(conn, c => enrolments::table
        .filter(enrolments::journey_id.eq(live.journey))
        .filter(enrolments::customer_id.eq(customer))
        .filter(enrolments::ending.ne_all([Ending::Cap.as_str(), Ending::Unfit.as_str()]))
        .order(enrolments::entered_at.desc())
        .select(enrolments::entered_at)
        .first(c))
    .optional()?;
    Ok(live.graph.again.admits(last, at))
}

impl Again {
    /// Whether somebody enters who entered last at `last`.
    pub(super) fn admits(self, last: Option<Time>, at: Time) -> bool {
        match (self, last) {
            (_, None) | (Again::Always, _) => true,
            (Again::Never, Some(_)) => false,
            (Again::After(days), Some(last)) => last + TimeDelta::days(days) <= at,
        }
    }
}

/// Enters somebody by what `entry` names, because of a product if of one; answers whether they did. Whoever is in it already, or entered by the
/// same, does not enter.
pub(super) fn enter(conn: &mut Conn, live: &Live, customer: CustomerId, (entry, subject): (&str, Option<i64>), at: Time) -> Result<bool> {
    let row = (
        enrolments::journey_id.eq(live.journey),
        enrolments::version_id.eq(live.version),
        enrolments::customer_id.eq(customer),
        enrolments::entry.eq(entry),
        enrolments::state.eq(Stage::Active),
        enrolments::node.eq(live.graph.first.unwrap_or(NodeId(0))),
        enrolments::due_at.eq(at),
        enrolments::wake_at.eq(at),
        enrolments::checks.eq(live.graph.checks()),
        enrolments::entered_at.eq(at),
        enrolments::subject.eq(subject),
    );
    let added = prepared!(conn, diesel::insert_into(enrolments::table).values(row).on_conflict_do_nothing() => execute)?;
    Ok(added == 1)
}

/// Has those journeys of somebody looked at that wait for this, or that a goal or an exit may end.
fn wake(conn: &mut Conn, customer: CustomerId, kind: &str, at: Time) -> Result<()> {
    let theirs = enrolments::table.filter(enrolments::customer_id.eq(customer)).filter(active());
    let columns = (enrolments::id, enrolments::awaits, enrolments::checks, enrolments::wake_at);
    // Held on PostgreSQL: whoever is being led to a wait at this moment is seen where they wait, and nothing that happens is missed.
    let rows: Vec<(EnrolmentId, String, bool, Time)> = match conn {
        Conn::Sqlite(c) => theirs.order(enrolments::id).select(columns).load(c)?,
        Conn::Postgres(c) => theirs.order(enrolments::id).select(columns).for_update().load(c)?,
    };
    for (id, awaits, checks, wake_at) in rows {
        if awaits == kind {
            let own = enrolments::table.find(id).filter(active()).filter(enrolments::awaits.eq(kind));
            diesel::update(own).set((enrolments::came.eq(true), enrolments::wake_at.eq(at))).execute(conn)?;
        } else if checks && wake_at > at {
            let own = enrolments::table.find(id).filter(active()).filter(enrolments::wake_at.gt(at));
            diesel::update(own).set(enrolments::wake_at.eq(at)).execute(conn)?;
        }
    }
    Ok(())
}
