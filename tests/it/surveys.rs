//! Surveys: asked by a mail or a link, answered once with a button, and counted.

use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use crm::activities::{self, Kind};
use crm::campaigns::DeliveryId;
use crm::surveys::{self, Asked, Given, SurveyId, Wish};
use storefront::campaigns::links;
use storefront::surveys::{Link, Who, path};
use storefront::{erasure, personal};

const ANN: &str = "ann@example.com";
/// A campaign that asks the first survey, and of which Ann got a mail.
const SENT: &str = r#"
    INSERT INTO campaigns (id, kind, name, store_id, topic, state, audience, control_bp, plan, trial, starts_at, frozen_at, created_at, changed_at)
    VALUES (1, 'campaign', 'Spring', 1, 'news', 'scheduled', '{}', 0, '{}', '{}', '2026-01-01 08:00:00', '2026-01-01 08:00:00',
        '2026-01-01 08:00:00', '2026-01-01 08:00:00');
    INSERT INTO campaign_variants (id, campaign_id, position, content, changed_at) VALUES (1, 1, 1,
        '{"versions":{"en":{"subject":"Spring","blocks":[{"part":{"kind":"survey","survey":1}}]}}}', '2026-01-01 08:00:00');
    INSERT INTO deliveries (id, campaign_id, customer_id, round, arm, variant_id, state, due_at, attempts, message_id, sent_at)
    SELECT 1, 1, id, 0, 'given', 1, 'accepted', '2026-01-01 08:00:00', 1, 'spring.1@shop.test', '2026-01-01 08:00:00'
    FROM customers WHERE email_key = 'ann@example.com';
    INSERT INTO delivery_counts (campaign_id, variant_id, what, count) VALUES (1, 1, 'accepted', 1);"#;

fn made(house: &House) -> SurveyId {
    let texts = Asked { question: [("en".to_string(), "How likely?".to_string())].into(), ..Asked::default() };
    house.db.write_now(move |conn| surveys::create(conn, &Wish { name: "Shop".into(), texts: texts.clone(), open: true }, now())).unwrap()
}

fn people(house: &House, survey: SurveyId, round: i64) -> i64 {
    house.db.read_now(move |conn| surveys::figures(conn, survey, round)).unwrap().0.people()
}

#[test]
fn a_mail_asks_and_only_the_button_answers() {
    let house = House::open();
    let ann = goods::customer(&house.db, ANN, 0);
    goods::run(&house.db, SENT);
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let form = max.get("/admin/surveys/new");
    max.submit(&form, "/admin/surveys/new", &[("name", "Shop")]).says(422, "Write the question in at least one language.");
    max.submit(&form, "/admin/surveys/new", &[("name", "Shop"), ("question_en", "How likely?")]).says(200, "Too small to tell");
    let survey = house.db.read_now(surveys::list).unwrap()[0].id;
    assert_eq!(survey, SurveyId(1), "the mail asks the first one");
    let browser = house.visitor();
    let mail = browser.get(&links::view_path(&house.state.signer, DeliveryId(1)));
    assert!(mail.status == 200 && mail.body.contains(&format!("/surveys/{survey}/1/d1?key=")), "{}", mail.body);

    // A scanner follows all eleven links, and has said nothing.
    let link = path(&house.state.signer, Link { survey, round: 1, who: Who::Delivery(DeliveryId(1)) });
    for score in 0..=10 {
        browser.get(&format!("{link}&score={score}")).says(200, "How likely?");
    }
    assert_eq!(people(&house, survey, 1), 0);
    let here = format!("/surveys/{survey}/1/d1");
    let page = browser.get(&link);
    browser.submit(&page, &here, &[("words", "Lovely")]).says(422, "Choose a number from 0 to 10.").holds("Lovely");
    let page = browser.get(&format!("{link}&score=9"));
    let page = browser.submit(&page, &here, &[("words", "Lovely")]).says(200, "Thank you for your answer.");
    browser.submit(&page, &here, &[("score", "3"), ("words", "Broken")]).says(200, "Your answer was kept.");
    assert_eq!(people(&house, survey, 1), 1, "who thinks better of it answers once");
    assert_eq!(browser.get(&format!("/surveys/{survey}/1/d2?key=made-up")).status, 404);
    assert_eq!(browser.get(&link.replace("/1/d1", "/2/d1")).status, 404);

    let told = house.db.read_now(move |conn| activities::timeline(conn, ann, Some(Kind::SurveyAnswered), None, 10)).unwrap();
    assert_eq!(told.len(), 1);
    let all = house.db.read_now(move |conn| personal::gather(conn, ann, now())).unwrap();
    assert_eq!((all["surveys"][0]["score"].as_i64(), all["surveys"][0]["words"].as_str()), (Some(3), Some("Broken")));
    let desk = format!("/admin/surveys/{survey}");
    max.get(&format!("{desk}?group=detractor")).says(200, "Broken").says(200, "Too small to tell");
    assert!(!max.get(&format!("{desk}?group=promoter")).text().contains("Broken"));
    max.get(&format!("{desk}/answers.csv")).holds("Broken").holds("detractor");
    let page = max.get(&desk);
    max.submit(&page, &format!("{desk}/round"), &[]).says(200, "Another round has begun.");
    browser.get(&link).says(200, "Thank you for your answer.");
    let page = max.get(&format!("{desk}/edit"));
    max.submit(&page, &format!("{desk}/delete"), &[]).says(200, "Close it instead of deleting it.");

    house.db.write_now(move |conn| erasure::erase(conn, ann, now())).unwrap();
    assert_eq!(people(&house, survey, 1), 1, "the total stays");
    assert!(house.db.read_now(move |conn| surveys::words(conn, survey, 1, None, None, 10)).unwrap().is_empty());
    assert_eq!(browser.get(&link).status, 404);
}

#[test]
fn thirty_answers_tell_and_whoever_is_signed_in_may_answer() {
    let house = House::open();
    let survey = made(&house);
    let all: Vec<_> = (0..40).map(|number| goods::customer(&house.db, &format!("p{number}@example.com"), 0)).collect();
    house
        .db
        .write_now(move |conn| {
            for (number, customer) in all.iter().enumerate() {
                let score = if number % 2 == 0 { 10 } else { 5 };
                surveys::answer(
                    conn,
                    &Given { survey, round: 1, customer: *customer, delivery: None, score, words: String::new() },
                    now(),
                )?;
            }
            Ok(())
        })
        .unwrap();
    let net = house.db.read_now(move |conn| surveys::figures(conn, survey, 1)).unwrap().0.net().unwrap().unwrap();
    assert!(net.mean == 0 && net.low < -25 && net.high > 25, "{net:?}");
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    max.get(&format!("/admin/surveys/{survey}")).says(200, &format!("between {} and {}", net.low, net.high));

    house.visitor().get(&format!("/surveys/{survey}")).says(200, "Sign in");
    let (bea, browser) = house.signed_in("bea@example.com");
    let page = browser.get(&format!("/surveys/{survey}")).says(200, "How likely?");
    browser.submit(&page, &format!("/surveys/{survey}/1/p{bea}"), &[("score", "10")]).says(200, "Your answer was kept.");
    assert_eq!(people(&house, survey, 1), 41);
}
