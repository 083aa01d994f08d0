//! Signing in and out. What is answered, and how long it takes, does not tell whether there is such an account.

use super::{blocking, draw, local};
use crate::buying;
use crate::carts;
use crate::logins;
use crate::web::account::verify;
use crate::web::basket;
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::privacy::Recognition;
use crate::web::views::account::SignInView;
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::activities::{self, Activity, Kind};
use crm::email::Email;
use crm::trails::Evidence;
use crm::{CustomerId, identities};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Result, token};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Next {
    next: String,
}

pub async fn show(door: web::Data<Door>, visit: Visit, query: web::Query<Next>) -> Result<HttpResponse> {
    let next = local(&query.next).to_string();
    let seen = visit.clone();
    if door.read(move |conn, now| seen.customer(conn, now)).await?.is_some() {
        return Ok(door.go(&visit, &next));
    }
    let form = Form::new(form::SIGN_IN).fill("next", next);
    draw(&door, &visit, StatusCode::OK, "sign_in", "account-sign-in", SignInView { form }).await
}

pub async fn sign_in(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&visit.client)?;
    let password = form.get("password").to_string();
    let email = Email::parse(form.get("email"), "email").ok();
    let known = door
        .read(move |conn, _| {
            let Some(email) = email else { return Ok(None) };
            let Some(customer) = identities::by_address(conn, &email)? else { return Ok(None) };
            let hash = logins::password_hash(conn, customer.id)?;
            Ok(hash.map(|hash| (customer.id, hash)))
        })
        .await?;
    let (customer, hash) = known.map_or((None, String::new()), |(customer, hash)| (Some(customer), hash));
    // A long text is no password; it is not worth the work of hashing it.
    let right = password.len() <= 1000 && blocking(move || logins::matches(&password, &hash)).await?;
    let Some(customer) = customer.filter(|_| right) else {
        let mut wrong = Fields::default();
        wrong.add("form", "sign-in-wrong");
        let refused = Form::new(form::SIGN_IN)
            .typed(form.pairs())
            .fill("password", "")
            .fill("next", local(form.get("next")))
            .refuse(form::SIGN_IN, &wrong);
        return draw(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, "sign_in", "account-sign-in", SignInView { form: refused }).await;
    };
    if !door.read(move |conn, _| logins::verified(conn, customer)).await? {
        // Earlier orders of the address must not open for somebody who only knows the address.
        return verify::ask(&door, &visit, customer).await;
    }
    let merged = enter(&door, &visit, customer).await?;
    if merged {
        visit.say(&door.signer, Tone::Info, "cart-merged");
    }
    Ok(door.go(&visit, local(form.get("next"))))
}

/// Opens a session, and gives the browser's cart to the customer. The visitor's secret is changed, and the cart goes along.
/// Answers whether two carts became one.
pub(super) async fn enter(door: &Door, visit: &Visit, login: CustomerId) -> Result<bool> {
    let (session, secret, seen) = (token::random(), visit.renew(), visit.clone());
    visit.sign_in(&session);
    // Whoever signs in shops for themselves, or by their own membership.
    if visit.punchout.is_some() {
        visit.punch_out(None);
    }
    let recognition = Recognition::of(visit);
    let (merged, trail) = door
        .write(move |conn, now| {
            let customer = logins::open_session(conn, login, &session, &seen.user_agent, now)?;
            activities::record(conn, &came(customer, &token::hash(&session), now))?;
            let trail = recognition.join(conn, customer, Evidence::SignIn, "signed in", now)?;
            let had = carts::of_customer(conn, seen.site.id, customer)?.map(|cart| cart.id);
            let merged = take_cart(conn, &seen, customer, &secret, now)?;
            buying::resume(conn, &session, customer, had, now)?;
            Ok((merged, trail))
        })
        .await?;
    visit.keep_trail(trail);
    Ok(merged)
}

fn came(customer: CustomerId, key: &str, at: Time) -> Activity<'_> {
    let (trail, subject, amount) = (None, None, None);
    Activity { customer: Some(customer), trail, kind: Kind::SignedIn, at, source: "sessions", dedupe_key: key, subject, amount, detail: "" }
}

fn take_cart(conn: &mut Conn, visit: &Visit, customer: CustomerId, secret: &str, now: Time) -> Result<bool> {
    let earlier = carts::of_customer(conn, visit.site.id, customer)?;
    let Some(cart) = basket::find(conn, visit, Some(customer))? else { return Ok(false) };
    let both = cart.quote_version_id.is_none() && earlier.is_some_and(|earlier| earlier.id != cart.id);
    if cart.customer_id != Some(customer) || both {
        carts::merge(conn, cart.id, customer, now)?;
    }
    carts::adopt(conn, cart.id, secret, now)?;
    Ok(both)
}

pub async fn sign_out(door: web::Data<Door>, visit: Visit, _form: Posted) -> Result<HttpResponse> {
    if let Some(session) = visit.session.clone() {
        door.write(move |conn, _| logins::close_session(conn, &session)).await?;
    }
    visit.sign_out();
    // The cart stays with the customer; this browser begins anew.
    visit.renew();
    visit.another_trail();
    visit.say(&door.signer, Tone::Success, "signed-out");
    Ok(door.go(&visit, "/"))
}
