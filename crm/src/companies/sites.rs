//! The places of a company. Addresses are the shop's, as JSON; here they are only kept.

use super::{hold, log};
use crate::schema::company_sites as rows;
use crate::{CompanyId, SiteId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};

/// The longest name, in characters, and the most places of a company.
pub const NAME: usize = 120;
pub const MOST: usize = 500;

/// A place as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Site {
    pub id: SiteId,
    pub company_id: CompanyId,
    pub parent_id: Option<SiteId>,
    pub name: String,
    /// The shop's address, as JSON.
    pub address: String,
    /// Invoices of orders for it go there as well.
    pub billing: bool,
    pub active: bool,
    pub position: i64,
}

/// A place as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub name: String,
    pub address: String,
    pub parent: Option<SiteId>,
    pub billing: bool,
    pub active: bool,
}

/// The places of a company in their order, closed ones too.
pub fn sites(conn: &mut Conn, company: CompanyId) -> Result<Vec<Site>> {
    let own = rows::table.filter(rows::company_id.eq(company)).order((rows::position, rows::id));
    Ok(on_each!(conn, c => own.select(Site::as_select()).load(c))?)
}

/// A place of this company; another's is not found.
pub fn site(conn: &mut Conn, company: CompanyId, id: SiteId) -> Result<Site> {
    let own = rows::table.find(id).filter(rows::company_id.eq(company));
    Ok(on_each!(conn, c => own.select(Site::as_select()).first(c))?)
}

/// Of these places of one company one, and all under it.
pub fn under(all: &[Site], id: SiteId) -> Vec<SiteId> {
    let mut found = vec![id];
    loop {
        let more: Vec<SiteId> = all
            .iter()
            .filter(|site| site.parent_id.is_some_and(|parent| found.contains(&parent)) && !found.contains(&site.id))
            .map(|site| site.id)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn check(all: &[Site], own: Option<SiteId>, wish: &Wish) -> Result<()> {
    match wish.name.trim().chars().count() {
        0 => return Err(Error::field("site_name", "field-required")),
        1..=NAME => {}
        _ => return Err(Error::field("site_name", "field-too-long")),
    }
    if let Some(parent) = wish.parent {
        let inside = own.is_some_and(|own| under(all, own).contains(&parent));
        if inside || all.iter().all(|site| site.id != parent) {
            return Err(Error::field("parent", "company-site-parent"));
        }
    }
    Ok(())
}

/// Adds a place.
pub fn add(conn: &mut Conn, company: CompanyId, wish: &Wish, actor: &str, now: Time) -> Result<SiteId> {
    hold(conn, company, now)?;
    let all = sites(conn, company)?;
    check(&all, None, wish)?;
    if all.len() >= MOST {
        return Err(Error::field("site_name", "company-sites-full"));
    }
    let position = all.iter().map(|site| site.position).max().unwrap_or(0) + 1;
    let id: SiteId = diesel::insert_into(rows::table)
        .values((
            rows::company_id.eq(company),
            rows::parent_id.eq(wish.parent),
            rows::name.eq(wish.name.trim()),
            rows::address.eq(&wish.address),
            rows::billing.eq(wish.billing),
            rows::active.eq(wish.active),
            rows::position.eq(position),
        ))
        .returning(rows::id)
        .get_result(conn)?;
    log::write(conn, company, actor, "site-added", ("", wish.name.trim()), now)?;
    Ok(id)
}

/// Changes a place.
pub fn change(conn: &mut Conn, company: CompanyId, id: SiteId, wish: &Wish, actor: &str, now: Time) -> Result<()> {
    hold(conn, company, now)?;
    let all = sites(conn, company)?;
    let before = all.iter().find(|site| site.id == id).ok_or(Error::NotFound)?.clone();
    check(&all, Some(id), wish)?;
    diesel::update(rows::table.find(id))
        .set((
            rows::parent_id.eq(wish.parent),
            rows::name.eq(wish.name.trim()),
            rows::address.eq(&wish.address),
            rows::billing.eq(wish.billing),
            rows::active.eq(wish.active),
        ))
        .execute(conn)?;
    let action = match (before.active, wish.active) {
        (true, false) => "site-closed",
        (false, true) => "site-opened",
        _ => "site-changed",
    };
    log::write(conn, company, actor, action, (&before.name, wish.name.trim()), now)
}
