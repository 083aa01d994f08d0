//! Taking an order's money and giving it back. What a refund comes to is shown before anybody confirms it.

use super::desk::{Desk, refusal};
use super::forms::{self, Reader};
use super::order::address;
use super::order_history;
use super::order_ship::quantities;
use super::ticket_money;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tickets::{self, TicketId};
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::{OrderLineId, PaymentId};
use storefront::logins;
use storefront::orders::{self, Order, OrderLine};
use storefront::payments;
use storefront::refunds::{self, LineAmount, Preview, Request, RequestLine};
use storefront::service;
use storefront::stored_value::STORE_CREDIT;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const CAPTURE: &[&str] = &["amount"];
const REFUND: &[&str] = &["shipping", "reason", "to_credit"];

/// The payment of an address.
struct Found {
    payment: payments::Payment,
    currency: Currency,
    /// What can be captured.
    open: i64,
    /// What a form about the order carries.
    frame: Value,
}

/// A payment of another order is not found. `posted` is a form that was refused.
async fn payment_of(desk: &Desk, number: &str, id: i64, posted: Option<&Posted>) -> Result<Found> {
    let (asked, posted) = (number.to_string(), posted.cloned());
    desk.read(move |conn| {
        let order = orders::get_by_number(conn, &asked)?;
        let payment = payments::get(conn, PaymentId(id))?;
        if payment.order_id != order.id {
            return Err(Error::NotFound);
        }
        let open = payments::capturable(conn, &payment)?;
        Ok(Found { payment, currency: order.currency()?, open, frame: order_history::frame(conn, &order, posted.as_ref())? })
    })
    .await
}

pub async fn capture_form(desk: Desk, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    show_capture(&desk, &number, id, StatusCode::OK, None, None).await
}

async fn show_capture(
    desk: &Desk,
    number: &str,
    id: i64,
    status: StatusCode,
    refused: Option<Form>,
    posted: Option<&Posted>,
) -> Result<HttpResponse> {
    let Found { payment, currency, open, frame } = payment_of(desk, number, id, posted).await?;
    let form = refused.unwrap_or_else(|| Form::new(CAPTURE).fill("amount", forms::amount(Some(open), currency)));
    let view = json!({ "number": number, "payment": payment.id, "authorised": Money::new(open, currency), "currency": currency, "form": form, "order": frame });
    desk.page_as(status, "admin/order_capture.html", "admin-capture", view)
}

pub async fn capture(desk: Desk, path: web::Path<(String, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let Found { payment, currency, .. } = payment_of(&desk, &number, id, None).await?;
    let seen = order_history::seen(&posted);
    let mut reader = Reader::new(&posted, currency);
    let amount = reader.amount("amount");
    let asked = number.clone();
    let done = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                orders::lock_seen(conn, payment.order_id, seen, act.now)?;
                payments::request_capture(conn, payment.id, amount, &act.actor, act.now)?;
                let before = json!({ "payment": payment.id, "authorised": payment.authorised });
                act.log(conn, "payment.capture", &format!("order:{asked}"), &before, &json!({ "payment": payment.id, "amount": amount }))
            })
            .await
        }
    };
    match done {
        Ok(()) => Ok(desk.done(&address(&number), "admin-capture-asked")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(CAPTURE).typed(posted.pairs()).refuse(CAPTURE, &wrong);
            show_capture(&desk, &number, id, status, Some(form), Some(&posted)).await
        }
    }
}

pub async fn receipt_form(desk: Desk, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    show_receipt(&desk, &number, id, None).await
}

/// The question; `stale` is the form that was refused because the order changed meanwhile.
async fn show_receipt(desk: &Desk, number: &str, id: i64, stale: Option<&Posted>) -> Result<HttpResponse> {
    let Found { payment, currency, frame, .. } = payment_of(desk, number, id, stale).await?;
    let view = json!({ "number": number, "payment": payment.id, "provider": payment.provider, "amount": Money::new(payment.amount, currency),
        "order": frame });
    let status = if stale.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    desk.page_as(status, "admin/order_receipt.html", "admin-receipt", view)
}

pub async fn receipt(desk: Desk, path: web::Path<(String, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let Found { payment, .. } = payment_of(&desk, &number, id, None).await?;
    let (asked, seen) = (number.clone(), order_history::seen(&posted));
    let done = desk
        .write(move |conn, act| {
            orders::lock_seen(conn, payment.order_id, seen, act.now)?;
            payments::record_receipt(conn, payment.id, &act.actor, act.now)?;
            let before = json!({ "payment": payment.id, "state": payment.state });
            let after = json!({ "payment": payment.id, "amount": payment.amount });
            act.log(conn, "payment.receipt", &format!("order:{asked}"), &before, &after)
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(&number), "admin-receipt-recorded")),
        Err(Error::Conflict(text)) if text == orders::CHANGED => show_receipt(&desk, &number, id, Some(&posted)).await,
        Err(error) => desk.explained(&address(&number), error),
    }
}

/// The ticket that money is given back from.
#[derive(Clone)]
pub struct Source {
    pub ticket: TicketId,
    pub number: String,
    /// The version of the ticket that was seen.
    pub seen: i64,
}

/// Where the forms of a refund go, and where they lead back to.
fn place(number: &str, source: Option<&Source>) -> Value {
    match source {
        Some(source) => {
            let page = super::ticket::address(&source.number);
            json!({ "act": format!("{page}/refund"), "back": page, "ticket": source.number, "ticket_seen": source.seen })
        }
        None => json!({ "act": format!("{}/refund", address(number)), "back": address(number), "ticket": null, "ticket_seen": 0 }),
    }
}

pub async fn refund_form(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    show_refund(&desk, &number, None, StatusCode::OK, None, &Fields::default()).await
}

/// The first step; the typed values are kept when it was refused.
pub async fn show_refund(
    desk: &Desk,
    number: &str,
    source: Option<&Source>,
    status: StatusCode,
    posted: Option<&Posted>,
    wrong: &Fields,
) -> Result<HttpResponse> {
    let (order, lines, _) = order_of(desk, number).await?;
    let currency = order.currency()?;
    let (asked, refused) = (order.clone(), posted.cloned());
    let known = lines.clone();
    let read = desk.read(move |conn| {
        let frame = order_history::frame(conn, &asked, refused.as_ref())?;
        Ok((left(conn, &asked)?, refunds::left_of_lines(conn, asked.id, &known)?, frame))
    });
    let ((paid, shipping_left, registered), left, frame) = read.await?;
    let line = |line: &OrderLine| {
        let (name, restock, amount) = (format!("quantity-{}", line.id), format!("restock-{}", line.id), format!("amount-{}", line.id));
        let left_amount = Money::new(left.get(&line.id).copied().unwrap_or(0), currency);
        json!({ "title": line.title, "options": line.options, "sku": line.sku, "quantity": line.measure().text(line.quantity), "left": line.measure().text(line.quantity - line.refunded), "places": line.measure().precision,
            "name": name, "value": posted.map_or("0", |posted| posted.get(&name)), "error": wrong.0.get(&name), "restock": restock,
            "restocks": posted.is_none_or(|posted| posted.ticked(&restock)), "stocked": line.stocked && line.shipped > 0, "total": Money::new(line.total, currency), "left_amount": left_amount,
            "reducible": !line.gift_card && left_amount.minor > 0,
            "amount": { "name": amount, "value": posted.map_or("", |posted| posted.get(&amount)), "error": wrong.0.get(&amount),
                "title": line.title, "options": line.options } })
    };
    let form = match posted {
        Some(posted) => Form::new(REFUND).typed(posted.pairs()).refuse(REFUND, wrong),
        None => Form::new(REFUND).fill("shipping", forms::amount(Some(0), currency)),
    };
    let shown: Vec<Value> = lines.iter().filter(|line| line.quantity > line.refunded).map(line).collect();
    let reducible = shown.iter().any(|line| line["reducible"] == true);
    let view = json!({ "number": number, "lines": shown, "reducible": reducible, "form": form, "wrong": wrong.0, "currency": currency, "order": frame,
        "refundable": Money::new(paid, currency), "shipping_left": Money::new(shipping_left, currency), "registered": registered, "place": place(number, source) });
    desk.page_as(status, "admin/order_refund.html", "admin-refund", view)
}

/// What can go back at most, of everything and of the delivery, and whether it can be given as store credit.
fn left(conn: &mut Conn, order: &Order) -> Result<(i64, i64, bool)> {
    let paid = payments::of_order(conn, order.id)?.iter().map(|payment| payment.left()).sum();
    let gone: i64 = refunds::of_order(conn, order.id)?
        .iter()
        .filter(|refund| refund.state != payments::WishState::Failed)
        .map(|refund| refund.shipping)
        .sum();
    Ok((paid, order.shipping_gross() - gone, logins::proven(conn, order.customer_id)?))
}

/// An order, its lines, and how it is now: what the confirming form carries.
async fn order_of(desk: &Desk, number: &str) -> Result<(Order, Vec<OrderLine>, i64)> {
    let asked = number.to_string();
    desk.read(move |conn| {
        let order = orders::get_by_number(conn, &asked)?;
        let lines = orders::lines(conn, order.id)?;
        let version = orders::version(conn, order.id)?;
        Ok((order, lines, version))
    })
    .await
}

/// The wish that a form holds.
fn wish(posted: &Posted, currency: Currency) -> Result<Request> {
    let mut reader = Reader::new(posted, currency);
    let shipping = reader.optional_amount("shipping").unwrap_or(0);
    let reason = posted.get("reason").trim().to_string();
    if reason.chars().count() > 500 {
        reader.wrong.add("reason", "admin-too-long");
    }
    reader.check()?;
    let line = |(line, quantity)| RequestLine { line, quantity, restock: posted.ticked(&format!("restock-{line}")) };
    let lines = quantities(posted)?.into_iter().map(line).collect();
    let amounts = amounts(posted, currency)?;
    Ok(Request { lines, amounts, shipping, reason, to_credit: posted.ticked("to_credit"), ..Request::default() })
}

/// What is to be given back of lines without units, by the fields `amount-…`.
fn amounts(posted: &Posted, currency: Currency) -> Result<Vec<LineAmount>> {
    let mut reader = Reader::new(posted, currency);
    let mut amounts = Vec::new();
    for (name, _) in posted.pairs() {
        let Some(id) = name.strip_prefix("amount-") else { continue };
        let line = OrderLineId(id.parse().map_err(|_| Error::NotFound)?);
        if let Some(amount) = reader.optional_amount(name) {
            amounts.push(LineAmount { line, amount });
        }
    }
    reader.check()?;
    Ok(amounts)
}

/// Both steps post here: without `expected` the amounts are shown, with it they are confirmed.
pub async fn refund(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    give_back(&desk, &number, None, &posted).await
}

/// [`refund`], from a ticket when there is a `source`.
pub async fn give_back(desk: &Desk, number: &str, source: Option<&Source>, posted: &Posted) -> Result<HttpResponse> {
    let (order, lines, version) = order_of(desk, number).await?;
    let currency = order.currency()?;
    let step = async {
        let request = wish(posted, currency)?;
        if posted.get("expected").is_empty() || posted.get("change") == "on" {
            let asked = order.clone();
            let wanted = request.clone();
            return Ok((request, Some(desk.read(move |conn| refunds::preview(conn, &asked, &wanted)).await?), ""));
        }
        let done = match source {
            Some(source) => ticket_money::refund_wish(desk, source, posted, &request).await?,
            None => confirm(desk, &order, posted, &request).await.map(|()| "admin-refund-asked")?,
        };
        Ok((request, None, done))
    };
    let place = place(number, source);
    match step.await {
        Ok((_, Some(_), _)) if posted.get("change") == "on" => {
            show_refund(desk, number, source, StatusCode::OK, Some(posted), &Fields::default()).await
        }
        Ok((request, Some(preview), _)) => show_amounts(desk, &order, &lines, &request, &preview, (version, place)),
        Ok((_, None, done)) => Ok(desk.done(place["back"].as_str().unwrap_or("/admin"), done)),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            // Sending it again is a decision about the ticket as it is now.
            let fresh = match source.cloned() {
                Some(source) => {
                    Some(desk.read(move |conn| Ok(Source { seen: tickets::get(conn, source.ticket)?.version, ..source })).await?)
                }
                None => None,
            };
            show_refund(desk, number, fresh.as_ref(), status, Some(posted), &wrong).await
        }
    }
}

/// Where the money goes, payment by payment.
pub fn shares(preview: &Preview, currency: Currency) -> Vec<Value> {
    let share = |share: &refunds::Share| {
        let to = if share.to_credit { STORE_CREDIT } else { share.provider.as_str() };
        json!({ "to": format!("admin-provider-{to}"), "amount": Money::new(share.amount, currency) })
    };
    preview.shares.iter().map(share).collect()
}

async fn confirm(desk: &Desk, order: &Order, posted: &Posted, request: &Request) -> Result<()> {
    let (expected, seen) = (posted.id::<i64>("expected")?, order_history::seen(posted));
    let (order, request, allowance) = (order.clone(), request.clone(), ticket_money::allowance(desk));
    desk.write(move |conn, act| {
        // Two clicks on one button are one refund: the second finds an order that is not as it saw it.
        orders::lock_seen(conn, order.id, seen, act.now)?;
        service::give(conn, order.customer_id, Money::new(expected, order.currency()?), &act.actor, allowance, act.now)?;
        let id = refunds::request(conn, order.id, &request, expected, &act.actor, act.now)?;
        let after = json!({ "refund": id, "amount": expected, "wish": request });
        act.log(conn, "order.refund", &format!("order:{}", order.number), &json!({ "payment": order.payment_status }), &after)
    })
    .await
}

/// The second step: the amounts, and the button that makes it so.
fn show_amounts(
    desk: &Desk,
    order: &Order,
    lines: &[OrderLine],
    request: &Request,
    preview: &Preview,
    (seen, place): (i64, Value),
) -> Result<HttpResponse> {
    let currency = order.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let part = |part: &refunds::LinePreview| {
        let line = lines.iter().find(|line| line.id == part.line);
        let measured = |steps: i64| line.map(OrderLine::measure).unwrap_or_default().text(steps);
        json!({ "line": part.line, "title": line.map(|line| line.title.as_str()), "options": line.map(|line| line.options.as_str()),
            "quantity": measured(part.quantity), "number": line.map(OrderLine::measure).unwrap_or_default().number(part.quantity),
            "places": line.map_or(0, |line| line.measure().precision), "amount": money(part.amount), "tax": money(part.tax), "cancelled": part.cancelled, "cancelled_text": measured(part.cancelled),
            "returned": part.returned, "returned_text": measured(part.returned), "restock": part.restock, "reduction": part.reduction, "typed": money(part.amount).decimal() })
    };
    let view = json!({
        "number": order.number, "lines": preview.lines.iter().map(part).collect::<Vec<_>>(), "shipping": money(preview.shipping),
        "has_shipping": preview.shipping > 0, "shipping_typed": money(preview.shipping).decimal(), "amount": money(preview.amount),
        "expected": preview.amount, "seen": seen, "reason": request.reason, "to_credit": request.to_credit, "shares": shares(preview, currency), "left": money(preview.refundable - preview.amount), "place": place,
    });
    desk.page("admin/order_refund_confirm.html", "admin-refund-confirm", view)
}
