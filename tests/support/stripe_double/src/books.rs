//! What the account holds: sessions, payment intents, charges, refunds, events and the answers kept for idempotency.

use crate::params::Params;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    Open,
    Complete,
    Expired,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntentStatus {
    RequiresPaymentMethod,
    RequiresAction,
    RequiresCapture,
    Succeeded,
    Canceled,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    pub created: i64,
    pub expires_at: i64,
    pub amount: i64,
    pub currency: String,
    pub status: SessionStatus,
    pub intent: Option<String>,
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub client_reference_id: Option<String>,
    pub email: Option<String>,
    pub locale: Option<String>,
    pub product: String,
    pub manual: bool,
    pub metadata: Map<String, Value>,
    pub intent_metadata: Map<String, Value>,
    pub intent_description: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Intent {
    pub id: String,
    pub created: i64,
    pub session: String,
    pub amount: i64,
    pub received: i64,
    pub currency: String,
    pub manual: bool,
    pub status: IntentStatus,
    pub description: Option<String>,
    pub metadata: Map<String, Value>,
    pub charge: Option<String>,
    pub last_error: Option<Value>,
    pub canceled_at: Option<i64>,
}

/// A charge: one attempt on a card, successful or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub id: String,
    pub created: i64,
    pub intent: String,
    pub amount: i64,
    pub currency: String,
    /// Captured so far.
    pub captured: i64,
    /// Given back, the released part of a hold included, as Stripe counts it.
    pub refunded: i64,
    /// The decline code of a failed charge.
    pub failure: Option<String>,
}

/// A refund. One without `moved` is the released part of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: String,
    pub created: i64,
    pub intent: String,
    pub charge: String,
    pub amount: i64,
    pub currency: String,
    /// `pending`, `succeeded`, `failed`.
    pub status: &'static str,
    pub moved: bool,
    pub reason: Option<String>,
    pub metadata: Map<String, Value>,
}

/// An answer that will be given again for the same key.
#[derive(Clone, Debug)]
pub struct Kept {
    pub request: (String, String, Params),
    pub status: u16,
    pub body: Value,
}

#[derive(Debug)]
pub struct Books {
    pub base_url: String,
    pub sessions: BTreeMap<String, Session>,
    pub intents: BTreeMap<String, Intent>,
    pub charges: Vec<Charge>,
    pub refunds: Vec<Refund>,
    /// By their ids, as they are shown.
    pub disputes: BTreeMap<String, Value>,
    pub events: Vec<Value>,
    pub kept: BTreeMap<String, Kept>,
    /// The next refund stays pending until it is settled.
    pub pending_refund: bool,
    seed: u64,
    counter: u64,
}

impl Books {
    pub fn new(base_url: String) -> Books {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
        Books {
            base_url,
            sessions: BTreeMap::new(),
            intents: BTreeMap::new(),
            charges: Vec::new(),
            refunds: Vec::new(),
            disputes: BTreeMap::new(),
            events: Vec::new(),
            kept: BTreeMap::new(),
            pending_refund: false,
            seed,
            counter: 0,
        }
    }

    /// A fresh id. They differ between runs, as a shop's database outlives the double.
    pub fn id(&mut self, prefix: &str) -> String {
        self.counter += 1;
        format!("{prefix}_{:016x}{:06}", self.seed, self.counter)
    }

    pub fn charge_mut(&mut self, id: &str) -> Option<&mut Charge> {
        self.charges.iter_mut().find(|charge| charge.id == id)
    }

    /// Notes that something happened; the webhook carries the object as it is now.
    pub fn happen(&mut self, kind: &str, object: Value) {
        let id = self.id("evt");
        self.events.push(json!({
            "id": id,
            "object": "event",
            "api_version": crate::API_VERSION,
            "created": now(),
            "data": { "object": object },
            "livemode": false,
            "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": null },
            "type": kind,
        }));
    }
}

pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
