//! Invitations to buy for a company: a link in a mail, which works once and for a while. Following it changes nothing; a button does.

use super::members::{self, Wish};
use super::{State, get, hold, log, roles, sites};
use crate::email::Email;
use crate::schema::{company_invitations as rows, company_roles};
use crate::{CompanyId, CustomerId, InvitationId, MemberId, RoleId, SiteId};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, token};

/// How long a link works.
pub const DAYS: i64 = 14;
/// The most that stand open for one company.
pub const MOST: usize = 200;

/// An invitation that nobody accepted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role_code: String,
    pub role_name: String,
    pub site: Option<SiteId>,
    pub expires_at: Time,
}

/// What the link of an invitation leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    pub id: InvitationId,
    pub company: CompanyId,
    /// What the company is called.
    pub name: String,
    pub email: String,
    pub role: RoleId,
    pub site: Option<SiteId>,
    pub invited_by: Option<MemberId>,
}

/// Invites somebody, instead of an earlier invitation to the same address. Answers the token of the link.
pub fn invite(
    conn: &mut Conn,
    company: CompanyId,
    email: &Email,
    (role, site): (RoleId, Option<SiteId>),
    by: Option<MemberId>,
    actor: &str,
    now: Time,
) -> Result<(InvitationId, String)> {
    hold(conn, company, now)?;
    if !matches!(get(conn, company)?.state, State::Applied | State::Approved) {
        return Err(Error::conflict("company-not-open"));
    }
    roles::role(conn, company, role)?;
    if let Some(site) = site {
        sites::site(conn, company, site)?;
    }
    let earlier = rows::table
        .filter(rows::company_id.eq(company))
        .filter(rows::email.eq(email.key()))
        .filter(rows::accepted_at.is_null())
        .filter(rows::withdrawn_at.is_null());
    diesel::update(earlier).set(rows::withdrawn_at.eq(now)).execute(conn)?;
    if open(conn, company, now)?.len() >= MOST {
        return Err(Error::field("email", "company-invitations-full"));
    }
    let token = token::random();
    let id: InvitationId = diesel::insert_into(rows::table)
        .values((
            rows::company_id.eq(company),
            rows::email.eq(email.key()),
            rows::role_id.eq(role),
            rows::site_id.eq(site),
            rows::token_hash.eq(token::hash(&token)),
            rows::invited_by.eq(by),
            rows::expires_at.eq(now + TimeDelta::days(DAYS)),
        ))
        .returning(rows::id)
        .get_result(conn)?;
    log::write(conn, company, actor, "invited", ("", &id.to_string()), now)?;
    Ok((id, token))
}

/// The invitations of a company that stand open, the last first.
pub fn open(conn: &mut Conn, company: CompanyId, now: Time) -> Result<Vec<Invitation>> {
    type Row = (InvitationId, String, String, String, Option<SiteId>, Time);
    let query = rows::table
        .inner_join(company_roles::table.on(company_roles::id.eq(rows::role_id)))
        .filter(rows::company_id.eq(company))
        .filter(rows::accepted_at.is_null())
        .filter(rows::withdrawn_at.is_null())
        .filter(rows::expires_at.gt(now))
        .order(rows::id.desc())
        .select((rows::id, rows::email, company_roles::code, company_roles::name, rows::site_id, rows::expires_at));
    let found: Vec<Row> = on_each!(conn, c => query.load(c))?;
    let read = |(id, email, role_code, role_name, site, expires_at): Row| Invitation { id, email, role_code, role_name, site, expires_at };
    Ok(found.into_iter().map(read).collect())
}

/// The addresses that these invitations went to, as far as they are kept.
pub(super) fn addresses(conn: &mut Conn, ids: &[InvitationId]) -> Result<Vec<(InvitationId, String)>> {
    let these = rows::table.filter(rows::id.eq_any(ids.to_vec())).select((rows::id, rows::email));
    Ok(on_each!(conn, c => these.load(c))?)
}

/// Whether a role stands in any invitation.
pub(super) fn with_role(conn: &mut Conn, role: RoleId) -> Result<bool> {
    Ok(rows::table.filter(rows::role_id.eq(role)).count().get_result::<i64>(conn)? > 0)
}

/// Takes an open invitation back.
pub fn withdraw(conn: &mut Conn, company: CompanyId, id: InvitationId, actor: &str, now: Time) -> Result<()> {
    hold(conn, company, now)?;
    let own = rows::table
        .filter(rows::id.eq(id))
        .filter(rows::company_id.eq(company))
        .filter(rows::accepted_at.is_null())
        .filter(rows::withdrawn_at.is_null());
    if diesel::update(own).set(rows::withdrawn_at.eq(now)).execute(conn)? == 0 {
        return Err(Error::NotFound);
    }
    log::write(conn, company, actor, "invitation-withdrawn", (&id.to_string(), ""), now)
}

/// What a link leads to; `None` when it was used, taken back or is too old.
pub fn find(conn: &mut Conn, token: &str, now: Time) -> Result<Option<Invited>> {
    type Row = (InvitationId, CompanyId, String, RoleId, Option<SiteId>, Option<MemberId>);
    let query = rows::table
        .filter(rows::token_hash.eq(token::hash(token)))
        .filter(rows::accepted_at.is_null())
        .filter(rows::withdrawn_at.is_null())
        .filter(rows::expires_at.gt(now))
        .select((rows::id, rows::company_id, rows::email, rows::role_id, rows::site_id, rows::invited_by));
    let found: Option<Row> = on_each!(conn, c => query.first(c)).optional()?;
    let Some((id, company, email, role, site, invited_by)) = found else { return Ok(None) };
    let standing = get(conn, company)?;
    let open = matches!(standing.state, State::Applied | State::Approved);
    Ok(open.then_some(Invited { id, company, name: standing.name, email, role, site, invited_by }))
}

/// Makes a customer a member by the link. Two clicks are one. The caller has checked that the invited address is theirs.
pub fn accept(conn: &mut Conn, token: &str, customer: CustomerId, now: Time) -> Result<MemberId> {
    let Some(invited) = find(conn, token, now)? else { return Err(Error::conflict("company-invitation-over")) };
    hold(conn, invited.company, now)?;
    let unused = rows::table.filter(rows::id.eq(invited.id)).filter(rows::accepted_at.is_null()).filter(rows::withdrawn_at.is_null());
    if diesel::update(unused).set(rows::accepted_at.eq(now)).execute(conn)? == 0 {
        return Err(Error::conflict("company-invitation-over"));
    }
    let actor = invited.invited_by.map(log::by).unwrap_or_default();
    let wish = Wish { role: invited.role, site: invited.site, cost_centre: String::new() };
    members::join(conn, invited.company, customer, &wish, &actor, now)
}
