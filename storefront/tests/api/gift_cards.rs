//! Gift cards and store credit on carts.

use crate::shop::{Shop, agreed};
use kernel::money::{Currency, Money};
use regulars_storefront::api_keys::Scope::{CartWrite, OrdersRead};
use regulars_storefront::gift_cards::{self, Issue};
use serde_json::json;

fn card(shop: &Shop, minor: i64) -> String {
    let new = Issue {
        key: kernel::token::random(),
        amount: Money::new(minor, Currency::EUR),
        expires_at: None,
        recipient_name: String::new(),
        recipient_email: String::new(),
        language: "en".into(),
        message: String::new(),
        note: String::new(),
    };
    let now = shop.now();
    shop.db.write_now(move |conn| gift_cards::issue(conn, &new, "test", now)).unwrap().1.unwrap()
}

#[test]
fn gift_cards_pay_for_a_cart_and_are_told_with_what_they_pay() {
    let shop = Shop::open();
    shop.product("Mug", 1200, 9, None);
    let client = shop.client(&[CartWrite, OrdersRead]);
    let (path, cart) = client.ready_cart("MUG", 1);
    assert_eq!((&cart["gift_cards"], &cart["store_credit"]["minor"], &cart["due"]["minor"]), (&json!([]), &json!(0), &json!(1690)));
    let (first, second) = (card(&shop, 1000), card(&shop, 5000));
    let cards = format!("{path}/gift-cards");
    client.post(&cards, json!({"code": "ACDE-FGHJ-KMNP-7777"})).refuses("code");
    client.post(&cards, json!({"code": ""})).refuses("code");
    let cart = client.post(&cards, json!({"code": first.to_lowercase()})).is(201);
    assert_eq!((&cart["gift_cards"][0]["amount"]["minor"], &cart["due"]["minor"]), (&json!(1000), &json!(690)));
    assert_eq!(cart["gift_cards"][0]["last_four"], json!(&first[15..]));
    client.post(&cards, json!({"code": first})).refuses("code");
    let cart = client.post(&cards, json!({"code": second})).is(201);
    assert_eq!((&cart["gift_cards"][1]["amount"]["minor"], &cart["due"]["minor"]), (&json!(690), &json!(0)));
    let gone = client.send("DELETE", &format!("{cards}/{}", cart["gift_cards"][0]["id"]), &[], None).is(200);
    assert_eq!((gone["gift_cards"].as_array().unwrap().len(), &gone["due"]["minor"]), (1, &json!(0)));

    // Nothing is left to pay: that is the way to pay.
    let methods = client.get(&format!("{path}/payment-methods")).is(200);
    assert_eq!(methods["payment_methods"], json!([{"name": "stored_value", "redirects": false}]));
    let cart = client.put(&format!("{path}/payment-method"), json!({"payment_method": "stored_value"})).is(200);
    let mut seen = agreed(&cart);
    seen["due"] = json!({"minor": 1, "currency": "EUR"});
    assert_eq!(client.post(&format!("{path}/order"), seen.clone()).status, 409, "another amount due than was read");
    seen["due"] = cart["due"].clone();
    let placed = client.post(&format!("{path}/order"), seen).is(201);
    assert_eq!((&placed["redirect"], &placed["order"]["payment_status"]), (&json!(null), &json!("paid")));
}

#[test]
fn store_credit_is_a_customers() {
    let shop = Shop::open();
    shop.product("Mug", 1200, 9, None);
    let client = shop.client(&[CartWrite]);
    let (path, _) = client.ready_cart("MUG", 1);
    assert_eq!(client.send("PUT", &format!("{path}/store-credit"), &[], None).status, 409);
    let kept = client.send("DELETE", &format!("{path}/store-credit"), &[], None).is(200);
    assert_eq!(kept["store_credit"]["minor"], json!(0));
}
