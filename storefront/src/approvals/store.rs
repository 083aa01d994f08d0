//! The rules of a company, as its administrators or staff keep them.

use super::rules::{Approvers, Condition};
use crate::ids::ApprovalRuleId;
use crate::schema::{approval_rules as rows, categories};
use crm::CompanyId;
use crm::companies;
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Error, Result, on_each};

/// The longest name, in characters, the most rules of a company, the most entries of a list, and the most hours of a deadline.
pub const NAME: usize = 80;
const MOST: usize = 100;
const LIST: usize = 200;
const HOURS: i64 = 24 * 90;
const PEOPLE: i64 = 20;

/// A rule as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Rule {
    pub id: ApprovalRuleId,
    pub company_id: CompanyId,
    pub name: String,
    /// They are shown in this order; all that hold are asked for.
    pub position: i64,
    pub active: bool,
    pub condition: String,
    pub approvers: String,
    pub needed: i64,
    pub deadline_hours: Option<i64>,
    pub version: i64,
}

impl Rule {
    pub fn condition(&self) -> Result<Condition> {
        Ok(serde_json::from_str(&self.condition)?)
    }

    pub fn approvers(&self) -> Result<Approvers> {
        Ok(serde_json::from_str(&self.approvers)?)
    }
}

/// A rule as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub name: String,
    pub position: i64,
    pub active: bool,
    pub condition: Condition,
    pub approvers: Approvers,
    pub needed: i64,
    pub deadline_hours: Option<i64>,
}

/// The rules of a company in their order.
pub fn rules(conn: &mut Conn, company: CompanyId) -> Result<Vec<Rule>> {
    let own = rows::table.filter(rows::company_id.eq(company)).order((rows::position, rows::id));
    Ok(on_each!(conn, c => own.select(Rule::as_select()).load(c))?)
}

/// A rule of this company; another's is not found.
pub fn rule(conn: &mut Conn, company: CompanyId, id: ApprovalRuleId) -> Result<Rule> {
    let own = rows::table.find(id).filter(rows::company_id.eq(company));
    Ok(on_each!(conn, c => own.select(Rule::as_select()).first(c))?)
}

/// `Invalid` for what no rule can say: people, places and categories that there are not.
fn check(conn: &mut Conn, company: CompanyId, wish: &Wish) -> Result<()> {
    let mut wrong = Fields::default();
    match wish.name.trim().chars().count() {
        0 => wrong.add("name", "field-required"),
        1..=NAME => {}
        _ => wrong.add("name", "field-too-long"),
    }
    if !(1..=PEOPLE).contains(&wish.needed) {
        wrong.add("needed", "approval-needed-invalid");
    }
    if wish.deadline_hours.is_some_and(|hours| !(1..=HOURS).contains(&hours)) {
        wrong.add("deadline", "approval-deadline-invalid");
    }
    let (condition, approvers) = (&wish.condition, &wish.approvers);
    if condition.over.is_some_and(|over| over < 0) || (condition.over.is_some() && Currency::parse(&condition.currency).is_none()) {
        wrong.add("over", "approval-amount-invalid");
    }
    let members: Vec<_> = companies::members::named(conn, &[condition.members.clone(), approvers.members.clone()].concat())?;
    let known = |id: &crm::MemberId| members.iter().any(|one| one.id == *id && one.company == company);
    if !condition.members.iter().all(known) {
        wrong.add("members", "approval-member-unknown");
    }
    if !approvers.members.iter().all(known) {
        wrong.add("approvers", "approval-member-unknown");
    }
    let roles = companies::roles(conn, company)?;
    if !condition.roles.iter().chain(&approvers.role).all(|id| roles.iter().any(|role| role.id == *id)) {
        wrong.add("roles", "company-role-unknown");
    }
    let sites = companies::sites(conn, company)?;
    if !condition.sites.iter().all(|id| sites.iter().any(|site| site.id == *id)) {
        wrong.add("sites", "company-site-unknown");
    }
    let wanted = categories::table.filter(categories::id.eq_any(condition.categories.clone())).count();
    let found: i64 = on_each!(conn, c => wanted.get_result(c))?;
    if usize::try_from(found).is_ok_and(|found| found != condition.categories.len()) {
        wrong.add("categories", "approval-category-unknown");
    }
    let lists =
        [condition.members.len(), condition.sites.len(), condition.categories.len(), condition.brands.len(), approvers.members.len()];
    if lists.iter().any(|length| *length > LIST) || condition.cost_centres.len() > LIST {
        wrong.add("form", "approval-list-long");
    }
    wrong.check()
}

/// Makes a rule, or changes the one with this id as it was at the version. `Conflict` when somebody else changed it since.
pub fn save(conn: &mut Conn, company: CompanyId, at: Option<(ApprovalRuleId, i64)>, wish: &Wish) -> Result<ApprovalRuleId> {
    check(conn, company, wish)?;
    let row = (
        rows::name.eq(wish.name.trim()),
        rows::position.eq(wish.position),
        rows::active.eq(wish.active),
        rows::condition.eq(kernel::json::text(&wish.condition)?),
        rows::approvers.eq(kernel::json::text(&wish.approvers)?),
        rows::needed.eq(wish.needed),
        rows::deadline_hours.eq(wish.deadline_hours),
    );
    let Some((id, seen)) = at else {
        let kept: i64 = rows::table.filter(rows::company_id.eq(company)).count().get_result(conn)?;
        if usize::try_from(kept).is_ok_and(|kept| kept >= MOST) {
            return Err(Error::field("name", "approval-rules-full"));
        }
        return Ok(diesel::insert_into(rows::table).values((row, rows::company_id.eq(company))).returning(rows::id).get_result(conn)?);
    };
    let as_seen = rows::table.find(id).filter(rows::company_id.eq(company)).filter(rows::version.eq(seen));
    let changed = diesel::update(as_seen).set((row, rows::version.eq(rows::version + 1))).execute(conn)?;
    if changed == 1 { Ok(id) } else { Err(Error::conflict("approval-stale")) }
}

/// Takes a rule away. What was asked for by it stays asked for.
pub fn remove(conn: &mut Conn, company: CompanyId, id: ApprovalRuleId) -> Result<()> {
    let own = rows::table.find(id).filter(rows::company_id.eq(company));
    let gone = diesel::delete(own).execute(conn)?;
    if gone == 1 { Ok(()) } else { Err(Error::NotFound) }
}
