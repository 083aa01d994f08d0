//! Paying with gift cards and store credit, on the page of the payment step. Each button has a form of its own, so that a code is
//! tried without choosing how to pay the rest.

use super::payment;
use super::{Stage, Step, stage};
use crate::carts;
use crate::ids::GiftCardId;
use crate::store_credit;
use crate::web::basket;
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::stored::card_name;
use crate::web::views::checkout::{CreditView, GiftCardView, StoredView};
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::money::Money;
use kernel::{Error, Result};

const PAGE: &str = "/checkout/payment";

/// What the payment page shows of gift cards and store credit.
pub async fn view(door: &Door, stage: &Stage, form: Form) -> Result<StoredView> {
    let quote = &stage.quote;
    let money = |minor: i64| Money::new(minor, quote.currency);
    let mut cards = Vec::new();
    for card in quote.stored.cards.iter().chain(quote.stored.unusable.iter().map(|(card, _)| card)) {
        let label = card_name(&card.last_four, &stage.words)?;
        cards.push(GiftCardView { id: card.id.to_string(), label, balance: money(card.balance), amount: money(card.amount) });
    }
    // The credit of a cart is the credit of its customer, and the page is shown to nobody else.
    let (customer, currency) = (stage.customer.as_ref().map(|customer| customer.id), quote.currency);
    let available = match customer.filter(|id| quote.cart.customer_id == Some(*id)) {
        Some(id) => door.read(move |conn, _| store_credit::balance(conn, id, currency)).await?,
        None => 0,
    };
    let credit = (available > 0).then(|| CreditView { available: money(available), used: quote.cart.use_store_credit });
    let sold = quote.sold_cards();
    // More codes pay something only of what is no gift card.
    let more = quote.due() > sold || quote.due() > 0 && sold == 0;
    Ok(StoredView { form, cards, credit, sells_cards: sold > 0, more })
}

pub async fn add(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    // Nobody finds a code by trying.
    door.limits.checkout.check(&format!("code:{}", visit.client))?;
    let (seen, code) = (visit.clone(), form.get("gift_card").to_string());
    let added = door.write(move |conn, now| {
        let cart = basket::existing(conn, &seen, now)?;
        carts::add_gift_card(conn, cart, &code, now)
    });
    match added.await {
        Ok(()) => visit.say(&door.signer, Tone::Success, "gift-card-added"),
        Err(Error::Invalid(wrong)) => {
            let stage = stage!(&door, &visit, Step::Payment);
            let refused = Form::new(form::GIFT_CARD).typed(form.pairs()).refuse(form::GIFT_CARD, &wrong);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return payment::render(&door, &visit, status, stage, Form::new(form::PAYMENT), refused).await;
        }
        Err(Error::NotFound) => return Ok(door.go(&visit, "/cart")),
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, PAGE))
}

pub async fn remove(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let (seen, card) = (visit.clone(), form.id::<GiftCardId>("card")?);
    let write = door.write(move |conn, now| {
        let cart = basket::existing(conn, &seen, now)?;
        carts::remove_gift_card(conn, cart, card, now)
    });
    write.await?;
    visit.say(&door.signer, Tone::Success, "gift-card-removed");
    Ok(door.go(&visit, PAGE))
}

pub async fn credit(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let (seen, on) = (visit.clone(), form.ticked("use"));
    let write = door.write(move |conn, now| {
        let cart = basket::existing(conn, &seen, now)?;
        carts::use_store_credit(conn, cart, on, now)
    });
    write.await?;
    visit.say(&door.signer, Tone::Success, if on { "store-credit-used" } else { "store-credit-kept" });
    Ok(door.go(&visit, PAGE))
}
