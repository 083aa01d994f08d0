//! Who changes an order by the API, and the entry of it in the audit log.

use super::call::Call;
use crate::ids::ApiKeyId;
use kernel::clock::Time;
use kernel::{Conn, Result};
use serde_json::Value;

/// What a key changed.
pub struct Change<'a> {
    pub key: ApiKeyId,
    /// As the pages of the back office name it, such as `order.refund`.
    pub action: &'a str,
    /// Such as `order:R1001`.
    pub subject: &'a str,
    /// What was there of what the change touched.
    pub before: &'a Value,
    pub after: &'a Value,
    pub now: Time,
}

/// A program that changes orders.
#[derive(Clone)]
pub struct Acting {
    key: ApiKeyId,
    /// The name for the history of orders.
    pub actor: String,
}

impl Acting {
    pub fn of(call: &Call) -> Acting {
        Acting { key: call.key.id, actor: call.actor() }
    }

    /// Has the change of an order recorded by those who keep the log, in the transaction that makes it.
    pub fn log(&self, conn: &mut Conn, action: &str, number: &str, before: &Value, after: &Value, now: Time) -> Result<()> {
        let change = Change { key: self.key, action, subject: &format!("order:{number}"), before, after, now };
        super::parts().iter().try_for_each(|part| (part.record)(conn, &change))
    }
}
