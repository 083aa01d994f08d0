//! Money that is held for an order and given free again, before any of it was taken.

use crate::buying::to_review;
use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::{Page, Visitor};
use admin::permissions::Preset;
use storefront::orders::{self, Order, PaymentStatus};
use storefront::payments::{self, Payment, PaymentState};

fn order(house: &House) -> Order {
    house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap()
}

fn all(house: &House) -> Vec<Payment> {
    let id = order(house).id;
    house.db.read_now(move |conn| payments::of_order(conn, id)).unwrap()
}

/// A card order of €16.90 that is held and not captured, its buyer and its page.
fn held(house: &House) -> (Visitor, String) {
    goods::product(&house.db, "Mug", 1200, 5);
    let ann = house.visitor();
    let review = to_review(&ann, "stripe");
    let placing = review.form("/checkout/place", &[]);
    let placing: Vec<(&str, &str)> = placing.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(ann.post_once("/checkout/place", &placing).status, 303);
    pay(house, 0);
    assert_eq!(order(house).payment_status, PaymentStatus::Authorised);
    (ann, format!("/orders/R1001?key={}", house.state.signer.sign("order", "R1001")))
}

/// The buyer pays at Stripe's page, and Stripe's word is heard before the work begins.
fn pay(house: &House, session: usize) {
    house.stripe.hold_webhooks();
    house.stripe.pay(&house.stripe.sessions()[session]).unwrap();
    house.stripe.deliver_pending();
    house.work();
}

fn release(mei: &Visitor, payment: &Payment) -> Page {
    let address = format!("/admin/orders/R1001/payments/{}/release", payment.id);
    let form = mei.get(&address).says(200, "€16.90");
    mei.submit(&form, &address, &[])
}

#[test]
fn released_money_is_asked_for_anew_and_paid_by_another_card() {
    let house = House::open();
    let (ann, page) = held(&house);
    let mei = at_work(&house, "mei", role(&house, Preset::Manager)).1;
    mei.get("/admin/orders/R1001").says(200, "Release the held money");
    release(&mei, &all(&house)[0]).says(200, "The money is being released.");
    house.work();
    assert!(house.stripe.refunds_of(&house.stripe.sessions()[0]).is_empty(), "nothing was taken, so nothing goes back");
    let states: Vec<(PaymentState, i64)> = all(&house).iter().map(|payment| (payment.state, payment.authorised)).collect();
    assert_eq!(states, [(PaymentState::Voided, 0), (PaymentState::Open, 0)]);
    assert_eq!(order(&house).payment_status, PaymentStatus::Pending);
    // Goods do not leave by oversight while nothing is held for them.
    mei.get("/admin/orders/R1001").says(200, "€16.90");
    mei.get("/admin/orders/R1001/ship").says(200, "Ship although the balance is open");

    let shown = ann.get(&page).says(200, "€16.90 is still to be paid");
    let paying = shown.form("/orders/R1001/pay", &[]);
    let paying: Vec<(&str, &str)> = paying.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(ann.post_once("/orders/R1001/pay", &paying).status, 303);
    pay(&house, 1);
    assert_eq!(order(&house).payment_status, PaymentStatus::Authorised);
    let id = all(&house)[1].id;
    house.db.write_now(move |conn| payments::request_capture(conn, id, 1690, "mei", goods::now())).unwrap();
    house.work();
    assert_eq!(order(&house).payment_status, PaymentStatus::Paid);
    goods::assert_books(&house.db);
}

#[test]
fn what_is_being_captured_is_not_released() {
    let house = House::open();
    held(&house);
    let mei = at_work(&house, "mei", role(&house, Preset::Manager)).1;
    let payment = all(&house).remove(0);
    let address = format!("/admin/orders/R1001/payments/{}/release", payment.id);
    let form = mei.get(&address).says(200, "€16.90");
    let id = payment.id;
    house.db.write_now(move |conn| payments::request_capture(conn, id, 1690, "mei", goods::now())).unwrap();
    mei.submit(&form, &address, &[]).says(409, "");
    release(&mei, &payment).says(200, "Nothing of this payment is held any more");
    house.work();
    assert_eq!(order(&house).payment_status, PaymentStatus::Paid);
    assert!(!mei.get("/admin/orders/R1001").body.contains("/release"));
    goods::assert_books(&house.db);
}
