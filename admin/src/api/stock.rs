//! What lies in the house: reading it.

use super::acting::page;
use actix_web::{HttpRequest, HttpResponse, get, web};
use kernel::{Conn, Result};
use serde::Serialize;
use storefront::api::call::{Call, found};
use storefront::api_keys::Scope;
use storefront::catalog::{self, StockRow};
use storefront::ids::VariantId;
use storefront::stock;
use storefront::units::Unit;
use utoipa::ToSchema;

/// A page of counted variants.
#[derive(Serialize, ToSchema)]
struct StockList {
    stock: Vec<StockLevel>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

/// The stock of a variant in the whole house.
#[derive(Serialize, ToSchema)]
pub struct StockLevel {
    variant_id: i64,
    product_id: i64,
    sku: Option<String>,
    title: String,
    options: Vec<String>,
    /// The unit, by its code of UN/ECE Recommendation 20, and in how many decimals of it the numbers count.
    #[schema(value_type = String, pattern = "^(C62|BX|MTR|KGM|GRM|LTR)$")]
    unit: Unit,
    precision: i64,
    on_hand: i64,
    /// Promised to orders.
    allocated: i64,
    /// Set aside for orders that are not paid yet.
    held: i64,
    /// What can be sold: below zero where more is promised than there is.
    free: i64,
    /// Whether it is on the list of what runs low.
    low: bool,
    /// Whether it is sold below zero.
    oversell: bool,
}

/// A variant with what lies where.
#[derive(Serialize, ToSchema)]
pub struct StockPlaces {
    level: StockLevel,
    /// The open locations, in the order in which goods are taken from them.
    locations: Vec<StockPlace>,
}

#[derive(Serialize, ToSchema)]
struct StockPlace {
    location_id: i64,
    name: String,
    on_hand: i64,
}

fn level(row: StockRow) -> StockLevel {
    StockLevel {
        variant_id: row.variant.0,
        product_id: row.product.0,
        sku: row.sku,
        title: row.title,
        options: row.options,
        unit: row.measure.unit,
        precision: row.measure.precision,
        on_hand: row.level.on_hand,
        allocated: row.level.allocated,
        held: row.level.held,
        free: row.free,
        low: row.low,
        oversell: row.level.oversell,
    }
}

/// A variant with what lies where. `NotFound` when it is not counted.
pub fn places(conn: &mut Conn, variant: VariantId) -> Result<StockPlaces> {
    let row = catalog::stock_row(conn, variant)?;
    let place = |(place, on_hand): (stock::Location, i64)| StockPlace { location_id: place.id.0, name: place.name, on_hand };
    Ok(StockPlaces { level: level(row), locations: stock::of_variant(conn, variant)?.into_iter().map(place).collect() })
}

/// Counted variants
#[utoipa::path(
    tag = "stock",
    security(("key" = ["stock:write"])),
    params(
        ("q" = Option<String>, Query, description = "A whole SKU or barcode, or part of a title.", max_length = 200),
        ("low" = Option<bool>, Query, description = "Only what runs low."),
        ("after" = Option<String>, Query, description = "The `next` of the page before.", pattern = "^[1-9][0-9]{0,17}$"),
        ("limit" = Option<i64>, Query, description = "Variants of a page; 20 without.", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "A page of variants, by id.", body = StockList)),
)]
#[get("/stock")]
pub async fn list_stock(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::StockWrite).await?;
    let mut query = call.query();
    let (limit, after, text) = (query.limit(), query.after().map(VariantId), query.text("q").unwrap_or_default());
    let low = query.word("low", |text| text.parse::<bool>().ok(), "true, false").unwrap_or(false);
    if text.chars().count() > 200 {
        query.refuse("q", "Give at most 200 characters.");
    }
    query.end()?;
    let rows = call.door.read(move |conn, _| catalog::stock_list(conn, &text, low, after, limit + 1)).await?;
    let (rows, next) = page(rows, limit, |row| row.variant.0);
    found(&StockList { stock: rows.into_iter().map(level).collect(), next })
}

/// What lies where of a variant
#[utoipa::path(
    tag = "stock",
    security(("key" = ["stock:write"])),
    params(("variant_id" = i64, Path, description = "The variant's id.")),
    responses((status = 200, description = "The variant's stock.", body = StockPlaces)),
)]
#[get("/stock/{variant_id}")]
pub async fn show_stock(request: HttpRequest, variant: web::Path<i64>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::StockWrite).await?;
    call.query().end()?;
    let variant = VariantId(*variant);
    found(&call.door.read(move |conn, _| places(conn, variant)).await?)
}
