//! Several stores over one database: made by forms, found by host, each with its currency, languages and part of the catalogue.

use crate::buying::CONTACT;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{self, at_work, role};
use crate::support::visitor::{Page, Visitor};
use admin::permissions::Preset;
use kernel::web::i18n::Language;
use storefront::collections::{self, Collection, Filling};
use storefront::ids::{CollectionId, StoreId, VariantId};
use storefront::stores::{self, Wish};
use storefront::{catalog, orders};

pub const SWISS: StoreId = StoreId(2);

/// A collection made by hand of what these variants are.
pub fn collection(house: &House, name: &str, of: &[VariantId]) -> CollectionId {
    let (name, of) = (name.to_string(), of.to_vec());
    house
        .db
        .write_now(move |conn| {
            let found = catalog::variants_for_sale(conn, &of, goods::EUR, "en")?;
            let products = found.iter().map(|variant| variant.product_id).collect();
            let collection = Collection { name: name.clone(), filling: Filling::ByHand(products), ..Collection::default() };
            collections::save(conn, &collection, now())
        })
        .unwrap()
}

pub fn owner(house: &House) -> Visitor {
    at_work(house, "olga", role(house, Preset::Owner)).1
}

/// A store in francs that speaks Chinese first, with a mug at 13.00 and delivery at 7.00: all of it made by forms.
pub fn swiss(house: &House, olga: &Visitor, part: Option<CollectionId>) {
    let form = olga.get("/admin/stores/new").says(200, "Add a store");
    let part = part.map(|part| part.to_string()).unwrap_or_default();
    let typed =
        [("name", "Bergladen"), ("domain", "Swiss.Test"), ("currency", "CHF"), ("first", "zh"), ("also_en", "on"), ("part", part.as_str())];
    olga.submit(&form, "/admin/stores/new", &typed).says(200, "Saved.").says(200, "Bergladen");
    let mug = product_id(house, "mug");
    let at = format!("/admin/products/{mug}?currency=CHF");
    let form = olga.get(&at).says(200, "Prices in");
    olga.submit(&form, &at, &[("v0_price", "13.00")]).says(200, "Saved.");
    let at = "/admin/shipping/new?currency=CHF";
    let rate = [("name", "Post"), ("countries", "DE CH"), ("price", "7.00")];
    olga.submit(&olga.get(at), at, &rate).says(200, "Post");
    house.follow();
}

#[test]
fn a_form_with_a_name_and_a_domain_alone_makes_a_store_that_sells() {
    let house = office::open();
    goods::product(&house.db, "Mug", 1200, 9);
    let olga = owner(&house);
    let form = olga.get("/admin/stores/new");
    olga.submit(&form, "/admin/stores/new", &[("name", "Second"), ("domain", "second.test")]).says(200, "Saved.");
    let store = house.db.read_now(|conn| stores::get(conn, SWISS)).unwrap();
    assert_eq!((store.currency, store.languages, store.open), (goods::EUR, vec![Language::ENGLISH, Language::CHINESE], true));
    let mei = house.visitor().at_host("second.test:80");
    mei.get("/zh/products/mug").says(200, "12.00");
    mei.submit(&mei.get("/products/mug"), "/cart/lines", &[]).says(200, "€12.00");
    let shipping = mei.submit(&mei.get("/checkout"), "/checkout", CONTACT);
    let payment = mei.submit(&shipping, "/checkout/shipping", &[]);
    let review = mei.submit(&payment, "/checkout/payment", &[("method", "bank_transfer")]);
    mei.submit(&review, "/checkout/place", &[]).says(200, "R1001");

    // Without any tick the first language is spoken all the same.
    let form = olga.get("/admin/stores/new");
    let bare = [("name", "Third"), ("domain", "third.test"), ("first", "zh"), ("also_en", ""), ("also_zh", "")];
    olga.submit(&form, "/admin/stores/new", &bare).says(200, "Saved.");
    let third = house.db.read_now(|conn| stores::get(conn, StoreId(3))).unwrap();
    assert_eq!(third.languages, [Language::CHINESE]);
}

fn product_id(house: &House, slug: &'static str) -> i64 {
    house.db.read_now(move |conn| catalog::find(conn, slug)).unwrap().unwrap().0
}

/// Where the store is, as links say it.
fn home(house: &House, host: &str) -> String {
    house.base_url.replace("127.0.0.1", host)
}

fn named(page: &Page, name: &str) -> bool {
    page.body.contains(name)
}

#[test]
fn a_store_sells_its_part_in_its_currency_and_language() {
    let house = office::open();
    let (mug, tea) = (goods::product(&house.db, "Mug", 1200, 9), goods::product(&house.db, "Tea", 500, 9));
    goods::product(&house.db, "Pot", 3000, 9);
    let part = collection(&house, "Alps", &[mug, tea]);
    let olga = owner(&house);
    swiss(&house, &olga, Some(part));
    let url = home(&house, "swiss.test");

    let mei = house.visitor().at_host("swiss.test:80");
    let page = mei.get("/products/mug").says(200, "13.00");
    assert!(named(&page, "<html lang=\"zh-Hans\">") && named(&page, "Bergladen") && named(&page, "CHF") && !named(&page, "12.00"));
    assert!(named(&page, &format!("<link rel=\"canonical\" href=\"{url}/products/mug\">")), "{}", page.body);
    assert!(named(&page, &format!("hreflang=\"en\" href=\"{url}/en/products/mug\"")));
    assert!(named(&page, &format!("hreflang=\"x-default\" href=\"{url}/products/mug\"")));
    assert!(named(&page, "\"priceCurrency\":\"CHF\""), "{}", page.body);
    mei.get("/en/products/mug").says(200, "Add to cart");
    let moved = mei.get_once("/zh/products/mug?a=1");
    assert_eq!((moved.status, moved.headers["location"].as_str()), (301, "/products/mug?a=1"));

    // Outside the part, or without a price in francs, there is nothing.
    for gone in ["/products/pot", "/products/tea", "/en/products/pot"] {
        assert_eq!(mei.get(gone).status, 404, "{gone}");
    }
    for list in
        ["/search?q=", "/en/search?q=pot", "/", "/collections/alps", "/sitemap/products-0.xml", "/suggest?q=po", "/feeds/google.xml"]
    {
        let page = mei.get(list);
        assert!(page.status == 200 && !named(&page, "/products/pot") && !named(&page, "/products/tea"), "{list}: {}", page.body);
    }
    for list in ["/search?q=", "/", "/collections/alps", "/sitemap/products-0.xml", "/suggest?q=mu"] {
        assert!(named(&mei.get(list), "/products/mug"), "{list}");
    }
    assert!(named(&mei.get("/robots.txt"), &format!("Sitemap: {url}/sitemap.xml")));
    let here = mei.get("/products/mug");
    assert_ne!(mei.submit(&here, "/cart/lines", &[("product", "pot")]).status, 200);
    assert_ne!(mei.submit(&here, "/cart/lines", &[("product", "tea")]).status, 200);

    // The main store is as it was.
    let ann = house.visitor();
    let page = ann.get("/products/mug").says(200, "12.00");
    assert!(named(&page, "<html lang=\"en\">") && !named(&page, "Bergladen") && !named(&page, "CHF"));
    ann.get("/products/pot").says(200, "30.00");
    ann.get("/zh/products/pot").says(200, "30.00");
    assert!(named(&ann.get("/search?q="), "/products/tea"));
}

/// Puts a mug into the cart and goes to the end of the checkout, in Chinese.
fn buys(mei: &Visitor) -> Page {
    let cart = mei.submit(&mei.get("/products/mug"), "/cart/lines", &[]).says(200, "13.00");
    assert!(!named(&cart, "EUR") && !named(&cart, "€"), "{}", cart.text());
    let contact = mei.get("/checkout").says(200, "");
    let shipping = mei.submit(&contact, "/checkout", CONTACT).says(200, "Post").says(200, "7.00");
    let payment = mei.submit(&shipping, "/checkout/shipping", &[]).says(200, "");
    let review = mei.submit(&payment, "/checkout/payment", &[("method", "bank_transfer")]).says(200, "20.00");
    mei.submit(&review, "/checkout/place", &[]).says(200, "R1001")
}

#[test]
fn an_order_stays_with_its_store() {
    let house = office::open();
    goods::product(&house.db, "Mug", 1200, 9);
    let olga = owner(&house);
    swiss(&house, &olga, None);
    let mei = house.visitor().at_host("swiss.test");
    buys(&mei);
    house.work();
    let order = house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap();
    assert_eq!((order.store_id, order.currency.as_str(), order.total, order.language.as_str()), (SWISS, "CHF", 2000, "zh"));
    let mail = &house.mails("ann@example.com")[0];
    let link = mail.body_text.split_whitespace().find(|word| word.contains("/orders/R1001")).unwrap().to_string();
    assert!(link.starts_with(&format!("{}/orders/R1001?key=", home(&house, "swiss.test"))), "{link}");
    assert!(mail.body_text.contains("Bergladen") && mail.body_text.contains("20.00") && !mail.body_text.contains("€"));
    house.visitor().at_host("swiss.test").get(&link).says(200, "R1001");

    // The back office tells the stores apart, and adds nothing up across them.
    let (cart, seen) = goods::cart(&house.db, &[(VariantId(1), 1)], "bea@example.com", "bank_transfer", "");
    goods::place(&house.db, cart, seen, storefront::checkout::Settlement::After).unwrap();
    let all = olga.get("/admin/orders");
    assert!(named(&all, "R1001") && named(&all, "R1002") && named(&all, "Bergladen"));
    let own = olga.get("/admin/orders?store=2");
    assert!(named(&own, "R1001") && !named(&own, "/R1002"));
    let main = olga.get("/admin/orders?store=1");
    assert!(!named(&main, "/R1001") && named(&main, "R1002"));
    olga.get("/admin/orders/R1001").says(200, "Bergladen");
    let figures = olga.get("/admin?store=2").says(200, "20.00");
    assert!(named(&figures, "store=2&amp;from=") && figures.text().contains("CHF"), "{}", figures.body);
    olga.get("/admin").says(200, "16.90");
    assert_eq!(olga.get("/admin?store=9").status, 404);

    // A cart is of one store, whatever a browser sends.
    let ann = house.visitor();
    ann.carry("visitor", &mei.cookie("visitor"));
    mei.submit(&mei.get("/products/mug"), "/cart/lines", &[]).says(200, "13.00");
    assert!(!ann.get("/cart").text().contains("Mug"), "a cart of another store is shown");
}

#[test]
fn pages_in_memory_are_of_one_store() {
    let house = House::open_with(&[("REGULARS_PAGE_CACHE_MS", "60000"), ("REGULARS_LIMITS_SIGN_IN_PER_MINUTE", "1000")]);
    goods::product(&house.db, "Mug", 1200, 9);
    let olga = owner(&house);
    let (ann, mei) = (house.visitor(), house.visitor().at_host("swiss.test"));
    assert!(named(&mei.get("/products/mug"), "12.00"), "an unknown host is the main store's");
    swiss(&house, &olga, None);
    for _ in 0..3 {
        let (here, there) = (ann.get("/products/mug"), mei.get("/products/mug"));
        assert!(named(&here, "12.00") && !named(&here, "13.00") && !named(&here, "Bergladen"));
        assert!(named(&there, "13.00") && !named(&there, "12.00") && named(&there, "Bergladen"));
        assert!(named(&ann.get("/"), "12.00") && named(&mei.get("/"), "13.00"));
    }
    // The name of a host can be said by a proxy only where proxies are trusted.
    let asked = ureq::get(format!("{}/products/mug", house.base_url)).header("x-forwarded-host", "swiss.test").call();
    assert!(asked.unwrap().body_mut().read_to_string().unwrap().contains("12.00"));
}

#[test]
fn a_proxy_that_is_trusted_may_name_the_host() {
    let house = House::open_with(&[("REGULARS_TRUSTED_PROXY", "true"), ("REGULARS_LIMITS_SIGN_IN_PER_MINUTE", "1000")]);
    goods::product(&house.db, "Mug", 1200, 9);
    let olga = owner(&house);
    swiss(&house, &olga, None);
    let asked = ureq::get(format!("{}/products/mug", house.base_url)).header("x-forwarded-host", "swiss.test").call();
    assert!(asked.unwrap().body_mut().read_to_string().unwrap().contains("13.00"));
}

#[test]
fn a_stale_form_is_refused_and_a_closed_store_says_so() {
    let house = office::open();
    let mug = goods::product(&house.db, "Mug", 1200, 9);
    let olga = owner(&house);
    let part = collection(&house, "Alps", &[mug]);
    swiss(&house, &olga, Some(part));
    let mei = house.visitor().at_host("swiss.test");
    buys(&mei);
    house.work();
    let first = olga.get("/admin/stores/2").says(200, "Bergladen");
    let second = olga.tab();
    olga.submit(&first, "/admin/stores/2", &[("name", "Talladen")]).says(200, "Saved.");
    let refused = second.submit(&first, "/admin/stores/2", &[("name", "Seeladen")]).says(409, "Somebody else").says(409, "Talladen");
    assert!(named(&refused, "value=\"Seeladen\""));
    second.submit(&refused, "/admin/stores/2", &[("name", "Seeladen")]).says(200, "Saved.");
    let logged = olga.get("/admin/audit?action=store.save");
    assert!(named(&logged, "Talladen") && named(&logged, "Seeladen"));

    for (field, value, told) in [
        ("domain", "https://x.test/", "Give the name of a host"),
        ("domain", "127.0.0.1", "Give the name of a host"),
        ("name", " ", "Give the store a name"),
        ("country", "CHE", "two letters"),
    ] {
        olga.submit(&olga.get("/admin/stores/2"), "/admin/stores/2", &[(field, value)]).says(422, told);
    }
    let typed = [("name", "Again"), ("domain", "swiss.test"), ("currency", "CHF"), ("first", "en")];
    olga.submit(&olga.get("/admin/stores/new"), "/admin/stores/new", &typed).says(422, "Another store has this domain.");
    assert_eq!(olga.get("/admin/stores/1").status, 404);
    let gone = olga.submit(&olga.get(&format!("/admin/collections/{part}")), &format!("/admin/collections/{part}/delete"), &[]);
    gone.says(409, "A store sells");

    let at = format!("/orders/R1001?key={}", house.state.signer.sign("order", "R1001"));
    let form = olga.get("/admin/stores/2");
    let fields: Vec<(String, String)> = form.form("/admin/stores/2", &[]).into_iter().filter(|(name, _)| name != "open").collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    olga.post("/admin/stores/2", &fields).says(200, "Saved.");
    let closed = mei.get("/products/mug").says(503, "暂停营业");
    assert!(closed.headers.contains_key("retry-after"), "{:?}", closed.headers);
    assert_eq!(mei.get("/cart").status, 503);
    mei.get(&at).says(200, "R1001");
    house.visitor().get("/products/mug").says(200, "12.00");
}

#[test]
fn a_store_looks_as_it_was_made_to() {
    let house = office::open();
    goods::product(&house.db, "Mug", 1200, 9);
    let olga = owner(&house);
    swiss(&house, &olga, None);
    let (ann, mei) = (house.visitor(), house.visitor().at_host("swiss.test"));
    let sheet = |visitor: &Visitor| visitor.get("/").body.split_once("id=\"theme\" href=\"").map(|(_, rest)| rest[..28].to_string());
    assert_eq!((sheet(&ann), sheet(&mei)), (None, None));
    let at = "/admin/theme?store=2";
    let form = olga.get(at).says(200, "wears the theme of the main store");
    let fields = form.form(at, &[("accent", "#1f6b4a"), ("button", "#1f6b4a")]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    olga.post("/admin/theme/publish?store=2", &fields).says(200, "");
    assert!(sheet(&mei).is_some() && sheet(&ann).is_none());
    let worn = olga.get(at).says(200, "a theme of its own");
    olga.submit(&worn, "/admin/theme/follow?store=2", &[("seen", "0")]).says(200, "published");
    assert!(sheet(&mei).is_some(), "somebody published meanwhile");
    olga.submit(&worn, "/admin/theme/follow?store=2", &[]).says(200, "theme of the main store again");
    assert_eq!(sheet(&mei), None);

    let new = olga.get("/admin/menus/header/new?store=2");
    let typed = [("target", "inside"), ("address", "/search"), ("label_en", "Everything"), ("label_zh", "全部商品")];
    olga.submit(&new, "/admin/menus/header/new?store=2", &typed).says(200, "Everything");
    assert!(named(&mei.get("/"), "全部商品") && !named(&ann.get("/"), "Everything"));

    let at = "/admin/home-page?store=2";
    let shelf = [("shelf_0_title_en", "Only here"), ("shelf_0_title_zh", "仅此一家"), ("shelf_0_products", "mug")];
    olga.submit(&olga.get(at), at, &shelf).says(200, "Saved.");
    assert!(named(&mei.get("/"), "仅此一家") && !named(&ann.get("/"), "Only here"));
    olga.submit(&olga.get(at), "/admin/home-page/reset?store=2", &[]).says(200, "home page of the main store again");
    assert!(!named(&mei.get("/"), "仅此一家"));
}

#[test]
fn programs_name_a_store_by_its_host_or_a_header() {
    let house = office::open();
    goods::product(&house.db, "Mug", 1200, 9);
    goods::product(&house.db, "Pot", 3000, 9);
    let olga = owner(&house);
    swiss(&house, &olga, None);
    let scopes = storefront::api_keys::Scope::ALL;
    let (_, key) = house.db.write_now(move |conn| storefront::api_keys::create(conn, "A program", scopes, None, now())).unwrap();
    let ask = |path: &str, headers: &[(&str, &str)]| {
        let asked = ureq::get(format!("{}/api/v1{path}", house.base_url)).header("authorization", format!("Bearer {key}"));
        let asked = headers.iter().fold(asked, |asked, (name, value)| asked.header(*name, *value));
        let mut answer = asked.config().http_status_as_error(false).build().call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    };
    let listed = |headers: &[(&str, &str)]| ask("/products", headers).1;
    assert!(listed(&[]).contains("1200") && listed(&[]).contains("Pot"));
    for headers in [[("host", "swiss.test")], [("store", "swiss.test")]] {
        let found = listed(&headers);
        assert!(found.contains("1300") && found.contains("CHF") && !found.contains("Pot"), "{found}");
        let searched = ask("/search?facets=false", &headers).1;
        assert!(searched.contains("\"total\":1") && searched.contains("1300"), "{searched}");
        assert_eq!(ask("/products/pot", &headers).0, 404);
    }
    assert_eq!(ask("/products", &[("store", "nobody.test")]).0, 422);
    assert!(named(&olga.get("/api/openapi.json"), "\"Store\""));
}

#[test]
fn stores_share_customers_and_keep_their_carts() {
    let house = office::open();
    let mug = goods::product(&house.db, "Mug", 1200, 9);
    let olga = owner(&house);
    swiss(&house, &olga, None);
    let customer = goods::customer(&house.db, "ann@example.com", 0);
    let (main, other) = house
        .db
        .write_now(move |conn| {
            let mut carts = Vec::new();
            for id in [stores::MAIN, SWISS] {
                let shop = stores::shop(conn, id)?;
                let cart = storefront::carts::create(conn, None, &shop, "en", now())?;
                storefront::carts::add(conn, cart, mug, 1, now())?;
                storefront::carts::merge(conn, cart, customer, now())?;
                carts.push(storefront::carts::quote(conn, cart, now())?.priced.subtotal);
            }
            Ok((carts[0], carts[1]))
        })
        .unwrap();
    assert_eq!((main, other), (1200, 1300), "carts of two stores do not become one");

    let wish = |languages: Vec<Language>| Wish {
        name: "Third".into(),
        domain: "third.test".into(),
        currency: "EUR".into(),
        languages,
        part: None,
        country: "AT".into(),
        announcement: Default::default(),
        open: true,
    };
    let nothing = wish(Vec::new());
    assert!(house.db.write_now(move |conn| stores::create(conn, &nothing, "127.0.0.1", now())).is_err());
    let own = wish(vec![Language::ENGLISH]);
    assert!(house.db.write_now(move |conn| stores::create(conn, &own, "third.test", now())).is_err(), "the host of the main store");
    let third = wish(vec![Language::ENGLISH, Language::ENGLISH]);
    let id = house.db.write_now(move |conn| stores::create(conn, &third, "127.0.0.1", now())).unwrap();
    let (store, shop) = house.db.read_now(move |conn| Ok((stores::get(conn, id)?, stores::shop(conn, id)?))).unwrap();
    assert_eq!((store.languages.len(), shop.assumed_country(), shop.name.as_str()), (1, "AT", "Third"));
}

#[test]
fn the_doctor_sees_a_currency_that_is_not_the_stores() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 9);
    let (cart, seen) = goods::cart(&db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    goods::place(&db, cart, seen, storefront::checkout::Settlement::After).unwrap();
    goods::assert_books(&db);
    let wrong = || {
        let findings = db.read_now(|conn| storefront::doctor::examine(conn, &mut |_| {})).unwrap();
        findings.into_iter().filter(|finding| finding.law.contains("their store")).flat_map(|finding| finding.problems).collect::<Vec<_>>()
    };
    goods::run(&db, "UPDATE payments SET currency = 'CHF'");
    assert_eq!(wrong(), ["payment 1 is in another currency than its order 1"]);
    goods::run(&db, "UPDATE payments SET currency = 'EUR'");
    goods::run(&db, "UPDATE orders SET store_id = 7");
    assert_eq!(wrong(), ["order 1 is of no store"]);
    goods::run(
        &db,
        "INSERT INTO stores (id, name, domain, currency, languages, country, announcement, home, open, version, created_at, updated_at)
         SELECT 7, 'Swiss', 'swiss.test', 'CHF', 'en', '', '{}', '', open, 1, created_at, updated_at FROM stores",
    );
    assert_eq!(wrong(), ["order 1 is in EUR, and its store 7 in CHF"]);
}
