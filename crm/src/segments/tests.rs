use super::*;
use crate::CustomerId;
use crate::consents::{self, Consent, Statement};
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::merges;
use crate::rules::trees::{Dice, ask, buy, noon, people, say, tree, view};
use crate::rules::{Age, Rated, Rule, Scored, ServiceCost, Span, SurveyScore, Tickets};
use crate::surveys::{self, SurveyId};
use crate::tickets::{self, Agent, Asker, Change, Channel, Kind, New, NewMessage, ORDINARY, Outcome, Reason};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::{Clock, Time};
use kernel::money::{Currency, Money};
use kernel::{Db, Error};

fn segment(db: &Db, name: &str, rule: Rule) -> SegmentId {
    let wish = Wish { name: name.into(), note: String::new(), rule };
    db.write_now(move |conn| create(conn, &wish, noon())).unwrap()
}

/// A clock that stands at `at` or a little later.
fn clock(at: Time) -> Clock {
    let clock = Clock::default();
    clock.advance(at - clock.now());
    clock
}

fn built(db: &Db, id: SegmentId, at: Time) {
    db.write_now(move |conn| super::build::doubt(conn, &[id], at)).unwrap();
    build(db, id, &clock(at)).unwrap();
}

/// Asked about everybody at once, segments say what they say about each.
fn alike(db: &Db, at: Time) {
    db.read_now(move |conn| {
        let all: Vec<CustomerId> = crate::schema::customers::table.select(crate::schema::customers::id).load(conn)?;
        let ids: Vec<SegmentId> = list(conn)?.iter().map(|segment| segment.id).collect();
        let together = among_these(conn, &all, &ids, at)?;
        for customer in all {
            let own: Vec<SegmentId> = ids.iter().copied().filter(|id| together.contains(&(customer, *id))).collect();
            assert_eq!(own, super::among(conn, customer, &ids, at)?, "customer {customer} at {at}");
        }
        Ok(())
    })
    .unwrap();
}

fn sound(db: &Db, at: Time) {
    alike(db, at);
    for proof in db.read_now(move |conn| proofs(conn, at)).unwrap() {
        assert!(proof.wrong.is_empty(), "{proof:?} at {at}");
    }
}

fn inside(db: &Db, id: SegmentId, at: Time) -> Vec<CustomerId> {
    db.read_now(move |conn| members(conn, id, CustomerId(0), 1000, at)).unwrap()
}

#[test]
fn a_customer_follows_in_the_transaction_and_time_moves_them_on() {
    let db = kernel::testing::db();
    let all = people(&db, 1, 10);
    let ann = all[0];
    db.write_now(move |conn| customers::annotate(conn, ann, "", "", noon())).unwrap();
    let vip = segment(&db, "VIP", Rule::Tag("gold".into()));
    let fresh = segment(&db, "Fresh", Rule::Known(Age::Within(Span::Days(90))));
    let among = |id: SegmentId, at: Time| !db.read_now(move |conn| super::among(conn, ann, &[id], at)).unwrap().is_empty();
    assert!(among(fresh, noon()), "a segment that is not built yet is asked by its rule");
    assert!(!among(fresh, noon() + TimeDelta::days(91)));
    alike(&db, noon() + TimeDelta::days(91));
    [vip, fresh].iter().for_each(|id| built(&db, *id, noon()));
    sound(&db, noon() + TimeDelta::seconds(5));
    assert!(!among(vip, noon()));
    db.write_now(move |conn| customers::annotate(conn, ann, "gold, tea", "", noon())).unwrap();
    assert!(among(vip, noon()));
    let told = db.read_now(move |conn| history(conn, vip, None, 10)).unwrap();
    assert_eq!(told.iter().map(|one| (one.customer_id, one.entered, one.why)).collect::<Vec<_>>(), [(ann, true, Why::Profile)]);
    assert_eq!(inside(&db, vip, noon()), [ann]);
    // Nobody writes anything, and yet whoever asks is told the truth.
    assert_eq!(inside(&db, fresh, noon()).len(), 10);
    assert_eq!(inside(&db, fresh, noon() + TimeDelta::days(91)).len(), 0);
    assert_eq!(db.read_now(move |conn| size(conn, fresh, noon() + TimeDelta::days(91))).unwrap(), 0);
    alike(&db, noon() + TimeDelta::days(91));
    settle(&db, noon() + TimeDelta::days(91)).unwrap();
    let told = db.read_now(move |conn| history(conn, fresh, None, 50)).unwrap();
    assert!(told.len() == 10 && told.iter().all(|one| !one.entered && one.why == Why::Time));
    assert_eq!(db.read_now(move |conn| get(conn, fresh)).unwrap().size, 0);
    sound(&db, noon() + TimeDelta::days(91));
}

#[test]
fn a_ticket_moves_its_customer_in_its_own_transaction() {
    let db = kernel::testing::db();
    let all = people(&db, 5, 3);
    let complaint = Tickets { open: true, kind: Some(Kind::Complaint), outcome: None, at_least: Some(1), at_most: None, within: None };
    let angry = segment(&db, "Angry", Rule::Tickets(complaint));
    let content = segment(&db, "Content", Rule::Rated(Rated { at_least: Some(4), at_most: None }));
    let cost = ServiceCost { currency: Currency::EUR, at_least: Some(100_000), at_most: None, within: Some(Span::Days(30)) };
    let dear = segment(&db, "Dear", Rule::ServiceCost(cost));
    [angry, content, dear].iter().for_each(|id| built(&db, *id, noon()));
    sound(&db, noon());
    let ann = *all.iter().find(|one| !inside(&db, angry, noon()).contains(one)).unwrap();
    let new = New {
        kind: Kind::Complaint,
        channel: Channel::Web,
        subject: "Mug".into(),
        asker: Asker { customer: Some(ann), ..Asker::default() },
        order: None,
        lines: Vec::new(),
        store: 1,
        language: "en".into(),
        call: None,
        queue: String::new(),
        priority: ORDINARY,
        message: NewMessage::text("It leaks"),
        logged_by: None,
        request_key: None,
    };
    let agent = Agent { id: 1, actor: "staff:1" };
    let why = || db.read_now(move |conn| tickets::suppressed(conn, ann)).unwrap();
    let ticket = db.write_now(move |conn| tickets::open(conn, &new, noon())).unwrap().ticket;
    assert!(inside(&db, angry, noon()).contains(&ann));
    assert_eq!(why(), Some(Reason::Complaint));
    // What is given from it counts in the transaction that gives it, and for as long as the rule says.
    let given = Money::new(100_000, Currency::EUR);
    db.write_now(move |conn| tickets::costs::keep(conn, ticket.id, "credit", given, noon())).unwrap();
    assert_eq!(inside(&db, dear, noon()), [ann]);
    assert_eq!(inside(&db, dear, noon() + TimeDelta::days(30)).len(), 0);
    sound(&db, noon());
    // Filed as something else it is no complaint any more, and one again.
    let filed = |kind: Kind| {
        let to = Change { kind, queue: String::new(), priority: ORDINARY, tags: String::new() };
        db.write_now(move |conn| {
            let seen = tickets::get(conn, ticket.id)?.version;
            tickets::change(conn, ticket.id, &to, agent, seen, noon())
        })
        .unwrap();
        sound(&db, noon());
    };
    filed(Kind::WhereIsIt);
    assert!(!inside(&db, angry, noon()).contains(&ann));
    assert_eq!(why(), Some(Reason::Parcel));
    filed(Kind::Complaint);
    db.write_now(move |conn| tickets::solve(conn, ticket.id, Outcome::Refunded, agent.actor, None, noon())).unwrap();
    assert!(!inside(&db, angry, noon()).contains(&ann));
    db.write_now(move |conn| tickets::rate(conn, ticket.id, 5, "", noon())).unwrap();
    assert!(inside(&db, content, noon()).contains(&ann));
    sound(&db, noon());
}

#[test]
fn an_answer_moves_whoever_gave_it_in_its_own_transaction_and_so_does_a_merge() {
    let db = kernel::testing::db();
    let (ann, bo) = db
        .write_now(|conn| {
            let mut person = |name: &str| {
                let email = Email::parse(&format!("{name}@example.com"), "email")?;
                customers::ensure(conn, &NewCustomer { email, name: name.into(), phone: String::new(), language: "en".into() }, noon())
            };
            Ok((person("ann")?, person("bo")?))
        })
        .unwrap();
    let survey = |name: &'static str| {
        let texts = surveys::Asked { question: [("en".to_string(), "How likely?".to_string())].into(), ..Default::default() };
        db.write_now(move |conn| surveys::create(conn, &surveys::Wish { name: name.into(), texts: texts.clone(), open: true }, noon()))
            .unwrap()
    };
    let (shop, parcel) = (survey("Shop"), survey("Delivery"));
    let scored = |survey, at_least, at_most| Rule::SurveyScore(SurveyScore { survey, at_least, at_most });
    let promoters = segment(&db, "Promoters", scored(Some(shop), Some(9), None));
    let unhappy = segment(&db, "Unhappy", scored(None, None, Some(6)));
    let answered = segment(&db, "Answered", scored(Some(parcel), Some(0), None));
    let all = [promoters, unhappy, answered];
    all.iter().for_each(|id| built(&db, *id, noon()));
    let answer = |survey: SurveyId, customer: CustomerId, score: i64, minutes: i64| {
        let said = surveys::Given { survey, round: 1, customer, delivery: None, score, words: String::new() };
        let at = noon() + TimeDelta::minutes(minutes);
        db.write_now(move |conn| surveys::answer(conn, &said, at)).unwrap();
        sound(&db, at);
    };
    let members = || all.map(|id| inside(&db, id, noon() + TimeDelta::hours(1)));
    answer(shop, ann, 9, 1);
    assert_eq!(members(), [vec![ann], vec![], vec![]]);
    answer(shop, ann, 3, 2);
    assert_eq!(members(), [vec![], vec![ann], vec![]], "they thought better of it");
    answer(parcel, ann, 0, 3);
    answer(shop, bo, 10, 4);
    assert_eq!(members(), [vec![bo], vec![ann], vec![ann]]);
    // The last answer of both is the survivor's last.
    let later = noon() + TimeDelta::hours(1);
    db.write_now(move |conn| {
        let merge = merges::begin(conn, ann, bo, "the same", "staff:1", later)?;
        merges::take(conn, &merge, later)?;
        merges::settle(conn, &merge, None, later)
    })
    .unwrap();
    assert_eq!(all.map(|id| inside(&db, id, later)), [vec![bo], vec![], vec![bo]]);
    sound(&db, later);
}

/// Random trees live through random changes, and at every moment the rows say what a full evaluation does.
#[test]
fn rows_equal_a_full_evaluation_whatever_happens() {
    for seed in 0..3 {
        let db = kernel::testing::db();
        let all = people(&db, seed, 15);
        let mut dice = Dice::new(seed + 77);
        let mut ids: Vec<SegmentId> = Vec::new();
        while ids.len() < 8 {
            let rule = tree(&mut dice, 3, &ids);
            ids.push(segment(&db, &format!("S{}", ids.len()), rule));
        }
        ids.iter().for_each(|id| built(&db, *id, noon()));
        let mut at = noon() + TimeDelta::seconds(10);
        sound(&db, at);
        for _ in 0..25 {
            at += TimeDelta::hours(dice.below(80));
            let (who, seed) = (*dice.pick(&all), dice.below(1 << 40) as u64);
            db.write_now(move |conn| {
                let mut dice = Dice::new(seed);
                match dice.below(8) {
                    7 => say(conn, &mut dice, SurveyId(1 + at.and_utc().timestamp() % 2), who, at),
                    6 => ask(conn, &mut dice, who),
                    0 => buy(conn, &mut dice, who).map(drop),
                    1 => {
                        let order = buy(conn, &mut dice, who)?;
                        crate::purchases::forget(conn, order, at)
                    }
                    2 => {
                        let tags = *dice.pick(&["vip", "VIP,b2b", ""]);
                        customers::annotate(conn, who, tags, "", at)
                    }
                    3 => {
                        let state = *dice.pick(Consent::ALL);
                        let statement = Statement { channel: "email", topic: "news", legal_basis: "consent", state, proof: "test" };
                        consents::record(conn, who, &statement, at)
                    }
                    4 => {
                        let name = *dice.pick(&["Ann Tee", "李明"]);
                        customers::update_profile(conn, who, name, "", "zh", at)
                    }
                    _ => {
                        view(conn, &mut dice, who)?;
                        follow_events(conn, &[who], &["product_viewed", "searched", "order_placed"], at)
                    }
                }
            })
            .unwrap();
            // `buy` tells the moment of the order: what it wrote is settled before it is compared.
            db.write_now(move |conn| follow(conn, who, Why::Order, at)).unwrap();
            sound(&db, at);
            if dice.below(3) == 0 {
                settle(&db, at).unwrap();
                sound(&db, at);
            }
            if dice.below(6) == 0 {
                built(&db, *dice.pick(&ids), at);
                sound(&db, at + TimeDelta::seconds(5));
            }
            let id = *dice.pick(&ids);
            let listed = inside(&db, id, at);
            assert_eq!(db.read_now(move |conn| size(conn, id, at)).unwrap(), listed.len() as i64);
            let each: Vec<CustomerId> = all
                .iter()
                .copied()
                .filter(|one| {
                    let one = *one;
                    !db.read_now(move |conn| among(conn, one, &[id], at)).unwrap().is_empty()
                })
                .collect();
            assert_eq!(listed, each);
        }
    }
}

/// Orders that come while a build runs are not overwritten by what the build read before them.
#[test]
fn a_build_and_orders_at_once_leave_the_truth() {
    let db = kernel::testing::db();
    let all = people(&db, 3, 60);
    let buyers = segment(&db, "Buyers", Rule::Orders(crate::rules::Orders { at_least: Some(3), at_most: None, worth: None, within: None }));
    let at = Clock::default().now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..6 {
                db.write_now(move |conn| doubt_all(conn, at)).unwrap();
                build(&db, buyers, &Clock::default()).unwrap();
            }
        });
        for part in all.chunks(20) {
            let db = &db;
            scope.spawn(move || {
                for (n, customer) in part.iter().enumerate() {
                    let customer = *customer;
                    db.write_now(move |conn| buy(conn, &mut Dice::new(n as u64), customer).map(drop)).unwrap();
                }
            });
        }
    });
    sound(&db, at);
}

#[test]
fn a_rule_that_changes_is_built_anew_with_those_that_refer_to_it() {
    let db = kernel::testing::db();
    people(&db, 4, 20);
    let inner = segment(&db, "Inner", Rule::Language(vec!["en".into()]));
    let outer = segment(&db, "Outer", Rule::Not(Box::new(Rule::Segment(inner))));
    [inner, outer].iter().for_each(|id| built(&db, *id, noon()));
    let (one, other) = (inside(&db, inner, noon()).len(), inside(&db, outer, noon()).len());
    assert_eq!(one + other, 20);
    let change = |rule: Rule, version: i64| {
        let wish = Wish { name: "Inner".into(), note: String::new(), rule };
        db.write_now(move |conn| update(conn, inner, version, &wish, noon()))
    };
    assert!(matches!(change(Rule::Segment(outer), 1), Err(Error::Invalid(_))), "a circle");
    change(Rule::Language(vec!["zh".into()]), 1).unwrap();
    assert!(matches!(change(Rule::Language(vec!["en".into()]), 1), Err(Error::Conflict(_))), "somebody was faster");
    assert_eq!(db.read_now(move |conn| get(conn, outer)).unwrap().state, State::Due);
    assert_eq!((inside(&db, inner, noon()).len(), inside(&db, outer, noon()).len()), (other, one), "readers ask the new rule at once");
    [inner, outer].iter().for_each(|id| built(&db, *id, noon()));
    sound(&db, noon() + TimeDelta::seconds(5));
    assert_eq!((inside(&db, inner, noon()).len(), inside(&db, outer, noon()).len()), (other, one));
    assert_eq!(db.read_now(move |conn| history(conn, inner, None, 50)).unwrap().len(), 20, "everybody moved, and why is known");
    assert!(matches!(db.write_now(move |conn| remove(conn, inner)), Err(Error::Conflict(_))), "another refers to it");
    db.write_now(move |conn| remove(conn, outer)).unwrap();
    db.write_now(move |conn| remove(conn, inner)).unwrap();
    assert!(matches!(db.read_now(move |conn| get(conn, inner)), Err(Error::NotFound)));
}

#[test]
fn a_night_of_scores_leaves_no_row_that_is_believed_and_wrong() {
    let db = kernel::testing::db();
    people(&db, 6, 30);
    let measure = crate::rules::Measure::Recency;
    let best = segment(&db, "Best", Rule::Score(Scored { measure, at_least: Some(4), at_most: None, currency: None }));
    built(&db, best, noon());
    crate::scores::run(&db, kernel::money::Currency::EUR, noon()).unwrap();
    assert_eq!(db.read_now(move |conn| get(conn, best)).unwrap().state, State::Due);
    let jobs = db.read_now(|conn| kernel::jobs::list(conn, None, None, 20)).unwrap();
    assert!(jobs.iter().filter(|job| job.kind == BUILD_JOB).count() >= 2);
    built(&db, best, noon());
    sound(&db, noon() + TimeDelta::seconds(5));
}

#[test]
fn without_segments_nothing_is_written() {
    let db = kernel::testing::db();
    let all = people(&db, 8, 3);
    assert!(db.read_now(move |conn| of_customer(conn, all[0], noon())).unwrap().is_empty());
    settle(&db, noon()).unwrap();
    assert!(db.read_now(list).unwrap().is_empty());
}
