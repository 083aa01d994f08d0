//! A journey as it is drawn: what people enter by, the steps, and what takes everybody out.

use crate::CustomerId;
use crate::activities::Kind;
use crate::campaigns::CampaignId;
use crate::customers;
use crate::rules::{self, Needs, Others, Rule, SegmentId};
use crate::tasks;
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

kernel::id!(NodeId);

/// The most steps of a journey.
pub const NODES: usize = 100;
/// The longest wait: two years, in minutes.
pub const LONGEST: i64 = 2 * 365 * 24 * 60;
/// Minutes of a day.
const DAY: i64 = 24 * 60;
/// The longest name that programs are told of.
const NAME: usize = 80;
/// Graphs kept as they were read.
const KEPT: usize = 500;

/// What people enter by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// An entry of their timeline, of this kind.
    Event(String),
    Entered(SegmentId),
    Left(SegmentId),
    /// Their birthday, when the clocks where they are show so many minutes of the day.
    Birthday(i64),
    /// Something that they asked to be told of can be bought again.
    Back,
    /// A product on their list of wishes costs so many percent less at least.
    PriceDrop(i64),
}

/// Whether somebody enters who was in it before. Nobody is in it twice at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Again {
    #[default]
    Never,
    /// So many days after they entered last.
    After(i64),
    Always,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Wait {
    Minutes(i64),
    Event(Awaited),
    /// The next time that the clocks where they are show so many minutes of the day.
    Clock(i64),
    Rhythm(Rhythm),
}

/// An entry of their timeline of this kind, or so many minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Awaited {
    pub kind: String,
    pub minutes: i64,
}

/// A part of the time that usually lies between two orders of theirs, in percent; so many days of whoever has no two orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rhythm {
    pub percent: i64,
    pub days: i64,
}

/// Something for staff to do about them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errand {
    pub title: String,
    pub days: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<i64>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    Wait(Wait),
    /// `next` for whom the rule holds, `other` for the rest.
    Branch(Rule),
    /// `next` for so many in ten thousand, `other` for the rest.
    Split(i64),
    /// A mail: the campaign of the step.
    Mail(CampaignId),
    /// Decides a personal promotion about them.
    Offer(i64),
    Tag(String),
    Untag(String),
    Task(Errand),
    /// Tells the merchant's programs, by this name.
    Hook(String),
}

impl What {
    /// The word of its kind.
    pub fn word(&self) -> &'static str {
        match self {
            What::Wait(Wait::Minutes(_)) => "wait",
            What::Wait(Wait::Event(_)) => "await",
            What::Wait(Wait::Clock(_)) => "clock",
            What::Wait(Wait::Rhythm(_)) => "rhythm",
            What::Branch(_) => "branch",
            What::Split(_) => "split",
            What::Mail(_) => "mail",
            What::Offer(_) => "offer",
            What::Tag(_) => "tag",
            What::Untag(_) => "untag",
            What::Task(_) => "task",
            What::Hook(_) => "hook",
        }
    }

    /// Whether it has two ways out.
    pub fn forks(&self) -> bool {
        matches!(self, What::Branch(_) | What::Split(_) | What::Wait(Wait::Event(_)))
    }

    pub fn waits(&self) -> bool {
        matches!(self, What::Wait(_))
    }
}

/// A step, and which come behind it; none is the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub id: NodeId,
    pub what: What,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<NodeId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    pub trigger: Trigger,
    #[serde(default)]
    pub again: Again,
    /// So many people of a day at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<i64>,
    /// Whoever it does not hold for when they come does not enter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Rule>,
    /// What the journey is for: whoever it holds for has arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Rule>,
    /// Whoever it holds for leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<NodeId>,
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// The highest number that a step ever had: none has two.
    #[serde(default)]
    pub last: i64,
}

impl Graph {
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The rules that it asks.
    pub fn rules(&self) -> Vec<&Rule> {
        let branches = self.nodes.iter().filter_map(|node| match &node.what {
            What::Branch(rule) => Some(rule),
            _ => None,
        });
        self.only.iter().chain(&self.goal).chain(&self.exit).chain(branches).collect()
    }

    /// What has to be known of somebody to walk it.
    pub fn needs(&self, others: &Others) -> Needs {
        let mut needs = Needs::default();
        self.rules().into_iter().for_each(|rule| needs.add(rule, others));
        needs
    }

    /// Whether something takes people out whatever they wait for.
    pub fn checks(&self) -> bool {
        self.goal.is_some() || self.exit.is_some()
    }

    /// The campaigns of its mails.
    pub fn mails(&self) -> Vec<CampaignId> {
        let mail = |node: &Node| match node.what {
            What::Mail(campaign) => Some(campaign),
            _ => None,
        };
        self.nodes.iter().filter_map(mail).collect()
    }

    /// Whether a segment is asked about or enters people.
    pub fn uses(&self, segment: SegmentId) -> bool {
        let enters = matches!(&self.trigger, Trigger::Entered(id) | Trigger::Left(id) if *id == segment);
        enters || self.rules().into_iter().any(|rule| rule.refers_to().contains(&segment))
    }

    /// A number for a new step.
    pub fn fresh(&self) -> NodeId {
        NodeId(self.nodes.iter().map(|node| node.id.0).max().unwrap_or(0).max(self.last) + 1)
    }

    /// Puts a step in: behind `after`, on its `other` way where `other` says so; before all without one.
    pub fn insert(&mut self, after: Option<NodeId>, other: bool, what: What) -> NodeId {
        let id = self.fresh();
        self.last = id.0;
        let place = match after {
            None => Some(&mut self.first),
            Some(after) => {
                let found = self.nodes.iter_mut().find(|node| node.id == after);
                found.map(|node| if other && node.what.forks() { &mut node.other } else { &mut node.next })
            }
        };
        let next = place.and_then(|place| place.replace(id));
        self.nodes.push(Node { id, what, next, other: None });
        id
    }

    /// Takes a step out: what led to it leads to what came next, and what nothing leads to any more goes too.
    pub fn remove(&mut self, id: NodeId) {
        let Some(next) = self.node(id).map(|node| node.next.filter(|next| *next != id)) else { return };
        let mend = |place: &mut Option<NodeId>| {
            if *place == Some(id) {
                *place = next;
            }
        };
        mend(&mut self.first);
        for node in &mut self.nodes {
            mend(&mut node.next);
            mend(&mut node.other);
        }
        self.nodes.retain(|node| node.id != id);
        let kept = self.reached();
        self.nodes.retain(|node| kept.contains(&node.id));
    }

    /// The steps that somebody can come to.
    pub fn reached(&self) -> HashSet<NodeId> {
        let mut found = HashSet::new();
        let mut ahead: Vec<NodeId> = self.first.into_iter().collect();
        while let Some(id) = ahead.pop() {
            if let (Some(node), true) = (self.node(id), found.insert(id)) {
                ahead.extend(node.next.into_iter().chain(node.other));
            }
        }
        found
    }

    /// Whether what it does is what people enter by, so that it would go on for ever.
    fn feeds_itself(&self) -> bool {
        let Trigger::Event(kind) = &self.trigger else { return false };
        let does = |node: &Node| match &node.what {
            What::Mail(_) => kind == Kind::MailSent.as_str(),
            What::Offer(_) => kind == Kind::OfferGiven.as_str(),
            What::Task(_) => kind == Kind::TaskSet.as_str(),
            _ => false,
        };
        self.nodes.iter().any(does)
    }

    /// Whether a way leads back to where it began without a wait on it.
    fn runs_in_circles(&self) -> bool {
        // Steps are taken away of which every way out waits or ends; what is left then goes on for ever.
        let mut left: Vec<&Node> = self.nodes.iter().filter(|node| !node.what.waits()).collect();
        loop {
            let ids: HashSet<NodeId> = left.iter().map(|node| node.id).collect();
            let before = left.len();
            left.retain(|node| node.next.into_iter().chain(node.other).any(|next| ids.contains(&next)));
            if left.len() == before {
                return before > 0;
            }
        }
    }
}

/// A number below 10,000 that is the same however often it is asked: of a digest of the journey, the person and the step.
pub fn chance(journey: i64, customer: CustomerId, node: NodeId) -> i64 {
    let digest = Sha256::digest(format!("journey {journey} customer {customer} step {node}"));
    let number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    i64::try_from(number % 10_000).unwrap_or(0)
}

/// A stored graph. The same text is read once in a process.
pub(super) fn parsed(text: &str) -> Result<Arc<Graph>> {
    static READ: LazyLock<Mutex<HashMap<String, Arc<Graph>>>> = LazyLock::new(Mutex::default);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(graph) = read.get(text) {
        return Ok(graph.clone());
    }
    let graph: Arc<Graph> = Arc::new(serde_json::from_str(text)?);
    if read.len() >= KEPT {
        read.clear();
    }
    read.insert(text.to_string(), graph.clone());
    Ok(graph)
}

fn wrong(key: &str) -> Error {
    Error::field("graph", key)
}

/// `Invalid` says of `graph` what cannot be, as the key of a text. A draft may be without steps; what is published may not.
pub fn check(graph: &Graph, others: &Others) -> Result<()> {
    if graph.nodes.len() > NODES {
        return Err(wrong("journey-too-large"));
    }
    let ids: HashSet<NodeId> = graph.nodes.iter().map(|node| node.id).collect();
    if ids.len() != graph.nodes.len() || ids.iter().any(|id| id.0 < 1) {
        return Err(wrong("journey-step-twice"));
    }
    let mut ways = graph.nodes.iter().flat_map(|node| node.next.into_iter().chain(node.other)).chain(graph.first);
    if ways.any(|way| !ids.contains(&way)) {
        return Err(wrong("journey-step-gone"));
    }
    if graph.reached().len() != ids.len() {
        return Err(wrong("journey-step-alone"));
    }
    if graph.runs_in_circles() {
        return Err(wrong("journey-circle"));
    }
    match &graph.trigger {
        Trigger::Event(kind) if Kind::parse(kind).is_none() => return Err(wrong("journey-trigger-invalid")),
        Trigger::Entered(id) | Trigger::Left(id) if !others.contains_key(id) => return Err(wrong("journey-segment-gone")),
        Trigger::Birthday(minute) if !(0..DAY).contains(minute) => return Err(wrong("journey-clock-invalid")),
        Trigger::PriceDrop(percent) if !(1..=90).contains(percent) => return Err(wrong("journey-drop-invalid")),
        // Whoever a full day kept out would never be told, since their turn is over.
        Trigger::Back if graph.per_day.is_some() => return Err(wrong("journey-back-per-day")),
        _ => {}
    }
    if graph.again == Again::Always && graph.feeds_itself() {
        return Err(wrong("journey-feeds-itself"));
    }
    if matches!(graph.again, Again::After(days) if !(1..=3650).contains(&days)) {
        return Err(wrong("journey-again-invalid"));
    }
    if graph.per_day.is_some_and(|most| !(1..=1_000_000).contains(&most)) {
        return Err(wrong("journey-per-day-invalid"));
    }
    graph.only.iter().chain(&graph.goal).chain(&graph.exit).try_for_each(|rule| rules::check(rule, None, others))?;
    graph.nodes.iter().try_for_each(|node| sound(node, others))
}

/// One step by itself.
pub fn sound(node: &Node, others: &Others) -> Result<()> {
    let fine = match &node.what {
        What::Branch(rule) => return rules::check(rule, None, others),
        What::Wait(Wait::Minutes(minutes)) => (1..=LONGEST).contains(minutes),
        What::Wait(Wait::Event(awaited)) => Kind::parse(&awaited.kind).is_some() && (1..=LONGEST).contains(&awaited.minutes),
        What::Wait(Wait::Clock(minute)) => (0..DAY).contains(minute),
        What::Wait(Wait::Rhythm(rhythm)) => (1..=500).contains(&rhythm.percent) && (1..=730).contains(&rhythm.days),
        What::Split(share) => (1..10_000).contains(share),
        What::Mail(campaign) => campaign.0 > 0,
        What::Offer(promotion) => *promotion > 0,
        What::Tag(tag) | What::Untag(tag) => customers::tags(tag).len() == 1 && tag.chars().count() <= NAME,
        What::Task(errand) => {
            let letters = errand.title.trim().chars().count();
            (1..=tasks::TITLE).contains(&letters) && (0..=365).contains(&errand.days)
        }
        What::Hook(name) => !name.trim().is_empty() && name.chars().count() <= NAME,
    };
    if fine { Ok(()) } else { Err(wrong(&format!("journey-{}-invalid", node.what.word()))) }
}
