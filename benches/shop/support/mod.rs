//! What the benchmarks share: figures of several rounds, and a small HTTP client that keeps its connections open.
#![allow(dead_code, reason = "no benchmark uses all of it")]

pub mod client;
pub mod serving;

use std::time::{Duration, Instant};

/// The lowest, the middle and the highest of some measurements.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub min: f64,
    pub median: f64,
    pub max: f64,
}

impl Spread {
    pub fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        Spread { min: values[0], median: values[values.len() / 2], max: values[values.len() - 1] }
    }

    /// With `digits` after the point, as `min/median/max`.
    pub fn show(&self, digits: usize) -> String {
        format!("{:.digits$}/{:.digits$}/{:.digits$}", self.min, self.median, self.max)
    }
}

/// What `percent` of some measurements do not exceed.
pub fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

/// Whether a floor is held, as the benchmarks and the document say it.
pub fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "MISSED" }
}

/// Milliseconds that `work` takes.
pub fn millis<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let result = work();
    (result, ms(begun.elapsed()))
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number from 0 to `below` - 1.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }
}
