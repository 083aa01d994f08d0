//! What staff have to do about a customer, each until a day. A task is done by ticking it off, and can be opened again.

use crate::CustomerId;
use crate::activities::{self, Activity, Kind};
use crate::customers;
use crate::schema::customer_tasks as rows;
use chrono::NaiveDate;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};

kernel::id!(TaskId);

/// The longest title and note, in characters.
pub const TITLE: usize = 200;
pub const NOTE: usize = 2000;

/// A task as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Task {
    pub id: TaskId,
    pub customer_id: CustomerId,
    pub title: String,
    pub note: String,
    /// Midnight of the day until whose end it is to be done.
    pub due_on: Time,
    /// The number of whoever of the staff does it; anybody without.
    pub assignee: Option<i64>,
    pub created_by: String,
    pub created_at: Time,
    pub updated_at: Time,
    pub done_at: Option<Time>,
    pub done_by: String,
}

impl Task {
    /// Whether its day is over, and it is not done.
    pub fn overdue(&self, today: NaiveDate) -> bool {
        self.done_at.is_none() && self.due_on.date() < today
    }
}

/// A task as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub title: String,
    pub note: String,
    pub due_on: NaiveDate,
    pub assignee: Option<i64>,
}

impl Wish {
    fn check(&self) -> Result<()> {
        let mut wrong = Fields::default();
        match self.title.chars().count() {
            0 => wrong.add("title", "field-required"),
            1..=TITLE => {}
            _ => wrong.add("title", "admin-too-long"),
        }
        if self.note.chars().count() > NOTE {
            wrong.add("remark", "admin-too-long");
        }
        wrong.check()
    }
}

fn midnight(day: NaiveDate) -> Time {
    day.and_time(chrono::NaiveTime::MIN)
}

/// Sets a task about a customer. `Invalid` without a title, `NotFound` for somebody who was erased.
pub fn create(conn: &mut Conn, customer: CustomerId, wish: &Wish, actor: &str, now: Time) -> Result<Task> {
    wish.check()?;
    customers::known(conn, customer)?;
    let id: TaskId = diesel::insert_into(rows::table)
        .values((
            rows::customer_id.eq(customer),
            rows::title.eq(&wish.title),
            rows::note.eq(&wish.note),
            rows::due_on.eq(midnight(wish.due_on)),
            rows::assignee.eq(wish.assignee),
            rows::created_by.eq(actor),
            rows::created_at.eq(now),
            rows::updated_at.eq(now),
        ))
        .returning(rows::id)
        .get_result(conn)?;
    let task = get(conn, customer, id)?;
    tell(conn, &task, Kind::TaskSet, now)?;
    Ok(task)
}

fn tell(conn: &mut Conn, task: &Task, kind: Kind, now: Time) -> Result<()> {
    let happened = Activity {
        customer: Some(task.customer_id),
        trail: None,
        kind,
        at: now,
        source: "tasks",
        dedupe_key: &format!("{}:{}:{}", task.id, kind.as_str(), now.and_utc().timestamp_micros()),
        subject: Some(task.id.0),
        amount: None,
        detail: &task.title,
    };
    activities::record(conn, &happened).map(drop)
}

/// A task about this customer; one about somebody else is not found.
pub fn get(conn: &mut Conn, customer: CustomerId, id: TaskId) -> Result<Task> {
    Ok(rows::table.find(id).filter(rows::customer_id.eq(customer)).select(Task::as_select()).first(conn)?)
}

/// Changes a task that is as it was at `seen`; `Conflict` when somebody changed it since.
pub fn update(conn: &mut Conn, customer: CustomerId, id: TaskId, wish: &Wish, seen: Time, now: Time) -> Result<Task> {
    wish.check()?;
    let as_seen = rows::table.find(id).filter(rows::customer_id.eq(customer)).filter(rows::updated_at.eq(seen));
    let changed = diesel::update(as_seen)
        .set((
            rows::title.eq(&wish.title),
            rows::note.eq(&wish.note),
            rows::due_on.eq(midnight(wish.due_on)),
            rows::assignee.eq(wish.assignee),
            rows::updated_at.eq(now),
        ))
        .execute(conn)?;
    if changed == 0 {
        get(conn, customer, id)?;
        return Err(Error::conflict("task-stale"));
    }
    get(conn, customer, id)
}

/// Ticks a task off. `false` when it was done: two clicks do it once.
pub fn finish(conn: &mut Conn, customer: CustomerId, id: TaskId, actor: &str, now: Time) -> Result<bool> {
    let task = get(conn, customer, id)?;
    let open = rows::table.find(id).filter(rows::done_at.is_null());
    let set = (rows::done_at.eq(now), rows::done_by.eq(actor), rows::updated_at.eq(now));
    let done = diesel::update(open).set(set).execute(conn)? == 1;
    if done {
        tell(conn, &task, Kind::TaskDone, now)?;
    }
    Ok(done)
}

/// Opens a task again. `false` when it was open.
pub fn reopen(conn: &mut Conn, customer: CustomerId, id: TaskId, now: Time) -> Result<bool> {
    get(conn, customer, id)?;
    let done = rows::table.find(id).filter(rows::done_at.is_not_null());
    let set = (rows::done_at.eq(None::<Time>), rows::done_by.eq(""), rows::updated_at.eq(now));
    Ok(diesel::update(done).set(set).execute(conn)? == 1)
}

/// The tasks about a customer: the open ones first, by their day, then those that were done, the last first.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Task>> {
    let own = rows::table.filter(rows::customer_id.eq(customer));
    let open = own.filter(rows::done_at.is_null()).order((rows::due_on, rows::id)).limit(limit);
    let mut found: Vec<Task> = open.select(Task::as_select()).load(conn)?;
    let done = own.filter(rows::done_at.is_not_null()).order((rows::done_at.desc(), rows::id.desc())).limit(limit - found.len() as i64);
    found.extend(done.select(Task::as_select()).load::<Task>(conn)?);
    Ok(found)
}

/// What is asked of the list of tasks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only those of this one of the staff.
    pub assignee: Option<i64>,
    pub done: bool,
    /// The last task of the page before.
    pub after: Option<TaskId>,
}

/// Open tasks by their day, so that what is overdue stands first; or those that were done, the last first.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Task>> {
    let after: Option<(TaskId, Time, Option<Time>)> = match filter.after {
        Some(id) => rows::table.find(id).select((rows::id, rows::due_on, rows::done_at)).first(conn).optional()?,
        None => None,
    };
    let mut query = rows::table.limit(limit).select(Task::as_select()).into_boxed();
    if let Some(assignee) = filter.assignee {
        query = query.filter(rows::assignee.eq(assignee));
    }
    if filter.done {
        query = query.filter(rows::done_at.is_not_null());
        if let Some((id, _, Some(at))) = after {
            query = query.filter(rows::done_at.lt(at).or(rows::done_at.eq(at).and(rows::id.lt(id))));
        }
        return Ok(query.order((rows::done_at.desc(), rows::id.desc())).load(conn)?);
    }
    query = query.filter(rows::done_at.is_null());
    if let Some((id, due, _)) = after {
        query = query.filter(rows::due_on.gt(due).or(rows::due_on.eq(due).and(rows::id.gt(id))));
    }
    Ok(query.order((rows::due_on, rows::id)).load(conn)?)
}

/// How many are open for one of the staff, and how many of them should be done by now; neither is counted beyond `limit`.
pub fn waiting(conn: &mut Conn, assignee: i64, today: NaiveDate, limit: i64) -> Result<(usize, usize)> {
    let open = rows::table.filter(rows::assignee.eq(assignee)).filter(rows::done_at.is_null());
    let days: Vec<Time> = open.order((rows::due_on, rows::id)).limit(limit).select(rows::due_on).load(conn)?;
    Ok((days.len(), days.iter().filter(|due| due.date() < today).count()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::trees::{noon, people};

    fn wish(title: &str, day: i64) -> Wish {
        Wish { title: title.into(), note: String::new(), due_on: noon().date() + chrono::TimeDelta::days(day), assignee: Some(1) }
    }

    #[test]
    fn what_is_overdue_stands_first_and_pages_go_on_by_key() {
        let db = kernel::testing::db();
        let ann = people(&db, 1, 1)[0];
        db.write_now(move |conn| {
            assert!(matches!(create(conn, ann, &wish("", 1), "test", noon()), Err(Error::Invalid(_))));
            for (title, day) in [("call", 3), ("write", -2), ("visit", 3), ("thank", 0)] {
                create(conn, ann, &wish(title, day), "test", noon())?;
            }
            let (mut seen, mut filter) = (Vec::new(), Filter { assignee: Some(1), ..Filter::default() });
            loop {
                let page = list(conn, &filter, 2)?;
                let Some(last) = page.last() else { break };
                filter.after = Some(last.id);
                seen.extend(page.into_iter().map(|task| task.title));
            }
            assert_eq!(seen, ["write", "thank", "call", "visit"]);
            assert_eq!(waiting(conn, 1, noon().date(), 100)?, (4, 1));
            assert_eq!(waiting(conn, 2, noon().date(), 100)?, (0, 0));
            let first = list(conn, &Filter::default(), 1)?.remove(0);
            assert!(first.overdue(noon().date()));
            assert!(finish(conn, ann, first.id, "test", noon())? && !finish(conn, ann, first.id, "test", noon())?);
            assert_eq!(of_customer(conn, ann, 9)?.last().map(|task| task.title.clone()), Some("write".into()));
            assert_eq!(list(conn, &Filter { done: true, ..Filter::default() }, 9)?.len(), 1);
            assert!(reopen(conn, ann, first.id, noon())? && !reopen(conn, ann, first.id, noon())?);
            let first = get(conn, ann, first.id)?;
            update(conn, ann, first.id, &wish("write soon", 1), first.updated_at, noon() + chrono::TimeDelta::hours(1))?;
            let stale = update(conn, ann, first.id, &wish("never", 1), first.updated_at, noon());
            assert!(matches!(stale, Err(Error::Conflict(_))));
            Ok(())
        })
        .expect("tasks");
    }
}
