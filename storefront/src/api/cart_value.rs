//! Gift cards and store credit that pay for a cart.

use super::call::{Body, Call};
use super::cart_view::{self, CartView};
use super::catalogue::known;
use super::input;
use crate::api_keys::Scope;
use crate::carts;
use crate::ids::GiftCardId;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, delete, post, put, web};
use kernel::{Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GiftCardCode {
    /// As it was typed: capitals, blanks and hyphens do not matter.
    #[schema(min_length = 1, max_length = 64, example = "ACDE-FGHJ-KMNP-7DKW")]
    code: String,
}

/// Pay with a gift card
///
/// Up to five cards pay in the order in which they were added. They do not pay for gift cards that the cart buys.
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    request_body = GiftCardCode,
    responses((status = 201, description = "The cart with the gift card.", body = CartView)),
)]
#[post("/carts/{cart}/gift-cards")]
pub async fn add_gift_card(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let id = known(cart)?;
    // Nobody finds a code by trying.
    call.door.limits.checkout.check(&format!("code:api:{}", call.key.id))?;
    let typed: GiftCardCode = call.body()?;
    input::text("code", &typed.code, 64)?;
    let add = move |conn: &mut kernel::Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        carts::add_gift_card(conn, cart.id, &typed.code, now).map_err(refused)?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::CREATED, add).await
}

/// Why a gift card was not taken, in the words of the API.
fn refused(error: Error) -> Error {
    let Error::Invalid(fields) = &error else { return error };
    let text = match fields.0.get("gift_card").map(String::as_str) {
        Some("gift-card-missing") => "Give the code of a gift card.",
        Some("gift-card-unknown") => "There is no gift card with this code.",
        Some("gift-card-disabled") => "This gift card is switched off.",
        Some("gift-card-expired") => "This gift card has expired.",
        Some("gift-card-other-currency") => "This gift card is in another currency than the cart.",
        Some("gift-card-empty") => "Nothing is left on this gift card.",
        Some("gift-card-twice") => "This gift card is on the cart already.",
        Some("gift-card-too-many") => "A cart takes five gift cards at most.",
        Some("gift-card-buys-none") => "The cart holds gift cards alone, which cannot be paid for with gift cards.",
        _ => return error,
    };
    Error::field("code", text)
}

/// Take a gift card off a cart
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(
        ("cart" = String, Path, description = "The cart's `id`."),
        ("gift_card" = i64, Path, description = "The `id` of a gift card of the cart."),
    ),
    responses((status = 200, description = "The cart without the gift card. One that was gone stays gone.", body = CartView)),
)]
#[delete("/carts/{cart}/gift-cards/{gift_card}")]
pub async fn remove_gift_card(request: HttpRequest, path: web::Path<(String, String)>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let (id, card) = path.into_inner();
    let card = GiftCardId(card.parse().map_err(|_| Error::NotFound)?);
    let remove = move |conn: &mut kernel::Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        carts::remove_gift_card(conn, cart.id, card, now)?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::OK, remove).await
}

/// Pay with store credit
///
/// The credit of the customer whose cart it is pays what gift cards leave. The cart of a shopper who signed in is theirs; store credit
/// does not pay for carts of nobody.
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    responses((status = 200, description = "The cart, with what store credit pays of it.", body = CartView)),
)]
#[put("/carts/{cart}/store-credit")]
pub async fn use_store_credit(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    change(call, cart, true).await
}

/// Keep store credit
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    responses((status = 200, description = "The cart, of which store credit pays nothing.", body = CartView)),
)]
#[delete("/carts/{cart}/store-credit")]
pub async fn keep_store_credit(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    change(call, cart, false).await
}

async fn change(call: Call, cart: web::Path<String>, on: bool) -> Result<HttpResponse> {
    let id = known(cart)?;
    let set = move |conn: &mut kernel::Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        if on && cart.customer_id.is_none() {
            return Err(Error::conflict("Store credit is a customer's, and this cart is nobody's."));
        }
        carts::use_store_credit(conn, cart.id, on, now)?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::OK, set).await
}
