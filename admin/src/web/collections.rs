//! Collections: filled by hand or by a rule, with a look at who would be in them.

use super::collection_form::{self, Typed};
use super::desk::{Act, Desk};
use super::product_form::MOMENT;
use super::stale::{self, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::catalog;
use storefront::collections::{self, Collection, Filling};
use storefront::ids::{CollectionId, ProductId};
use storefront::shop::{self, OWN_LANGUAGE};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

/// Members that a page shows, and up to how many it counts.
const SHOWN: i64 = 24;
const COUNTED: i64 = 1000;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let rows = desk.read(collections::list).await?;
    desk.page("admin/collections.html", "admin-collections", json!({ "rows": rows }))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let form = desk.read(|conn| collection_form::filled(conn, &Collection::default())).await?;
    show(&desk, StatusCode::OK, None, form, None).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = CollectionId(*id);
    let form = desk.read(move |conn| stored(conn, id)).await?;
    show(&desk, StatusCode::OK, Some(id), form, None).await
}

/// The form of a collection as it is stored.
fn stored(conn: &mut Conn, id: CollectionId) -> Result<Form> {
    let seen = collections::updated_at(conn, id)?;
    let collection = collections::get(conn, id)?;
    Ok(collection_form::filled(conn, &collection)?.fill("updated_at", seen.format(MOMENT).to_string()))
}

/// The form in a page, with the members there are, or those that `trying` would have.
async fn show(desk: &Desk, status: StatusCode, id: Option<CollectionId>, form: Form, trying: Option<Filling>) -> Result<HttpResponse> {
    let after = desk.after();
    let (known, tree, members, tried) = desk
        .read(move |conn| {
            let known = match id {
                Some(id) => Some(collections::get(conn, id)?),
                None => None,
            };
            let tried = trying.is_some();
            let found = match (trying, &known) {
                (Some(Filling::ByRule(rule)), _) => {
                    let found = collections::matches(conn, &rule, None, None, COUNTED)?;
                    members(conn, found)?
                }
                (Some(Filling::ByHand(products)), _) => members(conn, products)?,
                (None, Some(known)) => stored_members(conn, known, after)?,
                (None, None) => members(conn, Vec::new())?,
            };
            Ok((known, catalog::categories(conn, OWN_LANGUAGE)?, found, tried))
        })
        .await?;
    let mut members = members;
    if let (Some(key), Some(id)) = (members["key"].as_i64(), id) {
        members["next"] = json!(format!("/admin/collections/{id}?after={key}"));
    }
    let categories: Vec<Value> = tree
        .0
        .iter()
        .map(|category| {
            let path: Vec<&str> = tree.path(category.id).iter().map(|one| one.name.as_str()).collect();
            json!({ "slug": category.slug, "path": path.join(" › ") })
        })
        .collect();
    let title = known.as_ref().map_or("admin-collection-new", |known| known.name.as_str());
    let view = json!({ "id": id, "form": form, "slug": known.as_ref().map(|known| &known.slug), "active": known.as_ref().is_some_and(|known| known.active),
        "conditions": collection_form::conditions(), "kinds": collection_form::kinds(), "categories": categories, "members": members, "tried": tried });
    desk.page_as(status, "admin/collection.html", title, view)
}

/// A page of the members there are after a key, with how many there are in all and the key of the last one where there are more.
fn stored_members(conn: &mut Conn, of: &Collection, after: Option<i64>) -> Result<Value> {
    let count = match of.id {
        Some(id) => collections::preview(conn, id, 0, COUNTED)?.0,
        None => 0,
    };
    let mut found = collections::members_after(conn, of, after, SHOWN + 1)?;
    let more = i64::try_from(found.len()).is_ok_and(|count| count > SHOWN);
    found.truncate(usize::try_from(SHOWN).unwrap_or(0));
    let ids: Vec<ProductId> = found.iter().map(|(_, id)| *id).collect();
    let mut view = members(conn, ids)?;
    view["count"] = json!(counted(count));
    view["key"] = json!(found.last().filter(|_| more).map(|(key, _)| key));
    Ok(view)
}

/// How many there are, as far as it was counted.
fn counted(count: usize) -> String {
    if i64::try_from(count).is_ok_and(|count| count >= COUNTED) { format!("{COUNTED}+") } else { count.to_string() }
}

/// Products as a page shows them, with how many there are.
fn members(conn: &mut Conn, found: Vec<ProductId>) -> Result<Value> {
    let currency = shop::get(conn)?.currency;
    let first: Vec<ProductId> = found.iter().copied().take(usize::try_from(SHOWN).unwrap_or(0)).collect();
    let products = catalog::products(conn, &first, currency)?;
    let rows: Vec<Value> =
        products.iter().map(|product| json!({ "id": product.id, "title": product.title, "status": product.status })).collect();
    Ok(json!({ "count": counted(found.len()), "rows": rows, "more": found.len() > rows.len() }))
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(CollectionId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<CollectionId>, posted: Posted) -> Result<HttpResponse> {
    let (wanted, words) = (posted.clone(), desk.words()?);
    let read = desk
        .read(move |conn| {
            let before = match id {
                Some(id) => collections::get(conn, id)?,
                None => Collection::default(),
            };
            collection_form::read(conn, &wanted, before, &words)
        })
        .await;
    let Typed { collection, wrong } = match read {
        Ok(typed) => typed,
        Err(error) => return Err(error),
    };
    if posted.get("try") == "on" {
        return show(&desk, StatusCode::OK, id, collection_form::typed(&posted, &wrong), Some(collection.filling)).await;
    }
    let stored = match wrong.clone().check() {
        Err(error) => Err(error),
        Ok(()) => {
            let seen = posted.get("updated_at").to_string();
            desk.write(move |conn, act| store(conn, act, id, &seen, &collection)).await
        }
    };
    match stored {
        Ok(id) => Ok(desk.done(&format!("/admin/collections/{id}"), "admin-saved")),
        Err(error) => refused(&desk, id, &posted, error).await,
    }
}

async fn refused(desk: &Desk, id: Option<CollectionId>, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (stale, words, names) = (stale::is(&error), desk.words()?, collection_form::names());
    let stored = desk.read(move |conn| id.map_or_else(|| Ok(collection_form::blank()), |id| stored(conn, id))).await?;
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let label = |name: &str| collection_form::label(name, &words);
    let of = Refused { form: collection_form::blank().typed(posted.pairs()), order: &order, stored: &stored, label: &label };
    let (status, form) = stale::refused(posted, error, of, &words)?;
    let form = if stale { form.fill("updated_at", stored.value("updated_at")) } else { form };
    show(desk, status, id, form, None).await
}

fn store(conn: &mut Conn, act: &Act, id: Option<CollectionId>, seen: &str, collection: &Collection) -> Result<CollectionId> {
    let before = match id {
        Some(id) => {
            let seen = Time::parse_from_str(seen, MOMENT).map_err(|_| Error::conflict("form-expired"))?;
            collections::begin_edit(conn, id, seen)?;
            json!(collections::get(conn, id)?)
        }
        None => Value::Null,
    };
    let saved = collections::save(conn, collection, act.now)?;
    let after = collections::get(conn, saved)?;
    act.log(conn, "collection.save", &format!("collection:{saved}"), &before, &after)?;
    Ok(saved)
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = CollectionId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = collections::get(conn, id)?;
            collections::remove(conn, id, act.now)?;
            act.log(conn, "collection.delete", &format!("collection:{id}"), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done("/admin/collections", "admin-deleted")),
        Err(error) => Err(error),
    }
}
