//! Where the link of an invitation leads: a name, a password, and in. Opening it changes nothing, since mail scanners open links too.

use super::desk::{self, refusal};
use super::sign_in;
use crate::invitations::{self, Invitation};
use crate::{audit, roles, staff};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::error::Fields;
use serde_json::{Value, json};
use storefront::web::door::Door;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::views::page::Tone;
use storefront::web::visit::Visit;

const NAMES: &[&str] = &["name", "password", "token"];

/// The invitation of a link that works, with the name of its role.
async fn invited(door: &Door, secret: &str) -> Result<Option<(Invitation, String)>> {
    let secret = secret.to_string();
    door.read(move |conn, now| {
        let Some(invitation) = invitations::find(conn, &secret, now)? else { return Ok(None) };
        let role = roles::get(conn, invitation.role_id)?.label();
        Ok(Some((invitation, role)))
    })
    .await
}

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let found = form_urlencoded::parse(visit.query.as_bytes()).find(|(name, _)| name == "token");
    let secret = found.map(|(_, value)| value.into_owned()).unwrap_or_default();
    page(&door, &visit, StatusCode::OK, &secret, Form::new(NAMES)).await
}

/// The form, or that the link does not work any more.
async fn page(door: &Door, visit: &Visit, status: StatusCode, secret: &str, form: Form) -> Result<HttpResponse> {
    let found = invited(door, secret).await?;
    let status = if found.is_some() { status } else { StatusCode::NOT_FOUND };
    let view = json!({ "invitation": found.as_ref().map(|(one, role)| json!({ "email": one.email, "role": role })),
        "form": form.fill("token", secret) });
    desk::render(door, visit, None, status, "admin/invitation.html", "admin-invitation", view)
}

pub async fn accept(door: web::Data<Door>, visit: Visit, posted: Posted) -> Result<HttpResponse> {
    let secret = posted.get("token").to_string();
    door.limits.sign_in.check(&format!("staff:from:{}", visit.client))?;
    let mut wrong = Fields::default();
    let name = staff::checked_name(posted.get("name"));
    let password = storefront::logins::check_password(posted.get("password"));
    for refused in [name.as_ref().err(), password.as_ref().err()] {
        if let Some(kernel::Error::Invalid(fields)) = refused {
            fields.0.iter().for_each(|(field, text)| wrong.add(field, text));
        }
    }
    let joined = match wrong.check() {
        Err(error) => Err(error),
        Ok(()) if invited(&door, &secret).await?.is_none() => Ok(None),
        Ok(()) => {
            let hash = sign_in::hashed(posted.get("password")).await?;
            let (secret, name) = (secret.clone(), name.unwrap_or_default());
            door.write(move |conn, now| {
                let Some(id) = invitations::accept(conn, &secret, &name, &hash, now)? else { return Ok(None) };
                let person = staff::get(conn, id)?;
                let role = person.role_id.map(|role| roles::get(conn, role)).transpose()?.map(|role| role.name);
                let after = json!({ "email": person.email, "name": person.name, "role": role });
                audit::record(conn, id, "staff.join", &person.actor(), &Value::Null, &after, now)?;
                Ok(Some(id))
            })
            .await
        }
    };
    match joined {
        Ok(Some(id)) => {
            visit.say(&door.signer, Tone::Success, "admin-invitation-done");
            sign_in::enter(&door, &visit, id, "").await
        }
        Ok(None) => page(&door, &visit, StatusCode::NOT_FOUND, &secret, Form::new(NAMES)).await,
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&door, &visit, status, &secret, Form::new(NAMES).fill("name", posted.get("name")).refuse(NAMES, &wrong)).await
        }
    }
}
