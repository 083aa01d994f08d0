//! The codes on a cart.

use super::{get, touch, touch_goods};
use crate::ids::CartId;
use crate::promotions::codes;
use crate::schema::carts;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// The most codes that a cart holds.
pub const MAX_CODES: usize = 5;

/// Puts one code on the cart in place of all there were; an empty one takes them off. Whether it works is told by [`quote`].
pub fn set_coupon(conn: &mut Conn, cart: CartId, code: &str, now: Time) -> Result<()> {
    touch_goods(conn, cart, now)?;
    set_codes(conn, cart, &[plain(code)])
}

/// Puts a further code on the cart, up to [`MAX_CODES`]; the oldest makes room.
pub fn add_coupon(conn: &mut Conn, cart: CartId, code: &str, now: Time) -> Result<()> {
    touch_goods(conn, cart, now)?;
    let mut codes = codes::split(&get(conn, cart)?.coupon_code);
    let code = plain(code);
    codes.retain(|known| *known != code);
    codes.push(code);
    let first = codes.len().saturating_sub(MAX_CODES);
    set_codes(conn, cart, &codes[first..])
}

/// Takes one code off the cart.
pub fn remove_coupon(conn: &mut Conn, cart: CartId, code: &str, now: Time) -> Result<()> {
    touch(conn, cart, now)?;
    let mut codes = codes::split(&get(conn, cart)?.coupon_code);
    let code = plain(code);
    codes.retain(|known| *known != code);
    set_codes(conn, cart, &codes)
}

/// A code as it can be kept: no blanks or NUL in it, and not too long.
fn plain(code: &str) -> String {
    crate::promotions::normalise(code).chars().filter(|c| !c.is_whitespace() && *c != '\0').take(60).collect()
}

fn set_codes(conn: &mut Conn, cart: CartId, codes: &[String]) -> Result<()> {
    diesel::update(carts::table.find(cart)).set(carts::coupon_code.eq(codes.join(" "))).execute(conn)?;
    Ok(())
}
