//! The shop's prices, and those of price lists.

use super::stock::variant;
use super::{Act, Became, Done, tried};
use crate::api::amount::LARGEST;
use crate::catalog::{self, Saving};
use crate::ids::{ProductId, VariantId};
use crate::price_lists::{self, Break, Entry, PriceListId, QuantityRule};
use crate::shop;
use kernel::error::said;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use std::collections::{BTreeMap, BTreeSet};

/// What one unit costs; of a price list the rows of one article in one call are all that the list says of it.
#[derive(Clone, Debug, Default)]
pub struct PriceRow {
    pub sku: String,
    /// The shop's own price without.
    pub list: Option<PriceListId>,
    /// From how many units on; in a price list alone.
    pub min_quantity: i64,
    /// Minor units and their currency. In a price list a row may have a rule and no price.
    pub price: Option<(i64, String)>,
    /// The former price, which is shown struck through; of the shop's own prices alone.
    pub compare_at: Option<(i64, String)>,
    pub minimum: Option<i64>,
    pub increment: Option<i64>,
    /// Why the row could not be read, of a file.
    pub wrong: Option<String>,
}

fn minor(amount: &(i64, String), currency: Currency) -> Result<i64, String> {
    if amount.1 != currency.code() {
        return Err(said("erp-currency", &[("currency", &currency.code())]));
    }
    if (0..=LARGEST).contains(&amount.0) { Ok(amount.0) } else { Err(said("erp-number", &[("least", &0), ("most", &LARGEST)])) }
}

/// Sets prices.
pub fn prices(conn: &mut Conn, rows: &[PriceRow], act: &Act) -> Result<Vec<Done>> {
    let codes: Vec<String> = rows.iter().map(|row| row.sku.trim().to_string()).collect();
    let coded = catalog::coded(conn, &codes)?;
    let mut done: Vec<Done> = vec![Ok(Became::Unchanged); rows.len()];
    let mut of_products: BTreeMap<ProductId, Vec<(VariantId, usize)>> = BTreeMap::new();
    let mut of_lists: BTreeMap<(PriceListId, VariantId), Vec<usize>> = BTreeMap::new();
    let mut met = BTreeSet::new();
    for (at, row) in rows.iter().enumerate() {
        let id = match variant(&coded, row.sku.trim()) {
            Ok(id) => id,
            Err(why) => {
                done[at] = Err(why);
                continue;
            }
        };
        match row.list {
            Some(list) => of_lists.entry((list, id)).or_default().push(at),
            None if !met.insert(id) => done[at] = Err("erp-row-twice".to_string()),
            None => match catalog::product_of(conn, id)? {
                Some(product) => of_products.entry(product).or_default().push((id, at)),
                None => done[at] = Err("erp-not-found".to_string()),
            },
        }
    }
    let currency = shop::get(conn)?.currency;
    for (product, named) in of_products {
        // A row that says something wrong by itself keeps no other of its product.
        let mut wanted: BTreeMap<VariantId, (i64, Option<i64>)> = BTreeMap::new();
        let mut asked = Vec::with_capacity(named.len());
        for (id, at) in named {
            match own(&rows[at], currency) {
                Ok(price) => {
                    wanted.insert(id, price);
                    asked.push(at);
                }
                Err(why) => done[at] = Err(why),
            }
        }
        let became = tried(conn, |conn| shop_prices(conn, product, &wanted, currency, act))?;
        asked.into_iter().for_each(|at| done[at] = became.clone());
    }
    for ((list, id), asked) in of_lists {
        let some: Vec<&PriceRow> = asked.iter().map(|at| &rows[*at]).collect();
        let became = tried(conn, |conn| list_prices(conn, list, id, &some, act))?;
        asked.into_iter().for_each(|at| done[at] = became.clone());
    }
    Ok(done)
}

/// The shop's own price that a row asks for.
fn own(row: &PriceRow, currency: Currency) -> Result<(i64, Option<i64>), String> {
    if let Some(why) = &row.wrong {
        return Err(why.clone());
    }
    if row.minimum.is_some() || row.increment.is_some() || row.min_quantity > 1 {
        return Err("erp-list-alone".to_string());
    }
    let price = row.price.as_ref().ok_or_else(|| "erp-no-price".to_string())?;
    let compare_at = row.compare_at.as_ref().map(|amount| minor(amount, currency)).transpose()?;
    Ok((minor(price, currency)?, compare_at))
}

fn shop_prices(
    conn: &mut Conn,
    product: ProductId,
    wanted: &BTreeMap<VariantId, (i64, Option<i64>)>,
    currency: Currency,
    act: &Act,
) -> Result<Became> {
    let same = |of: &catalog::Product| {
        of.variants
            .iter()
            .all(|one| one.id.and_then(|id| wanted.get(&id)).is_none_or(|own| (one.price, one.compare_at) == (Some(own.0), own.1)))
    };
    // Nothing is locked, and no form of the back office grows stale, where nothing changes.
    if catalog::products(conn, &[product], currency)?.pop().is_some_and(|stored| same(&stored)) {
        return Ok(Became::Unchanged);
    }
    catalog::begin_edit(conn, product, None, act.now)?;
    let before = catalog::products(conn, &[product], currency)?.pop().ok_or(Error::NotFound)?;
    let mut after = before.clone();
    for one in &mut after.variants {
        if let Some(own) = one.id.and_then(|id| wanted.get(&id)) {
            (one.price, one.compare_at) = (Some(own.0), own.1);
        }
    }
    let saving = Saving { currency, actor: act.actor, base: None, now: act.now };
    if !catalog::save_product(conn, &after, &saving)?.changed {
        return Ok(Became::Unchanged);
    }
    act.note(conn, "product.edit", &format!("product:{product}"), &before, &after)?;
    Ok(Became::Changed)
}

/// Has a list say of an article what its rows say.
fn list_prices(conn: &mut Conn, list: PriceListId, id: VariantId, rows: &[&PriceRow], act: &Act) -> Result<Became> {
    let currency = price_lists::get(conn, list)?.currency()?;
    let mut wanted = Entry { variant: id, breaks: Vec::new(), rule: None };
    for row in rows {
        if let Some(why) = &row.wrong {
            return Err(Error::conflict(why.as_str()));
        }
        if row.compare_at.is_some() {
            return Err(Error::conflict("erp-shop-alone"));
        }
        if let Some(price) = &row.price {
            let unit_price = minor(price, currency).map_err(Error::Conflict)?;
            wanted.breaks.push(Break { from: row.min_quantity, unit_price });
        }
        if row.minimum.is_some() || row.increment.is_some() {
            let rule = QuantityRule { minimum: row.minimum.unwrap_or(1), increment: row.increment.unwrap_or(1) };
            if wanted.rule.is_some_and(|other| other != rule) {
                return Err(Error::conflict("erp-rules-differ"));
            }
            wanted.rule = Some(rule);
        }
    }
    wanted.breaks.sort_unstable_by_key(|one| one.from);
    let before = price_lists::entry(conn, list, id)?;
    if before == wanted {
        return Ok(Became::Unchanged);
    }
    price_lists::put(conn, list, &wanted)?;
    act.note(conn, "price_list.price", &format!("price_list:{list}"), &before, &wanted)?;
    Ok(Became::Changed)
}
