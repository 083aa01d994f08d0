//! The catalogue from the back office: addresses that move, windows, prices, and many products at once.

use crate::desk::staff;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office;
use crate::support::visitor::{Page, Visitor};
use chrono::TimeDelta;
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::ids::{ProductId, VariantId};
use storefront::{batches, collections};

fn product_of(house: &House, slug: &str) -> ProductId {
    let slug = slug.to_string();
    house.db.read_now(move |conn| catalog::find(conn, &slug)).unwrap().unwrap()
}

/// Fills in and sends the form of a product.
fn edit(mei: &Visitor, id: ProductId, typed: &[(&str, &str)]) -> Page {
    let action = format!("/admin/products/{id}");
    let page = mei.get(&action);
    mei.submit(&page, &action, typed)
}

pub fn price(house: &House, variant: VariantId) -> (i64, Option<i64>) {
    let found = house.db.read_now(move |conn| catalog::variants_for_sale(conn, &[variant], goods::EUR, "en")).unwrap();
    (found[0].unit_price, found[0].compare_at)
}

#[test]
fn an_address_that_moved_leads_on_for_good() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let (mei, ann) = (staff(&house), house.visitor());
    let id = product_of(&house, "mug");
    edit(&mei, id, &[("slug", "big-mug")]).says(200, "Saved");
    edit(&mei, id, &[("slug", "大杯")]).says(200, "Saved");
    for (from, to) in [
        ("/products/mug", "/products/%E5%A4%A7%E6%9D%AF"),
        ("/zh/products/big-mug?colour=Blue", "/zh/products/%E5%A4%A7%E6%9D%AF?colour=Blue"),
    ] {
        let answer = ann.get_once(from);
        assert_eq!(
            (answer.status, answer.headers["location"].as_str(), answer.headers["cache-control"].as_str()),
            (301, to, "no-cache"),
            "{from}"
        );
    }
    ann.get("/products/mug").says(200, "Mug");
    // Taken again, the address is a page.
    house
        .db
        .write_now(|conn| {
            let product = Product {
                title: "Mug".into(),
                status: Status::Active,
                variants: vec![Variant { price: Some(900), ..Variant::default() }],
                ..Product::default()
            };
            catalog::save_product(conn, &product, &Saving { currency: goods::EUR, actor: "test", base: None, now: now() })
        })
        .unwrap();
    assert_eq!(ann.get_once("/products/mug").status, 200);

    let page = mei.get("/admin/redirects").says(200, "kept by the shop");
    let base = house.base_url.clone();
    mei.submit(&page, "/admin/redirects", &[("from", "/sale"), ("to", &format!("{base}/products/big-mug"))]).says(200, "/sale");
    assert_eq!(ann.get_once("/sale").headers["location"], "/products/%E5%A4%A7%E6%9D%AF");
    for (to, wrong) in [("https://evil.test/", "Other sites"), ("//evil.test", "Other sites"), ("/sale", "circle")] {
        mei.submit(&page, "/admin/redirects", &[("from", "/sale"), ("to", to)]).says(422, wrong);
    }
    mei.get("/admin/audit?action=redirect.set").says(200, "/products/big-mug");
    let page = mei.get("/admin/redirects?q=/sale");
    let delete = page.form_ending("/delete");
    mei.submit(&page, &delete, &[]).says(200, "Deleted");
    assert_eq!(ann.get_once("/sale").status, 404);
    assert_eq!(ann.post_once("/sale", &[]).status, 404);
}

#[test]
fn a_product_comes_and_goes_with_its_window() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let variant = goods::product(&house.db, "Lantern", 1500, 5);
    let (mei, ann) = (staff(&house), house.visitor());
    let id = product_of(&house, "lantern");
    let local = |hours: i64| (now() + TimeDelta::hours(hours)).format("%Y-%m-%dT%H:%M").to_string();
    edit(&mei, id, &[("publish_from", &local(5)), ("publish_until", &local(2))]).says(422, "after the beginning");
    edit(&mei, id, &[("publish_from", &local(2)), ("publish_until", &local(5))]).says(200, "do not see this product now");
    house.work();
    mei.get("/admin/products").says(200, "Not shown now");
    let shown = |there: bool| {
        assert_eq!(ann.get("/products/lantern").status, if there { 200 } else { 404 });
        for page in ["/search?q=lantern", "/sitemap/products-0.xml", "/"] {
            let body = ann.get(page).body;
            assert_eq!(body.contains("/products/lantern"), there, "{page}");
        }
    };
    shown(false);
    assert!(
        house
            .db
            .write_now(move |conn| {
                let cart = storefront::carts::create(conn, None, &storefront::shop::Shop::default(), "en", now())?;
                storefront::carts::add(conn, cart, variant, 1, now())
            })
            .is_err()
    );
    house.state.clock.advance(TimeDelta::hours(2));
    assert!(house.work() > 0);
    // Changes of one second are indexed together when it is over.
    let index = || {
        house.state.clock.advance(TimeDelta::seconds(2));
        house.work()
    };
    index();
    shown(true);
    let page = ann.get("/products/lantern");
    ann.submit(&page, "/cart/lines", &[]);
    ann.get("/cart").says(200, "Lantern");
    house.state.clock.advance(TimeDelta::hours(3));
    // Even before the job ran, nobody buys it.
    let cart = ann.get("/cart");
    assert!(cart.text().contains("not sell this any more"), "{}", cart.text());
    house.work();
    index();
    shown(false);
}

#[test]
fn a_reduction_names_the_lowest_price_of_the_month_before() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    staff(&house);
    let (ann, id) = (house.visitor(), product_of(&house, "mug"));
    house.state.clock.advance(TimeDelta::days(40));
    // A session does not last that long.
    let again = || {
        let visitor = house.visitor();
        office::sign_in(&visitor, "mei").says(200, "Overview");
        visitor
    };
    edit(&again(), id, &[("v0_price", "11.00")]).says(200, "Saved");
    house.state.clock.advance(TimeDelta::days(1));
    edit(&again(), id, &[("v0_price", "13.00")]).says(200, "Saved");
    house.state.clock.advance(TimeDelta::days(1));
    edit(&again(), id, &[("v0_price", "10.00"), ("v0_compare_at", "13.00")]).says(200, "Price changes");
    ann.get("/products/mug").says(200, "Lowest price in the 30 days before the reduction: €11.00");
    ann.get("/zh/products/mug").says(200, "降价前 30 天内的最低价");
    again().get(&format!("/admin/products/{id}")).says(200, "mei");
}

#[test]
fn a_table_and_rules_show_what_they_change_before_they_do() {
    let house = House::open();
    let (mug, pot) = (goods::product(&house.db, "Mug", 1200, 5), goods::product(&house.db, "Pot", 4500, 0));
    let mei = staff(&house);
    let (mug_id, pot_id) = (product_of(&house, "mug"), product_of(&house, "pot"));
    // Nothing is asked for twice, and what does not read is told in its cell.
    let table = mei.get("/admin/products/table?").says(200, "arrow keys");
    mei.submit(&table, "/admin/products/table", &[]).says(422, "Nothing changes");
    let mug_price = format!("v{mug}_price");
    mei.submit(&table, "/admin/products/table", &[(&mug_price, "twelve")]).says(422, "amount");
    let preview = mei.submit(&table, "/admin/products/table", &[(&mug_price, "13.00"), (&format!("p{pot_id}_brand"), "Kiln")]);
    let preview = preview.says(200, "€13.00");
    assert_eq!(price(&house, mug), (1200, None));
    mei.submit(&preview, &preview.form_ending("/confirm"), &[]).says(200, "0 of 2");
    house.work();
    let done = mei.get(&preview.at).says(200, "Done");
    assert!(!done.headers.contains_key("refresh"));
    assert_eq!(price(&house, mug), (1300, None));
    mei.get(&format!("/admin/products/{mug_id}")).says(200, "Bulk edit");
    // A table that somebody overtook says what is stored now, and saves over it when it is sent again.
    let again = mei.submit(&table, "/admin/products/table", &[(&mug_price, "14.00")]).says(422, "Stored now: 13.00");
    let preview = mei.submit(&again, "/admin/products/table", &[]).says(200, "€14.00");
    mei.submit(&preview, &preview.form_ending("/discard"), &[]).says(200, "discarded");

    // Filters find by what variants are; rules change just those.
    let list = mei.get("/admin/products?stock=out").says(200, "Pot");
    assert!(!list.text().contains("Mug"));
    mei.get("/admin/products?brand=Kiln&from=40&to=50").says(200, "Pot");
    mei.get("/admin/products?brand=Kiln&from=50").says(200, "No products here");
    let kept = mei.submit(&list, "/admin/products/filters?stock=out", &[("name", "Gone"), ("shared", "on")]).says(200, "Gone");
    mei.submit(&kept, &kept.form_ending("/delete"), &[]).says(200, "Deleted");
    let rules = mei.get("/admin/products/rules?stock=out").says(200, "1 products with 1 variants");
    mei.submit(&rules, "/admin/products/rules?stock=out", &[]).says(422, "at least one change");
    let typed = [
        ("price_rule", "percent"),
        ("price_value", "-10"),
        ("rounding", "just_below"),
        ("compare_rule", "former"),
        ("add_tags", "sale, last"),
    ];
    let preview = mei.submit(&rules, "/admin/products/rules?stock=out", &typed).says(200, "€40.99");
    mei.submit(&preview, &preview.form_ending("/confirm"), &[]);
    house.work();
    assert_eq!((price(&house, pot), price(&house, mug)), ((4099, Some(4500)), (1300, None)));
    mei.get("/admin/products?tag=last").says(200, "Pot");
    mei.get("/admin/products/batches").says(200, "Price -10 %");
    mei.get("/admin/audit?action=batch.edit").says(200, "Many products changed");
    house.visitor().get("/search?q=pot").says(200, "40.99");
}

#[test]
fn collections_gather_by_rule_and_by_hand() {
    let house = House::open();
    for (title, price) in [("Mug", 1200), ("Pot", 4500), ("Whisk", 1900)] {
        goods::product(&house.db, title, price, 5);
    }
    let (mei, ann) = (staff(&house), house.visitor());
    for slug in ["mug", "whisk"] {
        edit(&mei, product_of(&house, slug), &[("tags", "gift")]).says(200, "Saved");
    }
    let index = || {
        house.work();
        house.state.clock.advance(TimeDelta::seconds(2));
        house.work()
    };
    let form = mei.get("/admin/collections/new").says(200, "No product yet");
    let action = "/admin/collections/new";
    let rule = [("name", "Gifts"), ("c0_kind", "tag"), ("c0_value", "gift"), ("c1_kind", "price"), ("c1_value", "10 – 15")];
    mei.submit(&form, action, &[("name", "Gifts")]).says(422, "1 to 20 conditions");
    mei.submit(&form, action, &[("name", "Gifts"), ("c0_kind", "category"), ("c0_value", "none")]).says(422, "no category");
    let mut trying = rule.to_vec();
    trying.push(("try", "on"));
    let tried = mei.submit(&form, action, &trying).says(200, "Would be in it: 1");
    assert_eq!(ann.get("/collections/gifts").status, 404);
    let saved = mei.submit(&tried, action, &[]).says(200, "In it: 1");
    index();
    let page = ann.get("/collections/gifts").says(200, "Mug");
    assert!(!page.text().contains("Whisk"));
    ann.get("/collections/gifts?sort=price-up").says(200, "Mug");
    assert!(ann.get("/sitemap/pages.xml").body.contains("/collections/gifts</loc>"));
    // A product that changes comes and goes with its change.
    edit(&mei, product_of(&house, "whisk"), &[("v0_price", "14.00")]).says(200, "Saved");
    edit(&mei, product_of(&house, "mug"), &[("tags", "")]).says(200, "Saved");
    index();
    let page = ann.get("/collections/gifts").says(200, "Whisk");
    assert!(!page.text().contains("Mug"));
    // By hand the order is kept, and another order is a choice.
    let by_hand = [("filling", "hand"), ("products", "pot\nMUG\nwhisk"), ("name_zh", "礼物"), ("slug", "presents")];
    mei.submit(&saved, &saved.at, &[("filling", "hand"), ("products", "nothing")]).says(422, "nothing");
    mei.submit(&saved, &saved.at, &by_hand).says(200, "In it: 3");
    mei.submit(&saved, &saved.at, &[]).says(409, "Somebody else changed this collection");
    index();
    let places = |page: &Page| -> Vec<usize> {
        let text = page.text();
        ["Pot", "Mug", "Whisk"].iter().map(|title| text.rfind(title).unwrap()).collect()
    };
    let page = ann.get("/collections/presents").says(200, "Gifts");
    assert!(places(&page).is_sorted(), "{}", page.text());
    assert_eq!(ann.get_once("/collections/gifts").headers["location"], "/collections/presents");
    ann.get("/zh/collections/presents").says(200, "礼物");
    mei.get("/admin/audit?action=collection.save").says(200, "presents");
    let delete = saved.form_ending("/delete");
    mei.submit(&saved, &delete, &[]).says(200, "Deleted");
    assert_eq!(ann.get("/collections/presents").status, 404);
}

#[test]
fn a_long_collection_made_by_hand_keeps_its_order_from_page_to_page() {
    let house = House::open();
    let many = 230;
    let ids: Vec<_> = (0..many).map(|n| goods::product(&house.db, &format!("Item {n:03}"), 100 + n, 1)).collect();
    let mei = staff(&house);
    // The last is made the first, so that the order is nobody's but the merchant's.
    let lines: Vec<String> = (0..many).rev().map(|n| format!("item-{n:03}")).collect();
    let form = mei.get("/admin/collections/new");
    let typed = [("name", "Long"), ("filling", "hand"), ("products", &lines.join("\n")), ("active", "on")];
    let saved = mei.submit(&form, "/admin/collections/new", &typed).says(200, "In it: 230");
    house.follow();
    let shown = |page: &Page| -> Vec<String> {
        let text = page.text();
        text.split("Item ").skip(1).filter_map(|rest| rest.get(..3)).filter(|n| n.parse::<u32>().is_ok()).map(str::to_string).collect()
    };
    let next = |page: &Page, path: &str, narrowed: &str| -> Option<String> {
        let start = page.body.find(&format!("href=\"{path}?{narrowed}after=")).map(|at| at + 6)?;
        Some(page.body[start..].split('"').next()?.replace("&amp;", "&"))
    };
    let ann = house.visitor();
    let walked = |narrowed: &str, told: &str| {
        let (mut at, mut seen, mut pages) = (format!("/collections/long?{narrowed}"), Vec::new(), 0);
        loop {
            let page = ann.get(&at).says(200, told);
            seen.extend(shown(&page));
            pages += 1;
            match next(&page, "/collections/long", &narrowed.replace('&', "&amp;")) {
                Some(to) if pages < 20 => at = to,
                _ => break,
            }
        }
        seen.dedup();
        (pages, seen)
    };
    let wanted = |from: i64| -> Vec<String> { (from..many).rev().map(|n| format!("{n:03}")).collect() };
    assert_eq!(walked("", "230 products"), (10, wanted(0)));
    assert_eq!(walked("price_min=1.05&", "225 products"), (10, wanted(5)), "narrowed it stays in order");
    ann.get("/collections/long?sort=price").says(200, "Item 000");
    // Staff page through the members as well.
    let page = mei.get(&next(&saved, &saved.at, "").unwrap()).says(200, "Item 205");
    assert!(!page.text().contains("Item 229\n"));
    assert_eq!(ids.len(), 230);
}

#[test]
fn what_sells_out_from_two_sides_leaves_its_collection() {
    let db = goods::open();
    let (variants, collection) = db
        .write_now(|conn| {
            let variant = |size: &str| Variant {
                sku: Some(size.into()),
                options: vec![size.into()],
                price: Some(100),
                count: Some(1),
                ..Variant::default()
            };
            let product = Product {
                title: "Cup".into(),
                status: Status::Active,
                options: vec!["Size".into()],
                variants: vec![variant("S"), variant("L")],
                ..Product::default()
            };
            catalog::save_product(conn, &product, &Saving { currency: goods::EUR, actor: "test", base: None, now: now() })?;
            let rule = collections::Rule { all: true, conditions: vec![collections::Condition::InStock] };
            let filling = collections::Filling::ByRule(rule);
            let id = collections::save(conn, &collections::Collection { name: "Here".into(), filling, ..Default::default() }, now())?;
            let variants = [catalog::find_variant(conn, "S")?.unwrap(), catalog::find_variant(conn, "L")?.unwrap()];
            Ok((variants, id))
        })
        .unwrap();
    let members = || db.read_now(|conn| collections::preview(conn, collection, 10, 10)).unwrap().0;
    for round in 0..10 {
        for units in [1, 0] {
            std::thread::scope(|scope| {
                for variant in variants {
                    let db = &db;
                    scope.spawn(move || {
                        let key = format!("{variant}:{round}:{units}");
                        db.write_now(move |conn| storefront::stock::set_on_hand(conn, variant, units, "count", &key, "test", now()))
                            .unwrap();
                    });
                }
            });
            assert_eq!(members(), usize::from(units > 0), "round {round}");
        }
    }
    goods::assert_books(&db);
}

#[test]
fn two_workers_do_the_rows_of_a_batch_once() {
    let db = goods::open();
    let variants: Vec<VariantId> = (0..500).map(|n| goods::product(&db, &format!("Cup {n}"), 1000, 5)).collect();
    let rules = batches::Rules { price: Some(batches::PriceRule::Add(50)), ..Default::default() };
    let planned = db.read_now(|conn| batches::plan(conn, &Default::default(), &rules, goods::EUR)).unwrap();
    let id = db
        .write_now(move |conn| {
            let id = batches::draft_edit(conn, "Dearer", "staff:1", "EUR", &planned.edits, now())?;
            batches::start(conn, id, now())?;
            Ok(id)
        })
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| batches::run(&db, &Default::default(), id).unwrap());
        }
    });
    let batch = db.read_now(|conn| batches::get(conn, id)).unwrap();
    assert_eq!((batch.state, batch.finished, batch.changed), (batches::State::Done, 500, 500));
    let found = db.read_now(|conn| catalog::variants_for_sale(conn, &variants, goods::EUR, "en")).unwrap();
    assert!(found.iter().all(|variant| variant.unit_price == 1050));
    goods::assert_books(&db);
}
