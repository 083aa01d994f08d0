//! What visitors who allowed it look at, on its way to their timelines. A page hands it over and goes on: the channel has an end, and
//! what finds it full is counted and let go. One thread writes, many at a time.

use crate::ids::{CategoryId, ProductId};
use crm::CustomerId;
use crm::activities::{self, Activity, Kind};
use crm::trails::{self, SESSION, TRAIL};
use crm::{journeys, segments};
use kernel::clock::Time;
use kernel::{Conn, Db, Result};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// What may wait to be written.
const ROOM: usize = 10_000;
/// Written in one transaction: short, since orders wait for it on SQLite.
const TOGETHER: usize = 500;
/// What comes within this time is written together.
const GATHER: Duration = Duration::from_millis(10);
/// The same thing seen again within this time is one visit to it.
const VISIT_SECONDS: i64 = 600;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Product(ProductId),
    Category(CategoryId),
    Search(String),
    /// Put into the cart.
    Cart(ProductId),
}

/// Who did what. Nobody but whoever allowed it: `secret` is the cookie that says so.
#[derive(Clone, Debug)]
pub struct Seen {
    pub secret: String,
    /// Who is signed in.
    pub customer: Option<CustomerId>,
    pub what: What,
    pub at: Time,
}

enum Message {
    Seen(Seen),
    /// Answered when everything before is written.
    Flush(SyncSender<()>),
}

/// The end of the channel that pages have.
pub struct Watch {
    to: Option<SyncSender<Message>>,
    writer: Option<JoinHandle<()>>,
    lost: AtomicU64,
}

impl Watch {
    pub fn start(db: Db) -> Watch {
        let (to, from) = sync_channel(ROOM);
        let writer = std::thread::Builder::new().name("watch".into()).spawn(move || write_all(&db, &from));
        match writer {
            Ok(writer) => Watch { to: Some(to), writer: Some(writer), lost: AtomicU64::new(0) },
            Err(error) => {
                tracing::error!(%error, "nothing of what visitors look at is kept");
                Watch { to: None, writer: None, lost: AtomicU64::new(0) }
            }
        }
    }

    /// Hands over what was seen, without waiting.
    pub fn tell(&self, seen: Seen) {
        let told = self.to.as_ref().is_some_and(|to| to.try_send(Message::Seen(seen)).is_ok());
        if !told && self.lost.fetch_add(1, Ordering::Relaxed).is_multiple_of(1000) {
            tracing::warn!("more is looked at than can be written down; some of it is let go");
        }
    }

    /// Waits until everything told before is written.
    pub fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.to.as_ref().is_some_and(|to| to.send(Message::Flush(done)).is_ok()) {
            let _ = wait.recv();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.to = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn write_all(db: &Db, from: &Receiver<Message>) {
    while let Ok(first) = from.recv() {
        let mut messages = vec![first];
        if matches!(messages[0], Message::Seen(_)) {
            std::thread::sleep(GATHER);
        }
        messages.extend(from.try_iter().take(TOGETHER - 1));
        let (mut seen, mut waiting) = (Vec::new(), Vec::new());
        for message in messages {
            match message {
                Message::Seen(one) => seen.push(one),
                Message::Flush(done) => waiting.push(done),
            }
        }
        let count = seen.len();
        if let Err(error) = db.write_now(move |conn| write(conn, &seen)) {
            tracing::warn!(%error, count, "what visitors looked at could not be written down");
        }
        for done in waiting {
            let _ = done.send(());
        }
    }
}

/// What visitors are seen to do.
const WATCHED: [Kind; 4] = [Kind::ProductViewed, Kind::CategoryViewed, Kind::Searched, Kind::CartChanged];

fn write(conn: &mut Conn, seen: &[Seen]) -> Result<()> {
    let mut known = HashMap::new();
    let mut allowed = HashMap::new();
    let mut whose = Vec::new();
    let mut happened = Vec::new();
    for one in seen {
        let trail = match known.get(&one.secret) {
            Some(trail) => *trail,
            None => {
                let trail = trails::open(conn, &one.secret, one.at)?;
                known.insert(one.secret.clone(), trail);
                trail
            }
        };
        let customer = one.customer.or(trail.customer);
        if let Some(customer) = customer {
            let may = match allowed.get(&customer) {
                Some(may) => *may,
                None => trails::allowed(conn, customer)?,
            };
            allowed.insert(customer, may);
            if !may {
                continue;
            }
        }
        let (kind, subject, detail) = told(&one.what);
        let visit = one.at.and_utc().timestamp() / VISIT_SECONDS;
        let of = subject.map_or_else(|| detail.to_lowercase(), |subject| subject.to_string());
        let activity = Activity {
            customer,
            trail: Some(trail.id),
            kind,
            at: one.at,
            source: if one.customer.is_some() { SESSION } else { TRAIL },
            dedupe_key: &format!("{}:{}:{of}:{visit}", trail.id, kind.as_str()),
            subject,
            amount: None,
            detail,
        };
        if activities::keep(conn, &activity)?
            && let Some(customer) = customer
        {
            whose.push(customer);
            happened.push((customer, kind, subject, one.at));
        }
    }
    let Some(now) = seen.iter().map(|one| one.at).max() else { return Ok(()) };
    segments::follow_events(conn, &whose, &WATCHED.map(Kind::as_str), now)?;
    // In the order in which the steps of journeys hold people, so that neither waits for the other.
    happened.sort_by_key(|(customer, ..)| *customer);
    happened.into_iter().try_for_each(|(customer, kind, subject, at)| journeys::told(conn, customer, kind.as_str(), subject, at))
}

fn told(what: &What) -> (Kind, Option<i64>, &str) {
    match what {
        What::Product(id) => (Kind::ProductViewed, Some(id.0), ""),
        What::Category(id) => (Kind::CategoryViewed, Some(id.0), ""),
        What::Search(words) => (Kind::Searched, None, words),
        What::Cart(id) => (Kind::CartChanged, Some(id.0), ""),
    }
}
