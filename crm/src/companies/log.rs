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

    /// The member whom it is about.
    pub fn about(&self) -> Option<MemberId> {
        let text = if self.after.is_empty() { &self.before } else { &self.after };
        let (id, _) = text.split_once(": ").filter(|_| self.action.starts_with("member-"))?;
        id.parse().ok()
    }

    /// What was before and after, as people read it: a member by `name`, and neither bare numbers nor words of the database.
    pub fn told(&self, name: Option<&str>) -> (String, String) {
        let said = |text: &str| match text.split_once(": ") {
            Some((_, rest)) => format!("{}: {rest}", name.unwrap_or("–")),
            None => text.to_string(),
        };
        match self.action.as_str() {
            "approved" | "invited" | "invitation-withdrawn" => (String::new(), String::new()),
            "refused" | "closed" => (String::new(), self.after.clone()),
            action if action.starts_with("member-") => (said(&self.before), said(&self.after)),
            _ => (self.before.clone(), self.after.clone()),
        }
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
