//! The rules and budgets of a company, for its administrators.

use super::approvals::reader;
use super::{draw_in, or_sign_in, theirs};
use crate::approvals::{self, Rule};
use crate::budgets::{self, Budget};
use crate::ids::{ApprovalRuleId, BudgetId};
use crate::stores;
use crate::web::approval_forms::{self as forms, Choices};
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::views::approvals::RulesView;
use crate::web::views::form::Form;
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::MemberId;
use crm::companies::log;
use crm::companies::{Buyer, May};
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result};

const HERE: &str = "/account/company/approval-rules";

/// The member who keeps the rules; nobody else finds these pages.
fn keeper(conn: &mut Conn, visit: &Visit, now: Time) -> Result<Buyer> {
    let buyer = reader(conn, visit, None, now)?;
    // Whoever buys for some places alone does not rule over the others.
    if buyer.may(May::Members) && buyer.site.is_none() { Ok(buyer) } else { Err(Error::NotFound) }
}

pub async fn list(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, _, now| {
        let buyer = keeper(conn, &seen, now)?;
        let (rules, budgets) = forms::rows(conn, buyer.company, now)?;
        Ok((frame::load(conn, &seen, now)?, RulesView { company: buyer.name, rules, budgets }))
    }));
    draw_in(&door, &visit, StatusCode::OK, "approval_rules", "approval-rules-title", page, view)
}

fn choices(conn: &mut Conn, visit: &Visit, buyer: &Buyer) -> Result<Choices> {
    let currency = stores::shop(conn, visit.site.id)?.currency;
    forms::choices(conn, buyer.company, visit.language.code(), currency)
}

pub async fn new(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    rule_page(&door, &visit, None, None).await
}

pub async fn edit(door: web::Data<Door>, visit: Visit, id: web::Path<String>) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    rule_page(&door, &visit, Some(id), None).await
}

/// The form of a rule: blank, as kept, or refused with what was typed.
async fn rule_page(door: &Door, visit: &Visit, id: Option<ApprovalRuleId>, refused: Option<(Form, Posted)>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let words = Words::of(&door.templates, visit.language)?;
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, _, now| {
        let buyer = keeper(conn, &seen, now)?;
        let kept: Option<Rule> = id.map(|id| approvals::rule(conn, buyer.company, id)).transpose()?;
        let from = choices(conn, &seen, &buyer)?;
        let currency = forms::currency_of(kept.as_ref(), from.currency())?;
        let (form, boxes) = match (refused, &kept) {
            (Some(refused), _) => refused,
            (None, Some(rule)) => (forms::rule_form(Some(rule), currency)?, forms::rule_boxes(rule)?),
            (None, None) => (forms::rule_form(None, currency)?, Posted::default()),
        };
        let view = forms::rule_view(id.map(|id| id.0), form, &boxes, &from, currency, &words);
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    let title = if view.id.is_some() { "approval-rule-title" } else { "approval-rule-new" };
    draw_in(door, visit, status, "approval_rule", title, page, view)
}

pub async fn create(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    save_rule(&door, &visit, None, form).await
}

pub async fn update(door: web::Data<Door>, visit: Visit, id: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    save_rule(&door, &visit, Some(id), form).await
}

async fn save_rule(door: &Door, visit: &Visit, id: Option<ApprovalRuleId>, form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(door, visit, |_, _, _| Ok(())));
    let (seen, typed) = (visit.clone(), form.clone());
    let saved = door.write(move |conn, now| {
        let buyer = keeper(conn, &seen, now)?;
        let kept = id.map(|id| approvals::rule(conn, buyer.company, id)).transpose()?;
        let shop = stores::shop(conn, seen.site.id)?;
        let wish = forms::read_rule(&typed, forms::currency_of(kept.as_ref(), shop.currency)?)?;
        let id = approvals::save_rule(conn, buyer.company, id.map(|id| (id, forms::version(&typed))), &wish)?;
        let after = approvals::rule(conn, buyer.company, id)?;
        noted(conn, &buyer, "approval-rule", (said_rule(kept.as_ref())?, said_rule(Some(&after))?), now)
    });
    match saved.await {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "form-saved");
            Ok(door.go(visit, HERE))
        }
        Err(error) => {
            let wrong = wrong_of(error)?;
            let refused = Form::new(forms::RULE).typed(form.pairs()).refuse(forms::RULE, &wrong);
            rule_page(door, visit, id, Some((refused, form))).await
        }
    }
}

/// What the page of a refused form says; a stale one concerns the whole form.
fn wrong_of(error: Error) -> Result<kernel::error::Fields> {
    let mut wrong = kernel::error::Fields::default();
    match error {
        Error::Invalid(fields) => return Ok(fields),
        Error::Conflict(told) => wrong.add("form", told),
        error => return Err(error),
    }
    Ok(wrong)
}

/// What the log keeps of a rule.
fn said_rule(rule: Option<&Rule>) -> Result<String> {
    let Some(rule) = rule else { return Ok(String::new()) };
    let parts = [rule.name.clone(), rule.condition()?.logged(), rule.approvers()?.logged(), rule.needed.to_string()];
    Ok(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "))
}

fn said_budget(budget: Option<&Budget>) -> Result<String> {
    let Some(budget) = budget else { return Ok(String::new()) };
    let amount = Money::new(budget.amount, budget.currency()?).decimal();
    Ok(format!("{} · {amount} {} · {}", budget.name, budget.currency, budget.period.as_str()))
}

/// Who of the company changed what.
fn noted(conn: &mut Conn, buyer: &Buyer, action: &str, (before, after): (String, String), now: Time) -> Result<()> {
    let member: MemberId = buyer.member;
    log::write(conn, buyer.company, &log::by(member), action, (&before, &after), now)
}

pub async fn remove(door: web::Data<Door>, visit: Visit, id: web::Path<String>, _form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let id: ApprovalRuleId = id.parse().map_err(|_| Error::NotFound)?;
    let seen = visit.clone();
    door.write(move |conn, now| {
        let buyer = keeper(conn, &seen, now)?;
        let before = approvals::rule(conn, buyer.company, id)?;
        approvals::remove_rule(conn, buyer.company, id)?;
        noted(conn, &buyer, "approval-rule", (said_rule(Some(&before))?, String::new()), now)
    })
    .await?;
    visit.say(&door.signer, Tone::Success, "approval-rule-removed");
    Ok(door.go(&visit, HERE))
}

pub async fn new_budget(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    budget_page(&door, &visit, None, None).await
}

pub async fn edit_budget(door: web::Data<Door>, visit: Visit, id: web::Path<String>) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    budget_page(&door, &visit, Some(id), None).await
}

async fn budget_page(door: &Door, visit: &Visit, id: Option<BudgetId>, refused: Option<Form>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let words = Words::of(&door.templates, visit.language)?;
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, _, now| {
        let buyer = keeper(conn, &seen, now)?;
        let kept: Option<Budget> = id.map(|id| budgets::get(conn, buyer.company, id)).transpose()?;
        let from = choices(conn, &seen, &buyer)?;
        let currency = kept.as_ref().map(Budget::currency).transpose()?.unwrap_or(from.currency());
        let form = refused.map_or_else(|| forms::budget_form(kept.as_ref()), Ok)?;
        let view = forms::budget_view(id.map(|id| id.0), form, &from, currency, &words);
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    let title = if view.id.is_some() { "budget-title" } else { "budget-new" };
    draw_in(door, visit, status, "budget", title, page, view)
}

pub async fn create_budget(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    save_budget(&door, &visit, None, form).await
}

pub async fn update_budget(door: web::Data<Door>, visit: Visit, id: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    save_budget(&door, &visit, Some(id), form).await
}

async fn save_budget(door: &Door, visit: &Visit, id: Option<BudgetId>, form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(door, visit, |_, _, _| Ok(())));
    let (seen, typed) = (visit.clone(), form.clone());
    let saved = door.write(move |conn, now| {
        let buyer = keeper(conn, &seen, now)?;
        let kept = id.map(|id| budgets::get(conn, buyer.company, id)).transpose()?;
        let shop = stores::shop(conn, seen.site.id)?;
        let currency = kept.as_ref().map(Budget::currency).transpose()?.unwrap_or(shop.currency);
        let wish = forms::read_budget(&typed, currency)?;
        let id = budgets::save(conn, buyer.company, id.map(|id| (id, forms::version(&typed))), &wish)?;
        let after = budgets::get(conn, buyer.company, id)?;
        noted(conn, &buyer, "budget", (said_budget(kept.as_ref())?, said_budget(Some(&after))?), now)
    });
    match saved.await {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "form-saved");
            Ok(door.go(visit, HERE))
        }
        Err(error) => {
            let wrong = wrong_of(error)?;
            let refused = Form::new(forms::BUDGET).typed(form.pairs()).refuse(forms::BUDGET, &wrong);
            budget_page(door, visit, id, Some(refused)).await
        }
    }
}
