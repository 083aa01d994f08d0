//! Reviews: asked for once, written for what was really bought, shown when staff read them.

use crate::support::goods::{self, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::CustomerId;
use crm::consents::{self, Consent, Statement};
use kernel::Db;
use storefront::checkout::Settlement;
use storefront::ids::VariantId;
use storefront::reviews::{self, Policy, State, Total};
use storefront::shipments::{self, Parcel};
use storefront::{catalog, erasure, orders, payments, personal};

const ANN: &str = "ann@example.com";
const BO: &str = "bo@example.com";

/// An order that was paid and sent.
fn bought(house: &House, variant: VariantId, address: &str) {
    let (cart, seen) = goods::cart(&house.db, &[(variant, 2)], address, "bank_transfer", "");
    let placed = place(&house.db, cart, seen, Settlement::After).unwrap();
    let key = format!("parcel-{}", placed.order);
    house
        .db
        .write_now(move |conn| {
            payments::record_receipt(conn, placed.payment, "test", now())?;
            let line = orders::lines(conn, placed.order)?[0].id;
            let parcel = Parcel { key: key.clone(), lines: vec![(line, 2)], ..Parcel::default() };
            shipments::ship(conn, placed.order, &parcel, "test", now())
        })
        .unwrap();
    house.work();
}

fn allow(db: &Db, customer: CustomerId) {
    let yes = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: "ticked" };
    db.write_now(move |conn| consents::record(conn, customer, &yes, now())).unwrap();
}

/// Asks whoever is to be asked so many days from now; says how many mails of it `address` has by then.
fn asked(house: &House, days: i64, address: &str) -> usize {
    reviews::ask_all(&house.db, &house.state.door.mailer(), now() + TimeDelta::days(days)).unwrap();
    house.mails(address).iter().filter(|mail| mail.template == "review_request").count()
}

/// The path of the first link of Ann's mail whose address has `part`.
fn linked(house: &House, part: &str) -> String {
    let mail = house.mails(ANN).into_iter().find(|mail| mail.template == "review_request").unwrap();
    let url = mail.body_text.split_whitespace().find(|word| word.contains(part)).unwrap().to_string();
    url.strip_prefix(&house.base_url).unwrap().to_string()
}

#[test]
fn a_buyer_is_asked_once_and_what_staff_publish_is_shown() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let product = house.db.read_now(move |conn| Ok(catalog::products_of(conn, &[mug])?[0])).unwrap();
    let ann = goods::customer(&house.db, ANN, 0);
    goods::customer(&house.db, BO, 0);
    allow(&house.db, ann);
    let (_, boss) = at_work(&house, "boss", role(&house, Preset::Manager));
    let page = boss.get("/admin/reviews").says(200, "No review stands here.");
    boss.submit(&page, "/admin/reviews/settings", &[("on", "on"), ("days", "900")]).says(422, "Choose between 1 and 90 days.");
    boss.submit(&page, "/admin/reviews/settings", &[("on", "on"), ("days", "10"), ("topic", "news")]).says(200, "Saved");
    let policy = house.db.read_now(reviews::policy).unwrap();
    assert_eq!(policy, Policy { on: true, days: 10, topic: "news".into() });

    bought(&house, mug, ANN);
    bought(&house, mug, BO);
    assert_eq!(asked(&house, 9, ANN), 0, "too early");
    assert_eq!((asked(&house, 11, ANN), asked(&house, 12, ANN)), (1, 1), "once");
    assert_eq!(asked(&house, 12, BO), 0, "Bo never allowed it");

    let (browser, link) = (house.visitor(), linked(&house, "/reviews/"));
    let here = link.split('?').next().unwrap().to_string();
    assert_eq!(browser.get(&here).status, 404, "without its key it is nobody's");
    assert_eq!(browser.get(&link.replace("R1001", "R1002")).status, 404);
    let page = browser.get(&format!("{link}&stars=5")).says(200, "Review of Mug");
    let written = |body: &'static str| [("title", "Fine"), ("body", body), ("name", "Ann of Kiel")];
    browser.submit(&page, &here, &written("Look at https://evil.test")).says(422, "Leave links out.").holds("Ann of Kiel");
    browser.submit(&page, &here, &written("It holds tea.")).says(200, "We read your review before it is shown.");
    assert!(!browser.get("/products/mug").text().contains("It holds tea."), "nobody read it");
    assert_eq!(asked(&house, 30, ANN), 1);

    let review = house.db.read_now(|conn| reviews::list(conn, State::Waiting, None, 10)).unwrap()[0].id;
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Agent));
    let desk = format!("/admin/reviews/{review}");
    let page = mei.get(&desk).says(200, "It holds tea.");
    // The writer thinks better of it while somebody reads: what was read is not what is there.
    house.state.clock.advance(TimeDelta::minutes(1));
    browser.submit(&browser.get(&link), &here, &[("stars", "4")]).says(200, "We read your review");
    mei.submit(&page, &format!("{desk}/publish"), &[]).says(200, "The review changed meanwhile.");
    let page = mei.get(&desk);
    mei.submit(&page, &format!("{desk}/publish"), &[]).says(200, "The review is published.");
    mei.submit(&page, &format!("{desk}/answer"), &[("answer", "We are glad.")]).says(200, "The answer was saved.");
    let shown = browser.get("/products/mug").says(200, "4.0 of 5 stars in one review").says(200, "We are glad.");
    shown.holds("AggregateRating").holds("It holds tea.");
    browser.get("/products/mug/reviews").says(200, "Ann of Kiel");
    browser.get(&link).says(200, "Published");
    let total = |house: &House| house.db.read_now(move |conn| reviews::total(conn, product)).unwrap();
    assert_eq!(total(&house), Total { reviews: 1, stars: 4 });
    let page = mei.get(&desk);
    mei.submit(&page, &format!("{desk}/decline"), &[("reason", "")]).says(422, "Say why");
    mei.submit(&page, &format!("{desk}/decline"), &[("reason", "Names somebody")]).says(200, "The review is not published.");
    assert_eq!(total(&house), Total::default());
    assert!(!browser.get("/products/mug").text().contains("It holds tea."));
    mei.submit(&mei.get(&desk), &format!("{desk}/publish"), &[]).says(200, "The review is published.");

    let all = house.db.read_now(move |conn| personal::gather(conn, ann, now())).unwrap();
    assert_eq!((all["reviews"][0]["stars"].as_i64(), all["reviews"][0]["name"].as_str()), (Some(4), Some("Ann of Kiel")));
    // A mail program that leaves with one click has the link of the header, and neither cookie nor token.
    let header = house.mails(ANN).into_iter().find(|mail| mail.template == "review_request").unwrap();
    assert!(header.list_id.starts_with("news."), "{}", header.list_id);
    let one_click = header.list_unsubscribe.strip_prefix(&house.base_url).unwrap().to_string();
    let said = || house.db.read_now(move |conn| consents::current(conn, ann, "email", "news")).unwrap();
    browser.get(&one_click).says(200, "No such mail any more");
    assert_eq!(said(), Some(Consent::Given), "a GET changes nothing");
    let made_up = one_click.replace("key=", "key=x");
    assert_eq!(house.visitor().post_raw(&made_up, "List-Unsubscribe=One-Click").status, 409);
    assert_eq!(said(), Some(Consent::Given));
    assert_eq!(house.visitor().post_raw(&one_click, "List-Unsubscribe=One-Click").status, 200);
    assert_eq!(said(), Some(Consent::Withdrawn));
    bought(&house, mug, ANN);
    assert_eq!(asked(&house, 30, ANN), 1, "nobody asks them any more");
    allow(&house.db, ann);
    let page = browser.get(&linked(&house, "/reviews?"));
    browser.submit(&page, "/orders/R1001/reviews/stop", &[]).says(200, "You will get no such mail any more.");
    assert_eq!(said(), Some(Consent::Withdrawn));

    house.db.write_now(move |conn| erasure::erase(conn, ann, now())).unwrap();
    let page = browser.get("/products/mug").says(200, "4.0 of 5 stars").says(200, "A customer");
    assert!(!page.body.contains("Ann of Kiel"));
    assert_eq!(browser.get(&link).status, 404);
}
