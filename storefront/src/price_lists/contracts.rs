//! Contract assortments: what a company sees and buys. The collection of the company itself counts, else that of the nearest company above
//! it that has one, else that of its price group; without any it sees what everybody sees.

use super::Trade;
use super::book::addressee;
use super::resolve::For;
use crate::collections;
use crate::ids::CollectionId;
use crate::schema::company_assortments as rows;
use crm::CompanyId;
use crm::companies;
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;

/// Longest name of a price group, in characters.
const GROUP: usize = 60;

/// Whom a contract is with, and the collection that they buy of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contract {
    pub id: i64,
    pub buyer: For,
    /// The company's name; empty of groups.
    pub name: String,
    pub collection: CollectionId,
}

/// What of the catalogue somebody sees; `None` for all of it. Asks nothing for who buys for no company.
pub(crate) fn contract(conn: &mut Conn, trade: &Trade) -> Result<Option<CollectionId>> {
    let Some(company) = trade.company else { return Ok(None) };
    let mut order: Vec<CompanyId> = vec![company];
    order.extend(companies::above(conn, company)?.into_iter().filter(|above| *above != company));
    let own: Vec<(Option<CompanyId>, CollectionId)> = on_each!(conn, c => rows::table
        .filter(rows::company_id.eq_any(&order))
        .select((rows::company_id, rows::collection_id))
        .load(c))?;
    let near = |(of, _): &&(Option<CompanyId>, CollectionId)| order.iter().position(|known| Some(*known) == *of).unwrap_or(usize::MAX);
    if let Some((_, collection)) = own.iter().min_by_key(near) {
        return Ok(Some(*collection));
    }
    if trade.group.is_empty() {
        return Ok(None);
    }
    Ok(on_each!(conn, c => rows::table
        .filter(rows::company_id.is_null())
        .filter(rows::price_group.eq(&trade.group))
        .select(rows::collection_id)
        .first(c))
    .optional()?)
}

/// The collection that a company may buy of, by its own contract or another that counts for it; `None` for all of the catalogue. `NotFound`
/// without such a company.
pub fn collection_of(conn: &mut Conn, company: CompanyId) -> Result<Option<CollectionId>> {
    let trade = Trade::of_company(conn, Some(company))?;
    contract(conn, &trade)
}

type Row = (i64, Option<CompanyId>, String, CollectionId);

/// Contracts, newest first.
pub fn contracts(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Contract>> {
    let found: Vec<Row> = on_each!(conn, c => rows::table
        .filter(rows::id.lt(before.unwrap_or(i64::MAX)))
        .order(rows::id.desc())
        .limit(limit)
        .select((rows::id, rows::company_id, rows::price_group, rows::collection_id))
        .load(c))?;
    found.into_iter().map(|row| named(conn, row)).collect()
}

fn named(conn: &mut Conn, (id, company, group, collection): Row) -> Result<Contract> {
    let name = match company {
        Some(company) => companies::get(conn, company)?.name,
        None => String::new(),
    };
    Ok(Contract { id, buyer: addressee(company, group), name, collection })
}

/// The contract of a company itself or of a group itself, as it is stored.
fn stored(conn: &mut Conn, company: Option<CompanyId>, group: &str) -> Result<Option<Contract>> {
    let columns = (rows::id, rows::company_id, rows::price_group, rows::collection_id);
    let found: Option<Row> = match company {
        Some(company) => rows::table.filter(rows::company_id.eq(company)).select(columns).first(conn).optional()?,
        None => {
            rows::table.filter(rows::company_id.is_null()).filter(rows::price_group.eq(group)).select(columns).first(conn).optional()?
        }
    };
    found.map(|row| named(conn, row)).transpose()
}

/// Has a company or a group see a collection and nothing else, in the place of what was said before. Answers what was
/// and what is.
pub fn set_contract(conn: &mut Conn, buyer: &For, collection: CollectionId) -> Result<(Option<Contract>, Contract)> {
    let mut fields = Fields::default();
    let (company, group) = match buyer {
        For::Company(company) => match companies::get(conn, *company) {
            Ok(_) => (Some(*company), ""),
            Err(Error::NotFound) => return Err(Error::field("company", "price-list-company")),
            Err(error) => return Err(error),
        },
        For::Group(group) => (None, group.trim()),
        // What everybody sees is the store's part of the catalogue.
        For::Everybody => (None, ""),
    };
    if company.is_none() && (group.is_empty() || group.chars().count() > GROUP) {
        fields.add("group", "price-list-group");
    }
    match collections::get(conn, collection) {
        Ok(_) => {}
        Err(Error::NotFound) => fields.add("collection", "contract-collection"),
        Err(error) => return Err(error),
    }
    fields.check()?;
    let before = stored(conn, company, group)?;
    if before.is_none() {
        let row = (rows::company_id.eq(company), rows::price_group.eq(group), rows::collection_id.eq(collection));
        on_each!(conn, c => diesel::insert_into(rows::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    let after = stored(conn, company, group)?.ok_or_else(|| Error::unexpected("a contract that was just stored is not there"))?;
    // The last one to say so is right, also of two who do at once.
    diesel::update(rows::table.find(after.id)).set(rows::collection_id.eq(collection)).execute(conn)?;
    let after = Contract { collection, ..after };
    Ok((before, after))
}

/// Ends a contract: who had it sees what everybody sees. Answers what it was; `None` for one that is gone already.
pub fn remove_contract(conn: &mut Conn, id: i64) -> Result<Option<Contract>> {
    let found: Option<Row> =
        rows::table.find(id).select((rows::id, rows::company_id, rows::price_group, rows::collection_id)).first(conn).optional()?;
    let before = found.map(|row| named(conn, row)).transpose()?;
    diesel::delete(rows::table.find(id)).execute(conn)?;
    Ok(before)
}

/// Whether a contract is about this collection, which therefore stays.
pub(crate) fn uses(conn: &mut Conn, collection: CollectionId) -> Result<bool> {
    let found: Option<i64> = rows::table.filter(rows::collection_id.eq(collection)).select(rows::id).first(conn).optional()?;
    Ok(found.is_some())
}
