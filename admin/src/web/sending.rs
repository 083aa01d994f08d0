//! Domains that mail is from: their keys and records.

use super::desk::{Desk, refusal};
use super::stale::{self, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::mail::dns::{Purpose, Record, Sight};
use kernel::mail::domains::{self, Place, PublicKey, SendingDomain, SendingDomainId, Wish};
use kernel::mail::post::{self, NewKey, Terms};
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["domain", "return_path", "spf"];
const LABELS: &Labels = &[("domain", "post-domain", ""), ("return_path", "post-return-path", ""), ("spf", "post-spf", "")];

fn address(id: SendingDomainId) -> String {
    format!("/admin/sending/{id}")
}

fn wish(posted: &Posted) -> Wish {
    let text = |name: &str| posted.get(name).to_string();
    Wish { domain: text("domain"), return_path: text("return_path"), spf: text("spf") }
}

fn filled(domain: &SendingDomain) -> Form {
    Form::new(NAMES).fill("domain", &domain.domain).fill("return_path", &domain.return_path).fill("spf", &domain.spf)
}

/// A domain as the audit log keeps it.
fn logged(domain: &SendingDomain) -> Value {
    json!({ "domain": domain.domain, "return_path": domain.return_path, "spf": domain.spf })
}

/// Makes keys off the async threads: that takes a while.
async fn new_keys(now: Time) -> Result<Vec<NewKey>> {
    web::block(move || NewKey::pair(now)).await.map_err(Error::unexpected)?
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    // What comes back reaches the shop by the domain that replies go to, if it has one.
    let replies = desk.door.config.mail.reply_domain.clone().unwrap_or_default();
    show_list(&desk, StatusCode::OK, Form::new(NAMES).fill("return_path", replies)).await
}

async fn show_list(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (place, now) = (Place::of(&desk.door.config), desk.door.now());
    let (found, servers) = desk
        .read(move |conn| {
            let mut found = Vec::new();
            for domain in domains::list(conn)? {
                let keys = domains::keys(conn, domain.id)?;
                found.push((domain, keys));
            }
            let mut servers = Vec::new();
            let setbacks = post::setbacks(conn)?;
            for terms in post::transports(conn)? {
                let used = post::used_today(conn, terms.id, now)?;
                let aside = setbacks.iter().any(|one| one.holds(terms.id, &one.sender, now));
                servers.push((terms, used, aside));
            }
            Ok((found, servers))
        })
        .await?;
    let rows: Vec<Value> = found.iter().map(|(domain, keys)| summary(domain, keys, &place)).collect();
    let names = configured(desk);
    let server = |(terms, used, aside): &(Terms, i64, bool)| {
        json!({ "id": terms.id, "name": terms.name, "weight": terms.weight, "per_hour": terms.per_hour, "warm": terms.warm(now),
            "used": used, "aside": aside, "configured": names.contains(&terms.name) })
    };
    let servers: Vec<Value> = servers.iter().map(server).collect();
    desk.page_as(status, "admin/sending.html", "post-title", json!({ "domains": rows, "servers": servers, "form": form }))
}

/// The names of the servers that the configuration has.
pub fn configured(desk: &Desk) -> Vec<String> {
    let mail = &desk.door.config.mail;
    match &mail.smtp {
        Some(_) => std::iter::once(post::MAIN.to_string()).chain(mail.relays.iter().map(|(name, _)| name.clone())).collect(),
        None => vec![post::FILES.to_string()],
    }
}

fn summary(domain: &SendingDomain, keys: &[PublicKey], place: &Place) -> Value {
    let rows = rows(domain, keys, place);
    let wrong = rows.iter().filter(|row| row["sight"] != Sight::Right.as_str()).count();
    json!({ "id": domain.id, "domain": domain.domain, "signs": keys.iter().any(PublicKey::signs), "wrong": wrong,
        "checked_at": domain.checked_at })
}

/// The records to publish, with what the last look found.
fn rows(domain: &SendingDomain, keys: &[PublicKey], place: &Place) -> Vec<Value> {
    let row = |record: &Record| {
        let found = domain.found.0.iter().find(|one| one.purpose == record.purpose && one.name == record.name);
        let key = keys.iter().find(|key| record.purpose == Purpose::Dkim && record.name.split('.').next() == Some(key.selector.as_str()));
        json!({ "purpose": record.purpose, "kind": record.kind, "name": record.name, "value": record.value,
            "sight": found.map_or("unchecked", |one| one.sight.as_str()), "text": found.map_or("", |one| one.text.as_str()),
            "until": key.and_then(PublicKey::published_until) })
    };
    domains::records(domain, keys, place).iter().map(row).collect()
}

pub async fn add(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (asked, keys) = (wish(&posted), new_keys(desk.door.now()).await?);
    let made = desk
        .write(move |conn, act| {
            let id = domains::add(conn, &asked, &keys, act.now)?;
            let after = logged(&domains::get(conn, id)?);
            act.log(conn, "sending.add", &format!("sending:{id}"), &Value::Null, &after)?;
            Ok(id)
        })
        .await;
    match made {
        Ok(id) => Ok(desk.done(&address(id), "post-added")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show_list(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    page(&desk, SendingDomainId(*id), StatusCode::OK, None).await
}

async fn page(desk: &Desk, id: SendingDomainId, status: StatusCode, form: Option<Form>) -> Result<HttpResponse> {
    let (domain, keys) = desk.read(move |conn| Ok((domains::get(conn, id)?, domains::keys(conn, id)?))).await?;
    let records = rows(&domain, &keys, &Place::of(&desk.door.config));
    let key = |key: &PublicKey| {
        let state = match (key.seen_at, key.retired_at) {
            (None, _) => "waits",
            (Some(_), None) => "signs",
            (Some(_), Some(_)) => "retired",
        };
        json!({ "algorithm": key.algorithm, "selector": key.selector, "state": state, "made_at": key.made_at })
    };
    let keys: Vec<Value> = keys.iter().map(key).collect();
    let form = form.unwrap_or_else(|| filled(&domain).sealed());
    let view =
        json!({ "id": id, "domain": domain.domain, "checked_at": domain.checked_at, "records": records, "keys": keys, "form": form });
    desk.page_as(status, "admin/sending_domain.html", &domain.domain, view)
}

pub async fn save(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, asked, typed) = (SendingDomainId(*id), wish(&posted), posted.clone());
    let saved = desk
        .write(move |conn, act| {
            let before = domains::get(conn, id)?;
            stale::check(&filled(&before), &typed)?;
            domains::update(conn, id, &asked, act.now)?;
            let after = logged(&domains::get(conn, id)?);
            act.log(conn, "sending.save", &format!("sending:{id}"), &logged(&before), &after)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let (stored, words) = (filled(&desk.read(move |conn| domains::get(conn, id)).await?), desk.words()?);
            let label = |name: &str| stale::label(LABELS, name, &words);
            let of = Refused { form: Form::new(NAMES).typed(posted.pairs()), order: NAMES, stored: &stored, label: &label };
            let (status, form) = stale::refused(&posted, error, of, &words)?;
            page(&desk, id, status, Some(form)).await
        }
    }
}

pub async fn rotate(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let (id, keys) = (SendingDomainId(*id), new_keys(desk.door.now()).await?);
    let done = desk.write(move |conn, act| {
        domains::rotate(conn, id, &keys, act.now)?;
        let selectors: Vec<&str> = keys.iter().map(|key| key.selector.as_str()).collect();
        act.log(conn, "sending.rotate", &format!("sending:{id}"), &Value::Null, &json!({ "selectors": selectors.join(" ") }))
    });
    match done.await {
        Ok(()) => Ok(desk.done(&address(id), "post-rotated")),
        Err(error) => desk.explained(&address(id), error),
    }
}

pub async fn check(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = SendingDomainId(*id);
    desk.write(move |conn, act| {
        let domain = domains::get(conn, id)?;
        domains::check_soon(conn, id, act.now)?;
        act.log(conn, "sending.check", &format!("sending:{id}"), &Value::Null, &json!({ "domain": domain.domain }))
    })
    .await?;
    Ok(desk.done(&address(id), "post-looking"))
}

pub async fn remove(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = SendingDomainId(*id);
    desk.write(move |conn, act| {
        let before = logged(&domains::get(conn, id)?);
        domains::remove(conn, id)?;
        act.log(conn, "sending.remove", &format!("sending:{id}"), &before, &Value::Null)
    })
    .await?;
    Ok(desk.done("/admin/sending", "post-removed"))
}
