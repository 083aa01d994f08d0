//! What came of the tickets that were opened in a stretch of time. The database counts all of them; how long they took is worked out by a
//! calendar, of all or, where there are very many, of every so many-th, which the report says.

use super::{Kind, Outcome};
use crate::levels::Hours;
use crate::rules::Fragment;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::BTreeMap;

/// Tickets whose times one report works out.
const MEASURED: i64 = 20_000;

/// A day, from a moment on and until before another.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    pub date: NaiveDate,
    pub from: Time,
    pub until: Time,
}

/// What tickets have in common that a report counts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Of {
    pub opened_on: NaiveDate,
    pub queue: String,
    pub assignee: Option<i64>,
    pub kind: Kind,
    pub outcome: Option<Outcome>,
}

/// How many of some tickets came how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    opened: i64,
    #[diesel(sql_type = BigInt)]
    answered: i64,
    #[diesel(sql_type = BigInt)]
    solved: i64,
    #[diesel(sql_type = BigInt)]
    reopened: i64,
    #[diesel(sql_type = BigInt)]
    rated: i64,
    /// The sum of the ratings.
    #[diesel(sql_type = BigInt)]
    ratings: i64,
}

/// How long a ticket took, in minutes.
#[derive(Clone, Copy, Debug)]
struct Lasted {
    first: Option<i64>,
    end: Option<i64>,
}

/// The report, from which figures are drawn.
#[derive(Clone, Debug, Default)]
pub struct Report {
    counts: Vec<(Of, Counts)>,
    lasted: Vec<(Of, Lasted)>,
    /// Times are those of every so many-th ticket; 1: of all.
    pub every: i64,
    /// How many gave which rating.
    pub ratings: BTreeMap<i64, i64>,
}

/// The figures of some tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Figures {
    pub opened: i64,
    pub answered: i64,
    pub solved: i64,
    pub reopened: i64,
    pub rated: i64,
    /// The mean of the ratings in hundredths.
    pub rating: Option<i64>,
    /// Until the first answer.
    pub first: Option<Spread>,
    /// Until they were solved.
    pub end: Option<Spread>,
}

/// The minutes that half of the tickets took at most, and nine of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Spread {
    pub half: i64,
    pub most: i64,
}

impl Report {
    /// The figures of all of it.
    pub fn all(&self) -> Figures {
        self.by(|_| ()).remove(&()).unwrap_or_default()
    }

    /// The figures of the tickets that have a key in common.
    pub fn by<K: Ord>(&self, key: impl Fn(&Of) -> K) -> BTreeMap<K, Figures> {
        let mut sums: BTreeMap<K, (Counts, Vec<i64>, Vec<i64>)> = BTreeMap::new();
        for (of, own) in &self.counts {
            let sum = &mut sums.entry(key(of)).or_default().0;
            *sum = Counts {
                opened: sum.opened + own.opened,
                answered: sum.answered + own.answered,
                solved: sum.solved + own.solved,
                reopened: sum.reopened + own.reopened,
                rated: sum.rated + own.rated,
                ratings: sum.ratings + own.ratings,
            };
        }
        for (of, lasted) in &self.lasted {
            let (_, first, end) = sums.entry(key(of)).or_default();
            first.extend(lasted.first);
            end.extend(lasted.end);
        }
        let figures = |(sum, first, end): (Counts, Vec<i64>, Vec<i64>)| Figures {
            opened: sum.opened,
            answered: sum.answered,
            solved: sum.solved,
            reopened: sum.reopened,
            rated: sum.rated,
            rating: (sum.rated > 0).then(|| (sum.ratings * 100 + sum.rated / 2) / sum.rated),
            first: spread(first),
            end: spread(end),
        };
        sums.into_iter().map(|(key, sum)| (key, figures(sum))).collect()
    }
}

fn spread(mut minutes: Vec<i64>) -> Option<Spread> {
    minutes.sort_unstable();
    // The smallest value that so many in a hundred do not exceed.
    let at = |share: usize| minutes.get((minutes.len() * share).div_ceil(100).max(1) - 1).copied();
    Some(Spread { half: at(50)?, most: at(90)? })
}

/// The report on the tickets that were opened on some days. What was merged into another ticket counts there alone. Without hours time is
/// counted by the clock.
pub fn report(conn: &mut Conn, days: &[Day], hours: Option<&Hours>) -> Result<Report> {
    let mut report = Report { every: 1, ..Report::default() };
    for day in days {
        report.counts.extend(counts(conn, day)?);
    }
    let opened: i64 = report.counts.iter().map(|(_, own)| own.opened).sum();
    report.every = ((opened + MEASURED - 1) / MEASURED).max(1);
    let minutes = |from: Time, to: Time| hours.map_or(to - from, |hours| hours.worked(from, to)).num_minutes().max(0);
    for day in days {
        report.lasted.extend(times(conn, day, report.every)?.into_iter().map(|row| {
            let lasted = Lasted {
                first: row.first_answered_at.map(|at| minutes(row.opened_at, at)),
                end: row.solved_at.map(|at| minutes(row.opened_at, at)),
            };
            (row.of.on(day.date), lasted)
        }));
    }
    if let (Some(first), Some(last)) = (days.first(), days.last()) {
        report.ratings = ratings(conn, first.from, last.until)?;
    }
    Ok(report)
}

#[derive(QueryableByName)]
struct Columns {
    #[diesel(sql_type = Text)]
    queue: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    assignee: Option<i64>,
    #[diesel(sql_type = Text)]
    kind: Kind,
    #[diesel(sql_type = Nullable<Text>)]
    outcome: Option<Outcome>,
}

impl Columns {
    fn on(self, day: NaiveDate) -> Of {
        Of { opened_on: day, queue: self.queue, assignee: self.assignee, kind: self.kind, outcome: self.outcome }
    }
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(embed)]
    of: Columns,
    #[diesel(embed)]
    counts: Counts,
}

fn counts(conn: &mut Conn, day: &Day) -> Result<Vec<(Of, Counts)>> {
    let mut sql = Fragment::of(
        "SELECT t.queue, t.assignee, t.kind, t.outcome, COUNT(*) AS opened, COUNT(t.first_answered_at) AS answered, \
         COUNT(t.solved_at) AS solved, SUM(CASE WHEN EXISTS (SELECT 1 FROM ticket_events e WHERE e.ticket_id = t.id \
         AND e.kind = 'reopened') THEN 1 ELSE 0 END) AS reopened, COUNT(t.rating) AS rated, \
         CAST(COALESCE(SUM(t.rating), 0) AS BIGINT) AS ratings FROM tickets t WHERE ",
    );
    opened_on(&mut sql, day.from, day.until).push(" GROUP BY t.queue, t.assignee, t.kind, t.outcome");
    let found: Vec<Counted> = sql.load(conn)?;
    Ok(found.into_iter().map(|row| (row.of.on(day.date), row.counts)).collect())
}

#[derive(QueryableByName)]
struct Times {
    #[diesel(embed)]
    of: Columns,
    #[diesel(sql_type = Timestamp)]
    opened_at: Time,
    #[diesel(sql_type = Nullable<Timestamp>)]
    first_answered_at: Option<Time>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    solved_at: Option<Time>,
}

fn times(conn: &mut Conn, day: &Day, every: i64) -> Result<Vec<Times>> {
    let mut sql =
        Fragment::of("SELECT t.queue, t.assignee, t.kind, t.outcome, t.opened_at, t.first_answered_at, t.solved_at FROM tickets t WHERE ");
    opened_on(&mut sql, day.from, day.until).push(" AND (t.first_answered_at IS NOT NULL OR t.solved_at IS NOT NULL) AND t.id % ");
    sql.int(every).push(" = 0");
    sql.load(conn)
}

fn ratings(conn: &mut Conn, from: Time, until: Time) -> Result<BTreeMap<i64, i64>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        rating: i64,
        #[diesel(sql_type = BigInt)]
        tickets: i64,
    }
    let mut sql = Fragment::of("SELECT t.rating, COUNT(*) AS tickets FROM tickets t WHERE t.rating IS NOT NULL AND ");
    opened_on(&mut sql, from, until).push(" GROUP BY t.rating");
    let found: Vec<Row> = sql.load(conn)?;
    Ok(found.into_iter().map(|row| (row.rating, row.tickets)).collect())
}

fn opened_on(sql: &mut Fragment, from: Time, until: Time) -> &mut Fragment {
    sql.push("t.opened_at >= ").time(from).push(" AND t.opened_at < ").time(until).push(" AND t.merged_into IS NULL")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::levels::Span;
    use crate::tickets::tests::{ANN, answer, at, wish};
    use crate::tickets::{merge, open, rate, reopen, reply, solve};
    use chrono::TimeDelta;
    use kernel::testing::db;
    use std::collections::BTreeSet;

    /// The minutes from `first` on until before `last` as one day.
    fn day(first: i64, last: i64) -> [Day; 1] {
        [Day { date: at(first).date(), from: at(first), until: at(last) }]
    }

    #[test]
    fn figures_are_those_of_the_tickets_that_were_opened_then() {
        db().write_now(|conn| {
            for number in 1..=10 {
                let ticket = open(conn, &wish("ann@example.com", "?"), at(number))?.ticket;
                reply(conn, ticket.id, &answer("Yes", None), ANN, ticket.version, at(number + number * 10))?;
            }
            let last = open(conn, &wish("ben@example.com", "?"), at(100))?.ticket;
            solve(conn, last.id, Outcome::Declined, ANN.actor, None, at(400))?;
            rate(conn, last.id, 4, "", at(401))?;
            reopen(conn, last.id, ANN.actor, None, at(402))?;
            solve(conn, last.id, Outcome::Answered, ANN.actor, None, at(500))?;
            let again = open(conn, &wish("ben@example.com", "once more"), at(101))?.ticket;
            let seen = [again.version, crate::tickets::get(conn, last.id)?.version];
            merge(conn, again.id, last.id, ANN, seen, at(501))?;
            let all = report(conn, &day(1, 100), None)?;
            let sum = all.all();
            assert_eq!((sum.opened, sum.answered, sum.solved, sum.reopened, sum.rating), (10, 10, 0, 0, None));
            assert_eq!((sum.first, sum.end, all.every), (Some(Spread { half: 50, most: 90 }), None, 1));
            let all = report(conn, &day(100, 200), None)?;
            let own = all.by(|of| of.kind).into_values().collect::<Vec<_>>();
            assert_eq!(own.len(), 1);
            assert_eq!((own[0].opened, own[0].reopened, own[0].rated, own[0].rating), (1, 1, 1, Some(400)), "the merged one counts not");
            assert_eq!(all.ratings, BTreeMap::from([(4, 1)]));
            assert_eq!(report(conn, &day(-10, 1), None)?.all(), Figures::default());
            // Nobody is there but in the hours of a calendar.
            let start = at(1);
            let from = start.time().signed_duration_since(chrono::NaiveTime::MIN).num_minutes();
            let spans = vec![Span(from, from + 20)];
            let hours = Hours::new("UTC", std::array::from_fn(|_| spans.clone()), BTreeSet::new())?;
            assert_eq!(hours.worked(start, start + TimeDelta::minutes(90)).num_minutes(), 20);
            let worked = report(conn, &day(1, 100), Some(&hours))?.all();
            assert_eq!(worked.first.map(|first| first.most <= 20), Some(true), "{worked:?}");
            Ok(())
        })
        .expect("figures");
    }
}
