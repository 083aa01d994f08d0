//! Whether the rows say what the purchases do.

use super::{Buyer, Score, buyer};
use crate::CustomerId;
use crate::schema::{purchases, scores};
use crate::tickets::costs::{self, Service};
use diesel::prelude::*;
use kernel::{Conn, Result};

/// A customer, what is stored of them, what their purchases make, and what service cost for them.
pub type Proof = (CustomerId, Option<Score>, Option<Buyer>, Service);

/// The next customers with purchases or a score, after `after` by id.
pub fn proofs(conn: &mut Conn, after: CustomerId, limit: i64) -> Result<Vec<Proof>> {
    let bought = purchases::table.filter(purchases::customer_id.gt(after)).select(purchases::customer_id).distinct();
    let mut ids: Vec<CustomerId> = bought.order(purchases::customer_id).limit(limit).load(conn)?;
    // Of the scores only as far as the purchases reach, so that neither runs ahead of the other.
    let reached = ids.last().copied().filter(|_| ids.len() as i64 >= limit).unwrap_or(CustomerId(i64::MAX));
    let scored: Vec<CustomerId> = scores::table
        .filter(scores::customer_id.gt(after).and(scores::customer_id.le(reached)))
        .order(scores::customer_id)
        .limit(limit)
        .select(scores::customer_id)
        .load(conn)?;
    if let Some(reached) = scored.last().copied().filter(|_| scored.len() as i64 >= limit) {
        ids.retain(|id| *id <= reached);
    }
    ids.extend(scored);
    ids.sort_unstable();
    ids.dedup();
    let mut proofs = Vec::with_capacity(ids.len());
    for id in ids {
        let score = super::of(conn, id)?;
        let currency = score.as_ref().map_or("", |score| score.currency.as_str()).to_string();
        proofs.push((id, score, buyer(conn, id, &currency)?, costs::of_customer(conn, id, &currency)?));
    }
    Ok(proofs)
}
