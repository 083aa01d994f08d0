//! By when tickets are answered and settled: the first policy whose conditions a ticket meets.

use super::calendars::{self, Calendar, CalendarId, named};
use super::recalculate;
use crate::schema::service_policies as rows;
use crate::segments::{self, SegmentId};
use crate::tickets::{Kind, PRIORITIES, Ticket};
use crate::{CustomerId, tickets};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each};

kernel::id!(PolicyId);

/// The most minutes that a policy may give, and how many policies there may be.
const MOST_MINUTES: i64 = 100_000;
const MOST: i64 = 100;

/// A policy as stored. An empty condition is met by every ticket.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Policy {
    pub id: PolicyId,
    pub position: i64,
    pub name: String,
    pub queue: String,
    pub kind: Option<Kind>,
    pub priority: Option<i64>,
    /// The customer is in it.
    pub segment_id: Option<SegmentId>,
    pub calendar_id: CalendarId,
    pub first_minutes: Option<i64>,
    pub next_minutes: Option<i64>,
    pub resolve_minutes: Option<i64>,
    /// What an alarm does beside being kept: the ticket becomes more urgent by one, is handed to one of the staff, makes a task for one.
    pub more_urgent: bool,
    pub hand_to: Option<i64>,
    pub task_for: Option<i64>,
}

/// A policy as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub position: i64,
    pub name: String,
    pub queue: String,
    pub kind: Option<Kind>,
    pub priority: Option<i64>,
    pub segment: Option<SegmentId>,
    pub calendar: CalendarId,
    pub first: Option<i64>,
    pub next: Option<i64>,
    pub resolve: Option<i64>,
    pub more_urgent: bool,
    pub hand_to: Option<i64>,
    pub task_for: Option<i64>,
}

impl Wish {
    fn check(&self, conn: &mut Conn) -> Result<()> {
        let mut wrong = Fields::default();
        for (field, minutes) in [("first", self.first), ("next", self.next), ("resolve", self.resolve)] {
            if minutes.is_some_and(|minutes| !(1..=MOST_MINUTES).contains(&minutes)) {
                wrong.add(field, "level-minutes-wrong");
            }
        }
        if self.first.or(self.next).or(self.resolve).is_none() {
            wrong.add("first", "level-minutes-none");
        }
        if self.priority.is_some_and(|priority| !PRIORITIES.contains(&priority)) {
            wrong.add("priority", "ticket-priority");
        }
        if self.queue.chars().count() > tickets::QUEUE {
            wrong.add("queue", "ticket-too-long");
        }
        if let Err(Error::NotFound) = calendars::calendar(conn, self.calendar) {
            wrong.add("calendar", "field-required");
        }
        if let Some(segment) = self.segment
            && let Err(Error::NotFound) = segments::get(conn, segment)
        {
            wrong.add("segment", "level-segment-gone");
        }
        wrong.check()
    }
}

/// All of them, in the order in which they are asked.
pub fn policies(conn: &mut Conn) -> Result<Vec<Policy>> {
    Ok(on_each!(conn, c => rows::table.order((rows::position, rows::id)).limit(MOST).select(Policy::as_select()).load(c))?)
}

/// A policy. `NotFound` without one.
pub fn policy(conn: &mut Conn, id: PolicyId) -> Result<Policy> {
    Ok(rows::table.find(id).select(Policy::as_select()).first(conn)?)
}

/// The names of the policies that ask about a segment.
pub fn for_segment(conn: &mut Conn, segment: SegmentId) -> Result<Vec<String>> {
    Ok(rows::table.filter(rows::segment_id.eq(segment)).order(rows::id).select(rows::name).load(conn)?)
}

/// Adds a policy, or changes one; what is due follows in a job.
pub fn save_policy(conn: &mut Conn, id: Option<PolicyId>, wish: &Wish, now: Time) -> Result<PolicyId> {
    let name = named(&wish.name)?;
    wish.check(conn)?;
    let row = (
        rows::position.eq(wish.position),
        rows::name.eq(name),
        rows::queue.eq(wish.queue.trim()),
        rows::kind.eq(wish.kind),
        rows::priority.eq(wish.priority),
        rows::segment_id.eq(wish.segment),
        rows::calendar_id.eq(wish.calendar),
        rows::first_minutes.eq(wish.first),
        rows::next_minutes.eq(wish.next),
        rows::resolve_minutes.eq(wish.resolve),
        rows::more_urgent.eq(wish.more_urgent),
        rows::hand_to.eq(wish.hand_to),
        rows::task_for.eq(wish.task_for),
    );
    let id = match id {
        None => diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?,
        Some(id) => match diesel::update(rows::table.find(id)).set(row).execute(conn)? {
            0 => return Err(Error::NotFound),
            _ => id,
        },
    };
    recalculate::ask(conn, now)?;
    Ok(id)
}

/// Removes a policy; its tickets are then another's, or nobody's.
pub fn remove_policy(conn: &mut Conn, id: PolicyId, now: Time) -> Result<()> {
    if diesel::delete(rows::table.find(id)).execute(conn)? == 0 {
        return Err(Error::NotFound);
    }
    recalculate::ask(conn, now)
}

/// All policies with their calendars, to be asked about many tickets.
pub(crate) struct Levels {
    policies: Vec<Policy>,
    calendars: Vec<Calendar>,
}

impl Levels {
    pub fn load(conn: &mut Conn) -> Result<Levels> {
        let policies = policies(conn)?;
        let calendars = if policies.is_empty() { Vec::new() } else { calendars::calendars(conn)? };
        Ok(Levels { policies, calendars })
    }

    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The segments that any of them asks about.
    pub fn segments(&self) -> Vec<SegmentId> {
        let mut all: Vec<SegmentId> = self.policies.iter().filter_map(|policy| policy.segment_id).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The first policy that a ticket meets; `member` says whether its customer is in a segment.
    pub fn of(&self, ticket: &Ticket, member: &mut dyn FnMut(CustomerId, SegmentId) -> Result<bool>) -> Result<Option<&Policy>> {
        for policy in &self.policies {
            let filed = (policy.queue.is_empty() || policy.queue == ticket.queue)
                && policy.kind.is_none_or(|kind| kind == ticket.kind)
                && policy.priority.is_none_or(|priority| priority == ticket.priority);
            let meant = match (filed, policy.segment_id, ticket.customer_id) {
                (false, ..) | (_, Some(_), None) => false,
                (true, None, _) => true,
                (true, Some(segment), Some(customer)) => member(customer, segment)?,
            };
            if meant {
                return Ok(Some(policy));
            }
        }
        Ok(None)
    }

    /// The policy with this number, while it is there.
    pub fn policy(&self, id: Option<PolicyId>) -> Option<&Policy> {
        self.policies.iter().find(|policy| Some(policy.id) == id)
    }

    pub fn hours(&self, policy: &Policy) -> Option<&super::Hours> {
        self.calendars.iter().find(|calendar| calendar.id == policy.calendar_id).map(|calendar| &calendar.hours)
    }
}
