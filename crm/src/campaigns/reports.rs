//! What comes back about a mail: it did not arrive, its reader complained, or wants no more. Each is a moment of the delivery, counted once, and
//! holds from the next claim on.

use super::DeliveryId;
use super::hits::{self, BOUNCED, COMPLAINED, Received, UNSUBSCRIBED};
use crate::consents::{self, Consent, Statement};
use crate::email::Email;
use crate::schema::deliveries;
use crate::suppressions::{self, Reason};
use crate::{CustomerId, customers, erasure, identities, topics};
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

fn suppress(conn: &mut Conn, found: &Received, reason: Reason, note: &str, now: Time) -> Result<()> {
    let address = customers::get(conn, found.customer)?.email;
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
