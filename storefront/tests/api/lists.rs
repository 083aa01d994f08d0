use crate::shop::{Shop, agreed};
use regulars_storefront::api_keys::Scope::{self, CatalogueRead};
use serde_json::{Value, json};

/// Every entry of a list, page by page.
fn all(mut page: impl FnMut(&str) -> Value, entries: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let answer = page(&after);
        found.extend(answer[entries].as_array().unwrap().iter().map(|entry| entry[name].as_str().unwrap().to_string()));
        match answer["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}

#[test]
fn pages_go_by_key_and_miss_nothing() {
    let shop = Shop::open();
    let tea = shop.category("Tea");
    for at in 0..7 {
        shop.product(&format!("Tea {at}"), 500 + at, 3, Some(tea));
    }
    shop.product("Mug", 1250, 3, None);
    let client = shop.client(&[CatalogueRead]);
    let products = all(|after| client.get(&format!("/products?limit=3&category=tea{after}")).is(200), "products", "slug");
    assert_eq!(products, (0..7).map(|at| format!("tea-{at}")).collect::<Vec<_>>());
    assert_eq!(client.get("/products").is(200)["products"].as_array().unwrap().len(), 8);
    let found = all(|after| client.get(&format!("/search?q=tea&limit=2&sort=price_ascending{after}")).is(200), "products", "slug");
    assert_eq!(found, products);
    let faceted = client.get("/search?q=tea&filter=brand=Acme").is(200);
    assert_eq!((&faceted["total"], &faceted["price_range"]["highest"]), (&json!(7), &json!({"minor": 506, "currency": "EUR"})));
    let brand = faceted["facets"].as_array().unwrap().iter().find(|facet| facet["key"] == "brand").unwrap();
    assert_eq!(brand["values"][0], json!({"value": "Acme", "count": 7, "selected": true}));
    assert_eq!(client.get("/products/mug").is(200)["variants"][0]["price"], json!({"minor": 1250, "currency": "EUR"}));
    assert_eq!(client.get("/categories").is(200)["categories"][0]["slug"], json!("tea"));
    assert_eq!(client.get("/products?category=none").status, 404);
    assert_eq!(client.get("/products/none").status, 404);
}

#[test]
fn orders_are_listed_newest_first() {
    let shop = Shop::open();
    shop.product("Mug", 1250, 99, None);
    let client = shop.client(Scope::ALL);
    let mut placed: Vec<String> = (0..5)
        .map(|_| {
            let (path, cart) = client.ready_cart("MUG", 1);
            client.post(&format!("{path}/order"), agreed(&cart)).is(201)["order"]["number"].as_str().unwrap().to_string()
        })
        .collect();
    placed.reverse();
    assert_eq!(all(|after| client.get(&format!("/orders?limit=2{after}")).is(200), "orders", "number"), placed);
    client.post(&format!("/orders/{}/captures", placed[0]), json!({})).is(201);
    assert_eq!(client.get("/orders?payment_status=paid").is(200)["orders"].as_array().unwrap().len(), 1);
    assert_eq!(client.get("/orders?email=ann@example.com").is(200)["orders"].as_array().unwrap().len(), 5);
    assert_eq!(client.get("/orders?email=ben@example.com").is(200)["orders"], json!([]));
}
