use crate::shop::{Shop, agreed, contact};
use regulars_storefront::api_keys::Scope::{CartWrite, OrdersRead, OrdersWrite};
use serde_json::{Value, json};

#[test]
fn a_purchase_by_bank_transfer_from_cart_to_refund() {
    let shop = Shop::open();
    shop.product("Mug", 1250, 5, None);
    let client = shop.client(&[CartWrite, OrdersRead, OrdersWrite]);
    let (path, cart) = client.ready_cart("MUG", 2);
    assert_eq!(cart["total"], json!({"minor": 2990, "currency": "EUR"}));
    assert_eq!((&cart["shipping"]["minor"], &cart["shipping_rate"]["chosen"], &cart["state"]), (&json!(490), &json!(true), &json!("open")));
    let methods = client.get(&format!("{path}/payment-methods")).is(200);
    assert_eq!(methods["payment_methods"][0], json!({"name": "bank_transfer", "redirects": false}));

    let placed = client.post(&format!("{path}/order"), agreed(&cart)).is(201);
    let number = placed["order"]["number"].as_str().unwrap().to_string();
    assert_eq!(
        (&placed["redirect"], &placed["order"]["status"], &placed["order"]["payment_status"]),
        (&Value::Null, &json!("confirmed"), &json!("pending"))
    );
    assert_eq!(
        client.post(&format!("{path}/order"), agreed(&cart)).is(201)["order"]["number"],
        json!(number),
        "placing again is the same order"
    );
    assert_eq!(client.get(&path).is(200)["order_number"], json!(number));
    let known = number.clone();
    let stored = shop.db.read_now(move |conn| regulars_storefront::orders::get_by_number(conn, &known)).unwrap();
    assert_eq!(stored.source, "api", "it says that a program placed it");
    assert_eq!(client.post(&format!("{path}/lines"), json!({"sku": "MUG", "quantity": 1})).status, 409, "a placed cart is closed");

    let order = format!("/orders/{number}");
    let paid = client.post(&format!("{order}/captures"), json!({"amount": {"minor": 2990, "currency": "EUR"}})).is(201);
    assert_eq!(paid["payment_status"], json!("paid"));
    assert_eq!(client.post(&format!("{order}/captures"), json!({})).status, 409);
    let line = paid["lines"][0]["id"].clone();
    let parcel = json!({"lines": [{"line_id": line, "quantity": 1}], "carrier": "DHL", "tracking_number": "123"});
    let sent = client.post(&format!("{order}/shipments"), parcel).is(201);
    assert_eq!((&sent["fulfilment_status"], &sent["shipments"][0]["lines"][0]["quantity"]), (&json!("partial"), &json!(1)));
    let sent = client.post(&format!("{order}/shipments"), json!({})).is(201);
    assert_eq!((&sent["fulfilment_status"], &sent["status"]), (&json!("fulfilled"), &json!("completed")));
    assert_eq!(client.post(&format!("{order}/cancellation"), json!({})).status, 409, "what was sent is not cancelled");

    let wish = json!({"lines": [{"line_id": line, "quantity": 1, "restock": true}], "reason": "chipped"});
    let preview = client.post(&format!("{order}/refunds/preview"), wish.clone()).is(200);
    assert_eq!((&preview["amount"]["minor"], &preview["lines"][0]["returned"]), (&json!(1250), &json!(1)));
    let mut refund = wish;
    refund["amount"] = json!({"minor": 1, "currency": "EUR"});
    assert_eq!(client.post(&format!("{order}/refunds"), refund.clone()).status, 409, "another amount than the previewed");
    refund["amount"] = preview["amount"].clone();
    let refunded = client.post(&format!("{order}/refunds"), refund).is(201);
    assert_eq!((&refunded["refunds"][0]["amount"]["minor"], &refunded["lines"][0]["refunded"]), (&json!(1250), &json!(1)));
    assert_eq!(client.get(&order).is(200), refunded);

    // An amount of what is left, without a unit.
    let part = |minor: i64| json!({"lines": [{"line_id": line, "amount": {"minor": minor, "currency": "EUR"}}]});
    let ask = |wish: Value| client.post(&format!("{order}/refunds/preview"), wish);
    let shown = ask(part(250)).is(200);
    assert_eq!((&shown["amount"]["minor"], &shown["lines"][0]["quantity"]), (&json!(250), &json!(0)));
    let told = ask(part(1251));
    assert!(told.status == 422 && told.body.to_string().contains("more than is left of the line"), "{:#}", told.body);
    ask(part(0)).refuses("lines[0].amount");
    ask(json!({"lines": [{"line_id": line}]})).refuses("lines[0].quantity");
    let both = json!({"lines": [{"line_id": line, "quantity": 1, "amount": {"minor": 1, "currency": "EUR"}}]});
    ask(both).refuses("lines[0].quantity");
    let mut refund = part(250);
    refund["amount"] = shown["amount"].clone();
    let refunded = client.post(&format!("{order}/refunds"), refund).is(201);
    assert_eq!((&refunded["refunds"][1]["amount"]["minor"], &refunded["lines"][0]["refunded"]), (&json!(250), &json!(1)));
    let rest = ask(json!({"lines": [{"line_id": line, "quantity": 1}]})).is(200);
    assert_eq!(rest["amount"]["minor"], json!(1000));
}

#[test]
fn what_is_missing_or_changed_is_told() {
    let shop = Shop::open();
    shop.product("Mug", 1250, 2, None);
    let client = shop.client(&[CartWrite, OrdersWrite]);
    let path = client.cart("MUG", 1);
    let cart = client.get(&path).is(200);
    client.post(&format!("{path}/order"), agreed(&cart)).refuses("payment_method");
    client.put(&format!("{path}/payment-method"), json!({"payment_method": "stripe"})).refuses("payment_method");
    let cart = client.put(&format!("{path}/payment-method"), json!({"payment_method": "cash_on_delivery"})).is(200);
    client.post(&format!("{path}/order"), agreed(&cart)).refuses("contact");
    let cart = client.put(&format!("{path}/contact"), contact()).is(200);
    client.post(&format!("{path}/order"), agreed(&cart)).refuses("shipping_rate_id");
    client.put(&format!("{path}/shipping-rate"), json!({"shipping_rate_id": 999})).refuses("shipping_rate_id");

    let (path, cart) = client.ready_cart("MUG", 2);
    shop.product("Pot", 3000, 2, None);
    client.post(&format!("{path}/lines"), json!({"sku": "POT", "quantity": 1})).is(201);
    assert_eq!(client.post(&format!("{path}/order"), agreed(&cart)).status, 409, "the version is an old one");
    client.put(&format!("{path}/coupon"), json!({"code": "NONE"})).is(200);
    let cart = client.get(&path).is(200);
    assert_eq!((&cart["notices"][0]["kind"], &cart["notices"][0]["reason"]), (&json!("coupon_refused"), &json!("unknown")));
    let cart = client.send("DELETE", &format!("{path}/coupon"), &[], None).is(200);
    let line = format!("{path}/lines/{}", cart["lines"][1]["id"]);
    let cart = client.send("DELETE", &line, &[], None).is(200);
    let order = client.post(&format!("{path}/order"), agreed(&cart)).is(201);
    let number = order["order"]["number"].as_str().unwrap();

    let (path, cart) = (client.cart("MUG", 1), client.get("/carts/unknown"));
    assert_eq!(cart.status, 404);
    assert_eq!(client.get(&path).is(200)["notices"][0]["kind"], json!("short"), "two of two are promised");
    let cancelled = client.post(&format!("/orders/{number}/cancellation"), json!({})).is(201);
    assert_eq!((&cancelled["status"], &cancelled["payment_status"]), (&json!("cancelled"), &json!("voided")));
    assert_eq!(client.get(&path).is(200)["notices"], json!([]), "the goods are free again");
}
