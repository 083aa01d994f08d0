//! What people read: every mail and the main pages, as text. A change of words shows here before a customer sees it.

use crate::buying::to_review;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::visitor::Visitor;
use storefront::orders::{self, CancelReason};
use storefront::refunds::{self, Request, RequestLine};
use storefront::shipments::{self, Parcel};
use storefront::{payments, shop};

/// Checks `text` against its stored copy, without what differs from run to run.
fn same(house: &House, name: &str, text: &str) {
    let text = text.replace(&house.base_url, "https://shop.example");
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"key=[A-Za-z0-9_-]+", "key=[key]");
    settings.add_filter(r"token=[A-Za-z0-9_-]+", "token=[token]");
    settings.add_filter(
        r"\b\d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December) \d{4}(, \d{2}:\d{2}( UTC)?)?",
        "[date]",
    );
    settings.add_filter(r"\b\d{4}年\d{1,2}月\d{1,2}日( \d{2}:\d{2})?", "[date]");
    settings.add_filter(r"[ \t]+\n", "\n");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The one mail of `template` to Ann: subject and text. Its HTML must say the same amounts.
fn mail(house: &House, template: &str) -> String {
    let mails = house.mails("ann@example.com");
    let found: Vec<_> = mails.iter().filter(|mail| mail.template == template).collect();
    let [mail] = found[..] else { panic!("{} mails of {template}", found.len()) };
    for word in mail.body_text.split_whitespace().filter(|word| word.starts_with('€')) {
        assert!(mail.body_html.contains(word.trim_end_matches(['.', ','])), "{template}: {word} is not in the HTML");
    }
    format!("Subject: {}\n\n{}", mail.subject, mail.body_text)
}

fn bought(house: &House, ann: &Visitor) -> orders::Order {
    house
        .db
        .write_now(|conn| {
            let bank_details = "IBAN: DE02 1203 0000 0000 2020 51\nBIC: BYLADEM1001".to_string();
            shop::set(conn, &shop::Shop { name: "Tea & Table".into(), bank_details, ..shop::Shop::default() }, now())
        })
        .unwrap();
    goods::product(&house.db, "Mug", 1200, 5);
    let review = to_review(ann, "bank_transfer");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    house.work();
    house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap()
}

#[test]
fn mails_about_an_order_from_confirmation_to_refund() {
    let house = House::open();
    let order = bought(&house, &house.visitor()).id;
    let line = house.db.read_now(move |conn| orders::lines(conn, order)).unwrap()[0].id;
    house
        .db
        .write_now(move |conn| {
            let payment = payments::latest(conn, order)?.expect("it was placed with a payment").id;
            payments::record_receipt(conn, payment, "test", now())?;
            let parcel = Parcel {
                key: "parcel".into(),
                lines: vec![(line, 1)],
                carrier: "DHL".into(),
                tracking_number: "00340434161094042557".into(),
                tracking_url: "https://www.dhl.de/track?id=00340434161094042557".into(),
                from: None,
                despite_balance: false,
            };
            shipments::ship(conn, order, &parcel, "test", now())?;
            let back = Request {
                lines: vec![RequestLine { line, quantity: 1, restock: true }],
                shipping: 0,
                reason: "It arrived broken.".into(),
                ..Default::default()
            };
            refunds::request(conn, order, &back, 1200, "test", now())
        })
        .unwrap();
    house.work();
    for template in ["order_confirmation", "payment_received", "shipment_sent", "refund_sent"] {
        same(&house, &format!("mail_{template}"), &mail(&house, template));
    }
}

#[test]
fn the_mail_about_a_cancelled_order() {
    let house = House::open();
    let order = bought(&house, &house.visitor()).id;
    house.db.write_now(move |conn| orders::cancel(conn, order, CancelReason::Staff, "test", now())).unwrap();
    house.work();
    same(&house, "mail_order_cancelled", &mail(&house, "order_cancelled"));
}

#[test]
fn the_way_to_an_order_in_two_languages() {
    let house = House::open();
    let ann = house.visitor();
    let order = bought(&house, &ann);
    let link = format!("/orders/R1001?key={}", house.state.signer.sign("order", &order.number));
    let tab = house.visitor();
    let review = to_review(&tab, "cash_on_delivery");
    for (name, page) in [
        ("page_product", ann.get("/products/mug")),
        ("page_cart", tab.get("/cart")),
        ("page_review", review),
        ("page_order", ann.get(&link)),
        ("page_order_chinese", ann.get(&format!("/zh{link}"))),
        ("page_register", ann.get("/account/register")),
        ("page_not_found", ann.get("/products/none")),
    ] {
        same(&house, name, &page.text());
    }
}
