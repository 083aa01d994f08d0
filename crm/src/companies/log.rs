//! What was done about a company: only ever added to. It names members by number, never a person by name or address, so that erasing
//! somebody changes nothing here.

use crate::schema::company_log as rows;
use crate::{CompanyId, MemberId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};

/// An entry as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Entry {
    pub id: i64,
    pub at: Time,
    /// `member:7`, or who of the staff.
    pub actor: String,
    /// A word; texts have it behind `company-did-`.
    pub action: String,
    pub before: String,
    pub after: String,
}

impl Entry {
    /// The member who did it.
    pub fn member(&self) -> Option<MemberId> {
        self.actor.strip_prefix(MEMBER).and_then(|id| id.parse().ok())
    }
}

const MEMBER: &str = "member:";

/// How the log names a member.
pub fn by(member: MemberId) -> String {
    format!("{MEMBER}{member}")
}

/// Adds an entry.
pub fn write(conn: &mut Conn, company: CompanyId, actor: &str, action: &str, (before, after): (&str, &str), now: Time) -> Result<()> {
    let row = (
        rows::company_id.eq(company),
        rows::at.eq(now),
        rows::actor.eq(actor),
        rows::action.eq(action),
        rows::before.eq(before),
        rows::after.eq(after),
    );
    on_each!(conn, c => diesel::insert_into(rows::table).values(row).execute(c))?;
    Ok(())
}

/// What was done about a company, the last first, before the entry `before`.
pub fn entries(conn: &mut Conn, company: CompanyId, before: Option<i64>, limit: i64) -> Result<Vec<Entry>> {
    let own = rows::table
        .filter(rows::company_id.eq(company))
        .filter(rows::id.lt(before.unwrap_or(i64::MAX)))
        .order(rows::id.desc())
        .limit(limit);
    Ok(on_each!(conn, c => own.select(Entry::as_select()).load(c))?)
}
