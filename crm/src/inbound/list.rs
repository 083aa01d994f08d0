//! Mails that came in, as staff see them.

use super::{Fate, InboundId, Way};
use crate::CustomerId;
use crate::email::Email;
use crate::schema::{inbound_mails as rows, tickets};
use crate::tickets::TicketId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use serde::Serialize;
use std::collections::HashMap;

/// Ids of one statement.
const TOGETHER: usize = 500;

/// A mail as stored, without its bytes.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Stored {
    pub id: InboundId,
    pub size: i64,
    pub way: Way,
    pub sender: Option<String>,
    pub recipients: String,
    pub received_at: Time,
    /// A word of [`super::Nature`]; empty before it was read.
    pub nature: String,
    pub fate: Fate,
    pub message_id: String,
    pub from_email: String,
    pub from_name: String,
    pub subject: String,
    pub ticket_id: Option<TicketId>,
    pub bounced_mail_id: Option<i64>,
    pub filed_at: Option<Time>,
}

/// What is asked of the list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub fate: Option<Fate>,
    /// Only from this address.
    pub from: Option<String>,
    /// The last mail of the page before.
    pub before: Option<InboundId>,
}

/// Mails that came in, the newest first.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Stored>> {
    let mut query = rows::table.order(rows::id.desc()).limit(limit).select(Stored::as_select()).into_boxed();
    if let Some(fate) = filter.fate {
        query = query.filter(rows::fate.eq(fate));
    }
    if let Some(from) = &filter.from {
        query = query.filter(rows::from_key.eq(from.trim().to_lowercase()));
    }
    if let Some(before) = filter.before {
        query = query.filter(rows::id.lt(before));
    }
    Ok(query.load(conn)?)
}

/// A mail. `NotFound` without one.
pub fn get(conn: &mut Conn, id: InboundId) -> Result<Stored> {
    Ok(rows::table.find(id).select(Stored::as_select()).first(conn)?)
}

/// The bytes of a mail as they came. `NotFound` without one.
pub fn raw(conn: &mut Conn, id: InboundId) -> Result<Vec<u8>> {
    Ok(rows::table.find(id).select(rows::raw).first(conn)?)
}

/// Who wrote these mails.
pub fn senders(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, String>> {
    let mut found = HashMap::new();
    for some in ids.chunks(TOGETHER) {
        let own = rows::table.filter(rows::id.eq_any(some.iter().copied().map(InboundId).collect::<Vec<_>>()));
        let of: Vec<(InboundId, String)> = own.select((rows::id, rows::from_email)).load(conn)?;
        found.extend(of.into_iter().map(|(id, from)| (id.0, from)));
    }
    Ok(found)
}

/// The mails from these addresses, oldest first: what somebody may see of themselves.
pub fn of_addresses(conn: &mut Conn, addresses: &[String]) -> Result<Vec<Stored>> {
    let keys: Vec<String> = addresses.iter().map(|address| address.to_lowercase()).collect();
    Ok(rows::table.filter(rows::from_key.eq_any(keys)).order(rows::id).select(Stored::as_select()).load(conn)?)
}

/// Takes away the mails from a customer's addresses, those that tell of mails to them, and those that became messages of their tickets.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId, addresses: &[Email]) -> Result<()> {
    let keys: Vec<String> = addresses.iter().map(Email::key).collect();
    diesel::delete(rows::table.filter(rows::from_key.eq_any(keys.clone()))).execute(conn)?;
    diesel::delete(rows::table.filter(rows::about_key.eq_any(keys))).execute(conn)?;
    let own: Vec<TicketId> = tickets::table.filter(tickets::customer_id.eq(customer)).select(tickets::id).load(conn)?;
    for some in own.chunks(TOGETHER) {
        diesel::delete(rows::table.filter(rows::ticket_id.eq_any(some.to_vec()))).execute(conn)?;
    }
    Ok(())
}
