//! Who is in a journey, what each of them went through, and what is kept of one person.

use super::{Ending, Enrolment, EnrolmentId, JourneyId, NodeId, Stage, active, live};
use crate::CustomerId;
use crate::rules::Fragment;
use crate::schema::{enrolment_log as logs, enrolments, journeys, rehearsal_acts};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use serde::Serialize;
use std::collections::BTreeSet;

/// Which people of a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    Stage(Stage),
    /// Those who wait at a step.
    At(NodeId),
}

/// People of a journey in the order in which they entered, behind `after`.
pub fn listed(conn: &mut Conn, journey: JourneyId, which: Listing, after: Option<EnrolmentId>, limit: i64) -> Result<Vec<Enrolment>> {
    let own = enrolments::table
        .filter(enrolments::journey_id.eq(journey))
        .filter(enrolments::id.gt(after.unwrap_or(EnrolmentId(0))))
        .order(enrolments::id)
        .limit(limit)
        .select(Enrolment::as_select());
    Ok(match which {
        Listing::Stage(stage) => own.filter(enrolments::state.eq(stage)).load(conn)?,
        Listing::At(node) => own.filter(active()).filter(enrolments::node.eq(node)).load(conn)?,
    })
}

/// Somebody's time in this journey; one in another is not found.
pub fn enrolment(conn: &mut Conn, journey: JourneyId, id: EnrolmentId) -> Result<Enrolment> {
    let own = enrolments::table.find(id).filter(enrolments::journey_id.eq(journey));
    Ok(own.select(Enrolment::as_select()).first(conn)?)
}

/// Those of some enrolments that a goal, an exit or the end of the journey took out: what was still to be mailed to them is not.
pub(crate) fn taken_out(conn: &mut Conn, ids: &[EnrolmentId]) -> Result<BTreeSet<EnrolmentId>> {
    let endings = [Ending::Goal.as_str(), Ending::Exit.as_str(), Ending::Ended.as_str(), Ending::Gone.as_str()];
    let own = enrolments::table.filter(enrolments::id.eq_any(ids.to_vec())).filter(enrolments::ending.eq_any(endings));
    Ok(own.select(enrolments::id).load::<EnrolmentId>(conn)?.into_iter().collect())
}

/// What happened with somebody in a journey.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = logs)]
pub struct Entry {
    pub id: i64,
    pub node: NodeId,
    pub what: String,
    pub result: String,
    pub happened_at: Time,
}

/// The first first, behind `after`.
pub fn log(conn: &mut Conn, id: EnrolmentId, after: Option<i64>, limit: i64) -> Result<Vec<Entry>> {
    let own = logs::table.filter(logs::enrolment_id.eq(id)).filter(logs::id.gt(after.unwrap_or(0)));
    Ok(own.order(logs::id).limit(limit).select(Entry::as_select()).load(conn)?)
}

/// A journey as the person who was in it gets it with everything else about them.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    pub journey: String,
    pub stage: Stage,
    pub entered_at: Time,
    pub ended_at: Option<Time>,
}

/// The journeys of a customer, in order behind `after`, with the last row.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, after: EnrolmentId, limit: i64) -> Result<(Vec<Kept>, Option<EnrolmentId>)> {
    type Row = (EnrolmentId, String, Stage, Time, Option<Time>);
    let own = enrolments::table
        .inner_join(journeys::table.on(journeys::id.eq(enrolments::journey_id)))
        .filter(enrolments::customer_id.eq(customer))
        .filter(enrolments::id.gt(after))
        .order(enrolments::id)
        .limit(limit);
    let columns = (enrolments::id, journeys::name, enrolments::state, enrolments::entered_at, enrolments::ended_at);
    let rows: Vec<Row> = own.select(columns).load(conn)?;
    let last = rows.last().map(|row| row.0);
    let kept = |(_, journey, stage, entered_at, ended_at): Row| Kept { journey, stage, entered_at, ended_at };
    Ok((rows.into_iter().map(kept).collect(), last))
}

/// Takes somebody who is erased out of every journey, and what they entered by and went through with it. That somebody was there stays, as the counts
/// do.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<()> {
    live::leave(conn, customer, now)?;
    let own = enrolments::table.filter(enrolments::customer_id.eq(customer)).select(enrolments::id);
    let own: Vec<EnrolmentId> = own.load(conn)?;
    for some in own.chunks(500) {
        diesel::delete(logs::table.filter(logs::enrolment_id.eq_any(some.to_vec()))).execute(conn)?;
    }
    diesel::delete(rehearsal_acts::table.filter(rehearsal_acts::customer_id.eq(customer))).execute(conn)?;
    let mut sql = Fragment::of("UPDATE enrolments SET entry = 'erased.' || id, subject = NULL WHERE customer_id = ");
    sql.int(customer.0).execute(conn)?;
    Ok(())
}
