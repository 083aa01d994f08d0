use super::log::{State, What, fold};
use super::*;
use crate::email::Email;
use crate::rules::trees::{noon, people};
use chrono::TimeDelta;
use kernel::testing::db;

pub(crate) const ANN: Agent = Agent { id: 1, actor: "ann@shop.example" };

pub(crate) fn wish(email: &str, body: &str) -> New<'static> {
    New {
        kind: Kind::Question,
        channel: Channel::Web,
        subject: "Mug".into(),
        asker: Asker { email: Email::parse(email, "email").ok(), ..Asker::default() },
        order: None,
        lines: Vec::new(),
        store: 1,
        language: "en".into(),
        call: None,
        queue: String::new(),
        priority: ORDINARY,
        message: NewMessage::text(body),
        logged_by: None,
        request_key: None,
    }
}

pub(crate) fn answer(body: &str, solve: Option<Outcome>) -> Answer {
    Answer { message: NewMessage::text(body), solve }
}

pub(crate) fn at(minutes: i64) -> kernel::clock::Time {
    noon() + TimeDelta::minutes(minutes)
}

/// The stored state of a ticket is the fold over its log, and its words are what was written.
fn proven(conn: &mut Conn, id: TicketId) -> Result<Ticket> {
    let ticket = get(conn, id)?;
    assert_eq!(fold(&log::of(conn, id)?), Some(State::of(&ticket)));
    assert_eq!(terms::wrong(conn, id)?, 0);
    Ok(ticket)
}

#[test]
fn a_question_is_answered_once_and_ends_with_an_outcome() {
    db().write_now(|conn| {
        assert!(matches!(open(conn, &wish("ann@example.com", "  "), noon()), Err(Error::Invalid(_))));
        let once = New { request_key: Some("form".into()), ..wish("ann@example.com", "Is it blue?") };
        let opened = open(conn, &once, noon())?;
        assert!(opened.new && !open(conn, &once, noon())?.new);
        let id = opened.ticket.id;
        assert_eq!(opened.ticket.number, "T1001");
        let next = open(conn, &wish("Ann@example.com", "And red?"), noon())?.ticket;
        assert_eq!((opened_before(conn, &next, noon(), 9)?, opened_before(conn, &opened.ticket, noon(), 9)?), (1, 0));
        // Two agents answer what both saw: the second is refused.
        let seen = opened.ticket.version;
        reply(conn, id, &answer("Yes", None), ANN, seen, at(1))?;
        let late = reply(conn, id, &answer("No", None), Agent { id: 2, actor: "ben@shop.example" }, seen, at(2));
        assert!(matches!(late, Err(Error::Conflict(text)) if text == STALE));
        let ticket = proven(conn, id)?;
        assert_eq!((ticket.status, ticket.first_answered_at), (Status::Waiting, Some(at(1))));
        // A machine that answers changes nobody's turn.
        append_from_customer(conn, id, &NewMessage { automatic: true, ..NewMessage::text("Out of office") }, at(3))?;
        assert_eq!(proven(conn, id)?.status, Status::Waiting);
        note(conn, id, &NewMessage::text("She is nice"), ANN, at(4))?;
        let seen = get(conn, id)?.version;
        reply(conn, id, &answer("Anything else?", Some(Outcome::Answered)), ANN, seen, at(5))?;
        assert_eq!(proven(conn, id)?.outcome, Some(Outcome::Answered));
        append_from_customer(conn, id, &NewMessage { automatic: true, ..NewMessage::text("Out of office") }, at(6))?;
        assert_eq!(proven(conn, id)?.status, Status::Solved);
        rate(conn, id, 5, "Thank you", at(6))?;
        let mail = NewMessage { message_id: Some("1@example.com".into()), ..NewMessage::text("And green?") };
        let first = append_from_customer(conn, id, &mail, at(7))?;
        assert_eq!(append_from_customer(conn, id, &mail, at(8))?, first);
        let ticket = proven(conn, id)?;
        assert_eq!((ticket.status, ticket.asked_at, ticket.outcome), (Status::Open, Some(at(7)), None));
        assert!(matches!(rate(conn, id, 5, "", at(8)), Err(Error::Conflict(_))));
        assert_eq!(thread(conn, id, Eyes::Staff, None, 99)?.len(), 7);
        assert!(thread(conn, id, Eyes::Customer, None, 99)?.iter().all(|message| !message.internal));
        Ok(())
    })
    .expect("tickets");
}

#[test]
fn merging_joins_threads_and_is_undone() {
    db().write_now(|conn| {
        let one = open(conn, &wish("ann@example.com", "Where is it?"), noon())?.ticket;
        let two = open(conn, &wish("ann@example.com", "Hello?"), at(1))?.ticket;
        let other = open(conn, &wish("ben@example.com", "Hello?"), at(1))?.ticket;
        let strangers = merge(conn, other.id, one.id, ANN, [other.version, one.version], at(2));
        assert!(matches!(strangers, Err(Error::Conflict(text)) if text == "ticket-merge-two-people"));
        let seen = [get(conn, two.id)?.version, get(conn, one.id)?.version];
        merge(conn, two.id, one.id, ANN, seen, at(3))?;
        assert_eq!(proven(conn, two.id)?.outcome, Some(Outcome::Merged));
        assert_eq!(proven(conn, one.id)?.asked_at, Some(noon()), "the other one waited for longer");
        assert_eq!(thread(conn, one.id, Eyes::Staff, None, 9)?.len(), 2);
        // What replies to the merged one goes on in the other.
        append_from_customer(conn, two.id, &NewMessage::text("Anybody?"), at(4))?;
        assert_eq!(thread(conn, one.id, Eyes::Staff, None, 9)?.len(), 3);
        assert!(matches!(note(conn, two.id, &NewMessage::text("x"), ANN, at(4)), Err(Error::Conflict(_))));
        unmerge(conn, two.id, ANN, at(5))?;
        let ticket = proven(conn, two.id)?;
        assert_eq!((ticket.status, ticket.asked_at), (Status::Open, Some(at(1))));
        assert_eq!(thread(conn, one.id, Eyes::Staff, None, 9)?.len(), 2);
        let (ticket, own) = (proven(conn, one.id)?, thread(conn, one.id, Eyes::Staff, None, 9)?);
        let all: Vec<MessageId> = own.iter().map(|message| message.id).collect();
        assert!(split(conn, one.id, &all, "Two", ANN, ticket.version, at(6)).is_err());
        Ok(())
    })
    .expect("merging");
}

#[test]
fn a_merge_keeps_since_when_somebody_waits() {
    db().write_now(|conn| {
        let old = open(conn, &wish("ann@example.com", "Where is it?"), noon())?.ticket;
        for outcome in [None, Some(Outcome::Answered)] {
            let new = open(conn, &wish("ann@example.com", "And red?"), at(5))?.ticket;
            reply(conn, new.id, &answer("Yes", outcome), ANN, new.version, at(6))?;
            let seen = [get(conn, old.id)?.version, get(conn, new.id)?.version];
            merge(conn, old.id, new.id, ANN, seen, at(9))?;
            let ticket = proven(conn, new.id)?;
            assert_eq!((ticket.status, ticket.asked_at, ticket.outcome), (Status::Open, Some(noon()), None));
            assert_eq!(ticket.first_answered_at, Some(at(6)));
            // Nobody waits any more after an answer; what was parted still does.
            reply(conn, new.id, &answer("It is on its way", None), ANN, ticket.version, at(10))?;
            assert_eq!(proven(conn, new.id)?.asked_at, None);
            unmerge(conn, old.id, ANN, at(11))?;
            assert_eq!(proven(conn, old.id)?.asked_at, Some(noon()));
        }
        // Pages of a log meet and hold all of it.
        let all: Vec<i64> = log::of(conn, old.id)?.iter().map(|entry| entry.id).collect();
        let (mut paged, mut before) = (Vec::new(), None);
        loop {
            let page = log::page(conn, old.id, before, 2)?;
            let Some(first) = page.first() else { break };
            before = Some(first.id);
            paged.splice(0..0, page.iter().map(|entry| entry.id));
        }
        assert_eq!((paged.len(), paged), (all.len(), all));
        Ok(())
    })
    .expect("waiting");
}

#[test]
fn part_of_a_thread_becomes_a_ticket_of_its_own() {
    db().write_now(|conn| {
        let one = open(conn, &wish("ann@example.com", "Where is it?"), noon())?.ticket;
        let second = append_from_customer(conn, one.id, &NewMessage::text("And the mug is broken"), at(1))?;
        let seen = get(conn, one.id)?.version;
        let made = split(conn, one.id, &[second], "Broken mug", ANN, seen, at(2))?;
        assert_eq!((made.number.as_str(), made.customer_id, made.asked_at), ("T1002", one.customer_id, Some(at(2))));
        proven(conn, made.id)?;
        proven(conn, one.id)?;
        assert_eq!(thread(conn, one.id, Eyes::Staff, None, 9)?.len(), 1);
        assert_eq!(thread(conn, made.id, Eyes::Staff, None, 9)?.len(), 1);
        Ok(())
    })
    .expect("splitting");
}

#[test]
fn the_inbox_goes_by_urgency_and_waiting_and_pages_by_key() {
    db().write_now(|conn| {
        for (minute, priority) in [(0, 3), (1, 1), (2, 3), (3, 2), (4, 1)] {
            let made = open(conn, &wish("ann@example.com", "?"), at(minute))?.ticket;
            let to = Change { kind: Kind::Question, queue: String::new(), priority, tags: "Big order, VIP".into() };
            change(conn, made.id, &to, ANN, made.version, at(minute))?;
        }
        let mut filter = Filter { status: Some(Status::Open), tag: Some("vip".into()), ..Filter::default() };
        let mut seen = Vec::new();
        loop {
            let page = list(conn, &filter, 2)?;
            let Some(last) = page.last() else { break };
            filter.after = Place::parse(&Place::of(last, filter.status).text());
            seen.extend(page.iter().map(|ticket| ticket.number.clone()));
        }
        assert_eq!(seen, ["T1002", "T1005", "T1004", "T1001", "T1003"]);
        let changed = list(conn, &Filter::default(), 9)?;
        assert_eq!(changed.first().map(|ticket| ticket.number.as_str()), Some("T1005"));
        let first = &changed[0];
        assign(conn, first.id, Some(7), ANN, first.version, at(9))?;
        let own = Filter { whose: Some(Whose::Of(7)), status: Some(Status::Open), ..Filter::default() };
        assert_eq!(list(conn, &own, 9)?.len(), 1);
        let found = |conn: &mut Conn, words: &[&str]| {
            let words = words.iter().map(ToString::to_string).collect();
            list(conn, &Filter { words, ..Filter::default() }, 9).map(|found| found.len())
        };
        assert_eq!(
            (found(conn, &["mUG", "t1003"])?, found(conn, &["ANN@example"])?, found(conn, &["mug", "pot"])?, found(conn, &["%"])?),
            (1, 5, 0, 0)
        );
        assert!(list(conn, &Filter { tag: Some("%".into()), ..Filter::default() }, 9)?.is_empty());
        Ok(())
    })
    .expect("the inbox");
}

#[test]
fn nothing_but_a_merge_undone_brings_a_state_back() {
    let log = |kinds: &[What]| -> Vec<log::Entry> {
        let entry = |(minute, kind): (usize, &What)| log::Entry {
            id: 0,
            kind: *kind,
            actor: String::new(),
            message_id: None,
            detail: "answered".into(),
            before: String::new(),
            happened_at: at(i64::try_from(minute).unwrap_or(0)),
        };
        kinds.iter().enumerate().map(entry).collect()
    };
    let all = log(&[What::Opened, What::Answered, What::Merged, What::Unmerged]);
    assert_eq!(fold(&all).map(|state| state.status), Some(Status::Waiting));
    for kind in What::ALL {
        let ended = fold(&log(&[What::Opened, What::Solved, *kind])).expect("a state");
        assert_eq!(ended.status == Status::Solved, *kind != What::Reopened, "{kind:?}");
    }
    assert_eq!(fold(&[]), None);
}

#[test]
fn whoever_is_erased_is_in_no_ticket() {
    let db = db();
    let ann = people(&db, 1, 1)[0];
    db.write_now(move |conn| {
        let new = New { asker: Asker { customer: Some(ann), phone: "123".into(), ..Asker::default() }, ..wish("", "My name is Ann") };
        let made = open(conn, &new, noon())?.ticket;
        forget(conn, ann, &[])?;
        let left = proven(conn, made.id)?;
        assert_eq!((left.subject.as_str(), left.email.as_str(), left.phone.as_str()), ("", "", ""));
        assert!(thread(conn, made.id, Eyes::Staff, None, 9)?.iter().all(|message| message.body.is_empty()));
        Ok(())
    })
    .expect("forgetting");
}
