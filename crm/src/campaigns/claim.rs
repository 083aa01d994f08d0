//! Claiming: who is to get a mail now. Consent, suppression and everything else that may stand against it is read in the transaction that
//! claims, for all of a batch at once; what was claimed goes out, and what was not is kept with the reason.

use super::audience::countries;
use super::counts::Tally;
use super::permission::permission;
use super::record::recorded;
use super::{Campaign, CampaignId, Claimed, DeliveryId, Hindrance, Kind, Outcome, Standing, State, VariantId, store, times};
use crate::journeys::{self, EnrolmentId};
use crate::rules::{Dialect, Fragment};
use crate::schema::{campaigns, deliveries};
use crate::{CustomerId, identities};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};
use kernel::clock::Time;
use kernel::{Conn, Result, prepared};
use std::collections::{BTreeMap, BTreeSet};

/// How long whoever claimed a mail has it. What was not recorded by then is unknown.
pub const LEASE: TimeDelta = TimeDelta::minutes(5);
/// Rounds of one claim: of an audience of which nobody may be written to, so many batches are gone through at once.
const ROUNDS: usize = 10;
const HOUR: i64 = 3_600_000_000;

/// When a lease that ends then began.
pub(super) fn claimed_at(until: Time) -> Time {
    until - LEASE
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A row that waits.
#[derive(Clone, Debug, QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    customer_id: i64,
    #[diesel(sql_type = BigInt)]
    variant_id: i64,
    #[diesel(sql_type = BigInt)]
    round: i64,
    #[diesel(sql_type = Text)]
    message_id: String,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Timestamp)]
    due_at: Time,
}

/// The campaigns that may have something to hand over now: few, since those without rows that wait are not looked at.
fn open(conn: &mut Conn, now: Time) -> Result<Vec<CampaignId>> {
    let mut sql = Fragment::of(
        "SELECT DISTINCT c.id AS number FROM delivery_counts n JOIN campaigns c ON c.id = n.campaign_id \
         WHERE n.what = 'waiting' AND n.count > 0 AND n.variant_id > 0 AND c.state = 'scheduled' AND c.frozen_at IS NOT NULL \
         AND (c.next_at IS NULL OR c.next_at <= ",
    );
    sql.time(now).push(") ORDER BY c.id");
    Ok(sql.load::<Number>(conn)?.into_iter().map(|row| CampaignId(row.number)).collect())
}

/// The next rows of a campaign that are due. On PostgreSQL they are held, and those that somebody else holds are passed over.
fn ready(conn: &mut Conn, campaign: CampaignId, limit: i64, now: Time) -> Result<Vec<Waiting>> {
    let mut sql = Fragment::of(
        "SELECT id, customer_id, variant_id, round, message_id, attempts, due_at FROM deliveries \
         WHERE state = 'waiting' AND variant_id IS NOT NULL AND campaign_id = ",
    );
    sql.int(campaign.0).push(" AND due_at <= ").time(now).push(" ORDER BY due_at, id LIMIT ").int(limit);
    if Dialect::of(conn) == Dialect::Postgres {
        sql.push(" FOR UPDATE SKIP LOCKED");
    }
    sql.load(conn)
}

/// Whether anything can be claimed now, or a lease ran out. Asked often.
pub fn any(conn: &mut Conn, now: Time) -> Result<bool> {
    let mut late = Fragment::of("SELECT id AS number FROM deliveries WHERE state = 'sending' AND leased_until < ");
    late.time(now).push(" LIMIT 1");
    if !late.load::<Number>(conn)?.is_empty() {
        return Ok(true);
    }
    for campaign in open(conn, now)? {
        let mut sql =
            Fragment::of("SELECT id AS number FROM deliveries WHERE state = 'waiting' AND variant_id IS NOT NULL AND campaign_id = ");
        sql.int(campaign.0).push(" AND due_at <= ").time(now).push(" LIMIT 1");
        if !sql.load::<Number>(conn)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Claims mails of one campaign that are due, `limit` at most: from now on they are being sent, by the caller alone. Who may not be written to is
/// skipped. Campaigns take turns.
pub fn claim(conn: &mut Conn, now: Time, limit: i64) -> Result<Vec<Claimed>> {
    exchange(conn, &[], now, limit)
}

/// [`record`](super::record) and [`claim`] at once. The counts, which everybody who sends the same campaign writes, are written last: whoever
/// comes next waits for the commit alone.
pub fn exchange(conn: &mut Conn, results: &[(DeliveryId, Outcome)], now: Time, limit: i64) -> Result<Vec<Claimed>> {
    let mut tally = Tally::default();
    recorded(conn, results, now, &mut tally)?;
    let claimed = claimed(conn, now, limit, &mut tally)?;
    tally.write(conn)?;
    Ok(claimed)
}

fn claimed(conn: &mut Conn, now: Time, limit: i64, tally: &mut Tally) -> Result<Vec<Claimed>> {
    let mut open = open(conn, now)?;
    if !open.is_empty() {
        let turn = usize::try_from(now.and_utc().timestamp_micros().rem_euclid(open.len() as i64)).unwrap_or(0);
        open.rotate_left(turn);
    }
    for id in open {
        let Some(campaign) = hold(conn, id, now)? else { continue };
        let claimed = of_campaign(conn, &campaign, now, limit, tally)?;
        if !claimed.is_empty() {
            return Ok(claimed);
        }
    }
    Ok(Vec::new())
}

/// A campaign that goes on to the end of the transaction: whoever pauses it waits for this. One with a limit by the hour is claimed from by
/// one after the other.
fn hold(conn: &mut Conn, id: CampaignId, now: Time) -> Result<Option<Campaign>> {
    if Dialect::of(conn) == Dialect::Postgres {
        let limited = store::get(conn, id)?.plan.0.per_hour.is_some();
        let mut sql = Fragment::of("SELECT id AS number FROM campaigns WHERE id = ");
        sql.int(id.0).push(if limited { " FOR UPDATE" } else { " FOR SHARE" });
        sql.load::<Number>(conn)?;
    }
    let campaign = store::get(conn, id)?;
    let goes = campaign.state == State::Scheduled && campaign.next_at.is_none_or(|at| at <= now);
    Ok(goes.then_some(campaign))
}

fn of_campaign(conn: &mut Conn, campaign: &Campaign, now: Time, limit: i64, tally: &mut Tally) -> Result<Vec<Claimed>> {
    let plan = &campaign.plan.0;
    let shop = times::named(&campaign.zone);
    if !plan.local {
        let opens = times::open_from(plan, shop, now)?;
        if opens > now {
            later(conn, campaign.id, opens)?;
            return Ok(Vec::new());
        }
    }
    if !campaign.stopped.is_empty() {
        // The mail of a step is tried again, and says anew what hinders it.
        diesel::update(campaigns::table.find(campaign.id)).set(campaigns::stopped.eq("")).execute(conn)?;
    }
    let limit = plan.per_hour.map_or(limit, |per_hour| limit.min(together(per_hour)));
    let mut claimed = Vec::new();
    for _ in 0..ROUNDS {
        let wanted = limit - i64::try_from(claimed.len()).unwrap_or(limit);
        let rows = if wanted > 0 { ready(conn, campaign.id, wanted, now)? } else { Vec::new() };
        if rows.is_empty() {
            break;
        }
        claimed.extend(judged(conn, campaign, rows, now, tally)?);
    }
    if let (Some(per_hour), Ok(count @ 1..)) = (plan.per_hour, i64::try_from(claimed.len())) {
        later(conn, campaign.id, now + pause(per_hour, limit, count))?;
    }
    Ok(claimed)
}

/// How many mails are claimed at once where so many are allowed in an hour: those of a minute.
fn together(per_hour: i64) -> i64 {
    (per_hour / 60).max(1)
}

/// How long nothing is claimed after `count` mails: so long that no hour, whenever it begins, has more than `per_hour` of them when up to
/// `limit` are claimed at once.
fn pause(per_hour: i64, limit: i64, count: i64) -> TimeDelta {
    let each = HOUR / (per_hour - limit + 1).max(1) + 1;
    TimeDelta::microseconds(each.saturating_mul(count))
}

/// Nothing of a campaign is claimed before.
fn later(conn: &mut Conn, id: CampaignId, at: Time) -> Result<()> {
    diesel::update(campaigns::table.find(id)).set(campaigns::next_at.eq(at)).execute(conn)?;
    Ok(())
}

/// Moves rows: those who may be written to now are being sent, the others are skipped, or wait until their window opens.
fn judged(conn: &mut Conn, campaign: &Campaign, rows: Vec<Waiting>, now: Time, tally: &mut Tally) -> Result<Vec<Claimed>> {
    let people: Vec<CustomerId> = rows.iter().map(|row| CustomerId(row.customer_id)).collect();
    hold_people(conn, &people)?;
    let hindered = permission(conn, &campaign.topic, campaign.plan.0.cap, &people, now)?;
    let opens = openings(conn, campaign, &people, now)?;
    let twice = had_it(conn, campaign.id, &people)?;
    let over = if campaign.kind == Kind::Step { over(conn, &rows)? } else { BTreeSet::new() };
    let mut claimed = Vec::new();
    for row in rows {
        let (id, customer, variant) = (DeliveryId(row.id), CustomerId(row.customer_id), VariantId(row.variant_id));
        let opens = opens.get(&customer).copied().unwrap_or(now);
        let (to, reason) = match hindered.get(&customer) {
            Some(why) => (Standing::Skipped, why.as_str()),
            None if twice.contains(&customer) => (Standing::Skipped, Hindrance::Twice.as_str()),
            None if over.contains(&row.round) => (Standing::Skipped, Hindrance::Journey.as_str()),
            None if opens > now => (Standing::Waiting, ""),
            None => (Standing::Sending, ""),
        };
        let sending = to == Standing::Sending;
        let change = diesel::update(deliveries::table.find(id)).set((
            deliveries::state.eq(to),
            deliveries::reason.eq(reason),
            deliveries::due_at.eq(if to == Standing::Waiting { opens } else { row.due_at }),
            deliveries::leased_until.eq(sending.then_some(now + LEASE)),
            deliveries::attempts.eq(row.attempts + i64::from(sending)),
        ));
        prepared!(conn, change => execute)?;
        if to == Standing::Waiting {
            continue;
        }
        tally.moved(campaign.id, Some(variant), Standing::Waiting, to);
        if sending {
            let (round, attempts) = (row.round, row.attempts + 1);
            claimed.push(Claimed { id, campaign: campaign.id, variant, customer, round, message_id: row.message_id, attempts });
        }
    }
    Ok(claimed)
}

/// The rounds of mails whose journey is over for whoever they are for. It is asked at the instant of sending, as permission is: a mail that had to be
/// handed over again may have waited for hours.
fn over(conn: &mut Conn, rows: &[Waiting]) -> Result<BTreeSet<i64>> {
    let rounds: Vec<EnrolmentId> = rows.iter().map(|row| EnrolmentId(row.round)).collect();
    Ok(journeys::taken_out(conn, &rounds)?.into_iter().map(|one| one.0).collect())
}

/// Those of `people` whom somebody was merged into, directly or through others, who got this mail, or may have got it.
fn had_it(conn: &mut Conn, campaign: CampaignId, people: &[CustomerId]) -> Result<BTreeSet<CustomerId>> {
    let merged = identities::merged_into(conn, people)?;
    if merged.is_empty() {
        return Ok(BTreeSet::new());
    }
    let theirs = deliveries::table
        .filter(deliveries::campaign_id.eq(campaign))
        .filter(deliveries::customer_id.eq_any(merged.keys().copied().collect::<Vec<_>>()))
        .filter(deliveries::round.eq(0))
        .filter(deliveries::state.eq_any([Standing::Accepted, Standing::Sending, Standing::Unknown]));
    let had: Vec<CustomerId> = theirs.select(deliveries::customer_id).load(conn)?;
    Ok(had.iter().filter_map(|id| merged.get(id).copied()).collect())
}

/// Holds people to the end of the transaction on PostgreSQL, in order, so that two campaigns do not both take the last mail that somebody wants.
fn hold_people(conn: &mut Conn, people: &[CustomerId]) -> Result<()> {
    if Dialect::of(conn) == Dialect::Postgres {
        let ids: Vec<String> = people.iter().map(CustomerId::to_string).collect();
        let sql = format!("SELECT id AS number FROM customers WHERE id IN ({}) ORDER BY id FOR NO KEY UPDATE", ids.join(", "));
        Fragment::of(&sql).load::<Number>(conn)?;
    }
    Ok(())
}

/// When the windows of people open, by the clocks where they are; nobody where the plan asks for none.
fn openings(conn: &mut Conn, campaign: &Campaign, people: &[CustomerId], now: Time) -> Result<BTreeMap<CustomerId, Time>> {
    let plan = &campaign.plan.0;
    if !plan.local || plan.window.is_none() {
        return Ok(BTreeMap::new());
    }
    let (places, shop) = (countries(conn, people)?, times::named(&campaign.zone));
    let open = |id: &CustomerId| -> Result<(CustomerId, Time)> {
        let zone = times::zone_of(places.get(id).map(String::as_str), shop);
        Ok((*id, times::open_from(plan, zone, now)?))
    };
    people.iter().map(open).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However mails are claimed, no hour has more than it may.
        #[test]
        fn no_hour_has_more_mails_than_it_may(per_hour in 1i64..5000, limit in 1i64..100, gaps in prop::collection::vec(0i64..120_000_000, 1..400)) {
            let limit = limit.min(together(per_hour));
            let (mut at, mut claims) = (0i64, Vec::new());
            for gap in gaps {
                let count = 1 + gap % limit;
                claims.push((at, count));
                at += pause(per_hour, limit, count).num_microseconds().unwrap_or(0) + gap * (gap % 2);
            }
            for (begin, _) in &claims {
                let sum: i64 = claims.iter().filter(|(at, _)| (*begin..begin + HOUR).contains(at)).map(|(_, count)| count).sum();
                prop_assert!(sum <= per_hour, "{sum} of {per_hour}");
            }
        }
    }
}
