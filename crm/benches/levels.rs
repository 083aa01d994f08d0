//! What a changed policy costs: 10,000 open tickets get what is due anew.
//!
//! `cargo bench -p regulars-crm --bench levels` for SQLite; `tests/support/pg.sh cargo bench -p regulars-crm --bench levels` for PostgreSQL.
//! Exits with 1 when a ticket is not what its log says; a missed limit is only told, as its share.

// A benchmark reports times and rates; no money is computed here.
#![allow(clippy::float_arithmetic, clippy::unwrap_used)]

use chrono::{NaiveDate, TimeDelta};
use kernel::clock::Time;
use kernel::{Conn, Db, Result};
use regulars_crm::email::Email;
use regulars_crm::levels::{self, Hours, PolicyId, Span, Wish};
use regulars_crm::rules;
use regulars_crm::segments::{self, SegmentId};
use regulars_crm::tickets::{self, Agent, Answer, Asker, Channel, Kind, New, NewMessage, ORDINARY, TicketId};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const TICKETS: i64 = 10_000;
const LIMIT: Duration = Duration::from_secs(2);
const AGENT: Agent = Agent { id: 1, actor: "staff:1" };

fn noon() -> Time {
    NaiveDate::from_ymd_opt(2026, 6, 1).unwrap().and_hms_opt(12, 0, 0).unwrap()
}

fn main() -> ExitCode {
    let db = kernel::testing::db();
    let (segment, calendar) = db
        .write_now(|conn| {
            let rule = rules::parse(r#"{"tag":"vip"}"#)?;
            let segment = segments::create(conn, &segments::Wish { name: "VIP".into(), note: String::new(), rule }, noon())?;
            let office = vec![Span(9 * 60, 12 * 60), Span(13 * 60, 17 * 60)];
            let week = std::array::from_fn(|day| if day < 5 { office.clone() } else { Vec::new() });
            let calendar = levels::create_calendar(conn, "Office", &Hours::new("Europe/Berlin", week, BTreeSet::new())?)?;
            Ok((segment, calendar))
        })
        .unwrap();
    let started = Instant::now();
    for from in (0..TICKETS).step_by(100) {
        db.write_now(move |conn| (from..from + 100).try_for_each(|number| ask(conn, number))).unwrap();
    }
    println!("{TICKETS} tickets in {:.0} s", started.elapsed().as_secs_f64());
    let policy = move |conn: &mut Conn, id: Option<PolicyId>, segment: Option<SegmentId>, minutes: i64| {
        let wish = Wish {
            position: 0,
            name: "Level".into(),
            queue: String::new(),
            kind: None,
            priority: None,
            segment,
            calendar,
            first: Some(minutes),
            next: Some(minutes),
            resolve: Some(minutes * 10),
            more_urgent: false,
            hand_to: None,
            task_for: None,
        };
        levels::save_policy(conn, id, &wish, noon())
    };
    let id = db.write_now(move |conn| policy(conn, None, None, 60)).unwrap();
    measured("a new policy", &db);
    db.write_now(move |conn| policy(conn, Some(id), None, 90)).unwrap();
    measured("a policy that changed", &db);
    db.write_now(move |conn| policy(conn, Some(id), Some(segment), 30).and(policy(conn, None, None, 60))).unwrap();
    measured("a policy for a segment", &db);
    let wrong = wrong(&db);
    println!("tickets that are not what their log says: {wrong}");
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A ticket of one of a thousand customers; every third was answered, and every sixth asked again.
fn ask(conn: &mut Conn, number: i64) -> Result<()> {
    let new = New {
        kind: Kind::Question,
        channel: Channel::Web,
        subject: "Mug".into(),
        asker: Asker { email: Email::parse(&format!("ann{}@example.com", number % 1000), "email").ok(), ..Asker::default() },
        order: None,
        lines: Vec::new(),
        store: 1,
        language: "en".into(),
        call: None,
        queue: String::new(),
        priority: ORDINARY,
        message: NewMessage::text("Is it blue?"),
        logged_by: None,
        request_key: None,
    };
    let at = |minutes: i64| noon() + TimeDelta::minutes(number % 500 + minutes);
    let ticket = tickets::open(conn, &new, at(0))?.ticket;
    if number % 3 == 0 {
        let answer = Answer { message: NewMessage::text("Yes"), solve: None };
        tickets::reply(conn, ticket.id, &answer, AGENT, ticket.version, at(10))?;
    }
    if number % 6 == 0 {
        tickets::append_from_customer(conn, ticket.id, &NewMessage::text("And red?"), at(200))?;
    }
    Ok(())
}

fn measured(what: &str, db: &Db) {
    let started = Instant::now();
    levels::recalculate(db, noon() + TimeDelta::days(1)).unwrap();
    let took = started.elapsed();
    println!("{what}: {:.2} s, {:.2} of the limit", took.as_secs_f64(), took.as_secs_f64() / LIMIT.as_secs_f64());
}

fn wrong(db: &Db) -> usize {
    let (mut after, mut wrong) = (TicketId(0), 0);
    loop {
        let page = db.read_now(move |conn| tickets::proofs(conn, after, 500)).unwrap();
        let Some(last) = page.last() else { return wrong };
        after = last.id;
        wrong += page.iter().filter(|proof| proof.clocks != proof.due || proof.clocks.policy.is_none()).count();
    }
}
