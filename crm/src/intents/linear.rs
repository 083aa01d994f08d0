//! A line between each request and all others: a support vector machine with squared loss, fitted by dual coordinate descent (Hsieh, Chang,
//! Lin, Keerthi & Sundararajan 2008, "A dual coordinate descent method for large-scale linear SVM", algorithm 1). Few other ways come near
//! to it on short texts, and this one is a page; the crates there are bring a compiler of C++ or matrices that are not sparse.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use super::features::Row;

/// Half of one over what an example on the wrong side costs, which is 1.
const SLACK: f32 = 0.5;
/// Rounds over all examples at most.
const ROUNDS: usize = 40;
/// A round that moves nothing by more than this is the last.
const STILL: f32 = 0.1;

/// The weights of each request, and behind them where its line stands.
pub(super) struct Linear {
    weights: Vec<Vec<f32>>,
}

impl Linear {
    /// Learns from rows which of `classes` each is.
    pub(super) fn fit(rows: &[Row], of: &[usize], classes: usize, features: usize) -> Linear {
        let weights = (0..classes).map(|class| line(rows, |at| of[at] == class, features)).collect();
        Linear { weights }
    }

    /// The classes that a row may be of, the likeliest first, each with its distance from the line.
    pub(super) fn best(&self, row: &Row, most: usize) -> Vec<(usize, f32)> {
        let mut scored: Vec<(usize, f32)> = self.weights.iter().map(|weights| side(weights, row)).enumerate().collect();
        scored.sort_by(|one, other| other.1.total_cmp(&one.1));
        scored.truncate(most);
        scored
    }
}

/// On which side of a line a row is, and how far.
fn side(weights: &[f32], row: &Row) -> f32 {
    row.iter().map(|(at, value)| weights[*at as usize] * value).sum::<f32>() + weights[weights.len() - 1]
}

/// The line between the rows that are of a class and the others.
fn line(rows: &[Row], is: impl Fn(usize) -> bool, features: usize) -> Vec<f32> {
    let mut weights = vec![0.0; features + 1];
    let mut pull = vec![0.0f32; rows.len()];
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for _ in 0..ROUNDS {
        chance.shuffle(&mut order);
        let (mut least, mut most) = (0.0f32, 0.0f32);
        for &at in &order {
            let sign = if is(at) { 1.0 } else { -1.0 };
            let slope = sign * side(&weights, &rows[at]) - 1.0 + SLACK * pull[at];
            let moves = if pull[at] > 0.0 { slope } else { slope.min(0.0) };
            (least, most) = (least.min(moves), most.max(moves));
            if moves == 0.0 {
                continue;
            }
            // A row has length 1, or 0 when nothing in it is known, and the place of the line counts 1.
            let square = if rows[at].is_empty() { 1.0 } else { 2.0 };
            let now = (pull[at] - slope / (square + SLACK)).max(0.0);
            let step = (now - pull[at]) * sign;
            pull[at] = now;
            rows[at].iter().for_each(|(place, value)| weights[*place as usize] += step * value);
            weights[features] += step;
        }
        if most - least < STILL {
            break;
        }
    }
    weights
}

/// The same order each time: a model follows from its examples alone (xorshift, Marsaglia 2003).
struct Chance(u64);

impl Chance {
    fn shuffle(&mut self, order: &mut [usize]) {
        for at in (1..order.len()).rev() {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            order.swap(at, (self.0 % (at as u64 + 1)) as usize);
        }
    }
}
