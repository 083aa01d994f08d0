//! Mails that a program of the merchant received and posts as they came (`message/rfc822`), with the envelope in the query:
//! `POST /hooks/mail?from=ann@example.com&to=help@shop.example`. An empty `from` is the null sender; without one nobody said.

use super::door::Door;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crm::inbound::{self, Envelope, LARGEST, Way};
use kernel::token::{self, Secret};
use kernel::{Error, Result};
use serde_json::{Value, json};

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/hooks/mail").route(web::post().to(receive)));
}

/// Stores the mail and answers its number, the same when the same bytes are posted again. Nothing of a body is read for whoever does not
/// know the secret.
async fn receive(door: web::Data<Door>, request: HttpRequest, body: web::Payload) -> Result<HttpResponse> {
    let Some(secret) = &door.config.inbound.hook_secret else { return Ok(told(StatusCode::NOT_FOUND, "mails are not taken here")) };
    if !knows(request.headers(), secret) {
        return Ok(told(StatusCode::UNAUTHORIZED, "the bearer token is not the one of inbound.hook_secret"));
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if !kind.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("message/rfc822") {
        return Ok(told(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be a mail as message/rfc822"));
    }
    let raw = match body.to_bytes_limited(LARGEST).await {
        Ok(Ok(raw)) => raw,
        Ok(Err(_)) => return Ok(told(StatusCode::BAD_REQUEST, "the mail did not arrive whole")),
        Err(_) => return Ok(told(StatusCode::PAYLOAD_TOO_LARGE, "the mail is larger than 50 MiB")),
    };
    let envelope = envelope(request.query_string());
    match door.write(move |conn, now| inbound::receive(conn, &raw, &envelope, now)).await {
        Ok(id) => Ok(HttpResponse::Ok().json(json!({ "id": id }))),
        Err(Error::Invalid(_)) => Ok(told(StatusCode::UNPROCESSABLE_ENTITY, "there is nothing in the mail")),
        Err(error) => Err(error),
    }
}

/// Whether a request shows the secret. Hashes are compared: how long that takes tells nothing about the secret.
pub(super) fn knows(headers: &HeaderMap, secret: &Secret) -> bool {
    shown(headers).is_some_and(|shown| token::hash(&shown) == token::hash(secret.expose()))
}

/// The secret that a request shows: as a bearer token, or as the password of basic authentication (RFC 7617), which is what stands in an
/// address.
pub(super) fn shown(headers: &HeaderMap) -> Option<String> {
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    match (said.strip_prefix("Bearer "), said.strip_prefix("Basic ")) {
        (Some(token), _) => Some(token.trim().to_string()),
        (None, Some(pair)) => basic(pair.trim()),
        (None, None) => None,
    }
}

/// The password of a name and a password.
fn basic(pair: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(pair).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_string())
}

fn envelope(query: &str) -> Envelope {
    let (mut sender, mut recipients) = (None, Vec::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "from" => sender = Some(value.into_owned()),
            "to" => recipients.push(value.into_owned()),
            _ => {}
        }
    }
    Envelope { way: Way::Hook, sender, recipients }
}

pub(super) fn told(status: StatusCode, reason: &str) -> HttpResponse {
    let answer: Value = json!({ "error": reason });
    HttpResponse::build(status).json(answer)
}
