//! Buying on account: the limit holds whoever buys at once, and what a company owes agrees with the books whatever becomes of its orders.

use crate::editing::{edit, get, wish};
use crate::races::together;
use crate::support::goods::{self, EUR, now, place};
use chrono::{Days, NaiveDate};
use crm::CompanyId;
use diesel::connection::SimpleConnection;
use kernel::money::Money;
use kernel::{Db, Error};
use storefront::checkout::{PlaceError, Seen, Settlement};
use storefront::company_accounts::{self, AccountState, EntryKind, LIMIT_EXCEEDED, Receipt, Terms};
use storefront::ids::{CartId, OrderId, VariantId};
use storefront::orders::{self, CancelReason, PaymentStatus};
use storefront::payments::{self, PaymentState};
use storefront::refunds::{self, Request, RequestLine};
use storefront::shipments::{self, Parcel};
use storefront::{carts, documents};

/// What an order of one mug comes to: 12.00 and 4.90 for the delivery.
const ONE: i64 = 1690;
const COMPANY: CompanyId = CompanyId(1);

fn run(db: &Db, sql: String) {
    db.write_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(&sql))?)).unwrap();
}

/// A company that was approved, with a limit for its account.
fn company(db: &Db, limit: i64) {
    run(
        db,
        "INSERT INTO companies (id, name, name_key, vat_id, vat_standing, vat_evidence, registration_number, invoice_email, price_group, state, note,
            reason, website, phone, version, created_at, updated_at, approved_at)
         VALUES (1, 'Teeladen GmbH', 'teeladen gmbh', '', 'unchecked', '{}', '', '', '', 'approved', '', '', '', '', 1, '2026-01-01 00:00:00',
            '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
            .into(),
    );
    terms(db, 0, limit, AccountState::Open);
}

fn terms(db: &Db, version: i64, credit_limit: i64, state: AccountState) {
    let terms = Terms { currency: EUR, credit_limit, net_days: 30, state };
    db.write_now(move |conn| company_accounts::agree(conn, COMPANY, version, &terms, now())).unwrap();
}

/// A cart of a buyer of the company, ready to be placed on account.
fn cart(db: &Db, goods_: &[(VariantId, i64)], email: &str) -> (CartId, Seen) {
    let customer = goods::customer(db, email, 0);
    let (cart, _) = goods::cart(db, goods_, email, "account", "");
    db.write_now(move |conn| carts::merge(conn, cart, customer, now()).map(drop)).unwrap();
    run(
        db,
        format!(
            "INSERT INTO company_members (company_id, customer_id, role_id, cost_centre, state, joined_at)
             SELECT 1, {customer}, id, '', 'active', '2026-01-01 00:00:00' FROM company_roles WHERE code = 'buyer' AND company_id IS NULL;
             UPDATE carts SET member_id = (SELECT id FROM company_members WHERE customer_id = {customer}) WHERE id = {cart}"
        ),
    );
    (cart, db.read_now(move |conn| goods::seen(conn, cart)).unwrap())
}

fn order(db: &Db, goods_: &[(VariantId, i64)], email: &str) -> OrderId {
    let (cart, seen) = cart(db, goods_, email);
    place(db, cart, seen, Settlement::After).unwrap().order
}

fn owed(db: &Db) -> i64 {
    db.read_now(|conn| company_accounts::find(conn, COMPANY)).unwrap().unwrap().exposure
}

fn status(db: &Db, order: OrderId) -> PaymentStatus {
    get(db, order).payment_status
}

fn receipt(amount: i64, key: &str, orders: &[String]) -> Receipt {
    let day = NaiveDate::from_ymd_opt(2026, 1, 2).unwrap();
    Receipt { amount, booked_on: day, reference: "STATEMENT 7".into(), note: String::new(), orders: orders.to_vec(), key: key.into() }
}

fn pay(db: &Db, amount: i64, key: &str, orders: &[String]) -> kernel::Result<Vec<(OrderId, i64)>> {
    let receipt = receipt(amount, key, orders);
    db.write_now(move |conn| company_accounts::book(conn, COMPANY, &receipt, "mei", now()))
}

#[test]
fn fifty_buyers_never_pass_the_limit() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    company(&db, 7 * ONE + 100);
    let carts: Vec<_> = (0..50).map(|n| cart(&db, &[(mug, 1)], &format!("c{n}@example.com"))).collect();
    let outcomes = together(|n| place(&db, carts[n].0, carts[n].1, Settlement::After));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 7);
    for outcome in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(&outcome, PlaceError::Other(Error::Conflict(text)) if text.starts_with(LIMIT_EXCEEDED)), "{outcome}");
    }
    assert_eq!(owed(&db), 7 * ONE);
    goods::assert_books(&db);
}

#[test]
fn what_is_owed_agrees_whatever_becomes_of_the_orders() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    company(&db, 10 * ONE);

    // A cancelled order is free again in the same commit, and its invoice is credited.
    let first = order(&db, &[(mug, 1)], "ann@example.com");
    assert_eq!((owed(&db), status(&db, first)), (ONE, PaymentStatus::Pending));
    let invoice = db.read_now(move |conn| documents::of_order(conn, first)).unwrap()[0].content().unwrap();
    let due = now().date().checked_add_days(Days::new(30)).unwrap();
    // The shop's day may be another than that of UTC.
    let printed: NaiveDate = invoice.due_on.parse().unwrap();
    assert!((printed - due).num_days().abs() <= 1, "{printed}");
    db.write_now(move |conn| orders::cancel(conn, first, CancelReason::Customer, "customer", now())).unwrap();
    assert_eq!(owed(&db), 0);
    goods::assert_books(&db);

    // A change moves what is owed both ways, and the limit bears it or refuses it whole.
    let second = order(&db, &[(mug, 2)], "bea@example.com");
    assert_eq!(owed(&db), 2890);
    edit(&db, second, &wish(&db, second, &[(0, 3)], &[], "account")).unwrap();
    assert_eq!(owed(&db), 4090);
    edit(&db, second, &wish(&db, second, &[(0, 1)], &[], "account")).unwrap();
    assert_eq!(owed(&db), ONE);
    let refused = edit(&db, second, &wish(&db, second, &[(0, 50)], &[], "account")).map(drop).unwrap_err();
    assert!(matches!(&refused, Error::Conflict(text) if text == "account-limit-order"), "{refused}");
    assert_eq!(owed(&db), ONE);
    goods::assert_books(&db);

    // A part is paid, then the rest; the same receipt books once, and nothing more than what is open.
    let number = get(&db, second).number;
    assert_eq!(pay(&db, 690, "receipt-one-of-two", std::slice::from_ref(&number)).unwrap(), [(second, 690)]);
    assert_eq!((owed(&db), status(&db, second)), (1000, PaymentStatus::PartiallyPaid));
    assert!(pay(&db, 690, "receipt-one-of-two", std::slice::from_ref(&number)).unwrap().is_empty());
    assert!(matches!(pay(&db, 1001, "receipt-too-much-0", &[]), Err(Error::Invalid(_))));
    assert_eq!(pay(&db, 1000, "receipt-two-of-two", &[]).unwrap(), [(second, 1000)]);
    assert_eq!((owed(&db), status(&db, second)), (0, PaymentStatus::Paid));
    goods::assert_books(&db);

    // A payment that the bank took back is owed again, once.
    let last = db.read_now(move |conn| payments::of_order(conn, second)).unwrap();
    let last = last.iter().rfind(|payment| payment.state == PaymentState::Captured).unwrap().id;
    let reverse = || db.write_now(move |conn| company_accounts::reverse(conn, COMPANY, last, "came back", "mei", now()));
    reverse().unwrap();
    assert_eq!((owed(&db), status(&db, second)), (1000, PaymentStatus::PartiallyPaid));
    assert!(matches!(reverse(), Err(Error::Conflict(_))));
    goods::assert_books(&db);
}

#[test]
fn goods_that_come_back_unpaid_are_taken_off_the_account() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    company(&db, 10 * ONE);
    let id = order(&db, &[(mug, 2)], "ann@example.com");
    let line = db.read_now(move |conn| orders::lines(conn, id)).unwrap()[0].id;
    let parcel = Parcel { key: "one".into(), lines: vec![(line, 2)], ..Parcel::default() };
    db.write_now(move |conn| shipments::ship(conn, id, &parcel, "mei", now())).unwrap();
    let back = |amount: i64| {
        let request = Request { lines: vec![RequestLine { line, quantity: 1, restock: true }], ..Default::default() };
        db.write_now(move |conn| refunds::request(conn, id, &request, amount, "mei", now())).unwrap();
    };
    back(1200);
    // Nobody pays anything out: the credit note stands, and the company owes less.
    assert_eq!((owed(&db), status(&db, id)), (ONE, PaymentStatus::Pending));
    assert_eq!(db.read_now(move |conn| refunds::settled(conn, id)).unwrap(), 1200);
    goods::assert_books(&db);
    pay(&db, ONE, "receipt-of-the-rest", &[]).unwrap();
    assert_eq!((owed(&db), status(&db, id)), (0, PaymentStatus::Paid));
    // What was paid goes back as money, and is owed by nobody.
    back(1200);
    assert_eq!(owed(&db), 0);
    goods::assert_books(&db);
    let kinds: Vec<EntryKind> =
        db.read_now(|conn| company_accounts::ledger(conn, COMPANY, None, 10)).unwrap().into_iter().map(|(line, _, _)| line.kind).collect();
    assert_eq!(kinds, [EntryKind::Payment, EntryKind::Credit, EntryKind::Charge]);
}

#[test]
fn a_stopped_account_buys_nothing_and_is_still_paid() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    company(&db, 10 * ONE);
    let id = order(&db, &[(mug, 1)], "ann@example.com");
    let (next, seen) = cart(&db, &[(mug, 1)], "bea@example.com");
    let version = db.read_now(|conn| company_accounts::find(conn, COMPANY)).unwrap().unwrap().version;
    terms(&db, version, 10 * ONE, AccountState::Stopped);
    assert!(matches!(place(&db, next, seen, Settlement::After), Err(PlaceError::Other(Error::Conflict(_)))));
    assert!(!db.write_now(move |conn| company_accounts::charge(conn, COMPANY, id, Money::new(1, EUR), now())).unwrap());
    assert_eq!(pay(&db, ONE, "receipt-when-stopped", &[]).unwrap(), [(id, ONE)]);
    assert_eq!(owed(&db), 0);
    goods::assert_books(&db);
}
