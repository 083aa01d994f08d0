//! What services that carry mails tell of them by HTTP instead of by mail: `POST /hooks/reports/{format}`, with the secret of
//! `inbound.hook_secret` as a bearer token or as the password in the address that the service is given. A program of the merchant's own
//! uses the format `plain`, and may sign the body instead: `X-Signature` is its HMAC-SHA256 (RFC 2104) with the secret, in hexadecimal
//! digits. Amazon signs by itself: [`super::sns_hook`].

use super::door::Door;
use super::mail_hook::{knows, told};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use crm::campaigns::reports::{self, Notice, Said};
use hmac::{Hmac, KeyInit, Mac};
use kernel::Result;
use kernel::token::Secret;
use serde_json::{Value, json};
use sha2::Sha256;

/// Bytes of a notice.
const LARGEST: usize = 256 * 1024;
/// Characters of a status that are kept.
const STATUS: usize = 40;

/// Where a service says what. Places are JSON pointers (RFC 6901).
struct Format {
    name: &'static str,
    message_id: &'static str,
    recipient: &'static str,
    status: &'static str,
    /// What it means when all of these places have these values; the first that fits.
    means: &'static [(&'static [(&'static str, &'static str)], Said)],
}

const FORMATS: &[Format] = &[
    Format {
        name: "plain",
        message_id: "/message_id",
        recipient: "/recipient",
        status: "/status",
        means: &[
            (&[("/event", "gone")], Said::Gone),
            (&[("/event", "bounced")], Said::Bounced),
            (&[("/event", "complained")], Said::Complained),
            (&[("/event", "unsubscribed")], Said::Unsubscribed),
        ],
    },
    // https://postmarkapp.com/developer/webhooks/webhooks-overview: mails have other names there.
    Format {
        name: "postmark",
        message_id: "",
        recipient: "/Email",
        status: "/Type",
        means: &[
            (&[("/RecordType", "Bounce"), ("/Type", "HardBounce")], Said::Gone),
            (&[("/RecordType", "Bounce"), ("/Type", "BadEmailAddress")], Said::Gone),
            (&[("/RecordType", "Bounce"), ("/Type", "SpamComplaint")], Said::Complained),
            (&[("/RecordType", "Bounce")], Said::Bounced),
            (&[("/RecordType", "SpamComplaint")], Said::Complained),
        ],
    },
    // https://documentation.mailgun.com/docs/mailgun/user-manual/events: a suppressed address failed for good, too.
    Format {
        name: "mailgun",
        message_id: "/event-data/message/headers/message-id",
        recipient: "/event-data/recipient",
        status: "/event-data/delivery-status/enhanced-code",
        means: &[
            (&[("/event-data/event", "failed"), ("/event-data/severity", "permanent"), ("/event-data/reason", "bounce")], Said::Gone),
            (&[("/event-data/event", "failed"), ("/event-data/severity", "permanent")], Said::Bounced),
            (&[("/event-data/event", "complained")], Said::Complained),
            (&[("/event-data/event", "unsubscribed")], Said::Unsubscribed),
        ],
    },
];

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/hooks/reports/{format}").route(web::post().to(receive)));
}

/// Reads a notice; `None` of one that nothing follows from.
fn read(format: &Format, body: &Value) -> Option<Notice> {
    let at = |place: &str| if place.is_empty() { "" } else { body.pointer(place).and_then(Value::as_str).unwrap_or("") };
    let (_, said) = format.means.iter().find(|(all, _)| all.iter().all(|(place, value)| at(place) == *value))?;
    Some(Notice {
        said: *said,
        message_id: at(format.message_id).trim_matches(['<', '>', ' ']).to_string(),
        recipient: at(format.recipient).trim().to_string(),
        status: at(format.status).chars().filter(|c| !c.is_control()).take(STATUS).collect(),
    })
}

/// Whether the body was signed with the secret.
fn signed(request: &HttpRequest, secret: &Secret, body: &[u8]) -> bool {
    let shown = request.headers().get("x-signature").and_then(|value| hex::decode(value.to_str().ok()?.trim()).ok());
    let (Some(shown), Ok(mut mac)) = (shown, Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())) else { return false };
    mac.update(body);
    mac.verify_slice(&shown).is_ok()
}

/// Keeps a notice. What is not understood is answered all the same: a service that is refused sends it again for days.
async fn receive(door: web::Data<Door>, request: HttpRequest, format: web::Path<String>, body: web::Payload) -> Result<HttpResponse> {
    let Some(secret) = &door.config.inbound.hook_secret else { return Ok(told(StatusCode::NOT_FOUND, "reports are not taken here")) };
    let Some(format) = FORMATS.iter().find(|one| one.name == format.as_str()) else {
        return Ok(told(StatusCode::NOT_FOUND, "the format is plain, postmark, mailgun or ses"));
    };
    let Ok(Ok(body)) = body.to_bytes_limited(LARGEST).await else {
        return Ok(told(StatusCode::PAYLOAD_TOO_LARGE, "a report has at most 256 KiB"));
    };
    if !knows(request.headers(), secret) && !signed(&request, secret, &body) {
        return Ok(told(StatusCode::UNAUTHORIZED, "neither token nor signature is made with inbound.hook_secret"));
    }
    let Ok(value) = serde_json::from_slice::<Value>(&body) else { return Ok(told(StatusCode::BAD_REQUEST, "the body must be JSON")) };
    let kept = match read(format, &value) {
        Some(notice) => door.write(move |conn, now| reports::noticed(conn, &notice, now)).await?,
        None => false,
    };
    Ok(HttpResponse::Ok().json(json!({ "kept": kept })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, body: Value) -> Option<Notice> {
        read(FORMATS.iter().find(|format| format.name == name).unwrap(), &body)
    }

    #[test]
    fn services_are_understood() {
        let notice =
            of("plain", json!({ "event": "gone", "message_id": "<1@shop.test>", "recipient": "a@b.test", "status": "5.1.1" })).unwrap();
        assert_eq!((notice.said, notice.message_id.as_str(), notice.status.as_str()), (Said::Gone, "1@shop.test", "5.1.1"));
        let hard = json!({ "RecordType": "Bounce", "Type": "HardBounce", "Email": "a@b.test", "MessageID": "00000000-0000" });
        assert_eq!(of("postmark", hard).map(|notice| (notice.said, notice.message_id)), Some((Said::Gone, String::new())));
        let soft = json!({ "RecordType": "Bounce", "Type": "SoftBounce", "Email": "a@b.test" });
        assert_eq!(of("postmark", soft).map(|notice| notice.said), Some(Said::Bounced));
        let complained = json!({ "event-data": { "event": "complained", "recipient": "a@b.test", "message": { "headers": { "message-id": "1@shop.test" } } } });
        assert_eq!(
            of("mailgun", complained).map(|notice| (notice.said, notice.message_id)),
            Some((Said::Complained, "1@shop.test".into()))
        );
        assert_eq!(of("mailgun", json!({ "event-data": { "event": "delivered" } })), None);
        assert_eq!(of("plain", json!([1])), None);
    }
}
