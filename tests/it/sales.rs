//! Leads and opportunities over real HTTP, and what an order of a company does to them and to whoever looks after it.

use crate::approvals::{cart, company};
use crate::support::goods::{self, EUR, now, place};
use crate::support::office;
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::MemberId;
use crm::companies;
use crm::email::Email;
use crm::rules::Rule;
use crm::sales::{self, OpportunityId, State, Wish};
use crm::{customers, segments};
use kernel::{Db, Error};
use storefront::checkout::Settlement;
use storefront::{buying, commissions, drafts, orders, payments, shop, stores};

const NEW: &str = "/admin/sales/new";

fn stage(db: &Db, code: &'static str) -> String {
    let all = db.read_now(sales::stages).unwrap();
    all.into_iter().find(|one| one.code == code).unwrap().id.to_string()
}

#[test]
fn a_lead_is_written_down_moved_and_becomes_a_customer_with_a_company() {
    let house = office::open();
    let (_, desk) = office::at_work(&house, "mei", office::role(&house, Preset::Agent));
    let form = desk.get(NEW).says(200, "New opportunity");
    desk.submit(&form, NEW, &[("title", "Cups for ten cafés"), ("amount", "1200")])
        .says(422, "Say whom it is about")
        .holds("value=\"Cups for ten cafés\"");
    let typed = [
        ("title", "Cups for ten cafés"),
        ("amount", "1200.00"),
        ("contact_name", "Lee Kiln"),
        ("contact_email", "Lee@kiln.example"),
        ("contact_phone", "+49 30 1234567"),
        ("contact_company", "Kiln"),
        ("next_step", "Call"),
        ("next_on", "2001-01-01"),
        ("expected_on", "2027-03-31"),
    ];
    let page = desk.submit(&form, NEW, &typed).says(200, "Saved").says(200, "Lead").says(200, "Overdue");
    let at = page.at.clone();
    let (proposal, won) = (stage(&house.db, "proposal"), stage(&house.db, "won"));
    desk.submit(&page, &format!("{at}/stage"), &[("stage", &proposal)]).says(200, "Moved.").says(200, "Proposal");
    // The page that was made before moves nothing.
    desk.submit(&page, &format!("{at}/stage"), &[("stage", &won)]).says(200, "Somebody changed this opportunity meanwhile");
    let page = desk.get(&at);
    desk.submit(&page, &format!("{at}/contacts"), &[("kind", "call"), ("text", "")]).says(422, "Please fill this in");
    desk.submit(&page, &format!("{at}/contacts"), &[("kind", "call"), ("text", "Wants samples")]).says(200, "Wants samples");
    desk.get("/admin/sales/board").says(200, "Cups for ten cafés");
    desk.get("/admin/sales/forecast").says(200, "March 2027").says(200, "600.00");
    let page = desk.get(&at);
    let convert = format!("{at}/convert");
    let place = [
        ("with_company", "on"),
        ("ship_name", "Lee Kiln"),
        ("ship_company", "Kiln"),
        ("ship_line1", "Ofenweg 1"),
        ("ship_postcode", "10115"),
        ("ship_city", "Berlin"),
        ("ship_country", "DE"),
    ];
    let mut nowhere = place;
    nowhere[3].1 = "";
    assert_eq!(desk.submit(&page, &convert, &nowhere).status, 422);
    desk.submit(&page, &convert, &place).says(200, "Now a customer.");
    let filter = companies::Filter { text: "Kiln".into(), ..companies::Filter::default() };
    let kiln = house.db.read_now(move |conn| companies::list(conn, &filter, 1)).unwrap().remove(0);
    assert_eq!(kiln.state, companies::State::Applied, "staff decide about it as about any other");
    desk.get(&format!("/admin/companies/{}/plan", kiln.id)).says(200, "Account plan: Kiln").says(200, "Cups for ten cafés");
    assert!(desk.get("/admin/sales/opportunities.csv").body.contains("Lee Kiln"));

    let segment = house
        .db
        .write_now(|conn| {
            let lee = customers::find_by_email(conn, &Email::parse("lee@kiln.example", "email")?)?.expect("a customer");
            customers::annotate(conn, lee.id, "lead", "", now())?;
            let wish = segments::Wish { name: "Cafés".into(), note: String::new(), rule: Rule::Tag("lead".into()) };
            segments::create(conn, &wish, now())
        })
        .unwrap();
    let calls = format!("/admin/sales/calls?segment={segment}");
    let page = desk.get(&calls).says(200, "+49 30 1234567").says(200, "Last spoken with on");
    desk.submit(&page, "/admin/sales/calls", &[("text", "Comes on Monday")]).says(200, "Logged.");
    // Whoever packs parcels knows nothing of it.
    let (_, packer) = office::at_work(&house, "ben", office::role(&house, Preset::Fulfilment));
    assert_eq!(packer.get(&at).status, 404);
}

#[test]
fn an_order_of_a_company_wins_what_waits_for_it_and_brings_its_owner_a_share() {
    let house = office::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (mei, desk) = office::at_work(&house, "mei", office::role(&house, Preset::Owner));
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let (kiln, member) = company(&house.db, ann);
    let plan = format!("/admin/companies/{kiln}/plan");
    let page = desk.get(&plan).says(200, "Nobody");
    desk.submit(&page, &format!("/admin/companies/{kiln}/owner"), &[("owner", &mei.to_string())]).says(200, "Saved");
    let page = desk.get("/admin/sales/commissions");
    let yesterday = (now().date() - TimeDelta::days(1)).to_string();
    let rate = [("staff", mei.to_string()), ("rate", "101".to_string()), ("starts_on", yesterday.clone())];
    let rate: Vec<(&str, &str)> = rate.iter().map(|(name, value)| (*name, value.as_str())).collect();
    desk.submit(&page, "/admin/sales/commissions", &rate).says(422, "Enter a percentage from 0 to 100");
    let (id, day) = (mei.to_string(), yesterday);
    desk.submit(&page, "/admin/sales/commissions", &[("staff", &id), ("rate", "5"), ("starts_on", &day)]).says(200, "Saved");
    let waiting: OpportunityId = house
        .db
        .write_now(move |conn| {
            let wish = Wish {
                title: "First order".into(),
                company: Some(kiln),
                contact_name: String::new(),
                contact_email: String::new(),
                contact_phone: String::new(),
                contact_company: String::new(),
                amount: 100_000,
                currency: EUR,
                owner: None,
                next_step: String::new(),
                next_on: None,
                expected_on: None,
                source: String::new(),
                quote: None,
                with_order: true,
            };
            sales::create(conn, &wish, "test", now())
        })
        .unwrap();
    let (basket, seen) = cart(&house.db, (ann, member), &[(mug, 1)], "ann@example.com");
    let order = place(&house.db, basket, seen, Settlement::After).unwrap().order;
    let one = house.db.read_now(move |conn| sales::get(conn, waiting)).unwrap();
    assert_eq!((one.state, one.order_id), (State::Won, Some(order.0)));
    let sums = move |conn: &mut kernel::Conn| {
        let shop = shop::get(conn)?;
        let found = commissions::sums(conn, commissions::month(&shop, shop.local(now()).date()))?;
        Ok((found, orders::get(conn, order)?.total))
    };
    let (found, total) = house.db.read_now(sums).unwrap();
    let sum = &found[&(mei.0, "EUR".to_string())];
    assert_eq!((sum.orders, sum.paid, sum.commission), (1, 0, 0), "nothing is shared before it is paid");
    house
        .db
        .write_now(move |conn| {
            let payment = payments::latest(conn, order)?.expect("it was placed with one").id;
            payments::record_receipt(conn, payment, "test", now())
        })
        .unwrap();
    let (found, _) = house.db.read_now(sums).unwrap();
    let sum = &found[&(mei.0, "EUR".to_string())];
    assert_eq!((sum.orders, sum.paid, sum.commission), (1, total, (total * 500 + 5000) / 10_000));
    assert!(desk.get("/admin/sales/commissions.csv").body.contains("R1001"));
    desk.get(&plan).says(200, "1 order").says(200, "First order");
    goods::assert_books(&house.db);
}

#[test]
fn what_staff_order_for_a_member_is_an_order_of_the_company() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 50);
    let ann = goods::customer(&db, "ann@example.com", 0);
    let (kiln, member) = company(&db, ann);
    let order = db
        .write_now(move |conn| {
            let wish = drafts::Wish {
                store: stores::MAIN,
                email: Email::parse("office@kiln.example", "email")?,
                address: goods::address(),
                note: String::new(),
                language: "en".into(),
                goods: vec![(mug, 1)],
                codes: String::new(),
                method: "bank_transfer".into(),
            };
            let cart = drafts::make_for(conn, &wish, Some(member), now())?;
            let seen = goods::seen(conn, cart)?;
            let order = drafts::place(conn, cart, seen, drafts::HOURS[0], "test", now())?;
            let nobody = drafts::make_for(conn, &wish, Some(MemberId(999_999)), now());
            assert!(matches!(nobody, Err(Error::Conflict(_))));
            Ok(order)
        })
        .unwrap();
    let told = db.read_now(move |conn| Ok((buying::of_order(conn, order)?, orders::get(conn, order)?.customer_id))).unwrap();
    assert_eq!((told.0.map(|trade| trade.company), told.1), (Some(kiln), ann), "whatever address the papers go to");
    goods::assert_books(&db);
}
