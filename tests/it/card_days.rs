//! Shoppers and their cards: nobody pays, a card is refused, a session runs out, a bank asks back, money comes too late.

use crate::outages::{
    capture, capture_at_once, comes_back, minutes_pass, open, order, order_page, paid, pay_now, payment, placed, templates,
};
use crate::support::goods;
use storefront::orders::{OrderStatus, PaymentStatus};
use storefront::{payments, stock};

#[test]
fn an_order_nobody_pays_ends_and_its_goods_are_free_again() {
    let (house, mug, ann) = open();
    let session = placed(&house, &ann);
    let free = || house.db.read_now(move |conn| stock::level(conn, mug)).unwrap().free();
    minutes_pass(&house, 50);
    assert_eq!((order(&house).status, free()), (OrderStatus::Pending, 4));
    minutes_pass(&house, 15);
    minutes_pass(&house, 2);
    assert_eq!((order(&house).status, free()), (OrderStatus::Cancelled, 5));
    assert!(house.stripe.pay(&session).is_err(), "the session is closed at Stripe, too");
    assert_eq!(templates(&house), ["order_cancelled"]);
    let page = order_page(&house, &ann).says(200, "Cancelled");
    assert!(!page.body.contains("/orders/R1001/pay"));
}

#[test]
fn money_that_comes_too_late_goes_back_and_the_shopper_is_told() {
    late_money(true);
}

#[test]
fn money_that_comes_too_late_goes_back_even_if_the_browser_never_does() {
    late_money(false);
}

/// The shopper pays after the order was given up, for Stripe could not be told to close its page.
fn late_money(browser_returns: bool) {
    let (house, mug, ann) = open();
    capture_at_once(&house);
    let session = placed(&house, &ann);
    house.stripe.down();
    minutes_pass(&house, 65);
    minutes_pass(&house, 2);
    assert_eq!(order(&house).status, OrderStatus::Cancelled);
    house.stripe.up();
    house.stripe.hold_webhooks();
    house.stripe.pay(&session).unwrap();
    if browser_returns {
        comes_back(&house, &ann).says(200, "Your money came too late for this order and is on its way back to you");
    }
    minutes_pass(&house, 5);
    minutes_pass(&house, 5);
    let cases = house.db.read_now(|conn| payments::list_cases(conn, None, 10)).unwrap();
    assert_eq!(cases.iter().map(|case| (case.amount, case.state.as_str())).collect::<Vec<_>>(), [(1690, "resolved")]);
    assert_eq!(house.stripe.refunds_of(&session).iter().map(|refund| refund.amount).collect::<Vec<_>>(), [1690]);
    assert_eq!(order(&house).status, OrderStatus::Cancelled);
    assert_eq!(house.db.read_now(move |conn| stock::level(conn, mug)).unwrap().free(), 5);
    let mails = templates(&house);
    assert!(mails.contains(&"order_cancelled".into()) && mails.contains(&"payment_case_refund".into()), "{mails:?}");
    assert_eq!(mails.iter().filter(|template| *template == "payment_case_refund").count(), 1);
}

#[test]
fn a_refused_card_can_be_followed_by_a_good_one() {
    let (house, _, ann) = open();
    let session = placed(&house, &ann);
    house.stripe.decline(&session).unwrap();
    let page = comes_back(&house, &ann).says(200, "The payment is not finished yet").says(200, "Your card was declined");
    assert_eq!(order(&house).status, OrderStatus::Pending);
    assert!(pay_now(&ann, &page).contains(&session), "the same session is still open");
    house.stripe.pay(&session).unwrap();
    comes_back(&house, &ann).says(200, "Thank you");
    let tries = house.stripe.charges_of(&session);
    assert_eq!(tries.iter().filter(|charge| charge.failure.is_none()).count(), 1);
    house.work();
    assert_eq!((order(&house).status, templates(&house).len()), (OrderStatus::Confirmed, 1));
}

#[test]
fn notices_and_returning_browsers_at_once_confirm_one_order() {
    let (house, _, ann) = open();
    capture_at_once(&house);
    let session = placed(&house, &ann);
    house.stripe.hold_webhooks();
    house.stripe.pay(&session).unwrap();
    let tabs: Vec<_> = (0..25).map(|_| ann.tab()).collect();
    // The first delivery makes the notice one that can come again.
    std::thread::scope(|scope| {
        for tab in tabs {
            let house = &house;
            scope.spawn(move || comes_back(house, &tab).says(200, "Thank you"));
        }
        for _ in 0..25 {
            scope.spawn(|| house.stripe.deliver_pending() + house.stripe.deliver_again());
        }
    });
    house.stripe.deliver_again();
    assert!(house.stripe.deliveries().len() > 1, "notices came, and came again");
    house.work();
    let id = order(&house).id;
    let history = house.db.read_now(move |conn| storefront::orders::history(conn, id)).unwrap();
    assert_eq!(history.iter().filter(|entry| entry.kind == "confirmed").count(), 1);
    assert_eq!((order(&house).status, order(&house).payment_status), (OrderStatus::Confirmed, PaymentStatus::Paid));
    assert_eq!(house.stripe.charges_of(&session).len(), 1);
    assert_eq!(templates(&house).len(), 1, "one mail");
    goods::assert_books(&house.db);
}

#[test]
fn a_session_that_ran_out_is_replaced_and_only_one_is_paid() {
    let (house, _, ann) = open();
    let first = placed(&house, &ann);
    house.stripe.expire(&first).unwrap();
    let page = comes_back(&house, &ann).says(200, "You can try again");
    let to = pay_now(&ann, &page);
    let second = house.stripe.sessions().into_iter().find(|session| *session != first).unwrap();
    assert!(to.contains(&second), "{to}");
    house.stripe.pay(&second).unwrap();
    comes_back(&house, &ann).says(200, "Thank you");
    house.work();
    assert_eq!(order(&house).payment_status, PaymentStatus::Authorised);
    assert!(house.stripe.charges_of(&first).is_empty());
}

#[test]
fn a_bank_that_asks_the_shopper_is_waited_for() {
    let (house, _, ann) = open();
    let session = placed(&house, &ann);
    house.stripe.challenge(&session).unwrap();
    comes_back(&house, &ann).says(200, "The payment is not finished yet");
    house.work();
    assert_eq!((order(&house).status, templates(&house).len()), (OrderStatus::Pending, 0));
    house.stripe.pay(&session).unwrap();
    comes_back(&house, &ann).says(200, "Thank you");
    assert_eq!(order(&house).status, OrderStatus::Confirmed);
}

#[test]
fn a_part_is_captured_once_and_the_rest_is_released() {
    let (house, _, ann) = open();
    let session = paid(&house, &ann);
    capture(&house, 1000);
    let again = payment(&house).id;
    let twice = house.db.write_now(move |conn| payments::request_capture(conn, again, 500, "test", goods::now()));
    assert!(matches!(twice, Err(kernel::Error::Conflict(_))), "{twice:?}");
    house.work();
    assert_eq!((order(&house).payment_status, payment(&house).captured), (PaymentStatus::PartiallyPaid, 1000));
    let charges = house.stripe.charges_of(&session);
    assert_eq!(charges.iter().map(|charge| charge.captured).collect::<Vec<_>>(), [1000]);
    assert!(house.stripe.refunds_of(&session).is_empty(), "what was never taken is not refunded");
}
