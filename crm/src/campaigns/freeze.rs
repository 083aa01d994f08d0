//! Freezing: the audience becomes one delivery for each person, by customer id, in batches that go on where a crash left them.
//!
//! Chance draws an arm for everybody, also for those who may not be written to: the two arms differ in nothing but the mail.

use super::audience::{TOGETHER, countries, page};
use super::counts::Tally;
use super::{Arm, Campaign, CampaignId, Hindrance, Kind, Standing, State, VariantId, permission, store, times};
use crate::CustomerId;
use crate::rules::{Dialect, Fragment};
use crate::schema::{campaigns, deliveries};
use diesel::prelude::*;
use kernel::clock::{Clock, Time};
use kernel::{Conn, Db, Error, Result, db, token};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::sync_channel;

/// The job that freezes the campaign whose id is its payload.
pub const FREEZE_JOB: &str = "campaigns.freeze";

/// A delivery that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Draft {
    customer: CustomerId,
    arm: Arm,
    variant: Option<VariantId>,
    hindrance: Option<Hindrance>,
}

impl Draft {
    fn standing(&self) -> Standing {
        match (self.hindrance, self.arm) {
            (Some(_), _) => Standing::Skipped,
            (None, Arm::Control) => Standing::Control,
            (None, Arm::Given) => Standing::Waiting,
        }
    }
}

/// What chance says, the same however often it is asked: three numbers below 10,000 of a digest of the campaign, the customer and the round.
pub(super) fn chance(campaign: CampaignId, customer: CustomerId, round: i64) -> [i64; 3] {
    let digest = Sha256::digest(format!("campaign {campaign} customer {customer} round {round}"));
    let mut numbers = [0; 3];
    for (number, bytes) in numbers.iter_mut().zip(digest.chunks(8)) {
        let whole = bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        *number = i64::try_from(whole % 10_000).unwrap_or(0);
    }
    numbers
}

/// The arm and the variant of somebody. Of a trial the variants share so much of the audience in equal parts, and the rest has none yet.
pub(super) fn drawn(campaign: &Campaign, variants: &[VariantId], customer: CustomerId, round: i64) -> (Arm, Option<VariantId>) {
    let [arm, tried, which] = chance(campaign.id, customer, round);
    if arm < campaign.control_bp {
        return (Arm::Control, None);
    }
    if variants.len() > 1 && tried >= campaign.trial.0.share_bp {
        return (Arm::Given, None);
    }
    let count = i64::try_from(variants.len()).unwrap_or(1).max(1);
    let place = usize::try_from(which * count / 10_000).unwrap_or(0);
    (Arm::Given, variants.get(place).copied())
}

/// Freezes a campaign that is scheduled and due, from where it is on. Does nothing for one that is paused, cancelled or frozen already. What
/// the next batch is made of is read while one is written.
pub fn freeze(db: &Db, id: CampaignId, clock: &Clock) -> Result<()> {
    let campaign = db.read_now(|conn| store::get(conn, id))?;
    if campaign.state != State::Scheduled || campaign.frozen_at.is_some() || campaign.starts_at.is_none_or(|at| at > clock.now()) {
        return Ok(());
    }
    std::thread::scope(|scope| -> Result<()> {
        let (ready, batches) = sync_channel::<Result<Batch>>(1);
        scope.spawn(move || {
            let mut after = Some(campaign.frozen_to);
            while let Some(from) = after {
                let batch = db.read_now(|conn| next(conn, &campaign, from, clock.now()));
                after = batch.as_ref().ok().and_then(|batch| batch.last);
                // Whoever wrote the batches gave up.
                if ready.send(batch).is_err() {
                    return;
                }
            }
        });
        for batch in batches {
            let (batch, now) = (batch?, clock.now());
            match db.write_now(move |conn| write(conn, &batch, now)) {
                Ok(()) => {}
                // It was paused or cancelled, or another process freezes it.
                Err(Error::Conflict(_)) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })
}

/// A batch of deliveries that was worked out outside the transaction that writes it.
struct Batch {
    campaign: Campaign,
    /// Whom the batch before ended with.
    from: CustomerId,
    /// By when they are due.
    rows: BTreeMap<Time, Vec<Draft>>,
    /// Where the next batch begins; `None` when there is nobody left.
    last: Option<CustomerId>,
}

fn next(conn: &mut Conn, campaign: &Campaign, from: CustomerId, now: Time) -> Result<Batch> {
    let found = page(conn, &campaign.audience.0, from, TOGETHER, now)?;
    let (people, last) = found.map_or((Vec::new(), None), |(people, last)| (people, Some(last)));
    let rows = drafts(conn, campaign, &people, 0, now)?;
    Ok(Batch { campaign: campaign.clone(), from, rows, last })
}

fn drafts(conn: &mut Conn, campaign: &Campaign, people: &[CustomerId], round: i64, now: Time) -> Result<BTreeMap<Time, Vec<Draft>>> {
    let all = store::variants(conn, campaign.id)?;
    let variants: Vec<VariantId> = all.iter().map(|one| one.id).collect();
    let own: BTreeMap<VariantId, Time> = all.iter().filter_map(|one| Some((one.id, one.goes_at?))).collect();
    let hindered = permission::lasting(conn, &campaign.topic, people)?;
    let places = if campaign.plan.0.local { countries(conn, people)? } else { Default::default() };
    let (shop, begins) = (times::named(&campaign.zone), campaign.starts_at.unwrap_or(now));
    let mut due: BTreeMap<(Option<&str>, Option<Time>), Time> = BTreeMap::new();
    let mut rows: BTreeMap<Time, Vec<Draft>> = BTreeMap::new();
    for customer in people {
        let (arm, variant) = drawn(campaign, &variants, *customer, round);
        let country = places.get(customer).map(String::as_str);
        let goes_at = variant.and_then(|id| own.get(&id).copied());
        let at = match due.get(&(country, goes_at)) {
            Some(at) => *at,
            None => {
                let at = times::due_at(&campaign.plan.0, goes_at, (times::zone_of(country, shop), shop), begins)?;
                due.insert((country, goes_at), at);
                at
            }
        };
        rows.entry(at).or_default().push(Draft { customer: *customer, arm, variant, hindrance: hindered.get(customer).copied() });
    }
    Ok(rows)
}

/// Writes a batch, unless the campaign was paused or cancelled meanwhile or somebody else wrote it.
fn write(conn: &mut Conn, batch: &Batch, now: Time) -> Result<()> {
    db::filling(conn)?;
    let campaign = &batch.campaign;
    let own = campaigns::table
        .find(campaign.id)
        .filter(campaigns::state.eq(State::Scheduled))
        .filter(campaigns::frozen_to.eq(batch.from))
        .filter(campaigns::frozen_at.is_null());
    let taken = match batch.last {
        Some(last) => diesel::update(own).set(campaigns::frozen_to.eq(last)).execute(conn)?,
        None => diesel::update(own).set(campaigns::frozen_at.eq(now)).execute(conn)?,
    };
    if taken == 0 {
        return Err(Error::conflict(store::STALE));
    }
    let known = known(conn, batch)?;
    if known.is_empty() {
        return insert(conn, campaign, &batch.rows, 0, now);
    }
    let mut rows = batch.rows.clone();
    rows.values_mut().for_each(|drafts| drafts.retain(|draft| !known.contains(&draft.customer)));
    rows.retain(|_, drafts| !drafts.is_empty());
    insert(conn, campaign, &rows, 0, now)
}

/// People of a batch who have a delivery already: that of somebody who was merged into them since it was written.
fn known(conn: &mut Conn, batch: &Batch) -> Result<BTreeSet<CustomerId>> {
    let Some(last) = batch.last else { return Ok(BTreeSet::new()) };
    let own = deliveries::table
        .filter(deliveries::campaign_id.eq(batch.campaign.id))
        .filter(deliveries::customer_id.gt(batch.from))
        .filter(deliveries::customer_id.le(last))
        .filter(deliveries::round.eq(0));
    Ok(own.select(deliveries::customer_id).load::<CustomerId>(conn)?.into_iter().collect())
}

/// Lets mails of a step of a journey go out from now on, as soon as there are some. `Conflict` when it says nothing, or is no step's.
pub(crate) fn open_step(conn: &mut Conn, id: CampaignId, (zone, host): (&str, &str), now: Time) -> Result<()> {
    let campaign = store::get(conn, id)?;
    match (campaign.kind, campaign.state) {
        (Kind::Campaign, _) | (_, State::Cancelled) => return Err(Error::conflict("journey-mail-invalid")),
        (Kind::Step, State::Scheduled | State::Paused) => return Ok(()),
        (Kind::Step, State::Draft) => {}
    }
    if store::variants(conn, id)?.iter().any(|one| one.content.trim().is_empty() || one.content == store::EMPTY) {
        return Err(Error::conflict("journey-mail-unwritten"));
    }
    let change = (
        campaigns::state.eq(State::Scheduled),
        campaigns::zone.eq(zone),
        campaigns::host.eq(host),
        campaigns::starts_at.eq(now),
        campaigns::frozen_at.eq(now),
        campaigns::version.eq(campaign.version + 1),
        campaigns::changed_at.eq(now),
    );
    diesel::update(campaigns::table.find(id)).set(change).execute(conn)?;
    Ok(())
}

/// The mail of a step to somebody; `round` is their enrolment. Answers how it stands, or nothing when they have it already. `Conflict` when
/// nothing goes out of it any more.
pub(crate) fn give(conn: &mut Conn, id: CampaignId, customer: CustomerId, round: i64, now: Time) -> Result<Option<Standing>> {
    let campaign = store::get(conn, id)?;
    if !matches!(campaign.state, State::Scheduled | State::Paused) {
        return Err(Error::conflict("journey-mail-invalid"));
    }
    let own = deliveries::table.filter(deliveries::campaign_id.eq(id)).filter(deliveries::customer_id.eq(customer));
    let had: i64 = own.filter(deliveries::round.eq(round)).count().get_result(conn)?;
    if had > 0 {
        return Ok(None);
    }
    let rows = drafts(conn, &campaign, &[customer], round, now)?;
    insert(conn, &campaign, &rows, round, now)?;
    Ok(rows.values().flatten().next().map(Draft::standing))
}

/// Adds a row to lists of values as an engine reads them fastest: SQLite rows, all in the first; PostgreSQL an array of each column, where rows
/// of values would be read one expression after the other.
fn listed(dialect: Dialect, values: &mut [String; 6], row: &[&str; 6]) {
    match dialect {
        Dialect::Sqlite => {
            let [customer, arm, variant, standing, why, mail] = row;
            if !values[0].is_empty() {
                values[0].push(',');
            }
            values[0].push_str(&format!("({customer},'{arm}',{variant},'{standing}','{why}','{mail}')"));
        }
        Dialect::Postgres => {
            for (list, value) in values.iter_mut().zip(row) {
                if !list.is_empty() {
                    list.push(',');
                }
                list.push('"');
                list.push_str(value);
                list.push('"');
            }
        }
    }
}

/// Writes deliveries with what they count. The ids of their mails begin with the moment, so that rows which are written together stand together
/// in the index, and end with what nobody guesses.
fn insert(conn: &mut Conn, campaign: &Campaign, rows: &BTreeMap<Time, Vec<Draft>>, round: i64, now: Time) -> Result<()> {
    let (moment, dialect) = (now.and_utc().timestamp_micros(), Dialect::of(conn));
    let mut tally = Tally::default();
    let mut number = 0;
    for (due, drafts) in rows {
        // A list of values for each column. Nothing in them was written by people: numbers, words of the program, letters of chance.
        let mut values: [String; 6] = Default::default();
        for draft in drafts {
            let (standing, why) = (draft.standing(), draft.hindrance.map_or("", Hindrance::as_str));
            let mail = format!("{moment:x}.{number:x}.{}", token::random());
            let (customer, variant) = (draft.customer.0.to_string(), draft.variant.map_or(0, |one| one.0).to_string());
            let row = [customer.as_str(), draft.arm.as_str(), variant.as_str(), standing.as_str(), why, mail.as_str()];
            listed(dialect, &mut values, &row);
            tally.add(campaign.id, draft.variant, standing.as_str(), 1);
            number += 1;
        }
        let mut sql = Fragment::of(
            "INSERT INTO deliveries (campaign_id, customer_id, round, arm, variant_id, state, reason, due_at, attempts, message_id, transport) SELECT ",
        );
        sql.int(campaign.id.0).push(", v.column1, ").int(round).push(", v.column2, NULLIF(v.column3, 0), v.column4, v.column5, ");
        sql.time(*due).push(", 0, v.column6 || ").text(format!("@{}", campaign.host)).push(", '' FROM ");
        let [rows, others @ ..] = &values;
        match dialect {
            Dialect::Sqlite => sql.push("(VALUES ").push(rows).push(") AS v"),
            Dialect::Postgres => {
                sql.push("unnest('{").push(rows);
                for (column, kind) in others.iter().zip(["bigint", "text", "bigint", "text", "text"]) {
                    sql.push("}'::").push(kind).push("[], '{").push(column);
                }
                sql.push("}'::text[]) AS v (column1, column2, column3, column4, column5, column6)")
            }
        };
        sql.execute(conn)?;
    }
    tally.write(conn)
}
