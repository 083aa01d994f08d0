//! Staff place an order for a customer: what it costs is seen first, and a shopper's own cart is nobody else's.

use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::{Page, Visitor};
use admin::permissions::Preset;
use chrono::TimeDelta;
use storefront::orders::OrderStatus;

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
    mei.submit(&form, "/admin/new-order", &with(&[("goods", "MUG 2"), ("method", "cheque")])).says(422, "Choose a way to pay.");
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

/// Takes an order down that the customer pays by a link.
fn by_link(mei: &Visitor, goods: &str, hours: &str) -> Page {
    let form = mei.get("/admin/new-order").says(200, "Google Pay: the customer pays by a link");
    let priced = mei.submit(&form, "/admin/new-order", &with(&[("goods", goods), ("method", "stripe")])).says(200, "Hold the goods for");
    let here = priced.at.clone();
    mei.submit(&priced, &here, &[("hours", "5")]).says(422, "Choose how long the goods are held.");
    mei.submit(&mei.get(&here), &here, &[("hours", hours)]).says(200, "the customer gets a link to pay")
}

fn order(house: &House, number: &'static str) -> storefront::orders::Order {
    house.db.read_now(move |conn| storefront::orders::get_by_number(conn, number)).unwrap()
}

/// The link in the mail that was sent last.
fn link(house: &House, number: &str) -> String {
    let mails = house.mails("bea@example.com");
    let mail = mails.iter().rfind(|mail| mail.template == "payment_link").expect("a mail with the link");
    let found = mail.body_text.split_whitespace().find(|word| word.contains(&format!("/orders/{number}")));
    found.expect("the link").to_string()
}

#[test]
fn a_card_order_of_staff_is_paid_by_a_link_once() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    let page = by_link(&mei, "MUG 2", "72").says(200, "R1001");
    page.says(200, "Please pay your order R1001");
    let stored = order(&house, "R1001");
    let due = stored.payment_due_at.expect("a deadline");
    assert_eq!((stored.status, due - stored.placed_at), (OrderStatus::Pending, TimeDelta::hours(72)));
    let free = |house: &House| house.db.read_now(move |conn| storefront::stock::levels(conn, &[mug])).unwrap()[0].free();
    assert_eq!(free(&house), 3, "the goods are held");
    house.work();
    assert_eq!(house.mails("bea@example.com").iter().map(|mail| mail.template.as_str()).collect::<Vec<_>>(), ["payment_link"]);

    // The provider's page stands for a day at most, which cuts nothing short.
    let (bea, at) = (house.visitor(), link(&house, "R1001"));
    let sent = bea.post_once("/orders/R1001/pay", &pairs(&bea.get(&at).says(200, "Pay now").form("/orders/R1001/pay", &[])));
    assert!(sent.headers["location"].starts_with(&house.stripe.base_url()), "{:?}", sent.headers);
    assert_eq!(order(&house, "R1001").payment_due_at, Some(due));
    let mail = house.mails("bea@example.com").remove(0);
    let resend = format!("/admin/orders/R1001/mails/{}/resend", mail.id);
    mei.submit(&mei.get("/admin/orders/R1001"), &resend, &[]).says(200, "R1001");
    house.work();

    let session = house.stripe.sessions().pop().unwrap();
    house.stripe.hold_webhooks();
    house.stripe.pay(&session).unwrap();
    house.stripe.deliver_pending();
    house.stripe.deliver_again();
    house.work();
    assert_eq!(order(&house, "R1001").status, OrderStatus::Confirmed);
    assert_eq!(house.stripe.charges_of(&session).len(), 1);
    assert_eq!(free(&house), 3);
    assert!(house.mails("bea@example.com").iter().any(|mail| mail.template == "order_confirmation"));
    house.state.clock.advance(TimeDelta::hours(48));
    house.work();
    assert_eq!(order(&house, "R1001").status, OrderStatus::Confirmed);
    goods::assert_books(&house.db);
}

#[test]
fn a_card_order_of_staff_that_nobody_pays_is_cancelled_by_itself() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    by_link(&mei, "MUG 5", "24");
    house.state.clock.advance(TimeDelta::hours(23));
    house.work();
    assert_eq!(order(&house, "R1001").status, OrderStatus::Pending);
    house.state.clock.advance(TimeDelta::hours(2));
    house.work();
    assert_eq!(order(&house, "R1001").status, OrderStatus::Cancelled);
    let free = house.db.read_now(move |conn| storefront::stock::levels(conn, &[mug])).unwrap()[0].free();
    assert_eq!(free, 5, "the goods are free again");
    let bea = house.visitor();
    assert!(!bea.get(&link(&house, "R1001")).body.contains("/orders/R1001/pay"), "there is nothing to pay any more");
    assert!(house.mails("bea@example.com").iter().any(|mail| mail.template == "order_cancelled"));
    goods::assert_books(&house.db);
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
