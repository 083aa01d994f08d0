//! The rules and budgets of a company, and what was asked for by them, for staff.

use super::access::{Route, get, post};
use super::desk::{Desk, ROWS, refusal};
use crate::permissions::Permission::{CompaniesEdit, CompaniesView};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::CompanyId;
use crm::companies;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::approvals::{self, Approval, Rule, Show};
use storefront::budgets::{self, Budget};
use storefront::ids::{ApprovalId, ApprovalRuleId, BudgetId};
use storefront::web::approval_forms::{self as forms, Choices};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{orders, shop};

fn address(company: CompanyId) -> String {
    format!("/admin/companies/{company}/approvals")
}

pub async fn list(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, before) = (CompanyId(*id), desk.after().map(ApprovalId));
    let now = desk.door.now();
    let (mut view, rows, last) = desk
        .read(move |conn| {
            let company = companies::get(conn, id)?;
            let (rules, budgets) = forms::rows(conn, id, now)?;
            let found = approvals::list(conn, id, Show::All, None, before, ROWS)?;
            let names = companies::members::named(conn, &found.iter().map(|one| one.member_id).collect::<Vec<_>>())?;
            let mut rows: Vec<Value> = Vec::with_capacity(found.len());
            for one in &found {
                let requester = names.iter().find(|member| member.id == one.member_id).map(|member| member.called().to_string());
                rows.push(row(conn, one, requester)?);
            }
            let view = json!({ "id": id, "name": company.name, "rules": rules, "budgets": budgets });
            Ok((view, rows, found.last().map(|one| one.id.0)))
        })
        .await?;
    view["next"] = json!(desk.next(rows.len(), last));
    view["approvals"] = json!(rows);
    desk.page("admin/company_approvals.html", "admin-company-approvals", view)
}

fn row(conn: &mut Conn, one: &Approval, requester: Option<String>) -> Result<Value> {
    let order = match one.order_id {
        Some(order) => Some(orders::get(conn, order)?.number),
        None => None,
    };
    Ok(json!({ "id": one.id, "requester": requester, "total": one.total()?, "state": one.state, "at": one.created_at,
        "reason": one.reason, "order": order, "answers": approvals::votes(conn, one.id)?.len() }))
}

fn choices(conn: &mut Conn, company: CompanyId, language: &str) -> Result<Choices> {
    companies::get(conn, company)?;
    let currency = shop::get(conn)?.currency;
    forms::choices(conn, company, language, currency)
}

pub async fn new_rule(desk: Desk, company: web::Path<i64>) -> Result<HttpResponse> {
    rule_page(&desk, StatusCode::OK, CompanyId(*company), None, None).await
}

pub async fn rule(desk: Desk, ids: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (company, id) = ids.into_inner();
    rule_page(&desk, StatusCode::OK, CompanyId(company), Some(ApprovalRuleId(id)), None).await
}

async fn rule_page(
    desk: &Desk,
    status: StatusCode,
    company: CompanyId,
    id: Option<ApprovalRuleId>,
    refused: Option<(Form, Posted)>,
) -> Result<HttpResponse> {
    let (words, language) = (desk.words()?, desk.visit.language.code());
    let view = desk
        .read(move |conn| {
            let kept: Option<Rule> = id.map(|id| approvals::rule(conn, company, id)).transpose()?;
            let from = choices(conn, company, language)?;
            let currency = forms::currency_of(kept.as_ref(), from.currency())?;
            let (form, boxes) = match (refused, &kept) {
                (Some(refused), _) => refused,
                (None, Some(rule)) => (forms::rule_form(Some(rule), currency)?, forms::rule_boxes(rule)?),
                (None, None) => (forms::rule_form(None, currency)?, Posted::default()),
            };
            Ok(forms::rule_view(id.map(|id| id.0), form, &boxes, &from, currency, &words))
        })
        .await?;
    let title = if view.id.is_some() { "approval-rule-title" } else { "approval-rule-new" };
    desk.page_as(status, "admin/company_approval_rule.html", title, json!({ "company": company, "of": view }))
}

pub async fn create_rule(desk: Desk, company: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save_rule(desk, CompanyId(*company), None, posted).await
}

pub async fn update_rule(desk: Desk, ids: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (company, id) = ids.into_inner();
    save_rule(desk, CompanyId(company), Some(ApprovalRuleId(id)), posted).await
}

async fn save_rule(desk: Desk, company: CompanyId, id: Option<ApprovalRuleId>, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let saved = desk
        .write(move |conn, act| {
            companies::get(conn, company)?;
            let before: Option<Rule> = id.map(|id| approvals::rule(conn, company, id)).transpose()?;
            let new = shop::get(conn)?.currency;
            let wish = forms::read_rule(&typed, forms::currency_of(before.as_ref(), new)?)?;
            let saved = approvals::save_rule(conn, company, id.map(|id| (id, forms::version(&typed))), &wish)?;
            let after = approvals::rule(conn, company, saved)?;
            let was = before.as_ref().map(|rule| rule.name.as_str()).unwrap_or_default();
            companies::log::write(conn, company, &act.actor, "approval-rule", (was, &after.name), act.now)?;
            act.log(conn, "company.approval_rule", &format!("company:{company}"), &before, &after)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(company), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(forms::RULE).typed(posted.pairs()).refuse(forms::RULE, &wrong);
            rule_page(&desk, status, company, id, Some((form, posted))).await
        }
    }
}

pub async fn remove_rule(desk: Desk, ids: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    let (company, id) = ids.into_inner();
    let (company, id) = (CompanyId(company), ApprovalRuleId(id));
    let gone = desk
        .write(move |conn, act| {
            let before = approvals::rule(conn, company, id)?;
            approvals::remove_rule(conn, company, id)?;
            companies::log::write(conn, company, &act.actor, "approval-rule", (&before.name, ""), act.now)?;
            act.log(conn, "company.approval_rule", &format!("company:{company}"), &before, &Value::Null)
        })
        .await;
    match gone {
        // Taken away twice is taken away.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(&address(company), "admin-deleted")),
        Err(error) => desk.explained(&address(company), error),
    }
}

pub async fn new_budget(desk: Desk, company: web::Path<i64>) -> Result<HttpResponse> {
    budget_page(&desk, StatusCode::OK, CompanyId(*company), None, None).await
}

pub async fn budget(desk: Desk, ids: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (company, id) = ids.into_inner();
    budget_page(&desk, StatusCode::OK, CompanyId(company), Some(BudgetId(id)), None).await
}

async fn budget_page(
    desk: &Desk,
    status: StatusCode,
    company: CompanyId,
    id: Option<BudgetId>,
    refused: Option<Form>,
) -> Result<HttpResponse> {
    let (words, language) = (desk.words()?, desk.visit.language.code());
    let view = desk
        .read(move |conn| {
            let kept: Option<Budget> = id.map(|id| budgets::get(conn, company, id)).transpose()?;
            let from = choices(conn, company, language)?;
            let currency: Currency = kept.as_ref().map(Budget::currency).transpose()?.unwrap_or(from.currency());
            let form = refused.map_or_else(|| forms::budget_form(kept.as_ref()), Ok)?;
            Ok(forms::budget_view(id.map(|id| id.0), form, &from, currency, &words))
        })
        .await?;
    let title = if view.id.is_some() { "budget-title" } else { "budget-new" };
    desk.page_as(status, "admin/company_budget.html", title, json!({ "company": company, "of": view }))
}

pub async fn create_budget(desk: Desk, company: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save_budget(desk, CompanyId(*company), None, posted).await
}

pub async fn update_budget(desk: Desk, ids: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (company, id) = ids.into_inner();
    save_budget(desk, CompanyId(company), Some(BudgetId(id)), posted).await
}

async fn save_budget(desk: Desk, company: CompanyId, id: Option<BudgetId>, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let saved = desk
        .write(move |conn, act| {
            companies::get(conn, company)?;
            let before: Option<Budget> = id.map(|id| budgets::get(conn, company, id)).transpose()?;
            let new = shop::get(conn)?.currency;
            let currency = before.as_ref().map(Budget::currency).transpose()?.unwrap_or(new);
            let wish = forms::read_budget(&typed, currency)?;
            let saved = budgets::save(conn, company, id.map(|id| (id, forms::version(&typed))), &wish)?;
            let after = budgets::get(conn, company, saved)?;
            let was = before.as_ref().map(|budget| budget.name.as_str()).unwrap_or_default();
            companies::log::write(conn, company, &act.actor, "budget", (was, &after.name), act.now)?;
            act.log(conn, "company.budget", &format!("company:{company}"), &before, &after)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(company), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(forms::BUDGET).typed(posted.pairs()).refuse(forms::BUDGET, &wrong);
            budget_page(&desk, status, company, id, Some(form)).await
        }
    }
}

/// The addresses of these pages.
pub fn routes() -> Vec<Route> {
    vec![
        get("/companies/{company}/approvals", CompaniesView, list),
        get("/companies/{company}/approval-rules/new", CompaniesEdit, new_rule),
        post("/companies/{company}/approval-rules/new", CompaniesEdit, create_rule),
        get("/companies/{company}/approval-rules/{approval_rule}", CompaniesView, rule),
        post("/companies/{company}/approval-rules/{approval_rule}", CompaniesEdit, update_rule),
        post("/companies/{company}/approval-rules/{approval_rule}/delete", CompaniesEdit, remove_rule),
        get("/companies/{company}/budgets/new", CompaniesEdit, new_budget),
        post("/companies/{company}/budgets/new", CompaniesEdit, create_budget),
        get("/companies/{company}/budgets/{budget}", CompaniesView, budget),
        post("/companies/{company}/budgets/{budget}", CompaniesEdit, update_budget),
    ]
}
