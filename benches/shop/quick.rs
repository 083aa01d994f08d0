//! A quick order of 1,000 lines in a shop with 20,000 variants: pasted text read, checked and put into a cart in one transaction; then the cart
//! priced as its page does it.
//!
//! `cargo bench --bench shop -- quick` for SQLite; under `tests/support/pg.sh` for PostgreSQL. Wrong when a line is missing from the cart; a
//! missed floor is only told.

use crate::goods::{self, EUR, now};
use crate::support::verdict;
use std::time::Instant;
use storefront::carts;
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::quick_order::{self, Rest};
use storefront::shop::Shop;

const PRODUCTS: i64 = 10_000;
/// Variants of each product.
const VARIANTS: i64 = 2;
const LINES: i64 = 1_000;
const ROUNDS: usize = 5;
/// Seconds.
const FLOOR: f64 = 2.0;

fn fill(db: &kernel::Db) {
    for part in 0..PRODUCTS / 500 {
        db.write_now(move |conn| {
            for at in part * 500..(part + 1) * 500 {
                let variant = |size: i64| Variant {
                    sku: Some(format!("SKU-{at}-{size}")),
                    options: vec![format!("Size {size}")],
                    price: Some(1000 + at % 400),
                    count: Some(5_000),
                    ..Variant::default()
                };
                let product = Product {
                    title: format!("Product {at}"),
                    status: Status::Active,
                    options: vec!["Size".into()],
                    variants: (0..VARIANTS).map(variant).collect(),
                    ..Product::default()
                };
                catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "bench", base: None, now: now() })?;
            }
            Ok(())
        })
        .unwrap();
    }
}

pub fn run() -> bool {
    let db = goods::open();
    fill(&db);
    let engine = if matches!(db.target(), kernel::db::Target::File(_)) { "SQLite" } else { "PostgreSQL" };
    // Small letters: none of them is found as it is stored.
    let text: String = (0..LINES).map(|line| format!("sku-{}-{}\t{}\n", line * 7 % PRODUCTS, line % VARIANTS, 1 + line % 5)).collect();
    let (mut right, mut added, mut priced) = (true, f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let cart = db.write_now(|conn| carts::create(conn, None, &Shop::default(), "en", now())).unwrap();
        let begun = Instant::now();
        let rows = quick_order::pasted(&text);
        let done = db.write_now(move |conn| quick_order::add(conn, cart, &rows, Rest::Refuse, now())).unwrap();
        added = added.min(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let quote = db.read_now(move |conn| carts::quote(conn, cart, now())).unwrap();
        priced = priced.min(begun.elapsed().as_secs_f64());
        right &= done.added as i64 == LINES && done.wrong() == 0 && quote.lines.len() as i64 == LINES && !quote.blocked();
    }
    println!(
        "{engine}: quick order of {LINES} lines among {} variants: in the cart after {added:.3} s, priced in {priced:.3} s (floor {FLOOR} s, {})",
        PRODUCTS * VARIANTS,
        verdict(added + priced <= FLOOR)
    );
    right
}
