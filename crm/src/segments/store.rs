//! Segments as staff write them.

use super::{SegmentId, State};
use crate::rules::{self, Others, Rule};
use crate::schema::{segment_history, segment_sizes, segment_states, segments};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, json, on_each};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The longest name and note.
const NAME: usize = 80;
const NOTE: usize = 2000;
/// Rules kept as they were read.
const KEPT: usize = 2000;

/// A segment as stored.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = segments)]
pub struct Segment {
    pub id: SegmentId,
    pub name: String,
    pub note: String,
    /// The rule as JSON.
    pub rule: String,
    pub state: State,
    pub running: bool,
    /// Members when they were last counted.
    pub size: i64,
    pub sized_at: Option<Time>,
    /// How long the last build took, in milliseconds.
    pub build_millis: i64,
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

impl Segment {
    pub fn rule(&self) -> Result<Arc<Rule>> {
        parsed(&self.rule)
    }
}

/// A segment as somebody wants it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub name: String,
    pub note: String,
    pub rule: Rule,
}

/// A stored rule. The same text is read once in a process: every order asks all of them.
pub(super) fn parsed(text: &str) -> Result<Arc<Rule>> {
    static READ: LazyLock<Mutex<HashMap<String, Arc<Rule>>>> = LazyLock::new(Mutex::default);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(rule) = read.get(text) {
        return Ok(rule.clone());
    }
    let rule: Arc<Rule> = Arc::new(serde_json::from_str(text)?);
    if read.len() >= KEPT {
        read.clear();
    }
    read.insert(text.to_string(), rule.clone());
    Ok(rule)
}

pub fn get(conn: &mut Conn, id: SegmentId) -> Result<Segment> {
    Ok(segments::table.find(id).select(Segment::as_select()).first(conn)?)
}

/// All of them, by name.
pub fn list(conn: &mut Conn) -> Result<Vec<Segment>> {
    Ok(segments::table.order((segments::name, segments::id)).select(Segment::as_select()).load(conn)?)
}

/// The rules of all segments.
pub fn others(conn: &mut Conn) -> Result<Others> {
    let rows: Vec<(SegmentId, String)> = on_each!(conn, c => segments::table.select((segments::id, segments::rule)).load(c))?;
    rows.into_iter().map(|(id, text)| Ok((id, parsed(&text)?))).collect()
}

/// The segments whose rules refer to this one, directly or by others.
pub fn users(id: SegmentId, others: &Others) -> Vec<SegmentId> {
    let mut found = vec![id];
    let mut next = 0;
    while let Some(of) = found.get(next).copied() {
        next += 1;
        for (user, rule) in others {
            if !found.contains(user) && rule.refers_to().contains(&of) {
                found.push(*user);
            }
        }
    }
    found.remove(0);
    found.sort_unstable();
    found
}

fn checked(conn: &mut Conn, id: Option<SegmentId>, wish: &Wish) -> Result<(String, String, String)> {
    let (name, note) = (wish.name.trim().to_string(), wish.note.trim().to_string());
    let mut wrong = Fields::default();
    if name.is_empty() || name.chars().count() > NAME {
        wrong.add("name", "segment-name-invalid");
    }
    if note.chars().count() > NOTE {
        wrong.add("note", "segment-note-long");
    }
    let taken: Option<SegmentId> = segments::table.filter(segments::name.eq(&name)).select(segments::id).first(conn).optional()?;
    if taken.is_some_and(|other| Some(other) != id) {
        wrong.add("name", "segment-name-taken");
    }
    let mut others = others(conn)?;
    match rules::check(&wish.rule, id, &others) {
        Ok(()) => {}
        Err(Error::Invalid(fields)) => fields.0.iter().for_each(|(field, text)| wrong.add(field, text.clone())),
        Err(other) => return Err(other),
    }
    // What refers to this one grows with it.
    if let Some(id) = id {
        others.insert(id, Arc::new(wish.rule.clone()));
        let users = users(id, &others);
        if users
            .into_iter()
            .filter_map(|user| Some((user, others.get(&user)?)))
            .any(|(user, rule)| rules::check(rule, Some(user), &others).is_err())
        {
            wrong.add("rule", "segment-users-too-large");
        }
    }
    wrong.check()?;
    Ok((name, note, json::text(&wish.rule)?))
}

/// Adds a segment, which a job then builds. `Invalid` names what cannot be, and of `rule` where.
pub fn create(conn: &mut Conn, wish: &Wish, now: Time) -> Result<SegmentId> {
    let (name, note, rule) = checked(conn, None, wish)?;
    let row = (
        segments::name.eq(name),
        segments::note.eq(note),
        segments::rule.eq(rule),
        segments::state.eq(State::Due),
        segments::created_at.eq(now),
        segments::updated_at.eq(now),
    );
    let id: SegmentId = diesel::insert_into(segments::table).values(row).returning(segments::id).get_result(conn)?;
    super::build::doubt(conn, &[id], now)?;
    Ok(id)
}

/// Changes a segment. A new rule is built by a job, with the segments that refer to it. `Conflict` when somebody else changed it since
/// `version`.
pub fn update(conn: &mut Conn, id: SegmentId, version: i64, wish: &Wish, now: Time) -> Result<()> {
    let before = get(conn, id)?;
    let (name, note, rule) = checked(conn, Some(id), wish)?;
    let changed = diesel::update(segments::table.find(id))
        .filter(segments::version.eq(version))
        .set((
            segments::name.eq(name),
            segments::note.eq(note),
            segments::rule.eq(&rule),
            segments::version.eq(segments::version + 1),
            segments::updated_at.eq(now),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Err(Error::conflict("segment-stale"));
    }
    if before.rule == rule {
        return Ok(());
    }
    let mut touched = users(id, &others(conn)?);
    touched.push(id);
    super::build::doubt(conn, &touched, now)
}

/// Removes a segment and all that is known of it. `Conflict` while another segment refers to it; who else uses it, the caller asks.
pub fn remove(conn: &mut Conn, id: SegmentId) -> Result<()> {
    if !users(id, &others(conn)?).is_empty() {
        return Err(Error::conflict("segment-used-by-segment"));
    }
    let gone = diesel::delete(segments::table.find(id)).execute(conn)?;
    if gone == 0 {
        return Err(Error::NotFound);
    }
    diesel::delete(segment_states::table.filter(segment_states::segment_id.eq(id))).execute(conn)?;
    diesel::delete(segment_history::table.filter(segment_history::segment_id.eq(id))).execute(conn)?;
    diesel::delete(segment_sizes::table.filter(segment_sizes::segment_id.eq(id))).execute(conn)?;
    Ok(())
}
