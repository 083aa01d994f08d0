//! Asking for reviews: once for each line of an order, by a mail some days after its parcel left. Whether somebody may be asked is read in
//! the transaction that writes the mail.

use super::{of_line, policy};
use crate::ids::{OrderId, OrderLineId, ShipmentId};
use crate::mails::Mailer;
use crate::orders::{self, Order, OrderLine, OrderStatus};
use crate::schema::review_requests as rows;
use crate::shipments;
use chrono::TimeDelta;
use crm::campaigns;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::Event;
use kernel::{Conn, Db, Result, on_each, words};
use std::collections::BTreeSet;

/// The job that asks.
pub const ASK_JOB: &str = "reviews.ask";
/// Orders of one transaction.
const TOGETHER: i64 = 50;

words!(
    /// What became of asking.
    Step { Waiting = "waiting", Asked = "asked", Skipped = "skipped" }
);

/// Plans to ask about what is in a parcel, once for each line of the order. Nothing while the shop does not ask.
pub fn plan(conn: &mut Conn, event: &Event) -> Result<()> {
    let Event::ShipmentSent { order, shipment } = event else { return Ok(()) };
    let policy = policy(conn)?;
    if !policy.on {
        return Ok(());
    }
    let shipment = shipments::get(conn, ShipmentId(*shipment))?;
    let due = shipment.shipped_at + TimeDelta::days(policy.days);
    for (line, _) in shipments::lines_of(conn, shipment.id)? {
        let row = (
            rows::order_line_id.eq(line),
            rows::order_id.eq(OrderId(*order)),
            rows::due_at.eq(due),
            rows::state.eq(Step::Waiting),
            rows::reason.eq(""),
        );
        on_each!(conn, c => diesel::insert_into(rows::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Asks everybody whose time has come, some orders in each transaction.
pub fn ask_all(db: &Db, mailer: &Mailer, now: Time) -> Result<()> {
    loop {
        let mailer = mailer.clone();
        if db.write_now(move |conn| ask_some(conn, &mailer, now))? == 0 {
            return Ok(());
        }
    }
}

/// Asks about some orders; says how many there were.
fn ask_some(conn: &mut Conn, mailer: &Mailer, now: Time) -> Result<usize> {
    let due = rows::table.filter(rows::state.eq(Step::Waiting)).filter(rows::due_at.le(now));
    let ids: Vec<OrderId> = due.order((rows::due_at, rows::order_line_id)).limit(TOGETHER).select(rows::order_id).load(conn)?;
    let ids: BTreeSet<OrderId> = ids.into_iter().collect();
    let policy = policy(conn)?;
    let mut all = Vec::with_capacity(ids.len());
    for id in &ids {
        all.push(orders::get(conn, *id)?);
    }
    let people: Vec<crm::CustomerId> = all.iter().map(|order| order.customer_id).collect::<BTreeSet<_>>().into_iter().collect();
    let hindered = campaigns::permission(conn, &policy.topic, None, &people, now)?;
    for order in &all {
        let why = match hindered.get(&order.customer_id) {
            _ if !policy.on => Some("off"),
            _ if order.status == OrderStatus::Cancelled => Some("cancelled"),
            Some(hindrance) => Some(hindrance.as_str()),
            None => None,
        };
        ask(conn, order, (why, &policy.topic), mailer, now)?;
    }
    Ok(ids.len())
}

/// Settles what is due of an order: skips all of it for `why`, or mails about the lines that are worth asking about.
fn ask(conn: &mut Conn, order: &Order, (why, topic): (Option<&str>, &str), mailer: &Mailer, now: Time) -> Result<()> {
    let due = rows::table.filter(rows::order_id.eq(order.id)).filter(rows::state.eq(Step::Waiting)).filter(rows::due_at.le(now));
    let due: Vec<OrderLineId> = due.order(rows::order_line_id).select(rows::order_line_id).load(conn)?;
    let lines = orders::lines(conn, order.id)?;
    let mut asked: Vec<&OrderLine> = Vec::new();
    for id in due {
        let line = lines.iter().find(|line| line.id == id);
        let skip = match line {
            _ if why.is_some() => why,
            None => Some("returned"),
            Some(line) if line.gift_card || line.variant_id.is_none() => Some("gone"),
            Some(line) if line.refunded >= line.shipped => Some("returned"),
            Some(_) if of_line(conn, id)?.is_some() => Some("written"),
            Some(_) => None,
        };
        let state = if skip.is_some() { Step::Skipped } else { Step::Asked };
        let own = rows::table.find(id).filter(rows::state.eq(Step::Waiting));
        let change = (rows::state.eq(state), rows::reason.eq(skip.unwrap_or("")), rows::settled_at.eq(now));
        // Another worker may have been here first.
        if diesel::update(own).set(change).execute(conn)? == 1 && skip.is_none() {
            asked.extend(line);
        }
    }
    if asked.is_empty() { Ok(()) } else { mailer.review_request(conn, order, &asked, topic, now) }
}
