//! What staff do about the orders of another store: it keeps its currency, its language and its part of the catalogue.

use crate::stores::{SWISS, collection, owner, swiss};
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office;
use kernel::money::Currency;
use storefront::edits::{self, Wish};
use storefront::promotions::{Effect, Rules, Terms};
use storefront::{carts, catalog, orders, stores};

const BEA: &[(&str, &str)] = &[
    ("email", "bea@example.com"),
    ("ship_name", "Bea Beech"),
    ("ship_line1", "Weg 1"),
    ("ship_postcode", "8001"),
    ("ship_city", "Zürich"),
    ("ship_country", "CH"),
    ("method", "bank_transfer"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    BEA.iter().chain(more).copied().collect()
}

/// A shop with a second store that sells mugs and tea in francs, and a pot that it has a price for and does not sell.
fn shop() -> (House, crate::support::visitor::Visitor) {
    let house = office::open();
    let (mug, tea) = (goods::product(&house.db, "Mug", 1200, 9), goods::product(&house.db, "Tea", 500, 9));
    goods::product(&house.db, "Pot", 3000, 9);
    let part = collection(&house, "Alps", &[mug, tea]);
    let olga = owner(&house);
    swiss(&house, &olga, Some(part));
    let pot = house.db.read_now(|conn| catalog::find(conn, "pot")).unwrap().unwrap();
    let at = format!("/admin/products/{pot}?currency=CHF");
    olga.submit(&olga.get(&at), &at, &[("v0_price", "33.00")]).says(200, "Saved.");
    (house, olga)
}

#[test]
fn an_order_by_telephone_is_of_the_store_that_staff_choose() {
    let (house, olga) = shop();
    let main = olga.get("/admin/new-order").says(200, "Bergladen").holds("value=\"en\" selected");
    assert!(main.body.contains("/admin/new-order?store=2"));
    let at = "/admin/new-order?store=2";
    let form = olga.get(at).holds("value=\"zh\" selected");
    olga.submit(&form, at, &with(&[("goods", "POT 1")])).says(422, "One of these is not for sale at the moment.");
    let priced = olga.submit(&form, at, &with(&[("goods", "MUG 2")])).says(200, "CHF").says(200, "33.00");
    let placed = olga.submit(&priced, &priced.at, &[]).says(200, "R1001").says(200, "Bergladen");
    assert!(!placed.text().contains('€'), "{}", placed.text());
    let order = house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap();
    assert_eq!((order.store_id, order.currency.as_str(), order.language.as_str(), order.total), (SWISS, "CHF", "zh", 2 * 1300 + 700));
    house.work();
    let mail = &house.mails("bea@example.com")[0];
    assert!(mail.body_text.contains("swiss.test") && mail.body_text.contains("Bergladen"), "{}", mail.body_text);
    assert_eq!(olga.get("/admin/new-order?store=7").status, 404);

    // What staff add later has to be of the store, too; the pot is sold in the main one alone.
    let id = order.id;
    let try_to = |sku: &'static str| {
        house.db.read_now(move |conn| {
            let order = orders::get(conn, id)?;
            let variant = catalog::find_variant(conn, sku)?.unwrap();
            edits::preview(conn, &order, &Wish { added: vec![(variant, 1)], method: "bank_transfer".into(), ..Wish::default() }, now())
        })
    };
    assert_eq!(try_to("MUG").unwrap().after.total, 3 * 1300 + 700);
    match try_to("POT") {
        Err(kernel::Error::Invalid(fields)) => assert_eq!(fields.0["goods"], "order-edit-not-sold"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gift_is_given_where_it_is_sold() {
    let (house, _) = shop();
    let (mug, pot) =
        house.db.read_now(|conn| Ok((catalog::find_variant(conn, "MUG")?.unwrap(), catalog::find_variant(conn, "POT")?.unwrap()))).unwrap();
    let rules = Rules { effect: Effect::Gift { variant: pot, quantity: 1 }, ..Rules::default() };
    goods::promotion(&house.db, Terms::automatic("A pot on top", rules, goods::EUR));
    let gifts = |store| {
        house
            .db
            .write_now(move |conn| {
                let shop = stores::shop(conn, store)?;
                let cart = carts::create(conn, None, &shop, "en", now())?;
                carts::add(conn, cart, mug, 1, now())?;
                let quote = carts::quote(conn, cart, now())?;
                Ok((quote.currency, quote.lines.iter().filter(|line| line.gift.is_some()).count()))
            })
            .unwrap()
    };
    assert_eq!(gifts(stores::MAIN), (goods::EUR, 1));
    assert_eq!(gifts(SWISS), (Currency::parse("CHF").unwrap(), 0), "the pot is no part of what the store sells");
}
