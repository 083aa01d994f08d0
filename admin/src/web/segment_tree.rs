//! The rule of a segment as a form: groups and conditions, named by their way from the root (`r`, `r_0`, `r_0_1`). Whatever is added or
//! taken off is a submit of the whole form, from which the page is drawn again with nothing lost.

use super::segment_fields::{self, Asks, KINDS, Kind, Lists, kind};
use kernel::error::Fields;
use kernel::words;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use storefront::web::posted::Posted;
use storefront::web::words::Words;

/// The name of the root.
pub const ROOT: &str = "r";
/// Nodes and levels that are read of a form at all: a little beyond what is allowed, so that too many are told and not cut.
const NODES: usize = 250;
const LEVELS: usize = 16;

words!(
    /// When a group holds.
    Mode { All = "all", Any = "any", None = "none", NotAll = "not_all" }
);

/// A node of the form.
#[derive(Clone)]
pub enum Node {
    Group(Mode, Vec<Node>),
    Leaf(Leaf),
}

/// A condition with what was typed into its fields.
#[derive(Clone)]
pub struct Leaf {
    pub kind: &'static Kind,
    /// It must not hold.
    pub not: bool,
    pub values: BTreeMap<String, String>,
}

impl Leaf {
    /// What a field says; empty without it.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |value| value.trim())
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_string(), value.into());
    }

    /// Whether a word of a field with ticks is ticked.
    pub fn ticked(&self, name: &str, word: &str) -> bool {
        self.value(&format!("{name}_{word}")) == "on"
    }
}

/// The tree that a form holds; the root is a group always.
pub fn read(posted: &Posted) -> Node {
    let mut left = NODES;
    match node(posted, ROOT, LEVELS, &mut left) {
        Some(group @ Node::Group(..)) => group,
        _ => Node::Group(Mode::All, Vec::new()),
    }
}

fn node(posted: &Posted, at: &str, levels: usize, left: &mut usize) -> Option<Node> {
    if levels == 0 || *left == 0 {
        return None;
    }
    *left -= 1;
    if let Some(mode) = Mode::parse(posted.get(&format!("{at}_mode"))) {
        let count = posted.get(&format!("{at}_parts")).parse::<usize>().unwrap_or(0).min(NODES);
        return Some(Node::Group(mode, (0..count).filter_map(|n| node(posted, &format!("{at}_{n}"), levels - 1, left)).collect()));
    }
    let kind = kind(posted.get(&format!("{at}_kind")))?;
    let mut leaf = Leaf { kind, not: posted.ticked(&format!("{at}_not")), values: BTreeMap::new() };
    for input in kind.inputs {
        match &input.asks {
            Asks::Ticks(words, _) => {
                for word in words() {
                    let name = format!("{}_{word}", input.name);
                    leaf.set(&name, posted.get(&format!("{at}_{name}")));
                }
            }
            _ => leaf.set(input.name, posted.get(&format!("{at}_{}", input.name))),
        }
    }
    Some(Node::Leaf(leaf))
}

/// The numbers of a way such as `r_0_1`.
fn way(at: &str) -> Vec<usize> {
    at.split('_').skip(1).filter_map(|part| part.parse().ok()).collect()
}

fn parts<'a>(root: &'a mut Node, way: &[usize]) -> Option<&'a mut Vec<Node>> {
    let Node::Group(_, parts) = root else { return None };
    match way {
        [] => Some(parts),
        [first, rest @ ..] => self::parts(parts.get_mut(*first)?, rest),
    }
}

/// Does what a button of the builder asks: `add:r_0`, `group:r_0`, `remove:r_0_1`. Answers the way of what was added.
pub fn press(root: &mut Node, button: &str, posted: &Posted, currency: &str) -> Option<String> {
    let (deed, at) = button.split_once(':')?;
    let mut way = way(at);
    if deed == "remove" {
        let last = way.pop()?;
        let parts = parts(root, &way)?;
        if last < parts.len() {
            parts.remove(last);
        }
        return None;
    }
    let added = match deed {
        "add" => Node::Leaf(kind(posted.get(&format!("{at}_add"))).unwrap_or(&KINDS[0]).blank(currency)),
        _ => Node::Group(Mode::Any, Vec::new()),
    };
    let parts = parts(root, &way)?;
    parts.push(added);
    Some(format!("{at}_{}", parts.len() - 1))
}

/// The tree as the page draws it: what opens, stands in and closes groups, one after the other.
pub fn items(root: &Node, wrong: &Fields, lists: &Lists, focus: Option<&str>) -> Vec<Value> {
    let mut items = Vec::new();
    draw(root, ROOT, wrong, lists, focus, &mut items);
    items
}

/// A rule in words, a condition on each line below the mode of its group: for showing two versions beside each other.
pub fn said(items: &[Value], words: &Words) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut depth = 0;
    for item in items {
        match item["part"].as_str() {
            Some("open") => {
                let mode = words.get(&format!("segment-mode-{}", item["mode"].as_str().unwrap_or_default()));
                lines.push(format!("{}{mode}", "– ".repeat(depth)));
                depth += 1;
            }
            Some("leaf") => lines.push(format!("{}{}", "– ".repeat(depth), leaf_said(item, words))),
            _ => depth = depth.saturating_sub(1),
        }
    }
    lines.join("\n")
}

fn leaf_said(item: &Value, words: &Words) -> String {
    let text = |value: &Value| words.get(value.as_str().unwrap_or_default());
    let mut said = text(&item["label"]);
    if item["not"] == Value::Bool(true) {
        said = format!("{said} ({})", words.get("segment-not"));
    }
    for field in item["fields"].as_array().into_iter().flatten().filter(|field| field["silent"] != Value::Bool(true)) {
        match field["kind"].as_str() {
            Some("choice" | "ticks") => {
                let chosen = field["choices"].as_array().into_iter().flatten().filter(|choice| choice["chosen"] == Value::Bool(true));
                chosen.for_each(|choice| said = format!("{said} · {}", text(&choice["label"])));
            }
            Some("hidden") => {}
            _ => match field["value"].as_str() {
                Some(value) if !value.is_empty() => said = format!("{said} · {} {value}", text(&field["label"])),
                _ => {}
            },
        }
    }
    said
}

fn draw(node: &Node, at: &str, wrong: &Fields, lists: &Lists, focus: Option<&str>, items: &mut Vec<Value>) {
    match node {
        Node::Leaf(leaf) => items.push(segment_fields::view(leaf, at, wrong, lists, focus == Some(at))),
        Node::Group(mode, parts) => {
            let modes: Vec<&str> = Mode::ALL.iter().map(|one| one.as_str()).collect();
            items.push(json!({ "part": "open", "at": at, "root": at == ROOT, "mode": mode.as_str(), "modes": modes, "count": parts.len(),
                "error": wrong.0.get(&format!("{at}_parts")), "focus": focus == Some(at) }));
            for (n, part) in parts.iter().enumerate() {
                draw(part, &format!("{at}_{n}"), wrong, lists, focus, items);
            }
            let kinds = KINDS.iter().filter(|kind| lists.allow(kind));
            let kinds: Vec<Value> =
                kinds.map(|kind| json!({ "value": kind.word, "label": format!("segment-kind-{}", kind.word) })).collect();
            items.push(json!({ "part": "close", "at": at, "root": at == ROOT, "kinds": kinds }));
        }
    }
}
