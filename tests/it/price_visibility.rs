//! Prices for those alone who may see them: guests, people and buyers of companies at the same addresses, in turns, with pages in memory.

use crate::company_contracts::buyer;
use crate::stores::{collection, owner};
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::visitor::{Page, Visitor};
use crm::companies::Settings;
use kernel::money::Money;
use serde_json::{Value, json};
use storefront::api_keys::{self, Scope};
use storefront::carts;
use storefront::requisitions::{self, Who};
use storefront::stock::{self, Demand};
use storefront::stores::MAIN;

const HERE: &str = "/admin/price-lists/visibility";
/// Where the price of the mug stands for everybody who may see it.
const PAGES: [&str; 5] = ["/", "/products/mug", "/search?q=mug", "/search?sort=price&price_min=12&price_max=13", "/collections/all"];

fn house() -> House {
    // Pages stay in memory for as long as the test takes: what one sees would be shown to the next if keys were wrong.
    House::open_with(&[
        ("REGULARS_PAGE_CACHE_MS", "60000"),
        ("REGULARS_LIMITS_SIGN_IN_PER_MINUTE", "1000"),
        ("REGULARS_LIMITS_SEARCH_PER_MINUTE", "1000"),
    ])
}

/// Whether somebody is told what the mug costs; all pages agree, and each shows it.
#[track_caller]
fn told(browser: &Visitor) -> bool {
    let seen = PAGES.map(|path| {
        let page = browser.get(path);
        assert!(page.status == 200 && page.body.contains("/products/mug"), "{path} ({}): {}", page.status, page.text());
        page.body.contains("12.34")
    });
    assert!(seen.iter().all(|one| *one == seen[0]), "{PAGES:?}: {seen:?}");
    seen[0]
}

#[track_caller]
fn show(olga: &Visitor, to: &str) {
    olga.submit(&olga.get(HERE), HERE, &[("to", to)]).says(200, "Saved.");
}

/// Posts a mug as the form of a page would that somebody had open before.
fn put(browser: &Visitor) -> Page {
    let wish = browser.get("/products/mug").form("/account/wish-list", &[]);
    let csrf = wish.into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    browser.post("/cart/lines", &[("csrf", &csrf), ("product", "mug"), ("quantity", "1")])
}

#[test]
fn a_store_tells_its_prices_to_those_it_names_and_sells_to_nobody_else() {
    let house = house();
    let (mug, bowl) = (goods::product(&house.db, "Mug", 1234, 50), goods::product(&house.db, "Bowl", 987, 50));
    let jug = goods::product(&house.db, "Jug", 4321, 0);
    collection(&house, "All", &[mug, bowl]);
    house.follow();
    let (olga, guest) = (owner(&house), house.visitor());
    let (customer, ann) = house.signed_in("ann@example.com");
    let (kiln, _, ben) = buyer(&house, "ben@example.com", "Kiln & Co", Settings::default());
    assert_eq!([&guest, &ann, &ben].map(told), [true; 3]);
    // What lies in carts and on lists from before.
    for browser in [&guest, &ann, &ben] {
        browser.submit(&browser.get("/products/mug"), "/cart/lines", &[]).says(200, "€12.34");
    }
    let list = house.db.write_now(move |conn| requisitions::create(conn, &Who { customer, buyer: None }, "Tea", false, &[(mug, 2)], now()));
    let list = format!("/account/lists/{}", list.unwrap());
    ann.get(&list).says(200, "€12.34").says(200, "€24.68");
    let waits = format!("/products/jug/waiting?variant={jug}");
    guest.submit(&guest.get(&waits), &waits, &[("email", "ann@example.com")]).says(200, "We will write to you");
    let feed = guest.get("/feeds/google.xml");
    assert_eq!(feed.status, 200);

    // Only one of three choices is one, and nobody overwrites what they did not see.
    let form = olga.get(HERE).says(200, "Who sees prices");
    olga.submit(&form, HERE, &[("to", "nobody")]).says(422, "Choose who sees the prices.");
    show(&olga, "signed_in");
    assert_eq!(olga.submit(&form, HERE, &[("to", "companies")]).status, 409);

    // At once, whatever lies in memory; each at the same addresses, in turns.
    for _ in 0..2 {
        assert_eq!([&guest, &ann, &ben].map(told), [false, true, true]);
    }
    let page = guest.get("/products/mug").says(200, "Prices are shown to customers who are signed in").says(200, "Price not public");
    assert!(page.body.contains("/account/sign-in") && !page.text().contains("Add to cart") && !page.body.contains("priceCurrency"));
    assert!(!guest.get("/collections/all").body.contains("price-down"), "nothing is ordered by prices");
    put(&guest).says(200, "You can order here once you may see the prices");
    let cart = guest.get("/cart").says(200, "What lies in your cart stays there");
    assert!(!cart.body.contains("12.34"));
    assert!(guest.get("/checkout").at.starts_with("/cart"));
    guest.get("/quick-order").says(409, "Quick order shows prices");
    assert_eq!(guest.get("/quick-order/row?sku=mug&quantity=1").status, 409);
    assert_eq!(guest.get("/feeds/google.xml").status, 404);
    assert_eq!(ann.get("/quick-order").status, 200);
    put(&ann).says(200, "€24.68");

    // Mails that anybody may read tell none.
    let place = house.db.read_now(stock::locations).unwrap()[0].id;
    house.db.write_now(move |conn| stock::receive(conn, place, &Demand::from([(jug, 1)]), "", "first", "test", now())).unwrap();
    house.follow();
    let mails = house.mails("ann@example.com");
    assert!(mails.iter().any(|mail| mail.template == "back_in_stock") && mails.iter().all(|mail| !mail.body_text.contains("43.21")));

    show(&olga, "companies");
    for _ in 0..2 {
        assert_eq!([&ann, &ben, &guest].map(told), [false, true, false]);
    }
    ann.get("/products/mug").says(200, "Say which company you buy for");
    guest.get("/products/mug").says(200, "Register a company");
    let page = ann.get(&list).says(200, "Mug");
    assert!(!page.body.contains("12.34") && !page.body.contains("24.68"), "{}", page.text());
    ann.submit(&page, &list, &[("act", "add")]).says(422, "You can order here once you may see the prices");
    put(&ann).says(200, "You can order here once you may see the prices");
    assert!(!ann.get("/cart").body.contains("12.34"));
    put(&ben).says(200, "€24.68");
    programs(&house, kiln.0);
    // Staff see what lies there and what it comes to.
    let worth = move |conn: &mut kernel::Conn| {
        let cart = carts::of_customer(conn, MAIN, customer)?.unwrap().id;
        let (seen, true_one) = (carts::quote(conn, cart, now())?, carts::quote_for_staff(conn, cart, now())?);
        Ok((seen.priced.subtotal, true_one.priced.subtotal, true_one.priced.total))
    };
    let (seen, subtotal, total) = house.db.read_now(worth).unwrap();
    assert_eq!((seen, subtotal), (0, 2468));
    olga.get(&format!("/admin/customers/{customer}")).says(200, &kernel::web::format::money(Money::new(total, goods::EUR)));

    // Everybody again: what waited is there.
    show(&olga, "everybody");
    assert_eq!([&guest, &ann, &ben].map(told), [true; 3]);
    guest.get("/cart").says(200, "€12.34");
    olga.get("/admin/audit").says(200, "Who sees the prices of a store changed");
}

/// Programs are the merchant's own: they are told everything while prices are for companies.
fn programs(house: &House, company: i64) {
    let (_, secret) = house.db.write_now(|conn| api_keys::create(conn, "A program", Scope::ALL, None, now())).unwrap();
    let ask = |path: &str, body: Option<Value>| -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let (to, bearer) = (format!("{}/api/v1{path}", house.base_url), format!("Bearer {secret}"));
        let mut answer = match body {
            None => agent.get(&to).header("Authorization", &bearer).call(),
            Some(body) => {
                agent.post(&to).header("Authorization", &bearer).header("Content-Type", "application/json").send(body.to_string())
            }
        }
        .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    };
    let says = |path: &str| ask(path, None).1.to_string().contains("1234");
    for path in ["/products", "/products/mug", "/search?q=mug"] {
        let asked = format!("{path}{}company={company}", if path.contains('?') { '&' } else { '?' });
        assert_eq!((says(path), says(&asked)), (true, true), "{path}");
    }
    let (_, found) = ask("/search?q=mug&price_min=1&price_max=2", None);
    assert!(found["products"].as_array().is_some_and(Vec::is_empty), "{found}");
    let (_, cart) = ask("/carts", Some(json!({})));
    let lines = format!("/carts/{}/lines", cart["id"].as_str().unwrap());
    let (status, filled) = ask(&lines, Some(json!({ "sku": "MUG", "quantity": 1 })));
    assert_eq!((status, &filled["lines"][0]["unit_price"]["minor"]), (201, &json!(1234)), "{filled}");
    let rows = format!("/carts/{}/quick-order", cart["id"].as_str().unwrap());
    let (status, filled) = ask(&rows, Some(json!({ "rows": [{ "sku": "mug", "quantity": 2 }] })));
    assert_eq!((status, &filled["cart"]["subtotal"]["minor"]), (200, &json!(3702)), "{filled}");
}
