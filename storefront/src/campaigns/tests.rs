use super::content::{Block, Condition, Content, Part, Source, Version};
use super::*;
use crate::catalog::{self, Product, Saving, Status, Variant};
use crate::mails::Mailer;
use crate::stores::MAIN;
use crm::CustomerId;
use crm::campaigns::{self as sent, CampaignId, Claimed, DeliveryId, VariantId};
use crm::consents::{self, Consent, Statement};
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use crm::rules::Rule;
use crm::segments;
use kernel::clock::Time;
use kernel::config::Config;
use kernel::money::Currency;
use kernel::token::{Secret, Signer};
use kernel::web::i18n::Language;
use kernel::web::templates::Templates;
use kernel::{Conn, Result};
use std::sync::Arc;

fn now() -> Time {
    Time::parse_from_str("2026-11-22 12:00", "%Y-%m-%d %H:%M").unwrap()
}

fn ways() -> Mailer {
    let vars = [("REGULARS_BASE_URL".to_string(), "https://shop.test".to_string())];
    Mailer {
        templates: Arc::new(Templates::load(None).unwrap()),
        signer: Signer::new(Secret::new("key")),
        config: Arc::new(Config::read(None, vars).unwrap()),
    }
}

fn customer(conn: &mut Conn, email: &str, name: &str, language: &str) -> Result<CustomerId> {
    let new = NewCustomer { email: Email::parse(email, "email")?, name: name.into(), phone: String::new(), language: language.into() };
    customers::ensure(conn, &new, now())
}

fn product(conn: &mut Conn, title: &str) -> Result<()> {
    let variant = Variant { sku: Some(title.to_uppercase()), price: Some(1200), count: Some(5), ..Variant::default() };
    let product = Product { status: Status::Active, title: title.into(), variants: vec![variant], ..Product::default() };
    catalog::save_product(conn, &product, &Saving { currency: Currency::EUR, actor: "test", base: None, now: now() })?;
    Ok(())
}

fn everybody(part: Part) -> Block {
    Block { part, only: None }
}

fn text(html: &str) -> Part {
    Part::Text { html: html.into() }
}

fn content(blocks: Vec<Block>) -> Content {
    let version = Version { subject: "Hello {{ name | there }}".into(), preheader: "New".into(), blocks };
    Content { versions: [("en".to_string(), version)].into(), ..Content::default() }
}

/// A campaign that says this.
fn campaign(conn: &mut Conn, content: &Content) -> Result<(CampaignId, VariantId)> {
    let id = sent::create(conn, &sent::Wish { name: "Spring".into(), ..Default::default() }, now())?;
    let variant = sent::variants(conn, id)?[0].clone();
    sent::put_variant(conn, variant.id, variant.version, &content.json()?, now())?;
    Ok((id, variant.id))
}

fn claimed(at: (CampaignId, VariantId), number: i64, customer: CustomerId) -> Claimed {
    let message_id = format!("{number}@shop.test");
    Claimed { id: DeliveryId(number), campaign: at.0, variant: at.1, customer, round: 0, message_id, attempts: 0 }
}

fn seen(conn: &mut Conn, content: &Content, customer: CustomerId) -> Result<Preview, SkipReason> {
    preview(conn, MAIN, content, &Reader::Customer(customer), &ways(), now()).unwrap()
}

#[test]
fn a_batch_has_a_mail_for_each_with_links_that_count_for_whoever_allowed_it() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        product(conn, "Mug")?;
        let ann = customer(conn, "ann@example.com", "Ann", "en")?;
        let bo = customer(conn, "bo@example.com", "", "zh")?;
        let yes = Statement { channel: "email", topic: "tracking", legal_basis: "consent", state: Consent::Given, proof: "test" };
        consents::record(conn, ann, &yes, now())?;
        let products = Part::Products { title: "New".into(), source: Source::Newest, most: 4 };
        let button = Part::Button { label: "To the shop".into(), link: "/products/mug?a=1&b=2".into() };
        let words = text("<p>Dear {{ name | friend }}, <a href=\"mailto:a@shop.test\">write</a>.</p>");
        let at = campaign(conn, &content(vec![everybody(words), everybody(products), everybody(button)]))?;
        let nobody = CustomerId(ann.0 + bo.0 + 1000);
        let batch = [claimed(at, 3, bo), claimed(at, 1, ann), claimed(at, 9, nobody)];
        let ways = ways();
        let made = letters(conn, &batch, &ways, now())?;
        assert_eq!(made.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [3, 1, 9]);
        assert_eq!(made[2].1.as_ref().err().map(String::as_str), Some("campaign-skip-gone"));

        let to_ann = made[1].1.as_ref().unwrap();
        assert_eq!(
            (to_ann.subject.as_str(), to_ann.to.as_str(), to_ann.message_id.as_str()),
            ("Hello Ann", "ann@example.com", "1@shop.test")
        );
        assert!(to_ann.html.contains("Dear Ann") && to_ann.text.contains("Dear Ann") && to_ann.html.contains("mailto:a@shop.test"));
        let counted = links::wrap(&ways.signer, DeliveryId(1), "https://shop.test/products/mug?a=1&b=2");
        assert!(to_ann.html.contains(&counted) && to_ann.text.contains(&counted));
        assert!(to_ann.html.contains("/open.gif") && !to_ann.html.contains("href=\"https://shop.test/products/mug"));
        let (page, _) = to_ann.list_unsubscribe.clone().unwrap();
        assert_eq!(page, format!("https://shop.test{}", links::unsubscribe_path(&ways.signer, DeliveryId(1))));
        assert!(to_ann.html.contains(&page) && to_ann.text.contains(&page));

        let to_bo = made[0].1.as_ref().unwrap();
        assert_eq!(to_bo.subject, "Hello there");
        assert!(
            to_bo.html.contains("https://shop.test/products/mug?a=1&amp;b=2") && !to_bo.html.contains("open.gif"),
            "nothing follows Bo"
        );
        assert!(to_bo.html.contains("Mug") && to_bo.html.contains("€12.00") && to_bo.text.contains("- Mug, €12.00"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_somebody_typed_as_their_name_does_nothing() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let hostile = "\"Ann\" <b>\r\nBcc: all\r\n\r\n<script>alert(1)</script>";
        let ann = customer(conn, "ann@example.com", "Ann", "en")?;
        let linked = customer(conn, "spam@example.com", "Win at https://evil.test", "en")?;
        let said = content(vec![
            everybody(Part::Heading { text: "{{ name | there }}".into() }),
            everybody(text("<p>{{ name | there }}</p>")),
            everybody(Part::Button { label: "{{ name | there }}".into(), link: "/".into() }),
        ]);
        let reader = Reader::Somebody { name: hostile.into(), email: "x@example.com".into(), language: Language::ENGLISH };
        let made = preview(conn, MAIN, &said, &reader, &ways(), now())?.unwrap();
        assert!(!made.subject.chars().any(char::is_control) && made.subject.starts_with("Hello "), "{:?}", made.subject);
        assert!(!made.html.contains("<script") && !made.html.contains("<b>"), "{}", made.html);
        assert_eq!(seen(conn, &said, ann).unwrap().subject, "Hello Ann");
        assert_eq!(seen(conn, &said, linked).unwrap().subject, "Hello there", "a name that is a link is none");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_block_is_for_some_and_a_mail_without_any_is_none() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let ann = customer(conn, "ann@example.com", "Ann", "en")?;
        let bo = customer(conn, "bo@example.com", "Bo", "zh")?;
        customers::annotate(conn, ann, "vip", "", now())?;
        let vips =
            segments::create(conn, &segments::Wish { name: "VIP".into(), note: String::new(), rule: Rule::Tag("vip".into()) }, now())?;
        let only = |text: &str, only: Condition| Block { part: Part::Heading { text: text.into() }, only: Some(only) };
        let said = content(vec![
            only("For the best", Condition::InSegment(vips)),
            only("For others", Condition::NotInSegment(vips)),
            only("For Chinese", Condition::Speaks("zh".into())),
            only("With an offer", Condition::HasOffer),
            only("Without an offer", Condition::HasNoOffer),
        ]);
        let headings = |conn: &mut Conn, who| {
            let text = seen(conn, &said, who).unwrap().text;
            text.lines().filter(|line| line.starts_with("For ") || line.starts_with("With")).map(str::to_string).collect::<Vec<_>>()
        };
        assert_eq!(headings(conn, ann), ["For the best", "Without an offer"]);
        assert_eq!(headings(conn, bo), ["For others", "For Chinese", "Without an offer"]);
        let none = content(vec![only("x", Condition::InSegment(vips))]);
        assert_eq!(seen(conn, &none, bo).unwrap_err(), "campaign-skip-empty");
        let asks = content(vec![everybody(text("You ordered {{ orders }} times"))]);
        assert_eq!(seen(conn, &asks, ann).unwrap_err(), kernel::error::said("campaign-skip-variable", &[("name", &"orders")]));
        assert_eq!(seen(conn, &Content::default(), ann).unwrap_err(), "campaign-skip-unwritten");
        Ok(())
    })
    .unwrap();
}

#[test]
fn two_columns_are_read_one_after_the_other_and_know_what_stands_in_them() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        product(conn, "Mug")?;
        let ann = customer(conn, "ann@example.com", "Ann", "en")?;
        let products = Part::Products { title: String::new(), source: Source::Popular, most: 4 };
        let new = Part::Products { title: "New".into(), source: Source::Newest, most: 4 };
        let left = vec![text("<p>Dear {{ name }}</p>"), products];
        let right = vec![Part::Button { label: "Look".into(), link: "/products/gone".into() }, new];
        let said = content(vec![everybody(Part::Columns { left, right })]).checked()?;
        assert_eq!(Content::read(&said.json()?)?, said);
        let made = seen(conn, &said, ann).unwrap();
        let at = |what: &str| made.text.find(what).unwrap_or_else(|| panic!("{what} is not in {}", made.text));
        assert!(at("Dear Ann") < at("Look: ") && at("Look: ") < at("- Mug, €12.00"));
        assert!(made.html.contains("max-width:264px") && made.html.matches("<!--[if mso]>").count() == 3, "{}", made.html);

        let bo = customer(conn, "bo@example.com", "", "en")?;
        let why = seen(conn, &said, bo).unwrap_err();
        assert!(why.starts_with("campaign-skip-variable"), "a variable in a column is one of the mail: {why}");
        let (at, _) = campaign(conn, &said)?;
        let found: Vec<String> = risks(conn, at, &ways(), now())?.into_iter().map(|risk| risk.text).collect();
        for key in ["campaign-risk-variable", "campaign-risk-link"] {
            assert!(found.iter().any(|text| text.starts_with(key)), "{key} is not in {found:?}");
        }
        let one_sided = content(vec![everybody(Part::Columns { left: vec![text("x")], right: Vec::new() })]);
        let (at, _) = campaign(conn, &one_sided)?;
        assert!(risks(conn, at, &ways(), now())?.iter().any(|risk| risk.text.starts_with("campaign-risk-column-empty")));
        let none = content(vec![everybody(Part::Columns { left: Vec::new(), right: Vec::new() })]);
        assert_eq!(seen(conn, &none, ann).unwrap_err(), "campaign-skip-empty");
        for inside in [Part::Divider {}, Part::Columns { left: Vec::new(), right: Vec::new() }] {
            assert!(Part::Columns { left: vec![inside], right: Vec::new() }.check().is_err());
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_mail_without_a_subject_is_none_and_the_risks_say_so() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        customer(conn, "ann@example.com", "Ann", "en")?;
        let bo = customer(conn, "bo@example.com", "", "en")?;
        let mut said = content(vec![everybody(text("<p>Hello</p>"))]);
        said.versions.get_mut("en").unwrap().subject = "{{ name | }}".into();
        assert_eq!(seen(conn, &said, bo).unwrap_err(), "campaign-skip-subject");
        let (at, variant) = campaign(conn, &said)?;
        let told: Vec<String> = risks(conn, at, &ways(), now())?.into_iter().map(|risk| risk.text).collect();
        assert!(told.iter().any(|text| text.starts_with("campaign-risk-subject-empty")), "{told:?}");
        let made = letters(conn, &[claimed((at, variant), 1, bo)], &ways(), now())?;
        assert_eq!(made[0].1.as_ref().err().map(String::as_str), Some("campaign-skip-subject"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn everybody_reads_their_language_or_the_first_that_there_is() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let ann = customer(conn, "ann@example.com", "Ann", "en")?;
        let bo = customer(conn, "bo@example.com", "Bo", "zh")?;
        let mut said = content(vec![everybody(Part::Button { label: "Look".into(), link: "/".into() })]);
        assert_eq!(seen(conn, &said, bo).unwrap().language, Language::ENGLISH);
        let chinese = Version {
            subject: "{{ name | 您 }}好".into(),
            blocks: vec![everybody(Part::Button { label: "查看".into(), link: "/products/mug".into() })],
            ..Version::default()
        };
        said.versions.insert("zh".into(), chinese);
        let made = seen(conn, &said, bo).unwrap();
        assert_eq!((made.language, made.subject.as_str()), (Language::CHINESE, "Bo好"));
        assert!(
            made.html.contains("https://shop.test/zh/products/mug") && made.html.contains("lang=\"zh-Hans\"") && made.text.contains("退订")
        );
        assert_eq!(seen(conn, &said, ann).unwrap().language, Language::ENGLISH);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_cannot_be_said_is_refused_and_what_can_is_kept_as_it_is() {
    let refused = |part: Part| match part.check() {
        Err(kernel::Error::Invalid(fields)) => fields.0.into_keys().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    for link in ["javascript:alert(1)", "//evil.test", "products/mug", "https://", "/a b", "/\\evil.test", ""] {
        assert_eq!(refused(Part::Button { label: "x".into(), link: link.into() }), ["link"], "{link}");
    }
    assert_eq!(refused(text("<a href=\"//evil.test\">x</a>")), ["html"]);
    assert_eq!(refused(text("{{ secret }}")), ["html"]);
    assert_eq!(refused(Part::Heading { text: "a\r\nBcc: x".into() }), ["text"]);
    assert_eq!(refused(Part::Products { title: String::new(), source: Source::ForYou, most: 13 }), ["most"]);
    let mut said = content(Part::KINDS.iter().map(|kind| everybody(Part::blank(kind).unwrap())).collect());
    said.from_address = "not an address".into();
    assert!(said.clone().checked().is_err());
    said.from_address = "news@shop.test".into();
    let said = said.checked().unwrap();
    assert_eq!(Content::read(&said.json().unwrap()).unwrap(), said);
    assert_eq!(Content::read("{}").unwrap(), Content::default());
}

#[test]
fn risks_are_told_before_anything_is_sent() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let (at, _) = campaign(conn, &Content::default())?;
        let keys = |found: Vec<Risk>| -> Vec<String> {
            found.iter().map(|risk| risk.text.split(kernel::error::BETWEEN).next().unwrap_or_default().to_string()).collect()
        };
        assert_eq!(keys(risks(conn, at, &ways(), now())?), ["campaign-risk-unwritten"]);
        customer(conn, "ann@example.com", "Ann", "en")?;
        customer(conn, "bo@example.com", "", "zh")?;
        let mut said = content(vec![
            everybody(text("<p>Dear {{ name }}, <a href=\"/products/gone\">see</a> <a href=\"http://plain.test/\">more</a></p>")),
            everybody(Part::Picture { hash: None, alt: String::new(), link: String::new() }),
        ]);
        said.versions.get_mut("en").unwrap().subject = "FREE TEAPOTS!!!".into();
        let (at, _) = campaign(conn, &said)?;
        let found = risks(conn, at, &ways(), now())?;
        let told = keys(found.clone());
        for key in [
            "campaign-risk-variable",
            "campaign-risk-link",
            "campaign-risk-link-plain",
            "campaign-risk-no-picture",
            "campaign-risk-language",
            "campaign-spam-capitals",
            "campaign-spam-suspicious",
        ] {
            assert!(told.contains(&key.to_string()), "{key} is not in {told:?}");
        }
        assert!(!told.contains(&"campaign-risk-no-unsubscribe".to_string()), "every mail of ours unsubscribes");
        assert_eq!(found[0].level, Level::Stop, "the worst first");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_content_is_put_by_under_its_name() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let said = content(vec![everybody(Part::Heading { text: "Hello".into() })]);
        let id = save(conn, " Spring ", &said, now())?;
        assert_eq!(save(conn, "Spring", &Content::default(), now())?, id, "the same name is the same template");
        let all = all_saved(conn)?;
        assert_eq!((all.len(), all[0].name.as_str(), Content::read(&all[0].content)?), (1, "Spring", Content::default()));
        assert!(save(conn, "", &said, now()).is_err());
        remove_saved(conn, id)?;
        assert!(all_saved(conn)?.is_empty());
        Ok(())
    })
    .unwrap();
}
