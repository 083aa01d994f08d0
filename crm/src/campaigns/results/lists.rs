//! The rows behind each number, a page at a time.

use super::cut;
use crate::CustomerId;
use crate::campaigns::attribution::Share;
use crate::campaigns::counts::Moment;
use crate::campaigns::{Arm, CampaignId, DeliveryId, Hit, Standing, VariantId};
use crate::rules::Fragment;
use crate::schema::{campaign_variants as variants, deliveries, order_shares as shares};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text, Timestamp};
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
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

/// Deliveries of a campaign after the number `after`, in the order of [`ids`].
pub fn rows(
    conn: &mut Conn,
    campaign: CampaignId,
    what: What,
    variant: Option<VariantId>,
    after: DeliveryId,
    limit: i64,
) -> Result<Vec<Row>> {
    let ids = ids(conn, campaign, what, variant, after, limit)?;
    let own = deliveries::table.filter(deliveries::id.eq_any(ids.clone()));
    let mut found: Vec<Row> = own.select(Row::as_select()).load(conn)?;
    found.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(found)
}

/// The numbers of deliveries of a campaign after the number `after`, by number; those of one variant when it is named. What waits is in the
/// order in which it is due. Each variant is a walk along an index, and what all of them have is put together here.
pub(crate) fn ids(
    conn: &mut Conn,
    campaign: CampaignId,
    what: What,
    variant: Option<VariantId>,
    after: DeliveryId,
    limit: i64,
) -> Result<Vec<DeliveryId>> {
    if what == What::Standing(Standing::Waiting) {
        return waiting(conn, campaign, variant, after, limit);
    }
    let parts = match variant {
        Some(variant) => vec![Some(variant)],
        None => parts(conn, campaign)?,
    };
    let mut found = Vec::new();
    for part in parts {
        found.extend(part_of(conn, campaign, what, part, after, limit)?);
    }
    found.sort_unstable();
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// The variants of a campaign, and `None` for deliveries without one.
fn parts(conn: &mut Conn, campaign: CampaignId) -> Result<Vec<Option<VariantId>>> {
    let known = variants::table.filter(variants::campaign_id.eq(campaign)).order(variants::id).select(variants::id);
    let known: Vec<VariantId> = on_each!(conn, c => known.load(c))?;
    Ok(std::iter::once(None).chain(known.into_iter().map(Some)).collect())
}

fn part_of(
    conn: &mut Conn,
    campaign: CampaignId,
    what: What,
    part: Option<VariantId>,
    after: DeliveryId,
    limit: i64,
) -> Result<Vec<DeliveryId>> {
    let mut query = deliveries::table.filter(deliveries::campaign_id.eq(campaign)).filter(deliveries::id.gt(after)).into_boxed();
    query = match what {
        // Said in full: only so both engines find that the index has it.
        What::Standing(standing) => query.filter(sql::<Bool>("deliveries.state <> 'waiting'")).filter(deliveries::state.eq(standing)),
        What::Moment(Moment::Bounced) => query.filter(deliveries::bounced_at.is_not_null()),
        What::Moment(Moment::Complained) => query.filter(deliveries::complained_at.is_not_null()),
        What::Moment(Moment::Opened) => query.filter(deliveries::opened_at.is_not_null()),
        What::Moment(Moment::Clicked) => query.filter(deliveries::clicked_at.is_not_null()),
        What::Moment(Moment::Unsubscribed) => query.filter(deliveries::unsubscribed_at.is_not_null()),
    };
    query = match part {
        Some(variant) => query.filter(deliveries::variant_id.eq(variant)),
        None => query.filter(deliveries::variant_id.is_null()),
    };
    Ok(query.order((deliveries::variant_id, deliveries::id)).limit(limit).select(deliveries::id).load(conn)?)
}

/// What waits behind a delivery: what waits for the end of a trial by number, then what can be claimed by the moment it is due.
fn waiting(conn: &mut Conn, campaign: CampaignId, variant: Option<VariantId>, after: DeliveryId, limit: i64) -> Result<Vec<DeliveryId>> {
    let place = deliveries::table.find(after).select((deliveries::variant_id, deliveries::due_at));
    let place: Option<(Option<VariantId>, Time)> = place.first(conn).optional()?;
    let mut found: Vec<DeliveryId> = Vec::new();
    if variant.is_none() && !matches!(place, Some((Some(_), _))) {
        let untold = deliveries::table
            .filter(sql::<Bool>("deliveries.state = 'waiting'"))
            .filter(deliveries::variant_id.is_null())
            .filter(deliveries::campaign_id.eq(campaign))
            .filter(deliveries::id.gt(after));
        found = untold.order(deliveries::id).limit(limit).select(deliveries::id).load(conn)?;
    }
    let rest = limit - i64::try_from(found.len()).unwrap_or(limit);
    if rest > 0 {
        let mut ready = deliveries::table
            .filter(sql::<Bool>("deliveries.state = 'waiting'"))
            .filter(deliveries::variant_id.is_not_null())
            .filter(deliveries::campaign_id.eq(campaign))
            .into_boxed();
        if let Some(variant) = variant {
            ready = ready.filter(deliveries::variant_id.eq(variant));
        }
        if let Some((Some(_), due)) = place {
            ready = ready.filter(deliveries::due_at.ge(due));
            ready = ready.filter(deliveries::due_at.gt(due).or(deliveries::id.gt(after)));
        }
        let more = ready.order((deliveries::due_at, deliveries::id)).limit(rest).select(deliveries::id);
        found.extend(more.load::<DeliveryId>(conn)?);
    }
    Ok(found)
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

/// A hit with whose it is.
#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    customer_id: i64,
    #[diesel(sql_type = BigInt)]
    delivery_id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Text)]
    machine: String,
    #[diesel(sql_type = Timestamp)]
    happened_at: Time,
}

/// What was done with the mails of a campaign, the latest first, before the number `before`.
pub fn done(conn: &mut Conn, campaign: CampaignId, sought: &Sought, before: Option<i64>, limit: i64) -> Result<Vec<Done>> {
    // Words and no values: each list has an index of its own, which only so is known to have it.
    let kind = if sought.clicks { "kind = 'click'" } else { "kind <> 'click'" };
    let machine = if sought.machines { "machine <> ''" } else { "machine = ''" };
    let mut query = Fragment::of("SELECT h.id, d.customer_id, h.delivery_id, h.kind, h.target, h.machine, h.happened_at FROM (");
    query.push("SELECT id, delivery_id, kind, target, machine, happened_at FROM delivery_hits WHERE campaign_id = ");
    query.int(campaign.0).push(" AND ").push(kind).push(" AND ").push(machine);
    query.push(" AND id < ").int(before.unwrap_or(i64::MAX));
    if let Some(target) = &sought.target {
        query.push(" AND target = ").text(target.as_str());
    }
    if let Some(variant) = sought.variant {
        query.push(" AND variant_id = ").int(variant.0);
    }
    query.push(" ORDER BY id DESC LIMIT ").int(limit);
    query.push(") h JOIN deliveries d ON d.id = h.delivery_id ORDER BY h.id DESC");
    let row = |row: Found| -> Result<Done> {
        let hit = Hit::parse(&row.kind).ok_or_else(|| Error::unexpected(format!("hit {} is a {}", row.id, row.kind)))?;
        Ok(Done {
            id: row.id,
            customer: CustomerId(row.customer_id),
            delivery: DeliveryId(row.delivery_id),
            hit,
            target: row.target,
            machine: row.machine,
            at: row.happened_at,
        })
    };
    query.load::<Found>(conn)?.into_iter().map(row).collect()
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
        // Asked of one order after the other: the shop may have sold the product in far more orders than the campaign brought.
        query = query.filter(sql::<Bool>(&format!(
            "EXISTS (SELECT 1 FROM purchase_lines l WHERE l.product_id = {product} AND l.order_id = order_shares.order_id)"
        )));
    }
    if returned {
        query = query.filter(sql::<Bool>("order_shares.refunded > 0"));
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
