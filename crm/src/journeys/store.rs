//! Journeys as staff write them, and their versions.

use super::graph::{Graph, check, parsed};
use super::live::END_JOB;
use super::{JourneyId, NodeId, State, VersionId, What};
use crate::campaigns::{self, CampaignId};
use crate::schema::{journey_versions as versions_of, journeys};
use crate::segments::{self, SegmentId};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::jobs::{self, Class};
use kernel::json::Json;
use kernel::{Conn, Error, Result, json};
use serde::Serialize;
use std::sync::Arc;

/// The longest name and topic.
const NAME: usize = 120;
const TOPIC: usize = 60;
/// The text of the conflict when a journey went on since it was seen.
const STALE: &str = "journey-stale";

/// A journey as stored.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = journeys)]
pub struct Journey {
    pub id: JourneyId,
    pub name: String,
    pub state: State,
    pub draft: Json<Graph>,
    /// What people enter; none before it was published.
    pub version_id: Option<VersionId>,
    pub store_id: i64,
    pub topic: String,
    pub zone: String,
    pub version: i64,
    pub created_at: Time,
    pub changed_at: Time,
}

/// A journey as somebody wants it, without its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wish {
    pub name: String,
    pub store_id: i64,
    pub topic: String,
}

pub fn get(conn: &mut Conn, id: JourneyId) -> Result<Journey> {
    Ok(journeys::table.find(id).select(Journey::as_select()).first(conn)?)
}

/// The newest first, before `before` when given.
pub fn list(conn: &mut Conn, before: Option<JourneyId>, limit: i64) -> Result<Vec<Journey>> {
    let found = journeys::table.filter(journeys::id.lt(before.unwrap_or(JourneyId(i64::MAX))));
    Ok(found.order(journeys::id.desc()).limit(limit).select(Journey::as_select()).load(conn)?)
}

/// The journeys that ask about a segment or are entered by it, with their names. What people who are in one walk counts as well.
pub fn for_segment(conn: &mut Conn, segment: SegmentId) -> Result<Vec<(JourneyId, String)>> {
    let rows: Vec<(JourneyId, String, Json<Graph>, Option<VersionId>)> = journeys::table
        .filter(journeys::state.ne(State::Ended))
        .order(journeys::id)
        .select((journeys::id, journeys::name, journeys::draft, journeys::version_id))
        .load(conn)?;
    let mut found = Vec::new();
    for (id, name, draft, version) in rows {
        let current = version.map(|version| graph_of(conn, version)).transpose()?;
        if draft.0.uses(segment) || current.is_some_and(|graph| graph.uses(segment)) {
            found.push((id, name));
        }
    }
    Ok(found)
}

/// What a version walks.
pub fn graph_of(conn: &mut Conn, version: VersionId) -> Result<Arc<Graph>> {
    let text: String = versions_of::table.find(version).select(versions_of::graph).first(conn)?;
    parsed(&text)
}

/// The versions of a journey, the latest first: number and moment.
pub fn versions(conn: &mut Conn, id: JourneyId) -> Result<Vec<(VersionId, i64, Time)>> {
    let own = versions_of::table.filter(versions_of::journey_id.eq(id)).order(versions_of::number.desc());
    Ok(own.select((versions_of::id, versions_of::number, versions_of::published_at)).load(conn)?)
}

/// `Invalid` names what cannot be: `name`, `topic`.
fn checked(wish: &Wish) -> Result<Wish> {
    let wish = Wish { name: wish.name.trim().to_string(), topic: wish.topic.trim().to_string(), ..wish.clone() };
    let mut wrong = Fields::default();
    if wish.name.is_empty() || wish.name.chars().count() > NAME {
        wrong.add("name", "journey-name-invalid");
    }
    if wish.topic.is_empty() || wish.topic.chars().count() > TOPIC {
        wrong.add("topic", "campaign-topic-invalid");
    }
    wrong.check()?;
    Ok(wish)
}

/// Adds a draft. Mails of `graph` without a campaign get one each, which says nothing yet.
pub fn create(conn: &mut Conn, wish: &Wish, graph: &Graph, now: Time) -> Result<JourneyId> {
    let wish = checked(wish)?;
    check(graph, &segments::others(conn)?)?;
    let mut graph = graph.clone();
    for node in &mut graph.nodes {
        if matches!(node.what, What::Mail(_)) {
            node.what = What::Mail(add_mail(conn, &wish, node.id, now)?);
        }
    }
    let row = (
        journeys::name.eq(&wish.name),
        journeys::state.eq(State::Draft),
        journeys::draft.eq(json::text(&graph)?),
        journeys::store_id.eq(wish.store_id),
        journeys::topic.eq(&wish.topic),
        journeys::created_at.eq(now),
        journeys::changed_at.eq(now),
    );
    Ok(diesel::insert_into(journeys::table).values(row).returning(journeys::id).get_result(conn)?)
}

/// A campaign for the mail of a step: everybody who comes there gets it, and of its variants each an equal part.
pub fn add_mail(conn: &mut Conn, wish: &Wish, node: NodeId, now: Time) -> Result<CampaignId> {
    let name: String = format!("{} · {node}", wish.name).chars().take(NAME).collect();
    let trial = campaigns::Trial { share_bp: 10_000, ..campaigns::Trial::default() };
    let wish = campaigns::Wish { name, store_id: wish.store_id, topic: wish.topic.clone(), control_bp: 0, trial, ..Default::default() };
    campaigns::create_as(conn, campaigns::Kind::Step, &wish, now)
}

/// Puts a draft of the same mail in the place of one that goes out already: what is sent never changes under way.
pub fn renew_mail(conn: &mut Conn, id: JourneyId, version: i64, node: NodeId, now: Time) -> Result<CampaignId> {
    let journey = get(conn, id)?;
    let mut graph = journey.draft.0.clone();
    let wish = Wish { name: journey.name.clone(), store_id: journey.store_id, topic: journey.topic.clone() };
    let fresh = add_mail(conn, &wish, node, now)?;
    let Some(What::Mail(place)) = graph.nodes.iter_mut().find(|one| one.id == node).map(|one| &mut one.what) else {
        return Err(Error::NotFound);
    };
    let old = std::mem::replace(place, fresh);
    let first = campaigns::variants(conn, fresh)?.into_iter().next().ok_or(Error::NotFound)?;
    for (nth, variant) in campaigns::variants(conn, old)?.into_iter().enumerate() {
        if nth == 0 {
            campaigns::put_variant(conn, first.id, first.version, &variant.content, now)?;
        } else {
            campaigns::add_variant(conn, fresh, &variant.content, now)?;
        }
    }
    put_graph(conn, id, version, &graph, now)?;
    Ok(fresh)
}

/// Writes to a journey as it was seen, unless it was ended.
macro_rules! turned {
    ($conn:expr, $id:expr, $version:expr, $now:expr, $change:expr) => {{
        let own = journeys::table.find($id).filter(journeys::version.eq($version)).filter(journeys::state.ne(State::Ended));
        let moved = (journeys::version.eq(journeys::version + 1i64), journeys::changed_at.eq($now));
        match diesel::update(own).set(($change, moved)).execute($conn)? {
            1 => Ok(()),
            _ => {
                get($conn, $id)?;
                Err(Error::conflict(STALE))
            }
        }
    }};
}

/// Changes name, store and topic. `Conflict` when it was changed since `version`. Mails that were drawn before keep theirs.
pub fn update(conn: &mut Conn, id: JourneyId, version: i64, wish: &Wish, now: Time) -> Result<()> {
    let wish = checked(wish)?;
    let change = (journeys::name.eq(&wish.name), journeys::store_id.eq(wish.store_id), journeys::topic.eq(&wish.topic));
    turned!(conn, id, version, now, change)
}

/// Replaces the draft. Nobody walks it before it is published. `Conflict` when the journey was changed since `version`.
pub fn put_graph(conn: &mut Conn, id: JourneyId, version: i64, graph: &Graph, now: Time) -> Result<()> {
    check(graph, &segments::others(conn)?)?;
    turned!(conn, id, version, now, journeys::draft.eq(json::text(graph)?))
}

/// Makes a version of the draft, which people enter from now on; who is in the journey walks on as they entered. `zone` is the time zone of
/// the shop's clocks, `host` stands in the Message-IDs. `Conflict` while a mail says nothing.
pub fn publish(conn: &mut Conn, id: JourneyId, version: i64, (zone, host): (&str, &str), now: Time) -> Result<VersionId> {
    let journey = get(conn, id)?;
    let graph = &journey.draft.0;
    if graph.nodes.is_empty() {
        return Err(Error::conflict("journey-empty"));
    }
    check(graph, &segments::others(conn)?)?;
    for mail in graph.mails() {
        campaigns::open_step(conn, mail, (zone, host), now)?;
    }
    let number = versions(conn, id)?.first().map_or(0, |(_, number, _)| *number) + 1;
    let row = (
        versions_of::journey_id.eq(id),
        versions_of::number.eq(number),
        versions_of::graph.eq(json::text(graph)?),
        versions_of::published_at.eq(now),
    );
    let made: VersionId = diesel::insert_into(versions_of::table).values(row).returning(versions_of::id).get_result(conn)?;
    let state = if journey.state == State::Paused { State::Paused } else { State::Live };
    let change = (journeys::version_id.eq(made), journeys::state.eq(state), journeys::zone.eq(zone));
    turned!(conn, id, version, now, change)?;
    Ok(made)
}

/// Moves a journey that is in `from`. `Conflict` when it is not.
fn turn(conn: &mut Conn, id: JourneyId, version: i64, from: &[State], to: State, now: Time) -> Result<()> {
    if !from.contains(&get(conn, id)?.state) {
        return Err(Error::conflict(STALE));
    }
    turned!(conn, id, version, now, journeys::state.eq(to))
}

/// Nobody enters or takes a step from now on; what happens meanwhile is remembered for whoever waits for it.
pub fn pause(conn: &mut Conn, id: JourneyId, version: i64, now: Time) -> Result<()> {
    turn(conn, id, version, &[State::Live], State::Paused, now)
}

pub fn resume(conn: &mut Conn, id: JourneyId, version: i64, now: Time) -> Result<()> {
    turn(conn, id, version, &[State::Paused], State::Live, now)
}

/// Ends a journey for good; a job takes out whoever is in it.
pub fn end(conn: &mut Conn, id: JourneyId, version: i64, now: Time) -> Result<()> {
    turn(conn, id, version, &[State::Draft, State::Live, State::Paused], State::Ended, now)?;
    // Once more a minute later, for whoever was entering at this moment.
    let later = now + TimeDelta::minutes(1);
    jobs::enqueue_as(conn, Class::Bulk, END_JOB, &id.to_string(), Some(&format!("journey:{id}:end:again")), later, now)?;
    jobs::enqueue_as(conn, Class::Bulk, END_JOB, &id.to_string(), Some(&format!("journey:{id}:end")), now, now)
}
