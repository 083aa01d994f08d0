//! Coupons: their list and their terms.

use super::desk::{Desk, ROWS, refusal};
use super::forms::{self, Reader};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::money::{Currency, Money};
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::coupons::{self, Coupon, Kind, Terms};
use storefront::ids::CouponId;
use storefront::shop;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] =
    &["code", "kind", "percent", "amount", "minimum", "starts_at", "ends_at", "max_uses", "max_uses_per_customer", "active"];

fn currency_of(coupon: &Coupon) -> Result<Currency> {
    Currency::parse(&coupon.currency).ok_or_else(|| Error::unexpected(format!("coupon {} has currency {}", coupon.id, coupon.currency)))
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let before = desk.after();
    let found = desk.read(move |conn| coupons::list(conn, before, ROWS)).await?;
    let row = |coupon: &Coupon| {
        let currency = currency_of(coupon)?;
        Ok(json!({ "id": coupon.id, "code": coupon.code, "kind": coupon.kind, "percent": coupon.percent_bp,
            "amount": Money::new(coupon.amount, currency), "has_minimum": coupon.minimum > 0, "minimum": Money::new(coupon.minimum, currency),
            "starts_at": coupon.starts_at, "ends_at": coupon.ends_at, "uses": coupon.uses, "max_uses": coupon.max_uses, "active": coupon.active }))
    };
    let rows = found.iter().map(row).collect::<Result<Vec<Value>>>()?;
    let next = desk.next(rows.len(), found.last().map(|coupon| coupon.id.0));
    desk.page("admin/coupons.html", "admin-coupons", json!({ "coupons": rows, "next": next }))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let currency = desk.read(|conn| Ok(shop::get(conn)?.currency)).await?;
    show(&desk, StatusCode::OK, None, currency, Form::new(NAMES).fill("kind", Kind::Percentage.as_str()).fill("active", "on"))
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = CouponId(*id);
    let coupon = desk.read(move |conn| coupons::get(conn, id)).await?;
    let currency = currency_of(&coupon)?;
    let some = |value: i64| Some(value).filter(|value| *value > 0);
    let form = Form::new(NAMES)
        .fill("code", &coupon.code)
        .fill("kind", coupon.kind.as_str())
        .fill("percent", some(coupon.percent_bp).map(forms::percent).unwrap_or_default())
        .fill("amount", forms::amount(some(coupon.amount), currency))
        .fill("minimum", forms::amount(some(coupon.minimum), currency))
        .fill("starts_at", forms::moment(coupon.starts_at))
        .fill("ends_at", forms::moment(coupon.ends_at))
        .fill("max_uses", forms::number(coupon.max_uses))
        .fill("max_uses_per_customer", forms::number(coupon.max_uses_per_customer))
        .fill("active", forms::tick(coupon.active));
    show(&desk, StatusCode::OK, Some(id), currency, form)
}

fn show(desk: &Desk, status: StatusCode, id: Option<CouponId>, currency: Currency, form: Form) -> Result<HttpResponse> {
    let title = if id.is_some() { "admin-coupon-edit" } else { "admin-coupon-new" };
    desk.page_as(status, "admin/coupon.html", title, json!({ "id": id, "currency": currency, "kinds": Kind::ALL, "form": form }))
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(CouponId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<CouponId>, posted: Posted) -> Result<HttpResponse> {
    let currency = desk
        .read(move |conn| match id {
            Some(id) => currency_of(&coupons::get(conn, id)?),
            None => Ok(shop::get(conn)?.currency),
        })
        .await?;
    let stored = match read(&posted, currency) {
        Err(error) => Err(error),
        Ok(terms) => {
            desk.write(move |conn, act| {
                let before = id.map(|id| coupons::get(conn, id)).transpose()?;
                let id = match id {
                    Some(id) => coupons::update(conn, id, terms.clone()).map(|()| id)?,
                    None => coupons::create(conn, terms.clone(), act.now)?,
                };
                let after = coupons::get(conn, id)?;
                act.log(conn, "coupon.save", &format!("coupon:{id}"), &before, &after)
            })
            .await
        }
    };
    match stored {
        Ok(()) => Ok(desk.done("/admin/coupons", "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, id, currency, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong))
        }
    }
}

/// The terms of a form. Values that do not belong to the kind are left out, not refused.
fn read(posted: &Posted, currency: Currency) -> Result<Terms> {
    let mut reader = Reader::new(posted, currency);
    let kind = Kind::parse(posted.get("kind")).ok_or_else(|| Error::field("kind", "admin-required"))?;
    let terms = Terms {
        code: reader.text("code"),
        kind,
        percent_bp: if kind == Kind::Percentage { reader.percent("percent") } else { 0 },
        amount: if kind == Kind::Amount { reader.amount("amount") } else { 0 },
        currency: currency.code().into(),
        minimum: reader.optional_amount("minimum").unwrap_or(0),
        starts_at: reader.moment("starts_at"),
        ends_at: reader.moment("ends_at"),
        max_uses: reader.optional_number("max_uses"),
        max_uses_per_customer: reader.optional_number("max_uses_per_customer"),
        active: reader.ticked("active"),
    };
    reader.check()?;
    Ok(terms)
}
