//! Why somebody pays what they pay: every list with the reason why it won or lost.

use super::book::{addressee, fill, lists_for};
use super::edit::PriceList;
use super::resolve::{Asked, Break, Chosen, For, QuantityRule};
use super::{PriceListId, Trade};
use crate::catalog;
use crate::ids::{StoreId, VariantId};
use crate::schema::{price_list_buyers as buyers, price_lists as lists};
use crate::shop::OWN_LANGUAGE;
use crate::stores;
use crate::units::Measure;
use crm::CompanyId;
use crm::companies;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use std::collections::{BTreeMap, HashSet};

/// The newest lists that are looked at beside those for the buyer.
const MOST: i64 = 500;

/// Who asks for what.
#[derive(Clone, Debug)]
pub struct Question {
    pub company: Option<CompanyId>,
    pub variant: VariantId,
    pub quantity: i64,
    pub store: StoreId,
    pub at: Time,
}

/// A price with everything that it came from.
#[derive(Clone, Debug)]
pub struct Answer {
    pub title: String,
    /// In what quantities of it are.
    pub measure: Measure,
    pub currency: Currency,
    pub chosen: Chosen,
    pub breaks: Vec<Break>,
    pub rule: Option<QuantityRule>,
    /// There are more lists than are told of; none of the others is for this buyer.
    pub more: bool,
}

/// Answers as [`super::book`] does, and names all lists. `NotFound` for a variant or company that is none, or without a price in the store.
pub fn explain(conn: &mut Conn, question: &Question) -> Result<Answer> {
    let shop = stores::shop(conn, question.store)?;
    let sold = catalog::variants_for_sale(conn, &[question.variant], shop.currency, OWN_LANGUAGE)?;
    let variant = sold.into_iter().next().ok_or(Error::NotFound)?;
    let trade = Trade::of_company(conn, question.company)?;
    let mut companies: Vec<CompanyId> = question.company.into_iter().collect();
    if let Some(company) = question.company {
        companies.extend(companies::above(conn, company)?.into_iter().filter(|above| *above != company));
    }
    let asked = Asked { companies, group: trade.group, store: question.store, currency: shop.currency, at: question.at };
    let mut all = lists_for(conn, &asked)?;
    let known: HashSet<PriceListId> = all.iter().map(|list| list.id).collect();
    let newest: Vec<PriceList> = lists::table.order(lists::id.desc()).limit(MOST + 1).select(PriceList::as_select()).load(conn)?;
    let more = i64::try_from(newest.len()).is_ok_and(|found| found > MOST);
    let others: Vec<PriceList> = newest.into_iter().filter(|list| !known.contains(&list.id)).collect();
    let ids: Vec<PriceListId> = others.iter().map(|list| list.id).collect();
    let rows: Vec<(PriceListId, Option<CompanyId>, String)> =
        buyers::table.filter(buyers::list_id.eq_any(&ids)).select((buyers::list_id, buyers::company_id, buyers::price_group)).load(conn)?;
    let mut whom: BTreeMap<PriceListId, Vec<For>> = BTreeMap::new();
    for (list, company, group) in rows {
        whom.entry(list).or_default().push(addressee(company, group));
    }
    for list in others {
        let buyers = whom.remove(&list.id).unwrap_or_default();
        all.push(list.deciding(buyers)?);
    }
    let book = fill(conn, all, asked, &[question.variant])?;
    Ok(Answer {
        chosen: book.price(variant.id, question.quantity, variant.unit_price),
        breaks: book.breaks(variant.id, variant.unit_price),
        rule: book.quantity(variant.id),
        measure: variant.measure,
        title: if variant.options.is_empty() { variant.title } else { format!("{}, {}", variant.title, variant.options) },
        currency: shop.currency,
        more,
    })
}
