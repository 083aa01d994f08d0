//! What a person may ask of the shop: to see everything, to choose, and to be erased, while the books stay as they were.

use crate::pairs::dumped;
use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use crm::consents::{self, Consent, Statement};
use crm::email::Email;
use crm::trails::{self, Evidence};
use crm::{CustomerId, activities, customers, purchases, scores, suppressions};
use kernel::{Conn, Db, Error};
use storefront::checkout::{Placed, Settlement};
use storefront::ids::VariantId;
use storefront::imports::apply::Mode;
use storefront::imports::{apply_customers, read_customers};
use storefront::refunds::{self, Request, RequestLine};
use storefront::returns::{self, Reason, Wanted, WantedLine};
use storefront::shipments::{self, Parcel};
use storefront::{address_book, documents, erasure, logins, orders, payments, rebuild, sales, shop, store_credit, waiting};

const ANN: &str = "ann@example.com";

fn email(text: &str) -> Email {
    Email::parse(text, "email").unwrap()
}

fn id_of(db: &Db, address: &str) -> Option<CustomerId> {
    let address = email(address);
    db.read_now(move |conn| customers::find_by_email(conn, &address)).unwrap().map(|found| found.id)
}

/// An order that was paid and sent, of which the first unit was refunded.
fn settled(db: &Db, variant: VariantId, address: &str, units: i64, refunded: bool) -> Placed {
    let (cart, seen) = goods::cart(db, &[(variant, units)], address, "bank_transfer", "");
    let placed = place(db, cart, seen, Settlement::After).unwrap();
    let key = format!("parcel-{}", placed.order);
    db.write_now(move |conn| {
        payments::record_receipt(conn, placed.payment, "test", now())?;
        let line = orders::lines(conn, placed.order)?[0].id;
        let parcel = Parcel { key: key.clone(), lines: vec![(line, units)], ..Parcel::default() };
        shipments::ship(conn, placed.order, &parcel, "test", now())?;
        if refunded {
            let lines = vec![RequestLine { line, quantity: 1, restock: false }];
            let request = Request { lines, sent_back: true, reason: "broken".into(), ..Request::default() };
            let stored = orders::get(conn, placed.order)?;
            let amount = refunds::preview(conn, &stored, &request)?.amount;
            let id = refunds::request(conn, placed.order, &request, amount, "test", now())?;
            refunds::settle(conn, id, now())?;
        }
        Ok(())
    })
    .unwrap();
    placed
}

/// A customer about whom the shop knows something of every kind.
fn well_known(house: &House) -> CustomerId {
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let pot = goods::product(&house.db, "Pot", 4500, 0);
    let ann = goods::customer(&house.db, ANN, 2000);
    settled(&house.db, mug, ANN, 2, true);
    settled(&house.db, mug, "Ann@Example.com", 1, false);
    goods::cart(&house.db, &[(mug, 1)], ANN, "bank_transfer", "");
    house
        .db
        .write_now(move |conn| {
            let yes =
                Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: "ticked by Ann Ash" };
            consents::record(conn, ann, &yes, now())?;
            customers::update_profile(conn, ann, "Ann Ash", "+49 30 1234567", "en", now())?;
            customers::annotate(conn, ann, "vip", "Likes oolong", now())?;
            address_book::add(conn, ann, &goods::address(), true, now())?;
            trails::join(conn, "a browser of Ann's", ann, Evidence::SignIn, "signed in", now())?;
            waiting::ask(conn, storefront::stores::MAIN, pot, &email(ANN), "en", now())?;
            logins::open_session(conn, ann, "a session of this test", "Firefox", now())?;
            let order = orders::get_by_number(conn, "R1002")?.id;
            let line = orders::lines(conn, order)?[0].id;
            let line = WantedLine { line, quantity: 1, reason: Reason::Other };
            let wanted = Wanted { key: "w".into(), lines: vec![line], comment: "Ann Ash would rather not".into(), ..Wanted::default() };
            let back = returns::request(conn, order, &wanted, "customer", now())?;
            let label = returns::Label { content_type: "application/pdf".into(), bytes: b"%PDF-1.4 Ann Ash".to_vec() };
            returns::attach_label(conn, back, &label, "test", now())?;
            returns::decline(conn, back, "Dear Ann Ash, no.", "test", now())
        })
        .unwrap();
    house.follow();
    ann
}

/// Everything that has to be the same afterwards.
fn figures(house: &House, ann: CustomerId) -> String {
    house
        .db
        .read_now(move |conn| {
            let mut all = Vec::new();
            for order in orders::after(conn, storefront::ids::OrderId(0), 99)? {
                let sums =
                    (order.number, order.status, order.payment_status, order.fulfilment_status, order.total, order.tax, order.shipping);
                let lines: Vec<_> = orders::lines(conn, order.id)?.into_iter().map(|line| (line.total, line.tax, line.refunded)).collect();
                let papers: Vec<String> = documents::of_order(conn, order.id)?.into_iter().map(|paper| format!("{paper:?}")).collect();
                all.push(format!("{sums:?} {lines:?} {papers:?} {:?}", refunds::settled(conn, order.id)?));
            }
            let shop = shop::get(conn)?;
            all.push(format!("{:?}", sales::by_day(conn, &shop, now().date(), 3)?));
            all.push(format!("{:?} {:?}", purchases::totals(conn, ann)?, scores::of(conn, ann)?));
            all.push(format!("{:?}", store_credit::of_customer(conn, ann)?));
            Ok(all.join("\n"))
        })
        .unwrap()
}

/// The rows that still tell who somebody is, with the name of their table; documents that were issued stay as they are.
fn traces(house: &House, words: &[&str]) -> Vec<String> {
    let (mut table, mut found) = (String::new(), Vec::new());
    for line in dumped(&house.db).lines() {
        if let Some(rest) = line.strip_prefix("{\"table\":") {
            table = rest.split('"').nth(1).unwrap_or_default().to_string();
        }
        if table != "documents" && words.iter().any(|word| line.to_lowercase().contains(&word.to_lowercase())) {
            found.push(format!("{table}: {line}"));
        }
    }
    found
}

fn erase(house: &House, id: CustomerId) -> kernel::Result<()> {
    house.db.write_now(move |conn| erasure::erase(conn, id, now()))
}

#[test]
fn an_erased_person_is_in_no_row_and_every_total_stays() {
    let house = House::open();
    let ann = well_known(&house);
    let mei = at_work(&house, "mei", role(&house, Preset::Owner)).1;
    let page = mei.get(&format!("/admin/customers/{ann}"));
    let notes = format!("/admin/customers/{ann}");
    mei.submit(&page, &notes, &[("note", "Ann Ash likes oolong"), ("tags", "vip")]).says(200, "");
    let order = mei.get("/admin/orders/R1001");
    mei.submit(&order, "/admin/orders/R1001/note", &[("note", "Ann Ash rang")]);
    let words = [ANN, "Ann Ash", "Hauptstra", "1234567", "oolong"];
    let before = figures(&house, ann);
    assert!(traces(&house, &words).len() > 15, "{:#?}", traces(&house, &words));

    let preview = house.db.read_now(move |conn| erasure::preview(conn, ann)).unwrap();
    assert!(preview.hindered.is_empty(), "{preview:?}");
    let count = |parts: &[erasure::Part], what: &str| parts.iter().find(|part| part.what == what).map_or(0, |part| part.count);
    let goes = |what| count(&preview.goes, what);
    assert_eq!((goes("login"), goes("addresses"), goes("carts"), goes("waiting"), goes("orders")), (1, 1, 1, 1, 2));
    assert!(goes("timeline") > 5 && goes("consents") >= 2 && goes("mails") > 2 && goes("browsers") == 1, "{preview:?}");
    assert!(count(&preview.stays, "documents") >= 3 && preview.credit.len() == 1);

    erase(&house, ann).unwrap();
    house.follow();
    assert_eq!(figures(&house, ann), before);
    assert!(traces(&house, &words).is_empty(), "{:#?}", traces(&house, &words));
    goods::assert_books(&house.db);
    assert!(matches!(erase(&house, ann), Err(Error::NotFound)), "once");
    // Making everything anew brings nothing back.
    rebuild::run(&house.db, now(), &mut |_| {}).unwrap();
    assert_eq!(figures(&house, ann), before);
    assert_eq!(house.db.read_now(move |conn| activities::count_of(conn, ann)).unwrap(), 0);
    mei.get(&format!("/admin/customers/{ann}")).says(200, "was erased");
    mei.get(&format!("/admin/customers/{ann}/timeline")).says(404, "");
    mei.get("/admin/orders/R1001").says(200, "R1001");
    mei.get("/admin/orders?q=ann").says(200, "");
    mei.get("/admin/audit").says(200, "");
    mei.get("/admin/customers").says(200, "");

    // Somebody with the same address is somebody new.
    let mug = house.db.read_now(|conn| Ok(storefront::catalog::find_variant(conn, "MUG")?.unwrap())).unwrap();
    settled(&house.db, mug, ANN, 1, false);
    let new = id_of(&house.db, ANN).unwrap();
    assert_ne!(new, ann);
    assert_eq!(house.db.read_now(move |conn| purchases::count(conn, new)).unwrap(), 1);
}

#[test]
fn nobody_is_erased_while_something_is_under_way() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (cart, seen) = goods::cart(&house.db, &[(mug, 2)], ANN, "bank_transfer", "");
    let placed = place(&house.db, cart, seen, Settlement::After).unwrap();
    let ann = id_of(&house.db, ANN).unwrap();
    let why = || {
        let found = house.db.read_now(move |conn| erasure::preview(conn, ann)).unwrap().hindered;
        found.into_iter().map(|one| (one.why, one.number)).collect::<Vec<_>>()
    };
    let order = || "R1001".to_string();
    assert_eq!(why(), [("erasure-hinders-unsent", order())]);
    assert!(matches!(erase(&house, ann), Err(Error::Conflict(_))));
    assert_eq!(id_of(&house.db, ANN), Some(ann), "nothing of it happened");
    let line = house
        .db
        .write_now(move |conn| {
            let line = orders::lines(conn, placed.order)?[0].id;
            let parcel = Parcel { key: "p".into(), lines: vec![(line, 2)], ..Parcel::default() };
            shipments::ship(conn, placed.order, &parcel, "test", now())?;
            Ok(line)
        })
        .unwrap();
    assert_eq!(why(), [("erasure-hinders-unpaid", order())]);
    house.db.write_now(move |conn| payments::record_receipt(conn, placed.payment, "test", now())).unwrap();
    assert!(why().is_empty());
    let back = house
        .db
        .write_now(move |conn| {
            let wanted =
                Wanted { key: "w".into(), lines: vec![WantedLine { line, quantity: 1, reason: Reason::Other }], ..Wanted::default() };
            returns::request(conn, placed.order, &wanted, "customer", now())
        })
        .unwrap();
    assert_eq!(why(), [("erasure-hinders-return", "R1001-1".to_string())]);
    let refund = house
        .db
        .write_now(move |conn| {
            returns::withdraw(conn, back, "customer", now())?;
            let request = Request { lines: vec![RequestLine { line, quantity: 1, restock: false }], sent_back: true, ..Request::default() };
            refunds::request(conn, placed.order, &request, 1200, "test", now())
        })
        .unwrap();
    assert_eq!(why(), [("erasure-hinders-refund", order())]);
    house.db.write_now(move |conn| refunds::settle(conn, refund, now())).unwrap();
    erase(&house, ann).unwrap();
    house.follow();
    assert!(house.mails("erased-1@erased.invalid").is_empty());
}

#[test]
fn an_old_yes_does_not_reach_an_erased_address_and_a_new_one_does() {
    let db = goods::open();
    let ann = goods::customer(&db, ANN, 0);
    let file = "Email,First Name,Accepts Email Marketing,Accepts SMS Marketing\nANN@example.com,Ann,yes,yes\nben@example.com,Ben,yes,no\n";
    let bring = |conn: &mut Conn| {
        let drafts = read_customers(file.as_bytes(), EUR).unwrap().items;
        apply_customers::apply(conn, &drafts, "old.csv", Mode::KeepGood, now(), &mut |_| ())
    };
    db.write_now(move |conn| {
        erasure::erase(conn, ann, now())?;
        let report = bring(conn)?;
        assert_eq!((report.created, report.notes.len()), (2, 2), "{:?}", report.notes);
        let ann = customers::find_by_email(conn, &email(ANN))?.unwrap().id;
        let ben = customers::find_by_email(conn, &email("ben@example.com"))?.unwrap().id;
        assert_eq!(consents::current(conn, ann, "email", "news")?, None);
        assert_eq!(consents::current(conn, ann, "sms", "news")?, None);
        assert_eq!(consents::current(conn, ben, "email", "news")?, Some(Consent::Given));
        let yes = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: "ticked" };
        consents::record(conn, ann, &yes, now())?;
        assert_eq!(consents::current(conn, ann, "email", "news")?, Some(Consent::Given));
        assert!(suppressions::holds(conn, "email", &email(ANN))?);
        Ok(())
    })
    .unwrap();
}

/// A customer who is signed in with the password "a long password".
fn signed_in(house: &House) -> (CustomerId, Visitor) {
    let ann = goods::customer(&house.db, ANN, 0);
    let hash = logins::hash_password("a long password").unwrap();
    house.db.write_now(move |conn| logins::set_password(conn, ann, &hash)).unwrap();
    let visitor = house.visitor();
    let page = visitor.get("/account/sign-in");
    visitor.submit(&page, "/account/sign-in", &[("email", ANN), ("password", "a long password")]).says(200, "");
    (ann, visitor)
}

fn said(house: &House, id: CustomerId, channel: &'static str, topic: &'static str) -> Option<Consent> {
    house.db.read_now(move |conn| consents::current(conn, id, channel, topic)).unwrap()
}

#[test]
fn a_shopper_chooses_sees_everything_and_has_it_erased() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (ann, visitor) = signed_in(&house);
    let to = "/account/preferences";
    let page = visitor.get(to).says(200, "Suggestions that fit me");
    visitor.get(&format!("/zh{to}")).says(200, "为我推荐合适的商品");
    // Leaving all as it is says nothing that was not said.
    visitor.submit(&page, to, &[]).says(200, "Your choices are kept");
    assert_eq!((said(&house, ann, "email", "news"), said(&house, ann, "site", "recommendations")), (None, None));
    assert_eq!((said(&house, ann, "site", "browsing"), visitor.cookie("trail").as_str()), (None, ""));
    let page = visitor.submit(&page, to, &[("topic-news", "on"), ("browsing", "on"), ("language", "zh")]);
    assert_eq!((said(&house, ann, "email", "news"), said(&house, ann, "site", "browsing")), (Some(Consent::Given), Some(Consent::Given)));
    assert!(visitor.cookie("trail").len() > 8, "this browser is recognised now");
    let csrf = page.form(to, &[]).into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    visitor.post(to, &[("csrf", &csrf), ("language", "en")]).says(200, "Your choices are kept");
    let no = Some(Consent::Withdrawn);
    assert_eq!((said(&house, ann, "email", "news"), said(&house, ann, "site", "recommendations")), (no, no));
    assert_eq!((said(&house, ann, "site", "browsing"), visitor.cookie("trail").as_str()), (no, "no"));

    settled(&house.db, mug, ANN, 2, true);
    house.follow();
    visitor.get("/account/preferences/data").says(200, "Everything we know about").says(200, "R1001");
    let file = visitor.get("/account/preferences/data.json");
    let all: serde_json::Value = serde_json::from_str(&file.body).unwrap();
    assert!(file.headers["content-disposition"].contains("personal-data.json"));
    assert_eq!((all["profile"]["email"].as_str(), all["orders"][0]["number"].as_str()), (Some(ANN), Some("R1001")));
    assert_eq!(all["orders"][0]["lines"][0]["title"], "Mug");
    assert!(all["orders"][0]["refunds"].as_array().is_some_and(|all| all.len() == 1));
    assert!(all["consents"].as_array().is_some_and(|all| all.len() >= 5 && all.iter().all(|one| one["proof"] != "")));
    assert!(all["scores"]["value"]["means"].is_string() && !all["timeline"].as_array().unwrap().is_empty());
    assert!(house.visitor().get_once("/account/preferences/data.json").status == 303, "strangers sign in first");

    let erase = "/account/preferences/erase";
    let page = visitor.get(erase).says(200, "What stays, and why").says(200, "tax law");
    visitor.submit(&page, erase, &[("password", "a wrong one")]).says(422, "");
    visitor.submit(&page, erase, &[("password", "a long password")]).says(200, "");
    assert!(house.db.read_now(move |conn| customers::erased(conn, ann)).unwrap());
    assert!(visitor.get("/account").at.starts_with("/account/sign-in"), "and signed out");
    house.follow();
    assert!(traces(&house, &[ANN, "Ann Ash"]).is_empty(), "{:#?}", traces(&house, &[ANN, "Ann Ash"]));
}

#[test]
fn staff_hand_everything_out_and_erase_with_the_right_to() {
    let house = House::open();
    let ann = well_known(&house);
    let agent = at_work(&house, "mei", role(&house, Preset::Agent)).1;
    let owner = at_work(&house, "lin", role(&house, Preset::Manager)).1;
    let at = format!("/admin/customers/{ann}");
    let export = format!("{at}/export");
    agent.get(&at).says(200, "Everything about this customer");
    let page = agent.get(&export).says(200, "Ann Ash").says(200, "R1001").says(200, "ticked by Ann Ash").says(200, "Pot");
    let file = agent.submit(&page, &export, &[]);
    let all: serde_json::Value = serde_json::from_str(&file.body).unwrap();
    assert!(file.headers["content-disposition"].contains(".json"));
    for (part, count) in [("orders", 2), ("addresses", 1), ("carts", 0), ("waiting_for", 1), ("browsers", 1), ("sign_ins", 1)] {
        assert_eq!(all[part].as_array().map(Vec::len), Some(count), "{part}");
    }
    assert_eq!(all["orders"][0]["returns"][0]["comment"], "Ann Ash would rather not");
    assert_eq!(all["store_credit"]["entries"].as_array().map(Vec::len), Some(1));
    agent.get(&format!("{at}/erase")).says(404, "");

    let page = owner.get(&format!("{at}/erase")).says(200, "2 orders").says(200, "can then be spent by nobody");
    owner.submit(&page, &format!("{at}/erase"), &[]).says(200, "was erased");
    house.follow();
    assert!(traces(&house, &[ANN, "Ann Ash"]).is_empty(), "{:#?}", traces(&house, &[ANN, "Ann Ash"]));
    owner.get("/admin/audit").says(200, "Customer erased").says(200, "Everything about a customer downloaded");
    owner.get(&export).says(404, "");
    owner.get(&format!("{at}/erase")).says(404, "");
}
