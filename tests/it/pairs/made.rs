//! What stands in the shop that every address of the back office is asked of.

use crate::support::goods::{self, now};
use crm::tickets::{self, Kind};
use storefront::service::{self, Ask};
use storefront::web::words::Words;
use storefront::{collections, payments};

/// A rule of a company that asks for a yes to everything.
pub(super) fn approval_rule(conn: &mut kernel::Conn, company: crm::CompanyId) -> kernel::Result<storefront::ids::ApprovalRuleId> {
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

pub(super) fn budget(conn: &mut kernel::Conn, company: crm::CompanyId) -> kernel::Result<storefront::ids::BudgetId> {
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
pub(super) fn open_case(conn: &mut kernel::Conn, paid: &payments::Payment) -> kernel::Result<storefront::ids::PaymentCaseId> {
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
pub(super) fn disputed(conn: &mut kernel::Conn, ticket: &str) -> kernel::Result<(String, i64, i64)> {
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
pub(super) fn asked_for(conn: &mut kernel::Conn, order: &storefront::orders::Order) -> kernel::Result<(String, i64, i64, i64)> {
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
pub(super) fn written(conn: &mut kernel::Conn, campaign: crm::campaigns::CampaignId) -> kernel::Result<(i64, i64)> {
    use storefront::campaigns::{self, Block, Content, Part, Version};
    let part = Part::Picture { hash: None, alt: String::new(), link: String::new() };
    let version = Version { subject: "Spring".into(), blocks: vec![Block { part, only: None }], ..Version::default() };
    let content = Content { versions: [("en".to_string(), version)].into(), ..Content::default() };
    let variant = crm::campaigns::variants(conn, campaign)?[0].clone();
    crm::campaigns::put_variant(conn, variant.id, variant.version, &content.json()?, now())?;
    Ok((variant.id.0, campaigns::save(conn, "Spring", &content, now())?.0))
}

/// A contract of a group that no company is in.
pub(super) fn contract(conn: &mut kernel::Conn) -> kernel::Result<i64> {
    use storefront::price_lists::{self, For};
    let of = collections::Collection { name: "Agreed".into(), filling: collections::Filling::ByHand(Vec::new()), ..Default::default() };
    let of = collections::save(conn, &of, now())?;
    Ok(price_lists::set_contract(conn, &For::Group("agreed".into()), of)?.1.id)
}

/// A price list for a group, with a file that was compared.
pub(super) fn prices(conn: &mut kernel::Conn) -> kernel::Result<(i64, i64, i64)> {
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

/// A company that orders by messages, and one of hers that nobody can read.
pub(super) fn partner(conn: &mut kernel::Conn, customer: crm::CustomerId, words: &Words) -> kernel::Result<(i64, i64)> {
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
pub(super) fn opportunity(conn: &mut kernel::Conn) -> kernel::Result<crm::sales::OpportunityId> {
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
