//! Counts what shelves do, beside the pages: a page hands over what happened and goes on; what does not fit is not counted.

use super::tag::{Tag, number};
use crm::recommendations::{self, Count};
use kernel::clock::{Clock, Time};
use kernel::{Db, Error, Result};
use std::collections::{BTreeMap, HashSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// What may wait to be counted.
const WAITING: usize = 10_000;
/// How long counts are gathered before they are written.
const GATHER: Duration = Duration::from_secs(2);
/// Visitors remembered for a day, as numbers, so that each counts once.
const REMEMBERED: usize = 500_000;

/// What happened to a shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// A visitor was shown it.
    View,
    /// A visitor followed one of its links.
    Click,
    /// An order holds something that was clicked in it.
    Order,
}

enum Message {
    Seen {
        tag: Tag,
        deed: Deed,
        visitor: u64,
    },
    /// Write now, and say so.
    Write(SyncSender<()>),
}

/// The way to the counting. Cheap to clone.
#[derive(Clone)]
pub struct Counter(SyncSender<Message>);

impl Counter {
    /// Begins to count on a thread of its own, which ends with the last handle.
    pub fn start(db: Db, clock: Clock) -> Result<Counter> {
        let (sender, receiver) = sync_channel(WAITING);
        let gathering = Gathering { db, clock, counts: BTreeMap::new(), day: None, met: HashSet::new() };
        std::thread::Builder::new()
            .name("recommendation-counts".into())
            .spawn(move || gathering.run(&receiver))
            .map_err(|error| Error::unexpected(format!("the counting of recommendations does not start: {error}")))?;
        Ok(Counter(sender))
    }

    /// Counts something that a visitor did, once a day for each. Never waits.
    pub fn count(&self, tag: Tag, deed: Deed, visitor: &str) {
        // A full queue means a database that cannot follow, which a missing count does not make worse.
        let _ = self.0.try_send(Message::Seen { tag, deed, visitor: number(visitor) });
    }

    /// Waits until all that was handed over before is written.
    pub fn write(&self) {
        let (done, written) = sync_channel(1);
        if self.0.send(Message::Write(done)).is_ok() {
            let _ = written.recv();
        }
    }
}

struct Gathering {
    db: Db,
    clock: Clock,
    counts: BTreeMap<Tag, Count>,
    day: Option<Time>,
    /// Who did what on that day.
    met: HashSet<(u64, Tag, Deed)>,
}

impl Gathering {
    fn run(mut self, messages: &Receiver<Message>) {
        let mut written = Instant::now();
        loop {
            match messages.recv_timeout(GATHER) {
                Ok(Message::Seen { tag, deed, visitor }) => self.add(tag, deed, visitor),
                Ok(Message::Write(done)) => {
                    self.write();
                    let _ = done.send(());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.write(),
            }
            if written.elapsed() >= GATHER {
                self.write();
                written = Instant::now();
            }
        }
    }

    fn add(&mut self, tag: Tag, deed: Deed, visitor: u64) {
        let now = self.clock.now();
        if self.day.is_none_or(|day| day.date() != now.date()) {
            self.write();
            self.met.clear();
            self.day = Some(now);
        }
        let new = deed == Deed::Order || self.met.len() >= REMEMBERED || self.met.insert((visitor, tag, deed));
        if !new {
            return;
        }
        let one = match deed {
            Deed::View => Count { views: 1, ..Count::default() },
            Deed::Click => Count { clicks: 1, ..Count::default() },
            Deed::Order => Count { orders: 1, ..Count::default() },
        };
        let count = self.counts.entry(tag).or_default();
        *count = count.plus(one);
    }

    fn write(&mut self) {
        let (Some(day), false) = (self.day, self.counts.is_empty()) else { return };
        let all: Vec<_> = std::mem::take(&mut self.counts).into_iter().map(|(tag, count)| (tag.shelf, tag.arm, count)).collect();
        if let Err(error) = self.db.write_now(move |conn| recommendations::count(conn, &all, day)) {
            tracing::warn!(%error, "views and clicks of recommendations were not counted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crm::recommendations::{Arm, Shelf};

    #[test]
    fn a_visitor_counts_once_a_day_and_each_order_counts() {
        let db = kernel::testing::db();
        let clock = Clock::default();
        let counter = Counter::start(db.clone(), clock.clone()).unwrap();
        let tag = Tag { shelf: Shelf::ForYou, arm: Arm::Model };
        for visitor in ["ann", "ann", "bea"] {
            counter.count(tag, Deed::View, visitor);
            counter.count(tag, Deed::Order, visitor);
        }
        counter.count(tag, Deed::Click, "ann");
        counter.count(Tag { arm: Arm::Popular, ..tag }, Deed::Click, "ann");
        counter.write();
        let now = clock.now();
        let told = db.read_now(move |conn| recommendations::results(conn, now)).unwrap();
        assert_eq!(told[&(Shelf::ForYou, Arm::Model)], Count { views: 2, clicks: 1, orders: 3 });
        assert_eq!(told[&(Shelf::ForYou, Arm::Popular)], Count { views: 0, clicks: 1, orders: 0 });
    }
}
