//! Punch-out by cXML and OCI over real HTTP: people shop at their company's prices, and the cart goes to their own system.

use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Page;
use admin::permissions::Preset;
use crm::companies::{self, Details, members};
use scraper::{Html, Selector};
use storefront::edi::{self, Kind, Wish};
use storefront::price_lists::{self, Break, Entry, For, ListState};
use storefront::punchout::xml;
use storefront::{orders, stores};

/// A company whose mugs cost 10.00 with the tax, which is 8.40 before it; the partner's number and secret.
fn partner(house: &House, kind: Kind) -> (i64, String) {
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (boss, ben) = (goods::customer(&house.db, "boss@example.com", 0), goods::customer(&house.db, "ben@example.com", 0));
    house
        .db
        .write_now(move |conn| {
            let details = Details { name: "Cups".into(), country: "DE".into(), ..Details::default() };
            let (company, _) = companies::apply(conn, boss, &details, &kernel::json::text(&goods::address())?, now())?;
            let seen = companies::get(conn, company)?.version;
            companies::approve(conn, company, seen, "test", now())?;
            let buyer = members::Wish { role: companies::roles::built_in(conn, "buyer")?, site: None, cost_centre: String::new() };
            let member = members::join(conn, company, ben, &buyer, "test", now())?;
            let wish = price_lists::Wish {
                name: "Cups".into(),
                currency: EUR,
                store: None,
                priority: 0,
                state: ListState::Active,
                starts_at: None,
                ends_at: None,
                adjust_bp: None,
            };
            let list = price_lists::create(conn, wish, now())?;
            price_lists::add_buyer(conn, list, &For::Company(company), now())?;
            price_lists::put(conn, list, &Entry { variant: mug, breaks: vec![Break { from: 1, unit_price: 1000 }], rule: None })?;
            let (own_id, partner_id) = ("SHOP".to_string(), "CUPS:DUNS".to_string());
            let wish = Wish { company, member, store: stores::MAIN, kind, own_id, partner_id, active: true };
            let (id, secret) = edi::create(conn, &wish, now())?;
            Ok((id.0, secret))
        })
        .unwrap()
}

fn setup(secret: &str, operation: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.014/cXML.dtd\"><cXML payloadID=\"1\" timestamp=\"x\">\
         <Header><From><Credential domain=\"DUNS\"><Identity>CUPS</Identity></Credential></From><To><Credential domain=\"x\"><Identity>SHOP\
         </Identity></Credential></To><Sender><Credential domain=\"DUNS\"><Identity>CUPS</Identity><SharedSecret>{secret}</SharedSecret>\
         </Credential><UserAgent>Buyer 1</UserAgent></Sender></Header><Request><PunchOutSetupRequest operation=\"{operation}\">\
         <BuyerCookie>a&amp;b</BuyerCookie><BrowserFormPost><URL>https://buyer.example/back?x=1&amp;y=2</URL></BrowserFormPost>\
         </PunchOutSetupRequest></Request></cXML>"
    )
}

/// The text of the first element with this path.
fn text(document: &str, path: &str) -> String {
    let all = xml::elements(document).unwrap_or_else(|| panic!("{document}"));
    all.into_iter().find(|one| one.path == path).unwrap_or_else(|| panic!("no {path}")).text
}

fn status(document: &str) -> String {
    let all = xml::elements(document).unwrap_or_else(|| panic!("{document}"));
    let found = all.into_iter().find(|one| one.path == "cXML/Response/Status").unwrap();
    found.attributes.into_iter().find(|(name, _)| name == "code").unwrap().1
}

/// The form that leads to the buyer's system: where, and with which fields.
fn handed(page: &Page) -> (String, Vec<(String, String)>) {
    let html = Html::parse_document(&page.body);
    let form =
        html.select(&Selector::parse("main form").unwrap()).find(|form| form.value().attr("action").unwrap().starts_with("https://"));
    let form = form.unwrap_or_else(|| panic!("no form leads away: {}", page.text()));
    let field =
        |input: scraper::ElementRef| (input.value().attr("name").unwrap().to_string(), input.value().attr("value").unwrap().to_string());
    let fields = form.select(&Selector::parse("input[name]").unwrap()).map(field).collect();
    (form.value().attr("action").unwrap().to_string(), fields)
}

#[test]
fn a_cart_is_filled_at_the_companys_prices_and_goes_back_as_cxml() {
    let house = House::open();
    let (id, secret) = partner(&house, Kind::Cxml);
    let program = house.visitor();
    let address = format!("/punchout/{id}/cxml");
    assert_eq!(status(&program.post_raw(&address, &setup("wrong", "create")).body), "401");
    assert_eq!(status(&program.post_raw(&address, &setup(&secret, "edit")).body), "450");
    assert_eq!(status(&program.post_raw(&address, "<cXML>").body), "400");
    assert_eq!(status(&program.post_raw("/punchout/999/cxml", &setup(&secret, "create")).body), "401");
    // Its number and secret send no messages.
    assert_eq!(program.post_raw(&format!("/edi/{id}"), "x").status, 401);
    let answer = program.post_raw(&address, &setup(&secret, "create")).body;
    let link = text(&answer, "cXML/Response/PunchOutSetupResponse/StartPage/URL");

    // The link changes nothing; its button works once, and ends whatever session there was.
    let (_, browser) = house.signed_in("ann@example.com");
    let page = browser.get(&link).says(200, "at the prices of Cups").says(200, "https://buyer.example");
    let second = house.visitor();
    let late = second.get(&link);
    browser.submit(&page, "/punchout/start", &[]);
    assert_eq!(second.post("/punchout/start", &fields(&late)).status, 409);
    second.get(&link).says(200, "was used or is too old");
    second.get("/punchout/start?ticket=x&key=y").says(404, "");
    browser.get("/account").says(200, "Sign in");

    let product = browser.get("/products/mug").says(200, "€10.00");
    browser.submit(&product, "/cart/lines", &[("quantity", "3")]).says(200, "Hand over the cart").says(200, "€30.00");
    // Nothing of it is ordered here.
    assert_eq!(browser.get("/checkout").at, "/punchout");
    let page = browser.get("/punchout").says(200, "3 × Mug").says(200, "€25.21");
    assert!(page.headers["content-security-policy"].contains("form-action 'self' https://buyer.example;"));
    let (to, fields) = handed(&page);
    assert_eq!((to.as_str(), fields.len(), fields[0].0.as_str()), ("https://buyer.example/back?x=1&y=2", 1, "cxml-urlencoded"));
    let message = "cXML/Message/PunchOutOrderMessage";
    assert_eq!(text(&fields[0].1, &format!("{message}/BuyerCookie")), "a&b");
    assert_eq!(text(&fields[0].1, &format!("{message}/ItemIn/ItemID/SupplierPartID")), "MUG");
    assert_eq!(text(&fields[0].1, &format!("{message}/ItemIn/ItemDetail/UnitPrice/Money")), "8.4033");
    assert_eq!(text(&fields[0].1, &format!("{message}/PunchOutOrderMessageHeader/Total/Money")), "25.21");
    assert_eq!(text(&fields[0].1, "cXML/Header/To/Credential/Identity"), "CUPS");

    // Somebody else at the same partner has a cart of their own, and a member's own cart is another one.
    let other = text(&program.post_raw(&address, &setup(&secret, "create")).body, "cXML/Response/PunchOutSetupResponse/StartPage/URL");
    second.submit(&second.get(&other), "/punchout/start", &[]);
    second.get("/cart").says(200, "empty");
    assert_eq!(second.get("/punchout").at, "/cart");
    // It ends with a click, and with the agreement.
    browser.submit(&browser.get("/punchout"), "/punchout/leave", &[]);
    browser.get("/products/mug").says(200, "€12.00");
    second.get("/products/mug").says(200, "€10.00");
    let (_, owner) = at_work(&house, "olga", role(&house, Preset::Owner));
    let here = format!("/admin/partners/{id}");
    let page = owner.get(&here).says(200, &format!("/punchout/{id}/cxml"));
    let fields: Vec<(String, String)> = page.form(&here, &[]).into_iter().filter(|(name, _)| name != "active").collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    owner.post(&here, &fields).says(200, "Saved.");
    second.get("/products/mug").says(200, "€12.00");
    assert!(house.db.read_now(|conn| orders::list(conn, &Default::default(), 1)).unwrap().is_empty());
}

/// What a page's button to start sends.
fn fields(page: &Page) -> Vec<(&'static str, &'static str)> {
    let all = page.form("/punchout/start", &[]);
    all.into_iter().map(|(name, value)| (&*name.leak(), &*value.leak())).collect()
}

#[test]
fn oci_sends_the_browser_and_gets_fields_by_number() {
    let house = House::open();
    let (id, secret) = partner(&house, Kind::Oci);
    let browser = house.visitor();
    let address = format!("/punchout/{id}/oci");
    let hook = ("HOOK_URL", "https://erp.example/oci");
    assert_eq!(browser.post_once(&address, &[("USERNAME", "CUPS"), ("PASSWORD", "wrong"), hook]).status, 401);
    assert_eq!(browser.post_once(&address, &[("USERNAME", "OTHER"), ("PASSWORD", &secret), hook]).status, 401);
    assert_eq!(browser.post_once(&address, &[("USERNAME", "CUPS"), ("PASSWORD", &secret), ("HOOK_URL", "javascript:x")]).status, 422);
    // By a form of their system, or by a link.
    browser.post(&address, &[("USERNAME", "CUPS"), ("PASSWORD", &secret), hook]).says(200, "https://erp.example");
    let page = browser.get(&format!("{address}?username=CUPS&password={secret}&hook_url=https%3A%2F%2Ferp.example%2Foci"));
    browser.submit(&page, "/punchout/start", &[]);
    let product = browser.get("/products/mug").says(200, "€10.00");
    browser.submit(&product, "/cart/lines", &[("quantity", "2")]);
    let (to, fields) = handed(&browser.get("/punchout"));
    assert_eq!(to, "https://erp.example/oci");
    let value = |name: &str| fields.iter().find(|(known, _)| known == &format!("NEW_ITEM-{name}[1]")).unwrap().1.as_str();
    assert_eq!((value("VENDORMAT"), value("QUANTITY"), value("CURRENCY"), value("DESCRIPTION")), ("MUG", "2", "EUR", "Mug"));
    assert_eq!((value("PRICE"), value("UNIT"), value("PRICEUNIT")), ("8.405", "EA", "1"));
}
