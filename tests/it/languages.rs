//! A language that is a folder: pages, mails, forms, the API, and what it leaves out.

use crate::buying::CONTACT;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use kernel::web::i18n::Language;
use storefront::api_keys::{self, Scope};
use storefront::{catalog, stores};

const ITSELF: &str = "language-name = Deutsch\nlanguage-date = { $day }. { $month } { $year }\n\
    language-months = Januar, Februar, März, April, Mai, Juni, Juli, August, September, Oktober, November, Dezember\ncountry-DE = Deutschland\n";
const SHOP: &str = "cart-title = Warenkorb\nproduct-add = In den Warenkorb\nmail-confirmation-subject = Ihre Bestellung { $number } bei { $shop }\n\
    mail-confirmation-title = Danke für { $nothing }\nadmin-products = Artikel\n";
const FILES: &[(&str, &str)] = &[("locales/de/language.ftl", ITSELF), ("locales/de/shop.ftl", SHOP), ("locales/eo/.keep", "")];

/// A shop that knows German by texts and Esperanto by an empty folder, with a mug, and its owner.
fn open() -> (House, Visitor) {
    let house = House::open_beside(FILES, &[("REGULARS_LIMITS_SIGN_IN_PER_MINUTE", "1000")]);
    goods::product(&house.db, "Mug", 1200, 9);
    let olga = at_work(&house, "olga", role(&house, Preset::Owner)).1;
    (house, olga)
}

fn mug(house: &House) -> i64 {
    house.db.read_now(|conn| catalog::find(conn, "mug")).unwrap().unwrap().0
}

#[test]
fn a_folder_makes_the_shop_speak_a_language() {
    let (house, olga) = open();
    let at = format!("/admin/products/{}", mug(&house));
    let form = olga.get(&at).says(200, "Title (Deutsch)");
    olga.submit(&form, &at, &[("title_de", "Becher"), ("title_eo", "Taso")]).says(200, "Saved.");
    house.follow();

    let ann = house.visitor();
    let page = ann.get("/de/products/mug").says(200, "In den Warenkorb").says(200, "Becher");
    let page = page.holds("<html lang=\"de\"").says(200, "Quantity");
    assert_eq!(page.body.matches("rel=\"alternate\" hreflang=").count(), 5, "four languages and the default: {}", page.body);
    ann.get("/eo/products/mug").says(200, "Taso").says(200, "Add to cart");
    ann.get("/zh/products/mug").holds("href=\"#languages\"").holds(&format!("hreflang=\"de\" href=\"{}/de/products/mug\"", house.base_url));
    ann.get("/sitemap/products-0.xml").holds(&format!("<loc>{}/de/products/mug</loc>", house.base_url));
    ann.get("/de/search?q=becher").says(200, "Becher");
    assert_eq!(ann.get("/fr/products/mug").status, 404);

    ann.submit(&ann.get("/de/products/mug"), "/de/cart/lines", &[]).says(200, "Warenkorb");
    let contact = ann.get("/de/checkout").says(200, "Deutschland");
    let shipping = ann.submit(&contact, "/de/checkout", CONTACT);
    let payment = ann.submit(&shipping, "/de/checkout/shipping", &[]);
    let review = ann.submit(&payment, "/de/checkout/payment", &[("method", "bank_transfer")]);
    ann.submit(&review, "/de/checkout/place", &[]).says(200, "Becher");
    house.work();
    let mail = house.mails("ann@example.com").pop().unwrap();
    assert_eq!(mail.subject, "Ihre Bestellung R1001 bei Regulars");
    assert!(mail.body_text.contains("Becher") && mail.body_text.contains("/de/orders/R1001"), "{}", mail.body_text);
    assert!(mail.body_text.contains("Thank you for your order"), "a text that cannot be said as it is written is said in English");

    let page = olga.get("/de/admin/products").says(200, "Artikel").says(200, "Mug");
    assert!(page.body.contains("href=\"/de/admin/orders\"") && page.body.contains("hreflang=\"zh-Hans\""), "{}", page.body);
    let (customer, bea) = house.signed_in("bea@example.com");
    let form = bea.get("/account/preferences").says(200, "Deutsch");
    bea.submit(&form, "/account/preferences", &[("language", "de")]).says(200, "");
    olga.get(&format!("/admin/customers/{customer}")).says(200, "Deutsch");
}

#[test]
fn the_main_store_says_what_it_speaks_and_what_first() {
    let (house, olga) = open();
    let form = olga.get("/admin/settings").says(200, "Deutsch");
    let typed = [("first", "de"), ("also_eo", ""), ("also_zh", ""), ("announcement_de", "Frei Haus"), ("bank_details", "IBAN DE1")];
    olga.submit(&form, "/admin/settings", &typed).says(200, "Saved.").holds("value=\"de\" selected");
    let spoken = house.db.read_now(|conn| Ok(stores::get(conn, stores::MAIN)?.languages)).unwrap();
    assert_eq!(spoken, [Language::parse("de").unwrap(), Language::ENGLISH]);

    let ann = house.visitor();
    ann.get("/products/mug").says(200, "In den Warenkorb").holds("Frei Haus");
    ann.get("/en/products/mug").says(200, "Add to cart");
    for (asked, to) in [("/de/products/mug", "/products/mug"), ("/zh/products/mug", "/products/mug")] {
        let moved = ann.get_once(asked);
        assert_eq!((moved.status, moved.headers["location"].as_str()), (301, to));
    }
    olga.get("/admin/products").says(200, "Products");
    olga.get("/de/admin/products").says(200, "Artikel");
    // Somebody else saved the settings since the form was made.
    olga.submit(&form, "/admin/settings", &[("first", "eo"), ("bank_details", "IBAN DE1")]).says(409, "First language");
    let form = olga.get("/admin/settings");
    let all = [("first", "en"), ("also_de", "on"), ("also_eo", "on"), ("also_zh", "on")];
    olga.submit(&form, "/admin/settings", &all).says(200, "Saved.");
    ann.get("/eo/products/mug").says(200, "Add to cart");
}

#[test]
fn the_api_and_every_form_know_the_language() {
    let (house, olga) = open();
    let document = house.visitor().get("/api/openapi.json").body;
    assert!(document.contains("^(en|zh|de|eo)$") && !document.contains("^(en|zh)$"));
    let (_, secret) = house.db.write_now(|conn| api_keys::create(conn, "A program", &[Scope::CatalogueRead], None, now())).unwrap();
    let ask = |language: &str| {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let asked = agent.get(format!("{}/api/v1/products?language={language}", house.base_url));
        asked.header("authorization", format!("Bearer {secret}")).call().unwrap().status().as_u16()
    };
    assert_eq!((ask("de"), ask("fr")), (200, 422));

    for (page, says) in [
        ("/admin/categories/new", "Name (Deutsch)"),
        ("/admin/collections/new", "Text (Deutsch)"),
        ("/admin/attributes/new", "Name (Deutsch)"),
        ("/admin/promotions/new", "Name, as shoppers read it (Deutsch)"),
        ("/admin/menus/header/new", "Words (Deutsch)"),
        ("/admin/home-page", "Words of the button (Deutsch)"),
        ("/admin/pages/new", "Title (Deutsch)"),
        ("/admin/stores/new", "Announcement (Deutsch)"),
        ("/admin/staff", "Deutsch"),
        ("/admin/gift-cards/new", "Deutsch"),
        ("/admin/new-order", "Deutsch"),
    ] {
        olga.get(page).says(200, says);
    }
    let form = olga.get("/admin/pages/new");
    let typed = [("slug", "about"), ("title_en", "About"), ("body_en", "<p>Us</p>"), ("title_de", "Über uns"), ("body_de", "<p>Wir</p>")];
    olga.submit(&form, "/admin/pages/new", &typed).says(200, "Saved.");
    let ann = house.visitor();
    ann.get("/de/pages/about").says(200, "Über uns");
    ann.get("/eo/pages/about").says(200, "About");
    let form = olga.get("/admin/attributes/new");
    let typed =
        [("name", "Glaze"), ("name_de", "Glasur"), ("kind", "choice"), ("c0_name", "Blue"), ("c0_name_de", "Blau"), ("c0_name_zh", "蓝")];
    let page = olga.submit(&form, "/admin/attributes/new", &typed).says(200, "Saved.");
    let held: Vec<(String, String)> = page.forms().into_iter().flat_map(|form| form.fields).collect();
    for (name, value) in [("name_de", "Glasur"), ("name_eo", ""), ("c0_name_de", "Blau"), ("c0_name_zh", "蓝")] {
        assert!(held.contains(&(name.into(), value.into())), "{name}: {held:?}");
    }
}
