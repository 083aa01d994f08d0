//! Many at once: the last unit, a coupon's limit, one cart placed by many, a webhook against the browser's return.

use crate::support::goods::{self, EUR, now, place};
use kernel::Db;
use std::sync::Barrier;
use storefront::checkout::{PlaceError, Settlement};
use storefront::gateway::{Standing, State};
use storefront::orders::{self, OrderStatus, PaymentStatus};
use storefront::{carts, payments, promotions, refunds, stock};

const CLIENTS: usize = 50;

/// Runs `each` on fifty threads that start together, and returns what they answered.
pub fn together<T: Send>(each: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(CLIENTS);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (start, each) = (&start, &each);
                scope.spawn(move || {
                    start.wait();
                    each(client)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn the_last_units_are_sold_once() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 7);
    let carts: Vec<_> = (0..CLIENTS).map(|n| goods::cart(&db, &[(mug, 1)], &format!("c{n}@example.com"), "bank_transfer", "")).collect();
    let outcomes = together(|n| place(&db, carts[n].0, carts[n].1, Settlement::After));
    let placed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(placed, 7);
    for outcome in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(outcome, PlaceError::Changed), "{outcome}");
    }
    let level = db.read_now(|conn| stock::level(conn, mug)).unwrap();
    assert_eq!((level.on_hand, level.allocated, level.held), (7, 7, 0));
    goods::assert_books(&db);
}

#[test]
fn goods_wanted_in_opposite_orders_do_not_deadlock_for_good() {
    let db = goods::open();
    let (mug, pot) = (goods::product(&db, "Mug", 1200, 1000), goods::product(&db, "Pot", 4500, 1000));
    let carts: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let lines = if n % 2 == 0 { [(mug, 1), (pot, 1)] } else { [(pot, 1), (mug, 1)] };
            goods::cart(&db, &lines, &format!("c{n}@example.com"), "bank_transfer", "")
        })
        .collect();
    let outcomes = together(|n| place(&db, carts[n].0, carts[n].1, Settlement::After).map_err(|error| error.to_string()));
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    goods::assert_books(&db);
}

#[test]
fn a_coupons_limit_holds() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    let id = goods::coupon(&db, "TEN", 1000, Some(5), None);
    let carts: Vec<_> = (0..CLIENTS).map(|n| goods::cart(&db, &[(mug, 1)], &format!("c{n}@example.com"), "bank_transfer", "ten")).collect();
    let outcomes = together(|n| place(&db, carts[n].0, carts[n].1, Settlement::After));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    assert_eq!(db.read_now(|conn| promotions::get(conn, id)).unwrap().uses, 5);
    goods::assert_books(&db);
}

#[test]
fn a_coupon_once_per_customer_is_used_once_in_many_tabs() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    goods::coupon(&db, "ONCE", 1000, None, Some(1));
    let carts: Vec<_> = (0..CLIENTS).map(|_| goods::cart(&db, &[(mug, 1)], "ann@example.com", "bank_transfer", "ONCE")).collect();
    let outcomes = together(|n| place(&db, carts[n].0, carts[n].1, Settlement::After));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    goods::assert_books(&db);
}

#[test]
fn one_cart_placed_by_many_is_one_order() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    let (cart, seen) = goods::cart(&db, &[(mug, 2)], "ann@example.com", "bank_transfer", "");
    let outcomes = together(|_| place(&db, cart, seen, Settlement::After).map_err(|error| error.to_string()));
    let orders: std::collections::BTreeSet<_> = outcomes.iter().map(|outcome| outcome.as_ref().unwrap().order).collect();
    assert_eq!(orders.len(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.as_ref().unwrap().first).count(), 1);
    assert_eq!(db.read_now(|conn| stock::level(conn, mug)).unwrap().allocated, 2);
    goods::assert_books(&db);
}

#[test]
fn a_change_of_the_cart_against_its_placing_is_never_half_of_both() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    let (cart, seen) = goods::cart(&db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    together(|n| {
        if n % 2 == 0 {
            let _ = place(&db, cart, seen, Settlement::After);
        } else {
            let _ = db.write_now(move |conn| carts::add(conn, cart, mug, 1, now()));
        }
    });
    let order = db.read_now(move |conn| orders::find_by_cart(conn, cart)).unwrap();
    if let Some(order) = order {
        let stored = db.read_now(|conn| orders::get(conn, order)).unwrap();
        assert_eq!(stored.total, seen.total, "what was placed is what was seen");
    }
    goods::assert_books(&db);
}

/// What a provider says about a paid payment.
fn paid(key: &str, amount: i64, captured: i64) -> State {
    State {
        reference: "cs_1".into(),
        payment_reference: Some("pi_1".into()),
        payment_key: Some(key.into()),
        standing: if captured > 0 { Standing::Captured } else { Standing::Authorised },
        currency: EUR,
        asked: amount,
        authorised: amount,
        captured,
        refunded: 0,
        last_decline: None,
    }
}

fn card_order(db: &Db) -> (storefront::checkout::Placed, i64, String) {
    let mug = goods::product(db, "Mug", 1200, 10);
    let (cart, seen) = goods::cart(db, &[(mug, 1)], "ann@example.com", "stripe", "");
    let placed = place(db, cart, seen, Settlement::Before).unwrap();
    let key = db
        .write_now(move |conn| {
            payments::opened(conn, placed.payment, "cs_1", Some("https://pay.example"), now())?;
            Ok(payments::get(conn, placed.payment)?.key)
        })
        .unwrap();
    (placed, seen.total, key)
}

#[test]
fn a_webhook_against_the_return_confirms_once() {
    let db = goods::open();
    let (placed, total, key) = card_order(&db);
    let state = paid(&key, total, total);
    together(|_| {
        let state = state.clone();
        db.write_now(move |conn| payments::settle(conn, placed.payment, &state, now())).unwrap();
    });
    let (order, captures, history) = db
        .read_now(move |conn| {
            let order = orders::get(conn, placed.order)?;
            Ok((order, payments::captures_of(conn, placed.payment)?, orders::history(conn, placed.order)?))
        })
        .unwrap();
    assert_eq!((order.status, order.payment_status), (OrderStatus::Confirmed, PaymentStatus::Paid));
    assert_eq!(captures.len(), 1);
    assert_eq!(history.iter().filter(|entry| entry.kind == "confirmed").count(), 1);
    goods::assert_books(&db);
}

#[test]
fn money_for_a_cancelled_order_becomes_one_case_and_goes_back() {
    let db = goods::open();
    let (placed, total, key) = card_order(&db);
    db.write_now(move |conn| orders::cancel(conn, placed.order, orders::CancelReason::Unpaid, "system", now())).unwrap();
    let state = paid(&key, total, total);
    together(|_| {
        let state = state.clone();
        db.write_now(move |conn| payments::settle(conn, placed.payment, &state, now())).unwrap();
    });
    let (cases, back) =
        db.read_now(move |conn| Ok((payments::list_cases(conn, None, 10)?, refunds::of_order(conn, placed.order)?))).unwrap();
    assert_eq!((cases.len(), cases[0].amount), (1, total));
    assert_eq!(back.iter().map(|refund| refund.amount).collect::<Vec<_>>(), [total]);
    goods::assert_books(&db);
}

#[test]
fn refunds_asked_for_at_once_never_pass_what_was_taken() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    let (cart, seen) = goods::cart(&db, &[(mug, 9)], "ann@example.com", "bank_transfer", "");
    let placed = place(&db, cart, seen, Settlement::After).unwrap();
    db.write_now(move |conn| payments::record_receipt(conn, placed.payment, "test", now())).unwrap();
    let line = db.read_now(move |conn| orders::lines(conn, placed.order)).unwrap()[0].id;
    let outcomes = together(|_| {
        db.write_now(move |conn| {
            let wanted = refunds::RequestLine { line, quantity: 2, restock: false };
            let request = refunds::Request { lines: vec![wanted], shipping: 0, reason: "broken".into(), ..Default::default() };
            refunds::request(conn, placed.order, &request, 2400, "test", now())
        })
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 4);
    goods::assert_books(&db);
}
