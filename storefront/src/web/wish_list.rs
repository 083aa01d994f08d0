//! The wish list on the pages of products: a button, and what it does.

use super::account::local_or;
use super::door::Door;
use super::known::Known;
use super::ordering;
use super::posted::Posted;
use super::views::page::Tone;
use super::visit::Visit;
use crate::catalog;
use crate::ids::ProductId;
use crate::wish_list;
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use kernel::{Error, Result};
use serde::Serialize;
use std::sync::Arc;

/// Where the list is.
pub const LIST: &str = "/account/wish-list";

#[derive(Serialize)]
struct Button {
    /// The product to take off; none for the button that puts it on the list.
    listed: Option<ProductId>,
}

/// The button for whoever looks at a product. For a guest it is the one that puts it on the list: they are asked to sign in then.
pub async fn button(door: &Door, visit: &Visit, known: &Known, product: Option<ProductId>) -> Result<Bytes> {
    let listed = match (known.customer, product) {
        (Some(customer), Some(product)) => {
            let list = match door.memory.wish_lists.get(&customer) {
                Some(list) => list,
                None => {
                    let list = Arc::new(door.glance(move |conn, _| wish_list::products(conn, customer)).await?);
                    door.memory.wish_lists.put(customer, list.clone(), (list.len() + 4) * size_of::<ProductId>());
                    list
                }
            };
            list.contains(&product).then_some(product)
        }
        _ => None,
    };
    let key = (visit.language, listed);
    if let Some(drawn) = door.memory.wish_buttons.get(&key) {
        return Ok(drawn);
    }
    let drawn = Bytes::from(door.templates.render("storefront/slots/wish_list.html", visit.spoken(), &Button { listed })?);
    door.memory.wish_buttons.put(key, drawn.clone(), drawn.len());
    Ok(drawn)
}

/// Puts the product with the posted slug on the list, or with `remove` the product with that number off it, and leads back to `back`.
pub async fn change(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let (slug, removed) = (catalog::slug(form.get("product")), form.get("remove").parse().ok().map(ProductId));
    let back = local_or(form.get("back"), LIST).to_string();
    let seen = visit.clone();
    let changed = door.write(move |conn, now| {
        let customer = seen.signed_in(conn, now)?;
        let word = match removed {
            Some(product) => {
                wish_list::remove(conn, customer, product)?;
                "wish-list-removed"
            }
            None => {
                let shop = ordering::shop(conn, &seen, now)?;
                let product = catalog::page(conn, &shop, &slug, seen.language.code())?.id;
                wish_list::add(conn, customer, product, now)?;
                "wish-list-added"
            }
        };
        Ok((customer, word))
    });
    match changed.await {
        Ok((customer, word)) => {
            door.memory.wish_lists.forget(&customer);
            visit.say(&door.signer, Tone::Success, word);
            Ok(door.go(&visit, &back))
        }
        Err(Error::Unauthorised) => Ok(sign_in_first(&door, &visit, form.get("product"))),
        Err(Error::Conflict(word)) => {
            visit.say(&door.signer, Tone::Error, &word);
            Ok(door.go(&visit, LIST))
        }
        Err(error) => Err(error),
    }
}

/// Signing in leads to the list, which asks whether the product is to be put there: no address changes anything by itself.
fn sign_in_first(door: &Door, visit: &Visit, slug: &str) -> HttpResponse {
    let slug = catalog::slug(slug);
    let next = if slug.is_empty() { LIST.to_string() } else { format!("{LIST}?add={slug}") };
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    visit.say(&door.signer, Tone::Info, "wish-list-sign-in");
    door.go(visit, &format!("/account/sign-in?next={next}"))
}
