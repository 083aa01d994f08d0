//! Tax rates by zone and class.

use super::desk::{Desk, refusal};
use super::forms::{self, Reader};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::money::Currency;
use kernel::web::format;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::ids::TaxRateId;
use storefront::tax_rates::{self, LEVELS, NewTaxRate, TaxRate};
use storefront::tax_zones;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["id", "country", "region", "postal_codes", "tax_class", "level", "name", "rate", "compound"];
const HERE: &str = "/admin/taxes";

/// The zones with their rates, and the form; `?edit=3` fills the form with that rate.
pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let blank = Form::new(NAMES).fill("tax_class", "standard").fill("level", "1");
    let form = match desk.query("edit").parse().ok().map(TaxRateId) {
        None => blank,
        Some(id) => {
            let rate = desk.read(move |conn| tax_rates::get(conn, id)).await?;
            blank
                .fill("id", id.to_string())
                .fill("country", rate.country)
                .fill("region", rate.region)
                .fill("postal_codes", rate.postal_codes.replace(' ', ", "))
                .fill("tax_class", rate.tax_class)
                .fill("level", rate.level.to_string())
                .fill("name", rate.name)
                .fill("rate", forms::rate(rate.rate_ppm))
                .fill("compound", forms::tick(rate.compound))
        }
    };
    show(&desk, StatusCode::OK, form).await
}

/// Rates that stand together, in the order of the list.
fn zones(rates: &[TaxRate]) -> Vec<Value> {
    let row = |rate: &TaxRate| {
        json!({ "id": rate.id, "tax_class": rate.tax_class, "level": rate.level, "compound": rate.compound, "name": rate.name,
            "rate": format::rate(rate.rate_ppm) })
    };
    let zone = |rates: &[TaxRate]| {
        let first = rates.first()?;
        Some(json!({ "country": first.country, "region": first.region, "postal_codes": first.postal_codes, "name": tax_zones::zone(first),
            "rates": rates.iter().map(row).collect::<Vec<_>>() }))
    };
    rates.chunk_by(|one, next| tax_zones::zone(one) == tax_zones::zone(next)).filter_map(zone).collect()
}

async fn show(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let rates = desk.read(tax_rates::list).await?;
    let levels: Vec<String> = (1..=LEVELS).map(|level| level.to_string()).collect();
    let levels: Vec<Value> = levels.iter().map(|level| json!({ "value": level, "label": level })).collect();
    desk.page_as(status, "admin/taxes.html", "admin-taxes", json!({ "zones": zones(&rates), "levels": levels, "form": form }))
}

/// Sets the rate of a zone, class and level, or changes the one that was opened.
pub async fn set(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let opened = posted.get("id").parse().ok().map(TaxRateId);
    // A percentage has no currency; the reader wants one for amounts.
    let mut reader = Reader::new(&posted, Currency::EUR);
    let rate = NewTaxRate {
        country: reader.text("country"),
        region: reader.text("region"),
        postal_codes: reader.text("postal_codes"),
        tax_class: reader.text("tax_class"),
        level: reader.number("level"),
        compound: reader.ticked("compound"),
        name: reader.text("name"),
        rate_ppm: reader.rate("rate"),
    };
    let stored = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                let all = tax_rates::list(conn)?;
                let before = |id: TaxRateId| all.iter().find(|known| known.id == id);
                let id = match opened {
                    Some(id) => tax_rates::update(conn, id, rate.clone()).map(|()| id)?,
                    None => tax_rates::set(conn, rate.clone())?,
                };
                let after = tax_rates::get(conn, id)?;
                act.log(conn, "tax.set", &subject(&after), &before(id), &after)
            })
            .await
        }
    };
    match stored {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

fn subject(rate: &TaxRate) -> String {
    let zone: String = tax_zones::zone(rate).chars().take(80).collect();
    format!("tax:{zone}:{}", rate.tax_class)
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = TaxRateId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = tax_rates::get(conn, id)?;
            tax_rates::delete(conn, id)?;
            act.log(conn, "tax.delete", &subject(&before), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(HERE, "admin-deleted")),
        Err(error) => Err(error),
    }
}
