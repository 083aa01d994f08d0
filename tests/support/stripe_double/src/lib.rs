//! A stateful double of Stripe for tests: API, payment page, webhooks, and faults on demand. It keeps to what Stripe's public API reference says,
//! with complete objects, so that strict clients read it.
//!
//! ```no_run
//! let stripe = stripe_double::Double::start();
//! stripe.webhooks_to("http://127.0.0.1:8080/webhooks/stripe");
//! stripe.fault(stripe_double::faults::Fault::DropWebhook);
//! ```

#![recursion_limit = "512"]
// A test has no better answer to a broken machine than to stop, and times its faults by the clock.
#![allow(clippy::expect_used)]

pub mod acts;
pub mod books;
pub mod faults;
pub mod webhooks;

mod api;
mod disputes;
mod errors;
mod objects;
mod pages;
mod params;
mod server;

use acts::NotPaid;
use books::{Books, Charge, Refund};
use faults::{Fault, Trap};
use parking_lot::Mutex;
use serde_json::Value;
use server::Running;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use webhooks::{Delivery, Post};

/// The version of Stripe's API whose objects are shown.
pub const API_VERSION: &str = "2026-09-30.endive";

pub(crate) struct Inner {
    secret_key: String,
    webhook_secret: String,
    books: Mutex<Books>,
    traps: Mutex<Vec<Trap>>,
    post: Mutex<Post>,
    calls: Mutex<Vec<String>>,
}

/// One Stripe account and its server, stopped when dropped.
pub struct Double {
    inner: Arc<Inner>,
    address: SocketAddr,
    running: Mutex<Option<Running>>,
}

impl Double {
    /// Starts on a free port of the loopback. Webhooks go nowhere until `webhooks_to`.
    pub fn start() -> Double {
        Double::start_on(0)
    }

    /// Starts on `port`. Panics when it is taken.
    pub fn start_on(port: u16) -> Double {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
        let address = listener.local_addr().expect("a bound port has an address");
        let inner = Arc::new(Inner {
            secret_key: "sk_test_double".to_string(),
            webhook_secret: "whsec_double".to_string(),
            books: Mutex::new(Books::new(format!("http://{address}"))),
            traps: Mutex::default(),
            post: Mutex::default(),
            calls: Mutex::default(),
        });
        let running = Running::start(inner.clone(), listener);
        Double { inner, address, running: Mutex::new(Some(running)) }
    }

    /// Where the API and the payment page are, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key the API accepts.
    pub fn secret_key(&self) -> &str {
        &self.inner.secret_key
    }

    /// The secret webhooks are signed with.
    pub fn webhook_secret(&self) -> &str {
        &self.inner.webhook_secret
    }

    /// Stops listening: connections are refused until `up`. The account stays as it is.
    pub fn down(&self) {
        if let Some(running) = self.running.lock().take() {
            running.stop();
        }
    }

    /// Listens again on the same port.
    pub fn up(&self) {
        let mut running = self.running.lock();
        if running.is_some() {
            return;
        }
        let bind = || {
            TcpListener::bind(self.address).ok().or_else(|| {
                thread::sleep(Duration::from_millis(20));
                None
            })
        };
        let listener = (0..100).find_map(|_| bind()).expect("the port is still free");
        *running = Some(Running::start(self.inner.clone(), listener));
    }

    /// Lets `fault` strike the next call that changes something, or the next webhook.
    pub fn fault(&self, fault: Fault) {
        let on = if fault.of_webhooks() { "" } else { "POST " };
        self.fault_on(on, fault);
    }

    /// Lets `fault` strike the next call whose `METHOD /path` contains `on`, or the next webhook whose type does.
    pub fn fault_on(&self, on: &str, fault: Fault) {
        self.inner.traps.lock().push(Trap { on: on.to_string(), fault });
    }

    /// Sends events to `url` from now on. What happened before waits for `deliver_pending`, and so does what the shop does not take.
    pub fn webhooks_to(&self, url: &str) {
        self.inner.post.lock().url = Some(url.to_string());
    }

    /// Keeps events back until `deliver_pending`.
    pub fn hold_webhooks(&self) {
        self.inner.post.lock().held = true;
    }

    /// Delivers what is held back, in order, and waits for the answers; returns how many the shop took. What it refused stays held back.
    pub fn deliver_pending(&self) -> usize {
        let waiting: Vec<Value> = self.inner.post.lock().waiting.drain(..).collect();
        self.deliver_all(waiting)
    }

    /// `deliver_pending`, latest first.
    pub fn deliver_reversed(&self) -> usize {
        let waiting: Vec<Value> = self.inner.post.lock().waiting.drain(..).rev().collect();
        self.deliver_all(waiting)
    }

    /// Every event so far once more, as a provider does that is not sure.
    pub fn deliver_again(&self) -> usize {
        self.deliver_all(self.events())
    }

    fn deliver_all(&self, events: Vec<Value>) -> usize {
        let mut taken = 0;
        for event in events {
            match self.inner.deliver(&event) {
                Some(200..300) => taken += 1,
                _ => self.inner.post.lock().waiting.push_back(event),
            }
        }
        taken
    }

    /// The deliveries tried so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.inner.post.lock().delivered.clone()
    }

    /// The events so far, oldest first, as they are delivered.
    pub fn events(&self) -> Vec<Value> {
        self.inner.books.lock().events.clone()
    }

    /// The API calls so far, as `METHOD /path`.
    pub fn calls(&self) -> Vec<String> {
        self.inner.calls.lock().clone()
    }

    /// The shopper pays with a good card.
    pub fn pay(&self, session: &str) -> Result<(), NotPaid> {
        self.act(|books| books.pay(session))
    }

    /// The shopper tries a card that the bank refuses; the session stays open.
    pub fn decline(&self, session: &str) -> Result<(), NotPaid> {
        self.act(|books| books.decline(session, "generic_decline"))
    }

    /// The shopper tries a card whose bank asks for 3-D Secure, and has not answered.
    pub fn challenge(&self, session: &str) -> Result<(), NotPaid> {
        self.act(|books| books.challenge(session))
    }

    /// The time of an open session runs out.
    pub fn expire(&self, session: &str) -> Result<(), NotPaid> {
        self.act(|books| books.expire(session))
    }

    /// Somebody refunds in Stripe's dashboard, past the shop; returns the refund's id.
    pub fn refund_in_dashboard(&self, session: &str, amount: i64) -> Option<String> {
        self.act(|books| {
            let intent = books.sessions.get(session)?.intent.clone()?;
            books.refund(&intent, Some(amount), None, serde_json::Map::new()).ok().map(|refund| refund.id)
        })
    }

    /// Leaves the next refund pending.
    pub fn next_refund_pends(&self) {
        self.inner.books.lock().pending_refund = true;
    }

    /// A pending refund arrives. False when there is no such refund.
    pub fn finish_refund(&self, refund: &str) -> bool {
        self.act(|books| books.settle_refund(refund, "succeeded"))
    }

    /// A refund comes back, as from a closed card. False when there is no such refund.
    pub fn fail_refund(&self, refund: &str) -> bool {
        self.act(|books| books.settle_refund(refund, "failed"))
    }

    /// The cardholder disputes what a session took, or the bank moves that dispute: `status` is Stripe's word, `due_by` in Unix seconds.
    pub fn dispute(&self, session: &str, event: &str, status: &str, due_by: i64) {
        self.act(|books| books.dispute(session, event, status, due_by, &[]));
    }

    /// The dispute about what a session took, as the account shows it; null without one.
    pub fn dispute_of(&self, session: &str) -> Value {
        let books = self.inner.books.lock();
        books.dispute_of(session).and_then(|id| books.disputes.get(&id).cloned()).unwrap_or_default()
    }

    /// The bank takes what is disputed, or gives it back. As in Stripe's objects, each movement has an id, an amount that is below zero when it
    /// leaves the shop, and a fee.
    pub fn move_funds(&self, session: &str, event: &str, status: &str, movements: &[(&str, i64, i64)]) {
        self.act(|books| books.dispute(session, event, status, 0, movements));
    }

    fn act<T>(&self, change: impl FnOnce(&mut Books) -> T) -> T {
        let result = change(&mut self.inner.books.lock());
        self.inner.post_new_events();
        result
    }

    /// The ids of all sessions, oldest first.
    pub fn sessions(&self) -> Vec<String> {
        self.inner.books.lock().sessions.keys().cloned().collect()
    }

    /// The session of our payment, by its public id.
    pub fn session_of(&self, payment_key: &str) -> Option<String> {
        let books = self.inner.books.lock();
        books
            .sessions
            .values()
            .find(|session| session.client_reference_id.as_deref() == Some(payment_key))
            .map(|session| session.id.clone())
    }

    /// Every attempt to charge a card in a session, successful or not.
    pub fn charges_of(&self, session: &str) -> Vec<Charge> {
        let books = self.inner.books.lock();
        let Some(intent) = books.sessions.get(session).and_then(|session| session.intent.as_ref()) else { return Vec::new() };
        books.charges.iter().filter(|charge| &charge.intent == intent).cloned().collect()
    }

    /// Every refund of a session that moved money or will; not the released part of a hold.
    pub fn refunds_of(&self, session: &str) -> Vec<Refund> {
        let books = self.inner.books.lock();
        let Some(intent) = books.sessions.get(session).and_then(|session| session.intent.as_ref()) else { return Vec::new() };
        books.refunds.iter().filter(|refund| refund.moved && &refund.intent == intent).cloned().collect()
    }

    /// All that was captured, in Stripe's units, by currency in capitals.
    pub fn captured_total(&self) -> BTreeMap<String, i64> {
        let books = self.inner.books.lock();
        sum(books.charges.iter().map(|charge| (&charge.currency, charge.captured)))
    }

    /// All that was refunded or is on its way, in Stripe's units, by currency in capitals.
    pub fn refunded_total(&self) -> BTreeMap<String, i64> {
        let books = self.inner.books.lock();
        let alive = books.refunds.iter().filter(|refund| refund.moved && refund.status != "failed");
        sum(alive.map(|refund| (&refund.currency, refund.amount)))
    }
}

fn sum<'a>(amounts: impl Iterator<Item = (&'a String, i64)>) -> BTreeMap<String, i64> {
    let mut totals = BTreeMap::new();
    for (currency, amount) in amounts.filter(|(_, amount)| *amount != 0) {
        *totals.entry(currency.to_uppercase()).or_insert(0) += amount;
    }
    totals
}

impl Drop for Double {
    fn drop(&mut self) {
        self.down();
    }
}
