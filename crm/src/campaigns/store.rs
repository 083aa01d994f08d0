//! Campaigns and their variants as merchants write them.

use super::{Audience, CampaignId, Kind, Plan, State, Trial, VariantId};
use crate::schema::{campaign_variants as variants_of, campaigns};
use crate::segments::{self, SegmentId};
use crate::{CustomerId, topics};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::json::Json;
use kernel::{Conn, Error, Result, json};
use serde::Serialize;

/// The longest name.
const NAME: usize = 120;
/// The most variants of a trial, and segments of an audience.
pub const VARIANTS: usize = 8;
const SEGMENTS: usize = 50;
/// The shortest window, in minutes.
const WINDOW: i64 = 60;
/// What a variant says before anybody wrote it.
pub const EMPTY: &str = "{}";
/// The text of the conflict when a campaign went on since it was seen.
pub const STALE: &str = "campaign-stale";

/// A campaign as stored.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = campaigns)]
pub struct Campaign {
    pub id: CampaignId,
    pub kind: Kind,
    pub name: String,
    pub store_id: i64,
    pub topic: String,
    pub state: State,
    pub audience: Json<Audience>,
    pub control_bp: i64,
    pub plan: Json<Plan>,
    pub trial: Json<Trial>,
    pub winner_id: Option<VariantId>,
    pub starts_at: Option<Time>,
    pub frozen_to: CustomerId,
    pub frozen_at: Option<Time>,
    pub version: i64,
    pub created_at: Time,
    pub changed_at: Time,
    /// The time zone by which the plan is read, as IANA names it, and the host of its Message-IDs.
    pub zone: String,
    pub host: String,
    pub next_at: Option<Time>,
    /// When the last mail of the trial had left.
    pub tried_at: Option<Time>,
    /// How the trial was decided, as JSON; empty before.
    pub decision: String,
    /// Why it stopped by itself, in the words of the mail servers; empty when it did not.
    pub stopped: String,
}

/// A campaign as somebody wants it.
#[derive(Clone, Debug, Serialize)]
pub struct Wish {
    pub name: String,
    pub store_id: i64,
    pub topic: String,
    pub audience: Audience,
    pub control_bp: i64,
    pub plan: Plan,
    pub trial: Trial,
}

impl Default for Wish {
    fn default() -> Wish {
        Wish {
            name: String::new(),
            store_id: 1,
            topic: "news".into(),
            audience: Audience::default(),
            control_bp: 1000,
            plan: Plan::default(),
            trial: Trial::default(),
        }
    }
}

impl Campaign {
    pub fn wish(&self) -> Wish {
        Wish {
            name: self.name.clone(),
            store_id: self.store_id,
            topic: self.topic.clone(),
            audience: self.audience.0.clone(),
            control_bp: self.control_bp,
            plan: self.plan.0.clone(),
            trial: self.trial.0.clone(),
        }
    }
}

/// What a campaign says.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = variants_of)]
pub struct Variant {
    pub id: VariantId,
    pub campaign_id: CampaignId,
    pub position: i64,
    /// JSON of the shop.
    pub content: String,
    pub version: i64,
    pub changed_at: Time,
    /// Its own start, as the clock of the place shows it; with the campaign without.
    pub goes_at: Option<Time>,
}

pub fn get(conn: &mut Conn, id: CampaignId) -> Result<Campaign> {
    Ok(campaigns::table.find(id).select(Campaign::as_select()).first(conn)?)
}

/// Those of a kind, the newest first, before `before` when given.
pub fn list(conn: &mut Conn, kind: Kind, before: Option<CampaignId>, limit: i64) -> Result<Vec<Campaign>> {
    Ok(campaigns::table
        .filter(campaigns::kind.eq(kind))
        .filter(campaigns::id.lt(before.unwrap_or(CampaignId(i64::MAX))))
        .order(campaigns::id.desc())
        .limit(limit)
        .select(Campaign::as_select())
        .load(conn)?)
}

/// The campaigns that are for members of a segment or leave them out, with their names.
pub fn for_segment(conn: &mut Conn, segment: SegmentId) -> Result<Vec<(CampaignId, String)>> {
    let rows: Vec<(CampaignId, String, Json<Audience>)> =
        campaigns::table.order(campaigns::id).select((campaigns::id, campaigns::name, campaigns::audience)).load(conn)?;
    let uses = |audience: &Audience| audience.include.contains(&segment) || audience.exclude.contains(&segment);
    Ok(rows.into_iter().filter(|(.., audience)| uses(&audience.0)).map(|(id, name, _)| (id, name)).collect())
}

/// `Invalid` names what cannot be: `name`, `topic`, `include`, `exclude`, `control`, `window_from`, `per_hour`, `cap`, `share`, `hours`.
fn checked(conn: &mut Conn, wish: &Wish) -> Result<Wish> {
    let mut wish = wish.clone();
    let mut wrong = Fields::default();
    wish.name = wish.name.trim().to_string();
    wish.topic = wish.topic.trim().to_string();
    if wish.name.is_empty() || wish.name.chars().count() > NAME {
        wrong.add("name", "campaign-name-invalid");
    }
    // Another word of the ledger, such as that opening may be counted, is no yes to mail.
    if topics::by_code(conn, &wish.topic)?.is_none() {
        wrong.add("topic", "campaign-topic-invalid");
    }
    let known: Vec<SegmentId> = segments::others(conn)?.into_keys().collect();
    for (field, ids) in [("include", &mut wish.audience.include), ("exclude", &mut wish.audience.exclude)] {
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > SEGMENTS || ids.iter().any(|id| !known.contains(id)) {
            wrong.add(field, "campaign-segment-gone");
        }
    }
    if !(0..=9000).contains(&wish.control_bp) {
        wrong.add("control", "campaign-control-invalid");
    }
    if wish.plan.window.is_some_and(|(from, until)| (until - from).num_minutes().rem_euclid(24 * 60) < WINDOW) {
        wrong.add("window_from", "campaign-window-short");
    }
    if wish.plan.per_hour.is_some_and(|number| !(1..=100_000_000).contains(&number)) {
        wrong.add("per_hour", "campaign-per-hour-invalid");
    }
    if wish.plan.cap.is_some_and(|(mails, days)| !(1..=1000).contains(&mails) || !(1..=365).contains(&days)) {
        wrong.add("cap", "campaign-cap-invalid");
    }
    if !(100..=10_000).contains(&wish.trial.share_bp) {
        wrong.add("share", "campaign-share-invalid");
    }
    if !(1..=24 * 14).contains(&wish.trial.hours) {
        wrong.add("hours", "campaign-hours-invalid");
    }
    wrong.check()?;
    Ok(wish)
}

/// Adds a draft with one variant that says nothing yet.
pub fn create(conn: &mut Conn, wish: &Wish, now: Time) -> Result<CampaignId> {
    create_as(conn, Kind::Campaign, wish, now)
}

/// [`create`] of either kind.
pub fn create_as(conn: &mut Conn, kind: Kind, wish: &Wish, now: Time) -> Result<CampaignId> {
    let wish = checked(conn, wish)?;
    let row = (
        campaigns::kind.eq(kind),
        campaigns::name.eq(&wish.name),
        campaigns::store_id.eq(wish.store_id),
        campaigns::topic.eq(&wish.topic),
        campaigns::state.eq(State::Draft),
        campaigns::audience.eq(json::text(&wish.audience)?),
        campaigns::control_bp.eq(wish.control_bp),
        campaigns::plan.eq(json::text(&wish.plan)?),
        campaigns::trial.eq(json::text(&wish.trial)?),
        campaigns::created_at.eq(now),
        campaigns::changed_at.eq(now),
    );
    let id: CampaignId = diesel::insert_into(campaigns::table).values(row).returning(campaigns::id).get_result(conn)?;
    insert(conn, id, 1, EMPTY, now)?;
    Ok(id)
}

/// Changes a draft. `Conflict` when it is none any more, or was changed since `version`.
pub fn update(conn: &mut Conn, id: CampaignId, version: i64, wish: &Wish, now: Time) -> Result<()> {
    let wish = checked(conn, wish)?;
    drafted(conn, id)?;
    let changed = diesel::update(campaigns::table.find(id))
        .filter(campaigns::version.eq(version).and(campaigns::state.eq(State::Draft)))
        .set((
            campaigns::name.eq(&wish.name),
            campaigns::store_id.eq(wish.store_id),
            campaigns::topic.eq(&wish.topic),
            campaigns::audience.eq(json::text(&wish.audience)?),
            campaigns::control_bp.eq(wish.control_bp),
            campaigns::plan.eq(json::text(&wish.plan)?),
            campaigns::trial.eq(json::text(&wish.trial)?),
            campaigns::version.eq(campaigns::version + 1),
            campaigns::changed_at.eq(now),
        ))
        .execute(conn)?;
    if changed == 1 { Ok(()) } else { Err(Error::conflict(STALE)) }
}

/// A campaign of which everything may still be changed; `Conflict` for any other.
fn drafted(conn: &mut Conn, id: CampaignId) -> Result<Campaign> {
    let campaign = get(conn, id)?;
    if campaign.state == State::Draft { Ok(campaign) } else { Err(Error::conflict("campaign-no-draft")) }
}

/// [`drafted`], held to the end of the transaction.
fn held(conn: &mut Conn, id: CampaignId, now: Time) -> Result<()> {
    let own = campaigns::table.find(id).filter(campaigns::state.eq(State::Draft));
    if diesel::update(own).set(campaigns::changed_at.eq(now)).execute(conn)? == 1 {
        return Ok(());
    }
    drafted(conn, id).map(drop)
}

/// The variants of a campaign in their order: one at least.
pub fn variants(conn: &mut Conn, campaign: CampaignId) -> Result<Vec<Variant>> {
    let own = variants_of::table.filter(variants_of::campaign_id.eq(campaign)).order(variants_of::position);
    Ok(own.select(Variant::as_select()).load(conn)?)
}

pub fn variant(conn: &mut Conn, id: VariantId) -> Result<Variant> {
    Ok(variants_of::table.find(id).select(Variant::as_select()).first(conn)?)
}

/// What merchants call a variant, in the order of [`variants`]: A is the first.
pub fn letter(place: usize) -> String {
    u8::try_from(place).ok().and_then(|place| b'A'.checked_add(place)).map_or_else(String::new, |letter| char::from(letter).to_string())
}

/// Replaces what a variant of a draft says; answers its new version. `Conflict` when it was changed since `version`, or is no draft's.
pub fn put_variant(conn: &mut Conn, id: VariantId, version: i64, content: &str, now: Time) -> Result<i64> {
    let campaign = variant(conn, id)?.campaign_id;
    held(conn, campaign, now)?;
    let own = variants_of::table.find(id).filter(variants_of::version.eq(version));
    let change = (variants_of::content.eq(content), variants_of::version.eq(variants_of::version + 1i64), variants_of::changed_at.eq(now));
    if diesel::update(own).set(change).execute(conn)? == 1 { Ok(version.saturating_add(1)) } else { Err(Error::conflict(STALE)) }
}

/// Has a variant of a draft go out at a time of its own, as the clock of the place shows it, or with the campaign. `Conflict` for the mail of
/// a step, which goes out when somebody comes there. What it says keeps its version.
pub fn set_time(conn: &mut Conn, id: VariantId, at: Option<Time>, now: Time) -> Result<()> {
    let campaign = variant(conn, id)?.campaign_id;
    held(conn, campaign, now)?;
    if get(conn, campaign)?.kind == Kind::Step && at.is_some() {
        return Err(Error::conflict("campaign-time-step"));
    }
    diesel::update(variants_of::table.find(id)).set((variants_of::goes_at.eq(at), variants_of::changed_at.eq(now))).execute(conn)?;
    Ok(())
}

/// Adds a variant to a draft, behind the others.
pub fn add_variant(conn: &mut Conn, campaign: CampaignId, content: &str, now: Time) -> Result<VariantId> {
    held(conn, campaign, now)?;
    let known = variants(conn, campaign)?;
    if known.len() >= VARIANTS {
        return Err(Error::conflict("campaign-variants-many"));
    }
    insert(conn, campaign, known.last().map_or(1, |last| last.position + 1), content, now)
}

fn insert(conn: &mut Conn, campaign: CampaignId, position: i64, content: &str, now: Time) -> Result<VariantId> {
    let row = (
        variants_of::campaign_id.eq(campaign),
        variants_of::position.eq(position),
        variants_of::content.eq(content),
        variants_of::changed_at.eq(now),
    );
    Ok(diesel::insert_into(variants_of::table).values(row).returning(variants_of::id).get_result(conn)?)
}

/// Takes a variant out of a draft. `Conflict` for the only one.
pub fn remove_variant(conn: &mut Conn, id: VariantId, now: Time) -> Result<()> {
    let campaign = variant(conn, id)?.campaign_id;
    held(conn, campaign, now)?;
    if variants(conn, campaign)?.len() < 2 {
        return Err(Error::conflict("campaign-variant-only"));
    }
    diesel::delete(variants_of::table.find(id)).execute(conn)?;
    Ok(())
}

/// Hours as a length of time.
pub(super) fn hours(number: i64) -> TimeDelta {
    TimeDelta::hours(number)
}
