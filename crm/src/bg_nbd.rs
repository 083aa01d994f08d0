//! How often customers will buy again: the BG/NBD model (Fader, Hardie & Lee 2005, Marketing Science 24(2), "Counting Your Customers the
//! Easy Way"). While alive a customer buys at a rate of their own (gamma: r, alpha); after each purchase they drop out with a
//! probability of their own (beta: a, b).
//!
//! Times are in weeks. Where the data know no drop-out (the likelihood grows for ever as a goes to zero), what is fitted is the model
//! without one, a gamma mixture of Poisson processes, and it says so.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

mod fit;
#[cfg(test)]
mod tests;

pub use fit::fit;
use serde::{Deserialize, Serialize};

/// What a customer did since their first purchase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct History {
    /// Days with a purchase after the day of the first.
    pub repeats: f64,
    /// Weeks from the first purchase to the last.
    pub last: f64,
    /// Weeks from the first purchase to now.
    pub age: f64,
}

/// Whether and when customers drop out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DropOut {
    pub a: f64,
    pub b: f64,
}

/// A fitted model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub r: f64,
    pub alpha: f64,
    /// `None`: no drop-out can be estimated from these histories.
    pub drop_out: Option<DropOut>,
    pub log_likelihood: f64,
    /// How many customers it was fitted on, and how many of them came back.
    pub customers: usize,
    pub returned: usize,
}

impl Model {
    /// The chance that the customer did not drop out yet. It is 1 for whoever bought once, and no score of churn: see [`Model::again`].
    pub fn alive(&self, history: &History) -> f64 {
        match self.drop_out {
            Some(drop_out) if history.repeats > 0.0 => 1.0 / (1.0 + self.odds(drop_out, history)),
            _ => 1.0,
        }
    }

    /// The odds of having dropped out right after the last purchase.
    fn odds(&self, DropOut { a, b }: DropOut, history: &History) -> f64 {
        let waited = (self.alpha + history.age) / (self.alpha + history.last);
        a / (b + history.repeats - 1.0) * ((self.r + history.repeats) * waited.ln()).exp()
    }

    /// The chance of at least one purchase in the next `weeks`.
    pub fn again(&self, history: &History, weeks: f64) -> f64 {
        let quiet = (self.alpha + history.age) / (self.alpha + history.age + weeks);
        self.alive(history) * (1.0 - ((self.r + history.repeats) * quiet.ln()).exp())
    }

    /// The purchases expected in the next `weeks` (equation 10 of the paper).
    pub fn expected(&self, history: &History, weeks: f64) -> f64 {
        let shape = self.r + history.repeats;
        let Some(DropOut { a, b }) = self.drop_out else { return shape / (self.alpha + history.age) * weeks };
        let b_after = b + history.repeats;
        // The formula divides by a - 1 and by a + b + x - 1; its limit at both is smooth.
        let at_pole = |a: f64| (a - 1.0).abs() < 1e-6 || (a + b_after - 1.0).abs() < 1e-6;
        let a = if at_pole(a) { a + 1e-5 } else { a };
        let z = weeks / (self.alpha + history.age + weeks);
        let series = gauss(shape, b_after, a + b_after - 1.0, z);
        let gone = (shape * (1.0 - z).ln()).exp() * series;
        let purchases = (a + b_after - 1.0) / (a - 1.0) * (1.0 - gone);
        purchases * self.alive(history)
    }

    /// The purchases expected of a new customer in their first `weeks` (equation 9 of the paper).
    pub fn expected_of_new(&self, weeks: f64) -> f64 {
        self.expected(&History { repeats: 0.0, last: 0.0, age: 0.0 }, weeks)
    }
}

/// The hypergeometric function 2F1(a, b; c; z) for z from 0 to below 1, by its series: the terms come to fall by the factor z.
fn gauss(a: f64, b: f64, c: f64, z: f64) -> f64 {
    const MOST_TERMS: u32 = 100_000;
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 0..MOST_TERMS {
        let n = f64::from(n);
        term *= (a + n) * (b + n) / ((c + n) * (n + 1.0)) * z;
        sum += term;
        if term.abs() <= sum.abs() * 1e-15 {
            break;
        }
    }
    sum
}
