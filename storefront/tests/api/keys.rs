use crate::shop::Shop;
use regulars_storefront::api_keys::Scope::{self, CartWrite, CatalogueRead, OrdersRead, OrdersWrite};
use serde_json::json;

/// A request for each scope.
const ASKED: [(Scope, &str, &str); 5] = [
    (CatalogueRead, "GET", "/categories"),
    (CartWrite, "POST", "/carts"),
    (CartWrite, "GET", "/carts/none"),
    (OrdersRead, "GET", "/orders/R1"),
    (OrdersWrite, "POST", "/orders/R1/captures"),
];

#[test]
fn a_key_opens_what_its_scopes_say() {
    let shop = Shop::open();
    for held in Scope::ALL {
        let client = shop.client(&[*held]);
        for (asked, method, path) in ASKED {
            let status = client.send(method, path, &[], (method == "POST").then(|| "{}".to_string())).status;
            let expected: &[u16] = if *held == asked { &[200, 201, 404] } else { &[403] };
            assert!(expected.contains(&status), "{held:?} asks {method} {path}: {status}");
        }
    }
}

#[test]
fn without_a_key_that_works_nothing_is_told() {
    let shop = Shop::open();
    let mut client = shop.client(Scope::ALL);
    let good = client.secret.clone();
    for secret in ["", "rk_wrong", &good[3..], &format!("{good}x")] {
        client.secret = secret.to_string();
        for (_, method, path) in ASKED {
            let answer = client.send(method, path, &[], (method == "POST").then(|| "not JSON".to_string()));
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{secret}: {method} {path}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
    client.secret = good;
    client.post("/carts", json!({})).is(201);
    client.secret = String::new();
    assert_eq!(client.send("GET", "/categories", &[("Authorization", "Basic eA==")], None).status, 401, "another scheme");
}
