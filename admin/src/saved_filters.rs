//! What somebody of the staff looks for again and again: a query of a list under a name, for themselves or for everybody.

use crate::StaffId;
use crate::schema::saved_filters as rows;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;

kernel::id!(
    /// A query under a name.
    SavedFilterId
);

kernel::words!(
    /// What a filter is for.
    List { Products = "products", Tickets = "tickets" }
);

/// The most of one person, and of everybody together on one page.
const MOST: i64 = 50;

/// A query under a name.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct SavedFilter {
    pub id: SavedFilterId,
    pub staff_id: StaffId,
    /// Whether everybody sees it.
    pub shared: bool,
    pub name: String,
    pub query: String,
}

/// One's own of a list and those that others share, by name.
pub fn of(conn: &mut Conn, staff: StaffId, list: List) -> Result<Vec<SavedFilter>> {
    Ok(rows::table
        .filter(rows::list.eq(list))
        .filter(rows::staff_id.eq(staff).or(rows::shared.eq(true)))
        .order((rows::name, rows::id))
        .limit(MOST * 4)
        .select(SavedFilter::as_select())
        .load(conn)?)
}

/// Keeps a query under a name, in place of one's own of that name. `Invalid` for a name that cannot be or when there are too many.
pub fn save(conn: &mut Conn, (staff, list): (StaffId, List), name: &str, query: &str, shared: bool, now: Time) -> Result<SavedFilterId> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Error::field("name", "saved-filter-name"));
    }
    let own = rows::table.filter(rows::staff_id.eq(staff)).filter(rows::list.eq(list));
    let others: i64 = own.filter(rows::name.ne(name)).count().get_result(conn)?;
    if others >= MOST {
        return Err(Error::field("name", "saved-filter-many"));
    }
    let row = (
        rows::staff_id.eq(staff),
        rows::list.eq(list),
        rows::name.eq(name),
        rows::query.eq(query),
        rows::shared.eq(shared),
        rows::created_at.eq(now),
    );
    let change = (rows::query.eq(query), rows::shared.eq(shared));
    on_each!(conn, c => diesel::insert_into(rows::table)
        .values(row).on_conflict((rows::staff_id, rows::list, rows::name)).do_update().set(change).execute(c))?;
    Ok(own.filter(rows::name.eq(name)).select(rows::id).first(conn)?)
}

/// Takes one's own of a list away and answers what it was. `NotFound` for anybody else's.
pub fn remove(conn: &mut Conn, (staff, list): (StaffId, List), id: SavedFilterId) -> Result<SavedFilter> {
    let own = rows::table.find(id).filter(rows::staff_id.eq(staff)).filter(rows::list.eq(list));
    let found: SavedFilter = own.select(SavedFilter::as_select()).first(conn)?;
    diesel::delete(rows::table.find(id)).execute(conn)?;
    Ok(found)
}
