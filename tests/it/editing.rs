//! Orders that staff change before they are shipped: what is shown is what is done, and every book follows.

use crate::desk::order;
use crate::support::goods::{self, now, place};
use kernel::{Conn, Db, Error, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use storefront::checkout::Settlement;
use storefront::documents::{self, Kind};
use storefront::edits::{self, Expected, Plan, Wish};
use storefront::gateway::{Standing, State};
use storefront::ids::{OrderId, VariantId};
use storefront::orders::{self, CancelReason, Order, OrderStatus, PaymentStatus};
use storefront::payments::{self, Payment, PaymentState};
use storefront::shipments::{self, Parcel};
use storefront::shop::{self, Shop};
use storefront::{refunds, stock};

pub fn get(db: &Db, order: OrderId) -> Order {
    db.read_now(move |conn| orders::get(conn, order)).unwrap()
}

fn last_payment(db: &Db, order: OrderId) -> Payment {
    db.read_now(move |conn| payments::latest(conn, order)).unwrap().unwrap()
}

/// A wish about the lines of an order by their place, and goods to add.
pub fn wish(db: &Db, order: OrderId, open: &[(usize, i64)], added: &[(VariantId, i64)], method: &str) -> Wish {
    let lines = db.read_now(move |conn| orders::lines(conn, order)).unwrap();
    let open = open.iter().map(|(at, units)| (lines[*at].id, *units)).collect();
    Wish { open, added: added.to_vec(), method: method.into(), ..Wish::default() }
}

fn preview(db: &Db, order: OrderId, wish: &Wish) -> Result<Plan> {
    let wish = wish.clone();
    db.read_now(move |conn| {
        let order = orders::get(conn, order)?;
        edits::preview(conn, &order, &wish, now())
    })
}

pub fn edit(db: &Db, order: OrderId, wish: &Wish) -> Result<Plan> {
    let plan = preview(db, order, wish)?;
    let (wish, expected) = (wish.clone(), Expected::of(&plan));
    db.write_now(move |conn| edits::edit(conn, order, &wish, expected, "mei", now()))?;
    Ok(plan)
}

/// The provider says that a card payment is held or taken.
fn told(conn: &mut Conn, payment: &Payment, captured: bool) -> Result<payments::Outcome> {
    let reference = format!("ref-{}", payment.id);
    payments::opened(conn, payment.id, &reference, None, now())?;
    let state = State {
        reference,
        payment_reference: None,
        payment_key: Some(payment.key.clone()),
        standing: if captured { Standing::Captured } else { Standing::Authorised },
        currency: goods::EUR,
        asked: payment.amount,
        authorised: payment.amount,
        captured: if captured { payment.amount } else { 0 },
        refunded: 0,
        last_decline: None,
    };
    payments::settle(conn, payment.id, &state, now())
}

/// An order of one mug and one pot by card: 12.00 + 45.00 + 4.90.
fn by_card(db: &Db, captured: bool) -> (OrderId, VariantId, VariantId) {
    let (mug, pot) = (goods::product(db, "Mug", 1200, 9), goods::product(db, "Pot", 4500, 9));
    let (cart, seen) = goods::cart(db, &[(mug, 1), (pot, 1)], "ann@example.com", "stripe", "");
    let placed = place(db, cart, seen, Settlement::Before).unwrap();
    let payment = last_payment(db, placed.order);
    db.write_now(move |conn| told(conn, &payment, captured)).unwrap();
    (placed.order, mug, pot)
}

fn levels(db: &Db, variant: VariantId) -> (i64, i64) {
    let level = db.read_now(move |conn| stock::level(conn, variant)).unwrap();
    (level.on_hand, level.allocated)
}

pub fn refused<T: std::fmt::Debug>(outcome: Result<T>, text: &str) {
    match outcome {
        Err(Error::Conflict(told)) => assert_eq!(told, text),
        Err(Error::Invalid(fields)) => assert!(fields.0.values().any(|told| told == text), "{fields:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_transfer_that_is_awaited_asks_for_the_new_total_and_every_book_follows() {
    let db = goods::open();
    let (mug, pot, cup) = (goods::product(&db, "Mug", 1200, 9), goods::product(&db, "Pot", 4500, 9), goods::product(&db, "Cup", 333, 9));
    let placed = order(&db, &[(mug, 2), (pot, 1)], "ann@example.com");
    let id = placed.order;
    assert_eq!(get(&db, id).total, 2400 + 4500 + 490);
    // Prices of the catalogue move on; the order's do not, and what is added costs what it costs today.
    goods::run(&db, "UPDATE prices SET amount = amount + 100; DELETE FROM price_changes");

    let plan = edit(&db, id, &wish(&db, id, &[(0, 3), (1, 0)], &[(cup, 2)], "bank_transfer")).unwrap();
    let after = get(&db, id);
    assert_eq!((after.subtotal, after.shipping, after.total), (3600 + 866, 490, 3600 + 866 + 490));
    // 19 % inside each line: 36.00 holds 5.75, 8.66 holds 1.38, the delivery 0.78.
    assert_eq!((after.tax, after.shipping_tax), (575 + 138 + 78, 78));
    assert_eq!((plan.before.total, plan.after.total, plan.due, plan.back), (7390, 4956, 4956, 0));
    let payment = last_payment(&db, id);
    assert_eq!((payment.id, payment.amount, payment.state), (placed.payment, 4956, PaymentState::Open));
    assert_eq!([mug, pot, cup].map(|one| levels(&db, one)), [(9, 3), (9, 0), (9, 2)]);
    let (remembered, papers) =
        db.read_now(move |conn| Ok((crm::purchases::of_order(conn, id.0)?, documents::of_order(conn, id)?))).unwrap();
    assert_eq!(remembered, Some((4956, 0)));
    let papers: Vec<(Kind, i64)> = papers.iter().map(|one| (one.kind, one.total)).collect();
    assert_eq!(papers, [(Kind::Invoice, 7390), (Kind::CreditNote, 7390), (Kind::Invoice, 4956)]);
    assert!(
        db.read_now(|conn| orders::list(conn, &orders::Filter { search: Some("cup".into()), ..Default::default() }, 9)).unwrap().len() == 1
    );

    db.write_now(move |conn| payments::record_receipt(conn, payment.id, "mei", now())).unwrap();
    assert_eq!(get(&db, id).payment_status, PaymentStatus::Paid);
    goods::assert_books(&db);

    // Paid for, one more mug is asked for by a payment of its own.
    edit(&db, id, &wish(&db, id, &[(0, 4)], &[], "bank_transfer")).unwrap();
    let balance = last_payment(&db, id);
    assert_eq!((balance.amount, balance.state, get(&db, id).payment_status), (1200, PaymentState::Open, PaymentStatus::PartiallyPaid));
    // It is paid another way than first said: nothing else changes, and no invoice is written for that.
    edit(&db, id, &wish(&db, id, &[], &[], "stripe")).unwrap();
    let balance = last_payment(&db, id);
    assert_eq!((balance.amount, balance.provider.as_str()), (1200, "stripe"));
    assert_eq!(db.read_now(move |conn| documents::of_order(conn, id)).unwrap().len(), 5);
    goods::assert_books(&db);
}

#[test]
fn a_card_that_was_charged_gets_back_what_is_too_much_and_pays_what_is_missing() {
    let db = goods::open();
    let (id, mug, _) = by_card(&db, true);
    let plan = edit(&db, id, &wish(&db, id, &[(1, 0)], &[], "stripe")).unwrap();
    assert_eq!((plan.due, plan.back, plan.shares.len(), plan.after.total), (0, 4500, 1, 1690));
    let back = db.read_now(move |conn| refunds::of_order(conn, id)).unwrap().remove(0);
    assert_eq!((back.amount, back.surplus, get(&db, id).payment_status), (4500, true, PaymentStatus::Paid));
    db.write_now(move |conn| refunds::settle(conn, back.id, now())).unwrap();
    assert_eq!(get(&db, id).payment_status, PaymentStatus::Paid);
    goods::assert_books(&db);

    let plan = edit(&db, id, &wish(&db, id, &[], &[(mug, 2)], "stripe")).unwrap();
    assert_eq!((plan.due, plan.back), (2400, 0));
    let balance = last_payment(&db, id);
    assert_eq!((balance.amount, balance.state, balance.provider.as_str()), (2400, PaymentState::Open, "stripe"));
    assert_eq!(get(&db, id).payment_status, PaymentStatus::PartiallyPaid);
    goods::assert_books(&db);
    let line = db.read_now(move |conn| orders::lines(conn, id)).unwrap()[0].id;
    let parcel = Parcel { key: "one".into(), lines: vec![(line, 1)], ..Parcel::default() };
    let sent = |parcel: Parcel| db.write_now(move |conn| shipments::ship(conn, id, &parcel, "mei", now()));
    refused(sent(parcel.clone()), shipments::BALANCE);
    sent(Parcel { despite_balance: true, ..parcel }).unwrap();

    // The money of the balance is wanted; another payment beside it would not be.
    let outcome = db.write_now(move |conn| told(conn, &balance, true)).unwrap();
    assert_eq!((outcome, get(&db, id).payment_status), (payments::Outcome::Paid, PaymentStatus::Paid));
    assert_eq!(db.read_now(payments::open_cases).unwrap(), 0);
    goods::assert_books(&db);
    // An ordinary refund goes on from the amounts that stand in the lines now.
    let request = refunds::Request {
        lines: vec![refunds::RequestLine { line, quantity: 1, restock: true }],
        shipping: 490,
        reason: "broken".into(),
        ..Default::default()
    };
    db.write_now(move |conn| refunds::request(conn, id, &request, 1690, "mei", now()).and_then(|id| refunds::settle(conn, id, now())))
        .unwrap();
    // What was credited is not invoiced again when the rest changes.
    edit(&db, id, &wish(&db, id, &[(1, 1)], &[], "stripe")).unwrap();
    let last = db.read_now(move |conn| documents::of_order(conn, id)).unwrap().pop().unwrap();
    assert_eq!((last.kind, last.total, get(&db, id).total), (Kind::Invoice, 1200, 2890));
    goods::assert_books(&db);
}

#[test]
fn of_a_held_card_no_more_than_the_new_total_is_captured_and_a_balance_is_held_beside_it() {
    let db = goods::open();
    let (id, mug, _) = by_card(&db, false);
    let first = last_payment(&db, id);
    let plan = edit(&db, id, &wish(&db, id, &[(1, 0)], &[], "stripe")).unwrap();
    assert_eq!((plan.due, plan.back, plan.released), (0, 0, 4500));
    let open = |payment: &Payment| {
        let payment = payment.clone();
        db.read_now(move |conn| payments::capturable(conn, &payment)).unwrap()
    };
    assert_eq!(open(&first), 1690);
    let too_much = db.write_now(move |conn| payments::request_capture(conn, first.id, 6190, "mei", now()));
    assert!(matches!(too_much, Err(Error::Invalid(_))), "{too_much:?}");

    let plan = edit(&db, id, &wish(&db, id, &[], &[(mug, 5)], "stripe")).unwrap();
    assert_eq!((plan.due, plan.released), (1690 + 6000 - 6190, 0));
    let balance = last_payment(&db, id);
    let told_of = balance.clone();
    db.write_now(move |conn| told(conn, &told_of, false)).unwrap();
    assert_eq!((open(&last_payment(&db, id)), get(&db, id).payment_status), (1500, PaymentStatus::Authorised));
    // While a capture is on its way nobody changes the order.
    db.write_now(move |conn| payments::request_capture(conn, first.id, 6190, "mei", now())).unwrap();
    refused(edit(&db, id, &wish(&db, id, &[(0, 0)], &[], "stripe")), "order-edit-capturing");
    goods::assert_books(&db);
}

#[test]
fn stored_value_comes_back_at_once_and_a_lost_coupon_is_free_again() {
    let db = goods::open();
    let (mug, pot) = (goods::product(&db, "Mug", 1200, 9), goods::product(&db, "Pot", 4500, 9));
    let (_, code) = goods::gift_card(&db, 10_000);
    let cut = storefront::promotions::Cut::Amount(500);
    let on = storefront::promotions::Goods { variants: vec![pot], ..Default::default() };
    let effect = storefront::promotions::Effect::Reduce { cut, on };
    let once = storefront::promotions::Terms { max_uses: Some(1), ..storefront::promotions::Terms::coupon("POT", effect, goods::EUR) };
    goods::promotion(&db, once);
    let (cart, _) = goods::cart(&db, &[(mug, 1), (pot, 2)], "ann@example.com", "bank_transfer", "POT");
    let seen = goods::pay_with(&db, cart, &[&code], None);
    let id = place(&db, cart, seen, Settlement::After).unwrap().order;
    assert_eq!((get(&db, id).total, get(&db, id).coupon_code.as_str()), (1200 + 8500 + 490, "POT"));
    // One of two pots keeps half of the five euros.
    let plan = edit(&db, id, &wish(&db, id, &[(1, 1)], &[], "bank_transfer")).unwrap();
    assert_eq!((plan.after.discount, plan.back, plan.due), (250, 10_000 - 5940, 0));
    let plan = edit(&db, id, &wish(&db, id, &[(1, 0)], &[], "bank_transfer")).unwrap();
    assert_eq!((plan.after.discount, plan.after.total, plan.lost.len()), (0, 1690, 1));
    assert_eq!(get(&db, id).coupon_code, "");
    goods::assert_books(&db);
    // The one use there is, and the rest of the card, serve another order.
    let (cart, _) = goods::cart(&db, &[(pot, 1)], "bea@example.com", "bank_transfer", "POT");
    let seen = goods::pay_with(&db, cart, &[&code], None);
    let other = place(&db, cart, seen, Settlement::After).unwrap().order;
    assert_eq!((get(&db, other).total, get(&db, other).payment_status), (4490, PaymentStatus::Paid));
    // A cancelled order gives back what is left of it, and uses nothing twice.
    db.write_now(move |conn| orders::cancel(conn, id, CancelReason::Staff, "mei", now())).unwrap();
    goods::assert_books(&db);
}

#[test]
fn tax_on_top_and_another_delivery_are_figured_from_what_is_frozen() {
    let db = goods::open();
    db.write_now(|conn| shop::set(conn, &Shop { prices_include_tax: false, ..Shop::default() }, now())).unwrap();
    let mug = goods::product(&db, "Mug", 999, 9);
    let id = order(&db, &[(mug, 3)], "ann@example.com").order;
    // 29.97 + 5.69 of tax + 4.90 + 0.93.
    assert_eq!((get(&db, id).tax, get(&db, id).total), (569 + 93, 2997 + 569 + 490 + 93));
    let rate = db
        .write_now(|conn| {
            let express = storefront::shipping::NewShippingRate::flat("Express", kernel::money::Currency::EUR, 990);
            storefront::shipping::create(conn, storefront::shipping::NewShippingRate { countries: "DE".into(), position: 1, ..express })
        })
        .unwrap();
    let moved = storefront::address::Address { line1: "Am Kanal 7".into(), ..goods::address() };
    let change = Wish { rate: Some(rate), address: Some(moved.clone()), ..wish(&db, id, &[(0, 2)], &[], "bank_transfer") };
    let plan = edit(&db, id, &change).unwrap();
    // Two thirds of what is stored: 19.98 with 3.80 of tax (5.69 in parts of 1.90, 1.90, 1.89), and the new delivery.
    assert_eq!((plan.after.tax, plan.after.total), (380 + 188, 1998 + 380 + 990 + 188));
    let after = get(&db, id);
    assert_eq!((after.shipping_method.as_str(), after.shipping_address().unwrap()), ("Express", moved.clone()));
    let abroad = storefront::address::Address { country: "AT".into(), ..moved };
    refused(edit(&db, id, &Wish { address: Some(abroad), ..change.clone() }), "order-edit-country");
    refused(edit(&db, id, &wish(&db, id, &[(0, 0)], &[], "bank_transfer")), "order-edit-empty");
    refused(edit(&db, id, &wish(&db, id, &[(0, -1)], &[], "bank_transfer")), "order-edit-quantity");
    goods::assert_books(&db);
}

#[test]
fn what_was_sent_stays_and_what_is_closed_or_sold_out_is_refused() {
    let db = goods::open();
    let (mug, cup) = (goods::product(&db, "Mug", 1200, 5), goods::product(&db, "Cup", 333, 1));
    let id = order(&db, &[(mug, 3)], "ann@example.com").order;
    let line = db.read_now(move |conn| orders::lines(conn, id)).unwrap()[0].id;
    let parcel = Parcel { key: "one".into(), lines: vec![(line, 1)], ..Parcel::default() };
    db.write_now(move |conn| shipments::ship(conn, id, &parcel, "mei", now())).unwrap();
    // One was sent: of the rest none is wanted, and the sent one stays.
    let none = wish(&db, id, &[(0, 0)], &[], "bank_transfer");
    assert_eq!(preview(&db, id, &none).unwrap().after.subtotal, 1200);
    let many = wish(&db, id, &[(0, 5)], &[(cup, 2)], "bank_transfer");
    let short: Vec<(i64, i64)> = preview(&db, id, &many).unwrap().short.iter().map(|one| (one.wanted, one.left)).collect();
    assert_eq!(short, [(3, 2), (2, 1)]);
    refused(edit(&db, id, &many), "order-edit-short");
    goods::run(&db, "UPDATE variants SET active = false WHERE sku = 'CUP'");
    refused(edit(&db, id, &wish(&db, id, &[], &[(cup, 1)], "bank_transfer")), "order-edit-not-sold");
    goods::run(&db, "UPDATE variants SET active = true WHERE sku = 'CUP'");

    // Figures that were not shown are not made so.
    let wrong = Expected { total: 1, due: 1, back: 0 };
    let asked = none.clone();
    refused(db.write_now(move |conn| edits::edit(conn, id, &asked, wrong, "mei", now())), "order-edit-figures");
    edit(&db, id, &none).unwrap();
    let payment = last_payment(&db, id);
    db.write_now(move |conn| payments::record_receipt(conn, payment.id, "mei", now())).unwrap();
    assert_eq!(get(&db, id).status, OrderStatus::Completed);
    refused(edit(&db, id, &none), "order-edit-closed");
    let gone = order(&db, &[(mug, 1)], "ann@example.com").order;
    db.write_now(move |conn| orders::cancel(conn, gone, CancelReason::Staff, "mei", now())).unwrap();
    refused(edit(&db, gone, &wish(&db, gone, &[(0, 2)], &[], "bank_transfer")), "order-edit-closed");
    goods::assert_books(&db);
}

#[test]
fn two_staff_at_once_change_an_order_once() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 50);
    let id = order(&db, &[(mug, 1)], "ann@example.com").order;
    let more = wish(&db, id, &[], &[(mug, 1)], "bank_transfer");
    let expected = Expected::of(&preview(&db, id, &more).unwrap());
    let seen = db.read_now(move |conn| orders::version(conn, id)).unwrap();
    let (made, stale) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            let (db, more, made, stale) = (&db, more.clone(), &made, &stale);
            scope.spawn(move || {
                let done = db.write_now(move |conn| {
                    orders::lock_seen(conn, id, seen, now())?;
                    edits::edit(conn, id, &more, expected, "mei", now())
                });
                match done {
                    Ok(_) => made.fetch_add(1, Ordering::Relaxed),
                    Err(Error::Conflict(text)) if text == orders::CHANGED => stale.fetch_add(1, Ordering::Relaxed),
                    Err(other) => panic!("{other}"),
                };
            });
        }
    });
    assert_eq!((made.into_inner(), stale.into_inner()), (1, 5));
    assert_eq!(get(&db, id).subtotal, 2400);
    goods::assert_books(&db);
}
