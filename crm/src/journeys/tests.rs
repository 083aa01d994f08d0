use super::graph::Awaited;
use super::*;
use crate::CustomerId;
use crate::activities::{self, Activity, Kind};
use crate::campaigns::{self, CampaignId, Standing};
use crate::consents::{self, Consent, Statement};
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::rules::trees::{Dice, noon};
use crate::rules::{Did, Rule, SegmentId, Span};
use crate::schema::deliveries;
use crate::segments;
use chrono::TimeDelta;
use kernel::{Conn, Db, Result};

fn person(db: &Db, name: &str) -> CustomerId {
    let address = format!("{name}@example.com");
    db.write_now(move |conn| {
        let email = Email::parse(&address, "email")?;
        let new = NewCustomer { email, name: String::new(), phone: String::new(), language: "en".into() };
        let id = customers::ensure(conn, &new, noon() - TimeDelta::days(400))?;
        let statement = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: "test" };
        consents::record(conn, id, &statement, noon() - TimeDelta::days(399))?;
        Ok(id)
    })
    .unwrap()
}

fn empty(kind: Kind, again: Again) -> Graph {
    let trigger = Trigger::Event(kind.as_str().into());
    Graph { trigger, again, per_day: None, only: None, goal: None, exit: None, first: None, nodes: Vec::new(), last: 0 }
}

fn line(kind: Kind, again: Again, steps: Vec<What>) -> Graph {
    let (mut graph, mut after) = (empty(kind, again), None);
    for what in steps {
        after = Some(graph.insert(after, false, what));
    }
    graph
}

fn wait(minutes: i64) -> What {
    What::Wait(Wait::Minutes(minutes))
}

fn publish_of(conn: &mut Conn, id: JourneyId, at: Time) -> Result<()> {
    let journey = get(conn, id)?;
    for mail in journey.draft.0.mails() {
        let variant = campaigns::variants(conn, mail)?.remove(0);
        if variant.content == campaigns::EMPTY {
            campaigns::put_variant(conn, variant.id, variant.version, "{\"says\":1}", at)?;
        }
    }
    publish(conn, id, journey.version, ("UTC", "shop.test"), at).map(drop)
}

/// A journey that people can enter.
fn live(db: &Db, graph: Graph) -> JourneyId {
    db.write_now(move |conn| {
        let wish = Wish { name: "Tea".into(), store_id: 1, topic: "news".into() };
        let id = create(conn, &wish, &graph, noon())?;
        publish_of(conn, id, noon())?;
        Ok(id)
    })
    .unwrap()
}

fn happens(db: &Db, customer: CustomerId, kind: Kind, at: Time) {
    let key = format!("{customer}:{}:{}", kind.as_str(), at.and_utc().timestamp_micros());
    db.write_now(move |conn| {
        let activity = Activity {
            customer: Some(customer),
            trail: None,
            kind,
            at,
            source: "test",
            dedupe_key: &key,
            subject: None,
            amount: None,
            detail: "",
        };
        activities::record(conn, &activity).map(drop)
    })
    .unwrap();
}

fn work(db: &Db, now: Time) {
    loop {
        let found = db.read_now(|conn| super::live::found(conn, now)).unwrap();
        if found.is_empty() {
            return;
        }
        super::live::take(db, &found, now).unwrap();
    }
}

fn tags(db: &Db, customer: CustomerId) -> String {
    db.read_now(|conn| customers::get(conn, customer)).unwrap().tags
}

fn people_of(db: &Db, journey: JourneyId, stage: Stage) -> Vec<Enrolment> {
    db.read_now(|conn| listed(conn, journey, Listing::Stage(stage), None, 100)).unwrap()
}

fn sound(db: &Db) {
    let (checked, wrong) = db.read_now(proofs).unwrap();
    assert!(checked > 0 && wrong.is_empty(), "{wrong:?}");
}

#[test]
fn somebody_enters_waits_gets_one_mail_and_is_done() {
    let db = kernel::testing::db();
    let ann = person(&db, "ann");
    let graph = line(Kind::OrderPlaced, Again::Always, vec![wait(60), What::Mail(CampaignId(1)), What::Tag("thanked".into())]);
    let journey = live(&db, graph);
    happens(&db, ann, Kind::OrderPlaced, noon());
    happens(&db, ann, Kind::OrderPlaced, noon() + TimeDelta::seconds(1));
    work(&db, noon() + TimeDelta::seconds(1));
    let inside = people_of(&db, journey, Stage::Active);
    assert_eq!((inside.len(), inside[0].node), (1, NodeId(1)), "nobody is in it twice at once");
    sound(&db);
    work(&db, noon() + TimeDelta::minutes(60));
    assert!(tags(&db, ann).is_empty(), "the wait began a second later");
    work(&db, noon() + TimeDelta::minutes(61));
    assert_eq!(tags(&db, ann), "thanked");
    let done = people_of(&db, journey, Stage::Done);
    assert_eq!(done[0].ending, Ending::Done.as_str());
    let mails: Vec<(i64, Standing)> =
        db.read_now(|conn| Ok(deliveries::table.select((deliveries::round, deliveries::state)).load(conn)?)).unwrap();
    assert_eq!(mails, [(done[0].id.0, Standing::Waiting)]);
    assert!(db.read_now(|conn| campaigns::any(conn, noon() + TimeDelta::hours(2))).unwrap(), "the pump sees it");
    sound(&db);
    // The same event again changes nothing, and the next one enters anew.
    db.write_now(move |conn| told(conn, ann, "order_placed", None, noon())).unwrap();
    assert!(people_of(&db, journey, Stage::Active).is_empty());
    happens(&db, ann, Kind::OrderPlaced, noon() + TimeDelta::days(1));
    assert_eq!(people_of(&db, journey, Stage::Active).len(), 1);
}

#[test]
fn people_inside_keep_their_version_and_a_pause_holds_everybody() {
    let db = kernel::testing::db();
    let (ann, bob) = (person(&db, "ann"), person(&db, "bob"));
    let of = |tag: &str| line(Kind::OrderPlaced, Again::Never, vec![wait(60), What::Tag(tag.into())]);
    let journey = live(&db, of("one"));
    happens(&db, ann, Kind::OrderPlaced, noon());
    work(&db, noon());
    let two = of("two");
    db.write_now(move |conn| {
        let seen = get(conn, journey)?.version;
        assert!(put_graph(conn, journey, seen - 1, &two, noon()).is_err(), "stale");
        put_graph(conn, journey, seen, &two, noon())?;
        publish_of(conn, journey, noon())
    })
    .unwrap();
    happens(&db, bob, Kind::OrderPlaced, noon());
    work(&db, noon());
    let turn = |to: fn(&mut Conn, JourneyId, i64, Time) -> Result<()>| {
        db.write_now(move |conn| {
            let seen = get(conn, journey)?.version;
            to(conn, journey, seen, noon())
        })
        .unwrap();
    };
    turn(pause);
    work(&db, noon() + TimeDelta::hours(2));
    assert!(!db.read_now(|conn| any(conn, noon() + TimeDelta::hours(2))).unwrap());
    assert_eq!(tags(&db, ann), "");
    turn(resume);
    work(&db, noon() + TimeDelta::hours(2));
    assert_eq!((tags(&db, ann).as_str(), tags(&db, bob).as_str()), ("one", "two"));
    happens(&db, ann, Kind::OrderPlaced, noon() + TimeDelta::days(9));
    assert!(people_of(&db, journey, Stage::Active).is_empty(), "never again");
    sound(&db);
}

#[test]
fn a_goal_takes_people_out_at_once_and_a_full_day_keeps_them_out() {
    let db = kernel::testing::db();
    let (ann, bob) = (person(&db, "ann"), person(&db, "bob"));
    let mut graph = line(Kind::CartChanged, Again::Never, vec![wait(600), What::Tag("late".into())]);
    let did = |kind: Kind| {
        Rule::Did(Did { kind: kind.as_str().into(), product: None, at_least: Some(1), at_most: None, within: Some(Span::Days(1)) })
    };
    graph.goal = Some(did(Kind::OrderPlaced));
    graph.per_day = Some(1);
    let journey = live(&db, graph);
    happens(&db, ann, Kind::CartChanged, noon());
    happens(&db, bob, Kind::CartChanged, noon());
    work(&db, noon());
    assert_eq!(people_of(&db, journey, Stage::Active).len(), 1);
    let left = people_of(&db, journey, Stage::Left);
    assert_eq!(left[0].ending, Ending::Cap.as_str());
    let inside = people_of(&db, journey, Stage::Active)[0].customer_id;
    happens(&db, inside, Kind::OrderPlaced, noon() + TimeDelta::minutes(5));
    work(&db, noon() + TimeDelta::minutes(5));
    assert_eq!(people_of(&db, journey, Stage::Done)[0].ending, Ending::Goal.as_str());
    assert_eq!(tags(&db, inside), "");
    sound(&db);
}

#[test]
fn who_may_enter_says_a_rule_and_whoever_arrived_is_not_mailed_any_more() {
    let db = kernel::testing::db();
    let (ann, bob) = (person(&db, "ann"), person(&db, "bob"));
    let mut graph = line(Kind::CartChanged, Again::Never, vec![What::Mail(CampaignId(1)), wait(600)]);
    graph.only = Some(Rule::Tag("vip".into()));
    graph.goal = Some(Rule::Tag("arrived".into()));
    let journey = live(&db, graph);
    let tag = |who: CustomerId, tags: &'static str| db.write_now(move |conn| customers::annotate(conn, who, tags, "", noon())).unwrap();
    tag(ann, "vip");
    for one in [ann, bob] {
        happens(&db, one, Kind::CartChanged, noon());
    }
    work(&db, noon());
    assert_eq!(people_of(&db, journey, Stage::Left)[0].ending, Ending::Unfit.as_str());
    sound(&db);
    // Whom the rule kept out was not in it, and may come later.
    tag(bob, "vip");
    happens(&db, bob, Kind::CartChanged, noon() + TimeDelta::minutes(1));
    work(&db, noon() + TimeDelta::minutes(1));
    assert_eq!(people_of(&db, journey, Stage::Active).len(), 2);
    // One arrives before the mails go out.
    tag(bob, "vip, arrived");
    happens(&db, bob, Kind::ProductViewed, noon() + TimeDelta::minutes(2));
    work(&db, noon() + TimeDelta::minutes(2));
    assert_eq!(people_of(&db, journey, Stage::Done)[0].customer_id, bob);
    let claimed = db.write_now(|conn| campaigns::claim(conn, noon() + TimeDelta::minutes(3), 10)).unwrap();
    assert_eq!(claimed.iter().map(|one| one.customer).collect::<Vec<_>>(), [ann]);
    let skipped = deliveries::table.filter(deliveries::state.eq(Standing::Skipped)).select((deliveries::customer_id, deliveries::reason));
    let skipped: Vec<(CustomerId, String)> = db.read_now(|conn| Ok(skipped.load(conn)?)).unwrap();
    assert_eq!(skipped, [(bob, campaigns::Hindrance::Journey.as_str().to_string())]);
}

#[test]
fn a_segment_enters_people_and_the_end_or_an_erasure_takes_them_out() {
    let db = kernel::testing::db();
    let (ann, bob) = (person(&db, "ann"), person(&db, "bob"));
    let segment: SegmentId = db
        .write_now(|conn| {
            let wish = segments::Wish { name: "VIP".into(), note: String::new(), rule: Rule::Tag("vip".into()) };
            segments::create(conn, &wish, noon())
        })
        .unwrap();
    segments::build(&db, segment, &kernel::clock::Clock::default()).unwrap();
    let mut graph = line(Kind::OrderPlaced, Again::Never, vec![wait(60)]);
    graph.trigger = Trigger::Entered(segment);
    let journey = live(&db, graph);
    for one in [ann, bob] {
        db.write_now(move |conn| customers::annotate(conn, one, "vip", "", noon())).unwrap();
    }
    work(&db, noon());
    assert_eq!(people_of(&db, journey, Stage::Active).len(), 2);
    db.write_now(move |conn| forget(conn, ann, noon())).unwrap();
    assert_eq!(people_of(&db, journey, Stage::Active).len(), 1);
    sound(&db);
    db.write_now(move |conn| {
        let seen = get(conn, journey)?.version;
        end(conn, journey, seen, noon())
    })
    .unwrap();
    sweep(&db, journey, &kernel::clock::Clock::default()).unwrap();
    assert!(people_of(&db, journey, Stage::Active).is_empty());
    sound(&db);
}

#[test]
fn two_workers_take_no_step_twice() {
    let db = kernel::testing::db();
    let people: Vec<CustomerId> = (0..30).map(|number| person(&db, &format!("p{number}"))).collect();
    let journey = live(&db, line(Kind::OrderPlaced, Again::Never, vec![What::Mail(CampaignId(1)), What::Hook("came".into())]));
    for one in &people {
        happens(&db, *one, Kind::OrderPlaced, noon());
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| work(&db, noon()));
        }
    });
    assert_eq!(people_of(&db, journey, Stage::Done).len(), 30);
    let mails: i64 = db.read_now(|conn| Ok(deliveries::table.count().get_result(conn)?)).unwrap();
    assert_eq!(mails, 30);
    for one in people_of(&db, journey, Stage::Done) {
        assert_eq!(db.read_now(|conn| log(conn, one.id, None, 100)).unwrap().len(), 4, "enter, mail, hook, end");
    }
    sound(&db);
}

#[test]
fn a_step_that_was_cut_off_has_left_nothing_and_is_taken_again() {
    let db = kernel::testing::db();
    let ann = person(&db, "ann");
    let journey = live(&db, line(Kind::OrderPlaced, Again::Never, vec![What::Tag("in".into()), What::Mail(CampaignId(1)), wait(5)]));
    happens(&db, ann, Kind::OrderPlaced, noon());
    let due = db.read_now(|conn| super::live::found(conn, noon())).unwrap();
    let cut: Result<()> = db.write_now(move |conn| {
        super::live::advance_all(conn, &due, noon())?;
        Err(kernel::Error::unexpected("the process is gone"))
    });
    assert!(cut.is_err());
    let mails = || -> i64 { db.read_now(|conn| Ok(deliveries::table.count().get_result(conn)?)).unwrap() };
    assert_eq!((mails(), tags(&db, ann).as_str()), (0, ""));
    assert!(db.read_now(|conn| counts(conn, journey)).unwrap().0.is_empty());
    work(&db, noon());
    assert_eq!((mails(), tags(&db, ann).as_str()), (1, "in"));
    work(&db, noon() + TimeDelta::minutes(6));
    assert_eq!(people_of(&db, journey, Stage::Done).len(), 1);
    sound(&db);
}

const KINDS: [Kind; 3] = [Kind::ProductViewed, Kind::CartChanged, Kind::OrderPlaced];

/// Some journey that does nothing which the rehearsal cannot foresee.
fn some(dice: &mut Dice) -> Graph {
    let mut graph = empty(*dice.pick(&KINDS), *dice.pick(&[Again::Never, Again::After(5), Again::Always]));
    let did = |dice: &mut Dice| {
        let kind = dice.pick(&KINDS).as_str().to_string();
        Rule::Did(Did {
            kind,
            product: None,
            at_least: Some(1 + dice.below(3)),
            at_most: None,
            within: Some(Span::Hours(1 + dice.below(72))),
        })
    };
    for _ in 0..2 + dice.below(7) {
        let what = match dice.below(6) {
            0 => wait(1 + dice.below(3000)),
            1 => What::Wait(Wait::Event(Awaited { kind: dice.pick(&KINDS).as_str().into(), minutes: 1 + dice.below(3000) })),
            2 => What::Wait(Wait::Clock(dice.below(1440))),
            3 => What::Branch(did(dice)),
            4 => What::Split(1 + dice.below(9998)),
            _ => What::Tag(format!("t{}", dice.below(5))),
        };
        let after = (!graph.nodes.is_empty()).then(|| dice.pick(&graph.nodes).id);
        graph.insert(after, dice.below(2) == 0, what);
    }
    if dice.below(2) == 0 {
        graph.exit = Some(did(dice));
    }
    if dice.below(2) == 0 {
        graph.goal = Some(did(dice));
    }
    if dice.below(3) == 0 {
        graph.only = Some(did(dice));
    }
    graph
}

/// What somebody went through: step, kind, result, moment.
type Way = Vec<(CustomerId, NodeId, String, String, Time)>;

#[test]
fn a_rehearsal_is_what_would_have_happened() {
    for seed in 1..=25 {
        let db = kernel::testing::db();
        let dice = &mut Dice::new(seed);
        let people: Vec<CustomerId> = (0..3).map(|number| person(&db, &format!("p{number}"))).collect();
        let journey = live(&db, some(dice));
        let begin = noon() - TimeDelta::days(20);
        let mut story: Vec<(Time, CustomerId, Kind)> =
            (0..60).map(|n| (begin + TimeDelta::seconds(dice.below(86_400 * 15) + n), *dice.pick(&people), *dice.pick(&KINDS))).collect();
        story.sort_by_key(|(at, customer, kind)| (*at, *customer, kind.as_str()));
        story.dedup();
        let mut ahead = story.into_iter().peekable();
        loop {
            let wake = db.read_now(next_wake).unwrap().filter(|wake| *wake <= noon());
            match (ahead.next_if(|(at, ..)| wake.is_none_or(|wake| *at <= wake)), wake) {
                (Some((at, customer, kind)), _) => happens(&db, customer, kind, at),
                (None, Some(wake)) => work(&db, wake),
                (None, None) => break,
            }
        }
        let mut lived: Way = Vec::new();
        for stage in [Stage::Active, Stage::Done, Stage::Left] {
            for one in people_of(&db, journey, stage) {
                let entries = db.read_now(|conn| log(conn, one.id, None, 1000)).unwrap();
                lived.extend(entries.into_iter().map(|entry| (one.customer_id, entry.node, entry.what, entry.result, entry.happened_at)));
            }
        }
        let id = db.write_now(move |conn| ask(conn, journey, "UTC", noon())).unwrap();
        rehearse(&db, id, &|_, _, _| Ok(Default::default())).unwrap();
        let found = db.read_now(|conn| acts(conn, id, 0, 10_000)).unwrap();
        let mut rehearsed: Way = found.into_iter().map(|one| (one.customer_id, one.node, one.what, one.result, one.happened_at)).collect();
        lived.sort();
        rehearsed.sort();
        assert_eq!(lived, rehearsed, "seed {seed}");
        let (counted, kept) = db.read_now(|conn| Ok((rehearsal(conn, journey, id)?.counted(), counts(conn, journey)?))).unwrap();
        assert_eq!((counted.entered(), counted.inside()), (kept.entered(), kept.inside()), "seed {seed}");
        sound(&db);
    }
}

fn next_wake(conn: &mut Conn) -> Result<Option<Time>> {
    let first = enrolments::table.filter(active()).select(diesel::dsl::min(enrolments::wake_at));
    Ok(first.first(conn)?)
}
