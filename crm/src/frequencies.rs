//! How often somebody wants mail of campaigns, whatever it is about. A ledger: the last word counts, and who said nothing has no limit.

use crate::campaigns::Standing;
use crate::schema::{deliveries, mail_frequencies as said};
use crate::{CustomerId, identities};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each, words};
use std::collections::{BTreeMap, BTreeSet};

words!(
    /// How often at most.
    Frequency { All = "all", Weekly = "weekly", Monthly = "monthly", Never = "none" }
);

impl Frequency {
    /// The time within which there may be one mail; `None` where time decides nothing.
    fn span(self) -> Option<TimeDelta> {
        match self {
            Frequency::Weekly => Some(TimeDelta::days(7)),
            Frequency::Monthly => Some(TimeDelta::days(30)),
            Frequency::All | Frequency::Never => None,
        }
    }
}

/// What a customer said last.
pub fn of(conn: &mut Conn, customer: CustomerId) -> Result<Frequency> {
    let own = said::table.filter(said::customer_id.eq(customer)).order(said::id.desc());
    let last: Option<Frequency> = on_each!(conn, c => own.select(said::at_most).first(c)).optional()?;
    Ok(last.unwrap_or(Frequency::All))
}

/// Everything that a customer said, the latest first.
pub fn all(conn: &mut Conn, customer: CustomerId) -> Result<Vec<(Frequency, Time)>> {
    let own = said::table.filter(said::customer_id.eq(customer)).order(said::id.desc());
    Ok(own.select((said::at_most, said::said_at)).load(conn)?)
}

/// Keeps what a customer says. Saying the same again adds nothing.
pub fn say(conn: &mut Conn, customer: CustomerId, at_most: Frequency, now: Time) -> Result<()> {
    if of(conn, customer)? == at_most {
        return Ok(());
    }
    let row = (said::customer_id.eq(customer), said::at_most.eq(at_most), said::said_at.eq(now));
    diesel::insert_into(said::table).values(row).execute(conn)?;
    Ok(())
}

/// Those of `customers` who had as much mail of campaigns as they want, so that none may be claimed for them now. What is on its way to
/// them counts, and what may have arrived. The word of a person is about all topics together, so that `_topic` decides nothing.
pub fn exceeded(conn: &mut Conn, customers: &[CustomerId], _topic: &str, now: Time) -> Result<BTreeSet<CustomerId>> {
    let ids = customers.to_vec();
    let words = said::table.filter(said::customer_id.eq_any(ids)).order(said::id);
    let rows: Vec<(CustomerId, Frequency)> = words.select((said::customer_id, said::at_most)).load(conn)?;
    let last: BTreeMap<CustomerId, Frequency> = rows.into_iter().collect();
    let mut found: BTreeSet<CustomerId> = last.iter().filter(|(_, word)| **word == Frequency::Never).map(|(id, _)| *id).collect();
    for word in [Frequency::Weekly, Frequency::Monthly] {
        let Some(span) = word.span() else { continue };
        let limited: Vec<CustomerId> = last.iter().filter(|(_, said)| **said == word).map(|(id, _)| *id).collect();
        if limited.is_empty() {
            continue;
        }
        let since = now - span;
        // What somebody had who was merged into them, and whose mail stayed theirs, counts as well.
        let merged = identities::merged_into(conn, &limited)?;
        let limited: Vec<CustomerId> = limited.into_iter().chain(merged.keys().copied()).collect();
        let known = |id: CustomerId| merged.get(&id).copied().unwrap_or(id);
        let had: Vec<CustomerId> = deliveries::table
            .filter(deliveries::customer_id.eq_any(limited.clone()))
            .filter(deliveries::state.eq(Standing::Accepted))
            .filter(deliveries::sent_at.gt(since))
            .select(deliveries::customer_id)
            .load(conn)?;
        found.extend(had.into_iter().map(known));
        let open: Vec<CustomerId> = deliveries::table
            .filter(deliveries::customer_id.eq_any(limited))
            .filter(deliveries::state.eq_any([Standing::Sending, Standing::Unknown]))
            .filter(deliveries::due_at.gt(since))
            .select(deliveries::customer_id)
            .load(conn)?;
        found.extend(open.into_iter().map(known));
    }
    Ok(found)
}
