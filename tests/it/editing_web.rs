//! Changing an order in the back office: the money is seen first, and the buyer pays or gets back what is different.

use crate::buying::to_review;
use crate::editing::{edit, get, wish};
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Page;
use admin::permissions::Preset;
use storefront::orders::{self, PaymentStatus};
use storefront::shop::{self, Shop};

fn fields(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn staff_see_the_money_before_and_the_buyer_pays_the_balance_by_the_link_of_the_mail() {
    let house = House::open();
    house.db.write_now(|conn| shop::set(conn, &Shop { capture_at_once: true, ..Shop::default() }, now())).unwrap();
    goods::product(&house.db, "Mug", 1200, 5);
    goods::product(&house.db, "Pot", 4500, 3);
    let ann = house.visitor();
    let review = to_review(&ann, "stripe");
    let placing = review.form("/checkout/place", &[]);
    assert_eq!(ann.post_once("/checkout/place", &fields(&placing)).status, 303);
    house.stripe.hold_webhooks();
    house.stripe.pay(&house.stripe.sessions()[0]).unwrap();
    house.stripe.deliver_pending();
    house.work();

    let mei = at_work(&house, "mei", role(&house, Preset::Agent)).1;
    let page = mei.get("/admin/orders/R1001").says(200, "Change the order");
    assert!(page.body.contains("/admin/orders/R1001/edit"));
    let form = mei.get("/admin/orders/R1001/edit").says(200, "To send");
    let too_many = mei.submit(&form, "/admin/orders/R1001/edit", &[("goods", "POT 4")]).says(200, "4 more are needed, 3 are free");
    assert!(!too_many.body.contains("expected_total\" value=\"\""));
    mei.submit(&form, "/admin/orders/R1001/edit", &[("goods", "NOPE 1"), ("ship_city", "")]).says(422, "NOPE");
    let figures = mei.submit(&form, "/admin/orders/R1001/edit", &[("goods", "POT 1"), ("reason", "She wants a pot as well")]);
    let figures = figures.says(200, "€16.90").says(200, "€61.90").says(200, "Still to be paid €45.00");
    assert_eq!(house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap().total, 1690, "nothing is changed by looking");
    // Whoever thinks better of it gets back what was typed.
    let again = mei.submit(&figures, "/admin/orders/R1001/edit", &[("change", "on")]).says(200, "To send");
    assert!(again.form("/admin/orders/R1001/edit", &[]).contains(&("reason".into(), "She wants a pot as well".into())));

    let done = mei.submit(&figures, "/admin/orders/R1001/edit", &[]).says(200, "The order was changed.");
    done.says(200, "€45.00 is still to be paid since the order was changed.").says(200, "€16.90 → €61.90");
    let twice = mei.submit(&figures, "/admin/orders/R1001/edit", &[]);
    assert_eq!(twice.status, 409, "{}", twice.text());
    house.work();
    let ship = mei.get("/admin/orders/R1001/ship");
    assert_eq!(ship.status, 404, "an agent ships nothing");
    let boss = at_work(&house, "boss", role(&house, Preset::Owner)).1;
    let ship = boss.get("/admin/orders/R1001/ship").says(200, "Ship although the balance is open");
    boss.submit(&ship, "/admin/orders/R1001/ship", &[]).says(409, "not paid in full yet");

    boss.get("/admin/orders/R1001").says(200, "Your order R1001 was changed");
    let mail = house.mails("ann@example.com").pop().unwrap();
    assert_eq!(mail.template, "order_edited");
    assert!(mail.body_text.contains("New: 1 × Pot") && mail.body_text.contains("€45.00 is still to be paid."), "{}", mail.body_text);
    let link = mail.body_text.split_whitespace().find(|word| word.contains("/orders/R1001")).unwrap().to_string();
    let guest = house.visitor();
    let page = guest.get(&link).says(200, "€45.00 is still to be paid");
    let pay = page.form("/orders/R1001/pay", &[]);
    let sent = guest.post_once("/orders/R1001/pay", &fields(&pay));
    assert!(sent.status == 303 && sent.headers["location"].starts_with(&house.stripe.base_url()), "{:?}", sent.headers);
    let sessions = house.stripe.sessions();
    assert_eq!(sessions.len(), 2);
    // The webhook is waited for: otherwise the work may be done before it comes.
    house.stripe.hold_webhooks();
    house.stripe.pay(&sessions[1]).unwrap();
    house.stripe.deliver_pending();
    house.work();
    let stored = house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap();
    assert_eq!((stored.total, stored.payment_status), (6190, PaymentStatus::Paid));
    boss.get("/admin/orders/R1001/ship").says(200, "Ship");
    let ship = boss.get("/admin/orders/R1001/ship");
    boss.submit(&ship, "/admin/orders/R1001/ship", &[]).says(200, "Shipped.");
    assert!(boss.get("/zh/admin/orders/R1001").says(200, "修改记录").status == 200);
    chinese(&boss.get("/zh/admin/orders/R1001/edit"));
}

/// A completed order has no form any more; its page says why in the language of the page.
fn chinese(page: &Page) {
    assert!(page.text().contains("待发货的订单可以修改"), "{}", page.text());
}

#[test]
fn a_smaller_order_gives_card_money_back_and_closes_what_was_to_be_paid_at_the_provider() {
    let house = House::open();
    house.db.write_now(|conn| shop::set(conn, &Shop { capture_at_once: true, ..Shop::default() }, now())).unwrap();
    let mug = goods::product(&house.db, "Mug", 1200, 9);
    let ann = house.visitor();
    let review = to_review(&ann, "stripe");
    let placing = review.form("/checkout/place", &[]);
    ann.post_once("/checkout/place", &fields(&placing));
    let sessions = house.stripe.sessions();
    house.stripe.hold_webhooks();
    house.stripe.pay(&sessions[0]).unwrap();
    house.stripe.deliver_pending();
    house.work();
    let id = house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap().id;
    edit(&house.db, id, &wish(&house.db, id, &[], &[(mug, 3)], "stripe")).unwrap();
    let key = house.state.signer.sign("order", "R1001");
    let page = ann.get(&format!("/orders/R1001?key={key}")).says(200, "€36.00 is still to be paid");
    ann.post_once("/orders/R1001/pay", &fields(&page.form("/orders/R1001/pay", &[])));
    assert_eq!(house.stripe.sessions().len(), 2);
    // She thinks better of it before she paid: the page at the provider is closed, and nothing is to be paid.
    edit(&house.db, id, &wish(&house.db, id, &[(1, 0)], &[], "stripe")).unwrap();
    house.work();
    assert!(house.stripe.pay(&house.stripe.sessions()[1]).is_err(), "a closed page takes no money");
    let page = ann.get(&format!("/orders/R1001?key={key}"));
    assert!(!page.body.contains("/orders/R1001/pay") && page.text().contains("€16.90"), "{}", page.text());

    let pot = goods::product(&house.db, "Pot", 100, 9);
    edit(&house.db, id, &wish(&house.db, id, &[(0, 0)], &[(pot, 1)], "stripe")).unwrap();
    house.work();
    assert_eq!(house.stripe.refunds_of(&sessions[0]).iter().map(|refund| refund.amount).collect::<Vec<_>>(), [1100]);
    assert_eq!(get(&house.db, id).payment_status, PaymentStatus::Paid);
    let mails: Vec<String> = house.mails("ann@example.com").into_iter().map(|mail| mail.template).collect();
    assert_eq!(mails, ["order_confirmation", "order_edited", "order_edited", "order_edited", "refund_sent"]);
}
