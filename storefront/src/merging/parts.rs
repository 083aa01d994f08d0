//! Steps that merging and undoing share.

use crate::schema::{offer_decisions as decisions, wish_list_items as wishes};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Rows of one statement: far below the parameters that a database takes.
pub(super) const TOGETHER: usize = 500;

/// Makes the decisions about these offers somebody else's.
pub(super) fn give_decisions(conn: &mut Conn, offers: &[i64], from: CustomerId, to: CustomerId) -> Result<()> {
    for some in offers.chunks(TOGETHER) {
        let own = decisions::customer_id.eq(from).and(decisions::promotion_id.eq_any(some.to_vec()));
        diesel::update(decisions::table.filter(own)).set(decisions::customer_id.eq(to)).execute(conn)?;
    }
    Ok(())
}

/// The wishes of `one` for products that `other` does not wish for, by row.
pub(super) fn wishes_beside(conn: &mut Conn, one: CustomerId, other: CustomerId) -> Result<Vec<i64>> {
    let known: Vec<i64> = wishes::table.filter(wishes::customer_id.eq(other)).select(wishes::product_id).load(conn)?;
    let own: Vec<(i64, i64)> =
        wishes::table.filter(wishes::customer_id.eq(one)).order(wishes::id).select((wishes::id, wishes::product_id)).load(conn)?;
    Ok(own.into_iter().filter(|(_, product)| !known.contains(product)).map(|(id, _)| id).collect())
}

/// Makes these wishes somebody's.
pub(super) fn give_wishes(conn: &mut Conn, rows: &[i64], to: CustomerId) -> Result<()> {
    for some in rows.chunks(TOGETHER) {
        diesel::update(wishes::table.filter(wishes::id.eq_any(some.to_vec()))).set(wishes::customer_id.eq(to)).execute(conn)?;
    }
    Ok(())
}

/// What was decided, without for whom.
type Decision = (String, Option<i64>, String, Time, Option<Time>);

/// Lets two customers exchange what was decided about these offers; doing it again undoes it.
pub(super) fn exchange_decisions(conn: &mut Conn, offers: &[i64], one: CustomerId, other: CustomerId) -> Result<()> {
    for offer in offers {
        let columns = (decisions::arm, decisions::product_id, decisions::reason, decisions::decided_at, decisions::ends_at);
        let of = |conn: &mut Conn, id: CustomerId| -> Result<Option<Decision>> {
            Ok(decisions::table.find((*offer, id)).select(columns).first(conn).optional()?)
        };
        let (Some(first), Some(second)) = (of(conn, one)?, of(conn, other)?) else { continue };
        for (id, (arm, product, reason, decided_at, ends_at)) in [(one, second), (other, first)] {
            diesel::update(decisions::table.find((*offer, id)))
                .set((
                    decisions::arm.eq(arm),
                    decisions::product_id.eq(product),
                    decisions::reason.eq(reason),
                    decisions::decided_at.eq(decided_at),
                    decisions::ends_at.eq(ends_at),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}
