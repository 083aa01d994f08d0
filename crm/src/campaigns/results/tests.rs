use super::*;
use crate::CustomerId;
use crate::campaigns::attribution::tests::{buys, campaign, delivery, hit, someone};
use crate::campaigns::attribution::{attribute, of_order};
use crate::campaigns::{Arm, DeliveryId, Hit, Standing};
use crate::rules::Rule;
use crate::rules::trees::noon;
use crate::segments;
use crate::{customers, purchases};
use kernel::clock::Clock;

fn tagged(db: &Db, customer: CustomerId, tags: &'static str) {
    db.write_now(move |conn| customers::annotate(conn, customer, tags, "", noon() + TimeDelta::hours(1))).unwrap();
}

#[test]
fn what_a_campaign_brought_is_figured_and_every_number_has_its_rows() {
    let db = kernel::testing::db();
    let clock = Clock::default();
    clock.advance(noon() - clock.now());
    let wish = segments::Wish { name: "Gold".into(), note: String::new(), rule: Rule::Tag("gold".into()) };
    let people: Vec<CustomerId> = (0..90).map(|n| someone(&db, &format!("person{n}"))).collect();
    let (first, last) = (people[0], people[89]);
    tagged(&db, first, "gold");
    let gold = db.write_now(move |conn| segments::create(conn, &wish, noon())).unwrap();
    segments::build(&db, gold, &clock).unwrap();
    let of = campaign(&db, "Tea", &format!("{{\"include\":[{gold}],\"exclude\":[]}}"));
    // She was in the segment and left it, he came later.
    let past = noon() + TimeDelta::minutes(30);
    tagged(&db, first, "");
    tagged(&db, last, "gold");
    let who = people.clone();
    let then = db.read_now(move |conn| segments::past(conn, gold, past)?.among(conn, &who, noon() + TimeDelta::hours(2))).unwrap();
    assert_eq!(then.into_iter().collect::<Vec<_>>(), [first]);
    let mails: Vec<DeliveryId> = people
        .iter()
        .enumerate()
        .map(|(n, customer)| delivery(&db, of, *customer, if n % 3 == 2 { Arm::Control } else { Arm::Given }))
        .collect();
    let day = |days: i64| noon() + TimeDelta::days(days);
    // Each of the given orders once in the window, every second after a click; one of the control group does, and one outside the window.
    for (n, customer) in people.iter().enumerate().filter(|(n, _)| n % 3 != 2) {
        if n % 2 == 0 {
            hit(&db, mails[n], Hit::Click, "", day(1));
        }
        buys(&db, *customer, n as i64 + 1, day(2), 1000);
    }
    hit(&db, mails[1], Hit::Click, "scanner", day(1));
    buys(&db, people[2], 500, day(2), 1000);
    buys(&db, people[5], 501, day(6), 1000);
    db.write_now(move |conn| {
        for order in (1..=90).chain([500, 501]) {
            attribute(conn, order)?;
        }
        purchases::refund(conn, 1, 400, day(3))
    })
    .unwrap();
    figure(&db, of.0, Currency::EUR, day(10)).unwrap();
    let results = db.read_now(move |conn| get(conn, of.0)).unwrap().unwrap();
    let all = results.all;
    assert_eq!((all.given.orders.people, all.given.orders.sum, all.given.money.sum), (60, 6000, 59_600));
    assert_eq!((all.control.orders.people, all.control.orders.sum, all.control.money.sum), (30, 100, 1000));
    assert!(all.orders.is_some_and(|lift| lift.tells() && lift.more == 5800));
    assert_eq!(results.variants.iter().map(|(id, one)| (*id, one.given)).collect::<Vec<_>>(), [(of.1, all.given)]);
    assert_eq!(results.segments.iter().map(|one| one.segment).collect::<Vec<_>>(), [gold]);
    let whole = results.earned.iter().find(|one| one.variant.is_none()).unwrap();
    assert_eq!((whole.orders, whole.returned, whole.revenue, whole.refunded), (30, 1, 30_000, 400));
    let link = Link { target: "/products/mug".into(), people: 30, clicks: 30, machines: 1 };
    assert_eq!(results.links, [link]);
    assert_eq!(results.products.iter().map(|one| (one.product, one.orders, one.units)).collect::<Vec<_>>(), [(1, 30, 60)]);
    // The rows, page by page.
    let rows = db
        .read_now(move |conn| {
            let page = credited(conn, of.0, None, Some(1), false, None, 20)?;
            let next = credited(conn, of.0, Some(of.1), None, false, page.last().map(|one| one.share.order), 20)?;
            let back = credited(conn, of.0, None, None, true, None, 20)?;
            assert_eq!(back.iter().map(|one| one.share.clone()).collect::<Vec<_>>(), of_order(conn, 1)?);
            let control = rows(conn, of.0, What::Standing(Standing::Control), None, DeliveryId(0), 100)?;
            assert_eq!(control.len(), 30);
            let people = Sought { clicks: true, target: Some("/products/mug".into()), variant: Some(of.1), ..Sought::default() };
            assert_eq!(done(conn, of.0, &people, None, 100)?.len(), 30);
            let machines = done(conn, of.0, &Sought { clicks: true, machines: true, ..Sought::default() }, None, 100)?;
            assert_eq!(machines.iter().map(|one| (one.delivery, one.machine.as_str())).collect::<Vec<_>>(), [(mails[1], "scanner")]);
            assert!(done(conn, of.0, &Sought::default(), None, 100)?.is_empty());
            Ok((page.len(), next.len(), everybody(conn, of.0, CustomerId(0), 1000)?.len()))
        })
        .unwrap();
    assert_eq!(rows, (20, 10, 90));
    assert_eq!(db.read_now(move |conn| due(conn, day(10))).unwrap(), [(of.0, 1)]);
    assert!(db.read_now(move |conn| due(conn, day(90))).unwrap().is_empty());
}
