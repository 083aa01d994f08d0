use super::*;
use crate::testing;
use chrono::NaiveDate;

fn noon() -> Time {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(12, 0, 30).unwrap()
}

fn terms(wish: &TermsWish) -> Terms {
    Terms {
        id: TransportId(1),
        name: "main".into(),
        weight: wish.weight,
        per_hour: wish.per_hour,
        warm_from: wish.warm_from,
        warm_first: wish.warm_first,
        warm_growth: wish.warm_growth,
    }
}

fn wish() -> TermsWish {
    TermsWish { weight: 100, per_hour: None, warm_from: None, warm_first: 0, warm_growth: 0 }
}

#[test]
fn warming_up_grows_by_the_day_and_ends() {
    let terms = terms(&TermsWish { warm_from: Some(noon()), warm_first: 50, warm_growth: 100, ..wish() });
    let on = |days: i64| terms.warm(noon() + TimeDelta::days(days));
    assert_eq!((on(-1), on(0), on(1), on(3), on(30)), (None, Some(50), Some(100), Some(400), None));
    let slow = Terms { warm_growth: 1, ..terms.clone() };
    assert_eq!(slow.warm(noon() + TimeDelta::days(1)), Some(51), "it never stands still");
    let level = Terms { warm_growth: 0, ..terms };
    assert_eq!(level.warm(noon() + TimeDelta::days(1_000_000)), Some(50));
}

#[test]
fn two_processes_share_a_limit_and_never_pass_it() {
    let db = testing::db();
    let all = limits(&terms(&TermsWish { per_hour: Some(45), ..wish() }), None, noon());
    let (one, other) = (Purse::default(), Purse::default());
    let (mut sent, mut turn) = (0, 0);
    while turn < 200 {
        turn += 1;
        let purse = if turn % 2 == 0 { &one } else { &other };
        sent += usize::from(purse.take(&db, &all, noon()));
    }
    assert_eq!(sent, 45, "all of it, and not one more");
    assert!(!one.has(&db, &all, noon()) && !other.has(&db, &all, noon()));
    let later = noon() + TimeDelta::hours(1);
    assert!(one.has(&db, &all, later) && one.take(&db, &all, later));
    one.give_all_back(&all, later);
    assert_eq!((0..200).filter(|_| one.take(&db, &all, later)).count(), 45);
}

#[test]
fn what_one_limit_refuses_is_counted_against_none() {
    let db = testing::db();
    let rate = Rate { id: RateId(1), domain: "slow.example".into(), per_minute: Some(1), per_day: None };
    let all = limits(&terms(&TermsWish { per_hour: Some(3), ..wish() }), Some(&rate), noon());
    let purse = Purse::default();
    assert!(purse.take(&db, &all, noon()) && !purse.take(&db, &all, noon()));
    let others = limits(&terms(&TermsWish { per_hour: Some(3), ..wish() }), None, noon());
    assert_eq!((0..9).filter(|_| purse.take(&db, &others, noon())).count(), 2);
}

#[test]
fn a_limit_that_was_raised_is_seen() {
    let db = testing::db();
    let with = |most| limits(&terms(&TermsWish { per_hour: Some(most), ..wish() }), None, noon());
    let purse = Purse::default();
    assert!(purse.take(&db, &with(1), noon()) && !purse.take(&db, &with(1), noon()));
    let soon = noon() + TimeDelta::seconds(6);
    assert!(purse.has(&db, &with(2), soon) && purse.take(&db, &with(2), soon));
}

#[test]
fn bad_limits_are_refused_field_by_field() {
    let db = testing::db();
    let refused = db.write_now(|conn| {
        set_up(conn, &["main".to_string()])?;
        let id = transports(conn)?[0].id;
        let bad = TermsWish { weight: -1, per_hour: Some(0), warm_from: Some(noon()), warm_first: 0, warm_growth: 2000 };
        Ok(set_terms(conn, id, &bad).unwrap_err().to_string())
    });
    let refused = refused.unwrap();
    assert!(["weight", "per_hour", "warm_first", "warm_growth"].iter().all(|name| refused.contains(name)), "{refused}");
    let rate = db.write_now(|conn| {
        let id = set_rate(conn, "GMail.com", Some(60), None)?;
        assert_eq!(set_rate(conn, "gmail.com", Some(30), Some(1000))?, id);
        assert!(set_rate(conn, "no domain", Some(1), None).is_err() && set_rate(conn, "a.example", None, None).is_err());
        rate(conn, id)
    });
    assert_eq!(rate.unwrap(), Rate { id: RateId(1), domain: "gmail.com".into(), per_minute: Some(30), per_day: Some(1000) });
}
