//! After-sales: asked by the shopper, answered by staff, settled with its money; and what is refused on the way.

use crate::pairs::dumped;
use crate::races::together;
use crate::returns::sent;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, csrf, person, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::email::Email;
use crm::tickets::{self, Agent, Answer, Asker, Channel, Kind, New, NewMessage, ORDINARY, Outcome, Status, TicketId};
use kernel::money::Currency;
use kernel::{Conn, Db, Error};
use storefront::ids::OrderId;
use storefront::refunds::{Request, RequestLine};
use storefront::service::{self, Allowance, Carried, Deed, Policy, Wish};
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
fn a_refund_from_a_ticket_is_all_or_nothing_and_within_the_limit() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let (placed, line) = sent(&db, mug, 3, 3);
    allow(&db, 0, 0, 1500);
    let ticket = db
        .write_now(move |conn| {
            let order = orders::get(conn, placed.order)?;
            let new = New { order: Some(order.id.0), ..question("ann@example.com") };
            tickets::open(conn, &new, now())
        })
        .unwrap()
        .ticket;
    // PostgreSQL gives the numbers of rows out for good.
    let rows = || dumped(&db).lines().filter(|line| line.starts_with('[')).map(str::to_string).collect::<Vec<_>>();
    let before = rows();
    // Another amount than was shown, a crash after everything was written, a ticket that went on.
    let other = db.write_now(move |conn| {
        let wish = wish(conn, ticket.id, line, 1100)?;
        service::act(conn, &wish, MIA, Allowance::Limited, now())
    });
    assert!(matches!(other, Err(Error::Conflict(text)) if text == "refund-changed"));
    let crashed = db.write_now(move |conn| {
        let wish = wish(conn, ticket.id, line, 1200)?;
        service::act(conn, &wish, MIA, Allowance::Limited, now())?;
        Err::<(), Error>(Error::unexpected("the power went"))
    });
    assert!(crashed.is_err());
    let stale = db.write_now(move |conn| {
        let wish = Wish { seen: 0, ..wish(conn, ticket.id, line, 1200)? };
        service::act(conn, &wish, MIA, Allowance::Limited, now())
    });
    assert!(matches!(stale, Err(Error::Conflict(text)) if text == tickets::STALE));
    assert!(rows() == before, "something of it was written");
    let done = db.write_now(move |conn| {
        let wish = wish(conn, ticket.id, line, 1200)?;
        service::act(conn, &wish, MIA, Allowance::Limited, now())
    });
    assert_eq!((done.unwrap(), given_back(&db, placed.order)), (Carried::Done, vec![1200]));
    assert_eq!(count(&db, ticket.id).0, Status::Solved);

    // Beyond the limit it waits for somebody else, and is done once.
    allow(&db, 0, 0, 1000);
    let proposed = db.write_now(move |conn| {
        let wish = wish(conn, ticket.id, line, 1200)?;
        service::act(conn, &wish, MIA, Allowance::Limited, now())
    });
    let Carried::Proposed(proposal) = proposed.unwrap() else { panic!("it was given") };
    assert_eq!(given_back(&db, placed.order), [1200]);
    let own = db.write_now(move |conn| service::approve(conn, ticket.id, proposal, MIA, now()));
    assert!(matches!(own, Err(Error::Conflict(text)) if text == "service-own-proposal"));
    let approved = together(|_| db.write_now(move |conn| service::approve(conn, ticket.id, proposal, OLGA, now())).is_ok());
    assert_eq!((approved.iter().filter(|ok| **ok).count(), given_back(&db, placed.order)), (1, vec![1200, 1200]));
    goods::assert_books(&db);
}

#[test]
fn the_desk_refunds_cancels_and_credits_from_a_ticket() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 20);
    let (placed, line) = sent(&house.db, mug, 2, 2);
    person(&house, "zoe", role(&house, Preset::Manager));
    allow(&house.db, 0, 0, 1300);
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let page = mia.get("/admin/tickets/new?order=R1001");
    mia.submit(&page, "/admin/tickets/new", &[("subject", "Broken"), ("body", "She called: both are broken")])
        .says(200, "The ticket is open.")
        .says(200, "She called");
    let form = mia.get("/admin/tickets/T1001/refund").says(200, "Request T1001");
    let quantity = format!("quantity-{line}");
    let shown = mia.submit(&form, "/admin/tickets/T1001/refund", &[(&quantity, "2")]).says(200, "€24.00");
    mia.submit(&shown, "/admin/tickets/T1001/refund", &[]).says(200, "somebody else has to approve it");
    assert!(given_back(&house.db, placed.order).is_empty());
    let (_, zoe) = at_work(&house, "max", role(&house, Preset::Manager));
    zoe.get("/admin/tickets").says(200, "Something waits for your decision");
    let page = zoe.get("/admin/tickets/T1001");
    zoe.submit(&page, "/admin/tickets/T1001/proposals/1/approve", &[])
        .says(200, "It is approved and done.")
        .says(200, "€24.00 was given back.");
    assert_eq!(given_back(&house.db, placed.order), [2400]);
    house.work();
    let log = house.db.read_now(|conn| admin::audit::of(conn, "ticket:T1001", 20)).unwrap();
    assert!(log.len() >= 3);

    let page = mia.get("/admin/tickets/T1001");
    mia.submit(&page, "/admin/tickets/T1001/file", &[("queue", "Returns"), ("priority", "1"), ("tags", "broken")]).says(200, "At once");
    let here = |who: &crate::support::visitor::Visitor, seen: &str| {
        who.post("/admin/tickets/T1001/presence", &[("csrf", &csrf(who)), ("seen", seen)])
    };
    here(&mia, "1").says(200, "The ticket went on.");
    assert!(here(&zoe, "1").body.contains("Open at the same time: mia."));
    goods::assert_books(&house.db);
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

#[test]
fn a_limit_counts_together_and_a_proposal_is_about_the_order_as_it_was() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let (placed, line) = sent(&db, mug, 4, 4);
    allow(&db, 0, 0, 1500);
    let opened = |at: i64| {
        let message = NewMessage::text(format!("number {at}"));
        let new = New { order: Some(placed.order.0), message, ..question("ann@example.com") };
        db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap().ticket.id
    };
    let (one, other) = (opened(1), opened(2));
    let give = |ticket: TicketId| {
        db.write_now(move |conn| {
            let wish = wish(conn, ticket, line, 1200)?;
            service::act(conn, &wish, MIA, Allowance::Limited, now())
        })
    };
    assert_eq!(give(one).unwrap(), Carried::Done);
    let Carried::Proposed(proposal) = give(other).unwrap() else { panic!("the limit was given twice in two tickets of one customer") };
    assert!(matches!(give(other), Err(Error::Conflict(text)) if text == "service-proposed-already"));
    // Somebody gives the unit back from the order's page.
    db.write_now(move |conn| {
        let lines = vec![RequestLine { line, quantity: 1, restock: false }];
        let request = Request { lines, sent_back: true, ..Request::default() };
        refunds::request(conn, placed.order, &request, 1200, "staff:3", now())
    })
    .unwrap();
    let late = db.write_now(move |conn| service::approve(conn, other, proposal, OLGA, now()));
    assert!(matches!(late, Err(Error::Conflict(text)) if text == orders::CHANGED));
    assert_eq!(given_back(&db, placed.order), [1200, 1200]);
    goods::assert_books(&db);
}

#[test]
pub fn questions_and_call_backs_come_from_a_page_for_everybody() {
    let house = House::open();
    let ann = house.visitor();
    let form = ann.get("/contact").says(200, "Please call me");
    ann.submit(&form, "/contact", &[("email", "ann@"), ("subject", "Hi"), ("body", "Open today?")]).says(422, "such as ann@example.com");
    let typed: &[(&str, &str)] = &[("email", "ann@example.com"), ("subject", "Hi"), ("body", "Open today?")];
    let token: &[(&str, &str)] = &[("request", "a token that is known")];
    ann.submit(&form, "/contact", &[typed, token].concat()).says(200, "wrote to your mail address");
    assert_eq!(ann.get("/requests/T1001").status, 404, "the link goes to the mailbox alone");
    let (_, eve) = house.signed_in("eve@example.com");
    let own = eve.get("/contact");
    let told = eve.submit(&own, "/contact", &[typed, token].concat()).says(200, "We have your request");
    assert!(!told.at.contains("T1001"), "and not to whoever sends the form's token again: {}", told.at);
    let far: &[(&str, &str)] = &[("call", "on"), ("phone", "1"), ("day", "+262142-12-31"), ("from", "22:00"), ("until", "23:30")];
    ann.submit(&form, "/contact", &[typed, far].concat()).says(422, "the later one second");
    let tomorrow = (house.state.clock.now() + TimeDelta::days(1)).date().to_string();
    let call: &[(&str, &str)] = &[("call", "on"), ("phone", "030 123"), ("day", &tomorrow), ("from", "10:00"), ("until", "09:00")];
    let again = ann.get("/contact");
    ann.submit(&again, "/contact", &[typed, call].concat()).says(422, "the later one second");
    let call: &[(&str, &str)] = &[("call", "on"), ("phone", "030 123"), ("day", &tomorrow), ("from", "10:00"), ("until", "12:00")];
    ann.submit(&again, "/contact", &[typed, call].concat()).says(200, "wrote to your mail address");
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    mia.get("/admin/tickets?kind=call_back").says(200, "T1003");
    mia.get("/admin/tickets/T1003").says(200, "would like to be called").says(200, "030 123");
    house.work();
}

#[test]
fn hostile_requests_are_refused_or_harmless() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let (_, line) = sent(&house.db, mug, 2, 2);
    let (_, ben) = house.signed_in("ben@example.com");
    let key = house.state.signer.sign("order", "R1001");
    let ann = house.visitor();
    let help = format!("/orders/R1001/help?key={key}");
    for odd in ["kind=refund&quantity-x=1", "kind=refund&quantity-99=1", "kind=refund&quantity-99999999999999999999=1"] {
        let status = ann.get(&format!("{help}&{odd}")).status;
        assert!(matches!(status, 200 | 404 | 422), "{odd}: {status}");
    }
    ann.get(&format!("{help}&kind=refund&quantity-{line}=-5")).says(422, "more than can come back");
    let form = ann.get(&format!("{help}&kind=complaint"));
    let script = "<script>alert(1)</script>";
    let page = ann.submit(&form, "/orders/R1001/help", &[("body", script)]).says(200, script);
    assert!(!page.body.contains(script), "it was not escaped");
    assert_eq!(ben.get("/requests/T1001").status, 404, "somebody else's");
    assert_eq!(ben.get("/orders/R1001/help").status, 404);
    let signed = house.state.signer.sign("request", "T1001");
    let act = format!("/requests/T1001/files?key={signed}");
    ann.upload(&page, &act, "x.html", b"<html><script>alert(1)</script>").says(200, "Please choose a picture or a PDF.");
    ann.upload(&page, &act, "../../leak.pdf", b"%PDF-1.4 leak").says(200, "leak.pdf");
    let answer = ann.get(&act.replace("/files", "/files/1"));
    assert!(answer.headers["content-disposition"].starts_with("attachment") && answer.headers["x-content-type-options"] == "nosniff");
    assert_eq!(house.visitor().get("/requests/T1001/files/1").status, 404);
    let long = "x".repeat(tickets::BODY + 1);
    let body = [("key", "no"), ("body", long.as_str())];
    assert!(matches!(ann.post("/requests/T1001/messages", &body).status, 404 | 409 | 422));
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let page = mia.get("/admin/tickets/T1001").says(200, script);
    assert!(!page.body.contains(script), "it was not escaped");
    assert_eq!(mia.get("/admin/tickets/T9999").status, 404);
    assert_eq!(mia.get("/admin/tickets?after=x-y-z&status=nonsense").status, 200);
    house.work();
}

#[test]
fn files_of_staff_reach_the_customer_with_answers_and_never_with_notes() {
    let house = House::open();
    let new = question("ann@example.com");
    house.db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap();
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (reply, note) = ("/admin/tickets/T1001/reply", "/admin/tickets/T1001/note");
    let send = |act: &str, typed: &[(&str, &str)], file: &[u8]| {
        let fields = mia.get("/admin/tickets/T1001").form(act, typed);
        let fields: Vec<(&str, &str)> =
            fields.iter().filter(|(name, _)| !name.ends_with("files")).map(|(name, value)| (name.as_str(), value.as_str())).collect();
        mia.upload_parts(act, &fields, ("files", file))
    };
    // What a file is, its content says; what was typed stays.
    send(reply, &[("body", "The label is here.")], b"<html>hi").says(422, "choose a picture or a PDF").says(422, "The label is here.");
    send(note, &[("note", "Mind him.")], &vec![0u8; 11 << 20]).says(422, "larger than 10 MB").says(422, "Mind him.");
    send(reply, &[("body", "x"), ("seen", "99")], b"%PDF-1.4").says(409, "went on meanwhile");
    let eve = house.visitor();
    assert!(matches!(eve.upload_parts(reply, &[("body", "x")], ("files", b"%PDF-1.4")).at.as_str(), at if at.contains("sign-in")));
    assert_eq!(mia.upload_parts(reply, &[("csrf", "no"), ("body", "x")], ("files", b"%PDF-1.4")).status, 409);
    let count = || {
        let all = house.db.read_now(|conn| {
            let ids: Vec<_> = tickets::thread(conn, TicketId(1), tickets::Eyes::Staff, None, 50)?.iter().map(|one| one.id).collect();
            tickets::files_of(conn, &ids)
        });
        all.unwrap().len()
    };
    assert_eq!(count(), 0, "what was refused is not kept");
    send(note, &[("note", "His old bill.")], b"%PDF-1.4 secret").says(200, "The note is kept").says(200, "x.html");
    send(reply, &[("body", "The label is here.")], b"%PDF-1.4 label").says(200, "The answer is on its way.");
    assert_eq!(count(), 2);
    house.work();
    let mails = house.mails("ann@example.com");
    let told = mails.iter().find(|mail| mail.body_text.contains("The label is here.")).expect("a mail of the answer");
    assert!(told.body_text.contains("A file came with it:") && told.body_html.contains("x.html</a>"), "{}", told.body_text);
    let at = told.body_text.find("/requests/T1001/files/").expect("a link to the file");
    let link = told.body_text[at..].split_whitespace().next().unwrap();
    let ann = house.visitor();
    let file = ann.get(link);
    assert_eq!((file.status, file.body.as_str()), (200, "%PDF-1.4 label"));
    assert!(file.headers["content-disposition"].starts_with("attachment"));
    // The note's file is there for staff alone, whichever link somebody has.
    let secret = link.replace("/files/2?", "/files/1?");
    assert_ne!(secret, link);
    assert_eq!(ann.get(&secret).status, 404);
    assert_eq!(mia.get("/admin/tickets/T1001/files/1").body, "%PDF-1.4 secret");
    let (_, key) = link.split_once('?').unwrap();
    let page = ann.get(&format!("/requests/T1001?{key}")).says(200, "The label is here.");
    assert!(page.body.contains("/files/2") && !page.body.contains("/files/1"), "{}", page.body);
    assert!(mails.iter().all(|mail| !mail.body_text.contains("/files/1?")));
}
