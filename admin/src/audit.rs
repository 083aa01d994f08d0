//! Who changed what: one row for each change by staff, in the same transaction as the change.

use crate::StaffId;
use crate::schema::audit_log as log;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use serde::Serialize;

/// Records a change. `subject` names what was changed, such as `order:R1001`; `before` and `after` are stored as JSON and hold what
/// the change touched, `null` for what was not there.
pub fn record(
    conn: &mut Conn,
    staff: StaffId,
    action: &str,
    subject: &str,
    before: &impl Serialize,
    after: &impl Serialize,
    now: Time,
) -> Result<()> {
    diesel::insert_into(log::table)
        .values((
            log::staff_id.eq(staff),
            log::action.eq(action),
            log::subject.eq(subject),
            log::before.eq(kernel::json::text(before)?),
            log::after.eq(kernel::json::text(after)?),
            log::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// A recorded change.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = log)]
pub struct Entry {
    pub id: i64,
    pub staff_id: StaffId,
    pub action: String,
    pub subject: String,
    pub before: String,
    pub after: String,
    pub created_at: Time,
}

/// The changes of one subject, newest first.
pub fn of(conn: &mut Conn, subject: &str, limit: i64) -> Result<Vec<Entry>> {
    Ok(log::table.filter(log::subject.eq(subject)).order(log::id.desc()).limit(limit).select(Entry::as_select()).load(conn)?)
}
