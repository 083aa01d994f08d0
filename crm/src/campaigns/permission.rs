//! Who may not be written to, and why: read for many at once, in the transaction that claims their mails.

use super::Standing;
use crate::consents::Consent;
use crate::email::Email;
use crate::schema::{consents, customers, deliveries};
use crate::{CustomerId, frequencies, identities, suppressions, tickets};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, words};
use std::collections::{BTreeMap, HashMap};

/// Whom something is mailed through.
const CHANNEL: &str = "email";
/// Customers asked about by one statement: far below the parameters that a database takes.
pub(super) const TOGETHER: usize = 5000;

words!(
    /// Why somebody is not written to. Each is the key of a text, which stands with the delivery.
    Hindrance {
        Erased = "campaign-skip-erased",
        /// Another customer's number stands for theirs, and that one gets it.
        Merged = "campaign-skip-merged",
        /// Somebody who was merged into them got it.
        Twice = "campaign-skip-twice",
        Address = "campaign-skip-address",
        /// They never allowed it, or took it back.
        Consent = "campaign-skip-consent",
        Suppressed = "campaign-skip-suppressed",
        /// They wait for the shop to put something right.
        Service = "campaign-skip-service",
        /// As often as they want to hear from the shop.
        Frequency = "campaign-skip-frequency",
        /// As often as the campaign allows.
        Cap = "campaign-skip-cap",
        /// The journey that the mail belongs to is over for them: they came to its goal, or left.
        Journey = "campaign-skip-journey",
    }
);

/// Those of `people` who may not be written to now about a topic, each with the first reason. `cap` are mails within days.
pub fn permission(
    conn: &mut Conn,
    topic: &str,
    cap: Option<(i64, i64)>,
    people: &[CustomerId],
    now: Time,
) -> Result<BTreeMap<CustomerId, Hindrance>> {
    let mut found = lasting(conn, topic, people)?;
    for some in people.chunks(TOGETHER) {
        let left: Vec<CustomerId> = some.iter().copied().filter(|id| !found.contains_key(id)).collect();
        for id in tickets::suppressed_among(conn, &left)? {
            found.entry(id).or_insert(Hindrance::Service);
        }
        for id in frequencies::exceeded(conn, &left, topic, now)? {
            found.entry(id).or_insert(Hindrance::Frequency);
        }
        if let Some((mails, days)) = cap {
            for (id, _) in had(conn, &left, now - TimeDelta::days(days))?.into_iter().filter(|(_, count)| *count >= mails) {
                found.entry(id).or_insert(Hindrance::Cap);
            }
        }
    }
    Ok(found)
}

/// The part of [`permission`] that does not pass by itself: what is known when a campaign is frozen.
pub(super) fn lasting(conn: &mut Conn, topic: &str, people: &[CustomerId]) -> Result<BTreeMap<CustomerId, Hindrance>> {
    let mut found = BTreeMap::new();
    for some in people.chunks(TOGETHER) {
        let rows = customers::table.filter(customers::id.eq_any(some.to_vec()));
        let columns = (customers::id, customers::email, customers::erased_at, customers::merged_into);
        let rows: Vec<(CustomerId, String, Option<Time>, Option<CustomerId>)> = rows.select(columns).load(conn)?;
        let said = said(conn, topic, some)?;
        let mut written: Vec<(CustomerId, Email)> = Vec::with_capacity(rows.len());
        for (id, email, erased, merged) in rows {
            let why = if erased.is_some() {
                Some(Hindrance::Erased)
            } else if merged.is_some() {
                Some(Hindrance::Merged)
            } else if said.get(&id) != Some(&Consent::Given) {
                Some(Hindrance::Consent)
            } else {
                match Email::parse(&email, "email") {
                    Ok(email) => {
                        written.push((id, email));
                        None
                    }
                    Err(_) => Some(Hindrance::Address),
                }
            };
            if let Some(why) = why {
                found.insert(id, why);
            }
        }
        for id in suppressions::among(conn, CHANNEL, &written)? {
            found.insert(id, Hindrance::Suppressed);
        }
    }
    Ok(found)
}

/// What people said last about a topic.
fn said(conn: &mut Conn, topic: &str, people: &[CustomerId]) -> Result<HashMap<CustomerId, Consent>> {
    let rows = consents::table
        .filter(consents::customer_id.eq_any(people.to_vec()))
        .filter(consents::channel.eq(CHANNEL))
        .filter(consents::topic.eq(topic))
        .order(consents::id)
        .select((consents::customer_id, consents::state));
    // A later row replaces an earlier one.
    Ok(rows.load::<(CustomerId, Consent)>(conn)?.into_iter().collect())
}

/// How many mails of campaigns people had since a moment, those included that are on their way or may have arrived.
fn had(conn: &mut Conn, people: &[CustomerId], since: Time) -> Result<BTreeMap<CustomerId, i64>> {
    let sent = deliveries::sent_at.gt(since).assume_not_null().or(deliveries::state.eq(Standing::Sending));
    // What somebody had who was merged into them since, and whose mail stayed theirs, they had as well.
    let merged = identities::merged_into(conn, people)?;
    let all: Vec<CustomerId> = people.iter().chain(merged.keys()).copied().collect();
    let rows = deliveries::table.filter(deliveries::customer_id.eq_any(all)).filter(sent).select(deliveries::customer_id);
    let mut had = BTreeMap::new();
    for id in rows.load::<CustomerId>(conn)? {
        *had.entry(merged.get(&id).copied().unwrap_or(id)).or_default() += 1;
    }
    Ok(had)
}
