use super::*;
use crate::CustomerId;
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use chrono::TimeDelta;
use kernel::clock::Clock;
use kernel::testing;

fn person(conn: &mut Conn, name: &str, now: Time) -> CustomerId {
    let email = Email::parse(&format!("{name}@example.com"), "email").unwrap();
    customers::ensure(conn, &NewCustomer { email, name: name.into(), phone: String::new(), language: "en".into() }, now).unwrap()
}

#[test]
fn everybody_answers_once_in_a_round_and_may_think_better_of_it() {
    let db = testing::db();
    let now = Clock::default().now();
    db.write_now(move |conn| {
        let texts = Asked { question: [("en".to_string(), "How likely?".to_string())].into(), ..Asked::default() };
        let id = create(conn, &Wish { name: "Shop".into(), texts, open: true }, now)?;
        let ann = person(conn, "ann", now);
        let said = |score: i64, round: i64| Given { survey: id, round, customer: ann, delivery: None, score, words: "Fine".into() };
        assert!(matches!(answer(conn, &said(11, 1), now), Err(Error::Invalid(_))));
        assert!(matches!(answer(conn, &said(9, 2), now), Err(Error::Conflict(text)) if text == "survey-closed"));
        answer(conn, &said(9, 1), now)?;
        answer(conn, &said(3, 1), now + TimeDelta::days(1))?;
        let (all, _) = figures(conn, id, 1)?;
        assert_eq!((all.people(), all.of(9), all.of(3), all.group(Group::Detractor)), (1, 0, 1, 1));
        assert_eq!(all.net()?, None, "one is too few to tell");
        assert!(matches!(answer(conn, &said(9, 1), now + TimeDelta::days(15)), Err(Error::Conflict(text)) if text == "survey-too-late"));
        begin_round(conn, id, 1, now)?;
        begin_round(conn, id, 1, now)?;
        assert!(answer(conn, &said(9, 1), now).is_err(), "the first round is over");
        answer(conn, &said(10, 2), now)?;
        assert_eq!(of_customer(conn, ann, 10)?.len(), 2);
        assert_eq!(proofs(conn)?.1, Vec::new());
        assert!(matches!(remove(conn, id), Err(Error::Conflict(_))));
        forget(conn, ann)?;
        assert!(words(conn, id, 2, None, None, 10)?.is_empty());
        assert_eq!(figures(conn, id, 2)?.0.people(), 1, "the total stays");
        Ok(())
    })
    .unwrap();
}

#[test]
fn promoters_less_detractors() {
    let mut counts = std::collections::BTreeMap::new();
    counts.extend([(10, 30), (9, 20), (8, 30), (6, 15), (0, 5)]);
    let net = figures::Figures::from(counts).net().unwrap().unwrap();
    assert_eq!((net.mean, net.low, net.high), (30, 14, 46));
}
