//! Who was in a segment at a moment gone by: who is in it now, but for whom the history tells otherwise.

use super::{SegmentId, read};
use crate::CustomerId;
use crate::schema::segment_history as history;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::{HashMap, HashSet};

/// A segment as it was. True as far back as its history is kept.
pub struct Past {
    segment: SegmentId,
    /// Who came or went since, and whether they were in it.
    moved: HashMap<CustomerId, bool>,
}

/// Reads what happened to a segment since `at`.
pub fn past(conn: &mut Conn, segment: SegmentId, at: Time) -> Result<Past> {
    let rows: Vec<(CustomerId, bool)> = history::table
        .filter(history::segment_id.eq(segment))
        .filter(history::happened_at.gt(at))
        .order(history::id)
        .select((history::customer_id, history::entered))
        .load(conn)?;
    let mut moved = HashMap::new();
    for (customer, entered) in rows {
        moved.entry(customer).or_insert(!entered);
    }
    Ok(Past { segment, moved })
}

impl Past {
    /// Which of these were in it.
    pub fn among(&self, conn: &mut Conn, customers: &[CustomerId], now: Time) -> Result<HashSet<CustomerId>> {
        let stayed: Vec<CustomerId> = customers.iter().copied().filter(|customer| !self.moved.contains_key(customer)).collect();
        let mut found: HashSet<CustomerId> =
            read::among_these(conn, &stayed, &[self.segment], now)?.into_iter().map(|(customer, _)| customer).collect();
        found.extend(customers.iter().copied().filter(|customer| self.moved.get(customer) == Some(&true)));
        Ok(found)
    }
}
