//! Requisition lists: what somebody orders again and again. A list is a customer's own, or shared by the members of a company, each of whom
//! sees it while they buy for the company; whoever may order for it may change it.
//!
//! A list names variants and how many of each. What they cost and whether they are there is asked when the list is shown or ordered.

use crate::ids::{RequisitionListId, VariantId};
use crate::schema::{requisition_lines as lines, requisition_lists as lists};
use crate::units;
use chrono::TimeDelta;
use crm::companies::{Buyer, May};
use crm::{CompanyId, CustomerId};
use diesel::dsl::count_star;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::said;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;
use std::collections::HashMap;

/// The most lists of one owner, and the most lines of a list.
pub const MOST_LISTS: i64 = 200;
pub const MOST_LINES: i64 = 1000;
/// The most units of a line, as in a cart; of what is measured so many of its unit.
pub const MOST_UNITS: i64 = crate::carts::MAX_QUANTITY;
/// Longest name, in characters.
const NAME: usize = 100;
/// How long a removed list can be put back.
pub const KEPT: TimeDelta = TimeDelta::days(30);
/// Rows of one statement: far below the parameters that a database takes.
const TOGETHER: usize = 1000;

/// The text of the conflict when a list went on since it was seen.
pub const STALE: &str = "requisition-stale";

/// A list as stored.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = lists)]
pub struct List {
    pub id: RequisitionListId,
    /// Whose it is, or who made it for the company.
    pub customer_id: Option<CustomerId>,
    /// The company whose members share it.
    pub company_id: Option<CompanyId>,
    pub name: String,
    /// Counts every change, so that a page made from an older list is noticed.
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
    pub removed_at: Option<Time>,
}

/// A line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = lines)]
pub struct Line {
    #[diesel(column_name = variant_id)]
    pub variant: VariantId,
    pub quantity: i64,
}

/// Who asks: a customer, and the company that they are buying for.
#[derive(Clone, Debug)]
pub struct Who {
    pub customer: CustomerId,
    pub buyer: Option<Buyer>,
}

impl Who {
    fn company(&self) -> Option<CompanyId> {
        self.buyer.as_ref().map(|buyer| buyer.company)
    }

    fn sees(&self, list: &List) -> bool {
        match list.company_id {
            None => list.customer_id == Some(self.customer),
            Some(company) => self.company() == Some(company),
        }
    }

    /// Whether they may change a list that they see.
    pub fn may_change(&self, list: &List) -> bool {
        list.company_id.is_none() || self.may_share()
    }

    /// Whether they may make lists for their company.
    pub fn may_share(&self) -> bool {
        self.buyer.as_ref().is_some_and(|buyer| buyer.may(May::Order))
    }
}

/// The lists that somebody sees, their own and those of the company, the newest first; those before `before`. Removed ones are left out.
pub fn of(conn: &mut Conn, who: &Who, before: Option<RequisitionListId>, limit: i64) -> Result<Vec<List>> {
    let last = before.unwrap_or(RequisitionListId(i64::MAX));
    let own = lists::table
        .filter(lists::customer_id.eq(who.customer))
        .filter(lists::company_id.is_null())
        .filter(lists::removed_at.is_null())
        .filter(lists::id.lt(last))
        .order(lists::id.desc())
        .limit(limit);
    let mut found: Vec<List> = on_each!(conn, c => own.select(List::as_select()).load(c))?;
    if let Some(company) = who.company() {
        let shared = lists::table
            .filter(lists::company_id.eq(company))
            .filter(lists::removed_at.is_null())
            .filter(lists::id.lt(last))
            .order(lists::id.desc())
            .limit(limit);
        let shared: Vec<List> = on_each!(conn, c => shared.select(List::as_select()).load(c))?;
        found.extend(shared);
    }
    found.sort_by_key(|list| std::cmp::Reverse(list.id));
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// The lists that were removed lately and can be put back, the last first.
pub fn removed(conn: &mut Conn, who: &Who, now: Time) -> Result<Vec<List>> {
    let lately = lists::table.filter(lists::removed_at.gt(now - KEPT)).order(lists::id.desc()).limit(MOST_LISTS);
    let own = lately.filter(lists::customer_id.eq(who.customer)).filter(lists::company_id.is_null());
    let mut found: Vec<List> = on_each!(conn, c => own.select(List::as_select()).load(c))?;
    if let (Some(company), true) = (who.company(), who.may_share()) {
        let shared = lately.filter(lists::company_id.eq(company));
        let shared: Vec<List> = on_each!(conn, c => shared.select(List::as_select()).load(c))?;
        found.extend(shared);
    }
    found.sort_by_key(|list| std::cmp::Reverse(list.removed_at));
    Ok(found)
}

/// How many lines each of these lists has; one without lines is left out.
pub fn counts(conn: &mut Conn, ids: &[RequisitionListId]) -> Result<HashMap<RequisitionListId, i64>> {
    let counted: Vec<(RequisitionListId, i64)> = lines::table
        .filter(lines::list_id.eq_any(ids.to_vec()))
        .group_by(lines::list_id)
        .select((lines::list_id, count_star()))
        .load(conn)?;
    Ok(counted.into_iter().collect())
}

/// A list that somebody sees. `NotFound` for others', and for one that was removed.
pub fn find(conn: &mut Conn, who: &Who, id: RequisitionListId) -> Result<List> {
    let list = get(conn, id)?;
    if who.sees(&list) { Ok(list) } else { Err(Error::NotFound) }
}

/// A list, for programs of the merchant. `NotFound` for one that was removed.
pub fn get(conn: &mut Conn, id: RequisitionListId) -> Result<List> {
    let list: List = on_each!(conn, c => lists::table.find(id).select(List::as_select()).first(c))?;
    if list.removed_at.is_some() { Err(Error::NotFound) } else { Ok(list) }
}

/// The lists that a customer made, or those of a company, above the list `after`, for programs of the merchant. `Invalid` unless one of
/// the two is named.
pub fn all(
    conn: &mut Conn,
    customer: Option<CustomerId>,
    company: Option<CompanyId>,
    after: RequisitionListId,
    limit: i64,
) -> Result<Vec<List>> {
    let standing = lists::table.filter(lists::removed_at.is_null()).filter(lists::id.gt(after)).order(lists::id).limit(limit);
    match (customer, company) {
        (Some(customer), None) => {
            let own = standing.filter(lists::customer_id.eq(customer));
            Ok(on_each!(conn, c => own.select(List::as_select()).load(c))?)
        }
        (None, Some(company)) => {
            let shared = standing.filter(lists::company_id.eq(company));
            Ok(on_each!(conn, c => shared.select(List::as_select()).load(c))?)
        }
        _ => Err(Error::field("customer", "requisition-whose")),
    }
}

/// What stands on a list, in its order.
pub fn lines_of(conn: &mut Conn, id: RequisitionListId) -> Result<Vec<Line>> {
    Ok(on_each!(conn, c => lines::table
        .filter(lines::list_id.eq(id))
        .order((lines::position, lines::variant_id))
        .select(Line::as_select())
        .load(c))?)
}

/// Makes a list; `shared` makes it the company's. `Invalid` for its name or what is on it, `Forbidden` to share for who may not.
pub fn create(conn: &mut Conn, who: &Who, name: &str, shared: bool, goods: &[(VariantId, i64)], now: Time) -> Result<RequisitionListId> {
    let name = named(name)?;
    let company = company_for(who, shared)?;
    room(conn, who, company)?;
    let row = (
        lists::customer_id.eq(who.customer),
        lists::company_id.eq(company),
        lists::name.eq(name),
        lists::created_at.eq(now),
        lists::updated_at.eq(now),
    );
    let id: RequisitionListId = diesel::insert_into(lists::table).values(row).returning(lists::id).get_result(conn)?;
    let goods = summed(conn, &[], goods)?;
    write(conn, id, &goods)?;
    Ok(id)
}

fn named(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::field("name", "field-required"));
    }
    if name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(Error::field("name", "field-too-long"));
    }
    Ok(name.to_string())
}

fn company_for(who: &Who, shared: bool) -> Result<Option<CompanyId>> {
    match (shared, who.company()) {
        (false, _) => Ok(None),
        (true, Some(company)) if who.may_share() => Ok(Some(company)),
        (true, _) => Err(Error::Forbidden),
    }
}

/// Refuses one list more than an owner may have.
fn room(conn: &mut Conn, who: &Who, company: Option<CompanyId>) -> Result<()> {
    let standing = lists::table.filter(lists::removed_at.is_null());
    let count: i64 = match company {
        Some(company) => standing.filter(lists::company_id.eq(company)).count().get_result(conn)?,
        None => standing.filter(lists::customer_id.eq(who.customer)).filter(lists::company_id.is_null()).count().get_result(conn)?,
    };
    if count >= MOST_LISTS { Err(Error::conflict("requisition-too-many")) } else { Ok(()) }
}

/// What a list holds when `more` comes to `had`: each variant once, in the order in which it came. What is beyond [`MOST_UNITS`] units is cut.
fn summed(conn: &mut Conn, had: &[Line], more: &[(VariantId, i64)]) -> Result<Vec<Line>> {
    let measures = units::measures(conn, &more.iter().map(|(variant, _)| *variant).collect::<Vec<_>>())?;
    let mut all: Vec<Line> = had.to_vec();
    let mut places: HashMap<VariantId, usize> = all.iter().enumerate().map(|(at, line)| (line.variant, at)).collect();
    for (variant, quantity) in more {
        if *quantity < 1 {
            return Err(Error::field("quantity", "quantity-invalid"));
        }
        let at = *places.entry(*variant).or_insert_with(|| {
            all.push(Line { variant: *variant, quantity: 0 });
            all.len() - 1
        });
        if let Some(line) = all.get_mut(at) {
            let most = measures.get(variant).map_or(MOST_UNITS, |measure| measure.most());
            line.quantity = line.quantity.saturating_add(*quantity).min(most);
        }
    }
    if i64::try_from(all.len()).unwrap_or(i64::MAX) > MOST_LINES {
        return Err(Error::field("quantity", said("requisition-full", &[("most", &MOST_LINES)])));
    }
    Ok(all)
}

/// Makes the lines of a list these.
fn write(conn: &mut Conn, id: RequisitionListId, all: &[Line]) -> Result<()> {
    diesel::delete(lines::table.filter(lines::list_id.eq(id))).execute(conn)?;
    let placed: Vec<(i64, &Line)> = (0i64..).zip(all).collect();
    for some in placed.chunks(TOGETHER) {
        let row = |(at, line): &(i64, &Line)| {
            (lines::list_id.eq(id), lines::variant_id.eq(line.variant), lines::quantity.eq(line.quantity), lines::position.eq(*at))
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        on_each!(conn, c => diesel::insert_into(lines::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Locks a list that somebody may change, at the version that was seen, if any, and counts the change.
fn claim(conn: &mut Conn, who: &Who, id: RequisitionListId, seen: Option<i64>, now: Time) -> Result<List> {
    let list = find(conn, who, id)?;
    if !who.may_change(&list) {
        return Err(Error::Forbidden);
    }
    let at = seen.unwrap_or(list.version);
    let standing = lists::table.find(id).filter(lists::version.eq(at)).filter(lists::removed_at.is_null());
    let moved = diesel::update(standing).set((lists::version.eq(lists::version + 1i64), lists::updated_at.eq(now))).execute(conn)?;
    if moved == 0 { Err(Error::conflict(STALE)) } else { Ok(list) }
}

/// Gives a list another name.
pub fn rename(conn: &mut Conn, who: &Who, id: RequisitionListId, seen: i64, name: &str, now: Time) -> Result<()> {
    let name = named(name)?;
    claim(conn, who, id, Some(seen), now)?;
    diesel::update(lists::table.find(id)).set(lists::name.eq(name)).execute(conn)?;
    Ok(())
}

/// Makes a list the company's that somebody buys for, or their own again. Only who made it takes it back.
pub fn share(conn: &mut Conn, who: &Who, id: RequisitionListId, seen: i64, shared: bool, now: Time) -> Result<()> {
    let list = claim(conn, who, id, Some(seen), now)?;
    let company = company_for(who, shared)?;
    if list.company_id == company {
        return Ok(());
    }
    if list.customer_id != Some(who.customer) {
        return Err(Error::Forbidden);
    }
    room(conn, who, company)?;
    diesel::update(lists::table.find(id)).set(lists::company_id.eq(company)).execute(conn)?;
    Ok(())
}

/// Copies a list that somebody sees into a new one of their own.
pub fn copy(conn: &mut Conn, who: &Who, id: RequisitionListId, name: &str, now: Time) -> Result<RequisitionListId> {
    find(conn, who, id)?;
    let goods: Vec<(VariantId, i64)> = lines_of(conn, id)?.into_iter().map(|line| (line.variant, line.quantity)).collect();
    create(conn, who, name, false, &goods, now)
}

/// Adds units to a list.
pub fn put(conn: &mut Conn, who: &Who, id: RequisitionListId, goods: &[(VariantId, i64)], now: Time) -> Result<()> {
    claim(conn, who, id, None, now)?;
    let had = lines_of(conn, id)?;
    let goods = summed(conn, &had, goods)?;
    write(conn, id, &goods)
}

/// Sets the units of lines of the list as it was at version `seen`; zero takes a line off.
pub fn set(conn: &mut Conn, who: &Who, id: RequisitionListId, seen: i64, wanted: &[(VariantId, i64)], now: Time) -> Result<()> {
    let measures = units::measures(conn, &wanted.iter().map(|(variant, _)| *variant).collect::<Vec<_>>())?;
    let most = |variant: &VariantId| measures.get(variant).map_or(MOST_UNITS, |measure| measure.most());
    if wanted.iter().any(|(variant, units)| !(0..=most(variant)).contains(units)) {
        return Err(Error::field("quantity", "quantity-invalid"));
    }
    claim(conn, who, id, Some(seen), now)?;
    let wanted: HashMap<VariantId, i64> = wanted.iter().copied().collect();
    let mut all = lines_of(conn, id)?;
    for line in &mut all {
        line.quantity = wanted.get(&line.variant).copied().unwrap_or(line.quantity);
    }
    all.retain(|line| line.quantity > 0);
    write(conn, id, &all)
}

/// Removes a list; it can be put back for [`KEPT`]. One that was removed longer ago goes for good then.
pub fn remove(conn: &mut Conn, who: &Who, id: RequisitionListId, seen: i64, now: Time) -> Result<()> {
    let list = claim(conn, who, id, Some(seen), now)?;
    diesel::update(lists::table.find(id)).set(lists::removed_at.eq(now)).execute(conn)?;
    let old = lists::table.filter(lists::removed_at.lt(now - KEPT));
    let gone: Vec<RequisitionListId> = match list.company_id {
        Some(company) => old.filter(lists::company_id.eq(company)).select(lists::id).load(conn)?,
        None => old.filter(lists::customer_id.eq(who.customer)).filter(lists::company_id.is_null()).select(lists::id).load(conn)?,
    };
    drop_lists(conn, &gone)
}

/// Puts a removed list back. `NotFound` when it was removed too long ago.
pub fn restore(conn: &mut Conn, who: &Who, id: RequisitionListId, now: Time) -> Result<()> {
    let list: List = on_each!(conn, c => lists::table.find(id).select(List::as_select()).first(c))?;
    if !who.sees(&list) || !who.may_change(&list) {
        return Err(Error::NotFound);
    }
    match list.removed_at {
        None => Ok(()),
        Some(at) if at <= now - KEPT => Err(Error::NotFound),
        Some(_) => {
            room(conn, who, list.company_id)?;
            let back = (lists::removed_at.eq(None::<Time>), lists::version.eq(lists::version + 1i64), lists::updated_at.eq(now));
            diesel::update(lists::table.find(id)).set(back).execute(conn)?;
            Ok(())
        }
    }
}

fn drop_lists(conn: &mut Conn, ids: &[RequisitionListId]) -> Result<()> {
    for some in ids.chunks(TOGETHER) {
        diesel::delete(lines::table.filter(lines::list_id.eq_any(some.to_vec()))).execute(conn)?;
        diesel::delete(lists::table.filter(lists::id.eq_any(some.to_vec()))).execute(conn)?;
    }
    Ok(())
}

/// The lists that a customer made, for what is kept about them, the newest first.
pub fn of_customer(conn: &mut Conn, id: CustomerId, limit: i64) -> Result<Vec<List>> {
    let own = lists::table.filter(lists::customer_id.eq(id)).order(lists::id.desc()).limit(limit);
    Ok(on_each!(conn, c => own.select(List::as_select()).load(c))?)
}

/// Forgets a customer: their own lists go, those of a company stay without a name of who made them.
pub(crate) fn forget(conn: &mut Conn, id: CustomerId) -> Result<()> {
    let mine = lists::table.filter(lists::customer_id.eq(id)).filter(lists::company_id.is_null());
    let own: Vec<RequisitionListId> = mine.select(lists::id).load(conn)?;
    drop_lists(conn, &own)?;
    diesel::update(lists::table.filter(lists::customer_id.eq(id))).set(lists::customer_id.eq(None::<CustomerId>)).execute(conn)?;
    Ok(())
}

/// Forgets variants that are removed.
pub(crate) fn forget_variants(conn: &mut Conn, ids: &[VariantId]) -> Result<()> {
    diesel::delete(lines::table.filter(lines::variant_id.eq_any(ids.to_vec()))).execute(conn)?;
    Ok(())
}
