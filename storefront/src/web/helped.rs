//! A cart that staff help with: the question whether they may change it, the shopper's answer, and what was changed. Only whoever holds the
//! cart is asked and answers, whichever page they came by.

use super::basket;
use super::door::Door;
use super::posted::Posted;
use super::requests;
use super::views::cart::{CartChangeView, ConsentView};
use super::views::page::Tone;
use super::visit::Visit;
use crate::carts::changes::{self, ChangeId};
use crate::carts::consents::{self, Answer, ConsentId, State};
use crate::ids::CartId;
use actix_web::{HttpResponse, web};
use crm::tickets::{self, TicketId};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

const CART: &str = "/cart";
/// Changes on the cart's page.
const CHANGES: i64 = 10;

/// Which page shows the question, and is gone back to.
#[derive(Clone, Copy, Debug)]
pub(super) enum On<'a> {
    /// The page of the cart, which knows it.
    Cart(CartId),
    Chat(TicketId),
    /// A request, with the key of its link if it was opened by that.
    Request(TicketId, Option<&'a str>),
}

/// What stands about the cart that the visitor holds: on the cart's own page all of it, elsewhere what the ticket asked.
pub(super) fn asked(conn: &mut Conn, visit: &Visit, on: On, now: Time) -> Result<Vec<ConsentView>> {
    let cart = match on {
        On::Cart(cart) => Some(cart),
        On::Chat(_) | On::Request(..) => {
            let customer = visit.customer(conn, now)?;
            basket::find(conn, visit, customer)?.map(|cart| cart.id)
        }
    };
    let Some(cart) = cart else { return Ok(Vec::new()) };
    let (about, key) = match on {
        On::Cart(_) => (None, None),
        On::Chat(ticket) => (Some(ticket), None),
        On::Request(ticket, key) => (Some(ticket), key),
    };
    let mut views = Vec::new();
    for one in consents::of_cart(conn, cart, now)? {
        let here = match about {
            Some(ticket) => one.ticket_id == ticket || tickets::standing(conn, one.ticket_id)? == ticket,
            None => true,
        };
        if !here {
            continue;
        }
        let ticket = tickets::get(conn, one.ticket_id)?;
        let back = match on {
            On::Cart(_) => String::new(),
            On::Chat(_) => "chat".to_string(),
            On::Request(..) => ticket.number.clone(),
        };
        views.push(ConsentView {
            id: one.id.0,
            number: ticket.number,
            subject: ticket.subject,
            given: one.state(now) == State::Given,
            until: one.ends_at,
            back,
            key: key.map(str::to_string),
        });
    }
    Ok(views)
}

/// What staff changed lately in a cart.
pub(super) fn changed(conn: &mut Conn, cart: CartId, now: Time) -> Result<Vec<CartChangeView>> {
    let found = changes::of_cart(conn, cart, CHANGES, now)?;
    let measures = changes::measures(conn, &found)?;
    let text = |change: &changes::Change, units: i64| changes::measure(&measures, change).text(units);
    let view = |change: changes::Change| CartChangeView {
        before_text: text(&change, change.units_before),
        after_text: text(&change, change.units_after),
        id: change.id.0,
        title: change.title,
        code: change.code,
        before: change.units_before,
        after: change.units_after,
        at: change.changed_at,
    };
    Ok(found.into_iter().map(view).collect())
}

/// The cart of the visit. `Conflict` when it was ordered meanwhile, `NotFound` for somebody without one.
fn held(conn: &mut Conn, visit: &Visit, now: Time) -> Result<CartId> {
    match basket::existing(conn, visit, now) {
        Err(Error::NotFound) if basket::placed(conn, visit)?.is_some() => Err(Error::conflict("cart-placed")),
        found => found,
    }
}

/// Yes, no, or not any more. Whoever does not hold the cart finds no question.
pub(super) async fn answer(door: web::Data<Door>, visit: Visit, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("consent:{}", visit.client))?;
    let id: ConsentId = path.parse().map_err(|_| Error::NotFound)?;
    let said = Answer::parse(posted.get("answer")).ok_or(Error::NotFound)?;
    let seen = visit.clone();
    let kept = door.write(move |conn, now| {
        let cart = held(conn, &seen, now)?;
        consents::answer(conn, id, cart, said, now)
    });
    let told = match said {
        Answer::Yes => "cart-consent-did-give",
        Answer::No => "cart-consent-did-refuse",
        Answer::Withdraw => "cart-consent-did-withdraw",
    };
    tell(&door, &visit, kept.await, told)?;
    Ok(door.go(&visit, &back(&door, &posted)))
}

/// Takes back what staff changed.
pub(super) async fn undo(door: web::Data<Door>, visit: Visit, path: web::Path<String>, _: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("consent:{}", visit.client))?;
    let id: ChangeId = path.parse().map_err(|_| Error::NotFound)?;
    let seen = visit.clone();
    let undone = door.write(move |conn, now| {
        let cart = held(conn, &seen, now)?;
        changes::undo(conn, id, cart, now)
    });
    tell(&door, &visit, undone.await, "cart-change-undone")?;
    Ok(door.go(&visit, CART))
}

/// Says that it was done, or why the state did not allow it.
fn tell(door: &Door, visit: &Visit, done: Result<()>, told: &str) -> Result<()> {
    match done {
        Ok(()) => visit.say(&door.signer, Tone::Success, told),
        Err(Error::Conflict(text)) => visit.say(&door.signer, Tone::Error, &text),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The page that the form stood on.
fn back(door: &Door, posted: &Posted) -> String {
    match posted.get("back") {
        "" => CART.to_string(),
        "chat" => "/chat".to_string(),
        number if number.bytes().all(|byte| byte.is_ascii_alphanumeric()) => requests::path_for(&door.signer, number, posted.get("key")),
        _ => CART.to_string(),
    }
}
