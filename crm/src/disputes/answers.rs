//! The shop's answer to a disputed payment, as it is sent to the bank by the provider: texts by the provider's names for them, once and for good. It is
//! asked for before its deadline, sent by a job, and may be asked for once more only when the provider did not take it.

use super::{Dispute, DisputeId, Kind, STALE, TEXT, What, claim, get, keep, text};
use crate::schema::{dispute_answers as rows, disputes};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::{self, Json};
use kernel::{Conn, Error, Result, words};
use std::collections::BTreeMap;

words!(
    /// How far an answer is.
    Sending {
        OnItsWay = "on_its_way",
        Sent = "sent",
        /// The provider did not take it, and said why.
        Refused = "refused",
        /// The deadline passed before the provider was reached.
        Late = "late",
    }
);

/// Texts by the provider's names for them.
pub type Texts = BTreeMap<String, String>;

/// An answer as stored.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Answer {
    pub state: Sending,
    pub texts: Json<Texts>,
    /// What the provider said.
    pub reason: String,
    pub asked_at: Time,
    pub settled_at: Option<Time>,
    actor: String,
    /// How often it was asked for.
    tries: i64,
}

/// An answer that is to be sent.
#[derive(Clone, Debug)]
pub struct Errand {
    pub provider: String,
    /// The provider's id of the dispute.
    pub reference: String,
    pub texts: Texts,
    /// One wish to send it, for ever.
    pub key: String,
    /// The deadline is over.
    pub late: bool,
}

/// The answer of a dispute, if one was asked for.
pub fn answer_of(conn: &mut Conn, id: DisputeId) -> Result<Option<Answer>> {
    Ok(rows::table.filter(rows::dispute_id.eq(id)).select(Answer::as_select()).first(conn).optional()?)
}

/// The name of the provider that told of a dispute, and its id there.
pub fn provider(conn: &mut Conn, id: DisputeId) -> Result<Option<(String, String)>> {
    let key: Option<String> = disputes::table.find(id).select(disputes::provider_key).first(conn)?;
    Ok(key.and_then(|key| key.split_once(':').map(|(name, reference)| (name.to_string(), reference.to_string()))))
}

/// Asks for an answer to be sent. `Invalid` for texts that are too long or all empty; `Conflict` when the dispute went on since it was seen, was
/// answered or decided, or when its deadline is over. Answers how often it was asked for.
pub fn ask(conn: &mut Conn, id: DisputeId, seen: i64, texts: &Texts, actor: &str, now: Time) -> Result<i64> {
    let mut kept = Texts::new();
    for (name, said) in texts {
        let said = text(name, said, false)?;
        if !said.is_empty() {
            kept.insert(name.clone(), said);
        }
    }
    if kept.is_empty() {
        return Err(Error::field("uncategorized_text", "dispute-send-nothing"));
    }
    let dispute = claim(conn, id, Some(seen), now)?;
    refuse(&dispute, now)?;
    let known = answer_of(conn, id)?;
    if known.as_ref().is_some_and(|answer| matches!(answer.state, Sending::OnItsWay | Sending::Sent)) {
        return Err(Error::conflict("dispute-send-already"));
    }
    let (written, tries) = (json::text(&kept)?, known.as_ref().map_or(1, |answer| answer.tries + 1));
    if known.is_some() {
        diesel::update(rows::table.filter(rows::dispute_id.eq(id)))
            .set((
                rows::state.eq(Sending::OnItsWay),
                rows::texts.eq(written),
                rows::reason.eq(""),
                rows::actor.eq(actor),
                rows::asked_at.eq(now),
                rows::settled_at.eq(None::<Time>),
                rows::tries.eq(tries),
            ))
            .execute(conn)?;
    } else {
        let row = (
            rows::dispute_id.eq(id),
            rows::state.eq(Sending::OnItsWay),
            rows::texts.eq(written),
            rows::actor.eq(actor),
            rows::asked_at.eq(now),
            rows::tries.eq(tries),
        );
        diesel::insert_into(rows::table).values(row).execute(conn)?;
    }
    keep(conn, id, What::Sending, actor, "", now)?;
    Ok(tries)
}

/// Whether an answer may be asked for now, as far as the dispute goes.
pub fn may_be_sent(dispute: &Dispute, now: Time) -> bool {
    refuse(dispute, now).is_ok()
}

fn refuse(dispute: &Dispute, now: Time) -> Result<()> {
    if dispute.kind != Kind::Payment {
        return Err(Error::conflict("dispute-send-no-bank"));
    }
    if !dispute.open() || dispute.answered_at.is_some() {
        return Err(Error::conflict("dispute-decided-already"));
    }
    if dispute.overdue(now) { Err(Error::conflict("dispute-send-late")) } else { Ok(()) }
}

/// What a job has to send; nothing when it was seen to.
pub fn errand(conn: &mut Conn, id: DisputeId, now: Time) -> Result<Option<Errand>> {
    let Some(answer) = answer_of(conn, id)?.filter(|answer| answer.state == Sending::OnItsWay) else { return Ok(None) };
    let Some((provider, reference)) = provider(conn, id)? else { return Ok(None) };
    let late = get(conn, id)?.due_at <= now;
    let key = format!("{reference}-{}", answer.tries);
    Ok(Some(Errand { provider, reference, texts: answer.texts.0, key, late }))
}

/// The bank has it: the deadline is met. A second time changes nothing.
pub fn sent(conn: &mut Conn, id: DisputeId, now: Time) -> Result<()> {
    let dispute = claim(conn, id, None, now)?;
    let Some(actor) = settle(conn, id, Sending::Sent, "", now)? else { return Ok(()) };
    // The provider's own notice may have come first.
    if dispute.open() && dispute.answered_at.is_none() {
        diesel::update(disputes::table.find(id)).set(disputes::answered_at.eq(now)).execute(conn)?;
        keep(conn, id, What::Answered, &actor, "", now)?;
    }
    Ok(())
}

/// The provider did not take it, or was not reached in time.
pub fn not_sent(conn: &mut Conn, id: DisputeId, how: Sending, reason: &str, now: Time) -> Result<()> {
    claim(conn, id, None, now)?;
    match settle(conn, id, how, reason, now)? {
        Some(actor) => keep(conn, id, What::NotSent, &actor, "", now),
        None => Ok(()),
    }
}

/// Ends what is on its way. Answers who asked for it; nobody when that was done.
fn settle(conn: &mut Conn, id: DisputeId, state: Sending, reason: &str, now: Time) -> Result<Option<String>> {
    let reason: String = reason.replace('\0', "").chars().take(TEXT).collect();
    let waiting = rows::table.filter(rows::dispute_id.eq(id)).filter(rows::state.eq(Sending::OnItsWay));
    let settled = diesel::update(waiting).set((rows::state.eq(state), rows::reason.eq(reason), rows::settled_at.eq(now)));
    if settled.execute(conn)? == 0 {
        return Ok(None);
    }
    let answer = answer_of(conn, id)?.ok_or_else(|| Error::conflict(STALE))?;
    Ok(Some(answer.actor))
}
