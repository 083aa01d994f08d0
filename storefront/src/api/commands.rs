//! What staff do with an order: capture, ship, cancel, refund. Providers are told by jobs, after the commit.

use super::acting::Acting;
use super::amount::Amount;
use super::call::{Body, Call, found};
use super::catalogue::known;
use super::input;
use super::order_view::{self, OrderView};
use crate::api_keys::Scope;
use crate::ids::OrderLineId;
use crate::orders::{self, CancelReason, Order};
use crate::payments::{self, PaymentState};
use crate::refunds::{self, LineAmount, Preview, Request, RequestLine};
use crate::shipments::{self, Parcel};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The most characters of a reason.
const MAX_REASON: usize = 500;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCapture {
    /// Of what is authorised; all of it without. The provider releases what a capture leaves. A bank transfer or cash is booked whole.
    amount: Option<Amount>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewShipment {
    /// Without it, everything that is open.
    lines: Option<Vec<ShippedLine>>,
    #[serde(default)]
    #[schema(max_length = 300)]
    carrier: String,
    #[serde(default)]
    #[schema(max_length = 300)]
    tracking_number: String,
    /// Starts with https:// or http://, or is empty.
    #[serde(default)]
    #[schema(max_length = 300)]
    tracking_url: String,
    /// Send it although the order was changed and asks for money that was to be paid before.
    #[serde(default)]
    despite_balance: bool,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShippedLine {
    /// The `id` of a line of the order.
    line_id: i64,
    #[schema(minimum = 1)]
    quantity: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Cancellation {}

/// What to give money back for.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundWish {
    #[serde(default)]
    lines: Vec<RefundedLine>,
    /// Of the delivery costs, tax included.
    shipping: Option<Amount>,
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundedLine {
    /// The `id` of a line of the order.
    line_id: i64,
    /// Units that come back or will not be sent. Give either this or `amount`.
    #[schema(minimum = 1)]
    quantity: Option<i64>,
    /// An amount of the line, tax included, of which no unit comes back.
    amount: Option<Amount>,
    /// Put shipped units back on the shelf.
    #[serde(default)]
    restock: bool,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    #[serde(default)]
    lines: Vec<RefundedLine>,
    /// Of the delivery costs, tax included.
    shipping: Option<Amount>,
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: String,
    /// The `amount` of the preview. Another one is refused with 409, and nothing changes.
    amount: Amount,
}

/// The amounts of a refund before it is made.
#[derive(Serialize, ToSchema)]
struct RefundPreview {
    lines: Vec<RefundPreviewLine>,
    shipping: Amount,
    /// What would go back.
    amount: Amount,
    /// The most that can still go back for this order.
    refundable: Amount,
    shipping_refundable: Amount,
}

#[derive(Serialize, ToSchema)]
struct RefundPreviewLine {
    line_id: i64,
    /// Zero where an amount of the line goes back and no unit.
    quantity: i64,
    amount: Amount,
    tax: Amount,
    /// Units that were not sent yet, and would not be.
    cancelled: i64,
    /// Units that were sent.
    returned: i64,
}

/// Take the money of an order
///
/// Captures what a provider holds, or books a bank transfer or cash that arrived.
#[utoipa::path(
    tag = "orders",
    security(("key" = ["orders:write"])),
    params(("number" = String, Path, description = "The order's number.")),
    request_body = NewCapture,
    responses((status = 201, description = "The order. A provider is told in a moment.", body = OrderView)),
)]
#[post("/orders/{number}/captures")]
pub async fn capture(request: HttpRequest, number: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::OrdersWrite, body).await?;
    let (number, new, acting) = (known(number)?, call.body::<NewCapture>()?, Acting::of(&call));
    let take = move |conn: &mut Conn, now| {
        let order = orders::get_by_number(conn, &number)?;
        let wanted = new.amount.as_ref().map(|amount| amount.minor_in(order.currency()?, "amount")).transpose()?;
        let payment = payments::latest(conn, order.id)?.ok_or(Error::NotFound)?;
        if payment.state == PaymentState::Open && payments::by_hand(&payment.provider) {
            if wanted.is_some_and(|wanted| wanted != payment.amount) {
                return Err(Error::field("amount.minor", format!("A bank transfer or cash is booked whole: {}.", payment.amount)));
            }
            payments::record_receipt(conn, payment.id, &acting.actor, now)?;
            let (before, after) =
                (json!({ "payment": payment.id, "state": payment.state }), json!({ "payment": payment.id, "amount": payment.amount }));
            acting.log(conn, "payment.receipt", &number, &before, &after, now)?;
        } else {
            let all = payments::capturable(conn, &payment)?;
            let amount = wanted.unwrap_or(all);
            payments::request_capture(conn, payment.id, amount, &acting.actor, now)?;
            let (before, after) =
                (json!({ "payment": payment.id, "authorised": payment.authorised }), json!({ "payment": payment.id, "amount": amount }));
            acting.log(conn, "payment.capture", &number, &before, &after, now)?;
        }
        order_view::show(conn, order.id)
    };
    call.once(StatusCode::CREATED, take).await
}

/// Send an order off, whole or in parts
#[utoipa::path(
    tag = "orders",
    security(("key" = ["orders:write"])),
    params(("number" = String, Path, description = "The order's number.")),
    request_body = NewShipment,
    responses((status = 201, description = "The order with the shipment.", body = OrderView)),
)]
#[post("/orders/{number}/shipments")]
pub async fn ship(request: HttpRequest, number: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::OrdersWrite, body).await?;
    let (number, new, acting) = (known(number)?, call.body::<NewShipment>()?, Acting::of(&call));
    let key = format!("api:{}", call.name());
    for (field, text) in [("carrier", &new.carrier), ("tracking_number", &new.tracking_number), ("tracking_url", &new.tracking_url)] {
        input::text(field, text, 300)?;
    }
    if let Some(lines) = &new.lines {
        checked_lines(lines.iter().map(|line| (line.line_id, line.quantity)))?;
    }
    let send = move |conn: &mut Conn, now| {
        let order = orders::get_by_number(conn, &number)?;
        let lines = match &new.lines {
            Some(lines) => lines.iter().map(|line| (OrderLineId(line.line_id), line.quantity)).collect(),
            None => orders::lines(conn, order.id)?.iter().map(|line| (line.id, line.sendable())).collect(),
        };
        let parcel = Parcel {
            key: key.clone(),
            lines,
            carrier: new.carrier.clone(),
            tracking_number: new.tracking_number.clone(),
            tracking_url: new.tracking_url.clone(),
            from: None,
            despite_balance: new.despite_balance,
        };
        let sent = shipments::ship(conn, order.id, &parcel, &acting.actor, now).map_err(|error| match error {
            Error::Conflict(text) if text == shipments::BALANCE => {
                Error::conflict("This order was changed and is not paid in full. Wait for the balance or send despite_balance.")
            }
            Error::Conflict(text) if text == shipments::DEPOSIT => Error::conflict(
                "The goods wait for the deposit of the company that bought them. Book it or let them leave in the back office.",
            ),
            other => other,
        })?;
        let after = json!({ "shipment": sent, "lines": parcel.lines, "carrier": parcel.carrier, "tracking": parcel.tracking_number,
            "despite_balance": parcel.despite_balance });
        acting.log(conn, "order.ship", &number, &json!({ "fulfilment": order.fulfilment_status }), &after, now)?;
        order_view::show(conn, order.id)
    };
    call.once(StatusCode::CREATED, send).await
}

/// Cancel an order as a whole
///
/// Goods are free again and money goes back. Refused once something was sent; cancelling twice changes nothing.
#[utoipa::path(
    tag = "orders",
    security(("key" = ["orders:write"])),
    params(("number" = String, Path, description = "The order's number.")),
    request_body = Cancellation,
    responses((status = 201, description = "The cancelled order.", body = OrderView)),
)]
#[post("/orders/{number}/cancellation")]
pub async fn cancel(request: HttpRequest, number: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::OrdersWrite, body).await?;
    let (number, _, acting) = (known(number)?, call.body::<Cancellation>()?, Acting::of(&call));
    let undo = move |conn: &mut Conn, now| {
        let order = orders::get_by_number(conn, &number)?;
        orders::cancel(conn, order.id, CancelReason::Staff, &acting.actor, now).map_err(|error| match error {
            Error::Conflict(_) => Error::conflict("Part of this order was sent. Refund what comes back instead."),
            other => other,
        })?;
        let after = orders::get(conn, order.id)?;
        acting.log(conn, "order.cancel", &number, &json!({ "status": order.status }), &json!({ "status": after.status }), now)?;
        order_view::show(conn, order.id)
    };
    call.once(StatusCode::CREATED, undo).await
}

/// Figure a refund without making it
#[utoipa::path(
    tag = "orders",
    security(("key" = ["orders:write"])),
    params(("number" = String, Path, description = "The order's number.")),
    request_body = RefundWish,
    responses((status = 200, description = "The amounts. Send `amount` with the refund.", body = RefundPreview)),
)]
#[post("/orders/{number}/refunds/preview")]
pub async fn preview_refund(request: HttpRequest, number: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::OrdersWrite, body).await?;
    let (number, wish) = (known(number)?, call.body::<RefundWish>()?);
    let preview = call.door.read(move |conn, _| {
        let order = orders::get_by_number(conn, &number)?;
        let request = wished(&order, &wish)?;
        preview(&order, refunds::preview(conn, &order, &request).map_err(named)?)
    });
    found(&preview.await?)
}

/// Give money back
#[utoipa::path(
    tag = "orders",
    security(("key" = ["orders:write"])),
    params(("number" = String, Path, description = "The order's number.")),
    request_body = NewRefund,
    responses((status = 201, description = "The order with the refund. A provider is told in a moment.", body = OrderView)),
)]
#[post("/orders/{number}/refunds")]
pub async fn refund(request: HttpRequest, number: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::OrdersWrite, body).await?;
    let (number, new, acting) = (known(number)?, call.body::<NewRefund>()?, Acting::of(&call));
    let wish = RefundWish { lines: new.lines, shipping: new.shipping, reason: new.reason };
    let give = move |conn: &mut Conn, now| {
        let order = orders::get_by_number(conn, &number)?;
        let expected = new.amount.minor_in(order.currency()?, "amount")?;
        let request = wished(&order, &wish)?;
        let id = refunds::request(conn, order.id, &request, expected, &acting.actor, now).map_err(named)?;
        let after = json!({ "refund": id, "amount": expected, "wish": request });
        acting.log(conn, "order.refund", &number, &json!({ "payment": order.payment_status }), &after, now)?;
        order_view::show(conn, order.id)
    };
    call.once(StatusCode::CREATED, give).await
}

fn wished(order: &Order, wish: &RefundWish) -> Result<Request> {
    input::text("reason", &wish.reason, MAX_REASON)?;
    checked_lines(wish.lines.iter().map(|line| (line.line_id, line.quantity.unwrap_or(1))))?;
    let currency = order.currency()?;
    let shipping = wish.shipping.as_ref().map_or(Ok(0), |amount| amount.minor_in(currency, "shipping"))?;
    let mut request = Request { shipping, reason: wish.reason.clone(), ..Default::default() };
    for (at, wanted) in wish.lines.iter().enumerate() {
        let line = OrderLineId(wanted.line_id);
        match (wanted.quantity, &wanted.amount) {
            (Some(quantity), None) => request.lines.push(RequestLine { line, quantity, restock: wanted.restock }),
            (None, Some(amount)) => {
                let amount = amount.minor_in(currency, &format!("lines[{at}].amount"))?;
                if amount < 1 {
                    return Err(Error::field(&format!("lines[{at}].amount"), "Give an amount above zero."));
                }
                request.amounts.push(LineAmount { line, amount });
            }
            _ => return Err(Error::field(&format!("lines[{at}].quantity"), "Give either a quantity or an amount.")),
        }
    }
    Ok(request)
}

/// Each line once, with a number above zero: two entries of one line would each pass a check that their sum does not.
fn checked_lines(lines: impl Iterator<Item = (i64, i64)>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (at, (line, quantity)) in lines.enumerate() {
        if !seen.insert(line) {
            return Err(Error::field(&format!("lines[{at}].line_id"), "Name each line once."));
        }
        if quantity < 1 {
            return Err(Error::field(&format!("lines[{at}].quantity"), "Give a number above zero."));
        }
    }
    Ok(())
}

/// An unknown line of a known order is a mistake in the request, not a missing order.
fn named(error: Error) -> Error {
    match error {
        Error::NotFound => Error::field("lines", "This order has no such line."),
        Error::Invalid(fields) => Error::Invalid(Fields(fields.0.into_iter().map(|(field, text)| (field, sentence(text))).collect())),
        other => other,
    }
}

/// What programs are told in place of the key of a page's text.
fn sentence(text: String) -> String {
    match text.as_str() {
        refunds::AMOUNT_TOO_MUCH => "That is more than is left of the line.".into(),
        refunds::AMOUNT_OF_GIFT_CARD => "Of a gift card no amount can be given back, only the whole card.".into(),
        refunds::AMOUNT_OR_UNITS => "Give either units or an amount of a line.".into(),
        _ => text,
    }
}

fn preview(order: &Order, preview: Preview) -> Result<RefundPreview> {
    let currency = order.currency()?;
    let amount = |minor: i64| Amount::new(minor, currency);
    let line = |line: refunds::LinePreview| RefundPreviewLine {
        line_id: line.line.0,
        quantity: line.quantity,
        amount: amount(line.amount),
        tax: amount(line.tax),
        cancelled: line.cancelled,
        returned: line.returned,
    };
    Ok(RefundPreview {
        lines: preview.lines.into_iter().map(line).collect(),
        shipping: amount(preview.shipping),
        amount: amount(preview.amount),
        refundable: amount(preview.refundable),
        shipping_refundable: amount(preview.shipping_refundable),
    })
}
