//! What the browser remembers of recommendations.

use super::Visit;
use crate::web::recommend::tag::{self, Led};
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use kernel::clock::Time;

/// The products clicked in shelves of recommendations, for the days in which buying them counts. Only the browser keeps them.
pub(super) const NAME: &str = "led";

impl Visit {
    /// What was clicked in shelves in the last days, the last first.
    pub fn led(&self, now: Time) -> Vec<Led> {
        if self.led.is_empty() { Vec::new() } else { tag::read(&self.led, now) }
    }

    /// Lets the browser remember what was clicked in shelves.
    pub fn keep_led(&self, led: &[Led]) {
        let mut cookie = Cookie::new(NAME, tag::write(led));
        cookie.set_max_age(Duration::days(tag::DAYS.into()));
        self.outgoing.borrow_mut().push(cookie);
    }

    /// What stays the same as long as the browser says that the cart did not change; `None` while it says nothing.
    pub fn cart_edition(&self) -> Option<String> {
        (!self.units.is_empty()).then(|| format!("{}.{}", self.visitor, self.units))
    }
}
