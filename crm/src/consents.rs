//! Consent is a ledger: rows are added, never changed. Unknown is not yes.

use crate::CustomerId;
use crate::activities::{self, Activity};
use crate::schema::consents;
use crate::segments::{self, Why};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, words};

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

/// Records a statement, unless the last one about the same channel and topic says the same. The customer's segments follow.
pub fn record(conn: &mut Conn, customer: CustomerId, statement: &Statement, now: Time) -> Result<()> {
    if current(conn, customer, statement.channel, statement.topic)? == Some(statement.state) {
        return Ok(());
    }
    let id: i64 = diesel::insert_into(consents::table)
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
        .get_result(conn)?;
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
    segments::follow(conn, customer, Why::Consent, now)
}

/// The last statement, or `None` when there never was one.
pub fn current(conn: &mut Conn, customer: CustomerId, channel: &str, topic: &str) -> Result<Option<Consent>> {
    Ok(consents::table
        .filter(consents::customer_id.eq(customer))
        .filter(consents::channel.eq(channel))
        .filter(consents::topic.eq(topic))
        .order(consents::id.desc())
        .select(consents::state)
        .first(conn)
        .optional()?)
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
