//! Two people at one form: whoever saves second sees both versions, keeps what they typed, and decides.

use crate::stores::owner;
use crate::support::goods;
use crate::support::house::House;
use crate::support::visitor::{Page, Visitor};
use storefront::catalog;

/// A form, and a field of it.
struct Case {
    /// The page with the form.
    page: String,
    action: String,
    field: &'static str,
    /// What else is typed.
    more: &'static [(&'static str, &'static str)],
    /// What the first and the second want there.
    wishes: [&'static str; 2],
}

impl Case {
    fn of(page: &str, field: &'static str, more: &'static [(&'static str, &'static str)]) -> Case {
        Case { page: page.into(), action: page.into(), field, more, wishes: ["Celadon", "Indigo"] }
    }

    fn save(&self, who: &Visitor, form: &Page, wish: &str) -> Page {
        let typed: Vec<(&str, &str)> = self.more.iter().copied().chain([(self.field, wish)]).collect();
        who.submit(form, &self.action, &typed)
    }
}

/// Whether an input of the page holds this value.
fn keeps(page: &Page, value: &str) -> bool {
    page.body.contains(&format!("value=\"{value}\"")) || page.body.contains(&format!(">{value}</textarea>"))
}

fn both_versions(olga: &Visitor, case: &Case) {
    let at = &case.page;
    let form = olga.get(at);
    let second = olga.tab();
    let [theirs, own] = case.wishes;
    case.save(olga, &form, theirs).says(200, "");
    // Asking for what is stored already is no conflict.
    assert_eq!(case.save(olga, &form, theirs).status == 409, versioned(at), "{at}: sent twice");
    let refused = case.save(&second, &form, own).says(409, "Somebody else").says(409, "What differs by now").says(409, theirs);
    assert!(keeps(&refused, own), "{at}: what was typed is gone");
    assert!(olga.get(at).body.contains(theirs), "{at}: a refused form stored something");
    case.save(&second, &refused, own).says(200, "");
    let now = olga.get(at);
    assert!(keeps(&now, own), "{at}: saving again stores it");
}

/// Forms whose rows carry a version tell a form that was sent twice by the version alone.
fn versioned(at: &str) -> bool {
    ["/products/", "/categories/", "/collections/", "/attributes/", "/segments/", "/stores/"].iter().any(|part| at.contains(part))
}

#[test]
fn whoever_saves_second_sees_both_versions() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let olga = owner(&house);
    let product = house.db.read_now(|conn| catalog::find(conn, "mug")).unwrap().unwrap();
    let make = |to: &str, typed: &[(&str, &str)]| olga.submit(&olga.get(to), to, typed).says(200, "");
    make("/admin/pages/new", &[("slug", "terms"), ("title_en", "Terms")]);
    make("/admin/staff/roles/new", &[("name", "Packer"), ("orders-view", "on")]);
    make("/admin/webhooks", &[("url", "https://example.com/a"), ("topic-order-placed", "on")]);
    make("/admin/categories/new", &[("name", "Cups")]);
    make("/admin/collections/new", &[("name", "Slow"), ("filling", "hand"), ("products", "mug")]);
    make("/admin/attributes/new", &[("name", "Care"), ("kind", "text")]);
    make("/admin/stores/new", &[("name", "Second"), ("domain", "second.test")]);
    let segment = "/admin/segments/new";
    let page = olga.submit(&olga.get(segment), segment, &[("name", "Regulars"), ("r_add", "orders"), ("do", "add:r")]);
    let made = olga.submit(&page, segment, &[("r_0_at_least", "2"), ("do", "save")]).says(200, "Saved");
    let link = |list: &str, begins: &str| -> String {
        let body = olga.get(list).body;
        let start = format!("href=\"{begins}");
        let from = body.match_indices(start.as_str()).map(|(at, _)| &body[at + 6..]);
        let hrefs = from.filter_map(|rest| rest.split('"').next()).filter(|to| to[begins.len()..].parse::<i64>().is_ok());
        hrefs.last().unwrap_or_else(|| panic!("{list} leads to no {begins}")).to_string()
    };
    let place = house.db.read_now(storefront::stock::locations).unwrap()[0].id;
    let mut cases = vec![
        Case::of("/admin/pages/terms", "title_en", &[]),
        Case::of("/admin/settings", "name", &[("bank_details", "IBAN X")]),
        Case::of("/admin/home-page", "shelf_0_title_en", &[("shelf_0_products", "mug")]),
        Case::of(&link("/admin/shipping", "/admin/shipping/"), "name", &[]),
        Case::of(&link("/admin/staff/roles", "/admin/staff/roles/"), "name", &[]),
        Case::of(&format!("/admin/products/{product}"), "title", &[]),
        Case::of(&link("/admin/categories", "/admin/categories/"), "name", &[]),
        Case::of(&link("/admin/collections", "/admin/collections/"), "name", &[]),
        Case::of(&link("/admin/attributes", "/admin/attributes/"), "name_zh", &[]),
        Case::of("/admin/stores/2", "name", &[]),
    ];
    let webhook = link("/admin/webhooks", "/admin/webhooks/");
    cases.push(Case { wishes: ["https://example.com/b", "https://example.com/c"], ..Case::of(&webhook, "url", &[]) });
    let stock = format!("/admin/stock/{mug}");
    cases.push(Case { action: format!("{stock}/rules"), wishes: ["41", "42"], ..Case::of(&stock, "low_at", &[]) });
    let places = "/admin/stock/locations";
    cases.push(Case { action: format!("{places}/{place}"), ..Case::of(places, "name", &[("do", "rename")]) });
    cases.push(Case { page: format!("{}/edit", made.at), action: format!("{}/edit", made.at), ..Case::of("", "name", &[("do", "save")]) });
    for case in &cases {
        both_versions(&olga, case);
    }
}

#[test]
fn a_stale_product_form_finds_its_rows_again() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let olga = owner(&house);
    let id = house.db.read_now(|conn| catalog::find(conn, "mug")).unwrap().unwrap();
    let at = format!("/admin/products/{id}");
    let second = olga.tab();
    let named = [("options", "Glaze"), ("v0_options", "White"), ("v1_options", "Moss"), ("v1_price", "14.00"), ("v1_sku", "MOSS")];
    olga.submit(&olga.get(&at), &at, &named).says(200, "Saved");
    let form = olga.get(&at);
    // One adds a variant, the other changes prices by the older form.
    olga.submit(&form, &at, &[("v2_options", "Ash"), ("v2_price", "15.00"), ("v2_sku", "ASH")]).says(200, "Saved");
    let refused = second.submit(&form, &at, &[("v1_price", "13.50"), ("v2_options", "Sand"), ("v2_price", "16.00"), ("v2_sku", "SAND")]);
    let refused =
        refused.says(409, "Somebody else changed this product").says(409, "What differs by now").says(409, "14.00").says(409, "13.50");
    second.submit(&refused, &at, &[]).says(200, "Saved");
    let product = house.db.read_now(move |conn| catalog::products(conn, &[id], goods::EUR)).unwrap().pop().unwrap();
    let mut variants: Vec<(&str, Option<i64>)> =
        product.variants.iter().map(|one| (one.sku.as_deref().unwrap_or_default(), one.price)).collect();
    variants.sort_unstable();
    assert_eq!(variants, [("ASH", Some(1500)), ("MOSS", Some(1350)), ("MUG", Some(1200)), ("SAND", Some(1600))]);
    let zh = format!("/zh{at}");
    let form = olga.get(&zh);
    olga.submit(&form, &zh, &[("title", "Cup")]).says(200, "");
    second.submit(&form, &zh, &[("title", "Bowl")]).says(409, "其他人修改过它").says(409, "目前的差异").says(409, "Cup");
}

#[test]
fn all_variants_are_made_from_options_without_a_script() {
    let house = House::open();
    let olga = owner(&house);
    let new = "/admin/products/new";
    let typed =
        [("title", "Shirt"), ("status", "active"), ("v0_price", "20.00"), ("more", "matrix"), ("matrix", "Colour: Blue, Red\nSize: M")];
    olga.submit(&olga.get(new), new, &[("more", "matrix"), ("matrix", "Blue")]).says(422, "Write each option on a line");
    let page = olga.submit(&olga.get(new), new, &typed).says(200, "Rows added or completed: 2");
    assert!(keeps(&page, "Blue / M") && keeps(&page, "Red / M") && keeps(&page, "Colour, Size"));
    olga.submit(&page, new, &[]).says(200, "Saved");
    house.visitor().get("/products/shirt").says(200, "Colour").says(200, "Red").says(200, "20.00");
}

#[test]
fn what_never_came_is_a_pre_order_and_what_ran_out_a_back_order() {
    let house = House::open();
    let (new, old) = (goods::product(&house.db, "Kettle", 8900, 0), goods::product(&house.db, "Teapot", 4500, 1));
    let olga = owner(&house);
    for variant in [new, old] {
        let page = olga.get(&format!("/admin/stock/{variant}"));
        let rules = [("oversell", "on"), ("expected_on", "2099-03-01")];
        olga.submit(&page, &format!("/admin/stock/{variant}/rules"), &rules).says(200, "Saved");
    }
    let ann = house.visitor();
    let kettle = ann.get("/products/kettle").says(200, "Pre-order.").says(200, "Expected on").holds("https://schema.org/PreOrder");
    ann.get("/products/teapot").holds("https://schema.org/InStock");
    let badge = |path: &str, word: &str| ann.get(path).body.matches(&format!("<span class=\"badge\">{word}</span>")).count();
    assert_eq!((badge("/", "Pre-order"), badge("/zh", "预售")), (1, 1), "the card says it, of the kettle alone");
    ann.submit(&kettle, "/cart/lines", &[]).says(200, "Kettle");
    ann.submit(&ann.get("/products/teapot"), "/cart/lines", &[("quantity", "2")]).says(200, "Teapot");
    ann.get("/cart").says(200, "Pre-order. Expected on").says(200, "On back-order. Expected on");
    ann.get("/zh/cart").says(200, "新品预售");
    goods::run(&house.db, crate::feeds::PICTURES);
    let feed = ann.get("/feeds/google.xml");
    for part in ["<g:availability>preorder<", "<g:availability>in_stock<", "<g:availability_date>2099-03-01T00:00Z<"] {
        assert!(feed.body.contains(part), "{part} is not in {}", feed.body);
    }
    // Once some came it is a back-order like any other.
    let page = olga.get(&format!("/admin/stock/{new}"));
    let place = house.db.read_now(storefront::stock::locations).unwrap()[0].id;
    let place = place.to_string();
    let count = |page: &Page, units: &str| {
        let typed = [("location", place.as_str()), ("on_hand", units), ("reason", "Count")];
        olga.submit(page, &format!("/admin/stock/{new}"), &typed).says(200, "");
    };
    count(&page, "3");
    count(&olga.get(&format!("/admin/stock/{new}")), "0");
    ann.get("/products/kettle").says(200, "On back-order.").holds("https://schema.org/BackOrder");
    assert_eq!(badge("/", "Pre-order"), 0);
}
