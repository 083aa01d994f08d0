//! Whom a campaign is for, page by page.

use super::permission::{self, permission};
use super::{Audience, Campaign, Hindrance};
use crate::CustomerId;
use crate::schema::{customers, purchases};
use crate::segments::among_these;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Db, Result, on_each};
use std::collections::{BTreeMap, HashMap};

/// Customers looked at together.
pub(super) const TOGETHER: i64 = 10_000;

/// The customers of an audience among the next `limit` after `after`, and the last that was looked at; nothing behind the last of all.
pub(super) fn page(
    conn: &mut Conn,
    audience: &Audience,
    after: CustomerId,
    limit: i64,
    now: Time,
) -> Result<Option<(Vec<CustomerId>, CustomerId)>> {
    let known = customers::table.filter(customers::id.gt(after)).filter(customers::erased_at.is_null());
    let known = known.filter(customers::merged_into.is_null()).order(customers::id).limit(limit).select(customers::id);
    let looked: Vec<CustomerId> = on_each!(conn, c => known.load(c))?;
    let Some(last) = looked.last().copied() else { return Ok(None) };
    let asked = [audience.include.clone(), audience.exclude.clone()].concat();
    let standing = among_these(conn, &looked, &asked, now)?;
    let within = |id: &CustomerId| {
        let any = |segments: &[crate::segments::SegmentId]| segments.iter().any(|segment| standing.contains(&(*id, *segment)));
        (audience.include.is_empty() || any(&audience.include)) && !any(&audience.exclude)
    };
    Ok(Some((looked.into_iter().filter(within).collect(), last)))
}

/// Where the last orders of people went, by ISO 3166-1 alpha-2; nobody who has none.
pub(crate) fn countries(conn: &mut Conn, people: &[CustomerId]) -> Result<HashMap<CustomerId, String>> {
    let mut found = HashMap::new();
    for some in people.chunks(permission::TOGETHER) {
        let rows = purchases::table.filter(purchases::customer_id.eq_any(some.to_vec())).filter(purchases::country.ne(""));
        let rows = rows.order((purchases::purchased_at, purchases::order_id)).select((purchases::customer_id, purchases::country));
        found.extend(rows.load::<(CustomerId, String)>(conn)?);
    }
    Ok(found)
}

/// How many people a campaign is for now, and how many of them may not be written to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub audience: i64,
    pub hindered: BTreeMap<Hindrance, i64>,
}

impl Reach {
    /// Those who may be written to, the control group among them.
    pub fn allowed(&self) -> i64 {
        self.audience - self.hindered.values().sum::<i64>()
    }
}

/// Counts whom a campaign would go to if it were sent now, by the function that claims by. It goes over all customers.
pub fn reach(db: &Db, campaign: &Campaign, now: Time) -> Result<Reach> {
    let (mut reach, mut after) = (Reach::default(), CustomerId(0));
    loop {
        let (audience, topic, cap) = (&campaign.audience.0, campaign.topic.as_str(), campaign.plan.0.cap);
        let looked = db.read_now(|conn| {
            let Some((people, last)) = page(conn, audience, after, TOGETHER, now)? else { return Ok(None) };
            Ok(Some((people.len(), permission(conn, topic, cap, &people, now)?, last)))
        })?;
        let Some((people, hindered, last)) = looked else { return Ok(reach) };
        reach.audience += i64::try_from(people).unwrap_or(0);
        for why in hindered.into_values() {
            *reach.hindered.entry(why).or_default() += 1;
        }
        after = last;
    }
}
