//! Which request a question is, and which past ones were like it, learnt from questions whose answer is known.
//!
//! A question is words, pairs of words and runs of letters ([`features`]); a line between each request and all others ([`linear`]) says what it
//! is, and the angle between two questions says how alike they are ([`neighbours`]). How good that is, [`measure()`] says by questions that it
//! was not shown; from the same comes how clear an answer has to be to be taken for one.

mod adviser;
mod features;
mod linear;
mod measure;
mod neighbours;
#[cfg(test)]
mod tests;

pub use adviser::{Adviser, examples};
pub use measure::{Measure, measure};

use features::Vocabulary;
use linear::Linear;
use neighbours::Neighbours;
use std::collections::BTreeMap;

/// What fewer examples have is a slip of the pen, or a name.
const SEEN: u32 = 2;

/// The share of a question's words that past ones had, below which nothing is clear about it.
const FAMILIAR: f32 = 0.5;

/// A question of the past, and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The number of the ticket that it comes from.
    pub ticket: i64,
    pub text: String,
    pub intent: String,
}

/// What a question may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    pub intent: String,
    /// How far on its side of the line the question is. Good for comparing guesses about one question.
    pub score: f32,
}

/// A question of the past that is like another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar {
    pub ticket: i64,
    pub intent: String,
    /// From 0 (nothing in common) to 1 (the same words).
    pub likeness: f32,
}

/// What was learnt from examples.
pub struct Model {
    vocabulary: Vocabulary,
    intents: Vec<String>,
    linear: Linear,
    neighbours: Neighbours,
    /// The ticket and the intent of each example.
    examples: Vec<(i64, usize)>,
    /// How far the best guess has to be before the second to be right nine times of ten; `None` where that was never so.
    clear: Option<f32>,
}

impl Model {
    /// Learns from examples. `None` of fewer than two intents: there is nothing to tell apart then.
    pub fn fit(examples: &[Example]) -> Option<Model> {
        let clear = measure(examples).and_then(|measure| measure.clear);
        Model::learn(&examples.iter().collect::<Vec<_>>(), clear)
    }

    fn learn(examples: &[&Example], clear: Option<f32>) -> Option<Model> {
        let mut places: BTreeMap<&str, usize> = examples.iter().map(|one| (one.intent.as_str(), 0)).collect();
        places.values_mut().zip(0..).for_each(|(place, at)| *place = at);
        if places.len() < 2 {
            return None;
        }
        let of: Vec<usize> = examples.iter().map(|one| places[one.intent.as_str()]).collect();
        let (vocabulary, rows) = Vocabulary::learn(examples.iter().map(|one| one.text.as_str()), SEEN);
        let linear = Linear::fit(&rows, &of, places.len(), vocabulary.len());
        let neighbours = Neighbours::of(&rows, vocabulary.len());
        let intents = places.into_keys().map(str::to_string).collect();
        let examples = examples.iter().map(|one| one.ticket).zip(of).collect();
        Some(Model { vocabulary, intents, linear, neighbours, examples, clear })
    }

    /// What a question may be, the likeliest first.
    pub fn guesses(&self, question: &str, most: usize) -> Vec<Guess> {
        let best = self.best(question, most);
        best.into_iter().map(|(place, score)| Guess { intent: self.intents[place].clone(), score }).collect()
    }

    /// What a question is, where that is clear enough to be right nine times of ten, of questions like those of the past.
    pub fn sure(&self, question: &str) -> Option<&str> {
        let best = self.best(question, 2);
        self.clear.filter(|clear| self.clearness(question, &best) >= *clear)?;
        best.first().map(|(place, _)| self.intents[*place].as_str())
    }

    /// The past questions that are most like this one.
    pub fn similar(&self, question: &str, most: usize) -> Vec<Similar> {
        let near = self.neighbours.nearest(&self.vocabulary.row(question), most);
        let told = |(at, likeness): (usize, f32)| {
            let (ticket, intent) = self.examples[at];
            Similar { ticket, intent: self.intents[intent].clone(), likeness }
        };
        near.into_iter().map(told).collect()
    }

    /// How clear it is what a question is: how far the best guess is before the second, and not at all where most of it was never said before.
    fn clearness(&self, question: &str, best: &[(usize, f32)]) -> f32 {
        if self.vocabulary.known(question) < FAMILIAR { f32::NEG_INFINITY } else { lead(best) }
    }

    fn best(&self, question: &str, most: usize) -> Vec<(usize, f32)> {
        let row = self.vocabulary.row(question);
        // Of a question without a known word nothing can be said.
        if row.is_empty() { Vec::new() } else { self.linear.best(&row, most) }
    }
}

/// Texts by what they have in common with another one.
pub struct Likeness {
    vocabulary: Vocabulary,
    neighbours: Neighbours,
}

impl Likeness {
    /// Learns texts. They are known by their places from here on.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Likeness {
        let (vocabulary, rows) = Vocabulary::learn(texts, 1);
        let neighbours = Neighbours::of(&rows, vocabulary.len());
        Likeness { vocabulary, neighbours }
    }

    /// The places of the texts that are most like this one, each with how much: from 0 (nothing in common) to 1 (the same words).
    pub fn nearest(&self, text: &str, most: usize) -> Vec<(usize, f32)> {
        self.neighbours.nearest(&self.vocabulary.row(text), most)
    }
}

/// How far the best guess is before the second.
#[allow(clippy::float_arithmetic)] // A score, no money.
fn lead(best: &[(usize, f32)]) -> f32 {
    match best {
        [first, second, ..] => first.1 - second.1,
        _ => f32::NEG_INFINITY,
    }
}
