//! Gift cards and store credit on a cart. A cart keeps the ids of cards whose codes were typed, never a code.

use super::{Cart, get, touch};
use crate::catalog;
use crate::gift_cards;
use crate::ids::{CartId, GiftCardId, VariantId};
use crate::schema::carts;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// The most gift cards that pay for one cart.
pub const MAX_GIFT_CARDS: usize = 5;

impl Cart {
    /// The gift cards on it, in the order in which they were added.
    pub fn gift_cards(&self) -> Vec<GiftCardId> {
        self.gift_cards.split_whitespace().filter_map(|id| id.parse().ok()).collect()
    }
}

/// Puts the gift card of a typed code on the cart. `Invalid` says why it cannot pay.
pub fn add_gift_card(conn: &mut Conn, cart: CartId, code: &str, now: Time) -> Result<()> {
    let refuse = |reason: &str| Err(Error::field("gift_card", reason));
    if gift_cards::normalise(code).is_empty() {
        return refuse("gift-card-missing");
    }
    touch(conn, cart, now)?;
    let stored = get(conn, cart)?;
    let Some(card) = gift_cards::find_by_code(conn, code)? else { return refuse("gift-card-unknown") };
    if let Some(reason) = card.refusal(stored.currency()?, now) {
        return refuse(reason);
    }
    let mut ids = stored.gift_cards();
    if only_cards(conn, cart, &stored)? {
        return refuse("gift-card-buys-none");
    }
    if ids.contains(&card.id) {
        return refuse("gift-card-twice");
    }
    if ids.len() >= MAX_GIFT_CARDS {
        return refuse("gift-card-too-many");
    }
    ids.push(card.id);
    store(conn, cart, &ids)
}

/// Whether all that a cart holds is gift cards, which no gift card pays for.
fn only_cards(conn: &mut Conn, cart: CartId, stored: &Cart) -> Result<bool> {
    let ids: Vec<VariantId> = super::lines(conn, cart)?.into_iter().map(|(_, variant, ..)| variant).collect();
    let found = catalog::variants_for_sale(conn, &ids, stored.currency()?, &stored.language)?;
    Ok(!found.is_empty() && found.iter().all(|variant| variant.gift_card))
}

/// Takes a gift card off the cart.
pub fn remove_gift_card(conn: &mut Conn, cart: CartId, card: GiftCardId, now: Time) -> Result<()> {
    touch(conn, cart, now)?;
    let mut ids = get(conn, cart)?.gift_cards();
    ids.retain(|known| *known != card);
    store(conn, cart, &ids)
}

fn store(conn: &mut Conn, cart: CartId, ids: &[GiftCardId]) -> Result<()> {
    let text = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    diesel::update(carts::table.find(cart)).set(carts::gift_cards.eq(text)).execute(conn)?;
    Ok(())
}

/// Whether the customer's credit pays what it can of the cart. It counts only on the cart of a customer.
pub fn use_store_credit(conn: &mut Conn, cart: CartId, on: bool, now: Time) -> Result<()> {
    touch(conn, cart, now)?;
    diesel::update(carts::table.find(cart)).set(carts::use_store_credit.eq(on)).execute(conn)?;
    Ok(())
}
