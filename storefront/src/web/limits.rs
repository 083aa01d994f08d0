//! How often one client may try: passwords, checkouts, searches. Counted in memory, each process for itself.

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use kernel::config::RateLimits;
use kernel::{Error, Result};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// After so many checks the keys that are idle again are forgotten.
const SWEEP: u32 = 4096;

/// Product feeds that one client may fetch in a minute.
const FEEDS: u32 = 6;

/// Counts attempts by key: a client, or a client and what it asks about.
pub struct Limiter {
    rate: DefaultKeyedRateLimiter<String>,
    checks: AtomicU32,
}

impl Limiter {
    /// `per_minute` attempts at once, which come back evenly over a minute.
    pub fn new(per_minute: u32) -> Limiter {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Limiter { rate: RateLimiter::keyed(quota), checks: AtomicU32::new(0) }
    }

    /// Counts an attempt. `TooMany` with the seconds to wait when there were too many.
    pub fn check(&self, key: &str) -> Result<()> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.rate.retain_recent();
        }
        self.rate.check_key(&key.to_string()).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Error::TooMany(wait.as_secs().saturating_add(1))
        })
    }
}

/// The limits of the shop.
pub struct Limits {
    pub sign_in: Limiter,
    pub checkout: Limiter,
    pub search: Limiter,
    pub feed: Limiter,
}

impl Limits {
    pub fn new(limits: &RateLimits) -> Limits {
        Limits {
            sign_in: Limiter::new(limits.sign_in),
            checkout: Limiter::new(limits.checkout),
            search: Limiter::new(limits.search),
            feed: Limiter::new(FEEDS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_waits_and_another_does_not() {
        let limiter = Limiter::new(2);
        assert!(limiter.check("a").is_ok() && limiter.check("a").is_ok());
        assert!(matches!(limiter.check("a"), Err(Error::TooMany(1..=31))));
        assert!(limiter.check("b").is_ok());
    }
}
