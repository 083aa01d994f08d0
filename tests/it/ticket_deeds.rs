//! What staff may do from a ticket and beside it: limits, proposals, and what must not get lost.

use crate::exchanges::came_back;
use crate::pairs::dumped;
use crate::races::together;
use crate::returns::sent;
use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use crate::tickets::{MIA, OLGA, allow, given_back, question, wish};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::tickets::{self, Channel, Kind, New, NewMessage, Outcome, Status, TicketId};
use kernel::{Conn, Db, Error};
use storefront::checkout::Settlement;
use storefront::orders::{self, OrderStatus};
use storefront::service::{self, Allowance, Carried, Deed, Wish};
use storefront::{shop, stock, store_credit};

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

pub fn opened(db: &Db, order: Option<i64>, text: &str) -> TicketId {
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
    let call = Some((noon, noon + TimeDelta::hours(2)));
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

/// The deed about the first order, as somebody sees both now.
fn deed(conn: &mut Conn, ticket: TicketId, deed: &Deed) -> kernel::Result<Wish> {
    let order = orders::get_by_number(conn, "R1001")?;
    let seen = tickets::get(conn, ticket)?.version;
    Ok(Wish { ticket, seen, order_seen: Some(orders::version(conn, order.id)?), deed: deed.clone(), solve: true })
}

#[test]
fn goods_are_sent_again_in_one_commit_or_not_at_all() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 6);
    let (placed, line) = sent(&db, mug, 3, 3);
    allow(&db, 0, 0, 2500);
    let ticket = opened(&db, Some(placed.order.0), "two are broken");
    let again = |units: i64, expected: i64| {
        let wanted = Deed::Resend { units: vec![(line, units)], expected };
        db.write_now(move |conn| {
            let wish = deed(conn, ticket, &wanted)?;
            service::act(conn, &wish, MIA, Allowance::Limited, now())
        })
    };
    let rows = || dumped(&db).lines().filter(|line| line.starts_with('[')).map(str::to_string).collect::<Vec<_>>();
    let before = rows();
    assert!(matches!(again(4, 4800), Err(Error::Invalid(_))), "only three were sent");
    assert!(matches!(again(2, 2399), Err(Error::Conflict(text)) if text == "refund-changed"));
    let crashed = db.write_now(move |conn| {
        let wish = deed(conn, ticket, &Deed::Resend { units: vec![(line, 2)], expected: 2400 })?;
        service::act(conn, &wish, MIA, Allowance::Limited, now())?;
        Err::<(), Error>(Error::unexpected("the power went"))
    });
    assert!(crashed.is_err() && rows() == before, "something of it was written");
    assert_eq!(again(2, 2400).unwrap(), Carried::Done);
    let (new, was, level) = db
        .read_now(move |conn| {
            // What was rolled back took a number on PostgreSQL.
            let new = (1002..1010).find_map(|number| orders::get_by_number(conn, &format!("R{number}")).ok()).unwrap();
            Ok((new, tickets::get(conn, ticket)?, stock::level(conn, mug)?))
        })
        .unwrap();
    assert_eq!((new.total, new.status, new.source.as_str(), new.shipping_gross()), (0, OrderStatus::Confirmed, "resend", 0));
    assert_eq!((level.on_hand, level.allocated), (3, 2));
    assert_eq!((was.status, was.outcome), (Status::Solved, Some(Outcome::Replaced)));
    let again_id = new.id;
    let margin = db.read_now(move |conn| storefront::margins::of_order(conn, &new)).unwrap();
    assert_eq!(margin.goods, 0, "nothing was brought in for them");
    // What is not there is refused, and a cancelled order gives its codes to nobody.
    db.write_now(move |conn| tickets::reopen(conn, ticket, "staff:1", None, now())).unwrap();
    allow(&db, 0, 0, 100_000);
    again(1, 1200).unwrap();
    db.write_now(move |conn| tickets::reopen(conn, ticket, "staff:1", None, now())).unwrap();
    assert!(matches!(again(3, 3600), Err(Error::Conflict(text)) if text == "service-resend-not-there"));
    let codes = db.write_now(move |conn| {
        orders::cancel(conn, again_id, orders::CancelReason::Staff, "test", now())?;
        Ok(orders::adjustments(conn, again_id)?
            .iter()
            .filter_map(|one| one.source.strip_prefix("coupon:").map(str::to_string))
            .collect::<Vec<_>>())
    });
    let code = codes.unwrap().into_iter().find(|code| !code.ends_with(":shipping")).unwrap();
    let later = now() + TimeDelta::minutes(1);
    let (cart, _) = goods::cart(&db, &[(mug, 1)], "ann@example.com", "bank_transfer", &code);
    assert!(db.read_now(move |conn| storefront::carts::quote(conn, cart, later)).unwrap().priced.total > 0);
    goods::assert_books(&db);
}

#[test]
fn an_agent_sends_again_and_gives_a_coupon_that_one_person_uses_once() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 20);
    let (placed, line) = sent(&house.db, mug, 2, 2);
    allow(&house.db, 0, 0, 1300);
    opened(&house.db, Some(placed.order.0), "both are broken");
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (_, zoe) = at_work(&house, "zoe", role(&house, Preset::Manager));
    let act = "/admin/tickets/T1001/resend";
    let quantity = format!("quantity-{line}");
    let form = mia.get(act).says(200, "to the address of the first one");
    mia.submit(&form, act, &[(&quantity, "0")]).says(422, "Choose what is sent again.");
    let shown = mia.submit(&form, act, &[(&quantity, "2")]).says(200, "Their price before reductions €24.00");
    mia.submit(&shown, act, &[]).says(200, "somebody else has to approve it");
    zoe.submit(&zoe.get("/admin/tickets/T1001"), "/admin/tickets/T1001/proposals/1/approve", &[])
        .says(200, "It is approved and done.")
        .says(200, "sent again at no charge: order R1002");
    let ticket = house.db.read_now(|conn| tickets::by_number(conn, "T1001")).unwrap();
    assert_eq!(ticket.outcome, Some(Outcome::Replaced), "it was to end with it");
    zoe.get("/admin/orders/R1002").says(200, "Sent again at no charge for order: R1001");
    zoe.get("/admin/orders/R1001").says(200, "Goods sent again in order: R1002");

    // Its mail tells what came of the ticket.
    house.work();
    let coupon = "/admin/tickets/T1001/coupon";
    let typed: &[(&str, &str)] = &[("worth", "5.00"), ("days", "0")];
    mia.submit(&mia.get("/admin/tickets/T1001"), coupon, typed).says(422, "from 1 to 730");
    mia.submit(&mia.get("/admin/tickets/T1001"), coupon, &[("worth", "5.00"), ("days", "30")]).says(200, "is told the code");
    mia.submit(&mia.get("/admin/tickets/T1001"), coupon, &[("worth", "50"), ("cut", "percent")])
        .says(200, "somebody else has to approve it");
    house.work();
    let mails = house.mails("ann@example.com");
    let told: Vec<&str> = mails.iter().filter_map(|mail| Some(mail.body_text.split_once("coupon over €5.00: ")?.1)).collect();
    let [told] = told.as_slice() else { panic!("{} mails with a code", told.len()) };
    let code = &told[..11];
    let total = |email: &str| {
        let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], email, "bank_transfer", code);
        (cart, seen, seen.total)
    };
    assert_eq!(total("ben@example.com").2, 1690, "it is for nobody else");
    let (cart, seen, sum) = total("ann@example.com");
    assert_eq!(sum, 1190);
    goods::place(&house.db, cart, seen, Settlement::After).unwrap();
    assert_eq!(total("ann@example.com").2, 1690, "it was used");
    house.work();
    goods::assert_books(&house.db);
}

#[test]
fn the_inbox_is_searched_and_its_filters_are_kept() {
    let house = House::open();
    opened(&house.db, None, "?");
    let other = New { subject: "Wo bleibt die Kanne".into(), ..question("ben@example.com") };
    house.db.write_now(move |conn| tickets::open(conn, &New { message: NewMessage::text("?"), ..other.clone() }, now())).unwrap();
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (_, ben) = at_work(&house, "ben", role(&house, Preset::Agent));
    let asked = mia.get("/admin/tickets?q=kanne+ben&whose=nobody&after=").says(200, "T1002");
    assert!(!asked.text().contains("T1001"));
    assert!(mia.get("/admin/tickets?q=t1002").at.ends_with("/admin/tickets/T1002"), "a number leads to its ticket");
    let keep = "/admin/tickets/filters?q=kanne+ben&whose=nobody";
    mia.submit(&asked, keep, &[("name", " ")]).says(200, "Give a name");
    let kept = mia.submit(&asked, keep, &[("name", "Pots"), ("shared", "on")]).says(200, "Pots");
    assert!(!mia.get("/admin/products").text().contains("Pots"), "it is of another list");
    ben.get("/admin/tickets").says(200, "Pots");
    assert_eq!(ben.post("/admin/tickets/filters/1/delete", &[("csrf", &csrf(&ben))]).status, 200);
    mia.submit(&kept, "/admin/tickets/filters/1/delete", &[]);
    assert!(!ben.get("/admin/tickets").text().contains("Pots"));
}
