//! What the merchant decides about requests: what is offered, what is decided without staff and up to what, where the rest is filed; and the
//! answers that are written often.

use super::desk::{Desk, refusal};
use super::forms::{self, Reader};
use super::stale;
use crate::macros::{self, Macro, MacroId};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::DateTime;
use crm::tickets::{Kind, PRIORITIES};
use kernel::clock::Time;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::service::{self, ORDER_KINDS, Policy, Rule};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const HERE: &str = "/admin/service";
const MACRO: &[&str] = &["title", "body"];
/// What is decided of each kind.
const OF_KIND: [&str; 5] = ["offered", "at_once", "per_year", "queue", "priority"];

/// The fields of the policy's form: the limit of staff, when a mail asks, and five of each kind.
fn names() -> Vec<String> {
    let of_kind = |kind: &Kind| OF_KIND.map(|name| format!("{name}-{}", kind.as_str()));
    ["staff_limit", "survey"].map(String::from).into_iter().chain(Kind::ALL.iter().flat_map(of_kind)).collect()
}

/// The form as the stored policy fills it.
fn filled(policy: &Policy) -> Form {
    let amount = |minor: i64| forms::amount(Some(minor), policy.currency);
    let mut form = Form::new(&names()).fill("staff_limit", amount(policy.staff_limit));
    form = form.fill("survey", policy.survey.map(|hours| hours.to_string()).unwrap_or_default());
    for kind in Kind::ALL {
        let (rule, word) = (policy.rule(*kind), kind.as_str());
        form = form
            .fill(&format!("offered-{word}"), forms::tick(rule.offered))
            .fill(&format!("at_once-{word}"), amount(rule.at_once))
            .fill(&format!("per_year-{word}"), rule.per_year.to_string())
            .fill(&format!("queue-{word}"), rule.queue)
            .fill(&format!("priority-{word}"), rule.priority.to_string());
    }
    form
}

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    let form = desk.read(|conn| Ok(filled(&service::policy(conn)?))).await?.sealed();
    page(&desk, StatusCode::OK, form, None, Form::new(MACRO)).await
}

/// The page; `refused` is the macro whose form was refused, with its form, or the form of a new one.
async fn page(desk: &Desk, status: StatusCode, form: Form, refused: Option<MacroId>, typed: Form) -> Result<HttpResponse> {
    let (policy, all) = desk.read(|conn| Ok((service::policy(conn)?, macros::list(conn)?))).await?;
    let kind = |kind: &Kind| {
        let field = |name: &str| format!("{name}-{}", kind.as_str());
        let orders = ORDER_KINDS.contains(kind);
        json!({ "kind": kind, "offered": orders.then(|| field("offered")), "at_once": at_once(*kind).then(|| field("at_once")),
            "per_year": at_once(*kind).then(|| field("per_year")), "queue": field("queue"), "priority": field("priority") })
    };
    let own = |one: &Macro| {
        let form = match refused {
            Some(id) if id == one.id => typed.clone(),
            _ => Form::new(MACRO).fill("title", one.title.as_str()).fill("body", one.body.as_str()),
        };
        json!({ "id": one.id, "title": one.title, "form": form, "seen": version(one.updated_at) })
    };
    let blank = if refused.is_some() { Form::new(MACRO) } else { typed.clone() };
    let view = json!({ "form": form, "kinds": Kind::ALL.iter().map(kind).collect::<Vec<_>>(), "priorities": PRIORITIES,
        "currency": policy.currency, "macros": all.iter().map(own).collect::<Vec<Value>>(), "macro": blank });
    desk.page_as(status, "admin/service.html", "admin-service", view)
}

/// Kinds of which the shop may decide some without staff.
fn at_once(kind: Kind) -> bool {
    matches!(kind, Kind::ArrivedBroken | Kind::Refund)
}

fn version(at: Time) -> String {
    at.and_utc().timestamp_micros().to_string()
}

/// The policy that a form holds, in the currency of the stored one.
fn read(posted: &Posted, stored: &Policy) -> Result<Policy> {
    let mut reader = Reader::new(posted, stored.currency);
    let mut policy = Policy { staff_limit: reader.amount("staff_limit"), survey: reader.optional_number("survey"), ..stored.clone() };
    for kind in Kind::ALL {
        let field = |name: &str| format!("{name}-{}", kind.as_str());
        let was = stored.rule(*kind);
        let rule = Rule {
            offered: if ORDER_KINDS.contains(kind) { reader.ticked(&field("offered")) } else { was.offered },
            at_once: if at_once(*kind) { reader.amount(&field("at_once")) } else { was.at_once },
            per_year: if at_once(*kind) { reader.number(&field("per_year")) } else { was.per_year },
            queue: reader.text(&field("queue")).trim().to_string(),
            priority: reader.number(&field("priority")),
        };
        policy.rules.insert(*kind, rule);
    }
    reader.check()?;
    Ok(policy)
}

pub async fn save(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    let saved = desk.write(move |conn, act| {
        let before = service::policy(conn)?;
        if form.get("seen") != filled(&before).digest() {
            return Err(Error::conflict("admin-stale"));
        }
        let policy = read(&form, &before)?;
        service::save(conn, &policy, act.now)?;
        act.log(conn, "service.policy", "service", &before, &policy)
    });
    match saved.await {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => {
            let stale = stale::is(&error);
            let (status, wrong) = refusal(error)?;
            // Saving what was typed over what somebody else stored is a decision.
            let seen = match stale {
                true => desk.read(|conn| Ok(filled(&service::policy(conn)?).digest())).await?,
                false => posted.get("seen").to_string(),
            };
            let form = Form::new(&names()).typed(posted.pairs()).refuse(&names(), &wrong).made_of(seen);
            page(&desk, status, form, None, Form::new(MACRO)).await
        }
    }
}

/// A refused form of a macro, with the policy's form as it is stored.
async fn refused(desk: &Desk, id: Option<MacroId>, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (status, wrong) = refusal(error)?;
    let form = desk.read(|conn| Ok(filled(&service::policy(conn)?))).await?.sealed();
    page(desk, status, form, id, Form::new(MACRO).typed(posted.pairs()).refuse(MACRO, &wrong)).await
}

pub async fn add_macro(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    let added = desk.write(move |conn, act| {
        let id = macros::add(conn, form.get("title"), form.get("body"), act.now)?;
        let after = macros::get(conn, id)?;
        act.log(conn, "service.macro", "service", &Value::Null, &after)
    });
    match added.await {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => refused(&desk, None, &posted, error).await,
    }
}

pub async fn change_macro(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, form) = (MacroId(*id), posted.clone());
    let changed = desk.write(move |conn, act| {
        let before = macros::get(conn, id)?;
        let seen = form.get("seen").parse().ok().and_then(DateTime::from_timestamp_micros).ok_or_else(|| Error::conflict("admin-stale"))?;
        macros::change(conn, id, form.get("title"), form.get("body"), seen.naive_utc(), act.now)?;
        let after = macros::get(conn, id)?;
        act.log(conn, "service.macro", "service", &before, &after)
    });
    match changed.await {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => refused(&desk, Some(id), &posted, error).await,
    }
}

pub async fn delete_macro(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = MacroId(*id);
    desk.write(move |conn, act| {
        let before = macros::get(conn, id)?;
        macros::remove(conn, id)?;
        act.log(conn, "service.macro", "service", &before, &Value::Null)
    })
    .await?;
    Ok(desk.done(HERE, "admin-saved"))
}
