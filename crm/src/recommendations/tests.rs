use super::ease::{Ease, Pairs};
use super::*;
use crate::CustomerId;
use crate::consents::{self, Consent, Statement};
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::purchases::{self, Line, Purchase};
use chrono::{NaiveDate, TimeDelta};
use kernel::Db;
use kernel::clock::Time;
use kernel::money::{Currency, Money};

fn day(number: i64) -> Time {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_hms_opt(10, 0, 0).unwrap() + TimeDelta::days(number)
}

/// Orders as (customer, day, products).
fn history(orders: &[(i64, i64, &[i64])]) -> Vec<Bought> {
    let order = |(number, (customer, on, products)): (i64, &(i64, i64, &[i64]))| {
        let (customer, at) = (*customer, day(*on));
        products.iter().map(move |product| Bought { customer, order: number, product: *product, at }).collect::<Vec<_>>()
    };
    let mut all: Vec<Bought> = (1..).zip(orders).flat_map(order).collect();
    all.sort_by_key(|one| (one.customer, one.order, one.product));
    all
}

/// A shop where tea (1) goes with a pot (2), bread (3) with butter (4), and everybody has a bag (5).
fn shop() -> Vec<Bought> {
    let mut orders: Vec<(i64, i64, &[i64])> = Vec::new();
    for number in 0..20 {
        orders.push((1 + number, number, &[1, 2, 5]));
        orders.push((101 + number, number, &[3, 4, 5]));
    }
    orders.push((50, 90, &[1]));
    orders.push((50, 91, &[1]));
    history(&orders)
}

#[test]
fn weights_are_those_of_the_paper() {
    // Two products, three rows: G = [[2 + l, 1], [1, 2 + l]], so that W is 1 / (2 + l) beside the diagonal.
    let mut pairs = Pairs::none(2);
    [&[0usize, 1][..], &[0], &[1]].into_iter().for_each(|row| pairs.add(row));
    assert_eq!((pairs.of(0, 0), pairs.of(1, 0), pairs.of(0, 1)), (2.0, 1.0, 1.0));
    let ease = Ease::fit(pairs, 1.0).unwrap();
    assert!((ease.weight(0, 1) - 1.0 / 3.0).abs() < 1e-6 && ease.weight(0, 0) == 0.0);
    let mut scores = Vec::new();
    ease.scores(&[(0, 0.5)], &mut scores);
    assert!(scores[0].abs() < 1e-6 && (scores[1] - 0.5 / 3.0).abs() < 1e-6, "{scores:?}");
}

#[test]
fn what_goes_together_is_found_and_what_is_rare_is_not() {
    let mut bought = shop();
    bought.extend(history(&[(300, 5, &[1, 9])]));
    let model = Model::fit(bought.as_slice(), day(92), true).unwrap();
    let beside = |product: i64, kind: Kind| -> Vec<i64> {
        model.companions(model.goods.place(product).unwrap(), kind, 3).into_iter().map(|companion| companion.product).collect()
    };
    assert_eq!(beside(3, Kind::Together), [4, 5], "the better of two that are in as many orders is the one fewer have");
    assert!(!beside(1, Kind::Together).contains(&9), "one order is chance");
    assert_eq!(beside(1, Kind::Complete)[0], 2);
    assert_eq!(beside(4, Kind::Complete)[0], 3);
}

#[test]
fn picks_say_why() {
    let bought = shop();
    let model = Model::fit(bought.as_slice(), day(92), false).unwrap();
    let own: Vec<Bought> = bought.iter().filter(|one| one.customer == 50).copied().collect();
    let picks = model.picks(&own, 5, 2);
    assert_eq!(picks[0], Pick { product: 1, reason: Reason::Again });
    assert_eq!(picks[1], Pick { product: 2, reason: Reason::Because(1) });
    assert!(model.picks(&[], 5, 5).is_empty(), "nothing is known of who bought nothing");
    assert!(model.companions(0, Kind::Together, 5).is_empty());
    let both = Pick { product: 2, reason: Reason::Before };
    let (first, rest) = bought.split_at(3);
    assert!(!rest.is_empty() && model.picks(first, 5, 5).contains(&both));
}

#[test]
fn a_recent_purchase_says_more_than_an_old_one() {
    let mut bought = shop();
    bought.extend(history(&[(60, -400, &[3]), (60, 91, &[1])]));
    let model = Model::fit(bought.as_slice(), day(92), false).unwrap();
    let own: Vec<Bought> = bought.iter().filter(|one| one.customer == 60).copied().collect();
    let scores = model.scores(&own);
    let of = |product: i64| scores.fresh[model.goods.place(product).unwrap()];
    assert!(of(2) > 3.0 * of(4), "{} {}", of(2), of(4));
}

#[test]
fn the_shops_own_past_judges_the_lists() {
    // Sixty customers buy one of a pair, and a month later the other.
    let mut orders: Vec<(i64, i64, Vec<i64>)> = Vec::new();
    for customer in 0..60 {
        let pair = 10 * (1 + customer % 6);
        orders.push((customer, customer % 20, vec![pair, pair + 1]));
        orders.push((customer + 100, customer % 20, vec![pair]));
        orders.push((customer + 100, 70 + customer % 20, vec![pair + 1]));
    }
    let orders: Vec<(i64, i64, &[i64])> = orders.iter().map(|(customer, on, products)| (*customer, *on, products.as_slice())).collect();
    let told = measure::measure(history(&orders).as_slice(), day(95)).unwrap();
    assert!(told.says_something() && told.new.customers == 60, "{told:?}");
    assert!(told.new.model.hits == 1000 && told.new.model.ndcg > told.new.popularity.ndcg, "{told:?}");
    let few = measure::measure(shop().as_slice(), day(95)).unwrap();
    assert!(!few.says_something());
}

fn customer(db: &Db, name: &str) -> CustomerId {
    let email = Email::parse(&format!("{name}@example.com"), "email").unwrap();
    let new = NewCustomer { email, name: name.to_string(), phone: String::new(), language: "en".into() };
    db.write_now(move |conn| customers::ensure(conn, &new, day(0))).unwrap()
}

fn buys(db: &Db, customer: CustomerId, order: i64, on: i64, products: &[i64]) {
    let line = |product: &i64| Line { variant: *product, product: *product, quantity: 1, amount: 100 };
    let purchase = Purchase {
        order,
        customer,
        at: day(on),
        revenue: Money::new(100, Currency::EUR),
        units: 1,
        lines: products.iter().map(line).collect(),
        place: Default::default(),
        margin: Default::default(),
    };
    db.write_now(move |conn| purchases::learn(conn, &purchase, day(on))).unwrap();
}

#[test]
fn lists_are_written_swapped_and_read_with_the_rules() {
    let db = kernel::testing::db();
    run(&db, day(0)).unwrap();
    assert!(db.read_now(last_run).unwrap().is_none(), "nothing to learn from");
    let people: Vec<CustomerId> = ["ann", "bea", "cem"].iter().map(|name| customer(&db, name)).collect();
    for (number, person) in (1..).zip(&people) {
        buys(&db, *person, number, number, &[1, 2, 3]);
    }
    buys(&db, people[0], 10, 20, &[1]);
    run(&db, day(40)).unwrap();
    let ran = db.read_now(last_run).unwrap().unwrap();
    assert_eq!((ran.buyers, ran.products, ran.measure.0.says_something()), (3, 3, false));
    let (ann, dan) = (people[0], customer(&db, "dan"));
    let own_of = |who: CustomerId, on: i64| {
        let (one, many) = db.read_now(move |conn| Ok((own(conn, who, day(on))?, super::own_of(conn, &[who], day(on))?))).unwrap();
        let same = &many[&who];
        assert!(one.wanted == same.wanted && one.picks == same.picks && one.lately == same.lately, "{one:?} and {same:?}");
        one
    };
    let own = own_of(ann, 21);
    assert!(own.wanted && own.lately == [1].into() && own.picks[0] == Pick { product: 1, reason: Reason::Again }, "{own:?}");
    assert!(own_of(ann, 40).lately.is_empty());
    assert!(own_of(dan, 40).wanted && own_of(dan, 40).picks.is_empty());
    assert_eq!(db.read_now(|conn| complete(conn, &[1, 2])).unwrap(), [3]);
    assert_eq!(db.read_now(popular).unwrap().len(), 3);

    // Rules hold at once. Nothing is checked of products here: they belong to the shop.
    let first = db.read_now(|conn| together(conn, 1)).unwrap();
    assert_eq!((first.pinned.len(), first.learned.len()), (0, 2));
    db.write_now(|conn| rules::unpin(conn, 1, 7)).unwrap();
    assert!(db.write_now(|conn| rules::pin(conn, 1, 1, day(40))).is_err());

    // Who wants none has none, and what is no longer bought goes with the next run.
    let statement = Statement { channel: CHANNEL, topic: TOPIC, legal_basis: "objection", state: Consent::Withdrawn, proof: "test" };
    db.write_now(move |conn| consents::record(conn, ann, &statement, day(41))).unwrap();
    let none = own_of(ann, 41);
    assert!(!none.wanted && none.picks.is_empty());
    for order in [1, 2, 3, 10] {
        db.write_now(move |conn| purchases::forget(conn, order, day(42))).unwrap();
    }
    run(&db, day(43)).unwrap();
    assert!(db.read_now(|conn| together(conn, 1)).unwrap() == Beside::default() && db.read_now(popular).unwrap().is_empty());
    assert!(own_of(people[1], 43).picks.is_empty());
}
