//! What something changed: people it was given to against a control group that chance chose among the same people.
#![allow(clippy::float_arithmetic)] // Statistics; what is money goes in and out as whole minor units.

use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// People of each group before anything is told.
const ENOUGH: i64 = 30;
/// 95 of a hundred such intervals hold the truth.
const UPPER: f64 = 0.975;

/// One number of each person of a group, summed: orders, or minor units of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub people: i64,
    pub sum: i64,
    /// The sum of the squares, from which the spread follows.
    pub squares: f64,
}

impl Sample {
    /// A group of which so many have what is asked about, and the others have it not.
    pub fn of(people: i64, with: i64) -> Sample {
        Sample { people, sum: with, squares: with as f64 }
    }

    pub fn add(&mut self, number: i64) {
        self.people += 1;
        self.sum += number;
        self.squares += number as f64 * number as f64;
    }

    /// Adds so many people who all have the same number.
    pub fn add_many(&mut self, number: i64, people: i64) {
        self.people += people;
        self.sum += number * people;
        self.squares += number as f64 * number as f64 * people as f64;
    }

    fn mean(&self) -> f64 {
        self.sum as f64 / self.people as f64
    }

    /// The variance of the mean.
    fn error(&self) -> f64 {
        let people = self.people as f64;
        let spread = (self.squares - people * self.mean().powi(2)).max(0.0) / (people - 1.0);
        spread / people
    }
}

/// What the people of a group bought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Hundredths of an order.
    pub orders: Sample,
    /// Minor units, net of what was given back.
    pub money: Sample,
}

impl Outcome {
    /// Adds somebody with so many orders for so much.
    pub fn add(&mut self, orders: i64, money: i64) {
        self.orders.add(orders * 100);
        self.money.add(money);
    }
}

/// By how much a group as a whole has more than it would have without: in the unit of its numbers, with the interval in which that lies
/// with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lift {
    pub more: i64,
    pub low: i64,
    pub high: i64,
}

impl Lift {
    /// Whether zero lies outside the interval. Else it is too small to tell.
    pub fn tells(&self) -> bool {
        self.low > 0 || self.high < 0
    }
}

/// Compares two groups; `None` while either is too small for any answer. Groups may differ in size and spread (Welch 1947).
pub fn lift(given: &Sample, control: &Sample) -> Result<Option<Lift>> {
    if given.people < ENOUGH || control.people < ENOUGH {
        return Ok(None);
    }
    let (more, half) = welch(given, control)?;
    let whole = |mean: f64| (mean * given.people as f64).round() as i64;
    Ok(Some(Lift { more: whole(more), low: whole(more - half), high: whole(more + half) }))
}

/// The difference of the means and half of its interval, with the degrees of freedom of Satterthwaite (1946).
fn welch(one: &Sample, other: &Sample) -> Result<(f64, f64)> {
    let (a, b) = (one.error(), other.error());
    let apart = one.mean() - other.mean();
    if a + b <= 0.0 {
        return Ok((apart, 0.0));
    }
    let freedom = (a + b).powi(2) / (a.powi(2) / (one.people - 1) as f64 + b.powi(2) / (other.people - 1) as f64);
    let t = StudentsT::new(0.0, 1.0, freedom).map_err(|error| Error::unexpected(format!("{freedom} degrees of freedom: {error}")))?;
    Ok((apart, t.inverse_cdf(UPPER) * (a + b).sqrt()))
}

/// The mean of a group, in the unit of its numbers, with the interval in which it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mean {
    pub mean: i64,
    pub low: i64,
    pub high: i64,
}

/// The mean of a group (Student 1908); `None` while it is too small for any answer.
pub fn mean(of: &Sample) -> Result<Option<Mean>> {
    if of.people < ENOUGH {
        return Ok(None);
    }
    let freedom = (of.people - 1) as f64;
    let t = StudentsT::new(0.0, 1.0, freedom).map_err(|error| Error::unexpected(format!("{freedom} degrees of freedom: {error}")))?;
    let half = t.inverse_cdf(UPPER) * of.error().sqrt();
    Ok(Some(Mean { mean: of.mean().round() as i64, low: (of.mean() - half).round() as i64, high: (of.mean() + half).round() as i64 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(numbers: &[i64]) -> Sample {
        let mut sample = Sample::default();
        numbers.iter().for_each(|number| sample.add(*number));
        sample
    }

    #[test]
    fn two_groups_compare_as_published() {
        // Ruxton (2006) as restated for Welch's test: means 20.82 and 22.99, t = -2.46 with 25.0 degrees of freedom.
        let one = sample(&[275, 210, 190, 236, 170, 179, 169, 201, 219, 226, 231, 196, 190, 217, 214]);
        let other = sample(&[271, 220, 208, 234, 234, 235, 258, 220, 248, 202, 219, 221, 229, 205, 244]);
        let (apart, half) = welch(&one, &other).unwrap();
        assert!((apart + 21.66).abs() < 0.1, "{apart}");
        let t = apart / (half / 2.060);
        assert!((t + 2.46).abs() < 0.02, "{t}");
        assert_eq!(lift(&one, &other).unwrap(), None, "too few to tell");
    }

    #[test]
    fn a_lift_is_that_of_all_who_were_given_it() {
        let given = sample(&[100, 300].repeat(50));
        let control = sample(&[0, 200].repeat(20));
        let lift = lift(&given, &control).unwrap().unwrap();
        assert_eq!(lift.more, 10_000);
        assert!(lift.tells() && lift.low > 5_000 && lift.high < 15_000, "{lift:?}");
        let same = super::lift(&given, &sample(&[100, 300].repeat(20))).unwrap().unwrap();
        assert!(same.more == 0 && !same.tells(), "{same:?}");
        let flat = super::lift(&sample(&[5; 40]), &sample(&[5; 40])).unwrap().unwrap();
        assert!(!flat.tells(), "nobody differs");
    }

    #[test]
    fn a_mean_has_an_interval_and_none_of_a_few() {
        // 50 promoters, 30 passives, 20 detractors: 30, and 1.984 (t with 99 degrees of freedom) times the error of 7.85.
        let mut sample = Sample::default();
        sample.add_many(100, 50);
        sample.add_many(0, 30);
        sample.add_many(-100, 20);
        assert_eq!(mean(&sample).unwrap(), Some(Mean { mean: 30, low: 14, high: 46 }));
        let mut few = Sample::default();
        few.add_many(100, ENOUGH - 1);
        assert_eq!(mean(&few).unwrap(), None);
        few.add(100);
        assert_eq!(mean(&few).unwrap(), Some(Mean { mean: 100, low: 100, high: 100 }));
    }
}
