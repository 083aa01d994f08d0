//! The way in and out.

use super::desk::{self, Desk, SESSION};
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

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/sign-in").get(form).post(sign_in)).service(web::resource("/sign-out").post(sign_out));
}

async fn form(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let next = form_urlencoded::parse(visit.query.as_bytes()).find(|(name, _)| name == "next").map(|(_, value)| value.into_owned());
    show(&door, &visit, StatusCode::OK, Form::new(SIGN_IN).fill("next", next.unwrap_or_default()))
}

fn show(door: &Door, visit: &Visit, status: StatusCode, form: Form) -> Result<HttpResponse> {
    desk::render(door, visit, None, status, "admin/sign_in.html", "admin-sign-in", json!({ "form": form }))
}

async fn sign_in(door: web::Data<Door>, visit: Visit, posted: Posted) -> Result<HttpResponse> {
    let again = |status, wrong: &str| {
        let mut fields = Fields::default();
        fields.add("form", wrong);
        let typed = Form::new(SIGN_IN).fill("email", posted.get("email")).fill("next", posted.get("next"));
        show(&door, &visit, status, typed.refuse(SIGN_IN, &fields))
    };
    let Ok(email) = Email::parse(posted.get("email"), "email") else {
        return again(StatusCode::UNPROCESSABLE_ENTITY, "admin-sign-in-wrong");
    };
    // Counted by where the try comes from and by whom it is for: one guesser with many addresses is slowed down too.
    let tries = [format!("staff:from:{}", visit.client), format!("staff:to:{}", email.key())];
    if tries.iter().any(|key| door.limits.sign_in.check(key).is_err()) {
        return again(StatusCode::TOO_MANY_REQUESTS, "admin-sign-in-too-many");
    }
    let known = door.read(move |conn, _| staff::login(conn, &email)).await?;
    let password = posted.get("password").to_string();
    let (id, hash) = known.map_or((None, String::new()), |(id, hash)| (Some(id), hash));
    // Hashing takes as long for an unknown address, so that time does not tell who works here.
    let right = web::block(move || logins::matches(&password, &hash)).await.map_err(Error::unexpected)?;
    let Some(id) = id.filter(|_| right) else { return again(StatusCode::UNPROCESSABLE_ENTITY, "admin-sign-in-wrong") };
    let secret = token::random();
    let kept = secret.clone();
    door.write(move |conn, now| staff::open_session(conn, id, &kept, now)).await?;
    visit.renew();
    let mut answer = door.go(&visit, destination(posted.get("next")));
    answer.add_cookie(&cookie(&door, &secret, Duration::hours(staff::SESSION_HOURS))).map_err(Error::unexpected)?;
    Ok(answer)
}

/// Where to go after signing in: only a page of the back office.
fn destination(next: &str) -> &str {
    let inside = next == "/admin" || next.starts_with("/admin/") || next.starts_with("/admin?");
    let plain = !next.contains(['\\', '\r', '\n']) && !next.starts_with("/admin/sign-");
    if inside && plain { next } else { "/admin" }
}

fn cookie(door: &Door, secret: &str, age: Duration) -> Cookie<'static> {
    Cookie::build(SESSION, secret.to_string())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(door.config.https())
        .max_age(age)
        .finish()
}

async fn sign_out(desk: Desk, request: HttpRequest, _: Posted) -> Result<HttpResponse> {
    if let Some(cookie) = request.cookie(SESSION) {
        let secret = cookie.value().to_string();
        desk.write(move |conn, _| staff::close_session(conn, &secret)).await?;
    }
    desk.visit.renew();
    let mut answer = desk.door.go(&desk.visit, "/admin/sign-in");
    answer.add_cookie(&cookie(&desk.door, "", Duration::ZERO)).map_err(Error::unexpected)?;
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
