//! What journeys begin with beside timelines and segments: birthdays, what is back, and lower prices of wishes. And their rules, built without a script.

use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use chrono::{Datelike, TimeDelta};
use crm::CustomerId;
use crm::campaigns::{self, DeliveryId};
use crm::consents::{self, Consent, Statement};
use crm::customers;
use crm::email::Email;
use crm::journeys::{self, JourneyId, Listing, Ready, Stage, What};
use crm::rules::Rule;
use storefront::campaigns::links;
use storefront::catalog::{self, Saving};
use storefront::ids::ProductId;
use storefront::stock::{self, Demand};
use storefront::{erasure, personal, stores, waiting, wish_list};

fn at(id: JourneyId) -> String {
    format!("/admin/journeys/{id}")
}

/// A draft of a ready journey, made in the back office.
fn made(house: &House, mei: &Visitor, which: Ready) -> JourneyId {
    let page = mei.get("/admin/journeys");
    mei.submit(&page, "/admin/journeys", &[("ready", which.as_str())]).says(200, "Steps");
    house.db.read_now(|conn| journeys::list(conn, None, 1)).unwrap()[0].id
}

fn publish(mei: &Visitor, id: JourneyId) {
    let page = mei.get(&at(id));
    mei.submit(&page, &format!("{}/publish", at(id)), &[]).says(200, "The journey is published");
}

fn allow(house: &House, who: CustomerId) {
    let statement = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: "test" };
    house.db.write_now(move |conn| consents::record(conn, who, &statement, now())).unwrap();
}

/// Everybody who was in a journey and came to its end.
fn done(house: &House, id: JourneyId) -> Vec<CustomerId> {
    let found = house.db.read_now(|conn| journeys::listed(conn, id, Listing::Stage(Stage::Done), None, 99)).unwrap();
    found.into_iter().map(|one| one.customer_id).collect()
}

#[test]
fn a_birthday_is_said_celebrated_once_a_year_and_forgotten() {
    let house = House::open();
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    let (ann, shopper) = house.signed_in("ann@example.com");
    let bob = goods::customer(&house.db, "bob@example.com", 0);
    [ann, bob].into_iter().for_each(|who| allow(&house, who));
    let tomorrow = now().date() + TimeDelta::days(1);
    let (month, day) = (tomorrow.month().to_string(), tomorrow.day().to_string());
    let profile = shopper.get("/account/profile").says(200, "So that we can congratulate you");
    let save = "/account/profile";
    shopper.submit(&profile, save, &[("birth_month", "2"), ("birth_day", "30")]).says(422, "Choose a month");
    shopper.submit(&profile, save, &[("birth_month", &month), ("birth_day", &day)]);
    let of_bob = format!("/admin/customers/{bob}");
    let page = mei.get(&of_bob).says(200, "Birthday");
    mei.submit(&page, &of_bob, &[("birth_month", "13"), ("birth_day", "1")]).says(422, "Choose a month");
    mei.submit(&page, &of_bob, &[("birth_month", &month), ("birth_day", &day), ("tags", "vip")]);
    let said = format!("{:02}-{:02}", tomorrow.month(), tomorrow.day());
    let gathered = house.db.read_now(|conn| personal::gather(conn, ann, now())).unwrap();
    assert_eq!(gathered["profile"]["birthday"].as_str(), Some(said.as_str()));
    let stored = house.db.read_now(|conn| customers::get(conn, bob)).unwrap();
    assert_eq!((stored.birthday.as_str(), stored.tags.as_str()), (said.as_str(), "vip"));

    let id = made(&house, &mei, Ready::Birthday);
    mei.get(&format!("{}/edit", at(id))).holds("value=\"09:00\"");
    house
        .db
        .write_now(move |conn| {
            let mail = journeys::get(conn, id)?.draft.0.mails()[0];
            let text = campaigns::variants(conn, mail)?.remove(0);
            campaigns::put_variant(conn, text.id, text.version, "{\"says\":1}", now())
        })
        .unwrap();
    publish(&mei, id);
    house.follow();
    assert!(done(&house, id).is_empty(), "not before the day");
    house.db.write_now(move |conn| erasure::erase(conn, bob, now())).unwrap();
    assert_eq!(house.db.read_now(|conn| customers::get(conn, bob)).unwrap().birthday, "");
    let late = tomorrow.and_hms_opt(23, 30, 0).unwrap();
    house.state.clock.advance(late - now());
    house.follow();
    assert_eq!(done(&house, id), [ann]);
    for _ in 0..3 {
        house.state.clock.advance(TimeDelta::hours(6));
        house.follow();
    }
    assert_eq!(done(&house, id), [ann], "once a year");
    goods::assert_books(&house.db);
}

#[test]
fn what_is_back_is_told_by_the_journey_or_by_the_shop_and_once() {
    let house = House::open();
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    let mug = goods::product(&house.db, "Mug", 1200, 0);
    let id = made(&house, &mei, Ready::BackInStock);
    let form = mei.get(&format!("{}/edit", at(id))).says(200, "an article they wait for is back");
    mei.submit(&form, &format!("{}/edit", at(id)), &[("per_day", "5")]).says(422, "as many people as there are units");
    publish(&mei, id);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    goods::customer(&house.db, "bob@example.com", 0);
    allow(&house, ann);
    let all = ["ann@example.com", "bob@example.com", "cem@example.com"];
    for who in all {
        let email = Email::parse(who, "email").unwrap();
        house.db.write_now(move |conn| waiting::ask(conn, stores::MAIN, mug, &email, "en", now())).unwrap();
    }
    let place = house.db.read_now(stock::locations).unwrap()[0].id;
    let come = move |conn: &mut kernel::Conn| stock::receive(conn, place, &Demand::from([(mug, 2)]), "", "first", "test", now());
    house.db.write_now(come).unwrap();
    house.follow();
    let told = || all.map(|who| house.mails(who).len());
    assert_eq!((done(&house, id), told()), (vec![ann], [0, 1, 0]), "two units are for two: whom the journey may write to, and the other");
    house.visitor().get(&links::view_path(&house.state.signer, DeliveryId(1))).holds("Mug");

    let mailer = house.state.door.mailer();
    let tomorrow = house.state.clock.now() + TimeDelta::hours(25);
    house.db.write_now(move |conn| waiting::all(conn, &mailer, tomorrow)).unwrap();
    house.follow();
    assert_eq!((done(&house, id), told()), (vec![ann], [0, 1, 1]), "the next one when the units are still free");
    let again = move |conn: &mut kernel::Conn| stock::receive(conn, place, &Demand::from([(mug, 9)]), "", "again", "test", now());
    house.db.write_now(again).unwrap();
    house.follow();
    assert_eq!((done(&house, id), told()), (vec![ann], [0, 1, 1]), "each wish once");
    goods::assert_books(&house.db);
}

/// Gives the first variant of a product another price.
fn reprice(house: &House, product: ProductId, price: i64) {
    let at = house.state.clock.now();
    house
        .db
        .write_now(move |conn| {
            let mut changed = catalog::products(conn, &[product], EUR)?.remove(0);
            changed.variants[0].price = Some(price);
            catalog::save_product(conn, &changed, &Saving { currency: EUR, actor: "test", base: None, now: at }).map(drop)
        })
        .unwrap();
    house.follow();
}

#[test]
fn a_lower_price_of_a_wish_is_told_once() {
    let house = House::open();
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    let mug = goods::product(&house.db, "Mug", 1000, 5);
    let (ann, bob) = (goods::customer(&house.db, "ann@example.com", 0), goods::customer(&house.db, "bob@example.com", 0));
    allow(&house, ann);
    let product = house.db.read_now(|conn| catalog::product_of(conn, mug)).unwrap().unwrap();
    let id = made(&house, &mei, Ready::PriceDrop);
    mei.get(&at(id)).says(200, "at least 10 % less");
    publish(&mei, id);
    house.db.write_now(move |conn| wish_list::add(conn, ann, product, now())).unwrap();
    house.follow();
    reprice(&house, product, 950);
    assert!(done(&house, id).is_empty(), "five percent");
    reprice(&house, product, 800);
    assert_eq!(done(&house, id), [ann]);
    house.visitor().get(&links::view_path(&house.state.signer, DeliveryId(1))).holds("Mug").holds("8.00");
    let later = house.state.clock.now();
    house.db.write_now(move |conn| wish_list::add(conn, bob, product, later)).unwrap();
    reprice(&house, product, 800);
    reprice(&house, product, 1000);
    reprice(&house, product, 790);
    assert_eq!(done(&house, id), [ann], "what was raised and cut again is no news, nor is what fell before it was wished for");
    let asked = house.state.clock.now();
    let rehearsal = house.db.write_now(move |conn| journeys::ask(conn, id, "UTC", asked)).unwrap();
    house.follow();
    let counted = house.db.read_now(|conn| journeys::rehearsal(conn, id, rehearsal)).unwrap().counted();
    assert_eq!(counted.entered(), 1);
    goods::assert_books(&house.db);
}

#[test]
fn rules_of_a_journey_are_built_as_those_of_segments_are() {
    let house = House::open();
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    goods::customer(&house.db, "ann@example.com", 0);
    let id = made(&house, &mei, Ready::Blank);
    let goal = format!("{}/rules/goal", at(id));
    let blank = mei.get(&goal).says(200, "has arrived");
    mei.submit(&blank, &goal, &[("do", "save")]).says(422, "Add a condition");
    let page = mei.submit(&blank, &goal, &[("r_add", "orders"), ("do", "add:r")]).says(200, "Number of orders");
    mei.submit(&page, &goal, &[("r_0_at_least", "many"), ("do", "save")]).holds("value=\"many\"");
    mei.submit(&page, &goal, &[("r_0_at_least", "2"), ("do", "preview")]).holds("value=\"2\"");
    mei.submit(&page, &goal, &[("r_0_at_least", "2"), ("do", "save")]).says(200, "Number of orders");
    let stale = mei.submit(&page, &goal, &[("r_0_at_least", "3"), ("do", "save")]).says(409, "Somebody changed the journey");
    mei.submit(&stale, &goal, &[("do", "save")]).says(200, "Goal");
    let graph = || house.db.read_now(|conn| journeys::get(conn, id)).unwrap().draft.0;
    assert!(matches!(graph().goal, Some(Rule::All(rules)) if matches!(&rules[..], [Rule::Orders(orders)] if orders.at_least == Some(3))));
    let page = mei.get(&goal);
    mei.submit(&page, &goal, &[("do", "clear")]).says(200, "Goal");
    assert!(graph().goal.is_none());

    let new = format!("{}/rules/new?other=false", at(id));
    let page = mei.get(&format!("{}/steps/new?other=false&what=branch", at(id))).says(200, "takes the first way");
    let page = mei.submit(&page, &new, &[("r_add", "tag"), ("do", "add:r")]).says(200, "Tag");
    mei.submit(&page, &new, &[("r_0_tag", "vip"), ("do", "save")]).says(200, "vip");
    let branch = graph().nodes.into_iter().find(|node| matches!(node.what, What::Branch(_))).unwrap();
    let step = format!("{}/steps/{}", at(id), branch.id);
    let page = mei.get(&step).says(200, "vip").holds(&format!("{}/rules/{}", at(id), branch.id));
    mei.submit(&page, &step, &[]).says(200, "vip");
    mei.get(&format!("{}/rules/99", at(id))).says(404, "");
    mei.get(&format!("{}/rules/only", at(id))).says(200, "does not enter");
}
