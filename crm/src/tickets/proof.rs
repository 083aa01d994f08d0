//! What the log proves: the stored state of tickets, and what was decided without staff.

use super::clock::{self, Clocks, Course, with_hours};
use super::log::{self, State, What};
use super::{Ticket, TicketId, terms};
use crate::CustomerId;
use crate::levels::Levels;
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
    pub clocks: Clocks,
    /// What the log means by the policy that is stored.
    pub due: Clocks,
    /// Words that the ticket is found by and should not be, or the other way round.
    pub words: usize,
}

/// The next tickets after `after` by number of the row.
pub fn proofs(conn: &mut Conn, after: TicketId, limit: i64) -> Result<Vec<Proof>> {
    let page: Vec<Ticket> =
        tickets::table.filter(tickets::id.gt(after)).order(tickets::id).limit(limit).select(Ticket::as_select()).load(conn)?;
    let levels = Levels::load(conn)?;
    let mut all = Vec::with_capacity(page.len());
    for ticket in page {
        let entries = log::of(conn, ticket.id)?;
        let (folded, stored, clocks) = (log::fold(&entries), State::of(&ticket), clock::stored(conn, ticket.id)?);
        let due = Clocks::of(&Course::of(&entries), with_hours(&levels, levels.policy(clocks.policy)));
        // A policy that is gone is not a ticket's fault.
        let due = Clocks { policy: clocks.policy, ..due };
        let words = terms::wrong(conn, ticket.id)?;
        all.push(Proof { id: ticket.id, number: ticket.number, stored, folded, clocks, due, words });
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
