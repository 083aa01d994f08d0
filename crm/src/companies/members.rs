//! The people who buy for a company. One customer is a member once; somebody who was removed keeps the row, which orders refer to.

use super::roles::role;
use super::{May, hold, log, sites};
use crate::activities::{self, Activity, Kind};
use crate::schema::{company_members as rows, company_roles as roles, customers};
use crate::segments::{self, Why};
use crate::{CompanyId, CustomerId, MemberId, RoleId, SiteId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, words};

/// The longest cost centre, in characters.
pub const COST_CENTRE: usize = 40;

words!(
    /// Only an active one buys.
    MemberState { Active = "active", Removed = "removed" }
);

/// A member with who they are and what they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: MemberId,
    pub company: CompanyId,
    pub customer: CustomerId,
    pub role: RoleId,
    /// The code of a role of every company, and what one of the company's own is called.
    pub role_code: String,
    pub role_name: String,
    pub may: Vec<May>,
    pub site: Option<SiteId>,
    pub cost_centre: String,
    pub active: bool,
    pub joined_at: Time,
    pub name: String,
    pub email: String,
}

impl Member {
    /// What to call them: the name, or else the mail address.
    pub fn called(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

type Row = (MemberId, CompanyId, CustomerId, RoleId, String, String, String, Option<SiteId>, String, MemberState, Time, String, String);

fn read(row: Row) -> Member {
    let (id, company, customer, role, role_code, role_name, permissions, site, cost_centre, state, joined_at, name, email) = row;
    let active = state == MemberState::Active;
    let may = May::all_of(&permissions);
    Member { id, company, customer, role, role_code, role_name, may, site, cost_centre, active, joined_at, name, email }
}

macro_rules! joined {
    () => {
        rows::table
            .inner_join(roles::table.on(roles::id.eq(rows::role_id)))
            .inner_join(customers::table.on(customers::id.eq(rows::customer_id)))
            .select((
                rows::id,
                rows::company_id,
                rows::customer_id,
                rows::role_id,
                roles::code,
                roles::name,
                roles::permissions,
                rows::site_id,
                rows::cost_centre,
                rows::state,
                rows::joined_at,
                customers::name,
                customers::email,
            ))
    };
}

/// The active members of a company in order of joining, behind `after`.
pub fn members(conn: &mut Conn, company: CompanyId, after: Option<MemberId>, limit: i64) -> Result<Vec<Member>> {
    let query = joined!()
        .filter(rows::company_id.eq(company))
        .filter(rows::state.eq(MemberState::Active))
        .filter(rows::id.gt(after.unwrap_or(MemberId(0))))
        .order(rows::id)
        .limit(limit);
    let found: Vec<Row> = on_each!(conn, c => query.load(c))?;
    Ok(found.into_iter().map(read).collect())
}

/// A member of this company, active or removed; another's is not found.
pub fn member(conn: &mut Conn, company: CompanyId, id: MemberId) -> Result<Member> {
    let query = joined!().filter(rows::id.eq(id)).filter(rows::company_id.eq(company));
    let found: Row = on_each!(conn, c => query.first(c))?;
    Ok(read(found))
}

/// Members by their numbers, removed ones too: who did what.
pub fn named(conn: &mut Conn, ids: &[MemberId]) -> Result<Vec<Member>> {
    let query = joined!().filter(rows::id.eq_any(ids.to_vec()));
    let found: Vec<Row> = on_each!(conn, c => query.load(c))?;
    Ok(found.into_iter().map(read).collect())
}

/// The customers who are active members.
pub(super) fn customers(conn: &mut Conn, company: CompanyId) -> Result<Vec<CustomerId>> {
    let own = rows::table.filter(rows::company_id.eq(company)).filter(rows::state.eq(MemberState::Active)).order(rows::customer_id);
    Ok(on_each!(conn, c => own.select(rows::customer_id).load(c))?)
}

/// Makes somebody a member, again if they were one. Answers the membership, and changes nothing for an active one.
pub fn join(conn: &mut Conn, company: CompanyId, customer: CustomerId, wish: &Wish, actor: &str, now: Time) -> Result<MemberId> {
    hold(conn, company, now)?;
    wish.check(conn, company)?;
    let own = rows::table.filter(rows::company_id.eq(company)).filter(rows::customer_id.eq(customer)).select((rows::id, rows::state));
    let had: Option<(MemberId, MemberState)> = on_each!(conn, c => own.first(c)).optional()?;
    let id = match had {
        Some((id, MemberState::Active)) => return Ok(id),
        Some((id, MemberState::Removed)) => {
            diesel::update(rows::table.find(id))
                .set((
                    rows::state.eq(MemberState::Active),
                    rows::role_id.eq(wish.role),
                    rows::site_id.eq(wish.site),
                    rows::cost_centre.eq(wish.cost_centre.trim()),
                    rows::joined_at.eq(now),
                ))
                .execute(conn)?;
            id
        }
        None => diesel::insert_into(rows::table)
            .values((
                rows::company_id.eq(company),
                rows::customer_id.eq(customer),
                rows::role_id.eq(wish.role),
                rows::site_id.eq(wish.site),
                rows::cost_centre.eq(wish.cost_centre.trim()),
                rows::joined_at.eq(now),
            ))
            .returning(rows::id)
            .get_result(conn)?,
    };
    let role = role(conn, company, wish.role)?;
    log::write(conn, company, actor, "member-joined", ("", &format!("{id}: {}", called(&role.code, &role.name))), now)?;
    segments::follow(conn, customer, Why::Profile, now)?;
    tell(conn, company, id, customer, Kind::CompanyJoined, now)?;
    Ok(id)
}

fn called<'a>(code: &'a str, name: &'a str) -> &'a str {
    if code.is_empty() { name } else { code }
}

fn tell(conn: &mut Conn, company: CompanyId, member: MemberId, customer: CustomerId, kind: Kind, now: Time) -> Result<()> {
    let name = super::get(conn, company)?.name;
    let happened = Activity {
        customer: Some(customer),
        trail: None,
        kind,
        at: now,
        source: "companies",
        dedupe_key: &format!("{member}:{}:{}", kind.as_str(), now.and_utc().timestamp_micros()),
        subject: Some(company.0),
        amount: None,
        detail: &name,
    };
    activities::record(conn, &happened).map(drop)
}

/// What somebody is to be in a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub role: RoleId,
    pub site: Option<SiteId>,
    pub cost_centre: String,
}

impl Wish {
    fn check(&self, conn: &mut Conn, company: CompanyId) -> Result<()> {
        role(conn, company, self.role)?;
        if let Some(site) = self.site {
            match sites::site(conn, company, site) {
                Err(Error::NotFound) => return Err(Error::field("site", "company-site-unknown")),
                found => found.map(drop)?,
            }
        }
        if self.cost_centre.trim().chars().count() > COST_CENTRE {
            return Err(Error::field("cost_centre", "field-too-long"));
        }
        Ok(())
    }
}

/// Changes role, place or cost centre of a member. `Conflict` when nobody could look after the members any more.
pub fn change(conn: &mut Conn, company: CompanyId, id: MemberId, wish: &Wish, actor: &str, now: Time) -> Result<()> {
    hold(conn, company, now)?;
    let before = member(conn, company, id)?;
    if !before.active {
        return Err(Error::NotFound);
    }
    wish.check(conn, company)?;
    let after = role(conn, company, wish.role)?;
    if !after.may().contains(&May::Members) {
        not_the_last(conn, &before)?;
    }
    diesel::update(rows::table.find(id))
        .set((rows::role_id.eq(wish.role), rows::site_id.eq(wish.site), rows::cost_centre.eq(wish.cost_centre.trim())))
        .execute(conn)?;
    let place = |conn: &mut Conn, site: Option<SiteId>| match site {
        Some(site) => sites::site(conn, company, site).map(|site| site.name),
        None => Ok(String::new()),
    };
    let (from, to) = (place(conn, before.site)?, place(conn, wish.site)?);
    let said = |role: &str, site: &str, centre: &str| format!("{id}: {role} {site} {centre}").trim_end().to_string();
    let was = said(called(&before.role_code, &before.role_name), &from, &before.cost_centre);
    let is = said(called(&after.code, &after.name), &to, wish.cost_centre.trim());
    log::write(conn, company, actor, "member-changed", (&was, &is), now)?;
    segments::follow(conn, before.customer, Why::Profile, now)
}

/// Takes somebody out of a company. `Conflict` for the last one who looks after its members.
pub fn remove(conn: &mut Conn, company: CompanyId, id: MemberId, actor: &str, now: Time) -> Result<()> {
    hold(conn, company, now)?;
    let before = member(conn, company, id)?;
    if !before.active {
        return Err(Error::NotFound);
    }
    not_the_last(conn, &before)?;
    take(conn, &before, actor, now)
}

/// Takes a member out, whoever is left.
pub(super) fn take(conn: &mut Conn, member: &Member, actor: &str, now: Time) -> Result<()> {
    diesel::update(rows::table.find(member.id)).set(rows::state.eq(MemberState::Removed)).execute(conn)?;
    let was = format!("{}: {}", member.id, called(&member.role_code, &member.role_name));
    log::write(conn, member.company, actor, "member-removed", (&was, ""), now)?;
    segments::follow(conn, member.customer, Why::Profile, now)?;
    tell(conn, member.company, member.id, member.customer, Kind::CompanyLeft, now)
}

fn not_the_last(conn: &mut Conn, member: &Member) -> Result<()> {
    if !member.may.contains(&May::Members) {
        return Ok(());
    }
    let others = rows::table
        .inner_join(roles::table.on(roles::id.eq(rows::role_id)))
        .filter(rows::company_id.eq(member.company))
        .filter(rows::state.eq(MemberState::Active))
        .filter(rows::id.ne(member.id))
        .select(roles::permissions);
    let others: Vec<String> = on_each!(conn, c => others.load(c))?;
    if others.iter().any(|permissions| May::all_of(permissions).contains(&May::Members)) {
        Ok(())
    } else {
        Err(Error::conflict("company-last-administrator"))
    }
}
