use super::*;
use crate::email::Email;
use crate::levels::{self, Hours, Span, Wish};
use crate::rules::trees::noon;
use crate::tickets::tests::{ANN, answer, at, wish};
use crate::tickets::{
    self, Change, Kind, NewMessage, Outcome, append_from_customer, change, get, merge, open, reopen, reply, solve, unmerge,
};
use kernel::Db;
use kernel::testing::db;
use std::collections::BTreeSet;

fn always() -> Hours {
    Hours::new("UTC", std::array::from_fn(|_| vec![Span(0, 1440)]), BTreeSet::new()).expect("hours")
}

/// A policy for a kind, or all; minutes for the first answer, the next one and the end.
fn policy(conn: &mut Conn, kind: Option<Kind>, minutes: [i64; 3]) -> Result<PolicyId> {
    let calendar = levels::create_calendar(conn, "Always", &always())?;
    let wish = Wish {
        position: if kind.is_some() { 1 } else { 2 },
        name: "A level".into(),
        queue: String::new(),
        kind,
        priority: None,
        segment: None,
        calendar,
        first: Some(minutes[0]),
        next: Some(minutes[1]),
        resolve: Some(minutes[2]),
        more_urgent: true,
        hand_to: Some(7),
        task_for: Some(8),
    };
    levels::save_policy(conn, None, &wish, noon())
}

/// What is due of a ticket, which is what its log says.
fn due(conn: &mut Conn, id: TicketId) -> Result<[Option<Time>; 3]> {
    let stored = stored(conn, id)?;
    let levels = Levels::load(conn)?;
    let folded = Clocks::of(&Course::of(&log::of(conn, id)?), with_hours(&levels, levels.policy(stored.policy)));
    assert_eq!(folded, stored);
    assert_eq!(get(conn, id)?.due_at, stored.due());
    Ok([stored.first, stored.next, stored.resolve])
}

fn alarms(db: &Db, id: TicketId) -> Vec<(String, Time)> {
    let entries = db.read_now(|conn| log::of(conn, id)).expect("a log");
    entries.into_iter().filter(|one| one.kind == What::Overdue).map(|one| (one.detail, one.happened_at)).collect()
}

#[test]
fn clocks_run_while_it_is_the_shops_turn() {
    db().write_now(|conn| {
        let before = open(conn, &wish("ben@example.com", "?"), noon())?.ticket.id;
        assert_eq!(due(conn, before)?, [None; 3]);
        policy(conn, None, [30, 60, 240])?;
        let id = open(conn, &wish("ann@example.com", "Is it blue?"), noon())?.ticket.id;
        assert_eq!(due(conn, id)?, [Some(at(30)), None, Some(at(240))]);
        let machine = NewMessage { automatic: true, ..NewMessage::text("Out of office") };
        append_from_customer(conn, id, &machine, at(5))?;
        assert_eq!(due(conn, id)?, [Some(at(30)), None, Some(at(240))], "a machine stops no clock");
        let seen = get(conn, id)?.version;
        reply(conn, id, &answer("Yes", None), ANN, seen, at(10))?;
        assert_eq!(due(conn, id)?, [None; 3]);
        append_from_customer(conn, id, &machine, at(50))?;
        assert_eq!(due(conn, id)?, [None; 3], "nor starts one");
        append_from_customer(conn, id, &NewMessage::text("And red?"), at(100))?;
        // Ten of 240 minutes were used.
        assert_eq!(due(conn, id)?, [None, Some(at(160)), Some(at(330))]);
        append_from_customer(conn, id, &NewMessage::text("Hello?"), at(150))?;
        assert_eq!(due(conn, id)?, [None, Some(at(160)), Some(at(330))], "who asks twice waits since the first time");
        solve(conn, id, Outcome::Answered, ANN.actor, None, at(155))?;
        assert_eq!(due(conn, id)?, [None; 3]);
        reopen(conn, id, ANN.actor, None, at(1000))?;
        assert_eq!(due(conn, id)?, [None, Some(at(1060)), Some(at(1175))]);
        Ok(())
    })
    .expect("clocks");
}

#[test]
fn filing_and_merging_move_what_is_due() {
    db().write_now(|conn| {
        policy(conn, None, [30, 60, 240])?;
        policy(conn, Some(Kind::Complaint), [5, 60, 120])?;
        let one = open(conn, &wish("ann@example.com", "?"), noon())?.ticket;
        let to = Change { kind: Kind::Complaint, queue: "Complaints".into(), priority: 3, tags: String::new() };
        change(conn, one.id, &to, ANN, one.version, at(1))?;
        assert_eq!(due(conn, one.id)?, [Some(at(5)), None, Some(at(120))]);
        let two = open(conn, &wish("ann@example.com", "?"), at(2))?.ticket;
        let seen = [get(conn, two.id)?.version, get(conn, one.id)?.version];
        merge(conn, two.id, one.id, ANN, seen, at(3))?;
        assert_eq!(due(conn, two.id)?, [None; 3]);
        unmerge(conn, two.id, ANN, at(20))?;
        assert_eq!(due(conn, two.id)?, [Some(at(32)), None, Some(at(242))], "as if it had not been merged");
        Ok(())
    })
    .expect("filing");
}

#[test]
fn what_is_due_alarms_once_and_a_policy_that_changed_reaches_open_tickets() {
    let db = db();
    let (id, policy) = db
        .write_now(|conn| {
            let policy = policy(conn, None, [30, 60, 240])?;
            Ok((open(conn, &wish("ann@example.com", "?"), noon())?.ticket.id, policy))
        })
        .expect("a ticket");
    let any = |minute: i64| db.read_now(|conn| tickets::alarm::any(conn, at(minute))).expect("reads");
    assert!(!any(29) && any(30));
    for minute in [30, 30, 31] {
        tickets::alarm::raise_all(&db, at(minute)).expect("alarms");
    }
    assert_eq!(alarms(&db, id), [("first".to_string(), at(30))]);
    let ticket = db.read_now(|conn| get(conn, id)).expect("a ticket");
    assert_eq!((ticket.priority, ticket.assignee, ticket.due_at), (2, Some(7), at(30)));
    let customer = ticket.customer_id.expect("a customer");
    let tasks = db.read_now(|conn| crate::tasks::of_customer(conn, customer, 9)).expect("tasks");
    assert_eq!((tasks.len(), tasks[0].assignee, tasks[0].title.as_str()), (1, Some(8), "T1001 Mug"));
    // Half the time to settle it, and the same for the first answer: one alarm more, when that is due.
    db.write_now(move |conn| {
        let was = levels::policy(conn, policy)?;
        let wish = Wish {
            position: was.position,
            name: was.name,
            queue: String::new(),
            kind: None,
            priority: None,
            segment: None,
            calendar: was.calendar_id,
            first: Some(30),
            next: None,
            resolve: Some(120),
            more_urgent: false,
            hand_to: None,
            task_for: None,
        };
        levels::save_policy(conn, Some(policy), &wish, at(40)).map(drop)
    })
    .expect("changed");
    levels::recalculate(&db, at(40)).expect("recalculates");
    assert_eq!(db.write_now(move |conn| due(conn, id)).expect("due"), [Some(at(30)), None, Some(at(120))]);
    for minute in [119, 120, 121] {
        tickets::alarm::raise_all(&db, at(minute)).expect("alarms");
    }
    assert_eq!(alarms(&db, id), [("first".to_string(), at(30)), ("resolve".to_string(), at(120))]);
    db.write_now(move |conn| levels::remove_policy(conn, policy, at(130))).expect("removed");
    levels::recalculate(&db, at(130)).expect("recalculates");
    assert_eq!(db.write_now(move |conn| due(conn, id)).expect("due"), [None; 3]);
}

#[test]
fn only_the_customers_of_a_segment_are_promised_what_it_gets() {
    db().write_now(|conn| {
        let rule = crate::rules::parse(r#"{"tag":"vip"}"#)?;
        let wanted = segments::Wish { name: "VIP".into(), note: String::new(), rule };
        let segment = segments::create(conn, &wanted, noon())?;
        let id = policy(conn, None, [30, 60, 240])?;
        let was = levels::policy(conn, id)?;
        let own = Wish {
            position: 0,
            name: "VIP".into(),
            queue: String::new(),
            kind: None,
            priority: None,
            segment: Some(segment),
            calendar: was.calendar_id,
            first: Some(3),
            next: None,
            resolve: None,
            more_urgent: false,
            hand_to: None,
            task_for: None,
        };
        levels::save_policy(conn, None, &own, noon())?;
        let one = open(conn, &wish("ann@example.com", "?"), noon())?.ticket;
        assert_eq!(due(conn, one.id)?[0], Some(at(30)));
        let email = Email::parse("ann@example.com", "email")?;
        let customer = crate::customers::find_by_email(conn, &email)?.expect("she is known");
        crate::customers::annotate(conn, customer.id, "vip", "", noon())?;
        let two = open(conn, &wish("ann@example.com", "?"), at(1))?.ticket;
        assert_eq!(due(conn, two.id)?, [Some(at(4)), None, None]);
        Ok(())
    })
    .expect("segments");
}
