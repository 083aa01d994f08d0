//! Deposits: the part of an order on account that a company pays before its goods leave. It is a part of what is open of the order, with a due
//! date of its own, and follows from what the order comes to and what was paid of it.

use super::follow::{Receivable, find};
use crate::ids::OrderId;
use crate::orders;
use crate::schema::receivables;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::scale;
use kernel::{Conn, Error, Result, prepared};

/// The longest reason, in characters.
const LONGEST: usize = 300;

/// What staff agree with a company about deposits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deposit {
    /// The share of what is bought on account, in basis points; zero asks for none.
    pub bp: i64,
    /// Days from the order to its due date.
    pub days: i64,
}

impl Receivable {
    /// Whether the goods wait for the deposit.
    pub fn holds(&self) -> bool {
        self.deposit_open > 0 && self.deposit_released.is_empty()
    }
}

/// What the deposit of an order comes to of which `open` is owed and `paid` was paid, and what of it is missing. Money that was given back was
/// paid all the same: the goods need not wait again. What was credited before it was paid is in neither.
pub fn deposit_figures(bp: i64, open: i64, paid: i64) -> (i64, i64) {
    let asked = scale(open + paid, bp, 10_000);
    (asked, (asked - paid).max(0))
}

/// Makes the deposit of an order what its payments say, in the transaction that changes them.
pub(super) fn follow(conn: &mut Conn, before: &Receivable, open: i64, paid: i64) -> Result<()> {
    let (asked, missing) = deposit_figures(before.deposit_bp, open, paid);
    if (asked, missing) == (before.deposit, before.deposit_open) {
        return Ok(());
    }
    let update = diesel::update(receivables::table.find(before.order_id))
        .set((receivables::deposit.eq(asked), receivables::deposit_open.eq(missing)));
    prepared!(conn, update => execute)?;
    Ok(())
}

/// The deposit for which the goods of an order wait; none for an order whose goods may leave.
pub fn waits(conn: &mut Conn, order: OrderId) -> Result<Option<Receivable>> {
    Ok(find(conn, order)?.filter(Receivable::holds))
}

/// What an order asks for in advance and until when, for its invoice; zero for none.
pub(crate) fn in_advance(conn: &mut Conn, order: OrderId) -> Result<(i64, String)> {
    let found = find(conn, order)?.filter(|found| found.deposit_open > 0);
    Ok(found.map(|found| (found.deposit_open, found.deposit_due_on)).unwrap_or_default())
}

/// Lets the goods of an order leave before its deposit is paid, `seen` being the order's version on the form. What is owed stays owed. `Conflict`
/// when they wait for none.
pub fn release(conn: &mut Conn, order: OrderId, seen: i64, reason: &str, actor: &str, now: Time) -> Result<Receivable> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => return Err(Error::field("reason", "deposit-release-reason")),
        1..=LONGEST => {}
        _ => return Err(Error::field("reason", "admin-too-long")),
    }
    orders::lock_seen(conn, order, seen, now)?;
    let Some(held) = waits(conn, order)? else { return Err(Error::conflict("deposit-nothing-waits")) };
    let update = diesel::update(receivables::table.find(order)).set(receivables::deposit_released.eq(reason));
    prepared!(conn, update => execute)?;
    orders::note(conn, order, "deposit_released", reason, actor, now)?;
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::deposit_figures;

    #[test]
    fn a_deposit_is_a_share_of_what_is_bought_on_account() {
        assert_eq!(deposit_figures(0, 1690, 0), (0, 0));
        assert_eq!(deposit_figures(3000, 1690, 0), (507, 507));
        assert_eq!(deposit_figures(3000, 1290, 400), (507, 107));
        assert_eq!(deposit_figures(3000, 1183, 507), (507, 0));
        // An order that came to less afterwards asks for no more than it has.
        assert_eq!(deposit_figures(3000, 0, 507), (152, 0));
        assert_eq!(deposit_figures(10_000, 1690, 0), (1690, 1690));
    }
}
