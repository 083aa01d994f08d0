//! Buying for a company: for whom a session and its cart buy, what a cart says of it, and what stays of that with the order.

pub mod invited;
mod seen;

pub use seen::{company_orders, orders, shown_to};

use crate::carts::{self, Cart, CartState};
use crate::ids::{CartId, OrderId};
use crate::logins;
use crate::schema::{cart_trade, carts as cart_rows, order_trade};
use crate::vat_id;
use chrono::NaiveDate;
use crm::companies::{self, Buyer, Details, May, Membership, sites};
use crm::{CompanyId, CustomerId, MemberId, SiteId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each};

/// The longest purchase-order number, in characters.
pub const PO_NUMBER: usize = 60;
/// How far ahead goods can be asked for.
const DAYS_AHEAD: i64 = 366;

/// What a buyer says of the order that a cart is to become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trade {
    /// The place that it is bought for.
    pub site: Option<SiteId>,
    /// The number that the company knows the order by.
    pub po_number: String,
    pub cost_centre: String,
    /// When the goods are wanted.
    pub requested_on: Option<NaiveDate>,
}

/// For whom an order was placed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct OrderTrade {
    pub order: OrderId,
    pub company: CompanyId,
    pub member: MemberId,
    pub site: Option<SiteId>,
    pub po_number: String,
    pub cost_centre: String,
    pub requested_on: Option<NaiveDate>,
}

type OrderTradeRow = (OrderId, CompanyId, MemberId, Option<SiteId>, String, String, Option<String>);

fn read(row: OrderTradeRow) -> OrderTrade {
    let (order, company, member, site, po_number, cost_centre, requested_on) = row;
    OrderTrade { order, company, member, site, po_number, cost_centre, requested_on: requested_on.as_deref().and_then(day) }
}

/// A stored or typed day, `YYYY-MM-DD`.
fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()
}

/// The memberships by which a customer can order now.
pub fn choices(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Membership>> {
    Ok(companies::memberships(conn, customer)?.into_iter().filter(|one| one.buys() && one.may(May::Order)).collect())
}

/// Buys by this membership from now on, or for oneself: the session and the customer's open carts change together. `NotFound` for a
/// membership of somebody else.
pub fn choose(conn: &mut Conn, session: &str, customer: CustomerId, member: Option<MemberId>, now: Time) -> Result<()> {
    if let Some(member) = member {
        let own = companies::memberships(conn, customer)?.into_iter().find(|one| one.member == member).ok_or(Error::NotFound)?;
        if !own.buys() || !own.may(May::Order) {
            return Err(Error::conflict("company-may-not-order"));
        }
    }
    if logins::session(conn, session, now)? != Some(customer) {
        return Err(Error::Unauthorised);
    }
    logins::set_member(conn, session, member)?;
    give_carts(conn, customer, member, now)
}

/// The open carts of a customer are bought by this membership.
fn give_carts(conn: &mut Conn, customer: CustomerId, member: Option<MemberId>, now: Time) -> Result<()> {
    let open = cart_rows::table
        .filter(cart_rows::customer_id.eq(customer))
        .filter(cart_rows::state.eq(CartState::Open))
        // An offer is for whom it was made.
        .filter(cart_rows::quote_version_id.is_null())
        .select((cart_rows::id, cart_rows::member_id))
        .order(cart_rows::id);
    let open: Vec<(CartId, Option<MemberId>)> = on_each!(conn, c => open.load(c))?;
    for (cart, had) in open {
        if had != member {
            carts::give(conn, cart, member, now)?;
            on_each!(conn, c => diesel::delete(cart_trade::table.filter(cart_trade::cart_id.eq(cart))).execute(c))?;
        }
    }
    Ok(())
}

/// After signing in: whoever can order for one company alone goes on to buy for it, anybody else for themselves until they choose. The
/// cart, which may be another session's as well, keeps the membership that it had if it is one of theirs.
pub fn resume(conn: &mut Conn, session: &str, customer: CustomerId, cart: Option<CartId>, now: Time) -> Result<()> {
    let own = choices(conn, customer)?;
    let had = match cart {
        Some(cart) => carts::get(conn, cart)?.member_id,
        None => None,
    };
    let kept = had.filter(|had| own.iter().any(|one| one.member == *had));
    let member = kept.or(match own.as_slice() {
        [only] => Some(only.member),
        _ => None,
    });
    if member.is_none() && had.is_none() {
        return Ok(());
    }
    logins::set_member(conn, session, member)?;
    give_carts(conn, customer, member, now)
}

/// Who buys by a cart; `None` for a cart of somebody's own, and for one whose membership ended (`Notice::BuyingEnded` tells that).
pub fn of_cart(conn: &mut Conn, cart: &Cart) -> Result<Option<Buyer>> {
    match cart.customer_id {
        Some(customer) => by(conn, customer, cart.member_id),
        None if cart.punchout_id.is_some() => cart.member_id.map_or(Ok(None), |member| companies::buyer(conn, member)),
        None => drafted(conn, cart),
    }
}

/// For which member staff place an order: its cart is nobody's until then, and no browser holds it.
fn drafted(conn: &mut Conn, cart: &Cart) -> Result<Option<Buyer>> {
    let Some(member) = cart.member_id else { return Ok(None) };
    let draft = cart_rows::table.find(cart.id).select(cart_rows::token_hash.is_null());
    if on_each!(conn, c => draft.first::<bool>(c))? { companies::buyer(conn, member) } else { Ok(None) }
}

/// Who buys by this membership; `None` without one, and for one that ended or is not the customer's.
pub fn by(conn: &mut Conn, customer: CustomerId, member: Option<MemberId>) -> Result<Option<Buyer>> {
    let Some(member) = member else { return Ok(None) };
    let buyer = companies::buyer(conn, member)?;
    Ok(buyer.filter(|buyer| buyer.customer == customer))
}

/// Who buys in a session.
pub fn of_session(conn: &mut Conn, session: &str, now: Time) -> Result<Option<Buyer>> {
    let Some((customer, member)) = logins::session_with_member(conn, session, now)? else { return Ok(None) };
    by(conn, customer, member)
}

/// What the buyer said of a cart so far.
pub fn trade(conn: &mut Conn, cart: CartId) -> Result<Trade> {
    type Row = (Option<SiteId>, String, String, Option<String>);
    let own = cart_trade::table.find(cart).select((
        cart_trade::site_id,
        cart_trade::po_number,
        cart_trade::cost_centre,
        cart_trade::requested_on,
    ));
    let row: Option<Row> = on_each!(conn, c => own.first(c)).optional()?;
    Ok(row.map_or_else(Trade::default, |(site, po_number, cost_centre, requested_on)| Trade {
        site,
        po_number,
        cost_centre,
        requested_on: requested_on.as_deref().and_then(day),
    }))
}

/// Reads what was typed about an order; the day is checked against `now`.
pub fn typed(site: Option<SiteId>, po_number: &str, cost_centre: &str, requested_on: &str, now: Time) -> Result<Trade> {
    let trim = |text: &str| text.replace('\0', "").split_whitespace().collect::<Vec<_>>().join(" ");
    let (po_number, cost_centre) = (trim(po_number), trim(cost_centre));
    let mut wrong = Fields::default();
    if po_number.chars().count() > PO_NUMBER {
        wrong.add("po_number", "field-too-long");
    }
    if cost_centre.chars().count() > companies::members::COST_CENTRE {
        wrong.add("cost_centre", "field-too-long");
    }
    let wanted = match requested_on.trim() {
        "" => None,
        text => {
            let wanted = day(text);
            // A day ends later in the west: yesterday here may be today there.
            let days = wanted.map(|wanted| (wanted - now.date()).num_days());
            if !days.is_some_and(|days| (-1..=DAYS_AHEAD).contains(&days)) {
                wrong.add("requested_on", "requested-on-invalid");
            }
            wanted
        }
    };
    wrong.check()?;
    Ok(Trade { site, po_number, cost_centre, requested_on: wanted })
}

/// What a company says of itself, checked, with the VAT identification number by the rules of its country.
pub fn checked(typed: Details) -> Result<Details> {
    let vat_typed = !typed.vat_id.trim().is_empty();
    let vat_id = vat_id::parse(&typed.vat_id, typed.country.trim()).unwrap_or_default();
    let refused = vat_typed && vat_id.is_empty();
    let mut wrong = Fields::default();
    if refused {
        wrong.add("vat_id", "vat-id-invalid");
    }
    let details = match (Details { vat_id, ..typed }).checked() {
        Err(Error::Invalid(fields)) => {
            fields.0.into_iter().for_each(|(name, text)| wrong.add(&name, text));
            return Err(Error::Invalid(wrong));
        }
        checked => checked?,
    };
    wrong.check()?;
    Ok(details)
}

/// The places that somebody can buy for: those of the company that are open, or only their own and those below it.
pub fn sites_of(conn: &mut Conn, buyer: &Buyer) -> Result<Vec<companies::Site>> {
    let all = companies::sites(conn, buyer.company)?;
    let within = buyer.site.map(|site| sites::under(&all, site));
    Ok(all.into_iter().filter(|site| site.active && within.as_ref().is_none_or(|within| within.contains(&site.id))).collect())
}

/// The place that invoices of orders for `site` go to: the nearest one above it that takes invoices, or else the company's first; `None`
/// when that is the place itself, or there is none.
pub fn billed_at(conn: &mut Conn, site: &companies::Site) -> Result<Option<companies::Site>> {
    if site.billing {
        return Ok(None);
    }
    let all: Vec<companies::Site> = companies::sites(conn, site.company_id)?.into_iter().filter(|one| one.active).collect();
    let mut above = site.parent_id;
    // A tree of places has no rings; the count only bounds the walk.
    for _ in 0..all.len() {
        let Some(next) = above.and_then(|id| all.iter().find(|one| one.id == id)) else { break };
        if next.billing {
            return Ok(Some(next.clone()));
        }
        above = next.parent_id;
    }
    Ok(all.into_iter().find(|one| one.billing))
}

/// Keeps what a buyer says of a cart. `Invalid` for a place that they do not buy for.
pub fn set_trade(conn: &mut Conn, cart: CartId, buyer: &Buyer, trade: &Trade) -> Result<()> {
    if let Some(site) = trade.site
        && sites_of(conn, buyer)?.iter().all(|known| known.id != site)
    {
        return Err(Error::field("site", "company-site-unknown"));
    }
    let row = (
        cart_trade::site_id.eq(trade.site),
        cart_trade::po_number.eq(&trade.po_number),
        cart_trade::cost_centre.eq(&trade.cost_centre),
        cart_trade::requested_on.eq(trade.requested_on.map(|day| day.to_string())),
    );
    let changed = diesel::update(cart_trade::table.find(cart)).set(row.clone()).execute(conn)?;
    if changed == 0 {
        on_each!(conn, c => diesel::insert_into(cart_trade::table).values((cart_trade::cart_id.eq(cart), row)).execute(c))?;
    }
    Ok(())
}

/// Freezes with an order for whom it was placed.
pub(crate) fn freeze(conn: &mut Conn, cart: CartId, order: OrderId, buyer: &Buyer) -> Result<()> {
    let said = trade(conn, cart)?;
    let site = said.site.or(buyer.site);
    let centre = if said.cost_centre.is_empty() { buyer.cost_centre.clone() } else { said.cost_centre };
    let row = (
        order_trade::order_id.eq(order),
        order_trade::company_id.eq(buyer.company),
        order_trade::member_id.eq(buyer.member),
        order_trade::site_id.eq(site),
        order_trade::po_number.eq(said.po_number),
        order_trade::cost_centre.eq(centre),
        order_trade::requested_on.eq(said.requested_on.map(|day| day.to_string())),
    );
    on_each!(conn, c => diesel::insert_into(order_trade::table).values(row).execute(c))?;
    Ok(())
}

/// For whom an order was placed; `None` for one of somebody's own.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Option<OrderTrade>> {
    let own = order_trade::table.find(order).select((
        order_trade::order_id,
        order_trade::company_id,
        order_trade::member_id,
        order_trade::site_id,
        order_trade::po_number,
        order_trade::cost_centre,
        order_trade::requested_on,
    ));
    let row: Option<OrderTradeRow> = on_each!(conn, c => own.first(c)).optional()?;
    Ok(row.map(read))
}

/// For whom an order was placed as pages and papers show it: keys of texts with their values. Empty for an order of somebody's own.
pub fn told(conn: &mut Conn, order: OrderId) -> Result<Vec<(&'static str, String)>> {
    let Some(trade) = of_order(conn, order)? else { return Ok(Vec::new()) };
    let mut rows = vec![("company-word", companies::get(conn, trade.company)?.name)];
    if let Some(site) = trade.site {
        rows.push(("company-site", companies::site(conn, trade.company, site)?.name));
    }
    rows.push(("po-number", trade.po_number));
    rows.push(("cost-centre", trade.cost_centre));
    rows.push(("requested-on", trade.requested_on.map(|day| day.to_string()).unwrap_or_default()));
    rows.retain(|(_, value)| !value.is_empty());
    Ok(rows)
}

/// The same of many orders.
pub fn of_orders(conn: &mut Conn, orders: &[OrderId]) -> Result<Vec<OrderTrade>> {
    let these = order_trade::table.filter(order_trade::order_id.eq_any(orders.to_vec())).select((
        order_trade::order_id,
        order_trade::company_id,
        order_trade::member_id,
        order_trade::site_id,
        order_trade::po_number,
        order_trade::cost_centre,
        order_trade::requested_on,
    ));
    let rows: Vec<OrderTradeRow> = on_each!(conn, c => these.load(c))?;
    Ok(rows.into_iter().map(read).collect())
}
