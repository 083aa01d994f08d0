//! Whether the numbers that stand for others are those that merges say, and hold nothing themselves.

use crate::CustomerId;
use crate::schema::{
    activities, consents, customer_tasks, customers, disputes, identity_edges, mail_frequencies, merges, opportunities,
    opportunity_activities, purchase_lines, purchases, scores, segment_states, tickets, trails,
};
use diesel::prelude::*;
use kernel::{Conn, Result};

/// A customer who was merged: whom their row names, whom the standing merge names, and how many rows of the memory are still theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub merged: CustomerId,
    pub into: Option<CustomerId>,
    pub by_merge: Option<CustomerId>,
    pub rows: i64,
}

/// The next customers who were merged, by the row or by a merge that stands, after `after` by number.
pub fn standing(conn: &mut Conn, after: CustomerId, limit: i64) -> Result<Vec<Standing>> {
    let by_row = customers::table.filter(customers::merged_into.is_not_null()).filter(customers::id.gt(after));
    let mut ids: Vec<CustomerId> = by_row.order(customers::id).limit(limit).select(customers::id).load(conn)?;
    let by_merge = merges::table.filter(merges::undone_at.is_null()).filter(merges::merged_id.gt(after));
    ids.extend(by_merge.order(merges::merged_id).limit(limit).select(merges::merged_id).load::<CustomerId>(conn)?);
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(usize::try_from(limit).unwrap_or(0));
    ids.into_iter().map(|id| one(conn, id)).collect()
}

fn one(conn: &mut Conn, id: CustomerId) -> Result<Standing> {
    let into: Option<CustomerId> = customers::table.find(id).select(customers::merged_into).first(conn)?;
    let by_merge = merges::table.filter(merges::merged_id.eq(id)).filter(merges::undone_at.is_null());
    let by_merge: Option<CustomerId> = by_merge.select(merges::survivor_id).first(conn).optional()?;
    let mut rows = 0;
    macro_rules! count {
        ($($table:ident),+) => {$(
            rows += $table::table.filter($table::customer_id.eq(id)).count().get_result::<i64>(conn)?;
        )+};
    }
    count!(
        purchases,
        purchase_lines,
        activities,
        consents,
        customer_tasks,
        disputes,
        tickets,
        trails,
        identity_edges,
        mail_frequencies,
        opportunities,
        opportunity_activities,
        scores
    );
    let member = segment_states::table.filter(segment_states::customer_id.eq(id)).filter(segment_states::member.eq(true));
    rows += member.count().get_result::<i64>(conn)?;
    Ok(Standing { merged: id, into, by_merge, rows })
}
