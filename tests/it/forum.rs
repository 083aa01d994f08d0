//! The forum among staff: colleagues ask and answer, and nobody else ever sees any of it.

use crate::pairs::dumped;
use crate::returns::sent;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use crate::ticket_deeds::opened;
use admin::forum::{self, CategoryId, Filter, TopicId};
use admin::permissions::{Grants, Permission, Preset};
use admin::roles;
use kernel::Db;
use storefront::{erasure, orders};

fn category(db: &Db) -> CategoryId {
    db.write_now(|conn| forum::add(conn, "Suppliers", 1)).unwrap()
}

fn unread(db: &Db, who: admin::StaffId) -> (usize, usize) {
    let count = db.read_now(move |conn| forum::unread(conn, who)).unwrap();
    (count.topics, count.named)
}

#[test]
fn two_colleagues_find_an_answer_and_no_shopper_sees_it() {
    let house = House::open();
    let db = &house.db;
    let (mia, mias) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (zoe, zoes) = at_work(&house, "zoe", role(&house, Preset::Manager));
    mias.get("/admin/forum/new").says(200, "has to add a category first");
    assert_eq!(mias.get("/admin/forum/categories").status, 404);
    let page = zoes.get("/admin/forum/categories");
    zoes.submit(&page, "/admin/forum/categories", &[("name", " ")]).says(422, "Please fill this in.");
    zoes.submit(&page, "/admin/forum/categories", &[("name", "Suppliers"), ("position", "1")]).says(200, "Suppliers");
    zoes.submit(&page, "/admin/forum/categories", &[("name", "Suppliers")]).says(422, "There is a category of this name.");

    let form = mias.get("/admin/forum/new").says(200, "Suppliers");
    mias.submit(&form, "/admin/forum/new", &[("title", "Kilns"), ("body", " ")]).says(422, "Please fill this in.");
    let linked: &[(&str, &str)] = &[("title", "Kilns"), ("body", "Which one <b>cracks</b> least? @zoe"), ("links", "R9999")];
    mias.submit(&form, "/admin/forum/new", linked).says(422, "Nothing here has this number").says(422, "Which one");
    let typed = [linked, &[("links", "")]].concat();
    let opened = mias.submit(&form, "/admin/forum/new", &typed).says(200, "The topic is open.").says(200, "Which one <b>cracks</b> least?");
    assert_eq!(opened.at, "/admin/forum/1");
    assert_eq!((unread(db, mia), unread(db, zoe)), ((0, 0), (1, 1)));
    zoes.get("/admin").says(200, "unread in the forum, you are named in 1");
    zoes.get("/admin/forum").says(200, "One topic has something that you have not read.").says(200, "Kilns");
    zoes.get("/admin/forum?show=mine").says(200, "Kilns");
    let page = zoes.get("/admin/forum/1").says(200, "Mark as read");
    assert_eq!(unread(db, zoe), (1, 1), "a GET changes nothing");
    zoes.submit(&page, "/admin/forum/1/read", &[]);
    assert_eq!(unread(db, zoe), (0, 0));
    zoes.submit(&page, "/admin/forum/1/reply", &[("body", "")]).says(422, "Please fill this in.");
    zoes.submit(&page, "/admin/forum/1/reply", &[("body", "The electric one.")]).says(200, "Your reply is there.");
    assert_eq!((unread(db, mia), unread(db, zoe)), ((1, 0), (0, 0)));
    let told = mias.post("/admin/forum/1/presence", &[("csrf", &csrf(&mias)), ("seen", "1")]);
    assert!(told.body.contains("There is more in this topic."), "{}", told.body);
    mias.post("/admin/forum/1/presence", &[("csrf", &csrf(&mias)), ("seen", "9999")]);
    assert_eq!(unread(db, mia), (0, 0));

    // What somebody wrote only they change, and what it said stays.
    let (edit, late) = (mias.get("/admin/forum/1/posts/1"), mias.get("/admin/forum/1/posts/1"));
    let better: &[(&str, &str)] = &[("title", "Small kilns"), ("body", "Which small one cracks least?")];
    mias.submit(&edit, "/admin/forum/1/posts/1", better).says(200, "Small kilns").says(200, "changed");
    mias.submit(&late, "/admin/forum/1/posts/1", &[("title", "Old"), ("body", "Other words")])
        .says(409, "Somebody changed this meanwhile")
        .says(409, "Other words")
        .says(409, "Which small one cracks least?");
    zoes.get("/admin/forum/1/posts/1").says(200, "What it said before").says(200, "Which one <b>cracks</b> least?");
    let token = csrf(&zoes);
    let foreign: &[(&str, &str)] = &[("csrf", &token), ("seen", "2"), ("title", "Mine"), ("body", "Mine")];
    zoes.post("/admin/forum/1/posts/1", foreign).says(409, "Only its author may do that");

    // Pinning is the managers'; what answers a question is said by who asked it.
    let stale = mias.get("/admin/forum/1");
    assert_eq!(mias.post("/admin/forum/1/pin", &[("csrf", &csrf(&mias)), ("seen", "1"), ("to", "pinned")]).status, 403);
    zoes.submit(&zoes.get("/admin/forum/1"), "/admin/forum/1/pin", &[]).says(200, "Pinned");
    mias.submit(&stale, "/admin/forum/1/state", &[]).says(409, "Somebody changed this meanwhile");
    mias.submit(&mias.get("/admin/forum/1"), "/admin/forum/1/answer", &[("post", "2")]).says(200, "The answer is marked.");
    mias.submit(&mias.get("/admin/forum/1"), "/admin/forum/1/state", &[]).says(200, "The topic is closed.");
    let closed = zoes.post("/admin/forum/1/reply", &[("csrf", &token), ("body", "One more thing")]);
    closed.says(409, "This topic is closed.");
    zoes.get("/admin/forum?show=closed").says(200, "Small kilns").says(200, "Answered");
    mias.submit(&mias.get("/admin/forum/1"), "/admin/forum/1/state", &[]).says(200, "open again");
    zoes.post("/admin/forum/categories/1/remove", &[("csrf", &token)]).says(200, "There are topics in this category.");
    zoes.get("/admin/audit?action=forum.answer").says(200, "Answer of a topic marked");

    // Found by words of now; of what it said once nobody finds it.
    mias.get("/admin/forum?q=elec+KILN").says(200, "Small kilns");
    mias.get("/admin/forum?q=which+one+mine").says(200, "There is nothing here.");
    mias.get("/admin/forum?q=%3F").says(200, "There is nothing here.");
    let ann = house.visitor();
    for at in ["/admin/forum", "/admin/forum/1"] {
        assert!(!ann.get(at).body.contains("kilns"), "{at}");
    }
    assert!(!ann.get("/").body.contains("kilns") && !ann.get("/search?q=kilns").body.contains("Which small one"));

    // Whoever may only read does not write; without the right there is no forum.
    let reads = Grants([Permission::ForumRead].into_iter().collect());
    let reader = db.write_now(move |conn| roles::create(conn, "Reader", &reads, &Preset::Owner.grants(), now())).unwrap();
    let nothing = db.write_now(|conn| roles::create(conn, "Nothing", &Grants::default(), &Preset::Owner.grants(), now())).unwrap();
    let (_, ray) = at_work(&house, "ray", reader);
    let (_, nina) = at_work(&house, "nina", nothing);
    let shown = ray.get("/admin/forum/1").says(200, "The electric one.");
    assert!(!shown.body.contains("/reply"));
    assert_eq!(ray.post("/admin/forum/1/reply", &[("csrf", &csrf(&ray)), ("body", "Hello")]).status, 403);
    assert_eq!((nina.get("/admin/forum").status, nina.get("/admin/forum/1").status), (404, 404));
}

#[test]
fn what_is_about_a_customer_goes_with_them() {
    let house = House::open();
    let db = &house.db;
    let mug = goods::product(db, "Mug", 1200, 20);
    let (placed, _) = sent(db, mug, 1, 1);
    opened(db, Some(placed.order.0), "It leaks");
    category(db);
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let form = mia.get("/admin/forum/new");
    let typed: &[(&str, &str)] = &[("title", "Odd wish"), ("body", "She wants a handle."), ("links", "t1001, r1001")];
    mia.submit(&form, "/admin/forum/new", typed).holds("/admin/tickets/T1001").holds("/admin/orders/R1001");
    mia.submit(&form, "/admin/forum/new", &[("title", "Kilns"), ("body", "Which?")]).says(200, "Kilns");
    let page = mia.get("/admin/forum/1");
    mia.submit(&page, "/admin/forum/1/reply", &[("body", "And a lid.")]).says(200, "And a lid.");
    mia.submit(&mia.get("/admin/forum/1/posts/1"), "/admin/forum/1/posts/1", &[("body", "She wants two handles.")])
        .says(200, "two handles");
    for at in ["/admin/tickets/T1001", "/admin/orders/R1001"] {
        mia.get(at).says(200, "Odd wish").holds("/admin/forum/1");
    }
    // Who may not see a ticket neither sees what leads there nor learns whether there is one.
    let shown = max.get("/admin/forum/1").says(200, "two handles");
    assert!(!shown.body.contains("T1001"));
    max.submit(&max.get("/admin/forum/2"), "/admin/forum/2/links", &[("links", "T1001")]).says(422, "Nothing here has this number");

    let ann = db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap().customer_id;
    house.work();
    db.write_now(move |conn| erasure::erase(conn, ann, now())).unwrap();
    house.work();
    let rows = dumped(db);
    for word in ["Odd wish", "a handle", "two handles", "\"handles\"", "And a lid"] {
        assert!(!rows.contains(word), "{word}");
    }
    mia.get("/admin/forum").says(200, "Taken away with the customer's data").says(200, "Kilns");
    mia.get("/admin/forum/1").says(200, "Taken away with the customer's data");
    goods::assert_books(db);
}

#[test]
fn topics_are_paged_by_the_latest_post() {
    let db = goods::open();
    let author = db
        .write_now(|conn| {
            roles::set_up(conn, now())?;
            let role = roles::of_preset(conn, Preset::Agent)?;
            let email = crm::email::Email::parse("mia@shop.test", "email")?;
            let newcomer = admin::staff::Newcomer { email, name: "Mia".into(), hash: "hash".into(), role, language: "en".into() };
            admin::staff::add(conn, &newcomer, now())
        })
        .unwrap();
    let of = category(&db);
    let topics: Vec<TopicId> = db
        .write_now(move |conn| (0..7).map(|at| forum::open(conn, author, of, (&format!("Topic {at}"), "茶壶破了"), now())).collect())
        .unwrap();
    let first = topics[0];
    db.write_now(move |conn| forum::reply(conn, first, author, "once more", now())).unwrap();
    for words in ["", "topic", "壶破了"] {
        let mut filter = Filter { words: words.into(), ..Filter::default() };
        let mut seen = Vec::new();
        loop {
            let asked = filter.clone();
            let page = db.read_now(move |conn| forum::list(conn, &asked, 3)).unwrap();
            let Some(last) = page.last() else { break };
            filter.after = Some(last.last_post_id);
            seen.extend(page.iter().map(|topic| topic.id));
        }
        let expected: Vec<TopicId> = [first].into_iter().chain(topics[1..].iter().rev().copied()).collect();
        assert_eq!(seen, expected, "{words}");
    }
}
