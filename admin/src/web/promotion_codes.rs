//! Unique codes of a promotion: made, listed, downloaded.

use super::desk::{Desk, ROWS, refusal};
use super::forms::Reader;
use super::promotions::address;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::money::Currency;
use serde_json::json;
use storefront::ids::PromotionId;
use storefront::promotions::{self, codes};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["count", "prefix"];

pub async fn list(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    show(&desk, PromotionId(*id), StatusCode::OK, Form::new(NAMES).fill("count", "100")).await
}

async fn show(desk: &Desk, id: PromotionId, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let after = desk.after();
    let (promotion, counts, rows) =
        desk.read(move |conn| Ok((promotions::get(conn, id)?, codes::counts(conn, id)?, codes::list(conn, id, after, ROWS)?))).await?;
    let next = desk.next(rows.len(), rows.last().map(|code| code.id));
    let view = json!({ "id": id, "name": promotion.name, "needs_code": promotion.needs_code, "made": counts.0, "used": counts.1,
        "most": codes::MOST, "codes": rows, "next": next, "form": form });
    desk.page_as(status, "admin/promotion_codes.html", "admin-promotion-codes", view)
}

pub async fn generate(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = PromotionId(*id);
    // No amount is read; the reader needs some currency.
    let mut reader = Reader::new(&posted, Currency::EUR);
    let (count, prefix) = (reader.number("count"), reader.text("prefix"));
    let made = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                promotions::get(conn, id)?;
                let before = codes::counts(conn, id)?;
                codes::generate(conn, id, count, &prefix, act.now)?;
                let (before, after) = (json!({ "codes": before.0 }), json!({ "codes": before.0 + count, "prefix": prefix }));
                act.log(conn, "promotion.codes", &format!("promotion:{id}"), &before, &after)
            })
            .await
        }
    };
    match made {
        Ok(()) => Ok(desk.done(&format!("{}/codes", address(id)), "admin-promotion-codes-made")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, id, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

/// All of them as a file.
pub async fn download(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = PromotionId(*id);
    let file = desk
        .read(move |conn| {
            promotions::get(conn, id)?;
            codes::csv(conn, id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"promotion-{id}-codes.csv\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(file))
}
