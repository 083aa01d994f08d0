//! Deposits of companies: a part of an order is due by a day of its own, the goods wait for it, and it follows whatever becomes of the order.

use crate::accounts::{COMPANY, ONE, approved, asks, buys, join, order, owed, pay};
use crate::buying::CONTACT;
use crate::editing::{edit, refused, wish};
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role, sign_in};
use admin::permissions::Preset;
use kernel::Db;
use storefront::company_accounts::{self, AccountState, Receivable};
use storefront::documents;
use storefront::ids::OrderId;
use storefront::orders::{self, CancelReason};
use storefront::payments::{self, PaymentState};
use storefront::refunds::{self, Request, RequestLine};
use storefront::shipments::{self, Parcel};

fn receivable(db: &Db, order: OrderId) -> Receivable {
    db.read_now(move |conn| company_accounts::of_order(conn, order)).unwrap().unwrap()
}

/// What the deposit of an order comes to, and what of it is open.
fn deposit(db: &Db, order: OrderId) -> (i64, i64) {
    let found = receivable(db, order);
    (found.deposit, found.deposit_open)
}

fn ship(db: &Db, order: OrderId, key: &str) -> kernel::Result<()> {
    let line = db.read_now(move |conn| orders::lines(conn, order)).unwrap()[0].id;
    let parcel = Parcel { key: key.into(), lines: vec![(line, 1)], despite_balance: true, ..Parcel::default() };
    db.write_now(move |conn| shipments::ship(conn, order, &parcel, "mei", now())).map(drop)
}

#[test]
fn a_deposit_follows_its_order_and_holds_the_goods() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    approved(&db);
    asks(&db, 0, 20 * ONE, AccountState::Open, 3000);

    // The whole order is owed, and a part of it by an earlier day.
    let first = order(&db, &[(mug, 1)], "ann@example.com");
    assert_eq!((owed(&db), deposit(&db, first)), (ONE, (507, 507)));
    let found = receivable(&db, first);
    assert!(found.holds() && found.deposit_due_on < found.due_on);
    let invoice = db.read_now(move |conn| documents::of_order(conn, first)).unwrap()[0].content().unwrap();
    assert_eq!((invoice.deposit, &invoice.deposit_due_on), (507, &found.deposit_due_on));
    refused(ship(&db, first, "one"), shipments::DEPOSIT);
    goods::assert_books(&db);

    // A change moves it both ways, and what was paid counts.
    edit(&db, first, &wish(&db, first, &[(0, 2)], &[], "account")).unwrap();
    assert_eq!(deposit(&db, first), (867, 867));
    pay(&db, 507, "receipt-of-a-deposit", &[]).unwrap();
    assert_eq!((owed(&db), deposit(&db, first)), (2890 - 507, (867, 360)));
    refused(ship(&db, first, "one"), shipments::DEPOSIT);
    edit(&db, first, &wish(&db, first, &[(0, 1)], &[], "account")).unwrap();
    assert_eq!(deposit(&db, first), (507, 0));
    goods::assert_books(&db);
    ship(&db, first, "one").unwrap();

    // What the bank takes back is missing again; what comes back unpaid asks for less.
    let all = db.read_now(move |conn| payments::of_order(conn, first)).unwrap();
    let paid = all.iter().rfind(|payment| payment.state == PaymentState::Captured).unwrap().id;
    db.write_now(move |conn| company_accounts::reverse(conn, COMPANY, paid, "came back", "mei", now())).unwrap();
    assert_eq!((owed(&db), deposit(&db, first)), (ONE, (507, 507)));
    let line = db.read_now(move |conn| orders::lines(conn, first)).unwrap()[0].id;
    let request = Request { lines: vec![RequestLine { line, quantity: 1, restock: true }], ..Default::default() };
    db.write_now(move |conn| refunds::request(conn, first, &request, 1200, "mei", now())).unwrap();
    assert_eq!((owed(&db), deposit(&db, first)), (490, (147, 147)));
    goods::assert_books(&db);

    // A payment that names no order pays what is due first: the deposit of the second before the rest of the first.
    let second = order(&db, &[(mug, 1)], "bea@example.com");
    pay(&db, 147 + 507, "receipt-of-both-deposits", &[]).unwrap();
    assert_eq!((deposit(&db, first).1, deposit(&db, second).1), (0, 0));
    assert_eq!(owed(&db), 490 + ONE - 147 - 507);
    db.write_now(move |conn| orders::cancel(conn, second, CancelReason::Staff, "mei", now())).unwrap();
    assert_eq!((receivable(&db, second).open, deposit(&db, second).1), (0, 0));
    goods::assert_books(&db);
}

#[test]
fn staff_let_goods_leave_before_the_deposit_is_paid() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 50);
    approved(&house.db);
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Owner));
    let account = "/admin/companies/1/account";
    let page = mia.get(account);
    mia.submit(&page, account, &[("credit_limit", "100.00"), ("deposit", "101")]).says(422, "0 to 100 percent");
    mia.submit(&page, account, &[("credit_limit", "100.00"), ("deposit", "30"), ("deposit_days", "0")]).says(200, "30 %");

    let (customer, ann) = house.signed_in("ann@example.com");
    join(&house.db, customer, "administrator");
    buys(&house.db, customer, "sessions");
    ann.submit(&ann.get("/products/mug"), "/cart/lines", &[]).says(200, "Mug");
    buys(&house.db, customer, "carts");
    let shipping = ann.submit(&ann.get("/checkout"), "/checkout", CONTACT).says(200, "Standard");
    let payment = ann.submit(&shipping, "/checkout/shipping", &[]).says(200, "A deposit of €5.07 is to be paid at once");
    let review = ann.submit(&payment, "/checkout/payment", &[("method", "account")]).says(200, "€16.90");
    ann.submit(&review, "/checkout/place", &[]).says(200, "a deposit of €5.07 to be paid by");
    house.work();
    let mails = house.mails("ann@example.com");
    assert!(mails.iter().any(|mail| mail.template == "order_confirmation" && mail.body_text.contains("a deposit of €5.07")));
    ann.get("/account/company/statement").says(200, "Deposit of €5.07");

    let order = mia.get("/admin/orders/R1001").says(200, "The goods wait for the deposit: €5.07 of €5.07");
    let parcel = mia.get("/admin/orders/R1001/ship");
    mia.submit(&parcel, "/admin/orders/R1001/ship", &[]).says(409, "The goods wait for the company");
    mia.submit(&order, "/admin/orders/R1001/deposit", &[("reason", " ")]).says(200, "Say why");
    mia.submit(&order, "/admin/orders/R1001/deposit", &[("reason", "an old friend")]).says(200, "The goods may leave");
    mia.get("/admin/orders/R1001").says(200, "an old friend");
    mia.get(account).says(200, "Deposit of €5.07");
    house.state.clock.advance(chrono::TimeDelta::days(2));
    sign_in(&mia, "mia").says(200, "Overview");
    mia.get("/admin/receivables").says(200, "Nothing is overdue");
    mia.get("/admin/receivables?of=deposits").says(200, "R1001").says(200, "€5.07");
    let parcel = mia.get("/admin/orders/R1001/ship");
    mia.submit(&parcel, "/admin/orders/R1001/ship", &[]).says(200, "");
    goods::assert_books(&house.db);
}
