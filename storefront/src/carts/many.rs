//! Many goods into a cart at once.

use super::goods::{book_of, follow_break};
use super::{MAX_LINES, MAX_QUANTITY, get, lines, set_line, touch_goods};
use crate::catalog;
use crate::ids::{CartId, CartLineId, VariantId};
use crate::schema::cart_lines;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use std::collections::HashMap;

/// Rows of one statement: far below the parameters that a database takes.
const TOGETHER: usize = 1000;

/// Units of a variant that the caller knows to be on sale, and what one costs, as the shopper was shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Good {
    pub variant: VariantId,
    pub quantity: i64,
    pub price: i64,
}

/// A line with its units and the price that the shopper last saw.
type Had = (CartLineId, i64, i64);

/// Adds them as [`super::add`] does one by one, in a few statements; a variant may stand among them once. `Invalid` when the cart cannot
/// hold so many lines.
pub(crate) fn add_many(conn: &mut Conn, cart: CartId, goods: &[Good], now: Time) -> Result<()> {
    if goods.iter().any(|good| !(1..=MAX_QUANTITY).contains(&good.quantity)) {
        return Err(Error::field("quantity", "quantity-invalid"));
    }
    touch_goods(conn, cart, now)?;
    let stored = lines(conn, cart)?;
    let had: HashMap<VariantId, Had> = stored.iter().map(|(line, variant, quantity, seen)| (*variant, (*line, *quantity, *seen))).collect();
    let new: Vec<&Good> = goods.iter().filter(|good| !had.contains_key(&good.variant)).collect();
    if !new.is_empty() && i64::try_from(stored.len() + new.len()).unwrap_or(i64::MAX) > MAX_LINES {
        return Err(Error::field("quantity", "cart-full"));
    }
    raise(conn, cart, goods, &had, now)?;
    for some in new.chunks(TOGETHER) {
        let row = |good: &&Good| {
            (
                cart_lines::cart_id.eq(cart),
                cart_lines::variant_id.eq(good.variant),
                cart_lines::quantity.eq(good.quantity),
                cart_lines::seen_price.eq(good.price),
            )
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        on_each!(conn, c => diesel::insert_into(cart_lines::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Adds units to lines that there are. A price that follows from the quantity is no news.
fn raise(conn: &mut Conn, cart: CartId, goods: &[Good], had: &HashMap<VariantId, Had>, now: Time) -> Result<()> {
    let known: Vec<VariantId> = goods.iter().map(|good| good.variant).filter(|variant| had.contains_key(variant)).collect();
    if known.is_empty() {
        return Ok(());
    }
    let cart = get(conn, cart)?;
    let book = book_of(conn, &cart, &known, now)?;
    let prices: HashMap<VariantId, i64> = if book.is_empty() {
        HashMap::new()
    } else {
        let sold = catalog::variants_for_sale(conn, &known, cart.currency()?, crate::shop::OWN_LANGUAGE)?;
        sold.into_iter().map(|variant| (variant.id, variant.unit_price)).collect()
    };
    for good in goods {
        let Some((line, before, seen)) = had.get(&good.variant).copied() else { continue };
        let has = (before + good.quantity).min(MAX_QUANTITY);
        set_line(conn, line, has)?;
        if let Some(shop_price) = prices.get(&good.variant).copied() {
            follow_break(conn, line, &book, (good.variant, shop_price), (before, has), seen)?;
        }
    }
    Ok(())
}
