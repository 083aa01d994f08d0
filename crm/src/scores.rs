//! What is worked out of a customer's purchases: how recent, how often, how much; where they stand among all; what they will do.
//!
//! A customer's row follows every order in the transaction that places, changes, refunds or cancels it ([`follow`]). What depends on all
//! customers (quintiles, the pace of the shop, the models) is figured by a [`run`] every night, and used by `follow` until the next.

mod buyer;
mod figures;
mod list;
mod nightly;
mod parts;
mod proof;
#[cfg(test)]
mod tests;

pub use buyer::{Bought, Buyer};
pub use figures::{BackTest, Figures, Forecast, HORIZONS, Stage, figure};
pub use list::{Earning, Filter, Order, Row, list};
pub use nightly::run;
pub use parts::{Part, Parts};
pub use proof::{Proof, proofs};

use crate::CustomerId;
use crate::rfm::{Group, Quintiles};
use crate::schema::{purchases, score_runs, scores, stage_changes};
use crate::tickets::costs::{self, Service};
use diesel::prelude::*;
use diesel::upsert::excluded;
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::json::Json;
use kernel::money::Currency;
use kernel::{Conn, Error, Result, on_each, prepared};

/// The job that figures all of them.
pub const RUN_JOB: &str = "scores.run";

/// Has all of them figured by the next worker: after a history came in, which says more than each of its orders.
pub fn run_soon(conn: &mut Conn, now: Time) -> Result<()> {
    jobs::enqueue_as(conn, Class::Bulk, RUN_JOB, "", Some("scores:soon"), now, now)
}

kernel::id!(ScoreRunId);

/// What is stored of a customer who bought.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = scores, primary_key(customer_id), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Score {
    pub customer_id: CustomerId,
    pub currency: String,
    pub orders: i64,
    /// What the orders brought, less what was given back, in minor units; orders in other currencies bring nothing here.
    pub value: i64,
    pub first_at: Time,
    pub last_at: Time,
    pub stage: Stage,
    pub recency: Option<i64>,
    pub frequency: Option<i64>,
    pub monetary: Option<i64>,
    pub standing: Option<Group>,
    /// The chance of a visit in 90 days, per mille.
    pub again_90: Option<i64>,
    /// Visits expected in a year, in thousandths.
    pub expected_365: Option<i64>,
    /// What they are expected to bring in a year, in minor units.
    pub value_365: Option<i64>,
    /// What the orders left over their goods, without tax and delivery, in minor units; those in other currencies leave nothing here.
    pub margin: i64,
    /// Lines of these orders whose goods nobody said the cost of: the margin is too high by it.
    pub uncosted: i64,
    /// What was given from their tickets, in minor units; in other currencies nothing.
    pub service: i64,
    /// What of it is credit. The rest, refunds and goods that were sent again, is taken off the margin already.
    pub credited: i64,
}

impl Score {
    fn empty(customer: CustomerId, currency: &str, now: Time) -> Score {
        Score {
            customer_id: customer,
            currency: currency.to_string(),
            orders: 0,
            value: 0,
            first_at: now,
            last_at: now,
            stage: Stage::New,
            recency: None,
            frequency: None,
            monetary: None,
            standing: None,
            again_90: None,
            expected_365: None,
            value_365: None,
            margin: 0,
            uncosted: 0,
            service: 0,
            credited: 0,
        }
    }

    /// The margin less what service cost beside it, in minor units.
    pub fn after_service(&self) -> i64 {
        self.margin - self.credited
    }

    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency)
            .ok_or_else(|| Error::unexpected(format!("the score of {} has currency {}", self.customer_id, self.currency)))
    }
}

/// One run over all buyers.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = score_runs)]
pub struct Run {
    pub id: ScoreRunId,
    pub run_at: Time,
    pub currency: String,
    pub buyers: i64,
    pub figures: Json<Figures>,
    /// How many were in which part of the customers that night.
    pub parts: Json<Parts>,
}

impl Run {
    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("the scores of {} are in {}", self.run_at, self.currency)))
    }
}

/// The last run; none before the first night.
pub fn last_run(conn: &mut Conn) -> Result<Option<Run>> {
    Ok(on_each!(conn, c => score_runs::table.order(score_runs::id.desc()).select(Run::as_select()).first(c)).optional()?)
}

/// How many customers are in which group and stage, as the last run counted them: no page counts a whole table.
pub fn parts(conn: &mut Conn) -> Result<Parts> {
    Ok(last_run(conn)?.map(|run| run.parts.0).unwrap_or_default())
}

/// What is stored of a customer; none of whoever did not buy.
pub fn of(conn: &mut Conn, customer: CustomerId) -> Result<Option<Score>> {
    Ok(on_each!(conn, c => scores::table.find(customer).select(Score::as_select()).first(c)).optional()?)
}

/// When a customer came to which stage, the latest first.
pub fn stages(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<(Stage, Time)>> {
    Ok(stage_changes::table
        .filter(stage_changes::customer_id.eq(customer))
        .order(stage_changes::id.desc())
        .limit(limit)
        .select((stage_changes::stage, stage_changes::changed_at))
        .load(conn)?)
}

/// The customer's purchases as the scores look at them; `None` without any.
pub fn buyer(conn: &mut Conn, customer: CustomerId, currency: &str) -> Result<Option<Buyer>> {
    let rows: Vec<buyer::Row> = on_each!(conn, c => purchases::table
        .filter(purchases::customer_id.eq(customer))
        .order((purchases::purchased_at, purchases::order_id))
        .select((
            purchases::purchased_at,
            purchases::revenue - purchases::refunded,
            purchases::goods - purchases::given_back - purchases::cost,
            purchases::uncosted,
            purchases::currency.eq(currency),
        ))
        .load(c))?;
    Ok(Buyer::of(customer, &rows.into_iter().map(Bought::of).collect::<Vec<_>>()))
}

/// Works a customer's row out again after their purchases changed, or what service cost for them. `currency` is that of a customer without a row.
pub(crate) fn follow(conn: &mut Conn, customer: CustomerId, currency: &str, now: Time) -> Result<()> {
    let before = hold(conn, customer, currency, now)?;
    let run = last_run(conn)?;
    match buyer(conn, customer, &before.currency)? {
        Some(buyer) => {
            let figures = run.map(|run| run.figures.0);
            let place = figures.as_ref().map(|figures| figures.edges.place(&buyer.in_short()));
            let service = costs::of_customer(conn, customer, &before.currency)?;
            store(conn, &before, &scored(&buyer, service, &before.currency, figures.as_ref(), place, now), now)
        }
        None => {
            diesel::delete(scores::table.find(customer)).execute(conn)?;
            Ok(())
        }
    }
}

/// The customer's row as it is, empty of orders when there is none, and held until the end of the transaction: two orders at once are
/// counted one after the other. SQLite writes one at a time anyway; PostgreSQL locks the row, which it needs to have for that.
fn hold(conn: &mut Conn, customer: CustomerId, currency: &str, now: Time) -> Result<Score> {
    match conn {
        Conn::Sqlite(c) => {
            let found = scores::table.find(customer).select(Score::as_select()).first(c).optional()?;
            Ok(found.unwrap_or_else(|| Score::empty(customer, currency, now)))
        }
        Conn::Postgres(c) => Ok(diesel::insert_into(scores::table)
            .values(Score::empty(customer, currency, now))
            .on_conflict(scores::customer_id)
            .do_update()
            .set(scores::customer_id.eq(excluded(scores::customer_id)))
            .returning(Score::as_returning())
            .get_result(c)?),
    }
}

/// What the figures say of a customer today.
fn scored(buyer: &Buyer, service: Service, currency: &str, figures: Option<&Figures>, place: Option<Quintiles>, now: Time) -> Score {
    let today = now.date();
    let forecast = figures.and_then(|figures| figures.forecast(buyer, today));
    let stage = figures.map_or_else(|| Figures::default().stage(buyer, today), |figures| figures.stage(buyer, today));
    Score {
        customer_id: buyer.customer,
        currency: currency.to_string(),
        orders: buyer.orders,
        value: buyer.value,
        first_at: buyer.first_at,
        last_at: buyer.last_at,
        stage,
        recency: place.map(|place| place.recency),
        frequency: place.map(|place| place.frequency),
        monetary: place.map(|place| place.value),
        standing: place.map(Quintiles::group),
        again_90: forecast.map(|forecast| thousandths(forecast.again[1])),
        expected_365: forecast.map(|forecast| thousandths(forecast.expected[2])),
        value_365: forecast.and_then(|forecast| forecast.year),
        margin: buyer.margin,
        uncosted: buyer.uncosted,
        service: service.cost,
        credited: service.credited,
    }
}

#[allow(clippy::float_arithmetic)] // A forecast, no money.
fn thousandths(number: f64) -> i64 {
    (number * 1000.0).round() as i64
}

/// Writes what changed. A stage that a customer comes to is kept with its moment.
fn store(conn: &mut Conn, before: &Score, after: &Score, now: Time) -> Result<()> {
    if before == after {
        return Ok(());
    }
    if came_to_a_stage(before, after) {
        prepared!(conn, diesel::insert_into(stage_changes::table).values(stage_change(after, now)) => execute)?;
    }
    let row = diesel::insert_into(scores::table).values(after).on_conflict(scores::customer_id).do_update().set(after);
    prepared!(conn, row => execute)?;
    Ok(())
}

/// [`store`] of many, each as it was and as it is. PostgreSQL is far away, and gets them by one statement.
fn store_all(conn: &mut Conn, changes: &[(Score, Score)], now: Time) -> Result<()> {
    let Conn::Postgres(c) = conn else { return changes.iter().try_for_each(|(before, after)| store(conn, before, after, now)) };
    let changed = || changes.iter().filter(|(before, after)| before != after);
    let stages: Vec<_> =
        changed().filter(|(before, after)| came_to_a_stage(before, after)).map(|(_, after)| stage_change(after, now)).collect();
    diesel::insert_into(stage_changes::table).values(stages).execute(c)?;
    let after: Vec<&Score> = changed().map(|(_, after)| after).collect();
    let rows = diesel::insert_into(scores::table).values(after).on_conflict(scores::customer_id).do_update();
    let new = (
        (
            scores::currency.eq(excluded(scores::currency)),
            scores::orders.eq(excluded(scores::orders)),
            scores::value.eq(excluded(scores::value)),
            scores::first_at.eq(excluded(scores::first_at)),
            scores::last_at.eq(excluded(scores::last_at)),
            scores::stage.eq(excluded(scores::stage)),
            scores::recency.eq(excluded(scores::recency)),
            scores::frequency.eq(excluded(scores::frequency)),
            scores::monetary.eq(excluded(scores::monetary)),
        ),
        (
            scores::standing.eq(excluded(scores::standing)),
            scores::again_90.eq(excluded(scores::again_90)),
            scores::expected_365.eq(excluded(scores::expected_365)),
            scores::value_365.eq(excluded(scores::value_365)),
            scores::margin.eq(excluded(scores::margin)),
            scores::uncosted.eq(excluded(scores::uncosted)),
            scores::service.eq(excluded(scores::service)),
            scores::credited.eq(excluded(scores::credited)),
        ),
    );
    rows.set(new).execute(c)?;
    Ok(())
}

fn came_to_a_stage(before: &Score, after: &Score) -> bool {
    before.stage != after.stage || before.orders == 0
}

#[derive(Insertable)]
#[diesel(table_name = stage_changes)]
struct StageChange {
    customer_id: CustomerId,
    stage: Stage,
    changed_at: Time,
}

fn stage_change(score: &Score, now: Time) -> StageChange {
    StageChange { customer_id: score.customer_id, stage: score.stage, changed_at: now }
}
