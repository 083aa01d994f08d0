//! What would go back if a merge were undone: the orders that moved with it, and those placed since under an address of the one who was
//! merged.

use super::ORDERS;
use crate::ids::OrderId;
use crate::schema::{carts, orders, payments, store_credit_entries as entries};
use crm::identities;
use crm::merges::{self, Merge};
use diesel::prelude::*;
use kernel::{Conn, Result, mail};

use super::parts::TOGETHER;
use super::{CARTS, CREDIT};
use crate::carts::CartState;

/// Orders by id, those that moved and those placed since.
pub(super) struct Going {
    pub moved: Vec<OrderId>,
    pub since: Vec<OrderId>,
    /// The mail addresses by which the merged one is known, in lower case.
    emails: Vec<String>,
}

impl Going {
    pub fn of(conn: &mut Conn, merge: &Merge) -> Result<Going> {
        let emails: Vec<String> = identities::emails(conn, merge.merged_id)?.iter().map(|email| email.to_lowercase()).collect();
        let moved: Vec<OrderId> = merges::noted(conn, merge.id, ORDERS)?.into_iter().map(OrderId).collect();
        let since: Vec<(OrderId, String)> = orders::table
            .filter(orders::customer_id.eq(merge.survivor_id))
            .filter(orders::placed_at.gt(merge.merged_at))
            .order(orders::id)
            .select((orders::id, orders::email))
            .load(conn)?;
        let theirs = |(id, email): &(OrderId, String)| emails.contains(&email.to_lowercase()) && !moved.contains(id);
        let since = since.iter().filter(|row| theirs(row)).map(|(id, _)| *id).collect();
        Ok(Going { moved, since, emails })
    }

    pub fn orders(&self) -> Vec<i64> {
        self.moved.iter().chain(&self.since).map(|id| id.0).collect()
    }

    /// The carts: those that moved and became no order, and those that the orders came from.
    pub fn carts(&self, conn: &mut Conn, merge: &Merge) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        for some in merges::noted(conn, merge.id, CARTS)?.chunks(TOGETHER) {
            let left = carts::table.filter(carts::id.eq_any(some.to_vec())).filter(carts::state.ne(CartState::Placed));
            found.extend(left.select(carts::id).load::<i64>(conn)?);
        }
        for some in self.orders().chunks(TOGETHER) {
            let of = orders::table.filter(orders::id.eq_any(some.to_vec())).select(orders::cart_id);
            found.extend(of.load::<Option<i64>>(conn)?.into_iter().flatten());
        }
        Ok(found)
    }

    /// The entries of store credit: those that moved, and what the orders spent and brought back since.
    pub fn credit(&self, conn: &mut Conn, merge: &Merge) -> Result<Vec<i64>> {
        let mut found = merges::noted(conn, merge.id, CREDIT)?;
        for some in self.orders().chunks(TOGETHER) {
            let of = entries::table
                .inner_join(payments::table.on(entries::payment_id.eq(payments::id.nullable())))
                .filter(payments::order_id.eq_any(some.to_vec()))
                .filter(entries::customer_id.eq(merge.survivor_id));
            found.extend(of.select(entries::id).load::<i64>(conn)?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The rows of the timeline that tell of mails to an address of the merged one since.
    pub fn mails(&self, conn: &mut Conn, merge: &Merge) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        for (row, id) in merges::mails_since(conn, merge)? {
            if mail::get(conn, id).is_ok_and(|mail| self.emails.contains(&mail.recipient.to_lowercase())) {
                found.push(row);
            }
        }
        Ok(found)
    }
}
