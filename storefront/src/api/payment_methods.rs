//! Which ways to pay a cart has.

use crate::carts::Cart;
use crate::company_accounts::{self, ACCOUNT};
use crate::shop;
use kernel::{Conn, Result};

/// Whether a cart can be paid so: the merchant has switched the method on, or its buyer's company has an account. Providers are switched on by
/// their settings.
pub fn offers(conn: &mut Conn, cart: &Cart, method: &str) -> Result<bool> {
    let shop = shop::get(conn)?;
    Ok(match method {
        "bank_transfer" => shop.bank_transfer,
        "cash_on_delivery" => shop.cash_on_delivery,
        ACCOUNT => company_accounts::offer(conn, cart)?.is_some(),
        _ => true,
    })
}
