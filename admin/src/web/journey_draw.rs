//! A journey to be looked at: as a list within lists that reads without any drawing, and as a drawing of boxes and lines that is laid out
//! here.

use crm::journeys::{Counts, Graph, Node, NodeId, Trigger, Wait, What};
use crm::rules::{Rule, SegmentId};
use kernel::Result;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use storefront::web::words::Words;

/// Names that a graph only has the numbers of.
pub struct Names {
    pub segments: BTreeMap<SegmentId, String>,
    pub offers: BTreeMap<i64, String>,
    /// Rules in words, by their [`spelt`] text.
    pub rules: BTreeMap<String, String>,
}

/// Sizes of the drawing.
const WIDE: i64 = 190;
const HIGH: i64 = 64;
const ACROSS: i64 = 210;
const DOWN: i64 = 92;
/// Lines of a box, how far they are apart, and the letters of one; a character of Chinese or Japanese is as wide as two.
const LINES: usize = 3;
const LEADING: i64 = 16;
const LETTERS: usize = 26;

const DAY: i64 = 24 * 60;

/// A length of time in words.
pub fn span(words: &Words, minutes: i64) -> Result<String> {
    let (one, many, number) = match minutes {
        whole if whole % DAY == 0 => ("admin-journey-day", "admin-journey-days", whole / DAY),
        whole if whole % 60 == 0 => ("admin-journey-hour", "admin-journey-hours", whole / 60),
        rest => ("admin-journey-minute", "admin-journey-minutes", rest),
    };
    words.with(if number == 1 { one } else { many }, &[("count", &number.to_string())])
}

/// A rule as a key of those whose words are known.
pub fn spelt(rule: &Rule) -> String {
    serde_json::to_string(rule).unwrap_or_default()
}

/// A rule in words: the segment, what it says, or that it is one of its own.
pub fn rule(words: &Words, names: &Names, rule: &Rule) -> String {
    match rule {
        Rule::Segment(id) => segment(names, *id),
        _ => names.rules.get(&spelt(rule)).cloned().unwrap_or_else(|| words.get("admin-journey-own-rule")),
    }
}

fn segment(names: &Names, id: SegmentId) -> String {
    names.segments.get(&id).cloned().unwrap_or_else(|| format!("#{id}"))
}

/// What people enter by, in words.
pub fn trigger(words: &Words, names: &Names, trigger: &Trigger) -> Result<String> {
    match trigger {
        Trigger::Event(kind) => Ok(words.get(&format!("admin-activity-{kind}"))),
        Trigger::Entered(id) => words.with("admin-journey-enters", &[("segment", &segment(names, *id))]),
        Trigger::Left(id) => words.with("admin-journey-leaves", &[("segment", &segment(names, *id))]),
        Trigger::Birthday(minute) => words.with("admin-journey-birthday", &[("time", &clock(*minute))]),
        Trigger::Back => Ok(words.get("admin-journey-trigger-back")),
        Trigger::PriceDrop(percent) => words.with("admin-journey-dropped", &[("percent", &percent.to_string())]),
    }
}

/// What a step does, in words.
pub fn says(words: &Words, names: &Names, what: &What) -> Result<String> {
    let with = |key: &str, args: &[(&str, &str)]| words.with(key, args);
    match what {
        What::Wait(Wait::Minutes(minutes)) => with("admin-journey-says-wait", &[("span", &span(words, *minutes)?)]),
        What::Wait(Wait::Event(awaited)) => {
            let event = words.get(&format!("admin-activity-{}", awaited.kind));
            with("admin-journey-says-await", &[("event", &event), ("span", &span(words, awaited.minutes)?)])
        }
        What::Wait(Wait::Clock(minute)) => with("admin-journey-says-clock", &[("time", &clock(*minute))]),
        What::Wait(Wait::Rhythm(rhythm)) => {
            with("admin-journey-says-rhythm", &[("percent", &rhythm.percent.to_string()), ("days", &rhythm.days.to_string())])
        }
        What::Branch(of) => with("admin-journey-says-branch", &[("rule", &rule(words, names, of))]),
        What::Split(share) => with("admin-journey-says-split", &[("percent", &super::forms::percent(*share))]),
        What::Mail(_) => Ok(words.get("admin-journey-says-mail")),
        What::Offer(id) => {
            let name = names.offers.get(id).cloned().unwrap_or_else(|| format!("#{id}"));
            with("admin-journey-says-offer", &[("name", &name)])
        }
        What::Tag(tag) => with("admin-journey-says-tag", &[("tag", tag)]),
        What::Untag(tag) => with("admin-journey-says-untag", &[("tag", tag)]),
        What::Task(errand) => with("admin-journey-says-task", &[("title", &errand.title)]),
        What::Hook(name) => with("admin-journey-says-hook", &[("name", name)]),
    }
}

/// A minute of the day as `10:00`.
pub fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The words of the two ways out of a step.
fn ways(what: &What) -> [&'static str; 2] {
    match what {
        What::Wait(_) => ["came", "late"],
        What::Split(_) => ["one", "other"],
        _ => ["yes", "no"],
    }
}

/// How many are at a step and went through it.
fn told(words: &Words, counts: &Counts, node: &Node) -> Vec<Value> {
    let mut rows = Vec::new();
    for (id, what, count) in &counts.0 {
        if *id == node.id && *count != 0 {
            rows.push(json!({ "label": words.get(&format!("admin-journey-count-{what}")), "count": count, "here": what == "here" }));
        }
    }
    rows
}

/// The list: rows that open and close lists, are steps, or say how a way goes on.
pub fn list(words: &Words, names: &Names, graph: &Graph, counts: &Counts) -> Result<Vec<Value>> {
    let mut list = List { words, names, graph, counts, seen: HashSet::new(), rows: Vec::new() };
    list.way(graph.first, None, false)?;
    Ok(list.rows)
}

struct List<'a> {
    words: &'a Words,
    names: &'a Names,
    graph: &'a Graph,
    counts: &'a Counts,
    seen: HashSet<NodeId>,
    rows: Vec<Value>,
}

impl List<'_> {
    /// The steps from `at` on, behind a step or one of its ways.
    fn way(&mut self, at: Option<NodeId>, after: Option<NodeId>, other: bool) -> Result<()> {
        let graph = self.graph;
        self.rows.push(json!({ "row": "open" }));
        let (mut at, mut after, mut other) = (at, after, other);
        loop {
            self.rows.push(json!({ "row": "add", "after": after, "other": other.to_string() }));
            let Some(node) = at.and_then(|id| graph.node(id)) else {
                self.rows.push(json!({ "row": "end" }));
                break;
            };
            if !self.seen.insert(node.id) {
                self.rows.push(json!({ "row": "goto", "step": node.id }));
                break;
            }
            let mail = if let What::Mail(campaign) = node.what { Some(campaign) } else { None };
            self.rows
                .push(json!({ "row": "step", "step": node.id, "kind": node.what.word(), "says": says(self.words, self.names, &node.what)?,
                "counts": told(self.words, self.counts, node), "mail": mail }));
            if node.what.forks() {
                let [one, second] = ways(&node.what);
                self.rows.push(json!({ "row": "ways" }));
                for (word, next, other) in [(one, node.next, false), (second, node.other, true)] {
                    self.rows.push(json!({ "row": "way", "label": self.words.get(&format!("admin-journey-way-{word}")) }));
                    self.way(next, Some(node.id), other)?;
                    self.rows.push(json!({ "row": "way-end" }));
                }
                self.rows.push(json!({ "row": "ways-end" }));
                self.rows.push(json!({ "row": "step-end" }));
                break;
            }
            self.rows.push(json!({ "row": "step-end" }));
            (at, after, other) = (node.next, Some(node.id), false);
        }
        self.rows.push(json!({ "row": "close" }));
        Ok(())
    }
}

fn wide(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum()
}

/// What may not be broken: words, and single characters of Chinese and Japanese. A word that is longer than a line is cut.
fn pieces(text: &str) -> Vec<String> {
    let (mut all, mut open): (Vec<String>, bool) = (Vec::new(), false);
    for c in text.chars() {
        let alone = c >= '\u{2e80}';
        match all.last_mut().filter(|last| open && !alone && wide(last) < LETTERS) {
            Some(last) => last.push(c),
            None => all.push(c.to_string()),
        }
        open = !alone && c != ' ';
    }
    all
}

/// A text in up to three lines; the last one says when there is more.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces(text) {
        match lines.last_mut().filter(|line| wide(line) + wide(piece.trim_end()) <= LETTERS) {
            Some(line) => line.push_str(&piece),
            None => lines.push(piece),
        }
    }
    let more = lines.len() > LINES;
    lines.truncate(LINES);
    if let (true, Some(last)) = (more, lines.last_mut()) {
        while wide(last) >= LETTERS {
            last.pop();
        }
        last.push('…');
    }
    lines.into_iter().map(|line| line.trim().to_string()).collect()
}

/// Where each step stands: column and row. The first way goes straight down, the other one stands beside it.
fn places(graph: &Graph) -> BTreeMap<NodeId, (i64, i64)> {
    let mut places: BTreeMap<NodeId, (i64, i64)> = BTreeMap::new();
    let mut free = 0;
    let mut ahead: Vec<(NodeId, i64, i64)> = graph.first.map(|first| (first, 0, 0)).into_iter().collect();
    while let Some((id, column, row)) = ahead.pop() {
        if places.contains_key(&id) {
            continue;
        }
        let Some(node) = graph.node(id) else { continue };
        // A column that is taken at this height is left to whoever came first.
        let column = if places.values().any(|place| *place == (column, row)) { free + 1 } else { column };
        free = free.max(column);
        places.insert(id, (column, row));
        if let Some(other) = node.other {
            free += 1;
            ahead.push((other, free, row + 1));
        }
        if let Some(next) = node.next {
            ahead.push((next, column, row + 1));
        }
    }
    places
}

/// The drawing: its size, boxes and lines between them.
pub fn drawing(words: &Words, names: &Names, graph: &Graph) -> Result<Value> {
    let places = places(graph);
    let corner = |place: &(i64, i64)| (place.0 * ACROSS + 10, place.1 * DOWN + 10);
    let (mut boxes, mut lines) = (Vec::new(), Vec::new());
    for node in &graph.nodes {
        let Some((x, y)) = places.get(&node.id).map(corner) else { continue };
        let title = format!("{} {}", node.id, says(words, names, &node.what)?);
        let text = wrapped(&title);
        let above = HIGH / 2 + 5 - LEADING * (i64::try_from(text.len()).unwrap_or(1) - 1) / 2;
        let lines_of: Vec<Value> =
            (0..).zip(text).map(|(n, line): (i64, String)| json!({ "y": y + above + n * LEADING, "text": line })).collect();
        boxes.push(
            json!({ "x": x, "y": y, "width": WIDE, "height": HIGH, "tx": x + 8, "lines": lines_of, "title": title, "kind": node.what.word() }),
        );
        for (next, kind) in [(node.next, "next"), (node.other, "other")] {
            let Some((to_x, to_y)) = next.and_then(|next| places.get(&next)).map(corner) else { continue };
            lines.push(json!({ "x1": x + WIDE / 2, "y1": y + HIGH, "x2": to_x + WIDE / 2, "y2": to_y, "kind": kind }));
        }
    }
    let width = places.values().map(|place| place.0).max().unwrap_or(0) * ACROSS + WIDE + 20;
    let height = places.values().map(|place| place.1).max().unwrap_or(0) * DOWN + HIGH + 20;
    Ok(json!({ "width": width, "height": height, "boxes": boxes, "lines": lines }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crm::journeys::{READY, ready};

    #[test]
    fn a_text_is_wrapped_and_says_when_there_is_more() {
        assert_eq!(wrapped("3 Mail"), ["3 Mail"]);
        assert_eq!(wrapped("12 Wait for: Order placed, 2 days at most"), ["12 Wait for: Order placed,", "2 days at most"]);
        assert_eq!(wrapped("4 最多等待两天，直到下单为止再继续"), ["4 最多等待两天，直到下单为", "止再继续"]);
        let long = wrapped(&"unbreakable".repeat(20));
        assert!(long.len() == 3 && long[2].ends_with('…'), "{long:?}");
        assert!(wrapped(&"word ".repeat(99)).iter().all(|line| wide(line) <= LETTERS));
    }

    #[test]
    fn no_two_boxes_lie_on_each_other() {
        for which in READY {
            let mut graph = ready(*which, None, "Call");
            let first = graph.first;
            let fork = graph.insert(first, false, What::Split(5000));
            graph.insert(Some(fork), true, What::Tag("a".into()));
            graph.insert(Some(fork), true, What::Split(5000));
            let places = places(&graph);
            let taken: HashSet<(i64, i64)> = places.values().copied().collect();
            assert_eq!((places.len(), taken.len()), (graph.nodes.len(), graph.nodes.len()), "{which:?}");
        }
    }
}
