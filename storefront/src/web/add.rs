//! Putting a product into the cart.

use super::basket;
use super::door::Door;
use super::ordering;
use super::posted::Posted;
use super::product::param;
use super::views::page::Tone;
use super::visit::Visit;
use super::watch::{Seen, What};
use super::words::Words;
use crate::carts;
use crate::catalog::{self, ProductOption, ProductPage};
use crate::ids::{CartId, ProductId, VariantId};
use crate::units;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use url::form_urlencoded;

/// What adding came to.
pub enum Added {
    Yes,
    /// Fewer are left than the cart would then hold; as many as there are lie in it.
    OnlySome(String),
    SoldOut,
    /// No variant has these values.
    NoSuchChoice,
    Refused(String),
}

pub async fn add(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let slug = form.get("product").to_string();
    let page = product_page(&slug, &form);
    if !form.get("show").is_empty() {
        return Ok(door.go(&visit, &page));
    }
    let (seen, typed) = (visit.clone(), form.clone());
    let (added, product, customer) = door
        .write(move |conn, now| {
            let (added, product) = put_chosen(conn, &seen, &slug, &typed, now)?;
            Ok((added, product, seen.customer(conn, now)?))
        })
        .await?;
    if let (Some(secret), Added::Yes | Added::OnlySome(_)) = (visit.trail(), &added) {
        door.watch.tell(Seen { secret: secret.to_string(), customer, what: What::Cart(product), at: door.now() });
    }
    let words = Words::of(&door.templates, visit.language)?;
    let (tone, text, to) = match added {
        Added::Yes => (Tone::Success, words.get("cart-added"), "/cart".to_string()),
        Added::OnlySome(left) => (Tone::Warning, words.with("cart-added-some", &[("left", &left)])?, "/cart".to_string()),
        Added::SoldOut => (Tone::Error, words.get("cart-sold-out"), page),
        Added::NoSuchChoice => (Tone::Error, words.get("product-no-such"), page),
        Added::Refused(key) => (Tone::Error, words.get(&key), page),
    };
    visit.say(&door.signer, tone, &text);
    Ok(door.go(&visit, &to))
}

/// The product's page with the choice made, so that nothing chosen is lost.
fn product_page(slug: &str, form: &Posted) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form.pairs().filter(|(name, _)| !matches!(*name, "csrf" | "product" | "quantity" | "show")) {
        query.append_pair(name, value);
    }
    let (slug, query) = (catalog::slug(slug), query.finish());
    if query.is_empty() { format!("/products/{slug}") } else { format!("/products/{slug}?{query}") }
}

fn put_chosen(conn: &mut Conn, visit: &Visit, slug: &str, form: &Posted, now: Time) -> Result<(Added, ProductId)> {
    // Values are matched as stored: they are the same in every language.
    let shop = ordering::shop(conn, visit, now)?;
    let page = catalog::page(conn, &shop, slug, crate::shop::OWN_LANGUAGE)?;
    let Some(variant) = chosen(&page, form) else { return Ok((Added::NoSuchChoice, page.id)) };
    let quantity = match units::read(conn, variant, form.get("quantity")) {
        Err(Error::Invalid(wrong)) => return Ok((Added::Refused(wrong.0.into_values().next().unwrap_or_default()), page.id)),
        read => read?,
    };
    let cart = basket::open(conn, visit, now)?;
    Ok((put(conn, cart, variant, quantity, now)?, page.id))
}

/// Adds units of a variant, as many as there are. `NotFound` for a variant that is not on sale.
pub fn put(conn: &mut Conn, cart: CartId, variant: VariantId, quantity: i64, now: Time) -> Result<Added> {
    let had = carts::lines(conn, cart)?.into_iter().find(|line| line.1 == variant).map_or(0, |line| line.2);
    let cart_row = carts::get(conn, cart)?;
    let sold = carts::assortment(conn, &cart_row)?;
    let known = catalog::for_sale(conn, &sold, &[variant], crate::shop::OWN_LANGUAGE)?;
    let measure = known.first().map(|variant| variant.measure).unwrap_or_default();
    let wanted = match known.first().and_then(|variant| variant.limit()) {
        Some(0) => return Ok(Added::SoldOut),
        Some(left) if left <= had => return Ok(Added::OnlySome(measure.text(left))),
        Some(left) => quantity.min(left - had),
        None => quantity,
    };
    match carts::add(conn, cart, variant, wanted, now) {
        Ok(()) if wanted < quantity => Ok(Added::OnlySome(measure.text(had + wanted))),
        Ok(()) => Ok(Added::Yes),
        Err(Error::Invalid(wrong)) => Ok(Added::Refused(wrong.0.into_values().next().unwrap_or_default())),
        Err(error) => Err(error),
    }
}

/// The variant whose option values are the posted ones. A product without options has one variant.
fn chosen(page: &ProductPage, form: &Posted) -> Option<VariantId> {
    let fits = |(option, stored): (&ProductOption, &String)| form.get(&param(&option.key)) == stored;
    page.variants.iter().find(|variant| page.options.iter().zip(&variant.options).all(fits)).map(|variant| variant.id)
}
