//! Trials: what was tried out on part of an audience, and which of it the rest gets.

use super::counts::{Counts, Tally, counts};
use super::store::{get, hours, variants};
use super::{Campaign, CampaignId, DeliveryId, Hit, Measure, Standing, State, VariantId};
use crate::lift::{Sample, lift};
use crate::rules::Fragment;
use crate::schema::{campaigns, deliveries};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::{Conn, Db, Result, json};
use serde::{Deserialize, Serialize};

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
            while db.write_now(move |conn| give(conn, id))? > 0 {}
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
    if !tried(&counts(conn, id)?) {
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

/// How each variant did, in their order.
fn figures(conn: &mut Conn, campaign: &Campaign) -> Result<Vec<Figure>> {
    let counts = counts(conn, campaign.id)?;
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
                sql.push(" AND EXISTS (SELECT 1 FROM purchases p WHERE p.customer_id = d.customer_id AND p.purchased_at >= d.sent_at)");
            }
        }
        let did = sql.load::<Number>(conn)?.first().map_or(0, |row| row.number);
        figures.push(Figure { variant: variant.id, people, did });
    }
    Ok(figures)
}

/// Of those deliveries of which a person did this.
fn hit(sql: &mut Fragment, kind: Hit) {
    sql.push(" AND EXISTS (SELECT 1 FROM delivery_hits h WHERE h.delivery_id = d.id AND h.machine = '' AND h.kind = ");
    sql.text(kind.as_str()).push(")");
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

/// Gives the winner to some of those who wait for it; answers how many there were.
fn give(conn: &mut Conn, id: CampaignId) -> Result<usize> {
    let campaign = get(conn, id)?;
    // Of a campaign that was cancelled meanwhile, what waits is taken back as it is.
    let Some(winner) = campaign.winner_id.filter(|_| campaign.state != State::Cancelled) else { return Ok(0) };
    let mut sql = Fragment::of("SELECT id AS number FROM deliveries WHERE state = 'waiting' AND variant_id IS NULL AND campaign_id = ");
    sql.int(id.0).push(" ORDER BY id LIMIT ").int(TOGETHER);
    let ids: Vec<DeliveryId> = sql.load::<Number>(conn)?.into_iter().map(|row| DeliveryId(row.number)).collect();
    let rest = deliveries::table.filter(deliveries::id.eq_any(ids)).filter(deliveries::state.eq(Standing::Waiting));
    let given = diesel::update(rest.filter(deliveries::variant_id.is_null())).set(deliveries::variant_id.eq(winner)).execute(conn)?;
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
