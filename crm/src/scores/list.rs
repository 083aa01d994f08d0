//! The list of customers, with what is known of each.

use super::{Score, Stage};
use crate::CustomerId;
use crate::customers::{Customer, named};
use crate::rfm::Group;
use crate::schema::{customer_tasks, customers, scores, segment_states};
use crate::segments::{self, Listed, SegmentId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, words};

words!(
    /// What stands first in the list of customers.
    Order {
        /// Who came to be known last.
        Newest = "newest",
        Value = "value",
        LastOrder = "last_order",
        /// What they are expected to bring in a year.
        Forecast = "forecast",
        /// What their orders left over the goods.
        Margin = "margin",
    }
);

words!(
    /// What the orders of a customer left over their goods.
    Earning {
        Gain = "gain",
        Loss = "loss",
        /// Of some goods nobody said what they cost.
        Unsure = "unsure",
    }
);

/// What is asked of the list. What is left empty is not asked about.
#[derive(Clone, Debug)]
pub struct Filter {
    pub order: Order,
    pub group: Option<Group>,
    pub stage: Option<Stage>,
    pub segment: Option<SegmentId>,
    pub earning: Option<Earning>,
    /// Only those about whom something is to be done.
    pub open_task: bool,
    /// The beginning of the mail address or of the name.
    pub text: String,
    /// The last customer of the page before.
    pub after: Option<CustomerId>,
}

/// A customer and their score; none of whoever did not buy.
pub type Row = (Customer, Option<Score>);

/// The customers that are asked for, a page of them. A group or a stage is listed by value. A text lists the first that are found by it,
/// without further pages: a longer text finds fewer.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64, now: Time) -> Result<Vec<Row>> {
    let members = match filter.segment {
        Some(id) => Some(segments::listed(conn, id, now)?),
        None => None,
    };
    if !filter.text.trim().is_empty() {
        return found(conn, filter, members.as_ref(), limit);
    }
    if filter.order == Order::Newest && filter.group.is_none() && filter.stage.is_none() && filter.earning.is_none() {
        return newest(conn, filter, members.as_ref(), limit);
    }
    scored(conn, filter, members.as_ref(), limit)
}

/// Adds to a query that the customer in `$column` is among the members of a segment.
macro_rules! only {
    ($query:expr, $members:expr, $column:expr) => {
        if let Some(members) = $members {
            let sound = segment_states::changes_at.is_null().or(segment_states::changes_at.gt(members.now).assume_not_null());
            let rows = segment_states::table
                .filter(segment_states::segment_id.eq(members.segment))
                .filter(segment_states::member.eq(true))
                .filter(sound)
                .select(segment_states::customer_id);
            $query = $query.filter($column.eq_any(rows).or($column.eq_any(members.late.clone())));
        }
    };
}

/// Adds to a query that something is to be done about the customer in `$column`.
macro_rules! to_do {
    ($query:expr, $filter:expr, $column:expr) => {
        if $filter.open_task {
            let open = customer_tasks::table.filter(customer_tasks::done_at.is_null());
            $query = $query.filter($column.eq_any(open.select(customer_tasks::customer_id)));
        }
    };
}

/// Adds to a query over scores what the orders left.
macro_rules! earned {
    ($query:expr, $filter:expr) => {
        match $filter.earning {
            Some(Earning::Gain) => $query = $query.filter(scores::margin.gt(0)),
            Some(Earning::Loss) => $query = $query.filter(scores::margin.lt(0)),
            Some(Earning::Unsure) => $query = $query.filter(scores::uncosted.gt(0)),
            None => {}
        }
    };
}

fn newest(conn: &mut Conn, filter: &Filter, members: Option<&Listed>, limit: i64) -> Result<Vec<Row>> {
    let mut query = customers::table
        .left_join(scores::table.on(scores::customer_id.eq(customers::id)))
        .filter(customers::id.lt(filter.after.unwrap_or(CustomerId(i64::MAX))))
        .filter(customers::merged_into.is_null())
        .into_boxed();
    only!(query, members, customers::id);
    to_do!(query, filter, customers::id);
    Ok(query.order(customers::id.desc()).limit(limit).select((Customer::as_select(), Option::<Score>::as_select())).load(conn)?)
}

fn found(conn: &mut Conn, filter: &Filter, members: Option<&Listed>, limit: i64) -> Result<Vec<Row>> {
    let ids: Vec<CustomerId> = named(conn, &filter.text, limit)?.iter().map(|one| one.id).collect();
    let mut query =
        customers::table.left_join(scores::table.on(scores::customer_id.eq(customers::id))).filter(customers::id.eq_any(ids)).into_boxed();
    if let Some(group) = filter.group {
        query = query.filter(scores::standing.eq(group));
    }
    if let Some(stage) = filter.stage {
        query = query.filter(scores::stage.eq(stage));
    }
    earned!(query, filter);
    only!(query, members, customers::id);
    to_do!(query, filter, customers::id);
    Ok(query.order(customers::id.desc()).select((Customer::as_select(), Option::<Score>::as_select())).load(conn)?)
}

/// By what the list is in order, of whoever stands last on a page.
struct Place {
    value: i64,
    margin: i64,
    forecast: Option<i64>,
    last_at: Time,
    id: CustomerId,
}

fn place(conn: &mut Conn, id: CustomerId) -> Result<Option<Place>> {
    let columns = (scores::value, scores::margin, scores::value_365, scores::last_at);
    let row: Option<(i64, i64, Option<i64>, Time)> = scores::table.find(id).select(columns).first(conn).optional()?;
    Ok(row.map(|(value, margin, forecast, last_at)| Place { value, margin, forecast, last_at, id }))
}

/// Those who bought, in an order that an index holds.
fn scored(conn: &mut Conn, filter: &Filter, members: Option<&Listed>, limit: i64) -> Result<Vec<Row>> {
    let after = match filter.after {
        Some(id) => place(conn, id)?,
        None => None,
    };
    let in_part = filter.group.is_some() || filter.stage.is_some();
    let order = if in_part && filter.order != Order::Margin { Order::Value } else { filter.order };
    let order = if order == Order::Newest && filter.earning.is_some() { Order::Margin } else { order };
    let mut query = scores::table
        .inner_join(customers::table.on(customers::id.eq(scores::customer_id)))
        .select((Customer::as_select(), Score::as_select()))
        .into_boxed();
    if let Some(group) = filter.group {
        query = query.filter(scores::standing.eq(group));
    }
    if let Some(stage) = filter.stage {
        query = query.filter(scores::stage.eq(stage));
    }
    earned!(query, filter);
    only!(query, members, scores::customer_id);
    to_do!(query, filter, scores::customer_id);
    query = match order {
        Order::LastOrder => {
            if let Some(after) = after {
                let same = scores::last_at.eq(after.last_at).and(scores::customer_id.lt(after.id));
                query = query.filter(scores::last_at.le(after.last_at)).filter(scores::last_at.lt(after.last_at).or(same));
            }
            query.order((scores::last_at.desc(), scores::customer_id.desc()))
        }
        Order::Forecast => {
            query = query.filter(scores::value_365.is_not_null());
            if let Some((after, least)) = after.and_then(|after| Some((after.id, after.forecast?))) {
                let same = scores::value_365.eq(least).and(scores::customer_id.lt(after));
                query = query.filter(scores::value_365.le(least)).filter(scores::value_365.lt(least).or(same));
            }
            query.order((scores::value_365.desc(), scores::customer_id.desc()))
        }
        Order::Margin => {
            if let Some(after) = after {
                let same = scores::margin.eq(after.margin).and(scores::customer_id.lt(after.id));
                query = query.filter(scores::margin.le(after.margin)).filter(scores::margin.lt(after.margin).or(same));
            }
            query.order((scores::margin.desc(), scores::customer_id.desc()))
        }
        Order::Value | Order::Newest => {
            if let Some(after) = after {
                let same = scores::value.eq(after.value).and(scores::customer_id.lt(after.id));
                query = query.filter(scores::value.le(after.value)).filter(scores::value.lt(after.value).or(same));
            }
            query.order((scores::value.desc(), scores::customer_id.desc()))
        }
    };
    let rows: Vec<(Customer, Score)> = query.limit(limit).load(conn)?;
    Ok(rows.into_iter().map(|(customer, score)| (customer, Some(score))).collect())
}
