//! Many goods into a cart at once.

use super::goods::{book_for, follow_break};
use super::{MAX_LINES, MAX_QUANTITY, get, lines, set_line, touch_goods};
use crate::catalog;
use crate::ids::{CartId, CartLineId, VariantId};
use crate::schema::cart_lines;
use crate::units;
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

/// Adds them as [`super::add`] does one by one, in a few statements; a variant may stand among them once. `Invalid` when the cart cannot
/// hold so many lines.
pub(crate) fn add_many(conn: &mut Conn, cart: CartId, goods: &[Good], now: Time) -> Result<()> {
    if goods.iter().any(|good| good.quantity < 1) {
        return Err(Error::field("quantity", "quantity-invalid"));
    }
    let ids: Vec<VariantId> = goods.iter().map(|good| good.variant).collect();
    let measures = units::measures(conn, &ids)?;
    let most = |good: &Good| measures.get(&good.variant).map_or(MAX_QUANTITY, |measure| measure.most());
    if goods.iter().any(|good| good.quantity > most(good)) {
        return Err(Error::field("quantity", "quantity-invalid"));
    }
    touch_goods(conn, cart, now)?;
    let stored = lines(conn, cart)?;
    let had: HashMap<VariantId, (CartLineId, i64)> =
        stored.iter().map(|(line, variant, quantity, _)| (*variant, (*line, *quantity))).collect();
    let new: Vec<&Good> = goods.iter().filter(|good| !had.contains_key(&good.variant)).collect();
    if !new.is_empty() && i64::try_from(stored.len() + new.len()).unwrap_or(i64::MAX) > MAX_LINES {
        return Err(Error::field("quantity", "cart-full"));
    }
    for good in goods {
        if let Some((line, before)) = had.get(&good.variant) {
            set_line(conn, *line, (before + good.quantity).min(most(good)))?;
        }
    }
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
    follow(conn, cart, &stored, now)
}

/// A price that follows from more units of what lay in the cart, as `before`, is no news.
fn follow(conn: &mut Conn, cart: CartId, before: &[(CartLineId, VariantId, i64, i64)], now: Time) -> Result<()> {
    if before.is_empty() {
        return Ok(());
    }
    let has: HashMap<CartLineId, i64> = lines(conn, cart)?.into_iter().map(|(line, _, quantity, _)| (line, quantity)).collect();
    let more = |line: CartLineId, had: i64| has.get(&line).copied().filter(|has| *has != had);
    let raised: Vec<VariantId> = before.iter().filter(|(line, _, had, _)| more(*line, *had).is_some()).map(|row| row.1).collect();
    if raised.is_empty() {
        return Ok(());
    }
    let cart = get(conn, cart)?;
    let book = book_for(conn, &cart, &raised, now)?;
    if book.is_empty() {
        return Ok(());
    }
    let sold = catalog::variants_for_sale(conn, &raised, cart.currency()?, crate::shop::OWN_LANGUAGE)?;
    for (line, variant, had, seen) in before.iter().copied() {
        let shop_price = sold.iter().find(|one| one.id == variant).map(|one| one.unit_price);
        if let (Some(has), Some(shop_price)) = (more(line, had), shop_price) {
            follow_break(conn, line, &book, (variant, shop_price), (had, has), seen)?;
        }
    }
    Ok(())
}
