//! Bad days: Stripe is down, its answers or webhooks get lost, money comes late or not at all, and searching does not work.

use crate::buying::to_review;
use crate::support::goods;
use crate::support::house::House;
use crate::support::visitor::{Page, Visitor};
use chrono::TimeDelta;
use diesel::RunQueryDsl;
use kernel::clock::Clock;
use kernel::config::Config;
use regulars::state::AppState;
use std::time::{Duration, Instant};
use storefront::ids::{OrderId, VariantId};
use storefront::orders::{Order, OrderStatus, PaymentStatus};
use storefront::payments::{Payment, PaymentState, WishState};
use storefront::{orders, payments, refunds, shop, stock};
use stripe_double::faults::Fault;

/// A shop with five mugs, and a visitor.
pub fn open() -> (House, VariantId, Visitor) {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let ann = house.visitor();
    (house, mug, ann)
}

/// Charges cards when the order is placed, and not when it ships.
pub fn capture_at_once(house: &House) {
    house
        .db
        .write_now(|conn| {
            let shop = shop::get(conn)?;
            shop::set(conn, &shop::Shop { capture_at_once: true, ..shop }, goods::now())
        })
        .unwrap();
}

/// Places an order by card up to where the shopper is sent to, and returns the session at Stripe.
pub fn placed(house: &House, ann: &Visitor) -> String {
    let review = to_review(ann, "stripe");
    let answer = ann.post_once("/checkout/place", &pairs(&review.form("/checkout/place", &[])));
    assert!(answer.headers["location"].starts_with(&house.stripe.base_url()), "{:?}", answer.headers);
    house.stripe.sessions().pop().unwrap()
}

/// An order that is paid by card and confirmed.
pub fn paid(house: &House, ann: &Visitor) -> String {
    let session = placed(house, ann);
    house.stripe.pay(&session).unwrap();
    comes_back(house, ann).says(200, "Thank you");
    house.work();
    session
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn key(house: &House) -> String {
    house.state.signer.sign("order", "R1001")
}

/// The browser comes back from Stripe.
pub fn comes_back(house: &House, ann: &Visitor) -> Page {
    ann.get(&format!("/orders/R1001/return?key={}", key(house)))
}

pub fn order_page(house: &House, ann: &Visitor) -> Page {
    ann.get(&format!("/orders/R1001?key={}", key(house)))
}

/// Presses "Pay now" and returns where the browser is sent.
pub fn pay_now(ann: &Visitor, page: &Page) -> String {
    let answer = ann.post_once("/orders/R1001/pay", &pairs(&page.form("/orders/R1001/pay", &[])));
    assert_eq!(answer.status, 303);
    answer.headers["location"].clone()
}

pub fn order(house: &House) -> Order {
    house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap()
}

pub fn payment(house: &House) -> Payment {
    let order = order(house).id;
    house.db.read_now(move |conn| payments::latest(conn, order)).unwrap().unwrap()
}

pub fn capture(house: &House, amount: i64) {
    let id = payment(house).id;
    house.db.write_now(move |conn| payments::request_capture(conn, id, amount, "test", goods::now())).unwrap();
}

/// The work of the next minutes: what failed is tried again, and what runs by the clock runs.
pub fn minutes_pass(house: &House, minutes: i64) {
    house.state.clock.advance(TimeDelta::minutes(minutes));
    house.work();
}

/// Waits until the double delivered what it has to: each of its webhooks goes out on a thread of its own.
fn delivered(house: &House, count: usize) {
    for _ in 0..200 {
        if house.stripe.deliveries().len() >= count {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("only {:?} were delivered", house.stripe.deliveries());
}

pub fn templates(house: &House) -> Vec<String> {
    house.mails("ann@example.com").into_iter().map(|mail| mail.template).collect()
}

#[test]
fn an_order_stands_while_stripe_is_down_and_is_paid_when_it_is_back() {
    let (house, mug, ann) = open();
    let review = to_review(&ann, "stripe");
    house.stripe.down();
    let page = ann.submit(&review, "/checkout/place", &[]).says(200, "Your order is placed, but our payment provider does not answer");
    assert_eq!(order(&house).status, OrderStatus::Pending);
    assert_eq!(house.db.read_now(move |conn| stock::level(conn, mug)).unwrap().held, 1);
    let still = ann.submit(&page, "/orders/R1001/pay", &[]).says(200, "does not answer");
    house.stripe.up();
    let to = pay_now(&ann, &still);
    assert!(to.starts_with(&house.stripe.base_url()), "{to}");
    let sessions = house.stripe.sessions();
    assert_eq!(sessions.len(), 1);
    house.stripe.pay(&sessions[0]).unwrap();
    comes_back(&house, &ann).says(200, "Thank you");
    assert_eq!((order(&house).status, payment(&house).state), (OrderStatus::Confirmed, PaymentState::Authorised));
    house.work();
    assert_eq!(templates(&house), ["order_confirmation"]);
}

#[test]
fn an_opening_whose_answer_was_lost_is_one_session() {
    let (house, _, ann) = open();
    let review = to_review(&ann, "stripe");
    house.stripe.fault(Fault::LoseReply);
    let placed = ann.post_once("/checkout/place", &pairs(&review.form("/checkout/place", &[])));
    let to = match placed.headers["location"].starts_with(&house.stripe.base_url()) {
        true => placed.headers["location"].clone(),
        false => pay_now(&ann, &order_page(&house, &ann)),
    };
    let sessions = house.stripe.sessions();
    assert!(sessions.len() == 1 && to.contains(&sessions[0]), "{to} {sessions:?}");
}

#[test]
fn a_slow_stripe_holds_up_only_who_pays_with_it() {
    let (house, _, ann) = open();
    let review = to_review(&ann, "stripe");
    house.stripe.fault(Fault::Slow(11_500));
    std::thread::scope(|scope| {
        let paying = scope.spawn(move || {
            let page = ann.submit(&review, "/checkout/place", &[]);
            (ann, page, Instant::now())
        });
        while house.stripe.calls().is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let bob = house.visitor();
        bob.submit(&to_review(&bob, "bank_transfer"), "/checkout/place", &[]).says(200, "R1002");
        let sold = Instant::now();
        let (ann, page, answered) = paying.join().unwrap();
        assert!(sold < answered, "who did not need Stripe waited for it");
        let page = page.says(200, "Your order is placed, but our payment provider does not answer");
        // Stripe made the session after all; its page is found again by the payment's key.
        let to = pay_now(&ann, &page);
        let sessions = house.stripe.sessions();
        assert!(sessions.len() == 1 && to.contains(&sessions[0]), "{to} {sessions:?}");
    });
}

#[test]
fn a_capture_and_a_refund_whose_answers_were_lost_happen_once() {
    let (house, _, ann) = open();
    let session = paid(&house, &ann);
    house.stripe.fault_on("/capture", Fault::LoseReply);
    capture(&house, 1690);
    house.work();
    minutes_pass(&house, 1);
    assert_eq!((order(&house).payment_status, payment(&house).captured), (PaymentStatus::Paid, 1690));
    assert_eq!(house.stripe.captured_total().get("EUR"), Some(&1690));

    let id = order(&house).id;
    house.stripe.fault_on("/v1/refunds", Fault::LoseReply);
    house
        .db
        .write_now(move |conn| {
            let line = orders::lines(conn, id)?[0].id;
            let wanted = refunds::RequestLine { line, quantity: 1, restock: false };
            let request = refunds::Request { lines: vec![wanted], shipping: 0, reason: "broken".into(), ..Default::default() };
            refunds::request(conn, id, &request, 1200, "test", goods::now())
        })
        .unwrap();
    house.work();
    minutes_pass(&house, 1);
    minutes_pass(&house, 1);
    let back = house.db.read_now(move |conn| refunds::of_order(conn, id)).unwrap();
    assert_eq!(back.iter().map(|refund| (refund.amount, refund.state)).collect::<Vec<_>>(), [(1200, WishState::Settled)]);
    assert_eq!(house.stripe.refunds_of(&session).iter().map(|refund| refund.amount).collect::<Vec<_>>(), [1200]);
    assert_eq!(order(&house).payment_status, PaymentStatus::PartiallyRefunded);
    assert_eq!(templates(&house), ["order_confirmation", "refund_sent"]);
}

#[test]
fn a_refund_that_takes_its_time_is_asked_about_and_not_asked_for_again() {
    let (house, _, ann) = open();
    capture_at_once(&house);
    let session = paid(&house, &ann);
    house.stripe.next_refund_pends();
    ann.submit(&order_page(&house, &ann), "/orders/R1001/cancel", &[]).says(200, "Your order is cancelled.");
    house.work();
    minutes_pass(&house, 5);
    minutes_pass(&house, 5);
    let id = order(&house).id;
    let states = || {
        let back = house.db.read_now(move |conn| refunds::of_order(conn, id)).unwrap();
        back.iter().map(|refund| (refund.amount, refund.state)).collect::<Vec<_>>()
    };
    assert_eq!((states(), order(&house).payment_status), (vec![(1690, WishState::Requested)], PaymentStatus::Paid));
    let refunds = house.stripe.refunds_of(&session);
    assert_eq!(refunds.len(), 1);
    assert!(house.stripe.finish_refund(&refunds[0].id));
    minutes_pass(&house, 5);
    assert_eq!((states(), order(&house).payment_status), (vec![(1690, WishState::Settled)], PaymentStatus::Refunded));
    assert_eq!(house.stripe.refunds_of(&session).len(), 1);
    assert_eq!(templates(&house), ["order_confirmation", "order_cancelled", "refund_sent"]);
}

#[test]
fn a_lost_webhook_is_made_up_for() {
    let (house, mug, ann) = open();
    let session = placed(&house, &ann);
    house.stripe.hold_webhooks();
    house.stripe.pay(&session).unwrap();
    // The browser never comes back either.
    minutes_pass(&house, 2);
    assert_eq!(order(&house).status, OrderStatus::Pending);
    minutes_pass(&house, 10);
    minutes_pass(&house, 1);
    assert_eq!((order(&house).status, order(&house).payment_status), (OrderStatus::Confirmed, PaymentStatus::Authorised));
    let level = house.db.read_now(move |conn| stock::level(conn, mug)).unwrap();
    assert_eq!((level.held, level.allocated), (0, 1));
    assert_eq!(templates(&house), ["order_confirmation"]);
}

#[test]
fn a_cancelled_order_releases_the_card_even_when_stripe_is_down_first() {
    let (house, mug, ann) = open();
    let session = paid(&house, &ann);
    house.stripe.down();
    ann.submit(&order_page(&house, &ann), "/orders/R1001/cancel", &[]).says(200, "Your order is cancelled.");
    house.work();
    house.stripe.up();
    house.stripe.hold_webhooks();
    minutes_pass(&house, 1);
    minutes_pass(&house, 1);
    assert_eq!((payment(&house).state, order(&house).payment_status), (PaymentState::Voided, PaymentStatus::Voided));
    assert_eq!(house.stripe.captured_total().get("EUR"), None);
    assert!(house.stripe.refunds_of(&session).is_empty());
    assert_eq!(house.db.read_now(move |conn| stock::level(conn, mug)).unwrap().free(), 5);
}

#[test]
fn webhooks_twice_late_and_in_any_order_change_nothing_more() {
    let (house, _, ann) = open();
    capture_at_once(&house);
    let session = placed(&house, &ann);
    house.stripe.fault(Fault::DoubleWebhook);
    house.stripe.pay(&session).unwrap();
    delivered(&house, house.stripe.events().len() + 1);
    house.work();
    house.stripe.deliver_again();
    house.work();
    let id: OrderId = order(&house).id;
    let (captures, history) = house
        .db
        .read_now(move |conn| {
            let payment = payments::latest(conn, id)?.unwrap();
            Ok((payments::captures_of(conn, payment.id)?, orders::history(conn, id)?))
        })
        .unwrap();
    assert_eq!(captures.iter().map(|capture| (capture.amount, capture.state)).collect::<Vec<_>>(), [(1690, WishState::Settled)]);
    assert_eq!(history.iter().filter(|entry| entry.kind == "confirmed").count(), 1);
    assert_eq!(templates(&house), ["order_confirmation"]);
}

#[test]
fn without_its_search_server_the_shop_says_so_and_sells_on() {
    let (house, _, ann) = open();
    // A second process of the same shop whose search server is nowhere.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let folder = house.state.config.data_dir.join("second");
    let database = match &house.state.config.database {
        kernel::db::Target::File(path) => format!("sqlite://{}", path.display()),
        kernel::db::Target::Postgres(url) => url.clone(),
    };
    let vars = [
        ("REGULARS_DATA_DIR", folder.display().to_string()),
        ("DATABASE_URL", database),
        ("REGULARS_BASE_URL", base.clone()),
        ("REGULARS_PAGE_CACHE_MS", "0".into()),
        ("REGULARS_MEILISEARCH_URL", format!("http://{nowhere}")),
    ];
    let config = Config::read(None, vars.map(|(name, value)| (name.to_string(), value))).unwrap();
    let state = AppState::open(config, Clock::default()).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = regulars::app::server(state, listener).unwrap();
            tell.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    let server = told.recv().unwrap();
    let bob = Visitor::new(&base);
    let found = bob.get("/search?q=mug").says(503, "Searching does not work at the moment");
    assert!(found.headers.contains_key("retry-after"));
    let review = to_review(&bob, "bank_transfer");
    bob.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    actix_web::rt::System::new().block_on(server.stop(false));
    order_page(&house, &ann).says(200, "Confirmed");
}

#[test]
fn a_refund_made_at_stripes_own_desk_is_booked_and_only_the_rest_goes_back_later() {
    let (house, _, ann) = open();
    capture_at_once(&house);
    let session = paid(&house, &ann);
    house.work();
    house.stripe.refund_in_dashboard(&session, 500);
    // The webhook about it goes out on a thread of its own.
    for _ in 0..200 {
        house.work();
        if payment(&house).refunded > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    assert_eq!((payment(&house).refunded, order(&house).payment_status), (500, PaymentStatus::PartiallyRefunded));
    ann.submit(&order_page(&house, &ann), "/orders/R1001/cancel", &[]).says(200, "Your order is cancelled.");
    house.work();
    minutes_pass(&house, 5);
    assert_eq!(house.stripe.refunded_total().get("EUR"), Some(&1690));
    assert_eq!((payment(&house).refunded, order(&house).payment_status), (1690, PaymentStatus::Refunded));
}

/// The shop finds the disk full while it places an order. SQLite reports a limit of pages exactly as it reports a full disk, and forgets it
/// with the connection; a server is made to refuse at the commit, with the code it refuses with when it cannot extend a file.
fn the_disk_is_full(house: &House) {
    if matches!(house.db.target(), kernel::db::Target::Postgres(_)) {
        let refuse = "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$ \
                      BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$";
        let at_commit = "CREATE CONSTRAINT TRIGGER disk_is_full AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED \
                         FOR EACH ROW EXECUTE FUNCTION disk_is_full()";
        return house.db.write_now(move |conn| [refuse, at_commit].iter().try_for_each(|sql| run(conn, sql))).unwrap();
    }
    // The note is more than what is free in the pages that are there.
    let note = format!("UPDATE carts SET note = '{}'", "n".repeat(200_000));
    house.db.write_now(move |conn| run(conn, &note)).unwrap();
    // On the connection that the shop itself writes with.
    house.state.db.write_now(|conn| run(conn, "PRAGMA max_page_count = 1")).unwrap();
}

fn there_is_room_again(house: &House) {
    if matches!(house.db.target(), kernel::db::Target::Postgres(_)) {
        house.db.write_now(|conn| run(conn, "DROP FUNCTION disk_is_full CASCADE")).unwrap();
    }
}

fn run(conn: &mut kernel::Conn, sql: &str) -> kernel::Result<()> {
    diesel::sql_query(sql).execute(conn)?;
    Ok(())
}

#[test]
fn a_full_disk_refuses_an_order_whole_and_the_next_try_places_it() {
    let (house, mug, ann) = open();
    let review = to_review(&ann, "bank_transfer");
    the_disk_is_full(&house);
    let refused = ann.submit(&review, "/checkout/place", &[]);
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.headers.contains_key("retry-after"));
    let nothing = house.db.read_now(move |conn| Ok((orders::count(conn)?, stock::level(conn, mug)?.free()))).unwrap();
    assert_eq!(nothing, (0, 5));
    there_is_room_again(&house);
    // A server does not give a number out twice, so that the order's may be the next one.
    ann.submit(&review, "/checkout/place", &[]).says(200, "Thank you");
    let one = house.db.read_now(move |conn| Ok((orders::count(conn)?, stock::level(conn, mug)?.free()))).unwrap();
    assert_eq!(one, (1, 4));
}
