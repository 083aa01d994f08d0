//! How much mail of campaigns goes out: by mail server, and to the mailboxes of a domain.

use super::desk::{Desk, refusal};
use super::forms::{self, Reader};
use super::sending::configured;
use super::stale::{self, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::NaiveTime;
use kernel::mail::post::{self, Rate, RateId, Setback, Terms, TermsWish, TransportId};
use kernel::money::Currency;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["weight", "per_hour", "warm_from", "warm_first", "warm_growth"];
const LABELS: &Labels = &[
    ("weight", "post-weight", ""),
    ("per_hour", "post-per-hour", ""),
    ("warm_from", "post-warm-from", ""),
    ("warm_first", "post-warm-first", ""),
    ("warm_growth", "post-warm-growth", ""),
];
const RATE: &[&str] = &["domain", "per_minute", "per_day"];
const RATES: &str = "/admin/sending/rates";

fn filled(terms: &Terms) -> Form {
    let warming = terms.warm_from.is_some();
    Form::new(NAMES)
        .fill("weight", terms.weight.to_string())
        .fill("per_hour", forms::number(terms.per_hour))
        .fill("warm_from", terms.warm_from.map(|from| from.date().to_string()).unwrap_or_default())
        .fill("warm_first", forms::number(warming.then_some(terms.warm_first)))
        .fill("warm_growth", forms::number(warming.then_some(terms.warm_growth)))
}

fn read(posted: &Posted) -> Result<TermsWish> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let warming = !posted.get("warm_from").trim().is_empty();
    let wish = TermsWish {
        weight: reader.number("weight"),
        per_hour: reader.optional_number("per_hour"),
        warm_from: if warming { Some(reader.day("warm_from").and_time(NaiveTime::MIN)) } else { None },
        warm_first: reader.number("warm_first"),
        warm_growth: reader.number("warm_growth"),
    };
    reader.check()?;
    Ok(wish)
}

/// A server as the audit log keeps it.
fn logged(terms: &Terms) -> Value {
    json!({ "weight": terms.weight, "per_hour": terms.per_hour, "warm_from": terms.warm_from, "warm_first": terms.warm_first,
        "warm_growth": terms.warm_growth })
}

pub async fn server(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    show(&desk, TransportId(*id), StatusCode::OK, None).await
}

async fn show(desk: &Desk, id: TransportId, status: StatusCode, form: Option<Form>) -> Result<HttpResponse> {
    let now = desk.door.now();
    let (terms, used, setbacks) =
        desk.read(move |conn| Ok((post::transport(conn, id)?, post::used_today(conn, id, now)?, post::setbacks(conn)?))).await?;
    let aside: Vec<Value> = setbacks.iter().filter(|one| one.holds(id, &one.sender, now)).map(set_back).collect();
    let view = json!({ "id": id, "name": terms.name, "warm": terms.warm(now), "used": used, "aside": aside,
        "configured": configured(desk).contains(&terms.name), "form": form.unwrap_or_else(|| filled(&terms).sealed()) });
    desk.page_as(status, "admin/sending_server.html", &terms.name, view)
}

/// What a server refused, as the page shows it and as the audit log keeps it.
fn set_back(one: &Setback) -> Value {
    json!({ "sender": one.sender, "said": one.reason, "since": one.since })
}

/// Has a server tried again that refused mail of the shop.
pub async fn again(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = TransportId(*id);
    desk.write(move |conn, act| {
        post::transport(conn, id)?;
        let said: Vec<Value> = post::try_again(conn, Some(id))?.iter().map(set_back).collect();
        act.log(conn, "sending.again", &format!("mail_server:{id}"), &said, &Value::Null)
    })
    .await?;
    Ok(desk.done(&format!("/admin/sending/servers/{id}"), "post-aside-tried"))
}

pub async fn save(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, typed) = (TransportId(*id), posted.clone());
    let saved = match read(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let before = post::transport(conn, id)?;
                stale::check(&filled(&before), &typed)?;
                post::set_terms(conn, id, &wish)?;
                let after = logged(&post::transport(conn, id)?);
                act.log(conn, "sending.server", &format!("mail_server:{id}"), &logged(&before), &after)
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(&format!("/admin/sending/servers/{id}"), "admin-saved")),
        Err(error) => {
            let (stored, words) = (filled(&desk.read(move |conn| post::transport(conn, id)).await?), desk.words()?);
            let label = |name: &str| stale::label(LABELS, name, &words);
            let of = Refused { form: Form::new(NAMES).typed(posted.pairs()), order: NAMES, stored: &stored, label: &label };
            let (status, form) = stale::refused(&posted, error, of, &words)?;
            show(&desk, id, status, Some(form)).await
        }
    }
}

/// A limit of a domain, as it is shown and as the audit log keeps it.
fn row(rate: &Rate) -> Value {
    json!({ "id": rate.id, "domain": rate.domain, "per_minute": rate.per_minute, "per_day": rate.per_day })
}

pub async fn rates(desk: Desk) -> Result<HttpResponse> {
    show_rates(&desk, StatusCode::OK, Form::new(RATE)).await
}

async fn show_rates(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let found = desk.read(post::rates).await?;
    let rows: Vec<Value> = found.iter().map(row).collect();
    desk.page_as(status, "admin/sending_rates.html", "post-rates", json!({ "rows": rows, "form": form }))
}

pub async fn set_rate(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let mut reader = Reader::new(&posted, Currency::EUR);
    let (domain, per_minute, per_day) = (reader.text("domain"), reader.optional_number("per_minute"), reader.optional_number("per_day"));
    let stored = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                let before = post::rate_of(conn, &domain.trim().to_lowercase())?.as_ref().map(row);
                let id = post::set_rate(conn, &domain, per_minute, per_day)?;
                let after = row(&post::rate(conn, id)?);
                act.log(conn, "sending.rate", &format!("mail_rate:{id}"), &before, &after)
            })
            .await
        }
    };
    match stored {
        Ok(()) => Ok(desk.done(RATES, "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show_rates(&desk, status, Form::new(RATE).typed(posted.pairs()).refuse(RATE, &wrong)).await
        }
    }
}

pub async fn remove_rate(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = RateId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = row(&post::rate(conn, id)?);
            post::remove_rate(conn, id)?;
            act.log(conn, "sending.rate_remove", &format!("mail_rate:{id}"), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(RATES, "admin-deleted")),
        Err(error) => Err(error),
    }
}
