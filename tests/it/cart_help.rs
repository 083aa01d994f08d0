//! A shopper's live cart in the hands of staff: asked for, allowed by whoever holds the cart and nobody else, changed line by line, undone,
//! and over when the shopper, the clock or the order says so.

use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use crate::support::visitor::{Page, Visitor};
use crate::ticket_deeds::opened;
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::CustomerId;
use crm::email::Email;
use storefront::carts;
use storefront::checkout::Settlement;
use storefront::shop::{self, Shop};
use storefront::stores::MAIN;

const TICKET: &str = "/admin/tickets/T1001";
const CART: &str = "/admin/tickets/T1001/cart";

fn ask(mia: &Visitor) -> Page {
    mia.submit(&mia.get(TICKET), &format!("{CART}/ask"), &[]).says(200, "You asked.")
}

/// Puts a pot into the cart as if no page had been opened before.
fn put(mia: &Visitor) -> Page {
    let token = csrf(mia);
    mia.post(&format!("{CART}/goods"), &[("csrf", &token), ("cart_seen", "1"), ("goods", "POT 1")])
}

/// The token of the forms that a visitor is shown.
fn token(page: &Page, action: &str) -> String {
    page.form(action, &[]).into_iter().find(|(name, _)| name == "csrf").unwrap().1
}

fn shopping(house: &House) -> (CustomerId, Visitor, Visitor) {
    goods::product(&house.db, "Mug", 1200, 50);
    goods::product(&house.db, "Pot", 3000, 50);
    goods::coupon(&house.db, "TEA", 1000, None, None);
    let (customer, ann) = house.signed_in("ann@example.com");
    let (_, mia) = at_work(house, "mia", role(house, Preset::Agent));
    ann.submit(&ann.get("/products/mug"), "/cart/lines", &[("quantity", "2")]).says(200, "Mug");
    opened(&house.db, None, "Please add a pot");
    (customer, ann, mia)
}

#[test]
fn staff_change_a_cart_as_long_as_its_shopper_allows_it() {
    let house = House::open();
    let (_, ann, mia) = shopping(&house);
    mia.get(CART).says(200, "has not allowed to change this cart");
    put(&mia).says(409, "has not allowed to change this cart");

    // Whoever has the ticket's link, and another cart, is not asked and cannot answer; nor does looking at an address.
    let page = mia.get(TICKET);
    ask(&mia);
    mia.submit(&page, &format!("{CART}/ask"), &[]).says(409, "");
    put(&mia).says(409, "has not answered yet");
    let key = house.state.signer.sign("request", "T1001");
    let eve = house.visitor();
    eve.submit(&eve.get("/products/mug"), "/cart/lines", &[("quantity", "1")]).says(200, "Mug");
    let page = eve.get(&format!("/requests/T1001?key={key}")).says(200, "May we change your cart for you?");
    assert!(!page.body.contains("/cart/consents/"));
    let own = token(&page, "/requests/T1001/messages");
    assert_eq!(eve.post("/cart/consents/1", &[("csrf", &own), ("answer", "yes"), ("key", &key)]).status, 404);
    assert_ne!(ann.get("/cart/consents/1?answer=yes").status, 200);
    assert_eq!(ann.post("/cart/consents/1", &[("csrf", "guess"), ("answer", "yes")]).status, 409);
    mia.get(TICKET).says(200, "wait for the answer");

    // No.
    let page = ann.get("/cart").says(200, "Our staff ask to change your cart, for your request T1001");
    ann.submit(&page, "/cart/consents/1", &[("answer", "no")]).says(200, "Nobody changes your cart but you.");
    put(&mia).says(409, "does not want their cart changed");
    ann.submit(&page, "/cart/consents/1", &[("answer", "yes")]).says(200, "answered already");
    put(&mia).says(409, "does not want their cart changed");

    // Yes, on the page of the request; twice is once.
    ask(&mia);
    let page = ann.get("/requests/T1001").says(200, "Help with your cart");
    for _ in 0..2 {
        let after = ann.submit(&page, "/cart/consents/2", &[("answer", "yes")]).says(200, "Our staff may change your cart");
        assert_eq!(after.at, "/requests/T1001");
    }
    let page = mia.get(CART).says(200, "Mug");
    let goods = format!("{CART}/goods");
    mia.submit(&page, &goods, &[("goods", "POTT 1")]).says(422, "POTT");
    mia.submit(&page, &goods, &[("goods", "POT 1\nMUG 1")]).says(200, "The cart was changed").says(200, "Pot");
    mia.submit(&page, &goods, &[("goods", "POT 7")]).says(409, "The cart changed meanwhile").says(409, "POT 7");
    let page = mia.get(CART);
    mia.submit(&page, &format!("{CART}/code"), &[("code", "NONE")]).says(422, "");
    mia.submit(&page, &format!("{CART}/code"), &[("code", "TEA")]).says(200, "Coupon TEA");
    mia.submit(&mia.get(CART), &format!("{CART}/quantity"), &[("quantity", "5")]).says(200, "The cart was changed");
    mia.submit(&mia.get(CART), &format!("{CART}/quantity"), &[("quantity", "1000")]).says(422, "");
    mia.get(TICKET).says(200, "The cart was changed").says(200, "Mug: 5 instead of 3");

    // The shopper is told of each change, and undoes them; what was changed again since stays.
    let page = ann.get("/cart").says(200, "Changed by our staff on your request").says(200, "Pot: 1 instead of 0");
    let page = page.says(200, "Code TEA was added");
    assert_eq!(eve.post("/cart/changes/2/undo", &[("csrf", &own)]).status, 404);
    ann.submit(&page, "/cart/changes/1/undo", &[]).says(200, "changed again since");
    for change in [2, 3, 4, 1] {
        for _ in 0..2 {
            ann.submit(&page, &format!("/cart/changes/{change}/undo"), &[]).says(200, "The change was undone.");
        }
    }
    let log = mia.get(TICKET);
    assert_eq!(log.text().matches("A change of the cart was undone").count(), 4, "twice is once");
    let cart = ann.get("/cart").says(200, "Mug");
    assert!(!cart.text().contains("Pot") && !cart.text().contains("TEA") && !cart.text().contains("instead of"), "{}", cart.text());
    assert!(cart.body.contains("value=\"2\""));

    // Not any more.
    ann.submit(&cart, "/cart/consents/2", &[("answer", "withdraw")]).says(200, "may not change your cart any more");
    put(&mia).says(409, "took their yes back");
    mia.get(CART).says(200, "took their yes back");
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    olga.get("/admin/audit").says(200, "Asked to change a cart").says(200, "Customer’s cart changed");
    house.work();
    assert!(house.mails("ann@example.com").iter().any(|mail| mail.body_text.contains("May we change your cart for you?")));
}

#[test]
fn a_yes_ends_with_its_hour_its_cart_and_its_ticket() {
    let house = House::open();
    let (customer, ann, mia) = shopping(&house);
    let yes = |id: i64| {
        ask(&mia);
        ann.submit(&ann.get("/cart"), &format!("/cart/consents/{id}"), &[("answer", "yes")]).says(200, "Thank you.");
    };
    yes(1);
    house.state.clock.advance(TimeDelta::minutes(61));
    put(&mia).says(409, "is over");
    assert!(!ann.get("/cart").body.contains("/cart/consents/"));
    yes(2);
    mia.submit(&mia.get(TICKET), &format!("{TICKET}/solve"), &[("outcome", "answered")]).says(200, "solved");
    put(&mia).says(409, "The ticket is solved");
    mia.submit(&mia.get(TICKET), &format!("{TICKET}/reopen"), &[]);
    mia.get(CART).says(200, "Mug");

    let (asked, open) = (mia.get(CART), ann.get("/cart"));
    let (cart, seen) = house
        .db
        .write_now(move |conn| {
            let cart = carts::of_customer(conn, MAIN, customer)?.unwrap().id;
            carts::set_contact(conn, cart, &Email::parse("ann@example.com", "email")?, &goods::address(), None, "", now())?;
            let rate = carts::quote(conn, cart, now())?.rate.unwrap().id;
            carts::set_shipping_rate(conn, cart, rate, now())?;
            carts::set_payment_method(conn, cart, "bank_transfer", now())?;
            Ok((cart, goods::seen(conn, cart)?))
        })
        .unwrap();
    assert!(goods::place(&house.db, cart, seen, Settlement::After).is_ok());
    mia.submit(&asked, &format!("{CART}/goods"), &[("goods", "POT 1")]).says(409, "was ordered meanwhile");
    ann.submit(&open, "/cart/consents/2", &[("answer", "withdraw")]).says(200, "already ordered");
    goods::assert_books(&house.db);
}

#[test]
fn a_guest_answers_in_the_chat() {
    let house = House::open();
    let set = |conn: &mut kernel::Conn| {
        let shop = shop::get(conn)?;
        shop::set(conn, &Shop { chat: true, ..shop }, now())
    };
    house.db.write_now(set).unwrap();
    goods::product(&house.db, "Mug", 1200, 50);
    goods::product(&house.db, "Pot", 3000, 50);
    // The address is somebody else's, who has a cart: it is not what is asked about.
    let (_, ann) = house.signed_in("ann@example.com");
    ann.submit(&ann.get("/products/mug"), "/cart/lines", &[("quantity", "3")]).says(200, "Mug");
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let guest = house.visitor();
    let form = guest.get("/chat");
    guest.submit(&form, "/chat", &[("email", "ann@example.com"), ("body", "A pot, please")]).says(200, "A pot, please");
    assert!(!mia.get(TICKET).body.contains("/cart/ask"), "there is no cart yet");
    guest.submit(&guest.get("/products/mug"), "/cart/lines", &[("quantity", "1")]).says(200, "Mug");
    ask(&mia);
    assert!(!ann.get("/cart").body.contains("/cart/consents/"));
    let page = guest.get("/chat").says(200, "Help with your cart");
    guest.submit(&page, "/cart/consents/1", &[("answer", "yes")]).says(200, "You allow us to change your cart");
    mia.submit(&mia.get(CART), &format!("{CART}/goods"), &[("goods", "POT 1")]).says(200, "The cart was changed");
    guest.get("/cart").says(200, "Pot: 1 instead of 0");
    assert!(!ann.get("/cart").text().contains("Pot"));
}
