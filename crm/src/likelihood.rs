//! Finding the parameters under which what happened is most likely.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use argmin::core::{CostFunction, Error, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use std::cell::RefCell;

/// A value and its gradient.
pub type Slope = (f64, Vec<f64>);

/// A model's log-likelihood and its gradient at parameters that are all above zero.
pub trait Likelihood {
    fn at(&self, parameters: &[f64]) -> Slope;
}

/// The parameters of the largest log-likelihood that was found, and that.
#[derive(Clone, Debug)]
pub struct Maximum {
    pub parameters: Vec<f64>,
    pub log_likelihood: f64,
}

const ITERATIONS: u64 = 300;
/// Corrections that L-BFGS keeps.
const MEMORY: usize = 8;
/// A step moves no logarithm of a parameter farther than this from zero: e^25 is as good as without bound.
const FARTHEST: f64 = 25.0;

/// Climbs from `start` by L-BFGS over the logarithms of the parameters. `None` when there is no way up from there or the numbers end.
pub fn maximise(likelihood: &impl Likelihood, start: &[f64], customers: f64) -> Option<Maximum> {
    let search = MoreThuenteLineSearch::new().with_c(1e-4, 0.9).ok()?;
    let solver = LBFGS::new(search, MEMORY).with_tolerance_grad(1e-8).ok()?.with_tolerance_cost(1e-14).ok()?;
    let start: Vec<f64> = start.iter().map(|parameter| parameter.ln()).collect();
    let problem = Problem { likelihood, customers, last: RefCell::default() };
    let found = Executor::new(problem, solver).configure(|state| state.param(start).max_iters(ITERATIONS)).run().ok()?;
    let state = found.state();
    let parameters = natural(state.get_best_param()?);
    let log_likelihood = -state.get_best_cost() * customers;
    (log_likelihood.is_finite() && parameters.iter().all(|parameter| parameter.is_finite()))
        .then_some(Maximum { parameters, log_likelihood })
}

/// What the optimiser makes smaller: the mean of the negative log-likelihood, so that one tolerance fits any number of customers.
struct Problem<'a, L> {
    likelihood: &'a L,
    customers: f64,
    /// The last place that was looked at: value and slope of one place are asked for one after the other.
    last: RefCell<Option<(Vec<f64>, Slope)>>,
}

impl<L: Likelihood> Problem<'_, L> {
    fn at(&self, parameters: &[f64]) -> Slope {
        let mut last = self.last.borrow_mut();
        if let Some((place, found)) = last.as_ref()
            && place == parameters
        {
            return found.clone();
        }
        let found = self.likelihood.at(parameters);
        *last = Some((parameters.to_vec(), found.clone()));
        found
    }
}

fn natural(logarithms: &[f64]) -> Vec<f64> {
    logarithms.iter().map(|logarithm| logarithm.clamp(-FARTHEST, FARTHEST).exp()).collect()
}

impl<L: Likelihood> CostFunction for Problem<'_, L> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, logarithms: &Vec<f64>) -> Result<f64, Error> {
        Ok(-self.at(&natural(logarithms)).0 / self.customers)
    }
}

impl<L: Likelihood> Gradient for Problem<'_, L> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, logarithms: &Vec<f64>) -> Result<Vec<f64>, Error> {
        let parameters = natural(logarithms);
        let (_, gradient) = self.at(&parameters);
        // By the chain rule, since the climb is over logarithms.
        Ok(gradient.iter().zip(&parameters).map(|(slope, parameter)| -slope * parameter / self.customers).collect())
    }
}
