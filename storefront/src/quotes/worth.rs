//! What staff weigh an offer by: stock, what the goods cost the shop, what others pay, and what is left over.

use super::{Line, Quote, Version, agreed};
use crate::address::Address;
use crate::carts::{self, Destination};
use crate::catalog;
use crate::ids::VariantId;
use crate::price_lists::{self, Trade};
use crate::{address_book, stores};
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::HashMap;

/// Of one line. Amounts are minor units of the quote's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// On hand and promised to nobody; `None` where stock is not counted.
    pub available: Option<i64>,
    /// What a unit costs the shop today.
    pub cost: Option<i64>,
    /// What the shop asks for a unit.
    pub shop_price: i64,
    /// What the customer's price lists ask for one of so many, where they say another price.
    pub list_price: Option<i64>,
    /// What the line brings without tax, less what its goods cost; `None` where that is not known.
    pub margin: Option<i64>,
}

/// Weighs the lines of a version. Tax is figured for the customer's first address, or for the shop's own country without one.
pub fn worth(conn: &mut Conn, quote: &Quote, version: &Version, lines: &[Line], now: Time) -> Result<HashMap<VariantId, Worth>> {
    let currency = quote.currency()?;
    let goods: Vec<(VariantId, i64)> = lines.iter().filter_map(|line| Some((line.variant_id?, line.quantity))).collect();
    let ids: Vec<VariantId> = goods.iter().map(|(variant, _)| *variant).collect();
    let trade = Trade::of_company(conn, quote.company_id)?;
    let book = price_lists::book(conn, trade.company, &trade.group, quote.store_id, currency, &ids, now)?;
    let own = address_book::of_customer(conn, quote.customer_id)?.into_iter().next().map(|entry| entry.address);
    let address = match own {
        Some(address) => address,
        None => Address { country: stores::shop(conn, quote.store_id)?.country, ..Address::default() },
    };
    let to = Destination { store: quote.store_id, currency, language: quote.language.clone(), address, vat_id: String::new() };
    let promised = agreed(conn, version.id, now)?;
    let (reckoning, _) = carts::estimate(conn, &promised, &goods, &to, now)?;
    let net: HashMap<VariantId, i64> =
        reckoning.lines.iter().zip(&reckoning.priced.lines).map(|(line, priced)| (line.variant.id, priced.total - priced.tax)).collect();
    let units: HashMap<VariantId, i64> = goods.iter().copied().collect();
    let mut found = HashMap::with_capacity(ids.len());
    for variant in catalog::variants_for_sale(conn, &ids, currency, &quote.language)? {
        let quantity = units.get(&variant.id).copied().unwrap_or(1);
        let listed = book.price(variant.id, quantity, variant.unit_price).unit_price;
        let cost = variant.cost.map(|cost| variant.measure.amount(cost, quantity));
        let of = Worth {
            available: variant.tracked.then_some(variant.available),
            cost: variant.cost,
            shop_price: variant.unit_price,
            list_price: (listed != variant.unit_price).then_some(listed),
            margin: net.get(&variant.id).zip(cost).map(|(net, cost)| net - cost),
        };
        found.insert(variant.id, of);
    }
    Ok(found)
}
