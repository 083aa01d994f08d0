//! Mails that come in, whichever way. [`receive`] stores the bytes and nothing else; a job reads them ([`read`]) outside any transaction and
//! files what was read ([`file`]) in one: a new message of a ticket, a new ticket, a note on a mail that came back, or nothing but the row.
//!
//! What a program wrote opens no ticket and is never answered; two programs that write to each other would never stop.

mod clean;
mod complaint;
mod filing;
mod fold;
#[cfg(test)]
mod fuzz;
mod letter;
mod list;
pub mod mailbox;
mod nature;
mod report;
mod tame;
#[cfg(test)]
mod tests;

pub use complaint::Complaint;
pub use filing::{Office, file, take_up};
pub use fold::fold;
pub use letter::{Enclosure, Letter, Person, read};
pub(crate) use list::forget;
pub use list::{Filter, Stored, get, list, of_addresses, raw, senders};
pub use nature::Nature;
pub use report::Report;

use crate::schema::inbound_mails as rows;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, jobs, on_each, words};
use sha2::{Digest, Sha256};

kernel::id!(InboundId);

/// The job that reads and files a mail; its payload is the mail's id.
pub const FILE_JOB: &str = "inbound.file";
/// The largest mail that is taken, in bytes: 50 MiB.
pub const LARGEST: usize = 50 * 1024 * 1024;

words!(
    /// How a mail came.
    Way {
        /// By the listener for SMTP and LMTP.
        Smtp = "smtp",
        /// By HTTP, from a program that received it.
        Hook = "hook",
        /// From a mailbox at another server, which the shop looks into.
        Imap = "imap",
    }
);
words!(
    /// What became of a mail.
    Fate {
        /// It was not read yet.
        Waiting = "",
        /// It opened a ticket.
        Opened = "opened",
        /// It became a message of a ticket.
        Added = "added",
        /// Nobody has to do anything about it.
        Kept = "kept",
        /// It came before.
        Repeated = "repeated",
        /// It tells of a mail of the shop that did not arrive, or was not wanted.
        Bounced = "bounced",
    }
);

/// What came beside the bytes of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub way: Way,
    /// Whom a bounce would go to: empty when there must be none, `None` when nobody said.
    pub sender: Option<String>,
    pub recipients: Vec<String>,
}

/// Stores a mail as it came, to be read by a job. The same bytes are stored once: whoever sends them again, since the answer was lost, gets
/// the same id. `Invalid` (field `mail`) for nothing, and for more than [`LARGEST`].
pub fn receive(conn: &mut Conn, raw: &[u8], envelope: &Envelope, now: Time) -> Result<InboundId> {
    if raw.is_empty() || raw.len() > LARGEST {
        return Err(Error::field("mail", "inbound-size"));
    }
    let digest = hex::encode(Sha256::digest(raw));
    let safe = |text: &str| text.replace(['\0', '\r', '\n'], "");
    let recipients = envelope.recipients.iter().map(|one| safe(one).replace(' ', "")).collect::<Vec<_>>().join(" ");
    let row = (
        rows::digest.eq(&digest),
        rows::raw.eq(raw),
        rows::size.eq(raw.len() as i64),
        rows::way.eq(envelope.way),
        rows::sender.eq(envelope.sender.as_deref().map(safe)),
        rows::recipients.eq(recipients),
        rows::received_at.eq(now),
        rows::state.eq("stored"),
    );
    let insert = diesel::insert_into(rows::table).values(row).on_conflict_do_nothing().returning(rows::id);
    let added: Option<InboundId> = on_each!(conn, c => insert.get_result(c).optional())?;
    match added {
        Some(id) => {
            jobs::enqueue(conn, FILE_JOB, &id.to_string(), Some(&format!("inbound:{id}")), now, now)?;
            Ok(id)
        }
        None => Ok(rows::table.filter(rows::digest.eq(&digest)).select(rows::id).first(conn)?),
    }
}

/// The bytes and the envelope of a mail that nobody filed yet.
pub struct Waiting {
    pub raw: Vec<u8>,
    pub sender: Option<String>,
    pub recipients: Vec<String>,
}

/// A mail to be filed; `None` when that was done.
pub fn waiting(conn: &mut Conn, id: InboundId) -> Result<Option<Waiting>> {
    let stored = rows::table.find(id).filter(rows::state.eq("stored"));
    let found: Option<(Vec<u8>, Option<String>, String)> =
        stored.select((rows::raw, rows::sender, rows::recipients)).first(conn).optional()?;
    Ok(found.map(|(raw, sender, to)| Waiting { raw, sender, recipients: to.split_whitespace().map(str::to_string).collect() }))
}
