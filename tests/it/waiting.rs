//! Waiting for what is sold out: asked for once, told in the order of the line, as many as there are units.

use crate::support::goods;
use crate::support::house::House;
use chrono::TimeDelta;
use storefront::stock::{self, Demand};

#[test]
fn those_who_wait_are_told_in_line_order_as_many_as_there_are_units() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 0);
    let (ann, bob) = (house.visitor(), house.visitor());
    let address = format!("/products/mug/waiting?variant={mug}");
    let page = ann.get("/products/mug").says(200, "Tell me when it is back");
    assert!(page.text().contains("Sold out"));
    let asks = ann.get(&address).says(200, "Tell me");
    let refused = ann.submit(&asks, &address, &[("email", "nonsense")]);
    assert_eq!(refused.status, 422);
    for email in ["ann@example.com", "ANN@example.com"] {
        ann.submit(&ann.get(&address), &address, &[("email", email)]).says(200, "We will write to you when it is back.");
    }
    bob.submit(&bob.get(&address), &address, &[("email", "bob@example.com")]).says(200, "We will write to you");
    assert_eq!(ann.get("/products/mug/waiting?variant=999").status, 404);
    assert_eq!(ann.get("/products/mug/waiting").status, 404);
    house.work();
    assert!(house.mails("ann@example.com").is_empty());

    let place = house.db.read_now(stock::locations).unwrap()[0].id;
    let receive =
        move |conn: &mut kernel::Conn, key: &str| stock::receive(conn, place, &Demand::from([(mug, 1)]), "", key, "test", goods::now());
    house.db.write_now(move |conn| receive(conn, "first")).unwrap();
    house.work();
    let told: Vec<usize> = ["ann@example.com", "bob@example.com"].iter().map(|who| house.mails(who).len()).collect();
    assert_eq!(told, [1, 0], "one unit is for the first in the line");
    assert!(house.mails("ann@example.com")[0].body_text.contains("/products/mug"));
    ann.get(&address).says(200, "It is in stock");

    let mailer = house.state.door.mailer();
    house.db.write_now(move |conn| storefront::waiting::all(conn, &mailer, goods::now() + TimeDelta::hours(25))).unwrap();
    house.work();
    assert_eq!(house.mails("bob@example.com").len(), 1, "what nobody bought is offered to the next");
    house.db.write_now(move |conn| receive(conn, "second")).unwrap();
    house.work();
    assert_eq!((house.mails("ann@example.com").len(), house.mails("bob@example.com").len()), (1, 1), "each is told once");
}
