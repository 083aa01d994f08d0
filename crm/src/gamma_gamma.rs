//! What customers spend at a time: the Gamma-Gamma model (Fader & Hardie 2013, "The Gamma-Gamma Model of Monetary Value"). Values scatter
//! around a mean of the customer's own (gamma: p), and the means differ between customers (gamma: q, gamma).
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use crate::likelihood::{Likelihood, maximise};
use serde::{Deserialize, Serialize};
use statrs::function::gamma::{digamma, ln_gamma};

/// The purchases of a customer by which their own mean is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spending {
    pub purchases: f64,
    /// Their mean value, above zero, in major units of one currency.
    pub mean: f64,
}

/// A fitted model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub p: f64,
    pub q: f64,
    pub gamma: f64,
    pub log_likelihood: f64,
    pub customers: usize,
}

/// Fewer customers who came back say nothing about the next ones.
const FEWEST: usize = 20;

/// The model under which `spending` is most likely, of customers who spent something; `None` with too little data or values that do not
/// scatter.
pub fn fit(spending: &[Spending]) -> Option<Model> {
    let known: Vec<Spending> = spending.iter().filter(|one| one.purchases > 0.0 && one.mean > 0.0).copied().collect();
    if known.len() < FEWEST {
        return None;
    }
    let customers = known.len() as f64;
    let mean = known.iter().map(|one| one.mean).sum::<f64>() / customers;
    let found = maximise(&Values(&known), &[2.0, 3.0, mean], customers)?;
    let [p, q, gamma] = found.parameters[..] else { return None };
    Some(Model { p, q, gamma, log_likelihood: found.log_likelihood, customers: known.len() })
}

impl Model {
    /// The mean value of a purchase among all customers; without bound, and told as none, when q is not above 1.
    pub fn mean(&self) -> Option<f64> {
        (self.q > 1.0).then(|| self.p * self.gamma / (self.q - 1.0))
    }

    /// The value expected of a customer's next purchase; that of all customers for one nothing is known of.
    pub fn expected(&self, spending: &Spending) -> Option<f64> {
        if spending.purchases <= 0.0 {
            return self.mean();
        }
        let weight = self.p * spending.purchases + self.q - 1.0;
        (weight > 0.0).then(|| self.p * (self.gamma + spending.purchases * spending.mean) / weight)
    }
}

struct Values<'a>(&'a [Spending]);

impl Likelihood for Values<'_> {
    fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let (p, q, gamma) = (parameters[0], parameters[1], parameters[2]);
        let (mut value, mut by_p, mut by_q, mut by_gamma) = (0.0, 0.0, 0.0, 0.0);
        let (ln_gamma_q, digamma_q, ln_scale) = (ln_gamma(q), digamma(q), gamma.ln());
        for Spending { purchases: x, mean } in self.0 {
            let (shape, total) = (p * x, gamma + x * mean);
            let (all, ln_total) = (shape + q, total.ln());
            value +=
                ln_gamma(all) - ln_gamma(shape) - ln_gamma_q + q * ln_scale + (shape - 1.0) * mean.ln() + shape * x.ln() - all * ln_total;
            let at_all = digamma(all);
            by_p += x * (at_all - digamma(shape) + mean.ln() + x.ln() - ln_total);
            by_q += at_all - digamma_q + ln_scale - ln_total;
            by_gamma += q / gamma - all / total;
        }
        (value, vec![by_p, by_q, by_gamma])
    }
}
