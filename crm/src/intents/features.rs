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
        let vocabulary = Vocabulary { marks: kept.into_iter().map(|(mark, _)| mark).collect(), rarity };
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

fn marks(text: &str) -> Vec<u64> {
    let lower: Vec<char> = text.chars().take(READ).flat_map(char::to_lowercase).collect();
    let mut marks = Vec::with_capacity(lower.len() * 4);
    let mut before: Option<&[char]> = None;
    let words = lower.split(|c| !c.is_alphanumeric()).flat_map(|run| run.chunk_by(|one, next| is_han(*one) == is_han(*next)));
    for word in words.filter(|word| !word.is_empty()) {
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
    }
}
