//! A forgotten password: a mail with a link, and a new one.

use super::verify::Link;
use super::{blocking, draw, sign_in};
use crate::logins::{self, Purpose};
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::account::{ForgotView, ResetView};
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::email::Email;
use crm::identities;
use kernel::{Error, Result};

pub async fn show_forgot(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    draw(&door, &visit, StatusCode::OK, "forgot", "account-forgot", ForgotView { form: Form::new(form::FORGOT), sent: false }).await
}

/// Answers the same for every address; only who reads the mailbox learns more.
pub async fn forgot(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&visit.client)?;
    let email = match Email::parse(form.get("email"), "email") {
        Ok(email) => email,
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::FORGOT).typed(form.pairs()).refuse(form::FORGOT, &wrong);
            let view = ForgotView { form: refused, sent: false };
            return draw(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, "forgot", "account-forgot", view).await;
        }
        Err(error) => return Err(error),
    };
    let (mailer, store) = (door.mailer(), visit.site.id);
    door.write(move |conn, now| {
        let Some(customer) = identities::by_address(conn, &email)? else { return Ok(()) };
        if logins::password_hash(conn, customer.id)?.is_none() {
            return Ok(());
        }
        let token = logins::issue_token(conn, customer.id, Purpose::Reset, now)?;
        mailer.reset_password(conn, store, &customer, &token, now)
    })
    .await?;
    draw(&door, &visit, StatusCode::OK, "forgot", "account-forgot", ForgotView { form: Form::new(form::FORGOT), sent: true }).await
}

async fn page(door: &Door, visit: &Visit, status: StatusCode, form: Form, expired: bool) -> Result<HttpResponse> {
    draw(door, visit, status, "reset", "account-reset", ResetView { form, expired }).await
}

pub async fn show_reset(door: web::Data<Door>, visit: Visit, query: web::Query<Link>) -> Result<HttpResponse> {
    let token = query.into_inner().token;
    let asked = token.clone();
    let owner = door.read(move |conn, now| logins::token_owner(conn, &asked, Purpose::Reset, now)).await?;
    page(&door, &visit, StatusCode::OK, Form::new(form::RESET).fill("token", token), owner.is_none()).await
}

pub async fn reset(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&visit.client)?;
    let (token, password) = (form.get("token").to_string(), form.get("password").to_string());
    if let Err(Error::Invalid(wrong)) = logins::check_password(&password) {
        let refused = Form::new(form::RESET).fill("token", token).refuse(form::RESET, &wrong);
        return page(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, refused, false).await;
    }
    let hash = blocking(move || logins::hash_password(&password)).await??;
    let changed = door.write(move |conn, now| {
        let Some(customer) = logins::use_token(conn, &token, Purpose::Reset, now)? else { return Ok(None) };
        logins::set_password(conn, customer, &hash)?;
        Ok(Some(customer))
    });
    match changed.await? {
        Some(customer) => {
            sign_in::enter(&door, &visit, customer).await?;
            visit.say(&door.signer, Tone::Success, "password-changed");
            Ok(door.go(&visit, "/account"))
        }
        None => page(&door, &visit, StatusCode::OK, Form::new(form::RESET), true).await,
    }
}
