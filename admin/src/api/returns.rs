//! Returns, from the request to the inspection.

use super::acting::{Act, act, page};
use super::return_view::{self, ReturnView};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use storefront::api::call::{Body, Call, found};
use storefront::api::input;
use storefront::api_keys::Scope;
use storefront::ids::{LocationId, OrderLineId, ReturnId};
use storefront::returns::{self, Inspected, Status};
use storefront::stock;
use utoipa::ToSchema;

/// A page of returns.
#[derive(Serialize, ToSchema)]
struct ReturnList {
    returns: Vec<ReturnView>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnAnswer {
    /// What the buyer is told by mail.
    #[serde(default)]
    #[schema(max_length = 2000)]
    message: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnArrival {}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Inspection {
    /// Lines that are not named are refused whole.
    #[schema(max_items = 500)]
    lines: Vec<InspectedLine>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InspectedLine {
    /// The `line_id` of a line of the return.
    line_id: i64,
    /// Units that are worth money.
    #[schema(minimum = 0)]
    accepted: i64,
    /// Where accepted units go back on the shelf; nowhere without.
    location_id: Option<i64>,
}

/// Returns, newest first
#[utoipa::path(
    tag = "returns",
    security(("key" = ["returns:read"])),
    params(
        ("status" = Option<String>, Query, description = "Only those in this status.", pattern = "^(requested|approved|declined|withdrawn|received|inspected|closed)$"),
        ("after" = Option<String>, Query, description = "The `next` of the page before.", pattern = "^[1-9][0-9]{0,17}$"),
        ("limit" = Option<i64>, Query, description = "Returns of a page; 20 without.", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "A page of returns.", body = ReturnList)),
)]
#[get("/returns")]
pub async fn list_returns(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::ReturnsRead).await?;
    let mut query = call.query();
    let (limit, before) = (query.limit(), query.after().map(ReturnId));
    let status = query.word("status", Status::parse, "the statuses of returns");
    query.end()?;
    let list = call.door.read(move |conn, _| {
        let (rows, next) = page(returns::list(conn, status, before, limit + 1)?, limit, |back| back.id.0);
        Ok(ReturnList { returns: rows.iter().map(|back| return_view::view(conn, back)).collect::<Result<_>>()?, next })
    });
    found(&list.await?)
}

/// A return
#[utoipa::path(
    tag = "returns",
    security(("key" = ["returns:read"])),
    params(("id" = i64, Path, description = "The return's id.")),
    responses((status = 200, description = "The return.", body = ReturnView)),
)]
#[get("/returns/{id}")]
pub async fn show_return(request: HttpRequest, id: web::Path<i64>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::ReturnsRead).await?;
    call.query().end()?;
    let id = ReturnId(*id);
    found(&call.door.read(move |conn, _| return_view::show(conn, id)).await?)
}

/// Takes a return one step further, with an entry in the log, and answers the return.
pub async fn step(
    call: &Call,
    id: ReturnId,
    action: &'static str,
    mut f: impl FnMut(&mut Conn, &Act) -> Result<Value> + Send + 'static,
) -> Result<HttpResponse> {
    let run = move |conn: &mut Conn, act: &Act| {
        let before = returns::get(conn, id)?;
        let detail = f(conn, act)?;
        let after = returns::get(conn, id)?;
        let after = json!({ "status": after.status, "detail": detail });
        act.log(conn, action, &format!("return:{id}"), &json!({ "status": before.status }), &after)?;
        return_view::show(conn, id)
    };
    act(call, StatusCode::CREATED, run).await
}

/// Let the buyer send the goods
#[utoipa::path(
    tag = "returns",
    security(("key" = ["returns:write"])),
    params(("id" = i64, Path, description = "The return's id.")),
    request_body = ReturnAnswer,
    responses((status = 201, description = "The return. The buyer is told by mail.", body = ReturnView)),
)]
#[post("/returns/{id}/approval")]
pub async fn approve_return(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::ReturnsWrite, body).await?;
    let (id, text) = (ReturnId(*id), call.body::<ReturnAnswer>()?.message);
    input::text("message", &text, 2000)?;
    let run = move |conn: &mut Conn, act: &Act| {
        returns::approve(conn, id, &text, &act.actor, act.now)?;
        Ok(json!({ "message": text }))
    };
    step(&call, id, "return.approve", run).await
}

/// Refuse a return
#[utoipa::path(
    tag = "returns",
    security(("key" = ["returns:write"])),
    params(("id" = i64, Path, description = "The return's id.")),
    request_body = ReturnAnswer,
    responses((status = 201, description = "The return. The buyer is told why by mail.", body = ReturnView)),
)]
#[post("/returns/{id}/refusal")]
pub async fn decline_return(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::ReturnsWrite, body).await?;
    let (id, text) = (ReturnId(*id), call.body::<ReturnAnswer>()?.message);
    input::text("message", &text, 2000)?;
    let run = move |conn: &mut Conn, act: &Act| {
        returns::decline(conn, id, &text, &act.actor, act.now)?;
        Ok(json!({ "message": text }))
    };
    step(&call, id, "return.decline", run).await
}

/// Book the parcel's arrival
#[utoipa::path(
    tag = "returns",
    security(("key" = ["returns:write"])),
    params(("id" = i64, Path, description = "The return's id.")),
    request_body = ReturnArrival,
    responses((status = 201, description = "The return.", body = ReturnView)),
)]
#[post("/returns/{id}/receipt")]
pub async fn receive_return(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::ReturnsWrite, body).await?;
    let (id, _) = (ReturnId(*id), call.body::<ReturnArrival>()?);
    let run = move |conn: &mut Conn, act: &Act| returns::receive(conn, id, &act.actor, act.now).map(|()| Value::Null);
    step(&call, id, "return.receive", run).await
}

/// Say what of the goods is worth money
#[utoipa::path(
    tag = "returns",
    security(("key" = ["returns:write"])),
    params(("id" = i64, Path, description = "The return's id.")),
    request_body = Inspection,
    responses((status = 201, description = "The return. Refund or close it next.", body = ReturnView)),
)]
#[post("/returns/{id}/inspection")]
pub async fn inspect_return(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::ReturnsWrite, body).await?;
    let (id, wanted) = (ReturnId(*id), call.body::<Inspection>()?.lines);
    let mut seen = BTreeSet::new();
    if let Some(at) = wanted.iter().position(|one| !seen.insert(one.line_id)) {
        return Err(Error::field(&format!("lines[{at}].line_id"), "Name each line once."));
    }
    let run = move |conn: &mut Conn, act: &Act| {
        check(conn, id, &wanted)?;
        let inspected = |one: &InspectedLine| Inspected {
            line: OrderLineId(one.line_id),
            accepted: one.accepted,
            location: one.location_id.map(LocationId),
        };
        let lines: Vec<Inspected> = wanted.iter().map(inspected).collect();
        returns::inspect(conn, id, &lines, &act.actor, act.now)?;
        let told = |one: &InspectedLine| json!({ "line": one.line_id, "accepted": one.accepted, "location": one.location_id });
        Ok(Value::Array(wanted.iter().map(told).collect()))
    };
    step(&call, id, "return.inspect", run).await
}

/// Refuses lines that the return does not have, more units than came back, and locations that there are not.
fn check(conn: &mut Conn, id: ReturnId, wanted: &[InspectedLine]) -> Result<()> {
    returns::get(conn, id)?;
    let (lines, places) = (returns::lines_of(conn, id)?, stock::locations(conn)?);
    let mut wrong = Fields::default();
    for (at, one) in wanted.iter().enumerate() {
        match lines.iter().find(|line| line.order_line_id.0 == one.line_id) {
            None => wrong.add(&format!("lines[{at}].line_id"), "This return has no such line."),
            Some(line) if !(0..=line.quantity).contains(&one.accepted) => {
                wrong.add(&format!("lines[{at}].accepted"), format!("Give a number from 0 to {}.", line.quantity));
            }
            Some(_) => {}
        }
        if one.location_id.is_some_and(|id| !places.iter().any(|place| place.id.0 == id && place.active)) {
            wrong.add(&format!("lines[{at}].location_id"), "There is no such open location.");
        }
    }
    wrong.check()
}
