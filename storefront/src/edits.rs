//! Staff change a confirmed order before it is shipped: goods, quantities, address, delivery. What it comes to is shown before it is
//! confirmed and figured the same way when it is made, in one commit.
//!
//! The order's lines and sums become those of the order as it is then; what it was stands in the record of the change. Prices stay as
//! they were frozen, and no promotion is decided anew. Money follows the new total: what was taken beyond it goes back as a surplus
//! refund that names no line, what is held beyond it is not captured, and what is missing is asked for by a payment of its own.

mod apply;
mod change;
mod figures;
mod plan;
mod taxing;

pub use apply::{Expected, edit};
pub use change::LineChange;
pub use figures::Amounts;
pub use plan::{Plan, Short, Sums, preview};
pub use taxing::deliveries;

use crate::address::Address;
use crate::ids::{OrderEditId, OrderId, OrderLineId, ShippingRateId, VariantId};
use crate::imports::IMPORT;
use crate::orders::{Order, OrderLine, OrderStatus};
use crate::payments;
use crate::refunds;
use crate::schema::order_edits;
use crate::units::Measure;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};

/// What staff want of an order. What is not named stays as it is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Wish {
    /// How many units of a line are still to be sent. Those that were sent, cancelled or refunded stay; a line of which nothing is left
    /// is taken off.
    pub open: Vec<(OrderLineId, i64)>,
    /// Units of variants to add as new lines.
    pub added: Vec<(VariantId, i64)>,
    /// Where the goods go. Of the same country: taxes depend on it.
    pub address: Option<Address>,
    /// Another delivery, at its price of today.
    pub rate: Option<ShippingRateId>,
    /// How a balance is to be paid: the name of a way to pay that the shop offers.
    pub method: String,
    /// Why, for the shop's own eyes.
    pub reason: String,
}

/// What a change did to one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub line: i64,
    pub title: String,
    pub options: String,
    pub sku: String,
    pub before: Amounts,
    pub after: Amounts,
    /// In what it is counted.
    #[serde(default)]
    pub measure: Measure,
}

/// Everything a change did, as its record keeps it. No address is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    pub lines: Vec<Changed>,
    pub address: bool,
    /// The delivery before and after, when it is another.
    pub delivery: Option<(String, String)>,
}

/// A change that was made. Amounts are minor units of the order's currency.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = order_edits)]
pub struct Edit {
    pub id: OrderEditId,
    pub order_id: OrderId,
    pub total_before: i64,
    pub total_after: i64,
    pub tax_before: i64,
    pub tax_after: i64,
    /// What was missing to the new total when it was made.
    pub due: i64,
    /// What it gave back.
    pub given_back: i64,
    changes: String,
    pub reason: String,
    pub actor: String,
    pub created_at: Time,
}

impl Edit {
    pub fn changes(&self) -> Result<Changes> {
        Ok(serde_json::from_str(&self.changes)?)
    }
}

/// The changes of an order, oldest first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Edit>> {
    Ok(order_edits::table.filter(order_edits::order_id.eq(order)).order(order_edits::id).select(Edit::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: OrderEditId) -> Result<Edit> {
    Ok(order_edits::table.find(id).select(Edit::as_select()).first(conn)?)
}

/// Whether an order is not as it was placed.
pub fn edited(conn: &mut Conn, order: OrderId) -> Result<bool> {
    let found: Option<OrderEditId> =
        order_edits::table.filter(order_edits::order_id.eq(order)).select(order_edits::id).first(conn).optional()?;
    Ok(found.is_some())
}

/// Whether the way to the form is to be shown: the order stands, was placed here, and not all of it was sent.
pub fn editable(order: &Order, lines: &[OrderLine]) -> bool {
    order.status == OrderStatus::Confirmed && order.source != IMPORT && lines.iter().any(|line| line.open() > 0)
}

/// Refuses what cannot be changed, and what cannot be changed just now: money that is on its way would not know of the new total.
fn guard(conn: &mut Conn, order: &Order, lines: &[OrderLine]) -> Result<()> {
    if !editable(order, lines) {
        return Err(Error::conflict("order-edit-closed"));
    }
    if payments::capturing(conn, order.id)? {
        return Err(Error::conflict("order-edit-capturing"));
    }
    for refund in refunds::of_order(conn, order.id)?.iter().filter(|refund| !refund.surplus) {
        match refund.state {
            payments::WishState::Failed => {}
            payments::WishState::Requested => return Err(Error::conflict("order-edit-refunding")),
            payments::WishState::Settled => {
                if refunds::nameless(conn, refund)? && !payments::has_case(conn, refund.payment_id)? {
                    return Err(Error::conflict("order-edit-refunded-outside"));
                }
            }
        }
    }
    Ok(())
}
