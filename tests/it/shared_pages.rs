//! Pages are rendered once for everybody: each visitor sees what is theirs in them, and nothing of anybody else.

use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::visitor::{Page, Visitor};
use crm::CustomerId;
use storefront::checkout::Settlement;
use storefront::ids::PromotionId;
use storefront::logins;
use storefront::promotions::{Conditions, Cut, Effect, Goods, Rules, Terms};

/// A shop that serves a page from memory for as long as any of these tests takes.
fn house() -> House {
    House::open_with(&[("REGULARS_PAGE_CACHE_MS", "60000")])
}

/// A customer of this name in a browser of theirs.
fn signed_in(house: &House, email: &str, name: &str) -> (CustomerId, Visitor) {
    let customer = goods::customer(&house.db, email, 0);
    let (name, session) = (name.to_string(), format!("a-session-of-{email}"));
    let token = session.clone();
    house
        .db
        .write_now(move |conn| {
            crm::customers::update_profile(conn, customer, &name, "", "en", now())?;
            logins::open_session(conn, customer, &token, "test", now())
        })
        .unwrap();
    let visitor = house.visitor();
    visitor.carry("session", &session);
    (customer, visitor)
}

fn for_some(percent_bp: i64, conditions: Conditions) -> Terms {
    let effect = Effect::Reduce { cut: Cut::Percentage(percent_bp), on: Goods::default() };
    Terms::automatic("Welcome", Rules { conditions, effect, ..Rules::default() }, EUR)
}

fn token(page: &Page) -> String {
    page.form("/cart/lines", &[]).into_iter().find(|(name, _)| name == "csrf").unwrap().1
}

/// What stands between two texts.
fn between<'a>(page: &'a Page, from: &str, to: &str) -> &'a str {
    page.body.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap_or_else(|| panic!("{}", page.body)).0
}

/// The word beside the link to the account.
fn account(page: &Page) -> &str {
    let link = between(page, "href=\"/account\">", "</a>");
    link.rsplit_once("<span>").unwrap().1.trim_end_matches("</span>")
}

/// The page without what is the visitor's own in it.
fn rest(page: &Page) -> String {
    page.body.replace(&token(page), "").replace(&format!("<span>{}</span>", account(page)), "")
}

#[test]
fn everybody_sees_their_own_name_token_and_cart_on_the_same_page() {
    let house = house();
    goods::product(&house.db, "Mug", 1200, 9);
    let guest = house.visitor();
    let (_, ann) = signed_in(&house, "ann@example.com", "Ann Ash");
    let (_, eve) = signed_in(&house, "eve@example.com", "<script>alert(1)</script>\"'&");
    let pages = [ann.get("/products/mug"), guest.get("/products/mug"), eve.get("/products/mug"), ann.get("/products/mug")];
    assert_eq!([0, 1, 3].map(|at: usize| account(&pages[at])), ["Ann Ash", "Account", "Ann Ash"]);
    let name = account(&pages[2]);
    assert!(name.starts_with("&lt;script&gt;") && !name.contains(['<', '>', '"']), "{name}");
    assert!(pages.iter().all(|page| !page.body.contains("slot-")), "no mark is left");
    assert!(pages.iter().all(|page| rest(page) == rest(&pages[0])), "all else is the same");
    assert_ne!(token(&pages[0]), token(&pages[1]));
    assert_ne!(token(&pages[0]), token(&pages[2]));

    // Each token proves its own visitor only.
    let stolen = [("csrf", token(&pages[2])), ("product", "mug".into()), ("quantity", "1".into())];
    let stolen = stolen.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_ne!(ann.post("/cart/lines", &stolen).status, 200);
    ann.submit(&pages[3], "/cart/lines", &[("quantity", "3")]).says(200, "Mug");
    let (mine, theirs) = (ann.get("/products/mug"), eve.get("/products/mug"));
    assert!(between(&mine, "class=\"count\">", "</a>").contains(">3<"), "{}", mine.body);
    assert!(!theirs.body.contains("class=\"count\""), "an empty cart has no number");
    assert_eq!(account(&ann.get("/")), "Ann Ash");
    assert_eq!(account(&ann.get("/no-such-page")), "Ann Ash");
}

#[test]
fn a_message_is_shown_once_and_to_nobody_else() {
    let house = house();
    goods::product(&house.db, "Mug", 1200, 9);
    let (ann, ben) = (house.visitor(), house.visitor());
    ann.get("/products/mug");
    ann.submit(&ann.get("/products/mug"), "/cart/lines", &[("quantity", "none")]).says(200, "Please give a whole number");
    assert!(!ben.get("/products/mug").body.contains("class=\"notice"));
    assert!(!ann.get("/products/mug").body.contains("class=\"notice"));
}

#[test]
fn whoever_signed_out_is_a_guest_at_once() {
    let house = house();
    goods::product(&house.db, "Mug", 1200, 9);
    let (ann, browser) = signed_in(&house, "ann@example.com", "Ann Ash");
    let other = browser.tab();
    assert_eq!(account(&browser.get("/products/mug")), "Ann Ash");
    browser.submit(&browser.get("/account"), "/account/sign-out", &[]).says(200, "signed out");
    assert_eq!(account(&browser.get("/products/mug")), "Account");
    assert_eq!(account(&other.get("/products/mug")), "Account", "the session was ended, not only its cookie");

    let (_, browser) = signed_in(&house, "bea@example.com", "Bea Birch");
    assert_eq!(account(&browser.get("/products/mug")), "Bea Birch");
    let bea = goods::customer(&house.db, "bea@example.com", 0);
    house.db.write_now(move |conn| logins::set_password(conn, bea, "another")).unwrap();
    assert_eq!(account(&browser.get("/products/mug")), "Account", "a new password ends every session");
    assert_ne!(ann, bea);
}

#[test]
fn a_price_for_the_first_order_is_shown_to_those_it_is_for() {
    let house = house();
    let mug = goods::product(&house.db, "Mug", 1200, 9);
    goods::promotion(&house.db, for_some(2500, Conditions { first_order: true, ..Conditions::default() }));
    let (_, new) = signed_in(&house, "new@example.com", "New");
    let (_, old) = signed_in(&house, "old@example.com", "Old");
    let guest = house.visitor();
    // The order of an earlier day, at the price of then.
    let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], "old@example.com", "bank_transfer", "");
    place(&house.db, cart, seen, Settlement::After).unwrap();
    house.work();

    for (visitor, trail) in [(&new, "a-trail-of-the-new"), (&old, "a-trail-of-the-old"), (&guest, "a-trail-of-a-guest")] {
        visitor.carry("trail", trail);
    }
    for _ in 0..2 {
        new.get("/products/mug").says(200, "€9.00").says(200, "€12.00");
        for other in [&old, &guest] {
            let page = other.get("/products/mug").says(200, "€12.00");
            assert!(!page.body.contains("9.00"), "{}", page.text());
        }
    }
    // Cards say the same, below other pages and in lists.
    goods::product(&house.db, "Cup", 2000, 9);
    for (visitor, price) in [(&new, "€9.00"), (&old, "€12.00"), (&guest, "€12.00")] {
        visitor.get("/").says(200, price);
        visitor.get("/products/cup").says(200, "Recently viewed").says(200, price);
    }
    new.submit(&new.get("/products/mug"), "/cart/lines", &[]).says(200, "Welcome −€3.00");
    let cart = old.submit(&old.get("/products/mug"), "/cart/lines", &[]).says(200, "€12.00");
    assert!(!cart.text().contains("Welcome"), "{}", cart.text());
}

#[test]
fn a_price_for_invited_customers_ends_with_their_uses() {
    let house = house();
    let mug = goods::product(&house.db, "Mug", 1000, 9);
    let invited = Conditions { customers: vec!["ann@example.com".into()], ..Conditions::default() };
    goods::promotion(&house.db, for_some(1000, invited));
    let once: PromotionId =
        goods::promotion(&house.db, Terms { max_uses_per_customer: Some(1), stacking: 2, ..for_some(5000, Conditions::default()) });
    let (_, ann) = signed_in(&house, "ann@example.com", "Ann");
    let (_, bea) = signed_in(&house, "bea@example.com", "Bea");
    let guest = house.visitor();
    ann.get("/products/mug").says(200, "€4.50");
    bea.get("/products/mug").says(200, "€5.00");
    guest.get("/products/mug").says(200, "€5.00");

    let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], "bea@example.com", "bank_transfer", "");
    place(&house.db, cart, seen, Settlement::After).unwrap();
    let page = bea.get("/products/mug").says(200, "€10.00");
    assert!(!page.body.contains("5.00"), "promotion {once} is used up for her: {}", page.text());
    guest.get("/products/mug").says(200, "€5.00");
    bea.submit(&page, "/cart/lines", &[]).says(200, "€10.00");
}

#[test]
fn the_products_looked_at_are_the_visitors_own() {
    let house = house();
    for (title, price) in [("Mug", 1200), ("Cup", 900), ("Pot", 4000)] {
        goods::product(&house.db, title, price, 9);
    }
    let (ann, ben) = (house.visitor(), house.visitor());
    ann.carry("trail", "a-trail-of-the-first");
    ben.carry("trail", "a-trail-of-the-second");
    let shelf = |page: &Page| page.body.split_once("id=\"shelf-viewed\"").map(|(_, shelf)| shelf.to_string());
    assert_eq!(shelf(&ann.get("/products/mug")), None);
    assert_eq!(shelf(&ben.get("/products/pot")), None);
    let (anns, bens) = (shelf(&ann.get("/products/cup")).unwrap(), shelf(&ben.get("/products/cup")).unwrap());
    assert!(anns.contains("/products/mug") && !anns.contains("/products/pot"));
    assert!(bens.contains("/products/pot") && !bens.contains("/products/mug"));
    assert!(shelf(&ann.get("/zh/products/pot")).unwrap().contains("/zh/products/cup"));
    assert_eq!(shelf(&ann.get("/")).unwrap().matches("<li class=\"card").count(), 3);
    // Whatever a browser claims to have seen.
    ben.carry("viewed", "99999.<b>.1.1.1");
    assert_eq!(shelf(&ben.get("/products/cup")).unwrap().matches("<li class=\"card").count(), 1);
    ben.carry("viewed", "99999");
    assert_eq!(shelf(&ben.get("/products/cup")), None);
}

#[test]
fn a_product_taken_off_sale_leaves_the_shelf() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 9);
    goods::product(&house.db, "Cup", 900, 9);
    let ann = house.visitor();
    ann.carry("trail", "a-trail-of-this-test");
    ann.get("/products/mug");
    ann.get("/products/cup").says(200, "Recently viewed");
    goods::run(&house.db, "UPDATE products SET status = 'archived', listed = (1 = 0) WHERE slug = 'mug'");
    assert!(!ann.get("/products/cup").text().contains("Recently viewed"));
}
