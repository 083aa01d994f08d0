//! The list of products.

use super::desk::{Desk, ROWS};
use actix_web::HttpResponse;
use kernel::Result;
use kernel::money::Money;
use serde_json::{Value, json};
use storefront::catalog::{self, Filter, Status};
use storefront::ids::ProductId;
use storefront::shop;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (text, status) = (desk.query("q"), desk.query("status"));
    let filter = Filter { status: Status::parse(&status), text: text.clone(), before: desk.after().map(ProductId) };
    let (rows, currency) = desk
        .read(move |conn| {
            let currency = shop::get(conn)?.currency;
            Ok((catalog::product_list(conn, &filter, currency, ROWS)?, currency))
        })
        .await?;
    let view = |row: &catalog::ProductRow| {
        json!({ "id": row.id, "title": row.title, "brand": row.brand, "status": row.status, "picture": row.picture_hash, "variants": row.variants,
            "price": row.price_from.map(|minor| Money::new(minor, currency)), "from": row.price_from != row.price_to,
            "available": row.available, "updated_at": row.updated_at })
    };
    let shown: Vec<Value> = rows.iter().map(view).collect();
    let next = desk.next(rows.len(), rows.last().map(|row| row.id.0));
    desk.page(
        "admin/products.html",
        "admin-products",
        json!({ "q": text, "status": status, "statuses": Status::ALL, "products": shown, "next": next }),
    )
}
