//! Who of the staff looks after which company, from when to when, and what share of its money they get.

use crate::CompanyId;
use crate::schema::{commission_rates as rates_of, companies, company_owners as rows};
use chrono::NaiveDate;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// The whole, in hundredths of a percent.
const WHOLE: i64 = 10_000;

/// Whose a company was in a span of time.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Ownership {
    pub company_id: CompanyId,
    pub staff_id: i64,
    pub owned_from: Time,
    pub owned_until: Option<Time>,
}

impl Ownership {
    /// Whether the company was theirs at this moment.
    pub fn at(&self, at: Time) -> bool {
        self.owned_from <= at && self.owned_until.is_none_or(|until| at < until)
    }
}

/// What somebody gets from a day on, in hundredths of a percent.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rates_of)]
pub struct Rate {
    pub staff_id: i64,
    /// `YYYY-MM-DD`.
    pub starts_on: String,
    pub rate_bp: i64,
}

/// Who looks after a company now.
pub fn owner(conn: &mut Conn, company: CompanyId) -> Result<Option<i64>> {
    let now = rows::table.filter(rows::company_id.eq(company)).filter(rows::owned_until.is_null());
    Ok(now.select(rows::staff_id).first(conn).optional()?)
}

/// Gives a company to one of the staff, or to nobody. Orders placed before stay with whoever looked after it then.
pub fn own(conn: &mut Conn, company: CompanyId, staff: Option<i64>, now: Time) -> Result<()> {
    // Whoever gives it to somebody else at the same time waits.
    let held = diesel::update(companies::table.find(company)).set(companies::updated_at.eq(companies::updated_at));
    if held.execute(conn)? == 0 {
        return Err(Error::NotFound);
    }
    if owner(conn, company)? == staff {
        return Ok(());
    }
    let before = rows::table.filter(rows::company_id.eq(company)).filter(rows::owned_until.is_null());
    diesel::update(before).set(rows::owned_until.eq(now)).execute(conn)?;
    if let Some(staff) = staff {
        diesel::insert_into(rows::table)
            .values((rows::company_id.eq(company), rows::staff_id.eq(staff), rows::owned_from.eq(now)))
            .execute(conn)?;
    }
    Ok(())
}

/// Whose these companies are and were.
pub fn owners(conn: &mut Conn, of: &[CompanyId]) -> Result<Vec<Ownership>> {
    let these = rows::table.filter(rows::company_id.eq_any(of.to_vec())).order(rows::id);
    Ok(these.select(Ownership::as_select()).load(conn)?)
}

/// The shares of all of the staff, the last day first.
pub fn rates(conn: &mut Conn) -> Result<Vec<Rate>> {
    Ok(rates_of::table.order((rates_of::staff_id, rates_of::starts_on.desc())).select(Rate::as_select()).load(conn)?)
}

/// The share of somebody on a day, of [`rates`]; nothing before their first one.
pub fn rate_at(rates: &[Rate], staff: i64, day: NaiveDate) -> i64 {
    let day = day.to_string();
    let own = rates.iter().filter(|rate| rate.staff_id == staff && rate.starts_on <= day);
    own.max_by(|a, b| a.starts_on.cmp(&b.starts_on)).map_or(0, |rate| rate.rate_bp)
}

/// Sets what somebody gets from a day on; what was set from that day before is replaced.
pub fn set_rate(conn: &mut Conn, staff: i64, starts_on: NaiveDate, rate_bp: i64) -> Result<()> {
    if !(0..=WHOLE).contains(&rate_bp) {
        return Err(Error::field("rate", "sales-rate-invalid"));
    }
    let day = starts_on.to_string();
    let changed = diesel::update(rates_of::table.find((staff, day.clone()))).set(rates_of::rate_bp.eq(rate_bp)).execute(conn)?;
    if changed == 0 {
        diesel::insert_into(rates_of::table)
            .values((rates_of::staff_id.eq(staff), rates_of::starts_on.eq(day), rates_of::rate_bp.eq(rate_bp)))
            .execute(conn)?;
    }
    Ok(())
}
