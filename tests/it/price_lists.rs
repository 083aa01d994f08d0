//! Price lists: made and filled by staff, seen and paid by those they are for, and explained.

use crate::buying::CONTACT;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{self, at_work, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use crm::companies::{self, Details};
use kernel::Conn;
use storefront::price_lists::{self, Break, Entry, For, ListState, PriceListId, Question, Why, Wish};
use storefront::quick_order::{self, Rest, Row};
use storefront::stores::MAIN;
use storefront::{carts, catalog, orders};

fn wish(name: &str, priority: i64) -> Wish {
    Wish {
        name: name.into(),
        currency: goods::EUR,
        store: None,
        priority,
        state: ListState::Active,
        starts_at: None,
        ends_at: None,
        adjust_bp: None,
    }
}

fn list(conn: &mut Conn, name: &str, buyer: For, variant: storefront::ids::VariantId, price: i64) -> kernel::Result<PriceListId> {
    let id = price_lists::create(conn, wish(name, 0), now())?;
    price_lists::add_buyer(conn, id, &buyer, now())?;
    price_lists::put(conn, id, &Entry { variant, breaks: vec![Break { from: 1, unit_price: price }], rule: None })?;
    Ok(id)
}

fn owner(house: &House) -> Visitor {
    at_work(house, "olga", role(house, Preset::Owner)).1
}

#[test]
fn a_list_comes_in_from_a_file_and_is_what_pages_carts_and_orders_say() {
    let house = office::open();
    let mug = goods::product(&house.db, "Mug", 1200, 500);
    let olga = owner(&house);
    let form = olga.get("/admin/price-lists/new");
    olga.submit(&form, "/admin/price-lists/new", &[("name", ""), ("state", "active")]).says(422, "Give a name");
    let made = olga.submit(&form, "/admin/price-lists/new", &[("name", "Bulk"), ("state", "active")]).says(200, "Bulk");
    assert!(made.at.ends_with("/admin/price-lists/1"), "{}", made.at);
    let buyers = olga.get("/admin/price-lists/1/buyers").says(200, "Nobody has these prices yet");
    let everybody = buyers.forms().into_iter().filter(|form| form.action.ends_with("/buyers")).count();
    assert!(everybody >= 2, "a group and everybody can be added");
    house.db.write_now(|conn| price_lists::add_buyer(conn, PriceListId(1), &For::Everybody, now())).unwrap();
    olga.get("/admin/price-lists/1/buyers").says(200, "Everybody");

    // The difference is shown, and nothing is written before somebody says so.
    let form = olga.get("/admin/price-lists/1/import");
    let file = b"sku,min_quantity,price,minimum,increment\nMUG,1,11.00,4,2\nMUG,10,9.50,,\nNONE,1,1,,\nMUG,x,1,,\n";
    let shown =
        olga.upload(&form, "/admin/price-lists/1/import", "prices.csv", file).says(200, "Line 4").says(200, "NONE").says(200, "Line 5");
    let entry = |house: &House| house.db.read_now(move |conn| price_lists::entry(conn, PriceListId(1), mug)).unwrap();
    assert!(entry(&house).breaks.is_empty());
    olga.submit(&shown, "/admin/price-lists/1/imports/1", &[]).says(200, "being written");
    house.work();
    olga.get("/admin/price-lists/1/imports/1").says(200, "Written");
    let breaks = vec![Break { from: 1, unit_price: 1100 }, Break { from: 10, unit_price: 950 }];
    assert_eq!(entry(&house).breaks, breaks);
    let csv = olga.get("/admin/price-lists/1/export.csv").body;
    assert_eq!(csv.trim(), "sku,min_quantity,price,minimum,increment,unit\nMUG,1,11.00,4,2,C62\nMUG,10,9.50,,,C62");

    // The page shows the table and asks for the least quantity; the cart has the price of the quantity.
    let ann = house.visitor();
    let page = ann.get("/products/mug").says(200, "€11.00").says(200, "€9.50").says(200, "in steps of 2").holds("min=\"4\"");
    ann.submit(&page, "/cart/lines", &[]).says(200, "€44.00");
    let line = house.db.read_now(move |conn| {
        let cart = storefront::ids::CartId(1);
        Ok(storefront::carts::lines(conn, cart)?[0].0)
    });
    let at = format!("/cart/lines/{}", line.unwrap());
    let cart = ann.submit(&ann.get("/cart"), &at, &[("quantity", "10")]).says(200, "€95.00");
    assert!(!cart.text().contains("The price changed"), "{}", cart.text());
    ann.submit(&cart, &at, &[("quantity", "11")]).says(200, "Please set the quantity to 12");
    ann.get("/checkout").says(200, "Please set the quantity to 12");
    ann.submit(&ann.get("/cart"), &at, &[("quantity", "12")]).says(200, "€114.00");
    let shipping = ann.submit(&ann.get("/checkout"), "/checkout", CONTACT);
    let payment = ann.submit(&shipping, "/checkout/shipping", &[]);
    let review = ann.submit(&payment, "/checkout/payment", &[("method", "bank_transfer")]);
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    let line = house.db.read_now(|conn| {
        let order = orders::get_by_number(conn, "R1001")?;
        Ok(orders::lines(conn, order.id)?.remove(0))
    });
    let line = line.unwrap();
    assert_eq!((line.unit_price, line.quantity), (950, 12));
    assert!(line.trace.contains("price list 1: Bulk") && line.trace.contains("from 10"), "{}", line.trace);

    // Staff change one price by its form, and ask why something costs what it costs.
    let at = format!("/admin/price-lists/1/prices/{mug}");
    let form = olga.get("/admin/price-lists/1/prices?q=MUG").says(200, "From quantity, row 1");
    olga.submit(&form, &at, &[("price_1", "9.00"), ("from_2", "10"), ("price_2", "8.00")]).says(422, "begin at the same quantity");
    olga.submit(&form, &at, &[("price_1", "9.00")]).says(200, "Saved.");
    assert_eq!(entry(&house).breaks[1].unit_price, 900);
    olga.submit(&form, &at, &[("price_1", "7.00")]).says(409, "9.00");
    olga.get("/admin/price-lists/explain?goods=MUG&quantity=12").says(200, "€9.00").says(200, "its price from 10 on");
}

#[test]
fn what_more_units_do_to_a_price_is_no_news() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 500);
    db.write_now(move |conn| {
        let id = list(conn, "Bulk", For::Everybody, mug, 1100)?;
        let breaks = vec![Break { from: 1, unit_price: 1100 }, Break { from: 10, unit_price: 950 }];
        price_lists::put(conn, id, &Entry { variant: mug, breaks, rule: None })?;
        let cart = carts::create(conn, None, &storefront::shop::Shop::default(), "en", now())?;
        let more = |conn: &mut Conn, units: &str| quick_order::add(conn, cart, &[Row::typed("MUG", units)], Rest::Refuse, now());
        more(conn, "4")?;
        more(conn, "6")?;
        let quote = carts::quote(conn, cart, now())?;
        assert_eq!((quote.lines[0].quantity, quote.lines[0].unit_price), (10, 950));
        let changed = |quote: &carts::Quote| quote.notices.iter().any(|notice| matches!(notice, carts::Notice::PriceChanged { .. }));
        assert!(!changed(&quote), "{:?}", quote.notices);
        // What the shop changes meanwhile is news, however many are added.
        price_lists::put(conn, id, &Entry { variant: mug, breaks: vec![Break { from: 1, unit_price: 900 }], rule: None })?;
        more(conn, "1")?;
        let quote = carts::quote(conn, cart, now())?;
        assert!(changed(&quote), "{:?}", quote.notices);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_company_pays_by_its_nearest_list_and_every_other_one_says_why_not() {
    let house = office::open();
    let mug = goods::product(&house.db, "Mug", 1200, 500);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let (above, below, everybody, group) = house
        .db
        .write_now(move |conn| {
            let apply = |conn: &mut Conn, name: &str| {
                let details = Details { name: name.into(), country: "DE".into(), ..Details::default() };
                companies::apply(conn, ann, &details, "", now()).map(|(company, _)| company)
            };
            let (holding, works) = (apply(conn, "Holding")?, apply(conn, "Works")?);
            let settings = companies::Settings { parent: Some(holding), price_group: "trade".into(), ..companies::Settings::default() };
            let seen = companies::get(conn, works)?.version;
            companies::set(conn, works, seen, &settings, "test", now())?;
            let above = list(conn, "Holding", For::Company(holding), mug, 900)?;
            let everybody = list(conn, "All", For::Everybody, mug, 100)?;
            let group = list(conn, "Trade", For::Group("trade".into()), mug, 200)?;
            Ok((above, works, everybody, group))
        })
        .unwrap();
    let ask = |company| {
        let question = Question { company, variant: mug, quantity: 3, store: MAIN, at: now() };
        let answer = house.db.read_now(move |conn| price_lists::explain(conn, &question)).unwrap();
        let mut lost: Vec<(PriceListId, Why)> = answer.chosen.trace.rejected.iter().map(|one| (one.list, one.why)).collect();
        lost.sort_unstable();
        (answer.chosen.unit_price, lost)
    };
    assert_eq!(ask(Some(below)), (900, vec![(everybody, Why::Farther), (group, Why::Farther)]));
    assert_eq!(ask(None), (100, vec![(above, Why::OtherBuyers), (group, Why::OtherBuyers)]));
    // What pages and carts ask says the same.
    let book = house.db.read_now(move |conn| price_lists::book(conn, Some(below), "trade", MAIN, goods::EUR, &[mug], now())).unwrap();
    assert_eq!(book.price(mug, 3, 1200).unit_price, 900);
    // Goods that go for good take their prices along.
    let spare = goods::product(&house.db, "Spare", 500, 0);
    house
        .db
        .write_now(move |conn| {
            price_lists::put(conn, above, &Entry { variant: spare, breaks: vec![Break { from: 1, unit_price: 1 }], rule: None })?;
            let product = catalog::product_of(conn, spare)?.expect("it was just made");
            catalog::remove(conn, product)
        })
        .unwrap();
}
