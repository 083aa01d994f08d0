//! Price lists: the list, one list, and whom it is for.

use super::desk::{Desk, ROWS};
use super::forms::{self, Reader};
use super::stale::{self, Label, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::CompanyId;
use crm::companies;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::StoreId;
use storefront::price_lists::{self, BuyerRow, For, ListState, PriceList, PriceListId, Wish};
use storefront::shop;
use storefront::stores::{self, Store};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const HERE: &str = "/admin/price-lists";
const NAMES: &[&str] = &["version", "name", "currency", "store", "priority", "state", "starts_at", "ends_at", "adjust"];
const BUYER: &[&str] = &["company", "group"];
/// Companies that a search offers.
const FOUND: i64 = 20;

const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("store", "admin-price-list-store", ""),
    ("priority", "admin-price-list-priority", ""),
    ("state", "admin-col-status", "admin-price-list-state-"),
    ("starts_at", "admin-price-list-starts", ""),
    ("ends_at", "admin-price-list-ends", ""),
    ("adjust", "admin-price-list-adjust", ""),
];

/// The page of a list.
pub(super) fn at(id: PriceListId) -> String {
    format!("{HERE}/{id}")
}

/// How the audit log names a list.
pub(super) fn subject(id: PriceListId) -> String {
    format!("price_list:{id}")
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (text, before) = (desk.query("q"), desk.after().map(PriceListId));
    let asked = text.clone();
    let (found, all) = desk.read(move |conn| Ok((price_lists::list(conn, &asked, before, ROWS)?, stores::list(conn)?))).await?;
    let next = desk.next(found.len(), found.last().map(|list| list.id.0));
    let row = |list: &PriceList| {
        let store = list.store_id.and_then(|id| all.iter().find(|store| store.id == id)).map(|store| store.name.clone());
        json!({ "id": list.id, "name": list.name, "currency": list.currency, "store": store, "priority": list.priority,
            "state": list.state, "starts_at": list.starts_at, "ends_at": list.ends_at, "adjust": list.adjust_bp.map(forms::percent) })
    };
    let rows: Vec<Value> = found.iter().map(row).collect();
    desk.page("admin/price_lists.html", "admin-price-lists", json!({ "rows": rows, "q": text, "next": next }))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let own = desk.read(shop::get).await?.currency;
    let form = Form::new(NAMES).fill("currency", own.code()).fill("priority", "0").fill("state", ListState::Draft.as_str());
    show(&desk, StatusCode::OK, None, form).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = PriceListId(*id);
    let (list, shop) = desk.read(move |conn| Ok((price_lists::get(conn, id)?, shop::get(conn)?))).await?;
    show(&desk, StatusCode::OK, Some(id), filled(&list, &shop)).await
}

/// A list as a form shows it, its moments by the shop's clocks.
fn filled(list: &PriceList, shop: &shop::Shop) -> Form {
    Form::new(NAMES)
        .fill("version", list.version.to_string())
        .fill("name", &list.name)
        .fill("currency", &list.currency)
        .fill("store", list.store_id.map(|id| id.to_string()).unwrap_or_default())
        .fill("priority", list.priority.to_string())
        .fill("state", list.state.as_str())
        .fill("starts_at", forms::moment(list.starts_at.map(|at| shop.local(at))))
        .fill("ends_at", forms::moment(list.ends_at.map(|at| shop.local(at))))
        .fill("adjust", list.adjust_bp.map(forms::percent).unwrap_or_default())
}

async fn show(desk: &Desk, status: StatusCode, id: Option<PriceListId>, form: Form) -> Result<HttpResponse> {
    let (known, all) = desk.read(move |conn| Ok((id.map(|id| price_lists::get(conn, id)).transpose()?, stores::list(conn)?))).await?;
    let store = |store: &Store| json!({ "value": store.id.to_string(), "label": format!("{} ({})", store.name, store.currency) });
    let states: Vec<Value> = ListState::ALL
        .iter()
        .map(|state| json!({ "value": state.as_str(), "label": format!("admin-price-list-state-{}", state.as_str()) }))
        .collect();
    let view = json!({ "id": id, "form": form, "states": states, "stores": all.iter().map(store).collect::<Vec<Value>>(),
        "currencies": Currency::all().map(|one| one.code()).collect::<Vec<_>>() });
    let title = known.as_ref().map_or("admin-price-list-new", |list| list.name.as_str());
    desk.page_as(status, "admin/price_list.html", title, view)
}

fn read(posted: &Posted, shop: &shop::Shop) -> Result<Wish> {
    let currency = Currency::parse(posted.get("currency")).ok_or_else(|| Error::field("currency", "price-list-currency"))?;
    let mut reader = Reader::new(posted, currency);
    let (starts_at, ends_at) = (reader.moment("starts_at"), reader.moment("ends_at"));
    let adjust_bp = if posted.get("adjust").trim().is_empty() { None } else { Some(reader.percent("adjust")) };
    let store = match posted.get("store") {
        "" => None,
        id => id.parse::<i64>().ok().map(StoreId),
    };
    let wish = Wish {
        name: reader.text("name"),
        currency,
        store,
        priority: reader.number("priority"),
        state: ListState::parse(posted.get("state")).unwrap_or(ListState::Draft),
        starts_at: starts_at.map(|at| shop.moment(at)),
        ends_at: ends_at.map(|at| shop.moment(at)),
        adjust_bp,
    };
    reader.check()?;
    Ok(wish)
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = PriceListId(*id);
    save(desk, Some(id), posted).await
}

async fn save(desk: Desk, id: Option<PriceListId>, posted: Posted) -> Result<HttpResponse> {
    let shop = desk.read(shop::get).await?;
    let seen = posted.get("version").parse().unwrap_or(0);
    let stored = match read(&posted, &shop) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let before = id.map(|id| price_lists::get(conn, id)).transpose()?;
                let id = match id {
                    Some(id) => price_lists::update(conn, id, seen, wish.clone(), act.now).map(|()| id)?,
                    None => price_lists::create(conn, wish.clone(), act.now)?,
                };
                let after = price_lists::get(conn, id)?;
                act.log(conn, "price_list.save", &subject(id), &before, &after)?;
                Ok(id)
            })
            .await
        }
    };
    match stored {
        Ok(id) => Ok(desk.done(&at(id), "admin-saved")),
        Err(error) => refused(&desk, id, &posted, error).await,
    }
}

async fn refused(desk: &Desk, id: Option<PriceListId>, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (stale, words) = (stale::is(&error), desk.words()?);
    let (known, all, shop) =
        desk.read(move |conn| Ok((id.map(|id| price_lists::get(conn, id)).transpose()?, stores::list(conn)?, shop::get(conn)?))).await?;
    let stored = known.as_ref().map_or_else(|| Form::new(NAMES), |list| filled(list, &shop));
    let choices: Vec<(String, String)> = all.into_iter().map(|store| (store.id.to_string(), store.name)).collect();
    let label = |name: &str| Some(Label { choices: choices.clone(), ..stale::label(LABELS, name, &words)? });
    let of = Refused { form: Form::new(NAMES).typed(posted.pairs()), order: NAMES, stored: &stored, label: &label };
    let (status, form) = stale::refused(posted, error, of, &words)?;
    let form = if stale { form.fill("version", stored.value("version")) } else { form };
    show(desk, status, id, form).await
}

pub async fn buyers(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = PriceListId(*id);
    show_buyers(&desk, StatusCode::OK, id, Form::new(BUYER).fill("company", desk.query("q"))).await
}

async fn show_buyers(desk: &Desk, status: StatusCode, id: PriceListId, form: Form) -> Result<HttpResponse> {
    let (after, text) = (desk.after(), desk.query("q"));
    let asked = text.clone();
    let (list, found, companies, groups) = desk
        .read(move |conn| {
            let list = price_lists::get(conn, id)?;
            let found = price_lists::buyers_of(conn, id, after, ROWS)?;
            let filter = companies::Filter { text: asked.clone(), ..companies::Filter::default() };
            let companies = if asked.trim().is_empty() { Vec::new() } else { companies::list(conn, &filter, FOUND)? };
            Ok((list, found, companies, companies::price_groups(conn)?))
        })
        .await?;
    let next = desk.next(found.len(), found.last().map(|row| row.id));
    let row = |row: &BuyerRow| match &row.buyer {
        For::Company(company) => json!({ "id": row.id, "kind": "company", "company": company, "name": row.name }),
        For::Group(group) => json!({ "id": row.id, "kind": "group", "name": group }),
        For::Everybody => json!({ "id": row.id, "kind": "everybody" }),
    };
    let rows: Vec<Value> = found.iter().map(row).collect();
    let found: Vec<Value> =
        companies.iter().map(|one| json!({ "id": one.id, "name": one.name, "vat_id": one.vat_id, "country": one.country })).collect();
    let view =
        json!({ "id": id, "name": list.name, "rows": rows, "next": next, "form": form, "q": text, "companies": found, "groups": groups });
    desk.page_as(status, "admin/price_list_buyers.html", "admin-price-list-buyers", view)
}

/// Whom a form means: `kind` says what, and a field of that name says which.
fn meant(posted: &Posted) -> Result<For> {
    match posted.get("kind") {
        "company" => {
            let id: i64 = posted.get("company").parse().map_err(|_| Error::field("company", "price-list-company"))?;
            Ok(For::Company(CompanyId(id)))
        }
        "everybody" => Ok(For::Everybody),
        _ => Ok(For::Group(posted.get("group").trim().to_string())),
    }
}

fn told(conn: &mut Conn, id: PriceListId, row: i64) -> Result<Option<BuyerRow>> {
    Ok(price_lists::buyers_of(conn, id, Some(row.saturating_sub(1)), 1)?.into_iter().find(|known| known.id == row))
}

pub async fn add_buyer(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = PriceListId(*id);
    let added = match meant(&posted) {
        Err(error) => Err(error),
        Ok(buyer) => {
            desk.write(move |conn, act| {
                price_lists::add_buyer(conn, id, &buyer, act.now)?;
                act.log(conn, "price_list.buyer", &subject(id), &Value::Null, &buyer)
            })
            .await
        }
    };
    match added {
        Ok(()) => Ok(desk.done(&format!("{}/buyers", at(id)), "admin-saved")),
        Err(error) => {
            let (status, wrong) = super::desk::refusal(error)?;
            show_buyers(&desk, status, id, Form::new(BUYER).typed(posted.pairs()).refuse(BUYER, &wrong)).await
        }
    }
}

pub async fn remove_buyer(desk: Desk, path: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    let (id, row) = path.into_inner();
    let id = PriceListId(id);
    desk.write(move |conn, act| {
        let before = told(conn, id, row)?;
        price_lists::remove_buyer(conn, id, row, act.now)?;
        act.log(conn, "price_list.buyer", &subject(id), &before, &Value::Null)
    })
    .await?;
    Ok(desk.done(&format!("{}/buyers", at(id)), "admin-deleted"))
}
