//! EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data"): how much having one product speaks for another, each of them
//! given all others, from one inverse of a symmetric matrix.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use faer::linalg::solvers::DenseSolveCore;
use faer::{Mat, MatRef, Side};
use kernel::{Error, Result};

/// How often two products were had by the same row (a customer, an order), as the lower half of a square column by column; on the diagonal,
/// how often each was had at all.
pub struct Pairs {
    size: usize,
    counts: Vec<f32>,
}

impl Pairs {
    /// No rows yet, of so many products.
    pub fn none(size: usize) -> Pairs {
        Pairs { size, counts: vec![0.0; size * size] }
    }

    /// Counts a row that has these products: places in rising order, each once.
    pub fn add(&mut self, row: &[usize]) {
        for (at, one) in row.iter().enumerate() {
            let column = &mut self.counts[one * self.size..(one + 1) * self.size];
            for other in &row[at..] {
                column[*other] += 1.0;
            }
        }
    }

    /// How many rows have both.
    pub fn of(&self, one: usize, other: usize) -> f32 {
        self.counts[one.min(other) * self.size + one.max(other)]
    }
}

/// The fitted weights of each product for each other.
pub struct Ease {
    inverse: Mat<f32>,
}

impl Ease {
    /// Fits the model with the penalty `lambda` on large weights.
    pub fn fit(mut pairs: Pairs, lambda: f32) -> Result<Ease> {
        let size = pairs.size;
        pairs.counts.iter_mut().step_by(size + 1).for_each(|had| *had += lambda);
        let matrix = MatRef::from_column_major_slice(&pairs.counts, size, size);
        let factor =
            matrix.llt(Side::Lower).map_err(|error| Error::unexpected(format!("the pairs of products have no inverse: {error:?}")))?;
        drop(pairs);
        Ok(Ease { inverse: factor.inverse() })
    }

    fn column(&self, place: usize) -> &[f32] {
        self.inverse.col_as_slice(place)
    }

    /// How much having `one` speaks for `other`: negative against it, nothing for the same.
    pub fn weight(&self, one: usize, other: usize) -> f32 {
        if one == other { 0.0 } else { -self.column(other)[one] / self.column(other)[other] }
    }

    /// How much what is had speaks for each product: places with how strongly they count.
    pub fn scores(&self, had: &[(usize, f32)], scores: &mut Vec<f32>) {
        scores.clear();
        scores.resize(self.inverse.ncols(), 0.0);
        for (place, strength) in had {
            scores.iter_mut().zip(self.column(*place)).for_each(|(score, value)| *score -= strength * value);
        }
        for (place, score) in scores.iter_mut().enumerate() {
            *score /= self.column(place)[place];
        }
        // The diagonal speaks for nothing: what a product said for itself, its whole strength, is taken back.
        for (place, strength) in had {
            scores[*place] += strength;
        }
    }
}
