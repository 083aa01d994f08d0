//! What segments cost: a full build of each, and one customer in all of them; and the nightly run of all scores.
//!
//! `cargo bench -p regulars-crm --bench segments` for SQLite (200,000 customers, 1M orders, 10M events);
//! `tests/support/pg.sh cargo bench -p regulars-crm --bench segments` for PostgreSQL (1M, 5M, 50M). `REGULARS_SEGMENT_CUSTOMERS` asks for fewer;
//! orders and events follow. Exits with 1 when rows are not what their rule says; a missed floor is only told.

// A benchmark reports times and rates; no money is computed here.
#![allow(clippy::float_arithmetic, clippy::unwrap_used)]

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use kernel::clock::{Clock, Time};
use kernel::money::Currency;
use kernel::{Db, on_each};
use regulars_crm::CustomerId;
use regulars_crm::rules;
use regulars_crm::scores;
use regulars_crm::segments::{self, SegmentId, Why, Wish};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const ORDERS_EACH: i64 = 5;
const EVENTS_EACH: i64 = 50;
/// Customers asked one by one.
const ASKED: i64 = 500;
const BUILD_FLOOR: Duration = Duration::from_secs(5);
const NIGHT_FLOOR: Duration = Duration::from_secs(60);
const ONE_FLOOR_MICROS: f64 = 1000.0;

const RULES: [(&str, &str); 8] = [
    ("2 orders in 180 days", r#"{"orders":{"at_least":2,"within":"180d"}}"#),
    ("one worth 50 in a year", r#"{"orders":{"at_least":1,"worth":{"amount":5000,"currency":"EUR"},"within":"365d"}}"#),
    ("silent for 180 days", r#"{"all":[{"score":{"measure":"orders","at_least":1}},{"last_order":{"before":"180d"}}]}"#),
    ("tag and country", r#"{"all":[{"tag":"vip"},{"country":["DE","AT"]}]}"#),
    (
        "bought a category, never a product",
        r#"{"all":[{"bought":{"what":{"category":7},"at_least":2}},{"bought":{"what":{"product":3},"at_most":0}}]}"#,
    ),
    ("looked 3 times in 30 days", r#"{"did":{"kind":"product_viewed","at_least":3,"within":"30d"}}"#),
    (
        "searched and did not order",
        r#"{"all":[{"did":{"kind":"searched","at_least":1,"within":"14d"}},{"did":{"kind":"order_placed","at_most":0,"within":"14d"}}]}"#,
    ),
    (
        "best fifth or a yes to mails",
        r#"{"any":[{"score":{"measure":"monetary","at_least":5}},{"consent":{"channel":"email","topic":"news","state":"given"}}]}"#,
    ),
];

fn noon() -> Time {
    NaiveDate::from_ymd_opt(2026, 6, 1).unwrap().and_hms_opt(12, 0, 0).unwrap()
}

fn main() -> ExitCode {
    let db = kernel::testing::db();
    let postgres = matches!(db.target(), kernel::db::Target::Postgres(_));
    let asked = std::env::var("REGULARS_SEGMENT_CUSTOMERS").ok().and_then(|text| text.parse().ok());
    let customers: i64 = asked.unwrap_or(if postgres { 1_000_000 } else { 200_000 });
    println!("{customers} customers, {} orders, {} events", customers * ORDERS_EACH, customers * EVENTS_EACH);
    let started = Instant::now();
    fill(&db, postgres, customers);
    println!("filled in {:.0} s", started.elapsed().as_secs_f64());
    let clock = Clock::default();
    clock.advance(noon() - clock.now());
    let ids: Vec<SegmentId> = RULES.iter().map(|(name, rule)| built(&db, name, rule, &clock)).collect();
    one_by_one(&db, &ids, customers);
    let proofs = db.read_whole(|conn| segments::proofs(conn, noon() + chrono::TimeDelta::minutes(1))).unwrap();
    let wrong: usize = proofs.iter().map(|proof| proof.wrong.len()).sum();
    println!("rows that are not what their rule says: {wrong}");
    nightly(&db);
    if wrong == 0 && proofs.len() == RULES.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn built(db: &Db, name: &str, rule: &str, clock: &Clock) -> SegmentId {
    let wish = Wish { name: name.to_string(), note: String::new(), rule: rules::parse(rule).unwrap() };
    let id = db.write_now(move |conn| segments::create(conn, &wish, noon())).unwrap();
    let time = |id: SegmentId| {
        let started = Instant::now();
        segments::build(db, id, clock).unwrap();
        started.elapsed()
    };
    let first = time(id);
    db.write_now(move |conn| segments::rebuild(conn, id, noon())).unwrap();
    let again = time(id);
    let size = db.read_now(move |conn| segments::get(conn, id)).unwrap().size;
    let held = if first.max(again) <= BUILD_FLOOR { "held" } else { "MISSED" };
    println!(
        "  {name:<38} {size:>9} members  first {:>7.0} ms  again {:>7.0} ms  (floor 5 s: {held})",
        first.as_secs_f64() * 1000.0,
        again.as_secs_f64() * 1000.0
    );
    id
}

/// Membership of one customer: read from the rows, and worked out anew in a transaction as an order does it.
fn one_by_one(db: &Db, ids: &[SegmentId], customers: i64) {
    let of = move |n: i64| CustomerId(1 + n * 7919 % customers);
    let all = ids.to_vec();
    let started = Instant::now();
    db.read_now(move |conn| {
        for n in 0..ASKED {
            segments::among(conn, of(n), &all, noon())?;
        }
        Ok(())
    })
    .unwrap();
    told("read", started.elapsed(), ids.len());
    let started = Instant::now();
    for n in 0..ASKED {
        db.write_now(move |conn| segments::follow(conn, of(n), Why::Order, noon())).unwrap();
    }
    told("worked out and committed", started.elapsed(), ids.len());
    let started = Instant::now();
    db.write_now(move |conn| (0..ASKED).try_for_each(|n| segments::follow(conn, of(n), Why::Order, noon()))).unwrap();
    told("worked out", started.elapsed(), ids.len());
}

/// The run that brings every customer's scores up to date.
fn nightly(db: &Db) {
    let started = Instant::now();
    scores::run(db, Currency::EUR, noon()).unwrap();
    let took = started.elapsed();
    let held = if took <= NIGHT_FLOOR { "held" } else { "MISSED" };
    println!("  scores of every customer in {:.1} s  (floor 60 s: {held})", took.as_secs_f64());
}

fn told(what: &str, took: Duration, segments: usize) {
    let each = took.as_secs_f64() * 1e6 / ASKED as f64;
    let one = each / segments as f64;
    let held = if one <= ONE_FLOOR_MICROS { "held" } else { "MISSED" };
    println!("  one customer {what:<26} {each:>8.0} us in all {segments}, {one:>6.0} us each  (floor 1 ms: {held})");
}

/// Numbers from 1 to `last`, a moment some minutes before noon, and what only one engine can say.
struct Words {
    numbers: fn(i64) -> String,
    ago: fn(&str) -> String,
    before: &'static str,
    after: &'static str,
}

const SQLITE: Words = Words {
    numbers: |last| format!("(WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {last}) SELECT n FROM t)"),
    ago: |minutes| format!("datetime('2026-06-01 12:00:00', '-' || ({minutes}) || ' minutes')"),
    before: "SELECT 1",
    after: "SELECT 1",
};
const POSTGRES: Words = Words {
    numbers: |last| format!("(SELECT n::bigint AS n FROM generate_series(1, {last}) AS n) AS t"),
    ago: |minutes| format!("TIMESTAMP '2026-06-01 12:00:00' - ({minutes}) * INTERVAL '1 minute'"),
    // Fifty million rows are written in an hour with their indexes, and in minutes before them.
    before: "CREATE TABLE bench_indexes AS SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'activities_by_%';
        DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM bench_indexes LOOP EXECUTE 'DROP INDEX ' || quote_ident(i.indexname); END LOOP; END $$",
    after: "SET LOCAL maintenance_work_mem = '1GB';
        DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM bench_indexes LOOP EXECUTE i.indexdef; END LOOP; END $$;
        DROP TABLE bench_indexes; ANALYZE",
};

fn fill(db: &Db, postgres: bool, customers: i64) {
    let words = if postgres { POSTGRES } else { SQLITE };
    let (numbers, ago) = (words.numbers, words.ago);
    let statements = [
        words.before.to_string(),
        format!(
            "INSERT INTO customers (id, email, email_key, name, name_key, phone, language, tags, note, created_at, updated_at)
             SELECT n, 'c' || n || '@example.com', 'c' || n || '@example.com', 'Customer ' || n, 'customer ' || n, '',
             CASE WHEN n % 3 = 0 THEN 'zh' ELSE 'en' END, CASE WHEN n % 20 = 0 THEN 'vip, tea' ELSE '' END, '', {at}, {at} FROM {of}",
            at = ago("n * 7919 % 1000003"),
            of = numbers(customers)
        ),
        format!(
            "INSERT INTO consents (customer_id, channel, topic, legal_basis, state, proof, created_at)
             SELECT n, 'email', 'news', 'consent', CASE WHEN n % 4 = 0 THEN 'given' ELSE 'withdrawn' END, 'bench', {at} FROM {of} WHERE n % 2 = 0",
            at = ago("n % 1000"),
            of = numbers(customers)
        ),
        format!(
            "INSERT INTO purchases (order_id, customer_id, purchased_at, currency, revenue, refunded, units, country, postcode)
             SELECT n, 1 + n * 7907 % {customers}, {at}, 'EUR', 500 + n * 31 % 9000, 0, 2,
             CASE n % 3 WHEN 0 THEN 'DE' WHEN 1 THEN 'AT' ELSE 'FR' END, '10115' FROM {of}",
            at = ago("n * 104729 % 1000003"),
            of = numbers(customers * ORDERS_EACH)
        ),
        "INSERT INTO purchase_lines (customer_id, order_id, variant_id, product_id, purchased_at, quantity, amount)
         SELECT customer_id, order_id, 1 + order_id % 3000, 1 + order_id % 1000, purchased_at, 2, revenue FROM purchases"
            .to_string(),
        format!("INSERT INTO product_kin (product_id, kind, key) SELECT n, 'category', '7' FROM {} WHERE n % 10 = 0", numbers(1000)),
        "INSERT INTO scores (customer_id, currency, orders, value, first_at, last_at, stage, recency, frequency, monetary)
         SELECT customer_id, 'EUR', COUNT(*), SUM(revenue), MIN(purchased_at), MAX(purchased_at), 'regular', 1 + customer_id % 5,
         1 + customer_id % 5, 1 + customer_id % 5 FROM purchases GROUP BY customer_id"
            .to_string(),
        format!(
            "INSERT INTO activities (customer_id, kind, happened_at, source, dedupe_key, subject)
             SELECT 1 + n * 7901 % {customers}, CASE n % 10 WHEN 0 THEN 'searched' WHEN 1 THEN 'order_placed' WHEN 2 THEN 'cart_changed'
             WHEN 3 THEN 'category_viewed' ELSE 'product_viewed' END, {at}, 'bench', CAST(n AS TEXT), 1 + n % 1000 FROM {of}",
            at = ago("n * 99991 % 1000003"),
            of = numbers(customers * EVENTS_EACH)
        ),
        words.after.to_string(),
    ];
    for statement in statements {
        // A million rows take longer than any statement of the shop may.
        let run = if postgres { format!("SET LOCAL statement_timeout = 0; {statement}") } else { statement };
        db.write_now(move |conn| Ok(on_each!(conn, c => c.batch_execute(&run))?)).unwrap();
    }
}
