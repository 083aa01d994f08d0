use crate::shop::{Shop, contact};
use regulars_storefront::api_keys::Scope;
use serde_json::{Value, json};

/// What no field means, and some do.
fn nasty() -> Vec<Value> {
    let huge = "x".repeat(100_000);
    vec![
        Value::Null,
        json!(""),
        json!(" "),
        json!(huge),
        json!("\u{0}"),
        json!("\u{202e}\u{feff}𓀀é\u{301}"),
        json!("'; DROP TABLE orders; --"),
        json!("%00%ff"),
        json!(-1),
        json!(0),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1.5),
        json!(1e300),
        json!(true),
        json!([]),
        json!({}),
        json!([{"line_id": i64::MAX, "quantity": i64::MAX}]),
        json!({"minor": i64::MAX, "currency": "EUR"}),
        json!({"minor": -1, "currency": "\u{0}"}),
    ]
}

/// Each write with a good body, so that one field at a time can go bad.
fn writes(shop: &Shop) -> Vec<(&'static str, String, Value)> {
    let client = shop.client(Scope::ALL);
    let (path, cart) = client.ready_cart("MUG", 2);
    let (other, ready) = client.ready_cart("MUG", 1);
    let placed = client.post(&format!("{other}/order"), crate::shop::agreed(&ready)).is(201);
    let order = format!("/orders/{}", placed["order"]["number"].as_str().unwrap());
    client.post(&format!("{order}/captures"), json!({})).is(201);
    let line = &placed["order"]["lines"][0]["id"];
    let euros = json!({"minor": 1, "currency": "EUR"});
    let parts = json!([{"line_id": line, "quantity": 1, "restock": false}]);
    let wish = json!({"lines": parts, "shipping": euros, "reason": "r"});
    let mut refund = wish.clone();
    refund["amount"] = json!({"minor": 999_999, "currency": "EUR"});
    let placing = json!({"version": 0, "total": cart["total"], "return_url": "https://a.example/", "cancel_url": "https://a.example/"});
    let parcel =
        json!({"lines": [{"line_id": line, "quantity": 99}], "carrier": "c", "tracking_number": "t", "tracking_url": "https://t.example"});
    vec![
        ("POST", "/carts".into(), json!({"language": "en"})),
        ("POST", format!("{path}/lines"), json!({"variant_id": 1, "quantity": 1})),
        ("POST", format!("{path}/lines"), json!({"sku": "MUG", "quantity": 1})),
        ("PUT", format!("{path}/lines/{}", cart["lines"][0]["id"]), json!({"quantity": 1})),
        ("PUT", format!("{path}/coupon"), json!({"code": "X"})),
        ("PUT", format!("{path}/contact"), contact()),
        ("PUT", format!("{path}/shipping-rate"), json!({"shipping_rate_id": 1})),
        ("PUT", format!("{path}/payment-method"), json!({"payment_method": "bank_transfer"})),
        ("POST", format!("{path}/order"), placing),
        ("POST", format!("{order}/captures"), json!({"amount": euros})),
        ("POST", format!("{order}/shipments"), parcel),
        ("POST", format!("{order}/refunds/preview"), wish),
        ("POST", format!("{order}/refunds"), refund),
    ]
}

/// The body with every field, at any depth, replaced by `bad` in turn.
fn spoilt(good: &Value, bad: &Value) -> Vec<Value> {
    let mut all = vec![bad.clone()];
    match good {
        Value::Object(fields) => {
            for (name, inner) in fields {
                for worse in spoilt(inner, bad) {
                    let mut copy = good.clone();
                    copy[name] = worse;
                    all.push(copy);
                }
            }
        }
        Value::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                for worse in spoilt(inner, bad) {
                    let mut copy = good.clone();
                    copy[at] = worse;
                    all.push(copy);
                }
            }
        }
        _ => {}
    }
    all
}

#[test]
fn no_field_of_any_body_breaks_the_shop() {
    let shop = Shop::open();
    shop.product("Mug", 1250, 99, None);
    let client = shop.client(Scope::ALL);
    for (method, path, good) in writes(&shop) {
        for bad in nasty() {
            for body in spoilt(&good, &bad) {
                let answer = client.send(method, &path, &[], Some(body.to_string()));
                assert!(answer.status < 500, "{method} {path} {body:.300}: {:#}", answer.body);
                if answer.status >= 400 {
                    assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
                }
            }
        }
        let mut unknown = good.clone();
        unknown["colour"] = json!("blue");
        client.send(method, &path, &[], Some(unknown.to_string())).refuses("colour");
        for body in ["", "{", "nul", "[]", "\"x\"", "{\"a\":\u{1}}", "\u{feff}{}", &"[".repeat(100_000)] {
            let answer = client.send(method, &path, &[], Some(body.to_string()));
            assert_eq!(answer.status, 422, "{method} {path} {body:.20}");
        }
        assert_eq!(client.send(method, &path, &[], Some("x".repeat(2_000_000))).status, 413, "{method} {path}");
        client.send(method, &format!("{path}?x=1"), &[], Some(good.to_string())).refuses("x");
    }
}

#[test]
fn no_parameter_breaks_the_shop() {
    let shop = Shop::open();
    shop.product("Mug", 1250, 99, None);
    let client = shop.client(Scope::ALL);
    let values = [
        "",
        "%00",
        "%ff%fe",
        "-1",
        "0",
        "101",
        "9223372036854775807",
        "99999999999999999999",
        "1.5",
        "%F0%93%80%80",
        "'%20OR%201=1",
        "a=b",
        "option:=",
        "r.1.1.1.1",
    ];
    let lists = [
        ("/categories", vec!["language"]),
        ("/products", vec!["category", "after", "limit", "language"]),
        ("/products/mug", vec!["language"]),
        ("/search", vec!["q", "filter", "price_min", "price_max", "sort", "facets", "after", "limit", "language"]),
        ("/orders", vec!["status", "payment_status", "fulfilment_status", "email", "after", "limit"]),
    ];
    for (path, parameters) in lists {
        for name in parameters.iter().chain(&["unknown"]) {
            for value in values {
                let answer = client.get(&format!("{path}?{name}={value}"));
                assert!(answer.status < 500, "{path}?{name}={value}: {:#}", answer.body);
            }
            let long = "x".repeat(5000);
            assert!(client.get(&format!("{path}?{name}={long}")).status < 500, "{path}?{name}=…");
        }
        client.get(&format!("{path}?unknown=1")).refuses("unknown");
    }
    for value in values.iter().filter(|value| !value.is_empty()) {
        for path in ["/products/{}", "/carts/{}", "/orders/{}", "/carts/{}/shipping-rates"] {
            let answer = client.get(&path.replace("{}", value));
            assert!((400..500).contains(&answer.status), "{path} {value}: {}", answer.status);
        }
    }
}
