//! The hours in which somebody is there, and time counted in them. Pure.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Minutes of a day.
const DAY: i64 = 24 * 60;
/// The fewest minutes of a week, so that any number of them ends.
const FEWEST: i64 = 60;
/// The most holidays of a calendar, and spans of a day.
const HOLIDAYS: usize = 500;
const SPANS: usize = 12;
/// Days after which a due time is looked for no further: more than the most minutes of a policy take in the emptiest week.
const FAR: u32 = 20_000;

/// Part of a day: minutes since midnight by the clocks there, the end not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span(pub i64, pub i64);

/// A week of hours in a time zone, with the days on which nobody is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    zone: Tz,
    /// From Monday on.
    week: [Vec<Span>; 7],
    holidays: BTreeSet<NaiveDate>,
}

impl Hours {
    /// `Invalid` (fields `zone`, `day-0` to `day-6`, `holidays`) for a zone that is none, spans that end before they begin or overlap, and a
    /// week without hours.
    pub fn new(zone: &str, mut week: [Vec<Span>; 7], holidays: BTreeSet<NaiveDate>) -> Result<Hours> {
        let mut wrong = Fields::default();
        let zone = zone.trim().parse::<Tz>().map_err(|_| wrong.add("zone", "admin-time-zone-invalid")).unwrap_or(Tz::UTC);
        for (day, spans) in week.iter_mut().enumerate() {
            spans.sort();
            let within = spans.iter().all(|Span(from, until)| *from >= 0 && from < until && *until <= DAY);
            let apart = spans.windows(2).all(|pair| pair[0].1 <= pair[1].0);
            if !within || !apart || spans.len() > SPANS {
                wrong.add(&format!("day-{day}"), "level-hours-wrong");
            }
        }
        if holidays.len() > HOLIDAYS {
            wrong.add("holidays", "level-holidays-many");
        }
        wrong.check()?;
        if week.iter().flatten().map(|Span(from, until)| until - from).sum::<i64>() < FEWEST {
            return Err(Error::field("day-0", "level-hours-none"));
        }
        Ok(Hours { zone, week, holidays })
    }

    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    pub fn week(&self) -> &[Vec<Span>; 7] {
        &self.week
    }

    pub fn holidays(&self) -> &BTreeSet<NaiveDate> {
        &self.holidays
    }

    /// Whether a moment is in these hours.
    pub fn hold(&self, at: Time) -> bool {
        self.there(at.date()).into_iter().any(|(begins, ends)| (begins..ends).contains(&at))
    }

    /// When `minutes` of these hours are over that begin to count at `from`.
    pub fn due(&self, from: Time, minutes: i64) -> Time {
        self.after(from, TimeDelta::minutes(minutes))
    }

    /// When so much of these hours is over.
    pub fn after(&self, from: Time, time: TimeDelta) -> Time {
        let mut left = time;
        let mut day = from.date();
        for _ in 0..FAR {
            for (begins, ends) in self.there(day) {
                let begins = begins.max(from);
                if begins >= ends {
                    continue;
                }
                if left <= ends - begins {
                    return begins + left;
                }
                left -= ends - begins;
            }
            let Some(next) = day.succ_opt() else { break };
            day = next;
        }
        midnight(day)
    }

    /// How much of these hours lies between two moments.
    pub fn worked(&self, from: Time, to: Time) -> TimeDelta {
        let mut worked = TimeDelta::zero();
        let mut day = from.date();
        while day <= to.date() {
            for (begins, ends) in self.there(day) {
                worked += (ends.min(to) - begins.max(from)).max(TimeDelta::zero());
            }
            let Some(next) = day.succ_opt() else { break };
            day = next;
        }
        worked
    }

    /// The stretches of a day of UTC in which somebody is there, in order. Between two changes of the clocks local time is UTC and a number of
    /// seconds, so nothing is ever there twice or missing.
    fn there(&self, day: NaiveDate) -> Vec<(Time, Time)> {
        let (begins, ends) = (midnight(day), midnight(day) + TimeDelta::days(1));
        let (first, last) = (self.ahead(begins), self.ahead(ends));
        if first == last {
            return self.within(begins, ends, first);
        }
        let changes = self.change(begins, ends);
        let mut found = self.within(begins, changes, first);
        found.extend(self.within(changes, ends, last));
        found
    }

    /// What local clocks are ahead of UTC.
    fn ahead(&self, at: Time) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.zone.offset_from_utc_datetime(&at).fix().local_minus_utc()))
    }

    /// The second at which the clocks change between two moments at which they differ.
    fn change(&self, begins: Time, ends: Time) -> Time {
        let (old, mut low, mut high) = (self.ahead(begins), begins.and_utc().timestamp(), ends.and_utc().timestamp());
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.ahead(moment(middle)) == old { low = middle } else { high = middle }
        }
        moment(high)
    }

    fn within(&self, begins: Time, ends: Time, ahead: TimeDelta) -> Vec<(Time, Time)> {
        let mut found = Vec::new();
        let last = (ends + ahead).date();
        let mut day = (begins + ahead).date();
        while day <= last {
            if !self.holidays.contains(&day) {
                let at = |minutes: i64| midnight(day) + TimeDelta::minutes(minutes) - ahead;
                let spans = self.week[day.weekday().num_days_from_monday() as usize].iter();
                let clipped = spans.map(|Span(from, until)| (at(*from).max(begins), at(*until).min(ends)));
                found.extend(clipped.filter(|(from, until)| from < until));
            }
            let Some(next) = day.checked_add_days(Days::new(1)) else { break };
            day = next;
        }
        found
    }
}

fn midnight(day: NaiveDate) -> Time {
    day.and_time(NaiveTime::MIN)
}

fn moment(seconds: i64) -> Time {
    DateTime::from_timestamp(seconds, 0).map_or(NaiveDateTime::MAX, |at| at.naive_utc())
}

/// Spans as people write them: `09:00-12:00, 13:00-17:00`; nothing for none. `None` for anything else.
pub fn read_spans(text: &str) -> Option<Vec<Span>> {
    let clock = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let plain = |digits: &str| (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let (hour, minute): (i64, i64) = (plain(hour) && plain(minute)).then(|| hour.parse().ok().zip(minute.parse().ok()))??;
        (minute < 60 && hour <= 24).then_some(hour * 60 + minute)
    };
    let span = |text: &str| {
        let (from, until) = text.split_once(['-', '–'])?;
        Some(Span(clock(from)?, clock(until)?))
    };
    text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(span).collect()
}

/// What [`read_spans`] reads.
pub fn write_spans(spans: &[Span]) -> String {
    let clock = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    spans.iter().map(|Span(from, until)| format!("{}-{}", clock(*from), clock(*until))).collect::<Vec<_>>().join(", ")
}

/// Days as people write them, such as `2026-12-25`, with blanks, commas or lines between them.
pub fn read_holidays(text: &str) -> Option<BTreeSet<NaiveDate>> {
    let words = text.split(|letter: char| letter.is_whitespace() || letter == ',').filter(|word| !word.is_empty());
    words.map(|word| NaiveDate::parse_from_str(word, "%Y-%m-%d").ok().filter(|day| (1970..=9000).contains(&day.year()))).collect()
}

/// What [`read_holidays`] reads, a day on each line.
pub fn write_holidays(days: &BTreeSet<NaiveDate>) -> String {
    days.iter().map(NaiveDate::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Time {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    fn hours(zone: &str, day: &str, holidays: &str) -> Hours {
        let spans = read_spans(day).unwrap();
        Hours::new(zone, std::array::from_fn(|_| spans.clone()), read_holidays(holidays).unwrap()).unwrap()
    }

    /// Whether somebody is there in the minute that begins then, by the clocks on the wall.
    fn there(hours: &Hours, minute: Time) -> bool {
        let local = hours.zone.from_utc_datetime(&minute).naive_local();
        let since = (local - midnight(local.date())).num_minutes();
        let spans = &hours.week[local.weekday().num_days_from_monday() as usize];
        !hours.holidays.contains(&local.date()) && spans.iter().any(|Span(from, until)| (*from..*until).contains(&since))
    }

    #[test]
    fn a_day_that_the_clocks_change_has_the_hours_that_it_has() {
        // The night to 29 March 2026 lacks 02:00 to 03:00 in Berlin; that to 25 October has it twice.
        let berlin = hours("Europe/Berlin", "01:30-04:00", "");
        assert_eq!(berlin.worked(at("2026-03-28 12:00"), at("2026-03-29 12:00")).num_minutes(), 90);
        assert_eq!(berlin.worked(at("2026-10-24 12:00"), at("2026-10-25 12:00")).num_minutes(), 210);
        assert_eq!(berlin.due(at("2026-03-28 12:00"), 60), at("2026-03-29 01:30"));
        assert_eq!(berlin.due(at("2026-10-24 12:00"), 200), at("2026-10-25 02:50"));
    }

    #[test]
    fn nobody_is_there_on_a_holiday_or_a_weekend() {
        let spans = read_spans("09:00-12:00, 13:00-17:00").unwrap();
        let week = std::array::from_fn(|day| if day < 5 { spans.clone() } else { Vec::new() });
        let office = Hours::new("Europe/Berlin", week, read_holidays("2026-12-25").unwrap()).unwrap();
        // Thursday 16:00 in Berlin; Friday is a holiday.
        assert_eq!(office.due(at("2026-12-24 15:00"), 120), at("2026-12-28 09:00"));
        assert_eq!(office.due(at("2026-12-26 10:00"), 181), at("2026-12-28 12:01"));
        assert_eq!(office.worked(at("2026-12-25 00:00"), at("2026-12-27 22:00")), TimeDelta::zero());
    }

    #[test]
    fn hours_that_are_none_are_refused() {
        let make = |text: &str| Hours::new("UTC", std::array::from_fn(|_| read_spans(text).unwrap()), BTreeSet::new());
        for wrong in ["22:00-06:00", "09:00-09:00", "09:00-12:00, 11:00-13:00", "", "23:00-24:01", "00:00-00:01"] {
            assert!(matches!(make(wrong), Err(Error::Invalid(_))), "{wrong}");
        }
        assert!(make("00:00-24:00").is_ok());
        assert!(Hours::new("Nowhere/Else", std::array::from_fn(|_| vec![Span(0, DAY)]), BTreeSet::new()).is_err());
        for wrong in ["9-12", "09:00", "a:00-b:00", "09:00-12:60", "+9:00-12:00"] {
            assert_eq!(read_spans(wrong), None, "{wrong}");
        }
        assert_eq!(write_spans(&read_spans("9:00-12:5").unwrap()), "09:00-12:05");
    }

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        proptest::collection::btree_set(0..=DAY, 2..8).prop_map(|marks| {
            let marks: Vec<i64> = marks.into_iter().collect();
            marks.chunks_exact(2).map(|pair| Span(pair[0], pair[1])).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Around changes of the clocks, the worked time is the minutes in which somebody is there by the clocks on the wall, and what is due is due when
        /// as many are over.
        #[test]
        fn worked_time_is_what_the_clocks_on_the_wall_say(
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Africa/Cairo"]),
            week in proptest::collection::vec(spans(), 7),
            around in prop::sample::select(vec!["2026-03-27 00:00", "2026-10-23 00:00", "2026-04-03 00:00", "2026-03-06 00:00", "2026-04-23 00:00"]),
            holiday in 0i64..4,
            (from, length) in (0i64..4320, 0i64..4320),
            minutes in 1i64..3000,
        ) {
            let week: [Vec<Span>; 7] = week.try_into().unwrap();
            let around = at(around);
            let Ok(hours) = Hours::new(zone, week, BTreeSet::from([around.date() + TimeDelta::days(holiday)])) else { return Ok(()) };
            let from = around + TimeDelta::minutes(from);
            let to = from + TimeDelta::minutes(length);
            let counted = (0..length).filter(|minute| there(&hours, from + TimeDelta::minutes(*minute))).count() as i64;
            prop_assert_eq!(hours.worked(from, to).num_minutes(), counted);
            let due = hours.due(from, minutes);
            prop_assert_eq!(hours.worked(from, due), TimeDelta::minutes(minutes));
            // Not a minute later than it must be.
            prop_assert!(there(&hours, due - TimeDelta::minutes(1)));
        }
    }
}
