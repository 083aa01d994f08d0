//! When somebody may be written to: the start of a plan and its window, by the clock of a place.

use super::Plan;
use super::zones::of_country;
use crate::levels::{Hours, Span};
use chrono::offset::LocalResult;
use chrono::{NaiveTime, Offset, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;
use kernel::Result;
use kernel::clock::Time;
use std::collections::BTreeSet;

/// Minutes of a day.
const DAY: i64 = 24 * 60;
/// No clock is further ahead of UTC (Kiritimati), and none further behind (Baker Island).
pub(super) const AHEAD: TimeDelta = TimeDelta::hours(14);
pub(super) const BEHIND: TimeDelta = TimeDelta::hours(12);

/// The moment when the clocks of a place show `local`: the first of two when they are put back. A time that they jump over is read as if
/// they had not jumped yet (RFC 5545, section 3.3.5).
pub fn moment(zone: Tz, local: Time) -> Time {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.naive_utc(),
        LocalResult::None => {
            let before = zone.offset_from_utc_datetime(&(local - TimeDelta::days(1))).fix();
            local - TimeDelta::seconds(i64::from(before.local_minus_utc()))
        }
    }
}

/// The zone of somebody in a country; `shop` where it is not known.
pub fn zone_of(country: Option<&str>, shop: Tz) -> Tz {
    country.and_then(of_country).unwrap_or(shop)
}

/// A zone by its name; UTC for a name that is none.
pub(super) fn named(zone: &str) -> Tz {
    zone.parse().unwrap_or(Tz::UTC)
}

/// The hours of a window in a place. One that ends before it begins goes over midnight.
fn hours((from, until): (NaiveTime, NaiveTime), zone: Tz) -> Result<Hours> {
    let minute = |time: NaiveTime| i64::from(time.hour() * 60 + time.minute());
    let (from, until) = (minute(from), minute(until));
    let spans = if from < until {
        vec![Span(from, until)]
    } else {
        [Span(0, until), Span(from, DAY)].into_iter().filter(|Span(begins, ends)| begins < ends).collect()
    };
    Hours::new(zone.name(), std::array::from_fn(|_| spans.clone()), BTreeSet::new())
}

/// The first moment from `at` on at which the window of a plan is open in a place.
pub(super) fn open_from(plan: &Plan, zone: Tz, at: Time) -> Result<Time> {
    match plan.window {
        Some(window) => Ok(hours(window, zone)?.after(at, TimeDelta::zero())),
        None => Ok(at),
    }
}

/// When a plan has a mail handed over to somebody in a place: not before `now`, nor before the start as clocks there or those of the shop
/// show it, in the window.
pub fn due(plan: &Plan, zone: Tz, shop: Tz, now: Time) -> Result<Time> {
    let clock = if plan.local { zone } else { shop };
    let start = plan.at.map_or(now, |at| moment(clock, at).max(now));
    open_from(plan, clock, start)
}

/// When the first place of the world is due: what a campaign is frozen for.
pub(super) fn start(plan: &Plan, shop: Tz, now: Time) -> Time {
    match plan.at {
        None => now,
        Some(at) if plan.local => (at - AHEAD).max(now),
        Some(at) => moment(shop, at).max(now),
    }
}
