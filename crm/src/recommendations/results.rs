//! How shelves do: who saw them, who clicked, who bought, for those who got the lists and, beside them, those who got what many bought.
//!
//! A visitor counts once a day and shelf. Nothing is kept of who they are.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use crate::schema::recommendation_counts as counts;
use chrono::NaiveTime;
use diesel::prelude::*;
use diesel::upsert::excluded;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each, words};
use std::collections::BTreeMap;

words!(
    /// A place where products are recommended.
    Shelf {
        /// Beside a product: bought together with it.
        Together = "together",
        /// Below the cart: what completes it.
        Complete = "complete",
        /// What a customer bought repeatedly.
        Again = "again",
        ForYou = "for_you",
    }
);

words!(
    /// Which of the lists a visitor gets.
    Arm {
        /// The learned ones.
        Model = "model",
        /// What many bought lately, for a share of the visitors: what the others are compared with.
        Popular = "popular",
    }
);

/// How often something happened to a shelf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Visitors who saw it.
    pub views: i64,
    /// Visitors who clicked something of it.
    pub clicks: i64,
    /// Orders with something that was clicked.
    pub orders: i64,
}

impl Count {
    /// Both together.
    pub fn plus(self, other: Count) -> Count {
        Count { views: self.views + other.views, clicks: self.clicks + other.clicks, orders: self.orders + other.orders }
    }
}

/// Adds to the counts of the day of `now`.
pub fn count(conn: &mut Conn, seen: &[(Shelf, Arm, Count)], now: Time) -> Result<()> {
    let day = now.date().and_time(NaiveTime::MIN);
    for (shelf, arm, count) in seen {
        let row = (
            counts::day.eq(day),
            counts::shelf.eq(*shelf),
            counts::arm.eq(*arm),
            counts::views.eq(count.views),
            counts::clicks.eq(count.clicks),
            counts::orders.eq(count.orders),
        );
        on_each!(conn, c => diesel::insert_into(counts::table)
            .values(row)
            .on_conflict((counts::day, counts::shelf, counts::arm))
            .do_update()
            .set((
                counts::views.eq(counts::views + excluded(counts::views)),
                counts::clicks.eq(counts::clicks + excluded(counts::clicks)),
                counts::orders.eq(counts::orders + excluded(counts::orders)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// The counts of each shelf and arm from the day of `since` on.
pub fn results(conn: &mut Conn, since: Time) -> Result<BTreeMap<(Shelf, Arm), Count>> {
    let day = since.date().and_time(NaiveTime::MIN);
    // A few rows a day.
    let rows: Vec<(Shelf, Arm, i64, i64, i64)> = counts::table
        .filter(counts::day.ge(day))
        .select((counts::shelf, counts::arm, counts::views, counts::clicks, counts::orders))
        .load(conn)?;
    let mut all: BTreeMap<(Shelf, Arm), Count> = BTreeMap::new();
    for (shelf, arm, views, clicks, orders) in rows {
        let count = all.entry((shelf, arm)).or_default();
        *count = count.plus(Count { views, clicks, orders });
    }
    Ok(all)
}

/// The 97.5th percentile of the normal distribution: 95 of a hundred such intervals hold the truth.
const Z: f64 = 1.959_964;
/// Views of each arm before an interval is told.
const ENOUGH: i64 = 100;

/// How much larger the first share is than the second: from and to, in thousandths, with 95 % confidence (Newcombe 1998, method 10, of
/// Wilson's intervals). `None` when there were too few to tell: below a hundred on one side, or when zero lies between.
pub fn difference(first: (i64, i64), second: (i64, i64)) -> Option<(i64, i64)> {
    if first.1 < ENOUGH || second.1 < ENOUGH {
        return None;
    }
    let (one, other) = (wilson(first), wilson(second));
    let apart = one.0 - other.0;
    let low = apart - ((one.0 - one.1).powi(2) + (other.2 - other.0).powi(2)).sqrt();
    let high = apart + ((one.2 - one.0).powi(2) + (other.0 - other.1).powi(2)).sqrt();
    let thousandths = |share: f64| (share * 1000.0).round() as i64;
    (low > 0.0 || high < 0.0).then(|| (thousandths(low), thousandths(high)))
}

/// A share with Wilson's interval around it. Of more hits than tries (several orders of one visitor) it is all of them.
fn wilson((hits, tries): (i64, i64)) -> (f64, f64, f64) {
    let (share, tries) = (hits.min(tries) as f64 / tries as f64, tries as f64);
    let middle = share + Z * Z / (2.0 * tries);
    let half = Z * (share * (1.0 - share) / tries + Z * Z / (4.0 * tries * tries)).sqrt();
    let scale = 1.0 + Z * Z / tries;
    (share, (middle - half) / scale, (middle + half) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_when_zero_lies_outside() {
        // Newcombe (1998), table II, 56/70 against 48/80: .0524 to .3339.
        let (one, other) = (wilson((56, 70)), wilson((48, 80)));
        assert!((one.1 - 0.6918).abs() < 1e-3 && (other.2 - 0.7005).abs() < 1e-3);
        assert_eq!(difference((56, 70), (48, 80)), None, "too few");
        let (low, high) = difference((560, 700), (480, 800)).unwrap();
        assert!(low > 150 && high < 250, "{low} {high}");
        assert_eq!(difference((10, 1000), (11, 1000)), None, "zero lies between");
        let (low, high) = difference((10, 1000), (60, 1000)).unwrap();
        assert!(low < high && high < 0);
    }

    #[test]
    fn counts_of_a_day_add_up() {
        let db = kernel::testing::db();
        let now = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap().and_hms_opt(10, 0, 0).unwrap();
        let seen = Count { views: 3, clicks: 1, orders: 0 };
        let again = Count { views: 1, clicks: 0, orders: 1 };
        db.write_now(move |conn| {
            count(conn, &[(Shelf::Together, Arm::Model, seen), (Shelf::Again, Arm::Model, seen)], now)?;
            count(conn, &[(Shelf::Together, Arm::Model, again)], now + chrono::TimeDelta::hours(3))?;
            count(conn, &[(Shelf::Together, Arm::Model, again)], now - chrono::TimeDelta::days(40))
        })
        .unwrap();
        let told = db.read_now(move |conn| results(conn, now - chrono::TimeDelta::days(30))).unwrap();
        assert_eq!(told[&(Shelf::Together, Arm::Model)], Count { views: 4, clicks: 1, orders: 1 });
        assert_eq!(told.len(), 2);
    }
}
