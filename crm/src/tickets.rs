//! What people ask of the shop, on whichever channel, and what came of it. A ticket is a thread of messages with a status that follows
//! from its log ([`log`]), and it cannot end without an outcome.
//!
//! Each message and each change moves the ticket's `version`. Whoever decides something about a ticket says which version they saw: an
//! answer to a thread that went on meanwhile is refused and not sent.

pub mod address;
pub mod alarm;
pub mod chat;
pub mod clock;
pub mod costs;
mod files;
mod forget;
mod joins;
mod list;
pub mod log;
mod messages;
mod open;
mod proof;
pub mod report;
mod steps;
mod suppressed;
mod terms;
mod wall;

pub use files::{File, MAX_FILE, MAX_FILES, NewFile, checked, file, files_of};
pub(crate) use forget::forget;
pub use joins::{merge, merged, split, standing, unmerge};
pub use list::{Filter, Place, Whose, ids_of_customer, list, numbers_of_customer, of_customer, of_order, open_of};
pub use messages::{
    Agent, Answer, Author, Eyes, Message, MessageId, NewMessage, acted, append_from_customer, begun_by, by_message_id, mailed, message,
    note, references, reply, tell, thread, told_by_system,
};
pub(crate) use open::next_of;
pub use open::{Asker, New, NewLine, Opened, open, opened_before, opened_since};
pub use proof::{Proof, acted_since, proofs};
pub use steps::{Change, assign, change, claim, rate, reopen, solve};
pub use suppressed::{Reason, suppressed, suppressed_among};
pub use terms::{TERMS_JOB, fill, find_anew};
pub use wall::{Standing, sum, wall};

use crate::CustomerId;
use crate::schema::{ticket_lines, tickets};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, words};

kernel::id!(TicketId);

/// Longest subject, text of a message and note of a rating, in characters.
pub const SUBJECT: usize = 200;
pub const BODY: usize = 100_000;
pub const RATING_NOTE: usize = 2000;
/// Longest name of a queue, in characters.
pub const QUEUE: usize = 60;

/// The text of the conflict when a ticket went on since it was seen.
pub const STALE: &str = "ticket-stale";

words!(
    /// What is asked for.
    Kind {
        Question = "question",
        ArrivedBroken = "arrived_broken",
        WrongSize = "wrong_size",
        WhereIsIt = "where_is_it",
        Cancel = "cancel",
        ChangeAddress = "change_address",
        Return = "return",
        Exchange = "exchange",
        Refund = "refund",
        Replacement = "replacement",
        Warranty = "warranty",
        Complaint = "complaint",
        CallBack = "call_back",
    }
);
words!(Channel { Web = "web", Mail = "mail", Chat = "chat", Phone = "phone", CallBack = "call_back" });
words!(
    /// Whose turn it is.
    Status {
        /// The shop's.
        Open = "open",
        /// The customer's.
        Waiting = "waiting",
        Solved = "solved",
    }
);
words!(
    /// What a ticket came to.
    Outcome {
        Answered = "answered",
        Cancelled = "cancelled",
        AddressChanged = "address_changed",
        Returned = "returned",
        Exchanged = "exchanged",
        Refunded = "refunded",
        Replaced = "replaced",
        Credited = "credited",
        /// A coupon was given.
        Couponed = "couponed",
        Declined = "declined",
        /// The customer needs nothing any more.
        Withdrawn = "withdrawn",
        /// Nobody replied to what the shop asked.
        Unanswered = "unanswered",
        /// It goes on in the ticket that it was merged into.
        Merged = "merged",
        Spam = "spam",
    }
);

impl Outcome {
    /// Whether staff may choose it. The other one comes of merging.
    pub fn chosen(self) -> bool {
        self != Outcome::Merged
    }
}

/// The urgencies of a ticket, the most urgent first.
pub const PRIORITIES: [i64; 4] = [1, 2, 3, 4];
/// That of most tickets.
pub const ORDINARY: i64 = 3;

/// A ticket as stored.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = tickets)]
pub struct Ticket {
    pub id: TicketId,
    /// What people call it, such as `T1001`.
    pub number: String,
    pub kind: Kind,
    pub channel: Channel,
    pub subject: String,
    pub customer_id: Option<CustomerId>,
    /// Where answers go. Empty when nobody can be written to.
    pub email: String,
    pub phone: String,
    pub call_from: Option<Time>,
    pub call_until: Option<Time>,
    /// The number of the order's row in the shop.
    pub order_id: Option<i64>,
    pub store_id: i64,
    pub language: String,
    pub status: Status,
    pub outcome: Option<Outcome>,
    /// Since when somebody waits for an answer of the shop; of open tickets alone.
    pub asked_at: Option<Time>,
    pub first_answered_at: Option<Time>,
    pub solved_at: Option<Time>,
    pub queue: String,
    /// One of [`PRIORITIES`].
    pub priority: i64,
    /// The number of whoever of the staff sees to it.
    pub assignee: Option<i64>,
    pub tags: String,
    /// 1 to 5, 5 being the best.
    pub rating: Option<i64>,
    pub rating_note: String,
    /// The ticket that it goes on in.
    pub merged_into: Option<TicketId>,
    pub version: i64,
    pub opened_at: Time,
    pub changed_at: Time,
    /// When something is due first; [`clock::never`] when nothing is.
    pub due_at: Time,
}

/// Units of an order's line that a ticket is about.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = ticket_lines)]
pub struct Line {
    pub order_line_id: i64,
    pub quantity: i64,
}

/// A ticket. `NotFound` without one.
pub fn get(conn: &mut Conn, id: TicketId) -> Result<Ticket> {
    Ok(on_each!(conn, c => tickets::table.find(id).select(Ticket::as_select()).first(c))?)
}

/// The ticket with this number, whatever the case of its letter. `NotFound` without one.
pub fn by_number(conn: &mut Conn, number: &str) -> Result<Ticket> {
    let number = number.trim().to_ascii_uppercase();
    Ok(on_each!(conn, c => tickets::table.filter(tickets::number.eq(&number)).select(Ticket::as_select()).first(c))?)
}

/// A customer's ticket by its number; that of somebody else is `NotFound`.
pub fn own(conn: &mut Conn, customer: CustomerId, number: &str) -> Result<Ticket> {
    let found = by_number(conn, number)?;
    if found.customer_id == Some(customer) { Ok(found) } else { Err(Error::NotFound) }
}

/// The units that a ticket is about, in the order they were named.
pub fn lines(conn: &mut Conn, id: TicketId) -> Result<Vec<Line>> {
    let own = ticket_lines::table.filter(ticket_lines::ticket_id.eq(id)).order(ticket_lines::id);
    Ok(own.select(Line::as_select()).load(conn)?)
}

#[cfg(test)]
pub(crate) mod tests;
