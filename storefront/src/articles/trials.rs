//! Whether articles answer what people are about to ask: of those whose question an article fits, one in ten, by chance, is shown none. What
//! both groups then ask says what the articles do. Only browsers that may be recognised take part, each once a week, and which one it was is
//! forgotten after it.

use crate::schema::article_trials as rows;
use chrono::TimeDelta;
use crm::lift::{self, Lift, Sample};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each, token};
use sha2::{Digest, Sha256};

/// One browser of so many is shown no article.
const CONTROL_OF: u64 = 10;

/// How long a question is waited for.
fn week() -> TimeDelta {
    TimeDelta::days(7)
}

/// Whether a browser is one that is shown none: always the same, and told by nothing but chance.
pub fn control(secret: &str) -> bool {
    let digest = Sha256::digest(format!("articles:{secret}"));
    let number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    number.is_multiple_of(CONTROL_OF)
}

/// Keeps that articles fit what somebody is about to ask, whether they are shown them or not. Within a week the first time counts.
pub fn begin(conn: &mut Conn, secret: &str, now: Time) -> Result<()> {
    let browser = token::hash(secret);
    let over = rows::table.filter(rows::browser.eq(&browser)).filter(rows::shown_at.le(now - week()));
    diesel::update(over).set(rows::browser.eq(None::<String>)).execute(conn)?;
    let row = (rows::browser.eq(&browser), rows::control.eq(control(secret)), rows::shown_at.eq(now));
    on_each!(conn, c => diesel::insert_into(rows::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Whether a browser was shown articles lately and opened none yet.
pub fn may_read(conn: &mut Conn, secret: &str, now: Time) -> Result<bool> {
    let own = rows::table
        .filter(rows::browser.eq(token::hash(secret)))
        .filter(rows::shown_at.gt(now - week()))
        .filter(rows::control.eq(false))
        .filter(rows::read_at.is_null());
    Ok(on_each!(conn, c => own.select(rows::id).first::<i64>(c).optional())?.is_some())
}

/// Keeps that a browser opened an article after it was shown some.
pub fn read(conn: &mut Conn, secret: &str, now: Time) -> Result<()> {
    let own = rows::table.filter(rows::browser.eq(token::hash(secret))).filter(rows::shown_at.gt(now - week()));
    diesel::update(own.filter(rows::read_at.is_null())).set(rows::read_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Keeps that a browser opened a ticket.
pub fn asked(conn: &mut Conn, secret: &str, now: Time) -> Result<()> {
    let own = rows::table.filter(rows::browser.eq(token::hash(secret))).filter(rows::shown_at.gt(now - week()));
    diesel::update(own.filter(rows::asked_at.is_null())).set(rows::asked_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Forgets which browsers they were whose week is over; answers how many.
pub fn prune(conn: &mut Conn, now: Time) -> Result<usize> {
    let over = rows::table.filter(rows::browser.is_not_null()).filter(rows::shown_at.le(now - week()));
    Ok(diesel::update(over).set(rows::browser.eq(None::<String>)).execute(conn)?)
}

/// One of the two groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub people: i64,
    /// Opened an article.
    pub read: i64,
    /// Opened a ticket within the week.
    pub asked: i64,
}

/// What became of both groups, of those whose week is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Results {
    pub shown: Group,
    pub control: Group,
    /// Whose week goes on.
    pub waiting: i64,
    /// How many more of those who were shown articles asked than would have without: below zero where articles answered. None while either
    /// group is too small.
    pub more: Option<Lift>,
}

/// The results of those who asked from one moment on until before another.
pub fn results(conn: &mut Conn, from: Time, until: Time, now: Time) -> Result<Results> {
    let all = rows::table.filter(rows::shown_at.ge(from)).filter(rows::shown_at.lt(until));
    let found: Vec<(bool, i64, i64, i64)> = all
        .filter(rows::shown_at.le(now - week()))
        .group_by(rows::control)
        .select((rows::control, count_star(), sql::<BigInt>("COUNT(read_at)"), sql::<BigInt>("COUNT(asked_at)")))
        .load(conn)?;
    let mut results = Results { waiting: all.filter(rows::shown_at.gt(now - week())).count().get_result(conn)?, ..Results::default() };
    for (control, people, read, asked) in found {
        *(if control { &mut results.control } else { &mut results.shown }) = Group { people, read, asked };
    }
    let sample = |group: Group| Sample::of(group.people, group.asked);
    results.more = lift::lift(&sample(results.shown), &sample(results.control))?;
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use kernel::testing::db;

    fn start() -> Time {
        NaiveDate::from_ymd_opt(2026, 3, 2).unwrap().and_hms_opt(12, 0, 0).unwrap()
    }

    #[test]
    fn each_browser_counts_once_a_week_in_the_group_that_chance_gave_it() {
        db().write_now(|conn| {
            let secrets: Vec<String> = (0..2000).map(|at| format!("browser {at}")).collect();
            let none = i64::try_from(secrets.iter().filter(|secret| control(secret)).count()).unwrap();
            assert!((140..260).contains(&none), "{none} of 2000");
            let mut shown = 0;
            for secret in &secrets {
                begin(conn, secret, start())?;
                begin(conn, secret, start() + TimeDelta::hours(1))?;
                shown += i64::from(!control(secret));
                // Everybody asks who is shown nothing, and every other one who is shown articles.
                if control(secret) || shown % 2 == 0 {
                    asked(conn, secret, start() + TimeDelta::days(1))?;
                } else {
                    assert!(may_read(conn, secret, start() + TimeDelta::days(1))?);
                    read(conn, secret, start() + TimeDelta::days(1))?;
                    assert!(!may_read(conn, secret, start() + TimeDelta::days(1))?);
                    // Too late to be told by the articles.
                    asked(conn, secret, start() + TimeDelta::days(8))?;
                }
            }
            let (from, until) = (start(), start() + TimeDelta::days(1));
            let early = results(conn, from, until, start() + TimeDelta::days(6))?;
            assert_eq!((early.waiting, early.shown, early.more), (2000, Group::default(), None));
            let all = results(conn, from, until, start() + TimeDelta::days(7))?;
            assert_eq!((all.waiting, all.control), (0, Group { people: none, read: 0, asked: none }));
            assert_eq!((all.shown.people, all.shown.asked), (shown, shown / 2));
            let more = all.more.expect("both groups are large enough");
            assert!(more.tells() && more.high < 0 && (more.more + shown - shown / 2).abs() <= 1, "{more:?}");
            assert_eq!(prune(conn, start() + TimeDelta::days(7))?, 2000);
            begin(conn, "browser 1", start() + TimeDelta::days(7))?;
            assert_eq!(results(conn, from, start() + TimeDelta::days(9), start() + TimeDelta::days(8))?.waiting, 1);
            Ok(())
        })
        .expect("trials");
    }
}
