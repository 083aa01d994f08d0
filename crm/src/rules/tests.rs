use super::trees::{Dice, edges, noon, people, tree};
use super::*;
use crate::CustomerId;
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Timestamp};
use kernel::clock::Time;
use kernel::{Conn, Db, Error};
use std::collections::BTreeMap;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Bool)]
    member: bool,
    #[diesel(sql_type = Nullable<Timestamp>)]
    changes_at: Option<Time>,
}

fn asked(conn: &mut Conn, rule: &Rule, others: &Others, range: Option<(i64, i64)>, now: Time) -> BTreeMap<i64, (bool, Option<Time>)> {
    let among = range.map_or(Among::Everybody, |(above, last)| Among::Range(above, last));
    let compiled = compile(Dialect::of(conn), rule, others, among, now);
    let rows: Vec<Row> = compiled.query().load(conn).unwrap();
    rows.into_iter().map(|row| (row.id, (row.member, row.changes_at))).collect()
}

fn known(conn: &mut Conn, rule: &Rule, others: &Others, people: &[CustomerId]) -> Vec<(CustomerId, Facts)> {
    let mut needs = Needs::default();
    needs.add(rule, others);
    people.iter().map(|id| (*id, Facts::load(conn, *id, &needs, false).unwrap().unwrap())).collect()
}

/// The query and the evaluator agree at this moment about everybody; answers what they said.
fn agree(conn: &mut Conn, rule: &Rule, others: &Others, known: &[(CustomerId, Facts)], now: Time) -> Vec<(Answer, Option<Time>)> {
    let found = asked(conn, rule, others, None, now);
    assert_eq!(found.len(), known.len());
    let compare = |(id, facts): &(CustomerId, Facts)| {
        let (member, changes_at) = found[&id.0];
        let said = answer(rule, facts, others, now);
        assert_eq!(member, said.holds, "customer {id} at {now} by {}", serde_json::to_string(rule).unwrap());
        assert!(said.until.is_none_or(|until| until > now), "an answer stands for a while");
        (said, changes_at)
    };
    known.iter().map(compare).collect()
}

fn differ(db: &Db, seed: u64, people: &[CustomerId], rounds: u64) {
    let (people, mut others) = (people.to_vec(), Others::new());
    let mut dice = Dice::new(seed + 1);
    for n in 1..=3 {
        let known: Vec<SegmentId> = others.keys().copied().collect();
        others.insert(SegmentId(n), Arc::new(tree(&mut dice, 2, &known)));
    }
    let segments: Vec<SegmentId> = others.keys().copied().collect();
    for _ in 0..rounds {
        let rule = tree(&mut dice, 3, &segments);
        let (others, people, seed) = (others.clone(), people.clone(), dice.below(1 << 40) as u64);
        db.read_now(move |conn| {
            let (mut dice, now) = (Dice::new(seed), noon());
            let known = known(conn, &rule, &others, &people);
            let said = agree(conn, &rule, &others, &known, now);
            let mut moments = Vec::new();
            for ((id, facts), (said, changes_at)) in known.iter().zip(&said) {
                let edges: Vec<Time> = edges(&rule, facts, &others).into_iter().filter(|at| *at > now).collect();
                let first = edges.iter().copied().find(|at| answer(&rule, facts, &others, *at).holds != said.holds);
                let told = format!("customer {id} by {}: {first:?}", serde_json::to_string(&rule).unwrap());
                if let Some(first) = first {
                    assert!(said.until.is_some_and(|until| until <= first), "the answer is said to stand too long: {told}");
                    assert!(changes_at.is_some_and(|until| until <= first), "the row is said to stand too long: {told}");
                    moments.push(first);
                }
                // Right before each edge everything is as after the edge before.
                for at in &edges {
                    let before = *at - TimeDelta::microseconds(1);
                    if said.until.is_none_or(|until| before < until) {
                        assert_eq!(answer(&rule, facts, &others, before).holds, said.holds, "{told}");
                    }
                }
                moments.extend(said.until);
            }
            for _ in 0..4.min(moments.len()) {
                let at = *dice.pick(&moments);
                agree(conn, &rule, &others, &known, at);
                agree(conn, &rule, &others, &known, at - TimeDelta::microseconds(1));
            }
            // One customer alone is asked the same.
            let one = *dice.pick(&people);
            let alone = asked(conn, &rule, &others, Some((one.0 - 1, one.0)), now);
            assert_eq!(
                alone.into_iter().map(|(id, said)| (id, said.0)).collect::<Vec<_>>(),
                [(one.0, asked(conn, &rule, &others, None, now)[&one.0].0)]
            );
            Ok(())
        })
        .unwrap();
    }
}

/// The law of the room: whatever the tree and the people, the query and the evaluator say the same at every instant, and neither says that
/// an answer stands longer than it does.
#[test]
fn the_query_and_the_evaluator_agree_at_every_instant() {
    for seed in 0..4 {
        let db = kernel::testing::db();
        let people = people(&db, seed, 25);
        differ(&db, seed, &people, 40);
    }
}

#[test]
fn a_span_is_left_exactly_when_it_is_over() {
    let db = kernel::testing::db();
    let people = people(&db, 5, 12);
    let rule = Rule::LastOrder(Age::Within(Span::Days(7)));
    db.read_now(move |conn| {
        let others = Others::new();
        for (id, facts) in known(conn, &rule, &others, &people) {
            let Some(last) = facts.score.as_ref().map(|score| score.last_at) else { continue };
            let edge = last + TimeDelta::days(7);
            let before = edge - TimeDelta::microseconds(1);
            assert_eq!(answer(&rule, &facts, &others, before), Answer { holds: true, until: Some(edge) });
            assert_eq!(answer(&rule, &facts, &others, edge), Answer { holds: false, until: None });
            assert!(asked(conn, &rule, &others, None, before)[&id.0].0);
            assert_eq!(asked(conn, &rule, &others, None, edge)[&id.0], (false, None));
        }
        Ok(())
    })
    .unwrap();
}

fn refused(text: &str) -> String {
    let others = Others::from([(SegmentId(1), Arc::new(Rule::Segment(SegmentId(2)))), (SegmentId(2), Arc::new(Rule::Tag("a".into())))]);
    let own = Some(SegmentId(2));
    match parse(text).and_then(|rule| check(&rule, own, &others)) {
        Err(Error::Invalid(fields)) => fields.0["rule"].clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    for (text, told) in [
        (r#"{"all":[{"tag":"a"},{"ordered":{}}]}"#, "all[1]"),
        (r#"{"all":[{"orders":{"at_least":"three"}}]}"#, "all[0].orders.at_least"),
        (r#"{"any":[{"orders":{"at_least":3,"within":"30x"}}]}"#, "any[0].orders.within: 30x is no length of time"),
        (r#"{"not":{"orders":{"at_least":3,"at_most":2}}}"#, "not.orders: at least 3 and at most 2 is never"),
        (r#"{"orders":{}}"#, "orders: neither"),
        (r#"{"orders":{"at_least":0}}"#, "orders: at least 0 is always"),
        (r#"{"orders":{"at_least":1,"worth":{"amount":-1,"currency":"EUR"}}}"#, "orders.worth.amount"),
        (r#"{"orders":{"at_least":1,"worth":{"amount":1,"currency":"XXX"}}}"#, "orders.worth.currency"),
        (r#"{"score":{"measure":"value","at_least":5}}"#, "score.currency: an amount needs a currency"),
        (r#"{"score":{"measure":"orders","at_least":5,"currency":"EUR"}}"#, "score.currency: this is no amount"),
        (r#"{"score":{"measure":"height","at_least":5}}"#, "score.measure: height is none of"),
        (r#"{"all":[{"any":[]}]}"#, "all[0].any: a group without conditions"),
        (r#"{"country":["de"]}"#, "country: de is no country code"),
        (r#"{"tag":"a, b"}"#, "tag: one tag has no comma"),
        (r#"{"did":{"kind":"'; drop","at_least":1}}"#, "did.kind: '; drop is no kind"),
        (r#"{"did":{"kind":"searched","product":3,"at_least":1}}"#, "did.product: searched is not about a product"),
        (r#"{"all":[{"segment":9}]}"#, "all[0].segment: there is no segment 9"),
        (r#"{"all":[{"segment":2}]}"#, "all[0].segment: segment 2 refers back"),
        (r#"{"all":[{"segment":1}]}"#, "all[0].segment: segment 1 refers back"),
        (r#"{"tag":"a"} {"#, "trailing"),
    ] {
        let found = refused(text);
        assert!(found.contains(told), "{text}: {found}");
    }
    let many = format!(r#"{{"any":[{}]}}"#, vec![r#"{"tag":"a"}"#; 1000].join(","));
    assert!(refused(&many).contains("1001 conditions and groups"));
    let deep = format!("{}{}{}", r#"{"not":"#.repeat(12), r#"{"tag":"a"}"#, "}".repeat(12));
    assert!(refused(&deep).contains("13 levels deep"));
    assert!(refused(&format!("{}{}", r#"{"not":"#.repeat(5000), "1")).contains("recursion"));
}

#[test]
fn a_tree_reads_as_it_is_written() {
    let mut dice = Dice::new(11);
    for _ in 0..200 {
        let rule = tree(&mut dice, 4, &[SegmentId(3)]);
        let text = serde_json::to_string(&rule).unwrap();
        assert_eq!(parse(&text).unwrap(), rule, "{text}");
    }
}
