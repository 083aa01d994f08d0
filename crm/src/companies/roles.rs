//! Roles: named sets of permissions. Four are every company's, others a company makes for itself.

use super::{May, hold, log};
use crate::schema::{company_members as members, company_roles as rows};
use crate::{CompanyId, RoleId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};

/// The longest name, in characters, and the most roles of a company's own.
pub const NAME: usize = 60;
pub const MOST: usize = 20;

pub const ADMINISTRATOR: &str = "administrator";

/// A role as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Role {
    pub id: RoleId,
    /// Nobody's are every company's.
    pub company_id: Option<CompanyId>,
    /// Of one that is every company's; its text has it behind `company-role-`.
    pub code: String,
    pub name: String,
    pub permissions: String,
}

impl Role {
    pub fn may(&self) -> Vec<May> {
        May::all_of(&self.permissions)
    }
}

/// The roles that members of a company can have: those of every company, then its own.
pub fn roles(conn: &mut Conn, company: CompanyId) -> Result<Vec<Role>> {
    let these = rows::table.filter(rows::company_id.is_null().or(rows::company_id.eq(company))).order(rows::id);
    Ok(on_each!(conn, c => these.select(Role::as_select()).load(c))?)
}

/// A role that members of a company can have.
pub fn role(conn: &mut Conn, company: CompanyId, id: RoleId) -> Result<Role> {
    roles(conn, company)?.into_iter().find(|role| role.id == id).ok_or_else(|| Error::field("role", "company-role-unknown"))
}

/// The role of every company with this code.
pub fn built_in(conn: &mut Conn, code: &str) -> Result<RoleId> {
    let these = rows::table.filter(rows::company_id.is_null()).filter(rows::code.eq(code)).select(rows::id);
    Ok(on_each!(conn, c => these.first(c))?)
}

/// Gives a company a role of its own.
pub fn create(conn: &mut Conn, company: CompanyId, name: &str, may: &[May], actor: &str, now: Time) -> Result<RoleId> {
    let name = name.trim();
    match name.chars().count() {
        0 => return Err(Error::field("name", "field-required")),
        1..=NAME => {}
        _ => return Err(Error::field("name", "field-too-long")),
    }
    if may.is_empty() {
        return Err(Error::field("permissions", "company-role-empty"));
    }
    hold(conn, company, now)?;
    let own: Vec<Role> = roles(conn, company)?.into_iter().filter(|role| role.company_id.is_some()).collect();
    if own.len() >= MOST {
        return Err(Error::field("name", "company-roles-full"));
    }
    if own.iter().any(|role| role.name.to_lowercase() == name.to_lowercase()) {
        return Err(Error::field("name", "company-role-taken"));
    }
    let permissions = May::text(may);
    let row = (rows::company_id.eq(company), rows::code.eq(""), rows::name.eq(name), rows::permissions.eq(&permissions));
    let id: RoleId = diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?;
    log::write(conn, company, actor, "role-made", ("", &format!("{name}: {permissions}")), now)?;
    Ok(id)
}

/// Takes a role of the company's own away. `Conflict` while a member has it or had it.
pub fn delete(conn: &mut Conn, company: CompanyId, id: RoleId, actor: &str, now: Time) -> Result<()> {
    hold(conn, company, now)?;
    let role = role(conn, company, id)?;
    if role.company_id.is_none() {
        return Err(Error::conflict("company-role-built-in"));
    }
    let used: i64 = members::table.filter(members::role_id.eq(id)).count().get_result(conn)?;
    if used > 0 || super::invitations::with_role(conn, id)? {
        return Err(Error::conflict("company-role-used"));
    }
    diesel::delete(rows::table.find(id)).execute(conn)?;
    log::write(conn, company, actor, "role-deleted", (&format!("{}: {}", role.name, role.permissions), ""), now)
}
