//! Whose cart a visit is about: the one of the visitor's cookie, or the one a signed-in customer left elsewhere.

use super::visit::Visit;
use crate::carts::{self, Cart};
use crate::ids::CartId;
use crate::{buying, orders, punchout, quotes, stores};
use crm::CustomerId;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// The open cart of the visit in its store. A customer's cart is shown to nobody who is not signed in as them.
pub fn find(conn: &mut Conn, visit: &Visit, customer: Option<CustomerId>) -> Result<Option<Cart>> {
    let own = if visit.known { carts::find_by_token(conn, &visit.visitor)? } else { None };
    // The cart of a punch-out is there as long as that lasts.
    let own = own.filter(|cart| cart.store_id == visit.site.id && (cart.punchout_id.is_none() || visit.punchout.is_some()));
    match (own.filter(|cart| cart.customer_id.is_none() || cart.customer_id == customer), customer) {
        (Some(cart), _) => Ok(Some(cart)),
        (None, Some(customer)) => carts::of_customer(conn, visit.site.id, customer),
        (None, None) => Ok(None),
    }
}

/// [`find`], or a new cart. To be called in a write.
pub fn open(conn: &mut Conn, visit: &Visit, now: Time) -> Result<CartId> {
    let customer = visit.customer(conn, now)?;
    // Goods go into the cart that a shopper fills themselves: that of an offer is put aside.
    quotes::leave(conn, &visit.visitor)?;
    if let Some(cart) = find(conn, visit, customer)? {
        return Ok(cart.id);
    }
    let shop = stores::shop(conn, visit.site.id)?;
    carts::release_token(conn, &visit.visitor)?;
    let cart = carts::create(conn, Some(&visit.visitor), &shop, visit.language.code(), now)?;
    if let Some((punched, _, buyer)) = punchout::standing(conn, visit.punchout.as_deref(), now)? {
        punchout::take(conn, cart, punched.id, buyer.member, now)?;
    } else if let Some(customer) = customer {
        carts::merge(conn, cart, customer, now)?;
        if let Some(buyer) = visit.session.as_deref().map_or(Ok(None), |session| buying::of_session(conn, session, now))? {
            carts::give(conn, cart, Some(buyer.member), now)?;
        }
    }
    Ok(cart)
}

/// The cart of the visit. `NotFound` when there is none: a form that changes a cart was sent long ago.
pub fn existing(conn: &mut Conn, visit: &Visit, now: Time) -> Result<CartId> {
    let customer = visit.customer(conn, now)?;
    find(conn, visit, customer)?.map(|cart| cart.id).ok_or(Error::NotFound)
}

/// The number of the order that the visit's last cart became, as long as no new cart was begun: where "back" and "reload" lead.
pub fn placed(conn: &mut Conn, visit: &Visit) -> Result<Option<String>> {
    let Some(cart) = carts::find_any_by_token(conn, &visit.visitor)? else { return Ok(None) };
    let Some(order) = orders::find_by_cart(conn, cart.id)? else { return Ok(None) };
    Ok(Some(orders::get(conn, order)?.number))
}
