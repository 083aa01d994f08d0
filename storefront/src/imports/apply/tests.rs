use super::*;
use crate::catalog::{find, find_variant};
use crate::imports::VariantDraft;
use kernel::clock::{Clock, Time};
use kernel::money::Currency;

fn saving(now: Time) -> Saving<'static> {
    Saving { currency: Currency::EUR, actor: "import", base: Some("/imports"), now }
}

fn draft(handle: &str) -> ProductDraft {
    let variant = |sku: String, size: &str, line| VariantDraft {
        sku: Some(sku),
        options: vec![size.into()],
        price: Some(1000),
        quantity: Some(5),
        line,
        ..VariantDraft::default()
    };
    ProductDraft {
        handle: handle.into(),
        title: format!("The {handle}"),
        description_html: Some("<p>Good</p>".into()),
        categories: vec![vec!["Home".into(), "Mugs".into()]],
        options: vec!["Size".into()],
        variants: vec![variant(format!("{handle}-S"), "S", 2), variant(format!("{handle}-L"), "L", 3)],
        pictures: vec![crate::imports::PictureDraft { source: "a.jpg".into(), alt: None }],
        line: 2,
        ..ProductDraft::default()
    }
}

fn run(test: impl Fn(&mut Conn, Time) -> Result<()> + Send + 'static) {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    db.write_now(move |conn| test(conn, now)).unwrap();
}

fn all(conn: &mut Conn, drafts: &[ProductDraft], now: Time, mode: Mode) -> Result<Report> {
    apply(conn, drafts, &saving(now), mode, &mut |_| ())
}

fn stored(conn: &mut Conn, handle: &str) -> Result<Product> {
    let id = find(conn, handle)?.ok_or(Error::NotFound)?;
    catalog::products(conn, &[id], Currency::EUR)?.pop().ok_or(Error::NotFound)
}

#[test]
fn the_same_file_twice_changes_nothing() {
    run(|conn, now| {
        let drafts = vec![draft("cup"), draft("mug")];
        let before = plan(conn, &drafts, Currency::EUR)?;
        assert_eq!((before.created.len(), before.changed.len(), before.unchanged), (2, 0, 0));
        assert_eq!(kernel::jobs::depth(conn, now)?.waiting, 0);
        let report = all(conn, &drafts, now, Mode::AllOrNothing)?;
        assert_eq!((report.created, report.changed, report.unchanged, report.applied), (2, 0, 0, true));
        assert_eq!(kernel::jobs::depth(conn, now)?.waiting, 2);
        // The shop sells one meanwhile, and the file comes again with its rows in another order.
        let sold = find_variant(conn, "mug-S")?.ok_or(Error::NotFound)?;
        crate::stock::set_on_hand(conn, sold, 4, "sold", "test", "test", now)?;
        let events = kernel::events::backlog(conn)?;
        let mut again = drafts.clone();
        again.reverse();
        again[0].line = 77;
        let report = all(conn, &again, now, Mode::AllOrNothing)?;
        assert_eq!((report.created, report.changed, report.unchanged), (0, 0, 2));
        assert_eq!(stored(conn, "mug")?.variants[0].on_hand, 4);
        assert_eq!((kernel::events::backlog(conn)?, kernel::jobs::depth(conn, now)?.waiting), (events, 2));
        Ok(())
    });
}

#[test]
fn a_plan_tells_each_field_and_apply_does_just_that() {
    run(|conn, now| {
        all(conn, &[draft("mug")], now, Mode::AllOrNothing)?;
        let mut next = draft("mug");
        next.description_html = None;
        next.categories = vec![vec!["Home".into(), "Cups".into()]];
        next.variants.remove(0);
        next.variants[0].price = Some(1100);
        next.variants[0].quantity = None;
        let plan = plan(conn, &[next.clone()], Currency::EUR)?;
        let told: Vec<(&str, &str, &str)> =
            plan.changed[0].fields.iter().map(|change| (change.field.as_str(), change.before.as_str(), change.after.as_str())).collect();
        assert_eq!(
            told,
            [
                ("categories", "Home > Mugs", "Home > Cups"),
                ("variant mug-L: price", "10.00", "11.00"),
                ("variant mug-S: sold", "true", "false"),
            ]
        );
        assert_eq!(catalog::categories(conn, "en")?.0.len(), 2);
        all(conn, &[next], now, Mode::AllOrNothing)?;
        let product = stored(conn, "mug")?;
        assert_eq!((product.description_html.as_str(), product.variants[0].on_hand), ("<p>Good</p>", 5));
        assert_eq!(
            product.variants.iter().map(|variant| (variant.price, variant.active)).collect::<Vec<_>>(),
            [(Some(1100), true), (Some(1000), false)]
        );
        Ok(())
    });
}

#[test]
fn variants_are_known_by_sku_and_then_by_options() {
    run(|conn, now| {
        all(conn, &[draft("mug")], now, Mode::AllOrNothing)?;
        let ids: Vec<_> = stored(conn, "mug")?.variants.iter().map(|variant| variant.id).collect();
        let mut next = draft("mug");
        next.variants[0].options = vec!["Small".into()];
        next.variants[1].sku = Some("NEW".into());
        all(conn, &[next], now, Mode::AllOrNothing)?;
        let after = stored(conn, "mug")?;
        assert_eq!(after.variants.iter().map(|variant| variant.id).collect::<Vec<_>>(), ids);
        assert_eq!(after.variants[1].sku.as_deref(), Some("NEW"));
        Ok(())
    });
}

#[test]
fn one_bad_row_keeps_the_file_out_unless_told_otherwise() {
    run(|conn, now| {
        let mut bad = draft("bad");
        bad.variants[1].price = Some(-1);
        bad.variants[1].line = 9;
        let mut stolen = draft("stolen");
        stolen.variants[0].sku = Some("mug-S".into());
        let drafts = [draft("mug"), bad, stolen, draft("cup")];
        let report = all(conn, &drafts, now, Mode::AllOrNothing)?;
        assert_eq!((report.created, report.applied), (0, false));
        let told: Vec<(u64, &str)> = report.errors.iter().map(|error| (error.line, error.column.as_str())).collect();
        assert_eq!(told, [(9, "price"), (2, "sku")]);
        assert_eq!(find(conn, "mug")?, None);
        assert!(catalog::categories(conn, "en")?.0.is_empty());
        let report = all(conn, &drafts, now, Mode::KeepGood)?;
        assert_eq!((report.created, report.errors.len(), report.applied), (2, 2, true));
        assert!(find(conn, "cup")?.is_some() && find(conn, "stolen")?.is_none());
        Ok(())
    });
}

/// `cargo nextest run -p regulars-storefront twenty_thousand --run-ignored all --no-capture`
#[test]
#[ignore = "a measurement"]
fn twenty_thousand_products() {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    let drafts: std::sync::Arc<Vec<ProductDraft>> = std::sync::Arc::new((0..20_000).map(|n| draft(&format!("product-{n}"))).collect());
    for round in ["first", "again"] {
        let drafts = drafts.clone();
        let start = std::time::Instant::now();
        let report = db.write_now(move |conn| all(conn, &drafts, now, Mode::AllOrNothing)).unwrap();
        println!("{round}: {:?}, created {}, unchanged {}", start.elapsed(), report.created, report.unchanged);
    }
}
