//! Products as the merchant keeps them: listing, reading, adding, changing.

use super::acting::{Act, act, page};
use super::product_patch::{Around, ProductFields, named};
use super::product_view::{ManagedProduct, seen, view};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use storefront::api::call::{Body, Call, found};
use storefront::api_keys::Scope;
use storefront::attributes::Definitions;
use storefront::catalog::{self, Product, Saving};
use storefront::ids::ProductId;
use storefront::shop::{self, OWN_LANGUAGE};
use utoipa::ToSchema;

/// A page of products, whatever their status.
#[derive(Serialize, ToSchema)]
struct ManagedProductList {
    products: Vec<ManagedProduct>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewProduct {
    #[serde(default)]
    #[schema(inline)]
    product: ProductFields,
    /// ISO 4217: that of its amounts; the shop's own without.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedProduct {
    /// That of the product when it was read. With another one somebody changed the product meanwhile: it is refused with 409.
    version: String,
    #[schema(inline)]
    product: ProductFields,
    /// ISO 4217: that of its amounts; the shop's own without.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}

/// A currency by its code; the shop's own without one. Also answers whether it is that.
pub fn currency(conn: &mut Conn, code: Option<&str>) -> Result<(Currency, bool)> {
    let own = shop::get(conn)?.currency;
    let asked = match code {
        None => own,
        Some(code) => Currency::parse(code).ok_or_else(|| Error::field("currency", "Give a code of ISO 4217."))?,
    };
    Ok((asked, asked == own))
}

fn load(conn: &mut Conn, id: ProductId, currency: Currency) -> Result<Product> {
    catalog::products(conn, &[id], currency)?.pop().ok_or(Error::NotFound)
}

fn shown(conn: &mut Conn, id: ProductId, currency: Currency) -> Result<ManagedProduct> {
    let categories = catalog::categories(conn, OWN_LANGUAGE)?;
    Ok(view(load(conn, id, currency)?, catalog::updated_at(conn, id)?, &categories, currency))
}

/// Every product, whatever its status
#[utoipa::path(
    tag = "products",
    security(("key" = ["products:write"])),
    params(
        ("currency" = Option<String>, Query, description = "Of the amounts (ISO 4217); the shop's own without.", pattern = "^[A-Z]{3}$"),
        ("after" = Option<String>, Query, description = "The `next` of the page before.", pattern = "^[1-9][0-9]{0,17}$"),
        ("limit" = Option<i64>, Query, description = "Products of a page; 20 without.", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "A page of products, by id.", body = ManagedProductList)),
)]
#[get("/admin/products")]
pub async fn list_managed_products(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::ProductsWrite).await?;
    let mut query = call.query();
    let (limit, after, code) = (query.limit(), query.after().map(ProductId), query.text("currency"));
    query.end()?;
    let read = move |conn: &mut Conn| {
        let (currency, _) = currency(conn, code.as_deref())?;
        let (ids, next) = page(catalog::ids(conn, after, limit + 1)?, limit, |id| id.0);
        let (categories, changed) = (catalog::categories(conn, OWN_LANGUAGE)?, catalog::updated_of(conn, &ids)?);
        let products = catalog::products(conn, &ids, currency)?.into_iter().filter_map(|one| {
            let at = one.id.and_then(|id| changed.get(&id)).copied()?;
            Some(view(one, at, &categories, currency))
        });
        Ok(ManagedProductList { products: products.collect(), next })
    };
    found(&call.door.read(move |conn, _| read(conn)).await?)
}

/// A product, whatever its status
#[utoipa::path(
    tag = "products",
    security(("key" = ["products:write"])),
    params(
        ("id" = i64, Path, description = "The product's id."),
        ("currency" = Option<String>, Query, description = "Of the amounts (ISO 4217); the shop's own without.", pattern = "^[A-Z]{3}$"),
    ),
    responses((status = 200, description = "The product.", body = ManagedProduct)),
)]
#[get("/admin/products/{id}")]
pub async fn show_managed_product(request: HttpRequest, id: web::Path<i64>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::ProductsWrite).await?;
    let mut query = call.query();
    let (id, code) = (ProductId(*id), query.text("currency"));
    query.end()?;
    let read = move |conn: &mut Conn| {
        let (currency, _) = currency(conn, code.as_deref())?;
        shown(conn, id, currency)
    };
    found(&call.door.read(move |conn, _| read(conn)).await?)
}

/// Add a product
#[utoipa::path(
    tag = "products",
    security(("key" = ["products:write"])),
    request_body = NewProduct,
    responses((status = 201, description = "The product.", body = ManagedProduct)),
)]
#[post("/admin/products")]
pub async fn create_product(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::ProductsWrite, body).await?;
    let new = call.body::<NewProduct>()?;
    let store = move |conn: &mut Conn, act: &Act| {
        let (currency, own) = currency(conn, new.currency.as_deref())?;
        save(conn, act, None, new.product.clone(), (currency, own))
    };
    act(&call, StatusCode::CREATED, store).await
}

/// Change a product
///
/// What is left out stays as it is.
#[utoipa::path(
    tag = "products",
    security(("key" = ["products:write"])),
    params(("id" = i64, Path, description = "The product's id.")),
    request_body = ChangedProduct,
    responses((status = 200, description = "The product as it is then.", body = ManagedProduct)),
)]
#[patch("/admin/products/{id}")]
pub async fn change_product(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::ProductsWrite, body).await?;
    let (id, change) = (ProductId(*id), call.body::<ChangedProduct>()?);
    let seen = seen(&change.version)?;
    let store = move |conn: &mut Conn, act: &Act| {
        let (currency, own) = currency(conn, change.currency.as_deref())?;
        catalog::begin_edit(conn, id, Some(seen), act.now)?;
        save(conn, act, Some(id), change.product.clone(), (currency, own))
    };
    act(&call, StatusCode::OK, store).await
}

fn save(
    conn: &mut Conn,
    act: &Act,
    id: Option<ProductId>,
    fields: ProductFields,
    (currency, own): (Currency, bool),
) -> Result<ManagedProduct> {
    let before = id.map(|id| load(conn, id, currency)).transpose()?;
    let (categories, definitions) = (catalog::categories(conn, OWN_LANGUAGE)?, Definitions::load(conn)?);
    let around = Around { categories: &categories, definitions: &definitions, currency, own };
    let (product, places) = fields.over(before.as_ref().unwrap_or(&Product::default()), &around)?;
    let saving = Saving { currency, actor: &act.actor, base: None, now: act.now };
    let saved = catalog::save_product(conn, &product, &saving).map_err(|error| named(error, &places))?;
    let after = load(conn, saved.id, currency)?;
    let (action, old) = match &before {
        Some(before) => ("product.edit", serde_json::to_value(before)?),
        None => ("product.add", Value::Null),
    };
    act.log(conn, action, &format!("product:{}", saved.id), &old, &after)?;
    shown(conn, saved.id, currency)
}
