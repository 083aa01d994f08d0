//! How good the lists are: the same models, learned from what was bought before a day, against what was bought after it.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use super::model::Model;
use super::source::{Before, Bought, Purchases};
use chrono::{NaiveDate, TimeDelta};
use kernel::Result;
use kernel::clock::Time;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The length of the lists that are judged.
pub const LENGTH: usize = 10;
/// The days that are held back.
pub const HELD_BACK: i64 = 30;
/// Customers who have to come back in them before anything is said.
pub const ENOUGH: u32 = 50;

/// How well lists of ten foretold what customers bought, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Customers with a product in their list that they then bought.
    pub hits: i64,
    /// Normalised discounted cumulative gain: how much of what was bought stands in the list, and how far up.
    pub ndcg: i64,
}

/// The lists beside those of popularity, over so many customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    pub customers: u32,
    pub model: Accuracy,
    pub popularity: Accuracy,
}

/// What a hold-out said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// The first day that was held back.
    pub from: NaiveDate,
    pub days: i64,
    /// Whatever they bought.
    pub all: Compared,
    /// Only what they had never bought before.
    pub new: Compared,
}

impl Measure {
    /// Whether enough customers came back for it to mean anything.
    pub fn says_something(&self) -> bool {
        self.all.customers >= ENOUGH
    }
}

/// Sums over customers until they become an [`Accuracy`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub customers: u32,
    pub hits: f64,
    pub ndcg: f64,
}

impl Tally {
    /// Judges one list against what was then bought.
    pub fn add(&mut self, list: impl Iterator<Item = i64>, relevant: &HashSet<i64>) {
        let hits: Vec<bool> = list.take(LENGTH).map(|product| relevant.contains(&product)).collect();
        let gain = |place: usize| 1.0 / ((place + 2) as f64).log2();
        let found: f64 = hits.iter().enumerate().filter(|(_, hit)| **hit).map(|(place, _)| gain(place)).sum();
        let best: f64 = (0..relevant.len().min(LENGTH)).map(gain).sum();
        self.customers += 1;
        self.hits += f64::from(u8::from(hits.contains(&true)));
        self.ndcg += if best > 0.0 { found / best } else { 0.0 };
    }

    fn accuracy(&self) -> Accuracy {
        let mean = |sum: f64| if self.customers == 0 { 0 } else { (sum / f64::from(self.customers) * 1000.0).round() as i64 };
        Accuracy { hits: mean(self.hits), ndcg: mean(self.ndcg) }
    }
}

/// Holds back the days before `as_of`, learns from what was before them, and judges the lists for the customers who were known by then.
pub fn measure(purchases: &(impl Purchases + ?Sized), as_of: Time) -> Result<Measure> {
    let from = as_of - TimeDelta::days(HELD_BACK);
    let model = Model::fit(&Before { of: purchases, until: from }, from, false)?;
    let popular: Vec<i64> = model.goods.popular(model.goods.len()).into_iter().map(|place| model.goods.products[place]).collect();
    let [mut all, mut new, mut popular_all, mut popular_new] = [Tally::default(); 4];
    purchases.each(&mut |bought| {
        let (before, after): (Vec<Bought>, Vec<Bought>) = bought.iter().partition(|one| one.at < from);
        if before.is_empty() || after.is_empty() {
            return Ok(());
        }
        let relevant: HashSet<i64> = after.iter().map(|one| one.product).collect();
        let known: HashSet<i64> = before.iter().map(|one| one.product).collect();
        let unknown: HashSet<i64> = relevant.difference(&known).copied().collect();
        let picks = model.picks(&before, LENGTH, LENGTH);
        all.add(picks.iter().map(|pick| pick.product), &relevant);
        popular_all.add(popular.iter().copied(), &relevant);
        if !unknown.is_empty() {
            new.add(picks.iter().map(|pick| pick.product).filter(|product| !known.contains(product)), &unknown);
            popular_new.add(popular.iter().copied().filter(|product| !known.contains(product)), &unknown);
        }
        Ok(())
    })?;
    let compared = |model: Tally, popularity: Tally| Compared {
        customers: model.customers,
        model: model.accuracy(),
        popularity: popularity.accuracy(),
    };
    Ok(Measure { from: from.date(), days: HELD_BACK, all: compared(all, popular_all), new: compared(new, popular_new) })
}
