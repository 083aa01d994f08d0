use super::*;
use crate::catalog::{self, CategoryChange, Product, Saving, Status, Variant, save_category, save_product};
use kernel::clock::Clock;
use kernel::events;
use kernel::money::Currency;

fn saving(now: Time) -> Saving<'static> {
    Saving { currency: Currency::EUR, actor: "test", base: None, now }
}

fn product(conn: &mut Conn, title: &str, price: i64, stock: i64, tags: &[&str], now: Time) -> Result<ProductId> {
    let variant = Variant { sku: Some(title.into()), price: Some(price), count: Some(stock), ..Variant::default() };
    let product = Product {
        title: title.into(),
        status: Status::Active,
        tags: tags.iter().map(ToString::to_string).collect(),
        variants: vec![variant],
        ..Product::default()
    };
    Ok(save_product(conn, &product, &saving(now))?.id)
}

fn run(test: impl Fn(&mut Conn, Time) -> Result<()> + Send + Clone + 'static) {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    db.write_now(move |conn| test(conn, now)).unwrap();
}

fn by_rule(all: bool, conditions: &[Condition]) -> Collection {
    let filling = Filling::ByRule(Rule { all, conditions: conditions.to_vec() });
    Collection { name: "Gifts".into(), filling, ..Collection::default() }
}

fn members_of(conn: &mut Conn, id: CollectionId) -> Result<Vec<ProductId>> {
    Ok(preview(conn, id, 100, 100)?.1)
}

#[test]
fn each_condition_takes_what_it_says() {
    run(|conn, now| {
        let mug = product(conn, "Blue mug", 1000, 5, &["gift", "50%"], now)?;
        let pot = product(conn, "Blue Teapot", 4000, 0, &["gift"], now)?;
        let tea = save_category(conn, &CategoryChange { name: "Tea".into(), ..CategoryChange::default() }, now)?;
        let green = save_category(conn, &CategoryChange { name: "Green".into(), parent_id: Some(tea), ..CategoryChange::default() }, now)?;
        let leaf = product(conn, "Sencha", 900, 5, &[], now)?;
        let mut leaf = catalog::products(conn, &[leaf], Currency::EUR)?.remove(0);
        (leaf.brand, leaf.categories) = ("Hill".into(), vec![green]);
        let leaf = save_product(conn, &leaf, &saving(now))?.id;
        use Condition::{Brand, Category, InStock, Price, Tag, Title};
        let cases: [(bool, &[Condition], &[ProductId]); 11] = [
            (true, &[Tag("gift".into())], &[mug, pot]),
            (true, &[Tag("50%".into())], &[mug]),
            (true, &[Tag("50_".into())], &[]),
            (true, &[Brand("Hill".into())], &[leaf]),
            (true, &[Category(tea)], &[leaf]),
            (true, &[Price(Some(950), Some(1000))], &[mug]),
            (true, &[InStock], &[mug, leaf]),
            (true, &[Title("BLUE pot".into())], &[pot]),
            (true, &[Tag("gift".into()), InStock], &[mug]),
            (false, &[Tag("gift".into()), Category(green)], &[mug, pot, leaf]),
            (false, &[Title("' OR 1=1 --".into())], &[]),
        ];
        for (all, conditions, taken) in cases {
            let rule = Rule { all, conditions: conditions.to_vec() };
            assert_eq!(matches(conn, &rule, None, None, 10)?, taken, "{rule:?}");
            // One product asked about alone gets the same answer.
            for id in [mug, pot, leaf] {
                assert_eq!(matches(conn, &rule, Some(&[id]), None, 10)?.len(), usize::from(taken.contains(&id)), "{rule:?} {id}");
            }
        }
        assert!(matches(conn, &Rule::default(), None, None, 10)?.is_empty());
        Ok(())
    });
}

#[test]
fn members_follow_products_and_the_stock() {
    run(|conn, now| {
        let mug = product(conn, "Mug", 1000, 5, &["gift"], now)?;
        let id = save(conn, &by_rule(true, &[Condition::Tag("gift".into()), Condition::InStock]), now)?;
        assert_eq!(members_of(conn, id)?, [mug]);
        let pot = product(conn, "Pot", 1000, 0, &["gift"], now)?;
        assert_eq!(members_of(conn, id)?, [mug]);
        let variant = catalog::find_variant(conn, "Pot")?.ok_or(Error::NotFound)?;
        crate::stock::set_on_hand(conn, variant, 3, "found", "key", "test", now)?;
        assert_eq!(members_of(conn, id)?, [mug, pot]);
        let mut plain = catalog::products(conn, &[mug], Currency::EUR)?.remove(0);
        plain.tags.clear();
        save_product(conn, &plain, &saving(now))?;
        assert_eq!(members_of(conn, id)?, [pot]);
        assert_eq!(of_products(conn, &[mug, pot])?, HashMap::from([(pot, vec![id])]));
        // Another rule tells of those whom it takes in or leaves out.
        let told = events::backlog(conn)?;
        let other = Collection { id: Some(id), slug: "gifts".into(), ..by_rule(true, &[Condition::Title("mug".into())]) };
        save(conn, &other, now)?;
        assert_eq!((members_of(conn, id)?, events::backlog(conn)?), (vec![mug], told + 1));
        remove(conn, id, now)?;
        assert!(list(conn)?.is_empty() && of_products(conn, &[mug])?.is_empty());
        Ok(())
    });
}

#[test]
fn a_moved_category_takes_its_products_along() {
    run(|conn, now| {
        let category = |name: &str| CategoryChange { name: name.into(), ..CategoryChange::default() };
        let (home, mugs) = (save_category(conn, &category("Home"), now)?, save_category(conn, &category("Mugs"), now)?);
        let id = product(conn, "Mug", 1000, 5, &[], now)?;
        let mut mug = catalog::products(conn, &[id], Currency::EUR)?.remove(0);
        mug.categories = vec![mugs];
        save_product(conn, &mug, &saving(now))?;
        let collection = save(conn, &by_rule(true, &[Condition::Category(home)]), now)?;
        assert!(members_of(conn, collection)?.is_empty());
        save_category(conn, &CategoryChange { id: Some(mugs), parent_id: Some(home), ..category("Mugs") }, now)?;
        assert_eq!(members_of(conn, collection)?, [id]);
        Ok(())
    });
}

#[test]
fn a_hand_keeps_its_order_and_an_old_address_leads_on() {
    run(|conn, now| {
        let (mug, pot) = (product(conn, "Mug", 1000, 5, &[], now)?, product(conn, "Pot", 1000, 5, &[], now)?);
        let mut collection = Collection { name: "Ours".into(), filling: Filling::ByHand(vec![pot, mug, pot]), ..Collection::default() };
        collection.texts = vec![("zh".into(), "精选".into(), String::new())];
        let id = save(conn, &collection, now)?;
        let found = page(conn, "ours", "zh")?;
        assert_eq!((found.name.as_str(), found.by_hand), ("精选", true));
        assert_eq!(listing(conn, &crate::shop::Shop::default().assortment(), &found, None, 10)?, [(0, pot), (1, mug)]);
        assert_eq!(get(conn, id)?.filling, Filling::ByHand(vec![pot, mug]));
        let renamed = Collection { id: Some(id), slug: "best".into(), ..get(conn, id)? };
        save(conn, &renamed, now)?;
        assert_eq!(redirects::find(conn, "/collections/ours")?.as_deref(), Some("/collections/best"));
        let same = Collection { slug: "best".into(), ..collection.clone() };
        assert!(matches!(save(conn, &same, now), Err(Error::Invalid(fields)) if fields.0.contains_key("slug")));
        let many = Collection { name: "Many".into(), filling: Filling::ByHand(vec![mug; MOST_BY_HAND + 1]), ..Collection::default() };
        assert!(matches!(save(conn, &many, now), Err(Error::Invalid(_))));
        assert!(matches!(save(conn, &by_rule(true, &[]), now), Err(Error::Invalid(_))));
        let hidden = Collection { active: false, ..get(conn, id)? };
        save(conn, &hidden, now)?;
        assert!(matches!(page(conn, "best", "en"), Err(Error::NotFound)));
        Ok(())
    });
}
