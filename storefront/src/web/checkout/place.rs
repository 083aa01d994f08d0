//! Placing the order: one commit, then the provider, then the order's page.

use super::methods;
use super::review::Token;
use crate::address_book;
use crate::checkout::{self, PlaceError, Placed, Settlement};
use crate::company_accounts::{self, ACCOUNT, LIMIT_EXCEEDED};
use crate::gateway::{Gateways, Record};
use crate::orders::{self, Order};
use crate::payments::{self, Payment};
use crate::web::door::Door;
use crate::web::orders::{FRESH, order_path, pay};
use crate::web::posted::Posted;
use crate::web::privacy::Recognition;
use crate::web::recommend::counter::Deed;
use crate::web::recommend::tag::{Led, Tag};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use crate::{carts, shop};
use actix_web::{HttpResponse, web};
use crm::consents::{self, Consent, Statement};
use crm::trails::Evidence;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use std::collections::BTreeSet;

pub async fn place(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("place:{}", visit.client))?;
    let Some(token) = Token::read(&door.signer, &visit, form.get("token")) else {
        visit.say(&door.signer, Tone::Warning, "checkout-changed");
        return Ok(door.go(&visit, "/checkout/review"));
    };
    let (seen, signer, gateways) = (visit.clone(), door.signer.clone(), door.gateways.clone());
    let recognition = Recognition::of(&visit);
    let committed = door.write(move |conn, now| {
        let placed = commit(conn, &seen, token, &gateways, now)?;
        let order = orders::get(conn, placed.order)?;
        if placed.first {
            // The box counts only together with the address it was ticked for.
            let wished = seen.wish(&signer, &order.email.to_lowercase());
            remember(conn, &seen, &order, wished, now)?;
        }
        let clicked = if placed.first { clicked(conn, &seen, &order, now)? } else { Vec::new() };
        let proof = format!("order {}", order.number);
        let trail = recognition.join(conn, order.customer_id, Evidence::Checkout, &proof, now)?;
        Ok((order, payments::get(conn, placed.payment)?, clicked, trail))
    });
    let (order, payment, clicked, trail) = match committed.await {
        Ok(done) => done,
        // The limit was used up since the way to pay was chosen.
        Err(Error::Conflict(text)) if text.starts_with(LIMIT_EXCEEDED) => {
            visit.say(&door.signer, Tone::Warning, &text);
            return Ok(door.go(&visit, "/checkout/payment"));
        }
        // What a budget or an approval is missing is said on the review page, which asks for it.
        Err(Error::Conflict(told)) if told.starts_with("approval-") || told.starts_with("budget-") => {
            visit.say(&door.signer, Tone::Warning, &told);
            return Ok(door.go(&visit, "/checkout/review"));
        }
        Err(Error::Conflict(_)) => {
            visit.say(&door.signer, Tone::Warning, "checkout-changed");
            return Ok(door.go(&visit, "/checkout/review"));
        }
        Err(error) => return Err(error),
    };
    visit.keep_wish(&door.signer, None);
    visit.keep_trail(trail);
    door.memory.own.forget(&order.customer_id);
    if !clicked.is_empty() {
        let tags: BTreeSet<Tag> = clicked.iter().map(|led| led.tag).collect();
        tags.into_iter().for_each(|tag| door.counter.count(tag, Deed::Order, &visit.visitor));
        let rest: Vec<Led> = visit.led(door.now()).into_iter().filter(|led| !clicked.contains(led)).collect();
        visit.keep_led(&rest);
    }
    finish(&door, &visit, &order, &payment).await
}

/// The commit. `Conflict` for everything that the review page has to show again.
fn commit(conn: &mut Conn, visit: &Visit, token: Token, gateways: &Gateways, now: Time) -> Result<Placed> {
    let cart = carts::get(conn, token.cart)?;
    let method = cart.payment_method.clone();
    let on_account = method == ACCOUNT && company_accounts::offer(conn, &cart)?.is_some();
    let offered = methods::offered(&shop::get(conn)?, gateways, (token.seen.total, token.seen.due), on_account);
    let settlement = match gateways.find(&method).map(|gateway| gateway.record()) {
        Some(Record::Provider) => Settlement::Before,
        _ => Settlement::After,
    };
    // An order that exists already is found again even if its way to pay was switched off meanwhile.
    let again = orders::find_by_cart(conn, token.cart)?.is_some();
    // Credit is spent by its owner alone, and a company orders by its member: whoever signed out meanwhile signs in first.
    let owned = cart.use_store_credit || cart.member_id.is_some();
    let foreign = owned && cart.customer_id.is_some() && visit.customer(conn, now)? != cart.customer_id;
    if !again && (foreign || !offered.contains(&method.as_str())) {
        return Err(Error::conflict("checkout-changed"));
    }
    checkout::place(conn, token.cart, token.seen, settlement, now).map_err(|error| match error {
        PlaceError::Changed | PlaceError::Incomplete(_) => Error::conflict("checkout-changed"),
        PlaceError::NeedsApproval => Error::conflict("approval-needed"),
        PlaceError::Other(error) => error,
    })
}

/// What of an order was clicked in a shelf of recommendations before.
fn clicked(conn: &mut Conn, visit: &Visit, order: &Order, now: Time) -> Result<Vec<Led>> {
    let mut led = visit.led(now);
    if !led.is_empty() {
        let lines = crm::purchases::lines(conn, order.customer_id, order.id.0)?;
        led.retain(|led| lines.iter().any(|line| line.product == led.product.0));
    }
    Ok(led)
}

/// What the shopper asked to be remembered with the order: their address, for customers with an account, and their wish for news.
fn remember(conn: &mut Conn, visit: &Visit, order: &Order, wished: bool, now: Time) -> Result<()> {
    if visit.customer(conn, now)? == Some(order.customer_id) {
        // The place of a pick-up is not the buyer's address.
        let own = if order.pickup_location_id.is_some() { order.billing_address()? } else { order.shipping_address()? };
        match address_book::add(conn, order.customer_id, &own, false, now) {
            // A full book is no reason to refuse an order.
            Ok(_) | Err(Error::Invalid(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if wished {
        let proof = format!("ticked at the checkout of order {}", order.number);
        let statement = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: &proof };
        consents::record(conn, order.customer_id, &statement, now)?;
    }
    Ok(())
}

/// Sends the shopper to the provider's page, or to the order's.
async fn finish(door: &Door, visit: &Visit, order: &Order, payment: &Payment) -> Result<HttpResponse> {
    let page = order_path(&door.signer, &order.number);
    if pay::awaits(door, order, payment) {
        return pay::send(door, visit, order, payment, &page).await;
    }
    visit.say(&door.signer, Tone::Success, FRESH);
    Ok(door.go(visit, &page))
}
