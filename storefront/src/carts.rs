//! The cart: what a shopper means to buy. It is one thing and the order another; placing makes the second from the first.
//! A cart keeps no totals: [`quote`] prices it anew each time, and tells what changed since the shopper last looked.

pub mod changes;
pub mod consents;
mod coupons;
mod goods;
mod many;
mod pickup;
mod promised;
mod quote;
mod reckon;
mod value;

pub use coupons::{MAX_CODES, add_coupon, remove_coupon, set_coupon};
pub use goods::{add, set_quantity, typed};
use goods::{insert_line, set_line};
pub(crate) use many::{Good, add_many};
pub use pickup::Pickup;
pub(crate) use promised::{Destination, estimate};
pub use quote::{LineQuote, Notice, Quote, quote, quote_for_staff, quote_in};
pub use reckon::Reckoning;
pub(crate) use reckon::{Situation, reckon};
pub use value::{MAX_GIFT_CARDS, add_gift_card, remove_gift_card, use_store_credit};

use crate::address::Address;
use crate::catalog::{self, Assortment};
use crate::ids::{CartId, CartLineId, ProductId, PunchoutId, QuoteVersionId, ShippingRateId, StoreId, VariantId};
use crate::price_lists;
use crate::schema::{cart_lines, cart_trade, carts, variants};
use crate::shop::Shop;
use crate::stores;
use crate::tax::Place;
use crate::units::{Measure, Unit};
use crm::email::Email;
use crm::{CustomerId, MemberId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Error, Result, on_each, prepared, words};

/// The most units of one variant, and the most lines, that a cart holds.
pub const MAX_QUANTITY: i64 = 999;
pub const MAX_LINES: i64 = 1000;

words!(
    /// An open cart changes; a placed one is the seed of an order; a merged one went into another at sign-in.
    CartState { Open = "open", Placed = "placed", Merged = "merged" }
);

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = carts)]
pub struct Cart {
    pub id: CartId,
    pub customer_id: Option<CustomerId>,
    pub state: CartState,
    /// Counts every change, so that a page made from an older cart is noticed.
    pub version: i64,
    pub currency: String,
    pub language: String,
    pub email: String,
    pub shipping_address: Option<String>,
    pub billing_address: Option<String>,
    pub country: String,
    pub shipping_rate_id: Option<ShippingRateId>,
    pub payment_method: String,
    /// The codes on it, with blanks between.
    pub coupon_code: String,
    pub note: String,
    pub updated_at: Time,
    /// The promotions the shopper was last shown, by id with blanks between.
    pub seen_promotions: String,
    /// The gift cards on it, by id with blanks between.
    pub gift_cards: String,
    /// Whether the customer's store credit pays what it can.
    pub use_store_credit: bool,
    /// Whose prices it has, and where its shopper is served.
    pub store_id: StoreId,
    /// The membership that it is bought by, for a company.
    pub member_id: Option<MemberId>,
    /// The version of a quote that it was made of: what lies in it, and at which prices, is not changed.
    pub quote_version_id: Option<QuoteVersionId>,
    /// The punch-out that it is filled for: it goes to the buyer's own system and is not placed.
    pub punchout_id: Option<PunchoutId>,
}

impl Cart {
    pub fn shipping_address(&self) -> Result<Option<Address>> {
        self.shipping_address.as_deref().map(Address::stored).transpose()
    }

    /// The billing address; the shipping address serves when none was given.
    pub fn billing_address(&self) -> Result<Option<Address>> {
        self.billing_address.as_deref().or(self.shipping_address.as_deref()).map(Address::stored).transpose()
    }

    /// Where it is taxed, as far as the shopper has said: an address counts for its country alone.
    pub fn place(&self, country: &str) -> Result<Place> {
        Ok(match self.shipping_address()?.filter(|address| address.country == country) {
            Some(address) => address.place(),
            None => Place::country(country),
        })
    }

    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("cart {} has currency {}", self.id, self.currency)))
    }
}

/// A new cart in the store as which the shop is seen. `token` is the secret in the visitor's cookie; a cart made by staff has none.
pub fn create(conn: &mut Conn, token: Option<&str>, shop: &Shop, language: &str, now: Time) -> Result<CartId> {
    Ok(diesel::insert_into(carts::table)
        .values((
            carts::token_hash.eq(token.map(kernel::token::hash)),
            carts::state.eq(CartState::Open),
            carts::currency.eq(shop.currency.code()),
            carts::store_id.eq(shop.store),
            carts::country.eq(&shop.buyers_country),
            carts::language.eq(language),
            carts::created_at.eq(now),
            carts::updated_at.eq(now),
        ))
        .returning(carts::id)
        .get_result(conn)?)
}

/// The open cart behind a cookie's token.
pub fn find_by_token(conn: &mut Conn, token: &str) -> Result<Option<Cart>> {
    Ok(on_each!(conn, c => carts::table
        .filter(carts::token_hash.eq(kernel::token::hash(token)))
        .filter(carts::state.eq(CartState::Open))
        .select(Cart::as_select())
        .first(c))
    .optional()?)
}

/// The cart behind a token, whatever its state: after placing, "back" and "reload" still find it.
pub fn find_any_by_token(conn: &mut Conn, token: &str) -> Result<Option<Cart>> {
    Ok(on_each!(conn, c => carts::table.filter(carts::token_hash.eq(kernel::token::hash(token))).select(Cart::as_select()).first(c))
        .optional()?)
}

/// The open cart a signed-in customer left in a store, on whatever device. That of a quote waits on the quote's page.
pub fn of_customer(conn: &mut Conn, store: StoreId, customer: CustomerId) -> Result<Option<Cart>> {
    Ok(carts::table
        .filter(carts::customer_id.eq(customer))
        .filter(carts::store_id.eq(store))
        .filter(carts::state.eq(CartState::Open))
        .filter(carts::quote_version_id.is_null())
        .order(carts::updated_at.desc())
        .select(Cart::as_select())
        .first(conn)
        .optional()?)
}

pub fn get(conn: &mut Conn, id: CartId) -> Result<Cart> {
    Ok(on_each!(conn, c => carts::table.find(id).select(Cart::as_select()).first(c))?)
}

/// How many things lie in a cart.
pub fn units(conn: &mut Conn, id: CartId) -> Result<i64> {
    let quantities: Vec<(i64, i64)> = on_each!(conn, c => cart_lines::table
        .inner_join(variants::table.on(variants::id.eq(cart_lines::variant_id)))
        .filter(cart_lines::cart_id.eq(id))
        .select((cart_lines::quantity, variants::unit_precision))
        .load(c))?;
    Ok(quantities.into_iter().map(|(quantity, precision)| Measure::new(Unit::Piece, precision).pieces(quantity)).sum())
}

/// The products in a cart, each once.
pub fn products(conn: &mut Conn, id: CartId) -> Result<Vec<ProductId>> {
    let variants: Vec<VariantId> =
        on_each!(conn, c => cart_lines::table.filter(cart_lines::cart_id.eq(id)).select(cart_lines::variant_id).load(c))?;
    catalog::products_of(conn, &variants)
}

/// What can be put into a cart.
pub fn assortment(conn: &mut Conn, cart: &Cart) -> Result<Assortment> {
    let trade = price_lists::of_cart(conn, cart)?;
    let contract = price_lists::contract(conn, &trade)?;
    Ok(Assortment { currency: cart.currency()?, part: stores::part(conn, cart.store_id)?, contract })
}

/// Whether prices are told to nobody who has this cart, so that it takes nothing and is not placed. What staff or programs of the
/// merchant made or offered has the prices that they told.
fn unpriced(conn: &mut Conn, cart: &Cart) -> Result<bool> {
    let shown_to = stores::prices_for(conn, cart.store_id)?;
    if cart.quote_version_id.is_some() || shown_to.includes(&price_lists::of_cart(conn, cart)?) {
        return Ok(false);
    }
    // Only drafts have neither a browser nor an account behind them.
    let draft = carts::token_hash.is_null().and(carts::customer_id.is_null());
    let own = carts::table.find(cart.id).filter(draft.or(carts::by_program.eq(true)));
    let own: Option<CartId> = own.select(carts::id).first(conn).optional()?;
    Ok(own.is_none())
}

/// Leaves a cart to a program of the merchant, which is told every price and decides whom it tells them.
pub(crate) fn leave_to_program(conn: &mut Conn, cart: CartId) -> Result<()> {
    diesel::update(carts::table.find(cart)).set(carts::by_program.eq(true)).execute(conn)?;
    Ok(())
}

/// Lets goods be put into a cart. `Invalid` for whoever may not see what they cost.
pub(crate) fn admit(conn: &mut Conn, cart: &Cart) -> Result<()> {
    if unpriced(conn, cart)? { Err(Error::field("quantity", "prices-hidden-cart")) } else { Ok(()) }
}

/// Has an open cart bought by this membership, or for the customer's own from now on.
pub(crate) fn give(conn: &mut Conn, cart: CartId, member: Option<MemberId>, now: Time) -> Result<()> {
    touch(conn, cart, now)?;
    diesel::update(carts::table.find(cart)).set(carts::member_id.eq(member)).execute(conn)?;
    Ok(())
}

/// The country for the estimate, before an address is known.
pub fn set_country(conn: &mut Conn, cart: CartId, country: &str, now: Time) -> Result<()> {
    let country = country.trim().to_uppercase();
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(Error::field("country", "country-required"));
    }
    touch(conn, cart, now)?;
    diesel::update(carts::table.find(cart))
        .set((carts::country.eq(country), carts::shipping_rate_id.eq(None::<ShippingRateId>)))
        .execute(conn)?;
    Ok(())
}

/// Contact and addresses, the first step of the checkout. A rate chosen for another country is dropped.
pub fn set_contact(
    conn: &mut Conn,
    cart: CartId,
    email: &Email,
    shipping: &Address,
    billing: Option<&Address>,
    note: &str,
    now: Time,
) -> Result<()> {
    touch(conn, cart, now)?;
    let had = get(conn, cart)?;
    let rate = had.shipping_rate_id.filter(|_| had.country == shipping.country);
    diesel::update(carts::table.find(cart))
        .set((
            carts::email.eq(email.as_str()),
            carts::shipping_address.eq(kernel::json::text(shipping)?),
            carts::billing_address.eq(billing.map(kernel::json::text).transpose()?),
            carts::country.eq(&shipping.country),
            carts::shipping_rate_id.eq(rate),
            carts::note.eq(note),
        ))
        .execute(conn)?;
    Ok(())
}

/// Chooses a shipping rate. `Invalid` when it does not serve this cart.
pub fn set_shipping_rate(conn: &mut Conn, cart: CartId, rate: ShippingRateId, now: Time) -> Result<()> {
    let quote = quote(conn, cart, now)?;
    if !quote.rates.iter().any(|known| known.id == rate) {
        return Err(Error::field("rate", "shipping-not-available"));
    }
    touch(conn, cart, now)?;
    diesel::update(carts::table.find(cart)).set(carts::shipping_rate_id.eq(rate)).execute(conn)?;
    Ok(())
}

/// Chooses how to pay. The caller has checked that the shop offers it.
pub fn set_payment_method(conn: &mut Conn, cart: CartId, method: &str, now: Time) -> Result<()> {
    touch(conn, cart, now)?;
    diesel::update(carts::table.find(cart)).set(carts::payment_method.eq(method)).execute(conn)?;
    Ok(())
}

/// Gives a cart to a customer who signed in, with what their earlier cart in the store held: quantities of the same variant take the larger
/// of the two, so that signing in twice does not double anything.
pub fn merge(conn: &mut Conn, cart: CartId, customer: CustomerId, now: Time) -> Result<()> {
    touch(conn, cart, now)?;
    let own = get(conn, cart)?;
    // What was offered is not mixed with what was chosen, nor what goes to somebody's own system.
    if own.quote_version_id.is_some() || own.punchout_id.is_some() {
        return Ok(());
    }
    let store = own.store_id;
    let earlier = of_customer(conn, store, customer)?.filter(|earlier| earlier.id != cart);
    diesel::update(carts::table.find(cart)).set(carts::customer_id.eq(customer)).execute(conn)?;
    let Some(earlier) = earlier else { return Ok(()) };
    let lines: Vec<(VariantId, i64, i64)> = cart_lines::table
        .filter(cart_lines::cart_id.eq(earlier.id))
        .select((cart_lines::variant_id, cart_lines::quantity, cart_lines::seen_price))
        .load(conn)?;
    for (variant, quantity, seen) in lines {
        let own: Option<(CartLineId, i64)> = cart_lines::table
            .filter(cart_lines::cart_id.eq(cart))
            .filter(cart_lines::variant_id.eq(variant))
            .select((cart_lines::id, cart_lines::quantity))
            .first(conn)
            .optional()?;
        match own {
            Some((line, had)) => set_line(conn, line, had.max(quantity))?,
            None => insert_line(conn, cart, variant, quantity, seen)?,
        }
    }
    if get(conn, cart)?.coupon_code.is_empty() {
        diesel::update(carts::table.find(cart)).set(carts::coupon_code.eq(&earlier.coupon_code)).execute(conn)?;
    }
    if get(conn, cart)?.gift_cards.is_empty() {
        diesel::update(carts::table.find(cart)).set(carts::gift_cards.eq(&earlier.gift_cards)).execute(conn)?;
    }
    diesel::update(carts::table.find(earlier.id)).set((carts::state.eq(CartState::Merged), carts::updated_at.eq(now))).execute(conn)?;
    Ok(())
}

/// Hands a cart to a customer's new device: the cookie's token now opens it.
pub fn adopt(conn: &mut Conn, cart: CartId, token: &str, now: Time) -> Result<()> {
    diesel::update(carts::table.find(cart))
        .set((carts::token_hash.eq(kernel::token::hash(token)), carts::updated_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Takes a visitor's secret off the carts that were placed or merged, so that it can open a new one. Their orders stay reachable
/// by their signed links.
pub fn release_token(conn: &mut Conn, token: &str) -> Result<()> {
    diesel::update(carts::table.filter(carts::token_hash.eq(kernel::token::hash(token))))
        .set(carts::token_hash.eq(None::<String>))
        .execute(conn)?;
    Ok(())
}

/// The language that titles, order and mails are in.
pub fn set_language(conn: &mut Conn, cart: CartId, language: &str) -> Result<()> {
    diesel::update(carts::table.find(cart)).filter(carts::state.eq(CartState::Open)).set(carts::language.eq(language)).execute(conn)?;
    Ok(())
}

/// Records that the shopper has seen today's prices and promotions: the next [`quote`] tells only newer changes.
pub fn mark_seen(conn: &mut Conn, quote: &Quote) -> Result<()> {
    for line in quote.lines.iter().filter(|line| line.seen_price != line.unit_price) {
        diesel::update(cart_lines::table.find(line.id)).set(cart_lines::seen_price.eq(line.unit_price)).execute(conn)?;
    }
    if quote.newly_seen() {
        let seen = carts::seen_promotions.eq(quote.promotions());
        diesel::update(carts::table.find(quote.cart.id)).filter(carts::state.eq(CartState::Open)).set(seen).execute(conn)?;
    }
    Ok(())
}

/// Counts a change of an open cart, which locks its row to the end of the transaction. `Conflict` for a placed one.
fn touch(conn: &mut Conn, cart: CartId, now: Time) -> Result<()> {
    let touch = diesel::update(carts::table.find(cart))
        .filter(carts::state.eq(CartState::Open))
        .set((carts::version.eq(carts::version + 1), carts::updated_at.eq(now)));
    let changed = prepared!(conn, touch => execute)?;
    if changed == 0 { Err(Error::conflict("cart-placed")) } else { Ok(()) }
}

/// [`touch`] before the goods or codes of a cart change. `Conflict` for one of a quote, which stays what was offered.
fn touch_goods(conn: &mut Conn, cart: CartId, now: Time) -> Result<()> {
    touch(conn, cart, now)?;
    if get(conn, cart)?.quote_version_id.is_some() { Err(Error::conflict("quote-cart-fixed")) } else { Ok(()) }
}

/// Closes a cart for placing. `false` when it is not open at `version` any more: placed by a parallel request, or changed.
pub(crate) fn close(conn: &mut Conn, cart: CartId, version: i64, now: Time) -> Result<bool> {
    let close = diesel::update(carts::table.find(cart))
        .filter(carts::state.eq(CartState::Open))
        .filter(carts::version.eq(version))
        .set((carts::state.eq(CartState::Placed), carts::updated_at.eq(now)));
    let closed = prepared!(conn, close => execute)?;
    Ok(closed == 1)
}

/// Lines as (variant, quantity), in the order they were added.
pub fn lines(conn: &mut Conn, cart: CartId) -> Result<Vec<(CartLineId, VariantId, i64, i64)>> {
    Ok(on_each!(conn, c => cart_lines::table
        .filter(cart_lines::cart_id.eq(cart))
        .order(cart_lines::id)
        .select((cart_lines::id, cart_lines::variant_id, cart_lines::quantity, cart_lines::seen_price))
        .load(c))?)
}

/// Deletes open carts of nobody that were not touched since `before`, a batch at a time.
pub fn prune(conn: &mut Conn, before: Time, limit: i64) -> Result<usize> {
    let old: Vec<CartId> = carts::table
        .filter(carts::state.eq(CartState::Open))
        .filter(carts::updated_at.lt(before))
        .filter(carts::customer_id.is_null())
        .limit(limit)
        .select(carts::id)
        .load(conn)?;
    consents::forget(conn, &old)?;
    on_each!(conn, c => diesel::delete(cart_lines::table.filter(cart_lines::cart_id.eq_any(&old))).execute(c))?;
    on_each!(conn, c => diesel::delete(cart_trade::table.filter(cart_trade::cart_id.eq_any(&old))).execute(c))?;
    Ok(on_each!(conn, c => diesel::delete(carts::table.filter(carts::id.eq_any(&old))).execute(c))?)
}
