//! What a provider says of a payment that somebody disputes. Its word may come twice, late, and in any order: what is older than what is
//! known changes nothing.

use super::{Dispute, DisputeId, Kind, Outcome, Reason, SERIES, State, What, claim, get, held, keep, reopen};
use crate::CustomerId;
use crate::schema::disputes as rows;
use crate::tickets;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result, on_each, words};

words!(
    /// How it stands with the bank.
    Standing {
        /// The bank waits for the shop's answer.
        Waiting = "waiting",
        /// The bank has the shop's answer.
        Answered = "answered",
        Won = "won",
        Lost = "lost",
        /// It came to nothing.
        Withdrawn = "withdrawn",
    }
);

impl Standing {
    fn outcome(self) -> Option<Outcome> {
        match self {
            Standing::Waiting | Standing::Answered => None,
            Standing::Won => Some(Outcome::Rejected),
            Standing::Lost => Some(Outcome::Upheld),
            Standing::Withdrawn => Some(Outcome::Withdrawn),
        }
    }
}

/// What was said.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// The provider's name and its id of the dispute.
    pub key: &'a str,
    pub actor: &'a str,
    pub standing: Standing,
    pub reason: Reason,
    pub money: Money,
    pub due_at: Option<Time>,
    /// When it was so, by the provider's clock.
    pub at: Time,
    pub customer: Option<CustomerId>,
    pub order: Option<i64>,
}

/// Keeps what was said. Answers the dispute when anything changed by it, and whether it is new.
pub fn told(conn: &mut Conn, said: &Told, now: Time) -> Result<Option<(Dispute, bool)>> {
    let known: Option<DisputeId> = rows::table.filter(rows::provider_key.eq(said.key)).select(rows::id).first(conn).optional()?;
    let (id, new) = match known {
        Some(id) => (id, false),
        None => match insert(conn, said, now)? {
            Some(id) => (id, true),
            // Another notice of the same dispute came first.
            None => (rows::table.filter(rows::provider_key.eq(said.key)).select(rows::id).first(conn)?, false),
        },
    };
    let dispute = claim(conn, id, None, now)?;
    if !new && late(&dispute, said) {
        return Ok(None);
    }
    if new {
        keep(conn, id, What::Opened, said.actor, said.reason.as_str(), now)?;
    }
    let due_at = said.due_at.unwrap_or_else(tickets::clock::never);
    let facts = (rows::told_at.eq(said.at), rows::reason.eq(said.reason), rows::amount.eq(said.money.minor));
    diesel::update(rows::table.find(id)).set(facts).execute(conn)?;
    match said.standing.outcome() {
        Some(outcome) => decided(conn, &dispute, said, outcome, now)?,
        None if !dispute.open() => reopen(conn, &dispute, said.due_at, said.actor, now)?,
        None => {
            let answered = (said.standing == Standing::Answered).then(|| dispute.answered_at.unwrap_or(now));
            diesel::update(rows::table.find(id)).set((rows::answered_at.eq(answered), rows::due_at.eq(due_at))).execute(conn)?;
            if answered.is_some() && dispute.answered_at.is_none() {
                keep(conn, id, What::Answered, said.actor, "", now)?;
            } else if !new {
                keep(conn, id, What::Updated, said.actor, "", now)?;
            }
        }
    }
    Ok(Some((get(conn, id)?, new)))
}

/// The dispute that a provider's name and its id stand for.
pub fn by_key(conn: &mut Conn, key: &str) -> Result<Dispute> {
    Ok(rows::table.filter(rows::provider_key.eq(key)).select(Dispute::as_select()).first(conn)?)
}

/// Keeps what is gone by a disputed payment as the caller's books say, in the transaction that claimed it.
pub fn took(conn: &mut Conn, id: DisputeId, amount: i64) -> Result<()> {
    diesel::update(rows::table.find(id)).set(rows::given.eq(amount)).execute(conn)?;
    Ok(())
}

/// Ties a dispute to whose payment it is about, once that is known. A second time changes nothing.
pub fn link(conn: &mut Conn, id: DisputeId, customer: CustomerId, order: i64, now: Time) -> Result<Option<Dispute>> {
    let dispute = claim(conn, id, None, now)?;
    if dispute.order_id.is_some() {
        return Ok(None);
    }
    let customer = held(conn, Some(customer))?;
    diesel::update(rows::table.find(id)).set((rows::customer_id.eq(customer), rows::order_id.eq(order))).execute(conn)?;
    get(conn, id).map(Some)
}

/// Whether something later is known already. The provider's clock counts seconds: within one, an end counts as later.
fn late(dispute: &Dispute, said: &Told) -> bool {
    match dispute.told_at {
        Some(at) if said.at == at => !dispute.open() || said.standing == Standing::Waiting && dispute.answered_at.is_some(),
        Some(at) => said.at < at,
        None => false,
    }
}

fn decided(conn: &mut Conn, dispute: &Dispute, said: &Told, outcome: Outcome, now: Time) -> Result<()> {
    let state = if dispute.appealed_at.is_some() { State::Closed } else { State::Decided };
    let taken = if outcome == Outcome::Upheld { said.money.minor } else { 0 };
    diesel::update(rows::table.find(dispute.id))
        .set((rows::state.eq(state), rows::outcome.eq(outcome), rows::decided_at.eq(now), rows::given.eq(taken)))
        .execute(conn)?;
    keep(conn, dispute.id, What::Decided, said.actor, outcome.as_str(), now)
}

/// The row; `None` when another transaction added it meanwhile.
fn insert(conn: &mut Conn, said: &Told, now: Time) -> Result<Option<DisputeId>> {
    if said.money.minor < 0 {
        return Err(Error::unexpected(format!("dispute {} is about less than nothing", said.key)));
    }
    let row = (
        rows::number.eq(format!("D{}", tickets::next_of(conn, SERIES)?)),
        rows::kind.eq(Kind::Payment),
        rows::provider_key.eq(said.key),
        rows::told_at.eq(said.at),
        rows::reason.eq(said.reason),
        rows::amount.eq(said.money.minor),
        rows::currency.eq(said.money.currency.code()),
        rows::customer_id.eq(held(conn, said.customer)?),
        rows::order_id.eq(said.order),
        rows::state.eq(State::Open),
        rows::due_at.eq(said.due_at.unwrap_or_else(tickets::clock::never)),
        rows::opened_at.eq(now),
        rows::changed_at.eq(now),
    );
    let insert = diesel::insert_into(rows::table).values(row);
    Ok(on_each!(conn, c => insert.on_conflict_do_nothing().returning(rows::id).get_result(c).optional())?)
}
