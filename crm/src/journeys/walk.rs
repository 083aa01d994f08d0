//! One person's way through what really happened: pure, by the function that live journeys walk by.

use super::JourneyId;
use super::counts::WHOLE;
use super::graph::{Graph, NodeId, What, chance};
use super::live::usual;
use super::step::{Act, Facts as Asked, Position, kept_out, step};
use crate::CustomerId;
use crate::activities::Kind;
use crate::rules::{Facts, Others, Rule, answer};
use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use kernel::clock::Time;
use std::collections::HashMap;
use std::convert::Infallible;

/// Something that happened with somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub at: Time,
    /// The kind of an entry of the timeline; none of a segment.
    pub kind: Option<Kind>,
    /// Whether people enter by it.
    pub enters: bool,
}

/// Something that somebody would have gone through, in words of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Went {
    pub node: NodeId,
    pub what: &'static str,
    pub result: &'static str,
    pub at: Time,
}

/// What a rehearsal walks on.
pub(super) struct Ground<'a> {
    pub journey: JourneyId,
    pub graph: &'a Graph,
    pub others: &'a Others,
    pub shop: Tz,
    pub until: Time,
}

/// Where somebody is.
struct Inside {
    at: Position,
    wake: Time,
    entered: Time,
    awaits: Option<String>,
    /// Whether they were looked at yet.
    seen: bool,
}

/// One person's way through what happened: pure but for `days`, which counts who entered when.
pub(super) fn walk(
    ground: &Ground,
    customer: CustomerId,
    story: &[Told],
    facts: &Facts,
    zone: Tz,
    days: &mut HashMap<NaiveDate, i64>,
) -> Vec<Went> {
    let graph = ground.graph;
    let (mut way, mut tags): (Vec<Went>, Vec<(String, bool)>) = (Vec::new(), Vec::new());
    let (mut inside, mut entered): (Option<Inside>, Option<Time>) = (None, None);
    let mut ahead = story.iter().peekable();
    loop {
        let wake = inside.as_ref().map(|one| one.wake).filter(|wake| *wake <= ground.until);
        // What happens at a moment comes before what is due then.
        if let Some(one) = ahead.next_if(|one| wake.is_none_or(|wake| one.at <= wake)) {
            if one.enters && inside.is_none() && graph.again.admits(entered, one.at) {
                let at = Position::at(graph.first);
                inside = Some(Inside { at, wake: one.at, entered: one.at, awaits: None, seen: false });
            }
            if let (Some(inside), Some(kind)) = (&mut inside, one.kind) {
                if inside.awaits.as_deref() == Some(kind.as_str()) {
                    (inside.at.came, inside.wake) = (true, one.at);
                } else if graph.checks() {
                    inside.wake = inside.wake.min(one.at);
                }
            }
            continue;
        }
        let (Some(now), Some(mut one)) = (wake, inside.take()) else { return way };
        if !one.seen {
            let then = tagged(facts, &tags, now);
            let holds = |rule: &Rule| answer(rule, &then, ground.others, now).holds;
            let out = kept_out(graph, &holds, || Ok::<bool, Infallible>(full(ground, one.entered, days)));
            if let Ok(Some(ending)) = out {
                way.push(Went { node: WHOLE, what: "enter", result: "", at: now });
                way.push(Went { node: WHOLE, what: "end", result: ending.as_str(), at: now });
                continue;
            }
        }
        entered = Some(one.entered);
        if !one.seen {
            way.push(Went { node: WHOLE, what: "enter", result: "", at: now });
            one.seen = true;
        }
        inside = advance(ground, customer, one, (facts, zone), now, &mut tags, &mut way);
    }
}

/// What was known of somebody at a moment, with the tags that the journey gave and took until then.
fn tagged(facts: &Facts, tags: &[(String, bool)], now: Time) -> Facts {
    tags.iter().fold(facts.as_of(now), |then, (tag, on)| then.tagged(tag, *on))
}

/// Whether as many entered on a day as may; whoever asks counts.
fn full(ground: &Ground, entered: Time, days: &mut HashMap<NaiveDate, i64>) -> bool {
    let Some(most) = ground.graph.per_day else { return false };
    let count = days.entry(ground.shop.from_utc_datetime(&entered).date_naive()).or_default();
    *count += 1;
    *count > most
}

/// Takes somebody as far as they go; none when they are out.
fn advance(
    ground: &Ground,
    customer: CustomerId,
    mut one: Inside,
    (facts, zone): (&Facts, Tz),
    now: Time,
    tags: &mut Vec<(String, bool)>,
    way: &mut Vec<Went>,
) -> Option<Inside> {
    let graph = ground.graph;
    for _ in 0..=graph.nodes.len() {
        let then = tagged(facts, tags, now);
        let holds = |rule: &Rule| answer(rule, &then, ground.others, now).holds;
        let chance = |node: NodeId| chance(ground.journey.0, customer, node);
        let rhythm = then.bought().and_then(|(orders, first, last)| usual(orders, first, last));
        for act in step(graph, &one.at, &Asked { holds: &holds, chance: &chance, zone, rhythm }, now) {
            let word = |node: NodeId| graph.node(node).map_or("", |node| node.what.word());
            match act {
                Act::Went { node, way: how } => way.push(Went { node, what: word(node), result: how.as_str(), at: now }),
                Act::Do { node, next } => {
                    way.push(Went { node, what: word(node), result: "given", at: now });
                    match graph.node(node).map(|node| &node.what) {
                        Some(What::Tag(tag)) => tags.push((tag.clone(), true)),
                        Some(What::Untag(tag)) => tags.push((tag.clone(), false)),
                        _ => {}
                    }
                    one.at = Position::at(next);
                }
                Act::Stay { node, since, until, awaits } => {
                    if one.at.since.is_none() || one.at.node != Some(node) {
                        way.push(Went { node, what: word(node), result: "waits", at: now });
                    }
                    one.at = Position { node: Some(node), since: Some(since), came: false };
                    (one.wake, one.awaits) = (until, awaits);
                    return Some(one);
                }
                Act::End(ending) => {
                    way.push(Went { node: WHOLE, what: "end", result: ending.as_str(), at: now });
                    return None;
                }
            }
        }
    }
    None
}
