//! What other programs read of the shop without a key: the product feed and the page about the API.

use crate::support::goods;
use crate::support::house::House;
use storefront::promotions::{Cut, Effect, Goods, Terms};

#[test]
fn the_feed_says_what_the_product_page_says() {
    let house = House::open();
    goods::product(&house.db, "Mug & Saucer", 1200, 5);
    goods::product(&house.db, "Gone", 900, 0);
    let sale = Effect::Reduce { cut: Cut::Percentage(2500), on: Goods::default() };
    let ann = house.visitor();
    let feed = ann.get("/feeds/google.xml");
    assert_eq!((feed.status, feed.headers["content-type"].as_str()), (200, "application/rss+xml; charset=utf-8"));
    // Neither has a picture, without which Google shows nothing.
    assert!(!feed.body.contains("<item>") && feed.body.ends_with("</rss>\n"));
    goods::run(&house.db, PICTURES);
    let feed = ann.get("/feeds/google.xml");
    assert_eq!(feed.body.matches("<item>").count(), 2);
    for part in
        ["<g:title>Mug &amp; Saucer</g:title>", "<g:price>12.00 EUR</g:price>", "in_stock", "out_of_stock", "/products/mug-saucer</g:link>"]
    {
        assert!(feed.body.contains(part), "{part} is not in {}", feed.body);
    }
    goods::promotion(&house.db, Terms { needs_code: false, code: String::new(), ..Terms::coupon("ANY", sale, goods::EUR) });
    let feed = ann.get("/zh/feeds/google.xml");
    assert!(feed.body.contains("<g:sale_price>9.00 EUR</g:sale_price>") && feed.body.contains("/zh/products/"), "{}", feed.body);
    for _ in 0..3 {
        ann.get("/feeds/google.xml");
    }
    assert_eq!(ann.get("/feeds/google.xml").status, 429);
}

/// A picture for every product.
pub const PICTURES: &str = "INSERT INTO pictures (hash, width, height, created_at) VALUES ('aa', 10, 10, '2026-01-01 00:00:00');
    INSERT INTO product_pictures (product_id, position, source, picture_hash) SELECT id, 1, 'x', 'aa' FROM products";

#[test]
fn the_api_is_described_for_people() {
    let house = House::open();
    let page = house.visitor().get("/api/docs").says(200, "Idempotency-Key").says(200, "/api/v1/carts/{cart}/order");
    assert!(page.headers["content-security-policy"].contains("default-src"));
}
