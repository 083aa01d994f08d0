//! What somebody of the staff would do about a ticket and may not alone. Somebody who may approves it, which does it then, or declines it.

use super::act::{Deed, Wish, done, moved};
use crate::ids::OrderId;
use crate::orders;
use crate::schema::ticket_proposals as rows;
use crm::CustomerId;
use crm::tickets::{self, Agent, NewMessage, Ticket, TicketId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, words};

kernel::id!(ProposalId);

words!(
    State {
        Waiting = "waiting",
        Approved = "approved",
        Declined = "declined",
    }
);

/// Tickets of a customer that are looked at by one statement.
const TOGETHER: usize = 500;

/// A proposal as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Proposal {
    pub id: ProposalId,
    pub ticket_id: TicketId,
    pub order_id: Option<OrderId>,
    order_seen: Option<i64>,
    pub deed: Json<Deed>,
    amount: i64,
    currency: String,
    pub proposed_by: String,
    pub created_at: Time,
    pub state: State,
    pub decided_by: String,
    pub decided_at: Option<Time>,
    /// The ticket ends with it.
    pub solve: bool,
}

impl Proposal {
    /// What it moves.
    pub fn money(&self) -> Result<Money> {
        let currency = Currency::parse(&self.currency);
        let currency = currency.ok_or_else(|| Error::unexpected(format!("proposal {} has currency {}", self.id, self.currency)))?;
        Ok(Money::new(self.amount, currency))
    }
}

/// Keeps what somebody wants to be done about a ticket that is claimed. `Conflict` when the same waits already.
pub(super) fn keep(conn: &mut Conn, ticket: &Ticket, wish: &Wish, money: Money, agent: Agent, now: Time) -> Result<ProposalId> {
    let deed = kernel::json::text(&wish.deed)?;
    let same = rows::table.filter(rows::ticket_id.eq(ticket.id)).filter(rows::state.eq(State::Waiting)).filter(rows::deed.eq(&deed));
    if same.select(rows::id).first::<ProposalId>(conn).optional()?.is_some() {
        return Err(Error::conflict("service-proposed-already"));
    }
    let row = (
        rows::ticket_id.eq(ticket.id),
        rows::order_id.eq(ticket.order_id.map(OrderId)),
        rows::order_seen.eq(wish.order_seen),
        rows::deed.eq(deed),
        rows::amount.eq(money.minor),
        rows::currency.eq(money.currency.code()),
        rows::proposed_by.eq(agent.actor),
        rows::created_at.eq(now),
        rows::solve.eq(wish.solve),
    );
    Ok(diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?)
}

/// A proposal of this ticket; that of another is `NotFound`.
pub fn of_this(conn: &mut Conn, ticket: TicketId, id: ProposalId) -> Result<Proposal> {
    Ok(rows::table.find(id).filter(rows::ticket_id.eq(ticket)).select(Proposal::as_select()).first(conn)?)
}

/// The proposals of a ticket, oldest first.
pub fn of_ticket(conn: &mut Conn, ticket: TicketId) -> Result<Vec<Proposal>> {
    let proposed = rows::table.filter(rows::ticket_id.eq(ticket));
    Ok(proposed.order(rows::id).select(Proposal::as_select()).load(conn)?)
}

/// The oldest tickets with a proposal that nobody decided yet.
pub fn waiting(conn: &mut Conn, limit: i64) -> Result<Vec<TicketId>> {
    Ok(rows::table.filter(rows::state.eq(State::Waiting)).order(rows::id).limit(limit).select(rows::ticket_id).load(conn)?)
}

/// Takes a decision: of two at once one is refused.
fn decide(conn: &mut Conn, ticket: TicketId, id: ProposalId, to: State, agent: Agent, now: Time) -> Result<Proposal> {
    let proposal = of_this(conn, ticket, id)?;
    let decided = diesel::update(rows::table.find(id).filter(rows::state.eq(State::Waiting)))
        .set((rows::state.eq(to), rows::decided_by.eq(agent.actor), rows::decided_at.eq(now)))
        .execute(conn)?;
    if decided == 1 { Ok(proposal) } else { Err(Error::conflict("service-decided-already")) }
}

/// Does what was proposed. `Conflict` when the one who proposed it approves, or when the order is not any more what it was proposed about.
pub fn approve(conn: &mut Conn, ticket: TicketId, id: ProposalId, agent: Agent, now: Time) -> Result<()> {
    let proposal = decide(conn, ticket, id, State::Approved, agent, now)?;
    if proposal.proposed_by == agent.actor {
        return Err(Error::conflict("service-own-proposal"));
    }
    let ticket = tickets::claim(conn, ticket, None, now)?;
    let order = match (proposal.order_id, proposal.order_seen) {
        (Some(order), Some(seen)) => Some(orders::lock_seen(conn, order, seen, now)?),
        _ => None,
    };
    if moved(conn, order.as_ref(), &proposal.deed.0)? != proposal.money()? {
        return Err(Error::conflict("refund-changed"));
    }
    done(conn, &ticket, order.as_ref(), (&proposal.deed.0, proposal.solve), agent, now)
}

/// Leaves it, with a note why.
pub fn decline(conn: &mut Conn, ticket: TicketId, id: ProposalId, why: &str, agent: Agent, now: Time) -> Result<()> {
    decide(conn, ticket, id, State::Declined, agent, now)?;
    tickets::note(conn, ticket, &NewMessage::text(why), agent, now).map(drop)
}

/// Takes away what was proposed about somebody who is erased: reasons are words.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    for ids in tickets::ids_of_customer(conn, customer)?.chunks(TOGETHER) {
        diesel::delete(rows::table.filter(rows::ticket_id.eq_any(ids.to_vec()))).execute(conn)?;
    }
    Ok(())
}
