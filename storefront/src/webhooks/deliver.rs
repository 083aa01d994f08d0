//! Handing a message over: read, call without a transaction, record.

use super::{Endpoint, Message, MessageState, give_up, sign};
use crate::ids::WebhookMessageId;
use crate::outbound;
use crate::schema::{webhook_attempts as attempts, webhook_endpoints as endpoints, webhook_messages as messages};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::{Conn, Db, Result};
use std::time::{Duration, Instant};

/// The job that hands one message over.
pub const DELIVER_JOB: &str = "webhooks.deliver";
/// How long a receiver may take. The specification suggests 15 to 30 seconds; the worker has more to do.
const LIMIT: Duration = Duration::from_secs(15);
/// Seconds from each attempt to the next, as the specification suggests: over three days in all.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// A receiver that answers this does not want to hear more (RFC 9110, 15.5.11).
const GONE: i64 = 410;

/// What came of an attempt.
struct Outcome {
    status: Option<i64>,
    error: String,
    millis: i64,
}

impl Outcome {
    fn arrived(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Hands a message over that waits, and records what came of it. What failed is tried again later, by a job of its own. A crash
/// between the call and its record sends the message twice, with the same id.
pub fn deliver(db: &Db, id: WebhookMessageId, allow_private: bool, now: Time) -> Result<()> {
    let found = db.read_now(move |conn| {
        let message = messages::table
            .find(id)
            .filter(messages::state.eq(MessageState::Waiting))
            .select(Message::as_select())
            .first(conn)
            .optional()?;
        // A message that was sent again by hand has a second job; what is not due yet has one of its own.
        let Some(message) = message.filter(|message| message.next_at.is_none_or(|at| at <= now)) else { return Ok(None) };
        Ok(Some((super::get(conn, message.endpoint_id)?, message)))
    })?;
    let Some((endpoint, message)) = found else { return Ok(()) };
    let outcome = send(&endpoint, &message, allow_private, now)?;
    db.write_now(move |conn| record(conn, &message, &outcome, now))
}

fn send(endpoint: &Endpoint, message: &Message, allow_private: bool, now: Time) -> Result<Outcome> {
    let mut secrets = vec![endpoint.secret.as_str()];
    if let (Some(old), Some(until)) = (&endpoint.old_secret, endpoint.old_until)
        && now < until
    {
        secrets.push(old);
    }
    let timestamp = now.and_utc().timestamp();
    let signature = sign::signatures(&secrets, &message.key, timestamp, &message.payload)?;
    let started = Instant::now();
    let answer = outbound::agent(LIMIT, 0, allow_private)
        .post(&endpoint.url)
        .header("content-type", "application/json")
        .header("user-agent", concat!("Regulars/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", &message.key)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", signature)
        .send(&message.payload);
    let millis = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    let (status, error) = match answer {
        Ok(answer) => (Some(i64::from(answer.status().as_u16())), String::new()),
        Err(error) if outbound::is_private(&error) => (None, outbound::PRIVATE.to_string()),
        Err(error) => (None, error.to_string().chars().take(500).collect()),
    };
    Ok(Outcome { status, error, millis })
}

fn record(conn: &mut Conn, message: &Message, outcome: &Outcome, now: Time) -> Result<()> {
    diesel::insert_into(attempts::table)
        .values((
            attempts::message_id.eq(message.id),
            attempts::status.eq(outcome.status),
            attempts::error.eq(&outcome.error),
            attempts::millis.eq(outcome.millis),
            attempts::created_at.eq(now),
        ))
        .execute(conn)?;
    let endpoint = endpoints::table.find(message.endpoint_id);
    if outcome.arrived() {
        diesel::update(endpoint).filter(endpoints::failures.gt(0)).set(endpoints::failures.eq(0i64)).execute(conn)?;
        return settle(conn, message, MessageState::Delivered, None);
    }
    diesel::update(endpoint).set(endpoints::failures.eq(endpoints::failures + 1)).execute(conn)?;
    if outcome.status == Some(GONE) {
        diesel::update(endpoint).set((endpoints::active.eq(false), endpoints::updated_at.eq(now))).execute(conn)?;
        settle(conn, message, MessageState::Failed, None)?;
        return give_up(conn, message.endpoint_id);
    }
    let wait = usize::try_from(message.attempts).ok().and_then(|done| WAITS.get(done));
    match wait {
        Some(seconds) => {
            let at = now + TimeDelta::seconds(*seconds);
            settle(conn, message, MessageState::Waiting, Some(at))?;
            jobs::enqueue_as(conn, Class::Outside, DELIVER_JOB, &message.id.to_string(), None, at, now)
        }
        None => settle(conn, message, MessageState::Failed, None),
    }
}

/// Counts the attempt and says how the message stands, unless it was given up meanwhile.
fn settle(conn: &mut Conn, message: &Message, state: MessageState, next_at: Option<Time>) -> Result<()> {
    diesel::update(messages::table.find(message.id))
        .filter(messages::state.eq(MessageState::Waiting))
        .set((messages::state.eq(state), messages::attempts.eq(message.attempts + 1), messages::next_at.eq(next_at)))
        .execute(conn)?;
    Ok(())
}
