//! What became of each mail of a campaign, as a CSV file.

use super::export::write_row;
use super::export_catalogue::unwritable;
use crm::campaigns::results::{self, Row};
use crm::campaigns::{self, CampaignId, DeliveryId, VariantId};
use crm::{CustomerId, customers};
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Db, Result};
use std::collections::BTreeMap;
use std::io::Write;

/// Deliveries read at once.
const PAGE: i64 = 500;

const COLUMNS: [&str; 16] = [
    "Delivery ID",
    "Customer ID",
    "Email",
    "Group",
    "Version",
    "State",
    "Reason",
    "Sent At",
    "Bounced At",
    "Complained At",
    "Opened At",
    "Clicked At",
    "Unsubscribed At",
    "Orders",
    "Revenue",
    "Refunded",
];

/// Orders of a delivery, and by currency what its shares brought and what was given back.
type Earned = (i64, BTreeMap<String, (i64, i64)>);

/// Writes every delivery of a campaign, by customer, with addresses for whom they may be seen by (`seen`); answers how many. Fails when `out` or
/// the database does, or without such a campaign.
pub fn export_deliveries(db: &Db, campaign: CampaignId, seen: bool, out: impl Write) -> Result<u64> {
    db.read_now(move |conn| results::about(conn, campaign).map(drop))?;
    let versions: Vec<VariantId> =
        db.read_now(move |conn| Ok(campaigns::variants(conn, campaign)?.into_iter().map(|one| one.id).collect()))?;
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &COLUMNS.map(str::to_string)).map_err(unwritable)?;
    let (mut after, mut done) = (CustomerId(0), 0);
    loop {
        let (from, versions) = (after, versions.clone());
        let page = db.read_now(move |conn| {
            let page = results::everybody(conn, campaign, from, PAGE)?;
            let earned = earned(conn, &page)?;
            let last = page.last().map(|row| row.customer);
            let cells = page.iter().map(|one| row(conn, one, (earned.get(&one.id), &versions), seen)).collect::<Result<Vec<_>>>()?;
            Ok(last.map(|last| (last, cells)))
        })?;
        let Some((last, rows)) = page else { break };
        after = last;
        for row in rows {
            write_row(&mut writer, &row).map_err(unwritable)?;
            done += 1;
        }
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}

fn earned(conn: &mut Conn, page: &[Row]) -> Result<BTreeMap<DeliveryId, Earned>> {
    let ids: Vec<DeliveryId> = page.iter().map(|row| row.id).collect();
    let mut earned: BTreeMap<DeliveryId, Earned> = BTreeMap::new();
    for share in results::of_deliveries(conn, &ids)? {
        let (orders, sums) = earned.entry(share.delivery).or_default();
        *orders += 1;
        let sum = sums.entry(share.currency).or_default();
        *sum = (sum.0 + share.revenue, sum.1 + share.refunded);
    }
    Ok(earned)
}

fn row(conn: &mut Conn, one: &Row, (earned, versions): (Option<&Earned>, &[VariantId]), seen: bool) -> Result<Vec<String>> {
    let customer = customers::get(conn, one.customer)?;
    let email = if seen && customer.erased_at.is_none() { customer.email } else { String::new() };
    let nothing = Earned::default();
    let (orders, sums) = earned.unwrap_or(&nothing);
    let amounts = |of: fn(&(i64, i64)) -> i64| {
        let each = sums.iter().filter_map(|(code, sum)| {
            let money = Money::new(of(sum), Currency::parse(code)?);
            Some(format!("{} {code}", money.decimal()))
        });
        each.collect::<Vec<_>>().join("; ")
    };
    Ok(vec![
        one.id.to_string(),
        one.customer.to_string(),
        email,
        one.arm.as_str().to_string(),
        one.variant.and_then(|id| versions.iter().position(|known| *known == id)).map(campaigns::letter).unwrap_or_default(),
        one.state.as_str().to_string(),
        one.reason.replace(kernel::error::BETWEEN, " "),
        moment(one.sent_at),
        moment(one.bounced_at),
        moment(one.complained_at),
        moment(one.opened_at),
        moment(one.clicked_at),
        moment(one.unsubscribed_at),
        orders.to_string(),
        amounts(|sum| sum.0),
        amounts(|sum| sum.1),
    ])
}

/// RFC 3339, in UTC; empty for never.
fn moment(at: Option<Time>) -> String {
    at.map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}
