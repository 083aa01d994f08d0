//! The same goods once more at no charge, for what arrived broken or not at all: an order of its own whose price is taken off whole. So stock,
//! cost, parcel and papers go their ordinary way, and what it cost stands in the margin.

use super::coupon::{self, Coupon};
use crate::carts;
use crate::checkout::{self, PlaceError, Seen, Settlement};
use crate::drafts;
use crate::ids::{OrderLineId, VariantId};
use crate::orders::{self, Order, OrderLine};
use crate::promotions::{Cut, Effect, Goods, STACKING};
use crate::schema::orders as order_rows;
use chrono::TimeDelta;
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// Where such an order came from, as `orders.source` says.
pub const SOURCE: &str = "resend";
/// How the order is paid of which nothing is to be paid.
const METHOD: &str = "bank_transfer";

/// The lines of an order of which units may be sent again, at most as many as were sent.
pub fn resendable(lines: &[OrderLine]) -> impl Iterator<Item = (&OrderLine, VariantId)> {
    lines.iter().filter(|line| line.shipped > 0 && !line.gift_card).filter_map(|line| Some((line, line.variant_id?)))
}

/// The goods that some units are, and what as many cost before any reduction, in minor units of the order's currency: what was sent for
/// nothing is worth something when it is sent again. `Invalid` (fields
/// `quantity-…`, or `lines` without any) for what was not sent.
pub fn goods(lines: &[OrderLine], units: &[(OrderLineId, i64)]) -> Result<(Vec<(VariantId, i64)>, i64)> {
    let (mut goods, mut worth): (Vec<(VariantId, i64)>, i64) = (Vec::new(), 0);
    for (at, (id, quantity)) in units.iter().enumerate().filter(|(_, (_, quantity))| *quantity != 0) {
        let twice = units[..at].iter().any(|(before, _)| before == id);
        let found = resendable(lines).find(|(line, _)| line.id == *id && !twice && (1..=line.shipped).contains(quantity));
        let Some((line, variant)) = found else {
            return Err(Error::field(&format!("quantity-{id}"), "service-resend-units"));
        };
        worth = worth.saturating_add(line.measure().amount(line.unit_price, *quantity));
        goods.push((variant, *quantity));
    }
    if goods.is_empty() { Err(Error::field("lines", "service-resend-none")) } else { Ok((goods, worth)) }
}

/// What goods that are sent again cost the shop; of what has no cost the price counts.
pub(super) fn cost(lines: &[OrderLine]) -> i64 {
    lines.iter().map(|line| line.measure().amount(line.cost.unwrap_or(line.unit_price), line.quantity)).sum()
}

/// Places the order of what is sent again, for the buyer and to the address of the first one, which is locked. `Conflict` when the goods
/// are not there.
pub(super) fn resend(conn: &mut Conn, order: &Order, units: &[(OrderLineId, i64)], actor: &str, now: Time) -> Result<Order> {
    let (goods, _) = goods(&orders::lines(conn, order.id)?, units)?;
    let email = Email::parse(&order.email, "email")?;
    let currency = order.currency()?;
    // The buyer may read the codes in the order: they are over as soon as it is placed, and open nothing when it is cancelled.
    let until = now + TimeDelta::seconds(1);
    let free = |conn: &mut Conn, effect: Effect, stacking: i64| {
        coupon::make(conn, Coupon { name: &order.number, email: &email, effect, stacking, currency, until }, now)
    };
    // In groups of their own, the first and the last: of one group only the best is used.
    let (first, last) = (*STACKING.start(), *STACKING.end());
    let code = free(conn, Effect::Reduce { cut: Cut::Percentage(10_000), on: Goods::default() }, first)?;
    let address = if order.pickup_location_id.is_some() { order.billing_address()? } else { order.shipping_address()? };
    let wish = drafts::Wish {
        store: order.store_id,
        email: email.clone(),
        address,
        note: String::new(),
        language: order.language.clone(),
        goods,
        codes: code,
        method: METHOD.into(),
    };
    let cart = drafts::make(conn, &wish, now)?;
    let mut quote = drafts::quote(conn, cart, now)?;
    // Only where the delivery costs something: a code that gives nothing would be refused.
    if quote.priced.total > 0 {
        let code = free(conn, Effect::FreeShipping, last)?;
        carts::add_coupon(conn, cart, &code, now)?;
        quote = drafts::quote(conn, cart, now)?;
    }
    if quote.blocked() || quote.priced.total != 0 {
        return Err(Error::conflict("service-resend-not-there"));
    }
    let seen = Seen { version: quote.cart.version, total: 0, due: 0 };
    let placed =
        checkout::place_exchange(conn, cart, seen, (order.customer_id, 0), Settlement::After, now).map_err(|error| match error {
            PlaceError::Changed | PlaceError::Incomplete(_) | PlaceError::NeedsApproval => Error::conflict("service-resend-not-there"),
            PlaceError::Other(error) => error,
        })?;
    diesel::update(order_rows::table.find(placed.order)).set(order_rows::source.eq(SOURCE)).execute(conn)?;
    let new = orders::get(conn, placed.order)?;
    orders::note(conn, order.id, "resent", &new.number, actor, now)?;
    orders::note(conn, new.id, "resent_for", &order.number, actor, now)?;
    Ok(new)
}
