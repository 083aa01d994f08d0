//! Price lists with 5,000,000 prices: a cart of 100 lines whose variants have 15 prices by quantity in lists of the company, the company above
//! it, its group and everybody; a file of 100,000 rows; and one price that changes.
//!
//! `cargo bench --bench shop -- prices` for SQLite; under `tests/support/pg.sh` for PostgreSQL. `REGULARS_PRICES=100000` stops at fewer. Wrong
//! when a line has another price than its list says or a row of the file is missing; a missed floor is only told.

use crate::goods::{self, EUR, now};
use crate::scale::{analysed, insert};
use crate::support::{Spread, millis, verdict};
use crm::companies::{self, Details, Settings};
use diesel::connection::SimpleConnection;
use kernel::clock::Clock;
use kernel::db::Target;
use kernel::{Conn, Db, on_each};
use std::time::Instant;
use storefront::carts;
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::ids::VariantId;
use storefront::price_lists::{self, Break, For, ListState, PriceListId, Wish};
use storefront::stores::MAIN;

const PRICES: i64 = 5_000_000;
const LISTS: i64 = 100;
/// Prices of each variant in each list.
const BREAKS: i64 = 15;
const LINES: usize = 100;
const ROUNDS: usize = 100;
const FILE_ROWS: i64 = 100_000;
/// Milliseconds for the cart, seconds for the file.
const FLOOR: f64 = 20.0;
const FILE_FLOOR: f64 = 60.0;

fn fill(db: &Db, products: i64) {
    for from in (0..products).step_by(500) {
        db.write_now(move |conn| {
            for at in from..(from + 500).min(products) {
                let variant = Variant { sku: Some(format!("SKU-{at}")), price: Some(2000), count: Some(100_000), ..Variant::default() };
                let product =
                    Product { title: format!("Product {at}"), status: Status::Active, variants: vec![variant], ..Product::default() };
                catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "bench", base: None, now: now() })?;
            }
            Ok(())
        })
        .unwrap();
    }
}

fn list(conn: &mut Conn, name: &str, buyer: &For) -> kernel::Result<PriceListId> {
    let wish = Wish {
        name: name.into(),
        currency: EUR,
        store: None,
        priority: 0,
        state: ListState::Active,
        starts_at: None,
        ends_at: None,
        adjust_bp: None,
    };
    let id = price_lists::create(conn, wish, now())?;
    price_lists::add_buyer(conn, id, buyer, now())?;
    Ok(id)
}

/// What the `n`th price of a variant is in every list.
fn price(step: i64) -> i64 {
    1500 - 10 * step
}

pub fn run() -> bool {
    let wanted = std::env::var("REGULARS_PRICES").ok().and_then(|text| text.parse().ok()).unwrap_or(PRICES);
    // No variant has more than 50 prices in a file.
    let products = (wanted / LISTS / BREAKS).max(FILE_ROWS / 50);
    let db = goods::open();
    let sqlite = matches!(db.target(), Target::File(_));
    let engine = if sqlite { "SQLite" } else { "PostgreSQL" };
    fill(&db, products);
    let ann = goods::customer(&db, "ann@example.com", 0);
    let (member, own) = db
        .write_now(move |conn| {
            let details = |name: &str| Details { name: name.into(), country: "DE".into(), ..Details::default() };
            let (holding, _) = companies::apply(conn, ann, &details("Holding"), "", now())?;
            let (works, member) = companies::apply(conn, ann, &details("Works"), "", now())?;
            let settings = Settings { parent: Some(holding), price_group: "trade".into(), ..Settings::default() };
            let seen = companies::get(conn, works)?.version;
            companies::set(conn, works, seen, &settings, "bench", now())?;
            let seen = companies::get(conn, works)?.version;
            companies::approve(conn, works, seen, "bench", now())?;
            let own = list(conn, "Works", &For::Company(works))?;
            list(conn, "Holding", &For::Company(holding))?;
            list(conn, "Trade", &For::Group("trade".into()))?;
            list(conn, "Everybody", &For::Everybody)?;
            for other in 4..LISTS {
                list(conn, &format!("Group {other}"), &For::Group(format!("group {other}")))?;
            }
            Ok((member, own))
        })
        .unwrap();
    let first = db.read_now(|conn| catalog::find_variant(conn, "SKU-0")).unwrap().unwrap().0;
    let each = products * BREAKS;
    let values = format!(
        "1 + (i - 1) / {each}, {first} + ((i - 1) % {each}) / {BREAKS}, 1 + 5 * ((i - 1) % {BREAKS}), 1500 - 10 * ((i - 1) % {BREAKS})"
    );
    for from in (0..each * LISTS).step_by(500_000) {
        let to = (from + 500_000).min(each * LISTS);
        insert(&db, sqlite, "price_list_prices (list_id, variant_id, min_quantity, unit_price)", &values, from + 1, to);
    }
    analysed(&db);

    let lines: Vec<(VariantId, i64)> = (0..LINES as i64).map(|at| (VariantId(first + at), 1 + 5 * (at % BREAKS))).collect();
    let (cart, _) = goods::cart(&db, &lines, "ann@example.com", "bank_transfer", "");
    let bought = format!("UPDATE carts SET customer_id = {ann}, member_id = {member} WHERE id = {cart}");
    db.write_now(move |conn| Ok(on_each!(conn, c => c.batch_execute(&bought))?)).unwrap();
    let mut times = Vec::with_capacity(ROUNDS);
    let mut right = true;
    for _ in 0..ROUNDS {
        let (quote, took) = millis(|| db.read_now(move |conn| carts::quote(conn, cart, now())).unwrap());
        times.push(took);
        right &= quote.lines.len() == LINES;
        right &= quote.lines.iter().zip(0..).all(|(line, at)| line.unit_price == price(at % BREAKS));
    }
    let cart_times = Spread::of(times);
    let ids: Vec<VariantId> = lines.iter().map(|(variant, _)| *variant).collect();
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let ids = ids.clone();
        let (book, took) = millis(|| db.read_now(move |conn| price_lists::book(conn, None, "trade", MAIN, EUR, &ids, now())).unwrap());
        times.push(took);
        right &= !book.is_empty();
    }
    println!(
        "{engine}: {} prices; a cart of {LINES} lines priced in {} ms (floor {FLOOR} ms, {}); its lists alone in {} ms",
        each * LISTS,
        cart_times.show(2),
        verdict(cart_times.median <= FLOOR),
        Spread::of(times).show(2)
    );

    let mut file = String::from("sku,min_quantity,price\n");
    for at in 0..FILE_ROWS {
        file.push_str(&format!("SKU-{},{},{}.00\n", at % products, 1 + at / products, 9));
    }
    let into = db.write_now(|conn| list(conn, "From a file", &For::Group("file".into()))).unwrap();
    let begun = Instant::now();
    let compared = db.read_now(move |conn| price_lists::compared(conn, into, file.as_bytes())).unwrap();
    let preview = begun.elapsed().as_secs_f64();
    let import = db.write_now(move |conn| price_lists::draft(conn, into, "bench.csv", &compared, "bench", now())).unwrap();
    db.write_now(move |conn| price_lists::start(conn, import, now())).unwrap();
    price_lists::run(&db, &Clock::default(), import).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    right &= db.read_now(move |conn| Ok(price_lists::import(conn, import)?.written)).unwrap() == FILE_ROWS;
    println!(
        "{engine}: a file of {FILE_ROWS} rows: compared in {preview:.2} s, written after {seconds:.2} s (floor {FILE_FLOOR} s, {})",
        verdict(seconds <= FILE_FLOOR)
    );

    let variant = VariantId(first);
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS as i64 {
        let mut entry = db.read_now(move |conn| price_lists::entry(conn, own, variant)).unwrap();
        right &= entry.breaks.len() as i64 == BREAKS;
        entry.breaks[0] = Break { from: 1, unit_price: 1500 + round };
        let (_, took) = millis(|| db.write_now(move |conn| price_lists::put(conn, own, &entry)).unwrap());
        times.push(took);
    }
    println!("{engine}: one price changed in {} ms", Spread::of(times).show(2));
    right
}
