//! What every engine does, the embedded one and Meilisearch: the same products, the same questions, the same answers.

use super::embedded::EmbeddedSearch;
use super::meilisearch::double::Double;
use super::{SearchDocument, SearchEngine, SearchPage, SearchQuery, SearchVariant, Sort, Suggestion, Within};
use kernel::error::Error;
use kernel::money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// Runs a test on a new index of each engine that holds these products.
fn on_each(products: &[SearchDocument], test: impl Fn(&dyn SearchEngine)) {
    let double = Double::start();
    let engines: [(&str, Box<dyn SearchEngine>); 2] =
        [("embedded", Box::new(EmbeddedSearch::in_memory().unwrap())), ("Meilisearch", Box::new(double.engine()))];
    for (name, engine) in engines {
        assert_eq!(engine.rebuild(&mut [Ok(products.to_vec())].into_iter()).unwrap(), products.len(), "{name}");
        // Told where a test fails.
        println!("on {name}");
        test(engine.as_ref());
    }
}

pub fn variant(color: &str, size: &str, price: i64, available: bool) -> SearchVariant {
    let options = vec![("Color".to_string(), color.to_string()), ("Size".to_string(), size.to_string())];
    SearchVariant { options, prices: vec![(Currency::EUR, price)], available }
}

pub fn product(id: i64, title: &str, category: (i64, &str), variants: Vec<SearchVariant>) -> SearchDocument {
    SearchDocument {
        product_id: id,
        slug: format!("p{id}"),
        titles: vec![title.to_string()],
        brand: Some(if id % 2 == 0 { "Kettle & Co" } else { "Acme" }.to_string()),
        categories: vec![(category.0, category.1.to_string())],
        skus: vec![format!("TEA-{id:03}")],
        attributes: vec![("Material".to_string(), if id % 2 == 0 { "Clay" } else { "Glass" }.to_string())],
        variants,
        published_at: 1000 + id,
        popularity: 10 - id,
        ..SearchDocument::default()
    }
}

/// Three shirts, and three products for tea.
pub fn shop() -> Vec<SearchDocument> {
    let shirts = (1, "Shirts\n衬衫");
    let tea = (2, "Teapots\n茶壶");
    let mut pot = product(5, "Yixing teapot", tea, vec![variant("Brown", "S", 4500, true)]);
    pot.titles.push("宜興紫砂壺".to_string());
    vec![
        product(1, "Linen shirt", shirts, vec![variant("Blue", "M", 3000, true), variant("Red", "XL", 2000, true)]),
        product(2, "Cotton shirt", shirts, vec![variant("Blue", "XL", 2500, true), variant("Blue", "M", 2400, false)]),
        product(3, "Silk shirt", shirts, vec![variant("Red", "XL", 9000, false)]),
        product(4, "Glass teapot 600ml", tea, vec![variant("Clear", "M", 3500, true)]),
        pot,
        product(6, "Teapot warmer", tea, vec![variant("Brown", "M", 1500, true)]),
    ]
}

pub fn query(text: &str) -> SearchQuery {
    SearchQuery { text: text.to_string(), limit: 10, with_facets: true, ..SearchQuery::default() }
}

pub fn choose(facets: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
    facets.iter().map(|(key, values)| ((*key).to_string(), values.iter().map(|value| (*value).to_string()).collect())).collect()
}

pub fn count(page: &SearchPage, key: &str, value: &str) -> usize {
    page.facets
        .iter()
        .find(|facet| facet.key == key)
        .and_then(|facet| facet.values.iter().find(|known| known.value == value))
        .map_or(0, |known| known.count)
}

pub fn hits(engine: &dyn SearchEngine, text: &str) -> Vec<i64> {
    engine.search(&query(text)).unwrap().hits
}

#[test]
fn words_beginnings_and_typing_errors_find() {
    on_each(&shop(), |shop| {
        assert_eq!(hits(shop, "linen shirts")[0], 1);
        assert_eq!(hits(shop, "cott"), [2]);
        assert_eq!(hits(shop, "coton shirt")[0], 2);
        assert_eq!(hits(shop, "600ml"), [4]);
        assert_eq!(hits(shop, "velvet cotton"), [2], "a word that nothing has is left out");
        assert!(hits(shop, "velvet").is_empty());
    });
}

#[test]
fn chinese_is_found_in_both_scripts() {
    on_each(&shop(), |shop| {
        for text in ["宜兴", "宜興", "紫砂壶", "紫砂", "壶"] {
            assert!(hits(shop, text).contains(&5), "{text}");
        }
        assert_eq!(hits(shop, "衬衫").len(), 3);
    });
}

#[test]
fn a_sku_is_found_first_and_alone() {
    on_each(&shop(), |shop| {
        for text in ["TEA-004", "tea004", " tea 004 "] {
            assert_eq!(hits(shop, text), [4], "{text}");
        }
    });
}

#[test]
fn a_filter_speaks_of_one_variant() {
    on_each(&shop(), |shop| {
        let ask = |facets: &[(&str, &[&str])]| shop.search(&SearchQuery { facets: choose(facets), ..query("shirt") }).unwrap();
        let page = ask(&[("option:Color", &["Blue"]), ("option:Size", &["XL"])]);
        assert_eq!(page.hits, [2], "the linen shirt is blue, and there is one in XL, but no blue XL");
        assert_eq!((count(&page, "option:Color", "Red"), count(&page, "option:Color", "Blue")), (2, 1), "what another colour would give");
        assert_eq!((count(&page, "option:Size", "M"), count(&page, "option:Size", "XL")), (2, 1));
        assert_eq!(count(&page, "brand", "Acme"), 0);
        assert_eq!(page.price_range, Some((2500, 2500)));
        let page = ask(&[("option:Color", &["Blue"]), ("option:Size", &["M"]), ("availability", &["in"])]);
        assert_eq!(page.hits, [1], "the cotton one in M is sold out");
        assert_eq!(count(&page, "availability", "out"), 1);
        let page = ask(&[("attribute:Material", &["Glass"]), ("brand", &["Nobody"])]);
        assert_eq!((page.total, count(&page, "brand", "Acme")), (0, 2));
        assert!(
            page.facets
                .iter()
                .find(|facet| facet.key == "brand")
                .unwrap()
                .values
                .iter()
                .any(|value| value.value == "Nobody" && value.selected)
        );
    });
}

#[test]
fn prices_are_those_of_the_variants_that_match() {
    on_each(&shop(), |shop| {
        let ask = |facets: &[(&str, &[&str])], price, sort| {
            shop.search(&SearchQuery { facets: choose(facets), price, sort, ..query("shirt") }).unwrap().hits
        };
        assert_eq!(ask(&[], (None, None), Sort::PriceAscending), [1, 2, 3]);
        assert_eq!(ask(&[("option:Color", &["Blue"])], (None, None), Sort::PriceAscending), [2, 1], "the cheap linen one is red");
        assert_eq!(ask(&[], (None, None), Sort::PriceDescending), [3, 1, 2]);
        assert_eq!(ask(&[("option:Color", &["Blue"])], (Some(2600), None), Sort::PriceAscending), [1]);
        assert_eq!(ask(&[], (None, None), Sort::Newest), [3, 2, 1]);
        assert_eq!(hits(shop, "shirt").last(), Some(&3), "out of stock goes last");
    });
}

#[test]
fn hostile_texts_are_answered() {
    on_each(&shop(), |shop| {
        let long = "shirt ".repeat(2000);
        for text in ["\0", "!!!", "🍵", "\" OR 1=1 --", "title:* AND (", "a", "~^[]{}", "\u{202e}", "ﬀ", "-", "''"] {
            shop.search(&query(text)).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            shop.suggest(text, &Within::default(), 5).unwrap();
        }
        assert_eq!(shop.search(&query(&long)).unwrap().total, 3);
        assert!(hits(shop, &"x".repeat(10_000)).is_empty());
        assert!(hits(shop, "🍵").is_empty());
        let many = (0..100).map(|number| (format!("option:{number}"), ["x".to_string()].into())).collect();
        assert!(matches!(shop.search(&SearchQuery { facets: many, ..query("shirt") }), Err(Error::Invalid(_))));
    });
}

#[test]
fn suggestions_name_categories_brands_and_products() {
    on_each(&shop(), |shop| {
        let offered = shop.suggest("teap", &Within::default(), 4).unwrap();
        assert_eq!(offered[0], Suggestion::Category { id: 2, names: "Teapots\n茶壶".to_string() });
        assert!(offered.contains(&Suggestion::Product { id: 4, slug: "p4".to_string(), title: "Glass teapot 600ml".to_string() }));
        assert_eq!(shop.suggest("kett", &Within::default(), 4).unwrap()[0], Suggestion::Brand { name: "Kettle & Co".to_string() });
    });
}

#[test]
fn a_list_that_was_asked_for_before_follows_every_change() {
    on_each(&shop(), |shop| {
        let shirts = SearchQuery { category: Some(1), ..query("") };
        let ask = || {
            let page = shop.search(&shirts).unwrap();
            (page.hits.clone(), page.total, count(&page, "option:Color", "Blue"), page.price_range)
        };
        let before = (vec![1, 2, 3], 3, 2, Some((2000, 9000)));
        assert_eq!((ask(), ask()), (before.clone(), before));
        shop.replace(&[product(3, "Silk shirt", (1, "Shirts\n衬衫"), vec![variant("Blue", "XL", 100, true)])]).unwrap();
        shop.commit().unwrap();
        assert_eq!(ask(), (vec![1, 2, 3], 3, 3, Some((100, 3000))), "a product that changed is in another segment");
        shop.remove(&[1]).unwrap();
        shop.commit().unwrap();
        assert_eq!((ask(), ask()), ((vec![2, 3], 2, 2, Some((100, 2500))), (vec![2, 3], 2, 2, Some((100, 2500)))));
        let dearest = SearchQuery { sort: Sort::PriceDescending, ..shirts.clone() };
        assert_eq!(shop.search(&dearest).unwrap().hits, [2, 3], "another order is another list");
    });
}

#[test]
fn a_category_lists_by_popularity_and_goes_on_where_it_ended() {
    on_each(&shop(), |shop| {
        let first = SearchQuery { category: Some(2), limit: 2, ..query("") };
        let page = shop.search(&first).unwrap();
        assert_eq!((page.hits.clone(), page.total), (vec![4, 5], 3));
        let page = shop.search(&SearchQuery { after: page.next, ..first.clone() }).unwrap();
        assert_eq!((page.hits, page.next, page.total), (vec![6], None, 3));
        let other = SearchQuery { after: Some("n.1.0.1.1".to_string()), ..first };
        assert!(matches!(shop.search(&other), Err(Error::Invalid(_))));
    });
}

#[test]
fn pages_together_are_the_whole() {
    let tea = |id: i64| product(id, "Green tea", (2, "Tea"), vec![variant("Green", "S", 100 * (id % 5), id % 3 != 0)]);
    let many: Vec<SearchDocument> = (1..=57).map(tea).collect();
    on_each(&many[..20], |engine| {
        engine.replace(&many[20..]).unwrap();
        engine.commit().unwrap();
        for (sort, facets) in [
            (Sort::Relevance, choose(&[])),
            (Sort::PriceAscending, choose(&[])),
            (Sort::PriceDescending, choose(&[])),
            (Sort::PriceDescending, choose(&[("option:Color", &["Green"])])),
            (Sort::Newest, choose(&[])),
        ] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = engine.search(&SearchQuery { sort, after, facets: facets.clone(), limit: 7, ..query("green tea") }).unwrap();
                assert_eq!(page.total, 57);
                seen.extend(page.hits);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (57, 57), "{sort:?}");
        }
    });
}

#[test]
fn products_that_come_and_vanish_move_nobodys_next_page() {
    let many: Vec<SearchDocument> =
        (1..=30).map(|id| product(id, "Green tea", (2, "Tea"), vec![variant("Green", "S", 100 * id, true)])).collect();
    for facets in [choose(&[]), choose(&[("option:Color", &["Green"])])] {
        on_each(&many, |engine| {
            let ask = |after| {
                engine
                    .search(&SearchQuery { after, facets: facets.clone(), sort: Sort::PriceAscending, limit: 10, ..query("green tea") })
                    .unwrap()
            };
            let first = ask(None);
            assert_eq!(first.hits, (1..=10).collect::<Vec<_>>());
            engine.remove(&[2, 3, 10]).unwrap();
            engine.commit().unwrap();
            let second = ask(first.next);
            assert_eq!(second.hits, (11..=20).collect::<Vec<_>>());
            let cheap = |id| product(id, "Green tea", (2, "Tea"), vec![variant("Green", "S", 1, true)]);
            engine.replace(&[cheap(40), cheap(41)]).unwrap();
            engine.commit().unwrap();
            let third = ask(second.next);
            assert_eq!((third.hits, third.next), ((21..=30).collect(), None));
        });
    }
}

#[test]
fn a_rebuild_leaves_the_old_index_open_and_loses_no_change() {
    let lamp = |id: i64, title: &str| product(id, title, (1, "Lamps"), Vec::new());
    on_each(&[lamp(1, "Old lamp")], |engine| {
        let mut batches = [Ok(vec![lamp(1, "Old lamp"), lamp(2, "New lamp")])].into_iter().inspect(|_| {
            assert_eq!(engine.len().unwrap(), 1, "readers see the old index");
            engine.replace(&[lamp(3, "Late lamp")]).unwrap();
            engine.remove(&[1]).unwrap();
        });
        engine.rebuild(&mut batches).unwrap();
        let ids = || hits(engine, "lamp").into_iter().collect::<BTreeSet<i64>>();
        assert_eq!(ids(), [2, 3].into());
        assert!(engine.rebuild(&mut [Err(Error::NotFound)].into_iter()).is_err());
        assert_eq!(ids(), [2, 3].into(), "a failed rebuild changes nothing");
        engine.clear().unwrap();
        assert!(engine.is_empty().unwrap());
    });
}

#[test]
fn numbers_are_found_between_two_others_and_stay_countable() {
    let jug = |id: i64, volume: &str| SearchDocument {
        attributes: vec![("Volume".to_string(), volume.to_string()), ("Material".to_string(), "Clay".to_string())],
        ..product(id, &format!("Jug {id}"), (1, "Jugs"), vec![variant("Blue", "M", 3000, true)])
    };
    let jugs = [jug(1, "250"), jug(2, "900"), jug(3, "1000.5"), jug(4, "about 500"), jug(5, "-3")];
    on_each(&jugs, |engine| {
        let ask = |low: Option<i64>, high: Option<i64>, chosen: &[(&str, &[&str])]| {
            let ranges = BTreeMap::from([("attribute:Volume".to_string(), (low, high))]);
            let mut page = engine.search(&SearchQuery { ranges, facets: choose(chosen), ..query("") }).unwrap();
            page.hits.sort_unstable();
            page
        };
        let one = 1_000_000;
        let page = ask(Some(250 * one), Some(1000 * one), &[]);
        assert_eq!(page.hits, [1, 2], "numbers compare as numbers, both ends count, and a text is in no range");
        assert_eq!(
            (count(&page, "attribute:Volume", "1000.5"), count(&page, "attribute:Material", "Clay")),
            (1, 2),
            "its own facet counts on"
        );
        assert_eq!(ask(Some(900 * one), None, &[]).hits, [2, 3]);
        assert_eq!(ask(None, Some(0), &[]).hits, [5]);
        assert_eq!(ask(None, None, &[]).total, 5, "an open range narrows nothing");
        assert_eq!(ask(Some(0), None, &[("attribute:Volume", &["900", "about 500"])]).hits, [2], "both have to hold");
    });
}

#[test]
fn a_store_finds_what_it_sells_at_its_own_prices() {
    let mut both = product(1, "Blue shirt", (1, "Shirts"), vec![variant("Blue", "M", 1000, true), variant("Blue", "L", 1200, false)]);
    both.variants[0].prices.push((Currency::USD, 900));
    both.collections = vec![-5];
    let mut dollars = product(2, "Red shirt", (1, "Shirts"), vec![variant("Red", "M", 0, true)]);
    dollars.variants[0].prices = vec![(Currency::USD, 500)];
    let mut other = product(3, "Green shirt", (2, "Coats"), vec![variant("Green", "M", 700, true)]);
    other.collections = vec![-5, -7];
    on_each(&[both, dollars, other], |shop| {
        let within = |currency, part| Within { currency: Some(currency), part, contract: None };
        let ask = |within: Within, with_facets, sort| shop.search(&SearchQuery { within, with_facets, sort, ..query("shirt") }).unwrap();
        let found = |within: Within| {
            let mut hits = ask(within, false, Sort::Relevance).hits;
            hits.sort_unstable();
            hits
        };
        assert_eq!(found(within(Currency::USD, None)), [1, 2]);
        assert_eq!(found(within(Currency::EUR, None)), [1, 3]);
        assert_eq!(found(within(Currency::USD, Some(-5))), [1]);
        assert_eq!(found(within(Currency::JPY, None)), [0; 0]);
        let page = ask(within(Currency::USD, None), true, Sort::PriceAscending);
        assert_eq!((page.hits, page.total, page.price_range), (vec![2, 1], 2, Some((500, 900))));
        let sizes = page.facets.iter().find(|facet| facet.key == "option:Size").unwrap();
        assert_eq!(sizes.values.iter().map(|value| (value.value.as_str(), value.count)).collect::<Vec<_>>(), [("M", 2)], "no L in dollars");
        let dear = SearchQuery { within: within(Currency::USD, None), price: (Some(600), Some(950)), ..query("shirt") };
        assert_eq!(shop.search(&dear).unwrap().hits, [1], "a price is of the store's currency");
        let offered = shop.suggest("coat", &within(Currency::USD, None), 5).unwrap();
        assert!(offered.is_empty(), "a category in which nothing is sold: {offered:?}");
        assert_eq!(shop.suggest("coat", &within(Currency::EUR, Some(-5)), 5).unwrap().len(), 2);
        let agreed = |part, contract| Within { currency: Some(Currency::EUR), part, contract: Some(contract) };
        assert_eq!([found(agreed(None, -7)), found(agreed(Some(-5), -7)), found(agreed(Some(-7), -5))], [[3], [3], [3]]);
        let offered = shop.suggest("shirt", &agreed(None, -7), 5).unwrap();
        let of_others = |one: &Suggestion| matches!(one, Suggestion::Product { id, .. } if *id != 3);
        assert!(!offered.is_empty() && !offered.iter().any(of_others), "{offered:?}");
    });
}

/// A shop in which a colour is an option of some products, an attribute of others, and both of one.
fn colours() -> Vec<SearchDocument> {
    let plain = |id: i64, colours: &[&str]| {
        let variants = vec![SearchVariant { options: Vec::new(), prices: vec![(Currency::EUR, 900)], available: true }];
        let attributes = colours.iter().map(|colour| ("Color".to_string(), (*colour).to_string())).collect();
        SearchDocument { attributes, ..product(id, "Bowl", (2, "Bowls"), variants) }
    };
    let mut both = product(3, "Bowl", (2, "Bowls"), vec![variant("Blue", "M", 900, true), variant("Red", "XL", 900, true)]);
    both.attributes = vec![("Color".into(), "Blue".into()), ("Color".into(), "Striped".into())];
    vec![
        product(1, "Bowl", (2, "Bowls"), vec![variant("Blue", "M", 900, true), variant("Red", "XL", 900, true)]),
        plain(2, &["Blue", "Gold"]),
        both,
        plain(4, &["Gold"]),
    ]
}

#[test]
fn an_option_and_an_attribute_of_one_name_are_one_facet() {
    on_each(&colours(), |engine| {
        let all = engine.search(&query("")).unwrap();
        let keys: Vec<&str> = all.facets.iter().map(|facet| facet.key.as_str()).filter(|key| key.contains("Color")).collect();
        assert_eq!(keys, ["option:Color"]);
        let told = |page: &SearchPage, key: &str| ["Blue", "Gold", "Red", "Striped"].map(|colour| count(page, key, colour));
        assert_eq!(told(&all, "option:Color"), [3, 2, 2, 1], "each product once");
        for key in ["option:Color", "attribute:Color"] {
            let search = |values: &[&str], more: &[(&str, &[&str])]| {
                let facets = choose(&[&[(key, values)], more].concat());
                engine.search(&SearchQuery { facets, ..query("") }).unwrap()
            };
            let mut blue = search(&["Blue"], &[]);
            assert_eq!((told(&blue, key), blue.facets.iter().filter(|facet| facet.key.contains("Color")).count()), ([3, 2, 2, 1], 1));
            blue.hits.sort_unstable();
            assert_eq!((blue.hits, blue.total), (vec![1, 2, 3], 3));
            let mut gold = search(&["Gold", "Red"], &[]);
            gold.hits.sort_unstable();
            assert_eq!(gold.hits, [1, 2, 3, 4]);
            // An option narrows variants, an attribute holds for all of them: the blue ones in XL.
            assert_eq!(search(&["Blue"], &[("option:Size", &["XL"])]).hits, [3]);
            assert_eq!(count(&search(&["Blue"], &[]), "option:Size", "XL"), 1);
            assert_eq!(search(&["Teal"], &[]).total, 0);
            assert_eq!(count(&search(&["Teal"], &[]), key, "Blue"), 3, "another can be chosen");
        }
        let facets = choose(&[("option:Color", &["Red"]), ("attribute:Color", &["Gold"])]);
        assert_eq!(engine.search(&SearchQuery { facets, ..query("") }).unwrap().total, 4, "values of both widen one facet");
    });
}
