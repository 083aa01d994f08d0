//! Shipping rates.

use super::choice::{self, Choice};
use super::desk::Desk;
use super::forms::{self, Reader};
use super::stale::{self, Label, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::money::{Currency, Money};
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::ids::{LocationId, ShippingRateId};
use storefront::shipping::{self, Kind, NewShippingRate, ShippingRate, read_bands, write_bands};
use storefront::stock;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &[
    "name",
    "countries",
    "kind",
    "price",
    "bands",
    "percent",
    "location",
    "free_over",
    "min_weight",
    "max_weight",
    "delivery_days",
    "position",
    "active",
];

const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("countries", "admin-countries", ""),
    ("kind", "admin-shipping-kind", "admin-shipping-kind-"),
    ("price", "admin-col-price", ""),
    ("bands", "admin-shipping-bands", ""),
    ("percent", "admin-shipping-percent", ""),
    ("location", "admin-shipping-location", ""),
    ("free_over", "admin-free-over", ""),
    ("min_weight", "admin-min-weight", ""),
    ("max_weight", "admin-max-weight", ""),
    ("delivery_days", "admin-delivery-days", ""),
    ("position", "admin-position", ""),
    ("active", "admin-shipping-active", ""),
];

fn currency_of(rate: &ShippingRate) -> Result<Currency> {
    Currency::parse(&rate.currency).ok_or_else(|| Error::unexpected(format!("shipping rate {} has currency {}", rate.id, rate.currency)))
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let rates = desk.read(shipping::list).await?;
    let row = |rate: &ShippingRate| {
        let currency = currency_of(rate)?;
        Ok(
            json!({ "id": rate.id, "name": rate.name, "countries": rate.countries, "kind": rate.kind, "price": Money::new(rate.price, currency),
            "rows": rate.bands.0.len(), "percent": rate.percent_bp,
            "free_over": rate.free_over.map(|over| Money::new(over, currency)), "min_weight": rate.min_weight, "max_weight": rate.max_weight,
            "active": rate.active }),
        )
    };
    let rows = rates.iter().map(row).collect::<Result<Vec<Value>>>()?;
    desk.page("admin/shipping.html", "admin-shipping", json!({ "rates": rows }))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let (currency, of) = choice::currency(&desk).await?;
    let form = Form::new(NAMES).fill("active", "on").fill("position", "0").fill("kind", Kind::Flat.as_str());
    show(&desk, StatusCode::OK, None, currency, Some(&of), form).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = ShippingRateId(*id);
    let rate = desk.read(move |conn| shipping::get(conn, id)).await?;
    let currency = currency_of(&rate)?;
    show(&desk, StatusCode::OK, Some(id), currency, None, filled(&rate)?.sealed()).await
}

fn filled(rate: &ShippingRate) -> Result<Form> {
    let currency = currency_of(rate)?;
    let form = Form::new(NAMES)
        .fill("name", &rate.name)
        .fill("countries", &rate.countries)
        .fill("kind", rate.kind.as_str())
        .fill("price", if rate.kind.has_table() { String::new() } else { forms::amount(Some(rate.price), currency) })
        .fill("bands", write_bands(&rate.bands.0, rate.kind == Kind::Value, currency))
        .fill("percent", if rate.kind == Kind::Percent { forms::percent(rate.percent_bp) } else { String::new() })
        .fill("location", rate.location_id.map(|id| id.to_string()).unwrap_or_default())
        .fill("free_over", forms::amount(rate.free_over, currency))
        .fill("min_weight", forms::number(rate.min_weight))
        .fill("max_weight", forms::number(rate.max_weight))
        .fill("delivery_days", &rate.delivery_days)
        .fill("position", rate.position.to_string())
        .fill("active", forms::tick(rate.active));
    Ok(form)
}

/// `of` lets the currency of a new rate be chosen.
async fn show(
    desk: &Desk,
    status: StatusCode,
    id: Option<ShippingRateId>,
    currency: Currency,
    of: Option<&Choice>,
    form: Form,
) -> Result<HttpResponse> {
    let places = desk.read(stock::locations).await?;
    let places: Vec<Value> =
        places.iter().filter(|place| place.active).map(|place| json!({ "id": place.id.to_string(), "name": place.name })).collect();
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let title = if id.is_some() { "admin-shipping-edit" } else { "admin-shipping-new" };
    desk.page_as(
        status,
        "admin/shipping_rate.html",
        title,
        json!({ "id": id, "currency": currency, "kinds": kinds, "places": places, "form": form, "of": of }),
    )
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(ShippingRateId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<ShippingRateId>, posted: Posted) -> Result<HttpResponse> {
    let (chosen, of) = choice::currency(&desk).await?;
    let currency = match id {
        Some(id) => desk.read(move |conn| currency_of(&shipping::get(conn, id)?)).await?,
        None => chosen,
    };
    let typed = posted.clone();
    let stored = match read(&posted, currency) {
        Err(error) => Err(error),
        Ok(rate) => {
            desk.write(move |conn, act| {
                let before = id.map(|id| shipping::get(conn, id)).transpose()?;
                if let Some(before) = &before {
                    stale::check(&filled(before)?, &typed)?;
                }
                let id = match id {
                    Some(id) => shipping::update(conn, id, rate.clone()).map(|()| id)?,
                    None => shipping::create(conn, rate.clone())?,
                };
                let after = shipping::get(conn, id)?;
                act.log(conn, "shipping.save", &format!("shipping:{id}"), &before, &after)
            })
            .await
        }
    };
    match stored {
        Ok(()) => Ok(desk.done("/admin/shipping", "admin-saved")),
        Err(error) => {
            let words = desk.words()?;
            let (stored, places) = desk
                .read(move |conn| {
                    let stored = id.map_or_else(|| Ok(Form::new(NAMES)), |id| filled(&shipping::get(conn, id)?))?;
                    Ok((stored, stock::locations(conn)?))
                })
                .await?;
            let choices: Vec<(String, String)> = places.into_iter().map(|place| (place.id.to_string(), place.name)).collect();
            let label = |name: &str| Some(Label { choices: choices.clone(), ..stale::label(LABELS, name, &words)? });
            let form = Form::new(NAMES).typed(posted.pairs());
            let (status, form) = stale::refused(&posted, error, Refused { form, order: NAMES, stored: &stored, label: &label }, &words)?;
            show(&desk, status, id, currency, id.is_none().then_some(&of), form).await
        }
    }
}

fn read(posted: &Posted, currency: Currency) -> Result<NewShippingRate> {
    let mut reader = Reader::new(posted, currency);
    let kind = Kind::parse(posted.get("kind")).unwrap_or(Kind::Flat);
    let bands = match read_bands(posted.get("bands"), kind == Kind::Value, currency) {
        Some(bands) => bands,
        None => {
            reader.wrong.add("bands", "admin-shipping-bands-wrong");
            Vec::new()
        }
    };
    let rate = NewShippingRate {
        kind,
        bands,
        percent_bp: if kind == Kind::Percent { reader.percent("percent") } else { 0 },
        location_id: posted.get("location").parse().ok().map(LocationId),
        name: reader.text("name").trim().to_string(),
        countries: reader.text("countries"),
        currency: currency.code().into(),
        // A table says its prices, a share needs no least, and picking up may cost nothing.
        price: if kind == Kind::Flat { reader.amount("price") } else { reader.optional_amount("price").unwrap_or(0) },
        free_over: reader.optional_amount("free_over"),
        min_weight: reader.optional_number("min_weight"),
        max_weight: reader.optional_number("max_weight"),
        delivery_days: reader.text("delivery_days").trim().to_string(),
        position: reader.number("position"),
        active: reader.ticked("active"),
    };
    if rate.delivery_days.chars().count() > 40 {
        reader.wrong.add("delivery_days", "admin-too-long");
    }
    reader.check()?;
    Ok(rate)
}
