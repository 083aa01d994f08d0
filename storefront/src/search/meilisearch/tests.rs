//! What the adapter asks of the server, and what it makes of a bad day there. What it answers is in `search::tests`.

use super::MeilisearchSearch;
use super::document::number_field;
use super::double::Double;
use crate::search::tests::{choose, count, product, query, shop, variant};
use crate::search::{SearchDocument, SearchEngine, SearchQuery, Sort, Within};
use kernel::error::Error;
use kernel::money::Currency;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const SEARCH: &str = "POST /indexes/products/search";

fn built(double: &Double, products: Vec<SearchDocument>) -> MeilisearchSearch {
    let engine = double.engine();
    engine.rebuild(&mut [Ok(products)].into_iter()).unwrap();
    engine
}

#[test]
fn what_speaks_of_products_is_asked_of_the_server_and_no_more_than_a_page() {
    let double = Double::start();
    let engine = built(&double, shop());
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
    assert_eq!((page.hits, page.total, page.next.as_deref()), (vec![1], 2, Some("m.PriceAscending.1.1")));
    let main = &double.asked(SEARCH)[0];
    assert_eq!(main["filter"], "categories = 1 AND price_low.EUR EXISTS AND labels IN [\"brand\u{1f}Ac\\\"me\", \"brand\u{1f}Acme\"]");
    assert_eq!((&main["sort"], &main["limit"], &main["q"]), (&json!(["price_low.EUR:asc"]), &json!(2), &json!("shirt")));
    assert_eq!(main["attributesToRetrieve"], json!(["id"]));
}

/// Beyond what is fetched, the server counts: options and availability still speak of one variant, the price of the product.
#[test]
fn of_a_long_list_the_server_counts() {
    let double = Double::start();
    let cup = |id: i64| {
        let blue = variant("Blue", if id % 2 == 0 { "M" } else { "XL" }, 100 + id, true);
        product(id, "Cup", (1, "Cups"), vec![blue, variant("Red", "XL", 9000, id % 4 == 0)])
    };
    let most = 80;
    let mut engine = built(&double, (1..=most).map(cup).collect());
    engine.fetched = 79;
    let within = Within { currency: Some(Currency::EUR), part: None, contract: None };
    let ask =
        |facets: &[(&str, &[&str])], price| engine.search(&SearchQuery { facets: choose(facets), price, within, ..query("cup") }).unwrap();
    let page = ask(&[("option:Color", &["Blue"]), ("option:Size", &["XL"])], (None, None));
    assert_eq!(page.total as i64, most / 2);
    let told = |color: &str| count(&page, "option:Color", color) as i64;
    assert_eq!((told("Blue"), told("Red"), count(&page, "option:Size", "M") as i64), (most / 2, most, most / 2));
    assert_eq!(page.price_range, Some((101, 9000)), "of the products that have a blue one in XL");
    let sold = ask(&[("option:Color", &["Red"]), ("availability", &["in"])], (Some(5000), None));
    assert_eq!((sold.total as i64, count(&sold, "availability", "out") as i64), (most / 4, most - most / 4));
    let cheap = |after| {
        let facets = choose(&[("option:Size", &["M"])]);
        let asked = SearchQuery { facets, price: (Some(120), Some(5000)), within, after, limit: 25, ..query("cup") };
        engine.search(&asked).unwrap()
    };
    let first = cheap(None);
    let second = cheap(first.next.clone());
    let hits: BTreeSet<i64> = first.hits.iter().chain(&second.hits).copied().collect();
    assert_eq!((hits, second.next), ((20..=most).step_by(2).collect(), None), "those in XL are in the price's range, and no hit");
}

#[test]
fn a_list_longer_than_one_answer_is_looked_at_whole() {
    let double = Double::start();
    let most = 13;
    let cup = |id: i64| product(id, "Cup", (1, "Cups"), vec![variant("Blue", "M", 100 + id, true), variant("Red", "XL", 9000, true)]);
    let mut engine = built(&double, (1..=most).map(cup).collect());
    engine.fetched = 100;
    let within = Within { currency: Some(Currency::EUR), part: None, contract: None };
    let facets = choose(&[("option:Color", &["Blue"])]);
    let asked = SearchQuery { facets, price: (Some(100 + most - 1), Some(9000)), within, sort: Sort::PriceDescending, ..query("cup") };
    let page = engine.search(&asked).unwrap();
    assert_eq!((page.hits.as_slice(), page.total), ([most, most - 1].as_slice(), 2), "the others have no blue one at that price");
    assert_eq!(count(&page, "option:Color", "Red") as i64, most, "as if no colour were chosen");
    let limits: Vec<_> = double.asked(SEARCH).iter().map(|body| (body["offset"].clone(), body["limit"].clone())).collect();
    assert_eq!(limits, [(json!(0), json!(10)), (json!(10), json!(91))]);
}

#[test]
fn a_silent_or_broken_server_is_unavailable_soon() {
    let double = Double::start();
    let engine = double.engine();
    for text in ["slow", "broken", "no index yet"] {
        let begun = Instant::now();
        let found = engine.search(&SearchQuery { text: text.into(), limit: 5, ..SearchQuery::default() });
        assert!(matches!(found, Err(Error::Unavailable(_))), "{text}: {found:?}");
        assert!(begun.elapsed() < Duration::from_millis(1500));
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
    shirt.variants[0].options.truncate(1);
    built(&double, vec![shirt]);
    let document = &double.asked("POST /indexes/products_next/documents")[0][0];
    assert_eq!(document["skus"], json!(["AB-1", "ab1"]));
    let labels = json!(["availability\u{1f}in", "availability\u{1f}in\u{1e}option:Color\u{1f}Blue", "option:Color\u{1f}Blue"]);
    assert_eq!(document["variants"], json!({"EUR": labels, "any": labels}));
    assert_eq!(double.asked("PATCH /indexes/products_next/settings")[0]["typoTolerance"]["disableOnNumbers"], true);
    assert_eq!(double.asked("POST /swap-indexes")[0][0]["indexes"], json!(["products", "products_next"]));
    assert_eq!(double.asked("DELETE /indexes/products_next").len(), 2);
}

#[test]
fn numbers_are_kept_by_names_that_every_field_may_have() {
    let double = Double::start();
    let mut jug = product(1, "Jug", (1, "Jugs"), Vec::new());
    jug.attributes = vec![("Volume".into(), "900".into()), ("Volume".into(), "0.5".into()), ("Care".into(), "by hand".into())];
    built(&double, vec![jug]);
    let document = &double.asked("POST /indexes/products_next/documents")[0][0];
    let field = number_field("attribute:Volume");
    assert_eq!(document["numbers"], json!({ field.as_str(): [900_000_000i64, 500_000] }));
}

#[test]
fn a_variant_with_two_values_of_a_facet_is_no_combination_of_them() {
    let double = Double::start();
    let mut bowl = product(1, "Bowl", (1, "Bowls"), vec![variant("Blue", "M", 500, true)]);
    bowl.variants[0].options.truncate(1);
    bowl.attributes = vec![("Color".into(), "Striped".into()), ("Care".into(), "by hand".into())];
    bowl.brand = None;
    bowl.categories.clear();
    built(&double, vec![bowl]);
    let document = &double.asked("POST /indexes/products_next/documents")[0][0];
    assert_eq!(document["labels"], json!(["attribute:Care\u{1f}by hand"]));
    assert_eq!(
        document["variants"]["any"],
        json!([
            "availability\u{1f}in",
            "availability\u{1f}in\u{1e}option:Color\u{1f}Blue",
            "availability\u{1f}in\u{1e}option:Color\u{1f}Striped",
            "option:Color\u{1f}Blue",
            "option:Color\u{1f}Striped",
        ])
    );
}
