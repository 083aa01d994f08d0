//! Invoices and credit notes: numbered without gaps, and frozen, so that a copy printed years later says the same.
//!
//! The invoice is issued in the transaction that confirms the order, or in the one that books its last payment when the shop chose
//! so. A credit note is issued in the transaction that books a refund as done; a cancelled order is credited whole at once, and its
//! refunds get no note of their own. When staff change an invoiced order, its invoice is credited whole and another one is issued over
//! what the order comes to by then, less what earlier refunds were credited for. A refund that fails after it was credited is made up
//! for in the same way. What was sold in another shop was invoiced there.

mod content;
mod issue;
pub mod print;
mod reissue;
pub mod ubl;

pub use content::{Content, Line, RateRow, Reference, Shipping};
pub(crate) use issue::find_invoice;
pub use issue::{can_issue, credit_refund, credit_rest, issue_invoice, on_confirmation, on_payment};
pub(crate) use reissue::{reissue, uncredit_refund};

use crate::ids::{DocumentId, OrderId, RefundId};
use crate::schema::documents;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each, words};

words!(
    /// Which of the two a document is. Each has a series of numbers of its own.
    Kind { Invoice = "invoice", CreditNote = "credit_note" }
);

/// An issued document. Nothing of it ever changes.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = documents)]
pub struct Document {
    pub id: DocumentId,
    pub kind: Kind,
    /// Its place in the series, from 1 on.
    pub number: i64,
    /// The number as it is printed.
    pub label: String,
    pub order_id: OrderId,
    /// The invoice that a credit note takes back, in part or whole.
    pub invoice_id: Option<DocumentId>,
    /// The refund a credit note is about; none when the order was cancelled.
    pub refund_id: Option<RefundId>,
    pub currency: String,
    /// Minor units; of a credit note what is taken back.
    pub tax: i64,
    pub total: i64,
    content: String,
    pub issued_at: Time,
}

impl Document {
    /// What stands on it.
    pub fn content(&self) -> Result<Content> {
        serde_json::from_str(&self.content).map_err(|error| Error::unexpected(format!("document {} does not read: {error}", self.label)))
    }

    /// The total, tax included.
    pub fn money(&self) -> Result<Money> {
        Ok(Money::new(self.total, self.currency()?))
    }

    /// What its amounts are in.
    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("document {} has currency {}", self.label, self.currency)))
    }
}

/// The documents of an order, oldest first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Document>> {
    Ok(
        on_each!(conn, c => documents::table.filter(documents::order_id.eq(order)).order(documents::id).select(Document::as_select()).load(c))?,
    )
}

/// A document of an order; that of another order is `NotFound`.
pub fn get_of(conn: &mut Conn, order: OrderId, id: DocumentId) -> Result<Document> {
    Ok(documents::table.find(id).filter(documents::order_id.eq(order)).select(Document::as_select()).first(conn)?)
}
