//! Recency, frequency and value: where a customer stands among all who buy.
//!
//! Each of the three is a quintile, 5 the best, by the definition of SQL's `NTILE(5)`: the buyers in order (the longest away first; the
//! fewest orders first; the least value first; equals by customer), cut into five parts that differ by one at most, the larger ones first.

use crate::CustomerId;
use chrono::Datelike;
use kernel::clock::Time;
use kernel::words;
use serde::{Deserialize, Serialize};

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

/// Where the second to the fifth quintile of each measure began when all were counted. By them an order moves its customer at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edges {
    recency: [i64; 4],
    frequency: [i64; 4],
    value: [i64; 4],
}

impl Edges {
    /// The quintiles of one customer among those who were counted. Of equals at an edge all stand above it.
    pub fn place(&self, one: &Orders) -> Quintiles {
        let fifth = |edges: &[i64; 4], key: i64| 1 + edges.iter().filter(|edge| key >= **edge).count() as i64;
        Quintiles {
            recency: fifth(&self.recency, last_day(one)),
            frequency: fifth(&self.frequency, one.orders),
            value: fifth(&self.value, one.value),
        }
    }
}

/// The quintiles of each of `buyers`, in their order, and the edges between them. They depend on the days of the last orders and not on
/// today: who is the longest away stays that.
pub fn quintiles(buyers: &[Orders]) -> (Vec<Quintiles>, Edges) {
    let (recency, first) = ntile(buyers, last_day);
    let (frequency, second) = ntile(buyers, |buyer| buyer.orders);
    let (value, third) = ntile(buyers, |buyer| buyer.value);
    let all = recency.into_iter().zip(frequency).zip(value);
    let all = all.map(|((recency, frequency), value)| Quintiles { recency, frequency, value }).collect();
    (all, Edges { recency: first, frequency: second, value: third })
}

/// The day of the last order, as a number.
fn last_day(one: &Orders) -> i64 {
    i64::from(one.last_at.date().num_days_from_ce())
}

/// For each of `buyers` the fifth it falls in when they stand in the order of `key`, and the least key of the fifths from the second on.
fn ntile(buyers: &[Orders], key: impl Fn(&Orders) -> i64) -> (Vec<i64>, [i64; 4]) {
    let mut order: Vec<usize> = (0..buyers.len()).collect();
    order.sort_by_key(|at| (key(&buyers[*at]), buyers[*at].customer.0));
    let (size, larger) = (buyers.len() / 5, buyers.len() % 5);
    let mut fifths = vec![0; buyers.len()];
    // A fifth that nobody falls in begins beyond everybody.
    let mut edges = [i64::MAX; 4];
    let mut places = order.into_iter();
    for fifth in 1..=5 {
        let count = size + usize::from(fifth <= larger);
        for (nth, place) in places.by_ref().take(count).enumerate() {
            fifths[place] = fifth as i64;
            if nth == 0 && fifth > 1 {
                edges[fifth - 2] = key(&buyers[place]);
            }
        }
    }
    (fifths, edges)
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
        let fifths: Vec<i64> = quintiles(&buyers).0.iter().map(|q| q.recency).collect();
        assert_eq!(fifths, [1, 1, 2, 2, 3, 4, 5]);
    }

    #[test]
    fn an_order_moves_its_customer_by_the_edges() {
        let buyers: Vec<Orders> = (1..=10).map(|n| buyer(n, n as u32, n, 100 * n)).collect();
        let (places, edges) = quintiles(&buyers);
        for (one, place) in buyers.iter().zip(&places) {
            assert_eq!(edges.place(one), *place, "who was counted stays where they are");
        }
        let moved = edges.place(&buyer(1, 20, 2, 550));
        assert_eq!((moved.recency, moved.frequency, moved.value), (5, 1, 3));
        assert_eq!(moved.group(), Group::New);
    }

    #[test]
    fn equals_stand_by_customer() {
        let buyers: Vec<Orders> = (1..=5).rev().map(|n| buyer(n, 1, 1, 100)).collect();
        let fifths: Vec<i64> = quintiles(&buyers).0.iter().map(|q| q.value).collect();
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
