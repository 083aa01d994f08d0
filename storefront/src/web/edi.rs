//! Interchanges of trading partners: `POST /edi/{partner}` takes one, `GET /edi/{partner}` lists what waits, and
//! `GET /edi/{partner}/messages/{message}` is one of them as it goes over the wire. A partner's program shows its secret as a bearer token.

use super::door::Door;
use super::mail_hook::{shown, told};
use super::words::Words;
use crate::edi::{self, Message, Partner, Problem, Taken};
use crate::ids::{EdiMessageId, OrderId, PartnerId};
use crate::orders;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};

/// Messages of one answer.
const MOST: i64 = 100;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/edi/{partner}").route(web::post().to(take)).route(web::get().to(waiting)))
        .service(web::resource("/edi/{partner}/messages/{message}").route(web::get().to(fetch)));
}

/// The partner that a request is of; what it is answered otherwise says no more than that.
async fn partner(door: &Door, request: &HttpRequest, id: &str) -> Result<Option<Partner>> {
    let (Some(secret), Ok(id)) = (shown(request.headers()), id.parse::<PartnerId>()) else { return Ok(None) };
    match door.read(move |conn, _| edi::known(conn, id, &secret)).await {
        Ok(partner) => Ok(Some(partner).filter(|partner| !partner.kind.punches_out())),
        Err(Error::Unauthorised) => Ok(None),
        Err(error) => Err(error),
    }
}

fn stranger() -> HttpResponse {
    told(StatusCode::UNAUTHORIZED, "there is no active partner with this number and this bearer token")
}

/// Programs and partners read reasons in English, whatever the shop speaks.
fn words(door: &Door) -> Result<Words> {
    Words::of(&door.templates, Language::ENGLISH)
}

async fn take(door: web::Data<Door>, request: HttpRequest, id: web::Path<String>, body: web::Payload) -> Result<HttpResponse> {
    let Some(partner) = partner(&door, &request, &id).await? else { return Ok(stranger()) };
    let raw = match body.to_bytes_limited(edi::LARGEST).await {
        Ok(Ok(raw)) => edi::text(&raw),
        Ok(Err(_)) => return Ok(told(StatusCode::BAD_REQUEST, "the interchange did not arrive whole")),
        Err(_) => return Ok(told(StatusCode::PAYLOAD_TOO_LARGE, "the interchange is larger than 1 MiB: send its messages in several")),
    };
    let words = words(&door)?;
    let said = words.clone();
    let taken = door
        .write(move |conn, now| {
            let taken = edi::take(conn, &partner, &raw, &said, now)?;
            let Taken::Messages(messages) = &taken else { return Ok((taken, Vec::new())) };
            let numbers = numbers(conn, messages)?;
            Ok((taken, numbers))
        })
        .await;
    match taken {
        Ok((Taken::Unreadable(why), _)) => Ok(told(StatusCode::UNPROCESSABLE_ENTITY, &words.get(&why))),
        Ok((Taken::Messages(messages), numbers)) => {
            let rows: Vec<Value> = messages.iter().zip(numbers).map(|(one, number)| incoming(one, number, &words)).collect();
            Ok(HttpResponse::Ok().json(json!({ "messages": rows })))
        }
        Err(Error::Conflict(why)) => Ok(told(StatusCode::CONFLICT, &words.get(&why))),
        Err(error) => Err(error),
    }
}

/// The numbers of the orders that messages became.
fn numbers(conn: &mut Conn, messages: &[Message]) -> Result<Vec<Option<String>>> {
    let number = |conn: &mut Conn, order: OrderId| Ok(orders::get(conn, order)?.number);
    messages.iter().map(|one| one.order_id.map(|order| number(conn, order)).transpose()).collect()
}

fn incoming(one: &Message, order: Option<String>, words: &Words) -> Value {
    let problem = |problem: &Problem| json!({ "line": problem.line, "code": problem.code, "reason": words.get(&problem.why) });
    let problems: Vec<Value> = one.problems().iter().map(problem).collect();
    json!({ "id": one.id, "kind": one.kind, "control": one.control, "number": one.number, "state": one.state, "order": order,
        "problems": problems })
}

/// `?after=` is the number of the last message that was fetched; the partner keeps it.
async fn waiting(door: web::Data<Door>, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse> {
    let Some(partner) = partner(&door, &request, &id).await? else { return Ok(stranger()) };
    let mut query = form_urlencoded::parse(request.query_string().as_bytes());
    let after = query.find(|(name, _)| name == "after").map_or_else(|| "0".to_string(), |(_, value)| value.into_owned());
    let Ok(after) = after.parse::<EdiMessageId>() else { return Ok(told(StatusCode::BAD_REQUEST, "after is the number of a message")) };
    let found = door.read(move |conn, _| edi::outgoing(conn, partner.id, after, MOST)).await?;
    let next = found.last().map_or(after, |one| one.id);
    let rows: Vec<Value> = found
        .iter()
        .map(|one| {
            let href = format!("/edi/{}/messages/{}", one.partner_id, one.id);
            json!({ "id": one.id, "kind": one.kind, "control": one.control, "number": one.number, "at": one.at, "href": href })
        })
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "messages": rows, "next": next })))
}

async fn fetch(door: web::Data<Door>, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let Some(partner) = partner(&door, &request, &path.0).await? else { return Ok(stranger()) };
    let none = || told(StatusCode::NOT_FOUND, "there is no such message");
    let Ok(id) = path.1.parse::<EdiMessageId>() else { return Ok(none()) };
    let kind = match partner.kind {
        edi::Kind::X12 => "application/EDI-X12; charset=iso-8859-1",
        _ => "application/EDIFACT; charset=iso-8859-1",
    };
    match door.read(move |conn, _| edi::message(conn, partner.id, id)).await {
        Ok(message) if message.direction == edi::Direction::Out && message.state == edi::State::Ready => {
            Ok(HttpResponse::Ok().content_type(kind).body(edi::bytes(&message.raw)))
        }
        Ok(_) | Err(Error::NotFound) => Ok(none()),
        Err(error) => Err(error),
    }
}
