//! Placing: the one commit in which a cart becomes an order, its goods are set aside, its promotions are used, and the customer's
//! memory learns of it. All or nothing.

use crate::address::Address;
use crate::approvals::{self, Pass};
use crate::carts::{self, LineQuote, Notice, Quote};
use crate::ids::{CartId, OrderId, PaymentId};
use crate::orders::{self, NewOrder};
use crate::pricing::PricedLine;
use crate::stock::{self, Demand, StockError};
use crate::{buying, company_accounts, margins, payments, promotions, quotes, stored_value};
use chrono::TimeDelta;
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use crm::purchases::{self, Place, Purchase};
use crm::{CustomerId, identities, sales};
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::money::Money;
use kernel::{Conn, Error, Result};

/// What the shopper saw on the review page. Placing anything else than that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub version: i64,
    pub total: i64,
    /// What was left to pay after gift cards and store credit.
    pub due: i64,
}

/// Why an order was not placed. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Price, stock, promotions or the cart itself differ from what the shopper saw: show the review page again.
    #[error("the cart changed")]
    Changed,
    /// A step of the checkout is missing.
    #[error("the checkout is not complete: {0}")]
    Incomplete(&'static str),
    /// Somebody of the company has to approve it first.
    #[error("the order waits for an approval")]
    NeedsApproval,
    #[error(transparent)]
    Other(#[from] Error),
}

/// How the order is paid, as the payment gateways name themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The provider must say that the money is there before the order is confirmed.
    Before,
    /// The same, within a time that staff chose: the customer pays by a link.
    Within(TimeDelta),
    /// The shop delivers and is paid on other terms: bank transfer, cash on delivery.
    After,
}

/// A placed order and the payment that was opened for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    pub order: OrderId,
    pub payment: PaymentId,
    /// `false` when the cart had been placed before and this is the same order again.
    pub first: bool,
}

/// Places a cart. Placing it again, in parallel or later, returns the same order.
pub fn place(conn: &mut Conn, cart: CartId, seen: Seen, settlement: Settlement, now: Time) -> Result<Placed, PlaceError> {
    if !carts::close(conn, cart, seen.version, now)? {
        // It was placed before, or by a parallel request for whose commit the update waited, so that its order is visible by now.
        return placed_before(conn, cart)?.ok_or(PlaceError::Changed);
    }
    let quote = carts::quote(conn, cart, now)?;
    if !quote.shop.open {
        return Err(Error::conflict("store-closed").into());
    }
    if quote.cart.punchout_id.is_some() {
        return Err(Error::conflict("punchout-not-here").into());
    }
    // Whoever was taken out of the company meanwhile, or lost the right to.
    if quote.notices.contains(&Notice::BuyingEnded) {
        return Err(Error::conflict("company-may-not-order").into());
    }
    if quote.hides_prices() {
        return Err(Error::conflict("prices-hidden-cart").into());
    }
    if quote.notices.contains(&Notice::QuoteEnded) {
        return Err(Error::conflict(quotes::ENDED).into());
    }
    let addresses = complete(&quote)?;
    let refused = quote.notices.iter().any(told_first);
    if quote.blocked() || refused || quote.priced.total != seen.total || quote.due() != seen.due {
        return Err(PlaceError::Changed);
    }
    let pass = approvals::gate(conn, &quote, now)?.ok_or(PlaceError::NeedsApproval)?;
    create(conn, &quote, &addresses, settlement, Some(&pass), now)
}

/// Places a cart that staff made in exchange for goods that came back: `credit` of the customer, given in the same transaction, pays
/// as much of it. Of what is sent again at no charge nothing is left to pay.
pub(crate) fn place_exchange(
    conn: &mut Conn,
    cart: CartId,
    seen: Seen,
    (customer, credit): (CustomerId, i64),
    settlement: Settlement,
    now: Time,
) -> Result<Placed, PlaceError> {
    if !carts::close(conn, cart, seen.version, now)? {
        return Err(PlaceError::Changed);
    }
    let mut quote = carts::quote(conn, cart, now)?;
    let addresses = complete(&quote)?;
    if quote.blocked() || quote.notices.iter().any(told_first) || quote.priced.total != seen.total || credit > quote.priced.total {
        return Err(PlaceError::Changed);
    }
    quote.stored = stored_value::Plan { credit, ..stored_value::Plan::default() };
    quote.cart.customer_id = Some(customer);
    create(conn, &quote, &addresses, settlement, None, now)
}

/// What a shopper must have read before they order. A gift that is gone changes no total, so the total alone does not tell.
fn told_first(notice: &Notice) -> bool {
    matches!(notice, Notice::CouponRefused { .. } | Notice::PriceChanged { .. } | Notice::PromotionLost { .. })
}

fn placed_before(conn: &mut Conn, cart: CartId) -> Result<Option<Placed>> {
    let Some(order) = orders::find_by_cart(conn, cart)? else { return Ok(None) };
    let payment = payments::latest(conn, order)?.ok_or_else(|| Error::unexpected(format!("order {order} has no payment")))?;
    Ok(Some(Placed { order, payment: payment.id, first: false }))
}

/// What a complete checkout has given.
struct Contact {
    email: Email,
    shipping: Address,
    billing: Address,
    /// As the buyer typed it.
    phone: String,
}

fn complete(quote: &Quote) -> Result<Contact, PlaceError> {
    let email = Email::parse(&quote.cart.email, "email").map_err(|_| PlaceError::Incomplete("contact"))?;
    let typed = quote.cart.shipping_address()?.ok_or(PlaceError::Incomplete("contact"))?;
    // Goods that are picked up go nowhere: the order keeps the place where they wait, and the typed address is the buyer's.
    let phone = typed.phone.clone();
    let shipping = quote.pickup.as_ref().map_or(typed, |pickup| pickup.address.clone());
    let billing = quote.cart.billing_address()?.ok_or(PlaceError::Incomplete("contact"))?;
    if quote.requires_shipping && quote.rate.as_ref().map(|rate| rate.id) != quote.cart.shipping_rate_id {
        return Err(PlaceError::Incomplete("shipping"));
    }
    if quote.cart.payment_method.is_empty() {
        return Err(PlaceError::Incomplete("payment"));
    }
    Ok(Contact { email, shipping, billing, phone })
}

/// `pass` is missing where staff make an order of an order: nobody is asked about that, and budgets do not hold it.
fn create(
    conn: &mut Conn,
    quote: &Quote,
    contact: &Contact,
    settlement: Settlement,
    pass: Option<&Pass>,
    now: Time,
) -> Result<Placed, PlaceError> {
    let cart = &quote.cart;
    // What staff place for a company is its member's.
    let customer = match cart.customer_id.or(quote.buyer.as_ref().map(|buyer| buyer.customer)) {
        Some(customer) => customer,
        None => {
            let new = NewCustomer {
                email: contact.email.clone(),
                name: contact.billing.name.clone(),
                phone: contact.phone.clone(),
                language: cart.language.clone(),
            };
            customers::meet(conn, &new, now)?.0
        }
    };
    // Whoever erases or merges them comes before this or after it. A cart that changed hands meanwhile is priced for the one who has it now.
    let customer = match identities::hold(conn, customer)? {
        Some(held) if cart.customer_id.is_none_or(|owner| owner == held) => held,
        _ => return Err(PlaceError::Changed),
    };
    // An order of which nothing is left to pay has nothing to wait for.
    let settlement = if quote.due() == 0 { Settlement::After } else { settlement };
    let due = match settlement {
        Settlement::Before => Some(now + quote.shop.payment_window()),
        Settlement::Within(time) => Some(now + time),
        Settlement::After => None,
    };
    // Whoever accepts the same offer at once, with another cart, waits here and then finds it taken.
    if let Some(version) = cart.quote_version_id
        && !quotes::claim_order(conn, version, now)?
    {
        return Err(Error::conflict(quotes::ENDED).into());
    }
    let order = orders::create(conn, &NewOrder { quote, customer, shipping: &contact.shipping, billing: &contact.billing, due }, now)?;
    if let Some(buyer) = &quote.buyer {
        buying::freeze(conn, cart.id, order, buyer)?;
    }
    if let Some(version) = cart.quote_version_id {
        quotes::ordered(conn, version, order, now)?;
    }
    // An opportunity that its quote has just won is told the order.
    if let Some(buyer) = &quote.buyer {
        sales::order_placed(conn, buyer.company, order.0, now)?;
    }
    let actor = "customer";

    let demand = demand(quote);
    let taken = match settlement {
        Settlement::Before | Settlement::Within(_) => stock::hold(conn, order, &demand, actor, now),
        Settlement::After => stock::allocate(conn, order, &demand, actor, now),
    };
    match taken {
        Ok(()) => {}
        Err(StockError::SoldOut { .. }) => return Err(PlaceError::Changed),
        Err(StockError::Other(error)) => return Err(error.into()),
    }
    if !stored_value::spend(conn, &quote.stored, order, customer, quote.currency, now)? {
        return Err(PlaceError::Changed);
    }
    if promotions::claim(conn, &quote.decision.applied, customer, order, now)?.is_err() {
        return Err(PlaceError::Changed);
    }
    let revenue = Money::new(quote.priced.total, quote.currency);
    let lines = bought(quote);
    let place = Place::new(&contact.shipping.country, &contact.shipping.postal_code, &contact.billing.company);
    let margin = margins::of_cart(quote.lines.iter().zip(&quote.priced.lines));
    let purchase = Purchase { order: order.0, customer, at: now, revenue, units: quote.units(), lines, place, margin };
    purchases::learn(conn, &purchase, now)?;
    // The payment of what is left comes after those of gift cards and store credit; a free order has a payment of nothing.
    let payment = if quote.due() > 0 || quote.stored.sum() == 0 {
        let due = Money::new(quote.due(), quote.currency);
        let payment = payments::create(conn, order, &cart.payment_method, due, now)?;
        if cart.payment_method == company_accounts::ACCOUNT && due.minor > 0 {
            company_accounts::charge_cart(conn, cart, order, due, now)?;
        }
        payment
    } else {
        let last = payments::latest(conn, order)?.ok_or_else(|| Error::unexpected(format!("order {order} has no payment")))?.id;
        let event = Event::PaymentSettled { order: order.0, payment: last.0 };
        events::record(conn, "payments", &format!("captured:{last}"), &event, now)?;
        last
    };
    // Goods, account, budgets, and last the row with the numbers of documents: whatever becomes of the order locks them so as well.
    if let Some(pass) = pass {
        approvals::placed(conn, pass, order, quote.priced.total, now)?;
    }
    orders::note(conn, order, "placed", "", actor, now)?;
    // The credit of an exchange was never the customer's to spend: its own entry tells what paid.
    if cart.use_store_credit || !quote.stored.cards.is_empty() {
        stored_value::note(conn, &quote.stored, order, now)?;
    }
    events::record(conn, "orders", &format!("placed:{order}"), &Event::OrderPlaced { order: order.0 }, now)?;
    match settlement {
        Settlement::After => orders::confirm(conn, order, actor, now).map(drop)?,
        Settlement::Before | Settlement::Within(_) => orders::refresh(conn, order, now)?,
    }
    Ok(Placed { order, payment, first: true })
}

/// Demand summed per variant: a gift may be of the same as a line.
fn demand(quote: &Quote) -> Demand {
    let mut demand = Demand::new();
    for line in &quote.lines {
        *demand.entry(line.variant.id).or_default() += line.quantity;
    }
    demand
}

/// What the memory keeps of the lines.
fn bought(quote: &Quote) -> Vec<purchases::Line> {
    let line = |(line, priced): (&LineQuote, &PricedLine)| purchases::Line {
        variant: line.variant.id.0,
        product: line.variant.product_id.0,
        quantity: line.pieces(),
        amount: priced.total,
    };
    quote.lines.iter().zip(&quote.priced.lines).map(line).collect()
}
