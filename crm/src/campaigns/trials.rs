//! Trials: what was tried out on part of an audience, and which of it the rest gets.

use super::audience::countries;
use super::counts::{Counts, Tally, counts};
use super::store::{get, hours, variants};
use super::{Campaign, CampaignId, DeliveryId, Hit, Measure, Standing, State, VariantId, times};
use crate::CustomerId;
use crate::lift::{Sample, lift};
use crate::rules::{Dialect, Fragment, Span};
use crate::schema::{campaigns, deliveries};
use chrono::NaiveTime;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::{Conn, Db, Result, json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The job that looks after trials.
pub const DECIDE_JOB: &str = "campaigns.decide";
/// Deliveries that get the winner by one transaction.
const TOGETHER: i64 = 2000;

/// How a variant did among those who got it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    pub variant: VariantId,
    /// Whose mail a server took.
    pub people: i64,
    /// Those of them who did what is measured; machines are not counted.
    pub did: i64,
}

/// How a trial was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub winner: VariantId,
    pub measure: Measure,
    /// Whether the best can be told apart from each of the others. Else the first is the winner.
    pub apart: bool,
    pub figures: Vec<Figure>,
    pub at: Time,
}

impl Campaign {
    /// How the trial was decided, if it was.
    pub fn decision(&self) -> Option<Decision> {
        serde_json::from_str(&self.decision).ok()
    }
}

/// Somebody who waits for the winner.
#[derive(QueryableByName)]
struct Rest {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    customer_id: i64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The campaigns of which somebody waits for the end of a trial.
fn open(conn: &mut Conn) -> Result<Vec<CampaignId>> {
    let sql = Fragment::of(
        "SELECT DISTINCT c.id AS number FROM delivery_counts n JOIN campaigns c ON c.id = n.campaign_id \
         WHERE n.what = 'waiting' AND n.count > 0 AND n.variant_id = 0 AND c.state = 'scheduled' AND c.frozen_at IS NOT NULL ORDER BY c.id",
    );
    Ok(sql.load::<Number>(conn)?.into_iter().map(|row| CampaignId(row.number)).collect())
}

/// Decides every trial that is due, and gives the rest of its audience what won.
pub fn decide_all(db: &Db, now: Time) -> Result<()> {
    for id in db.read_now(open)? {
        if db.write_now(move |conn| decide(conn, id, now))? {
            while db.write_now(move |conn| give(conn, id, now))? > 0 {}
        }
    }
    Ok(())
}

/// Decides one trial when it is due; answers whether it is decided.
fn decide(conn: &mut Conn, id: CampaignId, now: Time) -> Result<bool> {
    // Held, so that nobody decides beside.
    let own = campaigns::table.find(id).filter(campaigns::state.eq(State::Scheduled));
    if diesel::update(own).set(campaigns::state.eq(State::Scheduled)).execute(conn)? == 0 {
        return Ok(false);
    }
    let campaign = get(conn, id)?;
    if campaign.winner_id.is_some() {
        return Ok(true);
    }
    // A variant whose time is still to come may have nobody who waits for it.
    let (plan, shop) = (&campaign.plan.0, times::named(&campaign.zone));
    let to_come = |at: Time| times::shown_everywhere(plan, shop, at) > now;
    if variants(conn, id)?.iter().filter_map(|one| one.goes_at.or(plan.at)).any(to_come) || !tried(&counts(conn, id)?) {
        return Ok(false);
    }
    let Some(ended) = campaign.tried_at else {
        diesel::update(campaigns::table.find(id)).set(campaigns::tried_at.eq(now)).execute(conn)?;
        return Ok(false);
    };
    let trial = &campaign.trial.0;
    if ended + hours(trial.hours) > now {
        return Ok(false);
    }
    let figures = figures(conn, &campaign)?;
    let Some((winner, apart)) = best(&figures)? else { return Ok(false) };
    let decision = Decision { winner, measure: trial.measure, apart, figures, at: now };
    let change = (campaigns::winner_id.eq(winner), campaigns::decision.eq(json::text(&decision)?));
    diesel::update(campaigns::table.find(id)).set(change).execute(conn)?;
    Ok(true)
}

/// Whether every mail of the trial has left, or never will.
fn tried(counts: &Counts) -> bool {
    let untold = counts.of_variant(None, Standing::Waiting.as_str());
    counts.standing(Standing::Waiting) == untold && counts.standing(Standing::Sending) == 0
}

/// How each variant did, in their order. Each mail has as many hours to be told from as the last one, whenever it left.
fn figures(conn: &mut Conn, campaign: &Campaign) -> Result<Vec<Figure>> {
    let (counts, dialect) = (counts(conn, campaign.id)?, Dialect::of(conn));
    let until = dialect.later("d.sent_at", Span::Hours(campaign.trial.0.hours));
    let mut figures = Vec::new();
    for variant in variants(conn, campaign.id)? {
        let people = counts.of_variant(Some(variant.id), Standing::Accepted.as_str());
        let mut sql = Fragment::of(
            "SELECT COUNT(*) AS number FROM deliveries d WHERE d.state <> 'waiting' AND d.state = 'accepted' AND d.campaign_id = ",
        );
        sql.int(campaign.id.0).push(" AND d.variant_id = ").int(variant.id.0);
        match campaign.trial.0.measure {
            Measure::Clicks => hit(&mut sql, Hit::Click),
            Measure::Opens => hit(&mut sql, Hit::Open),
            Measure::Orders => {
                sql.push(" AND EXISTS (SELECT 1 FROM purchases p WHERE p.customer_id = d.customer_id AND p.purchased_at >= d.sent_at AND p.purchased_at");
            }
        }
        sql.push(" <= ").add(&until).push(")");
        let did = sql.load::<Number>(conn)?.first().map_or(0, |row| row.number);
        figures.push(Figure { variant: variant.id, people, did });
    }
    Ok(figures)
}

/// Of those deliveries of which a person did this; the moment until which it counts follows.
fn hit(sql: &mut Fragment, kind: Hit) {
    sql.push(" AND EXISTS (SELECT 1 FROM delivery_hits h WHERE h.delivery_id = d.id AND h.machine = '' AND h.kind = ");
    sql.text(kind.as_str()).push(" AND h.happened_at");
}

/// Which did best, and whether it can be told apart from each other one with 95 % confidence (Welch 1947); else the first stands.
fn best(figures: &[Figure]) -> Result<Option<(VariantId, bool)>> {
    let Some(first) = figures.first() else { return Ok(None) };
    // Shares are compared crosswise: whole numbers, no rounding. Of two alike the earlier one stays.
    let better = |one: &Figure, than: &Figure| one.did * than.people.max(1) > than.did * one.people.max(1);
    let top = figures.iter().fold(first, |top, one| if better(one, top) { one } else { top });
    let sample = |one: &Figure| Sample::of(one.people, one.did);
    for other in figures.iter().filter(|other| other.variant != top.variant) {
        if lift(&sample(top), &sample(other))?.is_none_or(|lift| lift.low <= 0) {
            return Ok(Some((first.variant, false)));
        }
    }
    Ok(Some((top.variant, figures.len() > 1)))
}

/// The time of day at which the rest gets the winner: that of the winner, where variants were tried out at times of their own.
fn hour(conn: &mut Conn, campaign: &Campaign, winner: VariantId) -> Result<Option<NaiveTime>> {
    let all = variants(conn, campaign.id)?;
    if all.iter().all(|one| one.goes_at.is_none()) {
        return Ok(None);
    }
    let own = all.iter().find(|one| one.id == winner).and_then(|one| one.goes_at);
    Ok(own.or(campaign.plan.0.at).map(|at| at.time()))
}

/// When each of some people is due at a time of day, by the clock that the plan is read by.
fn due(conn: &mut Conn, campaign: &Campaign, rows: &[Rest], time: NaiveTime, now: Time) -> Result<BTreeMap<Time, Vec<DeliveryId>>> {
    let (plan, shop) = (&campaign.plan.0, times::named(&campaign.zone));
    let people: Vec<CustomerId> = rows.iter().map(|row| CustomerId(row.customer_id)).collect();
    let places = if plan.local { countries(conn, &people)? } else { Default::default() };
    let mut due: BTreeMap<Time, Vec<DeliveryId>> = BTreeMap::new();
    for row in rows {
        let country = places.get(&CustomerId(row.customer_id)).map(String::as_str);
        let zone = times::zone_of(country, shop);
        let at = times::open_from(plan, zone, times::next_at(zone, time, now))?;
        due.entry(at).or_default().push(DeliveryId(row.id));
    }
    Ok(due)
}

/// Gives the winner to some of those who wait for it; answers how many there were.
fn give(conn: &mut Conn, id: CampaignId, now: Time) -> Result<usize> {
    let campaign = get(conn, id)?;
    // Of a campaign that was cancelled meanwhile, what waits is taken back as it is.
    let Some(winner) = campaign.winner_id.filter(|_| campaign.state != State::Cancelled) else { return Ok(0) };
    let mut sql = Fragment::of("SELECT id, customer_id FROM deliveries WHERE state = 'waiting' AND variant_id IS NULL AND campaign_id = ");
    sql.int(id.0).push(" ORDER BY id LIMIT ").int(TOGETHER);
    let rows: Vec<Rest> = sql.load(conn)?;
    let own = |ids: Vec<DeliveryId>| {
        let rest = deliveries::table.filter(deliveries::id.eq_any(ids)).filter(deliveries::state.eq(Standing::Waiting));
        diesel::update(rest.filter(deliveries::variant_id.is_null()))
    };
    let given = match hour(conn, &campaign, winner)? {
        None => {
            let ids: Vec<DeliveryId> = rows.iter().map(|row| DeliveryId(row.id)).collect();
            own(ids).set(deliveries::variant_id.eq(winner)).execute(conn)?
        }
        Some(time) => {
            let mut given = 0;
            for (at, ids) in due(conn, &campaign, &rows, time, now)? {
                given += own(ids).set((deliveries::variant_id.eq(winner), deliveries::due_at.eq(at))).execute(conn)?;
            }
            given
        }
    };
    let mut tally = Tally::default();
    let count = i64::try_from(given).unwrap_or(0);
    tally.add(id, None, Standing::Waiting.as_str(), -count);
    tally.add(id, Some(winner), Standing::Waiting.as_str(), count);
    tally.write(conn)?;
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(variant: i64, people: i64, did: i64) -> Figure {
        Figure { variant: VariantId(variant), people, did }
    }

    #[test]
    fn the_best_wins_when_it_can_be_told_apart_and_else_the_first() {
        let told = |figures: &[Figure]| best(figures).expect("figures");
        assert_eq!(told(&[figure(1, 1000, 50), figure(2, 1000, 120)]), Some((VariantId(2), true)));
        assert_eq!(told(&[figure(1, 1000, 50), figure(2, 1000, 52)]), Some((VariantId(1), false)), "too small to tell");
        assert_eq!(told(&[figure(1, 10, 0), figure(2, 10, 10)]), Some((VariantId(1), false)), "too few people");
        assert_eq!(told(&[figure(1, 1000, 50), figure(2, 1000, 120), figure(3, 1000, 121)]), Some((VariantId(1), false)));
        assert_eq!(told(&[]), None);
    }
}
