//! Lists of disputes: what has to be answered first comes first.

use super::{Dispute, DisputeId, State};
use crate::CustomerId;
use crate::schema::disputes as rows;
use crate::tickets::Ticket;
use chrono::DateTime;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Which are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// What is not decided, by deadline.
    Open,
    /// What is decided, the latest first.
    Decided,
    /// All of them, the latest first.
    All,
}

/// A place in a list: after the dispute with this deadline and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub Time, pub DisputeId);

impl Place {
    pub fn of(dispute: &Dispute) -> Place {
        Place(dispute.due_at, dispute.id)
    }

    /// As addresses carry it.
    pub fn text(self) -> String {
        format!("{}-{}", self.0.and_utc().timestamp_micros(), self.1)
    }

    pub fn parse(text: &str) -> Option<Place> {
        let (at, id) = text.split_once('-')?;
        let at = DateTime::from_timestamp_micros(at.parse().ok()?)?.naive_utc();
        Some(Place(at, DisputeId(id.parse().ok()?)))
    }
}

pub fn list(conn: &mut Conn, shown: Shown, after: Option<Place>, limit: i64) -> Result<Vec<Dispute>> {
    let undecided = [State::Open, State::Appealed];
    let mut query = rows::table.into_boxed();
    query = match shown {
        Shown::Open => query.filter(rows::state.eq_any(undecided)),
        Shown::Decided => query.filter(rows::state.ne_all(undecided)),
        Shown::All => query,
    };
    query = match (shown, after) {
        (Shown::Open, Some(Place(at, id))) => query.filter(rows::due_at.gt(at).or(rows::due_at.eq(at).and(rows::id.gt(id)))),
        (_, Some(Place(_, id))) => query.filter(rows::id.lt(id)),
        (_, None) => query,
    };
    query = match shown {
        Shown::Open => query.order((rows::due_at, rows::id)),
        Shown::Decided | Shown::All => query.order(rows::id.desc()),
    };
    Ok(query.limit(limit).select(Dispute::as_select()).load(conn)?)
}

/// The disputes of a ticket and of its order, oldest first.
pub fn of_ticket(conn: &mut Conn, ticket: &Ticket) -> Result<Vec<Dispute>> {
    let own = rows::ticket_id.eq(ticket.id).assume_not_null();
    let mut query = rows::table.into_boxed();
    query = match ticket.order_id {
        Some(order) => query.filter(own.or(rows::order_id.eq(order).assume_not_null())),
        None => query.filter(own),
    };
    Ok(query.order(rows::id).select(Dispute::as_select()).load(conn)?)
}

/// The disputes of a customer, the latest first.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Dispute>> {
    let own = rows::table.filter(rows::customer_id.eq(customer)).order(rows::id.desc()).limit(limit);
    Ok(own.select(Dispute::as_select()).load(conn)?)
}
