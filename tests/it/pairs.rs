//! Every role at every address of the back office, over real HTTP: what the list of routes says is what happens, and what is refused
//! has written nothing.

mod doors;
mod made;

use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{self, at_work, csrf, person};
use crate::support::visitor::{Page, Visitor};
use admin::permissions::{Grants, Preset};
use admin::web::access::Access;
use admin::web::routes;
use admin::{RoleId, invitations, roles};
use crm::email::Email;
use crm::tickets;
use kernel::web::i18n::Language;
use made::{approval_rule, asked_for, budget, contract, disputed, open_case, opportunity, partner, prices, written};
use storefront::catalog::Status;
use storefront::checkout::Settlement;
use storefront::content::{self, ContentPage};
use storefront::returns::{self, Reason, Wanted, WantedLine};
use storefront::shipments::{self, Parcel};
use storefront::shop::{self, Shop};
use storefront::web::words::Words;
use storefront::{api_keys, batches, collections, documents, drafts, payments, shipping, tax_rates, webhooks};

/// A shop with one of everything that has an address, and the addresses: patterns and what stands in for their parts.
pub struct Things {
    parts: Vec<(&'static str, &'static str, String)>,
}

/// A quote that was offered, with a file: its number and that of the file.
fn quote(conn: &mut kernel::Conn, customer: crm::CustomerId) -> kernel::Result<(String, i64)> {
    use storefront::quotes::{self, Draft, DraftLine, Wish};
    let who = storefront::requisitions::Who { customer, buyer: None };
    let files = vec![tickets::checked("plan.txt", b"mugs".to_vec())?];
    let wish = Wish { store: storefront::stores::MAIN, language: "en".into(), goods: Vec::new(), text: "Mugs".into(), files };
    let id = quotes::ask(conn, &who, &wish, now())?;
    let line = DraftLine { at: 0, sku: "MUG".into(), quantity: "1".into(), unit_price: 1000 };
    let expires_on = now().date() + chrono::TimeDelta::days(7);
    let draft = Draft { note: String::new(), shipping: None, expires_on, lines: vec![line] };
    let seen = quotes::get(conn, id)?.version;
    quotes::save(conn, id, seen, &draft, "test", now())?;
    let seen = quotes::get(conn, id)?.version;
    quotes::send(conn, id, seen, now())?;
    let said = quotes::messages_of(conn, id)?;
    Ok((quotes::number(id), quotes::files_of(conn, &said)?[0].id))
}

impl Things {
    pub fn make(house: &House, owner: admin::StaffId) -> Things {
        // Invoices are files for programs, too, where the seller has a VAT ID.
        let named = |conn: &mut kernel::Conn| {
            let shop = Shop { vat_id: "DE136695976".into(), ..shop::get(conn)? };
            shop::set(conn, &shop, now())
        };
        house.db.write_now(named).unwrap();
        let variant = goods::product(&house.db, "Mug", 1200, 50);
        let (cart, seen) = goods::cart(&house.db, &[(variant, 2)], "ann@example.com", "bank_transfer", "");
        assert!(goods::place(&house.db, cart, seen, Settlement::After).is_ok());
        house.work();
        let promotion = goods::coupon(&house.db, "TEA", 1000, None, None);
        let (card, _) = goods::gift_card(&house.db, 5000);
        let helper = person(house, "spare", office::role(house, Preset::Agent));
        let spoken = Words::of(&house.state.door.templates, Language::ENGLISH).unwrap();
        let parts = house
            .db
            .write_now(move |conn| {
                let order = storefront::orders::get_by_number(conn, "R1001")?;
                let payment = payments::latest(conn, order.id)?.expect("it was placed with a payment").id;
                let line = storefront::orders::lines(conn, order.id)?[0].id;
                let parcel = Parcel { key: "first".into(), lines: vec![(line, 1)], ..Parcel::default() };
                let shipment = shipments::ship(conn, order.id, &parcel, "system", now())?;
                let label = returns::Label { content_type: "application/pdf".into(), bytes: b"%PDF-1.4".to_vec() };
                let line = WantedLine { line, quantity: 1, reason: Reason::Other };
                let wanted = Wanted { key: "first".into(), lines: vec![line], ..Default::default() };
                let back = returns::request(conn, order.id, &wanted, "customer", now())?;
                returns::attach_label(conn, back, &label, "test", now())?;
                let invoice = documents::of_order(conn, order.id)?[0].id;
                let failed = payments::latest(conn, order.id)?.expect("it was placed with a payment");
                let case = open_case(conn, &failed)?;
                let confirmation = storefront::mails::of_order(conn, &order)?[0].id;
                let wish = webhooks::Wish { url: "https://hooks.example.com/".into(), topics: Vec::new(), active: true };
                let endpoint = webhooks::create(conn, &wish, now())?;
                let message = webhooks::test(conn, endpoint, now())?;
                let wish = drafts::Wish {
                    store: storefront::stores::MAIN,
                    email: Email::parse("bea@example.com", "email")?,
                    address: goods::address(),
                    note: String::new(),
                    language: "en".into(),
                    goods: vec![(variant, 1)],
                    codes: String::new(),
                    method: "bank_transfer".into(),
                };
                content::save(
                    conn,
                    &ContentPage {
                        slug: "about".into(),
                        language: "en".into(),
                        title: "About".into(),
                        body_html: String::new(),
                        position: 0,
                    },
                )?;
                let draft = drafts::make(conn, &wish, now())?;
                let rate = shipping::list(conn)?[0].id;
                let tax = tax_rates::list(conn)?[0].id;
                let (key, _) = api_keys::create(conn, "A program", api_keys::Scope::ALL, None, now())?;
                let product = storefront::catalog::product_list(conn, &Default::default(), goods::EUR, 1)?[0].id;
                let mail = kernel::mail::list(conn, None, None, 1)?[0].id;
                kernel::jobs::enqueue(conn, "test.later", "", None, now() + chrono::TimeDelta::days(1), now())?;
                let job = kernel::jobs::list(conn, None, None, 100)?.into_iter().find(|job| job.kind == "test.later").unwrap().id;
                let own = roles::create(conn, "Own", &Grants::default(), &Preset::Owner.grants(), now())?;
                let email = Email::parse("new@shop.test", "email")?;
                let agent = roles::of_preset(conn, Preset::Agent)?;
                let all = Preset::Owner.grants();
                let (asked, _) = invitations::invite(conn, &email, agent, Language::ENGLISH, owner, &all, now())?;
                let rules = batches::Rules { status: Some(Status::Draft), ..Default::default() };
                let planned = batches::plan(conn, &Default::default(), &rules, goods::EUR)?;
                let batch = batches::draft_edit(conn, "Draft", "staff:1", "EUR", &planned.edits, now())?;
                let filter =
                    admin::saved_filters::save(conn, (owner, admin::saved_filters::List::Products), "Drafts", "status=draft", true, now())?;
                let gifts = collections::Condition::Tag("gift".into());
                let rule = collections::Rule { all: true, conditions: vec![gifts] };
                let collection =
                    collections::Collection { name: "Gifts".into(), filling: collections::Filling::ByRule(rule), ..Default::default() };
                let collection = collections::save(conn, &collection, now())?;
                let contract = contract(conn)?;
                let change = storefront::catalog::CategoryChange { name: "Cups".into(), ..Default::default() };
                let category = storefront::catalog::save_category(conn, &change, now())?;
                let pine = storefront::theme::Preset::Pine.theme();
                storefront::theme::publish(conn, storefront::stores::MAIN, &pine, 0, "test", now())?;
                let attribute = storefront::attributes::Definition { name: "Weight".into(), ..Default::default() };
                let attribute = storefront::attributes::save(conn, &attribute, now())?;
                let rule = crm::rules::Rule::Tag("vip".into());
                let wish = crm::segments::Wish { name: "VIP".into(), note: String::new(), rule };
                let segment = crm::segments::create(conn, &wish, now())?;
                let redirect = storefront::redirects::set(conn, "/old", "/new")?;
                let wish = storefront::stores::Wish {
                    name: "Swiss".into(),
                    domain: "swiss.test".into(),
                    currency: "CHF".into(),
                    languages: vec![Language::ENGLISH],
                    part: None,
                    country: String::new(),
                    announcement: Default::default(),
                    open: true,
                };
                let store = storefront::stores::create(conn, &wish, "127.0.0.1", now())?;
                let (price_list, price_buyer, price_import) = prices(conn)?;
                let trail = crm::trails::Evidence::SignIn;
                crm::trails::join(conn, "a browser of this test", order.customer_id, trail, "signed in", now())?;
                let edge = crm::trails::edges(conn, order.customer_id, 1)?[0].id;
                let wish = crm::tasks::Wish { title: "Call".into(), note: String::new(), due_on: now().date(), assignee: None };
                let task = crm::tasks::create(conn, order.customer_id, &wish, "test", now())?.id;
                let twin = crm::customers::NewCustomer {
                    email: Email::parse("twin@example.com", "email")?,
                    name: "Twin".into(),
                    phone: String::new(),
                    language: "en".into(),
                };
                let twin = crm::customers::ensure(conn, &twin, now())?;
                let merge = storefront::merging::merge(conn, twin, order.customer_id, "one person", "test", now())?;
                let envelope = crm::inbound::Envelope { way: crm::inbound::Way::Hook, sender: None, recipients: Vec::new() };
                let inbound = crm::inbound::receive(conn, b"From: ann@example.com\r\n\r\nHello", &envelope, now())?;
                let words = storefront::articles::Words { language: "en".into(), title: "Tea".into(), ..Default::default() };
                let article = storefront::articles::Wish { position: 0, published: true, words: vec![words] };
                storefront::articles::create(conn, "tea", &article, "test", now())?;
                let (ticket, file, proposal, answer) = asked_for(conn, &order)?;
                let (dispute, evidence, decision) = disputed(conn, &ticket)?;
                let (calendar, policy) = office::level(conn, now())?;
                let talk = admin::forum::add(conn, "Suppliers", 1)?;
                let topic = admin::forum::open(conn, owner, talk, ("Kilns", "Who knows one?"), now())?;
                let post = admin::forum::first(conn, topic)?;
                let wish = crm::campaigns::Wish { name: "Spring".into(), ..Default::default() };
                let campaign = crm::campaigns::create(conn, &wish, now())?;
                let wish = kernel::mail::domains::Wish { domain: "shop.example".into(), ..Default::default() };
                let sending = kernel::mail::domains::add(conn, &wish, &[], now())?;
                let rate_of_mail = kernel::mail::post::set_rate(conn, "mail.example", Some(60), None)?;
                let transport = kernel::mail::post::transports(conn)?[0].id;
                let (text, template) = written(conn, campaign)?;
                let mut graph = crm::journeys::ready(crm::journeys::Ready::Blank, None, "Call");
                graph.nodes[0].what = crm::journeys::What::Tag("met".into());
                let wish = crm::journeys::Wish { name: "Welcome".into(), store_id: 1, topic: "news".into() };
                let journey = crm::journeys::create(conn, &wish, &graph, now())?;
                crm::journeys::publish(conn, journey, 1, ("UTC", "shop.test"), now())?;
                crm::journeys::told(conn, order.customer_id, "order_placed", None, now())?;
                let rehearsal = crm::journeys::ask(conn, journey, "UTC", now())?;
                let texts = crm::surveys::Asked { question: [("en".to_string(), "How likely?".to_string())].into(), ..Default::default() };
                let survey = crm::surveys::create(conn, &crm::surveys::Wish { name: "Shop".into(), texts, open: true }, now())?;
                let bought = storefront::orders::lines(conn, order.id)?[0].id;
                let words = storefront::reviews::Written { stars: 5, body: "Good".into(), ..Default::default() };
                storefront::reviews::write(conn, &order, bought, &words, now())?;
                let review = storefront::reviews::of_line(conn, bought)?.expect("it was written").id;
                let details = crm::companies::Details { name: "Kiln".into(), country: "DE".into(), ..Default::default() };
                let place = kernel::json::text(&goods::address())?;
                let (company, member) = crm::companies::apply(conn, order.customer_id, &details, &place, now())?;
                let (quote, quote_file) = quote(conn, order.customer_id)?;
                let (partner, edi_message) = partner(conn, order.customer_id, &spoken)?;
                let site = crm::companies::sites(conn, company)?[0].id;
                let buyer = crm::companies::roles(conn, company)?[1].id;
                let email = Email::parse("buyer@example.com", "email")?;
                let (bidden, _) = crm::companies::invitations::invite(conn, company, &email, (buyer, None), None, "test", now())?;
                Ok(vec![
                    ("", "{company}", company.to_string()),
                    ("", "{member}", member.to_string()),
                    ("/companies/", "{site}", site.to_string()),
                    ("/companies/", "{invitation}", bidden.to_string()),
                    ("", "{journey}", journey.to_string()),
                    ("", "{step}", "1".to_string()),
                    ("/journeys/", "{place}", "goal".to_string()),
                    ("", "{enrolment}", "1".to_string()),
                    ("", "{rehearsal}", rehearsal.to_string()),
                    ("/articles/", "{slug}", "tea".to_string()),
                    ("/articles/", "{language}", "en".to_string()),
                    ("/articles/", "{version}", "1".to_string()),
                    ("", "{inbound}", inbound.to_string()),
                    ("/forum/", "{category}", talk.to_string()),
                    ("/forum/", "{topic}", topic.to_string()),
                    ("", "{post}", post.to_string()),
                    ("", "{campaign}", campaign.to_string()),
                    ("", "{delivery}", "1".to_string()),
                    ("", "{survey}", survey.to_string()),
                    ("", "{review}", review.to_string()),
                    ("/campaigns/", "{text}", text.to_string()),
                    ("/campaigns/", "{language}", "en".to_string()),
                    ("/campaigns/", "{block}", "0".to_string()),
                    ("/campaign-templates/", "{template}", template.to_string()),
                    ("", "{ticket}", ticket),
                    ("", "{sending}", sending.to_string()),
                    ("", "{rate}", rate_of_mail.to_string()),
                    ("", "{transport}", transport.to_string()),
                    ("", "{rule}", office::rule(conn)?.to_string()),
                    ("", "{calendar}", calendar.to_string()),
                    ("", "{policy}", policy.to_string()),
                    ("", "{quote}", quote),
                    ("/quotes/", "{file}", quote_file.to_string()),
                    ("", "{file}", file.to_string()),
                    ("", "{dispute}", dispute),
                    ("", "{evidence}", evidence.to_string()),
                    ("", "{decision}", decision.to_string()),
                    ("", "{proposal}", proposal.to_string()),
                    ("", "{macro}", answer.to_string()),
                    ("", "{merge}", merge.to_string()),
                    ("/companies/", "{approval_rule}", approval_rule(conn, company)?.to_string()),
                    ("/companies/", "{budget}", budget(conn, company)?.to_string()),
                    ("", "{task}", task.to_string()),
                    ("", "{opportunity}", opportunity(conn)?.to_string()),
                    ("/sales/", "{stage}", crm::sales::stages(conn)?[0].id.to_string()),
                    ("", "{edge}", edge.to_string()),
                    ("", "{batch}", batch.to_string()),
                    ("", "{case}", case.to_string()),
                    ("", "{filter}", filter.to_string()),
                    // Every shop begins with one: the news.
                    ("/mail-topics/", "{topic}", "1".to_string()),
                    ("/attributes/", "{id}", attribute.to_string()),
                    ("/categories/", "{id}", category.to_string()),
                    ("/collections/", "{id}", collection.to_string()),
                    ("/redirects/", "{id}", redirect.to_string()),
                    ("", "{store}", store.to_string()),
                    ("", "{contract}", contract.to_string()),
                    ("", "{price_list}", price_list.to_string()),
                    ("", "{price_buyer}", price_buyer.to_string()),
                    ("", "{price_import}", price_import.to_string()),
                    ("", "{number}", "R1001".to_string()),
                    ("", "{payment}", payment.to_string()),
                    ("", "{shipment}", shipment.to_string()),
                    ("", "{document}", invoice.to_string()),
                    ("", "{mail}", confirmation.to_string()),
                    ("", "{variant}", variant.to_string()),
                    ("/pages/", "{slug}", "about".to_string()),
                    ("/theme/", "{place}", "logo".to_string()),
                    ("", "{theme}", "1".to_string()),
                    ("", "{menu}", "footer".to_string()),
                    ("", "{entry}", "0".to_string()),
                    ("", "{place}", "hero".to_string()),
                    ("", "{cart}", draft.to_string()),
                    ("", "{endpoint}", endpoint.to_string()),
                    ("", "{partner}", partner.to_string()),
                    ("", "{edi_message}", edi_message.to_string()),
                    ("", "{message}", message.to_string()),
                    ("", "{location}", storefront::stock::locations(conn)?[0].id.to_string()),
                    ("", "{return}", back.to_string()),
                    ("", "{card}", card.to_string()),
                    ("", "{segment}", segment.to_string()),
                    ("", "{customer}", order.customer_id.to_string()),
                    ("", "{role}", own.to_string()),
                    ("", "{staff}", helper.to_string()),
                    ("", "{invitation}", asked.id.to_string()),
                    ("/products/", "{id}", product.to_string()),
                    ("/promotions/", "{id}", promotion.to_string()),
                    ("/shipping/", "{id}", rate.to_string()),
                    ("/taxes/", "{id}", tax.to_string()),
                    ("/mails/", "{id}", mail.to_string()),
                    ("/jobs/", "{id}", job.to_string()),
                    ("/api-keys/", "{id}", key.to_string()),
                ])
            })
            .unwrap();
        Things { parts }
    }

    /// The address of a pattern. A pattern with a part that nothing here stands in for fails: add the thing above.
    pub fn address(&self, pattern: &str) -> String {
        let fitting = self.parts.iter().filter(|(under, ..)| pattern.starts_with(under));
        let path = fitting.fold(pattern.to_string(), |path, (_, part, value)| path.replace(part, value));
        assert!(!path.contains('{'), "{pattern}: the test has nothing of this kind");
        format!("/admin{path}")
    }
}

/// Every row of every table, each below the line that names its table.
pub fn dumped(db: &kernel::Db) -> String {
    let file = std::env::temp_dir().join(format!("regulars_pairs_{}", kernel::token::random()));
    kernel::backup::dump(db.target(), &file, &mut |_| {}).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let mut lines = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut lines).unwrap();
    lines
}

/// Every row of every table.
fn everything(house: &House) -> String {
    let lines = dumped(&house.db);
    let mut sorted: Vec<&str> = lines.lines().collect();
    sorted.sort_unstable();
    sorted.join("\n")
}

/// What `visitor` is answered at an address: without following, since a redirect is an answer.
fn ask(visitor: &Visitor, method: &str, address: &str, fields: &[(&str, &str)]) -> Page {
    if method == "GET" { visitor.get_once(address) } else { visitor.post_once(address, fields) }
}

#[test]
fn every_role_at_every_address() {
    let house = office::open();
    let owner = person(&house, "first", office::role(&house, Preset::Owner));
    let things = Things::make(&house, owner);
    let nothing = house.db.write_now(|conn| roles::create(conn, "Nothing", &Grants::default(), &Preset::Owner.grants(), now())).unwrap();
    let mut all: Vec<(&str, RoleId, Grants)> =
        Preset::ALL.iter().map(|preset| (preset.as_str(), office::role(&house, *preset), preset.grants())).collect();
    all.push(("nothing", nothing, Grants::default()));
    let mut refused = 0;
    for (name, role, grants) in &all {
        let (_, visitor) = at_work(&house, name, *role);
        let token = csrf(&visitor);
        let fields = [
            ("csrf", token.as_str()),
            ("note", "x"),
            ("on_hand", "1"),
            ("seen", "50"),
            ("reason", "x"),
            ("email", "x@y.test"),
            ("role", "1"),
        ];
        let before = everything(&house);
        let may = |access: Access| match access {
            Access::Public | Access::SignedIn | Access::Enrolling => true,
            Access::Needs(permission) => grants.may(permission),
        };
        for route in routes::all() {
            let address = things.address(route.path);
            let method = route.method.as_str();
            let what = format!("{name} at {method} {address}");
            if route.access == Access::Public {
                continue;
            }
            if may(route.access) && method == "GET" {
                // Some pages lead on when there is nothing to do; none is missing.
                let page = ask(&visitor, method, &address, &[]);
                assert!(matches!(page.status, 200 | 303), "{what}: {}", page.status);
            } else if may(route.access) {
                // Without the token a handler refuses before it does anything; that it was reached is all this asks.
                let page = ask(&visitor, method, &address, &[]);
                assert!(matches!(page.status, 409 | 400 | 422 | 303), "{what}: {}", page.status);
                assert!(page.status != 303 || page.headers["location"] != "/admin/sign-in", "{what}");
            } else {
                let page = ask(&visitor, method, &address, &fields);
                assert_eq!(page.status, if method == "GET" { 404 } else { 403 }, "{what}");
                refused += 1;
            }
        }
        assert!(everything(&house) == before, "{name}: something that was refused has written");
    }
    assert!(refused > 150, "only {refused} were refused");
}
