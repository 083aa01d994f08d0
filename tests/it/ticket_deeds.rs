//! What staff may do from a ticket and beside it: limits, proposals, and what must not get lost.

use crate::exchanges::came_back;
use crate::races::together;
use crate::returns::sent;
use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::tickets::{MIA, OLGA, allow, given_back, question, wish};
use admin::permissions::Preset;
use crm::tickets::{self, Channel, Kind, New, NewMessage, Outcome, Status, TicketId};
use kernel::{Conn, Db};
use storefront::service::{self, Allowance, Carried, Deed, Wish};
use storefront::{orders, shop, store_credit};

const BEYOND: &str = "more than you may give this customer alone";

#[test]
fn the_limit_of_a_person_holds_wherever_they_give() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (placed, line) = sent(&house.db, mug, 4, 4);
    goods::customer(&house.db, "ann@example.com", 0);
    allow(&house.db, 0, 0, 1500);
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (_, zoe) = at_work(&house, "zoe", role(&house, Preset::Manager));
    let quantity = format!("quantity-{line}");
    let refund = |who: &crate::support::visitor::Visitor, units: &str| {
        let shown = who.submit(&who.get("/admin/orders/R1001/refund"), "/admin/orders/R1001/refund", &[(&quantity, units)]);
        who.submit(&shown, "/admin/orders/R1001/refund", &[])
    };
    let credit = |who: &crate::support::visitor::Visitor, amount: &str| {
        let typed: &[(&str, &str)] = &[("email", "ann@example.com"), ("amount", amount), ("reason", "sorry")];
        who.submit(&who.get("/admin/store-credit"), "/admin/store-credit", typed)
    };
    refund(&mia, "2").says(409, BEYOND).says(409, "From a ticket you may propose it");
    assert!(given_back(&house.db, placed.order).is_empty());
    refund(&mia, "1").says(200, "The refund was sent");
    credit(&mia, "3.01").says(409, BEYOND);
    credit(&mia, "3.00").says(200, "€3.00");
    credit(&mia, "0.01").says(409, BEYOND);
    // Orders that give money back when they are cancelled or get smaller, and returns.
    let (paid, _) = sent(&house.db, mug, 1, 0);
    let number = house.db.read_now(move |conn| orders::get(conn, paid.order)).unwrap().number;
    let cancel = format!("/admin/orders/{number}/cancel");
    mia.submit(&mia.get(&cancel), &cancel, &[]).says(200, BEYOND);
    let edit = format!("/admin/orders/{number}/edit");
    let (_, back) = came_back(&house.db, mug, 1);
    let settle = format!("/admin/returns/{back}/refund");
    let shown = mia.submit(&mia.get(&format!("/admin/returns/{back}")), &settle, &[]).says(200, "€12.00");
    mia.submit(&shown, &settle, &[]).says(200, BEYOND);
    let line = house.db.read_now(move |conn| orders::lines(conn, paid.order)).unwrap()[0].id;
    let figures = mia.submit(&mia.get(&edit), &edit, &[(&format!("quantity-{line}"), "0"), ("goods", "MUG 1")]);
    assert_eq!(figures.status, 200);
    // Whoever approves has no limit.
    zoe.submit(&shown_again(&zoe, &settle, back.0), &settle, &[]).says(200, "The return is done");
    zoe.submit(&zoe.get(&cancel), &cancel, &[]).says(200, "cancelled");
    credit(&zoe, "50.00").says(200, "€53.00");
    refund(&zoe, "3").says(200, "The refund was sent");
    // A merge of two customers counts what both were given.
    let balance = house.db.read_now(|conn| {
        let order = orders::get_by_number(conn, "R1001")?;
        store_credit::balance(conn, order.customer_id, EUR)
    });
    assert_eq!(balance.unwrap(), 5300);
    house.work();
    goods::assert_books(&house.db);
}

fn shown_again(who: &crate::support::visitor::Visitor, settle: &str, back: i64) -> crate::support::visitor::Page {
    who.submit(&who.get(&format!("/admin/returns/{back}")), settle, &[])
}

fn opened(db: &Db, order: Option<i64>, text: &str) -> TicketId {
    let new = New { order, message: NewMessage::text(text), ..question("ann@example.com") };
    db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap().ticket.id
}

#[test]
fn many_tickets_of_one_customer_do_not_beat_the_limit_together() {
    let db = goods::open();
    goods::customer(&db, "ann@example.com", 0);
    allow(&db, 0, 0, 1500);
    let all: Vec<TicketId> = (0..50).map(|at| opened(&db, None, &format!("number {at}"))).collect();
    let deed = Deed::Credit { amount: 400, currency: EUR };
    let carried = together(|client| {
        let (ticket, deed) = (all[client], deed.clone());
        db.write_now(move |conn| {
            let seen = tickets::get(conn, ticket)?.version;
            let wish = Wish { ticket, seen, order_seen: None, deed: deed.clone(), solve: false };
            service::act(conn, &wish, MIA, Allowance::Limited, now())
        })
    });
    let done = carried.iter().filter(|one| matches!(one, Ok(Carried::Done))).count();
    assert_eq!((done, carried.iter().filter(|one| matches!(one, Ok(Carried::Proposed(_)))).count()), (3, 47));
    let customer = db.read_now(move |conn| tickets::get(conn, all[0])).unwrap().customer_id.unwrap();
    assert_eq!(db.read_now(move |conn| store_credit::balance(conn, customer, EUR)).unwrap(), 1200);
    goods::assert_books(&db);
}

#[test]
fn a_proposal_keeps_that_the_ticket_ends_with_it() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let (placed, line) = sent(&db, mug, 3, 3);
    allow(&db, 0, 0, 100);
    let propose = |text: &str, solve: bool| {
        let ticket = opened(&db, Some(placed.order.0), text);
        let carried = db.write_now(move |conn| {
            let wish = Wish { solve, ..wish(conn, ticket, line, 1200)? };
            service::act(conn, &wish, MIA, Allowance::Limited, now())
        });
        let Carried::Proposed(proposal) = carried.unwrap() else { panic!("it was given") };
        db.write_now(move |conn| service::approve(conn, ticket, proposal, OLGA, now())).unwrap();
        db.read_now(move |conn| tickets::get(conn, ticket)).unwrap()
    };
    let ended = propose("one", true);
    assert_eq!((ended.status, ended.outcome), (Status::Solved, Some(Outcome::Refunded)));
    assert_eq!(propose("two", false).status, Status::Open);
    goods::assert_books(&db);
}

#[test]
fn an_answer_to_a_ticket_that_was_merged_meanwhile_is_not_lost() {
    let house = House::open();
    let (one, two) = (opened(&house.db, None, "Where is it?"), opened(&house.db, None, "Hello?"));
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let page = mia.get("/admin/tickets/T1002");
    house.db.write_now(move |conn| tickets::merge(conn, two, one, OLGA, [1, 1], now())).unwrap();
    let kept = mia.submit(&page, "/admin/tickets/T1002/reply", &[("body", "It is on its way.")]).says(409, "It is on its way.");
    // What is new there is read first, with the answer below it.
    let read = mia.submit(&kept, "/admin/tickets/T1001/reply", &[]).says(409, "went on meanwhile").says(409, "It is on its way.");
    mia.submit(&read, "/admin/tickets/T1001/reply", &[]).says(200, "The answer is on its way.");
    house.work();
    let answers = house.mails("ann@example.com").into_iter().filter(|mail| mail.body_text.contains("It is on its way.")).count();
    assert_eq!(answers, 1);
}

/// Adds messages to a ticket as a customer who does not stop.
fn much(conn: &mut Conn, ticket: TicketId, count: i64) -> kernel::Result<()> {
    (0..count).try_for_each(|at| tickets::append_from_customer(conn, ticket, &NewMessage::text(format!("line {at}.")), now()).map(drop))
}

#[test]
fn a_long_ticket_is_shown_page_by_page() {
    let house = House::open();
    let ticket = opened(&house.db, None, "the first of many");
    house.db.write_now(move |conn| much(conn, ticket, 5000)).unwrap();
    let long = format!("{} the very end", "word ".repeat(19_000));
    house.db.write_now(move |conn| tickets::append_from_customer(conn, ticket, &NewMessage::text(long.as_str()), now())).unwrap();
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let page = mia.get("/admin/tickets/T1001").says(200, "line 4999.");
    assert!(page.body.len() < 150_000, "{}", page.body.len());
    assert!(!page.text().contains("the very end") && !page.text().contains("line 4900."));
    let link = |page: &crate::support::visitor::Page, part: &str| {
        let at = page.body.find(part).unwrap_or_else(|| panic!("no link with {part}"));
        let rest = &page.body[at..];
        rest[..rest.find(['"', '#']).unwrap()].replace("&amp;", "&")
    };
    mia.get(&format!("/admin/tickets/T1001{}", link(&page, "?whole="))).says(200, "the very end");
    let earlier = mia.get(&format!("/admin/tickets/T1001{}", link(&page, "?before="))).says(200, "line 4950.");
    assert!(!earlier.text().contains("line 4999."));
    let log = |page: &crate::support::visitor::Page| {
        let (before, _) = page.body.split_once("#log\"").unwrap();
        before[before.rfind("?log=").unwrap()..].to_string()
    };
    assert_ne!(log(&mia.get(&format!("/admin/tickets/T1001{}", log(&page)))), log(&page));
}

#[test]
fn call_backs_are_told_by_the_clocks_of_the_shop() {
    let house = House::open();
    house
        .db
        .write_now(|conn| {
            let before = shop::get(conn)?;
            shop::set(conn, &shop::Shop { time_zone: "Europe/Berlin".into(), ..before }, now())
        })
        .unwrap();
    let noon = now().date().and_hms_opt(12, 0, 0).unwrap();
    let call = Some((noon, noon + chrono::TimeDelta::hours(2)));
    let new = New { call, kind: Kind::CallBack, channel: Channel::CallBack, ..question("ann@example.com") };
    house.db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap();
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let local = house.db.read_now(shop::get).unwrap().local(noon).format("%H:%M").to_string();
    assert_ne!(local, "12:00");
    mia.get("/admin/tickets/T1001").says(200, &format!("{local} Europe/Berlin"));
}

#[test]
fn a_stranger_sends_no_words_of_their_own_to_an_address_they_typed() {
    let house = House::open();
    let eve = house.visitor();
    let typed: &[(&str, &str)] =
        &[("email", "victim@example.com"), ("name", "Buy pills"), ("subject", "Win a car at evil.example"), ("body", "Click evil.example")];
    eve.submit(&eve.get("/contact"), "/contact", typed).says(200, "wrote to your mail address");
    house.work();
    let mails = house.mails("victim@example.com");
    let [receipt] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    for part in [&receipt.subject, &receipt.body_text, &receipt.body_html] {
        assert!(!part.contains("evil") && !part.contains("car") && !part.contains("pills"), "{part}");
    }
    assert!(receipt.subject.contains("T1001"), "{}", receipt.subject);
    // Who wrote a mail reads its subject again.
    let new = New { channel: Channel::Mail, ..question("ann@example.com") };
    house.db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap();
    house.work();
    assert!(house.mails("ann@example.com")[0].subject.contains("Mugs"));
}
