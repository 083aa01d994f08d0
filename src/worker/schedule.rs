//! Work by the clock: each slot of a schedule is one job row, so several workers on one database run it once.

use chrono::{DateTime, TimeDelta};
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::{Conn, Result};

/// Something to run every so often, counted from midnight UTC.
pub struct Slot {
    /// The kind of its job, and its name.
    pub kind: &'static str,
    pub every: TimeDelta,
    /// Whether it may wait for other work.
    pub class: Class,
}

impl Slot {
    /// The first moment after `now` at which it is due.
    pub fn next(&self, now: Time) -> Time {
        let every = self.every.num_seconds().max(1);
        let seconds = now.and_utc().timestamp();
        DateTime::from_timestamp(seconds - seconds.rem_euclid(every) + every, 0).map_or(now, |next| next.naive_utc())
    }

    /// Adds the job for `next`, unless it is there. Always for a moment to come: the row of a past one is gone once it ran, and
    /// would be added again.
    pub fn seed(&self, conn: &mut Conn, next: Time, now: Time) -> Result<()> {
        let key = format!("schedule:{}:{}", self.kind, next.and_utc().timestamp());
        jobs::enqueue_as(conn, self.class, self.kind, "", Some(&key), next, now)
    }
}
