//! What buyers say of products: asked for some days after the delivery, written by whoever really got something, and shown once staff read it.
//!
//! A review belongs to a line of an order, and whose it is says the order: merging and parting customers move it with the order. What the
//! published reviews of a product come to is kept by the transaction that publishes or takes back one, so that no page counts them.

mod ask;
mod decide;
#[cfg(test)]
mod tests;
mod write;

pub use ask::{ASK_JOB, ask_all, plan};
pub use decide::{answer, decline, publish};
pub use write::{BODY, NAME, TITLE, Written, line, lines, write};

use crate::articles::{Known, faceless};
use crate::ids::{OrderId, OrderLineId, ProductId, ReviewId};
use crate::orders::Order;
use crate::schema::{order_lines, orders, review_requests, review_totals as totals, reviews as rows};
use crm::{CustomerId, topics};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Result, on_each, settings};
use serde::{Deserialize, Serialize};

const SETTING: &str = "reviews";
/// Days after the delivery at which a buyer may be asked.
const DAYS: std::ops::RangeInclusive<i64> = 1..=90;

kernel::words!(
    /// Where a review stands.
    State {
        /// Nobody read it yet.
        Waiting = "waiting",
        Published = "published",
        Declined = "declined",
    }
);

/// Whether buyers are asked, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    pub on: bool,
    /// Days after the parcel left.
    pub days: i64,
    /// The code of the topic that somebody has to allow to be asked.
    pub topic: String,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { on: false, days: 14, topic: "news".into() }
    }
}

pub fn policy(conn: &mut Conn) -> Result<Policy> {
    Ok(settings::find(conn, SETTING)?.unwrap_or_default())
}

/// Whether buyers are asked at all.
pub fn wanted(conn: &mut Conn) -> Result<bool> {
    Ok(policy(conn)?.on)
}

/// Stores a policy. `Invalid` names what cannot be.
pub fn save_policy(conn: &mut Conn, policy: &Policy, now: Time) -> Result<()> {
    let mut wrong = Fields::default();
    if !DAYS.contains(&policy.days) {
        wrong.add("days", "review-days");
    }
    if topics::by_code(conn, &policy.topic)?.is_none() {
        wrong.add("topic", "review-topic");
    }
    wrong.check()?;
    settings::set(conn, SETTING, policy, now)
}

/// A review.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Review {
    pub id: ReviewId,
    pub product_id: ProductId,
    pub order_id: OrderId,
    pub order_line_id: OrderLineId,
    pub stars: i64,
    pub title: String,
    pub body: String,
    /// As the writer wants to be called; empty for somebody who does not say.
    pub name: String,
    /// The code of the language in which it was written.
    pub language: String,
    pub state: State,
    /// Why it was declined, for the writer.
    pub reason: String,
    /// What the shop answers, for everybody.
    pub answer: String,
    pub written_at: Time,
    pub changed_at: Time,
    pub decided_at: Option<Time>,
}

pub fn get(conn: &mut Conn, id: ReviewId) -> Result<Review> {
    Ok(on_each!(conn, c => rows::table.find(id).select(Review::as_select()).first(c))?)
}

/// What was written about a line of an order.
pub fn of_line(conn: &mut Conn, line: OrderLineId) -> Result<Option<Review>> {
    Ok(on_each!(conn, c => rows::table.filter(rows::order_line_id.eq(line)).select(Review::as_select()).first(c)).optional()?)
}

/// The reviews of an order.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Review>> {
    Ok(rows::table.filter(rows::order_id.eq(order)).order(rows::id).select(Review::as_select()).load(conn)?)
}

/// Reviews that stand somewhere, the latest first, from before `before` on.
pub fn list(conn: &mut Conn, state: State, before: Option<ReviewId>, limit: i64) -> Result<Vec<Review>> {
    let own = rows::table.filter(rows::state.eq(state)).filter(rows::id.lt(before.unwrap_or(ReviewId(i64::MAX))));
    Ok(own.order(rows::id.desc()).limit(limit).select(Review::as_select()).load(conn)?)
}

/// The published reviews of a product, the latest first, from before `before` on.
pub fn shown(conn: &mut Conn, product: ProductId, before: Option<ReviewId>, limit: i64) -> Result<Vec<Review>> {
    let own = rows::table
        .filter(rows::product_id.eq(product))
        .filter(rows::state.eq(State::Published))
        .filter(rows::id.lt(before.unwrap_or(ReviewId(i64::MAX))));
    Ok(own.order(rows::id.desc()).limit(limit).select(Review::as_select()).load(conn)?)
}

/// What the published reviews of a product come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = totals)]
pub struct Total {
    pub reviews: i64,
    pub stars: i64,
}

impl Total {
    /// The average with one decimal place, rounded half up; nothing without a review.
    pub fn average(&self) -> Option<String> {
        if self.reviews <= 0 {
            return None;
        }
        let tenths = (self.stars * 20 + self.reviews) / (self.reviews * 2);
        Some(format!("{}.{}", tenths / 10, tenths % 10))
    }
}

pub fn total(conn: &mut Conn, product: ProductId) -> Result<Total> {
    Ok(on_each!(conn, c => totals::table.find(product).select(Total::as_select()).first(c)).optional()?.unwrap_or_default())
}

/// A review as whoever wrote it gets it with everything else about them.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    pub order: String,
    pub product: String,
    pub stars: i64,
    pub title: String,
    pub body: String,
    pub name: String,
    pub state: State,
    pub reason: String,
    pub answer: String,
    pub written_at: Time,
}

/// Everything that a customer wrote about what they bought, the latest first.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Kept>> {
    let own: Vec<(Review, String, String)> = rows::table
        .inner_join(orders::table.on(orders::id.eq(rows::order_id)))
        .inner_join(order_lines::table.on(order_lines::id.eq(rows::order_line_id)))
        .filter(orders::customer_id.eq(customer))
        .order(rows::id.desc())
        .limit(limit)
        .select((Review::as_select(), orders::number, order_lines::title))
        .load(conn)?;
    let kept = |(review, order, product): (Review, String, String)| Kept {
        order,
        product,
        stars: review.stars,
        title: review.title,
        body: review.body,
        name: review.name,
        state: review.state,
        reason: review.reason,
        answer: review.answer,
        written_at: review.written_at,
    };
    Ok(own.into_iter().map(kept).collect())
}

/// Takes the person out of what was written about an order: a published review stays without a name and without what tells who they are, so
/// that the average stays what it was; of any other only the number of stars does. Nobody is asked any more.
pub(crate) fn forget(conn: &mut Conn, order: &Order) -> Result<()> {
    diesel::delete(review_requests::table.filter(review_requests::order_id.eq(order.id))).execute(conn)?;
    let own = of_order(conn, order.id)?;
    if own.is_empty() {
        return Ok(());
    }
    let mut known = Known::default();
    known.whole(&order.email);
    for address in [order.billing_address()?, order.shipping_address()?] {
        known.name(&address.name);
        address.lines().iter().for_each(|line| known.whole(line));
    }
    for mut review in own {
        known.name(&review.name);
        let published = review.state == State::Published;
        for text in [&mut review.title, &mut review.body, &mut review.answer] {
            *text = if published { faceless(text, &known) } else { String::new() };
        }
        diesel::update(rows::table.find(review.id))
            .set((
                rows::title.eq(&review.title),
                rows::body.eq(&review.body),
                rows::answer.eq(&review.answer),
                rows::name.eq(""),
                rows::reason.eq(""),
                rows::state.eq(if published { State::Published } else { State::Declined }),
            ))
            .execute(conn)?;
    }
    Ok(())
}
