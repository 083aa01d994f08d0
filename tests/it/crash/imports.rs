//! Imports that are killed: one of the back office goes on where it was, one of the command line is absent or complete.

use super::{Shop, chance};
use crate::support::goods::{self, EUR, now};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use storefront::batches::{self, Outcome, State};
use storefront::catalog;
use storefront::imports::read_products;

const PRODUCTS: i64 = 1500;

fn file(prefix: &str) -> String {
    let mut text = String::from(
        "Handle,Title,Status,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty,Variant Inventory Tracker\n",
    );
    for at in 0..PRODUCTS {
        let lower = prefix.to_lowercase();
        text.push_str(&format!("{lower}-{at},{prefix} {at},active,Title,Default Title,{prefix}-{at},{}.00,5,shopify\n", at % 90 + 1));
    }
    text
}

#[test]
fn an_import_of_the_back_office_goes_on_after_each_kill_and_is_complete() {
    let shop = Shop::seed();
    let db = shop.open();
    let parsed = read_products(file("BIG").as_bytes(), EUR).unwrap();
    let id = db
        .write_now(move |conn| {
            let lines = batches::compare(conn, &parsed, EUR)?;
            let id = batches::draft_import(conn, "big.csv", "staff:1", "EUR", &lines, now())?;
            batches::start(conn, id, now())?;
            Ok(id)
        })
        .unwrap();
    let batch = || db.read_now(move |conn| batches::get(conn, id)).unwrap();
    let mut cut = Vec::new();
    for _ in 0..60 {
        let mut process = shop.start();
        let before = batch().finished;
        let since = Instant::now();
        while batch().finished == before && since.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(chance(60)));
        process.kill().unwrap();
        process.wait().unwrap();
        let found = batch();
        if found.state == State::Done {
            break;
        }
        assert_eq!(found.state, State::Running);
        cut.push(found.finished);
        // As if the two minutes were over in which the dead process has the job.
        goods::run(&db, "UPDATE jobs SET leased_until = NULL");
    }
    assert!(cut.iter().any(|finished| (1..PRODUCTS).contains(finished)), "it was never killed half-way: {cut:?}");
    shop.drain();
    let found = batch();
    assert_eq!((found.state, found.finished), (State::Done, PRODUCTS));
    let created = db.read_now(move |conn| batches::rows_of(conn, id, &[Outcome::Created], None, PRODUCTS * 2)).unwrap();
    assert_eq!(created.len(), usize::try_from(PRODUCTS).unwrap());
    assert_eq!(imported(&shop, "BIG"), PRODUCTS, "each product is there once");
    goods::assert_books(&db);
}

/// How many products of the file are there.
fn imported(shop: &Shop, prefix: &'static str) -> i64 {
    let db = shop.open();
    let found = db.read_now(|conn| {
        let mut found = 0;
        for at in 0..PRODUCTS {
            found += i64::from(catalog::find_variant(conn, &format!("{prefix}-{at}"))?.is_some());
        }
        Ok(found)
    });
    found.unwrap()
}

#[test]
fn an_import_of_the_command_line_is_absent_or_complete_when_it_is_killed() {
    let shop = Shop::seed();
    let import = |prefix: &str| {
        let path = shop.folder.join(format!("{prefix}.csv"));
        std::fs::write(&path, file(prefix)).unwrap();
        Command::new(env!("CARGO_BIN_EXE_regulars"))
            .args(["import", "products"])
            .arg(path)
            .current_dir(&shop.folder)
            .envs(shop.settings())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let since = Instant::now();
    assert!(import("WHOLE").wait().unwrap().success());
    let whole = u64::try_from(since.elapsed().as_millis()).unwrap();
    assert_eq!(imported(&shop, "WHOLE"), PRODUCTS);
    let mut absent = 0;
    for prefix in ["A", "B", "C", "D", "E", "F"] {
        let mut process = import(prefix);
        std::thread::sleep(Duration::from_millis(chance(whole)));
        process.kill().unwrap();
        process.wait().unwrap();
        let found = imported(&shop, prefix);
        assert!(found == 0 || found == PRODUCTS, "{found} of {PRODUCTS} products of {prefix}");
        absent += i64::from(found == 0);
        // The same file again brings what is missing, and changes nothing of what is there.
        assert!(found > 0 || prefix != "A" || import(prefix).wait().unwrap().success());
    }
    assert!(absent > 0, "none was killed in time");
    goods::assert_books(&shop.open());
}
