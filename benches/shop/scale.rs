//! What pages and lists cost with 10,000, 100,000 and 1,000,000 orders and products.
//!
//! `cargo bench --bench shop -- scale` for SQLite; `tests/support/pg.sh cargo bench --bench shop -- scale` for PostgreSQL. `REGULARS_SCALE=100000` stops
//! earlier. The floor is meant for whole pages, of addresses that were asked for before, so that it speaks of the shop's work and not of the
//! machine's disk; the first time and what the database has to do for them are told beside it. Wrong when a page does not answer or a list
//! does not hold what it should; a missed floor is only told.

pub mod whole;

use crate::goods;
use crate::support::{Dice, Spread, millis, verdict};
use chrono::{DateTime, TimeDelta};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use kernel::clock::Time;
use kernel::db::Target;
use kernel::money::Currency;
use kernel::{Conn, Db, Result, on_each};
use storefront::carts;
use storefront::catalog;
use storefront::ids::{CartId, CategoryId, OrderId, ProductId, VariantId};
use storefront::orders::{self, FulfilmentStatus, OrderStatus, PaymentStatus};
use storefront::shop::Shop;

const SCALES: [i64; 3] = [10_000, 100_000, 1_000_000];
const CATEGORIES: i64 = 100;
const LINES: i64 = 100;
/// Rows of a page of the back office, and products of a page of the shop with the one that tells whether there are more.
const ROWS: i64 = 50;
const PRODUCTS: i64 = 25;
const REPEATS: usize = 31;
/// What took this long is not asked again so often.
const SLOW_MS: f64 = 200.0;
const FLOOR: f64 = 1.5;

/// One thing asked of the database: its name, and what it does, answering how much it found.
struct Case {
    name: &'static str,
    run: fn(&mut Conn, &mut Dice, i64) -> Result<usize>,
}

fn case(name: &'static str, run: fn(&mut Conn, &mut Dice, i64) -> Result<usize>) -> Case {
    Case { name, run }
}

fn any(dice: &mut Dice, most: i64) -> i64 {
    1 + dice.roll(most as u64) as i64
}

/// An id in the oldest tenth.
fn deep(dice: &mut Dice, scale: i64) -> i64 {
    scale / 100 + any(dice, scale / 10)
}

/// When the order with this number was placed.
fn placed(number: i64) -> Time {
    DateTime::from_timestamp(1_577_836_800 + number * 900, 0).unwrap().naive_utc()
}

fn list(conn: &mut Conn, filter: orders::Filter) -> Result<usize> {
    Ok(orders::list(conn, &filter, ROWS)?.len())
}

fn search(conn: &mut Conn, words: String, payment_status: Option<PaymentStatus>) -> Result<usize> {
    list(conn, orders::Filter { search: Some(words), payment_status, ..orders::Filter::default() })
}

fn products(conn: &mut Conn, filter: catalog::Filter) -> Result<usize> {
    Ok(catalog::product_list(conn, &filter, Currency::EUR, ROWS)?.len())
}

/// What a category page asks of the database.
fn category(conn: &mut Conn, category: i64, after: i64) -> Result<usize> {
    catalog::categories(conn, "en")?;
    let ids = catalog::listing(conn, Some(CategoryId(category)), Some(ProductId(after)), PRODUCTS)?;
    Ok(catalog::cards(conn, &Shop::default(), &ids, "en")?.len())
}

fn cases() -> Vec<Case> {
    use orders::Filter;
    vec![
        case("order list, first page", |conn, _, _| list(conn, Filter::default())),
        case("order list, deep page", |conn, dice, scale| {
            list(conn, Filter { before: Some(OrderId(deep(dice, scale))), ..Filter::default() })
        }),
        case("order list, confirmed", |conn, _, _| list(conn, Filter { status: Some(OrderStatus::Confirmed), ..Filter::default() })),
        case("order list, completed, deep", |conn, dice, scale| {
            list(conn, Filter { status: Some(OrderStatus::Completed), before: Some(OrderId(deep(dice, scale))), ..Filter::default() })
        }),
        case("order list, paid, unfulfilled", |conn, _, _| {
            let (payment_status, fulfilment_status) = (Some(PaymentStatus::Paid), Some(FulfilmentStatus::Unfulfilled));
            list(conn, Filter { payment_status, fulfilment_status, ..Filter::default() })
        }),
        case("order list, two that never meet", |conn, _, _| {
            let (status, payment_status) = (Some(OrderStatus::Completed), Some(PaymentStatus::Voided));
            list(conn, Filter { status, payment_status, ..Filter::default() }).map(|found| found + 1)
        }),
        case("order list, by mail address", |conn, dice, scale| {
            let email = Some(format!("c{}@example.com", any(dice, scale / 10)));
            list(conn, Filter { email, ..Filter::default() })
        }),
        case("order list, one country, deep", |conn, dice, scale| {
            let before = Some(OrderId(deep(dice, scale)));
            list(conn, Filter { country: Some("AT".into()), before, ..Filter::default() })
        }),
        case("order list, a month, one way to pay", |conn, dice, scale| {
            let from = placed(any(dice, scale / 2));
            let until = Some(from + TimeDelta::days(30));
            let payment_method = Some("bank_transfer".into());
            list(conn, Filter { from: Some(from), until, payment_method, ..Filter::default() })
        }),
        case("order search, a number", |conn, dice, scale| search(conn, format!("#R{}", 1000 + any(dice, scale)), None)),
        case("order search, the start of a SKU", |conn, dice, scale| {
            search(conn, format!("sku-{}", 1 + any(dice, scale) * 7 % 1_000_003), None)
        }),
        case("order search, start of a mail address", |conn, dice, scale| search(conn, format!("c{}@", any(dice, scale / 10)), None)),
        case("order search, a name that many have", |conn, _, _| search(conn, "cust".into(), None)),
        case("order search, a common name, paid", |conn, _, _| search(conn, "customer".into(), Some(PaymentStatus::Paid))),
        case("order search, common and rare", |conn, dice, scale| search(conn, format!("customer c{}@", any(dice, scale / 10)), None)),
        case("new orders since", |conn, _, scale| orders::newer(conn, OrderId(scale - 20), 100)),
        case("what waits, up to 100", |conn, _, _| Ok(orders::waiting(conn, 100)?.to_ship)),
        case("product list, first page", |conn, _, _| products(conn, catalog::Filter::default())),
        case("product list, deep page", |conn, dice, scale| {
            products(conn, catalog::Filter { before: Some(ProductId(deep(dice, scale))), ..catalog::Filter::default() })
        }),
        case("product list, drafts, deep", |conn, dice, scale| {
            let (status, before) = (Some(catalog::Status::Draft), Some(ProductId(deep(dice, scale) + scale / 5)));
            products(conn, catalog::Filter { status, before, ..catalog::Filter::default() })
        }),
        case("product list, of a brand, deep", |conn, dice, scale| {
            let (brand, before) = (format!("Brand {}", any(dice, 50) - 1), Some(ProductId(deep(dice, scale) + scale / 5)));
            products(conn, catalog::Filter { brand, before, ..catalog::Filter::default() })
        }),
        case("product list, available below a price, deep", |conn, dice, scale| {
            let before = Some(ProductId(deep(dice, scale) + scale / 5));
            let stock = Some(catalog::Stocked::In);
            products(conn, catalog::Filter { stock, price: (None, Some(3000)), before, ..catalog::Filter::default() })
        }),
        case("product list, part of a title", |conn, dice, scale| {
            let text = format!("number {} of", any(dice, scale));
            products(conn, catalog::Filter { text, ..catalog::Filter::default() })
        }),
        case("category page, first", |conn, dice, _| category(conn, any(dice, CATEGORIES), 0)),
        case("category page, deep", |conn, dice, scale| category(conn, any(dice, CATEGORIES), deep(dice, scale))),
        case("product page", |conn, dice, scale| {
            let number = any(dice, scale / 2) * 2 - 1;
            Ok(catalog::page(conn, &Shop::default(), &format!("product-{number}"), "en")?.variants.len())
        }),
        case("product page's shelf of others", |conn, dice, scale| {
            Ok(catalog::related(conn, &Shop::default().assortment(), ProductId(any(dice, scale)), 4)?.len())
        }),
        case("newest products", |conn, _, _| Ok(catalog::newest(conn, &Shop::default().assortment(), 8)?.len())),
        case("cart of 100 lines, quoted", |conn, _, _| Ok(carts::quote(conn, CartId(1), goods::now())?.lines.len())),
    ]
}

pub fn run() -> bool {
    let db = goods::open();
    let sqlite = matches!(db.target(), Target::File(_));
    let most: i64 = std::env::var("REGULARS_SCALE").ok().and_then(|most| most.parse().ok()).unwrap_or(SCALES[2]);
    println!("{}: milliseconds as min/median/max of up to {REPEATS}", if sqlite { "SQLite" } else { "PostgreSQL" });
    let (mut from, mut right) = (1, true);
    let cases = cases();
    let pages = whole::pages();
    let mut medians: Vec<Vec<f64>> = vec![Vec::new(); cases.len()];
    let mut of_pages: Vec<Vec<f64>> = vec![Vec::new(); pages.len()];
    for scale in SCALES.into_iter().filter(|scale| *scale <= most) {
        let (_, took) = millis(|| grow(&db, from, scale, sqlite));
        if from == 1 {
            fill_cart(&db);
        }
        from = scale + 1;
        println!("\n{scale} orders and products, {CATEGORIES} categories (made in {:.0} s)", took / 1000.0);
        for (case, medians) in cases.iter().zip(&mut medians) {
            let (spread, found) = measure(&db, case, scale);
            println!("  {:<33} {}", case.name, spread.show(2));
            if found == 0 {
                println!("  {}: found nothing", case.name);
                right = false;
            }
            medians.push(spread.median);
        }
        let times = match whole::measure(&db, scale) {
            Ok(times) => times,
            Err(reason) => {
                println!("  {reason}");
                return false;
            }
        };
        for ((page, times), medians) in pages.iter().zip(times).zip(&mut of_pages) {
            println!("  {:<33} {}  asked first {}", page.name, times.again.show(2), times.first.show(2));
            medians.push(times.again.median);
        }
    }
    let ratio = |medians: &[f64]| medians[medians.len() - 1] / medians[0];
    println!("\nthe largest against the smallest, by medians");
    for (case, medians) in cases.iter().zip(&medians) {
        println!("  {:<33} {:.2}", case.name, ratio(medians));
    }
    println!("whole pages (floor {FLOOR})");
    for (page, medians) in pages.iter().zip(&of_pages) {
        let told = if page.has_floor { verdict(ratio(medians) <= FLOOR) } else { "no floor" };
        println!("  {:<33} {:.2}  {told}", page.name, ratio(medians));
    }
    right
}

/// The time of each repeat, and the least that one of them found.
fn measure(db: &Db, case: &Case, scale: i64) -> (Spread, usize) {
    let mut dice = Dice::new(11);
    let (mut times, mut least) = (Vec::new(), usize::MAX);
    let once = |dice: &mut Dice| db.read_now(|conn| (case.run)(conn, dice, scale)).unwrap();
    let (_, first) = millis(|| once(&mut dice));
    let repeats = if first > SLOW_MS { 5 } else { REPEATS };
    for _ in 0..repeats {
        let (found, took) = millis(|| once(&mut dice));
        times.push(took);
        least = least.min(found);
    }
    (Spread::of(times), least)
}

fn fill_cart(db: &Db) {
    let cart = db
        .write_now(|conn| {
            let cart = carts::create(conn, None, &Shop::default(), "en", goods::now())?;
            for line in 0..LINES {
                carts::add(conn, cart, VariantId(1 + line * 98), 1, goods::now())?;
            }
            Ok(cart)
        })
        .unwrap();
    assert_eq!(cart, CartId(1), "the first cart of an empty shop");
}

/// Adds orders and products with the numbers `from` to `to`, by one statement for each table.
pub fn grow(db: &Db, from: i64, to: i64, sqlite: bool) {
    if from == 1 {
        insert(db, sqlite, "categories (id, slug, name, position)", "i, 'category-' || i, 'Category ' || i, i", 1, CATEGORIES);
    }
    const TIME: &str = "'2026-01-02 03:04:05'";
    let product = format!(
        "i, 'product-' || i, CASE WHEN i % 20 = 0 THEN 'draft' ELSE 'active' END, i % 20 <> 0, 'Cup number ' || i || ' of all', \
         '<p>A cup for every day, thrown by hand and fired twice. It keeps tea warm and fingers cool.</p>', 'Brand ' || (i % 50), \
         {TIME}, {TIME}, {TIME}"
    );
    let columns = "products (id, slug, status, listed, title, description_html, brand, published_at, created_at, updated_at)";
    insert(db, sqlite, columns, &product, from, to);
    insert(db, sqlite, "product_categories (product_id, category_id)", &format!("i, 1 + (i / 20 * 7 + i) % {CATEGORIES}"), from, to);
    insert(db, sqlite, "variants (id, product_id, position, sku, weight_grams)", "i, i, 1, 'SKU-' || i, 300", from, to);
    insert(db, sqlite, "prices (variant_id, currency, amount)", "i, 'EUR', 500 + i % 5000", from, to);
    insert(db, sqlite, "stock_levels (variant_id, tracked, oversell, on_hand)", "i, TRUE, FALSE, 10 + i % 90", from, to);

    let customer = format!("i, 'c' || i || '@example.com', 'c' || i || '@example.com', 'Customer ' || i, {TIME}, {TIME}");
    let columns = "customers (id, email, email_key, name, created_at, updated_at)";
    insert(db, sqlite, columns, &customer, (from + 9) / 10, to / 10);
    // Of a hundred orders one waits for money, two to be sent, two were cancelled, the others are done.
    let kind = |waiting: &str, confirmed: &str, cancelled: &str, done: &str| {
        format!(
            "CASE WHEN i % 100 = 0 THEN '{waiting}' WHEN i % 100 < 3 THEN '{confirmed}' WHEN i % 100 < 5 THEN '{cancelled}' ELSE '{done}' END"
        )
    };
    // An order every quarter of an hour.
    let placed =
        if sqlite { "datetime('2020-01-01', '+' || (i * 15) || ' minutes')" } else { "timestamp '2020-01-01' + i * interval '15 minutes'" };
    let order = format!(
        "i, 'R' || (1000 + i), 1 + (i - 1) / 10, 'c' || (1 + (i - 1) / 10) || '@example.com', 'en', 'EUR', {}, {}, {}, \
         2000, 0, 490, 78, 319, 2490, TRUE, '{{}}', '{{}}', 'Standard', CASE WHEN i % 5 = 0 THEN 'bank_transfer' ELSE 'stripe' END, \
         {placed}, {TIME}, CASE WHEN i % 10 = 0 THEN 'AT' ELSE 'DE' END",
        kind("pending", "confirmed", "cancelled", "completed"),
        kind("pending", "paid", "voided", "paid"),
        kind("unfulfilled", "unfulfilled", "cancelled", "fulfilled"),
    );
    let columns = "orders (id, number, customer_id, email, language, currency, status, payment_status, fulfilment_status, subtotal, discount, \
                   shipping, shipping_tax, tax, total, prices_include_tax, billing_address, shipping_address, shipping_method, \
                   payment_method, placed_at, updated_at, country)";
    insert(db, sqlite, columns, &order, from, to);
    for term in ["'r' || (1000 + i)", "'sku' || (1 + i * 7 % 1000003)", "'c' || (1 + (i - 1) / 10) || '@example.com'", "'customer'"] {
        insert(db, sqlite, "order_terms (term, order_id)", &format!("{term}, i"), from, to);
    }
    analysed(db);
}

/// PostgreSQL does this by itself within a minute, and would do it in the middle of the measurements; SQLite runs as the shop runs it, without.
pub fn analysed(db: &Db) {
    if let Target::Postgres(url) = db.target() {
        let mut conn = diesel::PgConnection::establish(url).unwrap();
        conn.batch_execute("SET statement_timeout = 0").unwrap();
        conn.batch_execute("VACUUM ANALYZE").unwrap();
    }
}

/// Rows of a table from one number to another, as expressions over the number `i`.
pub fn insert(db: &Db, sqlite: bool, columns: &str, values: &str, from: i64, to: i64) {
    let sql = if sqlite {
        format!(
            "INSERT INTO {columns} WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}) SELECT {values} FROM n"
        )
    } else {
        format!("SET statement_timeout = 0; INSERT INTO {columns} SELECT {values} FROM generate_series({from}::bigint, {to}) AS n(i)")
    };
    db.write_now(move |conn| Ok(on_each!(conn, c => c.batch_execute(&sql))?)).unwrap();
}
