//! Consent is a ledger: rows are added, never changed. Unknown is not yes.

use crate::CustomerId;
use crate::activities::{self, Activity};
use crate::journeys;
use crate::schema::consents;
use crate::segments::{self, Why};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each, words};
use std::collections::{BTreeMap, HashMap};

words!(
    /// What somebody said about being contacted.
    Consent { Given = "given", Withdrawn = "withdrawn" }
);

/// One statement, with how it can be proven.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    pub channel: &'a str,
    pub topic: &'a str,
    pub legal_basis: &'a str,
    pub state: Consent,
    pub proof: &'a str,
}

/// The legal basis of a "no" that a merge of two customers carried over. What the person says themselves is kept even if it says the same:
/// undoing the merge takes only the first away.
pub(crate) const MERGED: &str = "merge";

/// Records a statement, unless the last one about the same channel and topic says the same. The customer's segments follow.
pub fn record(conn: &mut Conn, customer: CustomerId, statement: &Statement, now: Time) -> Result<()> {
    let last: Option<(Consent, String)> = on_each!(conn, c => about(customer, statement.channel, statement.topic)
        .select((consents::state, consents::legal_basis))
        .first(c))
    .optional()?;
    if last.is_some_and(|(state, basis)| state == statement.state && basis != MERGED) {
        return Ok(());
    }
    let id = add(conn, customer, statement, now)?;
    let said = Activity {
        customer: Some(customer),
        trail: None,
        kind: activities::Kind::ConsentSaid,
        at: now,
        source: "consents",
        dedupe_key: &id.to_string(),
        subject: Some(id),
        amount: None,
        detail: &format!("{}, {}: {}", statement.channel, statement.topic, statement.state.as_str()),
    };
    activities::keep(conn, &said)?;
    crate::customers::changed(conn, customer, now)?;
    segments::follow(conn, customer, Why::Consent, now)?;
    journeys::told(conn, customer, activities::Kind::ConsentSaid.as_str(), Some(id), now)
}

fn add(conn: &mut Conn, customer: CustomerId, statement: &Statement, now: Time) -> Result<i64> {
    Ok(diesel::insert_into(consents::table)
        .values((
            consents::customer_id.eq(customer),
            consents::channel.eq(statement.channel),
            consents::topic.eq(statement.topic),
            consents::legal_basis.eq(statement.legal_basis),
            consents::state.eq(statement.state),
            consents::proof.eq(statement.proof),
            consents::created_at.eq(now),
        ))
        .returning(consents::id)
        .get_result(conn)?)
}

/// Carries a "no" over to a customer who was merged with whoever said it, and answers its row.
pub(crate) fn refuse(conn: &mut Conn, customer: CustomerId, (channel, topic): (&str, &str), proof: &str, now: Time) -> Result<i64> {
    add(conn, customer, &Statement { channel, topic, legal_basis: MERGED, state: Consent::Withdrawn, proof }, now)
}

#[diesel::dsl::auto_type]
fn about<'a>(customer: CustomerId, channel: &'a str, topic: &'a str) -> _ {
    let own = consents::customer_id.eq(customer).and(consents::channel.eq(channel)).and(consents::topic.eq(topic));
    consents::table.filter(own).order(consents::id.desc())
}

/// The last statement, or `None` when there never was one.
pub fn current(conn: &mut Conn, customer: CustomerId, channel: &str, topic: &str) -> Result<Option<Consent>> {
    Ok(on_each!(conn, c => about(customer, channel, topic).select(consents::state).first(c)).optional()?)
}

/// [`current`] of many customers: of those who said something.
pub fn current_of(conn: &mut Conn, customers: &[CustomerId], channel: &str, topic: &str) -> Result<HashMap<CustomerId, Consent>> {
    let theirs = consents::customer_id.eq_any(customers.to_vec()).and(consents::channel.eq(channel)).and(consents::topic.eq(topic));
    let rows: Vec<(CustomerId, Consent)> = on_each!(conn, c => consents::table
        .filter(theirs)
        .order(consents::id)
        .select((consents::customer_id, consents::state))
        .load(c))?;
    // The last row of each stays.
    Ok(rows.into_iter().collect())
}

/// The last statement about each channel and topic, by their names.
pub fn all_current(conn: &mut Conn, customer: CustomerId) -> Result<Vec<((String, String), Consent)>> {
    let rows: Vec<(String, String, Consent)> = consents::table
        .filter(consents::customer_id.eq(customer))
        .order(consents::id)
        .select((consents::channel, consents::topic, consents::state))
        .load(conn)?;
    let last: BTreeMap<(String, String), Consent> = rows.into_iter().map(|(channel, topic, state)| ((channel, topic), state)).collect();
    Ok(last.into_iter().collect())
}

/// A statement as it was recorded.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = consents)]
pub struct Recorded {
    pub channel: String,
    pub topic: String,
    pub legal_basis: String,
    pub state: Consent,
    pub proof: String,
    pub created_at: Time,
}

/// Everything a customer said, the latest first.
pub fn of(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Recorded>> {
    Ok(consents::table.filter(consents::customer_id.eq(customer)).order(consents::id.desc()).select(Recorded::as_select()).load(conn)?)
}
