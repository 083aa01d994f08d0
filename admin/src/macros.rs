//! Answers that are written often. What stands in braces is filled in where one is used.

use crate::schema::ticket_macros as rows;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde::Serialize;

kernel::id!(MacroId);

/// Longest title and text, in characters, and how many there may be.
const TITLE: usize = 80;
const BODY: usize = 10_000;
const MOST: i64 = 500;

/// An answer as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Macro {
    pub id: MacroId,
    pub title: String,
    pub body: String,
    pub updated_at: Time,
}

impl Macro {
    /// The text with `{name}`, `{number}` and `{order}` filled in.
    pub fn filled(&self, name: &str, number: &str, order: &str) -> String {
        self.body.replace("{name}", name).replace("{number}", number).replace("{order}", order)
    }
}

fn check(title: &str, body: &str) -> Result<()> {
    let mut wrong = Fields::default();
    for (field, text, most) in [("title", title, TITLE), ("body", body, BODY)] {
        match text.trim().chars().count() {
            0 => wrong.add(field, "field-required"),
            count if count > most => wrong.add(field, "admin-too-long"),
            _ => {}
        }
    }
    wrong.check()
}

/// All of them by title.
pub fn list(conn: &mut Conn) -> Result<Vec<Macro>> {
    Ok(rows::table.order((rows::title, rows::id)).limit(MOST).select(Macro::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: MacroId) -> Result<Macro> {
    Ok(rows::table.find(id).select(Macro::as_select()).first(conn)?)
}

/// Adds one. `Invalid` without title or text.
pub fn add(conn: &mut Conn, title: &str, body: &str, now: Time) -> Result<MacroId> {
    check(title, body)?;
    let row = (rows::title.eq(title.trim()), rows::body.eq(body.trim()), rows::updated_at.eq(now));
    Ok(diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?)
}

/// Changes one that is as it was at `seen`; `Conflict` when somebody changed it since.
pub fn change(conn: &mut Conn, id: MacroId, title: &str, body: &str, seen: Time, now: Time) -> Result<()> {
    check(title, body)?;
    let as_seen = rows::table.find(id).filter(rows::updated_at.eq(seen));
    let set = (rows::title.eq(title.trim()), rows::body.eq(body.trim()), rows::updated_at.eq(now));
    match diesel::update(as_seen).set(set).execute(conn)? {
        0 => {
            get(conn, id)?;
            Err(Error::conflict("admin-stale"))
        }
        _ => Ok(()),
    }
}

/// Takes one away. `NotFound` when it is gone.
pub fn remove(conn: &mut Conn, id: MacroId) -> Result<()> {
    match diesel::delete(rows::table.find(id)).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
