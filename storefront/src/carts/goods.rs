//! What lies in a cart: adding goods, and changing how many.

use super::{Cart, MAX_LINES, MAX_QUANTITY, admit, assortment, get, touch_goods};
use crate::catalog;
use crate::ids::{CartId, CartLineId, VariantId};
use crate::price_lists::{self, Book};
use crate::schema::cart_lines;
use crate::units::{self, check_most};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, prepared};

/// Adds steps of a variant, up to the [`MAX_QUANTITY`] units that a line holds. `NotFound` for a variant that is not on sale, `Invalid` for whoever
/// may not see prices.
pub fn add(conn: &mut Conn, cart: CartId, variant: VariantId, quantity: i64, now: Time) -> Result<()> {
    if quantity < 1 {
        return Err(Error::field("quantity", "quantity-invalid"));
    }
    check_most(conn, variant, quantity)?;
    touch_goods(conn, cart, now)?;
    let own = get(conn, cart)?;
    admit(conn, &own)?;
    let sold = assortment(conn, &own)?;
    let on_sale = catalog::for_sale(conn, &sold, &[variant], crate::shop::OWN_LANGUAGE)?;
    let known = on_sale.first().filter(|variant| variant.sold_at(now)).ok_or(Error::NotFound)?;
    let (shop_price, most) = (known.unit_price, known.measure.most());
    let book = book_of(conn, &own, variant, now)?;
    let lines: i64 = cart_lines::table.filter(cart_lines::cart_id.eq(cart)).count().get_result(conn)?;
    let line: Option<(CartLineId, i64, i64)> = cart_lines::table
        .filter(cart_lines::cart_id.eq(cart))
        .filter(cart_lines::variant_id.eq(variant))
        .select((cart_lines::id, cart_lines::quantity, cart_lines::seen_price))
        .first(conn)
        .optional()?;
    match line {
        Some((id, had, seen)) => {
            let now_has = (had + quantity).min(most);
            set_line(conn, id, now_has)?;
            follow_break(conn, id, &book, (variant, shop_price), (had, now_has), seen)
        }
        None if lines >= MAX_LINES => Err(Error::field("quantity", "cart-full")),
        None => insert_line(conn, cart, variant, quantity, book.price(variant, quantity, shop_price).unit_price),
    }
}

/// What the price lists of whom a cart is filled for say of a variant.
fn book_of(conn: &mut Conn, cart: &Cart, variant: VariantId, now: Time) -> Result<Book> {
    book_for(conn, cart, &[variant], now)
}

/// [`book_of`] of several.
pub(super) fn book_for(conn: &mut Conn, cart: &Cart, variants: &[VariantId], now: Time) -> Result<Book> {
    let trade = price_lists::of_cart(conn, cart)?;
    price_lists::book(conn, trade.company, &trade.group, cart.store_id, cart.currency()?, variants, now)
}

/// A price that follows from a quantity that the shopper chose is no news to them.
pub(super) fn follow_break(
    conn: &mut Conn,
    line: CartLineId,
    book: &Book,
    (variant, shop_price): (VariantId, i64),
    (had, has): (i64, i64),
    seen: i64,
) -> Result<()> {
    let price = |quantity: i64| book.price(variant, quantity, shop_price).unit_price;
    let (before, after) = (price(had), price(has));
    if before == after || seen != before {
        return Ok(());
    }
    prepared!(conn, diesel::update(cart_lines::table.find(line)).set(cart_lines::seen_price.eq(after)) => execute)?;
    Ok(())
}

pub(super) fn insert_line(conn: &mut Conn, cart: CartId, variant: VariantId, quantity: i64, price: i64) -> Result<()> {
    let row = (
        cart_lines::cart_id.eq(cart),
        cart_lines::variant_id.eq(variant),
        cart_lines::quantity.eq(quantity),
        cart_lines::seen_price.eq(price),
    );
    on_each!(conn, c => diesel::insert_into(cart_lines::table).values(row).execute(c))?;
    Ok(())
}

pub(super) fn set_line(conn: &mut Conn, line: CartLineId, quantity: i64) -> Result<()> {
    prepared!(conn, diesel::update(cart_lines::table.find(line)).set(cart_lines::quantity.eq(quantity)) => execute)?;
    Ok(())
}

/// The steps that a text says of a line. `Invalid` for what is no quantity of its variant.
pub fn typed(conn: &mut Conn, line: CartLineId, text: &str) -> Result<i64> {
    let found: Option<VariantId> = cart_lines::table.find(line).select(cart_lines::variant_id).first(conn).optional()?;
    match found {
        Some(variant) => units::read(conn, variant, text),
        None => text.trim().parse().map_err(|_| Error::field("quantity", "quantity-invalid")),
    }
}

/// Sets the steps of a line; zero removes it. A line that is gone already stays gone.
pub fn set_quantity(conn: &mut Conn, cart: CartId, line: CartLineId, quantity: i64, now: Time) -> Result<()> {
    if !(0..=MAX_QUANTITY * units::MOST_STEPS).contains(&quantity) {
        return Err(Error::field("quantity", "quantity-invalid"));
    }
    touch_goods(conn, cart, now)?;
    let own = cart_lines::table.filter(cart_lines::id.eq(line)).filter(cart_lines::cart_id.eq(cart));
    let found: Option<(CartLineId, VariantId, i64, i64)> =
        own.select((cart_lines::id, cart_lines::variant_id, cart_lines::quantity, cart_lines::seen_price)).first(conn).optional()?;
    match (found, quantity) {
        (None, _) => Ok(()),
        (Some((id, ..)), 0) => {
            diesel::delete(cart_lines::table.find(id)).execute(conn)?;
            Ok(())
        }
        (Some((id, variant, had, seen)), quantity) => {
            check_most(conn, variant, quantity)?;
            set_line(conn, id, quantity)?;
            let cart = get(conn, cart)?;
            let book = book_of(conn, &cart, variant, now)?;
            if book.is_empty() {
                return Ok(());
            }
            let known = catalog::variants_for_sale(conn, &[variant], cart.currency()?, crate::shop::OWN_LANGUAGE)?;
            let shop_price = known.first().map_or(0, |variant| variant.unit_price);
            follow_break(conn, id, &book, (variant, shop_price), (had, quantity), seen)
        }
    }
}
