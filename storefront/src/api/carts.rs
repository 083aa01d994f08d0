//! Carts: made, filled, addressed.

use super::call::{Body, Call, found};
use super::cart_view::{self, CartView};
use super::catalogue::known;
use super::input;
use crate::address::Address;
use crate::api_keys::Scope;
use crate::ids::{CartLineId, VariantId};
use crate::{carts, catalog, stores};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use crm::email::Email;
use kernel::error::Fields;
use kernel::{Error, Result, token};
use serde::Deserialize;
use utoipa::ToSchema;

/// The most characters of a buyer's note.
const MAX_NOTE: usize = 1000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCart {
    /// That of the buyer, for texts and mails, by its code such as `en`; the store's own without.
    #[schema(pattern = "^(en|zh)$")]
    language: Option<String>,
}

/// A variant, named by its id or its SKU, and how many of it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLine {
    variant_id: Option<i64>,
    #[schema(max_length = 200)]
    sku: Option<String>,
    /// In steps of the variant: whole units, or hundredths of a metre of what is sold so. At most 999 units.
    #[schema(minimum = 1, maximum = 999000)]
    quantity: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineChange {
    /// Zero removes the line.
    #[schema(minimum = 0, maximum = 999000)]
    quantity: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CouponCode {
    #[schema(min_length = 1, max_length = 60)]
    code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Contact {
    #[schema(max_length = 254, example = "ann@example.com")]
    email: String,
    shipping_address: PostalAddress,
    /// The shipping address serves without it.
    billing_address: Option<PostalAddress>,
    #[schema(max_length = 1000)]
    note: Option<String>,
}

/// A postal address. Fields may have up to 120 characters.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PostalAddress {
    #[schema(min_length = 1, max_length = 120, example = "Ann Reader")]
    name: String,
    #[serde(default)]
    #[schema(max_length = 120)]
    company: String,
    #[schema(min_length = 1, max_length = 120, example = "Gartenweg 3")]
    line1: String,
    #[serde(default)]
    #[schema(max_length = 120)]
    line2: String,
    /// Needed in countries that have postal codes.
    #[serde(default)]
    #[schema(max_length = 120, example = "10115")]
    postal_code: String,
    #[schema(min_length = 1, max_length = 120, example = "Berlin")]
    city: String,
    #[serde(default)]
    #[schema(max_length = 120)]
    region: String,
    /// ISO 3166-1 alpha-2.
    #[schema(pattern = "^[A-Za-z]{2}$", example = "DE")]
    country: String,
    #[serde(default)]
    #[schema(max_length = 120)]
    phone: String,
    /// The VAT identification number of a company. Numbers of the European Union are checked by form and check digit.
    #[serde(default)]
    #[schema(max_length = 20, example = "")]
    vat_id: String,
}

impl PostalAddress {
    fn checked(self, field: &str) -> Result<Address> {
        let address = Address {
            name: self.name,
            company: self.company,
            line1: self.line1,
            line2: self.line2,
            postal_code: self.postal_code,
            city: self.city,
            region: self.region,
            country: self.country,
            phone: self.phone,
            vat_id: self.vat_id,
        };
        address.checked(&format!("{field}."))
    }
}

/// Make a cart
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    request_body = NewCart,
    responses((status = 201, description = "The new, empty cart. Keep its `id`: it cannot be found again.", body = CartView)),
)]
#[post("/carts")]
pub async fn create_cart(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let new: NewCart = call.body()?;
    let language = match new.language.as_deref() {
        None => call.site.first().code(),
        Some(code) => input::language(code).ok_or_else(|| Error::field("language", "Give the code of a language that the shop speaks."))?,
    };
    let id = token::random();
    let store = call.site.id;
    let make = move |conn: &mut kernel::Conn, now| {
        let shop = stores::shop(conn, store)?;
        if !shop.open {
            return Err(Error::conflict("This store is closed."));
        }
        let cart = carts::create(conn, Some(&id), &shop, language, now)?;
        carts::leave_to_program(conn, cart)?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::CREATED, make).await
}

/// A cart
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    responses((status = 200, description = "The cart, priced now.", body = CartView)),
)]
#[get("/carts/{cart}")]
pub async fn show_cart(request: HttpRequest, cart: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CartWrite).await?;
    call.query().end()?;
    let id = known(cart)?;
    found(&call.door.read(move |conn, now| cart_view::show(conn, &id, now)).await?)
}

/// Put a variant into a cart
///
/// Units of a variant that is there already are added to its line.
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    request_body = NewLine,
    responses((status = 201, description = "The cart with the line.", body = CartView)),
)]
#[post("/carts/{cart}/lines")]
pub async fn add_line(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let id = known(cart)?;
    let line: NewLine = call.body()?;
    if line.variant_id.is_some() == line.sku.is_some() {
        return Err(Error::field("variant_id", "Name the variant either by `variant_id` or by `sku`."));
    }
    let add = move |conn: &mut kernel::Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        let variant = match (line.variant_id, line.sku.as_deref()) {
            (Some(id), _) => VariantId(id),
            (None, sku) => catalog::find_variant(conn, sku.unwrap_or(""))?.ok_or(Error::NotFound)?,
        };
        carts::add(conn, cart.id, variant, line.quantity, now)?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::CREATED, add).await
}

/// Set the units of a line
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`."), ("line" = i64, Path, description = "The line's `id`.")),
    request_body = LineChange,
    responses((status = 200, description = "The changed cart. A line that was gone stays gone.", body = CartView)),
)]
#[put("/carts/{cart}/lines/{line}")]
pub async fn set_line(request: HttpRequest, path: web::Path<(String, String)>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let change: LineChange = call.body()?;
    change_line(call, path, change.quantity).await
}

/// Take a line out of a cart
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`."), ("line" = i64, Path, description = "The line's `id`.")),
    responses((status = 200, description = "The cart without the line. A line that was gone stays gone.", body = CartView)),
)]
#[delete("/carts/{cart}/lines/{line}")]
pub async fn remove_line(request: HttpRequest, path: web::Path<(String, String)>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    change_line(call, path, 0).await
}

async fn change_line(call: Call, path: web::Path<(String, String)>, quantity: i64) -> Result<HttpResponse> {
    let (id, line) = path.into_inner();
    let line = CartLineId(line.parse().map_err(|_| Error::NotFound)?);
    let set = move |conn: &mut kernel::Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        carts::set_quantity(conn, cart.id, line, quantity, now)?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::OK, set).await
}

/// Put a coupon on a cart
///
/// A code that does not work is told by the cart's notices.
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    request_body = CouponCode,
    responses((status = 200, description = "The cart with the coupon.", body = CartView)),
)]
#[put("/carts/{cart}/coupon")]
pub async fn set_coupon(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let coupon: CouponCode = call.body()?;
    input::text("code", &coupon.code, 60)?;
    if coupon.code.trim().is_empty() {
        return Err(Error::field("code", "Give the coupon's code."));
    }
    change_coupon(call, cart, coupon.code).await
}

/// Take the coupon off a cart
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    responses((status = 200, description = "The cart without a coupon.", body = CartView)),
)]
#[delete("/carts/{cart}/coupon")]
pub async fn remove_coupon(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    change_coupon(call, cart, String::new()).await
}

async fn change_coupon(call: Call, cart: web::Path<String>, code: String) -> Result<HttpResponse> {
    let id = known(cart)?;
    let set = move |conn: &mut kernel::Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        carts::set_coupon(conn, cart.id, &code, now)?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::OK, set).await
}

/// Set contact and addresses
#[utoipa::path(
    tag = "checkout",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    request_body = Contact,
    responses((status = 200, description = "The cart, with tax and delivery for the address.", body = CartView)),
)]
#[put("/carts/{cart}/contact")]
pub async fn set_contact(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let id = known(cart)?;
    let contact: Contact = call.body()?;
    let note = contact.note.unwrap_or_default();
    let email = Email::parse(&contact.email, "email");
    let shipping = contact.shipping_address.checked("shipping_address");
    let billing = contact.billing_address.map(|address| address.checked("billing_address")).transpose();
    let (email, shipping, billing, ()) = together(email, shipping, billing, input::text("note", &note, MAX_NOTE))?;
    let set = move |conn: &mut kernel::Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        carts::set_contact(conn, cart.id, &email, &shipping, billing.as_ref(), &note, now)?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::OK, set).await
}

/// All of the values, or the mistakes of all.
fn together<A, B, C, D>(a: Result<A>, b: Result<B>, c: Result<C>, d: Result<D>) -> Result<(A, B, C, D)> {
    match (a, b, c, d) {
        (Ok(a), Ok(b), Ok(c), Ok(d)) => Ok((a, b, c, d)),
        (a, b, c, d) => {
            let mut all = Fields::default();
            for error in [a.err(), b.err(), c.err(), d.err()].into_iter().flatten() {
                match error {
                    Error::Invalid(fields) => fields.0.into_iter().for_each(|(name, text)| all.add(&name, text)),
                    other => return Err(other),
                }
            }
            Err(Error::Invalid(all))
        }
    }
}
