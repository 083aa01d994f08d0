//! Gift cards as goods: sold, issued once, mailed, used, and refunded only while nobody used them.

use crate::races::together;
use crate::support::goods::{self, EUR, address, now, place, seen};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::{Page, Visitor};
use admin::permissions::Preset;
use crm::email::Email;
use kernel::Db;
use storefront::carts;
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::checkout::{Placed, Seen, Settlement};
use storefront::gift_cards::{self, GiftCard};
use storefront::ids::{CartId, VariantId};
use storefront::orders::{self, CancelReason, FulfilmentStatus, OrderStatus};
use storefront::payments;
use storefront::promotions::{Cut, Effect, Goods, Terms};
use storefront::refunds::{self, Request, RequestLine};
use storefront::sales::{self, Period, Sum};
use storefront::tax::VOUCHER;

/// A gift card over so much, as a product.
pub fn voucher(db: &Db, value: i64) -> VariantId {
    db.write_now(move |conn| {
        let variant = Variant { sku: Some("VOUCHER".into()), price: Some(value), ..Variant::default() };
        let product =
            Product { status: Status::Active, title: "Voucher".into(), gift_card: true, variants: vec![variant], ..Product::default() };
        catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "test", base: None, now: now() })?;
        Ok(catalog::find_variant(conn, "VOUCHER")?.expect("the variant was just saved"))
    })
    .unwrap()
}

/// A cart of these goods, ready to be placed and paid by bank transfer.
fn cart(db: &Db, goods: &[(VariantId, i64)]) -> (CartId, Seen) {
    let goods = goods.to_vec();
    db.write_now(move |conn| {
        let cart = carts::create(conn, None, &storefront::shop::Shop::default(), "en", now())?;
        for (variant, quantity) in &goods {
            carts::add(conn, cart, *variant, *quantity, now())?;
        }
        carts::set_contact(conn, cart, &Email::parse("ann@example.com", "email")?, &address(), None, "", now())?;
        if let Some(rate) = carts::quote(conn, cart, now())?.rate {
            carts::set_shipping_rate(conn, cart, rate.id, now())?;
        }
        carts::set_payment_method(conn, cart, "bank_transfer", now())?;
        Ok((cart, seen(conn, cart)?))
    })
    .unwrap()
}

fn pay(house: &House, placed: Placed) {
    house.db.write_now(move |conn| payments::record_receipt(conn, placed.payment, "test", now())).unwrap();
}

fn cards(db: &Db, placed: Placed) -> Vec<GiftCard> {
    db.read_now(move |conn| {
        let lines = orders::lines(conn, placed.order)?;
        gift_cards::of_lines(conn, &lines)
    })
    .unwrap()
}

#[test]
fn a_gift_card_is_not_taxed_not_delivered_not_reduced_and_not_bought_with_another() {
    let db = goods::open();
    let (mug, voucher) = (goods::product(&db, "Mug", 1200, 5), voucher(&db, 5000));
    let tenth = Effect::Reduce { cut: Cut::Percentage(1000), on: Goods::default() };
    goods::promotion(&db, Terms { needs_code: false, ..Terms::coupon("TENTH", tenth, EUR) });
    let (_, code) = goods::gift_card(&db, 100_000);
    let (both, _) = cart(&db, &[(voucher, 2), (mug, 1)]);
    goods::pay_with(&db, both, &[&code], None);
    let quote = db.read_now(move |conn| carts::quote(conn, both, now())).unwrap();
    let priced = &quote.priced;
    // 10.80 for the mug and 4.90 of delivery, both at 19 % inside; the vouchers cost what they are worth.
    assert_eq!((priced.discount, priced.shipping, priced.total), (120, 490, 10_000 + 1080 + 490));
    assert_eq!((priced.lines[0].discount, priced.lines[0].tax, priced.lines[0].total), (0, 0, 10_000));
    assert_eq!(priced.lines[0].tax_reason, VOUCHER);
    assert_eq!((priced.lines[1].tax, priced.shipping_tax), (172, 78));
    // The card pays for the mug and its delivery, and for no voucher.
    assert_eq!((quote.stored.sum(), quote.due()), (1570, 10_000));

    let (alone, _) = cart(&db, &[(voucher, 1)]);
    let quote = db.read_now(move |conn| carts::quote(conn, alone, now())).unwrap();
    assert!(!quote.requires_shipping && quote.rates.is_empty());
    assert_eq!((quote.priced.total, quote.priced.tax), (5000, 0));
    let refused = db.write_now(move |conn| carts::add_gift_card(conn, alone, &code, now()));
    assert!(matches!(refused, Err(kernel::Error::Invalid(_))), "{refused:?}");
    goods::assert_books(&db);
}

#[test]
fn a_card_is_revenue_when_it_pays_for_goods_and_not_when_it_is_sold() {
    let house = House::open();
    let db = &house.db;
    let (mug, voucher) = (goods::product(db, "Mug", 1200, 5), voucher(db, 5000));
    let (sold, agreed) = cart(db, &[(voucher, 2), (mug, 1)]);
    place(db, sold, agreed, Settlement::After).unwrap();
    let (_, code) = goods::gift_card(db, 5000);
    let (used, _) = goods::cart(db, &[(mug, 2)], "bea@example.com", "stored_value", "");
    let agreed = goods::pay_with(db, used, &[&code], None);
    place(db, used, agreed, Settlement::After).unwrap();
    let (sums, best) = db
        .read_now(|conn| {
            let shop = storefront::shop::get(conn)?;
            let today = shop.local(now()).date();
            let best = sales::best(conn, &shop, Period::days(&shop, today, 1), 10)?;
            Ok((Sum::of(&sales::by_day(conn, &shop, today, 2)?), best))
        })
        .unwrap();
    // The mug beside the cards with its delivery, and the two mugs that a card paid for.
    assert_eq!(sums, Sum { orders: 2, revenue: 1200 + 490 + 2400 + 490 });
    assert_eq!(best.iter().map(|one| (one.title.as_str(), one.units)).collect::<Vec<_>>(), [("Mug", 3)]);
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Accountant));
    mei.get("/admin").says(200, "€45.80").says(200, "Gift cards count when they pay for goods, not when they are sold.");
}

#[test]
fn cards_are_issued_once_when_the_order_is_paid_and_go_with_what_is_cancelled() {
    let house = House::open();
    let db = &house.db;
    let (mug, voucher) = (goods::product(db, "Mug", 1200, 5), voucher(db, 2500));
    let (both, agreed) = cart(db, &[(voucher, 3), (mug, 1)]);
    let placed = place(db, both, agreed, Settlement::After).unwrap();
    house.work();
    assert!(cards(db, placed).is_empty(), "nothing is issued before the money is there");
    pay(&house, placed);
    goods::assert_books(db);
    let mailer = house.state.door.mailer();
    let outcomes = together(|_| {
        let mailer = mailer.clone();
        db.write_now(move |conn| gift_cards::issue_sold(conn, placed.order, &mailer, now()))
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    house.work();
    let issued = cards(db, placed);
    assert_eq!(issued.iter().map(|card| (card.initial, card.balance)).collect::<Vec<_>>(), [(2500, 2500); 3]);
    let mails = house.mails("ann@example.com");
    let sold: Vec<_> = mails.iter().filter(|mail| mail.template == "gift_cards_sold").collect();
    assert_eq!(sold.len(), 1);
    let order = db.read_now(move |conn| orders::get(conn, placed.order)).unwrap();
    assert_eq!(order.fulfilment_status, FulfilmentStatus::Partial, "the mug has to be sent, the cards have not");
    goods::assert_books(db);

    // One of three is refunded, then the whole order is cancelled.
    let line = db.read_now(move |conn| orders::lines(conn, placed.order)).unwrap()[0].id;
    let one = Request { lines: vec![RequestLine { line, quantity: 1, restock: false }], ..Request::default() };
    db.write_now(move |conn| refunds::request(conn, placed.order, &one, 2500, "test", now())).unwrap();
    assert_eq!(cards(db, placed).iter().filter(|card| card.withdrawn_at.is_some()).count(), 1);
    goods::assert_books(db);
    db.write_now(move |conn| orders::cancel(conn, placed.order, CancelReason::Staff, "test", now())).unwrap();
    let gone = cards(db, placed);
    assert!(gone.iter().all(|card| card.withdrawn_at.is_some() && card.balance == 0));
    let entries = db.read_now(move |conn| gift_cards::ledger(conn, gone[0].id, None, 10)).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [-2500, 2500]);
}

#[test]
fn what_the_books_say_of_sold_cards_is_proved() {
    let house = House::open();
    let db = &house.db;
    let voucher = voucher(db, 2500);
    let (only, agreed) = cart(db, &[(voucher, 2)]);
    let placed = place(db, only, agreed, Settlement::After).unwrap();
    pay(&house, placed);
    house.work();
    let order = db.read_now(move |conn| orders::get(conn, placed.order)).unwrap();
    assert_eq!((order.status, order.fulfilment_status), (OrderStatus::Completed, FulfilmentStatus::Fulfilled));
    goods::assert_books(db);
    let law = "gift cards that orders sold are the units that were paid";
    let broken = |sql: &'static str, back: &'static str| {
        goods::run(db, sql);
        let findings = db.read_now(|conn| storefront::doctor::examine(conn, &mut |_| {})).unwrap();
        let found = findings.iter().any(|finding| finding.law == law && !finding.problems.is_empty());
        goods::run(db, back);
        found
    };
    assert!(broken("UPDATE order_lines SET issued = 1", "UPDATE order_lines SET issued = 2"), "a paid unit without a card");
    assert!(broken("UPDATE order_lines SET unit_price = 1", "UPDATE order_lines SET unit_price = 2500"), "a card over another value");
    assert!(broken("UPDATE order_lines SET gift_card = FALSE", "UPDATE order_lines SET gift_card = TRUE"), "a card sold by a mug");
}

/// Puts goods into the cart and goes through the checkout up to the page on which one chooses how to pay.
fn to_payment(buyer: &Visitor, slug: &str, quantity: &str) -> Page {
    let product = buyer.get(&format!("/products/{slug}"));
    buyer.submit(&product, "/cart/lines", &[("quantity", quantity)]).says(200, "");
    let contact = buyer.get("/checkout").says(200, "");
    let next = buyer.submit(&contact, "/checkout", crate::buying::CONTACT).says(200, "");
    if next.at.ends_with("/checkout/shipping") { buyer.submit(&next, "/checkout/shipping", &[]).says(200, "") } else { next }
}

#[test]
fn a_gift_card_is_bought_by_card_mailed_looked_at_used_and_refunded_no_more() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    voucher(&house.db, 2500);
    let ann = house.visitor();
    let payment = to_payment(&ann, "voucher", "2").says(200, "cannot be paid for with gift cards");
    let review = ann.submit(&payment, "/checkout/payment", &[("method", "stripe")]).says(200, "€50.00");
    let fields = review.form("/checkout/place", &[]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(ann.post_once("/checkout/place", &fields).status, 303);
    let session = house.stripe.sessions().pop().unwrap();
    house.stripe.hold_webhooks();
    house.stripe.pay(&session).unwrap();
    house.stripe.deliver_pending();
    house.stripe.deliver_again();
    house.work();

    let mails = house.mails("ann@example.com");
    let sold: Vec<_> = mails.iter().filter(|mail| mail.template == "gift_cards_sold").collect();
    assert_eq!(sold.len(), 1, "{mails:?}");
    let codes: Vec<&str> = sold[0].body_text.split_whitespace().filter(|word| word.matches('-').count() == 3 && word.len() == 19).collect();
    assert_eq!(codes.len(), 2, "{}", sold[0].body_text);
    assert!(codes.iter().all(|code| sold[0].body_html.contains(code)) && sold[0].body_html.contains("€25.00"));
    let signature = house.state.signer.sign("order", "R1001");
    let order = ann.get(&format!("/orders/R1001?key={signature}")).says(200, "Gift card ····").says(200, "Completed Paid Sent");
    assert!(codes.iter().all(|code| !order.text().contains(code)), "the page shows no code");

    // Nobody has this code, nobody could have that one: one answer.
    let page = ann.get("/gift-cards").says(200, "see what is left");
    for nonsense in ["ACDE-FGHJ-KMNP-7777", "1", "<b>"] {
        ann.submit(&page, "/gift-cards", &[("gift_card", nonsense)]).says(422, "We do not know this gift card");
    }
    ann.submit(&page, "/gift-cards", &[("gift_card", &codes[0].to_lowercase())]).says(200, "€25.00").says(200, "does not expire");
    ann.get("/zh/gift-cards").says(200, "礼品卡余额");

    let ben = house.visitor();
    let payment = to_payment(&ben, "mug", "1");
    let payment = ben.submit(&payment, "/checkout/payment/gift-card", &[("gift_card", codes[0])]).says(200, "pays €16.90 of €25.00");
    let review = ben.submit(&payment, "/checkout/payment", &[("method", "stored_value")]).says(200, "");
    ben.submit(&review, "/checkout/place", &[]).says(200, "R1002");
    house.work();
    let page = ann.get("/gift-cards");
    ann.submit(&page, "/gift-cards", &[("gift_card", codes[0])]).says(200, "€8.10");

    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Manager));
    let shown = mia.get("/admin/orders/R1001").says(200, "Gift cards sold").says(200, "€8.10");
    assert!(codes.iter().all(|code| !shown.text().contains(code)));
    let mail = mia.get(&format!("/admin/mails/{}", sold[0].id)).says(200, "····-····-····-");
    assert!(codes.iter().all(|code| !mail.body.contains(code)), "staff read the codes in the mail");
    let form = mia.get("/admin/orders/R1001/refund");
    let lines = house.db.read_now(|conn| {
        let order = orders::get_by_number(conn, "R1001")?.id;
        orders::lines(conn, order)
    });
    let line = lines.unwrap()[0].id;
    let quantity = format!("quantity-{line}");
    mia.submit(&form, "/admin/orders/R1001/refund", &[(quantity.as_str(), "2")]).says(422, "cannot be refunded");
    let amounts = mia.submit(&form, "/admin/orders/R1001/refund", &[(quantity.as_str(), "1")]).says(200, "€25.00");
    mia.submit(&amounts, "/admin/orders/R1001/refund", &[]).says(200, "Refund asked for");
    house.work();
    let form = mia.get("/admin/orders/R1001/refund");
    mia.submit(&form, "/admin/orders/R1001/refund", &[(quantity.as_str(), "1")]).says(422, "cannot be refunded");
    let page = ann.get("/gift-cards");
    ann.submit(&page, "/gift-cards", &[("gift_card", codes[1])]).says(200, "was refunded");
    ann.submit(&page, "/gift-cards", &[("gift_card", codes[0])]).says(200, "€8.10");
    let order = house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap();
    let refused = house.db.write_now(move |conn| orders::cancel(conn, order.id, CancelReason::Staff, "test", now()));
    assert!(matches!(refused, Err(kernel::Error::Conflict(_))), "{refused:?}");
}

#[test]
fn staff_make_a_gift_card_of_a_product() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Manager));
    let form = mia.get("/admin/products/1").says(200, "This is a gift card");
    mia.submit(&form, "/admin/products/1", &[("gift_card", "on"), ("v0_price", "0")]).says(422, "other than zero");
    mia.submit(&form, "/admin/products/1", &[("gift_card", "on"), ("v0_price", "50.00")]).says(200, "");
    let product = house.db.read_now(|conn| catalog::products(conn, &[storefront::ids::ProductId(1)], EUR)).unwrap().remove(0);
    let variant = &product.variants[0];
    assert!(product.gift_card && !variant.tracked && !variant.taxable && !variant.requires_shipping);
}

#[test]
fn an_order_whose_card_was_used_is_not_cancelled_and_its_other_cards_stand() {
    let house = House::open();
    let db = &house.db;
    let (mug, voucher) = (goods::product(db, "Mug", 1200, 5), voucher(db, 2500));
    let (both, agreed) = cart(db, &[(voucher, 2), (mug, 1)]);
    let placed = place(db, both, agreed, Settlement::After).unwrap();
    pay(&house, placed);
    house.work();
    let first = cards(db, placed)[0].id;
    db.write_now(move |conn| gift_cards::adjust(conn, first, -100, "spent at the counter", "k", "test", now())).unwrap();
    let refused = db.write_now(move |conn| orders::cancel(conn, placed.order, CancelReason::Customer, "customer", now()));
    assert!(matches!(&refused, Err(kernel::Error::Conflict(text)) if text == gift_cards::USED), "{refused:?}");
    assert!(cards(db, placed).iter().all(|card| card.withdrawn_at.is_none() && card.balance > 0));
    // What was refused changed nothing, and the mug is refunded all the same.
    let line = db.read_now(move |conn| orders::lines(conn, placed.order)).unwrap()[1].id;
    let mug = Request { lines: vec![RequestLine { line, quantity: 1, restock: false }], ..Request::default() };
    db.write_now(move |conn| refunds::request(conn, placed.order, &mug, 1200, "test", now())).unwrap();
}

#[test]
fn nobody_tries_codes_one_after_the_other() {
    let house = House::open_with(&[("REGULARS_LIMITS_CHECKOUT_PER_MINUTE", "3")]);
    let eve = house.visitor();
    let page = eve.get("/gift-cards");
    for _ in 0..3 {
        eve.submit(&page, "/gift-cards", &[("gift_card", "ACDE-FGHJ-KMNP-7777")]).says(422, "We do not know");
    }
    assert_eq!(eve.submit(&page, "/gift-cards", &[("gift_card", "ACDE-FGHJ-KMNP-7777")]).status, 429);
}
