//! After-sales: asked by the shopper, answered by staff, settled with its money; and what is refused on the way.

mod money;
mod pages;

use crate::races::together;
use crate::returns::sent;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use crm::email::Email;
use crm::tickets::{self, Agent, Answer, Asker, Channel, Kind, New, NewMessage, ORDINARY, Outcome, Status, TicketId};
use kernel::money::Currency;
use kernel::{Conn, Db, Error};
use storefront::ids::OrderId;
use storefront::refunds::{Request, RequestLine};
use storefront::service::{self, Deed, Policy, Wish};
use storefront::{orders, refunds};

pub const MIA: Agent = Agent { id: 1, actor: "staff:1" };
pub const OLGA: Agent = Agent { id: 2, actor: "staff:2" };

pub fn question(email: &str) -> New<'static> {
    New {
        kind: Kind::Question,
        channel: Channel::Mail,
        subject: "Mugs".into(),
        asker: Asker { email: Email::parse(email, "email").ok(), ..Asker::default() },
        order: None,
        lines: Vec::new(),
        store: 1,
        language: "en".into(),
        call: None,
        queue: String::new(),
        priority: ORDINARY,
        message: NewMessage { message_id: Some("first@example.com".into()), ..NewMessage::text("Are they blue?") },
        logged_by: None,
        request_key: None,
    }
}

/// Lets the shop give money back for what arrived broken, and staff as much as `staff_limit`.
pub fn allow(db: &Db, at_once: i64, per_year: i64, staff_limit: i64) {
    db.write_now(move |conn| {
        let mut policy = Policy { currency: Currency::EUR, staff_limit, ..service::policy(conn)? };
        let rule = policy.rules.entry(Kind::ArrivedBroken).or_default();
        (rule.at_once, rule.per_year) = (at_once, per_year);
        service::save(conn, &policy, now())
    })
    .unwrap();
}

pub fn given_back(db: &Db, order: OrderId) -> Vec<i64> {
    db.read_now(move |conn| refunds::of_order(conn, order)).unwrap().iter().map(|refund| refund.amount).collect()
}

fn count(db: &Db, ticket: TicketId) -> (Status, i64) {
    let ticket = db.read_now(move |conn| tickets::get(conn, ticket)).unwrap();
    (ticket.status, ticket.version)
}

#[test]
fn a_guest_asks_an_agent_answers_and_what_came_of_it_is_rated() {
    let house = House::open_with(&[("REGULARS_MAIL_REPLY_DOMAIN", "reply.shop.test")]);
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let (_, line) = sent(&house.db, mug, 2, 2);
    let key = house.state.signer.sign("order", "R1001");
    let ann = house.visitor();
    ann.get(&format!("/orders/R1001?key={key}")).says(200, "Help with this order");
    assert_eq!(house.visitor().get("/orders/R1001/help").status, 404, "strangers ask for nothing");
    let help = format!("/orders/R1001/help?key={key}");
    ann.get(&help).says(200, "Where is it?");
    ann.get(&format!("{help}&kind=where_is_it")).says(200, "Sent on");
    ann.get(&format!("{help}&kind=warranty")).says(422, "Say how many");
    ann.get(&format!("{help}&kind=wrong_size&quantity-{line}=1")).says(200, "you would get back: €12.00");
    let form = ann.get(&format!("{help}&kind=warranty&quantity-{line}=1")).says(200, "Or ask us");
    ann.submit(&form, "/orders/R1001/help", &[]).says(422, "Please write a few words.");
    let typed: &[(&str, &str)] = &[("body", "It <b>leaks</b>")];
    ann.submit(&form, "/orders/R1001/help", typed).says(200, "Thank you").says(200, "It <b>leaks</b>");
    ann.submit(&form, "/orders/R1001/help", typed).says(200, "Request T1001");
    house.work();
    let receipt = house.mails("ann@example.com").into_iter().find(|mail| mail.template == "ticket_update").unwrap();
    assert_eq!(receipt.written_by.as_str(), "auto-replied");
    assert!(receipt.reply_to.starts_with("reply+t1001-") && receipt.reply_to.ends_with("@reply.shop.test"), "{}", receipt.reply_to);
    let link = receipt.body_text.lines().find_map(|line| Some(line.split_once("/requests/")?.1.to_string())).unwrap();
    let link = format!("/requests/{link}");

    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (_, ben) = at_work(&house, "ben", role(&house, Preset::Agent));
    mia.get("/admin/tickets").says(200, "Warranty: order R1001");
    let page = mia.get("/admin/tickets/T1001").says(200, "It <b>leaks</b>").says(200, "1 asked about");
    mia.submit(&page, "/admin/tickets/T1001/note", &[("note", "She is a regular")]).says(200, "She is a regular");
    let (page, late) = (mia.get("/admin/tickets/T1001"), ben.get("/admin/tickets/T1001"));
    mia.submit(&page, "/admin/tickets/T1001/reply", &[("body", "We send a new one.")]).says(200, "The answer is on its way.");
    let kept = ben.submit(&late, "/admin/tickets/T1001/reply", &[("body", "No.")]).says(409, "went on meanwhile").says(409, "No.");
    assert!(kept.text().contains("We send a new one."), "what is new is shown");
    house.work();
    let mails = house.mails("ann@example.com");
    let answer = mails.iter().find(|mail| mail.written_by.as_str() == "no").unwrap();
    assert!(answer.subject.starts_with("Re: ") && answer.body_text.contains("We send a new one."), "{}", answer.subject);
    assert!(mails.iter().all(|mail| !mail.body_text.contains("a regular") && !mail.body_html.contains("a regular")), "a note left");
    assert_eq!(mails.iter().filter(|mail| mail.body_text.contains("No.")).count(), 0);

    let shown = house.visitor();
    let page = shown.get(&link).says(200, "We send a new one.").says(200, "It is your turn.");
    assert!(!page.text().contains("a regular"));
    assert_eq!(house.visitor().get("/requests/T1001").status, 404);
    assert_eq!(house.visitor().get("/requests/T1001?key=guess").status, 404);
    assert_eq!(shown.get("/requests/T1001/rating").status, 404, "a GET never votes");
    shown.submit(&page, "/requests/T1001/messages", &[("body", "Thank you!")]).says(200, "Thank you!");
    let page = mia.get("/admin/tickets/T1001").says(200, "Thank you!");
    mia.submit(&page, "/admin/tickets/T1001/solve", &[("outcome", "replaced")]).says(200, "The ticket is solved.");
    house.work();
    let page = shown.get(&link).says(200, "New goods are on their way.");
    shown.submit(&page, "/requests/T1001/rating", &[("rating", "5"), ("note", "Quick")]).says(200, "Thank you for telling us.");
    mia.get("/admin/tickets/T1001").says(200, "Very content").says(200, "Quick");
    shown.submit(&page, "/requests/T1001/messages", &[("body", "The new one leaks too")]).says(200, "We are seeing to it.");
    let ticket = house.db.read_now(|conn| tickets::by_number(conn, "t1001")).unwrap();
    assert_eq!((ticket.status, ticket.outcome, ticket.rating), (Status::Open, None, Some(5)));
    goods::assert_books(&house.db);

    // Nothing that was said is left when she is erased.
    let customer = ticket.customer_id.unwrap();
    house.db.write_now(move |conn| orders::get_by_number(conn, "R1001").map(drop)).unwrap();
    let told = house.db.read_now(move |conn| storefront::personal::gather(conn, customer, now())).unwrap().to_string();
    assert!(told.contains("leaks") && !told.contains("She is a regular"));
}

#[test]
fn what_the_policy_decides_is_one_commit_with_the_ticket() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let (placed, line) = sent(&house.db, mug, 3, 3);
    let key = house.state.signer.sign("order", "R1001");
    let ann = house.visitor();
    let help = |units: i64| format!("/orders/R1001/help?key={key}&kind=arrived_broken&quantity-{line}={units}");
    assert!(!ann.get(&help(1)).says(200, "It arrived broken").text().contains("Take the money back"), "nothing is decided by default");
    allow(&house.db, 1500, 1, 10_000);
    assert!(!ann.get(&help(2)).text().contains("Take the money back"), "two come to more than the limit");
    let form = ann.get(&help(1)).says(200, "This goes back to you €12.00");
    // What was shown is what is confirmed: neither more nor a form of yesterday.
    let more = ann.submit(&form, "/orders/R1001/help", &[("expected", "2400")]);
    assert_eq!((more.status, given_back(&house.db, placed.order)), (409, vec![]));
    ann.submit(&form, "/orders/R1001/help", &[("seen", "1")]).says(409, "has changed meanwhile");
    assert!(house.db.read_now(|conn| tickets::by_number(conn, "T1001")).is_err(), "nothing was written");
    let form = ann.get(&help(1));
    ann.submit(&form, "/orders/R1001/help", &[]).says(200, "€12.00 was given back.").says(200, "The money goes back to you.");
    ann.submit(&form, "/orders/R1001/help", &[]).says(200, "€12.00 was given back.");
    assert_eq!(given_back(&house.db, placed.order), [1200]);
    assert!(!ann.get(&help(1)).text().contains("Take the money back"), "once a year");
    let ticket = house.db.read_now(|conn| tickets::by_number(conn, "T1001")).unwrap();
    assert_eq!((ticket.status, ticket.outcome), (Status::Solved, Some(Outcome::Refunded)));
    house.work();
    goods::assert_books(&house.db);
}

#[test]
fn parallel_requests_do_not_beat_the_number_of_decisions() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 500);
    let (placed, line) = sent(&house.db, mug, 60, 60);
    allow(&house.db, 1500, 3, 10_000);
    let db = &house.db;
    let done = together(|client| {
        db.write_now(move |conn| {
            let order = orders::get(conn, placed.order)?;
            let units = vec![(line, 1)];
            let offer = service::answer(conn, &order, Kind::ArrivedBroken, &units, now())?.ok_or(Error::NotFound)?;
            let ask = service::Ask {
                kind: Kind::ArrivedBroken,
                units,
                text: String::new(),
                key: format!("client {client} of this test"),
                subject: "Broken".into(),
                language: "en".into(),
                decided: Some(service::Decided { amount: offer.amount, seen: offer.seen }),
            };
            service::ask(conn, &order, &ask, now())
        })
    });
    assert!(done.iter().filter(|one| one.is_ok()).count() <= 3);
    assert_eq!(given_back(db, placed.order).len(), done.iter().filter(|one| one.is_ok()).count());
    goods::assert_books(db);
}

#[test]
fn of_many_answers_to_one_message_one_is_sent() {
    let house = House::open();
    let ticket = house.db.write_now(|conn| tickets::open(conn, &question("ann@example.com"), now())).unwrap().ticket;
    let db = &house.db;
    let sent = together(|client| {
        let answer = Answer { message: NewMessage::text(format!("answer {client}")), solve: None };
        let agent = Agent { id: i64::try_from(client).unwrap(), actor: "staff:1" };
        db.write_now(move |conn| tickets::reply(conn, ticket.id, &answer, agent, ticket.version, now()))
    });
    assert_eq!(sent.iter().filter(|one| one.is_ok()).count(), 1);
    assert!(sent.into_iter().filter_map(Result::err).all(|error| matches!(error, Error::Conflict(text) if text == tickets::STALE)));
    house.work();
    let answers = house.mails("ann@example.com").into_iter().filter(|mail| mail.written_by.as_str() == "no").count();
    assert_eq!(answers, 1);
    // The answer stands in the thread of the mail that asked.
    let answer = house.mails("ann@example.com").into_iter().find(|mail| mail.written_by.as_str() == "no").unwrap();
    assert_eq!((answer.in_reply_to.as_str(), answer.thread.as_str()), ("first@example.com", "first@example.com"));
    let found = db.read_now(move |conn| tickets::by_message_id(conn, &answer.message_id)).unwrap();
    assert_eq!(found.map(|(ticket, _)| ticket), Some(ticket.id));
}

#[test]
fn receipts_to_one_address_come_to_an_end() {
    let house = House::open();
    for at in 0..30 {
        let new = New { message: NewMessage::text(format!("again {at}")), ..question("robot@example.com") };
        house.db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap();
    }
    let automatic = NewMessage { automatic: true, ..NewMessage::text("Out of office") };
    let new = New { message: automatic, ..question("machine@example.com") };
    house.db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap();
    house.work();
    assert_eq!(
        (house.mails("robot@example.com").len(), house.mails("machine@example.com").len()),
        (5, 0),
        "no more in an hour, and none to a machine"
    );
}

/// A refund of one mug from a ticket about order R1001.
pub fn wish(conn: &mut Conn, ticket: TicketId, line: storefront::ids::OrderLineId, expected: i64) -> kernel::Result<Wish> {
    let order = orders::get_by_number(conn, "R1001")?;
    let lines = vec![RequestLine { line, quantity: 1, restock: false }];
    let request = Request { lines, sent_back: true, ..Request::default() };
    Ok(Wish {
        ticket,
        seen: tickets::get(conn, ticket)?.version,
        order_seen: Some(orders::version(conn, order.id)?),
        deed: Deed::Refund { request, expected },
        solve: true,
    })
}

#[test]
fn a_link_shows_its_own_ticket_after_merging_too() {
    let house = House::open();
    let ask = |text: &'static str, id: &'static str| {
        let message = NewMessage { message_id: Some(id.into()), ..NewMessage::text(text) };
        let new = New { message, ..question("ann@example.com") };
        house.db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap().ticket
    };
    // Of two who gave the same address, one may have typed that of the other.
    let (mine, theirs) = (ask("My street is Kiln Lane", "1@example.com"), ask("Same as T1001, please", "2@example.com"));
    house.db.write_now(move |conn| tickets::merge(conn, mine.id, theirs.id, MIA, [mine.version, theirs.version], now())).unwrap();
    let link = |number: &str| format!("/requests/{number}?key={}", house.state.signer.sign("request", number));
    let page = house.visitor().get(&link("T1002")).says(200, "Same as T1001");
    assert!(!page.text().contains("Kiln Lane"), "a link that was given without proof showed what somebody else wrote");
    let visitor = house.visitor();
    let page = visitor.get(&link("T1001")).says(200, "Kiln Lane").says(200, "It goes on in another request.");
    visitor.submit(&page, "/requests/T1001/messages", &[("body", "And number 12")]).says(200, "Your message was sent.");
    let thread = house.db.read_now(move |conn| tickets::thread(conn, theirs.id, tickets::Eyes::Staff, None, 10)).unwrap();
    assert_eq!(thread.len(), 3, "staff have it all in one");
    house.work();
}
