//! How much mail of campaigns may go out: by mail server in an hour and while it is warmed up, and to the mailboxes of a domain. Limits
//! hold for all processes together: each takes a part of what is left in a row, and sends from it.

use crate::clock::Time;
use crate::db::Conn;
use crate::error::Fields;
use crate::schema::{mail_quotas as quota_rows, mail_rates as rate_rows, mail_transports as transport_rows};
use crate::{Db, Error, Result, words};
use chrono::{DateTime, TimeDelta};
use diesel::prelude::*;
use parking_lot::Mutex;
use std::collections::HashMap;

crate::id!(
    /// A mail server, as the table knows it. 0 is none.
    TransportId,
    RateId
);

/// Parts that a limit is taken in, at most; what a process took and did not send is lost until the time of the limit is over.
const PARTS: i64 = 20;
const LARGEST: i64 = 100;
/// How long an answer that nothing is left is believed.
const BELIEVED: TimeDelta = TimeDelta::seconds(5);
/// A server that may send so much in a day is warm.
const WARM: i64 = 10_000_000;
/// Days that what was used is kept.
const KEPT_DAYS: i64 = 3;
const MOST_RATES: i64 = 200;

words!(
    /// What a limit counts in.
    Span { Minute = "minute", Hour = "hour", Day = "day" }
);

impl Span {
    fn seconds(self) -> i64 {
        match self {
            Span::Minute => 60,
            Span::Hour => 3600,
            Span::Day => 86_400,
        }
    }

    /// When the span that `now` is in began, in UTC.
    fn start(self, now: Time) -> Time {
        let seconds = now.and_utc().timestamp();
        DateTime::from_timestamp(seconds - seconds.rem_euclid(self.seconds()), 0).map_or(now, |start| start.naive_utc())
    }
}

/// A mail server that was configured once, and what the merchant says about it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = transport_rows)]
pub struct Terms {
    pub id: TransportId,
    pub name: String,
    /// Its share; 0: only when no other can take a mail.
    pub weight: i64,
    pub per_hour: Option<i64>,
    /// The first day of its warming up.
    pub warm_from: Option<Time>,
    pub warm_first: i64,
    /// Per cent.
    pub warm_growth: i64,
}

impl Terms {
    /// Mails on the day of `now` at most, while it is warmed up.
    pub fn warm(&self, now: Time) -> Option<i64> {
        let day = (now.date() - self.warm_from?.date()).num_days();
        if day < 0 {
            return None;
        }
        let mut most = self.warm_first;
        for _ in 0..day {
            if self.warm_growth == 0 {
                break;
            }
            most += (most * self.warm_growth / 100).max(1);
            if most > WARM {
                return None;
            }
        }
        Some(most)
    }
}

/// What a merchant sets of a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsWish {
    pub weight: i64,
    pub per_hour: Option<i64>,
    pub warm_from: Option<Time>,
    pub warm_first: i64,
    pub warm_growth: i64,
}

/// How much the mailboxes of a domain are sent.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = rate_rows)]
pub struct Rate {
    pub id: RateId,
    pub domain: String,
    pub per_minute: Option<i64>,
    /// By each mail server.
    pub per_day: Option<i64>,
}

/// The mail servers that were ever configured, in the order of their names.
pub fn transports(conn: &mut Conn) -> Result<Vec<Terms>> {
    Ok(transport_rows::table.order(transport_rows::name).select(Terms::as_select()).load(conn)?)
}

pub fn transport(conn: &mut Conn, id: TransportId) -> Result<Terms> {
    Ok(transport_rows::table.find(id).select(Terms::as_select()).first(conn)?)
}

/// Rows for the servers that are configured and have none yet.
pub(super) fn set_up(conn: &mut Conn, names: &[String]) -> Result<()> {
    for name in names {
        let row = (transport_rows::name.eq(name), transport_rows::weight.eq(100i64));
        crate::on_each!(conn, c => diesel::insert_into(transport_rows::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Changes what holds for a mail server.
pub fn set_terms(conn: &mut Conn, id: TransportId, wish: &TermsWish) -> Result<()> {
    let mut wrong = Fields::default();
    if !(0..=1000).contains(&wish.weight) {
        wrong.add("weight", "post-weight-invalid");
    }
    if wish.per_hour.is_some_and(|most| !(1..=WARM).contains(&most)) {
        wrong.add("per_hour", "post-limit-invalid");
    }
    if wish.warm_from.is_some() && !(1..=WARM).contains(&wish.warm_first) {
        wrong.add("warm_first", "post-limit-invalid");
    }
    if !(0..=1000).contains(&wish.warm_growth) {
        wrong.add("warm_growth", "post-growth-invalid");
    }
    wrong.check()?;
    let set = (
        transport_rows::weight.eq(wish.weight),
        transport_rows::per_hour.eq(wish.per_hour),
        transport_rows::warm_from.eq(wish.warm_from),
        transport_rows::warm_first.eq(wish.warm_first.clamp(0, WARM)),
        transport_rows::warm_growth.eq(wish.warm_growth),
    );
    let changed = diesel::update(transport_rows::table.find(id)).set(set).execute(conn)?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// The limits by domain, in their order.
pub fn rates(conn: &mut Conn) -> Result<Vec<Rate>> {
    Ok(rate_rows::table.order(rate_rows::domain).select(Rate::as_select()).load(conn)?)
}

pub fn rate(conn: &mut Conn, id: RateId) -> Result<Rate> {
    Ok(rate_rows::table.find(id).select(Rate::as_select()).first(conn)?)
}

/// The limit of a domain.
pub fn rate_of(conn: &mut Conn, domain: &str) -> Result<Option<Rate>> {
    Ok(rate_rows::table.filter(rate_rows::domain.eq(domain)).select(Rate::as_select()).first(conn).optional()?)
}

/// Sets the limit of a domain anew.
pub fn set_rate(conn: &mut Conn, domain: &str, per_minute: Option<i64>, per_day: Option<i64>) -> Result<RateId> {
    let mut wrong = Fields::default();
    let domain = crate::config::domain(domain.trim());
    if domain.is_none() {
        wrong.add("domain", "post-domain-invalid");
    }
    for (name, most) in [("per_minute", per_minute), ("per_day", per_day)] {
        if most.is_some_and(|most| !(1..=WARM).contains(&most)) {
            wrong.add(name, "post-limit-invalid");
        }
    }
    if per_minute.is_none() && per_day.is_none() {
        wrong.add("per_minute", "post-limit-missing");
    }
    wrong.check()?;
    let domain = domain.unwrap_or_default();
    if rate_of(conn, &domain)?.is_none() && rate_rows::table.count().get_result::<i64>(conn)? >= MOST_RATES {
        return Err(Error::conflict("post-too-many-rates"));
    }
    let row = (rate_rows::domain.eq(&domain), rate_rows::per_minute.eq(per_minute), rate_rows::per_day.eq(per_day));
    let set = (rate_rows::per_minute.eq(per_minute), rate_rows::per_day.eq(per_day));
    crate::on_each!(conn, c => diesel::insert_into(rate_rows::table)
        .values(row).on_conflict(rate_rows::domain).do_update().set(set).execute(c))?;
    Ok(rate_rows::table.filter(rate_rows::domain.eq(&domain)).select(rate_rows::id).first(conn)?)
}

pub fn remove_rate(conn: &mut Conn, id: RateId) -> Result<()> {
    diesel::delete(rate_rows::table.find(id)).execute(conn)?;
    Ok(())
}

/// Forgets what was used long ago.
pub fn prune(conn: &mut Conn, now: Time) -> Result<()> {
    diesel::delete(quota_rows::table.filter(quota_rows::starts_at.lt(now - TimeDelta::days(KEPT_DAYS)))).execute(conn)?;
    Ok(())
}

/// What went to the mailboxes of all domains by a server on the day of `now`, or was taken to go.
pub fn used_today(conn: &mut Conn, id: TransportId, now: Time) -> Result<i64> {
    used(conn, &Key { transport: id.0, domain: String::new(), span: Span::Day }, Span::Day.start(now))
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    transport: i64,
    domain: String,
    span: Span,
}

/// A limit that a mail counts against.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    key: Key,
    most: i64,
}

/// Everything that a mail by this server to this domain counts against.
pub(super) fn limits(terms: &Terms, rate: Option<&Rate>, now: Time) -> Vec<Limit> {
    let of = |transport: i64, domain: &str, span: Span, most: Option<i64>| {
        most.map(|most| Limit { key: Key { transport, domain: domain.to_string(), span }, most })
    };
    let own = terms.id.0;
    let mut all = vec![of(own, "", Span::Hour, terms.per_hour), of(own, "", Span::Day, terms.warm(now))];
    if let Some(rate) = rate {
        all.push(of(own, &rate.domain, Span::Day, rate.per_day));
        all.push(of(0, &rate.domain, Span::Minute, rate.per_minute));
    }
    all.into_iter().flatten().collect()
}

fn used(conn: &mut Conn, key: &Key, starts_at: Time) -> Result<i64> {
    let row = quota_rows::table.find((key.transport, key.domain.as_str(), key.span, starts_at));
    Ok(row.select(quota_rows::used).first::<i64>(conn).optional()?.unwrap_or(0))
}

/// Takes up to `wanted` of what is left of a limit; answers how many it got.
fn reserve(conn: &mut Conn, limit: &Limit, starts_at: Time, wanted: i64) -> Result<i64> {
    let key = &limit.key;
    let row = (
        quota_rows::transport_id.eq(key.transport),
        quota_rows::domain.eq(&key.domain),
        quota_rows::span.eq(key.span),
        quota_rows::starts_at.eq(starts_at),
        quota_rows::used.eq(0i64),
    );
    crate::on_each!(conn, c => diesel::insert_into(quota_rows::table).values(row).on_conflict_do_nothing().execute(c))?;
    let wanted = wanted.min(limit.most - used(conn, key, starts_at)?);
    if wanted <= 0 {
        return Ok(0);
    }
    // Another process may have been faster: then there is less, or nothing.
    let taken = diesel::update(quota_rows::table.find((key.transport, key.domain.as_str(), key.span, starts_at)))
        .filter(quota_rows::used.le(limit.most - wanted))
        .set(quota_rows::used.eq(quota_rows::used + wanted))
        .execute(conn)?;
    Ok(if taken == 0 { 0 } else { wanted })
}

/// What a process has taken of a limit and not sent yet.
struct Held {
    starts_at: Time,
    left: i64,
    /// When nothing more was to be had.
    spent_at: Option<Time>,
}

/// What this process has taken of limits. It grows with limits, not with recipients.
#[derive(Default)]
pub(super) struct Purse(Mutex<HashMap<Key, Held>>);

impl Purse {
    /// Whether a mail may go out by all of `limits` now. Takes nothing, and reads the database at most: a transaction may be open.
    pub(super) fn has(&self, db: &Db, limits: &[Limit], now: Time) -> bool {
        limits.iter().all(|limit| {
            let starts_at = limit.key.span.start(now);
            let known = self.0.lock().get(&limit.key).and_then(|held| held.known(starts_at, now));
            if let Some(known) = known {
                return known;
            }
            let (key, most) = (limit.key.clone(), limit.most);
            let left = db.read_now(move |conn| Ok(most - used(conn, &key, starts_at)?)).unwrap_or(0);
            if left <= 0 {
                let spent = Held { starts_at, left: 0, spent_at: Some(now) };
                self.0.lock().insert(limit.key.clone(), spent);
            }
            left > 0
        })
    }

    /// Counts one mail against each of `limits`. `false`, and nothing counted, when one of them has nothing left. Writes in a
    /// transaction of its own: none may be open.
    pub(super) fn take(&self, db: &Db, limits: &[Limit], now: Time) -> bool {
        let mut taken: Vec<&Limit> = Vec::new();
        for limit in limits {
            if !self.take_one(db, limit, now) {
                taken.into_iter().for_each(|limit| self.give_back(limit, now));
                return false;
            }
            taken.push(limit);
        }
        true
    }

    /// Takes back what [`Purse::take`] counted for a mail that nobody took.
    pub(super) fn give_all_back(&self, limits: &[Limit], now: Time) {
        limits.iter().for_each(|limit| self.give_back(limit, now));
    }

    fn give_back(&self, limit: &Limit, now: Time) {
        let starts_at = limit.key.span.start(now);
        if let Some(held) = self.0.lock().get_mut(&limit.key).filter(|held| held.starts_at == starts_at) {
            held.left += 1;
        }
    }

    fn take_one(&self, db: &Db, limit: &Limit, now: Time) -> bool {
        let starts_at = limit.key.span.start(now);
        {
            let mut all = self.0.lock();
            if let Some(held) = all.get_mut(&limit.key).filter(|held| held.starts_at == starts_at) {
                if held.left > 0 {
                    held.left -= 1;
                    return true;
                }
                if held.known(starts_at, now) == Some(false) {
                    return false;
                }
            }
        }
        let (wanted, asked) = ((limit.most / PARTS).clamp(1, LARGEST), limit.clone());
        let got = match db.write_now(move |conn| reserve(conn, &asked, starts_at, wanted)) {
            Ok(got) => got,
            Err(error) => {
                tracing::warn!(%error, "the limits of mail cannot be read");
                return false;
            }
        };
        let mut all = self.0.lock();
        let held = all.entry(limit.key.clone()).or_insert(Held { starts_at, left: 0, spent_at: None });
        if held.starts_at != starts_at {
            *held = Held { starts_at, left: 0, spent_at: None };
        }
        held.left += got;
        held.spent_at = (got == 0).then_some(now);
        if held.left > 0 {
            held.left -= 1;
            return true;
        }
        false
    }
}

impl Held {
    /// Whether there is something, where that is known without asking.
    fn known(&self, starts_at: Time, now: Time) -> Option<bool> {
        if self.starts_at != starts_at {
            return None;
        }
        let spent = self.spent_at.is_some_and(|at| now - at < BELIEVED && now >= at);
        if self.left > 0 { Some(true) } else { spent.then_some(false) }
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
