//! What a buyer can do with an order: cancel it, and order the same again.

use super::{allowed, path_for, visible};
use crate::orders::{self, CancelReason};
use crate::quick_order;
use crate::web::basket;
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};

/// Cancels an order. The page asked before: its form only shows after unfolding, and says what goes back.
pub async fn cancel(door: web::Data<Door>, visit: Visit, number: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let (seen, signer, number, key) = (visit.clone(), door.signer.clone(), number.into_inner(), form.get("key").to_string());
    let page = path_for(&signer, &number, &key);
    let cancelled = door.write(move |conn, now| {
        let order = allowed(conn, &seen, &signer, &number, &key, now)?;
        orders::cancel(conn, order.id, CancelReason::Customer, "customer", now)
    });
    match cancelled.await {
        Ok(()) => visit.say(&door.signer, Tone::Success, "order-was-cancelled"),
        Err(Error::Conflict(_)) => visit.say(&door.signer, Tone::Error, "order-not-cancellable"),
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, &page))
}

/// Puts what can still be had of an order into the cart, and tells what cannot, and what costs another price than then.
pub async fn reorder(door: web::Data<Door>, visit: Visit, number: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let (seen, signer, number, key) = (visit.clone(), door.signer.clone(), number.into_inner(), form.get("key").to_string());
    let page = path_for(&signer, &number, &key);
    let done = door
        .write(move |conn, now| {
            let (order, _) = visible(conn, &seen, &signer, &number, &key, now)?;
            let cart = basket::open(conn, &seen, now)?;
            quick_order::again(conn, cart, &order, now)
        })
        .await;
    let done = match done {
        Ok(done) => done,
        // The cart cannot hold so much more.
        Err(Error::Invalid(wrong)) => {
            visit.say(&door.signer, Tone::Error, wrong.0.values().next().map_or("", String::as_str));
            return Ok(door.go(&visit, &page));
        }
        Err(error) => return Err(error),
    };
    let words = Words::of(&door.templates, visit.language)?;
    // A flash travels in a cookie, so a long list is cut.
    let titles = |all: &[String]| all.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if done.added == 0 {
        visit.say(&door.signer, Tone::Warning, "reorder-none");
        return Ok(door.go(&visit, &page));
    }
    let mut said = Vec::new();
    if !done.missing.is_empty() {
        said.push(words.with("reorder-some", &[("titles", &titles(&done.missing))])?);
    }
    if !done.changed.is_empty() {
        said.push(words.with("reorder-changed", &[("titles", &titles(&done.changed))])?);
    }
    match said.is_empty() {
        true => visit.say(&door.signer, Tone::Success, "reorder-all"),
        false => visit.say(&door.signer, Tone::Warning, &said.join(" ")),
    }
    Ok(door.go(&visit, "/cart"))
}
