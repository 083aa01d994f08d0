//! What staff do about an order from its ticket: one commit of ticket, order, goods, ledger and events.

use super::limit;
use super::proposals::{self, ProposalId};
use crate::ids::OrderId;
use crate::logins;
use crate::orders::{self, CancelReason, Order};
use crate::payments;
use crate::refunds::{self, Request};
use crate::store_credit;
use crm::tickets::{self, Agent, Outcome, Status, Ticket, TicketId};
use kernel::clock::Time;
use kernel::error::said;
use kernel::money::{Currency, Money};
use kernel::web::format;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};

/// What is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Deed {
    /// `expected` is the amount that was shown, in minor units.
    Refund {
        request: Request,
        expected: i64,
    },
    Cancel,
    /// Store credit, in minor units of the order's currency, or of the shop's without an order.
    Credit {
        amount: i64,
        currency: Currency,
    },
}

impl Deed {
    /// As logs and texts call it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Deed::Refund { .. } => "refund",
            Deed::Cancel => "cancel",
            Deed::Credit { .. } => "credit",
        }
    }

    /// What a ticket comes to by it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Deed::Refund { .. } => Outcome::Refunded,
            Deed::Cancel => Outcome::Cancelled,
            Deed::Credit { .. } => Outcome::Credited,
        }
    }
}

/// A deed about a ticket, as it was when somebody wanted it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub ticket: TicketId,
    /// The ticket's version that they saw.
    pub seen: i64,
    /// The order's [`orders::version`] that they saw; none of a deed without an order.
    pub order_seen: Option<i64>,
    pub deed: Deed,
    /// End the ticket with what comes of it.
    pub solve: bool,
}

/// Up to what somebody may give alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// The policy's limit.
    Limited,
    /// Whatever there is.
    Whole,
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    Done,
    /// It is beyond the limit, and waits for somebody else.
    Proposed(ProposalId),
}

/// Does it, or keeps it as a proposal when it is beyond what they may give alone. `Conflict` when the ticket or the order went on since they
/// were seen, or when what goes back is not what was shown: nothing is written then.
pub fn act(conn: &mut Conn, wish: &Wish, agent: Agent, allowance: Allowance, now: Time) -> Result<Carried> {
    let ticket = tickets::claim(conn, wish.ticket, Some(wish.seen), now)?;
    let order = held(conn, &ticket, wish, now)?;
    let money = moved(conn, order.as_ref(), &wish.deed)?;
    let Some(customer) = order.as_ref().map(|order| order.customer_id).or(ticket.customer_id) else {
        return Err(Error::conflict("service-no-account"));
    };
    if !limit::count(conn, customer, money, agent.actor, allowance, now)? {
        // What cannot be done is not proposed either.
        if let (Deed::Refund { request, .. }, Some(order)) = (&wish.deed, &order)
            && refunds::preview(conn, order, request)?.amount != money.minor
        {
            return Err(Error::conflict("refund-changed"));
        }
        return Ok(Carried::Proposed(proposals::keep(conn, &ticket, wish, money, agent, now)?));
    }
    done(conn, &ticket, order.as_ref(), (&wish.deed, wish.solve), agent, now)?;
    Ok(Carried::Done)
}

/// The order of the ticket, locked, as it was seen.
fn held(conn: &mut Conn, ticket: &Ticket, wish: &Wish, now: Time) -> Result<Option<Order>> {
    match (ticket.order_id, wish.order_seen, &wish.deed) {
        (Some(order), Some(seen), _) => orders::lock_seen(conn, OrderId(order), seen, now).map(Some),
        (_, None, Deed::Credit { .. }) => Ok(None),
        _ => Err(Error::conflict("service-no-order")),
    }
}

/// What a deed moves.
pub(super) fn moved(conn: &mut Conn, order: Option<&Order>, deed: &Deed) -> Result<Money> {
    match (deed, order) {
        (Deed::Credit { amount, currency }, _) => Ok(Money::new(*amount, *currency)),
        (Deed::Refund { expected, .. }, Some(order)) => Ok(Money::new(*expected, order.currency()?)),
        (Deed::Cancel, Some(order)) => {
            let back = payments::of_order(conn, order.id)?.iter().map(|payment| payment.captured - payment.refunded).sum();
            Ok(Money::new(back, order.currency()?))
        }
        (Deed::Refund { .. } | Deed::Cancel, None) => Err(Error::conflict("service-no-order")),
    }
}

/// The deed itself, what the ticket says about it, and the end of the ticket when that was wanted.
pub(super) fn done(
    conn: &mut Conn,
    ticket: &Ticket,
    order: Option<&Order>,
    (deed, solve): (&Deed, bool),
    agent: Agent,
    now: Time,
) -> Result<()> {
    let text = match (deed, order) {
        (Deed::Refund { request, expected }, Some(order)) => {
            refunds::request(conn, order.id, request, *expected, agent.actor, now)?;
            let amount = format::money(Money::new(*expected, order.currency()?));
            said("request-did-refund", &[("amount", &amount)])
        }
        (Deed::Cancel, Some(order)) => {
            if order.status == orders::OrderStatus::Cancelled {
                return Err(Error::conflict("order-not-cancellable"));
            }
            orders::cancel(conn, order.id, CancelReason::Staff, agent.actor, now)?;
            said("request-did-cancel", &[("number", &order.number)])
        }
        (Deed::Credit { amount, currency }, _) => {
            let amount = Money::new(*amount, *currency);
            let Some(customer) = ticket.customer_id else { return Err(Error::conflict("service-no-account")) };
            // Only who signs in can spend it.
            if !logins::proven(conn, customer)? {
                return Err(Error::conflict("service-no-account"));
            }
            if amount.minor <= 0 {
                return Err(Error::field("amount", "gift-card-amount"));
            }
            let key = format!("ticket:{}:{}", ticket.id, ticket.version);
            store_credit::adjust(conn, customer, amount, &ticket.number, &key, agent.actor, now)?;
            said("request-did-credit", &[("amount", &format::money(amount))])
        }
        (Deed::Refund { .. } | Deed::Cancel, None) => return Err(Error::conflict("service-no-order")),
    };
    tickets::told_by_system(conn, ticket.id, &text, deed.as_str(), agent.actor, now)?;
    // A ticket that ended meanwhile keeps what it came to.
    if solve && ticket.status != Status::Solved {
        tickets::solve(conn, ticket.id, deed.outcome(), agent.actor, None, now)?;
    }
    Ok(())
}
