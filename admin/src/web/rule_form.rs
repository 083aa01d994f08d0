//! The builder of a rule, wherever one is asked for: of a segment, and of a journey. Every button is a submit of the whole form; nothing is stored
//! before it is saved. The template draws it by the component `rule_builder`.

use super::segment_fields::Lists;
use super::segment_leaf::Reading;
use super::segment_spell;
use super::segment_tree::{self as tree, Mode, Node};
use super::segments::named;
use super::stale::{self, Label};
use crm::rules::{self, Rule};
use crm::segments::{self, Preview, SegmentId};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Result};
use serde_json::{Value, json};
use storefront::catalog;
use storefront::shop::{self, OWN_LANGUAGE};
use storefront::web::posted::Posted;
use storefront::web::views::form::Meanwhile;
use storefront::web::words::Words;

/// Customers of a preview.
const SAMPLE: i64 = 10;

/// The form of a rule; an empty group without one.
pub fn spelt(conn: &mut Conn, rule: Option<&Rule>) -> Result<Node> {
    let Some(rule) = rule else { return Ok(Node::Group(Mode::All, Vec::new())) };
    let (categories, currency) = (catalog::categories(conn, OWN_LANGUAGE)?, shop::get(conn)?.currency);
    segment_spell::form(conn, rule, &categories, currency)
}

/// The rule that a form means. `Invalid` names the fields that do not read.
pub fn read(conn: &mut Conn, root: &Node) -> Result<Rule> {
    let (categories, currency) = (catalog::categories(conn, OWN_LANGUAGE)?, shop::get(conn)?.currency);
    let mut reading = Reading { conn, categories: &categories, currency, wrong: Fields::default() };
    let rule = reading.rule(root, tree::ROOT)?;
    reading.wrong.check()?;
    Ok(rule)
}

/// Does what a button of the builder asks; answers the way of what was added. `None` for a button that is none of it.
pub fn pressed(conn: &mut Conn, root: &mut Node, posted: &Posted) -> Result<Option<String>> {
    let currency = shop::get(conn)?.currency;
    Ok(tree::press(root, posted.get("do"), posted, currency.code()))
}

/// Whether a button of the builder was pressed.
pub fn builds(posted: &Posted) -> bool {
    posted.get("do").contains(':')
}

/// What the component draws. `but` is the segment whose rule it is, `focus` what was added last.
pub fn view(conn: &mut Conn, root: &Node, wrong: &Fields, but: Option<SegmentId>, focus: Option<&str>) -> Result<Value> {
    let slugs: Vec<String> = catalog::categories(conn, OWN_LANGUAGE)?.0.into_iter().map(|one| one.slug).collect();
    let items = tree::items(root, wrong, &Lists::load(conn, but)?, focus);
    Ok(json!({ "items": items, "categories": slugs, "currency": shop::get(conn)?.currency }))
}

/// Whom a rule holds for now.
pub fn preview(conn: &mut Conn, root: &Node, but: Option<SegmentId>, now: Time) -> Result<Preview> {
    let (rule, others) = (read(conn, root)?, segments::others(conn)?);
    rules::check(&rule, but, &others)?;
    segments::preview(conn, &rule, &others, SAMPLE, now)
}

/// A preview as the component `rule_preview` draws it; names for those who may see them.
pub fn shown(conn: &mut Conn, found: &Preview, seen: bool) -> Result<Value> {
    Ok(json!({ "count": found.count, "sample": if seen { named(conn, &found.sample)? } else { Vec::new() } }))
}

/// A rule in words, in one line.
pub fn said(conn: &mut Conn, rule: &Rule, words: &Words) -> Result<String> {
    let root = spelt(conn, Some(rule))?;
    let items = tree::items(&root, &Fields::default(), &Lists::load(conn, None)?, None);
    let text = tree::said(&items, words);
    let lines: Vec<&str> = text.lines().collect();
    Ok(match lines.as_slice() {
        // One condition needs no word for how many of them hold.
        [_, only] if matches!(&root, Node::Group(Mode::All, _)) => only.trim_start_matches("– ").to_string(),
        _ => lines.join(" "),
    })
}

/// Two rules beside each other, when they differ: what somebody else stored meanwhile, and what was typed.
pub fn beside(conn: &mut Conn, stored: &Node, typed: &Node, words: &Words) -> Result<Option<Meanwhile>> {
    let lists = Lists::load(conn, None)?;
    let text = |root: &Node| tree::said(&tree::items(root, &Fields::default(), &lists, None), words);
    let (old, new) = (text(stored), text(typed));
    if old == new {
        return Ok(None);
    }
    let (stored, typed) = stale::told(&old, &new, &Label::default(), words);
    Ok(Some(Meanwhile { field: None, label: words.get("admin-segment-rule"), stored, typed }))
}
