//! Tax rates by country and class.

use super::desk::{Desk, refusal};
use super::forms::{self, Reader};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::money::Currency;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::ids::TaxRateId;
use storefront::tax_rates::{self, NewTaxRate};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["country", "tax_class", "name", "rate"];

/// The list with the form below it; `?edit=3` fills the form with that rate.
pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let blank = Form::new(NAMES).fill("tax_class", "standard");
    let form = match desk.query("edit").parse().ok().map(TaxRateId) {
        None => blank,
        Some(id) => {
            let rate = desk.read(move |conn| tax_rates::get(conn, id)).await?;
            blank
                .fill("country", rate.country)
                .fill("tax_class", rate.tax_class)
                .fill("name", rate.name)
                .fill("rate", forms::percent(rate.rate_bp))
        }
    };
    show(&desk, StatusCode::OK, form).await
}

async fn show(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let rates = desk.read(tax_rates::list).await?;
    desk.page_as(status, "admin/taxes.html", "admin-taxes", json!({ "rates": rates, "form": form }))
}

pub async fn set(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    // A percentage has no currency; the reader wants one for amounts.
    let mut reader = Reader::new(&posted, Currency::EUR);
    let rate = NewTaxRate {
        country: reader.text("country"),
        tax_class: reader.text("tax_class"),
        name: reader.text("name").trim().to_string(),
        rate_bp: reader.percent("rate"),
    };
    let stored = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                let key = |one: &tax_rates::TaxRate| {
                    one.country == rate.country.trim().to_uppercase() && one.tax_class == rate.tax_class.trim().to_lowercase()
                };
                let before = tax_rates::list(conn)?.into_iter().find(key);
                tax_rates::set(conn, rate.clone())?;
                let after = tax_rates::list(conn)?.into_iter().find(key);
                let subject = format!("tax:{}:{}", rate.country.trim().to_uppercase(), rate.tax_class.trim().to_lowercase());
                act.log(conn, "tax.set", &subject, &before, &after)
            })
            .await
        }
    };
    match stored {
        Ok(()) => Ok(desk.done("/admin/taxes", "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = TaxRateId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = tax_rates::get(conn, id)?;
            tax_rates::delete(conn, id)?;
            act.log(conn, "tax.delete", &format!("tax:{}:{}", before.country, before.tax_class), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done("/admin/taxes", "admin-deleted")),
        Err(error) => Err(error),
    }
}
