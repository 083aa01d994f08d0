use super::*;
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::purchases::{self, Purchase};
use crate::tickets::{self, Asker, Channel, Kind, New, NewMessage, ORDINARY};
use chrono::{NaiveDate, TimeDelta};
use kernel::Db;
use kernel::money::Money;

fn day(number: i64) -> Time {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_hms_opt(10, 0, 0).unwrap() + TimeDelta::days(number)
}

fn customer(db: &Db, name: &str) -> CustomerId {
    let email = Email::parse(&format!("{name}@example.com"), "email").unwrap();
    let new = NewCustomer { email, name: name.to_string(), phone: String::new(), language: "en".into() };
    db.write_now(move |conn| customers::ensure(conn, &new, day(0))).unwrap()
}

fn buys(db: &Db, customer: CustomerId, order: i64, on: i64, minor: i64) {
    let purchase = Purchase {
        order,
        customer,
        at: day(on),
        revenue: Money::new(minor, Currency::EUR),
        units: 1,
        lines: Vec::new(),
        place: Default::default(),
        margin: Default::default(),
    };
    db.write_now(move |conn| purchases::learn(conn, &purchase, day(on))).unwrap();
}

fn score(db: &Db, customer: CustomerId) -> Option<Score> {
    db.read_now(move |conn| of(conn, customer)).unwrap()
}

#[test]
fn a_score_follows_each_order_refund_and_cancellation() {
    let db = kernel::testing::db();
    let ann = customer(&db, "ann");
    assert_eq!(score(&db, ann), None);
    buys(&db, ann, 1, 0, 1000);
    buys(&db, ann, 2, 10, 500);
    let now = score(&db, ann).unwrap();
    assert_eq!((now.orders, now.value, now.first_at, now.last_at, now.stage), (2, 1500, day(0), day(10), Stage::Regular));
    assert_eq!((now.standing, now.again_90), (None, None), "nothing was figured yet, and nothing is made up");
    db.write_now(|conn| purchases::refund(conn, 1, 400, day(11))).unwrap();
    assert_eq!(score(&db, ann).unwrap().value, 1100);
    db.write_now(|conn| purchases::forget(conn, 2, day(11))).unwrap();
    let now = score(&db, ann).unwrap();
    assert_eq!((now.orders, now.value, now.last_at, now.stage), (1, 600, day(0), Stage::New));
    db.write_now(|conn| purchases::forget(conn, 1, day(11))).unwrap();
    assert_eq!(score(&db, ann), None);
    let stages = db.read_now(move |conn| stages(conn, ann, 10)).unwrap();
    assert_eq!(stages.iter().map(|(stage, _)| *stage).collect::<Vec<_>>(), [Stage::New, Stage::Regular, Stage::New]);
}

#[test]
fn money_of_another_currency_is_no_part_of_the_value() {
    let db = kernel::testing::db();
    let ann = customer(&db, "ann");
    buys(&db, ann, 1, 0, 1000);
    let francs = Purchase {
        order: 2,
        customer: ann,
        at: day(1),
        revenue: Money::new(7000, Currency::parse("CHF").unwrap()),
        units: 1,
        lines: Vec::new(),
        place: Default::default(),
        margin: Default::default(),
    };
    db.write_now(move |conn| purchases::learn(conn, &francs, day(1))).unwrap();
    let now = score(&db, ann).unwrap();
    assert_eq!((now.orders, now.value, now.currency.as_str()), (2, 1000, "EUR"));
}

/// A hundred and twenty customers over a year, of whom every third comes back every three weeks.
fn shop(db: &Db) -> Vec<CustomerId> {
    let all: Vec<CustomerId> = (0..120).map(|n| customer(db, &format!("c{n}"))).collect();
    let mut order = 0;
    for (n, id) in all.iter().enumerate() {
        let visits = if n % 3 == 0 { 4 + n as i64 % 9 } else { 1 };
        for visit in 0..visits {
            order += 1;
            buys(db, *id, order, n as i64 + visit * 21, 1000 + 10 * n as i64);
        }
    }
    all
}

#[test]
fn a_night_places_everybody_and_an_order_moves_its_customer_at_once() {
    let db = kernel::testing::db();
    let all = shop(&db);
    run(&db, Currency::EUR, day(365)).unwrap();
    let figures = db.read_now(last_run).unwrap().unwrap();
    assert_eq!(figures.buyers, 120);
    let found = figures.figures.0;
    assert_eq!(found.pace, Some(21.0));
    assert!(found.repeat_buying.is_some() && found.values.is_some());
    let tried = found.back_test.unwrap();
    assert_eq!((tried.days, tried.customers), (90, 120));
    assert!(tried.best_came * tried.customers >= tried.came * tried.best, "the best fifth comes at least as often as all");
    // Who came once in winter has lapsed by the end of the year; who is placed has a group.
    let once = score(&db, all[1]).unwrap();
    assert_eq!((once.stage, once.standing), (Stage::Lapsed, Some(Group::Hibernating)));
    assert!(once.again_90.unwrap() < 500 && once.value_365.is_some());
    buys(&db, all[1], 9000, 365, 5000);
    let moved = score(&db, all[1]).unwrap();
    assert_eq!((moved.stage, moved.recency), (Stage::Regular, Some(5)));
    assert!(moved.again_90 > once.again_90);
    // The same night twice changes nothing.
    run(&db, Currency::EUR, day(365)).unwrap();
    let before = score(&db, all[5]);
    run(&db, Currency::EUR, day(365)).unwrap();
    assert_eq!(score(&db, all[5]), before);
}

#[test]
fn lists_go_on_by_key_in_every_order() {
    let db = kernel::testing::db();
    shop(&db);
    customer(&db, "zoe");
    run(&db, Currency::EUR, day(365)).unwrap();
    for (order, expected) in
        [(Order::Newest, 121), (Order::Value, 120), (Order::LastOrder, 120), (Order::Forecast, 120), (Order::Margin, 120)]
    {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let filter =
                Filter { order, group: None, stage: None, segment: None, open_task: false, earning: None, text: String::new(), after };
            let page = db.read_now(move |conn| list(conn, &filter, 50, day(365))).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.0.id);
            seen.extend(page.into_iter().map(|(customer, _)| customer.id));
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (expected, expected), "{order:?}");
    }
    let found = |text: &str| {
        let filter = Filter {
            order: Order::Newest,
            group: None,
            stage: None,
            segment: None,
            open_task: false,
            earning: None,
            text: text.into(),
            after: None,
        };
        db.read_now(move |conn| list(conn, &filter, 50, day(365))).unwrap().len()
    };
    assert_eq!((found("ZOE"), found("c11"), found("zoe@ex"), found("%"), found("nobody")), (1, 11, 1, 0, 0));
}

#[test]
fn what_service_cost_stands_in_the_score_at_once_and_after_every_night() {
    let db = kernel::testing::db();
    let (ann, bea) = (customer(&db, "ann"), customer(&db, "bea"));
    buys(&db, ann, 1, 0, 1000);
    let cost = |whose: CustomerId, deed: &'static str, minor: i64, code: &str| {
        let new = New {
            kind: Kind::Question,
            channel: Channel::Web,
            subject: "Mug".into(),
            asker: Asker { customer: Some(whose), ..Asker::default() },
            order: None,
            lines: Vec::new(),
            store: 1,
            language: "en".into(),
            call: None,
            queue: String::new(),
            priority: ORDINARY,
            message: NewMessage::text("?"),
            logged_by: None,
            request_key: None,
        };
        let money = Money::new(minor, Currency::parse(code).unwrap());
        db.write_now(move |conn| {
            let ticket = tickets::open(conn, &new, day(1))?.ticket.id;
            tickets::costs::keep(conn, ticket, deed, money, day(1))
        })
        .unwrap();
    };
    cost(ann, "credit", 300, "EUR");
    cost(ann, "refund", 200, "EUR");
    cost(ann, "credit", 9000, "CHF");
    let now = score(&db, ann).unwrap();
    assert_eq!((now.service, now.credited, now.margin, now.after_service()), (500, 300, 0, -300));
    // Before the first order there is no score; with it all is there.
    cost(bea, "resend", 700, "EUR");
    assert_eq!(score(&db, bea), None);
    buys(&db, bea, 2, 2, 1000);
    assert_eq!(score(&db, bea).map(|score| (score.service, score.credited)), Some((700, 0)));
    run(&db, Currency::EUR, day(3)).unwrap();
    let figures = |id: CustomerId| score(&db, id).map(|score| (score.service, score.credited));
    assert_eq!((figures(ann), figures(bea)), (Some((500, 300)), Some((700, 0))));
    let proofs = db.read_now(|conn| proofs(conn, CustomerId(0), 10)).unwrap();
    assert!(proofs.iter().all(|(_, score, _, service)| score.as_ref().map(|one| one.service) == Some(service.cost)));
}
