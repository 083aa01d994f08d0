//! The way in and out: the password, then the second factor of whoever has one.

use super::desk::{self, Desk, SESSION};
use crate::StaffId;
use crate::sessions::{self, Finish};
use crate::staff;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use crm::email::Email;
use kernel::error::Fields;
use kernel::{Error, Result, token};
use serde_json::json;
use storefront::logins;
use storefront::web::door::Door;
use storefront::web::posted::Posted;
use storefront::web::views::form::{Form, SIGN_IN};
use storefront::web::visit::Visit;

/// The cookie of a sign-in whose second factor is still to come. It opens nothing.
const HALF: &str = "staff_sign_in";
const CODE: &[&str] = &["code", "next"];
/// Bytes of the longest text that is worth the work of hashing it.
pub const PASSWORD: usize = 1000;

/// Where somebody wanted to go when they were asked to sign in.
fn wanted(visit: &Visit) -> String {
    let found = form_urlencoded::parse(visit.query.as_bytes()).find(|(name, _)| name == "next");
    found.map(|(_, value)| value.replace('\0', "")).unwrap_or_default()
}

pub async fn form(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    show(&door, &visit, StatusCode::OK, Form::new(SIGN_IN).fill("next", wanted(&visit)))
}

fn show(door: &Door, visit: &Visit, status: StatusCode, form: Form) -> Result<HttpResponse> {
    desk::render(door, visit, None, status, "admin/sign_in.html", "admin-sign-in", json!({ "form": form }))
}

pub async fn sign_in(door: web::Data<Door>, visit: Visit, posted: Posted) -> Result<HttpResponse> {
    let again = |status, wrong: &str| {
        let typed = Form::new(SIGN_IN).fill("email", posted.get("email")).fill("next", posted.get("next"));
        show(&door, &visit, status, typed.refuse(SIGN_IN, &above(wrong)))
    };
    let Ok(email) = Email::parse(posted.get("email"), "email") else {
        return again(StatusCode::UNPROCESSABLE_ENTITY, "admin-sign-in-wrong");
    };
    // Counted by where the try comes from and by whom it is for: one guesser with many addresses is slowed down too.
    if too_many(&door, &visit, &format!("staff:to:{}", email.key())) {
        return again(StatusCode::TOO_MANY_REQUESTS, "admin-sign-in-too-many");
    }
    let known = door.read(move |conn, _| staff::login(conn, &email)).await?;
    let hash = known.as_ref().map(|login| login.hash.clone()).unwrap_or_default();
    // Hashing takes as long for an unknown address, so that time does not tell who works here.
    let right = matches(posted.get("password"), hash).await?;
    let Some(login) = known.filter(|_| right) else { return again(StatusCode::UNPROCESSABLE_ENTITY, "admin-sign-in-wrong") };
    if login.second_factor {
        return half_way(&door, &visit, login.id, posted.get("next")).await;
    }
    enter(&door, &visit, login.id, posted.get("next")).await
}

/// Whether this client, or all clients about the same, tried too often.
pub fn too_many(door: &Door, visit: &Visit, about: &str) -> bool {
    [&format!("staff:from:{}", visit.client), about].iter().any(|key| door.limits.sign_in.check(key).is_err())
}

/// Whether `password` made `hash`, off the async threads.
pub async fn matches(password: &str, hash: String) -> Result<bool> {
    if password.len() > PASSWORD {
        return Ok(false);
    }
    let password = password.to_string();
    web::block(move || logins::matches(&password, &hash)).await.map_err(Error::unexpected)
}

/// The hash of a new password, off the async threads. `Invalid` about `password` when it is none.
pub async fn hashed(password: &str) -> Result<String> {
    logins::check_password(password)?;
    let password = password.to_string();
    web::block(move || logins::hash_password(&password)).await.map_err(Error::unexpected)?
}

/// A sentence above the form.
fn above(text: &str) -> Fields {
    let mut fields = Fields::default();
    fields.add("form", text);
    fields
}

/// Opens a session for somebody who has proven who they are, and sends them on.
pub async fn enter(door: &Door, visit: &Visit, id: StaffId, next: &str) -> Result<HttpResponse> {
    let secret = token::random();
    let (kept, agent) = (secret.clone(), visit.user_agent.clone());
    door.write(move |conn, now| sessions::open(conn, id, &kept, &agent, now)).await?;
    entered(door, visit, &secret, next)
}

fn entered(door: &Door, visit: &Visit, secret: &str, next: &str) -> Result<HttpResponse> {
    visit.renew();
    let mut answer = door.go(visit, destination(next));
    let fresh = cookie(door, SESSION, secret, Duration::hours(sessions::SESSION_HOURS));
    answer.add_cookie(&fresh).map_err(Error::unexpected)?;
    answer.add_cookie(&cookie(door, HALF, "", Duration::ZERO)).map_err(Error::unexpected)?;
    Ok(answer)
}

/// The password was right: asks for the second factor.
async fn half_way(door: &Door, visit: &Visit, id: StaffId, next: &str) -> Result<HttpResponse> {
    let secret = token::random();
    let kept = secret.clone();
    door.write(move |conn, now| sessions::begin(conn, id, &kept, now)).await?;
    visit.renew();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", destination(next)).finish();
    let mut answer = door.go(visit, &format!("/admin/sign-in/code?{query}"));
    let half = cookie(door, HALF, &secret, Duration::minutes(sessions::SIGN_IN_MINUTES));
    answer.add_cookie(&half).map_err(Error::unexpected)?;
    Ok(answer)
}

/// The secret of the half sign-in that the browser sent, and whose it is.
async fn begun(door: &Door, request: &HttpRequest) -> Result<Option<(String, StaffId)>> {
    let Some(cookie) = request.cookie(HALF) else { return Ok(None) };
    let secret = cookie.value().to_string();
    let asked = secret.clone();
    let id = door.read(move |conn, now| sessions::begun(conn, &asked, now)).await?;
    Ok(id.map(|id| (secret, id)))
}

pub async fn code_form(door: web::Data<Door>, visit: Visit, request: HttpRequest) -> Result<HttpResponse> {
    if begun(&door, &request).await?.is_none() {
        return Ok(door.go(&visit, "/admin/sign-in"));
    }
    show_code(&door, &visit, StatusCode::OK, Form::new(CODE).fill("next", wanted(&visit)))
}

fn show_code(door: &Door, visit: &Visit, status: StatusCode, form: Form) -> Result<HttpResponse> {
    desk::render(door, visit, None, status, "admin/sign_in_code.html", "admin-sign-in-code", json!({ "form": form }))
}

pub async fn code(door: web::Data<Door>, visit: Visit, request: HttpRequest, posted: Posted) -> Result<HttpResponse> {
    let over = || {
        let form = Form::new(SIGN_IN).fill("next", posted.get("next"));
        show(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, form.refuse(SIGN_IN, &above("admin-sign-in-over")))
    };
    let Some((half, id)) = begun(&door, &request).await? else { return over() };
    let again = |status, field: &str, wrong: &str| {
        let mut fields = Fields::default();
        fields.add(field, wrong);
        show_code(&door, &visit, status, Form::new(CODE).fill("next", posted.get("next")).refuse(CODE, &fields))
    };
    if too_many(&door, &visit, &format!("staff:code:{id}")) {
        return again(StatusCode::TOO_MANY_REQUESTS, "form", "admin-sign-in-too-many");
    }
    // The session has a token of its own: what came before the second factor is worth nothing after it.
    let secret = token::random();
    let (kept, typed, agent) = (secret.clone(), posted.get("code").to_string(), visit.user_agent.clone());
    match door.write(move |conn, now| sessions::finish(conn, &half, &typed, &kept, &agent, now)).await? {
        Finish::Open => entered(&door, &visit, &secret, posted.get("next")),
        Finish::Wrong => again(StatusCode::UNPROCESSABLE_ENTITY, "code", "admin-code-wrong"),
        Finish::Over => over(),
    }
}

/// Where to go after signing in: only a page of the back office.
fn destination(next: &str) -> &str {
    let inside = next == "/admin" || next.starts_with("/admin/") || next.starts_with("/admin?");
    let plain = !next.contains(['\\', '\r', '\n']) && !next.starts_with("/admin/sign-");
    if inside && plain { next } else { "/admin" }
}

fn cookie(door: &Door, name: &'static str, secret: &str, age: Duration) -> Cookie<'static> {
    Cookie::build(name, secret.to_string())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(door.config.https())
        .max_age(age)
        .finish()
}

pub async fn sign_out(desk: Desk, _: Posted) -> Result<HttpResponse> {
    let (id, session) = (desk.staff().id, desk.present.session.clone());
    desk.write(move |conn, _| sessions::end(conn, id, &session).map(drop)).await?;
    desk.visit.renew();
    let mut answer = desk.door.go(&desk.visit, "/admin/sign-in");
    answer.add_cookie(&cookie(&desk.door, SESSION, "", Duration::ZERO)).map_err(Error::unexpected)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::destination;

    #[test]
    fn signing_in_leads_to_the_back_office_only() {
        for (next, to) in [
            ("/admin/orders?q=a%40b.de", "/admin/orders?q=a%40b.de"),
            ("/admin", "/admin"),
            ("", "/admin"),
            ("https://evil.test/admin", "/admin"),
            ("//evil.test/admin/", "/admin"),
            ("/administrator", "/admin"),
            ("/admin/sign-in", "/admin"),
            ("/admin/\\evil", "/admin"),
        ] {
            assert_eq!(destination(next), to, "{next}");
        }
    }
}
