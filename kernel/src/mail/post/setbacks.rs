//! Mail servers that want no mail of the shop's: they refused to talk, the sign-in, the encryption or the sender, and no recipient and no mail is
//! to blame. They are set aside with their words, for an hour or until somebody has them tried again.

use super::TransportId;
use crate::clock::Time;
use crate::db::Conn;
use crate::schema::mail_setbacks as rows;
use crate::{Result, on_each};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long a server is set aside; whoever refuses again then is for as long again.
const ASIDE: TimeDelta = TimeDelta::hours(1);
/// Characters of a server's words that are kept.
const WORDS: usize = 300;

/// What a server said last to a sender.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Setback {
    #[diesel(column_name = transport_id)]
    pub transport: TransportId,
    /// The domain of the senders that it refuses; empty: it refuses the shop.
    pub sender: String,
    pub reason: String,
    pub since: Time,
}

impl Setback {
    /// Whether it is about mail of this domain by this server.
    pub(super) fn concerns(&self, transport: TransportId, sender: &str) -> bool {
        self.transport == transport && (self.sender.is_empty() || self.sender == sender)
    }

    /// Whether a server takes no mail of this domain now because of it.
    pub fn holds(&self, transport: TransportId, sender: &str, now: Time) -> bool {
        self.concerns(transport, sender) && now < self.since + ASIDE
    }
}

/// The servers that are set aside, or were when they were asked last.
pub fn setbacks(conn: &mut Conn) -> Result<Vec<Setback>> {
    Ok(rows::table.order((rows::transport_id, rows::sender)).select(Setback::as_select()).load(conn)?)
}

pub(super) fn set_aside(conn: &mut Conn, transport: TransportId, sender: &str, reason: &str, now: Time) -> Result<()> {
    let reason: String = reason.chars().take(WORDS).collect();
    let row = (rows::transport_id.eq(transport), rows::sender.eq(sender), rows::reason.eq(&reason), rows::since.eq(now));
    let set = (rows::reason.eq(&reason), rows::since.eq(now));
    on_each!(conn, c => diesel::insert_into(rows::table)
        .values(row).on_conflict((rows::transport_id, rows::sender)).do_update().set(set).execute(c))?;
    Ok(())
}

/// A server took a mail of this sender.
pub(super) fn took(conn: &mut Conn, transport: TransportId, sender: &str) -> Result<()> {
    let own = rows::table.filter(rows::transport_id.eq(transport)).filter(rows::sender.eq_any(["", sender]));
    diesel::delete(own).execute(conn)?;
    Ok(())
}

/// Has servers tried again, one or all of them. Answers what they had said.
pub fn try_again(conn: &mut Conn, only: Option<TransportId>) -> Result<Vec<Setback>> {
    let mut said = setbacks(conn)?;
    said.retain(|one| only.is_none_or(|only| one.transport == only));
    for one in &said {
        diesel::delete(rows::table.find((one.transport, &one.sender))).execute(conn)?;
    }
    Ok(said)
}
