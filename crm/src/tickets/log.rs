//! What happened to a ticket, added once and never changed. Status, outcome and the moments of a ticket are a fold over it
//! ([`State::after`]), which the commands take a step of and the doctor makes anew.

use super::{MessageId, Outcome, Status, Ticket, TicketId};
use crate::schema::ticket_events as rows;
use chrono::DateTime;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each, words};
use std::collections::HashMap;

words!(
    What {
        Opened = "opened",
        /// The customer wrote.
        Wrote = "wrote",
        /// A machine wrote for them: nobody's turn changes by it.
        Automatic = "automatic",
        /// Staff wrote to the customer.
        Answered = "answered",
        /// Staff wrote a note among themselves.
        Noted = "noted",
        Assigned = "assigned",
        Queued = "queued",
        Prioritised = "prioritised",
        Tagged = "tagged",
        /// The kind of what is asked for was set right.
        Sorted = "sorted",
        /// An action on the order: refunded, cancelled, sent again.
        Acted = "acted",
        Solved = "solved",
        Reopened = "reopened",
        /// It goes on in another ticket.
        Merged = "merged",
        Unmerged = "unmerged",
        /// Another ticket goes on in this one, or does not any more. `before` says since when whoever asked there waits.
        Joined = "joined",
        Parted = "parted",
        /// Messages went to a ticket of their own, or this ticket was made of them.
        Split = "split",
        Rated = "rated",
        /// A rule said where it goes; the detail is the rule's name.
        Routed = "routed",
        /// A due time passed; the detail is the clock, what was before the moment it was due.
        Overdue = "overdue",
    }
);

/// An entry of the log.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Entry {
    pub id: i64,
    pub kind: What,
    pub actor: String,
    pub message_id: Option<MessageId>,
    pub detail: String,
    pub before: String,
    pub happened_at: Time,
}

/// What is to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happened<'a> {
    pub what: What,
    pub actor: &'a str,
    pub message: Option<MessageId>,
    pub detail: &'a str,
    pub before: &'a str,
}

impl<'a> Happened<'a> {
    pub fn by(what: What, actor: &'a str) -> Happened<'a> {
        Happened { what, actor, message: None, detail: "", before: "" }
    }
}

pub(super) fn keep(conn: &mut Conn, ticket: TicketId, happened: Happened, now: Time) -> Result<()> {
    let row = (
        rows::ticket_id.eq(ticket),
        rows::kind.eq(happened.what),
        rows::actor.eq(happened.actor),
        rows::message_id.eq(happened.message),
        rows::detail.eq(happened.detail),
        rows::before.eq(happened.before),
        rows::happened_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(rows::table).values(row).execute(c))?;
    Ok(())
}

/// The log of a ticket, oldest first.
pub fn of(conn: &mut Conn, ticket: TicketId) -> Result<Vec<Entry>> {
    Ok(on_each!(conn, c => rows::table.filter(rows::ticket_id.eq(ticket)).order(rows::id).select(Entry::as_select()).load(c))?)
}

/// The logs of some tickets.
pub(crate) fn of_these(conn: &mut Conn, tickets: &[TicketId]) -> Result<HashMap<TicketId, Vec<Entry>>> {
    let own = rows::table.filter(rows::ticket_id.eq_any(tickets.to_vec())).order((rows::ticket_id, rows::id));
    let found: Vec<(TicketId, Entry)> = own.select((rows::ticket_id, Entry::as_select())).load(conn)?;
    let mut logs: HashMap<TicketId, Vec<Entry>> = HashMap::new();
    for (ticket, entry) in found {
        logs.entry(ticket).or_default().push(entry);
    }
    Ok(logs)
}

/// Who is in the first entry.
pub(super) fn begun_by(conn: &mut Conn, ticket: TicketId) -> Result<Option<String>> {
    let first = rows::table.filter(rows::ticket_id.eq(ticket)).order(rows::id).select(rows::actor);
    Ok(first.first(conn).optional()?)
}

/// The log of a ticket page by page: the last `limit` entries before `before` when given, oldest first.
pub fn page(conn: &mut Conn, ticket: TicketId, before: Option<i64>, limit: i64) -> Result<Vec<Entry>> {
    let own = rows::table.filter(rows::ticket_id.eq(ticket)).filter(rows::id.lt(before.unwrap_or(i64::MAX)));
    let mut found: Vec<Entry> = own.order(rows::id.desc()).limit(limit).select(Entry::as_select()).load(conn)?;
    found.reverse();
    Ok(found)
}

/// A moment as an entry keeps it.
pub(super) fn moment(at: Time) -> String {
    at.and_utc().timestamp_micros().to_string()
}

/// What [`moment`] wrote.
pub(super) fn since(text: &str) -> Option<Time> {
    Some(DateTime::from_timestamp_micros(text.parse().ok()?)?.naive_utc())
}

/// What of a ticket follows from its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub status: Status,
    pub outcome: Option<Outcome>,
    pub asked_at: Option<Time>,
    pub first_answered_at: Option<Time>,
    pub solved_at: Option<Time>,
}

impl State {
    /// What is stored of a ticket.
    pub fn of(ticket: &Ticket) -> State {
        State {
            status: ticket.status,
            outcome: ticket.outcome,
            asked_at: ticket.asked_at,
            first_answered_at: ticket.first_answered_at,
            solved_at: ticket.solved_at,
        }
    }

    /// A ticket that was opened at `at`.
    pub fn opened(at: Time) -> State {
        State { status: Status::Open, outcome: None, asked_at: Some(at), first_answered_at: None, solved_at: None }
    }

    /// What comes after `what` happened. `since`: of a ticket that joined, since when whoever asked in it waits. Of [`What::Unmerged`] only
    /// [`fold`] knows.
    pub fn after(self, what: What, outcome: Option<Outcome>, since: Option<Time>, at: Time) -> State {
        match what {
            What::Joined => match since {
                Some(since) => {
                    let asked_at = self.asked_at.map_or(since, |asked| asked.min(since));
                    State { status: Status::Open, outcome: None, asked_at: Some(asked_at), solved_at: None, ..self }
                }
                None => self,
            },
            What::Wrote if self.status == Status::Solved => self,
            What::Wrote => State { status: Status::Open, asked_at: self.asked_at.or(Some(at)), ..self },
            What::Answered if self.status == Status::Solved => self,
            What::Answered => {
                State { status: Status::Waiting, asked_at: None, first_answered_at: self.first_answered_at.or(Some(at)), ..self }
            }
            What::Solved => State { status: Status::Solved, outcome, asked_at: None, solved_at: Some(at), ..self },
            What::Merged => State { status: Status::Solved, outcome: Some(Outcome::Merged), asked_at: None, solved_at: Some(at), ..self },
            What::Reopened => State { status: Status::Open, outcome: None, asked_at: Some(at), solved_at: None, ..self },
            What::Opened
            | What::Automatic
            | What::Noted
            | What::Assigned
            | What::Queued
            | What::Prioritised
            | What::Tagged
            | What::Sorted
            | What::Acted
            | What::Unmerged
            | What::Parted
            | What::Split
            | What::Rated
            | What::Routed
            | What::Overdue => self,
        }
    }
}

/// The state that a log means; `None` of an empty one.
pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<State> {
    let mut last = None;
    each(entries, |_, state| last = Some(state.clone()));
    last
}

/// Goes along a log and says of each entry the state that it led to.
pub(super) fn each<'a>(entries: impl IntoIterator<Item = &'a Entry>, mut f: impl FnMut(&Entry, &State)) {
    let mut state: Option<State> = None;
    let mut before_merge = None;
    for entry in entries {
        let was = match state.take() {
            None => State::opened(entry.happened_at),
            Some(state) => state,
        };
        let is = match entry.kind {
            What::Unmerged => before_merge.take().unwrap_or(was),
            What::Merged => {
                before_merge = Some(was.clone());
                was.after(entry.kind, None, None, entry.happened_at)
            }
            kind => was.after(kind, Outcome::parse(&entry.detail), since(&entry.before), entry.happened_at),
        };
        f(entry, &is);
        state = Some(is);
    }
}
