//! The link of an invitation: a page with a button for whoever has the address that it was sent to, and a form for whoever has no account yet.

use super::super::{blocking, draw_in, register, sign_in};
use crate::buying::{self, invited};
use crate::logins;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::shown;
use crate::web::views::company::InvitedView;
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::companies::{invitations, roles};
use kernel::error::Fields;
use kernel::{Error, Result};

pub async fn show(door: web::Data<Door>, visit: Visit, token: web::Path<String>) -> Result<HttpResponse> {
    page(&door, &visit, token.into_inner(), StatusCode::OK, None).await
}

async fn page(door: &Door, visit: &Visit, token: String, status: StatusCode, refused: Option<Form>) -> Result<HttpResponse> {
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    let (page, view) = door
        .read(move |conn, now| {
            let page = frame::load(conn, &seen, now)?;
            let customer = seen.customer(conn, now)?;
            let Some(found) = invitations::find(conn, &token, now)? else { return Ok((page, InvitedView::default())) };
            let role = roles::role(conn, found.company, found.role)?;
            let role = shown::role(&words, &role.code, &role.name);
            let fits = customer.map_or(Ok(false), |customer| invited::is_for(conn, &found, customer))?;
            let form = refused.unwrap_or_else(|| Form::new(form::COMPANY_JOIN));
            Ok((page, InvitedView { token, company: Some(found.name), role, signed_in: customer.is_some(), fits, form }))
        })
        .await?;
    let status = if view.company.is_some() { status } else { StatusCode::NOT_FOUND };
    draw_in(door, visit, status, "company_invited", "company-invited", page, view)
}

pub async fn accept(door: web::Data<Door>, visit: Visit, token: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let (seen, token) = (visit.clone(), token.into_inner());
    let secret = token.clone();
    let joined = door
        .write(move |conn, now| {
            let customer = seen.signed_in(conn, now)?;
            let member = invited::accept(conn, &secret, customer, now)?;
            let able = buying::choices(conn, customer)?.iter().any(|one| one.member == member);
            if let Some(session) = seen.session.as_deref().filter(|_| able) {
                buying::choose(conn, session, customer, Some(member), now)?;
            }
            Ok(())
        })
        .await;
    match joined {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "company-joined");
            Ok(door.go(&visit, "/account/company"))
        }
        // The page says what is in the way, or that the link does not work any more.
        Err(Error::Conflict(_)) => page(&door, &visit, token, StatusCode::CONFLICT, None).await,
        Err(Error::Unauthorised) if form.pairs().any(|(name, _)| name == "password") => join(&door, &visit, token, &form).await,
        Err(Error::Unauthorised) => {
            let back: String = url::form_urlencoded::byte_serialize(visit.path.as_bytes()).collect();
            Ok(door.go(&visit, &format!("/account/sign-in?next={back}")))
        }
        Err(error) => Err(error),
    }
}

/// Makes an account by the link and lets its owner in.
async fn join(door: &Door, visit: &Visit, token: String, form: &Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&visit.client)?;
    let refuse = |wrong: &Fields| Form::new(form::COMPANY_JOIN).typed(form.pairs()).fill("password", "").refuse(form::COMPANY_JOIN, wrong);
    let mut wrong = Fields::default();
    let name = register::name(form, &mut wrong);
    let password = form.get("password").to_string();
    if let Err(Error::Invalid(fields)) = logins::check_password(&password) {
        fields.0.iter().for_each(|(field, text)| wrong.add(field, text));
    }
    if !wrong.0.is_empty() {
        return page(door, visit, token, StatusCode::UNPROCESSABLE_ENTITY, Some(refuse(&wrong))).await;
    }
    let hash = blocking(move || logins::hash_password(&password)).await??;
    let (secret, language) = (token.clone(), visit.language.code());
    let joined = door.write(move |conn, now| invited::register(conn, &secret, &name, &hash, language, now)).await;
    match joined {
        Ok(login) => {
            sign_in::enter(door, visit, login).await?;
            visit.say(&door.signer, Tone::Success, "company-joined");
            Ok(door.go(visit, "/account/company"))
        }
        Err(Error::Conflict(told)) => {
            wrong.add("form", told);
            page(door, visit, token, StatusCode::CONFLICT, Some(refuse(&wrong))).await
        }
        Err(error) => Err(error),
    }
}
