//! Releasing money that is held for an order, before any of it was taken (a void).

use super::{Payment, PaymentState, WishState, get, request_void};
use crate::ids::PaymentId;
use crate::orders;
use crate::schema::captures;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// Whether staff may release what is held: nothing of it was taken or is about to be.
pub fn releasable(conn: &mut Conn, payment: &Payment) -> Result<bool> {
    if payment.state != PaymentState::Authorised || payment.captured > 0 {
        return Ok(false);
    }
    let asked = captures::table.filter(captures::payment_id.eq(payment.id)).filter(captures::state.ne(WishState::Failed));
    Ok(asked.count().get_result::<i64>(conn)? == 0)
}

/// Asks for the release of a held payment; a job tells the provider. The order stands and asks for its money anew. `Conflict` when there
/// is nothing to release any more.
pub fn request_release(conn: &mut Conn, id: PaymentId, actor: &str, now: Time) -> Result<()> {
    let order = get(conn, id)?.order_id;
    orders::lock(conn, order, now)?;
    let payment = get(conn, id)?;
    if !releasable(conn, &payment)? {
        return Err(Error::conflict("release-nothing-left"));
    }
    orders::note(conn, order, "release_requested", &payment.authorised.to_string(), actor, now)?;
    request_void(conn, &payment, now)
}
