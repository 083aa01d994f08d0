//! The database on its bad days, and the proof of the books on a busy one.

use crate::desk::order;
use crate::support::goods::{self, now};
use crate::support::house::House;
use kernel::db::Target;
use kernel::{Error, on_each};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use storefront::checkout::PlaceError;
use storefront::orders;
use storefront::payments;
use storefront::refunds::{self, Request, RequestLine};

/// Runs `sql` past the shop, as somebody who administers the server.
fn administer(target: &Target, sql: &str) {
    use diesel::connection::SimpleConnection;
    let mut conn = target.connect().unwrap();
    on_each!(&mut conn, c => c.batch_execute(sql)).unwrap();
}

const END_ALL: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[test]
fn the_books_are_proved_while_the_shop_sells() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100_000);
    let (stop, sold) = (AtomicBool::new(false), AtomicUsize::new(0));
    let problems: Vec<String> = std::thread::scope(|scope| {
        for who in ["ann@example.com", "bea@example.com"] {
            let (db, stop, sold) = (&db, &stop, &sold);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let placed = order(db, &[(mug, 2)], who);
                    db.write_now(move |conn| {
                        payments::record_receipt(conn, placed.payment, "test", now())?;
                        let line = orders::lines(conn, placed.order)?[0].id;
                        let request = Request { lines: vec![RequestLine { line, quantity: 1, restock: false }], ..Default::default() };
                        let refund = refunds::request(conn, placed.order, &request, 1200, "test", now())?;
                        refunds::settle(conn, refund, now())
                    })
                    .unwrap();
                    sold.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut problems = Vec::new();
        while sold.load(Ordering::Relaxed) < 60 {
            match db.read_whole(|conn| storefront::doctor::examine(conn, &mut |_| {})) {
                Ok(findings) => problems.extend(findings.into_iter().flat_map(|finding| finding.problems)),
                Err(error) => problems.push(error.to_string()),
            }
        }
        stop.store(true, Ordering::Relaxed);
        problems
    });
    assert!(problems.is_empty(), "false alarms:\n{}", problems.join("\n"));
    goods::assert_books(&db);
}

/// What an administrator who restarts the server does to a shop that sells: every connection ends, in the middle of anything.
#[test]
fn a_server_that_ends_every_connection_costs_moments_and_no_order() {
    let house = House::open();
    if !matches!(house.db.target(), Target::Postgres(_)) {
        return;
    }
    let mug = goods::product(&house.db, "Mug", 1200, 100_000);
    let (stop, busy, served) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let visitors: Vec<_> = (0..3)
            .map(|_| {
                let (house, stop, busy, served) = (&house, &stop, &busy, &served);
                scope.spawn(move || {
                    let ann = house.visitor();
                    let mut wrong = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let mut page = ann.get("/products/mug");
                        if page.status == 200 {
                            page = ann.submit(&page, "/cart/lines", &[]);
                        }
                        match page.status {
                            200 => drop(served.fetch_add(1, Ordering::Relaxed)),
                            503 if page.headers.contains_key("retry-after") => drop(busy.fetch_add(1, Ordering::Relaxed)),
                            _ => wrong.push(format!("{} {:?} {}", page.status, page.headers, page.text())),
                        }
                    }
                    wrong
                })
            })
            .collect();
        let buyer = scope.spawn(|| {
            let mut wrong = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let cart = catch_unwind(AssertUnwindSafe(|| goods::cart(&house.db, &[(mug, 1)], "bea@example.com", "bank_transfer", "")));
                let Ok((cart, seen)) = cart else { continue };
                match goods::place(&house.db, cart, seen, storefront::checkout::Settlement::After) {
                    Ok(_) | Err(PlaceError::Other(Error::Unavailable(_))) => {}
                    Err(other) => wrong.push(format!("{other:?}")),
                }
            }
            wrong
        });
        for _ in 0..12 {
            std::thread::sleep(Duration::from_millis(150));
            administer(house.db.target(), END_ALL);
        }
        stop.store(true, Ordering::Relaxed);
        visitors.into_iter().flat_map(|one| one.join().unwrap()).chain(buyer.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(served.load(Ordering::Relaxed) > 0, "nobody was served");
    println!("{} served, {} asked to come again", served.load(Ordering::Relaxed), busy.load(Ordering::Relaxed));
    // The next request may meet a connection that nobody has used since; the one after does not.
    let ann = house.visitor();
    let _ = ann.get("/products/mug");
    ann.get("/products/mug").says(200, "Mug");
    let _ = house.db.read_now(kernel::db::ping);
    let again = (0..5).any(|_| catch_unwind(AssertUnwindSafe(|| house.work())).is_ok());
    assert!(again, "the worker goes on");
}

#[test]
fn without_its_database_the_shop_says_so_on_a_page_in_the_visitors_language() {
    let house = House::open();
    let Target::Postgres(url) = house.db.target().clone() else { return };
    goods::product(&house.db, "Mug", 1200, 5);
    let name = url.split('?').next().unwrap().rsplit('/').next().unwrap();
    let server = Target::Postgres(std::env::var("TEST_DATABASE_URL").unwrap());
    administer(&server, &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"));
    administer(&server, &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    let ann = house.visitor();
    for (path, words) in
        [("/products/mug", "We are busy right now"), ("/zh/products/mug", "目前比较繁忙"), ("/nowhere", "We are busy right now")]
    {
        let page = ann.get(path);
        assert_eq!((page.status, page.headers["content-type"].as_str()), (503, "text/html; charset=utf-8"), "{path} {}", page.body);
        assert!(page.headers.contains_key("retry-after") && page.body.contains(words), "{path} {}", page.body);
    }
    administer(&server, &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"));
    ann.get("/products/mug").says(200, "Mug");
    // The test's own connection was ended as well.
    assert!(house.db.read_now(kernel::db::ping).is_err());
}
