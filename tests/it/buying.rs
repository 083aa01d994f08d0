//! Buying, over real HTTP and without JavaScript.

use crate::support::goods;
use crate::support::house::House;
use crate::support::visitor::{Page, Visitor};

/// What a guest types at the first step of the checkout.
pub const CONTACT: &[(&str, &str)] = &[
    ("email", "ann@example.com"),
    ("ship_name", "Ann Ash"),
    ("ship_line1", "Hauptstraße 1"),
    ("ship_postcode", "10115"),
    ("ship_city", "Berlin"),
    ("ship_country", "DE"),
    ("same", "on"),
];

/// Puts one mug into the cart and goes through the checkout up to the review.
pub fn to_review(ann: &Visitor, method: &str) -> Page {
    let product = ann.get("/products/mug");
    ann.submit(&product, "/cart/lines", &[]).says(200, "Mug");
    let contact = ann.get("/checkout").says(200, "");
    let shipping = ann.submit(&contact, "/checkout", CONTACT).says(200, "Standard");
    let payment = ann.submit(&shipping, "/checkout/shipping", &[]).says(200, "");
    ann.submit(&payment, "/checkout/payment", &[("method", method)]).says(200, "16.90")
}

#[test]
fn a_guest_buys_by_bank_transfer_and_follows_the_order() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let ann = house.visitor();
    let review = to_review(&ann, "bank_transfer");
    let order = ann.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    house.work();

    let mails = house.mails("ann@example.com");
    assert_eq!(mails.iter().map(|mail| mail.template.as_str()).collect::<Vec<_>>(), ["order_confirmation"]);
    let link = mails[0].body_text.split_whitespace().find(|word| word.contains("/orders/R1001")).unwrap().to_string();
    let other_device = house.visitor();
    other_device.get(&link).says(200, "R1001");
    assert_eq!(other_device.get("/orders/R1001").status, 404);
    assert_eq!(other_device.get("/orders/R1001?key=wrong").status, 404);
    assert!(order.at.starts_with("/orders/R1001"));
}

#[test]
fn reload_double_click_back_and_two_tabs_make_one_order() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let ann = house.visitor();
    let review = to_review(&ann, "bank_transfer");
    let tab = ann.tab();
    let first = ann.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    let second = ann.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    let third = tab.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    assert_eq!((first.status, second.status, third.status), (200, 200, 200));
    let orders = house.db.read_now(|conn| storefront::orders::list(conn, &Default::default(), 10)).unwrap();
    assert_eq!(orders.len(), 1);
    house.work();
    assert_eq!(house.mails("ann@example.com").len(), 1);
}

#[test]
fn a_card_is_charged_once_however_the_news_arrives() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let ann = house.visitor();
    let review = to_review(&ann, "stripe");
    let fields = review.form("/checkout/place", &[]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let sent = ann.post_once("/checkout/place", &fields);
    assert_eq!(sent.status, 303);
    assert!(sent.headers["location"].starts_with(&house.stripe.base_url()), "{:?}", sent.headers);

    let session = house.stripe.sessions().pop().unwrap();
    house.stripe.hold_webhooks();
    house.stripe.pay(&session).unwrap();
    let order = ann.get(&return_link(&house)).says(200, "R1001");
    house.stripe.deliver_pending();
    house.stripe.deliver_again();
    house.work();
    let stored = house.db.read_now(|conn| storefront::orders::get_by_number(conn, "R1001")).unwrap();
    assert_eq!(stored.status.as_str(), "confirmed", "{}", order.text());
    assert_eq!(house.stripe.charges_of(&session).len(), 1);
}

/// Where Stripe sends the shopper after paying.
fn return_link(house: &House) -> String {
    let signature = house.state.signer.sign("order", "R1001");
    format!("/orders/R1001/return?key={signature}")
}
