//! What it costs to have one person in view: the page of a customer with a long history, and how soon an order shows as an offer.
//!
//! `cargo bench --bench shop -- person` for SQLite; `tests/support/pg.sh cargo bench --bench shop -- person` for PostgreSQL. Every page is
//! rendered anew. Wrong when a page does not answer or does not show what it should; a missed floor is only told.

use crate::goods::{self, EUR, now};
use crate::scale::whole::{TOKEN, open};
use crate::support::client::{Client, contains, get};
use crate::support::serving::{serve, stop};
use crate::support::{Spread, millis, ms, verdict};
use crm::rules::{Age, Rule, Span};
use crm::segments::{self, Wish};
use crm::{CustomerId, customers};
use diesel::connection::SimpleConnection;
use kernel::clock::Clock;
use kernel::db::Target;
use kernel::{Db, on_each};
use regulars::app;
use std::collections::BTreeMap;
use std::time::Instant;
use storefront::checkout::Settlement;
use storefront::promotions::{Conditions, Cut, Effect, Goods, Rules, Terms};
use storefront::{logins, offers};

const ENTRIES: i64 = 10_000;
const REPEATS: usize = 31;
/// Customers who order, one after another.
const BUYERS: usize = 31;
const PAGE_FLOOR: f64 = 100.0;
const OFFER_FLOOR: f64 = 50.0;
const OFFER: &str = "A tenth off the next one";

pub fn run() -> bool {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1_000_000);
    let regular = goods::customer(&db, "regular@example.com", 0);
    remember(&db, regular);
    offer_to_buyers(&db);
    let folder = std::env::temp_dir().join(format!("regulars_bench_person_{}", std::process::id()));
    let state = open(&db, &folder).unwrap();
    let (address, handle) = serve(move |listener| app::server(state, listener).unwrap());
    let mut client = Client::connect(address).unwrap();
    println!("{}", if matches!(db.target(), Target::File(_)) { "SQLite" } else { "PostgreSQL" });
    let mut right = true;
    for (path, words) in [("/admin/customers/1", "regular@example.com"), ("/admin/customers/1/timeline", "Looked at")] {
        let request = get(path, &format!("staff_session={TOKEN}"));
        let mut times = Vec::new();
        for _ in 0..REPEATS {
            let (shown, took) =
                millis(|| client.ask(&request).is_ok_and(|answer| answer.status == 200 && contains(answer.body, words.as_bytes())));
            right &= shown;
            times.push(took);
        }
        let spread = Spread::of(times);
        println!("{path} with {ENTRIES} entries: {} ms (floor {PAGE_FLOOR} ms, {})", spread.show(2), verdict(spread.median <= PAGE_FLOOR));
    }
    let mut times = Vec::new();
    for buyer in 0..BUYERS {
        let email = format!("buyer{buyer}@example.com");
        let customer = goods::customer(&db, &email, 0);
        let token = format!("session of {buyer}");
        db.write_now(move |conn| logins::open_session(conn, customer, &token, "bench", now())).unwrap();
        let request = get("/", &format!("session=session of {buyer}"));
        let mut shown = || client.ask(&request).is_ok_and(|answer| answer.status == 200 && contains(answer.body, OFFER.as_bytes()));
        right &= !shown();
        let (cart, _) = goods::cart(&db, &[(mug, 1)], &email, "bank_transfer", "");
        let seen = goods::pay_with(&db, cart, &[], Some(customer));
        right &= goods::place(&db, cart, seen, Settlement::After).is_ok();
        let placed = Instant::now();
        right &= shown();
        times.push(ms(placed.elapsed()));
    }
    let spread = Spread::of(times);
    println!(
        "an order makes a member, and the next page shows the offer for members: {} ms from the commit (floor {OFFER_FLOOR} ms, {})",
        spread.show(2),
        verdict(spread.median <= OFFER_FLOOR)
    );
    stop(handle);
    let _ = std::fs::remove_dir_all(&folder);
    right
}

/// Ten thousand things that a customer did in the last months.
fn remember(db: &Db, customer: CustomerId) {
    let sqlite = matches!(db.target(), Target::File(_));
    let (numbers, ago) = if sqlite {
        (
            format!("(WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {ENTRIES}) SELECT n FROM t)"),
            "datetime('now', '-' || (n * 13) || ' minutes')",
        )
    } else {
        (format!("generate_series(1, {ENTRIES}) AS t (n)"), "now() AT TIME ZONE 'UTC' - n * INTERVAL '13 minutes'")
    };
    let sql = format!(
        "INSERT INTO activities (customer_id, kind, happened_at, source, dedupe_key, subject, detail)
         SELECT {customer}, CASE n % 5 WHEN 0 THEN 'searched' WHEN 1 THEN 'cart_changed' ELSE 'product_viewed' END, {ago}, 'bench',
         CAST(n AS TEXT), 1, 'mug' FROM {numbers}"
    );
    db.write_now(move |conn| Ok(on_each!(conn, c => c.batch_execute(&sql))?)).unwrap();
    assert_eq!(db.read_now(move |conn| customers::get(conn, customer)).unwrap().id, CustomerId(1));
}

/// A tenth off for whoever ordered in the last month.
fn offer_to_buyers(db: &Db) {
    let wish = Wish { name: "Buyers".into(), note: String::new(), rule: Rule::FirstOrder(Age::Within(Span::Days(30))) };
    let members = db.write_now(move |conn| segments::create(conn, &wish, now())).unwrap();
    segments::build_all(db, &Clock::default()).unwrap();
    let why = BTreeMap::from([("en".to_string(), "Because you ordered".to_string())]);
    let effect = Effect::Reduce { cut: Cut::Percentage(1000), on: Goods::default() };
    let conditions = Conditions { segment: Some(members), ..Conditions::default() };
    let terms = offers::Terms { why, control_bp: 0, ..offers::Terms::default() };
    let rules = Rules { conditions, effect, ..Rules::default() };
    goods::promotion(db, Terms { offer: Some(terms), max_uses_per_customer: Some(1), ..Terms::automatic(OFFER, rules, EUR) });
}
