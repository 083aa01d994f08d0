//! Recency, frequency and value: where a customer stands among all who buy.
//!
//! Each of the three is a quintile, 5 the best, by the definition of SQL's `NTILE(5)`: the buyers in order (the longest away first; the
//! fewest orders first; the least value first; equals by customer), cut into five parts that differ by one at most, the larger ones first.

use crate::CustomerId;
use kernel::clock::Time;
use kernel::words;

/// A customer's orders in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orders {
    pub customer: CustomerId,
    pub last_at: Time,
    pub orders: i64,
    /// What the orders brought, in minor units of one currency.
    pub value: i64,
}

words!(
    /// What to call a place among the buyers. The first whose rule fits, in this order.
    Group {
        Champions = "champions",
        Loyal = "loyal",
        CannotLose = "cannot_lose",
        AtRisk = "at_risk",
        Hibernating = "hibernating",
        PotentialLoyalist = "potential_loyalist",
        New = "new",
        NeedsAttention = "needs_attention",
    }
);

/// The quintiles of a customer, 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quintiles {
    pub recency: i64,
    pub frequency: i64,
    pub value: i64,
}

impl Quintiles {
    /// The group these quintiles name. Value does not decide.
    pub fn group(self) -> Group {
        match (self.recency, self.frequency) {
            (4.., 4..) => Group::Champions,
            (3, 4..) => Group::Loyal,
            (..=2, 5) => Group::CannotLose,
            (..=2, 3..) => Group::AtRisk,
            (..=2, _) => Group::Hibernating,
            (4.., 2..) => Group::PotentialLoyalist,
            (4.., 1) => Group::New,
            _ => Group::NeedsAttention,
        }
    }
}

/// Whole days between two moments by the calendar, at least zero: how long ago the last order was.
pub fn days(from: Time, to: Time) -> i64 {
    (to.date() - from.date()).num_days().max(0)
}

/// The quintiles of each of `buyers`, in their order, on the day of `now`.
pub fn quintiles(buyers: &[Orders], now: Time) -> Vec<Quintiles> {
    let recency = ntile(buyers, |buyer| -days(buyer.last_at, now));
    let frequency = ntile(buyers, |buyer| buyer.orders);
    let value = ntile(buyers, |buyer| buyer.value);
    let all = recency.into_iter().zip(frequency).zip(value);
    all.map(|((recency, frequency), value)| Quintiles { recency, frequency, value }).collect()
}

/// For each of `buyers` the fifth it falls in when they stand in the order of `key`.
fn ntile(buyers: &[Orders], key: impl Fn(&Orders) -> i64) -> Vec<i64> {
    let mut order: Vec<usize> = (0..buyers.len()).collect();
    order.sort_by_key(|at| (key(&buyers[*at]), buyers[*at].customer.0));
    let (size, larger) = (buyers.len() / 5, buyers.len() % 5);
    let mut fifths = vec![0; buyers.len()];
    let mut places = order.into_iter();
    for fifth in 1..=5 {
        let count = size + usize::from(fifth <= larger);
        for place in places.by_ref().take(count) {
            fifths[place] = fifth as i64;
        }
    }
    fifths
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn day(number: u32) -> Time {
        NaiveDate::from_ymd_opt(2026, 1, number).unwrap().and_hms_opt(10, 0, 0).unwrap()
    }

    fn buyer(customer: i64, day_of_last: u32, orders: i64, value: i64) -> Orders {
        Orders { customer: CustomerId(customer), last_at: day(day_of_last), orders, value }
    }

    #[test]
    fn seven_buyers_fall_into_parts_of_two_two_one_one_one() {
        let buyers: Vec<Orders> = (1..=7).map(|n| buyer(n, n as u32, n, 100 * n)).collect();
        let fifths: Vec<i64> = quintiles(&buyers, day(20)).iter().map(|q| q.recency).collect();
        assert_eq!(fifths, [1, 1, 2, 2, 3, 4, 5]);
    }

    #[test]
    fn equals_stand_by_customer() {
        let buyers: Vec<Orders> = (1..=5).rev().map(|n| buyer(n, 1, 1, 100)).collect();
        let fifths: Vec<i64> = quintiles(&buyers, day(20)).iter().map(|q| q.value).collect();
        assert_eq!(fifths, [5, 4, 3, 2, 1]);
    }

    #[test]
    fn every_pair_of_quintiles_has_a_group() {
        let group = |recency, frequency| Quintiles { recency, frequency, value: 3 }.group();
        assert_eq!(group(5, 4), Group::Champions);
        assert_eq!(group(3, 5), Group::Loyal);
        assert_eq!(group(2, 5), Group::CannotLose);
        assert_eq!(group(1, 3), Group::AtRisk);
        assert_eq!(group(2, 2), Group::Hibernating);
        assert_eq!(group(4, 3), Group::PotentialLoyalist);
        assert_eq!(group(5, 1), Group::New);
        assert_eq!(group(3, 3), Group::NeedsAttention);
        assert_eq!(group(3, 1), Group::NeedsAttention);
    }
}
