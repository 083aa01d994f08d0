//! What campaigns brought: orders that followed from their mails ([`super::attribution`]), and what would not have been without them, which
//! the control group says.
//!
//! Both are figured by a job, hourly and when somebody asks, and kept: a page reads what was kept and the counts that move with the rows.

mod compare;
mod earned;
mod lists;
#[cfg(test)]
mod tests;

pub use super::counts::Moment;
pub use compare::{Compared, OfSegment};
pub use earned::{Earned, Link, Product};
pub(crate) use lists::ids;
pub use lists::{Credited, Done, Row, Sought, What, credited, done, everybody, of_deliveries, rows};

use super::counts::{Counts, counts};
use super::{Audience, CampaignId, Kind, State, VariantId, attribution};
use crate::schema::{campaign_results as kept, campaign_variants as variants, campaigns};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::{self, Json};
use kernel::money::Currency;
use kernel::{Conn, Db, Result, on_each};
use serde::{Deserialize, Serialize};

/// Days after the last that counts in which money given back still changes the figures.
const AFTER: i64 = 30;

/// What of a campaign its results follow from.
#[derive(Clone, Debug)]
pub struct About {
    pub id: CampaignId,
    pub kind: Kind,
    pub name: String,
    pub store: i64,
    pub state: State,
    pub audience: Audience,
    /// From when on orders are compared; `None` before its audience was frozen.
    pub since: Option<Time>,
}

/// What a campaign brought, as it was figured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub at: Time,
    /// Days from the start in which orders are compared.
    pub days: i64,
    /// What money is compared in: that of the campaign's store.
    pub currency: String,
    pub all: Compared,
    /// Those who were to get a variant beside the whole control group.
    pub variants: Vec<(VariantId, Compared)>,
    /// Those who were in a segment of the audience when the campaign began.
    pub segments: Vec<OfSegment>,
    pub earned: Vec<Earned>,
    pub links: Vec<Link>,
    pub products: Vec<Product>,
}

/// A campaign with everything that its page of results shows.
#[derive(Clone, Debug)]
pub struct Whole {
    pub about: About,
    /// In their order.
    pub variants: Vec<VariantId>,
    pub counts: Counts,
    pub results: Option<Results>,
}

/// A campaign. `NotFound` without it.
pub fn about(conn: &mut Conn, id: CampaignId) -> Result<About> {
    type Own = (Kind, String, i64, State, Json<Audience>, Option<Time>, Option<Time>);
    let columns = (
        campaigns::kind,
        campaigns::name,
        campaigns::store_id,
        campaigns::state,
        campaigns::audience,
        campaigns::starts_at,
        campaigns::frozen_at,
    );
    let own: Own = on_each!(conn, c => campaigns::table.find(id).select(columns).first(c))?;
    let (kind, name, store, state, Json(audience), starts_at, frozen_at) = own;
    // Nothing is sent before the audience is frozen, whichever moment was planned.
    let since = frozen_at.map(|frozen| starts_at.map_or(frozen, |start| start.max(frozen)));
    Ok(About { id, kind, name, store, state, audience, since })
}

/// What the page of a campaign's results shows, read without counting or figuring anything.
pub fn whole(conn: &mut Conn, id: CampaignId) -> Result<Whole> {
    let about = about(conn, id)?;
    let variants: Vec<VariantId> = on_each!(conn, c => variants::table
        .filter(variants::campaign_id.eq(id))
        .order(variants::position)
        .select(variants::id)
        .load(c))?;
    Ok(Whole { about, variants, counts: counts(conn, id)?, results: get(conn, id)? })
}

/// What was figured last; `None` before the first time.
pub fn get(conn: &mut Conn, id: CampaignId) -> Result<Option<Results>> {
    let found: Option<Json<Results>> = on_each!(conn, c => kept::table.find(id).select(kept::results).first(c)).optional()?;
    Ok(found.map(|Json(results)| results))
}

/// The campaigns whose figures may still change, with the stores whose currencies they are compared in.
pub fn due(conn: &mut Conn, now: Time) -> Result<Vec<(CampaignId, i64)>> {
    let lately = now - TimeDelta::days(attribution::rules(conn)?.days + AFTER);
    type Own = (CampaignId, Kind, i64, State, Option<Time>, Option<Time>);
    let columns = (campaigns::id, campaigns::kind, campaigns::store_id, campaigns::state, campaigns::starts_at, campaigns::frozen_at);
    let all: Vec<Own> = on_each!(conn, c => campaigns::table.order(campaigns::id).select(columns).load(c))?;
    let wanted = |(_, kind, _, state, starts_at, frozen_at): &Own| match kind {
        Kind::Step => *state == State::Scheduled,
        Kind::Campaign => frozen_at.is_some_and(|frozen| starts_at.map_or(frozen, |start| start.max(frozen)) >= lately),
    };
    Ok(all.into_iter().filter(wanted).map(|(id, _, store, ..)| (id, store)).collect())
}

/// Figures what a campaign brought until now, and keeps it.
pub fn figure(db: &Db, id: CampaignId, currency: Currency, now: Time) -> Result<()> {
    let results = json::text(&db.read_now(move |conn| figured(conn, id, currency, now))?)?;
    db.write_now(move |conn| {
        let row = (kept::campaign_id.eq(id), kept::results.eq(&results), kept::figured_at.eq(now));
        let change = (kept::results.eq(&results), kept::figured_at.eq(now));
        on_each!(conn, c => diesel::insert_into(kept::table)
            .values(row)
            .on_conflict(kept::campaign_id)
            .do_update()
            .set(change)
            .execute(c))?;
        Ok(())
    })
}

/// What a campaign brought until now.
pub fn figured(conn: &mut Conn, id: CampaignId, currency: Currency, now: Time) -> Result<Results> {
    let (about, days) = (about(conn, id)?, attribution::rules(conn)?.days);
    let compared = compare::compare(conn, &about, days, currency, now)?;
    let (earned, products) = earned::earned(conn, id)?;
    Ok(Results {
        at: now,
        days,
        currency: currency.code().to_string(),
        all: compared.all,
        variants: compared.variants,
        segments: compared.segments,
        earned,
        links: earned::links(conn, id)?,
        products,
    })
}

/// Takes the rows of the last key off a page that was full: the rest of them is on the next one.
fn cut<T, K: PartialEq>(page: &mut Vec<T>, limit: i64, key: impl Fn(&T) -> K) {
    let (Some(first), Some(last)) = (page.first().map(&key), page.last().map(&key)) else { return };
    if page.len() as i64 >= limit && first != last {
        page.retain(|row| key(row) != last);
    }
}
