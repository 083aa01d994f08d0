//! Goods that come back: asked for, answered, received, inspected, settled; and what is refused on the way.

use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use kernel::{Db, Error};
use storefront::checkout::{Placed, Settlement};
use storefront::ids::{OrderLineId, VariantId};
use storefront::orders;
use storefront::refunds::{self, Request, RequestLine};
use storefront::returns::{self, Outcome, Reason, Status, Wanted, WantedLine};
use storefront::shipments::{self, Parcel};
use storefront::shop::{self, Shop};
use storefront::{payments, stock, store_credit};

/// An order of `units`, paid, of which `sent` were shipped; and its line.
pub fn sent(db: &Db, variant: VariantId, units: i64, sent: i64) -> (Placed, OrderLineId) {
    let (cart, seen) = goods::cart(db, &[(variant, units)], "ann@example.com", "bank_transfer", "");
    let placed = place(db, cart, seen, Settlement::After).unwrap();
    let line = db.write_now(move |conn| {
        payments::record_receipt(conn, placed.payment, "test", now())?;
        let line = orders::lines(conn, placed.order)?[0].id;
        let parcel = Parcel { key: "parcel".into(), lines: vec![(line, sent)], ..Parcel::default() };
        shipments::ship(conn, placed.order, &parcel, "test", now())?;
        Ok(line)
    });
    (placed, line.unwrap())
}

pub fn wanted(key: &str, line: OrderLineId, quantity: i64) -> Wanted {
    Wanted { key: key.into(), lines: vec![WantedLine { line, quantity, reason: Reason::Damaged }], ..Wanted::default() }
}

#[test]
fn no_more_comes_back_than_was_sent_and_not_for_ever() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let (placed, line) = sent(&db, mug, 5, 4);
    let ask = |key: &str, units: i64, days: i64| {
        let wish = wanted(key, line, units);
        db.write_now(move |conn| returns::request(conn, placed.order, &wish, "customer", now() + TimeDelta::days(days)))
    };
    assert!(matches!(ask("five", 5, 0), Err(Error::Invalid(_))), "the fifth was not sent");
    assert!(matches!(ask("late", 1, 31), Err(Error::Invalid(_))), "the days are over");
    assert!(matches!(ask("none", 0, 0), Err(Error::Invalid(_))));
    let first = ask("two", 2, 29).unwrap();
    assert_eq!(ask("two", 2, 0).unwrap(), first, "one form asks once");
    assert!(matches!(ask("three", 3, 0), Err(Error::Invalid(_))), "two of four are on their way");
    // One that was refunded without a return cannot come back for money again.
    db.write_now(move |conn| {
        let lines = vec![RequestLine { line, quantity: 2, restock: false }];
        let request = Request { lines, sent_back: true, ..Request::default() };
        refunds::request(conn, placed.order, &request, 2400, "test", now()).map(drop)
    })
    .unwrap();
    assert!(matches!(ask("one", 1, 0), Err(Error::Invalid(_))));
    db.write_now(move |conn| returns::decline(conn, first, "It is used.", "test", now())).unwrap();
    assert!(matches!(db.write_now(move |conn| returns::approve(conn, first, "", "test", now())), Err(Error::Conflict(_))));
    ask("again", 2, 0).unwrap();
    let numbers = db.read_now(move |conn| returns::of_order(conn, placed.order)).unwrap();
    assert_eq!(numbers.iter().map(|one| one.number.as_str()).collect::<Vec<_>>(), ["R1001-1", "R1001-2"]);
    goods::assert_books(&db);

    let shop = Shop { return_days: 0, ..Shop::default() };
    db.write_now(move |conn| shop::set(conn, &shop, now())).unwrap();
    let stored = db.read_now(move |conn| orders::get(conn, placed.order)).unwrap();
    let order = db.read_now(move |conn| returns::returnable(conn, &stored, now()));
    assert!(order.unwrap().is_empty());
}

#[test]
fn units_not_sent_yet_stay_with_the_order_when_others_come_back() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let (placed, line) = sent(&db, mug, 5, 2);
    let cellar = db.write_now(|conn| stock::add_location(conn, "Cellar")).unwrap();
    let (level, lines, lying) = db
        .write_now(move |conn| {
            let id = returns::request(conn, placed.order, &wanted("w", line, 2), "customer", now())?;
            returns::approve(conn, id, "", "test", now())?;
            returns::receive(conn, id, "test", now())?;
            let found = [returns::Inspected { line, accepted: 2, location: Some(cellar) }];
            returns::inspect(conn, id, &found, "test", now())?;
            assert!(returns::refund(conn, id, 0, false, 2399, "test", now()).is_err(), "another amount was confirmed");
            returns::refund(conn, id, 0, false, 2400, "test", now())?;
            Ok((stock::level(conn, mug)?, orders::lines(conn, placed.order)?, stock::at(conn, cellar, mug)?))
        })
        .unwrap();
    assert_eq!((level.on_hand, level.allocated, lying), (20, 3, 2));
    assert_eq!((lines[0].shipped, lines[0].cancelled, lines[0].refunded, lines[0].open()), (2, 0, 2, 3));
    goods::assert_books(&db);
}

#[test]
fn a_guest_asks_staff_answer_and_the_money_goes_back() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let (placed, line) = sent(&house.db, mug, 2, 2);
    let key = house.state.signer.sign("order", "R1001");
    let ann = house.visitor();
    let order = ann.get(&format!("/orders/R1001?key={key}")).says(200, "Return items");
    assert_eq!(house.visitor().get("/orders/R1001/returns/new").status, 404, "strangers ask for nothing");
    let form = ann.get(&format!("/orders/R1001/returns/new?key={key}")).says(200, "within 30 days");
    let ask = "/orders/R1001/returns";
    let (quantity, reason) = (format!("quantity-{line}"), format!("reason-{line}"));
    ann.submit(&form, ask, &[(&quantity, "3"), (&reason, "damaged")]).says(422, "more than can come back");
    ann.submit(&form, ask, &[(&quantity, "1")]).says(422, "Please choose a reason.");
    ann.submit(&form, ask, &[]).says(422, "at least one unit");
    let typed: &[(&str, &str)] = &[(&quantity, "2"), (&reason, "damaged"), ("comment", "Two <b>cracks</b>")];
    ann.submit(&form, ask, typed).says(200, "R1001-1").says(200, "Asked for");
    ann.submit(&form, ask, typed).says(200, "R1001-1");
    drop(order);
    house.work();

    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    mia.get("/admin/returns?status=requested").says(200, "R1001-1");
    let page = mia.get("/admin/returns/1").says(200, "Two <b>cracks</b>").says(200, "It arrived damaged");
    let token = csrf(&mia);
    let upload = |token: &str, bytes: &[u8]| mia.upload_parts("/admin/returns/1/label", &[("csrf", token)], ("label", bytes));
    upload(&token, b"<svg onload=alert(1)>").says(200, "Use a PDF, JPEG or PNG file.");
    upload(&token, b"\x89PNG\r\n\x1a\nnot really").says(200, "Use a PDF, JPEG or PNG file.");
    upload("wrong", b"%PDF-1.4 label").says(200, "No label yet.");
    upload(&token, b"%PDF-1.4 label").says(200, "The label is attached.");
    let address = format!("/orders/R1001/returns/1/label?key={key}");
    assert_eq!(ann.get(&address).status, 404, "a label is for an approved return");
    mia.submit(&page, "/admin/returns/1/approve", &[("message", "Use the label, please.")]).says(200, "Approved");
    mia.submit(&page, "/admin/returns/1/approve", &[]).says(200, "has moved on meanwhile");
    let label = ann.get(&address);
    assert_eq!((label.status, label.body.as_str(), label.headers["content-type"].as_str()), (200, "%PDF-1.4 label", "application/pdf"));
    assert!(label.headers["content-disposition"].starts_with("attachment"));
    assert_eq!(house.visitor().get("/orders/R1001/returns/1/label").status, 404);
    ann.get(&format!("/orders/R1001?key={key}")).says(200, "Use the label, please.").says(200, "Return label");

    let page = mia.get("/admin/returns/1");
    mia.submit(&page, "/admin/returns/1/receive", &[]).says(200, "Book the inspection");
    let page = mia.get("/admin/returns/1");
    let (accepted, shelf) = (format!("accepted-{line}"), format!("shelf-{line}"));
    mia.submit(&page, "/admin/returns/1/inspect", &[(&accepted, "3")]).says(422, "zero to the units that came");
    let page = mia.submit(&page, "/admin/returns/1/inspect", &[(&accepted, "1"), (&shelf, "")]).says(200, "Settle");
    let shown = mia.submit(&page, "/admin/returns/1/refund", &[("shipping", "4.90")]).says(200, "Bank transfer €16.90");
    mia.submit(&shown, "/admin/returns/1/refund", &[]).says(200, "The return is done");
    mia.submit(&shown, "/admin/returns/1/refund", &[]).says(200, "has moved on meanwhile");
    house.work();

    let mails: Vec<String> = house.mails("ann@example.com").into_iter().map(|mail| mail.template).collect();
    let steps = mails.iter().filter(|template| *template == "return_update").count();
    assert_eq!((steps, mails.contains(&"refund_sent".to_string())), (5, true), "{mails:?}");
    let stored = house.db.read_now(move |conn| Ok((returns::of_order(conn, placed.order)?, refunds::of_order(conn, placed.order)?)));
    let (back, refunds) = stored.unwrap();
    assert_eq!((back[0].status, back[0].outcome), (Status::Closed, Some(Outcome::Refund)));
    assert_eq!(refunds.iter().map(|refund| refund.amount).collect::<Vec<_>>(), [1690]);
    assert_eq!(house.db.read_now(move |conn| stock::level(conn, mug)).unwrap().on_hand, 3, "the broken ones stay off the shelf");
    mia.get("/admin/orders/R1001").says(200, "R1001-1").says(200, "Return received");
    ann.get(&format!("/orders/R1001?key={key}")).says(200, "2 × Mug · 1 accepted");
    let log = house.db.read_now(|conn| admin::audit::of(conn, "return:1", 20)).unwrap();
    assert_eq!(log.len(), 5);
}

#[test]
fn a_customer_takes_credit_and_may_keep_the_goods_after_all() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let (placed, line) = sent(&house.db, mug, 2, 2);
    let id = house.db.write_now(move |conn| returns::request(conn, placed.order, &wanted("w", line, 1), "customer", now())).unwrap();
    let key = house.state.signer.sign("order", "R1001");
    let visitor = house.visitor();
    let page = visitor.get(&format!("/orders/R1001?key={key}"));
    visitor.submit(&page, "/orders/R1001/returns/1/withdraw", &[]).says(200, "Withdrawn");
    assert!(matches!(house.db.write_now(move |conn| returns::receive(conn, id, "test", now())), Err(Error::Conflict(_))));

    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Manager));
    let second = house
        .db
        .write_now(move |conn| {
            let id = returns::request(conn, placed.order, &wanted("x", line, 2), "customer", now())?;
            returns::approve(conn, id, "", "test", now())?;
            returns::receive(conn, id, "test", now())?;
            returns::inspect(conn, id, &[returns::Inspected { line, accepted: 2, location: None }], "test", now())?;
            Ok(id)
        })
        .unwrap();
    let action = format!("/admin/returns/{second}/refund");
    let page = mia.get(&format!("/admin/returns/{second}")).says(200, "Give store credit");
    let shown = mia.submit(&page, &action, &[("outcome", "store_credit")]).says(200, "Store credit €24.00");
    mia.submit(&shown, &action, &[]).says(200, "Store credit");
    assert_eq!(house.db.read_now(move |conn| store_credit::balance(conn, ann, EUR)).unwrap(), 2400);
    house.work();
    let told = house.mails("ann@example.com");
    assert!(told.iter().any(|mail| mail.body_text.contains("on your account as store credit")));
    assert!(!told.iter().any(|mail| mail.subject.contains("mail-return")), "a text is missing");
}

#[test]
fn staff_open_a_return_for_a_customer_who_called() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 20);
    let (placed, line) = sent(&house.db, mug, 2, 2);
    house.work();
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Fulfilment));
    let to = "/admin/orders/R1001/return";
    assert!(mei.get("/admin/orders/R1001").body.contains(to));
    let form = mei.get(to).says(200, "Open a return");
    let units = format!("quantity-{line}");
    mei.submit(&form, to, &[(&units, "3")]).says(422, "more than can come back");
    let (reason, said) = (format!("reason-{line}"), [("comment", "The handle broke.")]);
    let typed = [(units.as_str(), "1"), (reason.as_str(), "damaged"), said[0]];
    mei.submit(&form, to, &typed).says(200, "The return is open.").says(200, "The handle broke.");
    // A second click on the same form asks for nothing more.
    mei.submit(&form, to, &typed).says(200, "R1001-1");
    let made = house.db.read_now(move |conn| returns::of_order(conn, placed.order)).unwrap();
    assert_eq!(made.iter().map(|one| (one.number.as_str(), one.status)).collect::<Vec<_>>(), [("R1001-1", Status::Requested)]);
    house.work();
    assert_eq!(house.mails("ann@example.com").last().unwrap().template, "return_update");
}

#[test]
fn goods_that_came_back_are_scanned_and_nothing_is_accepted_before_somebody_says_so() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 20);
    goods::run(&house.db, "UPDATE variants SET barcode = '4006381333931'");
    let (placed, line) = sent(&house.db, mug, 3, 3);
    let id = house
        .db
        .write_now(move |conn| {
            let id = returns::request(conn, placed.order, &wanted("w", line, 3), "customer", now())?;
            returns::approve(conn, id, "", "test", now())?;
            returns::receive(conn, id, "test", now())?;
            Ok(id)
        })
        .unwrap();
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Fulfilment));
    let (at, inspect) = (format!("/admin/returns/{id}"), format!("/admin/returns/{id}/inspect"));
    let page = mei.get(&at).says(200, "Scan the goods");
    let scan = |goods: &str| mei.submit(&page, &inspect, &[("scan", "1"), ("goods", goods)]);
    // A box says how many are in it; so many did not come.
    scan("(02)04006381333931(37)4").says(422, "At most 3 units of MUG belong here.").holds("(02)04006381333931(37)4");
    scan("(01)09506000134352").says(422, "no variant has the SKU or barcode");
    // A mug as a scanner sends it, with batch and serial number, and one as people read the code.
    let filled = scan("]d2010400638133393110AB-12\u{1d}21X7\n(01)04006381333931(10)A1").says(200, "Scan the goods");
    let accepted = format!("accepted-{line}");
    assert!(filled.form(&inspect, &[]).contains(&(accepted, "2".to_string())), "{}", filled.body);
    let stored = |house: &House| {
        house.db.read_now(move |conn| Ok((returns::get(conn, id)?.status, returns::lines_of(conn, id)?[0].accepted))).unwrap()
    };
    assert_eq!(stored(&house), (Status::Received, 0), "filling in accepts nothing");
    mei.submit(&filled, &inspect, &[]);
    assert_eq!(stored(&house), (Status::Inspected, 2));
    goods::assert_books(&house.db);
}
