//! Orders whose buyer picks the goods up: told when they are ready, and handed over like a parcel that needs no carrier.

use crate::company_accounts;
use crate::ids::OrderId;
use crate::orders::{self, Order, OrderStatus};
use crate::schema::order_history;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result};

/// The entry of the history that says so.
const READY: &str = "ready_for_pickup";

/// Whether the buyer was told that everything waits for them.
pub fn is_ready(conn: &mut Conn, order: OrderId) -> Result<bool> {
    let entry = order_history::table.filter(order_history::order_id.eq(order)).filter(order_history::kind.eq(READY));
    let found: Option<i64> = entry.select(order_history::id).first(conn).optional()?;
    Ok(found.is_some())
}

/// Whether staff may tell the buyer: a confirmed order to pick up with something left to hand over that waits for no deposit, and not told yet.
pub fn can_tell(conn: &mut Conn, order: &Order) -> Result<bool> {
    let waits = order.pickup_location_id.is_some() && order.status == OrderStatus::Confirmed;
    let waits = waits && company_accounts::waits(conn, order.id)?.is_none();
    Ok(waits && orders::lines(conn, order.id)?.iter().any(|line| line.sendable() > 0) && !is_ready(conn, order.id)?)
}

/// Tells the buyer that the goods wait for them, `seen` being the order's version on the form. `Conflict` for an order that is not
/// picked up or has nothing left to hand over. Telling twice changes nothing.
pub fn ready(conn: &mut Conn, order: OrderId, seen: i64, actor: &str, now: Time) -> Result<()> {
    orders::lock(conn, order, now)?;
    if is_ready(conn, order)? {
        return Ok(());
    }
    let order = orders::lock_seen(conn, order, seen, now)?;
    if !can_tell(conn, &order)? {
        return Err(Error::conflict("admin-pickup-refused"));
    }
    orders::note(conn, order.id, READY, "", actor, now)?;
    events::record(conn, "pickups", &format!("ready:{}", order.id), &Event::PickupReady { order: order.id.0 }, now).map(drop)
}
