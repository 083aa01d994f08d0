//! Payments that a bank disputes.

use super::{of_order, suppressed};
use crate::outages;
use crate::support::goods::{self, now};
use crate::support::office::{at_work, role};
use crate::tickets::given_back;
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::disputes::{self, Outcome, Reason, Shown, State};
use crm::tickets;
use kernel::{Error, jobs};
use storefront::disputes::{FIND_JOB, TEXTS};
use storefront::ids::OrderId;
use storefront::payment_jobs::Cashier;
use storefront::refunds::{Request, RequestLine};
use storefront::service;
use storefront::{margins, orders, payments, personal, refunds};
use stripe_double::faults::Fault;

#[test]
fn a_disputed_payment_is_what_the_signed_notices_say_however_they_come() {
    let (house, _, ann) = outages::open();
    outages::capture_at_once(&house);
    let session = outages::paid(&house, &ann);
    let db = &house.db;
    let (customer, order) = of_order(db);
    let all = || db.read_now(move |conn| disputes::list(conn, Shown::All, None, 9)).unwrap();
    house.stripe.hold_webhooks();
    house.stripe.deliver_pending();
    let due = (house.state.clock.now() + TimeDelta::days(7)).and_utc().timestamp();
    house.stripe.dispute(&session, "created", "needs_response", due);
    assert_eq!(house.stripe.deliver_pending(), 1);
    house.work();
    let one = all().remove(0);
    assert_eq!((one.order_id, one.customer_id, one.reason, one.amount), (Some(order), Some(customer), Reason::NotReceived, 1690));
    assert_eq!((one.state, one.due().map(|at| at.and_utc().timestamp())), (State::Open, Some(due)));
    assert_eq!(suppressed(db, customer), Some(tickets::Reason::Dispute));
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    mia.get("/admin/disputes").says(200, "D1001").says(200, "Disputed payment: Not received").says(200, "€16.90");
    let page = mia.get("/admin/disputes/D1001").says(200, "R1001").says(200, "at the payment provider's site");
    mia.get("/admin/orders/R1001").says(200, "The payment is disputed with the bank");
    assert!(!page.body.contains("/decide\""), "the bank decides");
    let token = crate::support::office::csrf(&mia);
    let fields: &[(&str, &str)] = &[("csrf", &token), ("seen", &one.version.to_string()), ("outcome", "rejected"), ("decision", "No.")];
    mia.post("/admin/disputes/D1001/decide", fields).says(409, "bank decides");
    // What has no signature of the provider changes nothing.
    let forged = mia.post_raw("/webhooks/stripe", r#"{"id":"evt_x","type":"charge.dispute.closed"}"#);
    assert_eq!(forged.status, 400);

    // The end comes before what was said before it, and all of it once more.
    house.stripe.dispute(&session, "updated", "under_review", due);
    house.stripe.dispute(&session, "closed", "lost", due);
    assert_eq!(house.stripe.deliver_reversed(), 2);
    house.work();
    let closed = all().remove(0);
    assert_eq!((closed.state, closed.outcome, closed.given), (State::Decided, Some(Outcome::Upheld), 1690));
    let log = db.read_now(move |conn| disputes::history(conn, one.id)).unwrap().len();
    house.stripe.deliver_again();
    house.work();
    assert_eq!((all().len(), db.read_now(move |conn| disputes::history(conn, one.id)).unwrap().len()), (1, log));
    assert_eq!(suppressed(db, customer), None);
    mia.get("/admin/disputes/D1001").says(200, "Taken by the bank €16.90").says(200, "The customer is right");
    goods::assert_books(db);
}

#[test]
fn what_a_bank_takes_moves_the_books_once_and_is_not_given_back_a_second_time() {
    let (house, _, ann) = outages::open();
    outages::capture_at_once(&house);
    let session = outages::paid(&house, &ann);
    let db = &house.db;
    let order = OrderId(of_order(db).1);
    let taken = || db.read_now(move |conn| payments::latest(conn, order)).unwrap().unwrap().taken;
    let margin = || {
        db.read_now(move |conn| {
            let order = orders::get(conn, order)?;
            margins::of_order(conn, &order)
        })
        .unwrap()
    };
    let cost = || -> Vec<(String, i64)> {
        let (from, until) = (now() - TimeDelta::days(3650), now() + TimeDelta::days(3650));
        let all = db.read_now(move |conn| service::costs(conn, from, until)).unwrap();
        all.iter().flat_map(|one| &one.given).map(|given| (given.deed.clone(), given.amount.minor)).collect()
    };
    let give_back = || {
        db.write_now(move |conn| {
            let line = orders::lines(conn, order)?[0].id;
            let lines = vec![RequestLine { line, quantity: 1, restock: false }];
            refunds::request(conn, order, &Request { lines, reason: "late".into(), ..Request::default() }, 1200, "test", now())
        })
    };
    let before = margin();
    house.stripe.hold_webhooks();
    house.stripe.deliver_pending();
    let due = (house.state.clock.now() + TimeDelta::days(7)).and_utc().timestamp();
    house.stripe.dispute(&session, "created", "needs_response", due);
    house.stripe.move_funds(&session, "funds_withdrawn", "needs_response", &[("txn_1", -1690, 2000)]);
    assert_eq!(house.stripe.deliver_reversed(), 2);
    house.work();
    let after = margin();
    assert_eq!((taken(), after.left()), (1690, before.left() - before.goods - 2000));
    assert_eq!(cost(), [("bank_fee".to_string(), 2000), ("bank_withdrawn".to_string(), 1690)]);
    goods::assert_books(db);
    let refused = give_back();
    assert!(matches!(&refused, Err(Error::Invalid(fields)) if fields.0["lines"] == "refund-taken-by-bank"), "{refused:?}");
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    mia.get("/admin/disputes/D1001").says(200, "What the bank moved").says(200, "€20.00").says(200, "Taken by the bank €16.90");
    mia.get("/admin/orders/R1001").says(200, "taken by the bank €16.90").says(200, "The bank took the disputed money: €16.90");
    mia.get("/admin/reports/service").says(200, "Taken by banks for disputed payments");

    // Neither the same notice nor another that names the same movement books it once more.
    house.stripe.deliver_again();
    house.stripe.move_funds(&session, "updated", "under_review", &[("txn_1", -1690, 2000)]);
    house.stripe.deliver_pending();
    house.work();
    assert_eq!((taken(), margin()), (1690, after));

    // It comes back, and what is told first came last.
    house.stripe.dispute(&session, "closed", "won", due);
    house.stripe.move_funds(&session, "funds_reinstated", "won", &[("txn_1", -1690, 2000), ("txn_2", 1690, -2000)]);
    assert_eq!(house.stripe.deliver_reversed(), 2);
    house.work();
    assert_eq!((taken(), margin()), (0, before));
    house.stripe.move_funds(&session, "funds_withdrawn", "won", &[("txn_3", -1690, 0)]);
    house.stripe.move_funds(&session, "funds_reinstated", "won", &[("txn_4", 1690, 0)]);
    assert_eq!(house.stripe.deliver_reversed(), 2);
    house.work();
    assert_eq!((taken(), margin()), (0, before));
    assert_eq!(cost().iter().map(|(_, amount)| amount).sum::<i64>(), 0);
    goods::assert_books(db);
    give_back().unwrap();
    house.work();
    assert_eq!(given_back(db, order), [1200]);
    goods::assert_books(db);
}

#[test]
fn what_is_told_while_a_job_ends_finds_its_payment_too() {
    let (house, _, ann) = outages::open();
    outages::capture_at_once(&house);
    let session = outages::paid(&house, &ann);
    let db = &house.db;
    let order = OrderId(of_order(db).1);
    house.stripe.hold_webhooks();
    house.stripe.deliver_pending();
    house.work();
    let due = (house.state.clock.now() + TimeDelta::days(7)).and_utc().timestamp();
    house.stripe.dispute(&session, "created", "needs_response", due);
    house.stripe.deliver_pending();
    // The job did what it had to, and stands in the queue for a moment yet.
    let waiting = db.read_now(|conn| jobs::list(conn, Some("due"), None, 100)).unwrap();
    let job = waiting.into_iter().find(|job| job.kind == FIND_JOB).unwrap();
    let cashier = Cashier { db: &house.db, gateways: &house.state.door.gateways, now: house.state.clock.now() };
    cashier.find_disputed(&job.payload).unwrap();
    house.stripe.move_funds(&session, "funds_withdrawn", "needs_response", &[("txn_1", -1690, 2000)]);
    house.stripe.deliver_pending();
    assert!(db.write_now(move |conn| jobs::complete(conn, &job)).unwrap());
    house.work();
    assert_eq!(db.read_now(move |conn| payments::latest(conn, order)).unwrap().unwrap().taken, 1690);
    goods::assert_books(db);
}

#[test]
fn what_speaks_for_the_shop_is_sent_to_the_bank_once_and_in_time() {
    let (house, _, ann) = outages::open();
    outages::capture_at_once(&house);
    let session = outages::paid(&house, &ann);
    let (db, page, send) = (&house.db, "/admin/disputes/D1001", "/admin/disputes/D1001/send");
    house.stripe.hold_webhooks();
    house.stripe.deliver_pending();
    let due = (house.state.clock.now() + TimeDelta::days(7)).and_utc().timestamp();
    house.stripe.dispute(&session, "created", "needs_response", due);
    house.stripe.deliver_pending();
    house.work();
    let one = || db.read_now(|conn| disputes::by_number(conn, "D1001")).unwrap();
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let first = mia.get(page).says(200, "Answer to the bank").holds("1 × Mug");
    let nothing: Vec<(&str, &str)> = TEXTS.iter().map(|name| (*name, " ")).collect();
    mia.submit(&first, send, &nothing).says(422, "Write at least one of the texts");
    mia.submit(&first, send, &[("uncategorized_text", &"x".repeat(10_001))]).says(422, "").holds("1 × Mug");

    // The bank decided meanwhile, and the notice of it was lost: what Stripe says about that is shown, and what was typed stays.
    house.stripe.dispute(&session, "closed", "lost", due);
    mia.submit(&mia.get(page), send, &[("uncategorized_text", "It was handed over.")]).says(200, "The answer is on its way to the bank.");
    mia.submit(&first, send, &[]).says(409, "Somebody changed this meanwhile");
    house.work();
    mia.get(page).says(200, "did not take it").says(200, "This dispute is closed").holds("It was handed over.");
    assert!(house.stripe.dispute_of(&session)["evidence"]["uncategorized_text"].is_null() && one().answered_at.is_none());

    // The bank changes its mind. The answer about the answer is lost, and what was sent is not sent twice.
    house.stripe.dispute(&session, "updated", "needs_response", due);
    house.stripe.fault_on("POST /v1/disputes", Fault::LoseReply);
    mia.submit(&mia.get(page), send, &[("refund_policy_disclosure", "It stands on the order page.")]).says(200, "on its way");
    house.work();
    let waiting = mia.get(page).says(200, "On its way to the payment provider since");
    assert!(!waiting.body.contains("/send\""), "it was asked for");
    let token = crate::support::office::csrf(&mia);
    let again = |seen: i64| mia.post(send, &[("csrf", &token), ("seen", &seen.to_string()), ("uncategorized_text", "Once more.")]);
    again(one().version).says(409, "An answer is on its way to the bank");
    house.state.clock.advance(TimeDelta::minutes(5));
    house.work();
    let told = house.stripe.dispute_of(&session);
    let said = |name: &str| told["evidence"][name].as_str().unwrap_or_default().to_string();
    assert!(said("product_description").contains("1 × Mug") && !said("billing_address").is_empty(), "{told}");
    assert_eq!((said("uncategorized_text").as_str(), said("customer_email_address").as_str()), ("It was handed over.", "ann@example.com"));
    assert_eq!(said("refund_policy_disclosure"), "It stands on the order page.");
    assert_eq!((told["status"].as_str(), told["evidence_details"]["submission_count"].as_i64()), (Some("under_review"), Some(1)));
    let calls = house.stripe.calls();
    assert_eq!(calls.iter().filter(|call| call.starts_with("POST /v1/disputes/")).count(), 3, "refused, lost, and asked about by its key");
    mia.get(page).says(200, "Sent to the bank");
    let answered = one();
    assert!(answered.answered_at.is_some() && answered.open(), "the bank decides");
    again(answered.version).says(409, "decided or answered already");

    goods::run(db, "UPDATE disputes SET due_at = '2020-01-01 00:00:00', answered_at = NULL");
    again(answered.version).says(409, "The time to answer is over");
    let (customer, _) = of_order(db);
    let own = db.read_now(move |conn| personal::gather(conn, customer, now())).unwrap()["disputes"].to_string();
    assert!(own.contains("It was handed over."), "{own}");
}
