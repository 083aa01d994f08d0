//! The list of products, and the filters that staff keep for it.

use super::choice;
use super::desk::{Desk, ROWS};
use super::product_filter::Asked;
use crate::saved_filters::{self, SavedFilter, SavedFilterId};
use actix_web::{HttpResponse, web};
use kernel::money::Money;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::catalog::{self, Status};
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (asked, after, me) = (Asked::of(&desk), desk.after(), desk.staff().id);
    let (currency, of) = choice::currency(&desk).await?;
    let (rows, tree, kept, asked) = desk
        .read(move |conn| {
            let rows = catalog::product_list(conn, &asked.filter(currency, after), currency, ROWS)?;
            Ok((rows, catalog::categories(conn, OWN_LANGUAGE)?, saved_filters::of(conn, me)?, asked))
        })
        .await?;
    let view = |row: &catalog::ProductRow| {
        json!({ "id": row.id, "title": row.title, "brand": row.brand, "status": row.status, "hidden": row.status == Status::Active && !row.listed,
            "picture": row.picture_hash, "variants": row.variants, "price": row.price_from.map(|minor| Money::new(minor, currency)),
            "from": row.price_from != row.price_to, "available": row.available, "updated_at": row.updated_at })
    };
    let shown: Vec<Value> = rows.iter().map(view).collect();
    let next = desk.next(rows.len(), rows.last().map(|row| row.id.0));
    let query = asked.query();
    let saved = |one: &SavedFilter| json!({ "id": one.id, "name": one.name, "query": one.query, "shared": one.shared, "own": one.staff_id == me, "here": one.query == query });
    let saved: Vec<Value> = kept.iter().map(saved).collect();
    let view = json!({ "filter": asked.view(&tree), "products": shown, "next": next, "saved": saved, "of": of });
    desk.page("admin/products.html", "admin-products", view)
}

/// The address of the list as this one asks.
fn back(query: &str) -> String {
    if query.is_empty() { "/admin/products".into() } else { format!("/admin/products?{query}") }
}

pub async fn save_filter(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let query = Asked::of(&desk).query();
    let (wanted, me) = (query.clone(), desk.staff().id);
    let (name, shared) = (posted.get("name").to_string(), posted.ticked("shared"));
    let stored = desk
        .write(move |conn, act| {
            let id = saved_filters::save(conn, me, &name, &wanted, shared, act.now)?;
            act.log(conn, "filter.save", &format!("filter:{id}"), &Value::Null, &json!({ "name": name, "query": wanted, "shared": shared }))
        })
        .await;
    match stored {
        Ok(()) => Ok(desk.done(&back(&query), "admin-saved")),
        Err(Error::Invalid(fields)) => {
            let text = fields.0.into_values().next().unwrap_or_default();
            desk.explained(&back(&query), Error::Conflict(text))
        }
        Err(error) => Err(error),
    }
}

pub async fn delete_filter(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let (id, me) = (SavedFilterId(*id), desk.staff().id);
    let gone = desk
        .write(move |conn, act| {
            let before = saved_filters::remove(conn, me, id)?;
            act.log(conn, "filter.delete", &format!("filter:{id}"), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done("/admin/products", "admin-deleted")),
        Err(error) => Err(error),
    }
}
