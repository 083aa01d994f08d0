//! Service levels by HTTP: a calendar and a level are made in pages, a ticket shows what is due, and what is late is told within a second.

use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{self, at_work, role};
use admin::permissions::Preset;
use admin::staff;
use chrono::TimeDelta;
use crm::email::Email;
use crm::tickets::log::{self, What};
use crm::tickets::{self, Asker, Channel, Kind, New, NewMessage, ORDINARY, Ticket};

fn question(kind: Kind, email: &str) -> New<'static> {
    New {
        kind,
        channel: Channel::Web,
        subject: "Mugs".into(),
        asker: Asker { email: Email::parse(email, "email").ok(), ..Asker::default() },
        order: None,
        lines: Vec::new(),
        store: 1,
        language: "en".into(),
        call: None,
        queue: String::new(),
        priority: ORDINARY,
        message: NewMessage::text("Are they blue?"),
        logged_by: None,
        request_key: None,
    }
}

fn asked(house: &House, kind: Kind, email: &'static str) -> Ticket {
    let now = house.state.clock.now();
    house.db.write_now(move |conn| Ok(tickets::open(conn, &question(kind, email), now)?.ticket)).unwrap()
}

/// Hours in which somebody is always there.
const ALWAYS: [(&str, &str); 7] = [
    ("day-0", "00:00-24:00"),
    ("day-1", "00:00-24:00"),
    ("day-2", "00:00-24:00"),
    ("day-3", "00:00-24:00"),
    ("day-4", "00:00-24:00"),
    ("day-5", "00:00-24:00"),
    ("day-6", "00:00-24:00"),
];

#[test]
fn a_manager_makes_levels_in_pages_and_what_is_late_is_told() {
    let house = House::open();
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let early = asked(&house, Kind::Question, "ben@example.com");
    olga.get("/admin/levels").says(200, "Begin with a calendar");
    let form = olga.get("/admin/levels/calendars/new");
    let typed = [&ALWAYS[..], &[("name", "Always"), ("zone", "Europe/Berlin"), ("holidays", "")]].concat();
    let night = [&typed[..], &[("day-0", "22:00-06:00")]].concat();
    olga.submit(&form, "/admin/levels/calendars/new", &night).says(422, "which end on the same day");
    let none: Vec<(&str, &str)> = ALWAYS.iter().map(|(day, _)| (*day, "")).chain([("name", "Never"), ("zone", "UTC")]).collect();
    olga.submit(&form, "/admin/levels/calendars/new", &none).says(422, "an hour a week");
    olga.submit(&form, "/admin/levels/calendars/new", &typed).says(200, "Always");
    let form = olga.get("/admin/levels/policies/new");
    let level = [("name", "Complaints"), ("kind", "complaint"), ("first", "15"), ("resolve", "240"), ("more_urgent", "on")];
    olga.submit(&form, "/admin/levels/policies/new", &[("name", "Nothing")]).says(422, "one of the three");
    olga.submit(&form, "/admin/levels/policies/new", &level).says(200, "Complaints");
    let all = [("name", "All"), ("position", "5"), ("first", "60"), ("next", "60")];
    olga.submit(&form, "/admin/levels/policies/new", &all).says(200, "All");
    house.work();
    // What was open before is due too, and what is due first comes first.
    let late = asked(&house, Kind::Complaint, "ann@example.com");
    let inbox = olga.get("/admin/tickets").text();
    assert!(inbox.find(&late.number) < inbox.find(&early.number), "{inbox}");
    olga.get(&format!("/admin/tickets/{}", early.number)).says(200, "First answer due");
    // An answer that is being written when the alarm rings is not lost by it.
    let answering = olga.get(&format!("/admin/tickets/{}", early.number));
    house.state.clock.advance(TimeDelta::minutes(61));
    house.work();
    let page = olga.get(&format!("/admin/tickets/{}", late.number)).says(200, "Overdue");
    assert!(page.text().contains("Soon"), "it is more urgent than it was");
    for ticket in [early.id, late.id] {
        let entries = house.db.read_now(|conn| log::of(conn, ticket)).unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.kind == What::Overdue).count(), 1);
    }
    olga.submit(&answering, &format!("/admin/tickets/{}/reply", early.number), &[("body", "Yes.")]).says(200, "The answer is on its way.");
    // Two managers at one form.
    let first = house.db.read_now(crm::levels::policies).unwrap()[0].id;
    let address = format!("/admin/levels/policies/{first}");
    let (one, two) = (olga.get(&address), olga.get(&address));
    olga.submit(&one, &address, &[("first", "20")]).says(200, "20 min");
    olga.submit(&two, &address, &[("first", "25")]).says(409, "20");
    let calendar = house.db.read_now(crm::levels::calendars).unwrap()[0].id;
    let page = olga.get(&format!("/admin/levels/calendars/{calendar}"));
    olga.submit(&page, &format!("/admin/levels/calendars/{calendar}/delete"), &[]).says(200, "counts by this calendar");
    house.work();
    goods::assert_books(&house.db);
}

#[test]
fn a_new_ticket_goes_where_the_rules_say_and_the_wall_shows_it() {
    let house = House::open();
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let (mia, _) = at_work(&house, "mia", role(&house, Preset::Agent));
    olga.get("/admin/routing").says(200, "There is no rule yet");
    let form = olga.get("/admin/routing/rules/new");
    let person = [("name", "Blue"), ("words", "blue"), ("queue", "Colours"), ("way", "person"), ("person", &mia.to_string())];
    olga.submit(&form, "/admin/routing/rules/new", &person).says(422, "Choose somebody who is given tickets");
    let people = format!("/admin/routing/people/{mia}");
    let page = olga.get("/admin/routing");
    olga.submit(&page, &people, &[("takes", "on"), ("skills", "Colours, EN"), ("most", "0")]).says(422, "from 1 to 1000");
    olga.submit(&page, &people, &[("takes", "on"), ("skills", "Colours, EN"), ("most", "2"), ("away", "")]).says(200, "0 of 2");
    let rule = [
        ("name", "Blue things"),
        ("words", "red, blue"),
        ("queue", "Colours"),
        ("way", "least_loaded"),
        ("skills", "colours"),
        ("speaks", "on"),
    ];
    olga.submit(&form, "/admin/routing/rules/new", &rule).says(200, "Blue things");
    let ticket = asked(&house, Kind::Question, "ann@example.com");
    assert_eq!((ticket.queue.as_str(), ticket.assignee), ("Colours", Some(mia.0)));
    olga.get(&format!("/admin/tickets/{}", ticket.number)).says(200, "Sent on by the rule").says(200, "Blue things");
    let now = house.state.clock.now();
    house.db.write_now(move |conn| office::level(conn, now)).unwrap();
    house.work();
    olga.get("/admin/wall").says(200, "Colours").says(200, "mia");
    house.state.clock.advance(TimeDelta::hours(2));
    let standing = house.db.read_now(|conn| tickets::wall(conn, now + TimeDelta::hours(2))).unwrap();
    assert_eq!(
        standing.iter().map(|one| (one.waiting, one.late, one.soon, one.oldest)).collect::<Vec<_>>(),
        [(1, 1, 0, Some(ticket.opened_at))]
    );
    olga.get("/admin/wall").says(200, "2 h 0 min");
    // Whoever leaves is given nothing.
    house.db.write_now(move |conn| staff::deactivate(conn, mia)).unwrap();
    assert_eq!(asked(&house, Kind::Question, "bea@example.com").assignee, None);
    goods::assert_books(&house.db);
}
