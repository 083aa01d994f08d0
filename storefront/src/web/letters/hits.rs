//! Links, pictures and the page of a mail: what is done with it is kept, with the reasons to think that a machine did it.

use super::own;
use crate::campaigns::{self, links};
use crate::web::door::Door;
use crate::web::visit::Visit;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use crm::campaigns::{Claimed, DeliveryId, Hit, hits, machines, reports};
use crm::consents::{self, Consent};
use crm::topics::TRACKING;
use crm::trails::{self, Evidence};
use kernel::{Error, Result};
use url::Url;

/// A transparent picture of one pixel.
const PIXEL: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
/// A mail is looked at as a page of its own, in which nothing runs and nothing is sent.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; frame-ancestors 'none'; base-uri 'none'; \
                      form-action 'none'";

/// What browsers say that fetch what nobody asked for yet.
fn purpose(request: &HttpRequest) -> String {
    let said = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_string();
    [said("sec-purpose"), said("purpose"), said("x-moz")].join(" ")
}

/// Keeps a hit of whoever allowed to be counted. A person's click also tells whose browser this is, if it may be recognised.
async fn keep(door: &Door, visit: &Visit, request: &HttpRequest, id: DeliveryId, hit: Hit, target: String) -> Result<()> {
    let machine = machines::told(&visit.user_agent, request.method() == Method::HEAD, &purpose(request));
    let trail = visit.trail().map(ToString::to_string);
    door.write(move |conn, now| {
        let found = hits::get(conn, id)?;
        let Some(customer) = reports::person(conn, &found)? else { return Ok(()) };
        if consents::current(conn, customer, "email", TRACKING)? != Some(Consent::Given) {
            return Ok(());
        }
        let person = hits::record(conn, id, hit, &target, &machine, now)?;
        if let Some(secret) = trail.as_deref().filter(|_| person && hit == Hit::Click)
            && trails::allowed(conn, customer)?
        {
            trails::join(conn, secret, customer, Evidence::MailLink, &format!("link of mail {id}"), now)?;
        }
        Ok(())
    })
    .await
}

/// [`keep`] for what is answered in any case.
async fn try_keep(door: &Door, visit: &Visit, request: &HttpRequest, id: DeliveryId, hit: Hit, target: String) {
    match keep(door, visit, request, id, hit, target).await {
        Ok(()) | Err(Error::NotFound) => {}
        Err(error) => tracing::warn!(%error, "a hit of a mail was not kept"),
    }
}

/// Sends the reader on to where the link of the mail led. Nobody but the shop makes such links.
pub async fn click(door: web::Data<Door>, visit: Visit, request: HttpRequest, token: web::Path<String>) -> Result<HttpResponse> {
    let (id, target) = links::read(&door.signer, &token).filter(|(_, target)| !target.is_empty()).ok_or(Error::NotFound)?;
    // As a header takes it: without letters beyond ASCII.
    let to = Url::parse(&target).map_err(|_| Error::NotFound)?.to_string();
    try_keep(&door, &visit, &request, id, Hit::Click, target).await;
    Ok(HttpResponse::Found()
        .insert_header((header::LOCATION, to))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-robots-tag", "noindex, nofollow"))
        .finish())
}

pub async fn open(door: web::Data<Door>, visit: Visit, request: HttpRequest, token: web::Path<String>) -> Result<HttpResponse> {
    let id = own(&door, &token)?;
    try_keep(&door, &visit, &request, id, Hit::Open, String::new()).await;
    Ok(HttpResponse::Ok().content_type("image/gif").insert_header((header::CACHE_CONTROL, "no-store")).body(PIXEL))
}

/// The mail as a page. What somebody may not be sent any more they may still read.
pub async fn view(door: web::Data<Door>, visit: Visit, request: HttpRequest, token: web::Path<String>) -> Result<HttpResponse> {
    let id = own(&door, &token)?;
    let ways = door.mailer();
    let html = door
        .read(move |conn, now| {
            let found = hits::get(conn, id)?;
            let customer = reports::person(conn, &found)?.ok_or(Error::NotFound)?;
            let claimed = Claimed {
                id,
                campaign: found.campaign,
                variant: found.variant.ok_or(Error::NotFound)?,
                customer,
                round: found.round,
                message_id: found.message_id,
                attempts: found.attempts,
            };
            campaigns::view(conn, &claimed, &ways, now)?.map_err(Error::conflict)
        })
        .await?;
    try_keep(&door, &visit, &request, id, Hit::View, String::new()).await;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header(("x-robots-tag", "noindex, nofollow"))
        .body(html))
}
