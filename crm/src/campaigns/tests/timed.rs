//! Variants that go out at times of their own.

use super::*;

/// A moment of the first of June, by UTC; clocks in Berlin are two hours ahead.
fn day(hour: i64, minute: i64) -> Time {
    noon() + TimeDelta::hours(hour - 12) + TimeDelta::minutes(minute)
}

/// Two variants: one at 15:00, the other at 20:00 in Berlin.
fn timed(db: &Db, wish: Wish) -> (CampaignId, Vec<VariantId>) {
    db.write_now(move |conn| {
        let id = create(conn, &wish, noon())?;
        let first = variants(conn, id)?[0].clone();
        put_variant(conn, first.id, first.version, "{\"a\":1}", noon())?;
        let second = add_variant(conn, id, "{\"b\":1}", noon())?;
        set_time(conn, first.id, Some(day(15, 0)), noon())?;
        set_time(conn, second, Some(day(20, 0)), noon())?;
        let version = get(conn, id)?.version;
        schedule(conn, id, version, ("Europe/Berlin", "shop.example"), noon())?;
        assert!(set_time(conn, second, None, noon()).is_err(), "it is no draft any more");
        Ok((id, vec![first.id, second]))
    })
    .expect("a campaign")
}

#[test]
fn each_goes_out_at_its_time_and_the_rest_at_that_of_the_best() {
    let db = kernel::testing::db();
    people(&db, 400);
    let trial = Trial { share_bp: 5000, measure: Measure::Clicks, hours: 2 };
    let (id, both) = timed(&db, Wish { trial, ..wish() });
    let campaign = || db.read_now(move |conn| get(conn, id)).expect("the campaign");
    assert_eq!(campaign().starts_at, Some(day(13, 0)), "the first of them begins");
    freeze(&db, id, &clock(day(13, 0))).expect("freezes");
    assert!(taken(&db, day(12, 59), 1000).is_empty());
    let early = taken(&db, day(13, 0), 1000);
    assert!(!early.is_empty() && early.iter().all(|one| one.variant == both[0]));
    accepted(&db, &early, day(13, 0));
    assert!(taken(&db, day(17, 59), 1000).is_empty() && !db.read_now(|conn| any(conn, day(17, 59))).expect("looks"));
    // Everybody follows a link of the first, but later than the hours that a mail is told from.
    let clicks = |some: &[Claimed], at: Time| {
        let ids: Vec<DeliveryId> = some.iter().map(|one| one.id).collect();
        db.write_now(move |conn| {
            ids.iter().try_for_each(|id| hits::record(conn, *id, Hit::Click, "https://shop.example/", "", at).map(drop))
        })
        .expect("clicks");
    };
    clicks(&early, day(16, 0));
    decide_all(&db, day(17, 0)).expect("looks");
    assert_eq!(campaign().tried_at, None, "the second one's time is to come");
    let late = taken(&db, day(18, 0), 1000);
    assert!(!late.is_empty() && late.iter().all(|one| one.variant == both[1]));
    accepted(&db, &late, day(18, 0));
    // Nearly everybody follows the second one at once.
    clicks(&late[3..], day(18, 30));
    decide_all(&db, day(18, 1)).expect("looks");
    decide_all(&db, day(20, 0)).expect("looks");
    assert_eq!(campaign().winner_id, None);
    decide_all(&db, day(20, 2)).expect("decides");
    let decision = campaign().decision().expect("it is decided");
    assert_eq!((decision.winner, decision.apart), (both[1], true), "{:?}", decision.figures);
    // The rest gets it when it is 20:00 in Berlin again.
    assert!(taken(&db, day(41, 59), 1000).is_empty());
    let rest = taken(&db, day(42, 0), 1000);
    assert_eq!(rest.len(), 400 - early.len() - late.len());
    assert!(rest.iter().all(|one| one.variant == both[1]));
    sound(&db);
}

#[test]
fn nobody_decides_before_the_time_of_a_variant_that_nobody_waits_for() {
    let db = kernel::testing::db();
    people(&db, 60);
    let trial = Trial { share_bp: 5000, measure: Measure::Clicks, hours: 1 };
    let (id, both) = timed(&db, Wish { trial, ..wish() });
    freeze(&db, id, &clock(day(13, 0))).expect("freezes");
    let early = taken(&db, day(13, 0), 1000);
    accepted(&db, &early, day(13, 0));
    // Whoever was to get the second one may not be written to any more.
    let second = both[1];
    db.write_now(move |conn| {
        let waiting = deliveries::table.filter(deliveries::variant_id.eq(second));
        let skipped = diesel::update(waiting).set(deliveries::state.eq(Standing::Skipped)).execute(conn)?;
        let count = i64::try_from(skipped).unwrap_or(0);
        add(conn, id, Some(second), Standing::Waiting.as_str(), -count)?;
        add(conn, id, Some(second), Standing::Skipped.as_str(), count)
    })
    .expect("skipped");
    let tried = |at: Time| {
        decide_all(&db, at).expect("looks");
        db.read_now(move |conn| get(conn, id)).expect("the campaign").tried_at
    };
    assert_eq!(tried(day(17, 59)), None);
    assert_eq!(tried(day(18, 0)), Some(day(18, 0)));
}

#[test]
fn a_time_that_has_passed_is_refused_and_the_mail_of_a_step_has_none() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let id = create(conn, &wish(), noon())?;
        let first = variants(conn, id)?[0].clone();
        put_variant(conn, first.id, first.version, "{\"a\":1}", noon())?;
        set_time(conn, first.id, Some(day(13, 59)), noon())?;
        let refused = schedule(conn, id, 1, ("Europe/Berlin", "shop.example"), noon());
        assert!(matches!(refused, Err(kernel::Error::Conflict(text)) if text == "campaign-time-past"));
        let step = create_as(conn, Kind::Step, &wish(), noon())?;
        let mail = variants(conn, step)?[0].id;
        assert!(set_time(conn, mail, Some(day(15, 0)), noon()).is_err());
        set_time(conn, mail, None, noon())
    })
    .expect("a time");
}
