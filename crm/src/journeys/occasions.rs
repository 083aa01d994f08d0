//! What people enter by beside their timeline and segments: their birthday, something they asked for that is back, and a product on their list
//! that costs less. Each occasion enters somebody once, by the key that their row has.

use super::graph::{Graph, Trigger};
use super::told::{Live, enter, lives, may_enter};
use super::{EnrolmentId, JourneyId, State};
use crate::birthdays::{self, Birthday};
use crate::campaigns::{countries, moment, permission, zone_of};
use crate::rules::{Facts, Rule, answer};
use crate::schema::{customers, enrolments};
use crate::{CustomerId, identities, segments};
use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::clock::{Clock, Time};
use kernel::{Conn, Db, Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The job that enters people on their birthdays. It runs every few minutes and enters nobody twice.
pub const BIRTHDAY_JOB: &str = "journeys.birthdays";
/// A birthday that nobody saw to for so long, as when the shop stood still, is over.
const LATE: TimeDelta = TimeDelta::hours(24);
/// No clock is further from UTC than this, with what it may jump.
const APART: TimeDelta = TimeDelta::hours(16);
/// People read at once, and those of one transaction.
const READ: i64 = 500;
const TOGETHER: usize = 50;

/// Whether a live journey tells people of what is back.
pub fn tells_back(conn: &mut Conn) -> Result<bool> {
    Ok(entered(conn)?.iter().any(|live| live.graph.trigger == Trigger::Back))
}

/// Whether a live journey tells people of lower prices.
pub fn tells_drops(conn: &mut Conn) -> Result<bool> {
    Ok(entered(conn)?.iter().any(|live| matches!(live.graph.trigger, Trigger::PriceDrop(_))))
}

/// The journeys that people enter now.
fn entered(conn: &mut Conn) -> Result<Vec<Live>> {
    let mut lives = lives(conn)?;
    lives.retain(|live| live.state == State::Live);
    Ok(lives)
}

/// A product that somebody asked a store for is back, and it is their turn. Whether a journey tells them: else whoever asks tells them, so that
/// each wish is told of once. One that may not write to them does not.
pub fn back(conn: &mut Conn, customer: CustomerId, store: i64, product: i64, wish: i64, at: Time) -> Result<bool> {
    let (lives, entry) = (entered(conn)?, format!("back:{wish}"));
    for live in lives.iter().filter(|live| live.graph.trigger == Trigger::Back && live.store == store && !live.graph.mails().is_empty()) {
        let free = permission(conn, &live.topic, None, &[customer], at)?.is_empty() && may_enter(conn, live, customer, at)?;
        if !free || !takes(conn, &live.graph, customer, at)? {
            continue;
        }
        if enter(conn, live, customer, (entry.as_str(), Some(product)), at)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the rules of a graph let somebody in, and to its first step.
fn takes(conn: &mut Conn, graph: &Graph, customer: CustomerId, at: Time) -> Result<bool> {
    if graph.only.is_none() && !graph.checks() {
        return Ok(true);
    }
    let others = segments::others(conn)?;
    let Some(facts) = Facts::load(conn, customer, &graph.needs(&others), false)? else { return Ok(false) };
    let holds = |rule: &Rule| answer(rule, &facts, &others, at).holds;
    Ok(graph.only.iter().all(holds) && !graph.goal.iter().chain(&graph.exit).any(holds))
}

/// A product on somebody's list costs so many percent less since `fell_at`.
pub fn dropped(conn: &mut Conn, customer: CustomerId, product: i64, percent: i64, fell_at: Time, at: Time) -> Result<()> {
    let entry = format!("drop:{product}:{}", fell_at.and_utc().timestamp_micros());
    for live in entered(conn)? {
        let enough = matches!(live.graph.trigger, Trigger::PriceDrop(least) if least <= percent);
        if enough && may_enter(conn, &live, customer, at)? {
            enter(conn, &live, customer, (entry.as_str(), Some(product)), at)?;
        }
    }
    Ok(())
}

/// The products because of which people entered, by enrolment.
pub fn subjects(conn: &mut Conn, ids: &[EnrolmentId]) -> Result<HashMap<EnrolmentId, i64>> {
    let rows = enrolments::table.filter(enrolments::id.eq_any(ids.to_vec())).select((enrolments::id, enrolments::subject));
    let rows: Vec<(EnrolmentId, Option<i64>)> = rows.load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, subject)| Some((id, subject?))).collect())
}

/// Enters everybody whose birthday has come since the last time, by the clock where they are.
pub fn birthdays(db: &Db, clock: &Clock) -> Result<()> {
    let now = clock.now();
    let mut journeys: Vec<(JourneyId, i64, Tz)> = Vec::new();
    for live in db.read_now(entered)? {
        if let Trigger::Birthday(minute) = live.graph.trigger {
            journeys.push((live.journey, minute, live.zone.parse().unwrap_or(Tz::UTC)));
        }
    }
    for (journey, minute, shop) in journeys {
        for day in days(now) {
            let mut after = CustomerId(0);
            loop {
                let page = db.read_now(|conn| born_on(conn, day, after))?;
                let Some(last) = page.last().copied() else { break };
                after = last;
                let come = db.read_now(|conn| come(conn, journey, &page, (day, minute, shop), now))?;
                for some in come.chunks(TOGETHER) {
                    let some = some.to_vec();
                    db.write_now(move |conn| celebrate(conn, journey, &some, day.year(), now))?;
                }
            }
        }
    }
    Ok(())
}

/// The days that may be somebody's today, or were within the time in which a birthday is not over.
fn days(now: Time) -> Vec<NaiveDate> {
    let (first, last) = ((now - LATE - APART).date(), (now + APART).date());
    first.iter_days().take_while(|day| *day <= last).collect()
}

/// When a birthday begins for a journey: the clocks where somebody is show so many minutes of that day.
fn begins(zone: Tz, day: NaiveDate, minute: i64) -> Time {
    let seconds = u32::try_from(minute.clamp(0, 1439) * 60).unwrap_or(0);
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or(NaiveTime::MIN);
    moment(zone, day.and_time(time))
}

/// Customers who celebrate on a day, in the order of their numbers behind `after`.
fn born_on(conn: &mut Conn, day: NaiveDate, after: CustomerId) -> Result<Vec<CustomerId>> {
    // Both databases see by the text that the index over birthdays will do.
    let said = customers::table.filter(sql::<Bool>("birthday <> ''")).filter(customers::birthday.eq_any(birthdays::on(day)));
    let standing = said.filter(customers::erased_at.is_null()).filter(customers::merged_into.is_null());
    Ok(standing.filter(customers::id.gt(after)).order(customers::id).limit(READ).select(customers::id).load(conn)?)
}

/// The key of a birthday: one for a person and year.
fn key(year: i32) -> String {
    format!("birthday:{year}")
}

/// Those of `people` for whom the moment has come, and who did not enter by this birthday yet.
fn come(
    conn: &mut Conn,
    journey: JourneyId,
    people: &[CustomerId],
    (day, minute, shop): (NaiveDate, i64, Tz),
    now: Time,
) -> Result<Vec<CustomerId>> {
    let places = countries(conn, people)?;
    let due = |id: &CustomerId| {
        let at = begins(zone_of(places.get(id).map(String::as_str), shop), day, minute);
        at <= now && now - at < LATE
    };
    let due: Vec<CustomerId> = people.iter().copied().filter(due).collect();
    if due.is_empty() {
        return Ok(due);
    }
    let known = enrolments::table
        .filter(enrolments::journey_id.eq(journey))
        .filter(enrolments::entry.eq(key(day.year())))
        .filter(enrolments::customer_id.eq_any(due.clone()))
        .select(enrolments::customer_id);
    let known: BTreeSet<CustomerId> = known.load::<CustomerId>(conn)?.into_iter().collect();
    Ok(due.into_iter().filter(|id| !known.contains(id)).collect())
}

/// Enters some people, unless the journey stands still by now. Whoever was merged into one of them stands for them.
fn celebrate(conn: &mut Conn, journey: JourneyId, people: &[CustomerId], year: i32, now: Time) -> Result<()> {
    let Some(live) = entered(conn)?.into_iter().find(|live| live.journey == journey) else { return Ok(()) };
    let entry = key(year);
    for customer in people.iter().copied() {
        let all = identities::all(conn, customer)?;
        let own = enrolments::table.filter(enrolments::journey_id.eq(journey)).filter(enrolments::customer_id.eq_any(all));
        let had: i64 = own.filter(enrolments::entry.eq(&entry)).count().get_result(conn)?;
        if had == 0 && may_enter(conn, &live, customer, now)? {
            enter(conn, &live, customer, (entry.as_str(), None), now)?;
        }
    }
    Ok(())
}

/// When the birthdays of a span would have entered people: for the rehearsal of a journey.
pub(super) fn celebrated(conn: &mut Conn, graph: &Graph, shop: Tz, span: (Time, Time)) -> Result<BTreeMap<CustomerId, Vec<Time>>> {
    let mut found: BTreeMap<CustomerId, Vec<Time>> = BTreeMap::new();
    let Trigger::Birthday(minute) = graph.trigger else { return Ok(found) };
    let mut after = CustomerId(0);
    loop {
        let said = customers::table.filter(sql::<Bool>("birthday <> ''")).filter(customers::id.gt(after));
        let said = said.filter(customers::erased_at.is_null()).filter(customers::merged_into.is_null());
        let rows = said.order(customers::id).limit(READ).select((customers::id, customers::birthday));
        let rows: Vec<(CustomerId, String)> = rows.load(conn)?;
        let Some((last, _)) = rows.last() else { return Ok(found) };
        after = *last;
        let ids: Vec<CustomerId> = rows.iter().map(|(id, _)| *id).collect();
        let places = countries(conn, &ids)?;
        for (id, birthday) in rows {
            let Some(birthday) = Birthday::parse(&birthday) else { continue };
            let zone = zone_of(places.get(&id).map(String::as_str), shop);
            let days = (span.0.year()..=span.1.year()).filter_map(|year| birthday.in_year(year));
            let at: Vec<Time> = days.map(|day| begins(zone, day, minute)).filter(|at| (span.0..=span.1).contains(at)).collect();
            if !at.is_empty() {
                found.insert(id, at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However the clocks of a place are changed, a birthday begins on its day, is seen by whoever looks until it is over, and not before.
        #[test]
        fn a_birthday_begins_once_and_is_seen(zone in 0usize..chrono_tz::TZ_VARIANTS.len(), minute in 0i64..1440, of in 0i64..1461, later in 0i64..86_400) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + TimeDelta::days(of);
            let at = begins(zone, day, minute);
            let apart = at - day.and_time(NaiveTime::MIN);
            prop_assert!(apart > -APART && apart < TimeDelta::hours(24) + APART, "{zone} {day} {minute}: {at}");
            prop_assert!(days(at + TimeDelta::seconds(later)).contains(&day), "{zone} {day} {minute}");
            prop_assert!(days(at).len() <= 5);
        }
    }
}
