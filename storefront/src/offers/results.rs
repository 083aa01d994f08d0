//! What offers brought: those who were given one against those who would have got it and did not, from the moment of the decision on.

use super::Arm;
use crate::ids::PromotionId;
use crate::promotions;
use crate::schema::{offer_decisions as decisions, offers, promotions as promotion_rows};
pub use crm::lift::Outcome;
use crm::lift::{Lift, lift};
use crm::{CustomerId, identities, purchases};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::db::Db;
use kernel::jobs::Class;
use kernel::{Conn, Result, jobs, on_each};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The job that figures all offers.
pub const FIGURE_JOB: &str = "offers.figure";
/// Decisions looked at together.
const TOGETHER: i64 = 500;
/// Days after its end that an offer is still figured.
const AFTER: i64 = 30;

/// Orders and money (minor units of the promotion's currency, net of refunds) since the decisions, by arm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub at: Time,
    pub given: Outcome,
    pub control: Outcome,
    /// Orders that would not have been, in hundredths; `None` while a group is too small.
    pub orders: Option<Lift>,
    /// Money that would not have been.
    pub money: Option<Lift>,
}

/// Has the results figured by the next worker.
pub fn figure_soon(conn: &mut Conn, now: Time) -> Result<()> {
    jobs::enqueue_as(conn, Class::Bulk, FIGURE_JOB, "", Some("offers:soon"), now, now)
}

/// What an offer brought until now.
fn figure(conn: &mut Conn, id: PromotionId, now: Time) -> Result<Results> {
    let currency = promotions::get(conn, id)?.currency()?;
    let (mut given, mut control) = (Outcome::default(), Outcome::default());
    let mut after = CustomerId(0);
    loop {
        let page = decisions::table
            .filter(decisions::promotion_id.eq(id))
            .filter(decisions::customer_id.gt(after))
            .order(decisions::customer_id)
            .limit(TOGETHER)
            .select((decisions::customer_id, decisions::arm, decisions::decided_at));
        let page: Vec<(CustomerId, Arm, Time)> = on_each!(conn, c => page.load(c))?;
        let Some(last) = page.last() else { break };
        after = last.0;
        let people: Vec<CustomerId> = page.iter().map(|row| row.0).collect();
        // Where two people were merged who both had a decision, the one that does not count stayed with a number that buys nothing.
        let merged = identities::merged_among(conn, &people)?;
        let since = page.iter().map(|row| row.2).min().unwrap_or(now);
        let mut bought: HashMap<CustomerId, Vec<(Time, i64)>> = HashMap::new();
        for (customer, at, net) in purchases::since(conn, &people, currency, since)? {
            bought.entry(customer).or_default().push((at, net));
        }
        for (customer, arm, decided_at) in page.into_iter().filter(|(customer, ..)| !merged.contains(customer)) {
            let theirs = bought.get(&customer).into_iter().flatten().filter(|(at, _)| *at >= decided_at);
            let (orders, money) = theirs.fold((0, 0), |(orders, money), (_, net)| (orders + 1, money + net));
            let outcome = if arm == Arm::Given { &mut given } else { &mut control };
            outcome.add(orders, money);
        }
    }
    let (orders, money) = (lift(&given.orders, &control.orders)?, lift(&given.money, &control.money)?);
    Ok(Results { at: now, given, control, orders, money })
}

/// Figures every offer that runs or ended lately.
pub fn figure_all(db: &Db, now: Time) -> Result<()> {
    let lately = now - chrono::TimeDelta::days(AFTER);
    let ids: Vec<PromotionId> = db.read_now(move |conn| {
        let all = offers::table.inner_join(promotion_rows::table.on(promotion_rows::id.eq(offers::promotion_id)));
        let open = all.filter(promotion_rows::ends_at.is_null().or(promotion_rows::ends_at.ge(lately)));
        Ok(on_each!(conn, c => open.select(offers::promotion_id).order(offers::promotion_id).load(c))?)
    })?;
    for id in ids {
        let results = kernel::json::text(&db.read_now(move |conn| figure(conn, id, now))?)?;
        db.write_now(move |conn| {
            diesel::update(offers::table.find(id)).set(offers::results.eq(&results)).execute(conn)?;
            Ok(())
        })?;
    }
    Ok(())
}
