//! Orders that staff place for a customer, over the telephone or at the counter: a cart that no browser holds, priced and placed by the
//! same functions as any other.

use crate::address::Address;
use crate::carts::{self, Quote};
use crate::checkout::{self, PlaceError, Seen, Settlement};
use crate::ids::{CartId, OrderId, ShippingRateId, StoreId, VariantId};
use crate::schema::{carts as rows, orders as order_rows};
use crate::{payments, stores};
use chrono::TimeDelta;
use crm::MemberId;
use crm::companies::{self, May};
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// Where such an order came from, as `orders.source` says.
pub const SOURCE: &str = "staff";
/// How long an order that is paid by a link may keep its goods, in hours.
pub const HOURS: [i64; 4] = [24, 72, 168, 336];

/// What a member of staff took down.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Whose prices, part of the catalogue and addresses it has.
    pub store: StoreId,
    pub email: Email,
    /// Where the goods go and the invoice is made out to.
    pub address: Address,
    pub note: String,
    /// The customer's, for texts and mails.
    pub language: String,
    pub goods: Vec<(VariantId, i64)>,
    /// Codes separated by blanks, or none.
    pub codes: String,
    /// A way to pay that the shop offers, as the caller has checked. What a provider takes is paid by a link that the customer gets.
    pub method: String,
}

/// Makes a draft in a store, whether that is open to shoppers or not. Fails with `Invalid` as a cart does, `NotFound` without such a store.
pub fn make(conn: &mut Conn, wish: &Wish, now: Time) -> Result<CartId> {
    make_for(conn, wish, None, now)
}

/// [`make`] for a member of a company, with the company's prices. `Conflict` when they may not order for it.
pub fn make_for(conn: &mut Conn, wish: &Wish, member: Option<MemberId>, now: Time) -> Result<CartId> {
    let shop = stores::shop(conn, wish.store)?;
    let cart = carts::create(conn, None, &shop, &wish.language, now)?;
    if let Some(member) = member {
        if !companies::buyer(conn, member)?.is_some_and(|buyer| buyer.may(May::Order)) {
            return Err(Error::conflict("company-may-not-order"));
        }
        carts::give(conn, cart, Some(member), now)?;
    }
    for (variant, quantity) in &wish.goods {
        carts::add(conn, cart, *variant, *quantity, now).map_err(|error| match error {
            Error::NotFound => Error::field("goods", "order-edit-not-sold"),
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

/// Whether the customer pays a draft, or an order made of it, by a link: nobody at the desk sees the money come.
pub fn by_link(method: &str) -> bool {
    !payments::by_hand(method)
}

/// Places a draft at the figures that were seen. `Conflict` when they are others by now. Placing twice answers with the same order. An
/// order that is paid by a link keeps its goods for `hours`, one of [`HOURS`], and is cancelled when it was not paid by then.
pub fn place(conn: &mut Conn, id: CartId, seen: Seen, hours: i64, actor: &str, now: Time) -> Result<OrderId> {
    own(conn, id)?;
    let method = carts::get(conn, id)?.payment_method;
    let settlement = match by_link(&method) && seen.due > 0 {
        true if HOURS.contains(&hours) => Settlement::Within(TimeDelta::hours(hours)),
        true => return Err(Error::field("hours", "admin-draft-hours-invalid")),
        false => Settlement::After,
    };
    let placed = checkout::place(conn, id, seen, settlement, now).map_err(|error| match error {
        PlaceError::Changed | PlaceError::Incomplete(_) => Error::conflict("admin-draft-changed"),
        PlaceError::NeedsApproval => Error::conflict("approval-needed"),
        PlaceError::Other(error) => error,
    })?;
    if placed.first {
        diesel::update(order_rows::table.find(placed.order)).set(order_rows::source.eq(SOURCE)).execute(conn)?;
        crate::orders::note(conn, placed.order, "placed_by_staff", "", actor, now)?;
    }
    Ok(placed.order)
}
