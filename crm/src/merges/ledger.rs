//! Which rows a merge moved or added, by table.

use super::MergeId;
use crate::schema::merge_rows;
use diesel::prelude::*;
use kernel::{Conn, Result, on_each};

/// Rows of one statement: far below the parameters that a database takes.
pub(super) const TOGETHER: usize = 500;

/// Keeps that rows were moved. `place` names their table.
pub fn note(conn: &mut Conn, merge: MergeId, place: &str, ids: &[i64]) -> Result<()> {
    for some in ids.chunks(TOGETHER) {
        let row = |id: &i64| (merge_rows::merge_id.eq(merge), merge_rows::place.eq(place), merge_rows::row_id.eq(*id));
        let rows: Vec<_> = some.iter().map(row).collect();
        on_each!(conn, c => diesel::insert_into(merge_rows::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// The rows of a table that were moved, by id.
pub fn noted(conn: &mut Conn, merge: MergeId, place: &str) -> Result<Vec<i64>> {
    let own = merge_rows::merge_id.eq(merge).and(merge_rows::place.eq(place));
    Ok(merge_rows::table.filter(own).order(merge_rows::row_id).select(merge_rows::row_id).load(conn)?)
}

/// How many rows of each table were moved.
pub fn counts(conn: &mut Conn, merge: MergeId) -> Result<Vec<(String, i64)>> {
    let own = merge_rows::table.filter(merge_rows::merge_id.eq(merge));
    Ok(own.group_by(merge_rows::place).order(merge_rows::place).select((merge_rows::place, diesel::dsl::count_star())).load(conn)?)
}
