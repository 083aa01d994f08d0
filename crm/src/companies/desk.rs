//! What staff do about companies: find them, let them buy, and say what holds for them.

use super::details::host;
use super::{Company, State, below, claim, log, members_follow};
use crate::CompanyId;
use crate::schema::companies;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, terms};

/// The longest price group, reason and note, in characters.
const GROUP: usize = 60;
const REASON: usize = 500;
const NOTE: usize = 2000;
/// What the index of VAT identification numbers holds.
const HAS_NUMBER: &str = "companies.vat_id <> ''";

/// What is asked of the list of companies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The beginning of a name, a VAT identification number or a site's host.
    pub text: String,
    pub state: Option<State>,
    /// The last company of the page before.
    pub before: Option<CompanyId>,
}

/// The companies that `filter` asks for, the last one first.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Company>> {
    let text = filter.text.trim();
    let before = filter.before.unwrap_or(CompanyId(i64::MAX));
    if text.is_empty() {
        let query = companies::table.filter(companies::id.lt(before)).order(companies::id.desc()).limit(limit);
        return Ok(match filter.state {
            Some(state) => on_each!(conn, c => query.filter(companies::state.eq(state)).select(Company::as_select()).load(c))?,
            None => on_each!(conn, c => query.select(Company::as_select()).load(c))?,
        });
    }
    let name = crate::customers::name_key(text);
    let number: String = text.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect::<String>().to_uppercase();
    let site = host(text);
    // Each by its own index. What two of these leave out is written out as in the index, or a planner does not look at it.
    let mut found: Vec<CompanyId> = Vec::new();
    macro_rules! begins {
        ($column:expr, $prefix:expr, $filled:expr) => {
            if let (false, Some(end)) = ($prefix.is_empty(), terms::after_prefix($prefix)) {
                let range = $column.ge($prefix).and($column.lt(end)).and(companies::id.lt(before));
                let these = companies::table.filter(range).filter(sql::<Bool>($filled)).select(companies::id).into_boxed();
                let these = match filter.state {
                    Some(state) => these.filter(companies::state.eq(state)),
                    None => these,
                };
                found.extend(these.order(companies::id.desc()).limit(limit).load::<CompanyId>(conn)?);
            }
        };
    }
    begins!(companies::name_key, &name, "companies.name_key <> ''");
    begins!(companies::vat_id, &number, HAS_NUMBER);
    begins!(companies::website, &site, "companies.website <> ''");
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.dedup();
    found.truncate(usize::try_from(limit).unwrap_or(0));
    let mut companies = super::of(conn, &found)?;
    companies.sort_unstable_by_key(|company| std::cmp::Reverse(company.id));
    Ok(companies)
}

/// Other companies with the same VAT identification number, or else the same name.
pub fn alike(conn: &mut Conn, company: &Company, limit: i64) -> Result<Vec<Company>> {
    let others = companies::table.filter(companies::id.ne(company.id)).order(companies::id).limit(limit);
    if company.vat_id.is_empty() {
        let key = crate::customers::name_key(&company.name);
        return Ok(on_each!(conn, c => others.filter(companies::name_key.eq(key)).select(Company::as_select()).load(c))?);
    }
    let number = company.vat_id.clone();
    let same = others.filter(companies::vat_id.eq(number)).filter(sql::<Bool>(HAS_NUMBER));
    Ok(on_each!(conn, c => same.select(Company::as_select()).load(c))?)
}

/// Lets a company buy: one that applied, was refused or was closed.
pub fn approve(conn: &mut Conn, id: CompanyId, seen: i64, actor: &str, now: Time) -> Result<()> {
    let before = claim(conn, id, seen, now)?;
    if before.state == State::Approved {
        return Err(Error::conflict("company-stale"));
    }
    diesel::update(companies::table.find(id))
        .set((companies::state.eq(State::Approved), companies::reason.eq(""), companies::approved_at.eq(before.approved_at.unwrap_or(now))))
        .execute(conn)?;
    log::write(conn, id, actor, "approved", (before.state.as_str(), State::Approved.as_str()), now)?;
    members_follow(conn, id, now)
}

/// Refuses an application, with a reason that the applicant is told.
pub fn refuse(conn: &mut Conn, id: CompanyId, seen: i64, reason: &str, actor: &str, now: Time) -> Result<()> {
    end(conn, id, seen, (State::Applied, State::Refused, "refused"), reason, actor, now)
}

/// Closes a company: nobody buys for it any more. What it ordered stays.
pub fn close(conn: &mut Conn, id: CompanyId, seen: i64, reason: &str, actor: &str, now: Time) -> Result<()> {
    end(conn, id, seen, (State::Approved, State::Closed, "closed"), reason, actor, now)
}

fn end(
    conn: &mut Conn,
    id: CompanyId,
    seen: i64,
    (from, to, action): (State, State, &str),
    reason: &str,
    actor: &str,
    now: Time,
) -> Result<()> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => return Err(Error::field("reason", "field-required")),
        1..=REASON => {}
        _ => return Err(Error::field("reason", "field-too-long")),
    }
    let before = claim(conn, id, seen, now)?;
    if before.state != from {
        return Err(Error::conflict("company-stale"));
    }
    diesel::update(companies::table.find(id)).set((companies::state.eq(to), companies::reason.eq(reason))).execute(conn)?;
    log::write(conn, id, actor, action, (before.state.as_str(), reason), now)?;
    members_follow(conn, id, now)
}

/// What staff say of a company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub parent: Option<CompanyId>,
    pub price_group: String,
    pub note: String,
}

/// Changes what staff say of a company.
pub fn set(conn: &mut Conn, id: CompanyId, seen: i64, settings: &Settings, actor: &str, now: Time) -> Result<()> {
    let group = settings.price_group.trim();
    if group.chars().count() > GROUP {
        return Err(Error::field("price_group", "field-too-long"));
    }
    if settings.note.chars().count() > NOTE {
        return Err(Error::field("note", "field-too-long"));
    }
    let before = claim(conn, id, seen, now)?;
    if let Some(parent) = settings.parent {
        // Whoever moves that one at the same time waits for its row, so that two moves never make a ring.
        let held = diesel::update(companies::table.find(parent)).set(companies::updated_at.eq(companies::updated_at));
        let exists = held.execute(conn)? == 1;
        if !exists || below(conn, id)?.contains(&parent) {
            return Err(Error::field("parent", "company-parent-wrong"));
        }
    }
    diesel::update(companies::table.find(id))
        .set((companies::parent_id.eq(settings.parent), companies::price_group.eq(group), companies::note.eq(settings.note.trim())))
        .execute(conn)?;
    let said = |parent: Option<CompanyId>, group: &str| format!("{} {group}", parent.map(|id| id.to_string()).unwrap_or_default());
    let (was, is) = (said(before.parent_id, &before.price_group), said(settings.parent, group));
    if was != is {
        log::write(conn, id, actor, "settings-changed", (was.trim(), is.trim()), now)?;
    }
    if before.price_group == group { Ok(()) } else { members_follow(conn, id, now) }
}

/// The price groups that companies are in, by name.
pub fn price_groups(conn: &mut Conn) -> Result<Vec<String>> {
    let groups = companies::table.filter(sql::<Bool>("companies.price_group <> ''")).select(companies::price_group).distinct();
    Ok(groups.order(companies::price_group).load(conn)?)
}
