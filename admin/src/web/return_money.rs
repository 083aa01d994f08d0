//! What a return comes to: the amounts are shown before anybody confirms them.

use super::desk::{Desk, refusal};
use super::forms::Reader;
use super::order_money::shares;
use super::returns::{address, page};
use super::ticket_money::allowance;
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::money::{Currency, Money};
use serde_json::{Value, json};
use storefront::ids::ReturnId;
use storefront::orders;
use storefront::refunds::Preview;
use storefront::returns::{self, Return};
use storefront::service;
use storefront::web::posted::Posted;

/// What the form wants: of the delivery, and as credit or not.
#[derive(Clone, Copy)]
struct Wish {
    shipping: i64,
    to_credit: bool,
}

fn read(posted: &Posted, currency: Currency) -> Result<Wish> {
    let mut reader = Reader::new(posted, currency);
    let shipping = reader.optional_amount("shipping").unwrap_or(0);
    reader.check()?;
    Ok(Wish { shipping, to_credit: posted.get("outcome") == "store_credit" })
}

/// Both steps post here: without `expected` the amounts are shown, with it they are confirmed.
pub async fn refund(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = ReturnId(*id);
    let (back, currency) = desk
        .read(move |conn| {
            let back = returns::get(conn, id)?;
            let currency = orders::get(conn, back.order_id)?.currency()?;
            Ok((back, currency))
        })
        .await?;
    let step = async {
        let wish = read(&posted, currency)?;
        if posted.get("expected").is_empty() || posted.get("change") == "on" {
            let Wish { shipping, to_credit } = wish;
            let preview = desk.read(move |conn| returns::preview(conn, id, shipping, to_credit)).await?;
            return Ok(Some((wish, preview)));
        }
        confirm(&desk, id, &back, &wish, posted.id::<i64>("expected")?).await?;
        Ok(None)
    };
    match step.await {
        Ok(Some(_)) if posted.get("change") == "on" => Ok(desk.door.go(&desk.visit, &address(id))),
        Ok(Some((wish, preview))) => show_amounts(&desk, &back, currency, &wish, &preview).await,
        Ok(None) => Ok(desk.done(&address(id), "admin-return-settled")),
        Err(kernel::Error::Conflict(text)) => desk.explained(&address(id), kernel::Error::Conflict(text)),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, id, status, Some(&posted), &wrong).await
        }
    }
}

async fn confirm(desk: &Desk, id: ReturnId, back: &Return, wish: &Wish, expected: i64) -> Result<()> {
    let (status, Wish { shipping, to_credit }, order, allowance) = (back.status, *wish, back.order_id, allowance(desk));
    desk.write(move |conn, act| {
        let refund = returns::refund(conn, id, shipping, to_credit, expected, &act.actor, act.now)?;
        let order = orders::get(conn, order)?;
        service::give(conn, order.customer_id, Money::new(expected, order.currency()?), &act.actor, allowance, act.now)?;
        let after = json!({ "refund": refund, "amount": expected, "shipping": shipping, "store_credit": to_credit });
        act.log(conn, "return.refund", &format!("return:{id}"), &json!({ "status": status }), &after)
    })
    .await
}

async fn show_amounts(desk: &Desk, back: &Return, currency: Currency, wish: &Wish, preview: &Preview) -> Result<HttpResponse> {
    let order = back.order_id;
    let lines = desk.read(move |conn| orders::lines(conn, order)).await?;
    let money = |minor: i64| Money::new(minor, currency);
    let part = |part: &storefront::refunds::LinePreview| {
        let line = lines.iter().find(|line| line.id == part.line);
        json!({ "title": line.map(|line| line.title.as_str()), "options": line.map(|line| line.options.as_str()), "quantity": line.map(storefront::orders::OrderLine::measure).unwrap_or_default().text(part.quantity),
            "amount": money(part.amount), "tax": money(part.tax) })
    };
    let parts: Vec<Value> = preview.lines.iter().map(part).collect();
    let view = json!({ "id": back.id, "number": back.number, "lines": parts, "shipping": money(preview.shipping),
        "has_shipping": preview.shipping > 0, "shipping_typed": money(preview.shipping).decimal(), "amount": money(preview.amount),
        "expected": preview.amount, "outcome": if wish.to_credit { "store_credit" } else { "refund" },
        "shares": shares(preview, currency), "left": money(preview.refundable - preview.amount) });
    desk.page("admin/return_refund.html", "admin-refund-confirm", view)
}
