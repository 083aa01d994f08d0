//! Asking for the yes that a company's cart needs, from the review page.

use super::review::Token;
use crate::approvals::{self, State};
use crate::buying;
use crate::carts::{self, Quote};
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::approvals::NeedView;
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};

/// Where a request is read and answered.
pub fn path(id: impl std::fmt::Display) -> String {
    format!("/account/company/approvals/{id}")
}

/// What a cart needs; `None` when it can be placed without asking anybody.
pub async fn needed(door: &Door, quote: &Quote) -> Result<Option<NeedView>> {
    if quote.cart.member_id.is_none() {
        return Ok(None);
    }
    let quote = quote.clone();
    door.read(move |conn, now| {
        let Some(buyer) = buying::of_cart(conn, &quote.cart)? else { return Ok(None) };
        let asked = match approvals::asked(conn, &buyer, &quote, now) {
            Ok(asked) => asked,
            Err(Error::Conflict(told)) => {
                return Ok(Some(NeedView { why: Vec::new(), waiting: None, approved: false, refused: Some(told) }));
            }
            Err(error) => return Err(error),
        };
        if asked.requirements.is_empty() {
            return Ok(None);
        }
        let open = approvals::open_of_cart(conn, quote.cart.id)?.filter(|open| approvals::covers(open, &quote));
        let why = asked.requirements.into_iter().map(|one| one.name).collect();
        let approved = open.as_ref().is_some_and(|open| open.state == State::Approved);
        let waiting = open.filter(|open| open.state == State::Waiting).map(|open| path(open.id));
        Ok(Some(NeedView { why, waiting, approved, refused: None }))
    })
    .await
}

/// Asks, for the cart as the review page showed it.
pub async fn ask(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("place:{}", visit.client))?;
    let Some(token) = Token::read(&door.signer, &visit, form.get("token")) else {
        visit.say(&door.signer, Tone::Warning, "checkout-changed");
        return Ok(door.go(&visit, "/checkout/review"));
    };
    let (seen, note) = (visit.clone(), form.get("note").to_string());
    let asked = door.write(move |conn, now| {
        let customer = seen.signed_in(conn, now)?;
        let cart = carts::get(conn, token.cart)?;
        let buyer = buying::of_cart(conn, &cart)?.filter(|buyer| buyer.customer == customer).ok_or(Error::NotFound)?;
        let quote = carts::quote(conn, cart.id, now)?;
        let as_seen = quote.cart.version == token.seen.version && quote.priced.total == token.seen.total && quote.due() == token.seen.due;
        if !as_seen {
            return Err(Error::conflict("checkout-changed"));
        }
        approvals::request(conn, &buyer, &quote, &note, now)
    });
    match asked.await {
        Ok(id) => {
            visit.say(&door.signer, Tone::Success, "approval-was-asked");
            Ok(door.go(&visit, &path(id)))
        }
        Err(Error::Conflict(told)) => {
            visit.say(&door.signer, Tone::Warning, &told);
            Ok(door.go(&visit, "/checkout/review"))
        }
        Err(Error::Invalid(wrong)) => {
            let told = wrong.0.values().next().cloned().unwrap_or_default();
            visit.say(&door.signer, Tone::Warning, &told);
            Ok(door.go(&visit, "/checkout/review"))
        }
        Err(Error::Unauthorised) => Ok(door.go(&visit, "/account/sign-in?next=%2Fcheckout%2Freview")),
        Err(error) => Err(error),
    }
}
