//! What campaigns earn, as the shop sees it: an order is shared among the mails it followed from when it is confirmed, and what campaigns
//! brought is figured in the currencies of their stores.

use crate::ids::{OrderId, StoreId};
use crate::orders::{self, Order, OrderStatus};
use crate::stores;
use crm::campaigns::attribution::{self, Rules};
use crm::campaigns::{CampaignId, results};
use crm::{CustomerId, purchases};
use kernel::clock::Time;
use kernel::events::Event;
use kernel::jobs::{self, Class};
use kernel::{Conn, Db, Result};

/// The job that figures what campaigns brought: one, or without a number all whose figures may still change.
pub const FIGURE_JOB: &str = "campaigns.figure";
/// The job that shares all orders anew, by other rules.
pub const SHARE_JOB: &str = "campaigns.share";
/// Orders shared anew in one transaction.
const TOGETHER: i64 = 200;

/// Follows an event: an order that was confirmed, or people of whom it turned out who they are.
pub fn on_event(conn: &mut Conn, event: &Event) -> Result<()> {
    match event {
        Event::OrderConfirmed { order } => {
            let order = orders::get(conn, OrderId(*order))?;
            again(conn, &order)
        }
        Event::CustomersMerged { merged, survivor, .. } | Event::CustomersParted { merged, survivor, .. } => {
            for customer in [CustomerId(*survivor), CustomerId(*merged)] {
                for order in purchases::orders(conn, customer)? {
                    let order = orders::get(conn, OrderId(order))?;
                    again(conn, &order)?;
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Shares an order anew. One that is not confirmed has no shares.
pub fn again(conn: &mut Conn, order: &Order) -> Result<()> {
    match order.status {
        OrderStatus::Confirmed | OrderStatus::Completed => attribution::attribute(conn, order.id.0),
        OrderStatus::Pending | OrderStatus::Cancelled => Ok(()),
    }
}

/// Decides by which rules orders are shared, those that were confirmed already among them.
pub fn decide(conn: &mut Conn, rules: &Rules, now: Time) -> Result<()> {
    attribution::set_rules(conn, rules, now)?;
    // One for each decision: a job that runs already began by the rules before.
    jobs::enqueue_as(conn, Class::Bulk, SHARE_JOB, "", None, now, now)
}

/// Whether orders are still being shared by other rules.
pub fn deciding(conn: &mut Conn) -> Result<bool> {
    jobs::waits(conn, SHARE_JOB)
}

/// Shares all orders anew, some at a time, and figures what that changes.
pub fn share_all(db: &Db, now: Time) -> Result<()> {
    let mut last = OrderId(0);
    loop {
        let from = last;
        let done = db.write_now(move |conn| {
            let found = orders::after(conn, from, TOGETHER)?;
            for order in &found {
                again(conn, order)?;
            }
            Ok(found.last().map(|order| order.id))
        })?;
        let Some(id) = done else { return figure_all(db, now) };
        last = id;
    }
}

/// The key of the job that figures a campaign when somebody asked for it.
fn key(campaign: CampaignId) -> String {
    format!("campaigns:figure:{campaign}")
}

/// Has a campaign figured by the next worker.
pub fn figure_soon(conn: &mut Conn, campaign: CampaignId, now: Time) -> Result<()> {
    jobs::enqueue_as(conn, Class::Bulk, FIGURE_JOB, &campaign.to_string(), Some(&key(campaign)), now, now)
}

/// Whether somebody asked for it and it was not done yet.
pub fn figuring(conn: &mut Conn, campaign: CampaignId) -> Result<bool> {
    jobs::known(conn, FIGURE_JOB, &key(campaign))
}

/// Figures what a campaign brought until now.
pub fn figure(db: &Db, campaign: CampaignId, now: Time) -> Result<()> {
    let store = db.read_now(move |conn| Ok(results::about(conn, campaign)?.store))?;
    figured(db, campaign, store, now)
}

/// Figures all campaigns whose figures may still change.
pub fn figure_all(db: &Db, now: Time) -> Result<()> {
    for (campaign, store) in db.read_now(move |conn| results::due(conn, now))? {
        figured(db, campaign, store, now)?;
    }
    Ok(())
}

fn figured(db: &Db, campaign: CampaignId, store: i64, now: Time) -> Result<()> {
    let currency = db.read_now(move |conn| Ok(stores::get(conn, StoreId(store))?.currency))?;
    results::figure(db, campaign, currency, now)
}
