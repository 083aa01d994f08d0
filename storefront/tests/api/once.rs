use crate::shop::{Shop, agreed};
use kernel::clock::Time;
use regulars_storefront::api_keys::Scope::{CartWrite, OrdersRead};
use regulars_storefront::idempotency::{self, Once};
use serde_json::json;

#[test]
fn a_request_sent_again_is_answered_again() {
    let shop = Shop::open();
    shop.product("Mug", 1250, 9, None);
    let client = shop.client(&[CartWrite, OrdersRead]);
    let first = client.post_once("a", "/carts", json!({}));
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = client.post_once("a", "/carts", json!({}));
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(first.body, again.body);
    assert_ne!(client.post_once("b", "/carts", json!({})).is(201)["id"], first.body["id"]);
    client.post_once("a", "/carts", json!({"language": "zh"})).refuses("Idempotency-Key");
    assert_eq!(shop.client(&[CartWrite]).post_once("a", "/carts", json!({"language": "zh"})).status, 201, "keys of two clients never meet");

    let lines = format!("/carts/{}/lines", first.body["id"].as_str().unwrap());
    let line = json!({"sku": "MUG", "quantity": 2});
    for _ in 0..3 {
        assert_eq!(client.post_once("line", &lines, line.clone()).is(201)["lines"][0]["quantity"], json!(2));
    }
    assert_eq!(client.post(&lines, line).is(201)["lines"][0]["quantity"], json!(4), "without a key it happens each time");
}

#[test]
fn a_refused_request_is_not_remembered() {
    let shop = Shop::open();
    let client = shop.client(&[CartWrite]);
    let cart = client.post("/carts", json!({})).is(201);
    let lines = format!("/carts/{}/lines", cart["id"].as_str().unwrap());
    let line = json!({"sku": "MUG", "quantity": 1});
    assert_eq!(client.post_once("k", &lines, line.clone()).status, 404);
    shop.product("Mug", 1250, 9, None);
    let answer = client.post_once("k", &lines, line);
    assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, ""));
}

#[test]
fn placing_twice_with_one_key_places_once() {
    let shop = Shop::open();
    shop.product("Mug", 1250, 9, None);
    let client = shop.client(&[CartWrite, OrdersRead]);
    let (path, cart) = client.ready_cart("MUG", 1);
    let place = format!("{path}/order");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| client.post_once("place", &place, agreed(&cart)))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for answer in &answers {
        match answer.status {
            201 => assert_eq!(answer.body["order"]["email"], json!("ann@example.com")),
            status => assert_eq!((status, answer.header("retry-after")), (409, "1")),
        }
    }
    assert!(answers.iter().any(|answer| answer.status == 201));
    let again = client.post_once("place", &place, agreed(&cart));
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(client.get("/orders").is(200)["orders"].as_array().unwrap().len(), 1);
}

#[test]
fn a_request_under_way_keeps_others_waiting_until_its_lease_ends() {
    let shop = Shop::open();
    let client = shop.client(&[CartWrite]);
    let claimed = move |conn: &mut kernel::Conn, now: Time| {
        let key = regulars_storefront::api_keys::list(conn)?[0].id;
        let once = Once::new(&format!("{key} POST /api/v1/carts"), "k", [b"POST", b"/api/v1/carts", b"{}"])?;
        idempotency::claim(conn, &once, now)
    };
    let now = shop.now();
    shop.db.write_now(move |conn| claimed(conn, now)).unwrap();
    let answer = client.post_once("k", "/carts", json!({}));
    assert_eq!((answer.status, answer.header("retry-after")), (409, "1"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    shop.clock.advance(chrono::TimeDelta::seconds(idempotency::LEASE_SECONDS + 1));
    client.post_once("k", "/carts", json!({})).is(201);
}
