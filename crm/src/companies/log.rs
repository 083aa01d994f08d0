//! What was done about a company: only ever added to. It names members by number, never a person by name or address, so that erasing
//! somebody changes nothing here; [`told`] says who they are while they are known.

use super::{invitations, members};
use crate::erasure::is_erased;
use crate::schema::company_log as rows;
use crate::{CompanyId, InvitationId, MemberId};
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

    /// The member whom it was done to: their number stands in front, as in `7: buyer`.
    fn subject(&self) -> Option<MemberId> {
        let said = if self.after.is_empty() { &self.before } else { &self.after };
        let (id, _) = said.split_once(':').filter(|_| self.action.starts_with("member-"))?;
        id.parse().ok()
    }

    /// The invitation that it is about.
    fn invitation(&self) -> Option<InvitationId> {
        match self.action.as_str() {
            "invited" => self.after.parse().ok(),
            "invitation-withdrawn" => self.before.parse().ok(),
            _ => None,
        }
    }
}

/// An entry as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub entry: Entry,
    /// What the member who did it is called; `None` for staff and for what did itself.
    pub by: Option<String>,
    pub before: String,
    pub after: String,
}

const MEMBER: &str = "member:";
/// The roles that every company has, by their codes.
const BUILT_IN: [&str; 4] = ["administrator", "buyer", "approver", "accountant"];

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

/// What an entry keeps as a word of the program, by its text: the role of a member that every company has, what the tax office said, and the
/// time that a budget is for. `text` answers with the text of a key.
fn worded(action: &str, said: &str, text: &dyn Fn(&str) -> String) -> String {
    match action {
        "vat-checked" if !said.is_empty() => text(&format!("company-vat-{said}")),
        "budget" => match said.rsplit_once(" · ") {
            Some((before, period @ ("month" | "quarter" | "year"))) => format!("{before} · {}", text(&format!("budget-period-{period}"))),
            _ => said.to_string(),
        },
        _ if action.starts_with("member-") => {
            let Some((id, rest)) = said.split_once(": ") else { return said.to_string() };
            let (role, place) = rest.split_once(' ').unwrap_or((rest, ""));
            if !BUILT_IN.contains(&role) {
                return said.to_string();
            }
            format!("{id}: {} {place}", text(&format!("company-role-{role}"))).trim_end().to_string()
        }
        _ => said.to_string(),
    }
}

/// Entries with members by what they are called today, and invitations by their address. Whoever was erased stays a number. `text` answers
/// with the text of a key.
pub fn told(conn: &mut Conn, entries: Vec<Entry>, text: &dyn Fn(&str) -> String) -> Result<Vec<Told>> {
    let ids: Vec<MemberId> = entries.iter().flat_map(|entry| [entry.member(), entry.subject()]).flatten().collect();
    let named = members::named(conn, &ids)?;
    let invited: Vec<InvitationId> = entries.iter().filter_map(Entry::invitation).collect();
    let invited = invitations::addresses(conn, &invited)?;
    let called = |id: MemberId| named.iter().find(|one| one.id == id && !is_erased(&one.email)).map(|one| one.called().to_string());
    let tell = |entry: Entry| {
        let (mut before, mut after) = match entry.action.as_str() {
            // What the entry is called says it; of the states in the database nobody needs to read.
            "approved" => Default::default(),
            "refused" | "closed" => (String::new(), entry.after.clone()),
            action => (worded(action, &entry.before, text), worded(action, &entry.after, text)),
        };
        if let Some((id, name)) = entry.subject().and_then(|id| Some((id, called(id)?))) {
            for said in [&mut before, &mut after] {
                if let Some(rest) = said.strip_prefix(&format!("{id}:")) {
                    *said = format!("{name}:{rest}");
                }
            }
        }
        if let Some((_, address)) = entry.invitation().and_then(|id| invited.iter().find(|(known, _)| *known == id)) {
            for said in [&mut before, &mut after].into_iter().filter(|said| !said.is_empty()) {
                said.clone_from(address);
            }
        }
        Told { by: entry.member().and_then(called), entry, before, after }
    };
    Ok(entries.into_iter().map(tell).collect())
}
