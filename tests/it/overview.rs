//! What the first page tells of sales, and the box that finds everything.

use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::NaiveDate;
use kernel::Db;
use kernel::clock::Time;
use storefront::checkout::{self, PlaceError, Settlement};
use storefront::ids::{OrderId, VariantId};
use storefront::sales::{self, Carts, Period, Sum};
use storefront::{orders, shop};

/// An order by bank transfer, placed at `at`.
fn order(db: &Db, variant: VariantId, units: i64, at: Time) -> OrderId {
    let (cart, seen) = goods::cart(db, &[(variant, units)], "ann@example.com", "bank_transfer", "");
    let place = move |conn: &mut kernel::Conn| {
        checkout::place(conn, cart, seen, Settlement::After, at).map_err(|error| match error {
            PlaceError::Other(error) => error,
            other => kernel::Error::unexpected(format!("{other:?}")),
        })
    };
    db.write_now(place).unwrap().order
}

#[test]
fn a_sale_counts_on_its_day_by_the_shops_clocks_while_it_stands() {
    let db = goods::open();
    let (mug, pot) = (goods::product(&db, "Mug", 1000, 50), goods::product(&db, "Pot", 9000, 50));
    db.write_now(|conn| {
        let shop = shop::Shop { time_zone: "Asia/Shanghai".into(), ..shop::get(conn)? };
        shop::set(conn, &shop, now())
    })
    .unwrap();
    // Shanghai is eight hours ahead: its 22 November began at 16:00 of the 21st.
    let at = |day: u32, hour: u32| NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(hour, 0, 0).unwrap();
    order(&db, mug, 1, at(21, 15));
    order(&db, mug, 2, at(21, 16));
    let gone = order(&db, pot, 1, at(22, 1));
    order(&db, pot, 1, at(22, 15));
    order(&db, pot, 1, at(22, 16));
    db.write_now(move |conn| orders::cancel(conn, gone, orders::CancelReason::Customer, "test", at(22, 2))).unwrap();
    // A cart that stays one, and one that is empty.
    goods::cart(&db, &[(mug, 1)], "bea@example.com", "bank_transfer", "");
    db.write_now(|conn| storefront::carts::create(conn, None, &storefront::shop::Shop::default(), "en", now())).unwrap();

    let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    db.read_now(move |conn| {
        let shop = shop::get(conn)?;
        let days = sales::by_day(conn, &shop, day, 3)?;
        let sums: Vec<Sum> = days.iter().map(|(_, sum)| *sum).collect();
        let (first, second) = (Sum { orders: 1, revenue: 1490 }, Sum { orders: 2, revenue: 2000 + 490 + 9000 + 490 });
        assert_eq!(sums, [Sum::default(), first, second]);
        assert_eq!(Sum::of(&days).orders, 3);
        let best = sales::best(conn, &shop, Period::days(&shop, day, 3), 10)?;
        let found: Vec<(&str, i64, i64)> = best.iter().map(|one| (one.title.as_str(), one.units, one.revenue)).collect();
        assert_eq!(found, [("Pot", 1, 9000), ("Mug", 3, 3000)]);
        assert_eq!(sales::best(conn, &shop, Period::days(&shop, day, 3), 1)?.len(), 1);
        let all = Period { from: at(1, 0), until: now() + chrono::TimeDelta::days(1) };
        assert_eq!(sales::carts(conn, storefront::stores::MAIN, all)?, Carts { placed: 5, open: 1 });
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_first_page_tells_what_was_sold_to_those_who_may_see_orders() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1000, 50);
    order(&house.db, mug, 3, house.state.clock.now());
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Accountant));
    let page = mei.get("/admin").says(200, "€34.90").says(200, "in 1 order").says(200, "3 units");
    assert!(page.body.contains("100.0%"), "the one cart became an order");
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    assert!(!max.get("/admin").says(200, "Overview").text().contains("€34.90"));
}

#[test]
fn one_box_finds_orders_customers_and_products_that_one_may_see() {
    let house = House::open();
    let (mug, _) = (goods::product(&house.db, "Mug", 1000, 50), goods::product(&house.db, "Mugwort tea", 900, 50));
    order(&house.db, mug, 1, now());
    order(&house.db, mug, 1, now());
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    assert!(mei.get("/admin/search?q=R1002").says(200, "R1002").at.starts_with("/admin/orders/R1002"), "the only order is opened");
    assert!(mei.get("/admin/search?q=mugwort").at.starts_with("/admin/products/"), "the only product is opened");
    mei.get("/admin/search?q=mug").says(200, "R1001").says(200, "Mugwort tea");
    mei.get("/admin/search?q=Ann%40exa").says(200, "Customers").says(200, "ann@example.com").says(200, "R1001");
    mei.get("/admin/search?q=%25").says(200, "Nothing was found");
    mei.get("/admin/search?q=").says(200, "Search everything");
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let page = max.get("/admin/search?q=mug").says(200, "Mugwort tea");
    assert!(!page.text().contains("R1001") && !page.text().contains("ann@example.com"));
}

#[test]
fn the_books_are_examined_from_a_page() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1000, 50);
    order(&house.db, mug, 1, now());
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    let page = mei.get("/admin/doctor").says(200, "Nobody has examined");
    mei.submit(&page, "/admin/doctor", &[]).says(200, "under way");
    // A second click finds the first at work.
    mei.submit(&page, "/admin/doctor", &[]).says(200, "An examination is under way.");
    house.work();
    mei.get("/admin/doctor").says(200, "Everything agreed on");
    goods::run(&house.db, "UPDATE stock_levels SET on_hand = 7");
    let page = mei.get("/admin/doctor");
    mei.submit(&page, "/admin/doctor", &[]);
    house.work();
    mei.get("/admin/doctor").says(200, "were found on");
    goods::run(&house.db, "UPDATE stock_levels SET on_hand = 50");
}
