//! What happened to an order, in words, and what a form about it has to know: how the order was when the form was made.

use crate::staff;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::orders::{self, HistoryEntry, Order};
use storefront::web::posted::Posted;

/// Actors that are no people, and have words in both languages.
const ACTORS: &[&str] = &["customer", "system", "provider", "payment", "import"];
/// Kinds whose detail is an amount in minor units.
const AMOUNTS: &[&str] = &[
    "capture_requested",
    "release_requested",
    "payment_received",
    "payment_reversed",
    "fee_charged",
    "fee_waived",
    "refund_requested",
    "refunded",
    "captured",
    "payment_captured",
    "authorised",
    "payment_authorised",
    "gift_card_used",
    "store_credit_used",
    "gift_cards_issued",
    "edited",
    "funds_withdrawn",
    "funds_reinstated",
];
/// Why money became a case, as it is stored, and the words for it.
const CASES: &[(&str, &str)] = &[
    ("the amount differs from the order", "admin-case-amount"),
    ("the order was cancelled before the money came", "admin-case-cancelled"),
    ("the order was paid by another payment", "admin-case-twice"),
];

/// Entries as the pages show them. `*_key` is a text key, beside it stands what people typed.
pub fn entries(found: &[HistoryEntry], currency: Currency, names: &HashMap<String, String>) -> Vec<Value> {
    let view = |entry: &HistoryEntry| {
        let (detail, detail_key) = detail(&entry.kind, &entry.detail, currency);
        let system = ACTORS.contains(&entry.actor.as_str());
        let actor = names.get(&entry.actor).cloned().unwrap_or_else(|| entry.actor.clone());
        let actor_key = if system { format!("admin-actor-{}", entry.actor) } else { String::new() };
        json!({ "kind": entry.kind, "detail": detail, "detail_key": detail_key, "actor": actor, "actor_key": actor_key, "at": entry.created_at })
    };
    found.iter().map(view).collect()
}

/// Why money became a case: the key of its words, or what a provider said.
pub fn case_reason(stored: &str) -> &str {
    CASES.iter().find(|(reason, _)| *reason == stored).map_or(stored, |(_, key)| key)
}

fn detail(kind: &str, detail: &str, currency: Currency) -> (String, String) {
    match (kind, detail.parse::<i64>()) {
        (_, Ok(minor)) if AMOUNTS.contains(&kind) => (kernel::web::format::money(Money::new(minor, currency)), String::new()),
        ("cancelled", _) if !detail.is_empty() => (String::new(), format!("admin-cancelled-{detail}")),
        ("payment_case", _) => match CASES.iter().find(|(stored, _)| *stored == detail) {
            Some((_, key)) => (String::new(), key.to_string()),
            None => (detail.to_string(), String::new()),
        },
        _ => (detail.to_string(), String::new()),
    }
}

/// How the order was when the form was made; a form that does not say so is older than everything.
pub fn seen(posted: &Posted) -> i64 {
    posted.get("seen").parse().unwrap_or(0)
}

/// What every form about an order carries, and, for one that was refused because the order changed meanwhile, what changed.
pub fn frame(conn: &mut Conn, order: &Order, posted: Option<&Posted>) -> Result<Value> {
    let version = orders::version(conn, order.id)?;
    let changes = match posted.map(seen).filter(|seen| *seen != version) {
        Some(seen) => entries(&orders::changes(conn, order.id, seen)?, order.currency()?, &staff::names(conn)?),
        None => Vec::new(),
    };
    Ok(json!({ "seen": version, "changes": changes }))
}
