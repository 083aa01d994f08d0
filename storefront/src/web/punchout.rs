//! Punch-out. `POST /punchout/{partner}/cxml` takes a PunchOutSetupRequest and answers where to start; `/punchout/{partner}/oci` is where OCI sends
//! the browser, with USERNAME, PASSWORD and HOOK_URL. Both lead to `/punchout/start`, whose button begins to shop, and `/punchout` hands the
//! cart over to the buyer's system, by a form that leads there.

use super::door::Door;
use super::posted::Posted;
use super::views::page::Page;
use super::visit::Visit;
use super::words::Words;
use super::{basket, frame, shown};
use crate::carts;
use crate::edi::{self, Kind, Partner};
use crate::ids::PartnerId;
use crate::logins;
use crate::punchout::{self, Ticket};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use kernel::money::Money;
use kernel::token;
use kernel::{Error, Result};
use serde_json::json;
use std::collections::BTreeMap;

/// What the signature of a ticket says.
const TICKET: &str = "punchout";
/// The most bytes of a request of a program.
const LARGEST: usize = 256 * 1024;

/// What programs ask, whose answers are no pages.
pub fn programs(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/punchout/{partner}/cxml").route(web::post().to(cxml)))
        .service(web::resource("/punchout/{partner}/oci").route(web::get().to(oci)).route(web::post().to(oci)));
}

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/punchout/start", web::get().to(ask))
        .route("/punchout/start", web::post().to(start))
        .route("/punchout/leave", web::post().to(leave))
        .route("/punchout", web::get().to(hand_over));
}

/// The partner that shows this secret and calls itself so, if it orders in this format.
async fn partner(door: &Door, id: &str, kind: Kind, (name, secret): (&str, &str)) -> Result<Option<Partner>> {
    let Ok(id) = id.parse::<PartnerId>() else { return Ok(None) };
    let secret = secret.to_string();
    match door.read(move |conn, _| edi::known(conn, id, &secret)).await {
        Ok(partner) => Ok(Some(partner).filter(|partner| partner.kind == kind && partner.partner().id == name)),
        Err(Error::Unauthorised) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The path and query where a ticket is used.
fn way(door: &Door, ticket: &Ticket) -> Result<String> {
    let letters = token::encode(&kernel::json::text(ticket)?);
    let key = door.signer.sign(TICKET, &letters);
    Ok(format!("/punchout/start?ticket={letters}&key={key}"))
}

/// The ticket of a query or form that the shop signed.
fn signed(door: &Door, letters: &str, key: &str) -> Result<Ticket> {
    if !door.signer.verify(TICKET, letters, key) {
        return Err(Error::NotFound);
    }
    let text = token::decode(letters).ok_or(Error::NotFound)?;
    serde_json::from_str(&text).map_err(|_| Error::NotFound)
}

fn xml(text: String) -> HttpResponse {
    HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(text)
}

/// cXML says in its answer what went wrong, with the status of HTTP 200.
async fn cxml(door: web::Data<Door>, id: web::Path<String>, body: web::Payload) -> Result<HttpResponse> {
    let now = door.now();
    let refused = |code: u16, reason: &str| Ok(xml(punchout::response(Err((code, reason)), now)));
    let Ok(Ok(body)) = body.to_bytes_limited(LARGEST).await else { return refused(400, "the request is larger than 256 KiB") };
    let Some(setup) = std::str::from_utf8(&body).ok().and_then(punchout::setup) else {
        return refused(400, "this is no PunchOutSetupRequest in UTF-8");
    };
    let Some(partner) = partner(&door, &id, Kind::Cxml, (&setup.identity, &setup.secret)).await? else {
        return refused(401, "identity or shared secret is wrong");
    };
    if setup.operation != "create" {
        return refused(450, "only the operation create is supported");
    }
    match punchout::ticket(&partner, &setup.url, &setup.cookie, now) {
        Ok(ticket) => {
            let site = door.site_of(partner.store_id);
            let url = site.url(site.first(), &way(&door, &ticket)?);
            Ok(xml(punchout::response(Ok(&url), now)))
        }
        Err(Error::Invalid(_)) => refused(400, "the address of BrowserFormPost must start with https:// or http://"),
        Err(error) => Err(error),
    }
}

/// The browser comes from the buyer's system, by a link or a form of that. Nothing is written.
async fn oci(door: web::Data<Door>, request: HttpRequest, id: web::Path<String>, body: web::Payload) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, door.visit(&request).language)?;
    let refused =
        |status: StatusCode, key: &str| Ok(HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(words.get(key)));
    let Ok(Ok(body)) = body.to_bytes_limited(LARGEST).await else { return refused(StatusCode::PAYLOAD_TOO_LARGE, "form-too-large") };
    let query = form_urlencoded::parse(request.query_string().as_bytes()).chain(form_urlencoded::parse(&body));
    // Names come in any letters.
    let said: BTreeMap<String, String> = query.map(|(name, value)| (name.to_uppercase(), value.into_owned())).collect();
    let field = |name: &str| said.get(name).map_or("", String::as_str);
    let Some(partner) = partner(&door, &id, Kind::Oci, (field("USERNAME"), field("PASSWORD"))).await? else {
        return refused(StatusCode::UNAUTHORIZED, "punchout-unknown");
    };
    match punchout::ticket(&partner, field("HOOK_URL"), "", door.now()) {
        Ok(ticket) => {
            let site = door.site_of(partner.store_id);
            let to = site.url(site.first(), &way(&door, &ticket)?);
            Ok(HttpResponse::SeeOther().insert_header(("location", to)).finish())
        }
        Err(Error::Invalid(_)) => refused(StatusCode::UNPROCESSABLE_ENTITY, "punchout-address"),
        Err(error) => Err(error),
    }
}

/// The value of a parameter of the query; empty without it.
fn parameter(visit: &Visit, name: &str) -> String {
    let mut query = form_urlencoded::parse(visit.query.as_bytes());
    query.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// A link changes nothing: a button begins.
async fn ask(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let (letters, key) = (parameter(&visit, "ticket"), parameter(&visit, "key"));
    let ticket = signed(&door, &letters, &key)?;
    let host = punchout::origin(&ticket.url).unwrap_or_default();
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    let (mut page, company) = door
        .read(move |conn, now| {
            let company = match punchout::waiting(conn, &ticket, now) {
                Ok((_, company)) => Some(company),
                Err(Error::Conflict(_) | Error::NotFound) => None,
                Err(error) => return Err(error),
            };
            Ok((frame::load(conn, &seen, now)?, company))
        })
        .await?;
    page.title = words.get("punchout-start");
    page.noindex = true;
    let view = json!({ "company": company, "host": host, "ticket": letters, "key": key });
    door.render(&visit, "storefront/punchout_start.html", &Page { page, view })
}

/// Begins: whoever was signed in at this browser is not any more, and the cart is a new one.
async fn start(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let ticket = signed(&door, form.get("ticket"), form.get("key"))?;
    let (secret, session) = (token::random(), visit.session.clone());
    let shown = secret.clone();
    door.write(move |conn, now| {
        if let Some(session) = &session {
            logins::close_session(conn, session)?;
        }
        punchout::start(conn, &ticket, &secret, now)
    })
    .await?;
    visit.sign_out();
    visit.renew();
    visit.another_trail();
    visit.punch_out(Some(&shown));
    Ok(door.go(&visit, "/"))
}

/// Goes back to being nobody.
async fn leave(door: web::Data<Door>, visit: Visit, _form: Posted) -> Result<HttpResponse> {
    visit.punch_out(None);
    visit.renew();
    Ok(door.go(&visit, "/"))
}

/// The cart as the buyer's system gets it, and the form that takes it there.
async fn hand_over(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    let told = words.clone();
    let (mut page, found) = door
        .read(move |conn, now| {
            let page = frame::load(conn, &seen, now)?;
            let Some((punched, partner, buyer)) = punchout::standing(conn, seen.punchout.as_deref(), now)? else { return Ok((page, None)) };
            let customer = seen.customer(conn, now)?;
            let cart = basket::find(conn, &seen, customer)?.filter(|cart| cart.punchout_id == Some(punched.id));
            let Some(cart) = cart else { return Ok((page, None)) };
            let quote = carts::quote(conn, cart.id, now)?;
            let host = punchout::origin(&punched.return_url).unwrap_or_default();
            let fields = punchout::fields(&partner, &punched, &quote, now);
            let net: i64 = quote.priced.lines.iter().map(|line| line.total - line.tax).sum();
            let view = json!({ "company": buyer.name, "url": punched.return_url, "host": host, "fields": fields,
                "blocked": quote.blocked(), "lines": shown::cart_lines(conn, &quote, &told)?, "total": Money::new(net, quote.currency) });
            Ok((page, Some((host, view))))
        })
        .await?;
    let Some((host, view)) = found else { return Ok(door.go(&visit, "/cart")) };
    page.title = words.get("punchout-hand-over");
    page.noindex = true;
    let mut answer = door.render(&visit, "storefront/punchout.html", &Page { page, view })?;
    // The one form of the shop that leads elsewhere.
    let policy = format!(
        "default-src 'self'; img-src 'self' data:; form-action 'self' {host}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    );
    let policy = HeaderValue::from_str(&policy).map_err(Error::unexpected)?;
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}
