//! Undoing a merge.

use super::going::Going;
use super::parts::{self, TOGETHER};
use super::{ADDRESSES, DECISIONS, DEFAULTS, EXCHANGED, QUOTES, REQUISITIONS, WISHES, balances};
use crate::ids::OrderId;
use crate::orders as shop_orders;
use crate::schema::{addresses, carts, orders, promotion_movements, quotes, requisition_lists, sessions, store_credit_entries as entries};
use crm::activities::Kind;
use crm::merges::{self, Merge, MergeId, noted};
use crm::{CustomerId, customers, identities};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::said;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result};
use serde::Serialize;

/// Orders named one by one.
const NAMED: usize = 20;

/// What undoing a merge would do, before anybody confirms it.
#[derive(Clone, Debug, Serialize)]
pub struct Undoing {
    pub merge: MergeId,
    pub merged: CustomerId,
    /// What to call the one who was merged, and their mail address.
    pub name: String,
    pub email: String,
    /// Why it cannot be done now, as the key of a text; with its arguments it may follow only when it is tried.
    pub hindered: Option<&'static str>,
    /// How many rows of each kind were moved.
    pub rows: Vec<(String, i64)>,
    /// Orders that moved, and the numbers of the first that were placed since under the merged one's address: they go back.
    pub orders: usize,
    pub since: Vec<String>,
}

/// Figures what undoing a merge into `survivor` would do. `NotFound` when there is no such merge.
pub fn undoing(conn: &mut Conn, id: MergeId, survivor: CustomerId) -> Result<Undoing> {
    let merge = merges::get(conn, id)?;
    if merge.survivor_id != survivor {
        return Err(Error::NotFound);
    }
    let merged = customers::get(conn, merge.merged_id)?;
    let going = Going::of(conn, &merge)?;
    let named: Vec<OrderId> = going.since.iter().take(NAMED).copied().collect();
    let mut since: Vec<String> = shop_orders::numbers(conn, &named)?.into_values().collect();
    since.sort();
    let rows = merges::counts(conn, id)?.into_iter().filter(|(place, _)| !place.contains(' ')).collect();
    Ok(Undoing {
        merge: id,
        merged: merged.id,
        name: merged.name,
        email: merged.email,
        hindered: merges::hinders_back(conn, &merge)?,
        rows,
        orders: going.moved.len(),
        since,
    })
}

/// Undoes a merge: both customers are as they were, and what came since is the survivor's but for orders under an address of the other.
/// `Conflict` when something hinders it, `Invalid` without a reason. Nothing of it may be committed after an error.
pub fn undo(conn: &mut Conn, id: MergeId, reason: &str, actor: &str, now: Time) -> Result<Merge> {
    let merge = merges::begin_back(conn, id, reason, actor, now)?;
    let (from, to) = (merge.survivor_id, merge.merged_id);
    let going = Going::of(conn, &merge)?;
    let (ids, mails) = (going.orders(), going.mails(conn, &merge)?);
    let (baskets, credit) = (going.carts(conn, &merge)?, going.credit(conn, &merge)?);
    macro_rules! gave {
        ($table:ident, $ids:expr) => {
            for some in $ids.chunks(TOGETHER) {
                let rows = $table::table.filter($table::id.eq_any(some.to_vec())).filter($table::customer_id.eq(from));
                diesel::update(rows).set($table::customer_id.eq(to)).execute(conn)?;
            }
        };
    }
    gave!(orders, ids);
    gave!(carts, baskets);
    gave!(entries, credit);
    for some in ids.chunks(TOGETHER) {
        let uses = promotion_movements::order_id.eq_any(some.to_vec()).and(promotion_movements::customer_id.eq(from));
        diesel::update(promotion_movements::table.filter(uses)).set(promotion_movements::customer_id.eq(to)).execute(conn)?;
    }
    gave!(addresses, noted(conn, id, ADDRESSES)?);
    gave!(requisition_lists, noted(conn, id, REQUISITIONS)?);
    gave!(quotes, noted(conn, id, QUOTES)?);
    book(conn, &merge)?;
    // A wish that came to the list of the merged one meanwhile stands there once.
    let (free, moved) = (parts::wishes_beside(conn, from, to)?, noted(conn, id, WISHES)?);
    let wishes: Vec<i64> = moved.into_iter().filter(|row| free.contains(row)).collect();
    parts::give_wishes(conn, &wishes, to)?;
    let (given, exchanged) = (noted(conn, id, DECISIONS)?, noted(conn, id, EXCHANGED)?);
    parts::give_decisions(conn, &given, from, to)?;
    parts::exchange_decisions(conn, &exchanged, from, to)?;
    let own = identities::all(conn, to)?;
    let theirs = sessions::customer_id.eq(from).and(sessions::login_id.eq_any(own).assume_not_null());
    diesel::update(sessions::table.filter(theirs)).set(sessions::customer_id.eq(to)).execute(conn)?;
    balances::promotions(conn, [from, to])?;
    if let Some((customer, missing)) = balances::credit(conn, [from, to])? {
        let whose = customers::called(conn, customer)?;
        let amount = format!("{} {}", missing.decimal(), missing.currency.code());
        return Err(Error::conflict(said("merge-undo-credit", &[("name", &whose), ("amount", &amount)])));
    }
    merges::give_back(conn, &merge, &ids, &mails, now)?;
    merges::settle(conn, &merge, Some(Kind::Parted), now)?;
    let event = Event::CustomersParted { merge: id.0, merged: to.0, survivor: from.0 };
    events::record(conn, "merges", &format!("parted:{id}"), &event, now)?;
    Ok(merge)
}

/// The default address of each is again the one it was; an address that the survivor chose since stays chosen.
fn book(conn: &mut Conn, merge: &Merge) -> Result<()> {
    for id in noted(conn, merge.id, DEFAULTS)? {
        let own = addresses::table.find(id).filter(addresses::customer_id.eq(merge.merged_id));
        diesel::update(own).set(addresses::is_default.eq(true)).execute(conn)?;
    }
    Ok(())
}
