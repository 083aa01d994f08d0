//! Delivering events: signed, at once or on demand, and as unreliably as a test asks.

use crate::Inner;
use crate::books::now;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// One delivery that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub event: String,
    pub kind: String,
    /// The shop's answer; none when it could not be reached.
    pub status: Option<u16>,
}

/// What waits, and what became of the rest.
#[derive(Debug, Default)]
pub struct Post {
    pub url: Option<String>,
    /// Events wait for `deliver_pending` instead of going out at once.
    pub held: bool,
    pub waiting: VecDeque<Value>,
    pub delivered: Vec<Delivery>,
    /// How many of the account's events were already looked at.
    pub seen: usize,
}

/// The value of `Stripe-Signature` for a body signed at `at` (Unix seconds).
pub fn sign(secret: &str, body: &[u8], at: i64) -> String {
    format!("t={at},v1={}", hex::encode(mac(secret, body, at)))
}

fn mac(secret: &str, body: &[u8], at: i64) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return Vec::new() };
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

impl Inner {
    /// Takes new events up, lets the pending faults have their way with them, and sends what may go.
    pub fn post_new_events(self: &Arc<Inner>) {
        let mut wave: Vec<(Value, Duration)> = Vec::new();
        {
            let books = self.books.lock();
            let mut post = self.post.lock();
            let fresh: Vec<Value> = books.events.iter().skip(post.seen).cloned().collect();
            post.seen = books.events.len();
            for event in fresh {
                let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
                for late in self.fates(kind) {
                    match post.held || post.url.is_none() {
                        true => post.waiting.push_back(event.clone()),
                        false => wave.push((event.clone(), late)),
                    }
                }
            }
        }
        for (event, late) in wave {
            let inner = self.clone();
            // A thread each: a webhook may come while the shopper's own request is still under way, and in any order.
            thread::spawn(move || {
                thread::sleep(late);
                if !matches!(inner.deliver(&event), Some(200..300)) {
                    inner.post.lock().waiting.push_back(event);
                }
            });
        }
    }

    /// Sends one event and waits for the answer.
    pub fn deliver(&self, event: &Value) -> Option<u16> {
        let url = self.post.lock().url.clone()?;
        let body = event.to_string();
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
        let signature = sign(&self.webhook_secret, body.as_bytes(), now());
        let agent =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20))).http_status_as_error(false).build().new_agent();
        let request = agent.post(&url).header("Content-Type", "application/json; charset=utf-8").header("Stripe-Signature", signature);
        let status = request.send(&body).ok().map(|answer| answer.status().as_u16());
        self.post.lock().delivered.push(Delivery { event: text("id"), kind: text("type"), status });
        status
    }
}
