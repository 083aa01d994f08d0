//! Budgets of companies: how much members, places and cost centres may order in a month, quarter or year. Entries only ever grow, and what
//! is spent of a period moves with them by a guarded update in the commit that places the order; what is cancelled or given back is free
//! again in the period in which it was ordered.

use crate::ids::{BudgetId, OrderId};
use crate::orders::{self, OrderStatus};
use crate::refunds;
use crate::schema::{budget_entries as entries, budget_periods as periods, budgets};
use chrono::{Datelike, NaiveDate};
use crm::{CompanyId, MemberId, SiteId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::{Fields, said};
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each, words};
use std::collections::{BTreeMap, BTreeSet};

/// The longest name, in characters, and the most budgets of a company.
pub const NAME: usize = 80;
pub const MOST: usize = 200;

words!(
    /// How long a budget lasts, by days of UTC.
    Period { Month = "month", Quarter = "quarter", Year = "year" }
);
words!(
    /// What becomes of an order beyond a budget.
    Beyond { Refuse = "refuse", Approve = "approve" }
);

impl Period {
    /// The first day of the period that a day is in.
    pub fn starts_on(self, day: NaiveDate) -> NaiveDate {
        let month = match self {
            Period::Month => day.month(),
            Period::Quarter => (day.month() - 1) / 3 * 3 + 1,
            Period::Year => 1,
        };
        NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day)
    }

    fn text(self, now: Time) -> String {
        self.starts_on(now.date()).to_string()
    }
}

/// A budget as stored. Amounts are minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = budgets)]
pub struct Budget {
    pub id: BudgetId,
    pub company_id: CompanyId,
    pub name: String,
    pub member_id: Option<MemberId>,
    pub site_id: Option<SiteId>,
    pub cost_centre: String,
    pub period: Period,
    pub amount: i64,
    pub currency: String,
    pub beyond: Beyond,
    pub active: bool,
    pub version: i64,
}

impl Budget {
    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("budget {} has currency {}", self.id, self.currency)))
    }

    /// Whether it holds an order: everything that the budget names has to be the order's.
    fn concerns(&self, of: &Scope) -> bool {
        self.active
            && self.company_id == of.company
            && self.currency == of.currency
            && self.member_id.is_none_or(|member| member == of.member)
            && self.site_id.is_none_or(|site| of.sites.contains(&site))
            && (self.cost_centre.is_empty() || self.cost_centre.to_lowercase() == of.cost_centre.to_lowercase())
    }
}

/// Who orders for what, as far as budgets ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub company: CompanyId,
    pub member: MemberId,
    /// The place that it is for and those above it.
    pub sites: Vec<SiteId>,
    pub cost_centre: String,
    pub currency: String,
}

/// A budget as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub name: String,
    pub member: Option<MemberId>,
    pub site: Option<SiteId>,
    pub cost_centre: String,
    pub period: Period,
    pub amount: i64,
    pub currency: Currency,
    pub beyond: Beyond,
    pub active: bool,
}

/// The budgets of a company.
pub fn list(conn: &mut Conn, company: CompanyId) -> Result<Vec<Budget>> {
    let own = budgets::table.filter(budgets::company_id.eq(company)).order(budgets::id);
    Ok(on_each!(conn, c => own.select(Budget::as_select()).load(c))?)
}

/// A budget of this company; another's is not found.
pub fn get(conn: &mut Conn, company: CompanyId, id: BudgetId) -> Result<Budget> {
    let own = budgets::table.find(id).filter(budgets::company_id.eq(company));
    Ok(on_each!(conn, c => own.select(Budget::as_select()).first(c))?)
}

/// Makes a budget, or changes the one with this id as it was at the version. `Conflict` when somebody else changed it since. What was
/// ordered before counts from then on only for a budget that was there.
pub fn save(conn: &mut Conn, company: CompanyId, at: Option<(BudgetId, i64)>, wish: &Wish) -> Result<BudgetId> {
    let (name, centre) = (wish.name.trim(), wish.cost_centre.trim());
    let mut wrong = Fields::default();
    match name.chars().count() {
        0 => wrong.add("name", "field-required"),
        1..=NAME => {}
        _ => wrong.add("name", "field-too-long"),
    }
    if centre.chars().count() > crm::companies::members::COST_CENTRE {
        wrong.add("cost_centre", "field-too-long");
    }
    if wish.amount < 0 {
        wrong.add("amount", "approval-amount-invalid");
    }
    if let Some(member) = wish.member
        && crm::companies::member(conn, company, member).is_err()
    {
        wrong.add("member", "approval-member-unknown");
    }
    if let Some(site) = wish.site
        && crm::companies::site(conn, company, site).is_err()
    {
        wrong.add("site", "company-site-unknown");
    }
    wrong.check()?;
    let row = (
        budgets::name.eq(name),
        budgets::member_id.eq(wish.member),
        budgets::site_id.eq(wish.site),
        budgets::cost_centre.eq(centre),
        budgets::period.eq(wish.period),
        budgets::amount.eq(wish.amount),
        budgets::beyond.eq(wish.beyond),
        budgets::active.eq(wish.active),
    );
    let Some((id, seen)) = at else {
        let kept: i64 = budgets::table.filter(budgets::company_id.eq(company)).count().get_result(conn)?;
        if usize::try_from(kept).is_ok_and(|kept| kept >= MOST) {
            return Err(Error::field("name", "budgets-full"));
        }
        let new = (row, budgets::company_id.eq(company), budgets::currency.eq(wish.currency.code()));
        return Ok(diesel::insert_into(budgets::table).values(new).returning(budgets::id).get_result(conn)?);
    };
    let as_seen = budgets::table.find(id).filter(budgets::company_id.eq(company)).filter(budgets::version.eq(seen));
    let changed = diesel::update(as_seen).set((row, budgets::version.eq(budgets::version + 1))).execute(conn)?;
    if changed == 1 { Ok(id) } else { Err(Error::conflict("approval-stale")) }
}

/// What was spent of a budget in the period of this moment.
pub fn spent(conn: &mut Conn, budget: &Budget, now: Time) -> Result<i64> {
    let row = periods::table.find((budget.id, budget.period.text(now))).select(periods::spent);
    let spent: Option<i64> = on_each!(conn, c => row.first(c)).optional()?;
    Ok(spent.unwrap_or(0))
}

fn concerning(conn: &mut Conn, of: &Scope) -> Result<Vec<Budget>> {
    Ok(list(conn, of.company)?.into_iter().filter(|budget| budget.concerns(of)).collect())
}

/// The budgets that an order of this total goes beyond, each with what is left of it.
pub fn exceeded(conn: &mut Conn, of: &Scope, total: i64, now: Time) -> Result<Vec<(Budget, i64)>> {
    let mut beyond = Vec::new();
    for budget in concerning(conn, of)? {
        let left = budget.amount - spent(conn, &budget, now)?;
        if total > left {
            beyond.push((budget, left));
        }
    }
    Ok(beyond)
}

/// That an order does not fit into a budget, and what is left of it.
pub fn refusal(budget: &Budget, left: i64) -> Result<Error> {
    let left = Money::new(left.max(0), budget.currency()?);
    let left = format!("{} {}", left.decimal(), budget.currency);
    Ok(Error::conflict(said("budget-exceeded", &[("name", &budget.name), ("left", &left)])))
}

/// Takes an order from the budgets that it concerns, in the commit that places it. `Conflict` when one has not enough left, unless it is
/// among those that somebody `allowed` to go beyond.
pub(crate) fn charge(conn: &mut Conn, of: &Scope, order: OrderId, total: i64, allowed: &[BudgetId], now: Time) -> Result<()> {
    for budget in concerning(conn, of)? {
        let starts_on = budget.period.text(now);
        let row = (periods::budget_id.eq(budget.id), periods::starts_on.eq(&starts_on), periods::spent.eq(0));
        on_each!(conn, c => diesel::insert_into(periods::table).values(row).on_conflict_do_nothing().execute(c))?;
        let own = periods::table.filter(periods::budget_id.eq(budget.id)).filter(periods::starts_on.eq(&starts_on));
        let taken = if allowed.contains(&budget.id) {
            diesel::update(own).set(periods::spent.eq(periods::spent + total)).execute(conn)?
        } else {
            let guarded = own.filter(periods::spent.le(budget.amount - total));
            diesel::update(guarded).set(periods::spent.eq(periods::spent + total)).execute(conn)?
        };
        if taken == 0 {
            let left = budget.amount - spent(conn, &budget, now)?;
            return Err(refusal(&budget, left)?);
        }
        enter(conn, budget.id, &starts_on, order, total, 0, now)?;
    }
    Ok(())
}

fn enter(conn: &mut Conn, budget: BudgetId, starts_on: &str, order: OrderId, amount: i64, place: usize, now: Time) -> Result<()> {
    let row = (
        entries::budget_id.eq(budget),
        entries::starts_on.eq(starts_on),
        entries::order_id.eq(order),
        entries::amount.eq(amount),
        entries::key.eq(format!("{order}:{budget}:{place}")),
        entries::at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(entries::table).values(row).execute(c))?;
    Ok(())
}

/// Locks what an order takes from budgets to the end of the transaction: whoever places an order locks it behind the company's account and
/// before the row with the numbers of documents, and so does whoever takes that row otherwise.
pub(crate) fn hold(conn: &mut Conn, order: OrderId) -> Result<()> {
    let own = entries::table.filter(entries::order_id.eq(order)).select((entries::budget_id, entries::starts_on));
    let own: Vec<(BudgetId, String)> = on_each!(conn, c => own.load(c))?;
    for (budget, starts_on) in own.into_iter().collect::<BTreeSet<_>>() {
        let period = periods::table.filter(periods::budget_id.eq(budget)).filter(periods::starts_on.eq(&starts_on));
        diesel::update(period).set(periods::spent.eq(periods::spent)).execute(conn)?;
    }
    Ok(())
}

/// Brings what an order takes from budgets up to what it comes to now, after it was changed, cancelled, or given back in part. The caller
/// holds the order.
pub(crate) fn follow(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    let own = entries::table.filter(entries::order_id.eq(order)).select((entries::budget_id, entries::starts_on, entries::amount));
    let rows: Vec<(BudgetId, String, i64)> = on_each!(conn, c => own.load(c))?;
    if rows.is_empty() {
        return Ok(());
    }
    let mut held: BTreeMap<(BudgetId, String), (i64, usize)> = BTreeMap::new();
    for (budget, starts_on, amount) in rows {
        let sum = held.entry((budget, starts_on)).or_default();
        *sum = (sum.0 + amount, sum.1 + 1);
    }
    let now_worth = worth(conn, order)?;
    for ((budget, starts_on), (amount, entered)) in held {
        let change = now_worth - amount;
        if change == 0 {
            continue;
        }
        enter(conn, budget, &starts_on, order, change, entered, now)?;
        let own = periods::table.filter(periods::budget_id.eq(budget)).filter(periods::starts_on.eq(&starts_on));
        diesel::update(own).set(periods::spent.eq(periods::spent + change)).execute(conn)?;
    }
    Ok(())
}

/// What an order comes to by now.
fn worth(conn: &mut Conn, order: OrderId) -> Result<i64> {
    let order = orders::get(conn, order)?;
    if order.status == OrderStatus::Cancelled {
        return Ok(0);
    }
    Ok((order.total - refunds::remembered(conn, order.id)?).max(0))
}

/// What is stored beside what it has to be: each period and the sum of its entries, each order's entries and what the order comes to.
pub(crate) fn books(conn: &mut Conn) -> Result<Vec<(String, i64, i64)>> {
    let kept: Vec<(BudgetId, String, i64)> = on_each!(conn, c => periods::table.order((periods::budget_id, periods::starts_on)).load(c))?;
    let mut books = Vec::new();
    for (budget, starts_on, spent) in kept {
        let own = entries::table.filter(entries::budget_id.eq(budget)).filter(entries::starts_on.eq(&starts_on)).order(entries::id);
        let own: Vec<(OrderId, i64)> = on_each!(conn, c => own.select((entries::order_id, entries::amount)).load(c))?;
        let mut taken: BTreeMap<OrderId, i64> = BTreeMap::new();
        for (order, amount) in own {
            *taken.entry(order).or_default() += amount;
        }
        books.push((format!("budget {budget} from {starts_on}"), spent, taken.values().sum()));
        for (order, amount) in taken {
            books.push((format!("budget {budget}, order {order}"), amount, worth(conn, order)?));
        }
    }
    Ok(books)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_begin_on_their_first_day() {
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
        assert_eq!(Period::Month.starts_on(day("2026-11-23")), day("2026-11-01"));
        assert_eq!(Period::Quarter.starts_on(day("2026-11-23")), day("2026-10-01"));
        assert_eq!(Period::Quarter.starts_on(day("2026-03-31")), day("2026-01-01"));
        assert_eq!(Period::Year.starts_on(day("2026-11-23")), day("2026-01-01"));
    }
}
