//! What was done with mails: opened, followed, viewed in a browser, by people and by machines, which are told apart and kept beside their
//! reasons. What machines did decides nothing.

use super::{CampaignId, DeliveryId, Hit, Kind, Standing, VariantId, counts};
use crate::CustomerId;
use crate::schema::{campaigns, deliveries, delivery_hits as hits};
use chrono::TimeDelta;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};
use std::collections::BTreeSet;

/// What `delivery_counts` counts of hits and reports, beside the states: deliveries, each once.
pub const OPENED: &str = "opened";
pub const CLICKED: &str = "clicked";
/// At least one machine opened it, or followed a link.
pub const MACHINE_OPENED: &str = "machine_opened";
pub const MACHINE_CLICKED: &str = "machine_clicked";
pub const BOUNCED: &str = "bounced";
pub const COMPLAINED: &str = "complained";
pub const UNSUBSCRIBED: &str = "unsubscribed";

/// Nobody has read a mail so soon after a mail server took it.
const INSTANT: TimeDelta = TimeDelta::seconds(2);
/// So many different links within so long are followed by machines alone.
const BURST: usize = 3;
const BURST_WITHIN: TimeDelta = TimeDelta::seconds(5);
/// Hits that are kept of one delivery: a link can be called without end.
const MOST: i64 = 500;

/// A delivery, as what comes back about it needs it.
#[derive(Clone, Debug)]
pub struct Received {
    pub id: DeliveryId,
    pub campaign: CampaignId,
    pub kind: Kind,
    pub store: i64,
    pub topic: String,
    pub customer: CustomerId,
    pub round: i64,
    pub variant: Option<VariantId>,
    pub state: Standing,
    pub message_id: String,
    pub attempts: i64,
    pub sent_at: Option<Time>,
    pub bounced_at: Option<Time>,
    pub complained_at: Option<Time>,
    pub unsubscribed_at: Option<Time>,
}

/// A delivery by its number. `NotFound` when there is none.
pub fn get(conn: &mut Conn, id: DeliveryId) -> Result<Received> {
    type Of = (CampaignId, Kind, i64, String);
    type Own = (CustomerId, i64, Option<VariantId>, Standing, String, i64);
    type Moments = (Option<Time>, Option<Time>, Option<Time>, Option<Time>);
    let of = (campaigns::id, campaigns::kind, campaigns::store_id, campaigns::topic);
    let own = (
        deliveries::customer_id,
        deliveries::round,
        deliveries::variant_id,
        deliveries::state,
        deliveries::message_id,
        deliveries::attempts,
    );
    let moments = (deliveries::sent_at, deliveries::bounced_at, deliveries::complained_at, deliveries::unsubscribed_at);
    let found: (Of, Own, Moments) = on_each!(conn, c => deliveries::table
        .inner_join(campaigns::table.on(campaigns::id.eq(deliveries::campaign_id)))
        .filter(deliveries::id.eq(id))
        .select((of, own, moments))
        .first(c))?;
    let ((campaign, kind, store, topic), (customer, round, variant, state, message_id, attempts), moments) = found;
    let (sent_at, bounced_at, complained_at, unsubscribed_at) = moments;
    Ok(Received {
        id,
        campaign,
        kind,
        store,
        topic,
        customer,
        round,
        variant,
        state,
        message_id,
        attempts,
        sent_at,
        bounced_at,
        complained_at,
        unsubscribed_at,
    })
}

/// [`get`], held to the end of the transaction against everybody else who moves it.
pub fn lock(conn: &mut Conn, id: DeliveryId) -> Result<Received> {
    if let Conn::Postgres(c) = conn {
        deliveries::table.find(id).select(deliveries::id).for_no_key_update().first::<DeliveryId>(c)?;
    }
    get(conn, id)
}

/// The delivery of a Message-ID, without angle brackets.
pub fn by_message_id(conn: &mut Conn, message_id: &str) -> Result<Option<DeliveryId>> {
    if message_id.is_empty() {
        return Ok(None);
    }
    // Only what somebody began to hand over is in the index, and has a mail that could be named.
    let begun = deliveries::table.filter(sql::<Bool>("deliveries.attempts > 0"));
    let named = begun.filter(deliveries::message_id.eq(message_id)).select(deliveries::id);
    Ok(on_each!(conn, c => named.first(c)).optional()?)
}

/// Keeps that a mail was opened, a link of it followed (`target`), or that it was viewed in a browser. `machine` is what the request said
/// of itself ([`super::machines::told`]); what time gives away is added here: a hit as soon as the mail was taken, or all links within
/// seconds, in which case those before were a machine's too. The delivery's moments and the counts follow. Answers whether a person did it,
/// as far as anybody can tell.
pub fn record(conn: &mut Conn, delivery: DeliveryId, hit: Hit, target: &str, machine: &str, now: Time) -> Result<bool> {
    let found = lock(conn, delivery)?;
    let kept: i64 = hits::table.filter(hits::delivery_id.eq(delivery)).count().get_result(conn)?;
    if kept >= MOST {
        return Ok(false);
    }
    let before = seen(conn, delivery, hit)?;
    let mut reasons: Vec<&str> = machine.split_whitespace().collect();
    // Whose result is not written down yet was handed over a moment ago.
    if found.state == Standing::Sending || found.sent_at.is_some_and(|sent| now - sent < INSTANT) {
        reasons.push("instant");
    }
    if hit == Hit::Click && burst(conn, delivery, target, now)? {
        reasons.push("burst");
    }
    let row = (
        hits::delivery_id.eq(delivery),
        hits::kind.eq(hit),
        hits::target.eq(target),
        hits::machine.eq(reasons.join(" ")),
        hits::happened_at.eq(now),
        hits::campaign_id.eq(found.campaign),
        hits::variant_id.eq(found.variant.unwrap_or(VariantId(0))),
    );
    diesel::insert_into(hits::table).values(row).execute(conn)?;
    let after = seen(conn, delivery, hit)?;
    settle(conn, &found, hit, &before, &after)?;
    Ok(reasons.is_empty())
}

/// Whether this click is one of many within seconds. Those before it that looked like a person's are marked then.
fn burst(conn: &mut Conn, delivery: DeliveryId, target: &str, now: Time) -> Result<bool> {
    let recent: Vec<(i64, String, String)> = hits::table
        .filter(hits::delivery_id.eq(delivery))
        .filter(hits::kind.eq(Hit::Click))
        .filter(hits::happened_at.gt(now - BURST_WITHIN))
        .select((hits::id, hits::target, hits::machine))
        .load(conn)?;
    let targets: BTreeSet<&str> = recent.iter().map(|(_, target, _)| target.as_str()).chain([target]).collect();
    if targets.len() < BURST {
        return Ok(false);
    }
    let people: Vec<i64> = recent.iter().filter(|(_, _, machine)| machine.is_empty()).map(|(id, ..)| *id).collect();
    if !people.is_empty() {
        diesel::update(hits::table.filter(hits::id.eq_any(people))).set(hits::machine.eq("burst")).execute(conn)?;
    }
    Ok(true)
}

/// What was done with a delivery so far.
struct Seen {
    /// The first time that a person did it.
    person: Option<Time>,
    machine: bool,
}

/// Opening and viewing are one.
fn seen(conn: &mut Conn, delivery: DeliveryId, hit: Hit) -> Result<Seen> {
    let kinds = if hit == Hit::Click { vec![Hit::Click] } else { vec![Hit::Open, Hit::View] };
    let rows: Vec<(String, Time)> = hits::table
        .filter(hits::delivery_id.eq(delivery))
        .filter(hits::kind.eq_any(kinds))
        .order(hits::id)
        .select((hits::machine, hits::happened_at))
        .load(conn)?;
    let person = rows.iter().find(|(machine, _)| machine.is_empty()).map(|(_, at)| *at);
    Ok(Seen { person, machine: rows.iter().any(|(machine, _)| !machine.is_empty()) })
}

/// Writes what changed into the delivery and the counts.
fn settle(conn: &mut Conn, found: &Received, hit: Hit, before: &Seen, after: &Seen) -> Result<()> {
    let own = deliveries::table.find(found.id);
    let (person, machine) = if hit == Hit::Click { (CLICKED, MACHINE_CLICKED) } else { (OPENED, MACHINE_OPENED) };
    if before.person != after.person {
        if hit == Hit::Click {
            diesel::update(own).set(deliveries::clicked_at.eq(after.person)).execute(conn)?;
        } else {
            diesel::update(own).set(deliveries::opened_at.eq(after.person)).execute(conn)?;
        }
    }
    moved(conn, found, person, i64::from(after.person.is_some()) - i64::from(before.person.is_some()))?;
    moved(conn, found, machine, i64::from(after.machine) - i64::from(before.machine))
}

/// Moves a count of the delivery's campaign and variant.
pub(super) fn moved(conn: &mut Conn, found: &Received, what: &'static str, by: i64) -> Result<()> {
    if by == 0 {
        return Ok(());
    }
    counts::add(conn, found.campaign, found.variant, what, by)
}

/// What was done with a mail, as a page shows it.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = hits)]
pub struct Kept {
    pub kind: Hit,
    pub target: String,
    pub machine: String,
    pub happened_at: Time,
}

/// The hits of a delivery, the first first.
pub fn of(conn: &mut Conn, delivery: DeliveryId) -> Result<Vec<Kept>> {
    Ok(hits::table.filter(hits::delivery_id.eq(delivery)).order(hits::id).limit(MOST).select(Kept::as_select()).load(conn)?)
}
