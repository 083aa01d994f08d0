//! Money on its way back that does not arrive, and amounts of lines: what a provider takes back later, what somebody refunds at the
//! provider's own desk without a word, and who is told.

use crate::desk::{order as placed_by_transfer, staff};
use crate::outages::{capture, capture_at_once, minutes_pass, open, order, paid, payment};
use crate::support::goods::{self, now};
use crate::support::house::House;
use kernel::Db;
use storefront::documents::{self, Kind};
use storefront::ids::{OrderId, OrderLineId};
use storefront::orders::{self, PaymentStatus};
use storefront::payments::{self, CaseKind, WishState};
use storefront::refunds::{self, LineAmount, Request, RequestLine};

const DAY: i64 = 24 * 60 + 5;

fn line_of(db: &Db, order: OrderId) -> OrderLineId {
    db.read_now(move |conn| orders::lines(conn, order)).unwrap()[0].id
}

/// Refunds one unit of the first line, 12.00.
fn refund_one(house: &House) {
    let id = order(house).id;
    let line = line_of(&house.db, id);
    let request = Request { lines: vec![RequestLine { line, quantity: 1, restock: false }], ..Default::default() };
    house.db.write_now(move |conn| refunds::request(conn, id, &request, 1200, "test", now())).unwrap();
    house.work();
}

fn states(house: &House) -> Vec<(i64, WishState)> {
    let id = order(house).id;
    house.db.read_now(move |conn| refunds::of_order(conn, id)).unwrap().iter().map(|one| (one.amount, one.state)).collect()
}

fn cases(house: &House) -> Vec<(CaseKind, String, i64)> {
    let cases = house.db.read_now(|conn| payments::list_cases(conn, None, 10)).unwrap();
    cases.into_iter().map(|case| (case.kind, case.state, case.amount)).collect()
}

/// Kind and total of the documents of the order.
fn papers(db: &Db, order: OrderId) -> Vec<(Kind, i64)> {
    db.read_now(move |conn| documents::of_order(conn, order)).unwrap().iter().map(|one| (one.kind, one.total)).collect()
}

/// Works until `done`, for webhooks go out on threads of their own.
fn work_until(house: &House, done: impl Fn() -> bool) {
    for _ in 0..200 {
        house.work();
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("it never happened");
}

/// A refund goes through, and days later the bank sends it back.
fn comes_back_later(told: bool) {
    let (house, _, ann) = open();
    capture_at_once(&house);
    let session = paid(&house, &ann);
    refund_one(&house);
    assert_eq!((states(&house), payment(&house).refunded), (vec![(1200, WishState::Settled)], 1200));
    let id = order(&house).id;
    assert_eq!(papers(&house.db, id), [(Kind::Invoice, 1690), (Kind::CreditNote, 1200)]);
    let customer = order(&house).customer_id;
    let remembered = || house.db.read_now(move |conn| crm::purchases::of_order(conn, id.0)).unwrap();
    assert_eq!(remembered(), Some((1690, 1200)));

    let reference = house.stripe.refunds_of(&session)[0].id.clone();
    if !told {
        house.stripe.hold_webhooks();
    }
    assert!(house.stripe.fail_refund(&reference));
    if told {
        work_until(&house, || states(&house) == [(1200, WishState::Failed)]);
    } else {
        minutes_pass(&house, DAY);
        house.work();
    }
    assert_eq!((states(&house), payment(&house).refunded), (vec![(1200, WishState::Failed)], 0));
    assert_eq!((order(&house).payment_status, remembered()), (PaymentStatus::Paid, Some((1690, 0))), "{customer}");
    assert_eq!(line_refunded(&house), 0);
    // The invoice that was credited in part is credited whole, and another one has the goods again.
    let all = [(Kind::Invoice, 1690), (Kind::CreditNote, 1200), (Kind::CreditNote, 490), (Kind::Invoice, 1690)];
    assert_eq!(papers(&house.db, id), all);
    assert_eq!(cases(&house), [(CaseKind::Refund, "open".into(), 1200)]);
    goods::assert_books(&house.db);

    // It is given back in another try, and this time it stays; asking again and again changes nothing.
    refund_one(&house);
    for _ in 0..3 {
        minutes_pass(&house, DAY);
    }
    assert_eq!((states(&house).len(), payment(&house).refunded), (2, 1200));
    assert_eq!(papers(&house.db, id).last(), Some(&(Kind::CreditNote, 1200)));
    assert_eq!(cases(&house).len(), 1);
}

fn line_refunded(house: &House) -> i64 {
    let id = order(house).id;
    house.db.read_now(move |conn| orders::lines(conn, id)).unwrap()[0].refunded
}

#[test]
fn a_refund_that_comes_back_is_taken_back_and_staff_are_told() {
    comes_back_later(true);
}

#[test]
fn a_refund_that_comes_back_without_a_word_is_noticed_by_the_clock() {
    comes_back_later(false);
}

#[test]
fn a_refund_of_a_cancelled_order_that_comes_back_leaves_its_invoice_credited() {
    let (house, _, ann) = open();
    capture_at_once(&house);
    let session = paid(&house, &ann);
    let id = order(&house).id;
    house.db.write_now(move |conn| orders::cancel(conn, id, orders::CancelReason::Staff, "test", now())).unwrap();
    house.work();
    let reference = house.stripe.refunds_of(&session)[0].id.clone();
    assert!(house.stripe.fail_refund(&reference));
    work_until(&house, || states(&house) == [(1690, WishState::Failed)]);
    assert_eq!(papers(&house.db, id), [(Kind::Invoice, 1690), (Kind::CreditNote, 1690)]);
    assert_eq!(cases(&house), [(CaseKind::Refund, "open".into(), 1690)]);
}

#[test]
fn what_is_refunded_at_stripes_own_desk_without_a_word_is_booked_within_a_day_and_taken_back_too() {
    let (house, _, ann) = open();
    capture_at_once(&house);
    let session = paid(&house, &ann);
    house.work();
    house.stripe.hold_webhooks();
    let first = house.stripe.refund_in_dashboard(&session, 300).unwrap();
    house.stripe.refund_in_dashboard(&session, 200).unwrap();
    minutes_pass(&house, 60);
    assert_eq!(payment(&house).refunded, 0, "nobody is asked every hour");
    minutes_pass(&house, DAY);
    assert_eq!((states(&house), payment(&house).refunded), (vec![(500, WishState::Settled)], 500));
    // One of the two that were booked as one comes back.
    assert!(house.stripe.fail_refund(&first));
    minutes_pass(&house, DAY);
    house.work();
    assert_eq!(payment(&house).refunded, 200);
    assert_eq!(states(&house), [(500, WishState::Failed), (200, WishState::Settled)]);
    assert_eq!(order(&house).payment_status, PaymentStatus::PartiallyRefunded);
}

#[test]
fn a_failed_capture_is_a_case_until_somebody_has_seen_to_it() {
    let (house, _, ann) = open();
    paid(&house, &ann);
    capture(&house, 1690);
    let wish = payment(&house).id;
    let wish = house.db.read_now(move |conn| payments::captures_of(conn, wish)).unwrap()[0].id;
    house.db.write_now(move |conn| payments::capture_failed(conn, wish, "the hold is gone", now())).unwrap();
    let mei = staff(&house);
    mei.get("/admin").says(200, "1 money cases");
    let page = mei.get("/admin/cases").says(200, "Capture failed").says(200, "the hold is gone");
    let action = page.form_ending("/seen");
    mei.submit(&page, &action, &[("note", "Ann pays by transfer")])
        .says(200, "The case is closed.")
        .says(200, "Seen to by mei: Ann pays by transfer");
    mei.submit(&page, &action, &[("note", "again")]).says(200, "This case is closed already.");
    mei.get("/admin/orders/R1001").says(200, "Case seen to");
    mei.get("/admin/audit").says(200, "Case seen to");
    assert_eq!(cases(&house), [(CaseKind::Capture, "resolved".into(), 1690)]);
}

#[test]
fn an_amount_of_a_line_goes_back_without_a_unit() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let placed = placed_by_transfer(&house.db, &[(mug, 2)], "ann@example.com");
    house.db.write_now(move |conn| payments::record_receipt(conn, placed.payment, "test", now())).unwrap();
    let line = line_of(&house.db, placed.order);
    let mei = staff(&house);
    let action = "/admin/orders/R1001/refund";
    let form = mei.get(action).says(200, "€24.00 left");
    let field = format!("amount-{line}");
    let units = format!("quantity-{line}");
    mei.submit(&form, action, &[(&field, "24.01")]).says(422, "up to what is left of the item");
    mei.submit(&form, action, &[(&field, "-1")]).says(422, "up to what is left of the item");
    mei.submit(&form, action, &[(&field, "5"), (&units, "1")]).says(422, "either units or an amount");
    let amounts = mei.submit(&form, action, &[(&field, "5.00")]).says(200, "€5.00").says(200, "no unit comes back").says(200, "€0.80");
    mei.submit(&amounts, action, &[]).says(200, "Refund asked for");
    house.work();
    let id = placed.order;
    let stored = house.db.read_now(move |conn| orders::lines(conn, id)).unwrap().remove(0);
    assert_eq!((stored.refunded, stored.cancelled), (0, 0));
    assert_eq!(papers(&house.db, id)[1], (Kind::CreditNote, 500));
    let note = house.db.read_now(move |conn| documents::of_order(conn, id)).unwrap().remove(1);
    let content = note.content().unwrap();
    assert_eq!((note.tax, content.lines[0].quantity, content.lines[0].total), (80, 0, 500));

    // Units are worth what is left: 19.00 for two.
    let preview = |quantity: i64, amount: i64| {
        let lines = vec![RequestLine { line, quantity, restock: false }];
        let request = Request { lines, amounts: vec![LineAmount { line, amount }], ..Default::default() };
        house.db.read_now(move |conn| {
            let order = orders::get(conn, id)?;
            Ok(refunds::preview(conn, &order, &request)?.amount)
        })
    };
    assert_eq!((preview(1, 0).unwrap(), preview(2, 0).unwrap(), preview(0, 1900).unwrap()), (950, 1900, 1900));
    assert!(preview(0, 1901).is_err());
    mei.get(action).says(200, "€19.00 left");
}
