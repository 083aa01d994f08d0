//! Journeys by HTTP: drawn without a script, published, walked as the clock goes on, looked at and rehearsed.

use crate::support::goods::{self, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::campaigns;
use crm::consents::{self, Consent, Statement};
use crm::journeys::{self, JourneyId, Listing, Stage};
use storefront::checkout::Settlement;

fn at(id: JourneyId) -> String {
    format!("/admin/journeys/{id}")
}

/// The journey that was made last.
fn newest(house: &House) -> JourneyId {
    house.db.read_now(|conn| journeys::list(conn, None, 1)).unwrap()[0].id
}

/// Presses the button of a journey's page that posts to `act`.
fn press(visitor: &Visitor, id: JourneyId, act: &str, says: &str) {
    let page = visitor.get(&at(id));
    visitor.submit(&page, &format!("{}/{act}", at(id)), &[]).says(200, says);
}

#[test]
fn a_journey_is_drawn_published_and_walked_in_pages() {
    let house = House::open();
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    let page = mei.get("/admin/journeys").says(200, "There are no journeys yet");
    mei.submit(&page, "/admin/journeys", &[("ready", "blank")]).says(200, "Mail");
    let id = newest(&house);
    // A wait before the mail, by the form that the list leads to.
    mei.get(&format!("{}/steps/new?other=false", at(id))).says(200, "Wait until something happens");
    let token = csrf(&mei);
    let wait = format!("{}/steps/new?other=false&what=wait", at(id));
    mei.get(&wait).says(200, "How long");
    mei.post(&wait, &[("csrf", &token), ("amount", "0"), ("unit", "days")]).says(422, "between a minute and two years");
    mei.post(&wait, &[("csrf", &token), ("amount", "2"), ("unit", "days")]).says(200, "Wait 2 days");
    press(&mei, id, "publish", "Write it first");
    let mail = house
        .db
        .write_now(move |conn| {
            let mail = journeys::get(conn, id)?.draft.0.mails()[0];
            let text = campaigns::variants(conn, mail)?.remove(0);
            campaigns::put_variant(conn, text.id, text.version, "{\"says\":1}", now())?;
            Ok(mail)
        })
        .unwrap();
    press(&mei, id, "publish", "The journey is published");

    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let statement = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: "test" };
    house.db.write_now(move |conn| consents::record(conn, ann, &statement, now())).unwrap();
    let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    place(&house.db, cart, seen, Settlement::After).unwrap();
    house.follow();
    let inside = house.db.read_now(|conn| journeys::listed(conn, id, Listing::Stage(Stage::Active), None, 9)).unwrap();
    assert_eq!(inside.iter().map(|one| one.customer_id).collect::<Vec<_>>(), [ann]);
    mei.get(&format!("{}/people", at(id))).says(200, "waits at step");
    let mails = || house.db.read_now(|conn| campaigns::counts(conn, mail)).unwrap().people();
    assert_eq!(mails(), 0);
    house.state.clock.advance(TimeDelta::days(2));
    house.follow();
    assert_eq!(mails(), 1, "one delivery for the one enrolment");
    // Whoever was signed in two days ago is not any more.
    let (_, mei) = at_work(&house, "max", role(&house, Preset::Owner));
    mei.get(&format!("{}/people/{}", at(id), inside[0].id)).says(200, "Came to the end");
    mei.get(&at(id)).says(200, "Came to the end");
    goods::assert_books(&house.db);

    let page = mei.get(&at(id));
    mei.submit(&page, &format!("{}/rehearsals", at(id)), &[]).says(200, "rehearsal is under way");
    house.follow();
    let last = house.db.read_now(|conn| journeys::last(conn, id)).unwrap().unwrap();
    mei.get(&format!("{}/rehearsals/{}", at(id), last.id)).says(200, "Ann");
    press(&mei, id, "pause", "The journey is paused");
    press(&mei, id, "resume", "The journey goes on");
    press(&mei, id, "end", "The journey is ended");
    house.follow();
    mei.get(&at(id)).says(200, "Ended");
}

#[test]
fn every_ready_journey_is_drawn_and_can_be_changed() {
    let house = House::open();
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    for which in journeys::READY {
        let page = mei.get("/admin/journeys");
        mei.submit(&page, "/admin/journeys", &[("ready", which.as_str())]).says(200, "Steps");
        let id = newest(&house);
        let form = mei.get(&format!("{}/edit", at(id))).says(200, "Entered by");
        // What is back has the limit of what there is.
        let limited = *which != journeys::Ready::BackInStock;
        if limited {
            mei.submit(&form, &format!("{}/edit", at(id)), &[("per_day", "0")]).says(422, "people enter a day");
        }
        let most = if limited { "50" } else { "" };
        mei.submit(&form, &format!("{}/edit", at(id)), &[("per_day", most), ("name", "Mine")]).says(200, "Mine");
        let steps = house.db.read_now(|conn| journeys::get(conn, id)).unwrap().draft.0.nodes;
        for node in &steps {
            mei.get(&format!("{}/steps/{}", at(id), node.id)).says(200, "Goes on with");
        }
        let first = format!("{}/steps/{}", at(id), steps[0].id);
        let form = mei.get(&first);
        mei.submit(&form, &format!("{first}/delete"), &[]).says(200, "Deleted");
        assert!(house.db.read_now(|conn| journeys::get(conn, id)).unwrap().draft.0.nodes.len() < steps.len());
    }
}
