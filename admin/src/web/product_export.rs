//! The products that a filter finds, as a file with Shopify's columns.

use super::desk::Desk;
use super::product_filter::Asked;
use actix_web::HttpResponse;
use kernel::Result;
use storefront::imports::export_catalogue::export_found;
use storefront::shop;
use storefront::web::download;

pub async fn csv(desk: Desk) -> Result<HttpResponse> {
    let currency = desk.read(|conn| Ok(shop::get(conn)?.currency)).await?;
    let (filter, db) = (Asked::of(&desk).filter(currency, None), desk.door.db.clone());
    Ok(download::csv("products.csv", move |out| export_found(&db, &filter, out).map(drop)))
}
