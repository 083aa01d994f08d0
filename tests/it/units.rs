//! Goods that are sold by the metre, with decimals: typed, priced, packed, given back and told with their unit, while every count of them is a
//! whole number of hundredths.

use crate::buying::CONTACT;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{self, at_work, role};
use admin::permissions::Preset;
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::ids::VariantId;
use storefront::price_lists::{self, Break, Entry, For, ListState, PriceListId, QuantityRule, Wish};
use storefront::units::{self, Measure, Unit};
use storefront::{carts, orders, payments, refunds, stock};

/// Cloth at 10.00 a metre, of which 10.00 m are there.
fn cloth(house: &House) -> VariantId {
    house
        .db
        .write_now(|conn| {
            let variant = Variant {
                sku: Some("CLOTH".into()),
                price: Some(1000),
                cost: Some(400),
                count: Some(1000),
                weight_grams: 300,
                measure: Measure::new(Unit::Metre, 2),
                ..Variant::default()
            };
            let product = Product { status: Status::Active, title: "Cloth".into(), variants: vec![variant], ..Product::default() };
            catalog::save_product(conn, &product, &Saving { currency: goods::EUR, actor: "test", base: None, now: now() })?;
            Ok(catalog::find_variant(conn, "CLOTH")?.expect("the variant was just saved"))
        })
        .unwrap()
}

#[test]
fn cloth_is_ordered_sent_and_given_back_by_the_metre() {
    let house = office::open();
    let cloth = cloth(&house);
    let ann = house.visitor();
    let page = ann.get("/products/cloth").says(200, "€10.00 per m").holds("step=\"0.01\"").holds("\"unitCode\":\"MTR\"");
    for hostile in ["1.234", "1e9", "-1", "１２", "", "1,234", "NaN", "99999999999999999999", "2.5.0"] {
        ann.submit(&page, "/cart/lines", &[("quantity", hostile)]).says(200, "Please give a quantity such as 2.50");
    }
    ann.submit(&page, "/cart/lines", &[("quantity", "2,5")]).says(200, "€25.00").holds("value=\"2.50\"");
    let line = house.db.read_now(|conn| Ok(carts::lines(conn, storefront::ids::CartId(1))?[0].0)).unwrap();
    let at = format!("/cart/lines/{line}");
    ann.submit(&ann.get("/cart"), &at, &[("quantity", "1.001")]).says(200, "Please give a quantity such as 2.50");
    ann.submit(&ann.get("/cart"), &at, &[("quantity", "11")]).says(200, "Only 10.00 m left");
    ann.submit(&ann.get("/cart"), &at, &[("quantity", "2.50")]).says(200, "€25.00");
    let shipping = ann.submit(&ann.get("/checkout"), "/checkout", CONTACT);
    let payment = ann.submit(&shipping, "/checkout/shipping", &[]);
    let review = ann.submit(&payment, "/checkout/payment", &[("method", "bank_transfer")]).says(200, "2.50 m × €10.00 per m");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001").says(200, "2.50 m");
    house.work();
    let (order, line, paid) = house
        .db
        .read_now(|conn| {
            let order = orders::get_by_number(conn, "R1001")?;
            let line = orders::lines(conn, order.id)?.remove(0);
            let payment = payments::latest(conn, order.id)?.expect("it has a payment");
            Ok((order.id, line, payment.id))
        })
        .unwrap();
    assert_eq!((line.quantity, line.unit, line.unit_precision, line.subtotal, line.total), (250, Unit::Metre, 2, 2500, 2500));
    assert!(line.trace.contains("1000 x 250 / 100"), "{}", line.trace);
    let mails = house.mails("ann@example.com");
    assert!(mails.iter().any(|mail| mail.body_text.contains("2.50\u{a0}m × Cloth")), "the confirmation names the unit");

    // Half of it is sent, and the rest is given back.
    let olga = at_work(&house, "olga", role(&house, Preset::Owner)).1;
    house.db.write_now(move |conn| payments::record_receipt(conn, paid, "test", now())).unwrap();
    let units = format!("quantity-{}", line.id);
    let form = olga.get("/admin/orders/R1001/ship").says(200, "2.50 m").holds("value=\"2.50\"");
    assert_eq!(olga.submit(&form, "/admin/orders/R1001/ship", &[(&units, "1.255")]).status, 422);
    olga.submit(&form, "/admin/orders/R1001/ship", &[(&units, "2.51")]).says(422, "2.50 m");
    olga.submit(&form, "/admin/orders/R1001/ship", &[(&units, "1.25")]).says(200, "Shipped.");
    olga.get("/admin/orders/R1001").says(200, "1.25 m");
    let form = olga.get("/admin/orders/R1001/refund");
    let amounts = olga.submit(&form, "/admin/orders/R1001/refund", &[(&units, "1.25")]).says(200, "12.50").says(200, "1.25 m");
    olga.submit(&amounts, "/admin/orders/R1001/refund", &[]).says(200, "Refund asked for");
    house.work();
    let (back, level) = house
        .db
        .read_now(move |conn| {
            let refund = refunds::of_order(conn, order)?.remove(0);
            Ok((refunds::lines_of(conn, refund.id)?.remove(0), stock::level(conn, cloth)?))
        })
        .unwrap();
    assert_eq!((back.quantity, back.amount), (125, 1250));
    assert_eq!((level.on_hand, level.free()), (875, 875));
    goods::assert_books(&house.db);

    // What stands in hundredths stays in hundredths; what a metre is called may change.
    let product = "/admin/products/1";
    olga.submit(&olga.get(product), product, &[("v0_precision", "3")]).says(422, "Quantities of it stand");
    assert_eq!(olga.submit(&olga.get(product), product, &[("v0_unit", "kgm")]).status, 200);
    let measure = house.db.read_now(move |conn| units::measure(conn, cloth)).unwrap();
    assert_eq!(measure, Measure::new(Unit::Kilogram, 2));
    // The order keeps what it was sold by.
    olga.get("/admin/orders/R1001").says(200, "2.50 m");
    goods::assert_books(&house.db);
}

#[test]
fn prices_from_a_file_count_in_the_unit_of_the_goods() {
    let house = office::open();
    let cloth = cloth(&house);
    let olga = at_work(&house, "olga", role(&house, Preset::Owner)).1;
    house
        .db
        .write_now(|conn| {
            let wish = Wish {
                name: "Bulk".into(),
                currency: goods::EUR,
                store: None,
                priority: 0,
                state: ListState::Active,
                starts_at: None,
                ends_at: None,
                adjust_bp: None,
            };
            let id = price_lists::create(conn, wish, now())?;
            price_lists::add_buyer(conn, id, &For::Everybody, now())
        })
        .unwrap();
    let form = olga.get("/admin/price-lists/1/import");
    let file = b"sku,min_quantity,price,minimum,increment,unit\nCLOTH,0.01,9.00,0.50,0.25,MTR\nCLOTH,5,8.00,,,\nCLOTH,7,1.00,,,C62\nCLOTH,1.001,1,,,\n";
    let shown = olga.upload(&form, "/admin/price-lists/1/import", "prices.csv", file);
    let shown = shown.says(200, "Line 4").says(200, "The unit is C62").says(200, "Line 5").says(200, "5.00 m");
    olga.submit(&shown, "/admin/price-lists/1/imports/1", &[]).says(200, "being written");
    house.work();
    let wanted = Entry {
        variant: cloth,
        breaks: vec![Break { from: 1, unit_price: 900 }, Break { from: 500, unit_price: 800 }],
        rule: Some(QuantityRule { minimum: 50, increment: 25 }),
    };
    assert_eq!(house.db.read_now(move |conn| price_lists::entry(conn, PriceListId(1), cloth)).unwrap(), wanted);
    let csv = olga.get("/admin/price-lists/1/export.csv").body;
    assert_eq!(csv.trim(), "sku,min_quantity,price,minimum,increment,unit\nCLOTH,0.01,9.00,0.50,0.25,MTR\nCLOTH,5.00,8.00,,,MTR");

    let ann = house.visitor();
    let page =
        ann.get("/products/cloth").says(200, "€9.00 per m").says(200, "5.00 m").says(200, "in steps of 0.25 m").holds("min=\"0.50\"");
    ann.submit(&page, "/cart/lines", &[("quantity", "0.60")]).says(200, "Please set the quantity to 0.75 m");
    let line = house.db.read_now(|conn| Ok(carts::lines(conn, storefront::ids::CartId(1))?[0].0)).unwrap();
    ann.submit(&ann.get("/cart"), &format!("/cart/lines/{line}"), &[("quantity", "5.25")]).says(200, "€42.00");
    // A typed price of the list is one of the unit, too.
    let at = format!("/admin/price-lists/1/prices/{cloth}");
    let form = olga.get(&at).says(200, "Cloth").holds("value=\"5.00\"");
    olga.submit(&form, &at, &[("from_1", "2.5")]).says(200, "Saved.");
    let breaks = house.db.read_now(move |conn| price_lists::entry(conn, PriceListId(1), cloth)).unwrap().breaks;
    assert_eq!(breaks[1], Break { from: 250, unit_price: 800 });
    // Quick order reads the same quantities, and counts what lies in the cart.
    for (typed, told) in [("0.75", "€6.00"), ("0.60", "Sold in steps of 0.25 m"), ("1.234", "Give a quantity from 0.01 m to 999.00 m")] {
        let rows = [("sku-0", "cloth"), ("quantity-0", typed), ("act", "check")];
        ann.submit(&ann.get("/quick-order"), "/quick-order", &rows).says(200, told);
    }
    let pasted = [("paste", "CLOTH 0.50"), ("act", "check")];
    ann.submit(&ann.get("/quick-order"), "/quick-order", &pasted).says(200, "€4.00").holds("value=\"0.50\"");
    olga.get("/admin/price-lists/explain?goods=CLOTH&quantity=2.75").says(200, "€8.00").says(200, "its price from 2.50 m on");
}
