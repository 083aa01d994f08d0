//! Birthdays, as people say them: a month and a day, never a year. Whoever was born on 29 February celebrates on the 28th in years that do not have it.

use crate::CustomerId;
use crate::customers;
use crate::schema::customers as rows;
use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// A year that has every day.
const LEAP: i32 = 2000;

/// A month and a day that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Birthday {
    month: u32,
    day: u32,
}

impl Birthday {
    pub fn new(month: u32, day: u32) -> Option<Birthday> {
        NaiveDate::from_ymd_opt(LEAP, month, day).map(|_| Birthday { month, day })
    }

    /// What [`Birthday::text`] wrote.
    pub fn parse(text: &str) -> Option<Birthday> {
        let (month, day) = text.split_once('-')?;
        let number = |text: &str| if text.len() == 2 { text.parse::<u32>().ok() } else { None };
        Birthday::new(number(month)?, number(day)?)
    }

    /// As it is stored: `05-31`.
    pub fn text(self) -> String {
        format!("{:02}-{:02}", self.month, self.day)
    }

    /// The day on which it is celebrated.
    pub fn in_year(self, year: i32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, self.month, self.day).or_else(|| NaiveDate::from_ymd_opt(year, self.month, self.day - 1))
    }
}

/// The stored birthdays that are celebrated on a day.
pub fn on(day: NaiveDate) -> Vec<String> {
    let own = Birthday { month: day.month(), day: day.day() };
    let leap = Birthday { month: 2, day: 29 };
    let mut all = vec![own.text()];
    if own != leap && leap.in_year(day.year()) == Some(day) {
        all.push(leap.text());
    }
    all
}

/// A birthday as it is typed: month and day, or neither. `Invalid` says of `birth_day` when there is no such day.
pub fn typed(month: &str, day: &str) -> Result<String> {
    let (month, day) = (month.trim(), day.trim());
    if month.is_empty() && day.is_empty() {
        return Ok(String::new());
    }
    let found = month.parse().ok().zip(day.parse().ok()).and_then(|(month, day)| Birthday::new(month, day));
    found.map(Birthday::text).ok_or_else(|| Error::field("birth_day", "birthday-invalid"))
}

/// Month and day for a form; both empty where there is none.
pub fn parts(stored: &str) -> (String, String) {
    Birthday::parse(stored).map(|one| (one.month.to_string(), one.day.to_string())).unwrap_or_default()
}

/// Stores what somebody said of themselves, or takes it away (empty). `Invalid` for what is no birthday. Programs are told.
pub fn set(conn: &mut Conn, id: CustomerId, birthday: &str, now: Time) -> Result<()> {
    if !birthday.is_empty() && Birthday::parse(birthday).is_none() {
        return Err(Error::field("birth_day", "birthday-invalid"));
    }
    // A form of somebody who was erased meanwhile brings nothing back.
    let standing = rows::erased_at.is_null().and(rows::merged_into.is_null());
    diesel::update(rows::table.find(id).filter(standing)).set((rows::birthday.eq(birthday), rows::updated_at.eq(now))).execute(conn)?;
    customers::changed(conn, id, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_is_a_day_that_there_is_and_is_celebrated_once_a_year() {
        assert_eq!(typed("2", "29").ok().as_deref(), Some("02-29"));
        assert_eq!(typed(" ", "").ok().as_deref(), Some(""));
        for (month, day) in [("2", "30"), ("13", "1"), ("", "5"), ("5", ""), ("4", "31"), ("x", "1")] {
            assert!(typed(month, day).is_err(), "{month} {day}");
        }
        for month in 1..=12 {
            for day in 1..=31 {
                let Some(one) = Birthday::new(month, day) else { continue };
                assert_eq!(Birthday::parse(&one.text()), Some(one));
                for year in [1999, 2000, 2026, 2028, 2100] {
                    let days = (1..=366).filter_map(|of| NaiveDate::from_yo_opt(year, of)).filter(|day| on(*day).contains(&one.text()));
                    let days: Vec<NaiveDate> = days.collect();
                    assert_eq!(days, [one.in_year(year).unwrap()], "{} {year}", one.text());
                }
            }
        }
        assert_eq!(parts("02-09"), ("2".to_string(), "9".to_string()));
    }
}
