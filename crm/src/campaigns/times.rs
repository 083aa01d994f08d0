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
/// No clock is further ahead of UTC (Kiritimati).
const AHEAD: TimeDelta = TimeDelta::hours(14);
/// No clock is further behind (Baker Island).
const BEHIND: TimeDelta = TimeDelta::hours(12);

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

/// [`due`] of a variant that goes out at `own`, where it has a time of its own.
pub(super) fn due_at(plan: &Plan, own: Option<Time>, (zone, shop): (Tz, Tz), now: Time) -> Result<Time> {
    match own {
        None => due(plan, zone, shop, now),
        at => due(&Plan { at, ..plan.clone() }, zone, shop, now),
    }
}

/// The moment by which clocks everywhere have shown `local`, those of the shop alone where the plan is read by them.
pub(super) fn shown_everywhere(plan: &Plan, shop: Tz, local: Time) -> Time {
    if plan.local { local + BEHIND } else { moment(shop, local) }
}

/// The first moment after `since` at which the clocks of a place show a time of day. One that they jump over is read as if they had not
/// jumped yet.
pub(crate) fn next_at(zone: Tz, time: NaiveTime, since: Time) -> Time {
    let day = zone.from_utc_datetime(&since).date_naive();
    // Clocks that are put back may show the time of yesterday's date again; the day after next there is one in any case.
    let days = (-1..=2).map(|n| moment(zone, (day + TimeDelta::days(n)).and_time(time)));
    days.into_iter().find(|at| *at > since).unwrap_or(since + TimeDelta::days(1))
}

/// When the first place of the world is due: what a campaign is frozen for.
pub(super) fn start(plan: &Plan, shop: Tz, now: Time) -> Time {
    match plan.at {
        None => now,
        Some(at) if plan.local => (at - AHEAD).max(now),
        Some(at) => moment(shop, at).max(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDate, NaiveDateTime};
    use proptest::prelude::*;

    fn at(text: &str) -> Time {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap_or_default()
    }

    fn clock(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap_or_default()
    }

    /// What clocks show there then.
    fn shown(zone: Tz, at: Time) -> Time {
        zone.from_utc_datetime(&at).naive_local()
    }

    #[test]
    fn clocks_that_jump_and_clocks_that_are_put_back() {
        let berlin = Tz::Europe__Berlin;
        assert_eq!(moment(berlin, at("2026-03-29 02:30")), at("2026-03-29 01:30"), "shown as 03:30");
        assert_eq!(moment(berlin, at("2026-10-25 02:30")), at("2026-10-25 00:30"), "the first of two");
        let plan = |from: &str, until: &str| Plan { window: Some((clock(from), clock(until))), ..Plan::default() };
        let open = |plan: &Plan, from: &str| open_from(plan, berlin, at(from)).unwrap_or_default();
        // The window of 02:00 to 03:00 is not there on the day of the jump.
        assert_eq!(open(&plan("02:00", "03:00"), "2026-03-29 00:30"), at("2026-03-30 00:00"));
        // It is there twice in autumn.
        assert_eq!(open(&plan("02:00", "03:00"), "2026-10-25 00:59"), at("2026-10-25 00:59"));
        assert_eq!(open(&plan("02:00", "03:00"), "2026-10-25 01:30"), at("2026-10-25 01:30"));
        // Over midnight.
        assert_eq!(open(&plan("22:00", "06:00"), "2026-06-01 12:00"), at("2026-06-01 20:00"));
        assert_eq!(open(&plan("22:00", "06:00"), "2026-06-01 23:00"), at("2026-06-01 23:00"));
    }

    #[test]
    fn the_start_of_a_campaign_is_before_everybodys() {
        let plan = Plan { at: Some(at("2026-06-01 09:00")), local: true, ..Plan::default() };
        let now = at("2026-05-01 00:00");
        let begins = start(&plan, Tz::Europe__Berlin, now);
        for zone in chrono_tz::TZ_VARIANTS {
            let due = due(&plan, zone, Tz::Europe__Berlin, now).unwrap_or_default();
            assert!(begins <= due && due <= at("2026-06-01 09:00") + TimeDelta::hours(12), "{zone}: {due}");
            assert_eq!(shown(zone, due), at("2026-06-01 09:00"), "{zone}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// In every zone, on every day of years with all their changes of clocks: a mail is due when clocks there show what was asked for, in
        /// the window, and no earlier minute would do.
        #[test]
        fn a_mail_is_due_when_clocks_there_say_so(
            zone in 0..chrono_tz::TZ_VARIANTS.len(),
            minutes in 0i64..5 * 366 * 24 * 60,
            from in 0u32..24 * 60,
            length in 60u32..23 * 60,
            asked in prop::option::of(-3000i64..3000),
        ) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let now = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes);
            let time = |minute: u32| NaiveTime::from_num_seconds_from_midnight_opt(minute % (24 * 60) * 60, 0).unwrap_or_default();
            let (begins, ends) = (time(from), time(from + length));
            let local = asked.map(|minutes| shown(zone, now) + TimeDelta::minutes(minutes));
            let plan = Plan { at: local, local: true, window: Some((begins, ends)), ..Plan::default() };
            let due = due(&plan, zone, Tz::UTC, now).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(due >= now);
            let inside = |at: Time| {
                let time = shown(zone, at).time();
                if begins < ends { begins <= time && time < ends } else { begins <= time || time < ends }
            };
            prop_assert!(inside(due), "{zone}: {due} shows {}", shown(zone, due));
            let start = local.map_or(now, |local| moment(zone, local).max(now));
            if let Some(local) = local.filter(|_| start > now) {
                // A time that clocks jump over is shown later, by what they jump.
                let late = shown(zone, start) - local;
                prop_assert!(late == TimeDelta::zero() || zone.from_local_datetime(&local).earliest().is_none(), "{zone}: {late}");
            }
            prop_assert!(due >= start);
            let mut before = start;
            while before < due {
                prop_assert!(!inside(before), "{zone}: {before} would have done before {due}");
                before += TimeDelta::minutes(1);
            }
        }
    }
}
