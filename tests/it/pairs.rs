//! Every role at every address of the back office, over real HTTP: what the list of routes says is what happens, and what is refused
//! has written nothing.

use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{self, at_work, csrf, enrol, person, sign_in};
use crate::support::visitor::{Page, Visitor};
use admin::permissions::{Grants, Permission, Preset};
use admin::web::access::Access;
use admin::web::routes;
use admin::{RoleId, invitations, roles, staff};
use crm::email::Email;
use crm::tickets::{self, Kind};
use kernel::web::i18n::Language;
use storefront::catalog::Status;
use storefront::checkout::Settlement;
use storefront::content::{self, ContentPage};
use storefront::returns::{self, Reason, Wanted, WantedLine};
use storefront::service::{self, Ask};
use storefront::shipments::{self, Parcel};
use storefront::shop::{self, Shop};
use storefront::web::words::Words;
use storefront::{api_keys, batches, collections, documents, drafts, payments, shipping, tax_rates, webhooks};

/// A shop with one of everything that has an address, and the addresses: patterns and what stands in for their parts.
pub struct Things {
    parts: Vec<(&'static str, &'static str, String)>,
}

/// A rule of a company that asks for a yes to everything.
fn approval_rule(conn: &mut kernel::Conn, company: crm::CompanyId) -> kernel::Result<storefront::ids::ApprovalRuleId> {
    let wish = storefront::approvals::Wish {
        name: "Everything".into(),
        position: 1,
        active: true,
        condition: Default::default(),
        approvers: Default::default(),
        needed: 1,
        deadline_hours: None,
    };
    storefront::approvals::save_rule(conn, company, None, &wish)
}

fn budget(conn: &mut kernel::Conn, company: crm::CompanyId) -> kernel::Result<storefront::ids::BudgetId> {
    let wish = storefront::budgets::Wish {
        name: "Kitchen".into(),
        member: None,
        site: None,
        cost_centre: String::new(),
        period: storefront::budgets::Period::Month,
        amount: 100_000,
        currency: goods::EUR,
        beyond: storefront::budgets::Beyond::Refuse,
        active: true,
    };
    storefront::budgets::save(conn, company, None, &wish)
}

/// The case of money that came twice for an order.
fn open_case(conn: &mut kernel::Conn, paid: &payments::Payment) -> kernel::Result<storefront::ids::PaymentCaseId> {
    let again = payments::create(conn, paid.order_id, "card", paid.money()?, now())?;
    payments::record_receipt(conn, paid.id, "test", now())?;
    let state = storefront::gateway::State {
        reference: "twice".into(),
        payment_reference: None,
        payment_key: None,
        standing: storefront::gateway::Standing::Captured,
        currency: goods::EUR,
        asked: paid.amount,
        authorised: paid.amount,
        captured: paid.amount,
        refunded: 0,
        last_decline: None,
    };
    payments::settle(conn, again, &state, now())?;
    Ok(payments::list_cases(conn, None, 1)?[0].id)
}

/// A complaint from a ticket, with a file and a proposed decision.
fn disputed(conn: &mut kernel::Conn, ticket: &str) -> kernel::Result<(String, i64, i64)> {
    use crm::disputes::{self, New, NewEvidence, Reason};
    let ticket = tickets::by_number(conn, ticket)?;
    let new = New { reason: Reason::Damaged, amount: 1200, currency: goods::EUR, due_at: None, about: "It leaks".into() };
    let made = disputes::open(conn, &ticket, &new, "test", ticket.version, now())?;
    let file = NewEvidence::File(tickets::checked("leak.txt", b"drip".to_vec())?);
    disputes::add(conn, made.id, &[file], "test", now())?;
    let evidence = disputes::evidence(conn, made.id)?[0].id;
    let gift = storefront::disputes::Gift::Credit(2_000_000);
    let decision = storefront::disputes::Decision { outcome: disputes::Outcome::Upheld, why: "Sorry".into(), gift, order_seen: None };
    let (seen, agent) = (disputes::get(conn, made.id)?.version, tickets::Agent { id: 0, actor: "test" });
    let taken = storefront::disputes::decide(conn, made.id, seen, &decision, agent, service::Allowance::Limited, now())?;
    let storefront::disputes::Taken::Proposed(proposal) = taken else { panic!("{taken:?}") };
    Ok((made.number, evidence.0, proposal.0))
}

/// A ticket with a file and a proposal, and a macro.
fn asked_for(conn: &mut kernel::Conn, order: &storefront::orders::Order) -> kernel::Result<(String, i64, i64, i64)> {
    let ask = Ask {
        kind: Kind::Warranty,
        units: Vec::new(),
        text: "It leaks".into(),
        key: "a form of this test".into(),
        subject: "Leaks".into(),
        language: "en".into(),
        decided: None,
    };
    let ticket = service::ask(conn, order, &ask, now())?;
    let file = tickets::checked("leak.txt", b"drip".to_vec())?;
    let message = tickets::NewMessage { files: vec![file], ..tickets::NewMessage::text("Here") };
    let message = tickets::append_from_customer(conn, ticket.id, &message, now())?;
    let file = tickets::files_of(conn, &[message])?[0].id;
    let wish = service::Wish {
        ticket: ticket.id,
        seen: tickets::get(conn, ticket.id)?.version,
        order_seen: None,
        deed: service::Deed::Credit { amount: 1_000_000, currency: goods::EUR },
        solve: false,
    };
    let agent = tickets::Agent { id: 0, actor: "test" };
    let carried = service::act(conn, &wish, agent, service::Allowance::Limited, now())?;
    let service::Carried::Proposed(proposal) = carried else { panic!("{carried:?}") };
    let answer = admin::macros::add(conn, "Hello", "Hello {name}", now())?;
    Ok((ticket.number, file, proposal.0, answer.0))
}

/// The variant of a campaign with one block in English, and a template of it.
fn written(conn: &mut kernel::Conn, campaign: crm::campaigns::CampaignId) -> kernel::Result<(i64, i64)> {
    use storefront::campaigns::{self, Block, Content, Part, Version};
    let part = Part::Picture { hash: None, alt: String::new(), link: String::new() };
    let version = Version { subject: "Spring".into(), blocks: vec![Block { part, only: None }], ..Version::default() };
    let content = Content { versions: [("en".to_string(), version)].into(), ..Content::default() };
    let variant = crm::campaigns::variants(conn, campaign)?[0].clone();
    crm::campaigns::put_variant(conn, variant.id, variant.version, &content.json()?, now())?;
    Ok((variant.id.0, campaigns::save(conn, "Spring", &content, now())?.0))
}

/// A contract of a group that no company is in.
fn contract(conn: &mut kernel::Conn) -> kernel::Result<i64> {
    use storefront::price_lists::{self, For};
    let of = collections::Collection { name: "Agreed".into(), filling: collections::Filling::ByHand(Vec::new()), ..Default::default() };
    let of = collections::save(conn, &of, now())?;
    Ok(price_lists::set_contract(conn, &For::Group("agreed".into()), of)?.1.id)
}

/// A price list for a group, with a file that was compared.
fn prices(conn: &mut kernel::Conn) -> kernel::Result<(i64, i64, i64)> {
    use storefront::price_lists::{self, For, ListState, Wish};
    let wish = Wish {
        name: "Trade".into(),
        currency: goods::EUR,
        store: None,
        priority: 0,
        state: ListState::Draft,
        starts_at: None,
        ends_at: None,
        adjust_bp: None,
    };
    let list = price_lists::create(conn, wish, now())?;
    price_lists::add_buyer(conn, list, &For::Group("trade".into()), now())?;
    let buyer = price_lists::buyers_of(conn, list, None, 1)?[0].id;
    let compared = price_lists::compared(conn, list, b"sku,price\nMUG,10.00\n")?;
    Ok((list.0, buyer, price_lists::draft(conn, list, "prices.csv", &compared, "test", now())?))
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

/// A company that orders by messages, and one of hers that nobody can read.
fn partner(conn: &mut kernel::Conn, customer: crm::CustomerId, words: &Words) -> kernel::Result<(i64, i64)> {
    use storefront::edi::{self, Kind, Wish};
    let details = crm::companies::Details { name: "Cups by the dozen".into(), country: "DE".into(), ..Default::default() };
    let place = kernel::json::text(&goods::address())?;
    let (company, member) = crm::companies::apply(conn, customer, &details, &place, now())?;
    let seen = crm::companies::get(conn, company)?.version;
    crm::companies::approve(conn, company, seen, "test", now())?;
    let (own_id, partner_id) = ("SHOP".to_string(), "CUPS".to_string());
    let wish = Wish { company, member, store: storefront::stores::MAIN, kind: Kind::X12, own_id, partner_id, active: true };
    let (id, _) = edi::create(conn, &wish, now())?;
    let partner = edi::get(conn, id)?;
    edi::take(conn, &partner, "ISA", words, now())?;
    Ok((id.0, edi::history(conn, id, None, None, 1)?[0].id.0))
}

/// A lead.
fn opportunity(conn: &mut kernel::Conn) -> kernel::Result<crm::sales::OpportunityId> {
    let wish = crm::sales::Wish {
        title: "Cups".into(),
        company: None,
        contact_name: "Lee".into(),
        contact_email: String::new(),
        contact_phone: String::new(),
        contact_company: String::new(),
        amount: 100_000,
        currency: goods::EUR,
        owner: None,
        next_step: String::new(),
        next_on: None,
        expected_on: None,
        source: String::new(),
        quote: None,
        with_order: false,
    };
    crm::sales::create(conn, &wish, "test", now())
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

#[test]
fn strangers_and_the_half_signed_in_are_led_to_the_door() {
    let house = office::open();
    let id = person(&house, "mei", office::role(&house, Preset::Owner));
    let things = Things::make(&house, id);
    enrol(&house, id);
    let half = house.visitor();
    sign_in(&half, "mei").says(200, "Second step");
    let stranger = house.visitor();
    stranger.get("/admin/sign-in");
    let before = everything(&house);
    for visitor in [&stranger, &half] {
        for route in routes::all().into_iter().filter(|route| route.access != Access::Public) {
            let address = things.address(route.path);
            let page = ask(visitor, route.method.as_str(), &address, &[]);
            let to = page.headers.get("location").cloned().unwrap_or_default();
            assert!(page.status == 303 && to.starts_with("/admin/sign-in"), "{} {address}: {} {to}", route.method, page.status);
        }
        assert!(visitor.get_once("/admin/no-such-page").headers["location"].starts_with("/admin/sign-in"));
    }
    assert!(everything(&house) == before);
}

#[test]
fn a_demanded_second_factor_comes_before_everything_else() {
    let house = office::open();
    let role = office::role(&house, Preset::Owner);
    let id = person(&house, "first", role);
    let things = Things::make(&house, id);
    house.db.write_now(move |conn| roles::demand_second_factor(conn, role, true, &Preset::Owner.grants())).unwrap();
    person(&house, "mei", role);
    let mei = house.visitor();
    sign_in(&mei, "mei").says(200, "Set it up to go on");
    let before = everything(&house);
    for route in routes::all().into_iter().filter(|route| matches!(route.access, Access::SignedIn | Access::Needs(_))) {
        let address = things.address(route.path);
        let page = ask(&mei, route.method.as_str(), &address, &[]);
        assert_eq!((page.status, page.headers["location"].as_str()), (303, "/admin/account/second-factor"), "{} {address}", route.method);
    }
    assert!(everything(&house) == before);
    assert_eq!(mei.get("/admin/no-such-page").status, 404);
}

#[test]
fn no_permission_is_without_an_address() {
    let used: Vec<Access> = routes::all().iter().map(|route| route.access).collect();
    for permission in Permission::ALL {
        assert!(used.contains(&Access::Needs(*permission)), "{permission:?} opens nothing");
    }
    let mut seen: Vec<(String, &str)> = routes::all().iter().map(|route| (route.method.to_string(), route.path)).collect();
    seen.sort();
    let count = seen.len();
    seen.dedup();
    assert_eq!(seen.len(), count, "an address stands twice in the list");
    // Somebody without any role may do nothing.
    let house = office::open();
    let role = office::role(&house, Preset::Owner);
    person(&house, "first", role);
    assert_eq!(house.db.read_now(|conn| roles::grants(conn, None)).unwrap(), Grants::default());
    assert!(house.db.read_now(staff::list).unwrap()[0].role_id.is_some());
}
