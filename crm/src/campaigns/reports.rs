//! What comes back about a mail: it did not arrive, its reader complained, or wants no more. Each is a moment of the delivery, counted
//! once, and holds from the next claim on.

use super::DeliveryId;
use super::hits::{self, BOUNCED, COMPLAINED, Received, UNSUBSCRIBED};
use crate::consents::{self, Consent, Statement};
use crate::email::Email;
use crate::schema::deliveries;
use crate::suppressions::{self, Reason};
use crate::{CustomerId, customers, erasure, identities, merges, topics};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, words};
use std::collections::BTreeSet;

words!(
    /// What somebody does not want any more.
    Scope {
        /// What the mail was about.
        Topic = "topic",
        /// Anything that is not about an order or a request.
        All = "all",
    }
);

/// Takes somebody's yes back, for what a mail was about or for everything, and keeps that the mail brought it. Doing it again changes
/// nothing. `proof` says how it was said, such as "one-click".
pub fn unsubscribe(conn: &mut Conn, id: DeliveryId, scope: Scope, proof: &str, now: Time) -> Result<()> {
    let found = hits::lock(conn, id)?;
    let proof = format!("{proof}, mail {id}");
    withdraw(conn, &found, scope, &proof, now)?;
    if scope == Scope::All {
        suppress(conn, &found, Reason::Unsubscribed, &proof, now)?;
    }
    if found.unsubscribed_at.is_none() {
        diesel::update(deliveries::table.find(id)).set(deliveries::unsubscribed_at.eq(now)).execute(conn)?;
        hits::moved(conn, &found, UNSUBSCRIBED, 1)?;
    }
    Ok(())
}

/// Whoever a delivery was to, as they are known today; `None` of somebody who was erased.
pub fn person(conn: &mut Conn, found: &Received) -> Result<Option<CustomerId>> {
    let standing = identities::standing(conn, found.customer)?;
    Ok(if customers::erased(conn, standing)? { None } else { Some(standing) })
}

fn withdraw(conn: &mut Conn, found: &Received, scope: Scope, proof: &str, now: Time) -> Result<()> {
    let Some(customer) = person(conn, found)? else { return Ok(()) };
    let mut about: BTreeSet<String> = [found.topic.clone()].into();
    if scope == Scope::All {
        let known: BTreeSet<String> = topics::list(conn)?.into_iter().map(|topic| topic.code).collect();
        // Whatever else they allowed of this channel stays, such as being counted.
        let allowed = consents::all_current(conn, customer)?.into_iter().filter(|(_, state)| *state == Consent::Given);
        about.extend(allowed.filter(|((channel, topic), _)| channel == "email" && known.contains(topic)).map(|((_, topic), _)| topic));
    }
    for topic in about {
        let no = Statement { channel: "email", topic: &topic, legal_basis: "consent", state: Consent::Withdrawn, proof };
        consents::record(conn, customer, &no, now)?;
    }
    Ok(())
}

/// The address that a mail went to, also when its person was merged into another since.
pub(crate) fn address(conn: &mut Conn, found: &Received) -> Result<String> {
    let to = match found.sent_at {
        Some(sent) => merges::had_delivery(conn, found.customer, found.id.0, sent)?,
        None => found.customer,
    };
    Ok(customers::get(conn, to)?.email)
}

fn suppress(conn: &mut Conn, found: &Received, reason: Reason, note: &str, now: Time) -> Result<()> {
    let address = address(conn, found)?;
    if !erasure::is_erased(&address)
        && let Ok(address) = Email::parse(&address, "email")
    {
        suppressions::suppress(conn, &address, reason, note, now)?;
    }
    Ok(())
}

/// Whether a delivery was to an address: what somebody reports about a mail counts only of whom it was to.
pub fn was_to(conn: &mut Conn, found: &Received, address: &str) -> Result<bool> {
    let standing = identities::standing(conn, found.customer)?;
    let mut own = identities::emails(conn, standing)?;
    own.push(customers::get(conn, found.customer)?.email);
    Ok(own.iter().any(|one| one.eq_ignore_ascii_case(address)))
}

/// Keeps that a mail did not arrive, with the status of RFC 3463. Nothing more is sent to an address that is `gone`.
pub fn bounced(conn: &mut Conn, id: DeliveryId, status: &str, gone: bool, now: Time) -> Result<()> {
    let found = hits::lock(conn, id)?;
    if found.bounced_at.is_none() {
        let own = diesel::update(deliveries::table.find(id));
        own.set((deliveries::bounced_at.eq(now), deliveries::reason.eq(status))).execute(conn)?;
        hits::moved(conn, &found, BOUNCED, 1)?;
    }
    if gone {
        suppress(conn, &found, Reason::Bounced, &format!("{status}, mail {id}"), now)?;
    }
    Ok(())
}

/// Keeps that somebody told their provider that a mail was unwanted (RFC 5965): their yes is taken back and the address suppressed.
pub fn complained(conn: &mut Conn, id: DeliveryId, kind: &str, now: Time) -> Result<()> {
    let found = hits::lock(conn, id)?;
    let proof = format!("complaint ({kind}), mail {id}");
    withdraw(conn, &found, Scope::Topic, &proof, now)?;
    suppress(conn, &found, Reason::Complained, &proof, now)?;
    if found.complained_at.is_none() {
        diesel::update(deliveries::table.find(id)).set(deliveries::complained_at.eq(now)).execute(conn)?;
        hits::moved(conn, &found, COMPLAINED, 1)?;
    }
    Ok(())
}

words!(
    /// What a transport's service says of a mail or an address.
    Said {
        /// The mail did not arrive; another may.
        Bounced = "bounced",
        /// Nothing will ever arrive there.
        Gone = "gone",
        Complained = "complained",
        Unsubscribed = "unsubscribed",
    }
);

/// What a transport's service tells by its own way instead of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub said: Said,
    /// Without angle brackets; empty when the service has another name for the mail.
    pub message_id: String,
    pub recipient: String,
    /// Of RFC 3463, or whatever the service has instead.
    pub status: String,
}

/// How long after a mail a notice that does not name it may be about it.
const ABOUT_LAST: TimeDelta = TimeDelta::days(7);

/// Keeps what a service that is trusted told: of the mail that it names, or else of the last one to that address. Without one the address
/// alone is suppressed. Answers whether there was anything to keep; being told twice changes nothing.
pub fn noticed(conn: &mut Conn, notice: &Notice, now: Time) -> Result<bool> {
    let named = match hits::by_message_id(conn, &notice.message_id)? {
        Some(id) => Some(id),
        None => last_to(conn, &notice.recipient, now)?,
    };
    if let Some(id) = named {
        let found = hits::get(conn, id)?;
        if notice.recipient.is_empty() || was_to(conn, &found, &notice.recipient)? {
            match notice.said {
                Said::Bounced => bounced(conn, id, &notice.status, false, now)?,
                Said::Gone => bounced(conn, id, &notice.status, true, now)?,
                Said::Complained => complained(conn, id, "told by the transport", now)?,
                Said::Unsubscribed => unsubscribe(conn, id, Scope::All, "told by the transport", now)?,
            }
            return Ok(true);
        }
    }
    let reason = match notice.said {
        Said::Bounced => return Ok(false),
        Said::Gone => Reason::Bounced,
        Said::Complained => Reason::Complained,
        Said::Unsubscribed => Reason::Unsubscribed,
    };
    let Ok(address) = Email::parse(&notice.recipient, "recipient") else { return Ok(false) };
    suppressions::suppress(conn, &address, reason, "told by the transport", now)
}

/// The last mail to an address within a few days.
fn last_to(conn: &mut Conn, address: &str, now: Time) -> Result<Option<DeliveryId>> {
    let Ok(address) = Email::parse(address, "recipient") else { return Ok(None) };
    let Some(customer) = customers::find_by_email(conn, &address)? else { return Ok(None) };
    let own = deliveries::table.filter(deliveries::customer_id.eq(customer.id)).filter(deliveries::sent_at.gt(now - ABOUT_LAST));
    Ok(own.order((deliveries::sent_at.desc(), deliveries::id.desc())).select(deliveries::id).first(conn).optional()?)
}
