//! Contracts: of which collection a company, or a group of companies, sees and buys.

use super::desk::{Desk, ROWS, refusal};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::CompanyId;
use crm::companies;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::collections::{self, CollectionRow};
use storefront::ids::CollectionId;
use storefront::price_lists::{self, Contract, For};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const HERE: &str = "/admin/price-lists/contracts";
const NAMES: &[&str] = &["company", "group", "collection"];
/// Companies that a search offers.
const FOUND: i64 = 20;

/// How the audit log names a contract.
fn subject(id: i64) -> String {
    format!("contract:{id}")
}

/// `company` chooses a company beforehand, and has the page say what counts for it.
pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let form = Form::new(NAMES).fill("company", desk.query("company"));
    show(&desk, StatusCode::OK, form).await
}

async fn show(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (before, text) = (desk.after(), desk.query("q"));
    let (asked, chosen) = (text.clone(), form.value("company").parse::<i64>().ok().map(CompanyId));
    let (found, all, offered, groups, counts) = desk
        .read(move |conn| {
            let found = price_lists::contracts(conn, before, ROWS)?;
            let filter = companies::Filter { text: asked.clone(), ..companies::Filter::default() };
            let mut offered = if asked.trim().is_empty() { Vec::new() } else { companies::list(conn, &filter, FOUND)? };
            let mut counts = None;
            if let Some(id) = chosen {
                match companies::get(conn, id) {
                    Ok(one) => {
                        counts = Some((one.name.clone(), price_lists::collection_of(conn, id)?));
                        if offered.iter().all(|known| known.id != id) {
                            offered.insert(0, one);
                        }
                    }
                    Err(Error::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok((found, collections::list(conn)?, offered, companies::price_groups(conn)?, counts))
        })
        .await?;
    let next = desk.next(found.len(), found.last().map(|one| one.id));
    let rows: Vec<Value> = found.iter().map(|one| row(one, &all)).collect();
    let offered: Vec<Value> = offered
        .iter()
        .map(|one| json!({ "value": one.id.to_string(), "label": one.name, "vat_id": one.vat_id, "country": one.country }))
        .collect();
    let choices: Vec<Value> = all.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    let counts = counts.map(|(name, id)| json!({ "name": name, "title": id.map(|id| title(id, &all)) }));
    let view = json!({ "rows": rows, "next": next, "form": form, "q": text, "companies": offered, "groups": groups,
        "collections": choices, "counts": counts });
    desk.page_as(status, "admin/contracts.html", "admin-contracts", view)
}

fn title(id: CollectionId, all: &[CollectionRow]) -> String {
    all.iter().find(|one| one.id == id).map(|one| one.name.clone()).unwrap_or_default()
}

fn row(one: &Contract, all: &[CollectionRow]) -> Value {
    let (company, name) = match &one.buyer {
        For::Company(company) => (Some(*company), one.name.clone()),
        For::Group(group) => (None, group.clone()),
        For::Everybody => (None, String::new()),
    };
    json!({ "id": one.id, "company": company, "name": name, "collection": one.collection, "title": title(one.collection, all) })
}

/// Whom a form means, and of which collection they are to buy.
fn meant(posted: &Posted) -> Result<(For, CollectionId)> {
    let (company, group) = (posted.get("company").trim(), posted.get("group").trim());
    let buyer = match (company.is_empty(), group.is_empty()) {
        (false, true) => {
            let id: i64 = company.parse().map_err(|_| Error::field("company", "price-list-company"))?;
            For::Company(CompanyId(id))
        }
        (true, false) => For::Group(group.to_string()),
        _ => return Err(Error::field("company", "contract-whom")),
    };
    let collection: i64 = posted.get("collection").parse().map_err(|_| Error::field("collection", "contract-collection"))?;
    Ok((buyer, CollectionId(collection)))
}

pub async fn set(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let stored = match meant(&posted) {
        Err(error) => Err(error),
        Ok((buyer, collection)) => {
            desk.write(move |conn, act| {
                let (before, after) = price_lists::set_contract(conn, &buyer, collection)?;
                act.log(conn, "contract.save", &subject(after.id), &before, &after)
            })
            .await
        }
    };
    match stored {
        Ok(()) => {
            desk.door.memory.forget_goods();
            Ok(desk.done(HERE, "admin-saved"))
        }
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

pub async fn remove(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = *id;
    desk.write(move |conn, act| match price_lists::remove_contract(conn, id)? {
        Some(before) => act.log(conn, "contract.end", &subject(id), &before, &Value::Null),
        None => Ok(()),
    })
    .await?;
    desk.door.memory.forget_goods();
    Ok(desk.done(HERE, "admin-contract-ended"))
}
