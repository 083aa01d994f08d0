//! Buying on account: the limit holds whoever buys at once, and what a company owes agrees with the books whatever becomes of its orders.

use crate::buying::CONTACT;
use crate::editing::{edit, get, wish};
use crate::races::together;
use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role, sign_in};
use admin::permissions::Preset;
use chrono::{Days, NaiveDate};
use crm::{CompanyId, CustomerId};
use diesel::connection::SimpleConnection;
use kernel::money::Money;
use kernel::{Db, Error};
use storefront::checkout::{PlaceError, Seen, Settlement};
use storefront::company_accounts::{self, AccountState, Deposit, EntryKind, LIMIT_EXCEEDED, Receipt, Terms};
use storefront::ids::{CartId, OrderId, VariantId};
use storefront::orders::{self, CancelReason, PaymentStatus};
use storefront::payments::{self, PaymentState};
use storefront::refunds::{self, Request, RequestLine};
use storefront::shipments::{self, Parcel};
use storefront::{carts, documents};

/// What an order of one mug comes to: 12.00 and 4.90 for the delivery.
pub const ONE: i64 = 1690;
pub const COMPANY: CompanyId = CompanyId(1);

fn run(db: &Db, sql: String) {
    db.write_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(&sql))?)).unwrap();
}

/// A company that was approved, with a limit for its account.
fn company(db: &Db, limit: i64) {
    approved(db);
    terms(db, 0, limit, AccountState::Open);
}

pub fn approved(db: &Db) {
    run(
        db,
        "INSERT INTO companies (id, name, name_key, vat_id, vat_standing, vat_evidence, registration_number, invoice_email, price_group, state, note,
            reason, website, phone, version, created_at, updated_at, approved_at)
         VALUES (1, 'Teeladen GmbH', 'teeladen gmbh', '', 'unchecked', '{}', '', '', '', 'approved', '', '', '', '', 1, '2026-01-01 00:00:00',
            '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
            .into(),
    );
}

fn terms(db: &Db, version: i64, credit_limit: i64, state: AccountState) {
    asks(db, version, credit_limit, state, 0);
}

/// Terms with a deposit, as a share in basis points, within five days.
pub fn asks(db: &Db, version: i64, credit_limit: i64, state: AccountState, deposit_bp: i64) {
    let terms = Terms { currency: EUR, credit_limit, net_days: 30, state, deposit: Deposit { bp: deposit_bp, days: 5 } };
    db.write_now(move |conn| company_accounts::agree(conn, COMPANY, version, &terms, now())).unwrap();
}

/// Makes somebody a member of the company.
pub fn join(db: &Db, customer: CustomerId, role: &str) {
    run(
        db,
        format!(
            "INSERT INTO company_members (company_id, customer_id, role_id, cost_centre, state, joined_at)
             SELECT 1, {customer}, id, '', 'active', '2026-01-01 00:00:00' FROM company_roles WHERE code = '{role}' AND company_id IS NULL"
        ),
    );
}

/// Has the carts or sessions of a member be about the company.
pub fn buys(db: &Db, customer: CustomerId, table: &str) {
    let member = format!("SELECT id FROM company_members WHERE customer_id = {customer}");
    run(db, format!("UPDATE {table} SET member_id = ({member}) WHERE customer_id = {customer}"));
}

/// A cart of a buyer of the company, ready to be placed on account.
fn cart(db: &Db, goods_: &[(VariantId, i64)], email: &str) -> (CartId, Seen) {
    let customer = goods::customer(db, email, 0);
    let (cart, _) = goods::cart(db, goods_, email, "account", "");
    db.write_now(move |conn| carts::merge(conn, cart, customer, now()).map(drop)).unwrap();
    join(db, customer, "buyer");
    buys(db, customer, "carts");
    (cart, db.read_now(move |conn| goods::seen(conn, cart)).unwrap())
}

pub fn order(db: &Db, goods_: &[(VariantId, i64)], email: &str) -> OrderId {
    let (cart, seen) = cart(db, goods_, email);
    place(db, cart, seen, Settlement::After).unwrap().order
}

pub fn owed(db: &Db) -> i64 {
    db.read_now(|conn| company_accounts::find(conn, COMPANY)).unwrap().unwrap().exposure
}

fn status(db: &Db, order: OrderId) -> PaymentStatus {
    get(db, order).payment_status
}

fn receipt(amount: i64, key: &str, orders: &[String]) -> Receipt {
    let day = NaiveDate::from_ymd_opt(2026, 1, 2).unwrap();
    Receipt { amount, booked_on: day, reference: "STATEMENT 7".into(), note: String::new(), orders: orders.to_vec(), key: key.into() }
}

pub fn pay(db: &Db, amount: i64, key: &str, orders: &[String]) -> kernel::Result<Vec<(OrderId, i64)>> {
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

#[test]
fn a_company_buys_on_account_is_reminded_and_pays() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 50);
    approved(&house.db);
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Accountant));
    let page = mia.get("/admin/companies/1/account").says(200, "does not buy on account yet");
    let account = "/admin/companies/1/account";
    mia.submit(&page, account, &[("credit_limit", "many")]).says(422, "");
    mia.submit(&page, account, &[("credit_limit", "20.00"), ("net_days", "30")]).says(200, "€20.00");

    let (customer, ann) = house.signed_in("ann@example.com");
    join(&house.db, customer, "administrator");
    buys(&house.db, customer, "sessions");
    let to_payment = || {
        let product = ann.get("/products/mug");
        ann.submit(&product, "/cart/lines", &[]).says(200, "Mug");
        buys(&house.db, customer, "carts");
        let shipping = ann.submit(&ann.get("/checkout"), "/checkout", CONTACT).says(200, "Standard");
        ann.submit(&shipping, "/checkout/shipping", &[]).says(200, "Buy on account")
    };
    let payment = to_payment().says(200, "It can still buy for €20.00");
    let review = ann.submit(&payment, "/checkout/payment", &[("method", "account")]).says(200, "€16.90");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    house.work();
    ann.get("/account/company/statement").says(200, "R1001").says(200, "€16.90").says(200, "€3.10");
    let payment = to_payment();
    ann.submit(&payment, "/checkout/payment", &[("method", "account")]).says(422, "€13.80 more than your company can still buy");
    let (_, bea) = house.signed_in("bea@example.com");
    assert_eq!(bea.get("/account/company/statement").status, 404);

    let page = mia.get(account).says(200, "R1001");
    mia.submit(&page, &format!("{account}/payments"), &[("amount", "16.91")]).says(422, "Only €16.90 is open");
    let typed = &[("amount", "6.90"), ("reference", "STATEMENT 7")];
    mia.submit(&page, &format!("{account}/payments"), typed).says(200, "The payment is booked.").says(200, "€10.00");
    // Two clicks on one button are one payment.
    mia.submit(&page, &format!("{account}/payments"), typed);
    assert_eq!(owed(&house.db), 1000);
    let ledger = mia.get(&format!("{account}/ledger")).says(200, "STATEMENT 7");
    mia.submit(&ledger, &format!("{account}/reverse"), &[("reason", "")]).says(200, "Say why");
    mia.submit(&ledger, &format!("{account}/reverse"), &[("reason", "came back")]).says(200, "The company owes it again");
    assert_eq!(owed(&house.db), ONE);
    let file = mia.get("/admin/receivables/bookings.csv").body;
    assert!(file.contains("STATEMENT 7") && file.contains("reversal"), "{file}");
    assert!(mia.get("/admin/receivables/documents.csv").body.contains("R1001"));
    mia.get("/admin/receivables").says(200, "Nothing is overdue");
    let levels = mia.get("/admin/receivables/reminders").says(200, "Reminder 3");
    mia.submit(&levels, "/admin/receivables/reminders", &[("days-2", "1")]).says(422, "more days than the one before");
    mia.submit(&levels, "/admin/receivables/reminders", &[("text-1_en", "Dear friends, please pay."), ("fee-1-EUR", "5.00")])
        .says(200, "Saved");

    // One mail for each reminder that is reached, on whichever days the job runs.
    let remind = |days: i64| {
        house.state.clock.advance(chrono::TimeDelta::days(days));
        for _ in 0..2 {
            company_accounts::dun_all(&house.db, &house.state.door.mailer(), house.state.clock.now()).unwrap();
        }
        let mails = house.mails("ann@example.com");
        mails.into_iter().filter(|mail| mail.template == "account_reminder").map(|mail| mail.body_text).collect::<Vec<_>>()
    };
    assert!(remind(31).is_empty());
    let first = remind(3);
    assert!(first.len() == 1 && first[0].contains("Dear friends, please pay.") && first[0].contains("€16.90"), "{first:?}");
    assert_eq!(remind(1).len(), 1);
    assert_eq!(remind(12).len(), 2);

    // The first of them costs a fee, once: it is owed beside the order, paid after it, and let go of by staff.
    assert!(first[0].contains("€5.00") && first[0].contains("€21.90"), "{first:?}");
    assert_eq!(owed(&house.db), ONE + 500);
    goods::assert_books(&house.db);
    sign_in(&mia, "mia").says(200, "Overview");
    let page = mia.get(account).says(200, "€5.00");
    mia.submit(&page, &format!("{account}/payments"), &[("amount", "18.90")]).says(200, "The payment is booked.");
    assert_eq!(owed(&house.db), 300);
    let ledger = mia.get(&format!("{account}/ledger")).says(200, "Payment of fees");
    mia.submit(&ledger, &format!("{account}/reverse"), &[("reason", "came back")]).says(200, "The company owes it again");
    assert_eq!(owed(&house.db), 500);
    let page = mia.get(account);
    mia.submit(&page, &format!("{account}/waive"), &[("reason", " ")]).says(200, "Say why");
    mia.submit(&page, &format!("{account}/waive"), &[("reason", "an old friend")]).says(200, "The fees are waived.");
    assert_eq!(owed(&house.db), 0);
    goods::assert_books(&house.db);
}
