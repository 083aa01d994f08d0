#![allow(clippy::unwrap_used)]
use super::*;
use crate::catalog::{Product, Saving, Status, Variant, find_variant, save_product};
use kernel::money::Currency;
use kernel::testing;

fn now() -> Time {
    kernel::clock::Clock::default().now()
}

/// A variant of each SKU with so many units in stock.
fn goods(conn: &mut Conn, all: &[(&str, i64)]) -> Result<()> {
    for (sku, stock) in all {
        let variant = Variant {
            sku: Some(sku.to_string()),
            barcode: if *sku == "CUP" { "4006381333931".into() } else { String::new() },
            price: Some(500),
            tracked: true,
            count: Some(*stock),
            ..Variant::default()
        };
        let product = Product { title: format!("A {sku}"), status: Status::Active, variants: vec![variant], ..Product::default() };
        save_product(conn, &product, &Saving { currency: Currency::EUR, actor: "test", base: None, now: now() })?;
    }
    Ok(())
}

fn keys(rows: &[Checked]) -> Vec<Option<&str>> {
    rows.iter().map(|row| row.wrong.as_deref().map(|key| key.split(kernel::error::BETWEEN).next().unwrap_or(""))).collect()
}

#[test]
fn rows_are_read_together_and_go_into_the_cart_at_once() {
    let db = testing::db();
    db.write_now(|conn| {
        goods(conn, &[("MUG", 10), ("BOWL", 0), ("CUP", 50), ("JUG", 3)])?;
        let cart = carts::create(conn, None, &Shop::default(), "en", now())?;
        let typed = [
            Row::typed("mug", "4"),
            Row::typed("Mug ", "6"),
            Row::typed("bowl", "1"),
            Row::typed("4006381333931", "2"),
            Row::typed("spoon", "1"),
            Row::typed("cup", "many"),
            Row::typed("", "3"),
            Row::default(),
            Row::typed("jug", "4"),
            Row::typed("cup", "1000"),
        ];
        let expected = [
            None,
            None,
            Some("quick-order-sold-out"),
            None,
            Some("quick-order-unknown"),
            Some("quick-order-quantity"),
            Some("quick-order-no-sku"),
            Some("quick-order-left"),
            Some("quick-order-quantity"),
        ];
        let refused = add(conn, cart, &typed, Rest::Refuse, now())?;
        assert_eq!((keys(&refused.rows), refused.added, refused.wrong()), (expected.to_vec(), 0, 6));
        assert!(carts::lines(conn, cart)?.is_empty(), "one wrong row keeps all of them out");
        let done = add(conn, cart, &typed, Rest::LeaveOut, now())?;
        assert_eq!((done.added, done.rows[0].total()), (3, 2000));
        let (mug, cup) = (find_variant(conn, "MUG")?.unwrap(), find_variant(conn, "CUP")?.unwrap());
        let lines = |conn: &mut Conn| -> Result<Vec<(VariantId, i64)>> {
            Ok(carts::lines(conn, cart)?.into_iter().map(|(_, variant, quantity, _)| (variant, quantity)).collect())
        };
        assert_eq!(lines(conn)?, [(mug, 10), (cup, 2)]);
        // What lies in the cart counts: of ten mugs none is left.
        let more = add(conn, cart, &[Row::typed("MUG", "1"), Row::typed("CUP", "48")], Rest::LeaveOut, now())?;
        assert_eq!((keys(&more.rows), more.added), (vec![Some("quick-order-left"), None], 1));
        assert_eq!(lines(conn)?, [(mug, 10), (cup, 50)]);
        let many = vec![Row::typed("CUP", "1"); MOST + 1];
        assert!(matches!(add(conn, cart, &many, Rest::Refuse, now()), Err(Error::Invalid(_))));
        Ok(())
    })
    .unwrap();
}
