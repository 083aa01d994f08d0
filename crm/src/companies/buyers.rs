//! Who buys for a company, and what they may.

use super::members::MemberState;
use super::{May, State};
use crate::schema::{companies, company_members as rows, company_roles as roles, customers};
use crate::{CompanyId, CustomerId, MemberId, SiteId};
use diesel::prelude::*;
use kernel::{Conn, Result, on_each};
use std::collections::HashMap;

/// A member who is buying now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    pub member: MemberId,
    pub customer: CustomerId,
    pub company: CompanyId,
    /// What the company is called.
    pub name: String,
    pub price_group: String,
    /// The place that they buy for alone, with those below it.
    pub site: Option<SiteId>,
    pub cost_centre: String,
    pub may: Vec<May>,
}

type Row = (MemberId, CustomerId, CompanyId, String, String, Option<SiteId>, String, String);

/// Members who may buy.
macro_rules! approved {
    () => {
        rows::table
            .inner_join(companies::table.on(companies::id.eq(rows::company_id)))
            .inner_join(roles::table.on(roles::id.eq(rows::role_id)))
            .inner_join(customers::table.on(customers::id.eq(rows::customer_id)))
            .filter(rows::state.eq(MemberState::Active))
            .filter(companies::state.eq(State::Approved))
            .filter(customers::erased_at.is_null())
            .select((
                rows::id,
                rows::customer_id,
                rows::company_id,
                companies::name,
                companies::price_group,
                rows::site_id,
                rows::cost_centre,
                roles::permissions,
            ))
    };
}

impl From<Row> for Buyer {
    fn from((member, customer, company, name, price_group, site, cost_centre, permissions): Row) -> Buyer {
        Buyer { member, customer, company, name, price_group, site, cost_centre, may: May::all_of(&permissions) }
    }
}

impl Buyer {
    pub fn may(&self, what: May) -> bool {
        self.may.contains(&what)
    }
}

/// Somebody's place in a company, whatever the company's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub member: MemberId,
    pub company: CompanyId,
    pub name: String,
    pub state: State,
    /// The code of the role; empty for one of the company's own.
    pub role: String,
    /// What a role of the company's own is called.
    pub role_name: String,
    pub may: Vec<May>,
    pub site: Option<SiteId>,
    pub cost_centre: String,
}

impl Membership {
    pub fn may(&self, what: May) -> bool {
        self.may.contains(&what)
    }

    /// Whether they can buy for it now.
    pub fn buys(&self) -> bool {
        self.state == State::Approved
    }
}

/// The buyer behind a membership. `None` when they were removed, the company is not approved, or the person was erased.
pub fn buyer(conn: &mut Conn, member: MemberId) -> Result<Option<Buyer>> {
    let row: Option<Row> = on_each!(conn, c => approved!().filter(rows::id.eq(member)).first(c)).optional()?;
    Ok(row.map(Buyer::from))
}

/// [`buyer`] of several memberships.
pub fn buyers(conn: &mut Conn, members: &[MemberId]) -> Result<HashMap<MemberId, Buyer>> {
    let found: Vec<Row> = match members {
        [] => Vec::new(),
        [member] => return Ok(buyer(conn, *member)?.into_iter().map(|buyer| (*member, buyer)).collect()),
        _ => on_each!(conn, c => approved!().filter(rows::id.eq_any(members.to_vec())).load(c))?,
    };
    Ok(found.into_iter().map(|row| (row.0, Buyer::from(row))).collect())
}

/// The companies that somebody is a member of, in order of joining.
pub fn memberships(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Membership>> {
    type Row = (MemberId, CompanyId, String, State, String, String, String, Option<SiteId>, String);
    let query = rows::table
        .inner_join(companies::table.on(companies::id.eq(rows::company_id)))
        .inner_join(roles::table.on(roles::id.eq(rows::role_id)))
        .filter(rows::customer_id.eq(customer))
        .filter(rows::state.eq(MemberState::Active))
        .order(rows::id)
        .select((
            rows::id,
            rows::company_id,
            companies::name,
            companies::state,
            roles::code,
            roles::name,
            roles::permissions,
            rows::site_id,
            rows::cost_centre,
        ));
    let found: Vec<Row> = on_each!(conn, c => query.load(c))?;
    let read = |(member, company, name, state, role, role_name, permissions, site, cost_centre): Row| Membership {
        member,
        company,
        name,
        state,
        role,
        role_name,
        may: May::all_of(&permissions),
        site,
        cost_centre,
    };
    Ok(found.into_iter().map(read).collect())
}
