//! Recommendations: what shelves show to whom and why, what the visitor's own session corrects, the merchant's rules, and the counts.

use crate::buying::CONTACT;
use crate::support::goods::{self, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::{Page, Visitor};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::CustomerId;
use crm::consents::{self, Consent, Statement};
use crm::recommendations::{self, Arm, CHANNEL, Count, Shelf, TOPIC};
use storefront::checkout::Settlement;
use storefront::ids::VariantId;
use storefront::logins;
use storefront::web::recommend::tag::arm_of;

/// A shop where three people bought tea with a pot and two bread with butter, ann tea alone and twice; learned ten days later.
struct Shop {
    house: House,
    pot: VariantId,
}

fn shop() -> Shop {
    shop_in(House::open())
}

fn shop_in(house: House) -> Shop {
    let goods = [("Tea", 900), ("Pot", 4000), ("Bread", 300), ("Butter", 200)];
    let [tea, pot, bread, butter] = goods.map(|(title, price)| goods::product(&house.db, title, price, 50));
    for person in ["cem", "dan", "eva"] {
        bought(&house, person, &[tea, pot]);
    }
    for person in ["fay", "gus"] {
        bought(&house, person, &[bread, butter]);
    }
    bought(&house, "ann", &[tea]);
    bought(&house, "ann", &[tea]);
    house.state.clock.advance(TimeDelta::days(10));
    learn(&house);
    Shop { house, pot }
}

fn bought(house: &House, person: &str, goods: &[VariantId]) {
    let goods: Vec<(VariantId, i64)> = goods.iter().map(|variant| (*variant, 1)).collect();
    let (cart, seen) = goods::cart(&house.db, &goods, &format!("{person}@example.com"), "bank_transfer", "");
    place(&house.db, cart, seen, Settlement::After).unwrap();
}

fn learn(house: &House) {
    let at = house.state.clock.now();
    house.db.write_now(move |conn| recommendations::run_soon(conn, at)).unwrap();
    house.work();
}

/// A browser that has been here before and is shown these lists.
fn visitor(house: &House, arm: Arm, number: usize) -> Visitor {
    let secret = (0..).map(|at| format!("a-visitor-of-the-shop-{number}-{at}")).find(|secret| arm_of(secret) == arm).unwrap();
    let visitor = house.visitor();
    visitor.carry("visitor", &secret);
    visitor
}

fn sign_in(house: &House, visitor: &Visitor, email: &str) -> CustomerId {
    let customer = goods::customer(&house.db, email, 0);
    let (token, at) = (format!("a-session-of-{email}"), house.state.clock.now());
    visitor.carry("session", &token);
    house.db.write_now(move |conn| logins::open_session(conn, customer, &token, "test", at)).unwrap();
    customer
}

/// The addresses of the cards of a shelf, without the language, and its words.
fn shelf(page: &Page, id: &str) -> (Vec<String>, String) {
    let Some((_, rest)) = page.body.split_once(&format!("id=\"{id}\">")) else { return Default::default() };
    let html = rest.split_once("</section>").unwrap().0;
    let links = html.match_indices("href=\"/products/").map(|(at, start)| html[at + start.len()..].split('"').next().unwrap().to_string());
    (links.collect(), html.to_string())
}

fn counts(house: &House, shelf: Shelf, arm: Arm) -> Count {
    house.state.door.counter.write();
    let since = now();
    let all = house.db.read_now(move |conn| recommendations::results(conn, since)).unwrap();
    all.get(&(shelf, arm)).copied().unwrap_or_default()
}

#[test]
fn what_is_bought_together_stands_on_the_page_and_leaves_it_for_the_cart() {
    let Shop { house, pot } = shop();
    let guest = visitor(&house, Arm::Model, 1);
    let page = guest.get("/products/tea").says(200, "Often bought together");
    assert_eq!(shelf(&page, "shelf-together").0, ["pot?rec=tm"]);
    assert_eq!(shelf(&guest.get("/zh/products/butter"), "shelf-together").1.matches("<li").count(), 1);

    // The tag of a link changes nothing of the page, and no page says it to search engines.
    let led = guest.get("/products/pot?rec=tm").says(200, "Often bought together");
    assert!(led.body.contains("/products/pot\"") && !led.body.contains("/products/pot?rec"), "{}", led.body);

    guest.submit(&guest.get("/products/pot"), "/cart/lines", &[]).says(200, "Pot");
    assert!(shelf(&guest.get("/products/tea"), "shelf-together").0.is_empty(), "it lies in the cart");
    assert_eq!(shelf(&visitor(&house, Arm::Model, 2).get("/products/tea"), "shelf-together").0, ["pot?rec=tm"]);
    let cart = guest.get("/cart").says(200, "Often bought with what is in your cart");
    assert_eq!(shelf(&cart, "shelf-complete").0, ["tea?rec=cm"]);

    // What nobody can buy is shown to nobody.
    goods::run(&house.db, "UPDATE products SET status = 'archived', listed = (1 = 0) WHERE slug = 'pot'");
    assert!(shelf(&visitor(&house, Arm::Model, 3).get("/products/tea"), "shelf-together").0.is_empty());
    goods::run(&house.db, "UPDATE products SET status = 'active', listed = (1 = 1) WHERE slug = 'pot'");
    let (cart, seen) = goods::cart(&house.db, &[(pot, 47)], "hal@example.com", "bank_transfer", "");
    place(&house.db, cart, seen, Settlement::After).unwrap();
    assert!(shelf(&visitor(&house, Arm::Model, 4).get("/products/tea"), "shelf-together").0.is_empty(), "sold out");
}

/// Pages, cards, shelves and lists served from memory for as long as the test takes.
#[test]
fn what_is_kept_in_memory_is_still_the_visitors_own() {
    let Shop { house, .. } = shop_in(House::open_with(&[("REGULARS_PAGE_CACHE_MS", "60000")]));
    let (ann, ben, cem) = (visitor(&house, Arm::Model, 1), visitor(&house, Arm::Model, 2), visitor(&house, Arm::Popular, 3));
    let beside = |who: &Visitor| shelf(&who.get("/products/tea"), "shelf-together").0;
    assert_eq!((beside(&ann), beside(&ben)), (vec!["pot?rec=tm".to_string()], vec!["pot?rec=tm".to_string()]));
    assert!(beside(&cem).iter().all(|link| link.ends_with("?rec=tp")));
    ann.submit(&ann.get("/products/pot"), "/cart/lines", &[]).says(200, "Pot");
    assert!(beside(&ann).is_empty() && beside(&ann).is_empty() && !beside(&ben).is_empty());
    sign_in(&house, &ben, "ann@example.com");
    assert_eq!(shelf(&ben.get("/"), "shelf-again").0, ["tea?rec=am"]);
    assert!(shelf(&cem.get("/"), "shelf-again").0.is_empty());
}

#[test]
fn the_home_page_is_for_whoever_comes_and_says_why() {
    let Shop { house, .. } = shop();
    let ann = visitor(&house, Arm::Model, 1);
    // A stranger sees what many bought.
    let page = ann.get("/").says(200, "Bought by many lately");
    assert_eq!(shelf(&page, "shelf-for-you").0[0], "tea?rec=fm");
    assert!(shelf(&page, "shelf-again").0.is_empty());
    // Who looked at something, in a browser that may remember it, sees what goes with it.
    ann.carry("trail", "a-trail-that-ann-allowed");
    ann.get("/products/bread");
    let page = ann.get("/").says(200, "Because you looked at Bread");
    assert_eq!(shelf(&page, "shelf-for-you").0[0], "butter?rec=fm");
    // A customer sees what they bought again and again, and what goes with it.
    let customer = sign_in(&house, &ann, "ann@example.com");
    let page = ann.get("/").says(200, "You bought these before").says(200, "Because you bought Tea");
    assert_eq!(shelf(&page, "shelf-again").0, ["tea?rec=am"]);
    assert!(!shelf(&page, "shelf-for-you").0.iter().any(|link| link.starts_with("tea")), "not twice");
    ann.get("/zh").says(200, "因为您买过Tea");
    // Not what was just bought.
    let variant = goods::product(&house.db, "Spoon", 100, 9);
    bought(&house, "ann", &[variant]);
    goods::run(&house.db, "UPDATE purchase_lines SET purchased_at = '2999-01-01 00:00:00'");
    assert!(shelf(&ann.get("/"), "shelf-again").0.is_empty());
    goods::run(&house.db, "UPDATE purchase_lines SET purchased_at = '2020-01-01 00:00:00'");
    assert!(!shelf(&ann.get("/"), "shelf-again").0.is_empty());
    // Who wants none of it sees what many bought, as everybody does.
    let said = Statement { channel: CHANNEL, topic: TOPIC, legal_basis: "objection", state: Consent::Withdrawn, proof: "test" };
    house.db.write_now(move |conn| consents::record(conn, customer, &said, now())).unwrap();
    let page = ann.get("/").says(200, "Bought by many lately");
    assert!(!page.text().contains("Because") && shelf(&page, "shelf-again").0.is_empty());
    assert_eq!(shelf(&page, "shelf-for-you").0[0], "tea?rec=fp");
    let before = counts(&house, Shelf::Together, Arm::Popular);
    ann.get("/products/tea").says(200, "Bought by many lately");
    assert_eq!(counts(&house, Shelf::Together, Arm::Popular), before, "and is no part of a comparison");
}

#[test]
fn views_clicks_and_orders_are_counted_for_both_lists() {
    let Shop { house, .. } = shop();
    let (ann, ben) = (visitor(&house, Arm::Model, 1), visitor(&house, Arm::Popular, 1));
    let page = ben.get("/products/tea").says(200, "Bought by many lately");
    assert!(shelf(&page, "shelf-together").0.iter().all(|link| link.ends_with("?rec=tp") && !link.starts_with("tea")));
    ann.get("/products/tea");
    ann.get("/products/tea");
    house.visitor().get("/products/tea");
    let one = Count { views: 1, ..Count::default() };
    assert_eq!(counts(&house, Shelf::Together, Arm::Model), one, "once a day, and only browsers that came before");
    assert_eq!(counts(&house, Shelf::Together, Arm::Popular), one);

    ann.get("/products/pot?rec=tm").says(200, "Pot");
    assert!(ann.cookie("led").is_empty(), "nothing is remembered of who did not allow it");
    ann.carry("trail", "a-trail-that-ann-allowed");
    ann.get("/products/pot?rec=tm").says(200, "Pot");
    ann.get("/products/bread?rec=nonsense").says(200, "Bread");
    assert_eq!(counts(&house, Shelf::Together, Arm::Model), Count { views: 1, clicks: 1, orders: 0 });

    house.state.clock.advance(TimeDelta::days(3));
    ann.submit(&ann.get("/products/pot"), "/cart/lines", &[]).says(200, "Pot");
    let contact = ann.get("/checkout").says(200, "");
    let shipping = ann.submit(&contact, "/checkout", CONTACT).says(200, "Standard");
    let payment = ann.submit(&shipping, "/checkout/shipping", &[]).says(200, "");
    let review = ann.submit(&payment, "/checkout/payment", &[("method", "bank_transfer")]).says(200, "44.90");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1008");
    assert_eq!(counts(&house, Shelf::Together, Arm::Model).orders, 1);
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1008");
    assert_eq!(counts(&house, Shelf::Together, Arm::Model).orders, 1, "an order counts once");

    let mei = at_work(&house, "mei", role(&house, Preset::Marketer)).1;
    let told = mei.get("/admin/recommendations").says(200, "Bought together, on product pages").says(200, "too small to tell");
    told.says(200, "too little data").says(200, "from 6 customers and 4 products");
}

#[test]
fn the_merchants_rules_hold_at_once() {
    let Shop { house, .. } = shop();
    let mei = at_work(&house, "mei", role(&house, Preset::Marketer)).1;
    let page = mei.get("/admin/recommendations").says(200, "Nothing is pinned");
    mei.submit(&page, "/admin/recommendations/pin", &[("beside", "tea"), ("other", "nothing")]).says(422, "There is no product");
    mei.submit(&page, "/admin/recommendations/pin", &[("beside", "tea"), ("other", "TEA")]).says(409, "beside itself");
    mei.submit(&page, "/admin/recommendations/pin", &[("beside", "tea"), ("other", "BREAD")]).says(200, "Saved");
    mei.submit(&page, "/admin/recommendations/pin", &[("beside", "tea"), ("other", "bread")]).says(200, "Saved");
    let guest = visitor(&house, Arm::Model, 1);
    let beside = guest.get("/products/tea").says(200, "Our suggestion");
    assert_eq!(shelf(&beside, "shelf-together").0, ["bread?rec=tm", "pot?rec=tm"]);

    let page = mei.get("/admin/recommendations");
    let page = mei.submit(&page, "/admin/recommendations/exclude", &[("never", "bread")]).says(200, "Allow again");
    assert_eq!(shelf(&guest.get("/products/tea"), "shelf-together").0, ["pot?rec=tm"]);
    assert!(!shelf(&guest.get("/"), "shelf-for-you").0.iter().any(|link| link.starts_with("bread")));
    let page = mei.submit(&page, "/admin/recommendations/allow", &[]).says(200, "Every product may be recommended");
    mei.submit(&page, "/admin/recommendations/unpin", &[]).says(200, "Nothing is pinned");
    assert_eq!(shelf(&guest.get("/products/tea"), "shelf-together").0, ["pot?rec=tm"]);
    mei.get("/zh/admin/recommendations").says(200, "商品推荐");

    // Only who may sees it, and only who may changes it; what was changed is known.
    assert_eq!(at_work(&house, "pip", role(&house, Preset::Fulfilment)).1.get("/admin/recommendations").status, 404);
    let owner = at_work(&house, "ola", role(&house, Preset::Owner)).1;
    let log = owner.get("/admin/audit?action=recommendations.pin").says(200, "Product pinned beside another");
    assert!(log.text().contains("Bread"));
    let page = owner.get("/admin/recommendations");
    owner.submit(&page, "/admin/recommendations/learn", &[]).says(200, "are being worked out");
    house.work();
    assert!(!owner.get("/admin/recommendations").text().contains("are being worked out"));
}
