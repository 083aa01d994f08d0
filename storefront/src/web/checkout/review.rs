//! Last step: is everything right?

use super::{Stage, Step, approval, drawn, methods, stage};
use crate::carts::{self, Notice, Quote};
use crate::checkout::Seen;
use crate::gateway::Record;
use crate::ids::CartId;
use crate::promotions::Reason;
use crate::web::door::Door;
use crate::web::reductions::told_reason;
use crate::web::shown;
use crate::web::views::checkout::ReviewView;
use crate::web::views::page::{Page, Tone};
use crate::web::views::shared::Notice as Told;
use crate::web::visit::Visit;
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::token::Signer;

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let stage = stage!(&door, &visit, Step::Review);
    let dropped = drop_codes(&door, &stage.quote).await?;
    let stage = if dropped.is_empty() { stage } else { stage!(&door, &visit, Step::Review) };
    let done = stage.done(Step::Review)?;
    let approval = approval::needed(&door, &stage.quote).await?;
    let Stage { page, quote, words, summary, .. } = stage;
    let mut notices = shown::cart_notices(&quote, &words)?;
    for (code, reason) in dropped {
        let reason = told_reason(&reason, quote.currency, &words)?;
        notices.push(Told { kind: Tone::Warning, text: format!("{code}: {reason} {}", words.get("coupon-dropped")) });
    }
    let terms = page.pages.iter().map(|link| &link.to).find(|to| to.ends_with("/terms")).cloned();
    let method = &quote.cart.payment_method;
    let redirects = method != methods::FREE && door.gateways.find(method).is_some_and(|gateway| gateway.record() == Record::Provider);
    let token = Token { cart: quote.cart.id, seen: Seen { version: quote.cart.version, total: quote.priced.total, due: quote.due() } };
    let view = ReviewView { done, notices, summary, token: token.write(&door.signer, &visit), terms, redirects, approval };
    drawn(&door, quote, door.render(&visit, "storefront/checkout/review.html", &Page { page, view })).await
}

/// An order cannot be placed with a code that does not work any more: it is taken off, and the page says so.
async fn drop_codes(door: &Door, quote: &Quote) -> Result<Vec<(String, Reason)>> {
    let refused = |notice: &Notice| match notice {
        Notice::CouponRefused { code, reason } => Some((code.clone(), reason.clone())),
        _ => None,
    };
    let dropped: Vec<(String, Reason)> = quote.notices.iter().filter_map(refused).collect();
    if !dropped.is_empty() {
        let (cart, codes) = (quote.cart.id, dropped.clone());
        door.write(move |conn, now| codes.iter().try_for_each(|(code, _)| carts::remove_coupon(conn, cart, code, now))).await?;
    }
    Ok(dropped)
}

/// What the review page showed, as its form carries it: signed for this visitor, so that no other cart can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub cart: CartId,
    pub seen: Seen,
}

const PURPOSE: &str = "review";

impl Token {
    pub fn write(&self, signer: &Signer, visit: &Visit) -> String {
        let Seen { version, total, due } = self.seen;
        let body = format!("{}.{version}.{total}.{due}", self.cart);
        let signature = signer.sign(PURPOSE, &format!("{}.{body}", visit.visitor));
        format!("{body}.{signature}")
    }

    /// `None` for a token that was not written for this visitor.
    pub fn read(signer: &Signer, visit: &Visit, text: &str) -> Option<Token> {
        let (body, signature) = text.rsplit_once('.')?;
        if !signer.verify(PURPOSE, &format!("{}.{body}", visit.visitor), signature) {
            return None;
        }
        let mut parts = body.split('.');
        let cart = parts.next()?.parse().ok()?;
        let (version, total, due) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Token { cart, seen: Seen { version, total, due } })
    }
}
