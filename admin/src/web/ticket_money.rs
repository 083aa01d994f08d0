//! Money and goods from a ticket: refund, cancel, credit, each with the ticket in one commit. Beyond what somebody may give alone it becomes
//! a proposal.

use super::desk::{Act, Desk, refusal};
use super::forms::Reader;
use super::order_history;
use super::order_money::{Source, give_back, show_refund};
use super::ticket::{address, page, seen};
use super::ticket_exchange;
use crate::permissions::Permission;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tickets::{self, TicketId};
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::OrderId;
use storefront::promotions::Cut;
use storefront::refunds::Request;
use storefront::service::{self, Allowance, Carried, Deed, ProposalId, Wish};
use storefront::web::posted::Posted;
use storefront::{orders, shop};

/// The ticket of an address and the number of its order. `Conflict` without one.
pub async fn source(desk: &Desk, number: &str, seen: Option<i64>) -> Result<(Source, String)> {
    let asked = number.to_string();
    desk.read(move |conn| {
        let ticket = tickets::by_number(conn, &asked)?;
        let order = ticket.order_id.ok_or_else(|| Error::conflict("service-no-order"))?;
        let order = orders::get(conn, OrderId(order))?.number;
        Ok((Source { ticket: ticket.id, number: ticket.number, seen: seen.unwrap_or(ticket.version) }, order))
    })
    .await
}

pub async fn refund_form(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    match source(&desk, &number, None).await {
        Ok((source, order)) => show_refund(&desk, &order, Some(&source), StatusCode::OK, None, &Fields::default()).await,
        Err(error) => desk.explained(&address(&number), error),
    }
}

/// Both steps, as those of a refund from an order's page.
pub async fn refund(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let saw = posted.get("ticket_seen").parse().map_err(|_| Error::NotFound)?;
    let (source, order) = source(&desk, &number, Some(saw)).await?;
    give_back(&desk, &order, Some(&source), &posted).await
}

/// Up to what somebody may give alone, from a ticket and elsewhere.
pub fn allowance(desk: &Desk) -> Allowance {
    if desk.may(Permission::TicketsApprove) { Allowance::Whole } else { Allowance::Limited }
}

/// Does it or proposes it, with what the audit log keeps.
pub fn carry(conn: &mut Conn, act: &Act, wish: &Wish, allowance: Allowance) -> Result<Carried> {
    let before = tickets::get(conn, wish.ticket)?;
    let carried = service::act(conn, wish, act.agent(), allowance, act.now)?;
    let after = tickets::get(conn, wish.ticket)?;
    let (action, proposal) = match carried {
        Carried::Done => (format!("ticket.{}", wish.deed.as_str()), None),
        Carried::Proposed(id) => ("ticket.propose".to_string(), Some(id)),
    };
    let after = json!({ "status": after.status, "outcome": after.outcome, "deed": wish.deed, "proposal": proposal });
    act.log(conn, &action, &format!("ticket:{}", before.number), &json!({ "status": before.status, "outcome": before.outcome }), &after)?;
    Ok(carried)
}

pub fn said(carried: Carried, done: &'static str) -> &'static str {
    match carried {
        Carried::Done => done,
        Carried::Proposed(_) => "admin-ticket-proposed",
    }
}

/// The last step of a refund: the amount that was shown is confirmed. Answers the key of what to say.
pub async fn refund_wish(desk: &Desk, source: &Source, posted: &Posted, request: &Request) -> Result<&'static str> {
    let expected = posted.id::<i64>("expected")?;
    let wish = Wish {
        ticket: source.ticket,
        seen: source.seen,
        order_seen: Some(order_history::seen(posted)),
        deed: Deed::Refund { request: request.clone(), expected },
        solve: posted.ticked("solve"),
    };
    let allowance = allowance(desk);
    let carried = desk.write(move |conn, act| carry(conn, act, &wish, allowance)).await?;
    Ok(said(carried, "admin-refund-asked"))
}

pub async fn cancel(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    carried(&desk, &number, &posted, "admin-order-cancel-done", move |_, ticket| {
        Ok(Wish { ticket, seen: seen(&form)?, order_seen: Some(form.id("order_seen")?), deed: Deed::Cancel, solve: form.ticked("solve") })
    })
    .await
}

pub async fn credit(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    carried(&desk, &number, &posted, "admin-ticket-credited", move |conn, ticket| {
        let currency = currency(conn, ticket)?;
        let mut reader = Reader::new(&form, currency);
        let amount = reader.amount("amount");
        reader.check()?;
        let deed = Deed::Credit { amount, currency };
        Ok(Wish { ticket, seen: seen(&form)?, order_seen: None, deed, solve: form.ticked("solve") })
    })
    .await
}

pub async fn coupon(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    carried(&desk, &number, &posted, "admin-ticket-couponed", move |conn, ticket| {
        let currency = currency(conn, ticket)?;
        let mut reader = Reader::new(&form, currency);
        // Only a percentage speaks of the order.
        let (cut, order_seen) = match form.get("cut") {
            "percent" => (Cut::Percentage(reader.percent("worth")), Some(form.id("order_seen")?)),
            _ => (Cut::Amount(reader.amount("worth")), None),
        };
        let days = reader.number("days");
        reader.check()?;
        Ok(Wish { ticket, seen: seen(&form)?, order_seen, deed: Deed::Coupon { cut, currency, days }, solve: form.ticked("solve") })
    })
    .await
}

/// What credit is given in: the currency of the order, or of the shop.
pub(super) fn currency(conn: &mut Conn, ticket: TicketId) -> Result<Currency> {
    match tickets::get(conn, ticket)?.order_id {
        Some(order) => orders::get(conn, OrderId(order))?.currency(),
        None => Ok(shop::get(conn)?.currency),
    }
}

async fn carried(
    desk: &Desk,
    number: &str,
    posted: &Posted,
    done: &'static str,
    mut wish: impl FnMut(&mut Conn, TicketId) -> Result<Wish> + Send + 'static,
) -> Result<HttpResponse> {
    let (asked, allowance) = (number.to_string(), allowance(desk));
    let carried = desk.write(move |conn, act| {
        let ticket = tickets::by_number(conn, &asked)?;
        let wish = wish(conn, ticket.id)?;
        carry(conn, act, &wish, allowance)
    });
    match carried.await {
        Ok(carried) => Ok(desk.done(&address(number), said(carried, done))),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(desk, number, status, Some(posted), &wrong).await
        }
    }
}

/// The form has nothing but its token.
pub async fn approve(desk: Desk, path: web::Path<(String, i64)>, _: Posted) -> Result<HttpResponse> {
    decide(&desk, path.into_inner(), None).await
}

pub async fn decline(desk: Desk, path: web::Path<(String, i64)>, posted: Posted) -> Result<HttpResponse> {
    decide(&desk, path.into_inner(), Some(posted.get("why").to_string())).await
}

/// Approves a proposal, or declines it with a reason.
async fn decide(desk: &Desk, (number, id): (String, i64), why: Option<String>) -> Result<HttpResponse> {
    let (asked, approves, mailer) = (number.clone(), why.is_none(), desk.door.mailer());
    let done = desk.write(move |conn, act| {
        let ticket = tickets::by_number(conn, &asked)?;
        let proposal = service::of_this(conn, ticket.id, ProposalId(id))?;
        match &why {
            None => {
                service::approve(conn, ticket.id, proposal.id, act.agent(), act.now)?;
                ticket_exchange::link(conn, &proposal.deed.0, act.now, &mailer)?;
            }
            Some(why) if why.trim().is_empty() => return Err(Error::conflict("admin-ticket-why")),
            Some(why) => service::decline(conn, ticket.id, proposal.id, why, act.agent(), act.now)?,
        }
        let action = if why.is_none() { "ticket.approve" } else { "ticket.decline" };
        let after = json!({ "proposal": id, "amount": proposal.money()? });
        act.log(conn, action, &format!("ticket:{asked}"), &Value::Null, &after)
    });
    match done.await {
        Ok(()) => Ok(desk.done(&address(&number), if approves { "admin-ticket-approved" } else { "admin-ticket-declined" })),
        Err(error) => desk.explained(&address(&number), error),
    }
}
