//! By when a ticket wants an answer and an end. The due times follow from the log, the policy and its calendar ([`Clocks::of`]); commands set
//! them in their commit, a change of policies sets those of all open tickets, and the doctor makes them anew.
//!
//! Whoever waits for a first answer waits since the ticket was opened, or opened again; for the next one since they wrote. What a machine wrote
//! moves neither. The time for settling counts while it is the shop's turn, and goes on by the minutes left.

use super::log::{self, Entry, State, What};
use super::{Status, TicketId, get};
use crate::levels::{Hours, Levels, Policy, PolicyId};
use crate::schema::{ticket_clocks as rows, tickets};
use crate::segments;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each, words};
use std::collections::HashMap;

words!(
    /// What is waited for.
    Clock { First = "first", Next = "next", Resolve = "resolve" }
);

/// When nothing is due.
pub fn never() -> Time {
    NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX).and_time(NaiveTime::MIN)
}

/// What of a log the clocks go by.
#[derive(Clone, Debug, Default)]
pub struct Course {
    state: Option<State>,
    /// When it was the shop's turn.
    turns: Vec<(Time, Option<Time>)>,
    /// The due times that there was an alarm of.
    alarms: Vec<(Clock, Time)>,
}

impl Course {
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Course {
        let mut course = Course::default();
        log::each(entries, |entry, state| course.next(entry, state));
        course
    }

    fn next(&mut self, entry: &Entry, state: &State) {
        let turn = self.turns.last_mut().filter(|turn| turn.1.is_none());
        match (state.status == Status::Open, turn) {
            (true, None) => self.turns.push((entry.happened_at, None)),
            (false, Some(turn)) => turn.1 = Some(entry.happened_at),
            (true, Some(_)) | (false, None) => {}
        }
        if entry.kind == What::Unmerged {
            self.unmerged(state);
        }
        if entry.kind == What::Overdue
            && let Some(alarm) = Clock::parse(&entry.detail).zip(log::since(&entry.before))
        {
            self.alarms.push(alarm);
        }
        self.state = Some(state.clone());
    }

    /// A merge that was undone stopped nothing.
    fn unmerged(&mut self, state: &State) {
        if state.status == Status::Open {
            self.turns.pop();
            if let Some(turn) = self.turns.last_mut() {
                turn.1 = None;
            }
        }
    }

    /// Whether there was an alarm of it.
    pub fn rang(&self, alarm: (Clock, Time)) -> bool {
        self.alarms.contains(&alarm)
    }
}

/// The due times of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Clocks {
    /// The policy that it met last; it may be gone.
    #[diesel(column_name = policy_id)]
    pub policy: Option<PolicyId>,
    #[diesel(column_name = first_due_at)]
    pub first: Option<Time>,
    #[diesel(column_name = next_due_at)]
    pub next: Option<Time>,
    #[diesel(column_name = resolve_due_at)]
    pub resolve: Option<Time>,
    /// The earliest of them that there was no alarm of.
    #[diesel(column_name = alarm_at)]
    pub alarm: Option<Time>,
}

/// What is stored of a ticket.
pub fn stored(conn: &mut Conn, id: TicketId) -> Result<Clocks> {
    let found = on_each!(conn, c => rows::table.find(id).select(Clocks::as_select()).first(c).optional())?;
    Ok(found.unwrap_or_default())
}

/// What is stored of some tickets.
pub(crate) fn stored_of(conn: &mut Conn, ids: &[TicketId]) -> Result<HashMap<TicketId, Clocks>> {
    let own = rows::table.filter(rows::ticket_id.eq_any(ids.to_vec()));
    let found: Vec<(TicketId, Clocks)> = own.select((rows::ticket_id, Clocks::as_select())).load(conn)?;
    Ok(found.into_iter().collect())
}

impl Clocks {
    /// What follows from a log and a policy. Nothing is due while it is not the shop's turn.
    pub fn of(course: &Course, policy: Option<(&Policy, &Hours)>) -> Clocks {
        let mut clocks = Clocks { policy: policy.map(|(policy, _)| policy.id), ..Clocks::default() };
        let (Some(state), Some((policy, hours))) = (&course.state, policy) else { return clocks };
        let Some(asked) = state.asked_at else { return clocks };
        let due = |minutes: Option<i64>| minutes.map(|minutes| hours.due(asked, minutes));
        match state.first_answered_at {
            None => clocks.first = due(policy.first_minutes),
            Some(_) => clocks.next = due(policy.next_minutes),
        }
        clocks.resolve = policy.resolve_minutes.and_then(|minutes| settled(&course.turns, hours, minutes));
        clocks.alarm = clocks.all().into_iter().filter(|alarm| !course.rang(*alarm)).map(|(_, at)| at).min();
        clocks
    }

    /// Those that run.
    pub fn all(&self) -> Vec<(Clock, Time)> {
        let all = [(Clock::First, self.first), (Clock::Next, self.next), (Clock::Resolve, self.resolve)];
        all.into_iter().filter_map(|(clock, at)| Some((clock, at?))).collect()
    }

    /// What is due first.
    pub fn due(&self) -> Time {
        self.all().into_iter().map(|(_, at)| at).min().unwrap_or_else(never)
    }
}

/// When the minutes are over that count in the shop's turns, of which the last goes on.
fn settled(turns: &[(Time, Option<Time>)], hours: &Hours, minutes: i64) -> Option<Time> {
    let mut left = TimeDelta::minutes(minutes);
    for (from, to) in turns {
        let Some(to) = to else { return Some(hours.after(*from, left)) };
        let worked = hours.worked(*from, *to);
        if worked >= left {
            return Some(hours.after(*from, left));
        }
        left -= worked;
    }
    None
}

/// Finds the policy of a ticket and sets its due times. The ticket is claimed, and its log written.
pub(super) fn set(conn: &mut Conn, id: TicketId, now: Time) -> Result<()> {
    let ticket = get(conn, id)?;
    let levels = Levels::load(conn)?;
    if levels.is_empty() && ticket.due_at == never() {
        return Ok(());
    }
    let met = levels.of(&ticket, &mut |customer, segment| Ok(!segments::among(conn, customer, &[segment], now)?.is_empty()))?;
    let course = Course::of(&log::of(conn, id)?);
    let clocks = Clocks::of(&course, with_hours(&levels, met));
    if clocks != stored(conn, id)? {
        write(conn, id, &clocks)?;
    }
    Ok(())
}

pub(crate) fn with_hours<'a>(levels: &'a Levels, policy: Option<&'a Policy>) -> Option<(&'a Policy, &'a Hours)> {
    policy.and_then(|policy| Some((policy, levels.hours(policy)?)))
}

fn write(conn: &mut Conn, id: TicketId, clocks: &Clocks) -> Result<()> {
    let set = (
        rows::policy_id.eq(clocks.policy),
        rows::first_due_at.eq(clocks.first),
        rows::next_due_at.eq(clocks.next),
        rows::resolve_due_at.eq(clocks.resolve),
        rows::alarm_at.eq(clocks.alarm),
    );
    let insert = diesel::insert_into(rows::table).values((rows::ticket_id.eq(id), set));
    on_each!(conn, c => insert.on_conflict(rows::ticket_id).do_update().set(set).execute(c))?;
    on_each!(conn, c => diesel::update(tickets::table.find(id)).set(tickets::due_at.eq(clocks.due())).execute(c))?;
    Ok(())
}

#[cfg(test)]
mod tests;
