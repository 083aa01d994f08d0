//! The list of products, and the filters that staff keep for it.

use super::choice;
use super::desk::{Desk, ROWS};
use super::filters;
use super::product_filter::Asked;
use crate::saved_filters::List;
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::money::Money;
use serde_json::{Value, json};
use storefront::catalog::{self, Status};
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (asked, after, me) = (Asked::of(&desk), desk.after(), desk.staff().id);
    let (currency, of) = choice::currency(&desk).await?;
    let (rows, tree, saved, asked) = desk
        .read(move |conn| {
            let rows = catalog::product_list(conn, &asked.filter(currency, after), currency, ROWS)?;
            let saved = filters::kept(conn, me, List::Products, &asked.query())?;
            Ok((rows, catalog::categories(conn, OWN_LANGUAGE)?, saved, asked))
        })
        .await?;
    let view = |row: &catalog::ProductRow| {
        json!({ "id": row.id, "title": row.title, "brand": row.brand, "status": row.status, "hidden": row.status == Status::Active && !row.listed,
            "picture": row.picture_hash, "variants": row.variants, "price": row.price_from.map(|minor| Money::new(minor, currency)),
            "from": row.price_from != row.price_to, "available": row.available, "updated_at": row.updated_at })
    };
    let shown: Vec<Value> = rows.iter().map(view).collect();
    let next = desk.next(rows.len(), rows.last().map(|row| row.id.0));
    let view = json!({ "filter": asked.view(&tree), "products": shown, "next": next, "saved": saved, "of": of });
    desk.page("admin/products.html", "admin-products", view)
}

pub async fn save_filter(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let query = Asked::of(&desk).query();
    filters::save(&desk, List::Products, query, &posted).await
}

pub async fn delete_filter(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    filters::delete(&desk, List::Products, *id).await
}
