//! Taking the steps that are due. Each person is held, what is known of them is read, and what follows is written in one transaction; a guarded
//! update of the row keeps two workers from taking the same step.

use super::counts::{ENTERED, HERE, Tally, WHOLE, next};
use super::graph::{Graph, Node, NodeId, What, chance, parsed};
use super::step::{Act, Ending, Facts as Asked, Position, kept_out, step};
use super::{Enrolment, EnrolmentId, JourneyId, Stage, State, active};
use crate::CustomerId;
use crate::campaigns::{self, Standing, countries, zone_of};
use crate::rules::{Facts, Others, answer};
use crate::schema::{enrolment_log as logs, enrolments, journey_versions as versions, journeys};
use crate::{customers, scores, segments, tasks};
use chrono::{TimeDelta, TimeZone};
use chrono_tz::Tz;
use diesel::prelude::*;
use kernel::clock::{Clock, Time};
use kernel::events::{self, Event};
use kernel::{Conn, Db, Error, Result, jobs, on_each, prepared};
use std::time::{Duration, Instant};

/// The job that takes what is due; it stands in the queue while anything is.
pub const JOB: &str = "journeys.step";
/// The job that takes everybody out of a journey that was ended; its payload is the journey.
pub const END_JOB: &str = "journeys.end";
/// The job that decides a personal promotion about somebody: the promotion, a colon and the customer.
pub const OFFER_JOB: &str = "journeys.offer";
/// People looked for at once, and those of one transaction: orders wait for it on SQLite.
const READ: i64 = 500;
const TOGETHER: usize = 20;
/// After so long the job ends and is asked for again, so that a process that is told to stop does.
const SHIFT: Duration = Duration::from_secs(10);
/// How long somebody waits whose step went wrong.
const LATER: TimeDelta = TimeDelta::minutes(10);
/// Who sets tasks.
const ACTOR: &str = "journey";

pub(super) type Due = (EnrolmentId, CustomerId);

/// The journeys in which steps are taken: few.
fn walked(conn: &mut Conn) -> Result<Vec<JourneyId>> {
    let live = journeys::table.filter(diesel::dsl::sql::<diesel::sql_types::Bool>("state IN ('live', 'paused')"));
    Ok(on_each!(conn, c => live.filter(journeys::state.eq(State::Live)).order(journeys::id).select(journeys::id).load(c))?)
}

fn due(conn: &mut Conn, journey: JourneyId, limit: i64, now: Time) -> Result<Vec<Due>> {
    Ok(on_each!(conn, c => enrolments::table
        .filter(active())
        .filter(enrolments::journey_id.eq(journey))
        .filter(enrolments::wake_at.le(now))
        .order(enrolments::wake_at)
        .limit(limit)
        .select((enrolments::id, enrolments::customer_id))
        .load(c))?)
}

/// Whether a step is due. Asked often.
pub fn any(conn: &mut Conn, now: Time) -> Result<bool> {
    for journey in walked(conn)? {
        if !due(conn, journey, 1, now)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes the steps that are due, for a while. Journeys take turns.
pub fn run(db: &Db, clock: &Clock) -> Result<()> {
    let until = Instant::now() + SHIFT;
    loop {
        let now = clock.now();
        let found = db.read_now(|conn| found(conn, now))?;
        if found.is_empty() {
            return Ok(());
        }
        for some in found.chunks(TOGETHER) {
            if Instant::now() >= until {
                return Ok(());
            }
            take(db, some, now)?;
        }
    }
}

/// People with a step that is due: in the order of their numbers, so that two who hold some of them wait for each other and do not lock.
pub(super) fn found(conn: &mut Conn, now: Time) -> Result<Vec<Due>> {
    let mut found = Vec::new();
    for journey in walked(conn)? {
        found.extend(due(conn, journey, READ, now)?);
    }
    found.sort_unstable_by_key(|(id, customer)| (*customer, *id));
    Ok(found)
}

/// Takes the steps of some people. Where one of them goes wrong, each is taken alone, and who cannot waits.
pub(super) fn take(db: &Db, some: &[Due], now: Time) -> Result<()> {
    let all = some.to_vec();
    match db.write_now(move |conn| advance_all(conn, &all, now)) {
        Ok(()) => return Ok(()),
        Err(error @ Error::Unavailable(_)) => return Err(error),
        Err(_) => {}
    }
    for one in some.iter().copied() {
        match db.write_now(move |conn| advance_all(conn, &[one], now)) {
            Ok(()) => {}
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::error!(%error, enrolment = one.0.0, "a step of a journey went wrong and is taken later");
                db.write_now(move |conn| put_off(conn, one.0, now))?;
            }
        }
    }
    Ok(())
}

/// Unless somebody else took the step meanwhile.
fn put_off(conn: &mut Conn, id: EnrolmentId, now: Time) -> Result<()> {
    let due = enrolments::table.find(id).filter(active()).filter(enrolments::wake_at.le(now));
    diesel::update(due).set(enrolments::wake_at.eq(now + LATER)).execute(conn)?;
    Ok(())
}

pub(super) fn advance_all(conn: &mut Conn, all: &[Due], now: Time) -> Result<()> {
    let others = segments::others(conn)?;
    let mut tally = Tally::default();
    for due in all {
        advance(conn, &others, *due, now, &mut tally)?;
    }
    tally.write(conn)
}

fn get(conn: &mut Conn, id: EnrolmentId) -> Result<Option<Enrolment>> {
    Ok(on_each!(conn, c => enrolments::table.find(id).select(Enrolment::as_select()).first(c)).optional()?)
}

/// Takes one person as far as they go now. Somebody else who took the step meanwhile has taken it.
fn advance(conn: &mut Conn, others: &Others, (id, customer): Due, now: Time, tally: &mut Tally) -> Result<()> {
    let Some(row) = get(conn, id)? else { return Ok(()) };
    let (state, zone): (State, String) = on_each!(conn, c => journeys::table
        .find(row.journey_id)
        .select((journeys::state, journeys::zone))
        .first(c))?;
    if state != State::Live || row.state != Stage::Active || row.wake_at > now {
        return Ok(());
    }
    let text: String = on_each!(conn, c => versions::table.find(row.version_id).select(versions::graph).first(c))?;
    let graph = parsed(&text)?;
    // Held first, as everybody does who changes something about a person.
    let needs = graph.needs(others);
    let mut known = Facts::load(conn, customer, &needs, true)?;
    if !claimed(conn, &row, now)? {
        return Ok(());
    }
    // What they wait for may have come before the row was this transaction's.
    let Some(held) = get(conn, id)? else { return Ok(()) };
    let row = Enrolment { steps: row.steps, ..held };
    begin(&row, tally);
    let shop = zone.parse().unwrap_or(Tz::UTC);
    if matches!(customers::known(conn, customer), Err(Error::NotFound)) {
        return finish(conn, &row, Ending::Gone, now, tally);
    }
    if row.steps == 0 {
        log(conn, id, WHOLE, "enter", "", now)?;
        let holds = |rule: &crate::rules::Rule| known.as_ref().is_some_and(|facts| answer(rule, facts, others, now).holds);
        if let Some(ending) = kept_out(&graph, &holds, || full(conn, &row, &graph, shop))? {
            return finish(conn, &row, ending, now, tally);
        }
    }
    let zone = zone_of(countries(conn, &[customer])?.get(&customer).map(String::as_str), shop);
    let rhythm = rhythm(conn, &graph, customer)?;
    let node = Some(row.node).filter(|node| node.0 > 0);
    let mut at = Position { node, since: row.since, came: row.came };
    // Between two waits there are no more steps than the graph has.
    for _ in 0..=graph.nodes.len() {
        let holds = |rule: &crate::rules::Rule| known.as_ref().is_some_and(|facts| answer(rule, facts, others, now).holds);
        let chance = |node: NodeId| chance(row.journey_id.0, customer, node);
        let acts = step(&graph, &at, &Asked { holds: &holds, chance: &chance, zone, rhythm }, now);
        for act in acts {
            match act {
                Act::Went { node, way } => {
                    log(conn, id, node, word(&graph, node), way.as_str(), now)?;
                    tally.add(row.journey_id, node, way.as_str(), 1);
                }
                Act::Do { node, next } => {
                    let Some(of) = graph.node(node) else { continue };
                    let result = done(conn, &row, of, now)?;
                    log(conn, id, node, of.what.word(), result, now)?;
                    tally.add(row.journey_id, node, result, 1);
                    at = Position::at(next);
                }
                Act::Stay { node, since, until, awaits } => {
                    if at.since.is_none() || at.node != Some(node) {
                        log(conn, id, node, word(&graph, node), "waits", now)?;
                    }
                    tally.add(row.journey_id, node, HERE, 1);
                    return stay(conn, id, (node, since, until), awaits.as_deref().unwrap_or(""));
                }
                Act::End(ending) => return finish(conn, &row, ending, now, tally),
            }
        }
        // What was done may have changed what is known of them.
        known = Facts::load(conn, customer, &needs, true)?;
    }
    Err(Error::unexpected(format!("enrolment {id} takes more steps than its journey has")))
}

fn word(graph: &Graph, node: NodeId) -> &'static str {
    graph.node(node).map_or("", |node| node.what.word())
}

/// Whether the step is this caller's.
fn claimed(conn: &mut Conn, row: &Enrolment, now: Time) -> Result<bool> {
    let own = enrolments::table.find(row.id).filter(active()).filter(enrolments::steps.eq(row.steps));
    let change = diesel::update(own.filter(enrolments::wake_at.le(now))).set(enrolments::steps.eq(row.steps + 1));
    Ok(prepared!(conn, change => execute)? == 1)
}

/// Counts whoever is looked at for the first time, and lifts whoever waits from where they wait.
fn begin(row: &Enrolment, tally: &mut Tally) {
    if row.steps == 0 {
        tally.add(row.journey_id, WHOLE, ENTERED, 1);
        tally.add(row.journey_id, WHOLE, HERE, 1);
    }
    if row.since.is_some() {
        tally.add(row.journey_id, row.node, HERE, -1);
    }
}

/// Whether as many entered today as may; whoever asks counts.
fn full(conn: &mut Conn, row: &Enrolment, graph: &Graph, shop: Tz) -> Result<bool> {
    let Some(most) = graph.per_day else { return Ok(false) };
    let day = shop.from_utc_datetime(&row.entered_at).date_naive();
    Ok(next(conn, row.journey_id, &format!("day {day}"))? > most)
}

/// What usually lies between two orders of somebody, where the graph asks.
fn rhythm(conn: &mut Conn, graph: &Graph, customer: CustomerId) -> Result<Option<TimeDelta>> {
    if !graph.nodes.iter().any(|node| matches!(node.what, What::Wait(super::Wait::Rhythm(_)))) {
        return Ok(None);
    }
    Ok(scores::of(conn, customer)?.and_then(|score| usual(score.orders, score.first_at, score.last_at)))
}

/// The mean time between so many orders.
pub(super) fn usual(orders: i64, first: Time, last: Time) -> Option<TimeDelta> {
    let gaps = i32::try_from(orders - 1).ok().filter(|gaps| *gaps > 0)?;
    Some((last - first) / gaps)
}

fn stay(conn: &mut Conn, id: EnrolmentId, (node, since, until): (NodeId, Time, Time), awaits: &str) -> Result<()> {
    let change = diesel::update(enrolments::table.find(id)).set((
        enrolments::node.eq(node),
        enrolments::since.eq(Some(since)),
        enrolments::due_at.eq(until),
        enrolments::wake_at.eq(until),
        enrolments::awaits.eq(awaits),
        enrolments::came.eq(false),
    ));
    prepared!(conn, change => execute)?;
    Ok(())
}

/// Takes somebody out.
fn finish(conn: &mut Conn, row: &Enrolment, ending: Ending, now: Time, tally: &mut Tally) -> Result<()> {
    let state = if matches!(ending, Ending::Done | Ending::Goal) { Stage::Done } else { Stage::Left };
    let change = diesel::update(enrolments::table.find(row.id)).set((
        enrolments::state.eq(state),
        enrolments::since.eq(None::<Time>),
        enrolments::awaits.eq(""),
        enrolments::ended_at.eq(Some(now)),
        enrolments::ending.eq(ending.as_str()),
    ));
    prepared!(conn, change => execute)?;
    tally.add(row.journey_id, WHOLE, HERE, -1);
    tally.add(row.journey_id, WHOLE, ending.as_str(), 1);
    log(conn, row.id, WHOLE, "end", ending.as_str(), now)
}

fn log(conn: &mut Conn, id: EnrolmentId, node: NodeId, what: &str, result: &str, now: Time) -> Result<()> {
    let row = (logs::enrolment_id.eq(id), logs::node.eq(node), logs::what.eq(what), logs::result.eq(result), logs::happened_at.eq(now));
    prepared!(conn, diesel::insert_into(logs::table).values(row) => execute)?;
    Ok(())
}

/// Does what a step does; answers what came of it. What cannot be done for somebody keeps them from nothing that comes behind it.
fn done(conn: &mut Conn, row: &Enrolment, node: &Node, now: Time) -> Result<&'static str> {
    match acted(conn, row, node, now) {
        Err(Error::NotFound | Error::Conflict(_) | Error::Invalid(_)) => Ok("failed"),
        other => other,
    }
}

fn acted(conn: &mut Conn, row: &Enrolment, node: &Node, now: Time) -> Result<&'static str> {
    let customer = row.customer_id;
    match &node.what {
        What::Mail(campaign) => {
            let given = campaigns::give(conn, *campaign, customer, row.id.0, now)?;
            return Ok(match given {
                None => "had",
                Some(Standing::Skipped) => "skipped",
                Some(_) => "given",
            });
        }
        What::Offer(promotion) => {
            let key = format!("offer:{}:{}", row.id, node.id);
            jobs::enqueue(conn, OFFER_JOB, &format!("{promotion}:{customer}"), Some(&key), now, now)?;
        }
        What::Tag(tag) => retag(conn, customer, tag, true, now)?,
        What::Untag(tag) => retag(conn, customer, tag, false, now)?,
        What::Task(errand) => {
            let wish = tasks::Wish {
                title: errand.title.trim().to_string(),
                note: String::new(),
                due_on: (now + TimeDelta::days(errand.days)).date(),
                assignee: errand.assignee,
            };
            tasks::create(conn, customer, &wish, ACTOR, now)?;
        }
        What::Hook(name) => {
            let event = Event::JourneyReached { journey: row.journey_id.0, enrolment: row.id.0, customer: customer.0, name: name.clone() };
            events::record(conn, "journeys", &format!("{}:{}:{}", row.id, node.id, row.steps), &event, now)?;
        }
        What::Wait(_) | What::Branch(_) | What::Split(_) => {}
    }
    Ok("given")
}

/// Puts a tag on somebody, or takes it off.
fn retag(conn: &mut Conn, customer: CustomerId, tag: &str, on: bool, now: Time) -> Result<()> {
    let before = customers::known(conn, customer)?;
    let mut tags = customers::tags(&before.tags);
    let has = tags.iter().any(|one| one == tag);
    if has == on {
        return Ok(());
    }
    if on {
        tags.push(tag.to_string());
    } else {
        tags.retain(|one| one != tag);
    }
    customers::annotate(conn, customer, &tags.join(", "), &before.note, now)
}

/// Takes everybody out of a journey that was ended, in short transactions.
pub fn sweep(db: &Db, journey: JourneyId, clock: &Clock) -> Result<()> {
    loop {
        let now = clock.now();
        let gone = db.write_now(move |conn| sweep_some(conn, journey, now))?;
        if gone == 0 {
            return Ok(());
        }
    }
}

fn sweep_some(conn: &mut Conn, journey: JourneyId, now: Time) -> Result<usize> {
    let state: State = journeys::table.find(journey).select(journeys::state).first(conn)?;
    if state != State::Ended {
        return Ok(0);
    }
    let own = enrolments::table.filter(active()).filter(enrolments::journey_id.eq(journey));
    let rows: Vec<Enrolment> = own.order(enrolments::wake_at).limit(READ).select(Enrolment::as_select()).load(conn)?;
    let mut tally = Tally::default();
    for row in &rows {
        let claim = enrolments::table.find(row.id).filter(active()).filter(enrolments::steps.eq(row.steps));
        if diesel::update(claim).set(enrolments::steps.eq(row.steps + 1)).execute(conn)? == 1 {
            begin(row, &mut tally);
            finish(conn, row, Ending::Ended, now, &mut tally)?;
        }
    }
    tally.write(conn)?;
    Ok(rows.len())
}

/// Takes one person out of everything, as when they are erased.
pub(super) fn leave(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<()> {
    let own = enrolments::table.filter(active()).filter(enrolments::customer_id.eq(customer));
    let rows: Vec<Enrolment> = own.order(enrolments::id).select(Enrolment::as_select()).load(conn)?;
    let mut tally = Tally::default();
    for row in &rows {
        diesel::update(enrolments::table.find(row.id)).set(enrolments::steps.eq(row.steps + 1)).execute(conn)?;
        begin(row, &mut tally);
        finish(conn, row, Ending::Gone, now, &mut tally)?;
    }
    tally.write(conn)
}
