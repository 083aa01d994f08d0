//! What the shop remembers of its customers: lists, one customer with their scores, and what staff note about them.

use crate::support::goods::{self, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use crm::email::Email;
use crm::scores::{self, Stage};
use crm::{CustomerId, customers};
use kernel::Db;
use kernel::money::Currency;
use storefront::checkout::Settlement;
use storefront::orders;

fn customer(db: &Db, email: &str) -> CustomerId {
    let email = Email::parse(email, "email").unwrap();
    db.read_now(move |conn| customers::find_by_email(conn, &email)).unwrap().unwrap().id
}

fn order(db: &Db, variant: storefront::ids::VariantId, email: &str) -> storefront::ids::OrderId {
    let (cart, seen) = goods::cart(db, &[(variant, 1)], email, "bank_transfer", "");
    place(db, cart, seen, Settlement::After).unwrap().order
}

fn value(db: &Db, id: CustomerId) -> Option<(i64, i64, Stage)> {
    db.read_now(move |conn| scores::of(conn, id)).unwrap().map(|score| (score.orders, score.value, score.stage))
}

#[test]
fn an_order_is_known_in_the_commit_that_places_it_and_forgotten_in_the_one_that_cancels_it() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 50);
    let first = order(&db, mug, "ann@example.com");
    let ann = customer(&db, "ann@example.com");
    assert_eq!(value(&db, ann), Some((1, 1690, Stage::New)));
    order(&db, mug, "ann@example.com");
    assert_eq!(value(&db, ann).map(|(orders, value, _)| (orders, value)), Some((2, 3380)));
    db.write_now(move |conn| orders::cancel(conn, first, orders::CancelReason::Staff, "test", now())).unwrap();
    assert_eq!(value(&db, ann).map(|(orders, value, _)| (orders, value)), Some((1, 1690)));
    goods::assert_books(&db);
}

/// Twenty orders of one customer at once: none is counted twice or lost.
#[test]
fn orders_at_once_are_all_counted() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 50);
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| order(&db, mug, "ann@example.com"));
        }
    });
    let ann = customer(&db, "ann@example.com");
    assert_eq!(value(&db, ann).map(|(orders, value, _)| (orders, value)), Some((20, 20 * 1690)));
}

#[test]
fn staff_find_a_customer_see_what_is_known_and_note_what_they_learn() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    for email in ["ann@example.com", "bea@example.com", "ann@example.com"] {
        order(&house.db, mug, email);
    }
    let mei = at_work(&house, "mei", role(&house, Preset::Agent)).1;
    mei.get("/admin/customers").says(200, "bea@example.com").says(200, "There was none yet");
    mei.get("/admin/forecasts").says(200, "There was none yet");
    house.db.write_now(|conn| kernel::jobs::enqueue(conn, scores::RUN_JOB, "", None, now(), now())).unwrap();
    house.work();
    let found = mei.get("/admin/customers?order=value").says(200, "€33.80");
    assert!(found.text().find("ann@example.com") < found.text().find("bea@example.com"), "the best first");
    assert!(!mei.get("/admin/customers?q=BEA").says(200, "bea@").body.contains("ann@example.com"));
    mei.get("/admin/customers?group=champions&stage=new&order=nonsense").says(200, "Customers");
    mei.get("/admin/forecasts").says(200, "Too few customers came back");

    let ann = customer(&house.db, "ann@example.com");
    let address = format!("/admin/customers/{ann}");
    let page = mei.get(&address).says(200, "€33.80").says(200, "from 2 orders").says(200, "R1003").says(200, "That is no yes");
    let stale = mei.get(&address);
    mei.submit(&page, &address, &[("tags", "tea , vip,tea"), ("note", "Likes oolong")]).says(200, "Saved");
    let page = mei.get(&address).says(200, "Likes oolong");
    assert!(page.body.contains("value=\"tea, vip\""));
    // Who changes what was changed meanwhile is told, and keeps what they typed.
    let refused = mei.submit(&stale, &address, &[("note", "Likes green")]).says(409, "Somebody changed tags or note meanwhile");
    assert!(refused.body.contains("Likes green"));
    mei.submit(&refused, &address, &[]).says(200, "Saved");
    mei.submit(&page, &address, &[("note", &"x".repeat(5001))]).says(422, "");
    mei.get("/admin/customers/999999").says(404, "");
    let zh = mei.get(&format!("/zh{address}")).says(200, "分组与预测");
    assert!(!zh.text().contains("admin-"), "every text has words");
    at_work(&house, "ben", role(&house, Preset::Fulfilment)).1.get(&address).says(404, "");
}

#[test]
fn a_history_that_was_imported_is_figured_and_its_forecast_tried() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5000);
    for n in 0..60 {
        for _ in 0..(1 + n % 4) {
            order(&house.db, mug, &format!("c{n}@example.com"));
        }
    }
    let currency = Currency::EUR;
    scores::run(&house.db, currency, now()).unwrap();
    let run = house.db.read_now(scores::last_run).unwrap().unwrap();
    assert_eq!(run.buyers, 60);
    let groups: i64 = run.parts.0.groups.iter().map(|(_, part)| part.customers).sum();
    let money: i64 = run.parts.0.stages.iter().map(|(_, part)| part.value).sum();
    assert_eq!((groups, money), (60, 15 * (1 + 2 + 3 + 4) * 1690));
    assert!(run.figures.0.repeat_buying.is_none(), "orders of one day are one visit, and tell nothing of the next");
    let mei = at_work(&house, "mei", role(&house, Preset::Marketer)).1;
    mei.get("/admin/forecasts").says(200, "60 customers").says(200, "Too few customers came back");
}
