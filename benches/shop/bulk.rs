//! A bulk edit of 10,000 variants, as the back office does it: found by a filter, planned by rules, written down, applied by the job in its
//! short transactions, each product checked and told of, each price logged; then an import of the same products with new prices, and its undoing.
//!
//! `cargo bench --bench shop -- bulk` for SQLite; under `tests/support/pg.sh` for PostgreSQL. Wrong when a variant has another price than the
//! rules say; a missed floor is only told.

use crate::goods::{self, EUR, now};
use crate::support::verdict;
use kernel::clock::Clock;
use std::time::Instant;
use storefront::batches::{self, PriceRule, Rounding, Rules};
use storefront::catalog::{self, Filter, Product, Saving, Status, Variant};
use storefront::ids::BatchId;
use storefront::imports::read_products;

const PRODUCTS: i64 = 5000;
/// Variants of each product.
const VARIANTS: i64 = 2;
/// Seconds for all of them.
const FLOOR: f64 = 10.0;

fn fill(db: &kernel::Db) {
    for part in 0..PRODUCTS / 500 {
        db.write_now(move |conn| {
            for at in part * 500..(part + 1) * 500 {
                let variant = |size: i64| Variant {
                    sku: Some(format!("SKU-{at}-{size}")),
                    options: vec![format!("Size {size}")],
                    price: Some(1000 + at % 400),
                    count: Some(5),
                    ..Variant::default()
                };
                let product = Product {
                    title: format!("Product {at}"),
                    status: Status::Active,
                    description_html: "<p>As plain as a product can be.</p>".into(),
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

/// Confirms a batch and works through it; answers the seconds.
fn applied(db: &kernel::Db, id: BatchId) -> f64 {
    let begun = Instant::now();
    db.write_now(move |conn| batches::start(conn, id, now())).unwrap();
    batches::run(db, &Clock::default(), id).unwrap();
    begun.elapsed().as_secs_f64()
}

fn right(db: &kernel::Db, price: impl Fn(i64) -> i64) -> bool {
    let ids = db.read_now(|conn| catalog::ids(conn, None, PRODUCTS)).unwrap();
    let products = db.read_now(|conn| catalog::products(conn, &ids, EUR)).unwrap();
    let as_said = |(at, product): (i64, &Product)| product.variants.iter().all(|variant| variant.price == Some(price(at)));
    products.len() as i64 == PRODUCTS && (0..).zip(&products).all(as_said)
}

pub fn run() -> bool {
    let db = goods::open();
    fill(&db);
    let engine = if matches!(db.target(), kernel::db::Target::File(_)) { "SQLite" } else { "PostgreSQL" };
    let rules = Rules {
        price: Some(PriceRule::Percent { points: 1000, rounding: Rounding::Minor }),
        add_tags: vec!["new".into()],
        ..Rules::default()
    };
    let begun = Instant::now();
    let planned = db.read_now(|conn| batches::plan(conn, &Filter::default(), &rules, EUR)).unwrap();
    let id = db.write_now(move |conn| batches::draft_edit(conn, "bench", "bench", "EUR", &planned.edits, now())).unwrap();
    let preview = begun.elapsed().as_secs_f64();
    let seconds = applied(&db, id);
    let raised = |at: i64| ((1000 + at % 400) * 11_000 + 5_000) / 10_000;
    let mut ok = right(&db, raised);
    println!(
        "{engine}: bulk edit of {} variants: preview {preview:.2} s, applied in {seconds:.2} s (floor {FLOOR} s, {})",
        PRODUCTS * VARIANTS,
        verdict(preview + seconds <= FLOOR)
    );

    let mut file = String::from("Handle,Title,Status,Option1 Name,Option1 Value,Variant SKU,Variant Price\n");
    for at in 0..PRODUCTS {
        for size in 0..VARIANTS {
            let title = if size == 0 { format!("Product {at}") } else { String::new() };
            file.push_str(&format!("product-{at},{title},active,Size,Size {size},SKU-{at}-{size},77.00\n"));
        }
    }
    let begun = Instant::now();
    let parsed = read_products(file.as_bytes(), EUR).unwrap();
    let lines = db.read_now(|conn| batches::compare(conn, &parsed, EUR)).unwrap();
    let id = db.write_now(move |conn| batches::draft_import(conn, "bench", "bench", "EUR", &lines, now())).unwrap();
    let preview = begun.elapsed().as_secs_f64();
    let seconds = applied(&db, id);
    ok &= right(&db, |_| 7700);
    let begun = Instant::now();
    db.write_now(move |conn| batches::start_undo(conn, id, now())).unwrap();
    batches::run(&db, &Clock::default(), id).unwrap();
    let undone = begun.elapsed().as_secs_f64();
    ok &= right(&db, raised);
    println!("{engine}: import over {PRODUCTS} products: compared in {preview:.2} s, applied in {seconds:.2} s, undone in {undone:.2} s");
    ok
}
