//! Time. `now` is a parameter everywhere; only the edge asks the clock.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// UTC, cut to microseconds: the finest that both databases keep.
pub type Time = NaiveDateTime;

/// The wall clock, with an offset that tests move.
#[derive(Clone, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
}

impl Clock {
    pub fn now(&self) -> Time {
        let now = Utc::now().timestamp_micros() + self.offset_seconds.load(Ordering::Relaxed) * 1_000_000;
        DateTime::from_timestamp_micros(now).unwrap_or_default().naive_utc()
    }

    /// Moves the clock forward, for tests of deadlines.
    pub fn advance(&self, by: TimeDelta) {
        self.offset_seconds.fetch_add(by.num_seconds(), Ordering::Relaxed);
    }
}
