//! Other goods for goods of an order, from its ticket: the difference is seen first, all of it is one commit, and what comes later is shelved.

use crate::exchanges::shirt;
use crate::pairs::dumped;
use crate::races::together;
use crate::returns::sent;
use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::ticket_deeds::opened;
use crate::tickets::{MIA, OLGA, allow, given_back};
use admin::permissions::Preset;
use crm::tickets::{self, Outcome, Status, TicketId};
use kernel::{Conn, Db, Error};
use storefront::exchanges::Expected;
use storefront::ids::{LocationId, OrderLineId, VariantId};
use storefront::orders::{self, Order, OrderStatus, PaymentStatus};
use storefront::service::exchange::{self, Exchange, Swap};
use storefront::service::{self, Allowance, Carried, Deed, Wish};
use storefront::{exchanges, returns, stock, store_credit};

fn first(conn: &mut Conn) -> kernel::Result<Order> {
    orders::get_by_number(conn, "R1001")
}

/// What somebody sees when they want `quantity` units of the line for `variant`.
fn seen(db: &Db, ticket: TicketId, line: OrderLineId, quantity: i64, variant: VariantId, at: Option<LocationId>) -> kernel::Result<Wish> {
    db.write_now(move |conn| {
        let (order, swaps) = (first(conn)?, vec![Swap { line, quantity, variant }]);
        let cart = exchange::draft(conn, &order, &swaps, "bank_transfer", now())?;
        let plan = exchange::compare(conn, &order, &swaps, 0, cart, now())?;
        let figures = Expected { version: plan.quote.cart.version, total: plan.quote.priced.total, refund: plan.refund.amount };
        let deed = Deed::Exchange(Exchange { swaps, shipping: 0, location: at, cart, hours: 72, seen: figures });
        let seen = tickets::get(conn, ticket)?.version;
        Ok(Wish { ticket, seen, order_seen: Some(orders::version(conn, order.id)?), deed, solve: true })
    })
}

fn act(db: &Db, wish: &Wish) -> kernel::Result<Carried> {
    let wish = wish.clone();
    db.write_now(move |conn| service::act(conn, &wish, MIA, Allowance::Limited, now()))
}

#[test]
fn an_exchange_from_a_ticket_is_one_commit_that_one_of_many_wins() {
    let db = goods::open();
    let (medium, large) = shirt(&db);
    let (placed, line) = sent(&db, medium, 2, 2);
    allow(&db, 0, 0, 10_000);
    let ticket = opened(&db, Some(placed.order.0), "too small");
    let refused = |wish: kernel::Result<Wish>| matches!(wish, Err(Error::Invalid(_)));
    let mug = goods::product(&db, "Mug", 1200, 5);
    assert!(refused(seen(&db, ticket, line, 3, large, None)), "two were sent");
    assert!(refused(seen(&db, ticket, line, 0, large, None)));
    assert!(refused(seen(&db, ticket, line, 1, mug, None)), "another product");
    assert!(refused(seen(&db, ticket, line, i64::MAX, large, None)));
    let wish = seen(&db, ticket, line, 1, large, None).unwrap();
    let Deed::Exchange(figures) = &wish.deed else { panic!("another deed") };
    assert_eq!((figures.seen.refund, figures.seen.total), (2000, 3090));
    // Other units than were shown, another price, another draft: nothing is done.
    let other = |change: &dyn Fn(&mut Exchange)| {
        let mut wish = wish.clone();
        if let Deed::Exchange(wanted) = &mut wish.deed {
            change(wanted);
        }
        act(&db, &wish)
    };
    let rows = || dumped(&db).lines().filter(|line| line.starts_with('[')).map(str::to_string).collect::<Vec<_>>();
    let before = rows();
    for (changed, what) in [
        (other(&|wanted| wanted.swaps[0].quantity = 2), "more units"),
        (other(&|wanted| wanted.seen.total -= 1), "a lower price"),
        (other(&|wanted| wanted.shipping = 100), "delivery that was not shown"),
        (other(&|wanted| wanted.cart.0 = 999), "another draft"),
    ] {
        assert!(matches!(changed, Err(Error::Conflict(text)) if text == "exchange-changed"), "{what}");
    }
    let crashed = {
        let wish = wish.clone();
        db.write_now(move |conn| {
            service::act(conn, &wish, MIA, Allowance::Limited, now())?;
            Err::<(), Error>(Error::unexpected("the power went"))
        })
    };
    assert!(crashed.is_err() && rows() == before, "something of it was written");

    let carried = together(|_| act(&db, &wish));
    assert_eq!(carried.iter().filter(|one| matches!(one, Ok(Carried::Done))).count(), 1);
    assert!(carried.iter().all(|one| matches!(one, Ok(_) | Err(Error::Conflict(_)))), "{carried:?}");
    let (back, new, was, levels, credit) = db
        .read_now(move |conn| {
            let back = returns::of_order(conn, placed.order)?;
            let made = exchanges::of_return(conn, back[0].id)?.unwrap();
            let new = orders::get(conn, made.order_id)?;
            let credit = store_credit::balance(conn, new.customer_id, EUR)?;
            Ok((back, new, tickets::get(conn, ticket)?, (stock::level(conn, medium)?, stock::level(conn, large)?), credit))
        })
        .unwrap();
    assert_eq!(back.len(), 1);
    assert_eq!(given_back(&db, placed.order), [2000]);
    assert_eq!((new.total, new.status, new.source.as_str(), credit), (3090, OrderStatus::Confirmed, "exchange", 0));
    assert_ne!(new.payment_status, PaymentStatus::Paid, "10.90 is left to pay");
    assert_eq!((levels.0.on_hand, levels.1.allocated), (3, 1), "the first one is still with the customer");
    assert_eq!((was.status, was.outcome), (Status::Solved, Some(Outcome::Exchanged)));
    goods::assert_books(&db);
    // The goods come: they are shelved once.
    let (id, place) = (back[0].id, db.read_now(stock::locations).unwrap()[0].id);
    let arrived = together(|_| db.write_now(move |conn| returns::arrived(conn, id, place, "test", now())));
    assert_eq!(arrived.iter().filter(|one| one.is_ok()).count(), 1);
    assert_eq!(db.read_now(move |conn| stock::level(conn, medium)).unwrap().on_hand, 4);
    goods::assert_books(&db);
    // A cancelled exchange gives what paid it back to where the first order was paid from.
    db.write_now(move |conn| orders::cancel(conn, new.id, orders::CancelReason::Staff, "test", now())).unwrap();
    assert_eq!(db.read_now(move |conn| store_credit::balance(conn, new.customer_id, EUR)).unwrap(), 0);
    goods::assert_books(&db);
}

#[test]
fn an_exchange_beyond_the_limit_waits_for_somebody_else_and_goes_stale_with_the_order() {
    let db = goods::open();
    let (medium, large) = shirt(&db);
    let (placed, line) = sent(&db, medium, 2, 2);
    allow(&db, 0, 0, 1999);
    let ticket = opened(&db, Some(placed.order.0), "too small");
    let place = db.read_now(stock::locations).unwrap()[0].id;
    let Ok(Carried::Proposed(one)) = act(&db, &seen(&db, ticket, line, 1, large, Some(place)).unwrap()) else { panic!("it was given") };
    assert!(given_back(&db, placed.order).is_empty() && db.read_now(move |conn| returns::of_order(conn, placed.order)).unwrap().is_empty());
    let approve = |ticket: TicketId, one, agent| db.write_now(move |conn| service::approve(conn, ticket, one, agent, now()));
    assert!(matches!(approve(ticket, one, MIA), Err(Error::Conflict(text)) if text == "service-own-proposal"));
    approve(ticket, one, OLGA).unwrap();
    let level = db.read_now(move |conn| stock::level(conn, medium)).unwrap();
    assert_eq!(level.on_hand, 4, "it was at the counter already");
    let other = opened(&db, Some(placed.order.0), "and the other one");
    let Ok(Carried::Proposed(two)) = act(&db, &seen(&db, other, line, 1, large, None).unwrap()) else { panic!("it was given") };
    db.write_now(move |conn| orders::note(conn, placed.order, "note", "she wrote again", "staff:3", now())).unwrap();
    assert!(matches!(approve(other, two, OLGA), Err(Error::Conflict(text)) if text == orders::CHANGED));
    assert_eq!(given_back(&db, placed.order), [2000]);
    goods::assert_books(&db);
}

#[test]
fn an_agent_exchanges_from_the_ticket_and_sees_the_difference_first() {
    let house = House::open();
    let (medium, large) = shirt(&house.db);
    let (placed, line) = sent(&house.db, medium, 2, 2);
    allow(&house.db, 0, 0, 2000);
    opened(&house.db, Some(placed.order.0), "too small");
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (_, zoe) = at_work(&house, "zoe", role(&house, Preset::Manager));
    let act = "/admin/tickets/T1001/exchange";
    let (quantity, variant) = (format!("quantity-{line}"), format!("variant-{line}"));
    let (medium, large) = (medium.to_string(), large.to_string());
    mia.get("/admin/tickets/T1001").says(200, "Exchange goods");
    let form = mia.get(act).says(200, "With the customer").says(200, "L · €26.00 · 5 in stock");
    mia.submit(&form, act, &[(&quantity, "0")]).says(422, "Choose what is exchanged.");
    mia.submit(&form, act, &[(&quantity, "3")]).says(422, "no more units than the customer has");
    mia.submit(&form, act, &[(&quantity, "1"), (&variant, "99")]).says(422, "what they are exchanged for");
    mia.submit(&form, act, &[(&quantity, "1"), ("shipping", "5.00")]).says(422, "");
    let dearer = mia.submit(&form, act, &[(&quantity, "1"), (&variant, &large)]);
    let dearer = dearer.says(200, "The customer still pays €10.90").says(200, "What came back is worth €20.00");
    let odd = mia.submit(&dearer, act, &[("cart", "x")]);
    assert_eq!(odd.status, 404);
    // What is changed after the figures were shown has to be shown again.
    mia.submit(&dearer, act, &[(&quantity, "2")]).says(409, "Check the figures");
    let even = mia.submit(&form, act, &[(&quantity, "1"), (&variant, &medium), ("shipping", "4.90")]).says(200, "Nothing is left to pay");
    mia.submit(&even, act, &[]).says(200, "somebody else has to approve it");
    zoe.submit(&zoe.get("/admin/tickets/T1001"), "/admin/tickets/T1001/proposals/1/approve", &[])
        .says(200, "It is approved and done.")
        .says(200, "order R1002 brings the new ones");
    house.work();
    let again = mia.submit(&mia.get(act), act, &[(&quantity, "1"), (&variant, &large)]).says(200, "€10.90");
    mia.submit(&again, act, &[("solve", "off")]).says(200, "The goods are exchanged.").says(200, "€10.90 is left to pay");
    mia.get(act).says(200, "The customer has nothing of this order.");
    let back = mia.get("/admin/returns/2").says(200, "One unit is still to come");
    let shelved = mia.submit(&back, "/admin/returns/2/arrived", &[]).says(200, "Saved.");
    assert!(!shelved.text().contains("is still to come"));
    house.work();
    let mails: Vec<String> = house.mails("ann@example.com").into_iter().map(|mail| mail.body_text).collect();
    let told = |words: &str| mails.iter().filter(|text| text.contains(words)).count();
    assert_eq!(told("We exchange the items, as agreed."), 2, "{mails:?}");
    assert_eq!(told("order R1002 brings the new ones"), 1, "{mails:?}");
    goods::assert_books(&house.db);
}
