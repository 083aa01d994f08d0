//! What happens with a customer, from the first look to the parcel; and whose browser is whose.

use crate::buying::to_review;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::{Page, Visitor};
use admin::permissions::Preset;
use crm::activities::{self, Kind};
use crm::email::Email;
use crm::{CustomerId, customers, trails};
use storefront::{logins, orders, rebuild};

fn customer(house: &House, email: &str) -> Option<CustomerId> {
    let email = Email::parse(email, "email").unwrap();
    house.db.read_now(move |conn| customers::find_by_email(conn, &email)).unwrap().map(|found| found.id)
}

/// A customer with a login whose address is proven.
fn joined(house: &House, email: &str) -> CustomerId {
    let customer = goods::customer(&house.db, email, 0);
    let hash = logins::hash_password("a long password").unwrap();
    house.db.write_now(move |conn| logins::set_password(conn, customer, &hash)).unwrap();
    goods::run(&house.db, "UPDATE logins SET verified_at = created_at");
    customer
}

fn sign_in(visitor: &Visitor, email: &str) -> Page {
    let page = visitor.get("/account/sign-in");
    visitor.submit(&page, "/account/sign-in", &[("email", email), ("password", "a long password")]).says(200, "")
}

fn allow(visitor: &Visitor) {
    let page = visitor.get("/privacy");
    visitor.submit(&page, "/privacy", &[("choice", "allow"), ("next", "/")]).says(200, "We remember what you look at");
}

/// What a customer did, the first first.
fn lately(house: &House, id: CustomerId) -> Vec<Kind> {
    house.state.door.watch.flush();
    let mut entries = house.db.read_now(move |conn| activities::timeline(conn, id, None, None, 100)).unwrap();
    entries.reverse();
    entries.iter().map(|entry| entry.kind).collect()
}

fn count(house: &House) -> i64 {
    house.state.door.watch.flush();
    house.db.read_now(activities::count).unwrap()
}

#[test]
fn nothing_is_kept_before_a_yes_and_the_shop_works_with_a_no() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 9);
    let ann = house.visitor();
    let asked = ann.get("/products/mug").holds("May we remember what you look at here");
    assert!(asked.body.contains("<aside class=\"ask\" aria-labelledby=\"ask\" >"), "the question is shown");
    assert_eq!((ann.cookie("viewed"), ann.cookie("trail")), (String::new(), String::new()));
    // Without an answer the form changes nothing.
    let token = asked.form("/privacy", &[]).into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    ann.post("/privacy", &[("csrf", &token), ("next", "/")]).says(422, "");
    ann.post("/privacy", &[("csrf", &token), ("choice", "refuse"), ("next", "//evil.test")]).says(200, "only what the shop needs");
    let page = ann.get("/products/mug");
    assert!(page.body.contains("<aside class=\"ask\" aria-labelledby=\"ask\" hidden>"), "a no is asked about once");
    assert_eq!((ann.cookie("viewed").as_str(), ann.cookie("trail").as_str()), ("", "no"));
    let review = to_review(&ann, "bank_transfer");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    let id = customer(&house, "ann@example.com").unwrap();
    assert_eq!(count(&house), 0, "the order itself is told by its books, later");
    house.work();
    assert_eq!(lately(&house, id), [Kind::OrderPlaced, Kind::MailSent]);
    assert!(house.db.read_now(move |conn| trails::edges(conn, id, 9)).unwrap().is_empty());
}

#[test]
fn what_a_visitor_looked_at_is_theirs_from_their_order_on_and_staff_can_part_them() {
    let house = House::open();
    for (title, price) in [("Mug", 1200), ("Pot", 4500)] {
        goods::product(&house.db, title, price, 9);
    }
    let ann = house.visitor();
    allow(&ann);
    ann.get("/products/pot");
    ann.get("/products/pot");
    ann.get("/search?q=oolong");
    let review = to_review(&ann, "bank_transfer");
    assert_eq!(customer(&house, "ann@example.com"), None);
    assert_eq!(count(&house), 4, "the pot once, the search, the mug and the cart");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001");
    let id = customer(&house, "ann@example.com").unwrap();
    let seen = [Kind::ProductViewed, Kind::Searched, Kind::ProductViewed, Kind::CartChanged];
    assert_eq!(lately(&house, id)[..4], seen);
    house.work();

    let mei = at_work(&house, "mei", role(&house, Preset::Agent)).1;
    let address = format!("/admin/customers/{id}");
    let page = mei.get(&address).says(200, "Looked at: Pot").says(200, "Searched for: oolong").says(200, "Ordered: order R1001");
    assert!(page.text().contains("site, browsing"), "that they allowed it is proven: {}", page.text());
    let whole = format!("{address}/timeline");
    let searches = mei.get(&format!("{whole}?kind=searched")).says(200, "oolong");
    assert!(!searches.text().contains("Looked at: Pot"));
    mei.get(&format!("/zh{whole}")).says(200, "查看商品");
    mei.get(&format!("{whole}?after=nonsense&kind=nonsense")).says(200, "oolong");
    mei.get("/admin/customers/99999/timeline").says(404, "");

    let part = page.form_ending("/part");
    mei.submit(&page, &part, &[]).says(200, "nobody’s again");
    assert_eq!(lately(&house, id), [Kind::ConsentSaid, Kind::OrderPlaced, Kind::MailSent]);
    mei.submit(&page, &part, &[]).says(200, "was parted before");
    // The same browser does not come back to her by itself.
    let review = to_review(&ann, "bank_transfer");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1002");
    assert!(!lately(&house, id).contains(&Kind::Searched));
}

#[test]
fn a_shared_computer_does_not_join_two_people() {
    let house = House::open();
    for (title, price) in [("Mug", 1200), ("Pot", 4500), ("Cup", 900)] {
        goods::product(&house.db, title, price, 9);
    }
    let (ann, ben) = (joined(&house, "ann@example.com"), joined(&house, "ben@example.com"));
    let browser = house.visitor();
    allow(&browser);
    sign_in(&browser, "ann@example.com");
    let of_ann = browser.cookie("trail");
    browser.get("/products/mug");
    // Her session ends without a sign-out, and somebody else comes.
    goods::run(&house.db, "DELETE FROM sessions");
    browser.get("/products/pot");
    sign_in(&browser, "ben@example.com");
    assert_ne!(browser.cookie("trail"), of_ann);
    browser.get("/products/cup");
    let account = browser.get("/account");
    browser.submit(&account, "/account/sign-out", &[]).says(200, "");
    browser.get("/products/mug");
    let views = |id| lately(&house, id).into_iter().filter(|kind| *kind == Kind::ProductViewed).count();
    assert_eq!((views(ann), views(ben)), (2, 1), "mug and pot are hers, the cup his, the last mug nobody's");
    let edges = |id| house.db.read_now(move |conn| trails::edges(conn, id, 9)).unwrap().len();
    assert_eq!((edges(ann), edges(ben)), (1, 1));
}

#[test]
fn a_no_of_a_customer_holds_on_every_browser_of_theirs() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 9);
    let ann = joined(&house, "ann@example.com");
    let (phone, laptop) = (house.visitor(), house.visitor());
    for browser in [&phone, &laptop] {
        allow(browser);
        sign_in(browser, "ann@example.com");
    }
    let page = phone.get("/privacy").says(200, "we may remember");
    phone.submit(&page, "/privacy", &[("choice", "refuse")]).says(200, "only what is needed");
    laptop.get("/products/mug");
    assert_eq!(lately(&house, ann).last(), Some(&Kind::ConsentSaid), "her no is the last thing kept");
}

#[test]
fn what_follows_from_the_books_is_made_anew_and_comes_out_equal() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    for email in ["ann@example.com", "ann@example.com", "bea@example.com"] {
        let (cart, seen) = goods::cart(&house.db, &[(mug, 2)], email, "bank_transfer", "");
        goods::place(&house.db, cart, seen, storefront::checkout::Settlement::After).unwrap();
    }
    let last = house.db.read_now(|conn| orders::get_by_number(conn, "R1003")).unwrap().id;
    house.db.write_now(move |conn| orders::cancel(conn, last, orders::CancelReason::Staff, "test", now())).unwrap();
    house.work();
    let kept = || {
        let rows = |conn: &mut kernel::Conn| {
            let mut all = Vec::new();
            for email in ["ann@example.com", "bea@example.com"] {
                let id = customers::find_by_email(conn, &Email::parse(email, "email")?)?.unwrap().id;
                let entries = activities::timeline(conn, id, None, None, 100)?;
                let mut told: Vec<String> =
                    entries.iter().map(|one| format!("{:?} {} {:?} {}", one.kind, one.happened_at, one.amount(), one.detail)).collect();
                told.sort();
                let score = crm::scores::of(conn, id)?;
                all.push(format!("{told:?} {score:?} {:?}", crm::purchases::totals(conn, id)?));
            }
            for order in orders::after(conn, storefront::ids::OrderId(0), 9)? {
                all.push(format!("{:?}", crm::purchases::lines(conn, order.customer_id, order.id.0)?));
            }
            Ok(all)
        };
        house.db.read_now(rows).unwrap()
    };
    let before = kept();
    assert!(before[0].contains("OrderPlaced") && before[1].contains("OrderCancelled"), "{before:?}");
    goods::run(&house.db, "DELETE FROM purchase_lines WHERE quantity = 2");
    goods::run(&house.db, "UPDATE purchases SET revenue = revenue + 1");
    goods::run(&house.db, "DELETE FROM activities WHERE kind = 'order_cancelled'");
    assert_ne!(kept(), before);
    assert_eq!(rebuild::run(&house.db, now(), &mut |_| {}).unwrap(), 3);
    assert_eq!(kept(), before);
    goods::assert_books(&house.db);
}

#[test]
fn a_long_timeline_is_read_page_by_page() {
    let house = House::open();
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    house
        .db
        .write_now(move |conn| {
            for n in 0..120 {
                let activity = activities::Activity {
                    customer: Some(ann),
                    trail: None,
                    kind: Kind::Searched,
                    // Many at the same moment: the page goes on behind the last of them.
                    at: now() + chrono::TimeDelta::seconds(n / 40),
                    source: "test",
                    dedupe_key: &n.to_string(),
                    subject: None,
                    amount: None,
                    detail: &format!("word {n}."),
                };
                assert!(activities::record(conn, &activity)?);
                assert!(!activities::record(conn, &activity)?, "once");
            }
            Ok(())
        })
        .unwrap();
    let mei = at_work(&house, "mei", role(&house, Preset::Agent)).1;
    let mut found = Vec::new();
    let mut at = format!("/admin/customers/{ann}/timeline?kind=searched");
    for _ in 0..3 {
        let page = mei.get(&at).says(200, "Searched for");
        found.extend((0..120).filter(|n| page.text().contains(&format!("word {n}."))));
        let Some(next) = page.body.split_once("rel=\"next\"").and_then(|(before, _)| before.rsplit_once("href=\"")) else { break };
        at = next.1.trim_end_matches("\" ").replace("&amp;", "&");
    }
    found.sort_unstable();
    assert_eq!(found, (0..120).collect::<Vec<_>>());
}
