//! Unsubscribing, and why somebody got a mail.

use super::own;
use crate::campaigns::links;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::views::letters::{UnsubscribeView, WhyView};
use crate::web::views::page::{Page, PageView};
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::campaigns::hits::{self, Received};
use crm::campaigns::reports::{self, Scope};
use crm::consents::{self, Consent};
use crm::topics::{self, TRACKING};
use kernel::{Conn, Result};
use serde::Serialize;
use url::form_urlencoded;

/// What a mail program posts to unsubscribe by itself (RFC 8058, section 3.1).
const ONE_CLICK: (&str, &str) = ("List-Unsubscribe", "One-Click");

/// The page of what somebody chooses of mail, by the token of a mail.
pub(super) fn preferences_path(token: &str) -> String {
    format!("/m/{token}/preferences")
}

/// Draws a page that a link of a mail leads to. No search engine keeps it.
pub(super) fn draw<V: Serialize>(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    template: &str,
    title: &str,
    mut page: PageView,
    view: V,
) -> Result<HttpResponse> {
    page.title = Words::of(&door.templates, visit.language)?.get(title);
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, &visit.path, visit.language);
    door.render_as(status, visit, &format!("storefront/letters/{template}.html"), &Page { page, view })
}

/// The name of what a mail was about.
fn topic_name(conn: &mut Conn, found: &Received, language: &str) -> Result<String> {
    Ok(topics::by_code(conn, &found.topic)?.map_or_else(|| found.topic.clone(), |topic| topic.name(language).to_string()))
}

async fn unsubscribe_page(door: &Door, visit: &Visit, token: String, state: &'static str) -> Result<HttpResponse> {
    let id = own(door, &token)?;
    let (seen, to) = (visit.clone(), links::unsubscribe_path(&door.signer, id));
    let (page, view) = door
        .read(move |conn, now| {
            let found = hits::get(conn, id)?;
            let topic = topic_name(conn, &found, seen.language.code())?;
            let page = frame::load(conn, &seen, now)?;
            Ok((page, UnsubscribeView { state, topic, to, preferences: preferences_path(&token) }))
        })
        .await?;
    draw(door, visit, StatusCode::OK, "unsubscribe", "unsubscribe-title", page, view)
}

/// Asks: scanners of mails open links too.
pub async fn ask(door: web::Data<Door>, visit: Visit, token: web::Path<String>) -> Result<HttpResponse> {
    unsubscribe_page(&door, &visit, token.into_inner(), "ask").await
}

/// Unsubscribes whoever the mail was to: by the button of the page, or by their mail program (RFC 8058), which has no cookie and reads no
/// answer. It holds from the next mail that is claimed on.
pub async fn unsubscribe(door: web::Data<Door>, visit: Visit, token: web::Path<String>, body: web::Bytes) -> Result<HttpResponse> {
    let id = own(&door, &token)?;
    let one_click = is_one_click(&body);
    let scope = if !one_click && fields(&body).get("scope") == Scope::All.as_str() { Scope::All } else { Scope::Topic };
    let proof = if one_click { "one-click unsubscribe (RFC 8058)" } else { "unsubscribed on the page of a mail" };
    door.write(move |conn, now| reports::unsubscribe(conn, id, scope, proof, now)).await?;
    if one_click {
        return Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("unsubscribed\n"));
    }
    unsubscribe_page(&door, &visit, token.into_inner(), if scope == Scope::All { "done-all" } else { "done" }).await
}

/// The fields of a form that proves itself by the token in its address.
pub(in crate::web) fn fields(body: &[u8]) -> Posted {
    form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.replace('\0', ""))).collect()
}

/// Whether a body is that of RFC 8058: urlencoded, or one part of `multipart/form-data`.
pub(in crate::web) fn is_one_click(body: &[u8]) -> bool {
    let (name, value) = ONE_CLICK;
    if form_urlencoded::parse(body).any(|(field, said)| field == name && said == value) {
        return true;
    }
    let text = String::from_utf8_lossy(body);
    text.contains(&format!("name=\"{name}\"")) && text.lines().any(|line| line.trim() == value)
}

/// Tells why somebody got a mail, as the ledger of consents says it.
pub async fn why(door: web::Data<Door>, visit: Visit, token: web::Path<String>) -> Result<HttpResponse> {
    let (id, token) = (own(&door, &token)?, token.into_inner());
    let (seen, unsubscribe) = (visit.clone(), links::unsubscribe_path(&door.signer, id));
    let (page, view) = door
        .read(move |conn, now| {
            let found = hits::get(conn, id)?;
            let language = seen.language.code();
            let topic = topics::by_code(conn, &found.topic)?;
            let customer = reports::person(conn, &found)?;
            let said = match customer {
                Some(customer) => consents::of(conn, customer)?,
                None => Vec::new(),
            };
            // The latest word about it comes first.
            let last = said.iter().find(|one| one.channel == "email" && one.topic == found.topic);
            let counted = said.iter().find(|one| one.channel == "email" && one.topic == TRACKING);
            let view = WhyView {
                topic: topic.as_ref().map_or(found.topic.clone(), |topic| topic.name(language).to_string()),
                description: topic.as_ref().map_or(String::new(), |topic| topic.description(language).to_string()),
                given_at: last.filter(|one| one.state == Consent::Given).map(|one| one.created_at),
                tracking: counted.is_some_and(|one| one.state == Consent::Given),
                unsubscribe,
                preferences: preferences_path(&token),
            };
            Ok((frame::load(conn, &seen, now)?, view))
        })
        .await?;
    draw(&door, &visit, StatusCode::OK, "why", "letter-why-title", page, view)
}

#[cfg(test)]
mod tests {
    use super::is_one_click;

    #[test]
    fn the_body_of_one_click_is_known_in_both_encodings() {
        assert!(is_one_click(b"List-Unsubscribe=One-Click"));
        // The example of RFC 8058, section 8.3.
        assert!(is_one_click(
            b"---FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n---FormBoundaryjWmhtjORrn--\r\n"
        ));
        assert!(!is_one_click(b"") && !is_one_click(b"scope=all") && !is_one_click(b"List-Unsubscribe=Two"));
    }
}
