//! Both engines beside each other, on a catalogue of chance that is longer than one answer of the server.

use super::embedded::EmbeddedSearch;
use super::meilisearch::double::Double;
use super::tests::{choose, product, query, variant};
use super::{SearchDocument, SearchEngine, SearchPage, SearchQuery, Sort, Within};
use kernel::money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that are the same in every run; the constants are those of Knuth's MMIX.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.throw(of.len())]
    }

    fn cup(&mut self, id: i64) -> SearchDocument {
        let variants = (0..self.throw(4)).map(|_| {
            let (color, size) = (self.one(&["Blue", "Red", "Green"]), self.one(&["S", "M", "XL"]));
            let mut one = variant(color, size, 100 * self.throw(9) as i64, self.throw(3) > 0);
            if self.throw(2) == 0 {
                one.prices.push((Currency::USD, 100 * self.throw(9) as i64));
            }
            if self.throw(6) == 0 {
                one.prices = vec![(Currency::USD, 700)];
            }
            if self.throw(5) == 0 {
                one.options.truncate(1);
            }
            one
        });
        let variants = variants.collect();
        let mut cup = product(id, "Cup", self.one(&[(1, "Cups"), (2, "Mugs\n杯子")]), variants);
        cup.collections = if self.throw(3) == 0 { vec![-5] } else { Vec::new() };
        cup.popularity = self.throw(5) as i64;
        cup.published_at = self.throw(20) as i64;
        for (name, values) in [("Color", ["Blue", "Striped"]), ("Volume", ["250", "0.5"]), ("Volume", ["900", "large"])] {
            if self.throw(3) == 0 {
                cup.attributes.push((name.to_string(), self.one(&values).to_string()));
            }
        }
        cup
    }

    fn question(&mut self) -> SearchQuery {
        const CHOICES: [(&str, &[&str]); 9] = [
            ("option:Color", &["Blue"]),
            ("option:Color", &["Blue", "Red"]),
            ("attribute:Color", &["Striped", "Green"]),
            ("option:Size", &["XL"]),
            ("option:Size", &["S", "M"]),
            ("availability", &["in"]),
            ("brand", &["Acme", "Nobody"]),
            ("attribute:Material", &["Clay"]),
            ("category", &["2"]),
        ];
        let chosen: Vec<(&str, &[&str])> = (0..self.throw(4)).map(|_| self.one(&CHOICES)).collect();
        let mut ranges = BTreeMap::new();
        if self.throw(4) == 0 {
            ranges.insert("attribute:Volume".to_string(), (Some(400_000), self.one(&[None, Some(300_000_000)])));
        }
        let within = Within {
            currency: self.one(&[None, None, Some(Currency::EUR), Some(Currency::USD), Some(Currency::JPY)]),
            part: self.one(&[None, None, Some(-5)]),
            contract: None,
        };
        SearchQuery {
            category: self.one(&[None, None, Some(1), Some(2), Some(9)]),
            within,
            facets: choose(&chosen),
            ranges,
            price: self.one(&[(None, None), (None, None), (Some(200), Some(500)), (Some(600), None), (None, Some(300))]),
            sort: self.one(&[Sort::Relevance, Sort::PriceAscending, Sort::PriceDescending, Sort::Newest]),
            limit: self.one(&[1, 3, 10, 100]),
            with_facets: self.throw(3) > 0,
            ..query(self.one(&["", "cup"]))
        }
    }
}

/// All pages of a list, at most six.
fn pages(engine: &dyn SearchEngine, asked: &SearchQuery) -> Vec<SearchPage> {
    let mut pages: Vec<SearchPage> = Vec::new();
    let mut after = None;
    while pages.len() < 6 {
        let page = engine.search(&SearchQuery { after, ..asked.clone() }).unwrap();
        after = page.next.clone();
        pages.push(page);
        if after.is_none() {
            break;
        }
    }
    pages
}

#[test]
fn both_engines_answer_alike_whatever_is_asked_and_however_long_the_list() {
    let mut dice = Dice(20_000);
    let cups: Vec<SearchDocument> = (1..=90).map(|id| dice.cup(id)).collect();
    let double = Double::start();
    let embedded = EmbeddedSearch::in_memory().unwrap();
    // One process writes, another one searches.
    let (writer, reader) = (double.engine(), double.engine_in_parts(7));
    let writers: [&dyn SearchEngine; 2] = [&embedded, &writer];
    for engine in writers {
        engine.rebuild(&mut [Ok(cups.clone())].into_iter()).unwrap();
    }
    for round in 0..3 {
        let everything = reader.search(&query("")).unwrap();
        assert!(everything.total > 70, "a list of many parts: {}", everything.total);
        for _ in 0..120 {
            let asked = dice.question();
            let (ours, theirs) = (pages(&embedded, &asked), pages(&reader, &asked));
            if asked.text.is_empty() || asked.sort != Sort::Relevance {
                assert_eq!(theirs, ours, "round {round}: {asked:?}");
                continue;
            }
            // How well a text is met is each engine's own judgement; what is found and counted is not.
            let told = |pages: &[SearchPage]| (pages.len(), pages[0].total, pages[0].facets.clone(), pages[0].price_range);
            assert_eq!(told(&theirs), told(&ours), "round {round}: {asked:?}");
            if asked.limit == 100 {
                let all = |pages: &[SearchPage]| pages[0].hits.iter().copied().collect::<BTreeSet<i64>>();
                assert_eq!(all(&theirs), all(&ours), "round {round}: {asked:?}");
            }
        }
        let changed: Vec<SearchDocument> = (0..20).map(|place| dice.cup(1 + 5 * place)).collect();
        let gone: Vec<i64> = (0..5).map(|_| 1 + dice.throw(90) as i64).collect();
        for engine in writers {
            engine.replace(&changed).unwrap();
            engine.remove(&gone).unwrap();
            engine.commit().unwrap();
        }
    }
}
