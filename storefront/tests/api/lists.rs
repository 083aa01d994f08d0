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
fn what_goes_with_a_product_and_a_cart_is_told() {
    let shop = Shop::open();
    let [tea, pot, gone] = [("Tea", 9), ("Pot", 3), ("Gone", 0)].map(|(title, stock)| shop.product(title, 500, stock, None));
    let now = shop.now();
    for (order, name) in (1i64..).zip(["ann", "bea", "cem"]) {
        let email = crm::email::Email::parse(&format!("{name}@example.com"), "email").unwrap();
        let new = crm::customers::NewCustomer { email, name: name.into(), phone: String::new(), language: "en".into() };
        let lines = [tea, pot, gone].map(|id| crm::purchases::Line { variant: id.0, product: id.0, quantity: 1, amount: 500 }).to_vec();
        let revenue = kernel::money::Money::new(1500, kernel::money::Currency::EUR);
        let learn = move |conn: &mut kernel::Conn| {
            let customer = crm::customers::ensure(conn, &new, now)?;
            let bought = crm::purchases::Purchase {
                order,
                customer,
                at: now,
                revenue,
                units: 3,
                lines: lines.clone(),
                place: Default::default(),
                margin: Default::default(),
            };
            crm::purchases::learn(conn, &bought, now)
        };
        shop.db.write_now(learn).unwrap();
    }
    let client = shop.client(Scope::ALL);
    assert_eq!(client.get("/products/tea/recommendations").is(200)["products"], json!([]));
    crm::recommendations::run(&shop.db, now).unwrap();
    let slugs = |answer: Value| -> Vec<String> {
        answer["products"].as_array().unwrap().iter().map(|product| product["slug"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(slugs(client.get("/products/tea/recommendations").is(200)), ["pot"], "what is sold out is left out");
    let cart = client.cart("TEA", 1);
    assert_eq!(slugs(client.get(&format!("{cart}/recommendations?language=zh")).is(200)), ["pot"]);
    assert_eq!(client.get("/products/none/recommendations").status, 404);
    assert_eq!(client.get("/carts/none/recommendations").status, 404);
    assert_eq!(shop.client(&[CatalogueRead]).get(&format!("{cart}/recommendations")).status, 403);
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
