use super::*;
use crate::ids::{ProductId, VariantId};
use crate::{labels, stock};
use kernel::clock::{Clock, Time};
use kernel::money::Currency;
use kernel::{Conn, Error, Result, events};

fn saving(now: Time) -> Saving<'static> {
    Saving { currency: Currency::EUR, actor: "test", base: None, now }
}

fn mug() -> Product {
    let variant = |sku: &str, colour: &str, price, count| Variant {
        sku: Some(sku.into()),
        options: vec![colour.into()],
        price: Some(price),
        count: Some(count),
        ..Variant::default()
    };
    Product {
        title: "Mug".into(),
        status: Status::Active,
        options: vec!["Colour".into()],
        description_html: "<p>Plain<script>alert(1)</script></p>".into(),
        variants: vec![variant("M-W", "White", 1000, 5), variant("M-B", "Blue", 1200, 0)],
        ..Product::default()
    }
}

fn run(test: impl Fn(&mut Conn, Time) -> Result<()> + Send + Clone + 'static) {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    db.write_now(move |conn| test(conn, now)).unwrap();
}

fn stored(conn: &mut Conn, id: ProductId) -> Result<Product> {
    products(conn, &[id], Currency::EUR)?.pop().ok_or(Error::NotFound)
}

#[test]
fn a_product_is_stored_and_only_changes_are_changes() {
    run(|conn, now| {
        let first = save_product(conn, &mug(), &saving(now))?;
        let product = stored(conn, first.id)?;
        assert_eq!((product.slug.as_str(), product.description_html.as_str()), ("mug", "<p>Plain</p>"));
        assert_eq!(product.variants.iter().map(|variant| variant.on_hand).collect::<Vec<_>>(), [5, 0]);
        let told = events::backlog(conn)?;
        assert!(told > 0 && !save_product(conn, &product, &saving(now))?.changed);
        assert_eq!(events::backlog(conn)?, told);

        let mut other = product.clone();
        other.title = "Big mug".into();
        other.variants[0].count = Some(7);
        other.variants.truncate(1);
        assert!(save_product(conn, &other, &saving(now))?.changed);
        let after = stored(conn, first.id)?;
        assert_eq!((after.title.as_str(), after.slug.as_str(), after.variants[0].on_hand), ("Big mug", "mug", 7));
        assert_eq!(after.variants.iter().map(|variant| variant.active).collect::<Vec<_>>(), [true, false]);
        assert_eq!(events::backlog(conn)?, told + 2, "of the product, and of its stock");
        Ok(())
    });
}

#[test]
fn slugs_and_skus_are_unique() {
    run(|conn, now| {
        save_product(conn, &mug(), &saving(now))?;
        assert!(matches!(save_product(conn, &mug(), &saving(now)), Err(Error::Invalid(fields)) if fields.0.contains_key("variants.0.sku")));
        let plain = Product { variants: Vec::new(), ..mug() };
        for slug in ["mug-2", "mug-3"] {
            let id = save_product(conn, &plain, &saving(now))?.id;
            assert_eq!(stored(conn, id)?.slug, slug);
        }
        let taken = Product { slug: "mug".into(), ..plain };
        assert!(matches!(save_product(conn, &taken, &saving(now)), Err(Error::Invalid(fields)) if fields.0.contains_key("slug")));
        Ok(())
    });
}

#[test]
fn variants_can_exchange_their_skus() {
    run(|conn, now| {
        let id = save_product(conn, &mug(), &saving(now))?.id;
        let mut product = stored(conn, id)?;
        let (first, second) = product.variants.split_at_mut(1);
        std::mem::swap(&mut first[0].sku, &mut second[0].sku);
        save_product(conn, &product, &saving(now))?;
        assert_eq!(stored(conn, id)?.variants[0].sku.as_deref(), Some("M-B"));
        Ok(())
    });
}

#[test]
fn hostile_fields_are_named() {
    run(|conn, now| {
        let mut product = mug();
        product.title = " ".into();
        product.brand = "a\0b".into();
        product.seo_title = "x".repeat(501);
        product.variants[0].price = Some(-1);
        product.variants[1].options = vec!["White".into()];
        product.variants[1].weight_grams = i64::MAX;
        let Err(Error::Invalid(fields)) = save_product(conn, &product, &saving(now)) else { panic!("it was stored") };
        let names: Vec<&str> = fields.0.keys().map(String::as_str).collect();
        assert_eq!(names, ["brand", "seo_title", "title", "variants.0.price", "variants.1.options", "variants.1.weight"]);
        Ok(())
    });
}

#[test]
fn the_cart_sees_language_price_and_stock() {
    run(|conn, now| {
        labels::set(conn, "zh", "White", "白色")?;
        let mut product = mug();
        product.texts.insert("zh".into(), Text { title: "马克杯".into(), ..Text::default() });
        product.variants[0].compare_at = Some(1500);
        save_product(conn, &product, &saving(now))?;
        let white = find_variant(conn, "M-W")?.ok_or(Error::NotFound)?;
        let sale = |conn: &mut Conn, currency, language| variants_for_sale(conn, &[white, VariantId(999)], currency, language);
        let found = sale(conn, Currency::EUR, "zh")?;
        assert_eq!(found.len(), 1);
        let variant = &found[0];
        assert_eq!((variant.title.as_str(), variant.options.as_str()), ("马克杯", "白色"));
        assert_eq!((variant.unit_price, variant.compare_at, variant.limit(), variant.for_sale), (1000, Some(1500), Some(5), true));
        assert_eq!(sale(conn, Currency::EUR, "en")?[0].title, "Mug");
        assert!(!sale(conn, Currency::USD, "en")?[0].for_sale);
        stock::ensure(conn, white, false, false)?;
        assert_eq!(sale(conn, Currency::EUR, "en")?[0].limit(), None);
        Ok(())
    });
}

#[test]
fn the_back_office_finds_by_title_sku_and_status() {
    run(|conn, now| {
        let id = save_product(conn, &mug(), &saving(now))?.id;
        let draft = Product { title: "100% Größe_Ä".into(), ..Product::default() };
        let other = save_product(conn, &draft, &saving(now))?.id;
        let mut ids = |text: &str, status, before| -> Vec<ProductId> {
            let filter = Filter { status, text: text.into(), before, ..Filter::default() };
            product_list(conn, &filter, Currency::EUR, 10).unwrap().into_iter().map(|row| row.id).collect()
        };
        assert_eq!(ids("", None, None), [other, id]);
        assert_eq!(ids("", None, Some(other)), [id]);
        assert_eq!(ids("MUG", None, None), [id]);
        assert_eq!(ids("M-B", None, None), [id]);
        assert_eq!(ids("Größe_", None, None), [other]);
        assert_eq!(ids("100%", Some(Status::Draft), None), [other]);
        assert_eq!(ids("u_", None, None), []);
        assert_eq!(ids("", Some(Status::Active), None), [id]);
        let row = product_list(conn, &Filter::default(), Currency::EUR, 10)?.pop().ok_or(Error::NotFound)?;
        assert_eq!((row.variants, row.price_from, row.price_to, row.available), (2, Some(1000), Some(1200), Some(5)));
        Ok(())
    });
}

#[test]
fn the_tree_has_no_circles() {
    run(|conn, now| {
        let mut tree = categories(conn, "en")?;
        let path = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mugs = ensure_path(conn, &mut tree, &path(&["Home", "Mugs"]))?.ok_or(Error::NotFound)?;
        assert_eq!(ensure_path(conn, &mut tree, &path(&["Home", "Mugs"]))?, Some(mugs));
        let gifts = ensure_path(conn, &mut tree, &path(&["Gifts", "Mugs"]))?.ok_or(Error::NotFound)?;
        let stored = categories(conn, "en")?;
        assert_eq!(stored.get(gifts).map(|category| category.slug.as_str()), Some("gifts-mugs"));
        let home = stored.by_slug("home").ok_or(Error::NotFound)?;
        assert_eq!(stored.subtree(home.id), [home.id, mugs]);
        assert_eq!(stored.path(mugs).iter().map(|category| category.name.as_str()).collect::<Vec<_>>(), ["Home", "Mugs"]);
        let below_itself = CategoryChange { id: Some(home.id), parent_id: Some(mugs), name: "Home".into(), ..CategoryChange::default() };
        assert!(matches!(save_category(conn, &below_itself, now), Err(Error::Invalid(_))));
        Ok(())
    });
}

#[test]
fn shoppers_are_told_what_is_left() {
    use Availability::{BackOrder, InStock, Low, SoldOut};
    for (tracked, oversell, available, told) in [
        (false, false, -5, InStock),
        (true, false, 4, InStock),
        (true, false, 3, Low(3)),
        (true, false, 0, SoldOut),
        (true, true, 0, BackOrder),
        (true, true, -9, BackOrder),
        (true, true, 1, InStock),
    ] {
        assert_eq!(Availability::of(tracked, oversell, available, 3), told);
    }
}
