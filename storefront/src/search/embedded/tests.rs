//! What the embedded engine does beyond what every engine does.

use super::EmbeddedSearch;
use crate::search::tests::{hits, product, query, shop};
use crate::search::{SearchDocument, SearchEngine, SearchQuery};
use kernel::error::Error;
use std::collections::BTreeSet;

fn open() -> EmbeddedSearch {
    let engine = EmbeddedSearch::in_memory().unwrap();
    engine.replace(&shop()).unwrap();
    engine.commit().unwrap();
    engine
}

#[test]
fn words_meet_in_parts_and_a_correction_is_told() {
    let shop = open();
    assert_eq!(hits(&shop, "linen shirts"), [1, 2, 3], "the best first, then those without one word");
    assert_eq!(hits(&shop, "tea pot warmer")[0], 6);
    assert_eq!(shop.search(&query("coton shirt")).unwrap().corrected.as_deref(), Some("cotton shirt"));
    assert_eq!(hits(&shop, "600 ml"), [4]);
    assert!(hits(&shop, "601ml").is_empty(), "another size is not a typing error");
}

#[test]
fn a_vanished_product_shifts_nothing_on_the_next_page() {
    let shop = open();
    let first = SearchQuery { category: Some(2), limit: 2, ..query("") };
    let page = shop.search(&first).unwrap();
    assert_eq!(page.hits, [4, 5]);
    shop.remove(&[4]).unwrap();
    shop.commit().unwrap();
    let page = shop.search(&SearchQuery { after: page.next, ..first }).unwrap();
    assert_eq!((page.hits, page.next, page.total), (vec![6], None, 2));
}

#[test]
fn another_process_follows_and_only_one_writes() {
    let home = std::env::temp_dir().join(format!("regulars-search-test-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&home);
    let engine = EmbeddedSearch::open(&home).unwrap();
    let lamps = [product(2, "New lamp", (1, "Lamps"), Vec::new()), product(3, "Late lamp", (1, "Lamps"), Vec::new())];
    engine.rebuild(&mut [Ok(lamps.to_vec())].into_iter()).unwrap();
    let ids = |engine: &EmbeddedSearch| hits(engine, "lamp").into_iter().collect::<BTreeSet<i64>>();
    let reader = EmbeddedSearch::open(&home).unwrap();
    assert_eq!(ids(&reader), [2, 3].into(), "another process opens the same");
    engine.remove(&[2]).unwrap();
    engine.commit().unwrap();
    reader.refresh().unwrap();
    assert_eq!(ids(&reader), [3].into());
    assert!(matches!(reader.replace(&[SearchDocument::default()]), Err(Error::Unavailable(_))), "one process writes");
    std::fs::write(home.join("current"), "v0-old").unwrap();
    assert!(EmbeddedSearch::open(&home).unwrap().is_empty().unwrap(), "an index of another version is built anew");
    std::fs::remove_dir_all(&home).unwrap();
}
