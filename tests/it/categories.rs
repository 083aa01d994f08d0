//! The tree of categories from the back office, and what follows it: pages, addresses, the search, rules and promotions.

use crate::desk::staff;
use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::visitor::{Page, Visitor};
use crate::theme::png;
use kernel::Error;
use storefront::catalog::{self, CategoryChange, Product, Saving, Status, Variant, WholeCategory};
use storefront::collections::{self, Collection, Condition, Filling, Rule};
use storefront::ids::{CategoryId, ProductId};
use storefront::promotions::{Cut, Effect, Goods, Rules, Terms};
use storefront::search::SearchQuery;

fn category(house: &House, name: &str, parent_id: Option<CategoryId>) -> CategoryId {
    let change = CategoryChange { name: name.into(), parent_id, ..CategoryChange::default() };
    house.db.write_now(move |conn| catalog::save_category(conn, &change, now())).unwrap()
}

fn product_in(house: &House, title: &str, category: CategoryId) -> ProductId {
    let variant = Variant { sku: Some(title.to_uppercase()), price: Some(1200), count: Some(5), ..Variant::default() };
    let product =
        Product { status: Status::Active, title: title.into(), variants: vec![variant], categories: vec![category], ..Product::default() };
    house
        .db
        .write_now(move |conn| catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "test", base: None, now: now() }))
        .unwrap()
        .id
}

fn edit(mei: &Visitor, id: CategoryId, typed: &[(&str, &str)]) -> Page {
    let action = format!("/admin/categories/{id}");
    let page = mei.get(&action);
    mei.submit(&page, &action, typed)
}

/// The products of a category as the search engine has them.
fn found(house: &House, category: CategoryId) -> usize {
    let query = SearchQuery { category: Some(category.0), limit: 10, ..SearchQuery::default() };
    house.state.door.search.search(&query).unwrap().hits.len()
}

#[test]
fn a_category_is_made_named_in_both_languages_and_found_by_its_old_address() {
    let house = House::open();
    let (mei, ann) = (staff(&house), house.visitor());
    mei.get("/admin/categories").says(200, "No categories yet.");
    let form = mei.get("/admin/categories/new");
    mei.submit(&form, "/admin/categories/new", &[("name", " ")]).says(422, "Give a name of 1 to 200 characters.");
    let typed = [
        ("name", "Tea pots"),
        ("name_zh", "茶壶"),
        ("text_zh", "各式茶壶"),
        ("seo_title", "Tea pots of clay"),
        ("seo_description", "All of them."),
    ];
    let made = mei.submit(&form, "/admin/categories/new", &typed).says(200, "Saved.");
    let id = CategoryId(made.at.rsplit('/').next().unwrap().parse().unwrap());
    let page = ann.get("/categories/tea-pots").says(200, "Tea pots");
    assert!(page.body.contains("<title>Tea pots of clay · ") && page.body.contains("content=\"All of them.\""), "{}", page.body);
    ann.get("/zh/categories/tea-pots").says(200, "茶壶").says(200, "各式茶壶");

    edit(&mei, id, &[("slug", "pots")]).says(200, "Saved.");
    assert_eq!(ann.get("/categories/tea-pots").at, "/categories/pots");
    let other = mei.submit(&mei.get("/admin/categories/new"), "/admin/categories/new", &[("name", "Pots")]);
    other.says(422, "Another category has this address.");
    let log = house.db.read_now(move |conn| admin::audit::of(conn, &format!("category:{id}"), 10)).unwrap();
    assert_eq!(log.len(), 2);
    mei.get("/zh/admin/categories").says(200, "茶壶");
}

#[test]
fn a_form_made_before_somebody_elses_change_is_refused() {
    let house = House::open();
    let id = category(&house, "Tea", None);
    let (mei, address) = (staff(&house), format!("/admin/categories/{id}"));
    let old = mei.get(&address);
    edit(&mei, id, &[("name", "Teas")]).says(200, "Saved.");
    mei.submit(&old, &address, &[("name", "Tea and more")]).says(409, "Somebody else changed this category");
    // The largest number that a form can send is a version that nothing has, and no more.
    let hostile = [("name", "Tea and more"), ("version", "9223372036854775807")];
    mei.submit(&old, &address, &hostile).says(409, "Somebody else changed this category");
    mei.get(&address).says(200, "Teas");
}

#[test]
fn a_category_moves_with_everything_below_it_and_never_below_itself() {
    let house = House::open();
    let (home, tea) = (category(&house, "Home", None), category(&house, "Tea", None));
    let green = category(&house, "Green", Some(tea));
    let mug = product_in(&house, "Sencha", green);
    let rule = Rule { all: true, conditions: vec![Condition::Category(home)] };
    let gifts = Collection { name: "Gifts".into(), filling: Filling::ByRule(rule), ..Collection::default() };
    let gifts = house.db.write_now(move |conn| collections::save(conn, &gifts, now())).unwrap();
    house.follow();
    assert_eq!((found(&house, home), found(&house, tea), found(&house, green)), (0, 1, 1));

    let mei = staff(&house);
    let page = mei.get(&format!("/admin/categories/{tea}"));
    assert!(!page.body.contains(&format!("<option value=\"{green}\"")), "what is below it is no place for it");
    edit(&mei, tea, &[("parent", &green.to_string())]).says(422, "not below this one");
    edit(&mei, tea, &[("parent", &home.to_string())]).says(200, "Saved.");
    house.follow();
    assert_eq!((found(&house, home), found(&house, tea), found(&house, green)), (1, 1, 1));
    let members = house.db.read_now(move |conn| collections::preview(conn, gifts, 10, 10)).unwrap().1;
    assert_eq!(members, [mug]);
    house.visitor().get("/categories/home").says(200, "Sencha");

    edit(&mei, tea, &[("parent", "")]).says(200, "Saved.");
    house.follow();
    assert_eq!(found(&house, home), 0);
}

#[test]
fn the_search_follows_a_new_name() {
    let house = House::open();
    let tea = category(&house, "Tea", None);
    product_in(&house, "Sencha", tea);
    house.follow();
    let mei = staff(&house);
    let asks = |text: &str| {
        let query = SearchQuery { text: text.into(), limit: 10, ..SearchQuery::default() };
        house.state.door.search.search(&query).unwrap().hits.len()
    };
    assert_eq!(asks("infusions"), 0);
    edit(&mei, tea, &[("name", "Infusions")]).says(200, "Saved.");
    house.follow();
    assert_eq!(asks("infusions"), 1);
}

#[test]
fn many_products_are_told_of_in_batches() {
    let house = House::open();
    let tea = category(&house, "Tea", None);
    house
        .db
        .write_now(move |conn| {
            for number in 0..1001 {
                let variant = Variant { price: Some(1200), ..Variant::default() };
                let title = format!("Tea {number}");
                let product =
                    Product { status: Status::Active, title, variants: vec![variant], categories: vec![tea], ..Product::default() };
                catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "test", base: None, now: now() })?;
            }
            catalog::tell_below(conn, &format!("{tea}:0"), now())
        })
        .unwrap();
    let follows = house.db.read_now(|conn| kernel::jobs::list(conn, None, None, 100)).unwrap();
    let next: Vec<_> = follows.iter().filter(|job| job.kind == catalog::CATEGORY_JOB).collect();
    assert_eq!(next.len(), 1, "the rest is told of by a job");
    let payload = next[0].payload.clone();
    house
        .db
        .write_now(move |conn| {
            catalog::tell_below(conn, &payload, now())?;
            catalog::tell_below(conn, "999:0", now())
        })
        .unwrap();
}

#[test]
fn siblings_change_places() {
    let house = House::open();
    let (tea, cups) = (category(&house, "Tea", None), category(&house, "Cups", None));
    category(&house, "Pots", None);
    let mei = staff(&house);
    let order = |page: &Page| {
        let places = ["Tea", "Cups", "Pots"].map(|name| page.text().find(&format!("{name} ")).unwrap());
        let mut names = ["Tea", "Cups", "Pots"];
        names.sort_by_key(|name| places[["Tea", "Cups", "Pots"].iter().position(|one| one == name).unwrap()]);
        names
    };
    let shift =
        |id: CategoryId, to: &str| mei.submit(&mei.get("/admin/categories"), &format!("/admin/categories/{id}/order"), &[("to", to)]);
    assert_eq!(order(&shift(cups, "up")), ["Cups", "Tea", "Pots"]);
    assert_eq!(order(&shift(cups, "up")), ["Cups", "Tea", "Pots"]);
    assert_eq!(order(&shift(tea, "down")), ["Cups", "Pots", "Tea"]);
    assert_eq!(order(&shift(tea, "down")), ["Cups", "Pots", "Tea"]);
}

#[test]
fn only_what_is_empty_and_unspoken_of_is_deleted() {
    let house = House::open();
    let tea = category(&house, "Tea", None);
    let green = category(&house, "Green", Some(tea));
    let sencha = product_in(&house, "Sencha", green);
    let mei = staff(&house);
    let delete = |id: CategoryId| {
        let address = format!("/admin/categories/{id}");
        mei.submit(&mei.get(&address), &format!("{address}/delete"), &[])
    };
    delete(tea).says(200, "There are categories below this one.");
    delete(green).says(200, "There are products in this category.");
    house.db.write_now(move |conn| catalog::remove(conn, sencha)).unwrap();

    let rule = Rule { all: true, conditions: vec![Condition::Category(green)] };
    let gifts = Collection { name: "Gifts".into(), filling: Filling::ByRule(rule), ..Collection::default() };
    let gifts = house.db.write_now(move |conn| collections::save(conn, &gifts, now())).unwrap();
    delete(green).says(200, "A collection is filled by a rule");
    house.db.write_now(move |conn| collections::remove(conn, gifts, now())).unwrap();
    let on = Goods { categories: vec![tea], ..Goods::default() };
    let effect = Effect::Reduce { cut: Cut::Percentage(1000), on };
    goods::promotion(&house.db, Terms::automatic("Tea week", Rules { effect, ..Rules::default() }, EUR));

    edit(&mei, green, &[("slug", "greens")]).says(200, "Saved.");
    delete(green).says(200, "Deleted.");
    delete_again(&mei, green);
    delete(tea).says(200, "A promotion names this category.");
    assert_eq!(house.visitor().get("/categories/green").status, 404, "its old addresses went with it");
}

fn delete_again(mei: &Visitor, id: CategoryId) {
    let page = mei.get("/admin/categories");
    let csrf = page.body.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0.to_string();
    mei.post(&format!("/admin/categories/{id}/delete"), &[("csrf", &csrf)]).says(200, "Deleted.");
}

#[test]
fn two_moves_at_once_close_no_circle() {
    let house = House::open();
    let (one, other) = (category(&house, "One", None), category(&house, "Other", None));
    let outcomes = crate::races::together(|n| {
        let (id, to) = if n % 2 == 0 { (one, other) } else { (other, one) };
        house.db.write_now(move |conn| {
            let known = catalog::category(conn, id)?;
            catalog::put_category(conn, &WholeCategory { parent_id: Some(to), ..known }, now())
        })
    });
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Error::Invalid(_) | Error::Conflict(_)))), "{outcomes:?}");
    let tree = house.db.read_now(|conn| catalog::categories(conn, "en")).unwrap();
    assert_eq!(tree.children(None).len(), 1, "one is the root, the other below it");
}

#[test]
fn a_picture_is_given_changed_and_taken_away() {
    let house = House::open();
    let (mei, ann) = (staff(&house), house.visitor());
    let top = category(&house, "Top", None);
    let cups = category(&house, "Cups", Some(top));
    product_in(&house, "Cup", cups);
    let at = format!("/admin/categories/{cups}");
    let stored = || house.db.read_now(move |conn| catalog::category(conn, cups)).unwrap().picture_hash;
    let upload = |picture: &[u8]| {
        let csrf = mei.get(&at).form(&format!("{at}/picture"), &[]).into_iter().find(|(name, _)| name == "csrf").unwrap().1;
        mei.upload_parts(&format!("{at}/picture"), &[("csrf", &csrf)], ("picture", picture))
    };
    upload(b"<svg onload=alert(1)>").says(200, "Use a JPEG, PNG, WebP or GIF picture.");
    assert_eq!(stored(), None);
    upload(&png(300, 200)).says(200, "Saved.");
    let first = stored().unwrap();
    ann.get("/categories/top").holds(&format!("/pictures/{first}/"));
    upload(&png(200, 200)).says(200, "Saved.");
    let second = stored().unwrap();
    assert_ne!(first, second);
    ann.get("/categories/top").holds(&format!("/pictures/{second}/"));

    // Its texts are saved beside it, and a form that was open goes on.
    edit(&mei, cups, &[("text", "For tea")]).says(200, "Saved.").holds(&second);
    let page = mei.get(&at);
    mei.submit(&page, &format!("{at}/picture/remove"), &[]).says(200, "No picture yet.");
    assert!(stored().is_none() && !ann.get("/categories/top").body.contains("/pictures/"));
    mei.get("/admin/audit?action=category.picture").says(200, "Picture of a category changed");
}
