use super::*;
use chrono::NaiveDate;

fn now() -> Time {
    NaiveDate::from_ymd_opt(2026, 3, 2).unwrap().and_hms_opt(12, 0, 0).unwrap()
}

fn words(language: &str, topic: &str, title: &str, body: &str) -> Words {
    Words { language: language.into(), topic: topic.into(), title: title.into(), body_html: body.into() }
}

fn wish(published: bool, words: &[Words]) -> Wish {
    Wish { position: 0, published, words: words.to_vec() }
}

#[test]
fn every_version_is_kept_and_readers_see_the_last_that_is_published() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let first = words("en", "Delivery", "When does it come?", "<p onclick=x>In <b>two</b> days.</p>");
        let slug = create(conn, "When does it come", &wish(false, std::slice::from_ref(&first)), "test", now())?;
        assert_eq!(slug, "when-does-it-come");
        assert!(matches!(create(conn, &slug, &wish(true, std::slice::from_ref(&first)), "test", now()), Err(Error::Invalid(_))));
        assert!(matches!(read(conn, &slug, "en"), Err(Error::NotFound)), "nobody reads a draft");
        let chinese = words("zh", "配送", "什么时候到？", "<p>两天。</p>");
        update(conn, &slug, &wish(true, &[first.clone(), chinese]), "test", now())?;
        let (article, text) = read(conn, &slug, "zh")?;
        assert_eq!((text.title.as_str(), text.version), ("什么时候到？", 1));
        assert_eq!(read(conn, &slug, "en")?.1.body_html, "<p>In <b>two</b> days.</p>");
        let better = Words { body_html: "<p>In three days.</p>".into(), ..first };
        update(conn, &slug, &wish(true, &[better, words("zh", "", "", "")]), "test", now())?;
        assert_eq!(read(conn, &slug, "zh")?.1.body_html, "<p>In three days.</p>", "a language that was given up falls back");
        let all: Vec<(String, i64)> = versions(conn, article.id, 9)?.into_iter().map(|text| (text.language, text.version)).collect();
        assert_eq!(all, [("zh".into(), 2), ("en".into(), 2), ("zh".into(), 1), ("en".into(), 1)]);
        assert!(version(conn, article.id, "en", 1)?.body_html.contains("two"));
        let bad = [wish(true, &[words("en", "", "", "x")]), wish(true, &[]), wish(true, &[words("en", "", &"a".repeat(201), "")])];
        for bad in bad {
            assert!(matches!(update(conn, &slug, &bad, "test", now()), Err(Error::Invalid(_))));
        }
        remove(conn, &slug, now())?;
        assert!(matches!(find(conn, &slug), Err(Error::NotFound)));
        Ok(())
    })
    .expect("articles");
}

#[test]
fn a_browser_has_one_vote() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let slug = create(conn, "tea", &wish(true, &[words("en", "", "Tea", "Green")]), "test", now())?;
        for (voter, helpful) in [("a", true), ("a", true), ("b", false), ("a", false), ("c", true)] {
            vote(conn, &slug, voter, helpful, now())?;
        }
        let article = find(conn, &slug)?;
        assert_eq!((article.helpful, article.unhelpful), (1, 2));
        assert_eq!((said(conn, article.id, "a")?, said(conn, article.id, "d")?), (Some(false), None));
        update(conn, &slug, &wish(false, &[words("en", "", "Tea", "Green")]), "test", now())?;
        assert!(matches!(vote(conn, &slug, "e", true, now()), Err(Error::NotFound)));
        Ok(())
    })
    .expect("votes");
}

#[test]
fn a_question_finds_the_article_that_answers_it() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        for (slug, title, body, chinese) in [
            ("returns", "How to send something back", "Ask for a return label within 30 days and send the parcel.", "如何退货"),
            (
                "delivery",
                "When does my parcel come?",
                "Parcels take two to four days. You get a tracking number by mail.",
                "包裹什么时候到",
            ),
            ("payment", "Ways to pay", "You can pay by card, by bank transfer or with a gift card.", "支付方式"),
        ] {
            let both = [words("en", "Shop", title, body), words("zh", "商店", chinese, "")];
            create(conn, slug, &wish(true, &both), "test", now())?;
        }
        let shelves = Shelves::default();
        let first = |conn: &mut Conn, language: &str, question: &str| -> Result<Option<String>> {
            Ok(shelves.find(conn, language, question, 2)?.into_iter().next().map(|(slug, _)| slug))
        };
        assert_eq!(first(conn, "en", "where is my parcell")?, Some("delivery".into()));
        assert_eq!(first(conn, "en", "I want to send my mug back")?, Some("returns".into()));
        assert_eq!(first(conn, "en", "do you take credit cards, can I pay later?")?, Some("payment".into()));
        assert_eq!(first(conn, "zh", "我的包裹到哪里了")?, Some("delivery".into()));
        assert_eq!(first(conn, "en", "zzzz")?, None);
        update(conn, "delivery", &wish(false, &[words("en", "Shop", "When does my parcel come?", "")]), "test", now())?;
        assert_ne!(first(conn, "en", "where is my parcell")?, Some("delivery".into()), "what changes is learnt anew");
        Ok(())
    })
    .expect("search");
}
