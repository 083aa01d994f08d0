//! What the log proves: the stored state of tickets, and what was decided without staff.

use super::log::{self, State, What};
use super::{Ticket, TicketId};
use crate::CustomerId;
use crate::schema::{ticket_events, tickets};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// A ticket with the state that is stored and the one that its log means.
#[derive(Clone, Debug)]
pub struct Proof {
    pub id: TicketId,
    pub number: String,
    pub stored: State,
    pub folded: Option<State>,
}

/// The next tickets after `after` by number of the row.
pub fn proofs(conn: &mut Conn, after: TicketId, limit: i64) -> Result<Vec<Proof>> {
    let page: Vec<Ticket> =
        tickets::table.filter(tickets::id.gt(after)).order(tickets::id).limit(limit).select(Ticket::as_select()).load(conn)?;
    let mut all = Vec::with_capacity(page.len());
    for ticket in page {
        let folded = log::fold(&log::of(conn, ticket.id)?);
        let stored = State::of(&ticket);
        all.push(Proof { id: ticket.id, number: ticket.number, stored, folded });
    }
    Ok(all)
}

/// How often `what` was done for a customer by `actor` since then, counted up to `most`.
pub fn acted_since(conn: &mut Conn, customer: CustomerId, (actor, what): (&str, &str), since: Time, most: i64) -> Result<i64> {
    let own = ticket_events::table
        .inner_join(tickets::table.on(tickets::id.eq(ticket_events::ticket_id)))
        .filter(tickets::customer_id.eq(customer))
        .filter(ticket_events::kind.eq(What::Acted))
        .filter(ticket_events::actor.eq(actor))
        .filter(ticket_events::detail.eq(what))
        .filter(ticket_events::happened_at.ge(since));
    let found: Vec<i64> = own.limit(most).select(ticket_events::id).load(conn)?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}
