//! How the open tickets stand at this moment, by queue and by who sees to them. It reads the open tickets and no others.

use crate::rules::Fragment;
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Open tickets of a queue or of one of the staff.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName, serde::Serialize)]
pub struct Standing {
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// The number of whoever sees to them.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub assignee: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// Chats among them.
    #[diesel(sql_type = BigInt)]
    pub chats: i64,
    /// Since when the first of them waits.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub oldest: Option<Time>,
    #[diesel(sql_type = BigInt)]
    pub late: i64,
    /// Due within the hour.
    #[diesel(sql_type = BigInt)]
    pub soon: i64,
}

/// By queue and who sees to them.
pub fn wall(conn: &mut Conn, now: Time) -> Result<Vec<Standing>> {
    let mut sql = Fragment::of(
        "SELECT queue, assignee, COUNT(*) AS waiting, SUM(CASE WHEN channel = 'chat' THEN 1 ELSE 0 END) AS chats, MIN(asked_at) AS oldest, SUM(CASE WHEN due_at <= ",
    );
    sql.time(now).push(" THEN 1 ELSE 0 END) AS late, SUM(CASE WHEN due_at > ").time(now).push(" AND due_at <= ");
    sql.time(now + TimeDelta::hours(1));
    sql.push(" THEN 1 ELSE 0 END) AS soon FROM tickets WHERE status = 'open' GROUP BY queue, assignee ORDER BY queue, assignee");
    sql.load(conn)
}

/// Several of them as one.
pub fn sum<'a>(all: impl IntoIterator<Item = &'a Standing>) -> Standing {
    let none = Standing { queue: String::new(), assignee: None, waiting: 0, chats: 0, oldest: None, late: 0, soon: 0 };
    all.into_iter().fold(none, |sum, one| Standing {
        waiting: sum.waiting + one.waiting,
        chats: sum.chats + one.chats,
        oldest: [sum.oldest, one.oldest].into_iter().flatten().min(),
        late: sum.late + one.late,
        soon: sum.soon + one.soon,
        ..sum
    })
}
