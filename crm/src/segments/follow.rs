//! One customer's membership in all segments, in the transaction that changes what is known of them.

use super::{SegmentId, State, Why, store};
use crate::CustomerId;
use crate::journeys;
use crate::rules::{Answer, Facts, Needs, Others, Rule, answer};
use crate::schema::{segment_history, segment_states, segments};
use diesel::prelude::*;
use diesel::upsert::excluded;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each, prepared};
use std::sync::Arc;

/// A segment that is kept up to date.
pub(super) struct Live {
    pub id: SegmentId,
    pub rule: Arc<Rule>,
    /// The number of the last build begun, and whether it is still running.
    build: i64,
    running: bool,
}

/// All segments with their rules: one query, which finds nothing in a shop without segments.
pub(super) struct Lives {
    pub all: Vec<Live>,
    pub others: Others,
    pub needs: Needs,
}

impl Lives {
    /// `None` when there are no segments.
    pub fn load(conn: &mut Conn) -> Result<Option<Lives>> {
        let rows: Vec<(SegmentId, String, i64, bool)> = on_each!(conn, c => segments::table
            .order(segments::id)
            .select((segments::id, segments::rule, segments::build, segments::running))
            .load(c))?;
        if rows.is_empty() {
            return Ok(None);
        }
        let (mut all, mut others, mut needs) = (Vec::with_capacity(rows.len()), Others::new(), Needs::default());
        for (id, text, build, running) in rows {
            let rule = store::parsed(&text)?;
            others.insert(id, rule.clone());
            all.push(Live { id, rule, build, running });
        }
        all.iter().for_each(|live| needs.add(&live.rule, &others));
        Ok(Some(Lives { all, others, needs }))
    }
}

/// A stored row of a customer.
#[derive(Clone, Copy, Debug, Queryable)]
struct Row {
    segment: SegmentId,
    member: bool,
    changes_at: Option<Time>,
    build: i64,
}

/// Works out which segments a customer is in after something was learnt of them. Without segments it costs one read that finds nothing.
pub fn follow(conn: &mut Conn, customer: CustomerId, why: Why, now: Time) -> Result<()> {
    match Lives::load(conn)? {
        Some(lives) => bring(conn, &lives, customer, why, now),
        None => Ok(()),
    }
}

/// [`follow`] for customers of whom events of these kinds were written, when any segment asks about such.
pub fn follow_events(conn: &mut Conn, customers: &[CustomerId], kinds: &[&str], now: Time) -> Result<()> {
    let Some(lives) = Lives::load(conn)? else { return Ok(()) };
    if !lives.needs.of_events(kinds) {
        return Ok(());
    }
    // In the order of their ids, so that two who write about the same customers wait for each other and do not lock.
    let mut customers = customers.to_vec();
    customers.sort_unstable();
    customers.dedup();
    customers.into_iter().try_for_each(|customer| bring(conn, &lives, customer, Why::Event, now))
}

/// [`follow`] for a customer whose tickets changed, when any segment asks about tickets.
pub(crate) fn follow_tickets(conn: &mut Conn, customer: Option<CustomerId>, now: Time) -> Result<()> {
    let Some(customer) = customer else { return Ok(()) };
    match Lives::load(conn)? {
        Some(lives) if lives.needs.of_tickets() => bring(conn, &lives, customer, Why::Event, now),
        _ => Ok(()),
    }
}

/// [`follow`] for a customer for whom service cost something, when any segment asks about that or about scores.
pub(crate) fn follow_costs(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<()> {
    match Lives::load(conn)? {
        Some(lives) if lives.needs.of_costs() => bring(conn, &lives, customer, Why::Event, now),
        _ => Ok(()),
    }
}

/// [`follow`] for a customer who answered a survey, when any segment asks about that.
pub(crate) fn follow_answers(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<()> {
    match Lives::load(conn)? {
        Some(lives) if lives.needs.of_answers() => bring(conn, &lives, customer, Why::Event, now),
        _ => Ok(()),
    }
}

/// Writes what changed of one customer.
pub(super) fn bring(conn: &mut Conn, lives: &Lives, customer: CustomerId, why: Why, now: Time) -> Result<()> {
    let Some(facts) = Facts::load(conn, customer, &lives.needs, true)? else { return forget(conn, customer) };
    // By the key's first column, too: asked for the customer alone, SQLite walks all members.
    let ids: Vec<SegmentId> = lives.all.iter().map(|live| live.id).collect();
    let rows: Vec<Row> = on_each!(conn, c => segment_states::table
        .filter(segment_states::segment_id.eq_any(ids))
        .filter(segment_states::customer_id.eq(customer))
        .select((segment_states::segment_id, segment_states::member, segment_states::changes_at, segment_states::build))
        .load(c))?;
    for live in &lives.all {
        // A row that says no keeps a build that is running from writing what it read before the merge.
        let nothing = Answer { holds: false, until: None };
        let said = if facts.merged() { nothing } else { answer(&live.rule, &facts, &lives.others, now) };
        let row = rows.iter().find(|row| row.segment == live.id);
        write(conn, live, customer, row, said, why, now)?;
    }
    Ok(())
}

fn write(conn: &mut Conn, live: &Live, customer: CustomerId, row: Option<&Row>, said: Answer, why: Why, now: Time) -> Result<()> {
    let was = row.is_some_and(|row| row.member);
    let kept = match row {
        Some(row) => row.member == said.holds && row.changes_at == said.until && (!live.running || row.build == live.build),
        // A row without anything to say keeps a build that is running from writing what it read before.
        None => !said.holds && said.until.is_none() && !live.running,
    };
    if kept {
        return Ok(());
    }
    let new = (
        segment_states::segment_id.eq(live.id),
        segment_states::customer_id.eq(customer),
        segment_states::member.eq(said.holds),
        segment_states::since.eq(now),
        segment_states::changes_at.eq(said.until),
        segment_states::build.eq(live.build),
    );
    let insert = diesel::insert_into(segment_states::table)
        .values(new)
        .on_conflict((segment_states::segment_id, segment_states::customer_id))
        .do_update();
    if was == said.holds {
        let same = insert.set((
            segment_states::changes_at.eq(excluded(segment_states::changes_at)),
            segment_states::build.eq(excluded(segment_states::build)),
        ));
        prepared!(conn, same => execute)?;
        return Ok(());
    }
    let moved = insert.set((
        segment_states::member.eq(excluded(segment_states::member)),
        segment_states::since.eq(excluded(segment_states::since)),
        segment_states::changes_at.eq(excluded(segment_states::changes_at)),
        segment_states::build.eq(excluded(segment_states::build)),
    ));
    prepared!(conn, moved => execute)?;
    let entry = (
        segment_history::segment_id.eq(live.id),
        segment_history::customer_id.eq(customer),
        segment_history::entered.eq(said.holds),
        segment_history::happened_at.eq(now),
        segment_history::why.eq(why),
    );
    prepared!(conn, diesel::insert_into(segment_history::table).values(entry) => execute)?;
    journeys::moved(conn, live.id, customer, said.holds, now)
}

/// Takes a customer who is gone out of every segment, and out of their histories.
pub fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    let ids: Vec<SegmentId> = on_each!(conn, c => segments::table.select(segments::id).load(c))?;
    for id in ids {
        let own = segment_states::segment_id.eq(id).and(segment_states::customer_id.eq(customer));
        diesel::delete(segment_states::table.filter(own)).execute(conn)?;
        let own = segment_history::segment_id.eq(id).and(segment_history::customer_id.eq(customer));
        diesel::delete(segment_history::table.filter(own)).execute(conn)?;
    }
    Ok(())
}

impl State {
    /// Whether a row may be believed.
    pub(super) fn sound(self, changes_at: Option<Time>, now: Time) -> bool {
        self == State::Built && changes_at.is_none_or(|at| at > now)
    }
}
