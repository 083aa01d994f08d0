//! What campaigns keep of one person: for themselves, and when they are erased.

use super::counts::Tally;
use super::{Arm, CampaignId, DeliveryId, Hindrance, Hit, Standing, VariantId};
use crate::CustomerId;
use crate::rules::Fragment;
use crate::schema::{campaigns, deliveries, delivery_hits as hits};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows of one statement.
const TOGETHER: usize = 500;

/// A mail as the person it was for gets it with everything else about them.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    pub campaign: String,
    pub group: Arm,
    pub state: Standing,
    pub why: String,
    pub sent_at: Option<Time>,
    pub bounced_at: Option<Time>,
    pub complained_at: Option<Time>,
    pub unsubscribed_at: Option<Time>,
    /// What was done with it: kind, where a link led, why a machine is thought to have done it, when.
    pub hits: Vec<(Hit, String, String, Time)>,
}

type Row = (DeliveryId, String, Arm, Standing, String, Option<Time>, Option<Time>, Option<Time>, Option<Time>);

/// The mails of campaigns to a customer, and those that they were in the control group of, in order behind `after`; with the last row.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, after: DeliveryId, limit: i64) -> Result<(Vec<Kept>, Option<DeliveryId>)> {
    let own = deliveries::table
        .inner_join(campaigns::table.on(campaigns::id.eq(deliveries::campaign_id)))
        .filter(deliveries::customer_id.eq(customer))
        .filter(deliveries::id.gt(after))
        .order(deliveries::id)
        .limit(limit)
        .select((
            deliveries::id,
            campaigns::name,
            deliveries::arm,
            deliveries::state,
            deliveries::reason,
            deliveries::sent_at,
            deliveries::bounced_at,
            deliveries::complained_at,
            deliveries::unsubscribed_at,
        ));
    let rows: Vec<Row> = own.load(conn)?;
    let last = rows.last().map(|row| row.0);
    let mut done = hits_of(conn, &rows.iter().map(|row| row.0).collect::<Vec<_>>())?;
    let kept = |(id, campaign, group, state, why, sent_at, bounced_at, complained_at, unsubscribed_at): Row| Kept {
        hits: done.remove(&id).unwrap_or_default(),
        campaign,
        group,
        state,
        why,
        sent_at,
        bounced_at,
        complained_at,
        unsubscribed_at,
    };
    Ok((rows.into_iter().map(kept).collect(), last))
}

type Hits = BTreeMap<DeliveryId, Vec<(Hit, String, String, Time)>>;

fn hits_of(conn: &mut Conn, ids: &[DeliveryId]) -> Result<Hits> {
    let mut found = Hits::new();
    for some in ids.chunks(TOGETHER) {
        let rows = hits::table.filter(hits::delivery_id.eq_any(some.to_vec())).order(hits::id);
        let columns = (hits::delivery_id, hits::kind, hits::target, hits::machine, hits::happened_at);
        for (id, kind, target, machine, at) in rows.select(columns).load::<(DeliveryId, Hit, String, String, Time)>(conn)? {
            found.entry(id).or_default().push((kind, target, machine, at));
        }
    }
    Ok(found)
}

/// Takes away what somebody who is erased did with mails, and by which id a mail can be known again. What waits is not sent; that there was
/// a delivery stays, as the counts do.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    let rows = deliveries::table.filter(deliveries::customer_id.eq(customer)).order(deliveries::id);
    let columns = (deliveries::id, deliveries::campaign_id, deliveries::variant_id, deliveries::state);
    let rows: Vec<(DeliveryId, CampaignId, Option<VariantId>, Standing)> = rows.select(columns).load(conn)?;
    let mut tally = Tally::default();
    for some in rows.chunks(TOGETHER) {
        let ids: Vec<DeliveryId> = some.iter().map(|row| row.0).collect();
        diesel::delete(hits::table.filter(hits::delivery_id.eq_any(ids))).execute(conn)?;
        for (id, campaign, variant, _) in some.iter().filter(|row| row.3 == Standing::Waiting) {
            let own = deliveries::table.find(*id).filter(deliveries::state.eq(Standing::Waiting));
            let change = (deliveries::state.eq(Standing::Skipped), deliveries::reason.eq(Hindrance::Erased.as_str()));
            if diesel::update(own).set(change).execute(conn)? == 1 {
                tally.moved(*campaign, *variant, Standing::Waiting, Standing::Skipped);
            }
        }
    }
    tally.write(conn)?;
    let mut sql = Fragment::of("UPDATE deliveries SET message_id = 'erased.' || id WHERE customer_id = ");
    sql.int(customer.0).execute(conn)?;
    Ok(())
}
