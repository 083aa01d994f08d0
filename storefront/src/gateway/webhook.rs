//! Webhooks: is it from the provider, and what is it about? Only the ids are read. The typed parser of the Stripe library refuses events with
//! fields it does not know, and an event that cannot be read would be a payment that is never seen.

use hmac::{Hmac, KeyInit, Mac};
use kernel::token::Secret;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

/// How far a signature's time may be from ours, in seconds, as Stripe advises. Older ones may be replays.
pub const TOLERANCE: i64 = 300;

/// What a webhook is about: names to look up, nothing to believe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The provider's id of the event, the same when it is delivered again.
    pub event_id: String,
    /// The provider's type of event, such as `checkout.session.completed`.
    pub kind: String,
    /// The checkout session or payment intent it concerns; none for events about something else.
    pub reference: Option<String>,
    /// The refund it concerns, if it is one.
    pub refund: Option<String>,
    /// Our payment's public id, where the provider carries it along.
    pub payment_key: Option<String>,
    /// What it says of a payment that somebody disputes with their bank.
    pub dispute: Option<Disputed>,
}

/// A disputed payment as the provider describes it, in its own words and units. There is no more to ask than what is signed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disputed {
    /// The provider's id of the dispute.
    pub id: String,
    pub status: String,
    pub reason: String,
    pub amount: i64,
    /// In small letters.
    pub currency: String,
    /// Unix seconds by when evidence has to be there, and of when it is what is said.
    pub due_at: Option<i64>,
    pub at: i64,
    /// What moved because of it so far.
    pub moved: Vec<Moved>,
    /// Whether the notice says that something moved.
    pub moves: bool,
}

/// Money that left the shop's account with the provider or came back because of a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The provider's id of the movement.
    pub id: String,
    /// In the units and the currency of the account: below zero of what left.
    pub amount: i64,
    /// What the provider charged with it; below zero of what it gave back.
    pub fee: i64,
    /// In small letters.
    pub currency: String,
}

/// Why a webhook was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    #[error("the webhook's signature header does not read")]
    Header,
    #[error("the webhook is not signed with our secret")]
    Signature,
    /// Carries how far off the signature's time is, in seconds; positive is old.
    #[error("the webhook's signature is {0} seconds old; is the clock right?")]
    Stale(i64),
    #[error("the webhook is signed but does not read: {0}")]
    Body(String),
    #[error("this gateway sends no webhooks")]
    Unexpected,
}

/// Checks `header` (`t=...,v1=...`, several `v1` while Stripe rotates) against each of our secrets (several while we rotate).
pub fn verify(header: &str, body: &[u8], secrets: &[Secret], now: i64) -> Result<(), NoticeError> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let time = parts().find(|(name, _)| *name == "t").map(|(_, value)| value).ok_or(NoticeError::Header)?;
    let signed_at: i64 = time.parse().map_err(|_| NoticeError::Header)?;
    let candidates: Vec<Vec<u8>> = parts().filter(|(name, _)| *name == "v1").filter_map(|(_, value)| hex::decode(value).ok()).collect();
    if candidates.is_empty() {
        return Err(NoticeError::Header);
    }
    let ours = |secret: &Secret| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return false };
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        candidates.iter().any(|candidate| mac.clone().verify_slice(candidate).is_ok())
    };
    if !secrets.iter().filter(|secret| !secret.expose().trim().is_empty()).any(ours) {
        return Err(NoticeError::Signature);
    }
    match now.saturating_sub(signed_at) {
        age if age.saturating_abs() > TOLERANCE => Err(NoticeError::Stale(age)),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    created: i64,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: Value,
}

/// Reads a verified body.
pub fn read(body: &[u8]) -> Result<Notice, NoticeError> {
    let event: Event = serde_json::from_slice(body).map_err(|error| NoticeError::Body(error.to_string()))?;
    let object = &event.data.object;
    let text = |name: &str| object.get(name).and_then(id_of);
    let own = text("id");
    let (reference, refund) = match object.get("object").and_then(Value::as_str) {
        Some("checkout.session" | "payment_intent") => (own, None),
        Some("refund") => (text("payment_intent"), own),
        _ => (text("payment_intent"), None),
    };
    let carried = object.get("metadata").and_then(|metadata| metadata.get("payment_key")).and_then(Value::as_str);
    let payment_key = carried.map(str::to_string).or_else(|| text("client_reference_id"));
    let dispute = event.kind.starts_with("charge.dispute.").then(|| disputed(object, event.created)).flatten();
    let moves = event.kind.starts_with("charge.dispute.funds_");
    let dispute = dispute.map(|dispute| Disputed { moves, ..dispute });
    Ok(Notice { event_id: event.id, kind: event.kind, reference, refund, payment_key, dispute })
}

/// What is said of a dispute; none when the id, the status or the money is missing.
fn disputed(object: &Value, at: i64) -> Option<Disputed> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_string);
    Some(Disputed {
        id: text("id")?,
        status: text("status")?,
        reason: text("reason").unwrap_or_default(),
        amount: object.get("amount").and_then(Value::as_i64)?,
        currency: text("currency")?,
        due_at: object.get("evidence_details").and_then(|details| details.get("due_by")).and_then(Value::as_i64),
        at,
        moved: all_moved(object).unwrap_or_default(),
        moves: false,
    })
}

/// The movements that a dispute names; none when one of them cannot be read: half of the books is worse than a notice that is sent again.
fn all_moved(object: &Value) -> Option<Vec<Moved>> {
    object.get("balance_transactions")?.as_array()?.iter().map(moved).collect()
}

/// A movement that a dispute names; none without an id or an amount.
fn moved(object: &Value) -> Option<Moved> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_string);
    let units = |name: &str| object.get(name).and_then(Value::as_i64);
    Some(Moved { id: text("id")?, amount: units("amount")?, fee: units("fee").unwrap_or(0), currency: text("currency")? })
}

/// An id, bare or within the object it stands for.
fn id_of(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value.get("id")?.as_str()).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_movement_that_cannot_be_read_spoils_the_notice() {
        let whole = json!({ "id": "txn_1", "amount": -1690, "fee": 2000, "currency": "eur" });
        let told = |second: &Value| {
            let object = json!({ "id": "du_1", "object": "dispute", "status": "needs_response", "amount": 1690, "currency": "eur",
                "balance_transactions": [whole, second] });
            let event = json!({ "id": "evt_1", "type": "charge.dispute.funds_withdrawn", "data": { "object": object } });
            let dispute = read(event.to_string().as_bytes()).unwrap().dispute.unwrap();
            (dispute.moves, dispute.moved.len())
        };
        assert_eq!(told(&json!({ "id": "txn_2", "amount": 1690, "currency": "eur" })), (true, 2));
        // Nothing is booked of it: the caller takes this for an error.
        assert_eq!(told(&json!({ "id": "txn_2", "currency": "eur" })), (true, 0));
        assert_eq!(told(&json!("txn_2")), (true, 0));
    }
}
