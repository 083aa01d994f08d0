//! The rows behind each number, a page at a time.

use super::cut;
use crate::CustomerId;
use crate::campaigns::attribution::Share;
use crate::campaigns::counts::Moment;
use crate::campaigns::{Arm, CampaignId, DeliveryId, Hit, Standing, VariantId};
use crate::schema::{deliveries, delivery_hits as hits, order_shares as shares, purchase_lines as lines};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};
use serde::Serialize;

/// Which deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Standing(Standing),
    Moment(Moment),
}

impl What {
    pub fn parse(word: &str) -> Option<What> {
        Standing::parse(word).map(What::Standing).or_else(|| Moment::parse(word).map(What::Moment))
    }

    pub fn as_str(self) -> &'static str {
        match self {
            What::Standing(standing) => standing.as_str(),
            What::Moment(moment) => moment.as_str(),
        }
    }
}

/// A delivery, as lists show it.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = deliveries)]
pub struct Row {
    pub id: DeliveryId,
    #[diesel(column_name = customer_id)]
    pub customer: CustomerId,
    pub arm: Arm,
    #[diesel(column_name = variant_id)]
    pub variant: Option<VariantId>,
    pub state: Standing,
    pub reason: String,
    pub sent_at: Option<Time>,
    pub bounced_at: Option<Time>,
    pub complained_at: Option<Time>,
    pub opened_at: Option<Time>,
    pub clicked_at: Option<Time>,
    pub unsubscribed_at: Option<Time>,
}

/// Deliveries of a campaign after the number `after`, by number; those of one variant when it is named.
pub fn rows(
    conn: &mut Conn,
    campaign: CampaignId,
    what: What,
    variant: Option<VariantId>,
    after: DeliveryId,
    limit: i64,
) -> Result<Vec<Row>> {
    let mut query = deliveries::table.filter(deliveries::campaign_id.eq(campaign)).filter(deliveries::id.gt(after)).into_boxed();
    query = match what {
        What::Standing(standing) => query.filter(deliveries::state.eq(standing)),
        What::Moment(Moment::Bounced) => query.filter(deliveries::bounced_at.is_not_null()),
        What::Moment(Moment::Complained) => query.filter(deliveries::complained_at.is_not_null()),
        What::Moment(Moment::Opened) => query.filter(deliveries::opened_at.is_not_null()),
        What::Moment(Moment::Clicked) => query.filter(deliveries::clicked_at.is_not_null()),
        What::Moment(Moment::Unsubscribed) => query.filter(deliveries::unsubscribed_at.is_not_null()),
    };
    if let Some(variant) = variant {
        query = query.filter(deliveries::variant_id.eq(variant));
    }
    Ok(query.order(deliveries::id).limit(limit).select(Row::as_select()).load(conn)?)
}

/// Something that was done with a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    pub id: i64,
    pub customer: CustomerId,
    pub delivery: DeliveryId,
    pub hit: Hit,
    pub target: String,
    /// Why it was a machine; empty of a person.
    pub machine: String,
    pub at: Time,
}

/// What of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Links that were followed; else mails that were opened.
    pub clicks: bool,
    /// By machines; else by people.
    pub machines: bool,
    /// Where a link led.
    pub target: Option<String>,
    pub variant: Option<VariantId>,
}

/// What was done with the mails of a campaign, the latest first, before the number `before`.
pub fn done(conn: &mut Conn, campaign: CampaignId, sought: &Sought, before: Option<i64>, limit: i64) -> Result<Vec<Done>> {
    type Found = (i64, CustomerId, DeliveryId, Hit, String, String, Time);
    let kinds = if sought.clicks { vec![Hit::Click] } else { vec![Hit::Open, Hit::View] };
    let mut query = hits::table
        .inner_join(deliveries::table.on(deliveries::id.eq(hits::delivery_id)))
        .filter(deliveries::campaign_id.eq(campaign))
        .filter(hits::kind.eq_any(kinds))
        .filter(hits::id.lt(before.unwrap_or(i64::MAX)))
        .into_boxed();
    query = if sought.machines { query.filter(hits::machine.ne("")) } else { query.filter(hits::machine.eq("")) };
    if let Some(target) = &sought.target {
        query = query.filter(hits::target.eq(target.clone()));
    }
    if let Some(variant) = sought.variant {
        query = query.filter(deliveries::variant_id.eq(variant));
    }
    let columns = (hits::id, deliveries::customer_id, hits::delivery_id, hits::kind, hits::target, hits::machine, hits::happened_at);
    let found: Vec<Found> = query.order(hits::id.desc()).limit(limit).select(columns).load(conn)?;
    let row = |(id, customer, delivery, hit, target, machine, at)| Done { id, customer, delivery, hit, target, machine, at };
    Ok(found.into_iter().map(row).collect())
}

/// A share of an order, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Credited {
    pub customer: CustomerId,
    pub share: Share,
}

/// The shares of the `limit` orders that a campaign has shares of, the latest order first, before the order `before`; of a variant, of
/// orders with a product, or of those of which something came back.
pub fn credited(
    conn: &mut Conn,
    campaign: CampaignId,
    variant: Option<VariantId>,
    product: Option<i64>,
    returned: bool,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Credited>> {
    let mut query = shares::table
        .filter(shares::campaign_id.eq(campaign))
        .filter(shares::order_id.lt(before.unwrap_or(i64::MAX)))
        .select(shares::order_id)
        .distinct()
        .into_boxed();
    if let Some(variant) = variant {
        query = query.filter(shares::variant_id.eq(variant));
    }
    if let Some(product) = product {
        query = query.filter(shares::order_id.eq_any(lines::table.filter(lines::product_id.eq(product)).select(lines::order_id)));
    }
    if returned {
        query = query.filter(shares::refunded.gt(0));
    }
    let orders: Vec<i64> = query.order(shares::order_id.desc()).limit(limit).load(conn)?;
    let mut own = shares::table
        .inner_join(deliveries::table.on(deliveries::id.eq(shares::delivery_id)))
        .filter(shares::campaign_id.eq(campaign))
        .filter(shares::order_id.eq_any(orders))
        .into_boxed();
    if let Some(variant) = variant {
        own = own.filter(shares::variant_id.eq(variant));
    }
    let own = own.order((shares::order_id.desc(), shares::delivery_id));
    let rows: Vec<(Share, CustomerId)> = own.select((Share::as_select(), deliveries::customer_id)).load(conn)?;
    Ok(rows.into_iter().map(|(share, customer)| Credited { customer, share }).collect())
}

/// The shares that these deliveries have.
pub fn of_deliveries(conn: &mut Conn, ids: &[DeliveryId]) -> Result<Vec<Share>> {
    let own = shares::table.filter(shares::delivery_id.eq_any(ids.to_vec()));
    Ok(on_each!(conn, c => own.select(Share::as_select()).load(c))?)
}

/// All deliveries of a campaign after a person, by person: `limit` of them at most.
pub fn everybody(conn: &mut Conn, campaign: CampaignId, after: CustomerId, limit: i64) -> Result<Vec<Row>> {
    let mut page: Vec<Row> = on_each!(conn, c => deliveries::table
        .filter(deliveries::campaign_id.eq(campaign))
        .filter(deliveries::customer_id.gt(after))
        .order((deliveries::customer_id, deliveries::round))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    cut(&mut page, limit, |row| row.customer);
    Ok(page)
}
