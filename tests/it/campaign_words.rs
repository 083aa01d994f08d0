//! Writing what a campaign says: blocks, languages and variants, looked at as a customer, sent as a test, and what may go wrong.

use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use crate::support::visitor::{Page, Visitor};
use crate::theme::png;
use admin::audit::{self, Filter};
use admin::permissions::Preset;
use crm::CustomerId;
use crm::campaigns::{self, CampaignId, Claimed, DeliveryId, State, VariantId, Wish};
use std::collections::BTreeMap;
use storefront::campaigns::{self as words, Block, Condition, Content, Part, Source, Version};
use storefront::offers;
use storefront::promotions::{Conditions, Cut, Effect, Goods, Rules, Terms};

fn campaign(house: &House) -> CampaignId {
    let wish = Wish { name: "Spring".into(), ..Wish::default() };
    house.db.write_now(move |conn| campaigns::create(conn, &wish, goods::now())).unwrap()
}

/// The address of the variant that a page is about, without its query.
fn here(page: &Page) -> String {
    page.at.split('?').next().unwrap().to_string()
}

/// Adds a block at the end, and fills its form in.
fn block(max: &Visitor, here: &str, place: usize, kind: &str, typed: &[(&str, &str)]) -> Page {
    let page = max.get(here);
    max.submit(&page, &format!("{here}/blocks/en"), &[("kind", kind)]).says(200, "The block was added at the end.");
    let at = format!("{here}/blocks/en/{place}");
    let form = max.get(&at);
    max.submit(&form, &at, typed)
}

fn stored(house: &House, campaign: CampaignId) -> Vec<Content> {
    let all = house.db.read_now(move |conn| campaigns::variants(conn, campaign)).unwrap();
    all.iter().map(|variant| Content::read(&variant.content).unwrap()).collect()
}

fn kinds(house: &House, campaign: CampaignId) -> Vec<&'static str> {
    stored(house, campaign)[0].versions["en"].blocks.iter().map(|block| block.part.kind()).collect()
}

#[test]
fn a_campaign_is_written_block_by_block_and_looked_at_as_a_customer() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    goods::customer(&house.db, "ann@example.com", 0);
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let campaign = campaign(&house);

    let page = max.get(&format!("/admin/campaigns/{campaign}/texts")).says(200, "Write in English");
    let here = here(&page);
    max.get(&format!("/admin/campaigns/{campaign}/risks")).says(200, "Nothing is written yet");
    let page = max.submit(&page, &format!("{here}/languages"), &[("from", "")]).says(200, "No block yet.");
    let refused = max.submit(&page, &here, &[("subject", "Hello {{ secret }}")]).says(422, "There is no variable “secret”.");
    refused.holds("Hello {{ secret }}");
    max.submit(&page, &here, &[("subject", "Hello {{ name | there }}"), ("preheader", "New mugs")]).says(200, "Saved");

    // The form that was open meanwhile is one of another content by now.
    let late = max.submit(&page, &here, &[("subject", "Mine")]);
    assert_eq!(late.status, 409, "{}", late.text());
    let late = late.holds("value=\"Mine\"");
    max.submit(&late, &here, &[("subject", "Hello {{ name | there }}"), ("preheader", "New mugs")]).says(200, "Saved");

    block(&max, &here, 0, "text", &[("html", "<p onclick=\"x()\">Dear {{ name | friend }}<script>alert(1)</script></p>")])
        .says(200, "Saved");
    block(&max, &here, 1, "heading", &[("text", "Mugs")]).says(200, "Saved");
    block(&max, &here, 2, "button", &[("label", "Look"), ("link", "javascript:alert(1)")])
        .says(422, "Write a page of the shop")
        .holds("javascript:alert(1)");
    let at = format!("{here}/blocks/en/2");
    max.submit(&max.get(&at), &at, &[("label", "Look"), ("link", "/products/gone")]).says(200, "Saved");
    block(&max, &here, 3, "products", &[("by", "hand"), ("products", "no-such-mug")]).says(422, "");
    let at = format!("{here}/blocks/en/3");
    max.submit(&max.get(&at), &at, &[("by", "hand"), ("products", "mug"), ("most", "2")]).says(200, "Saved");
    block(&max, &here, 4, "picture", &[("alt", "A mug")]).says(200, "Saved");
    let (token, picture) = (csrf(&max), png(60, 40));
    let upload = format!("{here}/blocks/en/4/picture");
    max.upload_parts(&upload, &[("csrf", token.as_str())], ("picture", picture.as_slice())).says(200, "The picture was added.");
    assert_eq!(kinds(&house, campaign), ["text", "heading", "button", "products", "picture"]);
    let said = stored(&house, campaign).remove(0);
    assert!(matches!(&said.versions["en"].blocks[4].part, Part::Picture { hash: Some(_), .. }));

    let page = max.get(&here);
    let moved = max.submit(&page, &format!("{here}/blocks/en/1/order"), &[("to", "up")]).says(200, "The block was moved.");
    assert_eq!(kinds(&house, campaign)[..2], ["heading", "text"]);
    max.submit(&page, &format!("{here}/blocks/en/1/order"), &[("to", "up")]);
    assert_eq!(kinds(&house, campaign)[..2], ["heading", "text"], "a second click of the same page moves nothing");
    max.submit(&moved, &format!("{here}/blocks/en/0/delete"), &[]).says(200, "The block was removed.");
    assert_eq!(kinds(&house, campaign)[0], "text");

    max.get(&format!("{here}/preview?customer=ann@example.com")).says(200, "Hello Ann").says(200, "New mugs");
    max.get(&format!("{here}/preview?customer=nobody@example.com")).says(200, "There is no customer with this address.");
    let mail = max.get(&format!("{here}/preview/html?customer=ann@example.com&width=phone"));
    assert!(mail.headers["content-security-policy"].ends_with("sandbox") && mail.body.contains("Dear Ann") && mail.body.contains("€12.00"));
    assert!(!mail.body.contains("<script") && !mail.body.contains("onclick"));
    let risks = max.get(&format!("/admin/campaigns/{campaign}/risks"));
    risks.says(200, "There is no page at /products/gone.");

    let preview = max.get(&format!("{here}/preview")).says(200, "Hello max");
    max.submit(&preview, &format!("{here}/test"), &[]).says(200, "The test is on its way to you.");
    let tests = house.mails("max@shop.test");
    assert_eq!(tests.last().unwrap().subject, "TEST: Hello max");
    let filter = Filter { subject: format!("campaign:{campaign}"), ..Filter::default() };
    let log = house.db.read_now(move |conn| audit::list(conn, &filter, 50)).unwrap();
    assert!(log.iter().any(|entry| entry.action == "campaign.words") && log.iter().any(|entry| entry.action == "campaign.test"));
}

#[test]
fn languages_variants_and_templates_begin_with_what_there_is() {
    let house = House::open();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let campaign = campaign(&house);
    let page = max.get(&format!("/admin/campaigns/{campaign}/texts"));
    let here = here(&page);
    max.submit(&page, &format!("{here}/languages"), &[("from", "")]);
    block(&max, &here, 0, "heading", &[("text", "Hello"), ("who", "speaks"), ("speaks", "zh")]).says(200, "Readers of a language");

    let page = max.get(&format!("{here}?language=zh")).says(200, "Write in 简体中文");
    max.submit(&page, &format!("{here}/languages"), &[("from", "en")]);
    let said = stored(&house, campaign).remove(0);
    assert_eq!(said.versions["zh"], said.versions["en"]);
    let page = max.get(&format!("{here}?language=zh"));
    max.submit(&page, &format!("{here}/languages/delete"), &[]).says(200, "The language was removed.");

    let page = max.get(&here);
    max.submit(&page, &format!("{here}/templates"), &[("name", "Hello <all>")]).says(200, "The template was saved.");
    max.get("/admin/campaign-templates").says(200, "Hello <all>");
    let copy = max.submit(&max.get(&here), &format!("{here}/copy"), &[]).says(200, "The version was added.").says(200, "Version B");
    let other = self::here(&copy);
    assert!(other != here && stored(&house, campaign)[0] == stored(&house, campaign)[1]);
    let page = max.get(&other);
    max.submit(&page, &format!("{other}/blocks/en/0/delete"), &[]);
    assert!(stored(&house, campaign)[1].versions["en"].blocks.is_empty());
    max.submit(&max.get(&other), &format!("{other}/templates/take"), &[]);
    assert_eq!(stored(&house, campaign)[1], stored(&house, campaign)[0]);
    max.submit(&max.get(&other), &format!("{other}/delete"), &[]).says(200, "The version was removed.");
    assert_eq!(stored(&house, campaign).len(), 1);
    let list = max.get("/admin/campaign-templates");
    max.submit(&list, &list.form_ending("/delete"), &[]).says(200, "The template was removed.");

    let other_campaign = self::campaign(&house);
    let wrong = here.replace(&format!("/campaigns/{campaign}/"), &format!("/campaigns/{other_campaign}/"));
    assert_eq!(max.get(&wrong).status, 404, "a variant is found in its own campaign alone");
    let state = house.db.read_now(move |conn| campaigns::get(conn, campaign)).unwrap().state;
    assert_eq!(state, State::Draft);
}

#[test]
fn two_columns_are_written_part_by_part() {
    let house = House::open();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let campaign = campaign(&house);
    let page = max.get(&format!("/admin/campaigns/{campaign}/texts"));
    let here = here(&page);
    let page = max.submit(&page, &format!("{here}/languages"), &[("from", "")]);
    let page = max.submit(&page, &here, &[("subject", "Hello")]).says(200, "Saved");
    let (list, columns) = (format!("{here}/blocks/en"), format!("{here}/blocks/en/0"));
    max.submit(&page, &list, &[("kind", "columns")]).says(200, "Two columns");
    let into = |side: &str, kind: &str| {
        let page = max.get(&columns);
        max.submit(&page, &list, &[("into", "0"), ("side", side), ("kind", kind)])
    };
    into("left", "text").says(200, "The block was added at the end.").says(200, "On the left");
    into("left", "picture").says(200, "The block was added at the end.");
    into("right", "button").says(200, "The block was added at the end.");
    into("right", "heading").says(200, "A column takes text, pictures, buttons and products.");
    let at = format!("{columns}-left-0");
    max.submit(&max.get(&at), &at, &[("html", "Hello {{ name | there }}")]).says(200, "Saved").says(200, "On the right");
    let at = format!("{columns}-right-0");
    let refused = max.submit(&max.get(&at), &at, &[("label", "Look"), ("link", "javascript:alert(1)")]);
    refused.says(422, "Write a page of the shop").holds("javascript:alert(1)");
    max.submit(&max.get(&at), &at, &[("label", "Look"), ("link", "/products/mug")]).says(200, "Saved");
    let (token, picture) = (csrf(&max), png(60, 40));
    let upload = format!("{columns}-left-1/picture");
    max.upload_parts(&upload, &[("csrf", token.as_str())], ("picture", picture.as_slice())).says(200, "The picture was added.");
    let page = max.get(&columns);
    max.submit(&page, &format!("{columns}-left-1/order"), &[("to", "up")]).says(200, "The block was moved.");
    let said = stored(&house, campaign).remove(0);
    let Part::Columns { left, right } = &said.versions["en"].blocks[0].part else { panic!("{said:?}") };
    assert_eq!(left.iter().chain(right).map(Part::kind).collect::<Vec<_>>(), ["picture", "text", "button"]);
    assert!(matches!(&left[0], Part::Picture { hash: Some(_), .. }));
    for gone in ["-left-7", "-middle-0", "-left", "-left-0-0"] {
        assert_eq!(max.get(&format!("{columns}{gone}")).status, 404, "{gone}");
    }
    let page = max.get(&columns);
    max.submit(&page, &format!("{columns}-left-0/delete"), &[]).says(200, "The block was removed.");
    let mail = max.get(&format!("{here}/preview/html"));
    assert!(mail.body.contains("Hello max") && mail.body.contains("Look"), "{}", mail.body);
}

/// The mails of two people, as text.
fn texts(house: &House, at: (CampaignId, VariantId), people: [CustomerId; 2], settled: bool) -> Vec<String> {
    let claimed = |number: i64, customer: CustomerId| {
        let message_id = format!("{number}@shop.test");
        Claimed { id: DeliveryId(number), campaign: at.0, variant: at.1, customer, round: 0, message_id, attempts: 0 }
    };
    let batch = vec![claimed(1, people[0]), claimed(2, people[1])];
    if settled {
        let batch = batch.clone();
        house.db.write_now(move |conn| words::settle(conn, &batch, goods::now())).unwrap();
    }
    let ways = house.state.door.mailer();
    let made = house.db.read_now(move |conn| words::letters(conn, &batch, &ways, goods::now())).unwrap();
    made.into_iter().map(|(_, letter)| letter.unwrap().text).collect()
}

#[test]
fn an_offer_is_decided_before_the_mail_that_tells_of_it() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 50);
    let people = [goods::customer(&house.db, "ann@example.com", 0), goods::customer(&house.db, "bea@example.com", 0)];
    let conditions = Conditions { customers: vec!["ann@example.com".into()], ..Conditions::default() };
    let effect = Effect::Reduce { cut: Cut::Percentage(2500), on: Goods::default() };
    let why = BTreeMap::from([("en".to_string(), "Because you come back".to_string())]);
    let offer = Terms {
        offer: Some(offers::Terms { why, control_bp: 0, ..offers::Terms::default() }),
        ..Terms::automatic("A quarter off", Rules { conditions, effect, ..Rules::default() }, goods::EUR)
    };
    goods::promotion(&house.db, offer);
    let blocks = vec![
        Block { part: Part::Offer { label: String::new() }, only: None },
        Block { part: Part::Heading { text: "Nothing yet".into() }, only: Some(Condition::HasNoOffer) },
    ];
    let version = Version { subject: "Hello".into(), blocks, ..Version::default() };
    let content = Content { versions: BTreeMap::from([("en".to_string(), version)]), ..Content::default() };
    let campaign = campaign(&house);
    let json = content.json().unwrap();
    let variant = house
        .db
        .write_now(move |conn| {
            let variant = campaigns::variants(conn, campaign)?[0].clone();
            campaigns::put_variant(conn, variant.id, variant.version, &json, goods::now())?;
            Ok(variant.id)
        })
        .unwrap();
    let before = texts(&house, (campaign, variant), people, false);
    assert!(
        before.iter().all(|text| text.contains("Nothing yet") && !text.contains("A quarter off")),
        "reading decides nothing: {before:?}"
    );
    let after = texts(&house, (campaign, variant), people, true);
    assert!(
        after[0].contains("A quarter off") && after[0].contains("Because you come back") && !after[0].contains("Nothing yet"),
        "{after:?}"
    );
    assert!(after[1].contains("Nothing yet") && !after[1].contains("A quarter off"), "{after:?}");
}

#[test]
fn a_product_costs_in_the_mail_what_it_costs_its_reader() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 50);
    let people = [goods::customer(&house.db, "ann@example.com", 0), goods::customer(&house.db, "bea@example.com", 0)];
    let conditions = Conditions { customers: vec!["ann@example.com".into()], ..Conditions::default() };
    let effect = Effect::Reduce { cut: Cut::Percentage(2500), on: Goods::default() };
    goods::promotion(&house.db, Terms::automatic("A quarter off", Rules { conditions, effect, ..Rules::default() }, goods::EUR));
    let newest = || Part::Products { title: String::new(), source: Source::Newest, most: 4 };
    let columns = Part::Columns { left: vec![newest()], right: Vec::new() };
    let blocks = [newest(), columns].map(|part| Block { part, only: None }).to_vec();
    let version = Version { subject: "Hello".into(), blocks, ..Version::default() };
    let content = Content { versions: BTreeMap::from([("en".to_string(), version)]), ..Content::default() };
    let campaign = campaign(&house);
    let json = content.json().unwrap();
    let variant = house
        .db
        .write_now(move |conn| {
            let variant = campaigns::variants(conn, campaign)?[0].clone();
            campaigns::put_variant(conn, variant.id, variant.version, &json, goods::now())?;
            Ok(variant.id)
        })
        .unwrap();
    let mails = texts(&house, (campaign, variant), people, false);
    assert_eq!(mails[0].matches("- Mug, €9.00").count(), 2, "{}", mails[0]);
    assert_eq!(mails[1].matches("- Mug, €12.00").count(), 2, "{}", mails[1]);
}
