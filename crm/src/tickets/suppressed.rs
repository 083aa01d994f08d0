//! While somebody waits for the shop to put something right, nobody shows them new promotions.

use super::{Kind, Status};
use crate::CustomerId;
use crate::disputes;
use crate::schema::tickets;
use diesel::prelude::*;
use kernel::{Conn, Result, on_each, words};
use std::collections::BTreeSet;

words!(
    /// Why a customer is shown no new promotion.
    Reason {
        /// They complained, and it is not settled.
        Complaint = "complaint",
        /// They ask where their parcel is.
        Parcel = "parcel",
        /// They dispute a payment with their bank.
        Dispute = "dispute",
    }
);

/// Why no new promotion is shown to a customer now; `None` when nothing stands against it.
pub fn suppressed(conn: &mut Conn, customer: CustomerId) -> Result<Option<Reason>> {
    // A complaint of its own may outlast the ticket that it was opened from.
    let disputed = disputes::open_with(conn, customer)?;
    if disputed.contains(&disputes::Kind::Payment) {
        return Ok(Some(Reason::Dispute));
    }
    if !disputed.is_empty() {
        return Ok(Some(Reason::Complaint));
    }
    let kinds: Vec<Kind> = on_each!(conn, c => tickets::table
        .filter(tickets::customer_id.eq(customer))
        .filter(tickets::status.ne(Status::Solved))
        .filter(tickets::kind.eq(Kind::Complaint).or(tickets::kind.eq(Kind::WhereIsIt)))
        .order(tickets::id)
        .select(tickets::kind)
        .load(c))?;
    Ok(match kinds.as_slice() {
        [] => None,
        kinds if kinds.contains(&Kind::Complaint) => Some(Reason::Complaint),
        _ => Some(Reason::Parcel),
    })
}

/// Those of `customers` who wait for the shop to put something right: [`suppressed`] of many at once, without the reason.
pub fn suppressed_among(conn: &mut Conn, customers: &[CustomerId]) -> Result<BTreeSet<CustomerId>> {
    let mut found: BTreeSet<CustomerId> = disputes::open_among(conn, customers)?.into_iter().collect();
    let open = tickets::table
        .filter(tickets::customer_id.eq_any(customers.to_vec()))
        .filter(tickets::status.ne(Status::Solved))
        .filter(tickets::kind.eq(Kind::Complaint).or(tickets::kind.eq(Kind::WhereIsIt)));
    found.extend(open.select(tickets::customer_id).load::<Option<CustomerId>>(conn)?.into_iter().flatten());
    Ok(found)
}
