//! Who works here, and asking somebody to.

use super::desk::{Desk, refusal};
use super::languages;
use crate::invitations::{self, Invitation};
use crate::roles::{self, Role};
use crate::second_factor;
use crate::staff::{self, Staff};
use crate::{InvitationId, RoleId};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::email::Email;
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["email", "role", "language"];

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let form = Form::new(NAMES).fill("language", desk.visit.language.code());
    page(&desk, StatusCode::OK, form).await
}

async fn page(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (grants, now) = (desk.grants().clone(), desk.door.now());
    let view = desk
        .read(move |conn| {
            let roles = roles::list(conn)?;
            let labels: HashMap<RoleId, String> = roles.iter().map(|role| (role.id, role.label())).collect();
            let people = staff::list(conn)?;
            let names: HashMap<i64, &str> = people.iter().map(|one| (one.id.0, one.name.as_str())).collect();
            let rows = people.iter().map(|one| row(conn, one, &labels)).collect::<Result<Vec<Value>>>()?;
            let open = invitations::list(conn)?;
            let waiting = |one: &Invitation| {
                json!({ "id": one.id, "email": one.email, "role": labels.get(&one.role_id), "by": names.get(&one.invited_by.0),
                    "expires_at": one.expires_at, "expired": one.expires_at <= now })
            };
            let waiting: Vec<Value> = open.iter().map(waiting).collect();
            let choices = choices(conn, &roles, |wanted| grants.cover(wanted))?;
            Ok(json!({ "people": rows, "invitations": waiting, "roles": choices }))
        })
        .await?;
    let mut view = view;
    view["languages"] = json!(languages::choices());
    view["form"] = json!(form);
    desk.page_as(status, "admin/staff.html", "admin-staff", view)
}

fn row(conn: &mut Conn, one: &Staff, labels: &HashMap<RoleId, String>) -> Result<Value> {
    let on = second_factor::state(conn, one.id)?.on;
    Ok(json!({ "id": one.id, "name": one.name, "email": one.email, "role": one.role_id.and_then(|role| labels.get(&role)),
        "active": one.active, "second_factor": on, "seen": one.last_seen_at }))
}

/// The roles that somebody may give, as choices of a form.
pub fn choices(conn: &mut Conn, roles: &[Role], may: impl Fn(&crate::permissions::Grants) -> bool) -> Result<Vec<Value>> {
    let mut choices = Vec::new();
    for role in roles {
        let theirs = roles::grants(conn, Some(role.id))?;
        if may(&theirs) {
            choices.push(json!({ "value": role.id.to_string(), "label": role.label() }));
        }
    }
    Ok(choices)
}

pub async fn invite(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    match send(&desk, &posted).await {
        Ok(()) => Ok(desk.done("/admin/staff", "admin-invitation-sent")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

async fn send(desk: &Desk, posted: &Posted) -> Result<()> {
    let mut wrong = Fields::default();
    let email = Email::parse(posted.get("email"), "email");
    if let Err(Error::Invalid(fields)) = &email {
        fields.0.iter().for_each(|(field, text)| wrong.add(field, text));
    }
    let role = posted.get("role").parse().ok().map(RoleId);
    let language = Language::parse(posted.get("language"));
    if role.is_none() {
        wrong.add("role", "admin-required");
    }
    if language.is_none() {
        wrong.add("language", "admin-required");
    }
    wrong.check()?;
    let (Ok(email), Some(role), Some(language)) = (email, role, language) else { return Err(Error::NotFound) };
    let (id, grants, mailer) = (desk.staff().id, desk.grants().clone(), desk.door.mailer());
    desk.write(move |conn, act| {
        let (made, secret) = invitations::invite(conn, &email, role, language, id, &grants, act.now)?;
        invitations::mail(conn, &mailer, &made, &secret, act.now)?;
        let after = noted(conn, &made)?;
        act.log(conn, "invitation.send", &format!("invitation:{}", made.id), &Value::Null, &after)
    })
    .await
}

/// An invitation as the audit log keeps it.
fn noted(conn: &mut Conn, one: &Invitation) -> Result<Value> {
    let role = roles::get(conn, one.role_id)?.name;
    Ok(json!({ "email": one.email, "role": role, "language": one.language, "works_until": one.expires_at }))
}

pub async fn resend(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let (id, by) = (InvitationId(*id), desk.staff().id);
    let (grants, mailer) = (desk.grants().clone(), desk.door.mailer());
    let sent = desk
        .write(move |conn, act| {
            let before = invitations::get(conn, id)?;
            let before = noted(conn, &before)?;
            let (made, secret) = invitations::renew(conn, id, by, &grants, act.now)?;
            invitations::mail(conn, &mailer, &made, &secret, act.now)?;
            let after = noted(conn, &made)?;
            act.log(conn, "invitation.resend", &format!("invitation:{id}"), &before, &after)
        })
        .await;
    match sent {
        Ok(()) => Ok(desk.done("/admin/staff", "admin-invitation-sent")),
        Err(Error::NotFound) => Ok(desk.done("/admin/staff", "admin-invitation-gone")),
        Err(error) => desk.explained("/admin/staff", error),
    }
}

pub async fn revoke(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = InvitationId(*id);
    let revoked = desk
        .write(move |conn, act| {
            let before = invitations::revoke(conn, id)?;
            let before = noted(conn, &before)?;
            act.log(conn, "invitation.revoke", &format!("invitation:{id}"), &before, &Value::Null)
        })
        .await;
    match revoked {
        Ok(()) => Ok(desk.done("/admin/staff", "admin-invitation-revoked")),
        // Revoked twice is revoked; one that was answered meanwhile shows as a person.
        Err(Error::NotFound) => Ok(desk.done("/admin/staff", "admin-invitation-gone")),
        Err(error) => Err(error),
    }
}
