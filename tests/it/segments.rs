//! Segments: built by staff without a script, true in the commit that changes a customer, and honoured wherever a price is shown.

use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::activities::{self, Activity, Kind};
use crm::rules::{Age, Bought, Did, Goods as Bought_, Orders, Rule, Span};
use crm::segments::{self, SegmentId, State, Wish};
use crm::surveys::{self, Asked, Given};
use crm::{CustomerId, customers};
use storefront::catalog::Saving;
use storefront::checkout::Settlement;
use storefront::ids::{CategoryId, ProductId, VariantId};
use storefront::promotions::{Conditions, Cut, Effect, Goods, Rules, Terms};
use storefront::{catalog, promotions};

fn segment(house: &House, name: &str, rule: Rule) -> SegmentId {
    let wish = Wish { name: name.into(), note: String::new(), rule };
    let id = house.db.write_now(move |conn| segments::create(conn, &wish, now())).unwrap();
    house.work();
    assert_eq!(house.db.read_now(move |conn| segments::get(conn, id)).unwrap().state, State::Built);
    id
}

fn inside(house: &House, id: SegmentId, customer: CustomerId) -> bool {
    let at = house.state.clock.now();
    !house.db.read_now(move |conn| segments::among(conn, customer, &[id], at)).unwrap().is_empty()
}

fn order(house: &House, variant: VariantId, email: &str) -> storefront::ids::OrderId {
    let (cart, seen) = goods::cart(&house.db, &[(variant, 1)], email, "bank_transfer", "");
    place(&house.db, cart, seen, Settlement::After).unwrap().order
}

fn at_least(number: i64) -> Rule {
    Rule::Orders(Orders { at_least: Some(number), at_most: None, worth: None, within: Some(Span::Days(30)) })
}

fn promotion(name: &str, percent_bp: i64, segment: SegmentId) -> Terms {
    let effect = Effect::Reduce { cut: Cut::Percentage(percent_bp), on: Goods::default() };
    let conditions = Conditions { segment: Some(segment), ..Conditions::default() };
    Terms::automatic(name, Rules { conditions, effect, ..Rules::default() }, EUR)
}

#[test]
fn an_order_enters_its_customer_in_its_own_commit_and_time_or_a_cancellation_takes_them_out() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let regulars = segment(&house, "Regulars", at_least(2));
    order(&house, mug, "ann@example.com");
    assert!(!inside(&house, regulars, ann));
    let second = order(&house, mug, "ann@example.com");
    assert!(inside(&house, regulars, ann), "nothing has run since the order");
    house
        .db
        .write_now(move |conn| storefront::orders::cancel(conn, second, storefront::orders::CancelReason::Staff, "test", now()))
        .unwrap();
    assert!(!inside(&house, regulars, ann));
    order(&house, mug, "ann@example.com");
    assert!(inside(&house, regulars, ann));
    goods::assert_books(&house.db);
    house.state.clock.advance(TimeDelta::days(30));
    assert!(!inside(&house, regulars, ann), "the orders are too long ago, and no job has run");
    house.work();
    let moved = house.db.read_now(move |conn| segments::history(conn, regulars, None, 10)).unwrap();
    let told: Vec<(bool, &str)> = moved.iter().map(|one| (one.entered, one.why.as_str())).collect();
    assert_eq!(told, [(false, "time"), (true, "order"), (false, "order"), (true, "order")]);
}

#[test]
fn what_happened_enters_its_customer_when_it_is_written_down() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let did = |kind: Kind, product: Option<i64>| {
        Rule::Did(Did { kind: kind.as_str().into(), product, at_least: Some(1), at_most: None, within: Some(Span::Days(7)) })
    };
    let buyers = segment(&house, "Buyers", did(Kind::OrderPlaced, None));
    let lookers = segment(&house, "Lookers", did(Kind::ProductViewed, Some(1)));
    order(&house, mug, "ann@example.com");
    house.work();
    assert!(inside(&house, buyers, ann) && !inside(&house, lookers, ann));
    let look = |product: i64| {
        let key = format!("look:{product}");
        let (kind, at, source) = (Kind::ProductViewed, now(), "test");
        let seen = move |conn: &mut kernel::Conn| {
            let activity = Activity {
                customer: Some(ann),
                trail: None,
                kind,
                at,
                source,
                dedupe_key: &key,
                subject: Some(product),
                amount: None,
                detail: "",
            };
            activities::record(conn, &activity).map(drop)
        };
        house.db.write_now(seen).unwrap();
    };
    look(2);
    assert!(!inside(&house, lookers, ann));
    look(1);
    assert!(inside(&house, lookers, ann));
    house.state.clock.advance(TimeDelta::days(7));
    assert!(!inside(&house, buyers, ann) && !inside(&house, lookers, ann));
}

#[test]
fn what_was_bought_by_category_follows_the_catalogue() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    order(&house, mug, "ann@example.com");
    house.work();
    let (cups, product): (CategoryId, ProductId) = house
        .db
        .write_now(move |conn| {
            let change = catalog::CategoryChange { name: "Cups".into(), ..Default::default() };
            Ok((catalog::save_category(conn, &change, now())?, catalog::product_of(conn, mug)?.unwrap()))
        })
        .unwrap();
    let what = Bought_::Category(cups.0);
    let drinkers = segment(&house, "Drinkers", Rule::Bought(Bought { what, at_least: Some(1), at_most: None, within: None }));
    assert!(!inside(&house, drinkers, ann));
    house
        .db
        .write_now(move |conn| {
            let mut changed = catalog::products(conn, &[product], EUR)?.remove(0);
            changed.categories = vec![cups];
            catalog::save_product(conn, &changed, &Saving { currency: EUR, actor: "test", base: None, now: now() }).map(drop)
        })
        .unwrap();
    house.work();
    assert!(inside(&house, drinkers, ann));
    goods::assert_books(&house.db);
}

#[test]
fn a_price_for_members_is_theirs_on_the_shelf_in_the_cart_and_at_the_placing() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (ann, member) = house.signed_in("ann@example.com");
    let (_, other) = house.signed_in("bea@example.com");
    let guest = house.visitor();
    let vip = segment(&house, "VIP", Rule::Tag("vip".into()));
    goods::promotion(&house.db, promotion("Members", 2500, vip));
    let tag = |tags: &'static str| house.db.write_now(move |conn| customers::annotate(conn, ann, tags, "", now())).unwrap();
    member.get("/products/mug").says(200, "€12.00");
    tag("vip");
    member.get("/products/mug").says(200, "€9.00").says(200, "€12.00");
    for visitor in [&other, &guest] {
        let page = visitor.get("/products/mug").says(200, "€12.00");
        assert!(!page.body.contains("9.00"), "{}", page.text());
    }
    member.submit(&member.get("/products/mug"), "/cart/lines", &[]).says(200, "Members −€3.00");
    let cart = other.submit(&other.get("/products/mug"), "/cart/lines", &[]).says(200, "€12.00");
    assert!(!cart.text().contains("Members"), "{}", cart.text());
    // Priced for a member; placed when they are none any more: they are told before they pay more.
    let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    tag("");
    assert!(place(&house.db, cart, seen, Settlement::After).is_err());
    tag("vip");
    assert!(place(&house.db, cart, seen, Settlement::After).is_ok());
    member.get("/products/mug").says(200, "€9.00");
    goods::assert_books(&house.db);
}

#[test]
fn a_rule_is_built_without_a_script_and_nothing_typed_is_lost() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    for email in ["ann@example.com", "ann@example.com", "bea@example.com"] {
        order(&house, mug, email);
    }
    let mei = at_work(&house, "mei", role(&house, Preset::Marketer)).1;
    mei.get("/admin/segments").says(200, "There are no segments yet");
    let to = "/admin/segments/new";
    let page = mei.get(to);
    let page = mei.submit(&page, to, &[("name", "Regulars"), ("r_add", "orders"), ("do", "add:r")]).says(200, "Number of orders");
    let page = mei.submit(&page, to, &[("r_0_at_least", "2"), ("do", "group:r")]).holds("value=\"Regulars\"").holds("value=\"2\"");
    let page = mei.submit(&page, to, &[("r_1_add", "tag"), ("do", "add:r_1")]).says(200, "Tag");
    let page = mei.submit(&page, to, &[("r_1_0_tag", "vip"), ("r_1_add", "bought"), ("do", "add:r_1")]).holds("value=\"vip\"");
    // What does not read is said at its field, and stays.
    let page = mei.submit(&page, to, &[("r_1_1_named", "no-such"), ("do", "save")]).says(422, "Nothing has this address or SKU");
    let page = mei.submit(&page, to, &[("r_1_1_named", "mug"), ("r_1_1_not", "on"), ("do", "preview")]).says(200, "Nobody");
    let page = mei.submit(&page, to, &[("do", "remove:r_1_1")]).holds("value=\"vip\"");
    assert!(!page.body.contains("r_1_1_named"));
    let page = mei.submit(&page, to, &[("r_1_mode", "none"), ("do", "preview")]).says(200, "One customer").says(200, "ann@example.com");
    let shown = mei.submit(&page, to, &[("do", "save")]).says(200, "Saved").says(200, "none of this holds");
    house.work();
    let id = house.db.read_now(segments::list).unwrap()[0].id;
    let address = format!("/admin/segments/{id}");
    assert_eq!(shown.at, address);
    mei.get(&address).says(200, "1 members now").says(200, "ann@example.com").says(200, "Members from the beginning are not listed");
    mei.get("/admin/segments").says(200, "Regulars").says(200, "up to date");

    order(&house, mug, "bea@example.com");
    mei.get(&address).says(200, "2 members now").says(200, "bea@example.com entered").says(200, "an order");
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    mei.get(&format!("/admin/customers/{ann}")).says(200, "Regulars");
    order(&house, mug, "cem@example.com");
    let listed = mei.get(&format!("/admin/customers?segment={id}")).says(200, "bea@example.com");
    assert!(!listed.body.contains("cem@example.com"));
    assert!(!mei.get(&format!("/admin/customers?segment={id}&order=value&q=cem")).body.contains("cem@example.com</a>"));
    house.db.write_now(move |conn| customers::update_profile(conn, ann, "=HYPERLINK(1)", "", "en", now())).unwrap();
    let file = mei.get(&format!("{address}/members.csv"));
    assert!(file.body.starts_with("Customer ID,Name,Email") && file.body.lines().count() == 3, "{}", file.body);
    assert!(file.body.contains("'=HYPERLINK(1)"), "{}", file.body);

    // Two change it at once: the second is told.
    let edit = format!("{address}/edit");
    let (mine, theirs) = (mei.get(&edit).holds("value=\"vip\""), mei.get(&edit));
    mei.submit(&theirs, &edit, &[("note", "For the letter"), ("do", "save")]).says(200, "For the letter");
    mei.submit(&mine, &edit, &[("note", "Mine"), ("do", "save")]).says(409, "Somebody else changed this segment");
    mei.submit(&mei.get(&edit), &edit, &[("r_0_at_least", "9"), ("do", "save")]).says(200, "0 members now").says(200, "being asked anew");
    house.work();
    mei.get(&address).says(200, "the rule, or scores and goods, changed");

    // It is not removed while something uses it.
    let used = goods::promotion(&house.db, promotion("Members", 1000, id));
    mei.get(&address).says(200, "Promotion: Members");
    mei.get(&format!("/admin/promotions/{used}")).says(200, "For members of Regulars");
    let token = mei.get(&address).form(&format!("{address}/build"), &[]);
    let fields: Vec<(&str, &str)> = token.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    mei.post(&format!("{address}/delete"), &fields).says(200, "A promotion is limited to this segment");
    let page = mei.get(&format!("/admin/promotions/{used}"));
    mei.submit(&page, &format!("/admin/promotions/{used}"), &[("segment", "")]).says(200, "Saved");
    let named = house.db.read_now(move |conn| promotions::for_segment(conn, id)).unwrap();
    assert!(named.is_empty());
    mei.submit(&mei.get(&address), &format!("{address}/delete"), &[]).says(200, "Deleted");
    mei.get(&address).says(404, "");

    let zh = mei.get("/zh/admin/segments/new");
    assert!(!zh.text().contains("segment-"), "{}", zh.text());
    let agent = at_work(&house, "ada", role(&house, Preset::Agent)).1;
    agent.get("/admin/segments").says(200, "Segments");
    agent.get(to).says(404, "");
}

/// A night over everything leaves every segment right, and doctor has looked at it.
#[test]
fn a_night_builds_every_segment_anew() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 500);
    for n in 0..30 {
        for _ in 0..(1 + n % 3) {
            order(&house, mug, &format!("c{n}@example.com"));
        }
    }
    let recent = segment(&house, "Recent", Rule::LastOrder(Age::Within(Span::Hours(36))));
    let inner = segment(&house, "Often", at_least(3));
    let outer = segment(&house, "Not often", Rule::Not(Box::new(Rule::Segment(inner))));
    let size = |id: SegmentId| {
        let at = house.state.clock.now();
        house.db.read_now(move |conn| segments::size(conn, id, at)).unwrap()
    };
    assert_eq!((size(recent), size(inner), size(outer)), (30, 10, 20));
    house.db.write_now(|conn| kernel::jobs::enqueue(conn, crm::scores::RUN_JOB, "", None, now(), now())).unwrap();
    house.work();
    assert_eq!((size(recent), size(inner), size(outer)), (30, 10, 20));
    goods::assert_books(&house.db);
    // Rows that somebody spoilt are found, and a build heals them.
    goods::run(&house.db, "UPDATE segment_states SET member = NOT member");
    let findings = house.db.read_now(|conn| storefront::doctor::examine(conn, &mut |_| {})).unwrap();
    let told: Vec<&String> = findings.iter().flat_map(|finding| &finding.problems).collect();
    assert!(told.iter().any(|problem| problem.contains("Often")), "{told:?}");
    house.db.write_now(|conn| segments::doubt_all(conn, now())).unwrap();
    house.work();
    goods::assert_books(&house.db);
}

#[test]
fn who_orders_for_a_company_is_known_by_it() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let named = segment(&house, "Tea rooms", Rule::Company(vec!["çay tea".into()]));
    let any = segment(&house, "Companies", Rule::Company(Vec::new()));
    order(&house, mug, "ann@example.com");
    assert!(!inside(&house, named, ann) && !inside(&house, any, ann));
    let (cart, _) = goods::cart(&house.db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    let seen = house.db.write_now(move |conn| {
        let email = crm::email::Email::parse("ann@example.com", "email")?;
        let office = storefront::address::Address { company: "ÇAY Tea Rooms".into(), vat_id: "DE136695976".into(), ..goods::address() };
        storefront::carts::set_contact(conn, cart, &email, &office, None, "", now())?;
        goods::seen(conn, cart)
    });
    let placed = place(&house.db, cart, seen.unwrap(), Settlement::After).unwrap();
    assert!(inside(&house, named, ann) && inside(&house, any, ann), "nothing has run since the order");
    let rita = at_work(&house, "rita", role(&house, Preset::Owner)).1;
    rita.get(&format!("/admin/customers/{ann}")).says(200, "ÇAY Tea Rooms").says(200, "DE136695976");
    house
        .db
        .write_now(move |conn| storefront::orders::cancel(conn, placed.order, storefront::orders::CancelReason::Staff, "test", now()))
        .unwrap();
    assert!(!inside(&house, any, ann), "the last order that stands was for nobody but her");
}

#[test]
fn a_segment_asks_for_the_last_score_of_a_survey() {
    let house = House::open();
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let mei = at_work(&house, "mei", role(&house, Preset::Marketer)).1;
    let to = "/admin/segments/new";
    assert!(!mei.get(to).text().contains("Survey score"), "there is no survey yet");
    let shop = house
        .db
        .write_now(|conn| {
            let texts = Asked { question: [("en".to_string(), "How likely?".to_string())].into(), ..Asked::default() };
            surveys::create(conn, &surveys::Wish { name: "The shop".into(), texts, open: true }, now())
        })
        .unwrap();
    let page = mei.submit(&mei.get(to), to, &[("name", "Promoters"), ("r_add", "survey_score"), ("do", "add:r")]).says(200, "The shop");
    let survey = shop.to_string();
    let typed = [("r_0_survey", survey.as_str()), ("r_0_at_least", "11"), ("do", "save")];
    let page = mei.submit(&page, to, &typed).says(422, "Write a score from 0 to 10").holds("value=\"11\"");
    mei.submit(&page, to, &[("r_0_at_least", "9"), ("do", "save")]).says(200, "Saved").says(200, "The shop");
    house.work();
    let id = house.db.read_now(segments::list).unwrap()[0].id;
    assert!(!inside(&house, id, ann));
    let says = |score: i64| {
        let said = Given { survey: shop, round: 1, customer: ann, delivery: None, score, words: String::new() };
        house.db.write_now(move |conn| surveys::answer(conn, &said, now())).unwrap();
        inside(&house, id, ann)
    };
    assert_eq!([says(9), says(8)], [true, false]);
}
