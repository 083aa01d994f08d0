//! Orders in the order of their changes, for whoever follows them by a cursor.
//!
//! Ids of events and of entries in histories become visible out of order on PostgreSQL, and a cursor over them would lose some. Each order has the
//! number of its last change here, which a listener gives it: the counter's row stays locked to the end of that short transaction, so that whoever
//! sees a number sees, or has seen, all below it.

use crate::ids::OrderId;
use crate::schema::{order_feed as feed, order_feed_state as state, orders};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::Event;
use kernel::jobs::{self, Class};
use kernel::{Conn, Db, Result, on_each};
use std::collections::HashSet;

/// The job that numbers the orders from before anybody followed them.
pub const FILL_JOB: &str = "erp.fill";
/// The one row of the state.
const ONE: i64 = 1;
/// Orders numbered in one transaction.
const TOGETHER: i64 = 200;

/// Whether anybody follows the orders.
pub fn wanted(conn: &mut Conn) -> Result<bool> {
    let begun: Option<bool> = on_each!(conn, c => state::table.find(ONE).select(state::begun).first(c)).optional()?;
    Ok(begun.unwrap_or(false))
}

/// Has orders numbered from now on, and those from before by a job. Called when there is somebody who may follow them.
pub fn begin(conn: &mut Conn, now: Time) -> Result<()> {
    let new = diesel::update(state::table.find(ONE)).filter(state::begun.eq(false));
    if new.set((state::begun.eq(true), state::filled_to.eq(Some(0i64)))).execute(conn)? == 1 {
        jobs::enqueue_as(conn, Class::Bulk, FILL_JOB, "", Some(FILL_JOB), now, now)?;
    }
    Ok(())
}

/// Numbers the order that an event is about.
pub fn on_event(conn: &mut Conn, event: &Event) -> Result<()> {
    let order = match event {
        Event::OrderPlaced { order }
        | Event::OrderConfirmed { order }
        | Event::OrderCancelled { order, .. }
        | Event::OrderEdited { order, .. }
        | Event::PaymentSettled { order, .. }
        | Event::ShipmentSent { order, .. }
        | Event::RefundRequested { order, .. }
        | Event::RefundSettled { order, .. }
        | Event::RefundCameBack { order, .. }
        | Event::ReturnChanged { order, .. } => OrderId(*order),
        _ => return Ok(()),
    };
    changed(conn, order)
}

/// Gives an order the next number. The counter is locked to the end of the transaction, which therefore does nothing else.
pub fn changed(conn: &mut Conn, order: OrderId) -> Result<()> {
    let next = diesel::update(state::table.find(ONE)).set(state::last.eq(state::last + 1i64)).returning(state::last);
    let seq: i64 = on_each!(conn, c => next.get_result(c))?;
    let row = (feed::order_id.eq(order), feed::seq.eq(seq));
    let moved = feed::seq.eq(seq);
    on_each!(conn, c => diesel::insert_into(feed::table).values(row).on_conflict(feed::order_id).do_update().set(moved).execute(c))?;
    Ok(())
}

/// Orders whose last change is behind a number, with theirs, in the order of their changes.
pub fn after(conn: &mut Conn, seq: i64, limit: i64) -> Result<Vec<(i64, OrderId)>> {
    let behind = feed::table.filter(feed::seq.gt(seq)).order(feed::seq).limit(limit).select((feed::seq, feed::order_id));
    Ok(on_each!(conn, c => behind.load(c))?)
}

/// Numbers orders from before, until none is left. May run again at any point.
pub fn fill(db: &Db) -> Result<()> {
    while db.write_now(step)? {}
    Ok(())
}

/// False when there is nothing more to do.
fn step(conn: &mut Conn) -> Result<bool> {
    // Locked first, as whoever takes a number does.
    diesel::update(state::table.find(ONE)).set(state::last.eq(state::last + 0i64)).execute(conn)?;
    let (last, filled_to): (i64, Option<i64>) = state::table.find(ONE).select((state::last, state::filled_to)).first(conn)?;
    let Some(filled_to) = filled_to else { return Ok(false) };
    let some: Vec<OrderId> =
        orders::table.filter(orders::id.gt(OrderId(filled_to))).order(orders::id).limit(TOGETHER).select(orders::id).load(conn)?;
    let Some(end) = some.last().copied() else {
        diesel::update(state::table.find(ONE)).set(state::filled_to.eq(None::<i64>)).execute(conn)?;
        return Ok(false);
    };
    let there: Vec<OrderId> = feed::table.filter(feed::order_id.eq_any(&some)).select(feed::order_id).load(conn)?;
    let there: HashSet<OrderId> = there.into_iter().collect();
    let mut seq = last;
    for order in some.into_iter().filter(|order| !there.contains(order)) {
        seq += 1;
        diesel::insert_into(feed::table).values((feed::order_id.eq(order), feed::seq.eq(seq))).execute(conn)?;
    }
    diesel::update(state::table.find(ONE)).set((state::last.eq(seq), state::filled_to.eq(Some(end.0)))).execute(conn)?;
    Ok(true)
}
