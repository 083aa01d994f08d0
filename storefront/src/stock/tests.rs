use super::*;
use crate::catalog::{self, Product, Saving, Variant};
use kernel::clock::Clock;
use kernel::money::Currency;
use std::collections::BTreeMap;

fn run(test: impl FnMut(&mut Conn, VariantId, Time) -> Result<()> + Send + 'static) {
    let (db, mut test) = (kernel::testing::db(), test);
    let now = Clock::default().now();
    db.write_now(move |conn| {
        let mug =
            Variant { sku: Some("MUG".into()), barcode: "4006381333931".into(), price: Some(1200), count: Some(5), ..Variant::default() };
        let product = Product { title: "Mug".into(), variants: vec![mug], ..Product::default() };
        let saving = Saving { currency: Currency::EUR, actor: "test", base: None, now };
        let saved = catalog::save_product(conn, &product, &saving)?;
        let variant = catalog::products(conn, &[saved.id], Currency::EUR)?.remove(0).variants[0].id.expect("stored");
        test(conn, variant, now)?;
        for finding in crate::doctor::examine(conn, &mut |_| ())? {
            assert!(finding.problems.is_empty(), "{}: {:?}", finding.law, finding.problems);
        }
        Ok(())
    })
    .unwrap();
}

fn lying(conn: &mut Conn, variant: VariantId) -> Result<BTreeMap<String, i64>> {
    Ok(of_variant(conn, variant)?.into_iter().map(|(place, units)| (place.name, units)).collect())
}

fn map<const N: usize>(pairs: [(&str, i64); N]) -> BTreeMap<String, i64> {
    pairs.into_iter().map(|(name, units)| (name.to_string(), units)).collect()
}

#[test]
fn goods_come_are_counted_move_and_leave() {
    run(|conn, mug, now| {
        let main = places::main(conn)?;
        let cellar = add_location(conn, " Cellar ")?;
        assert!(add_location(conn, "Cellar").is_err());
        receive(conn, cellar, &Demand::from([(mug, 4)]), "note 7", "r1", "test", now)?;
        receive(conn, cellar, &Demand::from([(mug, 4)]), "note 7", "r1", "test", now)?;
        assert_eq!(lying(conn, mug)?, map([("Main", 5), ("Cellar", 4)]));
        transfer(conn, main, cellar, &Demand::from([(mug, 2)]), "", "t1", "test", now)?;
        assert!(matches!(transfer(conn, main, cellar, &Demand::from([(mug, 9)]), "", "t2", "test", now), Err(Error::Conflict(_))));
        assert_eq!((lying(conn, mug)?, level(conn, mug)?.on_hand), (map([("Main", 3), ("Cellar", 6)]), 9));
        count(conn, cellar, &Demand::from([(mug, 1)]), "broken", "c1", "test", now)?;
        assert_eq!((lying(conn, mug)?, level(conn, mug)?.on_hand), (map([("Main", 3), ("Cellar", 1)]), 4));
        set_on_hand(conn, mug, 1, "import", "s1", "test", now)?;
        assert_eq!(level(conn, mug)?.on_hand, 1);
        set_on_hand(conn, mug, 7, "import", "s2", "test", now)?;
        assert_eq!(level(conn, mug)?.on_hand, 7);
        Ok(())
    });
}

#[test]
fn a_parcel_leaves_from_one_place_when_one_has_all_and_else_from_several() {
    run(|conn, mug, now| {
        let main = places::main(conn)?;
        let cellar = add_location(conn, "Cellar")?;
        receive(conn, cellar, &Demand::from([(mug, 6)]), "", "r", "test", now)?;
        assert_eq!(places::pick(conn, mug, 5, None)?, Some(vec![(main, 5)]));
        assert_eq!(places::pick(conn, mug, 6, None)?, Some(vec![(cellar, 6)]));
        assert_eq!(places::pick(conn, mug, 8, None)?, Some(vec![(main, 5), (cellar, 3)]));
        assert_eq!(places::pick(conn, mug, 12, None)?, None);
        assert_eq!(places::pick(conn, mug, 6, Some(main))?, None);
        prefer_location(conn, cellar)?;
        assert_eq!(places::pick(conn, mug, 5, None)?, Some(vec![(cellar, 5)]));
        Ok(())
    });
}

#[test]
fn a_place_closes_only_when_it_is_empty_and_not_the_last() {
    run(|conn, mug, now| {
        let main = places::main(conn)?;
        let shop = add_location(conn, "Shop")?;
        let closed = kernel::db::savepoint(conn, |conn| close_location(conn, main));
        assert!(matches!(closed, Err(Error::Conflict(why)) if why == "admin-location-full"));
        transfer(conn, main, shop, &Demand::from([(mug, 5)]), "", "t", "test", now)?;
        close_location(conn, main)?;
        assert!(matches!(receive(conn, main, &Demand::from([(mug, 1)]), "", "r", "test", now), Err(Error::Conflict(_))));
        let last = kernel::db::savepoint(conn, |conn| {
            count(conn, shop, &Demand::from([(mug, 0)]), "", "c", "test", now)?;
            close_location(conn, shop)
        });
        assert!(matches!(last, Err(Error::Conflict(why)) if why == "admin-location-last"));
        reopen_location(conn, main)?;
        receive(conn, main, &Demand::from([(mug, 1)]), "", "r", "test", now)
    });
}

#[test]
fn goods_are_read_as_typed_pasted_and_scanned() {
    run(|conn, mug, _| {
        let read = |conn: &mut Conn, text: &str| read_goods(conn, text);
        assert_eq!(read(conn, "MUG 3\n\n MUG;2\nMUG\t1\n4006381333931\n")?, Demand::from([(mug, 7)]));
        assert_eq!(read(conn, "(01)04006381333931(10)A 1\n0104006381333931 2\n(02)04006381333931(37)12")?, Demand::from([(mug, 15)]));
        let (first, second) = (crate::ids::OrderLineId(1), crate::ids::OrderLineId(2));
        let lines = [(first, Some(mug), 2), (second, Some(mug), 3)];
        assert_eq!(scanned(conn, "MUG\n0104006381333931 2", &lines)?, [(first, 2), (second, 1)]);
        assert!(scanned(conn, "MUG 6", &lines).is_err() && scanned(conn, "MUG", &[(first, None, 9)]).is_err());
        assert_eq!(read(conn, "MUG, 0")?, Demand::from([(mug, 0)]));
        for (text, line) in [
            ("MUG 3\nCUP 1", "\u{1f}line\u{1f}2"),
            ("MUG -1", "\u{1f}line\u{1f}1"),
            ("MUG x", "\u{1f}line\u{1f}1"),
            ("MUG 99999999999", "\u{1f}line\u{1f}1"),
            ("?", "\u{1f}line\u{1f}1"),
        ] {
            let Err(Error::Invalid(fields)) = read(conn, text) else { panic!("{text} was read") };
            assert!(fields.0["goods"].contains(line), "{text}: {:?}", fields.0);
        }
        assert!(read(conn, " \n").is_err());
        Ok(())
    });
}

#[test]
fn what_runs_low_is_listed() {
    run(|conn, mug, now| {
        let low = |conn: &mut Conn| Ok::<_, Error>(catalog::stock_list(conn, "", true, None, 10)?.len());
        assert_eq!(low(conn)?, 0);
        let rules = Rules { oversell: false, low_at: Some(5), expected_on: None };
        set_rules(conn, mug, rules, now)?;
        assert_eq!(low(conn)?, 1);
        set_rules(conn, mug, Rules { low_at: Some(4), ..rules }, now)?;
        assert_eq!(low(conn)?, 0);
        assert!(set_rules(conn, mug, Rules { low_at: Some(-1), ..rules }, now).is_err());
        Ok(())
    });
}
