//! What lies in the house, and correcting it after a count.

use super::desk::{Desk, ROWS, refusal};
use super::forms::Reader;
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::money::Currency;
use kernel::{Error, Result, token};
use serde_json::json;
use storefront::catalog;
use storefront::ids::VariantId;
use storefront::stock;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["on_hand", "reason", "seen", "key"];
/// Movements on a variant's page.
const MOVEMENTS: i64 = 50;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let text = desk.query("q");
    let (asked, after) = (text.clone(), desk.after().map(VariantId));
    let rows = desk.read(move |conn| catalog::stock_list(conn, &asked, after, ROWS)).await?;
    let next = desk.next(rows.len(), rows.last().map(|row| row.variant.0));
    desk.page("admin/stock.html", "admin-stock", json!({ "q": text, "rows": rows, "next": next }))
}

pub async fn show(desk: Desk, variant: web::Path<i64>) -> Result<HttpResponse> {
    page(&desk, VariantId(*variant), StatusCode::OK, None).await
}

async fn page(desk: &Desk, variant: VariantId, status: StatusCode, refused: Option<Form>) -> Result<HttpResponse> {
    let before = desk.after();
    let (row, movements, names) = desk
        .read(move |conn| {
            Ok((catalog::stock_row(conn, variant)?, stock::movements(conn, variant, before, MOVEMENTS)?, staff::names(conn)?))
        })
        .await?;
    let on_hand = row.level.on_hand.to_string();
    let form = refused.unwrap_or_else(|| Form::new(NAMES).fill("on_hand", &on_hand).fill("key", token::random()));
    let form = form.fill("seen", on_hand);
    let next = desk.next(movements.len(), movements.last().map(|one| one.id));
    let title = row.title.clone();
    desk.page_as(
        status,
        "admin/stock_variant.html",
        &title,
        json!({ "row": row, "movements": movements, "names": names, "form": form, "next": next }),
    )
}

pub async fn adjust(desk: Desk, variant: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let variant = VariantId(*variant);
    match set(&desk, variant, &posted).await {
        Ok(()) => Ok(desk.done(&format!("/admin/stock/{variant}"), "admin-stock-set")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, variant, status, Some(Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong))).await
        }
    }
}

async fn set(desk: &Desk, variant: VariantId, posted: &Posted) -> Result<()> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let on_hand = reader.optional_number("on_hand");
    let seen = reader.number("seen");
    let reason = posted.get("reason").trim().to_string();
    let Some(on_hand) = on_hand.filter(|units| (0..=1_000_000_000).contains(units)) else {
        return Err(Error::field("on_hand", "admin-number-invalid"));
    };
    if reason.is_empty() || reason.chars().count() > 200 {
        return Err(Error::field("reason", if reason.is_empty() { "admin-reason-required" } else { "admin-too-long" }));
    }
    let key = format!("desk:{variant}:{}", posted.get("key"));
    desk.write(move |conn, act| {
        let before = stock::level(conn, variant)?;
        if before.on_hand == on_hand {
            return Ok(());
        }
        if before.on_hand != seen {
            return Err(Error::conflict("admin-stock-moved"));
        }
        stock::set_on_hand(conn, variant, on_hand, &reason, &key, &act.actor, act.now)?;
        let after = json!({ "on_hand": on_hand, "reason": reason });
        act.log(conn, "stock.adjust", &format!("variant:{variant}"), &json!({ "on_hand": before.on_hand }), &after)
    })
    .await
}
