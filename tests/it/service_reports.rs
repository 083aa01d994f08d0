//! The report on service by HTTP: what staff did to tickets is what it counts, and each figure leads to its tickets.

use crate::returns::sent;
use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{self, at_work, role};
use crate::support::visitor::Page;
use crate::tickets::{MIA, allow, question, wish};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::email::Email;
use crm::tickets::{self, Kind, New, Outcome, Ticket, TicketId};
use kernel::Db;
use storefront::service::{self, Allowance, Carried, Deed, Wish};

fn opened(db: &Db, new: New<'static>) -> Ticket {
    db.write_now(move |conn| Ok(tickets::open(conn, &new, now())?.ticket)).unwrap()
}

fn asked(email: &'static str, kind: Kind, key: &str) -> New<'static> {
    let message = tickets::NewMessage::text("Please help");
    New { kind, message, request_key: Some(key.to_string()), ..question(email) }
}

fn solved(db: &Db, id: TicketId, outcome: Outcome, minutes: i64) {
    db.write_now(move |conn| tickets::solve(conn, id, outcome, MIA.actor, None, now() + TimeDelta::minutes(minutes))).unwrap();
}

/// The address of the link whose query has these words.
fn link(page: &Page, words: &str) -> String {
    let each = page.body.split('"').map(|link| link.replace("&amp;", "&"));
    let found = each.filter(|link| link.starts_with("/admin/tickets?")).find(|link| link.contains(words));
    found.unwrap_or_else(|| panic!("no link with {words}: {}", page.text()))
}

#[test]
fn the_report_counts_what_was_done_and_leads_to_it() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 20);
    let (placed, line) = sent(&house.db, mug, 3, 3);
    goods::customer(&house.db, "ann@example.com", 0);
    allow(&house.db, 0, 0, 10_000);
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    olga.get("/admin").holds("/admin/reports\"");
    olga.get("/admin/reports/service").says(200, "No ticket was opened on these days.").says(200, "Nothing was given from tickets");
    // A refund ends the first, a credit is given from the second, the third is solved, rated and opened again.
    let broken = opened(&house.db, New { order: Some(placed.order.0), ..asked("ann@example.com", Kind::ArrivedBroken, "one") });
    let sorry = opened(&house.db, New { queue: "Kind words".into(), ..asked("ann@example.com", Kind::Complaint, "two") });
    let other = opened(&house.db, asked("ben@example.com", Kind::Question, "three"));
    let carried = house.db.write_now(move |conn| {
        let wish = wish(conn, broken.id, line, 1200)?;
        assert_eq!(service::act(conn, &wish, MIA, Allowance::Limited, now())?, Carried::Done);
        let seen = tickets::get(conn, sorry.id)?.version;
        let wish = Wish { ticket: sorry.id, seen, order_seen: None, deed: Deed::Credit { amount: 300, currency: EUR }, solve: false };
        service::act(conn, &wish, MIA, Allowance::Limited, now())
    });
    assert_eq!(carried.unwrap(), Carried::Done);
    solved(&house.db, other.id, Outcome::Declined, 150);
    let ann = sorry.customer_id.unwrap();
    let page = olga.get(&format!("/admin/customers/{ann}")).says(200, "Given from tickets −€15.00").says(200, "of it credit −€3.00");
    page.says(200, "Left after service");
    goods::assert_books(&house.db);
    house
        .db
        .write_now(move |conn| {
            tickets::rate(conn, other.id, 2, "", now() + TimeDelta::minutes(151))?;
            tickets::reopen(conn, other.id, MIA.actor, None, now() + TimeDelta::minutes(152))
        })
        .unwrap();
    solved(&house.db, other.id, Outcome::Answered, 200);
    // Whatever day it is by the shop's clocks.
    let (first, last) = (now().date() - TimeDelta::days(1), now().date() + TimeDelta::days(1));
    let address = format!("/admin/reports/service?from={first}&to={last}");
    let page =
        olga.get(&address).says(200, "It arrived broken").says(200, "Kind words").says(200, "Without a queue").says(200, "3 h 20 min");
    let page = page.says(200, "2.0").says(200, "of 5 on average, by one rating");
    // One order was placed: it cost 12 and 3 euros.
    let page = page.says(200, "€12.00").says(200, "€3.00").says(200, "Per order, of one that was placed").says(200, "€15.00");
    for (words, inside, outside) in [
        ("kind=arrived_broken", &broken, &other),
        ("queue=Kind+words", &sorry, &broken),
        ("queue=-", &other, &sorry),
        ("outcome=refunded", &broken, &sorry),
        ("rating=2", &other, &broken),
        ("reopened=on", &other, &broken),
        ("did=credit", &sorry, &broken),
        ("did=refund", &broken, &sorry),
    ] {
        let list = olga.get(&link(&page, words)).says(200, &inside.number).text();
        assert!(!list.contains(&outside.number), "{words}: {list}");
    }
    let all = olga.get(&link(&page, "status=all")).text();
    assert!([&broken, &sorry, &other].iter().all(|one| all.contains(&one.number)), "{all}");
    // Other days have nothing of it, and days that cannot be are not taken.
    olga.get("/admin/reports/service?from=2001-01-01&to=2001-01-31").says(200, "No ticket was opened");
    olga.get("/admin/tickets?status=all&from=2001-01-01&to=2001-01-02").says(200, "Nothing here.");
    olga.get("/admin/reports/service?from=2001-01-01&to=2003-01-31").says(200, "the last 92 days");
    for odd in ["from=x&to=+262142-12-31", "from=9999-12-31&to=0001-01-01", "calendar=99&from=2030-01-01&to=2001-01-01"] {
        assert_eq!(olga.get(&format!("/admin/reports/service?{odd}")).status, 200, "{odd}");
        assert_eq!(olga.get(&format!("/admin/tickets?{odd}&rating=x&did=x&outcome=x")).status, 200, "{odd}");
    }
    // Times go by a calendar where there is one.
    house.db.write_now(|conn| office::level(conn, now())).unwrap();
    olga.get(&address).says(200, "Always").says(200, "By the clock, day and night").says(200, "3 h 20 min");
    olga.get(&format!("{address}&calendar=clock")).says(200, "3 h 20 min");
    let (_, marketer) = at_work(&house, "max", role(&house, Preset::Marketer));
    assert_eq!(marketer.get("/admin/reports/service").status, 404);
    goods::assert_books(&house.db);
}

#[test]
fn a_settled_request_is_asked_about_once_and_no_link_votes() {
    let house = House::open();
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let page = olga.get("/admin/service");
    olga.submit(&page, "/admin/service", &[("survey", "721")]).says(422, "from 0 to 720");
    olga.submit(&page, "/admin/service", &[("survey", "4")]).says(200, "hours after it was settled");
    let all = ["ann@example.com", "ben@example.com", "cho@example.com"].map(|email| {
        let language = if email.starts_with("cho") { "zh" } else { "en" };
        opened(&house.db, New { language: language.into(), ..asked(email, Kind::Question, email) })
    });
    let [ann, ben, cho] = all;
    let email = Email::parse("ben@example.com", "email").unwrap();
    house.db.write_now(move |conn| crm::suppressions::add(conn, &email, now())).unwrap();
    let end = |ticket: TicketId| {
        let at = house.state.clock.now();
        house.db.write_now(move |conn| tickets::solve(conn, ticket, Outcome::Answered, MIA.actor, None, at)).unwrap();
    };
    let again = |ticket: TicketId| {
        let at = house.state.clock.now();
        house.db.write_now(move |conn| tickets::reopen(conn, ticket, MIA.actor, None, at)).unwrap();
    };
    let surveys = |email: &str| house.mails(email).into_iter().filter(|mail| mail.template == "ticket_survey").collect::<Vec<_>>();
    [ann.id, ben.id, cho.id].into_iter().for_each(end);
    house.work();
    let told = house.mails("ann@example.com").into_iter().find(|mail| mail.body_text.contains("is settled")).unwrap();
    assert!(!told.body_text.contains("How content"), "one mail asks: {}", told.body_text);
    assert!(surveys("ann@example.com").is_empty());
    // Whoever opens it again is asked when it ends again.
    again(cho.id);
    house.state.clock.advance(TimeDelta::hours(4));
    house.work();
    assert!(surveys("cho@example.com").is_empty() && surveys("ben@example.com").is_empty());
    let asked = surveys("ann@example.com");
    assert_eq!((asked.len(), asked[0].written_by.as_str()), (1, "auto-generated"));
    let link = asked[0].body_text.lines().find(|line| line.contains("rating=4")).unwrap();
    let path = format!("/requests/{}", link.split_once("/requests/").unwrap().1.trim_end_matches("#rate"));
    let visitor = house.visitor();
    let page = visitor.get(&path).holds(r#"value="4" required checked"#);
    let rating = || house.db.read_now(move |conn| tickets::get(conn, ann.id)).unwrap().rating;
    assert_eq!(rating(), None, "a GET never votes");
    assert_eq!(visitor.get(&path.replace("rating=4", "rating=9")).status, 200);
    visitor.submit(&page, &format!("/requests/{}/rating", ann.number), &[("rating", "5")]).says(200, "Thank you for telling us.");
    assert_eq!(rating(), Some(5));
    // Once in the life of a request, in the language of whoever asked.
    end(cho.id);
    again(ann.id);
    end(ann.id);
    house.work();
    house.state.clock.advance(TimeDelta::hours(5));
    house.work();
    let chinese = surveys("cho@example.com");
    assert!(chinese.len() == 1 && chinese[0].subject.starts_with("您对我们的服务满意吗"), "{chinese:?}");
    again(cho.id);
    end(cho.id);
    house.work();
    house.state.clock.advance(TimeDelta::hours(5));
    house.work();
    assert_eq!((surveys("cho@example.com").len(), surveys("ann@example.com").len(), surveys("ben@example.com").len()), (1, 1, 0));
    goods::assert_books(&house.db);
}
