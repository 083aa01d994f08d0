//! The examples that a question is most like: by the cosine of the angle between their rows, over lists of the examples that have each mark.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use super::features::Row;

pub(super) struct Neighbours {
    /// For each mark the examples that have it, and how strongly.
    having: Vec<Vec<(u32, f32)>>,
    examples: usize,
}

impl Neighbours {
    pub(super) fn of(rows: &[Row], features: usize) -> Neighbours {
        let mut having = vec![Vec::new(); features];
        for (example, row) in rows.iter().enumerate() {
            row.iter().for_each(|(at, weight)| having[*at as usize].push((example as u32, *weight)));
        }
        Neighbours { having, examples: rows.len() }
    }

    /// The examples nearest to a row with how near they are, the nearest first; none that has nothing in common with it.
    pub(super) fn nearest(&self, row: &Row, most: usize) -> Vec<(usize, f32)> {
        let mut near = vec![0.0f32; self.examples];
        for (at, weight) in row {
            self.having[*at as usize].iter().for_each(|(example, own)| near[*example as usize] += weight * own);
        }
        let mut found: Vec<(usize, f32)> = near.into_iter().enumerate().filter(|(_, near)| *near > 0.0).collect();
        let order = |one: &(usize, f32), other: &(usize, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        if found.len() > most && most > 0 {
            found.select_nth_unstable_by(most - 1, order);
        }
        found.truncate(most);
        found.sort_unstable_by(order);
        found
    }
}
