//! What staff see and do on the page of one customer: tasks, what their orders left, what they prefer.

use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::tasks::{self, Filter};
use crm::{CustomerId, customers, purchases, scores};
use diesel::connection::SimpleConnection;
use kernel::{Conn, Db, Result};
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::checkout::Settlement;
use storefront::habits::{self, Channel, Habit};
use storefront::ids::{CategoryId, OrderId, VariantId};
use storefront::refunds::{self, Request, RequestLine};
use storefront::{drafts, margins, orders, payments, personal, rebuild, shop};

const ANN: &str = "ann@example.com";

/// A product that cost the shop so much; nothing is said of its cost without.
fn costed(db: &Db, title: &'static str, price: i64, cost: Option<i64>) -> VariantId {
    product(db, title, price, cost, Vec::new())
}

fn product(db: &Db, title: &'static str, price: i64, cost: Option<i64>, categories: Vec<CategoryId>) -> VariantId {
    db.write_now(move |conn| {
        let sku = Some(title.to_uppercase());
        let variant = Variant { sku, price: Some(price), cost, count: Some(50), weight_grams: 300, ..Variant::default() };
        let product = Product {
            status: Status::Active,
            title: title.into(),
            variants: vec![variant],
            categories: categories.clone(),
            ..Product::default()
        };
        catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "test", base: None, now: now() })?;
        Ok(catalog::find_variant(conn, &title.to_uppercase())?.expect("the variant was just saved"))
    })
    .unwrap()
}

fn ordered(db: &Db, lines: &[(VariantId, i64)]) -> OrderId {
    let (cart, seen) = goods::cart(db, lines, ANN, "bank_transfer", "");
    place(db, cart, seen, Settlement::After).unwrap().order
}

fn refund(conn: &mut Conn, order: OrderId, quantity: i64, restock: bool) -> Result<()> {
    let line = orders::lines(conn, order)?[0].id;
    let request = Request { lines: vec![RequestLine { line, quantity, restock }], reason: "x".into(), ..Request::default() };
    let stored = orders::get(conn, order)?;
    let amount = refunds::preview(conn, &stored, &request)?.amount;
    let id = refunds::request(conn, order, &request, amount, "test", now())?;
    refunds::settle(conn, id, now())
}

#[test]
fn an_order_leaves_what_its_goods_bring_less_what_they_cost() {
    let db = goods::open();
    let (mug, pot) = (costed(&db, "Mug", 1190, Some(400)), costed(&db, "Pot", 2380, None));
    let ann = goods::customer(&db, ANN, 0);
    let order = ordered(&db, &[(mug, 3), (pot, 1)]);
    let kept = |order: OrderId| {
        let margin = db.read_now(move |conn| purchases::margin(conn, order.0)).unwrap().unwrap();
        (margin.goods, margin.given_back, margin.cost, margin.uncosted)
    };
    let score = || db.read_now(move |conn| scores::of(conn, ann)).unwrap().map(|score| (score.margin, score.uncosted));
    // Three at 10.00 and one at 20.00 without their tax of 19 %.
    assert_eq!(kept(order), (5000, 0, 1200, 1));
    assert_eq!(score(), Some((3800, 1)));
    db.write_now(move |conn| {
        let payment = payments::latest(conn, order)?.unwrap().id;
        payments::record_receipt(conn, payment, "test", now())?;
        // Not sent yet, it will not be: nothing was spent on it.
        refund(conn, order, 1, false)
    })
    .unwrap();
    assert_eq!(kept(order), (5000, 1000, 800, 1));
    db.write_now(move |conn| {
        let line = orders::lines(conn, order)?[0].id;
        let parcel = storefront::shipments::Parcel { key: "p".into(), lines: vec![(line, 2)], ..Default::default() };
        storefront::shipments::ship(conn, order, &parcel, "test", now())?;
        let request = |restock| Request { lines: vec![RequestLine { line, quantity: 1, restock }], sent_back: true, ..Request::default() };
        for restock in [true, false] {
            let (stored, request) = (orders::get(conn, order)?, request(restock));
            let amount = refunds::preview(conn, &stored, &request)?.amount;
            let id = refunds::request(conn, order, &request, amount, "test", now())?;
            refunds::settle(conn, id, now())?;
        }
        Ok(())
    })
    .unwrap();
    // One came back into stock, the other is broken.
    assert_eq!(kept(order), (5000, 3000, 400, 1));
    assert_eq!(score(), Some((1600, 1)));
    goods::assert_books(&db);
    rebuild::run(&db, now(), &mut |_| {}).unwrap();
    assert_eq!((kept(order), score()), ((5000, 3000, 400, 1), Some((1600, 1))));
    let books = db
        .read_now(move |conn| {
            let order = orders::get(conn, order)?;
            margins::of_order(conn, &order)
        })
        .unwrap();
    assert_eq!(books.left(), 1600);
    let cancelled = ordered(&db, &[(mug, 1)]);
    db.write_now(move |conn| orders::cancel(conn, cancelled, orders::CancelReason::Staff, "test", now())).unwrap();
    assert_eq!(score(), Some((1600, 1)));
    goods::assert_books(&db);
    // What the migration makes of orders from before it is the same.
    let folder = if matches!(db.target(), kernel::db::Target::File(_)) { "sqlite" } else { "postgres" };
    let file = format!("{}/migrations/{folder}/2026-11-22-000063_margins/up.sql", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).unwrap();
    let updates = text.split(';').filter(|one| one.trim_start().starts_with("UPDATE"));
    let again: String = updates.map(|one| format!("{one};")).collect();
    let nothing = "UPDATE purchases SET goods = 0, given_back = 0, cost = 0, uncosted = 0; UPDATE scores SET margin = 0, uncosted = 0;";
    let again = format!("{nothing} {again}");
    db.write_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(&again))?)).unwrap();
    assert_eq!((kept(order), score()), ((5000, 3000, 400, 1), Some((1600, 1))));
    goods::assert_books(&db);
}

#[test]
fn the_list_and_the_page_tell_what_was_left() {
    let house = House::open();
    let (mug, gold) = (costed(&house.db, "Mug", 1190, Some(400)), costed(&house.db, "Gold", 1190, Some(1500)));
    for (email, variant) in [(ANN, mug), ("bea@example.com", gold)] {
        let (cart, seen) = goods::cart(&house.db, &[(variant, 1)], email, "bank_transfer", "");
        place(&house.db, cart, seen, Settlement::After).unwrap();
    }
    let mei = at_work(&house, "mei", role(&house, Preset::Manager)).1;
    let all = mei.get("/admin/customers?order=margin").says(200, "€6.00").says(200, "−€5.00").text();
    assert!(all.find(ANN) < all.find("bea@example.com"));
    let loss = mei.get("/admin/customers?earning=loss").says(200, "bea@example.com").text();
    assert!(!loss.contains(ANN));
    mei.get("/admin/customers/1").says(200, "Contribution margin").says(200, "€6.00").says(200, "too little to tell");
}

#[test]
fn tasks_are_set_ticked_off_and_found_again() {
    let house = House::open();
    let ann = goods::customer(&house.db, ANN, 0);
    goods::customer(&house.db, "bea@example.com", 0);
    let mei = at_work(&house, "mei", role(&house, Preset::Agent)).1;
    let page = mei.get(&format!("/admin/customers/{ann}")).says(200, "Nothing is to be done about this customer");
    let form = format!("/admin/customers/{ann}/tasks");
    mei.submit(&page, &form, &[("title", ""), ("due", "soon")]).says(422, "Enter a day");
    let late = (now() - TimeDelta::days(2)).date().to_string();
    let staff = house.db.read_now(|conn| Ok(admin::staff::list(conn)?[0].id.0.to_string())).unwrap();
    let fields = [("title", "Call about the broken pot"), ("due", late.as_str()), ("assignee", staff.as_str()), ("remark", "after five")];
    mei.submit(&page, &form, &fields).says(200, "The task is set").says(200, "overdue").says(200, "after five");
    mei.get("/admin").says(200, "one of them overdue");
    mei.get("/admin/customers?task=open").says(200, ANN);
    assert!(!mei.get("/admin/customers?task=open").text().contains("bea@example.com"));
    let task = house.db.read_now(|conn| tasks::list(conn, &Filter::default(), 9)).unwrap().remove(0);
    let edit = format!("{form}/{}", task.id);
    let first = mei.get(&edit).says(200, "Task about Ann");
    let later = [("title", "Call again"), ("due", late.as_str())];
    mei.submit(&first, &edit, &later).says(200, "Call again");
    mei.submit(&first, &edit, &[("title", "Write"), ("due", late.as_str())]).says(409, "Somebody changed the task");
    let list = mei.get("/admin/tasks").says(200, "Call again").says(200, "Ann");
    mei.submit(&list, &format!("{edit}/done"), &[("from", "all")]).says(200, "The task is done").says(200, "Nothing to do here");
    mei.get("/admin/tasks?state=done").says(200, "Call again");
    mei.get(&format!("/admin/customers/{ann}/timeline?kind=task_done")).says(200, "Call again");
    let list = mei.get("/admin/tasks?state=done");
    mei.submit(&list, &format!("{edit}/undone"), &[("from", "all")]).says(200, "open again").says(200, "Call again");
    assert!(house.db.read_now(move |conn| personal::gather(conn, ann, now())).unwrap().to_string().contains("Call again"));
    house.db.write_now(move |conn| storefront::erasure::erase(conn, ann, now())).unwrap();
    house.follow();
    assert!(!crate::pairs::dumped(&house.db).contains("Call again"));
    let helper = at_work(&house, "helper", role(&house, Preset::Fulfilment)).1;
    assert_eq!(helper.get("/admin/tasks").status, 404);
}

#[test]
fn what_somebody_prefers_is_told_with_what_it_rests_on() {
    let db = goods::open();
    let change = catalog::CategoryChange { name: "Cups".into(), ..Default::default() };
    let cups = db.write_now(move |conn| catalog::save_category(conn, &change, now())).unwrap();
    let mug = product(&db, "Mug", 1190, None, vec![cups]);
    let pot = costed(&db, "Pot", 2380, None);
    let habits = |id: CustomerId| {
        db.read_now(move |conn| {
            let shop = shop::get(conn)?;
            habits::of(conn, &shop, id, "en")
        })
        .unwrap()
    };
    for _ in 0..4 {
        ordered(&db, &[(mug, 1), (pot, 1)]);
    }
    let ann = db.read_now(|conn| Ok(customers::after(conn, 0, 1)?[0].id)).unwrap();
    assert_eq!(habits(ann).channel, Habit::TooLittle { of: 4 });
    ordered(&db, &[(mug, 2)]);
    let cancelled = ordered(&db, &[(pot, 9)]);
    db.write_now(move |conn| orders::cancel(conn, cancelled, orders::CancelReason::Staff, "test", now())).unwrap();
    let found = habits(ann);
    assert_eq!(found.channel, Habit::Clear { what: Channel::Shop, count: 5, of: 5 });
    assert_eq!(found.category, Habit::Clear { what: "Cups".into(), count: 6, of: 6 });
    assert!(matches!(found.hours, Habit::Clear { count: 5, of: 5, .. }));
    assert_eq!(Channel::Staff.as_str(), drafts::SOURCE);
}
