//! Gift cards and store credit: issued, spent, given back, and never spent twice.

use crate::buying::{CONTACT, to_review};
use crate::races::together;
use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use kernel::Db;
use kernel::money::Money;
use storefront::checkout::{PlaceError, Settlement};
use storefront::gateway::{Decline, Standing, State};
use storefront::ids::GiftCardId;
use storefront::orders::{self, CancelReason, OrderStatus, PaymentStatus};
use storefront::payments::{self, Outcome, Payment, PaymentState};
use storefront::refunds::{self, Request, RequestLine};
use storefront::{gift_cards, store_credit};

fn balance(db: &Db, card: GiftCardId) -> i64 {
    db.read_now(move |conn| gift_cards::get(conn, card)).unwrap().balance
}

#[test]
fn one_card_pays_for_no_more_than_it_holds_however_many_try() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    let (card, code) = goods::gift_card(&db, 5 * 1690);
    let carts: Vec<_> = (0..50)
        .map(|n| {
            let (cart, _) = goods::cart(&db, &[(mug, 1)], &format!("c{n}@example.com"), "stored_value", "");
            (cart, goods::pay_with(&db, cart, &[&code], None))
        })
        .collect();
    assert!(carts.iter().all(|(_, seen)| seen.due == 0));
    let outcomes = together(|n| place(&db, carts[n].0, carts[n].1, Settlement::After));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    assert!(outcomes.into_iter().filter_map(Result::err).all(|error| matches!(error, PlaceError::Changed)));
    assert_eq!(balance(&db, card), 0);
    goods::assert_books(&db);
}

#[test]
fn credit_never_falls_below_nothing_however_many_take_it() {
    let db = goods::open();
    let ann = goods::customer(&db, "ann@example.com", 500);
    let outcomes = together(|n| {
        let key = format!("take-{}", n / 2);
        db.write_now(move |conn| store_credit::adjust(conn, ann, Money::new(-100, EUR), "taken", &key, "test", now()))
    });
    // Two clicks on one button are one: twenty-five buttons, of which five find something left.
    let left = db.read_now(move |conn| store_credit::ledger(conn, ann, None, 100)).unwrap();
    assert_eq!(left.iter().filter(|entry| entry.amount < 0).count(), 5);
    assert!(outcomes.iter().any(Result::is_err));
    assert_eq!(db.read_now(move |conn| store_credit::balance(conn, ann, EUR)).unwrap(), 0);
    goods::assert_books(&db);
}

/// What a provider says about a payment of which `captured` was taken; with nothing taken it was refused.
fn answer(payment: &Payment, captured: i64) -> State {
    let refused = Decline { code: "card_declined".into(), message: "Your card was declined.".into() };
    State {
        reference: format!("cs_{}", payment.id),
        payment_reference: None,
        payment_key: Some(payment.key.clone()),
        standing: if captured > 0 { Standing::Captured } else { Standing::Declined(refused) },
        currency: EUR,
        asked: payment.amount,
        authorised: captured,
        captured,
        refunded: 0,
        last_decline: None,
    }
}

#[test]
fn what_a_card_leaves_is_paid_by_another_try_and_captured_once() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 10);
    let (_, code) = goods::gift_card(&db, 1000);
    let (cart, _) = goods::cart(&db, &[(mug, 1)], "ann@example.com", "stripe", "");
    let seen = goods::pay_with(&db, cart, &[&code], None);
    let placed = place(&db, cart, seen, Settlement::Before).unwrap();
    let status = db.write_now(move |conn| {
        let first = payments::get(conn, placed.payment)?;
        payments::settle(conn, first.id, &answer(&first, 0), now())?;
        let again = payments::retry(conn, placed.order, now())?;
        assert_eq!((again.provider.as_str(), again.amount), ("stripe", 690));
        assert_ne!(again.id, first.id);
        assert_eq!(payments::settle(conn, again.id, &answer(&again, 690), now())?, Outcome::Paid);
        let order = orders::get(conn, placed.order)?;
        Ok((order.status, order.payment_status))
    });
    assert_eq!(status.unwrap(), (OrderStatus::Confirmed, PaymentStatus::Paid));
    goods::assert_books(&db);
}

#[test]
fn a_card_pays_its_part_and_a_cancelled_order_gives_all_of_it_back() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 10);
    let (card, code) = goods::gift_card(&db, 1000);
    let ann = goods::customer(&db, "ann@example.com", 300);
    let (cart, _) = goods::cart(&db, &[(mug, 1)], "ann@example.com", "stripe", "");
    let seen = goods::pay_with(&db, cart, &[&code.to_lowercase()], Some(ann));
    assert_eq!((seen.total, seen.due), (1690, 390));
    let placed = place(&db, cart, seen, Settlement::Before).unwrap();
    let (order, paid) = db.read_now(move |conn| Ok((orders::get(conn, placed.order)?, payments::of_order(conn, placed.order)?))).unwrap();
    assert_eq!(order.payment_status, PaymentStatus::PartiallyPaid);
    let told: Vec<_> = paid.iter().map(|one| (one.provider.as_str(), one.amount, one.state)).collect();
    assert_eq!(
        told,
        [("gift_card", 1000, PaymentState::Captured), ("store_credit", 300, PaymentState::Captured), ("stripe", 390, PaymentState::Open)]
    );
    assert_eq!(placed.payment, paid[2].id);
    goods::assert_books(&db);

    let cancelled = db.write_now(move |conn| {
        orders::cancel(conn, placed.order, CancelReason::Unpaid, "system", now())?;
        let credit = store_credit::balance(conn, ann, EUR)?;
        Ok((orders::get(conn, placed.order)?.payment_status, gift_cards::get(conn, card)?.balance, credit))
    });
    assert_eq!(cancelled.unwrap(), (PaymentStatus::Refunded, 1000, 300));
    goods::assert_books(&db);
}

#[test]
fn money_goes_back_first_then_credit_then_the_card() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 10);
    let (card, code) = goods::gift_card(&db, 1000);
    let ann = goods::customer(&db, "ann@example.com", 500);
    let (cart, _) = goods::cart(&db, &[(mug, 2)], "ann@example.com", "bank_transfer", "");
    let seen = goods::pay_with(&db, cart, &[&code], Some(ann));
    assert_eq!((seen.total, seen.due), (2890, 1390));
    let placed = place(&db, cart, seen, Settlement::After).unwrap();
    let line = db
        .write_now(move |conn| {
            payments::record_receipt(conn, placed.payment, "test", now())?;
            Ok(orders::lines(conn, placed.order)?[0].id)
        })
        .unwrap();
    let wish = move |quantity, shipping, to_credit| Request {
        lines: vec![RequestLine { line, quantity, restock: false }],
        shipping,
        to_credit,
        ..Request::default()
    };
    let refund = |wish: Request, amount: i64| {
        db.write_now(move |conn| {
            let order = orders::get(conn, placed.order)?;
            let shares = refunds::preview(conn, &order, &wish)?.shares;
            refunds::request(conn, placed.order, &wish, amount, "test", now())?;
            Ok(shares.into_iter().map(|share| (share.provider, share.amount)).collect::<Vec<_>>())
        })
        .unwrap()
    };
    assert_eq!(refund(wish(1, 0, false), 1200), [("bank_transfer".to_string(), 1200)]);
    let second = refund(wish(1, 490, false), 1690);
    let second: Vec<(&str, i64)> = second.iter().map(|(provider, amount)| (provider.as_str(), *amount)).collect();
    assert_eq!(second, [("bank_transfer", 190), ("store_credit", 500), ("gift_card", 1000)]);
    assert_eq!(balance(&db, card), 1000);
    assert_eq!(db.read_now(move |conn| store_credit::balance(conn, ann, EUR)).unwrap(), 500);
    goods::assert_books(&db);

    // A part that a bank refuses can be asked for again, and comes to the same.
    db.write_now(move |conn| {
        let all = refunds::of_order(conn, placed.order)?;
        refunds::settle(conn, all[0].id, now())?;
        refunds::failed(conn, all[1].id, "the account is closed", now())
    })
    .unwrap();
    goods::assert_books(&db);
    assert_eq!(refund(wish(1, 0, true), 190), [("bank_transfer".to_string(), 190)]);
    assert_eq!(db.read_now(move |conn| store_credit::balance(conn, ann, EUR)).unwrap(), 690);
    goods::assert_books(&db);
}

#[test]
fn guests_get_no_credit_and_a_switched_off_card_pays_nothing() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 10);
    let (card, code) = goods::gift_card(&db, 5000);
    let (cart, _) = goods::cart(&db, &[(mug, 1)], "guest@example.com", "stored_value", "");
    let seen = goods::pay_with(&db, cart, &[&code], None);
    db.write_now(move |conn| gift_cards::set_terms(conn, card, gift_cards::State::Disabled, None, "lost")).unwrap();
    assert!(matches!(place(&db, cart, seen, Settlement::After), Err(PlaceError::Changed)));
    assert!(db.write_now(move |conn| gift_cards::adjust(conn, card, -5001, "typo", "k1", "test", now())).is_err());
    db.write_now(move |conn| {
        gift_cards::adjust(conn, card, -100, "typo", "k2", "test", now())?;
        gift_cards::adjust(conn, card, -100, "typo", "k2", "test", now())?;
        gift_cards::set_terms(conn, card, gift_cards::State::Active, None, "found")
    })
    .unwrap();
    assert_eq!(balance(&db, card), 4900);
    let placed = place(&db, cart, seen, Settlement::After).unwrap();
    let wanted = Request { shipping: 490, to_credit: true, ..Request::default() };
    let refused = db.write_now(move |conn| refunds::request(conn, placed.order, &wanted, 490, "test", now()));
    assert!(matches!(refused, Err(kernel::Error::Invalid(_))), "{refused:?}");
    goods::assert_books(&db);
}

/// Somebody who registered and proved their address.
fn signed_in(house: &House, email: &str) -> Visitor {
    let visitor = house.visitor();
    let form = visitor.get("/account/register");
    visitor.submit(&form, "/account/register", &[("name", "Ann"), ("email", email), ("password", "celadon gaiwan 27")]);
    house.work();
    let mail = house.mails(email).pop().unwrap();
    let link = mail.body_text.split_whitespace().find(|word| word.contains("/account/verify")).unwrap().to_string();
    let asked = visitor.get(&link);
    visitor.submit(&asked, "/account/verify", &[]).says(200, "Hello");
    visitor
}

#[test]
fn a_card_is_issued_mailed_used_with_credit_and_refunded_as_credit() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Manager));
    let form = mia.get("/admin/gift-cards/new").says(200, "New gift card");
    mia.submit(&form, "/admin/gift-cards/new", &[("amount", "0")]).says(422, "other than zero");
    let typed = &[("amount", "10.00"), ("recipient_email", "ann@example.com"), ("message", "Happy birthday!\n<b>Mia</b>")];
    let made = mia.submit(&form, "/admin/gift-cards/new", typed).says(201, "kept nowhere and not shown again");
    mia.submit(&form, "/admin/gift-cards/new", typed).says(200, "issued already");
    house.work();
    let mail = house.mails("ann@example.com").pop().unwrap();
    assert_eq!(mail.template, "gift_card");
    let code = mail.body_text.split_whitespace().find(|word| word.matches('-').count() == 3).unwrap().to_string();
    assert!(made.text().contains(&code) && mail.body_text.contains("Happy birthday!"), "{}", mail.body_text);
    assert!(mail.body_html.contains("&lt;b&gt;Mia"), "{}", mail.body_html);
    let kept = mia.get(&format!("/admin/mails/{}", mail.id)).says(200, "····-····-····-");
    let html = mia.get(&format!("/admin/mails/{}/html", mail.id));
    assert!(!kept.body.contains(&code) && !html.body.contains(&code), "staff read the code in the mail");
    assert_eq!(mia.get("/admin/gift-cards/1").text().matches(&code).count(), 0);

    let ann = signed_in(&house, "ann@example.com");
    let credits = mia.get("/admin/store-credit");
    let grant = |email: &str| mia.submit(&credits, "/admin/store-credit", &[("email", email), ("amount", "3.00"), ("reason", "sorry")]);
    grant("nobody@example.com").says(422, "We know no customer");
    grant("ann@example.com").says(200, "€3.00");
    ann.get("/account").says(200, "€3.00");
    ann.get("/account/store-credit").says(200, "Given by the shop");

    let product = ann.get("/products/mug");
    ann.submit(&product, "/cart/lines", &[]).says(200, "Mug");
    let shipping = ann.submit(&ann.get("/checkout"), "/checkout", CONTACT).says(200, "Standard");
    let page = ann.submit(&shipping, "/checkout/shipping", &[]).says(200, "Have a gift card?");
    let add = "/checkout/payment/gift-card";
    ann.submit(&page, add, &[("gift_card", "AAAA-BBBB")]).says(422, "We do not know this gift card");
    let page = ann.submit(&page, add, &[("gift_card", &code.to_lowercase())]).says(200, "pays €10.00 of €10.00");
    let page = ann.submit(&page, "/checkout/payment/store-credit", &[]).says(200, "Remaining amount €3.90");
    let review = ann.submit(&page, "/checkout/payment", &[("method", "bank_transfer")]).says(200, "Remaining amount €3.90");
    // Meanwhile somebody takes a euro off the card: nothing is placed before that was seen.
    let card = mia.get("/admin/gift-cards/1");
    mia.submit(&card, "/admin/gift-cards/1/balance", &[("amount", "-1.00"), ("reason", "a typing error")]).says(200, "€9.00");
    let told = ann.submit(&review, "/checkout/place", &[]).says(200, "Remaining amount €4.90");
    let order = ann.submit(&told, "/checkout/place", &[]).says(200, "R1001").says(200, "€4.90");
    assert!(order.text().contains("Store credit −€3.00"), "{}", order.text());
    house.work();

    let (placed, payment) = house
        .db
        .read_now(|conn| {
            let order = orders::get_by_number(conn, "R1001")?;
            Ok((order.id, payments::latest(conn, order.id)?.unwrap()))
        })
        .unwrap();
    assert_eq!((payment.provider.as_str(), payment.amount), ("bank_transfer", 490));
    house.db.write_now(move |conn| payments::record_receipt(conn, payment.id, "test", now())).unwrap();
    mia.get("/admin/orders/R1001").says(200, "Gift card ····").says(200, "Paid with store credit");
    let line = house.db.read_now(move |conn| orders::lines(conn, placed)).unwrap()[0].id;
    let form = mia.get("/admin/orders/R1001/refund").says(200, "Give all of it as store credit");
    let quantity = format!("quantity-{line}");
    let shown = mia.submit(&form, "/admin/orders/R1001/refund", &[(quantity.as_str(), "1")]);
    let shown = shown.says(200, "Bank transfer €4.90").says(200, "Store credit €3.00").says(200, "Gift card €4.10");
    drop(shown);
    let shown = mia.submit(&form, "/admin/orders/R1001/refund", &[(quantity.as_str(), "1"), ("to_credit", "on")]);
    mia.submit(&shown.says(200, "Store credit €4.90"), "/admin/orders/R1001/refund", &[]).says(200, "Refund asked for");
    let card = mia.get("/admin/gift-cards/1");
    let off: &[(&str, &str)] = &[("state", "disabled"), ("reason", "lost")];
    mia.submit(&card, "/admin/gift-cards/1/terms", off).says(200, "Switched off");
    mia.submit(&card, "/admin/gift-cards/1/terms", &[("reason", "again")]).says(409, "changed this card meanwhile");
    house.work();
    ann.get("/account").says(200, "€12.00");
    let credit = house.db.read_now(|conn| store_credit::list(conn, None, 10)).unwrap();
    assert_eq!(credit[0].money().unwrap(), Money::new(1200, EUR));
}

#[test]
fn a_card_that_covers_everything_needs_no_other_payment() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let (_, code) = goods::gift_card(&house.db, 10_000);
    let ann = house.visitor();
    to_review(&ann, "stripe");
    let page = ann.get("/checkout/payment");
    let page = ann.submit(&page, "/checkout/payment/gift-card", &[("gift_card", &code)]).says(200, "Nothing else is left to pay.");
    let review = ann.submit(&page, "/checkout/payment", &[]).says(200, "Remaining amount €0.00");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001").says(200, "Paid");
    let stored = house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap();
    assert_eq!((stored.status.as_str(), stored.payment_status), ("confirmed", PaymentStatus::Paid));
    house.work();
    assert_eq!(house.mails("ann@example.com").len(), 1);
    assert!(house.mails("ann@example.com")[0].body_text.contains("Gift card ····"));
}
