//! The merge itself.

use super::{ADDRESSES, CARTS, CREDIT, DECISIONS, DEFAULTS, EXCHANGED, ORDERS, QUOTES, REQUISITIONS, WISHES, balances, parts};
use crate::offers::Arm;
use crate::schema::{
    addresses, carts, offer_decisions as decisions, orders, promotion_movements, quotes, requisition_lists, sessions, store_credit_entries,
};
use chrono::TimeDelta;
use crm::activities::Kind;
use crm::merges::{self, Merge, MergeId, note};
use crm::{CustomerId, identities};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::jobs::{self, Class};
use kernel::{Conn, Error, Result};

/// The job that looks once more after a merge; its payload is the merge.
pub const SWEEP_JOB: &str = "merges.sweep";
/// By then every transaction has ended that began before the merge.
const SWEPT: TimeDelta = TimeDelta::minutes(1);

/// Merges `merged` into `survivor`. `Conflict` when something hinders it (`merge-hinders-…`), `Invalid` without a reason. Nothing of it
/// may be committed after an error.
pub fn merge(conn: &mut Conn, merged: CustomerId, survivor: CustomerId, reason: &str, actor: &str, now: Time) -> Result<MergeId> {
    let merge = merges::begin(conn, merged, survivor, reason, actor, now)?;
    rows(conn, &merge)?;
    figured(conn, &merge)?;
    merges::take(conn, &merge, now)?;
    merges::settle(conn, &merge, Some(Kind::Merged), now)?;
    let event = Event::CustomersMerged { merge: merge.id.0, merged: merged.0, survivor: survivor.0 };
    events::record(conn, "merges", &format!("merged:{}", merge.id), &event, now)?;
    jobs::enqueue_as(conn, Class::Bulk, SWEEP_JOB, &merge.id.to_string(), Some(&format!("merge:{}", merge.id)), now + SWEPT, now)?;
    Ok(merge.id)
}

/// Moves what was written about the one who was merged by transactions that had read their number before. Does nothing when the merge
/// was undone meanwhile, or the survivor erased.
pub fn sweep(conn: &mut Conn, id: MergeId, now: Time) -> Result<()> {
    let merge = merges::get(conn, id)?;
    let into = identities::standing(conn, merge.merged_id)?;
    if merge.undone_at.is_some() || into != merge.survivor_id || crm::customers::erased(conn, into)? {
        return Ok(());
    }
    let found = rows(conn, &merge)? > 0;
    if merges::sweep(conn, &merge)? || found {
        figured(conn, &merge)?;
        merges::settle(conn, &merge, None, now)?;
    }
    Ok(())
}

/// Both balances of everything that has a ledger. A merge never leaves less than nothing: two balances become their sum.
fn figured(conn: &mut Conn, merge: &Merge) -> Result<()> {
    balances::promotions(conn, [merge.merged_id, merge.survivor_id])?;
    match balances::credit(conn, [merge.merged_id, merge.survivor_id])? {
        None => Ok(()),
        Some((customer, missing)) => Err(Error::unexpected(format!("the merge {} leaves customer {customer} {missing:?}", merge.id))),
    }
}

/// Moves the rows; answers how many there were.
fn rows(conn: &mut Conn, merge: &Merge) -> Result<usize> {
    let (from, to) = (merge.merged_id, merge.survivor_id);
    macro_rules! moved {
        ($table:ident, $place:expr) => {{
            let own: Vec<i64> = $table::table.filter($table::customer_id.eq(from)).select($table::id).load(conn)?;
            note(conn, merge.id, $place, &own)?;
            for some in own.chunks(parts::TOGETHER) {
                diesel::update($table::table.filter($table::id.eq_any(some.to_vec()))).set($table::customer_id.eq(to)).execute(conn)?;
            }
            own.len()
        }};
    }
    let mut count = moved!(orders, ORDERS) + moved!(carts, CARTS) + moved!(store_credit_entries, CREDIT);
    count += moved!(requisition_lists, REQUISITIONS) + moved!(quotes, QUOTES);
    let uses = promotion_movements::table.filter(promotion_movements::customer_id.eq(from));
    count += diesel::update(uses).set(promotion_movements::customer_id.eq(to)).execute(conn)?;
    // Where a session goes its login says.
    count += diesel::update(sessions::table.filter(sessions::customer_id.eq(from))).set(sessions::customer_id.eq(to)).execute(conn)?;
    Ok(count + book(conn, merge)? + wished(conn, merge)? + decided(conn, merge)?)
}

/// Moves the addresses that the survivor has not, and keeps one default.
fn book(conn: &mut Conn, merge: &Merge) -> Result<usize> {
    let of = |conn: &mut Conn, id: CustomerId| -> Result<Vec<(i64, String, bool)>> {
        let own = addresses::table.filter(addresses::customer_id.eq(id)).order(addresses::id);
        Ok(own.select((addresses::id, addresses::address, addresses::is_default)).load(conn)?)
    };
    let known = of(conn, merge.survivor_id)?;
    let mut new = of(conn, merge.merged_id)?;
    new.retain(|(_, address, _)| known.iter().all(|(_, own, _)| own != address));
    let ids: Vec<i64> = new.iter().map(|(id, ..)| *id).collect();
    note(conn, merge.id, ADDRESSES, &ids)?;
    let first = known.is_empty();
    for (id, _, default) in new.iter().filter(|(.., default)| *default) {
        note(conn, merge.id, DEFAULTS, &[*id])?;
        diesel::update(addresses::table.find(*id)).set(addresses::is_default.eq(first && *default)).execute(conn)?;
    }
    diesel::update(addresses::table.filter(addresses::id.eq_any(ids))).set(addresses::customer_id.eq(merge.survivor_id)).execute(conn)?;
    Ok(new.len())
}

/// Moves the wishes that the survivor has not.
fn wished(conn: &mut Conn, merge: &Merge) -> Result<usize> {
    let moved = parts::wishes_beside(conn, merge.merged_id, merge.survivor_id)?;
    note(conn, merge.id, WISHES, &moved)?;
    parts::give_wishes(conn, &moved, merge.survivor_id)?;
    Ok(moved.len())
}

/// Moves what was decided about the merged one's offers. Where both have a decision the survivor's stands; but what one of them was given
/// is not taken away because the other is in the control group.
fn decided(conn: &mut Conn, merge: &Merge) -> Result<usize> {
    let of = |conn: &mut Conn, id: CustomerId| -> Result<Vec<(i64, Arm)>> {
        let own = decisions::table.filter(decisions::customer_id.eq(id)).order(decisions::promotion_id);
        Ok(own.select((decisions::promotion_id, decisions::arm)).load(conn)?)
    };
    let (own, other) = (of(conn, merge.survivor_id)?, of(conn, merge.merged_id)?);
    let (mut moved, mut exchanged) = (Vec::new(), Vec::new());
    for (offer, arm) in other {
        match own.iter().find(|(known, _)| *known == offer) {
            None => moved.push(offer),
            Some((_, Arm::Control)) if arm == Arm::Given => exchanged.push(offer),
            Some(_) => {}
        }
    }
    parts::give_decisions(conn, &moved, merge.merged_id, merge.survivor_id)?;
    parts::exchange_decisions(conn, &exchanged, merge.merged_id, merge.survivor_id)?;
    note(conn, merge.id, DECISIONS, &moved)?;
    note(conn, merge.id, EXCHANGED, &exchanged)?;
    Ok(moved.len() + exchanged.len())
}

/// How many rows of a customer who was merged are still theirs though they move with every merge.
pub fn left(conn: &mut Conn, id: CustomerId) -> Result<i64> {
    use crate::schema::{promotion_balances, store_credit_balances};
    let mut rows = 0;
    macro_rules! count {
        ($($table:ident),+) => {$(
            rows += $table::table.filter($table::customer_id.eq(id)).count().get_result::<i64>(conn)?;
        )+};
    }
    count!(orders, carts, store_credit_entries, promotion_movements, quotes, requisition_lists, sessions);
    let credit = store_credit_balances::table.filter(store_credit_balances::customer_id.eq(id));
    rows += credit.filter(store_credit_balances::balance.ne(0)).count().get_result::<i64>(conn)?;
    let uses = promotion_balances::table.filter(promotion_balances::customer_id.eq(id));
    rows += uses.filter(promotion_balances::uses.ne(0)).count().get_result::<i64>(conn)?;
    Ok(rows)
}
