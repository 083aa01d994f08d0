//! Sample pages of what has to be approved in a company, and of quotes.

use super::Preview;
use super::orders::{at, lines, totals};
use super::samples::{eur, say};
use super::views::approvals::*;
use super::views::company::CompanyNav;
use super::views::form::{self, Form};
use super::views::quotes::*;
use super::views::shared::Choice;
use std::error::Error;

pub fn pages(p: &Preview) -> Result<(), Box<dyn Error>> {
    let l = p.language;
    let company = || "Berg Cafés".to_string();
    let choice = |value: &str, label: &str| Choice { value: value.to_string(), label: label.to_string(), selected: false };
    let tick = |name: &str, label: &str, on: bool| Tick { name: name.to_string(), label: label.to_string(), on };
    p.page(
        "account/approvals",
        "account-approvals",
        ApprovalsView {
            nav: CompanyNav::default(),
            company: company(),
            show: "waiting",
            shows: vec!["waiting", "mine", "all"],
            approvals: vec![ApprovalRow {
                id: 1,
                requester: "Ben Berg".to_string(),
                total: eur(61_200),
                state: "waiting",
                at: at(9),
                until: Some(at(20)),
            }],
            next: Some("/account/company/approvals?show=waiting&before=1".to_string()),
            keeps: true,
            delegate: DelegateView {
                form: Form::new(form::DELEGATE).fill("from", "2026-11-22").fill("until", "2026-11-30"),
                members: vec![choice("2", "Cleo Clay")],
                stands: Some(("Cleo Clay".to_string(), "2026-11-22".to_string(), "2026-11-30".to_string())),
                stands_for: vec!["Ben Berg".to_string()],
            },
        },
    )?;
    p.page(
        "account/approval",
        "account-approval",
        ApprovalView {
            id: 1,
            company: company(),
            requester: "Ben Berg".to_string(),
            total: eur(61_200),
            state: "waiting",
            reason: None,
            note: vec![say(l, "For the trade fair in May.", "用于五月的展会。")],
            at: at(9),
            decided_at: None,
            until: Some(at(20)),
            cost_centre: Some("4711".to_string()),
            site: Some("Leipzig".to_string()),
            requirements: vec![RequirementView {
                name: say(l, "Above 500 euros", "超过 500 欧元"),
                budget: false,
                needed: 2,
                given: 1,
                people: vec!["Ann Weber".to_string(), "Cleo Clay".to_string()],
            }],
            votes: vec![VoteView { name: "Cleo Clay".to_string(), answer: "yes", note: String::new(), at: at(11) }],
            lines: lines(l),
            totals: Some(totals(l)),
            order: None,
            order_to: None,
            may_vote: true,
            mine: false,
            may_place: false,
            form: Form::new(form::VOTE),
        },
    )?;
    p.page(
        "account/approval_rules",
        "account-approval-rules",
        RulesView {
            company: company(),
            rules: vec![RuleRow {
                id: 1,
                name: say(l, "Above 500 euros", "超过 500 欧元"),
                active: true,
                needed: 2,
                over: Some(eur(50_000)),
                deadline: Some(48),
            }],
            budgets: vec![BudgetRow {
                id: 1,
                name: say(l, "Kitchen", "厨房"),
                active: false,
                period: "quarter",
                amount: eur(500_000),
                spent: eur(120_000),
                left: eur(380_000),
            }],
        },
    )?;
    let rule = ["name", "position", "active", "over", "brands", "cost_centres", "role", "needed", "deadline", "version"];
    p.page(
        "account/approval_rule",
        "account-approval-rule",
        RuleFormView {
            id: Some(1),
            form: Form::new(&rule).fill("name", say(l, "Above 500 euros", "超过 500 欧元")).fill("active", "on").fill("needed", "2"),
            currency: "EUR".to_string(),
            members: vec![tick("member-1", "Ben Berg", true)],
            approvers: vec![tick("approver-2", "Cleo Clay", false)],
            roles: Vec::new(),
            sites: vec![tick("site-1", "Leipzig", false)],
            categories: vec![tick("category-1", &say(l, "Mugs", "马克杯"), true)],
            role_choices: vec![choice("3", &say(l, "Approver", "审批人"))],
        },
    )?;
    let budget = ["name", "amount", "period", "member", "site", "cost_centre", "beyond", "active", "version"];
    p.page(
        "account/budget",
        "account-budget",
        BudgetFormView {
            id: None,
            form: Form::new(&budget).fill("period", "month").fill("beyond", "refuse"),
            currency: "EUR".to_string(),
            members: vec![choice("1", "Ben Berg")],
            sites: vec![choice("1", "Leipzig")],
            periods: vec![choice("month", &say(l, "Calendar month", "自然月"))],
            beyond: vec![choice("refuse", &say(l, "is refused", "拒绝"))],
        },
    )?;
    quotes(p)
}

fn quotes(p: &Preview) -> Result<(), Box<dyn Error>> {
    let l = p.language;
    let row = QuoteRow {
        number: "Q1001".to_string(),
        state: "offered",
        at: at(9),
        until: Some(at(20)),
        company: Some("Berg Cafés".to_string()),
        total: Some(eur(40_000)),
    };
    p.page(
        "account/quotes",
        "account-quotes",
        QuotesView { quotes: vec![row], next: None, form: Form::new(form::QUOTE), company: None, cart: true },
    )?;
    let choice = |value: &str, label: &str| Choice { value: value.to_string(), label: label.to_string(), selected: value == "site-1" };
    let offer = OfferedView {
        version: 1,
        places: vec![choice("site-1", "Leipzig"), choice("address-1", "Berlin")],
        place: "site-1".to_string(),
        totals: Some(totals(l)),
        total: 40_000,
        hindered: None,
        methods: Vec::new(),
        company: true,
    };
    let view = |offer: Option<OfferedView>| QuoteView {
        number: "Q1001".to_string(),
        state: "offered",
        at: at(9),
        until: Some(at(20)),
        company: Some("Berg Cafés".to_string()),
        note: vec![say(l, "As we spoke on the telephone.", "如电话中所述。")],
        lines: vec![QuoteLineView {
            title: say(l, "Straight mug", "直筒马克杯"),
            sku: "MUG".to_string(),
            quantity: "40".to_string(),
            per: None,
            unit_price: Some(eur(1000)),
            total: Some(eur(40_000)),
        }],
        offered: true,
        goods: Some(eur(40_000)),
        shipping: Some(eur(500)),
        version: 2,
        pdf: Some("/account/quotes/Q1001/quote.pdf".to_string()),
        order: None,
        reason: None,
        messages: vec![QuoteMessageView {
            mine: true,
            text: vec![say(l, "Forty mugs, please.", "请报四十个马克杯的价格。")],
            at: at(9),
            files: vec![("plan.pdf".to_string(), "/account/quotes/Q1001/files/1".to_string())],
        }],
        open: offer.is_some(),
        offer,
        form: Form::new(form::QUOTE),
    };
    p.page("account/quote", "account-quote", view(Some(offer)))?;
    p.page("quote", "quote", view(None))
}
