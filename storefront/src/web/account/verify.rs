//! Proving that an address is one's own. Opening the link changes nothing, since mail scanners open links too; the button does.

use super::{draw, sign_in};
use crate::logins::{self, Purpose};
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::account::{VerifyState, VerifyView};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::{CustomerId, customers};
use kernel::{Error, Result};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    pub token: String,
}

async fn page(door: &Door, visit: &Visit, state: VerifyState, token: String, email: Option<String>) -> Result<HttpResponse> {
    draw(door, visit, StatusCode::OK, "verify", "account-verify", VerifyView { token, state, email }).await
}

pub async fn show(door: web::Data<Door>, visit: Visit, query: web::Query<Link>) -> Result<HttpResponse> {
    let token = query.into_inner().token;
    let asked = token.clone();
    let owner = door.read(move |conn, now| logins::token_owner(conn, &asked, Purpose::Verify, now)).await?;
    let state = if owner.is_some() { VerifyState::Ask } else { VerifyState::Expired };
    page(&door, &visit, state, token, None).await
}

pub async fn verify(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&visit.client)?;
    let token = form.get("token").to_string();
    let used = door.write(move |conn, now| logins::use_token(conn, &token, Purpose::Verify, now)).await?;
    match used {
        // Whoever reads the mailbox and pressed the button is let in.
        Some(customer) => {
            sign_in::enter(&door, &visit, customer).await?;
            visit.say(&door.signer, Tone::Success, "account-verify-done");
            Ok(door.go(&visit, "/account"))
        }
        None => page(&door, &visit, VerifyState::Expired, String::new(), None).await,
    }
}

/// Sends the link again to the signed-in customer.
pub async fn send(door: web::Data<Door>, visit: Visit, _form: Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&visit.client)?;
    let seen = visit.clone();
    match door.read(move |conn, now| seen.login(conn, now)).await {
        Ok(customer) => ask(&door, &visit, customer).await,
        Err(Error::Unauthorised) => Ok(door.go(&visit, "/account/sign-in")),
        Err(error) => Err(error),
    }
}

/// Mails a fresh link and says so.
pub(super) async fn ask(door: &Door, visit: &Visit, customer: CustomerId) -> Result<HttpResponse> {
    let (mailer, store) = (door.mailer(), visit.site.id);
    door.write(move |conn, now| {
        let token = logins::issue_token(conn, customer, Purpose::Verify, now)?;
        let customer = customers::get(conn, customer)?;
        mailer.verify_email(conn, store, &customer, &token, now)
    })
    .await?;
    page(door, visit, VerifyState::Sent, String::new(), None).await
}
