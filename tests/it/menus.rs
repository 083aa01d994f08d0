//! The menus of header and footer: as the shop has them until they are edited, and what staff make of them.

use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::{Page, Visitor};
use admin::audit::{self, Filter};
use admin::permissions::Preset;
use storefront::catalog::{self, CategoryChange, WholeCategory};
use storefront::content::{self, ContentPage};
use storefront::ids::CategoryId;

/// A shop with two categories and two pages, which serves a page from memory for as long as any of these tests takes.
fn house() -> (House, Vec<CategoryId>) {
    let house = House::open_with(&[("REGULARS_PAGE_CACHE_MS", "60000")]);
    let ids = house
        .db
        .write_now(|conn| {
            for (slug, title) in [("about", "About us"), ("terms", "Terms")] {
                let page = ContentPage {
                    slug: slug.into(),
                    language: "en".into(),
                    title: title.into(),
                    body_html: "<p>Text.</p>".into(),
                    position: 0,
                };
                content::save(conn, &page)?;
            }
            let mut ids = Vec::new();
            for name in ["Tea", "Cups"] {
                let position = i64::try_from(ids.len()).unwrap();
                ids.push(catalog::save_category(
                    conn,
                    &CategoryChange { name: name.into(), position, ..CategoryChange::default() },
                    now(),
                )?);
            }
            catalog::set_category_text(conn, ids[0], "zh", "茶", "")?;
            Ok(ids)
        })
        .unwrap();
    (house, ids)
}

fn between<'a>(page: &'a Page, from: &str, to: &str) -> &'a str {
    page.body.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap_or_else(|| panic!("{from} in {}", page.body)).0
}

/// The words and addresses of the links of the header.
fn header(page: &Page) -> Vec<(String, String)> {
    links(between(page, "site-nav\"", "</nav>"))
}

fn footer(page: &Page) -> Vec<(String, String)> {
    links(between(page, "site-footer-columns\"", "footer>"))
}

fn links(html: &str) -> Vec<(String, String)> {
    let part = scraper::Html::parse_fragment(&format!("<nav{html}"));
    let link = scraper::Selector::parse("a").unwrap();
    part.select(&link).map(|a| (a.text().collect::<String>(), a.value().attr("href").unwrap().to_string())).collect()
}

fn named(links: &[(String, String)]) -> Vec<&str> {
    links.iter().map(|(words, _)| words.as_str()).collect()
}

fn add(max: &Visitor, place: &str, parent: &str, typed: &[(&str, &str)]) -> Page {
    let action = format!("/admin/menus/{place}/new");
    let asked = if parent.is_empty() { action.clone() } else { format!("{action}?parent={parent}") };
    let form = max.get(&asked);
    max.submit(&form, &action, typed)
}

#[test]
fn a_menu_follows_the_shop_until_it_is_edited() {
    let (house, _) = house();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let ann = house.visitor();
    let before = (header(&ann.get("/")), footer(&ann.get("/")));
    assert_eq!(named(&before.0), ["Tea", "Cups"]);
    assert_eq!(
        named(&before.1),
        ["Quick order", "Tea", "Cups", "About us", "Terms", "Orders", "Contact", "Check a gift card", "简体中文", "Privacy choices"]
    );
    max.get("/admin/menus").says(200, "It shows the main categories, also those that are added later.").says(200, "Category: Cups");

    // The first change makes a list of what there was.
    let list = max.get("/admin/menus");
    max.submit(&list, "/admin/menus/header/1/order", &[("to", "up")]).says(200, "Saved.");
    let page = ann.get("/");
    assert_eq!(named(&header(&page)), ["Cups", "Tea"], "a page in memory follows at once");
    assert_eq!(footer(&page), before.1);
    assert_eq!(header(&ann.get("/zh/"))[1], ("茶".into(), "/zh/categories/tea".into()));
    let orders = max.get("/admin/menus/footer/1-2");
    max.submit(&orders, "/admin/menus/footer/1-2/delete", &[]).says(200, "Deleted.");
    assert_eq!(
        named(&footer(&ann.get("/"))),
        ["Quick order", "Tea", "Cups", "About us", "Terms", "Contact", "Check a gift card", "简体中文", "Privacy choices"]
    );
    house
        .db
        .write_now(|conn| catalog::save_category(conn, &CategoryChange { name: "Kettles".into(), ..CategoryChange::default() }, now()))
        .unwrap();
    assert!(!header(&ann.get("/cart")).iter().any(|(words, _)| words == "Kettles"));

    for place in ["header", "footer"] {
        let list = max.get("/admin/menus");
        max.submit(&list, &format!("/admin/menus/{place}/reset"), &[]).says(200, "The menu follows the shop again.");
    }
    assert!(named(&header(&ann.get("/"))).contains(&"Kettles") && named(&footer(&ann.get("/"))).contains(&"Orders"));
    let filter = Filter { subject: "menu:footer".into(), ..Filter::default() };
    let log = house.db.read_now(move |conn| audit::list(conn, &filter, 50)).unwrap();
    assert_eq!(log.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["menu.reset", "menu.save"]);
    assert!(log[1].before.contains("account/orders") && !log[1].after.contains("account/orders"));
}

#[test]
fn entries_lead_where_they_should_in_both_languages_and_nowhere_else() {
    let (house, ids) = house();
    goods::product(&house.db, "Mug", 1200, 5);
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let ann = house.visitor();
    let inside = |address: &str| add(&max, "header", "", &[("target", "inside"), ("address", address), ("label_en", "News")]);
    inside("//evil.test").says(422, "A path begins with one slash");
    inside("news").says(422, "A path begins with one slash");
    add(&max, "header", "", &[("target", "outside"), ("address", "javascript:alert(1)"), ("label_en", "X")]).says(422, "https://");
    add(&max, "header", "", &[("target", "outside"), ("address", "https://blog.example.com/")]).says(422, "Give it words");
    add(&max, "header", "", &[("target", "category:99")]).says(422, "Choose what this entry leads to.");
    add(&max, "header", "", &[("target", "product"), ("address", "no-such-thing")]).says(422, "No product on sale");
    assert_eq!(named(&header(&ann.get("/"))), ["Tea", "Cups"], "nothing of it is kept");

    add(&max, "header", "", &[("target", "product"), ("address", "mug")]).says(200, "Saved.");
    let blog = [("target", "outside"), ("address", "https://blog.example.com/"), ("label_en", "Blog"), ("label_zh", "博客")];
    add(&max, "header", "", &blog).says(200, "Saved.");
    add(&max, "header", "0", &[("target", "inside"), ("address", "/search?q=green"), ("label_en", "Green <tea>")]).says(200, "Saved.");
    add(&max, "header", "0", &[("target", "page:about")]).says(200, "Saved.");
    let page = ann.get("/");
    let wanted: Vec<(String, String)> = [
        ("All: Tea", "/categories/tea"),
        ("Green <tea>", "/search?q=green"),
        ("About us", "/pages/about"),
        ("Cups", "/categories/cups"),
        ("Mug", "/products/mug"),
        ("Blog", "https://blog.example.com/"),
    ]
    .map(|(words, to)| (words.to_string(), to.to_string()))
    .to_vec();
    assert_eq!(header(&page), wanted);
    let chinese = header(&ann.get("/zh/"));
    assert_eq!(chinese[0], ("全部：茶".into(), "/zh/categories/tea".into()));
    assert_eq!(chinese[5], ("博客".into(), "https://blog.example.com/".into()));

    // What is gone is left out and told; a new address is followed.
    let cups = ids[1];
    house
        .db
        .write_now(move |conn| {
            content::remove(conn, "about", None)?;
            let known: WholeCategory = catalog::category(conn, cups)?;
            catalog::put_category(conn, &WholeCategory { slug: "mugs".into(), ..known }, now())
        })
        .unwrap();
    let list = max.get("/admin/menus").says(200, "Gone or hidden: left out of the shop");
    max.submit(&list, "/admin/menus/header/2/order", &[("to", "down")]).says(200, "Saved.");
    let after = header(&ann.get("/"));
    assert_eq!(named(&after), ["All: Tea", "Green <tea>", "Cups", "Blog", "Mug"]);
    assert_eq!(after[2].1, "/categories/mugs");
}

#[test]
fn of_two_who_edit_a_menu_the_second_is_shown_what_it_is_now() {
    let (house, _) = house();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Manager));
    let form = max.get("/admin/menus/header/0").says(200, "Category: Tea");
    let list = max.get("/admin/menus");
    let removing = mia.get("/admin/menus/header/0");
    mia.submit(&removing, "/admin/menus/header/0/delete", &[]).says(200, "Deleted.");
    let refused = max.submit(&form, "/admin/menus/header/0", &[("label_en", "Fine tea")]).says(409, "The menu now");
    assert!(refused.body.contains("value=\"Fine tea\""));
    max.submit(&list, "/admin/menus/header/1/order", &[("to", "up")]).says(200, "This is how it is now.");
    assert_eq!(named(&header(&house.visitor().get("/"))), ["Cups"]);
    for odd in ["/admin/menus/header/7", "/admin/menus/header/0-3", "/admin/menus/header/x", "/admin/menus/side/new"] {
        assert_eq!(max.get(odd).status, 404, "{odd}");
    }
}
