//! What moves an opportunity: staff, its quote, an order. Each leaves a row in its history.

use super::{Opportunity, OpportunityId, Stage, StageId, State, claim, stages};
use crate::CompanyId;
use crate::schema::{opportunities, opportunity_history as rows};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, words};

/// Who does what follows by itself.
const ITSELF: &str = "system";

words!(
    /// What happened to an opportunity.
    What {
        Created = "created",
        Stage = "stage",
        Amount = "amount",
        Converted = "converted",
        QuoteOffered = "quote_offered",
        QuoteAccepted = "quote_accepted",
        QuoteDeclined = "quote_declined",
        QuoteExpired = "quote_expired",
        Ordered = "ordered",
    }
);

/// What became of a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteMove {
    Offered,
    Accepted,
    Declined,
    Expired,
}

/// A row of the history: where the opportunity stood then, and what it was worth.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct History {
    pub id: i64,
    pub at: Time,
    pub actor: String,
    pub what: What,
    pub stage_id: StageId,
    pub amount: i64,
}

pub(super) fn note(conn: &mut Conn, id: OpportunityId, what: What, (stage, amount): (StageId, i64), actor: &str, now: Time) -> Result<()> {
    diesel::insert_into(rows::table)
        .values((
            rows::opportunity_id.eq(id),
            rows::at.eq(now),
            rows::actor.eq(actor),
            rows::what.eq(what),
            rows::stage_id.eq(stage),
            rows::amount.eq(amount),
        ))
        .execute(conn)?;
    Ok(())
}

/// What happened to an opportunity, the last first, before the row `before`.
pub fn history(conn: &mut Conn, id: OpportunityId, before: Option<i64>, limit: i64) -> Result<Vec<History>> {
    let own = rows::table.filter(rows::opportunity_id.eq(id)).filter(rows::id.lt(before.unwrap_or(i64::MAX)));
    Ok(own.order(rows::id.desc()).limit(limit).select(History::as_select()).load(conn)?)
}

/// Puts an opportunity into a stage; its row is held by the caller.
fn put(conn: &mut Conn, one: &Opportunity, to: &Stage, now: Time) -> Result<()> {
    let closed = (to.kind != State::Open).then_some(now);
    // What is open again waits for another order.
    let order = if to.kind == State::Won { one.order_id } else { None };
    diesel::update(opportunities::table.find(one.id))
        .set((
            opportunities::stage_id.eq(to.id),
            opportunities::state.eq(to.kind),
            opportunities::stage_since.eq(now),
            opportunities::closed_at.eq(closed),
            opportunities::order_id.eq(order),
        ))
        .execute(conn)?;
    Ok(())
}

/// Moves an opportunity that is as a form saw it. `Conflict` for a stage that is switched off, or when it changed since.
pub fn move_to(conn: &mut Conn, id: OpportunityId, seen: i64, to: StageId, actor: &str, now: Time) -> Result<()> {
    let one = claim(conn, id, seen, now)?;
    let to = stages::stage(conn, to)?;
    if one.stage_id == to.id {
        return Ok(());
    }
    if !to.active {
        return Err(Error::conflict("sales-stage-off"));
    }
    put(conn, &one, &to, now)?;
    note(conn, id, What::Stage, (to.id, one.amount), actor, now)
}

/// Locks an open opportunity to the end of the transaction; `None` when it was closed meanwhile.
fn hold_open(conn: &mut Conn, id: OpportunityId, now: Time) -> Result<Option<Opportunity>> {
    let open = opportunities::table.find(id).filter(opportunities::state.eq(State::Open));
    let set = (opportunities::version.eq(opportunities::version + 1), opportunities::updated_at.eq(now));
    if diesel::update(open).set(set).execute(conn)? == 0 {
        return Ok(None);
    }
    super::get(conn, id).map(Some)
}

/// A quote moved: the open opportunities that name it follow. One that goes out moves them to the stage for quotes, unless they are
/// beyond it; one that is accepted wins them; the others are written down, and staff decide what follows.
pub fn quote_moved(conn: &mut Conn, quote: i64, state: QuoteMove, now: Time) -> Result<()> {
    let about = opportunities::table.filter(opportunities::quote_id.eq(quote)).filter(opportunities::state.eq(State::Open));
    let ids: Vec<OpportunityId> = about.order(opportunities::id).select(opportunities::id).load(conn)?;
    for id in ids {
        let Some(one) = hold_open(conn, id, now)? else { continue };
        let (what, to) = match state {
            QuoteMove::Offered => {
                let at = stages::stage(conn, one.stage_id)?;
                let there = stages::stages(conn)?.into_iter().find(|stage| stage.active && stage.at_quote);
                (What::QuoteOffered, there.filter(|there| there.position > at.position))
            }
            QuoteMove::Accepted => (What::QuoteAccepted, Some(stages::first(conn, State::Won)?)),
            QuoteMove::Declined => (What::QuoteDeclined, None),
            QuoteMove::Expired => (What::QuoteExpired, None),
        };
        if let Some(to) = &to {
            put(conn, &one, to, now)?;
        }
        note(conn, id, what, (to.map_or(one.stage_id, |to| to.id), one.amount), ITSELF, now)?;
    }
    Ok(())
}

/// A company ordered: the opportunity that was won by its quote in this very transaction is told by which order, or else the oldest open
/// one that waits for an order is won.
pub fn order_placed(conn: &mut Conn, company: CompanyId, order: i64, now: Time) -> Result<()> {
    let own = opportunities::table.filter(opportunities::company_id.eq(company));
    let won = own
        .filter(opportunities::state.eq(State::Won))
        .filter(opportunities::closed_at.eq(now))
        .filter(opportunities::quote_id.is_not_null())
        .filter(opportunities::order_id.is_null())
        .order(opportunities::id)
        .select(opportunities::id);
    let won: Option<OpportunityId> = on_each!(conn, c => won.first(c)).optional()?;
    if let Some(id) = won {
        diesel::update(opportunities::table.find(id)).set(opportunities::order_id.eq(order)).execute(conn)?;
        return Ok(());
    }
    let waiting = own
        .filter(opportunities::state.eq(State::Open))
        .filter(opportunities::with_order)
        .order(opportunities::id)
        .select(opportunities::id);
    let waiting: Option<OpportunityId> = on_each!(conn, c => waiting.first(c)).optional()?;
    let Some(id) = waiting else { return Ok(()) };
    let Some(one) = hold_open(conn, id, now)? else { return Ok(()) };
    let to = stages::first(conn, State::Won)?;
    put(conn, &Opportunity { order_id: Some(order), ..one.clone() }, &to, now)?;
    note(conn, id, What::Ordered, (to.id, one.amount), ITSELF, now)
}
