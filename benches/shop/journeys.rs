//! Journeys at size: a million people wait in one that is live, events of some of them are told at a steady rate as the shop tells them, and the
//! shop's own worker takes the steps. How long after the commit of an event its step stands in the log, and how long after a wait is over.
//!
//! `cargo bench --bench shop -- journeys` for SQLite; `tests/support/pg.sh cargo bench --bench shop -- journeys` for PostgreSQL.
//! `REGULARS_JOURNEY_PEOPLE=20000` asks for fewer, `REGULARS_JOURNEY_RATE=200` for more events a second. Wrong when a step is not taken, is taken
//! twice, or the counts are not what the rows say; a missed floor is only told.

use crate::campaigns::work;
use crate::goods::{self, now};
use crate::scale::whole::open;
use crate::scale::{analysed, insert};
use crate::support::{millis, ms, percentile, verdict};
use chrono::TimeDelta;
use crm::CustomerId;
use crm::activities::{self, Activity, Kind};
use crm::journeys::{self, Again, Awaited, Graph, Trigger, Wait, What, Wish};
use crm::rules::Rule;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use kernel::clock::Time;
use kernel::db::Target;
use kernel::{Db, Result};
use regulars::state::AppState;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

const PEOPLE: i64 = 1_000_000;
/// Events a second, and how many are measured behind those that only warm up.
const RATE: i64 = 50;
const EVENTS: i64 = 1500;
const WARM: i64 = 100;
const FLOOR: f64 = 1000.0;
/// Steps that are not taken so long after the last event are not taken.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at the log.
const LOOK: Duration = Duration::from_millis(5);
/// Rows that another transaction may have numbered before, and commit later.
const BEHIND: i64 = 100;

/// A row of the log.
#[derive(diesel::QueryableByName)]
struct Entry {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    enrolment_id: i64,
    #[diesel(sql_type = Text)]
    result: String,
}

pub fn run() -> bool {
    let asked = |name: &str, most: i64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(most);
    let (people, rate) = (asked("REGULARS_JOURNEY_PEOPLE", PEOPLE), asked("REGULARS_JOURNEY_RATE", RATE).max(1));
    let db = goods::open();
    let sqlite = matches!(db.target(), Target::File(_));
    println!("{}", if sqlite { "SQLite" } else { "PostgreSQL" });
    let ((), took) = millis(|| waiting(&db, sqlite, people));
    println!("  {people} people who wait in a journey in {:.0} s", took / 1000.0);
    let folder = std::env::temp_dir().join(format!("regulars_bench_journeys_{}", std::process::id()));
    let state = open(&db, &folder).unwrap();
    // Of few people, fewer are told of, so that events and waits are of different ones.
    let count = EVENTS.min(people / 4);
    let (stopping, stopped) = watch::channel(false);
    let working = work(&state, stopped);
    tell(&state, people, WARM.min(people / 4), rate, people / 4);
    let mut right = events(&db, &state, people, count, rate);
    right &= waits(&db, people, count, rate);
    stopping.send_replace(true);
    working.join().unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    let (_, wrong) = db.read_now(journeys::proofs).unwrap();
    if !wrong.is_empty() {
        println!("  counts that are not what the rows say: {wrong:?}");
    }
    right & wrong.is_empty()
}

/// A journey of one wait with a way out for both ends of it, and an exit that is asked about at everything that happens.
fn graph() -> Graph {
    let trigger = Trigger::Event(Kind::CartChanged.as_str().into());
    let exit = Some(Rule::Tag("gone".into()));
    let mut graph =
        Graph { trigger, again: Again::Never, per_day: None, only: None, goal: None, exit, first: None, nodes: Vec::new(), last: 0 };
    let awaited = Awaited { kind: Kind::WishListed.as_str().into(), minutes: journeys::LONGEST };
    let wait = graph.insert(None, false, What::Wait(Wait::Event(awaited)));
    graph.insert(Some(wait), false, What::Tag("came".into()));
    graph.insert(Some(wait), true, What::Tag("late".into()));
    graph
}

/// Customers who all wait at the first step. Their numbers are those of their enrolments.
fn waiting(db: &Db, sqlite: bool, people: i64) {
    let made = db.write_now(|conn| {
        let id = journeys::create(conn, &Wish { name: "Wishes".into(), store_id: 1, topic: "news".into() }, &graph(), now())?;
        let version = journeys::get(conn, id)?.version;
        Ok((id, journeys::publish(conn, id, version, ("UTC", "shop.test"), now())?))
    });
    let (journey, version) = made.unwrap();
    let time = if sqlite { "datetime('2026-01-01')" } else { "timestamp '2026-01-01'" };
    let customer = format!("'c' || i || '@example.com', 'c' || i || '@example.com', 'Customer ' || i, {time}, {time}");
    insert(db, sqlite, "customers (email, email_key, name, created_at, updated_at)", &customer, 1, people);
    let far = if sqlite { "datetime('now', '+600 days')" } else { "(now() AT TIME ZONE 'utc') + interval '600 days'" };
    let row = format!("{journey}, {version}, i, 'bench:' || i, 'active', 1, {time}, {far}, {far}, 'wish_listed', TRUE, 1, {time}");
    let columns =
        "enrolments (journey_id, version_id, customer_id, entry, state, node, since, due_at, wake_at, awaits, checks, steps, entered_at)";
    insert(db, sqlite, columns, &row, 1, people);
    let counts = format!(
        "INSERT INTO journey_counts (journey_id, node, what, count) VALUES ({journey}, 0, 'entered', {people}), ({journey}, 0, 'here', {people}), \
         ({journey}, 1, 'here', {people})"
    );
    db.write_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(&counts))?)).unwrap();
    analysed(db);
}

/// The `n`th of `count` people who are far apart, among a quarter of all from `from` on.
fn somebody(people: i64, count: i64, from: i64, n: i64) -> i64 {
    1 + from + n * (people / 4 / count.max(1)).max(1)
}

/// Tells events of some people at a rate, and answers when each was committed.
fn tell(state: &AppState, people: i64, count: i64, rate: i64, from: i64) -> HashMap<i64, Instant> {
    let (begun, mut told) = (Instant::now(), HashMap::new());
    for n in 0..count {
        let due = Duration::from_micros(u64::try_from(n * 1_000_000 / rate).unwrap());
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        let id = somebody(people, count, from, n);
        let happened = state.db.write_now(move |conn| {
            let key = format!("bench:{id}");
            let activity = Activity {
                customer: Some(CustomerId(id)),
                trail: None,
                kind: Kind::WishListed,
                at: now(),
                source: "bench",
                dedupe_key: &key,
                subject: None,
                amount: None,
                detail: "",
            };
            activities::record(conn, &activity).map(drop)
        });
        happened.unwrap();
        told.insert(id, Instant::now());
    }
    told
}

/// Rows of the log behind a number.
fn entries(db: &Db, after: i64) -> Result<Vec<Entry>> {
    let sql = format!("SELECT id, enrolment_id, result FROM enrolment_log WHERE id > {after} ORDER BY id");
    db.read_now(|conn| Ok(kernel::on_each!(conn, c => diesel::sql_query(sql).load(c))?))
}

/// When each person's row with `result` came to be seen in the log, until there are `count` of them or `over` says that it is in vain. A person who has
/// two is told.
fn watched(db: &Db, result: &str, count: i64, over: &dyn Fn() -> bool) -> (HashMap<i64, (Instant, Time)>, bool) {
    let mut rows: HashMap<i64, i64> = HashMap::new();
    let (mut seen, mut last, mut right) = (HashMap::new(), 0, true);
    while (seen.len() as i64) < count && !over() {
        let found = entries(db, (last - BEHIND).max(0)).unwrap();
        let (at, clock) = (Instant::now(), now());
        last = found.last().map_or(last, |entry| last.max(entry.id));
        for entry in found.into_iter().filter(|entry| entry.result == result) {
            match rows.insert(entry.enrolment_id, entry.id) {
                None => {
                    seen.insert(entry.enrolment_id, (at, clock));
                }
                Some(id) if id != entry.id => {
                    println!("  {} took the same step twice", entry.enrolment_id);
                    right = false;
                }
                Some(_) => {}
            }
        }
        std::thread::sleep(LOOK);
    }
    (seen, right)
}

/// Prints how long steps took, and whether all were taken.
fn told(name: &str, rate: i64, times: Vec<f64>, count: i64) -> bool {
    if times.len() as i64 != count {
        println!("  {name}: {} of {count} steps were taken", times.len());
        return false;
    }
    let (median, most) = (percentile(times.clone(), 50), percentile(times, 99));
    println!("  {name} at {rate}/s: p50 {median:.0} ms, p99 {most:.0} ms (floor {FLOOR:.0} ms, {})", verdict(most <= FLOOR));
    true
}

/// From the commit of an event to the step that it leads to.
fn events(db: &Db, state: &AppState, people: i64, count: i64, rate: i64) -> bool {
    let (teller, all) = (state.clone(), AtomicBool::new(false));
    let began = Instant::now();
    let patience = Duration::from_secs(u64::try_from(count / rate).unwrap()) + PATIENCE;
    let (events, (seen, right)) = std::thread::scope(|scope| {
        let done = &all;
        let telling = scope.spawn(move || {
            let events = tell(&teller, people, count, rate, people / 2);
            done.store(true, Ordering::Relaxed);
            events
        });
        // Those who warmed it up are in the log, too.
        let warm = WARM.min(people / 4);
        let seen = watched(db, "came", warm + count, &|| all.load(Ordering::Relaxed) && began.elapsed() > patience);
        (telling.join().unwrap(), seen)
    });
    let time = |(id, at): (&i64, &Instant)| seen.get(id).map(|(seen, _)| ms(seen.saturating_duration_since(*at)));
    told("an event to its step", rate, events.iter().filter_map(time).collect(), count) & right
}

/// From the end of a wait to the step behind it.
fn waits(db: &Db, people: i64, count: i64, rate: i64) -> bool {
    let begin = now() + TimeDelta::seconds(3);
    let due: HashMap<i64, Time> =
        (0..count).map(|n| (somebody(people, count, 0, n), begin + TimeDelta::microseconds(n * 1_000_000 / rate))).collect();
    let line = |(id, at): (&i64, &Time)| {
        // When it is over follows from when it began.
        let since = (*at - TimeDelta::minutes(journeys::LONGEST)).format("%Y-%m-%d %H:%M:%S%.6f");
        let at = at.format("%Y-%m-%d %H:%M:%S%.6f");
        format!("UPDATE enrolments SET since = '{since}', due_at = '{at}', wake_at = '{at}' WHERE id = {id};")
    };
    let sql: String = due.iter().map(line).collect();
    db.write_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(&sql))?)).unwrap();
    let (began, patience) = (Instant::now(), Duration::from_secs(u64::try_from(count / rate).unwrap()) + PATIENCE);
    let (seen, right) = watched(db, "late", count, &|| began.elapsed() > patience);
    let time = |(id, at): (&i64, &Time)| {
        let took = seen.get(id).map(|(_, seen)| *seen - *at)?;
        took.num_microseconds().map(|micros| micros as f64 / 1000.0)
    };
    told("the end of a wait to its step", rate, due.iter().filter_map(time).collect(), count) & right
}
