//! Lengths of time, and how long ago something was.

use chrono::TimeDelta;
use kernel::clock::Time;
use serde::{Deserialize, Serialize};

/// How long ago something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Age {
    /// Less than this.
    Within(Span),
    /// This or more.
    Before(Span),
}

impl Age {
    pub fn span(self) -> Span {
        match self {
            Age::Within(span) | Age::Before(span) => span,
        }
    }
}

/// The longest span, in days: a hundred years.
pub const LONGEST: i64 = 36_500;

/// A length of time: `30d` or `12h` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    Hours(i64),
    Days(i64),
}

impl Span {
    /// Reads `30d` or `12h`.
    pub fn parse(text: &str) -> Option<Span> {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let number = number.parse().ok().filter(|number| (1..=LONGEST * 24).contains(number))?;
        match unit {
            "h" => Some(Span::Hours(number)),
            "d" if number <= LONGEST => Some(Span::Days(number)),
            _ => None,
        }
    }

    pub fn seconds(self) -> i64 {
        match self {
            Span::Hours(hours) => hours * 3600,
            Span::Days(days) => days * 86_400,
        }
    }

    pub fn length(self) -> TimeDelta {
        TimeDelta::seconds(self.seconds())
    }

    /// The moment that leaves the span now: what is later lies in it.
    pub(super) fn before(self, now: Time) -> Time {
        now - self.length()
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Span::Hours(hours) => write!(f, "{hours}h"),
            Span::Days(days) => write!(f, "{days}d"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(from)?;
        Span::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text} is no length of time such as 30d or 12h")))
    }
}
