//! Ordering by SKU, by lists and again: typed, pasted, sent as a file, by the table of a product's variants, and by programs.

use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crm::companies::{Buyer, May};
use crm::{CompanyId, MemberId};
use kernel::{Conn, Error};
use serde_json::{Value, json};
use storefront::api_keys::{self, Scope};
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::checkout::Settlement;
use storefront::ids::VariantId;
use storefront::requisitions::{self, Who};
use storefront::{carts, erasure, orders, personal, stock};

const QUICK: &str = "/quick-order";
const LISTS: &str = "/account/lists";

/// What lies in the only open cart that holds something, by SKU.
fn in_cart(house: &House, customer: crm::CustomerId) -> Vec<(String, i64)> {
    house
        .db
        .read_now(move |conn| {
            let Some(cart) = carts::of_customer(conn, storefront::stores::MAIN, customer)? else { return Ok(Vec::new()) };
            let quote = carts::quote(conn, cart.id, now())?;
            Ok(quote.lines.iter().map(|line| (line.variant.sku.clone().unwrap_or_default(), line.quantity)).collect())
        })
        .unwrap()
}

fn is(goods: &[(&str, i64)]) -> Vec<(String, i64)> {
    goods.iter().map(|(sku, units)| (sku.to_string(), *units)).collect()
}

#[test]
fn rows_are_typed_pasted_or_sent_and_go_into_the_cart_together() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    goods::product(&house.db, "Bowl", 900, 40);
    goods::product(&house.db, "Jug", 2500, 0);
    let (ann, browser) = house.signed_in("ann@example.com");
    let page = browser.get(QUICK).says(200, "Quick order");
    // Looking changes nothing; the rows stay as they were typed, with what they name.
    let typed = [("sku-0", "mug"), ("quantity-0", "2"), ("sku-3", "spoon"), ("quantity-3", "1"), ("paste", "bowl;10\nJUG 1")];
    let looked = [&typed[..], &[("act", "check")]].concat();
    let page =
        browser.submit(&page, QUICK, &looked).says(200, "There is no article with this SKU").says(200, "Sold out").says(200, "€24.00");
    let page = page.holds("value=\"mug\"").holds("value=\"spoon\"");
    assert!(in_cart(&house, ann).is_empty());
    // More rows keep what was typed.
    let page = browser.submit(&page, QUICK, &[("act", "more")]).holds("value=\"spoon\"").holds("name=\"sku-19\"");
    // One wrong row keeps all of them out until they are left out.
    let page = browser.submit(&page, QUICK, &[("act", "add")]).says(422, "Rows that need a look: 2");
    assert!(in_cart(&house, ann).is_empty());
    browser.submit(&page, QUICK, &[("act", "rest")]).says(200, "In your cart. Rows: 2. Left out: 2 (spoon, JUG)");
    assert_eq!(in_cart(&house, ann), is(&[("MUG", 2), ("BOWL", 10)]));
    // What lies in the cart counts, and a file is looked at before anything happens.
    let page = browser.upload(&browser.get(QUICK), "/quick-order/file", "order.csv", b"SKU,Quantity\nMUG,4\n");
    let page = page.says(200, "Only 5 are left");
    browser.submit(&page, QUICK, &[("act", "add"), ("quantity-0", "3")]).says(200, "In your cart. Rows: 1");
    assert_eq!(in_cart(&house, ann), is(&[("MUG", 5), ("BOWL", 10)]));
    browser.upload(&browser.get(QUICK), "/quick-order/file", "order.csv", b"\xff\xfe").says(422, "not in UTF-8");
    browser.submit(&browser.get(QUICK), QUICK, &[("act", "add")]).says(422, "Nothing was typed");
    // The script asks about one row; a stranger's page sends nothing.
    let told: Value = serde_json::from_str(&browser.get("/quick-order/row?sku=bowl&quantity=3").body).unwrap();
    assert_eq!((told["right"].as_bool(), told["text"].as_str()), (Some(true), Some("Bowl · 3 × €9.00 = €27.00")));
    let told: Value = serde_json::from_str(&browser.get("/quick-order/row?sku=nothing").body).unwrap();
    assert_eq!(told["right"].as_bool(), Some(false));
    assert_eq!(browser.post_once(QUICK, &[("sku-0", "bowl"), ("quantity-0", "1"), ("act", "add")]).status, 409);
    // A guest orders as well, and keeps no lists.
    let guest = house.visitor();
    let page = guest.get(QUICK);
    guest.submit(&page, QUICK, &[("sku-0", "bowl"), ("quantity-0", "1"), ("act", "add")]).says(200, "Bowl");
    assert!(guest.submit(&page, QUICK, &[("sku-0", "bowl"), ("act", "list"), ("list_name", "x")]).at.starts_with("/account/sign-in"));
}

/// A product in two colours and two sizes, of which one variant does not exist.
fn shirts(house: &House) -> Vec<VariantId> {
    house
        .db
        .write_now(|conn| {
            let one = |sku: &str, colour: &str, size: &str| Variant {
                sku: Some(sku.into()),
                options: vec![colour.into(), size.into()],
                price: Some(2000),
                count: Some(10),
                ..Variant::default()
            };
            let product = Product {
                title: "Shirt".into(),
                status: Status::Active,
                options: vec!["Colour".into(), "Size".into()],
                variants: vec![one("R-S", "Red", "S"), one("R-M", "Red", "M"), one("B-S", "Blue", "S")],
                ..Product::default()
            };
            catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "test", base: None, now: now() })?;
            ["R-S", "R-M", "B-S"].into_iter().map(|sku| Ok(catalog::find_variant(conn, sku)?.unwrap())).collect()
        })
        .unwrap()
}

#[test]
fn all_variants_of_a_product_are_ordered_in_one_table() {
    let house = House::open();
    let ids = shirts(&house);
    let (ann, browser) = house.signed_in("ann@example.com");
    browser.get("/products/shirt").says(200, "Order several variants at once");
    let page = browser.get("/quick-order/products/shirt").says(200, "Colour / Size").says(200, "Blue");
    let fields: Vec<String> = ids.iter().map(|id| format!("v-{id}")).collect();
    let address = "/quick-order/products/shirt";
    let page = browser.submit(&page, address, &[(&fields[0], "4"), (&fields[1], "11"), (&fields[2], "0"), ("act", "add")]);
    let page = page.says(422, "Only 10 are left").holds("value=\"11\"");
    assert!(in_cart(&house, ann).is_empty());
    browser.submit(&page, address, &[(&fields[1], "10"), ("act", "add")]).says(200, "In your cart. Rows: 2");
    assert_eq!(in_cart(&house, ann), is(&[("R-S", 4), ("R-M", 10)]));
    browser.get("/quick-order/products/nothing").says(404, "");
}

#[test]
fn a_list_is_made_of_what_was_ordered_and_ordered_again() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let bowl = goods::product(&house.db, "Bowl", 900, 50);
    let (ann, browser) = house.signed_in("ann@example.com");
    let (_, stranger) = house.signed_in("eve@example.com");
    let (cart, seen) = goods::cart(&house.db, &[(mug, 3), (bowl, 2)], "ann@example.com", "bank_transfer", "");
    let placed = goods::place(&house.db, cart, seen, Settlement::After).unwrap();
    let number = house.db.read_now(move |conn| Ok(orders::get(conn, placed.order)?.number)).unwrap();
    let page = browser.get(&format!("/account/orders/{number}")).says(200, "Keep as a list");
    let page = browser.submit(&page, LISTS, &[]).says(200, "The list is made.").says(200, "Bowl").says(200, "€54.00");
    let list = page.at.clone();
    // Nobody else sees it, whatever they ask.
    stranger.get(&list).says(404, "");
    stranger.get(&format!("{list}/list.csv")).says(404, "");
    let theirs = stranger.get(LISTS).says(200, "There are no lists yet");
    let mut fields = theirs.form(LISTS, &[]);
    fields.push(("act".into(), "remove".into()));
    fields.push(("version".into(), "1".into()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for act in ["remove", "rename", "save", "put", "copy", "add", "restore", "share"] {
        let sent: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| if *name == "act" { (*name, act) } else { (*name, *value) }).collect();
        let sent = [sent, vec![("sku", "MUG"), ("quantity", "1"), ("name", "mine")]].concat();
        assert_eq!(stranger.post(&list, &sent).status, 404, "{act}");
    }
    // Units are saved, a row is added, and a page of before is told so.
    let before = browser.get(&list);
    let (of_mug, of_bowl) = (format!("v-{mug}"), format!("v-{bowl}"));
    browser.submit(&before, &list, &[("act", "save"), (&of_mug, "6"), (&of_bowl, "0")]).says(200, "Saved.").says(200, "€72.00");
    browser.submit(&before, &list, &[("act", "save"), (&of_mug, "7")]).says(409, "changed this list meanwhile").holds("value=\"7\"");
    let page = browser.get(&list);
    let page = browser.submit(&page, &list, &[("act", "put"), ("sku", "bowl"), ("quantity", "4")]).says(200, "Bowl");
    let page = browser.submit(&page, &list, &[("act", "put"), ("sku", "spoon"), ("quantity", "4")]).says(422, "There is no article");
    let page = browser.submit(&page, &list, &[("act", "rename"), ("name", "Every Monday")]).says(200, "Every Monday");
    assert_eq!(browser.get(&format!("{list}/list.csv")).body, "SKU,Quantity,Title,Options\nMUG,6,Mug,\nBOWL,4,Bowl,\n");
    // Some of it, then all of it.
    let take = format!("take-{bowl}");
    let page = browser.submit(&page, &list, &[("act", "chosen")]).says(422, "Choose at least one article");
    browser.submit(&page, &list, &[("act", "chosen"), (&take, "on")]).says(200, "In your cart. Rows: 1");
    assert_eq!(in_cart(&house, ann), is(&[("BOWL", 4)]));
    browser.submit(&browser.get(&list), &list, &[("act", "add")]).says(200, "In your cart. Rows: 2");
    assert_eq!(in_cart(&house, ann), is(&[("BOWL", 8), ("MUG", 6)]));
    // A copy is another list; a removed one comes back.
    let copy = browser.submit(&browser.get(&list), &list, &[("act", "copy")]).says(200, "This is the copy.");
    assert_ne!(copy.at, list);
    let gone = browser.submit(&browser.get(&list), &list, &[("act", "remove")]).says(200, "Removed lately");
    browser.get(&list).says(404, "");
    browser.submit(&gone, &list, &[("act", "restore")]).says(200, "The list is back.").says(200, "Every Monday");
    // Ordering the same again says what is not there and what costs something else.
    house
        .db
        .write_now(move |conn| {
            let ids = catalog::products_of(conn, &[mug])?;
            let mut changed = catalog::products(conn, &ids, EUR)?.remove(0);
            changed.variants[0].price = Some(1300);
            catalog::save_product(conn, &changed, &Saving { currency: EUR, actor: "test", base: None, now: now() })?;
            // Two of the order are allocated.
            stock::set_on_hand(conn, bowl, 11, "count", "count", "test", now())
        })
        .unwrap();
    let page = browser.get(&format!("/account/orders/{number}"));
    let page = browser.submit(&page, &format!("/orders/{number}/reorder"), &[]);
    page.says(200, "but for what is sold out or not sold any more: Bowl").says(200, "Another price than then: Mug");
    assert_eq!(in_cart(&house, ann), is(&[("BOWL", 9), ("MUG", 9)]));
    // What is kept of them is told, and goes with them.
    let all = house.db.read_now(move |conn| personal::gather(conn, ann, now())).unwrap();
    assert_eq!(all["requisition_lists"][1]["lines"][0], json!({ "title": "Mug", "sku": "MUG", "quantity": "6" }));
    let who = Who { customer: ann, buyer: None };
    let many: Vec<(VariantId, i64)> = vec![(mug, 1000)];
    let made = house.db.write_now({
        let who = who.clone();
        move |conn| requisitions::create(conn, &who, "More than a cart holds", false, &many, now())
    });
    let made = made.unwrap();
    assert_eq!(house.db.read_now(move |conn| requisitions::lines_of(conn, made)).unwrap()[0].quantity, requisitions::MOST_UNITS);
    let shared = house.db.write_now(move |conn| requisitions::create(conn, &who, "x", true, &[], now()));
    assert!(matches!(shared, Err(Error::Forbidden)), "nobody shares without a company");
    house.db.write_now(move |conn| orders::cancel(conn, placed.order, orders::CancelReason::Customer, "test", now())).unwrap();
    house.work();
    house.db.write_now(move |conn| erasure::erase(conn, ann, now())).unwrap();
    assert!(house.db.read_now(move |conn| requisitions::of_customer(conn, ann, 10)).unwrap().is_empty());
}

#[test]
fn a_shared_list_is_seen_by_whoever_buys_for_the_company() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let people = ["ann@example.com", "bea@example.com", "eve@example.com"].map(|email| goods::customer(&house.db, email, 0));
    goods::run(
        &house.db,
        "INSERT INTO companies (name, name_key, created_at, updated_at) VALUES
         ('Ash', 'ash', '2026-01-01 00:00:00', '2026-01-01 00:00:00'), ('Elm', 'elm', '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
    );
    let who = |at: usize, company: i64, may: &[May]| Who {
        customer: people[at],
        buyer: Some(Buyer {
            member: MemberId(at as i64 + 1),
            customer: people[at],
            company: CompanyId(company),
            name: "Ash".into(),
            price_group: String::new(),
            site: None,
            cost_centre: String::new(),
            may: may.to_vec(),
        }),
    };
    let (ann, bea, reader, eve) = (who(0, 1, &[May::Order]), who(1, 1, &[May::Order]), who(1, 1, &[]), who(2, 2, &[May::Order]));
    house
        .db
        .write_now(move |conn| {
            let list = requisitions::create(conn, &ann, "Mondays", false, &[(mug, 3)], now())?;
            let seen = |conn: &mut Conn, who: &Who| requisitions::of(conn, who, None, 10).map(|found| found.len());
            assert_eq!([seen(conn, &ann)?, seen(conn, &bea)?, seen(conn, &eve)?], [1, 0, 0]);
            requisitions::share(conn, &ann, list, 1, true, now())?;
            assert_eq!([seen(conn, &ann)?, seen(conn, &bea)?, seen(conn, &reader)?, seen(conn, &eve)?], [1, 1, 1, 0]);
            // Whoever orders changes it, who only looks does not, and others know of no such list.
            requisitions::put(conn, &bea, list, &[(mug, 2)], now())?;
            assert_eq!(requisitions::lines_of(conn, list)?[0].quantity, 5);
            assert!(matches!(requisitions::put(conn, &reader, list, &[(mug, 2)], now()), Err(Error::Forbidden)));
            assert!(matches!(requisitions::share(conn, &bea, list, 3, false, now()), Err(Error::Forbidden)), "it is not hers to take");
            assert!(matches!(requisitions::find(conn, &eve, list), Err(Error::NotFound)));
            assert!(matches!(requisitions::rename(conn, &eve, list, 3, "mine", now()), Err(Error::NotFound)));
            // Somebody who does not buy for the company at the moment sees their own lists alone.
            let alone = Who { buyer: None, ..ann.clone() };
            assert!(matches!(requisitions::find(conn, &alone, list), Err(Error::NotFound)));
            // The list outlives who made it.
            erasure::erase(conn, ann.customer, now())?;
            let kept = requisitions::find(conn, &bea, list)?;
            assert_eq!((kept.customer_id, kept.name.as_str()), (None, "Mondays"));
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_program_orders_rows_and_lists() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let (ann, _) = house.signed_in("ann@example.com");
    let (_, secret) = house.db.write_now(|conn| api_keys::create(conn, "A program", Scope::ALL, None, now())).unwrap();
    let call = |method: &str, path: &str, body: Option<Value>| -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let to = format!("{}/api/v1{path}", house.base_url);
        let bearer = format!("Bearer {secret}");
        let mut answer = match method {
            "GET" => agent.get(&to).header("Authorization", &bearer).call(),
            _ => agent
                .post(&to)
                .header("Authorization", &bearer)
                .header("Content-Type", "application/json")
                .send(body.unwrap_or(Value::Null).to_string()),
        }
        .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    };
    let (_, cart) = call("POST", "/carts", Some(json!({})));
    let quick = format!("/carts/{}/quick-order", cart["id"].as_str().unwrap());
    let rows = json!([{ "sku": "mug", "quantity": 2 }, { "sku": "spoon", "quantity": 1 }]);
    let (status, refused) = call("POST", &quick, Some(json!({ "rows": rows })));
    assert_eq!((status, refused["added"].as_i64(), refused["cart"]["lines"].as_array().unwrap().len()), (200, Some(0), 0));
    assert_eq!((refused["rows"][0]["reason"].as_str(), refused["rows"][1]["reason"].as_str()), (None, Some("unknown")));
    let (_, done) = call("POST", &quick, Some(json!({ "rows": rows, "leave_out": true })));
    assert_eq!((done["added"].as_i64(), done["cart"]["lines"][0]["quantity"].as_i64()), (Some(1), Some(2)));
    assert_eq!(call("POST", &quick, Some(json!({}))).0, 422);
    let who = Who { customer: ann, buyer: None };
    let list = house.db.write_now(move |conn| requisitions::create(conn, &who, "Mondays", false, &[(mug, 3)], now())).unwrap();
    let (_, lists) = call("GET", &format!("/requisition-lists?customer={ann}"), None);
    assert_eq!(lists["requisition_lists"][0]["name"], json!("Mondays"));
    assert_eq!(call("GET", "/requisition-lists", None).0, 422);
    let (_, one) = call("GET", &format!("/requisition-lists/{list}"), None);
    assert_eq!((one["lines"][0]["sku"].as_str(), one["lines"][0]["quantity"].as_i64()), (Some("MUG"), Some(3)));
    let (_, done) = call("POST", &quick, Some(json!({ "requisition_list": list.0 })));
    assert_eq!((done["added"].as_i64(), done["cart"]["lines"][0]["quantity"].as_i64()), (Some(1), Some(5)));
}
