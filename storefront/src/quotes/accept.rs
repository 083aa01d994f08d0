//! The customer's answer: yes by one click where nobody has to pay in the browser, yes by the checkout, or no.

use super::{ENDED, Line, Quote, State, agreed, claim, end, get, lines_of, tell, text};
use crate::address::Address;
use crate::address_book;
use crate::buying;
use crate::carts::{self, CartState, Destination, Good, Notice, Reckoning};
use crate::checkout::{self, PlaceError, Seen, Settlement};
use crate::company_accounts::{self, ACCOUNT, AccountState};
use crate::gateway::{Gateways, Record};
use crate::ids::{CartId, CartLineId, OrderId, QuoteId, QuoteVersionId, VariantId};
use crate::schema::{carts as cart_rows, quote_versions as versions, quotes as rows};
use crate::stores;
use crate::units::Measure;
use crm::SiteId;
use crm::companies::{self, Buyer};
use crm::customers;
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::said;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};

/// Somewhere that an accepted offer can go to.
#[derive(Clone, Debug)]
pub struct Place {
    /// How a form names it.
    pub key: String,
    /// The company's name for it; empty for an address of the customer's.
    pub name: String,
    pub site: Option<SiteId>,
    pub address: Address,
    /// Where the invoice goes, if that is elsewhere.
    pub billing: Option<Address>,
}

/// What an offer comes to at a place.
#[derive(Clone, Debug)]
pub struct Figures {
    pub reckoning: Reckoning,
    pub currency: Currency,
    /// Why it cannot be ordered there as things are: a key, or what [`said`] made.
    pub hindered: Option<String>,
}

/// A yes, as the page showed the offer.
#[derive(Clone, Debug)]
pub struct Acceptance {
    pub version: QuoteVersionId,
    pub total: i64,
    /// The key of a [`Place`].
    pub place: String,
    pub method: String,
    pub po_number: String,
}

/// Who buys by a quote for a company.
fn buyer(conn: &mut Conn, quote: &Quote) -> Result<Option<Buyer>> {
    let Some(member) = quote.member_id else { return Ok(None) };
    Ok(companies::buyer(conn, member)?.filter(|buyer| buyer.customer == quote.customer_id))
}

/// Where it can go to: the places of the company, or the addresses of the customer.
pub fn places(conn: &mut Conn, quote: &Quote) -> Result<Vec<Place>> {
    let mut found = Vec::new();
    if let Some(buyer) = buyer(conn, quote)? {
        for site in buying::sites_of(conn, &buyer)? {
            let billing = buying::billed_at(conn, &site)?.map(|site| Address::stored(&site.address)).transpose()?;
            let address = Address::stored(&site.address)?;
            let own = Place { key: format!("site-{}", site.id), name: site.name, site: Some(site.id), address, billing };
            // The buyer's own place stands first.
            if buyer.site == own.site { found.insert(0, own) } else { found.push(own) }
        }
    }
    for entry in address_book::of_customer(conn, quote.customer_id)? {
        let key = format!("address-{}", entry.id);
        found.push(Place { key, name: String::new(), site: None, address: entry.address, billing: None });
    }
    Ok(found)
}

/// The ways to pay that need nobody at a browser.
pub fn methods(conn: &mut Conn, quote: &Quote, gateways: &Gateways) -> Result<Vec<&'static str>> {
    let mut found = Vec::new();
    if let Some(buyer) = buyer(conn, quote)? {
        let account = company_accounts::of_company(conn, buyer.company)?;
        if account.is_some_and(|account| account.state == AccountState::Open && account.currency == quote.currency) {
            found.push(ACCOUNT);
        }
    }
    let shop = stores::shop(conn, quote.store_id)?;
    found.extend(gateways.offered(&shop).iter().filter(|gateway| gateway.record() != Record::Provider).map(|gateway| gateway.name()));
    Ok(found)
}

fn goods(lines: &[Line]) -> Vec<(VariantId, i64)> {
    lines.iter().filter_map(|line| Some((line.variant_id?, line.quantity))).collect()
}

/// What a version comes to at a place, with the tax of the day. Nothing is written.
pub fn figures(conn: &mut Conn, quote: &Quote, version: QuoteVersionId, place: &Place, now: Time) -> Result<Figures> {
    let currency = quote.currency()?;
    let lines = lines_of(conn, version)?;
    let to = Destination {
        store: quote.store_id,
        currency,
        language: quote.language.clone(),
        address: place.address.clone(),
        vat_id: place.billing.as_ref().unwrap_or(&place.address).vat_id.clone(),
    };
    let promised = agreed(conn, version, now)?;
    let (reckoning, notices) = carts::estimate(conn, &promised, &goods(&lines), &to, now)?;
    let titles: Vec<Called> = reckoning.lines.iter().map(called).collect();
    let hindered = if lines.iter().any(|line| line.variant_id.is_none()) { Some("quote-goods-gone".to_string()) } else { None };
    Ok(Figures { hindered: hindered.or_else(|| hindrance(&notices, &titles)), reckoning, currency })
}

/// What a line is called, and in what it is counted.
type Called = (CartLineId, String, Measure);

fn called(line: &carts::LineQuote) -> Called {
    (line.id, line.variant.title.clone(), line.variant.measure)
}

/// The first of what keeps a cart from being placed, in words.
fn hindrance(notices: &[Notice], titles: &[Called]) -> Option<String> {
    let of = |id: &CartLineId| titles.iter().find(|(line, ..)| line == id);
    let title = |id: &CartLineId| of(id).map(|(_, title, _)| title.clone()).unwrap_or_default();
    let text = |id: &CartLineId, steps: i64| of(id).map(|(.., measure)| *measure).unwrap_or_default().text(steps);
    let told = |notice: &Notice| match notice {
        Notice::Short { line, left } => said("quote-short", &[("title", &title(line)), ("left", &text(line, *left))]),
        Notice::Gone { .. } => "quote-goods-gone".to_string(),
        Notice::NoDelivery => "cart-no-delivery".to_string(),
        Notice::BuyingEnded => "company-may-not-order".to_string(),
        _ => ENDED.to_string(),
    };
    notices.iter().find(|notice| notice.blocks()).map(told)
}

/// Accepts an offer as it was shown and places its order, all in the caller's transaction; nothing of it may be committed after an error.
/// Accepting again answers with the same order. `Conflict` says why it cannot be, in words for the customer.
pub fn accept(conn: &mut Conn, quote: &Quote, wish: &Acceptance, gateways: &Gateways, now: Time) -> Result<OrderId> {
    if let Some(order) = quote.order_id {
        return Ok(order);
    }
    if quote.stands(now) != Some(wish.version) {
        return Err(Error::conflict(ENDED));
    }
    let Some(place) = places(conn, quote)?.into_iter().find(|place| place.key == wish.place) else {
        return Err(Error::conflict("quote-place-gone"));
    };
    if !methods(conn, quote, gateways)?.contains(&wish.method.as_str()) {
        return Err(Error::conflict("quote-method-gone"));
    }
    let cart = make(conn, quote, wish.version, None, now)?;
    let email = Email::parse(&customers::get(conn, quote.customer_id)?.email, "email")?;
    carts::set_contact(conn, cart, &email, &place.address, place.billing.as_ref(), "", now)?;
    if let Some(buyer) = buyer(conn, quote)? {
        let trade = buying::typed(place.site, &wish.po_number, "", "", now)?;
        buying::set_trade(conn, cart, &buyer, &trade)?;
    }
    carts::set_payment_method(conn, cart, &wish.method, now)?;
    if let Some(rate) = carts::quote(conn, cart, now)?.rate {
        carts::set_shipping_rate(conn, cart, rate.id, now)?;
    }
    let priced = carts::quote(conn, cart, now)?;
    let titles: Vec<Called> = priced.lines.iter().map(called).collect();
    if let Some(told) = hindrance(&priced.notices, &titles) {
        return Err(Error::conflict(told));
    }
    if priced.priced.total != wish.total {
        return Err(Error::conflict("quote-total-changed"));
    }
    let seen = Seen { version: priced.cart.version, total: priced.priced.total, due: priced.due() };
    let placed = checkout::place(conn, cart, seen, Settlement::After, now).map_err(|error| match error {
        PlaceError::Changed => Error::conflict("quote-total-changed"),
        PlaceError::Incomplete(_) => Error::conflict("quote-incomplete"),
        PlaceError::NeedsApproval => Error::conflict("quote-needs-approval"),
        PlaceError::Other(error) => error,
    })?;
    Ok(placed.order)
}

/// Makes the cart of a version; `token` is the secret of the visitor whose cart it is to be.
fn make(conn: &mut Conn, quote: &Quote, version: QuoteVersionId, token: Option<&str>, now: Time) -> Result<CartId> {
    let shop = stores::shop(conn, quote.store_id)?;
    let cart = carts::create(conn, token, &shop, &quote.language, now)?;
    let lines = lines_of(conn, version)?;
    let all: Vec<Good> =
        lines.iter().filter_map(|line| Some(Good { variant: line.variant_id?, quantity: line.quantity, price: line.unit_price })).collect();
    if all.len() != lines.len() {
        return Err(Error::conflict("quote-goods-gone"));
    }
    carts::add_many(conn, cart, &all, now)?;
    diesel::update(cart_rows::table.find(cart))
        .set((
            cart_rows::customer_id.eq(quote.customer_id),
            cart_rows::member_id.eq(quote.member_id),
            cart_rows::currency.eq(&quote.currency),
            cart_rows::quote_version_id.eq(version),
        ))
        .execute(conn)?;
    Ok(cart)
}

/// Opens the offer at the checkout: its cart becomes that of the visitor with this secret, and the cart that they had waits for them.
pub fn open(conn: &mut Conn, quote: &Quote, version: QuoteVersionId, token: &str, now: Time) -> Result<CartId> {
    if quote.stands(now) != Some(version) {
        return Err(Error::conflict(ENDED));
    }
    // One at a time: whoever opens it twice at once has one cart of it.
    let quote = claim(conn, quote.id, quote.version, now)?;
    if let Some(cart) = carts::find_by_token(conn, token)?
        && cart.customer_id.is_none()
    {
        carts::merge(conn, cart.id, quote.customer_id, now)?;
    }
    carts::release_token(conn, token)?;
    let had: Option<CartId> = cart_rows::table
        .filter(cart_rows::quote_version_id.eq(version))
        .filter(cart_rows::customer_id.eq(quote.customer_id))
        .filter(cart_rows::state.eq(CartState::Open))
        .select(cart_rows::id)
        .first(conn)
        .optional()?;
    match had {
        Some(cart) => {
            carts::adopt(conn, cart, token, now)?;
            Ok(cart)
        }
        None => make(conn, &quote, version, Some(token), now),
    }
}

/// Puts the cart of an offer aside, so that the visitor has the one that they filled themselves.
pub fn leave(conn: &mut Conn, token: &str) -> Result<()> {
    match carts::find_by_token(conn, token)? {
        Some(cart) if cart.quote_version_id.is_some() => carts::release_token(conn, token),
        _ => Ok(()),
    }
}

/// Says no, with a reason or without.
pub fn decline(conn: &mut Conn, id: QuoteId, seen: i64, reason: &str, now: Time) -> Result<()> {
    let reason = text("reason", reason)?;
    let quote = claim(conn, id, seen, now)?;
    if quote.state != State::Offered {
        return Err(Error::conflict(ENDED));
    }
    end(conn, &quote, State::Declined, &reason, now)
}

/// In the commit that places a cart of a version: the quote is taken, and nobody else takes it. `false` when it does not stand any more.
pub(crate) fn claim_order(conn: &mut Conn, version: QuoteVersionId, now: Time) -> Result<bool> {
    let id: QuoteId = versions::table.find(version).select(versions::quote_id).first(conn)?;
    let standing = rows::table
        .find(id)
        .filter(rows::state.eq(State::Offered))
        .filter(rows::offered_id.eq(version))
        .filter(rows::order_id.is_null())
        .filter(rows::expires_at.gt(now));
    let taken = (rows::state.eq(State::Accepted), rows::decided_at.eq(now), rows::updated_at.eq(now), rows::version.eq(rows::version + 1));
    Ok(diesel::update(standing).set(taken).execute(conn)? == 1)
}

/// Then its order is known.
pub(crate) fn ordered(conn: &mut Conn, version: QuoteVersionId, order: OrderId, now: Time) -> Result<()> {
    let id: QuoteId = versions::table.find(version).select(versions::quote_id).first(conn)?;
    diesel::update(rows::table.find(id)).set(rows::order_id.eq(order)).execute(conn)?;
    let quote = get(conn, id)?;
    tell(conn, &quote, State::Accepted, now)
}
