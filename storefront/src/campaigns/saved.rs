//! Contents that were put by under a name, to begin others with.

use super::content::Content;
use crate::schema::campaign_templates as rows;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde::Serialize;

kernel::id!(SavedId);

/// The longest name, in characters.
const NAME: usize = 100;
/// Contents that are kept.
const MOST: i64 = 200;

/// A content under its name.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Saved {
    pub id: SavedId,
    pub name: String,
    /// JSON of a [`Content`].
    pub content: String,
    pub changed_at: Time,
}

/// All of them by name.
pub fn list(conn: &mut Conn) -> Result<Vec<Saved>> {
    Ok(rows::table.order((rows::name, rows::id)).limit(MOST).select(Saved::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: SavedId) -> Result<Saved> {
    Ok(rows::table.find(id).select(Saved::as_select()).first(conn)?)
}

/// Puts a content by, in place of the one with this name.
pub fn save(conn: &mut Conn, name: &str, content: &Content, now: Time) -> Result<SavedId> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME {
        return Err(Error::field("name", "campaign-words-name"));
    }
    let known: Option<SavedId> = rows::table.filter(rows::name.eq(name)).select(rows::id).first(conn).optional()?;
    let (json, at) = (content.clone().checked()?.json()?, rows::changed_at.eq(now));
    if let Some(id) = known {
        diesel::update(rows::table.find(id)).set((rows::content.eq(&json), at)).execute(conn)?;
        return Ok(id);
    }
    if rows::table.count().get_result::<i64>(conn)? >= MOST {
        return Err(Error::conflict("campaign-words-templates-many"));
    }
    let row = (rows::name.eq(name), rows::content.eq(&json), at);
    Ok(diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?)
}

pub fn remove(conn: &mut Conn, id: SavedId) -> Result<()> {
    diesel::delete(rows::table.find(id)).execute(conn)?;
    Ok(())
}
