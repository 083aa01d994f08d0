//! Contracts over real HTTP: a company sees and buys the goods of its collection alone, on every way there is, and nobody else does.

use crate::stores::collection;
use crate::support::goods::{EUR, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use crm::companies::{self, Details, Settings};
use crm::{CompanyId, CustomerId};
use serde_json::Value;
use storefront::api_keys::{self, Scope};
use storefront::catalog::{self, CategoryChange, Product, Saving, Status, Variant};
use storefront::ids::{CategoryId, VariantId};
use storefront::stores::MAIN;
use storefront::{buying, carts};

const CONTRACTS: &str = "/admin/price-lists/contracts";
/// Where goods are listed.
const LISTS: [&str; 4] = ["/categories/tea", "/", "/search?q=", "/collections/all"];

fn product(house: &House, title: &'static str, category: CategoryId) -> VariantId {
    let variant = Variant { sku: Some(title.to_uppercase()), price: Some(1200), count: Some(9), weight_grams: 300, ..Variant::default() };
    let product =
        Product { status: Status::Active, title: title.into(), variants: vec![variant], categories: vec![category], ..Product::default() };
    house
        .db
        .write_now(move |conn| {
            catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "test", base: None, now: now() })?;
            Ok(catalog::find_variant(conn, &title.to_uppercase())?.expect("it was just saved"))
        })
        .unwrap()
}

/// A company with somebody who buys for it.
pub fn buyer(house: &House, email: &str, name: &'static str, settings: Settings) -> (CompanyId, CustomerId, Visitor) {
    let (customer, browser) = house.signed_in(email);
    let session = format!("a-session-of-{email}");
    let company = house.db.write_now(move |conn| {
        let details = Details { name: name.into(), country: "DE".into(), ..Details::default() };
        let (company, member) = companies::apply(conn, customer, &details, "", now())?;
        let seen = companies::get(conn, company)?.version;
        companies::approve(conn, company, seen, "test", now())?;
        let seen = companies::get(conn, company)?.version;
        companies::set(conn, company, seen, &settings, "test", now())?;
        buying::choose(conn, &session, customer, Some(member), now())?;
        Ok(company)
    });
    (company.unwrap(), customer, browser)
}

/// Which of both products the lists of the shop lead to for somebody; all lists agree.
#[track_caller]
fn listed(browser: &Visitor) -> (bool, bool) {
    let seen = LISTS.map(|list| {
        let page = browser.get(list);
        assert_eq!(page.status, 200, "{list}");
        (page.body.contains("/products/mug"), page.body.contains("/products/bowl"))
    });
    assert!(seen.iter().all(|one| *one == seen[0]), "{LISTS:?}: {seen:?}");
    seen[0]
}

#[test]
fn a_company_sees_and_buys_the_goods_of_its_contract_alone() {
    // Pages stay in memory for as long as the test takes: what one sees would be shown to the next if keys were wrong.
    let house = House::open_with(&[("REGULARS_PAGE_CACHE_MS", "60000"), ("REGULARS_LIMITS_SIGN_IN_PER_MINUTE", "1000")]);
    let change = CategoryChange { name: "Tea".into(), ..CategoryChange::default() };
    let tea = house.db.write_now(move |conn| catalog::save_category(conn, &change, now())).unwrap();
    let (mug, bowl) = (product(&house, "Mug", tea), product(&house, "Bowl", tea));
    let (agreed, other) = (collection(&house, "Agreed", &[mug]), collection(&house, "Other", &[bowl]));
    collection(&house, "All", &[mug, bowl]);
    house.follow();
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let guest = house.visitor();
    let (kiln, customer, ann) = buyer(&house, "ann@example.com", "Kiln & Co", Settings::default());
    let trade = Settings { price_group: "trade".into(), ..Settings::default() };
    let (_, _, ben) = buyer(&house, "ben@example.com", "Traders", trade.clone());
    let below = Settings { parent: Some(kiln), ..trade };
    let (_, _, eve) = buyer(&house, "eve@example.com", "Kiln South", below);
    let all = (true, true);
    assert_eq!([&guest, &ann, &ben, &eve].map(listed), [all; 4]);
    // Earlier goods lie in the cart and on the wish list.
    ann.submit(&ann.get("/products/bowl"), "/cart/lines", &[]).says(200, "Bowl");
    ann.submit(&ann.get("/products/bowl"), "/account/wish-list", &[]).says(200, "It is on your wish list now.");

    let page = olga.get(&format!("{CONTRACTS}?company={kiln}")).says(200, "has no contract and sees what everybody sees");
    let (of, bad) = (agreed.to_string(), [("group", "trade"), ("collection", "1")]);
    olga.submit(&page, CONTRACTS, &bad).says(422, "one of the two").holds("value=\"trade\"");
    olga.submit(&page, CONTRACTS, &[("collection", "")]).says(422, "Choose a collection.");
    olga.submit(&page, CONTRACTS, &[("company", "999999"), ("collection", &of)]).says(422, "There is no such company");
    olga.submit(&page, CONTRACTS, &[("collection", &of)]).says(200, "Saved.").says(200, "Kiln & Co");
    let page = olga.get(CONTRACTS);
    olga.submit(&page, CONTRACTS, &[("group", "trade"), ("collection", &other.to_string())]).says(200, "Price group");
    olga.get(&format!("{CONTRACTS}?company={kiln}")).says(200, "buys of the collection");
    let at = format!("/admin/collections/{agreed}");
    olga.submit(&olga.get(&at), &format!("{at}/delete"), &[]).says(409, "A company buys of this collection");

    // Each at the same addresses, in turns: her own contract, that of the group, that of the company above before that of the group.
    for _ in 0..2 {
        assert_eq!([&ann, &guest, &ben, &eve].map(listed), [(true, false), all, (false, true), (true, false)]);
    }
    assert_eq!([ann.get("/collections/other").status, guest.get("/collections/other").status], [404, 200]);
    assert!(!ann.get("/suggest?q=bo").body.contains("/products/bowl") && guest.get("/suggest?q=bo").body.contains("/products/bowl"));
    let waiting = format!("/products/bowl/waiting?variant={bowl}");
    for gone in ["/products/bowl", "/products/bowl/reviews", "/quick-order/products/bowl", &waiting] {
        assert_eq!([ann.get(gone).status, guest.get(gone).status], [404, 200], "{gone}");
    }
    let mugs = ann.get("/products/mug").says(200, "Add to cart");
    assert!(!mugs.body.contains("/products/bowl"), "no shelf leads to what is not for them");
    assert!(!ann.get("/account/wish-list").body.contains("/products/bowl"));

    // Nothing else goes into the cart, and what lies there from before cannot be ordered.
    assert_ne!(ann.submit(&mugs, "/cart/lines", &[("product", "bowl")]).status, 200);
    for (sku, right) in [("mug", true), ("bowl", false)] {
        let told: Value = serde_json::from_str(&ann.get(&format!("/quick-order/row?sku={sku}&quantity=1")).body).unwrap();
        assert_eq!(told["right"].as_bool(), Some(right), "{sku}: {told}");
        // Before there is a cart as well.
        let told: Value = serde_json::from_str(&eve.get(&format!("/quick-order/row?sku={sku}&quantity=1")).body).unwrap();
        assert_eq!(told["right"].as_bool(), Some(right), "{sku}: {told}");
    }
    let form = ann.get("/quick-order");
    let typed = [("sku-0", "MUG"), ("quantity-0", "2"), ("sku-1", "BOWL"), ("quantity-1", "1"), ("act", "rest")];
    ann.submit(&form, "/quick-order", &typed).says(200, "Left out: 1");
    ann.get("/cart").says(200, "We do not sell this any more");
    let quoted = move |conn: &mut kernel::Conn| {
        let cart = carts::of_customer(conn, MAIN, customer)?.expect("she has a cart");
        let quote = carts::quote(conn, cart.id, now())?;
        Ok((quote.blocked(), quote.lines.iter().map(|line| line.variant.id).collect::<Vec<_>>()))
    };
    assert_eq!(house.db.read_now(quoted).unwrap(), (true, vec![mug]));

    // A program asks for a company.
    let (_, secret) = house.db.write_now(|conn| api_keys::create(conn, "A program", Scope::ALL, None, now())).unwrap();
    let ask = |path: &str| -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let to = format!("{}/api/v1{path}", house.base_url);
        let mut answer = agent.get(&to).header("Authorization", format!("Bearer {secret}")).call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    };
    let slugs = |path: &str| -> Vec<String> {
        let (_, found) = ask(path);
        let mut slugs: Vec<String> =
            found["products"].as_array().unwrap().iter().filter_map(|one| Some(one["slug"].as_str()?.to_string())).collect();
        slugs.sort_unstable();
        slugs
    };
    for path in ["/products?company=", "/search?company="] {
        assert_eq!(slugs(&format!("{path}{kiln}")), ["mug"], "{path}");
    }
    assert_eq!((slugs("/products"), slugs("/search")), (vec!["bowl".into(), "mug".into()], vec!["bowl".into(), "mug".into()]));
    let of_kiln = |slug: &str| ask(&format!("/products/{slug}?company={kiln}")).0;
    assert_eq!((of_kiln("mug"), of_kiln("bowl"), ask("/products/bowl").0), (200, 404, 200));

    // Ended, it holds no more: at once, whatever lies in memory.
    let page = olga.get(CONTRACTS);
    let last = page.forms().into_iter().map(|form| form.action).rfind(|action| action.ends_with("/remove")).unwrap();
    olga.submit(&page, &last, &[]).says(200, "The contract is ended.");
    assert_eq!([&ann, &ben, &eve].map(listed), [all, (false, true), (false, true)]);
    olga.get("/admin/audit").says(200, "Contract ended").says(200, "Contract set");
}
