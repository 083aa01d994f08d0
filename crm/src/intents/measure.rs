//! How good guesses are: every fifth example is kept back, and asked of what was learnt from the others.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use super::{Example, Model};

/// Every fifth example is kept back.
const FIFTH: usize = 5;
/// How many of the clear answers have to be right.
const PRECISION: f64 = 0.9;
/// Examples that have to be kept back for a precision to be believed.
const ENOUGH: usize = 20;

/// Shares of the examples that were kept back, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// How many were kept back.
    pub asked: usize,
    /// How many were what the best guess said.
    pub first: f64,
    /// How many were among the best three.
    pub third: f64,
    /// How many were like a past question of the same intent, by the most similar one and by the best three.
    pub similar: (f64, f64),
    /// How many were answered so clearly that nine of ten such answers were right.
    pub coverage: f64,
    /// How far the best guess has to be before the second for that.
    pub clear: Option<f32>,
}

/// Measures what can be learnt from examples. `None` when the others tell fewer than two intents, or none is kept back.
pub fn measure(examples: &[Example]) -> Option<Measure> {
    let (mut asked, mut known) = (Vec::new(), Vec::new());
    for (at, example) in examples.iter().enumerate() {
        if at % FIFTH == FIFTH - 1 { asked.push(example) } else { known.push(example) }
    }
    let model = Model::learn(&known, None)?;
    if asked.is_empty() {
        return None;
    }
    let (mut first, mut third, mut nearest, mut near) = (0, 0, 0, 0);
    let mut answers: Vec<(f32, bool)> = Vec::with_capacity(asked.len());
    for example in &asked {
        let best = model.best(&example.text, 3);
        let right = |at: usize| best.get(at).is_some_and(|(place, _)| model.intents[*place] == example.intent);
        first += usize::from(right(0));
        third += usize::from((0..3).any(right));
        answers.push((model.clearness(&example.text, &best), right(0)));
        let similar = model.similar(&example.text, 3);
        nearest += usize::from(similar.first().is_some_and(|one| one.intent == example.intent));
        near += usize::from(similar.iter().any(|one| one.intent == example.intent));
    }
    let share = |count: usize| count as f64 / asked.len() as f64;
    let (answered, clear) = clearest(answers);
    Some(Measure {
        asked: asked.len(),
        first: share(first),
        third: share(third),
        similar: (share(nearest), share(near)),
        coverage: share(answered),
        clear,
    })
}

/// How many of the answers (how clear, whether right) can be given, the clearest first, so that nine of ten are right; and how clear the last
/// of them is.
fn clearest(mut answers: Vec<(f32, bool)>) -> (usize, Option<f32>) {
    answers.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut right, mut found) = (0usize, (0, None));
    for (given, (clear, is_right)) in (1..).zip(&answers) {
        right += usize::from(*is_right);
        if given >= ENOUGH && clear.is_finite() && right as f64 >= PRECISION * given as f64 {
            found = (given, Some(*clear));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::clearest;

    #[test]
    fn the_clearest_answers_are_given_as_long_as_nine_of_ten_are_right() {
        let mut answers: Vec<(f32, bool)> = (0..45u16).map(|at| (f32::from(100 - at), true)).collect();
        answers.extend((0..50u16).map(|at| (f32::from(50 - at), at % 2 == 0)));
        let (given, clear) = clearest(answers.clone());
        assert_eq!((given, clear), (56, Some(40.0)), "51 of 56 are right, and 51 of 57 would be too few");
        assert_eq!(clearest(answers[45..].to_vec()), (0, None), "half of them are right at any clearness");
        assert_eq!(clearest(vec![(f32::NEG_INFINITY, true); 40]), (0, None));
    }
}
