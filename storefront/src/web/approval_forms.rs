//! The forms of rules and budgets of a company, which its administrators and the shop's staff fill in alike.

use super::posted::Posted;
use super::shown;
use super::views::approvals::{BudgetFormView, BudgetRow, RuleFormView, RuleRow, Tick};
use super::views::form::Form;
use super::views::shared::Choice;
use super::words::Words;
use crate::approvals::{self, Approvers, Condition, Rule};
use crate::budgets::{self, Beyond, Budget, Period};
use crate::catalog;
use crate::ids::CategoryId;
use crm::companies::{self, Member, Role, Site};
use crm::{CompanyId, MemberId, RoleId, SiteId};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use std::str::FromStr;

/// The fields of a rule. People, roles, places and categories are boxes beside them, named by what they are and their number.
pub const RULE: &[&str] = &["name", "position", "active", "over", "brands", "cost_centres", "role", "needed", "deadline", "version"];
pub const BUDGET: &[&str] = &["name", "amount", "period", "member", "site", "cost_centre", "beyond", "active", "version"];

const MEMBERS: &str = "member-";
const APPROVERS: &str = "approver-";
const ROLES: &str = "role-";
const SITES: &str = "site-";
const CATEGORIES: &str = "category-";

/// What there is to choose from in a company.
pub struct Choices {
    members: Vec<Member>,
    roles: Vec<Role>,
    sites: Vec<Site>,
    categories: Vec<(CategoryId, String)>,
    currency: Currency,
}

/// Loads the choices; `currency` is that of new amounts.
pub fn choices(conn: &mut Conn, company: CompanyId, language: &str, currency: Currency) -> Result<Choices> {
    let tree = catalog::categories(conn, language)?;
    let called = |id: CategoryId| tree.path(id).iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" › ");
    let mut categories: Vec<(CategoryId, String)> = tree.0.iter().map(|one| (one.id, called(one.id))).collect();
    categories.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(Choices {
        members: approvals::colleagues(conn, company)?,
        roles: companies::roles(conn, company)?,
        sites: companies::sites(conn, company)?,
        categories,
        currency,
    })
}

/// The rules and budgets of a company as lists show them.
pub fn rows(conn: &mut Conn, company: CompanyId, now: Time) -> Result<(Vec<RuleRow>, Vec<BudgetRow>)> {
    let mut rules = Vec::new();
    for rule in approvals::rules(conn, company)? {
        let condition = rule.condition()?;
        let currency = Currency::parse(&condition.currency);
        rules.push(RuleRow {
            id: rule.id.0,
            name: rule.name,
            active: rule.active,
            needed: rule.needed,
            over: condition.over.zip(currency).map(|(over, currency)| Money::new(over, currency)),
            deadline: rule.deadline_hours,
        });
    }
    let mut rows = Vec::new();
    for budget in budgets::list(conn, company)? {
        let (spent, currency) = (budgets::spent(conn, &budget, now)?, budget.currency()?);
        rows.push(BudgetRow {
            id: budget.id.0,
            name: budget.name,
            active: budget.active,
            period: budget.period.as_str(),
            amount: Money::new(budget.amount, currency),
            spent: Money::new(spent, currency),
            left: Money::new((budget.amount - spent).max(0), currency),
        });
    }
    Ok((rules, rows))
}

/// The currency of a rule's amount: its own, or that of new ones.
pub fn currency_of(rule: Option<&Rule>, new: Currency) -> Result<Currency> {
    let kept = rule.map(Rule::condition).transpose()?.filter(|condition| condition.over.is_some());
    Ok(kept.and_then(|condition| Currency::parse(&condition.currency)).unwrap_or(new))
}

fn on(yes: bool) -> &'static str {
    if yes { "on" } else { "" }
}

fn number<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The form of a new rule or of one that is kept.
pub fn rule_form(rule: Option<&Rule>, currency: Currency) -> Result<Form> {
    let Some(rule) = rule else {
        return Ok(Form::new(RULE).fill("position", "1").fill("active", "on").fill("needed", "1"));
    };
    let (condition, approvers) = (rule.condition()?, rule.approvers()?);
    Ok(Form::new(RULE)
        .fill("name", rule.name.as_str())
        .fill("position", rule.position.to_string())
        .fill("active", on(rule.active))
        .fill("over", condition.over.map(|over| Money::new(over, currency).decimal()).unwrap_or_default())
        .fill("brands", condition.brands.join("\n"))
        .fill("cost_centres", condition.cost_centres.join("\n"))
        .fill("role", number(approvers.role))
        .fill("needed", rule.needed.to_string())
        .fill("deadline", number(rule.deadline_hours))
        .fill("version", rule.version.to_string()))
}

/// The boxes of a kept rule, by their names, as a browser would send them.
pub fn rule_boxes(rule: &Rule) -> Result<Posted> {
    let (condition, approvers) = (rule.condition()?, rule.approvers()?);
    let mut names: Vec<String> = condition.members.iter().map(|id| format!("{MEMBERS}{id}")).collect();
    names.extend(approvers.members.iter().map(|id| format!("{APPROVERS}{id}")));
    names.extend(condition.roles.iter().map(|id| format!("{ROLES}{id}")));
    names.extend(condition.sites.iter().map(|id| format!("{SITES}{id}")));
    names.extend(condition.categories.iter().map(|id| format!("{CATEGORIES}{id}")));
    Ok(names.into_iter().map(|name| (name, "on".to_string())).collect())
}

/// The page of a rule: `boxes` says which are ticked.
pub fn rule_view(id: Option<i64>, form: Form, boxes: &Posted, from: &Choices, currency: Currency, words: &Words) -> RuleFormView {
    let tick = |prefix: &str, id: String, label: String| {
        let name = format!("{prefix}{id}");
        Tick { on: boxes.ticked(&name), name, label }
    };
    let people =
        |prefix: &str| -> Vec<Tick> { from.members.iter().map(|one| tick(prefix, one.id.to_string(), one.called().to_string())).collect() };
    let role = form.value("role").to_string();
    RuleFormView {
        id,
        currency: currency.code().to_string(),
        members: people(MEMBERS),
        approvers: people(APPROVERS),
        roles: from.roles.iter().map(|one| tick(ROLES, one.id.to_string(), shown::role(words, &one.code, &one.name))).collect(),
        sites: from.sites.iter().map(|one| tick(SITES, one.id.to_string(), one.name.clone())).collect(),
        categories: from.categories.iter().map(|(id, name)| tick(CATEGORIES, id.to_string(), name.clone())).collect(),
        role_choices: from
            .roles
            .iter()
            .map(|one| Choice {
                value: one.id.to_string(),
                label: shown::role(words, &one.code, &one.name),
                selected: one.id.to_string() == role,
            })
            .collect(),
        form,
    }
}

fn ticked<T: FromStr>(posted: &Posted, prefix: &str) -> Vec<T> {
    let own = posted.pairs().filter(|(_, value)| *value == "on").filter_map(|(name, _)| name.strip_prefix(prefix));
    own.filter_map(|id| id.parse().ok()).collect()
}

fn lines(text: &str) -> Vec<String> {
    text.split(['\n', ',', ';']).map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect()
}

/// A whole number; empty counts as `otherwise`.
fn whole(posted: &Posted, name: &str, otherwise: i64, wrong: &mut Fields) -> i64 {
    let typed = posted.get(name).trim();
    if typed.is_empty() {
        return otherwise;
    }
    typed.parse().unwrap_or_else(|_| {
        wrong.add(name, "approval-number-invalid");
        otherwise
    })
}

fn amount(posted: &Posted, name: &str, currency: Currency, wrong: &mut Fields) -> Option<i64> {
    let typed = posted.get(name).trim();
    if typed.is_empty() {
        return None;
    }
    match Money::parse(typed, currency) {
        Ok(money) => Some(money.minor),
        Err(_) => {
            wrong.add(name, "approval-amount-invalid");
            None
        }
    }
}

/// Reads a rule, its amount in `currency`.
pub fn read_rule(posted: &Posted, currency: Currency) -> Result<approvals::Wish> {
    let mut wrong = Fields::default();
    let deadline = whole(posted, "deadline", 0, &mut wrong);
    let wish = approvals::Wish {
        name: posted.get("name").to_string(),
        position: whole(posted, "position", 0, &mut wrong),
        active: posted.ticked("active"),
        condition: Condition {
            over: amount(posted, "over", currency, &mut wrong),
            currency: currency.code().to_string(),
            members: ticked::<MemberId>(posted, MEMBERS),
            roles: ticked::<RoleId>(posted, ROLES),
            sites: ticked::<SiteId>(posted, SITES),
            categories: ticked::<CategoryId>(posted, CATEGORIES),
            brands: lines(posted.get("brands")),
            cost_centres: lines(posted.get("cost_centres")),
        },
        approvers: Approvers { members: ticked::<MemberId>(posted, APPROVERS), role: posted.get("role").parse().ok().map(RoleId) },
        needed: whole(posted, "needed", 0, &mut wrong),
        deadline_hours: (deadline != 0).then_some(deadline),
    };
    wrong.check()?;
    Ok(wish)
}

/// The version that a form was made of; a made-up one is none that is kept.
pub fn version(posted: &Posted) -> i64 {
    posted.get("version").parse().unwrap_or(0)
}

pub fn budget_form(budget: Option<&Budget>) -> Result<Form> {
    let Some(budget) = budget else {
        return Ok(Form::new(BUDGET).fill("period", Period::Month.as_str()).fill("beyond", Beyond::Refuse.as_str()).fill("active", "on"));
    };
    Ok(Form::new(BUDGET)
        .fill("name", budget.name.as_str())
        .fill("amount", Money::new(budget.amount, budget.currency()?).decimal())
        .fill("period", budget.period.as_str())
        .fill("member", number(budget.member_id))
        .fill("site", number(budget.site_id))
        .fill("cost_centre", budget.cost_centre.as_str())
        .fill("beyond", budget.beyond.as_str())
        .fill("active", on(budget.active))
        .fill("version", budget.version.to_string()))
}

pub fn budget_view(id: Option<i64>, form: Form, from: &Choices, currency: Currency, words: &Words) -> BudgetFormView {
    let choice = |value: String, label: String| Choice { value, label, selected: false };
    BudgetFormView {
        id,
        currency: currency.code().to_string(),
        members: from.members.iter().map(|one| choice(one.id.to_string(), one.called().to_string())).collect(),
        sites: from.sites.iter().map(|one| choice(one.id.to_string(), one.name.clone())).collect(),
        periods: Period::ALL.iter().map(|one| choice(one.as_str().into(), words.get(&format!("budget-period-{}", one.as_str())))).collect(),
        beyond: Beyond::ALL.iter().map(|one| choice(one.as_str().into(), words.get(&format!("budget-beyond-{}", one.as_str())))).collect(),
        form,
    }
}

impl Choices {
    /// The currency of new amounts.
    pub fn currency(&self) -> Currency {
        self.currency
    }
}

/// Reads a budget, its amount in `currency`.
pub fn read_budget(posted: &Posted, currency: Currency) -> Result<budgets::Wish> {
    let mut wrong = Fields::default();
    let amount = amount(posted, "amount", currency, &mut wrong);
    if amount.is_none() {
        wrong.add("amount", "approval-amount-invalid");
    }
    let wish = budgets::Wish {
        name: posted.get("name").to_string(),
        member: posted.get("member").parse().ok().map(MemberId),
        site: posted.get("site").parse().ok().map(SiteId),
        cost_centre: posted.get("cost_centre").to_string(),
        period: Period::parse(posted.get("period")).ok_or_else(|| Error::field("period", "field-required"))?,
        amount: amount.unwrap_or(0),
        currency,
        beyond: Beyond::parse(posted.get("beyond")).ok_or_else(|| Error::field("beyond", "field-required"))?,
        active: posted.ticked("active"),
    };
    wrong.check()?;
    Ok(wish)
}
