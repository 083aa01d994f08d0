//! One-to-one offers: shown, priced, honoured, measured, and never beyond their budget.

use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::tickets::{self, Kind, Outcome};
use crm::{CustomerId, customers};
use kernel::Db;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use storefront::checkout::{PlaceError, Placed, Seen, Settlement};
use storefront::ids::{CartId, PromotionId, VariantId};
use storefront::offers::{self, Arm, Choice, Source};
use storefront::promotions::{self, Conditions, Cut, Effect, Goods, Rules, State, Terms};
use storefront::{carts, catalog, logins, orders, refunds};

const EVERYBODY: &[&str] = &["ann@example.com", "bea@example.com"];

/// An offer for people by name.
fn offer(people: &[&str], effect: Effect, more: offers::Terms) -> Terms {
    let customers = people.iter().map(ToString::to_string).collect();
    let conditions = Conditions { customers, ..Conditions::default() };
    let why = BTreeMap::from([("en".to_string(), "Because you come back".to_string())]);
    Terms {
        offer: Some(offers::Terms { why, ..more }),
        max_uses_per_customer: Some(1),
        ..Terms::automatic("A quarter off", Rules { conditions, effect, ..Rules::default() }, EUR)
    }
}

fn percent(points: i64) -> Effect {
    Effect::Reduce { cut: Cut::Percentage(points), on: Goods::default() }
}

fn to_all() -> offers::Terms {
    offers::Terms { control_bp: 0, ..offers::Terms::default() }
}

/// A cart of a customer who is signed in, priced now.
fn cart(db: &Db, goods: &[(VariantId, i64)], customer: CustomerId, email: &str) -> (CartId, Seen) {
    let (cart, _) = goods::cart(db, goods, email, "bank_transfer", "");
    (cart, goods::pay_with(db, cart, &[], Some(customer)))
}

fn place(db: &Db, of: (CartId, Seen)) -> Result<Placed, PlaceError> {
    goods::place(db, of.0, of.1, Settlement::After)
}

fn settle(db: &Db, customer: CustomerId) -> usize {
    db.write_now(move |conn| offers::settle(conn, customer, now())).unwrap()
}

fn spent(db: &Db, id: PromotionId) -> (i64, i64) {
    db.read_now(move |conn| Ok((offers::get(conn, id)?.unwrap().spent, promotions::get(conn, id)?.uses))).unwrap()
}

#[test]
fn an_offer_is_shown_priced_and_honoured_and_says_why() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    goods::product(&house.db, "Bowl", 2000, 50);
    let (ann, member) = house.signed_in("ann@example.com");
    let (_, other) = house.signed_in("cem@example.com");
    let guest = house.visitor();
    let id = goods::promotion(&house.db, offer(EVERYBODY, percent(2500), offers::Terms { stands_days: Some(7), ..to_all() }));
    // Nothing has run: the first page after the offer began shows it.
    member.get("/products/mug").says(200, "€9.00").says(200, "€12.00");
    member.get("/").says(200, "Offered to you").says(200, "A quarter off").says(200, "Because you come back");
    for visitor in [&other, &guest] {
        let page = visitor.get("/products/mug").says(200, "€12.00");
        assert!(!page.body.contains("9.00"), "{}", page.text());
        assert!(!visitor.get("/").text().contains("Offered to you"));
    }
    other.get("/account/offers").says(200, "There is no offer for you now");
    member.submit(&member.get("/products/mug"), "/cart/lines", &[]).says(200, "A quarter off −€3.00");
    // The reason is there for the shopper and, with what it followed from, for the agent.
    member.get("/account/offers").says(200, "Why did I get this?").says(200, "Because you come back");
    let ada = at_work(&house, "ada", role(&house, Preset::Manager)).1;
    ada.get(&format!("/admin/customers/{ann}"))
        .says(200, "They were named")
        .says(200, "They read: Because you come back")
        .says(200, "Offered");
    let placed = place(&house.db, cart(&house.db, &[(mug, 1)], ann, "ann@example.com")).unwrap();
    let total = house.db.read_now(move |conn| orders::get(conn, placed.order)).unwrap();
    assert_eq!(total.discount, 300);
    assert_eq!(spent(&house.db, id), (300, 1));
    // Used once, it is over, on the page and in the cart.
    assert!(!member.get("/products/mug").body.contains("9.00"));
    member.get("/account/offers").says(200, "There is no offer for you now");
    goods::assert_books(&house.db);
    let cancelled = placed.order;
    house.db.write_now(move |conn| orders::cancel(conn, cancelled, orders::CancelReason::Staff, "test", now())).unwrap();
    assert_eq!(spent(&house.db, id), (0, 0));
    member.get("/products/mug").says(200, "€9.00");
    // It stands as long as it was given for.
    house.state.clock.advance(TimeDelta::days(7));
    let later = house.state.clock.now();
    assert!(house.db.read_now(move |conn| offers::open(conn, ann, "en", later)).unwrap().is_empty());
    goods::assert_books(&house.db);
}

#[test]
fn a_mail_tells_of_offers_whoever_allowed_news() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    for (email, allows) in [("ann@example.com", true), ("bea@example.com", false)] {
        let customer = goods::customer(&house.db, email, 0);
        house
            .db
            .write_now(move |conn| {
                logins::set_password(conn, customer, "a hash")?;
                let said = crm::consents::Statement {
                    channel: "email",
                    topic: "news",
                    legal_basis: "consent",
                    state: crm::consents::Consent::Given,
                    proof: "test",
                };
                if allows { crm::consents::record(conn, customer, &said, now()) } else { Ok(()) }
            })
            .unwrap();
        let order = place(&house.db, cart(&house.db, &[(mug, 1)], customer, email)).unwrap().order;
        goods::promotion(&house.db, offer(EVERYBODY, percent(2500), to_all()));
        house
            .db
            .write_now(move |conn| {
                let payment = storefront::payments::latest(conn, order)?.unwrap().id;
                storefront::payments::record_receipt(conn, payment, "test", now())?;
                let line = orders::lines(conn, order)?[0].id;
                let parcel = storefront::shipments::Parcel { key: format!("parcel-{order}"), lines: vec![(line, 1)], ..Default::default() };
                storefront::shipments::ship(conn, order, &parcel, "test", now()).map(drop)
            })
            .unwrap();
        house.follow();
        let mail = house.mails(email).into_iter().find(|mail| mail.template == "shipment_sent").unwrap();
        assert_eq!(mail.body_text.contains("Because you come back"), allows, "{}", mail.body_text);
        assert_eq!(mail.body_html.contains("/account/offers"), allows);
    }
}

#[test]
fn what_was_given_stands_when_the_audience_changes() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 50);
    let (ann, member) = house.signed_in("ann@example.com");
    let wish = crm::segments::Wish { name: "VIP".into(), note: String::new(), rule: crm::rules::Rule::Tag("vip".into()) };
    let segment = house.db.write_now(move |conn| crm::segments::create(conn, &wish, now())).unwrap();
    house.work();
    let mut terms = offer(&[], percent(2500), to_all());
    terms.rules.conditions.segment = Some(segment);
    goods::promotion(&house.db, terms);
    let tag = |tags: &'static str| house.db.write_now(move |conn| customers::annotate(conn, ann, tags, "", now())).unwrap();
    assert!(!member.get("/products/mug").body.contains("9.00"));
    tag("vip");
    member.get("/products/mug").says(200, "€9.00");
    tag("");
    member.get("/products/mug").says(200, "€9.00");
    let given = house.db.read_now(move |conn| offers::of_customer(conn, ann, 10)).unwrap();
    assert_eq!((given.len(), given[0].why.segment), (1, Some(segment)));
}

#[test]
fn a_budget_under_many_redemptions_ends_exactly_at_its_limit() {
    const PEOPLE: usize = 1000;
    const THREADS: usize = 50;
    const PAID: i64 = 40;
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 2 * PEOPLE as i64);
    let emails: Vec<String> = (0..PEOPLE).map(|n| format!("c{n}@example.com")).collect();
    let named: Vec<&str> = emails.iter().map(String::as_str).collect();
    // The budget pays for forty whole uses and a part of one, which nobody gets.
    let terms = offers::Terms { budget: Some(300 * PAID + 299), ..to_all() };
    let id = goods::promotion(&db, offer(&named, percent(2500), terms));
    let carts: Vec<(CartId, Seen)> = emails
        .iter()
        .map(|email| {
            let customer = goods::customer(&db, email, 0);
            settle(&db, customer);
            cart(&db, &[(mug, 1)], customer, email)
        })
        .collect();
    let (next, paid) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(cart) = carts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match place(&db, *cart) {
                        Ok(_) => drop(paid.fetch_add(1, Ordering::Relaxed)),
                        Err(PlaceError::Changed) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    });
    assert_eq!(paid.into_inner() as i64, PAID);
    assert_eq!(spent(&db, id), (300 * PAID, PAID));
    goods::assert_books(&db);
}

#[test]
fn a_use_comes_back_with_the_goods_when_the_terms_say_so() {
    for returned in [true, false] {
        let db = goods::open();
        let mug = goods::product(&db, "Mug", 1200, 50);
        let ann = goods::customer(&db, "ann@example.com", 0);
        let id = goods::promotion(&db, offer(EVERYBODY, percent(2500), offers::Terms { returned, budget: Some(10_000), ..to_all() }));
        assert_eq!(settle(&db, ann), 1);
        assert_eq!(settle(&db, ann), 0, "decided once");
        let order = place(&db, cart(&db, &[(mug, 2)], ann, "ann@example.com")).unwrap().order;
        assert_eq!(spent(&db, id), (600, 1));
        let line = db
            .write_now(move |conn| {
                let payment = storefront::payments::latest(conn, order)?.unwrap().id;
                storefront::payments::record_receipt(conn, payment, "test", now())?;
                Ok(orders::lines(conn, order)?[0].id)
            })
            .unwrap();
        for left in [(600, 1), if returned { (0, 0) } else { (600, 1) }] {
            db.write_now(move |conn| {
                let lines = vec![refunds::RequestLine { line, quantity: 1, restock: true }];
                let request = refunds::Request { lines, ..refunds::Request::default() };
                refunds::request(conn, order, &request, 900, "staff", now()).map(drop)
            })
            .unwrap();
            assert_eq!(spent(&db, id), left);
        }
        goods::assert_books(&db);
    }
}

#[test]
fn chance_leaves_a_control_group_and_results_are_told_against_it() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5000);
    let emails: Vec<String> = (0..240).map(|n| format!("c{n}@example.com")).collect();
    let named: Vec<&str> = emails.iter().map(String::as_str).collect();
    let id = goods::promotion(&house.db, offer(&named, percent(1000), offers::Terms { control_bp: 5000, ..offers::Terms::default() }));
    let people: Vec<CustomerId> = emails.iter().map(|email| goods::customer(&house.db, email, 0)).collect();
    people.iter().for_each(|customer| assert_eq!(settle(&house.db, *customer), 1));
    let (given, control) = house.db.read_now(move |conn| offers::counts(conn, id)).unwrap();
    assert_eq!(given + control, 240);
    assert!((80..=160).contains(&control), "{control}");
    // Whoever is in the control group pays what everybody pays; all who got the offer order, and a third of the others.
    for (n, (customer, email)) in people.iter().zip(&emails).enumerate() {
        let customer = *customer;
        let arm = house.db.read_now(move |conn| offers::of_customer(conn, customer, 1)).unwrap()[0].arm;
        if arm == Arm::Given || n % 3 == 0 {
            let order = place(&house.db, cart(&house.db, &[(mug, 1)], customer, email)).unwrap().order;
            let order = house.db.read_now(move |conn| orders::get(conn, order)).unwrap();
            assert_eq!(order.discount, if arm == Arm::Given { 120 } else { 0 });
        }
    }
    offers::figure_all(&house.db, house.state.clock.now()).unwrap();
    let results = house.db.read_now(move |conn| Ok(offers::get(conn, id)?.unwrap().results)).unwrap().unwrap().0;
    assert_eq!((results.given.orders.people, results.control.orders.people), (given, control));
    assert_eq!(results.given.orders.sum, 100 * given);
    let lift = results.orders.unwrap();
    assert!(lift.tells() && lift.low < lift.more && lift.more < lift.high, "{lift:?}");
    let mei = at_work(&house, "mei", role(&house, Preset::Marketer)).1;
    mei.get("/admin/offers").says(200, "A quarter off").says(200, "at 95 % confidence");
    mei.get(&format!("/admin/promotions/{id}")).says(200, "Control group");
    goods::assert_books(&house.db);
}

#[test]
fn goods_below_the_margin_floor_are_left_out_where_they_are_shown_and_where_they_are_paid() {
    let house = House::open();
    let (mug, bowl) = (goods::product(&house.db, "Mug", 1190, 50), goods::product(&house.db, "Bowl", 1190, 50));
    let (ann, member) = house.signed_in("ann@example.com");
    // Of 11.90 with 19 % tax 10.00 is left; a quarter off leaves 7.50 of it.
    for (variant, cost) in [(mug, 375), (bowl, 376)] {
        house
            .db
            .write_now(move |conn| {
                let product = catalog::product_of(conn, variant)?.unwrap();
                let mut changed = catalog::products(conn, &[product], EUR)?.remove(0);
                changed.variants[0].cost = Some(cost);
                let saving = catalog::Saving { currency: EUR, actor: "test", base: None, now: now() };
                catalog::save_product(conn, &changed, &saving).map(drop)
            })
            .unwrap();
    }
    goods::promotion(&house.db, offer(EVERYBODY, percent(2500), offers::Terms { margin_floor_bp: Some(5000), ..to_all() }));
    member.get("/products/mug").says(200, "€8.92");
    assert!(!member.get("/products/bowl").body.contains("8.92"));
    let quote = {
        let (cart, _) = cart(&house.db, &[(mug, 1), (bowl, 1)], ann, "ann@example.com");
        house.db.read_now(move |conn| carts::quote(conn, cart, now())).unwrap()
    };
    assert_eq!(quote.decision.discounts, [298, 0]);
}

#[test]
fn the_customers_own_best_product_is_chosen_once_and_is_in_stock() {
    let house = House::open();
    let (mug, bowl, tray) = (
        goods::product(&house.db, "Mug", 1200, 50),
        goods::product(&house.db, "Bowl", 2000, 1),
        goods::product(&house.db, "Tray", 3000, 50),
    );
    for n in 0..12 {
        let email = format!("c{n}@example.com");
        let customer = goods::customer(&house.db, &email, 0);
        let mut bought = vec![(mug, 1), (tray, 1)];
        if n == 0 {
            bought.push((bowl, 1));
        }
        place(&house.db, cart(&house.db, &bought, customer, &email)).unwrap();
    }
    house.db.write_now(|conn| crm::recommendations::run_soon(conn, now())).unwrap();
    house.work();
    let (ann, member) = house.signed_in("ann@example.com");
    let terms = offers::Terms { choice: Choice::Own, ..to_all() };
    goods::promotion(&house.db, offer(EVERYBODY, percent(5000), terms));
    member.get("/");
    let given = house.db.read_now(move |conn| offers::of_customer(conn, ann, 10)).unwrap().remove(0);
    assert_eq!(given.why.product, Some(Source::Popular));
    let product = given.product.unwrap();
    let slug = if house.db.read_now(move |conn| catalog::product_of(conn, mug)).unwrap() == Some(product) { "mug" } else { "tray" };
    let other = if slug == "mug" { "tray" } else { "mug" };
    member.get(&format!("/products/{slug}")).says(200, if slug == "mug" { "€6.00" } else { "€15.00" });
    assert!(!member.get(&format!("/products/{other}")).text().contains(if other == "mug" { "€6.00" } else { "€15.00" }));
    member.get("/account/offers").says(200, if slug == "mug" { "Mug" } else { "Tray" });
}

#[test]
fn a_marketer_makes_an_offer_in_the_form_and_mistakes_are_said_at_their_fields() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 50);
    let (ann, member) = house.signed_in("ann@example.com");
    let mei = at_work(&house, "mei", role(&house, Preset::Marketer)).1;
    let to = "/admin/promotions/new";
    let page = mei.get("/admin/promotions/new?method=offer").says(200, "One-to-one offer");
    let wrong = [("name", "Thanks"), ("percent", "25"), ("control", "95"), ("budget", "0"), ("stands_days", "0")];
    let page = mei.submit(&page, to, &wrong).says(422, "Choose a segment, or name the customers").says(422, "between 0 and 90 %");
    let right =
        [("why", "Because you come back"), ("customers", "Ann@example.com"), ("control", "0"), ("budget", "50"), ("stands_days", "7")];
    mei.submit(&page, to, &right).says(200, "Saved").says(200, "€50.00");
    member.get("/products/mug").says(200, "€9.00");
    let id = house.db.read_now(|conn| offers::list(conn, None, 1)).unwrap()[0].0.id;
    let address = format!("/admin/promotions/{id}");
    mei.submit(&mei.get(&address), &address, &[("method", "automatic")]).says(422, "was given to customers");
    // What tells who they are goes with the person; that somebody got it stays.
    house.db.write_now(move |conn| storefront::erasure::erase(conn, ann, now())).unwrap();
    let rules = house.db.read_now(move |conn| promotions::get(conn, id)).unwrap().rules.0;
    assert_eq!(rules.conditions.customers.len(), 1, "nobody is not everybody");
    assert!(!rules.conditions.customers[0].contains("ann@"), "{:?}", rules.conditions.customers);
    assert_eq!(house.db.read_now(move |conn| offers::counts(conn, id)).unwrap(), (1, 0));
    house.db.write_now(move |conn| promotions::set_state(conn, id, State::Paused, now())).unwrap();
    goods::assert_books(&house.db);
}

#[test]
fn nobody_who_complains_is_offered_anything_new() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    goods::promotion(&house.db, offer(EVERYBODY, percent(2500), to_all()));
    let (ann, shopper) = house.signed_in("ann@example.com");
    let ticket = house
        .db
        .write_now(move |conn| {
            let wish = crm::tickets::New { kind: Kind::Complaint, ..crate::tickets::question("ann@example.com") };
            tickets::open(conn, &wish, now())
        })
        .unwrap()
        .ticket;
    assert_eq!((ticket.customer_id, settle(&house.db, ann)), (Some(ann), 0));
    shopper.get("/products/mug").says(200, "€12.00");
    shopper.get("/account/offers").says(200, "There is no offer for you now");
    let (_, agent) = at_work(&house, "mia", role(&house, Preset::Agent));
    agent.get(&format!("/admin/customers/{ann}")).says(200, "no new offers are shown");
    house.db.write_now(move |conn| tickets::solve(conn, ticket.id, Outcome::Refunded, "staff:1", None, now())).unwrap();
    shopper.get("/products/mug").says(200, "€9.00");
    house.work();
}
