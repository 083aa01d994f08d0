use super::*;
use crate::consents::{self, Consent, Statement};
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::rules::Rule;
use crate::schema::deliveries;
use crate::segments;
use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;
use kernel::clock::Clock;
use kernel::{Conn, Db, Result};

mod lists;
mod timed;

fn noon() -> Time {
    NaiveDate::from_ymd_opt(2026, 6, 1).unwrap_or_default().and_hms_opt(12, 0, 0).unwrap_or_default()
}

/// A clock that stands at `at` or a little later.
fn clock(at: Time) -> Clock {
    let clock = Clock::default();
    clock.advance(at - clock.now());
    clock
}

fn say(conn: &mut Conn, customer: CustomerId, state: Consent) -> Result<()> {
    let statement = Statement { channel: "email", topic: "news", legal_basis: "consent", state, proof: "test" };
    consents::record(conn, customer, &statement, noon())
}

/// People who allowed mail about news.
fn people(db: &Db, count: usize) -> Vec<CustomerId> {
    db.write_now(move |conn| {
        (0..count)
            .map(|number| {
                let email = Email::parse(&format!("p{number}@example.com"), "email")?;
                let new = NewCustomer { email, name: String::new(), phone: String::new(), language: "en".into() };
                let id = customers::ensure(conn, &new, noon())?;
                say(conn, id, Consent::Given)?;
                Ok(id)
            })
            .collect()
    })
    .expect("people")
}

/// A campaign that is scheduled at noon; with more than one variant when `others` are given.
fn scheduled(db: &Db, wish: Wish, others: usize) -> CampaignId {
    db.write_now(move |conn| {
        let id = create(conn, &wish, noon())?;
        let first = variants(conn, id)?[0].clone();
        put_variant(conn, first.id, first.version, "{\"a\":1}", noon())?;
        for _ in 0..others {
            add_variant(conn, id, "{\"b\":1}", noon())?;
        }
        let version = get(conn, id)?.version;
        schedule(conn, id, version, ("Europe/Berlin", "shop.example"), noon())?;
        Ok(id)
    })
    .expect("a campaign")
}

fn wish() -> Wish {
    Wish { name: "Spring".into(), control_bp: 0, ..Wish::default() }
}

fn frozen(db: &Db, wish: Wish, others: usize) -> CampaignId {
    let id = scheduled(db, wish, others);
    freeze(db, id, &clock(noon())).expect("freezes");
    id
}

fn taken(db: &Db, at: Time, limit: i64) -> Vec<Claimed> {
    db.write_now(move |conn| claim(conn, at, limit)).expect("claims")
}

fn accepted(db: &Db, claimed: &[Claimed], at: Time) {
    let results: Vec<(DeliveryId, Outcome)> = claimed.iter().map(|one| (one.id, Outcome::Accepted { transport: "1".into() })).collect();
    db.write_now(move |conn| record(conn, &results, at)).expect("records");
}

fn standing(db: &Db, id: CampaignId, of: Standing) -> i64 {
    db.read_now(|conn| counts(conn, id)).expect("counts").standing(of)
}

fn sound(db: &Db) {
    let (_, wrong) = db.read_now(proofs).expect("counts deliveries");
    assert_eq!(wrong, Vec::new());
}

#[test]
fn everybody_is_claimed_once_and_a_lease_that_ran_out_is_unknown() {
    let db = kernel::testing::db();
    people(&db, 50);
    let id = frozen(&db, wish(), 0);
    assert_eq!(standing(&db, id, Standing::Waiting), 50);
    let first = taken(&db, noon(), 20);
    let second = taken(&db, noon(), 20);
    assert_eq!((first.len(), second.len()), (20, 20));
    assert!(first.iter().all(|one| second.iter().all(|other| other.customer != one.customer && other.message_id != one.message_id)));
    accepted(&db, &first, noon());
    // The process that had the second batch is gone.
    let late = noon() + LEASE + TimeDelta::seconds(1);
    assert!(db.read_now(|conn| any(conn, late)).expect("looks"));
    assert_eq!(db.write_now(move |conn| expire_leases(conn, late)).expect("expires"), 20);
    assert_eq!(standing(&db, id, Standing::Unknown), 20);
    assert_eq!(taken(&db, late, 100).len(), 10, "what is unknown does not go out by itself");
    // What comes too late changes nothing.
    accepted(&db, &second, late);
    assert_eq!(standing(&db, id, Standing::Unknown), 20);
    let one = second[0].id;
    db.write_now(move |conn| send_again(conn, one, late).map(drop)).expect("sent again");
    let again = taken(&db, late, 100);
    assert_eq!((again.len(), again[0].id, again[0].message_id.as_str()), (1, one, second[0].message_id.as_str()));
    assert!(db.write_now(move |conn| send_again(conn, one, late).map(drop)).is_err(), "it is no longer unknown");
    let other = second[1].id;
    assert!(!db.write_now(move |conn| leave(conn, other)).expect("left").undecided());
    sound(&db);
}

#[test]
fn two_workers_never_claim_the_same() {
    let db = kernel::testing::db();
    people(&db, 200);
    let id = frozen(&db, wish(), 0);
    let claimed: Vec<Claimed> = std::thread::scope(|scope| {
        let work = || {
            let mut all = Vec::new();
            loop {
                let some = taken(&db, noon(), 7);
                if some.is_empty() {
                    return all;
                }
                accepted(&db, &some, noon());
                all.extend(some);
            }
        };
        let hands: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        hands.into_iter().flat_map(|hand| hand.join().expect("a worker")).collect()
    });
    // One that found every row held by others may have stopped early; nobody has a row twice.
    let rest = taken(&db, noon(), 1000);
    let mut ids: Vec<DeliveryId> = claimed.iter().chain(&rest).map(|one| one.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), claimed.len() + rest.len()), (200, 200));
    accepted(&db, &rest, noon());
    assert_eq!(standing(&db, id, Standing::Accepted), 200);
    sound(&db);
}

#[test]
fn what_was_taken_back_between_freezing_and_claiming_holds() {
    let db = kernel::testing::db();
    let all = people(&db, 6);
    let id = frozen(&db, Wish { plan: Plan { cap: Some((1, 7)), ..Plan::default() }, ..wish() }, 0);
    let (ann, ben, cleo) = (all[0], all[1], all[2]);
    db.write_now(move |conn| {
        say(conn, ann, Consent::Withdrawn)?;
        crate::suppressions::add(conn, &Email::parse("p1@example.com", "email")?, noon())?;
        crate::erasure::begin(conn, cleo, noon())
    })
    .expect("taken back");
    let claimed = taken(&db, noon(), 100);
    assert_eq!(claimed.len(), 3);
    let skipped = db.read_now(move |conn| listed(conn, id, Standing::Skipped, None, 10)).expect("rows");
    let why = |customer: CustomerId| skipped.iter().find(|row| row.customer_id == customer).map(|row| row.reason.clone());
    assert_eq!(why(ann).as_deref(), Some("campaign-skip-consent"));
    assert_eq!(why(ben).as_deref(), Some("campaign-skip-suppressed"));
    assert_eq!(why(cleo).as_deref(), Some("campaign-skip-erased"));
    let named = db.read_now(move |conn| reasons(conn, id)).expect("reasons");
    let named: Vec<(&str, i64)> = named.iter().map(|one| (one.reason.as_str(), one.count)).collect();
    assert_eq!(named, [("campaign-skip-consent", 1), ("campaign-skip-erased", 1), ("campaign-skip-suppressed", 1)]);
    let one = db.read_now(move |conn| super::skipped(conn, id, "campaign-skip-consent", None, 10)).expect("rows");
    assert_eq!(one.iter().map(|row| row.customer_id).collect::<Vec<_>>(), [ann]);
    accepted(&db, &claimed, noon());
    // One mail in seven days: the next campaign skips those who had it.
    let next = frozen(&db, Wish { plan: Plan { cap: Some((1, 7)), ..Plan::default() }, ..wish() }, 0);
    assert_eq!(taken(&db, noon(), 100).len(), 0);
    assert_eq!(standing(&db, next, Standing::Skipped), 5, "the one who was erased is no part of an audience any more");
    let week = noon() + TimeDelta::days(8);
    frozen(&db, Wish { plan: Plan { cap: Some((1, 7)), ..Plan::default() }, ..wish() }, 0);
    assert_eq!(taken(&db, week, 100).len(), 3);
    sound(&db);
}

#[test]
fn pausing_and_cancelling_hold_from_the_next_claim_on() {
    let db = kernel::testing::db();
    people(&db, 30);
    let id = frozen(&db, wish(), 0);
    let claimed = taken(&db, noon(), 10);
    let version = || db.read_now(move |conn| get(conn, id)).expect("the campaign").version;
    let seen = version();
    db.write_now(move |conn| pause(conn, id, seen, noon())).expect("paused");
    assert!(taken(&db, noon(), 10).is_empty());
    accepted(&db, &claimed, noon());
    assert!(db.write_now(move |conn| pause(conn, id, seen, noon())).is_err(), "a stale form changes nothing");
    let seen = version();
    db.write_now(move |conn| resume(conn, id, seen, noon())).expect("resumed");
    let taken_last = taken(&db, noon(), 10);
    assert_eq!(taken_last.len(), 10);
    let seen = version();
    db.write_now(move |conn| cancel(conn, id, seen, noon())).expect("cancelled");
    assert!(taken(&db, noon(), 10).is_empty());
    cancel_rest(&db, id).expect("taken back");
    // What no server took before is not tried again.
    let row = taken_last[0].id;
    db.write_now(move |conn| record(conn, &[(row, Outcome::Later { reason: "busy".into() })], noon())).expect("recorded");
    assert_eq!(
        [Standing::Accepted, Standing::Sending, Standing::Cancelled, Standing::Waiting].map(|of| standing(&db, id, of)),
        [10, 9, 11, 0]
    );
    sound(&db);
}

#[test]
fn a_refusal_for_now_comes_back_later_and_not_for_ever() {
    let db = kernel::testing::db();
    people(&db, 1);
    let id = frozen(&db, wish(), 0);
    let mut at = noon();
    for attempt in 1..=12 {
        let claimed = taken(&db, at, 10);
        assert_eq!(claimed.len(), 1, "attempt {attempt}");
        assert_eq!(claimed[0].attempts, attempt);
        let row = claimed[0].id;
        db.write_now(move |conn| record(conn, &[(row, Outcome::Later { reason: "busy".into() })], at)).expect("recorded");
        assert!(taken(&db, at, 10).is_empty(), "not at once");
        at += TimeDelta::hours(4);
    }
    assert_eq!(standing(&db, id, Standing::Refused), 1);
    sound(&db);
}

#[test]
fn chance_gives_a_control_group_and_trials_equal_parts() {
    let db = kernel::testing::db();
    people(&db, 400);
    let trial = Trial { share_bp: 5000, measure: Measure::Clicks, hours: 2 };
    let id = frozen(&db, Wish { control_bp: 2000, trial, ..wish() }, 1);
    let control = standing(&db, id, Standing::Control);
    assert!((50..=110).contains(&control), "{control} of 400");
    let (counted, both) = db.read_now(move |conn| Ok((counts(conn, id)?, variants(conn, id)?))).expect("counts");
    let parts: Vec<i64> = both.iter().map(|one| counted.of_variant(Some(one.id), "waiting")).collect();
    let rest = counted.of_variant(None, "waiting");
    assert!(parts.iter().all(|part| (50..=115).contains(part)) && (115..=205).contains(&rest), "{parts:?} and {rest}");
    assert_eq!(parts.iter().sum::<i64>() + rest + control, 400);
    // Only the trial goes out; then nothing until it is decided.
    loop {
        let claimed = taken(&db, noon(), 100);
        if claimed.is_empty() {
            break;
        }
        accepted(&db, &claimed, noon());
    }
    assert_eq!(standing(&db, id, Standing::Accepted), parts.iter().sum::<i64>());
    let hour = |hours: i64| noon() + TimeDelta::hours(hours);
    decide_all(&db, hour(0)).expect("looks");
    decide_all(&db, hour(1)).expect("looks");
    assert!(db.read_now(move |conn| get(conn, id)).expect("the campaign").winner_id.is_none());
    decide_all(&db, hour(3)).expect("decides");
    let campaign = db.read_now(move |conn| get(conn, id)).expect("the campaign");
    let decision = campaign.decision().expect("it is decided");
    assert_eq!((campaign.winner_id, decision.apart), (Some(both[0].id), false), "nobody clicked: the first wins, and it is said");
    assert_eq!(taken(&db, hour(3), 1000).len() as i64, rest);
    sound(&db);
}

#[test]
fn an_audience_is_segments_without_others_and_who_may_not_is_told_why() {
    let db = kernel::testing::db();
    let all = people(&db, 5);
    let (vip, b2b) = db
        .write_now({
            let all = all.clone();
            move |conn| {
                for (id, tags) in all.iter().zip(["vip", "vip", "vip, b2b", "vip", ""]) {
                    customers::annotate(conn, *id, tags, "", noon())?;
                }
                say(conn, all[1], Consent::Withdrawn)?;
                let mut segment = |tag: &str| {
                    let wish = segments::Wish { name: tag.into(), note: String::new(), rule: Rule::Tag(tag.into()) };
                    segments::create(conn, &wish, noon())
                };
                Ok((segment("vip")?, segment("b2b")?))
            }
        })
        .expect("segments");
    let audience = Audience { include: vec![vip], exclude: vec![b2b] };
    let id = scheduled(&db, Wish { audience, ..wish() }, 0);
    let campaign = db.read_now(move |conn| get(conn, id)).expect("the campaign");
    let found = reach(&db, &campaign, noon()).expect("counts");
    assert_eq!((found.audience, found.allowed(), found.hindered.get(&Hindrance::Consent)), (3, 2, Some(&1)));
    freeze(&db, id, &clock(noon())).expect("freezes");
    let rows: Vec<CustomerId> =
        db.read_now(|conn| Ok(deliveries::table.order(deliveries::customer_id).select(deliveries::customer_id).load(conn)?)).expect("rows");
    assert_eq!(rows, [all[0], all[1], all[3]]);
    assert_eq!([Standing::Waiting, Standing::Skipped].map(|of| standing(&db, id, of)), [2, 1]);
    // Freezing once more adds nobody.
    freeze(&db, id, &clock(noon())).expect("does nothing");
    assert_eq!(standing(&db, id, Standing::Waiting), 2);
    sound(&db);
}

#[test]
fn an_hour_has_as_many_mails_as_it_may_and_the_window_is_kept() {
    let db = kernel::testing::db();
    people(&db, 30);
    let id = frozen(&db, Wish { plan: Plan { per_hour: Some(12), ..Plan::default() }, ..wish() }, 0);
    let mut sent = 0;
    for minute in 0..60 {
        let some = taken(&db, noon() + TimeDelta::minutes(minute), 100);
        accepted(&db, &some, noon());
        sent += some.len();
    }
    assert!((10..=12).contains(&sent), "{sent} in an hour");
    let seen = db.read_now(move |conn| get(conn, id)).expect("the campaign").version;
    db.write_now(move |conn| cancel(conn, id, seen, noon())).expect("cancelled");
    // Noon UTC is 14:00 in Berlin; the window opens at 20:00 there.
    let time = |hour: u32| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    frozen(&db, Wish { plan: Plan { window: Some((time(20), time(22))), ..Plan::default() }, ..wish() }, 0);
    assert!(taken(&db, noon() + TimeDelta::hours(5), 100).is_empty());
    let some = taken(&db, noon() + TimeDelta::hours(6), 10);
    assert_eq!(some.len(), 10);
    accepted(&db, &some, noon());
    assert!(taken(&db, noon() + TimeDelta::hours(8), 10).is_empty(), "it has closed");
    assert!(!db.read_now(|conn| any(conn, noon() + TimeDelta::hours(9))).expect("looks"), "nobody looks before it opens again");
    assert_eq!(taken(&db, noon() + TimeDelta::hours(30), 100).len(), 20);
}

#[test]
fn nobody_gets_a_mail_twice_by_being_merged() {
    let db = kernel::testing::db();
    let all = people(&db, 3);
    let (got, survivor, moved) = (all[0], all[1], all[2]);
    let id = scheduled(&db, wish(), 0);
    // The row of somebody who was merged into one whom freezing had not come to.
    db.write_now(move |conn| {
        let row = (
            deliveries::campaign_id.eq(id),
            deliveries::customer_id.eq(moved),
            deliveries::arm.eq(Arm::Given),
            deliveries::state.eq(Standing::Cancelled),
            deliveries::due_at.eq(noon()),
            deliveries::message_id.eq("moved"),
        );
        diesel::insert_into(deliveries::table).values(row).execute(conn)?;
        add(conn, id, None, Standing::Cancelled.as_str(), 1)
    })
    .expect("a row");
    freeze(&db, id, &clock(noon())).expect("freezes");
    assert_eq!((standing(&db, id, Standing::Waiting), standing(&db, id, Standing::Cancelled)), (2, 1));
    let first = taken(&db, noon(), 1);
    assert_eq!(first[0].customer, got);
    accepted(&db, &first, noon());
    db.write_now(move |conn| {
        let merged = diesel::update(crate::schema::customers::table.find(got));
        merged.set(crate::schema::customers::merged_into.eq(survivor)).execute(conn)?;
        Ok(())
    })
    .expect("merged");
    assert!(taken(&db, noon(), 10).is_empty());
    assert_eq!(standing(&db, id, Standing::Skipped), 1);
    sound(&db);
}
