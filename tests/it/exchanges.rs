//! Other goods for goods that came back: the difference is seen first, the money takes one way, and undoing gives all of it back.

use crate::races::together;
use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use kernel::{Db, Error};
use storefront::catalog::{self, Product, Saving, Status as Shown, Variant};
use storefront::checkout::{Placed, Settlement};
use storefront::exchanges::{self, Deal, Expected, Preview, Wish};
use storefront::ids::{CartId, OrderId, OrderLineId, ReturnId, VariantId};
use storefront::orders::{self, CancelReason, Order, OrderStatus, PaymentStatus};
use storefront::payments::WishState;
use storefront::refunds::{Request, RequestLine};
use storefront::returns::{self, Inspected, Reason, Status, Wanted, WantedLine};
use storefront::shipments::{self, Parcel};
use storefront::{documents, payments, refunds, stock, store_credit};

/// A paid order whose units were sent, came back and were accepted.
pub fn came_back(db: &Db, variant: VariantId, units: i64) -> (Placed, ReturnId) {
    let (placed, line) = sent(db, variant, units);
    let id = db.write_now(move |conn| {
        let lines = vec![WantedLine { line, quantity: units, reason: Reason::DoesNotFit }];
        let id =
            returns::request(conn, placed.order, &Wanted { key: format!("back-{line}"), lines, ..Wanted::default() }, "customer", now())?;
        returns::approve(conn, id, "", "test", now())?;
        returns::receive(conn, id, "test", now())?;
        let place = stock::locations(conn)?[0].id;
        returns::inspect(conn, id, &[Inspected { line, accepted: units, location: Some(place) }], "test", now())?;
        Ok(id)
    });
    (placed, id.unwrap())
}

fn sent(db: &Db, variant: VariantId, units: i64) -> (Placed, OrderLineId) {
    let (cart, seen) = goods::cart(db, &[(variant, units)], "ann@example.com", "bank_transfer", "");
    let placed = place(db, cart, seen, Settlement::After).unwrap();
    let line = db.write_now(move |conn| {
        payments::record_receipt(conn, placed.payment, "test", now())?;
        let line = orders::lines(conn, placed.order)?[0].id;
        let parcel = Parcel { key: format!("parcel-{line}"), lines: vec![(line, units)], ..Parcel::default() };
        shipments::ship(conn, placed.order, &parcel, "test", now())?;
        Ok(line)
    });
    (placed, line.unwrap())
}

fn draft(db: &Db, id: ReturnId, wanted: &[(VariantId, i64)], method: &str) -> (CartId, Preview) {
    let wish = Wish { goods: wanted.to_vec(), method: method.into() };
    db.write_now(move |conn| {
        let cart = exchanges::draft(conn, id, &wish, now())?;
        let plan = exchanges::preview(conn, id, cart, 0, now())?;
        Ok((cart, plan))
    })
    .unwrap()
}

fn make(db: &Db, id: ReturnId, cart: CartId, plan: &Preview) -> kernel::Result<OrderId> {
    let seen = Expected { version: plan.quote.cart.version, total: plan.quote.priced.total, refund: plan.refund.amount };
    db.write_now(move |conn| exchanges::make(conn, id, &Deal { cart, shipping: 0, hours: 24 }, seen, "test", now()))
}

fn order(db: &Db, id: OrderId) -> Order {
    db.read_now(move |conn| orders::get(conn, id)).unwrap()
}

fn credit(db: &Db, of: &Order) -> i64 {
    let customer = of.customer_id;
    db.read_now(move |conn| store_credit::balance(conn, customer, EUR)).unwrap()
}

/// Amount, whether it is credit, and how it stands, of every refund of an order.
fn refunds_of(db: &Db, order: OrderId) -> Vec<(i64, bool, WishState)> {
    let all = db.read_now(move |conn| refunds::of_order(conn, order)).unwrap();
    all.into_iter().map(|refund| (refund.amount, refund.to_credit, refund.state)).collect()
}

fn settle(db: &Db, order: OrderId) {
    db.write_now(move |conn| refunds::of_order(conn, order)?.iter().try_for_each(|refund| refunds::settle(conn, refund.id, now())))
        .unwrap();
}

/// How many papers of a kind an order has, and what they come to.
fn papers(db: &Db, order: OrderId, kind: documents::Kind) -> (usize, i64) {
    let all = db.read_now(move |conn| documents::of_order(conn, order)).unwrap();
    let totals: Vec<i64> = all.iter().filter(|one| one.kind == kind).map(|one| one.total).collect();
    (totals.len(), totals.iter().sum())
}

#[test]
fn what_is_left_goes_back_and_undoing_gives_back_all_of_it() {
    let db = goods::open();
    let (pot, mug) = (goods::product(&db, "Pot", 4550, 5), goods::product(&db, "Mug", 1200, 5));
    let (placed, id) = came_back(&db, pot, 1);
    let (cart, plan) = draft(&db, id, &[(mug, 1)], "bank_transfer");
    assert_eq!((plan.refund.amount, plan.quote.priced.total, plan.pays, plan.back, plan.due), (4550, 1690, 1690, 2860, 0));
    let made = make(&db, id, cart, &plan).unwrap();
    assert_eq!(make(&db, id, cart, &plan).unwrap(), made, "a second click is the same exchange");
    let new = order(&db, made);
    assert_eq!((new.status, new.payment_status, new.source.as_str()), (OrderStatus::Confirmed, PaymentStatus::Paid, "exchange"));
    assert_eq!(refunds_of(&db, placed.order), [(2860, false, WishState::Requested), (1690, true, WishState::Settled)]);
    assert_eq!(credit(&db, &new), 0, "the credit was spent in the same commit");
    let level = |of: VariantId| db.read_now(move |conn| stock::level(conn, of)).unwrap();
    assert_eq!((level(mug).allocated, level(pot).on_hand), (1, 5));
    assert_eq!(db.read_now(move |conn| returns::get(conn, id)).unwrap().status, Status::Closed);
    goods::assert_books(&db);
    settle(&db, placed.order);
    assert_eq!(papers(&db, placed.order, documents::Kind::CreditNote), (2, 4550));
    assert_eq!(papers(&db, made, documents::Kind::Invoice), (1, 1690));
    goods::assert_books(&db);

    db.write_now(move |conn| orders::cancel(conn, made, CancelReason::Staff, "test", now())).unwrap();
    assert_eq!(refunds_of(&db, placed.order)[1], (1690, false, WishState::Requested), "it goes to where the first order was paid from");
    assert_eq!((credit(&db, &new), level(mug).allocated), (0, 0));
    goods::assert_books(&db);
    settle(&db, placed.order);
    assert_eq!(order(&db, placed.order).payment_status, PaymentStatus::PartiallyRefunded, "the delivery stays paid");
    assert_eq!(papers(&db, placed.order, documents::Kind::CreditNote), (2, 4550), "nothing is credited twice");
    assert_eq!(papers(&db, made, documents::Kind::CreditNote), (1, 1690));
    assert!(db.read_now(move |conn| exchanges::of_return(conn, id)).unwrap().unwrap().undone_at.is_some());
    goods::assert_books(&db);
}

#[test]
fn the_customer_is_told_where_the_money_of_a_cancelled_exchange_goes() {
    let house = House::open();
    let db = &house.db;
    let (pot, mug) = (goods::product(db, "Pot", 4550, 5), goods::product(db, "Mug", 1200, 9));
    let told = |order: OrderId| {
        let new = self::order(db, order);
        house.work();
        let mails = db.read_now(move |conn| storefront::mails::of_order(conn, &new)).unwrap();
        let text = |template: &str| mails.iter().filter(|mail| mail.template == template).map(|mail| mail.body_text.clone()).collect();
        (text("order_cancelled"), text("refund_sent"))
    };
    let exchanged = |units: i64| {
        let (first, id) = came_back(db, pot, 1);
        let (cart, plan) = draft(db, id, &[(mug, units)], "bank_transfer");
        (first.order, make(db, id, cart, &plan).unwrap())
    };
    let cancel = |order: OrderId| db.write_now(move |conn| orders::cancel(conn, order, CancelReason::Staff, "test", now())).unwrap();

    // Cancelled as a whole, all of it goes to where the first order was paid from, and nobody speaks of credit.
    let (first, made) = exchanged(1);
    cancel(made);
    assert_eq!(refunds_of(db, first)[1], (1690, false, WishState::Requested));
    let (cancelled, sent): (Vec<String>, Vec<String>) = told(made);
    assert!(cancelled[0].contains("We send €16.90 back the way you paid") && !cancelled[0].contains("credit"), "{cancelled:?}");
    assert!(sent.is_empty(), "{sent:?}");

    // A part came back before, as the credit that had paid it: the rest comes back the same way.
    let (first, made) = exchanged(2);
    let line = db.read_now(move |conn| orders::lines(conn, made)).unwrap()[0].id;
    let one = Request { lines: vec![RequestLine { line, quantity: 1, restock: false }], ..Request::default() };
    db.write_now(move |conn| refunds::request(conn, made, &one, 1200, "test", now())).unwrap();
    assert_eq!(credit(db, &order(db, made)), 1200);
    cancel(made);
    assert_eq!((credit(db, &order(db, made)), refunds_of(db, first)[1]), (2890, (2890, true, WishState::Settled)));
    let (cancelled, sent): (Vec<String>, Vec<String>) = told(made);
    assert!(cancelled[0].contains("€16.90 of what your return was worth stays with you as store credit"), "{cancelled:?}");
    assert!(!cancelled[0].contains("the way you paid"), "{cancelled:?}");
    assert!(sent.len() == 2 && sent.iter().all(|text| text.contains("Store credit") || text.contains("store credit")), "{sent:?}");
    goods::assert_books(db);
}

#[test]
fn what_costs_more_is_paid_as_any_order_is_or_the_goods_are_free_again() {
    let db = goods::open();
    let (pot, mug) = (goods::product(&db, "Pot", 4550, 5), goods::product(&db, "Mug", 1200, 5));
    let (first, id) = came_back(&db, mug, 1);
    let (cart, plan) = draft(&db, id, &[(pot, 1)], "bank_transfer");
    assert_eq!((plan.pays, plan.back, plan.due), (1200, 0, 3840));
    let made = make(&db, id, cart, &plan).unwrap();
    assert_eq!(order(&db, made).payment_status, PaymentStatus::PartiallyPaid);
    let open = db.read_now(move |conn| payments::latest(conn, made)).unwrap().unwrap();
    assert_eq!((open.provider.as_str(), open.amount), ("bank_transfer", 3840));
    db.write_now(move |conn| payments::record_receipt(conn, open.id, "test", now())).unwrap();
    assert_eq!(order(&db, made).payment_status, PaymentStatus::Paid);
    assert_eq!(refunds_of(&db, first.order), [(1200, true, WishState::Settled)]);
    goods::assert_books(&db);

    // By a link: the goods are held, and the order that nobody pays in time gives everything back.
    let (second, id) = came_back(&db, mug, 2);
    let (cart, plan) = draft(&db, id, &[(pot, 2)], "card");
    let made = make(&db, id, cart, &plan).unwrap();
    let new = order(&db, made);
    assert_eq!((new.status, new.payment_due_at.map(|due| due - new.placed_at)), (OrderStatus::Pending, Some(TimeDelta::hours(24))));
    let level = db.read_now(move |conn| stock::level(conn, pot)).unwrap();
    assert_eq!((level.held, level.allocated), (2, 1));
    goods::assert_books(&db);
    db.write_now(move |conn| orders::cancel(conn, made, CancelReason::Unpaid, "system", now())).unwrap();
    assert_eq!(refunds_of(&db, second.order), [(2400, false, WishState::Requested)]);
    assert_eq!(db.read_now(move |conn| stock::level(conn, pot)).unwrap().held, 0);
    settle(&db, second.order);
    goods::assert_books(&db);
}

#[test]
fn many_who_exchange_at_once_give_out_what_came_back_once() {
    let db = goods::open();
    let (pot, mug) = (goods::product(&db, "Pot", 4550, 5), goods::product(&db, "Mug", 1200, 50));
    let (placed, id) = came_back(&db, pot, 1);
    let drafts: Vec<(CartId, Preview)> = (0..50).map(|_| draft(&db, id, &[(mug, 1)], "bank_transfer")).collect();
    let outcomes = together(|client| make(&db, id, drafts[client].0, &drafts[client].1));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(|error| matches!(error, Error::Conflict(_))), "{outcomes:?}");
    assert_eq!(db.read_now(move |conn| stock::level(conn, mug)).unwrap().allocated, 1);
    assert_eq!(refunds_of(&db, placed.order).iter().map(|(amount, ..)| amount).sum::<i64>(), 4550);
    goods::assert_books(&db);
}

#[test]
fn figures_that_changed_and_goods_that_are_gone_change_nothing() {
    let db = goods::open();
    let (pot, mug) = (goods::product(&db, "Pot", 4550, 5), goods::product(&db, "Mug", 1200, 1));
    let (placed, id) = came_back(&db, pot, 1);
    let (cart, plan) = draft(&db, id, &[(mug, 1)], "bank_transfer");
    let other = Preview { refund: refunds::Preview { amount: 4551, ..plan.refund.clone() }, ..plan.clone() };
    assert!(matches!(make(&db, id, cart, &other), Err(Error::Conflict(_))));
    let (bought, seen) = goods::cart(&db, &[(mug, 1)], "bea@example.com", "bank_transfer", "");
    place(&db, bought, seen, Settlement::After).unwrap();
    assert!(matches!(make(&db, id, cart, &plan), Err(Error::Conflict(_))), "the mug was sold meanwhile");
    assert!(refunds_of(&db, placed.order).is_empty());
    assert_eq!(db.read_now(move |conn| returns::get(conn, id)).unwrap().status, Status::Inspected);
    goods::assert_books(&db);
}

/// A shirt in two sizes; answers the variants.
pub fn shirt(db: &Db) -> (VariantId, VariantId) {
    let size = |size: &str, price: i64| Variant {
        sku: Some(format!("SHIRT-{size}")),
        options: vec![size.into()],
        price: Some(price),
        count: Some(5),
        ..Variant::default()
    };
    let product = Product {
        status: Shown::Active,
        title: "Shirt".into(),
        options: vec!["Size".into()],
        variants: vec![size("M", 2000), size("L", 2600)],
        ..Product::default()
    };
    let saving = Saving { currency: EUR, actor: "test", base: None, now: now() };
    db.write_now(move |conn| {
        let id = catalog::save_product(conn, &product, &saving)?.id;
        let stored = catalog::products(conn, &[id], EUR)?.remove(0);
        Ok((stored.variants[0].id.unwrap(), stored.variants[1].id.unwrap()))
    })
    .unwrap()
}

#[test]
fn a_guest_asks_for_another_size_and_staff_see_the_difference_first() {
    let house = House::open();
    let (medium, large) = shirt(&house.db);
    let (_, line) = sent(&house.db, medium, 1);
    let key = house.state.signer.sign("order", "R1001");
    let ann = house.visitor();
    let form = ann.get(&format!("/orders/R1001/returns/new?key={key}")).says(200, "Other goods instead").says(200, "L – €26.00");
    let (quantity, reason, instead) = (format!("quantity-{line}"), format!("reason-{line}"), format!("instead-{line}"));
    let large = large.to_string();
    let typed: &[(&str, &str)] = &[(&quantity, "1"), (&reason, "does_not_fit"), (&instead, &large), ("wish", "exchange")];
    ann.submit(&form, "/orders/R1001/returns", typed).says(200, "instead: L").says(200, "You asked for other goods instead");

    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    let page = mei.get("/admin/returns/1").says(200, "would like other goods").says(200, "instead: L");
    assert!(mei.get("/admin/returns/1/exchange").at.ends_with("/admin/returns/1"), "it did not come back yet");
    mei.submit(&page, "/admin/returns/1/approve", &[("message", "")]).says(200, "Approved");
    mei.submit(&mei.get("/admin/returns/1"), "/admin/returns/1/receive", &[]).says(200, "Book the inspection");
    mei.submit(&mei.get("/admin/returns/1"), "/admin/returns/1/inspect", &[]).says(200, "Exchange for other goods");
    let form = mei.get("/admin/returns/1/exchange").holds("SHIRT-L 1");
    mei.submit(&form, "/admin/returns/1/exchange", &[("goods", "NOTHING")]).says(422, "NOTHING");
    let seen = mei.submit(&form, "/admin/returns/1/exchange", &[("method", "stripe"), ("shipping", "4.90")]);
    // 20.00 and the delivery of 4.90 came back; 26.00 and a delivery of 4.90 are asked for.
    let seen = seen.says(200, "€24.90").says(200, "€30.90").says(200, "The customer still pays €6.00").says(200, "Hold the goods for");
    assert_eq!(house.db.read_now(orders::count).unwrap(), 1, "nothing is done yet");
    let here = seen.at.clone();
    mei.submit(&seen, &here, &[]).says(200, "The goods are exchanged.").says(200, "R1002");
    mei.submit(&seen, &here, &[]).says(200, "R1002");
    assert_eq!(house.db.read_now(orders::count).unwrap(), 2);
    mei.get("/admin/orders/R1002").says(200, "In exchange for the goods of return R1001-1");
    house.work();
    let mails = house.mails("ann@example.com");
    let mail = |template: &str| mails.iter().rfind(|mail| mail.template == template).unwrap_or_else(|| panic!("no mail {template}"));
    assert!(mail("return_update").body_text.contains("They are order R1002"));
    assert!(mails.iter().all(|mail| mail.template != "refund_sent"), "nothing goes to the customer");
    let link = mail("payment_link").body_text.split_whitespace().find(|word| word.contains("/orders/R1002")).unwrap().to_string();
    let order = ann.get(&link).says(200, "in exchange for your return R1001-1").says(200, "From your return").says(200, "Pay now");
    let fields = order.form("/orders/R1002/pay", &[]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(ann.post_once("/orders/R1002/pay", &fields).headers["location"].starts_with(&house.stripe.base_url()));
    let session = house.stripe.sessions().pop().unwrap();
    house.stripe.hold_webhooks();
    house.stripe.pay(&session).unwrap();
    house.stripe.deliver_pending();
    house.work();
    let paid = house.db.read_now(|conn| orders::get_by_number(conn, "R1002")).unwrap();
    assert_eq!((paid.status, paid.payment_status), (OrderStatus::Confirmed, PaymentStatus::Authorised), "held until it is sent");
    ann.get(&format!("/orders/R1001?key={key}")).says(200, "Exchanged: order R1002").says(200, "Used for the goods in exchange");
    ann.get(&format!("/zh/orders/R1001?key={key}")).says(200, "已换货");
    goods::assert_books(&house.db);
}
