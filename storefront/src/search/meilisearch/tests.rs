//! What the adapter asks of the server, and what it makes of a bad day there. What it answers is in `search::tests` and `search::alike`.

use super::MeilisearchSearch;
use super::double::Double;
use crate::search::tests::{choose, count, product, query, shop, variant};
use crate::search::{SearchDocument, SearchEngine, SearchQuery, Sort, Within};
use kernel::error::Error;
use kernel::money::Currency;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SEARCH: &str = "POST /indexes/products/search";
const FETCH: &str = "POST /indexes/products/documents/fetch";

fn built(engine: MeilisearchSearch, products: Vec<SearchDocument>) -> MeilisearchSearch {
    engine.rebuild(&mut [Ok(products)].into_iter()).unwrap();
    engine
}

#[test]
fn a_list_is_asked_for_once_and_a_product_when_it_changed() {
    let double = Double::start();
    let engine = built(double.engine(), shop());
    let asked = SearchQuery {
        text: "Shírt".into(),
        category: Some(1),
        within: Within { currency: Some(Currency::EUR), part: None, contract: None },
        facets: choose(&[("brand", &["Ac\"me", "Acme"])]),
        sort: Sort::PriceAscending,
        limit: 1,
        ..SearchQuery::default()
    };
    let page = engine.search(&asked).unwrap();
    assert_eq!((page.hits, page.total, page.next.as_deref()), (vec![1], 2, Some("a.1.0.2000.1")));
    let page = engine.search(&SearchQuery { after: page.next, ..asked.clone() }).unwrap();
    assert_eq!((page.hits, page.next), (vec![3], None));
    let lists = double.asked(SEARCH);
    assert_eq!((lists.len(), &lists[0]["filter"], &lists[0]["q"]), (1, &json!("categories = 1 AND currencies = EUR"), &json!("shirt")));
    assert_eq!((&lists[0]["attributesToRetrieve"], &lists[0]["matchingStrategy"]), (&json!(["id", "stamp"]), &json!("all")));
    let ids = || double.asked(FETCH).iter().map(|body| body["ids"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(), [json!(["1", "2", "3"])]);
    engine.replace(&[product(1, "Linen shirt", (1, "Shirts"), vec![variant("Blue", "M", 9900, true)])]).unwrap();
    engine.commit().unwrap();
    assert_eq!(engine.search(&asked).unwrap().hits, [3], "the other one is dearer now");
    assert_eq!((ids(), double.asked(SEARCH).len()), (vec![json!(["1", "2", "3"]), json!(["1"])], 2));
    engine.search(&query("-linen \"shirt")).unwrap();
    assert_eq!(double.asked(SEARCH)[2]["q"], "linen shirt", "no operators");
}

#[test]
fn a_long_list_is_read_in_parts() {
    let double = Double::start();
    let most = 13;
    let cup = |id: i64| product(id, "Cup", (1, "Cups"), vec![variant("Blue", "M", 100 + id, true), variant("Red", "XL", 9000, true)]);
    let engine = built(double.engine_in_parts(10), (1..=most).map(cup).collect());
    let within = Within { currency: Some(Currency::EUR), part: None, contract: None };
    let facets = choose(&[("option:Color", &["Blue"])]);
    let asked = SearchQuery { facets, price: (Some(100 + most - 1), Some(9000)), within, sort: Sort::PriceDescending, ..query("cup") };
    let page = engine.search(&asked).unwrap();
    assert_eq!((page.hits.as_slice(), page.total), ([most, most - 1].as_slice(), 2), "the others have no blue one at that price");
    assert_eq!(count(&page, "option:Color", "Red") as i64, most, "as if no colour were chosen");
    let parts = |bodies: Vec<Value>| bodies.iter().map(|body| (body["offset"].clone(), body["limit"].clone())).collect::<Vec<_>>();
    let both = [(json!(0), json!(10)), (json!(10), json!(20))];
    assert_eq!(parts(double.asked(SEARCH)), both);
    assert_eq!(double.asked(FETCH).iter().map(|body| body["ids"].as_array().unwrap().len()).collect::<Vec<_>>(), [10, 3]);
    engine.search(&SearchQuery { text: String::new(), ..asked }).unwrap();
    assert_eq!(parts(double.asked(FETCH).split_off(2)), both, "a list without a text is read as it is kept");
}

#[test]
fn a_page_of_matches_goes_on_where_the_one_before_ended() {
    let double = Double::start();
    let tea = |id: i64| product(id, "Green tea", (2, "Tea"), vec![variant("Green", "S", 100, id % 5 != 0)]);
    let engine = built(double.engine_in_parts(7), (1..=30).map(tea).collect());
    let ask = |after| engine.search(&SearchQuery { after, limit: 10, ..query("green tea") }).unwrap();
    let first = ask(None);
    assert_eq!(first.hits, [1, 2, 3, 4, 6, 7, 8, 9, 11, 12], "what is sold out comes last");
    engine.remove(&[2, 3, 12]).unwrap();
    engine.replace(&[SearchDocument { popularity: 99, ..tea(41) }]).unwrap();
    engine.commit().unwrap();
    let second = ask(first.next);
    assert_eq!(second.hits, [13, 14, 16, 17, 18, 19, 21, 22, 23, 24]);
    let third = ask(second.next);
    assert_eq!((third.hits, third.next), (vec![26, 27, 28, 29, 5, 10, 15, 20, 25, 30], None));
    for foreign in ["r.1.0.1.1~x", "r.1.0.1.1~1~2~3", "~1", "m.Relevance.1.1"] {
        let asked = SearchQuery { after: Some(foreign.into()), ..query("green tea") };
        assert!(matches!(engine.search(&asked), Err(Error::Invalid(_))), "{foreign}");
    }
}

#[test]
fn a_silent_or_broken_server_is_unavailable_soon() {
    let double = Double::start();
    let unavailable_soon = |engine: &MeilisearchSearch, text: &str| {
        let begun = Instant::now();
        let found = engine.search(&SearchQuery { text: text.into(), limit: 5, ..SearchQuery::default() });
        assert!(matches!(found, Err(Error::Unavailable(_))), "{text}: {found:?}");
        assert!(begun.elapsed() < Duration::from_millis(1500));
    };
    unavailable_soon(&double.engine(), "no index yet");
    let engine = built(double.engine(), shop());
    for text in ["slow", "broken"] {
        unavailable_soon(&engine, text);
    }
    let nobody = MeilisearchSearch::new("http://127.0.0.1:9", None, "products").unwrap();
    assert!(matches!(nobody.healthy(), Err(Error::Unavailable(_))));
    assert!(matches!(nobody.replace(&[SearchDocument::default()]), Err(Error::Unavailable(_))));
}

#[test]
fn a_rebuild_fills_another_index_and_swaps() {
    let double = Double::start();
    let mut shirt = product(1, "Shirt", (1, "Shirts"), vec![variant("Blue", "M", 500, true)]);
    shirt.skus = vec!["AB-1".into()];
    shirt.variants[0].prices.push((Currency::USD, 600));
    built(double.engine(), vec![shirt.clone()]);
    let document = &double.asked("POST /indexes/products_next/documents")[0][0];
    assert_eq!((&document["skus"], &document["currencies"]), (&json!(["AB-1", "ab1"]), &json!(["EUR", "USD"])));
    let facts: SearchDocument = serde_json::from_str(document["facts"].as_str().unwrap()).unwrap();
    assert_eq!((facts.variants, facts.titles, facts.product_id), (shirt.variants, Vec::new(), 1), "no words");
    assert_eq!(double.asked("PATCH /indexes/products_next/settings")[0]["typoTolerance"]["disableOnNumbers"], true);
    assert_eq!(double.asked("POST /swap-indexes")[0][0]["indexes"], json!(["products", "products_next"]));
    assert_eq!(double.asked("DELETE /indexes/products_next").len(), 2);
}
