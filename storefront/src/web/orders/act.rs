//! What a buyer can do with an order: cancel it, and order the same again.

use super::{allowed, path_for};
use crate::orders::{self, CancelReason};
use crate::web::add::{self, Added};
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

/// Puts what can still be had of an order into the cart, and tells what cannot.
pub async fn reorder(door: web::Data<Door>, visit: Visit, number: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let (seen, signer, number, key) = (visit.clone(), door.signer.clone(), number.into_inner(), form.get("key").to_string());
    let page = path_for(&signer, &number, &key);
    let (added, missing) = door
        .write(move |conn, now| {
            let (order, _) = visible(conn, &seen, &signer, &number, &key, now)?;
            let lines = orders::lines(conn, order.id)?;
            let cart = basket::open(conn, &seen, now)?;
            let (mut added, mut missing) = (0, Vec::new());
            for line in lines {
                let put = match line.variant_id {
                    Some(variant) => add::put(conn, cart, variant, line.quantity, now),
                    None => Err(Error::NotFound),
                };
                match put {
                    Ok(Added::Yes) => added += 1,
                    Ok(Added::OnlySome(_)) => {
                        added += 1;
                        missing.push(line.title);
                    }
                    Ok(_) | Err(Error::NotFound) => missing.push(line.title),
                    Err(error) => return Err(error),
                }
            }
            Ok((added, missing))
        })
        .await?;
    let words = Words::of(&door.templates, visit.language)?;
    // A flash travels in a cookie, so a long list is cut.
    let titles = || missing.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    match (added, missing.is_empty()) {
        (_, true) => visit.say(&door.signer, Tone::Success, "reorder-all"),
        (0, false) => {
            visit.say(&door.signer, Tone::Warning, "reorder-none");
            return Ok(door.go(&visit, &page));
        }
        (_, false) => visit.say(&door.signer, Tone::Warning, &words.with("reorder-some", &[("titles", &titles())])?),
    }
    Ok(door.go(&visit, "/cart"))
}
