//! Work that is due: listeners of events, calls to the outside, and timed work, in one table that a transaction can write to.
//! A job is leased while it runs; a dead worker's lease runs out and another takes it up, so a job may run twice and must bear it.

use crate::Result;
use crate::clock::Time;
use crate::db::Conn;
use crate::schema::jobs;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::Serialize;

/// Attempts (about a day, with the growing delay) before a job is put aside as dead, shown and retried by a person.
pub const MAX_ATTEMPTS: i64 = 30;
const LEASE: TimeDelta = TimeDelta::minutes(2);

/// How long a job may wait while there is other work. Whoever holds a place of the worker keeps it to the end, so the worker gives only some
/// of its places to what is not prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Money, mails, and whatever a person waits for.
    Prompt,
    /// Calls to programs of others, which may take their time.
    Outside,
    /// Thousands at once: an import's pictures, the search index, what is figured every night.
    Bulk,
}

impl Class {
    fn priority(self) -> i64 {
        match self {
            Class::Prompt => 0,
            Class::Outside => 1,
            Class::Bulk => 2,
        }
    }
}

/// A job as leased by a worker or shown in the console.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = jobs)]
pub struct Job {
    pub id: i64,
    pub kind: String,
    pub payload: String,
    pub state: String,
    pub run_at: Time,
    pub leased_until: Option<Time>,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub created_at: Time,
    priority: i64,
}

impl Job {
    /// Whether nothing goes before it.
    pub fn prompt(&self) -> bool {
        self.priority == Class::Prompt.priority()
    }
}

/// Adds a prompt job due at `run_at`. With a `dedupe_key` that a waiting job has already, nothing is added.
pub fn enqueue(conn: &mut Conn, kind: &str, payload: &str, dedupe_key: Option<&str>, run_at: Time, now: Time) -> Result<()> {
    enqueue_as(conn, Class::Prompt, kind, payload, dedupe_key, run_at, now)
}

/// [`enqueue`] of a job that waits behind others.
pub fn enqueue_as(
    conn: &mut Conn,
    class: Class,
    kind: &str,
    payload: &str,
    dedupe_key: Option<&str>,
    run_at: Time,
    now: Time,
) -> Result<()> {
    let row = (
        jobs::priority.eq(class.priority()),
        jobs::kind.eq(kind),
        jobs::payload.eq(payload),
        jobs::dedupe_key.eq(dedupe_key),
        jobs::run_at.eq(run_at),
        jobs::created_at.eq(now),
    );
    crate::prepared!(conn, diesel::insert_into(jobs::table).values(row).on_conflict_do_nothing() => execute)?;
    Ok(())
}

/// Whether a job of this kind and key is in the queue, waiting, running or given up.
pub fn known(conn: &mut Conn, kind: &str, dedupe_key: &str) -> Result<bool> {
    let found: i64 = jobs::table.filter(jobs::kind.eq(kind)).filter(jobs::dedupe_key.eq(dedupe_key)).count().get_result(conn)?;
    Ok(found > 0)
}

/// Whether a job of this kind is waiting or running.
pub fn waits(conn: &mut Conn, kind: &str) -> Result<bool> {
    let found: Option<i64> =
        jobs::table.filter(jobs::kind.eq(kind)).filter(jobs::state.eq("due")).select(jobs::id).first(conn).optional()?;
    Ok(found.is_some())
}

/// The job of this kind, and of this payload when one is named, that failed the last time it ran; the one that is tried next.
pub fn failing(conn: &mut Conn, kind: &str, payload: Option<&str>) -> Result<Option<Job>> {
    let mut failed = jobs::table.filter(jobs::kind.eq(kind)).filter(jobs::last_error.is_not_null()).into_boxed();
    if let Some(payload) = payload {
        failed = failed.filter(jobs::payload.eq(payload.to_string()));
    }
    Ok(failed.order((jobs::run_at, jobs::id)).select(Job::as_select()).first(conn).optional()?)
}

/// Takes a job that is not wanted any more out of the queue; one that runs ends without effect on the queue.
pub fn withdraw(conn: &mut Conn, kind: &str, dedupe_key: &str) -> Result<()> {
    diesel::delete(jobs::table.filter(jobs::kind.eq(kind)).filter(jobs::dedupe_key.eq(dedupe_key))).execute(conn)?;
    Ok(())
}

/// Leases up to `limit` due jobs, of which up to `patient` are not prompt; prompt ones first, then by class and time. Two workers never
/// hold the same one: the lease is a guarded update on `attempts`.
pub fn lease(conn: &mut Conn, limit: i64, patient: i64, now: Time) -> Result<Vec<Job>> {
    let due = jobs::table
        .filter(jobs::state.eq("due"))
        .filter(jobs::run_at.le(now))
        .filter(jobs::leased_until.is_null().or(jobs::leased_until.lt(now)))
        .select(Job::as_select());
    let prompt = Class::Prompt.priority();
    let mut due_now: Vec<Job> = due.filter(jobs::priority.eq(prompt)).order((jobs::run_at, jobs::id)).limit(limit).load(conn)?;
    let patient = patient.min(limit - i64::try_from(due_now.len()).unwrap_or(limit));
    if patient > 0 {
        let order = (jobs::priority, jobs::run_at, jobs::id);
        due_now.extend(due.filter(jobs::priority.gt(prompt)).order(order).limit(patient).load::<Job>(conn)?);
    }
    let due = due_now;
    let mut leased = Vec::with_capacity(due.len());
    for mut job in due {
        let until = now + LEASE;
        let taken = diesel::update(jobs::table.find(job.id))
            .filter(jobs::attempts.eq(job.attempts))
            .filter(jobs::state.eq("due"))
            .set((jobs::leased_until.eq(until), jobs::attempts.eq(job.attempts + 1)))
            .execute(conn)?;
        if taken == 1 {
            job.attempts += 1;
            job.leased_until = Some(until);
            leased.push(job);
        }
    }
    Ok(leased)
}

/// Prolongs the lease of a job that still runs. `false` when the lease was lost to another worker.
pub fn renew(conn: &mut Conn, job: &Job, now: Time) -> Result<bool> {
    let renewed = diesel::update(jobs::table.find(job.id))
        .filter(jobs::attempts.eq(job.attempts))
        .filter(jobs::leased_until.is_not_null())
        .set(jobs::leased_until.eq(now + LEASE))
        .execute(conn)?;
    Ok(renewed == 1)
}

/// Ends a job that did its work. `false` when the lease was lost to another worker, which must then not commit its effect twice.
pub fn complete(conn: &mut Conn, job: &Job) -> Result<bool> {
    let gone = diesel::delete(jobs::table.find(job.id)).filter(jobs::attempts.eq(job.attempts)).execute(conn)?;
    Ok(gone == 1)
}

/// Puts a failed job back with a growing delay (2, 4, 8 … seconds, an hour at most), or aside as dead after [`MAX_ATTEMPTS`], unless it is
/// `endless`: something waits for it that nobody would begin again.
pub fn fail(conn: &mut Conn, job: &Job, error: &str, endless: bool, now: Time) -> Result<()> {
    let exponent = u32::try_from(job.attempts.clamp(1, 12)).unwrap_or(12);
    let delay = TimeDelta::seconds(2i64.pow(exponent).min(3600));
    let state = if job.attempts >= MAX_ATTEMPTS && !endless { "dead" } else { "due" };
    let error: String = error.chars().take(2000).collect();
    diesel::update(jobs::table.find(job.id))
        .filter(jobs::attempts.eq(job.attempts))
        .set((jobs::state.eq(state), jobs::run_at.eq(now + delay), jobs::leased_until.eq(None::<Time>), jobs::last_error.eq(error)))
        .execute(conn)?;
    Ok(())
}

/// Lets a dead or waiting job run now, with its attempts counted anew. `NotFound` when it is gone already.
pub fn retry(conn: &mut Conn, id: i64, now: Time) -> Result<()> {
    let changed = diesel::update(jobs::table.find(id))
        .set((jobs::state.eq("due"), jobs::run_at.eq(now), jobs::attempts.eq(0), jobs::leased_until.eq(None::<Time>)))
        .execute(conn)?;
    if changed == 0 { Err(crate::Error::NotFound) } else { Ok(()) }
}

/// Jobs for the console, newest first, before `before` when given.
pub fn list(conn: &mut Conn, state: Option<&str>, before: Option<i64>, limit: i64) -> Result<Vec<Job>> {
    let mut query = jobs::table.into_boxed();
    if let Some(state) = state {
        query = query.filter(jobs::state.eq(state.to_string()));
    }
    if let Some(before) = before {
        query = query.filter(jobs::id.lt(before));
    }
    Ok(query.order(jobs::id.desc()).limit(limit).select(Job::as_select()).load(conn)?)
}

/// How the queue stands: jobs due or waiting, dead ones, and since when the oldest overdue one waits.
#[derive(Clone, Debug, Serialize)]
pub struct Depth {
    pub waiting: i64,
    pub dead: i64,
    pub oldest_due: Option<Time>,
}

pub fn depth(conn: &mut Conn, now: Time) -> Result<Depth> {
    let waiting = jobs::table.filter(jobs::state.eq("due")).count().get_result(conn)?;
    let dead = jobs::table.filter(jobs::state.eq("dead")).count().get_result(conn)?;
    let oldest_due =
        jobs::table.filter(jobs::state.eq("due")).filter(jobs::run_at.le(now)).select(diesel::dsl::min(jobs::run_at)).first(conn)?;
    Ok(Depth { waiting, dead, oldest_due })
}

/// Whether anything is due that nobody holds: what a test waits for to become false.
pub fn any_due(conn: &mut Conn, now: Time) -> Result<bool> {
    let due: i64 = jobs::table.filter(jobs::state.eq("due")).filter(jobs::run_at.le(now)).count().get_result(conn)?;
    Ok(due > 0)
}

/// Whether anything prompt is due.
pub fn any_prompt(conn: &mut Conn, now: Time) -> Result<bool> {
    let due = jobs::table.filter(jobs::state.eq("due")).filter(jobs::priority.eq(Class::Prompt.priority())).filter(jobs::run_at.le(now));
    Ok(due.count().get_result::<i64>(conn)? > 0)
}
