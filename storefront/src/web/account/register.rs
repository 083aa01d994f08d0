//! Making an account. The answer is the same whether or not the address is known; the mail makes the difference.

use super::{blocking, draw};
use crate::ids::StoreId;
use crate::logins::{self, Purpose};
use crate::mails::Mailer;
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::account::{RegisterView, VerifyState, VerifyView};
use crate::web::views::form::{self, Form};
use crate::web::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::consents::{self, Consent, Statement};
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use crm::identities;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};

/// The most letters of a name.
pub(super) const NAME: usize = 120;

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let seen = visit.clone();
    if door.read(move |conn, now| seen.customer(conn, now)).await?.is_some() {
        return Ok(door.go(&visit, "/account"));
    }
    draw(&door, &visit, StatusCode::OK, "register", "account-register", RegisterView { form: Form::new(form::REGISTER) }).await
}

struct Wanted {
    new: NewCustomer,
    password: String,
    marketing: bool,
}

fn read(form: &Posted, language: &str) -> Result<Wanted> {
    let mut wrong = Fields::default();
    let name = name(form, &mut wrong);
    let email = Email::parse(form.get("email"), "email");
    let password = form.get("password").to_string();
    for refused in [email.as_ref().err(), logins::check_password(&password).as_ref().err()] {
        if let Some(Error::Invalid(fields)) = refused {
            fields.0.iter().for_each(|(field, text)| wrong.add(field, text));
        }
    }
    match email {
        Ok(email) if wrong.0.is_empty() => {
            let new = NewCustomer { email, name, phone: String::new(), language: language.to_string() };
            Ok(Wanted { new, password, marketing: form.ticked("marketing") })
        }
        _ => Err(Error::Invalid(wrong)),
    }
}

/// The posted name on one line.
pub(super) fn name(form: &Posted, wrong: &mut Fields) -> String {
    let name = form.get("name").split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => wrong.add("name", "field-required"),
        1..=NAME => {}
        _ => wrong.add("name", "field-too-long"),
    }
    name
}

pub async fn register(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&visit.client)?;
    let wanted = match read(&form, visit.language.code()) {
        Ok(wanted) => wanted,
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::REGISTER).typed(form.pairs()).fill("password", "").refuse(form::REGISTER, &wrong);
            return draw(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, "register", "account-register", RegisterView { form: refused })
                .await;
        }
        Err(error) => return Err(error),
    };
    let password = wanted.password.clone();
    let hash = blocking(move || logins::hash_password(&password)).await??;
    let (mailer, store) = (door.mailer(), visit.site.id);
    door.write(move |conn, now| join(conn, store, &wanted, &hash, &mailer, now)).await?;
    let view = VerifyView { token: String::new(), state: VerifyState::Sent, email: None };
    draw(&door, &visit, StatusCode::OK, "verify", "account-verify", view).await
}

fn join(conn: &mut Conn, store: StoreId, wanted: &Wanted, hash: &str, mailer: &Mailer, now: Time) -> Result<()> {
    let known = customers::ensure(conn, &wanted.new, now)?;
    // The login belongs to the address, also when staff merged its customer into another.
    let customer = identities::by_address(conn, &wanted.new.email)?.ok_or(Error::NotFound)?;
    let id = customer.id;
    if logins::verified(conn, id)? {
        // Somebody who forgot, or somebody else: the mail goes to the owner and lets them in.
        let token = logins::issue_token(conn, id, Purpose::Reset, now)?;
        return mailer.reset_password(conn, store, &customer, &token, now);
    }
    // Until the address is proven, the last who registered it and can read its mails has the say.
    if !logins::register(conn, id, hash, now)? {
        logins::set_password(conn, id, hash)?;
    }
    if wanted.marketing {
        let statement =
            Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: "ticked at registration" };
        consents::record(conn, known, &statement, now)?;
    }
    let token = logins::issue_token(conn, id, Purpose::Verify, now)?;
    mailer.verify_email(conn, store, &customer, &token, now)
}
