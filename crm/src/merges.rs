//! Two customers who are one person. Staff merge them: what was the one's becomes the survivor's, row by row, so that every query,
//! segment and score goes on as it is; the number of the other stands for the survivor from then on ([`crate::identities`]).
//!
//! Each merge is kept with who, when and why, and with every row that it moved, which is what undoing it gives back. What belongs to an
//! order goes where the order goes. This room moves its own tables; the shop calls it and moves the others (`storefront::merging`).

mod back;
mod ledger;
mod profile;
mod proof;
mod take;

pub use back::{begin_back, give_back, hinders_back, mails_since};
pub use ledger::{counts, note, noted};
pub use profile::{Profile, preview};
pub use proof::{Standing, standing};
pub use take::{settle, sweep, take};

use crate::schema::{customers, merges};
use crate::{CustomerId, customers as people, identities, scores};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::{Conn, Error, Result, on_each};
use serde::{Deserialize, Serialize};

kernel::id!(MergeId);

/// Longest reason, in characters.
pub const REASON: usize = 500;
/// The tables of this room whose rows move, by the names that the ledger gives them.
const CONSENTS: &str = "consents";
const TRAILS: &str = "trails";
const EDGES: &str = "identity_edges";
const ACTIVITIES: &str = "activities";
const TASKS: &str = "customer_tasks";
const TICKETS: &str = "tickets";
const DISPUTES: &str = "disputes";
const DELIVERIES: &str = "deliveries";
const FREQUENCIES: &str = "mail_frequencies";
const ANSWERS: &str = "survey_answers";
const MEMBERS: &str = "company_members";
const OPPORTUNITIES: &str = "opportunities";
const SPOKEN: &str = "opportunity_activities";
/// Withdrawals and stages that the merge itself wrote.
const WITHDRAWN: &str = "consents added";
const STAGES: &str = "stage_changes added";

/// A merge that stands or was undone.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = merges)]
pub struct Merge {
    pub id: MergeId,
    /// Whose number stands for the survivor.
    pub merged_id: CustomerId,
    pub survivor_id: CustomerId,
    pub reason: String,
    pub actor: String,
    before: Json<Before>,
    pub merged_at: Time,
    pub undone_at: Option<Time>,
    pub undone_by: String,
    pub undone_reason: String,
}

/// What of the survivor a merge changed, and in which currency each was scored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Before {
    was: Profile,
    left: Profile,
    merged_currency: String,
    survivor_currency: String,
}

/// Why two customers cannot be merged now, as the key of a text.
pub fn hinders(conn: &mut Conn, merged: CustomerId, survivor: CustomerId) -> Result<Option<&'static str>> {
    if merged == survivor {
        return Ok(Some("merge-hinders-self"));
    }
    let both = [people::get(conn, merged)?, people::get(conn, survivor)?];
    if both.iter().any(|one| one.erased_at.is_some()) {
        return Ok(Some("merge-hinders-erased"));
    }
    Ok(both.iter().any(|one| one.merged_into.is_some()).then_some("merge-hinders-merged"))
}

/// A reason as it is kept: `Invalid` when it is missing or too long.
fn reasoned(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(Error::field("reason", "merge-reason-missing")),
        1..=REASON => Ok(reason),
        _ => Err(Error::field("reason", "admin-too-long")),
    }
}

/// Begins a merge: locks both, lets the number of `merged` stand for `survivor`, and fills the survivor's profile. `Conflict` when
/// something hinders it, `Invalid` without a reason. The caller moves the rows next, in the same transaction.
pub fn begin(conn: &mut Conn, merged: CustomerId, survivor: CustomerId, reason: &str, actor: &str, now: Time) -> Result<Merge> {
    let reason = reasoned(reason)?;
    identities::lock(conn, [merged, survivor])?;
    if let Some(key) = hinders(conn, merged, survivor)? {
        return Err(Error::conflict(key));
    }
    let (other, own) = (people::get(conn, merged)?, people::get(conn, survivor)?);
    let was = Profile::of(&own);
    let left = was.with(&Profile::of(&other));
    left.write(conn, survivor, now)?;
    diesel::update(customers::table.find(merged))
        .set((customers::merged_into.eq(survivor), customers::updated_at.eq(now)))
        .execute(conn)?;
    let mut currency = |id: CustomerId| -> Result<String> { Ok(scores::of(conn, id)?.map(|score| score.currency).unwrap_or_default()) };
    let before = Before { was, left, merged_currency: currency(merged)?, survivor_currency: currency(survivor)? };
    let row = (
        merges::merged_id.eq(merged),
        merges::survivor_id.eq(survivor),
        merges::reason.eq(reason),
        merges::actor.eq(actor),
        merges::before.eq(kernel::json::text(&before)?),
        merges::merged_at.eq(now),
    );
    let id: MergeId = on_each!(conn, c => diesel::insert_into(merges::table).values(row).returning(merges::id).get_result(c))?;
    get(conn, id)
}

/// A merge. `NotFound` without one.
pub fn get(conn: &mut Conn, id: MergeId) -> Result<Merge> {
    Ok(merges::table.find(id).select(Merge::as_select()).first(conn)?)
}

/// Whose a delivery was at a moment that is now `customer`'s: of merges that stand, those after it moved it.
pub(crate) fn had_delivery(conn: &mut Conn, customer: CustomerId, delivery: i64, at: Time) -> Result<CustomerId> {
    use crate::schema::merge_rows;
    let mut owner = customer;
    loop {
        let since =
            merges::table.filter(merges::survivor_id.eq(owner)).filter(merges::undone_at.is_null()).filter(merges::merged_at.gt(at));
        let since: Vec<(MergeId, CustomerId)> = since.order(merges::id).select((merges::id, merges::merged_id)).load(conn)?;
        let ids: Vec<MergeId> = since.iter().map(|(id, _)| *id).collect();
        let moved = merge_rows::table
            .filter(merge_rows::merge_id.eq_any(ids))
            .filter(merge_rows::place.eq(DELIVERIES))
            .filter(merge_rows::row_id.eq(delivery));
        let moved: Option<MergeId> = moved.select(merge_rows::merge_id).first(conn).optional()?;
        let Some((_, before)) = since.into_iter().find(|(id, _)| Some(*id) == moved) else { return Ok(owner) };
        owner = before;
    }
}

/// The merges into a customer, the latest first: those that stand and those that were undone.
pub fn of_survivor(conn: &mut Conn, survivor: CustomerId, limit: i64) -> Result<Vec<Merge>> {
    let into = merges::table.filter(merges::survivor_id.eq(survivor)).order(merges::id.desc());
    Ok(into.limit(limit).select(Merge::as_select()).load(conn)?)
}

/// Takes away why somebody who is erased was merged and which rows it were; that a number stands for another stays.
pub(crate) fn forget(conn: &mut Conn, ids: &[CustomerId]) -> Result<()> {
    use crate::schema::merge_rows;
    let theirs = merges::merged_id.eq_any(ids.to_vec()).or(merges::survivor_id.eq_any(ids.to_vec()));
    let own: Vec<MergeId> = merges::table.filter(theirs).select(merges::id).load(conn)?;
    diesel::delete(merge_rows::table.filter(merge_rows::merge_id.eq_any(own.clone()))).execute(conn)?;
    diesel::update(merges::table.filter(merges::id.eq_any(own)))
        .set((merges::before.eq("{}"), merges::reason.eq(""), merges::undone_reason.eq("")))
        .execute(conn)?;
    Ok(())
}

/// A merge as the person it is about gets it with everything else about them.
pub fn told(merge: &Merge) -> serde_json::Value {
    serde_json::json!({ "number": merge.merged_id, "at": merge.merged_at, "why": merge.reason, "undone_at": merge.undone_at })
}
