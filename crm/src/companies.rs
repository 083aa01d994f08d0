//! Companies that buy: legal persons with the places they have and the people who order for them. What a member may do says their role,
//! which is data. A company buys once staff approved it.
//!
//! Whoever changes members, roles or places holds the company's row first, so that two administrators never remove each other.

mod buyers;
mod desk;
mod details;
pub mod invitations;
pub mod log;
pub mod members;
mod people;
pub mod roles;
pub mod sites;

pub use buyers::{Buyer, Membership, buyer, buyers, memberships};
pub use desk::{Filter, Settings, alike, approve, close, list, price_groups, refuse, set};
pub use details::{Details, apply, change, vat_said};
pub use invitations::{Invitation, Invited};
pub use log::Entry;
pub use members::{Member, member, members};
pub use people::{Kept, every, forget, kept};
pub use roles::{Role, roles};
pub use sites::{Site, site, sites};

use crate::schema::companies;
use crate::{CompanyId, segments};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, words};
use std::str::FromStr;

/// How deep a tree of companies may be.
const DEEPEST: usize = 20;

words!(
    /// One that applied waits for staff; only an approved one buys.
    State { Applied = "applied", Approved = "approved", Refused = "refused", Closed = "closed" }
);

words!(
    /// What the tax office said of a VAT identification number.
    VatStanding { Unchecked = "unchecked", Valid = "valid", Invalid = "invalid", Unreachable = "unreachable" }
);

words!(
    /// What a role allows.
    May {
        Order = "order",
        Approve = "approve",
        /// Invite people and change roles and places.
        Members = "members",
        /// See statement and invoices, and pay them.
        Invoices = "invoices",
        /// See the orders of others.
        AllOrders = "all-orders",
    }
);

impl May {
    pub fn word(self) -> &'static str {
        self.as_str()
    }

    /// The permissions in a text with blanks between. What is no permission is none.
    pub fn all_of(text: &str) -> Vec<May> {
        text.split_whitespace().filter_map(May::parse).collect()
    }

    /// The text of permissions, each once, in their order.
    pub fn text(may: &[May]) -> String {
        May::ALL.iter().filter(|one| may.contains(one)).map(|one| one.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl FromStr for May {
    type Err = Error;

    fn from_str(word: &str) -> Result<May> {
        May::parse(word).ok_or_else(|| Error::field("permissions", "company-permission-unknown"))
    }
}

/// A company as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = companies)]
pub struct Company {
    pub id: CompanyId,
    pub parent_id: Option<CompanyId>,
    pub name: String,
    /// With its prefix; empty without one.
    pub vat_id: String,
    pub vat_standing: VatStanding,
    /// What the office answered, as JSON; empty before it was asked.
    pub vat_evidence: String,
    pub registration_number: String,
    pub invoice_email: String,
    /// Companies of one group share price lists; empty for none.
    pub price_group: String,
    pub state: State,
    /// What staff write for each other.
    pub note: String,
    /// Why it was refused or closed, as it was told.
    pub reason: String,
    /// The host of its site.
    pub website: String,
    pub phone: String,
    /// Moves with every change, which forms carry.
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
    pub approved_at: Option<Time>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

pub fn get(conn: &mut Conn, id: CompanyId) -> Result<Company> {
    Ok(on_each!(conn, c => companies::table.find(id).select(Company::as_select()).first(c))?)
}

/// A company and all companies under it, itself first.
pub fn below(conn: &mut Conn, id: CompanyId) -> Result<Vec<CompanyId>> {
    let mut found = vec![id];
    let mut level = vec![id];
    for _ in 0..DEEPEST {
        let children = companies::table.filter(companies::parent_id.eq_any(level.clone())).order(companies::id).select(companies::id);
        let children: Vec<CompanyId> = on_each!(conn, c => children.load(c))?;
        level = children.into_iter().filter(|child| !found.contains(child)).collect();
        if level.is_empty() {
            break;
        }
        found.extend(level.iter().copied());
    }
    Ok(found)
}

/// The companies above one, the nearest first, with itself in front.
pub fn above(conn: &mut Conn, id: CompanyId) -> Result<Vec<CompanyId>> {
    let mut found = vec![id];
    for _ in 0..DEEPEST {
        let Some(last) = found.last().copied() else { break };
        let parent = companies::table.find(last).select(companies::parent_id);
        let parent: Option<CompanyId> = on_each!(conn, c => parent.first::<Option<CompanyId>>(c))?;
        match parent {
            Some(parent) if !found.contains(&parent) => found.push(parent),
            _ => break,
        }
    }
    Ok(found)
}

/// The companies with these ids that there are.
pub fn of(conn: &mut Conn, ids: &[CompanyId]) -> Result<Vec<Company>> {
    let these = companies::table.filter(companies::id.eq_any(ids.to_vec()));
    Ok(on_each!(conn, c => these.select(Company::as_select()).load(c))?)
}

/// Locks a company to the end of the transaction and counts a change of it.
pub(crate) fn hold(conn: &mut Conn, id: CompanyId, now: Time) -> Result<()> {
    let held =
        diesel::update(companies::table.find(id)).set((companies::version.eq(companies::version + 1), companies::updated_at.eq(now)));
    match held.execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// The same for a form that was made of this version; `Conflict` when the company changed since.
pub(crate) fn claim(conn: &mut Conn, id: CompanyId, seen: i64, now: Time) -> Result<Company> {
    let as_seen = companies::table.find(id).filter(companies::version.eq(seen));
    let claimed =
        diesel::update(as_seen).set((companies::version.eq(companies::version + 1), companies::updated_at.eq(now))).execute(conn)?;
    let company = get(conn, id)?;
    if claimed == 1 { Ok(company) } else { Err(Error::conflict("company-stale")) }
}

/// The segments of a company's members follow what changed of it.
fn members_follow(conn: &mut Conn, id: CompanyId, now: Time) -> Result<()> {
    members::customers(conn, id)?.into_iter().try_for_each(|customer| segments::follow(conn, customer, segments::Why::Profile, now))
}

#[cfg(test)]
mod tests;
