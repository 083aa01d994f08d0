//! What goes with a product and with a cart.

use super::call::{Call, found};
use super::cart_view;
use super::catalogue::{ProductCard, card_view, known, shop_for, trade};
use crate::api_keys::Scope;
use crate::catalog;
use crate::ids::ProductId;
use crate::price_lists::{self, Trade};
use crate::stores::Site;
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

/// The first of these products that can be bought in the store by whom they are for.
fn cards(conn: &mut Conn, site: &Site, trade: &Trade, ids: &[i64], language: &str, now: Time) -> Result<Recommendations> {
    let shop = shop_for(conn, site.id, trade)?;
    let ids: Vec<ProductId> = ids.iter().copied().map(ProductId).collect();
    let mut cards = catalog::cards(conn, &shop, &ids, language)?;
    price_lists::on_cards(conn, &mut cards, &shop, trade, now)?;
    let buyable = cards.into_iter().filter(|card| card.price_from.is_some() && card.availability.sellable());
    Ok(Recommendations { products: buyable.take(MOST).map(|card| card_view(card, &shop, &site.base_url)).collect() })
}

/// What is bought together with a product
#[utoipa::path(
    tag = "catalogue",
    security(("key" = ["catalogue:read"])),
    params(
        ("slug" = String, Path, description = "The product's slug."),
        ("company" = Option<i64>, Query, description = "The id of a company: prices are those of its price lists, products those of its contract.", minimum = 1),
        ("language" = Option<String>, Query, description = "Of the texts, by its code such as `en`; the shop's own without.", pattern = "^(en|zh)$"),
    ),
    responses((status = 200, description = "Products that go with it: first what the merchant pinned.", body = Recommendations)),
)]
#[get("/products/{slug}/recommendations")]
pub async fn product_recommendations(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CatalogueRead).await?;
    let mut query = call.query();
    let (language, company) = (query.language(), query.company());
    query.end()?;
    let (slug, site) = (known(slug)?, call.site.clone());
    let read = call.door.read(move |conn, now| {
        let trade = trade(conn, company)?;
        let shop = shop_for(conn, site.id, &trade)?;
        let product = catalog::page(conn, &shop, &slug, language)?.id;
        let beside = recommendations::together(conn, product.0)?;
        let ids: Vec<i64> = beside.pinned.into_iter().chain(beside.learned).collect();
        cards(conn, &site, &trade, &ids, language, now)
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
        let trade = price_lists::of_cart(conn, &cart)?;
        cards(conn, &door.site_of(cart.store_id), &trade, &ids, language, now)
    });
    found(&read.await?)
}
