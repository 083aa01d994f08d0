use super::MeilisearchSearch;
use super::document::number_field;
use crate::search::{SearchDocument, SearchEngine, SearchQuery, SearchVariant, Sort, Suggestion, Within};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use kernel::error::Error;
use kernel::money::Currency;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

type Seen = Arc<Mutex<Vec<(String, Value)>>>;

/// A server that answers as Meilisearch does and remembers what it was asked.
struct Double {
    url: String,
    seen: Seen,
}

impl Double {
    fn start() -> Double {
        let seen = Seen::default();
        let (tell, told) = std::sync::mpsc::channel();
        let known = seen.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let data = web::Data::from(known);
                let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)));
                let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
                tell.send(server.addrs()[0]).unwrap();
                server.run().await.unwrap();
            });
        });
        Double { url: format!("http://{}", told.recv().unwrap()), seen }
    }

    fn engine(&self) -> MeilisearchSearch {
        MeilisearchSearch::new(&self.url, Some("key"), "products").unwrap()
    }

    fn asked(&self, what: &str) -> Vec<Value> {
        self.seen.lock().unwrap().iter().filter(|(line, _)| line == what).map(|(_, body)| body.clone()).collect()
    }
}

async fn answer(request: HttpRequest, body: Bytes, seen: web::Data<Mutex<Vec<(String, Value)>>>) -> HttpResponse {
    assert_eq!(request.headers().get("authorization").unwrap(), "Bearer key");
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let line = format!("{} {}", request.method(), request.path());
    let task = {
        let mut seen = seen.lock().unwrap();
        seen.push((line.clone(), body.clone()));
        seen.len()
    };
    let time = "2026-01-01T00:00:00Z";
    match (request.method().as_str(), request.path()) {
        ("GET", "/health") => HttpResponse::Ok().json(json!({"status": "available"})),
        ("GET", "/indexes/products/stats") => HttpResponse::NotFound().json(json!({
            "message": "Index `products` not found.", "code": "index_not_found", "type": "invalid_request", "link": ""})),
        ("POST", "/indexes/products/search") => search(&body).await,
        ("GET", path) if path.starts_with("/tasks/") => HttpResponse::Ok().json(json!({
            "uid": 1, "indexUid": "products", "status": "succeeded", "type": "documentDeletion", "details": {"deletedDocuments": 0},
            "canceledBy": null, "error": null, "duration": "PT0.1S", "enqueuedAt": time, "startedAt": time, "finishedAt": time})),
        _ => HttpResponse::Accepted().json(json!({
            "taskUid": task, "indexUid": "products", "status": "enqueued", "type": "documentDeletion", "details": null, "enqueuedAt": time})),
    }
}

async fn search(body: &Value) -> HttpResponse {
    if body["q"] == "slow" {
        actix_web::rt::time::sleep(Duration::from_secs(30)).await;
    }
    if body["q"] == "broken" {
        return HttpResponse::InternalServerError().body("out of memory");
    }
    let hits: Vec<Value> = (1..=body["limit"].as_u64().unwrap_or(0).min(3))
        .map(|id| json!({"id": id, "slug": format!("p{id}"), "name": format!("Product {id}")}))
        .collect();
    HttpResponse::Ok().json(json!({
        "hits": hits, "offset": body["offset"], "limit": body["limit"], "estimatedTotalHits": 3, "processingTimeMs": 1, "query": body["q"],
        "facetDistribution": {
            "labels": {"brand\u{1f}Acme": 2, "category\u{1f}7": 3},
            "variants": {
                "availability\u{1f}in": 3, "option:Color\u{1f}Blue": 2, "option:Color\u{1f}Red": 1, "option:Size\u{1f}XL": 2,
                "option:Color\u{1f}Blue\u{1e}option:Size\u{1f}XL": 1, "option:Color\u{1f}Blue\u{1e}option:Size\u{1f}M": 2,
            }
        },
        "facetStats": {"price_low.EUR": {"min": 500.0, "max": 900.0}, "price_high.EUR": {"min": 600.0, "max": 1200.0}},
    }))
}

fn chosen(facets: &[(&str, &[&str])]) -> BTreeMap<String, std::collections::BTreeSet<String>> {
    facets.iter().map(|(key, values)| ((*key).to_string(), values.iter().map(|value| (*value).to_string()).collect())).collect()
}

#[test]
fn a_filter_speaks_of_one_variant_and_a_chosen_facet_stays_selectable() {
    let double = Double::start();
    let query = SearchQuery {
        text: "shirt".into(),
        category: Some(7),
        within: Within { currency: Some(Currency::EUR), part: Some(-5) },
        facets: chosen(&[("brand", &["Ac\"me"]), ("option:Color", &["Blue"])]),
        price: (Some(100), Some(2000)),
        sort: Sort::PriceAscending,
        limit: 2,
        with_facets: true,
        ..SearchQuery::default()
    };
    let page = double.engine().search(&query).unwrap();
    assert_eq!((page.hits, page.total, page.price_range), (vec![1, 2], 3, Some((500, 1200))));
    let main = &double.asked("POST /indexes/products/search")[0];
    assert_eq!(
        main["filter"],
        "categories = 7 AND categories = -5 AND price_low.EUR EXISTS AND labels IN [\"brand\u{1f}Ac\\\"me\"] AND ((labels IN [\"attribute:Color\u{1f}Blue\"]) OR (variants IN [\"option:Color\u{1f}Blue\"])) AND price_high.EUR >= 100 AND price_low.EUR <= 2000"
    );
    assert_eq!((&main["sort"], &main["limit"], &main["q"]), (&json!(["price_low.EUR:asc"]), &json!(3), &json!("shirt")));
    let count = |key: &str, value: &str| {
        let facet = page.facets.iter().find(|facet| facet.key == key).unwrap();
        facet.values.iter().find(|known| known.value == value).map(|known| (known.count, known.selected))
    };
    assert_eq!(count("option:Size", "XL"), Some((1, false)), "blue ones in XL");
    assert_eq!(count("option:Color", "Red"), Some((1, false)), "another colour can still be chosen");
    assert_eq!(count("option:Color", "Blue"), Some((2, true)));
    assert_eq!(count("brand", "Ac\"me"), Some((0, true)));
    assert_eq!(page.next.as_deref(), Some("m.PriceAscending.2"));
    let second = SearchQuery { after: page.next, with_facets: false, ..query };
    double.engine().search(&second).unwrap();
    assert_eq!(double.asked("POST /indexes/products/search").last().unwrap()["offset"], 2);
}

#[test]
fn a_silent_or_broken_server_is_unavailable_soon() {
    let double = Double::start();
    let engine = double.engine();
    for text in ["slow", "broken"] {
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
    let engine = double.engine();
    let variants =
        vec![SearchVariant { options: vec![("Color".into(), "Blue".into())], prices: vec![(Currency::EUR, 500)], available: true }];
    let product =
        SearchDocument { product_id: 1, titles: vec!["Shirt".into()], skus: vec!["AB-1".into()], variants, ..SearchDocument::default() };
    assert_eq!(engine.rebuild(&mut [Ok(vec![product])].into_iter()).unwrap(), 1);
    let document = &double.asked("POST /indexes/products_next/documents")[0][0];
    assert_eq!(document["skus"], json!(["AB-1", "ab1"]));
    assert_eq!(
        document["variants"],
        json!(["availability\u{1f}in", "availability\u{1f}in\u{1e}option:Color\u{1f}Blue", "option:Color\u{1f}Blue"])
    );
    assert_eq!(double.asked("PATCH /indexes/products_next/settings")[0]["typoTolerance"]["disableOnNumbers"], true);
    assert_eq!(double.asked("POST /swap-indexes")[0][0]["indexes"], json!(["products", "products_next"]));
    assert_eq!(double.asked("DELETE /indexes/products_next").len(), 2);
}

#[test]
fn the_rest_is_asked_plainly() {
    let double = Double::start();
    let engine = double.engine();
    engine.healthy().unwrap();
    assert!(engine.is_empty().unwrap());
    engine.remove(&[4, 5]).unwrap();
    engine.commit().unwrap();
    assert_eq!(double.asked("POST /indexes/products/documents/delete-batch"), [json!([4, 5])]);
    let offered = engine.suggest("pro\0", &Within::default(), 1).unwrap();
    assert_eq!(offered, [Suggestion::Product { id: 1, slug: "p1".into(), title: "Product 1".into() }]);
    let foreign = SearchQuery { after: Some("r.1.0.1.1".into()), ..SearchQuery::default() };
    assert!(matches!(engine.search(&foreign), Err(Error::Invalid(_))));
    assert!(engine.search(&SearchQuery { text: "!!!".into(), limit: 5, ..SearchQuery::default() }).unwrap().hits.is_empty());
}

#[test]
fn a_range_speaks_of_numbers_and_its_facet_stays_selectable() {
    let double = Double::start();
    let engine = double.engine();
    let product = SearchDocument {
        product_id: 1,
        titles: vec!["Jug".into()],
        attributes: vec![("Volume".into(), "900".into()), ("Volume".into(), "0.5".into()), ("Care".into(), "by hand".into())],
        ..SearchDocument::default()
    };
    engine.rebuild(&mut [Ok(vec![product])].into_iter()).unwrap();
    let document = &double.asked("POST /indexes/products_next/documents")[0][0];
    let field = number_field("attribute:Volume");
    assert_eq!(document["numbers"], json!({ field.as_str(): [900_000_000i64, 500_000] }));
    let settings = &double.asked("PATCH /indexes/products_next/settings")[0];
    assert!(settings["filterableAttributes"].as_array().unwrap().contains(&json!("numbers")), "{settings}");

    let ask = |low: Option<i64>, high: Option<i64>| {
        let ranges = BTreeMap::from([("attribute:Volume".to_string(), (low, high))]);
        engine.search(&SearchQuery { ranges, limit: 2, with_facets: true, ..SearchQuery::default() }).unwrap();
    };
    ask(Some(250_000_000), Some(1_000_000_000));
    ask(Some(7), None);
    ask(None, Some(-3));
    ask(None, None);
    let filters: Vec<Value> = double.asked("POST /indexes/products/search").iter().map(|asked| asked["filter"].clone()).collect();
    let told: Vec<&str> = filters.iter().filter_map(Value::as_str).collect();
    assert!(told.contains(&format!("numbers.{field} 250000000 TO 1000000000").as_str()), "{told:?}");
    assert!(told.contains(&format!("numbers.{field} >= 7").as_str()) && told.contains(&format!("numbers.{field} <= -3").as_str()));
    assert!(filters.iter().any(|filter| filter.is_null()), "asked once more without the range, for its own facet");
}

#[test]
fn a_variant_with_two_values_of_a_facet_is_no_combination_of_them() {
    let double = Double::start();
    let variants =
        vec![SearchVariant { options: vec![("Color".into(), "Blue".into())], prices: vec![(Currency::EUR, 500)], available: true }];
    let attributes = vec![("Color".into(), "Striped".into()), ("Care".into(), "by hand".into())];
    let product = SearchDocument { product_id: 1, attributes, variants, ..SearchDocument::default() };
    double.engine().rebuild(&mut [Ok(vec![product])].into_iter()).unwrap();
    let document = &double.asked("POST /indexes/products_next/documents")[0][0];
    assert_eq!(document["labels"], json!(["attribute:Care\u{1f}by hand"]));
    assert_eq!(
        document["variants"],
        json!([
            "availability\u{1f}in",
            "availability\u{1f}in\u{1e}option:Color\u{1f}Blue",
            "availability\u{1f}in\u{1e}option:Color\u{1f}Striped",
            "option:Color\u{1f}Blue",
            "option:Color\u{1f}Striped",
        ])
    );
}
