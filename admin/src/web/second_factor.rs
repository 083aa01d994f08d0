//! One's own second factor: setting it up with an app, its recovery codes, and turning it off.

use super::access::ENROL;
use super::account::prove;
use super::desk::{Desk, refusal};
use super::sign_in::too_many;
use crate::second_factor::{self, State};
use crate::{roles, sessions};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kernel::{Error, Result};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde_json::{Value, json};
use storefront::shop;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["code", "codes_password", "off_password"];

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    page(&desk, StatusCode::OK, Form::new(NAMES)).await
}

async fn page(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (id, role) = (desk.staff().id, desk.staff().role_id);
    let (state, name, demanded) = desk
        .read(move |conn| {
            let demanded = role.map(|role| roles::get(conn, role)).transpose()?.is_some_and(|role| role.second_factor);
            Ok((second_factor::state(conn, id)?, shop::get(conn)?.name, demanded))
        })
        .await?;
    let State { on, pending, spares } = state;
    let enrol = pending.filter(|_| !on).map(|secret| enrolment(&secret, &name, &desk.staff().email)).transpose()?;
    let view = json!({ "on": on, "spares": spares, "demanded": demanded, "enrol": enrol, "form": form });
    desk.page_as(status, "admin/second_factor.html", "admin-factor", view)
}

/// What an app is told: the secret to type, and a picture of the address that says all of it.
fn enrolment(secret: &str, shop: &str, email: &str) -> Result<Value> {
    let part = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let (shop, email) = (part(shop), part(email));
    let address = format!("otpauth://totp/{shop}:{email}?secret={secret}&issuer={shop}&algorithm=SHA1&digits=6&period=30");
    let code = QrCode::with_error_correction_level(address.as_bytes(), EcLevel::M).map_err(Error::unexpected)?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    let groups: Vec<&str> = (0..secret.len()).step_by(4).filter_map(|at| secret.get(at..secret.len().min(at + 4))).collect();
    // A picture in the page itself, which the content policy allows: the secret has no address that could end up in a log.
    Ok(json!({ "picture": format!("data:image/svg+xml;base64,{}", STANDARD.encode(picture)), "secret": groups.join(" ") }))
}

/// Makes a secret to be confirmed.
pub async fn start(desk: Desk, _: Posted) -> Result<HttpResponse> {
    let id = desk.staff().id;
    match desk.write(move |conn, _| second_factor::begin(conn, id)).await {
        Ok(()) => Ok(desk.door.go(&desk.visit, ENROL)),
        Err(error) => desk.explained(ENROL, error),
    }
}

pub async fn confirm(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (id, session, subject) = (desk.staff().id, desk.present.session.clone(), desk.staff().actor());
    let typed = posted.get("code").to_string();
    let done = match too_many(&desk.door, &desk.visit, &format!("staff:code:{id}")) {
        true => Err(Error::field("code", "admin-sign-in-too-many")),
        false => {
            desk.write(move |conn, act| {
                let Some(codes) = second_factor::confirm(conn, id, &typed, act.now)? else {
                    return Err(Error::field("code", "admin-code-wrong"));
                };
                // Whoever got in by the password alone is out.
                sessions::end_others(conn, id, Some(&session))?;
                act.log(conn, "staff.factor_on", &subject, &json!({ "second_factor": false }), &json!({ "second_factor": true }))?;
                Ok(codes)
            })
            .await
        }
    };
    match done {
        Ok(codes) => show_codes(&desk, &codes),
        Err(Error::Conflict(text)) => desk.explained(ENROL, Error::Conflict(text)),
        Err(error) => refused(&desk, error).await,
    }
}

async fn refused(desk: &Desk, error: Error) -> Result<HttpResponse> {
    let (status, wrong) = refusal(error)?;
    page(desk, status, Form::new(NAMES).refuse(NAMES, &wrong)).await
}

/// The recovery codes, on the page that answers their making and never again.
fn show_codes(desk: &Desk, codes: &[String]) -> Result<HttpResponse> {
    desk.page_as(StatusCode::CREATED, "admin/recovery_codes.html", "admin-spares", json!({ "codes": codes }))
}

pub async fn codes(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (id, subject) = (desk.staff().id, desk.staff().actor());
    let made = match prove(&desk, posted.get("codes_password"), "codes_password").await {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                let left = second_factor::state(conn, id)?.spares;
                let codes = second_factor::renew_spares(conn, id)?;
                act.log(conn, "staff.factor_codes", &subject, &json!({ "codes": left }), &json!({ "codes": codes.len() }))?;
                Ok(codes)
            })
            .await
        }
    };
    match made {
        Ok(codes) => show_codes(&desk, &codes),
        Err(error) => refused(&desk, error).await,
    }
}

pub async fn off(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (id, role, subject) = (desk.staff().id, desk.staff().role_id, desk.staff().actor());
    let done = match prove(&desk, posted.get("off_password"), "off_password").await {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                if role.map(|role| roles::get(conn, role)).transpose()?.is_some_and(|role| role.second_factor) {
                    return Err(Error::conflict("admin-factor-needed"));
                }
                if !second_factor::state(conn, id)?.on {
                    return Ok(());
                }
                second_factor::remove(conn, id)?;
                act.log(conn, "staff.factor_off", &subject, &json!({ "second_factor": true }), &json!({ "second_factor": false }))
            })
            .await
        }
    };
    match done {
        Ok(()) => Ok(desk.done("/admin/account", "admin-factor-off-done")),
        Err(error) => refused(&desk, error).await,
    }
}
