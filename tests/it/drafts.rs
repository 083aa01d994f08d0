//! Staff place an order for a customer: what it costs is seen first, and a shopper's own cart is nobody else's.

use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;

const CUSTOMER: &[(&str, &str)] = &[
    ("email", "bea@example.com"),
    ("language", "en"),
    ("ship_name", "Bea Beech"),
    ("ship_line1", "Weg 1"),
    ("ship_postcode", "10115"),
    ("ship_city", "Berlin"),
    ("ship_country", "DE"),
    ("method", "bank_transfer"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    CUSTOMER.iter().chain(more).copied().collect()
}

#[test]
fn an_order_over_the_telephone_is_priced_then_placed_once() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    goods::coupon(&house.db, "TEN", 1000, None, None);
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Agent));
    let form = mei.get("/admin/new-order").says(200, "Nothing is ordered before");
    mei.submit(&form, "/admin/new-order", &with(&[("goods", "NOTHING 2"), ("ship_city", "")])).says(422, "NOTHING");
    mei.submit(&form, "/admin/new-order", &with(&[("goods", "MUG 2"), ("method", "stripe")])).says(422, "Choose a way to pay.");
    let priced = mei.submit(&form, "/admin/new-order", &with(&[("goods", "MUG 2"), ("codes", "ten")])).says(200, "€26.50");
    assert_eq!(house.db.read_now(storefront::orders::count).unwrap(), 0);
    let here = priced.at.clone();
    // The price changes while the customer thinks it over.
    house
        .db
        .write_now(|conn| {
            let id = storefront::catalog::find(conn, "mug")?.unwrap();
            let mut mug = storefront::catalog::products(conn, &[id], goods::EUR)?.remove(0);
            mug.variants[0].price = Some(1300);
            let saving = storefront::catalog::Saving { currency: goods::EUR, actor: "test", base: None, now: goods::now() };
            storefront::catalog::save_product(conn, &mug, &saving).map(drop)
        })
        .unwrap();
    let again = mei.submit(&priced, &here, &[]).says(409, "Prices or stock changed").says(409, "€28.30");
    mei.submit(&again, &here, &[]).says(200, "R1001").says(200, "Taken down by staff");
    // A second click and the back button lead to the order.
    mei.submit(&again, &here, &[]).says(200, "R1001");
    assert!(mei.get(&here).at.starts_with("/admin/orders/R1001"));
    house.work();
    assert_eq!(house.mails("bea@example.com").len(), 1, "the customer is told like any other");
    assert_eq!(house.db.read_now(storefront::orders::count).unwrap(), 1);
}

#[test]
fn the_cart_of_a_shopper_is_not_a_draft() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let ann = house.visitor();
    ann.submit(&ann.get("/products/mug"), "/cart/lines", &[]).says(200, "Mug");
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    mei.get("/admin/new-order/1").says(404, "");
    let form = mei.get("/admin/new-order");
    let csrf = form.form("/admin/new-order", &[]).into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    mei.post("/admin/new-order/1", &[("csrf", &csrf), ("version", "1"), ("total", "1690")]).says(404, "");
}
