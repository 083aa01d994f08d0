//! Money that is given back from tickets.

use super::{MIA, OLGA, allow, count, given_back, question, wish};
use crate::pairs::dumped;
use crate::races::together;
use crate::returns::sent;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, csrf, person, role};
use admin::permissions::Preset;
use crm::tickets::{self, New, NewMessage, Status, TicketId};
use kernel::Error;
use storefront::refunds::{Request, RequestLine};
use storefront::service::{self, Allowance, Carried, Wish};
use storefront::{orders, refunds};

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
