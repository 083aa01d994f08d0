use super::*;
use crate::catalog::Availability;
use crate::ids::ProductId;
use kernel::clock::Clock;

#[test]
fn the_demo_is_whole_and_loads_once() {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    let mut heard = 0;
    let summary = load(&db, now, &mut |done, _| heard = done).unwrap();
    assert_eq!((summary.products, summary.pictures, heard, summary.already), (34, 46, 46, false));
    assert!(load(&db, now, &mut |_, _| ()).unwrap().already);
    db.read_now(|conn| {
        let shop = shop::get(conn)?;
        let mug = catalog::page(conn, &shop, "straight-mug", "zh")?;
        assert_eq!(mug.variants.len(), 8);
        assert!(!mug.title.is_ascii() && !mug.attributes[0].name.is_ascii() && !mug.options[0].name.is_ascii());
        assert!(mug.pictures.iter().all(|picture| picture.hash.len() == 64 && !picture.alt.is_ascii()));
        assert!(mug.variants.iter().all(|variant| variant.picture_hash.is_some()));
        let state = |options: [&str; 2]| mug.variants.iter().find(|variant| variant.options == options).map(|variant| variant.availability);
        assert_eq!(state(["Sage", "250 ml"]), Some(Availability::Low(2)));
        assert_eq!(state(["Charcoal", "250 ml"]), Some(Availability::SoldOut));
        let path: Vec<String> = mug.categories[0].iter().map(|category| category.slug.clone()).collect();
        assert_eq!(path, ["tableware", "mugs-cups"]);

        let availability = |conn: &mut Conn, slug: &str| catalog::page(conn, &Shop::default(), slug, "en").map(|page| page.availability);
        assert_eq!(availability(conn, "fluted-vase")?, Availability::SoldOut);
        assert_eq!(availability(conn, "iron-teapot")?, Availability::BackOrder);
        assert!(matches!(availability(conn, "first-flush-2027"), Err(Error::NotFound)));

        let all = catalog::listing(conn, None, None, 100)?;
        let cards = catalog::cards(conn, &shop, &all, "zh")?;
        assert_eq!(cards.len(), 33);
        assert!(cards.iter().all(|card| card.price_from.is_some() && !card.pictures.is_empty() && !card.title.is_ascii()));
        let bowl = cards.iter().find(|card| card.slug == "serving-bowl");
        assert!(bowl.is_some_and(|bowl| bowl.compare_at > bowl.price_from));

        let tree = catalog::categories(conn, "zh")?;
        let tableware = tree.by_slug("tableware").map(|category| category.id);
        assert!(tableware.is_some_and(|id| tree.subtree(id).len() > 2));
        assert!(catalog::listing(conn, tableware, None, 100)?.len() > 5);
        assert!(!catalog::related(conn, &shop.assortment(), mug.id, 8)?.contains(&mug.id));
        assert!(shop.home["hero"]["picture"].as_str().is_some_and(|hash| hash.len() == 64));
        for tile in shop.home["tiles"].as_array().unwrap() {
            assert!(tree.by_slug(tile.as_str().unwrap()).is_some_and(|category| category.picture_hash.is_some()), "{tile}");
        }
        assert_eq!(content::list(conn, "zh")?.len(), 5);
        let told = articles::published(conn, "zh")?;
        assert!(told.len() == 6 && told.iter().all(|(_, text)| !text.title.is_ascii() && !text.topic.is_empty()));
        assert_ne!(content::get(conn, "about", "zh")?.title, content::get(conn, "about", "fr")?.title);
        assert!(!shipping::available(conn, "DE", 500, shop.currency)?.is_empty());
        assert!(shipping::available(conn, "BR", 500, shop.currency)?.iter().all(|rate| rate.countries == "*"));
        let mut jobs: Vec<String> = kernel::jobs::list(conn, None, None, 10)?.into_iter().map(|job| job.kind).collect();
        jobs.sort();
        assert_eq!(jobs, [crm::recommendations::RUN_JOB, crm::scores::RUN_JOB]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn card_pictures_are_small() {
    for (name, bytes) in pictures::PICTURES {
        let picture = prepare(bytes).unwrap();
        let (_, card) = picture.sizes.iter().find(|(width, _)| *width == 400).unwrap();
        assert!(card.len() < 40_000, "{name}: {} bytes", card.len());
        assert!(picture.sizes.iter().any(|(_, kept)| kept == bytes), "{name} keeps its own bytes");
    }
}

#[test]
fn a_shop_with_products_keeps_them() {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    let saved = db.write_now(move |conn| {
        let own = catalog::Product { title: "Own".into(), ..catalog::Product::default() };
        catalog::save_product(conn, &own, &Saving { currency: Currency::EUR, actor: "test", base: None, now })
    });
    assert!(saved.unwrap().id > ProductId(0));
    assert!(matches!(load(&db, now, &mut |_, _| ()), Err(Error::Conflict(_))));
}
