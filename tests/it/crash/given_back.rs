//! Refunds from tickets while the process is killed: each is there with its ticket, its log, its answer and who gave it, or nothing of it is.

use super::visitors::{VISITOR, hush_visitors};
use super::{Shop, chance};
use crate::returns::sent;
use crate::support::goods::{self, now};
use crate::support::visitor::Visitor;
use crate::tickets::{allow, given_back, question};
use admin::permissions::Preset;
use admin::staff::{self, Newcomer};
use admin::{audit, roles, sessions};
use crm::email::Email;
use crm::tickets::log::{self, What};
use crm::tickets::{self, Author, Eyes, New, Status, TicketId};
use kernel::Db;
use kernel::clock::Clock;
use kernel::config::Config;
use parking_lot::Mutex;
use regulars::state::AppState;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use storefront::ids::{OrderId, OrderLineId};

const ROUNDS: usize = 5;
const AGENTS: usize = 3;
const TICKETS: usize = 60;
const SESSION: &str = "the session of an agent";

/// A ticket about an order that was paid and sent.
#[derive(Clone)]
struct Asked {
    ticket: TicketId,
    number: String,
    order: OrderId,
    line: OrderLineId,
}

fn asked(db: &Db, shop: &Shop) -> Asked {
    let (placed, line) = sent(db, shop.pot, 2, 2);
    let new = New { order: Some(placed.order.0), ..question("ann@example.com") };
    let message = tickets::NewMessage::text("It arrived broken.");
    let ticket = db.write_now(move |conn| tickets::open(conn, &New { message: message.clone(), ..new.clone() }, now())).unwrap().ticket;
    Asked { ticket: ticket.id, number: ticket.number, order: placed.order, line }
}

fn agent(db: &Db) {
    db.write_now(|conn| {
        let email = Email::parse("mia@shop.test", "email")?;
        let role = roles::of_preset(conn, Preset::Agent)?;
        let mia = Newcomer { email, name: "Mia".into(), hash: String::new(), role, language: "en".into() };
        let id = staff::add(conn, &mia, now())?;
        sessions::open(conn, id, SESSION, "test", now())
    })
    .unwrap();
}

/// Gives back what one pot cost. Panics when the process does not answer.
fn give_back(mia: &Visitor, asked: &Asked) {
    let action = format!("/admin/tickets/{}/refund", asked.number);
    let form = mia.get(&action).says(200, "Request");
    let shown = mia.submit(&form, &action, &[(&format!("quantity-{}", asked.line), "1")]).says(200, "€45.00");
    mia.submit(&shown, &action, &[]).says(200, &asked.number);
}

#[test]
fn a_refund_from_a_ticket_is_whole_or_absent_when_the_process_is_killed() {
    hush_visitors();
    let shop = Shop::seed();
    // The roles are made when the shop opens for the first time.
    drop(AppState::open(Config::read(None, shop.settings()).unwrap(), Clock::default()).unwrap());
    let db = shop.open();
    agent(&db);
    allow(&db, 0, 0, 10_000_000);
    let all: Vec<Asked> = (0..TICKETS).map(|_| asked(&db, &shop)).collect();
    let (left, told, faults) = (Mutex::new(all.clone()), Mutex::new(BTreeSet::new()), Mutex::new(Vec::new()));
    let mut cut = 0;
    for round in 0..ROUNDS {
        let mut process = shop.start();
        let killed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let working: Vec<_> = (0..AGENTS)
                .map(|_| {
                    let thread = std::thread::Builder::new().name(VISITOR.into());
                    let work = || {
                        let mia = Visitor::new(&shop.base);
                        mia.carry("staff_session", SESSION);
                        while let Some(next) = { left.lock().pop() } {
                            if catch_unwind(AssertUnwindSafe(|| give_back(&mia, &next))).is_err() {
                                if !killed.load(Ordering::SeqCst) {
                                    faults.lock().push(next.number);
                                }
                                return 1;
                            }
                            told.lock().insert(next.ticket.0);
                        }
                        0
                    };
                    thread.spawn_scoped(scope, work).unwrap()
                })
                .collect();
            std::thread::sleep(Duration::from_millis(150 + chance(350)));
            killed.store(true, Ordering::SeqCst);
            process.kill().unwrap();
            process.wait().unwrap();
            cut += working.into_iter().map(|agent| agent.join().unwrap()).sum::<usize>();
        });
        assert_eq!(*faults.lock(), [""; 0], "while the process was alive, round {round}:\n{}", shop.log());
    }
    shop.drain();
    let mut given = 0;
    for one in &all {
        let refunds = given_back(&db, one.order);
        given += refunds.len();
        assert!(refunds.is_empty() || refunds == [4500], "{}: {refunds:?}", one.number);
        assert!(!refunds.is_empty() || !told.lock().contains(&one.ticket.0), "{} was shown as given back and is not", one.number);
        let (id, subject) = (one.ticket, format!("ticket:{}", one.number));
        let (ticket, thread, log, kept) = db
            .read_now(move |conn| {
                let thread = tickets::thread(conn, id, Eyes::Staff, None, 99)?;
                Ok((tickets::get(conn, id)?, thread, log::of(conn, id)?, audit::of(conn, &subject, 20)?))
            })
            .unwrap();
        let said = thread.iter().filter(|message| message.author == Author::System).count();
        let acted = log.iter().filter(|entry| entry.kind == What::Acted).count();
        assert_eq!((said, acted, kept.len()), (refunds.len(), refunds.len(), refunds.len()), "{}: half of it", one.number);
        assert!(ticket.status != Status::Solved || refunds.len() == 1, "{} is solved by nothing", one.number);
    }
    assert!(given > 0 && cut > 0, "{given} were given back, {cut} agents were cut off");
    goods::assert_books(&db);
}
