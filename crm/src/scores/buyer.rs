//! A customer's purchases, as the scores look at them: by whole days, since two orders on one day are one visit to the shop.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use crate::CustomerId;
use crate::bg_nbd::History;
use crate::gamma_gamma::Spending;
use crate::rfm::Orders;
use chrono::NaiveDate;
use kernel::clock::Time;

const DAYS_OF_WEEK: f64 = 7.0;

/// An order: when it was placed, what it brought and left in the currency of the scores (nothing when it was in another one), and of how
/// many of its lines nobody knows the cost.
#[derive(Clone, Copy, Debug)]
pub struct Bought {
    pub at: Time,
    pub net: i64,
    pub margin: i64,
    pub uncosted: i64,
}

/// An order as it is read: its moment, what it brought, what it left, lines without cost, and whether it is in the currency that counts.
pub(super) type Row = (Time, i64, i64, i64, bool);

impl Bought {
    pub(super) fn of((at, net, margin, uncosted, counts): Row) -> Bought {
        let counted = |number: i64| if counts { number } else { 0 };
        Bought { at, net: counted(net), margin: counted(margin), uncosted: counted(uncosted) }
    }
}

/// A customer with at least one order.
#[derive(Clone, Debug)]
pub struct Buyer {
    pub customer: CustomerId,
    pub orders: i64,
    pub value: i64,
    /// What the orders left over their goods, and the lines whose cost nobody knows.
    pub margin: i64,
    pub uncosted: i64,
    pub first_at: Time,
    pub last_at: Time,
    /// The days with orders, the first one first, and what they brought.
    days: Vec<(NaiveDate, i64)>,
}

impl Buyer {
    /// Of orders in the order of their moments; `None` without any.
    pub fn of(customer: CustomerId, orders: &[Bought]) -> Option<Buyer> {
        let (first, last) = (orders.first()?, orders.last()?);
        let mut days: Vec<(NaiveDate, i64)> = Vec::new();
        for order in orders {
            match days.last_mut() {
                Some((day, net)) if *day == order.at.date() => *net += order.net,
                _ => days.push((order.at.date(), order.net)),
            }
        }
        let value = orders.iter().map(|order| order.net).sum();
        let (margin, uncosted) = orders.iter().fold((0, 0), |sum, order| (sum.0 + order.margin, sum.1 + order.uncosted));
        let (first_at, last_at) = (first.at, last.at);
        Some(Buyer { customer, orders: orders.len() as i64, value, margin, uncosted, first_at, last_at, days })
    }

    pub fn in_short(&self) -> Orders {
        Orders { customer: self.customer, last_at: self.last_at, orders: self.orders, value: self.value }
    }

    /// Days with an order after the first one.
    pub fn repeats(&self) -> i64 {
        self.days.len() as i64 - 1
    }

    /// Days from the first day with an order to the last.
    pub fn span(&self) -> i64 {
        (self.last_at.date() - self.first_at.date()).num_days()
    }

    /// Days without an order, up to `today`.
    pub fn silence(&self, today: NaiveDate) -> i64 {
        (today - self.last_at.date()).num_days().max(0)
    }

    /// What the model of repeat buying sees on the day `today`.
    pub fn history(&self, today: NaiveDate) -> History {
        let age = (today - self.first_at.date()).num_days().max(self.span());
        History { repeats: self.repeats() as f64, last: self.span() as f64 / DAYS_OF_WEEK, age: age as f64 / DAYS_OF_WEEK }
    }

    /// What the model of values sees: the visits after the first, in minor units.
    pub fn spending(&self) -> Spending {
        let (repeats, value) = (self.repeats() as f64, self.days.iter().skip(1).map(|(_, net)| *net as f64).sum::<f64>());
        if repeats > 0.0 && value > 0.0 {
            Spending { purchases: repeats, mean: value / repeats }
        } else {
            Spending { purchases: 0.0, mean: 0.0 }
        }
    }

    /// The same customer as on the day `until`, which is the last that counts, and the days with orders after it.
    pub fn known_on(&self, until: NaiveDate) -> Option<(Buyer, i64)> {
        let kept: Vec<(NaiveDate, i64)> = self.days.iter().filter(|(day, _)| *day <= until).copied().collect();
        let (first, last) = (kept.first()?.0, kept.last()?.0);
        let after = self.days.len() as i64 - kept.len() as i64;
        let start = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN);
        let value = kept.iter().map(|(_, net)| net).sum();
        let (orders, first_at, last_at) = (kept.len() as i64, start(first), start(last));
        let known = Buyer { orders, value, margin: 0, uncosted: 0, first_at, last_at, days: kept, customer: self.customer };
        Some((known, after))
    }
}
