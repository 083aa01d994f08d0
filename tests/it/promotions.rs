//! Promotions against the database: limits under parallel orders, gifts, codes, and coupons of earlier versions.

use crate::races::together;
use crate::support::goods::{self, EUR, now, place};
use diesel::connection::SimpleConnection;
use kernel::Db;
use storefront::carts::{self, Notice, Quote};
use storefront::checkout::{PlaceError, Settlement};
use storefront::ids::{CartId, PromotionId};
use storefront::orders::{self, CancelReason};
use storefront::promotions::{self, Cut, Effect, Goods, Rules, State, Terms, codes};
use storefront::stock;

fn off(points: i64) -> Rules {
    Rules { effect: Effect::Reduce { cut: Cut::Percentage(points), on: Goods::default() }, ..Rules::default() }
}

fn quote(db: &Db, cart: CartId) -> Quote {
    db.read_now(move |conn| carts::quote(conn, cart, now())).unwrap()
}

/// Shows the cart to its shopper.
fn look(db: &Db, cart: CartId) {
    let seen = quote(db, cart);
    db.write_now(move |conn| carts::mark_seen(conn, &seen)).unwrap();
}

fn uses(db: &Db, id: PromotionId) -> i64 {
    db.read_now(move |conn| promotions::get(conn, id)).unwrap().uses
}

#[test]
fn a_limit_holds_against_fifty() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    let id = goods::promotion(&db, Terms { max_uses: Some(5), ..Terms::automatic("Opening", off(1000), EUR) });
    let carts: Vec<_> = (0..50).map(|n| goods::cart(&db, &[(mug, 1)], &format!("c{n}@example.com"), "bank_transfer", "")).collect();
    let outcomes = together(|n| place(&db, carts[n].0, carts[n].1, Settlement::After));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    assert!(outcomes.into_iter().filter_map(Result::err).all(|error| matches!(error, PlaceError::Changed)));
    assert_eq!(uses(&db, id), 5);
    goods::assert_books(&db);
}

#[test]
fn a_unique_code_serves_one_of_fifty() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    let terms = Terms { needs_code: true, ..Terms::automatic("Letter", off(1000), EUR) };
    let id = goods::promotion(&db, terms);
    let code = db
        .write_now(move |conn| {
            codes::generate(conn, id, 3, "tea", now())?;
            Ok(codes::list(conn, id, None, 1)?.remove(0).code)
        })
        .unwrap();
    let carts: Vec<_> = (0..50).map(|n| goods::cart(&db, &[(mug, 1)], &format!("c{n}@example.com"), "bank_transfer", &code)).collect();
    assert!(quote(&db, carts[0].0).priced.discount > 0);
    let outcomes = together(|n| place(&db, carts[n].0, carts[n].1, Settlement::After));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(db.read_now(move |conn| codes::counts(conn, id)).unwrap(), (3, 1));
    goods::assert_books(&db);
}

#[test]
fn a_first_order_is_placed_once_in_many_tabs() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    let mut rules = off(2000);
    rules.conditions.first_order = true;
    goods::promotion(&db, Terms::automatic("Welcome", rules, EUR));
    let carts: Vec<_> = (0..50).map(|_| goods::cart(&db, &[(mug, 1)], "ann@example.com", "bank_transfer", "")).collect();
    let outcomes = together(|n| place(&db, carts[n].0, carts[n].1, Settlement::After));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    goods::assert_books(&db);
}

#[test]
fn a_cancelled_order_gives_its_uses_back() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 10);
    let first = goods::promotion(&db, Terms { max_uses: Some(1), ..Terms::automatic("Opening", off(1000), EUR) });
    let second = goods::coupon(&db, "TEN", 1000, None, Some(1));
    let (cart, seen) = goods::cart(&db, &[(mug, 2)], "ann@example.com", "bank_transfer", "TEN");
    // 10 % of 24.00, then 10 % of the 21.60 that are left.
    assert_eq!(quote(&db, cart).priced.discount, 240 + 216);
    let placed = place(&db, cart, seen, Settlement::After).unwrap();
    let stored = db.read_now(move |conn| orders::get(conn, placed.order)).unwrap();
    assert_eq!((stored.discount, stored.coupon_code.as_str(), uses(&db, first), uses(&db, second)), (456, "TEN", 1, 1));
    let adjustments = db.read_now(move |conn| orders::adjustments(conn, placed.order)).unwrap();
    let sources: Vec<(String, i64)> = adjustments.into_iter().map(|row| (row.source, row.amount)).collect();
    assert_eq!(sources, [(format!("promotion:{first}"), -240), ("coupon:TEN".to_string(), -216)]);
    for _ in 0..2 {
        db.write_now(move |conn| orders::cancel(conn, placed.order, CancelReason::Staff, "test", now())).unwrap();
    }
    assert_eq!((uses(&db, first), uses(&db, second)), (0, 0));
    goods::assert_books(&db);
}

#[test]
fn a_gift_is_a_line_at_no_price_with_stock_of_its_own() {
    let db = goods::open();
    let (mug, tin) = (goods::product(&db, "Mug", 1200, 10), goods::product(&db, "Tin", 500, 1));
    let rules = Rules { effect: Effect::Gift { variant: tin, quantity: 1 }, ..Rules::default() };
    let id = goods::promotion(&db, Terms::automatic("A tin for you", rules, EUR));
    let (first, seen) = goods::cart(&db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    let (second, seen_by_second) = goods::cart(&db, &[(mug, 1)], "bob@example.com", "bank_transfer", "");
    let shown = quote(&db, second);
    assert_eq!((shown.lines.len(), shown.lines[1].gift.as_deref(), shown.priced.total), (2, Some("A tin for you"), 1690));
    look(&db, second);

    let placed = place(&db, first, seen, Settlement::After).unwrap();
    let lines = db.read_now(move |conn| orders::lines(conn, placed.order)).unwrap();
    assert_eq!((lines[1].unit_price, lines[1].quantity, lines[1].total), (0, 1, 0));
    assert_eq!(db.read_now(|conn| stock::level(conn, tin)).unwrap().allocated, 1);

    // The total is the same without the gift, and still the shopper is told before they order.
    let refused = place(&db, second, seen_by_second, Settlement::After);
    assert!(matches!(refused, Err(PlaceError::Changed)), "{refused:?}");
    let told = quote(&db, second);
    assert!(told.notices.contains(&Notice::PromotionLost { name: "A tin for you".into() }), "{:?}", told.notices);
    look(&db, second);
    place(&db, second, seen_by_second, Settlement::After).unwrap();

    db.write_now(move |conn| orders::cancel(conn, placed.order, CancelReason::Staff, "test", now())).unwrap();
    assert_eq!((db.read_now(|conn| stock::level(conn, tin)).unwrap().allocated, uses(&db, id)), (0, 0));
    goods::assert_books(&db);
}

#[test]
fn a_promotion_that_ends_before_the_order_is_told_and_confirmed_anew() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 10);
    let id = goods::promotion(&db, Terms::automatic("Opening", off(1000), EUR));
    let (cart, seen) = goods::cart(&db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    look(&db, cart);
    db.write_now(move |conn| promotions::set_state(conn, id, State::Paused, now())).unwrap();
    assert!(matches!(place(&db, cart, seen, Settlement::After), Err(PlaceError::Changed)));
    let told = quote(&db, cart);
    assert_eq!((told.notices.as_slice(), told.priced.total), ([Notice::PromotionLost { name: "Opening".into() }].as_slice(), 1690));
    look(&db, cart);
    let seen = db.read_now(|conn| goods::seen(conn, cart)).unwrap();
    place(&db, cart, seen, Settlement::After).unwrap();
    goods::assert_books(&db);
}

#[test]
fn ten_thousand_codes_are_made_and_written_to_a_file() {
    let db = goods::open();
    let id = goods::promotion(&db, Terms { needs_code: true, ..Terms::automatic("Letter", off(1000), EUR) });
    db.write_now(move |conn| codes::generate(conn, id, 10_000, "", now())).unwrap();
    let file = String::from_utf8(db.read_now(move |conn| codes::csv(conn, id)).unwrap()).unwrap();
    let distinct: std::collections::BTreeSet<&str> = file.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(distinct.len(), 10_000);
    let more = db.write_now(move |conn| codes::generate(conn, id, 90_001, "", now()));
    assert!(matches!(more, Err(kernel::Error::Invalid(_))), "{more:?}");
    let hostile = db.write_now(move |conn| codes::generate(conn, id, 1, "=CMD", now()));
    assert!(matches!(hostile, Err(kernel::Error::Invalid(_))), "{hostile:?}");
}

#[test]
fn a_form_made_before_somebody_else_saved_is_refused() {
    let db = goods::open();
    let id = goods::promotion(&db, Terms::automatic("Opening", off(1000), EUR));
    let save = |version: i64, points: i64| {
        let terms = Terms::automatic("Opening", off(points), EUR);
        db.write_now(move |conn| promotions::update(conn, id, version, terms.clone(), now()))
    };
    save(1, 1500).unwrap();
    assert!(matches!(save(1, 2000), Err(kernel::Error::Conflict(_))));
    save(2, 2000).unwrap();
}

#[test]
fn coupons_of_earlier_versions_go_on_as_promotions_and_back() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 10);
    let engine = if matches!(db.target(), kernel::db::Target::File(_)) { "sqlite" } else { "postgres" };
    let run = |sql: String| db.write_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(&sql))?)).unwrap();
    let file = |migration: &str, name: &str| {
        let folder = format!("{}/migrations/{engine}/2026-11-22-{migration}", env!("CARGO_MANIFEST_DIR"));
        run(std::fs::read_to_string(format!("{folder}/{name}.sql")).unwrap());
    };
    // A later one refers to its tables.
    let all = ["000004_promotions", "000030_promotion_terms", "000041_offers"];
    let up = || all.iter().for_each(|one| file(one, "up"));
    let down = || all.iter().rev().for_each(|one| file(one, "down"));
    down();
    run("INSERT INTO coupons (code, kind, percent_bp, amount, currency, minimum, max_uses_per_customer, created_at)
         VALUES ('TEN', 'percentage', 1000, 0, 'EUR', 0, 1, '2026-01-01 00:00:00'), ('FIVER', 'amount', 0, 500, 'EUR', 3000, NULL, '2026-01-01 00:00:00')"
        .into());
    up();
    let (cart, seen) = goods::cart(&db, &[(mug, 2)], "ann@example.com", "bank_transfer", "ten");
    assert_eq!(quote(&db, cart).priced.discount, 240);
    place(&db, cart, seen, Settlement::After).unwrap();
    let (poor, _) = goods::cart(&db, &[(mug, 2)], "bob@example.com", "bank_transfer", "FIVER");
    assert!(matches!(quote(&db, poor).notices.as_slice(), [Notice::CouponIdle { .. }]));
    goods::promotion(&db, Terms::automatic("New", off(1000), EUR));
    goods::assert_books(&db);
    down();
    up();
    let back = db.read_now(|conn| promotions::list(conn, None, 10)).unwrap();
    assert_eq!(back.iter().map(|one| (one.name.as_str(), one.uses)).collect::<Vec<_>>(), [("FIVER", 0), ("TEN", 1)]);
    goods::assert_books(&db);
}
