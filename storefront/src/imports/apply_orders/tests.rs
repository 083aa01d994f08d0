use super::*;
use crate::imports::apply_customers;
use crate::imports::draft::OrderLineDraft;
use crate::imports::export_history::{export_customers, export_orders};
use crate::imports::tests::fixture;
use crate::imports::{read_customers, read_orders};
use crate::orders::{FulfilmentStatus, OrderStatus, PaymentStatus};
use crm::{birthdays, customers};
use kernel::clock::Clock;
use kernel::money::Currency;

/// What makes a good order bad.
type Spoil = fn(&mut OrderDraft);

fn run(test: impl Fn(&mut Conn, Time) -> Result<()> + Send + 'static) {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    db.write_now(move |conn| test(conn, now)).unwrap();
}

fn file() -> Vec<OrderDraft> {
    read_orders(fixture("shopify_orders.csv").as_slice(), Currency::EUR).unwrap().items
}

fn all(conn: &mut Conn, drafts: &[OrderDraft], now: Time) -> Result<Report> {
    apply(conn, drafts, Mode::AllOrNothing, now, &mut |_| ())
}

fn assert_healthy(conn: &mut Conn) -> Result<()> {
    for finding in crate::doctor::examine(conn, &mut |_| ())? {
        assert_eq!(finding.problems, Vec::<String>::new(), "{}", finding.law);
    }
    Ok(())
}

fn sample(number: &str) -> OrderDraft {
    let line = OrderLineDraft { name: "Tea".into(), sku: Some("T".into()), quantity: 3, price: 1000, line: 2, ..OrderLineDraft::default() };
    let mut order = file().remove(0);
    order.number = number.into();
    order.lines = vec![line];
    (order.subtotal, order.discount, order.shipping, order.taxes) = (Some(3000), None, Some(500), Some(665));
    (order.total, order.refunded, order.tax_lines) = (Some(4165), None, vec![("VAT (19%)".into(), 665)]);
    (order.financial_status, order.fulfillment_status) = (Some("paid".into()), Some("fulfilled".into()));
    order
}

#[test]
fn a_file_is_applied_once_and_the_books_agree() {
    run(|conn, now| {
        let drafts = file();
        let first = all(conn, &drafts, now)?;
        assert_eq!((first.errors, first.created), (vec![], drafts.len() as u64));
        assert_healthy(conn)?;
        let again = all(conn, &drafts, now)?;
        assert_eq!((again.created, again.unchanged), (0, drafts.len() as u64));
        let order = crate::orders::get_by_number(conn, "1001")?;
        assert_eq!((order.total, order.discount, order.tax, order.shipping, order.prices_include_tax), (4590, 450, 733, 490, true));
        assert_eq!(
            (order.status, order.payment_status, order.fulfilment_status),
            (OrderStatus::Completed, PaymentStatus::PartiallyRefunded, FulfilmentStatus::Fulfilled)
        );
        let lines = crate::orders::lines(conn, order.id)?;
        assert_eq!(
            lines.iter().map(|line| (line.quantity, line.shipped, line.stocked)).collect::<Vec<_>>(),
            [(2, 2, false), (1, 1, false)]
        );
        assert_eq!(crm::purchases::of_order(conn, order.id.0)?, Some((4590, 500)));
        let cancel = crate::orders::get_by_number(conn, "1001").and_then(|order| {
            let request = crate::refunds::Request { lines: vec![], shipping: 100, reason: "late".into(), ..Default::default() };
            crate::refunds::request(conn, order.id, &request, 100, "test", now)
        });
        assert!(matches!(cancel, Err(kernel::Error::Conflict(_))), "money taken elsewhere is given back elsewhere: {cancel:?}");
        let cancelled = crate::orders::get_by_number(conn, "1002")?;
        assert_eq!((cancelled.status, cancelled.payment_status), (OrderStatus::Cancelled, PaymentStatus::Voided));
        assert_eq!(kernel::events::backlog(conn)?, 0);
        let mut jobs: Vec<String> = kernel::jobs::list(conn, None, None, 10)?.into_iter().map(|job| job.kind).collect();
        jobs.sort();
        let figured = [crm::recommendations::RUN_JOB, crm::scores::RUN_JOB];
        assert_eq!(jobs, figured, "nobody is written to; what a history says of its customers is figured");
        Ok(())
    });
}

#[test]
fn every_standing_of_an_order_keeps_the_books() {
    run(|conn, now| {
        let mut drafts = Vec::new();
        let statuses = ["paid", "pending", "authorized", "voided", "refunded", "partially_refunded", "partially_paid"];
        for (at, financial) in statuses.iter().enumerate() {
            for (n, sent) in [None, Some("fulfilled"), Some("partial"), Some("restocked")].iter().enumerate() {
                let mut order = sample(&format!("#{at}-{n}"));
                order.financial_status = Some(financial.to_string());
                order.fulfillment_status = sent.map(str::to_string);
                order.outstanding = (*financial == "partially_paid").then_some(1000);
                order.refunded = (*financial == "partially_refunded").then_some(4000);
                drafts.push(order);
            }
        }
        let mut tipped = sample("tip");
        tipped.total = Some(4265);
        drafts.push(tipped);
        let report = all(conn, &drafts, now)?;
        assert_eq!((report.errors, report.created), (vec![], drafts.len() as u64));
        assert_healthy(conn)?;
        let order = crate::orders::get_by_number(conn, "0-1")?;
        assert_eq!((order.prices_include_tax, order.tax, order.shipping_tax, order.total), (false, 665, 95, 4165));
        assert_eq!(crate::orders::lines(conn, order.id)?[0].tax_rate_bp, 1900);
        let tip = crate::orders::get_by_number(conn, "tip")?;
        assert_eq!(crate::orders::lines(conn, tip.id)?[1].total, 100);
        let owed = crate::orders::get_by_number(conn, "1-0")?;
        assert_eq!((owed.status, owed.payment_status), (OrderStatus::Confirmed, PaymentStatus::Pending));
        Ok(())
    });
}

#[test]
fn what_contradicts_itself_is_refused_with_the_reason() {
    run(|conn, now| {
        let cases: [(&str, Spoil); 8] = [
            ("Total", |order| order.total = Some(3499)),
            ("Created at", |order| order.created_at = None),
            ("Email", |order| order.email = None),
            ("Refunded Amount", |order| order.refunded = Some(5000)),
            ("Financial Status", |order| order.financial_status = Some("odd".into())),
            ("Taxes", |order| order.lines.iter_mut().for_each(|line| line.taxable = Some(false))),
            ("Lineitem price", |order| order.lines[0].price = i64::MAX / 2),
            ("Name", |order| order.number = "R1001".into()),
        ];
        for (column, spoil) in cases {
            let mut order = sample("x");
            spoil(&mut order);
            if column == "Taxes" {
                order.shipping = Some(0);
                order.total = Some(3665);
            }
            let report = all(conn, &[sample("good"), order], now)?;
            assert_eq!((report.applied, report.errors[0].column.as_str()), (false, column));
            assert_eq!(crate::orders::count(conn)?, 0);
        }
        Ok(())
    });
}

#[test]
fn what_is_exported_reads_back_as_the_same_orders_and_customers() {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    let drafts = vec![file().remove(0), sample("=2")];
    db.write_now(move |conn| all(conn, &drafts, now)).unwrap();
    let mut orders = Vec::new();
    assert_eq!(export_orders(&db, &mut orders, &mut |_, _| ()).unwrap(), 2);
    let said = |db: &kernel::Db| db.read_now(|conn| Ok(customers::after(conn, 0, 1)?.remove(0).birthday)).unwrap();
    let known = db.read_now(|conn| Ok(customers::after(conn, 0, 1)?.remove(0).id)).unwrap();
    db.write_now(move |conn| birthdays::set(conn, known, "02-29", now)).unwrap();
    let mut people = Vec::new();
    assert_eq!(export_customers(&db, &mut people, &mut |_, _| ()).unwrap(), 1);
    assert!(String::from_utf8_lossy(&orders).contains("'=2"));
    let people = read_customers(people.as_slice(), Currency::EUR).unwrap();
    assert_eq!((people.errors.len(), people.items[0].total_orders), (0, Some(2)));
    let read = read_orders(orders.as_slice(), Currency::EUR).unwrap();
    assert_eq!(read.errors, []);
    let copy = kernel::testing::db();
    let brought = people.items.clone();
    let bring = move |conn: &mut Conn| apply_customers::apply(conn, &brought, "customers.csv", Mode::AllOrNothing, now, &mut |_| ());
    assert_eq!(copy.write_now(bring.clone()).unwrap().created, 1);
    assert_eq!([said(&copy), said(&db)], ["02-29", "02-29"]);
    assert_eq!(copy.write_now(bring).unwrap().unchanged, 1);
    let items = read.items.clone();
    let report = copy.write_now(move |conn| all(conn, &items, now)).unwrap();
    assert_eq!((report.errors, report.created), (vec![], 2));
    let mut again = Vec::new();
    export_orders(&copy, &mut again, &mut |_, _| ()).unwrap();
    assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&orders));
    copy.write_now(assert_healthy).unwrap();
    let report = db.write_now(move |conn| all(conn, &read.items, now)).unwrap();
    assert_eq!(report.unchanged, 2);
}
