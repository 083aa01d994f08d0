//! Whether the rows say what the rules do.

use super::{SegmentId, State, store};
use crate::CustomerId;
use crate::rules::{Among, Dialect, Fragment, compile};
use crate::schema::{customers, segment_states, segments};
use diesel::dsl::{exists, max, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use kernel::clock::Time;
use kernel::{Conn, Result};

/// The most wrong rows that are named.
const NAMED: i64 = 20;

/// A segment whose rows may be believed, with those that are wrong: a customer and whether they are a member by the rule.
#[derive(Clone, Debug)]
pub struct Proof {
    pub segment: SegmentId,
    pub name: String,
    /// Customers that were looked at.
    pub checked: i64,
    pub wrong: Vec<(CustomerId, bool)>,
}

#[derive(QueryableByName)]
struct Wrong {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Bool)]
    member: bool,
}

/// Compares every segment with a full evaluation of its rule now. Rows past their time are asked by whoever reads them, and are right
/// whatever they say.
pub fn proofs(conn: &mut Conn, now: Time) -> Result<Vec<Proof>> {
    let (all, others) = (store::list(conn)?, store::others(conn)?);
    let checked: i64 = customers::table.filter(customers::merged_into.is_null()).count().get_result(conn)?;
    let mut proofs = Vec::new();
    for segment in all.into_iter().filter(|segment| segment.state == State::Built) {
        // Rows that were written after `now`, by a machine whose clock is ahead, are compared as of then.
        let own = segment_states::table.filter(segment_states::segment_id.eq(segment.id));
        let written: Option<Time> = own.select(max(segment_states::since)).first(conn)?;
        let begun: Option<Time> = segments::table.find(segment.id).select(segments::begun_at).first(conn)?;
        let now = written.into_iter().chain(begun).fold(now, Time::max);
        let compiled = compile(Dialect::of(conn), &*segment.rule()?, &others, Among::Everybody, now);
        let mut sql = Fragment::of("SELECT f.id AS id, f.member AS member FROM (");
        sql.add(compiled.query()).push(") f LEFT JOIN segment_states s ON s.customer_id = f.id AND s.segment_id = ").int(segment.id.0);
        sql.push(" WHERE f.member <> COALESCE(s.member, FALSE) AND (s.changes_at IS NULL OR s.changes_at > ").time(now);
        sql.push(") ORDER BY f.id LIMIT ").int(NAMED);
        let mut wrong: Vec<(CustomerId, bool)> = sql.load::<Wrong>(conn)?.into_iter().map(|row| (CustomerId(row.id), row.member)).collect();
        let own = customers::table.filter(customers::id.eq(segment_states::customer_id)).filter(customers::merged_into.is_null());
        let strangers: Vec<CustomerId> = segment_states::table
            .filter(segment_states::segment_id.eq(segment.id))
            .filter(segment_states::member.eq(true))
            .filter(not(exists(own)))
            .limit(NAMED)
            .select(segment_states::customer_id)
            .load(conn)?;
        wrong.extend(strangers.into_iter().map(|customer| (customer, false)));
        proofs.push(Proof { segment: segment.id, name: segment.name, checked, wrong });
    }
    Ok(proofs)
}
