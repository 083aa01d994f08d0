//! What staff do about an order from its ticket: one commit of ticket, order, goods, ledger and events.

use super::coupon::{self, Coupon};
use super::exchange::{self, Exchange};
use super::limit;
use super::proposals::{self, ProposalId};
use super::resend;
use crate::ids::{OrderId, OrderLineId};
use crate::logins;
use crate::orders::{self, CancelReason, Order};
use crate::payments;
use crate::promotions::{Cut, Effect, Goods};
use crate::refunds::{self, Request};
use crate::store_credit;
use chrono::TimeDelta;
use crm::email::Email;
use crm::tickets::{self, Agent, Outcome, Status, Ticket, TicketId, costs};
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
    /// The same goods again at no charge; `expected` is the price of as many before reductions.
    Resend {
        units: Vec<(OrderLineId, i64)>,
        expected: i64,
    },
    /// Other goods for units of the order; what the units are worth counts as given.
    Exchange(Exchange),
    /// A code that the customer may use once within so many days. A percentage counts as that much of the order's total.
    Coupon {
        cut: Cut,
        currency: Currency,
        days: i64,
    },
}

/// For how many days a coupon may stand.
pub const DAYS: std::ops::RangeInclusive<i64> = 1..=730;

impl Deed {
    /// As logs and texts call it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Deed::Refund { .. } => "refund",
            Deed::Cancel => "cancel",
            Deed::Credit { .. } => "credit",
            Deed::Resend { .. } => "resend",
            Deed::Exchange(_) => "exchange",
            Deed::Coupon { .. } => "coupon",
        }
    }

    /// What a ticket comes to by it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Deed::Refund { .. } => Outcome::Refunded,
            Deed::Cancel => Outcome::Cancelled,
            Deed::Credit { .. } => Outcome::Credited,
            Deed::Resend { .. } => Outcome::Replaced,
            Deed::Exchange(_) => Outcome::Exchanged,
            Deed::Coupon { .. } => Outcome::Couponed,
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
    if let Deed::Coupon { cut, currency, days } = wish.deed {
        given(cut, currency, days)?;
    }
    let Some(customer) = order.as_ref().map(|order| order.customer_id).or(ticket.customer_id) else {
        return Err(Error::conflict("service-no-account"));
    };
    if !limit::count(conn, customer, money, agent.actor, allowance, now)? {
        // What cannot be done is not proposed either.
        if let (Deed::Exchange(wanted), Some(order)) = (&wish.deed, &order) {
            exchange::check(conn, order, wanted, now)?;
        }
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
        (_, None, Deed::Credit { .. } | Deed::Coupon { cut: Cut::Amount(_), .. }) => Ok(None),
        _ => Err(Error::conflict("service-no-order")),
    }
}

/// What a deed moves. `Invalid` for what cannot be.
pub(super) fn moved(conn: &mut Conn, order: Option<&Order>, deed: &Deed) -> Result<Money> {
    match (deed, order) {
        (Deed::Credit { amount, currency }, _) => Ok(Money::new(*amount, *currency)),
        (Deed::Refund { expected, .. }, Some(order)) => Ok(Money::new(*expected, order.currency()?)),
        (Deed::Cancel, Some(order)) => {
            let back = payments::of_order(conn, order.id)?.iter().map(|payment| payment.left()).sum();
            Ok(Money::new(back, order.currency()?))
        }
        (Deed::Resend { units, .. }, Some(order)) => {
            let (_, worth) = resend::goods(&orders::lines(conn, order.id)?, units)?;
            Ok(Money::new(worth, order.currency()?))
        }
        (Deed::Exchange(wanted), Some(order)) => Ok(Money::new(exchange::worth(conn, order, wanted)?, order.currency()?)),
        (Deed::Coupon { cut: Cut::Percentage(points), .. }, Some(order)) => {
            let part = i128::from(order.total) * i128::from(*points) / 10_000;
            Ok(Money::new(i64::try_from(part).unwrap_or(i64::MAX), order.currency()?))
        }
        (Deed::Coupon { cut: Cut::Amount(amount), currency, .. }, _) => Ok(Money::new(*amount, *currency)),
        (Deed::Coupon { .. } | Deed::Refund { .. } | Deed::Cancel | Deed::Resend { .. } | Deed::Exchange(_), _) => {
            Err(Error::conflict("service-no-order"))
        }
    }
}

/// What a coupon gives, as its text says. `Invalid` for one that cannot be.
fn given(cut: Cut, currency: Currency, days: i64) -> Result<String> {
    if !DAYS.contains(&days) {
        return Err(Error::field("days", "service-coupon-days"));
    }
    match cut {
        Cut::Percentage(points) if (1..=10_000).contains(&points) => Ok(format::percent(points)),
        Cut::Percentage(_) => Err(Error::field("worth", "promotion-percent-invalid")),
        Cut::Amount(amount) if amount > 0 => Ok(format::money(Money::new(amount, currency))),
        _ => Err(Error::field("worth", "gift-card-amount")),
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
            let amount = Money::new(*expected, order.currency()?);
            costs::keep(conn, ticket.id, deed.as_str(), amount, now)?;
            said("request-did-refund", &[("amount", &format::money(amount))])
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
            costs::keep(conn, ticket.id, deed.as_str(), amount, now)?;
            said("request-did-credit", &[("amount", &format::money(amount))])
        }
        (Deed::Resend { units, expected }, Some(order)) => {
            if moved(conn, Some(order), deed)?.minor != *expected {
                return Err(Error::conflict("refund-changed"));
            }
            let new = resend::resend(conn, order, units, agent.actor, now)?;
            let cost = resend::cost(&orders::lines(conn, new.id)?);
            costs::keep(conn, ticket.id, deed.as_str(), Money::new(cost, order.currency()?), now)?;
            said("request-did-resend", &[("number", &new.number)])
        }
        (Deed::Exchange(wanted), Some(order)) => exchange::make(conn, ticket, order, wanted, agent.actor, now)?,
        (Deed::Coupon { cut, currency, days }, _) => {
            let given = given(*cut, *currency, *days)?;
            let email = Email::parse(&ticket.email, "email").map_err(|_| Error::conflict("ticket-nobody-to-write-to"))?;
            let until = now + TimeDelta::days(*days);
            let effect = Effect::Reduce { cut: *cut, on: Goods::default() };
            let coupon = Coupon { name: &ticket.number, email: &email, effect, stacking: coupon::ORDINARY, currency: *currency, until };
            let code = coupon::make(conn, coupon, now)?;
            let day = until.format("%Y-%m-%d").to_string();
            said("request-did-coupon", &[("given", &given), ("code", &code), ("day", &day)])
        }
        (Deed::Refund { .. } | Deed::Cancel | Deed::Resend { .. } | Deed::Exchange(_), None) => {
            return Err(Error::conflict("service-no-order"));
        }
    };
    let message = tickets::told_by_system(conn, ticket.id, &text, deed.as_str(), agent.actor, now)?;
    // A coupon is worth nothing to somebody who is not told its code; what ends the ticket is told with its end.
    let ends = solve && ticket.status != Status::Solved;
    if matches!(deed, Deed::Coupon { .. }) && !ends {
        tickets::tell(conn, ticket.id, message, now)?;
    }
    // A ticket that ended meanwhile keeps what it came to.
    if ends {
        tickets::solve(conn, ticket.id, deed.outcome(), agent.actor, None, now)?;
    }
    Ok(())
}
