//! Notices from payment providers. They are only hints of what to look up: noted once, and a job asks the provider.

use super::door::Door;
use crate::disputes;
use crate::payments;
use crate::refunds;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use kernel::Result;

/// The largest notice that is read, in bytes.
const LARGEST: usize = 256 * 1024;

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/webhooks/{provider}").app_data(web::PayloadConfig::new(LARGEST)).route(web::post().to(notice)));
}

async fn notice(door: web::Data<Door>, request: HttpRequest, provider: web::Path<String>, body: Bytes) -> Result<HttpResponse> {
    let Some((gateway, header)) = door.gateways.find(&provider).and_then(|gateway| Some((gateway.clone(), gateway.signature_header()?)))
    else {
        return Ok(plain(StatusCode::NOT_FOUND, "no such provider"));
    };
    let signature = request.headers().get(header).and_then(|value| value.to_str().ok()).unwrap_or("");
    let notice = match gateway.read_notice(signature, &body, door.now().and_utc().timestamp()) {
        Ok(notice) => notice,
        Err(error) => {
            tracing::warn!(provider = gateway.name(), %error, "a webhook was refused");
            return Ok(plain(StatusCode::BAD_REQUEST, "refused"));
        }
    };
    let provider = gateway.name();
    door.write(move |conn, now| {
        let reference = notice.reference.as_deref().unwrap_or("");
        if !payments::note_webhook(conn, provider, &notice.event_id, &notice.kind, reference, now)? {
            return Ok(());
        }
        // The key is known from the commit of the order on, the reference only once the opening was answered.
        let by_key = match &notice.payment_key {
            Some(key) => payments::find_by_key(conn, key)?,
            None => None,
        };
        let payment = match by_key {
            Some(payment) => Some(payment),
            None => payments::find_by_reference(conn, provider, reference)?,
        };
        // Of a refund only its own id is sure to be known here: its notice names the provider's payment, not the page that was paid on.
        if let Some(refund) = &notice.refund
            && let Some(payment) = refunds::payment_of(conn, provider, refund)?
        {
            refunds::schedule_check(conn, payment, now)?;
        }
        if let Some(dispute) = &notice.dispute {
            disputes::told(conn, provider, dispute, (reference, payment.as_ref()), now)?;
        }
        match payment {
            Some(payment) => payments::schedule_check(conn, payment.id, now),
            None => Ok(()),
        }
    })
    .await?;
    Ok(plain(StatusCode::OK, "noted"))
}

fn plain(status: StatusCode, text: &'static str) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(text)
}
