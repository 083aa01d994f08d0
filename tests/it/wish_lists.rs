//! The wish list: what a customer wants to have some day, on every page that asks.

use crate::support::goods::{self, now};
use crate::support::house::House;
use crm::activities::{self, Kind};
use kernel::Error;
use storefront::ids::ProductId;
use storefront::{catalog, erasure, personal, wish_list};

const LIST: &str = "/account/wish-list";

#[test]
fn a_wish_is_kept_after_signing_in_and_shown_until_it_is_taken_off() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let bowl = goods::product(&house.db, "Bowl", 900, 0);
    // A guest is asked to sign in, and their address changes nothing by itself.
    let guest = house.visitor();
    let page = guest.get("/products/mug").says(200, "Put on wish list");
    guest.submit(&page, LIST, &[]).says(200, "Sign in, and we keep it on your wish list.");
    let (ann, browser) = house.signed_in("ann@example.com");
    let asked =
        browser.get("/account/wish-list?add=mug").says(200, "Put this on your wish list?").says(200, "Nothing is on your wish list yet");
    browser.submit(&asked, LIST, &[]).says(200, "It is on your wish list now.").says(200, "Mug");
    assert!(!browser.get("/account/wish-list?add=mug").text().contains("Put this on your wish list?"), "it stands there already");

    let page = browser.get("/products/bowl");
    browser.submit(&page, LIST, &[]).says(200, "It is on your wish list now.").says(200, "Take off wish list");
    browser.submit(&page, LIST, &[]).says(200, "Take off wish list");
    let list = house.db.read_now(move |conn| wish_list::of(conn, ann)).unwrap();
    assert_eq!(list.len(), 2, "a product stands there once");
    browser.get(LIST).says(200, "Sold out");
    house.visitor().get("/products/bowl").says(200, "Put on wish list");

    // The merchant sees it, and the customer's own export holds it.
    let told = house.db.read_now(move |conn| activities::timeline(conn, ann, Some(Kind::WishListed), None, 10)).unwrap();
    assert_eq!(told.iter().map(|one| one.subject).collect::<Vec<_>>(), list.iter().map(|item| Some(item.product.0)).collect::<Vec<_>>());
    let all = house.db.read_now(move |conn| personal::gather(conn, ann, now())).unwrap();
    assert_eq!((all["wish_list"][0]["product"].as_str(), all["wish_list"][1]["product"].as_str()), (Some("Bowl"), Some("Mug")));

    let product = house.db.read_now(move |conn| Ok(catalog::products_of(conn, &[bowl])?[0])).unwrap();
    let page = browser.get("/products/bowl");
    browser.submit(&page, LIST, &[("remove", &product.to_string())]).says(200, "It is off your wish list.").says(200, "Put on wish list");
    assert_eq!(house.db.read_now(move |conn| wish_list::products(conn, ann)).unwrap().len(), 1);
    browser.submit(&page, LIST, &[("product", "no-such-thing")]).says(404, "not");
    house.db.write_now(move |conn| erasure::erase(conn, ann, now())).unwrap();
    assert!(house.db.read_now(move |conn| wish_list::of(conn, ann)).unwrap().is_empty());
}

#[test]
fn a_full_list_takes_no_more() {
    let house = House::open();
    let (ann, browser) = house.signed_in("ann@example.com");
    let cups: Vec<_> = (0..=wish_list::MOST).map(|number| goods::product(&house.db, &format!("Cup {number}"), 500, 1)).collect();
    let cups = house.db.read_now(move |conn| catalog::products_of(conn, &cups)).unwrap();
    let listed = |cups: Vec<ProductId>| {
        house.db.write_now(move |conn| cups.iter().try_for_each(|cup| wish_list::add(conn, ann, *cup, now()).map(drop)))
    };
    assert!(matches!(listed(cups.clone()), Err(Error::Conflict(word)) if word == "wish-list-full"));
    listed(cups[1..].to_vec()).unwrap();
    let page = browser.get("/products/cup-0");
    browser.submit(&page, LIST, &[]).says(200, "Your wish list is full.");
    assert_eq!(house.db.read_now(move |conn| wish_list::of(conn, ann)).unwrap().len() as i64, wish_list::MOST);
}
