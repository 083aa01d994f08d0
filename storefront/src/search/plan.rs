//! From typed words to the queries of the tiers: as typed or begun, with typing errors, with one word dropped.

// Boosts are ratios that order hits and touch no money.
#![allow(clippy::float_arithmetic)]

use super::expand::{Expansion, completions, corrections, frequency};
use super::schema::Fields;
use super::text::bare;
use super::tokens::{Cut, Word, words};
use std::collections::HashMap;
use tantivy::query::{Bm25StatisticsProvider, BooleanQuery, BoostQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

/// The words of a query that count; nobody types more to find a product.
const MOST_WORDS: usize = 12;
/// Of a text, this much is read.
const LONGEST_TEXT: usize = 400;
/// Words that every text has: asked for only when there is nothing else to ask for.
const FUNCTION_WORDS: [&str; 13] = ["a", "an", "and", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"];

// Found by a search over these weights on judged queries; none of them is sharp.
const COMPLETION: f32 = 0.95;
const COMPOUND_PARTS: f32 = 0.9;
const HAN_PHRASE: f32 = 0.6;
const TITLE: f32 = 0.25;
const KIND: f32 = 1.0;
const NEIGHBOURS: f32 = 2.0;

/// One typed word and what may stand for it.
struct Slot {
    word: Word,
    exact: Vec<Alternative>,
    fuzzy: Vec<Alternative>,
}

enum Alternative {
    Term(Expansion),
    /// All of them.
    Parts(Vec<String>, f32),
    /// Next to each other.
    Characters(Vec<char>, f32),
}

/// The queries of one text, made as they are needed.
pub struct Plan<'a> {
    searcher: &'a Searcher,
    fields: &'a Fields,
    slots: Vec<Slot>,
    sku: String,
    frequencies: HashMap<Term, u64>,
    corrected: bool,
}

/// Frequencies where the words that stand for one typed word count alike: a rare typing error in the index must not
/// outweigh the word that was meant.
pub struct Blended<'a> {
    searcher: &'a Searcher,
    frequencies: &'a HashMap<Term, u64>,
}

impl Bm25StatisticsProvider for Blended<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        self.searcher.total_num_tokens(field)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        self.searcher.total_num_docs()
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        match self.frequencies.get(term) {
            Some(frequency) => Ok(*frequency),
            None => self.searcher.doc_freq(term),
        }
    }
}

impl<'a> Plan<'a> {
    /// The plan of a text; `None` when it holds no word.
    pub fn new(searcher: &'a Searcher, fields: &'a Fields, text: &str) -> tantivy::Result<Option<Plan<'a>>> {
        let text: String = text.chars().take(LONGEST_TEXT).collect();
        let mut typed = words(&text, Cut::Query);
        let meant = |word: &Word| !FUNCTION_WORDS.contains(&word.surface.as_str());
        if typed.iter().any(meant) {
            typed.retain(meant);
        }
        typed.truncate(MOST_WORDS);
        if typed.is_empty() {
            return Ok(None);
        }
        let open = text.ends_with(char::is_alphanumeric);
        let slots = typed.into_iter().map(|word| Slot { word, exact: Vec::new(), fuzzy: Vec::new() }).collect();
        let mut plan = Plan { searcher, fields, slots, sku: bare(&text), frequencies: HashMap::new(), corrected: false };
        plan.exact(open)?;
        Ok(Some(plan))
    }

    /// The statistics to score the queries with.
    pub fn statistics(&self) -> Blended<'_> {
        Blended { searcher: self.searcher, frequencies: &self.frequencies }
    }

    /// Tier 0: the SKU itself.
    pub fn sku(&self) -> Box<dyn Query> {
        term_query(self.fields.sku, &self.sku, 1.0)
    }

    /// Tier 1: every word as typed, the last one perhaps only begun.
    pub fn as_typed(&self) -> Box<dyn Query> {
        self.scored(self.slots.iter().map(|slot| self.any(&slot.exact)).collect(), None)
    }

    /// Tier 2: every word, typing errors allowed; `None` when no word has a correction.
    pub fn with_errors(&mut self) -> tantivy::Result<Option<Box<dyn Query>>> {
        self.correct()?;
        if self.slots.iter().all(|slot| slot.fuzzy.is_empty()) {
            return Ok(None);
        }
        Ok(Some(self.scored(self.loose(), None)))
    }

    /// Tier 3: all words but one; `None` for a single word.
    pub fn one_dropped(&self) -> Option<Box<dyn Query>> {
        (self.slots.len() > 1).then(|| self.scored(self.loose(), Some(self.slots.len() - 1)))
    }

    /// The text with the likeliest word in the place of each that the index does not know.
    pub fn correction(&self) -> Option<String> {
        let mut changed = false;
        let likely = |slot: &Slot| match slot.fuzzy.first() {
            Some(Alternative::Term(expansion))
                if slot.exact.iter().all(|known| matches!(known, Alternative::Term(known) if known.frequency == 0)) =>
            {
                Some(expansion.surface.clone())
            }
            _ => None,
        };
        let said: Vec<String> = self
            .slots
            .iter()
            .map(|slot| {
                likely(slot).map_or_else(
                    || slot.word.surface.clone(),
                    |word| {
                        changed = true;
                        word
                    },
                )
            })
            .collect();
        changed.then(|| said.join(" "))
    }

    fn exact(&mut self, open: bool) -> tantivy::Result<()> {
        let last = self.slots.len() - 1;
        for at in 0..self.slots.len() {
            let word = self.slots[at].word.clone();
            let term = word.term();
            let known = frequency(self.searcher, self.fields, &term)?;
            let mut found = vec![Alternative::Term(Expansion { term, surface: word.surface.clone(), frequency: known, weight: 1.0 })];
            if !word.parts.is_empty() {
                found.push(Alternative::Parts(word.parts.iter().map(|part| plain(part).term()).collect(), COMPOUND_PARTS));
            }
            if word.han {
                found.push(Alternative::Characters(word.surface.chars().collect(), HAN_PHRASE));
            }
            if open && at == last {
                let longer = completions(self.searcher, self.fields, &word, COMPLETION)?;
                self.blend(&word, &longer, known);
                found.extend(longer.into_iter().map(Alternative::Term));
            }
            self.slots[at].exact = found;
        }
        self.join_neighbours()
    }

    /// "play station" also means "playstation", where the index knows it.
    fn join_neighbours(&mut self) -> tantivy::Result<()> {
        for at in 1..self.slots.len() {
            let (left, right) = (&self.slots[at - 1].word, &self.slots[at].word);
            if left.han || right.han || left.surface.len() < 2 || right.surface.len() < 2 {
                continue;
            }
            let joined = plain(&format!("{}{}", left.surface, right.surface));
            let known = frequency(self.searcher, self.fields, &joined.term())?;
            if known > 0 {
                let expansion = Expansion { term: joined.term(), surface: joined.surface, frequency: known, weight: COMPOUND_PARTS };
                self.slots[at - 1].exact.push(Alternative::Term(expansion.clone()));
                self.slots[at].exact.push(Alternative::Term(expansion));
            }
        }
        Ok(())
    }

    fn correct(&mut self) -> tantivy::Result<()> {
        if std::mem::replace(&mut self.corrected, true) {
            return Ok(());
        }
        for at in 0..self.slots.len() {
            let word = self.slots[at].word.clone();
            let known = frequency(self.searcher, self.fields, &word.term())?;
            let near = corrections(self.searcher, self.fields, &word)?;
            self.blend(&word, &near, known);
            let mut fuzzy: Vec<Alternative> = near.into_iter().map(Alternative::Term).collect();
            if known == 0
                && let Some(parts) = self.split(&word)?
            {
                fuzzy.push(Alternative::Parts(parts, COMPOUND_PARTS));
            }
            self.slots[at].fuzzy = fuzzy;
        }
        Ok(())
    }

    /// "mousepad" as "mouse pad": the cut whose rarer half is the most frequent.
    fn split(&self, word: &Word) -> tantivy::Result<Option<Vec<String>>> {
        if word.han || word.surface.chars().any(char::is_numeric) {
            return Ok(None);
        }
        let mut best = (0, None);
        for (cut, _) in word.surface.char_indices().filter(|(cut, _)| *cut >= 3 && word.surface.len() - cut >= 3) {
            let (left, right) = word.surface.split_at(cut);
            let parts = [plain(left).term(), plain(right).term()];
            let known = frequency(self.searcher, self.fields, &parts[0])?.min(frequency(self.searcher, self.fields, &parts[1])?);
            if known > best.0 {
                best = (known, Some(parts.to_vec()));
            }
        }
        Ok(best.1)
    }

    /// Gives all the expansions one frequency, that of the most frequent.
    fn blend(&mut self, word: &Word, expansions: &[Expansion], typed: u64) {
        let most = expansions.iter().map(|expansion| expansion.frequency).max().unwrap_or(0).max(typed);
        let most = most.min(self.searcher.num_docs());
        let own = word.term();
        for term in
            expansions.iter().map(|expansion| &expansion.term).chain(std::iter::once(&own).filter(|_| typed > 0 && !expansions.is_empty()))
        {
            for field in [self.fields.text, self.fields.title, self.fields.kind] {
                self.frequencies.insert(Term::from_field_text(field, term), most);
            }
        }
    }

    fn loose(&self) -> Vec<Box<dyn Query>> {
        self.slots.iter().map(|slot| self.any(slot.exact.iter().chain(&slot.fuzzy))).collect()
    }

    /// The words, and what makes one match better than another: in the title, in the kind, side by side.
    fn scored(&self, words: Vec<Box<dyn Query>>, at_least: Option<usize>) -> Box<dyn Query> {
        let occur = if at_least.is_some() { Occur::Should } else { Occur::Must };
        let required = BooleanQuery::from(words.into_iter().map(|word| (occur, word)).collect::<Vec<_>>());
        let mut required = required;
        if let Some(count) = at_least {
            required.set_minimum_number_should_match(count);
        }
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(required))];
        for slot in &self.slots {
            clauses.push((Occur::Should, self.inside(self.fields.title, slot, TITLE)));
            clauses.push((Occur::Should, self.inside(self.fields.kind, slot, KIND)));
        }
        for pair in self.slots.windows(2) {
            let terms = pair.iter().map(|slot| Term::from_field_text(self.fields.title, &slot.word.term())).collect();
            clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(PhraseQuery::new(terms)), NEIGHBOURS))));
        }
        Box::new(BooleanQuery::from(clauses))
    }

    /// The best of what stands for a word in one field.
    fn inside(&self, field: Field, slot: &Slot, boost: f32) -> Box<dyn Query> {
        let terms = slot.exact.iter().chain(&slot.fuzzy).filter_map(|alternative| match alternative {
            Alternative::Term(expansion) => Some(term_query(field, &expansion.term, expansion.weight * boost)),
            _ => None,
        });
        Box::new(DisjunctionMaxQuery::new(terms.collect()))
    }

    fn any<'s>(&self, alternatives: impl IntoIterator<Item = &'s Alternative>) -> Box<dyn Query> {
        let queries = alternatives.into_iter().map(|alternative| self.alternative(alternative)).collect();
        Box::new(DisjunctionMaxQuery::new(queries))
    }

    fn alternative(&self, alternative: &Alternative) -> Box<dyn Query> {
        match alternative {
            Alternative::Term(expansion) => term_query(self.fields.text, &expansion.term, expansion.weight),
            Alternative::Parts(parts, weight) => {
                let parts = parts.iter().map(|part| (Occur::Must, term_query(self.fields.text, part, *weight))).collect::<Vec<_>>();
                Box::new(BooleanQuery::from(parts))
            }
            Alternative::Characters(characters, weight) => match characters.as_slice() {
                [only] => term_query(self.fields.han, &only.to_string(), *weight),
                _ => {
                    let terms = characters.iter().map(|c| Term::from_field_text(self.fields.han, &c.to_string())).collect();
                    Box::new(BoostQuery::new(Box::new(PhraseQuery::new(terms)), *weight))
                }
            },
        }
    }
}

fn plain(surface: &str) -> Word {
    Word { surface: surface.to_string(), parts: Vec::new(), han: false }
}

fn term_query(field: Field, term: &str, boost: f32) -> Box<dyn Query> {
    let query = Box::new(TermQuery::new(Term::from_field_text(field, term), IndexRecordOption::WithFreqs));
    Box::new(BoostQuery::new(query, boost))
}
