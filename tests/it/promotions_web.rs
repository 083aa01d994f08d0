//! A merchant makes promotions in the back office, and shoppers see, get and lose them. Without JavaScript.

use crate::buying::to_review;
use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;

/// Somebody who is signed in to the back office.
fn merchant(house: &House) -> Visitor {
    at_work(house, "mia", role(house, Preset::Marketer)).1
}

/// Makes a promotion and returns the address of its page.
fn make(mia: &Visitor, typed: &[(&str, &str)]) -> String {
    let form = mia.get("/admin/promotions/new").says(200, "New promotion");
    let made = mia.submit(&form, "/admin/promotions/new", typed).says(200, "Saved.");
    made.at
}

#[test]
fn a_sale_is_shown_priced_and_honoured_and_its_end_is_told() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let mia = merchant(&house);
    let sale = make(&mia, &[("name", "Autumn sale"), ("name_zh", "秋季特惠"), ("percent", "25"), ("on_products", "mug")]);
    mia.get(&sale).says(200, "25% off mug. Opens by itself.");
    mia.get(&format!("/zh{sale}")).says(200, "mug减价 25%。 自动生效。");

    let ann = house.visitor();
    let product = ann.get("/products/mug").says(200, "€9.00");
    assert!(product.text().contains("€12.00"), "the price before is struck through: {}", product.text());
    let product = product.says(200, "Lowest price in the 30 days before the reduction: €12.00");
    ann.submit(&product, "/cart/lines", &[]).says(200, "Autumn sale: −€3.00");
    ann.get("/zh/cart").says(200, "秋季特惠");
    let other = house.visitor();
    let contact = &[
        ("email", "bob@example.com"),
        ("ship_name", "Bob"),
        ("ship_line1", "Weg 1"),
        ("ship_postcode", "10115"),
        ("ship_city", "Berlin"),
        ("ship_country", "DE"),
        ("same", "on"),
    ];
    other.submit(&other.get("/products/mug"), "/cart/lines", &[]).says(200, "€13.90");
    let shipping = other.submit(&other.get("/checkout"), "/checkout", contact);
    let payment = other.submit(&shipping, "/checkout/shipping", &[]);
    let review = other.submit(&payment, "/checkout/payment", &[("method", "bank_transfer")]).says(200, "Autumn sale");

    let page = mia.get(&sale);
    mia.submit(&page, &format!("{sale}/state"), &[]).says(200, "The promotion is paused.");
    let told = other.submit(&review, "/checkout/place", &[]);
    assert!(told.at.starts_with("/checkout/review"), "{}", told.at);
    let told = told.says(200, "Your cart no longer gets “Autumn sale”").says(200, "€16.90");
    other.submit(&told, "/checkout/place", &[]).says(200, "R1001");
}

#[test]
fn a_code_is_tried_kept_refused_and_used() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let mia = merchant(&house);
    make(
        &mia,
        &[("name", "Tea club"), ("method", "code"), ("code", "club5"), ("effect", "amount"), ("amount", "5.00"), ("amount_from", "20.00")],
    );
    let ann = house.visitor();
    let cart = ann.submit(&ann.get("/products/mug"), "/cart/lines", &[]).says(200, "€16.90");
    ann.submit(&cart, "/cart/coupon", &[("code", "nothing")]).says(422, "We do not know this coupon code.");
    let cart = ann.submit(&cart, "/cart/coupon", &[("code", "Club5")]).says(200, "CLUB5: It works from a higher subtotal: €8.00");
    let cart = ann.submit(&cart, "/cart/lines/1", &[("quantity", "2")]).says(200, "Tea club (CLUB5) −€5.00").says(200, "€23.90");
    ann.submit(&cart, "/cart/coupon/remove", &[]).says(200, "€28.90");
}

#[test]
fn unique_codes_are_made_and_downloaded() {
    let house = House::open();
    let mia = merchant(&house);
    let page = make(&mia, &[("name", "Letter"), ("method", "code"), ("percent", "10")]);
    let codes = format!("{page}/codes");
    let form = mia.get(&codes).says(200, "Unique codes");
    mia.submit(&form, &codes, &[("count", "100001")]).says(422, "100,000");
    mia.submit(&form, &codes, &[("count", "25"), ("prefix", "tea")]).says(200, "The codes are made.").says(200, "TEA-");
    let file = mia.get(&format!("{page}/codes.csv"));
    assert!(file.headers["content-disposition"].contains("attachment"));
    assert_eq!(file.body.lines().count(), 26);
    assert!(house.visitor().get(&format!("{page}/codes.csv")).at.starts_with("/admin/sign-in"), "strangers get no codes");
}

#[test]
fn a_form_says_what_is_wrong_and_a_stale_one_is_refused() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let mia = merchant(&house);
    let form = mia.get("/admin/promotions/new");
    let typed = &[
        ("name", "x"),
        ("effect", "tiered"),
        ("tiers", "three for ten"),
        ("on_products", "cup"),
        ("countries", "Germany"),
        ("hour_from", "25:00"),
    ];
    let refused = mia.submit(&form, "/admin/promotions/new", typed);
    for told in ["Not found: cup", "Write each step as", "Give a time such as 14:30."] {
        assert!(refused.text().contains(told), "{told}: {}", refused.text());
    }
    let page = make(
        &mia,
        &[("name", "Steps"), ("effect", "tiered"), ("tiers", "2 = 5%\n5 = -0.50 each"), ("day_1", "on"), ("hour_from", "09:00")],
    );
    let first = mia.get(&page).says(200, "By units of everything: 2 = 5%; 5 = -0.50 each.").says(200, "On Monday. From 09:00 until 24:00.");
    mia.submit(&first, &page, &[("name", "Steps now")]).says(200, "Saved.");
    mia.submit(&first, &page, &[("name", "Steps then")]).says(409, "Somebody else saved this promotion").says(409, "Steps now");
    let copy = mia.submit(&first, &format!("{page}/copies"), &[]).says(200, "Steps now (copy)");
    assert_ne!(copy.at, page);
    mia.get("/admin/promotions").says(200, "Steps now").says(200, "Paused");
    let log = house.db.read_now(|conn| admin::audit::of(conn, "promotion:1", 10)).unwrap();
    assert_eq!(log.len(), 2, "each write is in the log");
}

#[test]
fn the_test_bench_says_what_a_cart_gets_and_why_not_more() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    goods::product(&house.db, "Pot", 4500, 5);
    let mia = merchant(&house);
    make(&mia, &[("name", "Mugs"), ("effect", "buy_get"), ("on_products", "mug")]);
    make(&mia, &[("name", "Austria"), ("percent", "50"), ("countries", "AT"), ("stacking", "2")]);
    make(&mia, &[("name", "Gift"), ("effect", "gift"), ("gift", "POT"), ("stacking", "3"), ("amount_from", "40")]);
    let bench = mia.get("/admin/promotions/bench?goods=mug+4&country=DE&email=&codes=NOPE&at=2026-11-23T10%3A00");
    let bench = bench.says(200, "Mugs : −€12.00").says(200, "Austria : It does not work for delivery to this country.").says(200, "€40.90");
    for told in ["NOPE: We do not know this coupon code.", "Gift : €0.00 · Gift"] {
        assert!(bench.text().contains(told), "{told}: {}", bench.text());
    }
    mia.get("/admin/promotions/bench?goods=cup&country=D&at=never")
        .says(200, "Not found: cup")
        .says(200, "Give the two letters of a country");
    let ann = house.visitor();
    to_review(&ann, "bank_transfer").says(200, "16.90");
}
