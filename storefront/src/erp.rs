//! What a merchant's ERP (enterprise resource planning) and the shop tell each other: orders go out in the order of their changes ([`feed`]); stock,
//! prices, customers and companies come in, many rows at once. A row says how something is to be, so that the same row twice changes nothing, and a
//! row that is refused changes nothing and keeps no other.

mod companies;
mod customers;
pub mod feed;
pub mod files;
mod prices;
pub mod refs;
mod stock;

pub use companies::{CompanyRow, companies};
pub use customers::{CustomerRow, customers};
pub use prices::{PriceRow, prices};
pub use stock::{StockRow, stock};

use kernel::clock::Time;
use kernel::db::savepoint;
use kernel::{Conn, Error, Result, words};
use serde::Serialize;
use serde_json::Value;

/// Rows of one call.
pub const MOST: usize = 1000;
/// Whose numbers external ids are where a call does not say.
pub const SYSTEM: &str = "erp";

words!(
    /// What a row did.
    Became { Created = "created", Changed = "changed", Unchanged = "unchanged" }
);

/// What became of a row: or why it was refused, as the key of a text or what [`kernel::error::said`] made.
pub type Done = std::result::Result<Became, String>;

/// A change, as the audit log keeps it.
pub struct Note<'a> {
    pub action: &'a str,
    pub subject: &'a str,
    pub before: &'a Value,
    pub after: &'a Value,
}

/// Who brings rows, and when.
pub struct Act<'a> {
    /// Whose numbers external ids are.
    pub system: &'a str,
    /// The name for histories.
    pub actor: &'a str,
    /// The key of what must not be done twice.
    pub once: &'a str,
    pub now: Time,
    /// Records a change in the transaction that makes it.
    pub record: &'a dyn Fn(&mut Conn, &Note<'_>) -> Result<()>,
}

impl Act<'_> {
    fn note(&self, conn: &mut Conn, action: &str, subject: &str, before: &impl Serialize, after: &impl Serialize) -> Result<()> {
        let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
        (self.record)(conn, &Note { action, subject, before: &before, after: &after })
    }
}

/// Does what a row asks for; what is refused is undone and told, what is broken ends the call.
fn tried(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<Became>) -> Result<Done> {
    match savepoint(conn, f) {
        Ok(became) => Ok(Ok(became)),
        Err(Error::Conflict(why)) => Ok(Err(why)),
        Err(Error::Invalid(fields)) => Ok(Err(fields.0.into_values().next().unwrap_or_else(|| "erp-not-found".to_string()))),
        Err(Error::NotFound) => Ok(Err("erp-not-found".to_string())),
        Err(error) => Err(error),
    }
}
