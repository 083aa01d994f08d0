//! Other goods for goods that came back. The new goods are an order of their own; what the return is worth pays it, in the commit that
//! settles the return.
//!
//! Money takes one way, and each step of it is in a ledger: of the refund of the return, the part that pays the new order is given as
//! store credit, and the payment of the new order spends it at once. What is left of the refund goes back the way it was paid; what
//! the new goods cost beyond it is paid as any order is. When the new order is cancelled, the credit that comes back is taken away
//! again, and the refunds that had given it go to where the first order was paid from. Where a part of it came back as credit before, the
//! rest comes back as credit as well, the way the new order was paid: the refund that gave it is one with its credit note, and is not cut
//! into parts afterwards. The customer is told which of the two it is.

use crate::carts::{self, Quote};
use crate::checkout::{self, PlaceError, Seen, Settlement};
use crate::drafts;
use crate::ids::{CartId, OrderId, RefundId, ReturnId, VariantId};
use crate::orders::{self, Order};
use crate::payments::{self, WishState};
use crate::refunds::{self, Preview as Refunding, Refund};
use crate::returns::{self, Return, Status};
use crate::schema::{exchanges as rows, orders as order_rows, refunds as refund_rows};
use crate::stored_value::{self, STORE_CREDIT};
use crate::{shop, store_credit};
use chrono::TimeDelta;
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result, jobs};

/// Where the order of an exchange came from, as `orders.source` says.
pub const SOURCE: &str = "exchange";

/// An exchange that was made. Amounts are minor units of the currency of both orders.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Exchange {
    pub return_id: ReturnId,
    /// The order of the new goods.
    pub order_id: OrderId,
    /// The first refund of the return.
    pub refund_id: RefundId,
    /// What of the refund paid the new order.
    pub amount: i64,
    pub actor: String,
    pub created_at: Time,
    /// When the new order was cancelled and what paid it went back.
    pub undone_at: Option<Time>,
}

/// What staff want in place of what came back.
#[derive(Clone, Debug)]
pub struct Wish {
    pub goods: Vec<(VariantId, i64)>,
    /// A way to pay what the new goods cost beyond what came back.
    pub method: String,
}

/// What an exchange comes to, before anybody confirms it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What the units that came back are worth, and of the delivery as was asked for.
    pub refund: Refunding,
    /// The new goods.
    pub quote: Quote,
    /// What of the refund pays the new goods.
    pub pays: i64,
    /// What goes back to the customer.
    pub back: i64,
    /// What the customer still has to pay.
    pub due: i64,
}

/// What staff agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deal {
    /// The draft of the new goods.
    pub cart: CartId,
    /// Of the first order's delivery, tax included: it counts as having come back.
    pub shipping: i64,
    /// How long the new goods are kept when the rest is paid by a link: one of [`drafts::HOURS`].
    pub hours: i64,
}

/// The figures that somebody confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Expected {
    pub version: i64,
    pub total: i64,
    pub refund: i64,
}

/// The exchange of a return.
pub fn of_return(conn: &mut Conn, id: ReturnId) -> Result<Option<Exchange>> {
    Ok(rows::table.find(id).select(Exchange::as_select()).first(conn).optional()?)
}

/// The exchange that an order is the new goods of.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Option<Exchange>> {
    Ok(rows::table.filter(rows::order_id.eq(order)).select(Exchange::as_select()).first(conn).optional()?)
}

/// Takes down the new goods as a draft that goes to the address of the first order. `Conflict` when the return is not inspected, or
/// its order is in another currency than the shop sells in.
pub fn draft(conn: &mut Conn, id: ReturnId, wish: &Wish, now: Time) -> Result<CartId> {
    let back = returns::get(conn, id)?;
    if back.status != Status::Inspected {
        return Err(Error::conflict(returns::STALE));
    }
    let order = orders::get(conn, back.order_id)?;
    draft_for(conn, &order, wish, now)
}

/// Takes down the new goods for the buyer of an order. `Conflict` when it is in another currency than the shop sells in.
pub(crate) fn draft_for(conn: &mut Conn, order: &Order, wish: &Wish, now: Time) -> Result<CartId> {
    if order.currency()? != shop::get(conn)?.currency {
        return Err(Error::conflict("exchange-currency"));
    }
    // Goods that were picked up went to an address of the shop.
    let address = if order.pickup_location_id.is_some() { order.billing_address()? } else { order.shipping_address()? };
    let wish = drafts::Wish {
        store: order.store_id,
        email: Email::parse(&order.email, "email")?,
        address,
        note: String::new(),
        language: order.language.clone(),
        goods: wish.goods.clone(),
        codes: String::new(),
        method: wish.method.clone(),
    };
    let cart = drafts::make(conn, &wish, now)?;
    let billing = order.billing_address()?;
    carts::set_contact(conn, cart, &wish.email, &wish.address, Some(&billing), "", now)?;
    Ok(cart)
}

/// What an exchange comes to now. `shipping` of the first order's delivery goes into what came back. `NotFound` for a draft that was
/// made for somebody else.
pub fn preview(conn: &mut Conn, id: ReturnId, cart: CartId, shipping: i64, now: Time) -> Result<Preview> {
    let back = returns::get(conn, id)?;
    if back.status != Status::Inspected {
        return Err(Error::conflict(returns::STALE));
    }
    let order = orders::get(conn, back.order_id)?;
    let refund = returns::preview(conn, id, shipping, false)?;
    compare(conn, &order, cart, refund, now)
}

/// What the draft of new goods comes to beside the refund of an order's units that pays it.
pub(crate) fn compare(conn: &mut Conn, order: &Order, cart: CartId, refund: Refunding, now: Time) -> Result<Preview> {
    let quote = drafts::quote(conn, cart, now)?;
    if quote.cart.email != order.email {
        return Err(Error::NotFound);
    }
    let pays = refund.amount.min(quote.priced.total);
    Ok(Preview { pays, back: refund.amount - pays, due: quote.priced.total - pays, refund, quote })
}

/// The refund of an exchange of which `pays` stays with the shop: which payments give how much of the rest back.
pub fn refunding(conn: &mut Conn, id: ReturnId, shipping: i64, pays: i64) -> Result<Refunding> {
    returns::exchanging(conn, id, shipping, pays)
}

/// Settles a return by an order of the new goods, at the figures that were seen. `Conflict` when they are others by now, when the goods
/// are not there any more, or when the return was settled meanwhile. Making it twice answers with the same order.
pub fn make(conn: &mut Conn, id: ReturnId, deal: &Deal, seen: Expected, actor: &str, now: Time) -> Result<OrderId> {
    let Deal { cart, shipping, hours } = *deal;
    let before = returns::get(conn, id)?;
    orders::lock(conn, before.order_id, now)?;
    if let Some(made) = of_return(conn, id)?
        && orders::find_by_cart(conn, cart)? == Some(made.order_id)
    {
        return Ok(made.order_id);
    }
    let (order, back) = returns::lock(conn, id, &[Status::Inspected], now)?;
    let plan = preview(conn, id, cart, shipping, now)?;
    let found = Expected { version: plan.quote.cart.version, total: plan.quote.priced.total, refund: plan.refund.amount };
    if found != seen {
        return Err(Error::conflict("exchange-changed"));
    }
    let settlement = settlement(&plan, hours)?;
    let refund = returns::exchange(conn, &back, shipping, plan.pays, plan.refund.amount, actor, now)?;
    let figures = Seen { version: seen.version, total: seen.total, due: plan.due };
    let placed = checkout::place_exchange(conn, cart, figures, (order.customer_id, plan.pays), settlement, now);
    let placed = placed.map_err(|error| match error {
        PlaceError::Changed | PlaceError::Incomplete(_) | PlaceError::NeedsApproval => Error::conflict("exchange-changed"),
        PlaceError::Other(error) => error,
    })?;
    diesel::update(order_rows::table.find(placed.order)).set(order_rows::source.eq(SOURCE)).execute(conn)?;
    diesel::insert_into(rows::table)
        .values((
            rows::return_id.eq(id),
            rows::order_id.eq(placed.order),
            rows::refund_id.eq(refund),
            rows::amount.eq(plan.pays),
            rows::actor.eq(actor),
            rows::created_at.eq(now),
        ))
        .execute(conn)?;
    let number = orders::get(conn, placed.order)?.number;
    orders::note(conn, order.id, "exchanged", &number, actor, now)?;
    orders::note(conn, placed.order, "exchange_for", &back.number, actor, now)?;
    Ok(placed.order)
}

fn settlement(plan: &Preview, hours: i64) -> Result<Settlement> {
    match drafts::by_link(&plan.quote.cart.payment_method) && plan.due > 0 {
        true if drafts::HOURS.contains(&hours) => Ok(Settlement::Within(TimeDelta::hours(hours))),
        true => Err(Error::field("hours", "admin-draft-hours-invalid")),
        false => Ok(Settlement::After),
    }
}

/// The refunds that an exchange came with, whichever way they went.
pub fn refunds_of(conn: &mut Conn, made: &Exchange) -> Result<Vec<Refund>> {
    let first = refunds::get(conn, made.refund_id)?;
    let all = refunds::of_order(conn, first.order_id)?;
    Ok(all.into_iter().filter(|refund| refund.id == first.id || !first.wish.is_empty() && refund.wish == first.wish).collect())
}

/// Whether a refund paid other goods, so that nothing of it went to the customer.
pub fn covers(conn: &mut Conn, refund: &Refund) -> Result<bool> {
    for back in returns::of_order(conn, refund.order_id)? {
        if let Some(made) = of_return(conn, back.id)?
            && made.undone_at.is_none()
            && refunds_of(conn, &made)?.iter().any(|one| one.id == refund.id)
        {
            let provider = payments::get(conn, refund.payment_id)?.provider;
            return Ok(refund.to_credit || provider == STORE_CREDIT);
        }
    }
    Ok(false)
}

/// Undoes the money of an exchange whose order was cancelled just now, after what paid it came back as store credit: the credit is
/// taken away, and the refunds that had given it go the way that the first order was paid. What a part of the order had brought back
/// as credit before is the customer's, and then all of it stays credit.
pub(crate) fn undo(conn: &mut Conn, order: &Order, actor: &str, now: Time) -> Result<()> {
    let Some(made) = of_order(conn, order.id)?.filter(|made| made.undone_at.is_none()) else { return Ok(()) };
    diesel::update(rows::table.find(made.return_id)).set(rows::undone_at.eq(now)).execute(conn)?;
    let first = returns::get(conn, made.return_id)?.order_id;
    let returned: Vec<i64> = returned(conn, order.id)?;
    if returned != [made.amount] {
        return Ok(());
    }
    let first = orders::lock(conn, first, now)?;
    for refund in refunds_of(conn, &made)?.iter().filter(|refund| refund.to_credit && refund.state == WishState::Settled) {
        reroute(conn, &first, refund, actor, now)?;
    }
    orders::note(conn, first.id, "exchange_undone", &order.number, actor, now)?;
    orders::refresh(conn, first.id, now)
}

/// What came back of the credit that paid an order, refund by refund.
fn returned(conn: &mut Conn, order: OrderId) -> Result<Vec<i64>> {
    let credit: Vec<_> = payments::of_order(conn, order)?.into_iter().filter(|payment| payment.provider == STORE_CREDIT).collect();
    let of = |refund: &&Refund| refund.state != WishState::Failed && credit.iter().any(|payment| payment.id == refund.payment_id);
    Ok(refunds::of_order(conn, order)?.iter().filter(of).map(|refund| refund.amount).collect())
}

/// Where the credit went that had paid an order in exchange which was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// With the refunds of the first order to where that was paid from.
    Rerouted,
    /// To the customer, as credit: a part of it had come back so before.
    Credit,
}

/// Where what paid a cancelled order in exchange went; none for any other order.
pub fn undone(conn: &mut Conn, order: OrderId) -> Result<Option<Undone>> {
    let Some(made) = of_order(conn, order)?.filter(|made| made.undone_at.is_some()) else { return Ok(None) };
    Ok(Some(if returned(conn, order)? == [made.amount] { Undone::Rerouted } else { Undone::Credit }))
}

/// Sends a refund that was given as credit to where its payment came from.
fn reroute(conn: &mut Conn, order: &Order, refund: &Refund, actor: &str, now: Time) -> Result<()> {
    let payment = payments::get(conn, refund.payment_id)?;
    let amount = Money::new(refund.amount, payment.currency()?);
    if !store_credit::take_back(conn, order.customer_id, amount, (payment.id, refund.id), actor, now)? {
        return Err(Error::conflict("exchange-credit-gone"));
    }
    diesel::update(refund_rows::table.find(refund.id))
        .set((refund_rows::to_credit.eq(false), refund_rows::state.eq(WishState::Requested), refund_rows::settled_at.eq(None::<Time>)))
        .execute(conn)?;
    let refund = refunds::get(conn, refund.id)?;
    if stored_value::at_once(&payment, false) {
        stored_value::give_back(conn, &payment, &refund, order.customer_id, actor, now)?;
        return refunds::settle(conn, refund.id, now);
    }
    jobs::enqueue(conn, refunds::SUBMIT_JOB, &refund.id.to_string(), Some(&format!("refund:{}", refund.id)), now, now)
}

/// What a return was exchanged for, as the history of both orders tells it: the number of the new order.
pub fn number_of(conn: &mut Conn, back: &Return) -> Result<Option<String>> {
    match of_return(conn, back.id)? {
        Some(made) => Ok(Some(orders::get(conn, made.order_id)?.number)),
        None => Ok(None),
    }
}
