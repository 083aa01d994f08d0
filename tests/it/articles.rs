//! Articles that answer questions: written by the merchant, found and judged by shoppers.

use crate::pairs::dumped;
use crate::returns::sent;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use crate::support::visitor::Visitor;
use crate::tickets::{MIA, question};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::tickets::{self, Answer, New, NewMessage, Outcome};
use storefront::articles::trials::{self, Group};
use storefront::articles::{self, Wish, Words};

#[test]
fn an_article_is_written_found_by_a_question_and_voted_for_once() {
    let house = House::open();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let ann = house.visitor();
    ann.get("/help").says(200, "There are no articles yet.");
    assert!(!ann.get("/").body.contains("href=\"/help\""), "a shop without articles does not lead to them");
    let form = max.get("/admin/articles/new").says(200, "New article");
    max.submit(&form, "/admin/articles/new", &[("slug", "parcel"), ("title_zh", "包裹")]).says(422, "Title");
    let typed = [
        ("slug", "Parcel"),
        ("published", "on"),
        ("topic_en", "Delivery"),
        ("title_en", "When does my parcel come?"),
        ("body_en", "<p onclick=\"x\">In <b>two</b> days.</p>"),
        ("title_zh", "包裹什么时候到？"),
    ];
    let page = max.submit(&form, "/admin/articles/new", &typed).says(200, "Saved.");
    assert_eq!(page.at, "/admin/articles/parcel");
    max.submit(&form, "/admin/articles/new", &typed).says(422, "There is a page at this address already.");

    ann.get("/help").says(200, "Delivery").says(200, "When does my parcel come?");
    ann.get("/help?q=where+is+my+parcell").says(200, "This may answer it").says(200, "When does my parcel come?");
    ann.get("/help?q=zzzzz").says(200, "Nothing answers that yet.");
    ann.get("/zh/help?q=%E6%88%91%E7%9A%84%E5%8C%85%E8%A3%B9").says(200, "包裹什么时候到？");
    assert!(ann.get("/").body.contains("/help"));
    let shown = ann.get("/help/parcel").says(200, "In two days.");
    assert!(!shown.body.contains("onclick"));
    let voted = ann.submit(&shown, "/help/parcel/votes", &[("helpful", "yes")]).says(200, "You said that it was helpful.");
    ann.submit(&voted, "/help/parcel/votes", &[("helpful", "no")]).says(200, "You said that it was not helpful.");
    let bob = house.visitor();
    let shown = bob.get("/help/parcel");
    bob.submit(&shown, "/help/parcel/votes", &[("helpful", "yes")]).says(200, "Thank you for telling us.");
    assert_eq!(bob.submit(&shown, "/help/parcel/votes", &[("helpful", "maybe")]).status, 404);
    assert_eq!(bob.get("/help/parcel/votes").status, 404, "a link never votes");
    max.get("/admin/articles").says(200, "1 yes, 1 no");

    // Who is about to ask what an article answers is shown it once, and asks all the same when it does not help.
    let contact = bob.get("/contact");
    let typed = [("email", "bob@example.com"), ("subject", "Where is my parcel?"), ("body", "When does it come?")];
    let shown = bob.submit(&contact, "/contact", &typed).says(200, "This may answer your question").says(200, "When does my parcel come?");
    let asked = |house: &House| house.db.read_now(|conn| crm::tickets::list(conn, &Default::default(), 10)).unwrap().len();
    assert_eq!(asked(&house), 0, "nothing was sent yet");
    bob.submit(&shown, "/contact", &[]);
    assert_eq!(asked(&house), 1);

    let seen = max.get("/admin/articles/parcel");
    let change = [("title_en", "When does my parcel come?"), ("body_en", "<p>In three days.</p>")];
    max.submit(&seen, "/admin/articles/parcel", &change).says(200, "Saved.");
    max.submit(&seen, "/admin/articles/parcel", &[("title_en", "Other")]).says(409, "three days");
    max.get("/admin/articles/parcel/versions/en/1").says(200, "In two days.");
    ann.get("/help/parcel").says(200, "In three days.");
    let page = max.get("/admin/articles/parcel");
    max.submit(&page, "/admin/articles/parcel/remove", &[]).says(200, "The article was removed.");
    assert_eq!(ann.get("/help/parcel").status, 404);
}

#[test]
fn a_solved_ticket_becomes_a_draft_without_the_person_in_it() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let (placed, _) = sent(&house.db, mug, 1, 1);
    let address = goods::address();
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let asked = format!("I am {} and my order R1001 leaks.\n\nWrite to ann@example.com or call 0341 1234567", address.name);
    let new = New {
        order: Some(placed.order.0),
        subject: "Mug of R1001 leaks".into(),
        message: NewMessage::text(asked),
        ..question("ann@example.com")
    };
    let ticket = house.db.write_now(move |conn| Ok(tickets::open(conn, &new, now())?.ticket)).unwrap();
    let page = format!("/admin/tickets/{}", ticket.number);
    let draft = format!("{page}/article");
    assert!(!olga.get(&page).body.contains("/article\""), "it is open");
    let token = csrf(&olga);
    olga.post(&draft, &[("csrf", &token)]).says(200, "is not solved");
    house.db.write_now(move |conn| tickets::solve(conn, ticket.id, Outcome::Declined, MIA.actor, None, now())).unwrap();
    let form = olga.get(&page).says(200, "Draft an article");
    olga.submit(&form, &draft, &[]).says(200, "Nobody wrote an answer");
    let answer = format!("Dear {}, a <new> mug for R1001 is on its way.\nSoak it first.", address.name);
    let answer = Answer { message: NewMessage::text(answer), solve: None };
    house
        .db
        .write_now(move |conn| {
            let seen = tickets::get(conn, ticket.id)?.version;
            tickets::reply(conn, ticket.id, &answer, MIA, seen, now()).map(drop)
        })
        .unwrap();
    // Whoever may not write articles is shown no button, and whoever may not read tickets makes nothing of them.
    assert!(!mia.get(&page).body.contains("/article\""));
    assert_eq!(mia.post(&draft, &[("csrf", &csrf(&mia))]).status, 403);
    assert_eq!(max.post(&draft, &[("csrf", &csrf(&max))]).status, 404);
    let shown = olga.submit(&olga.get(&page), &draft, &[]).says(200, "This is the draft.").says(200, "Drafted from ticket");
    assert_eq!(shown.at, "/admin/articles/mug-of-leaks");
    let text = shown.text();
    assert!(text.contains("Soak it first") && text.contains("leaks"), "{text}");
    let first = address.name.split(' ').next().unwrap();
    let stored = house.db.read_now(|conn| {
        let article = articles::find(conn, "mug-of-leaks")?;
        assert!(!article.published);
        Ok((articles::words(conn, article.id)?, article))
    });
    let (words, _) = stored.unwrap();
    let said = format!("{} {}", words[0].title, words[0].body_html);
    for person in [first, "R1001", "ann@example.com", "1234567", "<new>"] {
        assert!(!said.contains(person), "{person} is in {said}");
    }
    assert!(said.contains("&lt;new&gt;") && said.contains("[…]") && said.contains("<br>"), "{said}");
    assert_eq!(house.visitor().get("/help/mug-of-leaks").status, 404, "nobody sees a draft");
    // Once: the button leads to what there is.
    olga.post(&draft, &[("csrf", &csrf(&olga))]).says(200, "Drafted from ticket");
    olga.get(&page).says(200, "Open the article");
    olga.get("/admin/audit").says(200, "Article drafted from a ticket");
    assert_eq!(house.db.read_now(articles::list).unwrap().len(), 1);
    // With the person goes the draft that nobody published.
    let customer = ticket.customer_id.unwrap();
    house.db.write_now(move |conn| articles::forget(conn, customer)).unwrap();
    assert!(house.db.read_now(articles::list).unwrap().is_empty());
}

/// A browser that may be recognised, in the group that is shown articles or in the other one.
fn recognised(house: &House, control: bool, number: usize) -> Visitor {
    let secret = (0..).map(|at| format!("a-trail-of-the-shop-{number}-{at}")).find(|secret| trials::control(secret) == control).unwrap();
    let visitor = house.visitor();
    visitor.carry("trail", &secret);
    visitor
}

#[test]
fn what_articles_spare_is_compared_with_those_who_are_shown_none() {
    let house = House::open();
    house
        .db
        .write_now(|conn| {
            let words = Words {
                language: "en".into(),
                title: "When does my parcel come?".into(),
                body_html: "<p>Soon.</p>".into(),
                ..Words::default()
            };
            articles::create(conn, "parcel", &Wish { published: true, words: vec![words], ..Wish::default() }, "test", now())
        })
        .unwrap();
    let ask = |visitor: &Visitor, email: &str| {
        let typed = [("email", email), ("subject", "Where is my parcel?"), ("body", "When does it come?")];
        visitor.submit(&visitor.get("/contact"), "/contact", &typed)
    };
    let stranger = house.visitor();
    ask(&stranger, "eve@example.com").says(200, "This may answer your question");
    let content = recognised(&house, false, 1);
    ask(&content, "ann@example.com").says(200, "This may answer your question");
    content.get("/help/parcel").says(200, "Soon.");
    let asking = recognised(&house, false, 2);
    let shown = ask(&asking, "ben@example.com").says(200, "This may answer your question");
    asking.submit(&shown, "/contact", &[]).says(200, "Thank you");
    let compared = recognised(&house, true, 3);
    ask(&compared, "cho@example.com").says(200, "Thank you");
    let results = |house: &House| {
        let (from, now) = (now() - TimeDelta::days(1), house.state.clock.now());
        house.db.read_now(move |conn| trials::results(conn, from, now, now)).unwrap()
    };
    let from = now().date() - TimeDelta::days(1);
    house.state.clock.advance(TimeDelta::hours(1));
    assert_eq!(results(&house).waiting, 3, "the stranger is in no group");
    house.state.clock.advance(TimeDelta::days(8));
    let all = results(&house);
    assert_eq!((all.shown, all.control), (Group { people: 2, read: 1, asked: 1 }, Group { people: 1, read: 0, asked: 1 }));
    assert!(all.more.is_none() && all.waiting == 0);
    let (_, olga) = at_work(&house, "otto", role(&house, Preset::Owner));
    olga.get(&format!("/admin/reports/service?from={from}")).says(200, "Were shown articles").says(200, "at least 30 visitors");
    let stored = dumped(&house.db);
    assert!(!stored.contains("a-trail-of-the-shop"), "only a digest is kept");
}
