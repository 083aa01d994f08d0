//! A text as numbers: which words, pairs of words and runs of letters it has, each weighed by how rare it is.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use std::collections::HashMap;

/// The places of what a text has, rising, with their weights; of length 1, or empty for a text without anything known.
pub(super) type Row = Vec<(u32, f32)>;

/// Characters of a question that are read: whoever writes a book asks at its beginning.
const READ: usize = 4000;
/// Letters of a run within a word, with a space at its ends.
const RUNS: std::ops::RangeInclusive<usize> = 3..=5;
/// Characters of a run where words have no space between them.
const RUNS_OF_HAN: std::ops::RangeInclusive<usize> = 1..=3;
/// Set in what is a word or a pair of them: words and runs of letters have the same share in a row, however many they are.
const WORD: u64 = 1 << 63;

/// What texts have.
pub(super) struct Vocabulary {
    /// Rising.
    marks: Vec<u64>,
    rarity: Vec<f32>,
    /// How rare a word is that no text has.
    unseen: f32,
}

impl Vocabulary {
    /// Learns what at least `least` texts have; answers the row of each text as well.
    pub(super) fn learn<'a>(texts: impl Iterator<Item = &'a str>, least: u32) -> (Vocabulary, Vec<Row>) {
        let counted: Vec<Vec<(u64, u32)>> = texts.map(counts).collect();
        let mut seen: HashMap<u64, u32> = HashMap::new();
        counted.iter().flatten().for_each(|(mark, _)| *seen.entry(*mark).or_default() += 1);
        let mut kept: Vec<(u64, u32)> = seen.into_iter().filter(|(_, texts)| *texts >= least).collect();
        kept.sort_unstable();
        let all = counted.len() as f32;
        let rarity = kept.iter().map(|(_, texts)| ((1.0 + all) / (1.0 + *texts as f32)).ln() + 1.0).collect();
        let vocabulary = Vocabulary { marks: kept.into_iter().map(|(mark, _)| mark).collect(), rarity, unseen: (1.0 + all).ln() + 1.0 };
        let rows = counted.iter().map(|counts| vocabulary.weigh(counts)).collect();
        (vocabulary, rows)
    }

    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    /// The row of a text.
    pub(super) fn row(&self, text: &str) -> Row {
        self.weigh(&counts(text))
    }

    /// The share of a text's words that are known, rare ones counting more: from 0 to 1. Rows have length 1 whatever is left out of them, so
    /// that they do not tell.
    pub(super) fn known(&self, text: &str) -> f32 {
        let (lower, mut known, mut all) = (lowered(text), 0.0, 0.0);
        for word in words(&lower) {
            let han = is_han(word[0]);
            for one in word.chunks(if han { 1 } else { word.len() }) {
                let mark = if han { mark(one) & !WORD } else { mark(one) | WORD };
                let rarity = self.marks.binary_search(&mark).map_or(self.unseen, |at| self.rarity[at]);
                all += rarity;
                known += if rarity < self.unseen { rarity } else { 0.0 };
            }
        }
        if all > 0.0 { known / all } else { 0.0 }
    }

    fn weigh(&self, counts: &[(u64, u32)]) -> Row {
        let known = |(mark, times): &(u64, u32)| {
            let at = self.marks.binary_search(mark).ok()?;
            Some((at as u32, (1.0 + (*times as f32).ln()) * self.rarity[at]))
        };
        let mut row: Row = counts.iter().filter_map(known).collect();
        // Marks of words are behind all others.
        let first_word = self.marks.partition_point(|mark| mark & WORD == 0) as u32;
        let apart = row.partition_point(|(at, _)| *at < first_word);
        let (letters, words) = row.split_at_mut(apart);
        to_one(letters);
        to_one(words);
        to_one(&mut row);
        row
    }
}

/// Makes a row one of length 1.
fn to_one(row: &mut [(u32, f32)]) {
    let length = row.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|(_, weight)| *weight /= length);
    }
}

/// What a text has, rising, and how often.
fn counts(text: &str) -> Vec<(u64, u32)> {
    let mut marks = marks(text);
    marks.sort_unstable();
    marks.chunk_by(|one, next| one == next).map(|same| (same[0], same.len() as u32)).collect()
}

fn lowered(text: &str) -> Vec<char> {
    text.chars().take(READ).flat_map(char::to_lowercase).collect()
}

/// Runs of letters and digits, parted where one script without spaces ends or begins.
fn words(lower: &[char]) -> impl Iterator<Item = &[char]> {
    let runs = lower.split(|c| !c.is_alphanumeric());
    runs.flat_map(|run| run.chunk_by(|one, next| is_han(*one) == is_han(*next)))
}

fn marks(text: &str) -> Vec<u64> {
    let lower = lowered(text);
    let mut marks = Vec::with_capacity(lower.len() * 4);
    let mut before: Option<&[char]> = None;
    for word in words(&lower) {
        if is_han(word[0]) {
            RUNS_OF_HAN.for_each(|long| marks.extend(word.windows(long).map(|run| mark(run) & !WORD)));
            before = None;
            continue;
        }
        marks.push(mark(word) | WORD);
        if let Some(before) = before {
            marks.push(mark(&[before, &[' '], word].concat()) | WORD);
        }
        before = Some(word);
        let apart = [&[' '], word, &[' ']].concat();
        RUNS.for_each(|long| marks.extend(apart.windows(long).map(|run| mark(run) & !WORD)));
    }
    marks
}

/// Whether words of a letter's script stand without a space between them.
fn is_han(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The 64 bits of FNV-1a over characters.
fn mark(chars: &[char]) -> u64 {
    chars.iter().fold(0xcbf2_9ce4_8422_2325, |mark, c| (mark ^ u64::from(*c as u32)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_length_one_and_nothing_unknown() {
        let (vocabulary, rows) = Vocabulary::learn(["Where is my order?", "where is my MUG", "杯子碎了", "杯子在哪"].into_iter(), 2);
        for row in &rows {
            let length: f32 = row.iter().map(|(_, weight)| weight * weight).sum();
            assert!((length - 1.0).abs() < 1e-5 && row.is_sorted_by(|one, next| one.0 < next.0), "{row:?}");
        }
        assert_eq!(vocabulary.row("WHERE IS MY"), vocabulary.row("where, is my?"));
        assert!(vocabulary.row("").is_empty() && vocabulary.row("zzz !? \u{0}").is_empty());
        assert!(!vocabulary.row("杯子").is_empty());
        assert!(vocabulary.known("where is 杯子") > 0.99 && vocabulary.known("zzz") == 0.0 && vocabulary.known("") == 0.0);
        assert!(vocabulary.known("where is zzz") < vocabulary.known("where is my zzz"));
    }
}
