//! Fitting the model by maximum likelihood (equation 6 of the paper).

use super::{DropOut, History, Model};
use crate::likelihood::{Likelihood, Maximum, maximise};
use statrs::function::gamma::{digamma, ln_gamma};
use std::collections::BTreeMap;

/// Fewer customers, or fewer of them who came back, say nothing about the next ones.
const FEWEST: usize = 50;
const FEWEST_RETURNED: usize = 10;
/// A drop-out that adds less than this to the log-likelihood is none: the two parameters more are not worth it (half of the 95 % point of
/// chi-squared with two degrees).
const WORTH: f64 = 2.996;
/// Histories that lead near the top.
const FEW: usize = 1000;

/// The model under which `histories` are most likely; `None` with too little data.
pub fn fit(histories: &[History]) -> Option<Model> {
    let returned = histories.iter().filter(|history| history.repeats > 0.0).count();
    if histories.len() < FEWEST || returned < FEWEST_RETURNED {
        return None;
    }
    let grouped = Grouped::of(histories);
    let customers = histories.len() as f64;
    let mean_age = histories.iter().map(|history| history.age).sum::<f64>() / customers;
    let alpha = mean_age.max(1.0) / 4.0;
    let steady = maximise(&Steady::of(&grouped), &[0.5, alpha], customers)?;
    let (r, alpha) = (steady.parameters[0], steady.parameters[1]);
    let mut start = vec![r.clamp(0.05, 5.0), alpha.clamp(0.05, 500.0), 1.0, 2.5];
    // Of many customers a few lead near the top, in a small part of the time.
    if let Some(few) = grouped.thinned()
        && let Some(near) = maximise(&few, &start, few.customers()).filter(|found| inside(&found.parameters))
    {
        start = near.parameters;
    }
    let with_drop_out = maximise(&grouped, &start, customers);
    let model = |found: &Maximum, drop_out| Model {
        r: found.parameters[0],
        alpha: found.parameters[1],
        drop_out,
        log_likelihood: found.log_likelihood,
        customers: histories.len(),
        returned,
    };
    match with_drop_out {
        Some(found) if found.log_likelihood > steady.log_likelihood + WORTH && inside(&found.parameters) => {
            let drop_out = DropOut { a: found.parameters[2], b: found.parameters[3] };
            Some(model(&found, Some(drop_out)))
        }
        _ => Some(model(&steady, None)),
    }
}

/// Whether a maximum stands inside and not at an edge, where a share of drop-outs of nothing, or the same one for all, is approached.
fn inside(parameters: &[f64]) -> bool {
    let (a, b) = (parameters[2], parameters[3]);
    a > 1e-4 && b > 1e-4 && a < 1e4 && b < 1e4 && a / (a + b) > 1e-4
}

/// Customers with the same history, counted once. Who never came back differs by age alone, which makes most of a shop a few rows.
struct Grouped {
    /// Repeats, last and age in weeks, and how many customers.
    rows: Vec<(f64, f64, f64, f64)>,
    /// How many customers have how many repeats; zero is left out, since what belongs to a number of repeats alone vanishes there.
    repeats: Vec<(f64, f64)>,
}

impl Grouped {
    fn of(histories: &[History]) -> Grouped {
        let mut rows: BTreeMap<(u64, u64, u64), f64> = BTreeMap::new();
        for history in histories {
            // Numbers of zero and above stand in the order of their bits.
            *rows.entry((history.repeats.to_bits(), history.age.to_bits(), history.last.to_bits())).or_default() += 1.0;
        }
        let number = f64::from_bits;
        Grouped::from_rows(rows.into_iter().map(|((x, age, last), count)| (number(x), number(last), number(age), count)).collect())
    }

    fn from_rows(rows: Vec<(f64, f64, f64, f64)>) -> Grouped {
        let mut repeats: BTreeMap<u64, f64> = BTreeMap::new();
        for (x, _, _, count) in rows.iter().filter(|row| row.0 > 0.0) {
            *repeats.entry(x.to_bits()).or_default() += count;
        }
        Grouped { rows, repeats: repeats.into_iter().map(|(x, count)| (f64::from_bits(x), count)).collect() }
    }

    /// Every so many of the histories that differ, and that part of each that many share; `None` when there are few.
    fn thinned(&self) -> Option<Grouped> {
        let step = self.rows.len() / FEW;
        if step < 2 {
            return None;
        }
        let (shared, single): (Vec<_>, Vec<_>) = self.rows.iter().partition(|row| row.0 == 0.0);
        let shared = shared.into_iter().map(|(x, last, age, count)| (x, last, age, count / step as f64));
        Some(Grouped::from_rows(shared.chain(single.into_iter().step_by(step)).collect()))
    }

    fn customers(&self) -> f64 {
        self.rows.iter().map(|row| row.3).sum()
    }
}

impl Likelihood for Grouped {
    fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let (r, alpha, a, b) = (parameters[0], parameters[1], parameters[2], parameters[3]);
        let (mut value, mut by_r, mut by_alpha, mut by_a, mut by_b) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (ln_alpha, ln_a) = (alpha.ln(), a.ln());
        let at_zero = (ln_gamma(r), digamma(r), ln_gamma(a + b), digamma(a + b), ln_gamma(b), digamma(b));
        for (x, count) in &self.repeats {
            let sums = (digamma(r + x), digamma(a + b + x), digamma(b + x));
            value += count * (ln_gamma(r + x) - at_zero.0 + at_zero.2 + ln_gamma(b + x) - at_zero.4 - ln_gamma(a + b + x));
            by_r += count * (sums.0 - at_zero.1);
            by_a += count * (at_zero.3 - sums.1);
            by_b += count * (at_zero.3 - sums.1 + sums.2 - at_zero.5);
        }
        for (x, last, age, count) in &self.rows {
            let (shape, quiet) = (r + x, (alpha + age).ln());
            value += count * r * ln_alpha;
            by_r += count * ln_alpha;
            by_alpha += count * r / alpha;
            if *x == 0.0 {
                value -= count * shape * quiet;
                by_r -= count * quiet;
                by_alpha -= count * shape / (alpha + age);
                continue;
            }
            // Alive and quiet since, or gone after the last purchase: the two add up.
            let since = (alpha + last).ln();
            let (alive, gone) = (-shape * quiet, ln_a - (b + x - 1.0).ln() - shape * since);
            let less = (-(alive - gone).abs()).exp();
            let share = if gone > alive { 1.0 } else { less } / (1.0 + less);
            value += count * (alive.max(gone) + less.ln_1p());
            by_r -= count * ((1.0 - share) * quiet + share * since);
            by_alpha -= count * shape * ((1.0 - share) / (alpha + age) + share / (alpha + last));
            by_a += count * share / a;
            by_b -= count * share / (b + x - 1.0);
        }
        (value, vec![by_r, by_alpha, by_a, by_b])
    }
}

/// The same customers, none of whom drops out: what they are like differs by their age alone.
struct Steady<'a> {
    /// Age in weeks, how many customers, and their repeats together.
    ages: Vec<(f64, f64, f64)>,
    repeats: &'a [(f64, f64)],
}

impl Steady<'_> {
    fn of(grouped: &Grouped) -> Steady<'_> {
        let mut ages: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        for (x, _, age, count) in &grouped.rows {
            let sums = ages.entry(age.to_bits()).or_default();
            *sums = (sums.0 + count, sums.1 + count * x);
        }
        Steady { ages: ages.into_iter().map(|(age, (count, x))| (f64::from_bits(age), count, x)).collect(), repeats: &grouped.repeats }
    }
}

impl Likelihood for Steady<'_> {
    fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let (r, alpha) = (parameters[0], parameters[1]);
        let (mut value, mut by_r, mut by_alpha) = (0.0, 0.0, 0.0);
        let (ln_alpha, ln_gamma_r, digamma_r) = (alpha.ln(), ln_gamma(r), digamma(r));
        for (x, count) in self.repeats {
            value += count * (ln_gamma(r + x) - ln_gamma_r);
            by_r += count * (digamma(r + x) - digamma_r);
        }
        for (age, count, x) in &self.ages {
            let quiet = (alpha + age).ln();
            value += count * r * ln_alpha - (count * r + x) * quiet;
            by_r += count * (ln_alpha - quiet);
            by_alpha += count * r / alpha - (count * r + x) / (alpha + age);
        }
        (value, vec![by_r, by_alpha])
    }
}
