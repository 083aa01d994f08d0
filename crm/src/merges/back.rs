//! Undoing a merge: each row goes back to whom it came from.

use super::ledger::TOGETHER;
use super::profile::Profile;
use super::{
    ACTIVITIES, ANSWERS, Before, CONSENTS, DELIVERIES, DISPUTES, EDGES, FREQUENCIES, MEMBERS, Merge, MergeId, OPPORTUNITIES, SPOKEN,
    STAGES, TASKS, TICKETS, TRAILS, WITHDRAWN,
};
use super::{get, noted, reasoned};
use crate::activities::{self, BOOKS};
use crate::campaigns::Standing;
use crate::consents::{self, Consent};
use crate::schema::{
    activities as events, company_members, consents as said, customer_tasks, customers, deliveries, disputes, identity_edges,
    mail_frequencies, merges, opportunities, opportunity_activities, purchase_lines, purchases, stage_changes, survey_answers, tickets,
    trails,
};
use crate::{CustomerId, customers as people, identities};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// Gives the noted rows of a table that are still the survivor's back.
macro_rules! gave {
    ($conn:expr, $merge:expr, $table:ident, $ids:expr) => {
        for some in $ids.chunks(TOGETHER) {
            let rows = $table::table.filter($table::id.eq_any(some.to_vec())).filter($table::customer_id.eq($merge.survivor_id));
            diesel::update(rows).set($table::customer_id.eq($merge.merged_id)).execute($conn)?;
        }
    };
}

/// Why a merge cannot be undone now, as the key of a text.
pub fn hinders_back(conn: &mut Conn, merge: &Merge) -> Result<Option<&'static str>> {
    if merge.undone_at.is_some() {
        return Ok(Some("merge-undo-undone"));
    }
    let both = [people::get(conn, merge.merged_id)?, people::get(conn, merge.survivor_id)?];
    if both.iter().any(|one| one.erased_at.is_some()) {
        return Ok(Some("merge-undo-erased"));
    }
    Ok(both.iter().any(|one| one.id == merge.survivor_id && one.merged_into.is_some()).then_some("merge-undo-later-first"))
}

/// Begins undoing: locks both, lets the number stand for its own again, and takes the profiles apart. `Conflict` when something hinders
/// it, `Invalid` without a reason. The caller gives the rows back next, in the same transaction.
pub fn begin_back(conn: &mut Conn, id: MergeId, reason: &str, actor: &str, now: Time) -> Result<Merge> {
    let reason = reasoned(reason)?;
    let found = get(conn, id)?;
    identities::lock(conn, [found.merged_id, found.survivor_id])?;
    let merge = get(conn, id)?;
    if let Some(key) = hinders_back(conn, &merge)? {
        return Err(Error::conflict(key));
    }
    diesel::update(merges::table.find(id))
        .set((merges::undone_at.eq(now), merges::undone_by.eq(actor), merges::undone_reason.eq(reason)))
        .execute(conn)?;
    diesel::update(customers::table.find(merge.merged_id))
        .set((customers::merged_into.eq(None::<CustomerId>), customers::updated_at.eq(now)))
        .execute(conn)?;
    take_apart(conn, &merge, now)?;
    get(conn, id)
}

/// Takes what a merge brought out of the survivor's profile, also where others were merged into it since: theirs are then as if this
/// merge had never been.
fn take_apart(conn: &mut Conn, merge: &Merge, now: Time) -> Result<()> {
    let later: Vec<Merge> = merges::table
        .filter(merges::survivor_id.eq(merge.survivor_id))
        .filter(merges::id.gt(merge.id).and(merges::undone_at.is_null()))
        .order(merges::id)
        .select(Merge::as_select())
        .load(conn)?;
    let Before { was: mut wanted, left: mut found, .. } = merge.before.0.clone();
    for next in later {
        let other = Profile::of(&people::get(conn, next.merged_id)?);
        let mut before = next.before.0;
        before.was = wanted.parted(&found, &before.was);
        wanted = before.was.with(&other);
        found = std::mem::replace(&mut before.left, wanted.clone());
        let row = merges::before.eq(kernel::json::text(&before)?);
        diesel::update(merges::table.find(next.id)).set(row).execute(conn)?;
    }
    let today = Profile::of(&people::get(conn, merge.survivor_id)?);
    wanted.parted(&found, &today).write(conn, merge.survivor_id, now)
}

/// The mails that were handed over to the survivor since a merge: their rows of the timeline, each with the mail.
pub fn mails_since(conn: &mut Conn, merge: &Merge) -> Result<Vec<(i64, i64)>> {
    let sent = activities::mails_since(conn, merge.survivor_id, merge.merged_at)?;
    Ok(sent.into_iter().map(|(row, mail)| (row.0, mail)).collect())
}

/// Gives the memory back what was the merged one's: the rows that were moved, what belongs to `orders`, these `mails` of the timeline,
/// and what was seen since on the browsers that go back. A "no" that was said since stands for both.
pub fn give_back(conn: &mut Conn, merge: &Merge, orders: &[i64], mails: &[i64], now: Time) -> Result<()> {
    let (from, to) = (merge.survivor_id, merge.merged_id);
    for some in orders.chunks(TOGETHER) {
        let some = some.to_vec();
        let own = purchases::table.filter(purchases::order_id.eq_any(some.clone())).filter(purchases::customer_id.eq(from));
        diesel::update(own).set(purchases::customer_id.eq(to)).execute(conn)?;
        let own = purchase_lines::customer_id.eq(from).and(purchase_lines::order_id.eq_any(some.clone()));
        diesel::update(purchase_lines::table.filter(own)).set(purchase_lines::customer_id.eq(to)).execute(conn)?;
        let of_books = events::source.eq(BOOKS).and(events::subject.eq_any(some).assume_not_null());
        let own = events::table.filter(events::customer_id.eq(from)).filter(of_books);
        diesel::update(own).set(events::customer_id.eq(to)).execute(conn)?;
    }
    let browsers = noted(conn, merge.id, TRAILS)?;
    for some in browsers.chunks(TOGETHER) {
        let seen = events::trail_id.eq_any(some.to_vec()).assume_not_null();
        let own = events::table.filter(events::customer_id.eq(from)).filter(seen).filter(events::happened_at.gt(merge.merged_at));
        diesel::update(own).set(events::customer_id.eq(to)).execute(conn)?;
    }
    gave!(conn, merge, events, noted(conn, merge.id, ACTIVITIES)?);
    gave!(conn, merge, events, mails);
    gave!(conn, merge, trails, browsers);
    gave!(conn, merge, identity_edges, noted(conn, merge.id, EDGES)?);
    gave!(conn, merge, customer_tasks, noted(conn, merge.id, TASKS)?);
    gave!(conn, merge, tickets, noted(conn, merge.id, TICKETS)?);
    gave!(conn, merge, disputes, noted(conn, merge.id, DISPUTES)?);
    delivered(conn, merge)?;
    gave!(conn, merge, mail_frequencies, noted(conn, merge.id, FREQUENCIES)?);
    gave!(conn, merge, survey_answers, noted(conn, merge.id, ANSWERS)?);
    gave!(conn, merge, company_members, noted(conn, merge.id, MEMBERS)?);
    gave!(conn, merge, opportunities, noted(conn, merge.id, OPPORTUNITIES)?);
    gave!(conn, merge, opportunity_activities, noted(conn, merge.id, SPOKEN)?);
    gave!(conn, merge, said, noted(conn, merge.id, CONSENTS)?);
    let own = noted(conn, merge.id, STAGES)?;
    diesel::delete(stage_changes::table.filter(stage_changes::id.eq_any(own))).execute(conn)?;
    let carried = noted(conn, merge.id, WITHDRAWN)?;
    diesel::delete(said::table.filter(said::id.eq_any(carried))).execute(conn)?;
    refused_since(conn, merge, now)
}

/// Gives mails of campaigns back that were moved. What was handed over since went to the survivor's address, or is on its way there: it stays
/// the survivor's, with what comes back of it.
fn delivered(conn: &mut Conn, merge: &Merge) -> Result<()> {
    for some in noted(conn, merge.id, DELIVERIES)?.chunks(TOGETHER) {
        let before = deliveries::sent_at.is_null().or(deliveries::sent_at.le(merge.merged_at).assume_not_null());
        let rows = deliveries::table
            .filter(deliveries::id.eq_any(some.to_vec()))
            .filter(deliveries::customer_id.eq(merge.survivor_id))
            .filter(deliveries::state.ne(Standing::Sending))
            .filter(before);
        diesel::update(rows).set(deliveries::customer_id.eq(merge.merged_id)).execute(conn)?;
    }
    Ok(())
}

/// Whose address it was that said no since the merge nobody knows: neither of them is written to.
fn refused_since(conn: &mut Conn, merge: &Merge, now: Time) -> Result<()> {
    for ((channel, topic), state) in consents::all_current(conn, merge.survivor_id)? {
        if state != Consent::Withdrawn || consents::current(conn, merge.merged_id, &channel, &topic)? != Some(Consent::Given) {
            continue;
        }
        let since = said::table
            .filter(said::customer_id.eq(merge.survivor_id))
            .filter(said::channel.eq(&channel).and(said::topic.eq(&topic)))
            .filter(said::created_at.gt(merge.merged_at));
        if since.count().get_result::<i64>(conn)? > 0 {
            let proof = format!("merge {}: withdrawn while both customers were one", merge.id);
            consents::refuse(conn, merge.merged_id, (&channel, &topic), &proof, now)?;
        }
    }
    Ok(())
}
