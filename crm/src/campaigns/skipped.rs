//! The mails of a campaign that were not sent, by the reason.

use super::deliveries::{Delivery, Place};
use super::{CampaignId, DeliveryId};
use crate::rules::Fragment;
use crate::schema::deliveries;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use kernel::{Conn, Result};

/// How far the mails of one reason are counted: no page counts all of a large campaign.
const COUNTED: i64 = 10_000;
/// The most reasons that are named.
const REASONS: usize = 30;

/// Why mails were not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The key of a text, or words.
    pub reason: String,
    pub count: i64,
    /// Whether there are more than `count`.
    pub more: bool,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    reason: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Why mails of a campaign were not sent, each reason with how many there are.
pub fn reasons(conn: &mut Conn, campaign: CampaignId) -> Result<Vec<Reason>> {
    let mut found: Vec<Reason> = Vec::new();
    while found.len() < REASONS {
        let last = found.last().map(|one| one.reason.clone()).unwrap_or_default();
        // From one reason to the next along the index.
        let mut next = Fragment::of("SELECT reason FROM deliveries WHERE campaign_id = ");
        next.int(campaign.0).push(" AND state = 'skipped' AND reason > ").text(last).push(" ORDER BY reason LIMIT 1");
        let Some(Word { reason }) = next.load::<Word>(conn)?.pop() else { break };
        let mut count = Fragment::of("SELECT count(*) AS number FROM (SELECT id FROM deliveries WHERE campaign_id = ");
        count.int(campaign.0).push(" AND state = 'skipped' AND reason = ").text(reason.as_str());
        count.push(" LIMIT ").int(COUNTED + 1).push(") AS some_of_them");
        let number = count.load::<Number>(conn)?.pop().map_or(0, |one| one.number);
        found.push(Reason { reason, count: number.min(COUNTED), more: number > COUNTED });
    }
    Ok(found)
}

/// The mails of a campaign that were not sent for one reason, in order of their rows, behind `after`.
pub fn skipped(conn: &mut Conn, campaign: CampaignId, reason: &str, after: Option<Place>, limit: i64) -> Result<Vec<Delivery>> {
    let own = deliveries::table
        // Said in full: only so both engines find that the index has it.
        .filter(sql::<Bool>("deliveries.state = 'skipped'"))
        .filter(deliveries::campaign_id.eq(campaign))
        .filter(deliveries::reason.eq(reason))
        .filter(deliveries::id.gt(after.unwrap_or(DeliveryId(0))));
    Ok(own.order(deliveries::id).limit(limit).select(Delivery::as_select()).load(conn)?)
}
