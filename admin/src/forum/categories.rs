//! What kinds of topics there are: a short list that managers keep.

use super::CategoryId;
use crate::schema::{forum_categories as rows, forum_topics as topics};
use diesel::prelude::*;
use kernel::{Conn, Error, Result};
use serde::Serialize;

/// Longest name, in characters, and how many there may be.
const NAME: usize = 60;
const MOST: usize = 50;

/// A category as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Category {
    pub id: CategoryId,
    pub name: String,
    pub position: i64,
    pub version: i64,
}

/// All of them as they stand.
pub fn categories(conn: &mut Conn) -> Result<Vec<Category>> {
    Ok(rows::table.order((rows::position, rows::name, rows::id)).select(Category::as_select()).load(conn)?)
}

pub fn category(conn: &mut Conn, id: CategoryId) -> Result<Category> {
    Ok(rows::table.find(id).select(Category::as_select()).first(conn)?)
}

/// A name that no other category has.
fn checked(conn: &mut Conn, own: Option<CategoryId>, name: &str) -> Result<String> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => return Err(Error::field("name", "field-required")),
        1..=NAME if !name.chars().any(char::is_control) => {}
        _ => return Err(Error::field("name", "admin-too-long")),
    }
    let all = categories(conn)?;
    if own.is_none() && all.len() >= MOST {
        return Err(Error::field("name", "forum-categories-many"));
    }
    if all.iter().any(|one| Some(one.id) != own && one.name == name) {
        return Err(Error::field("name", "forum-category-known"));
    }
    Ok(name)
}

pub fn add(conn: &mut Conn, name: &str, position: i64) -> Result<CategoryId> {
    let name = checked(conn, None, name)?;
    let row = (rows::name.eq(name), rows::position.eq(position));
    Ok(diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?)
}

/// Changes one that is at version `seen`.
pub fn put(conn: &mut Conn, id: CategoryId, name: &str, position: i64, seen: i64) -> Result<()> {
    category(conn, id)?;
    let name = checked(conn, Some(id), name)?;
    let set = (rows::name.eq(name), rows::position.eq(position), rows::version.eq(rows::version + 1i64));
    match diesel::update(rows::table.find(id).filter(rows::version.eq(seen))).set(set).execute(conn)? {
        0 => Err(Error::conflict(super::STALE)),
        _ => Ok(()),
    }
}

/// Takes one away. `Conflict` while a topic is in it.
pub fn remove(conn: &mut Conn, id: CategoryId) -> Result<()> {
    let used: Option<super::TopicId> = topics::table.filter(topics::category_id.eq(id)).select(topics::id).first(conn).optional()?;
    if used.is_some() {
        return Err(Error::conflict("forum-category-used"));
    }
    match diesel::delete(rows::table.find(id)).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
