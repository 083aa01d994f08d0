//! A return that staff open for a customer who wrote or telephoned. It is the same request as the buyer's own.

use super::desk::{Desk, refusal};
use super::{order, returns as desk_returns};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::{Error, Result, token};
use serde_json::{Value, json};
use storefront::returns::{self, Reason, Returnable};
use storefront::web::orders::wanted_return;
use storefront::web::posted::Posted;
use storefront::web::views::form::{self, Form};
use storefront::{orders, shop};

pub async fn form(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    let blank = Form::new(form::RETURN).fill("request", token::random());
    show(&desk, &number, StatusCode::OK, blank, None, &Fields::default()).await
}

/// The form; `posted` keeps what was typed.
async fn show(desk: &Desk, number: &str, status: StatusCode, form: Form, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (asked, now) = (number.to_string(), desk.door.now());
    let (lines, days) = desk
        .read(move |conn| {
            let order = orders::get_by_number(conn, &asked)?;
            Ok((returns::returnable(conn, &order, now)?, shop::get(conn)?.return_days))
        })
        .await?;
    let view = |one: &Returnable| {
        let (name, reason) = (format!("quantity-{}", one.line.id), format!("reason-{}", one.line.id));
        let typed = |name: &str, or: &str| posted.map_or(or.to_string(), |posted| posted.get(name).to_string());
        json!({ "title": one.line.title, "options": one.line.options, "sku": one.line.sku, "most": one.line.measure().text(one.units), "places": one.line.measure().precision, "value": typed(&name, "0"),
            "error": wrong.0.get(&name), "reason": typed(&reason, Reason::Other.as_str()), "reason_name": reason, "name": name })
    };
    let shown: Vec<Value> = lines.iter().map(view).collect();
    let view = json!({ "number": number, "lines": shown, "form": form, "wrong": wrong.0, "days": days, "reasons": Reason::ALL });
    desk.page_as(status, "admin/return_new.html", "admin-return-new", view)
}

pub async fn request(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let asked = number.clone();
    let made = match wanted_return(&posted) {
        Err(error) => Err(error),
        Ok(wanted) => {
            let write = desk.write(move |conn, act| {
                let order = orders::get_by_number(conn, &asked)?;
                let before = returns::of_order(conn, order.id)?.len();
                let id = returns::request(conn, order.id, &wanted, &act.actor, act.now)?;
                // Whoever clicked twice has asked once.
                if returns::of_order(conn, order.id)?.len() > before {
                    let lines: Vec<Value> = returns::lines_of(conn, id)?
                        .iter()
                        .map(|line| json!({ "line": line.order_line_id, "quantity": line.quantity, "reason": line.reason }))
                        .collect();
                    let after = json!({ "return": id, "lines": lines, "comment": wanted.comment.trim() });
                    act.log(conn, "return.request", &format!("order:{asked}"), &Value::Null, &after)?;
                }
                Ok(id)
            });
            write.await
        }
    };
    match made {
        Ok(id) => Ok(desk.done(&desk_returns::address(id), "admin-return-opened")),
        Err(Error::Conflict(text)) => desk.explained(&order::address(&number), Error::Conflict(text)),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(form::RETURN).typed(posted.pairs()).refuse(form::RETURN, &wrong);
            show(&desk, &number, status, form, Some(&posted), &wrong).await
        }
    }
}
