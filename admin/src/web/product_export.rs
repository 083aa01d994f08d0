//! The products that a filter finds, as a file with Shopify's columns.

use super::choice;
use super::desk::Desk;
use super::product_filter::Asked;
use actix_web::HttpResponse;
use kernel::Result;
use storefront::imports::export_catalogue::export_found;
use storefront::web::download;

pub async fn csv(desk: Desk) -> Result<HttpResponse> {
    let (currency, _) = choice::currency(&desk).await?;
    let (filter, db) = (Asked::of(&desk).filter(currency, None), desk.door.db.clone());
    Ok(download::csv("products.csv", move |out| export_found(&db, &filter, currency, out).map(drop)))
}
