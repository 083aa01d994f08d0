//! What became of mails that were claimed.

use super::claim::claimed_at;
use super::control::stop;
use super::counts::Tally;
use super::{CampaignId, DeliveryId, Standing, State, VariantId};
use crate::CustomerId;
use crate::activities::{self, Activity, Kind};
use crate::journeys;
use crate::schema::{campaigns, customers, deliveries};
use crate::segments;
use chrono::TimeDelta;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::clock::Time;
use kernel::{Conn, Result, prepared};
use std::collections::{BTreeMap, BTreeSet};

/// Attempts until a mail that no server takes counts as refused: about a day with the growing delay.
const ATTEMPTS: i64 = 12;
/// The longest delay, in minutes.
const LONGEST: i64 = 4 * 60;
/// The longest reason, in characters.
const REASON: usize = 300;
/// Why nobody knows what became of a mail: the process that had it was gone.
pub const LOST: &str = "campaign-unknown-lease";
/// Rows whose lease ran out that are written together.
const TOGETHER: i64 = 500;

/// What became of a mail that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A server took it; which of the shop's transports that was.
    Accepted { transport: String },
    /// A server will never take it.
    Refused { transport: String, reason: String },
    /// It could not be made for this person; the key of a text.
    Skipped { reason: String },
    /// It was handed over, and the answer was lost.
    Unknown { transport: String, reason: String },
    /// A server did not take it now.
    Later { reason: String },
    /// Nobody tried: it waits until then, and the claim does not count.
    Held { until: Time },
    /// No mail server takes any mail of its sender, with what they say. It waits, the claim does not count, and its campaign stops.
    Barred { reason: String },
}

/// A delivery that is being recorded.
#[derive(Clone, Debug, Queryable)]
struct Row {
    id: DeliveryId,
    campaign: CampaignId,
    customer: CustomerId,
    variant: Option<VariantId>,
    attempts: i64,
    due_at: Time,
    leased_until: Option<Time>,
}

/// How long after so many attempts the next one is.
fn delay(attempts: i64) -> TimeDelta {
    let exponent = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    TimeDelta::minutes(2i64.pow(exponent).min(LONGEST))
}

/// Writes results of mails that were claimed. What is not being sent any more, because its lease ran out meanwhile, stays as it is.
pub fn record(conn: &mut Conn, results: &[(DeliveryId, Outcome)], now: Time) -> Result<()> {
    let mut tally = Tally::default();
    recorded(conn, results, now, &mut tally)?;
    tally.write(conn)
}

/// [`record`] for whoever writes what it counts.
pub(super) fn recorded(conn: &mut Conn, results: &[(DeliveryId, Outcome)], now: Time, tally: &mut Tally) -> Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    let ids: Vec<DeliveryId> = results.iter().map(|(id, _)| *id).collect();
    let rows = sending(conn, &ids)?;
    let over = cancelled(conn, &rows)?;
    let mut told = Vec::new();
    let mut barred: BTreeMap<CampaignId, &str> = BTreeMap::new();
    for (id, outcome) in results {
        let Some(row) = rows.get(id) else { continue };
        if let Outcome::Barred { reason } = outcome {
            barred.insert(row.campaign, reason);
        }
        let Some(to) = write(conn, row, outcome, over.contains(&row.campaign), now)? else { continue };
        tally.moved(row.campaign, row.variant, Standing::Sending, to);
        if to == Standing::Accepted {
            told.push(row);
        }
    }
    for (campaign, reason) in barred {
        stop(conn, campaign, reason, now)?;
    }
    tell(conn, &told, now)
}

/// Those of the campaigns of these rows that were cancelled meanwhile: what was not handed over is not tried again.
fn cancelled(conn: &mut Conn, rows: &BTreeMap<DeliveryId, Row>) -> Result<Vec<CampaignId>> {
    let all: BTreeSet<CampaignId> = rows.values().map(|row| row.campaign).collect();
    let over = campaigns::table.filter(campaigns::id.eq_any(all.into_iter().collect::<Vec<_>>()));
    Ok(over.filter(campaigns::state.eq(State::Cancelled)).select(campaigns::id).load(conn)?)
}

fn sending(conn: &mut Conn, ids: &[DeliveryId]) -> Result<BTreeMap<DeliveryId, Row>> {
    let own = deliveries::table.filter(deliveries::id.eq_any(ids.to_vec())).filter(deliveries::state.eq(Standing::Sending));
    let columns = (
        deliveries::id,
        deliveries::campaign_id,
        deliveries::customer_id,
        deliveries::variant_id,
        deliveries::attempts,
        deliveries::due_at,
        deliveries::leased_until,
    );
    let rows: Vec<Row> = own.order(deliveries::id).select(columns).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Moves one row; answers where it stands then, or nothing when it is not being sent any more.
fn write(conn: &mut Conn, row: &Row, outcome: &Outcome, over: bool, now: Time) -> Result<Option<Standing>> {
    let short = |reason: &str| reason.chars().take(REASON).collect::<String>();
    let (state, reason, transport, sent_at) = match outcome {
        Outcome::Accepted { transport } => (Standing::Accepted, String::new(), transport.as_str(), Some(now)),
        Outcome::Refused { transport, reason } => (Standing::Refused, short(reason), transport.as_str(), None),
        Outcome::Skipped { reason } => (Standing::Skipped, short(reason), "", None),
        // It may have arrived: caps and pauses between mails count it.
        Outcome::Unknown { transport, reason } => (Standing::Unknown, short(reason), transport.as_str(), Some(now)),
        Outcome::Later { reason } if row.attempts >= ATTEMPTS => (Standing::Refused, short(reason), "", None),
        Outcome::Later { reason } => (Standing::Waiting, short(reason), "", None),
        Outcome::Held { .. } | Outcome::Barred { .. } => (Standing::Waiting, String::new(), "", None),
    };
    let state = if over && state == Standing::Waiting { Standing::Cancelled } else { state };
    let (due_at, attempts) = match outcome {
        Outcome::Later { .. } => (now + delay(row.attempts), row.attempts),
        Outcome::Held { until } => (*until, (row.attempts - 1).max(0)),
        Outcome::Barred { .. } => (row.due_at, (row.attempts - 1).max(0)),
        _ => (row.due_at, row.attempts),
    };
    let own = deliveries::table.find(row.id).filter(deliveries::state.eq(Standing::Sending)).filter(deliveries::attempts.eq(row.attempts));
    let change = diesel::update(own).set((
        deliveries::state.eq(state),
        deliveries::reason.eq(reason),
        deliveries::transport.eq(transport),
        deliveries::sent_at.eq(sent_at),
        deliveries::leased_until.eq(None::<Time>),
        deliveries::due_at.eq(due_at),
        deliveries::attempts.eq(attempts),
    ));
    Ok((prepared!(conn, change => execute)? == 1).then_some(state))
}

/// Tells the timelines of those who got a mail; their segments follow.
fn tell(conn: &mut Conn, rows: &[&Row], now: Time) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<CustomerId> = rows.iter().map(|row| row.customer).collect();
    // Whoever was erased meanwhile has no timeline any more.
    let known = customers::table.filter(customers::id.eq_any(ids)).filter(customers::erased_at.is_null());
    let known: Vec<CustomerId> = known.select(customers::id).load(conn)?;
    let names: Vec<CampaignId> = rows.iter().map(|row| row.campaign).collect();
    let names = campaigns::table.filter(campaigns::id.eq_any(names)).select((campaigns::id, campaigns::name));
    let names: BTreeMap<CampaignId, String> = names.load::<(CampaignId, String)>(conn)?.into_iter().collect();
    let mut wrote = Vec::new();
    for row in rows.iter().filter(|row| known.contains(&row.customer)) {
        let sent = Activity {
            customer: Some(row.customer),
            trail: None,
            kind: Kind::MailSent,
            at: now,
            source: "campaigns",
            dedupe_key: &row.id.to_string(),
            // The subject of a mail that was sent is its row among the mails of the shop; this one has none there.
            subject: None,
            amount: None,
            detail: names.get(&row.campaign).map_or("", String::as_str),
        };
        if activities::keep(conn, &sent)? {
            wrote.push(row.customer);
        }
    }
    segments::follow_events(conn, &wrote, &[Kind::MailSent.as_str()], now)?;
    wrote.sort_unstable();
    wrote.into_iter().try_for_each(|customer| journeys::told(conn, customer, Kind::MailSent.as_str(), None, now))
}

/// Whatever was being sent and whose lease ran out is unknown from now on: it may have been handed over. Answers how many there were.
pub fn expire_leases(conn: &mut Conn, now: Time) -> Result<usize> {
    // The word stands in the statement, so that SQLite finds it in the index of what is being sent, too, and not by going over all rows.
    let late = deliveries::table.filter(sql::<Bool>("deliveries.state = 'sending'"));
    let late = late.filter(deliveries::leased_until.lt(now).assume_not_null());
    let ids: Vec<DeliveryId> = late.order(deliveries::leased_until).limit(TOGETHER).select(deliveries::id).load(conn)?;
    let rows = sending(conn, &ids)?;
    let mut tally = Tally::default();
    let mut count = 0;
    for row in rows.values() {
        // Somebody who recorded it meanwhile knew better.
        let own =
            deliveries::table.find(row.id).filter(deliveries::state.eq(Standing::Sending)).filter(deliveries::attempts.eq(row.attempts));
        let change = (
            deliveries::state.eq(Standing::Unknown),
            deliveries::reason.eq(LOST),
            deliveries::sent_at.eq(row.leased_until.map(claimed_at)),
            deliveries::leased_until.eq(None::<Time>),
        );
        if diesel::update(own).set(change).execute(conn)? == 1 {
            tally.moved(row.campaign, row.variant, Standing::Sending, Standing::Unknown);
            count += 1;
        }
    }
    tally.write(conn)?;
    Ok(count)
}
