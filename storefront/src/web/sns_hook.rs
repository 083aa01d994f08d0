//! What Amazon SES tells of mails by way of Amazon SNS: `POST /hooks/reports/ses`, of the topics in `inbound.sns_topics`. A message proves by
//! Amazon's signature who wrote it; there is no secret.

use super::door::Door;
use super::mail_hook::told;
use crate::sns;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::mail::sns::Message;
use kernel::{Error, Result};
use serde_json::json;

/// Bytes of a message: as many as SNS sends.
const LARGEST: usize = 256 * 1024;

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/hooks/reports/ses").route(web::post().to(receive)));
}

/// Takes a message. While Amazon's certificate cannot be had it answers 503, and SNS sends it again.
async fn receive(door: web::Data<Door>, body: web::Payload) -> Result<HttpResponse> {
    let topics = &door.config.inbound.sns_topics;
    if topics.is_empty() {
        return Ok(told(StatusCode::NOT_FOUND, "messages of Amazon SNS are not taken here"));
    }
    let Ok(Ok(body)) = body.to_bytes_limited(LARGEST).await else {
        return Ok(told(StatusCode::PAYLOAD_TOO_LARGE, "a message has at most 256 KiB"));
    };
    let Ok(message) = serde_json::from_slice::<Message>(&body) else {
        return Ok(told(StatusCode::BAD_REQUEST, "the body must be a message of Amazon SNS, without raw message delivery"));
    };
    if !topics.contains(&message.topic_arn) {
        return Ok(told(StatusCode::FORBIDDEN, "the topic is none of inbound.sns_topics"));
    }
    if !message.is_amazons() {
        return Ok(told(StatusCode::FORBIDDEN, "the certificate is not one of Amazon SNS in the region of the topic"));
    }
    let (db, address, now) = (door.db.clone(), message.certificate.clone(), door.now());
    let found = web::block(move || sns::certificate(&db, &address, &sns::fetch, now)).await.map_err(Error::unexpected)?;
    let certificate = match found {
        Ok(certificate) => certificate,
        Err(Error::Unavailable(reason)) => return Ok(told(StatusCode::SERVICE_UNAVAILABLE, &reason)),
        Err(error) => return Err(error),
    };
    if let Err(reason) = message.verify(certificate.as_bytes(), now) {
        return Ok(told(StatusCode::UNAUTHORIZED, reason));
    }
    let kept = door.write(move |conn, now| sns::take(conn, &message, now)).await?;
    Ok(HttpResponse::Ok().json(json!({ "kept": kept })))
}
