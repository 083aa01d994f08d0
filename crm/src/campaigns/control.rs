//! What staff decide about a campaign while it goes: schedule, pause, resume, cancel. Each takes the version that was seen.

use super::counts::{Counts, Tally, counts};
use super::freeze::FREEZE_JOB;
use super::results::{self, What};
use super::store::{EMPTY, STALE, get, variants};
use super::{Campaign, CampaignId, DeliveryId, Kind, Plan, Standing, State, VariantId, times};
use crate::schema::{campaigns, deliveries};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::mail::post;
use kernel::{Conn, Db, Error, Result, words};

/// The job that takes back what a cancelled campaign had not sent; its payload is the campaign.
pub const CANCEL_JOB: &str = "campaigns.cancel";
/// Deliveries taken back by one transaction.
const TOGETHER: i64 = 2000;
/// The longest words of mail servers that are kept, in characters.
const REASON: usize = 1000;
/// How long the mail of a step waits that no mail server takes.
const BARRED: TimeDelta = TimeDelta::minutes(15);

words!(
    /// How far a campaign is. It follows from what was decided and from its rows.
    Stage {
        Draft = "draft",
        /// It waits for its time.
        Scheduled = "scheduled",
        /// Its audience is being frozen.
        Freezing = "freezing",
        Sending = "sending",
        /// Part of it was tried out, and the rest waits for the best.
        Trying = "trying",
        Paused = "paused",
        Cancelled = "cancelled",
        Finished = "finished",
    }
);

/// How far a campaign with these counts is.
pub fn stage(campaign: &Campaign, counts: &Counts, now: Time) -> Stage {
    let on_its_way = counts.standing(Standing::Waiting) + counts.standing(Standing::Sending);
    let undecided = counts.of_variant(None, Standing::Waiting.as_str());
    match campaign.state {
        State::Draft => Stage::Draft,
        State::Cancelled => Stage::Cancelled,
        State::Scheduled | State::Paused if campaign.frozen_at.is_some() && on_its_way == 0 => Stage::Finished,
        State::Paused => Stage::Paused,
        State::Scheduled if campaign.frozen_at.is_none() => {
            if campaign.starts_at.is_some_and(|at| at > now) {
                Stage::Scheduled
            } else {
                Stage::Freezing
            }
        }
        State::Scheduled if undecided > 0 && undecided == on_its_way => Stage::Trying,
        State::Scheduled => Stage::Sending,
    }
}

/// Moves a campaign that is in one of `from` to another state. `Conflict` when it is not, or was changed since `version`.
fn turn(conn: &mut Conn, id: CampaignId, version: i64, from: &[State], to: State, now: Time) -> Result<Campaign> {
    let own = campaigns::table.find(id).filter(campaigns::version.eq(version)).filter(campaigns::state.eq_any(from.to_vec()));
    let change = (campaigns::state.eq(to), campaigns::version.eq(campaigns::version + 1i64), campaigns::changed_at.eq(now));
    let turned = diesel::update(own).set(change).execute(conn)?;
    let campaign = get(conn, id)?;
    if turned == 1 { Ok(campaign) } else { Err(Error::conflict(STALE)) }
}

/// Schedules a draft. `zone` is the time zone of the shop's clocks, `host` stands in the Message-IDs. `Conflict` when nothing was written, or its
/// time has passed.
pub fn schedule(conn: &mut Conn, id: CampaignId, version: i64, (zone, host): (&str, &str), now: Time) -> Result<()> {
    let campaign = turn(conn, id, version, &[State::Draft], State::Scheduled, now)?;
    // The mail of a step is for whoever comes there, and never for everybody at once.
    if campaign.kind == Kind::Step {
        return Err(Error::conflict("journey-mail-step"));
    }
    let all = variants(conn, id)?;
    if all.iter().any(|one| one.content.trim().is_empty() || one.content == EMPTY) {
        return Err(Error::conflict("campaign-content-missing"));
    }
    let plan = &campaign.plan.0;
    let shop = times::named(zone);
    if all.iter().map(|one| one.goes_at).chain([plan.at]).flatten().any(|at| times::moment(shop, at) < now) {
        return Err(Error::conflict("campaign-time-past"));
    }
    // The first of the variants begins; who waits for the end of a trial waits for a variant.
    let begins = all.iter().map(|one| times::start(&Plan { at: one.goes_at.or(plan.at), ..plan.clone() }, shop, now)).min();
    let starts = begins.unwrap_or(now);
    let change = (campaigns::zone.eq(zone), campaigns::host.eq(host), campaigns::starts_at.eq(starts), campaigns::next_at.eq(None::<Time>));
    diesel::update(campaigns::table.find(id)).set(change).execute(conn)?;
    freeze_soon(conn, id, version + 1, starts, now)
}

fn freeze_soon(conn: &mut Conn, id: CampaignId, version: i64, at: Time, now: Time) -> Result<()> {
    jobs::enqueue_as(conn, Class::Bulk, FREEZE_JOB, &id.to_string(), Some(&format!("campaign:{id}:{version}")), at, now)
}

/// Makes a campaign a draft again of which nobody has a row yet.
pub fn recall(conn: &mut Conn, id: CampaignId, version: i64, now: Time) -> Result<()> {
    let campaign = turn(conn, id, version, &[State::Scheduled, State::Paused], State::Draft, now)?;
    if campaign.frozen_to.0 > 0 || campaign.frozen_at.is_some() {
        return Err(Error::conflict("campaign-begun"));
    }
    diesel::update(campaigns::table.find(id)).set(campaigns::starts_at.eq(None::<Time>)).execute(conn)?;
    jobs::withdraw(conn, FREEZE_JOB, &format!("campaign:{id}:{version}"))
}

/// Nothing more is claimed from now on. What is being handed over ends.
pub fn pause(conn: &mut Conn, id: CampaignId, version: i64, now: Time) -> Result<()> {
    turn(conn, id, version, &[State::Scheduled], State::Paused, now).map(drop)
}

/// Goes on. Mail servers that refused the shop are tried again.
pub fn resume(conn: &mut Conn, id: CampaignId, version: i64, now: Time) -> Result<()> {
    let campaign = turn(conn, id, version, &[State::Paused], State::Scheduled, now)?;
    if !campaign.stopped.is_empty() {
        diesel::update(campaigns::table.find(id)).set(campaigns::stopped.eq("")).execute(conn)?;
        post::try_again(conn, None)?;
    }
    if campaign.frozen_at.is_some() {
        return Ok(());
    }
    freeze_soon(conn, id, version + 1, campaign.starts_at.unwrap_or(now).max(now), now)
}

/// A campaign whose mail no mail server takes pauses itself. People go on coming to the mail of a step of a journey, and nobody watches it:
/// that one waits, and is tried again.
pub(super) fn stop(conn: &mut Conn, id: CampaignId, reason: &str, now: Time) -> Result<()> {
    let campaign = get(conn, id)?;
    let own = campaigns::table.find(id).filter(campaigns::state.eq(State::Scheduled));
    let why = campaigns::stopped.eq(reason.chars().take(REASON).collect::<String>());
    match campaign.kind {
        Kind::Campaign => {
            let change =
                (campaigns::state.eq(State::Paused), campaigns::version.eq(campaigns::version + 1i64), campaigns::changed_at.eq(now));
            diesel::update(own).set((why, change)).execute(conn)?;
        }
        Kind::Step => {
            diesel::update(own).set((why, campaigns::next_at.eq(now + BARRED))).execute(conn)?;
        }
    }
    Ok(())
}

/// Ends a campaign for good: nothing more is claimed from now on, and a job takes back what waits.
pub fn cancel(conn: &mut Conn, id: CampaignId, version: i64, now: Time) -> Result<()> {
    turn(conn, id, version, &[State::Draft, State::Scheduled, State::Paused], State::Cancelled, now)?;
    jobs::enqueue_as(conn, Class::Bulk, CANCEL_JOB, &id.to_string(), Some(&format!("campaign:{id}:cancel")), now, now)
}

/// Takes back the deliveries of a cancelled campaign that wait, in short transactions.
pub fn cancel_rest(db: &Db, id: CampaignId) -> Result<()> {
    while db.write_now(move |conn| cancel_some(conn, id))? > 0 {}
    Ok(())
}

fn cancel_some(conn: &mut Conn, id: CampaignId) -> Result<usize> {
    if get(conn, id)?.state != State::Cancelled {
        return Ok(0);
    }
    let ids = results::ids(conn, id, What::Standing(Standing::Waiting), None, DeliveryId(0), TOGETHER)?;
    let waiting = deliveries::table.filter(deliveries::id.eq_any(ids.clone())).filter(deliveries::state.eq(Standing::Waiting));
    let rows: Vec<(DeliveryId, Option<VariantId>)> = waiting.select((deliveries::id, deliveries::variant_id)).load(conn)?;
    let own = deliveries::table.filter(deliveries::id.eq_any(ids)).filter(deliveries::state.eq(Standing::Waiting));
    let moved = diesel::update(own).set(deliveries::state.eq(Standing::Cancelled)).execute(conn)?;
    if moved != rows.len() {
        return Err(Error::Unavailable("deliveries moved while they were cancelled".into()));
    }
    let mut tally = Tally::default();
    for (_, variant) in rows {
        tally.moved(id, variant, Standing::Waiting, Standing::Cancelled);
    }
    tally.write(conn)?;
    Ok(moved)
}

/// [`counts`] with how far the campaign is.
pub fn progress(conn: &mut Conn, campaign: &Campaign, now: Time) -> Result<(Counts, Stage)> {
    let counts = counts(conn, campaign.id)?;
    let stage = stage(campaign, &counts, now);
    Ok((counts, stage))
}
