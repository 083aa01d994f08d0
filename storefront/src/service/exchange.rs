//! Other goods for goods of an order, from its ticket: a return that is settled at once, whose worth pays an order of the new goods
//! ([`exchanges`]), in one commit with the ticket. The new goods go out whether or not the old ones came back.

use super::remedy;
use crate::carts;
use crate::exchanges::{self, Deal, Expected, Preview};
use crate::ids::{CartId, LocationId, OrderLineId, VariantId};
use crate::orders::{self, Order};
use crate::refunds::{self, Request};
use crate::returns::{self, Reason, Taken};
use crm::tickets::{Kind, Ticket};
use kernel::clock::Time;
use kernel::error::{Fields, said};
use kernel::money::Money;
use kernel::web::format;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Units of a line, and the variant that each of them is exchanged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swap {
    pub line: OrderLineId,
    pub quantity: i64,
    pub variant: VariantId,
}

/// An exchange as somebody saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    pub swaps: Vec<Swap>,
    /// Of the first order's delivery, tax included: it counts as having come back.
    pub shipping: i64,
    /// Where the goods lie, when they came back already.
    pub location: Option<LocationId>,
    /// The draft of the new goods.
    pub cart: CartId,
    /// How long the new goods are kept when the rest is paid by a link.
    pub hours: i64,
    pub seen: Expected,
}

/// The refund that the units are worth. They stay with the buyer as far as stock is concerned: what came back is shelved by its return.
fn request(swaps: &[Swap], shipping: i64) -> Request {
    let units: Vec<(OrderLineId, i64)> = swaps.iter().map(|swap| (swap.line, swap.quantity)).collect();
    Request { shipping, ..remedy::wanted(&units, "") }
}

/// What the units are worth that are exchanged, in minor units.
pub(super) fn worth(conn: &mut Conn, order: &Order, wanted: &Exchange) -> Result<i64> {
    Ok(refunds::preview(conn, order, &request(&wanted.swaps, wanted.shipping))?.amount)
}

/// Takes down the new goods as a draft. `Invalid` (fields `quantity-…`, `variant-…`, or `lines` without any) for units that the buyer does not
/// have, and for what is no variant on sale of the same product.
pub fn draft(conn: &mut Conn, order: &Order, swaps: &[Swap], method: &str, now: Time) -> Result<CartId> {
    let there = returns::with_buyer(conn, order)?;
    let mut wrong = Fields::default();
    for (at, swap) in swaps.iter().enumerate() {
        let most = there.iter().find(|one| one.line.id == swap.line).map_or(0, |one| one.units);
        if !(1..=most).contains(&swap.quantity) || swaps[..at].iter().any(|before| before.line == swap.line) {
            wrong.add(&format!("quantity-{}", swap.line), "service-exchange-units");
        } else if !returns::alternatives(conn, order, swap.line)?.iter().any(|one| one.id == swap.variant && one.for_sale) {
            wrong.add(&format!("variant-{}", swap.line), "service-exchange-variant");
        }
    }
    if swaps.is_empty() {
        wrong.add("lines", "service-exchange-none");
    }
    wrong.check()?;
    let wish = exchanges::Wish { goods: goods(swaps).into_iter().collect(), method: method.to_string() };
    exchanges::draft_for(conn, order, &wish, now)
}

/// The new goods, summed by variant.
fn goods(swaps: &[Swap]) -> BTreeMap<VariantId, i64> {
    let mut sums = BTreeMap::new();
    swaps.iter().for_each(|swap| *sums.entry(swap.variant).or_default() += swap.quantity);
    sums
}

/// What an exchange comes to now. `Conflict` when the draft is not there any more, or has other goods than the units are exchanged for.
pub fn compare(conn: &mut Conn, order: &Order, swaps: &[Swap], shipping: i64, cart: CartId, now: Time) -> Result<Preview> {
    let changed = || Error::conflict("exchange-changed");
    let refund = refunds::preview(conn, order, &request(swaps, shipping))?;
    let plan = exchanges::compare(conn, order, cart, refund, now).map_err(|error| match error {
        Error::NotFound => changed(),
        other => other,
    })?;
    let mut drafted: BTreeMap<VariantId, i64> = BTreeMap::new();
    for (_, variant, quantity, _) in carts::lines(conn, cart)? {
        *drafted.entry(variant).or_default() += quantity;
    }
    if drafted == goods(swaps) { Ok(plan) } else { Err(changed()) }
}

/// Which payments give how much of the rest back, when `pays` of what came back pays the new goods.
pub fn shares(conn: &mut Conn, order: &Order, swaps: &[Swap], shipping: i64, pays: i64) -> Result<refunds::Preview> {
    refunds::preview(conn, order, &Request { exchanged: pays, ..request(swaps, shipping) })
}

/// Refuses what could not be made at the figures that were seen.
pub(super) fn check(conn: &mut Conn, order: &Order, wanted: &Exchange, now: Time) -> Result<Preview> {
    let plan = compare(conn, order, &wanted.swaps, wanted.shipping, wanted.cart, now)?;
    let found = Expected { version: plan.quote.cart.version, total: plan.quote.priced.total, refund: plan.refund.amount };
    if found == wanted.seen && !plan.quote.blocked() { Ok(plan) } else { Err(Error::conflict("exchange-changed")) }
}

/// Makes the exchange, and says what the ticket is told of it. The order is locked.
pub(super) fn make(conn: &mut Conn, ticket: &Ticket, order: &Order, wanted: &Exchange, actor: &str, now: Time) -> Result<String> {
    let plan = check(conn, order, wanted, now)?;
    let reason = match ticket.kind {
        Kind::ArrivedBroken | Kind::Warranty => Reason::Damaged,
        Kind::WrongSize => Reason::DoesNotFit,
        _ => Reason::Other,
    };
    let taken = |swap: &Swap| Taken { line: swap.line, quantity: swap.quantity, reason, instead: Some(swap.variant) };
    let taken: Vec<Taken> = wanted.swaps.iter().map(taken).collect();
    let key = format!("ticket:{}:{}", ticket.id, ticket.version);
    let back = returns::at_once(conn, order, &key, &taken, wanted.location, actor, now)?;
    let deal = Deal { cart: wanted.cart, shipping: wanted.shipping, hours: wanted.hours };
    let made = exchanges::make(conn, back, &deal, wanted.seen, actor, now)?;
    let (number, currency) = (orders::get(conn, made)?.number, order.currency()?);
    let amount = |minor: i64| format::money(Money::new(minor, currency));
    Ok(match (plan.due, plan.back) {
        (0, 0) => said("request-did-exchange", &[("number", &number)]),
        (0, back) => said("request-did-exchange-back", &[("number", &number), ("amount", &amount(back))]),
        (due, _) => said("request-did-exchange-due", &[("number", &number), ("amount", &amount(due))]),
    })
}
