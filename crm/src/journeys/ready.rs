//! Journeys that are drawn already: data, which a merchant makes a draft of and changes.

use super::graph::{Again, Awaited, Errand, Graph, NodeId, Rhythm, Trigger, Wait, What};
use crate::activities::Kind;
use crate::campaigns::CampaignId;
use crate::rules::{Did, Measure, Orders, Rule, Scored, SegmentId, Span};
use kernel::words;

words!(
    /// What there is to begin with.
    Ready {
        /// Nothing but a mail.
        Blank = "blank",
        Welcome = "welcome",
        AbandonedCart = "abandoned_cart",
        AbandonedBrowse = "abandoned_browse",
        PostPurchase = "post_purchase",
        ReviewRequest = "review_request",
        /// By the person's own rhythm.
        Replenishment = "replenishment",
        /// By the chance to buy again.
        WinBack = "win_back",
        Birthday = "birthday",
        /// To as many people at a time as there are units.
        BackInStock = "back_in_stock",
        /// Of a product on the list of wishes.
        PriceDrop = "price_drop",
    }
);

/// All of them, in the order in which they are offered.
pub const READY: &[Ready] = Ready::ALL;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// A mail whose campaign is made with the draft.
const MAIL: What = What::Mail(CampaignId(1));

fn wait(minutes: i64) -> What {
    What::Wait(Wait::Minutes(minutes))
}

/// Ten in the morning where they are.
fn morning() -> What {
    What::Wait(Wait::Clock(10 * HOUR))
}

/// They ordered within so long.
fn ordered(within: Span) -> Rule {
    Rule::Orders(Orders { at_least: Some(1), at_most: None, worth: None, within: Some(within) })
}

fn did(kind: Kind, within: Span) -> Rule {
    Rule::Did(Did { kind: kind.as_str().into(), product: None, at_least: Some(1), at_most: None, within: Some(within) })
}

/// A draft of one. `segment` is what the win-back is entered by, and `call` the title of its task.
pub fn ready(which: Ready, segment: Option<SegmentId>, call: &str) -> Graph {
    let event = |kind: Kind| Trigger::Event(kind.as_str().into());
    let (trigger, again, goal, steps) = match which {
        Ready::Blank => (event(Kind::OrderPlaced), Again::Always, None, vec![MAIL]),
        Ready::Welcome => {
            let steps = vec![MAIL, wait(2 * DAY), morning(), MAIL, wait(4 * DAY), morning(), MAIL];
            (event(Kind::ConsentSaid), Again::Never, Some(ordered(Span::Days(10))), steps)
        }
        Ready::AbandonedCart => {
            let steps = vec![wait(HOUR), MAIL, wait(DAY), MAIL];
            (event(Kind::CartChanged), Again::After(14), Some(did(Kind::OrderPlaced, Span::Days(1))), steps)
        }
        Ready::AbandonedBrowse => {
            let steps = vec![wait(DAY), morning(), MAIL];
            (event(Kind::ProductViewed), Again::After(30), Some(did(Kind::OrderPlaced, Span::Days(2))), steps)
        }
        Ready::PostPurchase => (event(Kind::OrderShipped), Again::Always, None, vec![wait(3 * DAY), morning(), MAIL]),
        Ready::ReviewRequest => (event(Kind::OrderShipped), Again::After(30), None, vec![wait(14 * DAY), morning(), MAIL]),
        Ready::Replenishment => {
            let rhythm = What::Wait(Wait::Rhythm(Rhythm { percent: 90, days: 45 }));
            (
                event(Kind::OrderPlaced),
                Again::Always,
                None,
                vec![rhythm, What::Branch(Rule::Not(Box::new(ordered(Span::Days(14))))), morning(), MAIL],
            )
        }
        Ready::WinBack => {
            let trigger = segment.map_or(event(Kind::OrderPlaced), Trigger::Entered);
            let call = What::Task(Errand { title: call.to_string(), days: 3, assignee: None });
            let steps = vec![morning(), MAIL, wait(10 * DAY), morning(), MAIL, wait(10 * DAY), call];
            (trigger, Again::After(180), Some(ordered(Span::Days(21))), steps)
        }
        // Once a year says the birthday itself, and once for each wish and fall of a price what enters people.
        Ready::Birthday => (Trigger::Birthday(9 * HOUR), Again::Always, None, vec![MAIL]),
        Ready::BackInStock => (Trigger::Back, Again::Always, None, vec![MAIL]),
        Ready::PriceDrop => (Trigger::PriceDrop(10), Again::Always, None, vec![MAIL]),
    };
    let mut graph = Graph { trigger, again, per_day: None, only: None, goal, exit: None, first: None, nodes: Vec::new(), last: 0 };
    let mut after: Option<NodeId> = None;
    for what in steps {
        after = Some(graph.insert(after, false, what));
    }
    match which {
        // Whoever gave their consent, not whoever took it back.
        Ready::Welcome => graph.exit = Some(Rule::Not(Box::new(given("news")))),
        Ready::AbandonedCart => {
            if let Some(node) = graph.nodes.first_mut() {
                node.what = What::Wait(Wait::Event(Awaited { kind: Kind::OrderPlaced.as_str().into(), minutes: HOUR }));
                // Bought: the end. Nothing for an hour: the mail.
                node.other = node.next.take();
            }
        }
        _ => {}
    }
    graph
}

fn given(topic: &str) -> Rule {
    Rule::Consent(crate::rules::Allowed { channel: "email".into(), topic: topic.into(), state: crate::rules::Said::Given })
}

/// Who is about to be lost: a rule for the segment that the win-back is entered by, made of the chance of a visit in 90 days, per mille.
pub fn about_to_be_lost() -> Rule {
    let unlikely = Scored { measure: Measure::Again, at_least: None, at_most: Some(200), currency: None };
    Rule::All(vec![Rule::Score(unlikely), Rule::Orders(Orders { at_least: Some(2), at_most: None, worth: None, within: None })])
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::rules::Others;

    #[test]
    fn every_ready_one_can_be_published() {
        for which in READY {
            let graph = ready(*which, None, "Call");
            assert!(check(&graph, &Others::new()).is_ok(), "{which:?}");
            assert!(!graph.mails().is_empty(), "{which:?}");
        }
    }
}
