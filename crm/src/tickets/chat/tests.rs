use super::*;
use crate::levels::{Hours, Span};
use crate::routing::{self, Taker};
use crate::tickets::tests::{ANN, answer, at, wish};
use crate::tickets::{Eyes, append_from_customer, reply, thread};
use kernel::testing::db;
use std::collections::BTreeSet;

const WAIT: Option<TimeDelta> = Some(TimeDelta::minutes(5));

fn chat(body: &str) -> New<'static> {
    New { channel: crate::tickets::Channel::Chat, ..wish("ann@example.com", body) }
}

fn browser(secret: &str) -> Holder {
    Holder::Browser(secret.into())
}

fn words(conn: &mut Conn, id: TicketId, window: Window) -> Result<Vec<String>> {
    Ok(news(conn, id, window, MessageId(0), 50)?.lines.into_iter().map(|line| line.body).collect())
}

#[test]
fn a_chat_nobody_answers_goes_on_by_mail_once() {
    let db = db();
    let id = db.write_now(|conn| Ok(begin(conn, &chat("Hi"), &browser("b"), WAIT, at(0))?.id)).expect("a chat");
    db.write_now(move |conn| {
        let seen = get(conn, id)?.version;
        reply(conn, id, &answer("Yes?", None), ANN, seen, at(1))?;
        write(conn, id, &NewMessage::text("Is it blue?"), WAIT, at(3))?;
        assert!(!any(conn, at(7))? && any(conn, at(8))?, "since they wrote last");
        Ok(())
    })
    .expect("talking");
    mail_all(&db, at(8)).expect("the job");
    mail_all(&db, at(9)).expect("again");
    db.write_now(move |conn| {
        let said: Vec<String> = thread(conn, id, Eyes::Staff, None, 9)?.into_iter().map(|one| one.body).collect();
        assert_eq!(said, ["Hi", "Yes?", "Is it blue?", BY_MAIL]);
        write(conn, id, &NewMessage::text("Hello?"), None, at(10))?;
        assert!(of(conn, id)?.is_some_and(|chat| chat.by_mail()) && !any(conn, at(60))?, "it is said once");
        // Nobody is there: at once.
        let late = begin(conn, &chat("Hi again"), &browser("b"), None, at(70))?.id;
        assert!(of(conn, late)?.is_some_and(|chat| chat.by_mail()));
        // Answered in time.
        let quick = begin(conn, &chat("Quick"), &browser("c"), WAIT, at(80))?;
        reply(conn, quick.id, &answer("Here", None), ANN, quick.version, at(81))?;
        Ok(())
    })
    .expect("waiting");
    mail_all(&db, at(90)).expect("the job");
    db.read_now(|conn| {
        let (quick, chat) = latest(conn, &browser("c"))?.expect("a chat");
        assert!(!chat.by_mail() && waiting(conn, 9)?.iter().all(|one| one.id != quick.id));
        assert_eq!(waiting(conn, 9)?.len(), 2);
        Ok(())
    })
    .expect("reading");
}

#[test]
fn a_browser_sees_nothing_of_the_mailbox_and_nobody_anothers_chat() {
    db().write_now(|conn| {
        let id = begin(conn, &chat("Hi"), &browser("b"), WAIT, at(0))?.id;
        assert!(held(conn, &browser("b"), "t1001").is_ok());
        for stranger in [browser("c"), browser(""), Holder::Customer(get(conn, id)?.customer_id.expect("a customer"))] {
            assert!(matches!(held(conn, &stranger, "T1001"), Err(Error::NotFound)), "{stranger:?}");
        }
        let machine = NewMessage { automatic: true, ..NewMessage::text("I am on holiday at home, Elm Road 1") };
        append_from_customer(conn, id, &machine, at(1))?;
        append_from_customer(conn, id, &NewMessage::text("My number is 123"), at(2))?;
        let seen = get(conn, id)?.version;
        reply(conn, id, &answer("We call 123", None), ANN, seen, at(3))?;
        let (ticket, own) = held(conn, &browser("b"), "T1001")?;
        assert_eq!(words(conn, id, Window::Holder)?, ["Hi"]);
        assert_eq!(words(conn, id, Window::Staff)?.len(), 4);
        assert!(!own.goes_on(&ticket));
        let more = write(conn, id, &NewMessage::text("More"), WAIT, at(4));
        assert!(matches!(more, Err(Error::Conflict(_))));
        Ok(())
    })
    .expect("a chat");
}

#[test]
fn a_mail_is_spared_by_a_page_that_showed_the_line() {
    db().write_now(|conn| {
        let ticket = begin(conn, &chat("Hi"), &browser("b"), WAIT, at(0))?;
        let said = reply(conn, ticket.id, &answer("Yes?", None), ANN, ticket.version, at(3))?;
        let fate = |conn: &mut Conn, now| Ok::<_, Error>(of(conn, ticket.id)?.expect("a chat").mailing(said, now));
        assert_eq!(fate(conn, at(3))?, Mailing::Now, "the page was closed three minutes ago");
        kept_open(conn, &[ticket.id], at(3))?;
        assert_eq!(fate(conn, at(3))?, Mailing::Later(READS));
        seen(conn, ticket.id, said, at(4))?;
        seen(conn, ticket.id, MessageId(1), at(5))?;
        assert_eq!(fate(conn, at(9))?, Mailing::Never);
        Ok(())
    })
    .expect("a chat");
}

#[test]
fn who_is_there() {
    db().write_now(|conn| {
        assert!(!anybody(conn, at(0))?);
        here(conn, 7, at(0))?;
        here(conn, 7, at(1))?;
        assert!(anybody(conn, at(3))? && !anybody(conn, at(4))?);
        routing::take_part(conn, &Taker { staff_id: 7, skills: String::new(), most: 5, away: true })?;
        assert!(!anybody(conn, at(1))?, "away");
        let night = Hours::new("UTC", std::array::from_fn(|_| vec![Span(0, 60)]), BTreeSet::new())?;
        assert!(night.hold(at(0).date().and_time(chrono::NaiveTime::MIN)) && !night.hold(at(0)), "it is noon");
        Ok(())
    })
    .expect("presence");
}
