//! `storefront/account/approval*.html`, `budget*.html`, and what the review page of the checkout says of approvals.

use super::cart::LineView;
use super::company::CompanyNav;
use super::form::Form;
use super::shared::{Choice, Totals};
use kernel::clock::Time;
use kernel::money::Money;
use serde::Serialize;

/// That a cart has to be approved. The form posts `token` and `note` to `/checkout/approval`.
#[derive(Debug, Clone, Serialize)]
pub struct NeedView {
    /// The rules and budgets that ask for it.
    pub why: Vec<String>,
    /// The page of the request that waits.
    pub waiting: Option<String>,
    /// It was approved: the order can be placed.
    pub approved: bool,
    /// It cannot even be asked for: a text key with its arguments.
    pub refused: Option<String>,
}

/// `approvals.html`.
#[derive(Debug, Clone, Serialize)]
pub struct ApprovalsView {
    pub nav: CompanyNav,
    pub company: String,
    /// `waiting`, `mine` or `all`.
    pub show: &'static str,
    /// The lists that there are.
    pub shows: Vec<&'static str>,
    pub approvals: Vec<ApprovalRow>,
    pub next: Option<String>,
    /// Rules and budgets are theirs to keep.
    pub keeps: bool,
    pub delegate: DelegateView,
}

#[derive(Debug, Clone, Serialize)]
pub struct ApprovalRow {
    pub id: i64,
    pub requester: String,
    pub total: Money,
    pub state: &'static str,
    pub at: Time,
    pub until: Option<Time>,
}

/// Who answers meanwhile. Posts `form::DELEGATE` to `/account/company/delegate`.
#[derive(Debug, Clone, Serialize)]
pub struct DelegateView {
    pub form: Form,
    pub members: Vec<Choice>,
    /// Who answers now or later, with the first and the last day.
    pub stands: Option<(String, String, String)>,
    /// For whom the reader answers today.
    pub stands_for: Vec<String>,
}

/// `approval.html`.
#[derive(Debug, Clone, Serialize)]
pub struct ApprovalView {
    pub id: i64,
    pub company: String,
    pub requester: String,
    pub total: Money,
    pub state: &'static str,
    /// A text key.
    pub reason: Option<String>,
    pub note: Vec<String>,
    pub at: Time,
    pub decided_at: Option<Time>,
    pub until: Option<Time>,
    pub cost_centre: Option<String>,
    pub site: Option<String>,
    pub requirements: Vec<RequirementView>,
    pub votes: Vec<VoteView>,
    /// The cart as it is while it is what was asked for.
    pub lines: Vec<LineView>,
    pub totals: Option<Totals>,
    /// The number of the order that was placed, and its page for whoever may see that.
    pub order: Option<String>,
    pub order_to: Option<String>,
    /// The reader can answer: posts `answer` and `note` to `/account/company/approvals/{id}/vote`.
    pub may_vote: bool,
    pub mine: bool,
    /// It can be placed at the checkout now.
    pub may_place: bool,
    pub form: Form,
}

#[derive(Debug, Clone, Serialize)]
pub struct RequirementView {
    pub name: String,
    pub budget: bool,
    pub needed: i64,
    pub given: usize,
    /// Who can give it, by name; empty for everybody who may approve.
    pub people: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct VoteView {
    pub name: String,
    /// `yes` or `no`.
    pub answer: &'static str,
    pub note: String,
    pub at: Time,
}

/// A box with its name.
#[derive(Debug, Clone, Serialize)]
pub struct Tick {
    pub name: String,
    pub label: String,
    pub on: bool,
}

/// `approval_rules.html`.
#[derive(Debug, Clone, Serialize)]
pub struct RulesView {
    pub company: String,
    pub rules: Vec<RuleRow>,
    pub budgets: Vec<BudgetRow>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RuleRow {
    pub id: i64,
    pub name: String,
    pub active: bool,
    pub needed: i64,
    pub over: Option<Money>,
    pub deadline: Option<i64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct BudgetRow {
    pub id: i64,
    pub name: String,
    pub active: bool,
    pub period: &'static str,
    pub amount: Money,
    pub spent: Money,
    pub left: Money,
}

/// `approval_rule.html`.
#[derive(Debug, Clone, Serialize)]
pub struct RuleFormView {
    /// `None` for a new rule.
    pub id: Option<i64>,
    pub form: Form,
    pub currency: String,
    pub members: Vec<Tick>,
    pub approvers: Vec<Tick>,
    pub roles: Vec<Tick>,
    pub sites: Vec<Tick>,
    pub categories: Vec<Tick>,
    pub role_choices: Vec<Choice>,
}

/// `budget.html`.
#[derive(Debug, Clone, Serialize)]
pub struct BudgetFormView {
    pub id: Option<i64>,
    pub form: Form,
    pub currency: String,
    pub members: Vec<Choice>,
    pub sites: Vec<Choice>,
    pub periods: Vec<Choice>,
    pub beyond: Vec<Choice>,
}
