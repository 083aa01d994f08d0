//! What the models learn from: who bought which product when. It is read again and again, a customer at a time, so that a shop of any
//! size fits into memory.

use crate::schema::{purchase_lines, purchases};
use diesel::dsl::max;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Db, Result};

/// Customers read at a time, by id.
const READ: i64 = 20_000;

/// A product of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Bought {
    pub customer: i64,
    pub order: i64,
    pub product: i64,
    pub at: Time,
}

/// Purchases that can be walked through.
pub trait Purchases {
    /// Calls `of` with the purchases of each customer, those of an order one after another. Stops at its first error.
    fn each(&self, of: &mut dyn FnMut(&[Bought]) -> Result<()>) -> Result<()>;
}

/// Purchases in memory, in the order of customers and their orders.
impl Purchases for [Bought] {
    fn each(&self, of: &mut dyn FnMut(&[Bought]) -> Result<()>) -> Result<()> {
        self.chunk_by(|one, next| one.customer == next.customer).try_for_each(of)
    }
}

/// The purchases of a shop. What comes while they are walked through is seen or not.
pub(super) struct Stored<'a>(pub &'a Db);

impl Stored<'_> {
    /// When the shop's last purchase was.
    pub fn last(&self) -> Result<Option<Time>> {
        self.0.read_now(|conn| Ok(purchases::table.select(max(purchases::purchased_at)).first(conn)?))
    }
}

impl Purchases for Stored<'_> {
    fn each(&self, of: &mut dyn FnMut(&[Bought]) -> Result<()>) -> Result<()> {
        let last: Option<i64> =
            self.0.read_now(|conn| Ok(purchase_lines::table.select(max(purchase_lines::customer_id)).first(conn)?))?;
        let mut from = 0;
        while from < last.unwrap_or(0) {
            let rows: Vec<Bought> = self.0.read_now(move |conn| {
                Ok(purchase_lines::table
                    .filter(purchase_lines::customer_id.gt(from).and(purchase_lines::customer_id.le(from + READ)))
                    .order((purchase_lines::customer_id, purchase_lines::order_id))
                    .select((
                        purchase_lines::customer_id,
                        purchase_lines::order_id,
                        purchase_lines::product_id,
                        purchase_lines::purchased_at,
                    ))
                    .load(conn)?)
            })?;
            rows.as_slice().each(of)?;
            from += READ;
        }
        Ok(())
    }
}

/// The purchases of `of` before `until`.
pub(super) struct Before<'a, P: Purchases + ?Sized> {
    pub of: &'a P,
    pub until: Time,
}

impl<P: Purchases + ?Sized> Purchases for Before<'_, P> {
    fn each(&self, of: &mut dyn FnMut(&[Bought]) -> Result<()>) -> Result<()> {
        let mut early = Vec::new();
        self.of.each(&mut |all| {
            early.clear();
            early.extend(all.iter().filter(|one| one.at < self.until));
            if early.is_empty() { Ok(()) } else { of(&early) }
        })
    }
}
