//! The calendars as stored.

use super::hours::{Hours, Span};
use super::recalculate;
use crate::schema::{service_calendars as rows, service_policies};
use chrono::NaiveDate;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::{self, Json};
use kernel::{Conn, Error, Result};
use std::collections::BTreeSet;

kernel::id!(CalendarId);

/// Longest name, in characters, and how many calendars there may be.
pub(super) const NAME: usize = 80;
const MOST: i64 = 100;

/// A calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub id: CalendarId,
    pub name: String,
    pub hours: Hours,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rows)]
struct Row {
    id: CalendarId,
    name: String,
    zone: String,
    week: Json<[Vec<Span>; 7]>,
    holidays: Json<BTreeSet<NaiveDate>>,
}

impl TryFrom<Row> for Calendar {
    type Error = Error;

    fn try_from(row: Row) -> Result<Calendar> {
        let hours = Hours::new(&row.zone, row.week.0, row.holidays.0)
            .map_err(|error| Error::unexpected(format!("calendar {} has hours that are none: {error}", row.id)))?;
        Ok(Calendar { id: row.id, name: row.name, hours })
    }
}

/// All of them by name.
pub fn calendars(conn: &mut Conn) -> Result<Vec<Calendar>> {
    let found: Vec<Row> = rows::table.order((rows::name, rows::id)).limit(MOST).select(Row::as_select()).load(conn)?;
    found.into_iter().map(Calendar::try_from).collect()
}

/// A calendar. `NotFound` without one.
pub fn calendar(conn: &mut Conn, id: CalendarId) -> Result<Calendar> {
    rows::table.find(id).select(Row::as_select()).first(conn)?.try_into()
}

/// A name on one line. `Invalid` without one.
pub(crate) fn named(name: &str) -> Result<String> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(Error::field("name", "field-required")),
        1..=NAME => Ok(name),
        _ => Err(Error::field("name", "admin-too-long")),
    }
}

/// Adds a calendar. `Invalid` without a name.
pub fn create_calendar(conn: &mut Conn, name: &str, hours: &Hours) -> Result<CalendarId> {
    let row = (
        rows::name.eq(named(name)?),
        rows::zone.eq(hours.zone()),
        rows::week.eq(json::text(hours.week())?),
        rows::holidays.eq(json::text(hours.holidays())?),
    );
    Ok(diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?)
}

/// Changes a calendar; what is due by it follows in a job.
pub fn update_calendar(conn: &mut Conn, id: CalendarId, name: &str, hours: &Hours, now: Time) -> Result<()> {
    let set = (
        rows::name.eq(named(name)?),
        rows::zone.eq(hours.zone()),
        rows::week.eq(json::text(hours.week())?),
        rows::holidays.eq(json::text(hours.holidays())?),
    );
    if diesel::update(rows::table.find(id)).set(set).execute(conn)? == 0 {
        return Err(Error::NotFound);
    }
    recalculate::ask(conn, now)
}

/// Removes a calendar. `Conflict` while a policy counts by it.
pub fn remove_calendar(conn: &mut Conn, id: CalendarId) -> Result<()> {
    let used = service_policies::table.filter(service_policies::calendar_id.eq(id)).select(service_policies::id);
    if used.first::<i64>(conn).optional()?.is_some() {
        return Err(Error::conflict("level-calendar-used"));
    }
    match diesel::delete(rows::table.find(id)).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
