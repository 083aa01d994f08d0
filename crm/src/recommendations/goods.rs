//! The products that were bought, and how much each is in demand.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use super::source::{Bought, Purchases};
use chrono::TimeDelta;
use kernel::Result;
use kernel::clock::Time;
use std::cmp::Reverse;
use std::collections::HashMap;

/// The days whose buyers make the trend.
pub const TREND_DAYS: i64 = 14;
/// Products the models look at, the best-selling of a larger catalogue: a matrix of them squared lies in memory, and the time grows with
/// their third power.
pub const MOST: usize = 6_000;

/// The products the models look at, the ones that most customers bought first.
pub struct Goods {
    /// The product at each place.
    pub products: Vec<i64>,
    places: HashMap<i64, usize>,
    /// Customers who ever bought it.
    pub ever: Vec<u32>,
    /// Customers who bought it in the last days.
    pub recent: Vec<u32>,
    /// (recent + 1) / (ever + 10): what is in demand now, of what always was.
    pub trend: Vec<f32>,
}

impl Goods {
    /// Counts the buyers of each product. `as_of` is the moment from which the last days are counted back.
    pub fn count(purchases: &(impl Purchases + ?Sized), as_of: Time) -> Result<Goods> {
        let since = as_of - TimeDelta::days(TREND_DAYS);
        let mut buyers: HashMap<i64, (u32, u32)> = HashMap::new();
        purchases.each(&mut |bought| {
            for last in last_times(bought) {
                let entry = buyers.entry(last.0).or_default();
                *entry = (entry.0 + 1, entry.1 + u32::from(last.1 >= since));
            }
            Ok(())
        })?;
        let mut all: Vec<(i64, (u32, u32))> = buyers.into_iter().collect();
        all.sort_unstable_by_key(|(product, counts)| (Reverse(*counts), *product));
        all.truncate(MOST);
        let trend = |(_, (ever, recent)): &(i64, (u32, u32))| (*recent as f32 + 1.0) / (*ever as f32 + 10.0);
        Ok(Goods {
            places: all.iter().enumerate().map(|(place, (product, _))| (*product, place)).collect(),
            trend: all.iter().map(trend).collect(),
            products: all.iter().map(|(product, _)| *product).collect(),
            ever: all.iter().map(|(_, counts)| counts.0).collect(),
            recent: all.iter().map(|(_, counts)| counts.1).collect(),
        })
    }

    pub fn len(&self) -> usize {
        self.products.len()
    }

    pub fn is_empty(&self) -> bool {
        self.products.is_empty()
    }

    /// Where a product is; `None` for one that the models do not look at.
    pub fn place(&self, product: i64) -> Option<usize> {
        self.places.get(&product).copied()
    }

    /// The places of what most customers bought lately; among equals of what most ever bought.
    pub fn popular(&self, most: usize) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.len()).collect();
        places.sort_by_key(|place| (Reverse((self.recent[*place], self.ever[*place])), self.products[*place]));
        places.truncate(most);
        places
    }
}

/// Each product of a customer with the moment it was bought last.
fn last_times(bought: &[Bought]) -> HashMap<i64, Time> {
    let mut last: HashMap<i64, Time> = HashMap::with_capacity(bought.len());
    for one in bought {
        let at = last.entry(one.product).or_insert(one.at);
        *at = one.at.max(*at);
    }
    last
}
