//! What an ERP exchanges with the shop by the API: orders in the order of their changes, and rows of stock, prices, customers and companies, each of which
//! may come twice.

use crate::integrator::{Program, euros};
use crate::races::together;
use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crm::companies::{self, State};
use crm::customers;
use crm::email::Email;
use kernel::web::i18n::Language;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use storefront::api_keys::Scope;
use storefront::checkout::Settlement;
use storefront::erp::{feed, files};
use storefront::price_lists::{self, ListState, Wish};
use storefront::web::words::Words;
use storefront::{catalog, erasure, orders, stock};

fn results(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|one| one["result"].as_str().unwrap()).collect()
}

#[test]
fn rows_of_stock_and_prices_may_come_twice_and_a_wrong_one_keeps_no_other() {
    let house = House::open();
    let (mug, _) = (goods::product(&house.db, "Mug", 1200, 5), goods::product(&house.db, "Tea", 500, 5));
    let program = Program::new(&house, &[Scope::StockWrite, Scope::PricesWrite]);
    let place = house.db.read_now(stock::locations).unwrap()[0].name.clone();
    let levels = json!({ "rows": [{ "sku": "mug", "location": place, "on_hand": 40 }, { "sku": "NONE", "on_hand": 1 },
        { "sku": "TEA", "on_hand": -1 }, { "sku": "TEA", "location": "Moon", "on_hand": 1 }, { "sku": "TEA", "on_hand": 7 }, { "sku": "MUG", "on_hand": 1 }] });
    let first = program.ask("PUT", "/erp/stock", Some(&levels), "n1");
    assert_eq!(results(&first.1), ["changed", "refused", "refused", "refused", "changed", "refused"], "{}", first.1);
    assert_eq!(first.1["results"][1]["reason"].as_str(), Some("There is no article NONE."));
    assert_eq!(program.ask("PUT", "/erp/stock", Some(&levels), "n1"), first, "sent again it happens once");
    assert_eq!(results(&program.send("PUT", "/erp/stock", levels, 200))[0], "unchanged");
    assert_eq!(house.db.read_now(move |conn| stock::level(conn, mug)).unwrap().on_hand, 40);

    let list = house
        .db
        .write_now(|conn| {
            let wish = Wish {
                name: "Trade".into(),
                currency: EUR,
                store: None,
                priority: 0,
                state: ListState::Draft,
                starts_at: None,
                ends_at: None,
                adjust_bp: None,
            };
            price_lists::create(conn, wish, now())
        })
        .unwrap();
    let prices = json!({ "rows": [{ "sku": "MUG", "price": euros(1100), "compare_at": euros(1300) }, { "sku": "TEA", "price": { "minor": 1, "currency": "USD" } },
        { "sku": "MUG", "list": list, "price": euros(1000), "minimum": 2, "increment": 2 },
        { "sku": "MUG", "list": list, "min_quantity": 10, "price": euros(900) }, { "sku": "TEA", "list": 999_999, "price": euros(1) }] });
    let set = program.send("PUT", "/erp/prices", prices.clone(), 200);
    assert_eq!(results(&set), ["changed", "refused", "changed", "changed", "refused"], "{set}");
    let again = program.send("PUT", "/erp/prices", prices, 200);
    assert_eq!(results(&again), ["unchanged", "refused", "unchanged", "unchanged", "refused"], "{again}");
    let (entry, product) = house
        .db
        .read_now(move |conn| {
            let product = catalog::product_of(conn, mug)?.unwrap();
            Ok((price_lists::entry(conn, list, mug)?, catalog::products(conn, &[product], EUR)?.pop().unwrap()))
        })
        .unwrap();
    assert_eq!(entry.breaks.iter().map(|one| (one.from, one.unit_price)).collect::<Vec<_>>(), [(1, 1000), (10, 900)]);
    assert_eq!((product.variants[0].price, product.variants[0].compare_at), (Some(1100), Some(1300)));
    assert_eq!(program.actions(), ["price_list.price", "product.edit", "stock.count"], "what changed nothing is not in the log");
    program.send("PUT", "/erp/stock", json!({ "rows": [] }), 422);
    assert_eq!(
        program.ask("PUT", "/erp/customers", Some(&json!({ "rows": [{ "external_id": "1", "email": "a@example.com" }] })), "").0,
        403
    );
}

#[test]
fn customers_and_companies_are_known_by_their_external_ids() {
    let house = House::open();
    let program = Program::new(&house, &[Scope::CustomersWrite, Scope::CompaniesWrite]);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let people = json!({ "rows": [{ "external_id": "K1", "email": "Ann@example.com", "name": "Ann", "tags": "trade, b2b" },
        { "external_id": "K2", "email": "bob@example.com", "name": "Bob" }, { "external_id": "K3", "email": "nobody" },
        { "external_id": "K1", "email": "bob@example.com" }, { "external_id": "K9", "email": "bob@example.com" }] });
    let first = program.send("PUT", "/erp/customers", people.clone(), 200);
    assert_eq!(results(&first), ["changed", "created", "refused", "refused", "refused"], "{first}");
    assert!(first["results"][4]["reason"].as_str().unwrap().contains("K2"), "{first}");
    let again = program.send("PUT", "/erp/customers", people, 200);
    assert_eq!(results(&again), ["unchanged", "unchanged", "refused", "refused", "refused"]);
    let named = house.db.read_now(move |conn| customers::known(conn, ann)).unwrap();
    assert_eq!((named.name.as_str(), named.tags.as_str()), ("Ann", "trade, b2b"));
    // Another system calls her something else; whoever was erased is not brought back by either.
    let other = json!({ "system": "crm-2", "rows": [{ "external_id": "A", "email": "ann@example.com" }] });
    assert_eq!(results(&program.send("PUT", "/erp/customers", other.clone(), 200)), ["changed"]);
    house.db.write_now(move |conn| erasure::erase(conn, ann, now())).unwrap();
    for rows in [other, json!({ "rows": [{ "external_id": "K1", "email": "ann@example.com" }] })] {
        let told = program.send("PUT", "/erp/customers", rows, 200);
        assert!(told["results"][0]["reason"].as_str().unwrap().contains("forgotten"), "{told}");
    }
    let gone = Email::parse("ann@example.com", "email").unwrap();
    assert!(house.db.read_now(move |conn| customers::find_by_email(conn, &gone)).unwrap().is_none());

    let firms = json!({ "rows": [{ "external_id": "F1", "name": "Cups", "country": "DE", "administrator_email": "boss@example.com", "line1": "Weg 1",
            "postal_code": "10115", "city": "Berlin", "price_group": "gold", "approved": true },
        { "external_id": "F2", "name": "Bowls", "country": "DE" },
        { "external_id": "F3", "name": "Plates", "country": "DE", "administrator_email": "boss@example.com", "line1": "Weg 2", "postal_code": "10115",
            "city": "Berlin", "parent": "F1" }] });
    let first = program.send("PUT", "/erp/companies", firms.clone(), 200);
    assert_eq!(results(&first), ["created", "refused", "created"], "{first}");
    let again = program.send("PUT", "/erp/companies", firms, 200);
    assert_eq!(results(&again), ["unchanged", "refused", "unchanged"], "{again}");
    let renamed = json!({ "rows": [{ "external_id": "F3", "phone": "030 1" }] });
    assert_eq!(results(&program.send("PUT", "/erp/companies", renamed.clone(), 200)), ["changed"]);
    assert_eq!(results(&program.send("PUT", "/erp/companies", renamed, 200)), ["unchanged"]);
    let all = house.db.read_now(|conn| companies::list(conn, &companies::Filter::default(), 10)).unwrap();
    let told: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.state, one.parent_id.is_some(), one.phone.as_str())).collect();
    assert_eq!(told, [("Plates", State::Applied, true, "030 1"), ("Cups", State::Approved, false, "")]);
    assert_eq!(program.actions().iter().filter(|one| one.starts_with("company")).count(), 3);
}

#[test]
fn orders_are_followed_by_a_cursor_that_loses_none() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 500);
    let place = |email: &str| {
        let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], email, "bank_transfer", "");
        goods::place(&house.db, cart, seen, Settlement::After).unwrap().order
    };
    // One from before anybody asked.
    let first = place("ann@example.com");
    house.follow();
    let program = Program::new(&house, &[Scope::OrdersRead, Scope::OrdersWrite]);
    let second = place("ben@example.com");
    house.follow();
    let seen = program.get("/order-changes");
    let numbers = |page: &Value| -> BTreeSet<String> {
        page["changes"].as_array().unwrap().iter().map(|one| one["order"]["number"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(numbers(&seen), BTreeSet::from(["R1001".to_string(), "R1002".to_string()]));
    assert_eq!(program.get("/order-changes"), seen, "asked again it is the same");
    let next = seen["next"].as_i64().unwrap();
    assert_eq!(program.get(&format!("/order-changes?after={next}")), json!({ "changes": [], "next": next }));
    // The ERP's own number, once.
    let named = json!({ "external_id": "A-77" });
    program.send("PUT", "/orders/R1001/external-id", named.clone(), 200);
    program.send("PUT", "/orders/R1001/external-id", named.clone(), 200);
    program.send("PUT", "/orders/R1002/external-id", named, 409);
    program.send("PUT", "/orders/R1001/external-id", json!({ "external_id": "A-78" }), 409);
    assert_eq!(program.actions(), ["order.reference"]);
    house.db.write_now(move |conn| orders::cancel(conn, first, orders::CancelReason::Staff, "test", now())).unwrap();
    house.follow();
    let changed = program.get(&format!("/order-changes?after={next}"));
    assert_eq!((numbers(&changed).len(), changed["changes"][0]["external_id"].as_str()), (1, Some("A-77")), "{changed}");
    assert_eq!(changed["changes"][0]["order"]["status"].as_str(), Some("cancelled"));

    // Many writers number orders at once while somebody follows them: each number is seen, and none appears behind the cursor.
    let from = changed["next"].as_i64().unwrap();
    let (db, orders) = (&house.db, [first, second]);
    let seen = together(|client| {
        let mut last: BTreeMap<i64, i64> = BTreeMap::new();
        let mut cursor = from;
        for round in 0..40 {
            if client % 2 == 0 {
                let order = orders[(client / 2 + round) % 2];
                db.write_now(move |conn| feed::changed(conn, order)).unwrap();
                continue;
            }
            for (seq, order) in db.read_now(|conn| feed::after(conn, cursor, 100)).unwrap() {
                assert!(seq > cursor, "{seq} after {cursor}");
                cursor = seq;
                last.insert(order.0, seq);
            }
        }
        for (seq, order) in db.read_now(|conn| feed::after(conn, cursor, 100)).unwrap() {
            last.insert(order.0, seq);
        }
        (cursor, last)
    });
    let end: BTreeMap<i64, i64> =
        house.db.read_now(|conn| feed::after(conn, 0, 100)).unwrap().into_iter().map(|(seq, order)| (order.0, seq)).collect();
    for (cursor, last) in seen {
        for (order, seq) in &end {
            // What a follower did not see yet is still before it.
            assert!(*seq > cursor || last.get(order) == Some(seq) || *seq <= from, "{order} at {seq} was lost behind {cursor}");
        }
    }
}

#[test]
fn files_are_taken_once_with_a_report_and_orders_go_out_once() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let root = std::env::temp_dir().join(format!("regulars-erp-{}", kernel::token::random()));
    let words = Words::of(&house.state.door.templates, Language::ENGLISH).unwrap();
    let look = || files::run(&house.db, &root, &words, Duration::ZERO, &house.state.clock).unwrap();
    let lying = |folder: &str| -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let on_hand = || house.db.read_now(move |conn| stock::level(conn, mug)).unwrap().on_hand;
    std::fs::create_dir_all(root.join("in")).unwrap();
    let bring = |name: &str, text: &str| std::fs::write(root.join("in").join(name), text).unwrap();
    bring("stock-1.csv", "sku;on_hand\nMUG;40\nNONE;1\nMUG;x\n");
    bring("prices-1.csv", "sku,price\nMUG,11.00\n");
    bring("customers-1.csv", "external_id,email,name\nK1,ann@example.com,Ann\n");
    bring("companies-1.csv", "external_id,colour\nF1,red\n");
    bring("notes.csv", "x\n");
    look();
    assert_eq!((on_hand(), lying("in")), (40, vec!["notes.csv".to_string()]));
    let done = lying("done");
    assert_eq!((done.len(), lying("failed").len()), (4, 2), "{done:?}");
    let report = done.iter().find(|one| one.ends_with(".errors.csv")).unwrap();
    let report = std::fs::read_to_string(root.join("done").join(report)).unwrap();
    assert!(report.contains("3;\"There is no article NONE.\"") && report.contains("\n4;"), "{report}");
    // Killed before it was moved, the file still lies there and changes nothing any more.
    let taken = done.iter().find(|one| one.ends_with("stock-1.csv")).unwrap();
    std::fs::rename(root.join("done").join(taken), root.join("in/stock-1.csv")).unwrap();
    house.db.write_now(move |conn| stock::set_on_hand(conn, mug, 39, "sold", "sold", "test", now())).unwrap();
    look();
    assert_eq!((on_hand(), lying("in").len()), (39, 1));

    let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], "ben@example.com", "bank_transfer", "");
    goods::place(&house.db, cart, seen, Settlement::After).unwrap();
    house.follow();
    look();
    let out: Vec<String> = lying("out");
    assert_eq!(out.len(), 1, "{out:?}");
    let written: Value = serde_json::from_slice(&std::fs::read(root.join("out").join(&out[0])).unwrap()).unwrap();
    assert_eq!(written["changes"][0]["order"]["number"].as_str(), Some("R1001"));
    std::fs::remove_file(root.join("out").join(&out[0])).unwrap();
    look();
    assert!(lying("out").is_empty(), "what was fetched does not come again");
    std::fs::remove_dir_all(root).unwrap();
}
