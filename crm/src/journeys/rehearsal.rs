//! What a draft would have done with what really happened: the stored timelines of a quarter are walked through the function that live
//! journeys walk by, in memory. Nothing of it is written but who would have got what, and when.

use super::counts::{Counts, ENTERED, HERE, WHOLE};
use super::graph::{Graph, NodeId, Trigger, Wait, What, parsed};
use super::occasions::celebrated;
use super::step::Ending;
use super::walk::{Ground, Told, Went, walk};
use super::{JourneyId, get};
use crate::CustomerId;
use crate::activities::Kind;
use crate::campaigns::{countries, zone_of};
use crate::rules::Facts;
use crate::schema::{activities, journeys, rehearsal_acts, rehearsals, segment_history};
use crate::{customers, segments};
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::json::Json;
use kernel::{Conn, Db, Error, Result, json};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

kernel::id!(RehearsalId);

/// The job that walks the rehearsal whose id is its payload.
pub const REHEARSE_JOB: &str = "journeys.rehearse";
/// A quarter of a year.
const BACK: TimeDelta = TimeDelta::days(91);
/// The people whose ways are kept to be looked at, and entries of one way.
const SAMPLE: usize = 500;
const LONGEST: usize = 200;

/// A rehearsal as stored.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = rehearsals)]
pub struct Rehearsal {
    pub id: RehearsalId,
    pub journey_id: JourneyId,
    pub graph: Json<Graph>,
    pub begins_at: Time,
    pub ends_at: Time,
    /// `waiting`, `done` or `failed`.
    pub state: String,
    pub counts: String,
    pub asked_at: Time,
    pub done_at: Option<Time>,
}

impl Rehearsal {
    /// How many would have gone where.
    pub fn counted(&self) -> Counts {
        serde_json::from_str(&self.counts).unwrap_or_default()
    }
}

/// Something that somebody would have gone through.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = rehearsal_acts)]
pub struct Acted {
    pub id: i64,
    pub customer_id: CustomerId,
    pub node: NodeId,
    pub what: String,
    pub result: String,
    pub happened_at: Time,
}

/// Has the draft of a journey rehearsed on the quarter that ends now. `zone` is the time zone of the shop's clocks.
pub fn ask(conn: &mut Conn, journey: JourneyId, zone: &str, now: Time) -> Result<RehearsalId> {
    let draft = get(conn, journey)?.draft.0;
    if draft.nodes.is_empty() {
        return Err(Error::conflict("journey-empty"));
    }
    diesel::update(journeys::table.find(journey).filter(journeys::version_id.is_null())).set(journeys::zone.eq(zone)).execute(conn)?;
    let row = (
        rehearsals::journey_id.eq(journey),
        rehearsals::graph.eq(json::text(&draft)?),
        rehearsals::begins_at.eq(now - BACK),
        rehearsals::ends_at.eq(now),
        rehearsals::state.eq("waiting"),
        rehearsals::asked_at.eq(now),
    );
    let id: RehearsalId = diesel::insert_into(rehearsals::table).values(row).returning(rehearsals::id).get_result(conn)?;
    jobs::enqueue_as(conn, Class::Bulk, REHEARSE_JOB, &id.to_string(), Some(&format!("rehearsal:{id}")), now, now)?;
    Ok(id)
}

/// A rehearsal of this journey; one of another is not found.
pub fn rehearsal(conn: &mut Conn, journey: JourneyId, id: RehearsalId) -> Result<Rehearsal> {
    let own = rehearsals::table.find(id).filter(rehearsals::journey_id.eq(journey));
    Ok(own.select(Rehearsal::as_select()).first(conn)?)
}

/// The last one that was asked for.
pub fn last(conn: &mut Conn, journey: JourneyId) -> Result<Option<Rehearsal>> {
    let own = rehearsals::table.filter(rehearsals::journey_id.eq(journey)).order(rehearsals::id.desc());
    Ok(own.select(Rehearsal::as_select()).first(conn).optional()?)
}

/// What some of the people would have gone through, behind `after`.
pub fn acts(conn: &mut Conn, id: RehearsalId, after: i64, limit: i64) -> Result<Vec<Acted>> {
    let own = rehearsal_acts::table.filter(rehearsal_acts::rehearsal_id.eq(id)).filter(rehearsal_acts::id.gt(after));
    Ok(own.order(rehearsal_acts::id).limit(limit).select(Acted::as_select()).load(conn)?)
}

/// What this room does not keep of what people enter by: when whom something that was back or cheaper would have entered, within a span.
pub type Past<'a> = dyn Fn(&mut Conn, &Trigger, (Time, Time)) -> Result<BTreeMap<CustomerId, Vec<Time>>> + 'a;

/// Walks a rehearsal and keeps its result.
pub fn rehearse(db: &Db, id: RehearsalId, past: &Past) -> Result<()> {
    let (of, zone) = db.read_now(|conn| {
        let of: Rehearsal = rehearsals::table.find(id).select(Rehearsal::as_select()).first(conn)?;
        let zone = get(conn, of.journey_id)?.zone;
        Ok((of, zone.parse().unwrap_or(Tz::UTC)))
    })?;
    if of.state != "waiting" {
        return Ok(());
    }
    let graph = parsed(&json::text(&of.graph.0)?)?;
    let span = (of.begins_at, of.ends_at);
    let (others, moves) = db.read_now(|conn| {
        let moves = match &graph.trigger {
            Trigger::Birthday(_) => celebrated(conn, &graph, zone, span)?,
            Trigger::Back | Trigger::PriceDrop(_) => past(conn, &graph.trigger, span)?,
            Trigger::Event(_) | Trigger::Entered(_) | Trigger::Left(_) => moves(conn, &graph, span)?,
        };
        Ok((segments::others(conn)?, moves))
    })?;
    let people = match &graph.trigger {
        Trigger::Event(kind) => db.read_now(|conn| people(conn, kind, span))?,
        _ => moves.keys().copied().collect(),
    };
    let ground = Ground { journey: of.journey_id, graph: &graph, others: &others, shop: zone, until: of.ends_at };
    let mut result = Found::default();
    for customer in people {
        let own = moves.get(&customer).map(Vec::as_slice).unwrap_or_default();
        let way = db.read_now(|conn| walked(conn, &ground, customer, own, span, &mut result.days))?;
        result.take(customer, way);
    }
    db.write_now(move |conn| {
        let change = (rehearsals::state.eq("done"), rehearsals::counts.eq(json::text(&result.counts())?), rehearsals::done_at.eq(span.1));
        let own = rehearsals::table.find(id).filter(rehearsals::state.eq("waiting"));
        if diesel::update(own).set(change).execute(conn)? == 0 {
            return Ok(());
        }
        for (customer, acted) in &result.sample {
            // Somebody who was erased while it ran is not written down again.
            if customers::erased(conn, *customer)? {
                continue;
            }
            let row = |one: &Went| {
                (
                    rehearsal_acts::rehearsal_id.eq(id),
                    rehearsal_acts::customer_id.eq(*customer),
                    rehearsal_acts::node.eq(one.node),
                    rehearsal_acts::what.eq(one.what),
                    rehearsal_acts::result.eq(one.result),
                    rehearsal_acts::happened_at.eq(one.at),
                )
            };
            for one in acted {
                diesel::insert_into(rehearsal_acts::table).values(row(one)).execute(conn)?;
            }
        }
        Ok(())
    })
}

/// What all of them came to.
#[derive(Default)]
struct Found {
    counts: BTreeMap<(NodeId, &'static str), i64>,
    sample: Vec<(CustomerId, Vec<Went>)>,
    /// Who entered on which day.
    days: HashMap<NaiveDate, i64>,
}

impl Found {
    fn take(&mut self, customer: CustomerId, mut way: Vec<Went>) {
        for one in &way {
            let what = if one.what == "enter" { ENTERED } else { one.result };
            *self.counts.entry((one.node, what)).or_default() += 1;
        }
        if self.sample.len() < SAMPLE && !way.is_empty() {
            way.truncate(LONGEST);
            self.sample.push((customer, way));
        }
    }

    /// Those who were still in it count as there.
    fn counts(&self) -> Counts {
        let mut rows: Vec<(NodeId, String, i64)> =
            self.counts.iter().map(|((node, what), count)| (*node, (*what).to_string(), *count)).collect();
        let of = |such: &dyn Fn(&str) -> bool| -> i64 {
            self.counts.iter().filter(|((node, what), _)| *node == WHOLE && such(what)).map(|(_, count)| *count).sum()
        };
        let left = of(&|what| Ending::parse(what).is_some());
        rows.push((WHOLE, HERE.to_string(), of(&|what| what == ENTERED) - left));
        Counts(rows)
    }
}

/// Who came and left by the segment that a graph is entered by.
fn moves(conn: &mut Conn, graph: &Graph, (begins, ends): (Time, Time)) -> Result<BTreeMap<CustomerId, Vec<Time>>> {
    let (segment, entered) = match &graph.trigger {
        Trigger::Entered(id) => (*id, true),
        Trigger::Left(id) => (*id, false),
        _ => return Ok(BTreeMap::new()),
    };
    let rows = segment_history::table
        .filter(segment_history::segment_id.eq(segment))
        .filter(segment_history::entered.eq(entered))
        .filter(segment_history::happened_at.between(begins, ends))
        .order(segment_history::id)
        .select((segment_history::customer_id, segment_history::happened_at));
    let mut found: BTreeMap<CustomerId, Vec<Time>> = BTreeMap::new();
    for (customer, at) in rows.load::<(CustomerId, Time)>(conn)? {
        found.entry(customer).or_default().push(at);
    }
    Ok(found)
}

/// Everybody with an entry of a kind.
fn people(conn: &mut Conn, kind: &str, (begins, ends): (Time, Time)) -> Result<Vec<CustomerId>> {
    let rows = activities::table
        .filter(activities::kind.eq(kind))
        .filter(activities::happened_at.between(begins, ends))
        .filter(activities::customer_id.is_not_null())
        .select(activities::customer_id.assume_not_null())
        .distinct();
    let mut found: Vec<CustomerId> = rows.load(conn)?;
    found.sort_unstable();
    Ok(found)
}

/// The way of one customer.
pub(super) fn walked(
    conn: &mut Conn,
    ground: &Ground,
    customer: CustomerId,
    moves: &[Time],
    span: (Time, Time),
    days: &mut HashMap<NaiveDate, i64>,
) -> Result<Vec<Went>> {
    if customers::known(conn, customer).is_err() {
        return Ok(Vec::new());
    }
    let story = story(conn, ground.graph, customer, moves, span)?;
    let mut needs = ground.graph.needs(ground.others);
    needs.add_score();
    let Some(facts) = Facts::load(conn, customer, &needs.whole(), false)? else { return Ok(Vec::new()) };
    let zone = zone_of(countries(conn, &[customer])?.get(&customer).map(String::as_str), ground.shop);
    Ok(walk(ground, customer, &story, &facts, zone, days))
}

/// What happened with somebody that may enter or wake them, in order.
fn story(conn: &mut Conn, graph: &Graph, customer: CustomerId, moves: &[Time], (begins, ends): (Time, Time)) -> Result<Vec<Told>> {
    let awaited =
        |kind: Kind| graph.nodes.iter().any(|node| matches!(&node.what, What::Wait(Wait::Event(awaited)) if awaited.kind == kind.as_str()));
    let enters = |kind: Kind| matches!(&graph.trigger, Trigger::Event(known) if known == kind.as_str());
    let rows = activities::table
        .filter(activities::customer_id.eq(customer))
        .filter(activities::happened_at.between(begins, ends))
        .order((activities::happened_at, activities::id))
        .select((activities::kind, activities::happened_at));
    let rows: Vec<(Kind, Time)> = rows.load(conn)?;
    let told = |(kind, at): (Kind, Time)| Told { at, kind: Some(kind), enters: enters(kind) };
    let wanted = |(kind, _): &(Kind, Time)| graph.checks() || enters(*kind) || awaited(*kind);
    let mut story: Vec<Told> = rows.into_iter().filter(wanted).map(told).collect();
    story.extend(moves.iter().map(|at| Told { at: *at, kind: None, enters: true }));
    story.sort_by_key(|one| one.at);
    Ok(story)
}
