//! Goods that come back: asked for by the buyer, answered, received, inspected and settled by staff. Each step is a named command
//! that locks the order, guards, writes a moment and derives the status anew.

mod ask;
mod at_once;
mod label;
mod settle;
mod steps;

pub use ask::{Returnable, Wanted, WantedLine, alternatives, request, returnable, with_buyer};
pub(crate) use at_once::{Taken, at_once};
pub use at_once::{arrived, awaited};
pub use label::{Label, MAX_LABEL, attach_label, checked_label, has_label, label};
pub use settle::{close, preview, refund};
pub(crate) use settle::{exchange, exchanging};
pub use steps::{Inspected, approve, decline, inspect, receive, withdraw};

use crate::ids::{LocationId, OrderId, OrderLineId, RefundId, ReturnId, VariantId};
use crate::orders::{self, Order};
use crate::schema::{return_lines, returns};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, words};

words!(
    Status {
        Requested = "requested",
        Approved = "approved",
        Declined = "declined",
        /// The buyer thought better of it.
        Withdrawn = "withdrawn",
        Received = "received",
        Inspected = "inspected",
        Closed = "closed",
    }
);
words!(
    /// What a return came to. Credit is given in place of money; nothing means that the units were not worth any, or replaced.
    Outcome { Refund = "refund", StoreCredit = "store_credit", Nothing = "nothing" }
);
words!(
    /// Why the buyer sends something back.
    Reason {
        ChangedMind = "changed_mind",
        DoesNotFit = "does_not_fit",
        NotAsDescribed = "not_as_described",
        Damaged = "damaged",
        WrongItem = "wrong_item",
        Other = "other",
    }
);

/// A return as stored.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = returns)]
pub struct Return {
    pub id: ReturnId,
    /// The order's number and a counter, such as `R1001-1`.
    pub number: String,
    pub order_id: OrderId,
    pub status: Status,
    pub comment: String,
    pub message: String,
    pub outcome: Option<Outcome>,
    pub refund_id: Option<RefundId>,
    pub requested_at: Time,
    pub approved_at: Option<Time>,
    pub declined_at: Option<Time>,
    pub withdrawn_at: Option<Time>,
    pub received_at: Option<Time>,
    pub inspected_at: Option<Time>,
    pub closed_at: Option<Time>,
    /// The buyer would like other goods in place of money.
    pub exchange: bool,
}

/// Units of an order's line that come back.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = return_lines)]
pub struct ReturnLine {
    pub id: i64,
    pub return_id: ReturnId,
    pub order_line_id: OrderLineId,
    pub quantity: i64,
    pub reason: Reason,
    pub accepted: i64,
    pub location_id: Option<LocationId>,
    pub refunded: i64,
    /// What the buyer would like in place of the units. It may be gone by now.
    pub instead_id: Option<VariantId>,
}

/// The status that the moments of a return mean.
pub fn derive(back: &Return) -> Status {
    let marks = [
        (back.declined_at, Status::Declined),
        (back.withdrawn_at, Status::Withdrawn),
        (back.closed_at, Status::Closed),
        (back.inspected_at, Status::Inspected),
        (back.received_at, Status::Received),
        (back.approved_at, Status::Approved),
    ];
    marks.into_iter().find(|(at, _)| at.is_some()).map_or(Status::Requested, |(_, status)| status)
}

pub fn get(conn: &mut Conn, id: ReturnId) -> Result<Return> {
    Ok(returns::table.find(id).select(Return::as_select()).first(conn)?)
}

/// A return of this order; that of another order is `NotFound`.
pub fn get_of(conn: &mut Conn, order: OrderId, id: ReturnId) -> Result<Return> {
    Ok(returns::table.find(id).filter(returns::order_id.eq(order)).select(Return::as_select()).first(conn)?)
}

/// The returns of an order, oldest first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Return>> {
    Ok(returns::table.filter(returns::order_id.eq(order)).order(returns::id).select(Return::as_select()).load(conn)?)
}

pub fn lines_of(conn: &mut Conn, id: ReturnId) -> Result<Vec<ReturnLine>> {
    Ok(return_lines::table.filter(return_lines::return_id.eq(id)).order(return_lines::id).select(ReturnLine::as_select()).load(conn)?)
}

/// Returns in one status or all, the newest first, below the return `before`.
pub fn list(conn: &mut Conn, status: Option<Status>, before: Option<ReturnId>, limit: i64) -> Result<Vec<Return>> {
    let mut query = returns::table.filter(returns::id.lt(before.unwrap_or(ReturnId(i64::MAX)))).into_boxed();
    if let Some(status) = status {
        query = query.filter(returns::status.eq(status));
    }
    Ok(query.order(returns::id.desc()).limit(limit).select(Return::as_select()).load(conn)?)
}

/// How many returns are in a status, counted up to `most`.
pub fn count(conn: &mut Conn, status: Status, most: i64) -> Result<i64> {
    let found: Vec<ReturnId> = returns::table.filter(returns::status.eq(status)).limit(most).select(returns::id).load(conn)?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}

/// The text of the conflict when a step does not fit the status of a return.
pub const STALE: &str = "return-changed-meanwhile";

/// Locks the order of a return, and answers both as they are then. `Conflict` when the return is in none of the statuses.
pub(crate) fn lock(conn: &mut Conn, id: ReturnId, fitting: &[Status], now: Time) -> Result<(Order, Return)> {
    let order = get(conn, id)?.order_id;
    let order = orders::lock(conn, order, now)?;
    let back = get(conn, id)?;
    if fitting.contains(&back.status) { Ok((order, back)) } else { Err(Error::conflict(STALE)) }
}

/// Derives and stores the status, and tells of the step: in the order's history and as an event.
fn stepped(conn: &mut Conn, id: ReturnId, kind: &str, actor: &str, now: Time) -> Result<()> {
    let back = get(conn, id)?;
    let status = derive(&back);
    diesel::update(returns::table.find(id)).set(returns::status.eq(status)).execute(conn)?;
    orders::note(conn, back.order_id, kind, &back.number, actor, now)?;
    let event = Event::ReturnChanged { order: back.order_id.0, back: id.0, status: status.as_str().to_string() };
    events::record(conn, "returns", &format!("{id}:{}", status.as_str()), &event, now)?;
    Ok(())
}
