//! The outbox: a mail is a row in the same transaction as its cause, and a job hands it over afterwards.
//! Transactional mail is sent at least once with a fixed Message-ID, by which mailboxes recognise a second copy.

pub mod dns;
pub mod domains;
pub mod post;
pub mod sns;
mod transport;

pub use post::{MAIN, Post, TransportId};
pub use transport::{Security, SmtpSettings};

use crate::clock::Time;
use crate::db::Conn;
use crate::schema::mails;
use crate::{Error, Result, jobs};
use diesel::prelude::*;
use serde::Serialize;

/// The kind of the job that hands a mail over; its payload is the mail's id.
pub const SEND_JOB: &str = "mail.send";

/// Mails asked for by one statement.
const TOGETHER: usize = 500;

/// A mail ready to be queued. `dedupe_key` names its cause, such as `order_confirmation:17`: the same cause mails once.
#[derive(Clone, Debug)]
pub struct Draft {
    pub dedupe_key: String,
    pub template: String,
    pub recipient: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub headers: Headers,
}

/// What ties a mail to others (RFC 5322), and says who or what wrote it. Message-IDs stand without angle brackets.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    /// Its own, when something has to know it; else one is made.
    pub message_id: Option<String>,
    /// Where replies go; empty: to the sender.
    pub reply_to: String,
    /// The mail that it answers; empty without one.
    pub in_reply_to: String,
    /// The mails of its thread, oldest first.
    pub references: Vec<String>,
    pub written_by: WrittenBy,
    /// Of a mail that somebody allowed: the page where one click takes that back (RFC 8058), and what it belongs to (RFC 2919). Empty for any
    /// other.
    pub list_unsubscribe: String,
    pub list_id: String,
}

crate::words!(
    /// As `Auto-Submitted` says it (RFC 3834).
    #[derive(Default)]
    WrittenBy {
        #[default]
        /// The shop, because something happened: asks vacation responders not to answer.
        Shop = "auto-generated",
        /// The shop, in answer to a mail.
        Reply = "auto-replied",
        /// Somebody of the staff.
        Person = "no",
    }
);

/// A mail as stored.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = mails)]
pub struct Mail {
    pub id: i64,
    pub message_id: String,
    pub template: String,
    pub recipient: String,
    pub subject: String,
    pub body_text: String,
    pub body_html: String,
    pub state: String,
    pub error: Option<String>,
    pub created_at: Time,
    pub sent_at: Option<Time>,
    pub reply_to: String,
    pub in_reply_to: String,
    /// Message-IDs with a space between them.
    pub thread: String,
    #[serde(rename = "auto_submitted")]
    #[diesel(column_name = auto_submitted)]
    pub written_by: WrittenBy,
    pub list_unsubscribe: String,
    pub list_id: String,
}

/// Queues `draft`. `false` when its cause was mailed before.
pub fn queue(conn: &mut Conn, draft: &Draft, host: &str, now: Time) -> Result<bool> {
    let subject = draft.subject.replace(['\r', '\n'], " ");
    let headers = &draft.headers;
    let message_id = headers.message_id.clone().unwrap_or_else(|| format!("{}@{host}", crate::token::random()));
    let row = (
        mails::message_id.eq(message_id),
        mails::dedupe_key.eq(&draft.dedupe_key),
        mails::template.eq(&draft.template),
        mails::recipient.eq(&draft.recipient),
        mails::subject.eq(subject.trim()),
        mails::body_text.eq(&draft.text),
        mails::body_html.eq(&draft.html),
        mails::state.eq("queued"),
        mails::created_at.eq(now),
        mails::reply_to.eq(&headers.reply_to),
        mails::in_reply_to.eq(&headers.in_reply_to),
        mails::thread.eq(headers.references.join(" ")),
        mails::auto_submitted.eq(headers.written_by),
        mails::list_unsubscribe.eq(&headers.list_unsubscribe),
        mails::list_id.eq(&headers.list_id),
    );
    let added = crate::on_each!(conn, c => diesel::insert_into(mails::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added == 0 {
        return Ok(false);
    }
    let id: i64 = mails::table.filter(mails::dedupe_key.eq(&draft.dedupe_key)).select(mails::id).first(conn)?;
    jobs::enqueue(conn, SEND_JOB, &id.to_string(), Some(&format!("mail:{id}")), now, now)?;
    Ok(true)
}

pub fn get(conn: &mut Conn, id: i64) -> Result<Mail> {
    Ok(mails::table.find(id).select(Mail::as_select()).first(conn)?)
}

/// The mail with this Message-ID, without angle brackets.
pub fn by_message_id(conn: &mut Conn, message_id: &str) -> Result<Option<Mail>> {
    Ok(mails::table.filter(mails::message_id.eq(message_id)).select(Mail::as_select()).first(conn).optional()?)
}

/// Notes that a mail which was handed over did not arrive, with the status that a mail server gave for it (RFC 3463). It is shown among the
/// failed ones.
pub fn bounced(conn: &mut Conn, id: i64, status: &str) -> Result<()> {
    let sent = diesel::update(mails::table.find(id)).filter(mails::state.eq_any(["sent", "unknown"]));
    sent.set((mails::state.eq("failed"), mails::error.eq(format!("it came back: {status}")))).execute(conn)?;
    Ok(())
}

/// How many mails wait to be handed over.
pub fn queued(conn: &mut Conn) -> Result<i64> {
    Ok(mails::table.filter(mails::state.eq("queued")).count().get_result(conn)?)
}

/// How many mails were refused for good and wait for a person.
pub fn failed(conn: &mut Conn) -> Result<i64> {
    Ok(mails::table.filter(mails::state.eq("failed")).count().get_result(conn)?)
}

/// Mails newest first, before `before` when given, for one recipient when given.
pub fn list(conn: &mut Conn, recipient: Option<&str>, before: Option<i64>, limit: i64) -> Result<Vec<Mail>> {
    select(conn, recipient, None, before, limit)
}

/// [`list`] of mails in one state: `queued`, `sending`, `sent`, `failed` or `unknown`.
pub fn list_in(conn: &mut Conn, state: &str, recipient: Option<&str>, before: Option<i64>, limit: i64) -> Result<Vec<Mail>> {
    select(conn, recipient, Some(state), before, limit)
}

fn select(conn: &mut Conn, recipient: Option<&str>, state: Option<&str>, before: Option<i64>, limit: i64) -> Result<Vec<Mail>> {
    let mut query = mails::table.into_boxed();
    if let Some(state) = state {
        query = query.filter(mails::state.eq(state.to_string()));
    }
    if let Some(recipient) = recipient {
        query = query.filter(mails::recipient.eq(recipient.to_string()));
    }
    if let Some(before) = before {
        query = query.filter(mails::id.lt(before));
    }
    Ok(query.order(mails::id.desc()).limit(limit).select(Mail::as_select()).load(conn)?)
}

/// The mails of these causes (`dedupe_key`), oldest first.
pub fn of_causes(conn: &mut Conn, causes: &[String]) -> Result<Vec<Mail>> {
    Ok(mails::table.filter(mails::dedupe_key.eq_any(causes)).order(mails::id).select(Mail::as_select()).load(conn)?)
}

/// Queues a mail that failed or was sent once more, with the same Message-ID. `seen` is when whoever asks saw it sent: `Conflict`
/// when it was sent again since, or is on its way, so that two clicks send one mail.
pub fn resend(conn: &mut Conn, id: i64, seen: Option<Time>, now: Time) -> Result<()> {
    let mail = get(conn, id)?;
    let again = (mails::state.eq("queued"), mails::error.eq(None::<String>));
    if mail.recipient.is_empty() {
        return Err(Error::conflict("mail-forgotten"));
    }
    let settled = diesel::update(mails::table.find(id)).filter(mails::state.ne_all(["queued", "sending"]));
    let changed = if mail.sent_at == seen { settled.set(again).execute(conn)? } else { 0 };
    if changed == 0 {
        return Err(Error::conflict("mail-on-its-way"));
    }
    jobs::enqueue(conn, SEND_JOB, &id.to_string(), Some(&format!("mail:{id}")), now, now)
}

/// Takes out of the mails to these recipients, and of those with these ids, whom and what they told; those that were not sent yet are
/// never sent. Answers how many there were.
pub fn forget(conn: &mut Conn, recipients: &[String], ids: &[i64]) -> Result<usize> {
    let mut count = 0;
    let mut own: Vec<(i64, String)> = Vec::new();
    for recipient in recipients {
        let of = mails::table.filter(mails::recipient.eq(recipient)).select((mails::id, mails::state));
        own.extend(of.load::<(i64, String)>(conn)?);
    }
    for ids in ids.chunks(TOGETHER) {
        own.extend(mails::table.filter(mails::id.eq_any(ids)).select((mails::id, mails::state)).load::<(i64, String)>(conn)?);
    }
    own.sort();
    own.dedup();
    for (id, state) in own {
        count += 1;
        if matches!(state.as_str(), "queued" | "failed") {
            jobs::withdraw(conn, SEND_JOB, &format!("mail:{id}"))?;
            diesel::delete(mails::table.find(id)).execute(conn)?;
        } else {
            diesel::update(mails::table.find(id))
                .set((
                    mails::recipient.eq(""),
                    mails::subject.eq(""),
                    mails::body_text.eq(""),
                    mails::body_html.eq(""),
                    mails::error.eq(None::<String>),
                    mails::reply_to.eq(""),
                    mails::in_reply_to.eq(""),
                    mails::thread.eq(""),
                    mails::list_unsubscribe.eq(""),
                ))
                .execute(conn)?;
        }
    }
    Ok(count)
}

/// How many mails went to these recipients.
pub fn count_to(conn: &mut Conn, recipients: &[String]) -> Result<i64> {
    Ok(mails::table.filter(mails::recipient.eq_any(recipients)).count().get_result(conn)?)
}

/// What a hand-over came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandOver {
    Accepted,
    /// The server will never take it (5xx, an address that cannot be): no retry.
    Refused(String),
    /// Nobody took it. Try again later.
    Failed(String),
    /// The server had all of it, and its answer was lost: whether it took it, nobody knows. Mail of the outbox is sent again, under the
    /// same Message-ID.
    Unknown(String),
}

/// What a mail server said, fit for a log: its reply code alone, for the rest of a reply often names who was to get the mail. Text without
/// a code loses the words that are addresses.
pub fn without_people(text: &str) -> String {
    let code = text.split('(').skip(1).filter_map(|rest| rest.split_once(')')).map(|(inside, _)| inside);
    let mut code = code.filter(|inside| inside.len() == 3 && inside.bytes().all(|byte| byte.is_ascii_digit()));
    match code.next() {
        Some(code) => format!("the mail server replied {code}"),
        None => text.split_whitespace().map(|word| if word.contains('@') { "…" } else { word }).collect::<Vec<_>>().join(" "),
    }
}

/// Stores what became of the hand-over.
pub fn record(conn: &mut Conn, id: i64, outcome: &HandOver, now: Time) -> Result<()> {
    let (state, error, sent_at) = match outcome {
        HandOver::Accepted => ("sent", None, Some(now)),
        HandOver::Refused(reason) => ("failed", Some(reason.as_str()), None),
        HandOver::Failed(reason) | HandOver::Unknown(reason) => ("queued", Some(reason.as_str()), None),
    };
    diesel::update(mails::table.find(id))
        .set((mails::state.eq(state), mails::error.eq(error), mails::sent_at.eq(sent_at)))
        .execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::without_people;

    #[test]
    fn a_log_has_the_code_of_a_reply_and_no_address() {
        assert_eq!(without_people("permanent error (550): 5.1.1 <ann@example.com>: user unknown"), "the mail server replied 550");
        assert_eq!(without_people("busy: transient error (451): greylisted, ann@example.com"), "the mail server replied 451");
        assert_eq!(without_people("Connection error: timed out for <ann@example.com> (soon)"), "Connection error: timed out for … (soon)");
    }
}
