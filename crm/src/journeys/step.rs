//! One person's way through a journey: pure. The live journeys and the rehearsal walk by [`step`] alone.

use super::graph::{Graph, NodeId, Wait, What};
use crate::campaigns::next_at;
use crate::rules::Rule;
use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use kernel::clock::Time;
use kernel::words;

/// The shortest wait that follows from somebody's rhythm.
const SHORTEST: TimeDelta = TimeDelta::hours(1);

words!(
    /// How somebody left a step that does nothing by itself.
    Way {
        Yes = "yes",
        No = "no",
        /// By chance.
        One = "one",
        Other = "other",
        /// Its time was over.
        Waited = "waited",
        /// What was waited for happened.
        Came = "came",
        Late = "late",
    }
);

words!(
    /// Why somebody is not in a journey any more.
    Ending {
        /// There is no further step.
        Done = "done",
        Goal = "goal",
        Exit = "exit",
        /// As many as a day may have were in before.
        Cap = "cap",
        /// The rule of who enters did not hold for them.
        Unfit = "unfit",
        /// They were erased, or merged into another.
        Gone = "gone",
        /// The journey was ended.
        Ended = "ended",
    }
);

/// Where somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The step that is next, or that they wait at; none behind the last.
    pub node: Option<NodeId>,
    /// Since when they wait there.
    pub since: Option<Time>,
    /// What they wait for happened.
    pub came: bool,
}

impl Position {
    pub fn at(node: Option<NodeId>) -> Position {
        Position { node, since: None, came: false }
    }
}

/// What a journey asks of somebody, as it is now.
pub struct Facts<'a> {
    pub holds: &'a dyn Fn(&Rule) -> bool,
    /// A number below 10,000, always the same for a step.
    pub chance: &'a dyn Fn(NodeId) -> i64,
    /// The clock where they are.
    pub zone: Tz,
    /// What usually lies between two orders of theirs.
    pub rhythm: Option<TimeDelta>,
}

/// What is to be done. The last of a list is a [`Act::Do`], [`Act::Stay`] or [`Act::End`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Went {
        node: NodeId,
        way: Way,
    },
    /// The action of a step. It may change what is known of them: behind it, facts are read anew.
    Do {
        node: NodeId,
        next: Option<NodeId>,
    },
    /// They wait at a step, for an entry of a kind or until then.
    Stay {
        node: NodeId,
        since: Time,
        until: Time,
        awaits: Option<String>,
    },
    End(Ending),
}

/// Why somebody who comes does not enter; asked once, before the first step. `full` counts them, and is not asked about others.
pub(super) fn kept_out<E>(
    graph: &Graph,
    holds: &dyn Fn(&Rule) -> bool,
    full: impl FnOnce() -> Result<bool, E>,
) -> Result<Option<Ending>, E> {
    if graph.only.as_ref().is_some_and(|rule| !holds(rule)) {
        return Ok(Some(Ending::Unfit));
    }
    Ok(full()?.then_some(Ending::Cap))
}

/// What comes next for somebody. Goal and exit are asked before everything else.
pub fn step(graph: &Graph, state: &Position, facts: &Facts, now: Time) -> Vec<Act> {
    let (mut acts, mut state) = (Vec::new(), *state);
    // Without a wait no way leads back, so that no step is seen twice.
    for _ in 0..=graph.nodes.len() {
        if let Some(ending) = out(graph, facts) {
            acts.push(Act::End(ending));
            return acts;
        }
        let Some(node) = state.node.and_then(|id| graph.node(id)) else { break };
        let (way, next) = match &node.what {
            What::Wait(wait) => {
                let since = state.since.unwrap_or(now);
                let until = ends(wait, since, facts);
                let awaited = matches!(wait, Wait::Event(_));
                if awaited && state.came {
                    (Way::Came, node.next)
                } else if state.since.is_some() && until <= now {
                    if awaited { (Way::Late, node.other) } else { (Way::Waited, node.next) }
                } else {
                    let awaits = match wait {
                        Wait::Event(awaited) => Some(awaited.kind.clone()),
                        _ => None,
                    };
                    acts.push(Act::Stay { node: node.id, since, until, awaits });
                    return acts;
                }
            }
            What::Branch(rule) if (facts.holds)(rule) => (Way::Yes, node.next),
            What::Branch(_) => (Way::No, node.other),
            What::Split(share) if (facts.chance)(node.id) < *share => (Way::One, node.next),
            What::Split(_) => (Way::Other, node.other),
            _ => {
                acts.push(Act::Do { node: node.id, next: node.next });
                return acts;
            }
        };
        acts.push(Act::Went { node: node.id, way });
        state = Position::at(next);
    }
    acts.push(Act::End(Ending::Done));
    acts
}

/// What takes somebody out, whatever step they are at.
fn out(graph: &Graph, facts: &Facts) -> Option<Ending> {
    let holds = |rule: &Option<Rule>| rule.as_ref().is_some_and(|rule| (facts.holds)(rule));
    if holds(&graph.goal) {
        return Some(Ending::Goal);
    }
    holds(&graph.exit).then_some(Ending::Exit)
}

/// When a wait that began at `since` is over. Always later than that.
fn ends(wait: &Wait, since: Time, facts: &Facts) -> Time {
    match wait {
        Wait::Minutes(minutes) => since + TimeDelta::minutes((*minutes).max(1)),
        Wait::Event(awaited) => since + TimeDelta::minutes(awaited.minutes.max(1)),
        Wait::Clock(minute) => clock(facts.zone, *minute, since),
        Wait::Rhythm(rhythm) => {
            let seconds = facts.rhythm.map_or(rhythm.days * 86_400, |usual| usual.num_seconds() * rhythm.percent / 100);
            since + TimeDelta::seconds(seconds).max(SHORTEST)
        }
    }
}

/// The first moment after `since` at which the clocks of a place show so many minutes of the day.
fn clock(zone: Tz, minute: i64, since: Time) -> Time {
    let seconds = u32::try_from(minute.clamp(0, 1439) * 60).unwrap_or(0);
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or(NaiveTime::MIN);
    next_at(zone, time, since)
}

#[cfg(test)]
mod tests {
    use super::super::graph::{Again, Awaited, Rhythm, Trigger};
    use super::*;
    use crate::campaigns::CampaignId;
    use crate::journeys::check;
    use crate::rules::Others;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn at(day: u32, hour: u32) -> Time {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    }

    fn empty() -> Graph {
        Graph {
            trigger: Trigger::Event("order_placed".into()),
            again: Again::Never,
            per_day: None,
            only: None,
            goal: None,
            exit: None,
            first: None,
            nodes: Vec::new(),
            last: 0,
        }
    }

    /// A graph of steps one behind the other.
    fn line(whats: Vec<What>) -> Graph {
        let (mut graph, mut after) = (empty(), None);
        for what in whats {
            after = Some(graph.insert(after, false, what));
        }
        graph
    }

    fn vip() -> Rule {
        Rule::Tag("vip".into())
    }

    fn walk(graph: &Graph, state: Position, holds: bool, now: Time) -> Vec<Act> {
        let (holds, chance) = (move |_: &Rule| holds, |_: NodeId| 4999i64);
        step(graph, &state, &Facts { holds: &holds, chance: &chance, zone: Tz::Europe__Berlin, rhythm: None }, now)
    }

    #[test]
    fn a_wait_ends_when_its_time_is_over_and_not_before() {
        let graph = line(vec![What::Wait(Wait::Minutes(120)), What::Mail(CampaignId(7))]);
        let first = NodeId(1);
        let stay = Act::Stay { node: first, since: at(1, 10), until: at(1, 12), awaits: None };
        assert_eq!(walk(&graph, Position::at(graph.first), false, at(1, 10)), std::slice::from_ref(&stay));
        let waiting = Position { node: Some(first), since: Some(at(1, 10)), came: false };
        assert_eq!(walk(&graph, waiting, false, at(1, 11)), [stay]);
        let went = Act::Went { node: first, way: Way::Waited };
        assert_eq!(walk(&graph, waiting, false, at(1, 12)), [went, Act::Do { node: NodeId(2), next: None }]);
        assert_eq!(walk(&graph, Position::at(None), false, at(1, 12)), [Act::End(Ending::Done)]);
    }

    #[test]
    fn what_is_waited_for_goes_one_way_and_its_absence_the_other() {
        let awaited = Awaited { kind: "order_placed".into(), minutes: 60 };
        let mut graph = line(vec![What::Wait(Wait::Event(awaited)), What::Tag("came".into())]);
        graph.insert(Some(NodeId(1)), true, What::Tag("late".into()));
        let waiting = |came| Position { node: Some(NodeId(1)), since: Some(at(1, 10)), came };
        assert_eq!(walk(&graph, waiting(true), false, at(1, 10)).last(), Some(&Act::Do { node: NodeId(2), next: None }));
        assert_eq!(walk(&graph, waiting(false), false, at(1, 11)).last(), Some(&Act::Do { node: NodeId(3), next: None }));
        assert!(matches!(walk(&graph, waiting(false), false, at(1, 10)).last(), Some(Act::Stay { awaits: Some(_), .. })));
    }

    #[test]
    fn goal_and_exit_come_before_every_action_and_branches_follow_rules_and_chance() {
        let mut graph = line(vec![What::Branch(vip()), What::Split(5000), What::Tag("yes".into())]);
        let acts = walk(&graph, Position::at(graph.first), true, at(1, 10));
        let went = |node, way| Act::Went { node: NodeId(node), way };
        assert_eq!(acts, [went(1, Way::Yes), went(2, Way::One), Act::Do { node: NodeId(3), next: None }]);
        assert_eq!(walk(&graph, Position::at(graph.first), false, at(1, 10)), [went(1, Way::No), Act::End(Ending::Done)]);
        graph.exit = Some(vip());
        assert_eq!(walk(&graph, Position::at(Some(NodeId(3))), true, at(1, 10)), [Act::End(Ending::Exit)]);
        graph.goal = Some(vip());
        assert_eq!(walk(&graph, Position::at(Some(NodeId(3))), true, at(1, 10)), [Act::End(Ending::Goal)]);
        assert_eq!(walk(&graph, Position::at(None), true, at(1, 10)), [Act::End(Ending::Goal)]);
    }

    #[test]
    fn a_rhythm_is_theirs_or_the_usual() {
        let wait = Wait::Rhythm(Rhythm { percent: 50, days: 30 });
        let until = |rhythm| {
            let (holds, chance) = (|_: &Rule| false, |_: NodeId| 0i64);
            ends(&wait, at(1, 0), &Facts { holds: &holds, chance: &chance, zone: Tz::UTC, rhythm })
        };
        assert_eq!(until(Some(TimeDelta::days(4))), at(3, 0));
        assert_eq!(until(None), at(31, 0));
        assert_eq!(until(Some(TimeDelta::zero())), at(1, 1));
    }

    #[test]
    fn a_graph_is_refused_that_goes_in_circles_or_leaves_a_step_alone() {
        let others = Others::new();
        let mut graph = line(vec![What::Tag("a".into()), What::Wait(Wait::Minutes(5)), What::Untag("a".into())]);
        assert!(check(&graph, &others).is_ok());
        graph.nodes[2].next = Some(NodeId(1));
        assert!(check(&graph, &others).is_ok(), "a wait lies between");
        graph.nodes[2].next = Some(NodeId(3));
        assert!(check(&graph, &others).is_err());
        graph.nodes[2].next = Some(NodeId(9));
        assert!(check(&graph, &others).is_err());
        graph.nodes[2].next = None;
        graph.nodes[0].next = None;
        assert!(check(&graph, &others).is_err());
        graph.remove(NodeId(1));
        assert!(graph.nodes.is_empty() && check(&graph, &others).is_ok());
        let mut graph = line(vec![What::Branch(vip()), What::Tag("a".into())]);
        graph.insert(Some(NodeId(1)), true, What::Tag("b".into()));
        graph.remove(NodeId(1));
        assert_eq!((graph.first, graph.nodes.len()), (Some(NodeId(2)), 1));
        assert_eq!(graph.fresh(), NodeId(4));
    }

    #[test]
    fn a_journey_that_feeds_itself_is_refused() {
        let mut graph = line(vec![What::Mail(CampaignId(7))]);
        (graph.trigger, graph.again) = (Trigger::Event("mail_sent".into()), Again::Always);
        assert!(check(&graph, &Others::new()).is_err());
        graph.again = Again::After(3);
        assert!(check(&graph, &Others::new()).is_ok());
    }

    proptest! {
        /// The clock of a place shows the time that was asked for, within a day and an hour, whatever its clocks do that night.
        #[test]
        fn a_time_of_day_comes_after_every_moment(zone in 0usize..chrono_tz::TZ_VARIANTS.len(), minute in 0i64..1440, seconds in 0i64..63_072_000) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let since = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_time(NaiveTime::MIN) + TimeDelta::seconds(seconds);
            let found = clock(zone, minute, since);
            prop_assert!(found > since);
            prop_assert!(found - since <= TimeDelta::hours(26), "{zone} {since} {found}");
        }
    }
}
