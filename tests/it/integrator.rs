//! What programs of the merchant do by the API: products, prices, stock, returns and customers, each as the back office does it.

use crate::returns::{sent, wanted};
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{self, at_work, role};
use admin::audit::{self, Filter, Who};
use admin::permissions::Preset;
use serde_json::{Value, json};
use storefront::api_keys::{self, Scope};
use storefront::ids::ApiKeyId;
use storefront::{catalog, stock};

/// A program with a key.
pub struct Program<'h> {
    house: &'h House,
    key: ApiKeyId,
    secret: String,
}

impl<'h> Program<'h> {
    pub fn new(house: &'h House, scopes: &'static [Scope]) -> Program<'h> {
        let (key, secret) = house.db.write_now(move |conn| api_keys::create(conn, "Warehouse", scopes, None, now())).unwrap();
        Program { house, key, secret }
    }

    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>, once: &str) -> (u16, Value) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.house.base_url))
            .header("authorization", format!("Bearer {}", self.secret));
        let request = if once.is_empty() { request } else { request.header("idempotency-key", once) };
        let answer = match body {
            Some(body) => agent.run(request.header("content-type", "application/json").body(body.to_string()).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let mut answer = answer.unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, None, "");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: Value, expected: u16) -> Value {
        let (status, answer) = self.ask(method, path, Some(&body), "");
        assert_eq!(status, expected, "{method} {path}: {answer}");
        answer
    }

    /// The actions that the audit log has of the key, the newest first.
    pub fn actions(&self) -> Vec<String> {
        let filter = Filter { who: Some(Who::Key(self.key)), ..Filter::default() };
        self.house.db.read_now(move |conn| audit::list(conn, &filter, 100)).unwrap().into_iter().map(|entry| entry.action).collect()
    }
}

pub fn euros(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "EUR" })
}

#[test]
fn a_program_adds_and_changes_products_and_never_overwrites_unseen() {
    let house = office::open();
    let program = Program::new(&house, &[Scope::ProductsWrite, Scope::PricesWrite]);
    let product = json!({ "product": { "title": "Kettle", "status": "active", "description_html": "<p>Iron</p><script>x</script>",
        "texts": { "zh": { "title": "水壶" } }, "options": ["Size"], "attributes": [{ "name": "Glaze", "value": "Black" }],
        "variants": [{ "sku": "KETTLE-S", "options": ["S"], "price": euros(4900), "on_hand": 3 },
            { "sku": "KETTLE-L", "options": ["L"], "price": euros(5900), "compare_at": euros(6900) }] } });
    let first = program.ask("POST", "/admin/products", Some(&product), "one");
    assert_eq!(first.0, 201, "{}", first.1);
    assert_eq!(program.ask("POST", "/admin/products", Some(&product), "one"), first, "sent again it happens once");
    let made = first.1;
    assert_eq!((made["slug"].as_str(), made["description_html"].as_str()), (Some("kettle"), Some("<p>Iron</p>")));
    assert_eq!((made["texts"]["zh"]["title"].as_str(), made["variants"][0]["on_hand"].as_i64()), (Some("水壶"), Some(3)));
    house.visitor().get("/products/kettle").says(200, "Kettle");
    house.visitor().get("/zh/products/kettle").says(200, "水壶");

    let at = format!("/admin/products/{}", made["id"]);
    let small = made["variants"][0]["id"].clone();
    house.state.clock.advance(chrono::TimeDelta::seconds(1));
    let change = json!({ "version": made["version"], "product": { "brand": "Ash", "variants": [{ "id": small, "price": euros(4500) }] } });
    let changed = program.send("PATCH", &at, change.clone(), 200);
    assert_eq!((changed["title"].as_str(), changed["brand"].as_str()), (Some("Kettle"), Some("Ash")), "what is left out stays");
    assert_eq!(
        (changed["variants"][0]["price"]["minor"].as_i64(), changed["variants"][1]["price"]["minor"].as_i64()),
        (Some(4500), Some(5900))
    );
    program.send("PATCH", &at, change, 409);
    let fresh = |more: Value| json!({ "version": program.get(&at)["version"], "product": more });
    for (wrong, field) in [
        (json!({ "status": "gone" }), "status"),
        (json!({ "categories": ["nothing"] }), "categories[0]"),
        (json!({ "texts": { "xx": { "title": "x" } } }), "texts.xx"),
        (json!({ "variants": [{ "id": 999_999 }] }), "variants[0].id"),
        (json!({ "variants": [{ "id": small, "on_hand": 4 }] }), "variants[0].on_hand"),
        (json!({ "variants": [{ "id": small, "price": null }] }), "variants[0].price"),
        (json!({ "variants": [{ "id": small, "sku": "KETTLE-L" }] }), "variants"),
        (json!({ "variants": [{ "id": small, "price": { "minor": 1, "currency": "USD" } }] }), "variants[0].price.currency"),
        (json!({ "colour": "red" }), "product.colour"),
    ] {
        let answer = program.send("PATCH", &at, fresh(wrong), 422);
        assert!(answer["errors"].as_object().unwrap().keys().any(|key| key == field), "{field}: {answer}");
    }
    let off = program.send("PATCH", &at, fresh(json!({ "variants": [{ "id": small, "active": false, "compare_at": null }] })), 200);
    assert_eq!(off["variants"][0]["active"].as_bool(), Some(false));

    let prices = json!({ "prices": [{ "sku": "KETTLE-L", "price": euros(5500) }, { "variant_id": small, "price": euros(4000) }] });
    let set = program.send("PUT", "/prices", prices, 200);
    assert_eq!((set["prices"][0]["price"]["minor"].as_i64(), set["prices"][0]["compare_at"].is_null()), (Some(5500), true));
    let both = json!({ "prices": [{ "sku": "KETTLE-L", "price": euros(1) }, { "sku": "NOTHING", "price": euros(1) }] });
    program.send("PUT", "/prices", both, 422);
    assert_eq!(program.get(&at)["variants"][1]["price"]["minor"].as_i64(), Some(5500), "one that is refused refuses all");
    assert_eq!(program.get("/admin/products?limit=1")["products"][0]["slug"].as_str(), Some("kettle"));
    assert_eq!(program.ask("GET", "/stock", None, "").0, 403);
    let actions = program.actions();
    assert_eq!(actions, ["product.edit", "product.edit", "product.edit", "product.add"]);
    let olga = at_work(&house, "olga", role(&house, Preset::Owner)).1;
    olga.get(&format!("/admin/audit?staff=key-{}", program.key)).says(200, "Program “Warehouse”").says(200, "Product");
}

#[test]
fn a_program_keeps_stock_by_movements() {
    let house = House::open();
    let (mug, tea) = (goods::product(&house.db, "Mug", 1200, 5), goods::product(&house.db, "Tea", 500, 5));
    let program = Program::new(&house, &[Scope::StockWrite]);
    let place = house.db.read_now(stock::locations).unwrap()[0].id.0;
    let on_hand = |variant: storefront::ids::VariantId| house.db.read_now(move |conn| stock::level(conn, variant)).unwrap().on_hand;

    let arrived = json!({ "location_id": place, "reason": "Delivery 7", "lines": [{ "sku": "MUG", "quantity": 10 }, { "variant_id": tea.0, "quantity": 1 }] });
    let first = program.ask("POST", "/stock/receipts", Some(&arrived), "d7");
    assert_eq!((first.0, on_hand(mug), on_hand(tea)), (201, 15, 6), "{}", first.1);
    assert_eq!((program.ask("POST", "/stock/receipts", Some(&arrived), "d7"), on_hand(mug)), (first, 15));
    let broken = json!({ "location_id": place, "reason": "Broken", "lines": [{ "sku": "MUG", "change": -2 }] });
    let told = program.send("POST", "/stock/adjustments", broken, 201);
    assert_eq!((told["stock"][0]["level"]["on_hand"].as_i64(), told["stock"][0]["locations"][0]["on_hand"].as_i64()), (Some(13), Some(13)));
    program.send(
        "POST",
        "/stock/adjustments",
        json!({ "location_id": place, "reason": "x", "lines": [{ "sku": "MUG", "change": -14 }] }),
        409,
    );
    let counted = |seen: i64| json!({ "location_id": place, "reason": "Count", "lines": [{ "sku": "MUG", "on_hand": 12, "seen": seen }] });
    program.send("POST", "/stock/counts", counted(15), 409);
    program.send("POST", "/stock/counts", counted(13), 201);
    assert_eq!(on_hand(mug), 12);
    for (body, field) in [
        (json!({ "location_id": 99, "reason": "x", "lines": [{ "sku": "MUG", "on_hand": 1 }] }), "location_id"),
        (json!({ "location_id": place, "reason": " ", "lines": [{ "sku": "MUG", "on_hand": 1 }] }), "reason"),
        (json!({ "location_id": place, "reason": "x", "lines": [] }), "lines"),
        (json!({ "location_id": place, "reason": "x", "lines": [{ "sku": "MUG", "on_hand": -1 }] }), "lines[0].on_hand"),
        (json!({ "location_id": place, "reason": "x", "lines": [{ "sku": "MUG", "variant_id": 1, "on_hand": 1 }] }), "lines[0].variant_id"),
    ] {
        let answer = program.send("POST", "/stock/counts", body, 422);
        assert!(answer["errors"].get(field).is_some(), "{field}: {answer}");
    }
    assert_eq!(program.get("/stock?q=MUG")["stock"][0]["free"].as_i64(), Some(12));
    assert_eq!(program.get("/stock?limit=1")["next"].as_str(), Some(mug.0.to_string().as_str()));
    let moves = house.db.read_now(move |conn| stock::movements(conn, mug, None, 10)).unwrap();
    assert!(moves.iter().take(3).all(|one| one.actor == "api:Warehouse"), "{moves:?}");
    assert_eq!(program.actions(), ["stock.count", "stock.adjust", "stock.receive"]);
}

#[test]
fn a_program_takes_a_return_to_its_refund() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 20);
    let (placed, line) = sent(&house.db, mug, 3, 3);
    let wish = wanted("two", line, 2);
    let back = house.db.write_now(move |conn| storefront::returns::request(conn, placed.order, &wish, "customer", now())).unwrap();
    let program = Program::new(&house, &[Scope::ReturnsRead, Scope::ReturnsWrite]);
    assert_eq!(program.get("/returns?status=requested")["returns"][0]["id"].as_i64(), Some(back.0));
    let at = |step: &str| format!("/returns/{back}{step}");
    program.send("POST", &at("/receipt"), json!({}), 409);
    assert_eq!(program.send("POST", &at("/approval"), json!({ "message": "Send them." }), 201)["status"].as_str(), Some("approved"));
    program.send("POST", &at("/receipt"), json!({}), 201);
    let place = house.db.read_now(stock::locations).unwrap()[0].id.0;
    let found = |accepted: i64| json!({ "lines": [{ "line_id": line.0, "accepted": accepted, "location_id": place }] });
    assert!(program.send("POST", &at("/inspection"), found(3), 422)["errors"].get("lines[0].accepted").is_some());
    assert_eq!(program.send("POST", &at("/inspection"), found(2), 201)["lines"][0]["accepted"].as_i64(), Some(2));
    let amount = program.send("POST", &at("/refund/preview"), json!({}), 200)["amount"].clone();
    assert_eq!(amount, euros(2400));
    program.send("POST", &at("/refund"), json!({ "amount": euros(2399) }), 409);
    let settled = program.send("POST", &at("/refund"), json!({ "amount": amount }), 201);
    assert_eq!((settled["status"].as_str(), settled["outcome"].as_str()), (Some("closed"), Some("refund")));
    assert_eq!(program.ask("GET", &at(""), None, "").0, 200);
    assert_eq!(program.ask("GET", "/returns/999999", None, "").0, 404);
    assert_eq!(program.actions(), ["return.refund", "return.inspect", "return.receive", "return.approve"]);
    house.work();
}

#[test]
fn what_a_program_does_with_an_order_stands_in_the_audit_log() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 20);
    let program = Program::new(&house, &[Scope::OrdersWrite]);
    let number = |quantity: i64| {
        let placed = crate::desk::order(&house.db, &[(mug, quantity)], "ann@example.com");
        house.db.read_now(move |conn| storefront::orders::get(conn, placed.order)).unwrap().number
    };
    let (sent, cancelled) = (format!("/orders/{}", number(2)), format!("/orders/{}", number(1)));
    program.send("POST", &format!("{sent}/captures"), json!({}), 201);
    let order = program.send("POST", &format!("{sent}/shipments"), json!({ "carrier": "DHL" }), 201);
    let back = |amount: i64| json!({ "lines": [{ "line_id": order["lines"][0]["id"], "quantity": 1 }], "amount": euros(amount) });
    program.send("POST", &format!("{sent}/refunds"), back(1), 409);
    program.send("POST", &format!("{sent}/refunds"), back(1200), 201);
    program.send("POST", &format!("{cancelled}/cancellation"), json!({}), 201);
    assert_eq!(program.actions(), ["order.cancel", "order.refund", "order.ship", "payment.receipt"], "what was refused is not there");
    let olga = at_work(&house, "olga", role(&house, Preset::Owner)).1;
    let subject = sent.replace("/orders/", "order:");
    olga.get(&format!("/admin/audit?subject={subject}")).says(200, "Program “Warehouse”").says(200, "DHL");
}

#[test]
fn a_program_keeps_customers_and_what_they_allow() {
    let house = House::open();
    let program = Program::new(&house, &[Scope::CustomersRead, Scope::CustomersWrite]);
    let new = json!({ "email": "Mia@Example.com", "profile": { "name": "Mia Moss", "language": "zh", "tags": ["vip", "tea"] } });
    let made = program.send("POST", "/customers", new.clone(), 201);
    assert_eq!((made["customer"]["tags"].clone(), made["customer"]["language"].as_str()), (json!(["vip", "tea"]), Some("zh")));
    program.send("POST", "/customers", new, 409);
    let at = format!("/customers/{}", made["customer"]["id"]);
    house.state.clock.advance(chrono::TimeDelta::seconds(1));
    let change = json!({ "version": made["customer"]["version"], "profile": { "phone": "030 1", "tags": [] } });
    let changed = program.send("PATCH", &at, change.clone(), 200);
    assert_eq!((changed["customer"]["name"].as_str(), changed["customer"]["phone"].as_str()), (Some("Mia Moss"), Some("030 1")));
    assert_eq!(changed["customer"]["tags"], json!([]));
    program.send("PATCH", &at, change, 409);
    let said = json!({ "channel": "email", "topic": "news", "state": "given", "proof": "paper form of 2 March" });
    let allowed = program.send("POST", &format!("{at}/consents"), said.clone(), 201);
    assert_eq!(
        (allowed["consents"][0]["state"].as_str(), allowed["consents"][0]["proof"].as_str()),
        (Some("given"), Some("paper form of 2 March"))
    );
    program.send("POST", &format!("{at}/consents"), said, 201);
    for (body, field) in [
        (json!({ "email": "nobody", "profile": {} }), "email"),
        (json!({ "email": "x@example.com", "profile": { "language": "xx" } }), "profile.language"),
        (json!({ "email": "x@example.com", "profile": { "tags": ["a,b"] } }), "profile.tags"),
    ] {
        let answer = program.send("POST", "/customers", body, 422);
        assert!(answer["errors"].get(field).is_some(), "{field}: {answer}");
    }
    program.send("POST", &format!("{at}/consents"), json!({ "channel": "email", "topic": "news", "state": "given", "proof": " " }), 422);
    assert_eq!(program.get("/customers?email=mia@example.com")["customers"][0]["name"].as_str(), Some("Mia Moss"));
    assert_eq!(program.get("/customers?email=nobody@example.com")["customers"], json!([]));
    assert_eq!(program.actions(), ["customer.consent", "customer.edit", "customer.add"]);
    assert_eq!(house.db.read_now(catalog::count).unwrap(), 0);
}
