//! Orders that staff place for a customer, over the telephone or at the counter: a cart that no browser holds, priced and placed by the
//! same functions as any other.

use crate::address::Address;
use crate::carts::{self, Quote};
use crate::checkout::{self, PlaceError, Seen, Settlement};
use crate::ids::{CartId, OrderId, ShippingRateId, VariantId};
use crate::schema::{carts as rows, orders as order_rows};
use crate::shop;
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// Where such an order came from, as `orders.source` says.
pub const SOURCE: &str = "staff";

/// What a member of staff took down.
#[derive(Clone, Debug)]
pub struct Wish {
    pub email: Email,
    /// Where the goods go and the invoice is made out to.
    pub address: Address,
    pub note: String,
    /// The customer's, for texts and mails.
    pub language: String,
    pub goods: Vec<(VariantId, i64)>,
    /// Codes separated by blanks, or none.
    pub codes: String,
    /// A way to pay after the order: the caller has checked that the shop offers it.
    pub method: String,
}

/// Makes a draft in the main store. Fails with `Invalid` as a cart does.
pub fn make(conn: &mut Conn, wish: &Wish, now: Time) -> Result<CartId> {
    let shop = shop::get(conn)?;
    let cart = carts::create(conn, None, &shop, &wish.language, now)?;
    for (variant, quantity) in &wish.goods {
        carts::add(conn, cart, *variant, *quantity, now).map_err(|error| match error {
            Error::Invalid(fields) => Error::field("goods", fields.0.into_iter().next().map(|(_, text)| text).unwrap_or_default()),
            other => other,
        })?;
    }
    carts::set_contact(conn, cart, &wish.email, &wish.address, None, &wish.note, now)?;
    carts::set_payment_method(conn, cart, &wish.method, now)?;
    if !wish.codes.trim().is_empty() {
        carts::set_coupon(conn, cart, &wish.codes, now)?;
    }
    if let Some(rate) = carts::quote(conn, cart, now)?.rate {
        carts::set_shipping_rate(conn, cart, rate.id, now)?;
    }
    Ok(cart)
}

/// A draft with what it costs now. The cart of a visitor or customer is not found: it is theirs.
pub fn quote(conn: &mut Conn, id: CartId, now: Time) -> Result<Quote> {
    own(conn, id)?;
    carts::quote(conn, id, now)
}

/// Chooses the delivery of a draft.
pub fn set_shipping_rate(conn: &mut Conn, id: CartId, rate: ShippingRateId, now: Time) -> Result<()> {
    own(conn, id)?;
    carts::set_shipping_rate(conn, id, rate, now)
}

/// Only drafts have neither a browser nor an account behind them.
fn own(conn: &mut Conn, id: CartId) -> Result<()> {
    let found: Option<CartId> = rows::table
        .find(id)
        .filter(rows::token_hash.is_null().and(rows::customer_id.is_null()).and(rows::email.ne("")))
        .select(rows::id)
        .first(conn)
        .optional()?;
    found.map(drop).ok_or(Error::NotFound)
}

/// Places a draft at the figures that were seen. `Conflict` when they are others by now. Placing twice answers with the same order.
pub fn place(conn: &mut Conn, id: CartId, seen: Seen, actor: &str, now: Time) -> Result<OrderId> {
    own(conn, id)?;
    let placed = checkout::place(conn, id, seen, Settlement::After, now).map_err(|error| match error {
        PlaceError::Changed | PlaceError::Incomplete(_) => Error::conflict("admin-draft-changed"),
        PlaceError::Other(error) => error,
    })?;
    if placed.first {
        diesel::update(order_rows::table.find(placed.order)).set(order_rows::source.eq(SOURCE)).execute(conn)?;
        crate::orders::note(conn, placed.order, "placed_by_staff", "", actor, now)?;
    }
    Ok(placed.order)
}
