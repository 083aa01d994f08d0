use super::*;
use crate::catalog::{self, CategoryChange, Product, Saving, Status, products, save_category, save_product};
use kernel::clock::{Clock, Time};
use kernel::money::Currency;

fn run(test: impl Fn(&mut Conn, Time) -> Result<()> + Send + Clone + 'static) {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    db.write_now(move |conn| test(conn, now)).unwrap();
}

fn saving(now: Time) -> Saving<'static> {
    Saving { currency: Currency::EUR, actor: "test", base: None, now }
}

fn rename(conn: &mut Conn, id: ProductId, slug: &str, now: Time) -> Result<()> {
    let mut product = products(conn, &[id], Currency::EUR)?.pop().ok_or(Error::NotFound)?;
    product.slug = slug.into();
    save_product(conn, &product, &saving(now))?;
    Ok(())
}

fn active(title: &str) -> Product {
    Product { title: title.into(), status: Status::Active, ..Product::default() }
}

#[test]
fn an_old_slug_leads_to_where_the_product_is_now() {
    run(|conn, now| {
        let id = save_product(conn, &active("Mug"), &saving(now))?.id;
        rename(conn, id, "big-mug", now)?;
        rename(conn, id, "huge-mug", now)?;
        // No chain: both old addresses lead to the newest.
        for old in ["/products/mug", "/products/big-mug", "/zh/products/mug", "/products/m%75g"] {
            assert_eq!(find(conn, old)?.as_deref(), Some("/products/huge-mug"), "{old}");
        }
        assert_eq!(find(conn, "/products/huge-mug")?, None);
        rename(conn, id, "mug", now)?;
        assert_eq!((find(conn, "/products/mug")?, find(conn, "/products/big-mug")?), (None, Some("/products/mug".into())));
        Ok(())
    });
}

#[test]
fn a_slug_that_is_taken_again_belongs_to_who_took_it() {
    run(|conn, now| {
        let first = save_product(conn, &active("Mug"), &saving(now))?.id;
        rename(conn, first, "old-mug", now)?;
        let second = save_product(conn, &active("Mug"), &saving(now))?.id;
        assert_eq!(catalog::find(conn, "mug")?, Some(second));
        assert_eq!(find(conn, "/products/mug")?, None);
        rename(conn, second, "new-mug", now)?;
        assert_eq!(find(conn, "/products/mug")?.as_deref(), Some("/products/new-mug"));
        // What is not on show leads nowhere.
        let mut gone = products(conn, &[second], Currency::EUR)?.pop().ok_or(Error::NotFound)?;
        gone.status = Status::Archived;
        save_product(conn, &gone, &saving(now))?;
        assert_eq!(find(conn, "/products/mug")?, None);
        Ok(())
    });
}

#[test]
fn categories_leave_their_paths_behind_too() {
    run(|conn, now| {
        let tea = CategoryChange { name: "Tea".into(), ..CategoryChange::default() };
        let id = save_category(conn, &tea, now)?;
        save_category(conn, &CategoryChange { id: Some(id), slug: "teas".into(), ..tea }, now)?;
        assert_eq!(find(conn, "/categories/tea")?.as_deref(), Some("/categories/teas"));
        Ok(())
    });
}

#[test]
fn staff_write_down_own_paths_and_no_circles() {
    run(|conn, now| {
        set(conn, "/summer", "/search?q=ice")?;
        set(conn, "/sommer/", "/summer")?;
        assert_eq!(find(conn, "/sommer")?.as_deref(), Some("/search?q=ice"));
        assert_eq!(find(conn, "/zh/summer/")?.as_deref(), Some("/search?q=ice"));
        for hostile in
            ["//evil.test", "https://evil.test/", "/%2Fevil.test", "/\\evil.test", "/a\r\nSet-Cookie: x", "mug", "", "/admin", "/api/v1"]
        {
            assert!(matches!(set(conn, "/x", hostile), Err(Error::Invalid(fields)) if fields.0.contains_key("to")), "{hostile}");
        }
        for odd in ["/", "", "/admin/orders", "/a?b=c", "https://shop.test/a"] {
            assert!(matches!(set(conn, odd, "/y"), Err(Error::Invalid(fields)) if fields.0.contains_key("from")), "{odd}");
        }
        for (from, to) in [("/a", "/a"), ("/a", "/zh/a"), ("/search", "/sommer")] {
            assert!(matches!(set(conn, from, to), Err(Error::Invalid(_))), "{from} {to}");
        }
        // A page wins: the redirect of its path sleeps until the page is gone.
        let id = save_product(conn, &active("Ice"), &saving(now))?.id;
        set(conn, "/products/ice", "/summer")?;
        set(conn, "/eis", "/products/ice")?;
        assert_eq!(find(conn, "/eis")?.as_deref(), Some("/products/ice"));
        rename(conn, id, "ice-tea", now)?;
        assert_eq!(find(conn, "/products/ice")?.as_deref(), Some("/search?q=ice"));
        let kept = list(conn, "/products", None, 10)?;
        assert_eq!(kept.len(), 1);
        remove(conn, kept[0].id)?;
        assert!(matches!(remove(conn, kept[0].id), Err(Error::NotFound)));
        Ok(())
    });
}

#[test]
fn an_address_is_written_as_browsers_read_it() {
    assert_eq!(address(Language::ENGLISH, "/products/mug", "colour=Blue").as_deref(), Some("/products/mug?colour=Blue"));
    assert_eq!(address(Language::CHINESE, "/search?q=ice", "x=1").as_deref(), Some("/zh/search?q=ice"));
    assert_eq!(address(Language::ENGLISH, "/products/龙井", "").as_deref(), Some("/products/%E9%BE%99%E4%BA%95"));
}
