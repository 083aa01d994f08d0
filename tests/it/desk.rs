//! The desk of orders: finding them, knowing when a page is old, and what staff write about them.

use crate::support::goods::{self, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use kernel::Db;
use storefront::checkout::{Placed, Settlement};
use storefront::ids::{OrderId, VariantId};
use storefront::orders::{self, Filter, terms};
use storefront::payments;

/// Somebody of the shop, signed in.
pub fn staff(house: &House) -> Visitor {
    at_work(house, "mei", role(house, Preset::Owner)).1
}

/// An order by bank transfer, confirmed at once.
pub fn order(db: &Db, goods: &[(VariantId, i64)], email: &str) -> Placed {
    let (cart, seen) = goods::cart(db, goods, email, "bank_transfer", "");
    place(db, cart, seen, Settlement::After).unwrap()
}

fn found(db: &Db, filter: Filter) -> Vec<String> {
    db.read_now(move |conn| orders::list(conn, &filter, 100)).unwrap().into_iter().map(|row| row.number).collect()
}

fn search(db: &Db, words: &str) -> Vec<String> {
    found(db, Filter { search: Some(words.into()), ..Filter::default() })
}

#[test]
fn orders_are_found_by_the_beginning_of_their_words() {
    let db = goods::open();
    let (mug, pot) = (goods::product(&db, "Mug-1", 1200, 50), goods::product(&db, "Teapot", 4500, 50));
    order(&db, &[(mug, 1)], "ann@example.com");
    order(&db, &[(mug, 1), (pot, 1)], "bea@example.com");
    order(&db, &[(pot, 2)], "ann.other@example.org");
    for (words, numbers) in [
        ("R1002", &["R1002"][..]),
        ("#r1002", &["R1002"]),
        ("1003", &["R1003"]),
        ("R100", &["R1003", "R1002", "R1001"]),
        ("mug1", &["R1002", "R1001"]),
        ("MUG-1", &["R1002", "R1001"]),
        ("ANN@EXAMPLE.COM", &["R1001"]),
        ("bea", &["R1002"]),
        // The buyer of all of them is Ann Ash.
        ("ann", &["R1003", "R1002", "R1001"]),
        ("ash teap", &["R1003", "R1002"]),
        ("ann. pot", &[]),
        ("%", &[]),
        ("_", &[]),
        ("--", &[]),
        ("ann'; DROP TABLE orders", &[]),
    ] {
        assert_eq!(search(&db, words), numbers, "{words}");
    }
}

#[test]
fn filters_meet_and_pages_go_on_where_they_ended() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 500);
    let placed: Vec<Placed> = (0..7).map(|n| order(&db, &[(mug, 1)], &format!("c{n}@example.com"))).collect();
    db.write_now(move |conn| payments::record_receipt(conn, placed[2].payment, "test", now())).unwrap();
    let paid = Filter { payment_status: Some(orders::PaymentStatus::Paid), search: Some("ash".into()), ..Filter::default() };
    assert_eq!(found(&db, paid), ["R1003"]);
    assert_eq!(found(&db, Filter { country: Some("DE".into()), ..Filter::default() }).len(), 7);
    assert_eq!(found(&db, Filter { country: Some("AT".into()), ..Filter::default() }).len(), 0);
    assert_eq!(found(&db, Filter { payment_method: Some("stripe".into()), ..Filter::default() }).len(), 0);
    assert_eq!(found(&db, Filter { from: Some(now() + chrono::TimeDelta::hours(1)), ..Filter::default() }).len(), 0);
    assert_eq!(found(&db, Filter { until: Some(now() + chrono::TimeDelta::hours(1)), ..Filter::default() }).len(), 7);
    for words in [None, Some("ash".to_string()), Some("mug".to_string())] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let filter = Filter { search: words.clone(), before, ..Filter::default() };
            let page = db.read_now(move |conn| orders::list(conn, &filter, 3)).unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            seen.extend(page.into_iter().map(|row| row.number));
        }
        assert_eq!(seen, ["R1007", "R1006", "R1005", "R1004", "R1003", "R1002", "R1001"], "{words:?}");
    }
}

#[test]
fn orders_from_before_the_search_get_their_words_by_a_job() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 50);
    let placed = order(&db, &[(mug, 1)], "ann@example.com").order;
    db.write_now(move |conn| terms::insert(conn, OrderId(placed.0), &["stale".to_string()].into())).unwrap();
    assert_eq!(search(&db, "stale"), ["R1001"]);
    for _ in 0..2 {
        db.write_now(|conn| terms::fill(conn, OrderId(0), now())).unwrap();
        assert_eq!(search(&db, "stale"), [""; 0]);
        assert_eq!(search(&db, "ann mug R1001"), ["R1001"]);
    }
    let jobs = db.read_now(|conn| kernel::jobs::list(conn, None, None, 10)).unwrap();
    assert_eq!(jobs.iter().filter(|job| job.kind == terms::TERMS_JOB).count(), 1, "the next run is asked for once");
}

#[test]
fn the_list_keeps_its_filters_over_pages_and_tells_of_new_orders() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 500);
    for n in 0..52 {
        order(&house.db, &[(mug, 1)], &format!("c{n}@example.com"));
    }
    let mei = staff(&house);
    let first = mei.get("/admin/orders?q=ash&status=confirmed&country=de").says(200, "R1052");
    assert!(
        !first.text().contains("R1001") && first.body.contains("q=ash&amp;status=confirmed&amp;country=de&amp;after="),
        "{}",
        first.body
    );
    let second = mei.get("/admin/orders?q=ash&status=confirmed&country=de&after=3").says(200, "R1001");
    assert!(!second.text().contains("R1003"), "{}", second.text());
    mei.get("/admin/orders?q=nobody").says(200, "No orders here.");
    mei.get("/zh/admin/orders?q=ash").says(200, "R1052");
    assert_eq!(mei.get("/admin/orders?q=%00&from=x&after=y").status, 200);

    assert_eq!(mei.get("/admin/orders-news?seen=52").body, r#"{"text":null}"#);
    order(&house.db, &[(mug, 1)], "late@example.com");
    assert_eq!(mei.get("/admin/orders-news?seen=52").body, r#"{"text":"New orders: 1"}"#);
    assert!(!house.visitor().get("/admin/orders-news?seen=52").body.contains("text\":"), "strangers learn nothing");
}

#[test]
fn a_form_of_an_older_order_is_refused_and_says_what_changed() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let placed = order(&house.db, &[(mug, 2)], "ann@example.com");
    let mei = staff(&house);
    let page = mei.get("/admin/orders/R1001").says(200, "Confirmed");
    let seen = page.body.split("seen=").nth(1).unwrap().split('"').next().unwrap().to_string();
    let news = format!("/admin/orders/R1001/news?seen={seen}");
    assert_eq!(mei.get(&news).body, r#"{"text":null}"#);

    let forms = [
        ("/admin/orders/R1001/ship", mei.get("/admin/orders/R1001/ship")),
        ("/admin/orders/R1001/cancel", mei.get("/admin/orders/R1001/cancel")),
    ];
    let receipt = format!("/admin/orders/R1001/payments/{}/receipt", placed.payment);
    let paying = mei.get(&receipt);
    mei.submit(&page, "/admin/orders/R1001/note", &[("note", "Ann called: wait!")]).says(200, "Ann called: wait!");
    assert_eq!(mei.get(&news).body, r#"{"text":"This order changed."}"#);

    for (action, form) in forms.iter().chain([&(receipt.as_str(), paying)]) {
        let refused = mei.submit(form, action, &[]).says(409, "Ann called: wait!");
        assert!(refused.text().contains("Nothing was saved."), "{}", refused.text());
    }
    let stored = house.db.read_now(move |conn| orders::get(conn, placed.order)).unwrap();
    assert_eq!((stored.status.as_str(), stored.payment_status.as_str()), ("confirmed", "pending"));
    assert_eq!(stored.fulfilment_status.as_str(), "unfulfilled");

    // Whoever has read it confirms with the form of the answer.
    let again = mei.submit(&forms[0].1, "/admin/orders/R1001/ship", &[]).says(409, "Ann called");
    mei.submit(&again, "/admin/orders/R1001/ship", &[]).says(200, "Shipped.");
    mei.submit(&again, "/admin/orders/R1001/ship", &[]).says(200, "Shipped.");
    let shipped = house.db.read_now(move |conn| storefront::shipments::of_order(conn, placed.order)).unwrap();
    assert_eq!(shipped.len(), 1, "the form sent twice ships once");
}

#[test]
fn a_refund_confirmed_twice_is_one_refund() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let placed = order(&house.db, &[(mug, 2)], "ann@example.com");
    house.db.write_now(move |conn| payments::record_receipt(conn, placed.payment, "test", now())).unwrap();
    let mei = staff(&house);
    let line = house.db.read_now(move |conn| orders::lines(conn, placed.order)).unwrap()[0].id;
    let form = mei.get("/admin/orders/R1001/refund");
    let amounts = mei.submit(&form, "/admin/orders/R1001/refund", &[(&format!("quantity-{line}"), "1")]).says(200, "12.00");
    mei.submit(&amounts, "/admin/orders/R1001/refund", &[]).says(200, "Refund asked for");
    mei.submit(&amounts, "/admin/orders/R1001/refund", &[]).says(409, "Refund asked for");
    let made = house.db.read_now(move |conn| storefront::refunds::of_order(conn, placed.order)).unwrap();
    assert_eq!(made.iter().map(|refund| refund.amount).collect::<Vec<_>>(), [1200]);
}

#[test]
fn notes_stay_inside_and_mails_go_out_again_once_per_click() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let placed = order(&house.db, &[(mug, 1)], "ann@example.com");
    house.work();
    let mei = staff(&house);
    let page = mei.get("/admin/orders/R1001");
    mei.submit(&page, "/admin/orders/R1001/note", &[("note", "Difficult customer\nsecond line")]).says(200, "Difficult customer");
    let key = house.state.signer.sign("order", "R1001");
    let seen = house.visitor().get(&format!("/orders/R1001?key={key}")).says(200, "Order placed");
    assert!(!seen.body.contains("Difficult"), "a note left the house");

    let sent = house.mails("ann@example.com").pop().unwrap();
    assert_eq!(sent.state, "sent");
    let page = mei.get("/admin/orders/R1001").says(200, &sent.subject);
    let action = format!("/admin/orders/R1001/mails/{}/resend", sent.id);
    mei.submit(&page, &action, &[]).says(200, "on its way again");
    mei.submit(&page, &action, &[]).says(200, "on its way already");
    house.work();
    mei.submit(&page, &action, &[]).says(200, "sent again meanwhile");
    assert_eq!(house.mails("ann@example.com").len(), 1);
    let history = house.db.read_now(move |conn| orders::history(conn, placed.order)).unwrap();
    assert_eq!(history.iter().filter(|entry| entry.kind == "mail_resent").count(), 1);
    // A mail of another order is not found on this one.
    order(&house.db, &[(mug, 1)], "bea@example.com");
    house.work();
    let other = house.mails("bea@example.com").pop().unwrap();
    let fields = page.form(&action, &[]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(mei.post(&format!("/admin/orders/R1001/mails/{}/resend", other.id), &fields).status, 404);
}

#[test]
fn every_kind_of_entry_has_words_in_both_languages() {
    let house = House::open();
    let texts = house.state.door.templates.texts().unwrap();
    let named = ["invoice_issued", "credit_note_issued", "authorised", "captured"];
    let mut kinds: std::collections::BTreeSet<String> = named.map(str::to_string).into();
    for folder in ["storefront/src", "admin/src"] {
        collect(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut kinds);
    }
    assert!(kinds.len() > 10, "{kinds:?}");
    for kind in kinds {
        for language in [kernel::web::i18n::Language::ENGLISH, kernel::web::i18n::Language::CHINESE] {
            let key = format!("admin-history-{kind}");
            assert_ne!(texts.message(language, &key), key, "no words in {language}");
        }
    }
}

/// The kinds of entries that sources write, as `note(conn, order, "kind", …)`.
fn collect(folder: &std::path::Path, kinds: &mut std::collections::BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), kinds);
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        for call in text.split("note(conn, ").skip(1) {
            // The kind is written out, but for states of payments and kinds of documents, which the caller names.
            let kind = call.split(", ").nth(1).and_then(|kind| kind.strip_prefix('"'));
            kinds.extend(kind.and_then(|kind| kind.split('"').next()).map(str::to_string));
        }
    }
}

#[test]
fn what_is_scanned_fills_the_form_and_sends_nothing_off() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    goods::run(&house.db, "UPDATE variants SET barcode = '4006381333931'");
    let placed = order(&house.db, &[(mug, 3)], "ann@example.com");
    let mei = staff(&house);
    let at = "/admin/orders/R1001/ship";
    let page = mei.get(at).says(200, "Scan the goods");
    mei.submit(&page, at, &[("scan", "1"), ("goods", "MUG 4")]).says(422, "At most 3 units of MUG belong here.");
    mei.submit(&page, at, &[("scan", "1"), ("goods", "CUP")]).says(422, "no variant has the SKU or barcode CUP");
    let page = mei.submit(&page, at, &[("scan", "1"), ("goods", "(01)04006381333931(10)A1\n010400638133393121X7")]);
    let page = page.says(200, "Scan the goods");
    let sent = move |house: &House| house.db.read_now(move |conn| storefront::shipments::of_order(conn, placed.order)).unwrap();
    assert!(sent(&house).is_empty(), "filling in sends nothing off");
    mei.submit(&page, at, &[]).says(200, "Shipped.");
    let parcel = sent(&house)[0].id;
    let units = house.db.read_now(move |conn| storefront::shipments::lines_of(conn, parcel)).unwrap();
    assert_eq!(units.iter().map(|(_, units)| *units).collect::<Vec<_>>(), [2]);
}
