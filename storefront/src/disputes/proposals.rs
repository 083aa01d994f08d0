//! Decisions that give more than somebody may give alone. Somebody else approves one, which decides the complaint with its money then, or
//! declines it with a reason.

use super::{Decision, Gift, take};
use crate::schema::dispute_proposals as rows;
use crate::service::{Allowance, Carried, State};
use crm::CustomerId;
use crm::disputes::{self, Dispute, DisputeId};
use crm::tickets::{self, Agent, NewMessage};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};

kernel::id!(ProposalId);

/// Disputes of a customer that are looked at by one statement.
const TOGETHER: usize = 500;

/// A proposal as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Proposal {
    pub id: ProposalId,
    pub dispute_id: DisputeId,
    pub decision: Json<Decision>,
    amount: i64,
    currency: String,
    pub proposed_by: String,
    pub created_at: Time,
    pub state: State,
    pub decided_by: String,
    pub decided_at: Option<Time>,
    pub why: String,
}

impl Proposal {
    /// What it gives.
    pub fn money(&self) -> Result<Money> {
        let currency = Currency::parse(&self.currency)
            .ok_or_else(|| Error::unexpected(format!("proposal {} of a dispute has currency {}", self.id, self.currency)))?;
        Ok(Money::new(self.amount, currency))
    }
}

/// Keeps what somebody would decide about a complaint as it was at version `seen`.
pub(super) fn keep(conn: &mut Conn, id: DisputeId, seen: i64, decision: &Decision, agent: Agent, now: Time) -> Result<ProposalId> {
    let dispute = disputes::proposed(conn, id, seen, agent.actor, now)?;
    let amount = match decision.gift {
        Gift::Nothing => 0,
        Gift::Refund(amount) | Gift::Credit(amount) => amount,
    };
    let row = (
        rows::dispute_id.eq(id),
        rows::decision.eq(kernel::json::text(decision)?),
        rows::amount.eq(amount),
        rows::currency.eq(dispute.currency),
        rows::proposed_by.eq(agent.actor),
        rows::created_at.eq(now),
    );
    Ok(diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?)
}

/// The proposals of a dispute, oldest first.
pub fn proposals(conn: &mut Conn, id: DisputeId) -> Result<Vec<Proposal>> {
    Ok(rows::table.filter(rows::dispute_id.eq(id)).order(rows::id).select(Proposal::as_select()).load(conn)?)
}

/// A proposal of this dispute; that of another is `NotFound`.
pub fn proposal(conn: &mut Conn, dispute: DisputeId, id: ProposalId) -> Result<Proposal> {
    Ok(rows::table.find(id).filter(rows::dispute_id.eq(dispute)).select(Proposal::as_select()).first(conn)?)
}

/// Whether a decision waits for somebody's approval.
pub fn proposed(conn: &mut Conn, id: DisputeId) -> Result<bool> {
    let waits = rows::table.filter(rows::dispute_id.eq(id)).filter(rows::state.eq(State::Waiting));
    Ok(waits.select(rows::id).first::<ProposalId>(conn).optional()?.is_some())
}

/// The disputes in which a decision waits, by how long.
pub fn waiting(conn: &mut Conn, limit: i64) -> Result<Vec<DisputeId>> {
    Ok(rows::table.filter(rows::state.eq(State::Waiting)).order(rows::id).limit(limit).select(rows::dispute_id).load(conn)?)
}

/// Settles a proposal: of two who do at once one is refused.
fn settle(conn: &mut Conn, dispute: DisputeId, id: ProposalId, (to, why): (State, &str), agent: Agent, now: Time) -> Result<Proposal> {
    let found = proposal(conn, dispute, id)?;
    let settled = diesel::update(rows::table.find(id).filter(rows::state.eq(State::Waiting)))
        .set((rows::state.eq(to), rows::decided_by.eq(agent.actor), rows::decided_at.eq(now), rows::why.eq(why)))
        .execute(conn)?;
    if settled == 1 { Ok(found) } else { Err(Error::conflict("service-decided-already")) }
}

/// Decides as it was proposed, with the money. `Conflict` when the one who proposed it approves, or when the order is not any more what it was
/// proposed about: nothing is written then.
pub fn approve(conn: &mut Conn, dispute: DisputeId, id: ProposalId, agent: Agent, now: Time) -> Result<Dispute> {
    let proposal = settle(conn, dispute, id, (State::Approved, ""), agent, now)?;
    if proposal.proposed_by == agent.actor {
        return Err(Error::conflict("service-own-proposal"));
    }
    let seen = disputes::get(conn, dispute)?.version;
    match take(conn, dispute, seen, &proposal.decision.0, agent, Allowance::Whole, now)? {
        (decided, Carried::Done) => Ok(decided),
        (_, Carried::Proposed(_)) => Err(Error::conflict("service-beyond-limit")),
    }
}

/// Leaves it. Why stands with the proposal, and as a note in the complaint's ticket.
pub fn decline(conn: &mut Conn, dispute: DisputeId, id: ProposalId, why: &str, agent: Agent, now: Time) -> Result<()> {
    let why: String = why.trim().replace('\0', "").chars().take(disputes::TEXT).collect();
    settle(conn, dispute, id, (State::Declined, &why), agent, now)?;
    let dispute = disputes::declined(conn, dispute, agent.actor, now)?;
    match dispute.ticket_id {
        Some(ticket) => {
            let ticket = tickets::standing(conn, ticket)?;
            tickets::note(conn, ticket, &NewMessage::text(why), agent, now).map(drop)
        }
        None => Ok(()),
    }
}

/// Takes away what was proposed about somebody who is erased: reasons are words.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    let ids: Vec<DisputeId> = disputes::of_customer(conn, customer, i64::MAX)?.into_iter().map(|one| one.id).collect();
    for some in ids.chunks(TOGETHER) {
        diesel::delete(rows::table.filter(rows::dispute_id.eq_any(some.to_vec()))).execute(conn)?;
    }
    Ok(())
}
