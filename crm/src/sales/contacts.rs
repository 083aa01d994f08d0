//! What was said with whom: calls, meetings, mails and notes, about an opportunity or with a customer of a call list.

use super::{OpportunityId, get};
use crate::CustomerId;
use crate::activities::{self, Activity, Kind};
use crate::customers;
use crate::schema::opportunity_activities as rows;
use diesel::dsl::max;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, words};
use std::collections::HashMap;

/// The longest text, in characters.
const TEXT: usize = 4000;

words!(
    ContactKind { Call = "call", Meeting = "meeting", Mail = "mail", Note = "note" }
);

/// What was said, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Contact {
    pub id: i64,
    pub opportunity_id: Option<OpportunityId>,
    pub customer_id: Option<CustomerId>,
    pub kind: ContactKind,
    pub text: String,
    pub at: Time,
    pub actor: String,
}

/// Keeps what was said about an opportunity, with its customer if it has one.
pub fn log_about(conn: &mut Conn, id: OpportunityId, kind: ContactKind, text: &str, actor: &str, now: Time) -> Result<i64> {
    let customer = get(conn, id)?.customer_id;
    keep(conn, (Some(id), customer), kind, text, actor, now)
}

/// Keeps what was said with a customer. `NotFound` for somebody who was erased.
pub fn log_with(conn: &mut Conn, customer: CustomerId, kind: ContactKind, text: &str, actor: &str, now: Time) -> Result<i64> {
    let customer = customers::known(conn, customer)?.id;
    keep(conn, (None, Some(customer)), kind, text, actor, now)
}

fn keep(
    conn: &mut Conn,
    (opportunity, customer): (Option<OpportunityId>, Option<CustomerId>),
    kind: ContactKind,
    text: &str,
    actor: &str,
    now: Time,
) -> Result<i64> {
    let text = text.trim();
    match text.chars().count() {
        0 => return Err(Error::field("text", "field-required")),
        1..=TEXT => {}
        _ => return Err(Error::field("text", "field-too-long")),
    }
    let id: i64 = diesel::insert_into(rows::table)
        .values((
            rows::opportunity_id.eq(opportunity),
            rows::customer_id.eq(customer),
            rows::kind.eq(kind),
            rows::text.eq(text),
            rows::at.eq(now),
            rows::actor.eq(actor),
        ))
        .returning(rows::id)
        .get_result(conn)?;
    // A note is said to nobody.
    if let (Some(customer), true) = (customer, kind != ContactKind::Note) {
        let happened = Activity {
            customer: Some(customer),
            trail: None,
            kind: Kind::SalesContact,
            at: now,
            source: "sales",
            dedupe_key: &id.to_string(),
            subject: Some(id),
            amount: None,
            detail: "",
        };
        activities::record(conn, &happened)?;
    }
    Ok(id)
}

/// What was said about an opportunity, the last first, before the row `before`.
pub fn contacts(conn: &mut Conn, id: OpportunityId, before: Option<i64>, limit: i64) -> Result<Vec<Contact>> {
    let own = rows::table.filter(rows::opportunity_id.eq(id)).filter(rows::id.lt(before.unwrap_or(i64::MAX)));
    Ok(own.order(rows::id.desc()).limit(limit).select(Contact::as_select()).load(conn)?)
}

/// What was said about an opportunity was said with this customer.
pub(super) fn take_over(conn: &mut Conn, id: OpportunityId, customer: CustomerId) -> Result<()> {
    diesel::update(rows::table.filter(rows::opportunity_id.eq(id))).set(rows::customer_id.eq(customer)).execute(conn)?;
    Ok(())
}

/// When each of these customers was last spoken with; nothing of whoever never was.
pub(super) fn last(conn: &mut Conn, customers: &[CustomerId]) -> Result<HashMap<CustomerId, Time>> {
    let said = rows::table.filter(rows::customer_id.eq_any(customers.to_vec())).filter(rows::kind.ne(ContactKind::Note));
    let found: Vec<(Option<CustomerId>, Option<Time>)> =
        said.group_by(rows::customer_id).select((rows::customer_id, max(rows::at))).load(conn)?;
    Ok(found.into_iter().filter_map(|(customer, at)| customer.zip(at)).collect())
}
