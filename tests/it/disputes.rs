//! Complaints and disputed payments: what is claimed, by when it is answered, what was decided, and that nobody is courted meanwhile.

mod payments;

use crate::pairs::dumped;
use crate::races::together;
use crate::returns::sent;
use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::ticket_deeds::opened;
use crate::tickets::{MIA, OLGA, allow, given_back};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::CustomerId;
use crm::disputes::{self, Dispute, New, Outcome, Reason, Shown, State};
use crm::tickets::{self, TicketId};
use kernel::{Db, Error};
use storefront::disputes::{Decision, Gift, Taken};
use storefront::service::Allowance;
use storefront::{erasure, orders, personal};

fn suppressed(db: &Db, customer: CustomerId) -> Option<tickets::Reason> {
    db.read_now(move |conn| tickets::suppressed(conn, customer)).unwrap()
}

fn of_order(db: &Db) -> (CustomerId, i64) {
    let order = db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap();
    (order.customer_id, order.id.0)
}

#[test]
fn a_complaint_is_opened_from_its_ticket_proven_decided_and_appealed_once() {
    let house = House::open();
    let db = &house.db;
    let mug = goods::product(db, "Mug", 1200, 20);
    let (placed, _) = sent(db, mug, 2, 2);
    allow(db, 0, 0, 500);
    opened(db, Some(placed.order.0), "I complain");
    let (ann, _) = of_order(db);
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (_, zoe) = at_work(&house, "zoe", role(&house, Preset::Manager));
    let (ticket, open, page) = ("/admin/tickets/T1001", "/admin/tickets/T1001/disputes", "/admin/disputes/D1001");
    let due = (house.state.clock.now() + TimeDelta::days(3)).date().to_string();
    let typed: &[(&str, &str)] =
        &[("claim_reason", "damaged"), ("claim_amount", "12.00"), ("claim_due", &due), ("claim_about", "Broken twice.")];
    assert_eq!(suppressed(db, ann), None);
    mia.submit(&mia.get(ticket), open, &[("claim_about", " "), ("claim_reason", "damaged")]).says(422, "");
    mia.submit(&mia.get(ticket), open, &[typed, &[("claim_due", "2020-01-01")]].concat())
        .says(422, "still to come")
        .says(422, "Broken twice.");
    mia.submit(&mia.get(ticket), open, &[typed, &[("claim_amount", "much")]].concat()).says(422, "Broken twice.");
    let shown = mia.submit(&mia.get(ticket), open, typed).says(200, "The complaint is open.").says(200, "€12.00");
    mia.submit(&mia.get(ticket), open, typed).says(409, "has a complaint that is not decided");
    for at in ["/admin/disputes", ticket, &format!("/admin/customers/{ann}")] {
        mia.get(at).says(200, "D1001").says(200, "Complaint: Damaged");
    }
    assert_eq!(suppressed(db, ann), Some(tickets::Reason::Complaint));
    let hinders =
        || db.read_now(move |conn| erasure::preview(conn, ann)).unwrap().hindered.iter().any(|one| one.why == "erasure-hinders-dispute");
    assert!(hinders());

    // Evidence: words, files by their content, and what the shop has.
    let fields = |typed: &[(&str, &str)]| {
        let form = mia.get(page).form("/admin/disputes/D1001/evidence", typed);
        form.into_iter().filter(|(name, _)| name != "files").collect::<Vec<_>>()
    };
    let send = |typed: &[(&str, &str)], file: &[u8]| {
        let fields = fields(typed);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        mia.upload_parts("/admin/disputes/D1001/evidence", &fields, ("files", file))
    };
    send(&[("evidence", "It was packed well.")], b"<html>").says(422, "choose a picture or a PDF").says(422, "It was packed well.");
    mia.submit(&mia.get(page), "/admin/disputes/D1001/evidence", &[]).says(422, "Write something");
    send(&[("evidence", "It was packed well."), ("link-order", "on"), ("link-ticket-T1001", "on")], b"%PDF-1.4 photo")
        .says(200, "kept with the evidence");
    mia.get(page).says(200, "It was packed well.").says(200, "x.html").holds("/admin/orders/R1001");
    assert_eq!(mia.get("/admin/disputes/D1001/files/2").body, "%PDF-1.4 photo");
    assert_eq!(mia.get("/admin/disputes/D1001/files/1").status, 404, "words are no file");

    // A deadline that passed is seen.
    goods::run(db, "UPDATE disputes SET due_at = '2020-01-01 00:00:00'");
    mia.get(page).says(200, "The time to answer is over since");
    let answer = "/admin/disputes/D1001/answer";
    mia.submit(&shown, answer, &[]).says(409, "Somebody changed this meanwhile");
    let answered = mia.submit(&mia.get(page), answer, &[]).says(200, "The deadline is met.");
    assert!(!answered.text().contains("is over since"));

    // The decision gives its money in one commit, within the limit of whoever decides.
    let decide = "/admin/disputes/D1001/decide";
    let verdict: &[(&str, &str)] = &[("outcome", "upheld"), ("decision", "We are sorry."), ("gift", "refund"), ("gift_amount", "12.00")];
    let proposed = mia.submit(&mia.get(page), decide, verdict).says(200, "somebody else has to approve it").says(200, "Decision proposed");
    assert!(!proposed.body.contains("/decide\"") && !proposed.body.contains("/approve\""));
    let token = crate::support::office::csrf(&mia);
    assert_eq!(mia.post("/admin/disputes/D1001/proposals/1/approve", &[("csrf", &token)]).status, 403);
    mia.post(decide, &[verdict, &[("csrf", &token), ("seen", "1")]].concat()).says(409, "has to be approved or declined first");
    zoe.get("/admin/tickets").says(200, "A decision waits for your approval:").holds("/admin/disputes/D1001");
    let decline = "/admin/disputes/D1001/proposals/1/decline";
    zoe.submit(&zoe.get(page), decline, &[("why", " ")]).says(200, "Decision proposed");
    zoe.submit(&zoe.get(page), decline, &[("why", "Too much for one mug.")]).says(200, "Too much for one mug.");
    mia.get(ticket).says(200, "Too much for one mug.");
    assert!(given_back(db, placed.order).is_empty());
    zoe.submit(&zoe.get(page), decide, &[verdict, &[("gift_amount", "9999")]].concat()).says(422, "more than is left of the order");
    zoe.submit(&zoe.get(page), decide, &[verdict, &[("gift_amount", "0")]].concat()).says(422, "We are sorry.");
    let before = mia.get(page);
    zoe.submit(&zoe.get(page), decide, verdict).says(200, "It is decided.").says(200, "Given to the customer €12.00");
    assert_eq!(given_back(db, placed.order), [1200]);
    mia.submit(&before, decide, &[("outcome", "rejected"), ("decision", "No.")]).says(409, "Somebody changed this meanwhile");
    assert_eq!((suppressed(db, ann), hinders()), (None, false));

    // One appeal, and then it stands.
    let appeal = "/admin/disputes/D1001/appeal";
    let decided = mia.get(page);
    mia.submit(&decided, appeal, &[("appeal", " ")]).says(422, "");
    mia.submit(&decided, appeal, &[("appeal", "It was two mugs.")]).says(200, "It is open once more.").says(200, "It was two mugs.");
    assert!(suppressed(db, ann).is_some());
    mia.submit(&mia.get(page), decide, &[("outcome", "rejected"), ("decision", "It was one.")]).says(200, "It is decided.");
    let last = db.read_now(|conn| disputes::by_number(conn, "d1001")).unwrap();
    assert_eq!((last.state, last.outcome, last.given), (State::Closed, Some(Outcome::Rejected), 1200));
    let token = crate::support::office::csrf(&mia);
    let seen = last.version.to_string();
    let again = mia.post(appeal, &[("csrf", &token), ("seen", &seen), ("appeal", "Once more!")]);
    again.says(409, "There is one appeal");
    mia.get("/admin/disputes").says(200, "Nothing here.");
    mia.get("/admin/disputes?state=decided").says(200, "D1001");
    zoe.get("/admin/audit").says(200, "Complaint decided");

    let told = db.read_now(move |conn| personal::gather(conn, ann, now())).unwrap()["disputes"].to_string();
    assert!(told.contains("Broken twice.") && told.contains("It was two mugs.") && told.contains("It was one."), "{told}");
    house.work();
    // Who was erased leaves no words, and no file.
    db.write_now(move |conn| erasure::erase(conn, ann, now())).unwrap();
    let rows = dumped(db);
    for word in ["Too much for one mug.", "We are sorry.", "Broken twice.", "It was packed well.", "It was two mugs.", "It was one."] {
        assert!(!rows.contains(word), "{word}");
    }
    assert_eq!(db.read_now(move |conn| disputes::list(conn, Shown::All, None, 9)).unwrap()[0].amount, 1200);
    goods::assert_books(db);
}

fn complaint(db: &Db, ticket: TicketId) -> Dispute {
    db.write_now(move |conn| {
        let ticket = tickets::get(conn, ticket)?;
        let new = New { reason: Reason::Damaged, amount: 1200, currency: EUR, due_at: None, about: "Broken.".into() };
        disputes::open(conn, &ticket, &new, "staff:1", ticket.version, now())
    })
    .unwrap()
}

#[test]
fn a_decision_is_one_commit_that_one_of_many_takes() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let (placed, _) = sent(&db, mug, 2, 2);
    allow(&db, 0, 0, 5000);
    let ticket = opened(&db, Some(placed.order.0), "I complain");
    let opened_together = together(|_| {
        db.write_now(move |conn| {
            let ticket = tickets::get(conn, ticket)?;
            let new = New { reason: Reason::Service, amount: 0, currency: EUR, due_at: None, about: "Rude.".into() };
            disputes::open(conn, &ticket, &new, "staff:1", ticket.version, now())
        })
    });
    assert_eq!(opened_together.iter().filter(|one| one.is_ok()).count(), 1);
    let one = opened_together.into_iter().find_map(Result::ok).unwrap();
    let (id, seen) = (one.id, one.version);
    let order_seen = db.read_now(move |conn| orders::version(conn, placed.order)).unwrap();
    let decision = Decision { outcome: Outcome::Upheld, why: "Sorry.".into(), gift: Gift::Refund(700), order_seen: Some(order_seen) };
    let rows = || dumped(&db).lines().filter(|line| line.starts_with('[')).map(str::to_string).collect::<Vec<_>>();
    let before = rows();
    let crashed = {
        let decision = decision.clone();
        db.write_now(move |conn| {
            storefront::disputes::decide(conn, id, seen, &decision, MIA, Allowance::Limited, now())?;
            Err::<(), Error>(Error::unexpected("the power went"))
        })
    };
    let late = Decision { order_seen: Some(order_seen - 1), ..decision.clone() };
    let stale = db.write_now(move |conn| storefront::disputes::decide(conn, id, seen, &late, MIA, Allowance::Limited, now()));
    assert!(matches!(stale, Err(Error::Conflict(text)) if text == orders::CHANGED));
    assert!(crashed.is_err() && rows() == before, "something of it was written");
    let decided = together(|client| {
        let (decision, agent) = (decision.clone(), if client % 2 == 0 { MIA } else { OLGA });
        db.write_now(move |conn| storefront::disputes::decide(conn, id, seen, &decision, agent, Allowance::Limited, now()))
    });
    assert_eq!(decided.iter().filter(|one| one.is_ok()).count(), 1);
    assert_eq!(given_back(&db, placed.order), [700]);
    goods::assert_books(&db);
    // Another complaint of the same ticket may follow, and a merge of its customer takes it along.
    let next = complaint(&db, ticket);
    let ben = goods::customer(&db, "ben@example.com", 0);
    let (ann, _) = of_order(&db);
    let merge = db.write_now(move |conn| storefront::merging::merge(conn, ann, ben, "one person", "test", now())).unwrap();
    let whose = || db.read_now(move |conn| disputes::get(conn, next.id)).unwrap().customer_id;
    assert_eq!((whose(), suppressed(&db, ben)), (Some(ben), Some(tickets::Reason::Complaint)));
    db.write_now(move |conn| storefront::merging::undo(conn, merge, "two after all", "test", now())).unwrap();
    assert_eq!((whose(), suppressed(&db, ben)), (Some(ann), None));
    goods::assert_books(&db);
}

#[test]
fn a_decision_beyond_the_limit_is_approved_by_somebody_else_about_the_order_as_it_was() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let (placed, _) = sent(&db, mug, 2, 2);
    allow(&db, 0, 0, 500);
    let ticket = opened(&db, Some(placed.order.0), "I complain");
    let id = complaint(&db, ticket).id;
    let propose = |amount: i64| {
        db.write_now(move |conn| {
            let order_seen = Some(orders::version(conn, placed.order)?);
            let decision = Decision { outcome: Outcome::Upheld, why: "Sorry.".into(), gift: Gift::Refund(amount), order_seen };
            let seen = disputes::get(conn, id)?.version;
            storefront::disputes::decide(conn, id, seen, &decision, MIA, Allowance::Limited, now())
        })
    };
    let approve = |proposal, agent| db.write_now(move |conn| storefront::disputes::approve(conn, id, proposal, agent, now()));
    let Ok(Taken::Proposed(first)) = propose(700) else { panic!("it is within the limit") };
    assert!(matches!(propose(600), Err(Error::Conflict(text)) if text == "dispute-proposed-already"));
    assert!(matches!(approve(first, MIA), Err(Error::Conflict(text)) if text == "service-own-proposal"));
    assert!(given_back(&db, placed.order).is_empty());
    let approved = together(|_| approve(first, OLGA));
    assert_eq!(approved.iter().filter(|one| one.is_ok()).count(), 1);
    let decided = db.read_now(move |conn| disputes::get(conn, id)).unwrap();
    assert_eq!((decided.state, decided.outcome, decided.given), (State::Decided, Some(Outcome::Upheld), 700));
    assert_eq!(given_back(&db, placed.order), [700]);

    // What is proposed about an order that went on since is not done.
    db.write_now(move |conn| disputes::appeal(conn, id, decided.version, "More.", None, "staff:1", now())).unwrap();
    let Ok(Taken::Proposed(second)) = propose(800) else { panic!("it is within the limit") };
    db.write_now(move |conn| orders::note(conn, placed.order, "note", "She called.", "test", now())).unwrap();
    assert!(matches!(approve(second, OLGA), Err(Error::Conflict(text)) if text == orders::CHANGED));
    assert!(db.read_now(move |conn| storefront::disputes::proposed(conn, id)).unwrap(), "it still waits");
    db.write_now(move |conn| storefront::disputes::decline(conn, id, second, "Ask again.", OLGA, now())).unwrap();
    assert!(matches!(approve(second, OLGA), Err(Error::Conflict(text)) if text == "service-decided-already"));
    assert!(matches!(propose(100), Ok(Taken::Decided(_))));
    assert_eq!(given_back(&db, placed.order), [700, 100]);
    goods::assert_books(&db);
}
