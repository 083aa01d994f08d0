//! What a return comes to: amounts before they are confirmed, the refund, or nothing.

use super::acting::Act;
use super::return_view::ReturnView;
use super::returns::step;
use actix_web::{HttpRequest, HttpResponse, post, web};
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use storefront::api::amount::Amount;
use storefront::api::call::{Body, Call, found};
use storefront::api_keys::Scope;
use storefront::ids::ReturnId;
use storefront::{orders, returns};
use utoipa::ToSchema;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnRefundWish {
    /// Of the delivery costs, tax included.
    shipping: Option<Amount>,
    /// Give store credit in place of money.
    #[serde(default)]
    to_credit: bool,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewReturnRefund {
    /// Of the delivery costs, tax included.
    shipping: Option<Amount>,
    /// Give store credit in place of money.
    #[serde(default)]
    to_credit: bool,
    /// The `amount` of the preview. Another one is refused with 409, and nothing changes.
    amount: Amount,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnEnd {}

/// What a return would come to.
#[derive(Serialize, ToSchema)]
struct ReturnRefundPreview {
    /// What would go back for the accepted units and the delivery.
    amount: Amount,
    shipping: Amount,
    /// The most that can still go back for the order.
    refundable: Amount,
}

fn shipping(of: Option<&Amount>, currency: Currency) -> Result<i64> {
    of.map_or(Ok(0), |amount| amount.minor_in(currency, "shipping"))
}

fn currency(conn: &mut Conn, id: ReturnId) -> Result<Currency> {
    let order = returns::get(conn, id)?.order_id;
    orders::get(conn, order)?.currency()
}

/// Nothing to refund is a state of the return, not a mistake of the request.
fn told(error: Error) -> Error {
    match error {
        Error::NotFound => Error::conflict("The order of this return has no such line any more."),
        other => other,
    }
}

/// Figure the refund of a return without making it
#[utoipa::path(
    tag = "returns",
    security(("key" = ["returns:write"])),
    params(("id" = i64, Path, description = "The return's id.")),
    request_body = ReturnRefundWish,
    responses((status = 200, description = "The amounts. Send `amount` with the refund.", body = ReturnRefundPreview)),
)]
#[post("/returns/{id}/refund/preview")]
pub async fn preview_return_refund(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::ReturnsWrite, body).await?;
    let (id, wish) = (ReturnId(*id), call.body::<ReturnRefundWish>()?);
    let figure = call.door.read(move |conn, _| {
        let currency = currency(conn, id)?;
        let shipping = shipping(wish.shipping.as_ref(), currency)?;
        let preview = returns::preview(conn, id, shipping, wish.to_credit).map_err(told)?;
        let amount = |minor: i64| Amount::new(minor, currency);
        Ok(ReturnRefundPreview {
            amount: amount(preview.amount),
            shipping: amount(preview.shipping),
            refundable: amount(preview.refundable),
        })
    });
    found(&figure.await?)
}

/// Refund the accepted units of a return
///
/// Settles the return. A provider is told in a moment.
#[utoipa::path(
    tag = "returns",
    security(("key" = ["returns:write"])),
    params(("id" = i64, Path, description = "The return's id.")),
    request_body = NewReturnRefund,
    responses((status = 201, description = "The settled return.", body = ReturnView)),
)]
#[post("/returns/{id}/refund")]
pub async fn refund_return(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::ReturnsWrite, body).await?;
    let (id, new) = (ReturnId(*id), call.body::<NewReturnRefund>()?);
    let run = move |conn: &mut Conn, act: &Act| {
        let currency = currency(conn, id)?;
        let (shipping, expected) = (shipping(new.shipping.as_ref(), currency)?, new.amount.minor_in(currency, "amount")?);
        let refund = returns::refund(conn, id, shipping, new.to_credit, expected, &act.actor, act.now).map_err(told)?;
        Ok(json!({ "refund": refund, "amount": expected, "shipping": shipping, "store_credit": new.to_credit }))
    };
    step(&call, id, "return.refund", run).await
}

/// Settle a return without money
#[utoipa::path(
    tag = "returns",
    security(("key" = ["returns:write"])),
    params(("id" = i64, Path, description = "The return's id.")),
    request_body = ReturnEnd,
    responses((status = 201, description = "The settled return.", body = ReturnView)),
)]
#[post("/returns/{id}/closing")]
pub async fn close_return(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::ReturnsWrite, body).await?;
    let (id, _) = (ReturnId(*id), call.body::<ReturnEnd>()?);
    let run = move |conn: &mut Conn, act: &Act| returns::close(conn, id, &act.actor, act.now).map(|()| Value::Null);
    step(&call, id, "return.close", run).await
}
