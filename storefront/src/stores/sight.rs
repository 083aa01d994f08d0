//! Who sees the prices of a store. The decision is made here alone, and [`super::shop_for`] puts it into [`crate::shop::Shop`] as
//! `prices_hidden`: whatever makes views of goods leaves amounts out by it.

use super::rows;
use crate::ids::StoreId;
use crate::price_lists::Trade;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, words};

words!(
    /// To whom a store shows its prices, and who may order at them.
    PricesFor {
        Everybody = "everybody",
        SignedIn = "signed_in",
        /// Whoever buys for a company that was approved.
        Companies = "companies",
    }
);

impl PricesFor {
    /// Whether somebody sees the prices.
    pub fn includes(self, trade: &Trade) -> bool {
        match self {
            PricesFor::Everybody => true,
            PricesFor::SignedIn => trade.signed_in || trade.company.is_some(),
            PricesFor::Companies => trade.company.is_some(),
        }
    }
}

/// To whom a store shows its prices. One row by its key.
pub(crate) fn prices_for(conn: &mut Conn, id: StoreId) -> Result<PricesFor> {
    Ok(on_each!(conn, c => rows::table.find(id).select(rows::prices_for).first(c))?)
}

/// Says to whom a store, the main one too, shows its prices. `Conflict` when the store was changed since the version `seen`.
pub fn show_prices(conn: &mut Conn, id: StoreId, to: PricesFor, seen: i64, now: Time) -> Result<()> {
    let change = (rows::prices_for.eq(to), rows::version.eq(rows::version + 1i64), rows::updated_at.eq(now));
    if diesel::update(rows::table.find(id).filter(rows::version.eq(seen))).set(change).execute(conn)? == 1 {
        return Ok(());
    }
    super::get(conn, id)?;
    Err(Error::conflict("store-changed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crm::CompanyId;

    #[test]
    fn prices_are_for_those_who_are_named() {
        let guest = Trade::default();
        let person = Trade { signed_in: true, ..Trade::default() };
        let buyer = Trade { company: Some(CompanyId(1)), signed_in: true, ..Trade::default() };
        for (setting, seen) in [
            (PricesFor::Everybody, [true, true, true]),
            (PricesFor::SignedIn, [false, true, true]),
            (PricesFor::Companies, [false, false, true]),
        ] {
            assert_eq!([&guest, &person, &buyer].map(|trade| setting.includes(trade)), seen, "{setting:?}");
        }
    }
}
