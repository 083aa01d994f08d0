//! The stores: making them, changing them, closing them.

use super::desk::Desk;
use super::stale::{self, Label, Labels, Refused};
use super::{forms, languages};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::ids::{CollectionId, StoreId};
use storefront::shop::OWN_LANGUAGE;
use storefront::stores::{self, MAIN, Site, Store, Wish};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{collections, shop};

const HERE: &str = "/admin/stores";
const BASE: &[&str] = &["version", "name", "domain", "currency", "first", "part", "country", "open"];

const LABELS: &Labels = &[
    ("name", "admin-store-name", ""),
    ("domain", "admin-store-domain", ""),
    ("first", "admin-store-first", ""),
    ("also", "admin-store-also", ""),
    ("part", "admin-store-part", ""),
    ("country", "admin-store-country", ""),
    ("announcement", "admin-settings-announcement", ""),
    ("open", "admin-store-is-open", ""),
];

fn names() -> Vec<String> {
    BASE.iter().map(ToString::to_string).chain(languages::each(&["also", "announcement"])).collect()
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let base_url = desk.door.config.base_url.clone();
    let (all, parts) = desk.read(|conn| Ok((stores::list(conn)?, collections::list(conn)?))).await?;
    let row = |store: &Store| {
        let part = store.part.and_then(|id| parts.iter().find(|one| one.id == id)).map(|one| one.name.clone());
        let languages: Vec<&str> = store.languages.iter().map(|language| language.name()).collect();
        json!({ "id": store.id, "main": store.id == MAIN, "name": store.name, "url": Site::of(store, &base_url).base_url,
            "currency": store.currency, "languages": languages.join(", "), "part": part, "open": store.open })
    };
    let rows: Vec<Value> = all.iter().map(row).collect();
    desk.page("admin/stores.html", "admin-stores", json!({ "rows": rows }))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    // As it is drawn, only name and domain are missing: the main store's currency and every language.
    let own = desk.read(shop::get).await?.currency;
    let mut form = Form::new(&names()).fill("first", OWN_LANGUAGE).fill("currency", own.code()).fill("open", "on");
    for language in Language::all() {
        form = form.fill(&languages::field("also", *language), "on");
    }
    show(&desk, StatusCode::OK, None, form).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = other(*id)?;
    let store = desk.read(move |conn| stores::get(conn, id)).await?;
    show(&desk, StatusCode::OK, Some(id), filled(&store)).await
}

/// The id of another store than the main one, which is edited as the shop's settings.
fn other(id: i64) -> Result<StoreId> {
    if id == MAIN.0 { Err(Error::NotFound) } else { Ok(StoreId(id)) }
}

fn filled(store: &Store) -> Form {
    let mut form = Form::new(&names())
        .fill("version", store.version.to_string())
        .fill("name", &store.name)
        .fill("domain", &store.domain)
        .fill("currency", store.currency.code())
        .fill("first", store.languages.first().map_or("", |language| language.code()))
        .fill("part", store.part.map(|part| part.to_string()).unwrap_or_default())
        .fill("country", &store.country)
        .fill("open", forms::tick(store.open));
    for language in &store.languages {
        form = form.fill(&languages::field("also", *language), "on");
    }
    for language in Language::all() {
        let said = store.announcement.get(language.code()).cloned().unwrap_or_default();
        form = form.fill(&languages::field("announcement", *language), said);
    }
    form
}

/// The languages that a form asks for, the first one first; none for a choice that is none.
pub(super) fn spoken(posted: &Posted) -> Vec<Language> {
    let also = Language::all().iter().copied().filter(|language| posted.ticked(&languages::field("also", *language)));
    let first = Language::parse(posted.get("first"));
    first.into_iter().chain(also.filter(|language| Some(*language) != first)).collect()
}

async fn show(desk: &Desk, status: StatusCode, id: Option<StoreId>, form: Form) -> Result<HttpResponse> {
    let (known, parts, own) = desk
        .read(move |conn| Ok((id.map(|id| stores::get(conn, id)).transpose()?, collections::list(conn)?, shop::get(conn)?.currency)))
        .await?;
    let base_url = &desk.door.config.base_url;
    let parts: Vec<Value> = parts.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    let view = json!({
        "id": id, "form": form, "parts": parts, "languages": languages::choices(), "own": own,
        "currencies": Currency::all().map(|one| one.code()).collect::<Vec<_>>(), "host": desk.door.config.host(),
        "url": known.as_ref().map(|store| Site::of(store, base_url).base_url), "open": known.as_ref().is_none_or(|store| store.open),
        "query": id.map(|id| format!("?store={id}")),
    });
    let title = known.as_ref().map_or("admin-store-new", |store| store.name.as_str());
    desk.page_as(status, "admin/store.html", title, view)
}

/// What was typed. The domain checks itself; an unknown choice of a list is none.
fn read(posted: &Posted) -> Wish {
    let said = |language: &Language| (language.code().to_string(), posted.get(&languages::field("announcement", *language)).to_string());
    Wish {
        name: posted.get("name").to_string(),
        domain: posted.get("domain").to_string(),
        currency: posted.get("currency").to_string(),
        languages: spoken(posted),
        part: posted.get("part").parse().ok().map(CollectionId),
        country: posted.get("country").to_string(),
        announcement: Language::all().iter().map(said).collect(),
        open: posted.ticked("open"),
    }
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = other(*id)?;
    save(desk, Some(id), posted).await
}

async fn save(desk: Desk, id: Option<StoreId>, posted: Posted) -> Result<HttpResponse> {
    let (wish, own) = (read(&posted), desk.door.config.host().to_string());
    let seen = posted.get("version").parse().unwrap_or(0);
    let stored = desk
        .write(move |conn, act| {
            let before = id.map(|id| stores::get(conn, id)).transpose()?;
            let id = match id {
                Some(id) => stores::update(conn, id, &wish, seen, &own, act.now).map(|()| id)?,
                None => stores::create(conn, &wish, &own, act.now)?,
            };
            let after = stores::get(conn, id)?;
            act.log(conn, "store.save", &format!("store:{id}"), &before, &after)?;
            Ok(id)
        })
        .await;
    match stored {
        Ok(id) => {
            desk.door.renew_sites().await?;
            Ok(desk.done(&format!("{HERE}/{id}"), "admin-saved"))
        }
        Err(error) => refused(&desk, id, &posted, error).await,
    }
}

async fn refused(desk: &Desk, id: Option<StoreId>, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (stale, words) = (stale::is(&error), desk.words()?);
    let (known, parts) = desk.read(move |conn| Ok((id.map(|id| stores::get(conn, id)).transpose()?, collections::list(conn)?))).await?;
    let stored = known.as_ref().map_or_else(|| Form::new(&names()), filled);
    let parts = parts.into_iter().map(|part| (part.id.to_string(), part.name));
    let choices: Vec<(String, String)> = Language::all().iter().map(|one| (one.code().into(), one.name().into())).chain(parts).collect();
    let label = |name: &str| Some(Label { choices: choices.clone(), ..stale::label(LABELS, name, &words)? });
    let names = names();
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let of = Refused { form: Form::new(&names).typed(posted.pairs()), order: &order, stored: &stored, label: &label };
    let (status, form) = stale::refused(posted, error, of, &words)?;
    let form = if stale { form.fill("version", stored.value("version")) } else { form };
    show(desk, status, id, form).await
}
