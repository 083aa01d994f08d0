//! What goes with a product and with a cart.

use super::call::{Call, found};
use super::cart_view;
use super::catalogue::{ProductCard, card_view, known};
use crate::api_keys::Scope;
use crate::catalog;
use crate::ids::ProductId;
use crate::price_lists::{self, Trade};
use crate::stores::{self, Site};
use actix_web::{HttpRequest, HttpResponse, get, web};
use crm::recommendations;
use kernel::clock::Time;
use kernel::{Conn, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// Products of an answer.
const MOST: usize = 12;

#[derive(Serialize, ToSchema)]
struct Recommendations {
    /// The best first, at most twelve; only what is published and can be bought. Empty until enough was sold to learn from.
    products: Vec<ProductCard>,
}

/// The first of these products that can be bought in the store.
fn cards(conn: &mut Conn, site: &Site, ids: &[i64], language: &str, now: Time) -> Result<Recommendations> {
    let shop = stores::shop(conn, site.id)?;
    let ids: Vec<ProductId> = ids.iter().copied().map(ProductId).collect();
    let mut cards = catalog::cards(conn, &shop, &ids, language)?;
    price_lists::on_cards(conn, &mut cards, &shop, &Trade::default(), now)?;
    let buyable = cards.into_iter().filter(|card| card.price_from.is_some() && card.availability.sellable());
    Ok(Recommendations { products: buyable.take(MOST).map(|card| card_view(card, shop.currency, &site.base_url)).collect() })
}

/// What is bought together with a product
#[utoipa::path(
    tag = "catalogue",
    security(("key" = ["catalogue:read"])),
    params(
        ("slug" = String, Path, description = "The product's slug."),
        ("language" = Option<String>, Query, description = "Of the texts, by its code such as `en`; the shop's own without.", pattern = "^(en|zh)$"),
    ),
    responses((status = 200, description = "Products that go with it: first what the merchant pinned.", body = Recommendations)),
)]
#[get("/products/{slug}/recommendations")]
pub async fn product_recommendations(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CatalogueRead).await?;
    let mut query = call.query();
    let language = query.language();
    query.end()?;
    let (slug, site) = (known(slug)?, call.site.clone());
    let read = call.door.read(move |conn, now| {
        let shop = stores::shop(conn, site.id)?;
        let product = catalog::page(conn, &shop, &slug, language)?.id;
        let beside = recommendations::together(conn, product.0)?;
        let ids: Vec<i64> = beside.pinned.into_iter().chain(beside.learned).collect();
        cards(conn, &site, &ids, language, now)
    });
    found(&read.await?)
}

/// What completes a cart
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(
        ("cart" = String, Path, description = "The cart's `id`."),
        ("language" = Option<String>, Query, description = "Of the texts, by its code such as `en`; the shop's own without.", pattern = "^(en|zh)$"),
    ),
    responses((status = 200, description = "Products that go with those in the cart.", body = Recommendations)),
)]
#[get("/carts/{cart}/recommendations")]
pub async fn cart_recommendations(request: HttpRequest, cart: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CartWrite).await?;
    let mut query = call.query();
    let language = query.language();
    query.end()?;
    let id = known(cart)?;
    let door = call.door.clone();
    let read = call.door.read(move |conn, now| {
        let cart = cart_view::find(conn, &id)?;
        let products: Vec<i64> = crate::carts::products(conn, cart.id)?.into_iter().map(|id| id.0).collect();
        let ids = recommendations::complete(conn, &products)?;
        cards(conn, &door.site_of(cart.store_id), &ids, language, now)
    });
    found(&read.await?)
}
