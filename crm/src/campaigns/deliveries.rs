//! Deliveries as staff look at them, and what staff decide about those of which nobody knows whether they arrived.

use super::counts::Tally;
use super::results::{What, ids};
use super::store::get;
use super::{Arm, CampaignId, DeliveryId, Hindrance, Standing, State, VariantId};
use crate::schema::deliveries;
use crate::{CustomerId, identities};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde::Serialize;

/// What a delivery carries of which somebody decided that it is left as it is.
const LEFT: &str = "campaign-unknown-left";

/// A delivery as stored.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = deliveries)]
pub struct Delivery {
    pub id: DeliveryId,
    pub campaign_id: CampaignId,
    pub customer_id: CustomerId,
    pub round: i64,
    pub arm: Arm,
    pub variant_id: Option<VariantId>,
    pub state: Standing,
    pub reason: String,
    pub due_at: Time,
    pub attempts: i64,
    pub message_id: String,
    pub transport: String,
    pub sent_at: Option<Time>,
    pub bounced_at: Option<Time>,
    pub complained_at: Option<Time>,
    pub opened_at: Option<Time>,
    pub clicked_at: Option<Time>,
    pub unsubscribed_at: Option<Time>,
}

impl Delivery {
    /// Whether staff have to decide about it: nobody knows whether it arrived, and nobody left it so.
    pub fn undecided(&self) -> bool {
        self.state == Standing::Unknown && self.reason != LEFT
    }
}

pub fn delivery(conn: &mut Conn, id: DeliveryId) -> Result<Delivery> {
    Ok(deliveries::table.find(id).select(Delivery::as_select()).first(conn)?)
}

/// Where a page of a list ends.
pub type Place = DeliveryId;

/// Deliveries of a campaign in one state, in order of their rows (what waits as it is due), behind `after`.
pub fn listed(conn: &mut Conn, campaign: CampaignId, state: Standing, after: Option<Place>, limit: i64) -> Result<Vec<Delivery>> {
    let ids = ids(conn, campaign, What::Standing(state), None, after.unwrap_or(DeliveryId(0)), limit)?;
    let own = deliveries::table.filter(deliveries::id.eq_any(ids.clone()));
    let mut found: Vec<Delivery> = own.select(Delivery::as_select()).load(conn)?;
    found.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(found)
}

/// Sends a mail once more of which nobody knows whether it arrived, with its Message-ID: whoever got it already may see it twice. `Conflict`
/// when that is not so any more.
pub fn send_again(conn: &mut Conn, id: DeliveryId, now: Time) -> Result<Delivery> {
    let before = delivery(conn, id)?;
    if get(conn, before.campaign_id)?.state == State::Cancelled {
        return Err(Error::conflict("campaign-is-cancelled"));
    }
    let standing = identities::standing(conn, before.customer_id)?;
    if standing != before.customer_id && yielded(conn, &before, standing, now)? {
        return delivery(conn, id);
    }
    let own = deliveries::table.find(id).filter(deliveries::state.eq(Standing::Unknown)).filter(deliveries::attempts.eq(before.attempts));
    let change = (
        deliveries::customer_id.eq(standing),
        deliveries::state.eq(Standing::Waiting),
        deliveries::reason.eq(""),
        deliveries::due_at.eq(now),
        deliveries::sent_at.eq(None::<Time>),
    );
    if diesel::update(own).set(change).execute(conn)? == 0 {
        return Err(Error::conflict("campaign-delivery-moved"));
    }
    let mut tally = Tally::default();
    tally.moved(before.campaign_id, before.variant_id, Standing::Unknown, Standing::Waiting);
    tally.write(conn)?;
    delivery(conn, id)
}

/// A mail to somebody who was merged into `standing` goes out from the row of the latter, when that is one which was skipped because of it;
/// without a row of theirs the mail itself becomes theirs. `Conflict` when they have one that is something else.
fn yielded(conn: &mut Conn, before: &Delivery, standing: CustomerId, now: Time) -> Result<bool> {
    let theirs = deliveries::table
        .filter(deliveries::campaign_id.eq(before.campaign_id))
        .filter(deliveries::customer_id.eq(standing))
        .filter(deliveries::round.eq(before.round));
    let Some(theirs) = theirs.select(Delivery::as_select()).first::<Delivery>(conn).optional()? else { return Ok(false) };
    if theirs.state != Standing::Skipped || theirs.reason != Hindrance::Twice.as_str() {
        return Err(Error::conflict("campaign-delivery-merged"));
    }
    let mut tally = Tally::default();
    let merged = (deliveries::state.eq(Standing::Skipped), deliveries::reason.eq(Hindrance::Merged.as_str()));
    let own = deliveries::table.find(before.id).filter(deliveries::state.eq(Standing::Unknown));
    let again = (deliveries::state.eq(Standing::Waiting), deliveries::reason.eq(""), deliveries::due_at.eq(now));
    let other = deliveries::table.find(theirs.id).filter(deliveries::state.eq(Standing::Skipped));
    if diesel::update(own).set(merged).execute(conn)? == 0 || diesel::update(other).set(again).execute(conn)? == 0 {
        return Err(Error::conflict("campaign-delivery-moved"));
    }
    tally.moved(before.campaign_id, before.variant_id, Standing::Unknown, Standing::Skipped);
    tally.moved(theirs.campaign_id, theirs.variant_id, Standing::Skipped, Standing::Waiting);
    tally.write(conn)?;
    Ok(true)
}

/// Leaves a mail as it is of which nobody knows whether it arrived: it is not asked about any more.
pub fn leave(conn: &mut Conn, id: DeliveryId) -> Result<Delivery> {
    let own = deliveries::table.find(id).filter(deliveries::state.eq(Standing::Unknown));
    if diesel::update(own).set(deliveries::reason.eq(LEFT)).execute(conn)? == 0 {
        return Err(Error::conflict("campaign-delivery-moved"));
    }
    delivery(conn, id)
}
